//! What links ratings to dwellings and people is deleted some weeks after their month: "a month's
//! key and its rows are deleted; increments and comments remain".

use diesel::dsl::{exists, min};
use diesel::prelude::*;
use xinwu_domain::calendar::Month;
use xinwu_store::{Col, Conn, Db, Result, Tx};

use crate::people::person;
use crate::ratings::burst::OPEN;
use crate::schema::{left_home, rated_month, rating, rating_burst, rating_comment, rating_key, review};

/// Rows that one write deletes.
const ROWS: i64 = 1_000;

/// The first month that is not forgotten yet.
pub(crate) fn next_to_unlink(conn: &mut Conn) -> Result<Option<Month>> {
    let month: Option<Col<Month>> = rated_month::table
        .filter(rated_month::forgotten.eq(false))
        .select(min(rated_month::month))
        .first(conn)?;
    let Some(Col(month)) = month else { return Ok(None) };
    Ok(if holds_any_of(conn, month)? { None } else { Some(month) })
}

/// Whether a burst still holds ratings of a month, after a long outage: they are counted first.
fn holds_any_of(conn: &mut Conn, month: Month) -> Result<bool> {
    let month = Col(month);
    let bursts: Vec<String> = rating_burst::table
        .filter(rating_burst::state.eq_any(OPEN))
        .filter(rating_burst::month.ge(month))
        .select(rating_burst::id)
        .load(conn)?;
    let held = rating::table.filter(rating::burst.eq_any(bursts.iter().map(Some)));
    Ok(!bursts.is_empty() && diesel::select(exists(held.filter(rating::month.eq(month)))).get_result(conn)?)
}

/// Deletes some of a month's comments that wait, then of its rows and of its reviews' links, and at
/// last its key; gives how many there were: `None` if all of it is forgotten.
pub(crate) fn unlink_some(tx: &mut Tx<'_>, month: Month) -> Result<usize> {
    let month = Col(month);
    let comments: Vec<Vec<u8>> = rating_comment::table
        .filter(rating_comment::month.eq(month))
        .limit(ROWS)
        .select(rating_comment::writer)
        .load(tx.conn)?;
    if !comments.is_empty() {
        diesel::delete(rating_comment::table.filter(rating_comment::writer.eq_any(&comments)))
            .execute(tx.conn)?;
        return Ok(comments.len());
    }
    let of_month = rating::table.filter(rating::month.eq(month));
    let first: Vec<(String, Vec<u8>)> =
        of_month.limit(ROWS).select((rating::project_id, rating::dwelling)).load(tx.conn)?;
    if !first.is_empty() {
        for part in first.chunk_by(|(a, _), (b, _)| a == b) {
            let Some((project, _)) = part.first() else { continue };
            let dwellings = part.iter().map(|(_, dwelling)| dwelling);
            let of_project = rating::table.filter(rating::project_id.eq(project));
            diesel::delete(of_project.filter(rating::dwelling.eq_any(dwellings))).execute(tx.conn)?;
        }
        return Ok(first.len());
    }
    let reviews: Vec<String> =
        review::table.filter(review::writer_month.eq(month)).limit(ROWS).select(review::id).load(tx.conn)?;
    if !reviews.is_empty() {
        diesel::update(review::table.filter(review::id.eq_any(&reviews)))
            .set((review::writer.eq(None::<Vec<u8>>), review::writer_month.eq(None::<String>)))
            .execute(tx.conn)?;
        return Ok(reviews.len());
    }
    diesel::delete(left_home::table.filter(left_home::month.eq(month))).execute(tx.conn)?;
    diesel::delete(rating_key::table.find(month)).execute(tx.conn)?;
    diesel::update(rated_month::table.find(month)).set(rated_month::forgotten.eq(true)).execute(tx.conn)?;
    person::forget(tx)?;
    Ok(0)
}

/// Overwrites what was deleted and written again of ratings. A month's key itself is written
/// nowhere any more, and nothing of it may stay in a file.
pub(crate) async fn clear_deleted(db: &Db) -> Result<()> {
    db.clear_deleted("rating, rating_comment, left_home", "rating_key").await
}
