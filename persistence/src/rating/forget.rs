//! What links ratings to dwellings and people is deleted some weeks after their month: "a month's key and its rows are deleted; increments and comments
//! remain".

use diesel::dsl::min;
use diesel::prelude::*;
use xinwu_domain::calendar::Month;

use super::month_of;
use crate::schema::{rated_month, rating, rating_comment, rating_key, review};
use crate::{Conn, Result, Tx};

/// Rows that one write deletes.
const ROWS: i64 = 1_000;

/// The first month that is not forgotten yet.
pub(crate) fn next_to_forget(conn: &mut Conn) -> Result<Option<Month>> {
    let month: Option<String> = rated_month::table
        .filter(rated_month::forgotten.eq(false))
        .select(min(rated_month::month))
        .first(conn)?;
    month.as_deref().map(month_of).transpose()
}

/// Deletes some of a month's comments that wait, then of its rows and of its reviews' links, and at last its key; gives how many there were: none when all of
/// it is forgotten.
pub(crate) fn forget_some(tx: &mut Tx<'_>, month: Month) -> Result<usize> {
    let month = month.to_string();
    let comments: Vec<Vec<u8>> = rating_comment::table
        .filter(rating_comment::month.eq(&month))
        .limit(ROWS)
        .select(rating_comment::writer)
        .load(tx.conn)?;
    if !comments.is_empty() {
        diesel::delete(rating_comment::table.filter(rating_comment::writer.eq_any(&comments)))
            .execute(tx.conn)?;
        return Ok(comments.len());
    }
    let rows: Vec<Vec<u8>> =
        rating::table.filter(rating::month.eq(&month)).limit(ROWS).select(rating::dwelling).load(tx.conn)?;
    if !rows.is_empty() {
        diesel::delete(rating::table.filter(rating::dwelling.eq_any(&rows))).execute(tx.conn)?;
        return Ok(rows.len());
    }
    let reviews: Vec<String> =
        review::table.filter(review::writer_month.eq(&month)).limit(ROWS).select(review::id).load(tx.conn)?;
    if !reviews.is_empty() {
        diesel::update(review::table.filter(review::id.eq_any(&reviews)))
            .set((review::writer.eq(None::<Vec<u8>>), review::writer_month.eq(None::<String>)))
            .execute(tx.conn)?;
        return Ok(reviews.len());
    }
    diesel::delete(rating_key::table.find(&month)).execute(tx.conn)?;
    diesel::update(rated_month::table.find(&month)).set(rated_month::forgotten.eq(true)).execute(tx.conn)?;
    Ok(0)
}
