//! `xinwu verify`: clean over whatever was written, and each figure that is not what it should be is named.

use std::sync::Arc;

use diesel::sql_types::BigInt;
use diesel::{Connection, QueryDsl, RunQueryDsl, SqliteConnection};
use serde_json::{Value, json};
use xinwu_domain::estate::EstateKind;
use xinwu_persistence::project::NewProject;
use xinwu_persistence::schema::rating;
use xinwu_persistence::verify::{self, Progress};

use crate::harness::program::Desk;
use crate::harness::world::{COMMUNITY, plain_project};
use crate::harness::{Backend, TestApp};

/// A firm with voices in a closed month and in the open one, a comment, a record, and a manager.
struct City {
    uscc: String,
    project: String,
}

fn city(app: &TestApp) -> City {
    let stage = app.stage();
    let voices = app.voices(&stage.estate, 6);
    for (voice, stars) in voices.iter().zip([5, 4, 3, 5, 2, 1]) {
        let body = json!({"overall": stars, "dimensions": {"cleaning": stars, "attitude": 3}, "comment": "楼道干净"});
        app.rating(voice, &stage.project, "2026-11").json(&body).expect(201);
    }
    let manager = app.manager("演示经理", &stage.uscc);
    let estate = app.estate(COMMUNITY, EstateKind::Professional);
    let managed = NewProject { manager_id: Some(manager), ..plain_project(&estate, &stage.uscc) };
    let managed = app.project_with(managed);
    let others = app.voices(&estate, 5);
    for voice in &others {
        app.rate(voice, &managed, "2026-11", 3);
    }
    app.set_time("2026-12-06T02:00:00Z");
    app.tick();
    for voice in &voices {
        app.rate(voice, &stage.project, "2026-12", 4);
    }
    // Taken back it still counts among its day's.
    app.delete(&format!("/v1/me/ratings/{}/2026-12", stage.project))
        .token(&app.renewed(&voices[5].id))
        .expect(204);
    for voice in &others {
        app.rate(voice, &managed, "2026-12", 2);
    }
    // The program's clock is the machine's: what the time between has brought must not look like a difference.
    City { uscc: stage.uscc, project: stage.project }
}

/// A difference: table, figure, and what is kept and counted.
/// As the column `sums` of a tally holds them.
const WRONG_SUMS: &str =
    r#"{"month":"2026-11","written":1,"stars":[0,0,0,0,9],"dimensions":[[0,0],[0,0],[0,0],[0,0],[0,0]]}"#;

type Named = (String, String, Value, Value);

/// Everything that `xinwu verify` finds.
fn found(app: &TestApp) -> Vec<Named> {
    let ran = Desk::beside(app).run(&["verify", "--json"]);
    let report = ran.json();
    assert_eq!(report["ok"], json!(ran.code == 0), "{ran:?}");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    report["differences"]
        .as_array()
        .unwrap()
        .iter()
        .map(|each| {
            (text(&each["kept_in"]), text(&each["figure"]), each["kept"].clone(), each["counted"].clone())
        })
        .collect()
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

both! {
    fn a_database_that_the_service_wrote_is_clean(app) {
        city(&app);
        let desk = Desk::beside(&app);
        let told = desk.run(&["verify"]).expect(0);
        assert!(told.out.starts_with("All ") && told.out.ends_with(" checks are clean.\n"), "{told:?}");
        let report = desk.run(&["verify", "--json"]).expect(0).json();
        assert_eq!((&report["ok"], &report["differences"], &report["untold"]), (&json!(true), &json!([]), &json!(0)));
        for check in ["database", "rating_month", "rating_day", "rating_close", "standing", "tally", "list_entry", "due", "place_ancestor"] {
            assert!(report["checks"].as_array().unwrap().contains(&json!(check)), "{check}: {report}");
        }
    }

    fn each_damaged_figure_is_named_with_what_it_should_be(app) {
        let City { uscc, project } = city(&app);
        assert_eq!(found(&app), []);
        let of = |table: &str, figure: &str, kept: Value, counted: Value| vec![(table.to_owned(), figure.to_owned(), kept, counted)];
        let row = |table: &str| of(table, "row", json!(null), json!("there"));
        // Each damage, what puts it right, and what is found in between.
        let october = format!("project_id = '{project}' AND month = '2026-11'");
        let of_firm = format!("subject_kind = 'firm' AND subject_id = '{uscc}'");
        let of_project = format!("subject_kind = 'project' AND subject_id = '{project}'");
        let cases: Vec<(String, String, Vec<Named>)> = vec![
            (
                format!("UPDATE rating_month SET five = five + 1, four = four - 1 WHERE {october}"),
                format!("UPDATE rating_month SET five = five - 1, four = four + 1 WHERE {october}"),
                [of("rating_month", "four", json!("0"), json!("1")), of("rating_month", "five", json!("3"), json!("2"))].concat(),
            ),
            (
                format!("UPDATE rating_month SET attitude_sum = attitude_sum - 1, held = 2 WHERE {october}"),
                format!("UPDATE rating_month SET attitude_sum = attitude_sum + 1, held = 0 WHERE {october}"),
                [of("rating_month", "held", json!("2"), json!("0")), of("rating_month", "attitude_sum", json!("17"), json!("18"))].concat(),
            ),
            (
                format!("UPDATE rating_day SET voices = voices - 1 WHERE project_id = '{project}' AND day = '2026-11-21'"),
                format!("UPDATE rating_day SET voices = voices + 1 WHERE project_id = '{project}' AND day = '2026-11-21'"),
                of("rating_day", "voices", json!("5"), json!("6")),
            ),
            (
                format!("UPDATE rating_close SET stars = stars + 1 WHERE {october}"),
                format!("UPDATE rating_close SET stars = stars - 1 WHERE {october}"),
                of("rating_close", "stars", json!("21"), json!("20")),
            ),
            (
                format!("UPDATE tally SET rewards = 3 WHERE {of_firm}"),
                format!("UPDATE tally SET rewards = 0 WHERE {of_firm}"),
                of("tally", "rewards", json!("3"), json!("0")),
            ),
            (
                format!("UPDATE tally SET voices = voices + 1 WHERE {of_firm}"),
                format!("UPDATE tally SET voices = voices - 1 WHERE {of_firm}"),
                of("tally", "voices", json!("22"), json!("21")),
            ),
            (
                format!("UPDATE tally SET sums = '{WRONG_SUMS}' WHERE {of_firm}"),
                // Which is no fault: they are added up then.
                format!("UPDATE tally SET sums = NULL WHERE {of_firm}"),
                of("tally", "sums", json!("2026-11 [0, 0, 0, 0, 9] [(0, 0), (0, 0), (0, 0), (0, 0), (0, 0)]"), json!("2026-12 [1, 6, 6, 6, 2] [(6, 20), (0, 0), (0, 0), (0, 0), (6, 18)]")),
            ),
            (
                format!("UPDATE standing SET consequences = '[7]' WHERE {of_firm} AND scheme = 'dalian-demo'"),
                format!("UPDATE standing SET consequences = '[]' WHERE {of_firm}"),
                of("standing", "consequences", json!("[7]"), json!("[]")),
            ),
            (
                format!("INSERT INTO list_entry VALUES ('red', 'firm', '{uscc}', 'dalian-demo', '2026-11-01 00:00:00', NULL, '甲', 'a')"),
                format!("DELETE FROM list_entry WHERE {of_firm}"),
                of("list_entry", "row", json!("there"), json!(null)),
            ),
            (
                "UPDATE place_ancestor SET distance = 2 WHERE place = '210202001' AND ancestor = '210202'".to_owned(),
                "UPDATE place_ancestor SET distance = 1 WHERE place = '210202001' AND ancestor = '210202'".to_owned(),
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
            (
                format!("UPDATE review SET overall = 2 WHERE project_id = '{project}' AND overall = 3"),
                format!("UPDATE review SET overall = 3 WHERE project_id = '{project}' AND overall = 2 AND id NOT IN (SELECT review.id FROM review JOIN rating ON rating.id = rating_id WHERE rating.overall = 2)"),
                of("review", "overall", json!("2"), json!("3")),
            ),
        ];
        // Of a project an earlier program kept them too.
        alter(&app, &format!("UPDATE tally SET voices = 11, stars = 40 WHERE {of_project}"));
        assert_eq!(found(&app), []);
        for (damage, mend, expected) in cases {
            alter(&app, &damage);
            let named: Vec<_> = found(&app).into_iter().filter(|found| found.0 == expected[0].0).collect();
            assert_eq!(named, expected, "{damage}");
            alter(&app, &mend);
            assert_eq!(found(&app), [], "{mend}");
        }
        // A row that is gone is made anew by no mending here: one after the other, and each is named.
        alter(&app, &format!("DELETE FROM tally WHERE {of_project}"));
        // With it went the date of the standing; what else is told follows from that.
        assert!(found(&app).contains(&row("tally")[0]), "{:?}", found(&app));
        alter(&app, "DELETE FROM place_ancestor WHERE place = '210203001' AND distance = 2");
        alter(&app, &format!("DELETE FROM rating_close WHERE {october}"));
        let all = found(&app);
        assert!(all.contains(&("place_ancestor".to_owned(), "distance".to_owned(), json!(null), json!("2"))), "{all:?}");
        assert!(all.contains(&("rating_close".to_owned(), "voices".to_owned(), json!(null), json!("6"))), "{all:?}");
    }

    fn what_is_due_and_not_yet_done_is_no_difference(app) {
        let City { uscc, .. } = city(&app);
        // A month later nobody has run the clock: the window of the tallies has moved, and a month is to be closed.
        let other = app.beside();
        other.set_time("2027-03-21T02:00:00Z");
        let silent: Progress = Arc::new(|_, _, _| {});
        assert_eq!(verify::run(other.db(), &silent).unwrap().differences, []);
        other.tick();
        assert_eq!(verify::run(other.db(), &silent).unwrap().differences, []);
        assert_eq!(other.get(&format!("/v1/firms/{uscc}")).expect(200).json()["service"]["count"], json!(21));
    }

    fn the_report_names_nobody_who_rated(app) {
        let City { project, .. } = city(&app);
        alter(&app, &format!("UPDATE rating SET state = 'held' WHERE project_id = '{project}' AND overall = 1"));
        alter(&app, &format!("UPDATE review SET comment = '换了' WHERE project_id = '{project}'"));
        let said = Desk::beside(&app).run(&["verify"]).expect(1).out;
        assert!(said.contains("held is kept as nothing, counted as 1"), "{said}");
        assert!(said.contains("comment is kept as review, counted as another"), "{said}");
        let people: Vec<(String, String)> = app
            .db()
            .read_blocking(|conn| {
                Ok(rating::table.select((rating::account_id, rating::household_id)).load(conn)?)
            })
            .unwrap();
        for (account, household) in people {
            assert!(!said.contains(&account) && !said.contains(&household), "{said}");
        }
    }
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
