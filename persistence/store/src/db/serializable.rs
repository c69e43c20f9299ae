//! Writes on PostgreSQL: ordinary transactions on the server that takes writes.

use std::time::Duration;

use diesel::connection::SimpleConnection;

use super::servers::Servers;
use crate::change_feed::{Change, ChangeFeed, ChangeSet};
use crate::error::{Result, StoreError};
use crate::tx::{BeforeCommit, Tx};
use crate::{Clock, Conn};

/// Serializable, so that it gives the guarantee that SQLite's one writer does.
const BEGIN: &str = "BEGIN ISOLATION LEVEL SERIALIZABLE READ WRITE";

/// Runs `work` in a transaction of its own, again when PostgreSQL could not put it in order, and
/// tells the subscribers of `change_feed` what it changed.
///
/// # Errors
/// [`StoreError::Busy`] when it could not be put in order after several tries,
/// [`StoreError::Unavailable`] when no server takes writes.
pub(super) fn write<T>(
    servers: &Servers,
    change_feed: &ChangeFeed,
    before_commit: BeforeCommit,
    clock: &Clock,
    work: &dyn Fn(&mut Tx<'_>) -> Result<T>,
) -> Result<T> {
    const TRIES: u32 = 24;
    let mut lent = servers.checkout_primary(Some(BEGIN))?;
    for attempt in 0..TRIES {
        if attempt > 0 {
            lent.conn.batch_execute(BEGIN)?;
        }
        match try_once(&mut lent.conn, before_commit, clock, work) {
            Ok((value, changes)) => {
                servers.wrote_on(&mut lent.conn);
                change_feed.tell(ChangeSet::Changed(&changes));
                lent.idle.give(lent.conn);
                return Ok(value);
            }
            // What cannot even be ended has lost its server, and there is nobody to try again with.
            Err(error) if lent.conn.batch_execute("ROLLBACK").is_err() => {
                return Err(match error {
                    error if error.is_serialization_failure() => StoreError::Unavailable(error.to_string()),
                    error => error,
                });
            }
            Err(error) if error.is_serialization_failure() => {
                // Spread the rivals out by chance, or they meet again each time; the wait is
                // bounded by the tries.
                let chance = crate::Random.timeless_id().bytes().map(u64::from).sum::<u64>() % 8;
                std::thread::sleep(Duration::from_millis(u64::from(attempt.min(6) + 1) * chance));
            }
            Err(error) => {
                lent.idle.give(lent.conn);
                return Err(error);
            }
        }
    }
    lent.idle.give(lent.conn);
    Err(StoreError::Busy("too many writes to the same rows at once"))
}

/// Runs `work` in the transaction that has begun, and commits it.
fn try_once<T>(
    conn: &mut Conn,
    before_commit: BeforeCommit,
    clock: &Clock,
    work: &dyn Fn(&mut Tx<'_>) -> Result<T>,
) -> Result<(T, Vec<Change>)> {
    let mut tx = Tx::new(conn, clock.now());
    let value = work(&mut tx)?;
    let changes = tx.finish(before_commit)?;
    conn.batch_execute("COMMIT")?;
    Ok((value, changes))
}
