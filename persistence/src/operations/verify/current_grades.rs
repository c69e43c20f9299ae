//! Current grades, lists, tallies and due work: recomputed for some subjects at a time, in
//! transactions that are taken back.

use chrono::{DateTime, TimeDelta, Utc};
use xinwu_domain::subject::Subject;
use xinwu_store::{Clock, Db, Result};

use super::{Difference, Progress, Report};
use crate::credit::current_grade::{owed, recompute};
use crate::operations::due;

/// Subjects in one transaction: small, so that people's writes are not kept waiting.
const BATCH: usize = 50;
/// How often a subject that differs is looked at again: work that is due comes to light one instant
/// after the other.
const LOOKS: usize = 3;

pub(super) fn check(db: &Db, report: &mut Report, progress: &Progress) -> Result<()> {
    for name in ["current_grade", "list_entry", "tally", "due"] {
        report.checks.push(name.to_owned());
    }
    let subjects = db.read_blocking(due::every_subject)?;
    let parts = subjects.len().div_ceil(BATCH);
    for (done, part) in subjects.chunks(BATCH).enumerate() {
        let found = match recomputed(db, part) {
            Err(error) if error.is_unreadable() => one_by_one(db, part)?,
            found => again(db, found?)?,
        };
        report.add(found.into_iter().flat_map(|(_, differences)| differences).collect());
        progress("current grades", done + 1, parts);
    }
    Ok(())
}

type Found = Vec<(Subject, Vec<Difference>)>;

fn recomputed(db: &Db, subjects: &[Subject]) -> Result<Found> {
    let subjects = subjects.to_vec();
    db.write_blocking(move |tx| recompute(tx, &subjects))
}

/// What is due and not yet done is no difference: a subject that was made before that instant is
/// compared as of just before it, and one that is owed an evaluation is not compared, since the
/// clock is about to make it.
fn again(db: &Db, mut found: Found) -> Result<Found> {
    for _ in 0..LOOKS {
        leave_out_owed(db, &mut found)?;
        if found.is_empty() {
            break;
        }
        let now = db.clock().now();
        let subjects = subjects_of(&found);
        let asked = subjects.clone();
        let pending: Option<DateTime<Utc>> =
            db.read_blocking(move |conn| due::first_pending(conn, now, &asked))?;
        found = match pending {
            Some(instant) => {
                let before = Clock::held_at(instant - TimeDelta::microseconds(1));
                recomputed(&db.dated_by(before), &subjects)?
            }
            None => recomputed(db, &subjects)?,
        };
    }
    leave_out_owed(db, &mut found)?;
    Ok(found)
}

fn leave_out_owed(db: &Db, found: &mut Found) -> Result<()> {
    if !found.is_empty() {
        let (subjects, now) = (subjects_of(found), db.clock().now());
        let owed = db.read_blocking(move |conn| owed::among(conn, &subjects, now))?;
        found.retain(|(subject, _)| !owed.contains(subject));
    }
    Ok(())
}

fn subjects_of(found: &Found) -> Vec<Subject> {
    found.iter().map(|(subject, _)| subject.clone()).collect()
}

/// One of them has a file that cannot be read: it is told, and the others are looked at.
fn one_by_one(db: &Db, subjects: &[Subject]) -> Result<Found> {
    let mut all = Vec::new();
    for subject in subjects {
        match recomputed(db, std::slice::from_ref(subject)) {
            Err(error) if error.is_unreadable() => {
                let unreadable = Difference {
                    kept_in: "current_grade".to_owned(),
                    key: format!("{}/{}", subject.kind, subject.id),
                    figure: error.to_string(),
                    kept: None,
                    counted: None,
                };
                all.push((subject.clone(), vec![unreadable]));
            }
            found => all.extend(again(db, found?)?),
        }
    }
    Ok(all)
}
