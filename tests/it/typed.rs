//! What people type: the same code, phone, name and search however it was written.

use serde_json::{Value, json};
use xinwu_both::both;
use xinwu_domain::access::Role;
use xinwu_domain::estate::EstateKind;

use crate::harness::TestApp;
use crate::harness::world::{COMMUNITY, DISTRICT, encode, new_uscc};
use crate::imports::{CSV, import_file, rows};

fn places(app: &TestApp, q: &str) -> Vec<String> {
    app.walk(&format!("/v1/places?limit=100&q={}", encode(q)), "name", || {})
}

#[both]
fn a_phone_and_its_code_are_read_as_they_are_pasted(app: TestApp) {
    let phone = "19900000009";
    for written in [
        "\u{202d}19900000009\u{202c}",
        "(+86) 199-0000-0009",
        "199.0000.0009",
        "tel:+8619900000009",
        "１９９ ００００ ０００９",
    ] {
        app.advance(chrono::Duration::hours(2));
        app.post("/v1/auth/otp").json(&json!({"phone": written})).expect(202);
        let code = app.state.outbox().last_code(phone).unwrap();
        let wide: String =
            code.chars().map(|digit| char::from_u32(u32::from(digit) + 0xfee0).unwrap()).collect();
        let typed = format!(
            "{}\u{3000}{}",
            wide.chars().take(3).collect::<String>(),
            wide.chars().skip(3).collect::<String>()
        );
        app.post("/v1/auth/token")
            .json(&json!({"grant_type": "otp", "phone": written, "code": typed, "privacy_version": "2026-11-30"}))
            .expect(200);
    }
}

#[both]
fn several_phones_stand_in_one_text_of_a_roster(app: TestApp) {
    let estate = app.estate(COMMUNITY, EstateKind::Professional);
    app.declares(&estate, 10);
    let official = app.official(Role::Community, COMMUNITY, false);
    let add = |room: &str, phones: Value| {
        let body =
            json!({"estate": estate.to_lowercase(), "building": "1号楼", "room": room, "phones": phones});
        app.post("/v1/admin/households").token(&official).json(&body)
    };
    let phones = json!([
        "13900000001、13900000002/139 0000 0003",
        "\u{202d}13900000004\u{202c}",
        "13900000005,13900000006"
    ]);
    assert_eq!(add("101", phones).expect(201).json()["phones"], 6);
    // In CSV too, where the cell is quoted.
    let file = format!(
        "estate,building,unit,room,phones\n{estate},1,1,103,\"13900000001,13900000002, 13900000003\"\n"
    );
    let report = import_file(&app, &official, "households", CSV, file);
    assert_eq!(report["rows"], rows(1, 0, 0), "{report}");
    let path = format!("/v1/admin/households?estate={estate}");
    let listed = app.get(&path).token(&official).expect(200).json();
    let of_file = listed["items"].as_array().unwrap().iter().find(|each| each["room"] == "103").unwrap();
    assert_eq!(of_file["phones"], 3);
    assert_eq!(
        add("102", json!(["13900000001", "13900000001；1390"])).refused(422, "invalid").faults(),
        [("/phones/1".into(), "phone".into())]
    );
    let (_, token) = app.resident("13900000003");
    let claim = json!({"estate": format!("{estate}\u{200b}"), "building": "１幢", "room": "101室"});
    let claim = app.post("/v1/me/residences").token(&token).json(&claim).expect(201).json();
    assert_eq!((&claim["status"], &claim["room"]), (&json!("verified"), &json!("101")));
}

#[both]
fn a_credit_code_is_known_with_what_nobody_sees_in_a_path_too(app: TestApp) {
    let uscc = app.firm("大连万科物业");
    let (head, tail) = uscc.split_at(9);
    for written in [format!("{head}\u{200b}{tail}"), format!("\u{feff}{}－{tail} ", head.to_lowercase())] {
        let path = format!("/v1/firms/{}", encode(&written));
        assert_eq!(app.get(&path).expect(200).json()["uscc"], uscc.as_str(), "{written:?}");
    }
    let district = app.official(Role::District, DISTRICT, false);
    let uscc = new_uscc();
    let (head, tail) = uscc.split_at(9);
    let body = json!({"uscc": format!("{head}\u{200b}{tail}"), "name": "大连华润物业", "registered_place": DISTRICT});
    let added = app.post("/v1/admin/firms").token(&district).json(&body).expect(201).json();
    assert_eq!(added["uscc"], uscc.as_str());
}

#[both]
fn a_name_is_trimmed_and_blanks_of_any_kind_are_none(app: TestApp) {
    let district = app.official(Role::District, DISTRICT, false);
    let add = |name: &str| {
        let body = json!({"uscc": new_uscc(), "name": name, "registered_place": DISTRICT});
        app.post("/v1/admin/firms").token(&district).json(&body)
    };
    for nothing in ["", " \u{3000}", "\u{3164}", "\u{2800}\u{2800}", "\u{fe0f}", "\u{200b}\u{feff}"] {
        let refused = add(nothing).refused(422, "invalid");
        assert_eq!(refused.faults(), [("/name".into(), "blank".into())], "{nothing:?}");
    }
    let refused = add("大连\u{200b}物业").refused(422, "invalid");
    assert_eq!(refused.faults(), [("/name".into(), "control_character".into())]);
    for (written, shown) in [
        ("\u{feff} 大连示例物业\u{3000}\u{200b}", "大连示例物业"),
        ("⻢栏物业", "马栏物业"),
        ("幸福ｅ家物业", "幸福ｅ家物业"),
    ] {
        assert_eq!(add(written).expect(201).json()["name"], shown);
    }
}

#[both]
fn neither_a_space_nor_a_correction_leaves_a_former_name(app: TestApp) {
    let district = app.official(Role::District, DISTRICT, false);
    let uscc = app.firm("大连示例物业（集团）有限公司");
    let edit = |body: Value| {
        app.patch(&format!("/v1/admin/firms/{uscc}")).token(&district).header("If-Match", "*").json(&body)
    };
    for same in ["大连 示例物业（集团）有限公司 ", "大连示例物业(集团)有限公司"] {
        assert_eq!(edit(json!({"name": same})).expect(200).json()["former_names"], json!([]), "{same}");
    }
    let corrected = edit(json!({"name": "大连师例物业有限公司", "correction": true})).seconded(&app).json();
    assert_eq!(corrected["former_names"], json!([]));
    assert_eq!(
        edit(json!({"correction": true})).refused(422, "invalid").faults(),
        [("/correction".into(), "invalid".into())]
    );
    let renamed = edit(json!({"name": "大连新名物业有限公司"})).expect(200).json();
    assert_eq!(renamed["former_names"][0]["name"], "大连师例物业有限公司");

    let estate = app.estate_named("幸福里", COMMUNITY, EstateKind::Professional, &[]);
    let edit = |body: Value| {
        let path = format!("/v1/admin/estates/{estate}");
        app.patch(&path).token(&district).header("If-Match", "*").json(&body)
    };
    assert_eq!(edit(json!({"name": "幸福里 "})).expect(200).json()["aliases"], json!([]));
    let corrected = edit(json!({"name": "幸福裡", "correction": true})).seconded(&app).json();
    assert_eq!(corrected["aliases"], json!([]));
    assert_eq!(edit(json!({"name": "平安里"})).expect(200).json()["aliases"], json!(["幸福裡"]));

    let city = app.official(Role::City, "2102", false);
    let zone = json!({"code": "2102X01", "level": "district", "name": "高薪区", "parent": "2102"});
    app.post("/v1/admin/places").token(&city).json(&zone).expect(201);
    let edit =
        |body: Value| app.patch("/v1/admin/places/2102X01").token(&city).header("If-Match", "*").json(&body);
    let corrected = edit(json!({"name": "高新区", "correction": true})).seconded(&app).json();
    assert_eq!(corrected["aliases"], json!([]));
    assert_eq!(edit(json!({"name": "高新 区"})).expect(200).json()["aliases"], json!([]));
    assert_eq!(edit(json!({"name": "高新园区"})).expect(200).json()["aliases"], json!(["高新 区"]));
}

#[both]
fn places_are_found_by_pinyin_full_width_traditional_and_radicals(app: TestApp) {
    let city = app.official(Role::City, "2102", false);
    for (number, name) in ["幸福ｅ家苑", "⻢栏新区", "萬科新区", "二〇一新区", "𠮷祥新区"].iter().enumerate()
    {
        let zone = json!({"code": format!("2102X{:02}", 50 + number), "level": "district", "name": name, "parent": "2102"});
        app.post("/v1/admin/places").token(&city).json(&zone).expect(201);
    }
    for (q, name) in [
        ("幸福e家", "幸福ｅ家苑"),
        ("xfej", "幸福ｅ家苑"),
        ("马栏新", "马栏新区"),
        ("⻢栏新", "马栏新区"),
        ("malanxin", "马栏新区"),
        ("万科", "萬科新区"),
        ("萬科", "萬科新区"),
        ("二○一", "二〇一新区"),
        ("𠮷祥", "𠮷祥新区"),
    ] {
        assert!(places(&app, q).contains(&name.to_owned()), "{q}: {:?}", places(&app, q));
    }
    for nothing in ["[", "\"", "%", "_", "（）"] {
        assert_eq!(places(&app, nothing), Vec::<String>::new(), "{nothing}");
        for path in ["firms", "estates"] {
            let found = app.get(&format!("/v1/{path}?q={}", encode(nothing))).expect(200).json();
            assert_eq!(found["items"], json!([]), "{path} {nothing}");
        }
    }
    app.patch("/v1/admin/places/2102X50")
        .token(&city)
        .header("If-Match", "*")
        .json(&json!({"name": "平安苑"}))
        .expect(200);
    assert_eq!(places(&app, "pinganyuan"), ["平安苑"]);
    assert_eq!(places(&app, "幸福e家苑"), ["平安苑"]);
}

#[both]
fn firms_and_estates_are_found_in_either_script(app: TestApp) {
    let firm = app.firm("大連萬科物業");
    let estate = app.estate_named("⻓江名苑", COMMUNITY, EstateKind::Professional, &["𠮷祥里"]);
    let today = app.firm("大连万达物业");
    for (q, uscc) in [
        ("大连万科", &firm),
        ("萬科", &firm),
        ("dlwk", &firm),
        ("wanke", &firm),
        ("萬達", &today),
        ("万达", &today),
    ] {
        let found = app.walk(&format!("/v1/firms?q={}", encode(q)), "uscc", || {});
        assert_eq!(found, [uscc.clone()], "{q}");
    }
    for q in ["长江名苑", "長江", "cjmy", "𠮷祥里"] {
        let found = app.walk(&format!("/v1/estates?q={}", encode(q)), "code", || {});
        assert_eq!(found, [estate.clone()], "{q}");
    }
}

#[both]
fn names_are_sorted_as_they_are_read(app: TestApp) {
    let expected = ["长江物业", "重庆物业", "单氏物业", "厦门物业", "曾氏物业"];
    // 朴 piao (behind 平 ping), 覃 and 仇 qin and qiu, between 长 chang and 单 shan.
    let expected =
        [&expected[..2], &["朴氏物业", "平安物业", "覃氏物业", "仇氏物业"], &expected[2..]].concat();
    let mut added = expected.clone();
    added.sort_unstable();
    for name in &added {
        app.firm(name);
    }
    for name in &added {
        app.estate_named(name, COMMUNITY, EstateKind::Professional, &[]);
    }
    for path in ["/v1/firms", "/v1/estates"] {
        let found = app.walk(&format!("{path}?limit=2&sort=name"), "name", || {});
        assert_eq!(found, expected, "{path}");
    }
}

#[both]
fn a_word_that_is_not_on_its_list_is_refused_with_those_that_are(app: TestApp) {
    app.firm("大连示例物业");
    let refused = app.get("/v1/firms?grade=ZZZ").english().refused(400, "bad_parameter");
    assert_eq!(refused.faults(), [("grade".into(), "unknown_value".into())]);
    assert!(refused.text.contains("AAA, AA, A, B, C"), "{}", refused.text);
    app.get("/v1/firms?grade=aaa").expect(200);
    let admin = app.admin();
    let refused = app.get("/v1/admin/audit?object_kind=frim").token(&admin).refused(400, "bad_parameter");
    assert_eq!(refused.faults(), [("object_kind".into(), "unknown_value".into())]);
    // All that cannot be read is told at once.
    let bad = "/v1/places?level=village&colour=red&limit=many&q=wuye";
    let refused = app.get(bad).refused(400, "bad_parameter");
    let faults: Vec<String> = refused.faults().into_iter().map(|(name, _)| name).collect();
    assert_eq!(faults, ["level", "colour", "limit"]);
    for (path, name) in [
        ("/v1/firms?list=grey", "list"),
        ("/v1/firms?sort=age", "sort"),
        ("/v1/places?level=village", "level"),
        ("/v1/estates?kind=new", "kind"),
        ("/v1/rankings?by=size", "by"),
    ] {
        assert_eq!(app.get(path).refused(400, "bad_parameter").faults()[0].0, name, "{path}");
    }
}

#[both]
fn a_whole_number_may_have_a_point(app: TestApp) {
    let stage = app.stage();
    let resident = app.neighbour(&stage.estate);
    let rating = app.rating(&resident, &stage.project, "2026-11");
    rating.body("application/json", r#"{"overall": 5.0}"#).expect(201);
    let rating = app.rating(&resident, &stage.project, "2026-11");
    rating.body("application/json", r#"{"overall": 4.5}"#).refused(400, "bad_field");
    let district = app.official(Role::District, DISTRICT, false);
    let edited = app
        .patch(&format!("/v1/admin/estates/{}", stage.estate))
        .token(&district)
        .header("If-Match", "*")
        .body("application/json", r#"{"households": 1200.0}"#)
        .seconded(&app);
    assert_eq!(edited.json()["households"], 1200);
}

#[both]
fn the_faults_of_a_form_come_all_at_once(app: TestApp) {
    let district = app.official(Role::District, DISTRICT, false);
    let post = |body: Value| app.post("/v1/admin/firms").token(&district).json(&body);
    let body = json!({
        "uscc": 7, "name": "\u{3164}", "status": "gone", "participates": "yes", "kolour": "red",
        "former_names": [{"name": "旧名", "used_until": "2025-02-30"}, {"name": 5}]
    });
    let told = |pointer: &str, code: &str| (pointer.to_owned(), code.to_owned());
    assert_eq!(
        post(body).refused(400, "bad_field").faults(),
        [
            told("/former_names/0/used_until", "day"),
            told("/former_names/1/name", "wrong_type"),
            told("/former_names/1/used_until", "required"),
            told("/kolour", "unknown_field"),
            told("/name", "blank"),
            told("/participates", "wrong_type"),
            told("/registered_place", "required"),
            told("/status", "unknown_value"),
            told("/uscc", "wrong_type"),
        ]
    );
    let refused = post(json!({"status": "gone"})).english().refused(422, "invalid");
    assert_eq!(
        refused.faults(),
        [
            told("/name", "required"),
            told("/registered_place", "required"),
            told("/status", "unknown_value"),
            told("/uscc", "required"),
        ]
    );
    // With the words that are on the list.
    assert_eq!(refused.json()["errors"][2]["detail"], "must be one of active, revoked, deregistered");
}

#[both]
fn dwellings_are_listed_for_those_signed_in_and_say_nothing_of_who_lives_there(app: TestApp) {
    let estate = app.estate(COMMUNITY, EstateKind::Professional);
    app.declares(&estate, 10);
    let official = app.official(Role::Community, COMMUNITY, false);
    for (building, room) in [("2号楼", "201"), ("1", "102"), ("1", "101")] {
        let body = json!({"estate": estate, "building": building, "unit": "1", "room": room, "phones": ["13900000001"]});
        app.post("/v1/admin/households").token(&official).json(&body).expect(201);
    }
    let path = format!("/v1/estates/{estate}/dwellings");
    app.get(&path).refused(401, "not_signed_in");
    let (_, token) = app.resident("13900000009");
    let first = app.get(&format!("{path}?limit=2&count=true")).token(&token).expect(200).json();
    assert_eq!(
        first["items"],
        json!([{"building": "1", "unit": "1", "room": "101"}, {"building": "1", "unit": "1", "room": "102"}])
    );
    assert_eq!(first["page"]["total"], 3);
    let cursor = first["page"]["next_cursor"].as_str().unwrap();
    let second = app.get(&format!("{path}?limit=2&cursor={cursor}")).token(&token).expect(200).json();
    assert_eq!(second["items"], json!([{"building": "2", "unit": "1", "room": "201"}]));
    let of_two = app.get(&format!("{path}?building={}", encode("２号楼"))).token(&token).expect(200).json();
    assert_eq!(of_two["items"], second["items"]);
    app.get("/v1/estates/NOWHERE-1/dwellings").token(&token).refused(404, "not_found");
}

#[both]
fn an_approver_is_shown_what_the_register_has_near_a_claim_and_picks(app: TestApp) {
    let estate = app.estate(COMMUNITY, EstateKind::Professional);
    app.declares(&estate, 10);
    let household = app.household(&estate, "501", &[]);
    let official = app.official(Role::Community, COMMUNITY, false);
    let claim = |phone: &str, building: &str, unit: &str, room: &str| {
        let (_, token) = app.resident(phone);
        let body = json!({"estate": estate, "building": building, "unit": unit, "room": room});
        let claim = app.post("/v1/me/residences").token(&token).json(&body).expect(201).json();
        format!("/v1/admin/residences/{}", claim["id"].as_str().unwrap())
    };
    let approve = |path: &str| app.post(&format!("{path}/approve")).token(&official).header("If-Match", "*");

    let slip = claim("13900000001", "1-1", "", "510");
    let shown = app.get(&slip).token(&official).expect(200).json();
    assert_eq!(shown["in_roster"], false);
    let near = json!([{"household": household, "building": "1", "unit": "1", "room": "501"}]);
    assert_eq!(shown["near"], near);
    let listed = app.get("/v1/admin/residences").token(&official).expect(200).json();
    assert_eq!(listed["items"][0]["near"], json!(null));
    approve(&slip).refused(409, "near_dwellings");
    assert_eq!(
        approve(&slip).json(&json!({"household": "nobody"})).refused(422, "invalid").faults(),
        [("/household".into(), "unknown_household".into())]
    );
    approve(&slip).json(&json!({"household": household, "none_of_them": true})).refused(422, "invalid");
    let approved = approve(&slip).json(&json!({"household": household})).expect(200).json();
    assert_eq!(
        (&approved["status"], &approved["building"], &approved["unit"], &approved["room"], &approved["near"]),
        (&json!("verified"), &json!("1"), &json!("1"), &json!("501"), &json!([]))
    );

    let other = claim("13900000002", "1", "1", "502");
    approve(&other).refused(409, "near_dwellings");
    let approved = approve(&other).json(&json!({"none_of_them": true})).expect(200).json();
    assert_eq!((&approved["status"], &approved["room"]), (&json!("verified"), &json!("502")));

    // The register has it, or nothing near it: there is nothing to pick.
    approve(&claim("13900000003", "1", "1", "501")).expect(200);
    // Some clients name the type of a body that they do not send.
    approve(&claim("13900000004", "9", "", "909")).body("application/json", "").expect(200);

    let admin = app.admin();
    let audited = app.get("/v1/admin/audit?operation=approve_residence").token(&admin).expect(200).json();
    let claimed: Vec<&Value> =
        audited["items"].as_array().unwrap().iter().map(|each| &each["detail"]["claimed"]).collect();
    assert_eq!(claimed, [&Value::Null, &Value::Null, &Value::Null, &json!(["1-1", "", "510"])]);
}

/// Whoever is not signed in may send any megabyte: what is told of it is bounded, and with it what
/// it costs.
#[both]
fn a_body_that_is_all_faults_is_told_some_of_them(app: TestApp) {
    let list = |item: &str, count: usize| format!("[{}]", vec![item; count].join(","));
    let long = "n".repeat(300_000);
    let repeated: Vec<String> = (0..40_000).map(|number| format!(r#""f{}":0"#, number / 2)).collect();
    for body in [
        format!(r#"{{"x":{}}}"#, list(r#""\u0000""#, 60_000)),
        format!(r#"{{"{long}":{}}}"#, list("0", 120_000)),
        format!(r#"{{"{long}":{}}}"#, list(r#""\u0000""#, 60_000)),
        format!("{{{}}}", repeated.join(",")),
    ] {
        for path in ["/v1/auth/otp", "/v1/auth/token"] {
            let reply = app.post(path).body("application/json", body.clone()).refused(400, "bad_field");
            assert!((1..=33).contains(&reply.faults().len()), "{}", reply.faults().len());
            assert!(reply.text.len() < 32 * 1024, "{}", reply.text.len());
        }
    }
}

#[both]
fn a_list_that_is_too_long_and_wrong_within_is_told_so(app: TestApp) {
    let city = app.official(Role::City, "2102", false);
    let names: Vec<Value> = (0..21).map(|_| json!({"name": " ", "used_until": "2026-01-01"})).collect();
    let firm = json!({
        "uscc": new_uscc(), "name": "长名单物业有限公司", "registered_place": DISTRICT, "former_names": names,
    });
    let reply = app.post("/v1/admin/firms").token(&city).json(&firm).refused(422, "invalid");
    assert_eq!(reply.faults(), [("/former_names".into(), "length".into())]);
    let points: Vec<Value> = (0..21).map(|_| json!({"scheme": "", "points": 1})).collect();
    let record = json!({"points": points});
    let reply = app.post("/v1/admin/records").token(&app.drafter()).json(&record).refused(422, "invalid");
    assert!(reply.faults().contains(&("/points".into(), "length".into())), "{:?}", reply.faults());
}

/// `２１０２０２` with a blank that nobody sees at its end.
fn typed(code: &str) -> String {
    let wide = |character: char| match character {
        '0'..='9' | '-' => char::from_u32(u32::from(character) + 0xfee0).unwrap(),
        other => other.to_ascii_lowercase(),
    };
    code.chars().map(wide).chain(['\u{200b}']).collect()
}

#[both]
fn the_code_of_a_place_or_an_estate_is_read_as_it_is_pasted_everywhere(app: TestApp) {
    let estate = app.estate(COMMUNITY, EstateKind::Professional);
    app.project(&estate, &app.firm("门牌物业"));
    let (admin, community) = (app.admin(), app.official(Role::Community, COMMUNITY, false));
    for (path, code) in [
        ("/v1/estates?place=", COMMUNITY),
        ("/v1/firms?place=", DISTRICT),
        ("/v1/firms?estate=", &estate),
        ("/v1/places?parent=", DISTRICT),
        ("/v1/statistics?place=", DISTRICT),
        ("/v1/rankings?place=", DISTRICT),
        ("/v1/lists/red?place=", DISTRICT),
        ("/v1/admin/users?place=", DISTRICT),
        ("/v1/admin/residences?estate=", &estate),
        ("/v1/admin/households?estate=", &estate),
    ] {
        let token = if path.ends_with("estate=") { &community } else { &admin };
        let get = |code: &str| app.get(&format!("{path}{}", encode(code))).token(token).expect(200).json();
        assert_eq!(get(&typed(code)), get(code), "{path}");
    }

    let city = app.official(Role::City, "2102", false);
    let firm = json!({"uscc": new_uscc(), "name": "全角物业有限公司", "registered_place": typed(DISTRICT)});
    let firm = app.post("/v1/admin/firms").token(&city).json(&firm).expect(201).json();
    assert_eq!(firm["registered_place"]["code"], DISTRICT);
    let added =
        json!({"name": "全角花园", "kind": "professional", "place": typed(COMMUNITY), "households": 10});
    let added = app.post("/v1/admin/estates").token(&city).json(&added).seconded(&app).json();
    assert_eq!(added["place"]["code"], COMMUNITY);
    let place = json!({
        "code": typed(&format!("{DISTRICT}X77")), "level": "street", "name": "全角街道",
        "parent": typed(DISTRICT), "valid_from": "2026-01-01",
    });
    let place = app.post("/v1/admin/places").token(&city).json(&place).expect(201).json();
    assert_eq!(place["code"], format!("{DISTRICT}X77"));
    let user = json!({
        "username": "quanjiao", "role": "community",
        "place": typed(COMMUNITY), "can_confirm": false, "staff_number": "Q-1", "reason": "新任", "display_name": "全角社区",
    });
    let user = app.post("/v1/admin/users").token(&admin).json(&user).seconded(&app).json();
    assert_eq!(user["place"]["code"], COMMUNITY);
}
