//! The snapshot of everything public, made while others write and read; and what that costs them.

use std::io::Read;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use xinwu_store::Url;

use super::Bench;
use super::imports::{Official, other_writes};
use super::service::Service;
use super::table::{Must, Rounds, short};
use crate::{Result, say};

const LATEST: &str = "/v1/snapshots/latest";
/// Between two looks at the write-ahead log.
const LOOK: Duration = Duration::from_millis(50);
/// After so long a snapshot is given up.
const LONGEST: Duration = Duration::from_secs(300);

impl Bench<'_> {
    pub fn snapshot(&mut self) -> Result<()> {
        let name = "a snapshot of everything public";
        if !self.wants(name) {
            return Ok(());
        }
        say(name);
        let (mut seconds, mut more, mut log) = (Rounds::default(), Rounds::default(), Rounds::default());
        let (mut p99, mut writes, mut reads, mut mebibytes) = (Rounds::default(), 0, 0, 0.0);
        for _ in 0..self.args.rounds {
            let service = self.serve(&[])?;
            let (before, _) = service.memory()?;
            let (stop, longest, read) = (AtomicBool::new(false), AtomicU64::new(0), AtomicU64::new(0));
            let firm = self.city.firms[0].uscc.as_str();
            let official = Official { keys: &self.keys, seed: self.city.seed };
            let (made, others) = std::thread::scope(|scope| {
                let writing = scope.spawn(|| other_writes(&service, firm, &official, &stop));
                scope.spawn(|| self.other_reads(&service, &stop, &read));
                scope.spawn(|| self.watch_log(&stop, &longest));
                let made = fetch(&service);
                stop.store(true, Ordering::Relaxed);
                (made, writing.join())
            });
            let (bytes, took) = made?;
            let (_, peak) = service.memory()?;
            seconds.0.push(took.as_secs_f64());
            more.0.push(peak.saturating_sub(before) as f64);
            log.0.push(longest.load(Ordering::Relaxed) as f64 / f64::from(1 << 20));
            mebibytes = bytes as f64 / f64::from(1 << 20);
            reads += read.load(Ordering::Relaxed);
            let mut millis = others.map_err(|_| "the other writes broke off")??;
            millis.sort_by(f64::total_cmp);
            p99.0.push(millis.get(millis.len() * 99 / 100).copied().unwrap_or(f64::NAN));
            writes += millis.len();
        }
        let size = format!("{} MiB of gzip", short(mebibytes));
        self.table.add(
            &format!("{name}, s"),
            &short(seconds.median()),
            &size,
            &seconds,
            Must::AtMost(60.0),
        )?;
        let name_of = |what: &str| format!("{name}: {what}");
        let measured = short(more.median());
        self.table.add(&name_of("MiB over idle"), &measured, "", &more, Must::AtMost(64.0))?;
        let (measured, others) = (short(p99.median()), format!("{writes} writes, {reads} reads"));
        self.table.add(&name_of("p99 of other writes, ms"), &measured, &others, &p99, Must::AtMost(100.0))?;
        if let Url::Sqlite(_) = self.url {
            let measured = short(log.median());
            let what = name_of("the write-ahead log at its longest, MiB");
            self.table.add(&what, &measured, "", &log, Must::AtMost(256.0))?;
        }
        Ok(())
    }

    /// Looks firms up one after the other.
    fn other_reads(&self, service: &Service, stop: &AtomicBool, read: &AtomicU64) {
        for firm in self.city.firms.iter().cycle() {
            if stop.load(Ordering::Relaxed) {
                return;
            }
            let answer = service.get(&format!("/v1/firms/{}", firm.uscc), "");
            read.fetch_add(u64::from(answer.is_ok_and(|answer| answer.status == 200)), Ordering::Relaxed);
        }
    }

    fn watch_log(&self, stop: &AtomicBool, longest: &AtomicU64) {
        let Url::Sqlite(path) = &self.url else { return };
        let log = format!("{}-wal", path.display());
        while !stop.load(Ordering::Relaxed) {
            longest.fetch_max(std::fs::metadata(&log).map_or(0, |file| file.len()), Ordering::Relaxed);
            std::thread::sleep(LOOK);
        }
    }
}

/// Asks until it is made, and reads all of it; gives its bytes and how long that took.
fn fetch(service: &Service) -> Result<(u64, Duration)> {
    let began = Instant::now();
    let agent = ureq::Agent::config_builder().http_status_as_error(false).proxy(None).build().new_agent();
    while began.elapsed() < LONGEST {
        let mut answer = agent.get(format!("http://127.0.0.1:{}{LATEST}", service.port)).call()?;
        match answer.status().as_u16() {
            200 => {
                let mut body = answer.body_mut().as_reader();
                let bytes = std::io::copy(&mut body.by_ref(), &mut std::io::sink())?;
                return Ok((bytes, began.elapsed()));
            }
            503 => std::thread::sleep(LOOK),
            status => return Err(format!("no snapshot: {status}").into()),
        }
    }
    Err("the snapshot is not made".into())
}
