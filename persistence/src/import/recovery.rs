//! Recovery: what a job leaves behind is removed, and jobs whose process is gone are ended.

use std::collections::BTreeSet;

use diesel::prelude::*;
use xinwu_domain::import::{FileFault, ImportKind, ImportState};
use xinwu_domain::text::Text;

use super::claims::nobody_is_at;
use super::job::{fail, find};
use super::{STEP, households};
use crate::schema::{import, import_row};
use crate::{Result, Tx, assessment, metric, record};

/// Removes some of what a job that has ended leaves behind: its staged rows, and, unless they became visible, the rows that it had put beside the
/// live ones. Gives whether there is more.
///
/// # Errors
/// Those of the database.
pub fn clear_some(tx: &mut Tx<'_>, id: &str) -> Result<bool> {
    let job = find(tx.conn, id)?;
    let (kind, state) = (job.kind()?, job.state()?);
    if state.is_running() {
        return Ok(false);
    }
    let never_shown = matches!(state, ImportState::Refused | ImportState::Failed);
    let more = match kind {
        ImportKind::Households if state == ImportState::Applied => households::tidy_some(tx, id)?,
        ImportKind::Households if never_shown => households::undo_some(tx, id)?,
        ImportKind::Records if never_shown => record::undo_batch(tx, id, STEP)?,
        ImportKind::Assessments if never_shown => assessment::undo_batch(tx, id, STEP)?,
        ImportKind::Metrics if never_shown => metric::undo_batch(tx, id, STEP)?,
        _ => false,
    };
    // Staged rows go last: while there are some, a later start knows that there is something to remove.
    if more {
        return Ok(true);
    }
    let last: Option<i32> = import_row::table
        .filter(import_row::import_id.eq(id))
        .order(import_row::line)
        .select(import_row::line)
        .limit(STEP)
        .load(tx.conn)?
        .into_iter()
        .next_back();
    let Some(last) = last else { return Ok(false) };
    diesel::delete(import_row::table)
        .filter(import_row::import_id.eq(id))
        .filter(import_row::line.le(last))
        .execute(tx.conn)?;
    Ok(true)
}

/// At the start of the service: ends what was under way when a process stopped. A job that was not yet visible has failed; one that was visible still gets
/// its evaluations. Gives the jobs that have something to be finished: [`evaluate_some`](super::evaluate_some), then [`clear_some`].
///
/// # Errors
/// Those of the database.
pub fn recover(tx: &mut Tx<'_>) -> Result<BTreeSet<String>> {
    let running: Vec<(String, String)> = import::table
        .filter(import::state.eq_any(["reading", "applying", "evaluating"]))
        .select((import::id, import::state))
        .load(tx.conn)?;
    let interrupted = FileFault::new(
        "interrupted",
        Text::new(
            "服务在导入中途停止，未写入任何内容，请重新导入",
            "The service stopped half-way; nothing was applied, send the file again",
        ),
    );
    let left: Vec<String> = import_row::table.select(import_row::import_id).distinct().load(tx.conn)?;
    let mut unfinished: BTreeSet<String> = left.into_iter().collect();
    for (id, state) in running {
        // Another instance of the service may be at it.
        if !nobody_is_at(tx.conn, &id)? {
            unfinished.remove(&id);
            continue;
        }
        if state != ImportState::Evaluating.as_str() {
            fail(tx, &id, &interrupted)?;
        }
        unfinished.insert(id);
    }
    Ok(unfinished)
}
