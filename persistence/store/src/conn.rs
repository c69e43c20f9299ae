//! One connection, to either database.

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection, SqliteConnection};

use crate::db::{Servers, Url};
use crate::error::{Result, StoreError};

/// A connection to the one database or the other. Selects, plain inserts, updates and deletes are
/// written once over it; what diesel cannot say for both at once (upserts, batches, `returning`)
/// goes through [`on_each!`](crate::on_each).
#[derive(diesel::MultiConnection)]
pub enum Conn {
    /// SQLite, bundled
    Sqlite(SqliteConnection),
    /// PostgreSQL, through the system's libpq
    Pg(PgConnection),
}

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Reads alone.
    Read,
    /// Writes too.
    Write,
}

impl Conn {
    /// Opens the file, or a session with the server of PostgreSQL that takes writes.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when it cannot be reached.
    pub fn open(url: &Url, purpose: Purpose) -> Result<Conn> {
        match url {
            Url::Sqlite(path) => {
                let path =
                    path.to_str().ok_or_else(|| StoreError::internal("the database's path is not UTF-8"))?;
                let mut conn = SqliteConnection::establish(path)
                    .map_err(|error| StoreError::Unavailable(error.to_string()))?;
                conn.batch_execute(
                    "PRAGMA busy_timeout = 5000; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY;",
                )?;
                match purpose {
                    Purpose::Read => {
                        conn.batch_execute("PRAGMA query_only = ON; PRAGMA cache_size = -4096;")?
                    }
                    // FULL: an answered write is on the disk, not in the system's cache.
                    // Checkpoints have a thread of their own. What is deleted is overwritten.
                    Purpose::Write => conn.batch_execute(
                        "PRAGMA synchronous = FULL; PRAGMA cache_size = -16384; PRAGMA wal_autocheckpoint = 0; PRAGMA secure_delete = ON;",
                    )?,
                }
                Ok(Conn::Sqlite(conn))
            }
            Url::Postgres(urls) => Servers::new(urls).open_primary(),
        }
    }
}
