//! Bursts: many voices on one day that no ordinary day explains. They are held for the district's decision, said to be held, and never deleted.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};
use chrono_tz::Tz;
use diesel::prelude::*;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use xinwu_domain::access::Actor;
use xinwu_domain::calendar::Month;
use xinwu_domain::estate::EstateName;
use xinwu_domain::page::{Keys, Listed, Window};
use xinwu_domain::rating::{BURST_MINIMUM, Burst, BurstState, Dimensions, Stars, Tally, is_burst, show};
use xinwu_domain::refusal::Refusal;
use xinwu_domain::subject::{Cause, CauseKind, Subject};
use xinwu_domain::text::Text;

use crate::dialect::{has_voice, hot};
use crate::rating::{
    Delta, RatedProject, Row as RatingRow, Weight, close_month, is_closed, rated_project, refresh,
    stored_day, stored_stars,
};
use crate::schema::{estate, place_ancestor, project, rating, rating_burst, rating_day};
use crate::working_days::working_days;
use crate::{Conn, Result, StoreError, Tx, place, review as reviews};

/// "Held for the district's decision within 3 working days."
const DAYS_TO_DECIDE: u16 = 3;

/// The months before whose same day says what is usual.
const MONTHS_BEFORE: i32 = 12;

#[derive(Queryable, Selectable)]
#[diesel(table_name = rating_burst)]
struct Row {
    id: String,
    project_id: String,
    day: String,
    state: String,
    decide_by: String,
    reason: Option<String>,
    version: i64,
}

/// What the district decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// The voices count.
    Release,
    /// They do not, and stay kept.
    Reject,
}

/// One more voice was first given on `day`: how many that makes.
pub(crate) fn count_voice(conn: &mut Conn, project: &str, day: &str) -> Result<u32> {
    let first = (rating_day::project_id.eq(project), rating_day::day.eq(day), rating_day::voices.eq(1));
    let voices: i32 = hot!(
        conn,
        diesel::insert_into(rating_day::table)
            .values(first)
            .on_conflict((rating_day::project_id, rating_day::day))
            .do_update()
            .set(rating_day::voices.eq(rating_day::voices + 1))
            .returning(rating_day::voices) => get_result
    )?;
    Ok(u32::try_from(voices).unwrap_or_default())
}

/// The state of a new voice, the day's `voices`-th, and the day if a burst begins with it.
pub(crate) fn judge(
    tx: &mut Tx<'_>,
    project: &RatedProject,
    day: NaiveDate,
    voices: u32,
) -> Result<(&'static str, Option<NaiveDate>)> {
    if voices < BURST_MINIMUM {
        return Ok(("counted", None));
    }
    match find_on(tx.conn, &project.id, &day.to_string())? {
        Some(row) => match state_of(&row)? {
            BurstState::Released => Ok(("counted", None)),
            BurstState::Held => Ok(("held", None)),
            BurstState::Rejected => {
                reopen(tx, &row, day)?;
                Ok(("held", None))
            }
        },
        None => {
            let fires = is_burst(voices, &same_day_before(tx.conn, project, day)?);
            Ok(("counted", fires.then_some(day)))
        }
    }
}

/// The state of a voice first given on `day` that speaks again.
pub(crate) fn state_on(conn: &mut Conn, project: &str, day: &str) -> Result<String> {
    let state = match find_on(conn, project, day)? {
        Some(row) => state_of(&row)?,
        None => BurstState::Released,
    };
    Ok(match state {
        BurstState::Held => "held".to_owned(),
        BurstState::Rejected => "rejected".to_owned(),
        BurstState::Released => "counted".to_owned(),
    })
}

/// Holds all voices of the day.
pub(crate) fn fire(tx: &mut Tx<'_>, project: &RatedProject, day: NaiveDate) -> Result<()> {
    let id = tx.random.id();
    let month = Month::containing(day).unwrap_or(Month::LAST).to_string();
    diesel::insert_into(rating_burst::table)
        .values((
            rating_burst::id.eq(&id),
            rating_burst::project_id.eq(&project.id),
            rating_burst::day.eq(day.to_string()),
            rating_burst::month.eq(month),
            rating_burst::state.eq(BurstState::Held.as_str()),
            rating_burst::detected_at.eq(tx.now_utc()),
            rating_burst::decide_by.eq(decide_by(day)?),
            rating_burst::version.eq(1_i64),
        ))
        .execute(tx.conn)?;
    let rows = voices_on(tx.conn, &project.id, &day.to_string(), "counted")?;
    let ids = restate(tx, &rows, "held")?;
    reviews::hold_burst(tx, &ids)
}

/// Whether a burst of a project of this estate is held.
pub(crate) fn is_held_at(conn: &mut Conn, estate: &str) -> Result<bool> {
    let held = rating_burst::table
        .inner_join(project::table.on(project::id.eq(rating_burst::project_id)))
        .filter(project::estate.eq(estate))
        .filter(rating_burst::state.eq(BurstState::Held.as_str()));
    let number: i64 = held.count().get_result(conn)?;
    Ok(number > 0)
}

/// Bursts in the official's own place, the oldest first.
///
/// # Errors
/// [`Refusal::Forbidden`] for an account without a place.
pub fn list(
    conn: &mut Conn,
    actor: &Actor,
    state: Option<BurstState>,
    window: &Window,
    k: u32,
) -> Result<Listed<Burst>> {
    let own_place = actor.own_place()?.to_owned();
    let wanted = || {
        let mut rows = rating_burst::table
            .inner_join(project::table.on(project::id.eq(rating_burst::project_id)))
            .inner_join(estate::table.on(estate::code.eq(project::estate)))
            .inner_join(place_ancestor::table.on(place_ancestor::place.eq(estate::place)))
            .filter(place_ancestor::ancestor.eq(own_place.clone()))
            .into_boxed();
        if let Some(state) = state {
            rows = rows.filter(rating_burst::state.eq(state.as_str()));
        }
        rows
    };
    let mut rows = wanted().select(Row::as_select()).order(rating_burst::id).limit(window.limit + 1);
    if let Some(after) = &window.after {
        rows = rows.filter(rating_burst::id.gt(after.get(0).to_owned()));
    }
    let page = Listed::from_rows(rows.load(conn)?, window, |row: &Row| Keys::of([&row.id]));
    let total = if window.count { Some(wanted().count().get_result(conn)?) } else { None };
    let mut items = Vec::with_capacity(page.items.len());
    for row in page.items {
        items.push(view(conn, row, k)?);
    }
    Ok(Listed { items, next: page.next, total })
}

/// One burst of the official's own place.
///
/// # Errors
/// [`Refusal::NotFound`], also outside the official's place.
pub fn get(conn: &mut Conn, actor: &Actor, id: &str, k: u32) -> Result<(Burst, i64)> {
    let row = find_in_reach(conn, actor, id)?;
    let version = row.version;
    Ok((view(conn, row, k)?, version))
}

/// What an official decides on a burst.
#[derive(Debug, Clone, Copy)]
pub struct Verdict<'a> {
    /// Whether its voices count.
    pub decision: Decision,
    /// Why.
    pub reason: &'a str,
}

/// Decides on a burst. Voices that are released count; a month that was closed meanwhile gets a dated new revision, and grades follow.
///
/// # Errors
/// [`Refusal::NotFound`] outside the official's place, [`Refusal::Stale`], [`Refusal::Conflict`] when it was decided before.
pub fn decide(
    tx: &mut Tx<'_>,
    actor: &Actor,
    zone: Tz,
    id: &str,
    version: Option<i64>,
    verdict: Verdict<'_>,
    k: u32,
) -> Result<(Burst, i64)> {
    let row = find_in_reach(tx.conn, actor, id)?;
    if version.is_some_and(|version| version != row.version) {
        return Err(Refusal::Stale.into());
    }
    if state_of(&row)? != BurstState::Held {
        let text = Text::new("该批评价已处理", "This burst has been decided already");
        return Err(Refusal::conflict("already_decided", text).into());
    }
    let (operation, state, voice) = match verdict.decision {
        Decision::Release => ("release_burst", BurstState::Released, "counted"),
        Decision::Reject => ("reject_burst", BurstState::Rejected, "rejected"),
    };
    diesel::update(rating_burst::table.find(id))
        .set((
            rating_burst::state.eq(state.as_str()),
            rating_burst::decided_at.eq(tx.now_utc()),
            rating_burst::decided_by.eq(&actor.account_id),
            rating_burst::reason.eq(verdict.reason),
            rating_burst::version.eq(row.version + 1),
        ))
        .execute(tx.conn)?;
    let project = rated_project(tx.conn, &row.project_id)?;
    let voices = voices_on(tx.conn, &project.id, &row.day, "held")?;
    let ids = restate(tx, &voices, voice)?;
    match verdict.decision {
        Decision::Release => reviews::release_burst(tx, &ids)?,
        Decision::Reject => reviews::hide_burst(tx, actor, &ids, verdict.reason)?,
    }
    tx.audit(
        actor,
        operation,
        "burst",
        id,
        &serde_json::json!({"project": project.id, "reason": verdict.reason}),
    )?;
    refresh(tx, &project)?;
    revise_closed_months(tx, zone, &project, &voices)?;
    get(tx.conn, actor, id, k)
}

/// "A rating held or hidden later makes a dated new version" of a month that was closed.
fn revise_closed_months(
    tx: &mut Tx<'_>,
    zone: Tz,
    project: &RatedProject,
    voices: &[RatingRow],
) -> Result<()> {
    let mut months: Vec<&str> = voices.iter().map(|voice| voice.month.as_str()).collect();
    months.sort_unstable();
    months.dedup();
    for month in months {
        if is_closed(tx, zone, crate::rating::month_of(month)?)?
            && close_month(tx, &project.id, month, "burst")?
        {
            let cause = Cause::of(CauseKind::Ratings, month);
            tx.facts_changed(Subject::project(&project.id), cause);
        }
    }
    Ok(())
}

/// More voices came on a day whose burst had been rejected: the district is asked again, about these.
fn reopen(tx: &mut Tx<'_>, row: &Row, day: NaiveDate) -> Result<()> {
    diesel::update(rating_burst::table.find(&row.id))
        .set((
            rating_burst::state.eq(BurstState::Held.as_str()),
            rating_burst::decide_by.eq(decide_by(day)?),
            rating_burst::version.eq(row.version + 1),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// Gives voices another state, in the ratings and in the kept sums; gives their ids.
fn restate(tx: &mut Tx<'_>, rows: &[RatingRow], state: &str) -> Result<Vec<String>> {
    let mut deltas: BTreeMap<(&str, &str), Delta> = BTreeMap::new();
    for row in rows {
        let delta = deltas.entry((&row.project_id, &row.month)).or_default();
        delta.remove(&row.voice(), row.weight());
        delta.add(&row.voice(), Weight::of(state));
    }
    for ((project, month), delta) in deltas {
        delta.apply(tx, project, month)?;
    }
    let ids: Vec<String> = rows.iter().map(|row| row.id.clone()).collect();
    for part in ids.chunks(500) {
        diesel::update(rating::table.filter(rating::id.eq_any(part.to_vec())))
            .set((rating::state.eq(state), rating::version.eq(rating::version + 1)))
            .execute(tx.conn)?;
    }
    Ok(ids)
}

/// The project's voices in a state that were first given on a day: for its month, or for the one before while that was open.
fn voices_on(conn: &mut Conn, project: &str, day: &str, state: &str) -> Result<Vec<RatingRow>> {
    let month = Month::containing(stored_day(day)?).unwrap_or(Month::LAST);
    let before = month.plus(-1).unwrap_or(month);
    Ok(rating::table
        .filter(has_voice())
        .filter(rating::project_id.eq(project))
        .filter(rating::month.between(before.to_string(), month.to_string()))
        .filter(rating::day.eq(day))
        .filter(rating::state.eq(state))
        .select(RatingRow::as_select())
        .load(conn)?)
}

/// "The project's median for that day of the month": the same day of up to twelve earlier months of its term, zero days included.
fn same_day_before(conn: &mut Conn, project: &RatedProject, day: NaiveDate) -> Result<Vec<u32>> {
    let starts_on = stored_day(&project.starts_on)?;
    let month = Month::containing(day).unwrap_or(Month::LAST);
    let days: Vec<String> = (1..=MONTHS_BEFORE)
        .filter_map(|back| month.plus(-back)?.first_day().with_day(day.day()))
        .filter(|earlier| *earlier >= starts_on)
        .map(|earlier| earlier.to_string())
        .collect();
    // Asked by its key for each day: a voice of a busy day asks this, and a list of days would be parsed anew each time.
    let mut voices = Vec::with_capacity(days.len());
    for day in days {
        let found = rating_day::table.find((project.id.as_str(), day)).select(rating_day::voices);
        let found: Option<i32> = hot!(&mut *conn, found => get_result).optional()?;
        voices.push(found.and_then(|voices| u32::try_from(voices).ok()).unwrap_or_default());
    }
    Ok(voices)
}

fn median(mut days: Vec<u32>) -> Decimal {
    days.sort_unstable();
    let at = |place: usize| Decimal::from(days.get(place).copied().unwrap_or_default());
    (at(days.len() / 2) + at(days.len().saturating_sub(1) / 2)) / Decimal::TWO
}

fn decide_by(day: NaiveDate) -> Result<String> {
    Ok(working_days()?.add_working_days(day, DAYS_TO_DECIDE).to_string())
}

fn find_on(conn: &mut Conn, project: &str, day: &str) -> Result<Option<Row>> {
    let row = hot!(conn, rating_burst::table
        .filter(rating_burst::project_id.eq(project))
        .filter(rating_burst::day.eq(day))
        .select(Row::as_select()) => get_result);
    Ok(row.optional()?)
}

fn find_in_reach(conn: &mut Conn, actor: &Actor, id: &str) -> Result<Row> {
    let row: Row = rating_burst::table
        .find(id)
        .select(Row::as_select())
        .first(conn)
        .optional()?
        .ok_or(Refusal::NotFound { what: "burst" })?;
    let place: String = project::table
        .inner_join(estate::table.on(estate::code.eq(project::estate)))
        .filter(project::id.eq(&row.project_id))
        .select(estate::place)
        .first(conn)?;
    place::require_sight(conn, actor, &place, "burst")?;
    Ok(row)
}

fn state_of(row: &Row) -> Result<BurstState> {
    BurstState::parse(&row.state)
        .ok_or_else(|| StoreError::internal(format!("burst {} has state {}", row.id, row.state)))
}

fn view(conn: &mut Conn, row: Row, k: u32) -> Result<Burst> {
    let (uscc, code, name): (Option<String>, String, String) = project::table
        .inner_join(estate::table.on(estate::code.eq(project::estate)))
        .filter(project::id.eq(&row.project_id))
        .select((project::uscc, estate::code, estate::name))
        .first(conn)?;
    let state = state_of(&row)?;
    let voice = match state {
        BurstState::Held => "held",
        BurstState::Released => "counted",
        BurstState::Rejected => "rejected",
    };
    let mut tally = Tally::default();
    for each in voices_on(conn, &row.project_id, &row.day, voice)? {
        tally.add(stored_stars(each.voice().overall)?, &Dimensions::default());
    }
    let shown = tally.count() > 0 && show(tally.count(), k).is_shown();
    let about =
        tally.mean().and_then(|mean| mean.round().to_i64()).and_then(|mean| Stars::try_from(mean).ok());
    let project = rated_project(conn, &row.project_id)?;
    let usual = same_day_before(conn, &project, stored_day(&row.day)?)?;
    Ok(Burst {
        id: row.id,
        project: row.project_id,
        estate: EstateName { code, name },
        uscc,
        day: row.day,
        state,
        voices: shown.then(|| tally.count()),
        stars_about: about.filter(|_| shown),
        usual_voices: median(usual),
        decide_by: row.decide_by,
        reason: row.reason,
    })
}
