//! Bursts: set apart at a step, and counted on the morning that was said then.

use std::sync::Arc;

use chrono::NaiveDate;
use diesel::dsl::min;
use diesel::prelude::*;
use diesel::sql_types::Text;
use xinwu_domain::calendar::{Month, day_of};
use xinwu_domain::entity::Entity;
use xinwu_domain::rating::{BurstState, Hold, StepDue, increment_month};
use xinwu_domain::subject::SubjectKind;
use xinwu_store::{Col, Conn, Db, Result, Tx};

use super::count::{IS_FREE, Which, count};
use super::due::name_of;
use super::project::Project;
use super::{GoesOn, keep};
use crate::city;
use crate::ratings::burst::OPEN;
use crate::ratings::month_key::MonthKeys;
use crate::ratings::rating::Row;
use crate::ratings::rating::increment::Of;
use crate::ratings::rating::rekey::{Moved, move_waiting};
use crate::ratings::rating::row::of_dwelling;
use crate::ratings::rating::take_back::drop_waiting;
use crate::ratings::tally::keep_figures;
use crate::schema::{project, rating, rating_burst};
use crate::working_days::working_days;

/// The day of the first morning on which a burst counts.
pub(crate) fn next_morning(conn: &mut Conn) -> Result<Option<NaiveDate>> {
    let day: Option<Col<NaiveDate>> = rating_burst::table
        .filter(rating_burst::state.eq_any(OPEN))
        .select(min(rating_burst::counts_on))
        .first(conn)?;
    Ok(day.map(|day| day.0))
}

/// Sets apart the rows whose stars wait: "they are set apart and held, publicly so (not their
/// number). Later ratings are no part of them."
pub(super) fn hold(tx: &mut Tx<'_>, due: &StepDue, project: &Project) -> Result<()> {
    let id = tx.random.id();
    let city = city::city(tx.conn)?;
    // From the day on which everybody can see it, however late the step is.
    let hold = Hold::new(day_of(tx.now, city.zone), working_days()?);
    diesel::insert_into(rating_burst::table)
        .values((
            rating_burst::id.eq(&id),
            rating_burst::project_id.eq(&project.id),
            rating_burst::step.eq(name_of(due)),
            rating_burst::month.eq(Col(due.month)),
            rating_burst::state.eq(Col(BurstState::Held)),
            rating_burst::district_until.eq(Col(hold.district_until)),
            rating_burst::city_until.eq(Col(hold.city_until)),
            rating_burst::counts_on.eq(Col(hold.counts_on)),
            rating_burst::version.eq(1_i64),
        ))
        .execute(tx.conn)?;
    diesel::sql_query(format!(
        "UPDATE rating SET burst = $1 WHERE project_id = $2 AND month <= $3 AND {IS_FREE} \
         AND stars IS NOT NULL AND published IS NULL"
    ))
    .bind::<Text, _>(id)
    .bind::<Text, _>(&project.id)
    .bind::<Text, _>(Col(due.month))
    .execute(tx.conn)?;
    tx.changed(Entity::Project, &project.id);
    Ok(())
}

/// Counts the bursts whose morning has come: "the morning after, or after a release, they count as
/// one increment".
pub(crate) async fn mature(
    db: &Db,
    keys: &Arc<MonthKeys>,
    day: NaiveDate,
    goes_on: GoesOn<'_>,
) -> Result<()> {
    let ids: Vec<String> = db
        .read(move |conn| {
            Ok(rating_burst::table
                .filter(rating_burst::state.eq_any(OPEN))
                .filter(rating_burst::counts_on.le(Col(day)))
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
    let (project, state, Col(counts_on)): (String, Col<BurstState>, Col<NaiveDate>) = rating_burst::table
        .find(id)
        .select((rating_burst::project_id, rating_burst::state, rating_burst::counts_on))
        .first(tx.conn)?;
    let Some(project) = Project::load(tx.conn, &project)?.filter(|_| OPEN.contains(&state)) else {
        return Ok(());
    };
    let month = increment_month(counts_on);
    let need = city::city(tx.conn)?.min_raters;
    let rows = rows_of_burst(tx.conn, id)?;
    let at = tx.now_utc();
    let of = Of { project: &project.id, step: &counts_on.to_string(), burst: id, month, need, at };
    let is_counted = count(tx, keys, of, &rows, Which::Burst(id))?;
    let state = if is_counted { BurstState::Counted } else { BurstState::Fallen };
    diesel::update(rating_burst::table.find(id))
        .set((rating_burst::state.eq(Col(state)), rating_burst::version.eq(rating_burst::version + 1)))
        .execute(tx.conn)?;
    // Fewer than the step needs were left: they go on waiting as others do.
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
    let is_over = is_over.is_some_and(|first| counts_on >= first.first_day());
    let Some(before) = month.previous() else { return Ok(()) };
    let mut left = Vec::new();
    for row in rows {
        let row = of_dwelling(tx.conn, &row.project_id, &row.dwelling)?;
        left.extend(row.filter(|row| {
            row.published.is_none() || row.answers().is_ok_and(|answers| answers.has_waiting())
        }));
    }
    if is_over {
        return drop_waiting(tx, keys, left);
    }
    left.retain(|row| row.month.0 <= before);
    move_waiting(tx, keys, &project, left, month, Moved::CaughtUp)
}

/// The rows that a burst set apart.
pub(crate) fn rows_of_burst(conn: &mut Conn, id: &str) -> Result<Vec<Row>> {
    Ok(rating::table.filter(rating::burst.eq(id)).select(Row::as_select()).load(conn)?)
}
