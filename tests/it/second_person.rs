//! Who counts as another person, wherever two are needed, and what becomes of a proposal whose
//! author, object or rules are no longer what they were.

use chrono::Duration;
use diesel::prelude::*;
use serde_json::{Value, json};
use xinwu_both::both;
use xinwu_domain::access::Role;
use xinwu_domain::estate::EstateKind;
use xinwu_persistence::people::account::NewAccount;
use xinwu_persistence::schema::activation;

use crate::harness::files::penalty;
use crate::harness::world::{COMMUNITY, DISTRICT, OTHER_DISTRICT, STREET, new_uscc};
use crate::harness::{Call, TestApp, someone};
use crate::imports::{CSV, import_file};

/// An official without a number in the staff list, as accounts of before there were any.
fn unnumbered(role: Role, place: &str, can_confirm: bool) -> NewAccount {
    NewAccount { place: Some(place.to_owned()), can_confirm, staff_number: None, ..someone(role) }
}

/// Two accounts of one person, whose number is written otherwise in the second: one without the
/// power to confirm, and one with it.
fn one_person(app: &TestApp, role: Role, place: &str, number: &str) -> [String; 2] {
    [false, true].map(|can_confirm| {
        let staff_number = Some(if can_confirm { number.replace('-', "-0") } else { number.to_owned() });
        app.token(NewAccount { staff_number, ..unnumbered(role, place, can_confirm) })
    })
}

fn step(app: &TestApp, token: &str, path: &str) -> Call {
    app.post(path).token(token).header("If-Match", "*")
}

fn proposal_path(proposal: &Value, verb: &str) -> String {
    format!("/v1/admin/proposals/{}{verb}", proposal["id"].as_str().unwrap())
}

#[both]
fn who_has_no_staff_number_confirms_nothing_and_has_nothing_confirmed(app: TestApp) {
    let scene = app.scene();
    let district = |can_confirm| app.token(unnumbered(Role::District, DISTRICT, can_confirm));
    let (author, confirmer) = (district(false), district(true));

    // A record.
    let submitted = |token: &str| {
        let (id, _) = app.draft(token, &penalty(&scene.uscc));
        step(&app, token, &format!("/v1/admin/records/{id}/submit")).expect(200);
        format!("/v1/admin/records/{id}/confirm")
    };
    let own = submitted(&app.drafter());
    step(&app, &confirmer, &own).refused(403, "no_staff_number");
    step(&app, &app.confirmer(), &own).expect(200);
    step(&app, &app.confirmer(), &submitted(&author)).refused(403, "no_staff_number");
    let [first, alias] = one_person(&app, Role::District, DISTRICT, "DL-7");
    step(&app, &alias, &submitted(&first)).refused(403, "second_person_needed");

    // An objection, and a repair.
    let record = app.record_in_force(&penalty(&scene.uscc));
    let objection = app.objection(&scene.uscc, &record);
    let decision = json!({"decision": "upheld", "reason": "事实清楚"});
    app.decide(&confirmer, "objections", &objection, &decision).refused(403, "no_staff_number");
    app.decide(&app.confirmer(), "objections", &objection, &decision).expect(200);

    // A dwelling more than its estate declares.
    let estate = app.estate(COMMUNITY, EstateKind::Old);
    app.declares(&estate, 0);
    let household = |room: &str, token: &str| {
        let body = json!({"estate": estate, "building": "1", "room": room});
        let added = app.post("/v1/admin/households").token(token).json(&body).expect(201).json();
        format!("/v1/admin/households/{}/confirm", added["id"].as_str().unwrap())
    };
    let own = household("1", &app.official(Role::Community, COMMUNITY, false));
    step(&app, &confirmer, &own).refused(403, "no_staff_number");
    step(&app, &app.confirmer(), &own).expect(200);
    let of_unnumbered = household("2", &app.token(unnumbered(Role::Community, COMMUNITY, false)));
    step(&app, &app.confirmer(), &of_unnumbered).refused(403, "no_staff_number");

    // A file.
    let file = |token: &str| {
        let rows = format!(
            "subject_kind,subject,key,period,value,source\nfirm,{},fee_collection_rate,2026-Q3,95.25,年报\n",
            scene.uscc
        );
        let report = import_file(&app, token, "metrics", CSV, rows);
        assert_eq!(report["state"], "submitted", "{report}");
        format!("/v1/admin/imports/{}/confirm", report["id"].as_str().unwrap())
    };
    let own = file(&app.drafter());
    step(&app, &confirmer, &own).refused(403, "no_staff_number");
    step(&app, &app.confirmer(), &own).expect(200);
}

/// Else one of them shuts all who might open them again.
#[both]
fn an_administrator_is_shut_by_two_and_everybody_else_by_one(app: TestApp) {
    let (chief_id, chief) = app.account(crate::sign_in::staff("chief", Role::Admin));
    let (admin, (other_id, other)) = (app.admin(), app.account(someone(Role::Admin)));
    let (official, token) = app.account(unnumbered(Role::Street, STREET, true));
    let shut = |id: &str, by: &str| {
        let body = json!({"status": "disabled", "reason": "离职"});
        app.patch(&format!("/v1/admin/users/{id}")).token(by).header("If-Match", "*").json(&body)
    };
    shut(&official, &admin).expect(200);
    app.get("/v1/me").token(&token).refused(401, "bad_credentials");
    let proposal = shut(&other_id, &admin).expect(202).json();
    assert_eq!(proposal["changes"], json!([{"field": "status", "before": "active", "after": "disabled"}]));
    app.get("/v1/me").token(&other).expect(200);
    // Whose account it is neither confirms it nor makes it go away.
    let proposed = |verb: &str, by: &str| step(&app, by, &proposal_path(&proposal, verb));
    proposed("/confirm", &other).refused(403, "second_person_needed");
    proposed("/withdraw", &other).refused(403, "second_person_needed");
    proposed("/confirm", &app.admin()).expect(200);
    app.get("/v1/me").token(&other).refused(401, "bad_credentials");
    // One's own is one's own to give up, while another can sign in.
    let (own_id, own) = app.account(someone(Role::Admin));
    shut(&own_id, &own).expect(200);
    shut(&chief_id, &chief).refused(409, "last_admin");
    app.account(crate::sign_in::staff("root", Role::Admin));
    shut(&chief_id, &chief).expect(200);
}

#[both]
fn the_name_of_an_official_takes_two_and_that_of_a_firms_account_one(app: TestApp) {
    let admin = app.admin();
    let rename = |id: &str| {
        let body = json!({"display_name": "王处长", "reason": "更正"});
        app.patch(&format!("/v1/admin/users/{id}")).token(&admin).header("If-Match", "*").json(&body)
    };
    let (official, _) = app.account(NewAccount {
        display_name: Some("李科员".to_owned()),
        ..unnumbered(Role::District, DISTRICT, false)
    });
    let proposal = rename(&official).expect(202).json();
    assert_eq!(
        proposal["changes"],
        json!([{"field": "display_name", "before": "李科员", "after": "王处长"}])
    );
    let uscc = Some(app.firm("大连示例物业管理有限公司"));
    rename(&app.account(NewAccount { uscc, ..someone(Role::Firm) }).0).expect(200);
}

/// A project of a firm.
struct Scene {
    uscc: String,
    project: String,
}

impl Scene {
    fn new(app: &TestApp) -> Scene {
        let uscc = app.firm("大连示例物业管理有限公司");
        let project = app.project(&app.estate(COMMUNITY, EstateKind::Professional), &uscc);
        Scene { uscc, project }
    }

    fn propose(&self, app: &TestApp, token: &str) -> Value {
        let body = json!({"area_m2": 12000, "reason": "竣工测绘更正"});
        let path = format!("/v1/admin/projects/{}", self.project);
        app.patch(&path).token(token).header("If-Match", "*").json(&body).expect(202).json()
    }
}

#[both]
fn an_author_who_works_elsewhere_by_now_sees_and_withdraws_the_own(app: TestApp) {
    let scene = Scene::new(&app);
    let (id, street) = app.account(NewAccount { place: Some(STREET.to_owned()), ..someone(Role::Street) });
    let proposal = scene.propose(&app, &street);
    let moved = "UPDATE account SET place = '210203001' WHERE id = ".to_owned() + &format!("'{id}'");
    app.sql(&[moved], &scene.uscc);
    // Signed in anew, as whoever is moved is.
    app.advance(Duration::seconds(1));
    let street = app.renewed(&id);
    assert_eq!(app.get("/v1/me").token(&street).expect(200).json()["place"]["code"], "210203001");
    let listed = app.get("/v1/admin/proposals").token(&street).expect(200).json();
    assert_eq!(listed["items"][0]["id"], proposal["id"]);
    app.get(&proposal_path(&proposal, "")).token(&street).expect(200);
    step(&app, &street, &proposal_path(&proposal, "/confirm")).refused(403, "second_person_needed");
    let colleague = app.official(Role::Street, "210203001", true);
    app.get(&proposal_path(&proposal, "")).token(&colleague).refused(404, "not_found");
    let done = step(&app, &street, &proposal_path(&proposal, "/withdraw")).expect(200).json();
    assert_eq!(done["state"], "withdrawn");
    assert_eq!(app.notices(&street), Vec::<Value>::new());
}

#[both]
fn an_author_is_told_that_a_colleague_took_it_back(app: TestApp) {
    let scene = Scene::new(&app);
    let [author, colleague] = [false, false].map(|power| app.official(Role::Street, STREET, power));
    let proposal = scene.propose(&app, &author);
    step(&app, &colleague, &proposal_path(&proposal, "/withdraw")).expect(200);
    let told = app.notices(&author);
    assert_eq!((told.len(), &told[0]["kind"]), (1, &json!("proposal_withdrawn")));
    assert_eq!(told[0]["about"], json!({"kind": "proposal", "id": proposal["id"]}));
}

#[both]
fn a_proposal_about_what_is_gone_ends(app: TestApp) {
    let admin = app.admin();
    let (id, _) = app.account(unnumbered(Role::Street, STREET, false));
    let body = json!({"can_confirm": true, "reason": "岗位调整"});
    let path = format!("/v1/admin/users/{id}");
    let edit = app.patch(&path).token(&admin).header("If-Match", "*").json(&body);
    // Whose powers change has a number.
    assert_eq!(edit.refused(422, "invalid").faults(), [("/staff_number".into(), "required".into())]);
    let body = json!({"staff_number": "DL-12", "reason": "补登工号"});
    let proposal = app.patch(&path).token(&admin).header("If-Match", "*").json(&body).expect(202).json();
    app.sql(&[format!("UPDATE account SET status = 'deleted' WHERE id = '{id}'")], "");
    let second = app.admin();
    let told = step(&app, &second, &proposal_path(&proposal, "/confirm")).refused(409, "proposal_stale");
    assert_eq!(told.faults(), [(String::new(), "gone".to_owned())]);
    let read = app.get(&proposal_path(&proposal, "")).token(&second).expect(200).json();
    assert_eq!(read["state"], "stale");
}

/// Neither district learns of the other's by its own, and the second to be confirmed meets what the
/// first has done.
#[both]
fn what_the_rules_refuse_by_now_is_told_to_who_confirms_and_may_be_returned(app: TestApp) {
    let (parent, branch) = (app.firm("大连总公司物业管理有限公司"), new_uscc());
    let add = |district: &str| {
        let body = json!({
            "uscc": branch, "name": "大连分公司物业管理有限公司", "registered_place": district, "parent": parent,
            "parent_since": "2026-01-01", "reason": "设立分支机构"
        });
        let official = app.official(Role::District, district, false);
        let proposal = app.post("/v1/admin/firms").token(&official).json(&body).expect(202).json();
        (official, proposal)
    };
    let (_, first) = add(DISTRICT);
    let (author, second) = add(OTHER_DISTRICT);
    let firm = app.firm_account(&parent);
    let own = |proposal: &Value, verb: &str| {
        let path = format!("/v1/firm/proposals/{}{verb}", proposal["id"].as_str().unwrap());
        step(&app, &firm, &path)
    };
    own(&first, "/confirm").expect(200);
    let told = own(&second, "/confirm").refused(409, "proposal_refused");
    assert_eq!(told.faults(), [(String::new(), "conflict".to_owned())]);
    let open = app.get("/v1/firm/proposals?state=open").token(&firm).expect(200).json();
    assert_eq!(open["items"][0]["id"], second["id"]);
    own(&second, "/return").json(&json!({"reason": "该企业已登记"})).expect(200);
    let notice = &app.notices(&author)[0];
    assert_eq!((&notice["kind"], &notice["reason"]), (&json!("proposal_returned"), &json!("该企业已登记")));
}

#[both]
fn a_code_that_no_longer_holds_is_deleted(app: TestApp) {
    let body = json!({
        "username": "haijun", "role": "street", "place": STREET, "staff_number": "DL-9", "reason": "新任"
    });
    let proposal = app.post("/v1/admin/users").token(&app.admin()).json(&body).expect(202).json();
    step(&app, &app.admin(), &proposal_path(&proposal, "/confirm")).expect(200);
    let codes =
        || app.db().read_blocking(|conn| Ok(activation::table.count().get_result::<i64>(conn)?)).unwrap();
    app.advance(Duration::hours(72) - Duration::seconds(1));
    let next = app.tick();
    assert_eq!(codes(), 1);
    assert_eq!(next, Some(app.now() + Duration::seconds(1)));
    app.advance(Duration::seconds(1));
    app.tick();
    assert_eq!(codes(), 0);
}
