//! `xinwu backup` beside a busy service, and `xinwu restore`: the same again, or refused.

use std::fs::File;
use std::io::{Seek, Write};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use diesel::{PgConnection, SqliteConnection};
use serde_json::{Value, json};
use xinwu_api::backup::{Manifest, copy_out, read, seal};
use xinwu_persistence::Clock;
use xinwu_persistence::backup::Content;

use crate::harness::files::penalty;
use crate::harness::program::{Desk, Ran};
use crate::harness::residents::Stage;
use crate::harness::{Backend, TestApp, TestDatabase};

/// Some of everything.
fn fill(app: &TestApp) -> Stage {
    let stage = app.stage();
    let residents = app.neighbours(&stage.estate, 11);
    for (position, resident) in residents.iter().enumerate() {
        let stars = position % 5 + 1;
        let body = json!({"overall": stars, "dimensions": {"cleaning": stars}, "comment": "楼道干净"});
        app.rating(resident, &stage.project, "2026-11").json(&body).expect(201);
        // Ten are published, one waits.
        if position == 9 {
            app.step_on("2026-11-23");
        }
    }
    app.record_in_force(&penalty(&stage.uscc));
    stage
}

/// A backup of the app's database in the desk's folder.
fn backed_up(desk: &Desk) -> (String, Manifest) {
    let file = desk.folder.path().join("xinwu.backup").display().to_string();
    let said = desk.run(&["backup", &file, "--json"]).expect(0);
    (file, serde_json::from_str(&said.out).unwrap())
}

fn restored(backend: Backend, file: &str) -> (Desk, TestDatabase) {
    let database = backend.empty();
    let desk = Desk::at(&database.url);
    desk.run(&["restore", file]).expect(0);
    (desk, database)
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    name: String,
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

/// Every row of every table, but the keys of months: a backup is made without them.
fn contents(url: &str) -> Vec<(String, String)> {
    let mut all = all_contents(url);
    all.retain(|(table, _)| table != "rating_key");
    all
}

fn all_contents(url: &str) -> Vec<(String, String)> {
    let names = |rows: Vec<Row>| rows.into_iter().map(|row| row.name).collect::<Vec<_>>();
    if let Some(path) = url.strip_prefix("sqlite:") {
        let mut conn = SqliteConnection::establish(path).unwrap();
        let tables: Vec<Row> =
            diesel::sql_query("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
                .load(&mut conn)
                .unwrap();
        let content = |table: String| {
            let columns: Vec<Row> =
                diesel::sql_query(format!("SELECT name FROM pragma_table_info('{table}')"))
                    .load(&mut conn)
                    .unwrap();
            let quoted: Vec<String> =
                names(columns).iter().map(|column| format!("quote(\"{column}\")")).collect();
            let row = quoted.join(" || '|' || ");
            let sql = format!(
                "SELECT coalesce(group_concat(line, char(10)), '') AS name FROM (SELECT {row} AS line FROM \"{table}\" ORDER BY 1)"
            );
            let all: Row = diesel::sql_query(sql).get_result(&mut conn).unwrap();
            (table, all.name)
        };
        return names(tables).into_iter().map(content).collect();
    }
    let mut conn = PgConnection::establish(url).unwrap();
    let tables: Vec<Row> = diesel::sql_query(
        "SELECT tablename::text AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY 1",
    )
    .load(&mut conn)
    .unwrap();
    let content = |table: String| {
        let sql = format!(
            "SELECT coalesce(string_agg(line, chr(10) ORDER BY line), '') AS name FROM (SELECT each::text AS line FROM {table} each) all_lines"
        );
        let all: Row = diesel::sql_query(sql).get_result(&mut conn).unwrap();
        (table, all.name)
    };
    names(tables).into_iter().map(content).collect()
}

fn number(url: &str, sql: &str) -> i64 {
    let row: Number = match url.strip_prefix("sqlite:") {
        Some(path) => diesel::sql_query(sql).get_result(&mut SqliteConnection::establish(path).unwrap()),
        None => diesel::sql_query(sql).get_result(&mut PgConnection::establish(url).unwrap()),
    }
    .unwrap();
    row.number
}

both! {
    fn a_restored_database_holds_and_answers_the_same(app) {
        let stage = fill(&app);
        let desk = Desk::beside(&app);
        let (file, manifest) = backed_up(&desk);
        let kind = if app.backend == Backend::Sqlite { "sqlite" } else { "postgres" };
        assert_eq!((manifest.database.as_str(), manifest.program.as_str()), (kind, env!("CARGO_PKG_VERSION")));
        assert_eq!(manifest.last_change, number(&desk.url, "SELECT max(seq) AS number FROM change"));
        let (other, _database) = restored(app.backend, &file);
        let (kept, again) = (contents(&desk.url), contents(&other.url));
        assert!(kept.len() > 40, "{}", kept.len());
        for (here, there) in kept.iter().zip(&again) {
            assert_eq!(here, there);
        }
        assert_eq!(kept.len(), again.len());
        assert_eq!(other.run(&["migrate", "--check", "--json"]).expect(0).json(), json!({"missing": []}));
        other.run(&["verify"]).expect(0);
        let (serving, original) = (other.serve(), desk.serve());
        for path in [
            format!("/v1/firms/{}", stage.uscc), format!("/v1/firms/{}/ratings", stage.uscc), format!("/v1/firms/{}/records", stage.uscc),
            format!("/v1/firms/{}/evaluation", stage.uscc), format!("/v1/projects/{}/reviews", stage.project), "/v1/firms?q=CSWY".to_owned(),
            "/v1/places/210202001".to_owned(),
        ] {
            let (here, there) = (original.call("GET", &path).expect(200), serving.call("GET", &path).expect(200));
            assert_eq!(here.json()["items"].as_array().map(Vec::len), there.json()["items"].as_array().map(Vec::len));
            assert_eq!(here.text, there.text, "{path}");
        }
        // It goes on from there: numbers that the database gives itself do not begin again.
        drop(serving);
        other.run(&["user", "add", "after.restore", "--role", "city", "--place", "2102"]).expect(0);
        assert!(number(&other.url, "SELECT max(seq) AS number FROM change") > manifest.last_change);
    }

    fn a_backup_under_load_is_of_one_moment(app) {
        let stage = fill(&app);
        let desk = Desk::beside(&app);
        let uscc = &stage.uscc;
        let (done, stop, drafters) = (AtomicUsize::new(0), AtomicBool::new(false), app.drafter());
        let (before, file, manifest) = std::thread::scope(|scope| {
            for part in 0..4 {
                let (app, done, stop, drafter) = (&app, &done, &stop, &drafters);
                scope.spawn(move || {
                    let mut count = 0;
                    while !stop.load(Ordering::SeqCst) {
                        count += 1;
                        let mut body = penalty(uscc);
                        body["document_number"] = json!(format!("{part}/{count}"));
                        app.post("/v1/admin/records").token(drafter).json(&body).expect(201);
                        done.fetch_add(1, Ordering::SeqCst);
                    }
                });
            }
            let wait_for = |count: usize| while done.load(Ordering::SeqCst) < count { std::thread::yield_now() };
            wait_for(40);
            let before = done.load(Ordering::SeqCst);
            let (file, manifest) = backed_up(&desk);
            // It did not keep the writers waiting: they go on, and what they write now is not in it.
            wait_for(done.load(Ordering::SeqCst) + 10);
            stop.store(true, Ordering::SeqCst);
            (before, file, manifest)
        });
        let after = done.load(Ordering::SeqCst);
        let (other, _database) = restored(app.backend, &file);
        let records = number(&other.url, "SELECT count(*) AS number FROM record WHERE state = 'draft'");
        let records = usize::try_from(records).unwrap();
        assert!(before <= records && records + 10 <= after, "{before} <= {records} <= {after} - 10");
        other.run(&["verify"]).expect(0);
        // Whatever is there of the spine is the whole of it up to that moment, and so are the drafts that it tells of.
        assert_eq!(number(&other.url, "SELECT max(seq) AS number FROM change"), manifest.last_change);
        if app.backend == Backend::Sqlite {
            let upto = |url: &str| number(url, &format!("SELECT count(*) AS number FROM change WHERE seq <= {}", manifest.last_change));
            assert_eq!(upto(&other.url), upto(&desk.url));
        }
        assert_eq!(
            number(&other.url, "SELECT count(*) AS number FROM record_step WHERE step = 'drafted' AND record_id IN (SELECT id FROM record WHERE state = 'draft')"),
            i64::try_from(records).unwrap(),
        );
        assert_eq!(number(&other.url, "SELECT count(*) AS number FROM record WHERE id NOT IN (SELECT object_id FROM audit)"), 0);
    }

    fn what_is_there_is_not_overwritten(app) {
        fill(&app);
        let desk = Desk::beside(&app);
        let (file, _) = backed_up(&desk);
        let refused = desk.run(&["backup", &file]).expect(1);
        assert!(refused.err.contains("exists already"), "{refused:?}");
        let refused = desk.run(&["restore", &file]).expect(1);
        assert!(refused.err.contains("is not empty; --replace"), "{refused:?}");
        // A service that runs has it open.
        let (other, database) = restored(app.backend, &file);
        let serving = other.serve();
        let refused = other.run(&["restore", &file, "--replace"]).expect(1);
        assert!(refused.err.contains("stop the service"), "{refused:?}");
        serving.call("GET", "/readyz").expect(200);
        assert_eq!(serving.stop("-TERM"), 0);
        other.run(&["user", "add", "to.be.lost", "--role", "city", "--place", "2102"]).expect(0);
        let said = other.run(&["restore", &file, "--replace"]).expect(0);
        assert!(said.out.starts_with("The database is that of "), "{said:?}");
        assert_eq!(contents(&other.url), contents(&desk.url));
        other.run(&["verify"]).expect(0);
        assert_eq!(other.serve().stop("-TERM"), 0);
        let left: Vec<_> = std::fs::read_dir(desk.folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["xinwu.backup"]);
        drop(database);
    }

    fn a_damaged_or_foreign_file_is_refused_and_changes_nothing(app) {
        fill(&app);
        let desk = Desk::beside(&app);
        let (file, manifest) = backed_up(&desk);
        let whole = std::fs::read(&file).unwrap();
        let other = app.backend.empty();
        let elsewhere = Desk::at(&other.url);
        let refused = |bytes: &[u8], why: &str| {
            let damaged = elsewhere.file("damaged.backup", bytes);
            let ran = elsewhere.run(&["restore", &damaged]).expect(1);
            assert!(ran.err.contains(why), "{why}: {ran:?}");
        };
        let copy = usize::try_from(manifest.bytes).unwrap();
        for at in [0, copy / 3, copy - 1] {
            let mut bytes = whole.clone();
            bytes[at] ^= 1;
            refused(&bytes, "is damaged");
        }
        refused(&whole[..whole.len() - 1], "no backup");
        refused(&whole[..copy], "no backup");
        refused(&[&whole[..copy / 2], &whole[copy..]].concat(), "is damaged");
        refused(&[&whole[..], b"\n"].concat(), "no backup");
        refused(b"", "no backup");
        // Every byte of manifest and seal, and many of the copy, through the same functions.
        let positions = (copy..whole.len()).chain((0..copy).step_by(copy / 40));
        let path = desk.folder.path().join("flipped");
        std::fs::write(&path, &whole).unwrap();
        let mut flipped = File::options().read(true).write(true).open(&path).unwrap();
        let put = |file: &mut File, at: usize, byte: u8| {
            file.seek(std::io::SeekFrom::Start(u64::try_from(at).unwrap())).unwrap();
            file.write_all(&[byte]).unwrap();
        };
        let taken = |file: &mut File| read(file).and_then(|manifest| copy_out(file, &manifest, &mut tempfile::tempfile().unwrap()));
        taken(&mut flipped).expect("the whole one");
        for at in positions {
            put(&mut flipped, at, whole[at] ^ 0x20);
            taken(&mut flipped).expect_err("a flipped byte");
            put(&mut flipped, at, whole[at]);
        }
        // Of the other kind of database.
        let foreign = if app.backend == Backend::Sqlite { Backend::Postgres } else { Backend::Sqlite }.empty();
        let ran = Desk::at(&foreign.url).run(&["restore", &file]).expect(1);
        assert!(ran.err.contains("and the database is"), "{ran:?}");
        // Of a version to come.
        let newer = desk.folder.path().join("newer.backup");
        std::fs::write(&newer, &whole[..copy]).unwrap();
        let mut newer_file = File::options().read(true).write(true).open(&newer).unwrap();
        let migrations = [manifest.migrations.clone(), vec!["29990101000001".to_owned()]].concat();
        let content = Content { migrations, last_change: manifest.last_change };
        seal(&mut newer_file, &manifest.database, Clock::System.now(), content, None).unwrap();
        let ran = elsewhere.run(&["restore", newer.to_str().unwrap()]).expect(1);
        assert!(ran.err.contains("29990101000001, which this version"), "{ran:?}");
        // Nothing of all that left a trace.
        assert_eq!(elsewhere.run(&["migrate", "--check"]).expect(1).out, Desk::new(app.backend).run(&["migrate", "--check"]).out);
    }
}

#[test]
fn the_copy_within_a_backup_opens_in_sqlite_itself() {
    let app = TestApp::start(Backend::Sqlite);
    fill(&app);
    let desk = Desk::beside(&app);
    let (file, _) = backed_up(&desk);
    let mut conn = SqliteConnection::establish(&file).unwrap();
    conn.batch_execute("PRAGMA query_only = ON").unwrap();
    let row: Number =
        diesel::sql_query("SELECT count(*) AS number FROM place").get_result(&mut conn).unwrap();
    assert_eq!(row.number, 1995);
}

#[test]
fn without_the_tools_of_postgres_it_says_what_to_install() {
    let app = TestApp::start(Backend::Postgres);
    let desk = Desk::beside(&app);
    let file = desk.folder.path().join("xinwu.backup");
    let refused: Ran = desk.run_with(&["backup", file.to_str().unwrap()], &[("PATH", "/nowhere")]).expect(1);
    assert!(
        refused.err.contains("pg_dump is not installed: install PostgreSQL's client programs"),
        "{refused:?}"
    );
    assert_eq!(std::fs::read_dir(desk.folder.path()).unwrap().count(), 0);
}

#[test]
fn a_database_that_is_not_there_is_not_backed_up() {
    let desk = Desk::new(Backend::Sqlite);
    for reason in ["there is no database at", "lacks migrations"] {
        let refused = desk.run(&["backup", "x.backup"]).expect(1);
        assert!(refused.err.contains(reason), "{refused:?}");
        // An empty file is a database without a schema.
        File::create(PathBuf::from(desk.url.trim_start_matches("sqlite:"))).unwrap();
    }
    let said: Value = json!(std::fs::read_dir(desk.folder.path()).unwrap().count());
    assert_eq!(said, json!(0));
}

#[test]
fn a_log_whose_database_was_moved_away_is_not_taken_for_the_backup_s() {
    let app = TestApp::start(Backend::Sqlite);
    fill(&app);
    let own = Desk::beside(&app);
    let (file, _) = backed_up(&own);
    let desk = Desk::new(Backend::Sqlite);
    let log = PathBuf::from(format!("{}-wal", desk.url.trim_start_matches("sqlite:")));
    std::fs::write(&log, b"of another database").unwrap();
    let refused = desk.run(&["restore", &file]).expect(1);
    assert!(refused.err.contains("no longer beside it"), "{refused:?}");
    std::fs::remove_file(&log).unwrap();
    desk.run(&["restore", &file]).expect(0);
}
