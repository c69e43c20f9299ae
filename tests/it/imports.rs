//! Imports: how files are read, refused, reported and made visible. What each kind does is in
//! `imports_registers` and `imports_batches`.

use serde_json::{Value, json};
use xinwu_both::both;
use xinwu_domain::access::{Operation, Role, Warrant};
use xinwu_domain::estate::EstateKind;
use xinwu_domain::import::{
    FileFault, HouseholdRow, ImportFormat, ImportKind, ImportRows, Occasion, ReadRow, Row, Run,
};
use xinwu_domain::refusal::Refusal;
use xinwu_domain::text::{Language, Text};
use xinwu_persistence::operations::import::{self, Claims, NewImport, SentFile};
use xinwu_store::StoreError;

use crate::harness::TestApp;
use crate::harness::world::{COMMUNITY, DISTRICT};

pub const CSV: &str = "text/csv";
/// What a generated client sends: `format` says what it is.
const BYTES: &str = "application/octet-stream";
pub const NDJSON: &str = "application/x-ndjson";
/// A job that a test opens itself.
const JOB: &str = "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c";

/// Sends a file, waits for its job and gives the report.
#[track_caller]
pub fn import_file(app: &TestApp, token: &str, path: &str, format: &str, body: impl Into<Vec<u8>>) -> Value {
    // Whatever needs a second person needs a reason.
    let between = if path.contains('?') { '&' } else { '?' };
    let path = format!("/v1/admin/imports/{path}{between}reason=audit");
    let sent = app.post(&path).token(token).body(format, body).expect(202);
    report(app, token, sent.json()["id"].as_str().unwrap())
}

/// Sends a file, and has a second person confirm it where it needs one. Gives the report.
#[track_caller]
pub fn import_seconded(
    app: &TestApp,
    token: &str,
    path: &str,
    format: &str,
    body: impl Into<Vec<u8>>,
) -> Value {
    let sent = import_file(app, token, path, format, body);
    if sent["state"] != "submitted" {
        return sent;
    }
    let job = format!("/v1/admin/imports/{}", sent["id"].as_str().unwrap());
    let city = app.official(Role::City, "2102", true);
    app.post(&format!("{job}/confirm")).token(&city).header("If-Match", "*").expect(200);
    app.get(&job).token(token).expect(200).json()
}

/// Waits for a job and gives its report.
#[track_caller]
pub fn report(app: &TestApp, token: &str, id: &str) -> Value {
    app.state.imports().finished(id);
    app.get(&format!("/v1/admin/imports/{id}")).token(token).expect(200).json()
}

/// Line, column and code of each bad row.
pub fn faults(report: &Value) -> Vec<(i64, String, String)> {
    report["bad_rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|each| {
            let text = |name: &str| each[name].as_str().unwrap_or_default().to_owned();
            (each["line"].as_i64().unwrap(), text("column"), text("code"))
        })
        .collect()
}

pub fn fault(line: i64, column: &str, code: &str) -> (i64, String, String) {
    (line, column.to_owned(), code.to_owned())
}

pub fn rows(created: i32, updated: i32, unchanged: i32) -> Value {
    json!({"read": created + updated + unchanged, "bad": 0, "created": created, "updated": updated, "unchanged": unchanged})
}

/// A dry run's of rows about phones.
pub fn read(read: i32) -> Value {
    json!({"read": read, "bad": 0, "created": 0, "updated": 0, "unchanged": 0})
}

/// Ends the jobs that nobody is at, as the service's thread does time and again. Gives which they
/// were.
pub fn recover(app: &TestApp) -> Vec<String> {
    let found = app.state.imports().recover().unwrap();
    found.iter().for_each(|id| app.state.imports().finished(id));
    found
}

/// Good rows as they were read, numbered from 2.
pub fn read_rows(rows: Vec<Row>) -> Vec<ReadRow> {
    let read = |(line, row)| ReadRow {
        line,
        key: String::new(),
        row: Some(row),
        faults: Vec::new(),
        references: Vec::new(),
    };
    (2..).zip(rows).map(read).collect()
}

const ZONE: &str =
    "code,level,name,parent\n2102X01,district,高新区,2102\n2102X01X01,street,凌水街道,2102X01\n";

fn city(app: &TestApp) -> String {
    app.official(Role::City, "2102", false)
}

#[both]
fn the_shipped_places_are_read_as_they_are_and_change_nothing(app: TestApp) {
    let city = city(&app);
    let file = include_str!("../../data/dalian-places.csv");
    let first = import_file(&app, &city, "places", CSV, file);
    assert_eq!((&first["state"], &first["rows"]), (&json!("applied"), &rows(0, 0, 1995)), "{first}");
    assert_eq!((&first["encoding"], &first["failure"]), (&json!("utf-8"), &Value::Null));
}

#[both]
fn a_file_is_applied_once_and_changes_nothing_the_second_time(app: TestApp) {
    let city = city(&app);
    let first = import_file(&app, &city, "places", CSV, ZONE);
    assert_eq!((&first["state"], &first["rows"]), (&json!("applied"), &rows(2, 0, 0)), "{first}");
    assert_eq!(app.get("/v1/places/2102X01X01").expect(200).json()["parent"]["code"], "2102X01");
    let second = import_file(&app, &city, "places", CSV, ZONE);
    assert_eq!((&second["state"], &second["rows"]), (&json!("applied"), &rows(0, 0, 2)));
    let renamed = import_file(&app, &city, "places", CSV, ZONE.replace("高新区", "高新园区"));
    assert_eq!(renamed["rows"], rows(0, 1, 1));
    assert_eq!(app.get("/v1/places/2102X01").expect(200).json()["aliases"], json!(["高新区"]));
}

#[both]
fn lines_of_json_are_read_like_csv(app: TestApp) {
    let city = city(&app);
    let file = "{\"code\":\"2102X01\",\"level\":\"district\",\"name\":\"高新区\",\"parent\":\"2102\",\"aliases\":[\"高新\",\"凌水\"]}\n\n";
    assert_eq!(import_file(&app, &city, "places", NDJSON, file)["rows"], rows(1, 0, 0));
    assert_eq!(app.get("/v1/places/2102X01").expect(200).json()["aliases"], json!(["高新", "凌水"]));
    let bad = "[1]\n{\"code\":\"2102X02\",\"code\":\"2102X03\",\"kode\":1}\n{\"level\":\"x\"}\n";
    let report = import_file(&app, &city, "places", NDJSON, bad);
    assert_eq!(report["state"], "refused");
    assert_eq!(
        faults(&report),
        [
            fault(1, "", "bad_json"),
            fault(2, "code", "duplicate_field"),
            fault(2, "kode", "unknown_field"),
            fault(2, "level", "required"),
            fault(2, "name", "required"),
            fault(3, "code", "required"),
            fault(3, "level", "unknown_value"),
            fault(3, "name", "required"),
        ]
    );
}

#[both]
fn a_dry_run_reports_and_stores_nothing(app: TestApp) {
    let city = city(&app);
    let report = import_file(&app, &city, "places?dry_run=true", CSV, ZONE);
    assert_eq!(
        (&report["state"], &report["rows"], &report["dry_run"]),
        (&json!("checked"), &rows(2, 0, 0), &json!(true))
    );
    app.get("/v1/places/2102X01").refused(404, "not_found");
    let bad = import_file(
        &app,
        &city,
        "places?dry_run=true",
        CSV,
        "code,level,name,parent\n2102X01,district,x,9999\n",
    );
    assert_eq!((&bad["state"], faults(&bad)), (&json!("refused"), vec![fault(2, "parent", "unknown_place")]));
}

#[both]
fn one_bad_row_at_the_end_keeps_everything_out_and_all_bad_rows_are_named(app: TestApp) {
    let city = city(&app);
    let file = format!(
        "{ZONE}2102X01X02,street,\u{7},2102X01\nX,district,甲,2102\n2102X03,district,乙,2102,more\n2102X01,district,又,2102\n"
    );
    let report = import_file(&app, &city, "places", CSV, file);
    assert_eq!(
        (&report["state"], &report["rows"]["bad"], &report["rows"]["created"]),
        (&json!("refused"), &json!(4), &json!(0))
    );
    assert_eq!(
        faults(&report),
        [
            fault(4, "name", "control_character"),
            fault(5, "code", "place_code"),
            fault(6, "", "no_header"),
            fault(7, "", "duplicate_row"),
        ]
    );
    app.get("/v1/places/2102X01").refused(404, "not_found");
    // What only the tree can tell is named too, and undoes the rows before it.
    let file = format!(
        "{ZONE}2102X09,street,丙,2102\n2102X01X09,community,丁,2102X01X01\n2102X01X08,street,戊,2102X07\n"
    );
    let report = import_file(&app, &city, "places", CSV, file);
    assert_eq!(faults(&report), [fault(4, "parent", "wrong_level"), fault(6, "parent", "unknown_place")]);
    app.get("/v1/places/2102X01").refused(404, "not_found");
    let english = app
        .get(&format!("/v1/admin/imports/{}", report["id"].as_str().unwrap()))
        .token(&city)
        .english()
        .expect(200)
        .json();
    assert_eq!(english["bad_rows"][1]["detail"], "There is no such place");
}

/// The document lists what a program may meet: each answer is held against it, and one that had
/// another code would be told by the harness.
#[both]
fn what_is_wrong_with_rows_and_files_is_one_of_the_documents_words(app: TestApp) {
    let city = city(&app);
    let document = app.get("/openapi-admin.json").expect(200).json();
    let words = document["components"]["schemas"]["ImportCode"]["enum"].as_array().unwrap().clone();
    let rows = format!(
        "{ZONE}2102X01,district,又,2102\nX,district,甲,2102\n2102X03,zone,\u{7},2102\n2102X04,district,丙,2102,more\n2102X05,street,丁,2102X09\n"
    );
    let report = import_file(&app, &city, "places", CSV, rows);
    let found = faults(&report);
    assert!(found.len() > 4, "{report}");
    for (_, _, code) in &found {
        assert!(words.contains(&json!(code)), "{code}: {report}");
    }
    for file in ["", "code,title\n", "code,level,name,parent\n\"2102X01"] {
        let report = import_file(&app, &city, "places", CSV, file);
        assert!(words.contains(&report["failure"]["code"]), "{report}");
    }
}

#[both]
fn a_mark_is_taken_off_and_gb_18030_is_read(app: TestApp) {
    let city = city(&app);
    let report = import_file(&app, &city, "places", CSV, format!("\u{feff}{ZONE}"));
    assert_eq!((&report["state"], &report["encoding"]), (&json!("applied"), &json!("utf-8")));
    // 保税区 in GB 18030
    let mut file = b"code,level,name,parent\r\n2102X02,district,".to_vec();
    file.extend([0xb1, 0xa3, 0xcb, 0xb0, 0xc7, 0xf8]);
    file.extend(b",2102\r\n");
    let report = import_file(&app, &city, "places", CSV, file);
    assert_eq!((&report["state"], &report["encoding"]), (&json!("applied"), &json!("gb18030")), "{report}");
    assert_eq!(app.get("/v1/places/2102X02").expect(200).json()["name"], "保税区");
}

#[both]
fn a_file_in_no_known_encoding_is_refused_at_its_line(app: TestApp) {
    let city = city(&app);
    let mut file = ZONE.as_bytes().to_vec();
    file.extend(b"2102X05,district,");
    file.extend([0xe4, 0xbf]);
    file.extend("税区,2102\n".as_bytes());
    let report = import_file(&app, &city, "places", CSV, file);
    assert_eq!(
        (&report["state"], &report["failure"]["code"], &report["failure"]["line"]),
        (&json!("failed"), &json!("bad_encoding"), &json!(4))
    );
    app.get("/v1/places/2102X01").refused(404, "not_found");
}

#[both]
fn a_wrong_header_names_its_columns(app: TestApp) {
    let city = city(&app);
    let failure = |file: &str| {
        let report = import_file(&app, &city, "places", CSV, file);
        assert_eq!(report["state"], "failed");
        (
            report["failure"]["code"].as_str().unwrap().to_owned(),
            report["failure"]["detail"].as_str().unwrap().to_owned(),
        )
    };
    let (code, detail) = failure("code,level,title,name,name\n");
    assert_eq!(code, "bad_header");
    assert!(
        detail.contains("未知的列：title；缺少的列：上级区划代码（parent）；重复的列：名称（name）"),
        "{detail}"
    );
    assert_eq!(failure("").0, "empty");
    // A quote that is never closed does not draw the whole file into memory.
    assert_eq!(
        failure(&format!("code,level,name,parent\n2102X01,district,\"{}", "高新区,2102\n".repeat(120_000))).0,
        "row_too_long"
    );
}

#[both]
fn bytes_are_read_as_the_format_that_is_said(app: TestApp) {
    let city = city(&app);
    let report = import_file(&app, &city, "places?dry_run=true&format=csv", BYTES, ZONE);
    assert_eq!((&report["state"], &report["format"]), (&json!("checked"), &json!("csv")));
}

#[both]
fn what_may_not_be_sent_is_refused_at_the_door(app: TestApp) {
    let city = city(&app);
    let street = app.official(Role::Street, "210202001", false);
    app.post("/v1/admin/imports/places").body(CSV, ZONE).refused(401, "not_signed_in");
    app.post("/v1/admin/imports/places").token(&street).body(CSV, ZONE).refused(403, "role_not_allowed");
    app.post("/v1/admin/imports/castles").token(&city).body(CSV, ZONE).refused(400, "bad_parameter");
    app.post("/v1/admin/imports/places")
        .token(&city)
        .body("application/json", "{}")
        .refused(415, "not_importable");
    app.post("/v1/admin/imports/places").token(&city).body(BYTES, ZONE).refused(415, "not_importable");
    app.post("/v1/admin/imports/places?format=ndjson")
        .token(&city)
        .body(CSV, ZONE)
        .refused(400, "bad_parameter");
    app.post("/v1/admin/imports/places?dry=1").token(&city).body(CSV, ZONE).refused(400, "bad_parameter");
    app.get("/v1/admin/imports/none").token(&city).refused(404, "not_found");
}

#[both]
fn the_same_post_with_the_same_key_is_one_job(app: TestApp) {
    let city = city(&app);
    let post = |body: &str| {
        app.post("/v1/admin/imports/places").token(&city).header("Idempotency-Key", "k").body(CSV, body)
    };
    let (first, second) = (post(ZONE).expect(202), post(ZONE).expect(202));
    assert_eq!(first.text, second.text);
    assert_eq!(
        first.header("location"),
        format!("/v1/admin/imports/{}", first.json()["id"].as_str().unwrap())
    );
    post("code,level,name,parent\n").refused(409, "idempotency_key_reused");
    report(&app, &city, first.json()["id"].as_str().unwrap());
    let listed = app.get("/v1/admin/imports?count=true").token(&city).expect(200).json();
    assert_eq!(listed["page"]["total"], 1);
}

#[both]
fn imports_are_seen_from_their_own_place_and_above(app: TestApp) {
    let district = app.official(Role::District, DISTRICT, false);
    let mine = import_file(
        &app,
        &district,
        "places",
        CSV,
        "code,level,name,parent\n210202X01,street,新街道,210202\n",
    );
    assert_eq!(mine["state"], "applied");
    let path = format!("/v1/admin/imports/{}", mine["id"].as_str().unwrap());
    app.get(&path).token(&city(&app)).expect(200);
    let other = app.official(Role::District, "210203", false);
    app.get(&path).token(&other).refused(404, "not_found");
    let list = |token: &str| {
        app.get("/v1/admin/imports?state=applied").token(token).expect(200).json()["items"]
            .as_array()
            .unwrap()
            .len()
    };
    assert_eq!((list(&district), list(&city(&app)), list(&other)), (1, 1, 0));
    // A row outside the place is a bad row.
    let outside = import_file(
        &app,
        &district,
        "places",
        CSV,
        "code,level,name,parent\n210203X01,street,新街道,210203\n",
    );
    assert_eq!(faults(&outside), [fault(2, "", "out_of_reach")]);
    let rename =
        import_file(&app, &district, "places", CSV, "code,level,name,parent\n210203,district,甲区,2102\n");
    assert_eq!(faults(&rename), [fault(2, "", "out_of_reach")]);
}

#[both]
fn pages_of_imports_follow_each_other(app: TestApp) {
    let city = city(&app);
    let ids: Vec<String> = (0..3)
        .map(|_| {
            import_file(&app, &city, "places?dry_run=true", CSV, ZONE)["id"].as_str().unwrap().to_owned()
        })
        .collect();
    let first = app.get("/v1/admin/imports?limit=2").token(&city).expect(200).json();
    let cursor = first["page"]["next_cursor"].as_str().unwrap();
    let second =
        app.get(&format!("/v1/admin/imports?limit=2&cursor={cursor}")).token(&city).expect(200).json();
    let found: Vec<&str> = first["items"]
        .as_array()
        .unwrap()
        .iter()
        .chain(second["items"].as_array().unwrap())
        .map(|each| each["id"].as_str().unwrap())
        .collect();
    assert_eq!(found, ids.iter().rev().map(String::as_str).collect::<Vec<_>>());
}

#[both]
fn households_half_brought_are_seen_by_nobody_and_a_new_start_removes_them(app: TestApp) {
    let estate = app.estate(COMMUNITY, EstateKind::Old);
    let known = app.household(&estate, "101", &["13900000001"]);
    let city = city(&app);
    let staged = |room: &str, phone: &str| {
        Row::Household(HouseholdRow {
            estate: estate.clone(),
            building: "1".to_owned(),
            unit: "1".to_owned(),
            room: room.to_owned(),
            phone_hashes: Some(vec![app.state.secrets().phone_hash(phone)]),
        })
    };
    let staged = read_rows(vec![staged("101", "13900000002"), staged("102", "13900000003")]);
    let new = |id: &str| NewImport {
        id: id.to_owned(),
        kind: ImportKind::Households,
        format: ImportFormat::Csv,
        run: Run::Real,
        occasion: Occasion::Usual,
        file: SentFile::default(),
    };
    let begin = |id: &'static str| {
        let (new, staged) = (new(id), staged.clone());
        app.db()
            .write_blocking(move |tx| {
                import::open(tx, &Warrant::operator(Operation::AddImport), &new, Language::English)?;
                import::stage(tx, id, &Warrant::operator(Operation::AddImport), &staged)?;
                import::apply_households(tx, id, 0)
            })
            .unwrap();
    };
    let list = || {
        app.get(&format!("/v1/admin/households?estate={estate}")).token(&city).expect(200).json()["items"]
            .clone()
    };
    let before = list();
    assert_eq!(
        (before.as_array().unwrap().len(), &before[0]["id"], &before[0]["phones"]),
        (1, &json!(known), &json!(1))
    );
    begin(JOB);
    assert_eq!(list(), before);
    // The service stops here.
    assert_eq!(recover(&app), [JOB]);
    assert_eq!(list(), before);
    let failed = app.get(&format!("/v1/admin/imports/{JOB}")).token(&city).expect(200).json();
    assert_eq!((&failed["state"], &failed["failure"]["code"]), (&json!("failed"), &json!("interrupted")));
    begin("second");
    let counted = ImportRows { created: 1, updated: 1, ..ImportRows::default() };
    app.db()
        .write_blocking(move |tx| import::show_households(tx, "second", &counted, &Default::default()))
        .unwrap();
    let after = list();
    assert_eq!(after.as_array().unwrap().len(), 2);
    assert_eq!((&after[0]["phones"], &after[1]["phones"]), (&json!(1), &json!(1)));
    assert_eq!(recover(&app), ["second"], "its staged rows were left behind");
    assert_eq!(recover(&app), [""; 0]);
    assert_eq!(list(), after);
}

#[both]
fn an_import_under_way_keeps_its_places_and_finds_those_that_were_taken(app: TestApp) {
    let estate = app.estate(COMMUNITY, EstateKind::Old);
    app.declares(&estate, 1);
    let community = app.official(Role::Community, COMMUNITY, false);
    let add = |room: &str| {
        let body = json!({"estate": estate, "building": "1", "unit": "1", "room": room});
        app.post("/v1/admin/households").token(&community).json(&body).expect(201).json()["waits"].clone()
    };
    let begin = |id: &'static str, room: &str| {
        let row = HouseholdRow {
            estate: estate.clone(),
            building: "1".to_owned(),
            unit: "1".to_owned(),
            room: room.to_owned(),
            phone_hashes: None,
        };
        let staged = read_rows(vec![Row::Household(row)]);
        let new = NewImport {
            id: id.to_owned(),
            kind: ImportKind::Households,
            format: ImportFormat::Csv,
            run: Run::Real,
            occasion: Occasion::Usual,
            file: SentFile::default(),
        };
        app.db().write_blocking(move |tx| {
            import::open(tx, &Warrant::operator(Operation::AddImport), &new, Language::English)?;
            import::stage(tx, id, &Warrant::operator(Operation::AddImport), &staged)?;
            import::apply_households(tx, id, 0)
        })
    };
    begin("first", "101").unwrap();
    assert_eq!(add("102"), json!(true));
    // The service stops here, and the place is free again.
    recover(&app);
    assert_eq!(add("103"), json!(false));
    let error = begin("second", "104").unwrap_err();
    assert!(
        matches!(&error, StoreError::Refused(Refusal::Conflict { code: "register_full", .. })),
        "{error}"
    );
}

#[both]
fn a_job_that_was_ended_writes_nothing_more(app: TestApp) {
    let city = city(&app);
    let new = NewImport {
        id: JOB.to_owned(),
        kind: ImportKind::Places,
        format: ImportFormat::Csv,
        run: Run::Real,
        occasion: Occasion::Usual,
        file: SentFile::default(),
    };
    app.db()
        .write_blocking(move |tx| {
            import::open(tx, &Warrant::operator(Operation::AddImport), &new, Language::English)
        })
        .unwrap();
    assert_eq!(recover(&app), [JOB]);
    let late =
        app.db().write_blocking(|tx| import::stage(tx, JOB, &Warrant::operator(Operation::AddImport), &[]));
    assert!(matches!(
        late.unwrap_err(),
        StoreError::Refused(Refusal::Conflict { code: "ended_already", .. })
    ));
    assert_eq!(
        app.get(&format!("/v1/admin/imports/{JOB}")).token(&city).expect(200).json()["rows"]["read"],
        0
    );
}

#[both]
fn a_job_that_another_process_is_at_is_left_alone(app: TestApp) {
    let new = NewImport {
        id: JOB.to_owned(),
        kind: ImportKind::Places,
        format: ImportFormat::Csv,
        run: Run::Real,
        occasion: Occasion::Usual,
        file: SentFile::default(),
    };
    let other = Claims::new(app.db().clone());
    assert!(other.take(JOB).unwrap());
    app.db()
        .write_blocking(move |tx| {
            import::open(tx, &Warrant::operator(Operation::AddImport), &new, Language::English)
        })
        .unwrap();
    assert_eq!(recover(&app), [""; 0]);
    let claims = Claims::new(app.db().clone());
    assert!(!claims.take(JOB).unwrap() && !other.take(JOB).unwrap());
    // The process that was at it is gone, and its lock with it: on PostgreSQL a moment later.
    drop((claims, other));
    while recover(&app).is_empty() {
        std::thread::yield_now();
    }
    let failed = app.get(&format!("/v1/admin/imports/{JOB}")).token(&city(&app)).expect(200).json();
    assert_eq!((&failed["state"], &failed["failure"]["code"]), (&json!("failed"), &json!("interrupted")));
    assert_eq!(recover(&app), [""; 0]);
}

#[both]
fn an_import_that_was_applied_does_not_fail_any_more(app: TestApp) {
    let city = city(&app);
    let estate = app.estate(COMMUNITY, EstateKind::Old);
    let roster = format!("estate,building,unit,room,phones\n{estate},1,1,1,13900000001\n");
    let applied = import_file(&app, &city, "households", CSV, roster.as_str());
    assert_eq!(applied["state"], "applied");
    // As whoever ran it does that was not told of its last commit.
    let id = applied["id"].as_str().unwrap().to_owned();
    let fault = FileFault::new("internal", Text::new("内部错误", "Something went wrong"));
    app.db().write_blocking(move |tx| import::fail(tx, &id, &fault)).unwrap();
    let again = report(&app, &city, applied["id"].as_str().unwrap());
    assert_eq!(
        (&again["state"], &again["rows"], &again["failure"]),
        (&json!("applied"), &applied["rows"], &json!(null))
    );
}

#[both]
fn other_writes_pass_while_a_file_is_imported(app: TestApp) {
    let city = city(&app);
    let mut file = "estate,building,unit,room,phones\n".to_owned();
    let estate = app.estate(COMMUNITY, EstateKind::Old);
    app.declares(&estate, 3000);
    for room in 0..3000 {
        file.push_str(&format!("{estate},1,1,{room},139{room:08}\n"));
    }
    let sent = app.post("/v1/admin/imports/households").token(&city).body(CSV, file).expect(202).json();
    let id = sent["id"].as_str().unwrap().to_owned();
    for number in 10..40 {
        let body = json!({"code": format!("2102X{number}"), "level": "district", "name": format!("区{number}"), "parent": "2102"});
        app.post("/v1/admin/places").token(&city).json(&body).expect(201);
    }
    assert_eq!(report(&app, &city, &id)["rows"], rows(3000, 0, 0));
}

#[test]
fn a_file_over_the_limit_is_refused() {
    let app = TestApp::start_with(crate::harness::Backend::Sqlite, |config| config.import_mebibytes = 1);
    let city = city(&app);
    app.post("/v1/admin/imports/places")
        .token(&city)
        .body(CSV, vec![b'x'; 1024 * 1024 + 1])
        .refused(413, "too_large");
}
