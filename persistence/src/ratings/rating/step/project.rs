//! A project's part of a step: what waits of it is looked at, held or counted, and what is left
//! rolls on.

use chrono::NaiveDate;
use diesel::dsl::{exists, not};
use diesel::prelude::*;
use xinwu_domain::entity::Entity;
use xinwu_domain::rating::{Cell, Leftover, StepDue, StepHistory, arrived, judge_burst};
use xinwu_store::{Col, Conn, Result, Tx, on_each};

use super::count::{Which, count, waiting_rows};
use super::due::name_of;
use super::held::hold;
use crate::ratings::month_key::MonthKeys;
use crate::ratings::rating::Row;
use crate::ratings::rating::increment::Of;
use crate::ratings::rating::rekey::{Moved, move_waiting};
use crate::ratings::rating::take_back::drop_waiting;
use crate::ratings::review as reviews;
use crate::schema::{estate, project, rating_arrival, rating_increment, rating_step};

/// "… of what was new at its last 12 steps."
const STEPS_LOOKED_BACK: u8 = 12;

/// The names of the last steps, the latest first.
pub(super) struct LastSteps(Vec<String>);

impl LastSteps {
    pub fn load(conn: &mut Conn) -> Result<LastSteps> {
        let steps = rating_step::table
            .filter(rating_step::done_at.is_not_null())
            .order(rating_step::step.desc())
            .limit(STEPS_LOOKED_BACK.into())
            .select(rating_step::step)
            .load(conn)?;
        Ok(LastSteps(steps))
    }

    /// Deletes what earlier steps found of projects, which nothing asks for any more and which
    /// tells when ratings came, and those of them that published and closed nothing.
    pub fn forget_older(&self, tx: &mut Tx<'_>) -> Result<()> {
        let Some(oldest) = self.0.get(usize::from(STEPS_LOOKED_BACK) - 1) else { return Ok(()) };
        diesel::delete(rating_arrival::table.filter(rating_arrival::step.lt(oldest))).execute(tx.conn)?;
        let published = rating_increment::table.filter(rating_increment::step.eq(rating_step::step));
        diesel::delete(
            rating_step::table
                .filter(rating_step::step.lt(oldest))
                .filter(rating_step::closes.is_null())
                .filter(not(exists(published))),
        )
        .execute(tx.conn)?;
        Ok(())
    }

    /// What was new of a project at each of them since its term began (zeros among them), and what
    /// the last left waiting.
    fn of(&self, conn: &mut Conn, project: &Project) -> Result<(Vec<u32>, u32)> {
        let kept: Vec<(String, i32, i32)> = rating_arrival::table
            .filter(rating_arrival::project_id.eq(&project.id))
            .filter(rating_arrival::step.eq_any(&self.0))
            .select((rating_arrival::step, rating_arrival::arrived, rating_arrival::waiting))
            .load(conn)?;
        let number = |number: i32| u32::try_from(number).unwrap_or_default();
        let of = |step: &String| kept.iter().find(|(of, ..)| of == step);
        let begins = project.starts_on.to_string();
        let since_its_term = self.0.iter().filter(|step| **step >= begins);
        let arrived =
            since_its_term.map(|step| of(step).map_or(0, |(_, arrived, _)| number(*arrived))).collect();
        let left = self.0.first().and_then(of).map_or(0, |(.., waiting)| number(*waiting));
        Ok((arrived, left))
    }
}

/// What a step needs to know of a project.
pub(in crate::ratings::rating) struct Project {
    pub id: String,
    pub estate: String,
    starts_on: NaiveDate,
    pub ends_on: Option<NaiveDate>,
    households: u32,
}

impl Project {
    /// None for one that is registered no more.
    pub fn load(conn: &mut Conn, id: &str) -> Result<Option<Project>> {
        type Found = (String, String, Col<NaiveDate>, Option<Col<NaiveDate>>, i32);
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
            starts_on: starts_on.0,
            ends_on: ends_on.map(|day| day.0),
            households: u32::try_from(households).unwrap_or_default(),
        }))
    }
}

/// A project's part of a step.
pub(super) fn publish(
    tx: &mut Tx<'_>,
    keys: &MonthKeys,
    due: &StepDue,
    steps: &LastSteps,
    id: &str,
) -> Result<()> {
    let name = name_of(due);
    let Some(project) = Project::load(tx.conn, id)? else { return Ok(()) };
    // First of all: of two instances that come to a project at once the second waits here, and
    // finds that it is done.
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
        month: due.month,
        need: due.need,
        at: tx.now_utc(),
    };
    let is_published = count(tx, keys, of, &rows, Which::Step(due.month))?;
    reviews::publish_decided(tx, &project.id)?;
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

/// Moves what a household left in older months under its latest, so that it is in the increment
/// once. Older rows whose month has no key cannot be known again: they are counted where they are
/// all there is, and else dropped.
fn bring_together(tx: &mut Tx<'_>, keys: &MonthKeys, due: &StepDue, project: &Project) -> Result<()> {
    let Some(before) = due.month.previous() else { return Ok(()) };
    let older = waiting_rows(tx.conn, &project.id, before)?;
    if older.is_empty() {
        return Ok(());
    }
    let all = waiting_rows(tx.conn, &project.id, due.month)?;
    let only = older.first().map(|row| row.month).filter(|month| all.iter().all(|row| row.month == *month));
    if let Some(Col(month)) = only
        && keys.of(tx.conn, month)?.is_none()
    {
        return Ok(());
    }
    move_waiting(tx, keys, project, older, due.month, Moved::CaughtUp)
}

fn stars_waiting(rows: &[Row]) -> Result<usize> {
    let mut waiting = 0;
    for row in rows {
        waiting += usize::from(row.answers()?.waiting(Cell::Stars).is_some());
    }
    Ok(waiting)
}
