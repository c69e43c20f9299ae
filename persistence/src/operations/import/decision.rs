//! The second pair of eyes: a batch of records, assessments or metrics is confirmed or returned as
//! one.

use diesel::prelude::*;
use xinwu_domain::access::Warrant;
use xinwu_domain::context::RequestContext;
use xinwu_domain::import::{ImportJob, ImportKind, ImportState};
use xinwu_domain::notice::NoticeKind;
use xinwu_domain::refusal::Refusal;
use xinwu_domain::text::{Language, Reason, Text};
use xinwu_store::{Result, StoreError, Tx};

use super::job::{JobRow, find, set_state};
use crate::credit::{assessment, metric, record};
use crate::people::notice::{Told, tell};
use crate::registers::authorized::Authorized;
use crate::schema::import;

/// Confirms a batch: all of it counts from now.
///
/// # Errors
/// [`Refusal::Forbidden`] for who sent it, [`Refusal::Conflict`] when it does not wait for a
/// decision.
pub fn confirm(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    job: &Authorized<JobRow>,
    (): &(),
    context: RequestContext,
) -> Result<(ImportJob, i64)> {
    require_decidable(warrant, job)?;
    let id = job.id.as_str();
    decided(tx, warrant, id)?;
    match job.kind.0 {
        ImportKind::Records => record::confirm_batch(tx, warrant, id)?,
        ImportKind::Assessments => assessment::confirm_batch(tx, warrant, id)?,
        ImportKind::Metrics => metric::confirm_batch(tx, warrant, id)?,
        _ => return Err(StoreError::internal("only batches are confirmed")),
    };
    set_state(tx, id, ImportState::Confirmed)?;
    tell(tx, &job.by_account, &Told::new(NoticeKind::ImportConfirmed, id))?;
    shown(tx, id, context.language)
}

/// Returns a batch: none of it ever counts.
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
    require_decidable(warrant, job)?;
    let id = job.id.as_str();
    decided(tx, warrant, id)?;
    match job.kind.0 {
        ImportKind::Records => record::return_batch(tx, warrant, id, reason)?,
        ImportKind::Assessments => assessment::return_batch(tx, warrant, id, reason)?,
        ImportKind::Metrics => metric::return_batch(tx, warrant, id, reason)?,
        _ => return Err(StoreError::internal("only batches are returned")),
    };
    set_state(tx, id, ImportState::Returned)?;
    tell(tx, &job.by_account, &Told::new(NoticeKind::ImportReturned, id).because(reason))?;
    shown(tx, id, context.language)
}

fn require_decidable(warrant: &Warrant, job: &JobRow) -> Result<()> {
    warrant.require_other_than(&job.by_account)?;
    if job.state.0 != ImportState::Submitted {
        let text = Text::new("该批次不在待确认状态", "The batch does not wait for a decision");
        return Err(Refusal::conflict("wrong_state", text).into());
    }
    Ok(())
}

/// Keeps who decided; the batch itself writes the audit.
fn decided(tx: &mut Tx<'_>, warrant: &Warrant, id: &str) -> Result<()> {
    diesel::update(import::table.find(id))
        .set(import::confirmed_by.eq(warrant.account_id()))
        .execute(tx.conn)?;
    Ok(())
}

fn shown(tx: &mut Tx<'_>, id: &str, language: Language) -> Result<(ImportJob, i64)> {
    let job = find(tx.conn, id)?;
    let version = job.version;
    Ok((job.view(language)?, version))
}
