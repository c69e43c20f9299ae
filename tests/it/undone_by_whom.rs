//! Who seconds that what a file did is taken back, and what that person is shown.

use chrono::Duration;
use serde_json::{Value, json};
use xinwu_both::both;
use xinwu_domain::access::Role;
use xinwu_domain::estate::EstateKind;
use xinwu_domain::firm::NewFirm;
use xinwu_persistence::people::account::NewAccount;

use crate::harness::world::{COMMUNITY, DISTRICT, OTHER_DISTRICT, STREET, plain_firm};
use crate::harness::{Call, TestApp, someone};
use crate::imports::{CSV, import_file};
use crate::imports_undone::{job, undo, what_ends};
use crate::procedures::adopt_lanshan;

const RECORDS: &str = "category,uscc,level,title,document_number,authority,evidence,decided_on";

fn step(app: &TestApp, token: &str, path: &str) -> Call {
    app.post(path).token(token).header("If-Match", "*")
}

fn confirm(app: &TestApp, token: &str, proposal: &Value) -> Call {
    let path = format!("/v1/admin/proposals/{}/confirm", proposal["id"].as_str().unwrap());
    step(app, token, &path)
}

fn give_back(app: &TestApp, token: &str, proposal: &Value) -> Call {
    let path = format!("/v1/admin/proposals/{}/return", proposal["id"].as_str().unwrap());
    step(app, token, &path).json(&json!({"reason": "与材料不符"}))
}

/// A file in effect that one official sent and another confirmed.
fn confirmed(app: &TestApp, [sender, confirmer]: [&str; 2], path: &str, file: &str) -> Value {
    let sent = import_file(app, sender, path, CSV, file);
    assert_eq!(sent["state"], "submitted", "{sent}");
    step(app, confirmer, &job(&sent, "/confirm")).expect(200);
    app.advance(Duration::minutes(1));
    sent
}

fn of_one_person(role: Role, place: &str, number: &str) -> NewAccount {
    let staff_number = Some(number.to_owned());
    NewAccount { place: Some(place.to_owned()), can_confirm: true, staff_number, ..someone(role) }
}

/// The attack: who confirmed a file of penalties, and may not revoke a single one of them, seconds
/// that all of them fall.
#[both]
fn who_had_a_hand_in_a_file_of_records_neither_confirms_nor_returns_its_undoing(app: TestApp) {
    let scene = app.scene();
    let score = || app.evaluated(&scene.uscc, "")["score"].clone();
    let clear = score();
    let sender = app.official(Role::District, DISTRICT, true);
    let [confirmer, same] = [(); 2].map(|()| app.token(of_one_person(Role::District, DISTRICT, "D-7")));
    let file = format!(
        "{RECORDS},severity,counts_until\n\
         P301,{0},district,违规收费,中市监罚字〔2026〕1号,中山区市场监督管理局,1.pdf,2025-11-01,serious,2027-11-01\n\
         R101,{0},city,表彰,大政发〔2026〕2号,大连市人民政府,2.pdf,2026-10-01,,\n",
        scene.uscc
    );
    let sent = confirmed(&app, [&sender, &confirmer], "records?name=penalties.csv", &file);
    let graded = score();
    assert_ne!(graded, clear);
    let proposal = undo(&app, &sent, &app.drafter()).expect(202).json();
    // The name and the digest of the file, and how many records fall.
    let gone =
        |field: &str, before: Value, after: Value| json!({"field": field, "before": before, "after": after});
    assert_eq!(
        proposal["changes"],
        json!([
            gone("kind", json!("records"), Value::Null),
            gone("name", json!("penalties.csv"), Value::Null),
            gone("sha256", sent["sha256"].clone(), Value::Null),
            gone("created", json!(2), json!(0)),
        ])
    );
    assert_eq!(sent["sha256"].as_str().unwrap().len(), 64);
    for hand in [&sender, &confirmer, &same] {
        confirm(&app, hand, &proposal).refused(403, "second_person_needed");
        give_back(&app, hand, &proposal).refused(403, "second_person_needed");
    }
    assert_eq!(score(), graded);
    confirm(&app, &app.confirmer(), &proposal).expect(200);
    assert_ne!(score(), graded);
}

/// A second person could have confirmed every record of the file by the procedure in force.
#[both]
fn an_undoing_is_confirmed_by_whom_the_procedure_has_confirm_each_record(app: TestApp) {
    let scene = app.scene();
    adopt_lanshan(&app);
    let street = app.official(Role::Street, STREET, false);
    let of = |number: &str, rest: &str| {
        let common = "中市监罚字〔2026〕";
        format!(
            "{number},{},district,{rest},{common}{number}号,中山区市场监督管理局,1.pdf,2026-11-17\n",
            scene.uscc
        )
    };
    let penalty = format!("{RECORDS}\n{}", of("P301", "违规收费"));
    let both = format!("{RECORDS}\n{}{}", of("P301", "违规收费"), of("R101", "表彰"));
    let seconded = |file: &str, code: Option<&str>| {
        let sent = confirmed(&app, [&street, &app.confirmer()], "records", file);
        let proposal = undo(&app, &sent, &street).expect(202).json();
        let colleague = app.official(Role::Street, STREET, true);
        match code {
            None => confirm(&app, &colleague, &proposal).expect(200),
            Some(code) => {
                confirm(&app, &colleague, &proposal).refused(403, code);
                give_back(&app, &colleague, &proposal).refused(403, code);
                confirm(&app, &app.confirmer(), &proposal).expect(200)
            }
        };
    };
    // A street confirms penalties; a reward is the district's.
    seconded(&penalty, None);
    seconded(&both, Some("not_by_procedure"));
}

/// Of a community's file not by the community, where nobody confirms records.
#[both]
fn an_undoing_of_records_is_confirmed_where_records_are(app: TestApp) {
    let scene = app.scene();
    let community = app.official(Role::Community, COMMUNITY, false);
    let file = format!(
        "{RECORDS},project\nP301,{},district,违规收费,文〔2026〕1号,区住建局,file,2026-11-10,{}\n",
        scene.uscc, scene.project
    );
    let sent = confirmed(&app, [&community, &app.confirmer()], "records", &file);
    let proposal = undo(&app, &sent, &community).expect(202).json();
    let colleague = app.official(Role::Community, COMMUNITY, true);
    confirm(&app, &colleague, &proposal).refused(403, "role_not_allowed");
    confirm(&app, &app.official(Role::Street, STREET, true), &proposal).expect(200);
}

#[both]
fn who_sent_or_confirmed_assessments_or_metrics_does_not_second_their_undoing(app: TestApp) {
    let uscc = app.firm("甲物业");
    let project = app.project(&app.estate(COMMUNITY, EstateKind::Professional), &uscc);
    let assessments = format!("project,period,assessor,service,party\n{project},2026-Q4,district,92.5,88\n");
    let metrics = format!(
        "subject_kind,subject,key,period,value,source\nfirm,{uscc},fee_collection_rate,2026-Q3,95,年报\n"
    );
    for (kind, file) in [("assessments", assessments), ("metrics", metrics)] {
        let [sender, confirmer] = [(); 2].map(|()| app.official(Role::District, DISTRICT, true));
        let sent = confirmed(&app, [&sender, &confirmer], kind, &file);
        let proposal = undo(&app, &sent, &app.drafter()).expect(202).json();
        assert_eq!(proposal["changes"], what_ends(&sent), "{kind}");
        for hand in [&sender, &confirmer] {
            confirm(&app, hand, &proposal).refused(403, "second_person_needed");
            give_back(&app, hand, &proposal).refused(403, "second_person_needed");
        }
        confirm(&app, &app.confirmer(), &proposal).expect(200);
        let again = app.get(&job(&sent, "")).token(&sender).expect(200).json();
        assert!(again["undone_at"].is_string(), "{kind}");
    }
}

/// A branch of a parent that is registered elsewhere: by itself, that one or its district agrees
/// that it is attached; so does an official of that district where a file is taken back.
#[both]
fn a_branch_is_not_attached_again_without_its_parents_district(app: TestApp) {
    let parent =
        app.firm_with(NewFirm { registered_place: OTHER_DISTRICT.to_owned(), ..plain_firm("总公司") });
    let branch = app.firm("分公司");
    let clerk = app.official(Role::District, DISTRICT, false);
    let attached = json!({"parent": parent, "parent_since": "2026-01-01"});
    let path = format!("/v1/admin/firms/{branch}");
    let attach = || {
        app.patch(&path).token(&clerk).header("If-Match", "*").json(&attached).seconded(&app);
        app.advance(Duration::minutes(1));
    };
    let there = || app.get(&format!("/v1/firms/{branch}")).expect(200).json()["parent"].clone();
    attach();
    let before = there();
    let detached = |columns: &str, values: &str| {
        let file =
            format!("uscc,name,registered_place,parent{columns}\n{branch},分公司,{DISTRICT},-{values}\n");
        confirmed(&app, [&clerk, &app.confirmer()], "firms", &file)
    };
    let sent = detached("", "");
    assert_eq!(there(), Value::Null);
    let proposal = undo(&app, &sent, &clerk).expect(202).json();
    let mut shown = what_ends(&sent);
    shown.as_array_mut().unwrap().push(json!({"field": "districts_of", "before": null, "after": [parent]}));
    assert_eq!(proposal["changes"], shown);
    let refused = confirm(&app, &app.confirmer(), &proposal).refused(403, "second_person_needed").json();
    assert!(refused["detail"].as_str().unwrap().contains(&parent), "{refused}");
    assert_eq!(there(), Value::Null);
    // It waits on for one who may, as the city's.
    confirm(&app, &app.official(Role::City, "2102", true), &proposal).expect(200);
    assert_eq!(there(), before);

    // What more than one would have to agree to is mended entry by entry.
    let sent = detached(",residential", ",否");
    let refused = undo(&app, &sent, &clerk).refused(409, "rests_on");
    assert_eq!(refused.faults(), [("/rows/2".to_owned(), "rests_on".to_owned())]);
    assert_eq!(refused.json()["errors"][0]["detail"], "更改所属企业须单独提出");
    assert_eq!(there(), Value::Null);
}
