//! The rows of voices: found, written, and kept as they were before each change.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use xinwu_domain::access::Actor;
use xinwu_domain::calendar::Month;
use xinwu_domain::rating::Stars;

use super::{NewRating, Voice, Weight};
use crate::dialect::{has_voice, hot, hot_among};
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
    /// A voice that is first given now.
    pub(super) fn new(
        tx: &Tx<'_>,
        (project, month): (&str, Month),
        household: String,
        state: &str,
        day: NaiveDate,
        new: &NewRating,
    ) -> Row {
        let silent = Row {
            // No one is shown it, so it may tell the time: in its order an index grows at its end.
            id: tx.random.id(),
            project_id: project.to_owned(),
            month: month.to_string(),
            household_id: household,
            overall: 0,
            cleaning: None,
            security: None,
            greening: None,
            maintenance: None,
            attitude: None,
            comment: None,
            state: state.to_owned(),
            day: day.to_string(),
            updated_at: tx.now_utc(),
            version: 1,
        };
        silent.saying(new)
    }

    /// The same row with other stars and another comment.
    fn saying(self, new: &NewRating) -> Row {
        let stars = |stars: Option<Stars>| stars.map(|stars| i32::from(stars.get()));
        Row {
            overall: i32::from(new.overall.get()),
            cleaning: stars(new.dimensions.cleaning),
            security: stars(new.dimensions.security),
            greening: stars(new.dimensions.greening),
            maintenance: stars(new.dimensions.maintenance),
            attitude: stars(new.dimensions.attitude),
            comment: new.comment.as_ref().map(|comment| comment.text.clone()),
            ..self
        }
    }

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
    let row = hot!(conn, rating::table
        .filter(rating::account_id.eq(account_id))
        .filter(rating::month.eq(month.to_string()))
        .filter(rating::project_id.eq(project_id))
        .select(Row::as_select()) => get_result);
    Ok(row.optional()?)
}

/// The account's own row, whatever became of it, and the voices that other people now have for these households.
pub(super) fn voices_of(
    conn: &mut Conn,
    account_id: &str,
    project_id: &str,
    month: Month,
    homes: &[String],
) -> Result<(Option<Row>, Vec<Row>)> {
    let month = month.to_string();
    let found: Vec<(String, Row)> = hot_among!(conn, homes => [these = rating::household_id], rating::table
        .filter(rating::account_id.eq(account_id))
        .filter(rating::month.eq(&month))
        .filter(rating::project_id.eq(project_id))
        .select((rating::account_id, Row::as_select()))
        .union_all(rating::table
            .filter(rating::project_id.eq(project_id))
            .filter(rating::month.eq(&month))
            .filter(these)
            .filter(rating::account_id.ne(account_id))
            .filter(has_voice())
            .select((rating::account_id, Row::as_select()))) => load)?;
    let (own, others): (Vec<_>, Vec<_>) = found.into_iter().partition(|(account, _)| account == account_id);
    Ok((own.into_iter().next().map(|(_, row)| row), others.into_iter().map(|(_, row)| row).collect()))
}

pub(super) fn insert(tx: &mut Tx<'_>, actor: &Actor, row: &Row) -> Result<()> {
    let row = diesel::insert_into(rating::table).values((
        rating::id.eq(&row.id),
        rating::project_id.eq(&row.project_id),
        rating::month.eq(&row.month),
        rating::household_id.eq(&row.household_id),
        rating::account_id.eq(&actor.account_id),
        rating::overall.eq(row.overall),
        rating::cleaning.eq(row.cleaning),
        rating::security.eq(row.security),
        rating::greening.eq(row.greening),
        rating::maintenance.eq(row.maintenance),
        rating::attitude.eq(row.attitude),
        rating::comment.eq(&row.comment),
        rating::state.eq(&row.state),
        rating::day.eq(&row.day),
        (rating::created_at.eq(row.updated_at), rating::updated_at.eq(row.updated_at)),
        rating::version.eq(row.version),
    ));
    hot!(&mut *tx.conn, row => execute)?;
    Ok(())
}

/// Gives the row as it stands then.
pub(super) fn rewrite(
    tx: &mut Tx<'_>,
    own: Row,
    household: &str,
    state: String,
    new: &NewRating,
) -> Result<Row> {
    let row = Row {
        household_id: household.to_owned(),
        state,
        updated_at: tx.now_utc(),
        version: own.version + 1,
        ..own.saying(new)
    };
    let change = diesel::update(rating::table.find(&row.id)).set((
        rating::household_id.eq(&row.household_id),
        rating::overall.eq(row.overall),
        rating::cleaning.eq(row.cleaning),
        rating::security.eq(row.security),
        rating::greening.eq(row.greening),
        rating::maintenance.eq(row.maintenance),
        rating::attitude.eq(row.attitude),
        rating::comment.eq(&row.comment),
        rating::state.eq(&row.state),
        rating::updated_at.eq(row.updated_at),
        rating::version.eq(row.version),
    ));
    let _: i64 = hot!(&mut *tx.conn, change.returning(rating::version) => get_result)?;
    Ok(row)
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
    let edit = diesel::insert_into(rating_edit::table).values((
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
    ));
    hot!(&mut *tx.conn, edit => execute)?;
    Ok(())
}
