//! A database that was put back to an earlier state: what it published since is final, whoever put
//! it back and however.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use xinwu_both::both;

use diesel::prelude::*;
use serde_json::{Value, json};
use tempfile::TempDir;
use xinwu_persistence::operations::{due, increments};
use xinwu_persistence::schema::{rating, rating_burst, rating_comment, rating_increment, rating_step, tally};
use xinwu_store::schema::setting;

use crate::case_figures::{homes, of_project, repaired};
use crate::harness::program::Desk;
use crate::harness::residents::{Resident, Stage};
use crate::harness::{Backend, TestApp, TestDatabase};

const MONTH: &str = "2026-11";

/// A service that keeps its increments in a file of its own, over the database of another.
struct WithIncrementsFile {
    app: TestApp,
    folder: TempDir,
    file: PathBuf,
}

impl WithIncrementsFile {
    fn over(base: &TestApp) -> WithIncrementsFile {
        WithIncrementsFile::at(base.backend, base, &base.state.config().database)
    }

    fn at(backend: Backend, clock_of: &TestApp, url: &str) -> WithIncrementsFile {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("increments");
        let app = TestApp::start_with(backend, |config| {
            config.database = url.to_owned();
            config.increments_file = Some(file.clone());
        });
        app.clock.set(clock_of.now());
        WithIncrementsFile { app, folder, file }
    }

    /// A backup of now.
    fn backup(&self, options: &[&str]) -> String {
        let name = format!("{}.backup", crate::harness::unique());
        let file = self.folder.path().join(name).display().to_string();
        Desk::beside(&self.app).run(&[&["backup", &file], options].concat()).expect(0);
        file
    }

    /// The backup restored elsewhere, with the file of increments as it is now, and served at the
    /// same time of day.
    fn restored(&self, backup: &str) -> (WithIncrementsFile, TestDatabase) {
        let database = self.app.backend.empty();
        Desk::at(&database.url).run(&["restore", backup]).expect(0);
        let restored = WithIncrementsFile::at(self.app.backend, &self.app, &database.url);
        std::fs::copy(&self.file, &restored.file).unwrap();
        (restored, database)
    }

    fn verified(&self) {
        Desk::beside(&self.app).run(&["verify"]).expect(0);
    }
}

/// Everything public that ratings are in.
fn public(app: &TestApp, stage: &Stage) -> Vec<String> {
    let Stage { uscc, project, .. } = stage;
    [
        format!("/v1/projects/{project}"),
        format!("/v1/projects/{project}/ratings"),
        format!("/v1/projects/{project}/evaluation"),
        format!("/v1/firms/{uscc}"),
        format!("/v1/firms/{uscc}/ratings"),
        format!("/v1/firms/{uscc}/evaluation"),
        "/v1/rankings?by=service&count=true".to_owned(),
        "/v1/statistics?period=2026".to_owned(),
    ]
    .iter()
    .map(|path| app.get(path).expect(200).text)
    .collect()
}

fn count(app: &TestApp, stage: &Stage) -> Value {
    app.project_ratings(&stage.project)["count"].clone()
}

/// Steps of all increments.
fn steps(app: &TestApp) -> Vec<(String, bool)> {
    app.db()
        .read_blocking(|conn| {
            let rows = rating_increment::table.order((rating_increment::step, rating_increment::burst));
            Ok(rows.select((rating_increment::step, rating_increment::restored)).load(conn)?)
        })
        .unwrap()
}

type Closed = Vec<(String, Option<chrono::NaiveDateTime>, Option<String>)>;

fn made(app: &TestApp) -> Closed {
    app.db()
        .read_blocking(|conn| {
            let rows = rating_step::table.order(rating_step::step);
            Ok(rows.select((rating_step::step, rating_step::done_at, rating_step::closes)).load(conn)?)
        })
        .unwrap()
}

fn waiting_rows(app: &TestApp) -> i64 {
    app.db()
        .read_blocking(|conn| {
            Ok(rating::table.filter(rating::published.is_null()).count().get_result(conn)?)
        })
        .unwrap()
}

fn rated(app: &TestApp, count: usize) -> (Stage, Vec<Resident>) {
    let stage = app.stage();
    let residents = app.neighbours(&stage.estate, count);
    let stars: Vec<i64> = (0..count).map(|position| [5, 4, 1, 2, 5][position % 5]).collect();
    app.rate_all(&residents, &stage.project, MONTH, &stars);
    (stage, residents)
}

fn sql(app: &TestApp, text: &'static str) {
    app.db()
        .write_blocking(move |tx| {
            diesel::sql_query(text).execute(tx.conn)?;
            Ok(())
        })
        .unwrap();
}

fn regroups(base: &TestApp, options: &[&str]) {
    let service = WithIncrementsFile::over(base);
    let (stage, residents) = rated(&service.app, 5);
    let late = service.app.neighbour(&stage.estate);
    service.app.tick();
    let backup = service.backup(options);
    service.app.step_on("2026-12-01");
    let before = public(&service.app, &stage);
    assert_eq!(count(&service.app, &stage), json!(5));
    let (again, _database) = service.restored(&backup);
    again.app.tick();
    same(&public(&again.app, &stage), &before);
    again.verified();
    // {a…e} are out. With f the same five would be read once more.
    again.app.rate(&late, &stage.project, "2026-12", 1);
    again.app.step_on("2027-01-01");
    assert_eq!((count(&again.app, &stage), waiting_rows(&again.app)), (json!(5), 1));
    // They rate again in another month, as everybody.
    again.app.rate(&residents[0], &stage.project, "2027-01", 3);
}

#[track_caller]
fn same(again: &[String], before: &[String]) {
    for (again, before) in again.iter().zip(before) {
        assert_eq!(again, before);
    }
}

#[both]
fn restore_regroups(base: TestApp) {
    regroups(&base, &[]);
}

#[both]
fn restore_regroups_from_a_copy_with_keys(base: TestApp) {
    regroups(&base, &["--keys"]);
}

#[both]
fn a_month_of_which_something_is_put_back_takes_no_rating(base: TestApp) {
    let service = WithIncrementsFile::over(&base);
    let (stage, residents) = rated(&service.app, 10);
    let late = service.app.neighbour(&stage.estate);
    service.app.tick();
    let backup = service.backup(&["--keys"]);
    service.app.step_on("2026-11-23");
    let before = public(&service.app, &stage);
    let (again, _database) = service.restored(&backup);
    again.app.tick();
    same(&public(&again.app, &stage), &before);
    // {a…j} would be read again with k, and each of them may be k.
    for resident in [&residents[0], &late] {
        again
            .app
            .rating(resident, &stage.project, MONTH)
            .json(&json!({"overall": 1}))
            .refused(409, "month_without_key");
    }
    again.app.step_on("2026-12-01");
    assert_eq!((count(&again.app, &stage), waiting_rows(&again.app)), (json!(10), 0));
    again.app.rate(&residents[0], &stage.project, "2026-12", 1);
    again.verified();
}

#[both]
fn sums_of_cases_are_put_back_and_count_nothing_twice(base: TestApp) {
    let service = WithIncrementsFile::over(&base);
    let stage = service.app.stage();
    let homes = homes(&service.app, &stage, 6);
    service.app.tick();
    homes.iter().take(5).for_each(|home| repaired(&service.app, &stage, home));
    let backup = service.backup(&[]);
    service.app.step_on("2026-12-01");
    let paths = [
        format!("/v1/projects/{}/cases", stage.project),
        format!("/v1/firms/{}/cases", stage.uscc),
        format!("/v1/firms/{}/metrics", stage.uscc),
    ];
    let public = |app: &TestApp| paths.clone().map(|path| app.get(&path).expect(200).text);
    let before = public(&service.app);
    assert_eq!(of_project(&service.app, &stage)["opened"], 5);
    let (again, _database) = service.restored(&backup);
    again.app.tick();
    assert_eq!(public(&again.app), before);
    again.verified();
    // {a…e} are out. With f, and with what the five open anew, none of theirs is counted again.
    again.app.set_hour("2026-12-02", 12);
    homes.iter().skip(2).for_each(|home| repaired(&again.app, &stage, home));
    again.app.step_on("2027-01-01");
    assert_eq!(of_project(&again.app, &stage)["opened"], 5);
    repaired(&again.app, &stage, &homes[0]);
    again.app.step_on("2027-02-01");
    assert_eq!(of_project(&again.app, &stage)["opened"], 10);
    again.verified();
}

#[both]
fn another_month_stays_open(base: TestApp) {
    let service = WithIncrementsFile::over(&base);
    let (stage, _) = rated(&service.app, 5);
    let late = service.app.neighbours(&stage.estate, 4);
    service.app.tick();
    let backup = service.backup(&[]);
    service.app.step_on("2026-12-01");
    service.app.rate_all(&late, &stage.project, "2026-12", &[3; 4]);
    let (again, _database) = service.restored(&backup);
    // What was rated since the copy is lost as everything else, and can be given again.
    again.app.rate_all(&late, &stage.project, "2026-12", &[3; 4]);
    again.app.tick();
    again.app.rate_all(&late, &stage.project, "2026-12", &[4; 4]);
    assert_eq!(count(&again.app, &stage), json!(5));
}

#[both]
fn a_closed_month_stays_closed_and_grades_follow(base: TestApp) {
    let service = WithIncrementsFile::over(&base);
    let (stage, _) = rated(&service.app, 10);
    service.app.tick();
    let backup = service.backup(&[]);
    // November has its increment from a Monday, and nothing comes out on the 1st of December.
    service.app.steps_to("2026-12-01");
    let residents = service.app.neighbours(&stage.estate, 10);
    service.app.rate_all(&residents, &stage.project, "2026-12", &[4; 10]);
    service.app.step_on("2026-12-07");
    assert_eq!(steps(&service.app), [("2026-11-23".to_owned(), false), ("2026-12-07".to_owned(), false)]);
    let told = |app: &TestApp| {
        let grades = [
            format!("/v1/projects/{}/evaluation", stage.project),
            format!("/v1/firms/{}/evaluation", stage.uscc),
        ]
        .map(|path| app.get(&path).expect(200).json()["score"].clone());
        (app.project_ratings(&stage.project), app.firm_ratings(&stage.uscc), grades)
    };
    let before = told(&service.app);
    assert_ne!(before.2[0], json!(60));
    let (again, _database) = service.restored(&backup);
    again.app.tick();
    assert_eq!(steps(&again.app), [("2026-11-23".to_owned(), true), ("2026-12-07".to_owned(), true)]);
    let closed: Closed = made(&again.app).into_iter().filter(|(.., closes)| closes.is_some()).collect();
    assert_eq!(
        closed,
        made(&service.app).into_iter().filter(|(.., closes)| closes.is_some()).collect::<Closed>()
    );
    assert_eq!(closed.len(), 1);
    assert_eq!(told(&again.app), before);
    again.verified();
}

#[both]
fn a_copy_made_while_a_step_ran_closes_its_month(base: TestApp) {
    let service = WithIncrementsFile::over(&base);
    let stages: Vec<Stage> = (0..3).map(|_| rated(&service.app, 6).0).collect();
    service.app.tick();
    // What else is due in the new month is done.
    service.app.set_hour("2026-12-01", 1);
    service.app.tick();
    service.app.set_hour("2026-12-01", 6);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let keys = service.app.state.month_keys();
    let left = AtomicUsize::new(1);
    let goes_on =
        || left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok();
    runtime
        .block_on(due::tick(
            service.app.db(),
            service.app.state.journal(),
            &keys,
            service.app.now(),
            &goes_on,
        ))
        .unwrap();
    assert_eq!(made(&service.app).pop(), Some(("2026-12-01".to_owned(), None, None)));
    let backup = service.backup(&["--keys"]);
    service.app.tick();
    let told = |app: &TestApp| -> Vec<Value> {
        let of = |stage: &Stage| [app.project_ratings(&stage.project), app.firm_ratings(&stage.uscc)];
        stages.iter().flat_map(of).collect()
    };
    let (again, _database) = service.restored(&backup);
    again.app.advance(chrono::Duration::hours(3));
    again.app.tick();
    assert_eq!((made(&again.app), told(&again.app)), (made(&service.app), told(&service.app)));
    again.verified();
}

/// What a service does that finds itself on another state of its database: no `xinwu restore` has
/// told it.
#[both]
fn the_service_itself_puts_back_before_it_answers(base: TestApp) {
    let service = WithIncrementsFile::over(&base);
    let (stage, _) = rated(&service.app, 10);
    service.app.tick();
    let backup = service.backup(&[]);
    service.app.step_on("2026-11-23");
    let before = service.app.get(&format!("/v1/projects/{}/ratings", stage.project)).expect(200).json();
    let (again, database) = service.restored(&backup);
    let file = again.file.display().to_string();
    let desk = Desk::at(&database.url);
    let variables = [("XINWU_INCREMENTS_FILE", file.as_str()), ("XINWU_BIND", "127.0.0.1:0")];
    let whole = std::fs::read_to_string(&file).unwrap();
    // Where it cannot tell what was published it does not serve, and says what to do.
    std::fs::write(&file, whole.replacen("database", "dat", 1)).unwrap();
    let refused = desk.run_with(&["serve"], &variables).expect(1);
    assert!(
        refused.err.contains("its first line cannot be read") && refused.err.contains("{\"database\":\""),
        "{refused:?}"
    );
    assert_eq!(steps(&again.app), []);
    std::fs::write(&file, &whole).unwrap();
    let serving = desk.serve_with(&variables);
    let told = serving.call("GET", &format!("/v1/projects/{}/ratings", stage.project)).expect(200).json();
    assert_eq!((&told["count"], &told["distribution"]), (&json!(10), &before["distribution"]));
    assert!(serving.log.lines().iter().any(|line| line.contains("what they published is put back")));
    assert_eq!(serving.stop("-TERM"), 0);
    desk.run(&["verify"]).expect(0);
    // And nothing is put back twice.
    let serving = desk.serve_with(&variables);
    assert!(!serving.log.lines().iter().any(|line| line.contains("put back")));
    assert_eq!(steps(&again.app), [("2026-11-23".to_owned(), true)]);
}

/// One damaged line would keep all others from being put back, and stays there: it is named before
/// anything is put back.
#[both]
fn a_line_of_the_file_that_is_out_of_range_is_named(base: TestApp) {
    let service = WithIncrementsFile::over(&base);
    rated(&service.app, 10);
    service.app.tick();
    let backup = service.backup(&[]);
    service.app.steps_to("2026-11-30");
    let (again, database) = service.restored(&backup);
    let file = again.file.display().to_string();
    let desk = Desk::at(&database.url);
    let variables = [("XINWU_INCREMENTS_FILE", file.as_str()), ("XINWU_BIND", "127.0.0.1:0")];
    let whole = std::fs::read_to_string(&file).unwrap();
    let last = whole.lines().last().unwrap();
    for (column, value, what) in [
        ("need", json!(0), "need is 0, and must be at least 1"),
        ("two", json!(-1), "two is -1, and must not be negative"),
        ("five", json!(3_000_000_000_i64), "integer `3000000000`"),
        ("cleaning_sum", json!(51), "cleaning_sum is 51"),
        ("attitude_count", json!(-1), "attitude_count -1"),
        ("month", json!("2026-13"), "\"2026-13\" is no Month"),
        ("step", json!("Monday"), "step is \"Monday\""),
    ] {
        let mut altered: Value = serde_json::from_str(last).unwrap();
        altered[column] = value;
        std::fs::write(&file, format!("{whole}{altered}\n")).unwrap();
        let refused = desk.run_with(&["serve"], &variables).expect(1);
        let line = format!("{file}, line {}: ", whole.lines().count() + 1);
        assert!(refused.err.contains(&line) && refused.err.contains(what), "{what}: {refused:?}");
        assert!(refused.err.contains("put right from another copy"), "{refused:?}");
        assert_eq!(steps(&again.app), []);
    }
    std::fs::write(&file, &whole).unwrap();
    again.app.tick();
    assert_eq!(steps(&again.app), [("2026-11-23".to_owned(), true)]);
}

#[both]
fn restored_in_place_it_keeps_what_the_present_one_published(base: TestApp) {
    let service = WithIncrementsFile::over(&base);
    let (stage, _) = rated(&service.app, 10);
    service.app.tick();
    let backup = service.backup(&[]);
    service.app.step_on("2026-11-23");
    // The present database is the only one that has them.
    let (again, database) = service.restored(&service.backup(&[]));
    let file = again.file.clone();
    drop(again);
    std::fs::remove_file(&file).ok();
    let desk = Desk::at(&database.url);
    if base.backend == Backend::Postgres {
        // Without a file of increments what the present database has published since the backup
        // would be lost.
        let url = database.url.clone();
        let mut conn = diesel::PgConnection::establish(&url).unwrap();
        diesel::sql_query("UPDATE rating_increment SET published_at = '2999-01-01'")
            .execute(&mut conn)
            .unwrap();
        drop(conn);
        let refused = desk.run(&["restore", &backup, "--replace"]).expect(1);
        assert!(refused.err.contains("set `increments_file`"), "{refused:?}");
        let mut conn = diesel::PgConnection::establish(&url).unwrap();
        diesel::sql_query("UPDATE rating_increment SET published_at = '2026-11-22T22:00:00'")
            .execute(&mut conn)
            .unwrap();
    }
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    let path = file.display().to_string();
    let said =
        desk.run_with(&["restore", &backup, "--replace"], &[("XINWU_INCREMENTS_FILE", &path)]).expect(0);
    assert!(said.out.contains("put back when it is first served"), "{said:?}");
    let again = TestApp::start_with(base.backend, |config| {
        config.database.clone_from(&database.url);
        config.increments_file = Some(file.clone());
    });
    again.clock.set(service.app.now());
    again.tick();
    same(&public(&again, &stage), &public(&service.app, &stage));
    std::fs::remove_dir_all(file.parent().unwrap()).unwrap();
}

#[both]
fn the_file_is_written_when_something_was_published(base: TestApp) {
    let service = WithIncrementsFile::over(&base);
    rated(&service.app, 10);
    service.app.step_on("2026-11-23");
    let whole = std::fs::read_to_string(&service.file).unwrap();
    assert_eq!(whole.lines().count(), 2, "{whole}");
    // Nobody looks at it again until there is something to write.
    std::fs::remove_file(&service.file).unwrap();
    (0..3).for_each(|_| {
        service.app.tick();
    });
    assert!(!service.file.exists());
    // Nor by another instance.
    let other = WithIncrementsFile::at(base.backend, &service.app, &base.state.config().database);
    other.app.tick();
    assert_eq!(std::fs::read_to_string(&other.file).unwrap(), whole);
    // Half a line, of a power cut, swallows no other.
    std::fs::write(&service.file, whole.clone() + "{\"project_id\":\"").unwrap();
    let stage = service.app.stage();
    let more = service.app.neighbours(&stage.estate, 10);
    service.app.rate_all(&more, &stage.project, MONTH, &[4; 10]);
    service.app.step_on("2026-11-30");
    let (half, lines) = (std::fs::read_to_string(&service.file).unwrap(), 4);
    assert_eq!((half.starts_with(&whole), half.lines().count()), (true, lines), "{half}");
    assert!(half.lines().last().unwrap().contains(&stage.project), "{half}");
    // The other instance learns of the step.
    other.app.clock.set(service.app.now());
    other.app.poll_changes();
    other.app.tick();
    assert_eq!(std::fs::read_to_string(&other.file).unwrap().lines().count(), 3);
    // The file of another database is put aside, and is back with that one.
    let url = base.backend.fresh();
    let strange = TestApp::start_with(base.backend, |config| {
        config.database.clone_from(&url.url);
        config.increments_file = Some(other.file.clone());
    });
    let own = |app: &TestApp| -> String {
        app.db()
            .read_blocking(|conn| Ok(setting::table.find("database").select(setting::value).first(conn)?))
            .unwrap()
    };
    let (stage, _) = rated(&strange, 10);
    strange.step_on("2026-11-23");
    let aside = other.folder.path().join(format!("increments-{}", own(&service.app)));
    assert!(std::fs::read_to_string(&other.file).unwrap().contains(&stage.project) && aside.exists());
    other.app.step_on("2026-12-01");
    assert!(std::fs::read_to_string(&other.file).unwrap().starts_with(&whole) && !aside.exists());
}

#[both]
fn a_burst_that_counted_since_leaves_nothing_held(base: TestApp) {
    let service = WithIncrementsFile::over(&base);
    let stage = service.app.stage();
    let residents = service.app.neighbours(&stage.estate, 24);
    for (position, resident) in residents[..20].iter().enumerate() {
        let dimensions = if position < 3 { json!({"cleaning": 2}) } else { json!({}) };
        let body = json!({"overall": 5, "comment": "非常好", "dimensions": dimensions});
        service.app.rating(resident, &stage.project, MONTH).json(&body).expect(201);
    }
    service.app.step_on("2026-11-23");
    for resident in &residents[20..] {
        service
            .app
            .rating(resident, &stage.project, MONTH)
            .json(&json!({"overall": 2, "comment": "一般"}))
            .expect(201);
    }
    let backup = service.backup(&["--keys"]);
    service.app.steps_to("2026-12-02");
    assert_eq!(count(&service.app, &stage), json!(20));
    let (again, _database) = service.restored(&backup);
    again.app.tick();
    let told = |app: &TestApp| {
        ["count", "distribution", "held"].map(|name| app.project_ratings(&stage.project)[name].clone())
    };
    assert_eq!(told(&again.app), told(&service.app));
    let (held, comments, states): (i64, i64, Vec<String>) = again
        .app
        .db()
        .read_blocking(|conn| {
            Ok((
                rating::table.filter(rating::burst.is_not_null()).count().get_result(conn)?,
                rating_comment::table.count().get_result(conn)?,
                rating_burst::table.select(rating_burst::state).load(conn)?,
            ))
        })
        .unwrap();
    // The comments of the four whose stars wait on are theirs still.
    assert_eq!((held, comments, states), (0, 4, vec!["counted".to_owned()]));
    assert_eq!(waiting_rows(&again.app), 7);
    again.verified();
}

#[both]
fn a_burst_that_fell_since_counts_nobody_twice(base: TestApp) {
    let service = WithIncrementsFile::over(&base);
    let stage = service.app.stage();
    let residents = service.app.neighbours(&stage.estate, 21);
    service.app.rate_all(&residents[..20], &stage.project, MONTH, &[5; 20]);
    service.app.step_on("2026-11-23");
    let backup = service.backup(&["--keys"]);
    // Sixteen residences are found false: four ratings wait on as others do.
    sql(
        &service.app,
        "DELETE FROM rating WHERE dwelling IN (SELECT dwelling FROM rating ORDER BY dwelling LIMIT 16)",
    );
    service.app.steps_to("2026-12-02");
    service.app.rate(&residents[20], &stage.project, "2026-12", 1);
    service.app.step_on("2027-01-01");
    assert_eq!(count(&service.app, &stage), json!(5));
    let (again, _database) = service.restored(&backup);
    again.app.tick();
    assert_eq!((count(&again.app, &stage), waiting_rows(&again.app)), (json!(5), 0));
    again.app.steps_to("2027-02-01");
    assert_eq!(count(&again.app, &stage), json!(5));
    again.verified();
}

#[both]
fn a_project_registered_since_is_not_there(base: TestApp) {
    let service = WithIncrementsFile::over(&base);
    let (stage, _) = rated(&service.app, 5);
    service.app.tick();
    let backup = service.backup(&[]);
    let (later, _) = rated(&service.app, 6);
    service.app.step_on("2026-12-01");
    assert_eq!((count(&service.app, &stage), count(&service.app, &later)), (json!(5), json!(6)));
    let (again, _database) = service.restored(&backup);
    again.app.tick();
    assert_eq!(steps(&again.app), [("2026-12-01".to_owned(), true)]);
    let id = later.project.clone();
    let ghosts: i64 = again
        .app
        .db()
        .read_blocking(move |conn| {
            Ok(tally::table.filter(tally::subject_id.eq(&id)).count().get_result(conn)?)
        })
        .unwrap();
    assert_eq!(ghosts, 0);
    again.verified();
}

#[both]
fn two_instances_name_a_database_once(base: TestApp) {
    let (one, other) = (WithIncrementsFile::over(&base), WithIncrementsFile::over(&base));
    std::thread::scope(|scope| {
        [&one, &other].map(|each| scope.spawn(|| each.app.tick())).map(|each| each.join().unwrap())
    });
    rated(&one.app, 10);
    for each in [&one, &other] {
        each.app.step_on("2026-11-23");
        each.app.poll_changes();
        each.app.tick();
    }
    assert_eq!(std::fs::read_to_string(&one.file).unwrap(), std::fs::read_to_string(&other.file).unwrap());
    assert_eq!(
        increments::published_by(&xinwu_store::Url::parse(&base.state.config().database).unwrap())
            .unwrap()
            .1
            .len(),
        1
    );
}

#[both]
fn a_backup_removes_what_a_killed_one_left(base: TestApp) {
    let service = WithIncrementsFile::over(&base);
    rated(&service.app, 1);
    let left = service.folder.path().join(".xinwu-backup-aB3xYz");
    let in_use = service.folder.path().join(".xinwu-backup-Zz9yXw");
    std::fs::write(&left, "keys").unwrap();
    std::fs::write(&in_use, "keys").unwrap();
    let held = std::fs::File::open(&in_use).unwrap();
    held.lock().unwrap();
    service.backup(&[]);
    assert_eq!((left.exists(), in_use.exists()), (false, true));
}
