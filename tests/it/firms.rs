//! The register of firms.

use serde_json::{Value, json};
use xinwu_both::both;
use xinwu_domain::access::Role;

use xinwu_domain::estate::EstateKind;
use xinwu_domain::firm::NewFirm;
use xinwu_domain::project::NewProject;

use crate::harness::TestApp;
use crate::harness::world::{
    COMMUNITY, DISTRICT, OTHER_DISTRICT, STREET, new_uscc, plain_firm, plain_project,
};

fn body(uscc: &str) -> Value {
    json!({"uscc": uscc, "name": "大连示例物业管理有限公司", "registered_place": DISTRICT})
}

fn official(app: &TestApp) -> String {
    app.official(Role::District, DISTRICT, false)
}

#[both]
fn a_merged_firm_keeps_its_file_and_its_card_names_its_successor(app: TestApp) {
    let token = official(&app);
    let [old, new, third] = ["旧物业", "新物业", "第三物业"].map(|name| app.firm(name));
    let edit = |uscc: &str, successors: serde_json::Value| {
        app.patch(&format!("/v1/admin/firms/{uscc}"))
            .token(&token)
            .header("If-Match", "*")
            .json(&json!({"successors": successors}))
    };
    let record = app.record_in_force(&crate::harness::files::penalty(&old));
    let merged = edit(&old, json!([new.to_lowercase(), new])).seconded(&app).json();
    let named = json!([{"uscc": new, "name": "新物业", "since": "2026-11-21"}]);
    assert_eq!(merged["successors"], named);
    assert_eq!(app.get(&format!("/v1/firms/{old}")).expect(200).json()["successors"], named);
    assert_eq!(app.get(&format!("/v1/firms/{new}")).expect(200).json()["successors"], json!([]));
    // The file stays where it was.
    let records =
        |uscc: &str| crate::harness::files::ids(&app.get(&format!("/v1/firms/{uscc}/records")).expect(200));
    assert_eq!((records(&old), records(&new)), (vec![record], vec![]));
    app.patch(&format!("/v1/admin/firms/{new}"))
        .token(&token)
        .header("If-Match", "*")
        .json(&json!({"name": "新新物业"}))
        .expect(200);
    assert_eq!(app.get(&format!("/v1/firms/{old}")).expect(200).json()["successors"][0]["name"], "新新物业");
    edit(&new, json!([third])).seconded(&app);
    for (successors, code) in [
        (json!([old]), "cycle"),
        (json!([third]), "cycle"),
        (json!([new_uscc()]), "unknown_firm"),
        (json!(["9121"]), "uscc_length"),
    ] {
        let faults = edit(&third, successors.clone()).refused(422, "invalid").faults();
        assert_eq!(faults, [("/successors/0".to_owned(), code.to_owned())], "{successors}");
    }
    // Split in two, and back.
    let split = edit(&old, json!([new, third])).seconded(&app).json();
    assert_eq!(split["successors"].as_array().unwrap().len(), 2);
    assert_eq!(edit(&old, json!([])).seconded(&app).json()["successors"], json!([]));
}

#[both]
fn a_firm_is_added_and_read_under_any_writing_of_its_code(app: TestApp) {
    let token = official(&app);
    let added =
        app.post("/v1/admin/firms").token(&token).json(&body(" 9121 0200-2412８１３９２ｆ")).expect(201);
    assert_eq!(added.header("location"), "/v1/firms/91210200241281392F");
    let firm = added.json();
    assert_eq!(
        (&firm["uscc"], &firm["status"], &firm["participates"]),
        (&json!("91210200241281392F"), &json!("active"), &json!(true))
    );
    assert_eq!(firm["registered_place"], json!({"code": "210202", "name": "中山区"}));
    assert_eq!(app.get("/v1/firms/91210200241281392f").expect(200).json()["uscc"], "91210200241281392F");
    let entry = app.get("/v1/admin/firms/91210200241281392f").token(&token).expect(200);
    assert_eq!((entry.json(), entry.etag()), (firm, added.etag()));
    app.get("/v1/firms/91210200716996405L").refused(404, "not_found");
    app.get("/v1/firms/x").refused(400, "bad_parameter");
}

#[both]
fn only_a_failing_check_character_can_be_overridden(app: TestApp) {
    let token = official(&app);
    let post = |uscc: &str, reason: Option<&str>| {
        let mut body = body(uscc);
        if let Some(reason) = reason {
            body["check_override_reason"] = json!(reason);
        }
        app.post("/v1/admin/firms").token(&token).json(&body)
    };
    let fault = |uscc, reason| post(uscc, reason).refused(422, "invalid").faults()[0].clone();
    assert_eq!(fault("91310115MA1H8R7C6D", None), ("/uscc".into(), "uscc_check".into()));
    assert_eq!(fault("91310115MA1H8R7C6", Some("公示")), ("/uscc".into(), "uscc_length".into()));
    assert_eq!(fault("91310115MA1H8R7CIO", Some("公示")), ("/uscc".into(), "uscc_alphabet".into()));
    assert_eq!(fault("9131011XMA1H8R7C6D", Some("公示")), ("/uscc".into(), "uscc_division".into()));
    assert_eq!(
        fault("91210200241281392F", Some("公示")),
        ("/check_override_reason".into(), "nothing_to_override".into())
    );
    let added = post("91310115MA1H8R7C6D", Some("与公示系统一致")).expect(201).json();
    assert_eq!(added["check_override_reason"], "与公示系统一致");
    app.get("/v1/firms/91310115MA1H8R7C6D").expect(200);
}

#[both]
fn each_field_is_checked_and_nothing_is_stored(app: TestApp) {
    let token = official(&app);
    for (field, value, code) in [
        ("name", json!(""), "blank"),
        ("name", json!("\u{3164}\u{2800}\u{fe0f}"), "blank"),
        ("name", json!("  "), "blank"),
        ("name", json!("坏\u{202e}名"), "control_character"),
        ("name", json!("长".repeat(101)), "length"),
        ("short_name", json!("a\u{7}"), "control_character"),
        ("status", json!("gone"), "unknown_value"),
        ("registered_place", json!("999999"), "unknown_place"),
        ("former_names/0/used_until", json!("2025-02-30"), "day"),
    ] {
        let mut body = body("91210200241281392F");
        if field.starts_with("former") {
            body["former_names"] = json!([{"name": "旧名", "used_until": value}]);
        } else {
            body[field] = value;
        }
        let reply = app.post("/v1/admin/firms").token(&token).json(&body).refused(422, "invalid");
        assert!(reply.faults().contains(&(format!("/{field}"), code.to_owned())), "{field}: {}", reply.text);
    }
    app.post("/v1/admin/firms").token(&token).json(&json!({"uscc": 7})).refused(400, "bad_field");
    app.get("/v1/firms/91210200241281392F").refused(404, "not_found");
}

#[both]
fn a_rename_keeps_the_former_name_and_needs_the_version_it_was_made_from(app: TestApp) {
    let token = official(&app);
    let uscc = new_uscc();
    let added = app.post("/v1/admin/firms").token(&token).json(&body(&uscc)).expect(201);
    let path = format!("/v1/admin/firms/{uscc}");
    let rename = json!({"name": "大连新名物业有限公司", "short_name": "新名"});
    app.patch(&path).token(&token).json(&rename).refused(428, "if_match_required");
    let edited = app.patch(&path).token(&token).header("If-Match", added.etag()).json(&rename).expect(200);
    assert_eq!(
        edited.json()["former_names"],
        json!([{"name": "大连示例物业管理有限公司", "used_until": "2026-11-21"}])
    );
    app.patch(&path).token(&token).header("If-Match", added.etag()).json(&rename).refused(412, "stale");
    let card = app.get(&format!("/v1/firms/{uscc}")).expect(200).json();
    assert_eq!(
        (&card["name"], &card["short_name"], &card["former_names"]),
        (&json!("大连新名物业有限公司"), &json!("新名"), &json!(["大连示例物业管理有限公司"]))
    );
    let back = json!({"name": "大连示例物业管理有限公司", "short_name": null});
    let edited =
        app.patch(&path).token(&token).header("If-Match", edited.etag()).json(&back).expect(200).json();
    assert_eq!(
        (&edited["former_names"][0]["name"], &edited["short_name"]),
        (&json!("大连新名物业有限公司"), &json!(null))
    );
    assert_eq!(edited["former_names"].as_array().unwrap().len(), 1);
    app.patch(&path)
        .token(&token)
        .header("If-Match", "*")
        .json(&json!({"short_name": ""}))
        .refused(422, "invalid");
    app.patch(&path)
        .token(&token)
        .header("If-Match", "*")
        .json(&json!({"uscc": "x"}))
        .refused(400, "bad_field");
    assert_eq!(
        app.patch(&path)
            .token(&token)
            .header("If-Match", "*")
            .json(&json!({"status": "deregistered"}))
            .seconded(&app)
            .json()["status"],
        "deregistered"
    );
}

#[both]
fn officials_touch_only_firms_registered_in_their_place(app: TestApp) {
    let uscc = app.firm("大连示例物业管理有限公司");
    let path = format!("/v1/admin/firms/{uscc}");
    let stranger = app.official(Role::District, OTHER_DISTRICT, false);
    app.get(&path).token(&stranger).refused(403, "out_of_reach");
    app.patch(&path)
        .token(&stranger)
        .header("If-Match", "*")
        .json(&json!({"name": "x"}))
        .refused(403, "out_of_reach");
    app.post("/v1/admin/firms").token(&stranger).json(&body(&new_uscc())).refused(403, "out_of_reach");
    let own = official(&app);
    app.patch(&path)
        .token(&own)
        .header("If-Match", "*")
        .json(&json!({"registered_place": OTHER_DISTRICT}))
        .refused(403, "out_of_reach");
    let city = app.official(Role::City, "2102", false);
    app.patch(&path)
        .token(&city)
        .header("If-Match", "*")
        .json(&json!({"registered_place": OTHER_DISTRICT}))
        .seconded(&app);
    app.get(&path).token(&own).refused(403, "out_of_reach");
    app.get(&path).token(&stranger).expect(200);
}

#[both]
fn officials_read_a_firm_that_runs_a_project_in_their_place_and_do_not_change_it(app: TestApp) {
    let uscc =
        app.firm_with(NewFirm { registered_place: OTHER_DISTRICT.to_owned(), ..plain_firm("外区物业") });
    let path = format!("/v1/admin/firms/{uscc}");
    let officials = [(Role::District, DISTRICT), (Role::Street, STREET), (Role::Community, COMMUNITY)]
        .map(|(role, place)| app.official(role, place, false));
    for official in &officials {
        app.get(&path).token(official).refused(403, "out_of_reach");
    }
    // A project that has ended gives no reason to look, nor does one that has not begun.
    let estate = app.estate(COMMUNITY, EstateKind::Old);
    app.project_with(NewProject {
        ends_on: Some("2026-11-20".parse().unwrap()),
        ..plain_project(&estate, &uscc)
    });
    app.project_with(NewProject {
        starts_on: "2026-11-22".parse().unwrap(),
        ..plain_project(&estate, &uscc)
    });
    for official in &officials {
        app.get(&path).token(official).refused(403, "out_of_reach");
    }
    app.project_with(NewProject {
        starts_on: "2026-11-21".parse().unwrap(),
        ..plain_project(&app.estate(COMMUNITY, EstateKind::Old), &uscc)
    });
    for official in &officials {
        assert_eq!(app.get(&path).token(official).expect(200).json()["uscc"], uscc.as_str());
    }
    let elsewhere = app.official(Role::Community, "210202001003", false);
    app.get(&path).token(&elsewhere).refused(403, "out_of_reach");
    app.patch(&path)
        .token(&officials[0])
        .header("If-Match", "*")
        .json(&json!({"short_name": "x"}))
        .refused(403, "out_of_reach");
}

#[both]
fn of_two_equal_firms_at_once_one_is_added(app: TestApp) {
    let (token, uscc) = (official(&app), new_uscc());
    let post = || app.post("/v1/admin/firms").token(&token).json(&body(&uscc)).send().status;
    let mut statuses = std::thread::scope(|scope| {
        let both = [scope.spawn(post), scope.spawn(post)];
        both.map(|each| each.join().unwrap())
    });
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409]);
}
