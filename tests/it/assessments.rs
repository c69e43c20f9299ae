//! Assessments by communities, streets and districts.

use serde_json::{Value, json};
use xinwu_both::both;
use xinwu_domain::access::Role;
use xinwu_domain::estate::EstateKind;

use xinwu_persistence::people::account::NewAccount;

use crate::harness::files::{Scene, ids};
use crate::harness::world::{COMMUNITY, DISTRICT, OTHER_COMMUNITY, OTHER_DISTRICT, STREET, plain_project};
use crate::harness::{TestApp, someone};

pub fn scores(service: f64, party: f64) -> Value {
    json!({"scores": {"service": service, "party": party}})
}

fn street(app: &TestApp) -> String {
    app.official(Role::Street, STREET, false)
}

fn of_street() -> NewAccount {
    NewAccount { place: Some(STREET.to_owned()), ..someone(Role::Street) }
}

fn batch_path(place: &str) -> String {
    format!("/v1/admin/places/{place}/assessments/2026-Q4")
}

fn score(app: &TestApp, scene: &Scene) -> Value {
    app.get(&format!("/v1/firms/{}/evaluation", scene.uscc)).expect(200).json()["score"].clone()
}

#[both]
fn a_street_assesses_a_project_of_its_own_exactly(app: TestApp) {
    let scene = app.scene();
    app.set_time("2027-01-08T02:00:00Z");
    let (id, street) = app.account(NewAccount { display_name: Some("张三".to_owned()), ..of_street() });
    let body = json!({"scores": {"service": 88.125, "party": 92}, "note": "保洁到位", "evidence": ["四季度考核表.pdf"]});
    let first = app.assess(&street, &scene.project, "2026-Q4", "street", &body).expect(201);
    let seen = first.json();
    assert_eq!(seen["scores"], json!({"service": 88.125, "party": 92}));
    assert_eq!((&seen["counts_from"], &seen["closes_on"]), (&json!("2027-01-01"), &json!("2027-02-01")));
    assert_eq!(
        (&seen["state"], &seen["by"], &seen["known_from"]),
        (&json!("submitted"), &json!({"id": id, "name": "张三"}), &json!(null))
    );
    assert_eq!(
        (&seen["place"]["code"], &seen["revision"], &seen["evidence"]),
        (&json!(STREET), &json!(1), &json!(["四季度考核表.pdf"]))
    );
    assert_eq!(seen["project"]["uscc"], json!(scene.uscc));
    let path = format!("/v1/admin/assessments/{}/2026-Q4/street", scene.project);
    assert_eq!(app.get(&path).token(&street).expect(200).etag(), first.etag());
    app.get(&format!("/v1/admin/assessments/{}/2026-Q4/district", scene.project))
        .token(&street)
        .refused(404, "not_found");
    app.get(&path).token(&app.official(Role::District, OTHER_DISTRICT, false)).refused(403, "out_of_reach");
    // It is published with its confirmation, and not before.
    let lists = [
        format!("/v1/firms/{}/assessments", scene.uscc.to_lowercase()),
        format!("/v1/projects/{}/assessments", scene.project),
    ];
    for path in &lists {
        assert_eq!(app.get(path).expect(200).json()["items"], json!([]));
    }
    app.advance(chrono::Duration::days(2));
    app.confirm_assessments(STREET, "2026-Q4");
    for path in &lists {
        let page = app.get(&format!("{path}?count=true")).expect(200).json();
        let item = &page["items"][0];
        assert_eq!((&item["scores"], &page["page"]["total"]), (&seen["scores"], &json!(1)));
        assert_eq!((&item["id"], &item["known_from"]), (&seen["id"], &json!("2027-01-10T02:00:00Z")));
        assert!(["evidence", "state", "by"].iter().all(|field| item.get(field).is_none()), "{item}");
    }
    let confirmed = app.get(&path).token(&app.official(Role::Street, STREET, false)).expect(200);
    assert_eq!((&confirmed.json()["state"], &confirmed.json()["revision"]), (&json!("in_force"), &json!(1)));
    assert_ne!(confirmed.etag(), first.etag());
}

/// The attack: an official moves a grade by an assessment of the own, alone.
#[both]
fn what_no_other_official_has_confirmed_moves_nothing_at_the_close(app: TestApp) {
    let scene = app.scene();
    let before = score(&app, &scene);
    let (id, street) = app.account(NewAccount { can_confirm: true, ..of_street() });
    app.assess(&street, &scene.project, "2026-Q4", "street", &scores(100.0, 100.0)).expect(201);
    let path = batch_path(STREET);
    let confirm = |token: &str| app.post(&format!("{path}/confirm")).token(token).header("If-Match", "*");
    app.set_time("2026-12-31T15:59:59Z");
    confirm(&app.official(Role::Street, STREET, true)).refused(409, "period_not_over");
    app.set_time("2027-01-05T02:00:00Z");
    confirm(&app.renewed(&id)).refused(403, "second_person_needed");
    app.set_time("2027-01-31T16:00:00Z");
    app.tick();
    assert_eq!((before.clone(), score(&app, &scene)), (json!(60), json!(60)));
    // Late, it counts from its confirmation on.
    app.set_time("2027-02-10T02:00:00Z");
    confirm(&app.renewed(&id)).refused(403, "second_person_needed");
    confirm(&app.official(Role::Street, STREET, true)).expect(200);
    // (0.40 × 60 + 0.30 × 100) / 0.70
    assert_eq!(score(&app, &scene), json!(77.143));
    let then = format!("/v1/firms/{}/evaluation?as_of=2027-02-10T01:59:59Z", scene.uscc);
    assert_eq!(app.get(&then).expect(200).json()["score"], before);
}

/// The attack: a closed quarter is corrected with the reason "x".
#[both]
fn a_closed_quarter_is_corrected_by_two(app: TestApp) {
    let scene = app.scene();
    app.set_time("2027-02-08T02:00:00Z");
    let street = app.official(Role::Street, STREET, true);
    let mut body = scores(88.125, 92.0);
    body["correction_reason"] = json!("x");
    let proposed = app.assess(&street, &scene.project, "2026-Q4", "street", &body).expect(202).json();
    let id = format!("{}/2026-Q4/street", scene.project);
    assert_eq!(proposed["object"], json!({"kind": "assessment", "id": id}));
    assert_eq!(
        (&proposed["operation"], &proposed["reason"], &proposed["asks"]),
        (&json!("put_assessment"), &json!("x"), &json!("official"))
    );
    let changes = proposed["changes"].as_array().unwrap();
    assert_eq!(
        changes[0],
        json!({"field": "scores", "before": null, "after": {"service": 88.125, "party": 92}})
    );
    let unchanged = || {
        assert_eq!(score(&app, &scene), json!(60));
        let list = format!("/v1/firms/{}/assessments", scene.uscc);
        assert_eq!(app.get(&list).expect(200).json()["items"], json!([]));
    };
    unchanged();
    let path = format!("/v1/admin/proposals/{}/confirm", proposed["id"].as_str().unwrap());
    let confirm = |token: &str| app.post(&path).token(token).header("If-Match", "*");
    confirm(&street).refused(403, "second_person_needed");
    confirm(&app.official(Role::Street, STREET, false)).refused(403, "no_power_to_confirm");
    app.assess(&street, &scene.project, "2026-Q4", "street", &body).refused(409, "proposal_open");
    unchanged();
    let second = app.official(Role::Street, STREET, true);
    confirm(&second).expect(200);
    // 0.40 × 60 + 0.30 × 88.125 over 0.70; the residents' part has no sample and gives its weight
    // to the others.
    assert_eq!(score(&app, &scene), json!(72.054));
    let given = app.get(&format!("/v1/admin/assessments/{id}")).token(&street).expect(200);
    assert_eq!(
        (&given.json()["state"], &given.json()["correction_reason"]),
        (&json!("in_force"), &json!("x"))
    );
    // Both had a hand in it: neither decides on an objection to it.
    let object = format!("/v1/assessments/{}", given.json()["id"].as_str().unwrap());
    let objection = app.object(&app.firm_account(&scene.uscc), &object).expect(201).json();
    for official in [&street, &second] {
        let upheld = json!({"decision": "upheld", "reason": "维持"});
        let decided = app.decide(official, "objections", objection["id"].as_str().unwrap(), &upheld);
        decided.refused(403, "second_person_needed");
    }
}

#[both]
fn the_last_closed_quarter_counts_until_the_next_one_is_closed(app: TestApp) {
    let scene = app.scene();
    let card = || app.get(&format!("/v1/firms/{}", scene.uscc)).expect(200).json()["credit"].clone();
    let grade = || {
        let credit = card();
        (credit["score"].clone(), credit["grade"].clone())
    };
    let mut first = scores(95.0, 90.0);
    first["correction_reason"] = json!("补录");
    app.assess(&street(&app), &scene.project, "2026-Q3", "street", &first).seconded(&app);
    // (0.40 × 60 + 0.30 × 95) / 0.70
    let (good, fair) = ((json!(75), json!("A")), (json!(60), json!("B")));
    assert_eq!(grade(), good);
    // The next quarter ends, its first assessment comes and is confirmed, and its month passes:
    // nothing moves.
    for instant in ["2026-12-31T15:59:59Z", "2026-12-31T16:00:00Z", "2027-01-05T16:00:00Z"] {
        app.set_time(instant);
        app.tick();
        assert_eq!(grade(), good, "{instant}");
    }
    app.assess(&street(&app), &scene.project, "2026-Q4", "street", &scores(60.0, 90.0)).expect(201);
    app.confirm_assessments(STREET, "2026-Q4");
    assert_eq!(grade(), good);
    app.set_time("2027-01-31T15:59:59Z");
    app.tick();
    assert_eq!(grade(), good);
    // It is closed for assessment, and counts, from the same instant on.
    app.set_time("2027-01-31T16:00:00Z");
    app.tick();
    assert_eq!(grade(), fair);
    for (instant, score) in [("2027-01-31T15:59:59Z", 75), ("2027-01-31T16:00:00Z", 60)] {
        let path = format!("/v1/firms/{}/evaluation?as_of={instant}", scene.uscc);
        assert_eq!(app.get(&path).expect(200).json()["score"], json!(score), "{instant}");
    }
}

#[both]
fn an_open_period_is_replaced_freely_with_the_version_in_hand(app: TestApp) {
    let scene = app.scene();
    app.set_time("2027-01-08T02:00:00Z");
    let street = street(&app);
    let put = |body: &Value| app.assess(&street, &scene.project, "2026-Q4", "street", body);
    put(&scores(80.0, 80.0)).header("If-Match", "\"1-x\"").refused(412, "stale");
    let first = put(&scores(80.0, 80.0)).expect(201);
    put(&scores(85.0, 80.0)).refused(428, "if_match_required");
    put(&scores(85.0, 80.0)).header("If-Match", "\"7-x\"").refused(412, "stale");
    let second = put(&scores(85.0, 80.0)).header("If-Match", first.etag()).expect(200);
    assert_eq!((&second.json()["revision"], &second.json()["state"]), (&json!(1), &json!("submitted")));
    assert_ne!(second.json()["id"], first.json()["id"]);
    put(&scores(86.0, 80.0)).header("If-Match", first.etag()).refused(412, "stale");
    // The same again is no new revision.
    let same = put(&scores(85.0, 80.0)).header("If-Match", second.etag()).expect(200);
    assert_eq!((same.etag(), &same.json()["id"]), (second.etag(), &second.json()["id"]));
    app.confirm_assessments(STREET, "2026-Q4");
    put(&scores(87.0, 80.0)).header("If-Match", second.etag()).refused(412, "stale");
    // Until the period is closed it may be given anew, and waits anew.
    let path = format!("/v1/admin/assessments/{}/2026-Q4/street", scene.project);
    let confirmed = app.get(&path).token(&street).expect(200);
    let third = put(&scores(87.0, 80.0)).header("If-Match", confirmed.etag()).expect(200);
    assert_eq!((&third.json()["revision"], &third.json()["state"]), (&json!(2), &json!("submitted")));
    let listed = || app.get(&format!("/v1/projects/{}/assessments", scene.project)).expect(200);
    assert_eq!(ids(&listed()), [second.json()["id"].as_str().unwrap()]);
    let batch = app.get(&batch_path(STREET)).token(&street).expect(200).json();
    assert_eq!(batch["assessments"][0]["before"]["scores"], json!({"service": 85, "party": 80}));
    app.confirm_assessments(STREET, "2026-Q4");
    assert_eq!(ids(&listed()), [third.json()["id"].as_str().unwrap()]);
}

#[both]
fn a_closed_period_changes_only_by_a_dated_correction(app: TestApp) {
    let scene = app.scene();
    app.set_time("2027-01-08T02:00:00Z");
    app.assess(&street(&app), &scene.project, "2026-Q4", "street", &scores(80.0, 80.0)).expect(201);
    let path = format!("/v1/admin/assessments/{}/2026-Q4/street", scene.project);
    let tag = || app.get(&path).token(&street(&app)).expect(200).etag().to_owned();
    let put = |body: &Value| app.assess(&street(&app), &scene.project, "2026-Q4", "street", body);
    // It closes when the month after its end is over.
    app.set_time("2027-01-31T15:59:59Z");
    put(&scores(81.0, 80.0)).header("If-Match", &tag()).expect(200);
    app.confirm_assessments(STREET, "2026-Q4");
    app.set_time("2027-01-31T16:00:00Z");
    let reply = put(&scores(82.0, 80.0)).header("If-Match", &tag()).refused(422, "invalid");
    assert_eq!(reply.faults(), [("/correction_reason".into(), "period_closed".into())]);
    let mut body = scores(82.0, 80.0);
    body["correction_reason"] = json!("漏记一次检查");
    app.set_time("2027-02-03T02:00:00Z");
    let corrected = put(&body).header("If-Match", &tag()).seconded(&app).json();
    assert_eq!(
        (&corrected["correction_reason"], &corrected["known_from"], &corrected["revision"]),
        (&json!("漏记一次检查"), &json!("2027-02-03T02:00:00Z"), &json!(2))
    );
    // What was known before the correction stays as it was.
    let score = |as_of: &str| {
        app.get(&format!("/v1/firms/{}/evaluation?as_of={as_of}", scene.uscc)).expect(200).json()["score"]
            .clone()
    };
    let exact = |service: f64| json!(((0.4 * 60.0 + 0.3 * service) / 0.7 * 1000.0).round() / 1000.0);
    // (0.40 × 60 + 0.30 × 81) / 0.70
    assert_eq!(score("2027-01-31T16:00:00Z"), json!(69));
    assert_eq!(score("2027-02-03T02:00:00Z"), exact(82.0));
    // The first assessment of a closed period is late, and says why.
    app.assess(&street(&app), &scene.project, "2026-Q3", "street", &scores(82.0, 80.0))
        .refused(422, "invalid");
    app.assess(&street(&app), &scene.project, "2026-Q3", "street", &body).seconded(&app);
}

#[both]
fn officials_assess_for_their_own_level_and_place_only(app: TestApp) {
    let scene = app.scene();
    let put = |token: &str, assessor: &str| {
        app.assess(token, &scene.project, "2026-Q4", assessor, &scores(80.0, 80.0))
    };
    for (role, place, assessor) in [
        (Role::Community, COMMUNITY, "community"),
        (Role::Street, STREET, "street"),
        (Role::District, DISTRICT, "district"),
    ] {
        let official = app.official(role, place, false);
        for other in ["community", "street", "district"].into_iter().filter(|other| *other != assessor) {
            put(&official, other).refused(403, "not_own_level");
        }
        put(&official, assessor).expect(201);
    }
    put(&app.official(Role::Community, OTHER_COMMUNITY, false), "community").refused(403, "out_of_reach");
    put(&app.official(Role::District, OTHER_DISTRICT, false), "district").refused(403, "out_of_reach");
    put(&app.official(Role::City, "2102", true), "district").refused(403, "role_not_allowed");
    put(&app.firm_account(&scene.uscc), "street").refused(403, "role_not_allowed");
}

#[both]
fn what_breaks_a_rule_is_named_and_nothing_is_stored(app: TestApp) {
    let scene = app.scene();
    let street = street(&app);
    let put = |period: &str, body: &Value| app.assess(&street, &scene.project, period, "street", body);
    for (body, pointer, code) in [
        (json!({"scores": {"service": 100.001, "party": 0}}), "/scores/service", "out_of_range"),
        (json!({"scores": {"service": 0, "party": -0.001}}), "/scores/party", "out_of_range"),
        (json!({"scores": {"service": 80.1234, "party": 0}}), "/scores/service", "decimal"),
        (json!({"scores": {"service": 80}}), "/scores/party", "required"),
        (json!({}), "/scores", "required"),
        (json!({"scores": {"service": 80, "party": 80}, "note": " "}), "/note", "blank"),
        (json!({"scores": {"service": 80, "party": 80}, "evidence": [""]}), "/evidence", "blank"),
    ] {
        assert_eq!(
            put("2026-Q4", &body).refused(422, "invalid").faults(),
            [(pointer.into(), code.into())],
            "{body}"
        );
    }
    put("2026-Q4", &json!({"scores": {"service": "80", "party": 80}})).refused(400, "bad_field");
    put("2026-Q5", &scores(80.0, 80.0)).refused(400, "bad_parameter");
    app.assess(&street, &scene.project, "2026-Q4", "mayor", &scores(80.0, 80.0))
        .refused(400, "bad_parameter");
    app.assess(&street, "none", "2026-Q4", "street", &scores(80.0, 80.0)).refused(404, "not_found");
    let future = put("2027-Q1", &scores(80.0, 80.0)).refused(422, "invalid");
    assert_eq!(future.faults(), [("/period".into(), "period_not_begun".into())]);
    let estate = app.estate(COMMUNITY, EstateKind::Old);
    let ended = app.project_with(xinwu_domain::project::NewProject {
        ends_on: Some("2026-09-30".parse().unwrap()),
        ..plain_project(&estate, &scene.uscc)
    });
    let reply = app.assess(&street, &ended, "2026-Q4", "street", &scores(80.0, 80.0)).refused(422, "invalid");
    assert_eq!(reply.faults(), [("/period".into(), "outside_term".into())]);
    assert_eq!(
        app.get(&format!("/v1/firms/{}/assessments", scene.uscc)).expect(200).json()["items"],
        json!([])
    );
    put("2026-Q4", &json!({"scores": {"service": 0, "party": 100}})).expect(201);
    put("2026-H2", &scores(99.999, 0.001)).expect(201);
    put("2026", &scores(0.1, 0.2)).expect(201);
}

#[both]
fn lists_go_by_period_project_and_assessor_page_by_page(app: TestApp) {
    let scene = app.scene();
    let estate = app.estate(COMMUNITY, EstateKind::Old);
    let second = app.project(&estate, &scene.uscc);
    for project in [&scene.project, &second] {
        for period in ["2026-Q4", "2026"] {
            app.assessed(project, period, "street", &scores(80.0, 80.0));
            app.assessed(project, period, "community", &scores(70.0, 70.0));
        }
    }
    let path = format!("/v1/firms/{}/assessments", scene.uscc);
    let keys = |page: &Value| -> Vec<String> {
        page["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|each| format!("{} {} {}", each["period"], each["project"]["id"], each["assessor"]))
            .collect()
    };
    let whole = keys(&app.get(&path).expect(200).json());
    assert_eq!(whole.len(), 8);
    let (mut seen, mut query) = (Vec::new(), "limit=3".to_owned());
    loop {
        let page = app.get(&format!("{path}?{query}")).expect(200).json();
        seen.extend(keys(&page));
        let Some(cursor) = page["page"]["next_cursor"].as_str() else { break };
        query = format!("limit=3&cursor={cursor}");
    }
    assert_eq!(seen, whole);
    app.get("/v1/projects/none/assessments").refused(404, "not_found");
    app.get("/v1/firms/91210200241281392F/assessments").refused(404, "not_found");
}

#[both]
fn of_two_first_assessments_at_once_one_is_the_first(app: TestApp) {
    let scene = app.scene();
    let officials = [street(&app), street(&app)];
    let mut statuses: Vec<u16> = std::thread::scope(|scope| {
        let calls: Vec<_> = officials
            .iter()
            .map(|token| {
                scope.spawn(|| {
                    app.assess(token, &scene.project, "2026-Q4", "street", &scores(80.0, 80.0)).send().status
                })
            })
            .collect();
        calls.into_iter().map(|call| call.join().unwrap()).collect()
    });
    statuses.sort_unstable();
    assert!(statuses == [201, 428] || statuses == [201, 409], "{statuses:?}");
}
