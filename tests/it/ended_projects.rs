//! A bad project that ends does not better its firm overnight, also by the schemes of other cities.

use serde_json::{Value, json};
use xinwu_both::both;
use xinwu_domain::access::Role;
use xinwu_domain::estate::EstateKind;
use xinwu_domain::project::{Area, NewProject};

use crate::harness::TestApp;
use crate::harness::files::{penalty, with};
use crate::harness::world::{COMMUNITY, DISTRICT, STREET, plain_project};
use crate::imports::{CSV, import_file};
use crate::scheme_drafts::announce;

/// Another city's scheme in force here, beside the primary one.
fn adopt(app: &TestApp, text: &str, place: &str) {
    let text = text
        .replacen(&format!("place = \"{place}\""), "place = \"2102\"", 1)
        .replacen("primary_for = [\"project\", \"firm\"]\n", "", 1)
        .replacen("primary_for = [\"firm\", \"project\"]\n", "", 1)
        .replacen("effective_from = 2020-01-01", "effective_from = 2026-11-21", 1)
        .replacen("version = 1", "version = 2", 1);
    announce(app, &text);
    app.tick();
}

/// A firm with a good project of 10,000 m² and a bad one of 30,000: the firm, the good, the bad.
fn good_and_bad(app: &TestApp) -> (String, String, String) {
    let scene = app.scene();
    let large = NewProject {
        area_m2: Area::parse("30000").unwrap(),
        households: 300,
        ..plain_project(&app.estate(COMMUNITY, EstateKind::Old), &scene.uscc)
    };
    (scene.uscc, scene.project, app.project_with(large))
}

fn assess(app: &TestApp, project: &str, period: &str, score: i64) {
    let body = json!({"scores": {"service": score, "party": score}, "correction_reason": "补录"});
    app.assessed(project, period, "street", &body);
}

fn end(app: &TestApp, project: &str, last: &str) {
    let street = app.official(Role::Street, STREET, false);
    let path = format!("/v1/admin/projects/{project}");
    app.patch(&path).token(&street).header("If-Match", "*").json(&json!({"ends_on": last})).seconded(app);
}

fn component(evaluation: &Value, id: &str) -> Value {
    let components = evaluation["components"].as_array().unwrap();
    components.iter().find(|part| part["id"] == id).unwrap()["value"].clone()
}

#[both]
fn under_jianggans_scheme_an_ended_project_keeps_its_part_and_its_records(app: TestApp) {
    let (uscc, good, bad) = good_and_bad(&app);
    adopt(&app, include_str!("../../schemes/jianggan-shuangbaifen/1.toml"), "330104");
    assess(&app, &good, "2026-Q3", 100);
    assess(&app, &bad, "2026-Q3", 20);
    let body = json!({"category": "P803", "project": bad, "decided_on": "2026-11-10"});
    let record = app.record_in_force(&with(penalty(&uscc), body));
    let of = |path: &str| format!("{path}/evaluation?scheme=jianggan-shuangbaifen");
    let (firm, project) = (of(&format!("/v1/firms/{uscc}")), of(&format!("/v1/projects/{bad}")));
    let hundreds = |path: &str| {
        let evaluation = app.get(path).expect(200).json();
        assert_eq!(evaluation["unmatched"], json!([]));
        [component(&evaluation, "party"), component(&evaluation, "service")]
    };
    // Of the good one 0.6 × 70 + 0.4 × 100 and (0.5 × 80 + 0.3 × 100) / 0.8, of the bad one
    // 0.6 × 55 + 0.4 × 20 and (0.5 × 80 + 0.3 × 20) / 0.8: by 1/4 and 3/4.
    let (whole, of_bad) = ([json!(51.25), json!(65)], [json!(41), json!(57.5)]);
    assert_eq!((hundreds(&firm), hundreds(&project)), (whole.clone(), of_bad.clone()));
    end(&app, &bad, "2026-11-21");
    for instant in
        ["2026-11-21T15:59:59Z", "2026-11-21T16:00:00Z", "2026-12-20T00:00:00Z", "2027-01-31T15:59:59Z"]
    {
        app.set_time(instant);
        app.tick();
        assert_eq!((hundreds(&firm), hundreds(&project)), (whole.clone(), of_bad.clone()), "{instant}");
        assert_eq!(hundreds(&format!("{firm}&as_of={instant}")), whole, "{instant}");
        let card = app.get(&format!("/v1/firms/{uscc}")).expect(200).json();
        assert_eq!(card["other_credits"][0]["score"], 116.25, "{instant}");
    }
    let line = |path: &str| {
        let items = app.get(path).expect(200).json()["items"].clone();
        items.as_array().unwrap().iter().find(|item| item["id"] == json!(record)).cloned()
    };
    assert_eq!(line(&firm).unwrap()["project"], json!(bad));
    // Its quarters are over with the first of the next year, its months with the step that closes
    // May: 1/4 × 87.5 + 3/4 × 80.
    assess(&app, &good, "2026-Q4", 100);
    assess(&app, &bad, "2026-Q4", 20);
    assess(&app, &good, "2027-Q1", 100);
    for (instant, of_firm) in [
        ("2027-04-30T15:59:59Z", whole),
        ("2027-04-30T16:00:00Z", [json!(82), json!(81.875)]),
        ("2027-05-31T21:59:59Z", [json!(82), json!(81.875)]),
        ("2027-05-31T22:00:00Z", [json!(82), json!(87.5)]),
    ] {
        app.set_time(instant);
        app.tick();
        let evaluation = app.get(&firm).expect(200).json();
        assert_eq!(
            [component(&evaluation, "party"), component(&evaluation, "service")],
            of_firm,
            "{instant}"
        );
    }
    // Its record is in force until November, and no project of the roll-ups is left for it.
    assert_eq!(app.get(&firm).expect(200).json()["unmatched"][0]["record"], json!(record));
    assert_eq!((line(&firm), hundreds(&project)), (None, [Value::Null, Value::Null]));
}

#[both]
fn under_lanshans_scheme_an_ended_project_keeps_its_survey(app: TestApp) {
    let (uscc, good, bad) = good_and_bad(&app);
    adopt(&app, include_str!("../../schemes/lanshan/1.toml"), "371103");
    app.set_time("2027-01-10T02:00:00Z");
    for (project, score) in [(&good, 100), (&bad, 20)] {
        assess(&app, project, "2026-Q3", score);
    }
    let key = "survey_satisfaction,2026-Q4";
    let file = format!(
        "subject_kind,subject,key,period,value,source\nproject,{good},{key},90,调查\nproject,{bad},{key},50,调查\n"
    );
    let district = app.official(Role::District, DISTRICT, false);
    let batch = import_file(&app, &district, "metrics", CSV, file.as_str());
    let path = format!("/v1/admin/imports/{}", batch["id"].as_str().unwrap());
    let city = app.official(Role::City, "2102", true);
    app.post(&format!("{path}/confirm")).token(&city).header("If-Match", "*").expect(200);
    end(&app, &bad, "2027-01-15");
    let path = format!("/v1/firms/{uscc}/evaluation?scheme=lanshan");
    let evaluation = || app.get(&path).expect(200).json();
    // By households 1/4 × 90 + 3/4 × 50 = 60; 0.4 × 60 + (0.3 + 0.1) × (100 / 4 + 20 × 3 / 4) + 0.2
    // × 60.
    for instant in ["2027-01-15T15:59:59Z", "2027-01-15T16:00:00Z", "2027-01-31T15:59:59Z"] {
        app.set_time(instant);
        app.tick();
        let found = evaluation();
        assert_eq!((component(&found, "survey"), &found["score"]), (json!(60), &json!(52)), "{instant}");
    }
    // A survey counts for 45 days.
    for (instant, survey) in [("2027-02-14T15:59:59Z", json!(60)), ("2027-02-14T16:00:00Z", Value::Null)] {
        app.set_time(instant);
        app.tick();
        assert_eq!(component(&evaluation(), "survey"), survey, "{instant}");
    }
}
