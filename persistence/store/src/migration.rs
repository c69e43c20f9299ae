//! The runner of migrations: forward only, the same names for both databases.

use std::fs::OpenOptions;
use std::path::Path;

use diesel::backend::Backend;
use diesel::connection::SimpleConnection;
use diesel::migration::MigrationSource;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness};

use crate::conn::{Conn, Purpose};
use crate::db::Url;
use crate::error::{Result, StoreError};

/// Why nothing is built on a schema of another line.
pub const SQUASHED: &str =
    "on which this version cannot build: it was made before the migrations were squashed into one";

/// A schema's history, for each of the databases.
#[derive(Debug, Clone, Copy)]
pub struct Migrations {
    /// For SQLite.
    pub sqlite: fn() -> EmbeddedMigrations,
    /// For PostgreSQL.
    pub postgres: fn() -> EmbeddedMigrations,
}

impl Migrations {
    /// Brings a database up to this program's schema, making the file first on SQLite. Returns the
    /// migrations that it ran.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the database cannot be reached, [`StoreError::Internal`]
    /// when a migration fails: that one did not happen.
    pub fn run(&self, url: &Url) -> Result<Vec<String>> {
        if let Url::Sqlite(path) = url
            && let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty())
        {
            std::fs::create_dir_all(folder).map_err(|error| StoreError::Unavailable(error.to_string()))?;
        }
        if let Url::Sqlite(path) = url {
            make_private(path).map_err(|error| StoreError::Unavailable(error.to_string()))?;
        }
        let mut conn = Conn::open(url, Purpose::Write)?;
        self.require_descent(&mut conn)?;
        let done = match &mut conn {
            Conn::Sqlite(conn) => {
                conn.batch_execute(PATIENT_ON_SQLITE)?;
                // Set once, before any pool opens: switching it in each connection races.
                switch_to_wal(conn)?;
                // SQLite knows no other way to rebuild a table that others refer to; within a
                // transaction this would say nothing.
                conn.batch_execute("PRAGMA foreign_keys = OFF;")?;
                // Whoever comes second waits here, and finds everything done.
                conn.immediate_transaction(|conn| {
                    let done = run(conn, (self.sqlite)())?;
                    if !done.is_empty() {
                        require_references(conn)?;
                    }
                    Ok(done)
                })
            }
            Conn::Pg(conn) => {
                conn.batch_execute(PATIENT_ON_POSTGRES)?;
                conn.batch_execute(&format!("SELECT pg_advisory_lock({LOCK})"))?;
                // Each migration is a transaction with its bookkeeping. The lock ends with the
                // connection, however that ends.
                run(conn, (self.postgres)())
            }
        };
        done.map_err(|Failed(reason)| StoreError::internal(format!("migration failed: {reason}")))
    }

    /// The migrations that a database still lacks.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the database cannot be reached.
    pub fn pending(&self, url: &Url) -> Result<Vec<String>> {
        let mut conn = Conn::open(url, Purpose::Write)?;
        if !has_bookkeeping(&mut conn)? {
            // Asking makes nothing: several that made the bookkeeping at once would be in each
            // other's way.
            return Ok(self.names()?.0);
        }
        let pending = match &mut conn {
            Conn::Sqlite(conn) => conn
                .pending_migrations((self.sqlite)())
                .map(|all| all.iter().map(|each| each.name().to_string()).collect()),
            Conn::Pg(conn) => conn
                .pending_migrations((self.postgres)())
                .map(|all| all.iter().map(|each| each.name().to_string()).collect()),
        };
        pending.map_err(|error| StoreError::internal(format!("the migrations cannot be read: {error}")))
    }

    /// Which of a schema's versions this program does not know: it is an older one.
    ///
    /// # Errors
    /// [`StoreError::Internal`] when the embedded folders cannot be read.
    pub fn unknown(&self, versions: &[String]) -> Result<Vec<String>> {
        let known = MigrationSource::<diesel::sqlite::Sqlite>::migrations(&(self.sqlite)())
            .map_err(|error| StoreError::internal(error.to_string()))?;
        let known: Vec<String> = known.iter().map(|each| each.name().version().to_string()).collect();
        Ok(versions.iter().filter(|version| !known.contains(version)).cloned().collect())
    }

    fn require_descent(&self, conn: &mut Conn) -> Result<()> {
        if !has_bookkeeping(conn)? {
            return Ok(());
        }
        match self.of_another_line(&applied(conn)?)? {
            Some(last) => Err(StoreError::Unavailable(format!(
                "this database has the schema {last}, {SQUASHED}; create it again, or go on with the version that made it"
            ))),
            None => Ok(()),
        }
    }

    /// The last of a schema's versions, if these migrations cannot build on them: what lacks some
    /// and has others that are not among them is of another line, of before they were squashed,
    /// say.
    ///
    /// # Errors
    /// [`StoreError::Internal`] when the embedded folders cannot be read.
    pub fn of_another_line(&self, versions: &[String]) -> Result<Option<String>> {
        let mut unknown = self.unknown(versions)?;
        let lacks = versions.len() - unknown.len() < self.names()?.0.len();
        Ok(unknown.pop().filter(|_| lacks))
    }

    /// # Errors
    /// [`StoreError::Unavailable`] when migrations are missing, with what to do.
    pub(crate) fn require_current(&self, url: &Url) -> Result<()> {
        let missing = self.pending(url)?;
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
    pub fn names(&self) -> Result<(Vec<String>, Vec<String>)> {
        let broken =
            |error: Box<dyn std::error::Error + Send + Sync>| StoreError::internal(error.to_string());
        let sqlite =
            MigrationSource::<diesel::sqlite::Sqlite>::migrations(&(self.sqlite)()).map_err(broken)?;
        let postgres = MigrationSource::<diesel::pg::Pg>::migrations(&(self.postgres)()).map_err(broken)?;
        Ok((
            sqlite.iter().map(|each| each.name().to_string()).collect(),
            postgres.iter().map(|each| each.name().to_string()).collect(),
        ))
    }
}

/// Makes the file, where there is none, for its owner alone. What SQLite puts beside it takes over
/// who may read it.
fn make_private(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    match made {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// A migration of a city's tables may take long, and a second process waits for the first.
const PATIENT_ON_SQLITE: &str = "PRAGMA busy_timeout = 3600000;";
const PATIENT_ON_POSTGRES: &str = "SET statement_timeout = 0; SET lock_timeout = 0;";
/// Names this lock among those of a PostgreSQL database: "xinwu" in ASCII.
const LOCK: i64 = 0x78_69_6e_77_75;

/// Why a migration did not happen.
struct Failed(String);

impl From<diesel::result::Error> for Failed {
    fn from(error: diesel::result::Error) -> Failed {
        Failed(error.to_string())
    }
}

fn run<DB: Backend>(
    conn: &mut impl MigrationHarness<DB>,
    migrations: EmbeddedMigrations,
) -> std::result::Result<Vec<String>, Failed>
where
    EmbeddedMigrations: MigrationSource<DB>,
{
    conn.run_pending_migrations(migrations)
        .map(|done| names(&done))
        .map_err(|error| Failed(error.to_string()))
}

/// What a migration did while foreign keys were off must agree with them.
fn require_references(conn: &mut SqliteConnection) -> std::result::Result<(), Failed> {
    let broken: Vec<String> = diesel::select(diesel::dsl::sql::<Text>(
        "DISTINCT \"table\" || ' refers to no ' || parent FROM pragma_foreign_key_check",
    ))
    .load(conn)?;
    if broken.is_empty() { Ok(()) } else { Err(Failed(broken.join(", "))) }
}

fn has_bookkeeping(conn: &mut Conn) -> Result<bool> {
    let sql = match conn {
        Conn::Sqlite(_) => "(SELECT count(*) FROM sqlite_master WHERE name = '__diesel_schema_migrations')",
        Conn::Pg(_) => {
            "(SELECT count(*) FROM pg_class WHERE oid = to_regclass('__diesel_schema_migrations'))"
        }
    };
    let tables: i64 = diesel::select(diesel::dsl::sql::<BigInt>(sql)).get_result(conn)?;
    Ok(tables > 0)
}

/// SQLite does not wait for whoever else switches at the same time, so this does.
fn switch_to_wal(conn: &mut SqliteConnection) -> Result<()> {
    const TRIES: u32 = 200;
    for _ in 0..TRIES {
        match conn.batch_execute("PRAGMA journal_mode = WAL;").map_err(StoreError::from) {
            Err(StoreError::Busy(_)) => std::thread::sleep(std::time::Duration::from_millis(50)),
            done => return done,
        }
    }
    Err(StoreError::Busy("the database is locked"))
}

/// The versions of the migrations that a database has.
///
/// # Errors
/// When the database has no schema.
pub fn applied(conn: &mut Conn) -> Result<Vec<String>> {
    let rows: Vec<Applied> =
        diesel::sql_query("SELECT version FROM __diesel_schema_migrations ORDER BY version").load(conn)?;
    Ok(rows.into_iter().map(|row| row.version).collect())
}

#[derive(QueryableByName)]
struct Applied {
    #[diesel(sql_type = Text)]
    version: String,
}

fn names(done: &[diesel::migration::MigrationVersion<'_>]) -> Vec<String> {
    done.iter().map(ToString::to_string).collect()
}

#[cfg(test)]
mod tests {
    use diesel_migrations::embed_migrations;

    use super::*;

    const REMADE: Migrations = Migrations { sqlite: remade, postgres: remade };
    const BROKEN: Migrations = Migrations { sqlite: broken, postgres: broken };

    fn remade() -> EmbeddedMigrations {
        const REMADE: EmbeddedMigrations = embed_migrations!("tests/migrations/remade");
        REMADE
    }

    fn broken() -> EmbeddedMigrations {
        const BROKEN: EmbeddedMigrations = embed_migrations!("tests/migrations/broken");
        BROKEN
    }

    fn rows(url: &Url, table: &str) -> std::result::Result<i64, diesel::result::Error> {
        let sql = format!("(SELECT count(*) FROM {table})");
        let mut conn = Conn::open(url, Purpose::Read).unwrap();
        diesel::select(diesel::dsl::sql::<BigInt>(&sql)).get_result(&mut conn)
    }

    #[test]
    fn a_migration_may_rebuild_a_table_that_others_refer_to() {
        let folder = tempfile::tempdir().unwrap();
        let url = Url::Sqlite(folder.path().join("remade.db"));
        assert_eq!(REMADE.run(&url).unwrap().len(), 2);
        assert_eq!((rows(&url, "parent"), rows(&url, "child")), (Ok(1), Ok(1)));
        let mut conn = Conn::open(&url, Purpose::Write).unwrap();
        assert!(diesel::sql_query("INSERT INTO child VALUES ('b')").execute(&mut conn).is_err());
    }

    #[test]
    fn a_migration_that_leaves_a_reference_broken_does_not_happen() {
        let folder = tempfile::tempdir().unwrap();
        let url = Url::Sqlite(folder.path().join("broken.db"));
        let refused = BROKEN.run(&url).unwrap_err().to_string();
        assert!(refused.contains("child refers to no parent"), "{refused}");
        assert!(rows(&url, "parent").is_err(), "neither did what ran with it");
    }

    #[test]
    fn a_database_of_other_migrations_is_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let url = Url::Sqlite(folder.path().join("other.db"));
        REMADE.run(&url).unwrap();
        let mut conn = Conn::open(&url, Purpose::Write).unwrap();
        let squashed = "UPDATE __diesel_schema_migrations SET version = 'other' || version";
        diesel::sql_query(squashed).execute(&mut conn).unwrap();
        let refused = REMADE.run(&url).unwrap_err().to_string();
        assert!(refused.contains("go on with the version that made it"), "{refused}");
        assert_eq!((rows(&url, "parent"), rows(&url, "child")), (Ok(1), Ok(1)));
    }
}
