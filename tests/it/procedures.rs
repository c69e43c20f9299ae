//! Who records, confirms and decides by the scheme in force, and by which day: rules of other
//! cities, announced over HTTP as this city's own.

use serde_json::{Value, json};
use xinwu_both::both;
use xinwu_domain::access::Role;

use crate::harness::files::{ids, penalty, with};
use crate::harness::world::{COMMUNITY, DISTRICT, STREET};
use crate::harness::{Backend, TestApp};
use crate::imports::{CSV, fault, faults, import_file, rows};
use crate::scheme_drafts::{announce, second_version};

pub const LANSHAN: &str = include_str!("../../schemes/lanshan/1.toml");
const NANNING: &str = include_str!("../../schemes/nanning-2024/1.toml");

/// A shipped scheme, with changes, is the city's primary one from `day` on: the second version of
/// the demo scheme stands back.
pub fn adopt(app: &TestApp, scheme: &str, day: &str, changes: &[(&str, &str)]) {
    announce(app, &second_version(day, &[("primary_for = [\"firm\", \"project\"]\n", "")]));
    let line = |key: &str| scheme.lines().find(|line| line.starts_with(key)).unwrap();
    let mut text = scheme
        .replacen("version = 1", "version = 2", 1)
        .replacen(line("place = "), "place = \"2102\"", 1)
        .replacen(line("effective_from = "), &format!("effective_from = {day}"), 1);
    for (old, new) in changes {
        assert!(text.contains(old), "{old}");
        text = text.replacen(old, new, 1);
    }
    announce(app, &text);
}

/// Lanshan's rules are this city's from today on.
pub fn adopt_lanshan(app: &TestApp) {
    adopt(app, LANSHAN, "2026-11-21", &[]);
}

/// Four and twelve days for objections instead of seven and twenty, which are the settings' too,
/// and a step for repairs.
pub const OTHER_DAYS: (&str, &str) = (
    "{ step = \"decide_objection\", by = [\"district\"], working_days = 7, complex_working_days = 20 },\n]",
    "{ step = \"decide_objection\", by = [\"district\"], working_days = 4, complex_working_days = 12 },\n  { step = \"repair\", by = [\"district\"], working_days = 3 },\n]",
);

/// A penalty that is recorded in time, four days after its decision.
fn fresh(uscc: &str) -> Value {
    with(penalty(uscc), json!({"decided_on": "2026-11-17"}))
}

fn not_by_procedure(call: crate::harness::Call, detail: &str) {
    assert_eq!(call.refused(403, "not_by_procedure").json()["detail"], detail);
}

/// A record submitted by one official; gives its id and entity tag.
pub fn submitted(app: &TestApp, token: &str, body: &Value) -> (String, String) {
    let (id, etag) = app.draft(token, body);
    let etag = app.record_step(token, &id, &etag, "submit").expect(200).etag().to_owned();
    (id, etag)
}

#[both]
fn lanshans_penalties_are_recorded_below_and_confirmed_by_street_or_district(app: TestApp) {
    let scene = app.scene();
    let [community, district, city] =
        [(Role::Community, COMMUNITY), (Role::District, DISTRICT), (Role::City, "2102")]
            .map(|(role, place)| app.official(role, place, true));
    let body = fresh(&scene.uscc);
    // Without a procedure the permissions alone decide, and nothing is due.
    let (before, etag) = submitted(&app, &district, &body);
    let seen = app.get(&format!("/v1/admin/records/{before}")).token(&district).expect(200).json();
    assert_eq!(
        (
            &seen["confirm_due_on"],
            &seen["confirm_working_days_left"],
            &seen["confirm_overdue"],
            &seen["recorded_late"]
        ),
        (&json!(null), &json!(null), &json!(false), &json!(false))
    );
    adopt(&app, LANSHAN, "2026-11-21", &[]);
    let recorded_by =
        "按日照市岚山区物业服务信用评价（演示）（lanshan 第2版），一般惩戒信息的录入由社区、街道办理";
    not_by_procedure(app.post("/v1/admin/records").token(&district).json(&body), recorded_by);
    let english =
        "By the scheme lanshan, version 2, an ordinary penalty is recorded by community or street officials";
    not_by_procedure(app.post("/v1/admin/records").token(&district).english().json(&body), english);
    // What was begun before goes on by the rules of the day.
    not_by_procedure(
        app.record_step(&city, &before, &etag, "confirm"),
        "按日照市岚山区物业服务信用评价（演示）（lanshan 第2版），一般惩戒信息的审核确认由街道、区县办理",
    );
    let (id, etag) = app.draft(&community, &fresh(&scene.uscc));
    let reply = app.record_step(&community, &id, &etag, "submit").expect(200);
    let seen = reply.json();
    // A Saturday: Monday the 23rd is the first working day.
    assert_eq!(
        (&seen["confirm_due_on"], &seen["confirm_working_days_left"], &seen["recorded_late"]),
        (&json!("2026-11-25"), &json!(3), &json!(false))
    );
    app.record_step(&city, &id, reply.etag(), "return").refused(403, "not_by_procedure");
    // It narrows, and never widens.
    app.record_step(&app.official(Role::Street, STREET, false), &id, reply.etag(), "confirm")
        .refused(403, "no_power_to_confirm");
    app.record_step(&app.official(Role::Community, COMMUNITY, true), &id, reply.etag(), "confirm")
        .refused(403, "role_not_allowed");
    let street = app.official(Role::Street, STREET, true);
    let confirmed = app.record_step(&street, &id, reply.etag(), "confirm").expect(200).json();
    assert_eq!(
        (&confirmed["state"], &confirmed["confirm_due_on"], &confirmed["confirm_overdue"]),
        (&json!("in_force"), &json!(null), &json!(false))
    );
    // Rewards have a procedure of their own.
    let reward = with(fresh(&scene.uscc), json!({"category": "R301"}));
    let (reward, etag) = submitted(&app, &district, &reward);
    not_by_procedure(
        app.record_step(&city, &reward, &etag, "confirm"),
        "按日照市岚山区物业服务信用评价（演示）（lanshan 第2版），奖励信息的审核确认由区县办理",
    );
    let confirmed = app.record_step(&app.confirmer(), &reward, &etag, "confirm").expect(200);
    assert_eq!(confirmed.json()["state"], "in_force");
}

#[both]
fn an_objection_has_the_schemes_days_and_deciders(app: TestApp) {
    let scene = app.scene();
    adopt(&app, LANSHAN, "2026-11-21", &[OTHER_DAYS]);
    let street = |may| app.official(Role::Street, STREET, may);
    let [city, district] = [app.official(Role::City, "2102", true), app.confirmer()];
    let in_force = |body: &Value| {
        let (id, etag) = submitted(&app, &street(false), body);
        app.record_step(&district, &id, &etag, "confirm").expect(200);
        id
    };
    let id = in_force(&with(fresh(&scene.uscc), json!({"severity": "minor"})));
    let firm = app.firm_account(&scene.uscc);
    let filed = app.object(&firm, &format!("/v1/records/{id}")).expect(201).json();
    assert_eq!((&filed["due_on"], &filed["working_days_left"]), (&json!("2026-11-26"), &json!(4)));
    let objection = filed["id"].as_str().unwrap();
    let upheld = json!({"decision": "upheld", "reason": "事实清楚"});
    let decided_by =
        "按日照市岚山区物业服务信用评价（演示）（lanshan 第2版），轻微惩戒信息的异议处理由区县办理";
    for official in [&street(true), &city] {
        not_by_procedure(app.decide(official, "objections", objection, &upheld), decided_by);
        let extend = app
            .post(&format!("/v1/admin/objections/{objection}/extend"))
            .token(official)
            .header("If-Match", "*");
        not_by_procedure(extend.json(&json!({"reason": "案情复杂"})), decided_by);
    }
    let other = app.confirmer();
    let extend =
        app.post(&format!("/v1/admin/objections/{objection}/extend")).token(&other).header("If-Match", "*");
    let extended = extend.json(&json!({"reason": "案情复杂"})).expect(200).json();
    assert_eq!(
        (&extended["due_on"], &extended["extension_reason"]),
        (&json!("2026-12-08"), &json!("案情复杂"))
    );
    app.decided(objection, &upheld);
    // A repair, too, has its days and its deciders.
    let repair = app.ask_repair(&firm, &id).expect(201).json();
    assert_eq!(repair["due_on"], "2026-11-25");
    let (repair, granted) =
        (repair["id"].as_str().unwrap(), json!({"decision": "granted", "reason": "已核实"}));
    not_by_procedure(
        app.decide(&city, "repairs", repair, &granted),
        "按日照市岚山区物业服务信用评价（演示）（lanshan 第2版），轻微惩戒信息的信用修复由区县办理",
    );
    app.decide(&app.confirmer(), "repairs", repair, &granted).expect(200);
    // Where the scheme names no step, the setting and the permissions hold.
    let reward = app.draft(&app.drafter(), &with(fresh(&scene.uscc), json!({"category": "R301"})));
    let etag = app.record_step(&app.drafter(), &reward.0, &reward.1, "submit").expect(200).etag().to_owned();
    app.record_step(&district, &reward.0, &etag, "confirm").expect(200);
    let filed = app.object(&firm, &format!("/v1/records/{}", reward.0)).expect(201).json();
    assert_eq!(filed["due_on"], "2026-12-01");
    app.decide(&city, "objections", filed["id"].as_str().unwrap(), &upheld).expect(200);
}

#[both]
fn in_nanning_what_is_serious_goes_to_the_city(app: TestApp) {
    let scene = app.scene();
    adopt(&app, NANNING, "2026-11-21", &[]);
    let [street, district, city] = [(Role::Street, STREET), (Role::District, DISTRICT), (Role::City, "2102")]
        .map(|(role, place)| app.official(role, place, true));
    let serious = with(fresh(&scene.uscc), json!({"severity": "serious"}));
    let refused =
        "按南宁市物业服务企业信用评价（2024）（nanning-2024 第2版），严重惩戒信息的录入由区县、市级办理";
    not_by_procedure(app.post("/v1/admin/records").token(&street).json(&serious), refused);
    app.post("/v1/admin/records")
        .token(&app.official(Role::Community, COMMUNITY, false))
        .json(&fresh(&scene.uscc))
        .refused(403, "not_by_procedure");
    // A draft does not become by an edit what could not have been drafted.
    let (id, etag) = app.draft(&street, &fresh(&scene.uscc));
    let path = format!("/v1/admin/records/{id}");
    not_by_procedure(
        app.patch(&path).token(&street).header("If-Match", &etag).json(&json!({"severity": "serious"})),
        refused,
    );
    assert_eq!(app.get(&path).token(&street).expect(200).etag(), etag);
    let etag = app.record_step(&street, &id, &etag, "submit").expect(200).etag().to_owned();
    app.record_step(&app.official(Role::Street, STREET, true), &id, &etag, "confirm")
        .refused(403, "not_by_procedure");
    app.record_step(&district, &id, &etag, "confirm").expect(200);
    // An ordinary penalty's procedure gives no days of a complex case: then the setting does.
    let objection = app.objection(&scene.uscc, &id);
    let other = app.confirmer();
    let extend =
        app.post(&format!("/v1/admin/objections/{objection}/extend")).token(&other).header("If-Match", "*");
    assert_eq!(extend.json(&json!({"reason": "案情复杂"})).expect(200).json()["due_on"], "2026-12-18");
    let (id, etag) = submitted(&app, &district, &serious);
    app.record_step(&app.confirmer(), &id, &etag, "confirm").refused(403, "not_by_procedure");
    app.record_step(&city, &id, &etag, "confirm").expect(200);
    let objection = app.objection(&scene.uscc, &id);
    let decider = app.official(Role::City, "2102", true);
    app.decide(&app.confirmer(), "objections", &objection, &json!({"decision": "upheld", "reason": "x"}))
        .refused(403, "not_by_procedure");
    app.decide(&decider, "objections", &objection, &json!({"decision": "upheld", "reason": "x"})).expect(200);
}

#[both]
fn what_waits_for_confirmation_is_listed_by_the_day_on_which_it_is_due(app: TestApp) {
    let scene = app.scene();
    adopt(&app, LANSHAN, "2026-11-21", &[]);
    let street = app.official(Role::Street, STREET, false);
    let (first, etag) = submitted(&app, &street, &fresh(&scene.uscc));
    app.set_time("2026-11-23T02:00:00Z");
    let street = app.official(Role::Street, STREET, false);
    let (second, _) = submitted(&app, &street, &fresh(&scene.uscc));
    let (third, _) = submitted(&app, &street, &fresh(&scene.uscc));
    app.draft(&street, &fresh(&scene.uscc));
    let due = |query: &str| {
        ids(&app.get(&format!("/v1/admin/records?{query}")).token(&app.confirmer()).expect(200))
    };
    assert_eq!(due("due_by=2026-11-24"), Vec::<String>::new());
    assert_eq!(due("due_by=2026-11-25"), [first.as_str()]);
    assert_eq!(due("due_by=2026-11-26&kind=penalty"), [first.as_str(), second.as_str(), third.as_str()]);
    assert_eq!(due("due_by=2026-11-26&kind=reward"), Vec::<String>::new());
    assert_eq!(due("due_by=2026-11-26&state=draft"), Vec::<String>::new());
    assert_eq!(
        app.walk_as(&app.confirmer(), "/v1/admin/records?due_by=2026-11-26&limit=1"),
        [first.as_str(), second.as_str(), third.as_str()]
    );
    app.get("/v1/admin/records?due_by=soon").token(&app.confirmer()).refused(400, "bad_parameter");
    let current_grade = |instant: &str| {
        app.set_time(instant);
        let seen = app.get(&format!("/v1/admin/records/{first}")).token(&app.confirmer()).expect(200).json();
        (seen["confirm_working_days_left"].as_i64().unwrap(), seen["confirm_overdue"].as_bool().unwrap())
    };
    // The 25th ends at 16:00 UTC.
    assert_eq!(current_grade("2026-11-25T15:59:59Z"), (0, false));
    assert_eq!(current_grade("2026-11-25T16:00:00Z"), (-1, true));
    assert_eq!(current_grade("2026-11-29T02:00:00Z"), (-2, true));
    // It can be confirmed all the same, and then no longer waits.
    app.record_step(&app.confirmer(), &first, &etag, "confirm").expect(200);
    assert_eq!(
        ids(&app.get("/v1/admin/records?due_by=2026-11-26").token(&app.confirmer()).expect(200)),
        [second.as_str(), third.as_str()]
    );
}

#[both]
fn what_is_recorded_late_is_taken_and_marked(app: TestApp) {
    let scene = app.scene();
    adopt(&app, LANSHAN, "2026-11-21", &[]);
    let decided = |day: &str| with(penalty(&scene.uscc), json!({"decided_on": day}));
    let late = |token: &str, id: &str| {
        app.get(&format!("/v1/admin/records/{id}")).token(token).expect(200).json()["recorded_late"].clone()
    };
    let street = app.official(Role::Street, STREET, false);
    // Five working days after Friday the 13th: Friday the 20th.
    let (id, etag) = submitted(&app, &street, &decided("2026-11-13"));
    assert_eq!(late(&street, &id), json!(true));
    app.record_step(&app.confirmer(), &id, &etag, "confirm").expect(200);
    assert_eq!(late(&street, &id), json!(true));
    // Officials alone are told.
    assert!(
        app.get(&format!("/v1/records/{id}"))
            .token(&app.firm_account(&scene.uscc))
            .expect(200)
            .json()
            .get("recorded_late")
            .is_none()
    );
    // Five working days after Monday the 16th: Monday the 23rd, whose last second still is in time.
    app.set_time("2026-11-23T15:59:59Z");
    let street = app.official(Role::Street, STREET, false);
    let [timely, etag] = <[String; 2]>::from(submitted(&app, &street, &decided("2026-11-16")));
    assert_eq!(late(&street, &timely), json!(false));
    app.set_time("2026-11-23T16:00:00Z");
    let (id, _) = submitted(&app, &street, &decided("2026-11-16"));
    assert_eq!(late(&street, &id), json!(true));
    // What came in time, was sent back and came again, is not late; its confirmation has its days
    // again.
    app.set_time("2026-11-30T02:00:00Z");
    let etag = app.record_step(&app.confirmer(), &timely, &etag, "return").expect(200).etag().to_owned();
    let street = app.official(Role::Street, STREET, false);
    let again = app.record_step(&street, &timely, &etag, "submit").expect(200).json();
    assert_eq!((&again["recorded_late"], &again["confirm_due_on"]), (&json!(false), &json!("2026-12-03")));
}

#[both]
fn a_file_is_held_to_it_row_by_row_and_a_batch_as_one(app: TestApp) {
    let scene = app.scene();
    adopt(&app, LANSHAN, "2026-11-21", &[]);
    let header = "category,uscc,level,title,document_number,authority,evidence,decided_on";
    let row = |category: &str, number: u32| {
        format!("{category},{},city,标题,文〔2026〕{number}号,机关,file,2026-11-17\n", scene.uscc)
    };
    let district = app.official(Role::District, DISTRICT, true);
    let mixed = format!("{header}\n{}{}{}", row("R101", 1), row("P301", 2), row("P304", 3));
    let refused = import_file(&app, &district, "records", CSV, mixed.as_str());
    assert_eq!(
        (&refused["state"], faults(&refused)),
        (&json!("refused"), vec![fault(3, "", "not_by_procedure"), fault(4, "", "not_by_procedure")])
    );
    let reason = refused["bad_rows"][0]["detail"].as_str().unwrap();
    assert!(reason.ends_with("一般惩戒信息的录入由社区、街道办理"), "{reason}");
    assert_eq!(app.get("/v1/admin/records").token(&district).expect(200).json()["items"], json!([]));
    let path =
        |batch: &Value, step: &str| format!("/v1/admin/imports/{}/{step}", batch["id"].as_str().unwrap());
    let rewards = import_file(&app, &district, "records", CSV, format!("{header}\n{}", row("R101", 1)));
    assert_eq!((&rewards["state"], &rewards["rows"]), (&json!("submitted"), &rows(1, 0, 0)));
    let listed = app.get("/v1/admin/records?due_by=2026-12-31").token(&district).expect(200).json();
    // Rewards have five working days for their confirmation.
    assert_eq!(
        (&listed["items"][0]["confirm_due_on"], &listed["items"][0]["recorded_late"]),
        (&json!("2026-11-27"), &json!(false))
    );
    let city = app.official(Role::City, "2102", true);
    app.post(&path(&rewards, "confirm"))
        .token(&city)
        .header("If-Match", "*")
        .refused(403, "not_by_procedure");
    app.post(&path(&rewards, "return"))
        .token(&city)
        .header("If-Match", "*")
        .json(&json!({"reason": "x"}))
        .refused(403, "not_by_procedure");
    app.post(&path(&rewards, "confirm")).token(&app.confirmer()).header("If-Match", "*").expect(200);
    // The whole batch is the confirmer's, or none of it: a street may confirm penalties, not
    // rewards.
    let street = app.official(Role::Street, STREET, false);
    let both =
        import_file(&app, &street, "records", CSV, format!("{header}\n{}{}", row("R102", 4), row("P301", 5)));
    assert_eq!(both["rows"], rows(2, 0, 0), "{both}");
    app.post(&path(&both, "confirm"))
        .token(&app.official(Role::Street, STREET, true))
        .header("If-Match", "*")
        .refused(403, "not_by_procedure");
    let counts = || app.get(&format!("/v1/firms/{}", scene.uscc)).expect(200).json()["records"].clone();
    assert_eq!(counts(), json!({"rewards": 1, "penalties": 0}));
    app.post(&path(&both, "confirm")).token(&app.confirmer()).header("If-Match", "*").expect(200);
    assert_eq!(counts(), json!({"rewards": 2, "penalties": 1}));
}

/// Submitted on the day before the National Day of 2026: the 8th, the 9th and, worked for the
/// holidays, Saturday the 10th of October.
fn due_after_the_holidays(backend: Backend) {
    let app = TestApp::start_at(backend, "2026-09-30T02:00:00Z", |_| {});
    let scene = app.scene();
    adopt(&app, LANSHAN, "2026-09-30", &[]);
    let street = app.official(Role::Street, STREET, false);
    // Five working days after the 22nd: 23, 24, 28, 29 and 30 September, without the Mid-Autumn
    // Festival.
    for (decided_on, late) in [("2026-09-22", false), ("2026-09-21", true)] {
        let (id, _) =
            submitted(&app, &street, &with(penalty(&scene.uscc), json!({"decided_on": decided_on})));
        let seen = app.get(&format!("/v1/admin/records/{id}")).token(&street).expect(200).json();
        assert_eq!(
            (&seen["confirm_due_on"], &seen["recorded_late"]),
            (&json!("2026-10-10"), &json!(late)),
            "{decided_on}"
        );
    }
}

mod the_days_run_in_working_days_over_holidays_and_make_up_days {
    use super::{Backend, due_after_the_holidays};

    #[test]
    fn sqlite() {
        due_after_the_holidays(Backend::Sqlite);
    }

    #[test]
    fn postgres() {
        due_after_the_holidays(Backend::Postgres);
    }
}
