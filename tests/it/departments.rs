//! Departments of districts and of the city, and the accounts of their officials.

use serde_json::{Value, json};
use xinwu_both::both;
use xinwu_domain::access::Role;
use xinwu_persistence::people::account::NewAccount;

use crate::harness::files::with;
use crate::harness::world::{DISTRICT, OTHER_DISTRICT, STREET, encode};
use crate::harness::{Call, Reply, TestApp};
use crate::sign_in::{staff, with_password};

const PATH: &str = "/v1/admin/departments";

/// 中山区综合行政执法局, as its district registers it.
fn enforcement() -> Value {
    json!({"code": "210202-ZHZF", "name": "中山区综合行政执法局", "place": DISTRICT})
}

fn district(app: &TestApp) -> String {
    app.official(Role::District, DISTRICT, false)
}

/// Changes a department whatever its version.
fn change(app: &TestApp, token: &str, code: &str, body: &Value) -> Call {
    app.patch(&format!("{PATH}/{code}")).token(token).header("If-Match", "*").json(body)
}

fn codes(reply: &Reply) -> Vec<String> {
    let page = reply.json();
    let items = page["items"].as_array().unwrap().iter();
    items.map(|item| item["code"].as_str().unwrap().to_owned()).collect()
}

#[both]
fn a_district_registers_changes_and_ends_a_department(app: TestApp) {
    let district = district(&app);
    let typed = with(enforcement(), json!({"code": " 210202-zhzf "}));
    let added = app.post(PATH).token(&district).json(&typed).expect(201);
    assert_eq!(added.header("location"), "/v1/departments/210202-ZHZF");
    let place = json!({"code": DISTRICT, "name": "中山区"});
    let registered = with(enforcement(), json!({"place": place, "valid_until": null}));
    assert_eq!(added.json(), registered);
    let read = app.get("/v1/departments/210202-zhzf").token(&district).expect(200);
    assert_eq!(read.json(), registered);
    app.post(PATH).token(&district).json(&enforcement()).refused(409, "already_exists");

    let path = format!("{PATH}/210202-ZHZF");
    let edit = json!({"name": "中山区城市管理局"});
    app.patch(&path).token(&district).json(&edit).refused(428, "if_match_required");
    let edited = app.patch(&path).token(&district).header("If-Match", read.etag()).json(&edit).expect(200);
    assert_eq!(edited.json()["name"], "中山区城市管理局");
    app.patch(&path).token(&district).header("If-Match", read.etag()).json(&edit).refused(412, "stale");

    let end = |day: Value| change(&app, &district, "210202-ZHZF", &json!({"valid_until": day}));
    let faults = end(json!("2026-11-22")).refused(422, "invalid").faults();
    assert_eq!(faults, [("/valid_until".to_owned(), "in_future".to_owned())]);
    assert_eq!(end(json!("2026-11-21")).expect(200).json()["valid_until"], "2026-11-21");
    // It is in no list, and can still be read.
    assert_eq!(codes(&app.get("/v1/departments").token(&district).expect(200)), [] as [&str; 0]);
    app.get("/v1/departments/210202-ZHZF").token(&district).expect(200);
    change(&app, &district, "210202-ZHZF", &edit).refused(409, "retired");
    assert_eq!(end(json!(null)).expect(200).json()["valid_until"], json!(null));
}

#[both]
fn the_list_is_by_code_and_narrowed_by_place_and_name(app: TestApp) {
    for (code, place) in [("B-ZF", DISTRICT), ("A-ZF", DISTRICT), ("C-ZF", OTHER_DISTRICT), ("CITY", "2102")]
    {
        app.department(code, place);
    }
    let (_, resident) = app.resident("13900000001");
    let list = |query: &str| app.get(&format!("/v1/departments{query}")).token(&resident);
    assert_eq!(codes(&list("").expect(200)), ["A-ZF", "B-ZF", "C-ZF", "CITY"]);
    let page = list("?limit=3&count=true").expect(200);
    assert_eq!(
        (codes(&page), &page.json()["page"]["total"]),
        (["A-ZF", "B-ZF", "C-ZF"].map(str::to_owned).to_vec(), &json!(4))
    );
    let cursor = page.json()["page"]["next_cursor"].as_str().unwrap().to_owned();
    assert_eq!(codes(&list(&format!("?limit=3&cursor={cursor}")).expect(200)), ["CITY"]);
    assert_eq!(codes(&list(&format!("?place={DISTRICT}")).expect(200)), ["A-ZF", "B-ZF"]);
    assert_eq!(codes(&list("?place=2102&q=c-").expect(200)), ["C-ZF"]);
    assert_eq!(codes(&list(&format!("?q={}", encode("ZF局"))).expect(200)), ["A-ZF", "B-ZF", "C-ZF"]);
    assert_eq!(codes(&list("?q=%25").expect(200)), [] as [&str; 0]);
    list("?place=999999").refused(400, "bad_parameter");
    app.get("/v1/departments").refused(401, "not_signed_in");
}

#[both]
fn each_field_is_checked_and_only_the_own_district_s_are_kept(app: TestApp) {
    let district = district(&app);
    for (field, value, code) in [
        ("code", json!("中山"), "department_code"),
        ("code", json!("Z"), "department_code"),
        ("name", json!(" "), "blank"),
        ("name", json!("长".repeat(101)), "length"),
        ("place", json!("999999"), "unknown_place"),
        ("place", json!(STREET), "wrong_level"),
    ] {
        let body = with(enforcement(), json!({field: value}));
        let faults = app.post(PATH).token(&district).json(&body).refused(422, "invalid").faults();
        assert_eq!(faults, [(format!("/{field}"), code.to_owned())]);
    }
    let elsewhere = with(enforcement(), json!({"place": OTHER_DISTRICT}));
    app.post(PATH).token(&district).json(&elsewhere).refused(403, "out_of_reach");
    let of_city = with(enforcement(), json!({"place": "2102"}));
    app.post(PATH).token(&district).json(&of_city).refused(403, "out_of_reach");
    let city = app.official(Role::City, "2102", false);
    app.post(PATH).token(&city).json(&of_city).expect(201);
    change(&app, &district, "210202-ZHZF", &json!({"name": "市局"})).refused(403, "out_of_reach");
    change(&app, &city, "210202-ZHZF", &json!({"name": "市局"})).expect(200);
    let street = app.official(Role::Street, STREET, false);
    app.post(PATH).token(&street).json(&enforcement()).refused(403, "role_not_allowed");
    let unknown = app.get("/v1/departments/NOWHERE").token(&district).refused(404, "not_found").json();
    assert_eq!(unknown["detail"], "未找到该部门");
}

#[both]
fn an_account_of_a_department_is_made_by_two_administrators(app: TestApp) {
    let (code, admin) = (app.department("210202-ZHZF", DISTRICT), app.admin());
    let add = |body: &Value| app.post("/v1/admin/users").token(&admin).json(body);
    let body = json!({
        "username": "zhifa.one", "role": "department", "department": code, "staff_number": "ZF-1", "reason": "新任"
    });
    let fault = |changes: Value| add(&with(body.clone(), changes)).refused(422, "invalid").faults();
    let told = |pointer: &str, code: &str| [(pointer.to_owned(), code.to_owned())];
    assert_eq!(fault(json!({"department": "(left out)"})), told("/department", "required"));
    assert_eq!(fault(json!({"department": "NOWHERE"})), told("/department", "unknown_department"));
    assert_eq!(fault(json!({"staff_number": "(left out)"})), told("/staff_number", "required"));
    assert_eq!(fault(json!({"place": DISTRICT})), told("/place", "not_for_role"));
    assert_eq!(fault(json!({"can_confirm": true})), told("/can_confirm", "not_for_role"));
    assert_eq!(fault(json!({"role": "district", "place": DISTRICT})), told("/department", "not_for_role"));
    let user = add(&body).seconded(&app).json();
    let named = json!({"code": code, "name": "210202-ZHZF局"});
    assert_eq!(
        (&user["role"], &user["department"], &user["place"]),
        (&json!("department"), &named, &json!(null))
    );
    // Whoever keeps the accounts of a place finds those of its departments.
    let found = |place: &str| {
        let page = app.get(&format!("/v1/admin/users?place={place}")).token(&admin).expect(200).json();
        page["items"].as_array().unwrap().iter().any(|item| item["id"] == user["id"])
    };
    assert_eq!((found(DISTRICT), found("2102"), found(OTHER_DISTRICT)), (true, true, false));
    // Another department takes two.
    let other = app.department("210202-ZJ", DISTRICT);
    let path = format!("/v1/admin/users/{}", user["id"].as_str().unwrap());
    let edit = |body: Value| app.patch(&path).token(&admin).header("If-Match", "*").json(&body);
    assert_eq!(edit(json!({"department": other})).seconded(&app).json()["department"]["code"], json!(other));
    // With another role it goes.
    let edited = edit(json!({"role": "district", "place": DISTRICT})).seconded(&app).json();
    assert_eq!((&edited["role"], edited.get("department")), (&json!("district"), None));
}

#[both]
fn its_official_signs_in_and_is_no_official_of_a_place(app: TestApp) {
    let code = app.department("210202-ZHZF", DISTRICT);
    app.token(NewAccount { department: Some(code.clone()), ..staff("zhifa.one", Role::Department) });
    let tokens = with_password(&app, "zhifa.one", "correct horse battery").expect(200).json();
    let own = tokens["access_token"].as_str().unwrap();
    let me = app.get("/v1/me").token(own).expect(200).json();
    let named = json!({"code": code, "name": "210202-ZHZF局"});
    assert_eq!((&me["role"], &me["department"], &me["place"]), (&json!("department"), &named, &json!(null)));
    app.get("/v1/departments").token(own).expect(200);
    for path in [
        "/v1/admin/records",
        "/v1/admin/inbox",
        "/v1/admin/proposals",
        "/v1/admin/audit",
        "/v1/firm",
        "/v1/me/home",
    ] {
        app.get(path).token(own).refused(403, "role_not_allowed");
    }
    app.post(PATH).token(own).json(&enforcement()).refused(403, "role_not_allowed");
    // Administrators change the names of officials.
    let etag = app.get("/v1/me").token(own).expect(200).etag().to_owned();
    let renamed =
        app.patch("/v1/me").token(own).header("If-Match", &etag).json(&json!({"display_name": "王"}));
    let faults = renamed.refused(422, "invalid").faults();
    assert_eq!(faults, [("/display_name".to_owned(), "not_for_role".to_owned())]);
    // Its sign-in is read by the district, as those of its own officials are.
    let audit = app.get("/v1/admin/audit?operation=issue_token").token(&district(&app)).expect(200).json();
    assert_eq!(audit["items"][0]["username"], "zhifa.one");
}

#[both]
fn one_that_has_ended_has_no_open_account(app: TestApp) {
    let (district, admin) = (district(&app), app.admin());
    let code = app.department("210202-ZHZF", DISTRICT);
    let official = app.department_official(&code);
    let end = json!({"valid_until": "2026-11-21"});
    let me = app.get("/v1/me").token(&official).expect(200).json();
    let refused = change(&app, &district, &code, &end).refused(409, "in_use").json();
    assert!(refused["detail"].as_str().unwrap().contains(me["id"].as_str().unwrap()), "{refused}");
    let path = format!("/v1/admin/users/{}", me["id"].as_str().unwrap());
    let edit = |body: Value| app.patch(&path).token(&admin).header("If-Match", "*").json(&body);
    edit(json!({"status": "disabled"})).expect(200);
    change(&app, &district, &code, &end).expect(200);
    app.get("/v1/me").token(&official).refused(401, "bad_credentials");
    // Nothing opens it, and there are no new ones.
    let ended = [("/department".to_owned(), "retired".to_owned())];
    let opened = edit(json!({"status": "active", "reason": "恢复"}));
    assert_eq!(opened.refused(422, "invalid").faults(), ended);
    let body = json!({
        "username": "zhifa.two", "role": "department", "department": code, "staff_number": "ZF-2", "reason": "新任"
    });
    let added = app.post("/v1/admin/users").token(&admin).json(&body);
    assert_eq!(added.refused(422, "invalid").faults(), ended);
    // A place with a department stays.
    let other = app.department("210203-ZHZF", OTHER_DISTRICT);
    let city = app.official(Role::City, "2102", false);
    let path = format!("/v1/admin/places/{OTHER_DISTRICT}");
    let retire = app
        .patch(&path)
        .token(&city)
        .header("If-Match", "*")
        .json(&json!({"retired": true, "reason": "误登"}));
    retire.refused(409, "in_use");
    change(&app, &city, &other, &end).expect(200);
}
