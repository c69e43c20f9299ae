//! The second pair of eyes: a batch of records, assessments or metrics is confirmed or returned as
//! one.

use diesel::prelude::*;
use xinwu_domain::access::Actor;
use xinwu_domain::import::{ImportJob, ImportKind, ImportState};
use xinwu_domain::notice::NoticeKind;
use xinwu_domain::refusal::Refusal;
use xinwu_domain::text::{Language, Text};
use xinwu_domain::version::Expected;
use xinwu_store::{Result, StoreError, Tx};

use super::job::{JobRow, find, require_visible, set_state};
use crate::credit::{assessment, metric, record};
use crate::people::notice::{Told, tell};
use crate::schema::import;

/// Confirms a batch: all of it counts from now.
///
/// # Errors
/// [`Refusal::NotFound`] outside the actor's place, [`Refusal::Forbidden`] without the power or for
/// who sent it, [`Refusal::Conflict`] when it does not wait for a decision, [`Refusal::Stale`].
pub fn confirm(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: &str,
    version: &Expected,
    language: Language,
) -> Result<(ImportJob, i64)> {
    let job = require_decidable(tx, actor, id, version)?;
    decided(tx, actor, id)?;
    match job.kind.0 {
        ImportKind::Records => record::confirm_batch(tx, actor, id)?,
        ImportKind::Assessments => assessment::confirm_batch(tx, actor, id)?,
        ImportKind::Metrics => metric::confirm_batch(tx, actor, id)?,
        _ => return Err(StoreError::internal("only batches are confirmed")),
    };
    set_state(tx, id, ImportState::Confirmed)?;
    tell(tx, &job.by_account, &Told::new(NoticeKind::ImportConfirmed, id))?;
    shown(tx, id, language)
}

/// Returns a batch: none of it ever counts.
///
/// # Errors
/// As [`confirm`].
pub fn give_back(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: &str,
    version: &Expected,
    reason: &str,
    language: Language,
) -> Result<(ImportJob, i64)> {
    let job = require_decidable(tx, actor, id, version)?;
    decided(tx, actor, id)?;
    match job.kind.0 {
        ImportKind::Records => record::return_batch(tx, actor, id, reason)?,
        ImportKind::Assessments => assessment::return_batch(tx, actor, id, reason)?,
        ImportKind::Metrics => metric::return_batch(tx, actor, id, reason)?,
        _ => return Err(StoreError::internal("only batches are returned")),
    };
    set_state(tx, id, ImportState::Returned)?;
    tell(tx, &job.by_account, &Told::new(NoticeKind::ImportReturned, id).because(reason))?;
    shown(tx, id, language)
}

fn require_decidable(tx: &mut Tx<'_>, actor: &Actor, id: &str, version: &Expected) -> Result<JobRow> {
    let job = find(tx.conn, id)?;
    require_visible(tx.conn, actor, &job)?;
    actor.require_power_to_confirm()?;
    actor.require_other_than(&job.by_account)?;
    // First the version: of two officials at once the other is told that it has changed.
    version.check(job.version)?;
    if job.state.0 != ImportState::Submitted {
        let text = Text::new("该批次不在待确认状态", "The batch does not wait for a decision");
        return Err(Refusal::conflict("wrong_state", text).into());
    }
    Ok(job)
}

/// Keeps who decided; the batch itself writes the audit.
fn decided(tx: &mut Tx<'_>, actor: &Actor, id: &str) -> Result<()> {
    diesel::update(import::table.find(id))
        .set(import::confirmed_by.eq(&actor.account_id))
        .execute(tx.conn)?;
    Ok(())
}

fn shown(tx: &mut Tx<'_>, id: &str, language: Language) -> Result<(ImportJob, i64)> {
    let job = find(tx.conn, id)?;
    let version = job.version;
    Ok((job.view(language)?, version))
}
