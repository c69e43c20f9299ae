//! Managers: the persons in charge.

use crate::harness::TestApp;
use serde_json::json;
use xinwu_both::both;
use xinwu_domain::access::Role;
use xinwu_domain::estate::EstateKind;
use xinwu_domain::firm::NewFirm;
use xinwu_domain::project::NewProject;

use crate::harness::world::{COMMUNITY, DISTRICT, OTHER_DISTRICT, plain_firm, plain_project};

#[both]
fn a_manager_moves_from_firm_to_firm_and_keeps_the_past(app: TestApp) {
    let district = app.official(Role::District, DISTRICT, false);
    let (old, new) = (app.firm("大连旧物业有限公司"), app.firm("大连新物业有限公司"));
    let added = app
        .post("/v1/admin/managers")
        .token(&district)
        .json(&json!({"name": "王经理", "uscc": old.to_lowercase()}))
        .expect(201);
    let id = added.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(added.header("location"), format!("/v1/managers/{id}"));
    let in_charge = |estate: &str, ends: Option<&str>| {
        let manager = Some(id.clone());
        app.project_with(NewProject {
            manager,
            ends_on: ends.map(|day| day.parse().unwrap()),
            ..plain_project(estate, &old)
        })
    };
    let ended = in_charge(&app.estate(COMMUNITY, EstateKind::Old), Some("2025-12-31"));
    let running = in_charge(&app.estate(COMMUNITY, EstateKind::Old), None);
    let page = || app.get(&format!("/v1/managers/{id}")).expect(200).json();
    assert_eq!(
        (&page()["projects"][0]["id"], &page()["past_projects"][0]["id"]),
        (&json!(running), &json!(ended))
    );
    assert_eq!(page()["credit"]["score"], json!(null));
    let path = format!("/v1/admin/managers/{id}");
    app.patch(&path).token(&district).json(&json!({"uscc": new})).refused(428, "if_match_required");
    let moved = app
        .patch(&path)
        .token(&district)
        .header("If-Match", added.etag())
        .json(&json!({"uscc": new}))
        .seconded(&app);
    assert_eq!(moved.json()["firm"]["uscc"], new.as_str());
    app.patch(&path)
        .token(&district)
        .header("If-Match", added.etag())
        .json(&json!({"name": "x"}))
        .refused(412, "stale");
    let after = page();
    assert_eq!(after["projects"], json!([]));
    let mut past: Vec<&str> =
        after["past_projects"].as_array().unwrap().iter().map(|each| each["id"].as_str().unwrap()).collect();
    past.sort_unstable();
    let mut expected = [ended.as_str(), running.as_str()];
    expected.sort_unstable();
    assert_eq!(past, expected);
    assert_eq!(app.get(&format!("/v1/projects/{running}")).expect(200).json()["manager"], json!(null));
    assert_eq!(app.get(&format!("/v1/projects/{ended}")).expect(200).json()["manager"]["name"], "王经理");
}

/// A term that has an end runs until then.
#[both]
fn a_project_that_ends_one_day_is_no_other_firms_managers_and_no_retired_ones(app: TestApp) {
    let [uscc, other] = ["大连示例物业有限公司", "大连另一物业有限公司"].map(|name| app.firm(name));
    let [stranger, retired] = [app.manager("王经理", &other), app.manager("吴经理", &uscc)];
    let district = app.official(Role::District, DISTRICT, false);
    let path = format!("/v1/admin/managers/{retired}");
    let body = json!({"retired": true, "reason": "重复登记"});
    app.patch(&path).token(&district).header("If-Match", "*").json(&body).seconded(&app);
    let estate = app.estate(COMMUNITY, EstateKind::Old);
    let add = |manager: &str, ends_on: &str| {
        app.post("/v1/admin/projects").token(&district).json(&json!({
            "estate": estate, "operator": "firm", "uscc": uscc, "manager": manager, "starts_on": "2026-01-01",
            "ends_on": ends_on, "area_m2": 10000, "households": 100, "reason": "新签合同"
        }))
    };
    for ends_on in ["2030-12-31", "2026-11-21"] {
        for (manager, code) in [(&stranger, "manager_of_another_firm"), (&retired, "retired")] {
            let told = add(manager, ends_on).refused(422, "invalid").faults();
            assert_eq!(told, [("/manager".to_owned(), code.to_owned())], "{ends_on}");
        }
    }
    // Since yesterday it has ended, with whoever had charge of it.
    add(&stranger, "2026-11-20").expect(202);
}

#[both]
fn each_field_is_checked_and_officials_stay_with_their_firms(app: TestApp) {
    let district = app.official(Role::District, DISTRICT, false);
    let post = |body| app.post("/v1/admin/managers").token(&district).json(&body);
    assert_eq!(
        post(json!({"name": ""})).refused(422, "invalid").faults(),
        [("/name".into(), "blank".into())]
    );
    assert_eq!(
        post(json!({"name": "王", "uscc": "1"})).refused(422, "invalid").faults(),
        [("/uscc".into(), "uscc_length".into())]
    );
    assert_eq!(
        post(json!({"name": "王", "uscc": "91210200716996405L"})).refused(422, "invalid").faults(),
        [("/uscc".into(), "unknown_firm".into())]
    );
    let uscc = app.firm("大连示例物业有限公司");
    let id = app.manager("李经理", &uscc);
    let stranger = app.official(Role::District, OTHER_DISTRICT, false);
    app.post("/v1/admin/managers")
        .token(&stranger)
        .json(&json!({"name": "王", "uscc": uscc}))
        .refused(403, "out_of_reach");
    app.get(&format!("/v1/admin/managers/{id}")).token(&stranger).refused(403, "out_of_reach");
    app.patch(&format!("/v1/admin/managers/{id}"))
        .token(&stranger)
        .header("If-Match", "*")
        .json(&json!({"name": "x"}))
        .refused(403, "out_of_reach");
    assert_eq!(
        app.get(&format!("/v1/admin/managers/{id}")).token(&district).expect(200).json()["name"],
        "李经理"
    );
    app.get("/v1/managers/nobody").refused(404, "not_found");
}

#[both]
fn officials_read_a_manager_at_work_in_their_place_and_the_firms_registration_changes_them(app: TestApp) {
    let uscc =
        app.firm_with(NewFirm { registered_place: OTHER_DISTRICT.to_owned(), ..plain_firm("外区物业") });
    let id = app.manager("赵经理", &uscc);
    let path = format!("/v1/admin/managers/{id}");
    let (here, there) =
        (app.official(Role::District, DISTRICT, false), app.official(Role::District, OTHER_DISTRICT, false));
    app.get(&path).token(&here).refused(403, "out_of_reach");
    let manager = Some(id.clone());
    app.project_with(NewProject { manager, ..plain_project(&app.estate(COMMUNITY, EstateKind::Old), &uscc) });
    app.get(&path).token(&app.official(Role::Community, COMMUNITY, false)).expect(200);
    let edit =
        |token: &str, body| app.patch(&path).token(token).header("If-Match", "*").json(&body).send().status;
    assert_eq!((edit(&here, json!({"name": "x"})), edit(&there, json!({"name": "赵经理"}))), (403, 200));
    // Without a firm there are only the estates to go by, those of the past too.
    let (manager, ends_on) = (Some(id.clone()), Some("2025-12-31".parse().unwrap()));
    app.project_with(NewProject {
        manager,
        ends_on,
        ..plain_project(&app.estate(COMMUNITY, EstateKind::Old), &uscc)
    });
    app.patch(&path).token(&there).header("If-Match", "*").json(&json!({"uscc": null})).seconded(&app);
    assert_eq!((edit(&there, json!({"name": "x"})), edit(&here, json!({"name": "赵经理"}))), (403, 200));
}
