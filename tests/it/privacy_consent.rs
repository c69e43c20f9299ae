//! What people agree to with their first sign-in, and how long what is over is kept.

use chrono::{Duration, NaiveDateTime};
use diesel::prelude::*;
use serde_json::{Value, json};
use xinwu_both::both;
use xinwu_domain::access::Role;
use xinwu_domain::estate::EstateKind;
use xinwu_persistence::schema::{residence, session};
use xinwu_store::schema::audit;

use crate::harness::world::{COMMUNITY, STREET};
use crate::harness::{Backend, Call, TestApp};
use crate::sign_in::{ask_code, code_of, staff, with_password, wrong};

const PHONE: &str = "13900000001";

fn grant(app: &TestApp, code: &str, version: Option<&str>) -> Call {
    let mut body = json!({"grant_type": "otp", "phone": PHONE, "code": code});
    if let Some(version) = version {
        body["privacy_version"] = json!(version);
    }
    app.post("/v1/auth/token").json(&body)
}

fn fault(code: &str) -> [(String, String); 1] {
    [("/privacy_version".to_owned(), code.to_owned())]
}

fn agreed(app: &TestApp, signed: &Value) -> Value {
    let token = signed["access_token"].as_str().unwrap();
    let me = app.get("/v1/me").token(token).expect(200).json();
    let export = app.get("/v1/me/export").token(token).expect(200).json();
    assert_eq!(export["account"]["privacy"], me["privacy"]);
    me["privacy"].clone()
}

#[both]
fn everybody_reads_the_privacy_notice_in_their_language(app: TestApp) {
    let chinese = app.get("/v1/privacy").expect(200);
    let english = app.get("/v1/privacy").english().expect(200).json();
    assert_eq!(
        (&chinese.json()["version"], &english["version"]),
        (&json!("2026-11-30"), &json!("2026-11-30"))
    );
    let texts = [chinese.json(), english].map(|read| read["text"].as_str().unwrap().to_owned());
    assert!(texts[0].starts_with("# 个人信息处理规则") && texts[1].starts_with("# How personal data"));
    for text in &texts {
        for days in ["30", "180", "365", "1825"] {
            assert!(text.contains(days), "{days} in {text}");
        }
        assert!(!text.contains('{'), "{text}");
    }
    app.get("/v1/privacy").header("If-None-Match", chinese.etag()).expect(304);
    assert_eq!(chinese.header("cache-control"), "public, max-age=60");
}

#[both]
fn the_first_sign_in_needs_the_version(app: TestApp) {
    ask_code(&app, PHONE).expect(202);
    let code = code_of(&app, PHONE);
    let told = grant(&app, &code, None).refused(422, "invalid");
    assert_eq!(told.faults(), fault("required"));
    assert!(told.text.contains("2026-11-30"), "{}", told.text);
    assert_eq!(grant(&app, &code, Some("2025-01-01")).refused(422, "invalid").faults(), fault("not_current"));
    assert_eq!(grant(&app, &code, Some("")).refused(422, "invalid").faults(), fault("out_of_range"));
    // The code is as good as before, and used by what succeeds.
    let signed = grant(&app, &code, Some("2026-11-30")).expect(200).json();
    let at = "2026-11-21T02:00:00Z";
    assert_eq!(agreed(&app, &signed), json!({"version": "2026-11-30", "accepted_at": at}));
    grant(&app, &code, Some("2026-11-30")).refused(401, "wrong_code");

    // Who has an account is not asked again, and may agree again.
    app.advance(Duration::minutes(1));
    ask_code(&app, PHONE).expect(202);
    let again = grant(&app, &code_of(&app, PHONE), None).expect(200).json();
    assert_eq!(agreed(&app, &again)["accepted_at"], at);
    app.advance(Duration::minutes(1));
    ask_code(&app, PHONE).expect(202);
    let other = grant(&app, &code_of(&app, PHONE), Some("2020-01-01")).expect(200).json();
    assert_eq!(agreed(&app, &other)["accepted_at"], at);
    app.advance(Duration::minutes(1));
    ask_code(&app, PHONE).expect(202);
    let anew = grant(&app, &code_of(&app, PHONE), Some("2026-11-30")).expect(200).json();
    assert_eq!(agreed(&app, &anew)["accepted_at"], "2026-11-21T02:03:00Z");
    let officials = app.get("/v1/me").token(&app.admin()).expect(200).json();
    assert_eq!(officials["privacy"], Value::Null);
    app.post("/v1/auth/token")
        .json(&json!({"grant_type": "password", "username": "x", "password": "x", "privacy_version": "2026-11-30"}))
        .refused(400, "bad_field");
}

#[both]
fn a_wrong_code_says_nothing_of_consent(app: TestApp) {
    ask_code(&app, PHONE).expect(202);
    let code = code_of(&app, PHONE);
    for version in [None, Some("2020-01-01"), Some("2026-11-30")] {
        grant(&app, wrong(&code), version).refused(401, "wrong_code");
    }
    assert_eq!(grant(&app, &code, None).refused(422, "invalid").faults(), fault("required"));
}

/// A code with which the owner of an account chooses a password, as two administrators gave it.
fn activation_code(app: &TestApp, proposal: &Value) -> String {
    let path = format!("/v1/admin/proposals/{}/confirm", proposal["id"].as_str().unwrap());
    let done = app.post(&path).token(&app.admin()).header("If-Match", "*").expect(200).json();
    done["activation_code"].as_str().unwrap().to_owned()
}

#[both]
fn an_activation_is_the_first_sign_in_of_who_has_a_password(app: TestApp) {
    let admin = app.admin();
    let account = json!({
        "username": "haijun", "role": "street", "place": STREET, "can_confirm": false, "staff_number": "DL-9", "reason": "新任"
    });
    let proposal = app.post("/v1/admin/users").token(&admin).json(&account).expect(202).json();
    let code = activation_code(&app, &proposal);
    let activate = |code: &str, password: &str, version: Option<&str>| {
        let mut body = json!({"username": "haijun", "code": code, "password": password});
        if let Some(version) = version {
            body["privacy_version"] = json!(version);
        }
        app.post("/v1/auth/activate").json(&body)
    };
    let first = "correct horse battery";
    // Only who has the code is asked, however often: nothing of it counts as failed.
    for version in [None, Some("2020-01-01"), Some("2026-11-30")] {
        activate("wrong", first, version).refused(401, "wrong_code");
    }
    for _ in 0..10 {
        let told = activate(&code, first, None).refused(422, "invalid");
        assert_eq!(told.faults(), fault("required"));
        assert!(told.text.contains("2026-11-30"), "{}", told.text);
    }
    let told = activate(&code, first, Some("2025-01-01")).refused(422, "invalid");
    assert_eq!(told.faults(), fault("not_current"));
    assert_eq!(activate(&code, first, Some("")).refused(422, "invalid").faults(), fault("length"));
    activate(&code, first, Some("2026-11-30")).expect(204);
    activate(&code, first, Some("2026-11-30")).refused(401, "wrong_code");
    let kept = |password: &str| {
        let signed = with_password(&app, "haijun", password).expect(200).json();
        let token = signed["access_token"].as_str().unwrap();
        app.get("/v1/me").token(token).expect(200).json()["privacy"].clone()
    };
    let at = "2026-11-21T02:00:00Z";
    assert_eq!(kept(first), json!({"version": "2026-11-30", "accepted_at": at}));

    // Whose password is reset is not asked again, and may agree again.
    let reset = || {
        let user = app.get("/v1/admin/users?q=haijun").token(&admin).expect(200).json();
        let path = format!("/v1/admin/users/{}", user["items"][0]["id"].as_str().unwrap());
        let body = json!({"reset_password": true, "reason": "遗忘密码"});
        let proposal = app.patch(&path).token(&admin).header("If-Match", "*").json(&body).expect(202).json();
        activation_code(&app, &proposal)
    };
    for (version, accepted_at) in
        [(None, at), (Some("2020-01-01"), at), (Some("2026-11-30"), "2026-11-21T02:03:00Z")]
    {
        app.advance(Duration::minutes(1));
        let password = format!("another long password {version:?}");
        activate(&reset(), &password, version).expect(204);
        assert_eq!(kept(&password)["accepted_at"], accepted_at, "{version:?}");
    }
    // A password that the operator set, and the demo's accounts: never asked.
    let (_, token) = app.account(staff("kunming", Role::Street));
    assert_eq!(app.get("/v1/me").token(&token).expect(200).json()["privacy"], Value::Null);
}

/// How many sessions, claims and lines of the audit there are.
fn kept(app: &TestApp) -> [i64; 3] {
    app.db()
        .read_blocking(|conn| {
            Ok([
                session::table.count().get_result(conn)?,
                residence::table.count().get_result(conn)?,
                audit::table.count().get_result(conn)?,
            ])
        })
        .unwrap()
}

/// The earliest of the lines, so that what was written since does not count.
fn oldest_line(app: &TestApp) -> Option<NaiveDateTime> {
    app.db().read_blocking(|conn| Ok(audit::table.select(diesel::dsl::min(audit::at)).first(conn)?)).unwrap()
}

#[both]
fn what_is_kept_goes_in_its_days(app: TestApp) {
    // At 10:00 of the 21st; what is over is dropped at 03:00.
    let estate = app.estate(COMMUNITY, EstateKind::Old);
    let (id, token) = app.resident(PHONE);
    let claim =
        |room: &str| app.claim(&token, &estate, room).expect(201).json()["id"].as_str().unwrap().to_owned();
    let (ended, standing) = (claim("1"), claim("2"));
    app.delete(&format!("/v1/me/residences/{ended}")).token(&token).expect(204);
    let sessions = [
        "INSERT INTO session (id, account_id, created_at, expires_at, ended_at, end_reason) VALUES \
         ('over', 'ID', '2026-11-01 02:00:00', '2027-12-21 02:00:00', '2026-11-21 02:00:00', 'signed_out')",
        "INSERT INTO session (id, account_id, created_at, expires_at) VALUES \
         ('expired', 'ID', '2026-10-01 02:00:00', '2026-11-21 02:00:00')",
        "INSERT INTO refresh_token (token_hash, session_id, issued_at, expires_at) VALUES \
         ('hash', 'expired', '2026-10-01 02:00:00', '2026-11-21 02:00:00')",
    ];
    app.sql(&sessions.map(|row| row.replace("ID", &id)), "");
    let line = "INSERT INTO audit (at, user_id, role, operation, object_kind, object_id, detail) VALUES \
                ('2026-11-21 02:00:00', 'system', 'admin', 'edit_firm', 'firm', 'x', '{}')";
    app.sql(&[line.to_owned()], "");
    let at = |day: &str| {
        app.set_time(&format!("{day}T02:00:00Z"));
        app.tick();
        kept(&app)
    };
    let open = app.get("/v1/me").token(&token).expect(200);
    assert_eq!(open.status, 200);
    let [sessions, claims, _] = at("2026-11-21");
    assert_eq!([sessions, claims], [3, 2]);
    // 180 days: at 03:00 of the 20th of May they are 179 days and 17 hours old.
    assert_eq!(at("2027-05-20")[0], 3);
    assert_eq!(at("2027-05-21")[0], 1);
    let left: Vec<String> =
        app.db().read_blocking(|conn| Ok(session::table.select(session::id).load(conn)?)).unwrap();
    assert_eq!(left, [format!("session-{id}")]);
    assert_eq!(at("2027-11-21")[1], 2);
    assert_eq!(at("2027-11-22")[1], 1);
    let left: Vec<String> =
        app.db().read_blocking(|conn| Ok(residence::table.select(residence::id).load(conn)?)).unwrap();
    assert_eq!(left, [standing]);
    let written = "2026-11-21T02:00:00".parse::<NaiveDateTime>().ok();
    at("2031-11-20");
    assert_eq!(oldest_line(&app), written);
    at("2031-11-21");
    assert_ne!(oldest_line(&app), written);
}

#[test]
fn another_text_is_a_setting() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let (zh, en) = (path("zh.md", "本市规则，{session_days}天"), path("en.md", "The city's"));
    let app = TestApp::start_with(Backend::Sqlite, |config| {
        config.privacy_version = Some("2027-1".to_owned());
        config.privacy_text_zh_file = Some(zh);
        config.privacy_text_en_file = Some(en);
        config.retention_session_days = 90;
    });
    let read = app.get("/v1/privacy").expect(200).json();
    assert_eq!(read, json!({"version": "2027-1", "text": "本市规则，90天"}));
    ask_code(&app, PHONE).expect(202);
    let code = code_of(&app, PHONE);
    assert_eq!(grant(&app, &code, Some("2026-11-30")).refused(422, "invalid").faults(), fault("not_current"));
    grant(&app, &code, Some("2027-1")).expect(200);
}
