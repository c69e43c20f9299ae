//! The second pair of eyes: a file that waits is confirmed or returned as one; its own side takes
//! it back, or it ends by itself.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::dsl::min;
use diesel::prelude::*;
use serde_json::json;
use xinwu_domain::access::{Operation, Warrant};
use xinwu_domain::context::RequestContext;
use xinwu_domain::import::{ImportJob, ImportKind, ImportState};
use xinwu_domain::kind::Kind;
use xinwu_domain::notice::NoticeKind;
use xinwu_domain::proposal::own_work;
use xinwu_domain::refusal::Refusal;
use xinwu_domain::text::{Language, Reason, Text};
use xinwu_store::{Col, Conn, Result, Tx};

use super::job::{JobRow, set_state};
use super::shown::require_unreplaced;
use super::{apply, staff};
use crate::credit::{assessment, metric, record};
use crate::people::account::{self, names::with_people};
use crate::people::notice::{NewNotice, tell};
use crate::registers::authorized::{Authorized, Resource};
use crate::registers::second_person::require_other_person;
use crate::schema::import;

/// Confirms a file: all of it counts from now.
///
/// # Errors
/// [`Refusal::Forbidden`] for who sent it, [`Refusal::Conflict`] when it does not wait for a
/// decision, [`Refusal::Rows`] where a row would do something else than is shown of it.
pub fn confirm(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    job: &Authorized<JobRow>,
    (): &(),
    context: RequestContext,
) -> Result<(ImportJob, i64)> {
    require_decidable(tx, warrant, job)?;
    let id: &str = &job.id;
    decided(tx, warrant, id)?;
    require_unreplaced(tx.conn, job)?;
    match job.kind.0 {
        ImportKind::Records => record::confirm_batch(tx, warrant, id).map(|_| ())?,
        ImportKind::Assessments => assessment::confirm_batch(tx, warrant, id).map(|_| ())?,
        ImportKind::Metrics => metric::confirm_batch(tx, warrant, id).map(|_| ())?,
        ImportKind::Staff => {
            let author = author(tx, warrant, job)?;
            staff::apply_confirmed(tx, id, &author)?;
        }
        _ => {
            let (author, context) = (author(tx, warrant, job)?, context.at(tx.now));
            apply::apply_confirmed(tx, id, (&author, warrant), context)?;
        }
    };
    set_state(tx, id, ImportState::Confirmed)?;
    tell(tx, &job.by_account, &NewNotice::new(NoticeKind::ImportConfirmed, id))?;
    shown(tx, id, context.language)
}

/// Returns a file: none of it ever counts.
///
/// # Errors
/// As [`confirm`].
pub fn give_back(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    job: &Authorized<JobRow>,
    Reason { reason }: &Reason,
    context: RequestContext,
) -> Result<(ImportJob, i64)> {
    require_decidable(tx, warrant, job)?;
    let id: &str = &job.id;
    decided(tx, warrant, id)?;
    match job.kind.0 {
        ImportKind::Records => record::return_batch(tx, warrant, id, reason).map(|_| ())?,
        ImportKind::Assessments => assessment::return_batch(tx, warrant, id, reason).map(|_| ())?,
        ImportKind::Metrics => metric::return_batch(tx, warrant, id, reason).map(|_| ())?,
        // Nothing of the other kinds is written before it is confirmed.
        _ => tx.audit(warrant, Kind::Import, id, &json!({"reason": reason}))?,
    };
    set_state(tx, id, ImportState::Returned)?;
    tell(tx, &job.by_account, &NewNotice::new(NoticeKind::ImportReturned, id).because(reason))?;
    shown(tx, id, context.language)
}

/// Takes a file of one's own office back: none of it ever counts.
///
/// # Errors
/// [`Refusal::Conflict`] when it does not wait for a decision.
pub fn withdraw(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    job: &Authorized<JobRow>,
    (): &(),
    context: RequestContext,
) -> Result<(ImportJob, i64)> {
    require_waiting(job, tx.now)?;
    end(tx, warrant, job, ImportState::Withdrawn)?;
    if job.by_account != warrant.account_id() {
        tell(tx, &job.by_account, &NewNotice::new(NoticeKind::ImportWithdrawn, &job.id))?;
    }
    shown(tx, &job.id, context.language)
}

/// The instant at which the first file that waits ends by itself.
pub(crate) fn next_expiry(conn: &mut Conn) -> Result<Option<DateTime<Utc>>> {
    let waiting = import::table.filter(import::state.eq(Col(ImportState::Submitted)));
    let first: Option<NaiveDateTime> = waiting.select(min(import::expires_at)).first(conn)?;
    Ok(first.map(|at| at.and_utc()))
}

/// Ends one of the files whose time has come, and gives whether there was one.
pub(crate) fn expire(tx: &mut Tx<'_>) -> Result<bool> {
    let job: Option<JobRow> = import::table
        .filter(import::state.eq(Col(ImportState::Submitted)))
        .filter(import::expires_at.le(tx.now_utc()))
        .order((import::expires_at, import::id))
        .select(JobRow::as_select())
        .first(tx.conn)
        .optional()?;
    let Some(job) = job else { return Ok(false) };
    end(tx, &Warrant::operator(Operation::WithdrawImport), &job, ImportState::Expired)?;
    tell(tx, &job.by_account, &NewNotice::new(NoticeKind::ImportExpired, &job.id))?;
    Ok(true)
}

/// Ends a file that nobody has decided on.
fn end(tx: &mut Tx<'_>, warrant: &Warrant, job: &JobRow, state: ImportState) -> Result<()> {
    let id: &str = &job.id;
    let rows = match job.kind.0 {
        ImportKind::Records => record::withdraw_batch(tx, warrant, id)?,
        ImportKind::Assessments => assessment::withdraw_batch(tx, id)?,
        ImportKind::Metrics => metric::withdraw_batch(tx, id)?,
        _ => 0,
    };
    set_state(tx, id, state)?;
    let detail = json!({"by": job.by_account, "ended": state, "rows": rows});
    tx.audit(warrant, Kind::Import, id, &detail)
}

/// Who sent the file of a register or of staff, as that account stands now, with its second person.
fn author(tx: &mut Tx<'_>, warrant: &Warrant, job: &JobRow) -> Result<Warrant> {
    let may_not = || {
        let text =
            Text::new("提交人已无权导入", "Who sent the file may no longer import it: return it instead");
        Refusal::conflict("author_may_not", text)
    };
    let actor = account::active_actor(tx.conn, &job.by_account)?.ok_or_else(may_not)?;
    let author = Warrant::of(job.kind.0.operation(), actor).map_err(|_| may_not())?;
    tx.audit(warrant, Kind::Import, &job.id, &json!({"by": job.by_account}))?;
    Ok(author)
}

fn require_decidable(tx: &mut Tx<'_>, warrant: &Warrant, job: &JobRow) -> Result<()> {
    require_other_person(tx.conn, warrant, &[&job.by_account], own_work)?;
    require_waiting(job, tx.now)
}

fn require_waiting(job: &JobRow, now: DateTime<Utc>) -> Result<()> {
    let is_over = job.expires_at.is_some_and(|at| at.and_utc() <= now);
    let (situation, text) = match job.state.0 {
        ImportState::Submitted if !is_over => return Ok(()),
        // The clock has not come to it yet.
        ImportState::Submitted | ImportState::Expired => {
            (ImportState::Expired.into(), Text::new("该批次已逾期终止", "Its time has ended"))
        }
        _ => {
            let text = Text::new("该批次不在待确认状态", "The batch does not wait for a decision");
            (job.situation(), text)
        }
    };
    Err(Refusal::wrong_state(situation, text).into())
}

/// Keeps who decided; the batch itself writes the audit.
fn decided(tx: &mut Tx<'_>, warrant: &Warrant, id: &str) -> Result<()> {
    diesel::update(import::table.find(id))
        .set(import::confirmed_by.eq(warrant.account_id()))
        .execute(tx.conn)?;
    Ok(())
}

pub(super) fn shown(tx: &mut Tx<'_>, id: &str, language: Language) -> Result<(ImportJob, i64)> {
    let job = JobRow::require(tx.conn, id)?;
    let version = job.version;
    Ok((with_people(tx.conn, job.view(language)?)?, version))
}
