//! Files that wait for another official: what that one is shown of them, and that nothing else is
//! done; how they end undecided.

use chrono::Duration;
use serde_json::{Value, json};
use xinwu_both::both;
use xinwu_domain::access::Role;
use xinwu_domain::estate::EstateKind;
use xinwu_persistence::people::account::NewAccount;

use crate::harness::world::{COMMUNITY, DISTRICT, OTHER_DISTRICT, STREET};
use crate::harness::{Call, TestApp, someone};
use crate::imports::{CSV, import_file, import_seconded, report, rows};

const RECORDS: &str = "category,uscc,level,title,document_number,authority,evidence,decided_on";

fn job(report: &Value, rest: &str) -> String {
    format!("/v1/admin/imports/{}{rest}", report["id"].as_str().unwrap())
}

fn decide(app: &TestApp, report: &Value, token: &str, verb: &str) -> Call {
    app.post(&job(report, verb)).token(token).header("If-Match", "*")
}

fn shown(app: &TestApp, report: &Value, token: &str) -> Value {
    app.get(&job(report, "/rows")).token(token).expect(200).json()["items"].clone()
}

/// A firm's project, and a file of it with another fee.
fn another_fee(app: &TestApp, fee: i64) -> (String, String, String) {
    let uscc = app.firm("甲物业");
    let estate = app.estate(COMMUNITY, EstateKind::Professional);
    let project = app.project(&estate, &uscc);
    let starts_on = app.get(&format!("/v1/projects/{project}")).expect(200).json()["starts_on"].clone();
    let file = format!(
        "estate,operator,uscc,starts_on,area_m2,households,fee_fen\n{estate},firm,{uscc},{},10000,100,{fee}\n",
        starts_on.as_str().unwrap()
    );
    (uscc, project, file)
}

#[both]
fn a_file_says_what_it_is_called_its_digest_and_why(app: TestApp) {
    let district = app.official(Role::District, DISTRICT, false);
    let file = "code,level,name,parent\n210202X01,street,新街道,210202\n";
    let query = "name=%E8%A1%97%E9%81%93.csv&reason=%E6%96%B0%E8%AE%BE";
    let sent = app.post(&format!("/v1/admin/imports/places?{query}")).token(&district).body(CSV, file);
    let sent = sent.expect(202).json();
    let told = ["name", "sha256", "reason", "expires_at"].map(|field| sent[field].clone());
    let digest = xinwu_api::secrets::sha256_hex(file.as_bytes());
    assert_eq!(told, [json!("街道.csv"), json!(digest), json!("新设"), json!(null)]);
    report(&app, &district, sent["id"].as_str().unwrap());
    for (query, parameter) in [
        ("name=", "name"),
        ("name=13900000001.csv", "name"),
        ("reason=a%07", "reason"),
        ("reason=13900000001", "reason"),
    ] {
        let refused = app.post(&format!("/v1/admin/imports/places?{query}")).token(&district).body(CSV, file);
        let faults = refused.refused(400, "bad_parameter").faults();
        assert_eq!(faults[0].0, parameter, "{query}: {faults:?}");
    }
}

#[both]
fn a_file_that_has_to_wait_says_why_it_is_sent(app: TestApp) {
    let (uscc, project, file) = another_fee(&app, 190);
    let street = app.official(Role::Street, STREET, false);
    let send = |query: &str| {
        let path = format!("/v1/admin/imports/projects{query}");
        let sent = app.post(&path).token(&street).body(CSV, file.as_str()).expect(202).json();
        report(&app, &street, sent["id"].as_str().unwrap())
    };
    let ended = send("");
    assert_eq!((&ended["state"], &ended["failure"]["code"]), (&json!("failed"), &json!("reason_required")));
    assert_eq!(
        ended["rows"],
        rows(0, 0, 0)
            .as_object()
            .map(|rows| {
                let mut rows = rows.clone();
                rows.insert("read".to_owned(), json!(1));
                Value::Object(rows)
            })
            .unwrap()
    );
    assert_eq!(send("?reason=audit")["state"], "submitted");
    // Nor does a batch without a reason leave anything behind.
    let district = app.official(Role::District, DISTRICT, false);
    let file =
        format!("{RECORDS}\nR101,{uscc},city,表彰,大政发〔2026〕1号,大连市人民政府,file-1,2026-10-01\n");
    let sent =
        app.post("/v1/admin/imports/records").token(&district).body(CSV, file.as_str()).expect(202).json();
    assert_eq!(report(&app, &district, sent["id"].as_str().unwrap())["failure"]["code"], "reason_required");
    assert_eq!(import_file(&app, &district, "records", CSV, file)["rows"], rows(1, 0, 0));
    // Without a number nobody could be told to be another person.
    let nobody = NewAccount { place: Some(STREET.to_owned()), staff_number: None, ..someone(Role::Street) };
    let (_, other, file) = another_fee(&app, 190);
    let ended = import_file(&app, &app.token(nobody), "projects", CSV, file);
    assert_eq!((&ended["state"], &ended["failure"]["code"]), (&json!("failed"), &json!("no_staff_number")));
    for id in [project, other] {
        assert_eq!(app.get(&format!("/v1/projects/{id}")).expect(200).json()["fee_fen"], 180);
    }
}

#[both]
fn the_confirmer_is_shown_each_row_and_what_it_changes(app: TestApp) {
    let (_, _, file) = another_fee(&app, 190);
    let street = app.official(Role::Street, STREET, false);
    let (uscc, estate) = (app.firm("乙物业"), app.estate(COMMUNITY, EstateKind::Professional));
    app.declares(&estate, 300);
    let file = format!("{file}{estate},firm,{uscc},2026-01-01,20000,200,-\n");
    let sent = import_file(&app, &street, "projects", CSV, file);
    assert_eq!((&sent["state"], &sent["rows"]), (&json!("submitted"), &rows(1, 1, 0)), "{sent}");
    assert_eq!(
        sent["expires_at"],
        json!((app.now() + Duration::days(14)).format("%Y-%m-%dT%H:%M:%SZ").to_string())
    );
    let colleague = app.official(Role::Street, STREET, true);
    let found = shown(&app, &sent, &colleague);
    assert_eq!(found[0]["changes"], json!([{"field": "fee_fen", "before": 180, "after": 190}]));
    assert_eq!((&found[0]["line"], &found[0]["outcome"]), (&json!(2), &json!("updated")));
    assert_eq!(
        found[1],
        json!({
            "line": 3, "key": found[1]["key"], "outcome": "created", "changes": [],
            "values": {
                "estate": estate, "operator": "firm", "uscc": uscc, "starts_on": "2026-01-01", "area_m2": 20000,
                "households": 200, "fee_fen": null
            }
        })
    );
    // Page by page, and as a table with the file's own columns.
    let first = app.get(&job(&sent, "/rows?limit=1&count=true")).token(&colleague).expect(200).json();
    assert_eq!((first["items"].as_array().unwrap().len(), &first["page"]["total"]), (1, &json!(2)));
    let cursor = first["page"]["next_cursor"].as_str().unwrap();
    let next = app.get(&job(&sent, &format!("/rows?limit=1&cursor={cursor}"))).token(&colleague).expect(200);
    assert_eq!(next.json()["items"][0]["line"], 3);
    let table =
        app.get(&job(&sent, "/rows")).token(&colleague).english().header("Accept", "text/csv").expect(200);
    let lines: Vec<&str> = table.text.lines().collect();
    assert!(lines[0].ends_with("line,outcome,estate,operator,uscc,manager,starts_on,ends_on,area_m2,households,fee_fen,area_reason,changes"), "{lines:?}");
    assert!(lines[1].starts_with("2,updated,") && lines[1].ends_with("fee_fen: 180 → 190"), "{lines:?}");
    let table = app.get(&job(&sent, "/rows")).token(&colleague).header("Accept", "text/csv").expect(200);
    assert!(table.text.contains("新增") && table.text.contains("物业企业"), "{}", table.text);

    // To who does not reach it, it is not there; once it is decided, it stays.
    app.get(&job(&sent, "/rows"))
        .token(&app.official(Role::District, OTHER_DISTRICT, true))
        .refused(404, "not_found");
    app.get(&job(&sent, "/rows")).token(&app.firm_account(&uscc)).refused(403, "role_not_allowed");
    app.get(&job(&sent, "/rows")).refused(401, "not_signed_in");
    decide(&app, &sent, &app.official(Role::District, DISTRICT, true), "/confirm").expect(200);
    assert_eq!(shown(&app, &sent, &colleague), found);
}

#[both]
fn rows_of_a_batch_are_shown_beside_what_they_replace(app: TestApp) {
    let district = app.official(Role::District, DISTRICT, false);
    let city = app.official(Role::City, "2102", true);
    let uscc = app.firm("甲物业");
    let file = |value: &str| {
        format!(
            "subject_kind,subject,key,period,value,source\nfirm,{uscc},fee_collection_rate,2026-Q3,{value},年报\n"
        )
    };
    let first = import_file(&app, &district, "metrics", CSV, file("95.25"));
    assert_eq!(shown(&app, &first, &city)[0]["changes"], json!([]));
    decide(&app, &first, &city, "/confirm").expect(200);
    let second = import_file(&app, &district, "metrics", CSV, file("90"));
    let row = shown(&app, &second, &city)[0].clone();
    assert_eq!(row["changes"], json!([{"field": "value", "before": 95.25, "after": 90}]));
    assert_eq!(row["values"]["subject"], json!(uscc));
    // What it was to replace falls meanwhile: it would replace nothing that was shown.
    app.advance(Duration::minutes(1));
    let now = app.now().format("%Y-%m-%d %H:%M:%S").to_string();
    let fallen =
        format!("UPDATE metric SET state = 'revoked', known_until = '{now}' WHERE state = 'in_force'");
    app.sql(&[fallen], &uscc);
    let refused = decide(&app, &second, &city, "/confirm").refused(409, "changed_meanwhile");
    assert_eq!(refused.faults(), [("/rows/2".to_owned(), "changed".to_owned())]);
    assert_eq!(app.get(&job(&second, "")).token(&city).expect(200).json()["state"], "submitted");
    decide(&app, &second, &city, "/return").json(&json!({"reason": "已变更"})).expect(200);
    let third = import_file(&app, &district, "metrics", CSV, file("90"));
    decide(&app, &third, &city, "/confirm").expect(200);
}

#[both]
fn what_was_shown_is_what_is_done(app: TestApp) {
    let (uscc, project, file) = another_fee(&app, 190);
    let street = app.official(Role::Street, STREET, false);
    let colleague = app.official(Role::Street, STREET, true);
    let sent = import_file(&app, &street, "projects", CSV, file.as_str());
    // Somebody else changes what the row would change: it would no longer change that.
    app.sql(
        &[format!("UPDATE project SET fee_fen = 200, version = version + 1 WHERE id = '{project}'")],
        &uscc,
    );
    let refused = decide(&app, &sent, &colleague, "/confirm").refused(409, "changed_meanwhile");
    assert_eq!(refused.faults(), [("/rows/2".to_owned(), "changed".to_owned())]);
    let fee = || app.get(&format!("/v1/projects/{project}")).expect(200).json()["fee_fen"].clone();
    assert_eq!(fee(), json!(200));
    // What it leaves alone may have another version.
    app.sql(
        &[format!("UPDATE project SET fee_fen = 180, version = version + 1 WHERE id = '{project}'")],
        &uscc,
    );
    decide(&app, &sent, &colleague, "/confirm").expect(200);
    assert_eq!(fee(), json!(190));
    // A row that has become impossible is named too.
    let sent = import_file(&app, &street, "projects", CSV, file.replace(",190", ",195"));
    app.sql(&[format!("UPDATE project SET operator = 'owners', uscc = NULL WHERE id = '{project}'")], &uscc);
    let refused = decide(&app, &sent, &colleague, "/confirm").refused(409, "changed_meanwhile");
    assert_eq!(refused.faults(), [("/rows/2".to_owned(), "changed".to_owned())]);
}

#[both]
fn a_staff_list_takes_two_and_shows_no_phone(app: TestApp) {
    let stage = app.stage();
    let (resident, other) = (app.neighbour(&stage.estate), app.neighbour(&stage.estate));
    let district = app.official(Role::District, DISTRICT, false);
    let colleague = app.official(Role::District, DISTRICT, true);
    let file = format!("uscc,phone\n{0},{1}\n{0},{2}\n", stage.uscc, resident.phone, other.phone);
    let sent = import_file(&app, &district, "staff", CSV, file.as_str());
    assert_eq!((&sent["state"], &sent["rows"]), (&json!("submitted"), &rows(2, 0, 0)), "{sent}");
    let rate = |token: &str| {
        let path = format!("/v1/me/ratings/{}/2026-11", stage.project);
        app.put(&path).token(token).json(&json!({"overall": 4}))
    };
    rate(&resident.token).expect(201);
    let found = shown(&app, &sent, &colleague);
    assert_eq!(found[0]["values"], json!({"uscc": stage.uscc, "left": false}));
    assert_eq!((&found[1]["outcome"], &found[1]["changes"]), (&json!("created"), &json!([])));
    let table = app.get(&job(&sent, "/rows")).token(&colleague).header("Accept", "text/csv").expect(200).text;
    for text in [found.to_string(), table] {
        assert!(!text.contains(&resident.phone) && !text.contains("phone"), "{text}");
    }
    decide(&app, &sent, &district, "/confirm").refused(403, "no_power_to_confirm");
    decide(&app, &sent, &colleague, "/confirm").expect(200);
    rate(&other.token).refused(403, "staff_may_not_rate");
    assert_eq!(shown(&app, &sent, &colleague), json!([]));
    assert_eq!(import_seconded(&app, &district, "staff", CSV, file.as_str())["rows"], rows(0, 0, 2));

    // Who has left meanwhile does not leave again.
    let left = format!("uscc,phone,left\n{0},{1},是\n{0},13900000088,否\n", stage.uscc, resident.phone);
    let (one, two) = (
        import_file(&app, &district, "staff", CSV, left.as_str()),
        import_file(&app, &district, "staff", CSV, left.as_str()),
    );
    decide(&app, &one, &colleague, "/confirm").expect(200);
    let refused = decide(&app, &two, &colleague, "/confirm").refused(409, "changed_meanwhile");
    let named = ["/rows/2", "/rows/3"].map(|row| (row.to_owned(), "changed".to_owned()));
    assert_eq!(refused.faults(), named);
    decide(&app, &two, &colleague, "/return").json(&json!({"reason": "重复"})).expect(200);
}

#[both]
fn a_file_that_nobody_decides_ends_after_14_days(app: TestApp) {
    let (uscc, project, file) = another_fee(&app, 190);
    let street = NewAccount { place: Some(STREET.to_owned()), ..someone(Role::Street) };
    let (sender, token) = app.account(street);
    let sent = import_file(&app, &token, "projects", CSV, file);
    let district = app.official(Role::District, DISTRICT, false);
    let record =
        format!("{RECORDS}\nR101,{uscc},city,表彰,大政发〔2026〕1号,大连市人民政府,file-1,2026-10-01\n");
    let batch = import_file(&app, &district, "records", CSV, record.as_str());
    app.advance(Duration::days(14));
    let city = app.official(Role::City, "2102", true);
    decide(&app, &sent, &city, "/confirm").refused(409, "wrong_state");
    app.tick();
    for each in [&sent, &batch] {
        let read = app.get(&job(each, "")).token(&city).expect(200).json();
        assert_eq!((&read["state"], &read["finished_at"]), (&json!("expired"), &each["expires_at"]));
        decide(&app, each, &city, "/confirm").refused(409, "wrong_state");
    }
    let again = app.keys().issue(&sender, &format!("session-{sender}"), 1, "", app.now()).unwrap();
    assert_eq!(app.notices(&again)[0]["kind"], "import_expired");
    assert_eq!(app.get(&format!("/v1/projects/{project}")).expect(200).json()["fee_fen"], 180);
    let waiting = app.get("/v1/admin/records?state=submitted&count=true").token(&city).expect(200).json();
    assert_eq!(waiting["page"]["total"], 0);
    // The same decision may come again.
    let district = app.official(Role::District, DISTRICT, false);
    assert_eq!(import_file(&app, &district, "records", CSV, record)["rows"], rows(1, 0, 0));
}

#[both]
fn its_own_side_takes_a_file_back(app: TestApp) {
    let district = app.official(Role::District, DISTRICT, false);
    let uscc = app.firm("甲物业");
    let record =
        format!("{RECORDS}\nR101,{uscc},city,表彰,大政发〔2026〕1号,大连市人民政府,file-1,2026-10-01\n");
    let sent = import_file(&app, &district, "records", CSV, record.as_str());
    decide(&app, &sent, &app.official(Role::City, "2102", true), "/withdraw")
        .refused(403, "not_drafters_side");
    decide(&app, &sent, &app.official(Role::District, OTHER_DISTRICT, true), "/withdraw")
        .refused(404, "not_found");
    app.post(&job(&sent, "/withdraw")).token(&district).refused(428, "if_match_required");
    let withdrawn = decide(&app, &sent, &district, "/withdraw").expect(200).json();
    assert_eq!((&withdrawn["state"], &withdrawn["expires_at"]), (&json!("withdrawn"), &json!(null)));
    decide(&app, &sent, &district, "/withdraw").refused(409, "wrong_state");
    assert_eq!(app.notices(&district), [] as [Value; 0]);
    // By a colleague, and the sender is told.
    let again = import_file(&app, &district, "records", CSV, record.as_str());
    assert_eq!(again["rows"], rows(1, 0, 0));
    decide(&app, &again, &app.official(Role::District, DISTRICT, false), "/withdraw").expect(200);
    assert_eq!(app.notices(&district)[0]["kind"], "import_withdrawn");
    // For each kind nothing is left that another file would meet.
    let metric = format!(
        "subject_kind,subject,key,period,value,source\nfirm,{uscc},fee_collection_rate,2026-Q3,95.25,年报\n"
    );
    let community = app.official(Role::Community, COMMUNITY, false);
    let project = app.project(&app.estate(COMMUNITY, EstateKind::Professional), &uscc);
    let assessment = format!("project,period,assessor,service,party\n{project},2026-Q4,community,92.5,88\n");
    for (token, kind, file) in [(&district, "metrics", metric), (&community, "assessments", assessment)] {
        for _ in 0..2 {
            let sent = import_file(&app, token, kind, CSV, file.as_str());
            assert_eq!(sent["rows"], rows(1, 0, 0), "{kind}: {sent}");
            decide(&app, &sent, token, "/withdraw").expect(200);
        }
    }
}
