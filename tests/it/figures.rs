//! Figures are made of whole increments and register data, and everyone is told the same ones, with
//! the days of the steps.

use serde_json::{Value, json};
use xinwu_both::both;

use crate::harness::TestApp;
use crate::harness::residents::Stage;

/// Score, mean, count and reason.
fn seen(figures: &Value) -> Value {
    json!([figures["score"], figures["mean"], figures["count"], figures["reason"]])
}

/// The public figures of a firm with one project, each place that shows them by its name.
fn shown(app: &TestApp, stage: &Stage) -> Vec<(&'static str, Value)> {
    let get = |path: &str| app.get(path).expect(200).json();
    let (uscc, project) = (&stage.uscc, &stage.project);
    let listed = get("/v1/firms?sort=service&limit=100");
    let in_list = |items: &Value| {
        let of_firm = |item: &&Value| item["uscc"] == json!(uscc);
        items.as_array().unwrap().iter().find(of_firm).unwrap()["service"].clone()
    };
    vec![
        ("card", get(&format!("/v1/firms/{uscc}"))["service"].clone()),
        ("project", get(&format!("/v1/projects/{project}"))["service"].clone()),
        ("firm's ratings", app.firm_ratings(uscc)),
        ("project's ratings", app.project_ratings(project)),
        ("list", in_list(&listed["items"])),
        ("compare", get(&format!("/v1/compare?firms={uscc}"))["firms"][0]["firm"]["service"].clone()),
        ("statistics", get("/v1/statistics?period=2026-Q4")["ratings"].clone()),
    ]
}

fn ranked(app: &TestApp) -> Value {
    let items = app.get("/v1/rankings?by=service").expect(200).json()["items"].clone();
    let ranked = items.as_array().unwrap().iter();
    ranked
        .map(|item| json!([item["firm"]["uscc"], item["value"], item["firm"]["service"]["count"]]))
        .collect()
}

#[both]
fn card_page_ratings_list_ranking_comparison_and_statistics_agree(app: TestApp) {
    let stage = app.stage();
    app.rate_all(&app.neighbours(&stage.estate, 5), &stage.project, "2026-11", &[5, 4, 1, 2, 5]);
    for (place, figures) in shown(&app, &stage) {
        assert_eq!(seen(&figures), json!([null, null, null, "waiting"]), "{place}");
    }
    assert_eq!(ranked(&app), json!([]));
    app.step_on("2026-12-01");
    for (place, figures) in shown(&app, &stage) {
        assert_eq!(seen(&figures), json!([3.4583, 3.4, 5, null]), "{place}");
    }
    assert_eq!(ranked(&app), json!([[stage.uscc, 3.4583, 5]]));
}

#[both]
fn the_window_is_this_month_and_eleven_before_with_and_without_the_clock(app: TestApp) {
    let stage = app.stage();
    app.rate_all(&app.neighbours(&stage.estate, 5), &stage.project, "2026-11", &[5, 4, 1, 2, 5]);
    app.step_on("2026-12-01");
    let count = |path: &str| app.get(path).expect(200).json()["service"]["count"].clone();
    let counts = || {
        [format!("/v1/firms/{}", stage.uscc), format!("/v1/projects/{}", stage.project)]
            .map(|path| count(&path))
    };
    for (day, expected) in [("2027-10-31", json!(5)), ("2027-11-01", json!(null))] {
        app.set_hour(day, 1);
        // Nobody has moved the kept sums yet: they are added up.
        assert_eq!(counts(), [expected.clone(), expected.clone()], "{day}");
        app.tick();
        assert_eq!(counts(), [expected.clone(), expected], "{day}");
    }
    // It stays published in its month.
    let month = app
        .get(&format!("/v1/projects/{}/ratings?from=2026-11&to=2026-11", stage.project))
        .expect(200)
        .json();
    assert_eq!((&month["count"], &month["months"][0]["count"]), (&json!(5), &json!(5)));
}

#[both]
fn a_step_dates_the_figures_of_those_too_of_whom_it_publishes_nothing(app: TestApp) {
    let (stage, other) = (app.stage(), app.stage());
    app.tick();
    app.rate_all(&app.neighbours(&stage.estate, 5), &stage.project, "2026-11", &[4; 5]);
    let days = |path: String| {
        let body = app.get(&path).expect(200).json();
        let of = body.get("service").unwrap_or(&body).clone();
        json!([of["published_on"], of["next_on"]])
    };
    let all = || {
        let (uscc, project) = (&other.uscc, &other.project);
        [
            format!("/v1/firms/{uscc}"),
            format!("/v1/projects/{project}"),
            format!("/v1/firms/{uscc}/ratings"),
            format!("/v1/projects/{project}/ratings"),
        ]
        .map(days)
    };
    assert_eq!(all(), [(); 4].map(|()| json!([null, "2026-11-23"])));
    app.step_on("2026-11-23");
    assert_eq!(all(), [(); 4].map(|()| json!(["2026-11-23", "2026-11-30"])));
    // A step that is late is still to come today.
    app.set_hour("2026-12-02", 9);
    assert_eq!(all(), [(); 4].map(|()| json!(["2026-11-23", "2026-12-02"])));
    app.tick();
    assert_eq!(all(), [(); 4].map(|()| json!(["2026-12-02", "2026-12-07"])));
}

#[both]
fn a_burst_is_told_of_the_project_the_firm_and_the_month_until_it_counts(app: TestApp) {
    let stage = app.stage();
    app.tick();
    app.rate_all(&app.neighbours(&stage.estate, 60), &stage.project, "2026-11", &[1; 60]);
    let held = |ratings: Value| {
        let months = ratings["months"].as_array().unwrap().iter();
        let of_months: Vec<Value> =
            months.filter(|month| month["held"] == json!(true)).map(|month| month["month"].clone()).collect();
        json!([ratings["held"], of_months, ratings["count"]])
    };
    let both = || [held(app.firm_ratings(&stage.uscc)), held(app.project_ratings(&stage.project))];
    assert_eq!(both(), [(); 2].map(|()| json!([false, [], null])));
    app.step_on("2026-11-23");
    assert_eq!(both(), [(); 2].map(|()| json!([true, ["2026-11"], null])));
    // Three working days and three more: it counts on Wednesday's morning.
    app.step_on("2026-12-01");
    assert_eq!(both(), [(); 2].map(|()| json!([true, ["2026-11"], null])));
    app.step_on("2026-12-02");
    assert_eq!(both(), [(); 2].map(|()| json!([false, [], 60])));
}
