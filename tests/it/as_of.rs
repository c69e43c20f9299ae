//! A document of the past is the same to the last byte whenever it is asked for, whatever was
//! learnt since.

use chrono::Duration;
use serde_json::{Value, json};
use xinwu_both::both;
use xinwu_domain::access::{Operation, Role, Warrant};
use xinwu_domain::project::ProjectEdit;
use xinwu_domain::subject::Subject;
use xinwu_domain::text::Language;
use xinwu_domain::version::Expected;
use xinwu_persistence::registers::authorized::hold;
use xinwu_persistence::registers::project;

use crate::harness::TestApp;
use crate::harness::files::{Scene, penalty, with};
use crate::harness::world::STREET;
use crate::scheme_drafts::{announce, second_version};

/// The instant that is asked about again and again.
const THEN: &str = "2026-11-21T03:00:00Z";

/// Every document of the past that the firm and its officials can ask for: of the firm, the
/// project, and a manager who was not in charge then; by each scheme, in each language. With its
/// entity tag.
fn documents(app: &TestApp, scene: &Scene, manager: &str, more: &str) -> Vec<(String, String, String)> {
    let mut documents = Vec::new();
    for subject in [
        format!("firms/{}", scene.uscc),
        format!("projects/{}", scene.project),
        format!("managers/{manager}"),
    ] {
        for scheme in ["", "&scheme=dalian-demo", "&scheme=shandong-2019"] {
            for token in [app.firm_account(&scene.uscc), app.confirmer()] {
                for language in ["zh-CN", "en"] {
                    let path = format!("/v1/{subject}/evaluation?as_of={THEN}{scheme}{more}");
                    let reply = app.get(&path).token(&token).header("Accept-Language", language).expect(200);
                    documents.push((path, reply.etag().to_owned(), reply.text));
                }
            }
        }
    }
    documents
}

#[both]
fn a_document_of_the_past_is_the_same_to_the_last_byte(app: TestApp) {
    let scene = app.scene();
    app.shandong_here();
    let manager = app.manager("王经理", &scene.uscc);
    let in_force = |title: &str, changes: Value| {
        app.record_in_force(&with(with(penalty(&scene.uscc), json!({"title": title})), changes))
    };
    let [amended, objected, revoked] = ["改", "议", "撤"].map(|title| in_force(title, json!({})));
    let repaired = in_force("修", json!({"decided_on": "2026-08-01"}));
    let on_project = in_force("项目", json!({"project": scene.project}));
    app.increment(&scene.project, "2026-10", [0, 0, 0, 4, 6]);
    let street = app.official(Role::Street, STREET, true);
    let scores =
        |service: i64| json!({"scores": {"service": service, "party": 60}, "correction_reason": "补录"});
    let assess =
        |token: &str, service| app.assess(token, &scene.project, "2026-Q3", "street", &scores(service));
    let first = assess(&street, 80).seconded(&app);
    let early = app.objection(&scene.uscc, &objected);
    app.set_time("2026-11-21T03:00:30Z");
    let before = documents(&app, &scene, &manager, "");
    let same = |what: &str| {
        for ((path, tag, text), (_, tag_now, text_now)) in
            before.iter().zip(documents(&app, &scene, &manager, ""))
        {
            assert_eq!((text, tag), (&text_now, &tag_now), "{path} after {what}");
        }
        app.advance(Duration::minutes(1));
    };
    assert!(before[0].2.contains(&on_project) && before[0].2.contains(&objected), "{}", before[0].2);
    assert!(!before.last().unwrap().2.contains(&on_project));
    same("nothing");

    // Decided long before, confirmed now; ended on a day that comes.
    in_force("迟", json!({"decided_on": "2026-06-01"}));
    in_force("近", json!({"decided_on": "2026-11-20"}));
    same("new records");
    let objection = app.objection(&scene.uscc, &amended);
    same("an objection");
    app.decided(&objection, &json!({"decision": "amended", "reason": "改", "amendment": {"severity": "minor", "decided_on": "2026-11-01"}}));
    same("an amendment");
    app.decided(&early, &json!({"decision": "upheld", "reason": "维持"}));
    same("the end of an objection that was open");
    let objection = app.objection(&scene.uscc, &revoked);
    app.decided(&objection, &json!({"decision": "revoked", "reason": "撤销"}));
    same("a revocation");
    let repair = app.ask_repair(&app.firm_account(&scene.uscc), &repaired).expect(201).json()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    app.decide(&app.confirmer(), "repairs", &repair, &json!({"decision": "granted", "reason": "已核实"}))
        .expect(200);
    same("a repair");
    let path = format!("/v1/assessments/{}", first.json()["id"].as_str().unwrap());
    app.object(&app.firm_account(&scene.uscc), &path).expect(201);
    same("an objection to an assessment");
    let street = app.official(Role::Street, STREET, true);
    app.assess(&street, &scene.project, "2026-Q3", "street", &scores(60))
        .header("If-Match", first.etag())
        .seconded(&app);
    app.assess(
        &app.official(Role::Community, crate::harness::world::COMMUNITY, true),
        &scene.project,
        "2026-Q3",
        "community",
        &scores(50),
    )
    .seconded(&app);
    same("assessments");
    app.increment(&scene.project, "2026-10", [5, 0, 0, 0, 0]);
    app.increment(&scene.project, "2026-11", [0, 0, 5, 0, 0]);
    same("more ratings");
    let (project, in_charge) = (scene.project.clone(), manager.clone());
    let context = app.state.city().context(Language::Chinese, app.now());
    app.db()
        .write_blocking(move |tx| {
            let edit = ProjectEdit {
                manager: Some(Some(in_charge.clone())),
                area_m2: Some(xinwu_domain::project::Area::parse("20000").unwrap()),
                ..ProjectEdit::default()
            };
            let operator = Warrant::operator(Operation::EditProject);
            let held = hold(tx, &operator, &project, &Expected::Any, context.today())?;
            project::edit(tx, &operator, &held, &edit, context).map(|_| ())
        })
        .unwrap();
    same("another manager and area");
    // From this very day on, other rules.
    announce(&app, &second_version("2026-11-21", &[("value = 60", "value = 50")]));
    app.tick();
    same("other rules");
    let seat = format!("/v1/firms/{}/evaluations", scene.uscc);
    let entry = app.get(&seat).expect(200).json()["items"][0]["id"].as_str().unwrap().to_owned();
    app.object(&app.firm_account(&scene.uscc), &format!("{seat}/{entry}")).expect(201);
    same("an objection to the evaluation");

    // Who asks with the knowledge of now is told another story: of the firm and the project.
    let now = app.now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    for ((path, _, text), (_, _, now)) in
        before.iter().zip(documents(&app, &scene, &manager, &format!("&known_at={now}")))
    {
        let (then, now): (Value, Value) =
            (serde_json::from_str(text).unwrap(), serde_json::from_str(&now).unwrap());
        assert_eq!(then["as_of"], now["as_of"]);
        // Shandong grades no projects: there is nothing to tell of one.
        if path.contains("/projects/") && path.contains("shandong") {
            continue;
        }
        assert!(then["items"] != now["items"] || then["unmatched"] != now["unmatched"], "{path}");
    }
    let now = app
        .get(&format!("/v1/firms/{}/evaluation?as_of={THEN}&known_at={now}", scene.uscc))
        .token(&app.confirmer())
        .expect(200);
    // Statuses go by the day, and the evaluation came under objection on that one.
    assert_eq!(now.json()["outcome"], "suspended");
    standing_is_scheduled(&app, &scene);
}

/// What the document does not say the clock knows: the firm is due again.
fn standing_is_scheduled(app: &TestApp, scene: &Scene) {
    use diesel::prelude::*;
    use xinwu_store::schema::due;
    let subject = Subject::firm(&scene.uscc);
    let due: Option<chrono::NaiveDateTime> = app
        .db()
        .read_blocking(move |conn| {
            let of_firm =
                due::table.filter(due::subject_kind.eq("firm")).filter(due::subject_id.eq(&subject.id));
            Ok(of_firm.select(due::due_at).first(conn).optional()?)
        })
        .unwrap();
    assert!(due.is_some_and(|due| due > app.now().naive_utc()), "{due:?}");
}
