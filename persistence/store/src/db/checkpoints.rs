//! Brings what SQLite's write-ahead log holds into the file, and keeps the log short.
//!
//! Copying goes on beside the writer, and not in its commits: there each would hold up a group of
//! writes by the time of two flushes and some thousand pages. What it cannot do from beside is to
//! begin the log again: for that nobody may write in between, and while writes never pause whoever
//! asks for the write lock from another connection hardly ever finds it free. An import so made a
//! log of gigabytes. So the writer does it itself, between two groups, when little is left to copy.

use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::Conn;
use crate::beside::path_beside;
use crate::conn::Purpose;
use crate::db::Url;
use crate::error::{Result, StoreError};

/// Between two copyings: a page that many writes change meanwhile is copied once.
const PAUSE: Duration = Duration::from_millis(500);
/// After so long without a commit the log is emptied, so that the file alone is whole.
const IDLE: Duration = Duration::from_secs(3);
/// Bytes of the log from which on the writer begins it again, unless just now what it holds is
/// being copied,
const LONG: u64 = 64 << 20;
/// and from which on it waits for that copying. With a group of writes and what is copied meanwhile
/// the log stays below 256 MiB.
const TOO_LONG: u64 = 160 << 20;
/// By how much the log grows until the writer tries again what a reader that stays has kept it
/// from.
const STEP: u64 = 16 << 20;
/// Milliseconds for which the writer waits for readers; most take less than one.
const FOR_READERS: u32 = 100;

/// The log's file, and who copies from it: two of one process would refuse each other.
struct Log {
    path: PathBuf,
    copying: Mutex<()>,
}

impl Log {
    /// Its length; nought where there is none.
    fn length(&self) -> u64 {
        self.path.metadata().map_or(0, |file| file.len())
    }

    fn copying(&self) -> MutexGuard<'_, ()> {
        self.copying.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the writer tells the thread.
#[derive(Default)]
struct Signal {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// Something was committed since the log was last looked at.
    is_due: bool,
    ends: bool,
}

/// What the thread does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    /// Copies what the log holds.
    Copy,
    /// Empties it.
    Empty,
    End,
}

impl Signal {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn commit(&self) {
        self.state().is_due = true;
        self.changed.notify_one();
    }

    fn end(&self) {
        self.state().ends = true;
        self.changed.notify_one();
    }

    /// Waits; where the log is empty, for as long as nothing is committed.
    fn next(&self, is_empty: bool) -> Next {
        let waits = |state: &mut State| !state.is_due && !state.ends;
        let mut state = self.state();
        if is_empty {
            state = self.changed.wait_while(state, waits).unwrap_or_else(PoisonError::into_inner);
        } else {
            let waited = self.changed.wait_timeout_while(state, IDLE, waits);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        if !state.is_due {
            return if state.ends { Next::End } else { Next::Empty };
        }
        let waited = self.changed.wait_timeout_while(state, PAUSE, |state| !state.ends);
        state = waited.unwrap_or_else(PoisonError::into_inner).0;
        // Before the log is looked at: what is committed from here on is due again.
        state.is_due = false;
        if state.ends { Next::End } else { Next::Copy }
    }
}

/// The thread that copies. It ends with this.
pub(super) struct Checkpoints {
    signal: Arc<Signal>,
    log: Arc<Log>,
    thread: Option<JoinHandle<()>>,
    /// The length of the log at which the writer begins it again.
    next: u64,
}

impl Checkpoints {
    pub(super) fn start(url: &Url) -> Result<Checkpoints> {
        let Url::Sqlite(database) = url else {
            return Err(StoreError::internal("only a file has a log of its own"));
        };
        let log = Arc::new(Log { path: path_beside(database, "-wal"), copying: Mutex::default() });
        let signal = Arc::new(Signal::default());
        let (url, shared, told) = (url.clone(), Arc::clone(&log), Arc::clone(&signal));
        let thread = std::thread::Builder::new()
            .name("checkpoints".to_owned())
            .spawn(move || serve(&url, &told, &shared))
            .map_err(|error| StoreError::internal(error.to_string()))?;
        Ok(Checkpoints { signal, log, thread: Some(thread), next: LONG })
    }

    /// After each commit, by the writer on its connection.
    pub(super) fn after_commit(&mut self, conn: &mut Conn) {
        self.signal.commit();
        let length = self.log.length();
        if length < self.next {
            return;
        }
        let copying = match self.log.copying.try_lock() {
            Ok(copying) => copying,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) if length < TOO_LONG => return,
            Err(TryLockError::WouldBlock) => self.log.copying(),
        };
        let emptied = conn.empty_log(FOR_READERS);
        drop(copying);
        self.next = if matches!(emptied, Ok(true)) { LONG } else { length.saturating_add(STEP) };
        warn(emptied.err());
    }
}

impl Drop for Checkpoints {
    /// Waits for the thread: whoever closes the last connection to the file empties the log.
    fn drop(&mut self) {
        self.signal.end();
        let ended = self.thread.take().map_or(Ok(()), JoinHandle::join);
        if ended.is_err() {
            tracing::error!("the thread that copies the write-ahead log has panicked");
        }
    }
}

fn warn(error: Option<StoreError>) {
    if let Some(error) = error {
        tracing::warn!(%error, "the write-ahead log was not brought into the file");
    }
}

fn serve(url: &Url, signal: &Signal, log: &Log) {
    let mut kept: Option<Conn> = None;
    // A process that was killed may have left a long one.
    let mut is_empty = false;
    loop {
        let next = signal.next(is_empty);
        if next == Next::End {
            return;
        }
        let opened = kept.take().map_or_else(|| Conn::open(url, Purpose::Write), Ok);
        is_empty = false;
        let outcome = opened.and_then(|mut conn| {
            let copying = log.copying();
            match next {
                Next::Empty => is_empty = conn.empty_log(FOR_READERS)?,
                Next::Copy | Next::End => conn.checkpoint()?,
            }
            drop(copying);
            Ok(conn)
        });
        match outcome {
            Ok(conn) => kept = Some(conn),
            Err(error) => warn(Some(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use diesel::connection::SimpleConnection;

    fn writer(folder: &std::path::Path) -> (Url, Conn) {
        let url = Url::Sqlite(folder.join("some.db"));
        let mut writer = Conn::open(&url, Purpose::Write).unwrap();
        let made = "PRAGMA journal_mode = WAL; CREATE TABLE some (text TEXT NOT NULL)";
        writer.batch_execute(made).unwrap();
        writer.batch_execute("PRAGMA busy_timeout = 0").unwrap();
        (url, writer)
    }

    fn write(conn: &mut Conn, mebibytes: u32) {
        for _ in 0..mebibytes {
            conn.batch_execute("INSERT INTO some VALUES (hex(randomblob(524288)))").unwrap();
        }
    }

    fn log_of(folder: &std::path::Path) -> u64 {
        folder.join("some.db-wal").metadata().map_or(0, |file| file.len())
    }

    #[test]
    fn a_log_that_writes_never_leave_alone_is_restarted_by_the_writer() {
        let folder = tempfile::tempdir().unwrap();
        let (url, mut writer) = writer(folder.path());
        let mut checkpoints = Checkpoints::start(&url).unwrap();
        let mut longest = 0;
        for _ in 0..40 {
            write(&mut writer, 8);
            checkpoints.after_commit(&mut writer);
            longest = longest.max(log_of(folder.path()));
        }
        assert!(longest < 256 << 20, "{longest}");
        assert!(longest >= LONG - STEP, "it copies too soon: {longest}");
    }

    #[test]
    fn a_reader_that_stays_holds_no_write_up_for_long() {
        let folder = tempfile::tempdir().unwrap();
        let (url, mut writer) = writer(folder.path());
        let mut reader = Conn::open(&url, Purpose::Read).unwrap();
        write(&mut writer, 1);
        reader.batch_execute("BEGIN; SELECT text FROM some").unwrap();
        let mut checkpoints = Checkpoints::start(&url).unwrap();
        write(&mut writer, 80);
        // While the thread copies, the writer leaves the log to it.
        while checkpoints.next == LONG {
            checkpoints.after_commit(&mut writer);
        }
        let tried = checkpoints.next;
        assert!(tried > LONG, "{tried}");
        // Until it is longer by a step, it is not tried again.
        write(&mut writer, 1);
        checkpoints.after_commit(&mut writer);
        assert_eq!(checkpoints.next, tried);
        reader.batch_execute("COMMIT").unwrap();
        write(&mut writer, 20);
        while checkpoints.next != LONG {
            checkpoints.after_commit(&mut writer);
        }
        assert_eq!(log_of(folder.path()), 0);
    }

    #[test]
    fn what_is_due_is_copied_then_the_log_is_emptied_once() {
        let signal = Signal::default();
        signal.commit();
        assert_eq!(signal.next(true), Next::Copy);
        assert_eq!(signal.next(false), Next::Empty);
        signal.commit();
        signal.end();
        assert_eq!(signal.next(true), Next::End);
    }
}
