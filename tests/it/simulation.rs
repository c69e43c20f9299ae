//! Simulations of drafts that are for others than the version in force is.

use serde_json::{Value, json};
use xinwu_both::both;
use xinwu_domain::access::{Operation, Role, Warrant};
use xinwu_domain::estate::EstateKind;
use xinwu_domain::place::{NewPlace, PlaceLevel};
use xinwu_domain::project::{NewProject, Operator};
use xinwu_persistence::registers::place;

use crate::facts::{FIRM, Fact};
use crate::harness::TestApp;
use crate::harness::world::{COMMUNITY, plain_project};
use crate::scheme_drafts::{announce, second_version};

/// The stars of old estates as rules of 中山区, with changes.
fn stars(version: u32, changes: &[(&str, &str)]) -> String {
    let mut text = include_str!("../../schemes/guancheng-star/1.toml")
        .replacen("place = \"410104\"", "place = \"210202\"", 1)
        .replacen("primary_for = [\"project\"]\n", "", 1)
        .replacen("effective_from = 2020-01-01", "effective_from = 2026-11-21", 1)
        .replacen("version = 1", &format!("version = {version}"), 1);
    for (old, new) in changes {
        assert!(text.contains(old), "{old}");
        text = text.replacen(old, new, 1);
    }
    text
}

/// Projects in an old estate, in an old one that its owners run, and in another.
fn three_projects(app: &TestApp) -> [String; 3] {
    let uscc = app.firm("海蓝物业");
    let old = app.project(&app.estate(COMMUNITY, EstateKind::Old), &uscc);
    let plain = plain_project(&app.estate(COMMUNITY, EstateKind::Old), &uscc);
    let of_owners = app.project_with(NewProject { operator: Operator::Owners, uscc: None, ..plain });
    let other = app.project(&app.estate(COMMUNITY, EstateKind::Professional), &uscc);
    [old, of_owners, other]
}

fn simulate(app: &TestApp, text: &str) -> Value {
    let official = app.official(Role::City, "2102", false);
    app.post("/v1/admin/schemes/simulate").token(&official).json(&json!({"text": text})).expect(200).json()
}

/// Outcome, score and grade of the evaluation by a scheme; null where the scheme is not for the
/// project.
fn evaluated(app: &TestApp, project: &str, scheme: &str) -> Value {
    let reply = app.get(&format!("/v1/projects/{project}/evaluation?scheme={scheme}")).send();
    if reply.status == 404 {
        return Value::Null;
    }
    assert_eq!(reply.status, 200);
    let found = reply.json();
    json!({"outcome": found["outcome"], "score": found["score"], "grade": found["grade"]})
}

/// One that moves, by the subject's id.
fn moved<'a>(simulation: &'a Value, subject: &str) -> &'a Value {
    let moved = simulation["moved"].as_array().unwrap();
    moved.iter().find(|row| row["subject"] == subject).unwrap_or(&Value::Null)
}

fn count(from: &str, to: &str, count: usize) -> Value {
    json!({"subject_kind": "project", "from": from, "to": to, "count": count})
}

#[both]
fn a_draft_that_narrows_takes_the_grade_of_whom_it_is_no_longer_for(app: TestApp) {
    let [old, of_owners, other] = three_projects(&app);
    announce(&app, &stars(2, &[]));
    app.tick();
    let before = [&old, &of_owners, &other].map(|project| evaluated(&app, project, "guancheng-star"));
    assert_eq!(
        (&before[0]["grade"], &before[1]["grade"], &before[2]),
        (&json!("S2"), &json!("S2"), &Value::Null)
    );
    let draft = stars(
        3,
        &[("kinds = [\"old\"]", "kinds = [\"old\"], operators = [\"firm\"]"), ("value = 60", "value = 80")],
    );
    let simulation = simulate(&app, &draft);
    assert_eq!((&simulation["subjects"], &simulation["moved_count"]), (&json!(2), &json!(2)));
    assert_eq!(
        simulation["compared_with"],
        json!([{"subject_kind": "project", "scheme": "guancheng-star", "scheme_version": 2}])
    );
    assert_eq!(simulation["counts"], json!([count("S2", "S4", 1), count("S2", "none", 1)]));
    let lost = moved(&simulation, &of_owners);
    assert_eq!(
        (&lost["from"], &lost["to"], &lost["reasons"]),
        (&before[1], &Value::Null, &json!(["草案不适用"]))
    );
    assert_eq!((&moved(&simulation, &old)["from"], moved(&simulation, &other)), (&before[0], &Value::Null));
    // In the table the empty side is empty.
    let official = app.official(Role::City, "2102", false);
    let table = app
        .post("/v1/admin/schemes/simulate")
        .token(&official)
        .header("Accept", "text/csv")
        .json(&json!({"text": draft}))
        .expect(200)
        .text;
    assert!(table.contains(",evaluated,60,S2,,,,,yes,草案不适用"), "{table}");
    // What it said is what comes.
    let to = [&old, &of_owners].map(|project| moved(&simulation, project)["to"].clone());
    announce(&app, &draft);
    app.tick();
    assert_eq!([&old, &of_owners].map(|project| evaluated(&app, project, "guancheng-star")), to);
}

#[both]
fn a_draft_that_widens_gives_a_grade_to_whom_had_none(app: TestApp) {
    let [old, of_owners, other] = three_projects(&app);
    announce(
        &app,
        &stars(2, &[("kinds = [\"old\"]", "kinds = [\"old\"], operators = [\"firm\", \"street_firm\"]")]),
    );
    app.tick();
    let draft = stars(3, &[("kinds = [\"old\"]", "kinds = [\"old\", \"professional\"]")]);
    let simulation = simulate(&app, &draft);
    assert_eq!((&simulation["subjects"], &simulation["moved_count"]), (&json!(3), &json!(2)));
    // The one that both are for keeps its grade.
    assert_eq!(simulation["counts"], json!([count("S2", "S2", 1), count("none", "S2", 2)]));
    for project in [&of_owners, &other] {
        let row = moved(&simulation, project);
        assert_eq!((&row["from"], evaluated(&app, project, "guancheng-star")), (&Value::Null, Value::Null));
        assert_eq!(
            (&row["to"]["grade"], &row["difference"], &row["reasons"]),
            (&json!("S2"), &Value::Null, &json!(["现行评分办法不适用"]))
        );
    }
    let to = [&of_owners, &other].map(|project| moved(&simulation, project)["to"].clone());
    announce(&app, &draft);
    app.tick();
    assert_eq!([&of_owners, &other].map(|project| evaluated(&app, project, "guancheng-star")), to);
    assert_eq!(evaluated(&app, &old, "guancheng-star")["grade"], "S2");
}

#[both]
fn a_new_scheme_is_compared_with_the_primary_one_for_its_own_subjects_alone(app: TestApp) {
    let [old, of_owners, other] = three_projects(&app);
    app.tick();
    let simulation = simulate(&app, &stars(2, &[("id = \"guancheng-star\"", "id = \"stars\"")]));
    assert_eq!(
        (&simulation["subjects"], &simulation["compared_with"][0]["scheme"]),
        (&json!(2), &json!("dalian-demo"))
    );
    for project in [&old, &of_owners] {
        assert_eq!(moved(&simulation, project)["from"], evaluated(&app, project, "dalian-demo"));
    }
    assert_eq!(moved(&simulation, &other), &Value::Null);
}

#[both]
fn a_draft_that_drops_a_kind_of_subject_takes_their_grades(app: TestApp) {
    app.put_firm(FIRM);
    app.put_project("large", FIRM, 100_000, "2026-01-05", None);
    app.tick();
    let firms = "subjects = [\"firm\"]\nprimary_for = [\"firm\"]";
    let draft = second_version(
        "2026-12-01",
        &[("subjects = [\"firm\", \"project\"]\nprimary_for = [\"firm\", \"project\"]", firms)],
    );
    let simulation = simulate(&app, &draft);
    assert_eq!((&simulation["subjects"], &simulation["moved_count"]), (&json!(2), &json!(1)));
    let project = moved(&simulation, "large");
    assert_eq!((&project["from"], &project["to"]), (&evaluated(&app, "large", "dalian-demo"), &Value::Null));
}

#[both]
fn another_citys_rules_are_tried_as_this_citys_whatever_else_is_in_the_register(app: TestApp) {
    app.put_firm(FIRM);
    app.put_project("large", FIRM, 100_000, "2026-01-05", None);
    app.put_record(FIRM, Fact { level: "state", ..Fact::of("reward", "R101") });
    let text = include_str!("../../schemes/shandong-2019/1.toml");
    let before = simulate(&app, text);
    assert_eq!((&before["subjects"], &moved(&before, FIRM)["from"]["grade"]), (&json!(1), &json!("A")));
    let city = NewPlace {
        code: "1101".to_owned(),
        level: PlaceLevel::City,
        name: "另一城市".to_owned(),
        parent: None,
        valid_from: Some("2026-01-01".parse().unwrap()),
        aliases: Vec::new(),
    };
    app.db()
        .write_blocking(move |tx| place::add(tx, &Warrant::operator(Operation::AddPlace), &city).map(|_| ()))
        .unwrap();
    assert_eq!(simulate(&app, text), before);
}
