//! The demo's data, filled small through the same code.

use diesel::dsl::sum;
use diesel::prelude::*;
use indicatif::ProgressBar;
use serde_json::json;
use xinwu_api::demo::welcome::{self, Subject};
use xinwu_api::demo::{self, Size, people};
use xinwu_persistence::schema::{project, rating, rating_month, tally};

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
        let (voices, counted, run_by_firms, of_firms) = app.db().read_blocking(|conn| {
            type Sums = (Option<i64>, Option<i64>, Option<i64>, Option<i64>, Option<i64>);
            let sums: Sums = rating_month::table
                .select((sum(rating_month::one), sum(rating_month::two), sum(rating_month::three), sum(rating_month::four), sum(rating_month::five)))
                .first(conn)?;
            let voices = [sums.0, sums.1, sums.2, sums.3, sums.4].into_iter().flatten().sum::<i64>();
            let counted: i64 = rating::table.filter(rating::state.eq("counted")).count().get_result(conn)?;
            let of_firms: Option<i64> = tally::table.filter(tally::subject_kind.eq("firm")).select(sum(tally::voices)).first(conn)?;
            let by_firms = rating::table
                .inner_join(project::table.on(project::id.eq(rating::project_id)))
                .filter(rating::state.eq("counted"))
                .filter(project::uscc.is_not_null());
            Ok((voices, counted, by_firms.count().get_result::<i64>(conn)?, of_firms))
        }).unwrap();
        // The burst is held and not counted; the demo's year is the window of the tallies.
        assert!((900..930).contains(&counted), "{counted}");
        assert_eq!((voices, of_firms), (counted, Some(run_by_firms)));
        let burst = app.official(xinwu_domain::access::Role::City, "2102", true);
        app.get("/v1/admin/bursts").token(&burst).expect(200);
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
    let said = paste(&tour, folder.path(), &[]);
    for part in [
        "听涛雅苑（演示）",
        "\"name\":\"演示海韵物业管理有限公司\"",
        "\"source\":\"base\"",
        "\"status\":\"verified\"",
        "\"comment\":\"楼道很干净\",\"comment_state\":\"published\",\"state\":\"counted\"",
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
