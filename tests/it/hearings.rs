//! Where the scheme's procedure says `notify`, a penalty's firm is told of it before it is
//! confirmed, and has days to be heard.

use serde_json::{Value, json};
use xinwu_both::both;
use xinwu_domain::access::Role;

use crate::harness::files::{penalty, with};
use crate::harness::world::STREET;
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
    let (id, etag) = app.draft(token, &fresh(uscc));
    app.record_step(token, &id, &etag, "submit").expect(200);
    id
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
            &json!("拟将“违规收取装修管理费”记入贵企业的信用档案，可于2026年11月27日前（含当日）陈述申辩")
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
