//! The figures of places.

use crate::harness::TestApp;
use serde_json::json;
use xinwu_both::both;
use xinwu_domain::access::Role;
use xinwu_domain::estate::EstateKind;
use xinwu_domain::project::{NewProject, Operator};

use crate::harness::world::{COMMUNITY, OTHER_COMMUNITY, plain_project};

#[both]
fn coverage_is_right_at_every_place_of_the_tree(app: TestApp) {
    let firm = app.firm("甲物业");
    let (served, ended, own, other) = (
        app.estate(COMMUNITY, EstateKind::Professional),
        app.estate(COMMUNITY, EstateKind::Unmanaged),
        app.estate(COMMUNITY, EstateKind::Old),
        app.estate(OTHER_COMMUNITY, EstateKind::Affordable),
    );
    app.project(&served, &firm);
    app.project_with(NewProject {
        ends_on: Some("2026-11-20".parse().unwrap()),
        ..plain_project(&ended, &firm)
    });
    app.project_with(NewProject { operator: Operator::Owners, uscc: None, ..plain_project(&own, &firm) });
    app.project(&other, &firm);
    let figures = |place: &str| {
        app.get(&format!("/v1/statistics?place={place}")).expect(200).json()["coverage"].clone()
    };
    assert_eq!(
        figures(COMMUNITY),
        json!({
            "estates": {"total": 3, "by_kind": {"professional": 1, "old": 1, "unmanaged": 1, "affordable": 0},
                "by_operator": {"firm": 1, "street_firm": 0, "owners": 1, "community": 0, "none": 1}},
            "households": {"total": 300, "served": 200, "share": 0.6667}
        })
    );
    assert_eq!(figures("210203")["households"], json!({"total": 100, "served": 100, "share": 1}));
    assert_eq!(figures("2102")["households"], json!({"total": 400, "served": 300, "share": 0.75}));
    assert_eq!(figures("210204")["households"], json!({"total": 0, "served": 0, "share": null}));
}

#[both]
fn ratings_are_the_sum_of_the_increments_of_the_place(app: TestApp) {
    let firm = app.firm("甲物业");
    let (one, two) = (
        app.project(&app.estate(COMMUNITY, EstateKind::Old), &firm),
        app.project(&app.estate(OTHER_COMMUNITY, EstateKind::Old), &firm),
    );
    app.increment(&one, "2026-09", [0, 0, 0, 5, 5]);
    // Of October: in no month of the quarter.
    app.increment(&two, "2026-10", [5, 0, 0, 0, 0]);
    let ratings = |place: &str| {
        app.get(&format!("/v1/statistics?place={place}&period=2026-Q3")).expect(200).json()["ratings"].clone()
    };
    for place in [COMMUNITY, "2102"] {
        assert_eq!(
            (&ratings(place)["count"], &ratings(place)["mean"], &ratings(place)["reason"]),
            (&json!(10), &json!(4.5), &json!(null))
        );
    }
    let waiting = ratings(OTHER_COMMUNITY);
    assert_eq!(
        [&waiting["count"], &waiting["mean"], &waiting["score"], &waiting["reason"]],
        [&json!(null), &json!(null), &json!(null), &json!("waiting")]
    );
    let fourth = app.get("/v1/statistics?place=2102&period=2026-Q4").expect(200).json()["ratings"].clone();
    assert_eq!((&fourth["count"], &fourth["mean"]), (&json!(5), &json!(1)));
}

#[both]
fn the_period_is_the_last_closed_quarter_unless_named(app: TestApp) {
    let body = app.get("/v1/statistics").expect(200).json();
    assert_eq!(
        (&body["place"]["code"], &body["period"], &body["as_of"]),
        (&json!("2102"), &json!("2026-Q3"), &json!("2026-11-21"))
    );
    assert_eq!(body["assessments"]["due"], 0);
    assert_eq!(app.get("/v1/statistics?period=2026").expect(200).json()["to"], "2026-12-31");
    assert_eq!(
        app.get("/v1/statistics?period=2026-11").refused(400, "bad_parameter").faults()[0].0,
        "period"
    );
    assert_eq!(
        app.get("/v1/statistics?place=1").refused(400, "bad_parameter").faults(),
        [("place".into(), "unknown_place".into())]
    );
}

#[both]
fn assessments_are_due_for_each_quarter_that_a_term_touches(app: TestApp) {
    let firm = app.firm("甲物业");
    let estate = app.estate(COMMUNITY, EstateKind::Old);
    app.project_with(NewProject {
        starts_on: "2026-06-30".parse().unwrap(),
        ..plain_project(&estate, &firm)
    });
    let due = |period: &str| {
        app.get(&format!("/v1/statistics?period={period}")).expect(200).json()["assessments"]["due"].clone()
    };
    // The fourth quarter is not over, and the first was before the term.
    assert_eq!(
        [due("2026-Q1"), due("2026-Q2"), due("2026-Q3"), due("2026-Q4"), due("2026")],
        [json!(0), json!(2), json!(2), json!(0), json!(4)]
    );
}

#[both]
fn a_period_that_is_over_is_shown_as_it_stood_at_its_end(app: TestApp) {
    let [stays, moves] = [app.firm("甲物业"), app.firm("乙物业")];
    let (one, two) = (app.estate(COMMUNITY, EstateKind::Old), app.estate(COMMUNITY, EstateKind::Old));
    app.project(&one, &stays);
    let left = app.project(&two, &moves);
    app.in_effect(&stays, 101, Some((88_000, "A")), "2026-12-01 02:00:00");
    app.in_effect(&stays, 102, Some((61_000, "C")), "2027-01-05 02:00:00");
    app.in_effect(&moves, 101, Some((70_000, "B")), "2026-12-01 02:00:00");
    app.set_time("2027-01-10T02:00:00Z");
    app.graded(&stays, Some(61_000), "C");
    // Learnt in January: that a project had ended in November, and of a firm with a project since
    // then.
    let city = app.official(Role::City, "2102", true);
    let path = format!("/v1/admin/projects/{left}");
    app.patch(&path)
        .token(&city)
        .header("If-Match", "*")
        .json(&json!({"ends_on": "2026-11-30", "reason": "合同终止"}))
        .seconded(&app);
    let late = app.firm("丙物业");
    app.project(&app.estate(COMMUNITY, EstateKind::Old), &late);
    let figures = |query: &str| app.get(&format!("/v1/statistics?place=210202{query}")).expect(200).json();
    let then = figures("&period=2026-Q4");
    assert_eq!(then["as_of"], "2026-12-31");
    assert_eq!(then["coverage"]["households"], json!({"total": 300, "served": 200, "share": 0.6667}));
    assert_eq!(then["firms"]["total"], 2);
    assert_eq!(then["firms"]["by_grade"], json!([{"grade": "A", "count": 1}, {"grade": "B", "count": 1}]));
    let now = figures("&period=2027-Q1");
    assert_eq!(now["as_of"], "2027-01-10");
    assert_eq!(now["coverage"]["households"], json!({"total": 300, "served": 200, "share": 0.6667}));
    assert_eq!(now["firms"]["total"], 3);
    assert_ne!(now["firms"]["by_grade"], then["firms"]["by_grade"]);
    assert!(now["firms"]["by_grade"].as_array().unwrap().contains(&json!({"grade": "C", "count": 1})));
    // Unnamed, the last quarter's figures stand beside today's coverage and firms.
    let usual = figures("");
    assert_eq!((&usual["period"], &usual["as_of"]), (&json!("2026-Q4"), &json!("2027-01-10")));
    assert_eq!(usual["firms"], now["firms"]);
    // Before anything was known nothing is.
    let before = figures("&period=2026-Q2");
    assert_eq!(
        (&before["firms"]["total"], &before["coverage"]["households"]["served"]),
        (&json!(0), &json!(0))
    );
}
