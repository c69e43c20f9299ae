//! Brings what SQLite's write-ahead log holds into the file, beside the writer and not in its commits: there each would hold up a group of writes by the time of two
//! flushes and some thousand pages.

use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::time::Duration;

use diesel::connection::SimpleConnection;

use crate::Conn;
use crate::conn::Purpose;
use crate::db::Url;
use crate::dialect::Log;
use crate::error::{Result, StoreError};

/// Between two: a page that many writes change meanwhile is copied once.
const PAUSE: Duration = Duration::from_millis(500);
/// Pages in the log from which on the writer waits until the log begins anew: 256 MiB. While writes never pause, it cannot begin anew by itself.
const MOST: i64 = 65_536;
/// What the log may still hold of that for it to be worth waiting: a reader that stays, such as a check of the whole database, keeps the rest of the log from the file,
/// and no waiting helps.
const BEHIND: i64 = 4_096;
/// How long the writer waits at most, a second: a reader may have come to stay just then.
const PATIENCE: &str = "PRAGMA busy_timeout = 1000";

/// The thread that does so. It ends with this.
pub(super) struct Checkpoints {
    due: SyncSender<()>,
}

impl Checkpoints {
    pub(super) fn start(url: &Url) -> Result<Checkpoints> {
        let (due, commits) = sync_channel(1);
        let url = url.clone();
        std::thread::Builder::new()
            .name("checkpoints".to_owned())
            .spawn(move || serve(&url, &commits))
            .map_err(|error| StoreError::internal(error.to_string()))?;
        Ok(Checkpoints { due })
    }

    /// Something was committed.
    pub(super) fn are_due(&self) {
        // A full queue has said so already; without a thread the log stays, and nothing is lost.
        self.due.try_send(()).ok();
    }
}

fn open(url: &Url) -> Result<Conn> {
    let mut conn = Conn::open(url, Purpose::Write)?;
    conn.batch_execute(PATIENCE)?;
    Ok(conn)
}

fn serve(url: &Url, commits: &Receiver<()>) {
    let mut kept: Option<Conn> = None;
    while commits.recv().is_ok() {
        std::thread::sleep(PAUSE);
        // Taken before the log is looked at: what is committed from here on is due again. After the end the file may be gone.
        if commits.try_recv() == Err(TryRecvError::Disconnected) {
            return;
        }
        let outcome = kept.take().map_or_else(|| open(url), Ok).and_then(|mut conn| {
            if should_begin_anew(conn.checkpoint()?) {
                conn.begin_log_anew()?;
            }
            Ok(conn)
        });
        match outcome {
            Ok(conn) => kept = Some(conn),
            Err(error) => tracing::warn!(%error, "the write-ahead log was not brought into the file"),
        }
    }
}

fn should_begin_anew(log: Log) -> bool {
    log.pages > MOST && log.pages - log.in_file < BEHIND
}

#[cfg(test)]
mod tests {
    use diesel::prelude::*;
    use diesel::sql_types::BigInt;

    use super::*;

    #[test]
    fn what_the_log_holds_is_brought_into_the_file_and_the_log_begins_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("some.db");
        let url = Url::Sqlite(path.clone());
        let mut writer = Conn::open(&url, Purpose::Write).unwrap();
        writer.batch_execute("PRAGMA journal_mode = WAL; CREATE TABLE some (text TEXT NOT NULL)").unwrap();
        let mut beside = Conn::open(&url, Purpose::Write).unwrap();
        // The file without its log: what it lacks is in the log alone.
        let has_some = |name: &str| {
            let copy = folder.path().join(name);
            std::fs::copy(&path, &copy).unwrap();
            let mut copy = Conn::open(&Url::Sqlite(copy), Purpose::Read).unwrap();
            copy.batch_execute("SELECT text FROM some").is_ok()
        };
        assert!(!has_some("before.db"));
        let pages = beside.checkpoint().unwrap().pages;
        assert!(has_some("after.db"));
        for _ in 0..10 {
            writer.batch_execute("INSERT INTO some VALUES (hex(randomblob(40000)))").unwrap();
        }
        let long = beside.checkpoint().unwrap().pages;
        assert!(beside.begin_log_anew().unwrap());
        writer.batch_execute("INSERT INTO some VALUES ('short')").unwrap();
        let anew = beside.checkpoint().unwrap().pages;
        assert!(pages > 0 && anew > 0 && anew < long, "{pages}, {long}, {anew}");
    }

    #[derive(QueryableByName)]
    struct Patience {
        #[diesel(sql_type = BigInt)]
        timeout: i64,
    }

    fn patience(conn: &mut Conn) -> i64 {
        let Conn::Sqlite(conn) = conn else { unreachable!() };
        diesel::sql_query("PRAGMA busy_timeout").get_result::<Patience>(conn).unwrap().timeout
    }

    #[test]
    fn a_reader_that_stays_holds_no_write_up() {
        let folder = tempfile::tempdir().unwrap();
        let url = Url::Sqlite(folder.path().join("some.db"));
        let mut writer = Conn::open(&url, Purpose::Write).unwrap();
        writer.batch_execute("PRAGMA journal_mode = WAL; CREATE TABLE some (text TEXT NOT NULL)").unwrap();
        let mut reader = Conn::open(&url, Purpose::Read).unwrap();
        reader.batch_execute("BEGIN; SELECT text FROM some").unwrap();
        // What it keeps from the file is more than what it has seen.
        writer.batch_execute("INSERT INTO some VALUES ('unseen')").unwrap();
        let mut beside = open(&url).unwrap();
        let Log { pages, in_file } = beside.checkpoint().unwrap();
        assert!(0 < in_file && in_file < pages, "{in_file} of {pages}");
        // Tried all the same, it is given up before a write that waits for it would be.
        assert!(!beside.begin_log_anew().unwrap());
        assert!(patience(&mut beside) * 2 < patience(&mut writer));
        writer.batch_execute("INSERT INTO some VALUES ('said afterwards')").unwrap();
        reader.batch_execute("COMMIT").unwrap();
        assert!(beside.begin_log_anew().unwrap());
    }

    #[test]
    fn the_log_begins_anew_when_it_is_long_and_nearly_all_of_it_is_in_the_file() {
        let log = |pages, in_file| Log { pages, in_file };
        assert!(!should_begin_anew(log(MOST, MOST)));
        assert!(should_begin_anew(log(MOST + 1, MOST + 1)));
        assert!(should_begin_anew(log(MOST + BEHIND, MOST + 1)));
        assert!(!should_begin_anew(log(MOST + BEHIND, MOST)));
    }
}
