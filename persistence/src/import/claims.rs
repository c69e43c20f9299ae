//! Which jobs a process is at, so that another one's start does not end them. PostgreSQL may serve several instances: each holds an advisory lock for each of
//! its jobs, which ends with the process however it ends. An SQLite file has one service.

use std::sync::{Mutex, PoisonError};

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use crate::conn::Purpose;
use crate::{Conn, Db, Result};

diesel::define_sql_function! {
    /// A key for an advisory lock.
    fn hashtextextended(text: Text, seed: BigInt) -> BigInt;
}
diesel::define_sql_function! {
    /// Takes a lock for the session; false when another has it.
    fn pg_try_advisory_lock(key: BigInt) -> Bool;
}
diesel::define_sql_function! {
    /// Takes a lock until the end of the transaction; false when another has it.
    fn pg_try_advisory_xact_lock(key: BigInt) -> Bool;
}
diesel::define_sql_function! {
    /// Gives a session's lock back.
    fn pg_advisory_unlock(key: BigInt) -> Bool;
}

/// Tells this program's locks from any other's.
const SEED: i64 = 0x0078_696e_7775;

/// The jobs that this process is at.
pub struct Claims {
    db: Db,
    /// Opened with the first claim: locks are a session's
    session: Mutex<Option<PgConnection>>,
}

impl Claims {
    /// None yet.
    pub fn new(db: Db) -> Claims {
        Claims { db, session: Mutex::new(None) }
    }

    /// Says that this process is at a job.
    ///
    /// # Errors
    /// Those of the database.
    pub fn take(&self, id: &str) -> Result<()> {
        let mut session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        if session.is_none() {
            match Conn::open(self.db.url(), Purpose::Write)? {
                Conn::Pg(conn) => *session = Some(conn),
                Conn::Sqlite(_) => return Ok(()),
            }
        }
        if let Some(conn) = session.as_mut() {
            let taken =
                diesel::select(pg_try_advisory_lock(hashtextextended(id, SEED))).get_result::<bool>(conn);
            if let Err(error) = taken {
                // The next claim opens another session.
                *session = None;
                return Err(error.into());
            }
        }
        Ok(())
    }

    /// Says that this process is no longer at it.
    pub fn give_back(&self, id: &str) {
        let mut session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(conn) = session.as_mut() {
            let given =
                diesel::select(pg_advisory_unlock(hashtextextended(id, SEED))).get_result::<bool>(conn);
            if given.is_err() {
                *session = None;
            }
        }
    }
}

/// Whether no process is at a job. Then none is until this transaction ends.
pub(super) fn nobody_is_at(conn: &mut Conn, id: &str) -> Result<bool> {
    match conn {
        Conn::Sqlite(_) => Ok(true),
        Conn::Pg(conn) => {
            Ok(diesel::select(pg_try_advisory_xact_lock(hashtextextended(id, SEED))).get_result(conn)?)
        }
    }
}
