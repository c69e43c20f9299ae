//! One person rates an estate's project for one dwelling a month: a number that somebody puts on
//! the rosters of many dwellings learns from no refusal which of them have rated.

use serde_json::{Value, json};
use xinwu_both::both;
use xinwu_domain::access::Role;

use crate::harness::residents::{Stage, rating_path};
use crate::harness::world::COMMUNITY;
use crate::harness::{Call, TestApp};
use crate::imports::{CSV, faults, import_file};

const CLERKS: &str = "19900077777";

fn add(app: &TestApp, estate: &str, room: &str, phones: &[&str]) -> Call {
    let community = app.official(Role::Community, COMMUNITY, false);
    let body = json!({"estate": estate, "building": "1", "unit": "1", "room": room, "phones": phones});
    app.post("/v1/admin/households").token(&community).json(&body)
}

fn phone_of(room: u32) -> String {
    format!("19900010{room}")
}

/// Rooms 101 to 601 of a first roster, beside each resident the clerk's own number in as many as
/// the register takes; the residents sign in.
fn first_roster(app: &TestApp, estate: &str) -> Vec<(u32, String)> {
    let mut residents = Vec::new();
    for room in [101, 201, 301, 401, 501, 601] {
        let (name, phone) = (room.to_string(), phone_of(room));
        let both = add(app, estate, &name, &[&phone, CLERKS]);
        if room <= 301 {
            both.expect(201);
        } else {
            let refused = both.refused(422, "invalid").faults();
            assert_eq!(refused, [("/phones".to_owned(), "phone_on_many_dwellings".to_owned())]);
            add(app, estate, &name, &[&phone]).expect(201);
        }
        let (id, token) = app.resident(&phone);
        let claim = app.claim(&token, estate, &name).expect(201).json();
        assert_eq!((&claim["status"], &claim["rates_from"]), (&json!("verified"), &Value::Null));
        residents.push((room, id));
    }
    residents
}

fn put(app: &TestApp, account: &str, stage: &Stage, month: &str) -> Call {
    app.put(&rating_path(&stage.project, month)).token(&app.renewed(account)).json(&json!({"overall": 5}))
}

/// Somebody has rated this month, somewhere.
fn rated(app: &TestApp) {
    let stage = app.stage();
    app.rate(&app.neighbour(&stage.estate), &stage.project, "2026-11", 4);
}

fn leave(app: &TestApp, account: &str, residence: &Value) {
    let path = format!("/v1/me/residences/{}", residence["id"].as_str().unwrap());
    app.delete(&path).token(&app.renewed(account)).expect(204);
}

#[both]
fn a_number_on_many_rosters_never_hears_that_a_household_has_rated(app: TestApp) {
    let stage = app.stage();
    let residents = first_roster(&app, &stage.estate);
    for (_, id) in residents.iter().filter(|(room, _)| [201, 501].contains(room)) {
        put(&app, id, &stage, "2026-11").expect(201);
    }
    let clerk = app.resident(CLERKS).0;
    let claim = |room: &str| app.claim(&app.renewed(&clerk), &stage.estate, room).expect(201).json();
    for room in ["101", "201", "301"] {
        let residence = claim(room);
        assert_eq!((&residence["status"], &residence["rates_from"]), (&json!("verified"), &json!("2026-12")));
        put(&app, &clerk, &stage, "2026-11").refused(403, "rates_from_next_month");
        leave(&app, &clerk, &residence);
    }
    // Nor by all of them at once.
    let homes = ["101", "201", "301"].map(claim);
    assert!(homes.iter().all(|home| home["rates_from"] == "2026-12"), "{homes:?}");
    put(&app, &clerk, &stage, "2026-11").refused(403, "rates_from_next_month");

    // The month turns; 201 and 301 have rated, and of one dwelling it is heard: of the first.
    app.set_time("2026-12-02T02:00:00Z");
    for (_, id) in residents.iter().filter(|(room, _)| [201, 301].contains(room)) {
        put(&app, id, &stage, "2026-12").expect(201);
    }
    put(&app, &clerk, &stage, "2026-12").expect(201);
    app.delete(&rating_path(&stage.project, "2026-12")).token(&app.renewed(&clerk)).expect(204);
    leave(&app, &clerk, &homes[0]);
    put(&app, &clerk, &stage, "2026-12").refused(403, "rates_from_next_month");
    leave(&app, &clerk, &homes[1]);
    put(&app, &clerk, &stage, "2026-12").refused(403, "rates_from_next_month");
    assert_eq!(claim("101")["rates_from"], "2027-01");
    put(&app, &clerk, &stage, "2026-12").refused(403, "rates_from_next_month");
}

#[both]
fn of_a_dwelling_in_which_nobody_has_signed_in_it_is_not_heard_of_a_second_one(app: TestApp) {
    let stage = app.stage();
    for room in ["101", "201"] {
        add(&app, &stage.estate, room, &[CLERKS]).expect(201);
    }
    rated(&app);
    let (clerk, token) = app.resident(CLERKS);
    let first = app.claim(&token, &stage.estate, "101").expect(201).json();
    assert_eq!(first["rates_from"], Value::Null);
    // Beside the first, and after it.
    let second = app.claim(&token, &stage.estate, "201").expect(201).json();
    assert_eq!(second["rates_from"], "2026-12");
    leave(&app, &clerk, &second);
    leave(&app, &clerk, &first);
    let second = app.claim(&token, &stage.estate, "201").expect(201).json();
    assert_eq!(second["rates_from"], "2026-12");
    // By another account of the number, which the month's key still knows.
    app.delete("/v1/me").token(&token).expect(204);
    let (again, token) = app.resident(CLERKS);
    assert_ne!(again, clerk);
    let third = app.claim(&token, &stage.estate, "101").expect(201).json();
    assert_eq!(third["rates_from"], "2026-12");
    put(&app, &again, &stage, "2026-11").refused(403, "rates_from_next_month");
    // In another estate it is a newcomer's first dwelling.
    let elsewhere = app.stage();
    add(&app, &elsewhere.estate, "101", &[CLERKS]).expect(201);
    let there = app.claim(&token, &elsewhere.estate, "101").expect(201).json();
    assert_eq!(there["rates_from"], Value::Null);
    put(&app, &again, &elsewhere, "2026-11").expect(201);
}

#[both]
fn who_comes_back_to_the_own_dwelling_rates_at_once_by_another_account_too(app: TestApp) {
    let stage = app.stage();
    add(&app, &stage.estate, "101", &["13900000001"]).expect(201);
    rated(&app);
    let (first, token) = app.resident("13900000001");
    let residence = app.claim(&token, &stage.estate, "101").expect(201).json();
    leave(&app, &first, &residence);
    assert_eq!(app.claim(&token, &stage.estate, "101").expect(201).json()["rates_from"], Value::Null);
    app.delete("/v1/me").token(&token).expect(204);
    let (again, token) = app.resident("13900000001");
    assert_eq!(app.claim(&token, &stage.estate, "101").expect(201).json()["rates_from"], Value::Null);
    put(&app, &again, &stage, "2026-11").expect(201);
}

#[both]
fn who_was_ended_by_an_official_leaves_as_well(app: TestApp) {
    let stage = app.stage();
    for room in ["101", "201"] {
        add(&app, &stage.estate, room, &[CLERKS]).expect(201);
    }
    rated(&app);
    let (clerk, token) = app.resident(CLERKS);
    let first = app.claim(&token, &stage.estate, "101").expect(201).json();
    let community = app.official(Role::Community, COMMUNITY, false);
    app.post(&format!("/v1/admin/residences/{}/end", first["id"].as_str().unwrap()))
        .token(&community)
        .header("If-Match", "*")
        .json(&json!({"reason": "经核实已搬离"}))
        .expect(200);
    assert_eq!(app.claim(&token, &stage.estate, "201").expect(201).json()["rates_from"], "2026-12");
    put(&app, &clerk, &stage, "2026-11").refused(403, "rates_from_next_month");
}

#[both]
fn who_comes_after_somebody_hears_nothing_of_them_and_a_claim_that_was_none_holds_up_nobody(app: TestApp) {
    let stage = app.stage();
    add(&app, &stage.estate, "101", &["13900000001", CLERKS]).expect(201);
    add(&app, &stage.estate, "102", &["13900000002"]).expect(201);
    let (first, token) = app.resident("13900000001");
    let residence = app.claim(&token, &stage.estate, "101").expect(201).json();
    put(&app, &first, &stage, "2026-11").expect(201);
    leave(&app, &first, &residence);
    let (clerk, token) = app.resident(CLERKS);
    assert_eq!(app.claim(&token, &stage.estate, "101").expect(201).json()["rates_from"], "2026-12");
    put(&app, &clerk, &stage, "2026-11").refused(403, "rates_from_next_month");
    // A stranger claims a dwelling and takes that back, or leaves: the resident rates at once.
    for (leaves, phone) in [(false, "13900000008"), (true, "13900000009")] {
        let (stranger, token) = app.resident(phone);
        let claim = app.claim(&token, &stage.estate, "102").expect(201).json();
        assert_eq!(claim["status"], "pending");
        match leaves {
            false => leave(&app, &stranger, &claim),
            true => drop(app.delete("/v1/me").token(&token).expect(204)),
        }
    }
    let (resident, token) = app.resident("13900000002");
    assert_eq!(app.claim(&token, &stage.estate, "102").expect(201).json()["rates_from"], Value::Null);
    put(&app, &resident, &stage, "2026-11").expect(201);
}

#[both]
fn a_number_stands_on_three_rosters_of_an_estate_in_edits_and_in_files(app: TestApp) {
    let stage = app.stage();
    let community = app.official(Role::Community, COMMUNITY, false);
    let row = |room: u32, phones: &str| format!("{},1,1,{room},{phones}\n", stage.estate);
    let file = |rows: &[String]| format!("estate,building,unit,room,phones\n{}", rows.concat());
    let four: Vec<String> = [101, 201, 301, 401].map(|room| row(room, CLERKS)).to_vec();
    for path in ["households?dry_run=true", "households"] {
        let refused = import_file(&app, &community, path, CSV, file(&four));
        assert_eq!(
            (&refused["state"], faults(&refused)),
            (&json!("refused"), vec![(5, "phones".to_owned(), "phone_on_many_dwellings".to_owned())])
        );
    }
    // In another part of the file too.
    let mut long = four[..3].to_vec();
    long.extend((1000..1700).map(|room| row(room, &format!("1390000{room}"))));
    long.push(four[3].clone());
    app.declares(&stage.estate, 2000);
    let refused = import_file(&app, &community, "households", CSV, file(&long));
    assert_eq!(faults(&refused), [(705, "phones".to_owned(), "phone_on_many_dwellings".to_owned())]);
    let applied = import_file(&app, &community, "households", CSV, file(&four[..3]));
    assert_eq!(applied["state"], "applied", "{applied}");
    let refused = import_file(&app, &community, "households", CSV, file(&four[3..]));
    assert_eq!(faults(&refused), [(2, "phones".to_owned(), "phone_on_many_dwellings".to_owned())]);
    add(&app, &stage.estate, "401", &["13900000001", CLERKS]).refused(422, "invalid");
    // It moves from one to another, in a file and by hand.
    let moved = [row(101, "13900000001"), row(401, CLERKS)];
    assert_eq!(import_file(&app, &community, "households", CSV, file(&moved))["state"], "applied");
    let other = add(&app, &stage.estate, "501", &["13900000005"]).expect(201).json();
    let path = format!("/v1/admin/households/{}", other["id"].as_str().unwrap());
    let edit = |body: &Value| app.patch(&path).token(&community).header("If-Match", "*").json(body);
    let refused = edit(&json!({"phones": ["13900000005", CLERKS]})).refused(422, "invalid");
    assert_eq!(refused.faults(), [("/phones".to_owned(), "phone_on_many_dwellings".to_owned())]);
    // Another estate counts by itself.
    add(&app, &app.stage().estate, "101", &[CLERKS]).expect(201);
}
