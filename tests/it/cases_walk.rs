//! The walks through cases (`docs/cases.md`) are true: every line runs, on the day and at the hour
//! of its heading, in both languages of the document.

use serde_json::{Value, json};
use xinwu_both::both;
use xinwu_domain::access::Role;

use crate::admin_cookbook::{paste, script};
use crate::harness::residents::Stage;
use crate::harness::world::{COMMUNITY, DISTRICT, STREET};
use crate::harness::{Backend, TestApp};

/// Before it stands what every day begins with; a heading of a day begins with its day and hour.
const DAY: &str = "\n### ";

/// What each day runs, and what it said.
fn walk(app: &TestApp, language: &str) -> (Stage, Vec<(String, String)>) {
    let path = format!("{}/../docs/cases{language}.md", env!("CARGO_MANIFEST_DIR"));
    let document = std::fs::read_to_string(path).unwrap();
    let stage = app.stage();
    app.department("DLSZ", DISTRICT);
    let residents = app.neighbours(&stage.estate, 6);
    let folder = tempfile::tempdir().unwrap();
    let parts: Vec<&str> = document.split(DAY).collect();
    let (every_day, days) = parts.split_first().unwrap();
    let run = |day: &&str| {
        let heading = day.lines().next().unwrap();
        let local = heading.get(..16).unwrap();
        let at = chrono::NaiveDateTime::parse_from_str(local, "%Y-%m-%d %H:%M").unwrap();
        app.set_time(&(at - chrono::Duration::hours(8)).and_utc().to_rfc3339());
        app.tick();
        let official = |role, place, confirms| app.official(role, place, confirms);
        let tokens: Vec<String> = residents.iter().map(|resident| app.renewed(&resident.id)).collect();
        let environment = [
            ("XINWU", app.base.clone()),
            ("RESIDENT", tokens[0].clone()),
            ("RESIDENTS", tokens[1..].join(" ")),
            ("FIRM", app.firm_account(&stage.uscc)),
            ("DEPARTMENT", app.department_official("DLSZ")),
            ("COMMUNITY", official(Role::Community, COMMUNITY, false)),
            ("STREET", official(Role::Street, STREET, false)),
            ("DISTRICT", official(Role::District, DISTRICT, true)),
            ("CONFIRMER", official(Role::District, DISTRICT, true)),
        ];
        let environment: Vec<(&str, &str)> =
            environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let said = paste(&script(&format!("{every_day}\n{day}")), folder.path(), &environment);
        (heading.to_owned(), said)
    };
    let said = days.iter().map(run).collect();
    (stage, said)
}

/// The last answer that a day printed.
fn last(said: &str) -> Value {
    let answers = serde_json::Deserializer::from_str(said).into_iter::<Value>();
    answers.last().unwrap().unwrap_or_else(|error| panic!("{error}: {said}"))
}

fn ends_in_the_metric_and_the_draft(app: &TestApp, language: &str) {
    let (stage, said) = walk(app, language);
    // The draft became a penalty that everybody reads, and that does not name its case.
    let records = app.get(&format!("/v1/firms/{}/records?kind=penalty", stage.uscc)).expect(200);
    let penalty = &records.json()["items"][0];
    assert_eq!((&penalty["category"]["code"], &penalty["status"]), (&json!("P102"), &json!("in_force")));
    assert!(!records.text.contains("source_case"), "{}", records.text);
    // Four of five repairs were on time; the complaint waits.
    let figures = app.get(&format!("/v1/projects/{}/cases", stage.project)).expect(200).json();
    let on_time = &figures["on_time"];
    assert_eq!(
        (&on_time["numerator"], &on_time["denominator"], &on_time["rate"]),
        (&json!(4), &json!(5), &json!(0.8)),
        "{figures}"
    );
    let metrics = format!("/v1/projects/{}/metrics?key=case_on_time_rate", stage.project);
    let metric = &app.get(&metrics).expect(200).json()["items"][0];
    assert_eq!((&metric["period"], &metric["value"]), (&json!("2026-11"), &json!(80)));
    let (heading, report) = said.last().unwrap();
    assert!(heading.starts_with("2026-12-01"), "{heading}");
    let report = last(report);
    assert_eq!(
        (&report["period"], &report["cases"]["on_time"]["denominator"]),
        (&json!("2026-11"), &json!(5)),
        "{report}"
    );
}

/// A service that was there before the first day of the walks.
fn early(backend: Backend) -> TestApp {
    TestApp::start_at(backend, "2026-11-08T02:00:00Z", |_| {})
}

#[both]
fn every_line_of_the_walks_runs(backend: Backend) {
    ends_in_the_metric_and_the_draft(&early(backend), "");
}

#[both]
fn so_does_every_line_in_chinese(backend: Backend) {
    ends_in_the_metric_and_the_draft(&early(backend), ".zh-CN");
}
