//! A resident changes the phone: codes to both, and everything stays the person's.

use chrono::Duration;
use diesel::prelude::*;
use serde_json::{Value, json};
use xinwu_both::both;
use xinwu_domain::access::Role;
use xinwu_persistence::schema::{household_phone, phone_person, rating};

use crate::harness::residents::{Resident, rating_path};
use crate::harness::world::{COMMUNITY, DISTRICT};
use crate::harness::{Call, Reply, TestApp};
use crate::imports::{self, CSV, import_file, import_seconded};
use crate::sign_in::{ask_code, sign_in, visible, with_code, with_refresh};

const OLD: &str = "13900000001";
const NEW: &str = "13700000002";
const THIRD: &str = "13700000003";
const MONTH: &str = "2026-11";

fn code(app: &TestApp, phone: &str) -> String {
    ask_code(app, phone).expect(202);
    app.state.outbox().last_code(phone).unwrap()
}

fn wrong(code: &str) -> &'static str {
    if code == "000000" { "000001" } else { "000000" }
}

fn put(app: &TestApp, token: &str, new: &str, code: &str, current_code: &str) -> Call {
    let body = json!({"phone": new, "code": code, "current_code": current_code});
    app.put("/v1/me/phone").token(token).json(&body)
}

/// Asks for both codes and changes the phone.
#[track_caller]
pub fn change(app: &TestApp, token: &str, old: &str, new: &str) -> Reply {
    let (new_code, old_code) = (code(app, new), code(app, old));
    put(app, token, new, &new_code, &old_code).expect(200)
}

/// The same for one of the neighbours, who has the phone from then on.
#[track_caller]
pub fn move_to(app: &TestApp, resident: &mut Resident, new: &str) {
    change(app, &app.renewed(&resident.id), &resident.phone, new);
    resident.phone = new.to_owned();
}

fn token_of(signed: &Value) -> &str {
    signed["access_token"].as_str().unwrap()
}

/// An access token of now for who signed in.
fn renewed(app: &TestApp, signed: &Value) -> String {
    let renewed = with_refresh(app, &signed["refresh_token"]).expect(200).json();
    token_of(&renewed).to_owned()
}

fn exported(app: &TestApp, token: &str) -> Value {
    app.get("/v1/me/export").token(token).expect(200).json()
}

/// Ratings that anybody has of a project.
fn rows(app: &TestApp, project: &str) -> i64 {
    let project = project.to_owned();
    let count = move |conn: &mut xinwu_store::Conn| {
        Ok(rating::table.filter(rating::project_id.eq(&project)).count().get_result(conn)?)
    };
    app.db().read_blocking(count).unwrap()
}

#[both]
fn a_phone_is_changed_with_a_code_to_each_and_the_account_stays(app: TestApp) {
    let elsewhere = sign_in(&app, OLD);
    app.advance(Duration::minutes(1));
    let here = sign_in(&app, OLD);
    let id = app.get("/v1/me").token(token_of(&here)).expect(200).json()["id"].clone();
    app.advance(Duration::minutes(1));
    let changed = change(&app, token_of(&here), OLD, NEW);
    assert_eq!((&changed.json()["id"], &changed.json()["phone"]), (&id, &json!("137****0002")));
    assert_eq!(changed.etag(), app.get("/v1/me").token(token_of(&here)).expect(200).etag());
    // Here it goes on; elsewhere it has ended.
    app.get("/v1/me").token(token_of(&elsewhere)).refused(401, "bad_credentials");
    with_refresh(&app, &elsewhere["refresh_token"]).refused(401, "bad_refresh_token");
    let here = with_refresh(&app, &here["refresh_token"]).expect(200).json();
    let export = exported(&app, token_of(&here));
    assert_eq!(export["account"]["phone"], NEW);
    let reasons: Vec<&Value> =
        export["sessions"].as_array().unwrap().iter().map(|each| &each["end_reason"]).collect();
    assert_eq!(reasons, [&json!("phone_changed"), &Value::Null]);
    // The new number signs in to it, and the old one makes a new account.
    app.advance(Duration::minutes(1));
    let again = sign_in(&app, NEW);
    assert_eq!(app.get("/v1/me").token(token_of(&again)).expect(200).json()["id"], id);
    let stranger = sign_in(&app, OLD);
    assert_ne!(app.get("/v1/me").token(token_of(&stranger)).expect(200).json()["id"], id);
    app.get("/v1/me").token(token_of(&here)).expect(200);
}

#[both]
fn the_codes_of_a_change_are_read_as_they_are_pasted(app: TestApp) {
    let signed = sign_in(&app, OLD);
    app.advance(Duration::minutes(1));
    let (new_code, old_code) = (code(&app, NEW), code(&app, OLD));
    let wide: String =
        new_code.chars().map(|digit| char::from_u32(u32::from(digit) + 0xfee0).unwrap()).collect();
    let (head, tail) = old_code.split_at(3);
    let pasted = format!("\u{202d}{head} {tail}\u{202c}");
    let changed = put(&app, token_of(&signed), NEW, &wide, &pasted).expect(200);
    assert_eq!(changed.json()["phone"], "137****0002");
}

/// The document says 32 characters, here and where somebody signs in.
#[both]
fn a_code_is_pasted_with_so_much_around_it_and_no_more(app: TestApp) {
    let signed = sign_in(&app, OLD);
    app.advance(Duration::minutes(1));
    let (new_code, old_code) = (code(&app, NEW), code(&app, OLD));
    // Between its digits: what stands before and after a text is taken off before it is looked at.
    let spread = |code: &str, blanks: usize| format!("{}{}{}", &code[..3], " ".repeat(blanks), &code[3..]);
    let (wide, too_wide) = (|code: &str| spread(code, 26), |code: &str| spread(code, 27));
    let put = |code: &str, current_code: &str| put(&app, token_of(&signed), NEW, code, current_code);
    let at = |pointer: &str| [(pointer.to_owned(), "length".to_owned())];
    let refused = put(&too_wide(&new_code), &old_code).refused(422, "invalid");
    assert_eq!(refused.faults(), at("/code"));
    let refused = put(&new_code, &too_wide(&old_code)).refused(422, "invalid");
    assert_eq!(refused.faults(), at("/current_code"));
    put(&wide(&new_code), &wide(&old_code)).expect(200);
    app.advance(Duration::minutes(1));
    let new_code = code(&app, NEW);
    assert_eq!(with_code(&app, NEW, &too_wide(&new_code)).refused(422, "invalid").faults(), at("/code"));
    with_code(&app, NEW, &wide(&new_code)).expect(200);
}

#[both]
fn the_same_change_again_changes_nothing(app: TestApp) {
    let signed = sign_in(&app, OLD);
    let token = token_of(&signed);
    app.advance(Duration::minutes(1));
    let (new_code, old_code) = (code(&app, NEW), code(&app, OLD));
    let first = put(&app, token, NEW, &new_code, &old_code).expect(200);
    // The answer was lost: the client sends it once more.
    let second = put(&app, token, NEW, &new_code, &old_code).expect(200);
    assert_eq!((&first.text, first.etag()), (&second.text, second.etag()));
    let stale = put(&app, token, NEW, &new_code, &old_code).header("If-Match", "\"99-0\"");
    stale.refused(412, "stale");
}

#[both]
fn both_codes_must_be_right_and_a_right_one_is_not_used_up_by_a_wrong_one(app: TestApp) {
    let signed = sign_in(&app, OLD);
    let token = token_of(&signed);
    let try_with = |code: &str, current_code: &str| {
        let refused = put(&app, token, NEW, code, current_code).refused(422, "invalid");
        let body = refused.json();
        (refused.faults(), body["tries_left"].clone(), body["errors"][0]["detail"].clone())
    };
    let at = |pointer: &str| (pointer.to_owned(), "wrong_code".to_owned());
    // Nobody has asked for one to the new number, and that to the old one was used.
    let never = "验证码已失效，请重新获取";
    assert_eq!(
        try_with("123456", "123456"),
        (vec![at("/current_code"), at("/code")], json!(0), json!(never))
    );
    app.advance(Duration::minutes(1));
    let (new_code, old_code) = (code(&app, NEW), code(&app, OLD));
    assert_eq!(
        try_with(wrong(&new_code), &old_code),
        (vec![at("/code")], json!(4), json!("验证码错误，还可尝试4次"))
    );
    assert_eq!(
        try_with(&new_code, wrong(&old_code)),
        (vec![at("/current_code")], json!(3), json!("验证码错误，还可尝试3次"))
    );
    let both = vec![at("/current_code"), at("/code")];
    assert_eq!(try_with(wrong(&new_code), wrong(&old_code)).0, both);
    if new_code != old_code {
        assert_eq!(try_with(&old_code, &new_code).0, both);
    }
    assert_eq!(app.get("/v1/me").token(token).expect(200).json()["phone"], "139****0001");
    put(&app, token, NEW, &new_code, &old_code).expect(200);
    // Each is used up now.
    with_code(&app, NEW, &new_code).refused(401, "wrong_code");
    with_code(&app, OLD, &old_code).refused(401, "wrong_code");
}

#[both]
fn five_wrong_tries_and_five_minutes_are_the_end_of_the_codes(app: TestApp) {
    let signed = sign_in(&app, OLD);
    let token = token_of(&signed);
    app.advance(Duration::minutes(1));
    let (new_code, old_code) = (code(&app, NEW), code(&app, OLD));
    for left in (0..5).rev() {
        let refused = put(&app, token, NEW, wrong(&new_code), &old_code).refused(422, "invalid");
        assert_eq!(refused.json()["tries_left"], left);
    }
    let refused = put(&app, token, NEW, &new_code, &old_code).refused(422, "invalid");
    assert_eq!(refused.json()["tries_left"], 0);
    // Nor does the old number's sign in any more.
    with_code(&app, OLD, &old_code).refused(401, "wrong_code");
    app.advance(Duration::minutes(1));
    let (new_code, old_code) = (code(&app, NEW), code(&app, OLD));
    app.advance(Duration::minutes(5));
    put(&app, token, NEW, &new_code, &old_code).refused(422, "invalid");
}

#[both]
fn a_phone_is_changed_three_times_a_day(app: TestApp) {
    let (id, _) = app.resident(OLD);
    let mut current = OLD.to_owned();
    let next = |number: u32| format!("1370000000{number}");
    for number in 1..=3 {
        app.advance(Duration::minutes(1));
        change(&app, &app.renewed(&id), &current, &next(number));
        current = next(number);
    }
    app.advance(Duration::minutes(1));
    let (new_code, old_code) = (code(&app, &next(4)), code(&app, &current));
    let put = || put(&app, &app.renewed(&id), &next(4), &new_code, &old_code);
    let refused = put().refused(429, "too_many_phone_changes");
    // A day after the first, which was three minutes ago.
    assert_eq!(refused.header("retry-after"), (24 * 3600 - 180).to_string());
    assert_eq!(refused.json()["retry_after"], 24 * 3600 - 180);
    assert_eq!(refused.json()["detail"], "更换手机号码过于频繁，请稍后再试");
    // Neither code was tried.
    with_code(&app, &current, &old_code).expect(200);
    app.set_time("2026-11-22T02:01:00Z");
    change(&app, &app.renewed(&id), &current, &next(4));
}

#[both]
fn who_does_not_hold_the_new_phone_does_not_learn_whether_it_has_an_account(app: TestApp) {
    let (id, token) = app.resident(OLD);
    let me = app.get("/v1/me").token(&token).expect(200).json();
    let (taken, shut, free) = ("13700000011", "13700000012", "13700000013");
    app.resident(taken);
    let (shut_id, _) = app.resident(shut);
    app.patch(&format!("/v1/admin/users/{shut_id}"))
        .token(&app.admin())
        .header("If-Match", "*")
        .json(&json!({"status": "disabled"}))
        .expect(200);
    let guess = |phone: &str, has_asked: bool| {
        app.advance(Duration::hours(1));
        let old_code = code(&app, OLD);
        let guess = if has_asked { wrong(&code(&app, phone)) } else { "123456" };
        visible(&put(&app, &app.renewed(&id), phone, guess, &old_code).send())
    };
    for has_asked in [false, true] {
        let [of_taken, of_shut, of_free] = [taken, shut, free].map(|phone| guess(phone, has_asked));
        assert_eq!((of_free.0, &of_free.1["tries_left"]), (422, &json!(4)));
        assert_eq!((&of_taken, &of_shut), (&of_free, &of_free));
    }
    // Who holds it is told, as who signs in with it would be; and the codes are used.
    for phone in [taken, shut] {
        app.advance(Duration::hours(1));
        let (new_code, old_code) = (code(&app, phone), code(&app, OLD));
        let tried = put(&app, &app.renewed(&id), phone, &new_code, &old_code);
        let refused = tried.refused(409, "phone_taken").json();
        assert_eq!(refused["detail"], "该手机号码已有账号；请先用该号码登录并注销那个账号");
        with_code(&app, phone, &new_code).refused(401, "wrong_code");
        with_code(&app, OLD, &old_code).refused(401, "wrong_code");
    }
    assert_eq!(app.get("/v1/me").token(&app.renewed(&id)).expect(200).json(), me);
}

#[both]
fn what_is_wrong_with_a_change_is_named(app: TestApp) {
    let signed = sign_in(&app, OLD);
    let token = token_of(&signed);
    put(&app, "no-token", NEW, "123456", "123456").refused(401, "bad_token");
    app.put("/v1/me/phone").refused(401, "not_signed_in");
    let official = app.official(Role::Community, COMMUNITY, false);
    put(&app, &official, NEW, "123456", "123456").refused(403, "role_not_allowed");
    put(&app, &app.admin(), NEW, "123456", "123456").refused(403, "role_not_allowed");
    let faults = |body: Value, status: u16, code: &str| {
        let faults = app.put("/v1/me/phone").token(token).json(&body).refused(status, code).faults();
        faults.into_iter().map(|(pointer, code)| format!("{pointer} {code}")).collect::<Vec<_>>()
    };
    let body = json!({"phone": "1390000", "code": "123456", "current_code": "123456"});
    assert_eq!(faults(body, 422, "invalid"), ["/phone phone"]);
    let body = json!({"phone": NEW, "code": "12345", "current_code": "abcdef"});
    assert_eq!(faults(body, 422, "invalid"), ["/code invalid", "/current_code invalid"]);
    let body = json!({"phone": NEW, "code": "123456"});
    assert_eq!(faults(body, 422, "invalid"), ["/current_code required"]);
    let body = json!({"phone": NEW, "code": "123456", "current_code": "123456", "old_code": "1"});
    assert_eq!(faults(body, 400, "bad_field"), ["/old_code unknown_field"]);
    app.advance(Duration::minutes(1));
    let (new_code, old_code) = (code(&app, NEW), code(&app, OLD));
    let etag = app.get("/v1/me").token(token).expect(200).etag().to_owned();
    let edited = app.patch("/v1/me").token(token).header("If-Match", &etag);
    edited.json(&json!({"display_name": "王女士"})).expect(200);
    let with_tag = |tag: &str| put(&app, token, NEW, &new_code, &old_code).header("If-Match", tag);
    with_tag(&etag).refused(412, "stale");
    let etag = app.get("/v1/me").token(token).expect(200).etag().to_owned();
    assert_eq!(with_tag(&etag).expect(200).json()["display_name"], "王女士");
}

#[both]
fn what_waits_and_what_is_out_stays_the_own_to_read_and_to_change(app: TestApp) {
    let stage = app.stage();
    let mut residents = app.neighbours(&stage.estate, 5);
    for resident in &residents {
        let body = json!({"overall": 4, "dimensions": {"cleaning": 5}, "comment": "楼道很干净"});
        app.rating(resident, &stage.project, MONTH).json(&body).expect(201);
    }
    app.step_on("2026-12-01");
    let body = json!({"overall": 2, "comment": "电梯常坏"});
    app.rating(&residents[0], &stage.project, "2026-12").json(&body).expect(201);
    let reviews = app.get(&format!("/v1/projects/{}/reviews", stage.project)).expect(200).json();
    let review = reviews["items"][2]["id"].as_str().unwrap().to_owned();
    let flag = || {
        let flag = app.post(&format!("/v1/reviews/{review}/flags")).token(&app.renewed(&residents[0].id));
        flag.json(&json!({"reason": "不实"}))
    };
    flag().expect(201);
    let own = |resident: &Resident| {
        let export = exported(&app, &app.renewed(&resident.id));
        (export["ratings"].clone(), export["flags"].clone(), export["residences"].clone())
    };
    let all = |residents: &[Resident]| residents.iter().map(own).collect::<Vec<_>>();
    let before = all(&residents);
    assert_eq!(before[0].0.as_array().unwrap().len(), 2);
    assert_eq!(before[0].1, json!([{"text": review, "reason": "不实"}]));
    let public = || app.get(&format!("/v1/projects/{}/reviews", stage.project)).expect(200).text;
    let shown = public();
    change(&app, &app.renewed(&residents[0].id), &residents[0].phone, NEW);
    // Of nobody anything has changed.
    assert_eq!(all(&residents), before);
    assert_eq!(public(), shown);
    // A person flags once.
    flag().refused(409, "already_exists");
    residents[0].phone = NEW.to_owned();
    let own = &residents[0];
    let changed = app.rating(own, &stage.project, "2026-12").json(&json!({"overall": 1}));
    assert_eq!(changed.expect(200).json()["overall"], 1);
    app.taken_back(own, &stage.project, MONTH).refused(409, "rating_published");
    let comment = format!("{}/comment", rating_path(&stage.project, MONTH));
    app.delete(&comment).token(&app.renewed(&own.id)).expect(204);
    app.taken_back(own, &stage.project, "2026-12").expect(204);
    assert_eq!(exported(&app, &app.renewed(&own.id))["ratings"].as_array().unwrap().len(), 1);
}

#[both]
fn a_rating_rolls_on_under_the_new_number(app: TestApp) {
    let stage = app.stage();
    let mut residents = app.neighbours(&stage.estate, 2);
    app.rate_all(&residents, &stage.project, MONTH, &[5, 4]);
    // One before the step that rolls it, one after.
    move_to(&app, &mut residents[0], NEW);
    app.step_on("2026-12-01");
    move_to(&app, &mut residents[1], "13700000003");
    for (resident, overall) in residents.iter().zip([5, 4]) {
        let own = app.own_rating(resident, &stage.project, "2026-12").expect(200).json();
        assert_eq!(own["overall"], overall);
        app.own_rating(resident, &stage.project, MONTH).refused(404, "not_found");
        let changed = app.rating(resident, &stage.project, "2026-12").json(&json!({"overall": 3}));
        changed.expect(200);
    }
    assert_eq!(rows(&app, &stage.project), 2);
}

#[both]
fn a_held_rating_stays_held_and_the_own(app: TestApp) {
    let stage = app.stage();
    let mut residents = app.neighbours(&stage.estate, 20);
    app.rate_all(&residents, &stage.project, MONTH, &[1; 20]);
    app.step_on("2026-11-23");
    let before = app.own_rating(&residents[0], &stage.project, MONTH).expect(200).json();
    assert_eq!(before["held"], true);
    move_to(&app, &mut residents[0], NEW);
    assert_eq!(app.own_rating(&residents[0], &stage.project, MONTH).expect(200).json(), before);
    let again = app.rating(&residents[0], &stage.project, MONTH).json(&json!({"overall": 5}));
    again.refused(409, "rating_held");
    assert_eq!(app.project_ratings(&stage.project)["held"], true);
}

#[both]
fn nobody_rates_twice_by_changing_the_phone(app: TestApp) {
    let stage = app.stage();
    let mut own = app.neighbour(&stage.estate);
    let old = own.phone.clone();
    // Another dwelling of the same person, who has not claimed it yet.
    app.household(&stage.estate, "R2", &[&old]);
    app.rate(&own, &stage.project, MONTH, 4);
    move_to(&app, &mut own, NEW);
    // The person again: it is the same rating.
    app.rating(&own, &stage.project, MONTH).json(&json!({"overall": 5})).expect(200);
    // The old number's account knows of none, and is let in by no roster.
    app.advance(Duration::minutes(1));
    let signed = sign_in(&app, &old);
    let token = token_of(&signed);
    let export = exported(&app, token);
    assert_eq!((&export["ratings"], &export["residences"]), (&json!([]), &json!([])));
    let rate = || app.put(&rating_path(&stage.project, MONTH)).token(token).json(&json!({"overall": 1}));
    app.get(&rating_path(&stage.project, MONTH)).token(token).refused(404, "not_found");
    rate().refused(403, "not_a_resident");
    for room in [&own.room, "R2"] {
        assert_eq!(app.claim(token, &stage.estate, room).expect(201).json()["status"], "pending");
    }
    rate().refused(403, "not_verified_yet");
    // The community lets it into the dwelling: from the next month on, and even before that the
    // dwelling has rated.
    let official = app.official(Role::Community, COMMUNITY, true);
    let claims = app.get("/v1/admin/residences?status=pending").token(&official).expect(200).json();
    let claims = claims["items"].as_array().unwrap().clone();
    let claim = claims.iter().find(|claim| claim["room"] == own.room).unwrap();
    app.post(&format!("/v1/admin/residences/{}/approve", claim["id"].as_str().unwrap()))
        .token(&official)
        .header("If-Match", "*")
        .expect(200);
    rate().refused(403, "rates_from_next_month");
    app.sql(&["UPDATE residence SET rates_from = NULL".to_owned()], &stage.uscc);
    rate().refused(409, "household_has_rated");
    // The person's other dwelling is on the roster by the new number; they have rated.
    assert_eq!(
        app.claim(&app.renewed(&own.id), &stage.estate, "R2").expect(201).json()["status"],
        "verified"
    );
    let homes = app.get("/v1/me/residences").token(&app.renewed(&own.id)).expect(200).json();
    let first = homes["items"].as_array().unwrap().iter().find(|home| home["room"] == own.room).unwrap();
    let path = format!("/v1/me/residences/{}", first["id"].as_str().unwrap());
    app.delete(&path).token(&app.renewed(&own.id)).expect(204);
    let other = app.rating(&own, &stage.project, MONTH).json(&json!({"overall": 1}));
    other.refused(403, "rates_from_next_month");
    assert_eq!(rows(&app, &stage.project), 1);
}

#[both]
fn the_old_number_is_a_new_person_who_has_not_rated(app: TestApp) {
    let stage = app.stage();
    let mut own = app.neighbour(&stage.estate);
    let old = own.phone.clone();
    app.rate(&own, &stage.project, MONTH, 4);
    move_to(&app, &mut own, NEW);
    // Somebody else has got the number, and lives elsewhere in the estate.
    app.advance(Duration::minutes(1));
    let signed = sign_in(&app, &old);
    app.household(&stage.estate, "R3", &[&old]);
    assert_eq!(app.claim(token_of(&signed), &stage.estate, "R3").expect(201).json()["status"], "verified");
    let path = rating_path(&stage.project, MONTH);
    app.get(&path).token(token_of(&signed)).refused(404, "not_found");
    app.put(&path).token(token_of(&signed)).json(&json!({"overall": 1})).expect(201);
    assert_eq!(app.own_rating(&own, &stage.project, MONTH).expect(200).json()["overall"], 4);
    assert_eq!(rows(&app, &stage.project), 2);
    // It stays that person, whose account is made again.
    app.delete("/v1/me").token(token_of(&signed)).expect(204);
    assert_eq!(rows(&app, &stage.project), 1);
    app.advance(Duration::minutes(1));
    let again = sign_in(&app, &old);
    assert_eq!(app.claim(token_of(&again), &stage.estate, "R3").expect(201).json()["status"], "verified");
    app.put(&path).token(token_of(&again)).json(&json!({"overall": 2})).expect(201);
    assert_eq!(rows(&app, &stage.project), 2);
}

/// The claim's state of a dwelling, which is ended again.
#[track_caller]
fn claimed(app: &TestApp, token: &str, estate: &str, room: &str) -> Value {
    let claim = app.claim(token, estate, room).expect(201).json();
    app.delete(&format!("/v1/me/residences/{}", claim["id"].as_str().unwrap())).token(token).expect(204);
    claim["status"].clone()
}

#[both]
fn entries_on_rosters_stay_the_persons_who_left_the_number(app: TestApp) {
    let stage = app.stage();
    let mut own = app.neighbour(&stage.estate);
    let old = own.phone.clone();
    app.household(&stage.estate, "R2", &[&old]);
    let official = app.official(Role::Community, COMMUNITY, true);
    let household = |id: &str| app.get(&format!("/v1/admin/households/{id}")).token(&official).expect(200);
    let before = household(&own.household);
    move_to(&app, &mut own, NEW);
    // Nobody's view of the roster has changed.
    let after = household(&own.household);
    assert_eq!((after.json(), after.etag()), (before.json(), before.etag()));
    app.advance(Duration::minutes(1));
    let signed = sign_in(&app, &old);
    let stranger = || renewed(&app, &signed);
    let status = |token: &str| claimed(&app, token, &stage.estate, "R2");
    assert_eq!((status(&app.renewed(&own.id)), status(&stranger())), (json!("verified"), json!("pending")));
    let list = |phones: &str| {
        let file = format!(
            "estate,building,unit,room,phones\n{estate},1,1,{room},{phones}\n{estate},1,1,R2,{phones}\n",
            estate = stage.estate,
            room = own.room
        );
        import_file(&app, &official, "households", CSV, file)["rows"].clone()
    };
    // The old number is listed again, the new one, and that of who has the old number by now.
    assert_eq!(list(&old), imports::rows(0, 0, 2));
    assert_eq!((status(&app.renewed(&own.id)), status(&stranger())), (json!("verified"), json!("pending")));
    assert_eq!(list(&format!("{old};{NEW}")), imports::rows(0, 2, 0));
    assert_eq!((status(&app.renewed(&own.id)), status(&stranger())), (json!("verified"), json!("pending")));
    assert_eq!(list(NEW), imports::rows(0, 2, 0));
    assert_eq!((status(&app.renewed(&own.id)), status(&stranger())), (json!("verified"), json!("pending")));
    assert_eq!(list(&old), imports::rows(0, 2, 0));
    assert_eq!((status(&app.renewed(&own.id)), status(&stranger())), (json!("pending"), json!("verified")));
    // What was verified stays so.
    let homes = app.get("/v1/me/residences").token(&app.renewed(&own.id)).expect(200).json();
    let home = homes["items"].as_array().unwrap().iter().find(|home| home["room"] == own.room).unwrap();
    assert_eq!(home["status"], "verified");
    app.rating(&own, &stage.project, MONTH).json(&json!({"overall": 4})).expect(201);
}

#[both]
fn an_official_takes_who_left_the_number_off_the_roster(app: TestApp) {
    let stage = app.stage();
    let mut own = app.neighbour(&stage.estate);
    move_to(&app, &mut own, NEW);
    let official = app.official(Role::Community, COMMUNITY, true);
    let homes = app.get("/v1/me/residences").token(&app.renewed(&own.id)).expect(200).json();
    let path = format!("/v1/admin/residences/{}/end", homes["items"][0]["id"].as_str().unwrap());
    let end = app.post(&path).token(&official).header("If-Match", "*");
    end.json(&json!({"reason": "已搬离"})).expect(200);
    assert_eq!(claimed(&app, &app.renewed(&own.id), &stage.estate, &own.room), "pending");
}

#[both]
fn staff_stay_staff(app: TestApp) {
    let stage = app.stage();
    let mut own = app.neighbour(&stage.estate);
    let district = app.official(Role::District, DISTRICT, false);
    let list = |phone: &str, left: &str| {
        let file = format!("uscc,phone,left\n{},{phone},{left}\n", stage.uscc);
        import_seconded(&app, &district, "staff", CSV, file)["rows"].clone()
    };
    let old = own.phone.clone();
    assert_eq!(list(&old, ""), imports::rows(1, 0, 0));
    let rate = |own: &Resident| app.rating(own, &stage.project, MONTH).json(&json!({"overall": 5}));
    rate(&own).refused(403, "staff_may_not_rate");
    move_to(&app, &mut own, NEW);
    rate(&own).refused(403, "staff_may_not_rate");
    assert_eq!(list(&old, ""), imports::rows(0, 0, 1));
    rate(&own).refused(403, "staff_may_not_rate");
    // Who has the number by now is none of them.
    app.advance(Duration::minutes(1));
    let signed = sign_in(&app, &old);
    app.household(&stage.estate, "R3", &[&old]);
    app.claim(token_of(&signed), &stage.estate, "R3").expect(201);
    let path = rating_path(&stage.project, MONTH);
    app.put(&path).token(token_of(&signed)).json(&json!({"overall": 1})).expect(201);
    assert_eq!(list(&old, "true"), imports::rows(0, 1, 0));
    rate(&own).expect(201);
}

#[both]
fn who_changes_back_is_who_they_were(app: TestApp) {
    let stage = app.stage();
    let mut own = app.neighbour(&stage.estate);
    let old = own.phone.clone();
    app.rate(&own, &stage.project, MONTH, 4);
    move_to(&app, &mut own, NEW);
    app.advance(Duration::minutes(1));
    move_to(&app, &mut own, THIRD);
    assert_eq!(kept(&app), 1);
    app.advance(Duration::minutes(1));
    move_to(&app, &mut own, &old);
    assert_eq!(kept(&app), 0);
    let changed = app.rating(&own, &stage.project, MONTH).json(&json!({"overall": 2}));
    assert_eq!(changed.expect(200).json()["overall"], 2);
    app.household(&stage.estate, "R2", &[&old]);
    assert_eq!(claimed(&app, &app.renewed(&own.id), &stage.estate, "R2"), "verified");
    // The numbers between are anybody's.
    app.advance(Duration::minutes(1));
    let signed = sign_in(&app, NEW);
    app.household(&stage.estate, "R3", &[NEW]);
    assert_eq!(app.claim(token_of(&signed), &stage.estate, "R3").expect(201).json()["status"], "verified");
    let path = rating_path(&stage.project, MONTH);
    app.put(&path).token(token_of(&signed)).json(&json!({"overall": 1})).expect(201);
    assert_eq!(rows(&app, &stage.project), 2);
}

/// Numbers of which it is kept that they stand for another person than their own.
fn kept(app: &TestApp) -> i64 {
    app.db().read_blocking(|conn| Ok(phone_person::table.count().get_result(conn)?)).unwrap()
}

/// Entries of which it is kept whose they are.
fn kept_entries(app: &TestApp) -> i64 {
    let of = household_phone::table.filter(household_phone::person.is_not_null());
    app.db().read_blocking(move |conn| Ok(of.count().get_result(conn)?)).unwrap()
}

/// "Nobody rates twice": by neither number, once the account is deleted.
#[both]
fn who_has_rated_and_deletes_the_account_does_not_rate_again_by_either_number(app: TestApp) {
    let stage = app.stage();
    let mut residents = app.neighbours(&stage.estate, 10);
    let (id, old) = (residents[0].id.clone(), residents[0].phone.clone());
    app.household(&stage.estate, "R2", &[&old]);
    app.rate_all(&residents, &stage.project, MONTH, &[4; 10]);
    move_to(&app, &mut residents[0], NEW);
    app.step_on("2026-11-23");
    app.delete("/v1/me").token(&app.renewed(&id)).expect(204);
    app.advance(Duration::minutes(1));
    let path = rating_path(&stage.project, MONTH);
    let rate = |token: &str| app.put(&path).token(token).json(&json!({"overall": 1}));
    // The new number is who has rated, in that dwelling and in another.
    let signed = sign_in(&app, NEW);
    let token = token_of(&signed);
    for room in [residents[0].room.as_str(), "R2"] {
        assert_eq!(app.claim(token, &stage.estate, room).expect(201).json()["status"], "verified");
        rate(token).refused(409, "rating_published");
    }
    assert_eq!(app.get(&path).token(token).expect(200).json()["overall"], 4);
    app.delete("/v1/me").token(token).expect(204);
    // The old number is another, whom no roster lets in before the next month.
    let signed = sign_in(&app, &old);
    let token = token_of(&signed);
    app.get(&path).token(token).refused(404, "not_found");
    for room in [residents[0].room.as_str(), "R2"] {
        assert_eq!(app.claim(token, &stage.estate, room).expect(201).json()["status"], "pending");
    }
    rate(token).refused(403, "not_verified_yet");
    assert_eq!(rows(&app, &stage.project), 10);
}

#[both]
fn a_number_whose_account_has_rated_is_not_taken_before_that_is_forgotten(app: TestApp) {
    let stage = app.stage();
    let mut residents = app.neighbours(&stage.estate, 11);
    app.rate_all(&residents[..10], &stage.project, MONTH, &[4; 10]);
    let deleted = residents[9].phone.clone();
    app.delete("/v1/me").token(&app.renewed(&residents[9].id)).expect(204);
    // What waited was taken back: nothing is left that could be read or given twice.
    move_to(&app, &mut residents[10], &deleted);
    app.rate(&residents[10], &stage.project, MONTH, 4);
    app.step_on("2026-11-23");
    let deleted = residents[8].phone.clone();
    app.delete("/v1/me").token(&app.renewed(&residents[8].id)).expect(204);
    let before = app.get("/v1/me").token(&app.renewed(&residents[0].id)).expect(200);
    let taken = |resident: &Resident| {
        app.advance(Duration::minutes(1));
        let (new_code, old_code) = (code(&app, &deleted), code(&app, &resident.phone));
        put(&app, &app.renewed(&resident.id), &deleted, &new_code, &old_code)
    };
    let refused = taken(&residents[0]).refused(409, "phone_reserved").json();
    assert_eq!(refused["detail"], "该手机号码的原账号近期有过评价或举报，请在2026-12-30之后再改用该号码");
    let after = app.get("/v1/me").token(&app.renewed(&residents[0].id)).expect(200);
    assert_eq!((after.text.as_str(), after.etag()), (before.text.as_str(), before.etag()));
    assert_eq!(app.own_rating(&residents[0], &stage.project, MONTH).expect(200).json()["overall"], 4);
    app.step_on("2026-12-01");
    app.set_time("2026-12-30T16:01:00Z");
    app.tick();
    taken(&residents[0]).expect(200);
    assert_eq!(app.own_rating(&residents[0], &stage.project, MONTH).expect(404).json()["code"], "not_found");
}

#[both]
fn a_number_whose_account_has_flagged_is_not_taken_before_that_is_forgotten(app: TestApp) {
    let stage = app.stage();
    let own = app.neighbour(&stage.estate);
    let review = app.review(&stage.project, &stage.uscc, "published");
    let (id, token) = app.resident(NEW);
    let flag = |token: &str| {
        app.post(&format!("/v1/reviews/{review}/flags")).token(token).json(&json!({"reason": "不实"}))
    };
    flag(&token).expect(201);
    app.delete("/v1/me").token(&app.renewed(&id)).expect(204);
    let (new_code, old_code) = (code(&app, NEW), code(&app, &own.phone));
    put(&app, &own.token, NEW, &new_code, &old_code).refused(409, "phone_reserved");
    flag(&own.token).expect(201);
}

#[both]
fn whose_a_number_was_is_forgotten_with_the_months_that_knew_it(app: TestApp) {
    let stage = app.stage();
    let mut own = app.neighbour(&stage.estate);
    let other = app.neighbour(&stage.estate);
    let old = own.phone.clone();
    app.rate(&own, &stage.project, MONTH, 4);
    app.rate(&other, &stage.project, MONTH, 4);
    move_to(&app, &mut own, NEW);
    let (second, _) = app.resident(&old);
    assert_eq!((kept(&app), kept_entries(&app)), (2, 1));
    app.delete("/v1/me").token(&app.renewed(&own.id)).expect(204);
    assert_eq!((kept(&app), kept_entries(&app)), (2, 1));
    app.step_on("2026-12-01");
    app.rate(&other, &stage.project, "2026-12", 4);
    app.set_time("2026-12-30T16:01:00Z");
    app.tick();
    // The months' key is gone, and with it what was kept of the number that is nobody's.
    assert_eq!((kept(&app), kept_entries(&app)), (1, 0));
    app.delete("/v1/me").token(&app.renewed(&second)).expect(204);
    assert_eq!(kept(&app), 1, "the key of December lives");
    app.step_on("2027-01-01");
    app.set_time("2027-01-30T16:01:00Z");
    app.tick();
    assert_eq!(kept(&app), 0);
    // Both numbers are their own again.
    app.advance(Duration::minutes(1));
    for phone in [NEW, &old] {
        sign_in(&app, phone);
    }
    assert_eq!(kept(&app), 0);
}

#[both]
fn nothing_is_kept_of_a_number_where_no_key_knows_anybody(app: TestApp) {
    let mut own = app.neighbour(&app.stage().estate);
    move_to(&app, &mut own, NEW);
    assert_eq!((kept(&app), kept_entries(&app)), (1, 1));
    app.delete("/v1/me").token(&app.renewed(&own.id)).expect(204);
    assert_eq!((kept(&app), kept_entries(&app)), (0, 0));
}

#[both]
fn an_account_that_changed_its_phone_is_deleted_as_any(app: TestApp) {
    let stage = app.stage();
    let mut own = app.neighbour(&stage.estate);
    let body = json!({"overall": 4, "comment": "楼道很干净"});
    app.rating(&own, &stage.project, MONTH).json(&body).expect(201);
    move_to(&app, &mut own, NEW);
    app.delete("/v1/me").token(&app.renewed(&own.id)).expect(204);
    assert_eq!(rows(&app, &stage.project), 0);
    // The next account of the number has nothing of the last one's.
    app.advance(Duration::minutes(1));
    let signed = sign_in(&app, NEW);
    let token = token_of(&signed);
    assert_eq!(exported(&app, token)["ratings"], json!([]));
    assert_eq!(app.claim(token, &stage.estate, &own.room).expect(201).json()["status"], "verified");
    app.put(&rating_path(&stage.project, MONTH)).token(token).json(&body).expect(201);
}

#[both]
fn the_audit_has_the_change_and_neither_number(app: TestApp) {
    let stage = app.stage();
    let mut own = app.neighbour(&stage.estate);
    let old = own.phone.clone();
    move_to(&app, &mut own, NEW);
    let audit = app.get("/v1/admin/audit?limit=100").token(&app.admin()).expect(200);
    let items = audit.json()["items"].as_array().unwrap().clone();
    let mut found = items.into_iter().find(|item| item["operation"] == "put_phone").unwrap();
    assert_eq!((&found["object_id"], &found["role"]), (&json!(own.id), &json!("resident")), "{found}");
    assert_eq!(found["detail"], json!({}));
    // Ids of accounts are digits too.
    found.as_object_mut().unwrap().retain(|name, _| !["id", "object_id", "user"].contains(&name.as_str()));
    for phone in [old.as_str(), NEW] {
        let hash = app.state.secrets().phone_hash(phone);
        for shown in [phone, &phone[7..], &hash] {
            assert!(!found.to_string().contains(shown), "{found}");
        }
        assert!(!audit.text.contains(phone) && !audit.text.contains(&hash), "{}", audit.text);
    }
}
