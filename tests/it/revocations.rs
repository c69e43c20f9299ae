//! The way back of records: two people revoke what should not stand, and a serious penalty falls,
//! changes and is repaired by two.

use serde_json::{Value, json};
use xinwu_both::both;
use xinwu_domain::access::Role;
use xinwu_persistence::people::account::NewAccount;

use crate::harness::files::{penalty, with};
use crate::harness::world::{COMMUNITY, DISTRICT, OTHER_DISTRICT, STREET};
use crate::harness::{Call, TestApp, someone};
use crate::imports::{CSV, import_file};

fn in_error() -> Value {
    json!({"ground": "entered_in_error", "reason": "决定书所列为同名企业", "evidence": ["处罚决定书.pdf"]})
}

fn revoke(app: &TestApp, token: &str, id: &str, body: &Value) -> Call {
    app.post(&format!("/v1/admin/records/{id}/revoke")).token(token).header("If-Match", "*").json(body)
}

fn confirm(app: &TestApp, proposal: &Value, token: &str) -> Call {
    let path = format!("/v1/admin/proposals/{}/confirm", proposal["id"].as_str().unwrap());
    app.post(&path).token(token).header("If-Match", "*")
}

fn score(app: &TestApp, uscc: &str) -> Value {
    app.get(&format!("/v1/firms/{uscc}")).expect(200).json()["credit"]["score"].clone()
}

/// A serious penalty that was public for a year, and counts.
fn serious(uscc: &str) -> Value {
    let days = json!({"severity": "serious", "decided_on": "2025-11-01", "counts_until": "2027-11-01"});
    with(penalty(uscc), days)
}

#[both]
fn a_record_entered_in_error_falls_by_two_people_and_what_was_published_stays(app: TestApp) {
    let scene = app.scene();
    let (drafter, confirmer) = (app.drafter(), app.confirmer());
    let (id, etag) = app.draft(&drafter, &penalty(&scene.uscc));
    let etag = app.record_step(&drafter, &id, &etag, "submit").expect(200).etag().to_owned();
    // Nothing was confirmed yet: it is withdrawn, not revoked.
    revoke(&app, &drafter, &id, &in_error()).refused(409, "wrong_state");
    app.record_step(&confirmer, &id, &etag, "confirm").expect(200);
    let (_, follower) = app.resident("13900000001");
    app.put(&format!("/v1/me/follows/{}", scene.uscc)).token(&follower).expect(201);
    let firm = app.firm_account(&scene.uscc);
    app.tick();
    let mut copy = app.snapshot();
    let before = score(&app, &scene.uscc);
    app.advance(chrono::Duration::minutes(2));

    let proposal = revoke(&app, &drafter, &id, &in_error()).expect(202).json();
    let shown = ["operation", "asks", "reason", "state"].map(|field| proposal[field].clone());
    assert_eq!(shown, ["revoke_record", "official", "决定书所列为同名企业", "open"].map(Value::from));
    assert_eq!(
        proposal["changes"],
        json!([
            {"field": "state", "before": "in_force", "after": "revoked"},
            {"field": "ground", "before": null, "after": "entered_in_error"}
        ])
    );
    assert_eq!((score(&app, &scene.uscc), copy.follow(&app)), (before.clone(), Vec::new()));
    // Not by oneself, nor by who confirmed it, nor by who could not have.
    confirm(&app, &proposal, &drafter).refused(403, "second_person_needed");
    confirm(&app, &proposal, &confirmer).refused(403, "second_person_needed");
    confirm(&app, &proposal, &app.drafter()).refused(403, "no_power_to_confirm");
    confirm(&app, &proposal, &app.official(Role::District, OTHER_DISTRICT, true)).refused(404, "not_found");
    assert_eq!(score(&app, &scene.uscc), before);
    let (second, token) = app.account(NewAccount {
        place: Some(DISTRICT.to_owned()),
        display_name: Some("周敏".to_owned()),
        can_confirm: true,
        ..someone(Role::District)
    });
    assert_eq!(confirm(&app, &proposal, &token).expect(200).json()["state"], "confirmed");

    // Grade, card, lists and copies learn of it at once.
    assert_eq!(score(&app, &scene.uscc), json!(60));
    app.get(&format!("/v1/records/{id}")).refused(404, "not_found");
    assert_eq!(app.get(&format!("/v1/firms/{}", scene.uscc)).expect(200).json()["records"]["penalties"], 0);
    let changed = copy.follow(&app);
    let line = changed.iter().find(|line| line["id"] == json!(id)).unwrap();
    assert_eq!((&line["kind"], &line["value"]), (&json!("record"), &Value::Null));
    // What was published stays as it was.
    let then = app.evaluated(&scene.uscc, "?as_of=2026-11-21T02:01:00Z");
    assert_eq!(then["score"], before);
    assert_eq!(
        app.evaluated(&scene.uscc, "?as_of=2026-11-21T02:01:00Z&known_at=2026-11-21T02:02:00Z")["score"],
        60
    );

    // The history says why, and who; the firm reads why.
    let kept = app.get(&format!("/v1/admin/records/{id}")).token(&token).expect(200).json();
    let step = kept["steps"].as_array().unwrap().last().unwrap().clone();
    let told = ["step", "by", "seconded_by", "ground", "reason"].map(|field| step[field].clone());
    let author = proposal["proposed_by"].as_str().unwrap();
    let expected = ["revoked", author, second.as_str(), "entered_in_error", "决定书所列为同名企业"];
    assert_eq!((told, &step["evidence"]), (expected.map(Value::from), &json!(["处罚决定书.pdf"])));
    assert_eq!(kept["people"][second.as_str()], "周敏");
    let own = app.get(&format!("/v1/records/{id}")).token(&firm).expect(200).json();
    assert_eq!(
        (&own["status"], &own["revocation"]),
        (
            &json!("revoked"),
            &json!({"ground": "entered_in_error", "reason": "决定书所列为同名企业", "at": "2026-11-21T02:02:00Z"})
        )
    );
    let notice = &app.notices(&firm)[0];
    assert_eq!((&notice["kind"], &notice["reason"]), (&json!("record_taken_back"), &in_error()["reason"]));
    assert_eq!(app.notices(&drafter)[0]["kind"], "proposal_confirmed");
    assert_eq!(app.notices(&drafter)[1]["kind"], "record_revoked");
    app.tick();
    let told: Vec<Value> = app.notices(&follower).iter().map(|notice| notice["kind"].clone()).collect();
    assert!(told.contains(&json!("followed_revocation")), "{told:?}");
    assert!(!told.contains(&json!("followed_penalty")), "{told:?}");
    revoke(&app, &drafter, &id, &in_error()).refused(409, "wrong_state");
}

/// What a court annulled leaves the black list at once, and the file says why.
#[both]
fn an_annulled_record_takes_its_firm_off_the_black_list_at_once(app: TestApp) {
    let scene = app.scene();
    let listed = json!({"category": "P303", "severity": "ordinary", "severity_reason": "三日内退还"});
    let id = app.record_in_force(&with(penalty(&scene.uscc), listed));
    let firm = app.firm_account(&scene.uscc);
    let on_black = || {
        let card = app.get(&format!("/v1/firms/{}", scene.uscc)).expect(200).json();
        let on_card = card["lists"].as_array().unwrap().iter().any(|each| each["list"] == "black");
        let listed = app.get("/v1/lists/black").expect(200).json();
        let in_list =
            listed["items"].as_array().unwrap().iter().any(|item| item["firm"]["uscc"] == json!(scene.uscc));
        (on_card, in_list)
    };
    assert_eq!(on_black(), (true, true));
    let annulled = with(in_error(), json!({"ground": "annulled_by_court", "reason": "法院判决撤销"}));
    let proposal = revoke(&app, &app.drafter(), &id, &annulled).expect(202).json();
    assert_eq!(on_black(), (true, true));
    let second = app.confirmer();
    confirm(&app, &proposal, &second).expect(200);
    assert_eq!(on_black(), (false, false));
    let kept = app.get(&format!("/v1/admin/records/{id}")).token(&second).expect(200).json();
    let step = kept["steps"].as_array().unwrap().last().unwrap();
    assert_eq!(
        (&step["step"], &step["ground"], &step["reason"]),
        (&json!("revoked"), &json!("annulled_by_court"), &json!("法院判决撤销"))
    );
    let own = app.get(&format!("/v1/records/{id}")).token(&firm).expect(200).json();
    let told = ["ground", "reason"].map(|field| own["revocation"][field].clone());
    assert_eq!(told, ["annulled_by_court", "法院判决撤销"].map(Value::from));
}

/// Who seconded an amendment had a hand in the record as it stands.
#[both]
fn who_seconded_an_amendment_decides_no_later_objection(app: TestApp) {
    let scene = app.scene();
    let id = app.record_in_force(&serious(&scene.uscc));
    let (decider, second) = (app.confirmer(), app.confirmer());
    let milder = json!({"decision": "amended", "reason": "情节较轻", "amendment": {"severity": "minor"}});
    let objection = app.objection(&scene.uscc, &id);
    let proposal = app.decide(&decider, "objections", &objection, &milder).expect(202).json();
    confirm(&app, &proposal, &second).expect(200);
    let again = app.objection(&scene.uscc, &id);
    let upheld = json!({"decision": "upheld", "reason": "事实清楚"});
    for hand in [&decider, &second] {
        app.decide(hand, "objections", &again, &upheld).refused(403, "second_person_needed");
    }
    app.decided(&again, &upheld);
}

/// What was entered in error is entered again as it should be; what a court annulled is not.
#[both]
fn the_decision_of_what_was_entered_in_error_can_be_recorded_again(app: TestApp) {
    let scene = app.scene();
    for (ground, is_free) in [("entered_in_error", true), ("annulled_by_court", false)] {
        let body = penalty(&scene.uscc);
        let id = app.record_in_force(&body);
        revoke(&app, &app.drafter(), &id, &with(in_error(), json!({"ground": ground}))).seconded(&app);
        let again = app.post("/v1/admin/records").token(&app.drafter()).json(&body);
        match is_free {
            true => again.expect(201),
            false => again.refused(409, "already_recorded"),
        };
    }
}

#[both]
fn a_revocation_says_on_what_ground_why_and_by_what(app: TestApp) {
    let scene = app.scene();
    let (id, drafter) = (app.record_in_force(&penalty(&scene.uscc)), app.drafter());
    for (change, pointer, code) in [
        (json!({"evidence": []}), "/evidence", "length"),
        (json!({"reason": " "}), "/reason", "blank"),
        (json!({"reason": "请致电13900000001"}), "/reason", "personal_information"),
    ] {
        let refused = revoke(&app, &drafter, &id, &with(in_error(), change)).refused(422, "invalid");
        assert_eq!(refused.faults(), [(pointer.to_owned(), code.to_owned())]);
    }
    let another = with(in_error(), json!({"ground": "changed_my_mind"}));
    let refused = revoke(&app, &drafter, &id, &another).refused(422, "invalid");
    assert_eq!(refused.faults(), [("/ground".to_owned(), "unknown_value".to_owned())]);
    let other = app.official(Role::District, OTHER_DISTRICT, true);
    revoke(&app, &other, &id, &in_error()).refused(404, "not_found");
    revoke(&app, &app.firm_account(&scene.uscc), &id, &in_error()).refused(403, "role_not_allowed");
    // One proposal a record is open.
    revoke(&app, &drafter, &id, &in_error()).expect(202);
    revoke(&app, &app.drafter(), &id, &in_error()).refused(409, "proposal_open");
}

/// A street's second person cannot revoke what the street could not have confirmed.
#[both]
fn who_seconds_a_revocation_could_have_confirmed_the_record(app: TestApp) {
    let scene = app.scene();
    let community = app.official(Role::Community, COMMUNITY, false);
    let (id, etag) = app.draft(&community, &with(penalty(&scene.uscc), json!({"project": scene.project})));
    let etag = app.record_step(&community, &id, &etag, "submit").expect(200).etag().to_owned();
    app.record_step(&app.confirmer(), &id, &etag, "confirm").expect(200);
    let proposal = revoke(&app, &community, &id, &in_error()).expect(202).json();
    let colleague = app.official(Role::Community, COMMUNITY, true);
    confirm(&app, &proposal, &colleague).refused(403, "role_not_allowed");
    confirm(&app, &proposal, &app.official(Role::Street, STREET, true)).expect(200);
}

/// What waits for a decision about the record is closed with it: nothing is left to decide.
#[both]
fn an_objection_and_a_repair_that_wait_are_closed_with_the_record(app: TestApp) {
    let scene = app.scene();
    let firm = app.firm_account(&scene.uscc);
    let id = app.record_in_force(&with(penalty(&scene.uscc), json!({"severity": "minor"})));
    let repair = app.ask_repair(&firm, &id).expect(201).json()["id"].as_str().unwrap().to_owned();
    let objection = app.objection(&scene.uscc, &id);
    revoke(&app, &app.drafter(), &id, &in_error()).seconded(&app);
    let closed = |path: String| app.get(&path).token(&firm).expect(200).json();
    let objection = closed(format!("/v1/objections/{objection}"));
    assert_eq!(
        (&objection["status"], &objection["reason"]),
        (&json!("revoked"), &json!("决定书所列为同名企业"))
    );
    assert_eq!(closed(format!("/v1/repairs/{repair}"))["status"], "refused");
    let record = app.get(&format!("/v1/admin/records/{id}")).token(&app.confirmer()).expect(200).json();
    assert_eq!((&record["state"], &record["disputed"]), (&json!("revoked"), &json!(false)));
    let kinds: Vec<Value> = app.notices(&firm).iter().map(|notice| notice["kind"].clone()).collect();
    assert_eq!(kinds, ["record_taken_back", "repair_refused", "objection_revoked"].map(Value::from));
}

/// A penalty that was repaired did count until then: revoked, it never did.
#[both]
fn a_repaired_record_and_an_archived_one_can_be_revoked(app: TestApp) {
    let scene = app.scene();
    let (repaired, old) = (
        app.record_in_force(&with(penalty(&scene.uscc), json!({"severity": "minor"}))),
        app.record_in_force(&with(penalty(&scene.uscc), json!({"decided_on": "2021-01-01"}))),
    );
    app.advance(chrono::Duration::minutes(1));
    let firm = app.firm_account(&scene.uscc);
    let repair = app.ask_repair(&firm, &repaired).expect(201).json()["id"].as_str().unwrap().to_owned();
    let granted = json!({"decision": "granted", "reason": "退款已核实"});
    app.decide(&app.confirmer(), "repairs", &repair, &granted).expect(200);
    let at = |query: &str| {
        app.evaluated(&scene.uscc, &format!("?as_of=2026-11-21T02:00:30Z{query}"))["score"].clone()
    };
    let before = at("");
    app.advance(chrono::Duration::minutes(1));
    revoke(&app, &app.drafter(), &repaired, &in_error()).seconded(&app);
    let status = |id: &str| {
        let path = format!("/v1/admin/records/{id}");
        app.get(&path).token(&app.confirmer()).expect(200).json()["state"].clone()
    };
    assert_eq!((status(&repaired), at("")), (json!("revoked"), before.clone()));
    assert_ne!(at("&known_at=2026-11-21T02:02:00Z"), before);
    // Who promised what about it is nobody's to read any more.
    let promised = app.get(&format!("/v1/firms/{}/commitments", scene.uscc)).expect(200).json();
    assert_eq!(promised["items"], json!([]));
    // A firm that does not read it any more is not told of it.
    let told = || app.notices(&firm).len();
    let count = told();
    app.set_time("2026-11-21T02:10:00Z");
    revoke(&app, &app.drafter(), &old, &in_error()).seconded(&app);
    assert_eq!((status(&old), told()), (json!("revoked"), count));
}

/// A batch's record is no other.
#[both]
fn a_record_of_a_file_is_revoked_singly_once_it_is_confirmed(app: TestApp) {
    let scene = app.scene();
    let file = format!(
        "category,uscc,level,title,document_number,authority,evidence,decided_on\n\
         P301,{},district,违规收费,文〔2026〕1号,区住建局,file,2026-11-10\n",
        scene.uscc
    );
    let report = import_file(&app, &app.drafter(), "records", CSV, file);
    let confirmer = app.confirmer();
    let path = format!("/v1/admin/imports/{}/confirm", report["id"].as_str().unwrap());
    app.post(&path).token(&confirmer).header("If-Match", "*").expect(200);
    let listed = app.get("/v1/admin/records").token(&confirmer).expect(200).json();
    let id = listed["items"][0]["id"].as_str().unwrap();
    revoke(&app, &app.drafter(), id, &in_error()).seconded(&app);
    assert_eq!(score(&app, &scene.uscc), json!(60));
}

/// One decider, with the power, does not make a serious penalty fall: it waits, and the grade
/// stays.
#[both]
fn an_objection_makes_a_serious_penalty_fall_or_change_by_two(app: TestApp) {
    let scene = app.scene();
    let id = app.record_in_force(&serious(&scene.uscc));
    let before = score(&app, &scene.uscc);
    let objection = app.objection(&scene.uscc, &id);
    let decider = app.confirmer();
    let milder = json!({"decision": "amended", "reason": "情节较轻", "amendment": {"severity": "minor"}});
    let proposal = app.decide(&decider, "objections", &objection, &milder).expect(202).json();
    assert_eq!(
        (&proposal["operation"], &proposal["object"]),
        (&json!("decide_objection"), &json!({"kind": "objection", "id": objection}))
    );
    let change = |field: &str| {
        let changes = proposal["changes"].as_array().unwrap();
        changes.iter().find(|change| change["field"] == field).cloned().unwrap_or_default()
    };
    assert_eq!(change("severity"), json!({"field": "severity", "before": "serious", "after": "minor"}));
    assert_eq!(change("status"), json!({"field": "status", "before": "open", "after": "amended"}));
    assert_eq!(score(&app, &scene.uscc), before);
    // No other way while it waits.
    revoke(&app, &app.drafter(), &id, &in_error()).refused(409, "proposal_open");
    // Not by oneself, nor by who had a hand in the penalty.
    confirm(&app, &proposal, &decider).refused(403, "second_person_needed");
    let steps =
        app.get(&format!("/v1/admin/records/{id}")).token(&decider).expect(200).json()["steps"].clone();
    let by = steps.as_array().unwrap().iter().find(|step| step["step"] == "confirmed").unwrap()["by"].clone();
    let confirmer = app.renewed(by.as_str().unwrap());
    confirm(&app, &proposal, &confirmer).refused(403, "second_person_needed");
    // Nor do these keep it from being decided.
    let path = format!("/v1/admin/proposals/{}/return", proposal["id"].as_str().unwrap());
    let give_back = app.post(&path).token(&confirmer).header("If-Match", "*");
    give_back.json(&json!({"reason": "事实清楚"})).refused(403, "second_person_needed");
    assert_eq!(score(&app, &scene.uscc), before);
    confirm(&app, &proposal, &app.confirmer()).expect(200);
    assert_ne!(score(&app, &scene.uscc), before);
    let record = app.get(&format!("/v1/admin/records/{id}")).token(&decider).expect(200).json();
    assert_eq!((&record["severity"], &record["revision"]), (&json!("minor"), &json!(2)));

    // Nor does one decider make a penalty serious, or end what leads to the black list.
    let again = app.objection(&scene.uscc, &id);
    let graver = json!({"decision": "amended", "reason": "情节严重", "amendment": {"severity": "serious"}});
    app.decide(&app.official(Role::City, "2102", true), "objections", &again, &graver).expect(202);
    let listed = json!({"category": "P303", "severity": "ordinary", "severity_reason": "三日内退还"});
    let listed = app.record_in_force(&with(penalty(&scene.uscc), listed));
    let objection = app.objection(&scene.uscc, &listed);
    let revoked = json!({"decision": "revoked", "reason": "事实不清"});
    let on_black = || {
        let card = app.get(&format!("/v1/firms/{}", scene.uscc)).expect(200).json();
        card["lists"].as_array().unwrap().iter().any(|each| each["list"] == "black")
    };
    assert!(on_black());
    let proposal = app.decide(&app.confirmer(), "objections", &objection, &revoked).expect(202).json();
    assert!(on_black());
    confirm(&app, &proposal, &app.confirmer()).expect(200);
    assert!(!on_black());
    // What is upheld, or ordinary, one decides.
    let ordinary = app.record_in_force(&penalty(&scene.uscc));
    app.decided(&app.objection(&scene.uscc, &ordinary), &revoked);
    let serious = app.record_in_force(&serious(&scene.uscc));
    app.decided(&app.objection(&scene.uscc, &serious), &json!({"decision": "upheld", "reason": "事实清楚"}));
}

#[both]
fn a_serious_penalty_is_repaired_by_two(app: TestApp) {
    let scene = app.scene();
    let firm = app.firm_account(&scene.uscc);
    let id = app.record_in_force(&serious(&scene.uscc));
    let before = score(&app, &scene.uscc);
    let repair = app.ask_repair(&firm, &id).expect(201).json()["id"].as_str().unwrap().to_owned();
    let decider = app.confirmer();
    let granted = json!({"decision": "granted", "reason": "退款已核实"});
    let proposal = app.decide(&decider, "repairs", &repair, &granted).expect(202).json();
    assert_eq!(
        proposal["changes"],
        json!([
            {"field": "status", "before": "open", "after": "granted"},
            {"field": "state", "before": "in_force", "after": "repaired"}
        ])
    );
    assert_eq!((score(&app, &scene.uscc), before == json!(60)), (before.clone(), false));
    confirm(&app, &proposal, &decider).refused(403, "second_person_needed");
    let done = confirm(&app, &proposal, &app.confirmer()).expect(200).json();
    assert_eq!((&done["state"], score(&app, &scene.uscc)), (&json!("confirmed"), json!(60)));
    let shown = app.get(&format!("/v1/repairs/{repair}")).token(&firm).expect(200).json();
    assert_eq!(shown["status"], "granted");
    // To refuse one takes one.
    let other = app.record_in_force(&serious(&scene.uscc));
    let repair = app.ask_repair(&firm, &other).expect(201).json()["id"].as_str().unwrap().to_owned();
    let refused = json!({"decision": "refused", "reason": "退款未完成"});
    app.decide(&decider, "repairs", &repair, &refused).expect(200);
}

/// The firm's own act, or another's, ends what waits; and nobody decides who lost the power.
#[both]
fn a_decision_that_waits_ends_with_what_it_was_about(app: TestApp) {
    let scene = app.scene();
    let firm = app.firm_account(&scene.uscc);
    let id = app.record_in_force(&serious(&scene.uscc));
    let revoked = json!({"decision": "revoked", "reason": "事实不清"});
    let objection = app.objection(&scene.uscc, &id);
    let proposal = app.decide(&app.confirmer(), "objections", &objection, &revoked).expect(202).json();
    let path = format!("/v1/objections/{objection}/withdraw");
    app.post(&path).token(&firm).header("If-Match", "*").expect(200);
    confirm(&app, &proposal, &app.confirmer()).refused(409, "proposal_stale");
    assert_eq!(app.get(&format!("/v1/records/{id}")).expect(200).json()["status"], "in_force");

    let id = app.record_in_force(&serious(&scene.uscc));
    let objection = app.objection(&scene.uscc, &id);
    let (author, decider) = app.account(NewAccount {
        place: Some(DISTRICT.to_owned()),
        can_confirm: true,
        ..someone(Role::District)
    });
    let proposal = app.decide(&decider, "objections", &objection, &revoked).expect(202).json();
    app.sql(&[format!("UPDATE account SET can_confirm = FALSE WHERE id = '{author}'")], &scene.uscc);
    let told = confirm(&app, &proposal, &app.confirmer()).refused(409, "proposal_stale").faults();
    assert_eq!(told, [(String::new(), "author_may_not".to_owned())]);
    assert_eq!(app.get(&format!("/v1/records/{id}")).expect(200).json()["status"], "in_force");
}

#[both]
fn a_withdrawn_objection_is_told_to_who_drafted_the_record(app: TestApp) {
    let scene = app.scene();
    let (drafter, firm) = (app.drafter(), app.firm_account(&scene.uscc));
    let (id, etag) = app.draft(&drafter, &penalty(&scene.uscc));
    let etag = app.record_step(&drafter, &id, &etag, "submit").expect(200).etag().to_owned();
    app.record_step(&app.confirmer(), &id, &etag, "confirm").expect(200);
    let filed = app.object(&firm, &format!("/v1/records/{id}")).expect(201).json();
    let path = format!("/v1/objections/{}/withdraw", filed["id"].as_str().unwrap());
    app.post(&path).token(&firm).header("If-Match", "*").expect(200);
    let notice = &app.notices(&drafter)[0];
    assert_eq!(
        (&notice["kind"], &notice["text"], &notice["about"]),
        (
            &json!("record_objection_withdrawn"),
            &json!("对您起草的“违规收取装修管理费”的异议已撤回"),
            &json!({"kind": "record", "id": id})
        )
    );
}
