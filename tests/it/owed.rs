//! Grades follow the facts: those that a write changed for few subjects before it commits, those of
//! many as work that is owed, whatever happens in between.

use diesel::prelude::*;
use serde_json::{Value, json};
use xinwu_both::both;
use xinwu_domain::access::Role;
use xinwu_domain::estate::EstateKind;
use xinwu_persistence::operations::import::Claims;
use xinwu_persistence::operations::verify;
use xinwu_persistence::schema::{metric, record};
use xinwu_store::schema::due;

use crate::harness::program::Desk;
use crate::harness::world::{COMMUNITY, DISTRICT};
use crate::harness::{Backend, TestApp, eventually};
use crate::imports::{CSV, import_file, recover, rows};

const HEADER: &str = "category,uscc,level,severity,title,document_number,authority,evidence,decided_on";

/// A file of penalties, one for each firm.
fn penalties(firms: &[String]) -> String {
    firms.iter().enumerate().fold(format!("{HEADER}\n"), |file, (number, uscc)| {
        file + &format!(
            "P301,{uscc},city,ordinary,违规收费,大住建罚〔2026〕{number}号,大连市住建局,file-{number},2026-10-01\n"
        )
    })
}

/// Firms with a project each: they are graded.
fn firms(app: &TestApp, count: usize) -> Vec<String> {
    let firm = |number| {
        let uscc = app.firm(&format!("物业{number}"));
        app.project(&app.estate(COMMUNITY, EstateKind::Professional), &uscc);
        uscc
    };
    (0..count).map(firm).collect()
}

/// Sends the penalties and has the city confirm them.
fn confirmed_batch(app: &TestApp, firms: &[String]) -> Value {
    let drafter = app.official(Role::District, DISTRICT, false);
    let batch = import_file(app, &drafter, "records", CSV, penalties(firms));
    assert_eq!(
        (&batch["state"], &batch["rows"]),
        (&json!("submitted"), &rows(i32::try_from(firms.len()).unwrap(), 0, 0))
    );
    confirm(app, &batch)
}

fn confirm(app: &TestApp, batch: &Value) -> Value {
    let city = app.official(Role::City, "2102", true);
    let path = format!("/v1/admin/imports/{}/confirm", batch["id"].as_str().unwrap());
    app.post(&path).token(&city).header("If-Match", "*").expect(200).json()
}

fn owed(app: &TestApp) -> Vec<(String, String)> {
    let rows: Vec<(String, Option<String>)> = app
        .db()
        .read_blocking(|conn| {
            let owed = due::table.filter(due::cause_kind.is_not_null()).order(due::subject_id);
            Ok(owed.select((due::subject_id, due::cause_kind)).load(conn)?)
        })
        .unwrap();
    rows.into_iter().map(|(id, cause)| (id, cause.unwrap())).collect()
}

/// The penalties on a firm's card, the score by which it is graded, and what changed it last.
fn graded(app: &TestApp, uscc: &str) -> (i64, Value, Value) {
    let card = app.get(&format!("/v1/firms/{uscc}")).expect(200).json();
    let history = app.get(&format!("/v1/firms/{uscc}/evaluations")).expect(200).json();
    let scheme = &card["credit"]["scheme"];
    let entry = history["items"].as_array().unwrap().iter().find(|entry| entry["scheme"] == *scheme);
    let cause = entry.map_or(Value::Null, |entry| entry["cause"]["kind"].clone());
    (card["records"]["penalties"].as_i64().unwrap(), card["credit"]["score"].clone(), cause)
}

fn is_clean(app: &TestApp) {
    let report =
        verify::run(app.db(), &(std::sync::Arc::new(|_: &str, _, _| {}) as verify::Progress)).unwrap();
    assert!(report.is_clean(), "{:?}", report.differences);
}

#[both]
fn a_write_about_many_evaluates_twenty_and_owes_the_rest_to_the_clock(app: TestApp) {
    let firms = firms(&app, 45);
    let confirmed_at = app.now();
    assert_eq!(confirmed_batch(&app, &firms)["state"], "confirmed");
    let left = owed(&app);
    assert_eq!(left.len(), 25);
    assert!(left.iter().all(|(_, cause)| cause == "record"), "{left:?}");
    // What is owed is no difference: the clock is about to make it.
    is_clean(&app);
    // However late the clock is, the grades are of the confirmation's instant and for its reason.
    app.advance(chrono::Duration::hours(3));
    app.tick();
    assert_eq!(owed(&app), []);
    for uscc in &firms {
        let (penalties, _, cause) = graded(&app, uscc);
        assert_eq!((penalties, cause), (1, json!("record")), "{uscc}");
        let history = app.get(&format!("/v1/firms/{uscc}/evaluations")).expect(200).json();
        let at: chrono::DateTime<chrono::Utc> =
            history["items"][0]["effective_from"].as_str().unwrap().parse().unwrap();
        assert_eq!(at, confirmed_at);
    }
    is_clean(&app);
}

#[both]
fn a_second_fact_does_not_take_the_first_ones_place_in_the_history(app: TestApp) {
    let firms = firms(&app, 22);
    confirmed_batch(&app, &firms);
    let (last, _) = owed(&app).pop().unwrap();
    // Its registration changes before the clock has come to it.
    app.patch(&format!("/v1/admin/firms/{last}"))
        .token(&app.official(Role::District, DISTRICT, false))
        .header("If-Match", "*")
        .json(&json!({"residential": true, "short_name": "丙"}))
        .expect(200);
    assert_eq!((owed(&app).len(), graded(&app, &last).2), (1, json!("record")));
    app.tick();
    is_clean(&app);
}

#[both]
fn a_command_that_imports_many_leaves_nothing_owed(app: TestApp) {
    // The command's clock is the machine's: what was due before it is done.
    app.clock.set(xinwu_store::Clock::System.now());
    app.tick();
    let desk = Desk::beside(&app);
    let file = (0..45).fold("uscc,name,registered_place\n".to_owned(), |file, number| {
        file + &format!("{},物业{number},{DISTRICT}\n", crate::harness::world::new_uscc())
    });
    let file = desk.file("firms.csv", file);
    let ran = desk.run(&["import", "firms", &file]).expect(0);
    assert!(ran.out.contains("45 created"), "{ran:?}");
    assert_eq!(owed(&app), []);
    is_clean(&app);
}

#[both]
fn one_whose_file_cannot_be_read_is_owed_its_grade_and_holds_up_nobody(app: TestApp) {
    let firms = firms(&app, 3);
    let broken = firms[1].clone();
    let (uscc, day) = (broken.clone(), "no day");
    app.put_metric(&uscc, "fee_collection_rate", "2026-Q3", 90);
    app.db()
        .write_blocking(move |tx| {
            diesel::update(metric::table.filter(metric::subject_id.eq(&uscc)))
                .set(metric::period.eq(day))
                .execute(tx.conn)?;
            Ok(())
        })
        .unwrap();
    let before = graded(&app, &broken);
    confirmed_batch(&app, &firms);
    assert_eq!((graded(&app, &firms[0]).0, graded(&app, &firms[2]).0), (1, 1));
    assert_eq!(graded(&app, &broken).1, before.1);
    assert_eq!(owed(&app), [(broken.clone(), "record".to_owned())]);
    // The clock tries at once and then each day, until it can be read.
    app.tick();
    assert_eq!(owed(&app), [(broken.clone(), "record".to_owned())]);
    let uscc = broken.clone();
    app.db()
        .write_blocking(move |tx| {
            diesel::update(metric::table.filter(metric::subject_id.eq(&uscc)))
                .set(metric::period.eq("2026-Q3"))
                .execute(tx.conn)?;
            Ok(())
        })
        .unwrap();
    app.advance(chrono::Duration::days(1));
    app.tick();
    assert_eq!(owed(&app), []);
    assert_eq!((graded(&app, &broken).0, graded(&app, &broken).2), (1, json!("record")));
}

#[both]
fn a_part_that_is_taken_back_owes_nobody_anything(app: TestApp) {
    let city = app.official(Role::City, "2102", false);
    let uscc = app.firm("甲物业");
    let changes = |app: &TestApp| {
        let ids: Vec<i64> = app
            .db()
            .read_blocking(move |conn| {
                use xinwu_store::schema::change;
                let told = change::table.filter(change::entity.eq("firm"));
                Ok(told.order(change::seq).select(change::seq).load(conn)?)
            })
            .unwrap();
        ids.len()
    };
    let before = changes(&app);
    let bad = format!("uscc,name,registered_place\n{uscc},乙物业,{DISTRICT}\n{uscc},丙物业,nowhere\n");
    let refused = import_file(&app, &city, "firms", CSV, bad);
    assert_eq!(refused["state"], "refused", "{refused}");
    let dry = format!("uscc,name,registered_place\n{uscc},乙物业,{DISTRICT}\n");
    assert_eq!(import_file(&app, &city, "firms?dry_run=true", CSV, dry)["state"], "checked");
    assert_eq!((changes(&app), owed(&app)), (before, vec![]));
}

#[both]
fn an_import_that_was_killed_is_ended_and_what_it_owes_is_made(app: TestApp) {
    let estate = app.estate(COMMUNITY, EstateKind::Old);
    let desk = Desk::beside(&app);
    let rows = (0..200_000).fold("estate,building,unit,room,phones\n".to_owned(), |file, room| {
        file + &format!("{estate},1,1,{room},139{room:08}\n")
    });
    let file = desk.file("roster.csv", rows);
    let mut child = desk
        .command(&["import", "households", &file])
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let city = app.official(Role::City, "2102", false);
    let job = || app.get("/v1/admin/imports").token(&city).expect(200).json()["items"][0].clone();
    eventually(|| {
        assert!(child.try_wait().unwrap().is_none(), "it was killed too late");
        job()["rows"]["read"].as_i64().unwrap_or_default() > 0
    });
    // Somebody is at it.
    assert_eq!((recover(&app), job()["state"].clone()), (vec![], json!("reading")));
    child.kill().unwrap();
    child.wait().unwrap();
    let id = job()["id"].as_str().unwrap().to_owned();
    // On PostgreSQL its lock ends with its session, a moment later.
    eventually(|| recover(&app) == [id.as_str()]);
    let ended = app.get(&format!("/v1/admin/imports/{id}")).token(&city).expect(200).json();
    assert_eq!((&ended["state"], &ended["failure"]["code"]), (&json!("failed"), &json!("interrupted")));
    assert_eq!(recover(&app), [""; 0]);
    let files = std::fs::read_dir(desk.folder.path()).unwrap();
    assert!(files.flatten().all(|file| !file.file_name().to_string_lossy().contains("-import-")));
    is_clean(&app);
}

/// "No answer fails after its commit": the sessions that a service holds for itself die with
/// PostgreSQL and are opened again.
#[test]
fn a_batch_is_confirmed_and_another_sent_though_every_session_was_cut() {
    let app = TestApp::start(Backend::Postgres);
    let firms = firms(&app, 120);
    let drafter = app.official(Role::District, DISTRICT, false);
    let batch = import_file(&app, &drafter, "records", CSV, penalties(&firms));
    let before = graded(&app, &firms[0]).1;
    cut_all(&app);
    assert_eq!(confirm(&app, &batch)["state"], "confirmed");
    cut_all(&app);
    let again = import_file(&app, &drafter, "records", CSV, penalties(&firms));
    assert_eq!(again["rows"], rows(0, 0, 120), "{again}");
    app.tick();
    app.poll_changes();
    for uscc in &firms {
        let (penalties, score, cause) = graded(&app, uscc);
        assert_eq!((penalties, cause), (1, json!("record")), "{uscc}");
        assert_ne!(score, before);
        let evaluation = app.get(&format!("/v1/firms/{uscc}/evaluation")).expect(200).json();
        assert_eq!(evaluation["score"], score);
    }
    let counted: i64 = app
        .db()
        .read_blocking(|conn| {
            Ok(record::table.filter(record::state.eq("in_force")).count().get_result(conn)?)
        })
        .unwrap();
    assert_eq!((counted, owed(&app)), (120, vec![]));
    is_clean(&app);
}

/// Whoever is at a job stays at it though the session that says so died.
#[test]
fn a_claim_outlives_the_session_that_holds_it() {
    let app = TestApp::start(Backend::Postgres);
    let (ours, others) = (Claims::new(app.db().clone()), Claims::new(app.db().clone()));
    assert!(ours.take("job").unwrap());
    cut_all(&app);
    ours.renew().unwrap();
    assert!(!others.take("job").unwrap());
    cut_all(&app);
    // Giving one back renews the others.
    assert!(ours.take("another").unwrap());
    cut_all(&app);
    ours.give_back("another");
    assert!(!others.take("job").unwrap() && others.take("another").unwrap());
}

/// Cuts every session of the database, as a restart of the server does.
fn cut_all(app: &TestApp) {
    let mut server = PgConnection::establish(&app.state.config().database).unwrap();
    diesel::sql_query(
        "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity \
         WHERE datname = current_database() AND pid <> pg_backend_pid()",
    )
    .execute(&mut server)
    .unwrap();
}
