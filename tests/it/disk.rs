//! A disk that is full, and one that cannot keep what it is given: writes are refused as problems,
//! reads go on, nothing is lost or half there, and all is well again without a restart when the
//! disk is.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use diesel::prelude::*;
use diesel::{PgConnection, SqliteConnection};
use serde_json::{Value, json};
use xinwu_domain::access::Role;
use xinwu_persistence::schema::record;
use xinwu_store::Clock;

use crate::harness::disk::{Disk, Order, SmallDisk};
use crate::harness::files::{penalty, with};
use crate::harness::postgres::Cluster;
use crate::harness::program::{Desk, Serving};
use crate::harness::world::{COMMUNITY, DISTRICT};
use crate::harness::{Backend, Reply, TestApp, database, someone};

/// An official who drafts records at a service of its own.
struct Office {
    desk: Desk,
    serving: Serving,
    token: String,
    uscc: String,
    number: u32,
    answered: Vec<String>,
}

impl Office {
    fn open(url: &str, backend: Backend, variables: &[(String, String)]) -> Office {
        let now = Clock::System.now();
        let app = TestApp::start_at(backend, &now.to_rfc3339(), |config| config.database = url.to_owned());
        let uscc = app.firm("满盘物业");
        let place = Some(DISTRICT.to_owned());
        let token =
            app.token(xinwu_persistence::people::account::NewAccount { place, ..someone(Role::District) });
        drop(app);
        let desk = Desk::at(url);
        let variables: Vec<(&str, &str)> =
            variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let serving = desk.serve_with(&variables);
        Office { desk, serving, token, uscc, number: 0, answered: Vec::new() }
    }

    fn draft(&mut self) -> Reply {
        self.number += 1;
        let number = format!("第{}号", self.number);
        let body = json!({"document_number": number, "detail": "多收装修管理费，已责令退还。".repeat(40)});
        let body = with(penalty(&self.uscc), body);
        let reply = self.serving.call("POST", "/v1/admin/records").token(&self.token).json(&body).send();
        match reply.status {
            201 => self.answered.push(number),
            503 | 507 => {}
            other => {
                let errors: Vec<String> =
                    self.serving.log.lines().into_iter().filter(|line| line.contains("ERROR")).collect();
                panic!("{other}: {}\n{}", reply.text, errors.join("\n"));
            }
        }
        reply
    }

    fn read(&self) {
        self.serving.call("GET", "/readyz").expect(200);
        let firm = self.serving.call("GET", &format!("/v1/firms/{}", self.uscc)).expect(200).json();
        assert_eq!(firm["name"], "满盘物业");
        self.serving.call("GET", "/v1/rankings").send();
        let listed = self.serving.call("GET", "/v1/admin/records").token(&self.token).expect(200).json();
        assert_eq!(listed["items"].as_array().unwrap().is_empty(), self.answered.is_empty());
    }

    /// Every answered draft is there once; the others once at most, or never where `is_certain`.
    fn check(&self, is_certain: bool) {
        let numbers: Vec<String> = match self.desk.url.strip_prefix("sqlite:") {
            Some(path) => record::table
                .select(record::document_number)
                .load(&mut SqliteConnection::establish(path).unwrap()),
            None => record::table
                .select(record::document_number)
                .load(&mut PgConnection::establish(&self.desk.url).unwrap()),
        }
        .unwrap();
        let mut times: BTreeMap<&String, usize> = BTreeMap::new();
        numbers.iter().for_each(|number| *times.entry(number).or_default() += 1);
        assert!(
            self.answered.iter().all(|number| times.get(number) == Some(&1)),
            "an answered draft is lost"
        );
        assert!(times.values().all(|times| *times == 1), "a draft is there twice");
        if is_certain {
            assert_eq!(times.len(), self.answered.len(), "a refused draft is there");
        }
        let verified = self.desk.run(&["verify", "--json"]);
        assert_eq!(verified.code, 0, "{verified:?}");
    }
}

/// A problem that says that nothing can be written now.
fn require_no_room(reply: &Reply) {
    let body: Value = reply.json();
    match reply.status {
        507 => assert_eq!(
            (&body["code"], &body["detail"]),
            (&json!("disk_full"), &json!("存储空间已满，暂时无法写入"))
        ),
        503 => assert_eq!((&body["code"], reply.header("retry-after")), (&json!("unavailable"), "2")),
        other => panic!("{other}: {}", reply.text),
    }
    assert_eq!(reply.header("content-type"), "application/problem+json");
}

/// Drafts until there is no room, and a little longer.
fn fill_up(office: &mut Office) {
    let refused = (0..5000).map(|_| office.draft()).find(|reply| reply.status != 201).expect("it fills up");
    require_no_room(&refused);
    assert_eq!(refused.status, 507, "{}", refused.text);
    for _ in 0..5 {
        let reply = office.draft();
        // A small write may still find room.
        if reply.status != 201 {
            require_no_room(&reply);
        }
        office.read();
    }
}

fn sqlite_in(folder: &Path) -> String {
    let path = folder.join("xinwu.db");
    let template = Backend::Sqlite.fresh();
    std::fs::copy(template.url.trim_start_matches("sqlite:"), &path).unwrap();
    format!("sqlite:{}", path.display())
}

#[test]
fn a_small_disk_fills_up_under_sqlite_and_is_emptied() {
    let Some(disk) = SmallDisk::of_mebibytes(48) else { return };
    let mut office = Office::open(&sqlite_in(disk.path()), Backend::Sqlite, &[]);
    assert_eq!(office.draft().status, 201);
    disk.fill_but(600);
    fill_up(&mut office);
    disk.make_room();
    for _ in 0..20 {
        assert_eq!(office.draft().status, 201);
    }
    office.read();
    office.check(true);
    assert_eq!(office.serving.stop("-TERM"), 0);
}

#[test]
fn an_import_that_a_full_disk_broke_off_has_failed_and_says_so() {
    let Some(disk) = SmallDisk::of_mebibytes(48) else { return };
    let desk = Desk::at(&sqlite_in(disk.path()));
    let rows: String =
        (0..5000).map(|number| format!("{COMMUNITY}-{number:05},小区{number},old,{COMMUNITY}\n")).collect();
    let file = desk.file("estates.csv", format!("code,name,kind,place\n{rows}"));
    disk.fill_but(600);
    let ran = desk.run(&["import", "estates", &file]).expect(1);
    assert!(!ran.out.contains("Done"), "{ran:?}");
    // Whether its end could still be written or not.
    assert!(ran.err.contains("nothing was imported") && ran.err.contains("disk"), "{ran:?}");
    disk.make_room();
    let ran = desk.run(&["import", "estates", &file]).expect(0);
    assert!(ran.out.contains("Done: 5000 created"), "{ran:?}");
    desk.run(&["verify"]).expect(0);
}

/// Three times the disk fails as ordered and works again: meanwhile each write is refused, with
/// this status, and reads go on.
fn fails_and_recovers(office: &mut Office, disk: &Disk, order: Order, status: u16) {
    for _ in 0..3 {
        assert_eq!(office.draft().status, 201);
        disk.order(order);
        for _ in 0..5 {
            let refused = office.draft();
            assert_eq!(refused.status, status, "{}", refused.text);
            require_no_room(&refused);
            office.read();
        }
        disk.order(Order::Work);
    }
    assert_eq!(office.draft().status, 201);
    office.check(true);
}

#[test]
fn a_full_disk_under_sqlite_refuses_writes_and_serves_reads() {
    let (disk, folder) = (Disk::new(), tempfile::tempdir().unwrap());
    let mut office = Office::open(&sqlite_in(folder.path()), Backend::Sqlite, &disk.variables());
    fails_and_recovers(&mut office, &disk, Order::BeFull, 507);
    assert_eq!(office.serving.stop("-TERM"), 0);
}

#[test]
fn a_write_that_cannot_be_flushed_is_never_answered_with_success_on_sqlite() {
    let (disk, folder) = (Disk::new(), tempfile::tempdir().unwrap());
    let mut office = Office::open(&sqlite_in(folder.path()), Backend::Sqlite, &disk.variables());
    fails_and_recovers(&mut office, &disk, Order::FailToSync, 503);
    // What the log of writes holds of them is not taken for done after a crash either.
    let (desk, answered, token, uscc) = (office.desk, office.answered, office.token, office.uscc);
    office.serving.kill();
    let serving = desk.serve();
    let office = Office { desk, serving, token, uscc, number: 100, answered };
    office.check(true);
}

#[test]
fn a_full_tablespace_of_postgres_refuses_writes_and_serves_reads() {
    let Some(disk) = SmallDisk::of_mebibytes(96) else { return };
    let cluster = Cluster::durable();
    let folder = disk.path().join("space");
    std::fs::create_dir(&folder).unwrap();
    cluster.own(&folder);
    cluster.sql("postgres", &format!("CREATE TABLESPACE small LOCATION '{}'", folder.display()));
    cluster.sql("postgres", "CREATE DATABASE full_disk TEMPLATE template0 TABLESPACE small");
    let url = cluster.url("full_disk");
    database::fill(&url);
    let mut office = Office::open(&url, Backend::Postgres, &[]);
    assert_eq!(office.draft().status, 201);
    disk.fill_but(300);
    fill_up(&mut office);
    disk.make_room();
    assert_eq!(office.draft().status, 201);
    office.read();
    office.check(true);
    assert_eq!(office.serving.stop("-TERM"), 0);
}

/// PostgreSQL stops itself and starts again when it cannot flush: the service answers 503
/// meanwhile, and goes on when it is back.
#[test]
fn a_write_that_cannot_be_flushed_is_never_answered_with_success_on_postgres() {
    let disk = Disk::new();
    let cluster = Cluster::durable_behind(disk.library(), disk.orders());
    cluster.create("no_sync", None);
    let url = cluster.url("no_sync");
    database::fill(&url);
    let mut office = Office::open(&url, Backend::Postgres, &[]);
    assert_eq!(office.draft().status, 201);
    disk.order(Order::FailToSync);
    for _ in 0..5 {
        let refused = office.draft();
        assert_eq!(refused.status, 503, "{}", refused.text);
        require_no_room(&refused);
    }
    disk.order(Order::Work);
    let began = Instant::now();
    // Where it could not start again with its disk as it was, an operator starts it.
    while !cluster.is_up() {
        if began.elapsed() > Duration::from_secs(5) && !cluster.is_running() {
            cluster.serve();
        }
        assert!(began.elapsed() < Duration::from_secs(60), "PostgreSQL does not come back");
        std::thread::park_timeout(Duration::from_millis(50));
    }
    let began = Instant::now();
    while office.serving.call("GET", "/readyz").send().status != 200 {
        assert!(began.elapsed() < Duration::from_secs(60), "the service does not find its database again");
    }
    while office.draft().status != 201 {
        assert!(began.elapsed() < Duration::from_secs(60), "nothing can be written again");
    }
    office.read();
    office.check(false);
    assert_eq!(office.serving.stop("-TERM"), 0);
}
