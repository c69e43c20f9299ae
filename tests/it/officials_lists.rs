//! The lists that officials work by: narrowed, with people's names, and as tables.

use serde_json::{Value, json};
use xinwu_both::both;
use xinwu_domain::access::Role;
use xinwu_domain::estate::EstateKind;
use xinwu_domain::project::{NewProject, Operator};
use xinwu_persistence::people::account::NewAccount;

use crate::harness::files::{penalty, with};
use crate::harness::world::{COMMUNITY, DISTRICT, OTHER_COMMUNITY, OTHER_DISTRICT, STREET, plain_project};
use crate::harness::{TestApp, someone};
use crate::permissions::world::id_of;

#[track_caller]
fn listed(app: &TestApp, token: &str, path: &str) -> Vec<String> {
    let page = app.get(path).token(token).expect(200).json();
    let items = page["items"].as_array().unwrap();
    items.iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}

#[both]
fn projects_are_listed_in_ones_own_place_by_whatever_tells_them_apart(app: TestApp) {
    let [one, two] = [app.firm("甲物业"), app.firm("乙物业")];
    let manager = app.manager("王经理", &one);
    let estates = [COMMUNITY, COMMUNITY, OTHER_COMMUNITY].map(|place| app.estate(place, EstateKind::Old));
    let managed =
        app.project_with(NewProject { manager: Some(manager.clone()), ..plain_project(&estates[0], &one) });
    let owners = app.project_with(NewProject {
        operator: Operator::Owners,
        uscc: None,
        ends_on: Some("2026-11-20".parse().unwrap()),
        ..plain_project(&estates[1], &one)
    });
    let elsewhere = app.project(&estates[2], &two);
    let city = app.official(Role::City, "2102", false);
    let of = |token: &str, query: &str| listed(&app, token, &format!("/v1/admin/projects?{query}"));
    // The latest entered first.
    assert_eq!(of(&city, ""), [elsewhere.clone(), owners.clone(), managed.clone()]);
    assert_eq!(of(&app.official(Role::Street, STREET, false), ""), [owners.clone(), managed.clone()]);
    for (query, expected) in [
        (format!("uscc={one}"), vec![managed.clone()]),
        (format!("manager={manager}"), vec![managed.clone()]),
        (format!("estate={}", estates[1]), vec![owners.clone()]),
        ("operator=owners".to_owned(), vec![owners.clone()]),
        ("running=true".to_owned(), vec![elsewhere.clone(), managed.clone()]),
        ("running=false".to_owned(), vec![owners.clone()]),
        (format!("place={OTHER_DISTRICT}"), vec![elsewhere.clone()]),
        (format!("place={OTHER_DISTRICT}&running=false"), vec![]),
    ] {
        assert_eq!(of(&city, &query), expected, "{query}");
    }
    assert_eq!(app.walk_as(&city, "/v1/admin/projects?limit=1"), [elsewhere, owners, managed.clone()]);
    let page = app.get("/v1/admin/projects?limit=1&count=true").token(&city).expect(200).json();
    assert_eq!(page["page"]["total"], 3);
    let table = app
        .get(&format!("/v1/admin/projects?uscc={one}"))
        .token(&city)
        .header("Accept", "text/csv")
        .english()
        .expect(200);
    let lines: Vec<&str> = table.text.trim_start_matches('\u{feff}').lines().collect();
    assert!(
        lines[0].starts_with("id,estate,estate_name,operator,firm,firm_name,manager,manager_name,"),
        "{}",
        lines[0]
    );
    assert!(lines[1].starts_with(&managed) && lines[1].contains("王经理"), "{}", lines[1]);
    let unknown = app.get("/v1/admin/projects?estate=210202001002-999").token(&city);
    assert_eq!(unknown.refused(400, "bad_parameter").faults(), [("estate".into(), "unknown_estate".into())]);
}

#[both]
fn managers_are_listed_where_their_firm_is_and_where_they_work(app: TestApp) {
    let here = app.firm("甲物业");
    let there = app.firm_with(xinwu_domain::firm::NewFirm {
        registered_place: OTHER_DISTRICT.to_owned(),
        ..crate::harness::world::plain_firm("乙物业")
    });
    let [own, guest, foreign] = [("王经理", &here), ("李经理", &there), ("赵经理", &there)]
        .map(|(name, uscc)| app.manager(name, uscc));
    let estate = app.estate(COMMUNITY, EstateKind::Old);
    app.project_with(NewProject { manager: Some(guest.clone()), ..plain_project(&estate, &there) });
    let city = app.official(Role::City, "2102", true);
    let nobodys = app.post("/v1/admin/managers").token(&city).json(&json!({"name": "无业经理"}));
    let nobodys = id_of(&nobodys.expect(201).json());
    let district = app.official(Role::District, DISTRICT, false);
    let of = |token: &str, query: &str| listed(&app, token, &format!("/v1/admin/managers?{query}"));
    assert_eq!(of(&district, ""), [nobodys.clone(), guest.clone(), own.clone()]);
    assert_eq!(of(&app.official(Role::Community, COMMUNITY, false), ""), [nobodys.clone(), guest.clone()]);
    assert_eq!(of(&city, ""), [nobodys.clone(), foreign.clone(), guest.clone(), own.clone()]);
    assert_eq!(of(&city, &format!("uscc={there}")), [foreign.clone(), guest.clone()]);
    assert_eq!(of(&city, &format!("estate={estate}")), [guest.clone()]);
    assert_eq!(of(&city, "running=true"), [guest.clone()]);
    assert_eq!(of(&city, &format!("running=false&uscc={there}")), [foreign]);
    assert_eq!(of(&city, &format!("place={DISTRICT}")), [guest.clone(), own]);
    // Whoever is listed is there to be read.
    app.get(&format!("/v1/admin/managers/{guest}")).token(&district).expect(200);
}

#[both]
fn records_are_narrowed_by_place_drafter_day_and_import_and_name_people(app: TestApp) {
    let scene = app.scene();
    let drafter = app.token(NewAccount {
        place: Some(DISTRICT.to_owned()),
        display_name: Some("刘建国".to_owned()),
        staff_number: Some("DL-77".to_owned()),
        ..someone(Role::District)
    });
    let account = id_of(&app.get("/v1/me").token(&drafter).expect(200).json());
    let (first, _) = app.draft(&drafter, &penalty(&scene.uscc));
    let (second, _) = app.draft(&app.official(Role::Street, STREET, false), &penalty(&scene.uscc));
    let city = app.official(Role::City, "2102", true);
    let of = |query: &str| listed(&app, &city, &format!("/v1/admin/records?{query}"));
    assert_eq!(of(""), [second.clone(), first.clone()]);
    assert_eq!(of(&format!("drafter={account}")), [first.clone()]);
    assert_eq!(of(&format!("place={STREET}")), [second.clone()]);
    assert_eq!(of("from=2026-11-21&to=2026-11-21"), [second, first.clone()]);
    assert_eq!(of("to=2026-11-20"), Vec::<String>::new());
    assert_eq!(of("from=2026-11-22"), Vec::<String>::new());
    assert_eq!(of("import=0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c"), Vec::<String>::new());
    let record = app.get(&format!("/v1/admin/records/{first}")).token(&city).expect(200).json();
    assert_eq!(
        (&record["drafted_by"], &record["people"]),
        (&json!(account), &json!({account.as_str(): "刘建国"}))
    );
    let table = app.get(&format!("/v1/admin/records?drafter={account}")).token(&city);
    let table = table.header("Accept", "text/csv").expect(200);
    assert!(table.text.contains("刘建国") && table.text.contains("违规收取装修管理费"), "{}", table.text);
}

#[both]
fn what_is_asked_for_is_narrowed_by_its_day_and_names_who_filed_it(app: TestApp) {
    let scene = app.scene();
    let record = app.record_in_force(&with(penalty(&scene.uscc), json!({"severity": "minor"})));
    let clerk = app.token(NewAccount {
        uscc: Some(scene.uscc.clone()),
        username: Some("hailan.clerk".to_owned()),
        ..someone(Role::Firm)
    });
    let objection = id_of(&app.object(&clerk, &format!("/v1/records/{record}")).expect(201).json());
    let city = app.official(Role::City, "2102", true);
    let seen = app.get(&format!("/v1/admin/objections/{objection}")).token(&city).expect(200).json();
    let (due, firm) = (seen["due_on"].as_str().unwrap(), seen["filed_by"].as_str().unwrap());
    assert_eq!(seen["people"], json!({firm: "hailan.clerk"}));
    let of = |query: &str| listed(&app, &city, &format!("/v1/admin/objections?{query}"));
    assert_eq!(of(&format!("due_by={due}&drafter={firm}&place={DISTRICT}")), [objection.clone()]);
    assert_eq!(of("due_by=2026-11-21"), Vec::<String>::new());
    assert_eq!(of(&format!("place={OTHER_DISTRICT}")), Vec::<String>::new());
    assert_eq!(of("from=2026-11-22"), Vec::<String>::new());
    let table = |path: &str| app.get(path).token(&city).header("Accept", "text/csv").expect(200).text;
    assert!(table("/v1/admin/objections").contains(&objection));
    assert!(table("/v1/admin/repairs").starts_with("\u{feff}编号,信息,企业代码,状态,"));
    assert!(table("/v1/admin/imports").starts_with("\u{feff}编号,数据类型,文件名,"));
}

#[both]
fn proposals_are_narrowed_too_and_a_firm_reads_no_names(app: TestApp) {
    let uscc = app.firm("甲物业");
    let street = app.token(NewAccount {
        place: Some(STREET.to_owned()),
        display_name: Some("刘建国".to_owned()),
        staff_number: Some("DL-77".to_owned()),
        ..someone(Role::Street)
    });
    let body = json!({
        "estate": app.estate(COMMUNITY, EstateKind::Old), "operator": "firm", "uscc": uscc, "starts_on": "2026-12-01",
        "area_m2": 10000, "households": 100, "reason": "新签合同"
    });
    let proposal = app.post("/v1/admin/projects").token(&street).json(&body).expect(202).json();
    let (id, author) = (proposal["id"].as_str().unwrap(), proposal["proposed_by"].as_str().unwrap());
    assert_eq!(proposal["people"], json!({author: "刘建国"}));
    let city = app.official(Role::City, "2102", true);
    let of = |query: &str| listed(&app, &city, &format!("/v1/admin/proposals?{query}"));
    assert_eq!(of(&format!("drafter={author}&place={STREET}&due_by=2026-12-05")), [id]);
    assert_eq!(of("due_by=2026-12-04"), Vec::<String>::new());
    assert_eq!(of("to=2026-11-20"), Vec::<String>::new());
    let firm = app.firm_account(&uscc);
    let read = app.get(&format!("/v1/firm/proposals/{id}")).token(&firm).expect(200).json();
    assert_eq!((&read["proposed_by"], &read["people"]), (&Value::Null, &json!({})));
    let read = &app.get("/v1/firm/proposals").token(&firm).expect(200).json()["items"][0];
    assert_eq!(read["people"], json!({}));
}

#[both]
fn claims_are_approved_together_each_by_itself(app: TestApp) {
    let estate = app.estate(COMMUNITY, EstateKind::Professional);
    app.household(&estate, "101", &[]);
    let elsewhere = app.estate(OTHER_COMMUNITY, EstateKind::Professional);
    app.household(&elsewhere, "101", &[]);
    let claim = |estate: &str, room: &str, phone: &str| -> String {
        let (_, token) = app.resident(phone);
        id_of(&app.claim(&token, estate, room).expect(201).json())
    };
    let known = claim(&estate, "101", "13900000101");
    let unlike = claim(&estate, "2-0101", "13900000102");
    let foreign = claim(&elsewhere, "101", "13900000103");
    let community = app.official(Role::Community, COMMUNITY, false);
    let approve = |ids: &[&str]| {
        let residences: Vec<Value> = ids.iter().map(|id| json!({"id": id})).collect();
        app.post("/v1/admin/residences/approve").token(&community).json(&json!({"residences": residences}))
    };
    let told = approve(&[&known, &foreign, &unlike]).expect(200).json();
    let codes: Vec<&Value> =
        told["residences"].as_array().unwrap().iter().map(|each| &each["code"]).collect();
    assert_eq!((codes[0], codes[1]), (&Value::Null, &json!("not_found")), "{told}");
    assert_eq!(told["residences"][0]["approved"], true);
    let status = |id: &str| {
        let city = app.official(Role::City, "2102", false);
        app.get(&format!("/v1/admin/residences/{id}")).token(&city).expect(200).json()["status"].clone()
    };
    assert_eq!((status(&known), status(&foreign)), (json!("verified"), json!("pending")));
    // What was decided before is told, and holds up nothing.
    let again = approve(&[&known]).expect(200).json();
    assert_eq!(again["residences"][0]["code"], "already_decided");
    assert!(again["residences"][0]["detail"].is_string());
    // The register's own dwelling is picked by its household.
    let household = app.household(&estate, "201", &[]);
    let other = claim(&estate, "二零一", "13900000104");
    let body = json!({"residences": [{"id": other, "household": household}]});
    app.post("/v1/admin/residences/approve").token(&community).json(&body).expect(200);
    assert_eq!(status(&other), "verified");
    let fault = |body: &Value| {
        app.post("/v1/admin/residences/approve").token(&community).json(body).refused(422, "invalid").faults()
            [0]
        .clone()
    };
    let twice = json!({"residences": [{"id": known}, {"id": known}]});
    assert_eq!(fault(&twice), ("/residences/1/id".to_owned(), "duplicate".to_owned()));
    assert_eq!(fault(&json!({"residences": []})).0, "/residences");
    let many: Vec<Value> = (0..101).map(|n| json!({"id": format!("{n}")})).collect();
    assert_eq!(fault(&json!({"residences": many})).0, "/residences");
    let key = |id: &str| {
        app.post("/v1/admin/residences/approve")
            .token(&community)
            .header("Idempotency-Key", "k1")
            .json(&json!({"residences": [{"id": id}]}))
    };
    let first = claim(&estate, "301", "13900000105");
    let answer = key(&first).expect(200).text;
    assert_eq!(key(&first).expect(200).text, answer);
}

#[both]
fn a_history_of_grades_is_cut_by_days(app: TestApp) {
    let uscc = app.firm("甲物业");
    for (sequence, at) in
        [(101, "2026-10-31 15:59:59"), (102, "2026-10-31 16:00:00"), (103, "2026-11-10 02:00:00")]
    {
        app.in_effect(&uscc, sequence, Some((70_000, "B")), at);
    }
    let instants = |query: &str| -> Vec<String> {
        let page =
            app.get(&format!("/v1/firms/{uscc}/evaluations?scheme=dalian-demo{query}")).expect(200).json();
        let items = page["items"].as_array().unwrap();
        items
            .iter()
            .map(|item| item["effective_from"].as_str().unwrap().to_owned())
            .filter(|at| at.as_str() < "2026-11-20")
            .collect()
    };
    let (last, first, latest) = ("2026-10-31T15:59:59Z", "2026-10-31T16:00:00Z", "2026-11-10T02:00:00Z");
    assert_eq!(instants(""), [latest, first, last]);
    // A day is the city's.
    assert_eq!(instants("&from=2026-11-01"), [latest, first]);
    assert_eq!(instants("&to=2026-10-31"), [last]);
    assert_eq!(instants("&from=2026-11-01&to=2026-11-01"), [first]);
    let page = app
        .get(&format!("/v1/firms/{uscc}/evaluations?from=2026-11-01&to=2026-11-09&count=true"))
        .expect(200)
        .json();
    assert_eq!(page["page"]["total"], 1);
    let bad = app.get(&format!("/v1/firms/{uscc}/evaluations?from=2026-13-01")).refused(400, "bad_parameter");
    assert_eq!(bad.faults(), [("from".to_owned(), "day".to_owned())]);
}
