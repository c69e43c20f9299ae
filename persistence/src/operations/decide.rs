//! Proposals are confirmed: what was proposed is done now, by the same use case as when one person
//! may do it alone, in the transaction of its confirmation, and by the rules of today.

use chrono::NaiveDate;
use serde::de::DeserializeOwned;
use serde_json::Value;
use xinwu_domain::access::{Operation, Seconded, Warrant};
use xinwu_domain::account::{ClientEdit, NewClient};
use xinwu_domain::context::RequestContext;
use xinwu_domain::household::HouseholdEdit;
use xinwu_domain::proposal::{Change, Proposal, changed_fields, is_of_the_second};
use xinwu_domain::refusal::{FieldFault, Refusal};
use xinwu_domain::text::{Reason, Text};
use xinwu_store::{Result, StoreError, Tx};

use crate::credit::waiting::require_not_participant;
use crate::credit::{assessment, objection, record, repair};
use crate::operations::import;
use crate::people::account::{self, activation, user};
use crate::people::client;
use crate::people::proposal::{self, Row};
use crate::people::residence;
use crate::ratings::month_key::MonthKeys;
use crate::ratings::residence_end;
use crate::registers::authorized::{Authorized, Resource, find};
use crate::registers::{estate, firm, manager, place, project};

/// What use cases are given besides what was proposed.
#[derive(Clone, Copy)]
pub struct Given<'a> {
    /// Of the request that confirms it.
    pub context: RequestContext,
    /// Of the ratings.
    pub month_keys: &'a MonthKeys,
    /// The keyed hash of a code by which an account's password is chosen.
    pub code_hash: &'a str,
    /// The keyed hash of a program's secret.
    pub secret_hash: &'a str,
    /// Working days for the decision on an objection, where no procedure says how many.
    pub objection_days: u16,
}

/// What whoever confirms is shown once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShownOnce {
    /// The code by which the account's password is chosen.
    Code,
    /// The program's secret.
    Secret,
}

/// Confirms a proposal, and does it. What a code or secret of the hashes that are given opens then
/// is told too.
///
/// # Errors
/// As [`proposal::give_back`]; [`Refusal::ProposalStale`] where it can no longer be done, which the
/// caller then ends by [`proposal::end_stale`], since a refusal takes everything back;
/// [`Refusal::ProposalRefused`] with what the rules say against it now: it stays open, to be
/// returned.
pub fn confirm(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    row: &Authorized<Row>,
    given: Given<'_>,
) -> Result<(Proposal, i64, Option<ShownOnce>)> {
    proposal::require_decidable(tx, warrant, row)?;
    require_may_second(tx, warrant, row, given.context)?;
    let author = author(tx, row)?;
    require_as_shown(tx, &author, row, given)?;
    let seconded = Seconded { account_id: warrant.account_id().to_owned(), proposal: row.id.clone() };
    let seconded_author = author.clone().seconded(seconded);
    match apply(tx, &seconded_author, row, given) {
        Ok(object) => done(tx, warrant, (row, &author), &object, given.code_hash),
        Err(StoreError::Refused(Refusal::Stale)) => {
            let now = changes_now(tx, &author, row, given)?.unwrap_or_default();
            // Another version in which all that it would change stands as it stood.
            if now == row.changes()? {
                let object = apply(tx, &seconded_author, &of_any_version(row), given)?;
                return done(tx, warrant, (row, &author), &object, given.code_hash);
            }
            Err(Refusal::ProposalStale(changed_fields(&row.changes()?, &now)).into())
        }
        // The second person had a hand in it, or is of another district: another one may still
        // confirm it.
        Err(StoreError::Refused(refusal)) if is_of_the_second(&refusal) => Err(refusal.into()),
        // The author's refusals are not the second person's.
        Err(StoreError::Refused(refusal)) => Err(of_the_author(refusal).into()),
        Err(error) => Err(error),
    }
}

/// What the second person is told of a refusal that the author would meet.
fn of_the_author(refusal: Refusal) -> Refusal {
    match refusal {
        Refusal::Forbidden { .. } => author_may_not(),
        Refusal::NotFound(_) => gone(),
        Refusal::Invalid(faults) => Refusal::ProposalRefused { faults, situation: None },
        Refusal::Conflict { detail, situation, .. } => {
            Refusal::ProposalRefused { faults: vec![FieldFault::new("", "conflict", detail)], situation }
        }
        other => other,
    }
}

/// Sends a proposal back, as [`proposal::give_back`]: whoever could not confirm it does not keep
/// others from doing so.
///
/// # Errors
/// As [`proposal::give_back`], and for who had a hand in what it decides on.
pub fn give_back(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    row: &Authorized<Row>,
    reason: &Reason,
    context: RequestContext,
) -> Result<(Proposal, i64)> {
    proposal::require_returnable(tx, warrant, row, context)?;
    require_may_second(tx, warrant, row, context)?;
    proposal::give_back(tx, warrant, row, reason, context)
}

/// A decision about a record is seconded by who could have made it: without a hand in the record,
/// of a level that the procedure in force names. So is that a file is taken back, which decides on
/// all that it brought; and an objection that is filed for a manager, by officials of any level.
fn require_may_second(tx: &mut Tx<'_>, warrant: &Warrant, row: &Row, context: RequestContext) -> Result<()> {
    let Some(id) = row.object_id.as_deref() else { return Ok(()) };
    let context = context.at(tx.now);
    match Operation::parse(&row.operation) {
        Some(Operation::DecideObjection) => {
            require_not_participant::<objection::Row>(tx.conn, warrant, id, context)
        }
        Some(Operation::DecideRepair) => {
            require_not_participant::<repair::Row>(tx.conn, warrant, id, context)
        }
        Some(Operation::RevokeRecord) => record::require_confirmer(tx.conn, warrant, id, context),
        Some(Operation::AddObjection) => record::require_not_participant(tx.conn, warrant, id),
        Some(Operation::UndoImport) => import::require_may_second(tx.conn, warrant, id, context),
        _ => Ok(()),
    }
}

/// Notes what was done.
fn done(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    (row, author): (&Authorized<Row>, &Warrant),
    object: &str,
    code_hash: &str,
) -> Result<(Proposal, i64, Option<ShownOnce>)> {
    let shown = shown_once(author, row)?;
    if shown == Some(ShownOnce::Code) {
        activation::put(tx, object, code_hash, (&row.proposed_by, warrant.account_id()))?;
    }
    let (proposal, version) = proposal::confirmed(tx, warrant, row, object)?;
    Ok((proposal, version, shown))
}

fn of_any_version(row: &Row) -> Row {
    let mut row = row.clone();
    row.object_version = None;
    row
}

/// Who proposed it, as that account stands now.
fn author(tx: &mut Tx<'_>, row: &Row) -> Result<Warrant> {
    let operation = Operation::parse(&row.operation).ok_or_else(unreadable)?;
    let actor = account::active_actor(tx.conn, &row.proposed_by)?.ok_or_else(author_may_not)?;
    let author = Warrant::of(operation, actor).map_err(|_| author_may_not())?;
    if operation.confirms() && !author.can_confirm() {
        return Err(author_may_not().into());
    }
    Ok(author)
}

/// A decision is about another object than its own, of which the proposal has no version: that
/// stands as it was shown.
///
/// # Errors
/// [`Refusal::ProposalStale`] with what it would now change otherwise.
fn require_as_shown(tx: &mut Tx<'_>, author: &Warrant, row: &Row, given: Given<'_>) -> Result<()> {
    if !matches!(author.operation(), Operation::DecideObjection | Operation::DecideRepair) {
        return Ok(());
    }
    // What the rules refuse is told as that.
    let Some(now) = changes_now(tx, author, row, given)? else { return Ok(()) };
    let moved = changed_fields(&row.changes()?, &now);
    if moved.is_empty() { Ok(()) } else { Err(Refusal::ProposalStale(moved).into()) }
}

/// What it would change today: the use case is tried, and taken back. None where it is refused.
fn changes_now(
    tx: &mut Tx<'_>,
    author: &Warrant,
    row: &Row,
    given: Given<'_>,
) -> Result<Option<Vec<Change>>> {
    let of_today = of_any_version(row);
    match tx.attempt(|tx| apply(tx, author, &of_today, given).map(|_| ())) {
        Err(StoreError::Refused(Refusal::SecondNeeded(needed))) => Ok(Some(needed.changes)),
        // It would change nothing any more.
        Ok(()) => Ok(Some(Vec::new())),
        Err(StoreError::Refused(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// What has to be shown once this is done: an account has no password, or a program a new secret.
fn shown_once(author: &Warrant, row: &Row) -> Result<Option<ShownOnce>> {
    let command = row.command()?;
    let is_asked = |field: &str| command.get(field) == Some(&Value::Bool(true));
    Ok(match author.operation() {
        Operation::AddUser => Some(ShownOnce::Code),
        Operation::EditUser if is_asked("reset_password") => Some(ShownOnce::Code),
        Operation::AddClient => Some(ShownOnce::Secret),
        Operation::EditClient if is_asked("rotate_secret") => Some(ShownOnce::Secret),
        _ => None,
    })
}

/// Does what was proposed, and gives the object's id.
fn apply(tx: &mut Tx<'_>, author: &Warrant, row: &Row, given: Given<'_>) -> Result<String> {
    let today = given.context.at(tx.now).today();
    let replay = Replay { author, row, context: given.context, today };
    match author.operation() {
        Operation::EditPlace => replay.change(tx, place::edit),
        Operation::EditEstate => replay.change(tx, estate::edit),
        Operation::EditHousehold => replay.change(tx, |tx, author, row, edit: &HouseholdEdit, context| {
            residence::edit_household(tx, author, row, &(edit.clone(), None), context)
        }),
        Operation::EditFirm => replay.change(tx, firm::edit),
        Operation::EditManager => replay.change(tx, manager::edit),
        Operation::EditProject => replay.change(tx, project::edit),
        Operation::EditUser => replay.change(tx, user::edit),
        Operation::RevokeRecord => replay.change(tx, record::revoke),
        Operation::AddObjection => {
            replay.change(tx, |tx, author, row: &Authorized<record::Row>, new, context| {
                objection::file_for_manager(tx, author, row, (new, given.objection_days), context)
            })
        }
        Operation::DecideObjection => replay.change(tx, objection::decide),
        Operation::DecideRepair => replay.change(tx, repair::decide),
        Operation::EndAdminResidence => replay.change(tx, |tx, author, row, reason, _| {
            residence_end::end_by_official(tx, given.month_keys, author, row, reason)
        }),
        Operation::AddClient => {
            let add = |tx: &mut Tx<'_>, author: &Warrant, new: &NewClient| {
                let id = tx.random.id();
                client::add(tx, author, &id, new, given.secret_hash)
            };
            replay.add(tx, add, |client| client.client_id.clone())
        }
        Operation::EditClient => replay.change(tx, |tx, author, row, edit: &ClientEdit, _| {
            let secret_hash = edit.rotate_secret.then_some(given.secret_hash);
            client::edit(tx, author, row, edit, secret_hash)
        }),
        Operation::AddUser => replay.add(tx, user::add, |user| user.id.clone()),
        Operation::AddFirm => replay.add(tx, firm::add, |firm| firm.uscc.clone()),
        Operation::AddEstate => replay.add(tx, estate::add, |estate| estate.code.clone()),
        Operation::AddProject => replay.add(tx, project::add, |project| project.id.clone()),
        Operation::UndoImport => replay.change(tx, import::undo),
        Operation::PutAssessment => replay.correct_assessment(tx),
        _ => Err(unreadable()),
    }
}

/// A proposal that is done.
struct Replay<'a> {
    author: &'a Warrant,
    row: &'a Row,
    context: RequestContext,
    today: NaiveDate,
}

impl Replay<'_> {
    /// A change of the object, where it has the version of which it was proposed.
    fn change<R, C, T, F>(&self, tx: &mut Tx<'_>, work: F) -> Result<String>
    where
        R: Resource,
        C: DeserializeOwned,
        F: FnOnce(&mut Tx<'_>, &Warrant, &Authorized<R>, &C, RequestContext) -> Result<(T, i64)>,
    {
        let id = self.row.object_id.as_deref().ok_or_else(unreadable)?;
        let held = find::<R>(tx.conn, self.author, id, self.today)?;
        if self.author.operation().confirms() {
            self.author.require_power_to_confirm()?;
        }
        if self.row.object_version.is_some_and(|version| version != held.version()) {
            return Err(Refusal::Stale.into());
        }
        work(tx, self.author, &held, &self.command()?, self.context)?;
        Ok(id.to_owned())
    }

    fn add<C, T, F>(&self, tx: &mut Tx<'_>, work: F, id: fn(&T) -> String) -> Result<String>
    where
        C: DeserializeOwned,
        F: FnOnce(&mut Tx<'_>, &Warrant, &C) -> Result<(T, i64)>,
    {
        let (view, _) = work(tx, self.author, &self.command()?)?;
        Ok(id(&view))
    }

    /// What is told apart by its path, and may not be there yet.
    fn correct_assessment(&self, tx: &mut Tx<'_>) -> Result<String> {
        let path = self.row.object_id.as_deref().ok_or_else(unreadable)?;
        let (version, command) = (self.row.object_version, self.command()?);
        assessment::correct(tx, self.author, (path, version), &command, self.context)?;
        Ok(path.to_owned())
    }

    /// What an older program took is not always what this one takes.
    fn command<C: DeserializeOwned>(&self) -> Result<C> {
        serde_json::from_value(self.row.command()?).map_err(|_| unreadable())
    }
}

fn author_may_not() -> Refusal {
    let text = Text::new("提请人已无权进行此操作", "who proposed it may no longer do this");
    Refusal::ProposalStale(vec![FieldFault::new("", "author_may_not", text)])
}

fn gone() -> Refusal {
    let text = Text::new(
        "该对象已不存在，或已不在提请人的管辖范围内",
        "it is no longer there, or no longer in the jurisdiction of who proposed it",
    );
    Refusal::ProposalStale(vec![FieldFault::new("", "gone", text)])
}

fn unreadable() -> StoreError {
    Refusal::ProposalStale(Vec::new()).into()
}
