//! Connections that nobody uses just now. How many there are at most follows from the threads that
//! use them (`workers`).

use std::sync::{Mutex, MutexGuard, PoisonError};

use diesel::connection::SimpleConnection;

use crate::Conn;
use crate::error::{Result, StoreError};

/// Begins a transaction, if one is to begin.
pub(super) fn checkout(conn: &mut Conn, begin: Option<&str>) -> Result<()> {
    Ok(begin.map_or(Ok(()), |begin| conn.batch_execute(begin))?)
}

/// Open connections to one server or file.
#[derive(Default)]
pub(super) struct Idle(Mutex<Vec<Conn>>);

impl Idle {
    /// One on which `begin` went well, if there is one; with nothing to begin, any. A connection
    /// that fails at it has lost its server, and so have the others.
    pub(super) fn checkout(&self, begin: Option<&str>) -> Option<Conn> {
        let mut conn = self.take()?;
        if checkout(&mut conn, begin).is_ok() {
            return Some(conn);
        }
        self.clear();
        None
    }

    pub(super) fn take(&self) -> Option<Conn> {
        self.all().pop()
    }

    pub(super) fn give(&self, conn: Conn) {
        self.all().push(conn);
    }

    pub(super) fn clear(&self) {
        // Closed outside the lock: saying goodbye takes a moment.
        let gone = std::mem::take(&mut *self.all());
        drop(gone);
    }

    pub(super) fn len(&self) -> usize {
        self.all().len()
    }

    /// Runs a read on a connection whose transaction has begun, ends that, and keeps the
    /// connection unless it cannot even end it: then its server is lost. One on which `work`
    /// panicked is closed.
    pub(super) fn read<T>(&self, mut conn: Conn, work: impl FnOnce(&mut Conn) -> Result<T>) -> Result<T> {
        let outcome = work(&mut conn);
        if conn.batch_execute("ROLLBACK").is_ok() {
            self.give(conn);
        }
        outcome
    }

    /// Runs a read of one statement on a connection on which no transaction has begun, and keeps
    /// the connection unless the statement failed.
    pub(super) fn read_single_statement<T>(
        &self,
        mut conn: Conn,
        work: impl FnOnce(&mut Conn) -> Result<T>,
    ) -> Result<T> {
        let outcome = work(&mut conn);
        if matches!(outcome, Ok(_) | Err(StoreError::Refused(_))) {
            self.give(conn);
        }
        outcome
    }

    fn all(&self) -> MutexGuard<'_, Vec<Conn>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
