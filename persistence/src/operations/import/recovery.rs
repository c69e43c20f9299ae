//! Recovery: what a job leaves behind is removed, and jobs whose process is gone are ended.

use diesel::dsl::{exists, not, select};
use diesel::prelude::*;
use xinwu_domain::import::{FileFault, ImportKind, ImportState};
use xinwu_domain::text::Text;
use xinwu_store::{Col, Conn, Result, Tx};

use super::job::{JobRow, fail};
use super::shown::{PHONES, keeps_rows};
use super::{STEP, households};
use crate::credit::{assessment, metric, record};
use crate::registers::authorized::Resource;
use crate::schema::{household, household_phone, import, import_row};

/// Removes some of what a job that has ended leaves behind: its staged rows, and, unless they
/// became visible, the rows that it had put beside the live ones. Gives whether there is more.
pub fn clear_some(tx: &mut Tx<'_>, id: &str) -> Result<bool> {
    let job = JobRow::require(tx.conn, id)?;
    let (kind, state) = (job.kind.0, job.state.0);
    if state.is_running() || keeps_rows(kind, state) {
        return Ok(false);
    }
    let never_shown = matches!(state, ImportState::Refused | ImportState::Failed);
    let more = match kind {
        ImportKind::Households if job.undone_at.is_some() => households::undo_some(tx, id)?,
        ImportKind::Households if state == ImportState::Applied => households::tidy_some(tx, id)?,
        ImportKind::Households if never_shown => households::undo_some(tx, id)?,
        ImportKind::Records if never_shown => record::undo_batch(tx, id, STEP)?,
        ImportKind::Assessments if never_shown => assessment::undo_batch(tx, id, STEP)?,
        ImportKind::Metrics if never_shown => metric::undo_batch(tx, id, STEP)?,
        _ => false,
    };
    // Staged rows go last: while there are some, a later start knows that there is something to
    // remove.
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

/// The jobs of which something is left to do if nobody is at them: those that run, those that have
/// ended and left staged rows behind, and those of households that were taken back.
pub fn unfinished(conn: &mut Conn) -> Result<Vec<String>> {
    let runs = import::state.eq_any([ImportState::Reading, ImportState::Applying].map(Col));
    let left = exists(import_row::table.filter(import_row::import_id.eq(import::id)));
    let took_effect = import::state.eq_any([ImportState::Applied, ImportState::Confirmed].map(Col));
    let is_kept = took_effect.and(import::kind.ne_all(PHONES.map(Col)));
    let left = left.and(import::state.ne(Col(ImportState::Submitted))).and(not(is_kept));
    let dwellings = household::table.filter(household::import_id.eq(import::id.nullable()));
    let phones = household_phone::table.filter(
        household_phone::added_by
            .eq(import::id.nullable())
            .or(household_phone::ended_by.eq(import::id.nullable())),
    );
    let hidden = import::undone_at
        .is_not_null()
        .and(import::kind.eq(Col(ImportKind::Households)))
        .and(exists(dwellings).or(exists(phones)));
    let rows = import::table.filter(runs.or(left).or(hidden));
    Ok(rows.order(import::id).select(import::id).load(conn)?)
}

/// Ends a job whose process is gone; one that has ended already stays as it is. Gives whether
/// anything was, or is left, to do.
pub fn interrupt(tx: &mut Tx<'_>, id: &str) -> Result<bool> {
    let job = JobRow::require(tx.conn, id)?;
    if job.undone_at.is_some() {
        return Ok(true);
    }
    if !job.state.0.is_running() {
        return Ok(
            select(exists(import_row::table.filter(import_row::import_id.eq(id)))).get_result(tx.conn)?
        );
    }
    let interrupted = FileFault::new(
        "interrupted",
        Text::new(
            "导入中途停止，未写入任何内容，请重新导入",
            "The import stopped half-way; nothing was applied, send the file again",
        ),
    );
    fail(tx, id, &interrupted)?;
    Ok(true)
}
