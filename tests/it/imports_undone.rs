//! What a file did is taken back by two: what stood before it stands again, from today on.

use chrono::{Days, Duration, NaiveDate};
use serde_json::{Value, json};
use xinwu_both::both;
use xinwu_domain::access::Role;
use xinwu_domain::estate::EstateKind;

use crate::harness::files::ids;
use crate::harness::world::{COMMUNITY, DISTRICT, OTHER_DISTRICT, STREET, encode, new_uscc, plain_project};
use crate::harness::{Call, TestApp};
use crate::imports::{CSV, import_file, import_seconded, recover, rows};
use crate::verify::found as found_by_verify;

const RECORDS: &str = "category,uscc,level,title,document_number,authority,evidence,decided_on";

pub fn job(report: &Value, rest: &str) -> String {
    format!("/v1/admin/imports/{}{rest}", report["id"].as_str().unwrap())
}

fn confirmed(app: &TestApp, token: &str, kind: &str, file: &str) -> Value {
    let sent = import_file(app, token, kind, CSV, file);
    assert_eq!(sent["state"], "submitted", "{sent}");
    let city = app.official(Role::City, "2102", true);
    app.post(&job(&sent, "/confirm")).token(&city).header("If-Match", "*").expect(200);
    app.advance(Duration::minutes(1));
    sent
}

pub fn undo(app: &TestApp, report: &Value, token: &str) -> Call {
    app.post(&job(report, "/undo")).token(token).header("If-Match", "*").json(&json!({"reason": "文件有误"}))
}

/// What whoever seconds it is shown of a file: which it is, and how much of what it did ends.
pub fn what_ends(report: &Value) -> Value {
    let of_file = ["kind", "name", "sha256"].map(|field| (field, report[field].clone(), Value::Null));
    let counts = ["created", "updated"].map(|field| (field, report["rows"][field].clone(), json!(0)));
    let shown = of_file.into_iter().chain(counts).filter(|(_, before, after)| before != after);
    shown.map(|(field, before, after)| json!({"field": field, "before": before, "after": after})).collect()
}

/// Proposes to take a file back, and has another official confirm it.
fn undone(app: &TestApp, report: &Value, token: &str) -> Value {
    let proposal = undo(app, report, token).expect(202).json();
    assert_eq!(proposal["changes"], what_ends(report), "{proposal}");
    let confirm = format!("/v1/admin/proposals/{}/confirm", proposal["id"].as_str().unwrap());
    app.post(&confirm).token(token).header("If-Match", "*").refused(403, "second_person_needed");
    let city = app.official(Role::City, "2102", true);
    app.post(&confirm).token(&city).header("If-Match", "*").expect(200);
    app.advance(Duration::minutes(1));
    app.get(&job(report, "")).token(token).expect(200).json()
}

fn rewards(app: &TestApp, uscc: &str) -> Value {
    app.get(&format!("/v1/firms/{uscc}")).expect(200).json()["records"]["rewards"].clone()
}

#[both]
fn records_of_a_wrong_file_end_and_may_be_recorded_again(app: TestApp) {
    let district = app.official(Role::District, DISTRICT, true);
    let uscc = app.firm("甲物业");
    let record = |number: i32| {
        format!("R101,{uscc},city,表彰,大政发〔2026〕{number}号,大连市人民政府,file-{number},2026-10-01\n")
    };
    let file = format!("{RECORDS}\n{}{}", record(1), record(2));
    let sent = confirmed(&app, &district, "records", &file);
    assert_eq!(rewards(&app, &uscc), 2);
    undo(&app, &sent, &app.official(Role::District, OTHER_DISTRICT, true)).refused(404, "not_found");
    let again = undone(&app, &sent, &district);
    assert_eq!((&again["state"], rewards(&app, &uscc)), (&json!("confirmed"), json!(0)));
    assert_eq!(
        again["undone_at"],
        json!((app.now() - Duration::minutes(1)).format("%Y-%m-%dT%H:%M:%SZ").to_string())
    );
    assert_eq!(app.notices(&district)[0]["kind"], "proposal_confirmed");
    undo(&app, &sent, &district).refused(409, "wrong_state");
    let sent = confirmed(&app, &district, "records", &file);
    assert_eq!((&sent["rows"], rewards(&app, &uscc)), (&rows(2, 0, 0), json!(2)));
    // Something rests on one of them: none is taken back.
    let ids = ids(&app.get(&format!("/v1/firms/{uscc}/records")).expect(200));
    app.objection(&uscc, &ids[0]);
    let told = undo(&app, &sent, &district).refused(409, "rests_on").faults();
    assert!(
        matches!(told.as_slice(), [(row, code)] if row.starts_with("/rows/") && code == "rests_on"),
        "{told:?}"
    );
    assert_eq!(rewards(&app, &uscc), 2);
}

#[both]
fn what_a_batch_replaced_is_in_force_again(app: TestApp) {
    let community = app.official(Role::Community, COMMUNITY, false);
    let uscc = app.firm("甲物业");
    let project = app.project(&app.estate(COMMUNITY, EstateKind::Professional), &uscc);
    let scores = |service: &str| {
        format!("project,period,assessor,service,party,note\n{project},2026-Q4,community,{service},88,良好\n")
    };
    confirmed(&app, &community, "assessments", &scores("92.5"));
    let second = confirmed(&app, &community, "assessments", &scores("40"));
    let path = format!("/v1/projects/{project}/assessments");
    let service = || app.get(&path).expect(200).json()["items"][0]["scores"]["service"].clone();
    let at = app.now().format("%Y-%m-%dT%H:%M:%SZ").to_string();
    assert_eq!(service(), json!(40));
    undone(&app, &second, &community);
    assert_eq!(service(), json!(92.5));
    let first = app.get(&path).expect(200).json()["items"][0].clone();
    assert_eq!((&first["revision"], &first["correction_reason"]), (&json!(3), &json!("文件有误")));
    assert!(first["known_from"].as_str().unwrap() >= at.as_str(), "{first}");
    undo(&app, &second, &community).refused(409, "wrong_state");

    let district = app.official(Role::District, DISTRICT, false);
    let metric = |value: &str| {
        format!(
            "subject_kind,subject,key,period,value,source\nfirm,{uscc},fee_collection_rate,2026-Q3,{value},年报\n"
        )
    };
    confirmed(&app, &district, "metrics", &metric("95"));
    let second = confirmed(&app, &district, "metrics", &metric("60"));
    undone(&app, &second, &district);
    let city = app.official(Role::City, "2102", true);
    let next = import_file(&app, &district, "metrics", CSV, metric("70"));
    let shown = app.get(&job(&next, "/rows")).token(&city).expect(200).json()["items"][0].clone();
    assert_eq!(shown["changes"], json!([{"field": "value", "before": 95, "after": 70}]));
}

#[both]
fn entries_of_the_registers_are_as_they_were(app: TestApp) {
    let district = app.official(Role::District, DISTRICT, false);
    let (uscc, estate) = (app.firm("甲物业"), app.estate(COMMUNITY, EstateKind::Professional));
    let project = app.project(&estate, &uscc);
    let read = || {
        let project = app.get(&format!("/v1/projects/{project}")).expect(200).json();
        (project["fee_fen"].clone(), project["area_m2"].clone(), project["ends_on"].clone())
    };
    let before = read();
    let starts_on = app.get(&format!("/v1/projects/{project}")).expect(200).json()["starts_on"].clone();
    let file = |fee: &str| {
        format!(
            "estate,operator,uscc,starts_on,ends_on,area_m2,households,fee_fen\n{estate},firm,{uscc},{},2027-12-31,9000,100,{fee}\n",
            starts_on.as_str().unwrap()
        )
    };
    let sent = confirmed(&app, &district, "projects", &file("190"));
    assert_eq!(read(), (json!(190), json!(9000), json!("2027-12-31")));
    undone(&app, &sent, &district);
    assert_eq!(read(), before);
    // A name that was wrong leaves no former one.
    let firms = format!("uscc,name,registered_place,residential\n{uscc},错物业,{DISTRICT},否\n");
    let sent = confirmed(&app, &district, "firms", &firms);
    undone(&app, &sent, &district);
    let firm = app.get(&format!("/v1/firms/{uscc}")).expect(200).json();
    assert_eq!((&firm["name"], &firm["former_names"]), (&json!("甲物业"), &json!([])));
    // What has changed since stays.
    let sent = confirmed(&app, &district, "projects", &file("200"));
    app.sql(
        &[format!("UPDATE project SET fee_fen = 210, version = version + 1 WHERE id = '{project}'")],
        &uscc,
    );
    let told = undo(&app, &sent, &district).refused(409, "rests_on").faults();
    assert_eq!(told, [("/rows/2".to_owned(), "rests_on".to_owned())]);
    // What a list of staff changed is not kept.
    let staff = confirmed(&app, &district, "staff", &format!("uscc,phone\n{uscc},13900000001\n"));
    undo(&app, &staff, &district).refused(409, "wrong_state");
    undo(&app, &staff, &app.official(Role::Street, STREET, false)).refused(404, "not_found");
}

fn resting(app: &TestApp, report: &Value, token: &str) -> Vec<String> {
    let faults = undo(app, report, token).refused(409, "rests_on").faults();
    assert!(faults.iter().all(|(_, code)| code == "rests_on"), "{faults:?}");
    faults.into_iter().map(|(row, _)| row).collect()
}

fn ids_of(app: &TestApp, path: &str) -> Vec<String> {
    let key = if path.starts_with("/v1/firms") { "uscc" } else { "code" };
    app.walk(path, key, || {})
}

/// The rooms of an estate's register, and how many phones stand on each roster.
fn list_of(app: &TestApp, token: &str, estate: &str) -> Vec<(String, i64)> {
    let path = format!("/v1/admin/households?estate={estate}");
    let items = app.get(&path).token(token).expect(200).json()["items"].clone();
    let shown = |item: &Value| (item["room"].as_str().unwrap().to_owned(), item["phones"].as_i64().unwrap());
    items.as_array().unwrap().iter().map(shown).collect()
}

fn today(app: &TestApp) -> Value {
    json!((app.now() + Duration::hours(8)).format("%Y-%m-%d").to_string())
}

/// Whoever could read of a record learns that it fell and why, as of a single one; the file's
/// sender is told once.
#[both]
fn the_readers_of_records_of_a_wrong_file_are_told_why_they_fell(app: TestApp) {
    let district = app.official(Role::District, DISTRICT, true);
    let uscc = app.scene().uscc;
    let manager = app.manager("王经理", &uscc);
    let (firm, head) = (app.firm_account(&uscc), app.manager_account(&manager));
    let (_, follower) = app.resident("13900000001");
    app.put(&format!("/v1/me/follows/{uscc}")).token(&follower).expect(201);
    let file = format!(
        "category,uscc,manager,level,title,document_number,authority,evidence,decided_on,severity,counts_until\n\
         P301,{uscc},{manager},district,违规收费,中市监罚字〔2026〕1号,中山区市场监督管理局,1.pdf,2025-11-01,serious,2027-11-01\n\
         R101,{uscc},,city,表彰,大政发〔2026〕2号,大连市人民政府,2.pdf,2026-10-01,,\n"
    );
    let sent = confirmed(&app, &district, "records", &file);
    app.tick();
    let card = || app.get(&format!("/v1/firms/{uscc}")).expect(200).json();
    let before = card()["credit"]["score"].clone();
    assert_eq!(card()["records"]["penalties"], 1);
    let own = ids(&app.get("/v1/admin/records").token(&district).expect(200));
    assert_eq!(own.len(), 2);
    let count = |token: &str, kind: &str| {
        app.notices(token).iter().filter(|notice| notice["kind"] == json!(kind)).count()
    };
    let proposal = app
        .post(&job(&sent, "/undo"))
        .token(&district)
        .header("If-Match", "*")
        .json(&json!({"reason": "同名企业", "evidence": ["核查表.pdf"]}))
        .expect(202)
        .json();
    // Nobody is told of what is only proposed, and nothing has changed.
    app.tick();
    assert_eq!((count(&firm, "record_taken_back"), &card()["credit"]["score"]), (0, &before));
    let city = app.official(Role::City, "2102", true);
    let confirm = format!("/v1/admin/proposals/{}/confirm", proposal["id"].as_str().unwrap());
    app.post(&confirm).token(&city).header("If-Match", "*").expect(200);
    app.tick();
    let told = |token: &str| {
        let of_it = |notice: &&Value| notice["kind"] == "record_taken_back";
        app.notices(token).iter().filter(of_it).map(|notice| notice["reason"].clone()).collect::<Vec<_>>()
    };
    assert_eq!((told(&firm), told(&head)), (vec![json!("同名企业"); 2], vec![json!("同名企业")]));
    assert_eq!((count(&follower, "followed_revocation"), count(&follower, "followed_penalty")), (1, 0));
    assert_eq!((count(&district, "import_undone"), count(&district, "record_revoked")), (1, 0));
    assert_ne!(card()["credit"]["score"], before);
    for id in own {
        let kept = app.get(&format!("/v1/admin/records/{id}")).token(&city).expect(200).json();
        let step = kept["steps"].as_array().unwrap().last().unwrap().clone();
        let said = ["step", "by", "ground", "reason"].map(|field| step[field].clone());
        let author = proposal["proposed_by"].as_str().unwrap();
        assert_eq!(said, ["revoked", author, "entered_in_error", "同名企业"].map(Value::from));
        assert_eq!(step["evidence"], json!(["核查表.pdf"]));
        assert!(step["seconded_by"].is_string(), "{step}");
        let own = app.get(&format!("/v1/records/{id}")).token(&firm).expect(200).json();
        assert_eq!(own["revocation"]["reason"], "同名企业");
    }
    assert_eq!(found_by_verify(&app), []);
}

/// What a file made in the registers by mistake is retired, and comes back with a file that lists
/// it again.
#[both]
fn places_and_estates_that_a_file_made_are_retired(app: TestApp) {
    let district = app.official(Role::District, DISTRICT, false);
    let code = format!("{STREET}X07");
    let places = format!("code,level,name,parent\n{code},community,误登社区,{STREET}\n");
    let places = import_seconded(&app, &district, "places", CSV, places);
    let estates = format!("code,name,kind,place,households\nWU-0001,误登花园,professional,{code},10\n");
    let estates_sent = import_seconded(&app, &district, "estates", CSV, estates.clone());
    assert_eq!((&places["state"], &estates_sent["state"]), (&json!("applied"), &json!("confirmed")));
    let found = |path: &str| ids_of(&app, path);
    let listed = format!("/v1/places?parent={STREET}");
    assert!(found(&listed).contains(&code));
    // An estate that is not of the file lies in it.
    assert_eq!(resting(&app, &places, &district), ["/rows/2"]);
    assert!(undone(&app, &estates_sent, &district)["undone_at"].is_string());
    let estate = app.get("/v1/estates/WU-0001").expect(200).json();
    assert_eq!((&estate["retired_on"], &estate["name"]), (&today(&app), &json!("误登花园")));
    assert_eq!(found(&format!("/v1/estates?q={}", encode("误登花园"))), Vec::<String>::new());
    let official = app.official(Role::Community, &code, false);
    assert_eq!(resting(&app, &places, &district), ["/rows/2"]);
    app.sql(&[format!("UPDATE account SET status = 'disabled' WHERE place = '{code}'")], "");
    drop(official);
    undone(&app, &places, &district);
    let place = app.get(&format!("/v1/places/{code}")).expect(200).json();
    assert_eq!((&place["retired_on"], &place["name"]), (&today(&app), &json!("误登社区")));
    assert!(!found(&listed).contains(&code));
    assert_eq!(found(&format!("/v1/places?q={}", encode("误登社区"))), Vec::<String>::new());
    // Nothing new names it.
    let body = json!({"name": "别园", "kind": "professional", "place": code, "households": 1});
    let refused = app.post("/v1/admin/estates").token(&district).json(&body).refused(422, "invalid");
    assert_eq!(refused.faults(), [("/place".to_owned(), "retired".to_owned())]);
    let change = |body: Value| {
        app.patch(&format!("/v1/admin/places/{code}")).token(&district).header("If-Match", "*").json(&body)
    };
    change(json!({"name": "别社区"})).refused(409, "retired");

    // The right file lists them again, which a second person sees.
    let again = format!("code,level,name,parent\n{code},community,新登社区,{STREET}\n");
    let sent = import_file(&app, &district, "places", CSV, again);
    assert_eq!((&sent["state"], &sent["rows"]), (&json!("submitted"), &rows(0, 1, 0)));
    let city = app.official(Role::City, "2102", true);
    let shown = app.get(&job(&sent, "/rows")).token(&city).expect(200).json()["items"][0].clone();
    let expected = json!([
        {"field": "name", "before": "误登社区", "after": "新登社区"},
        {"field": "retired_on", "before": today(&app), "after": null}
    ]);
    assert_eq!(shown["changes"], expected);
    app.post(&job(&sent, "/confirm")).token(&city).header("If-Match", "*").expect(200);
    assert!(found(&listed).contains(&code));
    let back = import_seconded(&app, &district, "estates", CSV, estates);
    assert_eq!((&back["state"], &back["rows"]), (&json!("confirmed"), &rows(0, 1, 0)));
    assert_eq!(app.get("/v1/estates/WU-0001").expect(200).json().get("retired_on"), None);
    // And what that file did is taken back as well.
    undone(&app, &back, &district);
    assert_eq!(app.get("/v1/estates/WU-0001").expect(200).json()["retired_on"], today(&app));
    assert_eq!(found_by_verify(&app), []);
}

#[both]
fn firms_and_managers_that_a_file_made_are_retired_branches_first(app: TestApp) {
    let district = app.official(Role::District, DISTRICT, false);
    let (head, branch) = (new_uscc(), new_uscc());
    let file = format!(
        "uscc,name,registered_place,parent,parent_since\n{head},误登物业,{DISTRICT},,\n{branch},误登物业分公司,{DISTRICT},{head},2026-01-01\n"
    );
    let sent = import_seconded(&app, &district, "firms", CSV, file.clone());
    let managers = format!("name,uscc\n误登经理,{head}\n");
    let managers = import_seconded(&app, &district, "managers", CSV, managers);
    assert_eq!(managers["rows"], rows(1, 0, 0));
    // A manager works for the first: of the others nothing is taken back either.
    assert_eq!(resting(&app, &sent, &district), ["/rows/2"]);
    assert_eq!(app.get(&format!("/v1/firms/{branch}")).expect(200).json().get("retired_on"), None);
    undone(&app, &managers, &district);
    let staff = import_seconded(&app, &district, "staff", CSV, format!("uscc,phone\n{branch},13900000001\n"));
    // The branch, and the first, whose branch it is.
    assert_eq!(resting(&app, &sent, &district), ["/rows/2", "/rows/3"]);
    import_seconded(&app, &district, "staff", CSV, format!("uscc,phone,left\n{branch},13900000001,是\n"));
    undo(&app, &staff, &app.official(Role::Street, STREET, false)).refused(404, "not_found");
    undone(&app, &sent, &district);
    for uscc in [&head, &branch] {
        assert_eq!(app.get(&format!("/v1/firms/{uscc}")).expect(200).json()["retired_on"], today(&app));
        assert!(!ids_of(&app, &format!("/v1/firms?place={DISTRICT}")).contains(uscc));
    }
    assert_eq!(app.get(&format!("/v1/firms/{head}")).expect(200).json()["branches"], json!([]));
    let back = import_seconded(&app, &district, "firms", CSV, file);
    assert_eq!(back["rows"], rows(0, 2, 0));
    assert_eq!(app.get(&format!("/v1/firms/{head}")).expect(200).json().get("retired_on"), None);
    assert_eq!(found_by_verify(&app), []);
}

#[both]
fn projects_that_a_file_made_are_none_unless_something_has_come_of_them(app: TestApp) {
    let district = app.official(Role::District, DISTRICT, false);
    let uscc = app.firm("甲物业");
    let estates: Vec<String> = (0..2).map(|_| app.estate(COMMUNITY, EstateKind::Professional)).collect();
    let new = plain_project(&estates[0], &uscc);
    let file = estates
        .iter()
        .fold("estate,operator,uscc,starts_on,area_m2,households\n".to_owned(), |file, estate| {
            format!("{file}{estate},firm,{uscc},{},9000,100\n", new.starts_on)
        });
    for estate in &estates {
        app.declares(estate, 100);
    }
    let sent = confirmed(&app, &district, "projects", &file);
    let project =
        |estate: &str| app.get(&format!("/v1/estates/{estate}")).expect(200).json()["project"]["id"].clone();
    let second = project(&estates[1]);
    // An assessment of the second, and a change of the first.
    let path = format!("/v1/admin/assessments/{}/2026-Q4/community", second.as_str().unwrap());
    let community = app.official(Role::Community, COMMUNITY, false);
    app.put(&path).token(&community).json(&json!({"scores": {"service": 80, "party": 80}})).expect(201);
    assert_eq!(resting(&app, &sent, &district), ["/rows/3"]);
    let first = format!("/v1/admin/projects/{}", project(&estates[0]).as_str().unwrap());
    app.patch(&first)
        .token(&district)
        .header("If-Match", "*")
        .json(&json!({"fee_fen": 150, "reason": "合同"}))
        .seconded(&app);
    assert_eq!(resting(&app, &sent, &district), ["/rows/2", "/rows/3"]);
    assert_ne!(project(&estates[0]), Value::Null);
    let others: Vec<String> = (0..2).map(|_| app.estate(COMMUNITY, EstateKind::Professional)).collect();
    let file = file.replace(&estates[0], &others[0]).replace(&estates[1], &others[1]);
    for estate in &others {
        app.declares(estate, 100);
    }
    let sent = confirmed(&app, &district, "projects", &file);
    let made = project(&others[1]);
    undone(&app, &sent, &district);
    assert_eq!((project(&others[0]), project(&others[1])), (Value::Null, Value::Null));
    let kept = app.get(&format!("/v1/projects/{}", made.as_str().unwrap())).expect(200).json();
    assert_eq!(kept["retired_on"], today(&app));
    // The right file makes others.
    let again = confirmed(&app, &district, "projects", &file);
    assert_eq!(again["rows"], rows(2, 0, 0));
    assert_ne!(project(&others[1]), made);
    assert_eq!(found_by_verify(&app), []);
}

/// A batch is taken back by few statements, however long it is.
#[both]
fn a_batch_of_any_length_is_taken_back(app: TestApp) {
    let district = app.official(Role::District, DISTRICT, false);
    let uscc = app.firm("甲物业");
    let file = |value: &str| {
        (0..5_001).fold("subject_kind,subject,key,period,value,source\n".to_owned(), |file, number| {
            let day = NaiveDate::from_ymd_opt(2012, 1, 1).unwrap() + Days::new(number);
            format!("{file}firm,{uscc},complaints_received,{day},{value},日报\n")
        })
    };
    confirmed(&app, &district, "metrics", &file("95"));
    let second = confirmed(&app, &district, "metrics", &file("60"));
    let again = undone(&app, &second, &district);
    assert!(again["undone_at"].is_string());
    let city = app.official(Role::City, "2102", true);
    let next = import_file(&app, &district, "metrics", CSV, file("95"));
    assert_eq!(next["rows"], rows(0, 0, 5_001));
    undo(&app, &next, &city).refused(409, "wrong_state");
}

/// What a file of rosters brought is hidden at once and removed afterwards; whose home it is stays.
#[both]
fn dwellings_and_phones_that_a_file_brought_go_unless_somebody_lives_there(app: TestApp) {
    let street = app.official(Role::Street, STREET, false);
    let estate = app.estate(COMMUNITY, EstateKind::Professional);
    app.declares(&estate, 10);
    let list = |estate: &str| list_of(&app, &street, estate);
    let file = |rows: &[(&str, &str)]| {
        rows.iter().fold("estate,building,unit,room,phones\n".to_owned(), |file, (room, phones)| {
            format!("{file}{estate},1,1,{room},{phones}\n")
        })
    };
    let wrong = file(&[("101", "13900000001"), ("102", "13900000002;13900000003")]);
    let sent = import_file(&app, &street, "households", CSV, wrong.clone());
    assert_eq!((&sent["state"], &sent["rows"]), (&json!("applied"), &rows(2, 0, 0)));
    app.advance(Duration::minutes(1));
    let proposal = undo(&app, &sent, &street).expect(202).json();
    assert_eq!(proposal["changes"], what_ends(&sent));
    assert_eq!(list(&estate), [("101".to_owned(), 1), ("102".to_owned(), 2)]);
    let withdraw = format!("/v1/admin/proposals/{}/withdraw", proposal["id"].as_str().unwrap());
    app.post(&withdraw).token(&street).header("If-Match", "*").expect(200);
    let after = undone(&app, &sent, &street);
    assert_eq!((&after["state"], after["undone_at"].is_string()), (&json!("applied"), true));
    // Nobody sees them from now on, nor is let in by them, and they are removed.
    assert_eq!(list(&estate), []);
    let (_, token) = app.resident("13900000001");
    assert_eq!(app.claim(&token, &estate, "101").expect(201).json()["status"], "pending");
    let id = sent["id"].as_str().unwrap();
    assert_eq!(recover(&app), [id]);
    assert_eq!(recover(&app), Vec::<String>::new());
    undo(&app, &sent, &street).refused(409, "wrong_state");

    // The right file, on another day: its roster is the estate's first, as the other's was none.
    app.advance(Duration::days(1));
    let street = app.official(Role::Street, STREET, false);
    let right = file(&[("102", "13900000004"), ("103", "")]);
    let right = import_file(&app, &street, "households", CSV, right);
    assert_eq!(right["rows"], rows(2, 0, 0));
    // A later file is taken back first.
    app.advance(Duration::minutes(1));
    let roster = import_file(&app, &street, "households", CSV, file(&[("103", "13900000005;13900000006")]));
    assert_eq!(roster["rows"], rows(0, 1, 0));
    app.advance(Duration::minutes(1));
    let refused = undo(&app, &right, &street).refused(409, "rests_on").json();
    let named = refused["detail"].as_str().unwrap();
    assert!(named.ends_with(roster["id"].as_str().unwrap()), "{named}");
    let (_, token) = app.resident("13900000005");
    let claim = app.claim(&token, &estate, "103").expect(201).json();
    assert_eq!((&claim["status"], &claim["rates_from"]), (&json!("verified"), &json!(null)));
    let refused = undo(&app, &roster, &street).refused(409, "rests_on").json();
    assert_eq!(refused["detail"], "已有居民据此绑定或申请绑定住房，共1条");
    assert_eq!(list_of(&app, &street, &estate), [("102".to_owned(), 1), ("103".to_owned(), 2)]);
    assert_eq!(found_by_verify(&app), []);
}

/// A claim that waits, a change by hand and a claim by the roster each keep a file.
#[both]
fn a_file_of_dwellings_stays_where_something_has_come_of_it(app: TestApp) {
    let street = app.official(Role::Street, STREET, false);
    let rests = |sent: &Value, said: &str| {
        app.advance(Duration::minutes(1));
        let refused = undo(&app, sent, &street).refused(409, "rests_on").json();
        assert_eq!(refused["detail"], said);
    };
    let brought = |estate: &str, phones: &str| {
        app.declares(estate, 10);
        let file = format!("estate,building,unit,room,phones\n{estate},1,1,101,{phones}\n");
        import_file(&app, &street, "households", CSV, file)
    };
    let estate = || app.estate(COMMUNITY, EstateKind::Professional);
    let waiting = estate();
    let sent = brought(&waiting, "13900000011");
    let (_, token) = app.resident("13900000012");
    assert_eq!(app.claim(&token, &waiting, "101").expect(201).json()["status"], "pending");
    rests(&sent, "已有居民据此绑定或申请绑定住房，共1条");
    let edited = estate();
    let sent = brought(&edited, "13900000013");
    let path = format!("/v1/admin/households?estate={edited}");
    let id = app.get(&path).token(&street).expect(200).json()["items"][0]["id"].clone();
    app.patch(&format!("/v1/admin/households/{}", id.as_str().unwrap()))
        .token(&street)
        .header("If-Match", "*")
        .json(&json!({"phones": ["13900000014"]}))
        .expect(200);
    rests(&sent, "该文件新增的住户中有1户之后又有变动");
}
