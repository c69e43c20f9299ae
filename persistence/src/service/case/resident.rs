//! What residents do with cases: they answer, say whether what was done is done, take a case back
//! or join another household's. What no household opened its desk verifies.

use diesel::prelude::*;
use serde_json::json;
use xinwu_domain::access::{Role, Warrant};
use xinwu_domain::case::{
    CaseAnswer, CaseJoin, CaseVerification, CaseView, CaseWithdrawal, StepKind, is_verified,
};
use xinwu_domain::context::RequestContext;
use xinwu_domain::kind::Kind;
use xinwu_domain::notice::NoticeKind;
use xinwu_domain::refusal::Refusal;
use xinwu_domain::residence::ResidenceStatus;
use xinwu_domain::text::{Reason, Text};
use xinwu_store::{Col, Conn, Result, Tx};

use super::alone::catch_up;
use super::found::{is_staff_of_case, named_residence};
use super::party::By;
use super::row::{HouseholdRow, Row};
use super::step::{because, begin, complete};
use super::told::{tell_assignee, tell_residents, told_at};
use super::whole::{NewStep, Whole};
use crate::registers::authorized::{Authorized, Owner, Resource};
use crate::schema::residence;

/// A case as somebody finds it who may join it: a verified resident of its estate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Joinable(Row);

impl Resource for Joinable {
    const KIND: Kind = Kind::Case;

    fn find(conn: &mut Conn, id: &str) -> Result<Option<Joinable>> {
        Ok(Row::find(conn, id)?.map(Joinable))
    }

    fn version(&self) -> i64 {
        self.0.version
    }

    fn owner(&self, conn: &mut Conn) -> Result<Owner> {
        let residents = residence::table
            .filter(residence::estate.eq(&self.0.estate))
            .filter(residence::status.eq(Col(ResidenceStatus::Verified)))
            .select(residence::account_id)
            .load(conn)?;
        Ok(Owner { residents, ..Owner::default() })
    }
}

/// One's own household has the same problem: one more that the case concerns.
///
/// # Errors
/// [`Refusal::Invalid`] for a residence that is not the account's, verified and in the estate;
/// [`Refusal::Conflict`] in a state that does not allow it, and `already_joined`;
/// [`Refusal::Forbidden`] for the firm's staff, whose word is the firm's.
pub fn join(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    row: &Authorized<Joinable>,
    command: &CaseJoin,
    context: RequestContext,
) -> Result<(CaseView, i64)> {
    let Joinable(row) = Joinable::clone(row);
    let mut whole = Whole::load(tx.conn, row)?;
    catch_up(tx, &mut whole, context)?;
    let home = named_residence(tx.conn, warrant, Some(&command.residence), "/residence")?;
    let home = home.filter(|home| home.estate == whole.row.estate);
    let Some(household) = home.and_then(|home| home.household_id) else {
        let text = Text::new("该住房不在此小区", "is not in the case's estate");
        return Err(Refusal::invalid("/residence", "not_applicable", text).into());
    };
    let is_opener = whole.row.opened_by.as_deref() == Some(warrant.account_id());
    if is_opener || whole.households.iter().any(|joined| joined.household == household) {
        let text = Text::new("您的住房已加入该事项", "Your household is in it already");
        return Err(Refusal::conflict("already_joined", text).into());
    }
    if is_staff_of_case(tx.conn, warrant.account_id(), &whole.row)? {
        return Err(speaks_for_the_firm().into());
    }
    let clock = whole.clock_at(tx.now, context)?;
    whole.condition(tx.conn, &clock)?.after(warrant.operation())?;
    let joined = HouseholdRow {
        case_id: whole.row.id.clone(),
        household,
        account_id: Some(warrant.account_id().to_owned()),
        joined_at: tx.now_utc(),
        satisfied: None,
    };
    whole.join(tx, joined)?;
    whole.take(StepKind::HouseholdJoined, tx.now_utc(), &NewStep::by(By::of(warrant)));
    complete(tx, warrant, whole, &json!({}), context)
}

/// Answers an assignee who waits: its clock goes on.
///
/// # Errors
/// [`Refusal::Forbidden`] for who did not open it, [`Refusal::Conflict`] where nobody waits.
pub fn answer(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    row: &Authorized<Row>,
    command: &CaseAnswer,
    context: RequestContext,
) -> Result<(CaseView, i64)> {
    let (mut whole, _) = begin(tx, warrant, row, context)?;
    whole.take(StepKind::Answered, tx.now_utc(), &NewStep::by(By::of(warrant)).because(&command.text));
    complete(tx, warrant, whole, &json!({}), context)
}

/// Says that what was to be done is done. Of several households it ends once each has said so; the
/// desk says it of what no household opened.
///
/// # Errors
/// [`Refusal::Forbidden`] for who has nothing to say about it, [`Refusal::Conflict`] in another
/// state.
pub fn verify(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    row: &Authorized<Row>,
    command: &CaseVerification,
    context: RequestContext,
) -> Result<(CaseView, i64)> {
    let (mut whole, _) = begin(tx, warrant, row, context)?;
    let step = NewStep { reason: command.note.as_deref(), ..NewStep::by(By::of(warrant)) };
    let satisfied = if command.satisfied { "satisfied" } else { "unsatisfied" };
    if warrant.role() != Role::Resident {
        let step = NewStep { reason_code: Some(satisfied), ..step };
        whole.take(StepKind::Verified, tx.now_utc(), &step);
        return complete(tx, warrant, whole, &json!({"satisfied": command.satisfied}), context);
    }
    if is_staff_of_case(tx.conn, warrant.account_id(), &whole.row)? {
        return Err(speaks_for_the_firm().into());
    }
    if !whole.set_answer(tx, warrant.account_id(), command.satisfied)? {
        return Err(speaks_for_the_firm().into());
    }
    // Who deleted the account says nothing any more, nor who came to work for the firm.
    let mut answers = Vec::new();
    for household in &whole.households {
        if let Some(account) = &household.account_id
            && !is_staff_of_case(tx.conn, account, &whole.row)?
        {
            answers.push(household.satisfied);
        }
    }
    if is_verified(&answers) {
        whole.take(StepKind::Verified, tx.now_utc(), &step);
    }
    complete(tx, warrant, whole, &json!({}), context)
}

/// Says that it is not done: a new cycle begins, for the same assignee.
///
/// # Errors
/// As [`verify`].
pub fn reopen(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    row: &Authorized<Row>,
    Reason { reason }: &Reason,
    context: RequestContext,
) -> Result<(CaseView, i64)> {
    let (mut whole, _) = begin(tx, warrant, row, context)?;
    whole.take(StepKind::Reopened, tx.now_utc(), &NewStep::by(By::of(warrant)).because(reason));
    // A new cycle asks everyone again.
    whole.forget_answers(tx)?;
    whole.derive(tx.conn, context)?;
    let until = told_at(whole.clock.due_at, context);
    tell_residents(tx, &whole, Some(warrant.account_id()), NoticeKind::CaseReopened, None, None)?;
    tell_assignee(tx, &whole, NoticeKind::CaseToRedo, until.as_deref(), Some(reason))?;
    complete(tx, warrant, whole, &because(reason), context)
}

/// Takes it back. That it was late stays.
///
/// # Errors
/// [`Refusal::Forbidden`] for who did not open it; [`Refusal::Conflict`] in another state, and
/// `others_joined`.
pub fn withdraw(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    row: &Authorized<Row>,
    command: &CaseWithdrawal,
    context: RequestContext,
) -> Result<(CaseView, i64)> {
    let (mut whole, _) = begin(tx, warrant, row, context)?;
    let own = Some(warrant.account_id());
    if whole.households.iter().any(|household| household.account_id.as_deref() != own) {
        let text =
            Text::new("已有其他住户加入该事项，不能撤回", "Other households have joined it: it goes on");
        return Err(Refusal::conflict("others_joined", text).into());
    }
    let step = NewStep { reason: command.reason.as_deref(), ..NewStep::by(By::of(warrant)) };
    whole.take(StepKind::Withdrawn, tx.now_utc(), &step);
    tell_assignee(tx, &whole, NoticeKind::CaseTakenAway, None, None)?;
    complete(tx, warrant, whole, &json!({}), context)
}

/// The word of the firm's staff is the firm's, which alone closes nothing.
fn speaks_for_the_firm() -> Refusal {
    let text = Text::new(
        "物业企业员工不能加入或验收本企业承办的事项",
        "The firm's staff neither join nor verify what the firm is to do",
    );
    Refusal::forbidden("staff_may_not_verify", text)
}
