//! What one person does not get done alone in the registers, nor keeps others from.

use std::collections::BTreeMap;

use chrono::Duration;
use serde_json::{Value, json};
use xinwu_both::both;
use xinwu_domain::access::Role;
use xinwu_domain::estate::EstateKind;

use crate::harness::files::penalty;
use crate::harness::world::{COMMUNITY, DISTRICT, OTHER_DISTRICT, STREET, new_uscc, plain_project};
use crate::harness::{Call, TestApp, someone};
use crate::imports::{CSV, import_file, rows};
use crate::permissions::world::World;

fn step(app: &TestApp, token: &str, path: &str) -> Call {
    app.post(path).token(token).header("If-Match", "*")
}

fn edit(app: &TestApp, token: &str, path: &str, body: &Value) -> Call {
    app.patch(path).token(token).header("If-Match", "*").json(body)
}

fn path_of(proposal: &Value, verb: &str) -> String {
    format!("/v1/admin/proposals/{}{verb}", proposal["id"].as_str().unwrap())
}

fn send_back(app: &TestApp, token: &str, proposal: &Value) -> Call {
    step(app, token, &path_of(proposal, "/return")).json(&json!({"reason": "与材料不符"}))
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn state_of(app: &TestApp, token: &str, proposal: &Value) -> Value {
    app.get(&path_of(proposal, "")).token(token).expect(200).json()["state"].clone()
}

/// A new firm that is told to refuse all part is graded by that at once.
#[both]
fn a_new_firm_that_is_not_graded_as_others_takes_two(app: TestApp) {
    let clerk = app.official(Role::District, DISTRICT, false);
    let parent = app.firm("大连总公司物业管理有限公司");
    for (field, value) in
        [("participates", json!(false)), ("residential", json!(false)), ("status", json!("revoked"))]
    {
        let mut body =
            json!({"uscc": new_uscc(), "name": "大连新物业管理有限公司", "registered_place": DISTRICT});
        body[field] = value.clone();
        let add = |body: &Value| app.post("/v1/admin/firms").token(&clerk).json(body);
        // One person alone is asked for a reason, and then waits.
        let told = add(&body).refused(422, "invalid").faults();
        assert_eq!(told, [("/reason".to_owned(), "required".to_owned())], "{field}");
        body["reason"] = json!("按营业执照登记");
        let proposal = add(&body).expect(202).json();
        assert_eq!((&proposal["asks"], &proposal["firm"]), (&json!("official"), &Value::Null), "{field}");
        let shown = proposal["changes"].as_array().unwrap();
        let change = json!({"field": field, "before": null, "after": value});
        assert!(shown.contains(&change), "{proposal}");
        let uscc = body["uscc"].as_str().unwrap();
        app.get(&format!("/v1/firms/{uscc}")).refused(404, "not_found");
        // Its parent would not be the one to say so.
        let mut branch = body.clone();
        (branch["parent"], branch["parent_since"]) = (json!(parent), json!("2026-01-01"));
        let told = add(&branch).refused(422, "invalid").faults();
        assert_eq!(told, [("/parent".to_owned(), "not_applicable".to_owned())], "{field}");
        let colleague = app.official(Role::District, DISTRICT, true);
        step(&app, &colleague, &path_of(&proposal, "/confirm")).expect(200);
        let read = app.get(&format!("/v1/admin/firms/{uscc}")).token(&clerk).expect(200).json();
        assert_eq!(read[field], value);
    }
}

#[both]
fn a_file_of_such_firms_waits(app: TestApp) {
    let clerk = app.official(Role::District, DISTRICT, false);
    let file = |uscc: &str, taking_part: &str| {
        format!(
            "uscc,name,registered_place,participates\n{uscc},大连新物业管理有限公司,{DISTRICT},{taking_part}\n"
        )
    };
    let usual = import_file(&app, &clerk, "firms", CSV, file(&new_uscc(), "true"));
    assert_eq!((&usual["state"], &usual["rows"]), (&json!("applied"), &rows(1, 0, 0)));
    let uscc = new_uscc();
    let report = import_file(&app, &clerk, "firms", CSV, file(&uscc, "false"));
    assert_eq!(report["state"], "submitted", "{report}");
    app.get(&format!("/v1/firms/{uscc}")).refused(404, "not_found");
    let confirm = format!("/v1/admin/imports/{}/confirm", report["id"].as_str().unwrap());
    step(&app, &app.confirmer(), &confirm).expect(200);
    let read = app.get(&format!("/v1/admin/firms/{uscc}")).token(&clerk).expect(200).json();
    assert_eq!(read["participates"], false);
}

/// A name is whose file it is: one that leaves no former name takes two.
#[both]
fn a_name_that_leaves_no_trace_takes_two(app: TestApp) {
    let clerk = app.official(Role::District, DISTRICT, false);
    let uscc = app.firm("大连示例物业管理有限公司");
    let estate = app.estate_named("幸福里", COMMUNITY, EstateKind::Old, &[]);
    let manager = app.manager("吴雪峰", &uscc);
    let corrected = json!({"name": "别的名称", "correction": true, "reason": "更正"});
    let renamed = json!({"name": "别的名称", "reason": "更正"});
    for (path, body, before) in [
        (format!("/v1/admin/firms/{uscc}"), &corrected, "大连示例物业管理有限公司"),
        (format!("/v1/admin/estates/{estate}"), &corrected, "幸福里"),
        (format!("/v1/admin/managers/{manager}"), &renamed, "吴雪峰"),
    ] {
        let proposal = edit(&app, &clerk, &path, body).expect(202).json();
        let change = json!([{"field": "name", "before": before, "after": "别的名称"}]);
        assert_eq!(proposal["changes"], change, "{path}");
        assert_eq!(app.get(&path).token(&clerk).expect(200).json()["name"], before, "{path}");
        step(&app, &app.official(Role::City, "2102", true), &path_of(&proposal, "/confirm")).expect(200);
        assert_eq!(app.get(&path).token(&clerk).expect(200).json()["name"], "别的名称", "{path}");
    }
    // What leaves a former name is one's own to do.
    for path in [format!("/v1/admin/firms/{uscc}"), format!("/v1/admin/estates/{estate}")] {
        edit(&app, &clerk, &path, &json!({"name": "又一名称"})).expect(200);
    }
    // The parent of a branch is not asked about its name.
    let parent = app.firm("大连总公司物业管理有限公司");
    let both = json!({
        "parent": parent, "parent_since": "2026-01-01", "name": "分公司", "correction": true, "reason": "更正"
    });
    let told = edit(&app, &clerk, &format!("/v1/admin/firms/{uscc}"), &both).refused(422, "invalid").faults();
    assert_eq!(told, [("/parent".to_owned(), "not_applicable".to_owned())]);
}

/// What tells of a former name, or of a name as it was.
#[both]
fn an_alias_is_added_by_one_and_taken_away_by_two(app: TestApp) {
    let clerk = app.official(Role::District, DISTRICT, false);
    let estate = app.estate_named("幸福里", COMMUNITY, EstateKind::Old, &[]);
    for path in [format!("/v1/admin/estates/{estate}"), format!("/v1/admin/places/{STREET}")] {
        let read = |field: &str| app.get(&path).token(&clerk).expect(200).json()[field].clone();
        let former = read("name");
        edit(&app, &clerk, &path, &json!({"name": "别的名称"})).expect(200);
        edit(&app, &clerk, &path, &json!({"aliases": [former, "俗称"]})).expect(200);
        let told = edit(&app, &clerk, &path, &json!({"aliases": ["俗称"]})).refused(422, "invalid").faults();
        assert_eq!(told, [("/reason".to_owned(), "required".to_owned())], "{path}");
        let taken = json!({"aliases": ["俗称", "又称"], "reason": "更正"});
        let proposal = edit(&app, &clerk, &path, &taken).expect(202).json();
        let change = json!([{"field": "aliases", "before": [former, "俗称"], "after": ["俗称", "又称"]}]);
        assert_eq!(proposal["changes"], change, "{path}");
        assert_eq!(read("aliases"), json!([former, "俗称"]), "{path}");
        let city = app.official(Role::City, "2102", true);
        step(&app, &city, &path_of(&proposal, "/confirm")).expect(200);
        assert_eq!(read("aliases"), json!(["俗称", "又称"]), "{path}");
        let corrected = json!({"name": "又一名称", "correction": true, "reason": "更正"});
        let proposal = edit(&app, &clerk, &path, &corrected).expect(202).json();
        let change = json!([{"field": "name", "before": "别的名称", "after": "又一名称"}]);
        assert_eq!((&proposal["changes"], read("name")), (&change, json!("别的名称")), "{path}");
    }
    // In the audit stands what took two.
    let audit = app.get("/v1/admin/audit?object_kind=place").token(&app.admin()).expect(200).json();
    let detail = &audit["items"][0]["detail"];
    let fields = ["aliases", "correction", "name", "parent", "retired", "successors", "valid_until"];
    assert!(fields.iter().all(|field| detail.get(field).is_some()), "{detail}");
    assert_eq!(detail["aliases"], json!(["俗称", "又称"]));
    assert!(detail["seconded_by"]["id"].is_string(), "{detail}");
}

/// The firm reads it, and whoever is asked.
#[both]
fn what_goes_with_a_proposal_names_no_dwelling_and_no_phone(app: TestApp) {
    let uscc = app.firm("大连示例物业管理有限公司");
    let project = app.project(&app.estate(COMMUNITY, EstateKind::Old), &uscc);
    let clerk = app.official(Role::Street, STREET, false);
    let path = format!("/v1/admin/projects/{project}");
    let body = json!({
        "area_m2": 100_000_000, "reason": "致电13900000001", "area_reason": "见微信号 wx13900000002",
        "evidence": ["测绘报告.pdf", "13900000003.pdf"]
    });
    let told = edit(&app, &clerk, &path, &body).refused(422, "invalid").faults();
    let fault = |pointer: &str| (pointer.to_owned(), "personal_information".to_owned());
    assert_eq!(told, [fault("/area_reason"), fault("/evidence/1"), fault("/reason")]);
}

/// Of charge that is over, and of a record without any.
#[both]
fn a_manager_with_a_past_is_not_moved_alone(app: TestApp) {
    let scene = app.scene();
    let [former, recorded, new] = ["杨丽娜", "吴雪峰", "王新"].map(|name| app.manager(name, &scene.uscc));
    let project = app.project_with(xinwu_domain::project::NewProject {
        manager: Some(former.clone()),
        ..plain_project(&app.estate(COMMUNITY, EstateKind::Old), &scene.uscc)
    });
    app.advance(Duration::days(1));
    let clerk = app.official(Role::District, DISTRICT, false);
    let city = app.official(Role::City, "2102", false);
    let path = format!("/v1/admin/projects/{project}");
    edit(&app, &city, &path, &json!({"manager": null})).seconded(&app);
    let mut body = penalty(&scene.uscc);
    body["manager"] = json!(recorded);
    app.record_in_force(&body);
    let other = app.firm("大连另一物业有限公司");
    let moved = |manager: &str| {
        let body = json!({"uscc": other, "reason": "转任"});
        edit(&app, &clerk, &format!("/v1/admin/managers/{manager}"), &body)
    };
    for manager in [&former, &recorded] {
        let proposal = moved(manager).expect(202).json();
        assert_eq!(proposal["changes"][0]["field"], "firm");
    }
    moved(&new).expect(200);
}

/// One account cannot be kept from being shut by its own proposals, one after another.
#[both]
fn nobody_proposes_about_the_own_account(app: TestApp) {
    // Others can sign in, too.
    app.account(crate::sign_in::staff("chief", Role::Admin));
    let (id, own) = app.account(someone(Role::Admin));
    let path = format!("/v1/admin/users/{id}");
    let named = json!({"display_name": "n1", "reason": "r"});
    edit(&app, &own, &path, &named).refused(403, "own_account");
    let shut = json!({"status": "disabled", "reason": "账号泄露"});
    let proposal = edit(&app, &app.admin(), &path, &shut).expect(202).json();
    edit(&app, &own, &path, &named).refused(403, "own_account");
    step(&app, &app.admin(), &path_of(&proposal, "/confirm")).expect(200);
    app.get("/v1/me").token(&own).refused(401, "bad_credentials");
}

#[both]
fn who_proposes_again_what_was_returned_gives_way_to_others(app: TestApp) {
    let uscc = app.firm("大连示例物业管理有限公司");
    let project = app.project(&app.estate(COMMUNITY, EstateKind::Professional), &uscc);
    let path = format!("/v1/admin/projects/{project}");
    let [author, other] = [false, false].map(|power| app.official(Role::Street, STREET, power));
    let confirmer = app.official(Role::Street, STREET, true);
    let propose = |token: &str, area: i32| {
        edit(&app, token, &path, &json!({"area_m2": area, "reason": "竣工测绘更正"}))
    };
    let first = propose(&author, 12000).expect(202).json();
    assert_eq!(propose(&other, 11000).refused(409, "proposal_open").json()["existing"], first["id"]);
    send_back(&app, &confirmer, &first).expect(200);
    // Again, before anybody else: it holds against nobody but its author.
    let again = propose(&author, 12000).expect(202).json();
    propose(&author, 13000).refused(409, "proposal_open");
    let others = propose(&other, 11000).expect(202).json();
    assert_eq!(state_of(&app, &other, &again), "stale");
    assert_eq!(app.notices(&author)[0]["kind"], "proposal_stale");
    propose(&author, 12000).refused(409, "proposal_open");
    step(&app, &confirmer, &path_of(&others, "/confirm")).expect(200);
    // What was returned 14 days ago counts no more.
    let id =
        |token: &str| app.get("/v1/me").token(token).expect(200).json()["id"].as_str().unwrap().to_owned();
    let (author_id, other_id) = (id(&author), id(&other));
    app.advance(Duration::days(14) + Duration::seconds(1));
    let [author, other] = [author_id, other_id].map(|id| app.renewed(&id));
    propose(&author, 12000).expect(202);
    propose(&other, 13000).refused(409, "proposal_open");
}

/// A revocation that is proposed again and again holds up no decision on the firm's objection.
#[both]
fn a_decision_goes_before_what_was_returned(app: TestApp) {
    let scene = app.scene();
    let mut body = penalty(&scene.uscc);
    body["severity"] = json!("serious");
    (body["decided_on"], body["counts_until"]) = (json!("2025-11-01"), json!("2027-11-01"));
    let record = app.record_in_force(&body);
    let objection = app.objection(&scene.uscc, &record);
    let clerk = app.drafter();
    let revoke = || {
        let body = json!({"ground": "entered_in_error", "reason": "录入有误", "evidence": ["更正单.pdf"]});
        step(&app, &clerk, &format!("/v1/admin/records/{record}/revoke")).json(&body)
    };
    let decide = |token: &str| {
        let body = json!({"decision": "revoked", "reason": "事实不清"});
        app.decide(token, "objections", &objection, &body)
    };
    let (decider, second) = (app.confirmer(), app.confirmer());
    let first = revoke().expect(202).json();
    decide(&decider).refused(409, "proposal_open");
    send_back(&app, &second, &first).expect(200);
    let again = revoke().expect(202).json();
    let decision = decide(&decider).expect(202).json();
    assert_eq!(state_of(&app, &second, &again), "stale");
    step(&app, &second, &path_of(&decision, "/confirm")).expect(200);
    let read = app.get(&format!("/v1/admin/records/{record}")).token(&second).expect(200).json();
    assert_eq!(read["state"], "revoked");
}

/// A street's clerk and the account of the firm that gains do not put an estate of 100,000
/// households and 40 km² under it; and whoever confirms an assessment sees what it would weigh.
#[both]
fn a_city_that_is_not_there_takes_an_official_at_each_step(app: TestApp) {
    let scene = app.scene();
    let clerk = app.official(Role::Street, STREET, false);
    let confirmer = app.official(Role::Street, STREET, true);
    let district = app.official(Role::District, DISTRICT, true);
    let firm = app.firm_account(&scene.uscc);
    let evaluated =
        || app.get(&format!("/v1/firms/{}/evaluation", scene.uscc)).expect(200).json()["score"].clone();
    let entered = json!({"scores": {"service": 60, "party": 60}, "correction_reason": "补录"});
    app.assessed(&scene.project, "2026-Q3", "street", &entered);
    assert_eq!(evaluated(), json!(60));

    let estate = json!({
        "name": "虚构大城", "kind": "professional", "place": COMMUNITY, "households": 100_000, "reason": "新建小区"
    });
    let estate = app.post("/v1/admin/estates").token(&clerk).json(&estate).expect(202).json();
    let code = format!("{COMMUNITY}-002");
    let project = json!({
        "estate": code, "operator": "firm", "uscc": scene.uscc, "starts_on": "2024-01-01", "area_m2": 40_000_000,
        "households": 100_000, "reason": "新签"
    });
    let add = || app.post("/v1/admin/projects").token(&clerk).json(&project);
    assert_eq!(add().refused(422, "invalid").faults(), [("/estate".into(), "unknown_estate".into())]);
    let done = step(&app, &confirmer, &path_of(&estate, "/confirm")).expect(200).json();
    assert_eq!(done["object"]["id"], json!(code));

    let project = add().expect(202).json();
    assert_eq!(project["asks"], "district");
    let own = format!("/v1/firm/proposals/{}/confirm", project["id"].as_str().unwrap());
    step(&app, &firm, &own).refused(403, "second_person_needed");
    let project =
        step(&app, &district, &path_of(&project, "/confirm")).expect(200).json()["object"]["id"].clone();

    let best = json!({"scores": {"service": 100, "party": 100}, "correction_reason": "补评"});
    let assessed =
        app.assess(&clerk, project.as_str().unwrap(), "2026-Q3", "street", &best).expect(202).json();
    let weight = json!({
        "area_m2": 40_000_000, "households": 100_000, "share_of_area": 0.9998, "share_of_households": 0.999
    });
    let shown = json!({"field": "weight", "before": null, "after": weight});
    assert!(assessed["changes"].as_array().unwrap().contains(&shown), "{assessed}");
    assert_eq!(evaluated(), json!(60));
    step(&app, &clerk, &path_of(&assessed, "/confirm")).refused(403, "second_person_needed");
    send_back(&app, &confirmer, &assessed).expect(200);
    assert_eq!(evaluated(), json!(60));
}

/// What an author above the street proposes of what lies in it is read by the street, and returned
/// by who may confirm there; nobody else's place learns of it.
fn reached_and_returned(app: &TestApp, proposal: &Value, author: &str) {
    let clerk = app.official(Role::Street, STREET, false);
    let confirmer = app.official(Role::Street, STREET, true);
    let elsewhere = app.official(Role::District, OTHER_DISTRICT, true);
    let own = path_of(proposal, "");
    app.get(&own).token(&clerk).expect(200);
    let listed = |token: &str, query: &str| {
        let all = app.walk_as(token, &format!("/v1/admin/proposals?state=open&limit=1{query}"));
        all.iter().any(|id| proposal["id"] == **id)
    };
    assert!(listed(&clerk, ""), "{proposal}");
    app.get(&own).token(&elsewhere).refused(404, "not_found");
    assert!(app.walk_as(&elsewhere, "/v1/admin/proposals?limit=1").is_empty());
    // Whoever is above both finds it by either place.
    let above = app.official(Role::City, "2102", true);
    let inbox = |query: &str| {
        let page = app.get(&format!("/v1/admin/inbox?kind=proposal{query}")).token(&above).expect(200).json();
        page["items"].as_array().unwrap().iter().any(|item| item["id"] == proposal["id"])
    };
    // A street's file is not its community's.
    let in_community = proposal["object"]["kind"] != "import";
    for (place, is_there) in
        [(STREET, true), (COMMUNITY, in_community), (DISTRICT, true), (OTHER_DISTRICT, false)]
    {
        assert_eq!(listed(&above, &format!("&place={place}")), is_there, "{place}: {proposal}");
        assert_eq!(inbox(&format!("&place={place}")), is_there, "{place}: {proposal}");
    }
    // It is not the street's to confirm or to take back.
    step(app, &confirmer, &path_of(proposal, "/confirm")).refused(403, "second_person_needed");
    step(app, &clerk, &path_of(proposal, "/withdraw")).refused(403, "not_drafters_side");
    send_back(app, &clerk, proposal).refused(403, "no_power_to_confirm");
    send_back(app, &elsewhere, proposal).refused(404, "not_found");
    assert_eq!(send_back(app, &confirmer, proposal).expect(200).json()["state"], "returned");
    assert_eq!(app.notices(author)[0]["kind"], "proposal_returned");
}

/// What those above propose of a street's dwellings, residents, files and assessments: each with
/// its author, and what the inbox calls it, in Chinese and in English.
fn proposed_from_above(app: &TestApp) -> Vec<(Value, String, [String; 2])> {
    let world = World::build(app);
    let own = &world.own;
    let city = app.official(Role::City, "2102", false);
    let listed = app.get(&format!("/v1/admin/households?estate={}", own.estate)).token(&city).expect(200);
    let household = listed.json()["items"][0].clone();
    let of = |field: &str| household[field].as_str().unwrap().to_owned();
    let estate = household["estate"]["name"].as_str().unwrap().to_owned();
    let dwelling = format!("{estate} {}-{}-{}", of("building"), of("unit"), of("room"));
    let both = |name: &str| [name.to_owned(), name.to_owned()];
    let path = format!("/v1/admin/households/{}", of("id"));
    let moved =
        edit(app, &city, &path, &json!({"building": "9", "unit": "1", "room": "1", "reason": "门牌更正"}))
            .expect(202)
            .json();

    own.burst(app);
    let path = format!("/v1/admin/residences/{}/end", own.resident.residence);
    let ended = step(app, &city, &path).json(&json!({"reason": "已搬离"})).expect(202).json();

    let clerk = app.official(Role::Street, STREET, false);
    let undone = |query: &str, room: u32| {
        let roster = format!("estate,building,unit,room,phones\n{},8,1,{room},\n", own.estate);
        let sent = import_file(app, &clerk, &format!("households{query}"), CSV, roster);
        assert_eq!(sent["state"], "applied", "{sent}");
        // Later than the one before.
        app.advance(Duration::minutes(1));
        let path = format!("/v1/admin/imports/{}/undo", sent["id"].as_str().unwrap());
        step(app, &city, &path).json(&json!({"reason": "文件有误"})).expect(202).json()
    };
    let (named, unnamed) = (undone("?name=%E4%BD%8F%E6%88%B7.csv", 1), undone("", 2));

    let district = app.official(Role::District, DISTRICT, false);
    let body = json!({"scores": {"service": 80, "party": 90}, "correction_reason": "计分有误"});
    let corrected = app.assess(&district, &own.project, "2026-Q3", "district", &body).expect(202).json();
    vec![
        (moved, city.clone(), both(&dwelling)),
        (ended, city.clone(), both(&dwelling)),
        (named, city.clone(), both("住户.csv")),
        (unnamed, city, ["住户".to_owned(), "households".to_owned()]),
        (corrected, district, both(&format!("{estate} 2026-Q3"))),
    ]
}

#[both]
fn a_street_reaches_what_is_proposed_of_its_dwellings_files_and_assessments(app: TestApp) {
    let proposed = proposed_from_above(&app);
    let city = app.official(Role::City, "2102", true);
    let inbox = |call: Call| {
        let items = call.token(&city).expect(200).json()["items"].clone();
        let items = items.as_array().unwrap().clone();
        items.into_iter().map(|item| (text(&item["id"]), text(&item["name"]))).collect::<BTreeMap<_, _>>()
    };
    let path = "/v1/admin/inbox?kind=proposal";
    let (chinese, english) = (inbox(app.get(path)), inbox(app.get(path).english()));
    assert_eq!(chinese.len(), proposed.len());
    for (proposal, _, names) in &proposed {
        let id = proposal["id"].as_str().unwrap();
        assert_eq!([&chinese[id], &english[id]], [&names[0], &names[1]]);
    }
    for (proposal, author, _) in &proposed {
        reached_and_returned(&app, proposal, author);
    }
}

/// The city's proposal on a street's project is read by that street, and returned by who may
/// confirm there; nobody else's place learns of it.
#[both]
fn whoever_reaches_an_object_reaches_what_is_proposed_of_it(app: TestApp) {
    let uscc = app.firm("大连示例物业管理有限公司");
    let estate = app.estate(COMMUNITY, EstateKind::Professional);
    let project = app.project(&estate, &uscc);
    let city = app.official(Role::City, "2102", false);
    let mine = json!({"area_m2": 12000, "reason": "竣工测绘更正"});
    let vacant = app.estate(COMMUNITY, EstateKind::Old);
    let new = json!({
        "estate": vacant, "operator": "firm", "uscc": uscc, "starts_on": "2026-01-01", "area_m2": 9000,
        "households": 100, "area_reason": "含公建", "reason": "新签"
    });
    let corrected = json!({"name": "别的名称", "correction": true, "reason": "更正"});
    for proposal in [
        edit(&app, &city, &format!("/v1/admin/projects/{project}"), &mine).expect(202).json(),
        edit(&app, &city, &format!("/v1/admin/estates/{estate}"), &corrected).expect(202).json(),
        app.post("/v1/admin/projects").token(&city).json(&new).expect(202).json(),
    ] {
        reached_and_returned(&app, &proposal, &city);
    }
    let firm = edit(
        &app,
        &city,
        &format!("/v1/admin/firms/{uscc}"),
        &json!({"residential": false, "reason": "无住宅业务"}),
    );
    let firm = firm.expect(202).json();
    let district = app.official(Role::District, DISTRICT, true);
    assert_eq!(app.walk_as(&district, "/v1/admin/proposals?state=open"), [firm["id"].as_str().unwrap()]);
    send_back(&app, &district, &firm).expect(200);
}

/// The account that gains by it does not say alone that a branch leaves another's file, nor since
/// when it is one.
#[both]
fn a_branch_that_has_a_parent_is_moved_by_an_official_and_both_are_told(app: TestApp) {
    let [first, second, branch] = ["第一总公司", "第二总公司", "分公司"].map(|name| app.firm(name));
    let clerk = app.official(Role::District, DISTRICT, false);
    let path = format!("/v1/admin/firms/{branch}");
    let join = |parent: &str, since: &str| {
        let body = json!({"parent": parent, "parent_since": since, "reason": "设立分支机构"});
        edit(&app, &clerk, &path, &body)
    };
    let asks = |proposal: &Value| (proposal["asks"].clone(), proposal["firm"].clone());
    let [of_first, of_second] = [&first, &second].map(|uscc| app.firm_account(uscc));
    let texts = |kinds: &[&str]| kinds.iter().map(|kind| (*kind).to_owned()).collect::<Vec<_>>();
    let told = |token: &str| {
        let kinds = app.notices(token).into_iter().map(|notice| notice["kind"].as_str().unwrap().to_owned());
        kinds.filter(|kind| kind.starts_with("branch_")).collect::<Vec<_>>()
    };

    let proposal = join(&first, "2024-01-01").expect(202).json();
    assert_eq!(asks(&proposal), (json!("firm_or_district"), json!(first)));
    let own = format!("/v1/firm/proposals/{}/confirm", proposal["id"].as_str().unwrap());
    step(&app, &of_first, &own).expect(200);
    app.tick();
    assert_eq!(told(&of_first), [""; 0]);

    let (mut of_the_first, mut of_the_second) = (Vec::new(), Vec::new());
    for (parent, since, first_kind, second_kind) in [
        (&first, "2026-11-01", Some("branch_joined"), None),
        (&second, "2026-11-01", Some("branch_left"), Some("branch_joined")),
    ] {
        let proposal = join(parent, since).expect(202).json();
        assert_eq!(asks(&proposal), (json!("official"), Value::Null), "{parent} {since}");
        let own = format!("/v1/firm/proposals/{}/confirm", proposal["id"].as_str().unwrap());
        step(&app, &app.firm_account(parent), &own).refused(404, "not_found");
        step(&app, &app.confirmer(), &path_of(&proposal, "/confirm")).expect(200);
        app.tick();
        // The newest first.
        of_the_first.splice(0..0, first_kind);
        of_the_second.splice(0..0, second_kind);
        assert_eq!((told(&of_first), told(&of_second)), (texts(&of_the_first), texts(&of_the_second)));
    }
    edit(&app, &clerk, &path, &json!({"parent": null})).seconded(&app);
    app.tick();
    of_the_second.insert(0, "branch_left");
    assert_eq!((told(&of_first), told(&of_second)), (texts(&of_the_first), texts(&of_the_second)));
}
