//! Projects: terms of operators in estates.

use crate::harness::TestApp;
use serde_json::{Value, json};
use xinwu_both::both;
use xinwu_domain::access::Role;
use xinwu_domain::estate::EstateKind;
use xinwu_domain::project::NewProject;

use crate::harness::world::{COMMUNITY, DISTRICT, OTHER_DISTRICT, STREET, plain_project};

fn body(estate: &str, uscc: &str) -> Value {
    json!({"estate": estate, "operator": "firm", "uscc": uscc, "starts_on": "2026-01-01", "area_m2": 85000.55, "households": 1200, "fee_fen": 180})
}

#[both]
fn another_firm_takes_over_and_both_histories_stay(app: TestApp) {
    let street = app.official(Role::Street, STREET, false);
    let (old, new) = (app.firm("大连旧物业有限公司"), app.firm("大连新物业有限公司"));
    let estate = app.estate(COMMUNITY, EstateKind::Professional);
    let first = app.post("/v1/admin/projects").token(&street).json(&body(&estate, &old)).seconded(&app);
    let id = first.json()["id"].as_str().unwrap().to_owned();
    assert_eq!((&first.json()["area_m2"], &first.json()["firm"]["uscc"]), (&json!(85000.55), &json!(old)));
    let mut next = body(&estate, &new);
    next["starts_on"] = json!("2026-12-01");
    app.post("/v1/admin/projects").token(&street).json(&next).refused(409, "estate_already_served");
    let path = format!("/v1/admin/projects/{id}");
    app.patch(&path).token(&street).json(&json!({"ends_on": "2026-11-30"})).refused(428, "if_match_required");
    app.patch(&path)
        .token(&street)
        .header("If-Match", first.etag())
        .json(&json!({"ends_on": "2026-11-30"}))
        .seconded(&app);
    app.patch(&path)
        .token(&street)
        .header("If-Match", first.etag())
        .json(&json!({"ends_on": "2026-10-31"}))
        .refused(412, "stale");
    let second = app.post("/v1/admin/projects").token(&street).json(&next).seconded(&app).json();
    app.patch(&path)
        .token(&street)
        .header("If-Match", "*")
        .json(&json!({"ends_on": null}))
        .refused(409, "estate_already_served");
    app.set_time("2026-12-01T00:00:00Z");
    let page = app.get(&format!("/v1/projects/{id}")).expect(200).json();
    assert_eq!(
        (&page["current"], &page["ends_on"], &page["places"][3]["code"]),
        (&json!(false), &json!("2026-11-30"), &json!(COMMUNITY))
    );
    let of = |uscc: &str| app.walk(&format!("/v1/firms/{uscc}/projects?limit=1"), "id", || {});
    assert_eq!((of(&old), of(&new)), (vec![id], vec![second["id"].as_str().unwrap().to_owned()]));
    assert_eq!(
        app.get(&format!("/v1/firms/{old}")).expect(200).json()["projects"],
        json!({"count": 0, "area_m2": 0})
    );
    assert_eq!(
        app.get(&format!("/v1/firms/{new}")).expect(200).json()["projects"],
        json!({"count": 1, "area_m2": 85000.55})
    );
}

#[both]
fn the_owners_and_the_community_have_no_firm_and_firms_need_one(app: TestApp) {
    let street = app.official(Role::Street, STREET, false);
    let uscc = app.firm("大连街道物业有限公司");
    let post = |operator: &str, uscc: Option<&str>| {
        let estate = app.estate(COMMUNITY, EstateKind::Old);
        let mut body = body(&estate, "");
        body["operator"] = json!(operator);
        body["uscc"] = json!(uscc);
        app.post("/v1/admin/projects").token(&street).json(&body)
    };
    for operator in ["owners", "community"] {
        let project = post(operator, None).seconded(&app).json();
        assert_eq!(project["firm"], json!(null));
        let page = app.get(&format!("/v1/projects/{}", project["id"].as_str().unwrap())).expect(200).json();
        assert_eq!(
            (&page["operator"], &page["service"]["score"], &page["service"]["count"]),
            (&json!(operator), &json!(null), &json!(null))
        );
        assert_eq!(
            post(operator, Some(&uscc)).refused(422, "invalid").faults(),
            [("/uscc".into(), "not_a_firm".into())]
        );
    }
    post("street_firm", Some(&uscc)).seconded(&app);
    assert_eq!(post("firm", None).refused(422, "invalid").faults(), [("/uscc".into(), "required".into())]);
    assert_eq!(
        post("firm", Some("91210200716996405L")).refused(422, "invalid").faults(),
        [("/uscc".into(), "unknown_firm".into())]
    );
}

#[both]
fn each_field_is_checked(app: TestApp) {
    let street = app.official(Role::Street, STREET, false);
    let (uscc, other) = (app.firm("大连示例物业有限公司"), app.firm("大连别家物业有限公司"));
    let manager = app.manager("别家经理", &other);
    let estate = app.estate(COMMUNITY, EstateKind::Old);
    for (field, value, status, code) in [
        ("estate", json!("NOWHERE"), 422, "unknown_estate"),
        ("operator", json!("robot"), 422, "unknown_value"),
        ("uscc", json!("123"), 422, "uscc_length"),
        ("manager", json!("nobody"), 422, "unknown_manager"),
        ("manager", json!(manager), 422, "manager_of_another_firm"),
        ("starts_on", json!("2026-1-1"), 422, "day"),
        ("ends_on", json!("2025-12-31"), 422, "ends_before_start"),
        ("area_m2", json!(0), 422, "decimal"),
        ("area_m2", json!(1.001), 422, "decimal"),
        ("area_m2", json!("1"), 400, "wrong_type"),
        ("households", json!(-1), 422, "out_of_range"),
        ("fee_fen", json!(-1), 422, "out_of_range"),
        ("fee_fen", json!(1.5), 400, "wrong_type"),
    ] {
        let mut body = body(&estate, &uscc);
        body[field] = value;
        let reply = app.post("/v1/admin/projects").token(&street).json(&body).expect(status);
        assert_eq!(reply.faults(), [(format!("/{field}"), code.to_owned())], "{field}: {}", reply.text);
    }
    assert_eq!(app.get(&format!("/v1/estates/{estate}")).expect(200).json()["project"], json!(null));
    let id = app.project(&estate, &uscc);
    let path = format!("/v1/admin/projects/{id}");
    for (body, code) in [
        (json!({"ends_on": "soon"}), "day"),
        (json!({"fee_fen": -5}), "out_of_range"),
        (json!({"ends_on": "2023-12-31"}), "ends_before_start"),
    ] {
        assert_eq!(
            app.patch(&path)
                .token(&street)
                .header("If-Match", "*")
                .json(&body)
                .refused(422, "invalid")
                .faults()[0]
                .1,
            code
        );
    }
    app.patch(&path)
        .token(&street)
        .header("If-Match", "*")
        .json(&json!({"operator": "owners"}))
        .refused(400, "bad_field");
}

#[both]
fn officials_touch_only_projects_of_their_estates(app: TestApp) {
    let uscc = app.firm("大连示例物业有限公司");
    let estate = app.estate(COMMUNITY, EstateKind::Professional);
    let stranger = app.official(Role::District, OTHER_DISTRICT, false);
    app.post("/v1/admin/projects").token(&stranger).json(&body(&estate, &uscc)).refused(403, "out_of_reach");
    let id = app.project(&estate, &uscc);
    let path = format!("/v1/admin/projects/{id}");
    app.get(&path).token(&stranger).refused(403, "out_of_reach");
    app.patch(&path)
        .token(&stranger)
        .header("If-Match", "*")
        .json(&json!({"households": 1}))
        .refused(403, "out_of_reach");
    let community = app.official(Role::Community, COMMUNITY, false);
    assert_eq!(app.get(&path).token(&community).expect(200).json()["fee_fen"], 180);
    app.get("/v1/projects/nothing").refused(404, "not_found");
    app.get("/v1/admin/projects/nothing").token(&community).refused(404, "not_found");
}

#[both]
fn of_two_projects_for_one_estate_at_once_one_is_proposed_and_added(app: TestApp) {
    let street = app.official(Role::Street, STREET, false);
    let usccs = [app.firm("大连甲物业有限公司"), app.firm("大连乙物业有限公司")];
    let estate = app.estate(COMMUNITY, EstateKind::Professional);
    let mut answers = std::thread::scope(|scope| {
        let both = usccs.each_ref().map(|uscc| {
            scope.spawn(|| {
                let mut body = body(&estate, uscc);
                body["reason"] = json!("新签合同");
                app.post("/v1/admin/projects").token(&street).json(&body).send()
            })
        });
        both.map(|each| each.join().unwrap())
    });
    answers.sort_unstable_by_key(|answer| answer.status);
    assert_eq!(answers.each_ref().map(|answer| answer.status), [202, 409]);
    let (proposed, refused) = (answers[0].json(), answers[1].json());
    assert_eq!((&refused["code"], &refused["existing"]), (&json!("proposal_open"), &proposed["id"]));
    let confirm = format!("/v1/admin/proposals/{}/confirm", proposed["id"].as_str().unwrap());
    let confirmer = app.official(Role::District, DISTRICT, true);
    let added = app.post(&confirm).token(&confirmer).header("If-Match", "*").expect(200).json();
    let served = app.get(&format!("/v1/estates/{estate}")).expect(200).json();
    assert_eq!(served["project"]["id"], added["object"]["id"]);
}

#[both]
fn an_estate_may_be_served_again_after_a_gap_and_before(app: TestApp) {
    let uscc = app.firm("大连示例物业有限公司");
    let estate = app.estate(COMMUNITY, EstateKind::Professional);
    let term = |starts: &str, ends: Option<&str>| NewProject {
        starts_on: starts.parse().unwrap(),
        ends_on: ends.map(|day| day.parse().unwrap()),
        ..plain_project(&estate, &uscc)
    };
    app.project_with(term("2026-03-01", Some("2026-03-31")));
    app.project_with(term("2026-05-01", None));
    app.project_with(term("2026-01-01", Some("2026-02-28")));
    let street = app.official(Role::Street, STREET, false);
    for (starts, ends) in [
        ("2026-02-28", "2026-02-28"),
        ("2026-03-31", "2026-04-30"),
        ("2026-04-01", "2026-05-01"),
        ("2025-01-01", "2027-01-01"),
    ] {
        let mut body = body(&estate, &uscc);
        body["starts_on"] = json!(starts);
        body["ends_on"] = json!(ends);
        app.post("/v1/admin/projects").token(&street).json(&body).refused(409, "estate_already_served");
    }
}
