//! Objections under schemes that suspend what is disputed, and under those that announce grades.

use serde_json::{Value, json};
use xinwu_both::both;
use xinwu_domain::access::Role;

use crate::harness::TestApp;
use crate::harness::files::{Scene, penalty, with};
use crate::harness::life::line;
use crate::harness::world::{DISTRICT, STREET};
use crate::managers_terms::rules;
use crate::scheme_drafts::{announce, second_version};

const SUSPENDED: (&str, &str) = ("disputed = \"counts\"", "disputed = \"suspended\"");
const BOTH: (&str, &str) = ("disputed = \"counts\"", "announce_working_days = 7\ndisputed = \"suspended\"");

fn upheld() -> Value {
    json!({"decision": "upheld", "reason": "维持"})
}

/// A firm whose project the street assessed with 90 for the last closed quarter; gives the
/// assessment's path. 0.40 × 60 + 0.30 × 90 over 0.70 is 72.857.
fn assessed(app: &TestApp) -> (Scene, String) {
    let scene = app.scene();
    app.set_time("2027-01-08T02:00:00Z");
    let body = json!({"scores": {"service": 90, "party": 60}, "correction_reason": "补录"});
    let given = app.assessed(&scene.project, "2026-Q3", "street", &body);
    let path = format!("/v1/assessments/{}", given["id"].as_str().unwrap());
    app.tick();
    (scene, path)
}

fn object(app: &TestApp, scene: &Scene, path: &str) -> String {
    let filed = app.object(&app.firm_account(&scene.uscc), path).expect(201);
    filed.json()["id"].as_str().unwrap().to_owned()
}

fn decide(app: &TestApp, id: &str) {
    app.decide(&app.official(Role::Street, STREET, true), "objections", id, &upheld()).expect(200);
}

fn credit(app: &TestApp, scene: &Scene) -> Value {
    app.get(&format!("/v1/firms/{}", scene.uscc)).expect(200).json()["credit"].clone()
}

/// Event, previous grade and grade of the newest entries.
fn history(app: &TestApp, scene: &Scene, count: usize) -> Vec<(Value, Value, Value)> {
    let page =
        app.get(&format!("/v1/firms/{}/evaluations?scheme=dalian-demo", scene.uscc)).expect(200).json();
    let entries = page["items"].as_array().unwrap().iter().take(count);
    entries
        .map(|item| (item["event"].clone(), item["previous"]["grade"].clone(), item["grade"].clone()))
        .collect()
}

fn entries(app: &TestApp, scene: &Scene) -> Vec<Value> {
    let page =
        app.get(&format!("/v1/firms/{}/evaluations?scheme=dalian-demo", scene.uscc)).expect(200).json();
    page["items"].as_array().unwrap().clone()
}

fn entry(event: &str, previous: Value, grade: Value) -> (Value, Value, Value) {
    (json!(event), previous, grade)
}

#[both]
fn a_disputed_assessment_keeps_counting_where_the_scheme_says_so(app: TestApp) {
    let (scene, path) = assessed(&app);
    let id = path.trim_start_matches("/v1/assessments/").to_owned();
    app.advance(chrono::Duration::minutes(1));
    object(&app, &scene, &path);
    let now = app.evaluated(&scene.uscc, "");
    assert_eq!(now["score"], 72.857);
    assert_eq!(
        (&line(&now, &id).unwrap()["disputed"], &line(&now, &id).unwrap()["points"]),
        (&json!(true), &json!(90))
    );
    let then = app.evaluated(&scene.uscc, "?as_of=2027-01-08T02:00:59Z");
    assert_eq!(line(&then, &id).unwrap()["disputed"], false);
}

#[both]
fn a_disputed_assessment_does_not_count_while_the_objection_is_open_where_the_scheme_suspends(app: TestApp) {
    let (scene, path) = assessed(&app);
    announce(&app, &second_version("2027-01-09", &[SUSPENDED]));
    app.set_time("2027-01-11T02:00:00Z");
    app.tick();
    assert_eq!(app.evaluated(&scene.uscc, "")["score"], 72.857);
    app.advance(chrono::Duration::minutes(1));
    let id = object(&app, &scene, &path);
    // No assessment counts: the file's 60 has all the weight. The card follows at once, and says
    // why.
    assert_eq!(
        (&app.evaluated(&scene.uscc, "")["score"], &credit(&app, &scene)["score"]),
        (&json!(60), &json!(60))
    );
    assert_eq!(
        app.get(&format!("/v1/projects/{}/evaluation", scene.project)).expect(200).json()["score"],
        60
    );
    assert_eq!(
        entries(&app, &scene)[0]["cause"],
        json!({"kind": "objection", "id": id, "text": "异议受理或办结"})
    );
    app.advance(chrono::Duration::days(1));
    // Another assessor's counts meanwhile, and that which is suspended is told beside it: 0.40 × 60 +
    // 0.30 × 70 over 0.70.
    let body = json!({"scores": {"service": 70, "party": 60}, "correction_reason": "补录"});
    app.assessed(&scene.project, "2026-Q3", "community", &body);
    let now = app.evaluated(&scene.uscc, "");
    let suspended = line(&now, path.trim_start_matches("/v1/assessments/")).unwrap().clone();
    assert_eq!(now["score"], 64.286);
    assert_eq!(
        (&suspended["disputed"], &suspended["points"], &suspended["contribution"]),
        (&json!(true), &json!(90), &json!(0))
    );
    app.advance(chrono::Duration::days(1));
    decide(&app, &id);
    // 0.40 × 60 + 0.30 × 80 over 0.70.
    assert_eq!(
        (&app.evaluated(&scene.uscc, "")["score"], &credit(&app, &scene)["score"]),
        (&json!(68.571), &json!(68.571))
    );
    for (query, score) in [
        ("?as_of=2027-01-11T02:00:59Z", 72.857),
        ("?as_of=2027-01-11T02:01:00Z", 60.0),
        ("?as_of=2027-01-12T02:01:00Z", 64.286),
    ] {
        assert_eq!(app.evaluated(&scene.uscc, query)["score"].as_f64(), Some(score), "{query}");
    }
}

#[both]
fn a_contested_grade_stays_in_effect_and_is_not_announced_again(app: TestApp) {
    let (scene, path) = assessed(&app);
    announce(&app, &second_version("2027-01-09", &[BOTH]));
    app.set_time("2027-01-11T02:00:00Z");
    app.tick();
    assert_eq!(credit(&app, &scene)["grade"], "A");
    // Against the assessment: 60 is announced as B, and withdrawn when the objection is decided.
    app.advance(chrono::Duration::minutes(1));
    let id = object(&app, &scene, &path);
    assert_eq!(
        (&credit(&app, &scene)["grade"], &credit(&app, &scene)["pending"]["grade"]),
        (&json!("A"), &json!("B"))
    );
    app.advance(chrono::Duration::days(1));
    decide(&app, &id);
    assert_eq!(
        (&credit(&app, &scene)["grade"], &credit(&app, &scene)["pending"]),
        (&json!("A"), &Value::Null)
    );
    assert_eq!(
        history(&app, &scene, 2),
        [entry("withdrawn", json!("B"), json!("A")), entry("announced", json!("A"), json!("B"))]
    );
    // Against the evaluation: it stays in effect, and what comes meanwhile is announced beside it.
    app.advance(chrono::Duration::days(1));
    let newest = entries(&app, &scene).into_iter().find(|item| item["event"] == "effective").unwrap();
    let seat = format!("/v1/firms/{}/evaluations/{}", scene.uscc, newest["id"].as_str().unwrap());
    let id = object(&app, &scene, &seat);
    let shown = credit(&app, &scene);
    assert_eq!(
        (&shown["outcome"], &shown["grade"], &shown["score"]),
        (&json!("suspended"), &json!("A"), &json!(72.857))
    );
    let told = history(&app, &scene, 2);
    // Ten points twice: 0.40 × 80 + 0.30 × 90 over 0.70, which is AA.
    for title in ["一", "二"] {
        let reward = json!({
            "category": "R101", "uscc": scene.uscc, "level": "state", "title": title, "document_number": title, "authority": "住建部",
            "evidence": ["表彰决定.pdf"], "decided_on": "2027-01-10"
        });
        app.record_in_force(&reward);
    }
    let shown = credit(&app, &scene);
    assert_eq!(
        (&shown["outcome"], &shown["grade"], &shown["pending"]["grade"]),
        (&json!("suspended"), &json!("A"), &json!("AA"))
    );
    app.advance(chrono::Duration::days(2));
    app.decided(&id, &upheld());
    let shown = credit(&app, &scene);
    assert_eq!(
        (&shown["outcome"], &shown["grade"], &shown["pending"]["grade"]),
        (&json!("evaluated"), &json!("A"), &json!("AA"))
    );
    assert_eq!(history(&app, &scene, 1), [entry("announced", json!("A"), json!("AA"))]);
    assert_ne!(history(&app, &scene, 2), told);
}

#[both]
fn what_was_suspended_without_a_grade_before_comes_back_at_once(app: TestApp) {
    let (scene, path) = assessed(&app);
    announce(&app, &second_version("2027-01-09", &[BOTH]));
    app.set_time("2027-01-11T02:00:00Z");
    app.tick();
    // As a contested evaluation was kept once: its grade was taken away.
    let own = format!("subject_id = '{}' AND scheme = 'dalian-demo'", scene.uscc);
    let hidden = format!(
        "UPDATE current_grade SET outcome = 'suspended', grade = NULL, score_thousandths = NULL WHERE {own}"
    );
    app.sql(&[hidden], &scene.uscc);
    assert_eq!(credit(&app, &scene)["grade"], json!(null));
    object(&app, &scene, &path);
    let shown = credit(&app, &scene);
    assert_eq!(
        (&shown["outcome"], &shown["grade"], &shown["pending"]),
        (&json!("evaluated"), &json!("B"), &json!(null))
    );
    assert_eq!(history(&app, &scene, 1), [entry("effective", json!(null), json!("B"))]);
}

#[both]
fn what_is_announced_can_be_objected_to_until_it_is_over(app: TestApp) {
    let (scene, path) = assessed(&app);
    announce(&app, &second_version("2027-01-09", &[BOTH]));
    app.set_time("2027-01-11T02:00:00Z");
    app.tick();
    let id = object(&app, &scene, &path);
    let announced = entries(&app, &scene)[0].clone();
    assert_eq!(announced["event"], "announced");
    let seat =
        |entry: &Value| format!("/v1/firms/{}/evaluations/{}", scene.uscc, entry["id"].as_str().unwrap());
    app.advance(chrono::Duration::minutes(1));
    let against = object(&app, &scene, &seat(&announced));
    // Both stay: the grade that is in effect, and the one that is announced.
    let shown = credit(&app, &scene);
    assert_eq!(
        (&shown["outcome"], &shown["grade"], &shown["pending"]["grade"]),
        (&json!("suspended"), &json!("A"), &json!("B"))
    );
    app.advance(chrono::Duration::minutes(1));
    app.decided(&against, &upheld());
    decide(&app, &id);
    let firm = app.firm_account(&scene.uscc);
    let over = app.object(&firm, &seat(&announced)).refused(409, "announcement_over");
    let told = ["detail", "state", "allows"].map(|member| over.json()[member].clone());
    let detail = json!("该公示已结束，请对已生效的评价提出异议");
    assert_eq!(told, [detail, json!("announced"), json!([])]);
    let withdrawn = entries(&app, &scene).into_iter().find(|item| item["event"] == "withdrawn").unwrap();
    let over = app.object(&firm, &seat(&withdrawn)).refused(409, "announcement_over").json();
    assert_eq!((&over["state"], &over["allows"]), (&json!("withdrawn"), &json!([])));
    let effective = entries(&app, &scene).into_iter().find(|item| item["event"] == "effective").unwrap();
    app.object(&firm, &seat(&effective)).expect(201);
}

/// What an official files for a manager is a proposal until another official confirms it: alone,
/// nobody takes a penalty out of a grade.
#[both]
fn what_one_official_files_for_a_manager_moves_no_grade(app: TestApp) {
    let scene = app.scene();
    announce(&app, &rules(&[SUSPENDED]));
    app.tick();
    let manager = app.manager("王经理", &scene.uscc);
    let record = app.record_in_force(&with(penalty(&scene.uscc), json!({"manager": manager})));
    app.advance(chrono::Duration::minutes(1));
    // Score, grade, and the penalty's points and mark, of the manager and of the firm.
    let graded = || {
        [format!("/v1/managers/{manager}/evaluation"), format!("/v1/firms/{}/evaluation", scene.uscc)].map(
            |path| {
                let now = app.get(&path).expect(200).json();
                let line = line(&now, &record).unwrap();
                (
                    now["score"].clone(),
                    now["grade"].clone(),
                    line["contribution"].clone(),
                    line["disputed"].clone(),
                )
            },
        )
    };
    let before = graded();
    assert!(before.iter().all(|(.., points, disputed)| points != 0 && disputed == false), "{before:?}");
    let filer = app.official(Role::District, DISTRICT, true);
    let body = json!({"manager": manager, "grounds": "当日不在岗", "evidence": ["异议申请.pdf"], "reason": "本人无账号"});
    let file = || {
        let path = format!("/v1/admin/records/{record}/objections");
        app.post(&path).token(&filer).json(&body).expect(202).json()["id"].as_str().unwrap().to_owned()
    };
    let step = |proposal: &str, verb: &str| {
        let path = format!("/v1/admin/proposals/{proposal}/{verb}");
        app.post(&path).token(&app.confirmer()).header("If-Match", "*")
    };
    let waiting = file();
    app.tick();
    assert_eq!(graded(), before);
    step(&waiting, "return").json(&json!({"reason": "非本人申请"})).expect(200);
    app.tick();
    assert_eq!(graded(), before);
    let seconded = file();
    step(&seconded, "confirm").expect(200);
    app.tick();
    let [own, firm] = graded();
    // A manager's word moves no firm's grade.
    assert_eq!(firm, before[1]);
    assert_eq!((&own.2, &own.3), (&json!(0), &json!(true)));
    assert_ne!(own.0, before[0].0);
}
