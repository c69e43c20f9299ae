//! The kinds and channels that an everyday repair does not use: mediation, an interview with the
//! firm, and the hotline; and figures that firms report of their own staff.

use serde_json::{Value, json};
use xinwu_both::both;
use xinwu_domain::access::Role;

use crate::harness::world::{COMMUNITY, DISTRICT, STREET};
use crate::harness::{Call, TestApp};

fn step(app: &TestApp, token: &str, path: &str, body: Value) -> Call {
    app.post(path).token(token).header("If-Match", "*").json(&body)
}

fn id(case: &Value) -> &str {
    case["id"].as_str().unwrap()
}

#[both]
fn a_dispute_is_mediated_by_an_office_and_by_no_firm(app: TestApp) {
    let stage = app.stage();
    let home = app.neighbour(&stage.estate);
    let (community, street) =
        (app.official(Role::Community, COMMUNITY, false), app.official(Role::Street, STREET, false));
    let new = json!({
        "kind": "mediation", "category": "noise", "estate": stage.estate, "description": "楼上装修噪声，双方协商不成"
    });
    let case = app.post("/v1/me/cases").token(&home.token).json(&new).expect(201).json();
    assert_eq!((&case["state"], &case["class"]["code"]), (&json!("open"), &json!("complex")));
    let path = |verb: &str| format!("/v1/cases/{}/{verb}", id(&case));
    let dispatch = format!("/v1/admin/cases/{}/dispatch", id(&case));
    let refused = step(&app, &community, &dispatch, json!({"assignee": {"kind": "firm"}}));
    assert_eq!(
        refused.refused(422, "invalid").faults(),
        [("/assignee/kind".to_owned(), "not_applicable".to_owned())]
    );
    step(&app, &community, &dispatch, json!({"assignee": {"kind": "street"}})).expect(200);
    step(&app, &street, &path("accept"), json!({})).expect(200);
    step(&app, &street, &path("finish"), json!({"result": "已约定施工时间，双方签字"})).expect(200);
    let verify = format!("/v1/me/cases/{}/verify", id(&case));
    let ended = step(&app, &home.token, &verify, json!({"satisfied": true})).expect(200).json();
    assert_eq!((&ended["state"], &ended["satisfied"]), (&json!("verified"), &json!(1)));
    // It is among the sums of nobody: the kind is not public.
    let sums = app.get(&format!("/v1/projects/{}/cases", stage.project)).expect(200).json();
    assert_eq!(sums["opened"], json!(null));
}

#[both]
fn an_interview_with_a_firm_has_a_result_that_its_desk_verifies(app: TestApp) {
    let stage = app.stage();
    let (firm, community) = (app.firm_account(&stage.uscc), app.official(Role::Community, COMMUNITY, false));
    let new = json!({
        "kind": "interview", "category": "fire_lane", "estate": stage.estate, "description": "消防通道多次被占用，约谈项目负责人",
        "assignee": {"kind": "firm"}
    });
    let case = app.post("/v1/admin/cases").token(&community).json(&new).expect(201).json();
    assert_eq!((&case["state"], &case["assignee"]["id"]), (&json!("dispatched"), &json!(stage.uscc)));
    let path = |verb: &str| format!("/v1/cases/{}/{verb}", id(&case));
    step(&app, &firm, &path("accept"), json!({})).expect(200);
    step(&app, &firm, &path("finish"), json!({"result": "项目经理到场，承诺三日内清理"})).expect(200);
    let verify = format!("/v1/admin/cases/{}/verify", id(&case));
    step(&app, &firm, &verify, json!({"satisfied": true})).refused(403, "role_not_allowed");
    let ended = step(&app, &community, &verify, json!({"satisfied": true})).expect(200).json();
    assert_eq!(ended["state"], "verified");
    let last = |kind: &str| {
        let steps = ended["steps"].as_array().unwrap();
        steps.iter().rfind(|step| step["kind"] == kind).unwrap().clone()
    };
    assert_eq!(last("finished")["reason"], "项目经理到场，承诺三日内清理");
    assert_eq!(
        (&last("finished")["by"]["role"], &last("verified")["by"]["role"]),
        (&json!("firm"), &json!("community"))
    );
}

#[both]
fn a_desk_says_by_which_way_a_case_came_in(app: TestApp) {
    let stage = app.stage();
    let community = app.official(Role::Community, COMMUNITY, false);
    let open = |channel: &str| {
        let new = json!({
            "kind": "complaint", "category": "cleaning", "estate": stage.estate, "description": "来电反映垃圾未清运",
            "channel": channel
        });
        app.post("/v1/admin/cases").token(&community).json(&new)
    };
    assert_eq!(open("hotline").expect(201).json()["channel"], "hotline");
    assert_eq!(
        open("app").refused(422, "invalid").faults(),
        [("/channel".to_owned(), "not_applicable".to_owned())]
    );
}

#[both]
fn a_firm_reports_its_staff_and_their_training(app: TestApp) {
    let stage = app.stage();
    let (firm, confirms) = (app.firm_account(&stage.uscc), app.official(Role::District, DISTRICT, true));
    for (key, value) in [("training_hours", 12), ("party_staff_count", 7)] {
        let path = format!("/v1/firm/metrics/{}/{key}/2026-Q3", stage.uscc);
        let body = json!({"value": value, "source": "企业季报"});
        let sent = app.put(&path).token(&firm).json(&body).expect(201).json();
        let confirm = format!("/v1/admin/metrics/{}/confirm", id(&sent));
        app.post(&confirm).token(&confirms).header("If-Match", "*").expect(200);
        let read = app.get(&format!("/v1/firms/{}/metrics?key={key}", stage.uscc)).expect(200).json();
        let item = &read["items"][0];
        assert_eq!(
            (&item["value"], &item["period"], &item["reporter"]),
            (&json!(value), &json!("2026-Q3"), &json!("firm"))
        );
    }
}
