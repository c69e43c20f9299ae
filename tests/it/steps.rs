//! Steps: when they are made, what they take, what rolls, and what is forgotten.

use std::sync::atomic::{AtomicUsize, Ordering};
use xinwu_both::both;

use diesel::prelude::*;
use serde_json::{Value, json};
use xinwu_domain::access::Role;
use xinwu_domain::calendar::Month;
use xinwu_domain::estate::EstateKind;
use xinwu_domain::project::NewProject;
use xinwu_domain::rating::StepTimes;
use xinwu_persistence::city::{self, CitySettings};
use xinwu_persistence::operations::due;
use xinwu_persistence::schema::{rated_month, rating, rating_increment, rating_key, rating_step};

use crate::harness::TestApp;
use crate::harness::residents::{Resident, Stage};
use crate::harness::world::{COMMUNITY, plain_project};

const MONTH: &str = "2026-11";

fn count(app: &TestApp, stage: &Stage) -> Value {
    app.project_ratings(&stage.project)["count"].clone()
}

fn count_of(app: &TestApp, stage: &Stage, month: &str) -> Value {
    let path = format!("/v1/projects/{}/ratings?from={month}&to={month}", stage.project);
    app.get(&path).expect(200).json()["count"].clone()
}

/// Of each increment: the step, the month, how many ratings, and the instant of its commit.
fn increments(app: &TestApp, stage: &Stage) -> Vec<(String, String, i32, String)> {
    type Row = (String, String, i32, i32, i32, i32, i32, chrono::NaiveDateTime);
    let project = stage.project.clone();
    let rows: Vec<Row> = app
        .db()
        .read_blocking(move |conn| {
            use rating_increment as increment;
            Ok(increment::table
                .filter(increment::project_id.eq(project))
                .order(increment::step)
                .select((
                    increment::step,
                    increment::month,
                    increment::one,
                    increment::two,
                    increment::three,
                    increment::four,
                    increment::five,
                    increment::published_at,
                ))
                .load(conn)?)
        })
        .unwrap();
    let told = |(step, month, one, two, three, four, five, at): Row| {
        (step, month, one + two + three + four + five, at.and_utc().to_rfc3339())
    };
    rows.into_iter().map(told).collect()
}

fn steps_made(app: &TestApp) -> Vec<String> {
    app.db()
        .read_blocking(|conn| {
            Ok(rating_step::table.order(rating_step::step).select(rating_step::step).load(conn)?)
        })
        .unwrap()
}

/// A project that ends on a day.
fn ending(app: &TestApp, ends_on: &str) -> Stage {
    let uscc = app.firm("到期物业");
    let estate = app.estate(COMMUNITY, EstateKind::Professional);
    let project = app.project_with(NewProject {
        ends_on: Some(ends_on.parse().unwrap()),
        ..plain_project(&estate, &uscc)
    });
    Stage { uscc, estate, project }
}

fn is_gone(app: &TestApp, resident: &Resident, stage: &Stage) -> bool {
    let list = app.get("/v1/me/ratings").token(&app.renewed(&resident.id)).expect(200).json();
    let items = list["items"].as_array().unwrap();
    items.iter().all(|own| own["project"] != json!(stage.project))
}

#[both]
fn mondays_need_2k(app: TestApp) {
    let stage = app.stage();
    let residents = app.neighbours(&stage.estate, 10);
    app.rate_all(&residents[..9], &stage.project, MONTH, &[4; 9]);
    app.step_on("2026-11-23");
    assert_eq!(count(&app, &stage), json!(null));
    app.rate(&residents[9], &stage.project, MONTH, 4);
    // A Tuesday has no step.
    app.step_on("2026-11-24");
    assert_eq!(count(&app, &stage), json!(null));
    app.set_time("2026-11-29T21:59:59Z");
    app.tick();
    assert_eq!(count(&app, &stage), json!(null));
    app.step_on("2026-11-30");
    assert_eq!(count(&app, &stage), json!(10));
    assert_eq!(
        increments(&app, &stage),
        [("2026-11-30".to_owned(), MONTH.to_owned(), 10, "2026-11-29T22:00:00+00:00".to_owned())]
    );
}

#[both]
fn missed_steps_are_one(app: TestApp) {
    let stage = app.stage();
    app.tick();
    app.rate_all(&app.neighbours(&stage.estate, 5), &stage.project, MONTH, &[4; 5]);
    // Mondays 23 and 30 November and 7 December were missed, and 1 December.
    app.set_time("2026-12-08T02:00:00Z");
    app.tick();
    assert_eq!((steps_made(&app), count_of(&app, &stage, MONTH)), (vec!["2026-12-01".to_owned()], json!(5)));
    // The next is next Monday's.
    app.rate_all(&app.neighbours(&stage.estate, 10), &stage.project, "2026-12", &[4; 10]);
    app.tick();
    app.set_time("2026-12-13T21:59:00Z");
    app.tick();
    assert_eq!(count(&app, &stage), json!(5));
    app.step_on("2026-12-14");
    assert_eq!(count(&app, &stage), json!(15));
}

#[both]
fn missed_mondays_are_one_that_needs_2k(app: TestApp) {
    let (few, many) = (app.stage(), app.stage());
    app.tick();
    app.rate_all(&app.neighbours(&few.estate, 9), &few.project, MONTH, &[4; 9]);
    app.rate_all(&app.neighbours(&many.estate, 10), &many.project, MONTH, &[4; 10]);
    // Mondays 23 and 30 November were missed, and no 1st.
    app.set_time("2026-11-30T04:00:00Z");
    app.tick();
    assert_eq!((count(&app, &few), count(&app, &many)), (json!(null), json!(10)));
    assert_eq!(steps_made(&app), ["2026-11-30"]);
}

#[both]
fn a_first_and_a_monday_of_one_day_is_that_of_a_first(app: TestApp) {
    app.set_hour("2027-01-30", 12);
    let stage = app.stage();
    let residents = app.neighbours(&stage.estate, 6);
    app.tick();
    app.rate_all(&residents[..5], &stage.project, "2027-01", &[4; 5]);
    // After midnight: the step of a 1st takes ratings of months that are over.
    app.set_time("2027-01-31T17:00:00Z");
    app.rate(&residents[5], &stage.project, "2027-02", 1);
    app.step_on("2027-02-01");
    assert_eq!((count(&app, &stage), count_of(&app, &stage, "2027-01")), (json!(5), json!(5)));
    app.taken_back(&residents[5], &stage.project, "2027-02").expect(204);
}

#[both]
fn what_no_dwelling_answers_to_counts_at_its_step_and_does_not_roll(app: TestApp) {
    let stages = [app.stage(), app.stage()];
    let community = app.official(Role::Community, COMMUNITY, true);
    let moved = |resident: &Resident| {
        let path = format!("/v1/admin/households/{}", resident.household);
        let address = json!({"building": "9", "unit": "1", "room": resident.room});
        app.patch(&path).token(&community).header("If-Match", "*").json(&address).seconded(&app);
    };
    let [of_many, of_few] = [(5, 0), (4, 1)].map(|(rate, stage)| {
        let residents = app.neighbours(&stages[stage].estate, 8);
        app.rate_all(&residents[..rate], &stages[stage].project, MONTH, &vec![4; rate]);
        residents
    });
    moved(&of_many[0]);
    moved(&of_few[0]);
    app.step_on("2026-12-01");
    assert_eq!((count(&app, &stages[0]), count(&app, &stages[1])), (json!(5), json!(null)));
    app.own_rating(&of_few[1], &stages[1].project, "2026-12").expect(200);
    app.own_rating(&of_few[0], &stages[1].project, "2026-12").refused(404, "not_found");
    app.rate(&of_few[4], &stages[1].project, "2026-12", 1);
    app.step_on("2027-01-01");
    // Three rolled, and one is new.
    assert_eq!(count(&app, &stages[1]), json!(null));
}

#[both]
fn a_late_step_is_dated_by_its_commit(app: TestApp) {
    let stage = app.stage();
    app.tick();
    app.rate_all(&app.neighbours(&stage.estate, 5), &stage.project, MONTH, &[4; 5]);
    app.set_time("2026-12-08T02:00:00Z");
    app.tick();
    assert_eq!(
        increments(&app, &stage),
        [("2026-12-01".to_owned(), MONTH.to_owned(), 5, "2026-12-08T02:00:00+00:00".to_owned())]
    );
    let ratings = app.project_ratings(&stage.project);
    assert_eq!((&ratings["published_on"], &ratings["next_on"]), (&json!("2026-12-08"), &json!("2026-12-14")));
}

#[both]
fn the_step_of_a_first_leaves_what_was_given_in_the_new_month(app: TestApp) {
    let stage = app.stage();
    let residents = app.neighbours(&stage.estate, 6);
    app.rate_all(&residents[..5], &stage.project, MONTH, &[4; 5]);
    app.tick();
    // After midnight, before the step.
    app.set_time("2026-11-30T17:00:00Z");
    app.rate(&residents[5], &stage.project, "2026-12", 1);
    app.step_on("2026-12-01");
    assert_eq!(
        app.project_ratings(&stage.project)["distribution"],
        json!({"1": 0, "2": 0, "3": 0, "4": 5, "5": 0})
    );
    app.taken_back(&residents[5], &stage.project, "2026-12").expect(204);
}

#[both]
fn rolls_twelve_times(app: TestApp) {
    let (stage, other) = (app.stage(), app.stage());
    let (residents, others) = (app.neighbours(&stage.estate, 5), app.neighbours(&other.estate, 5));
    app.rate(&residents[0], &stage.project, MONTH, 1);
    app.rate(&others[0], &other.project, MONTH, 1);
    let told = app.own_rating(&residents[0], &stage.project, MONTH).expect(200).json();
    // Its writer is told so when giving it.
    assert!(told["note"].as_str().unwrap().contains("最迟至2027年12月1日公布时，仍不足即作废"), "{told}");
    let months = "2026-12".parse::<Month>().unwrap().to("2027-11".parse().unwrap());
    months.for_each(|month| app.step_on(&month.first_day().to_string()));
    // In its twelfth further month it still counts with four others.
    app.rate_all(&residents[1..], &stage.project, "2027-11", &[5; 4]);
    assert_eq!(app.own_rating(&others[0], &other.project, "2027-11").expect(200).json()["overall"], json!(1));
    app.step_on("2027-12-01");
    assert_eq!(
        app.project_ratings(&stage.project)["distribution"],
        json!({"1": 1, "2": 0, "3": 0, "4": 0, "5": 4})
    );
    // The other's is dropped then.
    assert!(is_gone(&app, &others[0], &other));
    app.rate_all(&others[1..], &other.project, "2027-12", &[5; 4]);
    app.step_on("2028-01-01");
    assert_eq!(count(&app, &other), json!(null));
}

#[both]
fn not_past_the_term(app: TestApp) {
    let (december, november) = (ending(&app, "2026-12-10"), ending(&app, "2026-11-25"));
    let (of_december, of_november) =
        (app.neighbours(&december.estate, 5), app.neighbours(&november.estate, 5));
    app.rate_all(&of_december[..3], &december.project, MONTH, &[4; 3]);
    let own = app.rate(&of_november[0], &november.project, MONTH, 4).json();
    assert!(own["note"].as_str().unwrap().contains("作废"), "{own}");
    app.rate_all(&of_november[1..4], &november.project, MONTH, &[4; 3]);
    app.step_on("2026-12-01");
    // The first 1st after the end of the one: what is left is dropped, and the other's rolls.
    assert!(is_gone(&app, &of_november[0], &november));
    assert_eq!(
        app.own_rating(&of_december[0], &december.project, "2026-12").expect(200).json()["overall"],
        json!(4)
    );
    app.rate(&of_december[3], &december.project, "2026-12", 4);
    app.step_on("2027-01-01");
    assert!(is_gone(&app, &of_december[0], &december));
    assert_eq!((count(&app, &december), count(&app, &november)), (json!(null), json!(null)));
}

#[both]
fn newer_answers_win(app: TestApp) {
    let stage = app.stage();
    let residents = app.neighbours(&stage.estate, 5);
    let say = |resident: &Resident, month: &str, body: &Value| {
        app.rating(resident, &stage.project, month).json(body).expect(201);
    };
    let old = json!({"overall": 1, "dimensions": {"cleaning": 1, "security": 2}, "comment": "旧"});
    residents[..2].iter().for_each(|resident| say(resident, MONTH, &old));
    // Given after midnight and before the step: newer than what rolls into the month.
    app.tick();
    app.set_time("2026-11-30T17:00:00Z");
    say(&residents[0], "2026-12", &json!({"overall": 5, "dimensions": {"cleaning": 5}}));
    app.step_on("2026-12-01");
    let own = app.own_rating(&residents[0], &stage.project, "2026-12").expect(200).json();
    // Answer by answer: what the newer one does not answer stays the old one's.
    assert_eq!(
        (&own["overall"], &own["dimensions"], &own["comment"]),
        (&json!(5), &json!({"cleaning": 5, "security": 2}), &json!(null))
    );
    let own = app.own_rating(&residents[1], &stage.project, "2026-12").expect(200).json();
    assert_eq!(
        (&own["overall"], &own["comment"], &own["comment_state"]),
        (&json!(1), &json!("旧"), &json!("waiting"))
    );
    app.rate_all(&residents[2..], &stage.project, "2026-12", &[3; 3]);
    app.step_on("2027-01-01");
    assert_eq!(
        app.project_ratings(&stage.project)["distribution"],
        json!({"1": 1, "2": 0, "3": 3, "4": 0, "5": 1})
    );
}

#[both]
fn two_missed_firsts_count_a_household_once(app: TestApp) {
    let stage = app.stage();
    let residents = app.neighbours(&stage.estate, 5);
    app.tick();
    app.rate_all(&residents[..3], &stage.project, MONTH, &[1; 3]);
    app.set_time("2026-12-15T02:00:00Z");
    app.rate_all(&residents[1..], &stage.project, "2026-12", &[5; 4]);
    app.set_time("2027-01-02T02:00:00Z");
    app.tick();
    // The first household's old answer, and the newer ones of the two that gave both.
    assert_eq!(
        app.project_ratings(&stage.project)["distribution"],
        json!({"1": 1, "2": 0, "3": 0, "4": 0, "5": 4})
    );
    assert_eq!((count_of(&app, &stage, MONTH), count_of(&app, &stage, "2026-12")), (json!(null), json!(5)));
}

#[both]
fn forgets_after_unlink_days(app: TestApp) {
    let stage = app.stage();
    let residents = app.neighbours(&stage.estate, 6);
    app.rate_all(&residents[..5], &stage.project, MONTH, &[4; 5]);
    app.step_on("2026-12-01");
    app.rate(&residents[5], &stage.project, "2026-12", 2);
    let kept = || -> (Vec<String>, Vec<String>, i64) {
        app.db()
            .read_blocking(|conn| {
                let made =
                    rated_month::table.order(rated_month::month).select(rated_month::month).load(conn)?;
                let keys = rating_key::table.order(rating_key::month).select(rating_key::month).load(conn)?;
                Ok((made, keys, rating::table.filter(rating::month.eq(MONTH)).count().get_result(conn)?))
            })
            .unwrap()
    };
    let both = || vec![MONTH.to_owned(), "2026-12".to_owned()];
    app.set_time("2026-12-29T15:59:59Z");
    app.tick();
    assert_eq!(kept(), (both(), both(), 5));
    let figures = app.project_ratings(&stage.project)["distribution"].clone();
    // Thirty days after the month.
    app.set_time("2026-12-29T16:00:00Z");
    app.tick();
    assert_eq!(kept(), (both(), vec!["2026-12".to_owned()], 0));
    app.own_rating(&residents[0], &stage.project, MONTH).refused(404, "not_found");
    app.own_rating(&residents[5], &stage.project, "2026-12").expect(200);
    assert_eq!(
        app.get("/v1/me/export").token(&app.renewed(&residents[0].id)).expect(200).json()["ratings"],
        json!([])
    );
    assert_eq!(app.project_ratings(&stage.project)["distribution"], figures);
}

#[both]
fn killed_in_the_middle_resumes(app: TestApp) {
    let stages: Vec<Stage> = (0..6).map(|_| app.stage()).collect();
    for stage in &stages {
        let residents = app.neighbours(&stage.estate, 9);
        app.rate_all(&residents[..6], &stage.project, MONTH, &[5, 4, 3, 2, 1, 5]);
    }
    let few = app.stage();
    let of_few = app.neighbours(&few.estate, 3);
    app.rate_all(&of_few, &few.project, MONTH, &[4; 3]);
    app.tick();
    app.set_hour("2026-12-01", 6);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for after in 0..40 {
        // Notified to stop after so many of its writes.
        let left = AtomicUsize::new(after % 8);
        let goes_on =
            || left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok();
        runtime
            .block_on(due::tick(app.db(), app.state.journal(), &app.state.month_keys(), app.now(), &goes_on))
            .unwrap();
    }
    app.tick();
    for stage in &stages {
        assert_eq!(
            increments(&app, stage),
            [("2026-12-01".to_owned(), MONTH.to_owned(), 6, "2026-11-30T22:00:00+00:00".to_owned())]
        );
        assert_eq!(
            (count(&app, stage), app.firm_ratings(&stage.uscc)["count"].clone()),
            (json!(6), json!(6))
        );
    }
    assert_eq!(increments(&app, &few), []);
    assert_eq!(app.own_rating(&of_few[0], &few.project, "2026-12").expect(200).json()["overall"], json!(4));
}

#[both]
fn the_demo_steps_each_minute_with_k_and_rolls_nothing(app: TestApp) {
    let stage = app.stage();
    let residents = app.neighbours(&stage.estate, 5);
    app.tick();
    app.db()
        .write_blocking(|tx| {
            let city = city::city(tx.conn)?;
            city::keep_city(tx, CitySettings { figures: StepTimes::EveryMinute, ..city })
        })
        .unwrap();
    app.rate_all(&residents[..4], &stage.project, MONTH, &[4; 4]);
    app.advance(chrono::Duration::minutes(1));
    app.tick();
    assert_eq!(count(&app, &stage), json!(null));
    let own = app.rate(&residents[4], &stage.project, MONTH, 5).json();
    assert!(own["note"].as_str().unwrap().contains("一分钟内"), "{own}");
    app.advance(chrono::Duration::minutes(1));
    app.tick();
    assert_eq!((count(&app, &stage), count_of(&app, &stage, MONTH)), (json!(5), json!(5)));
}
