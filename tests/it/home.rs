//! The first screen: everything in one round trip, of one's own account and of nobody else's.

use diesel::prelude::*;
use serde_json::{Value, json};
use xinwu_both::both;
use xinwu_domain::access::Role;
use xinwu_domain::estate::EstateKind;
use xinwu_domain::project::{NewProject, Operator};
use xinwu_persistence::schema::staff;

use crate::harness::residents::Resident;
use crate::harness::world::{COMMUNITY, plain_project};
use crate::harness::{Call, Reply, TestApp};

fn home_of(app: &TestApp, account: &str) -> Call {
    app.get("/v1/me/home").token(&app.renewed(account))
}

fn home(app: &TestApp, resident: &Resident) -> Reply {
    home_of(app, &resident.id).expect(200)
}

fn rating(app: &TestApp, resident: &Resident) -> Value {
    home(app, resident).json()["dwellings"][0]["rating"].clone()
}

/// May be given, and is not: of November, which ends at midnight in Dalian.
fn open() -> Value {
    json!({
        "month": "2026-11", "rated": false, "may_rate": true, "from": null, "until": "2026-11-30T16:00:00Z", "why_not": null
    })
}

fn refused(code: &str, detail: &str) -> Value {
    json!({"code": code, "detail": detail})
}

fn approve(app: &TestApp, claim: &Value) {
    let community = app.official(Role::Community, COMMUNITY, false);
    let path = format!("/v1/admin/residences/{}/approve", claim["id"].as_str().unwrap());
    let none_of_them = json!({"none_of_them": true});
    app.post(&path).token(&community).header("If-Match", "*").json(&none_of_them).expect(200);
}

#[both]
fn a_new_account_has_nothing_yet(app: TestApp) {
    let (id, token) = app.resident("13900000001");
    let home = app.get("/v1/me/home").token(&token).expect(200);
    let cases = r#""cases":{"open":0,"to_verify":0,"waiting_for_you":0,"items":[]}"#;
    assert_eq!(
        home.text,
        format!(r#"{{"dwellings":[],"claims":[],"notices":{{"unread":0,"items":[]}},{cases}}}"#)
    );
    app.get("/v1/me/home").refused(401, "not_signed_in");
    app.get("/v1/me/home").token(&app.firm_account(&app.firm("海蓝物业"))).refused(403, "role_not_allowed");
    app.get("/v1/me/home?as_of=2026-11-01").token(&token).refused(400, "bad_parameter");
    home_of(&app, &id).header("If-None-Match", home.etag()).expect(304);
}

#[both]
fn a_dwelling_comes_with_its_project_its_firms_card_and_this_months_rating(app: TestApp) {
    let stage = app.stage();
    let resident = app.neighbour(&stage.estate);
    let own = app.get("/v1/me/residences").token(&resident.token).expect(200).json()["items"][0].clone();
    let project = app.get(&format!("/v1/projects/{}", stage.project)).expect(200).json();
    let card = app.get(&format!("/v1/firms?q={}", stage.uscc)).expect(200).json()["items"][0].clone();
    let first = home(&app, &resident);
    assert_eq!(
        first.json(),
        json!({
            "dwellings": [{
                "residence": own["id"], "estate": own["estate"], "building": "1", "unit": "1", "room": resident.room,
                "project": {
                    "id": stage.project, "estate": own["estate"], "operator": "firm", "firm": project["firm"], "manager": null,
                    "starts_on": "2024-01-01", "ends_on": null, "current": true, "area_m2": 10000, "households": 100, "fee_fen": 180
                },
                "rating": open(), "firm": card
            }],
            "claims": [], "notices": {"unread": 0, "items": []},
            "cases": {"open": 0, "to_verify": 0, "waiting_for_you": 0, "items": []}
        })
    );
    assert_eq!(first.header("cache-control"), "no-store");
    // Nothing has changed: nothing is sent. The card is the same whether it was in memory or read.
    let again = home_of(&app, &resident.id).header("If-None-Match", first.etag()).expect(304);
    assert_eq!((again.text.as_str(), again.etag()), ("", first.etag()));
    // A change of the firm is seen at once.
    let street = app.official(Role::District, crate::harness::world::DISTRICT, false);
    let renamed = json!({"name": "更名物业", "correction": true});
    app.patch(&format!("/v1/admin/firms/{}", stage.uscc))
        .token(&street)
        .header("If-Match", "*")
        .json(&renamed)
        .seconded(&app);
    let after = home_of(&app, &resident.id).header("If-None-Match", first.etag()).expect(200).json();
    assert_eq!(after["dwellings"][0]["firm"]["name"], "更名物业");
    assert_eq!(after["dwellings"][0]["project"]["firm"]["name"], "更名物业");
}

#[both]
fn whether_this_month_is_rated_is_told_to_the_rater_and_to_nobody_else(app: TestApp) {
    let stage = app.stage();
    let resident = app.neighbour(&stage.estate);
    let other = app.neighbour(&stage.estate);
    // Of the same dwelling, on its roster from the first day as well.
    let phones = [resident.phone.as_str(), "13900000009"];
    app.sql(&[format!("DELETE FROM household_phone WHERE household_id = '{}'", resident.household)], "");
    for phone in phones {
        let hash = app.state.secrets().phone_hash(phone);
        let row = format!(
            "INSERT INTO household_phone (household_id, phone_hash) VALUES ('{}', '{hash}')",
            resident.household
        );
        app.sql(&[row], "");
    }
    let (id, token) = app.resident("13900000009");
    app.claim(&token, &stage.estate, &resident.room).expect(201);
    app.set_time("2026-12-02T02:00:00Z");
    let neighbour = || {
        let reply = home_of(&app, &id).expect(200);
        (reply.etag().to_owned(), reply.text)
    };
    let stranger = || home(&app, &other).text;
    let (before, of_neighbour, of_stranger) = (home(&app, &resident), neighbour(), stranger());
    app.rate(&resident, &stage.project, "2026-12", 4);
    let rated = json!({
        "month": "2026-12", "rated": true, "may_rate": true, "from": null, "until": "2026-12-31T16:00:00Z", "why_not": null
    });
    let after = home_of(&app, &resident.id).header("If-None-Match", before.etag()).expect(200);
    assert_eq!(after.json()["dwellings"][0]["rating"], rated);
    // As `GET /v1/me/ratings` does it: what another of the dwelling gave shows nowhere.
    assert_eq!((neighbour(), stranger()), (of_neighbour, of_stranger));
    let own = app.get("/v1/me/ratings").token(&app.renewed(&id)).expect(200).json();
    assert_eq!(own["items"], json!([]));
    // Who tries is told, as before.
    let path = format!("/v1/me/ratings/{}/2026-12", stage.project);
    app.put(&path).token(&app.renewed(&id)).json(&json!({"overall": 1})).refused(409, "household_has_rated");
    app.taken_back(&resident, &stage.project, "2026-12").expect(204);
    assert_eq!(home(&app, &resident).etag(), before.etag());
}

#[both]
fn a_rating_that_is_out_or_held_can_be_given_no_more_this_month(app: TestApp) {
    let stage = app.stage();
    let residents = app.neighbours(&stage.estate, 10);
    for resident in &residents {
        app.rate(resident, &stage.project, "2026-11", 4);
    }
    app.step_on("2026-11-23");
    let closed = rating(&app, &residents[0]);
    assert_eq!(
        (&closed["rated"], &closed["may_rate"], &closed["why_not"]),
        (
            &json!(true),
            &json!(false),
            &refused("rating_published", "该评价已计入公布的数据，不能修改或撤回；下月可再次评价")
        )
    );
    // The month after it is open again.
    app.set_time("2026-11-30T16:00:00Z");
    assert_eq!(
        rating(&app, &residents[0]),
        json!({
            "month": "2026-12", "rated": false, "may_rate": true, "from": null, "until": "2026-12-31T16:00:00Z", "why_not": null
        })
    );
    app.step_on("2026-12-01");
    let other = app.stage();
    let many = app.neighbours(&other.estate, 20);
    for resident in &many {
        app.rate(resident, &other.project, "2026-12", 1);
    }
    app.step_on("2026-12-07");
    assert_eq!(rating(&app, &many[0])["why_not"]["code"], "rating_held");
}

#[both]
fn who_may_not_rate_is_told_why_and_from_when(app: TestApp) {
    let stage = app.stage();
    let resident = app.neighbour(&stage.estate);
    let (id, token) = app.resident("13900000001");
    let claim = app.claim(&token, &stage.estate, "999").expect(201).json();
    // A claim under way is no dwelling yet.
    let waiting = home_of(&app, &id).expect(200).json();
    assert_eq!((&waiting["dwellings"], &waiting["claims"]), (&json!([]), &json!([claim])));
    approve(&app, &claim);
    let approved = home_of(&app, &id).expect(200).json();
    assert_eq!(approved["claims"], json!([]));
    assert_eq!(
        approved["dwellings"][0]["rating"],
        json!({
            "month": "2026-11", "rated": false, "may_rate": false, "from": "2026-12", "until": "2026-11-30T16:00:00Z",
            "why_not": refused("rates_from_next_month", "您的住房刚经核实，可以评价2026年12月及以后的服务")
        })
    );
    let english = home_of(&app, &id).english().expect(200).json();
    assert_eq!(
        english["dwellings"][0]["rating"]["why_not"]["detail"],
        "Your dwelling has only just been verified: you may rate the months from 2026-12 on"
    );
    app.set_time("2026-12-01T02:00:00Z");
    let later = home_of(&app, &id).expect(200).json()["dwellings"][0]["rating"].clone();
    assert_eq!((&later["may_rate"], &later["from"]), (&json!(true), &json!(null)));
    // Who works for the firm.
    let (uscc, phone_hash) = (stage.uscc.clone(), app.state.secrets().phone_hash(&resident.phone));
    app.db()
        .write_blocking(move |tx| {
            diesel::insert_into(staff::table)
                .values((staff::uscc.eq(&uscc), staff::phone_hash.eq(&phone_hash)))
                .execute(tx.conn)?;
            Ok(())
        })
        .unwrap();
    let barred = rating(&app, &resident);
    assert_eq!(
        (&barred["may_rate"], &barred["from"], &barred["why_not"]),
        (&json!(false), &json!(null), &refused("staff_may_not_rate", "企业员工不得评价本企业的项目"))
    );
    // What the first screen says is what a rating is answered with.
    app.rating(&resident, &stage.project, "2026-12")
        .json(&json!({"overall": 5}))
        .refused(403, "staff_may_not_rate");
}

#[both]
fn dwellings_without_a_project_or_without_a_firm(app: TestApp) {
    let unserved = app.estate(COMMUNITY, EstateKind::Unmanaged);
    let owners = app.estate(COMMUNITY, EstateKind::Old);
    let uscc = app.firm("海蓝物业");
    let own = NewProject { operator: Operator::Owners, uscc: None, ..plain_project(&owners, &uscc) };
    let project = app.project_with(own);
    let [first, second] = [&unserved, &owners].map(|estate| app.neighbour(estate));
    let dwelling = |resident: &Resident| home(&app, resident).json()["dwellings"][0].clone();
    let shown = dwelling(&first);
    assert_eq!(
        (&shown["project"], &shown["firm"], &shown["rating"], &shown["estate"]["code"]),
        (&json!(null), &json!(null), &json!(null), &json!(unserved))
    );
    let shown = dwelling(&second);
    assert_eq!(
        (&shown["project"]["id"], &shown["project"]["operator"], &shown["firm"], &shown["rating"]),
        (&json!(project), &json!("owners"), &json!(null), &open())
    );
}

#[both]
fn several_dwellings_of_one_firm_and_an_ended_project(app: TestApp) {
    let uscc = app.firm("海蓝物业");
    let [here, there] = [app.stage_of(&uscc), app.stage_of(&uscc)];
    let former = app.estate(COMMUNITY, EstateKind::Old);
    let ended = NewProject { ends_on: Some("2026-11-20".parse().unwrap()), ..plain_project(&former, &uscc) };
    app.project_with(ended);
    let phone = "13900000001";
    let (id, token) = app.resident(phone);
    for (estate, room) in [(&here.estate, "101"), (&there.estate, "102"), (&former, "103")] {
        app.household(estate, room, &[phone]);
        app.claim(&token, estate, room).expect(201);
    }
    let shown = home_of(&app, &id).expect(200).json();
    let rooms: Vec<&str> =
        shown["dwellings"].as_array().unwrap().iter().map(|each| each["room"].as_str().unwrap()).collect();
    // The latest claim first.
    assert_eq!(rooms, ["103", "102", "101"]);
    assert_eq!(
        (&shown["dwellings"][0]["project"], &shown["dwellings"][0]["firm"]),
        (&json!(null), &json!(null))
    );
    let card = &shown["dwellings"][1]["firm"];
    assert_eq!((card, &card["uscc"]), (&shown["dwellings"][2]["firm"], &json!(uscc)));
    assert_eq!(card["projects"]["count"], 2);
    let path = format!("/v1/me/ratings/{}/2026-11", here.project);
    app.put(&path).token(&token).json(&json!({"overall": 3})).expect(201);
    let shown = home_of(&app, &id).expect(200).json();
    let rated: Vec<&Value> =
        shown["dwellings"].as_array().unwrap().iter().map(|each| &each["rating"]["rated"]).collect();
    assert_eq!(rated, [&json!(null), &json!(false), &json!(true)]);
}

#[both]
fn who_moved_within_the_estate_is_told_what_a_rating_would_be_told(app: TestApp) {
    let stage = app.stage();
    let phone = "13900000001";
    app.household(&stage.estate, "101", &[phone]);
    app.household(&stage.estate, "102", &[phone]);
    let (id, token) = app.resident(phone);
    let first = app.claim(&token, &stage.estate, "101").expect(201).json();
    let path = format!("/v1/me/ratings/{}/2026-11", stage.project);
    app.put(&path).token(&token).json(&json!({"overall": 3})).expect(201);
    let residence = format!("/v1/me/residences/{}", first["id"].as_str().unwrap());
    app.delete(&residence).token(&token).expect(204);
    app.claim(&token, &stage.estate, "102").expect(201);
    let shown = home_of(&app, &id).expect(200).json()["dwellings"][0]["rating"].clone();
    let told = |shown: &Value| (shown["may_rate"].clone(), shown["why_not"]["code"].clone());
    assert_eq!(
        (&shown["rated"], told(&shown)),
        (&json!(true), (json!(false), json!("rates_from_next_month")))
    );
    app.put(&path).token(&token).json(&json!({"overall": 4})).refused(403, "rates_from_next_month");
    // In the next month what was given for the dwelling of before waits still.
    app.step_on("2026-12-01");
    let shown = home_of(&app, &id).expect(200).json()["dwellings"][0]["rating"].clone();
    assert_eq!((&shown["rated"], told(&shown)), (&json!(true), (json!(false), json!("person_has_rated"))));
    app.put(&format!("/v1/me/ratings/{}/2026-12", stage.project))
        .token(&app.renewed(&id))
        .json(&json!({"overall": 4}))
        .refused(409, "person_has_rated");
}

#[both]
fn the_latest_three_notices_and_how_many_are_not_read(app: TestApp) {
    let stage = app.stage();
    let (id, token) = app.resident("13900000001");
    let community = app.official(Role::Community, COMMUNITY, false);
    for room in ["201", "202", "203", "204"] {
        let claim = app.claim(&token, &stage.estate, room).expect(201).json();
        let path = format!("/v1/admin/residences/{}/refuse", claim["id"].as_str().unwrap());
        app.post(&path)
            .token(&community)
            .header("If-Match", "*")
            .json(&json!({"reason": "未提供购房合同"}))
            .expect(200);
    }
    let all = app.notices(&token);
    let first = home_of(&app, &id).expect(200);
    assert_eq!(first.json()["notices"], json!({"unread": 4, "items": all[..3]}));
    app.post(&format!("/v1/me/notices/{}/read", all[0]["id"].as_str().unwrap())).token(&token).expect(200);
    let after = home_of(&app, &id).header("If-None-Match", first.etag()).expect(200).json();
    assert_eq!(after["notices"], json!({"unread": 3, "items": all[1..]}));
}
