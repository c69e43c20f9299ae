//! What a file did is taken back by two: what stood before it stands again, from today on.

use chrono::Duration;
use serde_json::{Value, json};
use xinwu_both::both;
use xinwu_domain::access::Role;
use xinwu_domain::estate::EstateKind;

use crate::harness::world::{COMMUNITY, DISTRICT, OTHER_DISTRICT, STREET};
use crate::harness::{Call, TestApp};
use crate::imports::{CSV, import_file, rows};

const RECORDS: &str = "category,uscc,level,title,document_number,authority,evidence,decided_on";

fn job(report: &Value, rest: &str) -> String {
    format!("/v1/admin/imports/{}{rest}", report["id"].as_str().unwrap())
}

fn confirmed(app: &TestApp, token: &str, kind: &str, file: &str) -> Value {
    let sent = import_file(app, token, kind, CSV, file);
    assert_eq!(sent["state"], "submitted", "{sent}");
    let city = app.official(Role::City, "2102", true);
    app.post(&job(&sent, "/confirm")).token(&city).header("If-Match", "*").expect(200);
    app.advance(Duration::minutes(1));
    sent
}

fn undo(app: &TestApp, report: &Value, token: &str) -> Call {
    app.post(&job(report, "/undo")).token(token).header("If-Match", "*").json(&json!({"reason": "文件有误"}))
}

/// Proposes to take a file back, and has another official confirm it.
fn undone(app: &TestApp, report: &Value, token: &str) -> Value {
    let proposal = undo(app, report, token).expect(202).json();
    let changes = json!([{"field": "rows", "before": proposal["changes"][0]["before"], "after": 0}]);
    assert_eq!(proposal["changes"], changes, "{proposal}");
    let confirm = format!("/v1/admin/proposals/{}/confirm", proposal["id"].as_str().unwrap());
    app.post(&confirm).token(token).header("If-Match", "*").refused(403, "second_person_needed");
    let city = app.official(Role::City, "2102", true);
    app.post(&confirm).token(&city).header("If-Match", "*").expect(200);
    app.advance(Duration::minutes(1));
    app.get(&job(report, "")).token(token).expect(200).json()
}

fn rewards(app: &TestApp, uscc: &str) -> Value {
    app.get(&format!("/v1/firms/{uscc}")).expect(200).json()["records"]["rewards"].clone()
}

#[both]
fn records_of_a_wrong_file_end_and_may_be_recorded_again(app: TestApp) {
    let district = app.official(Role::District, DISTRICT, true);
    let uscc = app.firm("甲物业");
    let record = |number: i32| {
        format!("R101,{uscc},city,表彰,大政发〔2026〕{number}号,大连市人民政府,file-{number},2026-10-01\n")
    };
    let file = format!("{RECORDS}\n{}{}", record(1), record(2));
    let sent = confirmed(&app, &district, "records", &file);
    assert_eq!(rewards(&app, &uscc), 2);
    undo(&app, &sent, &app.official(Role::District, OTHER_DISTRICT, true)).refused(404, "not_found");
    let again = undone(&app, &sent, &district);
    assert_eq!((&again["state"], rewards(&app, &uscc)), (&json!("confirmed"), json!(0)));
    assert_eq!(
        again["undone_at"],
        json!((app.now() - Duration::minutes(1)).format("%Y-%m-%dT%H:%M:%SZ").to_string())
    );
    assert_eq!(app.notices(&district)[0]["kind"], "proposal_confirmed");
    undo(&app, &sent, &district).refused(409, "wrong_state");
    let sent = confirmed(&app, &district, "records", &file);
    assert_eq!((&sent["rows"], rewards(&app, &uscc)), (&rows(2, 0, 0), json!(2)));
    // Something rests on one of them: none is taken back.
    let ids = crate::harness::files::ids(&app.get(&format!("/v1/firms/{uscc}/records")).expect(200));
    app.objection(&uscc, &ids[0]);
    let told = undo(&app, &sent, &district).refused(409, "rests_on").faults();
    assert!(
        matches!(told.as_slice(), [(row, code)] if row.starts_with("/rows/") && code == "rests_on"),
        "{told:?}"
    );
    assert_eq!(rewards(&app, &uscc), 2);
}

#[both]
fn what_a_batch_replaced_is_in_force_again(app: TestApp) {
    let community = app.official(Role::Community, COMMUNITY, false);
    let uscc = app.firm("甲物业");
    let project = app.project(&app.estate(COMMUNITY, EstateKind::Professional), &uscc);
    let scores = |service: &str| {
        format!("project,period,assessor,service,party,note\n{project},2026-Q4,community,{service},88,良好\n")
    };
    confirmed(&app, &community, "assessments", &scores("92.5"));
    let second = confirmed(&app, &community, "assessments", &scores("40"));
    let path = format!("/v1/projects/{project}/assessments");
    let service = || app.get(&path).expect(200).json()["items"][0]["scores"]["service"].clone();
    let at = app.now().format("%Y-%m-%dT%H:%M:%SZ").to_string();
    assert_eq!(service(), json!(40));
    undone(&app, &second, &community);
    assert_eq!(service(), json!(92.5));
    let first = app.get(&path).expect(200).json()["items"][0].clone();
    assert_eq!((&first["revision"], &first["correction_reason"]), (&json!(3), &json!("文件有误")));
    assert!(first["known_from"].as_str().unwrap() >= at.as_str(), "{first}");
    undo(&app, &second, &community).refused(409, "wrong_state");

    let district = app.official(Role::District, DISTRICT, false);
    let metric = |value: &str| {
        format!(
            "subject_kind,subject,key,period,value,source\nfirm,{uscc},fee_collection_rate,2026-Q3,{value},年报\n"
        )
    };
    confirmed(&app, &district, "metrics", &metric("95"));
    let second = confirmed(&app, &district, "metrics", &metric("60"));
    undone(&app, &second, &district);
    let city = app.official(Role::City, "2102", true);
    let next = import_file(&app, &district, "metrics", CSV, metric("70"));
    let shown = app.get(&job(&next, "/rows")).token(&city).expect(200).json()["items"][0].clone();
    assert_eq!(shown["changes"], json!([{"field": "value", "before": 95, "after": 70}]));
}

#[both]
fn entries_of_the_registers_are_as_they_were(app: TestApp) {
    let district = app.official(Role::District, DISTRICT, false);
    let (uscc, estate) = (app.firm("甲物业"), app.estate(COMMUNITY, EstateKind::Professional));
    let project = app.project(&estate, &uscc);
    let read = || {
        let project = app.get(&format!("/v1/projects/{project}")).expect(200).json();
        (project["fee_fen"].clone(), project["area_m2"].clone(), project["ends_on"].clone())
    };
    let before = read();
    let starts_on = app.get(&format!("/v1/projects/{project}")).expect(200).json()["starts_on"].clone();
    let file = |fee: &str| {
        format!(
            "estate,operator,uscc,starts_on,ends_on,area_m2,households,fee_fen\n{estate},firm,{uscc},{},2027-12-31,9000,100,{fee}\n",
            starts_on.as_str().unwrap()
        )
    };
    let sent = confirmed(&app, &district, "projects", &file("190"));
    assert_eq!(read(), (json!(190), json!(9000), json!("2027-12-31")));
    undone(&app, &sent, &district);
    assert_eq!(read(), before);
    // A name that was wrong leaves no former one.
    let firms = format!("uscc,name,registered_place,residential\n{uscc},错物业,{DISTRICT},否\n");
    let sent = confirmed(&app, &district, "firms", &firms);
    undone(&app, &sent, &district);
    let firm = app.get(&format!("/v1/firms/{uscc}")).expect(200).json();
    assert_eq!((&firm["name"], &firm["former_names"]), (&json!("甲物业"), &json!([])));
    // What has changed since stays.
    let sent = confirmed(&app, &district, "projects", &file("200"));
    app.sql(
        &[format!("UPDATE project SET fee_fen = 210, version = version + 1 WHERE id = '{project}'")],
        &uscc,
    );
    let told = undo(&app, &sent, &district).refused(409, "rests_on").faults();
    assert_eq!(told, [("/rows/2".to_owned(), "rests_on".to_owned())]);
    // What a file made stays, and nothing of the file is taken back.
    let made = import_file(&app, &district, "managers", CSV, format!("name,uscc\n王经理,{uscc}\n"));
    assert_eq!(made["state"], "applied");
    let told = undo(&app, &made, &district).refused(409, "rests_on").faults();
    assert_eq!(told, [("/rows/2".to_owned(), "made_new".to_owned())]);
    // Nor are lists of phones.
    let staff = confirmed(&app, &district, "staff", &format!("uscc,phone\n{uscc},13900000001\n"));
    undo(&app, &staff, &district).refused(409, "wrong_state");
    undo(&app, &staff, &app.official(Role::Street, STREET, false)).refused(404, "not_found");
}
