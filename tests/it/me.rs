//! One's own account.

use crate::harness::TestApp;
use chrono::Duration;
use serde_json::json;
use xinwu_both::both;
use xinwu_domain::access::Role;
use xinwu_persistence::people::account::NewAccount;

use crate::harness::someone;
use crate::sign_in::{ask_code, sign_in, staff, with_code, with_password, with_refresh};

const PHONE: &str = "13900000001";
const PASSWORD: &str = "correct horse battery";

#[both]
fn everyone_reads_the_own_account(app: TestApp) {
    let street = app.official(Role::Street, "210202001", true);
    let me = app.get("/v1/me").token(&street).expect(200).json();
    assert_eq!(me["place"]["code"], "210202001");
    assert_eq!(
        (&me["role"], &me["can_confirm"], &me["phone"]),
        (&json!("street"), &json!(true), &json!(null))
    );
    app.get("/v1/me").refused(401, "not_signed_in");
}

#[both]
fn a_name_is_changed_with_the_version_it_was_read_in(app: TestApp) {
    let token = sign_in(&app, PHONE)["access_token"].as_str().unwrap().to_owned();
    let etag = app.get("/v1/me").token(&token).expect(200).etag().to_owned();
    let patch = |tag: &str, body| app.patch("/v1/me").token(&token).header("If-Match", tag).json(&body);
    app.patch("/v1/me")
        .token(&token)
        .json(&json!({"display_name": "王女士"}))
        .refused(428, "if_match_required");
    let edited = patch(&etag, json!({"display_name": "王女士"})).expect(200);
    assert_eq!(edited.json()["display_name"], "王女士");
    assert_eq!(edited.json()["phone"], "139****0001");
    patch(&etag, json!({"display_name": "again"})).refused(412, "stale");
    patch("*", json!({"display_name": "a\u{0007}"})).refused(422, "invalid");
    patch("*", json!({"display_name": "x".repeat(101)})).refused(422, "invalid");
    patch("*", json!({"role": "admin"})).refused(400, "bad_field");
    assert_eq!(
        patch("*", json!({"password": "a new long password", "current_password": "x"}))
            .refused(422, "invalid")
            .faults(),
        [("/password".into(), "not_for_role".into())]
    );
    assert_eq!(patch("*", json!({"display_name": null})).expect(200).json()["display_name"], json!(null));
}

#[both]
fn a_new_password_needs_the_current_one_and_ends_every_session(app: TestApp) {
    app.token(staff("inspector", Role::Admin));
    let signed = with_password(&app, "inspector", PASSWORD).expect(200).json();
    let token = signed["access_token"].as_str().unwrap();
    let patch = |body| app.patch("/v1/me").token(token).header("If-Match", "*").json(&body);
    assert_eq!(
        patch(json!({"password": "a new long password"})).refused(422, "invalid").faults(),
        [("/current_password".into(), "required".into())]
    );
    assert_eq!(
        patch(json!({"password": "a new long password", "current_password": "wrong"}))
            .refused(422, "invalid")
            .faults(),
        [("/current_password".into(), "wrong_password".into())]
    );
    assert_eq!(
        patch(json!({"password": "short", "current_password": PASSWORD})).refused(422, "invalid").faults(),
        [("/password".into(), "length".into())]
    );
    patch(json!({"password": "a new long password", "current_password": PASSWORD})).expect(200);
    app.get("/v1/me").token(token).refused(401, "bad_credentials");
    with_refresh(&app, &signed["refresh_token"]).refused(401, "bad_refresh_token");
    with_password(&app, "inspector", PASSWORD).refused(401, "wrong_password");
    with_password(&app, "inspector", "a new long password").expect(200);
}

#[both]
fn a_resident_takes_everything_away(app: TestApp) {
    let token = sign_in(&app, PHONE)["access_token"].as_str().unwrap().to_owned();
    let export = app.get("/v1/me/export").token(&token).expect(200).json();
    assert_eq!(export["account"]["phone"], PHONE);
    assert_eq!(export["exported_at"], "2026-11-21T02:00:00Z");
    assert_eq!(export["sessions"].as_array().unwrap().len(), 1);
    assert_eq!(export["devices"].as_array().unwrap().len(), 1);
    for list in ["residences", "notices", "ratings", "flags"] {
        assert_eq!(export[list], json!([]), "{list}");
    }
    let admin = app.admin();
    app.get("/v1/me/export").token(&admin).refused(403, "role_not_allowed");
    app.delete("/v1/me").token(&admin).refused(403, "role_not_allowed");
}

#[both]
fn a_deleted_account_is_nobody_s(app: TestApp) {
    let signed = sign_in(&app, PHONE);
    let token = signed["access_token"].as_str().unwrap();
    let id = app.get("/v1/me").token(token).expect(200).json()["id"].clone();
    app.delete("/v1/me").token(token).expect(204);
    app.get("/v1/me").token(token).refused(401, "bad_credentials");
    with_refresh(&app, &signed["refresh_token"]).refused(401, "bad_refresh_token");
    app.get(&format!("/v1/admin/users/{}", id.as_str().unwrap()))
        .token(&app.admin())
        .refused(404, "not_found");
    app.advance(Duration::minutes(1));
    let again = sign_in(&app, PHONE)["access_token"].as_str().unwrap().to_owned();
    assert_ne!(app.get("/v1/me").token(&again).expect(200).json()["id"], id);
}

#[both]
fn deleting_the_account_takes_back_what_waits_and_leaves_what_is_out(app: TestApp) {
    let stage = app.stage();
    let neighbours = app.neighbours(&stage.estate, 5);
    app.household(&stage.estate, "A1", &[PHONE]);
    let token = || {
        app.advance(Duration::minutes(1));
        sign_in(&app, PHONE)["access_token"].as_str().unwrap().to_owned()
    };
    let rate = |token: &str, month: &str| {
        app.claim(token, &stage.estate, "A1").send();
        let body = json!({"overall": 1, "comment": "电梯常坏"});
        app.put(&format!("/v1/me/ratings/{}/{month}", stage.project)).token(token).json(&body).expect(201);
        app.get("/v1/me/export").token(token).expect(200).json()["ratings"].as_array().unwrap().len()
    };
    let count = || app.project_ratings(&stage.project)["count"].clone();
    let comments = || {
        app.get(&format!("/v1/projects/{}/reviews", stage.project)).expect(200).json()["items"]
            .as_array()
            .unwrap()
            .len()
    };
    app.rate_all(&neighbours, &stage.project, "2026-11", &[4; 5]);
    let first = token();
    assert_eq!(rate(&first, "2026-11"), 1);
    app.delete("/v1/me").token(&first).expect(204);
    app.step_on("2026-12-01");
    assert_eq!((count(), comments()), (json!(5), 0));
    app.rate_all(&neighbours, &stage.project, "2026-12", &[4; 5]);
    rate(&token(), "2026-12");
    app.step_on("2027-01-01");
    assert_eq!((count(), comments()), (json!(11), 1));
    app.delete("/v1/me").token(&token()).expect(204);
    app.step_on("2027-01-04");
    assert_eq!((count(), comments()), (json!(11), 1));
}

#[both]
fn a_disabled_resident_cannot_come_back_by_a_code(app: TestApp) {
    let token = sign_in(&app, PHONE)["access_token"].as_str().unwrap().to_owned();
    let id = app.get("/v1/me").token(&token).expect(200).json()["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/admin/users/{id}");
    let admin = app.token(NewAccount { username: Some("root".to_owned()), ..someone(Role::Admin) });
    app.patch(&path)
        .token(&admin)
        .header("If-Match", "*")
        .json(&json!({"role": "admin"}))
        .refused(422, "invalid");
    app.patch(&path).token(&admin).header("If-Match", "*").json(&json!({"status": "disabled"})).expect(200);
    app.get("/v1/me").token(&token).refused(401, "bad_credentials");
    app.advance(Duration::minutes(1));
    ask_code(&app, PHONE).expect(202);
    let code = app.state.outbox().last_code(PHONE).unwrap();
    with_code(&app, PHONE, &code).refused(401, "account_disabled");
}
