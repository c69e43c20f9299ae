//! Estates: the register, and which firm serves mine.

use crate::harness::TestApp;
use serde_json::{Value, json};
use xinwu_both::both;
use xinwu_domain::access::Role;
use xinwu_domain::estate::EstateKind;

use crate::harness::world::{
    COMMUNITY, DISTRICT, OTHER_COMMUNITY, OTHER_DISTRICT, STREET, encode, plain_project,
};

fn body() -> Value {
    json!({"name": "幸福家园", "kind": "professional", "place": COMMUNITY, "aliases": ["幸福里"], "households": 1200})
}

#[both]
fn an_estate_is_added_changed_and_read(app: TestApp) {
    let street = app.official(Role::Street, STREET, false);
    let added = app.post("/v1/admin/estates").token(&street).json(&body()).expect(201);
    let code = added.json()["code"].as_str().unwrap().to_owned();
    assert_eq!(code, format!("{COMMUNITY}-001"));
    assert_eq!(added.header("location"), format!("/v1/estates/{code}"));
    assert_eq!(
        app.post("/v1/admin/estates").token(&street).json(&body()).expect(201).json()["code"],
        format!("{COMMUNITY}-002")
    );
    let path = format!("/v1/admin/estates/{code}");
    let edit = json!({"name": "幸福花园", "kind": "old", "address": "青云街1号"});
    app.patch(&path).token(&street).json(&edit).refused(428, "if_match_required");
    let edited =
        app.patch(&path).token(&street).header("If-Match", added.etag()).json(&edit).seconded(&app).json();
    assert_eq!((&edited["aliases"], &edited["kind"]), (&json!(["幸福里", "幸福家园"]), &json!("old")));
    app.patch(&path).token(&street).header("If-Match", added.etag()).json(&edit).refused(412, "stale");
    assert_eq!(app.get(&path).token(&street).expect(200).json(), edited);
    let page = app.get(&format!("/v1/estates/{}", code.to_lowercase())).expect(200).json();
    let levels: Vec<&str> =
        page["places"].as_array().unwrap().iter().map(|each| each["code"].as_str().unwrap()).collect();
    assert_eq!(levels, ["2102", DISTRICT, STREET, COMMUNITY]);
    assert_eq!(
        (&page["project"], &page["past_projects"], &page["address"]),
        (&json!(null), &json!([]), &json!("青云街1号"))
    );
    app.get("/v1/estates/NOWHERE").refused(404, "not_found");
}

#[both]
fn each_field_is_checked_and_officials_stay_in_their_place(app: TestApp) {
    let street = app.official(Role::Street, STREET, false);
    for (field, value, code) in [
        ("name", json!("\u{0}"), "control_character"),
        ("kind", json!("new"), "unknown_value"),
        ("place", json!(STREET), "not_a_community"),
        ("place", json!("1"), "unknown_place"),
        ("households", json!(-1), "out_of_range"),
        ("code", json!("a b"), "estate_code"),
        ("address", json!(" "), "blank"),
    ] {
        let mut body = body();
        body[field] = value;
        let reply = app.post("/v1/admin/estates").token(&street).json(&body).refused(422, "invalid");
        assert_eq!(reply.faults(), [(format!("/{field}"), code.to_owned())], "{field}");
    }
    let stranger = app.official(Role::District, OTHER_DISTRICT, false);
    app.post("/v1/admin/estates").token(&stranger).json(&body()).refused(403, "out_of_reach");
    let code = app.estate(COMMUNITY, EstateKind::Old);
    let path = format!("/v1/admin/estates/{code}");
    app.get(&path).token(&stranger).refused(403, "out_of_reach");
    app.patch(&path)
        .token(&stranger)
        .header("If-Match", "*")
        .json(&json!({"name": "x"}))
        .refused(403, "out_of_reach");
    app.patch(&path)
        .token(&street)
        .header("If-Match", "*")
        .json(&json!({"place": OTHER_COMMUNITY}))
        .refused(403, "out_of_reach");
    let community = app.official(Role::Community, COMMUNITY, false);
    app.post("/v1/admin/estates").token(&community).json(&body()).refused(403, "role_not_allowed");
    app.get(&path).token(&community).expect(200);
    let mut same = body();
    same["code"] = json!(code);
    app.post("/v1/admin/estates").token(&street).json(&same).refused(409, "already_exists");
}

#[both]
fn estates_are_found_by_name_place_and_kind(app: TestApp) {
    let xingfu = app.estate_named("幸福ｅ家", COMMUNITY, EstateKind::Professional, &["老幸福里"]);
    let other = app.estate_named("春和景明", OTHER_COMMUNITY, EstateKind::Old, &[]);
    let find = |query: &str| app.walk(&format!("/v1/estates?limit=1{query}"), "code", || {});
    for q in ["幸福e家", "xingfuejia", "xfej", "幸福ej", "laoxingfu", "ｘｆ"] {
        assert_eq!(find(&format!("&q={}", encode(q))), [xingfu.clone()], "{q}");
    }
    assert_eq!(find(&format!("&q={}", &xingfu[..12])), [xingfu.clone()]);
    assert_eq!(find(""), [other.clone(), xingfu.clone()]);
    assert_eq!(find("&sort=-name"), [xingfu.clone(), other.clone()]);
    assert_eq!(find("&kind=old"), [other.clone()]);
    for place in ["2102", DISTRICT, STREET, COMMUNITY] {
        assert_eq!(find(&format!("&place={place}&kind=professional")), [xingfu.clone()], "{place}");
    }
    assert_eq!(find(&format!("&place={OTHER_DISTRICT}&q=xf")), Vec::<String>::new());
    assert_eq!(app.get("/v1/estates?count=true").expect(200).json()["page"]["total"], 2);
    for (query, fault) in [
        ("place=9", "place"),
        ("kind=x", "kind"),
        ("sort=price", "sort"),
        ("sort=relevance", "sort"),
        ("q=", "q"),
    ] {
        assert_eq!(
            app.get(&format!("/v1/estates?{query}")).refused(400, "bad_parameter").faults()[0].0,
            fault
        );
    }
    // Signs alone are nothing that anything is called.
    assert_eq!(app.get("/v1/estates?q=%25").expect(200).json()["items"], json!([]));
}

#[both]
fn the_estate_says_who_serves_it_now_and_who_did(app: TestApp) {
    let (old, new) = (app.firm("大连旧物业有限公司"), app.firm("大连新物业有限公司"));
    let estate = app.estate(COMMUNITY, EstateKind::Professional);
    let first = app.project_with(xinwu_domain::project::NewProject {
        ends_on: Some("2026-11-21".parse().unwrap()),
        ..plain_project(&estate, &old)
    });
    let second = app.project_with(xinwu_domain::project::NewProject {
        starts_on: "2026-11-22".parse().unwrap(),
        ..plain_project(&estate, &new)
    });
    let page = || app.get(&format!("/v1/estates/{estate}")).expect(200).json();
    let now = page();
    assert_eq!(
        (&now["project"]["id"], &now["project"]["firm"]["uscc"], &now["project"]["current"]),
        (&json!(first), &json!(old), &json!(true))
    );
    assert_eq!(now["future_projects"][0]["id"], second.as_str());
    // 2026-11-22 begins in Dalian at 16:00 UTC of the day before: nobody wrote anything, and the
    // answer is another.
    app.set_time("2026-11-21T16:00:00Z");
    let then = page();
    assert_eq!(
        (&then["project"]["id"], &then["past_projects"][0]["id"], &then["future_projects"]),
        (&json!(second), &json!(first), &json!([]))
    );
    assert_eq!(
        app.get("/v1/estates").expect(200).json()["items"][0]["project"]["firm"],
        json!({"uscc": new, "name": "大连新物业有限公司"})
    );
}
