//! Many rows at once: prepared statements on SQLite, COPY on PostgreSQL.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::Write;

use indicatif::ProgressBar;
use rusqlite::ToSql;
use rusqlite::types::ToSqlOutput;
use xinwu_store::Url;

use crate::Result;

/// Rows of one transaction on SQLite.
const CHUNK: u64 = 200_000;
/// Bytes of one table that wait for their COPY on PostgreSQL.
const BUFFER: usize = 8 << 20;

/// One value of a row.
pub enum V<'a> {
    T(&'a str),
    I(i64),
    B(bool),
    Y(&'a [u8]),
    N,
}

impl ToSql for V<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            V::T(text) => ToSqlOutput::from(*text),
            V::I(number) => ToSqlOutput::from(*number),
            V::B(truth) => ToSqlOutput::from(*truth),
            V::Y(bytes) => ToSqlOutput::from(*bytes),
            V::N => ToSqlOutput::from(rusqlite::types::Null),
        })
    }
}

/// A table and the columns that are given.
pub struct Table {
    pub name: &'static str,
    pub columns: &'static str,
}

enum Target {
    Sqlite(rusqlite::Connection, HashMap<&'static str, String>),
    /// What waits for its COPY: tables in the order in which they were first given.
    Postgres(postgres::Client, Vec<Waiting>),
}

/// Rows of one table on PostgreSQL: its name, the statement and their text.
type Waiting = (&'static str, String, String);

/// Writes rows as fast as the database takes them, in whatever order: what they refer to is looked
/// up when all are there. What is not closed is not kept.
pub struct Bulk<'a> {
    target: Target,
    /// What PostgreSQL needs to have its foreign keys again.
    keys: Vec<String>,
    written: u64,
    progress: &'a ProgressBar,
    /// Whether a service or the measuring has the database open, too.
    is_beside: bool,
}

impl Bulk<'_> {
    pub fn open<'a>(url: &Url, progress: &'a ProgressBar) -> Result<Bulk<'a>> {
        let mut keys = Vec::new();
        let target = match url {
            Url::Sqlite(path) => {
                let conn = rusqlite::Connection::open(path)?;
                alone(&conn)?;
                // A city that was not filled to the end is thrown away: nothing needs to be safe
                // meanwhile.
                conn.execute_batch(
                    "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE; \
                     PRAGMA cache_size = -1048576; PRAGMA temp_store = MEMORY; PRAGMA foreign_keys = OFF; BEGIN",
                )?;
                conn.set_prepared_statement_cache_capacity(64);
                Target::Sqlite(conn, HashMap::new())
            }
            Url::Postgres(url) => {
                let mut client = postgres::Client::connect(&crate::server::of(url), postgres::NoTls)?;
                client.batch_execute("SET synchronous_commit = off")?;
                keys = take_keys(&mut client)?;
                Target::Postgres(client, Vec::new())
            }
        };
        Ok(Bulk { target, keys, written: 0, progress, is_beside: false })
    }

    /// For rows beside those of a city that is whole.
    pub fn beside<'a>(url: &Url, progress: &'a ProgressBar) -> Result<Bulk<'a>> {
        let target = match url {
            Url::Sqlite(path) => {
                let conn = rusqlite::Connection::open(path)?;
                conn.execute_batch("PRAGMA cache_size = -262144; BEGIN IMMEDIATE")?;
                Target::Sqlite(conn, HashMap::new())
            }
            Url::Postgres(url) => {
                let mut client = postgres::Client::connect(&crate::server::of(url), postgres::NoTls)?;
                client.batch_execute("SET synchronous_commit = off")?;
                Target::Postgres(client, Vec::new())
            }
        };
        Ok(Bulk { target, keys: Vec::new(), written: 0, progress, is_beside: true })
    }

    pub fn row(&mut self, table: &Table, values: &[V<'_>]) -> Result<()> {
        match &mut self.target {
            Target::Sqlite(conn, statements) => {
                let sql = statements.entry(table.name).or_insert_with(|| {
                    let marks = vec!["?"; values.len()].join(",");
                    format!("INSERT INTO {} ({}) VALUES ({marks})", table.name, table.columns)
                });
                conn.prepare_cached(sql)?.execute(rusqlite::params_from_iter(values))?;
                if self.written.is_multiple_of(CHUNK) {
                    conn.execute_batch("COMMIT; BEGIN")?;
                }
            }
            Target::Postgres(client, waiting) => {
                let at = waiting.iter().position(|(name, ..)| *name == table.name).unwrap_or_else(|| {
                    let sql = format!("COPY {} ({}) FROM STDIN", table.name, table.columns);
                    waiting.push((table.name, sql, String::new()));
                    waiting.len() - 1
                });
                copy_line(&mut waiting[at].2, values)?;
                if waiting[at].2.len() >= BUFFER {
                    // What the full one refers to comes first.
                    copy_all(client, waiting)?;
                }
            }
        }
        self.written += 1;
        if self.written.is_multiple_of(10_000) {
            self.progress.inc(10_000);
        }
        Ok(())
    }

    /// Runs one statement.
    pub fn run(&mut self, sql: &str) -> Result<()> {
        match &mut self.target {
            Target::Sqlite(conn, _) => Ok(conn.execute_batch(sql)?),
            Target::Postgres(client, _) => Ok(client.batch_execute(sql)?),
        }
    }

    pub fn close(self) -> Result<()> {
        match self.target {
            Target::Sqlite(conn, _) if self.is_beside => {
                conn.execute_batch("COMMIT; PRAGMA wal_checkpoint(TRUNCATE)")?
            }
            Target::Sqlite(conn, _) => {
                let broken: i64 =
                    conn.query_row("SELECT count(*) FROM pragma_foreign_key_check", [], |row| row.get(0))?;
                if broken > 0 {
                    return Err(format!("{broken} rows refer to nothing").into());
                }
                conn.execute_batch(
                    "COMMIT; PRAGMA locking_mode = NORMAL; PRAGMA journal_mode = WAL; PRAGMA wal_checkpoint(TRUNCATE)",
                )?
            }
            Target::Postgres(mut client, mut waiting) => {
                copy_all(&mut client, &mut waiting)?;
                for key in &self.keys {
                    client.batch_execute(key)?;
                }
                let tables: Vec<&str> = waiting.iter().map(|(name, ..)| *name).collect();
                let tables = if self.is_beside { tables.join(", ") } else { String::new() };
                client.batch_execute(&format!("VACUUM ANALYZE {tables}"))?;
            }
        }
        Ok(())
    }
}

/// Drops the foreign keys; gives what makes each again, which looks at all rows once.
fn take_keys(client: &mut postgres::Client) -> Result<Vec<String>> {
    let keys = "SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname), \
        format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) \
        FROM pg_constraint WHERE contype = 'f' AND connamespace = 'public'::regnamespace ORDER BY 1";
    let (mut drop, mut again) = (String::new(), Vec::new());
    for row in client.query(keys, &[])? {
        writeln!(drop, "{};", row.get::<_, String>(0))?;
        again.push(row.get(1));
    }
    client.batch_execute(&drop)?;
    Ok(again)
}

/// Waits until whoever had the file open has closed it: the service's own connections end a moment
/// after they are dropped.
fn alone(conn: &rusqlite::Connection) -> Result<()> {
    let mut tries = 0;
    while let Err(error) = conn.execute_batch("PRAGMA journal_mode = DELETE") {
        tries += 1;
        if tries > 100 {
            return Err(error.into());
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    Ok(())
}

fn copy_all(client: &mut postgres::Client, waiting: &mut [Waiting]) -> Result<()> {
    for (_, sql, text) in waiting {
        let mut writer = client.copy_in(sql.as_str())?;
        writer.write_all(text.as_bytes())?;
        writer.finish()?;
        text.clear();
    }
    Ok(())
}

/// A row in COPY's text format. None of our texts holds a tab, a line's end or a backslash.
fn copy_line(text: &mut String, values: &[V<'_>]) -> Result<()> {
    for (at, value) in values.iter().enumerate() {
        if at > 0 {
            text.push('\t');
        }
        match value {
            V::T(value) => text.push_str(value),
            V::I(value) => write!(text, "{value}")?,
            V::B(value) => text.push(if *value { 't' } else { 'f' }),
            V::Y(value) => {
                text.push_str("\\\\x");
                for byte in *value {
                    write!(text, "{byte:02x}")?;
                }
            }
            V::N => text.push_str("\\N"),
        }
    }
    text.push('\n');
    Ok(())
}

impl<'a> V<'a> {
    /// The same value for another row.
    pub fn again(&self) -> V<'a> {
        match self {
            V::T(text) => V::T(text),
            V::I(number) => V::I(*number),
            V::B(truth) => V::B(*truth),
            V::Y(bytes) => V::Y(bytes),
            V::N => V::N,
        }
    }
}
