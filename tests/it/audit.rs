//! The audit: what was before and after each change, who signed in and failed to, who read whose
//! data, and that officials read what is of their place.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use xinwu_both::both;
use xinwu_domain::access::{Operation, Role};
use xinwu_domain::estate::EstateKind;
use xinwu_persistence::people::account::NewAccount;

use crate::harness::files::{penalty, with};
use crate::harness::world::{COMMUNITY, DISTRICT, OTHER_COMMUNITY, OTHER_DISTRICT, STREET};
use crate::harness::{TestApp, someone};
use crate::imports::{CSV, import_seconded};
use crate::sign_in::{staff, with_password, with_refresh};

pub const PASSWORD: &str = "correct horse battery";

/// The lines that an account reads, the newest first.
#[track_caller]
pub fn lines(app: &TestApp, token: &str, query: &str) -> Vec<Value> {
    let path = format!("/v1/admin/audit?limit=100&{query}");
    app.get(&path).token(token).expect(200).json()["items"].as_array().unwrap().clone()
}

fn operations(lines: &[Value]) -> Vec<&str> {
    lines.iter().map(|line| line["operation"].as_str().unwrap()).collect()
}

/// The changes of the latest line of an operation.
#[track_caller]
fn changes(app: &TestApp, admin: &str, operation: &str) -> Value {
    lines(app, admin, &format!("operation={operation}"))[0]["detail"]["changes"].clone()
}

pub fn change(field: &str, before: impl Into<Value>, after: impl Into<Value>) -> Value {
    json!({"field": field, "before": before.into(), "after": after.into()})
}

#[both]
fn a_change_says_what_was_before(app: TestApp) {
    let (admin, city) = (app.admin(), app.official(Role::City, "2102", true));
    let stage = app.stage();
    let manager = app.manager("王经理", &stage.uscc);
    let household = app.household(&stage.estate, "8", &["13900000001"]);
    let edit = |path: &str, body: Value| app.patch(path).token(&city).header("If-Match", "*").json(&body);

    edit(&format!("/v1/admin/places/{COMMUNITY}"), json!({"name": "新名社区"})).expect(200);
    let place = changes(&app, &admin, "edit_place");
    // The name that it had is one of its aliases from then on.
    let named = place.as_array().unwrap().iter().find(|each| each["field"] == "name").unwrap();
    assert!(named["before"].is_string() && named["after"] == "新名社区", "{place}");

    edit(&format!("/v1/admin/firms/{}", stage.uscc), json!({"short_name": "测物"})).expect(200);
    let firm = changes(&app, &admin, "edit_firm");
    assert_eq!(firm, json!([change("short_name", Value::Null, "测物")]));

    edit(&format!("/v1/admin/estates/{}", stage.estate), json!({"address": "人民路1号"})).expect(200);
    let estate = changes(&app, &admin, "edit_estate");
    assert_eq!(estate, json!([change("address", Value::Null, "人民路1号")]));

    // What takes two, too, by the time it is confirmed.
    edit(&format!("/v1/admin/projects/{}", stage.project), json!({"fee_fen": 200})).seconded(&app);
    assert_eq!(changes(&app, &admin, "edit_project"), json!([change("fee_fen", 180, 200)]));
    edit(&format!("/v1/admin/managers/{manager}"), json!({"name": "李经理"})).seconded(&app);
    assert_eq!(changes(&app, &admin, "edit_manager"), json!([change("name", "王经理", "李经理")]));

    let phones = json!({"phones": ["13900000001", "13900000002"]});
    edit(&format!("/v1/admin/households/{household}"), phones).expect(200);
    assert_eq!(changes(&app, &admin, "edit_household"), json!([change("phones", 1, 2)]));

    let (id, _) = app.account(staff("haijun", Role::Admin));
    app.admin();
    app.patch(&format!("/v1/admin/users/{id}"))
        .token(&admin)
        .header("If-Match", "*")
        .json(&json!({"display_name": "新名", "reason": "更正"}))
        .seconded(&app);
    assert_eq!(changes(&app, &admin, "edit_user"), json!([change("display_name", Value::Null, "新名")]));
    let edited = lines(&app, &admin, "operation=edit_user").remove(0);
    assert_eq!((&edited["object_name"], &edited["object_id"]), (&json!("新名"), &json!(id)));
    let all = json!(lines(&app, &admin, "")).to_string();
    assert!(!all.contains("13900000002") && !all.contains("argon2"), "{all}");
}

#[both]
fn sign_ins_and_failures_are_written_down(app: TestApp) {
    let admin = app.admin();
    let place = Some(STREET.to_owned());
    let (id, _) = app.account(NewAccount { place, ..staff("haijun", Role::Street) });
    with_password(&app, "haijun", "wrong horse battery").refused(401, "wrong_password");
    let signed = with_password(&app, "haijun", PASSWORD).expect(200).json();
    with_password(&app, "my secret password", "x").refused(401, "wrong_password");
    app.post("/v1/auth/revoke").json(&json!({"refresh_token": signed["refresh_token"]})).expect(204);
    with_refresh(&app, &signed["refresh_token"]).refused(401, "bad_refresh_token");
    // What has ended does not end again, however often that is asked.
    app.post("/v1/auth/revoke").json(&json!({"refresh_token": signed["refresh_token"]})).expect(204);
    app.patch(&format!("/v1/admin/users/{id}"))
        .token(&admin)
        .header("If-Match", "*")
        .json(&json!({"status": "disabled"}))
        .expect(200);
    with_password(&app, "haijun", PASSWORD).refused(401, "account_disabled");
    // A resident's are no line.
    crate::sign_in::sign_in(&app, "13900000001");

    let told: Vec<[Value; 6]> = lines(&app, &admin, "operation=issue_token")
        .iter()
        .map(|line| {
            ["user", "role", "object_kind", "object_id", "address", "detail"].map(|name| line[name].clone())
        })
        .collect();
    let of = |user: &str, role: Value, outcome: &str| {
        let outcome = json!({"outcome": outcome});
        [json!(user), role, json!("user"), json!(user), json!("127.0.0.1"), outcome]
    };
    let street = json!("street");
    assert_eq!(
        told,
        [
            of(&id, street.clone(), "disabled"),
            of("unknown", Value::Null, "wrong_password"),
            of(&id, street.clone(), "done"),
            of(&id, street, "wrong_password"),
        ]
    );
    let revoked = lines(&app, &admin, "operation=revoke_token");
    assert_eq!((revoked.len(), &revoked[0]["user"]), (1, &json!(id)));
    let all = json!(lines(&app, &admin, "")).to_string();
    assert!(!all.contains("my secret password"), "{all}");
    // The officials of the place read of their own, and of nobody unknown.
    let street = app.official(Role::Street, STREET, false);
    let read = lines(&app, &street, "operation=issue_token");
    assert_eq!(read.len(), 3);
    assert_eq!((&read[0]["username"], &read[0]["name"]), (&json!("haijun"), &json!("haijun")));
}

#[both]
fn a_program_and_a_second_factor_leave_their_lines(app: TestApp) {
    let admin = app.admin();
    let body = json!({"name": "招标平台", "scopes": ["read"]});
    let client = app.post("/v1/admin/clients").token(&admin).json(&body).expect(201).json();
    let sign_in = |secret: &Value| {
        let grant = json!({"grant_type": "client_credentials", "client_id": client["client_id"], "client_secret": secret});
        app.post("/v1/auth/token").json(&grant)
    };
    sign_in(&json!("wrong")).refused(401, "wrong_client");
    sign_in(&client["client_secret"]).expect(200);
    let read = lines(&app, &admin, "operation=issue_token");
    let told: Vec<(&Value, &Value)> =
        read.iter().map(|line| (&line["object_kind"], &line["detail"]["outcome"])).collect();
    let kind = json!("client");
    assert_eq!(told, [(&kind, &json!("done")), (&kind, &json!("wrong_password"))]);
    assert_eq!((&read[0]["user"], &read[0]["object_name"]), (&client["client_id"], &json!("招标平台")));
    app.post("/v1/auth/activate")
        .json(&json!({"username": "nobody", "code": "12345-67890", "password": "a long new password"}))
        .refused(401, "wrong_code");
    let read = lines(&app, &admin, "operation=activate_account");
    assert_eq!((&read[0]["user"], &read[0]["detail"]["outcome"]), (&json!("unknown"), &json!("wrong_code")));
}

#[both]
fn who_reads_personal_data_is_written_down(app: TestApp) {
    let admin = app.admin();
    let stage = app.stage();
    let manager = app.manager("王经理", &stage.uscc);
    let household = app.household(&stage.estate, "8", &["13900000001"]);
    let (_, resident) = app.resident("13900000002");
    let claim = app.claim(&resident, &stage.estate, "9").expect(201).json();
    let claim = claim["id"].as_str().unwrap();
    let district = app.official(Role::District, DISTRICT, true);
    let (user, _) = app.account(staff("haijun", Role::Admin));
    let file = format!("uscc,phone\n{},13900000003\n", stage.uscc);
    let sent = crate::imports::import_file(&app, &district, "staff", CSV, file);
    let sent = sent["id"].as_str().unwrap();
    let (estate, uscc) = (&stage.estate, &stage.uscc);
    let change = json!({"name": "李经理", "reason": "更正"});
    let proposal = app
        .patch(&format!("/v1/admin/managers/{manager}"))
        .token(&district)
        .header("If-Match", "*")
        .json(&change)
        .expect(202)
        .json();
    let proposal = proposal["id"].as_str().unwrap();
    let neighbour = app.neighbour(&app.stage().estate);
    let case = &crate::case_photos::open(&app, &neighbour.token);
    let photos = format!("/v1/me/cases/{case}/photos");
    let photo = app.post(&photos).token(&neighbour.token).body("image/png", crate::case_photos::png(1));
    let photo = photo.expect(201).json()["sha256"].as_str().unwrap().to_owned();
    let readings = [
        (
            &district,
            format!("/v1/admin/households/{household}"),
            "get_household",
            "household",
            household.as_str(),
            1,
        ),
        (&district, format!("/v1/admin/households?estate={estate}"), "list_households", "estate", estate, 1),
        (&district, format!("/v1/admin/residences/{claim}"), "get_admin_residence", "residence", claim, 1),
        (&district, "/v1/admin/residences".to_owned(), "list_pending_residences", "place", DISTRICT, 2),
        (&admin, format!("/v1/admin/users/{user}"), "get_user", "user", user.as_str(), 1),
        (&admin, "/v1/admin/users?q=haijun".to_owned(), "list_users", "place", "", 1),
        (&district, format!("/v1/admin/imports/{sent}/rows"), "list_import_rows", "import", sent, 1),
        (&district, format!("/v1/firms/{uscc}/dossier"), "get_firm_dossier", "firm", uscc, 1),
        (
            &district,
            format!("/v1/managers/{manager}/dossier"),
            "get_manager_dossier",
            "manager",
            manager.as_str(),
            1,
        ),
        (
            &district,
            format!("/v1/managers/{manager}/evaluation"),
            "get_manager_evaluation",
            "manager",
            &manager,
            1,
        ),
        (&district, "/v1/admin/proposals".to_owned(), "list_proposals", "place", DISTRICT, 1),
        (&district, format!("/v1/admin/proposals/{proposal}"), "get_proposal", "proposal", proposal, 1),
        (&district, "/v1/admin/cases".to_owned(), "list_cases", "place", DISTRICT, 1),
        (&district, format!("/v1/admin/cases/{case}"), "get_case", "case", case.as_str(), 1),
        (&district, format!("/v1/cases/{case}/photos/{photo}"), "get_case_photo", "case", case, 1),
        (&district, "/v1/admin/inbox".to_owned(), "list_inbox", "place", DISTRICT, 1),
        (&district, "/v1/admin/audit?operation=add_firm".to_owned(), "list_audit", "place", DISTRICT, 2),
    ];
    let noted: BTreeSet<&str> =
        Operation::ALL.iter().filter(|each| each.noted()).map(|each| each.id()).collect();
    assert_eq!(readings.iter().map(|(_, _, operation, ..)| *operation).collect::<BTreeSet<_>>(), noted);
    for (token, path, operation, kind, id, read) in readings {
        let before = lines(&app, &admin, &format!("operation={operation}")).len();
        app.get(&path).token(token).expect(200);
        let read_since = lines(&app, &admin, &format!("operation={operation}"));
        // Looking here is one too.
        let own = usize::from(operation == "list_audit");
        assert_eq!(read_since.len(), before + 1 + own, "{operation}");
        let line = &read_since[0];
        let told = ["object_kind", "object_id", "address"].map(|name| line[name].as_str().unwrap());
        assert_eq!(told, [kind, id, "127.0.0.1"], "{line}");
        assert_eq!(line["detail"], json!({"read": read}), "{line}");
    }
    // What the firm reads of its own is not, nor what everybody may, nor what was refused.
    let firm = app.firm_account(uscc);
    app.get(&format!("/v1/firms/{uscc}/dossier")).token(&firm).expect(200);
    let stranger = app.official(Role::District, OTHER_DISTRICT, true);
    app.get(&format!("/v1/admin/households/{household}")).token(&stranger).refused(404, "not_found");
    app.get(&format!("/v1/managers/{manager}/evaluation")).token(&stranger).expect(200);
    app.get(&format!("/v1/managers/{manager}/evaluation")).expect(200);
    app.get("/v1/admin/inbox?kind=proposal").token(&district).expect(200);
    assert_eq!(lines(&app, &admin, "operation=get_manager_evaluation").len(), 1);
    assert_eq!(lines(&app, &admin, "operation=list_inbox").len(), 1);
    assert_eq!(lines(&app, &admin, "operation=get_firm_dossier").len(), 1);
    assert_eq!(lines(&app, &admin, "operation=get_household").len(), 1);
}

#[both]
fn an_official_reads_the_audit_of_the_own_place(app: TestApp) {
    let admin = app.admin();
    let named = |name: &str, role, place: &str| {
        let place = Some(place.to_owned());
        app.account(NewAccount { place, display_name: Some(name.to_owned()), ..someone(role) })
    };
    let (id, street) = named("海军广场街道", Role::Street, STREET);
    let (_, neighbour) = named("邻街", Role::Street, "210203001");
    let city = app.official(Role::City, "2102", true);
    let household = |token: &str, estate: &str| {
        let body = json!({"estate": estate, "building": "1", "room": "1"});
        app.post("/v1/admin/households").token(token).json(&body).expect(201)
    };
    let own = app.estate(COMMUNITY, EstateKind::Old);
    let other = app.estate(OTHER_COMMUNITY, EstateKind::Old);
    household(&street, &own);
    household(&neighbour, &other);
    // What the city does in the street is the street's to read too.
    household(&city, &app.estate(COMMUNITY, EstateKind::Old));
    let added = "operation=add_household";
    assert_eq!(lines(&app, &street, added).len(), 2);
    assert_eq!(lines(&app, &neighbour, added).len(), 1);
    assert_eq!(lines(&app, &city, added).len(), 3);
    assert_eq!(lines(&app, &admin, added).len(), 3);
    let line = lines(&app, &street, added).remove(1);
    assert_eq!(
        (&line["user"], &line["name"], &line["place"]["code"], &line["role"]),
        (&json!(id), &json!("海军广场街道"), &json!(COMMUNITY), &json!("street"))
    );
    assert_eq!(line["address"], "127.0.0.1");

    // Before, there was nothing.
    assert_eq!(
        line["detail"]["changes"],
        json!([
            change("estate", Value::Null, own),
            change("phones", Value::Null, 0),
            change("waits", Value::Null, false)
        ])
    );

    // By operation, place, account, object and day.
    assert_eq!(operations(&lines(&app, &street, &format!("user={id}&{added}"))), ["add_household"]);
    assert_eq!(lines(&app, &street, &format!("place={COMMUNITY}&{added}")).len(), 2);
    assert_eq!(lines(&app, &city, &format!("place={OTHER_DISTRICT}&{added}")).len(), 1);
    assert_eq!(lines(&app, &admin, &format!("place={OTHER_DISTRICT}&{added}")).len(), 1);
    assert_eq!(lines(&app, &street, &format!("from=2026-11-22&{added}")).len(), 0);
    assert_eq!(lines(&app, &street, &format!("to=2026-11-21&{added}")).len(), 2);
    let refused = |query: &str, status: u16, code: &str| {
        app.get(&format!("/v1/admin/audit?{query}")).token(&street).refused(status, code)
    };
    refused("place=210203001", 403, "out_of_reach");
    refused("place=2102", 403, "out_of_reach");
    refused("operation=add_castle", 400, "bad_parameter");
    // The administrators' own is theirs alone.
    app.post("/v1/admin/clients").token(&admin).json(&json!({"name": "x", "scopes": ["read"]})).expect(201);
    assert_eq!(lines(&app, &city, "operation=add_client").len(), 0);
    assert_eq!(lines(&app, &admin, "operation=add_client").len(), 1);
    app.get("/v1/admin/audit").token(&app.firm_account(&app.firm("x"))).refused(403, "role_not_allowed");
}

#[both]
fn a_file_of_many_rows_has_the_places_of_its_rows(app: TestApp) {
    let city = app.official(Role::City, "2102", false);
    let mut file = "code,name,kind,place,households\n".to_owned();
    // More than one query looks up.
    for number in 0..600 {
        file.push_str(&format!("E-{number:04},甲小区{number},old,{COMMUNITY},10\n"));
    }
    file.push_str(&format!("E-9001,乙小区,old,{OTHER_COMMUNITY},10\n"));
    let done = import_seconded(&app, &city, "estates", CSV, file);
    assert_eq!((&done["state"], &done["rows"]["created"]), (&json!("confirmed"), &json!(601)), "{done}");
    let of = |place: &str| {
        let street = app.official(Role::Street, place, false);
        let counted = app.get("/v1/admin/audit?operation=add_estate&limit=1&count=true").token(&street);
        let page = counted.expect(200).json();
        (page["page"]["total"].clone(), page["items"][0]["object_name"].clone())
    };
    assert_eq!(of(STREET), (json!(600), json!("甲小区599")));
    assert_eq!(of("210203001"), (json!(1), json!("乙小区")));
}

#[both]
fn what_is_decided_on_later_says_what_was_before_too(app: TestApp) {
    let admin = app.admin();
    let stage = app.stage();
    let street = app.official(Role::Street, STREET, false);
    let body = json!({
        "category": "P305", "uscc": stage.uscc, "project": stage.project, "level": "street", "title": "停水催费", "document_number": "街罚字〔2026〕1号",
        "authority": "街道办事处", "evidence": ["认定书.pdf"], "decided_on": "2026-11-20"
    });
    let record = app.post("/v1/admin/records").token(&street).json(&body).expect(201).json();
    let path = format!("/v1/admin/records/{}", record["id"].as_str().unwrap());
    let edit = json!({"title": "停水停电催费"});
    app.patch(&path).token(&street).header("If-Match", "*").json(&edit).expect(200);
    let told = changes(&app, &admin, "edit_record");
    assert!(told.as_array().unwrap().contains(&change("title", "停水催费", "停水停电催费")), "{told}");

    let path = format!("/v1/admin/assessments/{}/2026-Q4/street", stage.project);
    let put = |service: i64, again: bool| {
        let body = json!({"scores": {"service": service, "party": 90}});
        let call = app.put(&path).token(&street).json(&body);
        if again { call.header("If-Match", "*").expect(200) } else { call.expect(201) }
    };
    put(80, false);
    assert_eq!(
        changes(&app, &admin, "put_assessment"),
        json!([change("service", Value::Null, 80), change("party", Value::Null, 90)])
    );
    put(85, true);
    assert_eq!(changes(&app, &admin, "put_assessment"), json!([change("service", 80, 85)]));
    assert_eq!(lines(&app, &street, "operation=put_assessment").len(), 2);
}

#[both]
fn what_is_decided_says_what_was_before(app: TestApp) {
    let admin = app.admin();
    let scene = app.scene();
    let of = |operation: &str, field: &str| {
        let told = changes(&app, &admin, operation);
        told.as_array()
            .unwrap()
            .iter()
            .find(|each| each["field"] == field)
            .cloned()
            .unwrap_or_else(|| panic!("{told}"))
    };
    let record = app.record_in_force(&penalty(&scene.uscc));
    let objection = app.objection(&scene.uscc, &record);
    app.decided(&objection, &json!({"decision": "upheld", "reason": "事实清楚"}));
    assert_eq!(of("decide_objection", "status"), change("status", "open", "upheld"));

    let minor = json!({"severity": "minor", "decided_on": "2026-11-21", "document_number": "x〔2026〕2号"});
    let minor = app.record_in_force(&with(penalty(&scene.uscc), minor));
    let repair = app.ask_repair(&app.firm_account(&scene.uscc), &minor).expect(201).json();
    let refused = json!({"decision": "refused", "reason": "材料不足"});
    app.decide(&app.confirmer(), "repairs", repair["id"].as_str().unwrap(), &refused).expect(200);
    assert_eq!(of("decide_repair", "status"), change("status", "open", "refused"));

    let stage = app.stage();
    let community = app.official(Role::Community, COMMUNITY, false);
    let step = |claim: &Value, step: &str, body: &Value| {
        let path = format!("/v1/admin/residences/{}/{step}", claim["id"].as_str().unwrap());
        app.post(&path).token(&community).header("If-Match", "*").json(body).expect(200)
    };
    let claim =
        |phone: &str, room: &str| app.claim(&app.resident(phone).1, &stage.estate, room).expect(201).json();
    let [first, second] = [claim("13900000001", "8"), claim("13900000002", "9")];
    step(&first, "approve", &json!({}));
    assert_eq!(of("approve_residence", "status"), change("status", "pending", "verified"));
    assert_eq!(of("approve_residence", "household")["before"], Value::Null);
    step(&first, "end", &json!({"reason": "已搬离"}));
    assert_eq!(changes(&app, &admin, "end_admin_residence"), json!([change("status", "verified", "ended")]));
    step(&second, "refuse", &json!({"reason": "材料不足"}));
    assert_eq!(changes(&app, &admin, "refuse_residence"), json!([change("status", "pending", "refused")]));
}
