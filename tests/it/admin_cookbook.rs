//! The cookbook for officials (`docs/admin.md`) is true: every line of it runs, in one shell, from
//! top to bottom.

use std::path::Path;
use std::process::Command;
use xinwu_both::both;

use serde_json::json;
use xinwu_domain::access::Role;
use xinwu_domain::estate::EstateKind;
use xinwu_persistence::people::account::NewAccount;

use crate::harness::files::penalty;
use crate::harness::{TestApp, someone};

const COOKBOOK: &str = include_str!("../../docs/admin.md");
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

/// An account that signs in with the cookbook's password.
fn with_password(username: &str, role: Role) -> NewAccount {
    let password_hash = Some(xinwu_api::password::hash(8, PASSWORD).unwrap());
    NewAccount { username: Some(username.to_owned()), password_hash, ..someone(role) }
}

/// The accounts that the cookbook speaks of, and what waits for its decisions.
fn prepare(app: &TestApp) {
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
    let uscc = app.firm("别家物业");
    let estate = app.estate("210202001002", EstateKind::Old);
    let project = app.project(&estate, &uscc);
    app.record_in_force(&penalty(&uscc));
    app.account(NewAccount { uscc: Some(uscc.clone()), ..with_password("lanhai.firm", Role::Firm) });
    let (_, stranger) = app.resident("13900000101");
    let home = |room: &str| json!({"estate": estate, "building": "1", "unit": "1", "room": room});
    app.post("/v1/me/residences").token(&stranger).json(&home("101")).expect(201);
    app.review(&project, &uscc, "held");
}

#[both]
fn every_line_of_the_cookbook_runs(app: TestApp) {
    prepare(&app);
    let folder = tempfile::tempdir().unwrap();
    let said =
        paste(&script(COOKBOOK), folder.path(), &[("XINWU", app.base.as_str()), ("PASSWORD", PASSWORD)]);
    assert!(said.contains("手册家园") && said.contains("违规收取装修管理费"), "{said}");
    // The district's officials may do all that they do in the book: of its records one counted
    // until it was revoked, and one until it was repaired.
    let admin = app.official(Role::District, "210202", true);
    for (state, count) in [("revoked", 1), ("repaired", 1), ("in_force", 0)] {
        let path = format!("/v1/admin/records?state={state}");
        let records = app.get(&path).token(&admin).expect(200).json();
        assert_eq!(records["items"].as_array().unwrap().len(), count, "{state}");
    }
}

#[test]
fn the_cookbook_has_blocks_to_run_and_none_in_another_language() {
    let fences = COOKBOOK.matches("```").count();
    assert_eq!(fences % 2, 0);
    assert_eq!(COOKBOOK.matches("```sh\n").count(), fences / 2);
    assert!(fences / 2 > 10);
}
