//! Into a database that was restored is put back what was published since it was copied: "a restore
//! takes those published since, and drops what waited in their cells".

use std::collections::{BTreeMap, BTreeSet, HashSet};

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use diesel::prelude::*;
use xinwu_domain::calendar::Month;
use xinwu_domain::copy::ratings_id;
use xinwu_domain::entity::Entity;
use xinwu_domain::rating::{BurstState, Cell, StepTimes, Tally};
use xinwu_domain::subject::SubjectKind;
use xinwu_store::{Col, Conn, Result, Tx, on_each};

use super::{Key, Published, published_keys};
use crate::city;
use crate::ratings::month_key::MonthKeys;
use crate::ratings::rating::{Increment, Row, drop_comments, step};
use crate::ratings::tally::keep_figures;
use crate::schema::{project, rated_month, rating, rating_burst, rating_increment, rating_key, rating_step};
use crate::service::case::figures::put_back as cases;

/// These, the oldest first, but for what is of a project that was registered after the copy: it is
/// not there any more.
pub(super) fn of_known_projects(conn: &mut Conn, mut increments: Vec<Published>) -> Result<Vec<Published>> {
    if increments.is_empty() {
        return Ok(increments);
    }
    let there: HashSet<String> = project::table.select(project::id).load(conn)?.into_iter().collect();
    increments.retain(|increment| there.contains(increment.project_id()));
    increments.sort_by_key(Published::published_at);
    Ok(increments)
}

/// Gives how many there were: another instance may have been quicker.
pub(super) fn put_back(tx: &mut Tx<'_>, keys: &MonthKeys, increments: &[Published]) -> Result<usize> {
    let published: HashSet<Key> = published_keys(tx.conn)?.into_iter().collect();
    let lacking = increments.iter().filter(|increment| !published.contains(&increment.key()));
    let lacking = of_known_projects(tx.conn, lacking.cloned().collect())?;
    note_steps(tx, &lacking)?;
    let (number, mut ratings) = (lacking.len(), Vec::new());
    for each in lacking {
        match each {
            Published::Ratings(increment) => ratings.push(increment),
            Published::Cases(increment) => cases::put_back(tx, &increment)?,
        }
    }
    put_back_ratings(tx, keys, &ratings)?;
    if number > 0 {
        tx.changed(Entity::Figures, "city");
    }
    Ok(number)
}

fn put_back_ratings(tx: &mut Tx<'_>, keys: &MonthKeys, increments: &[Increment]) -> Result<()> {
    let Some(latest) = increments.last().map(|increment| increment.published_at.and_utc()) else {
        return Ok(());
    };
    for increment in increments {
        let mut row = increment.clone();
        row.restored = true;
        diesel::insert_into(rating_increment::table).values(&row).execute(tx.conn)?;
        tx.changed(Entity::Ratings, &ratings_id(&row.project_id, row.month.0));
    }
    set_free_fallen(tx, latest)?;
    for increment in increments {
        drop_counted(tx, keys, increment)?;
    }
    close_present_months(tx, increments)?;
    keep(tx, increments)
}

/// A burst whose morning was before the latest increment, and that is none, fell: its ratings went
/// on waiting as others do, and may be in a later one.
fn set_free_fallen(tx: &mut Tx<'_>, latest: DateTime<Utc>) -> Result<()> {
    let schedule = city::city(tx.conn)?.schedule();
    let counted =
        rating_increment::table.filter(rating_increment::burst.ne("")).select(rating_increment::burst);
    let open: Vec<(String, String, Col<NaiveDate>)> = rating_burst::table
        .filter(rating_burst::state.eq_any([BurstState::Held, BurstState::Released].map(Col)))
        .filter(rating_burst::id.ne_all(counted))
        .select((rating_burst::id, rating_burst::project_id, rating_burst::counts_on))
        .load(tx.conn)?;
    for (id, project, Col(counts_on)) in open {
        if schedule.morning_of(counts_on) <= latest {
            end_burst(tx, &id, &project, BurstState::Fallen)?;
        }
    }
    Ok(())
}

fn end_burst(tx: &mut Tx<'_>, id: &str, project: &str, state: BurstState) -> Result<()> {
    diesel::update(rating_burst::table.find(id))
        .set((rating_burst::state.eq(Col(state)), rating_burst::version.eq(rating_burst::version + 1)))
        .execute(tx.conn)?;
    diesel::update(rating::table.filter(rating::burst.eq(id)).filter(rating::published.is_null()))
        .set(rating::burst.eq(None::<String>))
        .execute(tx.conn)?;
    tx.changed(Entity::Project, project);
    Ok(())
}

/// Drops what waits in the increment's cells. Which of it is in the increment nobody knows, and
/// nothing is counted twice.
fn drop_counted(tx: &mut Tx<'_>, keys: &MonthKeys, increment: &Increment) -> Result<()> {
    let project = &increment.project_id;
    let is_known = rating_burst::table.find(&increment.burst).count().get_result::<i64>(tx.conn)? > 0;
    let rows = if is_known {
        let rows = step::rows_of_burst(tx.conn, &increment.burst)?;
        end_burst(tx, &increment.burst, project, BurstState::Counted)?;
        rows
    } else {
        // What was set apart after the copy lies among what waits in it.
        step::waiting_rows(tx.conn, project, increment.month.0)?
    };
    let tally = increment.tally();
    let cells = Cell::ALL.into_iter().filter(|cell| is_in(&tally, *cell)).collect::<Vec<_>>();
    let mut withheld: Vec<Row> = Vec::new();
    for mut row in rows {
        let mut answers = row.answers()?;
        let had_stars = answers.waiting(Cell::Stars).is_some();
        cells.iter().for_each(|cell| answers.drop_waiting(*cell));
        if had_stars && answers.waiting(Cell::Stars).is_none() {
            withheld.push(row.clone());
            row.person = None;
        }
        row.keep(tx, &answers)?;
    }
    drop_comments(tx, keys, &withheld)
}

fn is_in(tally: &Tally, cell: Cell) -> bool {
    match cell {
        Cell::Stars => tally.count() > 0,
        Cell::Dimension(dimension) => tally.dimension(dimension).count > 0,
    }
}

/// The steps are made: none is made again. What is left to do of them, the grades that the close of
/// a month changes, the clock does as if it had been stopped in between.
fn note_steps(tx: &mut Tx<'_>, increments: &[Published]) -> Result<()> {
    let mut made: BTreeMap<&str, (i32, NaiveDateTime)> = BTreeMap::new();
    // The latest of a step's comes last. That of cases is made once that of ratings is.
    let of_step = |each: &'_ Published| -> Option<(i32, NaiveDateTime)> {
        match each {
            Published::Ratings(each) => each.burst.is_empty().then_some((each.need, each.published_at)),
            Published::Cases(each) => Some((each.need, each.published_at)),
        }
    };
    made.extend(increments.iter().filter_map(|each| Some((each.step(), of_step(each)?))));
    for (step, (need, done_at)) in &made {
        note_step(tx, step, *need, *done_at)?;
    }
    // Steps are made in their order. So those of the 1sts before the latest were, though nothing
    // came out.
    let (city, last) = (city::city(tx.conn)?, step::last_step_at(tx.conn)?);
    let Some((latest, last)) = made.last_key_value().map(|(step, _)| *step).zip(last) else { return Ok(()) };
    let (until, _) = step::step_of(tx.conn, latest)?;
    if city.figures == StepTimes::EveryMinute {
        return Ok(());
    }
    for month in Month::of(last, city.zone).to(Month::of(until, city.zone)) {
        let at = city.schedule().morning_of(month.first_day());
        if last < at && at < until {
            let need = i32::try_from(city.min_raters).unwrap_or(i32::MAX);
            note_step(tx, &month.first_day().to_string(), need, at.naive_utc())?;
        }
    }
    Ok(())
}

fn note_step(tx: &mut Tx<'_>, name: &str, need: i32, done_at: NaiveDateTime) -> Result<()> {
    let (covers, is_first) = step::step_of(tx.conn, name)?;
    let month = Month::of(covers, city::city(tx.conn)?.zone).previous().filter(|_| is_first);
    let row = (
        rating_step::step.eq(name),
        rating_step::is_first.eq(is_first),
        rating_step::need.eq(need),
        rating_step::began_at.eq(done_at),
        rating_step::covers.eq(covers.naive_utc()),
    );
    on_each!(&mut *tx.conn, |conn| diesel::insert_into(rating_step::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(conn))?;
    // The copy may have been made while the step was.
    diesel::update(rating_step::table.find(name).filter(rating_step::done_at.is_null()))
        .set((rating_step::done_at.eq(done_at), rating_step::closes.eq(month.map(Col))))
        .execute(tx.conn)?;
    Ok(())
}

/// Takes the key of a month that can be rated and of which something is put back: whoever is in
/// that might rate again in the same month and be counted again, {a…e} and then {a…f}. "A month
/// without its key takes no rating, counts what waits at its 1st, rolls nothing."
///
/// Nothing else needs to be closed. An increment takes ratings of months up to its own: in one of
/// an earlier month there is none of the present month, and its ratings since the copy are lost and
/// can be given again, as everything else since then. Older months cannot be rated any more: their
/// keys only let what waits roll on.
fn close_present_months(tx: &mut Tx<'_>, increments: &[Increment]) -> Result<()> {
    let present = Col(Month::of(tx.now, city::city(tx.conn)?.zone));
    let mut months = BTreeSet::new();
    for increment in increments {
        // A burst counts in a later month than that in which it was set apart, and takes ratings of
        // that.
        let set_apart = rating_burst::table.find(&increment.burst).select(rating_burst::month).first(tx.conn);
        let month = set_apart.optional()?.unwrap_or(increment.month);
        if month >= present {
            months.insert(month);
        }
    }
    for month in months {
        // No second key is made.
        let row = (rated_month::month.eq(&month), rated_month::forgotten.eq(false));
        on_each!(&mut *tx.conn, |conn| diesel::insert_into(rated_month::table)
            .values(row)
            .on_conflict_do_nothing()
            .execute(conn))?;
        diesel::delete(rating_key::table.find(&month)).execute(tx.conn)?;
    }
    Ok(())
}

/// Figures follow what was put back.
fn keep(tx: &mut Tx<'_>, increments: &[Increment]) -> Result<()> {
    let ids: BTreeSet<&String> = increments.iter().map(|increment| &increment.project_id).collect();
    let ids: Vec<String> = ids.into_iter().cloned().collect();
    for part in ids.chunks(500) {
        let firms: Vec<Option<String>> =
            project::table.filter(project::id.eq_any(part)).select(project::uscc).distinct().load(tx.conn)?;
        let firms: Vec<String> = firms.into_iter().flatten().collect();
        for (kind, ids) in [(SubjectKind::Project, part), (SubjectKind::Firm, firms.as_slice())] {
            keep_figures(tx, kind, ids)?;
            ids.iter().for_each(|id| tx.changed(kind.into(), id));
        }
    }
    Ok(())
}
