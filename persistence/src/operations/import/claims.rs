//! Which jobs a process is at, so that no other one ends them. A claim ends with its process,
//! however that ends: on PostgreSQL it is an advisory lock of a session, on SQLite a lock on a file
//! beside the database.

use std::collections::BTreeMap;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use xinwu_store::Purpose;
use xinwu_store::beside::{open_beside, path_beside};
use xinwu_store::{Conn, Db, Result, StoreError, Url};

diesel::define_sql_function! {
    /// A key for an advisory lock.
    fn hashtextextended(text: Text, seed: BigInt) -> BigInt;
}
diesel::define_sql_function! {
    /// Takes a lock for the session; false when another has it.
    fn pg_try_advisory_lock(key: BigInt) -> Bool;
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
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    /// With the locked file of each, on SQLite.
    jobs: BTreeMap<String, Option<File>>,
    /// Opened with the first claim on PostgreSQL.
    session: Option<PgConnection>,
}

impl Claims {
    /// None yet.
    pub fn new(db: Db) -> Claims {
        Claims { db, held: Mutex::default() }
    }

    /// Says that this process is at a job. Gives whether it was free: nobody else is at it, and
    /// neither was this process.
    pub fn take(&self, id: &str) -> Result<bool> {
        let mut held = self.held();
        if held.jobs.contains_key(id) {
            return Ok(false);
        }
        let lock = match self.db.url() {
            Url::Sqlite(path) => match lock_beside(path, id)? {
                None => return Ok(false),
                file => file,
            },
            Url::Postgres(_) => {
                if !held.lock(&self.db, id)? {
                    return Ok(false);
                }
                None
            }
        };
        held.jobs.insert(id.to_owned(), lock);
        Ok(true)
    }

    /// Finds out whether the claims still hold, and takes them again where their session died: on
    /// PostgreSQL whoever is at a job for long asks now and then.
    pub fn renew(&self) -> Result<()> {
        let mut held = self.held();
        let Url::Postgres(_) = self.db.url() else { return Ok(()) };
        let lives = held.session.as_mut().is_some_and(|conn| conn.batch_execute("SELECT 1").is_ok());
        if !lives && !held.jobs.is_empty() {
            held.reopen(&self.db)?;
        }
        Ok(())
    }

    /// Removes the lock files of processes that were killed, on SQLite.
    pub fn sweep(&self) -> Result<()> {
        let Url::Sqlite(path) = self.db.url() else { return Ok(()) };
        let failed = |error: std::io::Error| StoreError::Unavailable(format!("{}: {error}", path.display()));
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let own = lock_path(path, "");
        let own = own.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        for entry in std::fs::read_dir(folder.unwrap_or(Path::new("."))).map_err(failed)? {
            let name = entry.map_err(failed)?.file_name();
            let Some(id) = name.to_str().and_then(|name| name.strip_prefix(&own)) else { continue };
            if self.take(id)? {
                self.give_back(id);
            }
        }
        Ok(())
    }

    /// Says that this process is no longer at it.
    pub fn give_back(&self, id: &str) {
        let mut held = self.held();
        let lock = held.jobs.remove(id);
        if let (Url::Sqlite(path), Some(_)) = (self.db.url(), &lock)
            && let Err(error) = std::fs::remove_file(lock_path(path, id))
        {
            tracing::warn!(%error, import = id, "an import's lock file was not removed");
        }
        if let Some(conn) = held.session.as_mut() {
            let given =
                diesel::select(pg_advisory_unlock(hashtextextended(id, SEED))).get_result::<bool>(conn);
            if given.is_err()
                && let Err(error) = held.reopen(&self.db)
            {
                tracing::warn!(%error, "the session that holds the imports' locks was lost");
            }
        }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    /// Locks a job in the session. One that died, with its server, is opened again once.
    fn lock(&mut self, db: &Db, id: &str) -> Result<bool> {
        if let Some(Ok(locked)) = self.session.as_mut().map(|conn| try_lock(conn, id)) {
            return Ok(locked);
        }
        try_lock(self.reopen(db)?, id)
    }

    /// Opens a session and takes the locks of all jobs in it. A job that another process has taken
    /// meanwhile is that one's.
    fn reopen(&mut self, db: &Db) -> Result<&mut PgConnection> {
        self.session = None;
        let Conn::Pg(mut conn) = Conn::open(db.url(), Purpose::Write)? else {
            return Err(StoreError::internal("a file has no sessions"));
        };
        let mut lost = Vec::new();
        for id in self.jobs.keys() {
            if !try_lock(&mut conn, id)? {
                lost.push(id.clone());
            }
        }
        lost.iter().for_each(|id| drop(self.jobs.remove(id)));
        Ok(self.session.insert(conn))
    }
}

fn try_lock(conn: &mut PgConnection, id: &str) -> Result<bool> {
    Ok(diesel::select(pg_try_advisory_lock(hashtextextended(id, SEED))).get_result(conn)?)
}

fn lock_path(database: &Path, id: &str) -> PathBuf {
    path_beside(database, &format!("-import-{id}"))
}

/// The locked file of a job; `None` when another process has locked it.
fn lock_beside(database: &Path, id: &str) -> Result<Option<File>> {
    let file = open_beside(database, &format!("-import-{id}"))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(StoreError::Unavailable(error.to_string())),
    }
}
