//! The offline tools: what anyone with a file can check without the service.

use std::process::{Command, Output};
use xinwu_both::both;

use serde_json::{Value, json};
use xinwu_domain::access::Role;

use crate::facts::{COMMUNITY, FIRM, Fact, OTHER};
use crate::harness::TestApp;

/// Runs the program; gives its exit code, what it said, and what it complained of.
pub fn xinwu(database: Option<&str>, arguments: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xinwu-under-test"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("XINWU_")) {
        command.env_remove(name);
    }
    if let Some(database) = database {
        command.env("XINWU_DATABASE", database);
    }
    let Output { status, stdout, stderr } = command.args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}

fn shipped(scheme: &str) -> String {
    format!("{}/../schemes/{scheme}", env!("CARGO_MANIFEST_DIR"))
}

/// A firm with a file of every kind of fact.
fn full_file(app: &TestApp) {
    app.shandong_here();
    app.set_time("2026-01-05T02:00:00Z");
    app.put_firm(FIRM);
    app.put_project("large", FIRM, 100_000, "2026-01-05", None);
    app.put_project("small", FIRM, 50_000, "2026-01-05", None);
    app.set_time("2026-10-10T02:00:00Z");
    app.tick();
    app.put_assessment("large", "2026-Q3", "community", 90);
    app.put_assessment("small", "2026-Q3", "street", 70);
    app.increment("large", "2026-09", [0, 0, 0, 2, 3]);
    app.put_metric(FIRM, "years_in_business", "2026-Q3", 5);
    app.set_time("2026-11-01T02:00:00Z");
    app.increment("large", "2026-10", [0, 0, 0, 4, 6]);
    app.increment("small", "2026-10", [1, 2, 2, 0, 0]);
    app.set_time("2026-11-21T02:00:00Z");
    app.increment("large", "2026-11", [0, 5, 5, 0, 0]);
    app.tick();
    app.put_record(FIRM, Fact { level: "state", ..Fact::of("reward", "R101") });
    app.put_record(FIRM, Fact { public_until: None, ..Fact::of("hidden", "P101") });
    app.put_record(FIRM, Fact { decided_on: "2026-06-01", ..Fact::of("late", "R103") });
}

#[both]
fn an_exported_file_is_evaluated_offline_byte_for_byte_as_by_the_service(app: TestApp) {
    full_file(&app);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("firm.json").display().to_string();
    let database = app.state.config().database.clone();
    let (code, said, wrong) = xinwu(Some(&database), &["export", "firm", FIRM, "--output", &file]);
    assert_eq!((code, said.as_str()), (0, ""), "{wrong}");
    let exported: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    assert_eq!((&exported["subject"], &exported["zone"]), (&json!("firm"), &json!("Asia/Shanghai")));
    let own = app.firm_account(FIRM);
    for (scheme, path) in [("dalian-demo", "dalian-demo/1.toml"), ("shandong-2019", "shandong-2019/1.toml")] {
        for (as_of, known_at) in [
            ("2026-11-21T02:00:00Z", "2026-11-21T02:00:00Z"),
            ("2026-07-01", "2026-07-01"),
            ("2026-07-01", "2026-11-21T02:00:00Z"),
        ] {
            for (language, accepted) in [("zh-cn", "zh-CN"), ("en", "en")] {
                let asked =
                    format!("/v1/firms/{FIRM}/evaluation?scheme={scheme}&as_of={as_of}&known_at={known_at}");
                let online = app.get(&asked).token(&own).header("Accept-Language", accepted).expect(200).text;
                let (code, offline, wrong) = xinwu(
                    None,
                    &[
                        "evaluate",
                        "--scheme",
                        &shipped(path),
                        "--file",
                        &file,
                        "--as-of",
                        as_of,
                        "--known-at",
                        known_at,
                        "--json",
                        "--language",
                        language,
                    ],
                );
                assert_eq!(code, 0, "{wrong}");
                assert_eq!(offline.trim_end(), online, "{asked}");
            }
        }
    }
    let (code, said, _) = xinwu(
        None,
        &[
            "evaluate",
            "--scheme",
            &shipped("dalian-demo/1.toml"),
            "--file",
            &file,
            "--as-of",
            "2026-11-21T02:00:00Z",
        ],
    );
    assert_eq!(code, 0);
    assert!(said.contains("先进企业") && said.contains("(hidden)") && said.contains("按分数为"), "{said}");
    let (code, _, wrong) = xinwu(Some(&database), &["export", "firm", "91210200241281392F"]);
    assert_eq!(code, 1, "{wrong}");
    assert!(wrong.contains("there is no such firm"), "{wrong}");
}

#[both]
fn a_file_fetched_from_the_service_is_the_exported_one_and_gives_the_same_evaluation(app: TestApp) {
    full_file(&app);
    app.put_firm(OTHER);
    app.put_manager();
    app.tick();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file.json").display().to_string();
    let database = app.state.config().database.clone();
    let (own, community) = (app.firm_account(FIRM), app.official(Role::Community, COMMUNITY, false));
    let nobodies = [app.admin(), app.resident("13900000001").1];
    for (kind, id) in [("firm", FIRM), ("project", "large"), ("manager", "manager-1")] {
        let path = format!("/v1/{kind}s/{id}/dossier");
        let fetched = app.get(&path).token(&own).expect(200);
        assert_eq!(
            (fetched.header("content-type"), fetched.header("cache-control")),
            ("application/json", "no-store")
        );
        assert_eq!(app.get(&path).token(&own).header("If-None-Match", fetched.etag()).send().status, 304);
        assert_eq!(app.get(&path).token(&community).expect(200).text, fetched.text);
        let (code, _, wrong) = xinwu(Some(&database), &["export", kind, id, "--output", &file]);
        assert_eq!(code, 0, "{wrong}");
        assert_eq!(fetched.text, std::fs::read_to_string(&file).unwrap());
        std::fs::write(&file, &fetched.text).unwrap();
        for (scheme, rules) in
            [("dalian-demo", "dalian-demo/1.toml"), ("shandong-2019", "shandong-2019/1.toml")]
        {
            for as_of in
                ["2026-11-21T02:00:00Z", "2026-11-01T02:00:00Z", "2026-11-01T01:59:59Z", "2026-07-01"]
            {
                let asked = format!("/v1/{kind}s/{id}/evaluation?scheme={scheme}&as_of={as_of}");
                let online = app.get(&asked).token(&own).expect(200).text;
                let (code, offline, wrong) = xinwu(
                    None,
                    &["evaluate", "--scheme", &shipped(rules), "--file", &file, "--as-of", as_of, "--json"],
                );
                assert_eq!(code, 0, "{wrong}");
                assert_eq!(offline.trim_end(), online, "{asked}");
            }
        }
        // What is not published stands in it.
        app.get(&path).refused(401, "not_signed_in");
        for stranger in [app.firm_account(OTHER), app.official(Role::District, "210203", true)] {
            app.get(&path).token(&stranger).refused(403, "out_of_reach");
        }
        for nobody in &nobodies {
            app.get(&path).token(nobody).refused(403, "role_not_allowed");
        }
        app.get(&format!("/v1/{kind}s/91210200241281392F/dossier"))
            .token(&community)
            .refused(404, "not_found");
    }
    assert!(app.get(&format!("/v1/firms/{FIRM}/dossier")).token(&own).expect(200).text.contains("hidden"));
}

#[both]
fn a_file_has_the_ratings_that_are_published_and_when_their_months_were_closed(app: TestApp) {
    full_file(&app);
    let (own, official) = (app.firm_account(FIRM), app.official(Role::City, "2102", true));
    let fetched = app.get(&format!("/v1/firms/{FIRM}/dossier")).token(&own).expect(200);
    assert_eq!(app.get(&format!("/v1/firms/{FIRM}/dossier")).token(&official).expect(200).text, fetched.text);
    let increment = |project: &str, month: &str, count: i64, stars: i64, at: &str| json!({"project": project, "month": month, "count": count, "stars": stars, "known_from": at});
    let [october, november, today] = ["2026-10-10T02:00:00Z", "2026-11-01T02:00:00Z", "2026-11-21T02:00:00Z"];
    let large = [("2026-09", 5, 23, october), ("2026-10", 10, 46, november), ("2026-11", 10, 25, today)];
    let large: Vec<Value> = large
        .into_iter()
        .map(|(month, count, stars, at)| increment("large", month, count, stars, at))
        .collect();
    let small = vec![increment("small", "2026-10", 5, 11, november)];
    let closings =
        json!([{"month": "2026-09", "closed_at": october}, {"month": "2026-10", "closed_at": november}]);
    let of = |file: &Value| (file["increments"].clone(), file["closings"].clone());
    let whole: Vec<Value> = large.into_iter().chain(small.clone()).collect();
    assert_eq!(of(&fetched.json()), (json!(whole), closings.clone()));
    let project = app.get("/v1/projects/small/dossier").token(&own).expect(200).json();
    assert_eq!(of(&project), (json!(small), closings));
    // How many ratings a line is made of is told to everyone, of any instant.
    let path = format!("/v1/projects/large/evaluation?scheme=dalian-demo&as_of={today}");
    let line = app.get(&path).expect(200).json()["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|line| line["source"] == "ratings")
        .cloned()
        .unwrap();
    // (24.5 + 69) / 22
    assert_eq!((&line["count"], &line["value"]), (&json!(15), &json!(4.25)));
}

#[test]
fn a_scheme_is_checked_and_every_fault_named_by_file_line_and_column() {
    let folder = tempfile::tempdir().unwrap();
    let bad = folder.path().join("bad.toml").display().to_string();
    let text = std::fs::read_to_string(shipped("dalian-demo/1.toml")).unwrap();
    let text = text.replacen("weight = 0.40", "weight = 0.41", 1).replacen(
        "category = \"R101\"",
        "category = \"R999\"",
        1,
    );
    std::fs::write(&bad, &text).unwrap();
    let good = shipped("dalian-demo/1.toml");
    let (code, said, wrong) = xinwu(None, &["scheme", "check", &good, &bad]);
    let line_of = |needle: &str| 1 + text.lines().position(|line| line.contains(needle)).unwrap();
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!((code, lines.len(), wrong.trim()), (1, 2, "xinwu: 2 fault(s)"));
    assert!(lines[0].starts_with(&format!("{bad}:{}:", line_of("parts = ["))), "{said}");
    assert!(
        lines[1].starts_with(&format!("{bad}:{}:", line_of("R999"))) && lines[1].contains("R999"),
        "{said}"
    );
    let (code, said, _) = xinwu(None, &["scheme", "check", "--json", &bad]);
    let report: Value = serde_json::from_str(&said).unwrap();
    assert_eq!((code, &report["ok"], report["faults"].as_array().unwrap().len()), (1, &json!(false), 2));
    assert!(report["faults"][0]["reason"]["zh"].is_string());
    assert_eq!(xinwu(None, &["scheme", "check", &good]).0, 0);
    assert_eq!(xinwu(None, &["scheme", "check", "--json", &good]).0, 0);
    assert_eq!(xinwu(None, &["scheme", "check", "none.toml"]).0, 1);
    assert_eq!(xinwu(None, &["scheme", "check"]).0, 2);
    let (code, _, wrong) = xinwu(None, &["evaluate", "--scheme", &bad, "--file", &bad]);
    assert!(code == 1 && wrong.contains("bad.toml:"), "{wrong}");
}

#[test]
fn a_file_that_is_not_one_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file.json").display().to_string();
    let scheme = shipped("dalian-demo/1.toml");
    let evaluate = |text: &str| {
        std::fs::write(&file, text).unwrap();
        xinwu(None, &["evaluate", "--scheme", &scheme, "--file", &file])
    };
    let (code, _, wrong) = evaluate(r#"{"subject":"firm","id":"x","zone":"Asia/Shanghai","more":1}"#);
    assert!(code == 1 && wrong.contains("unknown field `more`"), "{wrong}");
    let (code, _, wrong) = evaluate(r#"{"subject":"firm","id":"x","zone":"Nowhere"}"#);
    assert!(code == 1 && wrong.contains("unknown time zone"), "{wrong}");
    let (code, said, _) = evaluate(r#"{"subject":"firm","id":"x","zone":"Asia/Shanghai"}"#);
    assert!(code == 0 && said.contains("not_evaluated"), "{said}");
    let times = xinwu(None, &["evaluate", "--scheme", &scheme, "--file", &file, "--as-of", "yesterday"]);
    assert!(times.0 == 2 && times.2.contains("neither"), "{times:?}");
}
