//! Proposals are confirmed: what was proposed is done now, by the same use case as when one person
//! may do it alone, in the transaction of its confirmation, and by the rules of today.

use chrono::NaiveDate;
use serde::de::DeserializeOwned;
use serde_json::Value;
use xinwu_domain::access::{Operation, Seconded, Warrant};
use xinwu_domain::context::RequestContext;
use xinwu_domain::proposal::{Change, Proposal, moved};
use xinwu_domain::refusal::{FieldFault, Refusal};
use xinwu_domain::text::{Reason, Text};
use xinwu_store::{Result, StoreError, Tx};

use crate::credit::{objection, record, repair};
use crate::people::account::{self, activation, user};
use crate::people::proposal::{self, Row};
use crate::registers::authorized::{Authorized, Resource, find};
use crate::registers::{estate, firm, manager, place, project};

/// Confirms a proposal, and does it. Where an account has no password then, the code of this hash
/// lets it choose one; whether it does is given too.
///
/// # Errors
/// As [`proposal::give_back`]; [`Refusal::ProposalStale`] where it can no longer be done, which the
/// caller then ends by [`proposal::end_stale`], since a refusal takes everything back; what the
/// rules say against it now.
pub fn confirm(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    row: &Authorized<Row>,
    code_hash: &str,
    context: RequestContext,
) -> Result<(Proposal, i64, bool)> {
    proposal::require_decidable(tx, warrant, row)?;
    require_may_second(tx, warrant, row, context)?;
    let author = author(tx, row)?;
    let seconded = Seconded { account_id: warrant.account_id().to_owned(), proposal: row.id.clone() };
    let seconded_author = author.clone().seconded(seconded);
    match apply(tx, &seconded_author, row, context) {
        Ok(object) => done(tx, warrant, (row, &author), &object, code_hash),
        Err(StoreError::Refused(Refusal::Stale)) => {
            let now = changes_now(tx, &author, row, context)?;
            // Another version in which all that it would change stands as it stood.
            if now == row.changes()? {
                let object = apply(tx, &seconded_author, &of_any_version(row), context)?;
                return done(tx, warrant, (row, &author), &object, code_hash);
            }
            Err(Refusal::ProposalStale(moved(&row.changes()?, &now)).into())
        }
        // The author's refusals are not the second person's.
        Err(StoreError::Refused(Refusal::Forbidden { .. } | Refusal::NotFound(_))) => {
            Err(author_may_not().into())
        }
        Err(error) => Err(error),
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
    proposal::require_decidable(tx, warrant, row)?;
    require_may_second(tx, warrant, row, context)?;
    proposal::give_back(tx, warrant, row, reason, context)
}

/// A decision about a record is seconded by who could have made it: without a hand in the record,
/// of a level that the procedure in force names.
fn require_may_second(tx: &mut Tx<'_>, warrant: &Warrant, row: &Row, context: RequestContext) -> Result<()> {
    let Some(id) = row.object_id.as_deref() else { return Ok(()) };
    let context = context.at(tx.now);
    match Operation::parse(&row.operation) {
        Some(Operation::DecideObjection) => objection::require_no_hand(tx.conn, warrant, id, context),
        Some(Operation::DecideRepair) => repair::require_no_hand(tx.conn, warrant, id, context),
        Some(Operation::RevokeRecord) => record::require_confirmer(tx.conn, warrant, id, context),
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
) -> Result<(Proposal, i64, bool)> {
    let needs_code = needs_code(author, row)?;
    if needs_code {
        activation::put(tx, object, code_hash, (&row.proposed_by, warrant.account_id()))?;
    }
    let (proposal, version) = proposal::confirmed(tx, warrant, row, object)?;
    Ok((proposal, version, needs_code))
}

fn of_any_version(row: &Row) -> Row {
    let mut row = row.clone();
    row.object_version = None;
    row
}

/// Who proposed it, as that account stands now.
fn author(tx: &mut Tx<'_>, row: &Row) -> Result<Warrant> {
    let operation = Operation::parse(&row.operation).ok_or_else(unreadable)?;
    let actor = account::standing(tx.conn, &row.proposed_by)?.ok_or_else(author_may_not)?;
    Ok(Warrant::of(operation, actor).map_err(|_| author_may_not())?)
}

/// What it would change today: the use case is tried, and taken back.
fn changes_now(tx: &mut Tx<'_>, author: &Warrant, row: &Row, context: RequestContext) -> Result<Vec<Change>> {
    let of_today = of_any_version(row);
    match tx.attempt(|tx| apply(tx, author, &of_today, context).map(|_| ())) {
        Err(StoreError::Refused(Refusal::SecondNeeded(needed))) => Ok(needed.changes),
        // It would change nothing any more, or no longer may.
        Ok(()) | Err(StoreError::Refused(_)) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// Whether an account has no password once this is done.
fn needs_code(author: &Warrant, row: &Row) -> Result<bool> {
    Ok(match author.operation() {
        Operation::AddUser => true,
        Operation::EditUser => row.command()?.get("reset_password") == Some(&Value::Bool(true)),
        _ => false,
    })
}

/// Does what was proposed, and gives the object's id.
fn apply(tx: &mut Tx<'_>, author: &Warrant, row: &Row, context: RequestContext) -> Result<String> {
    let today = context.at(tx.now).today();
    let job = Job { author, row, context, today };
    match author.operation() {
        Operation::EditPlace => job.change(tx, place::edit),
        Operation::EditEstate => job.change(tx, estate::edit),
        Operation::EditFirm => job.change(tx, firm::edit),
        Operation::EditManager => job.change(tx, manager::edit),
        Operation::EditProject => job.change(tx, project::edit),
        Operation::EditUser => job.change(tx, user::edit),
        Operation::RevokeRecord => job.change(tx, record::revoke),
        Operation::DecideObjection => job.change(tx, objection::decide),
        Operation::DecideRepair => job.change(tx, repair::decide),
        Operation::AddUser => job.add(tx, user::add, |user| user.id.clone()),
        Operation::AddFirm => job.add(tx, firm::add, |firm| firm.uscc.clone()),
        Operation::AddProject => job.add(tx, project::add, |project| project.id.clone()),
        _ => Err(unreadable()),
    }
}

/// A change of an object, as every use case of one is.
type UseCase<R, C, T> = fn(&mut Tx<'_>, &Warrant, &Authorized<R>, &C, RequestContext) -> Result<(T, i64)>;

struct Job<'a> {
    author: &'a Warrant,
    row: &'a Row,
    context: RequestContext,
    today: NaiveDate,
}

impl Job<'_> {
    /// A change of the object, as it was when it was proposed.
    fn change<R, C, T>(&self, tx: &mut Tx<'_>, work: UseCase<R, C, T>) -> Result<String>
    where
        R: Resource,
        C: DeserializeOwned,
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

    fn add<C, T>(
        &self,
        tx: &mut Tx<'_>,
        work: fn(&mut Tx<'_>, &Warrant, &C) -> Result<(T, i64)>,
        id: fn(&T) -> String,
    ) -> Result<String>
    where
        C: DeserializeOwned,
    {
        let (view, _) = work(tx, self.author, &self.command()?)?;
        Ok(id(&view))
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

fn unreadable() -> StoreError {
    Refusal::ProposalStale(Vec::new()).into()
}
