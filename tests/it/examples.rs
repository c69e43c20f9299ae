//! The worked examples of ratings in steps, over HTTP, with their exact numbers: k = 5, 2k = 10; m
//! = 7, prior 3.5. In November 2026 Mondays are 2, 9, 16, 23, 30.

use diesel::prelude::*;
use serde_json::{Value, json};
use xinwu_both::both;
use xinwu_domain::access::Role;
use xinwu_domain::estate::EstateKind;
use xinwu_domain::project::NewProject;
use xinwu_persistence::schema::{rating_arrival, rating_step};

use crate::harness::residents::{Resident, Stage};
use crate::harness::world::{COMMUNITY, DISTRICT, plain_project};
use crate::harness::{Backend, TestApp, unique};

/// A service whose clock begins at the midnight of a day.
fn since(backend: Backend, day: &str) -> TestApp {
    TestApp::start_at(backend, &format!("{day}T00:00:00Z"), |_| {})
}

/// A project of so many households.
fn stage(app: &TestApp, uscc: &str, households: i32) -> Stage {
    let estate = app.estate(COMMUNITY, EstateKind::Professional);
    let project = app.project_with(NewProject { households, ..plain_project(&estate, uscc) });
    Stage { uscc: uscc.to_owned(), estate, project }
}

fn firm(app: &TestApp) -> String {
    app.firm(&format!("示例物业{}", unique()))
}

/// At noon of a day, after every step up to it.
#[track_caller]
fn rate(app: &TestApp, day: &str, stage: &Stage, resident: &Resident, body: &Value) {
    to(app, day);
    let reply = app.rating(resident, &stage.project, &day[..7]).json(body).send();
    assert!(matches!(reply.status, 200 | 201), "{}", reply.text);
}

#[track_caller]
fn stars(app: &TestApp, day: &str, stage: &Stage, resident: &Resident, overall: i64) {
    rate(app, day, stage, resident, &json!({"overall": overall}));
}

fn to(app: &TestApp, day: &str) {
    app.steps_to(day);
    app.set_hour(day, 12);
}

fn distribution([one, two, three, four, five]: [u32; 5]) -> Value {
    json!({"1": one, "2": two, "3": three, "4": four, "5": five})
}

/// Count, score, distribution.
type Seen = (Value, Value, Value);

fn seen(figures: &Value) -> Seen {
    assert_eq!(figures["count"].is_null(), figures["reason"] == "waiting", "{figures}");
    (figures["count"].clone(), figures["score"].clone(), figures["distribution"].clone())
}

fn out(count: u32, score: f64, counts: [u32; 5]) -> Seen {
    (json!(count), json!(score), distribution(counts))
}

fn waiting() -> Seen {
    (json!(null), json!(null), json!(null))
}

/// The figures of the twelve months up to now, which the card says alike.
#[track_caller]
fn year(app: &TestApp, stage: &Stage) -> Seen {
    let ratings = seen(&app.project_ratings(&stage.project));
    let card = app.get(&format!("/v1/projects/{}", stage.project)).expect(200).json();
    assert_eq!(seen(&card["service"]), ratings);
    ratings
}

#[track_caller]
fn year_of_firm(app: &TestApp, uscc: &str) -> Seen {
    let ratings = seen(&app.firm_ratings(uscc));
    let card = app.get(&format!("/v1/firms/{uscc}")).expect(200).json();
    assert_eq!(seen(&card["service"]), ratings);
    ratings
}

/// The figures of a project's one month.
fn month(app: &TestApp, stage: &Stage, month: &str) -> Value {
    let path = format!("/v1/projects/{}/ratings?from={month}&to={month}", stage.project);
    app.get(&path).expect(200).json()
}

/// Example 1: three in October, two in November.
fn rolls_and_closes(app: &TestApp) -> (Stage, Vec<Resident>) {
    let stage = stage(app, &firm(app), 50);
    let residents = app.neighbours(&stage.estate, 5);
    for (day, resident, overall) in [
        ("2026-10-05", 0, 5),
        ("2026-10-12", 1, 4),
        ("2026-10-30", 2, 1),
        ("2026-11-04", 3, 2),
        ("2026-11-20", 4, 5),
    ] {
        stars(app, day, &stage, &residents[resident], overall);
        assert_eq!(year(app, &stage), waiting());
    }
    (stage, residents)
}

const OF_EXAMPLE_1: [u32; 5] = [1, 1, 0, 1, 2];
const TEN: [i64; 10] = [5, 5, 5, 5, 4, 4, 4, 3, 2, 1];
const OF_TEN: [u32; 5] = [1, 1, 1, 3, 4];

#[both]
fn example_1_rolls_and_closes(backend: Backend) {
    let app = since(backend, "2026-10-01");
    let (stage, residents) = rolls_and_closes(&app);
    app.steps_to("2026-11-30");
    assert_eq!(year(&app, &stage), waiting());
    app.step_on("2026-12-01");
    assert_eq!(year(&app, &stage), out(5, 3.4583, OF_EXAMPLE_1));
    assert_eq!(seen(&month(&app, &stage, "2026-11")), out(5, 3.4583, OF_EXAMPLE_1));
    assert_eq!(seen(&month(&app, &stage, "2026-10")), waiting());
    // A's was given in October and came out as November's.
    app.own_rating(&residents[0], &stage.project, "2026-10").refused(404, "not_found");
    let own = app.own_rating(&residents[0], &stage.project, "2026-11").expect(200).json();
    assert_eq!((&own["overall"], &own["published"]), (&json!(5), &json!("2026-11")));
}

#[both]
fn example_2_ten_on_a_monday(backend: Backend) {
    let app = since(backend, "2026-11-01");
    let stage = stage(&app, &firm(&app), 200);
    let residents = app.neighbours(&stage.estate, 10);
    residents[..9]
        .iter()
        .zip(TEN)
        .for_each(|(resident, overall)| stars(&app, "2026-11-03", &stage, resident, overall));
    app.steps_to("2026-11-09");
    assert_eq!(year(&app, &stage), waiting());
    stars(&app, "2026-11-12", &stage, &residents[9], TEN[9]);
    app.steps_to("2026-11-15");
    assert_eq!(year(&app, &stage), waiting());
    app.step_on("2026-11-16");
    assert_eq!(year(&app, &stage), out(10, 3.6765, OF_TEN));
}

#[both]
fn example_3_no_trace(backend: Backend) {
    let app = since(backend, "2026-11-01");
    let stage = stage(&app, &firm(&app), 50);
    let residents = app.neighbours(&stage.estate, 6);
    for (day, resident, overall) in [
        ("2026-11-03", 0, 5),
        ("2026-11-03", 1, 4),
        ("2026-11-04", 2, 1),
        ("2026-11-04", 3, 2),
        ("2026-11-05", 4, 1),
        ("2026-11-06", 5, 2),
        ("2026-11-20", 4, 4),
    ] {
        stars(&app, day, &stage, &residents[resident], overall);
    }
    to(&app, "2026-11-21");
    app.taken_back(&residents[5], &stage.project, "2026-11").expect(204);
    app.steps_to("2026-12-01");
    let (count, _, counts) = year(&app, &stage);
    assert_eq!((count, counts), (json!(5), distribution([1, 1, 0, 2, 1])));
    app.set_hour("2026-12-01", 7);
    app.taken_back(&residents[4], &stage.project, "2026-11").refused(409, "rating_published");
}

#[both]
fn example_4_final(backend: Backend) {
    let app = since(backend, "2026-10-01");
    let (stage, residents) = rolls_and_closes(&app);
    app.steps_to("2026-12-01");
    app.set_hour("2026-12-01", 12);
    let pages = || -> Vec<String> {
        [
            format!("/v1/projects/{}", stage.project),
            format!("/v1/projects/{}/ratings", stage.project),
            format!("/v1/projects/{}/reviews?count=true", stage.project),
            format!("/v1/firms/{}", stage.uscc),
            format!("/v1/firms/{}/ratings", stage.uscc),
            "/v1/rankings?by=service".to_owned(),
            "/v1/statistics?period=2026".to_owned(),
        ]
        .iter()
        .map(|path| app.get(path).expect(200))
        .map(|reply| format!("{} {}", reply.etag(), reply.text))
        .collect()
    };
    let before = pages();
    residents.iter().for_each(|resident| {
        app.delete("/v1/me").token(&app.renewed(&resident.id)).expect(204);
    });
    assert_eq!(pages(), before);
    to(&app, "2026-12-02");
    let before = pages();
    let (id, token) = app.resident(&residents[0].phone);
    app.claim(&token, &stage.estate, &residents[0].room).expect(201);
    let again = Resident {
        id,
        token,
        phone: residents[0].phone.clone(),
        household: residents[0].household.clone(),
        room: residents[0].room.clone(),
    };
    stars(&app, "2026-12-02", &stage, &again, 1);
    assert_eq!(pages(), before);
    app.steps_to("2026-12-31");
    assert_eq!(year(&app, &stage), out(5, 3.4583, OF_EXAMPLE_1));
    app.step_on("2027-01-01");
    assert_eq!(year(&app, &stage), out(5, 3.4583, OF_EXAMPLE_1));
    // One waits, and has rolled.
    assert_eq!(
        app.own_rating(&again, &stage.project, "2027-01").expect(200).json()["published"],
        json!(null)
    );
}

#[both]
fn example_5_one_answer_a_household(backend: Backend) {
    let app = since(backend, "2026-06-01");
    let stage = stage(&app, &firm(&app), 50);
    let residents = app.neighbours(&stage.estate, 5);
    for (number, of_a) in (6..=11).zip([5, 5, 4, 4, 3, 3]) {
        for (resident, overall) in [(0, of_a), (1, 2), (2, 4), (3, 5)] {
            stars(&app, &format!("2026-{number:02}-10"), &stage, &residents[resident], overall);
        }
        assert_eq!(year(&app, &stage), waiting());
    }
    stars(&app, "2026-11-11", &stage, &residents[4], 1);
    app.steps_to("2026-11-30");
    assert_eq!(year(&app, &stage), waiting());
    app.step_on("2026-12-01");
    assert_eq!(year(&app, &stage), out(5, 3.2917, [1; 5]));
}

#[both]
fn example_6_dimensions(backend: Backend) {
    let app = since(backend, "2026-11-01");
    let stage = stage(&app, &firm(&app), 200);
    let residents = app.neighbours(&stage.estate, 11);
    let (cleaning, security) = ([5, 5, 4, 4, 4, 3, 3], [5, 4, 2, 2]);
    for (position, overall) in TEN.into_iter().enumerate() {
        let mut dimensions = json!({});
        if let Some(stars) = cleaning.get(position) {
            dimensions["cleaning"] = json!(stars);
        }
        if let Some(stars) = position.checked_sub(6).map(|position| security[position]) {
            dimensions["security"] = json!(stars);
        }
        rate(
            &app,
            "2026-11-10",
            &stage,
            &residents[position],
            &json!({"overall": overall, "dimensions": dimensions}),
        );
    }
    let dimensions = || {
        let shown = app.project_ratings(&stage.project)["dimensions"].clone();
        (shown["cleaning"].clone(), shown["security"].clone())
    };
    app.steps_to("2026-11-30");
    assert_eq!((year(&app, &stage), dimensions()), (out(10, 3.6765, OF_TEN), (json!(null), json!(null))));
    app.step_on("2026-12-01");
    let cleaning = json!({"mean": 4, "count": 7});
    assert_eq!(
        (year(&app, &stage), dimensions()),
        (out(10, 3.6765, OF_TEN), (cleaning.clone(), json!(null)))
    );
    assert_eq!(month(&app, &stage, "2026-11")["dimensions"]["cleaning"], cleaning);
    rate(&app, "2026-12-03", &stage, &residents[6], &json!({"overall": 4, "dimensions": {"security": 1}}));
    rate(&app, "2026-12-04", &stage, &residents[10], &json!({"overall": 4, "dimensions": {"security": 3}}));
    app.steps_to("2027-01-01");
    // 1 + 4 + 2 + 2 + 3: the newer answer replaced the 5. Two stars wait.
    let security = json!({"mean": 2.4, "count": 5});
    assert_eq!((year(&app, &stage), dimensions()), (out(10, 3.6765, OF_TEN), (cleaning, security.clone())));
    let december = month(&app, &stage, "2026-12");
    assert_eq!((seen(&december), &december["dimensions"]["security"]), (waiting(), &security));
    for resident in [6, 10] {
        assert_eq!(
            app.own_rating(&residents[resident], &stage.project, "2027-01").expect(200).json()["published"],
            json!(null)
        );
    }
}

#[both]
fn example_7_twenty_five_are_published(backend: Backend) {
    let app = since(backend, "2026-11-01");
    let (stage, _) = usual(&app, 25);
    app.step_on("2026-11-16");
    assert_eq!(year(&app, &stage), out(65, 3.0208, [20, 4, 10, 20, 11]));
}

#[both]
fn example_7_twenty_six_are_held(backend: Backend) {
    let app = since(backend, "2026-11-01");
    let (stage, residents) = usual(&app, 26);
    let later = app.neighbours(&stage.estate, 10);
    let held = || app.project_ratings(&stage.project)["held"].clone();
    app.step_on("2026-11-16");
    let before = out(40, 3.9255, [0, 0, 10, 20, 10]);
    assert_eq!((year(&app, &stage), held()), (before, json!(true)));
    let district = app.official(Role::District, DISTRICT, false);
    let burst = app.get("/v1/admin/bursts").token(&district).expect(200).json()["items"][0].clone();
    assert_eq!(
        [&burst["district_until"], &burst["city_until"], &burst["counts_on"]],
        ["2026-11-19", "2026-11-24", "2026-11-25"]
    );
    to(&app, "2026-11-18");
    app.rating(&residents[3], &stage.project, "2026-11")
        .json(&json!({"overall": 5}))
        .refused(409, "rating_held");
    app.taken_back(&residents[3], &stage.project, "2026-11").refused(409, "rating_held");
    later.iter().for_each(|resident| stars(&app, "2026-11-18", &stage, resident, 4));
    app.steps_to("2026-11-23");
    // (24.5 + 160 + 40) / 57
    assert_eq!(year(&app, &stage), out(50, 3.9386, [0, 0, 10, 30, 10]));
    app.steps_to("2026-11-24");
    assert_eq!((year(&app, &stage).0, held()), (json!(50), json!(true)));
    app.step_on("2026-11-25");
    assert_eq!((year(&app, &stage), held()), (out(76, 3.1627, [20, 4, 10, 30, 12]), json!(false)));
    assert_eq!(seen(&month(&app, &stage, "2026-11")).0, json!(76));
}

#[both]
fn example_8_firm_and_window(backend: Backend) {
    let app = since(backend, "2026-11-01");
    let (uscc, swapped) = (firm(&app), firm(&app));
    let (p, q) = (stage(&app, &uscc, 50), stage(&app, &uscc, 50));
    let (of_p, of_q) = (app.neighbours(&p.estate, 5), app.neighbours(&q.estate, 5));
    // The same city with A's 5 and C's 1 swapped.
    let other = stage(&app, &swapped, 50);
    let of_other = app.neighbours(&other.estate, 5);
    for position in 0..5 {
        stars(&app, "2026-11-03", &p, &of_p[position], [5, 4, 1, 2, 5][position]);
        stars(&app, "2026-11-03", &other, &of_other[position], [1, 4, 5, 2, 5][position]);
    }
    of_q[..4]
        .iter()
        .zip([1, 1, 2, 1])
        .for_each(|(resident, overall)| stars(&app, "2026-11-03", &q, resident, overall));
    app.steps_to("2026-12-01");
    let of_p = out(5, 3.4583, OF_EXAMPLE_1);
    assert_eq!((year(&app, &p), year(&app, &q), year_of_firm(&app, &uscc)), (of_p.clone(), waiting(), of_p));
    let ratings = app.project_ratings(&p.project);
    assert_eq!(
        (&ratings["coverage"]["count"], &ratings["coverage"]["households"], &ratings["coverage"]["share"]),
        (&json!(5), &json!(50), &json!(0.1))
    );
    let told = |stage: &Stage| app.get(&format!("/v1/projects/{}/ratings", stage.project)).expect(200).text;
    assert_eq!(told(&p), told(&other));
    stars(&app, "2026-12-09", &q, &of_q[4], 3);
    app.steps_to("2027-01-01");
    assert_eq!(seen(&month(&app, &q, "2026-12")), out(5, 2.7083, [3, 1, 1, 0, 0]));
    assert_eq!(year_of_firm(&app, &uscc), out(10, 2.9118, [4, 2, 1, 1, 2]));
    // Twelve months to 2027-10 hold both increments, to 2027-11 the second.
    for (last, count) in [("2027-10-20", 10), ("2027-11-20", 5)] {
        app.set_hour(last, 12);
        app.tick();
        assert_eq!(year_of_firm(&app, &uscc).0, json!(count), "{last}");
    }
}

/// 500 households, four new at each of the last twelve steps, 40 with 160 stars published; on 13
/// November `count` rate: twenty ones, four twos and then fives.
fn usual(app: &TestApp, count: usize) -> (Stage, Vec<Resident>) {
    let stage = stage(app, &firm(app), 500);
    let residents = app.neighbours(&stage.estate, count);
    app.steps_to("2026-11-09");
    app.increment(&stage.project, "2026-11", [0, 0, 10, 20, 10]);
    let project = stage.project.clone();
    app.db()
        .write_blocking(move |tx| {
            diesel::delete(rating_arrival::table).execute(tx.conn)?;
            diesel::delete(rating_step::table).execute(tx.conn)?;
            for number in 1..=12 {
                let step = format!("2026-10-{number:02}");
                diesel::insert_into(rating_step::table)
                    .values((
                        rating_step::step.eq(&step),
                        rating_step::is_first.eq(false),
                        rating_step::need.eq(10),
                        rating_step::began_at.eq(tx.now_utc()),
                        rating_step::covers.eq(chrono::DateTime::UNIX_EPOCH.naive_utc()),
                        rating_step::done_at.eq(Some(tx.now_utc())),
                    ))
                    .execute(tx.conn)?;
                diesel::insert_into(rating_arrival::table)
                    .values((
                        rating_arrival::project_id.eq(&project),
                        rating_arrival::step.eq(&step),
                        rating_arrival::arrived.eq(4),
                        rating_arrival::waiting.eq(0),
                    ))
                    .execute(tx.conn)?;
            }
            Ok(())
        })
        .unwrap();
    for (position, resident) in residents.iter().enumerate() {
        let overall = match position {
            0..20 => 1,
            20..24 => 2,
            _ => 5,
        };
        stars(app, "2026-11-13", &stage, resident, overall);
    }
    (stage, residents)
}
