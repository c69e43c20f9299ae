//! The schema's history: forward only, the same names for both databases.

use diesel::connection::SimpleConnection;
use diesel::migration::MigrationSource;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::conn::{Conn, Purpose};
use crate::db::Url;
use crate::error::{Result, StoreError};

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// Brings a database up to this program's schema, making the file first on SQLite. Returns the migrations that it ran.
///
/// # Errors
/// [`StoreError::Unavailable`] when the database cannot be reached, [`StoreError::Internal`] when a migration fails: that one did not happen.
pub fn migrate(url: &Url) -> Result<Vec<String>> {
    if let Url::Sqlite(path) = url
        && let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty())
    {
        std::fs::create_dir_all(folder).map_err(|error| StoreError::Unavailable(error.to_string()))?;
    }
    let mut conn = Conn::open(url, Purpose::Write)?;
    // Set once, before any pool opens: switching it in each connection races.
    if let Conn::Sqlite(conn) = &mut conn {
        conn.batch_execute("PRAGMA journal_mode = WAL;")?;
    }
    let done = match &mut conn {
        Conn::Sqlite(conn) => conn.run_pending_migrations(SQLITE).map(|done| names(&done)),
        Conn::Pg(conn) => conn.run_pending_migrations(POSTGRES).map(|done| names(&done)),
    };
    done.map_err(|error| StoreError::internal(format!("migration failed: {error}")))
}

/// The migrations that a database still lacks.
///
/// # Errors
/// [`StoreError::Unavailable`] when the database cannot be reached.
pub fn pending(url: &Url) -> Result<Vec<String>> {
    let mut conn = Conn::open(url, Purpose::Write)?;
    let pending = match &mut conn {
        Conn::Sqlite(conn) => conn
            .pending_migrations(SQLITE)
            .map(|all| all.iter().map(|each| each.name().to_string()).collect()),
        Conn::Pg(conn) => conn
            .pending_migrations(POSTGRES)
            .map(|all| all.iter().map(|each| each.name().to_string()).collect()),
    };
    pending.map_err(|error| StoreError::internal(format!("the migrations cannot be read: {error}")))
}

/// # Errors
/// [`StoreError::Unavailable`] when migrations are missing, with what to do.
pub(crate) fn require_current(url: &Url) -> Result<()> {
    let missing = pending(url)?;
    if missing.is_empty() {
        return Ok(());
    }
    Err(StoreError::Unavailable(format!(
        "the database lacks {} migration(s); run `xinwu migrate`",
        missing.len()
    )))
}

/// The names of the migrations of each database, for the test that they are the same.
///
/// # Errors
/// [`StoreError::Internal`] when the embedded folders cannot be read.
pub fn names_of_both() -> Result<(Vec<String>, Vec<String>)> {
    let broken = |error: Box<dyn std::error::Error + Send + Sync>| StoreError::internal(error.to_string());
    let sqlite = MigrationSource::<diesel::sqlite::Sqlite>::migrations(&SQLITE).map_err(broken)?;
    let postgres = MigrationSource::<diesel::pg::Pg>::migrations(&POSTGRES).map_err(broken)?;
    Ok((
        sqlite.iter().map(|each| each.name().to_string()).collect(),
        postgres.iter().map(|each| each.name().to_string()).collect(),
    ))
}

fn names(done: &[diesel::migration::MigrationVersion<'_>]) -> Vec<String> {
    done.iter().map(ToString::to_string).collect()
}
