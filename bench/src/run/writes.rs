//! Writes: ratings put by signed-in residents, against a plain loop of prepared statements; and all
//! firms re-evaluated.

use std::time::Instant;

use rusqlite::{CachedStatement, Connection, params};
use xinwu_domain::calendar::{DEFAULT_ZONE, Month};
use xinwu_domain::subject::Subject;
use xinwu_store::{Clock, Db, Url};

use super::Bench;
use super::pgbench::{self, Script};
use super::requests::Rating;
use super::table::{Must, Rounds, short};
use crate::data::{open, refresh};
use crate::load::load;
use crate::{Result, say};

/// Rows of one commit, as many as the service's writer takes at most.
const GROUP: usize = 64;

impl Bench<'_> {
    pub fn writes(&mut self) -> Result<()> {
        if !self.wants("a rating put") {
            return Ok(());
        }
        say("a rating put");
        let (mut rate, mut wide) = (Rounds::default(), Rounds::default());
        let (mut looped, mut p99, mut errors, mut slice) = (Rounds::default(), Rounds::default(), 0, 0);
        for _ in 0..self.args.rounds {
            for connections in [64, 256] {
                let file = self.file("puts", &self.puts(&self.ratings(slice))?)?;
                slice += 1;
                let service = self.serve(&[])?;
                let measured = load(service.port, &file, connections, self.args.seconds)?;
                errors += measured.errors;
                match connections {
                    64 => {
                        rate.0.push(measured.rate);
                        // Where nothing was answered the generator says 0.
                        p99.0.push(if measured.rate > 0.0 { measured.p99 / 1000.0 } else { f64::INFINITY });
                    }
                    _ => wide.0.push(measured.rate),
                }
            }
            match &self.url {
                Url::Sqlite(path) => {
                    looped.0.push(plain_loop(&Connection::open(path)?, &self.ratings(slice))?);
                    slice += 1;
                }
                Url::Postgres(url) => looped.0.push(pgbench::rate(
                    &crate::server::of(url),
                    Script::SimpleUpdate,
                    64,
                    self.args.seconds,
                )?),
            }
        }
        let failed = Rounds(vec![errors as f64]);
        self.table.add("a rating put: errors", &errors.to_string(), "", &failed, Must::AtMost(0.0))?;
        let name = "a rating put, 64 connections";
        let measured = short(rate.median());
        let (loop_name, least) = match self.url {
            Url::Sqlite(_) => ("the plain loop (F3)", 0.5),
            Url::Postgres(_) => ("pgbench's simple update", 0.6),
        };
        let looped_rate = short(looped.median());
        self.table.add(
            &format!("{name}: by {loop_name}"),
            &measured,
            &looped_rate,
            &rate.by(&looped),
            Must::AtLeast(least),
        )?;
        let measured = short(wide.median());
        self.table.add(
            "a rating put, 256 connections: by 64",
            &measured,
            &short(rate.median()),
            &wide.by(&rate),
            Must::AtLeast(0.8),
        )?;
        self.table.add("a rating put: p99, ms", &short(p99.median()), "", &p99, Must::AtMost(50.0))
    }

    pub fn reevaluations(&mut self) -> Result<()> {
        let name = "all firms re-evaluated, s";
        if !self.wants(name) {
            return Ok(());
        }
        say("all firms re-evaluated");
        let small = match &self.args.small {
            Some(small) => Some(open(&Url::parse(small)?, Clock::System)?),
            None => None,
        };
        let (mut seconds, mut of_small) = (Rounds::default(), Rounds::default());
        for _ in 0..self.args.rounds {
            seconds.0.push(self.reevaluate(&self.db)?);
            if let Some(small) = &small {
                of_small.0.push(self.reevaluate(small)?);
            }
        }
        let measured = short(seconds.median());
        self.table.add(name, &measured, "", &seconds, Must::AtMost(10.0))?;
        if of_small.0.is_empty() {
            return Ok(());
        }
        let (name, small) = (format!("{name}: by the small city's"), short(of_small.median()));
        self.table.add(&name, &measured, &small, &seconds.by(&of_small), Must::AtMost(1.15))
    }

    /// How many seconds it takes to evaluate all firms, which are the same in a city of any size.
    fn reevaluate(&self, db: &Db) -> Result<f64> {
        let firms = self.city.firms.iter().map(|firm| Subject::firm(firm.uscc.as_str())).collect();
        let began = Instant::now();
        refresh(db, firms)?;
        Ok(began.elapsed().as_secs_f64())
    }
}

/// F3: the rows of as many ratings, written by prepared statements, 64 in a commit that is on the
/// disk; ratings a second.
fn plain_loop(conn: &Connection, ratings: &[Rating]) -> Result<f64> {
    conn.execute_batch("PRAGMA synchronous = FULL; PRAGMA cache_size = -16384; PRAGMA foreign_keys = ON")?;
    conn.set_prepared_statement_cache_capacity(32);
    let began = Instant::now();
    for group in ratings.chunks(GROUP) {
        conn.execute_batch("BEGIN IMMEDIATE")?;
        for rating in group {
            write(conn, rating)?;
        }
        conn.execute_batch("COMMIT")?;
    }
    Ok(ratings.len() as f64 / began.elapsed().as_secs_f64())
}

fn write(conn: &Connection, rating: &Rating) -> Result<()> {
    let month = Month::of(Clock::System.now(), DEFAULT_ZONE).to_string();
    // As long as the service's pseudonyms, and as random.
    let name = || [(); 2].map(|()| xinwu_store::Random.timeless_id().replace('-', "")).concat();
    let [dwelling, person, writer] = [(); 3].map(|()| name().as_bytes().get(..32).map(<[u8]>::to_vec));
    let [cleaning, security, greening, maintenance, attitude] =
        rating.dimensions.map_or([None; 5], |all| all.map(Some));
    let statement = |sql: &str| -> rusqlite::Result<CachedStatement<'_>> { conn.prepare_cached(sql) };
    statement(
        "INSERT INTO rating (dwelling, person, project_id, month, stars, cleaning, security, greening, maintenance, attitude, out, rolled) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0)",
    )?
    .execute(params![
        dwelling, person, rating.project, month, rating.overall, cleaning, security, greening, maintenance, attitude
    ])?;
    if let Some(comment) = rating.comment {
        statement("INSERT INTO rating_comment (writer, project_id, month, comment) VALUES (?, ?, ?, ?)")?
            .execute(params![writer, rating.project, month, comment])?;
    }
    Ok(())
}
