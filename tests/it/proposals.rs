//! Two pairs of eyes: what moves a grade waits for a second person, and what stands stays.

use chrono::Duration;
use serde_json::{Value, json};
use xinwu_both::both;
use xinwu_domain::access::Role;
use xinwu_domain::estate::EstateKind;
use xinwu_persistence::people::account::NewAccount;

use crate::harness::files::with;
use crate::harness::world::{COMMUNITY, DISTRICT, OTHER_DISTRICT, STREET};
use crate::harness::{Call, TestApp, someone};
use crate::imports::{CSV, fault, faults, import_file, rows};

/// A firm's project, and an official of its street without the power to confirm.
struct Scene {
    uscc: String,
    project: String,
    street: String,
}

fn scene(app: &TestApp) -> Scene {
    let uscc = app.firm("大连示例物业管理有限公司");
    let project = app.project(&app.estate(COMMUNITY, EstateKind::Professional), &uscc);
    Scene { uscc, project, street: app.official(Role::Street, STREET, false) }
}

impl Scene {
    /// What the street's official meets who would have the project's area be 12,000 m².
    fn propose(&self, app: &TestApp) -> Value {
        let body = json!({"area_m2": 12000, "reason": "竣工测绘更正", "evidence": ["测绘报告.pdf"]});
        let path = format!("/v1/admin/projects/{}", self.project);
        app.patch(&path).token(&self.street).header("If-Match", "*").json(&body).expect(202).json()
    }

    fn area(&self, app: &TestApp) -> Value {
        app.get(&format!("/v1/projects/{}", self.project)).expect(200).json()["area_m2"].clone()
    }
}

fn path(proposal: &Value, verb: &str) -> String {
    format!("/v1/admin/proposals/{}{verb}", proposal["id"].as_str().unwrap())
}

#[both]
fn an_area_waits_for_another_official_and_what_stands_stays(app: TestApp) {
    let scene = scene(&app);
    let proposal = scene.propose(&app);
    assert_eq!(proposal["changes"], json!([{"field": "area_m2", "before": 10000, "after": 12000}]));
    let shown = ["operation", "asks", "reason", "state", "place"].map(|field| proposal[field].clone());
    assert_eq!(shown, ["edit_project", "official", "竣工测绘更正", "open", STREET].map(Value::from));
    assert_eq!(proposal["object"], json!({"kind": "project", "id": scene.project}));
    assert_eq!((&proposal["evidence"], scene.area(&app)), (&json!(["测绘报告.pdf"]), json!(10000)));

    // Not by oneself, nor without the power, nor from a place that is not above.
    let confirm = path(&proposal, "/confirm");
    let asked = |token: &str| app.post(&confirm).token(token).header("If-Match", "*");
    asked(&scene.street).refused(403, "second_person_needed");
    asked(&app.official(Role::Street, STREET, false)).refused(403, "no_power_to_confirm");
    // Where the project lies it is known, and may be returned.
    asked(&app.official(Role::Community, COMMUNITY, true)).refused(403, "second_person_needed");
    asked(&app.official(Role::Street, "210203001", true)).refused(404, "not_found");
    asked(&app.official(Role::District, OTHER_DISTRICT, true)).refused(404, "not_found");
    asked(&app.admin()).refused(404, "not_found");
    assert_eq!(scene.area(&app), json!(10000));

    let colleague = app.official(Role::Street, STREET, true);
    let read = app.get(&path(&proposal, "")).token(&colleague).expect(200);
    app.post(&confirm).token(&colleague).refused(428, "if_match_required");
    let done = app.post(&confirm).token(&colleague).header("If-Match", read.etag()).expect(200).json();
    assert_eq!((&done["state"], scene.area(&app)), (&json!("confirmed"), json!(12000)));
    asked(&colleague).refused(409, "wrong_state");
    let told: Vec<Value> =
        app.notices(&scene.street).into_iter().map(|notice| notice["kind"].clone()).collect();
    assert_eq!(told, ["proposal_confirmed"]);
}

#[both]
fn two_accounts_of_one_person_are_one_pair_of_eyes(app: TestApp) {
    let scene = scene(&app);
    let account = |can_confirm, number: Option<&str>| {
        let place = Some(STREET.to_owned());
        let staff_number = number.map(str::to_owned);
        app.token(NewAccount { place, can_confirm, staff_number, ..someone(Role::Street) })
    };
    let (author, alias) = (account(false, Some("DL-7")), account(true, Some("DL-7")));
    let proposal = Scene { street: author, ..scene_of(&scene) }.propose(&app);
    let confirm = |token: &str| app.post(&path(&proposal, "/confirm")).token(token).header("If-Match", "*");
    confirm(&alias).refused(403, "second_person_needed");
    confirm(&account(true, None)).refused(403, "no_staff_number");
    let unnumbered = account(false, None);
    let body = json!({"households": 120, "reason": "新增住户"});
    let project = format!("/v1/admin/projects/{}", scene.project);
    app.patch(&project)
        .token(&unnumbered)
        .header("If-Match", "*")
        .json(&body)
        .refused(403, "no_staff_number");
    confirm(&account(true, Some("DL-8"))).expect(200);
}

fn scene_of(scene: &Scene) -> Scene {
    Scene { uscc: scene.uscc.clone(), project: scene.project.clone(), street: scene.street.clone() }
}

#[both]
fn a_reason_is_needed_and_an_unusual_area_says_why(app: TestApp) {
    let scene = scene(&app);
    let project = format!("/v1/admin/projects/{}", scene.project);
    let edit = |body: &Value| app.patch(&project).token(&scene.street).header("If-Match", "*").json(body);
    let told = edit(&json!({"area_m2": 12000})).refused(422, "invalid").faults();
    assert_eq!(told, [("/reason".to_owned(), "required".to_owned())]);
    let told = edit(&json!({"area_m2": 100_000_000, "reason": "更正"})).refused(422, "invalid").faults();
    assert_eq!(told, [("/area_reason".to_owned(), "area_reason_needed".to_owned())]);
    edit(&json!({"area_m2": 12000, "reason": "请致电13900000001"})).refused(422, "invalid");
    // What changes nothing that counts is done at once.
    edit(&json!({"area_m2": 10000})).expect(200);
    let body = json!({"area_m2": 100_000_000, "reason": "更正", "area_reason": "含山林"});
    let proposal = edit(&body).expect(202).json();
    assert_eq!(proposal["state"], "open");
    // Who confirms it reads why.
    let why = json!({"field": "area_reason", "before": null, "after": "含山林"});
    assert_eq!(proposal["changes"].as_array().unwrap().last(), Some(&why));
    assert_eq!(scene.area(&app), json!(10000));
}

/// 20 to 400 m² a household, both of them usual, whichever of the two figures changes.
#[both]
fn what_is_usual_a_household_is_told_to_the_last_figure(app: TestApp) {
    let scene = scene(&app);
    let project = format!("/v1/admin/projects/{}", scene.project);
    for (field, value, is_usual) in [
        ("area_m2", json!(2000), true),
        ("area_m2", json!(1999.99), false),
        ("area_m2", json!(40000), true),
        ("area_m2", json!(40000.01), false),
        ("households", json!(500), true),
        ("households", json!(501), false),
        ("households", json!(25), true),
        ("households", json!(24), false),
    ] {
        let body = json!({ field: value, "reason": "竣工测绘更正" });
        let edit = app.patch(&project).token(&scene.street).header("If-Match", "*").json(&body);
        if is_usual {
            let proposal = edit.expect(202).json();
            let withdraw = path(&proposal, "/withdraw");
            app.post(&withdraw).token(&scene.street).header("If-Match", "*").expect(200);
        } else {
            let told = edit.refused(422, "invalid").faults();
            assert_eq!(told, [("/area_reason".to_owned(), "area_reason_needed".to_owned())], "{body}");
        }
    }
}

#[both]
fn one_proposal_an_object_is_open_and_it_can_be_taken_back_or_returned(app: TestApp) {
    let scene = scene(&app);
    let proposal = scene.propose(&app);
    let project = format!("/v1/admin/projects/{}", scene.project);
    let body = json!({"households": 120, "reason": "新增住户"});
    let again = || app.patch(&project).token(&scene.street).header("If-Match", "*").json(&body);
    let there = again().refused(409, "proposal_open").json();
    assert_eq!(there["existing"], proposal["id"]);
    let withdraw = path(&proposal, "/withdraw");
    app.post(&withdraw)
        .token(&app.official(Role::District, DISTRICT, true))
        .header("If-Match", "*")
        .refused(403, "not_drafters_side");
    let done = app.post(&withdraw).token(&scene.street).header("If-Match", "*").expect(200).json();
    assert_eq!(done["state"], "withdrawn");

    let second = again().expect(202).json();
    let district = app.official(Role::District, DISTRICT, true);
    let returned = app
        .post(&path(&second, "/return"))
        .token(&district)
        .header("If-Match", "*")
        .json(&json!({"reason": "与户籍册不符"}))
        .expect(200)
        .json();
    assert_eq!(
        (&returned["state"], &returned["decision_reason"]),
        (&json!("returned"), &json!("与户籍册不符"))
    );
    let notice = &app.notices(&scene.street)[0];
    assert_eq!((&notice["kind"], &notice["reason"]), (&json!("proposal_returned"), &json!("与户籍册不符")));
    let list = |query: &str| {
        let page = app.get(&format!("/v1/admin/proposals?{query}")).token(&district).expect(200).json();
        page["items"].as_array().unwrap().iter().map(|each| each["id"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(list(""), [second["id"].clone(), proposal["id"].clone()]);
    assert_eq!(list("state=returned"), [second["id"].clone()]);
    assert_eq!(list("operation=edit_firm"), Vec::<Value>::new());
    app.get("/v1/admin/proposals?operation=0.5").token(&district).refused(400, "bad_parameter");
}

#[both]
fn a_proposal_on_what_has_changed_meanwhile_ends_with_the_fields(app: TestApp) {
    let scene = scene(&app);
    let proposal = scene.propose(&app);
    app.sql(
        &[format!(
            "UPDATE project SET area_dm2 = 1100000, version = version + 1 WHERE id = '{}'",
            scene.project
        )],
        &scene.uscc,
    );
    let second = app.official(Role::Street, STREET, true);
    let confirm = || app.post(&path(&proposal, "/confirm")).token(&second).header("If-Match", "*");
    let told = confirm().refused(409, "proposal_stale").faults();
    assert_eq!(told, [("/area_m2".to_owned(), "changed".to_owned())]);
    assert_eq!(app.get(&path(&proposal, "")).token(&second).expect(200).json()["state"], "stale");
    assert_eq!((confirm().refused(409, "wrong_state").status, scene.area(&app)), (409, json!(11000)));
    assert_eq!(app.notices(&scene.street)[0]["kind"], "proposal_stale");
    // The object is free again.
    scene.propose(&app);
}

#[both]
fn a_proposal_that_nobody_decides_ends_after_14_days(app: TestApp) {
    let scene = scene(&app);
    let proposal = scene.propose(&app);
    app.advance(Duration::days(14));
    let second = app.official(Role::Street, STREET, true);
    app.post(&path(&proposal, "/confirm")).token(&second).header("If-Match", "*").refused(409, "wrong_state");
    app.tick();
    let read = app.get(&path(&proposal, "")).token(&second).expect(200).json();
    assert_eq!((&read["state"], &read["ended_at"]), (&json!("expired"), &proposal["until"]));
    let id = proposal["proposed_by"].as_str().unwrap();
    let again = app.keys().issue(id, &format!("session-{id}"), 1, "", app.now()).unwrap();
    assert_eq!(app.notices(&again)[0]["kind"], "proposal_expired");
}

#[both]
fn what_its_author_may_no_longer_do_ends(app: TestApp) {
    let scene = scene(&app);
    let (id, street) = app.account(NewAccount { place: Some(STREET.to_owned()), ..someone(Role::Street) });
    let proposal = Scene { street, ..scene_of(&scene) }.propose(&app);
    app.sql(&[format!("UPDATE account SET status = 'disabled' WHERE id = '{id}'")], &scene.uscc);
    let second = app.official(Role::Street, STREET, true);
    let told = app
        .post(&path(&proposal, "/confirm"))
        .token(&second)
        .header("If-Match", "*")
        .refused(409, "proposal_stale")
        .faults();
    assert_eq!(told, [(String::new(), "author_may_not".to_owned())]);
    assert_eq!(scene.area(&app), json!(10000));
}

#[both]
fn a_new_project_is_agreed_to_by_the_firm_or_its_district(app: TestApp) {
    let uscc = app.firm("大连示例物业管理有限公司");
    let (street, firm) = (app.official(Role::Street, STREET, false), app.firm_account(&uscc));
    let add = |estate: &str| {
        let body = json!({
            "estate": estate, "operator": "firm", "uscc": uscc, "starts_on": "2026-11-21", "area_m2": 10000, "households": 100,
            "reason": "新签合同"
        });
        app.post("/v1/admin/projects").token(&street).json(&body).expect(202).json()
    };
    let (first, second) =
        (app.estate(COMMUNITY, EstateKind::Professional), app.estate(COMMUNITY, EstateKind::Professional));
    let proposal = add(&first);
    assert_eq!((&proposal["asks"], &proposal["firm"]), (&json!("firm_or_district"), &json!(uscc)));
    assert_eq!(proposal["object"], json!({"kind": "project", "id": null}));
    assert!(app.walk(&format!("/v1/firms/{uscc}/projects?limit=1"), "id", || {}).is_empty());
    assert_eq!(app.notices(&firm)[0]["kind"], "proposal_asked");

    // A colleague of who proposed it is neither the firm nor its district.
    let confirm = path(&proposal, "/confirm");
    let colleague = app.official(Role::Street, STREET, true);
    app.post(&confirm).token(&colleague).header("If-Match", "*").refused(403, "second_person_needed");
    let own = format!("/v1/firm/proposals/{}", proposal["id"].as_str().unwrap());
    let read = app.get(&own).token(&firm).expect(200);
    assert_eq!((&read.json()["proposed_by"], &read.json()["place"]), (&Value::Null, &json!(STREET)));
    let other = app.firm_account(&app.firm("大连另一物业有限公司"));
    app.get(&own).token(&other).refused(404, "not_found");
    app.post(&format!("{own}/confirm")).token(&other).header("If-Match", "*").refused(404, "not_found");
    let done =
        app.post(&format!("{own}/confirm")).token(&firm).header("If-Match", read.etag()).expect(200).json();
    let id = done["object"]["id"].as_str().unwrap();
    assert_eq!(app.get(&format!("/v1/projects/{id}")).expect(200).json()["firm"]["uscc"], json!(uscc));

    let proposal = add(&second);
    let list = app.get("/v1/firm/proposals?state=open").token(&firm).expect(200).json();
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
    let district = app.official(Role::District, DISTRICT, true);
    app.post(&path(&proposal, "/confirm")).token(&district).header("If-Match", "*").expect(200);
    assert_eq!(app.walk(&format!("/v1/firms/{uscc}/projects?limit=1"), "id", || {}).len(), 2);
}

#[both]
fn a_firm_returns_what_it_does_not_agree_to_and_its_author_reads_why(app: TestApp) {
    let uscc = app.firm("大连示例物业管理有限公司");
    let (street, firm) = (app.official(Role::Street, STREET, false), app.firm_account(&uscc));
    let body = json!({
        "estate": app.estate(COMMUNITY, EstateKind::Professional), "operator": "firm", "uscc": uscc,
        "starts_on": "2026-12-01", "area_m2": 10000, "households": 100, "reason": "新签合同"
    });
    let proposal = app.post("/v1/admin/projects").token(&street).json(&body).expect(202).json();
    let own = format!("/v1/firm/proposals/{}", proposal["id"].as_str().unwrap());
    let give_back = |token: &str, body: &Value| {
        app.post(&format!("{own}/return")).token(token).header("If-Match", "*").json(body)
    };
    let why = json!({"reason": "未签订服务合同"});
    let other = app.firm_account(&app.firm("大连另一物业有限公司"));
    give_back(&other, &why).refused(404, "not_found");
    let told = give_back(&firm, &json!({"reason": ""})).refused(422, "invalid").faults();
    assert_eq!(told[0].0, "/reason");
    let stale = app.post(&format!("{own}/return")).token(&firm).json(&why);
    stale.refused(428, "if_match_required");
    let read = give_back(&firm, &why).expect(200).json();
    assert_eq!(
        (&read["state"], &read["decision_reason"], &read["proposed_by"]),
        (&json!("returned"), &json!("未签订服务合同"), &Value::Null)
    );
    let seen = app.get(&path(&proposal, "")).token(&street).expect(200).json();
    assert_eq!((&seen["state"], &seen["decision_reason"]), (&json!("returned"), &json!("未签订服务合同")));
    let notice = &app.notices(&street)[0];
    assert_eq!((&notice["kind"], &notice["reason"]), (&json!("proposal_returned"), &json!("未签订服务合同")));
    assert!(app.walk(&format!("/v1/firms/{uscc}/projects?limit=1"), "id", || {}).is_empty());
    assert_eq!(give_back(&firm, &why).send().status, 409);
}

/// The firm that was asked hears that it no longer is, and reads nothing that still asks.
#[both]
fn a_firm_hears_what_became_of_what_it_was_asked(app: TestApp) {
    let uscc = app.firm("大连示例物业管理有限公司");
    let (street, firm) = (app.official(Role::Street, STREET, false), app.firm_account(&uscc));
    let account = app.get("/v1/me").token(&firm).expect(200).json()["id"].as_str().unwrap().to_owned();
    let district = app.official(Role::District, DISTRICT, true);
    let add = || {
        let body = json!({
            "estate": app.estate(COMMUNITY, EstateKind::Professional), "operator": "firm", "uscc": uscc, "starts_on": "2026-12-01",
            "area_m2": 10000, "households": 100, "reason": "新签合同"
        });
        app.post("/v1/admin/projects").token(&street).json(&body).expect(202).json()
    };
    let step = |token: &str, path: &str| app.post(path).token(token).header("If-Match", "*");
    let told = || {
        let about = |notice: &Value| (notice["kind"].clone(), notice["about"]["id"].clone());
        let notices = app.notices(&app.renewed(&account));
        let all: Vec<(Value, Value)> = notices.iter().map(about).collect();
        all.into_iter()
            .filter(|(kind, _)| kind.as_str().unwrap().starts_with("proposal_"))
            .collect::<Vec<_>>()
    };
    let of = |kind: &str, proposal: &Value| (json!(kind), proposal["id"].clone());
    // What it decides itself it is not told.
    let own = add();
    let confirm = format!("/v1/firm/proposals/{}/confirm", own["id"].as_str().unwrap());
    step(&firm, &confirm).expect(200);
    let mut expected = vec![of("proposal_asked", &own)];
    assert_eq!(told(), expected);
    let because = json!({"reason": "与合同不符"});
    for (token, verb, body, kind) in [
        (&district, "/confirm", None, "proposal_agreed"),
        (&district, "/return", Some(&because), "proposal_dropped"),
        (&street, "/withdraw", None, "proposal_dropped"),
    ] {
        let proposal = add();
        assert_eq!(told()[0], of("proposal_asked", &proposal));
        let call = step(token, &path(&proposal, verb));
        match body {
            Some(body) => call.json(body),
            None => call,
        }
        .expect(200);
        expected.insert(0, of(kind, &proposal));
        assert_eq!(told(), expected, "{verb}");
    }
    let proposal = add();
    app.advance(Duration::days(14));
    app.tick();
    expected.insert(0, of("proposal_dropped", &proposal));
    assert_eq!(told(), expected);
}

/// "A fourth blanked a grade (`residential: false`)."
#[both]
fn a_firms_grade_is_not_blanked_alone(app: TestApp) {
    let uscc = app.firm("大连示例物业管理有限公司");
    let district = app.official(Role::District, DISTRICT, false);
    let path = format!("/v1/admin/firms/{uscc}");
    for (field, value) in [
        ("residential", json!(false)),
        ("participates", json!(false)),
        ("status", json!("revoked")),
        ("licensed_on", json!("2010-01-01")),
    ] {
        let body = json!({ field: value, "reason": "按营业执照更正" });
        let edit = app.patch(&path).token(&district).header("If-Match", "*").json(&body);
        let proposal = edit.expect(202).json();
        assert_eq!(proposal["changes"].as_array().unwrap().len(), 1, "{field}");
        assert_eq!(proposal["changes"][0]["field"], *field);
        let withdraw = format!("/v1/admin/proposals/{}/withdraw", proposal["id"].as_str().unwrap());
        app.post(&withdraw).token(&district).header("If-Match", "*").expect(200);
    }
    let firm = app.get(&path).token(&district).expect(200).json();
    assert_eq!((&firm["residential"], &firm["participates"]), (&json!(true), &json!(true)));
    // Confirmed, it changes that field alone.
    let body = json!({"residential": false, "reason": "无住宅业务"});
    let after = app.patch(&path).token(&district).header("If-Match", "*").json(&body).seconded(&app).json();
    let kept = ["name", "status", "participates", "licensed_on", "parent"].map(|field| after[field].clone());
    assert_eq!(
        kept,
        ["name", "status", "participates", "licensed_on", "parent"].map(|field| firm[field].clone())
    );
    assert_eq!(after["residential"], json!(false));
}

#[both]
fn the_audit_names_both(app: TestApp) {
    let scene = scene(&app);
    let proposal = scene.propose(&app);
    let (second, token) = app.account(NewAccount {
        place: Some(STREET.to_owned()),
        can_confirm: true,
        ..someone(Role::Street)
    });
    app.post(&path(&proposal, "/confirm")).token(&token).header("If-Match", "*").expect(200);
    let audit = app.get("/v1/admin/audit?limit=100").token(&app.admin()).expect(200).json();
    let entries = audit["items"].as_array().unwrap();
    let of = |operation: &str| entries.iter().find(|entry| entry["operation"] == operation).unwrap();
    let edit = of("edit_project");
    assert_eq!(edit["detail"]["seconded_by"], json!({"id": second, "name": null}));
    assert_eq!((&edit["detail"]["proposal"], &edit["user"]), (&proposal["id"], &proposal["proposed_by"]));
    assert_eq!(of("confirm_proposal")["user"], json!(second));
    assert_eq!(of("propose")["object_id"], proposal["id"]);
}

/// "One administrator made both drafter and confirmer, and set another official's password."
#[both]
fn accounts_and_passwords_take_two_administrators(app: TestApp) {
    let (first, second) = (app.admin(), app.admin());
    let body = json!({
        "username": "haijun", "role": "street", "place": STREET, "can_confirm": true, "staff_number": "DL-9", "reason": "新任"
    });
    let proposal = app.post("/v1/admin/users").token(&first).json(&body).expect(202).json();
    assert_eq!((&proposal["asks"], &proposal["object"]["id"]), (&json!("administrator"), &Value::Null));
    let confirm = |token: &str| {
        app.post(&path(&proposal, "/confirm"))
            .token(token)
            .header("If-Match", "*")
            .header("Idempotency-Key", "once")
    };
    confirm(&first).refused(403, "second_person_needed");
    confirm(&app.official(Role::City, "2102", true)).refused(404, "not_found");
    let done = confirm(&second).expect(200).json();
    // The code is shown once, not even to the same request again.
    let code = done["activation_code"].as_str().unwrap().to_owned();
    assert_eq!(confirm(&second).expect(200).json().get("activation_code"), None);
    assert_eq!(app.get(&path(&proposal, "")).token(&second).expect(200).json().get("activation_code"), None);

    let activate = |code: &str, password: &str| {
        let body = json!({
            "username": "haijun", "code": code, "password": password, "privacy_version": "2026-11-30"
        });
        app.post("/v1/auth/activate").json(&body)
    };
    activate("wrong", "correct horse battery").refused(401, "wrong_code");
    let told = activate(&code, "short").refused(422, "invalid").faults();
    assert_eq!(told, [("/password".to_owned(), "length".to_owned())]);
    activate(&code, "correct horse battery").expect(204);
    activate(&code, "correct horse staple").refused(401, "wrong_code");
    let sign_in = |password: &str| {
        app.post("/v1/auth/token")
            .json(&json!({"grant_type": "password", "username": "haijun", "password": password}))
    };
    sign_in("correct horse battery").expect(200);
    for administrator in [&first, &second] {
        let kinds: Vec<Value> =
            app.notices(administrator).into_iter().map(|notice| notice["kind"].clone()).collect();
        assert!(kinds.contains(&json!("account_activated")), "{kinds:?}");
    }

    // A reset takes both as well, and its code holds for 72 hours.
    let user = format!("/v1/admin/users/{}", done["object"]["id"].as_str().unwrap());
    let reset = json!({"reset_password": true, "reason": "遗忘密码"});
    let proposal = app.patch(&user).token(&first).header("If-Match", "*").json(&reset).expect(202).json();
    assert_eq!(proposal["changes"], json!([{"field": "password", "before": null, "after": "reset"}]));
    sign_in("correct horse battery").expect(200);
    let done =
        app.post(&path(&proposal, "/confirm")).token(&second).header("If-Match", "*").expect(200).json();
    sign_in("correct horse battery").refused(401, "wrong_password");
    app.advance(Duration::hours(72));
    activate(done["activation_code"].as_str().unwrap(), "correct horse staple").refused(401, "wrong_code");
}

impl Scene {
    /// A file of the firm's project, of so large an area, and of another with this fee.
    fn file(&self, app: &TestApp, other: &str, (area, fee): (u32, u32)) -> String {
        let of = |project: &str| {
            let project = app.get(&format!("/v1/projects/{project}")).expect(200).json();
            project["estate"]["code"].as_str().unwrap().to_owned()
        };
        let (uscc, first, second) = (&self.uscc, of(&self.project), of(other));
        format!(
            "estate,operator,uscc,starts_on,area_m2,households,fee_fen\n\
             {first},firm,{uscc},2024-01-01,{area},100,180\n{second},firm,{uscc},2024-01-01,10000,100,{fee}\n"
        )
    }
}

fn decision<'a>(app: &'a TestApp, report: &Value, verb: &str) -> impl Fn(&str) -> Call + use<'a> {
    let path = format!("/v1/admin/imports/{}/{verb}", report["id"].as_str().unwrap());
    move |token| app.post(&path).token(token).header("If-Match", "*")
}

/// A file goes no other way: as a whole it waits for a second person.
#[both]
fn a_file_that_changes_an_area_waits_as_a_whole_for_a_colleague(app: TestApp) {
    let scene = scene(&app);
    let other = app.project(&app.estate(COMMUNITY, EstateKind::Professional), &scene.uscc);
    let numbered = |number: &str| NewAccount {
        place: Some(STREET.to_owned()),
        can_confirm: true,
        staff_number: Some(number.to_owned()),
        ..someone(Role::Street)
    };
    let (sender_id, sender) = app.account(numbered("DL-7"));
    let fee = || app.get(&format!("/v1/projects/{other}")).expect(200).json()["fee_fen"].clone();
    let report = import_file(&app, &sender, "projects", CSV, scene.file(&app, &other, (12000, 190)));
    assert_eq!((&report["state"], &report["rows"]), (&json!("submitted"), &rows(0, 2, 0)), "{report}");
    assert_eq!((scene.area(&app), fee()), (json!(10000), json!(180)));

    let confirm = decision(&app, &report, "confirm");
    confirm(&sender).refused(403, "second_person_needed");
    confirm(&app.token(numbered("DL-7"))).refused(403, "second_person_needed");
    confirm(&app.token(NewAccount { staff_number: None, ..numbered("") })).refused(403, "no_staff_number");
    confirm(&app.official(Role::Street, STREET, false)).refused(403, "no_power_to_confirm");
    confirm(&app.official(Role::District, OTHER_DISTRICT, true)).refused(404, "not_found");
    assert_eq!((scene.area(&app), fee()), (json!(10000), json!(180)));

    let (second_id, colleague) = app.account(numbered("DL-8"));
    let read = app.get(&format!("/v1/admin/imports/{}", report["id"].as_str().unwrap())).token(&colleague);
    let read = read.expect(200);
    let done = confirm(&colleague).expect(200).json();
    assert_eq!((&done["state"], &done["rows"]), (&json!("confirmed"), &read.json()["rows"]));
    assert_eq!((scene.area(&app), fee()), (json!(12000), json!(190)));
    confirm(&colleague).refused(409, "wrong_state");
    assert_eq!(app.notices(&sender)[0]["kind"], "import_confirmed");
    let audit = app.get("/v1/admin/audit?limit=100").token(&app.admin()).expect(200).json();
    let edits: Vec<&Value> = audit["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|entry| entry["operation"] == "edit_project")
        .collect();
    assert_eq!(edits.len(), 2);
    for edit in edits {
        let both = (&edit["user"], &edit["detail"]["seconded_by"]["id"]);
        assert_eq!(both, (&json!(sender_id), &json!(second_id)));
    }
}

#[both]
fn a_file_that_waits_can_be_returned_and_one_without_such_changes_is_applied_at_once(app: TestApp) {
    let scene = scene(&app);
    let other = app.project(&app.estate(COMMUNITY, EstateKind::Professional), &scene.uscc);
    let send = |rows| import_file(&app, &scene.street, "projects", CSV, scene.file(&app, &other, rows));
    let report = send((12000, 180));
    assert_eq!(report["state"], "submitted", "{report}");
    let reason = json!({"reason": "与测绘报告不符"});
    let give_back = decision(&app, &report, "return");
    give_back(&scene.street).json(&reason).refused(403, "no_power_to_confirm");
    let district = app.official(Role::District, DISTRICT, true);
    let returned = give_back(&district).json(&reason).expect(200).json();
    assert_eq!((&returned["state"], scene.area(&app)), (&json!("returned"), json!(10000)));
    decision(&app, &report, "confirm")(&district).refused(409, "wrong_state");
    let notice = &app.notices(&scene.street)[0];
    assert_eq!((&notice["kind"], &notice["reason"]), (&json!("import_returned"), &reason["reason"]));

    // An unusual area says why, in a file too.
    let unusual = scene.file(&app, &other, (100_000, 180));
    let report = import_file(&app, &scene.street, "projects", CSV, unusual.as_str());
    assert_eq!(faults(&report), [fault(2, "area_reason", "area_reason_needed")], "{report}");
    let unusual = unusual.replace("fee_fen\n", "fee_fen,area_reason\n").replace(",180\n", ",180,含山林\n");
    let report = import_file(&app, &scene.street, "projects", CSV, unusual);
    assert_eq!((&report["state"], &report["rows"]), (&json!("submitted"), &rows(0, 1, 1)), "{report}");
    // As things stand, and what counts in no grade.
    let report = send((10000, 180));
    assert_eq!((&report["state"], &report["rows"]), (&json!("applied"), &rows(0, 0, 2)), "{report}");
    let official = app.official(Role::District, DISTRICT, false);
    let renamed = format!("uscc,name,registered_place\n{},大连新名物业有限公司,{DISTRICT}\n", scene.uscc);
    let report = import_file(&app, &official, "firms", CSV, renamed);
    assert_eq!((&report["state"], &report["rows"]), (&json!("applied"), &rows(0, 1, 0)), "{report}");
}

/// What a file would change is judged again by the day on which it is confirmed.
#[both]
fn a_file_whose_sender_may_no_longer_send_it_is_not_applied(app: TestApp) {
    let scene = scene(&app);
    let other = app.project(&app.estate(COMMUNITY, EstateKind::Professional), &scene.uscc);
    let (id, sender) = app.account(NewAccount { place: Some(STREET.to_owned()), ..someone(Role::Street) });
    let report = import_file(&app, &sender, "projects", CSV, scene.file(&app, &other, (12000, 180)));
    assert_eq!(report["state"], "submitted", "{report}");
    app.sql(&[format!("UPDATE account SET status = 'disabled' WHERE id = '{id}'")], &scene.uscc);
    let colleague = app.official(Role::Street, STREET, true);
    decision(&app, &report, "confirm")(&colleague).refused(409, "author_may_not");
    assert_eq!(scene.area(&app), json!(10000));
    let reason = json!({"reason": "提交人已离职"});
    decision(&app, &report, "return")(&colleague).json(&reason).expect(200);
}

/// One who leaves a firm leaves the charge of its running projects.
#[both]
fn a_manager_in_charge_is_not_moved_alone(app: TestApp) {
    let uscc = app.firm("大连示例物业管理有限公司");
    let manager = app.manager("杨丽娜", &uscc);
    let estate = app.estate(COMMUNITY, EstateKind::Professional);
    let project = app.project_with(xinwu_domain::project::NewProject {
        manager: Some(manager.clone()),
        ..crate::harness::world::plain_project(&estate, &uscc)
    });
    let district = app.official(Role::District, DISTRICT, false);
    let body = json!({"uscc": null, "reason": "离职"});
    let edit = || {
        app.patch(&format!("/v1/admin/managers/{manager}"))
            .token(&district)
            .header("If-Match", "*")
            .json(&body)
    };
    let proposal = edit().expect(202).json();
    assert_eq!(proposal["changes"][0]["field"], "firm");
    let in_charge =
        || app.get(&format!("/v1/projects/{project}")).expect(200).json()["manager"]["id"].clone();
    assert_eq!(in_charge(), json!(manager));
    let withdraw = path(&proposal, "/withdraw");
    app.post(&withdraw).token(&district).header("If-Match", "*").expect(200);
    edit().seconded(&app);
    assert_eq!(in_charge(), Value::Null);
}

/// Whom something would serve is asked for that alone, and not where its size is unusual or it has
/// begun: for then it is assessed and weighed at once.
#[both]
fn a_firm_agrees_to_no_more_than_concerns_it(app: TestApp) {
    let (uscc, parent) = (app.firm("大连示例物业管理有限公司"), app.firm("大连总公司物业管理有限公司"));
    let district = app.official(Role::District, DISTRICT, false);
    let edit = |body: Value| {
        app.patch(&format!("/v1/admin/firms/{uscc}")).token(&district).header("If-Match", "*").json(&body)
    };
    let both = json!({"parent": parent, "parent_since": "2026-01-01", "residential": false, "reason": "设立分支机构"});
    let told = edit(both).refused(422, "invalid").faults();
    assert_eq!(told, [("/parent".to_owned(), "not_applicable".to_owned())]);
    let alone = json!({"parent": parent, "parent_since": "2026-01-01", "reason": "设立分支机构"});
    let proposal = edit(alone).expect(202).json();
    assert_eq!((&proposal["asks"], &proposal["firm"]), (&json!("firm_or_district"), &json!(parent)));

    let (street, own) = (app.official(Role::Street, STREET, false), app.firm_account(&uscc));
    let usual = json!({
        "operator": "firm", "uscc": uscc, "starts_on": "2026-11-21", "area_m2": 10_000, "households": 100, "reason": "新签合同"
    });
    for (changes, asks) in [
        (json!({}), "firm_or_district"),
        (json!({"area_m2": 40_000_000, "households": 100_000}), "district"),
        (json!({"area_m2": 100_000, "area_reason": "含公建"}), "district"),
        (json!({"starts_on": "2026-11-20"}), "district"),
    ] {
        let body =
            with(usual.clone(), with(json!({"estate": app.estate(COMMUNITY, EstateKind::Old)}), changes));
        let proposal = app.post("/v1/admin/projects").token(&street).json(&body).expect(202).json();
        assert_eq!((&proposal["asks"], &proposal["firm"]), (&json!(asks), &json!(uscc)), "{body}");
        let its = format!("/v1/firm/proposals/{}", proposal["id"].as_str().unwrap());
        let step = |base: &str, verb: &str, token: &str| {
            app.post(&format!("{base}/{verb}")).token(token).header("If-Match", "*")
        };
        assert_eq!(app.get(&its).token(&own).expect(200).json()["asks"], asks);
        let told = |kind: &str| {
            let is_this = |notice: &&Value| notice["about"]["id"] == proposal["id"];
            app.notices(&own).iter().find(is_this).is_some_and(|notice| notice["kind"] == kind)
        };
        if asks == "district" {
            // It is told, and its word is not enough; nor is that of the street that gave it.
            assert!(told("proposal_concerns"));
            step(&its, "confirm", &own).refused(403, "second_person_needed");
            let reason = json!({"reason": "不同意"});
            step(&its, "return", &own).json(&reason).refused(403, "second_person_needed");
            let colleague = app.official(Role::Street, STREET, true);
            step(&path(&proposal, ""), "confirm", &colleague).refused(403, "second_person_needed");
            step(&path(&proposal, ""), "confirm", &app.official(Role::District, DISTRICT, true)).expect(200);
        } else {
            assert!(told("proposal_asked"));
            step(&its, "confirm", &own).expect(200);
        }
    }
}

/// Nobody ends a colleague's proposal by an edit of something else.
#[both]
fn another_version_in_which_nothing_of_it_moved_is_confirmed(app: TestApp) {
    let scene = scene(&app);
    let proposal = scene.propose(&app);
    let body = json!({"area_m2": 10000});
    app.patch(&format!("/v1/admin/projects/{}", scene.project))
        .token(&scene.street)
        .header("If-Match", "*")
        .json(&body)
        .expect(200);
    let second = app.official(Role::Street, STREET, true);
    app.post(&path(&proposal, "/confirm")).token(&second).header("If-Match", "*").expect(200);
    assert_eq!(scene.area(&app), json!(12000));
}

/// A file of a foreign firm's new project is confirmed by that firm's district, or the city.
#[both]
fn a_file_goes_round_no_firms_district(app: TestApp) {
    let uscc = app.firm_with(xinwu_domain::firm::NewFirm {
        registered_place: OTHER_DISTRICT.to_owned(),
        ..crate::harness::world::plain_firm("外区物业")
    });
    let estate = app.estate(COMMUNITY, EstateKind::Professional);
    let file = format!(
        "estate,operator,uscc,starts_on,area_m2,households,fee_fen\n{estate},firm,{uscc},2024-01-01,10000,100,180\n"
    );
    let sender = app.official(Role::Street, STREET, true);
    let report = import_file(&app, &sender, "projects", CSV, file);
    assert_eq!(report["state"], "submitted", "{report}");
    let confirm = decision(&app, &report, "confirm");
    confirm(&app.official(Role::Street, STREET, true)).refused(403, "second_person_needed");
    confirm(&app.official(Role::City, "2102", true)).expect(200);
}
