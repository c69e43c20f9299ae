//! The queue for the write lock, among the processes that have one SQLite file open.
//!
//! SQLite gives its write lock to whoever asks in the instant in which it is free, and who waits
//! for it looks ten times a second. A process that writes without a pause, an import or the service
//! under load, leaves it free for microseconds: beside it a sign-in waited 15 s, and most were
//! refused. So whoever wants to write first locks a file beside the database, holds it until it has
//! the write lock, and releases it: whoever has just written stands behind whoever waits.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::time::Duration;

use diesel::connection::SimpleConnection;

use crate::Conn;
use crate::beside::open_beside;
use crate::error::{Result, StoreError};

/// Between two looks. One costs some microseconds.
const PAUSE: Duration = Duration::from_millis(1);
/// Looks before a write is told that the database is busy: five seconds.
const LOOKS: u32 = 5_000;

pub(super) struct WriteQueue(File);

impl WriteQueue {
    pub(super) fn open(database: &Path) -> Result<WriteQueue> {
        Ok(WriteQueue(open_beside(database, "-queue")?))
    }

    /// Begins a transaction that writes on a connection that does not wait by itself.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when another process writes all the time.
    pub(super) fn begin(&self, conn: &mut Conn) -> Result<()> {
        let mut looks = 0;
        wait(&mut looks, || match self.0.try_lock() {
            Ok(()) => Ok(()),
            Err(TryLockError::WouldBlock) => Err(StoreError::Busy("the database is locked")),
            Err(TryLockError::Error(error)) => Err(StoreError::Unavailable(error.to_string())),
        })?;
        let outcome = wait(&mut looks, || Ok(conn.batch_execute("BEGIN IMMEDIATE")?));
        // A lock that cannot be given back would end with the file; and the next write would say
        // so.
        self.0.unlock().ok();
        outcome
    }
}

fn wait(looks: &mut u32, mut look: impl FnMut() -> Result<()>) -> Result<()> {
    loop {
        match look() {
            Err(StoreError::Busy(_)) if *looks < LOOKS => *looks += 1,
            done => return done,
        }
        std::thread::sleep(PAUSE);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

    use super::*;
    use crate::conn::Purpose;
    use crate::db::Url;

    #[test]
    fn who_writes_without_a_pause_lets_who_waits_in_between() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("some.db");
        let url = Url::Sqlite(path.clone());
        let mut first = Conn::open(&url, Purpose::Write).unwrap();
        first.batch_execute("PRAGMA journal_mode = WAL; CREATE TABLE some (text TEXT)").unwrap();
        let (stop, written) = (AtomicBool::new(false), AtomicU32::new(0));
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let (mut conn, queue) =
                    (Conn::open(&url, Purpose::Write).unwrap(), WriteQueue::open(&path).unwrap());
                conn.batch_execute("PRAGMA busy_timeout = 0").unwrap();
                while !stop.load(Ordering::SeqCst) {
                    queue.begin(&mut conn).unwrap();
                    std::thread::sleep(Duration::from_millis(3));
                    conn.batch_execute("COMMIT").unwrap();
                    written.fetch_add(1, Ordering::SeqCst);
                }
            });
            let queue = WriteQueue::open(&path).unwrap();
            first.batch_execute("PRAGMA busy_timeout = 0").unwrap();
            let mut between = Vec::new();
            for _ in 0..20 {
                let before = written.load(Ordering::SeqCst);
                queue.begin(&mut first).unwrap();
                first.batch_execute("COMMIT").unwrap();
                between.push(written.load(Ordering::SeqCst) - before);
            }
            stop.store(true, Ordering::SeqCst);
            // The one that was under way, and one that was next already.
            assert!(between.iter().all(|writes| *writes <= 2), "{between:?}");
        });
    }
}
