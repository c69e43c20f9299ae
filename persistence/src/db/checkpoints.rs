//! Brings what SQLite's write-ahead log holds into the file, beside the writer and not in its commits: there each would hold up a group of writes by the time of two
//! flushes and some thousand pages.

use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::time::Duration;

use crate::Conn;
use crate::conn::Purpose;
use crate::db::Url;
use crate::error::{Result, StoreError};

/// Between two: a page that many writes change meanwhile is copied once.
const PAUSE: Duration = Duration::from_millis(500);
/// Pages in the log from which on the writer waits until the log begins anew: 256 MiB. While writes never pause, it cannot begin anew by itself.
const MOST: i64 = 65_536;

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

fn serve(url: &Url, commits: &Receiver<()>) {
    let mut kept: Option<Conn> = None;
    while commits.recv().is_ok() {
        std::thread::sleep(PAUSE);
        // Taken before the log is looked at: what is committed from here on is due again. After the end the file may be gone.
        if commits.try_recv() == Err(TryRecvError::Disconnected) {
            return;
        }
        let outcome = kept.take().map_or_else(|| Conn::open(url, Purpose::Write), Ok).and_then(|mut conn| {
            if conn.checkpoint(false)? > MOST {
                conn.checkpoint(true)?;
            }
            Ok(conn)
        });
        match outcome {
            Ok(conn) => kept = Some(conn),
            Err(error) => tracing::warn!(%error, "the write-ahead log was not brought into the file"),
        }
    }
}

#[cfg(test)]
mod tests {
    use diesel::connection::SimpleConnection;

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
        let pages = beside.checkpoint(false).unwrap();
        assert!(has_some("after.db"));
        for _ in 0..10 {
            writer.batch_execute("INSERT INTO some VALUES (hex(randomblob(40000)))").unwrap();
        }
        let long = beside.checkpoint(true).unwrap();
        writer.batch_execute("INSERT INTO some VALUES ('short')").unwrap();
        let anew = beside.checkpoint(false).unwrap();
        assert!(pages > 0 && anew > 0 && anew < long, "{pages}, {long}, {anew}");
    }
}
