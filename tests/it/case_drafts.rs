//! The records that cases draft. With the metrics of what is published, "in two ways only it
//! reaches a grade".

use diesel::prelude::*;
use serde_json::{Value, json};
use xinwu_both::both;
use xinwu_domain::access::Role;
use xinwu_persistence::schema::{case_clock, case_record, record};

use crate::case_figures::{by_firm, by_resident, complaint, finish, homes, open, step, verified};
use crate::harness::TestApp;
use crate::harness::world::COMMUNITY;

/// Id, category, place and state of every record that was drafted of a case, and the case.
fn drafts(app: &TestApp) -> Vec<(String, String, String, String, String)> {
    let rows = |conn: &mut xinwu_store::Conn| {
        Ok(case_record::table
            .inner_join(record::table.on(record::id.eq(case_record::record_id)))
            .order(record::id)
            .select((record::id, record::category, record::place, record::state, case_record::case_id))
            .load(conn)?)
    };
    app.db().read_blocking(rows).unwrap()
}

#[both]
fn an_overdue_complaint_is_drafted_once_and_becomes_a_penalty_by_two(app: TestApp) {
    let stage = app.stage();
    let home = &homes(&app, &stage, 1)[0];
    app.tick();
    app.set_time("2026-11-21T02:00:00Z");
    let case = complaint(&app, home);
    // 48 hours of its class, and 72 beyond.
    app.set_time("2026-11-26T02:00:00Z");
    app.tick();
    let drafted = drafts(&app);
    assert_eq!(drafted.len(), 1, "{drafted:?}");
    let (id, category, place, state, of) = &drafted[0];
    assert_eq!((category.as_str(), state.as_str(), of), ("P102", "draft", &case));
    // Its desk is the street by now: it was handed up when it was overdue.
    let street = COMMUNITY.get(..9).unwrap();
    assert_eq!(place, street);
    let official = |confirms| app.official(Role::Street, street, confirms);
    let drafter = official(false);
    let inbox = app.get("/v1/admin/inbox?kind=draft").token(&drafter).expect(200).json();
    let item = &inbox["items"][0];
    assert_eq!((&item["id"], &item["by"]), (&json!(id), &Value::Null));
    assert_eq!(item["may"], json!(["edit_record", "submit_record", "withdraw_record"]));
    // It is that office's alone.
    for (role, place) in
        [(Role::Community, COMMUNITY), (Role::District, "210202"), (Role::Street, "210203001")]
    {
        let others = app.official(role, place, false);
        let inbox = app.get("/v1/admin/inbox?kind=draft").token(&others).expect(200).json();
        assert_eq!(inbox["items"], json!([]), "{role:?}");
    }
    let path = format!("/v1/admin/records/{id}");
    let draft = app.get(&path).token(&drafter).expect(200).json();
    assert_eq!(draft["firm"]["uscc"], json!(stage.uscc));
    assert_eq!(draft["project"]["id"], json!(stage.project));
    assert_eq!(draft["title"], "投诉逾期，企业在其后72小时内仍未办结");
    assert_eq!((&draft["evidence"], &draft["source_case"]), (&json!(["投诉工单"]), &json!(case)));
    assert_eq!((&draft["drafted_by"], &draft["decided_on"]), (&json!("system"), &json!("2026-11-26")));
    // Nothing of it counts or is shown.
    app.get(&format!("/v1/records/{id}")).refused(404, "not_found");
    let firm = app.firm_account(&stage.uscc);
    app.get(&format!("/v1/records/{id}")).token(&firm).refused(404, "not_found");
    // It is not dropped without a word.
    let withdraw = |body: &Value| {
        app.post(&format!("{path}/withdraw")).token(&drafter).header("If-Match", "*").json(body)
    };
    withdraw(&json!({})).refused(422, "invalid");
    // The office checks it, and shows it, which a minor penalty is not by itself.
    let edit = json!({"publish": true, "document_number": "海军街工单〔2026〕17号"});
    app.patch(&path).token(&drafter).header("If-Match", "*").json(&edit).expect(200);
    app.post(&format!("{path}/submit")).token(&drafter).header("If-Match", "*").expect(200);
    let confirm = |token: &str| app.post(&format!("{path}/confirm")).token(token).header("If-Match", "*");
    confirm(&drafter).expect(403);
    confirm(&app.official(Role::District, "210202", true)).expect(200);
    // The firm and the officials see what it came of, and nobody else.
    let shown = app.get(&format!("/v1/records/{id}")).expect(200);
    assert!(!shown.text.contains(&case) && shown.json().get("source_case").is_none(), "{}", shown.text);
    let list = app.get(&format!("/v1/firms/{}/records", stage.uscc)).expect(200);
    assert!(list.text.contains(id.as_str()) && !list.text.contains(&case), "{}", list.text);
    let page = app.get(&format!("/records/{id}")).expect(200).text;
    assert!(!page.contains(&case), "{page}");
    let own = app.get(&format!("/v1/records/{id}")).token(&firm).expect(200).json();
    assert_eq!(own["source_case"], json!(case));
    let dossier = app.get("/v1/firm").token(&firm).expect(200).json();
    assert_eq!(dossier["records"][0]["source_case"], json!(case));
    let official = app.get(&path).token(&official(false)).expect(200).json();
    assert_eq!(official["source_case"], json!(case));
    // Once a case, however long it goes on.
    app.set_time("2026-12-20T02:00:00Z");
    app.tick();
    assert_eq!(drafts(&app).len(), 1);
    assert_eq!(verified(&app), []);
}

#[both]
fn nothing_is_drafted_of_what_is_done_before_or_waits_for_its_resident(app: TestApp) {
    let stage = app.stage();
    let homes = homes(&app, &stage, 3);
    app.tick();
    app.set_time("2026-11-21T02:00:00Z");
    let (done, waiting) = (complaint(&app, &homes[0]), complaint(&app, &homes[1]));
    // Of a repair the city drafts nothing.
    open(&app, &homes[2], "repair");
    app.set_time("2026-11-25T02:00:00Z");
    app.tick();
    by_firm(&app, &stage, &waiting, "accept", &json!({}));
    let asked = json!({"reason": "waiting_for_resident", "note": "请告知何时在家"});
    by_firm(&app, &stage, &waiting, "pause", &asked);
    // An hour before it would be drafted.
    app.set_time("2026-11-26T01:00:00Z");
    app.tick();
    finish(&app, &stage, &done);
    app.set_time("2026-11-26T20:00:00Z");
    app.tick();
    assert_eq!(drafts(&app), []);
    // The other had 24 hours left when it was stopped.
    by_resident(&app, &homes[1], &waiting, "answer", &json!({"text": "今晚在家"}));
    app.set_time("2026-11-27T19:59:59Z");
    app.tick();
    assert_eq!(drafts(&app), []);
    app.set_time("2026-11-27T20:00:00Z");
    app.tick();
    assert_eq!(drafts(&app).len(), 1);
    assert_eq!(drafts(&app)[0].4, waiting);
    let late = |conn: &mut xinwu_store::Conn| {
        Ok(case_clock::table.filter(case_clock::late_uscc.is_not_null()).count().get_result::<i64>(conn)?)
    };
    assert_eq!(app.db().read_blocking(late).unwrap(), 3);
}

/// Who was late answers for it, whoever has it when it is drafted.
#[both]
fn another_assignee_does_not_avert_the_draft(app: TestApp) {
    let stage = app.stage();
    let homes = homes(&app, &stage, 2);
    app.tick();
    app.set_time("2026-11-21T02:00:00Z");
    let (given_away, done) = (complaint(&app, &homes[0]), complaint(&app, &homes[1]));
    app.set_time("2026-11-24T02:00:00Z");
    app.tick();
    // It was handed up when it was overdue: the street gives it to itself, which does nothing.
    let street = || app.official(Role::Street, COMMUNITY.get(..9).unwrap(), false);
    let body = json!({"assignee": {"kind": "street"}, "class": "complex", "reason": "由街道直接办理"});
    for case in [&given_away, &done] {
        step(&app, &format!("/v1/admin/cases/{case}/dispatch"), &street(), &body);
    }
    let handled = |verb: &str, body: Value| {
        step(&app, &format!("/v1/cases/{done}/{verb}"), &street(), &body);
    };
    handled("accept", json!({}));
    handled("finish", json!({"result": "已由街道协调解决"}));
    app.set_time("2026-11-26T01:59:59Z");
    app.tick();
    assert_eq!(drafts(&app), []);
    app.set_time("2026-11-26T02:00:00Z");
    app.tick();
    // What another did is not what the firm did.
    let drafted = drafts(&app);
    let mut of: Vec<(&str, &String)> =
        drafted.iter().map(|(_, category, _, _, case)| (category.as_str(), case)).collect();
    of.sort();
    let mut expected = [("P102", &given_away), ("P102", &done)];
    expected.sort();
    assert_eq!(of, expected);
    let firm = |conn: &mut xinwu_store::Conn| {
        Ok(record::table.select(record::uscc).distinct().load::<Option<String>>(conn)?)
    };
    assert_eq!(app.db().read_blocking(firm).unwrap(), [Some(stage.uscc.clone())]);
}

/// Saying that it is done averts one draft, and not that of the next time it is late.
#[both]
fn what_was_finished_in_name_only_is_drafted_when_it_is_late_again(app: TestApp) {
    let stage = app.stage();
    let homes = homes(&app, &stage, 1);
    app.tick();
    app.set_time("2026-11-21T02:00:00Z");
    let case = complaint(&app, &homes[0]);
    app.set_time("2026-11-23T03:00:00Z");
    app.tick();
    finish(&app, &stage, &case);
    by_resident(&app, &homes[0], &case, "reopen", &json!({"reason": "无人来修"}));
    // 48 hours once more, and 72 beyond.
    app.set_time("2026-11-28T02:59:59Z");
    app.tick();
    assert_eq!(drafts(&app), []);
    app.set_time("2026-11-28T03:00:00Z");
    app.tick();
    let drafted = drafts(&app);
    assert_eq!(drafted.len(), 1, "{drafted:?}");
    assert_eq!((drafted[0].1.as_str(), &drafted[0].4), ("P102", &case));
    assert_eq!(verified(&app), []);
}

/// Whose work did not help is the firm of which it was said, and not one that has only just come.
#[both]
fn a_firm_does_not_answer_for_what_another_left_unsolved(app: TestApp) {
    let stage = app.stage();
    let homes = homes(&app, &stage, 1);
    app.tick();
    let case = complaint(&app, &homes[0]);
    let community = || app.official(Role::Community, COMMUNITY, false);
    let give = |kind: &str| {
        let body = json!({"assignee": {"kind": kind}, "reason": "调整承办单位"});
        step(&app, &format!("/v1/admin/cases/{case}/dispatch"), &community(), &body);
    };
    let reopen = || by_resident(&app, &homes[0], &case, "reopen", &json!({"reason": "仍未解决"}));
    give("community");
    for _ in 0..2 {
        step(&app, &format!("/v1/cases/{case}/accept"), &community(), &json!({}));
        step(&app, &format!("/v1/cases/{case}/finish"), &community(), &json!({"result": "已协调"}));
        reopen();
    }
    give("firm");
    finish(&app, &stage, &case);
    app.tick();
    // Nobody has looked at the firm's work yet.
    assert_eq!(drafts(&app), []);
    reopen();
    app.tick();
    let drafted = drafts(&app);
    assert_eq!((drafted.len(), drafted[0].1.as_str()), (1, "P103"));
    assert_eq!(verified(&app), []);
}

#[both]
fn a_complaint_that_is_unsolved_after_reopening_is_drafted(app: TestApp) {
    let stage = app.stage();
    let homes = homes(&app, &stage, 2);
    app.tick();
    let (twice, unsatisfied) = (complaint(&app, &homes[0]), complaint(&app, &homes[1]));
    for (home, case) in [(&homes[0], &twice), (&homes[1], &unsatisfied)] {
        finish(&app, &stage, case);
        by_resident(&app, home, case, "reopen", &json!({"reason": "仍未修好"}));
        finish(&app, &stage, case);
    }
    app.tick();
    assert_eq!(drafts(&app), []);
    by_resident(&app, &homes[0], &twice, "reopen", &json!({"reason": "第二次仍未修好"}));
    by_resident(&app, &homes[1], &unsatisfied, "verify", &json!({"satisfied": false}));
    app.tick();
    let drafted = drafts(&app);
    let of: Vec<(&str, &str)> =
        drafted.iter().map(|(_, category, place, ..)| (category.as_str(), place.as_str())).collect();
    assert_eq!(of, [("P103", COMMUNITY), ("P103", COMMUNITY)]);
    let official = app.official(Role::Community, COMMUNITY, false);
    let inbox = app.get("/v1/admin/inbox?kind=draft").token(&official).expect(200).json();
    assert_eq!(inbox["items"].as_array().unwrap().len(), 2);
    // Another cycle, and another: the case has its draft.
    finish(&app, &stage, &twice);
    by_resident(&app, &homes[0], &twice, "reopen", &json!({"reason": "第三次"}));
    app.tick();
    assert_eq!(drafts(&app).len(), 2);
}
