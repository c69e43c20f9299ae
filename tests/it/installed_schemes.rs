//! Whom a city grades by which rules is the city's to say: a new database has none.

use chrono::TimeDelta;
use serde_json::json;
use xinwu_domain::access::{Operation, Warrant};
use xinwu_domain::place::{NewPlace, PlaceLevel};
use xinwu_persistence::registers::place;
use xinwu_store::Clock;

use crate::harness::program::Desk;
use crate::harness::world::new_uscc;
use crate::harness::{Backend, TestApp};

/// A new database with its city, as `xinwu migrate` and an import leave it.
fn new_city(backend: Backend) -> (Desk, TestApp) {
    let desk = Desk::migrated(backend);
    let url = desk.url.clone();
    // The command takes the machine's clock.
    let now = Clock::System.now().to_rfc3339();
    let app = TestApp::start_at(backend, &now, |config| config.database = url);
    let city = NewPlace {
        code: "2102".to_owned(),
        level: PlaceLevel::City,
        name: "大连市".to_owned(),
        parent: None,
        valid_from: Some("2023-01-01".parse().unwrap()),
        aliases: Vec::new(),
    };
    app.db()
        .write_blocking(move |tx| place::add(tx, &Warrant::operator(Operation::AddPlace), &city).map(|_| ()))
        .unwrap();
    (desk, app)
}

/// A city's own rules: the demo's under another name and from another base.
fn own_rules(desk: &Desk) -> String {
    let text = include_str!("../../schemes/dalian-demo/1.toml")
        .replacen("id = \"dalian-demo\"", "id = \"our-city\"", 1)
        .replacen("value = 60", "value = 80", 1);
    desk.file("our-city.toml", text)
}

fn firms_are_graded_by_what_the_city_installs(backend: Backend) {
    let (desk, app) = new_city(backend);
    let uscc = new_uscc();
    let row = format!("uscc,name,registered_place\n{uscc},海蓝物业,2102\n");
    desk.run(&["import", "firms", &desk.file("firms.csv", row)]).expect(0);
    app.poll_changes();
    app.tick();
    let path = format!("/v1/firms/{uscc}");
    let credit = || app.get(&path).expect(200).json()["credit"].clone();
    assert_eq!((&credit()["outcome"], &credit()["scheme"]), (&json!("no_scheme"), &json!(null)));
    let listed = app.get("/v1/firms").expect(200).json()["items"][0]["credit"].clone();
    assert_eq!(listed["outcome"], "no_scheme");
    assert_eq!(app.get("/v1/schemes").expect(200).json()["items"], json!([]));
    app.get(&format!("{path}/evaluation")).refused(404, "not_found");

    // The city's own takes its place, and no other may beside it.
    let own = own_rules(&desk);
    let said = desk.run(&["scheme", "install", &own]).expect(0).out;
    assert_eq!(said, "our-city/1 is installed.\n");
    let again = desk.run(&["scheme", "install", &own, "--json"]).expect(0).json();
    assert_eq!(again, json!({"installed": [], "known": ["our-city"]}));
    let second = desk.run(&["scheme", "install", "dalian-demo"]).expect(1);
    assert!(second.err.contains("`our-city` is the primary scheme"), "{second:?}");
    app.poll_changes();
    app.advance(TimeDelta::hours(1));
    app.tick();
    let credit = credit();
    assert_eq!((&credit["scheme"], &credit["scheme_version"]), (&json!("our-city"), &json!(1)));
    let primary = app.get("/v1/schemes/our-city").expect(200).json()["primary_for"].clone();
    assert_eq!(primary, json!(["firm", "project"]));
    // What comes with the program is named; another city's grades nobody here.
    assert_eq!(
        desk.run(&["scheme", "install", "lianyungang"]).expect(0).out,
        "lianyungang/1 is installed.\n"
    );
    let missing = desk.run(&["scheme", "install", "no-such-scheme"]).expect(1);
    assert!(missing.err.contains("no-such-scheme"), "{missing:?}");
}

#[test]
fn firms_are_graded_by_what_the_city_installs_on_sqlite() {
    firms_are_graded_by_what_the_city_installs(Backend::Sqlite);
}

#[test]
fn firms_are_graded_by_what_the_city_installs_on_postgres() {
    firms_are_graded_by_what_the_city_installs(Backend::Postgres);
}

#[test]
fn all_that_is_to_be_installed_is_or_nothing() {
    let (desk, app) = new_city(Backend::Sqlite);
    let broken = desk.file("broken.toml", "id = \"broken\"\n");
    let refused = desk.run(&["scheme", "install", "lianyungang", &broken]).expect(1);
    assert!(refused.err.contains("text"), "{refused:?}");
    let refused = desk.run(&["scheme", "install", &own_rules(&desk), "dalian-demo"]).expect(1);
    assert!(refused.err.contains("primary"), "{refused:?}");
    assert_eq!(app.get("/v1/schemes").expect(200).json()["items"], json!([]));
}
