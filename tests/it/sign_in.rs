//! Signing in: codes, passwords, refresh tokens, and the limits of each.

use chrono::Duration;
use diesel::prelude::*;
use serde_json::{Value, json};
use xinwu_both::both;
use xinwu_domain::access::{Operation, Role, Warrant};
use xinwu_domain::estate::EstateKind;
use xinwu_domain::import::{ImportFormat, ImportKind, Occasion, Run};
use xinwu_domain::text::Language;
use xinwu_persistence::operations::import::{self, NewImport, SentFile};
use xinwu_persistence::people::account::NewAccount;
use xinwu_persistence::schema::household_phone;

use crate::harness::world::COMMUNITY;
use crate::harness::{Backend, Call, Reply, TestApp, someone};

const PHONE: &str = "13900000001";
const PASSWORD: &str = "correct horse battery";

pub fn ask_code(app: &TestApp, phone: &str) -> Call {
    app.post("/v1/auth/otp").json(&json!({"phone": phone}))
}

pub fn with_code(app: &TestApp, phone: &str, code: &str) -> Call {
    let version = xinwu_api::privacy::BUILT_IN;
    let body = json!({"grant_type": "otp", "phone": phone, "code": code, "privacy_version": version});
    app.post("/v1/auth/token").json(&body)
}

pub fn with_password(app: &TestApp, username: &str, password: &str) -> Call {
    app.post("/v1/auth/token")
        .json(&json!({"grant_type": "password", "username": username, "password": password}))
}

pub fn with_refresh(app: &TestApp, token: &Value) -> Call {
    app.post("/v1/auth/token").json(&json!({"grant_type": "refresh_token", "refresh_token": token}))
}

/// Asks for a code and signs in with it.
pub fn sign_in(app: &TestApp, phone: &str) -> Value {
    ask_code(app, phone).expect(202);
    with_code(app, phone, &app.state.outbox().last_code(phone).unwrap()).expect(200).json()
}

/// An account of a role with a password.
pub fn staff(username: &str, role: Role) -> NewAccount {
    let password_hash = Some(xinwu_api::password::hash(8, PASSWORD).unwrap());
    NewAccount { username: Some(username.to_owned()), password_hash, ..someone(role) }
}

pub fn code_of(app: &TestApp, phone: &str) -> String {
    app.state.outbox().last_code(phone).unwrap()
}

pub fn wrong(code: &str) -> &'static str {
    if code == "000000" { "000001" } else { "000000" }
}

fn retry_after(reply: &Reply) -> i64 {
    reply.header("retry-after").parse().unwrap()
}

/// What an asker can tell apart: everything but the request's own id.
pub fn visible(reply: &Reply) -> (u16, Value, Vec<String>) {
    let mut body = reply.json();
    if let Some(object) = body.as_object_mut() {
        object.remove("request_id");
    }
    let mut names: Vec<String> = reply.headers.keys().map(ToString::to_string).collect();
    names.sort();
    (reply.status, body, names)
}

#[both]
fn a_resident_signs_in_with_a_code_and_the_first_time_makes_the_account(app: TestApp) {
    ask_code(&app, "+86 139-0000-0001").expect(202);
    let signed = with_code(&app, "１３９００００　0001", &code_of(&app, PHONE)).expect(200).json();
    assert_eq!(signed["token_type"], "Bearer");
    assert_eq!(signed["expires_in"], 900);
    assert_eq!(signed["scope"], "resident");
    let token = signed["access_token"].as_str().unwrap();
    let me = app.get("/v1/me").token(token).expect(200).json();
    assert_eq!((&me["role"], &me["phone"]), (&json!("resident"), &json!("139****0001")));
    app.advance(Duration::minutes(1));
    let again = sign_in(&app, PHONE);
    let same = app.get("/v1/me").token(again["access_token"].as_str().unwrap()).expect(200).json();
    assert_eq!(same["id"], me["id"]);
}

#[both]
fn who_asks_for_a_code_gets_the_same_answer_known_or_not(app: TestApp) {
    let (known, unknown) = (PHONE, "13900000002");
    app.resident(known);
    let (one, other) = (ask_code(&app, known).expect(202), ask_code(&app, unknown).expect(202));
    assert_eq!(visible(&one), visible(&other));
    assert_eq!(one.json(), json!({"expires_in": 300, "retry_after": 60}));
    let limited = (
        ask_code(&app, known).refused(429, "too_many_codes"),
        ask_code(&app, unknown).refused(429, "too_many_codes"),
    );
    assert_eq!(visible(&limited.0), visible(&limited.1));
    assert_eq!((&limited.0.json()["retry_after"], retry_after(&limited.0)), (&json!(60), 60));
    let (one, other) = (
        with_code(&app, known, wrong(&code_of(&app, known))),
        with_code(&app, unknown, wrong(&code_of(&app, unknown))),
    );
    let one = one.refused(401, "wrong_code");
    assert_eq!(visible(&one), visible(&other.refused(401, "wrong_code")));
    assert_eq!(one.json()["tries_left"], 4);
    // Nor does the address that asked for others' codes learn of phones for which nobody asked.
    let (known, unknown) = ("13900000003", "13900000004");
    app.resident(known);
    let never = |phone: &str| visible(&with_code(&app, phone, "123456").refused(401, "wrong_code"));
    assert_eq!(never(known), never(unknown));
    assert_eq!(never(known).1["tries_left"], Value::Null);
}

#[both]
fn a_wrong_code_says_how_often_it_may_still_be_tried(app: TestApp) {
    ask_code(&app, PHONE).expect(202);
    let code = code_of(&app, PHONE);
    let told = |code: &str| {
        let body = with_code(&app, PHONE, code).english().refused(401, "wrong_code").json();
        (body["tries_left"].as_i64().unwrap(), body["detail"].as_str().unwrap().to_owned())
    };
    assert_eq!(told(wrong(&code)), (4, "The code is wrong; 4 tries are left".to_owned()));
    assert_eq!((told(wrong(&code)).0, told(wrong(&code)).0), (3, 2));
    assert_eq!(told(wrong(&code)), (1, "The code is wrong; 1 try is left".to_owned()));
    let over = (0, "The code is no longer good; ask for another".to_owned());
    assert_eq!(told(wrong(&code)), over);
    assert_eq!(told(&code), over);
    let body = with_code(&app, PHONE, &code).refused(401, "wrong_code").json();
    assert_eq!(body["detail"], "验证码已失效，请重新获取");
    // One that was used, or whose time is over, is no longer good either.
    app.advance(Duration::minutes(1));
    ask_code(&app, PHONE).expect(202);
    let code = code_of(&app, PHONE);
    with_code(&app, PHONE, &code).expect(200);
    assert_eq!(told(&code), over);
    app.advance(Duration::minutes(1));
    ask_code(&app, PHONE).expect(202);
    app.advance(Duration::minutes(5));
    assert_eq!(told(&code_of(&app, PHONE)), over);
}

#[both]
fn a_wrong_code_does_not_say_to_others_whether_a_code_was_asked_for(app: TestApp) {
    let app = TestApp::start_with(app.backend, |config| {
        config.trusted_proxies = vec!["127.0.0.1".parse().unwrap()]
    });
    ask_code(&app, PHONE).header("X-Forwarded-For", "203.0.113.1").expect(202);
    let code = code_of(&app, PHONE);
    let guess = |phone: &str, from: &str| {
        let call = with_code(&app, phone, wrong(&code)).header("X-Forwarded-For", from);
        call.refused(401, "wrong_code")
    };
    // Another address learns as little as where nobody asked, however often it tries.
    for _ in 0..4 {
        let (asked, never) = (guess(PHONE, "198.51.100.7"), guess("13900000003", "198.51.100.7"));
        assert_eq!(visible(&asked), visible(&never));
        assert_eq!(asked.json()["tries_left"], Value::Null);
        assert_eq!(asked.json()["detail"], "验证码错误或已失效");
    }
    // Three of the five were tried there.
    assert_eq!(guess(PHONE, "203.0.113.1").json()["tries_left"], 1);
    // Who shares the address is not told from who asked.
    assert_eq!(guess(PHONE, "203.0.113.1").json()["tries_left"], 0);
    assert_eq!(guess("13900000003", "203.0.113.1").json()["tries_left"], Value::Null);
}

#[both]
fn a_code_is_good_until_five_minutes_have_passed(app: TestApp) {
    ask_code(&app, PHONE).expect(202);
    app.advance(Duration::seconds(299));
    with_code(&app, PHONE, &code_of(&app, PHONE)).expect(200);
    ask_code(&app, PHONE).expect(202);
    app.advance(Duration::seconds(300));
    with_code(&app, PHONE, &code_of(&app, PHONE)).refused(401, "wrong_code");
}

#[both]
fn a_code_is_good_once_and_only_the_newest_is_good_and_only_for_its_phone(app: TestApp) {
    ask_code(&app, PHONE).expect(202);
    let first = code_of(&app, PHONE);
    with_code(&app, "13900000002", &first).refused(401, "wrong_code");
    app.advance(Duration::minutes(1));
    ask_code(&app, PHONE).expect(202);
    let second = code_of(&app, PHONE);
    if first != second {
        with_code(&app, PHONE, &first).refused(401, "wrong_code");
    }
    with_code(&app, PHONE, &second).expect(200);
    with_code(&app, PHONE, &second).refused(401, "wrong_code");
}

#[both]
fn a_code_may_be_tried_five_times(app: TestApp) {
    ask_code(&app, PHONE).expect(202);
    let code = code_of(&app, PHONE);
    for _ in 0..4 {
        with_code(&app, PHONE, wrong(&code)).refused(401, "wrong_code");
    }
    with_code(&app, PHONE, &code).expect(200);
    app.advance(Duration::minutes(1));
    ask_code(&app, PHONE).expect(202);
    let code = code_of(&app, PHONE);
    for _ in 0..5 {
        with_code(&app, PHONE, wrong(&code)).refused(401, "wrong_code");
    }
    with_code(&app, PHONE, &code).refused(401, "wrong_code");
}

#[both]
fn a_stranger_who_guesses_leaves_two_tries_to_the_address_that_asked(app: TestApp) {
    let app = TestApp::start_with(app.backend, |config| {
        config.trusted_proxies = vec!["127.0.0.1".parse().unwrap()]
    });
    let ask = || {
        app.advance(Duration::minutes(1));
        ask_code(&app, PHONE).header("X-Forwarded-For", "203.0.113.1").expect(202);
        code_of(&app, PHONE)
    };
    let own = |code: &str| with_code(&app, PHONE, code).header("X-Forwarded-For", "203.0.113.1");
    let stranger = |number: u32, code: &str| {
        with_code(&app, PHONE, code).header("X-Forwarded-For", &format!("198.51.100.{number}"))
    };
    let code = ask();
    for number in 0..9 {
        stranger(number, wrong(&code)).refused(401, "wrong_code");
    }
    stranger(9, &code).refused(401, "wrong_code");
    own(wrong(&code)).refused(401, "wrong_code");
    own(&code).expect(200);
    // Three there and two here are the five.
    let code = ask();
    for number in 0..3 {
        stranger(number, wrong(&code)).refused(401, "wrong_code");
    }
    own(wrong(&code)).refused(401, "wrong_code");
    own(wrong(&code)).refused(401, "wrong_code");
    own(&code).refused(401, "wrong_code");
    // A phone that changed networks meanwhile signs in all the same.
    let code = ask();
    stranger(1, &code).expect(200);
}

#[both]
fn a_phone_may_ask_once_a_minute_five_times_an_hour_and_ten_times_a_day(app: TestApp) {
    let start = app.now();
    let at = |minutes: i64| app.clock.set(start + Duration::minutes(minutes));
    let ask = || ask_code(&app, PHONE);
    let told = || ask().expect(202).json()["retry_after"].as_i64().unwrap();
    assert_eq!(told(), 60);
    app.advance(Duration::seconds(59));
    let refused = ask().refused(429, "too_many_codes");
    assert_eq!((retry_after(&refused), &refused.json()["retry_after"]), (1, &json!(1)));
    assert_eq!(refused.json()["detail"], "获取验证码过于频繁，请稍后再试");
    for minutes in 1..4 {
        at(minutes);
        assert_eq!(told(), 60);
    }
    at(4);
    // The fifth within the hour: the next may be asked an hour after the first.
    assert_eq!(told(), 56 * 60);
    at(5);
    assert_eq!(retry_after(&ask().refused(429, "too_many_codes")), 55 * 60);
    for minutes in 60..64 {
        at(minutes);
        assert_eq!(told(), 60);
    }
    at(64);
    // The tenth of the day.
    assert_eq!(told(), (24 * 60 - 64) * 60);
    at(125);
    assert_eq!(retry_after(&ask().refused(429, "too_many_codes")), (24 * 60 - 125) * 60);
    at(24 * 60 - 1);
    ask().refused(429, "too_many_codes");
    at(24 * 60);
    ask().expect(202);
    assert_eq!(app.state.outbox().count(PHONE), 11);
}

#[both]
fn an_address_may_ask_for_so_many_codes_an_hour_and_a_made_up_address_does_not_help(app: TestApp) {
    let app = TestApp::start_with(app.backend, |config| config.codes_an_hour_an_address = 20);
    for number in 0..20 {
        ask_code(&app, &format!("139000001{number:02}"))
            .header("X-Forwarded-For", &format!("203.0.113.{number}"))
            .expect(202);
    }
    let refused =
        ask_code(&app, PHONE).header("X-Forwarded-For", "203.0.113.99").refused(429, "too_many_codes");
    assert_eq!((retry_after(&refused), &refused.json()["retry_after"]), (3600, &json!(3600)));
    app.advance(Duration::hours(1));
    ask_code(&app, PHONE).expect(202);
}

#[both]
fn behind_a_trusted_proxy_the_client_s_own_address_counts(app: TestApp) {
    let app = TestApp::start_with(app.backend, |config| {
        config.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
        config.codes_an_hour_an_address = 20;
    });
    let ask = |number: u32, forwarded: &str| {
        ask_code(&app, &format!("1390000{number:04}")).header("X-Forwarded-For", forwarded)
    };
    for number in 0..20 {
        ask(number, "198.51.100.1, 203.0.113.7").expect(202);
    }
    // What stands before the last address that is not the proxy's is the client's own invention.
    ask(20, "198.51.100.2, 203.0.113.7").refused(429, "too_many_codes");
    ask(21, "203.0.113.7, 127.0.0.1").refused(429, "too_many_codes");
    ask(22, "203.0.113.8").header("X-Forwarded-For", "203.0.113.7").refused(429, "too_many_codes");
    ask(23, "203.0.113.8").expect(202);
    // An IPv6 client has a /64 to itself.
    for number in 30..50 {
        ask(number, &format!("2001:db8:1:2::{number}")).expect(202);
    }
    ask(50, "2001:db8:1:2:ffff::1").refused(429, "too_many_codes");
    ask(51, "2001:db8:1:3::1").expect(202);
}

#[both]
fn known_phones_keep_a_share_of_the_codes_when_strangers_flood(app: TestApp) {
    let app = with_so_many_codes(app.backend, 6);
    let stranger = |number: u32| format!("138000000{number:02}");
    let ask = |phone: &str, network: u32| {
        ask_code(&app, phone).header("X-Forwarded-For", &format!("203.0.{network}.1")).expect(202)
    };
    for number in 0..10 {
        ask(&stranger(number), number);
    }
    let sent = |from: u32, to: u32| {
        (from..to).map(|number| app.state.outbox().count(&stranger(number))).sum::<usize>()
    };
    assert_eq!((sent(0, 3), sent(3, 10)), (3, 0));
    let known = |number: u32| format!("137000000{number:02}");
    for number in 0..4 {
        app.resident(&known(number));
        ask(&known(number), 100 + number);
    }
    let sent: Vec<usize> = (0..4).map(|number| app.state.outbox().count(&known(number))).collect();
    assert_eq!(sent, [1, 1, 1, 0]);
    app.advance(Duration::hours(1));
    ask(&stranger(50), 50);
    assert_eq!(app.state.outbox().count(&stranger(50)), 1);
}

/// A service behind a proxy that sends so many codes an hour, of which each network asks for one.
fn with_so_many_codes(backend: Backend, most: u32) -> TestApp {
    TestApp::start_with(backend, |config| {
        config.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
        config.codes_an_hour_an_address = 1;
        config.codes_an_hour_a_network = 2;
        config.codes_an_hour = most;
    })
}

#[both]
fn a_phone_is_known_by_a_roster_once_its_import_is_applied(app: TestApp) {
    let app = with_so_many_codes(app.backend, 3);
    let (stranger, brought, listed) = ("13800000001", "13700000001", "13700000002");
    let estate = app.estate(COMMUNITY, EstateKind::Old);
    let household = app.household(&estate, "101", &[listed]);
    let hash = app.state.secrets().phone_hash(brought);
    app.db()
        .write_blocking(move |tx| {
            let new = NewImport {
                id: "under way".to_owned(),
                kind: ImportKind::Households,
                format: ImportFormat::Csv,
                run: Run::Real,
                occasion: Occasion::Usual,
                file: SentFile::default(),
            };
            import::open(tx, &Warrant::operator(Operation::AddImport), &new, Language::English)?;
            diesel::insert_into(household_phone::table)
                .values((
                    household_phone::household_id.eq(&household),
                    household_phone::phone_hash.eq(&hash),
                    household_phone::added_by.eq("under way"),
                ))
                .execute(tx.conn)?;
            Ok(())
        })
        .unwrap();
    let sent = |phone: &str, network: u32| {
        ask_code(&app, phone).header("X-Forwarded-For", &format!("203.0.{network}.1")).expect(202);
        app.state.outbox().count(phone)
    };
    // Of three codes an hour strangers have two.
    assert_eq!((sent(stranger, 1), sent("13800000002", 2)), (1, 1));
    assert_eq!((sent(brought, 3), sent(listed, 4)), (0, 1));
}

#[both]
fn staff_sign_in_with_a_password(app: TestApp) {
    app.token(staff("inspector", Role::Admin));
    let signed = with_password(&app, "Inspector", PASSWORD).expect(200).json();
    assert_eq!(signed["scope"], "admin");
    app.get("/v1/me").token(signed["access_token"].as_str().unwrap()).expect(200);
    let wrong = with_password(&app, "inspector", "wrong horse battery").refused(401, "wrong_password");
    let unknown = with_password(&app, "nobody", PASSWORD).refused(401, "wrong_password");
    assert_eq!(visible(&wrong), visible(&unknown));
}

#[both]
fn ten_failures_shut_an_account_for_a_quarter_of_an_hour_known_or_not(app: TestApp) {
    app.token(staff("inspector", Role::Admin));
    for name in ["inspector", "nobody"] {
        for _ in 0..10 {
            with_password(&app, name, "wrong horse battery").refused(401, "wrong_password");
        }
        assert_eq!(retry_after(&with_password(&app, name, PASSWORD).refused(429, "too_many_failures")), 900);
    }
    app.advance(Duration::seconds(899));
    with_password(&app, "inspector", PASSWORD).refused(429, "too_many_failures");
    app.advance(Duration::seconds(1));
    with_password(&app, "inspector", PASSWORD).expect(200);
}

#[both]
fn success_resets_an_account_s_count(app: TestApp) {
    app.token(staff("inspector", Role::Admin));
    for _ in 0..2 {
        for _ in 0..9 {
            with_password(&app, "inspector", "wrong horse battery").refused(401, "wrong_password");
        }
        with_password(&app, "inspector", PASSWORD).expect(200);
    }
}

#[both]
fn thirty_failures_shut_an_address_for_a_quarter_of_an_hour(app: TestApp) {
    app.token(staff("inspector", Role::Admin));
    for number in 0..30 {
        with_password(&app, &format!("guess{number}"), PASSWORD).refused(401, "wrong_password");
    }
    with_password(&app, "inspector", PASSWORD).refused(429, "too_many_failures");
    app.post("/v1/auth/token")
        .json(&json!({"grant_type": "client_credentials", "client_id": "x", "client_secret": "y"}))
        .refused(429, "too_many_failures");
    app.advance(Duration::minutes(15));
    with_password(&app, "inspector", PASSWORD).expect(200);
}

#[both]
fn a_refresh_token_repeated_within_thirty_seconds_gives_another_of_the_same_session(app: TestApp) {
    let first = sign_in(&app, PHONE);
    let again = || with_refresh(&app, &first["refresh_token"]).expect(200).json();
    let mut given = vec![first.clone(), again()];
    for seconds in [0, 29, 1] {
        app.advance(Duration::seconds(seconds));
        given.push(again());
    }
    // Each is another, and each is good.
    let mut tokens: Vec<&str> = given.iter().map(|each| each["refresh_token"].as_str().unwrap()).collect();
    tokens.sort_unstable();
    tokens.dedup();
    assert_eq!(tokens.len(), 5);
    for each in &given[1..] {
        app.get("/v1/me").token(each["access_token"].as_str().unwrap()).expect(200);
    }
    let last = with_refresh(&app, &given[4]["refresh_token"]).expect(200).json();
    let export = app.get("/v1/me/export").token(last["access_token"].as_str().unwrap()).expect(200).json();
    assert_eq!(export["sessions"].as_array().unwrap().len(), 1, "{export}");
    with_refresh(&app, &given[1]["refresh_token"]).expect(200);
    // They end together.
    app.post("/v1/auth/revoke").json(&json!({"refresh_token": given[2]["refresh_token"]})).expect(204);
    for each in &given {
        with_refresh(&app, &each["refresh_token"]).refused(401, "bad_refresh_token");
    }
}

#[both]
fn a_repetition_does_not_make_a_refresh_token_last(app: TestApp) {
    let first = sign_in(&app, PHONE);
    with_refresh(&app, &first["refresh_token"]).expect(200);
    // The thirty seconds are those after the first use.
    app.advance(Duration::seconds(30));
    let second = with_refresh(&app, &first["refresh_token"]).expect(200).json();
    app.advance(Duration::seconds(1));
    with_refresh(&app, &first["refresh_token"]).refused(401, "bad_refresh_token");
    with_refresh(&app, &second["refresh_token"]).refused(401, "bad_refresh_token");
}

#[both]
fn of_what_repetitions_gave_one_goes_on(app: TestApp) {
    let first = sign_in(&app, PHONE);
    let next = |given: &Value| with_refresh(&app, &given["refresh_token"]);
    let (one, other) = (next(&first).expect(200).json(), next(&first).expect(200).json());
    app.advance(Duration::minutes(15));
    let one = next(&one).expect(200).json();
    // Within seconds, as tabs ask, the other comes along, and is of the same line.
    app.advance(Duration::seconds(30));
    let other = next(&other).expect(200).json();
    app.get("/v1/me").token(other["access_token"].as_str().unwrap()).expect(200);
    // Who has a copy and comes later is found out, or the one that was copied is.
    app.advance(Duration::minutes(14));
    let one = next(&one).expect(200).json();
    app.advance(Duration::seconds(31));
    next(&other).refused(401, "bad_refresh_token");
    next(&one).refused(401, "bad_refresh_token");
    app.get("/v1/me").token(one["access_token"].as_str().unwrap()).refused(401, "bad_credentials");
    app.advance(Duration::minutes(1));
    let token = sign_in(&app, PHONE)["access_token"].as_str().unwrap().to_owned();
    let sessions = app.get("/v1/me/export").token(&token).expect(200).json()["sessions"].clone();
    assert_eq!(sessions[0]["end_reason"], "refresh_token_replayed");
}

#[both]
fn a_refresh_token_is_repeated_ten_times_at_most(app: TestApp) {
    let first = sign_in(&app, PHONE);
    let again = || with_refresh(&app, &first["refresh_token"]);
    let given: Vec<Value> = (0..10).map(|_| again().expect(200).json()).collect();
    again().refused(401, "bad_refresh_token");
    // Those that it gave are good as before.
    let next = with_refresh(&app, &given[4]["refresh_token"]).expect(200).json();
    app.get("/v1/me").token(next["access_token"].as_str().unwrap()).expect(200);
}

#[both]
fn a_refresh_token_used_again_later_ends_the_whole_family(app: TestApp) {
    let first = sign_in(&app, PHONE);
    let second = with_refresh(&app, &first["refresh_token"]).expect(200).json();
    assert_ne!(first["refresh_token"], second["refresh_token"]);
    let access = second["access_token"].as_str().unwrap();
    app.get("/v1/me").token(access).expect(200);
    app.advance(Duration::seconds(31));
    let refused = with_refresh(&app, &first["refresh_token"]).refused(401, "bad_refresh_token").json();
    assert_eq!(refused["detail"], "登录已失效，请重新登录");
    app.get("/v1/me").token(access).refused(401, "bad_credentials");
    with_refresh(&app, &second["refresh_token"]).refused(401, "bad_refresh_token");
    app.advance(Duration::minutes(1));
    let token = sign_in(&app, PHONE)["access_token"].as_str().unwrap().to_owned();
    let sessions = app.get("/v1/me/export").token(&token).expect(200).json()["sessions"].clone();
    let reasons: Vec<&Value> = sessions.as_array().unwrap().iter().map(|each| &each["end_reason"]).collect();
    assert_eq!(reasons, [&json!("refresh_token_replayed"), &Value::Null]);
}

#[both]
fn a_refresh_token_is_good_for_thirty_days(app: TestApp) {
    let first = sign_in(&app, PHONE);
    app.advance(Duration::days(30) - Duration::seconds(1));
    let second = with_refresh(&app, &first["refresh_token"]).expect(200).json();
    app.advance(Duration::days(30));
    with_refresh(&app, &second["refresh_token"]).refused(401, "bad_refresh_token");
    with_refresh(&app, &json!("made up")).refused(401, "bad_refresh_token");
}

#[both]
fn one_refresh_token_used_many_times_at_once_gives_each_another(app: TestApp) {
    let first = sign_in(&app, PHONE);
    let statuses = simultaneously(8, || with_refresh(&app, &first["refresh_token"]).send().status);
    assert_eq!(statuses, [200; 8]);
    app.advance(Duration::seconds(31));
    let statuses = simultaneously(8, || with_refresh(&app, &first["refresh_token"]).send().status);
    assert_eq!(statuses, [401; 8]);
}

#[both]
fn one_code_used_many_times_at_once_has_one_winner(app: TestApp) {
    ask_code(&app, PHONE).expect(202);
    let code = code_of(&app, PHONE);
    let statuses = simultaneously(8, || with_code(&app, PHONE, &code).send().status);
    assert_eq!(statuses, [200, 401, 401, 401, 401, 401, 401, 401]);
}

#[both]
fn many_passwords_tried_at_once_are_all_counted(app: TestApp) {
    app.token(staff("inspector", Role::Admin));
    let statuses =
        simultaneously(16, || with_password(&app, "inspector", "wrong horse battery").send().status);
    assert_eq!(statuses.iter().filter(|status| **status == 401).count(), 10, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 429).count(), 6, "{statuses:?}");
}

#[both]
fn many_codes_asked_for_at_once_are_all_counted(app: TestApp) {
    let statuses = simultaneously(8, || ask_code(&app, PHONE).send().status);
    assert_eq!(statuses, [202, 429, 429, 429, 429, 429, 429, 429]);
}

#[both]
fn a_session_is_ended_by_its_refresh_token_or_by_its_access_token(app: TestApp) {
    let signed = sign_in(&app, PHONE);
    let access = signed["access_token"].as_str().unwrap();
    app.post("/v1/auth/revoke").json(&json!({"refresh_token": "made up"})).expect(204);
    app.post("/v1/auth/revoke").json(&json!({})).expect(204);
    app.post("/v1/auth/revoke").expect(204);
    app.get("/v1/me").token(access).expect(200);
    app.post("/v1/auth/revoke").json(&json!({"refresh_token": signed["refresh_token"]})).expect(204);
    app.get("/v1/me").token(access).refused(401, "bad_credentials");
    app.advance(Duration::minutes(1));
    let signed = sign_in(&app, PHONE);
    let access = signed["access_token"].as_str().unwrap();
    app.post("/v1/auth/revoke").token(access).expect(204);
    app.get("/v1/me").token(access).refused(401, "bad_credentials");
    with_refresh(&app, &signed["refresh_token"]).refused(401, "bad_refresh_token");
    app.post("/v1/auth/revoke").json(&json!({"token": "x"})).refused(400, "bad_field");
}

#[both]
fn what_cannot_be_read_names_the_field(app: TestApp) {
    let otp = |body: Value| app.post("/v1/auth/otp").json(&body);
    for phone in ["", "1390000000", "12900000000", "139000000011", "landline"] {
        assert_eq!(
            otp(json!({"phone": phone})).refused(422, "invalid").faults(),
            [("/phone".into(), "phone".into())],
            "{phone}"
        );
    }
    assert_eq!(
        otp(json!({"phone": 13900000001_i64})).refused(400, "bad_field").faults(),
        [("/phone".into(), "wrong_type".into())]
    );
    assert_eq!(otp(json!({})).refused(422, "invalid").faults(), [("/phone".into(), "required".into())]);
    let token = |body: Value| app.post("/v1/auth/token").json(&body);
    assert_eq!(
        token(json!({})).refused(422, "invalid").faults(),
        [("/grant_type".into(), "required".into())]
    );
    assert_eq!(
        token(json!({"grant_type": "magic"})).refused(422, "invalid").faults(),
        [("/grant_type".into(), "unknown_value".into())]
    );
    assert_eq!(
        token(json!({"grant_type": "otp", "phone": PHONE})).refused(422, "invalid").faults(),
        [("/code".into(), "required".into())]
    );
    assert_eq!(
        token(json!({"grant_type": "otp", "phone": PHONE, "code": "12345"})).refused(422, "invalid").faults(),
        [("/code".into(), "invalid".into())]
    );
    assert_eq!(
        token(json!({"grant_type": "otp", "phone": PHONE, "code": 123456}))
            .refused(400, "bad_field")
            .faults(),
        [("/code".into(), "wrong_type".into())]
    );
    assert_eq!(
        token(json!({"grant_type": "otp", "phone": "1", "code": "123456"})).refused(422, "invalid").faults(),
        [("/phone".into(), "phone".into())]
    );
    assert_eq!(
        token(json!({"grant_type": "password", "username": "a", "password": "b", "phone": PHONE}))
            .refused(400, "bad_field")
            .faults(),
        [("/phone".into(), "unknown_field".into())]
    );
    assert_eq!(
        token(json!({"grant_type": "password", "username": "a", "password": "b", "device": "c"}))
            .refused(400, "bad_field")
            .faults(),
        [("/device".into(), "unknown_field".into())]
    );
    assert_eq!(
        token(json!({"grant_type": "password", "user": "a"})).refused(400, "bad_field").faults(),
        [
            ("/password".into(), "required".into()),
            ("/user".into(), "unknown_field".into()),
            ("/username".into(), "required".into())
        ]
    );
    assert_eq!(
        token(json!({"grant_type": "password", "username": "a", "password": "x".repeat(1025)}))
            .refused(422, "invalid")
            .faults(),
        [("/password".into(), "out_of_range".into())]
    );
    app.post("/v1/auth/token")
        .body("application/json", r#"{"grant_type":"otp","grant_type":"otp"}"#)
        .refused(400, "bad_field");
}

/// The statuses of the same request sent many times at once, sorted.
fn simultaneously(times: usize, send: impl Fn() -> u16 + Sync) -> Vec<u16> {
    let mut statuses = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..times).map(|_| scope.spawn(&send)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<u16>>()
    });
    statuses.sort_unstable();
    statuses
}
