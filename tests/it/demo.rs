//! The demo's data, filled small through the same code.

use std::sync::atomic::{AtomicBool, Ordering};

use diesel::dsl::{count_star, sum};
use diesel::prelude::*;
use indicatif::ProgressBar;
use serde_json::json;
use xinwu_api::demo::welcome::{self, Subject};
use xinwu_api::demo::{self, Size, people};
use xinwu_persistence::rating::Increment;
use xinwu_persistence::schema::{project, rating, rating_increment, tally};

use crate::admin_cookbook::{paste, script};
use crate::harness::TestApp;

const ENGLISH: &str = include_str!("../../README.md");
const CHINESE: &str = include_str!("../../README.zh-CN.md");
const SMALL: Size = Size { firms: 14, estates: 30, taken_over: 4, households: 450, ratings: 900 };

both! {
    fn a_small_demo_has_what_it_promises_and_its_sums_equal_a_recount(app) {
        let subject = demo::fill(&app.state, SMALL, &ProgressBar::hidden()).unwrap();
        people::add(&app.state, &subject).unwrap();
        let city = app.get("/v1/statistics?period=2026-Q3").expect(200).json();
        assert_eq!((&city["coverage"]["estates"]["total"], &city["coverage"]["households"]["total"]), (&json!(30), &json!(450)));
        for (kind, count) in city["coverage"]["estates"]["by_kind"].as_object().unwrap() {
            assert!(count.as_i64().unwrap() > 0, "{kind}");
        }
        assert_eq!(city["assessments"]["share"], 1.0);
        let of_all: i64 = ["210202", "210203", "210204", "210211", "210212", "210213", "210214", "210224", "210281", "210283"]
            .iter()
            .map(|district| app.get(&format!("/v1/statistics?place={district}")).expect(200).json()["coverage"]["estates"]["total"].as_i64().unwrap())
            .inspect(|count| assert!(*count > 0))
            .sum();
        assert_eq!(of_all, 30);
        let grades = &city["firms"]["by_grade"];
        let count = |grade: &str| grades.as_array().unwrap().iter().find(|each| each["grade"] == grade).map_or(0, |each| each["count"].as_i64().unwrap());
        let graded: i64 = grades.as_array().unwrap().iter().map(|each| each["count"].as_i64().unwrap()).sum();
        assert!(count("B") * 10 >= graded * 7, "{grades}");
        let card = app.get(&format!("/v1/firms/{}", subject.uscc)).expect(200).json();
        assert_eq!((&card["demo"], &card["credit"]["grade"]), (&json!(true), &json!("B")));
        let spread: i64 = card["service"]["distribution"].as_object().unwrap().values().map(|each| each.as_i64().unwrap()).sum();
        assert_eq!(card["service"]["count"], spread);
        let (published, of_firms, waiting) = app.db().read_blocking(|conn| {
            let rows: Vec<Increment> = rating_increment::table
                .inner_join(project::table.on(project::id.eq(rating_increment::project_id)))
                .filter(project::uscc.is_not_null())
                .select(Increment::as_select())
                .load(conn)?;
            let published: i64 = rows.iter().map(|row| i64::from(row.tally().count())).sum();
            let of_firms: Option<i64> = tally::table.filter(tally::subject_kind.eq("firm")).select(sum(tally::ratings)).first(conn)?;
            let waiting: Vec<(String, i64)> = rating::table
                .filter(rating::published.is_null().and(rating::burst.is_null()).and(rating::stars.is_not_null()))
                .group_by(rating::project_id)
                .select((rating::project_id, count_star()))
                .load(conn)?;
            Ok((published, of_firms, waiting))
        }).unwrap();
        // What is not published waits, or was left when a project ended; the demo's year is the window of the tallies.
        assert!((600..900).contains(&published), "{published}");
        assert_eq!(of_firms, Some(published));
        // Four neighbours wait wherever enough live, the demo's own project among them.
        assert!(waiting.iter().all(|(_, count)| *count <= 4), "{waiting:?}");
        assert!(waiting.contains(&(subject.project.clone(), 4)) && waiting.iter().filter(|(_, count)| *count == 4).count() > 10, "{waiting:?}");
        let city = app.official(xinwu_domain::access::Role::City, "2102", true);
        app.get("/v1/admin/bursts").token(&city).expect(200);
        the_tour_runs(&app, &subject);
    }
}

/// The README's tour, as it stands there: over the demo's data, in the folder of `demo.json`.
fn the_tour_runs(app: &TestApp, subject: &Subject) {
    welcome::fix_code(&app.state).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let address = app.base.trim_start_matches("http://").parse().unwrap();
    let document = serde_json::to_string_pretty(&welcome::document(&app.state, subject, address)).unwrap();
    std::fs::create_dir(folder.path().join("demo-data")).unwrap();
    std::fs::write(folder.path().join("demo-data/demo.json"), document).unwrap();
    let tour = script(tour_of(ENGLISH)).replace("http://127.0.0.1:8080", &app.base);
    // Where it waits for the next minute the clock is set on, and what is due by then is done.
    let (pause, waits) = ("sleep 65", folder.path().join("waits"));
    assert_eq!(tour.matches(pause).count(), 1);
    let tour = tour.replace(pause, "touch waits; while [ -e waits ]; do sleep 0.05; done");
    let service = || {
        let card = app.get(&format!("/v1/projects/{}", subject.project)).expect(200).json();
        card["service"]["count"].as_i64().unwrap()
    };
    let before = service();
    let done = AtomicBool::new(false);
    let said = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::SeqCst) {
                if waits.exists() {
                    app.advance(chrono::Duration::seconds(65));
                    app.tick();
                    std::fs::remove_file(&waits).unwrap();
                }
                std::thread::park_timeout(std::time::Duration::from_millis(20));
            }
        });
        let said = std::panic::catch_unwind(|| paste(&tour, folder.path(), &[]));
        done.store(true, Ordering::SeqCst);
        said.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    });
    // The reader's rating and the four that waited: exactly the five.
    assert_eq!(service(), before + 5);
    let moved = format!("\"count\":{},\"distribution\"", before + 5);
    for part in [
        moved.as_str(),
        "听涛雅苑（演示）",
        "\"name\":\"演示海韵物业管理有限公司\"",
        "\"source\":\"base\"",
        "\"status\":\"verified\"",
        "\"comment\":\"楼道很干净\",\"comment_state\":\"waiting\",\"published\":null",
        "\"cause\":{\"id\":",
        "\"eligibility\":\"barred\"",
    ] {
        assert!(said.contains(part), "{part}\n{said}");
    }
    for line in welcome::document(&app.state, subject, address)["curl"].as_array().unwrap() {
        let line = line.as_str().unwrap().replace("curl -s", "curl --fail-with-body -s");
        assert!(paste(&line, folder.path(), &[]).starts_with('{'), "{line}");
    }
}

fn tour_of(readme: &str) -> &str {
    let from = readme.find("X=http://127.0.0.1:8080").unwrap();
    let block = readme[..from].rfind("```sh").unwrap();
    &readme[block..]
}

#[test]
fn both_readmes_have_the_same_tour() {
    let commands = |readme: &str| -> Vec<String> {
        script(tour_of(readme))
            .lines()
            .map(|line| line.split(" # ").next().unwrap_or_default().to_owned())
            .collect()
    };
    assert_eq!(commands(ENGLISH), commands(CHINESE));
}
