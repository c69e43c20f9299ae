//! Entries of the registers that were made by mistake or twice: two people retire them, they are in
//! no list any more, and can still be read.

use serde_json::{Value, json};
use xinwu_both::both;
use xinwu_domain::access::Role;
use xinwu_domain::estate::EstateKind;

use crate::harness::files::{ids, penalty};
use crate::harness::world::{COMMUNITY, DISTRICT, STREET, encode, new_uscc, plain_project};
use crate::harness::{Call, Reply, TestApp};
use crate::imports::{CSV, fault, faults, import_file, rows};
use crate::verify::found as found_by_verify;

/// A change by an official who may not confirm.
fn change(app: &TestApp, path: &str, body: &Value) -> Call {
    let city = app.official(Role::City, "2102", false);
    app.patch(&format!("/v1/admin/{path}")).token(&city).header("If-Match", "*").json(body)
}

fn retire(app: &TestApp, path: &str) -> Reply {
    change(app, path, &json!({"retired": true})).seconded(app)
}

fn found(app: &TestApp, path: &str, key: &str) -> Vec<String> {
    app.walk(path, key, || {})
}

fn read(app: &TestApp, path: &str) -> Value {
    app.get(&format!("/v1/{path}")).expect(200).json()
}

fn verified(app: &TestApp) {
    assert_eq!(found_by_verify(app), []);
}

#[both]
fn a_duplicate_estate_waits_for_two_and_names_the_one_that_holds(app: TestApp) {
    let estate = |name: &str| app.estate_named(name, COMMUNITY, EstateKind::Professional, &[]);
    let (twice, right) = (estate("幸福家园二期"), estate("幸福家园"));
    let (admin, public) = (format!("estates/{twice}"), format!("estates/{twice}"));
    let lists = ["/v1/estates?limit=1", "/v1/estates?limit=1&place=210202", "/v1/estates?limit=1&q=xfjy"];
    let has = |code: &String| lists.map(|list| found(&app, list, "code").contains(code));

    let body = json!({"retired": true, "successor": right, "reason": "重复登记"});
    let proposal = change(&app, &admin, &body).expect(202).json();
    let names = json!({"code": right, "name": "幸福家园"});
    assert_eq!(
        proposal["changes"],
        json!([
            {"field": "successor", "before": null, "after": names},
            {"field": "retired", "before": false, "after": true}
        ])
    );
    assert_eq!((has(&twice), read(&app, &public).get("retired_on")), ([true; 3], None));
    let confirm = format!("/v1/admin/proposals/{}/confirm", proposal["id"].as_str().unwrap());
    app.post(&confirm).token(&app.official(Role::City, "2102", true)).header("If-Match", "*").expect(200);
    assert_eq!((has(&twice), has(&right)), ([false; 3], [true; 3]));
    let shown = read(&app, &public);
    assert_eq!((&shown["retired_on"], &shown["successor"]), (&json!("2026-11-21"), &names));
    // The page says so, and shows the other's name as it is now.
    change(&app, &format!("estates/{right}"), &json!({"name": "幸福里"})).expect(200);
    assert_eq!(read(&app, &public)["successor"]["name"], "幸福里");
    let page = app.get(&format!("/estates/{twice}")).expect(200).text;
    assert!(page.contains("2026年11月21日") && page.contains(&format!("/estates/{right}")), "{page}");

    // Nothing new names it, and nothing changes in it.
    let uscc = app.firm("甲物业");
    let street = app.official(Role::Street, STREET, true);
    let project = serde_json::to_value(json!({
        "estate": twice, "operator": "firm", "uscc": uscc, "starts_on": "2026-01-01", "area_m2": 10000, "households": 100
    }));
    let refused =
        app.post("/v1/admin/projects").token(&street).json(&project.unwrap()).refused(422, "invalid");
    assert_eq!(refused.faults(), [("/estate".to_owned(), "retired".to_owned())]);
    let household = json!({"estate": twice, "building": "1", "unit": "1", "room": "101", "phones": []});
    let refused = app.post("/v1/admin/households").token(&street).json(&household).refused(422, "invalid");
    assert_eq!(refused.faults(), [("/estate".to_owned(), "retired".to_owned())]);
    let (_, resident) = app.resident("13900000001");
    let refused = app.claim(&resident, &twice, "101").refused(422, "invalid");
    assert_eq!(refused.faults(), [("/estate".to_owned(), "retired".to_owned())]);
    change(&app, &admin, &json!({"name": "别的"})).refused(409, "retired");
    // Another successor, and none: the day stays.
    let other = estate("另一个");
    app.set_time("2026-12-01T02:00:00Z");
    let again = change(&app, &admin, &json!({"retired": true, "successor": other})).seconded(&app).json();
    assert_eq!((&again["retired_on"], &again["successor"]["code"]), (&json!("2026-11-21"), &json!(other)));
    // Taken back it is as it was.
    let back = change(&app, &admin, &json!({"retired": false})).seconded(&app).json();
    assert_eq!((back.get("retired_on"), back.get("successor")), (None, None));
    assert_eq!((has(&twice), back["name"].clone()), ([true; 3], json!("幸福家园二期")));
    change(&app, &admin, &json!({"retired": false})).expect(200);
    verified(&app);
}

#[both]
fn a_successor_is_another_entry_of_its_kind_that_holds_itself(app: TestApp) {
    let estate = || app.estate(COMMUNITY, EstateKind::Old);
    let (first, second) = (estate(), estate());
    let refused = |body: Value, pointer: &str, code: &str| {
        let reply = change(&app, &format!("estates/{first}"), &body).refused(422, "invalid");
        assert_eq!(reply.faults(), [(pointer.to_owned(), code.to_owned())], "{body}");
    };
    refused(json!({"retired": true, "successor": first}), "/successor", "itself");
    refused(json!({"retired": true, "successor": "210202001002-999"}), "/successor", "unknown_estate");
    refused(json!({"successor": second}), "/successor", "not_applicable");
    refused(json!({"retired": false, "successor": second}), "/successor", "not_applicable");
    retire(&app, &format!("estates/{second}"));
    refused(json!({"retired": true, "successor": second}), "/successor", "retired");

    let uscc = app.firm("甲物业");
    let (one, other) = (app.manager("王经理", &uscc), app.manager("王经理", &uscc));
    let body = json!({"retired": true, "successor": other});
    let told = change(&app, &format!("managers/{one}"), &body).seconded(&app).json();
    assert_eq!(told["successor"], json!({"id": other, "name": "王经理"}));
    assert_eq!(read(&app, &format!("managers/{one}"))["successor"]["id"], json!(other));
    change(&app, &format!("managers/{other}"), &json!({"name": "王建国"})).seconded(&app);
    assert_eq!(read(&app, &format!("managers/{one}"))["successor"]["name"], "王建国");
    let body = json!({"retired": true, "successor": one});
    let reply = change(&app, &format!("managers/{other}"), &body).refused(422, "invalid");
    assert_eq!(reply.faults(), [("/successor".to_owned(), "retired".to_owned())]);
    // A file finds the one that holds, by the name that both had.
    let district = app.official(Role::District, DISTRICT, false);
    let file = format!("name,uscc\n王经理,{uscc}\n");
    let done = import_file(&app, &district, "managers", CSV, file);
    assert_eq!(done["rows"], rows(1, 0, 0), "{done}");
}

#[both]
fn what_something_rests_on_stays(app: TestApp) {
    let scene = app.scene();
    let (uscc, estate) = (&scene.uscc, &scene.estate);
    let manager = app.manager("王经理", uscc);
    let in_use = |path: &str, what: &str| {
        let detail =
            change(&app, path, &json!({"retired": true, "reason": "误登"})).refused(409, "in_use").json();
        assert!(detail["detail"].as_str().unwrap().contains(what), "{detail}");
    };
    in_use(&format!("estates/{estate}"), &scene.project);
    change(&app, &format!("projects/{}", scene.project), &json!({"manager": manager})).seconded(&app);
    in_use(&format!("managers/{manager}"), &scene.project);
    in_use(&format!("firms/{uscc}"), &scene.project);
    change(&app, &format!("projects/{}", scene.project), &json!({"ends_on": "2026-11-01"})).seconded(&app);
    in_use(&format!("firms/{uscc}"), &manager);
    retire(&app, &format!("managers/{manager}"));
    let record = app.record_in_force(&penalty(uscc));
    in_use(&format!("firms/{uscc}"), &record);
    // An estate that people live in.
    let resident = app.neighbour(estate);
    in_use(&format!("estates/{estate}"), "住房");
    let residence = app.get("/v1/me/residences").token(&resident.token).expect(200).json();
    let id = residence["items"][0]["id"].as_str().unwrap().to_owned();
    app.delete(&format!("/v1/me/residences/{id}")).token(&resident.token).expect(204);
    retire(&app, &format!("estates/{estate}"));
    // A parent.
    let (parent, branch) = (app.firm("总公司"), app.firm("分公司"));
    let body = json!({"parent": parent, "parent_since": "2026-01-01"});
    change(&app, &format!("firms/{branch}"), &body).seconded(&app);
    in_use(&format!("firms/{parent}"), &branch);
    // What stands on a list.
    let listed = app.firm("黑名单物业");
    let entry = format!(
        "INSERT INTO list_entry (subject_kind, subject_id, scheme, list, listed_at, reason_zh, reason_en) \
         VALUES ('firm', '{listed}', 'dalian-demo', 'black', '2026-11-01 00:00:00', '严重失信', 'bad')"
    );
    app.sql(&[entry], &listed);
    in_use(&format!("firms/{listed}"), "名单");
}

#[both]
fn a_retired_firm_is_in_no_list_and_takes_on_nothing(app: TestApp) {
    app.scene();
    let uscc = app.firm("重复登记物业");
    let named = encode("重复登记");
    let lists = [
        "/v1/firms?limit=1".to_owned(),
        "/v1/firms?limit=1&place=210202".to_owned(),
        "/v1/firms?limit=1&sort=score".to_owned(),
        format!("/v1/firms?limit=1&q={named}"),
        format!("/v1/firms?limit=1&q={uscc}"),
    ];
    let has = || lists.clone().map(|list| found(&app, &list, "uscc").contains(&uscc));
    let figures = || read(&app, "statistics?place=210202")["firms"]["total"].as_i64().unwrap();
    let ranked = || {
        let page = read(&app, "rankings?by=penalties&place=210202&limit=100");
        page["items"].as_array().unwrap().iter().any(|item| item["firm"]["uscc"] == json!(uscc))
    };
    let tender = || read(&app, &format!("firms/{uscc}/eligibility"));
    let mut copy = app.snapshot();
    let before = figures();
    assert_eq!((has(), ranked(), tender()["eligibility"].clone()), ([true; 5], true, json!("allowed")));
    let heir = app.firm("正确登记物业");
    let body = json!({"retired": true, "successors": [heir], "reason": "重复登记"});
    change(&app, &format!("firms/{uscc}"), &body).seconded(&app);
    assert_eq!((has(), ranked(), figures()), ([false; 5], false, before));
    let card = read(&app, &format!("firms/{uscc}"));
    assert_eq!((&card["retired_on"], &card["successors"][0]["uscc"]), (&json!("2026-11-21"), &json!(heir)));
    let barred = tender();
    assert_eq!(
        (&barred["eligibility"], &barred["reasons"][0]["code"]),
        (&json!("barred"), &json!("retired"))
    );
    let then = read(&app, &format!("firms/{uscc}/eligibility?as_of=2026-11-20T00:00:00Z"));
    assert_eq!(then["reasons"], json!([]));
    // Who follows the changes keeps the line, and knows; a new copy has the same.
    copy.follow(&app);
    assert_eq!(copy.value("firm", &uscc).unwrap()["retired_on"], "2026-11-21");
    let mut anew = app.snapshot();
    anew.follow(&app);
    assert_eq!(copy.differences(&anew), Vec::<String>::new());

    let district = app.official(Role::District, DISTRICT, false);
    let retired = |call: Call, pointer: &str| {
        assert_eq!(call.refused(422, "invalid").faults(), [(pointer.to_owned(), "retired".to_owned())]);
    };
    let manager = json!({"name": "王经理", "uscc": uscc});
    retired(app.post("/v1/admin/managers").token(&district).json(&manager), "/uscc");
    retired(app.post("/v1/admin/records").token(&district).json(&penalty(&uscc)), "/uscc");
    retired(change(&app, &format!("firms/{heir}"), &json!({"successors": [uscc]})), "/successors/0");
    let branch = json!({"uscc": new_uscc(), "name": "分公司", "registered_place": DISTRICT, "parent": uscc, "parent_since": "2026-01-01"});
    retired(app.post("/v1/admin/firms").token(&district).json(&branch), "/parent");
    let project = json!({
        "estate": app.estate(COMMUNITY, EstateKind::Old), "operator": "firm", "uscc": uscc, "starts_on": "2026-01-01",
        "area_m2": 10000, "households": 100
    });
    retired(app.post("/v1/admin/projects").token(&district).json(&project), "/uscc");
    let file = format!("uscc,name,registered_place\n{uscc},改名物业,{DISTRICT}\n");
    let report = import_file(&app, &district, "firms", CSV, file);
    assert_eq!(faults(&report), [fault(2, "", "retired")]);
    verified(&app);
    // The figures at the end of the quarter know it too.
    app.set_time("2027-01-05T02:00:00Z");
    let at_end = read(&app, "statistics?place=210202&period=2026-Q4");
    assert_eq!(at_end["firms"]["total"].as_i64(), Some(before));
}

/// What was covered at the end of a period stays so, whatever is retired afterwards.
#[both]
fn what_is_retired_later_stood_at_the_periods_end(app: TestApp) {
    app.scene();
    let (early, late) = (app.estate(COMMUNITY, EstateKind::Old), app.estate(COMMUNITY, EstateKind::Old));
    let firm = app.firm("年后停用物业");
    let retire = |path: String| retire(&app, &path);
    let at_end = |period: &str| {
        let figures = read(&app, &format!("statistics?place={DISTRICT}{period}"));
        let total = |of: &Value| of["total"].as_i64().unwrap();
        (total(&figures["coverage"]["estates"]), total(&figures["firms"]))
    };
    let before = at_end("");
    retire(format!("estates/{early}"));
    app.set_time("2027-01-05T02:00:00Z");
    retire(format!("estates/{late}"));
    retire(format!("firms/{firm}"));
    assert_eq!(at_end("&period=2026-Q4"), (before.0 - 1, before.1));
    assert_eq!(at_end(""), (before.0 - 2, before.1 - 1));
}

/// A project that never was: its firm is graded without it from now on, and what was published
/// stays.
#[both]
fn a_project_entered_in_error_counts_nowhere_from_then_on(app: TestApp) {
    let scene = app.scene();
    let (uscc, right) = (&scene.uscc, &scene.project);
    let estate = app.estate(COMMUNITY, EstateKind::Professional);
    let wrong = app.project(&estate, uscc);
    let street = app.official(Role::Street, STREET, false);
    for (project, score) in [(right, 60), (&wrong, 100)] {
        let scores = json!({"scores": {"service": score, "party": score}, "correction_reason": "补录"});
        app.assessed(project, "2026-Q3", "street", &scores);
        app.increment(project, "2026-10", [0, 0, 0, 0, 10]);
    }
    app.tick();
    let then = app.now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    let score = |query: &str| app.evaluated(uscc, query)["score"].clone();
    let (both, as_of) = (score(""), format!("?as_of={then}"));
    let counts = || {
        let card = read(&app, &format!("firms/{uscc}"));
        (card["projects"].clone(), card["service"]["count"].clone(), app.firm_ratings(uscc)["count"].clone())
    };
    assert_eq!(counts(), (json!({"count": 2, "area_m2": 20000}), json!(20), json!(20)));
    let resident = app.neighbour(&estate);
    app.advance(chrono::Duration::minutes(5));

    let body = json!({"retired": true, "successor": right, "reason": "误登"});
    let told = change(&app, &format!("projects/{wrong}"), &body).seconded(&app).json();
    assert_eq!(told["successor"]["id"], json!(right));
    assert_eq!(counts(), (json!({"count": 1, "area_m2": 10000}), json!(10), json!(10)));
    assert_ne!(score(""), both);
    assert_eq!(score(&as_of), both);
    let page = read(&app, &format!("projects/{wrong}"));
    assert_eq!((&page["current"], &page["retired_on"]), (&json!(false), &json!("2026-11-21")));
    assert_eq!(ids(&app.get(&format!("/v1/firms/{uscc}/projects")).expect(200)), [right.clone()]);
    let of_estate = read(&app, &format!("estates/{estate}"));
    assert_eq!((&of_estate["project"], &of_estate["past_projects"]), (&json!(null), &json!([])));
    // Nobody rates or assesses it.
    let rating = json!({"overall": 5});
    app.put(&format!("/v1/me/ratings/{wrong}/2026-11"))
        .token(&resident.token)
        .json(&rating)
        .refused(404, "not_found");
    assert_eq!(
        app.get("/v1/me/home").token(&resident.token).expect(200).json()["dwellings"][0]["project"],
        json!(null)
    );
    let scores = json!({"scores": {"service": 1, "party": 1}, "correction_reason": "x"});
    app.assess(&street, &wrong, "2026-Q3", "street", &scores).refused(404, "not_found");
    // The right one takes its place, which then cannot be taken back.
    let other = app.firm("乙物业");
    let project = app.project_with(plain_project(&estate, &other));
    change(&app, &format!("projects/{wrong}"), &json!({"retired": false, "reason": "x"}))
        .refused(409, "estate_already_served");
    change(&app, &format!("projects/{project}"), &json!({"retired": true})).seconded(&app);
    change(&app, &format!("projects/{wrong}"), &json!({"retired": false})).seconded(&app);
    assert_eq!((score(""), counts().0), (both, json!({"count": 2, "area_m2": 20000})));
    verified(&app);
}
