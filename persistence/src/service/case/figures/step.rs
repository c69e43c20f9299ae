//! Steps of the sums of cases: each is made after the step of ratings of the same instant, of as
//! many households at least.
//!
//! It is many bounded writes, as that one, and can be broken off anywhere: what a project has of it
//! is committed with the marks of its cases, and the rest is made again.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use diesel::dsl::{count_star, not};
use diesel::prelude::*;
use xinwu_domain::case::figures::Cut;
use xinwu_domain::rating::StepDue;
use xinwu_store::{Conn, Db, Result, StoreError, Tx};

use super::metrics;
use super::project_step::{public_kinds, publish};
use crate::city::CitySettings;
use crate::ratings::rating::step::{GoesOn, closed_by, last_made, name_of};
use crate::schema::{case, case_clock, case_increment};

/// The setting that says until when all steps are made: [`StepDue::covers`] of the last.
const LAST_STEP: &str = "last_case_step";
/// Cases that one write looks at, but for a project that has more.
const CASES: i64 = 400;
/// Firms and projects of which one write computes the metrics: more are evaluated in later ones.
const MEASURED: usize = 20;

/// The step to make next; `None` where the step of ratings is not made yet.
pub(crate) fn next(conn: &mut Conn, city: &CitySettings) -> Result<Option<StepDue>> {
    let after = last_step_at(conn)?;
    last_made(conn, city, after)
}

fn last_step_at(conn: &mut Conn) -> Result<Option<DateTime<Utc>>> {
    let Some(last) = xinwu_store::setting::get(conn, LAST_STEP)? else { return Ok(None) };
    let read = DateTime::parse_from_rfc3339(&last);
    let read =
        read.map_err(|_| StoreError::internal(format!("the setting {LAST_STEP} is kept as {last}")))?;
    Ok(Some(read.with_timezone(&Utc)))
}

/// Makes a step, or goes on with one that was broken off.
pub(crate) async fn make(db: &Db, due: StepDue, goes_on: GoesOn<'_>) -> Result<()> {
    let cut = db.read(move |conn| Ok(Cut::of(&due, &crate::city::city(conn)?.schedule()))).await?;
    let projects = db.read(move |conn| open_projects(conn, &due, cut)).await?;
    for part in parts(projects) {
        if !goes_on() {
            return Ok(());
        }
        db.write(move |tx| part.iter().try_for_each(|project| publish(tx, &due, cut, project))).await?;
    }
    if let Some(month) = db.read(move |conn| closed_by(conn, &due)).await? {
        let measured = db.read(move |conn| metrics::of_month(conn, month)).await?;
        for part in measured.chunks(MEASURED) {
            if !goes_on() {
                return Ok(());
            }
            let part = part.to_vec();
            db.write(move |tx| metrics::put(tx, month, &part)).await?;
        }
    }
    db.write(move |tx| end(tx, &due)).await
}

/// Notes until when all steps are made. Of two instances that make it at once both do.
fn end(tx: &mut Tx<'_>, due: &StepDue) -> Result<()> {
    xinwu_store::setting::put(tx, LAST_STEP, &due.covers.to_rfc3339())
}

/// The projects of whose cases something may wait, with how many cases are looked at, less those
/// that the step has been at. What has no project, and kinds that are not in the sums, are nobody's
/// figures.
fn open_projects(conn: &mut Conn, due: &StepDue, cut: Cut) -> Result<Vec<(String, i64)>> {
    let done: Vec<String> = case_increment::table
        .filter(case_increment::step.eq(name_of(due)))
        .select(case_increment::project_id)
        .load(conn)?;
    let done: BTreeSet<String> = done.into_iter().collect();
    let found: Vec<(Option<String>, i64)> = case_clock::table
        .inner_join(case::table.on(case::id.eq(case_clock::case_id)))
        .filter(case_clock::end_counted.is_null())
        .filter(case::project_id.is_not_null())
        .filter(case::kind.eq_any(public_kinds()))
        .filter(case::opened_at.lt(cut.until.naive_utc()))
        .filter(not(case_clock::opened_counted
            .is_not_null()
            .and(case_clock::ended_at.is_null())
            .and(case_clock::late_at.is_null())))
        .group_by(case::project_id)
        .order(case::project_id)
        .select((case::project_id, count_star()))
        .load(conn)?;
    let open = found.into_iter().filter_map(|(project, cases)| Some((project?, cases)));
    Ok(open.filter(|(project, _)| !done.contains(project)).collect())
}

/// Projects of about as many cases together as one write looks at.
fn parts(projects: Vec<(String, i64)>) -> Vec<Vec<String>> {
    let mut parts: Vec<Vec<String>> = Vec::new();
    let mut room = 0;
    for (project, cases) in projects {
        match parts.last_mut().filter(|_| cases <= room) {
            Some(part) => part.push(project),
            None => {
                parts.push(vec![project]);
                room = CASES;
            }
        }
        room -= cases.max(1);
    }
    parts
}
