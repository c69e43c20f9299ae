//! The cookbook for officials (`docs/admin.md`) is true: every line of it runs, from top to bottom:
//! all but its last section in one shell, and each day of that in another, on its day.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use xinwu_both::both;

use serde_json::{Value, json};
use xinwu_domain::access::Role;
use xinwu_domain::estate::EstateKind;
use xinwu_domain::inbox::InboxKind;
use xinwu_domain::word::Word;
use xinwu_persistence::people::account::NewAccount;

use crate::harness::files::{Scene, penalty, with};
use crate::harness::{Backend, TestApp, someone};
use crate::integrators::blocks;

/// Read when the tests run: a line that is changed needs no tests built again.
fn cookbook(language: &str) -> String {
    let path = format!("{}/../docs/admin{language}.md", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).unwrap()
}

/// Where the last section begins.
const WEEK: &str = "\n## An official's week";
const PASSWORD: &str = "a long password for a test";

/// A document's blocks of shell, as one script that stops at the first line that fails.
pub fn script(document: &str) -> String {
    let blocks = document.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap_or_default());
    let mut script = "set -euo pipefail\ntrap 'echo \"failed: $BASH_COMMAND\" >&2' ERR\n".to_owned();
    for block in blocks {
        script.push_str(block);
        script.push_str("echo\n");
    }
    // A line that only shows an answer must show a good one.
    script
        .replace("curl --silent \"$XINWU", "curl --fail-with-body --silent \"$XINWU")
        .replace("curl -s ", "curl --fail-with-body -s ")
}

/// Runs a script in a folder; gives what it printed. Fails with the line that failed.
pub fn paste(script: &str, folder: &Path, environment: &[(&str, &str)]) -> String {
    let output = Command::new("bash")
        .arg("-c")
        .arg(script)
        .current_dir(folder)
        .envs(environment.iter().copied())
        .env("NO_PROXY", "*")
        .output()
        .unwrap();
    let (said, wrong) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{wrong}\n{said}");
    said.into_owned()
}

/// Runs a script of the cookbook on the service's day.
fn paste_today(app: &TestApp, script: &str, folder: &Path) -> String {
    let today = (app.now() + chrono::Duration::hours(8)).date_naive().to_string();
    paste(script, folder, &[("XINWU", &app.base), ("PASSWORD", PASSWORD), ("XINWU_TODAY", &today)])
}

/// An account that signs in with the cookbook's password.
fn with_password(username: &str, role: Role) -> NewAccount {
    let password_hash = Some(xinwu_api::password::hash(8, PASSWORD).unwrap());
    NewAccount { username: Some(username.to_owned()), password_hash, ..someone(role) }
}

/// How the headings of the week begin, and their days.
const DAYS: [(&str, &str); 5] = [
    ("Monday", "2027-01-11"),
    ("Tuesday", "2027-01-12"),
    ("Wednesday", "2027-01-13"),
    ("Thursday", "2027-01-14"),
    ("Friday", "2027-01-15"),
];

/// The officials that the cookbook speaks of.
fn prepare_officials(app: &TestApp) {
    for (username, role, place, can_confirm) in [
        ("city.office", Role::City, Some("2102"), true),
        ("city.confirmer", Role::City, Some("2102"), true),
        ("zhongshan.drafter", Role::District, Some("210202"), false),
        ("zhongshan.confirmer", Role::District, Some("210202"), true),
        ("zhongshan.street", Role::Street, Some("210202001"), false),
        ("zhongshan.community", Role::Community, Some("210202001002"), false),
        ("root", Role::Admin, None, false),
        ("root.2", Role::Admin, None, false),
    ] {
        let place = place.map(str::to_owned);
        app.account(NewAccount { place, can_confirm, ..with_password(username, role) });
    }
}

/// The firm that it speaks of.
fn prepare_firm(app: &TestApp) -> String {
    let uscc = app.firm("别家物业");
    app.account(NewAccount { uscc: Some(uscc.clone()), ..with_password("lanhai.firm", Role::Firm) });
    uscc
}

/// All of these, and what waits for the cookbook's decisions.
fn prepare(app: &TestApp) -> Scene {
    prepare_officials(app);
    let uscc = prepare_firm(app);
    let estate = app.estate("210202001002", EstateKind::Old);
    let project = app.project(&estate, &uscc);
    app.record_in_force(&penalty(&uscc));
    let (_, stranger) = app.resident("13900000101");
    let home = |room: &str| json!({"estate": estate, "building": "1", "unit": "1", "room": room});
    app.post("/v1/me/residences").token(&stranger).json(&home("101")).expect(201);
    app.review(&project, &uscc, "held");
    Scene { uscc, estate, project }
}

/// What residents do before the week begins, and two penalties of the firm.
fn prepare_week(app: &TestApp, scene: &Scene) {
    app.set_hour("2027-01-08", 9);
    app.tick();
    let serious = json!({"category": "P303", "title": "挪用专项维修资金"});
    app.record_in_force(&with(penalty(&scene.uscc), serious));
    let minor = json!({"category": "P304", "title": "侵占公共收益", "severity": "minor"});
    app.record_in_force(&with(penalty(&scene.uscc), minor));
    for (phone, room) in [("13900000201", "201"), ("13900000202", "202")] {
        app.claim(&app.resident(phone).1, &scene.estate, room).expect(201);
    }
    for _ in 0..2 {
        app.review(&scene.project, &scene.uscc, "held");
    }
    // As many as a step sets apart.
    let residents = app.neighbours(&scene.estate, 20);
    app.rate_all(&residents, &scene.project, "2027-01", &[5; 20]);
    app.step_on("2027-01-11");
}

/// The days of the week with what each runs in its own shell: the lines of signing in, those with
/// which every day begins, and its own.
fn week(cookbook: &str) -> Vec<(&'static str, String)> {
    let (before, week) = cookbook.split_once(WEEK).unwrap();
    let signing_in = before.split("\n## ").find(|section| section.starts_with("Signing in")).unwrap();
    let parts: Vec<&str> = week.split("\n### ").collect();
    let (every_day, days) = parts.split_first().unwrap();
    assert_eq!(days.len(), DAYS.len());
    let of_day = |(day, (heading, date)): (&&str, &(&str, &'static str))| {
        assert!(day.starts_with(heading), "{heading}");
        (*date, script(&format!("{signing_in}\n{every_day}\n{day}")))
    };
    days.iter().zip(&DAYS).map(of_day).collect()
}

#[both]
fn every_line_of_the_cookbook_runs(app: TestApp) {
    let scene = prepare(&app);
    let folder = tempfile::tempdir().unwrap();
    let paste = |script: &str| paste_today(&app, script, folder.path());
    let cookbook = cookbook("");
    let said = paste(&script(cookbook.split_once(WEEK).unwrap().0));
    assert!(said.contains("手册家园") && said.contains("违规收取装修管理费"), "{said}");
    // The district's officials may do all that they do in the book: of its records one counted
    // until it was revoked, and one until it was repaired.
    let admin = app.official(Role::District, "210202", true);
    for (state, count) in [("revoked", 1), ("repaired", 1), ("in_force", 0)] {
        let path = format!("/v1/admin/records?state={state}");
        let records = app.get(&path).token(&admin).expect(200).json();
        assert_eq!(records["items"].as_array().unwrap().len(), count, "{state}");
    }
    prepare_week(&app, &scene);
    for (day, lines) in week(&cookbook) {
        app.set_hour(day, 9);
        app.tick();
        let said = paste(&lines);
        if day == DAYS[0].1 {
            // At its end Monday shows everything that waits, of every kind but what waits for the
            // drafter, for the city alone, and for one office alone, as cases do (docs/cases.md).
            let (_, inbox) = said.rsplit_once("{\"items\":").unwrap();
            let inbox: Value = serde_json::from_str(&format!("{{\"items\":{}", inbox.trim_end())).unwrap();
            let kinds: BTreeSet<&str> = inbox["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|item| item["kind"].as_str().unwrap())
                .collect();
            let elsewhere = [
                InboxKind::Returned,
                InboxKind::Scheme,
                InboxKind::Case,
                InboxKind::AssignedCase,
                InboxKind::Draft,
            ];
            let mut expected: BTreeSet<&str> = InboxKind::words().into_iter().collect();
            expected.retain(|kind| elsewhere.iter().all(|other| other.into_str() != *kind));
            assert_eq!(kinds, expected, "{inbox}");
        }
    }
    // Nobody whom the book does not name has anything left to decide either.
    for (role, place) in [(Role::Street, "210202001"), (Role::District, "210202"), (Role::City, "2102")] {
        let official = app.official(role, place, true);
        let inbox = app.get("/v1/admin/inbox").token(&official).expect(200).json();
        assert_eq!(inbox["items"], json!([]), "{role:?}");
    }
    let administrators = app.get("/v1/admin/inbox").token(&app.admin()).expect(200).json();
    assert_eq!(administrators["items"], json!([]));
}

/// The last and the first minutes of a year, of a quarter and of a leap day, in Shanghai.
const MOMENTS: [&str; 7] = [
    "2026-12-31T15:50:00Z",
    "2026-12-31T16:10:00Z",
    "2027-03-31T15:50:00Z",
    "2027-03-31T21:00:00Z",
    "2027-10-31T04:00:00Z",
    "2028-02-29T04:00:00Z",
    "2028-02-29T16:10:00Z",
];

/// All but the week, where nothing waits: as a new city's officials paste it on their first day.
#[test]
fn it_runs_on_any_day_and_where_every_list_is_empty() {
    for moment in MOMENTS {
        let app = TestApp::start(Backend::Sqlite);
        app.set_time(moment);
        app.tick();
        prepare_officials(&app);
        prepare_firm(&app);
        let folder = tempfile::tempdir().unwrap();
        let cookbook = cookbook("");
        paste_today(&app, &script(cookbook.split_once(WEEK).unwrap().0), folder.path());
    }
}

/// The same where something waits everywhere.
#[test]
fn it_runs_on_any_day_and_where_no_list_is_empty() {
    for moment in MOMENTS {
        let app = TestApp::start(Backend::Sqlite);
        app.set_time(moment);
        app.tick();
        prepare(&app);
        let folder = tempfile::tempdir().unwrap();
        let cookbook = cookbook("");
        paste_today(&app, &script(cookbook.split_once(WEEK).unwrap().0), folder.path());
    }
}

#[test]
fn the_cookbook_has_blocks_to_run_in_both_languages_and_no_others() {
    let (english, chinese) = (cookbook(""), cookbook(".zh-CN"));
    let blocks_of_both = blocks(&english);
    assert_eq!(blocks_of_both, blocks(&chinese));
    assert!(blocks_of_both.len() > 10 && blocks_of_both.iter().all(|block| block.starts_with("sh\n")));
    // Under as many headings of each level, and with as many rows of tables, between the blocks.
    let between = |cookbook: &str| -> Vec<String> {
        let prose = cookbook.split("```").step_by(2);
        prose.map(|text| text.lines().filter_map(mark).collect()).collect()
    };
    assert_eq!(between(&english), between(&chinese));
}

/// The marks of a heading, as `##`, or that it is a row of a table.
fn mark(line: &str) -> Option<&str> {
    match line.chars().next() {
        Some('#') => line.split(' ').next(),
        Some('|') => Some("|"),
        _ => None,
    }
}
