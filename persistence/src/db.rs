//! The database: `db.read(|c| …)` and `db.write(|tx| …)` are the only ways in.
//!
//! On SQLite reads use a pool of read-only connections, and writes go to one writer thread that commits many of them at once (group commit). On
//! PostgreSQL both are ordinary transactions over a pool. The measurements behind this are in `docs/adr/`.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use tokio::sync::Semaphore;

use crate::conn::{Conn, Manager, Purpose};
use crate::error::{Result, StoreError};
use crate::search::Search;
use crate::spine::{Hearing, Spine};
use crate::tx::Tx;
use crate::{Clock, migration};

mod writer;

use writer::Writer;

/// Where the data is.
#[derive(Clone, PartialEq, Eq)]
pub enum Url {
    /// `sqlite:PATH`, or a plain path
    Sqlite(PathBuf),
    /// `postgres://…` or `postgresql://…`
    Postgres(String),
}

impl Url {
    /// Reads a database URL.
    ///
    /// # Errors
    /// A sentence for the operator, when the scheme is unknown or the path is empty.
    pub fn parse(text: &str) -> std::result::Result<Url, String> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(Url::Postgres(text.to_owned()));
        }
        let path = text.strip_prefix("sqlite://").or_else(|| text.strip_prefix("sqlite:")).unwrap_or(text);
        if path.is_empty() || path.contains("://") {
            return Err("expected sqlite:PATH or postgres://USER@HOST/DATABASE".to_owned());
        }
        Ok(Url::Sqlite(PathBuf::from(path)))
    }
}

impl std::fmt::Debug for Url {
    /// A PostgreSQL URL may hold a password: it is never printed.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Url::Sqlite(path) => write!(formatter, "sqlite:{}", path.display()),
            Url::Postgres(_) => formatter.write_str("postgres://…"),
        }
    }
}

/// How the database is opened.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where the data is.
    pub url: Url,
    /// Connections for reads (on PostgreSQL for writes too), at least 1.
    pub connections: u32,
    /// How long a request waits for a connection before it is told that the service is busy.
    pub patience: Duration,
    /// Tells the time to every write.
    pub clock: Clock,
}

struct Inner {
    pool: r2d2::Pool<Manager>,
    permits: Arc<Semaphore>,
    writer: Option<Writer>,
    spine: Spine,
    hearing: Hearing,
    search: Arc<Search>,
    options: Options,
}

/// What the metrics page shows of the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gauges {
    /// Connections in use.
    pub in_use: u32,
    /// Connections in the pool.
    pub connections: u32,
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
    /// Opens a database that exists and has this program's schema (see [`migration`]).
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when it cannot be reached, does not exist, or lacks migrations.
    pub fn open(options: Options) -> Result<Db> {
        if let Url::Sqlite(path) = &options.url
            && !path.exists()
        {
            return Err(StoreError::Unavailable(format!(
                "there is no database at {}; `xinwu migrate` creates one",
                path.display()
            )));
        }
        migration::require_current(&options.url)?;
        let pool = r2d2::Pool::builder()
            .max_size(options.connections.max(1))
            .min_idle(Some(1))
            .test_on_check_out(false)
            .error_handler(Box::new(r2d2::NopErrorHandler))
            .connection_timeout(options.patience)
            .build(Manager { url: options.url.clone(), purpose: pool_purpose(&options.url) })
            .map_err(|error| StoreError::Unavailable(error.to_string()))?;
        let mut conn = pool.get().map_err(|error| StoreError::Unavailable(error.to_string()))?;
        let hearing = Hearing::begin(&mut conn, &options.url)?;
        drop(conn);
        let spine = Spine::default();
        let search = Search::listening_to(&spine);
        let writer = match options.url {
            Url::Sqlite(_) => Some(Writer::start(&options.url, spine.clone())?),
            Url::Postgres(_) => None,
        };
        let permits = Arc::new(Semaphore::new(options.connections.max(1) as usize));
        let clock = options.clock.clone();
        Ok(Db { inner: Arc::new(Inner { pool, permits, writer, spine, hearing, search, options }), clock })
    }

    /// The spine, to listen to what changes.
    pub fn spine(&self) -> &Spine {
        &self.inner.spine
    }

    /// Tells the listeners of the spine what was committed since this was last called, or since the database was opened, by other processes too; gives how many
    /// changes. Whatever keeps something in memory for longer than a request calls it again and again.
    ///
    /// # Errors
    /// Those of the database. What was not heard then is heard the next time.
    pub async fn hear(&self) -> Result<usize> {
        let inner = Arc::clone(&self.inner);
        blocking(move || inner.hearing.hear(&inner.spine)).await
    }

    /// [`Db::hear`] for a thread that may block: tests.
    ///
    /// # Errors
    /// Those of [`Db::hear`].
    pub fn hear_blocking(&self) -> Result<usize> {
        wait_for(self.hear())
    }

    /// The names of firms and estates in memory. A search brings them up to date by itself, as the first statement of a read.
    pub fn search(&self) -> Arc<Search> {
        Arc::clone(&self.inner.search)
    }

    /// Where the data is.
    pub(crate) fn url(&self) -> &Url {
        &self.inner.options.url
    }

    /// The clock that writes are dated by.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The same database with writes dated by another clock: the demo's year of history is made so.
    #[must_use]
    pub fn dated_by(&self, clock: Clock) -> Db {
        Db { inner: Arc::clone(&self.inner), clock }
    }

    /// What the metrics page shows.
    pub fn gauges(&self) -> Gauges {
        let state = self.inner.pool.state();
        Gauges {
            in_use: state.connections.saturating_sub(state.idle_connections),
            connections: state.connections,
            queue: self.inner.writer.as_ref().map_or(0, Writer::queued),
        }
    }

    /// Runs `work` on one snapshot of the data, on a thread that may block.
    ///
    /// # Errors
    /// Those of `work`, [`StoreError::Busy`] when no connection came free in time, [`StoreError::Unavailable`] without a database.
    pub async fn read<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Conn) -> Result<T> + Send + 'static,
    {
        let _permit = self.permit().await?;
        let inner = Arc::clone(&self.inner);
        blocking(move || {
            let mut conn = inner.pool.get().map_err(|error| StoreError::Unavailable(error.to_string()))?;
            let conn = &mut *conn;
            let begin = conn.begin_read();
            conn.batch_execute(begin)?;
            let outcome = work(conn);
            // A connection that is lost cannot end its transaction; it is not given out again, and what was read or met before stands.
            conn.batch_execute("ROLLBACK").ok();
            outcome
        })
        .await
    }

    /// Runs `work` in one transaction. When it returns `Ok` everything is on the disk and the listeners have heard of it; on `Err` nothing was
    /// stored. `work` may run more than once, so it must not keep state between runs.
    ///
    /// # Errors
    /// Those of `work`, [`StoreError::Busy`] when the queue is full or two transactions could not be ordered, [`StoreError::Full`],
    /// [`StoreError::Unavailable`].
    pub async fn write<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: Fn(&mut Tx<'_>) -> Result<T> + Send + 'static,
    {
        let clock = self.clock.clone();
        match &self.inner.writer {
            Some(writer) => writer.run(clock, work).await,
            None => {
                let _permit = self.permit().await?;
                let inner = Arc::clone(&self.inner);
                blocking(move || inner.write_on_postgres(&clock, &work)).await
            }
        }
    }

    /// [`Db::read`] for a thread that may block: the command line and tests.
    ///
    /// # Errors
    /// Those of [`Db::read`].
    pub fn read_blocking<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Conn) -> Result<T> + Send + 'static,
    {
        wait_for(self.read(work))
    }

    /// [`Db::write`] for a thread that may block: the command line and tests.
    ///
    /// # Errors
    /// Those of [`Db::write`].
    pub fn write_blocking<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: Fn(&mut Tx<'_>) -> Result<T> + Send + 'static,
    {
        wait_for(self.write(work))
    }

    /// Lets the database look at how its tables have grown; cheap, and to be called now and then.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn keep_statistics(&self) -> Result<()> {
        self.write(|tx| tx.conn.keep_statistics()).await
    }

    /// Brings SQLite's write-ahead log into the file, so that a copy of the file is whole. PostgreSQL needs no such thing.
    ///
    /// # Errors
    /// Those of the database.
    pub fn checkpoint(&self) -> Result<()> {
        match &self.inner.options.url {
            Url::Sqlite(_) => Ok(Conn::open(&self.inner.options.url, Purpose::Write)?
                .batch_execute("PRAGMA wal_checkpoint(TRUNCATE)")?),
            Url::Postgres(_) => Ok(()),
        }
    }

    async fn permit(&self) -> Result<tokio::sync::OwnedSemaphorePermit> {
        let wait = Arc::clone(&self.inner.permits).acquire_owned();
        match tokio::time::timeout(self.inner.options.patience, wait).await {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) => Err(StoreError::Unavailable("the database is closed".to_owned())),
            Err(_) => Err(StoreError::Busy("no connection came free in time")),
        }
    }
}

impl Inner {
    fn write_on_postgres<T>(&self, clock: &Clock, work: &dyn Fn(&mut Tx<'_>) -> Result<T>) -> Result<T> {
        const TRIES: u32 = 24;
        let mut conn = self.pool.get().map_err(|error| StoreError::Unavailable(error.to_string()))?;
        for attempt in 0..TRIES {
            match try_once(&mut conn, clock, work) {
                Ok((value, changes)) => {
                    self.spine.tell(&changes);
                    return Ok(value);
                }
                Err(error) if error.is_serialization_failure() => {
                    // Spread the rivals out by chance, or they meet again each time; the wait is bounded by the tries.
                    let chance = crate::Random.timeless_id().bytes().map(u64::from).sum::<u64>() % 8;
                    std::thread::sleep(Duration::from_millis(u64::from(attempt.min(6) + 1) * chance));
                }
                Err(error) => return Err(error),
            }
        }
        Err(StoreError::Busy("too many writes to the same rows at once"))
    }
}

fn try_once<T>(
    conn: &mut Conn,
    clock: &Clock,
    work: &dyn Fn(&mut Tx<'_>) -> Result<T>,
) -> Result<(T, Vec<crate::spine::Change>)> {
    let begin = conn.begin_write();
    conn.batch_execute(begin)?;
    let mut tx = Tx::new(conn, clock.now());
    let outcome = work(&mut tx).and_then(|value| Ok((value, tx.finish()?)));
    match outcome {
        Ok(done) => match conn.batch_execute("COMMIT") {
            Ok(()) => Ok(done),
            Err(error) => {
                // The commit's own error is the one to report; a transaction it left open is ended before the next use.
                conn.batch_execute("ROLLBACK").ok();
                Err(error.into())
            }
        },
        Err(error) => {
            // The first error says what happened. Where the connection is lost this fails too, and the server has ended the transaction.
            conn.batch_execute("ROLLBACK").ok();
            Err(error)
        }
    }
}

fn pool_purpose(url: &Url) -> Purpose {
    match url {
        Url::Sqlite(_) => Purpose::Read,
        Url::Postgres(_) => Purpose::Write,
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(outcome) => outcome,
        Err(error) => Err(StoreError::internal(format!("a store's closure did not finish: {error}"))),
    }
}

pub(crate) fn wait_for<T>(future: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .map_err(|error| StoreError::internal(error.to_string()))?
        .block_on(future)
}
