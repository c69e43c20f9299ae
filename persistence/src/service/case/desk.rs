//! What the desk of a case does: it dispatches, urges, escalates, gives another class, makes one
//! case of two, and ends what cannot be done.

use serde_json::json;
use xinwu_domain::access::{Operation, Warrant};
use xinwu_domain::case::{
    CaseClassChange, CaseClosing, CaseDispatch, CaseMerge, CaseRules, CaseSide, CaseView, StepKind,
    check_dispatch,
};
use xinwu_domain::context::RequestContext;
use xinwu_domain::kind::Kind;
use xinwu_domain::notice::NoticeKind;
use xinwu_domain::refusal::{Faults, Refusal};
use xinwu_domain::text::{Reason, Text};
use xinwu_domain::word::Word;
use xinwu_store::{Result, StoreError, Tx};

use super::assign::dispatch_to;
use super::found::serving;
use super::party::{self, By, named_assignees, office_above, sides};
use super::row::{HouseholdRow, Row};
use super::step::{because, begin, complete, noted};
use super::told::{tell_assignee, tell_residents, told_at};
use super::whole::{NewStep, Whole};
use crate::registers::authorized::{Authorized, Resource};

/// A class whose time is used up would make somebody late who was in time.
fn leaves_no_time() -> StoreError {
    let text = Text::new("已用时间超过该类别的办理时限", "More time has been used than this class gives");
    Refusal::invalid("/class", "not_applicable", text).into()
}

/// Gives it to who is to do it.
///
/// # Errors
/// [`Refusal::Forbidden`] for who is not its desk; [`Refusal::Invalid`] for a party that such a
/// case does not go to or that has nothing to do with the estate, for a class that leaves it no
/// time, and without a reason where it had another assignee; [`Refusal::Conflict`] in another
/// state, `returned_before` with the chain, and `same_assignee`.
pub fn dispatch(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    row: &Authorized<Row>,
    command: &CaseDispatch,
    context: RequestContext,
) -> Result<(CaseView, i64)> {
    let (mut whole, _) = begin(tx, warrant, row, context)?;
    let (rules, mut faults) = (CaseRules::shipped(), Faults::default());
    let present = whole.row.assignee();
    faults.keep(command.check(present.is_some()))?;
    if let Some(class) = &command.class {
        faults.keep(rules.require_class(class))?;
    }
    let serving = serving(tx.conn, &whole.row, context.at(tx.now))?;
    let to = party::assignee(tx.conn, &command.assignee, (&whole.row.place, &serving), "/assignee");
    let to = faults.keep(to)?;
    let kind = rules.kind(&whole.row.kind).ok_or_else(|| Kind::Case.not_found())?;
    if let Some(to) = &to {
        let returned_by = named_assignees(tx.conn, whole.returned_by())?;
        faults.keep(check_dispatch(kind, present.as_ref(), &returned_by, to))?;
    }
    let to = faults.or_refuse(to)?;
    let class = command.class.clone().unwrap_or_else(|| whole.row.class.clone());
    let how = (class.as_str(), command.reason.as_deref());
    dispatch_to(tx, &mut whole, By::of(warrant), &to, how, context)?;
    // Who had it before goes on where it stood, and a smaller class may have no time left.
    let clock = whole.clock_at(tx.now, context)?;
    if !clock.is_overdue() && clock.budget <= clock.consumed {
        return Err(leaves_no_time());
    }
    let detail =
        json!({"assignee": [to.kind.into_str(), to.id], "class": command.class, "reason": command.reason});
    complete(tx, warrant, whole, &detail, context)
}

/// Hands its desk to the office above.
///
/// # Errors
/// [`Refusal::Forbidden`] for who is not its desk, [`Refusal::Conflict`] in another state and where
/// there is no office above.
pub fn escalate(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    row: &Authorized<Row>,
    Reason { reason }: &Reason,
    context: RequestContext,
) -> Result<(CaseView, i64)> {
    let (mut whole, _) = begin(tx, warrant, row, context)?;
    let above = office_above(tx.conn, &whole.row.desk)?;
    let step = NewStep { target: above.as_deref(), ..NewStep::by(By::of(warrant)) };
    whole.take(StepKind::Escalated, tx.now_utc(), &step.because(reason));
    complete(tx, warrant, whole, &json!({"reason": reason, "desk": above}), context)
}

/// Urges the assignee, who is told why.
///
/// # Errors
/// [`Refusal::Forbidden`] for who is not its desk, [`Refusal::Conflict`] in another state.
pub fn supervise(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    row: &Authorized<Row>,
    Reason { reason }: &Reason,
    context: RequestContext,
) -> Result<(CaseView, i64)> {
    let (mut whole, _) = begin(tx, warrant, row, context)?;
    whole.take(StepKind::Supervised, tx.now_utc(), &NewStep::by(By::of(warrant)).because(reason));
    tell_assignee(tx, &whole, NoticeKind::CaseSupervised, None, Some(reason))?;
    complete(tx, warrant, whole, &because(reason), context)
}

/// Gives it another class. What was consumed stays consumed: a class whose time is used up already
/// would make somebody late who was in time. Its residents are told of a later deadline.
///
/// # Errors
/// [`Refusal::Forbidden`] for who is not its desk, [`Refusal::Conflict`] in another state,
/// [`Refusal::Invalid`] for an unknown class, the one it has, and one that leaves no time.
pub fn reclassify(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    row: &Authorized<Row>,
    command: &CaseClassChange,
    context: RequestContext,
) -> Result<(CaseView, i64)> {
    let (mut whole, clock) = begin(tx, warrant, row, context)?;
    let class = CaseRules::shipped().require_class(&command.class)?;
    if class.code == whole.row.class {
        let text = Text::new("该事项已是此类别", "The case has this class already");
        return Err(Refusal::invalid("/class", "not_applicable", text).into());
    }
    if !clock.is_overdue() && !clock.leaves_time(class.budget()) {
        return Err(leaves_no_time());
    }
    let before = whole.clock.due_at;
    let step = NewStep { class: Some(&class.code), hours: Some(class.hours), ..NewStep::by(By::of(warrant)) };
    whole.take(StepKind::Reclassified, tx.now_utc(), &step.because(&command.reason));
    whole.derive(tx.conn, context)?;
    if whole.clock.due_at > before {
        let until = told_at(whole.clock.due_at, context);
        tell_residents(tx, &whole, None, NoticeKind::CaseExtended, until.as_deref(), Some(&command.reason))?;
    }
    let detail = json!({"reason": command.reason, "class": [row.class, class.code]});
    complete(tx, warrant, whole, &detail, context)
}

/// Ends it without its being done. That it was late stays.
///
/// # Errors
/// [`Refusal::Forbidden`] for who is not its desk, [`Refusal::Conflict`] in another state.
pub fn close(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    row: &Authorized<Row>,
    command: &CaseClosing,
    context: RequestContext,
) -> Result<(CaseView, i64)> {
    let (mut whole, _) = begin(tx, warrant, row, context)?;
    let step = NewStep { reason_code: Some(command.ground.into_str()), ..NewStep::by(By::of(warrant)) };
    whole.take(StepKind::Closed, tx.now_utc(), &step.because(&command.reason));
    tell_residents(tx, &whole, None, NoticeKind::CaseClosed, None, Some(&command.reason))?;
    tell_assignee(tx, &whole, NoticeKind::CaseTakenAway, None, Some(&command.reason))?;
    let detail = json!({"ground": command.ground, "reason": command.reason});
    complete(tx, warrant, whole, &detail, context)
}

/// Makes it one with another case of its estate, where it goes on with its households. That it was
/// late stays.
///
/// # Errors
/// [`Refusal::Forbidden`] for who is not the desk of both; [`Refusal::Conflict`] where either
/// stands otherwise; [`Refusal::Invalid`] for the case itself and for one of another estate.
pub fn join_cases(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    row: &Authorized<Row>,
    command: &CaseMerge,
    context: RequestContext,
) -> Result<(CaseView, i64)> {
    let (mut whole, _) = begin(tx, warrant, row, context)?;
    let into = Row::named(tx.conn, &command.into, "/into")?;
    // Of the same kind, too: another may be in no sums and draft nothing.
    let is_alike = into.estate == whole.row.estate && into.kind == whole.row.kind;
    if into.id == whole.row.id || !is_alike {
        let text =
            Text::new("应为同一小区、同一类型的另一事项", "must be another case of the same estate and kind");
        return Err(Refusal::invalid("/into", "not_applicable", text).into());
    }
    let mut into = Whole::load(tx.conn, into)?;
    if !sides(tx.conn, warrant, &into.row, &into.households)?.contains(&CaseSide::Desk) {
        return Err(Refusal::out_of_reach().into());
    }
    super::alone::catch_up(tx, &mut into, context)?;
    let clock = into.clock_at(tx.now, context)?;
    into.condition(tx.conn, &clock)?.after(Operation::JoinCase)?;
    let step = NewStep { target: Some(&into.row.id), ..NewStep::by(By::of(warrant)) };
    whole.take(StepKind::Joined, tx.now_utc(), &step.because(&command.reason));
    for household in &whole.households {
        let moved = HouseholdRow {
            case_id: into.row.id.clone(),
            // When it came to its own case: it says what it thinks of this one too.
            satisfied: None,
            ..household.clone()
        };
        into.join(tx, moved)?;
    }
    into.take(StepKind::HouseholdJoined, tx.now_utc(), &NewStep::by(By::of(warrant)));
    into.write(tx, context)?;
    noted(tx, warrant, &into, &json!({"joined": whole.row.id}))?;
    tell_residents(tx, &whole, None, NoticeKind::CaseMerged, None, None)?;
    tell_assignee(tx, &whole, NoticeKind::CaseTakenAway, None, None)?;
    let detail = json!({"into": command.into, "reason": command.reason});
    complete(tx, warrant, whole, &detail, context)
}
