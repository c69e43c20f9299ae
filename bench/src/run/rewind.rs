//! Sets back what earlier measurements rated, so that each begins with the same city.

use xinwu_persistence::Url;

use crate::Result;

/// Takes away every rating that somebody could change, which are those of earlier measurements: they wait, and no figure is made of them.
pub fn rewind(url: &Url) -> Result<()> {
    let mut sql = Sql::open(url)?;
    sql.run("DELETE FROM rating WHERE person IS NOT NULL")?;
    sql.run("DELETE FROM rating_comment")?;
    drop(sql);
    // The first that is measured does not pay for bringing all this into the file.
    if let Url::Sqlite(path) = url {
        let conn = rusqlite::Connection::open(path)?;
        conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    }
    Ok(())
}

/// Statements that the service has no use case for.
pub enum Sql {
    Sqlite(rusqlite::Connection),
    Postgres(Box<postgres::Client>),
}

impl Sql {
    pub fn open(url: &Url) -> Result<Sql> {
        Ok(match url {
            Url::Sqlite(path) => Sql::Sqlite(rusqlite::Connection::open(path)?),
            Url::Postgres(url) => {
                Sql::Postgres(Box::new(postgres::Client::connect(&crate::server::of(url), postgres::NoTls)?))
            }
        })
    }

    /// Runs one statement; gives how many rows it changed.
    pub fn run(&mut self, sql: &str) -> Result<u64> {
        Ok(match self {
            Sql::Sqlite(conn) => conn.execute(sql, [])? as u64,
            Sql::Postgres(client) => client.execute(sql, &[])?,
        })
    }

    /// The texts of a query's only column.
    pub fn texts(&mut self, sql: &str) -> Result<Vec<String>> {
        Ok(match self {
            Sql::Sqlite(conn) => {
                conn.prepare(sql)?.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?
            }
            Sql::Postgres(client) => client.query(sql, &[])?.iter().map(|row| row.get(0)).collect(),
        })
    }
}
