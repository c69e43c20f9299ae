//! The way of a case, step by step: whose each step is, how its time runs, and who is told what.

use serde_json::{Value, json};
use xinwu_both::both;
use xinwu_domain::access::Role;
use xinwu_persistence::people::account::NewAccount;

use crate::harness::residents::{Resident, Stage};
use crate::harness::world::{COMMUNITY, DISTRICT, OTHER_COMMUNITY, OTHER_DISTRICT, STREET};
use crate::harness::{Call, TestApp, someone};
use crate::verify::found;

/// An estate with its firm, a resident, and the office of its community.
struct World {
    stage: Stage,
    home: Resident,
    firm: String,
    community: String,
}

impl World {
    fn new(app: &TestApp) -> World {
        let stage = app.stage();
        let home = app.neighbour(&stage.estate);
        let (firm, community) = (firm_account(app, &stage.uscc), official(app, Role::Community, COMMUNITY));
        app.tick();
        World { stage, home, firm, community }
    }

    fn complaint(&self, app: &TestApp) -> String {
        id(&opened(app, &self.home, "complaint", json!({"despite_similar": true})))
    }
}

/// The account of an official.
fn official(app: &TestApp, role: Role, place: &str) -> String {
    app.account(NewAccount { place: Some(place.to_owned()), ..someone(role) }).0
}

fn firm_account(app: &TestApp, uscc: &str) -> String {
    app.account(NewAccount { uscc: Some(uscc.to_owned()), ..someone(Role::Firm) }).0
}

fn id(case: &Value) -> String {
    case["id"].as_str().unwrap().to_owned()
}

fn residence(app: &TestApp, home: &Resident) -> Value {
    app.get("/v1/me/residences").token(&app.renewed(&home.id)).expect(200).json()["items"][0]["id"].clone()
}

fn opening(app: &TestApp, home: &Resident, kind: &str, more: Value) -> Call {
    let mut new = json!({
        "kind": kind, "category": "leak", "residence": residence(app, home), "description": "卫生间顶部漏水"
    });
    for (name, value) in more.as_object().unwrap() {
        new[name] = value.clone();
    }
    app.post("/v1/me/cases").token(&app.renewed(&home.id)).json(&new)
}

fn opened(app: &TestApp, home: &Resident, kind: &str, more: Value) -> Value {
    opening(app, home, kind, more).expect(201).json()
}

fn step(app: &TestApp, account: &str, path: &str, body: Value) -> Call {
    app.post(path).token(&app.renewed(account)).header("If-Match", "*").json(&body)
}

fn own(app: &TestApp, home: &Resident, case: &str, verb: &str, body: Value) -> Call {
    step(app, &home.id, &format!("/v1/me/cases/{case}/{verb}"), body)
}

fn handled(app: &TestApp, account: &str, case: &str, verb: &str, body: Value) -> Call {
    step(app, account, &format!("/v1/cases/{case}/{verb}"), body)
}

fn at_desk(app: &TestApp, account: &str, case: &str, verb: &str, body: Value) -> Call {
    step(app, account, &format!("/v1/admin/cases/{case}/{verb}"), body)
}

fn read(app: &TestApp, account: &str, case: &str) -> Value {
    app.get(&format!("/v1/admin/cases/{case}")).token(&app.renewed(account)).expect(200).json()
}

fn steps(case: &Value) -> Vec<&str> {
    case["steps"].as_array().unwrap().iter().map(|step| step["kind"].as_str().unwrap()).collect()
}

fn told(app: &TestApp, account: &str) -> Vec<String> {
    let mut kinds: Vec<String> = app
        .notices(&app.renewed(account))
        .iter()
        .filter(|notice| notice["about"]["kind"] == "case")
        .map(|notice| notice["kind"].as_str().unwrap().to_owned())
        .collect();
    kinds.sort();
    kinds
}

#[both]
fn a_repair_goes_to_the_firm_at_once_and_its_household_verifies_it(app: TestApp) {
    let World { home, firm, stage, .. } = World::new(&app);
    app.set_time("2026-11-21T02:00:00Z");
    let case = opened(&app, &home, "repair", json!({}));
    assert_eq!((&case["state"], &case["households"]), (&json!("dispatched"), &json!(1)));
    assert_eq!(case["assignee"]["id"], stage.uscc.as_str());
    assert_eq!(case["clock"]["due_at"], "2026-11-22T02:00:00Z");
    assert_eq!(case["may"], json!(["withdraw_case", "add_my_case_photo"]));
    let id = id(&case);
    // The firm sees where it is to go, and nobody's name.
    let seen = app.get(&format!("/v1/firm/cases/{id}")).token(&app.renewed(&firm)).expect(200).json();
    assert_eq!(
        (&seen["dwelling"]["room"], &seen["opened_by"]),
        (&json!(home.room), &json!({"role": "resident", "name": null}))
    );
    assert_eq!(seen["may"], json!(["accept_case", "return_case", "add_case_photo"]));
    assert_eq!(told(&app, &firm), ["case_assigned"]);
    // What is not accepted is not done.
    let refused =
        handled(&app, &firm, &id, "finish", json!({"result": "已修复"})).refused(409, "wrong_state").json();
    assert_eq!(refused["state"], "dispatched");
    assert_eq!(
        refused["allows"],
        json!([
            "dispatch_case",
            "accept_case",
            "return_case",
            "reclassify_case",
            "supervise_case",
            "escalate_case",
            "join_case",
            "merge_case",
            "withdraw_case",
            "close_case",
            "add_my_case_photo",
            "add_case_photo"
        ])
    );
    app.set_time("2026-11-21T08:00:00Z");
    handled(&app, &firm, &id, "accept", json!({"note": "今日上门"})).expect(200);
    // Six hours are used up: they wait for the resident for a day.
    let asked = json!({"reason": "waiting_for_resident", "note": "何时在家"});
    let paused = handled(&app, &firm, &id, "pause", asked).expect(200).json();
    assert_eq!(
        (&paused["clock"]["consumed_minutes"], &paused["clock"]["due_at"]),
        (&json!(360), &json!(null))
    );
    let screen = app.get("/v1/me/home").token(&app.renewed(&home.id)).expect(200).json()["cases"].clone();
    assert_eq!((&screen["open"], &screen["waiting_for_you"]), (&json!(1), &json!(1)));
    app.set_time("2026-11-22T08:00:00Z");
    app.tick();
    let answered = own(&app, &home, &id, "answer", json!({"text": "周六在家"})).expect(200).json();
    assert_eq!(answered["clock"]["due_at"], "2026-11-23T02:00:00Z");
    let more = json!({"hours": 25, "reason": "材料未到"});
    assert_eq!(handled(&app, &firm, &id, "extend", more).refused(422, "invalid").faults()[0].0, "/hours");
    let more = json!({"hours": 10, "reason": "材料未到"});
    let extended = handled(&app, &firm, &id, "extend", more.clone()).expect(200).json();
    assert_eq!(
        (&extended["clock"]["due_at"], &extended["clock"]["original_due_at"]),
        (&json!("2026-11-23T12:00:00Z"), &json!("2026-11-22T02:00:00Z"))
    );
    handled(&app, &firm, &id, "extend", more).refused(409, "wrong_state");
    let done = handled(&app, &firm, &id, "finish", json!({"result": "已更换防水层"})).expect(200).json();
    assert_eq!((&done["state"], &done["verify_by"]), (&json!("done"), &json!("2026-11-29T08:00:00Z")));
    // The firm's word closes nothing.
    assert_eq!(done["may"], json!(["add_case_photo"]));
    let verified =
        own(&app, &home, &id, "verify", json!({"satisfied": true, "note": "谢谢"})).expect(200).json();
    assert_eq!(
        (&verified["state"], &verified["outcome"], &verified["satisfied"]),
        (&json!("verified"), &json!("verified"), &json!(1))
    );
    assert_eq!(
        steps(&verified),
        ["opened", "dispatched", "accepted", "paused", "answered", "extended", "finished", "verified"]
    );
    assert_eq!(told(&app, &home.id), ["case_accepted", "case_done", "case_extended", "case_paused"]);
    let notices = app.notices(&app.renewed(&home.id));
    let extended = notices.iter().find(|notice| notice["kind"] == "case_extended").unwrap();
    assert!(extended.to_string().contains("材料未到"), "{extended}");
    assert_eq!(verified["may"], json!([]));
    own(&app, &home, &id, "reopen", json!({"reason": "又漏了"})).refused(409, "wrong_state");
    assert_eq!(found(&app), []);
}

#[both]
fn a_complaint_waits_for_its_desk_and_the_firm_never_sees_the_dwelling(app: TestApp) {
    let World { home, firm, community, stage, .. } = World::new(&app);
    let case = opened(&app, &home, "complaint", json!({}));
    assert_eq!(
        (&case["state"], &case["assignee"], &case["dwelling"]["room"]),
        (&json!("open"), &json!(null), &json!(home.room))
    );
    let id = id(&case);
    app.get(&format!("/v1/firm/cases/{id}")).token(&app.renewed(&firm)).refused(404, "not_found");
    let inbox = app.get("/v1/admin/inbox?kind=case").token(&app.renewed(&community)).expect(200).json();
    assert_eq!((&inbox["items"][0]["id"], inbox["items"].as_array().unwrap().len()), (&json!(id), 1));
    assert_eq!(inbox["items"][0]["may"], json!(["dispatch_case", "escalate_case", "close_case"]));
    let dispatch = |kind: &str, reason: Value| json!({"assignee": {"kind": kind}, "reason": reason});
    at_desk(
        &app,
        &official(&app, Role::Community, OTHER_COMMUNITY),
        &id,
        "dispatch",
        dispatch("firm", json!(null)),
    )
    .refused(404, "not_found");
    let given = at_desk(&app, &community, &id, "dispatch", dispatch("firm", json!(null))).expect(200).json();
    assert_eq!(given["assignee"]["id"], stage.uscc.as_str());
    assert_eq!(told(&app, &home.id), ["case_dispatched"]);
    let seen = app.get(&format!("/v1/firm/cases/{id}")).token(&app.renewed(&firm)).expect(200).json();
    assert_eq!((&seen["dwelling"], &seen["building"]), (&json!(null), &json!(null)));
    assert_eq!(seen["description"], "卫生间顶部漏水");
    // It is not the firm's matter, as that says: until a new dispatch it stays the firm's.
    let given_back = json!({"reason": "市政管网渗漏", "responsible": {"kind": "community"}});
    let returned = handled(&app, &firm, &id, "return", given_back).expect(200).json();
    assert_eq!((&returned["is_contested"], &returned["assignee"]["kind"]), (&json!(true), &json!("firm")));
    assert_eq!(returned["steps"][2]["assignee"]["id"], COMMUNITY);
    let back = at_desk(&app, &community, &id, "dispatch", dispatch("firm", json!("应由物业处理")));
    let chain = back.refused(409, "returned_before").json()["detail"].as_str().unwrap().to_owned();
    assert!(chain.contains(seen["assignee"]["name"].as_str().unwrap()), "{chain}");
    let faults = at_desk(&app, &community, &id, "dispatch", dispatch("community", json!(null)))
        .refused(422, "invalid");
    assert_eq!(faults.faults(), [("/reason".to_owned(), "required".to_owned())]);
    at_desk(&app, &community, &id, "dispatch", dispatch("community", json!("社区牵头"))).expect(200);
    assert_eq!(told(&app, &firm), ["case_taken_away"]);
    app.get(&format!("/v1/firm/cases/{id}")).token(&app.renewed(&firm)).refused(404, "not_found");
    // The community's official does it as its assignee; the street's, above, does not.
    let street = official(&app, Role::Street, STREET);
    handled(&app, &street, &id, "accept", json!({})).refused(403, "not_the_assignee");
    let inbox =
        app.get("/v1/admin/inbox?kind=assigned_case").token(&app.renewed(&community)).expect(200).json();
    assert_eq!(inbox["items"][0]["may"], json!(["accept_case", "return_case"]));
    handled(&app, &community, &id, "accept", json!({})).expect(200);
    handled(&app, &community, &id, "finish", json!({"result": "已协调市政修复"})).expect(200);
    // The resident reads what was done, and not what offices say to each other.
    let read = app.get(&format!("/v1/me/cases/{id}")).token(&app.renewed(&home.id)).expect(200).json();
    let said: Vec<&Value> = read["steps"].as_array().unwrap().iter().map(|step| &step["reason"]).collect();
    assert_eq!(
        said,
        [&json!(null), &json!(null), &json!(null), &json!(null), &json!(null), &json!("已协调市政修复")]
    );
    assert_eq!(found(&app), []);
}

#[both]
fn time_that_runs_out_is_written_down_once_and_nothing_takes_it_back(app: TestApp) {
    let World { home, firm, community, .. } = World::new(&app);
    app.set_time("2026-11-21T02:00:00Z");
    let case = id(&opened(&app, &home, "repair", json!({})));
    handled(&app, &firm, &case, "accept", json!({})).expect(200);
    // At the instant itself it is in time.
    app.set_time("2026-11-22T02:00:00Z");
    app.tick();
    assert_eq!(read(&app, &community, &case)["clock"]["is_overdue"], false);
    app.set_time("2026-11-22T02:00:01Z");
    app.tick();
    // Nor once more by a service that starts then.
    app.beside().tick();
    let late = read(&app, &community, &case);
    assert_eq!(steps(&late), ["opened", "dispatched", "accepted", "overdue", "escalated"]);
    assert_eq!(
        (&late["clock"]["late_since"], &late["desk"]["code"]),
        (&json!("2026-11-22T02:00:00Z"), &json!(STREET))
    );
    assert_eq!(told(&app, &firm), ["case_assigned", "case_overdue"]);
    // The desk is the street's from now on.
    let street = official(&app, Role::Street, STREET);
    let reclassify = json!({"class": "complex", "reason": "情况复杂"});
    at_desk(&app, &community, &case, "reclassify", reclassify.clone()).refused(403, "not_the_desk");
    let inbox = app.get("/v1/admin/inbox?kind=case").token(&app.renewed(&street)).expect(200).json();
    assert_eq!(inbox["items"][0]["id"], case.as_str());
    assert_eq!(
        inbox["items"][0]["may"],
        json!(["dispatch_case", "supervise_case", "escalate_case", "close_case"])
    );
    at_desk(&app, &street, &case, "supervise", json!({"reason": "请今日办结"})).expect(200);
    assert_eq!(told(&app, &firm), ["case_assigned", "case_overdue", "case_supervised"]);
    let changed = at_desk(&app, &street, &case, "reclassify", reclassify).expect(200).json();
    assert_eq!(
        (&changed["clock"]["is_overdue"], &changed["clock"]["due_at"]),
        (&json!(true), &json!("2026-11-22T02:00:00Z"))
    );
    handled(&app, &firm, &case, "extend", json!({"hours": 1, "reason": "材料未到"}))
        .refused(409, "wrong_state");
    let withdrawn = own(&app, &home, &case, "withdraw", json!({})).expect(200).json();
    assert_eq!(
        (&withdrawn["outcome"], &withdrawn["clock"]["late_since"]),
        (&json!("withdrawn"), &json!("2026-11-22T02:00:00Z"))
    );
    assert_eq!(found(&app), []);
}

#[both]
fn a_step_before_the_clocks_own_comes_after_it(app: TestApp) {
    let World { home, community, .. } = World::new(&app);
    app.set_time("2026-11-21T02:00:00Z");
    let case = id(&opened(&app, &home, "repair", json!({})));
    // Nobody has run the clock since.
    app.set_time("2026-11-23T02:00:00Z");
    own(&app, &home, &case, "withdraw", json!({"reason": "已自行解决"})).expect(200);
    app.tick();
    let seen = read(&app, &community, &case);
    assert_eq!(steps(&seen), ["opened", "dispatched", "overdue", "escalated", "withdrawn"]);
    assert_eq!(seen["clock"]["late_since"], "2026-11-22T02:00:00Z");
}

#[both]
fn silence_verifies_what_a_resident_opened_and_nothing_of_an_office(app: TestApp) {
    let World { home, firm, community, stage, .. } = World::new(&app);
    app.set_time("2026-11-21T02:00:00Z");
    let own_case = id(&opened(&app, &home, "repair", json!({})));
    let new = json!({
        "kind": "rectification", "category": "fire_lane", "estate": stage.estate, "description": "消防通道被占用",
        "assignee": {"kind": "firm"}
    });
    let office =
        id(&app.post("/v1/admin/cases").token(&app.renewed(&community)).json(&new).expect(201).json());
    for case in [&own_case, &office] {
        handled(&app, &firm, case, "accept", json!({})).expect(200);
        handled(&app, &firm, case, "finish", json!({"result": "已处理"})).expect(200);
    }
    app.set_time("2026-11-28T02:00:00Z");
    app.tick();
    let lapsed = read(&app, &community, &own_case);
    assert_eq!((&lapsed["state"], &lapsed["outcome"]), (&json!("verified"), &json!("lapsed")));
    assert_eq!(lapsed["closed_at"], "2026-11-28T02:00:00Z");
    assert!(told(&app, &home.id).contains(&"case_lapsed".to_owned()));
    let waiting = read(&app, &community, &office);
    assert_eq!(waiting["state"], "done");
    let inbox = app.get("/v1/admin/inbox?kind=case").token(&app.renewed(&community)).expect(200).json();
    assert_eq!(inbox["items"][0]["may"], json!(["verify_admin_case", "reopen_admin_case"]));
    let again =
        at_desk(&app, &community, &office, "reopen", json!({"reason": "现场仍被占用"})).expect(200).json();
    assert_eq!(
        (&again["cycle"], &again["state"], &again["assignee"]["kind"]),
        (&json!(2), &json!("dispatched"), &json!("firm"))
    );
    assert_eq!(again["clock"]["consumed_minutes"], 0);
    handled(&app, &firm, &office, "accept", json!({})).expect(200);
    handled(&app, &firm, &office, "finish", json!({"result": "已清理"})).expect(200);
    at_desk(&app, &community, &office, "verify", json!({"satisfied": true})).expect(200);
    assert_eq!(found(&app), []);
}

#[both]
fn households_join_and_each_of_them_verifies(app: TestApp) {
    let World { home, firm, community, stage } = World::new(&app);
    let other = app.neighbour(&stage.estate);
    let first = id(&opened(&app, &home, "repair", json!({"place_in_estate": "2单元楼道"})));
    let offered = opening(&app, &other, "repair", json!({})).refused(409, "similar_case").json();
    assert_eq!(offered["existing"], first.as_str());
    app.get(&format!("/v1/me/cases/{first}")).token(&app.renewed(&other.id)).refused(404, "not_found");
    let stranger = app.resident("13900000077").1;
    let join = |home: &Resident| json!({"residence": residence(&app, home)});
    let path = format!("/v1/me/cases/{first}/join");
    app.post(&path).token(&stranger).json(&json!({"residence": "x"})).refused(404, "not_found");
    let joined = app.post(&path).token(&app.renewed(&other.id)).json(&join(&other)).expect(200).json();
    // What another household wrote is not shown, nor where it lives.
    assert_eq!(
        (&joined["households"], &joined["description"], &joined["dwelling"]),
        (&json!(2), &json!(null), &json!(null))
    );
    let screen = app.get("/v1/me/home").token(&app.renewed(&other.id)).expect(200).json();
    for case in [&joined, &screen["cases"]["items"][0]] {
        assert_eq!((&case["building"], &case["place_in_estate"]), (&json!(null), &json!(null)));
    }
    app.post(&path).token(&app.renewed(&other.id)).json(&join(&other)).refused(409, "already_joined");
    own(&app, &home, &first, "withdraw", json!({})).refused(409, "others_joined");
    own(&app, &other, &first, "withdraw", json!({})).refused(403, "not_the_opener");
    handled(&app, &firm, &first, "accept", json!({})).expect(200);
    handled(&app, &firm, &first, "finish", json!({"result": "已修"})).expect(200);
    let half = own(&app, &home, &first, "verify", json!({"satisfied": true})).expect(200).json();
    assert_eq!((&half["state"], &half["satisfied"]), (&json!("done"), &json!(1)));
    let again = own(&app, &other, &first, "reopen", json!({"reason": "我家仍漏"})).expect(200).json();
    assert_eq!((&again["cycle"], &again["satisfied"]), (&json!(2), &json!(0)));
    // One reads that it was reopened, and not why.
    let seen = app.get(&format!("/v1/me/cases/{first}")).token(&app.renewed(&home.id)).expect(200).json();
    let last = seen["steps"].as_array().unwrap().last().unwrap().clone();
    assert_eq!((&last["kind"], &last["reason"]), (&json!("reopened"), &json!(null)));
    assert!(told(&app, &home.id).contains(&"case_reopened".to_owned()));
    assert!(told(&app, &firm).contains(&"case_to_redo".to_owned()));
    handled(&app, &firm, &first, "accept", json!({})).expect(200);
    handled(&app, &firm, &first, "finish", json!({"result": "再次修复"})).expect(200);
    own(&app, &home, &first, "verify", json!({"satisfied": false})).expect(200);
    let end = own(&app, &other, &first, "verify", json!({"satisfied": true})).expect(200).json();
    assert_eq!(
        (&end["state"], &end["satisfied"], &end["unsatisfied"]),
        (&json!("verified"), &json!(1), &json!(1))
    );
    // An incident is offered in the whole estate, and takes in what was opened beside it.
    let incident = json!({
        "kind": "complaint", "category": "heating", "estate": stage.estate, "description": "主管道爆裂", "is_incident": true
    });
    let incident =
        id(&app.post("/v1/admin/cases").token(&app.renewed(&community)).json(&incident).expect(201).json());
    let cold = json!({"category": "heating", "building": "9", "place_in_estate": "9号楼"});
    let refused = opening(&app, &home, "complaint", cold.clone()).refused(409, "similar_case").json();
    assert_eq!(refused["existing"], incident.as_str());
    let mut beside = cold;
    beside["despite_similar"] = json!(true);
    let beside = id(&opened(&app, &home, "complaint", beside));
    let merged = at_desk(&app, &community, &beside, "merge", json!({"into": incident, "reason": "同一事件"}))
        .expect(200)
        .json();
    assert_eq!((&merged["state"], &merged["joined_into"]), (&json!("joined"), &json!(incident)));
    assert!(told(&app, &home.id).contains(&"case_merged".to_owned()));
    assert_eq!(read(&app, &community, &incident)["households"], 1);
    app.get(&format!("/v1/me/cases/{incident}")).token(&app.renewed(&home.id)).expect(200);
    // It says of the incident what it would have said of its own.
    let to_firm = json!({"assignee": {"kind": "firm"}});
    at_desk(&app, &community, &incident, "dispatch", to_firm).expect(200);
    handled(&app, &firm, &incident, "accept", json!({})).expect(200);
    handled(&app, &firm, &incident, "finish", json!({"result": "已修"})).expect(200);
    at_desk(&app, &community, &incident, "verify", json!({"satisfied": true})).refused(409, "wrong_state");
    own(&app, &home, &incident, "verify", json!({"satisfied": true})).expect(200);
    assert_eq!(found(&app), []);
}

#[both]
fn five_are_open_at_once_and_only_where_one_lives(app: TestApp) {
    let world = World::new(&app);
    for _ in 0..5 {
        world.complaint(&app);
    }
    let despite = json!({"despite_similar": true});
    let refused = opening(&app, &world.home, "complaint", despite).refused(409, "too_many_open_cases");
    assert!(refused.json()["detail"].as_str().unwrap().contains('5'));
    let elsewhere = app.stage();
    let new =
        json!({"kind": "complaint", "category": "noise", "estate": elsewhere.estate, "description": "噪声"});
    let post = |body: &Value| app.post("/v1/me/cases").token(&app.renewed(&world.home.id)).json(body);
    post(&new).refused(403, "not_a_resident");
    let other = app.neighbour(&elsewhere.estate);
    let foreign = json!({
        "kind": "repair", "category": "lift", "residence": residence(&app, &other), "description": "电梯"
    });
    assert_eq!(
        post(&foreign).refused(422, "invalid").faults(),
        [("/residence".to_owned(), "not_applicable".to_owned())]
    );
    let page = |query: &str| {
        app.get(&format!("/v1/me/cases?{query}")).token(&app.renewed(&world.home.id)).expect(200)
    };
    let first = page("limit=3&count=true").json();
    assert_eq!((first["items"].as_array().unwrap().len(), &first["page"]["total"]), (3, &json!(5)));
    let rest = page(&format!("limit=3&cursor={}", first["page"]["next_cursor"].as_str().unwrap())).json();
    assert_eq!((rest["items"].as_array().unwrap().len(), &rest["page"]["next_cursor"]), (2, &json!(null)));
}

#[both]
fn the_firms_staff_neither_join_nor_verify(app: TestApp) {
    let World { home, firm, community, stage } = World::new(&app);
    let clerk = app.neighbour(&stage.estate);
    let hash = app.state.secrets().phone_hash(&clerk.phone);
    app.sql(&[format!("INSERT INTO staff (uscc, phone_hash) VALUES ('{}', '{hash}')", stage.uscc)], "");
    let others = id(&opened(&app, &home, "repair", json!({})));
    let join = json!({"residence": residence(&app, &clerk)});
    let path = format!("/v1/me/cases/{others}/join");
    app.post(&path).token(&app.renewed(&clerk.id)).json(&join).refused(403, "staff_may_not_verify");
    let case = opened(&app, &clerk, "repair", json!({"despite_similar": true}));
    assert_eq!(case["households"], 0);
    let case = id(&case);
    handled(&app, &firm, &case, "accept", json!({})).expect(200);
    handled(&app, &firm, &case, "finish", json!({"result": "已修"})).expect(200);
    own(&app, &clerk, &case, "verify", json!({"satisfied": true})).refused(409, "wrong_state");
    at_desk(&app, &community, &case, "verify", json!({"satisfied": true})).expect(200);
}

/// What an office or the firm's staff opened is verified by the office: who joins it later could be
/// the firm's friend.
#[both]
fn who_joins_what_no_household_opened_does_not_verify_it(app: TestApp) {
    let World { home, firm, community, stage } = World::new(&app);
    let clerk = app.neighbour(&stage.estate);
    let hash = app.state.secrets().phone_hash(&clerk.phone);
    app.sql(&[format!("INSERT INTO staff (uscc, phone_hash) VALUES ('{}', '{hash}')", stage.uscc)], "");
    let new = json!({
        "kind": "repair", "category": "lift", "estate": stage.estate, "description": "电梯停运"
    });
    let office = app.post("/v1/admin/cases").token(&app.renewed(&community)).json(&new).expect(201).json();
    let staff = opened(&app, &clerk, "repair", json!({"despite_similar": true}));
    app.advance(chrono::Duration::minutes(1));
    let cases = [id(&office), id(&staff)];
    for case in &cases {
        let join = json!({"residence": residence(&app, &home)});
        let path = format!("/v1/me/cases/{case}/join");
        app.post(&path).token(&app.renewed(&home.id)).json(&join).expect(200);
        handled(&app, &firm, case, "accept", json!({})).expect(200);
        let asked = json!({"reason": "waiting_for_resident", "note": "何时在家"});
        handled(&app, &firm, case, "pause", asked).refused(409, "wrong_state");
        handled(&app, &firm, case, "finish", json!({"result": "已修"})).expect(200);
        own(&app, &home, case, "verify", json!({"satisfied": true})).refused(409, "wrong_state");
    }
    // One is not asked for it, and silence closes nothing.
    let screen = app.get("/v1/me/home").token(&app.renewed(&home.id)).expect(200).json();
    assert_eq!(screen["cases"]["to_verify"], 0, "{screen}");
    assert!(!told(&app, &home.id).contains(&"case_done".to_owned()));
    app.advance(chrono::Duration::days(8));
    app.tick();
    for case in &cases {
        assert_eq!(read(&app, &community, case)["state"], "done");
        at_desk(&app, &community, case, "verify", json!({"satisfied": true})).expect(200);
    }
    assert_eq!(found(&app), []);
}

#[both]
fn a_step_is_of_the_version_that_was_read_and_taken_once(app: TestApp) {
    let World { home, firm, .. } = World::new(&app);
    let case = id(&opened(&app, &home, "repair", json!({})));
    let token = app.renewed(&firm);
    let post = |verb: &str| {
        app.post(&format!("/v1/cases/{case}/{verb}")).token(&token).json(&json!({"result": "已修复"}))
    };
    let accept = || app.post(&format!("/v1/cases/{case}/accept")).token(&token).json(&json!({}));
    accept().expect(428);
    let read = app.get(&format!("/v1/firm/cases/{case}")).token(&token).expect(200);
    let tag = read.etag().to_owned();
    let key = "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c";
    let once = || accept().header("If-Match", &tag).header("Idempotency-Key", key).expect(200).json();
    let (first, again) = (once(), once());
    assert_eq!((steps(&first), &first), (vec!["opened", "dispatched", "accepted"], &again));
    post("finish").header("If-Match", &tag).expect(412);
    post("finish").header("If-Match", "*").expect(200);
}

/// What somebody returned is theirs until it is given to another, and so is its time.
#[both]
fn what_was_returned_is_late_for_who_returned_it(app: TestApp) {
    let World { home, firm, community, stage } = World::new(&app);
    app.set_time("2026-11-21T02:00:00Z");
    let case = id(&opened(&app, &home, "repair", json!({})));
    let back = json!({"reason": "市政管网渗漏", "responsible": {"kind": "community"}});
    handled(&app, &firm, &case, "return", back).expect(200);
    app.set_time("2026-11-22T02:00:01Z");
    app.tick();
    let late = read(&app, &community, &case);
    let overdue = late["steps"].as_array().unwrap().iter().find(|step| step["kind"] == "overdue").unwrap();
    assert_eq!(overdue["assignee"]["id"], stage.uscc.as_str());
}

#[both]
fn another_building_and_what_is_long_ago_are_not_alike(app: TestApp) {
    let World { home, stage, .. } = World::new(&app);
    let neighbours = [app.neighbour(&stage.estate), app.neighbour(&stage.estate)];
    opened(&app, &home, "complaint", json!({}));
    opening(&app, &neighbours[0], "complaint", json!({})).refused(409, "similar_case");
    let elsewhere = json!({"building": "9", "place_in_estate": "9号楼门前"});
    opening(&app, &neighbours[0], "complaint", elsewhere).expect(201);
    // Seven days, to the second.
    app.advance(chrono::Duration::days(7));
    opening(&app, &neighbours[1], "complaint", json!({})).refused(409, "similar_case");
    app.advance(chrono::Duration::seconds(1));
    opening(&app, &neighbours[1], "complaint", json!({})).expect(201);
}

#[both]
fn a_firm_asks_its_resident_twice_at_the_most(app: TestApp) {
    let World { home, firm, .. } = World::new(&app);
    let case = id(&opened(&app, &home, "repair", json!({})));
    handled(&app, &firm, &case, "accept", json!({})).expect(200);
    let ask = || {
        let asked = json!({"reason": "waiting_for_resident", "note": "何时在家"});
        handled(&app, &firm, &case, "pause", asked)
    };
    for _ in 0..2 {
        ask().expect(200);
        own(&app, &home, &case, "answer", json!({"text": "今晚在家"})).expect(200);
    }
    ask().refused(409, "wrong_state");
}

/// A desk that takes a case away, and gives it back in a class whose time is used up, would make
/// the firm late by its own hand.
#[both]
fn no_dispatch_makes_anybody_late(app: TestApp) {
    let World { home, firm, community, .. } = World::new(&app);
    let case = id(&opened(&app, &home, "complaint", json!({})));
    let give = |kind: &str, class: &str| {
        let body = json!({"assignee": {"kind": kind}, "class": class, "reason": "调整承办单位"});
        at_desk(&app, &community, &case, "dispatch", body)
    };
    give("firm", "complex").expect(200);
    app.advance(chrono::Duration::hours(30));
    give("community", "complex").expect(200);
    let refused = give("firm", "general").refused(422, "invalid");
    assert_eq!(refused.faults(), [("/class".to_owned(), "not_applicable".to_owned())]);
    give("firm", "hard").expect(200);
    app.advance(chrono::Duration::hours(18));
    app.tick();
    handled(&app, &firm, &case, "accept", json!({})).expect(200);
    handled(&app, &firm, &case, "finish", json!({"result": "已修"})).expect(200);
    assert_eq!(count(&app, "SELECT count(*) AS number FROM case_clock WHERE late_at IS NOT NULL"), 0);
    assert_eq!(found(&app), []);
}

#[both]
fn only_cases_of_one_kind_are_merged(app: TestApp) {
    let World { home, community, stage, .. } = World::new(&app);
    let incident = json!({
        "kind": "repair", "category": "leak", "estate": stage.estate, "description": "主管道爆裂", "is_incident": true
    });
    let incident =
        id(&app.post("/v1/admin/cases").token(&app.renewed(&community)).json(&incident).expect(201).json());
    let complaint = id(&opened(&app, &home, "complaint", json!({"despite_similar": true})));
    let merge = json!({"into": incident, "reason": "同一事件"});
    let refused = at_desk(&app, &community, &complaint, "merge", merge).refused(422, "invalid");
    assert_eq!(refused.faults(), [("/into".to_owned(), "not_applicable".to_owned())]);
}

#[both]
fn a_firm_whistles_and_a_department_comes(app: TestApp) {
    let World { firm, community, stage, .. } = World::new(&app);
    app.department("GA0001", DISTRICT);
    let police = NewAccount { department: Some("GA0001".to_owned()), ..someone(Role::Department) };
    let (police, others) = (app.account(police).0, official(&app, Role::District, OTHER_DISTRICT));
    let new = json!({
        "kind": "whistle", "category": "fire_lane", "project": stage.project, "description": "消防通道被占用",
        "suggested": {"kind": "department", "id": "GA0001"}
    });
    let case = app.post("/v1/firm/cases").token(&app.renewed(&firm)).json(&new).expect(201).json();
    assert_eq!((&case["state"], &case["opened_by"]["role"]), (&json!("open"), &json!("firm")));
    assert_eq!(case["steps"][0]["assignee"]["id"], "GA0001");
    let case = id(&case);
    app.get(&format!("/v1/admin/cases/{case}")).token(&app.renewed(&police)).refused(404, "not_found");
    app.get(&format!("/v1/admin/cases/{case}")).token(&app.renewed(&others)).refused(404, "not_found");
    let to = json!({"assignee": {"kind": "firm"}});
    let faults = at_desk(&app, &community, &case, "dispatch", to).refused(422, "invalid").faults();
    assert_eq!(faults, [("/assignee/kind".to_owned(), "not_applicable".to_owned())]);
    let to = json!({"assignee": {"kind": "department", "id": "GA0001"}});
    at_desk(&app, &community, &case, "dispatch", to).expect(200);
    assert_eq!(told(&app, &police), ["case_assigned"]);
    let list = app.get("/v1/admin/cases").token(&app.renewed(&police)).expect(200).json();
    assert_eq!(list["items"][0]["id"], case.as_str());
    handled(&app, &police, &case, "accept", json!({})).expect(200);
    // Nobody is there to be waited for.
    let asked = json!({"reason": "waiting_for_resident", "note": "何时在家"});
    handled(&app, &police, &case, "pause", asked).refused(409, "wrong_state");
    handled(&app, &police, &case, "finish", json!({"result": "已拖离"})).expect(200);
    at_desk(&app, &police, &case, "verify", json!({"satisfied": true})).refused(403, "role_not_allowed");
    at_desk(&app, &community, &case, "verify", json!({"satisfied": true})).expect(200);
    let own = app.get("/v1/firm/cases?state=verified").token(&app.renewed(&firm)).expect(200).json();
    assert_eq!(own["items"][0]["outcome"], "verified");
    assert_eq!(found(&app), []);
}

#[both]
fn lists_go_by_what_is_due_and_narrow(app: TestApp) {
    let World { home, firm, community, stage } = World::new(&app);
    app.set_time("2026-11-21T02:00:00Z");
    let repair = id(&opened(&app, &home, "repair", json!({})));
    app.set_time("2026-11-21T03:00:00Z");
    let first = id(&opened(&app, &home, "complaint", json!({"category": "noise"})));
    app.set_time("2026-11-21T04:00:00Z");
    let second = id(&opened(&app, &home, "complaint", json!({"category": "fees"})));
    let list = |account: &str, query: &str| -> Vec<String> {
        let page =
            app.get(&format!("/v1/admin/cases?{query}")).token(&app.renewed(account)).expect(200).json();
        page["items"].as_array().unwrap().iter().map(id).collect()
    };
    let street = official(&app, Role::Street, STREET);
    let city = official(&app, Role::City, "2102");
    for account in [&community, &street, &city] {
        assert_eq!(list(account, ""), [repair.clone(), first.clone(), second.clone()]);
        assert_eq!(
            app.walk_as(&app.renewed(account), "/v1/admin/cases?limit=1"),
            [repair.clone(), first.clone(), second.clone()]
        );
    }
    assert_eq!(list(&street, "kind=complaint"), [first.clone(), second.clone()]);
    assert_eq!(list(&street, "category=fees"), [second.clone()]);
    assert_eq!(list(&street, "state=dispatched"), [repair.clone()]);
    assert_eq!(list(&street, "assignee=firm"), [repair.clone()]);
    assert_eq!(list(&street, "due_before=2026-11-22T02:00:01Z"), [repair.clone()]);
    assert_eq!(list(&street, "due_before=2026-11-22T02:00:00Z"), [""; 0]);
    assert_eq!(list(&city, &format!("place={OTHER_COMMUNITY}")), [""; 0]);
    assert_eq!(list(&city, &format!("place={COMMUNITY}&state=open")), [first.clone(), second.clone()]);
    let other = official(&app, Role::District, OTHER_DISTRICT);
    assert_eq!(list(&other, ""), [""; 0]);
    let of_firm = app.get("/v1/firm/cases?count=true").token(&app.renewed(&firm)).expect(200).json();
    assert_eq!((&of_firm["items"][0]["id"], &of_firm["page"]["total"]), (&json!(repair), &json!(1)));
    // What has ended is asked for, the last first.
    for case in [&first, &second] {
        let close = json!({"ground": "not_our_matter", "reason": "属合同纠纷"});
        at_desk(&app, &community, case, "close", close).expect(200);
        app.set_time("2026-11-21T05:00:00Z");
    }
    assert_eq!(list(&street, "state=closed"), [second, first]);
    assert_eq!(list(&street, ""), [repair]);
    let total =
        app.get("/v1/admin/cases?state=closed&count=true").token(&app.renewed(&street)).expect(200).json();
    assert_eq!(total["page"]["total"], 2);
    assert!(told(&app, &home.id).contains(&"case_closed".to_owned()));
    assert_eq!(stage.uscc.len(), 18);
}

/// A street's list is read from those of its communities: also where one of them has it all.
#[both]
fn a_page_of_a_street_may_be_of_one_community(app: TestApp) {
    let World { community, stage, .. } = World::new(&app);
    let open = |number: i64| {
        app.set_time(&format!("2026-11-21T02:{number:02}:00Z"));
        let new = json!({
            "kind": "repair", "category": "lift", "estate": stage.estate, "description": "电梯停运"
        });
        id(&app.post("/v1/admin/cases").token(&app.renewed(&community)).json(&new).expect(201).json())
    };
    let mut cases: Vec<String> = (0..13).map(open).collect();
    let street = official(&app, Role::Street, STREET);
    let walk = |query: &str| {
        let path = format!("/v1/admin/cases?{query}");
        let page = app.get(&path).token(&app.renewed(&street)).expect(200).json();
        let first: Vec<String> = page["items"].as_array().unwrap().iter().map(id).collect();
        (first, app.walk_as(&app.renewed(&street), &path))
    };
    assert_eq!(walk("limit=10"), (cases[..10].to_vec(), cases.clone()));
    for (number, case) in cases.iter().enumerate() {
        app.set_time(&format!("2026-11-21T03:{number:02}:00Z"));
        let close = json!({"ground": "not_our_matter", "reason": "属电梯保修范围"});
        at_desk(&app, &community, case, "close", close).expect(200);
    }
    cases.reverse();
    assert_eq!(walk("limit=10&state=closed"), (cases[..10].to_vec(), cases.clone()));
}

#[both]
fn a_deleted_account_leaves_no_trace_in_its_cases(app: TestApp) {
    let World { home, firm, community, stage } = World::new(&app);
    let other = app.neighbour(&stage.estate);
    let alone = id(&opened(&app, &home, "repair", json!({})));
    let shared = id(&opened(&app, &home, "complaint", json!({"category": "noise"})));
    let join = json!({"residence": residence(&app, &other)});
    app.post(&format!("/v1/me/cases/{shared}/join")).token(&app.renewed(&other.id)).json(&join).expect(200);
    let taken = app.get("/v1/me/export").token(&app.renewed(&home.id)).expect(200).json()["cases"].clone();
    assert_eq!(taken.as_array().unwrap().len(), 2);
    assert_eq!(
        (&taken[0]["description"], &taken[0]["steps"][0]["kind"]),
        (&json!("卫生间顶部漏水"), &json!("opened"))
    );
    app.delete("/v1/me").token(&app.renewed(&home.id)).expect(204);
    let ended = read(&app, &community, &alone);
    assert_eq!(
        (&ended["state"], &ended["description"], &ended["dwelling"]),
        (&json!("withdrawn"), &json!(null), &json!(null))
    );
    assert_eq!(told(&app, &firm), ["case_taken_away"]);
    let goes_on = read(&app, &community, &shared);
    assert_eq!((&goes_on["state"], &goes_on["households"]), (&json!("open"), &json!(2)));
    app.get(&format!("/v1/me/cases/{shared}")).token(&app.renewed(&other.id)).expect(200);
    for (table, column) in [
        ("\"case\"", "opened_by"),
        ("case_step", "by_account"),
        ("case_household", "account_id"),
        ("case_photo", "by_account"),
    ] {
        let left =
            count(&app, &format!("SELECT count(*) AS number FROM {table} WHERE {column} = '{}'", home.id));
        assert_eq!(left, 0, "{table}");
    }
    assert_eq!(found(&app), []);
}

#[both]
fn what_is_kept_for_two_years_is_forgotten_then(app: TestApp) {
    let World { home, firm, .. } = World::new(&app);
    app.set_time("2026-11-21T02:00:00Z");
    let case = id(&opened(&app, &home, "repair", json!({"place_in_estate": "主卧"})));
    handled(&app, &firm, &case, "accept", json!({"note": "王师傅上门"})).expect(200);
    handled(&app, &firm, &case, "finish", json!({"result": "已修"})).expect(200);
    own(&app, &home, &case, "verify", json!({"satisfied": true})).expect(200);
    app.set_time("2028-11-19T02:00:00Z");
    app.tick();
    let words = "SELECT count(*) AS number FROM case_step WHERE reason IS NOT NULL OR by_role = 'resident' AND by_account IS NOT NULL";
    assert!(count(&app, words) > 0);
    app.set_time("2028-11-20T02:00:01Z");
    app.tick();
    assert_eq!(count(&app, words), 0);
    let told = "SELECT count(*) AS number FROM \"case\" WHERE description <> '' OR dwelling IS NOT NULL OR place_in_estate IS NOT NULL OR opened_by IS NOT NULL";
    assert_eq!(count(&app, told), 0);
    assert_eq!(found(&app), []);
}

#[both]
fn deadlines_follow_a_corrected_calendar_and_a_pause_does_not_last_for_ever(app: TestApp) {
    let World { home, firm, community, .. } = World::new(&app);
    app.set_time("2026-11-21T02:00:00Z");
    let case = id(&opened(&app, &home, "repair", json!({})));
    // As another calendar would have it.
    let moved = "UPDATE case_clock SET due_at = '2027-01-01 00:00:00', clock_at = '2027-01-01 00:00:00'";
    app.sql(
        &[moved.to_owned(), "UPDATE setting SET value = 'other' WHERE name = 'case_rules'".to_owned()],
        "",
    );
    assert!(!found(&app).is_empty());
    app.tick();
    assert_eq!(found(&app), []);
    assert_eq!(read(&app, &community, &case)["clock"]["due_at"], "2026-11-22T02:00:00Z");
    handled(&app, &firm, &case, "accept", json!({})).expect(200);
    let asked = json!({"reason": "waiting_for_resident", "note": "何时在家"});
    handled(&app, &firm, &case, "pause", asked).expect(200);
    app.set_time("2026-11-28T02:00:00Z");
    app.tick();
    let resumed = read(&app, &community, &case);
    assert_eq!(steps(&resumed).last(), Some(&"resumed"));
    assert_eq!(
        (&resumed["clock"]["paused_since"], &resumed["clock"]["due_at"]),
        (&json!(null), &json!("2026-11-29T02:00:00Z"))
    );
    // Nor does asking again, before an answer, stop it.
    let asked = json!({"reason": "waiting_for_resident", "note": "何时在家"});
    handled(&app, &firm, &case, "pause", asked).refused(409, "wrong_state");
    assert_eq!(found(&app), []);
}

#[both]
fn what_no_desk_dispatches_goes_to_the_office_above(app: TestApp) {
    let World { home, community, .. } = World::new(&app);
    app.set_time("2026-11-21T02:00:00Z");
    let case = id(&opened(&app, &home, "complaint", json!({})));
    app.set_time("2026-11-22T02:00:00Z");
    app.tick();
    app.tick();
    let seen = read(&app, &community, &case);
    assert_eq!((steps(&seen), &seen["desk"]["code"]), (vec!["opened", "escalated"], &json!(STREET)));
    // Once, however long the office above does nothing either.
    app.set_time("2026-11-24T02:00:00Z");
    app.beside().tick();
    assert_eq!(steps(&read(&app, &community, &case)), ["opened", "escalated"]);
    let mut offices = vec![seen["desk"]["code"].clone()];
    let city = official(&app, Role::City, "2102");
    for _ in 0..2 {
        let up = at_desk(&app, &city, &case, "escalate", json!({"reason": "需市级协调"})).expect(200).json();
        offices.push(up["desk"]["code"].clone());
    }
    assert_eq!(offices, [json!(STREET), json!(DISTRICT), json!("2102")]);
    at_desk(&app, &city, &case, "escalate", json!({"reason": "需市级协调"})).refused(409, "wrong_state");
    assert_eq!(found(&app), []);
}

fn count(app: &TestApp, sql: &str) -> i64 {
    use diesel::prelude::*;
    #[derive(QueryableByName)]
    struct Number {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        number: i64,
    }
    let sql = sql.to_owned();
    let read = move |conn: &mut xinwu_store::Conn| {
        let row: Number = diesel::sql_query(sql).get_result(conn)?;
        Ok(row.number)
    };
    app.db().read_blocking(read).unwrap()
}
