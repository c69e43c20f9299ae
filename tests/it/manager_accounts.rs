//! Accounts of managers: who objects to records about that person and answers them; and objections
//! that officials file for a manager who has none.

use serde_json::{Value, json};
use xinwu_both::both;
use xinwu_domain::access::Role;

use crate::harness::files::{Scene, penalty, with};
use crate::harness::world::{COMMUNITY, DISTRICT};
use crate::harness::{Call, Reply, TestApp};
use crate::scheme_drafts::{announce, second_version};

/// A firm with a manager, and a penalty in force that names both.
struct Named {
    scene: Scene,
    manager: String,
    record: String,
}

fn named(app: &TestApp) -> Named {
    let scene = app.scene();
    let manager = app.manager("王经理", &scene.uscc);
    let record = app.record_in_force(&with(penalty(&scene.uscc), json!({"manager": manager})));
    Named { scene, manager, record }
}

fn object(app: &TestApp, token: &str, record: &str) -> Call {
    app.object(token, &format!("/v1/records/{record}"))
}

fn withdraw(app: &TestApp, token: &str, objection: &Value) -> Call {
    let path = format!("/v1/objections/{}/withdraw", objection["id"].as_str().unwrap());
    app.post(&path).token(token).header("If-Match", "*")
}

fn kinds(app: &TestApp, token: &str) -> Vec<Value> {
    app.notices(token).into_iter().map(|notice| notice["kind"].clone()).collect()
}

#[both]
fn an_account_of_a_manager_is_bound_to_the_manager_by_two_administrators(app: TestApp) {
    let uscc = app.firm("甲物业");
    let manager = app.manager("王经理", &uscc);
    let admin = app.admin();
    let add = |body: Value| app.post("/v1/admin/users").token(&admin).json(&body);
    let body = |changes: Value| {
        with(json!({"username": "wang.manager", "role": "manager", "reason": "本人申请"}), changes)
    };
    let fault = |changes: Value| add(body(changes)).refused(422, "invalid").faults();
    let told = |code: &str| [("/manager".to_owned(), code.to_owned())];
    assert_eq!(fault(json!({})), told("required"));
    assert_eq!(fault(json!({"manager": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c"})), told("unknown_manager"));
    assert_eq!(fault(json!({"role": "firm", "uscc": uscc, "manager": manager})), told("not_for_role"));
    let user = add(body(json!({"manager": manager}))).seconded(&app).json();
    let names = json!({"id": manager, "name": "王经理"});
    assert_eq!((&user["role"], &user["manager"], &user["firm"]), (&json!("manager"), &names, &json!(null)));
    // Another manager takes two as well, and ends the sessions.
    let other = app.manager("李经理", &uscc);
    let path = format!("/v1/admin/users/{}", user["id"].as_str().unwrap());
    let edit = json!({"manager": other});
    let edited = app.patch(&path).token(&admin).header("If-Match", "*").json(&edit).seconded(&app).json();
    assert_eq!(edited["manager"]["name"], "李经理");
    let me = app.get("/v1/me").token(&app.manager_account(&manager)).expect(200).json();
    assert_eq!((&me["role"], &me["manager"]), (&json!("manager"), &names));
}

#[both]
fn a_manager_objects_to_what_names_that_manager_and_the_firm_keeps_its_own_right(app: TestApp) {
    let Named { scene, manager, record } = named(&app);
    let (own, firm) = (app.manager_account(&manager), app.firm_account(&scene.uscc));
    let stranger = app.manager_account(&app.manager("李经理", &scene.uscc));
    let of_firm_alone = app.record_in_force(&penalty(&scene.uscc));
    object(&app, &own, &of_firm_alone).refused(404, "not_found");
    object(&app, &stranger, &record).refused(404, "not_found");
    let filed = object(&app, &own, &record).expect(201).json();
    assert_eq!((&filed["uscc"], &filed["manager"]), (&json!(null), &json!(manager)));
    let path = format!("/v1/objections/{}", filed["id"].as_str().unwrap());
    app.get(&path).token(&own).expect(200);
    for other in [&firm, &stranger] {
        app.get(&path).token(other).refused(404, "not_found");
        withdraw(&app, other, &filed).refused(404, "not_found");
    }
    assert_eq!(app.get(&format!("/v1/records/{record}")).expect(200).json()["disputed"], true);
    let dossier = app.get("/v1/manager").token(&own).expect(200).json();
    assert_eq!((&dossier["page"]["id"], &dossier["records"][0]["id"]), (&json!(manager), &json!(record)));
    assert_eq!(dossier["objections"], json!([filed]));
    assert_eq!(app.get("/v1/firm").token(&firm).expect(200).json()["objections"], json!([]));
    // Of each side one at a time, and one against a revision.
    object(&app, &own, &record).refused(409, "objection_open");
    let of_firm = object(&app, &firm, &record).expect(201).json();
    withdraw(&app, &own, &filed).expect(200);
    let disputed = || app.get(&format!("/v1/records/{record}")).expect(200).json()["disputed"].clone();
    assert_eq!(disputed(), true);
    object(&app, &own, &record).refused(409, "already_withdrawn");
    app.get(&format!("/v1/objections/{}", of_firm["id"].as_str().unwrap()))
        .token(&own)
        .refused(404, "not_found");
    // A firm's own business is not the manager's.
    app.post(&format!("/v1/records/{record}/repairs"))
        .token(&own)
        .json(&json!({"commitment": "已整改", "evidence": ["退款清单.pdf"]}))
        .refused(403, "role_not_allowed");
}

#[both]
fn a_managers_objection_is_decided_and_told_to_the_manager(app: TestApp) {
    let Named { scene, manager, record } = named(&app);
    let own = app.manager_account(&manager);
    let later = with(penalty(&scene.uscc), json!({"manager": manager, "title": "再次违规"}));
    app.record_in_force(&later);
    assert_eq!(kinds(&app, &own), ["record_added"]);
    let filed = object(&app, &own, &record).expect(201).json();
    let id = filed["id"].as_str().unwrap();
    app.decided(id, &json!({"decision": "revoked", "reason": "查无此事"}));
    assert_eq!(kinds(&app, &own), ["objection_revoked", "record_added"]);
    let seen = app.get(&format!("/v1/objections/{id}")).token(&own).expect(200).json();
    assert_eq!((&seen["status"], &seen["reason"]), (&json!("revoked"), &json!("查无此事")));
}

#[both]
fn firm_and_manager_learn_of_what_becomes_of_the_record_that_names_both(app: TestApp) {
    let Named { scene, manager, record } = named(&app);
    let (own, firm) = (app.manager_account(&manager), app.firm_account(&scene.uscc));
    let latest = |token: &str| {
        let notice = app.notices(token)[0].clone();
        ["kind", "text", "reason"].map(|field| notice[field].as_str().unwrap_or_default().to_owned())
    };
    let told = |kind: &str, text: &str, reason: &str| [kind, text, reason].map(str::to_owned);
    let id = |filed: Reply| filed.json()["id"].as_str().unwrap().to_owned();
    // The firm objects, and the manager hears of what comes of it.
    let objection = id(object(&app, &firm, &record).expect(201));
    let amended = json!({"decision": "amended", "reason": "情节较轻", "amendment": {"severity": "minor"}});
    app.decided(&objection, &amended);
    let changed = |reason| told("record_changed", "信用档案中的“违规收取装修管理费”经异议处理已更正", reason);
    assert_eq!((latest(&own), latest(&firm)[0].as_str()), (changed("情节较轻"), "objection_amended"));
    // So it is the other way round, and what is upheld changes nothing.
    let objection = id(object(&app, &own, &record).expect(201));
    let again = json!({"decision": "amended", "reason": "级别有误", "amendment": {"level": "city"}});
    app.decided(&objection, &again);
    assert_eq!((latest(&firm), latest(&own)[0].as_str()), (changed("级别有误"), "objection_amended"));
    let objection = id(object(&app, &firm, &record).expect(201));
    app.decided(&objection, &json!({"decision": "upheld", "reason": "程序合法"}));
    assert_eq!(latest(&own)[0], "objection_amended");
    // The penalty is repaired, as the firm asked.
    let repair = id(app.ask_repair(&firm, &record).expect(201));
    let granted = json!({"decision": "granted", "reason": "已核实"});
    app.decide(&app.confirmer(), "repairs", &repair, &granted).expect(200);
    let text = "信用档案中的“违规收取装修管理费”已准予信用修复";
    assert_eq!(latest(&own), told("penalty_repaired", text, "已核实"));
    assert_eq!(latest(&firm)[0], "repair_granted");
    // Others fall, by an objection and without one.
    let another = || app.record_in_force(&with(penalty(&scene.uscc), json!({"manager": manager})));
    let fallen =
        |reason| told("record_taken_back", "信用档案中的“违规收取装修管理费”已撤销，不再计入", reason);
    let objection = id(object(&app, &firm, &another()).expect(201));
    app.decided(&objection, &json!({"decision": "revoked", "reason": "查无此事"}));
    assert_eq!((latest(&own), latest(&firm)[0].as_str()), (fallen("查无此事"), "objection_revoked"));
    let path = format!("/v1/admin/records/{}/revoke", another());
    let revocation = json!({"ground": "entered_in_error", "reason": "决定书所列为同名企业", "evidence": ["处罚决定书.pdf"]});
    app.post(&path).token(&app.drafter()).header("If-Match", "*").json(&revocation).seconded(&app);
    assert_eq!([latest(&own), latest(&firm)], [(); 2].map(|()| fallen("决定书所列为同名企业")));
}

/// By rules that suspend what is disputed, a manager's word moves no firm's grade, and a firm's
/// does.
#[both]
fn what_a_manager_disputes_goes_on_counting_for_the_firm(app: TestApp) {
    let Named { scene, manager, record } = named(&app);
    let suspended = ("disputed = \"counts\"", "disputed = \"suspended\"");
    announce(&app, &second_version("2026-11-22", &[suspended]));
    app.set_time("2026-11-22T02:00:00Z");
    app.tick();
    let (own, firm) = (app.manager_account(&manager), app.firm_account(&scene.uscc));
    let score = || app.evaluated(&scene.uscc, "")["score"].clone();
    let before = score();
    let filed = object(&app, &own, &record).expect(201).json();
    assert_eq!(score(), before);
    withdraw(&app, &own, &filed).expect(200);
    object(&app, &firm, &record).expect(201);
    assert_ne!(score(), before);
}

#[both]
fn a_record_has_the_firms_answer_and_the_managers(app: TestApp) {
    let Named { scene, manager, record } = named(&app);
    let (own, firm) = (app.manager_account(&manager), app.firm_account(&scene.uscc));
    let path = format!("/v1/records/{record}/reply");
    let answer = |token: &str, text: &str| app.put(&path).token(token).json(&json!({"text": text}));
    answer(&app.manager_account(&app.manager("李经理", &scene.uscc)), "与我有关").refused(404, "not_found");
    let mut copy = app.snapshot();
    answer(&own, "当日不在岗").expect(200);
    answer(&firm, "已退还费用").expect(200);
    let shown = app.get(&format!("/v1/records/{record}")).expect(200).json();
    let texts = |view: &Value| (view["reply"]["text"].clone(), view["manager_reply"]["text"].clone());
    assert_eq!(texts(&shown), (json!("已退还费用"), json!("当日不在岗")));
    assert_eq!(app.get(&path).token(&own).expect(200).json()["text"], "当日不在岗");
    assert_eq!(app.get(&path).token(&firm).expect(200).json()["text"], "已退还费用");
    answer(&own, "当日请假").expect(200);
    let page = app.get(&format!("/records/{record}")).expect(200).text;
    assert!(page.contains("当日请假") && page.contains("已退还费用"), "{page}");
    copy.follow(&app);
    assert_eq!(texts(copy.value("record", &record).unwrap()), (json!("已退还费用"), json!("当日请假")));
    let mut anew = app.snapshot();
    anew.follow(&app);
    assert_eq!(copy.differences(&anew), Vec::<String>::new());
    // What passes no screen waits for an official, who sees whose it is not by a firm.
    answer(&own, "有事请打13912345678").expect(200);
    assert_eq!(app.get(&format!("/v1/records/{record}")).expect(200).json().get("manager_reply"), None);
    let official = app.official(Role::District, DISTRICT, true);
    let held = app.get("/v1/admin/reviews?status=held").token(&official).expect(200).json();
    assert_eq!((&held["items"][0]["uscc"], &held["items"][0]["answers"]), (&json!(null), &json!(record)));
}

#[both]
fn two_officials_file_for_a_manager_without_an_account_and_another_decides(app: TestApp) {
    let Named { scene, manager, record } = named(&app);
    let filer = app.official(Role::District, DISTRICT, true);
    let path = format!("/v1/admin/records/{record}/objections");
    let body = json!({"manager": manager, "grounds": "当日不在岗", "evidence": ["本人签字的异议申请.pdf"]});
    let file = |token: &str, changes: Value| app.post(&path).token(token).json(&with(body.clone(), changes));
    assert_eq!(
        file(&filer, json!({"evidence": [], "reason": "本人无账号"})).refused(422, "invalid").faults(),
        [("/evidence".to_owned(), "length".to_owned())]
    );
    let other = app.manager("李经理", &scene.uscc);
    file(&filer, json!({"manager": other})).refused(404, "not_found");
    file(&app.official(Role::District, "210203", true), json!({})).refused(404, "not_found");
    file(&app.official(Role::Community, COMMUNITY, false), json!({})).refused(404, "not_found");
    let refused = file(&filer, json!({})).refused(422, "invalid");
    assert_eq!(refused.faults(), [("/reason".to_owned(), "required".to_owned())]);
    let proposal = file(&filer, json!({"reason": "本人无账号"})).expect(202).json();
    assert_eq!(
        (&proposal["operation"], &proposal["object"], &proposal["asks"]),
        (&json!("add_objection"), &json!({"kind": "record", "id": record}), &json!("official"))
    );
    let shown = |field: &str, after: Value| json!({"field": field, "before": null, "after": after});
    assert_eq!(
        proposal["changes"],
        json!([
            shown("grounds", json!("当日不在岗")),
            shown("evidence", json!(["本人签字的异议申请.pdf"])),
            shown("manager", json!({"id": manager, "name": "王经理"})),
        ])
    );
    // Nothing is marked before, and nobody else is kept out.
    let record_path = format!("/v1/records/{record}");
    let disputed = || app.get(&record_path).expect(200).json()["disputed"].clone();
    assert_eq!(disputed(), false);
    file(&filer, json!({"reason": "本人无账号"})).refused(409, "proposal_open");
    let firm = app.firm_account(&scene.uscc);
    let of_firm = object(&app, &firm, &record).expect(201).json();
    withdraw(&app, &firm, &of_firm).expect(200);
    assert_eq!(disputed(), false);
    // Neither by oneself nor by who had a hand in the record.
    let confirm = |token: &str| {
        let path = format!("/v1/admin/proposals/{}/confirm", proposal["id"].as_str().unwrap());
        app.post(&path).token(token).header("If-Match", "*")
    };
    confirm(&filer).refused(403, "second_person_needed");
    let official = app.official(Role::City, "2102", true);
    let steps =
        app.get(&format!("/v1/admin/records/{record}")).token(&official).expect(200).json()["steps"].clone();
    let confirmed = steps.as_array().unwrap().iter().find(|step| step["step"] == "confirmed").unwrap();
    confirm(&app.renewed(confirmed["by"].as_str().unwrap())).refused(403, "second_person_needed");
    confirm(&app.official(Role::District, DISTRICT, false)).refused(403, "no_power_to_confirm");
    let second = app.official(Role::District, DISTRICT, true);
    confirm(&second).expect(200);
    assert_eq!(disputed(), true);
    let listed = app.get("/v1/admin/objections?status=open").token(&filer).expect(200).json();
    let objection = &listed["items"][0];
    assert_eq!((&objection["manager"], &objection["uscc"]), (&json!(manager), &json!(null)));
    let verdict = json!({"decision": "amended", "reason": "情节较轻", "amendment": {"severity": "minor"}});
    let id = objection["id"].as_str().unwrap();
    for hand in [&filer, &second] {
        app.decide(hand, "objections", id, &verdict).refused(403, "second_person_needed");
    }
    app.decided(id, &verdict);
    assert_eq!(kinds(&app, &filer), ["objection_amended", "proposal_confirmed"]);
    // Who has an account objects by it.
    let own = app.manager_account(&manager);
    file(&filer, json!({"reason": "本人无账号"})).refused(409, "manager_has_account");
    object(&app, &own, &record).expect(201);
}

#[both]
fn what_officials_filed_does_not_use_up_the_managers_own(app: TestApp) {
    let Named { manager, record, .. } = named(&app);
    let filer = app.official(Role::District, DISTRICT, true);
    let path = format!("/v1/admin/records/{record}/objections");
    let body = json!({"manager": manager, "grounds": "当日不在岗", "evidence": ["本人签字的异议申请.pdf"], "reason": "本人无账号"});
    let file = || app.post(&path).token(&filer).json(&body);
    assert_eq!(file().seconded(&app).json()["disputed"], true);
    file().refused(409, "objection_open");
    let listed = app.get("/v1/admin/objections?status=open").token(&filer).expect(200).json();
    let id = listed["items"][0]["id"].as_str().unwrap().to_owned();
    app.decided(&id, &json!({"decision": "upheld", "reason": "事实清楚"}));
    file().refused(409, "already_decided");
    // The manager's own is against the same revision.
    let own = app.manager_account(&manager);
    let filed = object(&app, &own, &record).expect(201).json();
    app.decided(filed["id"].as_str().unwrap(), &json!({"decision": "upheld", "reason": "事实清楚"}));
    object(&app, &own, &record).refused(409, "already_decided");
}

#[both]
fn firm_and_manager_object_at_once_and_a_decision_on_one_leaves_the_other(app: TestApp) {
    let Named { scene, manager, record } = named(&app);
    let (own, firm) = (app.manager_account(&manager), app.firm_account(&scene.uscc));
    let [of_manager, of_firm] =
        [&own, &firm].map(|token| object(&app, token, &record).expect(201).json()["id"].clone());
    let disputed = || app.get(&format!("/v1/records/{record}")).expect(200).json()["disputed"].clone();
    let amended = json!({"decision": "amended", "reason": "情节较轻", "amendment": {"severity": "minor"}});
    app.decided(of_manager.as_str().unwrap(), &amended);
    assert_eq!(disputed(), true);
    app.decided(of_firm.as_str().unwrap(), &json!({"decision": "upheld", "reason": "事实清楚"}));
    assert_eq!(disputed(), false);
    // With the record both fall.
    let [of_manager, of_firm] =
        [&own, &firm].map(|token| object(&app, token, &record).expect(201).json()["id"].clone());
    app.decided(of_firm.as_str().unwrap(), &json!({"decision": "revoked", "reason": "处罚决定已被撤销"}));
    let path = format!("/v1/objections/{}", of_manager.as_str().unwrap());
    assert_eq!(app.get(&path).token(&own).expect(200).json()["status"], "revoked");
}
