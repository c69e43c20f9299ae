//! A machine's clock that is wrong: nothing that is due is done by it, and the operator is told.

use std::time::{Duration, Instant};

use chrono::TimeDelta;
use diesel::prelude::*;
use xinwu_store::schema::setting;

use crate::harness::Backend;
use crate::harness::clock::WrongClock;
use crate::harness::program::{Desk, Serving};

const DOUBT: &str =
    "the machine's clock is not believed; nothing due is done until it is right, or `xinwu clock accept`";
const AGAIN: &str = "the machine's clock is believed again";

fn kept(desk: &Desk, name: &str) -> Option<String> {
    let value = setting::table.find(name).select(setting::value);
    match desk.url.strip_prefix("sqlite:") {
        Some(path) => value.first(&mut SqliteConnection::establish(path).unwrap()),
        None => value.first(&mut PgConnection::establish(&desk.url).unwrap()),
    }
    .optional()
    .unwrap()
}

/// Waits until a fact of the database is another than `before`, and gives it.
fn another(desk: &Desk, name: &str, before: Option<&str>) -> String {
    let began = Instant::now();
    loop {
        match kept(desk, name) {
            Some(value) if Some(value.as_str()) != before => return value,
            _ => assert!(began.elapsed() < Duration::from_secs(60), "{name} stays {before:?}"),
        }
        std::thread::park_timeout(Duration::from_millis(20));
    }
}

fn serve(desk: &Desk, clock: &WrongClock) -> Serving {
    let variables = clock.variables();
    let variables: Vec<(&str, &str)> =
        variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    desk.serve_with(&variables)
}

fn accept(desk: &Desk, clock: &WrongClock) {
    let variables = clock.variables();
    let variables: Vec<(&str, &str)> =
        variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let said = desk.run_with(&["clock", "accept"], &variables).expect(0).out;
    assert!(said.contains("services go on"), "{said}");
}

/// What the service says of the clock while it is ready.
fn ready(serving: &Serving) -> String {
    let said = serving.call("GET", "/readyz").expect(200).text;
    said.lines()
        .filter(|line| *line == "ok" || line.contains("clock"))
        .map(|line| format!("{line}\n"))
        .collect()
}

fn a_jump_shuts_no_month(backend: Backend) {
    let (desk, clock) = (Desk::over(backend.fresh()), WrongClock::new());
    let serving = serve(&desk, &clock);
    let closed = another(&desk, "last_step", None);
    assert_eq!(ready(&serving), "ok\n");

    clock.is_wrong_by(TimeDelta::days(100));
    serving.said(DOUBT);
    let told = ready(&serving);
    let is_so_far = "warning: the machine's clock is 100 days and 0 seconds from the time that has passed";
    assert!(told.contains(is_so_far), "{told}");
    assert!(told.contains("xinwu clock accept"), "{told}");
    clock.is_wrong_by(TimeDelta::zero());
    serving.said(AGAIN);
    assert_eq!((ready(&serving).as_str(), kept(&desk, "last_step")), ("ok\n", Some(closed.clone())));

    // The operator has the last word.
    clock.is_wrong_by(TimeDelta::days(100));
    serving.said(DOUBT);
    accept(&desk, &clock);
    serving.said(AGAIN);
    another(&desk, "last_step", Some(&closed));
    assert_eq!(ready(&serving), "ok\n");
    serving.kill();
}

#[test]
fn a_clock_that_jumps_ahead_shuts_no_month_on_sqlite() {
    a_jump_shuts_no_month(Backend::Sqlite);
}

#[test]
fn a_clock_that_jumps_ahead_shuts_no_month_on_postgres() {
    a_jump_shuts_no_month(Backend::Postgres);
}

#[test]
fn at_a_start_on_sqlite_the_clock_is_compared_with_the_last_work() {
    let (desk, clock) = (Desk::over(Backend::Sqlite.fresh()), WrongClock::new());
    let serving = serve(&desk, &clock);
    let last = another(&desk, "last_tick", None);
    assert_eq!(serving.stop("-TERM"), 0);
    for (by, word) in [(-1, "behind"), (41, "ahead")] {
        clock.is_wrong_by(TimeDelta::days(by));
        let serving = serve(&desk, &clock);
        serving.said(DOUBT);
        assert!(ready(&serving).contains(word), "{}", ready(&serving));
        assert_eq!(kept(&desk, "last_tick"), Some(last.clone()));
        serving.kill();
    }
    // A service may well have stood still for a month.
    clock.is_wrong_by(TimeDelta::days(39));
    let serving = serve(&desk, &clock);
    let last = another(&desk, "last_tick", Some(&last));
    assert_eq!(serving.stop("-TERM"), 0);
    // Two months later the operator says so beforehand.
    clock.is_wrong_by(TimeDelta::days(100));
    accept(&desk, &clock);
    let accepted = kept(&desk, "last_tick");
    assert_ne!(accepted, Some(last));
    let serving = serve(&desk, &clock);
    another(&desk, "last_tick", accepted.as_deref());
    assert_eq!(ready(&serving), "ok\n");
    serving.kill();
}

#[test]
fn at_a_start_on_postgres_the_clock_is_compared_with_the_server_s() {
    let (desk, clock) = (Desk::over(Backend::Postgres.fresh()), WrongClock::new());
    clock.is_wrong_by(TimeDelta::hours(1));
    let serving = serve(&desk, &clock);
    serving.said(DOUBT);
    assert!(ready(&serving).contains("from the database server's clock"), "{}", ready(&serving));
    assert_eq!(kept(&desk, "last_step"), None);
    clock.is_wrong_by(TimeDelta::zero());
    serving.said(AGAIN);
    another(&desk, "last_step", None);
    serving.kill();
}
