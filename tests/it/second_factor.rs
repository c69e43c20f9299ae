//! The second factor of those who sign in with a password: an authenticator's code, or one on
//! paper.

use chrono::Duration;
use serde_json::{Value, json};
use totp_rs::{Builder, Secret};
use xinwu_api::config::SecondFactor;
use xinwu_both::both;
use xinwu_domain::access::Role;
use xinwu_persistence::people::account::NewAccount;

use crate::harness::world::{DISTRICT, STREET};
use crate::harness::{Backend, Call, TestApp, someone};
use crate::sign_in::{staff, with_password, with_refresh};

const PASSWORD: &str = "correct horse battery";

/// What an authenticator with this secret shows now.
pub fn code_of(app: &TestApp, secret: &Value) -> String {
    let secret = Secret::try_from_base32(secret.as_str().unwrap()).unwrap();
    let authenticator = Builder::new().with_secret(secret).build().unwrap();
    authenticator.generate(app.now().timestamp().try_into().unwrap()).to_string()
}

fn with_code(app: &TestApp, username: &str, totp: &str) -> Call {
    app.post("/v1/auth/token")
        .json(&json!({"grant_type": "password", "username": username, "password": PASSWORD, "totp": totp}))
}

fn set_up(app: &TestApp, token: &str, more: Value) -> Call {
    let mut body = json!({"password": PASSWORD});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    app.post("/v1/me/totp").token(token).json(&body)
}

fn confirm(app: &TestApp, token: &str, totp: &str) -> Call {
    app.post("/v1/me/totp/confirm").token(token).json(&json!({"totp": totp}))
}

/// Gives an account an authenticator: its secret, and the recovery codes.
pub fn enrolled(app: &TestApp, token: &str) -> (Value, Vec<String>) {
    let secret = set_up(app, token, json!({})).expect(200).json()["secret"].clone();
    let confirmed = confirm(app, token, &code_of(app, &secret)).expect(200).json();
    let codes = confirmed["recovery_codes"].as_array().unwrap();
    (secret, codes.iter().map(|code| code.as_str().unwrap().to_owned()).collect())
}

fn official(username: &str) -> NewAccount {
    NewAccount { place: Some(DISTRICT.to_owned()), can_confirm: true, ..staff(username, Role::District) }
}

/// Where the setting asks for it, as it does by default.
fn strict(backend: Backend) -> TestApp {
    TestApp::start_with(backend, |config| config.second_factor = SecondFactor::Required)
}

fn told(call: Call) -> Vec<(String, String)> {
    call.refused(422, "invalid").faults()
}

#[both]
fn whoever_has_an_authenticator_shows_its_code_each_once(app: TestApp) {
    let token = app.token(official("inspector"));
    let other = with_password(&app, "inspector", PASSWORD).expect(200).json();
    let made = set_up(&app, &token, json!({})).expect(200);
    assert_eq!(made.header("cache-control"), "no-store");
    let made = made.json();
    let uri =
        format!("otpauth://totp/Xinwu:inspector?secret={}&issuer=Xinwu", made["secret"].as_str().unwrap());
    assert_eq!(made["uri"], json!(uri));
    // Nothing is asked for before it was shown to work.
    with_password(&app, "inspector", PASSWORD).expect(200);
    assert_eq!(app.get("/v1/me").token(&token).expect(200).json()["second_factor"], json!(false));
    assert_eq!(told(confirm(&app, &token, "000000")), [("/totp".into(), "wrong_code".into())]);
    let first = code_of(&app, &made["secret"]);
    let confirmed = confirm(&app, &token, &first).expect(200).json();
    assert_eq!(confirmed["recovery_codes"].as_array().unwrap().len(), 10);
    confirm(&app, &token, &first).refused(409, "wrong_state");
    assert_eq!(app.get("/v1/me").token(&token).expect(200).json()["second_factor"], json!(true));
    // Whoever had signed in by the password alone has not any more.
    let before = other["access_token"].as_str().unwrap();
    app.get("/v1/me").token(before).refused(401, "bad_credentials");
    with_refresh(&app, &other["refresh_token"]).refused(401, "bad_refresh_token");

    with_password(&app, "inspector", PASSWORD).refused(401, "second_factor_required");
    with_password(&app, "inspector", "wrong horse battery").refused(401, "wrong_password");
    // The code that confirmed it is used up; the next is good, and once.
    with_code(&app, "inspector", &first).refused(401, "wrong_code");
    app.advance(Duration::seconds(30));
    let next = code_of(&app, &made["secret"]);
    let pasted = format!("{} {}", &next[..3], &next[3..]);
    let signed = with_code(&app, "inspector", &pasted).expect(200).json();
    with_code(&app, "inspector", &next).refused(401, "wrong_code");
    with_refresh(&app, &signed["refresh_token"]).expect(200);
    // A step either way, and no more.
    app.advance(Duration::seconds(30));
    let late = code_of(&app, &made["secret"]);
    app.advance(Duration::seconds(60));
    with_code(&app, "inspector", &late).refused(401, "wrong_code");
}

#[both]
fn a_recovery_code_signs_in_once_however_it_is_typed(app: TestApp) {
    let token = app.token(official("inspector"));
    let (_, codes) = enrolled(&app, &token);
    let typed = codes[0].to_lowercase().replace('-', "");
    with_code(&app, "inspector", &typed).expect(200);
    with_code(&app, "inspector", &codes[0]).refused(401, "wrong_code");
    with_code(&app, "inspector", &codes[1]).expect(200);
    // Another's is nobody else's.
    let (_, others) = enrolled(&app, &app.token(official("colleague")));
    with_code(&app, "inspector", &others[0]).refused(401, "wrong_code");
}

/// The right password does not begin the count anew: whoever has it could guess on.
#[both]
fn ten_wrong_codes_shut_the_second_factor_for_a_quarter_of_an_hour(app: TestApp) {
    let token = app.token(official("inspector"));
    let (secret, codes) = enrolled(&app, &token);
    app.advance(Duration::minutes(1));
    for _ in 0..10 {
        with_code(&app, "inspector", "AAAAA-AAAAA").refused(401, "wrong_code");
    }
    let waits = with_code(&app, "inspector", &code_of(&app, &secret)).refused(429, "too_many_failures");
    assert_eq!(waits.header("retry-after"), "900");
    with_code(&app, "inspector", &codes[0]).refused(429, "too_many_failures");
    app.advance(Duration::minutes(15));
    with_code(&app, "inspector", &code_of(&app, &secret)).expect(200);
}

#[both]
fn a_new_password_asks_for_the_second_factor_that_is_in_force(app: TestApp) {
    let token = app.token(official("inspector"));
    let (secret, codes) = enrolled(&app, &token);
    let with_signed_in = |totp: &str| {
        let signed = with_code(&app, "inspector", totp).expect(200).json();
        signed["access_token"].as_str().unwrap().to_owned()
    };
    let new = "a new long password";
    let change = |token: &str, current: &str, totp: Value| {
        let body = json!({"password": new, "current_password": current, "totp": totp});
        app.patch("/v1/me").token(token).header("If-Match", "*").json(&body)
    };
    let token = with_signed_in(&codes[0]);
    assert_eq!(told(change(&token, PASSWORD, json!(null))), [("/totp".into(), "required".into())]);
    assert_eq!(told(change(&token, PASSWORD, json!("AAAAA-AAAAA"))), [("/totp".into(), "wrong_code".into())]);
    // A code that was used is none, and the current password is asked for first.
    assert_eq!(told(change(&token, PASSWORD, json!(codes[0]))), [("/totp".into(), "wrong_code".into())]);
    let wrong = change(&token, "wrong horse battery", json!(codes[1]));
    assert_eq!(told(wrong), [("/current_password".into(), "wrong_password".into())]);
    with_code(&app, "inspector", &codes[2]).expect(200);
    app.advance(Duration::seconds(60));
    change(&token, PASSWORD, json!(code_of(&app, &secret))).expect(200);
    with_password(&app, "inspector", PASSWORD).refused(401, "wrong_password");
    with_password(&app, "inspector", new).refused(401, "second_factor_required");
    app.get("/v1/me").token(&token).refused(401, "bad_credentials");
    // A name alone needs none.
    let token = app.token(official("colleague"));
    enrolled(&app, &token);
    app.patch("/v1/me").token(&token).header("If-Match", "*").json(&json!({})).expect(200);
}

#[both]
fn a_stolen_token_neither_sets_one_up_nor_replaces_it(app: TestApp) {
    let token = app.token(official("inspector"));
    let wrong = json!({"password": "wrong horse battery"});
    assert_eq!(told(set_up(&app, &token, wrong)), [("/password".into(), "wrong_password".into())]);
    confirm(&app, &token, "123456").refused(409, "wrong_state");
    let (secret, codes) = enrolled(&app, &token);
    assert_eq!(told(set_up(&app, &token, json!({}))), [("/totp".into(), "required".into())]);
    let guess = json!({"totp": "AAAAA-AAAAA"});
    assert_eq!(told(set_up(&app, &token, guess)), [("/totp".into(), "wrong_code".into())]);
    // With a code of the present one it goes on until the next is confirmed.
    app.advance(Duration::seconds(30));
    let body = json!({"totp": code_of(&app, &secret)});
    let next = set_up(&app, &token, body.clone()).expect(200).json()["secret"].clone();
    assert_eq!(told(set_up(&app, &token, body)), [("/totp".into(), "wrong_code".into())]);
    with_code(&app, "inspector", &codes[0]).expect(200);
    confirm(&app, &token, &code_of(&app, &next)).expect(200);
    with_code(&app, "inspector", &codes[1]).refused(401, "wrong_code");
    app.advance(Duration::seconds(30));
    with_code(&app, "inspector", &code_of(&app, &secret)).refused(401, "wrong_code");
    with_code(&app, "inspector", &code_of(&app, &next)).expect(200);
    // Nobody without a password has one.
    let no_password = app.official(Role::Street, STREET, true);
    assert_eq!(told(set_up(&app, &no_password, json!({}))), [("/password".into(), "not_for_role".into())]);
    let (_, resident) = app.resident("13900000001");
    set_up(&app, &resident, json!({})).refused(403, "role_not_allowed");
}

#[both]
fn administrators_and_confirmers_do_nothing_without_where_it_is_required(app: TestApp) {
    let app = strict(app.backend);
    let firm = app.firm("大连示例物业管理有限公司");
    let roles = [staff("root", Role::Admin), official("inspector")];
    for (account, own) in roles.into_iter().zip(["/v1/admin/users", "/v1/admin/records"]) {
        let username = account.username.clone().unwrap();
        app.account(account);
        let signed = with_password(&app, &username, PASSWORD).expect(200).json();
        let token = signed["access_token"].as_str().unwrap();
        app.get(own).token(token).refused(403, "second_factor_required");
        app.get("/v1/admin/proposals").token(token).refused(403, "second_factor_required");
        // The own account, and what everybody may read.
        app.get("/v1/me").token(token).expect(200);
        app.get(&format!("/v1/firms/{firm}")).token(token).expect(200);
        enrolled(&app, token);
        app.get(own).token(token).expect(200);
        app.post("/v1/auth/revoke").token(token).expect(204);
        app.get(own).token(token).refused(401, "bad_credentials");
    }
    // Everybody else may, and need not.
    let drafter = app.official(Role::District, DISTRICT, false);
    app.get("/v1/admin/records").token(&drafter).expect(200);
    app.get("/v1/firm").token(&app.firm_account(&firm)).expect(200);
    let (_, resident) = app.resident("13900000001");
    app.get("/v1/me/residences").token(&resident).expect(200);
}

#[both]
fn two_administrators_reset_it_and_the_operator_alone(app: TestApp) {
    let (id, token) = app.account(official("inspector"));
    let (secret, _) = enrolled(&app, &token);
    let admin = app.token(someone(Role::Admin));
    let path = format!("/v1/admin/users/{id}");
    assert_eq!(app.get(&path).token(&admin).expect(200).json()["second_factor"], json!(true));
    let body = json!({"reset_second_factor": true, "reason": "手机遗失"});
    let reset = || app.patch(&path).token(&admin).header("If-Match", "*").json(&body);
    let proposal = reset().expect(202).json();
    assert_eq!(proposal["changes"], json!([{"field": "second_factor", "before": null, "after": "reset"}]));
    with_password(&app, "inspector", PASSWORD).refused(401, "second_factor_required");
    let withdraw = format!("/v1/admin/proposals/{}/withdraw", proposal["id"].as_str().unwrap());
    app.post(&withdraw).token(&admin).header("If-Match", "*").expect(200);
    reset().seconded(&app);
    app.get("/v1/me").token(&token).refused(401, "bad_credentials");
    let signed = with_password(&app, "inspector", PASSWORD).expect(200).json();
    let token = signed["access_token"].as_str().unwrap();
    let (again, _) = enrolled(&app, token);
    assert_ne!(again, secret);

    let args = xinwu_api::commands::user::UserArgs {
        command: xinwu_api::commands::user::UserCommand::ResetSecondFactor {
            username: "inspector".to_owned(),
        },
        json: false,
    };
    let config = crate::tokens::as_seen_by_the_command_line(&app);
    let said = xinwu_api::commands::user::run(&args, &config).unwrap();
    assert_eq!(said, "inspector signs in by the password alone.");
    app.poll_changes();
    with_password(&app, "inspector", PASSWORD).expect(200);
    let audit = app.get("/v1/admin/audit?limit=100").token(&admin).expect(200).json();
    let resets: Vec<&Value> = audit["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|entry| entry["detail"]["second_factor_reset"] == json!(true))
        .collect();
    assert_eq!((resets.len(), &resets[0]["user"]), (2, &json!("system")));
}

/// The latest notice: kind, sentence and account.
fn latest(app: &TestApp, token: &str) -> (String, String, String) {
    let notice = app.notices(token)[0].clone();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    assert_eq!(notice["about"]["kind"], "user");
    (text(&notice["kind"]), text(&notice["text"]), text(&notice["about"]["id"]))
}

/// The attack: whoever knows a password alone sets the second factor up before its owner does.
#[both]
fn what_becomes_of_a_second_factor_is_told_to_the_account_and_every_administrator(app: TestApp) {
    let admins = [app.admin(), app.admin()];
    let (id, token) = app.account(official("inspector"));
    let secret = set_up(&app, &token, json!({})).expect(200).json()["secret"].clone();
    // Nothing is in force yet.
    assert_eq!(app.notices(&admins[0]), Vec::<Value>::new());
    let confirmed = confirm(&app, &token, &code_of(&app, &secret)).expect(200).json();
    let said = |kind: &str, text: &str| (kind.to_owned(), text.to_owned(), id.clone());
    let everyone = |expected: (String, String, String), own: &str| {
        for token in admins.iter().map(String::as_str).chain([own]) {
            assert_eq!(latest(&app, token), expected);
        }
    };
    let enrolled_text = "账号 inspector 已启用新的动态码验证器和恢复码，如非本人操作，应立即停用该账号";
    everyone(said("second_factor_set_up", enrolled_text), &token);
    // A code of the authenticator is nothing to tell of; one on paper is.
    app.advance(Duration::seconds(30));
    with_code(&app, "inspector", &code_of(&app, &secret)).expect(200);
    assert_eq!(app.notices(&admins[0]).len(), 1);
    let paper = |at: usize| confirmed["recovery_codes"][at].as_str().unwrap().to_owned();
    let signed = with_code(&app, "inspector", &paper(0)).expect(200).json();
    with_code(&app, "inspector", &paper(0)).refused(401, "wrong_code");
    let own = signed["access_token"].as_str().unwrap();
    let used =
        |left: u32| format!("账号 inspector 使用了一个恢复码，还剩{left}个，如非本人操作，应立即停用该账号");
    everyone(said("recovery_code_used", &used(9)), own);
    // Another authenticator, by a code on paper: both are told.
    let another = set_up(&app, own, json!({"totp": paper(1)})).expect(200).json()["secret"].clone();
    everyone(said("recovery_code_used", &used(8)), own);
    confirm(&app, own, &code_of(&app, &another)).expect(200);
    everyone(said("second_factor_set_up", enrolled_text), own);
    assert_eq!(app.notices(&admins[0]).len(), 4);
    // Taken away by two; what is only proposed is not told.
    let path = format!("/v1/admin/users/{id}");
    let reset = json!({"reset_second_factor": true, "reason": "手机遗失"});
    let edit = || app.patch(&path).token(&admins[0]).header("If-Match", "*").json(&reset);
    let proposed = edit().expect(202).json();
    assert_eq!(app.notices(&admins[1]).len(), 4);
    let confirm = format!("/v1/admin/proposals/{}/confirm", proposed["id"].as_str().unwrap());
    app.post(&confirm).token(&admins[1]).header("If-Match", "*").expect(200);
    let text = "账号 inspector 的动态码验证器和恢复码已被移除，须重新设置";
    assert_eq!(latest(&app, &admins[1]), said("second_factor_reset", text));
    let again = with_password(&app, "inspector", PASSWORD).expect(200).json();
    assert_eq!(latest(&app, again["access_token"].as_str().unwrap()), said("second_factor_reset", text));
}

/// Of an account that can do little alone its owner is told.
#[both]
fn of_an_account_without_such_power_its_owner_alone_is_told(app: TestApp) {
    let admin = app.admin();
    let token = app.token(NewAccount { place: Some(STREET.to_owned()), ..staff("clerk", Role::Street) });
    enrolled(&app, &token);
    assert_eq!(latest(&app, &token).0, "second_factor_set_up");
    assert_eq!(app.notices(&admin), Vec::<Value>::new());
    // An administrator's own is told once, and to the others.
    let own = app.token(staff("keeper", Role::Admin));
    enrolled(&app, &own);
    assert_eq!((app.notices(&own).len(), latest(&app, &admin).0.as_str()), (1, "second_factor_set_up"));
}
