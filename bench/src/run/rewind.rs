//! Sets back what earlier measurements rated, so that each begins with the same city.

use xinwu_domain::calendar::Month;
use xinwu_domain::subject::Subject;
use xinwu_persistence::{Db, Url, standing};

use crate::Result;
use crate::data::City;

/// As the index over voices says it.
const VOICES: &str = "state IN ('counted', 'held', 'rejected')";

/// Takes away every voice that was given since the city's last day, and makes the sums what the rest says.
pub fn rewind(url: &Url, db: &Db, city: &City) -> Result<()> {
    let mut sql = Sql::open(url)?;
    let month = Month::containing(city.today).ok_or("the day is out of range")?;
    let (day, month) = (city.today.to_string(), month.to_string());
    let mut touched = Vec::new();
    for project in &city.projects {
        let fresh =
            format!("project_id = '{}' AND month >= '{month}' AND {VOICES} AND day >= '{day}'", project.id);
        let ids = format!("SELECT id FROM rating WHERE {fresh}");
        let removed = sql.run(&format!("DELETE FROM rating_edit WHERE rating_id IN ({ids})"))?
            + sql.run(&format!("DELETE FROM review WHERE rating_id IN ({ids})"))?
            + sql.run(&format!("DELETE FROM rating WHERE {fresh}"))?;
        if removed > 0 {
            touched.push(project);
        }
    }
    for project in &touched {
        let id = &project.id;
        sql.run(&format!("DELETE FROM rating_month WHERE project_id = '{id}' AND month >= '{month}'"))?;
        let count = |stars: i64| format!("SUM(CASE WHEN overall = {stars} THEN 1 ELSE 0 END)");
        let dimension = |name: &str| format!("COUNT({name}), COALESCE(SUM({name}), 0)");
        sql.run(&format!(
            "INSERT INTO rating_month SELECT project_id, month, {}, 0, {} FROM rating \
             WHERE project_id = '{id}' AND month = '{month}' AND {VOICES} AND state = 'counted' GROUP BY project_id, month",
            [1, 2, 3, 4, 5].map(count).join(", "),
            ["cleaning", "security", "greening", "maintenance", "attitude"].map(dimension).join(", ")
        ))?;
    }
    forget_the_day(&mut sql, city)?;
    sql.run(&format!("DELETE FROM rating_burst WHERE day >= '{day}'"))?;
    drop(sql);
    let firms = touched.iter().map(|project| Subject::firm(city.firms[project.firm].uscc.as_str()));
    let subjects: Vec<Subject> =
        touched.iter().map(|project| Subject::project(&project.id)).chain(firms).collect();
    for part in subjects.chunks(100) {
        let part = part.to_vec();
        db.write_blocking(move |tx| {
            part.iter().try_for_each(|subject| standing::refresh_tally(tx, subject))
        })?;
    }
    // The first that is measured does not pay for bringing all this into the file.
    if let Url::Sqlite(path) = url {
        let conn = rusqlite::Connection::open(path)?;
        conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    }
    Ok(())
}

/// As if the day were new: twenty voices on one day are looked at as a burst, and each round gives some to every project.
pub fn new_day(url: &Url, city: &City) -> Result<()> {
    forget_the_day(&mut Sql::open(url)?, city)
}

fn forget_the_day(sql: &mut Sql, city: &City) -> Result<()> {
    sql.run(&format!("DELETE FROM rating_day WHERE day >= '{}'", city.today)).map(|_| ())
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
