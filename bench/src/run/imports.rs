//! Dwellings imported from a file into a city that has none, while other writes go on; against a
//! plain loop that writes the same rows.

use std::fmt::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rusqlite::{Connection, params};
use xinwu_api::secrets::Secrets;
use xinwu_api::tokens::Keys;
use xinwu_store::{Clock, Url};

use super::Bench;
use super::rewind::Sql;
use super::service::Service;
use super::table::{Must, Rounds, short};
use crate::data::{OFFICIAL, SECRET, Seed, account_id, household_id, session_id};
use crate::{Result, say};

/// Rows of one commit of the plain loop.
const GROUP: u64 = 1_000;
/// Between two of the other writes.
const PAUSE: Duration = Duration::from_millis(20);

impl Bench<'_> {
    /// Imports dwellings; the city must have been made with `--households 0`.
    pub fn imports(&mut self) -> Result<()> {
        say("households imported");
        let dwellings = self.args.dwellings;
        let mut sql = Sql::open(&self.url)?;
        // Room for each round's dwellings, which are beside those of the others.
        sql.run("UPDATE estate SET households = 1000000000")?;
        let estates = sql.texts("SELECT code FROM estate ORDER BY code")?;
        let official = Official { keys: &self.keys, seed: self.city.seed };
        let (mut rate, mut looped) = (Rounds::default(), Rounds::default());
        let (mut idle, mut most, mut more) = (Rounds::default(), Rounds::default(), Rounds::default());
        let (mut p99, mut writes) = (Rounds::default(), 0);
        for round in 0..self.args.rounds {
            let service = self.serve(&[("XINWU_IMPORT_MEBIBYTES", "1024")])?;
            let (before, _) = service.memory()?;
            let file = file(&estates, dwellings, &format!("A{round}"));
            let stop = AtomicBool::new(false);
            let (imported, others) = std::thread::scope(|scope| {
                let firm = self.city.firms[0].uscc.as_str();
                let writing = scope.spawn(|| other_writes(&service, firm, &official, &stop));
                let imported = import(&service, &official, &file);
                stop.store(true, Ordering::Relaxed);
                (imported, writing.join())
            });
            rate.0.push(dwellings as f64 / imported?);
            let (_, peak) = service.memory()?;
            idle.0.push(before as f64);
            most.0.push(peak as f64);
            more.0.push(peak.saturating_sub(before) as f64);
            let mut millis = others.map_err(|_| "the other writes broke off")??;
            millis.sort_by(f64::total_cmp);
            p99.0.push(millis.get(millis.len() * 99 / 100).copied().unwrap_or(f64::NAN));
            writes += millis.len();
            drop(service);
            if let Url::Sqlite(path) = &self.url {
                looped.0.push(plain_loop(&Connection::open(path)?, &estates, dwellings, round)?);
            }
        }
        if !looped.0.is_empty() {
            let name = format!("{dwellings} households imported, rows a second: by a plain loop");
            let (measured, floor) = (short(rate.median()), short(looped.median()));
            self.table.add(&name, &measured, &floor, &rate.by(&looped), Must::AtLeast(0.3))?;
        }
        self.table.add(
            "households imported: MiB over idle",
            &short(most.median()),
            &short(idle.median()),
            &more,
            Must::AtMost(64.0),
        )?;
        self.table.add(
            "households imported: p99 of other writes, ms",
            &short(p99.median()),
            &format!("{writes} writes"),
            &p99,
            Must::AtMost(100.0),
        )
    }
}

/// Who imports. A token lives fifteen minutes and the rounds longer, so each request has its own.
pub struct Official<'a> {
    pub keys: &'a Keys,
    pub seed: Seed,
}

impl Official<'_> {
    pub fn token(&self) -> Result<String> {
        let (account, session) = (account_id(self.seed, OFFICIAL), session_id(self.seed, OFFICIAL));
        let token = self.keys.issue(&account, &session, 1, "city", Clock::System.now());
        Ok(token.map_err(|problem| format!("{problem:?}"))?)
    }
}

/// Sends the file and waits until it is applied; gives the seconds.
fn import(service: &Service, official: &Official<'_>, file: &str) -> Result<f64> {
    let began = Instant::now();
    let job = service.send(
        "POST",
        "/v1/admin/imports/households",
        &official.token()?,
        ("content-type", "text/csv"),
        file,
    )?;
    let job: serde_json::Value = serde_json::from_slice(&job.body)?;
    let id = job
        .get("id")
        .and_then(serde_json::Value::as_str)
        .ok_or_else(|| format!("the import was refused: {job}"))?;
    loop {
        let answer = service.ask("GET", &format!("/v1/admin/imports/{id}"), &official.token()?, "", "")?;
        let report: serde_json::Value = serde_json::from_slice(&answer.body)?;
        match report.get("state").and_then(serde_json::Value::as_str) {
            Some("applied") => return Ok(began.elapsed().as_secs_f64()),
            Some("reading" | "applying") => std::thread::sleep(Duration::from_millis(100)),
            _ => return Err(format!("the import ended otherwise: {report}").into()),
        }
    }
}

/// Gives a firm another short name again and again; gives how many milliseconds each took.
pub fn other_writes(
    service: &Service,
    firm: &str,
    official: &Official<'_>,
    stop: &AtomicBool,
) -> Result<Vec<f64>> {
    let mut millis = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let token = official.token()?;
        let began = Instant::now();
        let body = format!("{{\"short_name\": \"简称{}\"}}", millis.len());
        let answer =
            service.send("PATCH", &format!("/v1/admin/firms/{firm}"), &token, ("if-match", "*"), &body)?;
        if answer.status != 200 {
            return Err(format!("a write was refused: {}", answer.text()).into());
        }
        millis.push(began.elapsed().as_secs_f64() * 1000.0);
        std::thread::sleep(PAUSE);
    }
    Ok(millis)
}

/// A dwelling of a number: the estates one after the other.
fn dwelling(estates: &[String], dwellings: u64, n: u64) -> (&str, u64) {
    let each = dwellings.div_ceil(estates.len() as u64);
    (&estates[(n / each) as usize], n % each)
}

fn file(estates: &[String], dwellings: u64, building: &str) -> String {
    let mut text = "estate,building,unit,room,phones\n".to_owned();
    for n in 0..dwellings {
        let (estate, room) = dwelling(estates, dwellings, n);
        // Writing to a String cannot fail.
        writeln!(text, "{estate},{building},1,{room},139{n:08}").ok();
    }
    text
}

/// The same rows in another building of the round's, by prepared statements; rows of the file a
/// second.
fn plain_loop(conn: &Connection, estates: &[String], dwellings: u64, round: u32) -> Result<f64> {
    let (seed, building) = (Seed(7 + u64::from(round)), format!("B{round}"));
    let secrets = Secrets::from_data_key(SECRET.as_bytes())?;
    conn.execute_batch("PRAGMA synchronous = FULL; PRAGMA cache_size = -16384; PRAGMA foreign_keys = ON")?;
    let began = Instant::now();
    for first in (0..dwellings).step_by(GROUP as usize) {
        conn.execute_batch("BEGIN IMMEDIATE")?;
        for n in first..(first + GROUP).min(dwellings) {
            let (estate, room) = dwelling(estates, dwellings, n);
            let id = household_id(seed, n);
            conn.prepare_cached("INSERT INTO household (id, estate, building, unit, room, version) VALUES (?, ?, ?, '1', ?, 1)")?
                .execute(params![id, estate, building, room.to_string()])?;
            conn.prepare_cached("INSERT INTO household_phone (household_id, phone_hash) VALUES (?, ?)")?
                .execute(params![id, secrets.phone_hash(&format!("138{n:08}"))])?;
        }
        conn.execute_batch("COMMIT")?;
    }
    Ok(dwellings as f64 / began.elapsed().as_secs_f64())
}
