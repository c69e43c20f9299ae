//! One server of PostgreSQL: what it is, how far it is, and the connections to it.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use diesel::{Connection, PgConnection};

use super::idle::{Idle, checkout};
use crate::Conn;
use crate::dialect::position;
use crate::error::{Result, StoreError};

/// How long a read waits for a replica that is a little behind, before it goes to the primary.
const CATCHING_UP: Duration = Duration::from_millis(20);
/// How often it looks meanwhile.
const LOOK: Duration = Duration::from_millis(2);
/// How long a replica that was behind, or away, is not asked again.
const LAGGING: Duration = Duration::from_millis(100);
const UNREACHABLE: Duration = Duration::from_secs(1);

/// What a server is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// It replays what another one writes.
    Standby,
    /// It takes writes. Each promotion begins a new timeline, so of two the one with the higher is
    /// the rightful one.
    Primary {
        /// The timeline.
        timeline: i64,
    },
}

/// The timeline on which a primary writes; 0 on a standby.
const ROLE: &str = "CASE WHEN pg_is_in_recovery() THEN 0 \
    ELSE ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::bigint END";

/// Up to where a standby has replayed, in bytes of the log; -1 when it is none any more. A server
/// that has replayed this far shows it to every later snapshot.
const REPLAYED: &str = "CASE WHEN pg_is_in_recovery() \
    THEN COALESCE((pg_last_wal_replay_lsn() - '0/0'::pg_lsn)::bigint, 0) ELSE -1 END";

pub(super) struct Server {
    url: String,
    pub(super) idle: Idle,
    backs_off_until: Mutex<Option<Instant>>,
}

impl Server {
    pub(super) fn new(url: &str) -> Server {
        Server { url: url.to_owned(), idle: Idle::default(), backs_off_until: Mutex::new(None) }
    }

    /// A new connection, and what the server is.
    pub(super) fn open(&self) -> Result<(Conn, Role)> {
        let mut conn =
            PgConnection::establish(&self.url).map_err(|error| StoreError::Unavailable(error.to_string()))?;
        conn.batch_execute("SET TIME ZONE 'UTC'; SET statement_timeout = '60s'; SET lock_timeout = '10s';")?;
        let role = match number(&mut conn, ROLE)? {
            0 => Role::Standby,
            timeline => Role::Primary { timeline },
        };
        Ok((Conn::Pg(conn), role))
    }

    /// Whether it was behind or away a moment ago.
    pub(super) fn is_backing_off(&self) -> bool {
        self.rest().is_some_and(|until| Instant::now() < until)
    }

    /// A connection, with `begin` done, to a standby that has replayed everything up to `needed`;
    /// `None` if this server is no such thing now.
    pub(super) fn caught_up(&self, needed: i64, begin: Option<&str>) -> Option<Conn> {
        let Some(mut conn) = self.standing_by() else {
            *self.rest() = Instant::now().checked_add(UNREACHABLE);
            return None;
        };
        let began = Instant::now();
        loop {
            // Asked before the transaction begins: the snapshot is taken after it.
            match replayed(&mut conn) {
                Ok(replayed) if replayed >= needed => break,
                Ok(replayed) if replayed >= 0 => {
                    if began.elapsed() >= CATCHING_UP {
                        self.idle.give(conn);
                        *self.rest() = Instant::now().checked_add(LAGGING);
                        return None;
                    }
                    std::thread::sleep(LOOK);
                }
                _ => {
                    self.idle.clear();
                    *self.rest() = Instant::now().checked_add(UNREACHABLE);
                    return None;
                }
            }
        }
        checkout(&mut conn, begin).ok()?;
        Some(conn)
    }

    fn standing_by(&self) -> Option<Conn> {
        if let Some(conn) = self.idle.take() {
            return Some(conn);
        }
        match self.open() {
            Ok((conn, Role::Standby)) => Some(conn),
            _ => None,
        }
    }

    fn rest(&self) -> std::sync::MutexGuard<'_, Option<Instant>> {
        self.backs_off_until.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Up to where the primary behind `conn` has written: everything that is visible.
pub(super) fn written(conn: &mut Conn) -> Result<i64> {
    on_postgres(conn, position!())
}

fn replayed(conn: &mut Conn) -> Result<i64> {
    on_postgres(conn, REPLAYED)
}

fn on_postgres(conn: &mut Conn, expression: &str) -> Result<i64> {
    match conn {
        Conn::Pg(conn) => number(conn, expression),
        Conn::Sqlite(_) => Err(StoreError::internal("a file has no log's positions")),
    }
}

fn number(conn: &mut PgConnection, expression: &str) -> Result<i64> {
    Ok(diesel::select(diesel::dsl::sql::<BigInt>(expression)).get_result(conn)?)
}
