//! Objections of firms: marked at once, decided in time by the right official, and never rewriting
//! what was published.

use serde_json::{Value, json};
use xinwu_both::both;
use xinwu_domain::access::Role;

use crate::harness::TestApp;
use crate::harness::files::{ids, penalty, with};
use crate::harness::life::line;
use crate::harness::world::{COMMUNITY, DISTRICT, OTHER_DISTRICT, STREET, plain_firm};
use crate::imports::{CSV, import_file};

fn upheld() -> Value {
    json!({"decision": "upheld", "reason": "处罚程序合法，事实清楚"})
}

/// A penalty of 15 points, the most that an officer can give.
fn severe(uscc: &str) -> Value {
    with(penalty(uscc), json!({"points": [{"scheme": "dalian-demo", "points": 15, "reason": "拒不整改"}]}))
}

/// Five points instead.
fn milder() -> Value {
    json!({
        "decision": "amended", "reason": "已主动退费，情节较轻",
        "amendment": {"title": "违规收费（情节较轻）", "points": [{"scheme": "dalian-demo", "points": 5, "reason": "已退费"}]}
    })
}

fn score(app: &TestApp, uscc: &str, query: &str) -> f64 {
    app.evaluated(uscc, query)["score"].as_f64().unwrap()
}

#[both]
fn a_record_is_disputed_at_once_counts_meanwhile_and_stands_when_upheld(app: TestApp) {
    let scene = app.scene();
    let id = app.record_in_force(&penalty(&scene.uscc));
    let (path, before) = (format!("/v1/records/{id}"), score(&app, &scene.uscc, ""));
    app.advance(chrono::Duration::hours(1));
    let firm = app.firm_account(&scene.uscc);
    let filed = app.object(&firm, &path).expect(201);
    let objection = filed.json();
    let room = format!("/v1/objections/{}", objection["id"].as_str().unwrap());
    assert_eq!(
        (filed.header("location"), app.get(&room).token(&firm).expect(200).etag()),
        (room.as_str(), filed.etag())
    );
    assert_eq!(
        (&objection["object"], &objection["status"]),
        (&json!({"kind": "record", "id": id}), &json!("open"))
    );
    // Filed on a Saturday: Monday the 23rd is the first working day.
    assert_eq!((&objection["due_on"], &objection["working_days_left"]), (&json!("2026-12-01"), &json!(7)));

    assert_eq!(app.get(&path).expect(200).json()["disputed"], true);
    assert_eq!(
        app.get(&format!("/v1/firms/{}/records", scene.uscc)).expect(200).json()["items"][0]["disputed"],
        true
    );
    let disputed = app.evaluated(&scene.uscc, "");
    assert_eq!(
        (line(&disputed, &id).unwrap()["disputed"].clone(), disputed["score"].as_f64()),
        (json!(true), Some(before))
    );
    app.object(&firm, &path).refused(409, "objection_open");
    assert_eq!(app.get("/v1/firm").token(&firm).expect(200).json()["objections"][0]["id"], objection["id"]);

    app.advance(chrono::Duration::days(1));
    let decided = app.decided(objection["id"].as_str().unwrap(), &upheld()).json();
    assert_eq!(
        (&decided["status"], &decided["closed_at"], &decided["working_days_left"]),
        (&json!("upheld"), &json!("2026-11-22T03:00:00Z"), &json!(null))
    );
    assert_eq!(app.get(&path).expect(200).json()["disputed"], false);
    assert_eq!(score(&app, &scene.uscc, ""), before);
    // The mark belongs to its time, with the knowledge of then and of now.
    for (query, expected) in [
        ("?as_of=2026-11-21T02:30:00Z", false),
        ("?as_of=2026-11-21T02:30:00Z&known_at=2026-11-22T03:00:00Z", false),
        ("?as_of=2026-11-21T03:00:00Z", true),
        ("?as_of=2026-11-22T02:59:59Z", true),
        ("?as_of=2026-11-22T02:59:59Z&known_at=2026-11-22T03:00:00Z", true),
        ("?as_of=2026-11-22T03:00:00Z", false),
        ("", false),
    ] {
        assert_eq!(line(&app.evaluated(&scene.uscc, query), &id).unwrap()["disputed"], expected, "{query}");
    }
    // What was decided stays decided.
    let firm = app.firm_account(&scene.uscc);
    app.object(&firm, &path).refused(409, "already_decided");
    let answer = app.get(&room).token(&firm).expect(200).json();
    assert_eq!(answer["reason"], "处罚程序合法，事实清楚");
    assert!(answer.get("decided_by").is_none() && answer.get("filed_by").is_none());
    let steps =
        app.get(&format!("/v1/admin/records/{id}")).token(&app.confirmer()).expect(200).json()["steps"]
            .clone();
    let steps: Vec<_> = steps.as_array().unwrap().iter().map(|step| step["step"].as_str().unwrap()).collect();
    assert_eq!(steps, ["drafted", "submitted", "confirmed", "objected", "upheld"]);
}

#[both]
fn where_the_scheme_says_so_a_disputed_record_is_suspended(app: TestApp) {
    let scene = app.scene();
    let suspended =
        "UPDATE scheme_version SET text = replace(text, 'disputed = \"counts\"', 'disputed = \"suspended\"')";
    app.sql(&[suspended.to_owned()], &scene.uscc);
    let id = app.record_in_force(&penalty(&scene.uscc));
    let with_penalty = score(&app, &scene.uscc, "");
    app.advance(chrono::Duration::minutes(1));
    let objection = app.objection(&scene.uscc, &id);
    let disputed = app.evaluated(&scene.uscc, "");
    assert_eq!(
        (disputed["score"].as_f64(), &line(&disputed, &id).unwrap()["contribution"]),
        (Some(60.0), &json!(0))
    );
    let history =
        app.get(&format!("/v1/firms/{}/evaluations?scheme=dalian-demo", scene.uscc)).expect(200).json();
    assert_eq!(
        (&history["items"][0]["score"], &history["items"][0]["cause"]["id"]),
        (&json!(60), &json!(id))
    );
    app.advance(chrono::Duration::minutes(1));
    app.decided(&objection, &upheld());
    assert_eq!(score(&app, &scene.uscc, ""), with_penalty);
    assert_eq!(score(&app, &scene.uscc, "?as_of=2026-11-21T02:01:30Z"), 60.0);
    assert_eq!(score(&app, &scene.uscc, "?as_of=2026-11-21T02:01:30Z&known_at=2026-11-21T02:02:00Z"), 60.0);
}

#[both]
fn an_amended_record_is_a_new_revision_and_the_old_one_stays_as_it_was_published(app: TestApp) {
    let scene = app.scene();
    let id = app.record_in_force(&severe(&scene.uscc));
    let as_published = app.evaluated(&scene.uscc, "?as_of=2026-11-21T02:00:00Z");
    app.advance(chrono::Duration::minutes(2));
    let objection = app.objection(&scene.uscc, &id);
    app.advance(chrono::Duration::minutes(2));
    let milder = milder();
    app.decided(&objection, &milder);
    let shown = app.get(&format!("/v1/records/{id}")).expect(200).json();
    assert_eq!(
        (&shown["title"], &shown["revision"], &shown["disputed"]),
        (&json!("违规收费（情节较轻）"), &json!(2), &json!(false))
    );
    assert_eq!(
        (&shown["known_from"], &shown["public_until"]),
        (&json!("2026-11-21T02:04:00Z"), &json!("2027-11-10"))
    );
    assert!(shown.get("former").is_none());
    let now = app.evaluated(&scene.uscc, "");
    let (score_then, score_now) = (as_published["score"].as_f64().unwrap(), now["score"].as_f64().unwrap());
    assert_eq!(score_now - score_then, 10.0);
    assert_eq!(app.evaluated(&scene.uscc, "?as_of=2026-11-21T02:00:00Z")["items"], as_published["items"]);
    assert_eq!(score(&app, &scene.uscc, "?as_of=2026-11-21T02:03:59Z"), score_then);
    assert_eq!(
        score(&app, &scene.uscc, "?as_of=2026-11-21T02:00:00Z&known_at=2026-11-21T02:04:00Z"),
        score_now
    );
    let history = app.get(&format!("/v1/firms/{}/evaluations", scene.uscc)).expect(200).json();
    assert_eq!(
        (&history["items"][0]["cause"]["kind"], &history["items"][0]["cause"]["id"]),
        (&json!("record"), &json!(id))
    );
    let official = app.confirmer();
    let full = app.get(&format!("/v1/admin/records/{id}")).token(&official).expect(200).json();
    let former = &full["former"][0];
    assert_eq!((&former["title"], &former["revision"]), (&json!("违规收取装修管理费"), &json!(1)));
    assert_eq!(
        (&former["known_from"], &former["known_until"]),
        (&json!("2026-11-21T02:00:00Z"), &json!("2026-11-21T02:04:00Z"))
    );
    assert_eq!(former["points"][0]["actual"], 15);
    // The new revision may be objected to in turn.
    app.objection(&scene.uscc, &id);
}

#[both]
fn what_an_amendment_may_say_is_checked_and_nothing_changes_otherwise(app: TestApp) {
    let scene = app.scene();
    let id = app.record_in_force(&severe(&scene.uscc));
    let objection = app.objection(&scene.uscc, &id);
    let official = app.confirmer();
    for (body, pointer, code) in [
        (json!({"decision": "amended", "reason": "改"}), "/amendment", "required"),
        (
            json!({"decision": "upheld", "reason": "改", "amendment": {"title": "x"}}),
            "/amendment",
            "not_applicable",
        ),
        (
            json!({"decision": "amended", "reason": "改", "amendment": {"title": "x"}, "scores": {"service": 1, "party": 1}}),
            "/scores",
            "not_applicable",
        ),
        (json!({"decision": "amended", "reason": "改", "amendment": {}}), "/amendment", "no_change"),
        (
            json!({"decision": "amended", "reason": "改", "amendment": {"category": "R301"}}),
            "/amendment/category",
            "other_kind",
        ),
        (
            json!({"decision": "amended", "reason": "改", "amendment": {"category": "P999"}}),
            "/amendment/category",
            "unknown_category",
        ),
        (
            json!({"decision": "amended", "reason": "改", "amendment": {"decided_on": "2026-11-22"}}),
            "/amendment/decided_on",
            "in_future",
        ),
        (
            json!({"decision": "amended", "reason": "改", "amendment": {"public_until": "2026-12-01"}}),
            "/amendment/public_until",
            "out_of_range",
        ),
        (
            json!({"decision": "amended", "reason": "改", "amendment": {"points": [{"scheme": "dalian-demo", "points": 16, "reason": "x"}]}}),
            "/amendment/points/0/points",
            "out_of_range",
        ),
        (json!({"decision": "amended", "reason": " ", "amendment": {"title": "x"}}), "/reason", "blank"),
    ] {
        let refused = app.decide(&official, "objections", &objection, &body).refused(422, "invalid");
        assert_eq!(refused.faults()[0], (pointer.to_owned(), code.to_owned()), "{body}");
    }
    let shown = app.get(&format!("/v1/records/{id}")).expect(200).json();
    assert_eq!((&shown["disputed"], &shown["revision"]), (&json!(true), &json!(1)));
    // Points that an officer gave for another severity fall with it.
    let amended = json!({"decision": "amended", "reason": "改", "amendment": {"severity": "serious"}});
    app.decide(&official, "objections", &objection, &amended).seconded(&app);
    let record = app.get(&format!("/v1/admin/records/{id}")).token(&official).expect(200).json();
    assert_eq!((&record["points"], &record["public_until"]), (&json!([]), &json!("2029-11-10")));
}

#[both]
fn a_revoked_record_leaves_the_public_and_the_score_but_not_the_past(app: TestApp) {
    let scene = app.scene();
    let id = app.record_in_force(&penalty(&scene.uscc));
    let before = score(&app, &scene.uscc, "");
    app.advance(chrono::Duration::minutes(2));
    let objection = app.objection(&scene.uscc, &id);
    app.advance(chrono::Duration::minutes(2));
    app.decided(&objection, &json!({"decision": "revoked", "reason": "处罚决定已被撤销"}));
    app.get(&format!("/v1/records/{id}")).refused(404, "not_found");
    assert_eq!(ids(&app.get(&format!("/v1/firms/{}/records", scene.uscc)).expect(200)), Vec::<String>::new());
    assert_eq!(
        ids(&app.get(&format!("/v1/firms/{}/records?status=revoked", scene.uscc)).expect(200)),
        Vec::<String>::new()
    );
    assert_eq!(app.get(&format!("/v1/firms/{}", scene.uscc)).expect(200).json()["records"]["penalties"], 0);
    let own = app.get(&format!("/v1/records/{id}")).token(&app.firm_account(&scene.uscc)).expect(200).json();
    assert_eq!((&own["status"], &own["public"]), (&json!("revoked"), &json!(false)));
    assert_eq!(score(&app, &scene.uscc, ""), 60.0);
    let then = app.evaluated(&scene.uscc, "?as_of=2026-11-21T02:03:00Z");
    assert_eq!((then["score"].as_f64(), line(&then, &id)), (Some(before), None));
    assert_eq!(score(&app, &scene.uscc, "?as_of=2026-11-21T02:03:00Z&known_at=2026-11-21T02:04:00Z"), 60.0);
    let history = app.get(&format!("/v1/firms/{}/evaluations", scene.uscc)).expect(200);
    assert!(
        !history.text.contains(&id) && history.json()["items"][0]["cause"]["kind"] == "unpublished",
        "{}",
        history.text
    );
    let full = app
        .get(&format!("/v1/firms/{}/evaluation?as_of=2026-11-21T02:03:00Z", scene.uscc))
        .token(&app.firm_account(&scene.uscc));
    assert!(line(&full.expect(200).json(), &id).is_some());
    app.object(&app.firm_account(&scene.uscc), &format!("/v1/records/{id}")).refused(404, "not_found");
}

#[both]
fn nobody_decides_on_what_went_through_their_hands(app: TestApp) {
    let scene = app.scene();
    let [drafter, editor, confirmer] = [(); 3].map(|()| app.official(Role::District, DISTRICT, true));
    let (id, etag) = app.draft(&drafter, &penalty(&scene.uscc));
    let path = format!("/v1/admin/records/{id}");
    let edited = app
        .patch(&path)
        .token(&editor)
        .header("If-Match", &etag)
        .json(&json!({"title": "违规收费"}))
        .expect(200);
    let etag = app.record_step(&drafter, &id, edited.etag(), "submit").expect(200).etag().to_owned();
    app.record_step(&confirmer, &id, &etag, "confirm").expect(200);
    let objection = app.objection(&scene.uscc, &id);
    let decide = |token: &str| app.decide(token, "objections", &objection, &upheld());
    for hand in [&drafter, &editor, &confirmer] {
        decide(hand).refused(403, "second_person_needed");
    }
    decide(&app.official(Role::District, DISTRICT, false)).refused(403, "no_power_to_confirm");
    decide(&app.official(Role::Community, COMMUNITY, true)).refused(403, "role_not_allowed");
    decide(&app.firm_account(&scene.uscc)).refused(403, "role_not_allowed");
    decide(&app.official(Role::District, OTHER_DISTRICT, true)).refused(404, "not_found");
    // The record is the district's: a street below it does not decide.
    decide(&app.official(Role::Street, STREET, true)).refused(404, "not_found");
    let decider = app.official(Role::City, "2102", true);
    app.decide(
        &decider,
        "objections",
        &objection,
        &json!({"decision": "amended", "reason": "改", "amendment": {"title": "收费不规范"}}),
    )
    .expect(200);
    // Who amended it has a hand in it from now on.
    let second = app.objection(&scene.uscc, &id);
    app.decide(&decider, "objections", &second, &upheld()).refused(403, "second_person_needed");
}

#[both]
fn only_the_firm_itself_objects_and_takes_it_back(app: TestApp) {
    let scene = app.scene();
    let id = app.record_in_force(&with(penalty(&scene.uscc), json!({"severity": "minor"})));
    let path = format!("/v1/records/{id}");
    let stranger = app.firm_account(&app.firm_with(plain_firm("别家物业")));
    app.object(&stranger, &path).refused(404, "not_found");
    app.object(&app.confirmer(), &path).refused(403, "role_not_allowed");
    app.post(&format!("{path}/objections")).json(&json!({"grounds": "x"})).refused(401, "not_signed_in");
    let firm = app.firm_account(&scene.uscc);
    app.post(&format!("{path}/objections"))
        .token(&firm)
        .json(&json!({"grounds": ""}))
        .refused(422, "invalid");
    let (draft, _) = app.draft(&app.drafter(), &penalty(&scene.uscc));
    app.object(&firm, &format!("/v1/records/{draft}")).refused(404, "not_found");

    let filed = app.object(&firm, &path).expect(201);
    let room = format!("/v1/objections/{}", filed.json()["id"].as_str().unwrap());
    app.get(&room).token(&stranger).refused(404, "not_found");
    let withdraw = |token: &str| app.post(&format!("{room}/withdraw")).token(token);
    withdraw(&stranger).header("If-Match", "*").refused(404, "not_found");
    withdraw(&firm).refused(428, "if_match_required");
    withdraw(&firm).header("If-Match", "\"7-x\"").refused(412, "stale");
    let withdrawn = withdraw(&firm).header("If-Match", filed.etag()).expect(200).json();
    assert_eq!((&withdrawn["status"], &withdrawn["reason"]), (&json!("withdrawn"), &json!(null)));
    assert_eq!(app.get(&path).token(&firm).expect(200).json()["disputed"], false);
    withdraw(&firm).header("If-Match", "*").refused(409, "already_decided");
    assert_eq!(
        app.object(&firm, &path).refused(409, "already_withdrawn").json()["existing"],
        withdrawn["id"]
    );
}

#[both]
fn of_two_officials_at_once_one_decides(app: TestApp) {
    let scene = app.scene();
    let id = app.record_in_force(&penalty(&scene.uscc));
    let objection = app.objection(&scene.uscc, &id);
    let officials = [app.confirmer(), app.confirmer()];
    let path = format!("/v1/admin/objections/{objection}");
    let etag = app.get(&path).token(&officials[0]).expect(200).etag().to_owned();
    let mut statuses: Vec<u16> = std::thread::scope(|scope| {
        let decide = |token| {
            app.post(&format!("{path}/decide"))
                .token(token)
                .header("If-Match", &etag)
                .json(&upheld())
                .send()
                .status
        };
        let calls: Vec<_> = officials.iter().map(|token| scope.spawn(move || decide(token))).collect();
        calls.into_iter().map(|call| call.join().unwrap()).collect()
    });
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 412]);
    app.post(&format!("{path}/decide"))
        .token(&app.confirmer())
        .json(&upheld())
        .refused(428, "if_match_required");
    app.decide(&app.confirmer(), "objections", &objection, &upheld()).refused(409, "already_decided");
}

#[both]
fn an_objection_sent_twice_is_made_once(app: TestApp) {
    let scene = app.scene();
    let id = app.record_in_force(&penalty(&scene.uscc));
    let firm = app.firm_account(&scene.uscc);
    let file =
        || app.object(&firm, &format!("/v1/records/{id}")).header("Idempotency-Key", "k1").expect(201).text;
    assert_eq!(file(), file());
    let mut statuses: Vec<u16> = std::thread::scope(|scope| {
        let other = app.record_in_force(&penalty(&scene.uscc));
        let path = format!("/v1/records/{other}");
        let calls: Vec<_> = (0..2)
            .map(|_| {
                let (path, firm, app) = (path.clone(), &firm, &app);
                scope.spawn(move || app.object(firm, &path).send().status)
            })
            .collect();
        calls.into_iter().map(|call| call.join().unwrap()).collect()
    });
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409]);
}

#[both]
fn an_assessment_is_disputed_corrected_and_revoked(app: TestApp) {
    let scene = app.scene();
    app.set_time("2027-02-08T02:00:00Z");
    let street = app.official(Role::Street, STREET, true);
    let body = json!({"scores": {"service": 60, "party": 60}, "correction_reason": "补录"});
    let given = app.assess(&street, &scene.project, "2026-Q4", "street", &body).seconded(&app).json();
    let path = format!("/v1/assessments/{}", given["id"].as_str().unwrap());
    let list = format!("/v1/firms/{}/assessments", scene.uscc);
    let first = || app.get(&list).expect(200).json()["items"][0].clone();
    let before = score(&app, &scene.uscc, "");
    app.object(&app.firm_account(&app.firm("别家物业")), &path).refused(404, "not_found");
    let firm = app.firm_account(&scene.uscc);
    let id = app.object(&firm, &path).expect(201).json()["id"].as_str().unwrap().to_owned();
    assert_eq!((&first()["disputed"], score(&app, &scene.uscc, "")), (&json!(true), before));
    let amended =
        json!({"decision": "amended", "reason": "漏计绿化加分", "scores": {"service": 90, "party": 60}});
    app.decide(&street, "objections", &id, &amended).refused(403, "second_person_needed");
    app.decide(
        &app.official(Role::Street, STREET, true),
        "objections",
        &id,
        &json!({"decision": "amended", "reason": "改", "scores": {"service": 101, "party": 60}}),
    )
    .refused(422, "invalid");
    app.advance(chrono::Duration::minutes(1));
    app.decide(&app.official(Role::Street, STREET, true), "objections", &id, &amended).seconded(&app);
    let corrected = first();
    assert_eq!(
        (&corrected["disputed"], &corrected["revision"], &corrected["correction_reason"]),
        (&json!(false), &json!(2), &json!("漏计绿化加分"))
    );
    assert_eq!(corrected["scores"]["service"], 90);
    // 0.40 × 60 + 0.30 × 90 over 0.70, and before 0.30 × 60.
    assert_eq!((before, score(&app, &scene.uscc, "")), (60.0, 72.857));
    assert_eq!(score(&app, &scene.uscc, "?as_of=2027-02-08T02:00:30Z"), before);
    let path = format!("/v1/assessments/{}", corrected["id"].as_str().unwrap());
    let id = app.object(&firm, &path).expect(201).json()["id"].as_str().unwrap().to_owned();
    app.decide(
        &app.official(Role::Street, STREET, true),
        "objections",
        &id,
        &json!({"decision": "revoked", "reason": "评价对象有误"}),
    )
    .seconded(&app);
    assert_eq!(app.get(&list).expect(200).json()["items"], json!([]));
    assert_eq!(score(&app, &scene.uscc, ""), 60.0);
    let again = app.assess(&street, &scene.project, "2026-Q4", "street", &body).seconded(&app).json();
    assert_eq!(again["revision"], 3);
}

/// The attack: a firm and one official move a closed quarter by an objection.
#[both]
fn no_one_person_changes_an_assessment_of_a_closed_period_by_an_objection(app: TestApp) {
    let scene = app.scene();
    app.set_time("2027-02-08T02:00:00Z");
    let body = json!({"scores": {"service": 60, "party": 60}, "correction_reason": "补录"});
    let given = app.assessed(&scene.project, "2026-Q4", "street", &body);
    let path = format!("/v1/assessments/{}", given["id"].as_str().unwrap());
    let id = app.object(&app.firm_account(&scene.uscc), &path).expect(201).json()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let decider = app.official(Role::Street, STREET, true);
    let amended = json!({"decision": "amended", "reason": "x", "scores": {"service": 100, "party": 60}});
    let proposed = app.decide(&decider, "objections", &id, &amended).expect(202).json();
    assert_eq!(
        (&proposed["operation"], &proposed["object"], &proposed["reason"], &proposed["asks"]),
        (
            &json!("decide_objection"),
            &json!({"kind": "objection", "id": id}),
            &json!("x"),
            &json!("official")
        )
    );
    let (before, after) = (json!({"service": 60, "party": 60}), json!({"service": 100, "party": 60}));
    let weight = json!({"area_m2": 10000, "households": 100, "share_of_area": 1, "share_of_households": 1});
    assert_eq!(
        proposed["changes"],
        json!([
            {"field": "status", "before": "open", "after": "amended"},
            {"field": "scores", "before": before, "after": after},
            {"field": "weight", "before": null, "after": weight}
        ])
    );
    let list = format!("/v1/firms/{}/assessments", scene.uscc);
    let shown = || app.get(&list).expect(200).json()["items"][0].clone();
    let unchanged = || {
        assert_eq!((&shown()["scores"], &shown()["disputed"]), (&before, &json!(true)));
        assert_eq!(score(&app, &scene.uscc, ""), 60.0);
    };
    unchanged();
    // One proposal at a time is about an assessment, whatever would change it.
    let revoked = json!({"decision": "revoked", "reason": "评价对象有误"});
    app.decide(&decider, "objections", &id, &revoked).refused(409, "proposal_open");
    let street = app.official(Role::Street, STREET, false);
    let correction = json!({"scores": {"service": 90, "party": 60}, "correction_reason": "更正"});
    app.assess(&street, &scene.project, "2026-Q4", "street", &correction)
        .header("If-Match", "*")
        .refused(409, "proposal_open");
    let proposal = format!("/v1/admin/proposals/{}", proposed["id"].as_str().unwrap());
    let confirm = |token: &str| app.post(&format!("{proposal}/confirm")).token(token).header("If-Match", "*");
    confirm(&decider).refused(403, "second_person_needed");
    confirm(&app.official(Role::Street, STREET, false)).refused(403, "no_power_to_confirm");
    unchanged();
    let back = app.post(&format!("{proposal}/return")).token(&app.confirmer()).header("If-Match", "*");
    back.json(&json!({"reason": "理由不成立"})).expect(200);
    unchanged();
    // What ends it is shown as such.
    let proposed = app.decide(&decider, "objections", &id, &revoked).expect(202).json();
    assert_eq!(proposed["changes"][1], json!({"field": "scores", "before": before, "after": null}));
    unchanged();
    let path = format!("/v1/admin/proposals/{}/confirm", proposed["id"].as_str().unwrap());
    app.post(&path).token(&app.confirmer()).header("If-Match", "*").expect(200);
    assert_eq!(app.get(&list).expect(200).json()["items"], json!([]));
}

/// What was to be changed is what a file has put in its place meanwhile: that was not shown.
#[both]
fn a_decision_on_an_assessment_that_a_file_replaced_is_stale(app: TestApp) {
    let scene = app.scene();
    app.set_time("2027-02-08T02:00:00Z");
    let body = json!({"scores": {"service": 60, "party": 60}, "correction_reason": "补录"});
    let given = app.assessed(&scene.project, "2026-Q4", "street", &body);
    let path = format!("/v1/assessments/{}", given["id"].as_str().unwrap());
    let id = app.object(&app.firm_account(&scene.uscc), &path).expect(201).json()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let decider = app.official(Role::Street, STREET, true);
    let amended = json!({"decision": "amended", "reason": "漏计", "scores": {"service": 100, "party": 60}});
    let propose = || app.decide(&decider, "objections", &id, &amended).expect(202).json();
    let confirm = |proposal: &Value| {
        let path = format!("/v1/admin/proposals/{}/confirm", proposal["id"].as_str().unwrap());
        app.post(&path).token(&app.confirmer()).header("If-Match", "*")
    };
    let proposed = propose();
    let file = format!(
        "project,period,assessor,service,party,correction_reason\n{},2026-Q4,street,80,60,更正\n",
        scene.project
    );
    let street = app.official(Role::Street, STREET, false);
    let sent = import_file(&app, &street, "assessments", CSV, file);
    assert_eq!(sent["state"], "submitted", "{sent}");
    let file = format!("/v1/admin/imports/{}/confirm", sent["id"].as_str().unwrap());
    app.post(&file).token(&app.official(Role::City, "2102", true)).header("If-Match", "*").expect(200);
    let stale = confirm(&proposed).refused(409, "proposal_stale").faults();
    assert_eq!(stale, [("/scores".to_owned(), "changed".to_owned())]);
    let shown = || {
        let listed = app.get(&format!("/v1/firms/{}/assessments", scene.uscc)).expect(200).json();
        listed["items"][0]["scores"]["service"].clone()
    };
    assert_eq!(shown(), 80);
    let ended = format!("/v1/admin/proposals/{}", proposed["id"].as_str().unwrap());
    assert_eq!(app.get(&ended).token(&decider).expect(200).json()["state"], "stale");
    // Proposed again, it shows what stands.
    let again = propose();
    assert_eq!(again["changes"][1]["before"], json!({"service": 80, "party": 60}));
    confirm(&again).expect(200);
    assert_eq!(shown(), 100);
}

/// While the period is open an assessment is confirmed with its batch, and decided on by one.
#[both]
fn an_assessment_of_an_open_period_is_decided_on_by_one(app: TestApp) {
    let scene = app.scene();
    app.set_time("2027-01-31T15:59:59Z");
    let body = json!({"scores": {"service": 60, "party": 60}});
    let given = app.assessed(&scene.project, "2026-Q4", "street", &body);
    let path = format!("/v1/assessments/{}", given["id"].as_str().unwrap());
    let firm = app.firm_account(&scene.uscc);
    let id = app.object(&firm, &path).expect(201).json()["id"].as_str().unwrap().to_owned();
    let amended = json!({"decision": "amended", "reason": "漏计", "scores": {"service": 90, "party": 60}});
    let decided =
        app.decide(&app.official(Role::Street, STREET, true), "objections", &id, &amended).expect(200);
    assert_eq!(decided.json()["status"], "amended");
    // From the close on that it stands takes one, and that it changes takes two.
    app.set_time("2027-01-31T16:00:00Z");
    let listed = app.get(&format!("/v1/firms/{}/assessments", scene.uscc)).expect(200).json();
    let path = format!("/v1/assessments/{}", listed["items"][0]["id"].as_str().unwrap());
    let firm = app.firm_account(&scene.uscc);
    let id = app.object(&firm, &path).expect(201).json()["id"].as_str().unwrap().to_owned();
    let decider = app.official(Role::Street, STREET, true);
    let again = json!({"decision": "amended", "reason": "漏计", "scores": {"service": 95, "party": 60}});
    app.decide(&decider, "objections", &id, &again).expect(202);
    app.decide(&decider, "objections", &id, &upheld()).expect(200);
}

#[both]
fn a_contested_result_stays_in_force_with_its_lists_and_consequences(app: TestApp) {
    let scene = app.scene();
    app.record_in_force(&penalty(&scene.uscc));
    let history = format!("/v1/firms/{}/evaluations", scene.uscc);
    let entries = || app.get(&history).expect(200).json()["items"].clone();
    let seen = || {
        let before = app.evaluated(&scene.uscc, "");
        let eligible =
            app.get(&format!("/v1/firms/{}/eligibility?place={DISTRICT}", scene.uscc)).expect(200).json();
        let listed = app.get("/v1/firms?grade=C").expect(200).json()["items"].as_array().unwrap().len();
        let ranked = app.get("/v1/rankings?by=score").expect(200).json()["items"].as_array().unwrap().len();
        let card = app.get(&format!("/v1/firms/{}", scene.uscc)).expect(200).json();
        (
            [
                before["score"].clone(),
                before["grade"].clone(),
                before["consequences"].clone(),
                before["lists"].clone(),
                before["items"].clone(),
            ],
            [
                card["credit"]["score"].clone(),
                card["credit"]["grade"].clone(),
                card["credit"]["consequences"].clone(),
            ],
            eligible["eligibility"].clone(),
            listed,
            ranked,
            entries().as_array().unwrap().len(),
        )
    };
    let before = seen();
    assert_eq!((&before.0[1], &before.2, before.3, before.4), (&json!("C"), &json!("restricted"), 1, 1));
    let newest = entries()[0].clone();
    app.advance(chrono::Duration::minutes(1));
    let firm = app.firm_account(&scene.uscc);
    let path = format!("{history}/{}", newest["id"].as_str().unwrap());
    app.object(&app.firm_account(&app.firm("别家物业")), &path).refused(403, "out_of_reach");
    app.object(&firm, &format!("{history}/none")).refused(404, "not_found");
    let filed = app.object(&firm, &path).expect(201);
    let id = filed.json()["id"].as_str().unwrap().to_owned();
    // Its scheme says `suspended`: it is told that it is contested, and everything stays.
    assert_eq!(seen(), before);
    assert_eq!(app.evaluated(&scene.uscc, "")["outcome"], "suspended");
    assert_eq!((&entries()[0]["id"], &entries()[0]["disputed"]), (&newest["id"], &json!(true)));
    let firms = app.get("/v1/statistics?period=2026-Q4").expect(200).json()["firms"].clone();
    assert_eq!(
        (&firms["by_grade"], &firms["suspended"]),
        (&json!([{"grade": "C", "count": 1}]), &json!(1)),
        "{firms}"
    );
    app.post(&format!("/v1/objections/{id}/withdraw"))
        .token(&firm)
        .header("If-Match", filed.etag())
        .expect(200);
    assert_eq!((app.evaluated(&scene.uscc, "")["outcome"].clone(), seen()), (json!("evaluated"), before));
    // One objection a revision, withdrawn ones included.
    assert_eq!(app.object(&firm, &path).refused(409, "already_withdrawn").json()["existing"], json!(id));
}

#[both]
fn an_evaluation_is_not_revoked_itself(app: TestApp) {
    let scene = app.scene();
    app.record_in_force(&penalty(&scene.uscc));
    let history = format!("/v1/firms/{}/evaluations", scene.uscc);
    let newest = app.get(&history).expect(200).json()["items"][0]["id"].as_str().unwrap().to_owned();
    let firm = app.firm_account(&scene.uscc);
    let id = app.object(&firm, &format!("{history}/{newest}")).expect(201).json()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let revoked = json!({"decision": "revoked", "reason": "改"});
    let refused = app.decide(&app.confirmer(), "objections", &id, &revoked).refused(422, "invalid");
    assert_eq!(refused.faults(), [("/decision".to_owned(), "not_for_evaluations".to_owned())]);
    app.decided(&id, &upheld());
    assert_eq!(app.evaluated(&scene.uscc, "")["outcome"], "evaluated");
    let again = app.object(&firm, &format!("{history}/{newest}")).refused(409, "already_decided");
    assert_eq!(again.json()["existing"], json!(id));
}

#[both]
fn who_had_a_hand_in_it_does_not_extend_and_nobody_does_after_the_deadline(app: TestApp) {
    let scene = app.scene();
    let drafter = app.drafter();
    let hand = app.confirmer();
    let (id, etag) = app.draft(&drafter, &penalty(&scene.uscc));
    let etag = app.record_step(&drafter, &id, &etag, "submit").expect(200).etag().to_owned();
    app.record_step(&hand, &id, &etag, "confirm").expect(200);
    let objection = app.objection(&scene.uscc, &id);
    let extend = |token: &str| {
        let call = app.post(&format!("/v1/admin/objections/{objection}/extend")).token(token);
        call.header("If-Match", "*").json(&json!({"reason": "需调取案卷"}))
    };
    extend(&hand).refused(403, "second_person_needed");
    // Due on Tuesday, 1 December: that day is the last.
    app.set_time("2026-12-01T16:00:00Z");
    let refused = extend(&app.confirmer()).refused(409, "deadline_passed");
    assert_eq!(refused.json()["detail"], "办理期限已于2026-12-01届满，不能再延长");
    app.set_time("2026-12-01T15:59:59Z");
    assert_eq!(extend(&app.confirmer()).expect(200).json()["due_on"], "2026-12-18");
}

#[both]
fn officials_see_the_objections_of_their_own_place_those_due_first(app: TestApp) {
    let scene = app.scene();
    let [first, second] = [(); 2].map(|()| app.record_in_force(&penalty(&scene.uscc)));
    let late = app.objection(&scene.uscc, &second);
    app.advance(chrono::Duration::days(3));
    let later = app.objection(&scene.uscc, &first);
    let list = |token: &str, query: &str| {
        ids(&app.get(&format!("/v1/admin/objections?count=true{query}")).token(token).expect(200))
    };
    assert_eq!(list(&app.confirmer(), ""), [late.as_str(), later.as_str()]);
    assert_eq!(list(&app.official(Role::City, "2102", false), "&limit=1"), [late.as_str()]);
    assert_eq!(
        app.walk_as(&app.confirmer(), "/v1/admin/objections?limit=1"),
        [late.as_str(), later.as_str()]
    );
    for (role, place) in [(Role::Street, STREET), (Role::District, OTHER_DISTRICT)] {
        assert_eq!(list(&app.official(role, place, true), ""), Vec::<String>::new());
        app.get(&format!("/v1/admin/objections/{late}"))
            .token(&app.official(role, place, true))
            .refused(404, "not_found");
    }
    app.decided(&late, &upheld());
    assert_eq!(list(&app.confirmer(), "&status=open"), [later.as_str()]);
    assert_eq!(list(&app.confirmer(), "&status=upheld"), [late.as_str()]);
    app.get("/v1/admin/objections?status=lost").token(&app.confirmer()).refused(400, "bad_parameter");
}

/// Filed on the Wednesday before the Mid-Autumn Festival and the National Day of 2026.
fn decided_in_working_days(app: &TestApp) {
    let scene = app.scene();
    let id = app.record_in_force(&with(penalty(&scene.uscc), json!({"decided_on": "2026-09-01"})));
    let objection = app.objection(&scene.uscc, &id);
    let left = |instant: &str| {
        app.set_time(instant);
        let listed = app.get("/v1/admin/objections?status=open").token(&app.confirmer()).expect(200).json();
        (
            listed["items"][0]["due_on"].as_str().unwrap().to_owned(),
            listed["items"][0]["working_days_left"].as_i64().unwrap(),
        )
    };
    // 24, 28, 29, 30 September; the holidays; 8, 9 and, worked for them, Saturday the 10th of
    // October.
    let due = |days| ("2026-10-10".to_owned(), days);
    for (instant, days) in [
        ("2026-09-23T15:59:59Z", 7),
        ("2026-09-23T16:00:00Z", 6),
        ("2026-09-27T02:00:00Z", 6),
        ("2026-09-30T02:00:00Z", 3),
        ("2026-10-07T02:00:00Z", 3),
        ("2026-10-11T02:00:00Z", 0),
        ("2026-10-12T02:00:00Z", -1),
        ("2026-10-09T16:00:00Z", 0),
    ] {
        assert_eq!(left(instant), due(days), "{instant}");
    }
    let extend = |token: &str| {
        app.post(&format!("/v1/admin/objections/{objection}/extend"))
            .token(token)
            .header("If-Match", "*")
            .json(&json!({"reason": "需调取案卷"}))
    };
    extend(&app.official(Role::District, DISTRICT, false)).refused(403, "no_power_to_confirm");
    let extended = extend(&app.confirmer()).expect(200).json();
    assert_eq!((&extended["due_on"], &extended["working_days_left"]), (&json!("2026-10-28"), &json!(13)));
    extend(&app.confirmer()).refused(409, "already_extended");
    let seen = app
        .get(&format!("/v1/objections/{objection}"))
        .token(&app.firm_account(&scene.uscc))
        .expect(200)
        .json();
    assert_eq!((&seen["extension_reason"], &seen["status"]), (&json!("需调取案卷"), &json!("open")));
    app.decided(&objection, &upheld());
    extend(&app.confirmer()).refused(409, "already_decided");
}

/// Filed on Monday, 28 December 2026: the three days that are left of the year, then New Year's
/// Day, which is a holiday of every year.
fn a_fixed_holiday_counts(app: &TestApp) {
    let scene = app.scene();
    let id = app.record_in_force(&penalty(&scene.uscc));
    let filed = app.object(&app.firm_account(&scene.uscc), &format!("/v1/records/{id}")).expect(201).json();
    assert_eq!((&filed["due_on"], &filed["working_days_left"]), (&json!("2027-01-07"), &json!(7)));
}

mod a_fixed_public_holiday_of_a_year_without_a_list_is_no_working_day {
    use super::{TestApp, a_fixed_holiday_counts};
    use crate::harness::Backend;

    fn run(backend: Backend) {
        a_fixed_holiday_counts(&TestApp::start_at(backend, "2026-12-28T02:00:00Z", |_| {}));
    }

    #[test]
    fn sqlite() {
        run(Backend::Sqlite);
    }

    #[test]
    fn postgres() {
        run(Backend::Postgres);
    }
}

mod the_time_for_a_decision_runs_in_working_days_over_holidays_and_make_up_days {
    use super::{TestApp, decided_in_working_days};
    use crate::harness::Backend;

    fn run(backend: Backend) {
        decided_in_working_days(&TestApp::start_at(backend, "2026-09-23T02:00:00Z", |_| {}));
    }

    #[test]
    fn sqlite() {
        run(Backend::Sqlite);
    }

    #[test]
    fn postgres() {
        run(Backend::Postgres);
    }
}
