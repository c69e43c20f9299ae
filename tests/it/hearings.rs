//! Where the scheme's procedure says `notify`, those whom a penalty names are told of it before it
//! is confirmed, its firm and its manager, and have days to be heard.

use serde_json::{Value, json};
use xinwu_both::both;
use xinwu_domain::access::Role;
use xinwu_domain::estate::EstateKind;
use xinwu_domain::project::{NewProject, Operator};

use crate::harness::files::{penalty, with};
use crate::harness::world::{COMMUNITY, STREET, plain_project};
use crate::harness::{Call, TestApp};
use crate::imports::{CSV, fault, faults, import_file};
use crate::procedures::{LANSHAN, adopt};

/// Penalties are told of, five working days before they are confirmed.
const TOLD: (&str, &str) =
    ("kind = \"penalty\"\nsteps = [", "kind = \"penalty\"\nnotify = { working_days = 5 }\nsteps = [");

fn fresh(uscc: &str) -> Value {
    with(penalty(uscc), json!({"decided_on": "2026-11-17"}))
}

fn statement(app: &TestApp, token: &str, id: &str, text: &str) -> Call {
    let body = json!({"text": text, "evidence": ["公示照片.jpg"]});
    app.put(&format!("/v1/records/{id}/statement")).token(token).json(&body)
}

/// A penalty drafted and submitted by a street's official: its id.
fn submitted(app: &TestApp, token: &str, uscc: &str) -> String {
    submitted_as(app, token, &fresh(uscc))
}

fn submitted_as(app: &TestApp, token: &str, body: &Value) -> String {
    let (id, etag) = app.draft(token, body);
    app.record_step(token, &id, &etag, "submit").expect(200);
    id
}

fn naming(uscc: &str, manager: &str) -> Value {
    with(fresh(uscc), json!({"manager": manager}))
}

/// What somebody reads that was said before a record was confirmed, by its firm and its manager.
fn heard(app: &TestApp, token: &str, path: &str) -> (Value, Value) {
    let record = app.get(path).token(token).expect(200).json();
    let said = |field: &str| record[field]["statement"].clone();
    (said("hearing"), said("manager_hearing"))
}

fn kinds(app: &TestApp, token: &str) -> Vec<Value> {
    app.notices(token).iter().map(|notice| notice["kind"].clone()).collect()
}

#[both]
fn a_penalty_waits_until_its_firm_was_heard_or_its_days_are_over(app: TestApp) {
    let scene = app.scene();
    adopt(&app, LANSHAN, "2026-11-21", &[TOLD]);
    let street = app.official(Role::Street, STREET, false);
    let firm = app.firm_account(&scene.uscc);
    let id = submitted(&app, &street, &scene.uscc);
    // Submitted on a Saturday: five working days from Monday the 23rd, and three for confirming.
    let kept = app.get(&format!("/v1/admin/records/{id}")).token(&street).expect(200).json();
    assert_eq!(
        (&kept["confirm_due_on"], &kept["hearing"]),
        (
            &json!("2026-12-02"),
            &json!({
                "notified_at": "2026-11-21T02:00:00Z", "heard_until": "2026-11-27", "statement": null, "evidence": [],
                "stated_at": null
            })
        )
    );
    let notice = &app.notices(&firm)[0];
    assert_eq!(
        (&notice["kind"], &notice["text"]),
        (
            &json!("record_intended"),
            &json!("拟将“违规收取装修管理费”记入信用档案，可于2026年11月27日前（含当日）陈述申辩")
        )
    );
    // The firm alone reads what is meant for its file, and there alone.
    let own = format!("/v1/records/{id}/statement");
    let read = app.get(&own).token(&firm).expect(200).json();
    assert_eq!(
        (&read["record"]["title"], &read["record"]["status"], &read["heard_until"]),
        (&json!("违规收取装修管理费"), &Value::Null, &json!("2026-11-27"))
    );
    let stranger = app.firm_account(&app.firm("别家物业"));
    app.get(&own).token(&stranger).refused(404, "not_found");
    statement(&app, &stranger, &id, "与我无关").refused(404, "not_found");
    app.get(&own).token(&street).refused(403, "role_not_allowed");
    for token in [None, Some(&firm), Some(&stranger)] {
        let call = app.get(&format!("/v1/records/{id}"));
        token.into_iter().fold(call, |call, token| call.token(token)).refused(404, "not_found");
    }
    assert_eq!(app.get("/v1/firm").token(&firm).expect(200).json()["records"], json!([]));

    let confirmer = app.official(Role::Street, STREET, true);
    let confirm = || app.record_step(&confirmer, &id, "*", "confirm");
    let told = confirm().refused(409, "hearing_open").json()["detail"].clone();
    assert_eq!(told, "企业可于2026-11-27前（含当日）陈述申辩，尚未提出");
    app.set_time("2026-11-27T15:59:59Z");
    app.record_step(&app.official(Role::Street, STREET, true), &id, "*", "confirm")
        .refused(409, "hearing_open");
    app.set_time("2026-11-27T16:00:00Z");
    app.record_step(&app.official(Role::Street, STREET, true), &id, "*", "confirm").expect(200);
}

#[both]
fn a_statement_stands_in_the_file_and_whoever_confirms_has_read_it(app: TestApp) {
    let scene = app.scene();
    adopt(&app, LANSHAN, "2026-11-21", &[TOLD]);
    let street = app.official(Role::Street, STREET, false);
    let firm = app.firm_account(&scene.uscc);
    let id = submitted(&app, &street, &scene.uscc);
    let path = format!("/v1/admin/records/{id}");
    let confirmer = app.official(Role::Street, STREET, true);
    let unread = app.get(&path).token(&confirmer).expect(200).etag().to_owned();
    let refused = statement(&app, &firm, &id, "请致电13900000001").refused(422, "invalid");
    assert_eq!(refused.faults(), [("/text".to_owned(), "personal_information".to_owned())]);
    let first = statement(&app, &firm, &id, "所收费用为代收代缴").expect(200);
    let second = statement(&app, &firm, &id, "所收费用为代收代缴，已逐户公示");
    let said = second.header("If-Match", first.etag()).expect(200);
    statement(&app, &firm, &id, "改口").header("If-Match", first.etag()).refused(412, "stale");
    assert_eq!(
        (&said.json()["statement"], &said.json()["evidence"], &said.json()["stated_at"]),
        (&json!("所收费用为代收代缴，已逐户公示"), &json!(["公示照片.jpg"]), &json!("2026-11-21T02:00:00Z"))
    );
    assert_eq!(kinds(&app, &street)[0], json!("record_stated"));
    app.record_step(&confirmer, &id, &unread, "confirm").refused(412, "stale");
    let read = app.get(&path).token(&confirmer).expect(200);
    assert_eq!(read.json()["hearing"]["statement"], "所收费用为代收代缴，已逐户公示");
    let steps = read.json()["steps"].clone();
    let steps: Vec<&Value> = steps.as_array().unwrap().iter().map(|step| &step["step"]).collect();
    assert_eq!(steps, ["drafted", "submitted", "stated", "stated"]);
    app.record_step(&confirmer, &id, read.etag(), "confirm").expect(200);
    // It stays there, for the firm and officials; later the firm objects.
    statement(&app, &firm, &id, "改口").refused(409, "wrong_state");
    let hearing = |token: &str| {
        let record = app.get(&format!("/v1/records/{id}")).token(token).expect(200).json();
        record["hearing"]["statement"].clone()
    };
    let said = json!("所收费用为代收代缴，已逐户公示");
    assert_eq!((hearing(&firm), hearing(&confirmer)), (said.clone(), said.clone()));
    let dossier = app.get("/v1/firm").token(&firm).expect(200).json();
    assert_eq!(dossier["records"][0]["hearing"]["statement"], said);
    let everyones = app.get(&format!("/v1/records/{id}")).expect(200);
    assert!(everyones.json().get("hearing").is_none() && !everyones.text.contains("代收代缴"));
}

/// "The firm was heard about something else": each submission is told anew.
#[both]
fn what_is_sent_back_and_comes_again_is_told_of_again(app: TestApp) {
    let scene = app.scene();
    adopt(&app, LANSHAN, "2026-11-21", &[TOLD]);
    let street = app.official(Role::Street, STREET, false);
    let firm = app.firm_account(&scene.uscc);
    let id = submitted(&app, &street, &scene.uscc);
    statement(&app, &firm, &id, "所收费用为代收代缴").expect(200);
    let confirmer = app.official(Role::Street, STREET, true);
    app.record_step(&confirmer, &id, "*", "return").expect(200);
    let own = format!("/v1/records/{id}/statement");
    app.get(&own).token(&firm).refused(404, "not_found");
    statement(&app, &firm, &id, "又及").refused(404, "not_found");
    assert_eq!(kinds(&app, &firm), ["record_not_intended"].map(Value::from));
    app.patch(&format!("/v1/admin/records/{id}"))
        .token(&street)
        .header("If-Match", "*")
        .json(&json!({"severity": "serious"}))
        .expect(200);
    app.set_time("2026-11-23T02:00:00Z");
    let (street, firm) = (app.official(Role::Street, STREET, false), app.firm_account(&scene.uscc));
    app.record_step(&street, &id, "*", "submit").expect(200);
    let again = app.get(&own).token(&firm).expect(200).json();
    assert_eq!(
        (&again["heard_until"], &again["record"]["severity"], &again["statement"]),
        (&json!("2026-11-30"), &json!("serious"), &json!("所收费用为代收代缴"))
    );
    let confirmer = app.official(Role::Street, STREET, true);
    app.record_step(&confirmer, &id, "*", "confirm").refused(409, "hearing_open");
    statement(&app, &firm, &id, "情节并不严重").expect(200);
    app.record_step(&confirmer, &id, "*", "confirm").expect(200);
    // Given up, it is told to be.
    let id = submitted(&app, &street, &scene.uscc);
    app.record_step(&street, &id, "*", "withdraw").expect(200);
    assert_eq!(kinds(&app, &firm)[0], json!("record_not_intended"));
    app.get(&format!("/v1/records/{id}/statement")).token(&firm).refused(404, "not_found");
}

#[both]
fn rewards_and_what_was_submitted_before_need_no_hearing_and_files_bring_none_that_does(app: TestApp) {
    let scene = app.scene();
    let (street, firm) = (app.official(Role::Street, STREET, false), app.firm_account(&scene.uscc));
    let before = submitted(&app, &street, &scene.uscc);
    adopt(&app, LANSHAN, "2026-11-21", &[TOLD]);
    app.get(&format!("/v1/records/{before}/statement")).token(&firm).refused(404, "not_found");
    app.record_step(&app.official(Role::Street, STREET, true), &before, "*", "confirm").expect(200);
    let (reward, etag) = app.draft(&street, &with(fresh(&scene.uscc), json!({"category": "R301"})));
    let reply = app.record_step(&street, &reward, &etag, "submit").expect(200);
    assert!(reply.json().get("hearing").is_none());
    app.record_step(&app.confirmer(), &reward, reply.etag(), "confirm").expect(200);
    let row = |category: &str, number: u32| {
        format!("{category},{},city,标题,文〔2026〕{number}号,机关,file,2026-11-17\n", scene.uscc)
    };
    let header = "category,uscc,level,title,document_number,authority,evidence,decided_on";
    let file = format!("{header}\n{}{}", row("R101", 1), row("P301", 2));
    let refused = import_file(&app, &street, "records", CSV, file);
    assert_eq!(
        (&refused["state"], faults(&refused)),
        (&json!("refused"), vec![fault(3, "category", "hearing_needed")])
    );
}

#[both]
fn a_manager_is_told_and_heard_beside_the_firm_and_both_statements_stand(app: TestApp) {
    let scene = app.scene();
    adopt(&app, LANSHAN, "2026-11-21", &[TOLD]);
    let manager = app.manager("王经理", &scene.uscc);
    let (firm, own) = (app.firm_account(&scene.uscc), app.manager_account(&manager));
    let stranger = app.manager_account(&app.manager("李经理", &scene.uscc));
    let street = app.official(Role::Street, STREET, false);
    let id = submitted_as(&app, &street, &naming(&scene.uscc, &manager));
    let told = "拟将“违规收取装修管理费”记入信用档案，可于2026年11月27日前（含当日）陈述申辩";
    for token in [&firm, &own] {
        let notice = &app.notices(token)[0];
        assert_eq!((&notice["kind"], &notice["text"]), (&json!("record_intended"), &json!(told)));
    }
    let path = format!("/v1/records/{id}/statement");
    let read = app.get(&path).token(&own).expect(200).json();
    assert_eq!(
        (&read["record"]["manager"]["id"], &read["heard_until"], &read["statement"]),
        (&json!(manager), &json!("2026-11-27"), &Value::Null)
    );
    app.get(&path).token(&stranger).refused(404, "not_found");
    statement(&app, &stranger, &id, "与我无关").refused(404, "not_found");
    let confirmer = app.official(Role::Street, STREET, true);
    let confirm = |etag: &str| app.record_step(&confirmer, &id, etag, "confirm");
    let open = |detail: &str| assert_eq!(confirm("*").refused(409, "hearing_open").json()["detail"], detail);
    open("企业和项目经理可于2026-11-27前（含当日）陈述申辩，尚未提出");
    statement(&app, &firm, &id, "系经理个人所为").expect(200);
    open("项目经理可于2026-11-27前（含当日）陈述申辩，尚未提出");
    // Each reads the own, and replaces the own.
    let said = |token: &str| app.get(&path).token(token).expect(200).json()["statement"].clone();
    assert_eq!((said(&firm), said(&own)), (json!("系经理个人所为"), Value::Null));
    let first = statement(&app, &own, &id, "系公司安排").expect(200);
    let second = statement(&app, &own, &id, "系公司安排，有通知为证").header("If-Match", first.etag());
    second.expect(200);
    statement(&app, &own, &id, "改口").header("If-Match", first.etag()).refused(412, "stale");
    assert_eq!((said(&firm), said(&own)), (json!("系经理个人所为"), json!("系公司安排，有通知为证")));
    assert_eq!(kinds(&app, &street), ["record_stated", "record_stated", "record_stated"].map(Value::from));

    let (of_firm, of_manager) = (json!("系经理个人所为"), json!("系公司安排，有通知为证"));
    let admin = format!("/v1/admin/records/{id}");
    assert_eq!(heard(&app, &confirmer, &admin), (of_firm.clone(), of_manager.clone()));
    let seen = app.get(&admin).token(&confirmer).expect(200).etag().to_owned();
    confirm(&seen).expect(200);
    // Neither reads what the other said to officials; everyone reads neither.
    let public = format!("/v1/records/{id}");
    assert_eq!(heard(&app, &firm, &public), (of_firm.clone(), Value::Null));
    assert_eq!(heard(&app, &own, &public), (Value::Null, of_manager.clone()));
    assert_eq!(heard(&app, &confirmer, &public), (of_firm.clone(), of_manager.clone()));
    let dossier = |path: &str, token: &str| {
        let record = app.get(path).token(token).expect(200).json()["records"][0].clone();
        (record["hearing"]["statement"].clone(), record["manager_hearing"]["statement"].clone())
    };
    assert_eq!(dossier("/v1/firm", &firm), (of_firm, Value::Null));
    assert_eq!(dossier("/v1/manager", &own), (Value::Null, of_manager));
    let everyones = app.get(&public).expect(200).text;
    assert!(!everyones.contains("hearing") && !everyones.contains("系公司安排"), "{everyones}");
    app.tick();
    for token in [&firm, &own] {
        assert_eq!(kinds(&app, token)[0], json!("record_added"));
    }
}

#[both]
fn where_nobody_can_speak_the_day_passes_all_the_same(app: TestApp) {
    let scene = app.scene();
    adopt(&app, LANSHAN, "2026-11-21", &[TOLD]);
    let manager = app.manager("王经理", &scene.uscc);
    let firm = app.firm_account(&scene.uscc);
    let street = app.official(Role::Street, STREET, false);
    let without_account = submitted_as(&app, &street, &naming(&scene.uscc, &manager));
    statement(&app, &firm, &without_account, "情况属实").expect(200);
    let of_owners = app.project_with(NewProject {
        operator: Operator::Owners,
        uscc: None,
        ..plain_project(&app.estate(COMMUNITY, EstateKind::Old), &scene.uscc)
    });
    let mut body = with(fresh(&scene.uscc), json!({"project": of_owners}));
    body.as_object_mut().unwrap().remove("uscc");
    let without_firm = submitted_as(&app, &street, &body);
    let confirm = |id: &str| app.record_step(&app.official(Role::Street, STREET, true), id, "*", "confirm");
    let detail = |id: &str| confirm(id).refused(409, "hearing_open").json()["detail"].clone();
    assert_eq!(detail(&without_account), "项目经理可于2026-11-27前（含当日）陈述申辩，尚未提出");
    assert_eq!(detail(&without_firm), "告知期至2026-11-27（含当日），期满后方可确认");
    app.set_time("2026-11-27T16:00:00Z");
    confirm(&without_account).expect(200);
    confirm(&without_firm).expect(200);
}

/// Of what was meant for one manager's file another learns nothing.
#[both]
fn another_manager_of_the_same_record_is_heard_anew(app: TestApp) {
    let scene = app.scene();
    adopt(&app, LANSHAN, "2026-11-21", &[TOLD]);
    let managers = ["王经理", "李经理"].map(|name| app.manager(name, &scene.uscc));
    let [first, second] = managers.each_ref().map(|manager| app.manager_account(manager));
    let street = app.official(Role::Street, STREET, false);
    let id = submitted_as(&app, &street, &naming(&scene.uscc, &managers[0]));
    statement(&app, &first, &id, "当日不在岗").expect(200);
    let confirmer = app.official(Role::Street, STREET, true);
    app.record_step(&confirmer, &id, "*", "return").expect(200);
    assert_eq!(kinds(&app, &first), ["record_not_intended"].map(Value::from));
    let path = format!("/v1/admin/records/{id}");
    let edit = json!({"manager": managers[1]});
    app.patch(&path).token(&street).header("If-Match", "*").json(&edit).expect(200);
    app.record_step(&street, &id, "*", "submit").expect(200);
    let own = format!("/v1/records/{id}/statement");
    app.get(&own).token(&first).refused(404, "not_found");
    assert_eq!(app.get(&own).token(&second).expect(200).json()["statement"], Value::Null);
    assert_eq!(heard(&app, &confirmer, &path), (Value::Null, Value::Null));
    assert_eq!(kinds(&app, &second), ["record_intended"].map(Value::from));
    assert_eq!(kinds(&app, &first), ["record_not_intended"].map(Value::from));
}

/// A penalty that waits beyond the hearing is not kept from its confirmation by other words.
#[both]
fn a_statement_is_taken_until_its_day_and_not_after(app: TestApp) {
    let scene = app.scene();
    adopt(&app, LANSHAN, "2026-11-21", &[TOLD]);
    let street = app.official(Role::Street, STREET, false);
    let id = submitted(&app, &street, &scene.uscc);
    app.set_time("2026-11-27T15:59:59Z");
    let firm = app.firm_account(&scene.uscc);
    statement(&app, &firm, &id, "所收费用为代收代缴").expect(200);
    app.set_time("2026-11-27T16:00:00Z");
    let firm = app.firm_account(&scene.uscc);
    let told =
        statement(&app, &firm, &id, "又及").header("If-Match", "*").refused(409, "hearing_over").json();
    assert_eq!(told["detail"], "陈述申辩期已于2026-11-27届满");
    assert_eq!(
        (&told["state"], &told["allows"]),
        (&json!("submitted"), &json!(["confirm_record", "return_record", "withdraw_record"]))
    );
    let kept = app.get(&format!("/v1/records/{id}/statement")).token(&firm).expect(200).json();
    assert_eq!(kept["statement"], "所收费用为代收代缴");
}

/// Each makes the version stale that whoever confirms has read.
#[both]
fn each_side_makes_five_statements_about_a_submission(app: TestApp) {
    let scene = app.scene();
    adopt(&app, LANSHAN, "2026-11-21", &[TOLD]);
    let manager = app.manager("王经理", &scene.uscc);
    let (firm, own) = (app.firm_account(&scene.uscc), app.manager_account(&manager));
    let street = app.official(Role::Street, STREET, false);
    let id = submitted_as(&app, &street, &naming(&scene.uscc, &manager));
    let path = format!("/v1/admin/records/{id}");
    let tag = || app.get(&path).token(&street).expect(200).etag().to_owned();
    let say = |token: &str, text: &str| statement(&app, token, &id, text).header("If-Match", "*");
    let mut tags = vec![tag()];
    statement(&app, &firm, &id, "其一").expect(200);
    for text in ["其二", "其三", "其四", "其五"] {
        // Whichever account of the firm's it is.
        say(&app.firm_account(&scene.uscc), text).expect(200);
        tags.push(tag());
    }
    let told = say(&firm, "其六").refused(409, "too_many_statements").json();
    assert_eq!(
        (&told["state"], &told["allows"]),
        (&json!("submitted"), &json!(["confirm_record", "return_record", "withdraw_record"]))
    );
    assert_eq!(tags.last(), Some(&tag()));
    tags.dedup();
    assert_eq!(tags.len(), 5);
    // The manager's are the manager's own.
    statement(&app, &own, &id, "系公司安排").expect(200);
    // Submitted anew, both are heard anew.
    app.record_step(&app.official(Role::Street, STREET, true), &id, "*", "return").expect(200);
    app.advance(chrono::Duration::minutes(1));
    app.record_step(&street, &id, "*", "submit").expect(200);
    say(&firm, "其六").expect(200);
}
