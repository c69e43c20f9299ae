//! The tree of places.

use crate::harness::TestApp;
use serde_json::json;
use xinwu_both::both;
use xinwu_domain::access::Role;

#[both]
fn the_tree_is_read_by_level_parent_and_part_of_a_name(app: TestApp) {
    let page = app.get("/v1/places?level=district&limit=100&count=true").expect(200).json();
    assert_eq!(page["page"]["total"], 10);
    assert_eq!(page["items"].as_array().unwrap().len(), 10);
    let place = app.get("/v1/places/210202").expect(200);
    assert_eq!(
        place.json(),
        json!({
            "code": "210202", "level": "district", "name": "中山区", "parent": {"code": "2102", "name": "大连市"},
            "valid_from": "2023-01-01", "valid_until": null, "aliases": [], "successors": []
        })
    );
    let found = app.get("/v1/places?q=%E5%B9%B8%E7%A6%8F&level=community&limit=100").expect(200).json();
    assert!(
        found["items"].as_array().unwrap().iter().all(|each| each["name"].as_str().unwrap().contains("幸福"))
    );
}

#[both]
fn only_a_reading_is_answered_that_nothing_has_changed(app: TestApp) {
    let city = app.official(Role::City, "2102", false);
    let edit =
        app.patch("/v1/admin/places/2102").token(&city).header("If-Match", "*").header("If-None-Match", "*");
    assert_eq!(edit.json(&json!({"aliases": ["滨城"]})).expect(200).json()["aliases"], json!(["滨城"]));
}

#[both]
fn pages_follow_each_other_by_cursor_and_a_cursor_serves_its_own_query_only(app: TestApp) {
    let mut path = "/v1/places?parent=2102&limit=4".to_owned();
    let mut codes = Vec::new();
    loop {
        let reply = app.get(&path).expect(200);
        let page = reply.json();
        codes.extend(
            page["items"].as_array().unwrap().iter().map(|each| each["code"].as_str().unwrap().to_owned()),
        );
        let Some(cursor) = page["page"]["next_cursor"].as_str() else { break };
        assert_eq!(
            reply.header("link"),
            format!("</v1/places?parent=2102&limit=4&cursor={cursor}>; rel=\"next\"")
        );
        path = format!("/v1/places?parent=2102&limit=4&cursor={cursor}");
    }
    assert_eq!(codes.len(), 10);
    assert!(codes.is_sorted());
    let cursor =
        app.get("/v1/places?limit=1").expect(200).json()["page"]["next_cursor"].as_str().unwrap().to_owned();
    app.get(&format!("/v1/places?level=city&cursor={cursor}")).refused(400, "bad_parameter");
    app.get("/v1/places?cursor=made-up").refused(400, "bad_parameter");
}

#[both]
fn an_unchanged_place_is_not_sent_twice(app: TestApp) {
    let first = app.get("/v1/places/2102").expect(200);
    let again = app.get("/v1/places/2102").header("If-None-Match", first.etag()).expect(304);
    assert_eq!((again.text.as_str(), again.etag()), ("", first.etag()));
}

#[both]
fn a_city_official_adds_a_zone_that_takes_streets_from_two_districts(app: TestApp) {
    let city = app.official(Role::City, "2102", false);
    let body = json!({"code": "2102X01", "level": "district", "name": "高新区", "parent": "2102"});
    let added = app.post("/v1/admin/places").token(&city).json(&body).expect(201);
    assert_eq!(added.header("location"), "/v1/places/2102X01");
    for street in ["210211010", "210212001"] {
        let etag = app.get(&format!("/v1/places/{street}")).expect(200).etag().to_owned();
        let moved = app
            .patch(&format!("/v1/admin/places/{street}"))
            .token(&city)
            .header("If-Match", &etag)
            .json(&json!({"parent": "2102X01"}))
            .seconded(&app)
            .json();
        assert_eq!(moved["parent"], json!({"code": "2102X01", "name": "高新区"}));
    }
    let zone = app.official(Role::District, "2102X01", false);
    let below = app.get("/v1/places?parent=210212001&limit=1").expect(200).json()["items"][0]["code"]
        .as_str()
        .unwrap()
        .to_owned();
    app.get(&format!("/v1/admin/places/{below}")).token(&zone).expect(200);
    let old = app.official(Role::District, "210212", false);
    app.get(&format!("/v1/admin/places/{below}")).token(&old).refused(403, "out_of_reach");
}

#[both]
fn a_change_needs_the_version_it_was_made_from(app: TestApp) {
    let city = app.official(Role::City, "2102", false);
    let path = "/v1/admin/places/210202";
    app.patch(path).token(&city).json(&json!({"name": "新中山"})).refused(428, "if_match_required");
    let etag = app.get(path).token(&city).expect(200).etag().to_owned();
    let edited =
        app.patch(path).token(&city).header("If-Match", &etag).json(&json!({"name": "新中山"})).expect(200);
    assert_eq!(edited.json()["aliases"], json!(["中山区"]));
    app.patch(path).token(&city).header("If-Match", &etag).json(&json!({"name": "又"})).refused(412, "stale");
    assert_eq!(app.get("/v1/places/210202").expect(200).json()["name"], "新中山");
}

#[both]
fn the_same_post_with_the_same_key_has_one_effect(app: TestApp) {
    let city = app.official(Role::City, "2102", false);
    let body = json!({"code": "2102X07", "level": "district", "name": "保税区", "parent": "2102"});
    let post = || app.post("/v1/admin/places").token(&city).header("Idempotency-Key", "k1").json(&body);
    let (first, second) = (post().expect(201), post().expect(201));
    assert_eq!(
        (first.text, first.headers["etag"].clone()),
        (second.text.clone(), second.headers["etag"].clone())
    );
    app.post("/v1/admin/places").token(&city).json(&body).refused(409, "already_exists");
    app.post("/v1/admin/places")
        .token(&city)
        .header("Idempotency-Key", "k1")
        .json(&json!({"code": "2102X08", "level": "district", "name": "x", "parent": "2102"}))
        .refused(409, "idempotency_key_reused");
}

#[both]
fn every_error_is_a_problem(app: TestApp) {
    app.get("/v1/places/999999").refused(404, "not_found");
    app.get("/nowhere").refused(404, "not_found");
    let wrong = app.delete("/v1/places").refused(405, "method_not_allowed");
    assert_eq!(wrong.header("allow"), "GET, HEAD");
    assert_eq!(
        app.get("/v1/places?lmit=3").refused(400, "bad_parameter").faults(),
        [("lmit".into(), "unknown_field".into())]
    );
    assert_eq!(
        app.get("/v1/places?limit=0").refused(400, "bad_parameter").faults(),
        [("limit".into(), "out_of_range".into())]
    );
    assert_eq!(
        app.get("/v1/places?limit=x").refused(400, "bad_parameter").faults(),
        [("limit".into(), "invalid".into())]
    );
    app.post("/v1/admin/places").json(&json!({})).refused(401, "not_signed_in");
    let street = app.official(Role::Street, "210202001", false);
    app.post("/v1/admin/places").token(&street).json(&json!({})).refused(403, "role_not_allowed");
    let city = app.official(Role::City, "2102", false);
    let post = || app.post("/v1/admin/places").token(&city);
    post().body("application/json", "{").refused(400, "bad_json");
    post().body("application/json", [b'"', 0xff, b'"']).refused(400, "bad_json");
    post().body("text/plain", "{}").refused(415, "not_json");
    post().body("application/json", vec![b' '; 1024 * 1024 + 1]).refused(413, "too_large");
    assert_eq!(
        post().json(&json!({"code": "2102X01", "kode": 1})).refused(400, "bad_field").faults(),
        [
            ("/kode".into(), "unknown_field".into()),
            ("/level".into(), "required".into()),
            ("/name".into(), "required".into())
        ]
    );
    assert_eq!(
        post()
            .body("application/json", r#"{"code":"2102X01","code":"2102X02"}"#)
            .refused(400, "bad_field")
            .faults(),
        [
            ("/code".into(), "duplicate_field".into()),
            ("/level".into(), "required".into()),
            ("/name".into(), "required".into())
        ]
    );
    assert_eq!(
        post().json(&json!({"code": "2102X01"})).refused(422, "invalid").faults(),
        [("/level".into(), "required".into()), ("/name".into(), "required".into())]
    );
    assert_eq!(
        post().json(&json!({"code": "2102X01", "level": "x", "name": "a"})).refused(422, "invalid").faults(),
        [("/level".into(), "unknown_value".into())]
    );
    assert_eq!(
        post().json(&json!({"code": "1", "level": "district", "name": "a"})).refused(422, "invalid").faults(),
        [("/code".into(), "place_code".into()), ("/parent".into(), "wrong_level".into())]
    );
    assert_eq!(
        post()
            .json(&json!({"code": "2102X01", "level": "district", "name": "a\u{0007}"}))
            .refused(422, "invalid")
            .faults(),
        [("/name".into(), "control_character".into()), ("/parent".into(), "wrong_level".into())]
    );
    let english = app.get("/v1/places/999999").english().expect(404);
    assert_eq!(english.json()["detail"], "There is no such place");
    assert_eq!(english.header("content-language"), "en");
}
