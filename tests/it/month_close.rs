//! The close of a month of ratings, and the window of the tallies.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::channel;
use std::time::Duration;

use diesel::prelude::*;
use serde_json::json;
use xinwu_domain::calendar::{DEFAULT_ZONE, Month};
use xinwu_domain::rating::{Dimensions, Stars};
use xinwu_domain::refusal::Refusal;
use xinwu_persistence::rating::{self, NewRating};
use xinwu_persistence::schema::{rating_close, rating_month, record, tally};
use xinwu_persistence::{Clock, StoreError, account, due};

use crate::facts::{FIRM, Fact, OTHER};
use crate::harness::{Backend, TestApp};

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

    fn a_month_that_is_frozen_takes_no_voice_from_a_clock_that_is_late(app) {
        let stage = app.stage();
        let voices = app.voices(&stage.estate, 2);
        app.rate(&voices[0], &stage.project, "2026-11", 4);
        app.set_time("2026-12-05T16:00:00Z");
        app.tick();
        app.set_time("2026-12-05T15:59:59Z");
        let closed = [("month".to_owned(), "month_closed".to_owned())];
        for voice in &voices {
            let put = app.rating(voice, &stage.project, "2026-11").json(&json!({"overall": 1})).refused(422, "invalid");
            assert_eq!(put.faults(), closed);
        }
        let path = format!("/v1/me/ratings/{}/2026-11", stage.project);
        assert_eq!(app.delete(&path).token(&app.renewed(&voices[0].id)).refused(422, "invalid").faults(), closed);
        app.rating(&voices[0], &stage.project, "2026-12").json(&json!({"overall": 1})).expect(201);
    }

    fn two_instances_run_the_clock_at_once_and_the_work_is_done_once(app) {
        firm_with_ratings(&app);
        let other = app.beside();
        for instance in [&app, &other] {
            instance.set_time("2026-11-10T02:00:00Z");
        }
        std::thread::scope(|scope| {
            for instance in [&app, &other] {
                scope.spawn(|| instance.tick());
            }
        });
        assert_eq!(closes(&app).len(), 2);
        other.hear();
        for instance in [&app, &other] {
            assert_eq!(instance.grade_at(EVALUATION).1, json!(69.832));
        }
        let page = app.get("/v1/projects/large/evaluations").expect(200).json();
        let causes: Vec<&str> = page["items"].as_array().unwrap().iter().map(|item| item["cause"]["kind"].as_str().unwrap()).collect();
        assert_eq!(causes.iter().filter(|kind| **kind == "ratings").count(), 1, "{page}");
    }

    fn a_rating_moves_the_tally_at_once_and_the_grade_not(app) {
        firm_with_ratings(&app);
        // Of a project none are kept: what may be shown of it depends on its firm's others.
        assert_eq!(tally_of(&app, "project", "large"), (0, 0, None));
        // (24.5 + 51) / 22
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
        // A day later, and still for the month that closed.
        assert_eq!(newest["items"][0]["cause"]["kind"], "ratings");
    }

    fn the_clocks_thread_catches_up_when_it_starts_and_ends_when_it_is_told(app) {
        firm_with_ratings(&app);
        app.set_time("2026-11-10T02:00:00Z");
        let state = std::sync::Arc::clone(&app.state);
        actix_web::rt::System::new().block_on(async {
            let ticker = xinwu_api::ticker::start(state).await.unwrap();
            while app.grade_at(EVALUATION).1 != json!(69.832) {
                tokio::task::yield_now().await;
            }
            ticker.stop().await;
        });
        assert_eq!(closes(&app).len(), 2);
    }

    fn what_is_due_is_broken_off_between_two_writes_and_gone_on_with(app) {
        firm_with_ratings(&app);
        app.set_time("2026-11-10T02:00:00Z");
        for writes in 0.. {
            let asked = AtomicU32::new(0);
            let goes_on = || asked.fetch_add(1, Ordering::Relaxed) < writes;
            let tick = due::tick(app.db(), app.now(), &goes_on);
            actix_web::rt::System::new().block_on(tick).unwrap();
            if asked.into_inner() <= writes {
                break;
            }
            assert!(writes < 100, "it never ends");
        }
        assert_eq!((closes(&app).len(), app.grade_at(EVALUATION).1), (2, json!(69.832)));
    }

    fn fewer_than_five_voices_have_no_service_score(app) {
        app.put_firm(FIRM);
        app.put_project("large", FIRM, 100_000, "2026-01-05", None);
        app.put_voices("large", "2026-11", [0, 0, 0, 0, 4]);
        assert_eq!(tally_of(&app, "firm", FIRM), (4, 20, None));
        app.put_voices("large", "2026-10", [0, 0, 0, 0, 1]);
        // (24.5 + 25) / 12
        assert_eq!(tally_of(&app, "firm", FIRM), (5, 25, Some(41_250)));
    }
}

/// The voice's transaction has read that the month is open, and commits after the month was frozen without it: PostgreSQL runs it again, and then it is too late.
#[test]
fn a_voice_that_is_under_way_while_its_month_is_frozen_does_not_slip_in_behind() {
    let app = TestApp::start(Backend::Postgres);
    let stage = app.stage();
    let voices = app.voices(&stage.estate, 3);
    voices[..2].iter().for_each(|voice| drop(app.rate(voice, &stage.project, "2026-11", 4)));
    app.set_time("2026-12-05T15:59:59Z");
    app.tick();
    let (begun, has_begun) = channel();
    let (go, may_go) = channel::<()>();
    // This instance's clock is late: time alone would let the voice in, the second time too.
    let late = app.db().dated_by(Clock::held_at(app.now()));
    let (id, project) = (voices[2].id.clone(), stage.project.clone());
    let voice = std::thread::spawn(move || {
        late.write_blocking(move |tx| {
            let actor = account::actor(tx.conn, &id, &format!("session-{id}"), 1)?.unwrap();
            let new = NewRating {
                overall: Stars::try_from(1).unwrap(),
                dimensions: Dimensions::default(),
                comment: None,
            };
            let month = Month::new(2026, 11).unwrap();
            let put = rating::put(tx, &actor, DEFAULT_ZONE, &project, month, None, &new)?;
            begun.send(()).unwrap();
            // Waits for the freeze; the second time nobody holds it up.
            may_go.recv().ok();
            Ok(put)
        })
    });
    has_begun.recv_timeout(Duration::from_secs(60)).unwrap();
    app.set_time("2026-12-05T16:00:00Z");
    let (db, now) = (app.db().clone(), app.now());
    let clock = std::thread::spawn(move || due::tick_blocking(&db, now).unwrap());
    assert!((0..100_000).any(|_| !closes(&app).is_empty()), "the month was never frozen");
    drop(go);
    match voice.join().unwrap() {
        Err(StoreError::Refused(Refusal::Invalid(faults))) => assert_eq!(faults[0].code, "month_closed"),
        other => panic!("{other:?}"),
    }
    clock.join().unwrap();
    let kept: i32 = app
        .db()
        .read_blocking(|conn| {
            Ok(rating_month::table.select(rating_month::four + rating_month::one).first(conn)?)
        })
        .unwrap();
    assert_eq!((closes(&app)[0].2, kept), (2, 2));
}
