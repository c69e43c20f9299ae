//! The rows of voices: found, written, and kept as they were before each change.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use xinwu_domain::access::Actor;
use xinwu_domain::calendar::Month;
use xinwu_domain::rating::Stars;

use super::{NewRating, Voice, Weight};
use crate::schema::{rating, rating_edit};
use crate::{Conn, Result, Tx, review as reviews};

/// One row: a person's voice.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = rating)]
pub(crate) struct Row {
    pub id: String,
    pub project_id: String,
    pub month: String,
    pub(super) household_id: String,
    pub(super) overall: i32,
    pub(super) cleaning: Option<i32>,
    pub(super) security: Option<i32>,
    pub(super) greening: Option<i32>,
    pub(super) maintenance: Option<i32>,
    pub(super) attitude: Option<i32>,
    pub(super) comment: Option<String>,
    pub state: String,
    pub(super) day: String,
    pub(super) updated_at: NaiveDateTime,
    pub(super) version: i64,
}

impl Row {
    pub fn voice(&self) -> Voice {
        Voice {
            overall: self.overall,
            dimensions: [self.cleaning, self.security, self.greening, self.maintenance, self.attitude],
        }
    }

    pub fn weight(&self) -> Weight {
        Weight::of(&self.state)
    }
}

pub(super) fn own_row(
    conn: &mut Conn,
    account_id: &str,
    project_id: &str,
    month: Month,
) -> Result<Option<Row>> {
    Ok(rating::table
        .filter(rating::account_id.eq(account_id))
        .filter(rating::month.eq(month.to_string()))
        .filter(rating::project_id.eq(project_id))
        .select(Row::as_select())
        .first(conn)
        .optional()?)
}

/// The voices that other people now have for these households.
pub(super) fn voices_of_others(
    conn: &mut Conn,
    account_id: &str,
    project_id: &str,
    month: Month,
    homes: &[String],
) -> Result<Vec<Row>> {
    Ok(rating::table
        .filter(rating::project_id.eq(project_id))
        .filter(rating::month.eq(month.to_string()))
        .filter(rating::household_id.eq_any(homes.to_vec()))
        .filter(rating::account_id.ne(account_id))
        .filter(rating::state.eq_any(["counted", "held", "rejected"]))
        .select(Row::as_select())
        .load(conn)?)
}

pub(super) fn voice_of(new: &NewRating) -> Voice {
    let stars = |stars: Option<Stars>| stars.map(|stars| i32::from(stars.get()));
    let given = new.dimensions;
    Voice {
        overall: i32::from(new.overall.get()),
        dimensions: [given.cleaning, given.security, given.greening, given.maintenance, given.attitude]
            .map(stars),
    }
}

#[expect(clippy::too_many_arguments, reason = "a row has many columns, and this is their one place")]
pub(super) fn insert(
    tx: &mut Tx<'_>,
    actor: &Actor,
    project_id: &str,
    month: Month,
    household: &str,
    state: &str,
    day: &str,
    new: &NewRating,
) -> Result<String> {
    let id = tx.random.timeless_id();
    let Voice { overall, dimensions: [cleaning, security, greening, maintenance, attitude] } = voice_of(new);
    diesel::insert_into(rating::table)
        .values((
            rating::id.eq(&id),
            rating::project_id.eq(project_id),
            rating::month.eq(month.to_string()),
            rating::household_id.eq(household),
            rating::account_id.eq(&actor.account_id),
            rating::overall.eq(overall),
            rating::cleaning.eq(cleaning),
            rating::security.eq(security),
            rating::greening.eq(greening),
            rating::maintenance.eq(maintenance),
            rating::attitude.eq(attitude),
            rating::comment.eq(new.comment.as_ref().map(|comment| &comment.text)),
            rating::state.eq(state),
            rating::day.eq(day),
            (rating::created_at.eq(tx.now_utc()), rating::updated_at.eq(tx.now_utc())),
            rating::version.eq(1_i64),
        ))
        .execute(tx.conn)?;
    Ok(id)
}

pub(super) fn rewrite(
    tx: &mut Tx<'_>,
    own: &Row,
    household: &str,
    state: &str,
    new: &NewRating,
) -> Result<()> {
    let Voice { overall, dimensions: [cleaning, security, greening, maintenance, attitude] } = voice_of(new);
    diesel::update(rating::table.find(&own.id))
        .set((
            rating::household_id.eq(household),
            rating::overall.eq(overall),
            rating::cleaning.eq(cleaning),
            rating::security.eq(security),
            rating::greening.eq(greening),
            rating::maintenance.eq(maintenance),
            rating::attitude.eq(attitude),
            rating::comment.eq(new.comment.as_ref().map(|comment| &comment.text)),
            rating::state.eq(state),
            rating::updated_at.eq(tx.now_utc()),
            rating::version.eq(own.version + 1),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// A voice stops to speak: `withdrawn` by its rater, or `replaced` by another of the household. Its comment goes with it.
pub(super) fn silence(tx: &mut Tx<'_>, row: &Row, state: &'static str) -> Result<()> {
    keep_edit(tx, row, state)?;
    diesel::update(rating::table.find(&row.id))
        .set((
            rating::state.eq(state),
            rating::updated_at.eq(tx.now_utc()),
            rating::version.eq(row.version + 1),
        ))
        .execute(tx.conn)?;
    reviews::withdraw_with(tx, &row.id)
}

/// Keeps a voice as it was before `action`.
pub(super) fn keep_edit(tx: &mut Tx<'_>, row: &Row, action: &str) -> Result<()> {
    diesel::insert_into(rating_edit::table)
        .values((
            rating_edit::rating_id.eq(&row.id),
            rating_edit::action.eq(action),
            rating_edit::overall.eq(row.overall),
            rating_edit::cleaning.eq(row.cleaning),
            rating_edit::security.eq(row.security),
            rating_edit::greening.eq(row.greening),
            rating_edit::maintenance.eq(row.maintenance),
            rating_edit::attitude.eq(row.attitude),
            rating_edit::comment.eq(&row.comment),
            rating_edit::at.eq(tx.now_utc()),
        ))
        .execute(tx.conn)?;
    Ok(())
}
