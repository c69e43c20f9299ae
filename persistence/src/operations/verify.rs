//! Recomputes everything that is stored although it follows from something else, and reports where
//! the two differ.
//!
//! What is stored, and what it is recomputed from:
//!
//! | stored | recomputed from |
//! |---|---|
//! | increments | the ratings that are in them, as long as they are there, by SQL over some projects at a time ([`ratings`]) |
//! | ancestors of places, parents, facts of firms and projects, current grades' last change, references | the registers and the history, by SQL ([`registers`]) |
//! | current grades, lists, tallies (with their sums of increments), due work | the engine: recomputed in a transaction that is rolled back ([`crate::credit::current_grade::recompute`]) |
//! | how cases stand, and their deadlines | their steps, by the rules and the calendar of today ([`cases`]) |
//! | increments of cases | the cases that are marked with their steps, by SQL ([`case_figures`]) |
//! | photos of cases | the files in their folder, which the service knows ([`check_photos`]) |
//! | the database's own structure | the database's own checks ([`integrity`]) |
//!
//! It may run beside a service. What is compared is read in one snapshot, and each subject's
//! current grade is recomputed in a transaction of its own, so nothing that is written meanwhile
//! looks like a difference. Each part has a snapshot of its own: SQLite's log grows for as long as
//! one is held.

use std::sync::Arc;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use serde::Serialize;
use xinwu_store::{Conn, Db, Result};

pub use crate::credit::current_grade::Difference;
pub use photos::check_photos;

mod case_figures;
mod cases;
mod current_grades;
mod integrity;
mod photos;
mod ratings;
mod registers;

/// Differences that are told one by one; of more only the number is.
const TOLD: usize = 10_000;

/// What was checked and what was found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The names of the checks, in their order.
    pub checks: Vec<String>,
    /// What differs, at most 10,000.
    pub differences: Vec<Difference>,
    /// How many more differ.
    pub untold: usize,
}

impl Report {
    /// Whether all is as it should be.
    pub fn is_clean(&self) -> bool {
        self.differences.is_empty()
    }

    fn add(&mut self, found: Vec<Difference>) {
        let room = TOLD.saturating_sub(self.differences.len());
        self.untold += found.len().saturating_sub(room);
        self.differences.extend(found.into_iter().take(room));
    }
}

/// Told what is being checked, how many parts of it are done, and how many there are.
pub type Progress = Arc<dyn Fn(&str, usize, usize) + Send + Sync>;

/// Checks everything. It takes memory for some projects at a time (on SQLite 256 MiB of pages
/// beside), and time for three readings of every rating.
///
/// # Errors
/// A difference is not an error.
pub fn run(db: &Db, progress: &Progress) -> Result<Report> {
    let mut report = Report::default();
    integrity::check(db, &mut report, progress)?;
    ratings::check(db, &mut report, progress)?;
    registers::check(db, &mut report, progress)?;
    current_grades::check(db, &mut report, progress)?;
    cases::check(db, &mut report, progress)?;
    case_figures::check(db, &mut report, progress)?;
    Ok(report)
}

/// Reads in one snapshot, for longer than any request may.
fn read<T: Send + 'static>(db: &Db, work: impl FnOnce(&mut Conn) -> Result<T> + Send + 'static) -> Result<T> {
    db.read_blocking(move |conn| {
        if let Conn::Pg(conn) = conn {
            conn.batch_execute("SET LOCAL statement_timeout = 0")?;
        }
        work(conn)
    })
}

/// The rows of a query that gives differences.
fn differing(conn: &mut Conn, sql: &str) -> Result<Vec<Difference>> {
    Ok(diesel::sql_query(sql).load(conn)?)
}

/// `WITH` a table `pairs` for [`unequal`]: what `kept` and `counted` give of the same `keys`, two
/// columns, side by side; null where one side has no such row. Both are queries with those keys and
/// figures. They are grouped and not joined: SQLite has no index for a full join, and would compare
/// each row with each.
fn paired(kept: &str, counted: &str, [first, second]: [&str; 2], figures: &[&str]) -> String {
    let list = |each: &dyn Fn(&&str) -> String| figures.iter().map(each).collect::<Vec<_>>().join(", ");
    let as_kept = list(&|figure| format!("{figure} AS kept_{figure}"));
    let as_counted = list(&|figure| format!("{figure} AS counted_{figure}"));
    let (no_kept, no_counted) = (
        list(&|figure| format!("NULL AS kept_{figure}")),
        list(&|figure| format!("NULL AS counted_{figure}")),
    );
    let both = list(&|figure| {
        format!("max(kept_{figure}) AS kept_{figure}, max(counted_{figure}) AS counted_{figure}")
    });
    format!(
        "WITH both_sides AS (SELECT {first}, {second}, {as_kept}, {no_counted} FROM ({kept}) AS kept \
         UNION ALL SELECT {first}, {second}, {no_kept}, {as_counted} FROM ({counted}) AS counted), \
         pairs AS MATERIALIZED (SELECT {first} || '/' || {second} AS key, {both} FROM both_sides GROUP BY {first}, {second})"
    )
}

/// `SELECT`s of a difference for each of `figures` that is not the same on both sides of `pairs`, a
/// table with `key`, and `kept_x` and `counted_x` for each figure `x`.
fn unequal(kept_in: &str, pairs: &str, figures: &[&str]) -> String {
    let select = |figure: &&str| {
        format!(
            "SELECT '{kept_in}' AS kept_in, key, '{figure}' AS figure, CAST(kept_{figure} AS TEXT) AS kept, CAST(counted_{figure} AS TEXT) AS counted \
             FROM {pairs} WHERE kept_{figure} IS DISTINCT FROM counted_{figure}"
        )
    };
    figures.iter().map(select).collect::<Vec<_>>().join(" UNION ALL ")
}
