//! Households and their roster.

use serde_json::json;
use xinwu_both::both;
use xinwu_domain::access::Role;
use xinwu_domain::estate::EstateKind;

use crate::harness::TestApp;
use crate::harness::world::{COMMUNITY, OTHER_COMMUNITY, STREET};
use crate::imports::{CSV, faults, import_file, rows};

fn dwelling(estate: &str, room: &str, phones: &[&str]) -> serde_json::Value {
    json!({"estate": estate, "building": "1", "unit": "1", "room": room, "phones": phones})
}

/// The rooms of a list.
fn rooms(app: &TestApp, token: &str, query: &str) -> Vec<String> {
    let page = app.get(&format!("/v1/admin/households?{query}")).token(token).expect(200).json();
    page["items"].as_array().unwrap().iter().map(|each| each["room"].as_str().unwrap().to_owned()).collect()
}

/// A roster of so many rooms of an estate, one phone each, from a number on.
fn roster(estate: &str, from: usize, count: usize) -> String {
    let rows = (from..from + count).map(|number| format!("{estate},1,1,{number},139{number:08}\n"));
    format!("estate,building,unit,room,phones\n{}", rows.collect::<String>())
}

#[both]
fn a_dwelling_is_written_one_way_and_its_phones_never_come_back(app: TestApp) {
    let community = app.official(Role::Community, COMMUNITY, false);
    let estate = app.estate(COMMUNITY, EstateKind::Professional);
    let body = json!({"estate": estate, "building": " ３号楼", "unit": "２", "room": "５０１ａ", "phones": ["139 0000 0001", "+8613900000002", "13900000001"]});
    let added = app.post("/v1/admin/households").token(&community).json(&body).expect(201);
    let household = added.json();
    assert_eq!(
        (&household["building"], &household["unit"], &household["room"], &household["phones"]),
        (&json!("3"), &json!("2"), &json!("501A"), &json!(2))
    );
    assert!(!added.text.contains("1390000"));
    let same = json!({"estate": estate, "building": "3号楼", "unit": "2", "room": "501A"});
    app.post("/v1/admin/households").token(&community).json(&same).refused(409, "already_exists");
    let path = format!("/v1/admin/households/{}", household["id"].as_str().unwrap());
    assert_eq!(app.get(&path).token(&community).expect(200).json(), household);
    app.patch(&path).token(&community).json(&json!({"phones": []})).refused(428, "if_match_required");
    let edited = app
        .patch(&path)
        .token(&community)
        .header("If-Match", added.etag())
        .json(&json!({"phones": ["13900000003"]}))
        .expect(200)
        .json();
    assert_eq!((&edited["phones"], &edited["room"]), (&json!(1), &json!("501A")));
    app.patch(&path)
        .token(&community)
        .header("If-Match", added.etag())
        .json(&json!({"phones": []}))
        .refused(412, "stale");
    let moved = json!({"building": "4", "unit": "", "room": "1"});
    assert_eq!(
        app.patch(&path).token(&community).header("If-Match", "*").json(&moved).expect(200).json()["unit"],
        ""
    );
}

#[both]
fn the_list_is_walked_in_order_by_those_who_reach_the_estate(app: TestApp) {
    let community = app.official(Role::Community, COMMUNITY, false);
    let estate = app.estate(COMMUNITY, EstateKind::Professional);
    for room in ["103", "101", "102"] {
        app.household(&estate, room, &["13900000001"]);
    }
    let list = format!("/v1/admin/households?estate={estate}&limit=2&count=true");
    let page = app.get(&list).token(&community).expect(200).json();
    assert_eq!(
        (&page["page"]["total"], &page["items"][0]["room"], &page["items"][1]["room"]),
        (&json!(3), &json!("101"), &json!("102"))
    );
    let cursor = page["page"]["next_cursor"].as_str().unwrap();
    let page = app.get(&format!("{list}&cursor={cursor}")).token(&community).expect(200).json();
    assert_eq!((page["items"].as_array().unwrap().len(), &page["items"][0]["room"]), (1, &json!("103")));
    let none = app
        .get(&format!("/v1/admin/households?estate={estate}&building=9"))
        .token(&community)
        .expect(200)
        .json();
    assert_eq!(none["items"], json!([]));
    let stranger = app.official(Role::Community, OTHER_COMMUNITY, false);
    app.get(&list).token(&stranger).refused(404, "not_found");
    app.get("/v1/admin/households").token(&community).refused(400, "bad_parameter");
}

#[both]
fn each_field_is_checked_and_strangers_learn_nothing(app: TestApp) {
    let community = app.official(Role::Community, COMMUNITY, false);
    let estate = app.estate(COMMUNITY, EstateKind::Professional);
    for (field, value, code) in [
        ("estate", json!("NOWHERE"), "unknown_estate"),
        ("building", json!(""), "length"),
        ("unit", json!("一".repeat(21)), "length"),
        ("room", json!("5\u{7}"), "control_character"),
        ("phones", json!(["12345"]), "phone"),
        ("phones", json!(vec!["13900000001"; 21]), "length"),
    ] {
        let mut body = json!({"estate": estate, "building": "1", "room": "1"});
        body[field] = value;
        let reply = app.post("/v1/admin/households").token(&community).json(&body).refused(422, "invalid");
        let (pointer, found) = reply.faults()[0].clone();
        assert!(pointer.starts_with(&format!("/{field}")) && found == code, "{field}: {}", reply.text);
    }
    let id = app.household(&estate, "101", &[]);
    let stranger = app.official(Role::Community, OTHER_COMMUNITY, false);
    let path = format!("/v1/admin/households/{id}");
    app.get(&path).token(&stranger).refused(404, "not_found");
    app.patch(&path)
        .token(&stranger)
        .header("If-Match", "*")
        .json(&json!({"phones": []}))
        .refused(404, "not_found");
    app.post("/v1/admin/households")
        .token(&stranger)
        .json(&json!({"estate": estate, "building": "1", "room": "2"}))
        .refused(403, "out_of_reach");
    app.patch(&path)
        .token(&community)
        .header("If-Match", "*")
        .json(&json!({"room": "5"}))
        .refused(422, "invalid");
}

#[both]
fn one_more_than_the_estate_declares_waits_for_an_official_with_the_power(app: TestApp) {
    let stage = app.stage();
    let estate = &stage.estate;
    app.declares(estate, 2);
    let community = app.official(Role::Community, COMMUNITY, false);
    let add = |token: &str, room: &str, phones: &[&str]| {
        app.post("/v1/admin/households").token(token).json(&dwelling(estate, room, phones))
    };
    // Exactly as many as declared are taken.
    for room in ["101", "102"] {
        assert_eq!(add(&community, room, &[]).expect(201).json()["waits"], false);
    }
    let waiting = add(&community, "103", &["13900000003"]).expect(201).json();
    assert_eq!((&waiting["waits"], &waiting["phones"]), (&json!(true), &json!(1)));
    add(&community, "103", &[]).refused(409, "already_exists");
    let of_estate = format!("estate={estate}");
    assert_eq!(rooms(&app, &community, &of_estate), ["101", "102"]);
    assert_eq!(rooms(&app, &community, &format!("{of_estate}&waiting=false")), ["101", "102"]);
    assert_eq!(rooms(&app, &community, &format!("{of_estate}&waiting=true")), ["103"]);
    // The street finds what waits in all of its estates; another community finds nothing.
    let street = app.official(Role::Street, STREET, true);
    assert_eq!(rooms(&app, &street, "waiting=true"), ["103"]);
    assert_eq!(rooms(&app, &app.official(Role::Community, OTHER_COMMUNITY, false), "waiting=true"), [""; 0]);
    app.get("/v1/admin/households").token(&street).refused(400, "bad_parameter");
    app.get("/v1/admin/households?waiting=false").token(&street).refused(400, "bad_parameter");
    // It is no dwelling: nobody is verified by it.
    let (_, resident) = app.resident("13900000003");
    assert_eq!(app.claim(&resident, estate, "103").expect(201).json()["status"], "pending");
    app.put(&format!("/v1/me/ratings/{}/2026-11", stage.project))
        .token(&resident)
        .json(&json!({"overall": 5}))
        .refused(403, "not_verified_yet");
    let claims = app.get("/v1/admin/residences").token(&community).expect(200).json();
    assert_eq!(claims["items"][0]["in_roster"], false);

    let path = format!("/v1/admin/households/{}/confirm", waiting["id"].as_str().unwrap());
    let confirm = |token: &str| app.post(&path).token(token).header("If-Match", "*");
    confirm(&app.official(Role::Community, COMMUNITY, true)).refused(403, "role_not_allowed");
    confirm(&app.official(Role::Street, STREET, false)).refused(403, "no_power_to_confirm");
    confirm(&app.official(Role::Street, "210203001", true)).refused(404, "not_found");
    app.post(&path).token(&street).refused(428, "if_match_required");
    assert_eq!(confirm(&street).expect(200).json()["waits"], false);
    confirm(&street).refused(409, "not_waiting");
    assert_eq!(rooms(&app, &community, &of_estate), ["101", "102", "103"]);
    let (_, neighbour) = app.resident("13900000004");
    assert_eq!(app.claim(&neighbour, estate, "103").expect(201).json()["status"], "pending");
    // Who has the power does not add beyond it alone either.
    let added = add(&street, "104", &[]).expect(201).json();
    assert_eq!(added["waits"], true);
    let path = format!("/v1/admin/households/{}/confirm", added["id"].as_str().unwrap());
    let confirm = |token: &str| app.post(&path).token(token).header("If-Match", "*");
    confirm(&street).refused(403, "second_person_needed");
    assert_eq!(confirm(&app.official(Role::Street, STREET, true)).expect(200).json()["waits"], false);
    // A register with room again takes what comes.
    app.declares(estate, 5);
    assert_eq!(add(&community, "105", &[]).expect(201).json()["waits"], false);
    assert_eq!(add(&community, "106", &[]).expect(201).json()["waits"], true);
}

/// The attack: the author has a colleague change a phone, and lets in what is the own.
#[both]
fn whoever_ever_wrote_a_dwelling_that_waits_does_not_let_it_in(app: TestApp) {
    let estate = app.estate(COMMUNITY, EstateKind::Old);
    app.declares(&estate, 1);
    app.household(&estate, "101", &[]);
    let [first, second, sender, third] = [(); 4].map(|()| app.official(Role::Street, STREET, true));
    let add = app.post("/v1/admin/households").token(&first).json(&dwelling(&estate, "205", &[]));
    let waiting = add.expect(201).json();
    assert_eq!(waiting["waits"], true);
    let path = format!("/v1/admin/households/{}", waiting["id"].as_str().unwrap());
    let change = json!({"phones": ["13900000003"]});
    app.patch(&path).token(&second).header("If-Match", "*").json(&change).expect(200);
    let file = format!("estate,building,unit,room,phones\n{estate},1,1,205,13900000004\n");
    assert_eq!(import_file(&app, &sender, "households", CSV, file)["rows"], rows(0, 1, 0));
    let (_, resident) = app.resident("13900000009");
    let claim = app.claim(&resident, &estate, "205").expect(201).json();
    let approve = format!("/v1/admin/residences/{}/approve", claim["id"].as_str().unwrap());
    let step = |token: &str, path: &str| app.post(path).token(token).header("If-Match", "*");
    let inbox = |token: &str| {
        let page = app.get("/v1/admin/inbox?kind=household").token(token).expect(200).json();
        page["items"].as_array().unwrap().len()
    };
    let confirm = format!("{path}/confirm");
    for author in [&first, &second, &sender] {
        step(author, &confirm).refused(403, "second_person_needed");
        step(author, &approve).refused(403, "second_person_needed");
        assert_eq!(inbox(author), 0);
    }
    assert_eq!(inbox(&third), 1);
    assert_eq!(step(&third, &confirm).expect(200).json()["waits"], false);
    // A dwelling's move stands in the audit.
    let moved = json!({"building": "1", "unit": "1", "room": "206"});
    app.patch(&path).token(&first).header("If-Match", "*").json(&moved).expect(200);
    let audit = app.get("/v1/admin/audit?object_kind=household").token(&app.admin()).expect(200).json();
    let moved = &audit["items"][0]["detail"]["moved"];
    assert_eq!((&moved["from"]["room"], &moved["to"]["room"]), (&json!("205"), &json!("206")));
}

#[both]
fn a_claim_to_one_more_than_the_estate_declares_is_approved_by_who_has_the_power(app: TestApp) {
    let estate = app.estate(COMMUNITY, EstateKind::Old);
    app.declares(&estate, 1);
    let community = app.official(Role::Community, COMMUNITY, false);
    let confirmer = app.official(Role::Street, STREET, true);
    app.household(&estate, "101", &[]);
    let (_, resident) = app.resident("13900000001");
    let added = app
        .post("/v1/admin/households")
        .token(&community)
        .json(&dwelling(&estate, "943", &[]))
        .expect(201)
        .json();
    for room in ["101", "522", "943"] {
        let id = app.claim(&resident, &estate, room).expect(201).json()["id"].as_str().unwrap().to_owned();
        let approve = |token: &str| {
            app.post(&format!("/v1/admin/residences/{id}/approve")).token(token).header("If-Match", "*")
        };
        // None is near another. The first is on the register, the second is not, the third waits.
        match room {
            "101" => {
                approve(&community).expect(200);
            }
            // Nobody adds it by approving alone.
            "522" => {
                approve(&community).refused(409, "register_full");
                approve(&confirmer).refused(409, "register_full");
            }
            _ => {
                approve(&community).refused(409, "register_full");
                assert_eq!(approve(&confirmer).expect(200).json()["status"], "verified");
            }
        }
    }
    let path = format!("/v1/admin/households/{}", added["id"].as_str().unwrap());
    assert_eq!(app.get(&path).token(&community).expect(200).json()["waits"], false);
    assert_eq!(rooms(&app, &community, &format!("estate={estate}")), ["101", "943"]);
}

#[both]
fn a_file_that_makes_a_register_too_full_is_refused_as_a_whole(app: TestApp) {
    let estate = app.estate(COMMUNITY, EstateKind::Old);
    app.declares(&estate, 601);
    let [community, confirmer] = [false, true].map(|power| app.official(Role::Community, COMMUNITY, power));
    app.household(&estate, "1", &[]);
    // More than one part of the file: 601 new ones where 600 have a place. Only the last is one
    // too many.
    let refused = import_file(&app, &community, "households", CSV, roster(&estate, 100, 601));
    assert_eq!(
        (&refused["state"], faults(&refused)),
        (&json!("refused"), vec![(602, String::new(), "register_full".to_owned())])
    );
    let tried = import_file(&app, &community, "households?dry_run=true", CSV, roster(&estate, 100, 601));
    assert_eq!(tried["state"], "refused");
    assert_eq!(rooms(&app, &community, &format!("estate={estate}")), ["1"]);
    // Exactly as many as declared.
    let applied = import_file(&app, &community, "households", CSV, roster(&estate, 100, 600));
    assert_eq!((&applied["state"], &applied["rows"]), (&json!("applied"), &rows(600, 0, 0)));
    let again = import_file(&app, &community, "households", CSV, roster(&estate, 100, 600));
    assert_eq!((&again["state"], &again["rows"]), (&json!("applied"), &rows(0, 0, 600)));
    let one_more = import_file(&app, &community, "households", CSV, roster(&estate, 700, 1));
    assert_eq!(
        (&one_more["state"], faults(&one_more)),
        (&json!("refused"), vec![(2, String::new(), "register_full".to_owned())])
    );
    // Nor does who has the power to confirm add it alone.
    let alone = import_file(&app, &confirmer, "households", CSV, roster(&estate, 700, 1));
    assert_eq!(alone["state"], "refused");
}

#[both]
fn an_imported_roster_counts_as_entries_one_by_one_do(app: TestApp) {
    let stage = app.stage();
    let community = app.official(Role::Community, COMMUNITY, false);
    import_file(&app, &community, "households", CSV, roster(&stage.estate, 101, 2));
    let rates_from = |room: &str| {
        let (_, token) = app.resident(&format!("139{:0>8}", room));
        app.claim(&token, &stage.estate, room).expect(201).json()["rates_from"].clone()
    };
    assert_eq!(rates_from("101"), json!(null));
    // The city's next day: a first roster once, and whoever comes later waits.
    app.set_time("2026-11-21T16:00:00Z");
    let community = app.official(Role::Community, COMMUNITY, false);
    let later = import_file(&app, &community, "households", CSV, roster(&stage.estate, 101, 3));
    assert_eq!(later["rows"], rows(1, 0, 2));
    assert_eq!((rates_from("102"), rates_from("103")), (json!(null), json!("2026-12")));
}

#[both]
fn of_many_added_at_once_the_last_place_takes_one(app: TestApp) {
    let estate = app.estate(COMMUNITY, EstateKind::Old);
    app.declares(&estate, 1);
    let community = app.official(Role::Community, COMMUNITY, false);
    let waits: Vec<bool> = std::thread::scope(|scope| {
        let adding: Vec<_> = (0..6)
            .map(|room| {
                let body = dwelling(&estate, &room.to_string(), &[]);
                let call = app.post("/v1/admin/households").token(&community).json(&body);
                scope.spawn(move || call.expect(201).json()["waits"].as_bool().unwrap())
            })
            .collect();
        adding.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert_eq!(waits.iter().filter(|waits| !**waits).count(), 1, "{waits:?}");
}
