//! Steps: the clock's work that publishes what waits. "Figures are published in steps, and what is published is final."
//!
//! A step is many bounded writes, so that people's writes are not kept waiting, and can be broken off anywhere: what a project has of it
//! (`rating_arrival`) is committed with the project's increment, and the rest is made again.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, Utc};
use diesel::dsl::min;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use xinwu_domain::calendar::{Month, day_of};
use xinwu_domain::rating::{
    Answers, BurstState, Cell, Dimension, Hold, Leftover, Schedule, StepDue, StepHistory, StepKind, Tally,
    arrived, increment_month, judge_burst, take,
};
use xinwu_domain::subject::{Cause, CauseKind, Subject, SubjectKind};

use super::increment::Of;
use super::rekey::{Moved, drop_waiting, move_waiting};
use super::{Comment, Increment, Row, day_of_text, month_of};
use crate::dialect::on_each;
use crate::due::{GoesOn, owe};
use crate::month_key::MonthKeys;
use crate::pseudonym::Pseudonym;
use crate::schema::{
    estate, project, rating, rating_arrival, rating_burst, rating_comment, rating_increment, rating_step,
};
use crate::setting::{self, City};
use crate::standing::tally::keep_figures;
use crate::working_days::working_days;
use crate::{Conn, Db, Entity, Result, StoreError, Tx, increments, review as reviews};

/// The setting that says until when all steps are made: [`StepDue::covers`] of the last.
const LAST_STEP: &str = "last_step";
/// How the demo's steps are named, in UTC, and how long the name of any other is: its day.
const MINUTE: &str = "%Y-%m-%dT%H:%M";
const DAY: usize = 10;
/// Rows of ratings that one write looks at, but for a project that has more.
const ROWS: i64 = 400;
/// Firms and projects whose kept figures one write brings up to their increments.
const KEPT: usize = 20;
/// "… of what was new at its last 12 steps."
const STEPS_LOOKED_BACK: i64 = 12;
/// Months of whose increments an evaluation may be made, and the one that has just left them.
const MONTHS_EVALUATED: i32 = 13;

/// Rows of which something waits, held or not.
const WAITS: &str = r#"((stars IS NOT NULL AND published IS NULL) OR (cleaning IS NOT NULL AND ("out" & 1) = 0)
    OR (security IS NOT NULL AND ("out" & 2) = 0) OR (greening IS NOT NULL AND ("out" & 4) = 0)
    OR (maintenance IS NOT NULL AND ("out" & 8) = 0) OR (attitude IS NOT NULL AND ("out" & 16) = 0))"#;
/// Rows that no burst holds. Those that one held and that are out keep its name.
const IS_FREE: &str = "(burst IS NULL OR published IS NOT NULL)";

/// Whether the clock has ever worked on this database.
pub(crate) fn has_begun(conn: &mut Conn) -> Result<bool> {
    Ok(setting::get(conn, LAST_STEP)?.is_some())
}

/// Where steps begin on a database on which the clock has not yet worked: now.
pub(crate) fn begin(tx: &mut Tx<'_>, now: DateTime<Utc>) -> Result<()> {
    increments::name_database(tx)?;
    steps_until(tx, now)
}

/// Until when all steps are made.
pub(crate) fn last_step_at(conn: &mut Conn) -> Result<Option<DateTime<Utc>>> {
    let Some(last) = setting::get(conn, LAST_STEP)? else { return Ok(None) };
    let read = DateTime::parse_from_rfc3339(&last);
    let read =
        read.map_err(|_| StoreError::internal(format!("the setting {LAST_STEP} is kept as {last}")))?;
    Ok(Some(read.with_timezone(&Utc)))
}

/// Notes until when all steps are made.
pub(crate) fn steps_until(tx: &mut Tx<'_>, covers: DateTime<Utc>) -> Result<()> {
    setting::put(tx, LAST_STEP, &covers.to_rfc3339())
}

/// When the step of a name was due, and whether it was that of a 1st.
pub(crate) fn step_of(conn: &mut Conn, name: &str) -> Result<(DateTime<Utc>, bool)> {
    if name.len() > DAY {
        let at = NaiveDateTime::parse_from_str(name, MINUTE);
        let at = at.map_err(|_| StoreError::internal(format!("a step is named {name}")))?;
        return Ok((at.and_utc(), false));
    }
    let day = day_of_text(name)?;
    Ok((setting::city(conn)?.schedule().morning_of(day), day.day() == 1))
}

/// The step to make next: one that was broken off, else the first that is due. The next that will be, where none is.
pub(crate) fn next(conn: &mut Conn, city: &City, now: DateTime<Utc>) -> Result<Option<StepDue>> {
    let Some(last) = last_step_at(conn)? else { return Ok(None) };
    let schedule = city.schedule();
    let begun: Option<Begun> = rating_step::table
        .filter(rating_step::covers.gt(last.naive_utc()))
        .order(rating_step::step)
        .select(Begun::as_select())
        .first(conn)
        .optional()?;
    if let Some(begun) = begun {
        return begun.due(&schedule).map(Some);
    }
    Ok(Some(schedule.missed(last, now).unwrap_or_else(|| schedule.next(now))))
}

/// The day of the first morning on which a burst counts.
pub(crate) fn next_morning(conn: &mut Conn) -> Result<Option<NaiveDate>> {
    let open = [BurstState::Held.as_str(), BurstState::Released.as_str()];
    let day: Option<String> = rating_burst::table
        .filter(rating_burst::state.eq_any(open))
        .select(min(rating_burst::counts_on))
        .first(conn)?;
    day.as_deref().map(day_of_text).transpose()
}

/// A step that has begun.
#[derive(Queryable, Selectable)]
#[diesel(table_name = rating_step)]
struct Begun {
    step: String,
    is_first: bool,
    need: i32,
    covers: NaiveDateTime,
}

impl Begun {
    /// As it was due when it began, whatever the settings say now.
    fn due(&self, schedule: &Schedule) -> Result<StepDue> {
        let unreadable = || StoreError::internal(format!("a step is named {}", self.step));
        let day = self.step.get(..DAY).ok_or_else(unreadable)?.parse().map_err(|_| unreadable())?;
        let (kind, covers) = match (self.is_first, self.step.len() > DAY) {
            (true, _) => (StepKind::First, self.covers.and_utc()),
            (false, false) => (StepKind::Weekday, self.covers.and_utc()),
            (false, true) => (StepKind::Minute, self.covers.and_utc()),
        };
        let at = if kind == StepKind::Minute { covers } else { schedule.morning_of(day) };
        let month =
            if kind == StepKind::Minute { Month::of(at, schedule.zone) } else { increment_month(day) };
        Ok(StepDue { day, at, kind, need: u32::try_from(self.need).unwrap_or_default(), month, covers })
    }
}

/// The day, and in the demo the minute.
fn name_of(due: &StepDue) -> String {
    match due.kind {
        StepKind::First | StepKind::Weekday => due.day.to_string(),
        StepKind::Minute => due.at.format(MINUTE).to_string(),
    }
}

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
                part.iter().try_for_each(|project| publish(tx, &keys, &due, &steps, project))
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
        owe(db, projects, &Cause::of(CauseKind::Ratings, month.to_string())).await?;
    }
    db.write(move |tx| steps_until(tx, due.covers)).await
}

/// Writes down that the step begins, and makes the keys that it needs; gives whether all of it is published already.
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
            let last: Option<String> =
                rating_step::table.select(diesel::dsl::max(rating_step::closes)).first(tx.conn)?;
            let last = last.as_deref().map(month_of).transpose()?;
            due.month.previous().filter(|month| last.is_some_and(|last| last < *month))
        }
    };
    diesel::update(rating_step::table.find(name_of(due)))
        .set((
            rating_step::done_at.eq(tx.now_utc()),
            rating_step::closes.eq(closes.map(|month| month.to_string())),
        ))
        .execute(tx.conn)?;
    tx.changed(Entity::Figures, "city");
    Ok(())
}

/// The month that the step has closed for grades.
fn closed_by(conn: &mut Conn, due: &StepDue) -> Result<Option<Month>> {
    let closes: Option<Option<String>> =
        rating_step::table.find(name_of(due)).select(rating_step::closes).first(conn).optional()?;
    closes.flatten().as_deref().map(month_of).transpose()
}

#[derive(QueryableByName)]
struct OpenProject {
    #[diesel(sql_type = Text)]
    project_id: String,
    #[diesel(sql_type = BigInt)]
    rows: i64,
}

/// The projects of which the step takes something, with how many rows it looks at, less those that it has been at.
fn open_projects(conn: &mut Conn, due: &StepDue) -> Result<Vec<(String, i64)>> {
    let found: Vec<OpenProject> = diesel::sql_query(format!(
        "SELECT project_id, count(*) AS rows FROM rating WHERE month <= $1 AND {IS_FREE} AND {WAITS} \
         GROUP BY project_id ORDER BY project_id"
    ))
    .bind::<Text, _>(due.month.to_string())
    .load(conn)?;
    let mut open: Vec<(String, i64)> =
        found.into_iter().map(|found| (found.project_id, found.rows)).collect();
    let with_rows: BTreeSet<&String> = open.iter().map(|(id, _)| id).collect();
    let cleared = reviews::projects_with_cleared(conn)?;
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

/// The names of the last steps, the latest first.
struct LastSteps(Vec<String>);

impl LastSteps {
    fn load(conn: &mut Conn) -> Result<LastSteps> {
        let steps = rating_step::table
            .filter(rating_step::done_at.is_not_null())
            .order(rating_step::step.desc())
            .limit(STEPS_LOOKED_BACK)
            .select(rating_step::step)
            .load(conn)?;
        Ok(LastSteps(steps))
    }

    /// What was new of a project at each of them since its term began (zeros among them), and what the last left waiting.
    fn of(&self, conn: &mut Conn, project: &Project) -> Result<(Vec<u32>, u32)> {
        let kept: Vec<(String, i32, i32)> = rating_arrival::table
            .filter(rating_arrival::project_id.eq(&project.id))
            .filter(rating_arrival::step.eq_any(&self.0))
            .select((rating_arrival::step, rating_arrival::arrived, rating_arrival::waiting))
            .load(conn)?;
        let number = |number: i32| u32::try_from(number).unwrap_or_default();
        let of = |step: &String| kept.iter().find(|(of, ..)| of == step);
        let since_its_term = self.0.iter().filter(|step| **step >= project.starts_on);
        let arrived =
            since_its_term.map(|step| of(step).map_or(0, |(_, arrived, _)| number(*arrived))).collect();
        let left = self.0.first().and_then(of).map_or(0, |(.., waiting)| number(*waiting));
        Ok((arrived, left))
    }
}

/// What a step needs to know of a project.
pub(super) struct Project {
    pub id: String,
    pub estate: String,
    starts_on: String,
    ends_on: Option<NaiveDate>,
    households: u32,
}

impl Project {
    /// None for one that is registered no more.
    fn load(conn: &mut Conn, id: &str) -> Result<Option<Project>> {
        type Found = (String, String, String, Option<String>, i32);
        let found: Option<Found> = project::table
            .inner_join(estate::table.on(estate::code.eq(project::estate)))
            .filter(project::id.eq(id))
            .select((project::id, estate::code, project::starts_on, project::ends_on, project::households))
            .first(conn)
            .optional()?;
        let Some((id, estate, starts_on, ends_on, households)) = found else { return Ok(None) };
        Ok(Some(Project {
            id,
            estate,
            starts_on,
            ends_on: ends_on.as_deref().map(day_of_text).transpose()?,
            households: u32::try_from(households).unwrap_or_default(),
        }))
    }
}

/// A project's part of a step.
fn publish(tx: &mut Tx<'_>, keys: &MonthKeys, due: &StepDue, steps: &LastSteps, id: &str) -> Result<()> {
    let name = name_of(due);
    let Some(project) = Project::load(tx.conn, id)? else { return Ok(()) };
    // First of all: of two instances that come to a project at once the second waits here, and finds that it is done.
    let row = (
        rating_arrival::project_id.eq(id),
        rating_arrival::step.eq(&name),
        rating_arrival::arrived.eq(0),
        rating_arrival::waiting.eq(0),
    );
    let is_first = on_each!(&mut *tx.conn, |conn| diesel::insert_into(rating_arrival::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(conn))?;
    if is_first == 0 {
        return Ok(());
    }
    bring_together(tx, keys, due, &project)?;
    let mut rows = waiting_rows(tx.conn, &project.id, due.month)?;
    let (arrivals, left_waiting) = steps.of(tx.conn, &project)?;
    let history = StepHistory { arrived: &arrivals, left_waiting, households: project.households };
    let waiting = stars_waiting(&rows)?;
    let new = arrived(u32::try_from(waiting).unwrap_or(u32::MAX), &history);
    if judge_burst(waiting, &history) {
        hold(tx, due, &project)?;
        rows = waiting_rows(tx.conn, &project.id, due.month)?;
    }
    let of = Of {
        project: &project.id,
        step: &name,
        burst: "",
        month: due.month.to_string(),
        need: due.need,
        at: tx.now_utc(),
    };
    let is_published = count(tx, keys, of, &rows, Which::Step(due.month))?;
    reviews::publish_cleared(tx, &project.id)?;
    if is_published {
        tx.changed(Entity::Project, &project.id);
        rows = waiting_rows(tx.conn, &project.id, due.month)?;
    }
    let left = stars_waiting(&rows)?;
    match due.leftover(project.ends_on) {
        Leftover::Stay => {}
        Leftover::Roll(month) => move_waiting(tx, keys, &project, rows, month, Moved::Rolled)?,
        Leftover::Drop => drop_waiting(tx, keys, rows)?,
    }
    diesel::update(rating_arrival::table.find((&project.id, &name)))
        .set((
            rating_arrival::arrived.eq(i32::try_from(new).unwrap_or(i32::MAX)),
            rating_arrival::waiting.eq(i32::try_from(left).unwrap_or(i32::MAX)),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// Moves what a household left in older months under its latest, so that it is in the increment once. Older rows whose month has no key cannot be known again:
/// they are counted where they are all there is, and else dropped.
fn bring_together(tx: &mut Tx<'_>, keys: &MonthKeys, due: &StepDue, project: &Project) -> Result<()> {
    let Some(before) = due.month.previous() else { return Ok(()) };
    let older = waiting_rows(tx.conn, &project.id, before)?;
    if older.is_empty() {
        return Ok(());
    }
    let all = waiting_rows(tx.conn, &project.id, due.month)?;
    let only =
        older.first().map(|row| row.month.clone()).filter(|month| all.iter().all(|row| row.month == *month));
    if let Some(month) = only
        && keys.of(tx.conn, month_of(&month)?)?.is_none()
    {
        return Ok(());
    }
    move_waiting(tx, keys, project, older, due.month, Moved::CaughtUp)
}

/// A project's rows of the months up to one of which something waits and is not held.
fn waiting_rows(conn: &mut Conn, project: &str, until: Month) -> Result<Vec<Row>> {
    let waits = diesel::dsl::sql::<diesel::sql_types::Bool>(&format!("{IS_FREE} AND {WAITS}"));
    Ok(rating::table
        .filter(rating::project_id.eq(project))
        .filter(rating::month.le(until.to_string()))
        .filter(waits)
        .select(Row::as_select())
        .load(conn)?)
}

fn stars_waiting(rows: &[Row]) -> Result<usize> {
    let mut waiting = 0;
    for row in rows {
        waiting += usize::from(row.answers()?.waiting(Cell::Stars).is_some());
    }
    Ok(waiting)
}

/// Sets apart the rows whose stars wait: "they are set apart and held, publicly so (not their number). Later ratings are no part of them."
fn hold(tx: &mut Tx<'_>, due: &StepDue, project: &Project) -> Result<()> {
    let id = tx.random.id();
    let city = setting::city(tx.conn)?;
    // From the day on which everybody can see it, however late the step is.
    let hold = Hold::new(day_of(tx.now, city.zone), working_days()?);
    diesel::insert_into(rating_burst::table)
        .values((
            rating_burst::id.eq(&id),
            rating_burst::project_id.eq(&project.id),
            rating_burst::step.eq(name_of(due)),
            rating_burst::month.eq(due.month.to_string()),
            rating_burst::state.eq(BurstState::Held.as_str()),
            rating_burst::district_until.eq(hold.district_until.to_string()),
            rating_burst::city_until.eq(hold.city_until.to_string()),
            rating_burst::counts_on.eq(hold.counts_on.to_string()),
            rating_burst::version.eq(1_i64),
        ))
        .execute(tx.conn)?;
    diesel::sql_query(format!(
        "UPDATE rating SET burst = $1 WHERE project_id = $2 AND month <= $3 AND {IS_FREE} \
         AND stars IS NOT NULL AND published IS NULL"
    ))
    .bind::<Text, _>(id)
    .bind::<Text, _>(&project.id)
    .bind::<Text, _>(due.month.to_string())
    .execute(tx.conn)?;
    tx.changed(Entity::Project, &project.id);
    Ok(())
}

/// Which rows an increment takes.
#[derive(Clone, Copy)]
enum Which<'a> {
    /// Those of the months up to one that are not held.
    Step(Month),
    /// Those of a burst.
    Burst(&'a str),
}

/// Makes the increment of these rows, and lets their comments come out; gives whether anything came out.
fn count(tx: &mut Tx<'_>, keys: &MonthKeys, of: Of<'_>, rows: &[Row], which: Which<'_>) -> Result<bool> {
    let mut answers: Vec<Answers> = rows.iter().map(Row::answers).collect::<Result<_>>()?;
    let had_stars: Vec<bool> = answers.iter().map(|answers| answers.waiting(Cell::Stars).is_some()).collect();
    let tally = take(&mut answers.iter_mut().collect::<Vec<_>>(), of.need);
    if tally == Tally::default() {
        return Ok(false);
    }
    let (project, month) = (of.project.to_owned(), of.month.clone());
    let increment = Increment::new(of, &tally);
    diesel::insert_into(rating_increment::table).values(&increment).execute(tx.conn)?;
    mark_out(tx, &project, &month, &tally, which)?;
    if tally.count() > 0 {
        let mut out: Vec<&Row> =
            rows.iter().zip(had_stars).filter(|(_, had)| *had).map(|(row, _)| row).collect();
        out.sort_by(|a, b| a.month.cmp(&b.month));
        for part in out.chunk_by(|a, b| a.month == b.month) {
            let comments = take_comments(tx, keys, &project, part)?;
            reviews::publish(tx, &project, &month, comments)?;
        }
    }
    Ok(true)
}

/// One statement for all rows of a project: every waiting answer of a cell that comes out is in the increment, so no list of them is needed.
fn mark_out(tx: &mut Tx<'_>, project: &str, month: &str, tally: &Tally, which: Which<'_>) -> Result<()> {
    let mut sets = Vec::new();
    if tally.count() > 0 {
        sets.push(
            "published = CASE WHEN stars IS NOT NULL AND published IS NULL THEN $1 ELSE published END"
                .to_owned(),
        );
    }
    let bits: Vec<String> = Dimension::ALL
        .into_iter()
        .enumerate()
        .filter(|(_, dimension)| tally.dimension(*dimension).count > 0)
        .map(|(bit, dimension)| {
            format!(" | CASE WHEN {} IS NOT NULL THEN {} ELSE 0 END", dimension.as_str(), 1 << bit)
        })
        .collect();
    if !bits.is_empty() {
        sets.push(format!("\"out\" = \"out\"{}", bits.concat()));
    }
    let sets = sets.join(", ");
    // `$1` stands in each statement, whether the stars come out or not.
    let sql = match which {
        Which::Step(_) => {
            format!(
                "UPDATE rating SET {sets} WHERE $1 <> '' AND project_id = $2 AND month <= $3 AND {IS_FREE}"
            )
        }
        Which::Burst(_) => {
            format!("UPDATE rating SET {sets} WHERE $1 <> '' AND project_id = $2 AND burst = $3")
        }
    };
    let last = match which {
        Which::Step(until) => until.to_string(),
        Which::Burst(burst) => burst.to_owned(),
    };
    diesel::sql_query(sql)
        .bind::<Text, _>(month)
        .bind::<Text, _>(project)
        .bind::<Text, _>(last)
        .execute(tx.conn)?;
    Ok(())
}

/// The comments of rows of one month whose stars come out; they wait no more.
fn take_comments(tx: &mut Tx<'_>, keys: &MonthKeys, project: &str, rows: &[&Row]) -> Result<Vec<Comment>> {
    let Some(first) = rows.first() else { return Ok(Vec::new()) };
    let all: Vec<Comment> = rating_comment::table
        .filter(rating_comment::month.eq(&first.month))
        .filter(rating_comment::project_id.eq(project))
        .select(Comment::as_select())
        .load(tx.conn)?;
    if all.is_empty() {
        return Ok(all);
    }
    let comments = match keys.of(tx.conn, month_of(&first.month)?)? {
        Some(key) => {
            let writers: BTreeSet<Pseudonym> =
                rows.iter().map(|row| key.writer(project, &row.dwelling)).collect();
            all.into_iter().filter(|comment| writers.contains(&comment.writer)).collect()
        }
        // Whose is whose is not known any more. All come out with all stars, unless some are held.
        None => {
            let held: i64 = rating::table
                .filter(rating::project_id.eq(project))
                .filter(rating::month.eq(&first.month))
                .filter(rating::burst.is_not_null())
                .count()
                .get_result(tx.conn)?;
            if held > 0 { Vec::new() } else { all }
        }
    };
    for comment in &comments {
        diesel::delete(rating_comment::table.find(&comment.writer)).execute(tx.conn)?;
    }
    Ok(comments)
}

/// The firms and projects with an increment of this step.
fn published_in(conn: &mut Conn, due: &StepDue) -> Result<(Vec<String>, Vec<String>)> {
    let of_step = rating_increment::table
        .inner_join(project::table.on(project::id.eq(rating_increment::project_id)))
        .filter(rating_increment::step.eq(name_of(due)))
        .filter(rating_increment::burst.eq(""));
    let rows: Vec<(String, Option<String>)> = of_step.select((project::id, project::uscc)).load(conn)?;
    let firms: BTreeSet<String> = rows.iter().filter_map(|(_, uscc)| uscc.clone()).collect();
    Ok((firms.into_iter().collect(), rows.into_iter().map(|(id, _)| id).collect()))
}

fn keep(tx: &mut Tx<'_>, kind: SubjectKind, ids: &[String]) -> Result<()> {
    keep_figures(tx, kind, ids)?;
    ids.iter().for_each(|id| tx.changed(kind.into(), id));
    Ok(())
}

/// The projects whose grades the close of a month may change: all whose term touches what evaluations
/// look at, or has just left it. Also one of which nothing is published: it may count in its firm's for
/// as long as a month of its term is looked at.
fn evaluated_with(conn: &mut Conn, month: Month) -> Result<Vec<Subject>> {
    let first = month.plus(1 - MONTHS_EVALUATED).unwrap_or(Month::FIRST).first_day().to_string();
    let ids: Vec<String> = project::table
        .filter(project::starts_on.le(month.last_day().to_string()))
        .filter(project::ends_on.is_null().or(project::ends_on.ge(first)))
        .order(project::id)
        .select(project::id)
        .load(conn)?;
    Ok(ids.iter().map(|id| Subject::project(id)).collect())
}

/// Counts the bursts whose morning has come: "the morning after, or after a release, they count as one increment".
pub(crate) async fn mature(
    db: &Db,
    keys: &Arc<MonthKeys>,
    day: NaiveDate,
    goes_on: GoesOn<'_>,
) -> Result<()> {
    let open = [BurstState::Held.as_str(), BurstState::Released.as_str()];
    let ids: Vec<String> = db
        .read(move |conn| {
            Ok(rating_burst::table
                .filter(rating_burst::state.eq_any(open))
                .filter(rating_burst::counts_on.le(day.to_string()))
                .order(rating_burst::id)
                .select(rating_burst::id)
                .load(conn)?)
        })
        .await?;
    for id in ids {
        if !goes_on() {
            return Ok(());
        }
        let keys = Arc::clone(keys);
        db.write(move |tx| mature_one(tx, &keys, &id)).await?;
    }
    Ok(())
}

fn mature_one(tx: &mut Tx<'_>, keys: &MonthKeys, id: &str) -> Result<()> {
    let (project, state, counts_on): (String, String, String) = rating_burst::table
        .find(id)
        .select((rating_burst::project_id, rating_burst::state, rating_burst::counts_on))
        .first(tx.conn)?;
    let is_open = [BurstState::Held.as_str(), BurstState::Released.as_str()].contains(&state.as_str());
    let Some(project) = Project::load(tx.conn, &project)?.filter(|_| is_open) else { return Ok(()) };
    let counts_on_day = day_of_text(&counts_on)?;
    let month = increment_month(counts_on_day);
    let need = setting::city(tx.conn)?.min_raters;
    let rows = rows_of_burst(tx.conn, id)?;
    let at = tx.now_utc();
    let of = Of { project: &project.id, step: &counts_on, burst: id, month: month.to_string(), need, at };
    let is_counted = count(tx, keys, of, &rows, Which::Burst(id))?;
    let state = if is_counted { BurstState::Counted } else { BurstState::Fallen };
    diesel::update(rating_burst::table.find(id))
        .set((rating_burst::state.eq(state.as_str()), rating_burst::version.eq(rating_burst::version + 1)))
        .execute(tx.conn)?;
    // "If fewer than k are left, they go on waiting as others do."
    diesel::update(rating::table.filter(rating::burst.eq(id)).filter(rating::published.is_null()))
        .set(rating::burst.eq(None::<String>))
        .execute(tx.conn)?;
    tx.changed(Entity::Project, &project.id);
    if is_counted {
        keep_figures(tx, SubjectKind::Project, std::slice::from_ref(&project.id))?;
        let uscc: Option<String> = project::table.find(&project.id).select(project::uscc).first(tx.conn)?;
        if let Some(uscc) = uscc {
            keep(tx, SubjectKind::Firm, &[uscc])?;
        }
    }
    // That it is held no more is shown of the firm too.
    tx.changed(Entity::Figures, "city");
    // A month has closed while they were held: what waits of them is of the present one.
    let is_over = project.ends_on.and_then(Month::containing).and_then(Month::next);
    let is_over = is_over.is_some_and(|first| counts_on_day >= first.first_day());
    let Some(before) = month.previous() else { return Ok(()) };
    let mut left = Vec::new();
    for row in rows {
        let row = super::row::of_dwelling(tx.conn, &row.dwelling)?;
        left.extend(row.filter(|row| {
            row.published.is_none() || row.answers().is_ok_and(|answers| answers.has_waiting())
        }));
    }
    if is_over {
        return drop_waiting(tx, keys, left);
    }
    left.retain(|row| row.month <= before.to_string());
    move_waiting(tx, keys, &project, left, month, Moved::CaughtUp)
}

fn rows_of_burst(conn: &mut Conn, id: &str) -> Result<Vec<Row>> {
    Ok(rating::table.filter(rating::burst.eq(id)).select(Row::as_select()).load(conn)?)
}
