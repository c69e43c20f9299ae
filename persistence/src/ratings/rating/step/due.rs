//! Which step is due: the settled end of those before, one that was broken off, the names.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, Utc};
use diesel::prelude::*;
use xinwu_domain::calendar::Month;
use xinwu_domain::rating::{Schedule, StepDue, StepKind, increment_month};
use xinwu_store::{Conn, Result, StoreError, Tx};

use crate::city::{self, CitySettings};
use crate::ratings::rating::name_database;
use crate::schema::rating_step;

/// The setting that says until when all steps are made: [`StepDue::covers`] of the last.
const LAST_STEP: &str = "last_step";
/// How the demo's steps are named, in UTC, and how long the name of any other is: its day.
const MINUTE: &str = "%Y-%m-%dT%H:%M";
const DAY: usize = 10;

/// Whether the clock has ever worked on this database.
pub(crate) fn has_begun(conn: &mut Conn) -> Result<bool> {
    Ok(xinwu_store::setting::get(conn, LAST_STEP)?.is_some())
}

/// Where steps begin on a database on which the clock has not yet worked: now.
pub(crate) fn begin(tx: &mut Tx<'_>, now: DateTime<Utc>) -> Result<()> {
    name_database(tx)?;
    steps_until(tx, now)
}

/// Until when all steps are made.
pub(crate) fn last_step_at(conn: &mut Conn) -> Result<Option<DateTime<Utc>>> {
    let Some(last) = xinwu_store::setting::get(conn, LAST_STEP)? else { return Ok(None) };
    let read = DateTime::parse_from_rfc3339(&last);
    let read =
        read.map_err(|_| StoreError::internal(format!("the setting {LAST_STEP} is kept as {last}")))?;
    Ok(Some(read.with_timezone(&Utc)))
}

/// Notes until when all steps are made.
pub(super) fn steps_until(tx: &mut Tx<'_>, covers: DateTime<Utc>) -> Result<()> {
    xinwu_store::setting::put(tx, LAST_STEP, &covers.to_rfc3339())
}

/// When the step of a name was due, and whether it was that of a 1st.
pub(crate) fn step_of(conn: &mut Conn, name: &str) -> Result<(DateTime<Utc>, bool)> {
    if name.len() > DAY {
        let at = NaiveDateTime::parse_from_str(name, MINUTE).map_err(|_| unreadable(name))?;
        return Ok((at.and_utc(), false));
    }
    let day: NaiveDate = name.parse().map_err(|_| unreadable(name))?;
    Ok((city::city(conn)?.schedule().morning_of(day), day.day() == 1))
}

/// Whether it is a name of which [`step_of`] tells something.
pub(crate) fn is_step_name(name: &str) -> bool {
    name.parse::<NaiveDate>().is_ok() || NaiveDateTime::parse_from_str(name, MINUTE).is_ok()
}

fn unreadable(name: &str) -> StoreError {
    StoreError::internal(format!("a step is named {name}"))
}

/// The step to make next: one that was broken off, else the first that is due. The next that will
/// be, where none is.
pub(crate) fn next(conn: &mut Conn, city: &CitySettings, now: DateTime<Utc>) -> Result<Option<StepDue>> {
    let Some(last) = last_step_at(conn)? else { return Ok(None) };
    let schedule = city.schedule();
    let open: Option<OpenStep> = rating_step::table
        .filter(rating_step::covers.gt(last.naive_utc()))
        .order(rating_step::step)
        .select(OpenStep::as_select())
        .first(conn)
        .optional()?;
    if let Some(open) = open {
        return open.due(&schedule).map(Some);
    }
    Ok(Some(schedule.missed(last, now).unwrap_or_else(|| schedule.next(now))))
}

/// The step of ratings after which that of other figures is made: of those that are done and cover
/// more than `after`, the latest 1st, else the latest. It covers all of them.
pub(crate) fn last_made(
    conn: &mut Conn,
    city: &CitySettings,
    after: Option<DateTime<Utc>>,
) -> Result<Option<StepDue>> {
    let mut made = rating_step::table
        .filter(rating_step::done_at.is_not_null())
        .order(rating_step::covers.desc())
        .select(OpenStep::as_select())
        .into_boxed::<<Conn as diesel::Connection>::Backend>();
    if let Some(after) = after {
        made = made.filter(rating_step::covers.gt(after.naive_utc()));
    }
    let made: Vec<OpenStep> = made.load(conn)?;
    let Some(latest) = made.first() else { return Ok(None) };
    let schedule = city.schedule();
    let covers = latest.covers.and_utc();
    let due = made.iter().find(|step| step.is_first).unwrap_or(latest).due(&schedule)?;
    Ok(Some(StepDue { covers, ..due }))
}

/// A step that has begun.
#[derive(Queryable, Selectable)]
#[diesel(table_name = rating_step)]
struct OpenStep {
    step: String,
    is_first: bool,
    need: i32,
    covers: NaiveDateTime,
}

impl OpenStep {
    /// As it was due when it began, whatever the settings say now.
    fn due(&self, schedule: &Schedule) -> Result<StepDue> {
        let day = self.step.get(..DAY).and_then(|day| day.parse().ok());
        let day = day.ok_or_else(|| unreadable(&self.step))?;
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
pub(crate) fn name_of(due: &StepDue) -> String {
    match due.kind {
        StepKind::First | StepKind::Weekday => due.day.to_string(),
        StepKind::Minute => due.at.format(MINUTE).to_string(),
    }
}
