//! The close of a month of ratings, and the window of the tallies.

use diesel::prelude::*;
use serde_json::json;
use xinwu_persistence::schema::{rating_close, record, tally};

use crate::facts::{FIRM, Fact, OTHER};
use crate::harness::TestApp;

const EVALUATION: &str = "/v1/projects/large/evaluation";

fn firm_with_ratings(app: &TestApp) {
    app.set_time("2026-10-01T02:00:00Z");
    app.put_firm(FIRM);
    app.put_project("large", FIRM, 100_000, "2026-01-05", None);
    app.put_project("small", FIRM, 50_000, "2026-01-05", None);
    app.tick();
    app.put_voices("large", "2026-10", [0, 0, 0, 4, 6]);
    app.put_voices("small", "2026-10", [5, 0, 0, 0, 0]);
}

/// Project, revision, voices, stars and the instant of each frozen month.
fn closes(app: &TestApp) -> Vec<(String, i32, i32, i32, String)> {
    let rows: Vec<(String, i32, i32, i32, chrono::NaiveDateTime)> = app
        .db()
        .read_blocking(|conn| {
            Ok(rating_close::table
                .order(rating_close::project_id)
                .select((
                    rating_close::project_id,
                    rating_close::revision,
                    rating_close::voices,
                    rating_close::stars,
                    rating_close::known_from,
                ))
                .load(conn)?)
        })
        .unwrap();
    rows.into_iter()
        .map(|(id, revision, voices, stars, at)| (id, revision, voices, stars, at.to_string()))
        .collect()
}

/// Voices, stars and service score × 10,000 of a subject.
fn tally_of(app: &TestApp, kind: &'static str, id: &'static str) -> (i32, i32, Option<i64>) {
    app.db()
        .read_blocking(move |conn| {
            Ok(tally::table
                .find((kind, id))
                .select((tally::voices, tally::stars, tally::service_score_ten_thousandths))
                .first(conn)?)
        })
        .unwrap()
}

both! {
    fn a_month_closes_at_the_end_of_the_fifth_day_of_the_next(app) {
        firm_with_ratings(&app);
        app.set_time("2026-11-05T15:59:59.999999Z");
        app.tick();
        assert_eq!((closes(&app), app.grade_at(EVALUATION).1), (Vec::new(), json!(60)));
        app.set_time("2026-11-05T16:00:00Z");
        app.tick();
        let at = "2026-11-05 16:00:00".to_owned();
        let frozen = vec![("large".to_owned(), 1, 10, 46, at.clone()), ("small".to_owned(), 1, 5, 5, at)];
        assert_eq!(closes(&app), frozen);
        // (0.40 × 60 + 0.30 × 20 × 70.5 / 17) / 0.70 = 69.8319…
        assert_eq!(app.grade_at(EVALUATION).1, json!(69.832));
        let newest = app.get("/v1/firms/91219900MA0000001A/evaluations?scheme=dalian-demo&limit=1").expect(200).json();
        assert_eq!(newest["items"][0]["cause"], json!({"kind": "ratings", "id": "2026-10", "text": "居民打分月份关账或更正"}));
        assert_eq!(newest["items"][0]["effective_from"], "2026-11-05T16:00:00Z");
        // A second time, and after the clock has jumped, there is nothing left to do.
        app.tick();
        app.set_time("2026-11-20T16:00:00Z");
        app.tick();
        assert_eq!(closes(&app), frozen);
    }

    fn months_that_were_missed_close_each_at_its_own_instant(app) {
        firm_with_ratings(&app);
        app.set_time("2026-11-04T02:00:00Z");
        app.put_voices("large", "2026-11", [0, 0, 0, 0, 10]);
        app.set_time("2027-01-20T02:00:00Z");
        app.tick();
        let instants: Vec<String> = closes(&app).into_iter().map(|close| close.4).collect();
        assert_eq!(instants, ["2026-11-05 16:00:00", "2026-12-05 16:00:00", "2026-11-05 16:00:00"]);
        let page = app.get("/v1/projects/large/evaluations?limit=2").expect(200).json();
        let causes: Vec<&str> = page["items"].as_array().unwrap().iter().map(|item| item["cause"]["id"].as_str().unwrap()).collect();
        assert_eq!(causes, ["2026-11", "2026-10"]);
        assert_eq!(page["items"][0]["effective_from"], "2026-12-05T16:00:00Z");
        // Asked of the instant between, it is as it was then: 69.8319….
        assert_eq!(app.grade_at(&format!("{EVALUATION}?as_of=2026-11-30")).1, json!(69.832));
    }

    fn a_rating_moves_the_tally_at_once_and_the_grade_not(app) {
        firm_with_ratings(&app);
        // (24.5 + 46) / 17 and (24.5 + 51) / 22
        assert_eq!(tally_of(&app, "project", "large"), (10, 46, Some(41_471)));
        assert_eq!(tally_of(&app, "firm", FIRM), (15, 51, Some(34_318)));
        assert_eq!(app.grade_at(EVALUATION).1, json!(60));
    }

    fn the_tallies_window_moves_when_a_month_begins(app) {
        firm_with_ratings(&app);
        app.set_time("2027-09-30T15:59:59Z");
        app.tick();
        assert_eq!(tally_of(&app, "firm", FIRM).0, 15);
        app.set_time("2027-09-30T16:00:00Z");
        app.tick();
        assert_eq!(tally_of(&app, "firm", FIRM), (0, 0, None));
        assert_eq!(tally_of(&app, "project", "large"), (0, 0, None));
    }

    fn a_file_that_cannot_be_read_does_not_stop_the_clock_for_the_others(app) {
        firm_with_ratings(&app);
        app.put_firm(OTHER);
        app.put_project("broken", OTHER, 10_000, "2026-01-05", None);
        app.put_record(OTHER, Fact { decided_on: "2026-10-01", project: Some("broken"), ..Fact::of("penalty", "P101") });
        app.put_voices("broken", "2026-10", [0, 0, 0, 0, 5]);
        app.db().write_blocking(|tx| {
            diesel::update(record::table.find("penalty")).set(record::points.eq("?")).execute(tx.conn)?;
            Ok(())
        }).unwrap();
        app.set_time("2026-11-10T02:00:00Z");
        app.tick();
        assert_eq!(closes(&app).len(), 3);
        assert_eq!(app.grade_at(EVALUATION).1, json!(69.832));
        app.db().write_blocking(|tx| {
            diesel::update(record::table.find("penalty")).set(record::points.eq("[]")).execute(tx.conn)?;
            Ok(())
        }).unwrap();
        app.set_time("2026-11-11T02:00:00Z");
        app.tick();
        let newest = app.get("/v1/projects/broken/evaluations?limit=1").expect(200).json();
        assert_eq!(newest["items"][0]["cause"]["kind"], "time");
    }

    fn the_clocks_thread_catches_up_when_it_starts_and_ends_when_it_is_told(app) {
        firm_with_ratings(&app);
        app.set_time("2026-11-10T02:00:00Z");
        let state = std::sync::Arc::clone(&app.state);
        actix_web::rt::System::new().block_on(async move {
            xinwu_api::ticker::start(state).await.unwrap().stop().await;
        });
        assert_eq!(closes(&app).len(), 2);
        assert_eq!(app.grade_at(EVALUATION).1, json!(69.832));
    }

    fn fewer_than_five_voices_have_no_service_score(app) {
        app.put_firm(FIRM);
        app.put_project("large", FIRM, 100_000, "2026-01-05", None);
        app.put_voices("large", "2026-11", [0, 0, 0, 0, 4]);
        assert_eq!(tally_of(&app, "project", "large"), (4, 20, None));
        app.put_voices("large", "2026-10", [0, 0, 0, 0, 1]);
        // (24.5 + 25) / 12
        assert_eq!(tally_of(&app, "project", "large"), (5, 25, Some(41_250)));
    }
}
