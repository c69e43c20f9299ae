//! Months frozen at their close. Evaluations read only these.

use diesel::dsl::max;
use diesel::prelude::*;

use super::month::tally_of;
use crate::schema::rating_close;
use crate::{Result, Tx};

/// Freezes a month's figures of a project as they stand now: the first revision when it closes, and a dated new one after a later
/// decision. Says whether there is a new revision; figures that did not change make none.
///
/// # Errors
/// Those of the database.
pub fn close_month(tx: &mut Tx<'_>, project: &str, month: &str, cause: &str) -> Result<bool> {
    let tally = tally_of(tx.conn, project, month)?;
    let voices = i32::try_from(tally.count()).unwrap_or(i32::MAX);
    let stars = i32::try_from(tally.sum()).unwrap_or(i32::MAX);
    let of_month = || {
        rating_close::table.filter(rating_close::project_id.eq(project)).filter(rating_close::month.eq(month))
    };
    let same: i64 = of_month()
        .filter(rating_close::known_until.is_null())
        .filter(rating_close::voices.eq(voices))
        .filter(rating_close::stars.eq(stars))
        .count()
        .get_result(tx.conn)?;
    if same > 0 {
        return Ok(false);
    }
    let last: Option<i32> = of_month().select(max(rating_close::revision)).first(tx.conn)?;
    diesel::update(of_month().filter(rating_close::known_until.is_null()))
        .set(rating_close::known_until.eq(tx.now_utc()))
        .execute(tx.conn)?;
    diesel::insert_into(rating_close::table)
        .values((
            rating_close::project_id.eq(project),
            rating_close::month.eq(month),
            rating_close::revision.eq(last.unwrap_or_default() + 1),
            rating_close::voices.eq(voices),
            rating_close::stars.eq(stars),
            rating_close::known_from.eq(tx.now_utc()),
            rating_close::cause.eq(cause),
        ))
        .execute(tx.conn)?;
    Ok(true)
}
