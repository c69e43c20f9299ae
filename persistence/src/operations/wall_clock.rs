//! What the database knows of the time: its server's clock, or when a service last worked on the
//! file; and what the operator said of the machine's (`xinwu_domain::wall_clock`).

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::Timestamp;
use xinwu_domain::wall_clock::Yardstick;

use xinwu_store::{Conn, Result, Tx};

const LAST_TICK: &str = "last_tick";
const ACCEPTED: &str = "clock_accepted";

/// What the machine's clock is compared with at a start.
pub fn yardstick(conn: &mut Conn) -> Result<Yardstick> {
    if let Conn::Pg(conn) = conn {
        let now = diesel::dsl::sql::<Timestamp>("clock_timestamp() AT TIME ZONE 'UTC'");
        let now: chrono::NaiveDateTime = diesel::select(now).get_result(conn)?;
        return Ok(Yardstick::Server(now.and_utc()));
    }
    Ok(Yardstick::LastTick(instant(conn, LAST_TICK)?))
}

/// When the operator last said that the machine's clock is right, by that clock.
pub fn accepted(conn: &mut Conn) -> Result<Option<DateTime<Utc>>> {
    instant(conn, ACCEPTED)
}

/// Notes that a service works on this file now. PostgreSQL has a clock of its own.
pub fn note_tick(tx: &mut Tx<'_>) -> Result<()> {
    if let Conn::Pg(_) = tx.conn {
        return Ok(());
    }
    let now = tx.now.to_rfc3339();
    xinwu_store::setting::put(tx, LAST_TICK, &now)
}

/// Notes that the machine's clock is right now.
pub fn accept(tx: &mut Tx<'_>) -> Result<()> {
    let now = tx.now.to_rfc3339();
    xinwu_store::setting::put(tx, ACCEPTED, &now)?;
    note_tick(tx)
}

fn instant(conn: &mut Conn, name: &str) -> Result<Option<DateTime<Utc>>> {
    Ok(xinwu_store::setting::get(conn, name)?.and_then(|kept| kept.parse().ok()))
}
