//! Imports of records, assessments and metrics: they arrive as one batch that another official
//! confirms.

use chrono::{Days, NaiveDate};
use serde_json::{Value, json};
use xinwu_both::both;
use xinwu_domain::access::{Operation, Role, Warrant};
use xinwu_domain::catalogue::Level;
use xinwu_domain::estate::EstateKind;
use xinwu_domain::import::{ImportFormat, ImportKind, ImportRows, Occasion, RecordRow, Row, Run};
use xinwu_domain::record::NewRecord;
use xinwu_domain::text::Language;
use xinwu_persistence::city::CitySettings;
use xinwu_persistence::operations::import::{self, NewImport, SentFile};

use crate::harness::TestApp;
use crate::harness::program::Desk;
use crate::harness::world::{COMMUNITY, DISTRICT, OTHER_DISTRICT, STREET};
use crate::imports::{CSV, fault, faults, import_file, read_rows, recover, report, rows};

const HEADER: &str = "category,uscc,level,title,document_number,authority,evidence,decided_on";

fn record(uscc: &str, number: &str) -> String {
    format!("R101,{uscc},city,表彰,大政发〔2026〕{number}号,大连市人民政府,file-{number},2026-10-01\n")
}

/// Takes a step on a batch, with the version that the asker sees.
fn step(app: &TestApp, token: &str, report: &Value, step: &str) -> crate::harness::Call {
    let path = format!("/v1/admin/imports/{}", report["id"].as_str().unwrap());
    let etag = app.get(&path).token(token).expect(200).etag().to_owned();
    app.post(&format!("{path}/{step}")).token(token).header("If-Match", &etag)
}

fn record_row(uscc: &str, number: &str) -> Row {
    Row::Record(Box::new(RecordRow {
        decision: format!("{uscc}-{number}"),
        new: NewRecord {
            category: "R101".to_owned(),
            uscc: Some(uscc.to_owned()),
            project: None,
            manager: None,
            level: Level::City,
            severity: None,
            severity_reason: None,
            title: "表彰".to_owned(),
            detail: None,
            document_number: number.to_owned(),
            authority: "大连市人民政府".to_owned(),
            evidence: vec!["file".to_owned()],
            decided_on: "2026-10-01".parse().unwrap(),
            counts_until: None,
            publish: None,
            public_until: None,
            points: Vec::new(),
            demo: false,
        },
        known_from: None,
    }))
}

fn rewards(app: &TestApp, uscc: &str) -> i64 {
    app.get(&format!("/v1/firms/{uscc}")).expect(200).json()["records"]["rewards"].as_i64().unwrap()
}

#[both]
fn a_batch_of_records_counts_once_another_official_confirms_it(app: TestApp) {
    let drafter = app.official(Role::District, DISTRICT, true);
    let (one, two) = (app.firm("甲物业"), app.firm("乙物业"));
    let file = format!("{HEADER}\n{}{}", record(&one, "1"), record(&two, "2"));
    let batch = import_file(&app, &drafter, "records", CSV, file.as_str());
    assert_eq!((&batch["state"], &batch["rows"]), (&json!("submitted"), &rows(2, 0, 0)), "{batch}");
    assert_eq!((rewards(&app, &one), rewards(&app, &two)), (0, 0));
    // Four eyes, the power, the place, the version.
    step(&app, &drafter, &batch, "confirm").refused(403, "second_person_needed");
    let powerless = app.official(Role::City, "2102", false);
    step(&app, &powerless, &batch, "confirm").refused(403, "no_power_to_confirm");
    let path = format!("/v1/admin/imports/{}", batch["id"].as_str().unwrap());
    let other = app.official(Role::District, OTHER_DISTRICT, true);
    app.post(&format!("{path}/confirm")).token(&other).header("If-Match", "*").refused(404, "not_found");
    let city = app.official(Role::City, "2102", true);
    app.post(&format!("{path}/confirm")).token(&city).refused(428, "if_match_required");
    app.post(&format!("{path}/confirm")).token(&city).header("If-Match", "\"1-0\"").refused(412, "stale");
    let confirmed = step(&app, &city, &batch, "confirm").expect(200).json();
    assert_eq!(confirmed["state"], "confirmed");
    assert_eq!((rewards(&app, &one), rewards(&app, &two)), (1, 1));
    step(&app, &city, &batch, "confirm").refused(409, "wrong_state");
    // Again: nothing new, and so nothing to confirm.
    let again = import_file(&app, &drafter, "records", CSV, file.as_str());
    assert_eq!((&again["state"], &again["rows"]), (&json!("applied"), &rows(0, 0, 2)));
    let other_words = import_file(&app, &drafter, "records", CSV, file.replace("表彰", "嘉奖"));
    assert_eq!(faults(&other_words), [fault(2, "", "already_recorded"), fault(3, "", "already_recorded")]);
}

#[both]
fn a_file_sent_again_finds_what_it_brought_whatever_an_objection_made_of_it(app: TestApp) {
    let drafter = app.official(Role::District, DISTRICT, false);
    let uscc = app.firm("甲物业");
    let file = format!("{HEADER}\n{}{}", record(&uscc, "1"), record(&uscc, "2"));
    let batch = import_file(&app, &drafter, "records", CSV, file.as_str());
    step(&app, &app.official(Role::City, "2102", true), &batch, "confirm").expect(200);
    let records = crate::harness::files::ids(&app.get(&format!("/v1/firms/{uscc}/records")).expect(200));
    for (record, body) in records.iter().zip([
        json!({"decision": "amended", "reason": "改", "amendment": {"title": "通报表扬"}}),
        json!({"decision": "revoked", "reason": "改"}),
    ]) {
        app.decided(&app.objection(&uscc, record), &body);
    }
    let again = import_file(&app, &drafter, "records", CSV, file.as_str());
    assert_eq!((&again["state"], &again["rows"]), (&json!("applied"), &rows(0, 0, 2)), "{again}");
    assert_eq!(rewards(&app, &uscc), 1);
}

#[both]
fn a_returned_batch_never_counts_and_may_come_again(app: TestApp) {
    let drafter = app.official(Role::District, DISTRICT, false);
    let city = app.official(Role::City, "2102", true);
    let uscc = app.firm("甲物业");
    let file = format!("{HEADER}\n{}", record(&uscc, "1"));
    let batch = import_file(&app, &drafter, "records", CSV, file.as_str());
    step(&app, &city, &batch, "return").json(&json!({"reason": ""})).refused(422, "invalid");
    let returned =
        step(&app, &city, &batch, "return").json(&json!({"reason": "文号有误"})).expect(200).json();
    assert_eq!(returned["state"], "returned");
    assert_eq!(rewards(&app, &uscc), 0);
    let again = import_file(&app, &drafter, "records", CSV, file.as_str());
    assert_eq!((&again["state"], &again["rows"]), (&json!("submitted"), &rows(1, 0, 0)));
    step(&app, &city, &again, "confirm").expect(200);
    assert_eq!(rewards(&app, &uscc), 1);
}

#[both]
fn bad_records_are_named_and_none_is_drafted(app: TestApp) {
    let district = app.official(Role::District, DISTRICT, false);
    let uscc = app.firm("甲物业");
    let file = format!(
        "{HEADER},known_from\n{}{}",
        record(&uscc, "1").replace('\n', ",\n"),
        record(&uscc, "2").replace('\n', ",2020-01-01T00:00:00Z\n")
    );
    let early = import_file(&app, &district, "records", CSV, file);
    assert_eq!(faults(&early), [fault(3, "known_from", "founding_only")]);
    let file = format!(
        "{HEADER}\n{}{}{}",
        record(&uscc, "1"),
        record(&uscc, "2").replace("R101", "R999"),
        record(&uscc, "3").replace("2026-10-01", "2027-01-01")
    );
    let report = import_file(&app, &district, "records", CSV, file);
    let found = faults(&report);
    assert_eq!(
        (found[0].0, found[0].1.as_str(), found[1].0, found[1].1.as_str()),
        (3, "category", 4, "decided_on"),
        "{report}"
    );
    let good = import_file(&app, &district, "records", CSV, format!("{HEADER}\n{}", record(&uscc, "1")));
    assert_eq!(good["rows"], rows(1, 0, 0));
}

#[both]
fn a_batch_half_put_is_seen_by_nobody_and_a_new_start_removes_it(app: TestApp) {
    let city = app.official(Role::City, "2102", true);
    let uscc = app.firm("甲物业");
    let begin = |id: &'static str| {
        let new = NewImport {
            id: id.to_owned(),
            kind: ImportKind::Records,
            format: ImportFormat::Csv,
            run: Run::Real,
            occasion: Occasion::Usual,
            file: SentFile::default(),
        };
        let staged = read_rows(vec![record_row(&uscc, "1"), record_row(&uscc, "2")]);
        app.db()
            .write_blocking(move |tx| {
                import::open(tx, &Warrant::operator(Operation::AddImport), &new, Language::English)?;
                import::stage(tx, id, &Warrant::operator(Operation::AddImport), &staged)?;
                Ok(import::put_some(
                    tx,
                    id,
                    &Warrant::operator(Operation::AddImport),
                    CitySettings::default(),
                    0,
                    Run::Real,
                )?
                .rows)
            })
            .unwrap()
    };
    let submitted =
        || app.get("/v1/admin/records?state=submitted&count=true").token(&city).expect(200).json();
    let counted = ImportRows { created: 2, ..ImportRows::default() };
    assert_eq!(begin("first"), counted);
    assert_eq!((&submitted()["items"], &submitted()["page"]["total"]), (&json!([]), &json!(0)));
    app.post("/v1/admin/imports/first/confirm")
        .token(&city)
        .header("If-Match", "*")
        .refused(409, "wrong_state");
    assert_eq!(recover(&app), ["first"]);
    // Nothing is left that the same file could meet.
    assert_eq!(begin("second"), counted);
    assert_eq!(submitted()["items"], json!([]));
    app.db().write_blocking(move |tx| import::show_batch(tx, "second", &counted)).unwrap();
    assert_eq!(submitted()["page"]["total"], 2);
    app.post("/v1/admin/imports/second/confirm").token(&city).header("If-Match", "*").expect(200);
    assert_eq!(rewards(&app, &uscc), 2);
}

#[both]
fn one_bad_row_among_many_leaves_nothing_of_a_batch(app: TestApp) {
    let district = app.official(Role::District, DISTRICT, false);
    let uscc = app.firm("甲物业");
    let header = "subject_kind,subject,key,period,value,source\n";
    let first: NaiveDate = "2023-01-01".parse().unwrap();
    let row = |day: u64, value: u64| {
        format!("firm,{uscc},complaints_received,{},{value},日报\n", first + Days::new(day))
    };
    let metrics = |bad: u64| {
        (0..1200).fold(header.to_owned(), |file, number| {
            file + &row(if number == 700 { bad } else { number }, number)
        })
    };
    // That another figure waits is found once others are put already.
    let waiting = import_file(&app, &district, "metrics", CSV, format!("{header}{}", row(1300, 1)));
    assert_eq!(waiting["state"], "submitted");
    let refused = import_file(&app, &district, "metrics", CSV, metrics(1300));
    assert_eq!(
        (&refused["state"], faults(&refused)),
        (&json!("refused"), vec![fault(702, "", "already_submitted")])
    );
    let dry = import_file(&app, &district, "metrics?dry_run=true", CSV, metrics(700));
    assert_eq!((&dry["state"], &dry["rows"]), (&json!("checked"), &rows(1200, 0, 0)));
    let good = import_file(&app, &district, "metrics", CSV, metrics(700));
    assert_eq!((&good["state"], &good["rows"]), (&json!("submitted"), &rows(1200, 0, 0)));
}

#[both]
fn a_record_of_a_returned_batch_is_its_drafters_own_again(app: TestApp) {
    let drafter = app.official(Role::District, DISTRICT, false);
    let city = app.official(Role::City, "2102", true);
    let uscc = app.firm("甲物业");
    let batch = import_file(&app, &drafter, "records", CSV, format!("{HEADER}\n{}", record(&uscc, "1")));
    let id = app.get("/v1/admin/records?state=submitted").token(&city).expect(200).json()["items"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    step(&app, &city, &batch, "return").json(&json!({"reason": "文号有误"})).expect(200);
    let path = format!("/v1/admin/records/{id}");
    let act =
        |token: &str, what: &str| app.post(&format!("{path}/{what}")).token(token).header("If-Match", "*");
    app.patch(&path).token(&drafter).header("If-Match", "*").json(&json!({"title": "表扬"})).expect(200);
    act(&drafter, "submit").expect(200);
    act(&city, "confirm").expect(200);
    assert_eq!(rewards(&app, &uscc), 1);
    // One decision counts once, however it comes.
    let again = import_file(&app, &drafter, "records", CSV, format!("{HEADER}\n{}", record(&uscc, "1")));
    assert_eq!(faults(&again), [fault(2, "", "already_recorded")]);
    let same = import_file(
        &app,
        &drafter,
        "records",
        CSV,
        format!("{HEADER}\n{}", record(&uscc, "1").replace("表彰", "表扬")),
    );
    assert_eq!(same["rows"], rows(0, 0, 1));
}

#[both]
fn a_large_batch_counts_at_once_and_its_grades_follow(app: TestApp) {
    let drafter = app.official(Role::District, DISTRICT, false);
    let city = app.official(Role::City, "2102", true);
    let firms: Vec<String> = (0..45).map(|number| app.firm(&format!("物业{number}"))).collect();
    let file = firms
        .iter()
        .enumerate()
        .fold(format!("{HEADER}\n"), |file, (number, uscc)| file + &record(uscc, &number.to_string()));
    let batch = import_file(&app, &drafter, "records", CSV, file);
    assert_eq!(batch["rows"], rows(45, 0, 0));
    let confirmed = step(&app, &city, &batch, "confirm").expect(200).json();
    assert_eq!(confirmed["state"], "confirmed");
    app.tick();
    assert!(firms.iter().all(|uscc| rewards(&app, uscc) == 1));
}

#[both]
fn assessments_arrive_as_a_batch(app: TestApp) {
    let community = app.official(Role::Community, COMMUNITY, false);
    let street = app.official(Role::Street, STREET, true);
    let uscc = app.firm("甲物业");
    let project = app.project(&app.estate(COMMUNITY, EstateKind::Professional), &uscc);
    let file = format!("project,period,assessor,service,party,note\n{project},2026-Q4,community,92.5,88,\n");
    let batch = import_file(&app, &community, "assessments", CSV, file.as_str());
    assert_eq!((&batch["state"], &batch["rows"]), (&json!("submitted"), &rows(1, 0, 0)), "{batch}");
    assert_eq!(step(&app, &street, &batch, "confirm").expect(200).json()["state"], "confirmed");
    assert_eq!(import_file(&app, &community, "assessments", CSV, file.as_str())["rows"], rows(0, 0, 1));
    let bad = format!(
        "project,period,assessor,service,party\n{project},2026-Q4,community,100.001,88\n{project},2026-13,street,1,1.2345\nnone,2026-Q4,owner,1,1\n"
    );
    assert_eq!(
        faults(&import_file(&app, &community, "assessments", CSV, bad)),
        [
            fault(2, "service", "out_of_range"),
            fault(3, "period", "period"),
            fault(3, "party", "decimal"),
            fault(4, "assessor", "unknown_value"),
            fault(4, "project", "unknown_project"),
        ]
    );
    let bad = format!(
        "project,period,assessor,service,party\n{project},2026-Q4,street,90,88\n{project},2027-Q4,community,90,88\n"
    );
    let found = faults(&import_file(&app, &community, "assessments", CSV, bad));
    assert_eq!((found[0].0, found[1].clone()), (2, fault(3, "period", "period_not_begun")));
    let city = app.official(Role::City, "2102", true);
    app.post("/v1/admin/imports/assessments").token(&city).body(CSV, file).refused(403, "role_not_allowed");
}

#[both]
fn metrics_arrive_as_a_batch(app: TestApp) {
    let district = app.official(Role::District, DISTRICT, false);
    let city = app.official(Role::City, "2102", true);
    let uscc = app.firm("甲物业");
    let file = format!(
        "subject_kind,subject,key,period,value,source\nfirm,{uscc},fee_collection_rate,2026-Q3,95.25,年报\n"
    );
    let batch = import_file(&app, &district, "metrics", CSV, file.as_str());
    assert_eq!((&batch["state"], &batch["rows"]), (&json!("submitted"), &rows(1, 0, 0)), "{batch}");
    assert_eq!(step(&app, &city, &batch, "confirm").expect(200).json()["state"], "confirmed");
    assert_eq!(import_file(&app, &district, "metrics", CSV, file.as_str())["rows"], rows(0, 0, 1));
    // A command whose file brings nothing new has done what it was asked.
    let desk = Desk::beside(&app);
    let said = desk.run(&["import", "metrics", &desk.file("metrics.csv", &file), "--json"]).expect(0).json();
    assert_eq!((&said["state"], &said["rows"]), (&json!("applied"), &rows(0, 0, 1)), "{said}");
    let street = app.official(Role::Street, STREET, false);
    app.post("/v1/admin/imports/metrics").token(&street).body(CSV, file).refused(403, "role_not_allowed");
}

#[both]
fn the_operators_batch_is_the_citys_to_confirm_and_may_be_founding(app: TestApp) {
    let uscc = app.firm("甲物业");
    let file = format!(
        "{HEADER},known_from\n{}",
        record(&uscc, "1").replace("2026-10-01\n", "2025-03-01,2025-03-02T00:00:00Z\n")
    );
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("records.csv");
    std::fs::write(&path, file).unwrap();
    let new = NewImport {
        id: "founding".to_owned(),
        kind: xinwu_domain::import::ImportKind::Records,
        format: xinwu_domain::import::ImportFormat::Csv,
        run: Run::Real,
        occasion: Occasion::Founding,
        file: SentFile::default(),
    };
    let job = xinwu_api::imports::Job {
        id: new.id.clone(),
        file: std::fs::File::open(&path).unwrap(),
        kind: new.kind,
        format: new.format,
        run: Run::Real,
        occasion: Occasion::Founding,
        warrant: Warrant::operator(Operation::AddImport),
    };
    let reservation = app.state.imports().reserve("founding").unwrap();
    app.db()
        .write_blocking(move |tx| {
            import::open(
                tx,
                &Warrant::operator(Operation::AddImport),
                &new,
                xinwu_domain::text::Language::English,
            )
        })
        .unwrap();
    reservation.take(job, app.state.imports().arrive("operator").unwrap());
    let city = app.official(Role::City, "2102", true);
    let batch = report(&app, &city, "founding");
    assert_eq!(
        (&batch["state"], &batch["founding"], &batch["place"]),
        (&json!("submitted"), &json!(true), &json!("2102")),
        "{batch}"
    );
    step(&app, &city, &batch, "confirm").expect(200);
    let then = app.get(&format!("/v1/firms/{uscc}/evaluation?as_of=2025-04-01T00:00:00Z")).send();
    assert_eq!(then.status, 200, "{}", then.text);
}
