//! Residents' ratings: one household, one voice; exact sums; months that close; small counts.

use serde_json::{Value, json};
use xinwu_domain::estate::EstateKind;
use xinwu_domain::project::Operator;

use crate::harness::world::{COMMUNITY, plain_project};

const MONTH: &str = "2026-11";

/// Score and count of an answer.
fn figures(ratings: &Value) -> (Value, Value) {
    (ratings["score"].clone(), ratings["count"].clone())
}

fn month_of<'a>(ratings: &'a Value, month: &str) -> &'a Value {
    ratings["months"].as_array().unwrap().iter().find(|each| each["month"] == month).unwrap()
}

both! {
    fn a_rating_is_put_read_changed_and_taken_back(app) {
        let stage = app.stage();
        let voice = app.voice(&stage.estate);
        let path = format!("/v1/me/ratings/{}/{MONTH}", stage.project);
        app.get(&path).token(&voice.token).refused(404, "not_found");
        let body = json!({"overall": 4, "dimensions": {"cleaning": 5, "attitude": null}, "comment": " 楼道干净 "});
        let put = app.put(&path).token(&voice.token).json(&body).expect(201);
        let rating = put.json();
        assert_eq!(rating["dimensions"], json!({"cleaning": 5}));
        assert_eq!((&rating["overall"], &rating["comment"], &rating["comment_state"], &rating["state"], &rating["month"]),
            (&json!(4), &json!("楼道干净"), &json!("published"), &json!("counted"), &json!(MONTH)));
        let got = app.get(&path).token(&voice.token).expect(200);
        assert_eq!((got.etag(), &got.text), (put.etag(), &put.text));
        let changed = app.put(&path).token(&voice.token).header("If-Match", put.etag()).json(&json!({"overall": 2})).expect(200);
        assert_eq!((&changed.json()["overall"], &changed.json()["comment"]), (&json!(2), &json!(null)));
        app.put(&path).token(&voice.token).header("If-Match", put.etag()).json(&json!({"overall": 3})).refused(412, "stale");
        let list = app.get("/v1/me/ratings").token(&voice.token).expect(200).json();
        assert_eq!(list["items"], json!([changed.json()]));
        app.delete(&path).token(&voice.token).header("If-Match", put.etag()).refused(412, "stale");
        app.delete(&path).token(&voice.token).expect(204);
        app.delete(&path).token(&voice.token).refused(404, "not_found");
        assert_eq!(app.get("/v1/me/ratings").token(&voice.token).expect(200).json()["items"], json!([]));
        app.put(&path).token(&voice.token).header("If-Match", put.etag()).json(&json!({"overall": 3})).refused(412, "stale");
        app.put(&path).token(&voice.token).json(&json!({"overall": 3})).expect(201);
    }

    fn five_voices_are_shown_and_a_change_moves_the_score_by_exactly_the_right_amount(app) {
        let stage = app.stage();
        let voices = app.voices(&stage.estate, 5);
        for voice in &voices[..4] {
            app.rate(voice, &stage.project, MONTH, 4);
        }
        for ratings in [app.project_ratings(&stage.project), app.firm_ratings(&stage.uscc)] {
            assert_eq!(figures(&ratings), (json!(null), json!(null)));
            assert_eq!((&ratings["reason"], &ratings["mean"], &ratings["distribution"], &ratings["dimensions"]),
                (&json!("too_few_voices"), &json!(null), &json!(null), &json!(null)));
            assert_eq!(month_of(&ratings, MONTH)["count"], json!(null));
            assert_eq!(month_of(&ratings, "2026-10")["count"], json!(0));
        }
        app.rate(&voices[4], &stage.project, MONTH, 4);
        // (24.5 + 20) / 12, then (24.5 + 17) / 12.
        for (last, score, distribution) in [(4, 3.7083, json!({"1": 0, "2": 0, "3": 0, "4": 5, "5": 0})), (1, 3.4583, json!({"1": 1, "2": 0, "3": 0, "4": 4, "5": 0}))] {
            app.rate(&voices[4], &stage.project, MONTH, last);
            for ratings in [app.project_ratings(&stage.project), app.firm_ratings(&stage.uscc)] {
                assert_eq!(figures(&ratings), (json!(score), json!(5)));
                assert_eq!(ratings["distribution"], distribution);
                assert_eq!((&ratings["from"], &ratings["to"], &ratings["held"]), (&json!("2025-12"), &json!(MONTH), &json!(false)));
                assert_eq!(ratings["months"].as_array().unwrap().len(), 12);
                assert_eq!(figures(month_of(&ratings, MONTH)), (json!(score), json!(5)));
            }
        }
        app.delete(&format!("/v1/me/ratings/{}/{MONTH}", stage.project)).token(&voices[0].token).expect(204);
        assert_eq!(figures(&app.project_ratings(&stage.project)), (json!(null), json!(null)));
    }

    fn the_published_vectors_hold_over_http(app) {
        let stage = app.stage();
        assert_eq!(figures(&app.project_ratings(&stage.project)), (json!(3.5), json!(0)));
        let voices = app.voices(&stage.estate, 20);
        // 17 voices with 64 stars: (24.5 + 64) / 24.
        for (place, voice) in voices[..17].iter().enumerate() {
            app.rate(voice, &stage.project, MONTH, if place < 13 { 4 } else { 3 });
        }
        assert_eq!(figures(&app.firm_ratings(&stage.uscc)), (json!(3.6875), json!(17)));
        // 20 voices with 92 stars; the last three on another day, or it would be a burst.
        app.set_time("2026-11-22T02:00:00Z");
        for voice in &voices[8..] {
            app.rate(voice, &stage.project, MONTH, 5);
        }
        let ratings = app.project_ratings(&stage.project);
        assert_eq!(figures(&ratings), (json!(4.3148), json!(20)));
        assert_eq!(ratings["mean"], 4.6);
    }

    fn only_verified_residents_of_the_estate_who_do_not_work_for_the_firm_may_rate(app) {
        let stage = app.stage();
        let body = json!({"overall": 5});
        let path = format!("/v1/me/ratings/{}/{MONTH}", stage.project);
        let elsewhere = app.stage();
        let foreign = app.voice(&elsewhere.estate);
        app.put(&path).token(&foreign.token).json(&body).refused(403, "not_a_resident");
        let (_, pending) = app.resident("13911111111");
        app.claim(&pending, &stage.estate, "777").expect(201);
        app.put(&path).token(&pending).json(&body).refused(403, "not_verified_yet");
        app.put(&format!("/v1/me/ratings/no-such-project/{MONTH}")).token(&foreign.token).json(&body).refused(404, "not_found");
        app.put(&path).json(&body).refused(401, "not_signed_in");
        app.put(&path).token(&app.firm_account(&stage.uscc)).json(&body).refused(403, "role_not_allowed");

        let employee = app.voice(&stage.estate);
        let (uscc, phone_hash) = (stage.uscc.clone(), app.state.secrets().phone_hash(&employee.phone));
        app.db().write_blocking(move |tx| {
            use diesel::prelude::*;
            use xinwu_persistence::schema::staff;
            diesel::insert_into(staff::table).values((staff::uscc.eq(&uscc), staff::phone_hash.eq(&phone_hash))).execute(tx.conn)?;
            Ok(())
        }).unwrap();
        app.rating(&employee, &stage.project, MONTH).json(&body).refused(403, "staff_may_not_rate");
        // Another firm's project is no business of theirs as staff.
        app.household(&elsewhere.estate, "OTHER", &[&employee.phone]);
        app.claim(&employee.token, &elsewhere.estate, "OTHER").expect(201);
        app.rating(&employee, &elsewhere.project, MONTH).json(&body).expect(201);
        // Who moved out rates no more.
        let voice = app.voice(&stage.estate);
        let list = app.get("/v1/me/residences").token(&voice.token).expect(200).json();
        app.delete(&format!("/v1/me/residences/{}", list["items"][0]["id"].as_str().unwrap())).token(&voice.token).expect(204);
        app.rating(&voice, &stage.project, MONTH).json(&body).refused(403, "not_a_resident");
    }

    fn bad_ratings_name_the_field_and_store_nothing(app) {
        let stage = app.stage();
        let voice = app.voice(&stage.estate);
        let put = |body: &Value| app.rating(&voice, &stage.project, MONTH).json(body);
        let fault = |body: Value, status: u16| {
            let reply = put(&body).expect(status);
            reply.faults().first().cloned().unwrap()
        };
        for overall in [0, 6, -1] {
            assert_eq!(fault(json!({"overall": overall}), 422), ("/overall".into(), "stars".into()));
        }
        assert_eq!(fault(json!({"overall": 4.5}), 400), ("/overall".into(), "wrong_type".into()));
        assert_eq!(fault(json!({"overall": "4"}), 400), ("/overall".into(), "wrong_type".into()));
        assert_eq!(fault(json!({}), 422), ("/overall".into(), "required".into()));
        assert_eq!(fault(json!({"overall": 4, "dimensions": {"cleaning": 6}}), 422), ("/dimensions/cleaning".into(), "stars".into()));
        assert_eq!(fault(json!({"overall": 4, "dimensions": {"noise": 3}}), 400), ("/dimensions/noise".into(), "unknown_field".into()));
        assert_eq!(fault(json!({"overall": 4, "comment": "x".repeat(501)}), 422), ("/comment".into(), "comment_too_long".into()));
        assert_eq!(fault(json!({"overall": 4, "comment": "a\u{7}b"}), 422), ("/comment".into(), "comment_control_character".into()));
        assert_eq!(fault(json!({"overall": 4, "comment": " "}), 422), ("/comment".into(), "comment_empty".into()));
        put(&json!({"overall": 4, "comment": "楼".repeat(500)})).expect(201);
        app.put(&format!("/v1/me/ratings/{}/2026-13", stage.project)).token(&voice.token).json(&json!({"overall": 4})).refused(404, "not_found");
    }

    fn a_month_is_open_from_its_first_instant_to_the_end_of_the_fifth_day_of_the_next(app) {
        let stage = app.stage();
        let voice = app.voice(&stage.estate);
        let put = |month: &str| app.rating(&voice, &stage.project, month).json(&json!({"overall": 4}));
        let fault = |month: &str| put(month).refused(422, "invalid").faults();
        assert_eq!(fault("2026-12"), [("month".into(), "month_in_future".into())]);
        assert_eq!(fault("2026-10"), [("month".into(), "month_closed".into())]);
        // The 1st of December begins at 16:00 UTC of the day before.
        app.set_time("2026-11-30T15:59:59.999999Z");
        assert_eq!(fault("2026-12"), [("month".into(), "month_in_future".into())]);
        app.set_time("2026-11-30T16:00:00Z");
        put("2026-12").expect(201);
        app.set_time("2026-12-05T15:59:59.999999Z");
        put("2026-11").expect(201);
        app.set_time("2026-12-05T16:00:00Z");
        assert_eq!(fault("2026-11"), [("month".into(), "month_closed".into())]);
        let path = format!("/v1/me/ratings/{}/2026-11", stage.project);
        app.delete(&path).token(&app.renewed(&voice.id)).refused(422, "invalid");
        app.get(&path).token(&app.renewed(&voice.id)).expect(200);
    }

    fn a_project_is_rated_for_each_month_that_its_term_touches(app) {
        let estate = app.estate(COMMUNITY, EstateKind::Professional);
        let uscc = app.firm("测试物业");
        let term = |starts_on: &str, ends_on: Option<&str>| {
            let (starts_on, ends_on) = (starts_on.to_owned(), ends_on.map(str::to_owned));
            app.project_with(xinwu_persistence::project::NewProject { starts_on, ends_on, ..plain_project(&estate, &uscc) })
        };
        let voice = app.voice(&estate);
        let body = json!({"overall": 4});
        app.set_time("2026-12-02T02:00:00Z");
        let ended = term("2024-01-01", Some("2026-11-01"));
        app.rating(&voice, &ended, "2026-11").json(&body).expect(201);
        assert_eq!(app.rating(&voice, &ended, "2026-12").json(&body).refused(422, "invalid").faults(), [("month".into(), "month_outside_term".into())]);
        let begun = term("2026-12-31", None);
        app.rating(&voice, &begun, "2026-12").json(&body).expect(201);
        assert_eq!(app.rating(&voice, &begun, "2026-11").json(&body).refused(422, "invalid").faults(), [("month".into(), "month_outside_term".into())]);
    }

    fn a_household_has_one_voice_and_its_residents_see_only_their_own(app) {
        let stage = app.stage();
        let others = app.voices(&stage.estate, 5);
        others.iter().for_each(|voice| { app.rate(voice, &stage.project, MONTH, 3); });
        let one = app.voice(&stage.estate);
        let other = app.housemate(&one, &stage.estate, "13922222222");

        let path = format!("/v1/me/ratings/{}/{MONTH}", stage.project);
        app.rating(&one, &stage.project, MONTH).json(&json!({"overall": 1, "comment": "不好"})).expect(201);
        assert_eq!(app.project_ratings(&stage.project)["distribution"], json!({"1": 1, "2": 0, "3": 5, "4": 0, "5": 0}));
        app.get(&path).token(&other).refused(404, "not_found");
        app.put(&path).token(&other).json(&json!({"overall": 5, "comment": "很好"})).expect(201);
        let ratings = app.project_ratings(&stage.project);
        assert_eq!((&ratings["count"], &ratings["distribution"]), (&json!(6), &json!({"1": 0, "2": 0, "3": 5, "4": 0, "5": 1})));
        let own = app.get(&path).token(&one.token).expect(200).json();
        assert_eq!((&own["overall"], &own["state"], &own["comment_state"]), (&json!(1), &json!("replaced"), &json!(null)));
        let reviews = app.get(&format!("/v1/projects/{}/reviews", stage.project)).expect(200).json();
        assert_eq!((reviews["items"].as_array().unwrap().len(), &reviews["items"][0]["comment"]), (1, &json!("很好")));
        // And back: the last edit wins.
        app.rating(&one, &stage.project, MONTH).json(&json!({"overall": 2})).expect(200);
        assert_eq!(app.project_ratings(&stage.project)["distribution"], json!({"1": 0, "2": 1, "3": 5, "4": 0, "5": 0}));
        // Taking a voice back that does not speak changes no sum.
        app.delete(&path).token(&other).expect(204);
        assert_eq!(app.project_ratings(&stage.project)["count"], 6);
    }

    fn a_person_with_two_homes_has_one_voice(app) {
        let stage = app.stage();
        app.voices(&stage.estate, 5).iter().for_each(|voice| { app.rate(voice, &stage.project, MONTH, 3); });
        let voice = app.voice(&stage.estate);
        app.household(&stage.estate, "SECOND", &[&voice.phone]);
        app.claim(&voice.token, &stage.estate, "SECOND").expect(201);
        app.rate(&voice, &stage.project, MONTH, 5);
        app.rate(&voice, &stage.project, MONTH, 4);
        assert_eq!(app.project_ratings(&stage.project)["distribution"], json!({"1": 0, "2": 0, "3": 5, "4": 1, "5": 0}));
        // Someone else of the first home speaks: then the person's voice, which is that home's, is replaced; the second home is still free.
        let other = app.housemate(&voice, &stage.estate, "13933333333");
        let path = format!("/v1/me/ratings/{}/{MONTH}", stage.project);
        app.put(&path).token(&other).json(&json!({"overall": 1})).expect(201);
        assert_eq!(app.project_ratings(&stage.project)["distribution"], json!({"1": 1, "2": 0, "3": 5, "4": 0, "5": 0}));
    }

    fn equal_puts_at_once_have_one_effect(app) {
        let stage = app.stage();
        app.voices(&stage.estate, 5).iter().for_each(|voice| { app.rate(voice, &stage.project, MONTH, 3); });
        let voice = app.voice(&stage.estate);
        let statuses: Vec<u16> = std::thread::scope(|scope| {
            let puts: Vec<_> = (0..8).map(|_| scope.spawn(|| app.rating(&voice, &stage.project, MONTH).json(&json!({"overall": 5})).send().status)).collect();
            puts.into_iter().map(|put| put.join().unwrap()).collect()
        });
        assert!(statuses.iter().all(|status| matches!(status, 200 | 201 | 409)), "{statuses:?}");
        assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
        assert_eq!(app.project_ratings(&stage.project)["distribution"], json!({"1": 0, "2": 0, "3": 5, "4": 0, "5": 1}));
    }

    fn many_households_at_once_sum_exactly(app) {
        let stage = app.stage();
        let voices = app.voices(&stage.estate, 32);
        // The same day of earlier months had 7 voices: 32 are no burst.
        let project = stage.project.clone();
        app.db().write_blocking(move |tx| {
            use diesel::prelude::*;
            use xinwu_persistence::schema::rating_day;
            for month in 1..=10 {
                diesel::insert_into(rating_day::table)
                    .values((rating_day::project_id.eq(&project), rating_day::day.eq(format!("2026-{month:02}-21")), rating_day::voices.eq(7)))
                    .execute(tx.conn)?;
            }
            Ok(())
        }).unwrap();
        let body = |place: usize| json!({"overall": place % 5 + 1, "dimensions": {"cleaning": place % 2 + 1}});
        std::thread::scope(|scope| {
            for (place, voice) in voices.iter().enumerate() {
                let (app, stage) = (&app, &stage);
                scope.spawn(move || app.rating(voice, &stage.project, MONTH).json(&body(place)).expect(201));
            }
        });
        for ratings in [app.project_ratings(&stage.project), app.firm_ratings(&stage.uscc)] {
            assert_eq!(ratings["distribution"], json!({"1": 7, "2": 7, "3": 6, "4": 6, "5": 6}));
            assert_eq!(ratings["dimensions"]["cleaning"], json!({"mean": 1.5, "count": 32}));
            assert_eq!(ratings["dimensions"]["security"], json!(null));
        }
    }

    fn what_is_too_few_cannot_be_had_by_subtracting(app) {
        let few = app.stage();
        let many = app.stage_of(&few.uscc);
        app.voices(&few.estate, 3).iter().for_each(|voice| { app.rate(voice, &few.project, MONTH, 1); });
        app.voices(&many.estate, 6).iter().for_each(|voice| { app.rate(voice, &many.project, MONTH, 4); });
        assert_eq!(app.firm_ratings(&few.uscc)["count"], 9);
        for project in [&few.project, &many.project] {
            let ratings = app.project_ratings(project);
            assert_eq!((&ratings["count"], &ratings["reason"]), (&json!(null), &json!("too_few_voices")));
            assert_eq!(month_of(&ratings, MONTH)["count"], json!(null));
        }
        // Another span says no more than the usual one.
        for query in ["from=2026-11&to=2026-11", "from=2026-11", "from=2025-12&to=2026-11", "from=2024-12"] {
            let ratings = app.get(&format!("/v1/projects/{}/ratings?{query}", many.project)).expect(200).json();
            assert_eq!(ratings["count"], json!(null), "{query}");
        }
        // Two more voices make the small one large enough, and both are shown.
        app.voices(&few.estate, 2).iter().for_each(|voice| { app.rate(voice, &few.project, MONTH, 1); });
        assert_eq!(app.project_ratings(&few.project)["count"], 5);
        assert_eq!(app.project_ratings(&many.project)["count"], 6);
    }

    fn spans_of_months_are_checked(app) {
        let stage = app.stage();
        let fault = |query: &str| app.get(&format!("/v1/firms/{}/ratings?{query}", stage.uscc)).refused(400, "bad_parameter").faults();
        assert_eq!(fault("from=2026-13"), [("from".into(), "month".into())]);
        assert_eq!(fault("to=2026-12"), [("to".into(), "month_in_future".into())]);
        assert_eq!(fault("from=2026-11&to=2026-10"), [("from".into(), "out_of_range".into())]);
        assert_eq!(fault("from=2023-11"), [("from".into(), "out_of_range".into())]);
        assert_eq!(fault("until=2026-11"), [("until".into(), "unknown_field".into())]);
        let three_years = app.get(&format!("/v1/firms/{}/ratings?from=2023-12", stage.uscc)).expect(200).json();
        assert_eq!(three_years["months"].as_array().unwrap().len(), 36);
        app.get(&format!("/v1/firms/{}/ratings", crate::harness::world::new_uscc())).refused(404, "not_found");
        app.get("/v1/projects/nothing/ratings").refused(404, "not_found");
    }

    fn a_project_without_a_firm_is_rated_all_the_same(app) {
        let estate = app.estate(COMMUNITY, EstateKind::Old);
        let new = xinwu_persistence::project::NewProject { operator: Operator::Owners, uscc: None, ..plain_project(&estate, "") };
        let project = app.project_with(new);
        app.voices(&estate, 5).iter().for_each(|voice| { app.rate(voice, &project, MONTH, 5); });
        assert_eq!(figures(&app.project_ratings(&project)), (json!(4.125), json!(5)));
        let etag = app.get(&format!("/v1/projects/{project}/ratings")).expect(200).etag().to_owned();
        app.get(&format!("/v1/projects/{project}/ratings")).header("If-None-Match", &etag).expect(304);
    }
}
