//! Officials' assessments of an open period wait for their place's batch, which another official
//! confirms or sends back; lists of what waits, and of who has not assessed yet.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use xinwu_both::both;
use xinwu_domain::access::Role;
use xinwu_domain::estate::EstateKind;
use xinwu_domain::firm::NewFirm;
use xinwu_domain::project::{NewProject, Operator};
use xinwu_persistence::people::account::NewAccount;

use crate::harness::files::{Scene, ids, with};
use crate::harness::world::{
    COMMUNITY, DISTRICT, OTHER_COMMUNITY, OTHER_DISTRICT, STREET, plain_firm, plain_project,
};
use crate::harness::{Call, Reply, TestApp, someone};
use crate::imports::{CSV, faults, import_file};
use crate::scheme_drafts::{announce, second_version};

fn scores(service: u32) -> Value {
    json!({"scores": {"service": service, "party": 90}})
}

fn path(place: &str) -> String {
    format!("/v1/admin/places/{place}/assessments/2026-Q4")
}

/// As a street's official with the power to confirm reads it.
fn batch(app: &TestApp, place: &str) -> Reply {
    app.get(&path(place)).token(&app.official(Role::City, "2102", false)).expect(200)
}

fn confirm(app: &TestApp, token: &str, place: &str, tag: &str) -> Call {
    app.post(&format!("{}/confirm", path(place))).token(token).header("If-Match", tag)
}

fn give_back(app: &TestApp, token: &str, place: &str, body: &Value) -> Call {
    app.post(&format!("{}/return", path(place))).token(token).header("If-Match", "*").json(body)
}

/// Project and assessor of each.
fn keys(items: &Value) -> Vec<(Value, Value)> {
    let items = items.as_array().unwrap();
    items.iter().map(|item| (item["project"]["id"].clone(), item["assessor"].clone())).collect()
}

/// A scene in the month after the fourth quarter, with the community's and the street's
/// assessments of its project.
fn assessed(app: &TestApp) -> Scene {
    let scene = app.scene();
    app.set_time("2027-01-08T02:00:00Z");
    let community = app.official(Role::Community, COMMUNITY, false);
    let street = app.official(Role::Street, STREET, false);
    app.assess(&community, &scene.project, "2026-Q4", "community", &scores(70)).expect(201);
    app.assess(&street, &scene.project, "2026-Q4", "street", &scores(80)).expect(201);
    scene
}

#[both]
fn a_street_confirms_its_own_and_its_communities_at_once(app: TestApp) {
    let scene = assessed(&app);
    let second = app.project(&app.estate(COMMUNITY, EstateKind::Old), &scene.uscc);
    let district = app.official(Role::District, DISTRICT, false);
    app.assess(&district, &scene.project, "2026-Q4", "district", &scores(60)).expect(201);
    let first = batch(&app, STREET);
    let seen = first.json();
    assert_eq!(
        (&seen["place"]["code"], &seen["period"], &seen["closes_on"], &seen["state"]),
        (&json!(STREET), &json!("2026-Q4"), &json!("2027-02-01"), &json!("waiting"))
    );
    assert_eq!(
        keys(&seen["assessments"]),
        [(json!(scene.project), json!("community")), (json!(scene.project), json!("street"))]
    );
    let entry = &seen["assessments"][0];
    assert_eq!(
        (&entry["scores"], &entry["before"], &entry["state"], &entry["place"]["code"]),
        (&json!({"service": 70, "party": 90}), &json!(null), &json!("submitted"), &json!(COMMUNITY))
    );
    // The firm has another project of that size.
    assert_eq!(
        entry["weight"],
        json!({"area_m2": 10000, "households": 100, "share_of_area": 0.5, "share_of_households": 0.5})
    );
    assert_eq!(
        keys(&seen["missing"]),
        [(json!(second), json!("community")), (json!(second), json!("street"))]
    );
    assert_eq!(seen["missing_count"], 2);
    // A district's is its own alone.
    let above = batch(&app, DISTRICT).json();
    assert_eq!(keys(&above["assessments"]), [(json!(scene.project), json!("district"))]);
    assert_eq!(keys(&above["missing"]), [(json!(second), json!("district"))]);

    let confirmer = app.official(Role::Street, STREET, true);
    confirm(&app, &app.official(Role::Street, STREET, false), STREET, first.etag())
        .refused(403, "no_power_to_confirm");
    confirm(&app, &app.official(Role::District, OTHER_DISTRICT, true), STREET, first.etag())
        .refused(403, "out_of_reach");
    confirm(&app, &app.official(Role::Community, COMMUNITY, true), STREET, first.etag())
        .refused(403, "role_not_allowed");
    let waiting = || {
        let inbox = app.get("/v1/admin/inbox?kind=assessments").token(&confirmer).expect(200).json();
        inbox["items"].as_array().unwrap().clone()
    };
    let item = &waiting()[0];
    assert_eq!(
        (&item["href"], &item["due_at"], &item["may"]),
        (
            &json!(path(STREET)),
            &json!("2027-01-31T15:59:59.999999Z"),
            &json!(["confirm_assessments", "return_assessments"])
        )
    );
    let done = confirm(&app, &confirmer, STREET, first.etag()).expect(200);
    assert_eq!(waiting(), Vec::<Value>::new());
    assert_eq!((&done.json()["state"], &done.json()["assessments"]), (&json!("settled"), &json!([])));
    assert_eq!(done.etag(), batch(&app, STREET).etag());
    let listed = app.get(&format!("/v1/projects/{}/assessments", scene.project)).expect(200);
    assert_eq!(ids(&listed).len(), 2);
    confirm(&app, &confirmer, STREET, "*").refused(409, "wrong_state");
    // The district's waits for the district.
    assert_eq!(keys(&batch(&app, DISTRICT).json()["assessments"]).len(), 1);
    confirm(&app, &app.official(Role::District, DISTRICT, true), DISTRICT, "*").expect(200);
    assert_eq!(ids(&app.get(&format!("/v1/projects/{}/assessments", scene.project)).expect(200)).len(), 3);
}

#[both]
fn what_was_seen_is_what_is_confirmed(app: TestApp) {
    let scene = app.scene();
    app.set_time("2027-01-08T02:00:00Z");
    let in_force = app.assessed(&scene.project, "2026-Q4", "street", &scores(50));
    let another = app.official(Role::Street, STREET, false);
    app.assess(&another, &scene.project, "2026-Q4", "street", &scores(80))
        .header("If-Match", "*")
        .expect(200);
    let confirmer = app.official(Role::Street, STREET, true);
    let seen = batch(&app, STREET);
    let path = format!("/v1/admin/assessments/{}/2026-Q4/street", scene.project);
    let replace = |service| {
        let tag = app.get(&path).token(&another).expect(200).etag().to_owned();
        app.assess(&another, &scene.project, "2026-Q4", "street", &scores(service)).header("If-Match", &tag)
    };
    replace(100).expect(200);
    confirm(&app, &confirmer, STREET, seen.etag()).refused(412, "stale");
    // Back at the same scores it is another assessment still.
    replace(80).expect(200);
    confirm(&app, &confirmer, STREET, seen.etag()).refused(412, "stale");
    app.post(&format!("/v1/admin/places/{STREET}/assessments/2026-Q4/confirm"))
        .token(&confirmer)
        .refused(428, "if_match_required");
    // So is what it replaces.
    let seen = batch(&app, STREET);
    let object = format!("/v1/assessments/{}", in_force["id"].as_str().unwrap());
    let objection = app.object(&app.firm_account(&scene.uscc), &object).expect(201).json();
    let amended = json!({"decision": "amended", "reason": "漏计", "scores": {"service": 95, "party": 90}});
    app.decide(&confirmer, "objections", objection["id"].as_str().unwrap(), &amended).expect(200);
    confirm(&app, &confirmer, STREET, seen.etag()).refused(412, "stale");
    let seen = batch(&app, STREET);
    assert_eq!(seen.json()["assessments"][0]["before"]["scores"]["service"], 95);
    confirm(&app, &confirmer, STREET, seen.etag()).expect(200);
    let listed = app.get(&format!("/v1/projects/{}/assessments", scene.project)).expect(200).json();
    // The third revision: the one that was objected to, its amendment, and this.
    assert_eq!(
        (&listed["items"][0]["revision"], &listed["items"][0]["scores"]["service"]),
        (&json!(3), &json!(80))
    );
}

#[both]
fn nobody_confirms_the_own_by_another_hand_or_account(app: TestApp) {
    let scene = app.scene();
    app.set_time("2027-01-08T02:00:00Z");
    let number = || NewAccount {
        place: Some(STREET.to_owned()),
        can_confirm: true,
        staff_number: Some("ZS-7".to_owned()),
        ..someone(Role::Street)
    };
    let (author, other_account) = (app.token(number()), app.token(number()));
    let first = app.assess(&author, &scene.project, "2026-Q4", "street", &scores(95)).expect(201);
    let named = confirm(&app, &author, STREET, "*").english().refused(403, "second_person_needed");
    let detail = named.json()["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains("(street)"), "{detail}");
    confirm(&app, &other_account, STREET, "*").refused(403, "second_person_needed");
    // A colleague mends a comma of it.
    let colleague = app.official(Role::Street, STREET, false);
    let mut body = scores(95);
    body["note"] = json!("保洁到位，");
    app.assess(&colleague, &scene.project, "2026-Q4", "street", &body)
        .header("If-Match", first.etag())
        .expect(200);
    confirm(&app, &author, STREET, "*").refused(403, "second_person_needed");
    // The district may, where nobody else of the street is left.
    confirm(&app, &app.official(Role::District, DISTRICT, true), STREET, "*").expect(200);
}

#[both]
fn a_batch_is_sent_back_whole_or_in_part_with_a_reason(app: TestApp) {
    let scene = assessed(&app);
    let (id, author) = app.account(NewAccount { place: Some(STREET.to_owned()), ..someone(Role::Street) });
    let second = app.project(&app.estate(COMMUNITY, EstateKind::Old), &scene.uscc);
    let given = app.assess(&author, &second, "2026-Q4", "street", &scores(100)).expect(201).json();
    assert_eq!(given["by"]["id"], json!(id));
    let confirmer = app.official(Role::Street, STREET, true);
    let body = json!({"reason": "与现场不符", "assessments": [given["id"]]});
    give_back(&app, &app.official(Role::Street, STREET, false), STREET, &body)
        .refused(403, "no_power_to_confirm");
    let unknown = json!({"reason": "与现场不符", "assessments": [given["id"], "none"]});
    let refused = give_back(&app, &confirmer, STREET, &unknown).refused(422, "invalid");
    assert_eq!(refused.faults(), [("/assessments/1".into(), "unknown_value".into())]);
    give_back(&app, &confirmer, STREET, &json!({"reason": " "})).refused(422, "invalid");
    let left = give_back(&app, &confirmer, STREET, &body).expect(200).json();
    assert_eq!(left["assessments"].as_array().unwrap().len(), 2);
    let told = &app.notices(&author)[0];
    assert_eq!(
        (&told["kind"], &told["reason"], &told["about"]),
        (
            &json!("assessments_returned"),
            &json!("与现场不符"),
            &json!({"kind": "assessment", "id": format!("{STREET}/2026-Q4")})
        )
    );
    assert!(told["text"].as_str().unwrap().contains("2026-Q4"), "{told}");
    // It is missing again, and may be given anew.
    let found = &batch(&app, STREET).json()["missing"];
    assert!(keys(found).contains(&(json!(second), json!("street"))), "{found}");
    app.assess(&author, &second, "2026-Q4", "street", &scores(90)).expect(201);
    confirm(&app, &confirmer, STREET, "*").expect(200);
    assert_eq!(app.notices(&author)[0]["kind"], "assessments_confirmed");
    app.assess(&author, &second, "2026-Q4", "street", &scores(91)).header("If-Match", "*").expect(200);
    assert_eq!(
        give_back(&app, &confirmer, STREET, &json!({"reason": "重复"})).expect(200).json()["assessments"],
        json!([])
    );
    let listed = app.get(&format!("/v1/projects/{second}/assessments")).expect(200).json();
    assert_eq!(listed["items"][0]["scores"]["service"], 90);
}

#[both]
fn files_and_hands_wait_for_each_other(app: TestApp) {
    let scene = assessed(&app);
    let community = app.official(Role::Community, COMMUNITY, false);
    let header = "project,period,assessor,service,party";
    let file = |period: &str| format!("{header}\n{},{period},community,75,90\n", scene.project);
    let refused = import_file(&app, &community, "assessments", CSV, file("2026-Q4"));
    assert_eq!(faults(&refused)[0].2, "already_submitted", "{refused}");
    let waits = import_file(&app, &community, "assessments", CSV, file("2027-Q1"));
    assert_eq!(waits["state"], "submitted");
    let put = |body: &Value| app.assess(&community, &scene.project, "2027-Q1", "community", body);
    put(&scores(80)).refused(409, "already_submitted");
    // It is no part of the place's batch, and is missed by nobody.
    let district = app.official(Role::District, DISTRICT, true);
    let of_street = format!("/v1/admin/places/{STREET}/assessments/2027-Q1");
    let seen = app.get(&of_street).token(&district).expect(200).json();
    assert_eq!((&seen["state"], &seen["assessments"]), (&json!("open"), &json!([])));
    assert_eq!(keys(&seen["missing"]), [(json!(scene.project), json!("street"))]);
    let step = format!("/v1/admin/imports/{}/return", waits["id"].as_str().unwrap());
    app.post(&step).token(&district).header("If-Match", "*").json(&json!({"reason": "有误"})).expect(200);
    put(&scores(80)).expect(201);
}

#[both]
fn a_correction_waits_for_what_was_given_before_the_period_closed(app: TestApp) {
    let scene = assessed(&app);
    app.set_time("2027-02-03T02:00:00Z");
    let street = app.official(Role::Street, STREET, false);
    let body = json!({"scores": {"service": 60, "party": 60}, "correction_reason": "更正"});
    let put =
        |period: &str| app.assess(&street, &scene.project, period, "street", &body).header("If-Match", "*");
    put("2026-Q4").refused(409, "already_submitted");
    confirm(&app, &app.official(Role::Street, STREET, true), STREET, "*").expect(200);
    let proposed = put("2026-Q4").expect(202).json();
    assert_eq!(
        proposed["changes"][0],
        json!({"field": "scores", "before": {"service": 80, "party": 90}, "after": {"service": 60, "party": 60}})
    );
    // A decision on an objection waits until that is decided.
    let listed = app.get(&format!("/v1/projects/{}/assessments", scene.project)).expect(200).json();
    let of_street = listed["items"].as_array().unwrap().iter().find(|item| item["assessor"] == "street");
    let object = format!("/v1/assessments/{}", of_street.unwrap()["id"].as_str().unwrap());
    let objection = app.object(&app.firm_account(&scene.uscc), &object).expect(201).json();
    let amended = json!({"decision": "amended", "reason": "漏计", "scores": {"service": 95, "party": 90}});
    let decider = app.official(Role::District, DISTRICT, true);
    let decided = app.decide(&decider, "objections", objection["id"].as_str().unwrap(), &amended);
    assert_eq!(decided.refused(409, "proposal_open").json()["existing"], proposed["id"]);
    // The operator corrects it first: what was proposed is no longer what it would do.
    let corrected = json!({"scores": {"service": 95, "party": 90}, "correction_reason": "更正"});
    app.assessed(&scene.project, "2026-Q4", "street", &corrected);
    let path = format!("/v1/admin/proposals/{}/confirm", proposed["id"].as_str().unwrap());
    let stale = app
        .post(&path)
        .token(&app.official(Role::Street, STREET, true))
        .header("If-Match", "*")
        .refused(409, "proposal_stale");
    assert_eq!(stale.faults(), [("/scores".into(), "changed".into())]);
}

/// One confirmer's last minute costs nobody the quarter.
#[both]
fn what_is_sent_back_at_the_close_is_given_again_by_its_author(app: TestApp) {
    let scene = app.scene();
    app.set_time("2026-12-20T02:00:00Z");
    let (id, street) = app.account(NewAccount { place: Some(STREET.to_owned()), ..someone(Role::Street) });
    app.assess(&street, &scene.project, "2026-Q4", "street", &scores(80)).expect(201);
    app.set_time("2027-01-31T15:59:00Z");
    let reason = json!({"reason": "分数与现场不符"});
    give_back(&app, &app.official(Role::Street, STREET, true), STREET, &reason).expect(200);

    app.set_time("2027-02-03T15:59:00Z");
    let put = |token: &str, body: &Value| app.assess(token, &scene.project, "2026-Q4", "street", body);
    let closed = |call: Call| {
        let told = call.refused(422, "invalid").faults();
        assert_eq!(told, [("/correction_reason".to_owned(), "period_closed".to_owned())]);
    };
    closed(put(&app.official(Role::Street, STREET, false), &scores(80)));
    let given = put(&app.renewed(&id), &scores(82)).expect(201).json();
    assert_eq!(given["state"], "submitted");
    // Once: what waits again is decided before anything else is given.
    closed(put(&app.renewed(&id), &scores(83)).header("If-Match", "*"));
    let corrected = with(scores(83), json!({"correction_reason": "更正"}));
    put(&app.renewed(&id), &corrected).header("If-Match", "*").refused(409, "already_submitted");
    let confirmer = app.official(Role::Street, STREET, true);
    confirm(&app, &confirmer, STREET, "*").expect(200);
    let list = app.get(&format!("/v1/projects/{}/assessments", scene.project)).expect(200).json();
    let item = &list["items"][0];
    assert_eq!(
        (&item["scores"]["service"], &item["known_from"], &item["correction_reason"]),
        (&json!(82), &json!("2027-02-03T15:59:00Z"), &json!(null))
    );

    // Three working days later it is a correction like any other.
    let other = app.project(&app.estate(COMMUNITY, EstateKind::Old), &scene.uscc);
    app.set_time("2027-04-30T02:00:00Z");
    let of_other = |token: &str| app.assess(token, &other, "2027-Q1", "street", &scores(70));
    of_other(&app.renewed(&id)).expect(201);
    let confirmer = app.official(Role::Street, STREET, true);
    let batch = format!("/v1/admin/places/{STREET}/assessments/2027-Q1/return");
    app.post(&batch).token(&confirmer).header("If-Match", "*").json(&reason).expect(200);
    app.set_time("2027-05-05T16:00:00Z");
    closed(of_other(&app.renewed(&id)));
}

#[both]
fn a_batch_is_a_streets_or_a_districts(app: TestApp) {
    app.scene();
    let city = app.official(Role::City, "2102", true);
    for place in ["2102", COMMUNITY] {
        let refused = app.get(&path(place)).token(&city).refused(400, "bad_parameter");
        assert_eq!(refused.faults(), [("code".into(), "wrong_level".into())]);
    }
    app.get(&path("210299999")).token(&city).refused(404, "not_found");
    app.get(&format!("/v1/admin/places/{STREET}/assessments/2026-Q5"))
        .token(&city)
        .refused(400, "bad_parameter");
    app.get(&path(STREET))
        .token(&app.official(Role::District, OTHER_DISTRICT, true))
        .refused(403, "out_of_reach");
    let seen = batch(&app, STREET).json();
    assert_eq!((&seen["state"], &seen["missing_count"]), (&json!("open"), &json!(2)));
}

#[both]
fn officials_list_what_waits_what_holds_and_who_has_not_assessed(app: TestApp) {
    let scene = assessed(&app);
    let other = app.project(&app.estate(COMMUNITY, EstateKind::Old), &app.firm("乙物业"));
    let elsewhere = app.project(&app.estate(OTHER_COMMUNITY, EstateKind::Old), &scene.uscc);
    app.assessed(
        &scene.project,
        "2026-Q3",
        "street",
        &json!({"scores": {"service": 50, "party": 50}, "correction_reason": "补录"}),
    );
    app.assessed(&elsewhere, "2026-Q4", "street", &scores(40));
    let estate = app.estate(COMMUNITY, EstateKind::Old);
    // Its term does not touch the quarter.
    app.project_with(xinwu_domain::project::NewProject {
        ends_on: Some("2026-09-30".parse().unwrap()),
        ..plain_project(&estate, &scene.uscc)
    });
    let district = app.official(Role::District, DISTRICT, false);
    let list = |query: &str| app.get(&format!("/v1/admin/assessments{query}")).token(&district);
    let found = |query: &str| -> Vec<(String, Value, String)> {
        let page = list(query).expect(200).json();
        let items = page["items"].as_array().unwrap();
        items
            .iter()
            .map(|item| {
                let word = |field: &str| item[field].as_str().unwrap().to_owned();
                (word("period") + " " + &word("assessor"), item["project"]["id"].clone(), word("state"))
            })
            .collect()
    };
    let own = json!(scene.project);
    let line =
        |what: &str, project: &Value, state: &str| (what.to_owned(), project.clone(), state.to_owned());
    let waiting = [line("2026-Q4 community", &own, "submitted"), line("2026-Q4 street", &own, "submitted")];
    let holding = line("2026-Q3 street", &own, "in_force");
    let mut all = waiting.to_vec();
    all.push(holding.clone());
    assert_eq!(found(""), all);
    assert_eq!(found("?state=submitted"), waiting);
    assert_eq!(found("?state=in_force"), [holding.clone()]);
    assert_eq!(found("?period=2026-Q3"), [holding]);
    assert_eq!(found("?assessor=community"), [waiting[0].clone()]);
    assert_eq!(found(&format!("?uscc={}&place={STREET}&state=submitted", scene.uscc)), waiting);
    let other = json!(other);
    let missing = [line("2026-Q4 community", &other, "missing"), line("2026-Q4 street", &other, "missing")];
    assert_eq!(found("?period=2026-Q4&state=missing"), missing);
    assert_eq!(found("?period=2026-Q4&state=missing&assessor=district").len(), 2);
    assert_eq!(found(&format!("?period=2026-Q4&state=missing&uscc={}", scene.uscc)), []);
    let page = list("?period=2026-Q4&state=missing&limit=1&count=true").expect(200).json();
    assert_eq!(page["page"]["total"], 2);
    for (query, count) in [("?limit=1", 3), ("?period=2026-Q4&state=missing&limit=1", 2)] {
        let (mut cursor, mut seen) = (String::new(), Vec::new());
        loop {
            let page = list(&format!("{query}{cursor}")).expect(200).json();
            seen.extend(keys(&page["items"]));
            let Some(next) = page["page"]["next_cursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        seen.dedup_by(|one, other| one == other && query != "?limit=1");
        assert_eq!(seen.len(), count, "{query}");
    }
    let table = list("?state=submitted&assessor=street").header("Accept", "text/csv").expect(200);
    let rows: Vec<&str> = table.text.trim_start_matches('\u{feff}').lines().collect();
    assert_eq!(
        rows[0],
        "编号,项目,小区编码,小区,企业代码,周期,评价主体,评价主体区划代码,评价主体区划,状态,服务得分,党建得分,原服务得分,原党建得分,面积（平方米）,户数,占该企业面积,占该企业户数,说明,证明材料,评价人,更新时间（UTC）"
    );
    assert!(
        rows[1].contains(",2026-Q4,街道,") && rows[1].contains(",待确认,80,90,,,10000,100,0.5,0.5,"),
        "{}",
        rows[1]
    );
    let refused = list("?state=missing").refused(400, "bad_parameter");
    assert_eq!(refused.faults(), [("period".into(), "required".into())]);
    list(&format!("?place={OTHER_DISTRICT}")).refused(403, "out_of_reach");
    list("?state=revoked").refused(400, "bad_parameter");
    let community = app.official(Role::Community, OTHER_COMMUNITY, false);
    let seen = app.get("/v1/admin/assessments").token(&community).expect(200).json();
    assert_eq!(keys(&seen["items"]), [(json!(elsewhere), json!("street"))]);
}

/// Whom nobody grades nobody has to assess.
#[both]
fn of_what_is_not_graded_no_assessment_is_missed(app: TestApp) {
    let scene = app.scene();
    let project = |new: NewProject| {
        app.project_with(NewProject { estate: app.estate(COMMUNITY, EstateKind::Old), ..new })
    };
    let of_firm = |new: NewFirm| project(plain_project("", &app.firm_with(new)));
    let plain = || plain_firm("不评价物业");
    let projects = [
        project(NewProject { operator: Operator::Owners, uscc: None, ..plain_project("", &scene.uscc) }),
        of_firm(NewFirm { participates: Some(false), ..plain() }),
        of_firm(NewFirm { residential: Some(false), ..plain() }),
    ];
    let suspended = of_firm(plain());
    let district = app.official(Role::District, DISTRICT, false);
    let missing = || {
        let list = "/v1/admin/assessments?period=2026-Q4&state=missing&assessor=street&count=true&limit=100";
        let listed = app.get(list).token(&district).expect(200).json();
        let mut of_batch = batch(&app, STREET).json();
        let count = of_batch["missing_count"].as_u64().unwrap();
        let found: BTreeSet<String> = listed["items"].as_array().unwrap().iter().map(project_of).collect();
        let same: BTreeSet<String> =
            of_batch["missing"].take().as_array().unwrap().iter().map(project_of).collect();
        assert_eq!(
            (&found, listed["page"]["total"].as_u64().unwrap(), count / 2),
            (&same, count / 2, found.len() as u64)
        );
        found
    };
    let all: BTreeSet<String> = projects.iter().chain([&scene.project, &suspended]).cloned().collect();
    // The city's rules grade each project by itself.
    assert_eq!(missing(), all);
    // By these they grade firms, and of firms those that take part and have residential business.
    let of_firms = ("subjects = [\"firm\", \"project\"]", "subjects = [\"firm\"]");
    let primary = ("primary_for = [\"firm\", \"project\"]", "primary_for = [\"firm\"]");
    announce(&app, &second_version("2026-11-21", &[of_firms, primary]));
    assert_eq!(missing(), BTreeSet::from([scene.project.clone(), suspended.clone()]));
    let ended = json!({"status": "revoked", "reason": "已注销"});
    let firm = app.get(&format!("/v1/projects/{suspended}")).expect(200).json()["firm"]["uscc"].clone();
    let path = format!("/v1/admin/firms/{}", firm.as_str().unwrap());
    app.patch(&path).token(&district).header("If-Match", "*").json(&ended).seconded(&app);
    assert_eq!(missing(), BTreeSet::from([scene.project.clone()]));
}

fn project_of(item: &Value) -> String {
    item["project"]["id"].as_str().unwrap().to_owned()
}

#[both]
fn a_retired_project_waits_for_nobody_and_is_missed_by_nobody(app: TestApp) {
    let scene = assessed(&app);
    let second = app.project(&app.estate(COMMUNITY, EstateKind::Old), &scene.uscc);
    let confirmer = app.official(Role::Street, STREET, true);
    let waiting = || {
        let inbox = app.get("/v1/admin/inbox?kind=assessments").token(&confirmer).expect(200).json();
        inbox["items"].as_array().unwrap().len()
    };
    let listed =
        || app.get("/v1/admin/assessments?period=2026-Q4&count=true").token(&confirmer).expect(200).json();
    let retire = |project: &str, retired: bool| {
        let district = app.official(Role::District, DISTRICT, false);
        let path = format!("/v1/admin/projects/{project}");
        let body = json!({"retired": retired, "reason": "误登"});
        app.patch(&path).token(&district).header("If-Match", "*").json(&body).seconded(&app);
    };
    let seen = || {
        let batch = batch(&app, STREET).json();
        (
            keys(&batch["assessments"]).len(),
            batch["missing_count"].clone(),
            listed()["page"]["total"].clone(),
            waiting(),
        )
    };
    assert_eq!(seen(), (2, json!(2), json!(2), 1));
    retire(&second, true);
    assert_eq!(seen(), (2, json!(0), json!(2), 1));
    retire(&scene.project, true);
    assert_eq!(seen(), (0, json!(0), json!(0), 0));
    confirm(&app, &confirmer, STREET, "*").refused(409, "wrong_state");
    // Found to be one after all, it waits again.
    retire(&scene.project, false);
    assert_eq!(seen(), (2, json!(0), json!(2), 1));
}
