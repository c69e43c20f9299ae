//! Repairs: asked for after the shortest publicity, decided by another official, at once in the
//! grade and never in the past.

use crate::harness::TestApp;
use serde_json::{Value, json};
use xinwu_both::both;
use xinwu_domain::access::Role;

use crate::harness::files::{ids, penalty, with};
use crate::harness::life::line;
use crate::harness::world::{DISTRICT, OTHER_DISTRICT};

fn granted() -> Value {
    json!({"decision": "granted", "reason": "退款已核实"})
}

fn refused() -> Value {
    json!({"decision": "refused", "reason": "退款未完成"})
}

#[both]
fn a_repair_can_be_asked_for_once_the_shortest_publicity_has_ended(app: TestApp) {
    let scene = app.scene();
    let decided = |severity: &str, day: &str| {
        app.record_in_force(&with(penalty(&scene.uscc), json!({"severity": severity, "decided_on": day})))
    };
    // Three months to the day: 2026-11-21 is the last.
    let (ordinary, minor) = (decided("ordinary", "2026-08-21"), decided("minor", "2026-11-21"));
    let (serious, reward) = (
        decided("serious", "2025-11-20"),
        app.record_in_force(&with(penalty(&scene.uscc), json!({"category": "R301"}))),
    );
    let firm = app.firm_account(&scene.uscc);
    app.ask_repair(&firm, &ordinary).refused(409, "too_early");
    app.ask_repair(&firm, &reward).refused(409, "not_a_penalty");
    app.ask_repair(&firm, &serious).expect(201);
    app.ask_repair(&firm, &decided("serious", "2025-11-21")).refused(409, "too_early");
    let asked = app.ask_repair(&firm, &minor).expect(201);
    // Asked for on a Saturday: ten working days from Monday the 23rd.
    assert_eq!(
        (&asked.json()["due_on"], &asked.json()["working_days_left"]),
        (&json!("2026-12-04"), &json!(10))
    );
    assert_eq!(app.get(asked.header("location")).token(&firm).expect(200).etag(), asked.etag());
    app.ask_repair(&firm, &minor).refused(409, "repair_open");
    app.ask_repair(&app.firm_account(&app.firm("别家物业")), &minor).refused(404, "not_found");
    app.ask_repair(&app.confirmer(), &minor).refused(403, "role_not_allowed");
    app.post(&format!("/v1/records/{minor}/repairs"))
        .token(&firm)
        .json(&json!({"commitment": "x", "evidence": []}))
        .refused(422, "invalid");
    app.set_time("2026-11-21T15:59:59Z");
    app.ask_repair(&app.firm_account(&scene.uscc), &ordinary).refused(409, "too_early");
    app.set_time("2026-11-21T16:00:00Z");
    app.ask_repair(&app.firm_account(&scene.uscc), &ordinary).expect(201);
    let own = app.get("/v1/firm").token(&app.firm_account(&scene.uscc)).expect(200).json();
    assert_eq!(own["repairs"].as_array().unwrap().len(), 3);
}

#[both]
fn a_granted_repair_ends_publicity_and_counting_from_that_instant(app: TestApp) {
    let scene = app.scene();
    let id = app.record_in_force(&with(penalty(&scene.uscc), json!({"decided_on": "2026-08-01"})));
    let before = app.evaluated(&scene.uscc, "")["score"].clone();
    app.advance(chrono::Duration::minutes(2));
    let repair = app.ask_repair(&app.firm_account(&scene.uscc), &id).expect(201).json()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(app.evaluated(&scene.uscc, "")["score"], before);
    app.advance(chrono::Duration::minutes(2));
    let decided = app.decide(&app.confirmer(), "repairs", &repair, &granted()).expect(200).json();
    assert_eq!(
        (&decided["status"], &decided["decided_at"]),
        (&json!("granted"), &json!("2026-11-21T02:04:00Z"))
    );
    app.get(&format!("/v1/records/{id}")).refused(404, "not_found");
    assert_eq!(ids(&app.get(&format!("/v1/firms/{}/records", scene.uscc)).expect(200)), Vec::<String>::new());
    let own = app.get(&format!("/v1/records/{id}")).token(&app.firm_account(&scene.uscc)).expect(200).json();
    assert_eq!(own["status"], "repaired");
    assert_eq!(app.evaluated(&scene.uscc, "")["score"], 60);
    // It was not wrong: whatever is known later, it counted until then.
    for query in ["?as_of=2026-11-21T02:03:59Z", "?as_of=2026-11-21T02:03:59Z&known_at=2026-11-21T02:04:00Z"]
    {
        assert_eq!(app.evaluated(&scene.uscc, query)["score"], before, "{query}");
    }
    assert_eq!(app.evaluated(&scene.uscc, "?as_of=2026-11-21T02:04:00Z")["score"], 60);
    let full = app
        .get(&format!("/v1/firms/{}/evaluation?as_of=2026-11-21T02:03:00Z", scene.uscc))
        .token(&app.firm_account(&scene.uscc));
    assert!(line(&full.expect(200).json(), &id).is_some());
    let history =
        app.get(&format!("/v1/firms/{}/evaluations", scene.uscc)).token(&app.confirmer()).expect(200).json();
    assert_eq!(
        (&history["items"][0]["cause"]["kind"], &history["items"][0]["cause"]["id"]),
        (&json!("record"), &json!(id))
    );
    app.ask_repair(&app.firm_account(&scene.uscc), &id).refused(404, "not_found");
}

#[both]
fn a_refused_repair_changes_nothing_and_can_be_asked_for_again_after_thirty_days(app: TestApp) {
    let scene = app.scene();
    let id = app.record_in_force(&with(penalty(&scene.uscc), json!({"decided_on": "2026-08-01"})));
    let (path, firm) = (format!("/v1/records/{id}"), app.firm_account(&scene.uscc));
    let from = || app.get(&path).expect(200).json()["repair_possible_from"].clone();
    assert_eq!(from(), "2026-11-02");
    let repair = app.ask_repair(&firm, &id).expect(201).json()["id"].as_str().unwrap().to_owned();
    let answer = app.decide(&app.confirmer(), "repairs", &repair, &refused()).expect(200).json();
    assert_eq!((&answer["status"], &answer["working_days_left"]), (&json!("refused"), &json!(null)));
    let seen = app.get(&format!("/v1/repairs/{repair}")).token(&firm).expect(200).json();
    assert_eq!(seen["reason"], "退款未完成");
    assert!(seen.get("decided_by").is_none());
    app.decide(&app.confirmer(), "repairs", &repair, &granted()).refused(409, "already_decided");
    // Refused on 21 November: the thirty days end with 21 December.
    assert_eq!(from(), "2026-12-22");
    let told = app.ask_repair(&firm, &id).refused(409, "lately_refused").json()["detail"].clone();
    assert_eq!(told, "上次修复申请未获准，2026-12-22起可再次申请");
    app.set_time("2026-12-21T15:59:59Z");
    app.ask_repair(&app.firm_account(&scene.uscc), &id).refused(409, "lately_refused");
    app.set_time("2026-12-21T16:00:00Z");
    app.ask_repair(&app.firm_account(&scene.uscc), &id).expect(201);
    let list =
        |query: &str| ids(&app.get(&format!("/v1/admin/repairs{query}")).token(&app.confirmer()).expect(200));
    assert_eq!((list("?status=refused"), list("?status=open").len(), list("").len()), (vec![repair], 1, 2));
    assert_eq!(
        ids(&app
            .get("/v1/admin/repairs")
            .token(&app.official(Role::District, OTHER_DISTRICT, true))
            .expect(200)),
        Vec::<String>::new()
    );
    let steps =
        app.get(&format!("/v1/admin/records/{id}")).token(&app.confirmer()).expect(200).json()["steps"]
            .clone();
    let steps: Vec<_> =
        steps.as_array().unwrap().iter().skip(3).map(|step| step["step"].as_str().unwrap()).collect();
    assert_eq!(steps, ["repair_requested", "repair_refused", "repair_requested"]);
}

#[both]
fn what_a_firm_promises_is_shown_to_everyone(app: TestApp) {
    let scene = app.scene();
    let id = app.record_in_force(&with(penalty(&scene.uscc), json!({"decided_on": "2026-08-01"})));
    let (path, firm) = (format!("/v1/records/{id}"), app.firm_account(&scene.uscc));
    let shown = || app.get(&path).expect(200).json()["commitment"].clone();
    let all = || app.get(&format!("/v1/firms/{}/commitments?count=true", scene.uscc)).expect(200).json();
    assert_eq!((shown(), all()["items"].clone()), (json!(null), json!([])));
    // A person's number would be shown with it.
    let body = json!({"commitment": "已退款，请致电 138 0011 2233 核实", "evidence": ["退款清单.pdf"]});
    let refused = app.post(&format!("{path}/repairs")).token(&firm).json(&body).refused(422, "invalid");
    assert_eq!(refused.faults(), [("/commitment".into(), "personal_information".into())]);
    let asked = app.ask_repair(&firm, &id).expect(201);
    let repair = asked.json()["id"].as_str().unwrap().to_owned();
    let open = json!({"id": repair, "text": "已全部退还，承诺明码标价。", "status": "open", "made_at": "2026-11-21T02:00:00Z"});
    assert_eq!((shown(), all()["items"].clone()), (open.clone(), json!([open])));
    // The penalty is gone when it is granted; the promise stays.
    app.decide(&app.confirmer(), "repairs", &repair, &granted()).expect(200);
    app.get(&path).refused(404, "not_found");
    assert_eq!((&all()["items"][0]["status"], &all()["page"]["total"]), (&json!("granted"), &json!(1)));
    app.get(&format!("/v1/firms/{}/commitments", crate::harness::world::new_uscc()))
        .refused(404, "not_found");
}

#[both]
fn a_promise_tells_of_no_penalty_that_nobody_was_shown(app: TestApp) {
    let scene = app.scene();
    let firm = app.firm_account(&scene.uscc);
    let all = || app.get(&format!("/v1/firms/{}/commitments?count=true", scene.uscc)).expect(200).json();
    let promised = |changes| {
        let id = app.record_in_force(&with(penalty(&scene.uscc), changes));
        let repair = app.ask_repair(&firm, &id).expect(201).json()["id"].as_str().unwrap().to_owned();
        (id, repair)
    };
    // A minor penalty is not shown, and so neither is what is promised of it, open or granted.
    let (hidden, repair) = promised(json!({"severity": "minor"}));
    assert_eq!((all()["items"].clone(), all()["page"]["total"].clone()), (json!([]), json!(0)));
    let own = app.get(&format!("/v1/records/{hidden}")).token(&firm).expect(200).json();
    assert_eq!(own["commitment"]["id"], json!(repair));
    app.decide(&app.confirmer(), "repairs", &repair, &granted()).expect(200);
    assert_eq!(all()["items"], json!([]));
    // One that is revoked takes the promise with it.
    let (revoked, fallen) = promised(json!({"decided_on": "2026-08-01"}));
    assert_eq!(ids(&app.get(&format!("/v1/firms/{}/commitments", scene.uscc)).expect(200)), [fallen]);
    app.decided(
        &app.objection(&scene.uscc, &revoked),
        &json!({"decision": "revoked", "reason": "处罚已撤销"}),
    );
    assert_eq!(all()["items"], json!([]));
    // One that was shown to its last day, and repaired after it, is told of no more than before.
    let (_, late) = promised(json!({"severity": "minor", "publish": true, "public_until": "2026-11-21"}));
    let (_, kept) = promised(json!({"decided_on": "2026-08-02"}));
    assert_eq!(all()["page"]["total"], 2);
    app.set_time("2026-11-22T02:00:00Z");
    assert_eq!((&all()["items"][0]["id"], &all()["page"]["total"]), (&json!(kept), &json!(1)));
    for repair in [&late, &kept] {
        app.decide(&app.confirmer(), "repairs", repair, &granted()).expect(200);
    }
    assert_eq!((&all()["items"][0]["id"], &all()["page"]["total"]), (&json!(kept), &json!(1)));
    // Five years after the decision it is archived.
    app.set_time("2031-08-02T15:59:59Z");
    assert_eq!(all()["page"]["total"], 1);
    app.set_time("2031-08-02T16:00:00Z");
    assert_eq!(all()["items"], json!([]));
}

#[both]
fn a_request_is_taken_back_and_its_decision_takes_longer_as_with_objections(app: TestApp) {
    let scene = app.scene();
    let drafter = app.drafter();
    let hand = app.confirmer();
    let (id, etag) = app.draft(&drafter, &with(penalty(&scene.uscc), json!({"decided_on": "2026-08-01"})));
    let etag = app.record_step(&drafter, &id, &etag, "submit").expect(200).etag().to_owned();
    app.record_step(&hand, &id, &etag, "confirm").expect(200);
    let firm = app.firm_account(&scene.uscc);
    let asked = app.ask_repair(&firm, &id).expect(201);
    let room = asked.header("location").to_owned();
    let withdraw = |token: &str, room: &str| app.post(&format!("{room}/withdraw")).token(token);
    withdraw(&app.firm_account(&app.firm("别家物业")), &room)
        .header("If-Match", "*")
        .refused(404, "not_found");
    withdraw(&firm, &room).refused(428, "if_match_required");
    withdraw(&firm, &room).header("If-Match", "\"7-x\"").refused(412, "stale");
    let back = withdraw(&firm, &room).header("If-Match", asked.etag()).expect(200).json();
    assert_eq!(
        (&back["status"], &back["working_days_left"], &back["decided_at"]),
        (&json!("withdrawn"), &json!(null), &json!("2026-11-21T02:00:00Z"))
    );
    withdraw(&firm, &room).header("If-Match", "*").refused(409, "already_decided");
    assert_eq!(app.get(&format!("/v1/records/{id}")).expect(200).json()["commitment"], json!(null));
    // It may ask again at once.
    let second = app.ask_repair(&firm, &id).expect(201).json()["id"].as_str().unwrap().to_owned();
    assert_eq!(app.ask_repair(&firm, &id).refused(409, "repair_open").json()["existing"], json!(second));
    let extend = |token: &str, body| {
        app.post(&format!("/v1/admin/repairs/{second}/extend"))
            .token(token)
            .header("If-Match", "*")
            .json(&body)
    };
    let why = || json!({"reason": "需现场核查"});
    extend(&hand, why()).refused(403, "second_person_needed");
    extend(&app.official(Role::District, DISTRICT, false), why()).refused(403, "no_power_to_confirm");
    extend(&app.official(Role::District, OTHER_DISTRICT, true), why()).refused(404, "not_found");
    let refused = extend(&app.confirmer(), json!({"reason": " "})).refused(422, "invalid");
    assert_eq!(refused.faults(), [("/reason".into(), "blank".into())]);
    // Due on Friday, 4 December; that day is the last.
    app.set_time("2026-12-04T16:00:00Z");
    extend(&app.confirmer(), why()).refused(409, "deadline_passed");
    app.set_time("2026-12-04T15:59:59Z");
    let longer = extend(&app.confirmer(), why()).expect(200).json();
    assert_eq!(
        (&longer["due_on"], &longer["extension_reason"]),
        (&json!("2026-12-18"), &json!("需现场核查"))
    );
    extend(&app.confirmer(), why()).refused(409, "already_extended");
    app.decide(&app.confirmer(), "repairs", &second, &json!({"decision": "refused", "reason": "退款未完成"}))
        .expect(200);
    extend(&app.confirmer(), why()).refused(409, "already_decided");
}

#[both]
fn another_official_decides_on_a_repair_and_only_one(app: TestApp) {
    let scene = app.scene();
    let [drafter, confirmer] = [(); 2].map(|()| app.official(Role::District, DISTRICT, true));
    let (id, etag) = app.draft(&drafter, &with(penalty(&scene.uscc), json!({"severity": "minor"})));
    let etag = app.record_step(&drafter, &id, &etag, "submit").expect(200).etag().to_owned();
    app.record_step(&confirmer, &id, &etag, "confirm").expect(200);
    let repair = app.ask_repair(&app.firm_account(&scene.uscc), &id).expect(201).json()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    for hand in [&drafter, &confirmer] {
        app.decide(hand, "repairs", &repair, &granted()).refused(403, "second_person_needed");
    }
    app.decide(&app.official(Role::District, DISTRICT, false), "repairs", &repair, &granted())
        .refused(403, "no_power_to_confirm");
    app.decide(&app.official(Role::District, OTHER_DISTRICT, true), "repairs", &repair, &granted())
        .refused(404, "not_found");
    let officials = [app.confirmer(), app.confirmer()];
    let path = format!("/v1/admin/repairs/{repair}");
    app.post(&format!("{path}/decide"))
        .token(&officials[0])
        .json(&granted())
        .refused(428, "if_match_required");
    let etag = app.get(&path).token(&officials[0]).expect(200).etag().to_owned();
    let mut statuses: Vec<u16> = std::thread::scope(|scope| {
        let decide = |token| {
            app.post(&format!("{path}/decide"))
                .token(token)
                .header("If-Match", &etag)
                .json(&granted())
                .send()
                .status
        };
        let calls: Vec<_> = officials.iter().map(|token| scope.spawn(move || decide(token))).collect();
        calls.into_iter().map(|call| call.join().unwrap()).collect()
    });
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 412]);
}

#[both]
fn what_is_disputed_is_decided_before_it_is_repaired(app: TestApp) {
    let scene = app.scene();
    let id = app.record_in_force(&with(penalty(&scene.uscc), json!({"severity": "minor"})));
    let firm = app.firm_account(&scene.uscc);
    let repair = app.ask_repair(&firm, &id).expect(201).json()["id"].as_str().unwrap().to_owned();
    let objection = app.objection(&scene.uscc, &id);
    let official = app.confirmer();
    app.decide(&official, "repairs", &repair, &granted()).refused(409, "objection_open");
    app.decide(&official, "objections", &objection, &json!({"decision": "revoked", "reason": "处罚已撤销"}))
        .expect(200);
    app.decide(&official, "repairs", &repair, &granted()).refused(409, "wrong_state");
    app.decide(&official, "repairs", &repair, &refused()).expect(200);
}
