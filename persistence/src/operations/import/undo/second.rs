//! The second person of what takes a file back: who that may be, and what is shown.

use std::collections::BTreeSet;

use diesel::dsl::count_star;
use diesel::prelude::*;
use serde_json::json;
use xinwu_domain::access::{Actor, Operation, Seconded, Warrant};
use xinwu_domain::context::RequestContext;
use xinwu_domain::import::{ImportKind, RowOutcome};
use xinwu_domain::proposal::{Change, district_needed, own_participation, second_person_needed};
use xinwu_domain::refusal::Refusal;
use xinwu_store::{Col, Conn, Result, StoreError, Tx};

use super::super::job::JobRow;
use crate::credit::record;
use crate::people::account;
use crate::people::proposal::is_of_the_district;
use crate::registers::authorized::Resource;
use crate::registers::second_person::require_other_person;
use crate::schema::import_row;

/// Whoever confirms, or sends back, that a file is taken back has neither sent nor confirmed it; of
/// records had no hand in any, and could have confirmed each.
///
/// # Errors
/// [`Refusal::Forbidden`]
pub(crate) fn require_may_second(
    conn: &mut Conn,
    warrant: &Warrant,
    id: &str,
    context: RequestContext,
) -> Result<()> {
    let job = JobRow::require(conn, id)?;
    let participants = std::iter::once(&job.by_account).chain(&job.confirmed_by);
    require_other_person(conn, warrant, participants, own_participation)?;
    match job.kind.0 {
        ImportKind::Records => record::require_confirmer_of_batch(conn, warrant, id, context),
        _ => Ok(()),
    }
}

/// What the second person is shown: which file it is, and how much of what it did ends.
const SHOWN: &[&str] = &["kind", "name", "sha256", "created", "updated", "districts_of"];

/// What a file that is taken back was, and what of it ends; with the firms of whose districts the
/// second person must be.
pub(super) fn changes(conn: &mut Conn, job: &JobRow, firms: &BTreeSet<String>) -> Result<Vec<Change>> {
    let (created, updated) = if job.kind.0 == ImportKind::Households {
        (i64::from(job.rows_created), i64::from(job.rows_updated))
    } else {
        (count(conn, job, RowOutcome::Created)?, count(conn, job, RowOutcome::Updated)?)
    };
    let before = json!({
        "kind": job.kind.0, "name": job.name, "sha256": job.sha256, "created": created, "updated": updated
    });
    let districts_of = (!firms.is_empty()).then_some(firms);
    let after = json!({"created": 0, "updated": 0, "districts_of": districts_of});
    Ok(Change::between(&before, &after, SHOWN))
}

/// How many of the rows that are kept had this outcome.
fn count(conn: &mut Conn, job: &JobRow, outcome: RowOutcome) -> Result<i64> {
    let rows = import_row::table
        .filter(import_row::import_id.eq(&job.id))
        .filter(import_row::outcome.eq(Col(outcome)))
        .filter(import_row::object_id.is_not_null());
    Ok(rows.select(count_star()).first(conn)?)
}

/// By whom the entries of a register's file are taken back: the second person is asked once, for
/// all of them, and for each must be one who could have confirmed it.
pub(super) struct AuthorAndSecond {
    author: Warrant,
    /// The author's, seconded by who confirms, or on trial by nobody.
    seconded: Warrant,
    /// Who confirms, once that is known.
    second: Option<Actor>,
    /// The firms that were to be asked: officials of their districts confirm it for them.
    pub firms: BTreeSet<String>,
}

impl AuthorAndSecond {
    pub fn of(conn: &mut Conn, warrant: &Warrant) -> Result<AuthorAndSecond> {
        let second = match warrant.second() {
            Some(Seconded { account_id, .. }) => {
                Some(account::active_actor(conn, account_id)?.ok_or_else(second_person_needed)?)
            }
            None => None,
        };
        let (author, seconded) = (warrant.clone().unseconded(), on_trial(warrant));
        Ok(AuthorAndSecond { author, seconded, second, firms: BTreeSet::new() })
    }

    /// The author's warrant for the operation of one entry.
    pub fn author(&self, operation: Operation) -> Result<Warrant> {
        Ok(self.author.also(operation)?)
    }

    /// Changes one entry: what one person may do alone, or what this second person has confirmed.
    ///
    /// # Errors
    /// [`Refusal::Forbidden`] where the second person is not of a firm's district that is asked;
    /// those of the change.
    pub fn change(
        &mut self,
        tx: &mut Tx<'_>,
        operation: Operation,
        edit: impl Fn(&mut Tx<'_>, &Warrant) -> Result<()>,
    ) -> Result<()> {
        let author = self.author(operation)?;
        let needed = match tx.attempt(|tx| edit(tx, &author)) {
            Err(StoreError::Refused(Refusal::SecondNeeded(needed))) => needed,
            outcome => return outcome,
        };
        if let Some(uscc) = needed.firm {
            self.require_of_the_district(tx.conn, &uscc)?;
            self.firms.insert(uscc);
        }
        let seconded = self.seconded.also(operation)?;
        tx.attempt(|tx| edit(tx, &seconded))
    }

    fn require_of_the_district(&self, conn: &mut Conn, uscc: &str) -> Result<()> {
        let Some(second) = &self.second else { return Ok(()) };
        if is_of_the_district(conn, uscc, second.place.as_deref())? {
            return Ok(());
        }
        Err(district_needed(uscc).into())
    }
}

/// The same warrant as if a second person had confirmed it, where nobody has yet: one is asked
/// once, for the whole file.
pub(super) fn on_trial(warrant: &Warrant) -> Warrant {
    let nobody = Seconded { account_id: String::new(), proposal: String::new() };
    if warrant.is_seconded() { warrant.clone() } else { warrant.clone().seconded(nobody) }
}
