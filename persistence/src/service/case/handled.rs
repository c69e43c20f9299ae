//! What the assignee does: accepts a case or returns it, asks the resident or for longer, and says
//! that it is done.

use serde_json::json;
use xinwu_domain::access::Warrant;
use xinwu_domain::case::{
    CaseExtension, CaseFinish, CaseNote, CasePause, CaseReturn, CaseRules, CaseView, StepKind, Verifier,
};
use xinwu_domain::context::RequestContext;
use xinwu_domain::notice::NoticeKind;
use xinwu_domain::refusal::Refusal;
use xinwu_domain::text::Text;
use xinwu_domain::word::Word;
use xinwu_store::{Result, Tx};

use super::found::serving;
use super::party::{self, By};
use super::row::Row;
use super::step::{because, begin, complete};
use super::told::{tell_residents, told_at};
use super::whole::NewStep;
use crate::registers::authorized::Authorized;

/// The assignee takes it on.
///
/// # Errors
/// [`Refusal::Forbidden`] for who is not the assignee, [`Refusal::Conflict`] in another state.
pub fn accept(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    row: &Authorized<Row>,
    command: &CaseNote,
    context: RequestContext,
) -> Result<(CaseView, i64)> {
    let (mut whole, _) = begin(tx, warrant, row, context)?;
    let step = NewStep { reason: command.note.as_deref(), ..NewStep::by(By::of(warrant)) };
    whole.take(StepKind::Accepted, tx.now_utc(), &step);
    let name = whole.named_assignee(tx.conn)?;
    tell_residents(tx, &whole, None, NoticeKind::CaseAccepted, Some(&name), command.note.as_deref())?;
    complete(tx, warrant, whole, &json!({}), context)
}

/// The assignee says that it is not responsible, and who is. Until the desk dispatches it anew it
/// stays responsible all the same, and its time runs.
///
/// # Errors
/// As [`accept`]; [`Refusal::Invalid`] for a party that has nothing to do with the estate, and for
/// itself.
pub fn give_back(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    row: &Authorized<Row>,
    command: &CaseReturn,
    context: RequestContext,
) -> Result<(CaseView, i64)> {
    let (mut whole, _) = begin(tx, warrant, row, context)?;
    let serving = serving(tx.conn, &whole.row, context.at(tx.now))?;
    let responsible =
        party::assignee(tx.conn, &command.responsible, (&whole.row.place, &serving), "/responsible")?;
    if whole.is_assigned_to(&responsible) {
        let text = Text::new("应为其他单位", "must be somebody else");
        return Err(Refusal::invalid("/responsible", "itself", text).into());
    }
    let step = NewStep { assignee: Some(&responsible), ..NewStep::by(By::of(warrant)) };
    whole.take(StepKind::Returned, tx.now_utc(), &step.because(&command.reason));
    let detail =
        json!({"reason": command.reason, "responsible": [responsible.kind.into_str(), responsible.id]});
    complete(tx, warrant, whole, &detail, context)
}

/// The assignee has longer, for a reason that whoever opened the case is told.
///
/// # Errors
/// As [`accept`], also once its time ran out or was extended in this cycle; [`Refusal::Invalid`]
/// for more hours than the class allows.
pub fn extend(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    row: &Authorized<Row>,
    command: &CaseExtension,
    context: RequestContext,
) -> Result<(CaseView, i64)> {
    let (mut whole, _) = begin(tx, warrant, row, context)?;
    let class = CaseRules::shipped().class(&whole.row.class);
    command.check(class.map_or(0, |class| class.extension_hours))?;
    let step = NewStep { hours: Some(command.hours), ..NewStep::by(By::of(warrant)) };
    whole.take(StepKind::Extended, tx.now_utc(), &step.because(&command.reason));
    whole.derive(tx.conn, context)?;
    let until = told_at(whole.clock.due_at, context);
    tell_residents(tx, &whole, None, NoticeKind::CaseExtended, until.as_deref(), Some(&command.reason))?;
    let detail = json!({"reason": command.reason, "hours": command.hours});
    complete(tx, warrant, whole, &detail, context)
}

/// The assignee waits for the resident: its clock stops, until it goes on by a word of either, or
/// by the clock's once nobody has answered for as long as a verification may take.
///
/// # Errors
/// As [`accept`], also of a case without a resident, and of one whose resident has not answered the
/// last time in this cycle.
pub fn pause(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    row: &Authorized<Row>,
    command: &CasePause,
    context: RequestContext,
) -> Result<(CaseView, i64)> {
    let (mut whole, _) = begin(tx, warrant, row, context)?;
    let step = NewStep { reason_code: Some(command.reason.into_str()), ..NewStep::by(By::of(warrant)) };
    whole.take(StepKind::Paused, tx.now_utc(), &step.because(&command.note));
    tell_residents(tx, &whole, None, NoticeKind::CasePaused, None, Some(&command.note))?;
    complete(tx, warrant, whole, &because(&command.note), context)
}

/// The clock goes on.
///
/// # Errors
/// [`Refusal::Forbidden`] for who is neither the assignee nor the desk, [`Refusal::Conflict`] where
/// it is not paused.
pub fn resume(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    row: &Authorized<Row>,
    command: &CaseNote,
    context: RequestContext,
) -> Result<(CaseView, i64)> {
    let (mut whole, _) = begin(tx, warrant, row, context)?;
    let step = NewStep { reason: command.note.as_deref(), ..NewStep::by(By::of(warrant)) };
    whole.take(StepKind::Resumed, tx.now_utc(), &step);
    complete(tx, warrant, whole, &json!({"note": command.note}), context)
}

/// The assignee says that it is done: its word alone closes nothing.
///
/// # Errors
/// As [`accept`].
pub fn finish(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    row: &Authorized<Row>,
    command: &CaseFinish,
    context: RequestContext,
) -> Result<(CaseView, i64)> {
    let (mut whole, _) = begin(tx, warrant, row, context)?;
    let step = NewStep::by(By::of(warrant)).because(&command.result);
    whole.take(StepKind::Finished, tx.now_utc(), &step);
    whole.derive(tx.conn, context)?;
    if matches!(whole.verifier(), Verifier::Residents) {
        let until = told_at(whole.clock.verify_by, context);
        tell_residents(tx, &whole, None, NoticeKind::CaseDone, until.as_deref(), Some(&command.result))?;
    }
    complete(tx, warrant, whole, &json!({}), context)
}
