//! A step of a 1st over a city in which very many ratings wait, made by the running service itself
//! while others write; and the grades that follow from it.
//!
//! The latest 1st is made once more. What the city published then is set aside under another name,
//! ratings of the month that it closed are written as they would wait, and the setting that says
//! until when steps are made is set back: the service finds that step missed within a second.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use chrono::{Datelike, NaiveDate, NaiveTime};
use xinwu_domain::calendar::{DEFAULT_ZONE, Month, day_of, instant_of};
use xinwu_store::Clock;

use super::Bench;
use super::imports::Official;
use super::rewind::{Sql, put_step_back, set_step_aside};
use super::service::Service;
use super::table::{Must, Rounds, short};
use crate::data::{every_subject, refresh, wait_with};
use crate::{Result, say};

/// Ratings that wait.
const WAITING: u64 = 200_000;
/// In a city with fewer ratings a month that many would be bursts.
const RATINGS: u64 = 1_000_000;
/// Most rounds: each writes its ratings and takes them away again.
const ROUNDS: u32 = 3;
/// Between two of the other writes.
const PAUSE: Duration = Duration::from_millis(10);
/// Between two looks at how far the step is.
const LOOK: Duration = Duration::from_millis(10);
/// After so long a step is given up.
const LONGEST: Duration = Duration::from_secs(300);
/// The month's key outlives the measuring, on whichever day of the month that is.
const SETTINGS: &[(&str, &str)] = &[("XINWU_UNLINK_DAYS", "60")];

/// What one round found.
struct Made {
    /// From the step's first write to its last.
    step: Duration,
    /// From there until all grades are made that are owed to it.
    grades: Duration,
    owed: u64,
    /// Milliseconds of the other writes that began meanwhile.
    others: Vec<f64>,
}

impl Bench<'_> {
    pub fn step(&mut self) -> Result<()> {
        if !self.wants("a step of a 1st") {
            return Ok(());
        }
        if self.city.ratings < RATINGS {
            say("no step: in a city with so few ratings a month they would be bursts");
            return Ok(());
        }
        say("a step of a 1st");
        let (mut steps, mut grades, mut p99) = (Rounds::default(), Rounds::default(), Rounds::default());
        let (mut owed, mut writes) = (0, 0);
        for round in 0..self.args.rounds.min(ROUNDS) {
            let mut made = self.one_step(round)?;
            steps.0.push(made.step.as_secs_f64());
            grades.0.push(made.grades.as_secs_f64());
            owed = made.owed;
            writes += made.others.len();
            made.others.sort_by(f64::total_cmp);
            p99.0.push(made.others.get(made.others.len() * 99 / 100).copied().unwrap_or(f64::NAN));
        }
        refresh(&self.db, every_subject(&self.city))?;
        let name = "a step of a 1st";
        let measured = short(steps.median());
        let waiting = format!("{WAITING} wait");
        self.table.add(&format!("{name}, s"), &measured, &waiting, &steps, Must::AtMost(10.0))?;
        let (measured, writes) = (short(p99.median()), format!("{writes} writes"));
        let other = format!("{name}: p99 of other writes, ms");
        self.table.add(&other, &measured, &writes, &p99, Must::AtMost(100.0))?;
        let (measured, owed) = (short(grades.median()), format!("{owed} grades"));
        let after = format!("{name}: the grades owed to it, s");
        self.table.add(&after, &measured, &owed, &grades, Must::AtMost(30.0))
    }

    fn one_step(&self, round: u32) -> Result<Made> {
        let day = latest_first()?;
        let month = Month::containing(day).and_then(Month::previous).ok_or("the day is out of range")?;
        let mut sql = Sql::open(&self.url)?;
        set_step_aside(&mut sql, day)?;
        wait_with(&self.url, &self.db, &self.city, month, WAITING)?;
        let service = self.serve(SETTINGS)?;
        let stop = AtomicBool::new(false);
        let (made, others) = std::thread::scope(|scope| {
            let writing = scope.spawn(|| self.other_writes(&service, round, &stop));
            let made = self.watch_step(&mut sql, day);
            stop.store(true, Ordering::Relaxed);
            (made, writing.join())
        });
        drop(service);
        let others = others.map_err(|_| "the other writes broke off")??;
        let (mut made, began, ended) = made?;
        let meanwhile = others.into_iter().filter(|(at, _)| (began..=ended).contains(at));
        made.others = meanwhile.map(|(_, millis)| millis).collect();
        put_step_back(&mut sql)?;
        Ok(made)
    }

    /// Has the service make the step; gives when it began and when the last grade was made, too.
    fn watch_step(&self, sql: &mut Sql, day: NaiveDate) -> Result<(Made, Instant, Instant)> {
        let before = day.pred_opt().ok_or("the day is out of range")?;
        let last = instant_of(before, NaiveTime::MIN, DEFAULT_ZONE).to_rfc3339();
        sql.run(&format!("UPDATE setting SET value = '{last}' WHERE name = 'last_step'"))?;
        let asked = Instant::now();
        let mut until = |query: &str, wanted: &dyn Fn(&[String]) -> bool| -> Result<Instant> {
            while asked.elapsed() < LONGEST {
                if wanted(&sql.texts(query)?) {
                    return Ok(Instant::now());
                }
                std::thread::sleep(LOOK);
            }
            Err(format!("the step is not made: {query}").into())
        };
        let began = format!("SELECT step FROM rating_step WHERE step = '{day}'");
        let began = until(&began, &|found| !found.is_empty())?;
        let made = until("SELECT value FROM setting WHERE name = 'last_step'", &|found| {
            found.first().is_some_and(|now| *now != last)
        })?;
        let mut owed = "SELECT CAST(count(*) AS TEXT) FROM due WHERE cause_kind IS NOT NULL";
        let ended = until(owed, &|found| found.first().is_some_and(|count| count == "0"))?;
        owed = "SELECT CAST(count(*) AS TEXT) FROM rating_burst";
        if sql.texts(owed)? != ["0"] {
            return Err("some of what waited was held as a burst".into());
        }
        owed = "SELECT CAST(count(*) AS TEXT) FROM tally WHERE updated_at >= (SELECT max(done_at) FROM rating_step)";
        let owed = sql.texts(owed)?.first().and_then(|count| count.parse().ok()).unwrap_or_default();
        let made = Made { step: made - began, grades: ended - made, owed, others: Vec::new() };
        Ok((made, began, ended))
    }

    /// Residents rate and a firm gets another short name, in turn; gives when each began and its
    /// milliseconds.
    fn other_writes(&self, service: &Service, round: u32, stop: &AtomicBool) -> Result<Vec<(Instant, f64)>> {
        let official = Official { keys: &self.keys, seed: self.city.seed };
        let firm = format!("/v1/admin/firms/{}", self.city.firms[0].uscc);
        let puts = self.puts(&self.ratings(round.into()))?;
        let mut millis = Vec::new();
        for [_, path, token, _, body] in puts.iter().cycle() {
            if stop.load(Ordering::Relaxed) {
                break;
            }
            let renamed = format!("{{\"short_name\": \"简称{}\"}}", millis.len());
            let any = ("if-match", "*");
            let city = official.token()?;
            for (method, path, token, header, body) in
                [("PUT", path, token, ("accept", "*/*"), body), ("PATCH", &firm, &city, any, &renamed)]
            {
                let began = Instant::now();
                let answer = service.send(method, path, token, header, body)?;
                if answer.status >= 300 {
                    return Err(format!("a write was refused: {}", answer.text()).into());
                }
                millis.push((began, began.elapsed().as_secs_f64() * 1000.0));
                std::thread::sleep(PAUSE);
            }
        }
        Ok(millis)
    }
}

/// The latest 1st whose step is due.
fn latest_first() -> Result<NaiveDate> {
    let now = Clock::System.now();
    let first = day_of(now, DEFAULT_ZONE).with_day(1).ok_or("the day is out of range")?;
    let six = NaiveTime::from_hms_opt(6, 0, 0).ok_or("there is no such time")?;
    if instant_of(first, six, DEFAULT_ZONE) <= now {
        return Ok(first);
    }
    let before = first.pred_opt().and_then(|day| day.with_day(1));
    Ok(before.ok_or("the day is out of range")?)
}
