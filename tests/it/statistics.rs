//! The figures of places.

use crate::harness::TestApp;
use serde_json::json;
use xinwu_both::both;
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
