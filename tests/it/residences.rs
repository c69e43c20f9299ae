//! Who lives where: claims, the roster, and the officials who decide.

use serde_json::json;
use xinwu_domain::access::Role;
use xinwu_domain::estate::EstateKind;

use crate::harness::world::{COMMUNITY, DISTRICT, OTHER_COMMUNITY, OTHER_DISTRICT};
use crate::harness::{TestApp, someone};
use xinwu_persistence::account::NewAccount;

fn estate(app: &TestApp) -> String {
    app.estate(COMMUNITY, EstateKind::Professional)
}

both! {
    fn a_claim_is_verified_at_once_when_the_roster_has_the_phone(app) {
        let estate = estate(&app);
        app.household(&estate, "501A", &["13900000001"]);
        let (_, token) = app.resident("13900000001");
        let body = json!({"estate": estate.to_lowercase(), "building": " １", "unit": "1", "room": "５０１ａ"});
        let reply = app.post("/v1/me/residences").token(&token).json(&body).expect(201);
        let claim = reply.json();
        assert_eq!((&claim["status"], &claim["room"], &claim["estate"]["code"]), (&json!("verified"), &json!("501A"), &json!(estate)));
        assert_eq!(claim["decided_at"], "2026-11-21T02:00:00Z");
        assert_eq!(reply.header("location"), format!("/v1/me/residences/{}", claim["id"].as_str().unwrap()));
        assert_eq!(app.get("/v1/me/residences?count=true").token(&token).expect(200).json(),
            json!({"items": [claim], "page": {"next_cursor": null, "total": 1}}));
    }

    fn however_a_dwelling_is_written_it_is_one_household_and_its_phone_is_verified(app) {
        let city = app.official(Role::City, "2102", false);
        let estate = app.estate(COMMUNITY, EstateKind::Old);
        let file = format!("estate,building,unit,room,phones\n{estate},1号楼,1单元,101室,13900000001\n{estate},92.0,,九十二,13900000002\n");
        let roster = crate::imports::import_file(&app, &city, "households", "text/csv", file);
        assert_eq!(roster["rows"]["created"], 2, "{roster}");
        // Each other spelling is the same dwelling, in a file too.
        let again = format!("estate,building,unit,room,phones\n{estate},1栋,1,0101,13900000001\n{estate},九十二,,92,13900000002\n");
        let roster = crate::imports::import_file(&app, &city, "households", "text/csv", again);
        assert_eq!(roster["rows"], crate::imports::rows(0, 0, 2), "{roster}");
        let twice = format!("estate,building,unit,room,phones\n{estate},1栋,1,0101,\n{estate},1,1,101,\n");
        let refused = crate::imports::import_file(&app, &city, "households", "text/csv", twice);
        assert_eq!(refused["state"], "refused", "{refused}");
        let resident = app.resident("13900000001").1;
        let claim = json!({"estate": estate, "building": "１ 幢", "unit": "一单元", "room": "101\u{ad}"});
        let claimed = app.post("/v1/me/residences").token(&resident).json(&claim).expect(201).json();
        assert_eq!(claimed["status"], "verified", "{claimed}");
        let listed = app.get(&format!("/v1/admin/households?estate={estate}&building=1%E5%8F%B7%E6%A5%BC")).token(&city).expect(200).json();
        let [only] = listed["items"].as_array().unwrap().as_slice() else { panic!("{listed}") };
        assert_eq!((&only["building"], &only["unit"], &only["room"]), (&json!("1"), &json!("1"), &json!("101")));
    }

    fn a_claim_that_the_roster_does_not_know_is_pending(app) {
        let estate = estate(&app);
        app.household(&estate, "501", &["13900000001"]);
        let (_, other) = app.resident("13900000002");
        assert_eq!(app.claim(&other, &estate, "501").expect(201).json()["status"], "pending");
        assert_eq!(app.claim(&other, &estate, "502").expect(201).json()["status"], "pending");
        // The phone is on the roster of another household: that proves nothing here.
        let (_, own) = app.resident("13900000001");
        assert_eq!(app.claim(&own, &estate, "502").expect(201).json()["status"], "pending");
    }

    fn a_claim_stands_once_and_ends_when_its_owner_says_so(app) {
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
        let next = app.get(&format!("/v1/me/residences?limit=1&cursor={cursor}")).token(&token).expect(200).json();
        assert_eq!((&next["items"][0]["status"], &next["page"]["next_cursor"]), (&json!("ended"), &json!(null)));
    }

    fn bad_claims_name_the_field(app) {
        let estate = estate(&app);
        let (_, token) = app.resident("13900000001");
        let claim = |body: &serde_json::Value| app.post("/v1/me/residences").token(&token).json(body);
        let unknown = claim(&json!({"estate": "nowhere", "building": "1", "room": "1"})).refused(422, "invalid");
        assert_eq!(unknown.faults(), [("/estate".into(), "unknown_estate".into())]);
        let faults = claim(&json!({"estate": estate, "building": " ", "unit": "1".repeat(21), "room": "\u{7}"})).refused(422, "invalid").faults();
        assert_eq!(faults.iter().map(|(pointer, _)| pointer.as_str()).collect::<Vec<_>>(), ["/building", "/unit", "/room"]);
        claim(&json!({"estate": estate, "building": "1"})).refused(422, "invalid");
        claim(&json!({"estate": estate, "building": 1, "room": "1"})).refused(400, "bad_field");
        app.post("/v1/me/residences").json(&json!({})).refused(401, "not_signed_in");
        for room in 0..10 {
            app.claim(&token, &estate, &room.to_string()).expect(201);
        }
        app.claim(&token, &estate, "11").refused(409, "too_many_residences");
    }

    fn two_equal_claims_at_once_are_one(app) {
        let estate = estate(&app);
        let (_, token) = app.resident("13900000001");
        let statuses: Vec<u16> = std::thread::scope(|scope| {
            let claims: Vec<_> = (0..6).map(|_| scope.spawn(|| app.claim(&token, &estate, "501").send().status)).collect();
            claims.into_iter().map(|claim| claim.join().unwrap()).collect()
        });
        assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
        assert_eq!(statuses.iter().filter(|status| **status == 409).count(), 5, "{statuses:?}");
    }

    fn the_community_approves_and_refuses(app) {
        let estate = estate(&app);
        let id = "resident-of-the-door";
        let phone = app.state.secrets().encrypt(id, b"13900005678").unwrap();
        let hash = app.state.secrets().phone_hash("13900005678");
        let token = {
            let new = NewAccount { phone_hash: Some(hash), phone_encrypted: Some(phone), ..someone(Role::Resident) };
            let session = "session-of-the-door";
            let epoch = app.db().write_blocking(move |tx| {
                xinwu_persistence::account::add(tx, id, &new)?;
                xinwu_persistence::account::open_session(tx, id, session, tx.now + chrono::Duration::days(1))
            }).unwrap();
            app.state.tokens().issue(id, session, epoch, "", app.now()).unwrap()
        };
        let claims = ["501", "502"].map(|room| app.claim(&token, &estate, room).expect(201).json()["id"].as_str().unwrap().to_owned());
        let official = app.official(Role::Community, COMMUNITY, false);
        let list = app.get("/v1/admin/residences?status=pending&count=true").token(&official).expect(200).json();
        assert_eq!((&list["page"]["total"], &list["items"][0]["room"], &list["items"][0]["phone_ending"], &list["items"][0]["in_roster"]),
            (&json!(2), &json!("501"), &json!("5678"), &json!(false)));
        assert!(!list.to_string().contains(id) && !list.to_string().contains("1390000"));

        let path = format!("/v1/admin/residences/{}", claims[0]);
        app.post(&format!("{path}/approve")).token(&official).refused(428, "if_match_required");
        let etag = app.get(&path).token(&official).expect(200).etag().to_owned();
        let approved = app.post(&format!("{path}/approve")).token(&official).header("If-Match", &etag).expect(200);
        assert_eq!((&approved.json()["status"], &approved.json()["in_roster"]), (&json!("verified"), &json!(true)));
        app.post(&format!("{path}/approve")).token(&official).header("If-Match", &etag).refused(412, "stale");
        app.post(&format!("{path}/approve")).token(&official).header("If-Match", approved.etag()).refused(409, "already_decided");

        let path = format!("/v1/admin/residences/{}", claims[1]);
        let refuse = |reason: &str| app.post(&format!("{path}/refuse")).token(&official).header("If-Match", "*").json(&json!({"reason": reason}));
        assert_eq!(refuse(" ").refused(422, "invalid").faults(), [("/reason".into(), "blank".into())]);
        refuse("查无此户").expect(200);
        let own = app.get("/v1/me/residences").token(&token).expect(200).json();
        assert_eq!((&own["items"][0]["status"], &own["items"][0]["reason"]), (&json!("refused"), &json!("查无此户")));
        // What was refused may be claimed again.
        app.claim(&token, &estate, "502").expect(201);
    }

    fn officials_decide_in_their_own_place_only(app) {
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
}
