//! Strangers cannot lock anybody out: who has signed in on a device or from a network is told from
//! who guesses or floods.

use chrono::Duration;
use serde_json::{Value, json};
use xinwu_api::config::Config;
use xinwu_both::both;
use xinwu_domain::access::Role;
use xinwu_domain::estate::EstateKind;
use xinwu_persistence::people::account::NewAccount;

use crate::harness::world::COMMUNITY;
use crate::harness::{Backend, Call, Reply, TestApp, someone};
use crate::second_factor::{code_of, enrolled};
use crate::sign_in::{ask_code, sign_in, staff, visible, with_code, with_password};

pub const PHONE: &str = "13900000001";
pub const PASSWORD: &str = "correct horse battery";
pub const OWNER: &str = "203.0.113.1";
pub const STRANGER: &str = "198.51.100.7";

/// Behind a proxy, so that a test chooses addresses.
pub fn behind_a_proxy(backend: Backend, change: impl FnOnce(&mut Config)) -> TestApp {
    TestApp::start_with(backend, |config| {
        config.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
        change(config);
    })
}

pub fn from(call: Call, address: &str) -> Call {
    call.header("X-Forwarded-For", address)
}

pub fn ask_on(app: &TestApp, phone: &str, device: &str) -> Call {
    app.post("/v1/auth/otp").json(&json!({"phone": phone, "device": device}))
}

pub fn with_code_on(app: &TestApp, phone: &str, code: &str, device: &str) -> Call {
    let body = json!({"grant_type": "otp", "phone": phone, "code": code, "device": device});
    app.post("/v1/auth/token").json(&body)
}

pub fn last_code(app: &TestApp, phone: &str) -> String {
    app.state.outbox().last_code(phone).unwrap()
}

pub fn wrong(code: &str) -> &'static str {
    if code == "000000" { "000001" } else { "000000" }
}

pub fn device_of(signed: &Value) -> String {
    signed["device"].as_str().unwrap().to_owned()
}

pub fn retry_after(reply: &Reply) -> i64 {
    reply.header("retry-after").parse().unwrap()
}

#[both]
fn a_stranger_who_asks_for_codes_does_not_stop_the_owner(app: TestApp) {
    let app = behind_a_proxy(app.backend, |_| {});
    from(ask_code(&app, PHONE), OWNER).expect(202);
    let device = device_of(&from(with_code(&app, PHONE, &last_code(&app, PHONE)), OWNER).expect(200).json());
    // Up to the ten of the day.
    let mut sent = 1;
    while sent < 10 {
        app.advance(Duration::minutes(13));
        sent += i32::from(from(ask_code(&app, PHONE), STRANGER).send().status == 202);
    }
    app.advance(Duration::hours(1));
    from(ask_code(&app, PHONE), STRANGER).refused(429, "too_many_codes");
    from(ask_code(&app, PHONE), OWNER).refused(429, "too_many_codes");
    from(ask_on(&app, PHONE, &device), OWNER).expect(202);
    let signed = from(with_code_on(&app, PHONE, &last_code(&app, PHONE), &device), OWNER).expect(200).json();
    assert_eq!(device_of(&signed), device);
}

#[both]
fn a_stranger_s_code_does_not_replace_the_owner_s(app: TestApp) {
    let app = behind_a_proxy(app.backend, |_| {});
    let device = device_of(&sign_in(&app, PHONE));
    app.advance(Duration::minutes(1));
    from(ask_on(&app, PHONE, &device), OWNER).expect(202);
    let own = last_code(&app, PHONE);
    from(ask_code(&app, PHONE), STRANGER).expect(202);
    let other = last_code(&app, PHONE);
    // The stranger's guesses are none of the owner's five.
    for _ in 0..5 {
        from(with_code(&app, PHONE, wrong(&other)), STRANGER).refused(401, "wrong_code");
    }
    // A code that a device asked for is nobody's without it.
    if own != other {
        from(with_code(&app, PHONE, &own), OWNER).refused(401, "wrong_code");
    }
    let left = from(with_code_on(&app, PHONE, wrong(&own), &device), OWNER).refused(401, "wrong_code");
    assert_eq!(left.json()["tries_left"], json!(4));
    from(with_code_on(&app, PHONE, &own, &device), OWNER).expect(200);
    from(with_code_on(&app, PHONE, &own, &device), OWNER).refused(401, "wrong_code");
}

#[both]
fn the_owner_may_type_the_code_that_a_stranger_asked_for(app: TestApp) {
    let device = device_of(&sign_in(&app, PHONE));
    app.advance(Duration::minutes(1));
    ask_on(&app, PHONE, &device).expect(202);
    ask_code(&app, PHONE).expect(202);
    with_code_on(&app, PHONE, &last_code(&app, PHONE), &device).expect(200);
}

#[both]
fn a_device_is_of_its_phone_for_ninety_days_after_its_last_sign_in(app: TestApp) {
    let device = device_of(&sign_in(&app, PHONE));
    let asked = |device: &str| {
        app.advance(Duration::minutes(1));
        // Whether it is counted apart: without it the same minute has room for one.
        ask_code(&app, PHONE).expect(202);
        ask_on(&app, PHONE, device).send().status
    };
    assert_eq!(asked(&device), 202);
    for stranger in ["made up", &"x".repeat(1024)] {
        assert_eq!(asked(stranger), 429);
    }
    app.advance(Duration::hours(24));
    let other = device_of(&sign_in(&app, "13900000002"));
    assert_eq!(asked(&other), 429);
    app.advance(Duration::hours(24));
    ask_on(&app, PHONE, &device).expect(202);
    let code = last_code(&app, PHONE);
    assert_eq!(device_of(&with_code_on(&app, PHONE, &code, &device).expect(200).json()), device);
    app.advance(Duration::days(90) - Duration::minutes(2));
    assert_eq!(asked(&device), 202);
    app.advance(Duration::minutes(1));
    assert_eq!(asked(&device), 429);
    // It is replaced then.
    let code = last_code(&app, PHONE);
    assert_ne!(device_of(&with_code_on(&app, PHONE, &code, &device).expect(200).json()), device);
    for body in [json!({"phone": PHONE, "device": ""}), json!({"phone": PHONE, "device": "x".repeat(1025)})] {
        app.post("/v1/auth/otp").json(&body).refused(422, "invalid");
    }
}

#[both]
fn who_has_a_device_gets_the_same_answer_and_has_limits_too(app: TestApp) {
    let device = device_of(&sign_in(&app, PHONE));
    app.advance(Duration::minutes(1));
    let (own, stranger) = (ask_on(&app, PHONE, &device).expect(202), ask_code(&app, PHONE).expect(202));
    assert_eq!(visible(&own), visible(&stranger));
    let refused = ask_on(&app, PHONE, &device).refused(429, "too_many_codes");
    assert_eq!(retry_after(&refused), 60);
}

/// Somebody leaves a number because strangers do not leave it alone.
#[both]
fn a_stranger_does_not_keep_the_owner_at_a_phone(app: TestApp) {
    const NEW: &str = "13700000002";
    let app = behind_a_proxy(app.backend, |_| {});
    from(ask_code(&app, PHONE), OWNER).expect(202);
    let signed = from(with_code(&app, PHONE, &last_code(&app, PHONE)), OWNER).expect(200).json();
    let (token, device) = (signed["access_token"].as_str().unwrap(), device_of(&signed));
    app.advance(Duration::minutes(1));
    from(ask_on(&app, PHONE, &device), OWNER).expect(202);
    let current_code = last_code(&app, PHONE);
    from(ask_code(&app, PHONE), STRANGER).expect(202);
    let other = last_code(&app, PHONE);
    for _ in 0..5 {
        from(with_code(&app, PHONE, wrong(&other)), STRANGER).refused(401, "wrong_code");
    }
    from(ask_code(&app, NEW), OWNER).expect(202);
    let code = last_code(&app, NEW);
    let put = |current_code: &str, device: Option<&str>| {
        let mut body = json!({"phone": NEW, "code": code, "current_code": current_code});
        if let Some(device) = device {
            body["current_device"] = json!(device);
        }
        from(app.put("/v1/me/phone").token(token).json(&body), OWNER)
    };
    let refused = put(wrong(&current_code), Some(&device)).refused(422, "invalid");
    assert_eq!(refused.json()["tries_left"], json!(4));
    // What a device asked for is good with it alone.
    let at = |pointer: &str, code: &str| [(pointer.to_owned(), code.to_owned())];
    if current_code != other {
        let refused = put(&current_code, None).refused(422, "invalid");
        assert_eq!(refused.faults(), at("/current_code", "wrong_code"));
        let refused = put(&current_code, Some("of nobody")).refused(422, "invalid");
        assert_eq!(refused.faults(), at("/current_code", "wrong_code"));
    }
    for device in ["", &"x".repeat(1025)] {
        let refused = put(&current_code, Some(device)).refused(422, "invalid");
        assert_eq!(refused.faults(), at("/current_device", "length"));
    }
    assert_eq!(put(&current_code, Some(&device)).expect(200).json()["phone"], "137****0002");
}

#[both]
fn a_device_goes_with_the_phone_and_with_the_account(app: TestApp) {
    let signed = sign_in(&app, PHONE);
    let token = signed["access_token"].as_str().unwrap();
    let export = app.get("/v1/me/export").token(token).expect(200).json();
    assert_eq!(
        export["devices"],
        json!([{"seen_at": "2026-11-21T02:00:00Z", "expires_at": "2027-02-19T02:00:00Z"}])
    );
    app.advance(Duration::minutes(1));
    crate::phone::change(&app, token, PHONE, "13700000002");
    let export = app.get("/v1/me/export").token(token).expect(200).json();
    assert_eq!(export["devices"], json!([]));
    // Within the minute in which a stranger has asked: whoever comes to the number next is one.
    ask_on(&app, PHONE, &device_of(&signed)).refused(429, "too_many_codes");
    let signed = sign_in(&app, "13900000002");
    let token = signed["access_token"].as_str().unwrap();
    app.delete("/v1/me").token(token).expect(204);
    ask_on(&app, "13900000002", &device_of(&signed)).refused(429, "too_many_codes");
}

#[both]
fn of_eleven_devices_the_one_that_was_away_longest_is_forgotten(app: TestApp) {
    let app = TestApp::start_with(app.backend, |config| {
        config.codes_an_hour_a_phone = 100;
        config.codes_a_day_a_phone = 100;
    });
    let mut devices = Vec::new();
    for _ in 0..11 {
        devices.push(device_of(&sign_in(&app, PHONE)));
        app.advance(Duration::minutes(1));
    }
    ask_code(&app, PHONE).expect(202);
    ask_on(&app, PHONE, &devices[0]).refused(429, "too_many_codes");
    for device in &devices[1..] {
        ask_on(&app, PHONE, device).expect(202);
    }
}

#[both]
fn wrong_codes_are_limited_by_address_by_network_and_in_all(app: TestApp) {
    let app = behind_a_proxy(app.backend, |config| {
        config.wrong_codes_an_hour_an_address = 3;
        config.wrong_codes_an_hour_a_network = 5;
        config.wrong_codes_an_hour = 7;
    });
    let here = "192.0.2.1";
    from(ask_code(&app, PHONE), here).expect(202);
    let device = device_of(&from(with_code(&app, PHONE, &last_code(&app, PHONE)), here).expect(200).json());
    // A code that is good is guessed at, whose five tries are not used up.
    let guessed = |number: u32| format!("1380000000{number}");
    for number in 0..3 {
        from(ask_code(&app, &guessed(number)), here).expect(202);
    }
    let guess = |address: &str, number: u32| {
        let code = last_code(&app, &guessed(number));
        from(with_code(&app, &guessed(number), wrong(&code)), address)
    };
    let tried = |address: &str, times: u32, number: u32| {
        for _ in 0..times {
            guess(address, number).refused(401, "wrong_code");
        }
    };
    let full = |address: &str| {
        let refused = guess(address, 0).refused(429, "too_many_wrong_codes");
        assert_eq!((retry_after(&refused), &refused.json()["retry_after"]), (3600, &json!(3600)));
    };
    tried("203.0.113.1", 3, 0);
    full("203.0.113.1");
    tried("203.0.113.2", 2, 1);
    full("203.0.113.2");
    tried("198.51.100.1", 2, 2);
    full("198.51.100.1");
    // In all: a right code is not looked at either, but where a device asked for it.
    app.advance(Duration::minutes(1));
    from(ask_code(&app, "13900000002"), here).expect(202);
    let code = last_code(&app, "13900000002");
    from(with_code(&app, "13900000002", &code), here).refused(429, "too_many_wrong_codes");
    from(ask_on(&app, PHONE, &device), here).expect(202);
    let code = last_code(&app, PHONE);
    from(with_code_on(&app, PHONE, wrong(&code), &device), here).refused(429, "too_many_wrong_codes");
    from(with_code_on(&app, PHONE, &code, &device), here).expect(200);
    // The tries of a device are counted in a flood, too.
    app.advance(Duration::minutes(1));
    from(ask_on(&app, PHONE, &device), here).expect(202);
    let code = last_code(&app, PHONE);
    for _ in 0..5 {
        from(with_code_on(&app, PHONE, wrong(&code), &device), here).refused(429, "too_many_wrong_codes");
    }
    from(with_code_on(&app, PHONE, &code, &device), here).refused(429, "too_many_wrong_codes");
    app.advance(Duration::hours(1));
    // Of IPv6 a /64 is an address, and the /48 around it a network.
    tried("2001:db8:1:1::1", 2, 0);
    tried("2001:db8:1:1:ffff::1", 1, 0);
    full("2001:db8:1:1::2");
    tried("2001:db8:1:2::1", 2, 0);
    full("2001:db8:1:3::1");
    tried("2001:db8:2::1", 1, 0);
}

#[both]
fn wrong_codes_of_a_new_phone_count_too(app: TestApp) {
    let app = TestApp::start_with(app.backend, |config| config.wrong_codes_an_hour_an_address = 1);
    let signed = sign_in(&app, PHONE);
    app.advance(Duration::minutes(1));
    ask_code(&app, PHONE).expect(202);
    ask_code(&app, "13700000002").expect(202);
    let (old, new) = (last_code(&app, PHONE), last_code(&app, "13700000002"));
    let put = |code: &str| {
        let body = json!({"phone": "13700000002", "code": code, "current_code": old});
        app.put("/v1/me/phone").token(signed["access_token"].as_str().unwrap()).json(&body)
    };
    put(wrong(&new)).refused(422, "invalid");
    assert_eq!(retry_after(&put(&new).refused(429, "too_many_wrong_codes")), 3600);
}

#[both]
fn a_code_that_a_device_asked_for_is_good_for_another_phone(app: TestApp) {
    let signed = sign_in(&app, PHONE);
    let device = device_of(&signed);
    app.advance(Duration::minutes(1));
    // An app sends its device with every request; to the new phone it is a stranger's.
    let new = "13700000002";
    for phone in [PHONE, new] {
        ask_on(&app, phone, &device).expect(202);
    }
    let (old_code, new_code) = (last_code(&app, PHONE), last_code(&app, new));
    let put = |device: Option<&str>| {
        let mut body = json!({"phone": new, "code": new_code, "current_code": old_code});
        if let Some(device) = device {
            body["current_device"] = json!(device);
        }
        app.put("/v1/me/phone").token(signed["access_token"].as_str().unwrap()).json(&body)
    };
    let wrong = [("/current_code".to_owned(), "wrong_code".to_owned())];
    assert_eq!(put(None).refused(422, "invalid").faults(), wrong);
    assert_eq!(put(Some("made up")).refused(422, "invalid").faults(), wrong);
    assert_eq!(put(Some("")).refused(422, "invalid").faults()[0].0, "/current_device");
    assert_eq!(put(Some(&device)).expect(200).json()["phone"], "137****0002");
    put(Some(&device)).expect(200);
}

#[both]
fn ten_wrong_passwords_from_elsewhere_do_not_stop_an_official_on_a_known_network(app: TestApp) {
    let app = behind_a_proxy(app.backend, |_| {});
    app.token(staff("inspector", Role::Admin));
    let right = |address: &str| from(with_password(&app, "inspector", PASSWORD), address);
    let fail = |name: &str, address: &str| {
        for _ in 0..10 {
            from(with_password(&app, name, "wrong horse battery"), address).refused(401, "wrong_password");
        }
    };
    right(OWNER).expect(200);
    fail("inspector", STRANGER);
    right(STRANGER).refused(429, "too_many_failures");
    right("192.0.2.1").refused(429, "too_many_failures");
    right(OWNER).expect(200);
    // There as many, and no more.
    fail("inspector", OWNER);
    assert_eq!(retry_after(&right(OWNER).refused(429, "too_many_failures")), 900);
    // An unknown name is told apart by nothing.
    fail("nobody", "192.0.2.9");
    from(with_password(&app, "nobody", PASSWORD), "192.0.2.9").refused(429, "too_many_failures");
    // A network is known for 90 days.
    app.advance(Duration::days(90));
    fail("inspector", STRANGER);
    right(OWNER).refused(429, "too_many_failures");
}

#[both]
fn a_network_with_the_password_alone_is_not_known(app: TestApp) {
    let app = behind_a_proxy(app.backend, |_| {});
    let (secret, _) = enrolled(&app, &app.token(staff("inspector", Role::Admin)));
    app.advance(Duration::seconds(30));
    let body = json!({"grant_type": "password", "username": "inspector", "password": PASSWORD, "totp": code_of(&app, &secret)});
    from(app.post("/v1/auth/token").json(&body), OWNER).expect(200);
    let password = |address: &str| from(with_password(&app, "inspector", PASSWORD), address);
    password(STRANGER).refused(401, "second_factor_required");
    for _ in 0..10 {
        let wrong = with_password(&app, "inspector", "wrong horse battery");
        from(wrong, "192.0.2.1").refused(401, "wrong_password");
    }
    password(STRANGER).refused(429, "too_many_failures");
    password(OWNER).refused(401, "second_factor_required");
}

#[both]
fn wrong_secrets_from_elsewhere_do_not_stop_a_program_on_a_known_network(app: TestApp) {
    let app = behind_a_proxy(app.backend, |_| {});
    let password_hash = Some(app.state.secrets().token_hash("its secret"));
    let (id, _) = app.account(NewAccount {
        password_hash,
        scopes: vec!["read".to_owned()],
        ..someone(Role::Integrator)
    });
    let with_secret = |secret: &str, address: &str| {
        let body = json!({"grant_type": "client_credentials", "client_id": id, "client_secret": secret});
        from(app.post("/v1/auth/token").json(&body), address)
    };
    assert_eq!(with_secret("its secret", OWNER).expect(200).json()["device"], Value::Null);
    for _ in 0..10 {
        with_secret("another", STRANGER).refused(401, "wrong_client");
    }
    with_secret("its secret", STRANGER).refused(429, "too_many_failures");
    with_secret("its secret", OWNER).expect(200);
}

#[both]
fn twenty_claims_a_day(app: TestApp) {
    let estate = app.estate(COMMUNITY, EstateKind::Old);
    let token = |app: &TestApp| sign_in(app, PHONE)["access_token"].as_str().unwrap().to_owned();
    let first = token(&app);
    let claim = |token: &str, room: &str| app.claim(token, &estate, room);
    for room in 0..20 {
        let room = (101 + room).to_string();
        let id = claim(&first, &room).expect(201).json()["id"].as_str().unwrap().to_owned();
        // What is refused is none.
        if room != "120" {
            claim(&first, &room).refused(409, "already_exists");
        }
        app.delete(&format!("/v1/me/residences/{id}")).token(&first).expect(204);
    }
    let refused = claim(&first, "121").refused(429, "too_many_claims");
    assert_eq!(retry_after(&refused), 86_400);
    // Who signs up again does not begin anew.
    app.delete("/v1/me").token(&first).expect(204);
    app.advance(Duration::minutes(1));
    assert_eq!(retry_after(&claim(&token(&app), "121").refused(429, "too_many_claims")), 86_340);
    app.advance(Duration::days(1));
    claim(&token(&app), "121").expect(201);
}
