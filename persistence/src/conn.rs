//! One connection, to either database.

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection, SqliteConnection};

use crate::db::Url;
use crate::error::{Result, StoreError};

/// A connection to the one database or the other. Selects, plain inserts, updates and deletes are written once over it; what diesel cannot say
/// for both at once (upserts, batches, `returning`) goes through [`on_each!`](crate::dialect::on_each).
#[derive(diesel::MultiConnection)]
pub enum Conn {
    /// SQLite, bundled
    Sqlite(SqliteConnection),
    /// PostgreSQL, through the system's libpq
    Pg(PgConnection),
}

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    Read,
    Write,
}

impl Conn {
    pub(crate) fn open(url: &Url, purpose: Purpose) -> Result<Conn> {
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
                    Purpose::Write => {
                        conn.batch_execute("PRAGMA synchronous = FULL; PRAGMA cache_size = -16384;")?
                    }
                }
                Ok(Conn::Sqlite(conn))
            }
            Url::Postgres(url) => {
                let mut conn = PgConnection::establish(url)
                    .map_err(|error| StoreError::Unavailable(error.to_string()))?;
                conn.batch_execute(
                    "SET TIME ZONE 'UTC'; SET statement_timeout = '60s'; SET lock_timeout = '10s';",
                )?;
                Ok(Conn::Pg(conn))
            }
        }
    }
}

/// Makes and checks pooled connections.
#[derive(Debug)]
pub(crate) struct Manager {
    pub url: Url,
    pub purpose: Purpose,
}

impl r2d2::ManageConnection for Manager {
    type Connection = Conn;
    type Error = StoreError;

    fn connect(&self) -> Result<Conn> {
        Conn::open(&self.url, self.purpose)
    }

    fn is_valid(&self, conn: &mut Conn) -> Result<()> {
        Ok(conn.batch_execute("SELECT 1")?)
    }

    fn has_broken(&self, conn: &mut Conn) -> bool {
        // A panic or a lost server may leave a transaction open: such a connection is not given out again.
        conn.batch_execute("ROLLBACK").is_err() && conn.batch_execute("SELECT 1").is_err()
    }
}
