//! Whoever asks for a step that the state of something does not allow is told how it stands, and
//! what may be done with it then.

use chrono::Duration;
use serde_json::{Value, json};
use xinwu_both::both;
use xinwu_domain::access::Role;
use xinwu_domain::estate::EstateKind;
use xinwu_persistence::people::account::NewAccount;

use crate::harness::files::{ids, penalty, with};
use crate::harness::world::{COMMUNITY, DISTRICT, STREET};
use crate::harness::{Call, TestApp};
use crate::imports::{CSV, import_file};
use crate::procedures::{LANSHAN, adopt};
use crate::scheme_drafts::second_version;
use crate::second_factor::enrolled;
use crate::sign_in::staff;

const OBJECTION: &[&str] = &["decide_objection", "extend_objection", "withdraw_objection"];
const FILE: &[&str] = &["confirm_import", "return_import", "withdraw_import"];
const PROPOSAL: &[&str] = &["confirm_proposal", "return_proposal", "withdraw_proposal"];

/// What waits or stands in the way is refused by this code, in this state, which allows this.
#[track_caller]
fn refused(call: Call, code: &str, state: &str, allows: &[&str]) -> Value {
    let told = call.refused(409, code).json();
    assert_eq!((&told["state"], &told["allows"]), (&json!(state), &json!(allows)), "{told}");
    told
}

fn step(app: &TestApp, token: &str, path: &str, body: &Value) -> Call {
    app.post(path).token(token).header("If-Match", "*").json(body)
}

fn id_of(view: &Value) -> String {
    view["id"].as_str().unwrap().to_owned()
}

#[both]
fn a_record(app: TestApp) {
    let scene = app.scene();
    let (drafter, confirmer) = (app.drafter(), app.confirmer());
    let (id, _) = app.draft(&drafter, &penalty(&scene.uscc));
    let path = format!("/v1/admin/records/{id}");
    let take = |token: &str, step: &str| app.record_step(token, &id, "*", step);
    let told = |call: Call, state: &str, allows: &[&str]| refused(call, "wrong_state", state, allows);
    let own = ["edit_record", "submit_record", "withdraw_record"];
    told(take(&confirmer, "confirm"), "draft", &own);
    take(&drafter, "submit").expect(200);
    let waiting = ["confirm_record", "return_record", "withdraw_record", "put_record_statement"];
    told(take(&drafter, "submit"), "submitted", &waiting);
    let edit = app.patch(&path).token(&drafter).header("If-Match", "*").json(&json!({"title": "另一标题"}));
    told(edit, "submitted", &waiting);
    take(&confirmer, "return").expect(200);
    told(take(&confirmer, "confirm"), "returned", &own);
    take(&drafter, "submit").expect(200);
    take(&confirmer, "confirm").expect(200);
    let in_force =
        ["revoke_record", "object_to_record", "add_objection", "request_repair", "put_record_reply"];
    told(take(&confirmer, "confirm"), "in_force", &in_force);
    let revocation =
        json!({"ground": "entered_in_error", "reason": "同名企业", "evidence": ["处罚决定书.pdf"]});
    let revoke = || step(&app, &drafter, &format!("{path}/revoke"), &revocation);
    revoke().seconded(&app);
    told(revoke(), "revoked", &[]);

    let other = with(penalty(&scene.uscc), json!({"document_number": "中市监罚字〔2026〕99号"}));
    let (other, tag) = app.draft(&drafter, &other);
    app.record_step(&drafter, &other, &tag, "withdraw").expect(200);
    told(app.record_step(&drafter, &other, "*", "submit"), "withdrawn", &[]);
}

#[both]
fn a_record_whose_firm_can_still_be_heard(app: TestApp) {
    let scene = app.scene();
    let notify =
        ("kind = \"penalty\"\nsteps = [", "kind = \"penalty\"\nnotify = { working_days = 5 }\nsteps = [");
    adopt(&app, LANSHAN, "2026-11-21", &[notify]);
    let street = app.official(Role::Street, STREET, false);
    let (id, tag) = app.draft(&street, &with(penalty(&scene.uscc), json!({"decided_on": "2026-11-17"})));
    app.record_step(&street, &id, &tag, "submit").expect(200);
    let confirm = || app.record_step(&app.official(Role::Street, STREET, true), &id, "*", "confirm");
    refused(
        confirm(),
        "hearing_open",
        "submitted",
        &["return_record", "withdraw_record", "put_record_statement"],
    );
}

#[both]
fn an_objection(app: TestApp) {
    let scene = app.scene();
    let record = app.record_in_force(&penalty(&scene.uscc));
    let (firm, path) = (app.firm_account(&scene.uscc), format!("/v1/records/{record}"));
    let objection = app.objection(&scene.uscc, &record);
    let again = refused(app.object(&firm, &path), "objection_open", "open", OBJECTION);
    assert_eq!(again["existing"], objection);
    let extend = || {
        let path = format!("/v1/admin/objections/{objection}/extend");
        step(&app, &app.confirmer(), &path, &json!({"reason": "案情复杂"}))
    };
    extend().expect(200);
    refused(extend(), "already_extended", "open", &["decide_objection", "withdraw_objection"]);
    let upheld = json!({"decision": "upheld", "reason": "事实清楚"});
    app.decided(&objection, &upheld);
    let again = app.decide(&app.confirmer(), "objections", &objection, &upheld);
    refused(again, "already_decided", "upheld", &[]);
    let again = refused(app.object(&firm, &path), "already_decided", "upheld", &[]);
    assert_eq!(again["existing"], objection);
}

#[both]
fn a_request_for_repair(app: TestApp) {
    let scene = app.scene();
    let record = app.record_in_force(&with(penalty(&scene.uscc), json!({"decided_on": "2026-08-01"})));
    let firm = app.firm_account(&scene.uscc);
    let repair = id_of(&app.ask_repair(&firm, &record).expect(201).json());
    let again = app.ask_repair(&firm, &record);
    let again = refused(again, "repair_open", "open", &["decide_repair", "extend_repair", "withdraw_repair"]);
    assert_eq!(again["existing"], repair);
    let decide = |decision: &str| {
        let verdict = json!({"decision": decision, "reason": "退款已核实"});
        app.decide(&app.confirmer(), "repairs", &repair, &verdict)
    };
    let objection = app.objection(&scene.uscc, &record);
    let disputed = refused(decide("granted"), "objection_open", "open", OBJECTION);
    assert_eq!(disputed["existing"], objection);
    decide("refused").expect(200);
    refused(decide("refused"), "already_decided", "refused", &[]);
}

#[both]
fn an_import(app: TestApp) {
    let (sender, confirmer) = (app.drafter(), app.confirmer());
    let uscc = app.firm("甲物业");
    let header = "category,uscc,level,title,document_number,authority,evidence,decided_on";
    let send = |number: i32| {
        let row = format!("R101,{uscc},city,表彰,大政发〔2026〕{number}号,大连市人民政府,file,2026-10-01");
        import_file(&app, &sender, "records", CSV, format!("{header}\n{row}\n"))
    };
    let take = |job: &Value, token: &str, verb: &str| {
        step(&app, token, &format!("/v1/admin/imports/{}/{verb}", id_of(job)), &json!({"reason": "文件有误"}))
    };
    let plain = |job: &Value, token: &str, verb: &str| {
        let path = format!("/v1/admin/imports/{}/{verb}", id_of(job));
        app.post(&path).token(token).header("If-Match", "*")
    };
    let told = |call: Call, state: &str, allows: &[&str]| refused(call, "wrong_state", state, allows);
    let first = send(1);
    told(take(&first, &sender, "undo"), "submitted", FILE);
    let waiting = app.get("/v1/admin/records?state=submitted").token(&confirmer).expect(200);
    let single = app.record_step(&confirmer, &ids(&waiting)[0], "*", "confirm");
    refused(single, "part_of_batch", "submitted", FILE);
    plain(&first, &confirmer, "confirm").expect(200);
    told(plain(&first, &confirmer, "confirm"), "confirmed", &["undo_import"]);
    take(&first, &sender, "undo").seconded(&app);
    told(take(&first, &sender, "undo"), "confirmed", &[]);

    let second = send(2);
    plain(&second, &sender, "withdraw").expect(200);
    told(plain(&second, &confirmer, "confirm"), "withdrawn", &[]);
    // Its time has come, whether or not the clock has come to it.
    let third = send(3);
    app.advance(Duration::days(14));
    told(plain(&third, &app.confirmer(), "confirm"), "expired", &[]);
}

#[both]
fn a_proposal(app: TestApp) {
    let uscc = app.firm("大连示例物业管理有限公司");
    let project = app.project(&app.estate(COMMUNITY, EstateKind::Professional), &uscc);
    let street = app.official(Role::Street, STREET, false);
    let second = app.official(Role::Street, STREET, true);
    let body = json!({"area_m2": 12000, "reason": "竣工测绘更正"});
    let path = format!("/v1/admin/projects/{project}");
    let propose = || app.patch(&path).token(&street).header("If-Match", "*").json(&body);
    let confirm = |proposal: &str, token: &str| {
        app.post(&format!("/v1/admin/proposals/{proposal}/confirm")).token(token).header("If-Match", "*")
    };
    let open = id_of(&propose().expect(202).json());
    assert_eq!(refused(propose(), "proposal_open", "open", PROPOSAL)["existing"], open);
    confirm(&open, &second).expect(200);
    refused(confirm(&open, &second), "wrong_state", "confirmed", &[]);

    // Where a firm is asked, it decides too.
    let estate = app.estate(COMMUNITY, EstateKind::Professional);
    let new = json!({
        "estate": estate, "operator": "firm", "uscc": uscc, "starts_on": "2026-12-01", "area_m2": 10000,
        "households": 100, "reason": "新签"
    });
    let add = || app.post("/v1/admin/projects").token(&street).json(&new);
    add().expect(202);
    let both = [PROPOSAL, &["confirm_firm_proposal", "return_firm_proposal"]].concat();
    refused(add(), "proposal_open", "open", &both);

    let body = json!({"area_m2": 13000, "reason": "再次测绘"});
    let open = app.patch(&path).token(&street).header("If-Match", "*").json(&body).expect(202).json();
    app.advance(Duration::days(14));
    let late = confirm(&id_of(&open), &app.official(Role::Street, STREET, true));
    refused(late, "wrong_state", "expired", &[]);
}

/// What is proposed meets what became meanwhile of something else: that is what is told.
#[both]
fn what_a_proposal_is_about(app: TestApp) {
    let scene = app.scene();
    let serious = json!({"severity": "serious", "decided_on": "2025-11-01", "counts_until": "2027-11-01"});
    let record = app.record_in_force(&with(penalty(&scene.uscc), serious));
    let repair = id_of(&app.ask_repair(&app.firm_account(&scene.uscc), &record).expect(201).json());
    let granted = json!({"decision": "granted", "reason": "退款已核实"});
    let proposal = app.decide(&app.confirmer(), "repairs", &repair, &granted).expect(202).json();
    app.objection(&scene.uscc, &record);
    let path = format!("/v1/admin/proposals/{}/confirm", id_of(&proposal));
    let confirm = app.post(&path).token(&app.confirmer()).header("If-Match", "*");
    let told = refused(confirm, "proposal_refused", "open", OBJECTION);
    assert_eq!(told["errors"][0]["code"], "conflict");
}

#[both]
fn a_scheme(app: TestApp) {
    app.scene();
    let (drafter, confirmer) =
        (app.official(Role::City, "2102", false), app.official(Role::City, "2102", true));
    let text = second_version("2026-12-01", &[]);
    let keep = |text: &str| app.post("/v1/admin/schemes").token(&drafter).json(&json!({"text": text}));
    let path = keep(&text).expect(201).header("Location").to_owned();
    let take = |token: &str, path: &str| app.post(path).token(token).header("If-Match", "*");
    let told = |call: Call, state: &str, allows: &[&str]| refused(call, "wrong_state", state, allows);
    let (announce, confirm) = (format!("{path}/announce"), format!("{path}/announce/confirm"));
    let draft = ["add_scheme_draft", "announce_scheme", "withdraw_scheme"];
    told(take(&confirmer, &confirm), "draft", &draft);
    take(&drafter, &announce).expect(200);
    let proposed = ["add_scheme_draft", "confirm_scheme", "withdraw_scheme"];
    told(take(&drafter, &announce), "proposed", &proposed);
    take(&confirmer, &confirm).expect(200);
    told(take(&drafter, &format!("{path}/withdraw")), "announced", &[]);
    refused(keep(&text), "version_announced", "announced", &[]);
    let next = text.replacen("version = 2", "version = 3", 1);
    let next = keep(&next).expect(201).header("Location").to_owned();
    take(&drafter, &format!("{next}/withdraw")).expect(200);
    told(take(&drafter, &format!("{next}/announce")), "withdrawn", &["add_scheme_draft"]);
}

#[both]
fn a_residence(app: TestApp) {
    let estate = app.estate(COMMUNITY, EstateKind::Professional);
    let (_, resident) = app.resident("13900000001");
    let claim = id_of(&app.claim(&resident, &estate, "501").expect(201).json());
    let community = app.official(Role::Community, COMMUNITY, false);
    let take = |verb: &str, body: Value| {
        step(&app, &community, &format!("/v1/admin/residences/{claim}/{verb}"), &body)
    };
    let (end, approve) = (json!({"reason": "经核实已搬离"}), json!({"none_of_them": true}));
    let pending = ["approve_residence", "approve_residences", "refuse_residence", "end_residence"];
    refused(take("end", end.clone()), "not_verified", "pending", &pending);
    take("approve", approve.clone()).expect(200);
    let verified = ["end_admin_residence", "end_residence"];
    refused(take("approve", approve), "already_decided", "verified", &verified);
    take("end", end.clone()).expect(200);
    refused(take("end", end), "not_verified", "ended", &[]);
}

#[both]
fn a_burst(app: TestApp) {
    let stage = app.stage();
    let residents = app.neighbours(&stage.estate, 20);
    app.rate_all(&residents, &stage.project, "2026-11", &[5; 20]);
    app.step_on("2026-11-23");
    let district = app.official(Role::District, DISTRICT, false);
    let held = app.get("/v1/admin/bursts?status=held").token(&district).expect(200);
    let path = format!("/v1/admin/bursts/{}/release", ids(&held)[0]);
    let release = || step(&app, &district, &path, &json!({"reason": "小区组织集中评价"}));
    release().expect(200);
    refused(release(), "already_decided", "released", &[]);
}

#[both]
fn a_batch_of_assessments(app: TestApp) {
    let scene = app.scene();
    let street = app.official(Role::Street, STREET, true);
    let path = format!("/v1/admin/places/{STREET}/assessments/2026-Q4");
    let confirm = |token: &str| app.post(&format!("{path}/confirm")).token(token).header("If-Match", "*");
    refused(confirm(&street), "wrong_state", "open", &[]);
    let scores = json!({"scores": {"service": 70, "party": 90}});
    let put = |token: &str| app.assess(token, &scene.project, "2026-Q4", "community", &scores);
    put(&app.official(Role::Community, COMMUNITY, false)).expect(201);
    refused(confirm(&street), "period_not_over", "open", &["return_assessments"]);
    // Once the period is closed, what waits from before is in the way of its correction.
    app.set_time("2027-02-02T02:00:00Z");
    let correction =
        with(scores.clone(), json!({"scores": {"service": 60, "party": 90}, "correction_reason": "漏记"}));
    let community = app.official(Role::Community, COMMUNITY, false);
    let correct = || app.assess(&community, &scene.project, "2026-Q4", "community", &correction);
    refused(correct(), "already_submitted", "submitted", &["confirm_assessments", "return_assessments"]);
    let street = app.official(Role::Street, STREET, true);
    confirm(&street).expect(200);
    refused(confirm(&street), "wrong_state", "settled", &[]);

    let file = format!("project,period,assessor,service,party\n{},2027-Q1,community,70,90\n", scene.project);
    let sent = import_file(&app, &community, "assessments", CSV, file);
    assert_eq!(sent["state"], "submitted", "{sent}");
    let by_hand = app.assess(&community, &scene.project, "2027-Q1", "community", &scores);
    refused(by_hand, "already_submitted", "submitted", FILE);
}

#[both]
fn a_household_that_does_not_wait(app: TestApp) {
    let household = app.household(&app.estate(COMMUNITY, EstateKind::Professional), "101", &[]);
    let street = app.official(Role::Street, STREET, true);
    let confirm = app.post(&format!("/v1/admin/households/{household}/confirm"));
    refused(confirm.token(&street).header("If-Match", "*"), "not_waiting", "entered", &["edit_household"]);
}

#[both]
fn a_second_factor(app: TestApp) {
    let place = Some(DISTRICT.to_owned());
    let token = app.token(NewAccount { place, ..staff("inspector", Role::District) });
    let confirm = || app.post("/v1/me/totp/confirm").token(&token).json(&json!({"totp": "123456"}));
    refused(confirm(), "wrong_state", "none", &["set_up_totp"]);
    enrolled(&app, &token);
    refused(confirm(), "wrong_state", "in_force", &["set_up_totp"]);
}
