//! The voices of one account, as their owner reads them.

use diesel::prelude::*;
use xinwu_domain::calendar::Month;
use xinwu_domain::estate::EstateName;
use xinwu_domain::page::{Keys, Listed, Window};
use xinwu_domain::rating::{Dimensions, OwnRating, OwnVoice, Stars};

use super::row::own_row;
use super::{Row, month_of, not_found};
use crate::dialect::hot;
use crate::schema::{estate, project, rating, review};
use crate::{Conn, Result, StoreError};

/// The account's own rating.
///
/// # Errors
/// [`Refusal::NotFound`]
pub fn get(conn: &mut Conn, account_id: &str, project_id: &str, month: Month) -> Result<(OwnRating, i64)> {
    let row = own_row(conn, account_id, project_id, month)?
        .filter(|row| row.state != "withdrawn")
        .ok_or_else(not_found)?;
    let version = row.version;
    Ok((named(conn, row)?, version))
}

/// The account's own ratings, the latest month first.
///
/// # Errors
/// Those of the database.
pub fn list(conn: &mut Conn, account_id: &str, window: &Window) -> Result<Listed<OwnRating>> {
    let own = || {
        rating::table
            .filter(rating::account_id.eq(account_id.to_owned()))
            .filter(rating::state.ne("withdrawn"))
            .into_boxed()
    };
    let mut rows = own()
        .select(Row::as_select())
        .order((rating::month.desc(), rating::project_id))
        .limit(window.limit + 1);
    if let Some(after) = &window.after {
        let (month, project) = (after.get(0).to_owned(), after.get(1).to_owned());
        let later = rating::month.eq(month.clone()).and(rating::project_id.gt(project));
        rows = rows.filter(rating::month.lt(month).or(later));
    }
    let page =
        Listed::from_rows(rows.load(conn)?, window, |row: &Row| Keys::of([&row.month, &row.project_id]));
    let total = if window.count { Some(own().count().get_result(conn)?) } else { None };
    let mut items = Vec::with_capacity(page.items.len());
    for row in page.items {
        items.push(named(conn, row)?);
    }
    Ok(Listed { items, next: page.next, total })
}

fn named(conn: &mut Conn, row: Row) -> Result<OwnRating> {
    let (code, name): (String, String) = project::table
        .inner_join(estate::table.on(estate::code.eq(project::estate)))
        .filter(project::id.eq(&row.project_id))
        .select((estate::code, estate::name))
        .first(conn)?;
    view(conn, row, EstateName { code, name })
}

pub(super) fn view(conn: &mut Conn, row: Row, estate: EstateName) -> Result<OwnRating> {
    let comment_state: Option<String> = match &row.comment {
        Some(_) => {
            let found = review::table
                .filter(review::rating_id.eq(&row.id))
                .filter(review::state.ne("withdrawn"))
                .select(review::state);
            hot!(conn, found => get_result).optional()?
        }
        None => None,
    };
    let state = OwnVoice::parse(&row.state)
        .ok_or_else(|| StoreError::internal(format!("a rating has state {}", row.state)))?;
    let stars = |stars: Option<i32>| stars.map(stored_stars).transpose();
    Ok(OwnRating {
        project: row.project_id,
        estate,
        month: month_of(&row.month)?,
        overall: stored_stars(row.overall)?,
        dimensions: Dimensions {
            cleaning: stars(row.cleaning)?,
            security: stars(row.security)?,
            greening: stars(row.greening)?,
            maintenance: stars(row.maintenance)?,
            attitude: stars(row.attitude)?,
        },
        comment: row.comment,
        comment_state,
        state,
        updated_at: row.updated_at.and_utc(),
    })
}

pub(crate) fn stored_stars(number: i32) -> Result<Stars> {
    Stars::try_from(i64::from(number))
        .map_err(|_| StoreError::internal(format!("a stored rating has {number} stars")))
}
