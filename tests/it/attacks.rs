//! One official alone moves no grade: each way by which one did ends in 202, and everything that is
//! published of the firm is what it was, to the last figure.

use serde_json::{Value, json};
use xinwu_both::both;
use xinwu_domain::access::Role;
use xinwu_domain::estate::EstateKind;

use crate::assessments::scores;
use crate::harness::files::with;
use crate::harness::world::{COMMUNITY, DISTRICT, STREET};
use crate::harness::{Call, TestApp};
use crate::scheme_drafts::{announce, second_version};

/// A firm with two projects of one size, of which the street thinks well of one alone.
struct Graded {
    uscc: String,
    good: String,
    bad: String,
}

impl Graded {
    fn new(app: &TestApp) -> Graded {
        let scene = app.scene();
        let bad = app.project(&app.estate(COMMUNITY, EstateKind::Professional), &scene.uscc);
        for (project, score) in [(&scene.project, 100.0), (&bad, 40.0)] {
            let given = with(scores(score, score), json!({"correction_reason": "补录"}));
            app.assessed(project, "2026-Q3", "street", &given);
        }
        app.tick();
        Graded { uscc: scene.uscc, good: scene.project, bad }
    }

    /// All that is published of its grade: card, evaluation and history, and of its projects'.
    fn published(&self, app: &TestApp) -> Value {
        let get = |path: String| app.get(&path).expect(200).json();
        let card = get(format!("/v1/firms/{}", self.uscc));
        let of_projects = [&self.good, &self.bad].map(|project| {
            let evaluation = get(format!("/v1/projects/{project}/evaluation"));
            json!({"score": evaluation["score"], "grade": evaluation["grade"]})
        });
        let evaluation = get(format!("/v1/firms/{}/evaluation", self.uscc));
        json!({
            "credit": card["credit"], "lists": card["lists"], "projects": card["projects"],
            "score": evaluation["score"], "grade": evaluation["grade"], "outcome": evaluation["outcome"],
            "components": evaluation["components"],
            "history": get(format!("/v1/firms/{}/evaluations", self.uscc))["items"],
            "of_projects": of_projects
        })
    }
}

/// The attacks, each by an account of its own kind, with and without the power to confirm.
fn attacks(app: &TestApp, graded: &Graded, has_power: bool) -> Vec<(&'static str, String, Call)> {
    let street = app.official(Role::Street, STREET, has_power);
    let district = app.official(Role::District, DISTRICT, has_power);
    let change = |path: String, token: &str, body: Value| {
        app.patch(&path).token(token).header("If-Match", "*").json(&body)
    };
    let area = json!({"area_m2": 100_000_000, "area_reason": "x", "reason": "x"});
    let invented = json!({
        "estate": app.estate(COMMUNITY, EstateKind::Old), "operator": "firm", "uscc": graded.uscc,
        "starts_on": "2024-01-01", "area_m2": 40000, "households": 100, "reason": "x"
    });
    let mut corrected = scores(0.0, 0.0);
    corrected["correction_reason"] = json!("x");
    let key = format!("/v1/admin/assessments/{}/2026-Q3/street", graded.good);
    let correction = app.put(&key).token(&street).header("If-Match", "*").json(&corrected);
    let blank = json!({"residential": false, "reason": "x"});
    vec![
        ("area", street.clone(), change(format!("/v1/admin/projects/{}", graded.good), &street, area)),
        ("invented", street.clone(), app.post("/v1/admin/projects").token(&street).json(&invented)),
        ("correction", street, correction),
        ("blank", district.clone(), change(format!("/v1/admin/firms/{}", graded.uscc), &district, blank)),
    ]
}

#[both]
fn one_official_alone_moves_no_grade(app: TestApp) {
    let graded = Graded::new(&app);
    let before = graded.published(&app);
    // (0.40 × 60 + 0.30 × (100 + 40) ÷ 2) ÷ 0.70
    assert_eq!((&before["score"], &before["grade"]), (&json!(64.286), &json!("B")));
    assert_eq!(before["credit"]["score"], before["score"]);
    assert!(!before["history"].as_array().unwrap().is_empty());
    for has_power in [false, true] {
        let mut open = Vec::new();
        for (attack, author, call) in attacks(&app, &graded, has_power) {
            let proposal = call.expect(202).json();
            assert_eq!(proposal["state"], "open", "{attack}");
            assert_eq!(graded.published(&app), before, "{attack}");
            // Nor does the author confirm it, whatever the power.
            let path = format!("/v1/admin/proposals/{}", proposal["id"].as_str().unwrap());
            let confirm = app.post(&format!("{path}/confirm")).token(&author).header("If-Match", "*");
            confirm.refused(403, "second_person_needed");
            assert_eq!(graded.published(&app), before, "{attack}");
            open.push((path, author));
        }
        // All of them open at once, and the clock at work.
        app.tick();
        assert_eq!(graded.published(&app), before);
        for (path, author) in open {
            app.post(&format!("{path}/withdraw")).token(&author).header("If-Match", "*").expect(200);
        }
    }
    assert_eq!(graded.published(&app), before);
}

/// Where the scheme bounds what one project weighs, an area of any size does not make it the whole
/// firm: in what is stored and shown, as in what is worked out.
#[both]
fn a_scheme_bounds_what_one_project_weighs(app: TestApp) {
    let graded = Graded::new(&app);
    let city = app.official(Role::City, "2102", true);
    let (_, _, area) = attacks(&app, &graded, false).remove(0);
    let path = format!("/v1/admin/proposals/{}/confirm", area.expect(202).json()["id"].as_str().unwrap());
    app.post(&path).token(&city).header("If-Match", "*").expect(200);
    let shown = || {
        let published = graded.published(&app);
        assert_eq!(published["credit"]["score"], published["score"]);
        assert_eq!(published["credit"]["grade"], published["grade"]);
        (published["score"].clone(), published["grade"].clone())
    };
    assert_eq!(shown(), (json!(77.14), json!("A")));
    let bounded = second_version("2026-12-01", &[("by = \"area\"", "by = \"area\"\nmost_share = 0.5")]);
    announce(&app, &bounded);
    app.tick();
    assert_eq!(shown(), (json!(77.14), json!("A")));
    app.set_time("2026-11-30T16:00:00Z");
    app.tick();
    // Half of the firm at the most, as if both were of one size.
    assert_eq!(shown(), (json!(64.286), json!("B")));
    let then = format!("/v1/firms/{}/evaluation?as_of=2026-11-30T15:59:59Z", graded.uscc);
    assert_eq!(app.get(&then).expect(200).json()["score"], json!(77.14));
}

/// What the attacks would have done, once a second person confirms it: the test above would see it.
#[both]
fn confirmed_by_another_each_of_them_moves_it(app: TestApp) {
    let graded = Graded::new(&app);
    let city = app.official(Role::City, "2102", true);
    let mut seen = vec![graded.published(&app)];
    for (attack, _, call) in attacks(&app, &graded, false) {
        let path = format!("/v1/admin/proposals/{}/confirm", call.expect(202).json()["id"].as_str().unwrap());
        app.post(&path).token(&city).header("If-Match", "*").expect(200);
        let published = graded.published(&app);
        assert!(!seen.contains(&published), "{attack}");
        seen.push(published);
    }
    let scores: Vec<&Value> = seen.iter().map(|published| &published["score"]).collect();
    // By its area of 100 km² the one project counts for all.
    assert_eq!((scores[0], scores[1]), (&json!(64.286), &json!(77.14)));
    assert_eq!(seen.last().unwrap()["grade"], Value::Null);
}
