//! Who lives where: claims, the roster, and the officials who decide.

use diesel::prelude::*;
use serde_json::json;
use xinwu_both::both;
use xinwu_domain::access::Role;
use xinwu_domain::estate::EstateKind;
use xinwu_persistence::people::account::NewAccount;
use xinwu_persistence::schema::notice;

use crate::harness::residents::Stage;
use crate::harness::world::{COMMUNITY, DISTRICT, OTHER_COMMUNITY, OTHER_DISTRICT, STREET};
use crate::harness::{Call, Reply, TestApp, someone};

/// An official of the community adds a dwelling with its roster; gives its id.
fn enter(app: &TestApp, estate: &str, room: &str, phones: &[&str]) -> String {
    let community = app.official(Role::Community, COMMUNITY, false);
    let body = json!({"estate": estate, "building": "1", "unit": "1", "room": room, "phones": phones});
    let added = app.post("/v1/admin/households").token(&community).json(&body).expect(201).json();
    added["id"].as_str().unwrap().to_owned()
}

/// The roster of a household is these phones from now on.
fn edit(app: &TestApp, household: &str, change: &serde_json::Value) {
    let community = app.official(Role::Community, COMMUNITY, false);
    let path = format!("/v1/admin/households/{household}");
    app.patch(&path).token(&community).header("If-Match", "*").json(change).expect(200);
}

/// A new resident claims a dwelling: the account's id, and the claim.
fn claimed(app: &TestApp, estate: &str, room: &str, phone: &str) -> (String, serde_json::Value) {
    let (id, token) = app.resident(phone);
    let claim = app.claim(&token, estate, room).expect(201).json();
    (id, claim)
}

fn rating(app: &TestApp, account: &str, stage: &Stage, month: &str) -> Call {
    let path = format!("/v1/me/ratings/{}/{month}", stage.project);
    app.put(&path).token(&app.renewed(account)).json(&json!({"overall": 4}))
}

fn notices(app: &TestApp, account: &str) -> Vec<serde_json::Value> {
    let page = app.get("/v1/me/notices").token(&app.renewed(account)).expect(200).json();
    page["items"].as_array().unwrap().clone()
}

fn own_residence(app: &TestApp, account: &str) -> String {
    let page = app.get("/v1/me/residences").token(&app.renewed(account)).expect(200).json();
    page["items"][0]["id"].as_str().unwrap().to_owned()
}

fn approve(app: &TestApp, claim: &serde_json::Value) -> Reply {
    let community = app.official(Role::Community, COMMUNITY, false);
    let path = format!("/v1/admin/residences/{}/approve", claim["id"].as_str().unwrap());
    let none_of_them = json!({"none_of_them": true});
    app.post(&path).token(&community).header("If-Match", "*").json(&none_of_them).expect(200)
}

/// While a burst is held: one official proposes it, and another confirms it.
fn end_seconded(app: &TestApp, (first, second): (&str, &str), residence: &str) {
    let asked = end(app, first, residence).expect(202).json();
    let path = format!("/v1/admin/proposals/{}/confirm", asked["id"].as_str().unwrap());
    app.post(&path).token(second).header("If-Match", "*").expect(200);
}

fn end(app: &TestApp, official: &str, residence: &str) -> Call {
    let path = format!("/v1/admin/residences/{residence}/end");
    app.post(&path).token(official).header("If-Match", "*").json(&json!({"reason": "经核实已搬离"}))
}

fn estate(app: &TestApp) -> String {
    app.estate(COMMUNITY, EstateKind::Professional)
}

#[both]
fn a_claim_is_verified_at_once_when_the_roster_has_the_phone(app: TestApp) {
    let estate = estate(&app);
    app.household(&estate, "501A", &["13900000001"]);
    let (_, token) = app.resident("13900000001");
    let body = json!({"estate": estate.to_lowercase(), "building": " １", "unit": "1", "room": "５０１ａ"});
    let reply = app.post("/v1/me/residences").token(&token).json(&body).expect(201);
    let claim = reply.json();
    assert_eq!(
        (&claim["status"], &claim["room"], &claim["estate"]["code"]),
        (&json!("verified"), &json!("501A"), &json!(estate))
    );
    assert_eq!(claim["decided_at"], "2026-11-21T02:00:00Z");
    assert_eq!(reply.header("location"), format!("/v1/me/residences/{}", claim["id"].as_str().unwrap()));
    assert_eq!(
        app.get("/v1/me/residences?count=true").token(&token).expect(200).json(),
        json!({"items": [claim], "page": {"next_cursor": null, "total": 1}})
    );
}

#[both]
fn however_a_dwelling_is_written_it_is_one_household_and_its_phone_is_verified(app: TestApp) {
    let city = app.official(Role::City, "2102", false);
    let estate = app.estate(COMMUNITY, EstateKind::Old);
    let file = format!(
        "estate,building,unit,room,phones\n{estate},1号楼,1单元,101室,13900000001\n{estate},92.0,,九十二,13900000002\n"
    );
    let roster = crate::imports::import_file(&app, &city, "households", "text/csv", file);
    assert_eq!(roster["rows"]["created"], 2, "{roster}");
    // Each other spelling is the same dwelling, in a file too.
    let again = format!(
        "estate,building,unit,room,phones\n{estate},1栋,1,0101,13900000001\n{estate},九十二,,92,13900000002\n"
    );
    let roster = crate::imports::import_file(&app, &city, "households", "text/csv", again);
    assert_eq!(roster["rows"], crate::imports::rows(0, 0, 2), "{roster}");
    let twice = format!("estate,building,unit,room,phones\n{estate},1栋,1,0101,\n{estate},1,1,101,\n");
    let refused = crate::imports::import_file(&app, &city, "households", "text/csv", twice);
    assert_eq!(refused["state"], "refused", "{refused}");
    let resident = app.resident("13900000001").1;
    let claim = json!({"estate": estate, "building": "１ 幢", "unit": "一单元", "room": "101\u{ad}"});
    let claimed = app.post("/v1/me/residences").token(&resident).json(&claim).expect(201).json();
    assert_eq!(claimed["status"], "verified", "{claimed}");
    let listed = app
        .get(&format!("/v1/admin/households?estate={estate}&building=1%E5%8F%B7%E6%A5%BC"))
        .token(&city)
        .expect(200)
        .json();
    let [only] = listed["items"].as_array().unwrap().as_slice() else { panic!("{listed}") };
    assert_eq!((&only["building"], &only["unit"], &only["room"]), (&json!("1"), &json!("1"), &json!("101")));
}

#[both]
fn a_claim_that_the_roster_does_not_know_is_pending(app: TestApp) {
    let estate = estate(&app);
    app.household(&estate, "501", &["13900000001"]);
    let (_, other) = app.resident("13900000002");
    assert_eq!(app.claim(&other, &estate, "501").expect(201).json()["status"], "pending");
    assert_eq!(app.claim(&other, &estate, "502").expect(201).json()["status"], "pending");
    // The phone is on the roster of another household: that proves nothing here.
    let (_, own) = app.resident("13900000001");
    assert_eq!(app.claim(&own, &estate, "502").expect(201).json()["status"], "pending");
}

#[both]
fn a_claim_stands_once_and_ends_when_its_owner_says_so(app: TestApp) {
    let estate = estate(&app);
    let (_, token) = app.resident("13900000001");
    let id = app.claim(&token, &estate, "501").expect(201).json()["id"].as_str().unwrap().to_owned();
    app.claim(&token, &estate, " 501").refused(409, "already_exists");
    let (_, stranger) = app.resident("13900000002");
    app.delete(&format!("/v1/me/residences/{id}")).token(&stranger).refused(404, "not_found");
    app.delete(&format!("/v1/me/residences/{id}")).token(&token).expect(204);
    app.delete(&format!("/v1/me/residences/{id}")).token(&token).refused(404, "not_found");
    app.claim(&token, &estate, "501").expect(201);
    let list = app.get("/v1/me/residences?limit=1").token(&token).expect(200).json();
    assert_eq!(list["items"][0]["status"], "pending");
    let cursor = list["page"]["next_cursor"].as_str().unwrap();
    let next =
        app.get(&format!("/v1/me/residences?limit=1&cursor={cursor}")).token(&token).expect(200).json();
    assert_eq!((&next["items"][0]["status"], &next["page"]["next_cursor"]), (&json!("ended"), &json!(null)));
}

#[both]
fn bad_claims_name_the_field(app: TestApp) {
    let estate = estate(&app);
    let (_, token) = app.resident("13900000001");
    let claim = |body: &serde_json::Value| app.post("/v1/me/residences").token(&token).json(body);
    let unknown = claim(&json!({"estate": "nowhere", "building": "1", "room": "1"})).refused(422, "invalid");
    assert_eq!(unknown.faults(), [("/estate".into(), "unknown_estate".into())]);
    let faults = claim(&json!({"estate": estate, "building": " ", "unit": "1".repeat(21), "room": "\u{7}"}))
        .refused(422, "invalid")
        .faults();
    assert_eq!(
        faults.iter().map(|(pointer, _)| pointer.as_str()).collect::<Vec<_>>(),
        ["/building", "/room", "/unit"]
    );
    claim(&json!({"estate": estate, "building": "1"})).refused(422, "invalid");
    claim(&json!({"estate": estate, "building": 1, "room": "1"})).refused(400, "bad_field");
    app.post("/v1/me/residences").json(&json!({})).refused(401, "not_signed_in");
    for room in 0..10 {
        app.claim(&token, &estate, &room.to_string()).expect(201);
    }
    app.claim(&token, &estate, "11").refused(409, "too_many_residences");
}

#[both]
fn two_equal_claims_at_once_are_one(app: TestApp) {
    let estate = estate(&app);
    let (_, token) = app.resident("13900000001");
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let claims: Vec<_> =
            (0..6).map(|_| scope.spawn(|| app.claim(&token, &estate, "501").send().status)).collect();
        claims.into_iter().map(|claim| claim.join().unwrap()).collect()
    });
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 409).count(), 5, "{statuses:?}");
}

#[both]
fn the_community_approves_and_refuses(app: TestApp) {
    let estate = estate(&app);
    let id = "resident-of-the-door";
    let phone = app.state.secrets().encrypt(id, b"13900005678").unwrap();
    let hash = app.state.secrets().phone_hash("13900005678");
    let token = {
        let new =
            NewAccount { phone_hash: Some(hash), phone_encrypted: Some(phone), ..someone(Role::Resident) };
        let session = "session-of-the-door";
        let epoch = app
            .db()
            .write_blocking(move |tx| {
                xinwu_persistence::people::account::add(tx, id, &new)?;
                xinwu_persistence::people::account::open_session(
                    tx,
                    id,
                    session,
                    tx.now + chrono::Duration::days(1),
                )
            })
            .unwrap();
        app.keys().issue(id, session, epoch, "", app.now()).unwrap()
    };
    let claims = ["501", "502"]
        .map(|room| app.claim(&token, &estate, room).expect(201).json()["id"].as_str().unwrap().to_owned());
    let official = app.official(Role::Community, COMMUNITY, false);
    let list = app.get("/v1/admin/residences?status=pending&count=true").token(&official).expect(200).json();
    assert_eq!(
        (
            &list["page"]["total"],
            &list["items"][0]["room"],
            &list["items"][0]["phone_ending"],
            &list["items"][0]["in_roster"]
        ),
        (&json!(2), &json!("501"), &json!("5678"), &json!(false))
    );
    assert!(!list.to_string().contains(id) && !list.to_string().contains("1390000"));

    let path = format!("/v1/admin/residences/{}", claims[0]);
    app.post(&format!("{path}/approve")).token(&official).refused(428, "if_match_required");
    let etag = app.get(&path).token(&official).expect(200).etag().to_owned();
    let approved =
        app.post(&format!("{path}/approve")).token(&official).header("If-Match", &etag).expect(200);
    assert_eq!(
        (&approved.json()["status"], &approved.json()["in_roster"]),
        (&json!("verified"), &json!(true))
    );
    app.post(&format!("{path}/approve")).token(&official).header("If-Match", &etag).refused(412, "stale");
    app.post(&format!("{path}/approve"))
        .token(&official)
        .header("If-Match", approved.etag())
        .refused(409, "already_decided");

    let path = format!("/v1/admin/residences/{}", claims[1]);
    let refuse = |reason: &str| {
        app.post(&format!("{path}/refuse"))
            .token(&official)
            .header("If-Match", "*")
            .json(&json!({"reason": reason}))
    };
    assert_eq!(refuse(" ").refused(422, "invalid").faults(), [("/reason".into(), "blank".into())]);
    refuse("查无此户").expect(200);
    let own = app.get("/v1/me/residences").token(&token).expect(200).json();
    assert_eq!(
        (&own["items"][0]["status"], &own["items"][0]["reason"]),
        (&json!("refused"), &json!("查无此户"))
    );
    // What was refused may be claimed again.
    app.claim(&token, &estate, "502").expect(201);
}

#[both]
fn officials_decide_in_their_own_place_only(app: TestApp) {
    let estate = estate(&app);
    let (_, token) = app.resident("13900000001");
    let id = app.claim(&token, &estate, "501").expect(201).json()["id"].as_str().unwrap().to_owned();
    let elsewhere = app.official(Role::Community, OTHER_COMMUNITY, false);
    let path = format!("/v1/admin/residences/{id}");
    app.get(&path).token(&elsewhere).refused(404, "not_found");
    app.post(&format!("{path}/approve")).token(&elsewhere).header("If-Match", "*").refused(404, "not_found");
    for (place, count) in [(OTHER_DISTRICT, 0), (DISTRICT, 1)] {
        let official = app.official(Role::District, place, false);
        let list = app.get("/v1/admin/residences").token(&official).expect(200).json();
        assert_eq!(list["items"].as_array().unwrap().len(), count);
    }
    app.get("/v1/admin/residences").token(&token).refused(403, "role_not_allowed");
    app.get("/v1/admin/residences?status=open").token(&elsewhere).refused(400, "bad_parameter");
}

#[both]
fn a_first_roster_counts_at_once_and_a_later_entry_from_the_next_month(app: TestApp) {
    let stage = app.stage();
    enter(&app, &stage.estate, "101", &["13900000001"]);
    // The last second of the city's first day.
    app.set_time("2026-11-21T15:59:59Z");
    enter(&app, &stage.estate, "102", &["13900000002"]);
    app.set_time("2026-11-21T16:00:00Z");
    enter(&app, &stage.estate, "103", &["13900000003"]);
    for (room, phone) in [("101", "13900000001"), ("102", "13900000002")] {
        let (id, claim) = claimed(&app, &stage.estate, room, phone);
        assert_eq!((&claim["status"], &claim["rates_from"]), (&json!("verified"), &json!(null)));
        rating(&app, &id, &stage, "2026-11").expect(201);
    }
    let (later, claim) = claimed(&app, &stage.estate, "103", "13900000003");
    assert_eq!((&claim["status"], &claim["rates_from"]), (&json!("verified"), &json!("2026-12")));
    let refused = rating(&app, &later, &stage, "2026-11").refused(403, "rates_from_next_month");
    assert!(refused.text.contains("2026年12月"), "{}", refused.text);
    // The month ends at the city's midnight; what it took no rating for it takes none for
    // afterwards either.
    app.set_time("2026-11-30T15:59:59Z");
    rating(&app, &later, &stage, "2026-11").refused(403, "rates_from_next_month");
    app.set_time("2026-11-30T16:00:00Z");
    rating(&app, &later, &stage, "2026-12").expect(201);
    rating(&app, &later, &stage, "2026-11").refused(422, "invalid");
    enter(&app, &stage.estate, "104", &["13900000004"]);
    assert_eq!(claimed(&app, &stage.estate, "104", "13900000004").1["rates_from"], "2027-01");
}

#[both]
fn an_entry_that_stays_keeps_its_month_and_one_made_again_is_new(app: TestApp) {
    let estate = estate(&app);
    let household = enter(&app, &estate, "101", &["13900000001", "13900000002"]);
    app.set_time("2026-11-22T02:00:00Z");
    edit(&app, &household, &json!({"phones": ["13900000001"]}));
    edit(&app, &household, &json!({"phones": ["13900000001", "13900000002"]}));
    assert_eq!(claimed(&app, &estate, "101", "13900000001").1["rates_from"], json!(null));
    let household = enter(&app, &estate, "102", &["13900000003"]);
    edit(&app, &household, &json!({"phones": []}));
    app.set_time("2026-12-22T02:00:00Z");
    edit(&app, &household, &json!({"phones": ["13900000003"]}));
    assert_eq!(claimed(&app, &estate, "102", "13900000003").1["rates_from"], "2027-01");
}

#[both]
fn an_approval_counts_from_the_next_month(app: TestApp) {
    let stage = app.stage();
    let pending = ["201", "202"].map(|room| claimed(&app, &stage.estate, room, &format!("13900000{room}")));
    rating(&app, &pending[0].0, &stage, "2026-11").refused(403, "not_verified_yet");
    app.set_time("2026-11-30T15:59:59Z");
    assert_eq!(approve(&app, &pending[0].1).json()["rates_from"], "2026-12");
    rating(&app, &pending[0].0, &stage, "2026-11").refused(403, "rates_from_next_month");
    app.set_time("2026-11-30T16:00:00Z");
    assert_eq!(approve(&app, &pending[1].1).json()["rates_from"], "2027-01");
    rating(&app, &pending[0].0, &stage, "2026-12").expect(201);
    rating(&app, &pending[1].0, &stage, "2026-12").refused(403, "rates_from_next_month");
}

#[both]
fn who_joins_a_dwelling_is_told_to_who_lives_there_and_rates_from_the_next_month(app: TestApp) {
    let stage = app.stage();
    let household = enter(&app, &stage.estate, "101", &["13900000001"]);
    let (first, claim) = claimed(&app, &stage.estate, "101", "13900000001");
    assert_eq!(claim["rates_from"], json!(null));
    // On the very day of the first roster, but somebody verified lives there.
    edit(&app, &household, &json!({"phones": ["13900000001", "13900000002"]}));
    assert_eq!(notices(&app, &first), [""; 0]);
    let (second, claim) = claimed(&app, &stage.estate, "101", "13900000002");
    assert_eq!((&claim["status"], &claim["rates_from"]), (&json!("verified"), &json!("2026-12")));
    rating(&app, &second, &stage, "2026-11").refused(403, "rates_from_next_month");
    rating(&app, &first, &stage, "2026-11").expect(201);
    let told = notices(&app, &first);
    assert_eq!(
        told,
        [json!({
            "id": told[0]["id"], "kind": "resident_added",
            "text": format!("您在{} 1-1-101的住房新增了一名经核实的居民", claim["estate"]["name"].as_str().unwrap()),
            "about": {"kind": "residence", "id": own_residence(&app, &first)},
            "reason": null, "created_at": "2026-11-21T02:00:00Z", "read_at": null
        })]
    );
    assert_eq!(notices(&app, &second), [""; 0]);
    // An approval tells both, and the third that it was approved.
    let (third, claim) = claimed(&app, &stage.estate, "101", "13900000003");
    approve(&app, &claim);
    assert_eq!([&first, &second, &third].map(|id| notices(&app, id).len()), [2, 1, 1]);
    // An entry of last month, verified in this: the others have until the next to say that it
    // is wrong.
    let household = enter(&app, &stage.estate, "102", &["13900000004"]);
    claimed(&app, &stage.estate, "102", "13900000004");
    edit(&app, &household, &json!({"phones": ["13900000004", "13900000005"]}));
    app.set_time("2026-12-05T02:00:00Z");
    assert_eq!(claimed(&app, &stage.estate, "102", "13900000005").1["rates_from"], "2027-01");
}

#[both]
fn of_adults_of_one_dwelling_on_the_first_roster_who_signs_in_first_rates_at_once(app: TestApp) {
    let estate = estate(&app);
    enter(&app, &estate, "101", &["13900000001", "13900000002"]);
    let (first, claim) = claimed(&app, &estate, "101", "13900000001");
    assert_eq!(claim["rates_from"], json!(null));
    assert_eq!(claimed(&app, &estate, "101", "13900000002").1["rates_from"], "2026-12");
    assert_eq!(notices(&app, &first).len(), 1);
}

#[both]
fn a_notice_is_read_once_by_whom_it_is_to(app: TestApp) {
    let estate = estate(&app);
    enter(&app, &estate, "101", &["13900000001", "13900000002", "13900000003"]);
    let (first, _) = claimed(&app, &estate, "101", "13900000001");
    let (second, _) = claimed(&app, &estate, "101", "13900000002");
    claimed(&app, &estate, "101", "13900000003");
    let page = app.get("/v1/me/notices?limit=1&count=true").token(&app.renewed(&first)).expect(200).json();
    assert_eq!((page["items"].as_array().unwrap().len(), &page["page"]["total"]), (1, &json!(2)));
    let cursor = page["page"]["next_cursor"].as_str().unwrap();
    let next = app
        .get(&format!("/v1/me/notices?limit=1&cursor={cursor}"))
        .token(&app.renewed(&first))
        .expect(200)
        .json();
    assert_eq!((&next["page"]["next_cursor"], next["items"][0] == page["items"][0]), (&json!(null), false));
    let path = format!("/v1/me/notices/{}/read", page["items"][0]["id"].as_str().unwrap());
    app.post(&path).token(&app.renewed(&second)).refused(404, "not_found");
    assert_eq!(
        app.post(&path).token(&app.renewed(&first)).expect(200).json()["read_at"],
        "2026-11-21T02:00:00Z"
    );
    app.advance(chrono::Duration::hours(1));
    assert_eq!(
        app.post(&path).token(&app.renewed(&first)).expect(200).json()["read_at"],
        "2026-11-21T02:00:00Z"
    );
    let export = app.get("/v1/me/export").token(&app.renewed(&first)).expect(200).json();
    assert_eq!(
        export["notices"].as_array().unwrap().iter().filter(|each| each["read_at"].is_null()).count(),
        1
    );
    app.delete("/v1/me").token(&app.renewed(&first)).expect(204);
    let left: i64 = app
        .db()
        .read_blocking(move |conn| {
            use diesel::prelude::*;
            use xinwu_persistence::schema::notice;
            Ok(notice::table.filter(notice::account_id.eq(first)).count().get_result(conn)?)
        })
        .unwrap();
    assert_eq!(left, 0);
}

#[both]
fn at_another_address_residents_rate_from_the_next_month(app: TestApp) {
    let stage = app.stage();
    let resident = app.neighbour(&stage.estate);
    // Another writing is the same address, and one official's.
    edit(&app, &resident.household, &json!({"building": "1号楼", "unit": "一单元", "room": resident.room}));
    rating(&app, &resident.id, &stage, "2026-11").expect(201);
    moved(&app, &resident.household, "9", &resident.room).seconded(&app);
    app.taken_back(&resident, &stage.project, "2026-11").expect(204);
    rating(&app, &resident.id, &stage, "2026-11").refused(403, "rates_from_next_month");
    app.set_time("2026-12-01T02:00:00Z");
    rating(&app, &resident.id, &stage, "2026-12").expect(201);
}

fn moved(app: &TestApp, household: &str, building: &str, room: &str) -> Call {
    let community = app.official(Role::Community, COMMUNITY, false);
    app.patch(&format!("/v1/admin/households/{household}"))
        .token(&community)
        .header("If-Match", "*")
        .json(&json!({"building": building, "unit": "1", "room": room}))
}

#[both]
fn another_address_of_who_lives_there_takes_two_and_is_told(app: TestApp) {
    let stage = app.stage();
    let household = enter(&app, &stage.estate, "101", &["13900000001", "13900000002"]);
    let path = format!("/v1/admin/households/{household}");
    // Where nobody verified lives it is one official's.
    moved(&app, &household, "2", "102").expect(200);
    moved(&app, &household, "1", "101").expect(200);
    let (first, claim) = claimed(&app, &stage.estate, "101", "13900000001");
    assert_eq!(claim["rates_from"], json!(null));
    let (second, _) = claimed(&app, &stage.estate, "101", "13900000002");
    let read = notices(&app, &first).len();

    let community = app.official(Role::Community, COMMUNITY, false);
    let propose =
        |body: serde_json::Value| app.patch(&path).token(&community).header("If-Match", "*").json(&body);
    let without = propose(json!({"building": "1", "unit": "1", "room": "999"})).refused(422, "invalid");
    assert_eq!(without.faults(), [("/reason".into(), "required".into())]);
    let phones =
        json!({"building": "1", "unit": "1", "room": "999", "phones": ["13900000001"], "reason": "门牌更正"});
    let phones = propose(phones).refused(422, "invalid");
    assert_eq!(phones.faults(), [("/phones".into(), "invalid".into())]);
    let asked = propose(json!({"building": "1", "unit": "1", "room": "999", "reason": "门牌更正"}))
        .expect(202)
        .json();
    assert_eq!(asked["changes"], json!([{"field": "room", "before": "101", "after": "999"}]));
    assert_eq!(
        (&asked["object"], &asked["asks"]),
        (&json!({"kind": "household", "id": household}), &json!("official"))
    );
    // Nothing has happened yet.
    let own = |account: &str| {
        let own = app.get("/v1/me/residences").token(&app.renewed(account)).expect(200).json();
        own["items"][0]["rates_from"].clone()
    };
    assert_eq!((own(&first), notices(&app, &first).len()), (json!(null), read));
    let confirm = |proposal: &serde_json::Value, token: &str| {
        let path = format!("/v1/admin/proposals/{}/confirm", proposal["id"].as_str().unwrap());
        app.post(&path).token(token).header("If-Match", "*")
    };
    let street = app.official(Role::Street, STREET, true);
    confirm(&asked, &community).refused(403, "second_person_needed");
    confirm(&asked, &app.official(Role::Community, COMMUNITY, false)).refused(403, "no_power_to_confirm");
    confirm(&asked, &street).expect(200);
    assert_eq!(app.get(&path).token(&community).expect(200).json()["room"], "999");
    assert_eq!(own(&first), "2026-12");
    rating(&app, &first, &stage, "2026-11").refused(403, "rates_from_next_month");
    let estate = claim["estate"]["name"].as_str().unwrap();
    for account in [&first, &second] {
        let told = notices(&app, account)[0].clone();
        assert_eq!(
            (&told["kind"], &told["text"], &told["reason"]),
            (
                &json!("residence_moved"),
                &json!(format!("您在{estate} 1-1-101的住房登记地址已更改为1-1-999")),
                &json!("门牌更正")
            )
        );
    }
    // By way of a third address back to what it was: who lived there rates as before.
    for room in ["998", "101"] {
        let asked =
            propose(json!({"building": "1", "unit": "1", "room": room, "reason": "更正"})).expect(202).json();
        confirm(&asked, &street).expect(200);
    }
    assert_eq!((own(&first), own(&second)), (json!(null), json!("2026-12")));
    rating(&app, &first, &stage, "2026-11").expect(201);
    // In another month it is another move.
    let asked =
        propose(json!({"building": "1", "unit": "1", "room": "999", "reason": "更正"})).expect(202).json();
    confirm(&asked, &street).expect(200);
    app.set_time("2026-12-02T02:00:00Z");
    let [community, street] =
        [app.official(Role::Community, COMMUNITY, false), app.official(Role::Street, STREET, true)];
    let asked = app
        .patch(&path)
        .token(&community)
        .header("If-Match", "*")
        .json(&json!({"building": "1", "unit": "1", "room": "101", "reason": "更正"}))
        .expect(202)
        .json();
    confirm(&asked, &street).expect(200);
    rating(&app, &first, &stage, "2026-12").refused(403, "rates_from_next_month");
}

#[both]
fn off_the_roster_one_stays_verified_until_the_community_ends_it(app: TestApp) {
    let stage = app.stage();
    let [resident, neighbour] = [app.neighbour(&stage.estate), app.neighbour(&stage.estate)];
    let community = app.official(Role::Community, COMMUNITY, false);
    edit(&app, &resident.household, &json!({"phones": []}));
    rating(&app, &resident.id, &stage, "2026-11").expect(201);
    let residence = own_residence(&app, &resident.id);
    let path = format!("/v1/admin/residences/{residence}");
    app.post(&format!("{path}/end"))
        .token(&community)
        .json(&json!({"reason": "已搬离"}))
        .refused(428, "if_match_required");
    let blank = app
        .post(&format!("{path}/end"))
        .token(&community)
        .header("If-Match", "*")
        .json(&json!({"reason": " "}));
    assert_eq!(blank.refused(422, "invalid").faults(), [("/reason".into(), "blank".into())]);
    end(&app, &app.official(Role::Community, OTHER_COMMUNITY, true), &residence).refused(404, "not_found");
    let ended = end(&app, &community, &residence).expect(200).json();
    assert_eq!((&ended["status"], &ended["reason"]), (&json!("ended"), &json!("经核实已搬离")));
    end(&app, &community, &residence).refused(409, "not_verified");
    let told = notices(&app, &resident.id);
    assert_eq!(
        (told.len(), &told[0]["kind"], &told[0]["reason"], &told[0]["about"]["id"]),
        (1, &json!("residence_ended"), &json!("经核实已搬离"), &json!(residence))
    );
    // What was given stays its writer's to change or take back, and nothing more is given.
    let path = format!("/v1/me/ratings/{}/2026-11", stage.project);
    let own = app.get(&path).token(&app.renewed(&resident.id)).expect(200).json();
    assert_eq!((&own["published"], &own["overall"]), (&json!(null), &json!(4)));
    rating(&app, &resident.id, &stage, "2026-11").expect(200);
    app.delete(&path).token(&app.renewed(&resident.id)).expect(204);
    rating(&app, &resident.id, &stage, "2026-11").refused(403, "not_a_resident");
    // It goes off the roster too, so that the next claim waits for the community.
    let residence = own_residence(&app, &neighbour.id);
    end(&app, &community, &residence).expect(200);
    let household = format!("/v1/admin/households/{}", neighbour.household);
    assert_eq!(app.get(&household).token(&community).expect(200).json()["phones"], 0);
    let again = app.claim(&neighbour.token, &stage.estate, &neighbour.room).expect(201).json();
    assert_eq!(again["status"], "pending");
    end(&app, &community, again["id"].as_str().unwrap()).refused(409, "not_verified");
}

#[both]
fn while_a_burst_is_held_it_takes_two_officials_to_end_a_residence(app: TestApp) {
    let [stage, elsewhere] = [app.stage(), app.stage()];
    let residents = app.neighbours(&stage.estate, 20);
    residents.iter().for_each(|resident| {
        app.rate(resident, &stage.project, "2026-11", 5);
    });
    app.step_on("2026-11-23");
    assert_eq!(app.project_ratings(&stage.project)["held"], true);
    let own = format!("/v1/me/ratings/{}/2026-11", stage.project);
    let [community, colleague] = [false, false].map(|power| app.official(Role::Community, COMMUNITY, power));
    let street = app.official(Role::Street, STREET, true);
    let [one, two, three] = [0, 1, 2].map(|at: usize| own_residence(&app, &residents[at].id));

    let asked = end(&app, &community, &one).expect(202).json();
    // The same of each, and nothing by which a dwelling or its resident is known.
    let change = |field, after| json!({"field": field, "before": null, "after": after});
    assert_eq!(asked["changes"], json!([change("status", "ended"), change("held_ratings", "dropped")]));
    assert_eq!(asked["object"], json!({"kind": "residence", "id": one}));
    assert_eq!((&asked["asks"], &asked["reason"]), (&json!("official"), &json!("经核实已搬离")));
    let status = |account: &str| {
        let own = app.get("/v1/me/residences").token(&app.renewed(account)).expect(200).json();
        own["items"][0]["status"].clone()
    };
    assert_eq!((status(&residents[0].id), notices(&app, &residents[0].id)), (json!("verified"), Vec::new()));
    end(&app, &street, &one).refused(409, "proposal_open");
    // Neither the same official again, nor another without the power, nor one of another place.
    let confirm = |proposal: &serde_json::Value, token: &str| {
        let path = format!("/v1/admin/proposals/{}/confirm", proposal["id"].as_str().unwrap());
        app.post(&path).token(token).header("If-Match", "*")
    };
    confirm(&asked, &community).refused(403, "second_person_needed");
    confirm(&asked, &colleague).refused(403, "no_power_to_confirm");
    confirm(&asked, &app.official(Role::Community, OTHER_COMMUNITY, true)).refused(404, "not_found");
    app.get(&own).token(&app.renewed(&residents[0].id)).expect(200);
    confirm(&asked, &street).expect(200);
    assert_eq!((status(&residents[0].id), notices(&app, &residents[0].id).len()), (json!("ended"), 1));
    // And what was held of theirs is dropped.
    app.get(&own).token(&app.renewed(&residents[0].id)).refused(404, "not_found");
    app.get(&own).token(&app.renewed(&residents[1].id)).expect(200);
    // Who leaves meanwhile does not save theirs, whether before it is proposed or after.
    let (four, token) = (own_residence(&app, &residents[3].id), app.renewed(&residents[3].id));
    let leave = |residence: &str, token: &str| {
        app.delete(&format!("/v1/me/residences/{residence}")).token(token).header("If-Match", "*").expect(204)
    };
    leave(&four, &token);
    let asked = end(&app, &community, &four).expect(202).json();
    confirm(&asked, &street).expect(200);
    app.get(&own).token(&app.renewed(&residents[3].id)).refused(404, "not_found");
    let five = own_residence(&app, &residents[4].id);
    let asked = end(&app, &community, &five).expect(202).json();
    leave(&five, &app.renewed(&residents[4].id));
    confirm(&asked, &street).expect(200);
    app.get(&own).token(&app.renewed(&residents[4].id)).refused(404, "not_found");
    // The power alone does not do it twice.
    let asked = end(&app, &street, &two).expect(202).json();
    confirm(&asked, &street).refused(403, "second_person_needed");
    // Other estates' residences end at once, and these once the burst is decided.
    let resident = app.neighbour(&elsewhere.estate);
    end(&app, &community, &own_residence(&app, &resident.id)).expect(200);
    let district = app.official(Role::District, DISTRICT, false);
    let burst = app.get("/v1/admin/bursts").token(&district).expect(200).json()["items"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    app.post(&format!("/v1/admin/bursts/{burst}/release"))
        .token(&district)
        .header("If-Match", "*")
        .json(&json!({"reason": "核实过"}))
        .expect(200);
    end(&app, &community, &three).expect(200);
    end(&app, &community, &two).expect(200);
    confirm(&asked, &app.official(Role::Street, STREET, true)).refused(409, "proposal_stale");
    app.step_on("2026-11-24");
    assert_eq!(app.project_ratings(&stage.project)["count"], 17);
}

#[both]
fn deleting_the_account_does_not_save_a_held_rating(app: TestApp) {
    let stage = app.stage();
    let residents = app.neighbours(&stage.estate, 25);
    residents.iter().for_each(|resident| {
        app.rate(resident, &stage.project, "2026-11", 1);
    });
    app.step_on("2026-11-23");
    assert_eq!(app.project_ratings(&stage.project)["held"], true);
    let (community, street) =
        (app.official(Role::Community, COMMUNITY, false), app.official(Role::Street, STREET, true));
    for resident in &residents[..20] {
        let residence = own_residence(&app, &resident.id);
        app.delete("/v1/me").token(&app.renewed(&resident.id)).expect(204);
        end_seconded(&app, (&community, &street), &residence);
        let there = notice::table.filter(notice::account_id.eq(resident.id.clone()));
        let left: i64 =
            app.db().write_blocking(move |tx| Ok(there.clone().count().get_result(tx.conn)?)).unwrap();
        assert_eq!(left, 0);
    }
    // Of 25 five are left, each of them true: they count on their morning.
    app.steps_to("2026-12-05");
    let ratings = app.project_ratings(&stage.project);
    assert_eq!(
        (&ratings["count"], &ratings["mean"], &ratings["held"]),
        (&json!(5), &json!(1), &json!(false))
    );
}

#[both]
fn what_another_resident_of_the_dwelling_gave_stays_held(app: TestApp) {
    let stage = app.stage();
    let residents = app.neighbours(&stage.estate, 20);
    residents.iter().for_each(|resident| {
        app.rate(resident, &stage.project, "2026-11", 1);
    });
    let first = &residents[0];
    let (other, token) = app.resident("13900000077");
    let claim = app.claim(&token, &stage.estate, &first.room).expect(201).json();
    approve(&app, &claim);
    app.step_on("2026-11-23");
    let (community, street) =
        (app.official(Role::Community, COMMUNITY, false), app.official(Role::Street, STREET, true));
    let residence = claim["id"].as_str().unwrap();
    app.delete("/v1/me").token(&app.renewed(&other)).expect(204);
    end_seconded(&app, (&community, &street), residence);
    let own = format!("/v1/me/ratings/{}/2026-11", stage.project);
    assert_eq!(app.get(&own).token(&app.renewed(&first.id)).expect(200).json()["held"], true);
}

#[both]
fn a_staff_list_refuses_later_ratings_only(app: TestApp) {
    let stage = app.stage();
    let resident = app.neighbour(&stage.estate);
    app.rate(&resident, &stage.project, "2026-11", 4);
    let district = app.official(Role::District, DISTRICT, false);
    let file = format!("uscc,phone\n{},{}\n", stage.uscc, resident.phone);
    let staff = crate::imports::import_seconded(&app, &district, "staff", "text/csv", file);
    assert_eq!(staff["state"], "confirmed", "{staff}");
    let own = app
        .get(&format!("/v1/me/ratings/{}/2026-11", stage.project))
        .token(&resident.token)
        .expect(200)
        .json();
    assert_eq!((&own["overall"], &own["published"]), (&json!(4), &json!(null)));
    app.set_time("2026-12-01T02:00:00Z");
    rating(&app, &resident.id, &stage, "2026-12").refused(403, "staff_may_not_rate");
    // What the person can do about it comes first: nothing, whatever month it is.
    enter(&app, &stage.estate, "LATER", &["13900000009"]);
    let (employee, _) = claimed(&app, &stage.estate, "LATER", "13900000009");
    rating(&app, &employee, &stage, "2026-12").refused(403, "rates_from_next_month");
    let file = format!("uscc,phone\n{},13900000009\n", stage.uscc);
    let district = app.official(Role::District, DISTRICT, false);
    crate::imports::import_seconded(&app, &district, "staff", "text/csv", file);
    rating(&app, &employee, &stage, "2026-12").refused(403, "staff_may_not_rate");
}
