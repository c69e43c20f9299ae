//! What is remembered between requests: it is what stands, and what has nothing to do with a write outlives it.

use serde_json::json;
use xinwu_domain::access::Role;
use xinwu_domain::estate::EstateKind;

use crate::harness::TestApp;
use crate::harness::voices::{Stage, Voice};
use crate::harness::world::{COMMUNITY, DISTRICT, STREET, plain_project};

const MONTH: &str = "2026-11";

/// A firm's project with a manager, and the manager.
fn managed_stage(app: &TestApp) -> (Stage, String) {
    let uscc = app.firm("大连所记物业有限公司");
    let manager = app.manager("王经理", &uscc);
    let estate = app.estate(COMMUNITY, EstateKind::Professional);
    let mut new = plain_project(&estate, &uscc);
    new.manager_id = Some(manager.clone());
    let project = app.project_with(new);
    (Stage { uscc, estate, project }, manager)
}

/// Every page about them that is remembered.
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

fn say(app: &TestApp, voice: &Voice, stage: &Stage, comment: &str) {
    app.rating(voice, &stage.project, MONTH).json(&json!({"overall": 4, "comment": comment})).expect(201);
}

both! {
    fn a_voice_on_one_firm_leaves_the_pages_of_others_remembered(app) {
        let (stage, manager) = managed_stage(&app);
        app.voices(&stage.estate, 5).iter().for_each(|voice| say(&app, voice, &stage, "好"));
        let elsewhere = app.stage();
        let voice = app.voice(&elsewhere.estate);
        let pages = pages(&stage, &manager);
        let before = read(&app, &pages);
        say(&app, &voice, &elsewhere, "一般");
        // Whatever is read anew is not found.
        let away: Vec<String> = ["firm", "project", "manager", "estate"].iter().map(|table| format!("ALTER TABLE {table} RENAME TO {table}_away")).collect();
        app.sql(&away, &elsewhere.uscc);
        assert_eq!(read(&app, &pages), before);
        app.get(&format!("/v1/firms/{}", elsewhere.uscc)).expect(500);
    }

    fn what_is_remembered_is_what_another_instance_reads(app) {
        let (stage, manager) = managed_stage(&app);
        let beside = app.stage_of(&stage.uscc);
        let elsewhere = app.stage();
        let voices = app.voices(&stage.estate, 6);
        let (few, other) = (app.voices(&beside.estate, 5), app.voice(&elsewhere.estate));
        let pages = pages(&stage, &manager);
        let (street, district) = (app.official(Role::Street, STREET, false), app.official(Role::District, DISTRICT, false));
        let replier = app.firm_account(&stage.uscc);
        let patch = |token: &str, path: String, change: serde_json::Value| {
            app.patch(&path).token(token).header("If-Match", "*").json(&change).expect(200);
        };
        let first_review = || app.get(&pages[2]).expect(200).json()["items"][0]["id"].as_str().unwrap().to_owned();
        let moderate = |id: &str, verb: &str| {
            app.post(&format!("/v1/admin/reviews/{id}/{verb}")).token(&street).header("If-Match", "*").json(&json!({"reason": "核实"})).expect(200);
        };
        let mut seen = read(&app, &pages);
        let mut changes = 0;
        let mut holds = |what: &str| {
            let (here, there) = (read(&app, &pages), read(&app.beside(), &pages));
            assert_eq!(here, there, "{what}");
            changes += usize::from(here != seen);
            seen = here;
        };
        for voice in &voices[..5] {
            say(&app, voice, &stage, "好");
            holds("a voice and a review more");
        }
        for voice in &few {
            app.rate(voice, &beside.project, MONTH, 2);
            holds("a voice on another of the firm's projects");
        }
        let review = first_review();
        moderate(&review, "hide");
        holds("a review hidden");
        moderate(&review, "publish");
        holds("a review published");
        app.put(&format!("/v1/reviews/{}/reply", first_review())).token(&replier).json(&json!({"text": "谢谢"})).expect(201);
        holds("a reply");
        say(&app, &voices[5], &stage, "请致电 139 0000 0000");
        holds("a voice whose review waits");
        app.delete(&format!("/v1/me/ratings/{}/{MONTH}", stage.project)).token(&voices[0].token).expect(204);
        holds("a voice taken back, and its review");
        say(&app, &other, &elsewhere, "与此无关");
        holds("a voice elsewhere");
        patch(&district, format!("/v1/admin/estates/{}", stage.estate), json!({"name": "改名雅苑"}));
        holds("the estate's name");
        patch(&district, format!("/v1/admin/managers/{manager}"), json!({"name": "李经理"}));
        holds("the manager's name");
        patch(&district, format!("/v1/admin/firms/{}", stage.uscc), json!({"name": "大连改名物业有限公司"}));
        holds("the firm's name");
        patch(&street, format!("/v1/admin/projects/{}", beside.project), json!({"ends_on": "2026-11-20"}));
        holds("another project's end");
        patch(&street, format!("/v1/admin/projects/{}", stage.project), json!({"ends_on": "2026-11-20", "manager": null}));
        holds("the project's end, and its manager gone");
        patch(&district, format!("/v1/admin/firms/{}", elsewhere.uscc), json!({"name": "大连无关物业有限公司"}));
        holds("another firm's name");
        app.set_time("2026-12-01T02:00:00Z");
        app.tick();
        holds("a month later");
        assert!(changes > 15, "{changes}");
    }
}
