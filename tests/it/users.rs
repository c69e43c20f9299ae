//! The system's registers: users, clients, the audit, and the commands for users.

use serde_json::{Value, json};
use xinwu_api::commands::user::{AddUser, CommandRole, UserArgs, UserCommand, run as run_command};
use xinwu_both::both;
use xinwu_domain::access::Role;

use crate::harness::world::encode;
use crate::harness::{Call, TestApp};
use crate::sign_in::{staff, with_password, with_refresh};
use crate::tokens::as_seen_by_the_command_line;

const PASSWORD: &str = "correct horse battery";

fn street(username: &str) -> Value {
    json!({
        "username": username, "role": "street", "place": "210202001", "can_confirm": true, "staff_number": format!("N-{username}").to_uppercase(),
        "display_name": "海军广场街道", "reason": "新任"
    })
}

/// Has a second administrator confirm what was proposed; gives the answer, with its code.
fn confirmed(app: &TestApp, proposal: &Value) -> Value {
    let path = format!("/v1/admin/proposals/{}/confirm", proposal["id"].as_str().unwrap());
    app.post(&path).token(&app.admin()).header("If-Match", "*").expect(200).json()
}

fn activate(app: &TestApp, username: &str, code: &Value, password: &str) -> Call {
    let privacy = &app.get("/v1/privacy").expect(200).json()["version"];
    let body = json!({"username": username, "code": code, "password": password, "privacy_version": privacy});
    app.post("/v1/auth/activate").json(&body)
}

/// An account that an administrator proposes, another confirms and its owner activates; gives its
/// path.
fn added(app: &TestApp, admin: &str, body: &Value) -> String {
    let proposal = app.post("/v1/admin/users").token(admin).json(body).expect(202).json();
    let done = confirmed(app, &proposal);
    activate(app, body["username"].as_str().unwrap(), &done["activation_code"], PASSWORD).expect(204);
    format!("/v1/admin/users/{}", done["object"]["id"].as_str().unwrap())
}

/// A code is guessed no more often than a password, by the same count.
#[both]
fn wrong_codes_are_failed_sign_ins_and_a_later_reset_voids_the_code_before(app: TestApp) {
    let admin = app.admin();
    let path = added(&app, &admin, &street("haijun"));
    let reset = || {
        let body = json!({"reset_password": true, "reason": "遗忘密码"});
        let proposal = app.patch(&path).token(&admin).header("If-Match", "*").json(&body).expect(202).json();
        confirmed(&app, &proposal)["activation_code"].clone()
    };
    let (first, second) = (reset(), reset());
    assert_ne!(first, second);
    let other = "correct horse staple";
    activate(&app, "haijun", &first, other).refused(401, "wrong_code");
    for _ in 0..9 {
        activate(&app, "haijun", &json!("wrong"), other).refused(401, "wrong_code");
    }
    // Neither the right code nor the password goes on, until the time of failed sign-ins is over.
    let waits = activate(&app, "haijun", &second, other).refused(429, "too_many_failures");
    assert_eq!(waits.header("retry-after"), "900");
    with_password(&app, "haijun", PASSWORD).refused(429, "too_many_failures");
    app.advance(chrono::Duration::seconds(900));
    activate(&app, "haijun", &second, other).expect(204);
    with_password(&app, "haijun", other).expect(200);
}

fn faults(call: Call) -> Vec<(String, String)> {
    call.refused(422, "invalid").faults()
}

fn fault(pointer: &str, code: &str) -> Vec<(String, String)> {
    vec![(pointer.to_owned(), code.to_owned())]
}

fn with_secret(app: &TestApp, id: &Value, secret: &Value) -> Call {
    app.post("/v1/auth/token")
        .json(&json!({"grant_type": "client_credentials", "client_id": id, "client_secret": secret}))
}

#[both]
fn an_administrator_adds_an_official_who_signs_in(app: TestApp) {
    let admin = app.admin();
    let path = added(&app, &admin, &street("haijun"));
    let read = app.get(&path).token(&admin).expect(200);
    let user = read.json();
    assert_eq!((&user["place"]["code"], &user["staff_number"]), (&json!("210202001"), &json!("N-HAIJUN")));
    assert_eq!((&user["status"], &user["firm"]), (&json!("active"), &json!(null)));
    assert!(!read.text.contains("argon2") && !read.text.contains(PASSWORD));
    assert_eq!(with_password(&app, "haijun", PASSWORD).expect(200).json()["scope"], "street");
    app.post("/v1/admin/users").token(&admin).json(&street("haijun")).refused(409, "username_taken");
}

#[both]
fn the_bindings_of_each_role_are_enforced(app: TestApp) {
    let admin = app.admin();
    let add = |change: Value| {
        let mut body = street("someone");
        for (name, value) in change.as_object().unwrap() {
            body[name] = value.clone();
        }
        body.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        app.post("/v1/admin/users").token(&admin).json(&body)
    };
    assert_eq!(faults(add(json!({"place": null}))), fault("/place", "required"));
    assert_eq!(faults(add(json!({"place": "210202"}))), fault("/place", "wrong_level"));
    assert_eq!(faults(add(json!({"staff_number": null}))), fault("/staff_number", "required"));
    let admin_without = json!({"role": "admin", "place": null, "can_confirm": false, "staff_number": null});
    assert_eq!(faults(add(admin_without)), fault("/staff_number", "required"));
    assert_eq!(faults(add(json!({"place": "999999"}))), fault("/place", "unknown_place"));
    assert_eq!(faults(add(json!({"role": "admin", "can_confirm": false}))), fault("/place", "not_for_role"));
    assert_eq!(faults(add(json!({"role": "admin", "place": null}))), fault("/can_confirm", "not_for_role"));
    assert_eq!(
        faults(add(json!({"role": "firm", "place": null, "can_confirm": false}))),
        fault("/uscc", "required")
    );
    assert_eq!(
        faults(add(
            json!({"role": "firm", "place": null, "can_confirm": false, "uscc": "91210200241281392F"})
        )),
        fault("/uscc", "unknown_firm")
    );
    assert_eq!(faults(add(json!({"uscc": "91210200241281392G"})))[0].0, "/uscc");
    assert_eq!(faults(add(json!({"role": "resident"}))), fault("/role", "not_for_role"));
    assert_eq!(faults(add(json!({"role": "integrator"}))), fault("/role", "not_for_role"));
    assert_eq!(faults(add(json!({"role": "committee"}))), fault("/role", "unknown_value"));
    assert_eq!(faults(add(json!({"username": "No Spaces"}))), fault("/username", "username"));
    assert_eq!(faults(add(json!({"staff_number": null}))), fault("/staff_number", "required"));
    let firm = json!({"role": "admin", "place": null, "can_confirm": false, "staff_number": null});
    assert_eq!(faults(add(firm)), fault("/staff_number", "required"));
    add(json!({})).expect(202);
}

#[both]
fn whoever_loses_something_loses_access_at_once(app: TestApp) {
    let admin = app.admin();
    let path = added(&app, &admin, &street("haijun"));
    let patch = |body: Value| app.patch(&path).token(&admin).header("If-Match", "*").json(&body);
    let mut password = PASSWORD.to_owned();
    for change in [
        json!({"can_confirm": false}),
        json!({"place": "210202005"}),
        json!({"role": "district", "place": "210202"}),
        json!({"reset_password": true}),
        json!({"status": "disabled"}),
    ] {
        let signed = with_password(&app, "haijun", &password).expect(200).json();
        let token = signed["access_token"].as_str().unwrap();
        app.get("/v1/me").token(token).expect(200);
        // What is shut is shut by one, and at once; for the rest nothing happens before the second.
        if change["status"] == "disabled" {
            patch(change.clone()).expect(200);
        } else {
            let mut proposed = change.clone();
            proposed["reason"] = json!("岗位调整");
            let proposal = patch(proposed).expect(202).json();
            app.get("/v1/me").token(token).expect(200);
            let done = confirmed(&app, &proposal);
            if change["reset_password"] == true {
                with_password(&app, "haijun", &password).refused(401, "wrong_password");
                password = "another long password".to_owned();
                activate(&app, "haijun", &done["activation_code"], &password).expect(204);
            }
        }
        app.get("/v1/me").token(token).refused(401, "bad_credentials");
        with_refresh(&app, &signed["refresh_token"]).refused(401, "bad_refresh_token");
    }
    with_password(&app, "haijun", &password).refused(401, "account_disabled");
    patch(json!({"status": "active"})).seconded(&app);
    let signed = with_password(&app, "haijun", &password).expect(200).json();
    // What is given, or only shown, takes nothing away.
    patch(json!({"can_confirm": true, "display_name": "昆明"})).seconded(&app);
    let me = app.get("/v1/me").token(signed["access_token"].as_str().unwrap()).expect(200).json();
    assert_eq!(
        (&me["can_confirm"], &me["display_name"], &me["role"]),
        (&json!(true), &json!("昆明"), &json!("district"))
    );
}

#[both]
fn a_change_needs_the_version_and_keeps_the_bindings_and_one_administrator(app: TestApp) {
    let (id, admin) = app.account(staff("root", Role::Admin));
    let path = added(&app, &admin, &street("haijun"));
    let etag = app.get(&path).token(&admin).expect(200).etag().to_owned();
    let patch = |tag: &str, body: Value| app.patch(&path).token(&admin).header("If-Match", tag).json(&body);
    app.patch(&path).token(&admin).json(&json!({})).refused(428, "if_match_required");
    patch(&etag, json!({"display_name": "一"})).seconded(&app);
    patch(&etag, json!({"display_name": "二"})).refused(412, "stale");
    assert_eq!(faults(patch("*", json!({"role": "district"}))), fault("/place", "wrong_level"));
    assert_eq!(faults(patch("*", json!({"place": null}))), fault("/place", "required"));
    assert_eq!(faults(patch("*", json!({"role": "resident"}))), fault("/role", "not_for_role"));
    app.sql(
        &["UPDATE account SET status = 'disabled' WHERE role = 'admin' AND username IS NULL".to_owned()],
        "",
    );
    let own = format!("/v1/admin/users/{id}");
    for change in [json!({"status": "disabled"}), json!({"role": "city", "place": "2102"})] {
        app.patch(&own).token(&admin).header("If-Match", "*").json(&change).refused(409, "last_admin");
    }
    // The old place and the power to confirm go with the role.
    let edited = patch("*", json!({"role": "admin"})).seconded(&app).json();
    assert_eq!((&edited["place"], &edited["can_confirm"]), (&json!(null), &json!(false)));
    app.patch(&own).token(&admin).header("If-Match", "*").json(&json!({"status": "disabled"})).expect(200);
    app.get("/v1/admin/users").token(&admin).refused(401, "bad_credentials");
}

#[both]
fn a_staff_number_is_one_persons_however_it_is_written_and_nothing_that_looks_like_it(app: TestApp) {
    let admin = app.admin();
    for number in ["D4.", "D\u{41e}4", "D_4", "-", "工4"] {
        let mut body = street("someone");
        body["staff_number"] = json!(number);
        let add = app.post("/v1/admin/users").token(&admin).json(&body);
        assert_eq!(faults(add), fault("/staff_number", "staff_number"), "{number}");
    }
    let path = added(&app, &admin, &street("haijun"));
    let edit = json!({"staff_number": "D\u{41e}4", "reason": "更正"});
    let edit = app.patch(&path).token(&admin).header("If-Match", "*").json(&edit);
    assert_eq!(faults(edit), fault("/staff_number", "staff_number"));
}

#[both]
fn users_are_listed_by_role_place_and_part_of_a_name_and_only_by_administrators(app: TestApp) {
    let admin = app.admin();
    for (name, role, place) in [
        ("city.one", "city", "2102"),
        ("district.one", "district", "210202"),
        ("street.one", "street", "210202001"),
        ("street.two", "street", "210203001"),
    ] {
        let body = json!({"username": name, "role": role, "place": place, "staff_number": name.replace('.', "-"), "reason": "新任"});
        added(&app, &admin, &body);
    }
    app.resident("13900000001");
    let names = |query: &str| {
        let page = app.get(&format!("/v1/admin/users?{query}")).token(&admin).expect(200).json();
        page["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|each| each["username"].as_str().unwrap_or("-").to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(names("role=street"), ["street.one", "street.two"]);
    assert_eq!(names("place=210202"), ["district.one", "street.one"]);
    assert_eq!(names("q=.one&place=2102"), ["city.one", "district.one", "street.one"]);
    assert_eq!(names("q=%25"), Vec::<String>::new());
    let first = app.get("/v1/admin/users?role=street&limit=1&count=true").token(&admin).expect(200).json();
    assert_eq!(first["page"]["total"], 2);
    let cursor = first["page"]["next_cursor"].as_str().unwrap();
    assert_eq!(names(&format!("role=street&limit=1&cursor={cursor}")), ["street.two"]);
    app.get("/v1/admin/users?role=king").token(&admin).refused(400, "bad_parameter");
    let city = app.official(Role::City, "2102", true);
    app.get("/v1/admin/audit").refused(401, "not_signed_in");
    for path in ["/v1/admin/users", "/v1/admin/clients"] {
        app.get(path).token(&city).refused(403, "role_not_allowed");
        app.get(path).refused(401, "not_signed_in");
    }
}

#[both]
fn a_program_signs_in_with_its_secret_which_is_shown_once(app: TestApp) {
    let admin = app.admin();
    let add = || {
        app.post("/v1/admin/clients")
            .token(&admin)
            .header("Idempotency-Key", "k")
            .json(&json!({"name": "招标平台", "scopes": ["read"]}))
    };
    let added = add().expect(201);
    let client = added.json();
    let again = add().expect(201).json();
    assert_eq!((&again["client_id"], &again["client_secret"]), (&client["client_id"], &json!(null)));
    let signed = with_secret(&app, &client["client_id"], &client["client_secret"]).expect(200).json();
    assert_eq!((&signed["scope"], signed.get("refresh_token")), (&json!("read"), None));
    let token = signed["access_token"].as_str().unwrap();
    let me = app.get("/v1/me").token(token).expect(200).json();
    assert_eq!((&me["role"], &me["scopes"]), (&json!("integrator"), &json!(["read"])));
    let wrong = with_secret(&app, &client["client_id"], &json!("wrong")).refused(401, "wrong_client").json()
        ["detail"]
        .clone();
    assert_eq!(
        with_secret(&app, &json!("nobody"), &json!("wrong")).refused(401, "wrong_client").json()["detail"],
        wrong
    );
    let path = added.header("location").to_owned();
    let read = app.get(&path).token(&admin).expect(200).json();
    assert_eq!(read.get("client_secret"), None);
    app.get(&path.replace("clients", "users")).token(&admin).refused(404, "not_found");
    let patch = |body: Value| app.patch(&path).token(&admin).header("If-Match", "*").json(&body);
    let rotated = patch(json!({"rotate_secret": true})).expect(200).json();
    app.get("/v1/me").token(token).refused(401, "bad_credentials");
    with_secret(&app, &client["client_id"], &client["client_secret"]).refused(401, "wrong_client");
    let token =
        with_secret(&app, &client["client_id"], &rotated["client_secret"]).expect(200).json()["access_token"]
            .as_str()
            .unwrap()
            .to_owned();
    patch(json!({"status": "disabled"})).expect(200);
    app.get("/v1/me").token(&token).refused(401, "bad_credentials");
    with_secret(&app, &client["client_id"], &rotated["client_secret"]).refused(401, "wrong_client");
    assert_eq!(faults(patch(json!({"scopes": ["everything"]}))), fault("/scopes/0", "unknown_value"));
    app.patch(&path).token(&admin).json(&json!({})).refused(428, "if_match_required");
    assert_eq!(
        app.get("/v1/admin/clients").token(&admin).expect(200).json()["items"].as_array().unwrap().len(),
        1
    );
}

#[both]
fn the_audit_tells_who_did_what_the_newest_first(app: TestApp) {
    let (id, admin) = app.account(staff("root", Role::Admin));
    let path = added(&app, &admin, &street("haijun"));
    app.set_time("2026-11-22T16:00:00Z");
    let admin =
        with_password(&app, "root", PASSWORD).expect(200).json()["access_token"].as_str().unwrap().to_owned();
    app.patch(&path)
        .token(&admin)
        .header("If-Match", "*")
        .json(&json!({"reset_password": true}))
        .seconded(&app);
    let list = |query: &str| app.get(&format!("/v1/admin/audit?{query}")).token(&admin).expect(200).json();
    let operations = |query: &str| {
        list(query)["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|each| each["operation"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let all = list("object_kind=user");
    // To second it, the other administrator reads the account.
    assert_eq!(
        operations("object_kind=user"),
        ["get_user", "edit_user", "issue_token", "activate_account", "add_user"]
    );
    let newest = &all["items"][1];
    assert_eq!(
        (&newest["user"], &newest["username"], &newest["at"]),
        (&json!(id), &json!("root"), &json!("2026-11-22T16:00:00Z"))
    );
    assert_eq!(newest["detail"]["password_reset"], true);
    assert!(!all.to_string().contains("argon2") && !all.to_string().contains("another long"));
    assert_eq!(operations("user=root&object_kind=user"), ["edit_user", "issue_token", "add_user"]);
    // What was proposed, and what became of it.
    assert_eq!(
        operations(&format!("user={id}")),
        [
            // The readings of the audit above.
            "list_audit",
            "list_audit",
            "list_audit",
            "edit_user",
            "propose",
            "issue_token",
            "add_user",
            "propose"
        ]
    );
    // Midnight in Dalian is 16:00 UTC.
    assert_eq!(operations("user=root&object_kind=user&from=2026-11-23"), ["edit_user", "issue_token"]);
    assert_eq!(operations("user=root&object_kind=user&to=2026-11-22"), ["add_user"]);
    let first = list("user=root&object_kind=user&limit=1");
    let cursor = first["page"]["next_cursor"].as_str().unwrap();
    assert_eq!(operations(&format!("user=root&object_kind=user&limit=1&cursor={cursor}")), ["issue_token"]);
    app.get("/v1/admin/audit?from=yesterday").token(&admin).refused(400, "bad_parameter");
}

#[both]
fn the_command_line_adds_lists_and_shuts_accounts(app: TestApp) {
    let config = as_seen_by_the_command_line(&app);
    let command = |command, json| run_command(&UserArgs { command, json }, &config);
    let add = |username: &str, role, place: Option<&str>| {
        UserCommand::Add(AddUser {
            username: username.to_owned(),
            role,
            place: place.map(str::to_owned),
            uscc: None,
            manager: None,
            department: None,
            can_confirm: false,
            staff_number: (role != CommandRole::Firm).then(|| format!("N-{username}")),
            display_name: None,
            password_stdin: false,
        })
    };
    let made: Value =
        serde_json::from_str(&command(add("root", CommandRole::Admin, None), true).unwrap()).unwrap();
    let password = made["password"].as_str().unwrap();
    with_password(&app, "root", password).expect(200);
    command(add("second", CommandRole::Admin, None), false).unwrap();
    assert_eq!(command(add("root", CommandRole::Admin, None), false).unwrap_err(), "The username is taken");
    assert_eq!(
        command(add("street", CommandRole::Street, None), false).unwrap_err(),
        "place: This role is bound to a place"
    );
    command(add("street", CommandRole::Street, Some("210202001")), false).unwrap();
    let list = |role| command(UserCommand::List { role, place: None }, false).unwrap();
    assert_eq!(list(None).lines().count(), 3);
    assert!(list(Some(CommandRole::Street)).contains("  street  street  210202001  -  active"));
    let set = UserCommand::SetPassword { username: "root".to_owned(), password_stdin: false };
    let changed: Value = serde_json::from_str(&command(set, true).unwrap()).unwrap();
    with_password(&app, "root", password).refused(401, "wrong_password");
    with_password(&app, "root", changed["password"].as_str().unwrap()).expect(200);
    command(UserCommand::Disable { username: "root".to_owned() }, false).unwrap();
    with_password(&app, "root", changed["password"].as_str().unwrap()).refused(401, "account_disabled");
    assert_eq!(
        command(UserCommand::Disable { username: "nobody".to_owned() }, false).unwrap_err(),
        "there is no such user"
    );
    assert_eq!(
        command(UserCommand::Disable { username: "second".to_owned() }, false).unwrap_err(),
        "This is the last administrator"
    );
}

#[both]
fn an_account_is_found_by_any_part_of_its_names_in_either_case(app: TestApp) {
    let admin = app.admin();
    let added = app
        .post("/v1/admin/users")
        .token(&admin)
        .json(&json!({
            "username": "wanke.firm", "role": "city", "place": "2102", "staff_number": "N-1",
            "display_name": "Vanke 万科 IT", "reason": "新任"
        }))
        .expect(202)
        .json();
    confirmed(&app, &added);
    for q in ["wanke", "WANKE", "vanke", "Vanke", "VANKE", "万科", "it"] {
        let found = app.get(&format!("/v1/admin/users?q={}", encode(q))).token(&admin).expect(200).json();
        let names: Vec<&str> = found["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|each| each["username"].as_str().unwrap())
            .collect();
        assert!(names.contains(&"wanke.firm"), "{q}: {names:?}");
    }
}
