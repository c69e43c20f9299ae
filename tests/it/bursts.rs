//! Bursts: held, said to be held, decided by the district, never deleted.

use serde_json::{Value, json};
use xinwu_domain::access::Role;

use crate::harness::TestApp;
use crate::harness::voices::Stage;
use crate::harness::world::{DISTRICT, OTHER_DISTRICT, STREET};

const MONTH: &str = "2026-11";

/// Five voices of three stars on an ordinary day, and twenty of five stars on the next.
fn burst(app: &TestApp) -> Stage {
    let stage = app.stage();
    app.voices(&stage.estate, 5).iter().for_each(|voice| {
        app.rate(voice, &stage.project, MONTH, 3);
    });
    app.set_time("2026-11-22T02:00:00Z");
    for voice in app.voices(&stage.estate, 20) {
        app.rating(&voice, &stage.project, MONTH)
            .json(&json!({"overall": 5, "comment": "非常好"}))
            .expect(201);
    }
    stage
}

fn counts(ratings: &Value) -> (Value, Value) {
    (ratings["count"].clone(), ratings["held"].clone())
}

fn reviews(app: &TestApp, stage: &Stage) -> usize {
    app.get(&format!("/v1/projects/{}/reviews?limit=100", stage.project)).expect(200).json()["items"]
        .as_array()
        .unwrap()
        .len()
}

both! {
    fn nineteen_are_no_burst_and_the_twentieth_makes_one(app) {
        let stage = app.stage();
        let voices = app.voices(&stage.estate, 21);
        voices[..19].iter().for_each(|voice| { app.rate(voice, &stage.project, MONTH, 5); });
        assert_eq!(counts(&app.project_ratings(&stage.project)), (json!(19), json!(false)));
        app.rate(&voices[19], &stage.project, MONTH, 5);
        assert_eq!(counts(&app.project_ratings(&stage.project)), (json!(0), json!(true)));
        assert_eq!(counts(&app.firm_ratings(&stage.uscc)), (json!(0), json!(true)));
        let own = app.get(&format!("/v1/me/ratings/{}/{MONTH}", stage.project)).token(&voices[0].token).expect(200).json();
        assert_eq!(own["state"], "held");
        // Later voices of the day are held too, and changes to held ones change no sum.
        assert_eq!(app.rate(&voices[20], &stage.project, MONTH, 5).json()["state"], "held");
        assert_eq!(app.rate(&voices[0], &stage.project, MONTH, 1).json()["state"], "held");
        // Nobody leaves a burst by taking the voice back for a day.
        app.delete(&format!("/v1/me/ratings/{}/{MONTH}", stage.project)).token(&voices[1].token).expect(204);
        app.set_time("2026-11-23T02:00:00Z");
        assert_eq!(app.rate(&voices[1], &stage.project, MONTH, 5).json()["state"], "held");
        assert_eq!(counts(&app.project_ratings(&stage.project)), (json!(0), json!(true)));
    }

    fn what_is_usual_on_that_day_of_the_month_is_no_burst(app) {
        let stage = app.stage();
        let project = stage.project.clone();
        // Seven of the twelve months before had 4 voices on the 21st: the median is 4, and 20 is not more than five times that.
        app.db().write_blocking(move |tx| {
            use diesel::prelude::*;
            use xinwu_persistence::schema::rating_day;
            for month in 4..=10 {
                diesel::insert_into(rating_day::table)
                    .values((rating_day::project_id.eq(&project), rating_day::day.eq(format!("2026-{month:02}-21")), rating_day::voices.eq(4)))
                    .execute(tx.conn)?;
            }
            Ok(())
        }).unwrap();
        let voices = app.voices(&stage.estate, 21);
        voices[..20].iter().for_each(|voice| { app.rate(voice, &stage.project, MONTH, 5); });
        assert_eq!(counts(&app.project_ratings(&stage.project)), (json!(20), json!(false)));
        app.rate(&voices[20], &stage.project, MONTH, 5);
        assert_eq!(counts(&app.project_ratings(&stage.project)), (json!(0), json!(true)));
    }

    fn the_district_releases_a_burst_and_its_voices_count(app) {
        let stage = burst(&app);
        assert_eq!(counts(&app.project_ratings(&stage.project)), (json!(5), json!(true)));
        assert_eq!(reviews(&app, &stage), 0);
        let district = app.official(Role::District, DISTRICT, false);
        let list = app.get("/v1/admin/bursts?status=held").token(&district).expect(200).json();
        let held = &list["items"][0];
        // Sunday the 22nd: the third working day after it is Wednesday the 25th.
        assert_eq!((&held["voices"], &held["stars_about"], &held["usual_voices"], &held["day"], &held["decide_by"], &held["uscc"]),
            (&json!(20), &json!(5), &json!(0), &json!("2026-11-22"), &json!("2026-11-25"), &json!(stage.uscc)));
        let path = format!("/v1/admin/bursts/{}", held["id"].as_str().unwrap());
        let decide = |token: &str, verb: &str, tag: &str| app.post(&format!("{path}/{verb}")).token(token).header("If-Match", tag).json(&json!({"reason": "小区组织集中评价"}));
        app.post(&format!("{path}/release")).token(&district).json(&json!({"reason": "x"})).refused(428, "if_match_required");
        decide(&app.official(Role::District, OTHER_DISTRICT, false), "release", "*").refused(404, "not_found");
        decide(&app.official(Role::Street, STREET, false), "release", "*").refused(403, "role_not_allowed");
        let etag = app.get(&path).token(&district).expect(200).etag().to_owned();
        assert_eq!(decide(&district, "release", &etag).expect(200).json()["state"], "released");
        decide(&district, "reject", &etag).refused(412, "stale");
        decide(&district, "reject", "*").refused(409, "already_decided");
        let ratings = app.project_ratings(&stage.project);
        assert_eq!((counts(&ratings), &ratings["distribution"]), ((json!(25), json!(false)), &json!({"1": 0, "2": 0, "3": 5, "4": 0, "5": 20})));
        assert_eq!(app.firm_ratings(&stage.uscc)["count"], 25);
        assert_eq!(reviews(&app, &stage), 20);
        // Decided once for the day: what comes later that day counts.
        assert_eq!(app.rate(&app.voice(&stage.estate), &stage.project, MONTH, 5).json()["state"], "counted");
    }

    fn the_district_rejects_a_burst_and_its_voices_are_kept_uncounted(app) {
        let stage = burst(&app);
        let district = app.official(Role::District, DISTRICT, false);
        let list = app.get("/v1/admin/bursts").token(&district).expect(200).json();
        let id = list["items"][0]["id"].as_str().unwrap();
        let rejected = app.post(&format!("/v1/admin/bursts/{id}/reject")).token(&district).header("If-Match", "*").json(&json!({"reason": "刷分"})).expect(200).json();
        assert_eq!((&rejected["state"], &rejected["voices"], &rejected["reason"]), (&json!("rejected"), &json!(20), &json!("刷分")));
        assert_eq!(counts(&app.project_ratings(&stage.project)), (json!(5), json!(true)));
        assert_eq!(reviews(&app, &stage), 0);
        // Officials do not publish what does not count.
        let hidden = app.get("/v1/admin/reviews?status=hidden").token(&district).expect(200).json();
        let review = hidden["items"][0]["id"].as_str().unwrap();
        app.post(&format!("/v1/admin/reviews/{review}/publish")).token(&district).header("If-Match", "*").json(&json!({"reason": "x"})).refused(409, "voice_not_counted");
        // More voices that day ask the district again, about these only.
        assert_eq!(app.rate(&app.voice(&stage.estate), &stage.project, MONTH, 5).json()["state"], "held");
        assert_eq!(app.get("/v1/admin/bursts?status=held").token(&district).expect(200).json()["items"][0]["voices"], json!(null));
        // Another day is another day.
        app.set_time("2026-11-23T02:00:00Z");
        assert_eq!(app.rate(&app.voice(&stage.estate), &stage.project, MONTH, 5).json()["state"], "counted");
    }

    fn a_release_after_the_close_makes_a_dated_new_revision(app) {
        let stage = burst(&app);
        app.set_time("2026-12-06T02:00:00Z");
        let project = stage.project.clone();
        app.db().write_blocking(move |tx| xinwu_persistence::rating::close_month(tx, &project, MONTH, "close").map(|_| ())).unwrap();
        app.advance(chrono::Duration::days(1));
        let district = app.official(Role::District, DISTRICT, false);
        let list = app.get("/v1/admin/bursts?status=held").token(&district).expect(200).json();
        let id = list["items"][0]["id"].as_str().unwrap();
        app.post(&format!("/v1/admin/bursts/{id}/release")).token(&district).header("If-Match", "*").json(&json!({"reason": "属实"})).expect(200);
        let project = stage.project.clone();
        let revisions: Vec<(i32, i32, i32, bool)> = app.db().read_blocking(move |conn| {
            use diesel::prelude::*;
            use xinwu_persistence::schema::rating_close as close;
            Ok(close::table.filter(close::project_id.eq(project)).filter(close::month.eq(MONTH)).order(close::revision)
                .select((close::revision, close::voices, close::stars, close::known_until.is_null())).load(conn)?)
        }).unwrap();
        assert_eq!(revisions, [(1, 5, 15, false), (2, 25, 115, true)]);
    }
}
