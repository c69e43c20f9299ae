//! The database: `db.read(|conn| …)`, `db.write(|tx| …)` and, where one statement usually has the
//! whole answer, `db.read_single_statement(…)` are the only ways in.
//!
//! On SQLite reads use a pool of read-only connections, and writes go to one writer thread that
//! commits many of them at once (group commit). On PostgreSQL reads and writes are ordinary
//! transactions (a single statement read at once has none), on the server that takes writes or,
//! where a reader may, on one that replays them. The measurements behind this are in `docs/adr/`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use xinwu_domain::subject::{Cause, Subject};

use crate::change_feed::{ChangeFeed, Poller, drop_some};
use crate::conn::{Conn, Purpose};
use crate::error::{Result, StoreError};
use crate::tx::{BeforeCommit, Tx};
use crate::{Clock, Migrations};

mod checkpoints;
mod idle;
mod serializable;
mod server;
mod servers;
mod service;
mod url;
mod workers;
mod write_queue;
mod writer;

use idle::{Idle, checkout};
pub(crate) use servers::Servers;
pub use service::ServiceLock;
pub use url::Url;
use workers::Workers;
use writer::Writer;

/// How the database is opened.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where the data is.
    pub url: Url,
    /// Connections for reads, at least 1; on PostgreSQL as many again for writes, so that writes
    /// that wait for a standby hold up no read.
    pub connections: u32,
    /// How long a request waits for a connection before it is told that the service is busy.
    pub patience: Duration,
    /// Tells the time to every write.
    pub clock: Clock,
}

/// How long the end of a process waits for those who read or copy SQLite's write-ahead log.
const LONGEST_WAIT: Duration = Duration::from_secs(5);
const BETWEEN_TRIES: Duration = Duration::from_millis(20);
/// Subjects of whom one write says that their facts changed.
const TOLD_AT_ONCE: usize = 500;
/// Milliseconds of each try.
const FOR_READERS: u32 = 1_000;

/// Begins a read: one snapshot for all its statements.
const SQLITE_READ: &str = "BEGIN";
const POSTGRES_READ: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// How new what is read must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consistency {
    /// As the server that takes writes has it: for whoever may have written something, through
    /// another process too.
    Newest,
    /// A replica will do that has all that this process wrote or knows of: for readers who have
    /// written nothing themselves.
    ReplicaOrNewest,
}

struct Inner {
    store: Store,
    reads: Workers,
    writes: Workers,
    change_feed: ChangeFeed,
    poller: Arc<Poller>,
    before_commit: BeforeCommit,
    options: Options,
}

impl Inner {
    /// On a thread that may block: one snapshot for all statements of `work`.
    fn read<T>(&self, consistency: Consistency, work: impl FnOnce(&mut Conn) -> Result<T>) -> Result<T> {
        match &self.store {
            Store::File { readers, .. } => readers.read(self.file(readers, Some(SQLITE_READ))?, work),
            Store::Servers(servers) => {
                let lent = servers.checkout_read(Some(POSTGRES_READ), consistency)?;
                lent.idle.read(lent.conn, work).map_err(|error| match error {
                    // Only a replica does this to a read: what it replays has removed what the read
                    // still needed.
                    error if error.is_serialization_failure() => {
                        StoreError::Busy("a replica broke the read off")
                    }
                    error => error,
                })
            }
        }
    }

    /// On a thread that may block: a snapshot for each statement of `work`, which has one.
    fn read_single_statement<T>(
        &self,
        consistency: Consistency,
        work: impl FnOnce(&mut Conn) -> Result<T>,
    ) -> Result<T> {
        match &self.store {
            Store::File { readers, .. } => readers.read_single_statement(self.file(readers, None)?, work),
            Store::Servers(servers) => {
                let lent = servers.checkout_read(None, consistency)?;
                lent.idle.read_single_statement(lent.conn, work)
            }
        }
    }

    /// A connection to the file, with `begin` done, if anything is to begin.
    fn file(&self, readers: &Idle, begin: Option<&str>) -> Result<Conn> {
        if let Some(conn) = readers.checkout(begin) {
            return Ok(conn);
        }
        let mut conn = Conn::open(&self.options.url, Purpose::Read)?;
        checkout(&mut conn, begin)?;
        Ok(conn)
    }
}

/// The two kinds of database.
enum Store {
    File { readers: Idle, writer: Writer },
    Servers(Arc<Servers>),
}

/// What the metrics page shows of the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gauges {
    /// Connections in use.
    pub in_use: usize,
    /// Connections that are open.
    pub connections: usize,
    /// Writes that wait for the writer.
    pub queue: usize,
}

/// A database, open. Cheap to clone.
#[derive(Clone)]
pub struct Db {
    inner: Arc<Inner>,
    clock: Clock,
}

impl Db {
    /// Opens a database that exists and has all of `migrations`. Whatever its writes change of the
    /// facts behind grades, `before_commit` brings the grades up to; it says whose a line of the
    /// audit is.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when it cannot be reached, does not exist, or lacks migrations.
    pub fn open(options: Options, migrations: &Migrations, before_commit: BeforeCommit) -> Result<Db> {
        if let Url::Sqlite(path) = &options.url
            && !path.exists()
        {
            return Err(StoreError::Unavailable(format!(
                "there is no database at {}; `xinwu migrate` creates one",
                path.display()
            )));
        }
        migrations.require_current(&options.url)?;
        let change_feed = ChangeFeed::default();
        let (store, poller) = match &options.url {
            Url::Sqlite(_) => {
                let poller = Arc::new(Poller::of_file(&options.url)?);
                let writer =
                    Writer::start(&options.url, before_commit, change_feed.clone(), Arc::clone(&poller))?;
                (Store::File { readers: Idle::default(), writer }, poller)
            }
            Url::Postgres(urls) => {
                let servers = Arc::new(Servers::new(urls));
                (Store::Servers(Arc::clone(&servers)), Arc::new(Poller::of_servers(servers)?))
            }
        };
        let (reads, writes) = (
            Workers::new(options.connections, options.patience)?,
            Workers::new(options.connections, options.patience)?,
        );
        let clock = options.clock.clone();
        let inner = Inner { store, reads, writes, change_feed, poller, before_commit, options };
        Ok(Db { inner: Arc::new(inner), clock })
    }

    /// The change feed, to subscribe to what changes.
    pub fn change_feed(&self) -> &ChangeFeed {
        &self.inner.change_feed
    }

    /// Tells the subscribers of the change feed what was committed since this was last called, or
    /// since the database was opened, by other processes too; gives how many changes. Whatever
    /// keeps something in memory for longer than a request calls it again and again.
    ///
    /// # Errors
    /// What was not read then is read the next time.
    pub async fn poll_changes(&self) -> Result<usize> {
        let inner = Arc::clone(&self.inner);
        blocking(move || inner.poller.poll_changes(&inner.change_feed)).await
    }

    /// What a serving process does again and again instead of [`Db::poll_changes`]: it tells the
    /// others that it has written, and learns what they have. Gives how long to wait for the next
    /// time.
    pub async fn poll_round(&self) -> Result<Duration> {
        let inner = Arc::clone(&self.inner);
        blocking(move || inner.poller.round(&inner.change_feed)).await
    }

    /// [`Db::poll_changes`] for a thread that may block: tests.
    pub fn poll_changes_blocking(&self) -> Result<usize> {
        wait_for(self.poll_changes())
    }

    /// Where the data is.
    pub fn url(&self) -> &Url {
        &self.inner.options.url
    }

    /// The clock that writes are dated by.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The same database with writes dated by another clock: the demo's year of history is made so.
    #[must_use]
    pub fn dated_by(&self, clock: Clock) -> Db {
        Db { clock, ..self.clone() }
    }

    /// What the metrics page shows.
    pub fn gauges(&self) -> Gauges {
        let Inner { store, reads, writes, .. } = &*self.inner;
        let (idle, queue) = match store {
            Store::File { readers, writer } => (readers.len(), writer.queued()),
            Store::Servers(servers) => (servers.idle(), 0),
        };
        let in_use = reads.busy() + writes.busy();
        Gauges { in_use, connections: in_use + idle, queue }
    }

    /// Runs `work` on one snapshot of the data as they stand now, on a thread that may block. While
    /// no server of PostgreSQL takes writes they are as some other one has them.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when no connection came free in time, [`StoreError::Unavailable`]
    /// without a database.
    pub async fn read<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Conn) -> Result<T> + Send + 'static,
    {
        self.read_from(Consistency::Newest, work).await
    }

    /// [`Db::read`] of data as new as the reader needs.
    pub async fn read_from<T, F>(&self, consistency: Consistency, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Conn) -> Result<T> + Send + 'static,
    {
        let inner = Arc::clone(&self.inner);
        self.inner.reads.run(move || inner.read(consistency, work)).await
    }

    /// [`Db::read_from`] of what one statement usually gives, which is a snapshot by itself: no
    /// transaction begins for it and none ends, on PostgreSQL two round trips of three. Where
    /// `single_statement` gives nothing, since one statement was not enough, or lost its server,
    /// `work` reads.
    ///
    /// # Errors
    /// As [`Db::read`].
    pub async fn read_single_statement<T, A, F>(
        &self,
        consistency: Consistency,
        single_statement: A,
        work: F,
    ) -> Result<T>
    where
        T: Send + 'static,
        A: FnOnce(&mut Conn) -> Result<Option<T>> + Send + 'static,
        F: FnOnce(&mut Conn) -> Result<T> + Send + 'static,
    {
        let inner = Arc::clone(&self.inner);
        let read = move || match inner.read_single_statement(consistency, single_statement) {
            Ok(Some(found)) => Ok(found),
            Ok(None) => inner.read(consistency, work),
            // A connection that was lost while it waited is found out by its first statement; and a
            // replica may break that off.
            Err(error) if matches!(error, StoreError::Unavailable(_)) || error.is_serialization_failure() => {
                inner.read(consistency, work)
            }
            Err(error) => Err(error),
        };
        self.inner.reads.run(read).await
    }

    /// A read that takes long: of one snapshot, on a connection and a thread of its own, so that no
    /// request waits for either. `work` must end by itself when the process is told to stop.
    ///
    /// # Errors
    /// As [`Db::read`].
    pub async fn read_apart<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Conn) -> Result<T> + Send + 'static,
    {
        let url = self.inner.options.url.clone();
        blocking(move || {
            let mut conn = Conn::open(&url, Purpose::Read)?;
            let begin = if let Url::Sqlite(_) = url { SQLITE_READ } else { POSTGRES_READ };
            checkout(&mut conn, Some(begin))?;
            work(&mut conn)
        })
        .await
    }

    /// Runs `work` in one transaction. When it returns `Ok` everything is on the disk and the
    /// subscribers have learnt of it; on `Err` nothing was stored. `work` may run more than once,
    /// so it must not keep state between runs.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when the queue is full or two transactions could not be ordered,
    /// [`StoreError::Full`], [`StoreError::Unavailable`].
    pub async fn write<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: Fn(&mut Tx<'_>) -> Result<T> + Send + 'static,
    {
        let clock = self.clock.clone();
        match &self.inner.store {
            Store::File { writer, .. } => writer.run(clock, work).await,
            Store::Servers(servers) => {
                let (servers, change_feed) = (Arc::clone(servers), self.inner.change_feed.clone());
                let before_commit = self.inner.before_commit;
                let write = move || serializable::write(&servers, &change_feed, before_commit, &clock, &work);
                self.inner.writes.run(write).await
            }
        }
    }

    /// Says of many that their facts changed ([`Tx::facts_changed`]), some hundreds a write.
    ///
    /// # Errors
    /// As [`Db::write`].
    pub async fn facts_changed(&self, subjects: Vec<Subject>, cause: &Cause) -> Result<()> {
        for part in subjects.chunks(TOLD_AT_ONCE) {
            let (part, cause) = (part.to_vec(), cause.clone());
            self.write(move |tx| {
                part.iter().for_each(|subject| tx.facts_changed(subject.clone(), cause.clone()));
                Ok(())
            })
            .await?;
        }
        Ok(())
    }

    /// [`Db::read`] for a thread that may block: the command line and tests.
    pub fn read_blocking<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Conn) -> Result<T> + Send + 'static,
    {
        wait_for(self.read(work))
    }

    /// [`Db::write`] for a thread that may block: the command line and tests.
    pub fn write_blocking<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: Fn(&mut Tx<'_>) -> Result<T> + Send + 'static,
    {
        wait_for(self.write(work))
    }

    /// Lets the database look at how its tables have grown; cheap, and to be called now and then.
    pub async fn analyze(&self) -> Result<()> {
        self.write(|tx| tx.conn.analyze()).await
    }

    /// Overwrites what was deleted: on SQLite the write-ahead log still has it, as long as nobody
    /// has emptied that; PostgreSQL keeps it until the tables are vacuumed or, if nothing may stay
    /// even in their files, written again. Somebody who reads the log just now is no fault: it is
    /// emptied now and then.
    pub async fn clear_deleted(&self, vacuumed: &'static str, rewritten: &'static str) -> Result<()> {
        let db = self.clone();
        blocking(move || match &db.inner.options.url {
            Url::Sqlite(_) => match db.checkpoint() {
                Err(StoreError::Busy(_)) => Ok(()),
                other => other,
            },
            url @ Url::Postgres(_) => {
                let mut conn = Conn::open(url, Purpose::Write)?;
                conn.batch_execute(&format!("VACUUM {vacuumed}"))?;
                // What is only vacuumed stays in the file until its place is needed.
                Ok(conn.batch_execute(&format!("VACUUM FULL {rewritten}"))?)
            }
        })
        .await
    }

    /// Drops some changes of more than a week ago from the change feed's table, where there are
    /// many; gives how many: `None` if it is done for now.
    pub async fn drop_old_changes(&self) -> Result<usize> {
        self.write(drop_some).await
    }

    /// Ends writing to an SQLite file, waits for what was handed over, and brings the write-ahead
    /// log into it, so that from here on the file alone is whole. It blocks. PostgreSQL needs no
    /// such thing.
    ///
    /// # Errors
    /// As [`Db::checkpoint`].
    pub fn close(&self) -> Result<()> {
        if let Store::File { writer, .. } = &self.inner.store {
            writer.close();
        }
        self.checkpoint()
    }

    /// Brings SQLite's write-ahead log into the file, so that a copy of the file is whole.
    /// PostgreSQL needs no such thing.
    ///
    /// # Errors
    /// [`StoreError::Busy`] while somebody reads or copies the log for longer than five seconds.
    pub fn checkpoint(&self) -> Result<()> {
        let Url::Sqlite(_) = &self.inner.options.url else { return Ok(()) };
        let mut conn = Conn::open(&self.inner.options.url, Purpose::Write)?;
        let began = Instant::now();
        // Whoever copies from the log already refuses another at once, and waits for nobody.
        while !conn.empty_log(FOR_READERS)? {
            if began.elapsed() > LONGEST_WAIT {
                return Err(StoreError::Busy("the log is being read"));
            }
            std::thread::sleep(BETWEEN_TRIES);
        }
        Ok(())
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(outcome) => outcome,
        Err(error) => Err(StoreError::internal(format!("a store's closure did not finish: {error}"))),
    }
}

/// Waits for `future` on a thread that may block.
pub fn wait_for<T>(future: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .map_err(|error| StoreError::internal(error.to_string()))?
        .block_on(future)
}
