//! Records of rewards and penalties: from a draft to a fact in force, and every wrong turn.

use crate::harness::TestApp;
use serde_json::{Value, json};
use xinwu_both::both;
use xinwu_domain::access::Role;
use xinwu_domain::estate::EstateKind;

use crate::harness::files::{ids, penalty, with};
use crate::harness::world::{COMMUNITY, DISTRICT, OTHER_COMMUNITY, OTHER_DISTRICT, STREET, plain_firm};

#[both]
fn a_record_counts_and_shows_from_its_confirmation_by_another_official(app: TestApp) {
    let scene = app.scene();
    let (drafter, confirmer) = (app.drafter(), app.confirmer());
    let body = with(penalty(&scene.uscc), json!({"project": scene.project, "detail": "多收三户"}));
    let drafted = app.post("/v1/admin/records").token(&drafter).json(&body).expect(201);
    let draft = drafted.json();
    let id = draft["id"].as_str().unwrap();
    assert_eq!(drafted.header("location"), format!("/v1/admin/records/{id}"));
    assert_eq!(
        (&draft["kind"], &draft["severity"], &draft["state"]),
        (&json!("penalty"), &json!("ordinary"), &json!("draft"))
    );
    assert_eq!((&draft["status"], &draft["public"]), (&json!(null), &json!(false)));
    assert_eq!(
        (&draft["place"], &draft["public"], &draft["known_from"]),
        (&json!(DISTRICT), &json!(false), &json!(null))
    );
    assert_eq!(
        (&draft["public_until"], &draft["retain_until"]),
        (&json!("2027-11-10"), &json!("2031-11-10"))
    );

    app.get(&format!("/v1/records/{id}")).refused(404, "not_found");
    let submitted = app.record_step(&drafter, id, drafted.etag(), "submit").expect(200);
    app.get(&format!("/v1/records/{id}")).refused(404, "not_found");
    assert_eq!(ids(&app.get(&format!("/v1/firms/{}/records", scene.uscc)).expect(200)), Vec::<String>::new());

    app.advance(chrono::Duration::minutes(5));
    let confirmed = app.record_step(&confirmer, id, submitted.etag(), "confirm").expect(200).json();
    assert_eq!((&confirmed["state"], &confirmed["public"]), (&json!("in_force"), &json!(true)));
    let steps: Vec<_> =
        confirmed["steps"].as_array().unwrap().iter().map(|each| each["step"].as_str().unwrap()).collect();
    assert_eq!(steps, ["drafted", "submitted", "confirmed"]);

    let shown = app.get(&format!("/v1/records/{id}")).expect(200).json();
    assert_eq!(
        (&shown["counts_from"], &shown["known_from"]),
        (&json!("2026-11-10"), &json!("2026-11-21T02:05:00Z"))
    );
    assert_eq!(shown["category"], json!({"code": "P301", "name": "违规收费", "basis": "价格法"}));
    assert_eq!(shown["firm"], json!({"uscc": scene.uscc, "name": "海蓝物业"}));
    assert_eq!(shown["project"]["estate"], json!(scene.estate));
    assert_eq!(
        (&shown["document_number"], &shown["authority"]),
        (&body["document_number"], &body["authority"])
    );
    assert!(
        shown.get("evidence").is_none() && shown.get("points").is_none() && shown.get("drafted_by").is_none()
    );
    let english = app.get(&format!("/v1/records/{id}")).english().expect(200).json();
    assert_eq!(english["category"]["name"], "Overcharging");
    let listed = app
        .get(&format!(
            "/v1/firms/{}/records?kind=penalty&status=in_force&count=true",
            scene.uscc.to_lowercase()
        ))
        .expect(200)
        .json();
    assert_eq!((&listed["items"][0], &listed["page"]["total"]), (&shown, &json!(1)));
    assert_eq!(
        app.get(&format!("/v1/firms/{}/records?kind=reward", scene.uscc)).expect(200).json()["items"],
        json!([])
    );
}

#[both]
fn a_confirmed_penalty_changes_the_grade_with_itself_as_the_cause(app: TestApp) {
    let scene = app.scene();
    let before = app.get(&format!("/v1/firms/{}/evaluation", scene.uscc)).expect(200).json()["score"].clone();
    let id = app.record_in_force(&penalty(&scene.uscc));
    let after = app.get(&format!("/v1/firms/{}/evaluation", scene.uscc)).expect(200).json();
    assert_ne!(after["score"], before);
    assert!(after["items"].as_array().unwrap().iter().any(|item| item["id"] == json!(id)), "{after}");
    let history = app.get(&format!("/v1/firms/{}/evaluations", scene.uscc)).expect(200).text;
    assert!(history.contains(&id), "{history}");
}

#[both]
fn only_another_official_with_the_power_confirms(app: TestApp) {
    let scene = app.scene();
    let (drafter, confirmer) = (app.official(Role::District, DISTRICT, true), app.confirmer());
    let colleague = app.official(Role::District, DISTRICT, true);
    let (id, etag) = app.draft(&drafter, &penalty(&scene.uscc));
    let path = format!("/v1/admin/records/{id}");
    let edited = app
        .patch(&path)
        .token(&colleague)
        .header("If-Match", &etag)
        .json(&json!({"title": "违规收费"}))
        .expect(200);
    let etag = app.record_step(&drafter, &id, edited.etag(), "submit").expect(200).etag().to_owned();

    let confirm = |token: &str| app.record_step(token, &id, &etag, "confirm");
    confirm(&drafter).refused(403, "second_person_needed");
    // Who wrote in it has a hand in it, whoever drafted it.
    confirm(&colleague).refused(403, "second_person_needed");
    confirm(&app.official(Role::District, DISTRICT, false)).refused(403, "no_power_to_confirm");
    confirm(&app.official(Role::Community, COMMUNITY, true)).refused(403, "role_not_allowed");
    confirm(&app.firm_account(&scene.uscc)).refused(403, "role_not_allowed");
    confirm(&app.admin()).refused(403, "role_not_allowed");
    confirm(&app.official(Role::District, OTHER_DISTRICT, true)).refused(404, "not_found");
    confirm(&app.official(Role::Street, STREET, true)).refused(404, "not_found");
    app.post(&format!("{path}/confirm")).refused(401, "not_signed_in");
    app.post(&format!("{path}/confirm")).token(&confirmer).refused(428, "if_match_required");
    app.record_step(&confirmer, &id, "\"1-0\"", "confirm").refused(412, "stale");
    assert_eq!(app.get(&path).token(&drafter).expect(200).json()["state"], "submitted");
    app.record_step(&app.official(Role::City, "2102", true), &id, &etag, "confirm").expect(200);
}

#[both]
fn a_step_out_of_order_is_a_conflict(app: TestApp) {
    let scene = app.scene();
    let (drafter, confirmer) = (app.drafter(), app.confirmer());
    let (id, etag) = app.draft(&drafter, &penalty(&scene.uscc));
    let path = format!("/v1/admin/records/{id}");
    app.record_step(&confirmer, &id, &etag, "confirm").refused(409, "wrong_state");
    app.record_step(&confirmer, &id, &etag, "return").refused(409, "wrong_state");
    let etag = app.record_step(&drafter, &id, &etag, "submit").expect(200).etag().to_owned();
    app.record_step(&drafter, &id, &etag, "submit").refused(409, "wrong_state");
    app.patch(&path)
        .token(&drafter)
        .header("If-Match", &etag)
        .json(&json!({"title": "x"}))
        .refused(409, "wrong_state");
    let etag = app.record_step(&confirmer, &id, &etag, "confirm").expect(200).etag().to_owned();
    for step in ["submit", "withdraw"] {
        app.record_step(&drafter, &id, &etag, step).refused(409, "wrong_state");
    }
    for step in ["confirm", "return"] {
        app.record_step(&confirmer, &id, &etag, step).refused(409, "wrong_state");
    }
    app.patch(&path)
        .token(&drafter)
        .header("If-Match", &etag)
        .json(&json!({"title": "x"}))
        .refused(409, "wrong_state");
}

#[both]
fn a_returned_record_is_put_right_and_a_withdrawn_one_ends(app: TestApp) {
    let scene = app.scene();
    let (drafter, confirmer) = (app.drafter(), app.confirmer());
    let (id, etag) = app.draft(&drafter, &penalty(&scene.uscc));
    let etag = app.record_step(&drafter, &id, &etag, "submit").expect(200).etag().to_owned();
    app.record_step(&drafter, &id, &etag, "return").refused(403, "no_power_to_confirm");
    let returned = app.record_step(&confirmer, &id, &etag, "return").expect(200);
    assert_eq!(returned.json()["steps"][2]["reason"], "文书号有误");
    let edit =
        app.patch(&format!("/v1/admin/records/{id}")).token(&drafter).header("If-Match", returned.etag());
    let edited = edit.json(&json!({"document_number": "中市监罚字〔2026〕13号"})).expect(200);
    assert_eq!(
        (&edited.json()["state"], &edited.json()["document_number"]),
        (&json!("returned"), &json!("中市监罚字〔2026〕13号"))
    );
    let etag = app.record_step(&drafter, &id, edited.etag(), "submit").expect(200).etag().to_owned();
    let withdrawn = app.record_step(&drafter, &id, &etag, "withdraw").expect(200);
    assert_eq!(withdrawn.json()["state"], "withdrawn");
    app.record_step(&drafter, &id, withdrawn.etag(), "submit").refused(409, "wrong_state");
    app.get(&format!("/v1/records/{id}")).refused(404, "not_found");
}

#[both]
fn the_drafter_learns_what_a_colleague_does_with_a_record(app: TestApp) {
    let scene = app.scene();
    let (drafter, colleague) = (app.drafter(), app.drafter());
    let told = || -> Vec<(Value, Value, Value)> {
        let notices = app.notices(&drafter).into_iter();
        notices
            .map(|told| (told["kind"].clone(), told["about"]["id"].clone(), told["reason"].clone()))
            .collect()
    };
    let (id, _) = app.draft(&drafter, &penalty(&scene.uscc));
    let path = format!("/v1/admin/records/{id}");
    let edit = |token: &str, title: &str| {
        app.patch(&path).token(token).header("If-Match", "*").json(&json!({"title": title})).expect(200)
    };
    edit(&drafter, "违规收费");
    assert_eq!(told(), []);
    edit(&colleague, "违规收费（更正）");
    let edited = (json!("record_edited"), json!(id), Value::Null);
    assert_eq!(told(), [edited.clone()]);
    app.record_step(&drafter, &id, "*", "submit").expect(200);

    // What was submitted does not end without a word.
    let withdraw = || app.record_step(&colleague, &id, "*", "withdraw");
    let refused = withdraw().refused(422, "invalid").faults();
    assert_eq!(refused, [("/reason".to_owned(), "required".to_owned())]);
    withdraw().json(&json!({"reason": ""})).refused(422, "invalid");
    assert_eq!(app.get(&path).token(&colleague).expect(200).json()["state"], "submitted");
    let withdrawn = withdraw().json(&json!({"reason": "与另一条信息重复"})).expect(200).json();
    let last = withdrawn["steps"].as_array().unwrap().last().unwrap();
    assert_eq!((&last["step"], &last["reason"]), (&json!("withdrawn"), &json!("与另一条信息重复")));
    let ended = (json!("record_withdrawn"), json!(id), json!("与另一条信息重复"));
    assert_eq!(told(), [ended.clone(), edited.clone()]);

    // A draft needs no reason, and the own none at all.
    let (other, _) = app.draft(&drafter, &penalty(&scene.uscc));
    app.record_step(&colleague, &other, "*", "withdraw").expect(200);
    let given_up = (json!("record_withdrawn"), json!(other), Value::Null);
    assert_eq!(told(), [given_up.clone(), ended.clone(), edited.clone()]);
    let (own, _) = app.draft(&drafter, &penalty(&scene.uscc));
    app.record_step(&drafter, &own, "*", "submit").expect(200);
    app.record_step(&drafter, &own, "*", "withdraw").expect(200);
    assert_eq!(told(), [given_up, ended, edited]);
}

#[both]
fn a_draft_is_known_only_to_the_officials_of_its_place_and_above(app: TestApp) {
    let scene = app.scene();
    let street = app.official(Role::Street, STREET, false);
    let (id, etag) = app.draft(&street, &penalty(&scene.uscc));
    let path = format!("/v1/admin/records/{id}");
    for (role, place) in [(Role::Street, STREET), (Role::District, DISTRICT), (Role::City, "2102")] {
        let official = app.official(role, place, false);
        assert_eq!(app.get(&path).token(&official).expect(200).json()["place"], STREET);
        assert_eq!(ids(&app.get("/v1/admin/records").token(&official).expect(200)), [id.as_str()]);
    }
    for (role, place) in
        [(Role::Community, COMMUNITY), (Role::Street, "210202005"), (Role::District, OTHER_DISTRICT)]
    {
        let official = app.official(role, place, false);
        app.get(&path).token(&official).refused(404, "not_found");
        app.patch(&path)
            .token(&official)
            .header("If-Match", &etag)
            .json(&json!({"title": "x"}))
            .refused(404, "not_found");
        assert_eq!(ids(&app.get("/v1/admin/records").token(&official).expect(200)), Vec::<String>::new());
    }
    for token in [app.firm_account(&scene.uscc), app.official(Role::District, DISTRICT, false), app.admin()] {
        app.get(&format!("/v1/records/{id}")).token(&token).refused(404, "not_found");
    }
    // Officials above see a street's draft; they do not write in it.
    let district = app.confirmer();
    app.patch(&path)
        .token(&district)
        .header("If-Match", &etag)
        .json(&json!({"title": "x"}))
        .refused(403, "not_drafters_side");
    app.record_step(&district, &id, &etag, "submit").refused(403, "not_drafters_side");
    app.record_step(&district, &id, &etag, "withdraw").refused(403, "not_drafters_side");
}

#[both]
fn an_official_records_on_firms_seated_or_working_in_the_own_place(app: TestApp) {
    let scene = app.scene();
    let afar = app.firm_with(xinwu_domain::firm::NewFirm {
        registered_place: OTHER_DISTRICT.to_owned(),
        ..plain_firm("远方物业")
    });
    let street = app.official(Role::Street, STREET, false);
    let add = |token: &str, body| app.post("/v1/admin/records").token(token).json(&body);
    // Seated in the district, working in the street.
    add(&street, penalty(&scene.uscc)).expect(201);
    add(&app.official(Role::Community, COMMUNITY, false), penalty(&scene.uscc)).expect(201);
    add(&street, penalty(&afar)).refused(403, "out_of_reach");
    add(&app.official(Role::District, OTHER_DISTRICT, false), penalty(&scene.uscc))
        .refused(403, "out_of_reach");
    let estate = app.estate(OTHER_COMMUNITY, EstateKind::Old);
    let elsewhere = app.project(&estate, &scene.uscc);
    let on_project = with(penalty(&scene.uscc), json!({"project": elsewhere}));
    add(&street, on_project.clone()).refused(403, "out_of_reach");
    add(&app.official(Role::District, OTHER_DISTRICT, false), on_project.clone()).expect(201);
    add(&app.drafter(), with(on_project, json!({"document_number": "中市监罚字〔2026〕乙1号"}))).expect(201);
    let other = with(penalty(&afar), json!({"project": elsewhere}));
    assert_eq!(
        add(&app.official(Role::City, "2102", false), other).refused(422, "invalid").faults(),
        [("/project".into(), "project_of_another_firm".into())]
    );
}

#[both]
fn what_breaks_a_rule_is_named_and_nothing_is_stored(app: TestApp) {
    let scene = app.scene();
    let other_firm = app.firm("别家物业");
    let stranger = app.manager("李四", &other_firm);
    let drafter = app.drafter();
    let long = "长".repeat(201);
    for (changes, pointer, code) in [
        (json!({"category": "P999"}), "/category", "unknown_category"),
        (json!({"category": "(left out)"}), "/category", "required"),
        (json!({"uscc": "91310115"}), "/uscc", "uscc_length"),
        (json!({"uscc": "91210200241281392F"}), "/uscc", "unknown_firm"),
        (json!({"project": "none"}), "/project", "unknown_project"),
        (json!({"manager": "none"}), "/manager", "unknown_manager"),
        (json!({"manager": stranger}), "/manager", "manager_of_another_firm"),
        (json!({"level": "galaxy"}), "/level", "unknown_value"),
        (json!({"severity": "fatal"}), "/severity", "unknown_value"),
        (json!({"title": " "}), "/title", "blank"),
        (json!({"title": long}), "/title", "length"),
        (json!({"detail": "a\u{0007}"}), "/detail", "control_character"),
        (json!({"document_number": ""}), "/document_number", "blank"),
        (json!({"authority": "a\nb"}), "/authority", "control_character"),
        (json!({"evidence": []}), "/evidence", "length"),
        (json!({"evidence": ["a", ""]}), "/evidence", "blank"),
        (json!({"decided_on": "2026-11-22"}), "/decided_on", "in_future"),
        (json!({"decided_on": "2026-2-30"}), "/decided_on", "day"),
        (json!({"counts_until": "2026-11-09"}), "/counts_until", "out_of_range"),
        (json!({"publish": false}), "/publish", "must_be_shown"),
        (json!({"points": [{"scheme": "nowhere", "points": 8}]}), "/points/0/scheme", "unknown_scheme"),
        (json!({"points": [{"scheme": "dalian-demo", "points": 8.1234}]}), "/points/0/points", "decimal"),
    ] {
        let reply = app
            .post("/v1/admin/records")
            .token(&drafter)
            .json(&with(penalty(&scene.uscc), changes.clone()))
            .refused(422, "invalid");
        assert!(reply.faults().contains(&(pointer.into(), code.into())), "{changes}: {:?}", reply.faults());
    }
    app.post("/v1/admin/records")
        .token(&drafter)
        .json(&with(penalty(&scene.uscc), json!({"kind": "reward"})))
        .refused(400, "bad_field");
    app.get("/v1/admin/records?state=lost").token(&drafter).refused(400, "bad_parameter");
    assert_eq!(
        app.get("/v1/admin/records?count=true").token(&drafter).expect(200).json()["page"]["total"],
        0
    );
}

#[both]
fn an_officers_points_stay_within_the_schemes_range_with_a_reason(app: TestApp) {
    let scene = app.scene();
    let drafter = app.drafter();
    let add = |points| {
        app.post("/v1/admin/records")
            .token(&drafter)
            .json(&with(penalty(&scene.uscc), json!({"points": points})))
    };
    let fault = |points, code: &str| {
        assert_eq!(add(points).refused(422, "invalid").faults()[0].1, code);
    };
    // P301 under dalian-demo: 5 to 15, 8 for an ordinary case.
    fault(json!([{"scheme": "dalian-demo", "points": 4.999, "reason": "轻"}]), "out_of_range");
    fault(json!([{"scheme": "dalian-demo", "points": 15.001, "reason": "重"}]), "out_of_range");
    fault(json!([{"scheme": "dalian-demo", "points": 10}]), "required");
    fault(
        json!([{"scheme": "dalian-demo", "points": 8}, {"scheme": "dalian-demo", "points": 8}]),
        "duplicate",
    );
    assert_eq!(
        add(json!([{"scheme": "dalian-demo", "points": 8}])).expect(201).json()["points"],
        json!([{"scheme": "dalian-demo", "reference": 8, "actual": 8, "reason": null}])
    );
    assert_eq!(
        add(json!([{"scheme": "dalian-demo", "points": 10.125, "reason": "拒不整改"}])).expect(201).json()["points"],
        json!([{"scheme": "dalian-demo", "reference": 8, "actual": 10.125, "reason": "拒不整改"}])
    );
    let fixed = with(
        penalty(&scene.uscc),
        json!({"category": "P304", "points": [{"scheme": "dalian-demo", "points": 10}]}),
    );
    let reply = app.post("/v1/admin/records").token(&drafter).json(&fixed).refused(422, "invalid");
    assert_eq!(reply.faults(), [("/points/0".into(), "no_discretion".into())]);
}

#[both]
fn an_edit_changes_what_it_names_and_publicity_follows_severity_and_day(app: TestApp) {
    let scene = app.scene();
    let drafter = app.drafter();
    let (id, etag) = app.draft(
        &drafter,
        &with(penalty(&scene.uscc), json!({"public_until": "2027-05-10", "detail": "细节"})),
    );
    let path = format!("/v1/admin/records/{id}");
    app.patch(&path).token(&drafter).json(&json!({"title": "新"})).refused(428, "if_match_required");
    let edit = |etag: &str, body| app.patch(&path).token(&drafter).header("If-Match", etag).json(&body);
    let first = edit(&etag, json!({"title": "新标题", "detail": null, "project": scene.project})).expect(200);
    let seen = first.json();
    assert_eq!(
        (&seen["title"], &seen["detail"], &seen["public_until"]),
        (&json!("新标题"), &json!(null), &json!("2027-05-10"))
    );
    assert_eq!(seen["project"]["id"], json!(scene.project));
    edit(&etag, json!({"title": "又"})).refused(412, "stale");
    let serious = edit(first.etag(), json!({"severity": "serious"})).expect(200);
    assert_eq!(serious.json()["public_until"], "2029-11-10");
    let minor = edit(serious.etag(), json!({"severity": "minor", "publish": false})).expect(200);
    assert_eq!(minor.json()["public_until"], json!(null));
    let reward = edit(minor.etag(), json!({"category": "R301"})).expect(200);
    let seen = reward.json();
    assert_eq!(
        (&seen["kind"], &seen["severity"], &seen["public_until"], &seen["retain_until"]),
        (&json!("reward"), &json!("ordinary"), &json!(null), &json!(null))
    );
    edit(reward.etag(), json!({"decided_on": "2026-12-01"})).refused(422, "invalid");
    assert_eq!(app.get(&path).token(&drafter).expect(200).etag(), reward.etag());
}

#[both]
fn of_two_confirmers_at_once_one_wins(app: TestApp) {
    let scene = app.scene();
    let drafter = app.drafter();
    let (id, etag) = app.draft(&drafter, &penalty(&scene.uscc));
    let etag = app.record_step(&drafter, &id, &etag, "submit").expect(200).etag().to_owned();
    let confirmers = [app.confirmer(), app.confirmer()];
    let mut statuses: Vec<u16> = std::thread::scope(|scope| {
        let calls: Vec<_> = confirmers
            .iter()
            .map(|token| scope.spawn(|| app.record_step(token, &id, &etag, "confirm").send().status))
            .collect();
        calls.into_iter().map(|call| call.join().unwrap()).collect()
    });
    statuses.sort_unstable();
    assert!(statuses == [200, 412] || statuses == [200, 409], "{statuses:?}");
    let steps =
        app.get(&format!("/v1/admin/records/{id}")).token(&drafter).expect(200).json()["steps"].clone();
    assert_eq!(steps.as_array().unwrap().iter().filter(|step| step["step"] == "confirmed").count(), 1);
}

#[both]
fn a_confirmation_sent_twice_with_one_key_has_one_effect(app: TestApp) {
    let scene = app.scene();
    let (drafter, confirmer) = (app.drafter(), app.confirmer());
    let (id, etag) = app.draft(&drafter, &penalty(&scene.uscc));
    let etag = app.record_step(&drafter, &id, &etag, "submit").expect(200).etag().to_owned();
    let confirm =
        || app.record_step(&confirmer, &id, &etag, "confirm").header("Idempotency-Key", "k1").expect(200);
    assert_eq!(confirm().text, confirm().text);
}

#[both]
fn officials_list_records_by_state_firm_and_kind_page_by_page(app: TestApp) {
    let scene = app.scene();
    let (drafter, other) = (app.drafter(), app.firm("别家物业"));
    let mut drafts = Vec::new();
    for _ in 0..3 {
        drafts.push(app.draft(&drafter, &penalty(&scene.uscc)).0);
    }
    let (reward, etag) = app.draft(&drafter, &with(penalty(&other), json!({"category": "R301"})));
    app.record_step(&drafter, &reward, &etag, "submit").expect(200);
    let list = |query: &str| app.get(&format!("/v1/admin/records?{query}")).token(&drafter).expect(200);
    drafts.reverse();
    assert_eq!(ids(&list("state=draft")), drafts);
    assert_eq!(ids(&list("state=submitted")), [reward.as_str()]);
    assert_eq!(ids(&list("kind=reward")), [reward.as_str()]);
    assert_eq!(ids(&list(&format!("uscc={}", other.to_lowercase()))), [reward.as_str()]);
    let first = list("limit=3&count=true").json();
    assert_eq!(first["page"]["total"], 4);
    let cursor = first["page"]["next_cursor"].as_str().unwrap();
    let second = list(&format!("limit=3&cursor={cursor}"));
    assert_eq!(ids(&second), [drafts[2].as_str()]);
    assert_eq!(second.json()["page"]["next_cursor"], json!(null));
}

#[both]
fn public_lists_go_by_the_decision_page_by_page_and_hold_under_inserts(app: TestApp) {
    let scene = app.scene();
    let manager = app.manager("王经理", &scene.uscc);
    let mut expected = Vec::new();
    for day in ["2026-11-01", "2026-11-03", "2026-11-03", "2026-11-05"] {
        expected.push(
            app.record_in_force(&with(penalty(&scene.uscc), json!({"decided_on": day, "manager": manager}))),
        );
    }
    expected.reverse();
    for path in [format!("/v1/firms/{}/records", scene.uscc), format!("/v1/managers/{manager}/records")] {
        let (mut seen, mut query) = (Vec::new(), "limit=1".to_owned());
        loop {
            let page = app.get(&format!("{path}?{query}")).expect(200);
            seen.extend(ids(&page));
            if seen.len() == 2 {
                app.record_in_force(&with(
                    penalty(&scene.uscc),
                    json!({"decided_on": "2026-11-20", "manager": manager}),
                ));
            }
            match page.json()["page"]["next_cursor"].as_str() {
                Some(cursor) => query = format!("limit=1&cursor={cursor}"),
                None => break,
            }
        }
        assert_eq!(
            seen.iter().filter(|id| expected.contains(id)).collect::<Vec<_>>(),
            expected.iter().collect::<Vec<_>>()
        );
        let mut once = seen.clone();
        once.sort();
        once.dedup();
        assert_eq!(once.len(), seen.len());
    }
    app.get("/v1/firms/91210200241281392F/records").refused(404, "not_found");
    app.get("/v1/firms/nonsense/records").refused(400, "bad_parameter");
    app.get("/v1/managers/none/records").refused(404, "not_found");
    app.get(&format!("/v1/firms/{}/records?status=lost", scene.uscc)).refused(400, "bad_parameter");
}

#[both]
fn a_firm_answers_its_own_records(app: TestApp) {
    let scene = app.scene();
    let id = app.record_in_force(&penalty(&scene.uscc));
    let path = format!("/v1/records/{id}/reply");
    let firm = app.firm_account(&scene.uscc);
    let put = |token: &str, text: &str| app.put(&path).token(token).json(&json!({"text": text}));
    let first = put(&firm, "已退还多收费用。").expect(200);
    let reply = first.json()["id"].clone();
    assert_eq!(
        first.json(),
        json!({"id": reply, "text": "已退还多收费用。", "state": "published", "reason": null, "updated_at": "2026-11-21T02:00:00Z"})
    );
    assert_eq!(
        app.get(&format!("/v1/records/{id}")).expect(200).json()["reply"],
        json!({"id": reply, "text": "已退还多收费用。", "hidden": null, "updated_at": "2026-11-21T02:00:00Z"})
    );
    put(&firm, "已退还并公示。").header("If-Match", first.etag()).expect(200);
    put(&firm, "晚了").header("If-Match", first.etag()).refused(412, "stale");
    assert_eq!(
        app.get(&format!("/v1/firms/{}/records", scene.uscc)).expect(200).json()["items"][0]["reply"]["text"],
        "已退还并公示。"
    );
    put(&app.firm_account(&app.firm("别家物业")), "x").refused(404, "not_found");
    put(&app.drafter(), "x").refused(403, "role_not_allowed");
    put(&firm, "").refused(422, "invalid");
    put(&firm, &"长".repeat(1001)).refused(422, "invalid");
    let (draft, _) = app.draft(&app.drafter(), &penalty(&scene.uscc));
    app.put(&format!("/v1/records/{draft}/reply"))
        .token(&firm)
        .json(&json!({"text": "x"}))
        .refused(404, "not_found");
}
