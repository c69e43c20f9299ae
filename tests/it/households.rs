//! Households and their roster.

use serde_json::json;
use xinwu_domain::access::Role;
use xinwu_domain::estate::EstateKind;

use crate::harness::world::{COMMUNITY, OTHER_COMMUNITY};

both! {
    fn a_dwelling_is_written_one_way_and_its_phones_never_come_back(app) {
        let community = app.official(Role::Community, COMMUNITY, false);
        let estate = app.estate(COMMUNITY, EstateKind::Professional);
        let body = json!({"estate": estate, "building": " ３号楼", "unit": "２", "room": "５０１ａ", "phones": ["139 0000 0001", "+8613900000002", "13900000001"]});
        let added = app.post("/v1/admin/households").token(&community).json(&body).expect(201);
        let household = added.json();
        assert_eq!((&household["building"], &household["unit"], &household["room"], &household["phones"]), (&json!("3"), &json!("2"), &json!("501A"), &json!(2)));
        assert!(!added.text.contains("1390000"));
        let same = json!({"estate": estate, "building": "3号楼", "unit": "2", "room": "501A"});
        app.post("/v1/admin/households").token(&community).json(&same).refused(409, "already_exists");
        let path = format!("/v1/admin/households/{}", household["id"].as_str().unwrap());
        assert_eq!(app.get(&path).token(&community).expect(200).json(), household);
        app.patch(&path).token(&community).json(&json!({"phones": []})).refused(428, "if_match_required");
        let edited = app.patch(&path).token(&community).header("If-Match", added.etag()).json(&json!({"phones": ["13900000003"]})).expect(200).json();
        assert_eq!((&edited["phones"], &edited["room"]), (&json!(1), &json!("501A")));
        app.patch(&path).token(&community).header("If-Match", added.etag()).json(&json!({"phones": []})).refused(412, "stale");
        let moved = json!({"building": "4", "unit": "", "room": "1"});
        assert_eq!(app.patch(&path).token(&community).header("If-Match", "*").json(&moved).expect(200).json()["unit"], "");
    }

    fn the_list_is_walked_in_order_by_those_who_reach_the_estate(app) {
        let community = app.official(Role::Community, COMMUNITY, false);
        let estate = app.estate(COMMUNITY, EstateKind::Professional);
        for room in ["103", "101", "102"] {
            app.household(&estate, room, &["13900000001"]);
        }
        let list = format!("/v1/admin/households?estate={estate}&limit=2&count=true");
        let page = app.get(&list).token(&community).expect(200).json();
        assert_eq!((&page["page"]["total"], &page["items"][0]["room"], &page["items"][1]["room"]), (&json!(3), &json!("101"), &json!("102")));
        let cursor = page["page"]["next_cursor"].as_str().unwrap();
        let page = app.get(&format!("{list}&cursor={cursor}")).token(&community).expect(200).json();
        assert_eq!((page["items"].as_array().unwrap().len(), &page["items"][0]["room"]), (1, &json!("103")));
        let none = app.get(&format!("/v1/admin/households?estate={estate}&building=9")).token(&community).expect(200).json();
        assert_eq!(none["items"], json!([]));
        let stranger = app.official(Role::Community, OTHER_COMMUNITY, false);
        app.get(&list).token(&stranger).refused(404, "not_found");
        app.get("/v1/admin/households").token(&community).refused(400, "bad_parameter");
    }

    fn each_field_is_checked_and_strangers_learn_nothing(app) {
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
        app.patch(&path).token(&stranger).header("If-Match", "*").json(&json!({"phones": []})).refused(404, "not_found");
        app.post("/v1/admin/households").token(&stranger).json(&json!({"estate": estate, "building": "1", "room": "2"})).refused(403, "out_of_reach");
        app.patch(&path).token(&community).header("If-Match", "*").json(&json!({"room": "5"})).refused(422, "invalid");
    }
}
