//! Imports of the registers: firms, estates, projects, managers, staff, households.

use crate::harness::TestApp;
use serde_json::json;
use xinwu_both::both;
use xinwu_domain::access::Role;
use xinwu_domain::estate::EstateKind;

use crate::harness::world::{COMMUNITY, DISTRICT, OTHER_COMMUNITY, OTHER_DISTRICT, STREET, new_uscc};
use crate::imports::{CSV, NDJSON, fault, faults, import_file, import_seconded, read, rows};

#[both]
fn firms_are_added_renamed_and_left_as_they_are(app: TestApp) {
    let district = app.official(Role::District, DISTRICT, false);
    let (one, two) = (new_uscc(), new_uscc());
    let file = format!(
        "uscc,name,short_name,registered_place\n{},甲物业有限公司,甲物业,{DISTRICT}\n{two},乙物业有限公司,,{COMMUNITY}\n",
        one.to_lowercase()
    );
    assert_eq!(import_file(&app, &district, "firms", CSV, file.as_str())["rows"], rows(2, 0, 0));
    assert_eq!(import_file(&app, &district, "firms", CSV, file.as_str())["rows"], rows(0, 0, 2));
    let renamed =
        import_file(&app, &district, "firms", CSV, file.replace("甲物业有限公司", "丙物业有限公司"));
    assert_eq!(renamed["rows"], rows(0, 1, 1));
    let firm = app.get(&format!("/v1/firms/{one}")).expect(200).json();
    assert_eq!(
        (&firm["name"], &firm["former_names"]),
        (&json!("丙物业有限公司"), &json!(["甲物业有限公司"]))
    );
    assert_eq!(firm["credit"]["outcome"], "not_evaluated");
}

#[both]
fn bad_firms_are_named(app: TestApp) {
    let district = app.official(Role::District, DISTRICT, false);
    let good = new_uscc();
    let file = format!(
        "uscc,name,registered_place,check_override_reason\n91310115MA1H8R7C6D,甲,{DISTRICT},\n91310115MA1H8R7C6D,甲,{DISTRICT},执照如此\n\
             9131,乙,{DISTRICT},\n{good},丙,999999,\n{},丁,{OTHER_DISTRICT},\n",
        new_uscc()
    );
    let report = import_file(&app, &district, "firms", CSV, file);
    // What a code is by itself, what the register says and who may: all is told at once.
    assert_eq!(
        faults(&report),
        [
            fault(2, "uscc", "uscc_check"),
            fault(4, "uscc", "uscc_length"),
            fault(5, "registered_place", "unknown_place"),
            fault(6, "registered_place", "out_of_reach"),
        ]
    );
    let file = format!(
        "uscc,name,registered_place\n{good},丙,999999\n{},丁,{OTHER_DISTRICT}\n{},戊,{DISTRICT}\n",
        new_uscc(),
        new_uscc()
    );
    let report = import_file(&app, &district, "firms", CSV, file);
    let found = faults(&report);
    assert_eq!(found.iter().map(|each| each.0).collect::<Vec<_>>(), [2, 3], "{report}");
    assert_eq!((found[0].1.as_str(), found[1].2.as_str()), ("registered_place", "out_of_reach"));
    app.get(&format!("/v1/firms/{good}")).refused(404, "not_found");
    let overridden = format!(
        "uscc,name,registered_place,check_override_reason\n91310115MA1H8R7C6D,甲,{DISTRICT},执照如此\n"
    );
    assert_eq!(import_file(&app, &district, "firms", CSV, overridden)["rows"], rows(1, 0, 0));
}

#[both]
fn estates_projects_and_managers_follow_each_other(app: TestApp) {
    let district = app.official(Role::District, DISTRICT, false);
    let uscc = app.firm("物业甲");
    let estates = format!(
        "code,name,kind,place,aliases,households\nE-0001,幸福里,professional,{COMMUNITY},幸福一期；幸福二期,300\nE-0002,老院,unmanaged,{COMMUNITY},,\n"
    );
    let first = import_seconded(&app, &district, "estates", CSV, estates.as_str());
    assert_eq!((&first["state"], &first["rows"]), (&json!("confirmed"), &rows(2, 0, 0)), "{first}");
    assert_eq!(import_file(&app, &district, "estates", CSV, estates.as_str())["rows"], rows(0, 0, 2));
    assert_eq!(app.get("/v1/estates/E-0001").expect(200).json()["aliases"], json!(["幸福一期", "幸福二期"]));
    let managers = format!("name,uscc\n王经理,{uscc}\n李经理,{uscc}\n");
    assert_eq!(import_file(&app, &district, "managers", CSV, managers.as_str())["rows"], rows(2, 0, 0));
    assert_eq!(import_file(&app, &district, "managers", CSV, managers.as_str())["rows"], rows(0, 0, 2));
    let projects = format!(
        "estate,operator,uscc,manager,starts_on,ends_on,area_m2,households,fee_fen\nE-0001,firm,{uscc},王经理,2024-01-01,,85000.5,300,180\nE-0002,owners,,,2025-03-01,,1200,40,\n"
    );
    let first = import_seconded(&app, &district, "projects", CSV, projects.as_str());
    assert_eq!((&first["state"], &first["rows"]), (&json!("confirmed"), &rows(2, 0, 0)), "{first}");
    assert_eq!(import_file(&app, &district, "projects", CSV, projects.as_str())["rows"], rows(0, 0, 2));
    let ended = import_seconded(
        &app,
        &district,
        "projects",
        CSV,
        projects.replace("2024-01-01,,", "2024-01-01,2026-12-31,").replace("王", "李"),
    );
    assert_eq!(ended["rows"], rows(0, 1, 1));
    let project = app.get("/v1/estates/E-0001").expect(200).json()["project"].clone();
    assert_eq!(
        (&project["firm"]["uscc"], &project["manager"]["name"], &project["ends_on"], &project["area_m2"]),
        (&json!(uscc), &json!("李经理"), &json!("2026-12-31"), &json!(85000.5))
    );
    assert_eq!(
        app.get(&format!("/v1/firms/{uscc}")).expect(200).json()["projects"],
        json!({"count": 1, "area_m2": 85000.5})
    );
    let bad = format!(
        "estate,operator,uscc,manager,starts_on,area_m2,households\nE-0001,firm,{uscc},,2025-01-01,100,1\nE-9999,owners,,,2024-01-01,1,1\nE-0002,firm,,赵经理,2020-01-01,1,1\nE-0001,owners,,,2024-01-01,1,1\nE-0002,owners,,,2019-01-01,1.234,1\n"
    );
    let report = import_file(&app, &district, "projects", CSV, bad);
    assert_eq!(
        faults(&report),
        [
            fault(2, "", "estate_already_served"),
            fault(3, "estate", "unknown_estate"),
            fault(4, "manager", "unknown_manager"),
            fault(5, "", "other_operator"),
            fault(6, "area_m2", "decimal"),
        ]
    );
}

#[both]
fn what_has_a_value_is_cleared_by_saying_so_and_left_by_saying_nothing(app: TestApp) {
    let district = app.official(Role::District, DISTRICT, false);
    let uscc = new_uscc();
    let twice = |kind: &str, format: &str, file: String, first: serde_json::Value| {
        let sent = import_seconded(&app, &district, kind, format, file.as_str());
        assert_eq!(sent["rows"], first, "{sent}");
        assert_eq!(import_file(&app, &district, kind, format, file)["rows"], rows(0, 0, 1));
    };
    let firm = |short: &str| {
        format!("uscc,name,short_name,registered_place\n{uscc},甲物业有限公司,{short},{DISTRICT}\n")
    };
    twice("firms", CSV, firm("甲物业"), rows(1, 0, 0));
    twice("firms", CSV, firm(""), rows(0, 0, 1));
    twice("firms", CSV, firm("-"), rows(0, 1, 0));
    assert_eq!(app.get(&format!("/v1/firms/{uscc}")).expect(200).json()["short_name"], json!(null));
    let estate = |rest: &str| {
        format!("code,name,kind,place,aliases,address\nE-01,幸福里,professional,{COMMUNITY},{rest}\n")
    };
    twice("estates", CSV, estate("幸福一期,中山路1号"), rows(1, 0, 0));
    let line = |rest: &str| {
        format!(
            "{{\"code\":\"E-01\",\"name\":\"幸福里\",\"kind\":\"professional\",\"place\":\"{COMMUNITY}\"{rest}}}\n"
        )
    };
    twice("estates", NDJSON, line(""), rows(0, 0, 1));
    twice("estates", NDJSON, line(",\"address\":null"), rows(0, 1, 0));
    twice("estates", CSV, estate("-,-"), rows(0, 1, 0));
    let there = app.get("/v1/estates/E-01").expect(200).json();
    assert_eq!((&there["aliases"], &there["address"]), (&json!([]), &json!(null)));
    import_file(&app, &district, "managers", CSV, format!("name,uscc\n王经理,{uscc}\n"));
    let project = |rest: &str| {
        format!(
            "estate,operator,uscc,starts_on,area_m2,households,manager,ends_on,fee_fen\nE-01,firm,{uscc},2024-01-01,1000,10,{rest}\n"
        )
    };
    twice("projects", CSV, project("王经理,2026-12-31,180"), rows(1, 0, 0));
    twice("projects", CSV, project(",,"), rows(0, 0, 1));
    twice("projects", CSV, project("-,-,-"), rows(0, 1, 0));
    let there = app.get("/v1/estates/E-01").expect(200).json()["project"].clone();
    assert_eq!(
        (&there["manager"], &there["ends_on"], &there["fee_fen"]),
        (&json!(null), &json!(null), &json!(null))
    );
    // What must have a value cannot lose it.
    let report = import_file(
        &app,
        &district,
        "firms",
        CSV,
        format!("uscc,name,registered_place,status\n{uscc},甲,{DISTRICT},-\n"),
    );
    assert_eq!(faults(&report), [fault(2, "status", "unknown_value")]);
}

#[both]
fn staff_come_and_leave(app: TestApp) {
    let district = app.official(Role::District, DISTRICT, false);
    let uscc = app.firm("物业甲");
    let file = format!(
        "{{\"uscc\":\"{uscc}\",\"phone\":\"139 0000 0001\"}}\n{{\"uscc\":\"{uscc}\",\"phone\":\"13900000002\"}}\n"
    );
    assert_eq!(import_seconded(&app, &district, "staff", NDJSON, file.as_str())["rows"], rows(2, 0, 0));
    assert_eq!(import_seconded(&app, &district, "staff", NDJSON, file.as_str())["rows"], rows(0, 0, 2));
    let left = format!("uscc,phone,left\n{uscc},+8613900000001,是\n{uscc},13900000003,否\n");
    assert_eq!(import_seconded(&app, &district, "staff", CSV, left)["rows"], rows(1, 1, 0));
    let none = new_uscc();
    let bad = format!("uscc,phone\n{uscc},13900000004\n{none},13900000005\n");
    assert_eq!(faults(&import_file(&app, &district, "staff", CSV, bad)), [fault(3, "uscc", "unknown_firm")]);
    // A dry run says which rows can be read, and of no number whether it is listed.
    for number in ["13900000004", "13900000002"] {
        let dry = format!("uscc,phone\n{uscc},{number}\n");
        let checked = import_file(&app, &district, "staff?dry_run=true", CSV, dry);
        assert_eq!((&checked["state"], &checked["rows"]), (&json!("checked"), &read(1)));
    }
    let bad = import_file(&app, &district, "staff", CSV, format!("uscc,phone\n{uscc},0411-1234\n"));
    assert_eq!(faults(&bad), [fault(2, "phone", "phone")]);
    assert!(!bad.to_string().contains("0411"), "a phone is never shown: {bad}");
}

#[both]
fn households_bring_their_roster(app: TestApp) {
    let street = app.official(Role::Street, STREET, false);
    let estate = app.estate(COMMUNITY, EstateKind::Old);
    let file = format!(
        "estate,building,unit,room,phones\n{estate},１,1,101,13900000001;13900000002\n{estate},1,,a2,\n"
    );
    let first = import_file(&app, &street, "households", CSV, file.as_str());
    assert_eq!((&first["state"], &first["rows"]), (&json!("applied"), &rows(2, 0, 0)), "{first}");
    assert_eq!(import_file(&app, &street, "households", CSV, file.as_str())["rows"], rows(0, 0, 2));
    let list = || {
        app.get(&format!("/v1/admin/households?estate={estate}")).token(&street).expect(200).json()["items"]
            .clone()
    };
    let found = list();
    assert_eq!(
        (&found[0]["room"], &found[0]["phones"], &found[1]["building"], &found[1]["phones"]),
        (&json!("A2"), &json!(0), &json!("1"), &json!(2))
    );
    let changed = file.replace("13900000001", "13900000003").replace("13900000002", "");
    for tried in [&file, &changed] {
        let checked = import_file(&app, &street, "households?dry_run=true", CSV, tried.as_str());
        assert_eq!((&checked["state"], &checked["rows"]), (&json!("checked"), &read(2)));
    }
    assert_eq!(list(), found);
    assert_eq!(import_file(&app, &street, "households", CSV, changed.as_str())["rows"], rows(0, 1, 1));
    assert_eq!(list()[1]["phones"], 1);
    assert_eq!(import_file(&app, &street, "households", CSV, changed.as_str())["rows"], rows(0, 0, 2));
    let emptied = format!("estate,building,unit,room,phones\n{estate},1,1,101,-\n");
    assert_eq!(import_file(&app, &street, "households", CSV, emptied.as_str())["rows"], rows(0, 1, 0));
    assert_eq!(list()[1]["phones"], 0);
    assert_eq!(import_file(&app, &street, "households", CSV, emptied)["rows"], rows(0, 0, 1));
    let other = app.estate(OTHER_COMMUNITY, EstateKind::Old);
    let outside =
        format!("estate,building,unit,room\n{estate},9,9,9\n{other},1,1,1\nNOWHERE,1,1,1\n{estate},,1,1\n");
    let report = import_file(&app, &street, "households", CSV, outside);
    assert_eq!(
        (&report["state"], faults(&report)),
        (
            &json!("refused"),
            vec![
                fault(3, "estate", "out_of_reach"),
                fault(4, "estate", "unknown_estate"),
                fault(5, "building", "required")
            ]
        )
    );
    assert_eq!(list().as_array().unwrap().len(), 2);
}
