//! What is cached between requests: it is what stands, and what has nothing to do with a write
//! outlives it.

use serde_json::json;
use xinwu_both::both;
use xinwu_domain::access::Role;
use xinwu_domain::estate::EstateKind;

use crate::harness::TestApp;
use crate::harness::residents::{Resident, Stage};
use crate::harness::world::{COMMUNITY, DISTRICT, STREET, plain_project};

const MONTH: &str = "2026-11";

/// A firm's project with a manager, and the manager.
fn managed_stage(app: &TestApp) -> (Stage, String) {
    let uscc = app.firm("大连所记物业有限公司");
    let manager = app.manager("王经理", &uscc);
    let estate = app.estate(COMMUNITY, EstateKind::Professional);
    let mut new = plain_project(&estate, &uscc);
    new.manager = Some(manager.clone());
    let project = app.project_with(new);
    (Stage { uscc, estate, project }, manager)
}

/// Every page about them that is cached.
fn pages(stage: &Stage, manager: &str) -> Vec<String> {
    let Stage { uscc, project, estate } = stage;
    vec![
        format!("/v1/firms/{uscc}"),
        format!("/v1/firms/{uscc}/ratings"),
        format!("/v1/firms/{uscc}/reviews"),
        format!("/v1/firms/{uscc}/evaluation"),
        format!("/v1/compare?firms={uscc}"),
        format!("/v1/projects/{project}"),
        format!("/v1/projects/{project}/ratings"),
        format!("/v1/projects/{project}/reviews"),
        format!("/v1/projects/{project}/evaluation"),
        format!("/v1/managers/{manager}"),
        format!("/v1/managers/{manager}/evaluation"),
        format!("/v1/estates/{estate}"),
    ]
}

fn read(app: &TestApp, pages: &[String]) -> Vec<(String, String)> {
    pages.iter().map(|page| (page.clone(), app.get(page).expect(200).text)).collect()
}

fn say(app: &TestApp, resident: &Resident, stage: &Stage, comment: &str) {
    app.rating(resident, &stage.project, MONTH).json(&json!({"overall": 4, "comment": comment})).expect(201);
}

#[both]
fn a_waiting_rating_leaves_every_page_cached_and_a_step_those_of_others(app: TestApp) {
    let (stage, manager) = managed_stage(&app);
    let elsewhere = app.stage();
    let (residents, others) = (app.neighbours(&stage.estate, 6), app.neighbours(&elsewhere.estate, 5));
    residents[..5].iter().for_each(|resident| say(&app, resident, &stage, "好"));
    app.step_on("2026-12-01");
    let pages = pages(&stage, &manager);
    let before = read(&app, &pages);
    app.rating(&residents[5], &stage.project, "2026-12")
        .json(&json!({"overall": 1, "comment": "一般"}))
        .expect(201);
    app.rate(&others[0], &elsewhere.project, "2026-12", 1);
    // Whatever is read again is not found.
    let away: Vec<String> = ["firm", "project", "manager", "estate"]
        .iter()
        .map(|table| format!("ALTER TABLE {table} RENAME TO {table}_away"))
        .collect();
    app.sql(&away, &elsewhere.uscc);
    assert_eq!(read(&app, &pages), before);
    app.get(&format!("/v1/firms/{}", elsewhere.uscc)).expect(500);
}

#[both]
fn what_is_cached_is_what_another_instance_reads(app: TestApp) {
    let (stage, manager) = managed_stage(&app);
    let beside = app.stage_of(&stage.uscc);
    let elsewhere = app.stage();
    let residents = app.neighbours(&stage.estate, 6);
    let (few, others) = (app.neighbours(&beside.estate, 5), app.neighbours(&elsewhere.estate, 5));
    let pages = pages(&stage, &manager);
    let patch = |token: &str, path: String, change: serde_json::Value| {
        app.patch(&path).token(token).header("If-Match", "*").json(&change).expect(200);
    };
    let patch_seconded = |token: &str, path: String, change: serde_json::Value| {
        app.patch(&path).token(token).header("If-Match", "*").json(&change).seconded(&app);
    };
    let first_review =
        || app.get(&pages[2]).expect(200).json()["items"][0]["id"].as_str().unwrap().to_owned();
    let mut seen = read(&app, &pages);
    let mut changes = 0;
    let mut holds = |what: &str| {
        let (here, there) = (read(&app, &pages), read(&app.beside(), &pages));
        assert_eq!(here, there, "{what}");
        changes += usize::from(here != seen);
        seen = here;
    };
    residents[..4].iter().for_each(|resident| say(&app, resident, &stage, "好"));
    say(&app, &residents[4], &stage, "请致电 139 0000 0000");
    app.rate_all(&few, &beside.project, MONTH, &[2; 5]);
    holds("ratings that wait");
    let tokens = || {
        (
            app.official(Role::Street, STREET, false),
            app.official(Role::District, DISTRICT, false),
            app.firm_account(&stage.uscc),
        )
    };
    app.step_on("2026-12-01");
    let (street, district, replier) = tokens();
    let decision = |verb: &str| match verb {
        "hide" => json!({"rule": "off_topic", "reason": "核实"}),
        _ => json!({"reason": "核实"}),
    };
    let moderate = |id: &str, verb: &str| {
        app.post(&format!("/v1/admin/reviews/{id}/{verb}"))
            .token(&street)
            .header("If-Match", "*")
            .json(&decision(verb))
            .expect(200);
    };
    holds("a step, with a review that waits for officials");
    let held = app.get("/v1/admin/reviews?status=held").token(&street).expect(200).json();
    moderate(held["items"][0]["id"].as_str().unwrap(), "publish");
    holds("a review that comes out with the next step");
    let review = first_review();
    moderate(&review, "hide");
    holds("a review hidden");
    moderate(&review, "publish");
    holds("a review published");
    app.put(&format!("/v1/reviews/{}/reply", first_review()))
        .token(&replier)
        .json(&json!({"text": "谢谢"}))
        .expect(201);
    holds("a reply");
    app.delete(&format!("/v1/me/ratings/{}/{MONTH}/comment", stage.project))
        .token(&app.renewed(&residents[0].id))
        .expect(204);
    holds("a comment taken back");
    app.rate_all(&others, &elsewhere.project, "2026-12", &[3; 5]);
    holds("ratings elsewhere");
    app.increment(&beside.project, "2026-12", [0, 0, 0, 7, 0]);
    holds("another increment of the firm's other project");
    patch(&district, format!("/v1/admin/estates/{}", stage.estate), json!({"name": "改名雅苑"}));
    holds("the estate's name");
    patch_seconded(&district, format!("/v1/admin/managers/{manager}"), json!({"name": "李经理"}));
    holds("the manager's name");
    patch(&district, format!("/v1/admin/firms/{}", stage.uscc), json!({"name": "大连改名物业有限公司"}));
    holds("the firm's name");
    let path = format!("/v1/admin/projects/{}", beside.project);
    patch_seconded(&street, path, json!({"ends_on": "2026-11-20"}));
    holds("another project's end");
    patch_seconded(
        &street,
        format!("/v1/admin/projects/{}", stage.project),
        json!({"ends_on": "2026-11-20", "manager": null}),
    );
    holds("the project's end, and its manager gone");
    patch(&district, format!("/v1/admin/firms/{}", elsewhere.uscc), json!({"name": "大连无关物业有限公司"}));
    holds("another firm's name");
    app.step_on("2027-01-01");
    holds("a month later");
    assert!(changes > 10, "{changes}");
}
