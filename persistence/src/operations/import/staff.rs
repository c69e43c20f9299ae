//! Staff: so many rows, each no more than a key, that they are checked by reads beforehand and
//! written as lists, in one transaction: at once the operator's, and an official's once another has
//! confirmed them.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use diesel::dsl::count_star;
use diesel::prelude::*;
use xinwu_domain::access::Warrant;
use xinwu_domain::import::{ImportRows, ImportState, Row, RowOutcome, StaffRow};
use xinwu_domain::refusal::Refusal;
use xinwu_store::{Col, Conn, Result, StoreError, Tx, on_each};

use super::job::{end_dry_run, require_running, set_rows, set_state, submit};
use super::shown::{changed, note_outcomes, refuse_if_any};
use super::staging::{StagedRow, row_faults, staged_after};
use super::{Checked, STEP};
use crate::registers::firm;
use crate::registers::place::from_json;
use crate::schema::{import_row, staff};

/// Checks some staged rows of staff after a line, and says what each does. Only reads: the writer
/// is not asked.
pub fn check_staff(
    conn: &mut Conn,
    id: &str,
    warrant: &Warrant,
    after: i32,
) -> Result<(Checked, Vec<(i32, RowOutcome)>)> {
    let mut checked = Checked::default();
    let mut by_firm: BTreeMap<String, Vec<(i32, String, StaffRow)>> = BTreeMap::new();
    for StagedRow { line, key, row } in staged_after(conn, id, after, STEP)? {
        checked.part.last = Some(line);
        let Row::Staff(row) = row else { return Err(StoreError::internal("a staged row is not of staff")) };
        by_firm.entry(row.uscc.clone()).or_default().push((line, key, row));
    }
    let mut outcomes = Vec::new();
    for (uscc, rows) in by_firm {
        if let Some(refusal) = refused(firm::require_reach(conn, warrant, &uscc))? {
            checked.part.rows.bad += i32::try_from(rows.len()).unwrap_or(i32::MAX);
            let refused = |(line, key, _): &(i32, String, StaffRow)| row_faults(*line, key, refusal.clone());
            checked.faults.extend(rows.iter().flat_map(refused));
            continue;
        }
        let there = listed(conn, rows.iter().map(|(_, _, row)| row))?;
        for (line, _, row) in rows {
            checked.part.rows.count(told(&row));
            outcomes.push((line, outcome(&row, &there)));
        }
    }
    Ok((checked, outcomes))
}

fn refused(outcome: Result<()>) -> Result<Option<Refusal>> {
    match outcome {
        Ok(()) => Ok(None),
        Err(StoreError::Refused(refusal)) => Ok(Some(refusal)),
        Err(error) => Err(error),
    }
}

/// A firm and the hash of a phone.
type Entry = (String, String);

/// Which of some rows' entries stand on their firms' lists.
fn listed<'a>(conn: &mut Conn, rows: impl Iterator<Item = &'a StaffRow>) -> Result<HashSet<Entry>> {
    let (usccs, hashes): (BTreeSet<&String>, Vec<&String>) =
        rows.map(|row| (&row.uscc, &row.phone_hash)).unzip();
    let entries = staff::table
        .filter(staff::uscc.eq_any(usccs))
        .filter(staff::phone_hash.eq_any(hashes))
        .select((staff::uscc, staff::phone_hash))
        .load(conn)?;
    Ok(entries.into_iter().collect())
}

fn outcome(row: &StaffRow, there: &HashSet<Entry>) -> RowOutcome {
    match (there.contains(&(row.uscc.clone(), row.phone_hash.clone())), row.left) {
        (true, false) | (false, true) => RowOutcome::Unchanged,
        (false, false) => RowOutcome::Created,
        (true, true) => RowOutcome::Updated,
    }
}

/// What is said of a row until it is written: what it says itself. Whether it would change anything
/// would tell of any number whether it is listed.
pub(super) fn told(row: &StaffRow) -> RowOutcome {
    if row.left { RowOutcome::Updated } else { RowOutcome::Created }
}

/// Ends a file of staff of which every row is good: it waits for another official, who is listed
/// may not rate, whether it changes anything or not. The operator's is written at once; a dry run
/// ends as `checked`. `rows` are counted by what they are [`told`] to do.
///
/// # Errors
/// [`Refusal::Conflict`] when the job has ended.
pub fn end_staff(
    tx: &mut Tx<'_>,
    id: &str,
    warrant: &Warrant,
    outcomes: &[(i32, RowOutcome)],
    rows: &ImportRows,
) -> Result<()> {
    let job = require_running(tx.conn, id)?;
    if job.dry_run {
        return end_dry_run(tx, id);
    }
    note_outcomes(tx, id, outcomes)?;
    if !warrant.is_operator() {
        set_rows(tx, id, rows)?;
        return submit(tx, &job);
    }
    write(tx, id, warrant)?;
    count_written(tx, id)?;
    set_state(tx, id, ImportState::Applied)
}

/// Keeps what the file as a whole has changed.
fn count_written(tx: &mut Tx<'_>, id: &str) -> Result<()> {
    let outcomes: Vec<(Option<Col<RowOutcome>>, i64)> = import_row::table
        .filter(import_row::import_id.eq(id))
        .group_by(import_row::outcome)
        .select((import_row::outcome, count_star()))
        .load(tx.conn)?;
    let of = |wanted: RowOutcome| {
        let found = outcomes.iter().find(|(outcome, _)| outcome.is_some_and(|each| each.0 == wanted));
        found.map_or(0, |(_, count)| i32::try_from(*count).unwrap_or(i32::MAX))
    };
    let rows = ImportRows {
        created: of(RowOutcome::Created),
        updated: of(RowOutcome::Updated),
        unchanged: of(RowOutcome::Unchanged),
        ..ImportRows::default()
    };
    set_rows(tx, id, &rows)
}

/// Writes a file that another official has confirmed, as its sender would.
///
/// # Errors
/// [`Refusal::Rows`] with the rows for which the lists have changed since it was sent,
/// [`Refusal::Forbidden`] where its sender no longer reaches a firm.
pub(super) fn apply_confirmed(tx: &mut Tx<'_>, id: &str, author: &Warrant) -> Result<()> {
    let changed_since = write(tx, id, author)?;
    refuse_if_any(changed_since.into_iter().map(changed).collect())?;
    count_written(tx, id)
}

/// Writes all rows that change something, and gives the lines of those that no longer do what they
/// did when they were checked.
fn write(tx: &mut Tx<'_>, id: &str, author: &Warrant) -> Result<Vec<i32>> {
    let (mut after, mut reached, mut changed) = (-1, BTreeSet::new(), Vec::new());
    loop {
        let staged: Vec<(i32, String, Col<RowOutcome>)> = import_row::table
            .filter(import_row::import_id.eq(id))
            .filter(import_row::line.gt(after))
            .filter(import_row::outcome.ne(Col(RowOutcome::Unchanged)))
            .order(import_row::line)
            .limit(STEP)
            .select((import_row::line, import_row::content, import_row::outcome.assume_not_null()))
            .load(tx.conn)?;
        let Some((last, ..)) = staged.last() else { return Ok(changed) };
        after = *last;
        let mut rows = Vec::with_capacity(staged.len());
        for (line, content, then) in staged {
            let Row::Staff(row) = from_json(&content)? else {
                return Err(StoreError::internal("a staged row is not of staff"));
            };
            if !reached.contains(&row.uscc) {
                firm::require_reach(tx.conn, author, &row.uscc)?;
                reached.insert(row.uscc.clone());
            }
            rows.push((line, row, then.0));
        }
        let there = listed(tx.conn, rows.iter().map(|(_, row, _)| row))?;
        changed.extend(
            rows.iter().filter(|(_, row, then)| outcome(row, &there) != *then).map(|(line, ..)| *line),
        );
        write_some(tx, rows.into_iter().map(|(_, row, _)| row).collect())?;
    }
}

fn write_some(tx: &mut Tx<'_>, rows: Vec<StaffRow>) -> Result<()> {
    let (left, come): (Vec<StaffRow>, Vec<StaffRow>) = rows.into_iter().partition(|row| row.left);
    let come: Vec<_> =
        come.iter().map(|row| (staff::uscc.eq(&row.uscc), staff::phone_hash.eq(&row.phone_hash))).collect();
    if !come.is_empty() {
        on_each!(&mut *tx.conn, |conn| diesel::insert_into(staff::table)
            .values(&come)
            .on_conflict_do_nothing()
            .execute(conn))?;
    }
    let mut by_firm: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for row in &left {
        by_firm.entry(&row.uscc).or_default().push(&row.phone_hash);
    }
    for (uscc, hashes) in by_firm {
        let gone = staff::table.filter(staff::uscc.eq(uscc)).filter(staff::phone_hash.eq_any(hashes));
        diesel::delete(gone).execute(tx.conn)?;
    }
    Ok(())
}
