//! `xinwu backup` beside a busy service, and `xinwu restore`: the same again, or refused.

use std::fs::File;
use std::io::{Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use xinwu_both::both;

use chrono::{DateTime, Utc};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use diesel::{PgConnection, SqliteConnection};
use serde_json::{Value, json};
use xinwu_api::backup::{Manifest, copy_out, read, seal};
use xinwu_persistence::operations::backup::Content;
use xinwu_persistence::schema::{rated_month, rating, rating_key};
use xinwu_store::Clock;

use crate::harness::clock::WrongClock;
use crate::harness::files::penalty;
use crate::harness::program::{Desk, Ran};
use crate::harness::residents::{Resident, Stage};
use crate::harness::{Backend, TestApp, TestDatabase, eventually};

const MONTH: &str = "2026-11";

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
            "SELECT coalesce(string_agg(line, chr(10) ORDER BY line), '') AS name FROM (SELECT each::text AS line FROM \"{table}\" each) all_lines"
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

#[both]
fn a_restored_database_holds_and_answers_the_same(app: TestApp) {
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
        format!("/v1/firms/{}", stage.uscc),
        format!("/v1/firms/{}/ratings", stage.uscc),
        format!("/v1/firms/{}/records", stage.uscc),
        format!("/v1/firms/{}/evaluation", stage.uscc),
        format!("/v1/projects/{}/reviews", stage.project),
        "/v1/firms?q=CSWY".to_owned(),
        "/v1/places/210202001".to_owned(),
    ] {
        // By the clock of today each makes the steps that are due, in its own time: the same to the
        // day, at another instant.
        let ask = || [&original, &serving].map(|side| to_the_day(side.call("GET", &path).expect(200).json()));
        eventually(|| {
            let [here, there] = ask();
            here == there
        });
        let [here, there] = ask();
        assert_eq!(here, there, "{path}");
    }
    // It goes on from there: numbers that the database gives itself do not begin again.
    drop(serving);
    other
        .run(&[
            "user",
            "add",
            "after.restore",
            "--role",
            "city",
            "--staff-number",
            "N-after-restore",
            "--place",
            "2102",
        ])
        .expect(0);
    assert!(number(&other.url, "SELECT max(seq) AS number FROM change") > manifest.last_change);
}

/// The answer with the day in place of every instant.
fn to_the_day(answer: Value) -> Value {
    match answer {
        Value::String(text) => match DateTime::parse_from_rfc3339(&text) {
            Ok(at) => json!(at.date_naive().to_string()),
            Err(_) => Value::String(text),
        },
        Value::Array(items) => items.into_iter().map(to_the_day).collect(),
        Value::Object(fields) => fields.into_iter().map(|(name, value)| (name, to_the_day(value))).collect(),
        other => other,
    }
}

#[both]
fn a_backup_under_load_is_of_one_moment(app: TestApp) {
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
        let wait_for = |count: usize| {
            while done.load(Ordering::SeqCst) < count {
                std::thread::yield_now()
            }
        };
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
    // Whatever is there of the change feed is the whole of it up to that moment, and so are the
    // drafts that it tells of.
    assert_eq!(number(&other.url, "SELECT max(seq) AS number FROM change"), manifest.last_change);
    if app.backend == Backend::Sqlite {
        let upto = |url: &str| {
            number(
                url,
                &format!("SELECT count(*) AS number FROM change WHERE seq <= {}", manifest.last_change),
            )
        };
        assert_eq!(upto(&other.url), upto(&desk.url));
    }
    assert_eq!(
        number(
            &other.url,
            "SELECT count(*) AS number FROM record_step WHERE step = 'drafted' AND record_id IN (SELECT id FROM record WHERE state = 'draft')"
        ),
        i64::try_from(records).unwrap(),
    );
    assert_eq!(
        number(
            &other.url,
            "SELECT count(*) AS number FROM record WHERE id NOT IN (SELECT object_id FROM audit)"
        ),
        0
    );
}

#[both]
fn what_is_there_is_not_overwritten(app: TestApp) {
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
    other
        .run(&[
            "user",
            "add",
            "to.be.lost",
            "--role",
            "city",
            "--staff-number",
            "N-to-be-lost",
            "--place",
            "2102",
        ])
        .expect(0);
    let said = other.run(&["restore", &file, "--replace"]).expect(0);
    assert!(said.out.starts_with("The database is that of "), "{said:?}");
    assert_eq!(contents(&other.url), contents(&desk.url));
    other.run(&["verify"]).expect(0);
    assert_eq!(other.serve().stop("-TERM"), 0);
    let left: Vec<_> =
        std::fs::read_dir(desk.folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["xinwu.backup"]);
    drop(database);
}

#[both]
fn a_damaged_or_foreign_file_is_refused_and_changes_nothing(app: TestApp) {
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
    let taken = |file: &mut File| {
        read(file).and_then(|manifest| copy_out(file, &manifest, &mut tempfile::tempfile().unwrap()))
    };
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
    // Of migrations that are no more.
    let older = desk.folder.path().join("older.backup");
    std::fs::write(&older, &whole[..copy]).unwrap();
    let mut older_file = File::options().read(true).write(true).open(&older).unwrap();
    let content =
        Content { migrations: vec!["20260101000001".to_owned()], last_change: manifest.last_change };
    seal(&mut older_file, &manifest.database, Clock::System.now(), content, None).unwrap();
    let ran = elsewhere.run(&["restore", older.to_str().unwrap()]).expect(1);
    let says = ["the schema 20260101000001, on which", "squashed", "with the version that made it"];
    assert!(says.iter().all(|part| ran.err.contains(part)), "{ran:?}");
    // Nothing of all that left a trace.
    assert_eq!(
        elsewhere.run(&["migrate", "--check"]).expect(1).out,
        Desk::new(app.backend).run(&["migrate", "--check"]).out
    );
}

/// A service over a database of its own that outlives it, and the program at the service's hour.
struct Place {
    backend: Backend,
    database: TestDatabase,
    clock: WrongClock,
}

impl Place {
    fn new(backend: Backend) -> Place {
        Place { backend, database: backend.fresh(), clock: WrongClock::new() }
    }

    /// With an empty database, and the same clock.
    fn another(self) -> Place {
        Place { database: self.backend.empty(), ..self }
    }

    fn serve(&self, instant: &str) -> TestApp {
        TestApp::start_at(self.backend, instant, |config| config.database.clone_from(&self.database.url))
    }

    /// The same with this file of increments.
    fn serve_with(&self, instant: &str, journal: &Path) -> TestApp {
        TestApp::start_at(self.backend, instant, |config| {
            config.database.clone_from(&self.database.url);
            config.increments_file = Some(journal.to_owned());
        })
    }

    fn run(&self, now: &str, arguments: &[&str], more: &[(&str, &str)]) -> Ran {
        let instant: DateTime<Utc> = now.parse().unwrap();
        self.clock.is_wrong_by(instant - Clock::System.now());
        let variables = self.clock.variables();
        let mut all: Vec<(&str, &str)> =
            variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        all.extend(more);
        Desk::at(&self.database.url).run_with(arguments, &all)
    }

    #[track_caller]
    fn is_verified(&self, now: &str) {
        self.run(now, &["verify"], &[]).expect(0);
    }
}

/// Where a backup is put.
struct Shelf(tempfile::TempDir);

impl Shelf {
    fn new() -> Shelf {
        Shelf(tempfile::tempdir().unwrap())
    }

    fn file(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }
}

/// The months that ever had a key, those that have one, and how many ratings are kept.
fn keys(app: &TestApp) -> (Vec<String>, Vec<String>, i64) {
    app.db()
        .read_blocking(|conn| {
            let made = rated_month::table.order(rated_month::month).select(rated_month::month);
            let kept = rating_key::table.order(rating_key::month).select(rating_key::month);
            Ok((made.load(conn)?, kept.load(conn)?, rating::table.count().get_result(conn)?))
        })
        .unwrap()
}

fn months(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

/// The figures of a project, its firm and their place. A grade that is made again is dated by the
/// restore.
fn figures(app: &TestApp, stage: &Stage) -> Vec<Value> {
    let Stage { uscc, project, .. } = stage;
    let card = |path: String| app.get(&path).expect(200).json()["service"].clone();
    let page = |path: String| app.get(&path).expect(200).json();
    vec![
        card(format!("/v1/projects/{project}")),
        card(format!("/v1/firms/{uscc}")),
        page(format!("/v1/projects/{project}/ratings")),
        page(format!("/v1/firms/{uscc}/ratings")),
        page("/v1/statistics?period=2026".to_owned()),
    ]
}

fn distribution(app: &TestApp, stage: &Stage) -> Value {
    app.project_ratings(&stage.project)["distribution"].clone()
}

const NOVEMBER: &str = "2026-11-22T04:00:00Z";

#[both]
fn a_backup_without_keys_leaves_a_month_without_its_key(backend: Backend) {
    let (place, shelf) = (Place::new(backend), Shelf::new());
    let app = place.serve(NOVEMBER);
    let (many, few) = (app.stage(), app.stage());
    let (of_many, of_few) = (app.neighbours(&many.estate, 6), app.neighbours(&few.estate, 5));
    app.rate_all(&of_many, &many.project, MONTH, &[5, 4, 3, 2, 1, 1]);
    app.rate_all(&of_few[..3], &few.project, MONTH, &[1; 3]);
    app.tick();
    let file = shelf.file("without.backup");
    let said = place.run(NOVEMBER, &["backup", &file], &[]).expect(0);
    assert!(!said.out.contains("destroy"), "{said:?}");
    let manifest = read(&mut File::open(&file).unwrap()).unwrap();
    assert_eq!(manifest.destroy_by, None);
    // What is sealed in the file that is copied is nowhere in the copy.
    let sealed: Vec<u8> =
        app.db().read_blocking(|conn| Ok(rating_key::table.select(rating_key::sealed).first(conn)?)).unwrap();
    if backend == Backend::Sqlite {
        let copy = std::fs::read(&file).unwrap();
        assert!(!copy.windows(sealed.len()).any(|part| part == sealed));
    }
    drop(app);

    let other = place.another();
    other.run(NOVEMBER, &["restore", &file], &[]).expect(0);
    let app = other.serve(NOVEMBER);
    assert_eq!(keys(&app), (months(&[MONTH]), Vec::new(), 9));
    // "A month without its key takes no rating": neither a new one nor a change, and it is
    // nobody's.
    for resident in [&of_few[4], &of_few[0]] {
        let refused = app.rating(resident, &few.project, MONTH).json(&json!({"overall": 5}));
        refused.refused(409, "month_without_key");
        app.own_rating(resident, &few.project, MONTH).refused(404, "not_found");
        app.taken_back(resident, &few.project, MONTH).refused(404, "not_found");
    }
    // "… counts what waits at its 1st, rolls nothing."
    app.step_on("2026-12-01");
    assert_eq!(distribution(&app, &many), json!({"1": 2, "2": 1, "3": 1, "4": 1, "5": 1}));
    assert_eq!(distribution(&app, &few), json!(null));
    app.rate_all(&of_few[..4], &few.project, "2026-12", &[4; 4]);
    app.step_on("2027-01-01");
    assert_eq!(distribution(&app, &few), json!(null));
    app.rate(&of_few[4], &few.project, "2027-01", 5);
    app.step_on("2027-02-01");
    // The three of before the restore are in none of them.
    assert_eq!(distribution(&app, &few), json!({"1": 0, "2": 0, "3": 0, "4": 4, "5": 1}));
    drop(app);
    other.is_verified("2027-02-01T00:00:00Z");
}

#[both]
fn a_backup_with_keys_says_the_day_and_leaves_what_waits_its_holders(backend: Backend) {
    let (place, shelf) = (Place::new(backend), Shelf::new());
    let app = place.serve(NOVEMBER);
    let stage = app.stage();
    let residents = app.neighbours(&stage.estate, 6);
    app.rate_all(&residents[..5], &stage.project, MONTH, &[5, 4, 1, 2, 5]);
    app.tick();
    // The day is that on which the database forgets the month of the copy, and no other.
    let days = [
        (NOVEMBER, "30", "2026-12-30"),
        (NOVEMBER, "20", "2026-12-20"),
        ("2026-11-30T15:59:40Z", "30", "2026-12-30"),
        ("2026-11-30T16:00:02Z", "30", "2027-01-30"),
    ];
    for (position, (now, unlink_days, day)) in days.into_iter().enumerate() {
        let file = shelf.file(&format!("{position}.backup"));
        let said =
            place.run(now, &["backup", &file, "--keys"], &[("XINWU_UNLINK_DAYS", unlink_days)]).expect(0);
        let told = format!("It holds the keys of ratings: destroy it by {day}.");
        assert!(said.out.contains(&told), "{said:?}");
        let manifest = read(&mut File::open(&file).unwrap()).unwrap();
        assert_eq!(manifest.destroy_by.unwrap().to_string(), day);
    }
    drop(app);

    let file = shelf.file("0.backup");
    let url = place.database.url.clone();
    let other = Place { database: backend.empty(), ..Place::new(backend) };
    other.run(NOVEMBER, &["restore", &file], &[]).expect(0);
    assert_eq!(all_contents(&other.database.url), all_contents(&url));
    // What waits is its holder's as before.
    let app = other.serve(NOVEMBER);
    assert_eq!(app.own_rating(&residents[0], &stage.project, MONTH).expect(200).json()["overall"], json!(5));
    app.rating(&residents[0], &stage.project, MONTH).json(&json!({"overall": 3})).expect(200);
    app.taken_back(&residents[1], &stage.project, MONTH).expect(204);
    app.rating(&residents[5], &stage.project, MONTH).json(&json!({"overall": 2})).expect(201);
    app.step_on("2026-12-01");
    assert_eq!(distribution(&app, &stage), json!({"1": 1, "2": 2, "3": 1, "4": 0, "5": 1}));
    // On the day the restored database has forgotten like any other.
    app.set_time("2026-12-29T16:00:00Z");
    app.tick();
    let (_, kept, rows) = keys(&app);
    assert_eq!((kept, rows), (months(&["2026-12"]), 0));
    drop(app);

    // After it a copy that was not destroyed counts what waited at the 1st that it missed, and
    // forgets the month.
    let late = Place { database: backend.empty(), ..Place::new(backend) };
    late.run("2027-02-10T02:00:00Z", &["restore", &file], &[]).expect(0);
    let app = late.serve("2027-02-10T02:00:00Z");
    app.tick();
    let (_, kept, rows) = keys(&app);
    assert_eq!((kept, rows), (months(&["2027-01", "2027-02"]), 5));
    assert_eq!(distribution(&app, &stage), json!({"1": 1, "2": 1, "3": 0, "4": 1, "5": 2}));
    app.own_rating(&residents[0], &stage.project, MONTH).refused(404, "not_found");
    drop(app);
    late.is_verified("2027-02-10T02:00:00Z");
}

/// A copy with the keys, in which {a…e} wait; since, they are published.
fn copied_before_the_step(place: &Place, file: &str) -> (Stage, Vec<Resident>, Vec<Value>) {
    let app = place.serve_with(NOVEMBER, &journal_of(file));
    let stage = app.stage();
    let residents = app.neighbours(&stage.estate, 11);
    for resident in &residents[..5] {
        let body = json!({"overall": 4, "comment": "楼道干净"});
        app.rating(resident, &stage.project, MONTH).json(&body).expect(201);
    }
    // Of a dimension too few wait, and go on waiting.
    let body = json!({"overall": 5, "dimensions": {"cleaning": 2}});
    app.rating(&residents[0], &stage.project, MONTH).json(&body).expect(200);
    app.tick();
    place.run(NOVEMBER, &["backup", file, "--keys"], &[]).expect(0);
    app.step_on("2026-12-01");
    assert_eq!(app.project_ratings(&stage.project)["count"], 5);
    app.set_hour("2026-12-02", 10);
    let published = figures(&app, &stage);
    (stage, residents, published)
}

fn journal_of(file: &str) -> PathBuf {
    PathBuf::from(format!("{file}.increments"))
}

/// {a…e} are published, and the copy of before is restored: {a…f} must not be, from which f's would
/// be what is more.
#[both]
fn restore_regroups(backend: Backend) {
    let shelf = Shelf::new();
    let file = shelf.file("xinwu.backup");
    let now = "2026-12-02T02:00:00Z";
    let mut place = Place::new(backend);
    let (stage, residents, published) = copied_before_the_step(&place, &file);
    let journal = journal_of(&file);
    let variables = [("XINWU_INCREMENTS_FILE", journal.to_str().unwrap())];
    // From the database that is replaced; from the file, where that is lost; and once more over
    // what was put back.
    for (arguments, is_kept) in [
        (vec!["restore", file.as_str(), "--replace"], false),
        (vec!["restore", file.as_str()], true),
        (vec!["restore", file.as_str(), "--replace"], true),
    ] {
        if !is_kept {
            std::fs::remove_file(&journal).unwrap();
        }
        if arguments.len() == 2 {
            place = place.another();
        }
        let said = place.run(now, &arguments, &variables).expect(0);
        assert!(said.out.contains("put back when it is first served"), "{said:?}");
        let app = place.serve_with(now, &journal);
        app.tick();
        assert_eq!(figures(&app, &stage), published);
        // Their stars no longer wait; the one answer about cleaning, of which nothing came out,
        // rolls on.
        let rows: Vec<(String, Option<i32>)> = app
            .db()
            .read_blocking(|conn| Ok(rating::table.select((rating::month, rating::stars)).load(conn)?))
            .unwrap();
        assert!(rows.iter().all(|(_, stars)| stars.is_none()), "{rows:?}");
        drop(app);
        place.is_verified(now);
    }
    let app = place.serve_with(now, &journal);
    // Nothing of December was published: it can be rated, by {a…e} too.
    app.rate(&residents[5], &stage.project, "2026-12", 1);
    app.taken_back(&residents[5], &stage.project, "2026-12").expect(204);
    app.step_on("2027-01-01");
    app.rate(&residents[5], &stage.project, "2027-01", 1);
    app.step_on("2027-02-01");
    assert_eq!(app.project_ratings(&stage.project)["count"], 5);
    app.rate_all(&residents[6..10], &stage.project, "2027-02", &[1; 4]);
    app.step_on("2027-03-01");
    assert_eq!(distribution(&app, &stage), json!({"1": 5, "2": 0, "3": 0, "4": 4, "5": 1}));
    assert_eq!(
        app.get(&format!("/v1/projects/{}/reviews", stage.project)).expect(200).json()["items"],
        json!([])
    );
    drop(app);
    place.is_verified("2027-03-01T00:00:00Z");
}

/// A step since the copy took the month in which it is restored: nobody rates in it twice.
#[both]
fn a_month_that_a_step_took_since_the_copy_takes_no_rating(backend: Backend) {
    let (place, shelf) = (Place::new(backend), Shelf::new());
    let file = shelf.file("xinwu.backup");
    let journal = journal_of(&file);
    let app = place.serve_with(NOVEMBER, &journal);
    let stage = app.stage();
    let residents = app.neighbours(&stage.estate, 11);
    app.rate_all(&residents[..10], &stage.project, MONTH, &[4; 10]);
    app.tick();
    place.run(NOVEMBER, &["backup", &file, "--keys"], &[]).expect(0);
    app.rate(&residents[10], &stage.project, MONTH, 1);
    app.step_on("2026-11-23");
    app.set_hour("2026-11-24", 10);
    let published = figures(&app, &stage);
    assert_eq!(app.project_ratings(&stage.project)["count"], 11);
    drop(app);
    let now = "2026-11-24T02:00:00Z";
    let variables = [("XINWU_INCREMENTS_FILE", journal.to_str().unwrap())];
    place.run(now, &["restore", &file, "--replace"], &variables).expect(0);
    let app = place.serve_with(now, &journal);
    app.tick();
    assert_eq!(figures(&app, &stage), published);
    let (made, kept, rows) = keys(&app);
    assert_eq!((made, kept, rows), (months(&[MONTH]), Vec::new(), 0));
    for resident in &residents {
        let put = app.rating(resident, &stage.project, MONTH).json(&json!({"overall": 1}));
        put.refused(409, "month_without_key");
    }
    app.step_on("2026-12-01");
    assert_eq!(app.project_ratings(&stage.project)["count"], 11);
    app.rate(&residents[0], &stage.project, "2026-12", 1);
    drop(app);
    place.is_verified("2026-12-01T00:00:00Z");
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
fn a_pg_dump_of_another_version_than_the_server_is_refused_with_what_to_install() {
    let app = TestApp::start(Backend::Postgres);
    let desk = Desk::beside(&app);
    let server = number(&desk.url, "SELECT current_setting('server_version_num')::bigint / 10000 AS number");
    let path = std::env::var("PATH").unwrap();
    let real = path.split(':').map(|folder| Path::new(folder).join("pg_dump")).find(|file| file.exists());
    let (programs, file) = (tempfile::tempdir().unwrap(), desk.folder.path().join("xinwu.backup"));
    let search = format!("{}:{path}", programs.path().display());
    let backup = |version: i64| {
        let program = programs.path().join("pg_dump");
        let says = format!("echo 'pg_dump (PostgreSQL) {version}.3 (Debian {version}.3-1)'");
        let does = format!("exec {} \"$@\"", real.as_ref().unwrap().display());
        let script = format!("#!/bin/sh\nif [ \"$1\" = --version ]; then {says}; else {does}; fi\n");
        std::fs::write(&program, script).unwrap();
        std::fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        desk.run_with(&["backup", file.to_str().unwrap()], &[("PATH", &search)])
    };
    for version in [server - 1, server + 1] {
        let refused: Ran = backup(version).expect(1);
        let told = format!("pg_dump is of PostgreSQL {version} and the server of {server}: install");
        assert!(refused.err.contains(&told), "{refused:?}");
        assert!(refused.err.contains(&format!("postgresql-client-{server} on Debian")), "{refused:?}");
        assert_eq!(std::fs::read_dir(desk.folder.path()).unwrap().count(), 0);
    }
    backup(server).expect(0);
    assert!(file.exists());
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
