//! The inbox: what waits for whom, in which order, and when it is empty.

use serde_json::{Value, json};
use xinwu_both::both;
use xinwu_domain::access::Role;
use xinwu_domain::estate::EstateKind;
use xinwu_persistence::people::account::NewAccount;

use crate::harness::files::penalty;
use crate::harness::world::{COMMUNITY, DISTRICT, STREET};
use crate::harness::{TestApp, someone};
use crate::permissions::world::{World, id_of};
use crate::procedures::{adopt_lanshan, submitted};

/// The items of somebody's inbox.
#[track_caller]
fn inbox(app: &TestApp, token: &str, query: &str) -> Vec<Value> {
    let page = app.get(&format!("/v1/admin/inbox?limit=100{query}")).token(token).expect(200).json();
    page["items"].as_array().unwrap().clone()
}

fn kinds(items: &[Value]) -> Vec<&str> {
    items.iter().map(|item| item["kind"].as_str().unwrap()).collect()
}

fn ids(items: &[Value]) -> Vec<&str> {
    items.iter().map(|item| item["id"].as_str().unwrap()).collect()
}

/// A change of a project's fee that waits for another official of the street or the district.
fn proposed(app: &TestApp, project: &str, token: &str) -> String {
    let path = format!("/v1/admin/projects/{project}");
    let body = json!({"fee_fen": 200, "reason": "按合同调整"});
    id_of(&app.patch(&path).token(token).header("If-Match", "*").json(&body).expect(202).json())
}

#[both]
fn everything_that_waits_stands_in_it_by_its_day_with_what_may_be_done(app: TestApp) {
    let world = World::build(&app);
    let own = &world.own;
    let district = app.official(Role::District, DISTRICT, true);
    assert_eq!(inbox(&app, &district, ""), Vec::<Value>::new());
    let street = app.official(Role::Street, STREET, false);
    let waiting = [
        ("proposal", proposed(&app, &own.project, &street), json!(["confirm_proposal", "return_proposal"])),
        ("burst", own.burst(&app), json!(["release_burst"])),
        ("objection", own.objection(&app), json!(["decide_objection", "extend_objection"])),
        ("repair", own.repair(&app), json!(["decide_repair", "extend_repair"])),
        ("record", own.submitted_record(&app), json!(["confirm_record", "return_record"])),
        ("import", own.import(&app, "submitted", COMMUNITY), json!(["confirm_import", "return_import"])),
        ("residence", own.pending_residence(&app), json!(["approve_residence", "refuse_residence"])),
        ("household", own.waiting_household(&app), json!(["confirm_household"])),
        ("project", own.open_project(&app), json!(["confirm_project"])),
        ("review", own.review(&app, "held"), json!(["publish_review", "hide_review"])),
    ];
    world.foreign.submitted_record(&app);
    world.foreign.review(&app, "held");
    let items = inbox(&app, &district, "");
    assert_eq!(items.len(), waiting.len(), "{}", json!(items));
    for (kind, id, may) in &waiting {
        let item = items.iter().find(|item| item["id"] == **id).unwrap_or_else(|| panic!("no {kind}"));
        assert_eq!((&item["kind"], &item["may"]), (&json!(kind), may), "{item}");
        assert!(!item["name"].as_str().unwrap().is_empty(), "{item}");
        assert_eq!(app.get(item["href"].as_str().unwrap()).token(&district).expect(200).json()["id"], **id);
    }
    // Seven working days after Saturday the 21st, 14 days of files and proposals, and the
    // district's last day; then what has no day, by since when it waits.
    let expected = [
        "objection",
        "repair",
        "import",
        "proposal",
        "burst",
        "record",
        "residence",
        "household",
        "project",
        "review",
    ];
    assert_eq!(kinds(&items), expected);
    let due: Vec<&str> = items.iter().filter_map(|item| item["due_at"].as_str()).collect();
    assert!(due.is_sorted(), "{due:?}");
    let of = |kind: &str| items.iter().find(|item| item["kind"] == kind).unwrap();
    assert_eq!(of("burst")["due_at"], "2026-12-30T15:59:59.999999Z");
    assert_eq!(of("import")["due_at"], of("proposal")["due_at"]);
    assert_eq!(of("record")["name"], "违规收费");
    assert_eq!(of("record")["place"], json!({"code": COMMUNITY, "name": of("record")["place"]["name"]}));
    // Who wrote a comment, and when, is told of nobody; nor who claims a dwelling.
    for kind in ["review", "burst", "residence"] {
        assert_eq!(of(kind)["by"], Value::Null, "{kind}");
    }
    assert_eq!([&of("review")["since"], &of("burst")["since"]], [&Value::Null, &Value::Null]);
}

#[both]
fn it_is_empty_once_each_was_decided(app: TestApp) {
    let world = World::build(&app);
    let own = &world.own;
    proposed(&app, &own.project, &app.official(Role::Street, STREET, false));
    own.burst(&app);
    own.objection(&app);
    own.repair(&app);
    own.submitted_record(&app);
    own.pending_residence(&app);
    own.waiting_household(&app);
    own.open_project(&app);
    own.review(&app, "held");
    let district = app.official(Role::District, DISTRICT, true);
    for item in inbox(&app, &district, "") {
        let may = item["may"][0].as_str().unwrap();
        let (verb, body) = match may.split('_').next().unwrap() {
            "decide" if item["kind"] == "repair" => {
                ("decide", json!({"decision": "granted", "reason": "已核实"}))
            }
            "decide" => ("decide", json!({"decision": "upheld", "reason": "事实清楚"})),
            verb @ ("release" | "publish") => (verb, json!({"reason": "已核实"})),
            verb => (verb, Value::Null),
        };
        let call = app.post(&format!("{}/{verb}", item["href"].as_str().unwrap())).token(&district);
        let call = call.header("If-Match", "*");
        let call = if body.is_null() { call } else { call.json(&body) };
        call.expect(200);
    }
    assert_eq!(inbox(&app, &district, ""), Vec::<Value>::new());
}

#[both]
fn its_pages_are_its_parts(app: TestApp) {
    let world = World::build(&app);
    let own = &world.own;
    let district = app.official(Role::District, DISTRICT, true);
    let street = app.official(Role::Street, STREET, false);
    for _ in 0..2 {
        own.submitted_record(&app);
        own.review(&app, "held");
        own.pending_residence(&app);
        own.waiting_household(&app);
        own.burst(&app);
        own.objection(&app);
        own.repair(&app);
        own.import(&app, "submitted", COMMUNITY);
        let project = app.project(&app.estate(COMMUNITY, EstateKind::Old), &own.uscc);
        proposed(&app, &project, &street);
    }
    let whole: Vec<String> = ids(&inbox(&app, &district, "")).into_iter().map(str::to_owned).collect();
    assert_eq!(whole.len(), 18);
    for limit in [1, 4, 17] {
        assert_eq!(app.walk_as(&district, &format!("/v1/admin/inbox?limit={limit}")), whole, "{limit}");
    }
    let page = app.get("/v1/admin/inbox?limit=1&count=true").token(&district).expect(200).json();
    assert_eq!(page["page"]["total"], 18);
    let of_kind =
        app.get("/v1/admin/inbox?kind=record&limit=1&count=true").token(&district).expect(200).json();
    assert_eq!(of_kind["page"]["total"], 2);
}

#[both]
fn what_one_drafted_or_may_not_decide_is_left_out(app: TestApp) {
    let scene = app.scene();
    let account = |role, place: &str, can_confirm, number: &str| {
        let (place, staff_number) = (Some(place.to_owned()), Some(number.to_owned()));
        app.token(NewAccount { place, can_confirm, staff_number, ..someone(role) })
    };
    let drafter = account(Role::Street, STREET, true, "DL-7");
    let alias = account(Role::District, DISTRICT, true, "DL07");
    let other = account(Role::Street, STREET, true, "DL-8");
    let powerless = account(Role::District, DISTRICT, false, "DL-9");
    let community = account(Role::Community, COMMUNITY, true, "DL-10");
    let (id, etag) = app.draft(&drafter, &penalty(&scene.uscc));
    app.record_step(&drafter, &id, &etag, "submit").expect(200);
    let proposal = proposed(&app, &scene.project, &drafter);
    let seen = |token: &str| -> Vec<String> {
        ids(&inbox(&app, token, "")).into_iter().map(str::to_owned).collect()
    };
    assert_eq!(seen(&other), [proposal.clone(), id.clone()]);
    for token in [&drafter, &alias, &powerless, &community, &app.admin()] {
        assert_eq!(seen(token), Vec::<String>::new());
    }
    // What was sent back to its drafter waits for that one, in whichever account.
    let path = format!("/v1/admin/records/{id}/return");
    app.post(&path).token(&other).header("If-Match", "*").json(&json!({"reason": "证据不足"})).expect(200);
    assert_eq!(seen(&other), [proposal]);
    let returned = inbox(&app, &drafter, "&kind=returned");
    assert_eq!(
        (&returned[0]["id"], &returned[0]["may"]),
        (&json!(id), &json!(["edit_record", "submit_record", "withdraw_record"]))
    );
    app.post(&format!("/v1/admin/records/{id}/withdraw")).token(&drafter).header("If-Match", "*").expect(200);
    assert_eq!(seen(&drafter), Vec::<String>::new());
}

#[both]
fn who_had_a_hand_in_a_record_does_not_find_the_objection_against_it(app: TestApp) {
    let scene = app.scene();
    let [confirmer, other] = [0, 1].map(|_| app.official(Role::District, DISTRICT, true));
    let (id, etag) = submitted(&app, &app.drafter(), &penalty(&scene.uscc));
    app.record_step(&confirmer, &id, &etag, "confirm").expect(200);
    let objection = app.objection(&scene.uscc, &id);
    assert_eq!(inbox(&app, &confirmer, ""), Vec::<Value>::new());
    let found = inbox(&app, &other, "");
    assert_eq!(ids(&found), [objection.as_str()]);
    assert_eq!(found[0]["name"], "海蓝物业");
    // Once it was put off it is not put off again.
    let path = format!("/v1/admin/objections/{objection}/extend");
    app.post(&path).token(&other).header("If-Match", "*").json(&json!({"reason": "案情复杂"})).expect(200);
    assert_eq!(inbox(&app, &other, "")[0]["may"], json!(["decide_objection"]));
    app.post(&format!("/v1/admin/objections/{objection}/decide"))
        .token(&other)
        .header("If-Match", "*")
        .json(&json!({"decision": "upheld", "reason": "事实清楚"}))
        .expect(200);
    assert_eq!(inbox(&app, &other, ""), Vec::<Value>::new());
}

#[both]
fn an_objection_to_an_assessment_is_not_its_authors(app: TestApp) {
    let scene = app.scene();
    let [author, other] = [0, 1].map(|_| app.official(Role::District, DISTRICT, true));
    let account = id_of(&app.get("/v1/me").token(&author).expect(200).json());
    let assessment = "0193a5c2-7b1e-7f00-8000-0000000000a1";
    let row = format!(
        "INSERT INTO assessment (id, project_id, period, assessor, service_thousandths, party_thousandths, evidence, state, revision, \
         by_account, known_from, updated_at, version) VALUES ('{assessment}', '{}', '2026-Q3', 'district', 60000, 60000, '[]', 'in_force', 1, \
         '{account}', '2026-10-08 02:00:00', '2026-10-08 02:00:00', 1)",
        scene.project
    );
    app.sql(&[row], &scene.uscc);
    let objected = format!("/v1/assessments/{assessment}/objections");
    let firm = app.firm_account(&scene.uscc);
    app.post(&objected).token(&firm).json(&json!({"grounds": "事实有误"})).expect(201);
    assert_eq!(inbox(&app, &author, ""), Vec::<Value>::new());
    assert_eq!(kinds(&inbox(&app, &other, "")), ["objection"]);
}

#[both]
fn what_the_scheme_has_others_confirm_is_theirs_and_due_by_its_day(app: TestApp) {
    let scene = app.scene();
    adopt_lanshan(&app);
    let community = app.official(Role::Community, COMMUNITY, false);
    let body = crate::harness::files::with(penalty(&scene.uscc), json!({"decided_on": "2026-11-17"}));
    let (id, _) = submitted(&app, &community, &body);
    // An ordinary penalty is confirmed by street or district there, within three working days.
    let street = app.official(Role::Street, STREET, true);
    let found = inbox(&app, &street, "&kind=record");
    assert_eq!(ids(&found), [id.as_str()]);
    assert_eq!(found[0]["due_at"], "2026-11-25T15:59:59.999999Z");
    assert_eq!(inbox(&app, &street, "&kind=record&due_by=2026-11-24"), Vec::<Value>::new());
    assert_eq!(ids(&inbox(&app, &street, "&kind=record&due_by=2026-11-25")), [id.as_str()]);
    let city = app.official(Role::City, "2102", true);
    assert_eq!(inbox(&app, &city, "&kind=record"), Vec::<Value>::new());
}

#[both]
fn it_is_narrowed_by_kind_place_drafter_and_import(app: TestApp) {
    let world = World::build(&app);
    let (own, foreign) = (&world.own, &world.foreign);
    let city = app.official(Role::City, "2102", true);
    let (here, there) = (own.submitted_record(&app), foreign.submitted_record(&app));
    let import = own.import(&app, "submitted", COMMUNITY);
    own.review(&app, "held");
    let seen = |query: &str| -> Vec<String> {
        ids(&inbox(&app, &city, query)).into_iter().map(str::to_owned).collect()
    };
    assert_eq!(seen("&kind=record"), [here.clone(), there.clone()]);
    assert_eq!(seen(&format!("&kind=record&place={STREET}")), [here.clone()]);
    assert_eq!(seen("&kind=record&place=210203"), [there.clone()]);
    let drafter = inbox(&app, &city, "&kind=record")[1]["by"]["id"].as_str().unwrap().to_owned();
    assert_eq!(seen(&format!("&drafter={drafter}")), [there]);
    assert_eq!(seen(&format!("&import={import}")), [import.clone()]);
    // A place above the own one adds nothing to it, one beside it is nobody's here.
    let street = app.official(Role::Street, STREET, true);
    assert_eq!(ids(&inbox(&app, &street, "&kind=record&place=2102")), [here.as_str()]);
    assert_eq!(inbox(&app, &street, "&place=210203"), Vec::<Value>::new());
    let asked = |query: &str| app.get(&format!("/v1/admin/inbox?{query}")).token(&city);
    let fault = |query: &str| asked(query).refused(400, "bad_parameter").faults();
    assert_eq!(fault("place=210299"), [("place".to_owned(), "unknown_place".to_owned())]);
    assert_eq!(fault("due_by=tomorrow"), [("due_by".to_owned(), "day".to_owned())]);
    assert_eq!(fault("kind=rating")[0].0, "kind");
    app.get("/v1/admin/inbox").refused(401, "not_signed_in");
    app.get("/v1/admin/inbox").token(&app.firm_account(&own.uscc)).refused(403, "role_not_allowed");
}

#[both]
fn administrators_find_what_administrators_proposed(app: TestApp) {
    let [author, other] = [app.admin(), app.admin()];
    let body = json!({
        "username": "zhang.district", "role": "district", "place": DISTRICT, "staff_number": "DL-31", "reason": "新任"
    });
    let proposal = id_of(&app.post("/v1/admin/users").token(&author).json(&body).expect(202).json());
    assert_eq!(inbox(&app, &author, ""), Vec::<Value>::new());
    let found = inbox(&app, &other, "");
    assert_eq!(ids(&found), [proposal.as_str()]);
    assert_eq!(
        (&found[0]["name"], &found[0]["place"], &found[0]["may"]),
        (&json!("zhang.district"), &Value::Null, &json!(["confirm_proposal", "return_proposal"]))
    );
    assert_eq!(inbox(&app, &app.official(Role::City, "2102", true), ""), Vec::<Value>::new());
    app.post(&format!("/v1/admin/proposals/{proposal}/confirm"))
        .token(&other)
        .header("If-Match", "*")
        .expect(200);
    assert_eq!(inbox(&app, &other, ""), Vec::<Value>::new());
}

#[both]
fn it_is_a_table_too(app: TestApp) {
    let world = World::build(&app);
    let id = world.own.submitted_record(&app);
    let district = app.official(Role::District, DISTRICT, true);
    let table =
        app.get("/v1/admin/inbox?kind=record").token(&district).header("Accept", "text/csv").expect(200);
    assert_eq!(table.header("content-type"), "text/csv; charset=utf-8");
    let lines: Vec<&str> = table.text.trim_start_matches('\u{feff}').lines().collect();
    assert_eq!(
        lines[0],
        "类型,编号,名称,区划代码,区划,办理期限（UTC）,提交时间（UTC）,提交账号,提交人,可办理的操作,地址"
    );
    assert!(lines[1].starts_with(&format!("奖惩信息,{id},违规收费,")), "{}", lines[1]);
    assert!(lines[1].contains("确认信息；退回信息"), "{}", lines[1]);
}

/// A file ends by itself on its fifteenth day.
#[both]
fn a_file_is_due_when_it_ends(app: TestApp) {
    let world = World::build(&app);
    let early = world.own.import(&app, "submitted", COMMUNITY);
    app.advance(chrono::Duration::hours(1));
    let late = world.own.import(&app, "submitted", COMMUNITY);
    let official = || app.official(Role::District, DISTRICT, true);
    let district = official();
    let items = inbox(&app, &district, "&kind=import");
    let due: Vec<&str> = items.iter().map(|item| item["due_at"].as_str().unwrap()).collect();
    assert_eq!(
        (ids(&items), due),
        (vec![early.as_str(), late.as_str()], vec!["2026-12-05T02:00:00Z", "2026-12-05T03:00:00Z"])
    );
    assert_eq!(inbox(&app, &district, "&kind=import&due_by=2026-12-04"), Vec::<Value>::new());
    assert_eq!(inbox(&app, &district, "&kind=import&due_by=2026-12-05").len(), 2);
    app.set_time("2026-12-05T02:00:00Z");
    assert_eq!(ids(&inbox(&app, &official(), "&kind=import")), [late.as_str()]);
}

#[both]
fn what_is_retired_waits_for_nobody(app: TestApp) {
    let world = World::build(&app);
    let own = &world.own;
    let district = app.official(Role::District, DISTRICT, true);
    let (burst, household) = (own.burst(&app), own.waiting_household(&app));
    assert_eq!(ids(&inbox(&app, &district, "")), [burst.as_str(), household.as_str()]);
    let retire = |path: &str| {
        let change = app.patch(path).token(&district).header("If-Match", "*");
        change.json(&json!({"retired": true, "reason": "误登"})).seconded(&app);
    };
    retire(&format!("/v1/admin/projects/{}", own.project));
    assert_eq!(ids(&inbox(&app, &district, "")), [household.as_str()]);
    let path = format!("/v1/admin/households/{household}");
    let estate = app.get(&path).token(&district).expect(200).json()["estate"].clone();
    let code = estate.as_str().or_else(|| estate["code"].as_str()).unwrap().to_owned();
    retire(&format!("/v1/admin/estates/{code}"));
    assert_eq!(inbox(&app, &district, ""), Vec::<Value>::new());
}
