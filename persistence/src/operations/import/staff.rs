//! Staff: so many rows, each no more than a key, that they are checked by reads beforehand and
//! written as lists, in one transaction.

use std::collections::{BTreeMap, HashSet};

use diesel::prelude::*;
use xinwu_domain::access::Warrant;
use xinwu_domain::import::{ImportRows, ImportState, Row, StaffRow};
use xinwu_domain::refusal::Refusal;
use xinwu_store::{Conn, Result, StoreError, Tx, on_each};

use super::job::{require_running, set_rows, set_state};
use super::staging::{StagedRow, row_faults, staged_after};
use super::{Checked, STEP};
use crate::registers::firm;
use crate::schema::staff;

/// Checks some staged rows of staff after a line, and gives those that change something. Only
/// reads: the writer is not asked.
pub fn check_staff(
    conn: &mut Conn,
    id: &str,
    warrant: &Warrant,
    after: i32,
) -> Result<(Checked, Vec<StaffRow>)> {
    let mut checked = Checked::default();
    let mut by_firm: BTreeMap<String, Vec<(i32, String, StaffRow)>> = BTreeMap::new();
    for StagedRow { line, key, row } in staged_after(conn, id, after, STEP)? {
        checked.part.last = Some(line);
        let Row::Staff(row) = row else { return Err(StoreError::internal("a staged row is not of staff")) };
        by_firm.entry(row.uscc.clone()).or_default().push((line, key, row));
    }
    let mut changes = Vec::new();
    for (uscc, rows) in by_firm {
        if let Some(refusal) = refused(firm::require_reach(conn, warrant, &uscc))? {
            checked.part.rows.bad += i32::try_from(rows.len()).unwrap_or(i32::MAX);
            let refused = |(line, key, _): &(i32, String, StaffRow)| row_faults(*line, key, refusal.clone());
            checked.faults.extend(rows.iter().flat_map(refused));
            continue;
        }
        let there: HashSet<String> = staff::table
            .filter(staff::uscc.eq(&uscc))
            .filter(staff::phone_hash.eq_any(rows.iter().map(|(_, _, row)| &row.phone_hash)))
            .select(staff::phone_hash)
            .load(conn)?
            .into_iter()
            .collect();
        for (_, _, row) in rows {
            match (there.contains(&row.phone_hash), row.left) {
                (true, false) | (false, true) => checked.part.rows.unchanged += 1,
                (false, false) => {
                    checked.part.rows.created += 1;
                    changes.push(row);
                }
                (true, true) => {
                    checked.part.rows.updated += 1;
                    changes.push(row);
                }
            }
        }
    }
    Ok((checked, changes))
}

fn refused(outcome: Result<()>) -> Result<Option<Refusal>> {
    match outcome {
        Ok(()) => Ok(None),
        Err(StoreError::Refused(refusal)) => Ok(Some(refusal)),
        Err(error) => Err(error),
    }
}

/// Writes all changes of a file of staff. A dry run writes none and ends as `checked`.
///
/// # Errors
/// [`Refusal::Conflict`] when the job has ended.
pub fn apply_staff(tx: &mut Tx<'_>, id: &str, changes: &[StaffRow], rows: &ImportRows) -> Result<()> {
    let job = require_running(tx.conn, id)?;
    set_rows(tx, id, rows)?;
    if job.dry_run {
        return set_state(tx, id, ImportState::Checked);
    }
    for part in changes.chunks(500) {
        let come: Vec<_> = part
            .iter()
            .filter(|row| !row.left)
            .map(|row| (staff::uscc.eq(&row.uscc), staff::phone_hash.eq(&row.phone_hash)))
            .collect();
        on_each!(&mut *tx.conn, |conn| diesel::insert_into(staff::table)
            .values(&come)
            .on_conflict_do_nothing()
            .execute(conn))?;
    }
    let mut left: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for row in changes.iter().filter(|row| row.left) {
        left.entry(&row.uscc).or_default().push(&row.phone_hash);
    }
    for (uscc, hashes) in left {
        for part in hashes.chunks(500) {
            diesel::delete(staff::table.filter(staff::uscc.eq(uscc)).filter(staff::phone_hash.eq_any(part)))
                .execute(tx.conn)?;
        }
    }
    set_state(tx, id, ImportState::Applied)
}
