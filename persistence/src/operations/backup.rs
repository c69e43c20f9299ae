//! Copies of a whole database at one moment, and putting one in a database's place.

use std::path::Path;

use diesel::connection::SimpleConnection;
use diesel::dsl::max;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use xinwu_store::Url;
use xinwu_store::beside::path_beside;
use xinwu_store::schema::change;
use xinwu_store::{Conn, Purpose, Result, StoreError};

/// What a copy holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// The versions of the migrations that made its schema.
    pub migrations: Vec<String>,
    /// The number of the last change in it: everything up to it and nothing after it is there, on
    /// SQLite. On PostgreSQL transactions that were open then and had lower numbers are not.
    pub last_change: i64,
}

/// Whether a copy has the months' keys of ratings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keys {
    /// It has them.
    In,
    /// It has none.
    Out,
}

/// Copies an SQLite database into `to`, an empty file or none, while others read and write it. The
/// copy is of one moment; writers do not wait for it, but the write-ahead log grows until it is
/// done. It is not yet flushed to the disk. Where `keys` says so it has none of the months'
/// keys of ratings.
///
/// # Errors
/// [`StoreError::Full`].
pub fn copy_sqlite(from: &Path, to: &Path, keys: Keys) -> Result<Content> {
    let mut conn = Conn::open(&Url::Sqlite(from.to_owned()), Purpose::Write)?;
    let name = to.to_str().ok_or_else(|| StoreError::internal("the copy's path is not UTF-8"))?;
    if let Conn::Sqlite(conn) = &mut conn {
        diesel::sql_query("VACUUM INTO $1").bind::<Text, _>(name).execute(conn)?;
    }
    if keys == Keys::Out {
        // Overwritten in the copy itself, and in no journal beside it.
        let mut copy = Conn::open(&Url::Sqlite(to.to_owned()), Purpose::Write)?;
        copy.batch_execute("PRAGMA journal_mode = OFF; DELETE FROM rating_key;")?;
    }
    content_of_file(to)
}

/// What an SQLite file holds, after a check of all its pages.
///
/// # Errors
/// [`StoreError::Internal`] when it is damaged.
pub fn content_of_file(file: &Path) -> Result<Content> {
    let url = Url::Sqlite(file.to_owned());
    let mut conn = Conn::open(&url, Purpose::Read)?;
    let said: String = diesel::select(diesel::dsl::sql::<Text>(
        "(SELECT group_concat(integrity_check) FROM pragma_integrity_check)",
    ))
    .get_result(&mut conn)?;
    if said != "ok" {
        return Err(StoreError::internal(format!("the copy is damaged: {said}")));
    }
    content(&mut conn)
}

fn content(conn: &mut Conn) -> Result<Content> {
    let last_change: Option<i64> = change::table.select(max(change::seq)).first(conn)?;
    Ok(Content {
        migrations: xinwu_store::migration::applied(conn)?,
        last_change: last_change.unwrap_or_default(),
    })
}

/// A moment of a PostgreSQL database, held open so that another program can read it.
pub struct Moment {
    /// What `pg_dump --snapshot` takes.
    pub snapshot: String,
    /// What is there.
    pub content: Content,
    _conn: Conn,
}

/// Holds this moment of a PostgreSQL database until it is dropped.
pub fn hold_moment(url: &Url) -> Result<Moment> {
    let mut conn = Conn::open(url, Purpose::Write)?;
    conn.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")?;
    let snapshot: String =
        diesel::select(diesel::dsl::sql::<Text>("pg_export_snapshot()")).get_result(&mut conn)?;
    let content = content(&mut conn)?;
    Ok(Moment { snapshot, content, _conn: conn })
}

/// Whether there is nothing yet where a database is to be.
///
/// # Errors
/// [`StoreError::Unavailable`] when a PostgreSQL database cannot be reached: it must be created
/// before.
pub fn is_vacant(url: &Url) -> Result<bool> {
    match url {
        Url::Sqlite(path) => match std::fs::metadata(path) {
            Ok(file) => Ok(file.len() == 0),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(true),
            Err(error) => Err(StoreError::Unavailable(error.to_string())),
        },
        Url::Postgres(_) => {
            let tables = "(SELECT count(*) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace)";
            Ok(number(url, tables)? == 0)
        }
    }
}

/// How many others are connected to a PostgreSQL database.
pub fn others_connected(url: &Url) -> Result<i64> {
    let others = "(SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() \
        AND backend_type = 'client backend')";
    number(url, others)
}

/// The major version of the PostgreSQL server that takes writes, such as 15.
pub fn server_version(url: &Url) -> Result<i64> {
    number(url, "current_setting('server_version_num')::bigint / 10000")
}

fn number(url: &Url, sql: &str) -> Result<i64> {
    let mut conn = Conn::open(url, Purpose::Write)?;
    Ok(diesel::select(diesel::dsl::sql::<BigInt>(sql)).get_result(&mut conn)?)
}

/// Puts a checked copy in the place of an SQLite database, at once and whole: `copy` is renamed,
/// and must lie in the same folder. What was there must be closed: its write-ahead log is brought
/// in and removed first, or it would be taken for the copy's.
///
/// # Errors
/// [`StoreError::Unavailable`] while a program has the database open, or when it cannot be read:
/// then whoever wants another in its place moves it away.
pub fn put_in_place(copy: &Path, to: &Path) -> Result<()> {
    let log = path_beside(to, "-wal");
    if !to.exists() && log.metadata().is_ok_and(|log| log.len() > 0) {
        return Err(StoreError::Unavailable(format!(
            "{} belongs to a database that is no longer beside it, and would be taken for the backup's: \
             move it to where its database is",
            log.display()
        )));
    }
    if to.exists() {
        let mut conn = Conn::open(&Url::Sqlite(to.to_owned()), Purpose::Write)?;
        conn.batch_execute("PRAGMA busy_timeout = 0; PRAGMA journal_mode = DELETE;").map_err(|error| {
            StoreError::Unavailable(format!(
                "{} is open in another program, or damaged ({error}): stop the service, or move the file away with its -wal and -shm",
                to.display()
            ))
        })?;
    }
    // As `migrate` does: kept in the file's head.
    let mut conn = Conn::open(&Url::Sqlite(copy.to_owned()), Purpose::Write)?;
    conn.batch_execute("PRAGMA journal_mode = WAL;")?;
    drop(conn);
    let unavailable = |error: std::io::Error| StoreError::Unavailable(error.to_string());
    std::fs::File::open(copy).and_then(|file| file.sync_all()).map_err(unavailable)?;
    std::fs::rename(copy, to).map_err(unavailable)
}
