//! `make cluster-test`: a primary, a streaming standby that commits wait for, two services, and a
//! proxy before each server that cuts connections. It shows what `docs/adr/0007-replicas.md` claims
//! and prints how long each took. By hand, since it takes a minute and looks at the clock.

mod figures;
mod proxy;
mod server;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::harness::program::{Desk, Serving};
use crate::harness::world::{DISTRICT, new_uscc};
use crate::harness::{Call, plain};
use figures::Figures;
use server::Cluster;

const PASSWORD: &str = "correct horse battery";

/// The whole stage.
struct Stage {
    cluster: Cluster,
    services: [Serving; 2],
    token: String,
    /// A firm for each thread that writes.
    firms: Vec<String>,
    _desk: Desk,
}

impl Stage {
    fn set() -> Stage {
        let cluster = Cluster::start();
        let desk = Desk::at(&cluster.url());
        desk.run(&["migrate"]).expect(0);
        let places = format!("{}/../data/dalian-places.csv", env!("CARGO_MANIFEST_DIR"));
        desk.run(&["import", "places", &places]).expect(0);
        let add = [
            "user",
            "add",
            "inspector",
            "--role",
            "district",
            "--staff-number",
            "N-inspector",
            "--place",
            DISTRICT,
            "--password-stdin",
        ];
        desk.run_told(&add, &format!("{PASSWORD}\n")).expect(0);
        let services = [desk.serve(), desk.serve()];
        let body = json!({"grant_type": "password", "username": "inspector", "password": PASSWORD});
        let signed = services[0].call("POST", "/v1/auth/token").json(&body).expect(200).json();
        let token = signed["access_token"].as_str().unwrap().to_owned();
        let firms = (0..4).map(|_| new_uscc()).collect::<Vec<_>>();
        for uscc in &firms {
            let body = json!({"uscc": uscc, "name": format!("大连{uscc}物业"), "registered_place": DISTRICT});
            services[0].call("POST", "/v1/admin/firms").token(&token).json(&body).expect(201);
        }
        Stage { cluster, services, token, firms, _desk: desk }
    }

    /// Gives a firm a short name through one service.
    fn rename(&self, service: usize, uscc: &str, name: &str) -> Call {
        self.services[service]
            .call("PATCH", &format!("/v1/admin/firms/{uscc}"))
            .token(&self.token)
            .header("If-Match", "*")
            .json(&json!({"short_name": name}))
    }

    fn shown(&self, service: usize, uscc: &str) -> String {
        let card = self.services[service].call("GET", &format!("/v1/firms/{uscc}")).expect(200).json();
        card["short_name"].as_str().unwrap_or_default().to_owned()
    }

    fn until_shown(&self, service: usize, uscc: &str, name: &str) -> Duration {
        let began = Instant::now();
        while self.shown(service, uscc) != name {
            assert!(began.elapsed() < Duration::from_secs(20), "{name} is never shown");
        }
        began.elapsed()
    }

    /// Why the services refused anything so far, in the words of their logs.
    fn reasons(&self) -> String {
        let lines = self.services.iter().flat_map(|service| service.log.lines());
        let events = lines.filter_map(|line| serde_json::from_str::<Value>(&line).ok());
        let reasons: BTreeSet<String> = events
            .filter(|event| event["level"] == "WARN")
            .map(|event| format!(" ({})", event["error"].as_str().unwrap_or_default()))
            .collect();
        reasons.into_iter().collect()
    }

    /// Reads that a service made from a replica, from the primary, and without a primary.
    fn reads(&self, service: usize) -> [u64; 3] {
        let text = plain(&format!("http://{}/metrics", self.services[service].metrics_address)).2;
        ["replica", "primary", "without_primary"].map(|from| {
            let name = format!("xinwu_database_reads_total{{from=\"{from}\"}} ");
            text.lines().find_map(|line| line.strip_prefix(&name)).map_or(0, |count| count.parse().unwrap())
        })
    }
}

impl Drop for Stage {
    /// What the services had to say, when something was not as expected.
    fn drop(&mut self) {
        if std::thread::panicking() {
            for service in &self.services {
                let lines = service.log.lines();
                let told = lines.iter().filter(|line| !line.contains("\"INFO\"")).rev().take(10);
                told.for_each(figures::tell);
            }
        }
    }
}

#[test]
#[ignore = "make cluster-test"]
fn several_machines() {
    let mut stage = Stage::set();
    let mut figures = Figures::default();
    visible_elsewhere(&stage, &mut figures);
    visible_elsewhere_although_connections_are_cut(&stage, &mut figures);
    own_writes_are_read_while_the_replica_stands_still(&stage, &mut figures);
    replicas_answer_reads_under_writes(&stage, &mut figures);
    the_primary_is_lost_and_the_standby_promoted(&mut stage, &mut figures);
    a_former_primary_that_comes_back_is_not_written_to(&mut stage, &mut figures);
    figures::tell(format_args!("\n{figures}"));
}

fn visible_elsewhere(stage: &Stage, figures: &mut Figures) {
    let uscc = &stage.firms[0];
    stage.shown(1, uscc);
    let took = (0..50).map(|number| {
        let name = format!("甲{number}");
        stage.rename(0, uscc, &name).expect(200);
        stage.until_shown(1, uscc, &name)
    });
    figures.spread("written here, shown there", took, Duration::from_secs(1));
}

fn visible_elsewhere_although_connections_are_cut(stage: &Stage, figures: &mut Figures) {
    let uscc = &stage.firms[0];
    let took = (0..20).map(|number| {
        let name = format!("乙{number}");
        stage.rename(0, uscc, &name).expect(200);
        stage.cluster.proxies().for_each(|proxy| proxy.cut());
        stage.until_shown(1, uscc, &name)
    });
    figures.spread("the same, every connection cut", took, Duration::from_secs(1));
}

fn own_writes_are_read_while_the_replica_stands_still(stage: &Stage, figures: &mut Figures) {
    let uscc = &stage.firms[1];
    stage.cluster.standby().ask("SELECT pg_wal_replay_pause()");
    let before = stage.reads(0)[0];
    for number in 0..50 {
        let name = format!("丙{number}");
        stage.rename(0, uscc, &name).expect(200);
        // By a stranger, whom a replica could answer.
        assert_eq!(stage.shown(0, uscc), name);
    }
    let from_replica = stage.reads(0)[0] - before;
    assert_eq!(from_replica, 0, "a replica that lacks a write was read");
    figures.say("own writes read, replay paused", "50 of 50");
    stage.until_shown(1, uscc, "丙49");
    stage.cluster.standby().ask("SELECT pg_wal_replay_resume()");
}

/// Two threads write without a pause while strangers read what is in no cache.
fn replicas_answer_reads_under_writes(stage: &Stage, figures: &mut Figures) {
    let before = stage.reads(1);
    let (stop, nobody) = (AtomicBool::new(false), std::sync::Mutex::new(None));
    let (written, reads) = std::thread::scope(|scope| {
        let writers = [0, 1].map(|thread| {
            let (stop, nobody) = (&stop, &nobody);
            scope.spawn(move || write_on(stage, thread, stop, nobody))
        });
        let began = Instant::now();
        let mut reads = 0_u32;
        while began.elapsed() < Duration::from_secs(5) {
            // Lists are in no cache.
            stage.services[1].call("GET", "/v1/firms?limit=5").expect(200);
            reads += 1;
        }
        stop.store(true, Ordering::Relaxed);
        (writers.map(|each| each.join().unwrap()), reads)
    });
    let after = stage.reads(1);
    let acknowledged: u32 = written.iter().map(|each| each.acknowledged).sum();
    let refused: u32 = written.iter().map(|each| each.refused).sum();
    figures.say(
        "writes meanwhile",
        &format!("{acknowledged} in 5 s, {refused} to be asked again{}", stage.reasons()),
    );
    figures.say("reads that a replica answered", &format!("{} of {reads}", after[0] - before[0]));
    assert!(after[0] > before[0], "no replica was ever read");
    assert_eq!(after[2], before[2], "there is a primary");
}

/// What one thread did that writes without a pause.
struct Written {
    acknowledged: u32,
    refused: u32,
    odd: Vec<String>,
    last: String,
    attempted: String,
    first_after: Option<Instant>,
}

fn write_on(
    stage: &Stage,
    thread: usize,
    stop: &AtomicBool,
    promoted: &std::sync::Mutex<Option<Instant>>,
) -> Written {
    let uscc = &stage.firms[thread];
    let nothing = String::new;
    let mut written = Written {
        acknowledged: 0,
        refused: 0,
        odd: Vec::new(),
        last: nothing(),
        attempted: nothing(),
        first_after: None,
    };
    for number in 0.. {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        written.attempted = format!("戊{number}");
        let reply = stage.rename(thread % 2, uscc, &written.attempted).send();
        match reply.status {
            200 => {
                written.acknowledged += 1;
                written.last.clone_from(&written.attempted);
                if written.first_after.is_none() && promoted.lock().unwrap().is_some() {
                    written.first_after = Some(Instant::now());
                }
            }
            503 if reply.json()["code"] == "unavailable" && reply.header("retry-after") == "2" => {
                written.refused += 1;
                std::thread::sleep(Duration::from_millis(20));
            }
            _ => written.odd.push(format!("{} {}", reply.status, reply.text)),
        }
    }
    written
}

/// What strangers and an official read meanwhile: how many answers, and those that were none.
fn read_on(stage: &Stage, service: usize, stop: &AtomicBool) -> (u32, u32, Duration) {
    let (mut good, mut bad, mut longest) = (0, 0, Duration::ZERO);
    let paths =
        ["/v1/firms?limit=5".to_owned(), format!("/v1/firms/{}", stage.firms[service]), "/v1/me".to_owned()];
    for path in paths.iter().cycle() {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let mut call = stage.services[service].call("GET", path);
        if path == "/v1/me" {
            call = call.token(&stage.token);
        }
        let began = Instant::now();
        match call.send().status {
            200 => good += 1,
            _ => bad += 1,
        }
        longest = longest.max(began.elapsed());
    }
    (good, bad, longest)
}

fn the_primary_is_lost_and_the_standby_promoted(stage: &mut Stage, figures: &mut Figures) {
    let acknowledged_before: u32 = stage.cluster.standby().number(EDITS);
    let (stop, promoted) = (AtomicBool::new(false), std::sync::Mutex::new(None));
    let (written, read, took_to_promote) = std::thread::scope(|scope| {
        let (stage, stop, promoted) = (&*stage, &stop, &promoted);
        let writers: Vec<_> =
            (0..4).map(|thread| scope.spawn(move || write_on(stage, thread, stop, promoted))).collect();
        let readers: Vec<_> =
            (0..2).map(|service| scope.spawn(move || read_on(stage, service, stop))).collect();
        std::thread::sleep(Duration::from_secs(3));
        stage.cluster.lose_primary();
        std::thread::sleep(Duration::from_secs(3));
        let asked = Instant::now();
        stage.cluster.promote();
        let took = asked.elapsed();
        *promoted.lock().unwrap() = Some(Instant::now());
        std::thread::sleep(Duration::from_secs(6));
        stop.store(true, Ordering::Relaxed);
        let written: Vec<Written> = writers.into_iter().map(|each| each.join().unwrap()).collect();
        let read: Vec<_> = readers.into_iter().map(|each| each.join().unwrap()).collect();
        (written, read, took)
    });
    let promoted = promoted.lock().unwrap().unwrap();
    let acknowledged: u32 = written.iter().map(|each| each.acknowledged).sum();
    let refused: u32 = written.iter().map(|each| each.refused).sum();
    for each in &written {
        assert_eq!(each.odd, Vec::<String>::new());
        assert!(each.refused > 0 && each.first_after.is_some());
    }
    let good: u32 = read.iter().map(|each| each.0).sum();
    let bad: u32 = read.iter().map(|each| each.1).sum();
    let longest = read.iter().map(|each| each.2).max().unwrap();
    figures.say(
        "reads while the primary is lost",
        &format!("{good} answered, {bad} refused, longest {longest:.0?}"),
    );
    figures.say(
        "writes around that",
        &format!("{acknowledged} acknowledged, {refused} times 503 with Retry-After"),
    );
    figures.say("promotion itself", &format!("{took_to_promote:.0?}"));
    let resumed = written.iter().map(|each| each.first_after.unwrap().duration_since(promoted));
    figures.spread("promotion to first write", resumed, Duration::from_secs(5));
    // Reads under way when the primary went may have been broken off; nothing else.
    assert!(bad <= 4, "{bad} reads were refused");
    let kept = stage.cluster.standby().number(EDITS) - acknowledged_before;
    assert!(kept >= acknowledged, "{acknowledged} writes were acknowledged and {kept} are there");
    for (thread, each) in written.iter().enumerate() {
        let shown = stage.shown(thread % 2, &stage.firms[thread]);
        assert!(shown == each.last || shown == each.attempted, "{shown} instead of {}", each.last);
    }
    figures.say("acknowledged writes lost", &format!("0 of {acknowledged} ({kept} stand in the audit)"));
}

const EDITS: &str = "SELECT count(*) FROM audit WHERE operation = 'edit_firm'";

/// Nobody has told it that another took its place: it takes writes, and must get none.
fn a_former_primary_that_comes_back_is_not_written_to(stage: &mut Stage, figures: &mut Figures) {
    stage.cluster.bring_back_former_primary();
    // New connections are needed, which the first of the list would take.
    stage.cluster.proxies().for_each(|proxy| proxy.cut());
    let before: u32 = stage.cluster.standby().number(EDITS);
    for number in 0..20 {
        let name = format!("己{number}");
        stage.rename(number % 2, &stage.firms[2], &name).expect(200);
        stage.until_shown((number + 1) % 2, &stage.firms[2], &name);
    }
    assert_eq!(stage.cluster.standby().number(EDITS) - before, 20);
    figures.say("writes to a former primary", "0 of 20");
}
