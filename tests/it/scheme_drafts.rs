//! Schemes announced in advance: drafted, tried out, proposed by one official and confirmed by
//! another.

use serde_json::{Value, json};
use xinwu_both::both;
use xinwu_domain::access::Role;
use xinwu_domain::estate::EstateKind;
use xinwu_domain::project::{NewProject, Operator};
use xinwu_persistence::credit::scheme;

use crate::facts::{FIRM, Fact, OTHER};
use crate::harness::TestApp;
use crate::harness::world::{COMMUNITY, plain_project};

const DRAFTS: &str = "/v1/admin/schemes";
const EVALUATION: &str = "/v1/firms/91219900MA0000001A/evaluation";

/// The demo scheme as its second version, with changes.
pub fn second_version(effective_from: &str, changes: &[(&str, &str)]) -> String {
    let mut text = include_str!("../../schemes/dalian-demo/1.toml")
        .replacen("version = 1", "version = 2", 1)
        .replacen("effective_from = 2020-01-01", &format!("effective_from = {effective_from}"), 1);
    for (old, new) in changes {
        assert!(text.contains(old), "{old}");
        text = text.replacen(old, new, 1);
    }
    text
}

/// Keeps a draft, has it proposed and confirmed; the drafter and the confirmer are two.
pub fn announce(app: &TestApp, text: &str) {
    let drafter = app.official(Role::City, "2102", false);
    let confirmer = app.official(Role::City, "2102", true);
    let draft = app.post(DRAFTS).token(&drafter).json(&json!({"text": text})).expect(201);
    let path = draft.header("Location").to_owned();
    let step = |token: &str, step: &str, tag: &str| {
        app.post(&format!("{path}{step}")).token(token).header("If-Match", tag).expect(200)
    };
    let proposed = step(&drafter, "/announce", draft.etag());
    step(&confirmer, "/announce/confirm", proposed.etag());
}

fn simulate(app: &TestApp, body: &Value) -> Value {
    let official = app.official(Role::City, "2102", false);
    app.post("/v1/admin/schemes/simulate").token(&official).json(body).expect(200).json()
}

#[both]
fn a_draft_is_announced_by_two_and_applied_on_its_first_day(app: TestApp) {
    app.put_firm(FIRM);
    app.put_project("large", FIRM, 100_000, "2026-01-05", None);
    app.tick();
    let drafter = app.official(Role::City, "2102", true);
    let confirmer = app.official(Role::City, "2102", true);
    // What is announced is the file as it was sent, blank lines at both ends included.
    let text = second_version("2026-12-01", &[("value = 60", "value = 80")]);
    let text = format!("\n\n{text}\n\n");
    let kept = app.post(DRAFTS).token(&drafter).json(&json!({"text": text})).expect(201);
    let path = kept.header("Location").to_owned();
    assert_eq!(path, "/v1/admin/schemes/dalian-demo/versions/2");
    let draft = kept.json();
    assert_eq!(
        (&draft["state"], &draft["text"], &draft["effective_from"]),
        (&json!("draft"), &json!(text), &json!("2026-12-01"))
    );
    assert_eq!(app.get(&path).token(&drafter).expect(200).etag(), kept.etag());
    // Nobody else knows of it.
    app.get("/v1/schemes/dalian-demo/versions/2").refused(404, "not_found");
    assert_eq!(
        app.get("/v1/schemes/dalian-demo").expect(200).json()["versions"].as_array().unwrap().len(),
        1
    );
    let announce = format!("{path}/announce");
    let confirm = format!("{path}/announce/confirm");
    app.post(&announce).token(&drafter).refused(428, "if_match_required");
    app.post(&confirm).token(&confirmer).header("If-Match", kept.etag()).refused(409, "wrong_state");
    let proposed = app.post(&announce).token(&drafter).header("If-Match", kept.etag()).expect(200);
    assert_eq!(proposed.json()["state"], "proposed");
    app.post(&announce).token(&confirmer).header("If-Match", "*").refused(409, "wrong_state");
    app.post(&confirm).token(&confirmer).header("If-Match", kept.etag()).refused(412, "stale");
    // Two pairs of eyes, and the second with the power.
    app.post(&confirm).token(&drafter).header("If-Match", "*").refused(403, "second_person_needed");
    let powerless = app.official(Role::City, "2102", false);
    app.post(&confirm).token(&powerless).header("If-Match", "*").refused(403, "no_power_to_confirm");
    let announced =
        app.post(&confirm).token(&confirmer).header("If-Match", proposed.etag()).expect(200).json();
    assert_eq!(announced["state"], "announced");
    assert_ne!(announced["decided_by"], announced["proposed_by"]);
    let version = app.get("/v1/schemes/dalian-demo/versions/2").expect(200).json();
    assert_eq!(
        (&version["state"], &version["announced_at"]),
        (&json!("announced"), &json!("2026-11-21T02:00:00Z"))
    );
    app.tick();
    assert_eq!(app.grade_at(EVALUATION).1, json!(60));
    app.set_time("2026-11-30T16:00:00Z");
    app.tick();
    assert_eq!(app.grade_at(EVALUATION), ("evaluated".to_owned(), json!(80), json!("AA")));
    // It is what it is from now on.
    let drafter = app.official(Role::City, "2102", true);
    app.post(DRAFTS).token(&drafter).json(&json!({"text": text})).refused(409, "version_announced");
    app.post(&format!("{path}/withdraw")).token(&drafter).header("If-Match", "*").refused(409, "wrong_state");
    let listed = app.get("/v1/admin/schemes?state=announced&count=true").token(&drafter).expect(200).json();
    assert_eq!((&listed["page"]["total"], &listed["items"][0]["version"]), (&json!(1), &json!(2)));
    assert_eq!(listed["items"][0]["text"], Value::Null);
    assert_eq!(
        app.get("/v1/admin/schemes?state=draft").token(&drafter).expect(200).json()["items"],
        json!([])
    );
}

/// The attack: the author has a colleague save the text again, and confirms what is the own.
#[both]
fn whoever_ever_drafted_a_version_does_not_confirm_it(app: TestApp) {
    app.db().write_blocking(|tx| scheme::install_shipped(tx).map(|_| ())).unwrap();
    let [first, second, third] = [(); 3].map(|()| app.official(Role::City, "2102", true));
    let text = second_version("2026-12-01", &[("value = 60", "value = 80")]);
    let save = |token: &str| app.post(DRAFTS).token(token).json(&json!({"text": text})).expect(201);
    let path = save(&first).header("Location").to_owned();
    save(&second);
    let step =
        |token: &str, step: &str| app.post(&format!("{path}{step}")).token(token).header("If-Match", "*");
    step(&second, "/announce").expect(200);
    let inbox = |token: &str| {
        let page = app.get("/v1/admin/inbox?kind=scheme").token(token).expect(200).json();
        page["items"].as_array().unwrap().len()
    };
    for author in [&first, &second] {
        step(author, "/announce/confirm").refused(403, "second_person_needed");
        assert_eq!(inbox(author), 0);
    }
    assert_eq!(inbox(&third), 1);
    assert_eq!(step(&third, "/announce/confirm").expect(200).json()["state"], "announced");
}

#[both]
fn every_fault_of_a_text_is_named_by_its_line_and_nothing_changes(app: TestApp) {
    let official = app.official(Role::City, "2102", false);
    let bad = second_version(
        "2026-12-01",
        &[("weight = 0.40", "weight = 0.41"), ("category = \"R101\"", "category = \"R999\"")],
    );
    for path in [DRAFTS, "/v1/admin/schemes/simulate"] {
        let refused =
            app.post(path).token(&official).english().json(&json!({"text": bad})).refused(422, "invalid");
        let faults = refused.json()["errors"].as_array().unwrap().clone();
        assert_eq!(faults.len(), 2, "{faults:?}");
        for (fault, (needle, words)) in faults.iter().zip([("parts = [", "sum to 1.01"), ("R999", "R999")]) {
            let line = 1 + bad.lines().position(|line| line.contains(needle)).unwrap();
            let detail = fault["detail"].as_str().unwrap();
            assert_eq!((&fault["pointer"], &fault["code"]), (&json!("/text"), &json!("scheme_fault")));
            assert!(detail.starts_with(&format!("{line}:")) && detail.contains(words), "{line}: {detail}");
        }
    }
    let unknown = second_version("2026-12-01", &[("place = \"2102\"", "place = \"9999\"")]);
    assert_eq!(
        app.post(DRAFTS).token(&official).json(&json!({"text": unknown})).refused(422, "invalid").faults()[0]
            .1,
        "unknown_place"
    );
    app.post(DRAFTS).token(&official).json(&json!({"text": ""})).refused(422, "invalid");
    assert_eq!(app.get(DRAFTS).token(&official).expect(200).json()["items"], json!([]));
    // What was announced with the program is announced.
    let first = include_str!("../../schemes/dalian-demo/1.toml");
    app.post(DRAFTS).token(&official).json(&json!({"text": first})).refused(409, "version_announced");
}

#[both]
fn what_may_not_be_announced_stays_a_draft(app: TestApp) {
    let official = app.official(Role::City, "2102", true);
    let keep = |text: &str| {
        let kept = app.post(DRAFTS).token(&official).json(&json!({"text": text})).expect(201);
        kept.header("Location").to_owned()
    };
    let propose = |path: &str| app.post(&format!("{path}/announce")).token(&official).header("If-Match", "*");
    let past = keep(&second_version("2026-11-20", &[]));
    propose(&past).refused(409, "effective_in_past");
    let second = keep(&second_version("2026-12-01", &[("id = \"dalian-demo\"", "id = \"other\"")]));
    propose(&second).refused(409, "second_primary");
    // Another text of the same version takes the draft's place, and a proposal falls.
    let today = keep(&second_version("2026-11-21", &[]));
    assert_eq!(today, past);
    propose(&today).expect(200);
    let confirmer = app.official(Role::City, "2102", true);
    keep(&second_version("2026-12-01", &[]));
    app.post(&format!("{today}/announce/confirm"))
        .token(&confirmer)
        .header("If-Match", "*")
        .refused(409, "wrong_state");
    let withdrawn =
        app.post(&format!("{today}/withdraw")).token(&confirmer).header("If-Match", "*").expect(200).json();
    assert_eq!(withdrawn["state"], "withdrawn");
    propose(&today).refused(409, "wrong_state");
    // A first day that passes while the proposal waits.
    let late = keep(&second_version("2026-11-22", &[]));
    propose(&late).expect(200);
    app.set_time("2026-11-23T02:00:00Z");
    let confirmer = app.official(Role::City, "2102", true);
    app.post(&format!("{late}/announce/confirm"))
        .token(&confirmer)
        .header("If-Match", "*")
        .refused(409, "effective_in_past");
    app.get("/v1/admin/schemes/dalian-demo/versions/9").token(&confirmer).refused(404, "not_found");
    let district = app.official(Role::District, "210202", true);
    app.get(DRAFTS).token(&district).refused(403, "role_not_allowed");
    assert_eq!(
        app.get("/v1/schemes/dalian-demo").expect(200).json()["versions"].as_array().unwrap().len(),
        1
    );
}

#[both]
fn a_simulation_counts_who_moves_and_why_and_leaves_no_trace(app: TestApp) {
    app.put_firm(FIRM);
    app.put_firm(OTHER);
    app.put_project("large", FIRM, 100_000, "2026-01-05", None);
    app.put_record(FIRM, Fact { level: "state", ..Fact::of("reward", "R101") });
    let before = app.get("/v1/firms/91219900MA0000001A").expect(200).text;
    let text = second_version("2026-12-01", &[("state = 10", "state = 20"), ("value = 60", "value = 65")]);
    let simulation = simulate(&app, &json!({"text": text}));
    assert_eq!(
        (&simulation["scheme_version"], &simulation["subjects"], &simulation["moved_count"]),
        (&json!(2), &json!(3), &json!(1))
    );
    assert_eq!(
        simulation["compared_with"][0],
        json!({"subject_kind": "firm", "scheme": "dalian-demo", "scheme_version": 1})
    );
    let counts: Vec<&Value> =
        simulation["counts"].as_array().unwrap().iter().filter(|row| row["subject_kind"] == "firm").collect();
    assert_eq!(
        counts,
        [
            &json!({"subject_kind": "firm", "from": "A", "to": "AAA", "count": 1}),
            &json!({"subject_kind": "firm", "from": "not_evaluated", "to": "not_evaluated", "count": 1}),
        ]
    );
    let moved = &simulation["moved"][0];
    assert_eq!(
        (&moved["subject"], &moved["from"]["score"], &moved["to"]["score"], &moved["difference"]),
        (&json!(FIRM), &json!(70), &json!(85), &json!(15))
    );
    let reasons: Vec<&str> =
        moved["reasons"].as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect();
    // Assessments and residents have no sample: the file's lines weigh 0.4, and the redistributed
    // weight only repeats them.
    assert!(
        reasons.len() == 2 && reasons[0].ends_with("4 → 8") && reasons[1] == "基础分：24 → 26",
        "{reasons:?}"
    );
    // A kept draft gives the same; nothing was kept of the text.
    let official = app.official(Role::City, "2102", false);
    assert_eq!(app.get(DRAFTS).token(&official).expect(200).json()["items"], json!([]));
    app.post(DRAFTS).token(&official).json(&json!({"text": text})).expect(201);
    assert_eq!(simulate(&app, &json!({"scheme": "dalian-demo", "version": 2})), simulation);
    assert_eq!(
        simulate(&app, &json!({"scheme": "dalian-demo", "version": 2, "limit": 0}))["moved"],
        json!([])
    );
    assert_eq!(app.get("/v1/firms/91219900MA0000001A").expect(200).text, before);
    let history =
        app.get("/v1/firms/91219900MA0000001A/evaluations?scheme=dalian-demo&limit=1").expect(200).json();
    assert_eq!(history["items"][0]["scheme_version"], 1);
}

#[both]
fn a_simulation_as_a_table_has_a_row_for_each_subject(app: TestApp) {
    app.put_firm(FIRM);
    app.put_project("large", FIRM, 100_000, "2026-01-05", None);
    let official = app.official(Role::City, "2102", false);
    let text = second_version("2026-12-01", &[("value = 60", "value = 80")]);
    let table = app
        .post("/v1/admin/schemes/simulate")
        .token(&official)
        .header("Accept", "text/csv")
        .json(&json!({"text": text}))
        .expect(200);
    assert_eq!(table.header("Content-Type"), "text/csv; charset=utf-8");
    let text = table.text;
    assert!(text.starts_with('\u{feff}'), "Excel needs the mark");
    let lines: Vec<&str> = text.trim_start_matches('\u{feff}').lines().collect();
    assert_eq!(lines.len(), 3);
    assert_eq!(
        lines[1],
        "firm,91219900MA0000001A,演示物业,evaluated,60,B,evaluated,80,AA,20,yes,基础分：24 → 32"
    );
    assert!(lines[2].starts_with("project,large,演示小区,"), "{}", lines[2]);
}

#[both]
fn a_simulation_that_cannot_be_made_is_refused(app: TestApp) {
    let official = app.official(Role::City, "2102", false);
    let ask = |body: &Value| app.post("/v1/admin/schemes/simulate").token(&official).json(body);
    ask(&json!({})).refused(422, "invalid");
    ask(&json!({"scheme": "dalian-demo"})).refused(422, "invalid");
    ask(&json!({"text": "x", "scheme": "dalian-demo", "version": 1})).refused(422, "invalid");
    ask(&json!({"scheme": "dalian-demo", "version": 9})).refused(404, "not_found");
    ask(&json!({"scheme": "dalian-demo", "version": 1, "limit": 1001})).refused(422, "invalid");
    ask(&json!({"scheme": "dalian-demo", "version": 1})).expect(200);
}

#[both]
fn a_districts_own_scheme_grades_its_own_and_is_never_primary(app: TestApp) {
    app.put_firm(FIRM);
    app.put_project("large", FIRM, 100_000, "2026-01-05", None);
    app.tick();
    let of_place = |id: &str, place: &str| {
        second_version(
            "2026-11-21",
            &[
                ("id = \"dalian-demo\"", &format!("id = \"{id}\"")),
                ("place = \"2102\"", &format!("place = \"{place}\"")),
                ("primary_for = [\"firm\", \"project\"]\n", ""),
            ],
        )
    };
    announce(&app, &of_place("a-zhongshan", "210202"));
    announce(&app, &of_place("a-xigang", "210203"));
    app.tick();
    let schemes = |path: &str| -> Vec<String> {
        let card = app.get(path).expect(200).json();
        assert_eq!(card["credit"]["scheme"], "dalian-demo");
        card["other_credits"]
            .as_array()
            .unwrap()
            .iter()
            .map(|credit| credit["scheme"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(schemes("/v1/firms/91219900MA0000001A"), ["a-zhongshan"]);
    let simulation = simulate(&app, &json!({"scheme": "a-xigang", "version": 2}));
    assert_eq!((&simulation["subjects"], &simulation["moved"]), (&json!(0), &json!([])));
}

#[both]
fn nobody_is_evaluated_without_what_a_scheme_requires(app: TestApp) {
    // Lanshan's rule: assessments of at least three tenths, in effect too.
    let own = "components = [\"assessments\"]\nat_least = 0.30\n\n";
    let roll_up = "projects = \"period\"\n\n[[component]]\nid = \"project-assessments\"";
    let strict = roll_up.replacen("projects", "required = true\nprojects", 1);
    let constraint = format!("[[constraint]]\n{own}[[rule]]\nid = \"veto\"");
    let text = |changes: &[(&str, &str)]| second_version("2026-11-21", changes);
    let loose = text(&[("[[rule]]\nid = \"veto\"", &constraint)]);
    let official = app.official(Role::City, "2102", false);
    let refused = app.post(DRAFTS).token(&official).json(&json!({"text": loose})).refused(422, "invalid");
    assert_eq!(refused.faults(), [("/text".into(), "scheme_fault".into())]);
    assert!(refused.text.contains("请设 required = true"), "{}", refused.text);

    app.put_firm(FIRM);
    app.put_project("large", FIRM, 100_000, "2026-01-05", None);
    app.tick();
    assert_eq!(app.grade_at(EVALUATION), ("evaluated".to_owned(), json!(60), json!("B")));
    announce(&app, &text(&[("[[rule]]\nid = \"veto\"", &constraint), (roll_up, &strict)]));
    app.tick();
    let credit = || app.get("/v1/firms/91219900MA0000001A").expect(200).json()["credit"].clone();
    let none = credit();
    assert_eq!(
        (&none["outcome"], &none["score"], &none["grade"]),
        (&json!("not_evaluated"), &Value::Null, &Value::Null)
    );
    assert_eq!(none["reason"], "缺少“街道社区评价”，不予评价");
    assert_eq!(app.get(EVALUATION).expect(200).json()["outcome"], "not_evaluated");
    app.put_assessment("large", "2026-Q3", "street", 95);
    // The residents' weight may go to the others: (0.40 × 60 + 0.30 × 95) / 0.70.
    assert_eq!((&credit()["score"], &credit()["grade"]), (&json!(75), &json!("A")));
}

#[both]
fn a_scheme_for_old_estates_grades_their_projects_alone(app: TestApp) {
    let stars = include_str!("../../schemes/guancheng-star/1.toml")
        .replacen("place = \"410104\"", "place = \"210202\"", 1)
        .replacen("primary_for = [\"project\"]\n", "", 1)
        .replacen("effective_from = 2020-01-01", "effective_from = 2026-11-21", 1)
        .replacen("version = 1", "version = 2", 1)
        .replacen("kinds = [\"old\"]", "kinds = [\"old\"], operators = [\"firm\", \"owners\"]", 1);
    assert!(stars.contains("operators"));
    let uscc = app.firm("海蓝物业");
    let [old, other, street] =
        [EstateKind::Old, EstateKind::Professional, EstateKind::Old].map(|kind| app.estate(COMMUNITY, kind));
    let in_old = app.project(&old, &uscc);
    let in_other = app.project(&other, &uscc);
    let of_street =
        app.project_with(NewProject { operator: Operator::StreetFirm, ..plain_project(&street, &uscc) });
    announce(&app, &stars);
    app.tick();
    let others = |project: &str| -> Vec<String> {
        let page = app.get(&format!("/v1/projects/{project}")).expect(200).json();
        page["other_credits"]
            .as_array()
            .unwrap()
            .iter()
            .map(|credit| credit["scheme"].as_str().unwrap().to_owned())
            .collect()
    };
    let evaluation =
        |project: &str| app.get(&format!("/v1/projects/{project}/evaluation?scheme=guancheng-star"));
    assert_eq!(
        [&in_old, &in_other, &of_street].map(|project| others(project)),
        [vec!["guancheng-star".to_owned()], vec![], vec![]]
    );
    assert_eq!(evaluation(&in_old).expect(200).json()["grade"], "S2");
    evaluation(&in_other).refused(404, "not_found");
    evaluation(&of_street).refused(404, "not_found");
    let simulation = simulate(&app, &json!({"scheme": "guancheng-star", "version": 2}));
    assert_eq!(simulation["subjects"], 1);
    // An estate that turns old is graded at once, and one that no longer is, no longer.
    let city = app.official(Role::City, "2102", true);
    for (estate, kind) in [(&other, "old"), (&old, "professional")] {
        app.patch(&format!("/v1/admin/estates/{estate}"))
            .token(&city)
            .header("If-Match", "*")
            .json(&json!({"kind": kind}))
            .seconded(&app);
    }
    assert_eq!(
        [&in_old, &in_other].map(|project| others(project)),
        [vec![], vec!["guancheng-star".to_owned()]]
    );
    // It is for projects alone.
    let text = second_version(
        "2026-12-01",
        &[("validity = \"12 months\"", "validity = \"12 months\"\napplies_to = { kinds = [\"old\"] }")],
    );
    let refused = app.post(DRAFTS).token(&city).json(&json!({"text": text})).refused(422, "invalid");
    assert!(refused.text.contains("只能用于仅评价项目的方案"), "{}", refused.text);
}

#[both]
fn another_provinces_rules_grade_nobody_here_and_are_compared_by_simulation(app: TestApp) {
    app.put_firm(FIRM);
    app.put_project("large", FIRM, 100_000, "2026-01-05", None);
    app.put_record(FIRM, Fact { level: "state", ..Fact::of("reward", "R101") });
    app.tick();
    let card = app.get("/v1/firms/91219900MA0000001A").expect(200).json();
    assert_eq!((&card["credit"]["scheme"], &card["other_credits"]), (&json!("dalian-demo"), &json!([])));
    let listed = app.get("/v1/schemes/shandong-2019").expect(200).json();
    assert_eq!(listed["place"], "37");
    for id in ["shandong-2019", "yantai-2022", "lianyungang"] {
        app.get(&format!("{EVALUATION}?scheme={id}")).refused(404, "not_found");
        app.get(&format!("{EVALUATION}?scheme={id}&as_of=2026-11-21T02:00:00Z")).refused(404, "not_found");
    }
    // What they would make of it: below 60 without a penalty is B.
    let simulation = simulate(&app, &json!({"scheme": "shandong-2019", "version": 1}));
    assert_eq!(
        (&simulation["subjects"], &simulation["compared_with"][0]["scheme"]),
        (&json!(1), &json!("dalian-demo"))
    );
    let moved = &simulation["moved"][0];
    assert_eq!(
        (&moved["subject"], &moved["from"]["grade"], &moved["to"]["grade"]),
        (&json!(FIRM), &json!("A"), &json!("B"))
    );
}

/// One who saves it again would keep a colleague's proposal from ever being confirmed.
#[both]
fn what_one_has_proposed_another_neither_rewrites_nor_takes_back(app: TestApp) {
    let [author, colleague] = [0, 1].map(|_| app.official(Role::City, "2102", false));
    let confirmer = app.official(Role::City, "2102", true);
    let text = second_version("2026-12-01", &[]);
    let other = second_version("2026-12-02", &[]);
    let keep = |token: &str, text: &str| app.post(DRAFTS).token(token).json(&json!({"text": text}));
    let path = keep(&author, &text).expect(201).header("Location").to_owned();
    let take =
        |token: &str, verb: &str| app.post(&format!("{path}/{verb}")).token(token).header("If-Match", "*");
    take(&author, "announce").expect(200);
    for call in [keep(&colleague, &other), keep(&confirmer, &other), take(&colleague, "withdraw")] {
        let told = call.refused(409, "proposal_open").json();
        assert!(told["detail"].as_str().unwrap().contains("dalian-demo/2"), "{told}");
        assert_eq!(
            (&told["state"], &told["allows"]),
            (&json!("proposed"), &json!(["add_scheme_draft", "confirm_scheme", "withdraw_scheme"]))
        );
    }
    let read = app.get(&path).token(&colleague).expect(200).json();
    assert_eq!((&read["state"], &read["text"]), (&json!("proposed"), &json!(text)));
    // Who could confirm it sends it back, and its author learns of it.
    assert_eq!(take(&confirmer, "withdraw").expect(422).json()["errors"][0]["pointer"], "/reason");
    let withdrawn =
        take(&confirmer, "withdraw").json(&json!({"reason": "与办法原文不符"})).expect(200).json();
    assert_eq!(withdrawn["state"], "withdrawn");
    let notices = app.notices(&author);
    let [told] = notices.as_slice() else { panic!("{notices:?}") };
    assert_eq!(
        (&told["kind"], &told["about"], &told["reason"], &told["text"]),
        (
            &json!("scheme_withdrawn"),
            &json!({"kind": "scheme", "id": "dalian-demo/2"}),
            &json!("与办法原文不符"),
            &json!("您起草或提请公布的评分办法“dalian-demo”第2版已被撤回")
        )
    );
    // The own is one's own.
    keep(&author, &text).expect(201);
    take(&author, "announce").expect(200);
    assert_eq!(keep(&author, &other).expect(201).json()["state"], "draft");
    take(&author, "announce").expect(200);
    take(&author, "withdraw").expect(200);
    assert_eq!(app.notices(&author).len(), 1);
}
