//! Writes: ratings put by signed-in residents, against a plain loop of prepared statements; and all firms evaluated anew.

use std::time::Instant;

use rusqlite::{CachedStatement, Connection, params};
use xinwu_domain::calendar::{DEFAULT_ZONE, Month, day_of};
use xinwu_domain::subject::Subject;
use xinwu_persistence::{Clock, Db, Url};

use super::Bench;
use super::pgbench::{self, Script};
use super::requests::Voice;
use super::rewind::new_day;
use super::service::Service;
use super::table::{Must, Rounds, short};
use crate::data::{open, refresh, stored};
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
        let plain = self.serve(&[])?;
        let answers = self.answers(&plain)?;
        drop(plain);
        let floor = Service::floor(&answers, &self.folder)?;
        let (mut rate, mut wide, mut bare, mut bare_wide) =
            (Rounds::default(), Rounds::default(), Rounds::default(), Rounds::default());
        let (mut looped, mut p99, mut errors, mut slice) = (Rounds::default(), Rounds::default(), 0, 0);
        for _ in 0..self.args.rounds {
            for connections in [64, 256] {
                new_day(&self.url, &self.city)?;
                let file = self.file("puts", &self.puts(&self.voices(slice))?)?;
                slice += 1;
                let below = load(floor.port, &file, connections, self.args.seconds)?;
                let service = self.serve(&[])?;
                let measured = load(service.port, &file, connections, self.args.seconds)?;
                errors += measured.errors;
                match connections {
                    64 => {
                        rate.0.push(measured.rate);
                        // Where nothing was answered the generator says 0.
                        p99.0.push(if measured.rate > 0.0 { measured.p99 / 1000.0 } else { f64::INFINITY });
                        bare.0.push(below.rate);
                    }
                    _ => {
                        wide.0.push(measured.rate);
                        bare_wide.0.push(below.rate);
                    }
                }
            }
            match &self.url {
                Url::Sqlite(path) => {
                    new_day(&self.url, &self.city)?;
                    looped.0.push(plain_loop(&Connection::open(path)?, &self.voices(slice))?);
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
        let (measured, below) = (short(rate.median()), short(bare.median()));
        let loop_name = match self.url {
            Url::Sqlite(_) => "the plain loop (F3)",
            Url::Postgres(_) => "pgbench's simple update",
        };
        let looped_rate = short(looped.median());
        self.table.add(
            &format!("{name}: by {loop_name}"),
            &measured,
            &looped_rate,
            &rate.by(&looped),
            Must::AtLeast(0.35),
        )?;
        self.table.add(&format!("{name}: by F1"), &measured, &below, &rate.by(&bare), Must::AtLeast(0.10))?;
        let measured = short(wide.median());
        self.table.add(
            "a rating put, 256 connections: by F1",
            &measured,
            &short(bare_wide.median()),
            &wide.by(&bare_wide),
            Must::AtLeast(0.14),
        )?;
        self.table.add("a rating put: p99, ms", &short(p99.median()), "", &p99, Must::AtMost(50.0))
    }

    pub fn evaluations_anew(&mut self) -> Result<()> {
        if !self.wants("evaluated anew") {
            return Ok(());
        }
        say("all firms evaluated anew");
        let name = "all firms evaluated anew, s";
        let small = match &self.args.small {
            Some(small) => Some(open(&Url::parse(small)?, Clock::System)?),
            None => None,
        };
        let (mut seconds, mut of_small) = (Rounds::default(), Rounds::default());
        for _ in 0..self.args.rounds {
            seconds.0.push(self.evaluate_anew(&self.db)?);
            if let Some(small) = &small {
                of_small.0.push(self.evaluate_anew(small)?);
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
    fn evaluate_anew(&self, db: &Db) -> Result<f64> {
        let firms = self.city.firms.iter().map(|firm| Subject::firm(firm.uscc.as_str())).collect();
        let began = Instant::now();
        refresh(db, firms)?;
        Ok(began.elapsed().as_secs_f64())
    }
}

/// F3: the rows of as many ratings, written by prepared statements, 64 in a commit that is on the disk; ratings a second.
fn plain_loop(conn: &Connection, voices: &[Voice]) -> Result<f64> {
    conn.execute_batch("PRAGMA synchronous = FULL; PRAGMA cache_size = -16384; PRAGMA foreign_keys = ON")?;
    conn.set_prepared_statement_cache_capacity(32);
    let began = Instant::now();
    for group in voices.chunks(GROUP) {
        conn.execute_batch("BEGIN IMMEDIATE")?;
        for voice in group {
            write(conn, voice)?;
        }
        conn.execute_batch("COMMIT")?;
    }
    Ok(voices.len() as f64 / began.elapsed().as_secs_f64())
}

fn write(conn: &Connection, voice: &Voice) -> Result<()> {
    let now = Clock::System.now();
    let (at, day) = (stored(now.naive_utc()), day_of(now, DEFAULT_ZONE).to_string());
    let month = Month::of(now, DEFAULT_ZONE).to_string();
    let id = xinwu_persistence::Random.id();
    let [cleaning, security, greening, maintenance, attitude] =
        voice.dimensions.map_or([None; 5], |all| all.map(Some));
    let statement = |sql: &str| -> rusqlite::Result<CachedStatement<'_>> { conn.prepare_cached(sql) };
    statement(
        "INSERT INTO rating (id, project_id, month, household_id, account_id, overall, cleaning, security, greening, maintenance, attitude, comment, \
         state, day, created_at, updated_at, version) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'counted', ?, ?, ?, 1)",
    )?
    .execute(params![
        id, voice.project, month, voice.household, voice.account, voice.overall, cleaning, security, greening, maintenance, attitude, voice.comment,
        day, at, at
    ])?;
    statement("INSERT INTO rating_day (project_id, day, voices) VALUES (?, ?, 1) ON CONFLICT (project_id, day) DO UPDATE SET voices = voices + 1")?
        .execute(params![voice.project, day])?;
    let stars = [1, 2, 3, 4, 5].map(|stars| i64::from(voice.overall == stars));
    let given = [cleaning, security, greening, maintenance, attitude]
        .map(|stars| (i64::from(stars.is_some()), stars.unwrap_or_default()));
    let [one, two, three, four, five] = stars;
    let [(c1, s1), (c2, s2), (c3, s3), (c4, s4), (c5, s5)] = given;
    statement(
        "INSERT INTO rating_month (project_id, month, one, two, three, four, five, held, cleaning_count, cleaning_sum, security_count, security_sum, \
         greening_count, greening_sum, maintenance_count, maintenance_sum, attitude_count, attitude_sum) \
         VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (project_id, month) DO UPDATE SET \
         one = one + excluded.one, two = two + excluded.two, three = three + excluded.three, four = four + excluded.four, five = five + excluded.five, \
         cleaning_count = cleaning_count + excluded.cleaning_count, cleaning_sum = cleaning_sum + excluded.cleaning_sum, \
         security_count = security_count + excluded.security_count, security_sum = security_sum + excluded.security_sum, \
         greening_count = greening_count + excluded.greening_count, greening_sum = greening_sum + excluded.greening_sum, \
         maintenance_count = maintenance_count + excluded.maintenance_count, maintenance_sum = maintenance_sum + excluded.maintenance_sum, \
         attitude_count = attitude_count + excluded.attitude_count, attitude_sum = attitude_sum + excluded.attitude_sum",
    )?
    .execute(params![voice.project, month, one, two, three, four, five, c1, s1, c2, s2, c3, s3, c4, s4, c5, s5])?;
    // The sums are others each time, as the service's are.
    statement(
        "UPDATE tally SET voices = voices + 1, stars = stars + ?, service_score_ten_thousandths = ?, \
         sums = json_set(sums, '$.written', json_extract(sums, '$.written') + 1) WHERE subject_kind = 'firm' AND subject_id = ?",
    )?
    .execute(params![voice.overall, 35_000 + voice.overall, voice.uscc])?;
    for (kind, subject) in [("project", &voice.project), ("firm", &voice.uscc)] {
        statement("INSERT INTO change (entity, entity_id, at) VALUES (?, ?, ?)")?
            .execute(params![kind, subject, at])?;
    }
    if let Some(comment) = voice.comment {
        let review = xinwu_persistence::Random.timeless_id();
        statement(
            "INSERT INTO review (id, rating_id, project_id, uscc, month, overall, comment, state, version) VALUES (?, ?, ?, ?, ?, ?, ?, 'published', 1)",
        )?
        .execute(params![review, id, voice.project, voice.uscc, month, voice.overall, comment])?;
        statement("INSERT INTO change (entity, entity_id, at) VALUES ('review', ?, ?)")?
            .execute(params![review, at])?;
    }
    Ok(())
}
