//! What a flood of requests or of guesses uses up, and what it does not.

use chrono::Duration;
use serde_json::{Value, json};
use xinwu_both::both;
use xinwu_domain::access::Role;

use crate::doors::{
    OWNER, PASSWORD, PHONE, STRANGER, ask_on, behind_a_proxy, device_of, from, last_code, retry_after,
    with_code_on, wrong,
};
use crate::harness::TestApp;
use crate::sign_in::{ask_code, staff, with_code, with_password};

fn sent(app: &TestApp, phone: &str) -> usize {
    app.state.outbox().count(phone)
}

/// Signs in from the owner's address, and gives the device.
fn device(app: &TestApp) -> String {
    from(ask_code(app, PHONE), OWNER).expect(202);
    device_of(&from(with_code(app, PHONE, &last_code(app, PHONE)), OWNER).expect(200).json())
}

#[both]
fn a_device_has_its_code_when_others_have_used_up_the_hour_s(app: TestApp) {
    let app = behind_a_proxy(app.backend, |config| {
        config.codes_an_hour_an_address = 2;
        config.codes_an_hour_a_network = 3;
        config.codes_an_hour = 4;
    });
    let device = device(&app);
    app.resident("13700000001");
    app.resident("13700000002");
    for (phone, address) in
        [("13800000001", "192.0.2.1"), ("13700000001", "192.0.3.1"), ("13700000002", "192.0.4.1")]
    {
        from(ask_code(&app, phone), address).expect(202);
        assert_eq!(sent(&app, phone), 1);
    }
    app.advance(Duration::minutes(1));
    from(ask_code(&app, PHONE), OWNER).expect(202);
    assert_eq!(sent(&app, PHONE), 1);
    from(ask_on(&app, PHONE, &device), OWNER).expect(202);
    assert_eq!(sent(&app, PHONE), 2);
    from(with_code_on(&app, PHONE, &last_code(&app, PHONE), &device), OWNER).expect(200);
    // Its own limits are there.
    from(ask_on(&app, PHONE, &device), OWNER).refused(429, "too_many_codes");
}

#[both]
fn codes_are_asked_for_so_often_from_an_address_and_from_its_network(app: TestApp) {
    let app = behind_a_proxy(app.backend, |config| {
        config.codes_an_hour_an_address = 2;
        config.codes_an_hour_a_network = 3;
    });
    let device = device(&app);
    app.advance(Duration::minutes(1));
    let ask = |number: u32, address: &str| from(ask_code(&app, &format!("138000000{number:02}")), address);
    let full = |number: u32, address: &str| {
        let refused = ask(number, address).refused(429, "too_many_codes");
        assert_eq!((retry_after(&refused), &refused.json()["retry_after"]), (3600, &json!(3600)));
    };
    ask(0, "198.51.100.1").expect(202);
    // Who asks last is told that the window is full.
    assert_eq!(ask(1, "198.51.100.1").expect(202).json()["retry_after"], 3600);
    full(2, "198.51.100.1");
    ask(2, "198.51.100.2").expect(202);
    full(3, "198.51.100.3");
    ask(3, "198.51.101.1").expect(202);
    // Of IPv6 a /64 is an address, and the /48 around it a network.
    ask(4, "2001:db8:1:1::1").expect(202);
    ask(5, "2001:db8:1:1::2").expect(202);
    full(6, "2001:db8:1:1::3");
    ask(6, "2001:db8:1:2::1").expect(202);
    full(7, "2001:db8:1:3::1");
    ask(7, "2001:db8:2::1").expect(202);
    // A device that has signed in is no stranger there.
    from(ask_on(&app, PHONE, &device), "198.51.100.1").expect(202);
    app.advance(Duration::hours(1));
    ask(8, "198.51.100.1").expect(202);
}

#[both]
fn guesses_where_there_is_nothing_to_guess_stop_nobody_elsewhere(app: TestApp) {
    let app = behind_a_proxy(app.backend, |config| {
        config.wrong_codes_an_hour_an_address = 3;
        config.wrong_codes_an_hour_a_network = 5;
        config.wrong_codes_an_hour = 7;
    });
    let guess = |phone: &str, address: &str| from(with_code(&app, phone, "123456"), address).send().status;
    // Nobody asked for a code, or it is over.
    from(ask_code(&app, PHONE), OWNER).expect(202);
    let code = last_code(&app, PHONE);
    app.advance(Duration::minutes(6));
    for network in 0..8 {
        assert_eq!(guess("13800000000", &format!("192.0.{network}.1")), 401);
        assert_eq!(from(with_code(&app, PHONE, &code), &format!("192.0.{network}.2")).send().status, 401);
    }
    // The address and its network have counted them.
    assert_eq!(guess("13800000000", "192.0.2.1"), 401);
    assert_eq!(guess("13800000000", "192.0.2.1"), 401);
    assert_eq!(guess("13800000000", "192.0.2.1"), 429);
    assert_eq!(guess("13800000000", "192.0.2.3"), 401);
    assert_eq!(guess("13800000000", "192.0.2.4"), 429);
    from(ask_code(&app, PHONE), OWNER).expect(202);
    from(with_code(&app, PHONE, &last_code(&app, PHONE)), OWNER).expect(200);
}

#[both]
fn a_device_s_code_that_is_over_is_as_none(app: TestApp) {
    let app = behind_a_proxy(app.backend, |_| {});
    let device = device(&app);
    app.advance(Duration::minutes(1));
    from(ask_on(&app, PHONE, &device), OWNER).expect(202);
    let old = last_code(&app, PHONE);
    app.advance(Duration::minutes(5));
    from(ask_code(&app, PHONE), OWNER).expect(202);
    let code = last_code(&app, PHONE);
    let typed = |code: &str| from(with_code_on(&app, PHONE, code, &device), OWNER);
    let left = typed(wrong(&code)).refused(401, "wrong_code");
    assert_eq!(left.json()["tries_left"], json!(4));
    if old != code {
        assert_eq!(typed(&old).refused(401, "wrong_code").json()["tries_left"], json!(3));
    }
    typed(&code).expect(200);
    // And where nobody asked, nothing is told of tries.
    let other = from(with_code(&app, "13800000000", "123456"), STRANGER).refused(401, "wrong_code");
    assert_eq!(other.json()["tries_left"], Value::Null);
}

#[both]
fn failures_on_a_known_network_count_for_its_address(app: TestApp) {
    let app = behind_a_proxy(app.backend, |config| {
        config.wrong_passwords_an_account = 10;
        config.wrong_passwords_an_address = 12;
    });
    app.token(staff("inspector", Role::Admin));
    app.token(staff("colleague", Role::Admin));
    let right = |name: &str, address: &str| from(with_password(&app, name, PASSWORD), address);
    let fail = |name: &str, address: &str| {
        from(with_password(&app, name, "wrong horse battery"), address).refused(401, "wrong_password");
    };
    right("inspector", OWNER).expect(200);
    for _ in 0..8 {
        fail("inspector", OWNER);
    }
    // A right one there takes back itself alone.
    right("inspector", OWNER).expect(200);
    for name in ["somebody", "nobody", "anybody", "everybody"] {
        fail(name, OWNER);
    }
    assert_eq!(retry_after(&right("colleague", OWNER).refused(429, "too_many_failures")), 900);
    // Who is known there is not stopped by it.
    right("inspector", OWNER).expect(200);
    right("colleague", STRANGER).expect(200);
}
