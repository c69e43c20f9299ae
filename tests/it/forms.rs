//! All that is wrong with a form is told at once, whatever finds it: the form by itself, or the use
//! case by what it names.

use serde_json::{Value, json};
use xinwu_both::both;
use xinwu_domain::access::Role;
use xinwu_domain::estate::EstateKind;
use xinwu_persistence::people::account::NewAccount;

use crate::harness::files::{penalty, with};
use crate::harness::world::{COMMUNITY, DISTRICT, OTHER_COMMUNITY, OTHER_DISTRICT, STREET, new_uscc};
use crate::harness::{Call, TestApp, someone};
use crate::imports::{CSV, fault, faults, import_file};
use crate::sign_in::{staff, with_password};

const PASSWORD: &str = "correct horse battery";

/// No such thing.
const NOBODY: &str = "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c";
/// A text that names somebody.
const PERSONAL: &str = "请联系13900000001";

/// What a form is refused for is exactly this, by pointer and code.
#[track_caller]
fn refused_for(call: Call, body: &Value, expected: &[(&str, &str)]) {
    let told = call.json(body).refused(422, "invalid").faults();
    let told: Vec<(&str, &str)> =
        told.iter().map(|(pointer, code)| (pointer.as_str(), code.as_str())).collect();
    assert_eq!(told, expected);
}

#[both]
fn new_entries_of_the_registers(app: TestApp) {
    let city = app.official(Role::City, "2102", true);
    let uscc = app.firm("海蓝物业");
    let other = app.firm("另一家物业");
    let (estate, manager) = (app.estate(COMMUNITY, EstateKind::Professional), app.manager("李四", &other));
    let add = |path: &str| app.post(path).token(&city);
    refused_for(
        add("/v1/admin/places"),
        &json!({"code": "21-02", "level": "street", "name": "新街道", "parent": "999999"}),
        &[("/code", "place_code"), ("/parent", "unknown_place")],
    );
    refused_for(
        add("/v1/admin/firms"),
        &json!({
            "uscc": "91310115MA1H8R7C6D", "name": "甲物业", "registered_place": "999999", "licensed_on": "2030-01-01",
            "parent": new_uscc()
        }),
        &[
            ("/licensed_on", "in_future"),
            ("/parent", "unknown_firm"),
            ("/parent_since", "required"),
            ("/registered_place", "unknown_place"),
            ("/uscc", "uscc_check"),
        ],
    );
    refused_for(
        add("/v1/admin/firms"),
        &json!({
            "uscc": new_uscc(), "name": "甲物业", "registered_place": DISTRICT, "check_override_reason": "执照如此",
            "parent_since": "2030-01-01"
        }),
        &[("/check_override_reason", "nothing_to_override"), ("/parent_since", "not_applicable")],
    );
    refused_for(
        add("/v1/admin/estates"),
        &json!({"code": "小区", "name": "新小区", "kind": "professional", "place": DISTRICT, "households": 10}),
        &[("/code", "estate_code"), ("/place", "not_a_community")],
    );
    let project = json!({
        "estate": "999999999999-001", "operator": "firm", "manager": NOBODY, "starts_on": "2026-12-01",
        "ends_on": "2026-11-01", "area_m2": 10, "households": 100
    });
    refused_for(
        add("/v1/admin/projects"),
        &project,
        &[
            ("/area_reason", "area_reason_needed"),
            ("/ends_on", "ends_before_start"),
            ("/estate", "unknown_estate"),
            ("/manager", "unknown_manager"),
            ("/uscc", "required"),
        ],
    );
    // Whose manager it is says nothing of a firm that there is not.
    let named =
        json!({"estate": estate, "uscc": new_uscc(), "manager": manager, "ends_on": null, "area_m2": 10_000});
    refused_for(add("/v1/admin/projects"), &with(project.clone(), named), &[("/uscc", "unknown_firm")]);
    let named = json!({"estate": estate, "uscc": uscc, "manager": manager, "ends_on": null});
    refused_for(
        add("/v1/admin/projects"),
        &with(project, named),
        &[("/area_reason", "area_reason_needed"), ("/manager", "manager_of_another_firm")],
    );
    let community = app.official(Role::Community, COMMUNITY, false);
    refused_for(
        app.post("/v1/admin/households").token(&community),
        &json!({"estate": "999999999999-001", "building": "", "room": "１２３４５６７８９０1234567890甲"}),
        &[("/building", "length"), ("/estate", "unknown_estate"), ("/room", "length")],
    );
    let (_, resident) = app.resident("13900000001");
    refused_for(
        app.post("/v1/me/residences").token(&resident),
        &json!({"estate": "999999999999-001", "building": "3", "unit": "一二三四五六七八九十甲乙丙丁戊己庚辛壬癸子", "room": ""}),
        &[("/estate", "unknown_estate"), ("/room", "length"), ("/unit", "length")],
    );
}

#[both]
fn edits_of_the_registers(app: TestApp) {
    let city = app.official(Role::City, "2102", true);
    let uscc = app.firm("海蓝物业");
    let estate = app.estate(COMMUNITY, EstateKind::Professional);
    let (project, manager) = (app.project(&estate, &uscc), app.manager("张三", &uscc));
    let edit = |path: String| app.patch(&path).token(&city).header("If-Match", "*");
    refused_for(
        edit(format!("/v1/admin/places/{STREET}")),
        &json!({"correction": true, "parent": COMMUNITY, "successors": ["999999", STREET, "888888"]}),
        &[
            ("/correction", "invalid"),
            ("/parent", "wrong_level"),
            ("/successors/0", "unknown_place"),
            ("/successors/2", "unknown_place"),
        ],
    );
    refused_for(
        edit(format!("/v1/admin/firms/{uscc}")),
        &json!({
            "correction": true, "registered_place": "999999", "licensed_on": "2030-01-01", "successors": [uscc, new_uscc()],
            "parent": uscc, "parent_since": "2030-01-01"
        }),
        &[
            ("/correction", "invalid"),
            ("/licensed_on", "in_future"),
            ("/parent", "itself"),
            ("/parent_since", "in_future"),
            ("/registered_place", "unknown_place"),
            ("/successors/0", "cycle"),
            ("/successors/1", "unknown_firm"),
        ],
    );
    let parent = app.firm("母公司");
    refused_for(
        edit(format!("/v1/admin/firms/{uscc}")),
        &json!({"correction": true, "parent": parent, "parent_since": "2026-01-01", "participates": false}),
        &[("/correction", "invalid"), ("/parent", "not_applicable")],
    );
    refused_for(
        edit(format!("/v1/admin/estates/{estate}")),
        &json!({"correction": true, "place": DISTRICT, "successor": estate}),
        &[("/correction", "invalid"), ("/place", "not_a_community"), ("/successor", "not_applicable")],
    );
    refused_for(
        edit(format!("/v1/admin/estates/{estate}")),
        &json!({"place": "999999", "retired": true, "successor": estate}),
        &[("/place", "unknown_place"), ("/successor", "itself")],
    );
    refused_for(
        edit(format!("/v1/admin/projects/{project}")),
        &json!({"uscc": new_uscc(), "manager": NOBODY, "ends_on": "2023-01-01", "area_m2": 10, "successor": project}),
        &[
            ("/area_reason", "area_reason_needed"),
            ("/ends_on", "ends_before_start"),
            ("/manager", "unknown_manager"),
            ("/successor", "not_applicable"),
            ("/uscc", "unknown_firm"),
        ],
    );
    refused_for(
        edit(format!("/v1/admin/managers/{manager}")),
        &json!({"uscc": new_uscc(), "retired": true, "successor": NOBODY}),
        &[("/successor", "unknown_manager"), ("/uscc", "unknown_firm")],
    );
}

#[both]
fn a_record_and_what_becomes_of_it(app: TestApp) {
    let scene = app.scene();
    let (drafter, estate) = (app.drafter(), app.estate(COMMUNITY, EstateKind::Professional));
    let elsewhere = app.project(&estate, &app.firm("另一家物业"));
    let all_bad = json!({
        "category": "P999", "uscc": new_uscc(), "project": NOBODY, "manager": NOBODY, "title": PERSONAL, "detail": PERSONAL,
        "document_number": "〔〕", "decided_on": "2030-01-01", "counts_until": "2026-01-01"
    });
    refused_for(
        app.post("/v1/admin/records").token(&drafter),
        &with(penalty(&scene.uscc), all_bad),
        &[
            ("/category", "unknown_category"),
            ("/counts_until", "out_of_range"),
            ("/decided_on", "in_future"),
            ("/detail", "personal_information"),
            ("/document_number", "no_number"),
            ("/manager", "unknown_manager"),
            ("/project", "unknown_project"),
            ("/title", "personal_information"),
            ("/uscc", "unknown_firm"),
        ],
    );
    let points = json!([
        {"scheme": "nowhere", "points": 8}, {"scheme": "dalian-demo", "points": 90}, {"scheme": "dalian-demo", "points": 8}
    ]);
    let choices =
        json!({"project": elsewhere, "publish": false, "public_until": "2031-01-01", "points": points});
    let of_choices = [
        ("/points/0/scheme", "unknown_scheme"),
        ("/points/1/points", "out_of_range"),
        ("/points/1/reason", "required"),
        ("/points/2/scheme", "duplicate"),
        ("/project", "project_of_another_firm"),
        ("/public_until", "out_of_range"),
        ("/publish", "must_be_shown"),
    ];
    refused_for(
        app.post("/v1/admin/records").token(&drafter),
        &with(penalty(&scene.uscc), choices.clone()),
        &of_choices,
    );
    let (id, _) = app.draft(&drafter, &penalty(&scene.uscc));
    let of_draft = app.patch(&format!("/v1/admin/records/{id}")).token(&drafter).header("If-Match", "*");
    refused_for(of_draft, &choices, &of_choices);

    let record = app.record_in_force(&penalty(&scene.uscc));
    let objection = app.objection(&scene.uscc, &record);
    let amendment = json!({
        "category": "R101", "title": PERSONAL, "decided_on": "2030-01-01", "points": points
    });
    let verdict = json!({
        "decision": "amended", "reason": "复核", "amendment": amendment, "scores": {"service": 1, "party": 1}
    });
    let told =
        app.decide(&app.confirmer(), "objections", &objection, &verdict).refused(422, "invalid").faults();
    let expected = [
        ("/amendment/category", "other_kind"),
        ("/amendment/decided_on", "in_future"),
        ("/amendment/points/0/scheme", "unknown_scheme"),
        ("/amendment/points/1", "no_discretion"),
        ("/amendment/points/2/scheme", "duplicate"),
        ("/amendment/title", "personal_information"),
        ("/scores", "not_applicable"),
    ];
    assert_eq!(told, expected.map(|(pointer, code)| (pointer.to_owned(), code.to_owned())));
}

#[both]
fn an_assessment_and_what_becomes_of_it(app: TestApp) {
    let scene = app.scene();
    let community = app.official(Role::Community, COMMUNITY, false);
    let body = json!({"scores": {"service": 101, "party": -1}, "note": PERSONAL});
    let of_scores = [("/scores/party", "out_of_range"), ("/scores/service", "out_of_range")];
    let put = |period: &str| {
        app.put(&format!("/v1/admin/assessments/{}/{period}/community", scene.project)).token(&community)
    };
    let told =
        [&[("/note", "personal_information"), ("/period", "period_not_begun")], &of_scores[..]].concat();
    refused_for(put("2030-Q1"), &body, &told);
    let told =
        [&[("/correction_reason", "period_closed"), ("/note", "personal_information")], &of_scores[..]];
    refused_for(put("2025-Q1"), &body, &told.concat());
    let told = [
        &[
            ("/correction_reason", "personal_information"),
            ("/note", "personal_information"),
            ("/period", "outside_term"),
        ],
        &of_scores[..],
    ];
    refused_for(put("2023-Q1"), &with(body, json!({"correction_reason": PERSONAL})), &told.concat());

    app.assess(
        &community,
        &scene.project,
        "2026-Q4",
        "community",
        &json!({"scores": {"service": 80, "party": 80}}),
    )
    .expect(201);
    let path = format!("/v1/admin/places/{STREET}/assessments/2026-Q4/return");
    let street = app.official(Role::Street, STREET, true);
    refused_for(
        app.post(&path).token(&street).header("If-Match", "*"),
        &json!({"assessments": [NOBODY, "x"], "reason": "重做"}),
        &[("/assessments/0", "unknown_value"), ("/assessments/1", "unknown_value")],
    );
    let given = app.assessed(
        &scene.project,
        "2026-Q2",
        "street",
        &json!({"scores": {"service": 80, "party": 80}, "correction_reason": "补录"}),
    );
    let path = format!("/v1/assessments/{}", given["id"].as_str().unwrap());
    let filed = app.object(&app.firm_account(&scene.uscc), &path).expect(201).json();
    let verdict = json!({
        "decision": "amended", "reason": PERSONAL, "scores": {"service": 101, "party": -1}, "amendment": {"level": "city"}
    });
    let told = app
        .decide(&app.confirmer(), "objections", filed["id"].as_str().unwrap(), &verdict)
        .refused(422, "invalid")
        .faults();
    let expected = [
        ("/amendment", "not_applicable"),
        ("/reason", "personal_information"),
        ("/scores/party", "out_of_range"),
        ("/scores/service", "out_of_range"),
    ];
    assert_eq!(told, expected.map(|(pointer, code)| (pointer.to_owned(), code.to_owned())));
}

#[both]
fn accounts_and_clients(app: TestApp) {
    let admin = app.admin();
    refused_for(
        app.post("/v1/admin/users").token(&admin),
        &json!({"username": "A!", "role": "street", "place": "999999", "uscc": new_uscc(), "manager": NOBODY, "can_confirm": true}),
        &[
            ("/manager", "unknown_manager"),
            ("/place", "unknown_place"),
            ("/staff_number", "required"),
            ("/uscc", "unknown_firm"),
            ("/username", "username"),
        ],
    );
    refused_for(
        app.post("/v1/admin/users").token(&admin),
        &json!({"username": "A!", "role": "resident", "place": "999999", "can_confirm": true}),
        &[("/place", "unknown_place"), ("/role", "not_for_role"), ("/username", "username")],
    );
    let uscc = app.firm("海蓝物业");
    let (id, _) = app.account(NewAccount { uscc: Some(uscc), ..someone(Role::Firm) });
    let edit = |body: &Value, expected: &[(&str, &str)]| {
        let call = app.patch(&format!("/v1/admin/users/{id}")).token(&admin).header("If-Match", "*");
        refused_for(call, body, expected);
    };
    edit(
        &json!({"role": "street", "place": DISTRICT, "manager": NOBODY}),
        &[("/manager", "unknown_manager"), ("/place", "wrong_level"), ("/staff_number", "required")],
    );
    edit(
        &json!({"role": "integrator", "place": "999999"}),
        &[("/place", "unknown_place"), ("/role", "not_for_role")],
    );
    refused_for(
        app.post("/v1/admin/clients").token(&admin),
        &json!({"name": "平台", "scopes": ["all", "read", "read"], "on_behalf_of": NOBODY}),
        &[("/on_behalf_of", "not_for_role"), ("/scopes/0", "unknown_value"), ("/scopes/2", "duplicate")],
    );
    let claim = json!({"id": NOBODY});
    refused_for(
        app.post("/v1/admin/residences/approve").token(&app.official(Role::Community, COMMUNITY, false)),
        &json!({"residences": [claim, claim, {"id": "x"}, claim]}),
        &[("/residences/1/id", "duplicate"), ("/residences/3/id", "duplicate")],
    );
}

#[both]
fn ones_own_account(app: TestApp) {
    app.token(staff("inspector", Role::Admin));
    let signed = with_password(&app, "inspector", PASSWORD).expect(200).json();
    let token = signed["access_token"].as_str().unwrap();
    let edit = || app.patch("/v1/me").token(token).header("If-Match", "*");
    refused_for(
        edit(),
        &json!({"display_name": "李主任", "password": "short"}),
        &[("/current_password", "required"), ("/display_name", "not_for_role"), ("/password", "length")],
    );
    refused_for(
        edit(),
        &json!({"display_name": " ", "password": "inspector", "current_password": "wrong"}),
        &[("/current_password", "wrong_password"), ("/display_name", "blank"), ("/password", "length")],
    );
}

#[both]
fn a_row_of_a_file(app: TestApp) {
    let district = app.official(Role::District, DISTRICT, false);
    let uscc = app.firm("海蓝物业");
    let estate = app.estate(COMMUNITY, EstateKind::Professional);
    let file = format!(
        "uscc,name,registered_place,licensed_on,parent,parent_since\n{},甲,{DISTRICT},2030-01-01,{uscc},2030-01-01\n",
        new_uscc()
    );
    let report = import_file(&app, &district, "firms", CSV, file.as_str());
    let mut told = faults(&report);
    told.sort();
    assert_eq!(told, [fault(2, "licensed_on", "in_future"), fault(2, "parent_since", "in_future")]);
    let file = format!(
        "estate,operator,uscc,starts_on,ends_on,area_m2,households\n{estate},firm,,2026-12-01,2026-11-01,10,100\n"
    );
    let report = import_file(&app, &district, "projects", CSV, file.as_str());
    let mut told = faults(&report);
    told.sort();
    assert_eq!(
        told,
        [
            fault(2, "area_reason", "area_reason_needed"),
            fault(2, "ends_on", "ends_before_start"),
            fault(2, "uscc", "required")
        ]
    );
}

#[both]
fn a_question_about_two_instants(app: TestApp) {
    let scene = app.scene();
    let path = format!(
        "/v1/firms/{}/evaluation?as_of=2030-01-01T00:00:00Z&known_at=2030-01-01T00:00:00Z",
        scene.uscc
    );
    let told = app.get(&path).refused(400, "bad_parameter").faults();
    assert_eq!(told, [("as_of".into(), "in_future".into()), ("known_at".into(), "in_future".into())]);
}

#[both]
fn what_is_not_the_askers_comes_before_and_what_stands_against_it_after(app: TestApp) {
    let scene = app.scene();
    let district = app.official(Role::District, DISTRICT, true);
    let project = json!({
        "estate": app.estate(OTHER_COMMUNITY, EstateKind::Professional), "operator": "firm", "manager": NOBODY,
        "starts_on": "2026-12-01", "ends_on": "2026-11-01", "area_m2": 10, "households": 100
    });
    let add = || app.post("/v1/admin/projects").token(&district);
    add().json(&project).refused(403, "out_of_reach");
    let served = json!({"estate": scene.estate, "uscc": scene.uscc, "ends_on": null, "area_m2": 10_000});
    let served = with(project, served);
    refused_for(add(), &served, &[("/manager", "unknown_manager")]);
    add().json(&with(served, json!({"manager": null}))).refused(409, "estate_already_served");

    let firm = |body: Value| {
        let path = format!("/v1/admin/firms/{}", scene.uscc);
        app.patch(&path).token(&district).header("If-Match", "*").json(&body)
    };
    let retired = json!({"retired": true, "registered_place": "999999"});
    let told = firm(retired.clone()).refused(422, "invalid").faults();
    assert_eq!(told, [("/registered_place".into(), "unknown_place".into())]);
    firm(with(retired.clone(), json!({"registered_place": OTHER_DISTRICT}))).refused(403, "out_of_reach");
    firm(with(retired, json!({"registered_place": "(left out)"}))).refused(409, "in_use");
}

#[both]
fn what_breaks_a_rule_of_its_field_and_what_the_use_case_finds(app: TestApp) {
    let (city, uscc) = (app.official(Role::City, "2102", true), app.firm("海蓝物业"));
    let estate = app.estate(COMMUNITY, EstateKind::Professional);
    let project = app.project(&estate, &uscc);
    refused_for(
        app.post("/v1/admin/places").token(&city),
        &json!({"code": "21-02", "level": "street", "name": " ", "parent": "999999"}),
        &[("/code", "place_code"), ("/name", "blank"), ("/parent", "unknown_place")],
    );
    // A place whose code breaks its rule is none that is not known besides.
    let new =
        json!({"uscc": new_uscc(), "name": "", "registered_place": "9".repeat(33), "parent": new_uscc()});
    refused_for(
        app.post("/v1/admin/firms").token(&city),
        &new,
        &[
            ("/name", "blank"),
            ("/parent", "unknown_firm"),
            ("/parent_since", "required"),
            ("/registered_place", "length"),
        ],
    );
    let edit = |path: &str| app.patch(path).token(&city).header("If-Match", "*");
    // What waits for a second person says why.
    refused_for(
        edit(&format!("/v1/admin/firms/{uscc}")),
        &json!({"short_name": " ", "participates": false}),
        &[("/reason", "required"), ("/short_name", "blank")],
    );
    refused_for(
        edit(&format!("/v1/admin/projects/{project}")),
        &json!({"fee_fen": -1, "manager": NOBODY}),
        &[("/fee_fen", "out_of_range"), ("/manager", "unknown_manager")],
    );
    let draft = with(penalty(&new_uscc()), json!({"title": "", "evidence": [], "decided_on": "2030-01-01"}));
    refused_for(
        app.post("/v1/admin/records").token(&app.drafter()),
        &draft,
        &[
            ("/decided_on", "in_future"),
            ("/evidence", "length"),
            ("/title", "blank"),
            ("/uscc", "unknown_firm"),
        ],
    );
    refused_for(
        app.post("/v1/admin/users").token(&app.admin()),
        &json!({"username": "A!", "role": "street", "place": "999999", "staff_number": "1", "display_name": " "}),
        &[("/display_name", "blank"), ("/place", "unknown_place"), ("/username", "username")],
    );
}

#[both]
fn what_firms_ask_for_and_officials_send_back(app: TestApp) {
    let scene = app.scene();
    let record = app.record_in_force(&penalty(&scene.uscc));
    let many = vec!["退款清单.pdf"; 21];
    refused_for(
        app.post(&format!("/v1/records/{record}/repairs")).token(&app.firm_account(&scene.uscc)),
        &json!({"commitment": PERSONAL, "evidence": many}),
        &[("/commitment", "personal_information"), ("/evidence", "length")],
    );
    let community = app.official(Role::Community, COMMUNITY, false);
    let scores = json!({"scores": {"service": 80, "party": 80}});
    app.assess(&community, &scene.project, "2026-Q4", "community", &scores).expect(201);
    refused_for(
        app.post(&format!("/v1/admin/places/{STREET}/assessments/2026-Q4/return"))
            .token(&app.official(Role::Street, STREET, true))
            .header("If-Match", "*"),
        &json!({"assessments": [NOBODY], "reason": " "}),
        &[("/assessments/0", "unknown_value"), ("/reason", "blank")],
    );
    refused_for(
        app.put(&format!("/v1/admin/assessments/{}/2026-Q4/community", scene.project)).token(&community),
        &json!({"scores": {"service": 101, "party": 80}, "note": " "}),
        &[("/note", "blank"), ("/scores/service", "out_of_range")],
    );
    refused_for(
        app.post("/v1/admin/residences/approve").token(&community),
        &json!({"residences": [{"id": "x", "household": ""}, {"id": "x"}]}),
        &[("/residences/0/household", "length"), ("/residences/1/id", "duplicate")],
    );
}

#[both]
fn a_form_that_breaks_a_rule_does_nothing(app: TestApp) {
    let (city, uscc) = (app.official(Role::City, "2102", true), app.firm("海蓝物业"));
    let new = |name: &str| json!({"code": "2102X01", "level": "district", "name": name, "parent": "2102"});
    let add = || app.post("/v1/admin/places").token(&city).header("Idempotency-Key", "k");
    refused_for(add(), &new(" "), &[("/name", "blank")]);
    app.get("/v1/places/2102X01").refused(404, "not_found");
    add().json(&new("高新区")).expect(201);
    // What stands against it, and what is missing beside it, comes after.
    let call = app.post("/v1/admin/places").token(&city);
    refused_for(call, &new(" "), &[("/name", "blank")]);
    let path = format!("/v1/admin/firms/{uscc}");
    refused_for(app.patch(&path).token(&city), &json!({"name": " "}), &[("/name", "blank")]);
    refused_for(
        app.patch(&path).token(&city).header("If-Match", "\"9.00000000.x\""),
        &json!({"name": " "}),
        &[("/name", "blank")],
    );
    // Whose it is comes before.
    let elsewhere = app.official(Role::District, OTHER_DISTRICT, true);
    let call = app.patch(&path).token(&elsewhere).header("If-Match", "*");
    call.json(&json!({"name": " "})).refused(403, "out_of_reach");
    let call = app.patch(&format!("/v1/admin/firms/{}", new_uscc())).token(&city).header("If-Match", "*");
    call.json(&json!({"name": " "})).refused(404, "not_found");
    // Of a body that is too large for a form the first fault is told.
    let long = json!({"name": "长".repeat(10_000), "registered_place": "999999"});
    refused_for(app.patch(&path).token(&city).header("If-Match", "*"), &long, &[("/name", "length")]);
    assert_eq!(app.get(&format!("/v1/firms/{uscc}")).expect(200).json()["name"], "海蓝物业");
}
