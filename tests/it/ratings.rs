//! Residents' ratings: one a household, one a person; only the current month; waiting until a step,
//! closed after it.

use serde_json::{Value, json};
use xinwu_both::both;
use xinwu_domain::access::Role;
use xinwu_domain::estate::EstateKind;
use xinwu_domain::project::{NewProject, Operator};

use crate::harness::TestApp;
use crate::harness::residents::{Resident, Stage, rating_path};
use crate::harness::world::{COMMUNITY, new_uscc, plain_project};

const MONTH: &str = "2026-11";

/// Score and count of an answer.
fn figures(ratings: &Value) -> (Value, Value) {
    (ratings["score"].clone(), ratings["count"].clone())
}

fn month_of<'a>(ratings: &'a Value, month: &str) -> &'a Value {
    ratings["months"].as_array().unwrap().iter().find(|each| each["month"] == month).unwrap()
}

fn nothing() -> (Value, Value) {
    (json!(null), json!(null))
}

/// Another resident of the same dwelling, approved by the community; gives the account's id.
fn other_of(app: &TestApp, stage: &Stage, of: &Resident, phone: &str) -> String {
    let (id, token) = app.resident(phone);
    app.claim(&token, &stage.estate, &of.room).expect(201);
    let official = app.official(Role::Community, COMMUNITY, false);
    let claims = app.get("/v1/admin/residences?status=pending").token(&official).expect(200).json();
    let path = format!("/v1/admin/residences/{}/approve", claims["items"][0]["id"].as_str().unwrap());
    app.post(&path).token(&official).header("If-Match", "*").expect(200);
    id
}

#[both]
fn a_rating_is_put_read_changed_and_taken_back(app: TestApp) {
    let stage = app.stage();
    let resident = app.neighbour(&stage.estate);
    let path = rating_path(&stage.project, MONTH);
    app.get(&path).token(&resident.token).refused(404, "not_found");
    let body =
        json!({"overall": 4, "dimensions": {"cleaning": 5, "attitude": null}, "comment": " 楼道干净 "});
    let put = app.put(&path).token(&resident.token).json(&body).expect(201);
    let rating = put.json();
    assert_eq!(
        rating,
        json!({
            "project": stage.project, "estate": rating["estate"], "month": MONTH, "overall": 4, "dimensions": {"cleaning": 5},
            "comment": "楼道干净", "comment_state": "waiting", "comment_reason": null, "published": null, "published_dimensions": [], "held": false,
            "note": rating["note"], "forgotten_on": "2026-12-30"
        })
    );
    assert!(rating["note"].as_str().unwrap().contains("2026年12月1日"), "{rating}");
    let got = app.get(&path).token(&resident.token).expect(200);
    assert_eq!((got.etag(), &got.text), (put.etag(), &put.text));
    let changed = app
        .put(&path)
        .token(&resident.token)
        .header("If-Match", put.etag())
        .json(&json!({"overall": 2}))
        .expect(200);
    assert_eq!(
        (&changed.json()["overall"], &changed.json()["comment"], &changed.json()["dimensions"]),
        (&json!(2), &json!(null), &json!({}))
    );
    app.put(&path)
        .token(&resident.token)
        .header("If-Match", put.etag())
        .json(&json!({"overall": 3}))
        .refused(412, "stale");
    let list = app.get("/v1/me/ratings").token(&resident.token).expect(200).json();
    assert_eq!(list["items"], json!([changed.json()]));
    app.delete(&path).token(&resident.token).header("If-Match", put.etag()).refused(412, "stale");
    app.delete(&path).token(&resident.token).expect(204);
    app.delete(&path).token(&resident.token).refused(404, "not_found");
    assert_eq!(app.get("/v1/me/ratings").token(&resident.token).expect(200).json()["items"], json!([]));
    app.put(&path)
        .token(&resident.token)
        .header("If-Match", put.etag())
        .json(&json!({"overall": 3}))
        .refused(412, "stale");
    app.put(&path).token(&resident.token).json(&json!({"overall": 3})).expect(201);
}

#[both]
fn five_households_are_shown_with_the_step_of_the_first_and_nothing_before(app: TestApp) {
    let stage = app.stage();
    let residents = app.neighbours(&stage.estate, 5);
    let both = || [app.project_ratings(&stage.project), app.firm_ratings(&stage.uscc)];
    let before = both();
    app.rate_all(&residents, &stage.project, MONTH, &[5, 4, 1, 2, 5]);
    assert_eq!(both(), before);
    app.step_on("2026-11-30");
    for ratings in both() {
        assert_eq!(figures(&ratings), nothing());
        assert_eq!(
            (&ratings["reason"], &ratings["mean"], &ratings["distribution"], &ratings["dimensions"]),
            (&json!("waiting"), &json!(null), &json!(null), &json!(null))
        );
        assert_eq!(figures(month_of(&ratings, "2026-10")), nothing());
    }
    app.step_on("2026-12-01");
    for ratings in both() {
        // (24.5 + 17) / 12
        assert_eq!(figures(&ratings), (json!(3.4583), json!(5)));
        assert_eq!((&ratings["mean"], &ratings["reason"]), (&json!(3.4), &json!(null)));
        assert_eq!(ratings["distribution"], json!({"1": 1, "2": 1, "3": 0, "4": 1, "5": 2}));
        assert_eq!(
            (&ratings["from"], &ratings["to"], &ratings["held"]),
            (&json!("2026-01"), &json!("2026-12"), &json!(false))
        );
        assert_eq!(ratings["months"].as_array().unwrap().len(), 12);
        assert_eq!(figures(month_of(&ratings, MONTH)), (json!(3.4583), json!(5)));
        assert_eq!(figures(month_of(&ratings, "2026-12")), nothing());
    }
}

#[both]
fn who_may_rate(app: TestApp) {
    let stage = app.stage();
    let body = json!({"overall": 5});
    let path = rating_path(&stage.project, MONTH);
    let elsewhere = app.stage();
    let foreign = app.neighbour(&elsewhere.estate);
    app.put(&path).token(&foreign.token).json(&body).refused(403, "not_a_resident");
    let (_, pending) = app.resident("13911111111");
    app.claim(&pending, &stage.estate, "777").expect(201);
    app.put(&path).token(&pending).json(&body).refused(403, "not_verified_yet");
    app.put(&rating_path("no-such-project", MONTH))
        .token(&foreign.token)
        .json(&body)
        .refused(404, "not_found");
    app.put(&path).json(&body).refused(401, "not_signed_in");
    app.put(&path).token(&app.firm_account(&stage.uscc)).json(&body).refused(403, "role_not_allowed");

    let employee = app.neighbour(&stage.estate);
    let (uscc, phone_hash) = (stage.uscc.clone(), app.state.secrets().phone_hash(&employee.phone));
    app.db()
        .write_blocking(move |tx| {
            use diesel::prelude::*;
            use xinwu_persistence::schema::staff;
            diesel::insert_into(staff::table)
                .values((staff::uscc.eq(&uscc), staff::phone_hash.eq(&phone_hash)))
                .execute(tx.conn)?;
            Ok(())
        })
        .unwrap();
    app.rating(&employee, &stage.project, MONTH).json(&body).refused(403, "staff_may_not_rate");
    // Another firm's project is no business of theirs as staff.
    app.household(&elsewhere.estate, "OTHER", &[&employee.phone]);
    app.claim(&employee.token, &elsewhere.estate, "OTHER").expect(201);
    app.rating(&employee, &elsewhere.project, MONTH).json(&body).expect(201);
    // Who moved out rates no more, but may still change or take back what waits.
    let (resident, late) = (app.neighbour(&stage.estate), app.neighbour(&stage.estate));
    app.rate(&resident, &stage.project, MONTH, 4);
    for resident in [&resident, &late] {
        let list = app.get("/v1/me/residences").token(&resident.token).expect(200).json();
        app.delete(&format!("/v1/me/residences/{}", list["items"][0]["id"].as_str().unwrap()))
            .token(&resident.token)
            .expect(204);
    }
    app.rating(&late, &stage.project, MONTH).json(&body).refused(403, "not_a_resident");
    app.rating(&resident, &stage.project, MONTH).json(&body).expect(200);
    app.taken_back(&resident, &stage.project, MONTH).expect(204);
    app.rating(&resident, &stage.project, MONTH).json(&body).refused(403, "not_a_resident");
}

#[both]
fn bad_ratings_name_the_field_and_store_nothing(app: TestApp) {
    let stage = app.stage();
    let resident = app.neighbour(&stage.estate);
    let put = |body: &Value| app.rating(&resident, &stage.project, MONTH).json(body);
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
    assert_eq!(
        fault(json!({"overall": 4, "dimensions": {"cleaning": 6}}), 422),
        ("/dimensions/cleaning".into(), "stars".into())
    );
    assert_eq!(
        fault(json!({"overall": 4, "dimensions": {"noise": 3}}), 400),
        ("/dimensions/noise".into(), "unknown_field".into())
    );
    assert_eq!(
        fault(json!({"overall": 4, "comment": "x".repeat(501)}), 422),
        ("/comment".into(), "comment_too_long".into())
    );
    assert_eq!(
        fault(json!({"overall": 4, "comment": "a\u{7}b"}), 422),
        ("/comment".into(), "comment_control_character".into())
    );
    assert_eq!(
        fault(json!({"overall": 4, "comment": " "}), 422),
        ("/comment".into(), "comment_empty".into())
    );
    app.own_rating(&resident, &stage.project, MONTH).refused(404, "not_found");
    put(&json!({"overall": 4, "comment": "楼".repeat(500)})).expect(201);
    app.put(&rating_path(&stage.project, "2026-13"))
        .token(&resident.token)
        .json(&json!({"overall": 4}))
        .refused(400, "bad_parameter");
}

#[both]
fn only_the_current_month(app: TestApp) {
    let stage = app.stage();
    let resident = app.neighbour(&stage.estate);
    let put = |month: &str| app.rating(&resident, &stage.project, month).json(&json!({"overall": 4}));
    let refused = |month: &str| {
        assert_eq!(
            put(month).refused(422, "invalid").faults(),
            [("month".into(), "month_not_current".into())]
        )
    };
    refused("2026-12");
    refused("2026-10");
    // The 1st of December begins at 16:00 UTC of the day before.
    app.set_time("2026-11-30T15:59:59.999999Z");
    refused("2026-12");
    put(MONTH).expect(201);
    app.set_time("2026-11-30T16:00:00Z");
    refused(MONTH);
    put("2026-12").expect(201);
    // Until the step of the 1st the month before can still be taken back.
    app.own_rating(&resident, &stage.project, MONTH).expect(200);
    app.taken_back(&resident, &stage.project, MONTH).expect(204);
    app.own_rating(&resident, &stage.project, "2026-12").expect(200);
}

#[both]
fn a_project_is_rated_for_the_month_if_its_term_touches_it(app: TestApp) {
    let estate = app.estate(COMMUNITY, EstateKind::Professional);
    let uscc = app.firm("测试物业");
    let term = |starts_on: &str, ends_on: Option<&str>| {
        let (starts_on, ends_on) = (starts_on.parse().unwrap(), ends_on.map(|day| day.parse().unwrap()));
        app.project_with(NewProject { starts_on, ends_on, ..plain_project(&estate, &uscc) })
    };
    let resident = app.neighbour(&estate);
    let body = json!({"overall": 4});
    let outside = |project: &str, month: &str| {
        assert_eq!(
            app.rating(&resident, project, month).json(&body).refused(422, "invalid").faults(),
            [("month".into(), "month_outside_term".into())]
        );
    };
    let ended = term("2024-01-01", Some("2026-11-01"));
    app.rating(&resident, &ended, MONTH).json(&body).expect(201);
    let later = term("2026-12-31", None);
    outside(&later, MONTH);
    app.set_time("2026-12-02T02:00:00Z");
    outside(&ended, "2026-12");
    app.rating(&resident, &later, "2026-12").json(&body).expect(201);
}

#[both]
fn another_resident_409(app: TestApp) {
    let stage = app.stage();
    let one = app.neighbour(&stage.estate);
    let (pending, token) = app.resident("13944444444");
    let (stranger, _) = app.resident("13955555555");
    let other = other_of(&app, &stage, &one, "13922222222");
    app.claim(&token, &stage.estate, &one.room).expect(201);
    // An approval counts from the next month on.
    app.set_time("2026-12-02T02:00:00Z");
    let path = rating_path(&stage.project, "2026-12");
    app.rating(&one, &stage.project, "2026-12").json(&json!({"overall": 1, "comment": "不好"})).expect(201);
    let [other, pending, stranger] = [other, pending, stranger].map(|account| app.renewed(&account));
    let put = |token: &str| app.put(&path).token(token).json(&json!({"overall": 5, "comment": "很好"}));
    put(&other).refused(409, "household_has_rated");
    app.get(&path).token(&other).refused(404, "not_found");
    app.delete(&path).token(&other).refused(404, "not_found");
    // Who may not rate does not learn whether anybody has.
    put(&pending).refused(403, "not_verified_yet");
    put(&stranger).refused(403, "not_a_resident");
    // Taken back, the dwelling is free.
    app.taken_back(&one, &stage.project, "2026-12").expect(204);
    put(&other).expect(201);
    app.rating(&one, &stage.project, "2026-12")
        .json(&json!({"overall": 1}))
        .refused(409, "household_has_rated");
}

#[both]
fn a_person_with_two_homes_has_one_rating(app: TestApp) {
    let stage = app.stage();
    let resident = app.neighbour(&stage.estate);
    app.household(&stage.estate, "SECOND", &[&resident.phone]);
    app.claim(&resident.token, &stage.estate, "SECOND").expect(201);
    let others = app.neighbours(&stage.estate, 4);
    app.rate_all(&others, &stage.project, MONTH, &[3; 4]);
    app.rating(&resident, &stage.project, MONTH).json(&json!({"overall": 5})).expect(201);
    app.rating(&resident, &stage.project, MONTH).json(&json!({"overall": 4})).expect(200);
    app.step_on("2026-12-01");
    let ratings = app.project_ratings(&stage.project);
    assert_eq!(ratings["distribution"], json!({"1": 0, "2": 0, "3": 4, "4": 1, "5": 0}));
}

#[both]
fn another_dwelling_409(app: TestApp) {
    let stage = app.stage();
    let resident = app.neighbour(&stage.estate);
    app.household(&stage.estate, "SECOND", &[&resident.phone]);
    app.rate(&resident, &stage.project, MONTH, 5);
    let own = app.get("/v1/me/residences").token(&resident.token).expect(200).json();
    app.claim(&resident.token, &stage.estate, "SECOND").expect(201);
    let first = format!("/v1/me/residences/{}", own["items"][0]["id"].as_str().unwrap());
    app.delete(&first).token(&resident.token).expect(204);
    // Who lives in another dwelling of the project by now rates for it from the next month.
    app.rating(&resident, &stage.project, MONTH)
        .json(&json!({"overall": 1}))
        .refused(403, "rates_from_next_month");
    assert_eq!(app.own_rating(&resident, &stage.project, MONTH).expect(200).json()["overall"], json!(5));
    // Then what they gave for the one of before is theirs and waits still.
    app.step_on("2026-12-01");
    app.rating(&resident, &stage.project, "2026-12")
        .json(&json!({"overall": 1}))
        .refused(409, "person_has_rated");
    assert_eq!(app.own_rating(&resident, &stage.project, "2026-12").expect(200).json()["overall"], json!(5));
    app.taken_back(&resident, &stage.project, "2026-12").expect(204);
    app.rating(&resident, &stage.project, "2026-12").json(&json!({"overall": 1})).expect(201);
}

#[both]
fn closed_after_the_step(app: TestApp) {
    let stage = app.stage();
    let residents = app.neighbours(&stage.estate, 5);
    let (path, one) = (rating_path(&stage.project, MONTH), &residents[0]);
    for resident in &residents {
        app.rating(resident, &stage.project, MONTH).json(&json!({"overall": 4, "comment": "好"})).expect(201);
    }
    app.step_on("2026-12-01");
    let own = app.own_rating(one, &stage.project, MONTH).expect(200).json();
    assert_eq!(
        (&own["published"], &own["overall"], &own["comment_state"], &own["held"]),
        (&json!(MONTH), &json!(4), &json!("published"), &json!(false))
    );
    app.taken_back(one, &stage.project, MONTH).refused(409, "rating_published");
    // The comment can still be taken back, and the figure stays.
    let ratings = app.project_ratings(&stage.project);
    let comment = || app.delete(&format!("{path}/comment")).token(&app.renewed(&one.id));
    comment().expect(204);
    comment().refused(404, "not_found");
    assert_eq!(
        app.get(&format!("/v1/projects/{}/reviews", stage.project)).expect(200).json()["items"]
            .as_array()
            .unwrap()
            .len(),
        4
    );
    assert_eq!(app.project_ratings(&stage.project), ratings);
    // The household rates again in the new month, and what is out stays as it is.
    app.rate(one, &stage.project, "2026-12", 1);
    assert_eq!(app.project_ratings(&stage.project), ratings);
    assert_eq!(
        app.get("/v1/me/ratings").token(&app.renewed(&one.id)).expect(200).json()["items"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
}

#[both]
fn closed_within_its_month_after_a_monday(app: TestApp) {
    let stage = app.stage();
    let residents = app.neighbours(&stage.estate, 11);
    app.rate_all(&residents[..10], &stage.project, MONTH, &[4; 10]);
    app.step_on("2026-11-23");
    assert_eq!(figures(&app.project_ratings(&stage.project)).1, json!(10));
    app.rating(&residents[0], &stage.project, MONTH)
        .json(&json!({"overall": 1}))
        .refused(409, "rating_published");
    app.taken_back(&residents[0], &stage.project, MONTH).refused(409, "rating_published");
    app.rate(&residents[10], &stage.project, MONTH, 1);
    assert_eq!(figures(&app.project_ratings(&stage.project)).1, json!(10));
}

#[both]
fn equal_puts_at_once_have_one_effect(app: TestApp) {
    let stage = app.stage();
    let others = app.neighbours(&stage.estate, 4);
    app.rate_all(&others, &stage.project, MONTH, &[3; 4]);
    let resident = app.neighbour(&stage.estate);
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let puts: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    app.rating(&resident, &stage.project, MONTH).json(&json!({"overall": 5})).send().status
                })
            })
            .collect();
        puts.into_iter().map(|put| put.join().unwrap()).collect()
    });
    assert!(statuses.iter().all(|status| matches!(status, 200 | 201 | 409)), "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
    app.step_on("2026-12-01");
    assert_eq!(
        app.project_ratings(&stage.project)["distribution"],
        json!({"1": 0, "2": 0, "3": 4, "4": 0, "5": 1})
    );
}

#[both]
fn many_households_at_once_sum_exactly(app: TestApp) {
    let stage = app.stage();
    // One fewer than can be a burst.
    let residents = app.neighbours(&stage.estate, 19);
    let body =
        |position: usize| json!({"overall": position % 5 + 1, "dimensions": {"cleaning": position % 2 + 1}});
    std::thread::scope(|scope| {
        for (position, resident) in residents.iter().enumerate() {
            let (app, stage) = (&app, &stage);
            scope
                .spawn(move || app.rating(resident, &stage.project, MONTH).json(&body(position)).expect(201));
        }
    });
    app.step_on("2026-11-23");
    for ratings in [app.project_ratings(&stage.project), app.firm_ratings(&stage.uscc)] {
        assert_eq!(ratings["distribution"], json!({"1": 4, "2": 4, "3": 4, "4": 4, "5": 3}));
        assert_eq!(ratings["dimensions"]["cleaning"], json!({"mean": 1.474, "count": 19}));
        assert_eq!(ratings["dimensions"]["security"], json!(null));
    }
}

#[both]
fn a_firms_figures_are_those_of_its_projects_with_an_increment(app: TestApp) {
    let few = app.stage();
    let many = app.stage_of(&few.uscc);
    app.rate_all(&app.neighbours(&few.estate, 3), &few.project, MONTH, &[1; 3]);
    app.rate_all(&app.neighbours(&many.estate, 6), &many.project, MONTH, &[4; 6]);
    app.step_on("2026-12-01");
    assert_eq!(figures(&app.project_ratings(&few.project)), nothing());
    assert_eq!(figures(&app.project_ratings(&many.project)).1, json!(6));
    assert_eq!(figures(&app.firm_ratings(&few.uscc)).1, json!(6));
    // A span without an increment says nothing, whichever it is.
    for query in ["from=2026-11&to=2026-11", "from=2026-11", "from=2025-12&to=2026-11", "from=2024-12"] {
        let ratings = app.get(&format!("/v1/projects/{}/ratings?{query}", few.project)).expect(200).json();
        assert_eq!(figures(&ratings), nothing(), "{query}");
    }
}

#[both]
fn spans_of_months_are_checked(app: TestApp) {
    let stage = app.stage();
    let fault = |query: &str| {
        app.get(&format!("/v1/firms/{}/ratings?{query}", stage.uscc)).refused(400, "bad_parameter").faults()
    };
    assert_eq!(fault("from=2026-13"), [("from".into(), "month".into())]);
    assert_eq!(fault("to=2026-12"), [("to".into(), "month_in_future".into())]);
    assert_eq!(fault("from=2026-11&to=2026-10"), [("from".into(), "out_of_range".into())]);
    assert_eq!(fault("from=2023-11"), [("from".into(), "out_of_range".into())]);
    assert_eq!(fault("until=2026-11"), [("until".into(), "unknown_field".into())]);
    let three_years = app.get(&format!("/v1/firms/{}/ratings?from=2023-12", stage.uscc)).expect(200).json();
    assert_eq!(three_years["months"].as_array().unwrap().len(), 36);
    app.get(&format!("/v1/firms/{}/ratings", new_uscc())).refused(404, "not_found");
    app.get("/v1/projects/nothing/ratings").refused(404, "not_found");
}

#[both]
fn a_project_without_a_firm_is_rated_all_the_same(app: TestApp) {
    let estate = app.estate(COMMUNITY, EstateKind::Old);
    let project =
        app.project_with(NewProject { operator: Operator::Owners, uscc: None, ..plain_project(&estate, "") });
    app.rate_all(&app.neighbours(&estate, 5), &project, MONTH, &[5; 5]);
    app.step_on("2026-12-01");
    assert_eq!(figures(&app.project_ratings(&project)), (json!(4.125), json!(5)));
    let etag = app.get(&format!("/v1/projects/{project}/ratings")).expect(200).etag().to_owned();
    app.get(&format!("/v1/projects/{project}/ratings")).header("If-None-Match", &etag).expect(304);
}
