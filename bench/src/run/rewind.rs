//! Sets back what earlier measurements wrote, so that each begins with the same city.

use chrono::NaiveDate;
use xinwu_domain::calendar::Month;
use xinwu_store::{Clock, Url};

use crate::Result;

/// Takes away every case, and every rating that somebody could change, which are those of earlier
/// measurements: they wait, and no figure is made of them.
pub fn rewind(url: &Url) -> Result<()> {
    let mut sql = Sql::open(url)?;
    put_step_back(&mut sql)?;
    sql.run("DELETE FROM rating WHERE person IS NOT NULL")?;
    sql.run("DELETE FROM rating_comment")?;
    // In the order in which they refer to each other.
    for table in ["case_household", "case_step", "case_clock", "\"case\""] {
        sql.run(&format!("DELETE FROM {table}"))?;
    }
    sql.run("DELETE FROM notice WHERE kind LIKE 'case_%'")?;
    drop(sql);
    // The first that is measured does not pay for bringing all this into the file.
    if let Url::Sqlite(path) = url {
        let conn = rusqlite::Connection::open(path)?;
        conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    }
    Ok(())
}

/// What is put before the name of a step that is made once more; such a name comes after those of
/// all days.
const ASIDE: &str = "kept ";

/// Sets aside what the city published in the step of a 1st and since, so that it can be made once
/// more: what is published later than a step says that it was made.
pub fn set_step_aside(sql: &mut Sql, day: NaiveDate) -> Result<()> {
    // Before what the service is told of, in any zone.
    let before = day.checked_sub_days(chrono::Days::new(2)).ok_or("the day is out of range")?;
    let since = format!("step >= '{day}' AND step < '{ASIDE}'");
    sql.run(&format!("UPDATE rating_step SET covers = '{before} 00:00:00', closes = NULL WHERE {since}"))?;
    for table in ["rating_step", "rating_arrival", "rating_increment"] {
        sql.run(&format!("UPDATE {table} SET step = '{ASIDE}' || step WHERE {since}"))?;
    }
    // The service would put back what it published then.
    sql.forget_published()
}

/// Takes away what steps that were made once more have left, and puts back what was set aside.
/// Grades and tallies follow when they are recomputed.
pub fn put_step_back(sql: &mut Sql) -> Result<()> {
    let aside = sql.texts(&format!(
        "SELECT min(step) FROM rating_step WHERE step LIKE '{ASIDE}%' HAVING count(*) > 0"
    ))?;
    let Some(aside) = aside.first() else { return Ok(()) };
    let day = aside.trim_start_matches(ASIDE);
    let month = Month::containing(day.parse()?).and_then(Month::previous).ok_or("the day is out of range")?;
    for table in ["rating_step", "rating_arrival", "rating_increment"] {
        sql.run(&format!("DELETE FROM {table} WHERE step >= '{day}' AND step < '{ASIDE}'"))?;
        sql.run(&format!(
            "UPDATE {table} SET step = replace(step, '{ASIDE}', '') WHERE step LIKE '{ASIDE}%'"
        ))?;
    }
    sql.run(&format!("UPDATE rating_step SET covers = began_at WHERE step >= '{day}'"))?;
    sql.run(&format!("UPDATE rating_step SET closes = '{month}' WHERE step = '{day}'"))?;
    // The city's own ratings are of nobody and have stars; its reviews have no writer.
    sql.run(&format!("DELETE FROM rating WHERE person IS NOT NULL OR stars IS NULL OR month <= '{month}'"))?;
    sql.run("DELETE FROM rating_comment")?;
    sql.run("DELETE FROM rating_burst")?;
    sql.run("DELETE FROM review WHERE writer IS NOT NULL")?;
    sql.run(&format!("DELETE FROM rating_key WHERE month = '{month}'"))?;
    sql.run(&format!("DELETE FROM rated_month WHERE month = '{month}'"))?;
    let now = Clock::System.now().to_rfc3339();
    sql.run(&format!("UPDATE setting SET value = '{now}' WHERE name = 'last_step'"))?;
    // The service would put back what it published meanwhile.
    sql.forget_published()
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

    /// Removes the file of increments, which stands beside a database of SQLite.
    fn forget_published(&self) -> Result<()> {
        if let Sql::Sqlite(conn) = self
            && let Some(path) = conn.path()
        {
            let file = format!("{path}-increments");
            if std::path::Path::new(&file).exists() {
                std::fs::remove_file(file)?;
            }
        }
        Ok(())
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
