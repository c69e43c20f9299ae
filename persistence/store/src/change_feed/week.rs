//! The change feed's table holds a week: who reads it looks several times a second, and whoever has
//! not looked for a day takes it that everything has changed.

use chrono::{NaiveDateTime, TimeDelta};
use diesel::prelude::*;

use super::follow::keep_dropped;
use crate::schema::change;
use crate::{Result, Tx};

/// How long a change is kept at least.
const KEPT: TimeDelta = TimeDelta::days(7);
/// Changes in one write: so few that people's writes do not wait.
const SOME: i64 = 1_000;

/// Drops some of the oldest changes; gives how many. The last one always stays: its number says how
/// far the change feed has come.
pub(crate) fn drop_some(tx: &mut Tx<'_>) -> Result<usize> {
    let before = tx.now_utc() - KEPT;
    // Numbers are given in the order of time, but for moments.
    let edge: Option<(i64, NaiveDateTime)> = change::table
        .order(change::seq)
        .offset(SOME)
        .select((change::seq, change::at))
        .first(tx.conn)
        .optional()?;
    match edge {
        Some((edge, at)) if at < before => {
            keep_dropped(tx, edge)?;
            Ok(diesel::delete(change::table.filter(change::seq.lt(edge))).execute(tx.conn)?)
        }
        _ => Ok(0),
    }
}
