//! `xinwu verify`: clean over whatever was written, and each figure that is not what it should be
//! is named.

use std::sync::Arc;
use xinwu_both::both;

use diesel::connection::SimpleConnection;
use diesel::sql_types::BigInt;
use diesel::{Connection, PgConnection, QueryDsl, RunQueryDsl, SqliteConnection};
use serde_json::{Value, json};
use xinwu_domain::estate::EstateKind;
use xinwu_domain::project::NewProject;
use xinwu_persistence::operations::verify::{self, Progress};
use xinwu_persistence::schema::{account, household, rating, review};

use crate::harness::program::Desk;
use crate::harness::world::{COMMUNITY, plain_project};
use crate::harness::{Backend, TestApp};

/// A firm with ratings that are published and such as wait, comments, and a manager.
struct City {
    uscc: String,
    project: String,
}

fn city(app: &TestApp) -> City {
    let stage = app.stage();
    let residents = app.neighbours(&stage.estate, 6);
    for (resident, stars) in residents.iter().zip([5, 4, 3, 5, 2, 1]) {
        let body = json!({"overall": stars, "dimensions": {"cleaning": stars, "attitude": 3}, "comment": "楼道干净"});
        app.rating(resident, &stage.project, "2026-11").json(&body).expect(201);
    }
    let manager = app.manager("演示经理", &stage.uscc);
    let estate = app.estate(COMMUNITY, EstateKind::Professional);
    let managed = NewProject { manager: Some(manager), ..plain_project(&estate, &stage.uscc) };
    let managed = app.project_with(managed);
    let others = app.neighbours(&estate, 5);
    app.rate_all(&others, &managed, "2026-11", &[3; 5]);
    app.step_on("2026-12-01");
    app.set_hour("2026-12-02", 10);
    app.rate_all(&residents, &stage.project, "2026-12", &[4; 6]);
    app.taken_back(&residents[5], &stage.project, "2026-12").expect(204);
    app.rate_all(&others, &managed, "2026-12", &[2; 5]);
    City { uscc: stage.uscc, project: stage.project }
}

/// As the column `sums` of a tally holds them.
const WRONG_SUMS: &str =
    r#"{"month":"2026-12","stars":[0,0,0,0,11],"dimensions":[[0,0],[0,0],[0,0],[0,0],[0,0]]}"#;
const SUMS: &str =
    r#"{"month":"2026-12","stars":[1,1,6,1,2],"dimensions":[[6,20],[0,0],[0,0],[0,0],[6,18]]}"#;

/// A difference: table, figure, and what is kept and counted.
pub type Named = (String, String, Value, Value);

/// Everything that a verification finds at the time that it is here.
pub fn found(app: &TestApp) -> Vec<Named> {
    let silent: Progress = Arc::new(|_, _, _| {});
    let report = verify::run(app.db(), &silent).unwrap();
    let named = |each: verify::Difference| (each.kept_in, each.figure, json!(each.kept), json!(each.counted));
    report.differences.into_iter().map(named).collect()
}

fn alter(app: &TestApp, statement: &str) {
    let statement = statement.to_owned();
    app.db()
        .write_blocking(move |tx| {
            assert!(diesel::sql_query(statement.as_str()).execute(tx.conn)? > 0, "{statement}");
            Ok(())
        })
        .unwrap();
}

#[both]
fn a_database_that_the_service_wrote_is_clean(app: TestApp) {
    city(&app);
    let desk = Desk::beside(&app);
    let told = desk.run(&["verify"]).expect(0);
    assert!(told.out.starts_with("All ") && told.out.ends_with(" checks are clean.\n"), "{told:?}");
    let report = desk.run(&["verify", "--json"]).expect(0).json();
    assert_eq!(
        (&report["ok"], &report["differences"], &report["untold"]),
        (&json!(true), &json!([]), &json!(0))
    );
    for check in [
        "database",
        "rating_increment",
        "rating_step",
        "rating",
        "rating_burst",
        "review",
        "current_grade",
        "tally",
        "list_entry",
        "due",
        "place_ancestor",
    ] {
        assert!(report["checks"].as_array().unwrap().contains(&json!(check)), "{check}: {report}");
    }
}

#[both]
fn each_damaged_figure_is_named_with_what_it_should_be(app: TestApp) {
    let City { uscc, project } = city(&app);
    assert_eq!(found(&app), []);
    let of = |table: &str, figure: &str, kept: Value, counted: Value| {
        vec![(table.to_owned(), figure.to_owned(), kept, counted)]
    };
    let row = |table: &str| of(table, "row", json!(null), json!("there"));
    // Each damage, what puts it right, and what is found in between.
    let november = format!("project_id = '{project}' AND month = '2026-11'");
    let of_firm = format!("subject_kind = 'firm' AND subject_id = '{uscc}'");
    let of_project = format!("subject_kind = 'project' AND subject_id = '{project}'");
    let cases: Vec<(String, String, Vec<Named>)> = vec![
        (
            format!("UPDATE rating_increment SET five = five + 1, four = four - 1 WHERE {november}"),
            format!("UPDATE rating_increment SET five = five - 1, four = four + 1 WHERE {november}"),
            [
                of("rating_increment", "four", json!("0"), json!("1")),
                of("rating_increment", "five", json!("3"), json!("2")),
            ]
            .concat(),
        ),
        (
            format!("UPDATE rating_increment SET attitude_sum = attitude_sum - 1 WHERE {november}"),
            format!("UPDATE rating_increment SET attitude_sum = attitude_sum + 1 WHERE {november}"),
            of("rating_increment", "attitude_sum", json!("17"), json!("18")),
        ),
        (
            format!("UPDATE rating_increment SET need = 7 WHERE {november}"),
            format!("UPDATE rating_increment SET need = 5 WHERE {november}"),
            [
                of("rating_increment", "stars", json!("6"), json!("7")),
                of("rating_increment", "cleaning_count", json!("6"), json!("7")),
                of("rating_increment", "attitude_count", json!("6"), json!("7")),
                of("rating_increment", "need", json!("7"), json!("5")),
            ]
            .concat(),
        ),
        // One that is out in no increment, and so is missing in its own.
        (
            format!("UPDATE rating SET published = '2026-10' WHERE {november} AND stars = 1"),
            format!("UPDATE rating SET published = '2026-11' WHERE {november} AND stars = 1"),
            of("rating", "published", json!("1"), json!("0")),
        ),
        (
            format!("UPDATE rating SET published = '2026-10' WHERE {november} AND stars = 1"),
            format!("UPDATE rating SET published = '2026-11' WHERE {november} AND stars = 1"),
            [
                of("rating_increment", "one", json!("1"), json!("0")),
                of("rating_increment", "cleaning_count", json!("6"), json!("5")),
                of("rating_increment", "cleaning_sum", json!("20"), json!("19")),
                of("rating_increment", "attitude_count", json!("6"), json!("5")),
                of("rating_increment", "attitude_sum", json!("18"), json!("15")),
            ]
            .concat(),
        ),
        // One that is out and waits at the same time could be published again.
        (
            format!("UPDATE rating SET published = NULL WHERE {november} AND stars = 2"),
            format!("UPDATE rating SET published = '2026-11' WHERE {november} AND stars = 2"),
            of("rating_increment", "two", json!("1"), json!("0")),
        ),
        (
            format!("UPDATE rating SET burst = 'none' WHERE project_id = '{project}' AND month = '2026-12'"),
            format!("UPDATE rating SET burst = NULL WHERE project_id = '{project}' AND month = '2026-12'"),
            of("rating", "burst", json!("5"), json!("0")),
        ),
        (
            format!("UPDATE review SET month = '2026-10' WHERE {november}"),
            format!("UPDATE review SET month = '2026-11' WHERE project_id = '{project}'"),
            of("review", "increment", json!("6"), json!("0")),
        ),
        (
            format!("UPDATE tally SET rewards = 3 WHERE {of_firm}"),
            format!("UPDATE tally SET rewards = 0 WHERE {of_firm}"),
            of("tally", "rewards", json!("3"), json!("0")),
        ),
        (
            format!("UPDATE tally SET ratings = ratings + 1 WHERE {of_firm}"),
            format!("UPDATE tally SET ratings = ratings - 1 WHERE {of_firm}"),
            of("tally", "ratings", json!("12"), json!("11")),
        ),
        (
            format!("UPDATE tally SET stars = stars - 1 WHERE {of_project}"),
            format!("UPDATE tally SET stars = stars + 1 WHERE {of_project}"),
            of("tally", "stars", json!("19"), json!("20")),
        ),
        (
            format!("UPDATE tally SET sums = '{WRONG_SUMS}' WHERE {of_firm}"),
            format!("UPDATE tally SET sums = '{SUMS}' WHERE {of_firm}"),
            of("tally", "sums", json!(WRONG_SUMS), json!(SUMS)),
        ),
        (
            format!(
                "UPDATE current_grade SET consequences = '[7]' WHERE {of_firm} AND scheme = 'dalian-demo'"
            ),
            format!("UPDATE current_grade SET consequences = '[]' WHERE {of_firm}"),
            of("current_grade", "consequences", json!("[7]"), json!("[]")),
        ),
        (
            format!(
                "INSERT INTO list_entry VALUES ('red', 'firm', '{uscc}', 'dalian-demo', '2026-11-01 00:00:00', NULL, '甲', 'a')"
            ),
            format!("DELETE FROM list_entry WHERE {of_firm}"),
            of("list_entry", "row", json!("there"), json!(null)),
        ),
        (
            "UPDATE place_ancestor SET distance = 2 WHERE place = '210202001' AND ancestor = '210202'"
                .to_owned(),
            "UPDATE place_ancestor SET distance = 1 WHERE place = '210202001' AND ancestor = '210202'"
                .to_owned(),
            of("place_ancestor", "distance", json!("2"), json!("1")),
        ),
        (
            "UPDATE place_parent_history SET parent = '210203' WHERE code = '210202001'".to_owned(),
            "UPDATE place_parent_history SET parent = '210202' WHERE code = '210202001'".to_owned(),
            of("place_parent_history", "parent", json!("210203"), json!("210202")),
        ),
        (
            format!("UPDATE firm_fact SET status = 'cancelled' WHERE uscc = '{uscc}'"),
            format!("UPDATE firm_fact SET status = 'active' WHERE uscc = '{uscc}'"),
            of("firm_fact", "status", json!("cancelled"), json!("active")),
        ),
        // What cannot be read is named by its firm, and the others are looked at all the same.
        (
            format!("UPDATE firm_fact SET status = 'cancelled' WHERE uscc = '{uscc}'"),
            format!("UPDATE firm_fact SET status = 'active' WHERE uscc = '{uscc}'"),
            of("current_grade", "database: Error deserializing field 'status'", json!(null), json!(null)),
        ),
    ];
    for (damage, mend, expected) in cases {
        alter(&app, &damage);
        let named: Vec<_> = found(&app).into_iter().filter(|found| found.0 == expected[0].0).collect();
        assert_eq!(named, expected, "{damage}");
        alter(&app, &mend);
        assert_eq!(found(&app), [], "{mend}");
    }
    // A row that is gone is recomputed by no mending here: one after the other, and each is named.
    alter(&app, &format!("DELETE FROM tally WHERE {of_project}"));
    // With it went the date of the current grade; what else is told follows from that.
    assert!(found(&app).contains(&row("tally")[0]), "{:?}", found(&app));
    alter(&app, "DELETE FROM place_ancestor WHERE place = '210203001' AND distance = 2");
    alter(&app, &format!("DELETE FROM rating_increment WHERE {november}"));
    let all = found(&app);
    assert!(
        all.contains(&("place_ancestor".to_owned(), "distance".to_owned(), json!(null), json!("2"))),
        "{all:?}"
    );
    assert!(
        all.contains(&("rating_increment".to_owned(), "three".to_owned(), json!("0"), json!("1"))),
        "{all:?}"
    );
    assert!(all.contains(&("rating".to_owned(), "published".to_owned(), json!("6"), json!("0"))), "{all:?}");
}

#[both]
fn a_reference_that_is_broken_is_named(app: TestApp) {
    let City { uscc, .. } = city(&app);
    let database = app.state.config().database.clone();
    let named = |figure: &str| named_in(&app, "database", figure);
    // The service itself cannot do it.
    let orphaned = format!("UPDATE review SET uscc = 'none' WHERE uscc = '{uscc}'");
    let refused = app.db().write_blocking({
        let orphaned = orphaned.clone();
        move |tx| Ok(diesel::sql_query(orphaned.as_str()).execute(tx.conn)?)
    });
    assert!(matches!(&refused, Err(xinwu_store::StoreError::Database(_))), "{refused:?}");
    assert_eq!(found(&app), []);
    match app.backend {
        Backend::Sqlite => {
            let mut conn = SqliteConnection::establish(database.trim_start_matches("sqlite:")).unwrap();
            conn.batch_execute("PRAGMA foreign_keys = OFF").unwrap();
            conn.batch_execute(&orphaned).unwrap();
            assert!(named("refers to no firm"), "{:?}", found(&app));
            let ids: Vec<String> =
                review::table.order(review::id).select(review::id).load(&mut conn).unwrap();
            let keys: Vec<String> = ids.iter().map(|id| format!("review/{id}")).collect();
            assert_eq!(keys_of(&app, "refers to no firm"), keys, "a table without rowid");
        }
        // There a key that is in force is not looked at again: only one that was put without a look
        // can be broken.
        Backend::Postgres => {
            let mut conn = PgConnection::establish(&database).unwrap();
            conn.batch_execute("ALTER TABLE review DROP CONSTRAINT review_uscc_fkey").unwrap();
            conn.batch_execute(&orphaned).unwrap();
            conn.batch_execute(
                "ALTER TABLE review ADD CONSTRAINT review_uscc_fkey FOREIGN KEY (uscc) REFERENCES firm (uscc) NOT VALID",
            )
            .unwrap();
            assert!(named("review_uscc_fkey is not validated"), "{:?}", found(&app));
        }
    }
    // What no foreign key can hold is counted.
    alter(
        &app,
        "INSERT INTO due (kind, subject_kind, subject_id, due_at) VALUES ('term', 'manager', 'none', '2030-01-01 00:00:00')",
    );
    assert!(named_in(&app, "due", "refers to no manager"), "{:?}", found(&app));
    alter(
        &app,
        "INSERT INTO review_flag (review_id, flagger, reason, settled) VALUES ('gone', 'abcd', '含有他人电话', FALSE)",
    );
    assert!(named_in(&app, "review_flag", "refers to no text"), "{:?}", found(&app));
}

/// The rows in which the database itself finds this.
fn keys_of(app: &TestApp, figure: &str) -> Vec<String> {
    let silent: Progress = Arc::new(|_, _, _| {});
    let differences = verify::run(app.db(), &silent).unwrap().differences.into_iter();
    let mut keys: Vec<String> = differences
        .filter(|each| (each.kept_in.as_str(), each.figure.as_str()) == ("database", figure))
        .map(|each| each.key)
        .collect();
    keys.sort();
    keys
}

fn named_in(app: &TestApp, table: &str, figure: &str) -> bool {
    found(app).iter().any(|found| (&*found.0, &*found.1) == (table, figure))
}

#[both]
fn what_is_due_and_not_yet_done_is_no_difference(app: TestApp) {
    let City { uscc, .. } = city(&app);
    // Months later nobody has run the clock: the window of the tallies has moved, and months are to
    // be closed and forgotten.
    let other = app.beside();
    other.set_time("2027-03-21T02:00:00Z");
    let silent: Progress = Arc::new(|_, _, _| {});
    assert_eq!(verify::run(other.db(), &silent).unwrap().differences, []);
    other.tick();
    assert_eq!(verify::run(other.db(), &silent).unwrap().differences, []);
    assert_eq!(other.get(&format!("/v1/firms/{uscc}")).expect(200).json()["service"]["count"], json!(21));
}

#[both]
fn the_report_names_nobody_who_rated(app: TestApp) {
    let City { project, .. } = city(&app);
    alter(
        &app,
        &format!("UPDATE rating SET burst = 'none' WHERE project_id = '{project}' AND month = '2026-12'"),
    );
    alter(&app, &format!("UPDATE review SET month = '2026-10' WHERE project_id = '{project}'"));
    let said = Desk::beside(&app).run(&["verify"]).expect(1).out;
    assert!(said.contains("burst is kept as 5, counted as 0"), "{said}");
    assert!(said.contains("increment is kept as 6, counted as 0"), "{said}");
    let people: Vec<(String, Vec<u8>, Option<Vec<u8>>)> = app
        .db()
        .read_blocking(|conn| {
            let of = rating::table.select((rating::month, rating::dwelling, rating::person));
            Ok(of.load(conn)?)
        })
        .unwrap();
    for (_, dwelling, person) in people {
        for pseudonym in std::iter::once(dwelling).chain(person) {
            assert!(!said.contains(&hex(&pseudonym)), "{said}");
        }
    }
    let accounts: Vec<String> =
        app.db().read_blocking(|conn| Ok(account::table.select(account::id).load(conn)?)).unwrap();
    let households: Vec<String> =
        app.db().read_blocking(|conn| Ok(household::table.select(household::id).load(conn)?)).unwrap();
    for id in accounts.iter().chain(&households) {
        assert!(!said.contains(id), "{said}");
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn a_damaged_page_of_sqlite_is_named() {
    let app = TestApp::start(Backend::Sqlite);
    city(&app);
    app.db().checkpoint().unwrap();
    let database = app.state.config().database.trim_start_matches("sqlite:").to_owned();
    let copy = tempfile::tempdir().unwrap();
    let path = copy.path().join("xinwu.db");
    let mut bytes = std::fs::read(&database).unwrap();
    // The first page of one index is put in the place of another's.
    let (from, to) = (first_byte(&database, "place_ancestor_below"), first_byte(&database, "place_parent"));
    bytes.copy_within(from..from + PAGE, to);
    std::fs::write(&path, bytes).unwrap();
    let desk = Desk::beside(&app);
    let ran = desk.run_with(&["verify"], &[("XINWU_DATABASE", path.to_str().unwrap())]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(
        ran.out.contains("database") || ran.err.contains("malformed") || ran.out.contains("place"),
        "{ran:?}"
    );
}

const PAGE: usize = 4096;

/// Where an index begins in the file.
fn first_byte(database: &str, index: &str) -> usize {
    let mut conn = SqliteConnection::establish(database).unwrap();
    let sql = format!("(SELECT rootpage FROM sqlite_master WHERE name = '{index}')");
    let page: i64 = diesel::select(diesel::dsl::sql::<BigInt>(&sql)).get_result(&mut conn).unwrap();
    (usize::try_from(page).unwrap() - 1) * PAGE
}
