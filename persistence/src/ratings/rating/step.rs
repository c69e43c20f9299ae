//! Steps: the clock's work that publishes what waits. "Figures are published in steps, and what is
//! published is final."
//!
//! A step is many bounded writes, so that people's writes are not kept waiting, and can be broken
//! off anywhere: what a project has of it (`rating_arrival`) is committed with the project's
//! increment, and the rest is made again.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use xinwu_domain::calendar::Month;
use xinwu_domain::entity::Entity;
use xinwu_domain::rating::{StepDue, StepKind};
use xinwu_domain::subject::{Cause, CauseKind, Subject, SubjectKind};
use xinwu_store::{Col, Conn, Db, Result, Tx, on_each};

use self::count::{IS_FREE, WAITS};
use self::due::steps_until;
use self::project::LastSteps;
use crate::ratings::month_key::MonthKeys;
use crate::ratings::review as reviews;
use crate::ratings::tally::keep_figures;
use crate::schema::{project as projects, rating_arrival, rating_increment, rating_step};

mod count;
mod due;
mod held;
mod project;

pub(crate) use count::waiting_rows;
pub(crate) use due::{begin, has_begun, is_step_name, last_made, last_step_at, name_of, next, step_of};
pub(crate) use held::{mature, next_morning, rows_of_burst};
pub(super) use project::Project;

/// Rows of ratings that one write looks at, but for a project that has more.
const ROWS: i64 = 400;
/// Firms and projects whose kept figures one write brings up to their increments.
const KEPT: usize = 20;

/// Months of whose increments an evaluation may be made, and the one that has just left them.
const MONTHS_EVALUATED: i32 = 13;

/// Whether the work goes on; asked between two writes.
pub(crate) type GoesOn<'a> = &'a (dyn Fn() -> bool + Send + Sync);

/// Makes a step, or goes on with one that was broken off.
pub(crate) async fn make(db: &Db, keys: &Arc<MonthKeys>, due: StepDue, goes_on: GoesOn<'_>) -> Result<()> {
    let is_done = {
        let keys = Arc::clone(keys);
        db.write(move |tx| begin_one(tx, &keys, &due)).await?
    };
    if !is_done {
        let projects = db.read(move |conn| open_projects(conn, &due)).await?;
        for part in parts(projects) {
            if !goes_on() {
                return Ok(());
            }
            let keys = Arc::clone(keys);
            db.write(move |tx| {
                let steps = LastSteps::load(tx.conn)?;
                part.iter().try_for_each(|project| project::publish(tx, &keys, &due, &steps, project))
            })
            .await?;
        }
        let (firms, projects) = db.read(move |conn| published_in(conn, &due)).await?;
        for (kind, ids) in [(SubjectKind::Firm, firms), (SubjectKind::Project, projects)] {
            for part in ids.chunks(KEPT) {
                let part = part.to_vec();
                db.write(move |tx| keep(tx, kind, &part)).await?;
            }
        }
        db.write(move |tx| end_one(tx, &due)).await?;
    }
    if let Some(month) = db.read(move |conn| closed_by(conn, &due)).await? {
        let projects = db.read(move |conn| evaluated_with(conn, month)).await?;
        db.facts_changed(projects, &Cause::of(CauseKind::Ratings, month.to_string())).await?;
    }
    db.write(move |tx| steps_until(tx, due.covers)).await
}

/// Writes down that the step begins, and makes the keys that it needs; gives whether all of it is
/// published already.
fn begin_one(tx: &mut Tx<'_>, keys: &MonthKeys, due: &StepDue) -> Result<bool> {
    let done: Option<Option<NaiveDateTime>> =
        rating_step::table.find(name_of(due)).select(rating_step::done_at).first(tx.conn).optional()?;
    if let Some(done_at) = done {
        return Ok(done_at.is_some());
    }
    let row = (
        rating_step::step.eq(name_of(due)),
        rating_step::is_first.eq(due.kind == StepKind::First),
        rating_step::need.eq(i32::try_from(due.need).unwrap_or(i32::MAX)),
        rating_step::began_at.eq(tx.now_utc()),
        rating_step::covers.eq(due.covers.naive_utc()),
    );
    on_each!(&mut *tx.conn, |conn| diesel::insert_into(rating_step::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(conn))?;
    // Here, for all that follows: two of the step's writes would make it at once.
    if let Some(month) = due.month.next().filter(|_| due.kind == StepKind::First) {
        keys.make(tx, month)?;
    }
    Ok(false)
}

fn end_one(tx: &mut Tx<'_>, due: &StepDue) -> Result<()> {
    let closes = match due.kind {
        StepKind::First => Some(due.month),
        StepKind::Weekday => None,
        // The demo has no 1st: the first minute of a month closes the one before.
        StepKind::Minute => {
            let last: Option<Col<Month>> =
                rating_step::table.select(diesel::dsl::max(rating_step::closes)).first(tx.conn)?;
            due.month.previous().filter(|month| last.is_some_and(|last| last.0 < *month))
        }
    };
    // Of two instances that make it at once the first ends it: what it closed is dated once.
    diesel::update(rating_step::table.find(name_of(due)).filter(rating_step::done_at.is_null()))
        .set((rating_step::done_at.eq(tx.now_utc()), rating_step::closes.eq(closes.map(Col))))
        .execute(tx.conn)?;
    LastSteps::load(tx.conn)?.forget_older(tx)?;
    tx.changed(Entity::Figures, "city");
    Ok(())
}

/// The month that the step has closed for grades.
pub(crate) fn closed_by(conn: &mut Conn, due: &StepDue) -> Result<Option<Month>> {
    let closes: Option<Option<Col<Month>>> =
        rating_step::table.find(name_of(due)).select(rating_step::closes).first(conn).optional()?;
    Ok(closes.flatten().map(|month| month.0))
}

#[derive(QueryableByName)]
struct OpenProject {
    #[diesel(sql_type = Text)]
    project_id: String,
    #[diesel(sql_type = BigInt)]
    rows: i64,
}

/// The projects of which the step takes something, with how many rows it looks at, less those that
/// it has been at.
fn open_projects(conn: &mut Conn, due: &StepDue) -> Result<Vec<(String, i64)>> {
    let found: Vec<OpenProject> = diesel::sql_query(format!(
        "SELECT project_id, count(*) AS rows FROM rating WHERE month <= $1 AND {IS_FREE} AND {WAITS} \
         GROUP BY project_id ORDER BY project_id"
    ))
    .bind::<Text, _>(Col(due.month))
    .load(conn)?;
    let mut open: Vec<(String, i64)> =
        found.into_iter().map(|found| (found.project_id, found.rows)).collect();
    let with_rows: BTreeSet<&String> = open.iter().map(|(id, _)| id).collect();
    let cleared = reviews::projects_with_decided(conn)?;
    let cleared: Vec<String> = cleared.into_iter().filter(|id| !with_rows.contains(id)).collect();
    open.extend(cleared.into_iter().map(|id| (id, 0)));
    let done: Vec<String> = rating_arrival::table
        .filter(rating_arrival::step.eq(name_of(due)))
        .select(rating_arrival::project_id)
        .load(conn)?;
    let done: BTreeSet<String> = done.into_iter().collect();
    open.retain(|(id, _)| !done.contains(id));
    Ok(open)
}

/// Projects of about as many rows together as one write looks at.
fn parts(projects: Vec<(String, i64)>) -> Vec<Vec<String>> {
    let mut parts: Vec<Vec<String>> = Vec::new();
    let mut room = 0;
    for (project, rows) in projects {
        match parts.last_mut().filter(|_| rows <= room) {
            Some(part) => part.push(project),
            None => {
                parts.push(vec![project]);
                room = ROWS;
            }
        }
        room -= rows.max(1);
    }
    parts
}

/// The firms and projects with an increment of this step.
fn published_in(conn: &mut Conn, due: &StepDue) -> Result<(Vec<String>, Vec<String>)> {
    let of_step = rating_increment::table
        .inner_join(projects::table.on(projects::id.eq(rating_increment::project_id)))
        .filter(rating_increment::step.eq(name_of(due)))
        .filter(rating_increment::burst.eq(""));
    let rows: Vec<(String, Option<String>)> = of_step.select((projects::id, projects::uscc)).load(conn)?;
    let firms: BTreeSet<String> = rows.iter().filter_map(|(_, uscc)| uscc.clone()).collect();
    Ok((firms.into_iter().collect(), rows.into_iter().map(|(id, _)| id).collect()))
}

fn keep(tx: &mut Tx<'_>, kind: SubjectKind, ids: &[String]) -> Result<()> {
    keep_figures(tx, kind, ids)?;
    ids.iter().for_each(|id| tx.changed(kind.into(), id));
    Ok(())
}

/// The projects whose grades the close of a month may change: all whose term touches what
/// evaluations look at, or has just left it. Also one of which nothing is published: it may count
/// in its firm's for as long as a month of its term is looked at.
fn evaluated_with(conn: &mut Conn, month: Month) -> Result<Vec<Subject>> {
    let first = month.plus(1 - MONTHS_EVALUATED).unwrap_or(Month::FIRST).first_day();
    let ids: Vec<String> = projects::table
        .filter(projects::starts_on.le(Col(month.last_day())))
        .filter(projects::ends_on.is_null().or(projects::ends_on.ge(Col(first))))
        .order(projects::id)
        .select(projects::id)
        .load(conn)?;
    Ok(ids.iter().map(|id| Subject::project(id)).collect())
}
