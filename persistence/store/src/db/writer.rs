//! The one writer of SQLite: a thread that runs queued closures, each in a savepoint, and commits
//! once for all that wait.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use diesel::connection::SimpleConnection;
use tokio::sync::oneshot;

use crate::Clock;
use crate::change_feed::{Change, ChangeFeed, ChangeSet, Poller};
use crate::conn::{Conn, Purpose};
use crate::db::Url;
use crate::db::checkpoints::Checkpoints;
use crate::db::write_queue::WriteQueue;
use crate::error::{Result, StoreError};
use crate::tx::{BeforeCommit, Tx};

/// Writes that one commit takes in at most.
const GROUP: usize = 64;
/// Writes that may wait; more are told that the service is busy.
const QUEUE: usize = 4096;

/// A queued write.
trait Job: Send {
    /// Runs it inside its savepoint; the changes when its effects are to be kept.
    fn run(&mut self, conn: &mut Conn) -> Option<Vec<Change>>;
    /// Answers it, after the commit or instead of one.
    fn answer(self: Box<Self>, failed: Option<&StoreError>);
    /// Whether it met a full disk.
    fn is_full(&self) -> bool;
}

struct Typed<T, F> {
    work: F,
    before_commit: BeforeCommit,
    clock: Clock,
    outcome: Option<Result<T>>,
    reply: oneshot::Sender<Result<T>>,
}

impl<T, F> Job for Typed<T, F>
where
    T: Send,
    F: Fn(&mut Tx<'_>) -> Result<T> + Send,
{
    fn run(&mut self, conn: &mut Conn) -> Option<Vec<Change>> {
        let mut tx = Tx::new(conn, self.clock.now());
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            let value = (self.work)(&mut tx)?;
            Ok((value, tx.finish(self.before_commit)?))
        }))
        .unwrap_or_else(|_| Err(StoreError::internal("a write panicked")));
        match outcome {
            Ok((value, changes)) => {
                self.outcome = Some(Ok(value));
                Some(changes)
            }
            Err(error) => {
                self.outcome = Some(Err(error));
                None
            }
        }
    }

    fn answer(self: Box<Self>, failed: Option<&StoreError>) {
        let outcome = match (failed, self.outcome) {
            (_, Some(Err(error))) => Err(error),
            (Some(StoreError::Full), _) => Err(StoreError::Full),
            (Some(error), _) => Err(StoreError::Unavailable(error.to_string())),
            (None, Some(outcome)) => outcome,
            (None, None) => Err(StoreError::internal("a write was never run")),
        };
        // Whoever asked may have gone away; the write stands all the same.
        drop(self.reply.send(outcome));
    }

    fn is_full(&self) -> bool {
        matches!(self.outcome, Some(Err(StoreError::Full)))
    }
}

pub(super) struct Writer {
    /// `None` once it ends.
    queue: Mutex<Option<SyncSender<Box<dyn Job>>>>,
    waiting: Arc<AtomicUsize>,
    before_commit: BeforeCommit,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    pub(super) fn start(
        url: &Url,
        before_commit: BeforeCommit,
        change_feed: ChangeFeed,
        poller: Arc<Poller>,
    ) -> Result<Writer> {
        let mut link = Link { url: url.clone(), conn: None };
        link.conn()?;
        let Url::Sqlite(path) = url else {
            return Err(StoreError::internal("only a file has one writer"));
        };
        let write_queue = WriteQueue::open(path)?;
        let checkpoints = Checkpoints::start(url)?;
        let (queue, jobs) = sync_channel::<Box<dyn Job>>(QUEUE);
        let waiting = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&waiting);
        let thread = std::thread::Builder::new()
            .name("writer".to_owned())
            .spawn(move || {
                serve(link, &write_queue, &jobs, &counter, &Subscribers { change_feed, poller }, checkpoints)
            })
            .map_err(|error| StoreError::internal(error.to_string()))?;
        Ok(Writer {
            queue: Mutex::new(Some(queue)),
            waiting,
            before_commit,
            thread: Mutex::new(Some(thread)),
        })
    }

    pub(super) fn queued(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    pub(super) async fn run<T, F>(&self, clock: Clock, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: Fn(&mut Tx<'_>) -> Result<T> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let job: Box<dyn Job> =
            Box::new(Typed { work, before_commit: self.before_commit, clock, outcome: None, reply });
        let sent = match &*self.queue.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(queue) => queue.try_send(job),
            None => Err(TrySendError::Disconnected(job)),
        };
        if let Err(error) = sent {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            return Err(match error {
                TrySendError::Full(_) => StoreError::Busy("too many writes are waiting"),
                TrySendError::Disconnected(_) => StoreError::Unavailable("the writer has stopped".to_owned()),
            });
        }
        answer.await.unwrap_or_else(|_| Err(StoreError::Unavailable("the writer has stopped".to_owned())))
    }
}

impl Writer {
    /// Takes no more writes, and waits until what is queued is written and the connections are
    /// closed: with the last one of all processes the log goes into the file.
    pub(super) fn close(&self) {
        drop(self.queue.lock().unwrap_or_else(PoisonError::into_inner).take());
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if thread.map_or(Ok(()), JoinHandle::join).is_err() {
            tracing::error!("the writer has panicked");
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.close();
    }
}

/// The writer's connection. After a group that was not committed it is opened again: nothing that
/// the old one holds in memory, and that may not be what stands on the disk, is ever built upon.
struct Link {
    url: Url,
    conn: Option<Conn>,
}

impl Link {
    fn conn(&mut self) -> Result<&mut Conn> {
        let conn = match self.conn.take() {
            Some(conn) => conn,
            None => {
                let mut conn = Conn::open(&self.url, Purpose::Write)?;
                // It waits in the `write_queue`, not in SQLite.
                conn.batch_execute("PRAGMA busy_timeout = 0")?;
                conn
            }
        };
        Ok(self.conn.insert(conn))
    }
}

fn serve(
    mut link: Link,
    write_queue: &WriteQueue,
    jobs: &Receiver<Box<dyn Job>>,
    waiting: &AtomicUsize,
    told: &Subscribers,
    mut checkpoints: Checkpoints,
) {
    while let Ok(first) = jobs.recv() {
        let mut group = vec![first];
        let mut changes = Vec::new();
        let outcome =
            link.conn().and_then(|conn| commit_group(conn, write_queue, &mut group, jobs, &mut changes));
        waiting.fetch_sub(group.len(), Ordering::Relaxed);
        let failed = match outcome {
            Ok(last) => {
                told.of(&changes, last);
                None
            }
            Err(error) => {
                // Closing it ends its transaction.
                link.conn = None;
                tracing::error!(%error, "a group of writes was not committed");
                // A full disk ends the whole transaction, and what is told then is that there is
                // none: the write that met it knows why.
                let is_full = group.iter().any(|job| job.is_full());
                Some(if is_full { StoreError::Full } else { error })
            }
        };
        for job in group {
            job.answer(failed.as_ref());
        }
        if let Some(conn) = &mut link.conn {
            checkpoints.after_commit(conn);
        }
    }
}

/// Whoever is told of what was committed.
struct Subscribers {
    change_feed: ChangeFeed,
    poller: Arc<Poller>,
}

impl Subscribers {
    fn of(&self, changes: &[Change], last: i64) {
        self.change_feed.tell(ChangeSet::Changed(changes));
        self.poller.skip_delivered(changes.len(), last);
    }
}

/// Gives the number of the last change.
fn commit_group(
    conn: &mut Conn,
    write_queue: &WriteQueue,
    group: &mut Vec<Box<dyn Job>>,
    jobs: &Receiver<Box<dyn Job>>,
    changes: &mut Vec<Change>,
) -> Result<i64> {
    write_queue.begin(conn)?;
    let mut next = 0;
    while let Some(job) = group.get_mut(next) {
        next += 1;
        conn.batch_execute("SAVEPOINT one_write")?;
        match job.run(conn) {
            Some(made) => {
                conn.batch_execute("RELEASE one_write")?;
                changes.extend(made);
            }
            None => conn.batch_execute("ROLLBACK TO one_write; RELEASE one_write")?,
        }
        if group.len() < GROUP
            && let Ok(job) = jobs.try_recv()
        {
            group.push(job);
        }
    }
    let last = conn.last_change()?;
    conn.batch_execute("COMMIT")?;
    Ok(last)
}
