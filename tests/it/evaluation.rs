//! Evaluations: exact scores, their items, instants of the past, and the history of grades.

use rust_decimal::Decimal;
use serde_json::{Value, json};
use xinwu_both::both;
use xinwu_domain::access::Role;
use xinwu_domain::estate::EstateKind;
use xinwu_domain::project::{Area, NewProject};

use crate::facts::{FIRM, Fact, OTHER};
use crate::harness::TestApp;
use crate::harness::files::{penalty, with};
use crate::harness::world::{COMMUNITY, STREET, new_uscc, plain_project};
use crate::imports::{CSV, import_seconded, rows};
use crate::scheme_drafts::{announce, second_version};

const EVALUATION: &str = "/v1/firms/91219900MA0000001A/evaluation";
const HISTORY: &str = "/v1/firms/91219900MA0000001A/evaluations";

/// A firm with 100,000 m² and 50,000 m² since 2026, and the third quarter assessed: (85 × 100,000 +
/// 70 × 50,000) / 150,000 = 80.
fn assessed_firm(app: &TestApp) {
    app.set_time("2026-01-05T02:00:00Z");
    app.put_firm(FIRM);
    app.put_project("large", FIRM, 100_000, "2026-01-05", None);
    app.put_project("small", FIRM, 50_000, "2026-01-05", None);
    app.set_time("2026-11-01T02:00:00Z");
    app.tick();
    app.put_assessment("large", "2026-Q3", "community", 90);
    app.put_assessment("large", "2026-Q3", "street", 80);
    app.put_assessment("small", "2026-Q3", "community", 70);
}

/// What the items sum to, exactly.
fn sum(evaluation: &Value) -> String {
    let contribution = |item: &Value| item["contribution"].to_string().parse::<Decimal>().unwrap();
    let sum: Decimal = evaluation["items"].as_array().unwrap().iter().map(contribution).sum();
    sum.normalize().to_string()
}

fn evaluated(score: f64, grade: &str) -> (String, Value, Value) {
    ("evaluated".to_owned(), json!(score), json!(grade))
}

#[both]
fn a_bad_project_that_ends_does_not_better_its_firm_overnight(app: TestApp) {
    let scene = app.scene();
    let large = NewProject {
        area_m2: Area::parse("30000").unwrap(),
        ..plain_project(&app.estate(COMMUNITY, EstateKind::Old), &scene.uscc)
    };
    let bad = app.project_with(large);
    let street = || app.official(Role::Street, STREET, false);
    let assess = |project: &str, period: &str, score: i64| {
        let body = json!({"scores": {"service": score, "party": 60}, "correction_reason": "补录"});
        app.assessed(project, period, "street", &body);
    };
    assess(&scene.project, "2026-Q3", 100);
    assess(&bad, "2026-Q3", 20);
    let path = format!("/v1/firms/{}", scene.uscc);
    let grade = || {
        let credit = app.get(&path).expect(200).json()["credit"].clone();
        (credit["score"].clone(), credit["grade"].clone())
    };
    // (0.40 × 60 + 0.30 × (100 / 4 + 20 × 3 / 4)) / 0.70
    let (poor, fair) = ((json!(51.429), json!("C")), (json!(77.143), json!("A")));
    assert_eq!(grade(), poor);
    app.patch(&format!("/v1/admin/projects/{bad}"))
        .token(&street())
        .header("If-Match", "*")
        .json(&json!({"ends_on": "2026-11-21"}))
        .seconded(&app);
    for instant in
        ["2026-11-21T15:59:59Z", "2026-11-21T16:00:00Z", "2026-12-20T00:00:00Z", "2027-01-31T15:59:59Z"]
    {
        app.set_time(instant);
        app.tick();
        assert_eq!(grade(), poor, "{instant}");
        assert_eq!(
            app.get(&format!("{path}/evaluation?as_of={instant}")).expect(200).json()["score"],
            poor.0,
            "{instant}"
        );
    }
    // Its last quarter counts too, by the area that each had then.
    let wider = json!({"area_m2": 90000, "area_reason": "含公共区域"});
    app.set_time("2027-01-10T02:00:00Z");
    app.patch(&format!("/v1/admin/projects/{}", scene.project))
        .token(&street())
        .header("If-Match", "*")
        .json(&wider)
        .seconded(&app);
    assess(&scene.project, "2026-Q4", 100);
    assess(&bad, "2026-Q4", 20);
    app.set_time("2027-01-31T16:00:00Z");
    app.tick();
    assert_eq!(grade(), poor);
    assess(&scene.project, "2027-Q1", 100);
    app.set_time("2027-04-30T16:00:00Z");
    app.tick();
    assert_eq!(grade(), fair);
}

#[both]
fn a_penalty_counts_no_longer_than_it_may_be_public(app: TestApp) {
    let scene = app.scene();
    // Fire safety: the scheme says 24 months, an ordinary penalty may be shown for 12.
    let body = with(
        penalty(&scene.uscc),
        json!({"category": "P401", "severity": "ordinary", "decided_on": "2026-11-10"}),
    );
    let record = app.record_in_force(&body);
    let shown = app.get(&format!("/v1/records/{record}")).expect(200).json();
    assert_eq!(shown["public_until"], "2027-11-10");
    let path = format!("/v1/firms/{}/evaluation", scene.uscc);
    let line = || {
        app.get(&path).expect(200).json()["items"]
            .as_array()
            .unwrap()
            .iter()
            .find(|item| item["id"] == json!(record))
            .cloned()
    };
    assert_eq!(line().unwrap()["counts_until"], "2027-11-10");
    // Both end with the same instant: nothing hidden is left in a public grade.
    for (instant, there) in [("2027-11-10T15:59:59Z", true), ("2027-11-10T16:00:00Z", false)] {
        app.set_time(instant);
        app.tick();
        let evaluation = app.get(&path).expect(200).json();
        let sources: Vec<_> =
            evaluation["items"].as_array().unwrap().iter().map(|item| item["source"].clone()).collect();
        assert_eq!(
            (sources.contains(&json!("record")), sources.contains(&json!("unpublished"))),
            (there, false),
            "{instant}"
        );
        assert_eq!(evaluation["score"], if there { json!(50) } else { json!(60) });
        let public = app.get(&format!("/v1/firms/{}/records", scene.uscc)).expect(200).json();
        assert_eq!(public["items"].as_array().unwrap().len(), usize::from(there), "{instant}");
    }
}

#[both]
fn a_firm_is_as_old_as_its_licence_and_a_project_as_its_term(app: TestApp) {
    let young = "[[outcome]]\noutcome = \"not_evaluated\"\nwhen = { younger_than_months = 6 }\nreason = { zh = \"不满六个月\", en = \"Younger than six months\" }\n\n[[outcome]]\noutcome = \"suspended\"";
    announce(&app, &second_version("2026-11-21", &[("[[outcome]]\noutcome = \"suspended\"", young)]));
    app.tick();
    let district = || app.official(Role::District, "210202", false);
    let uscc = new_uscc();
    let add = |licensed_on: &str| {
        let body =
            json!({"uscc": uscc, "name": "新物业", "registered_place": "210202", "licensed_on": licensed_on});
        app.post("/v1/admin/firms").token(&district()).json(&body)
    };
    assert_eq!(
        add("2026-11-22").refused(422, "invalid").faults(),
        [("/licensed_on".into(), "in_future".into())]
    );
    assert_eq!(add("22.11.2026").refused(422, "invalid").faults(), [("/licensed_on".into(), "day".into())]);
    assert_eq!(add("2026-06-10").expect(201).json()["licensed_on"], "2026-06-10");
    let estate = app.estate(COMMUNITY, EstateKind::Old);
    let project = app.project_with(NewProject {
        starts_on: "2026-07-01".parse().unwrap(),
        ..plain_project(&estate, &uscc)
    });
    let credit = |path: &str| {
        let credit = app.get(path).expect(200).json()["credit"].clone();
        (credit["outcome"].clone(), credit["reason"].clone())
    };
    let (firm, project) = (format!("/v1/firms/{uscc}"), format!("/v1/projects/{project}"));
    let (too_young, old) = ((json!("not_evaluated"), json!("不满六个月")), (json!("evaluated"), Value::Null));
    assert_eq!((credit(&firm), credit(&project)), (too_young.clone(), too_young.clone()));
    // Six months after 10 June end with 10 December; after 1 July with 1 January.
    for (instant, of_firm, of_project) in [
        ("2026-12-10T15:59:59Z", &too_young, &too_young),
        ("2026-12-10T16:00:00Z", &old, &too_young),
        ("2027-01-01T15:59:59Z", &old, &too_young),
        ("2027-01-01T16:00:00Z", &old, &old),
    ] {
        app.set_time(instant);
        app.tick();
        assert_eq!((&credit(&firm), &credit(&project)), (of_firm, of_project), "{instant}");
    }
    // A correction counts from when it is known; what was said before stays.
    let patch = |licensed_on: Value| {
        app.patch(&format!("/v1/admin/firms/{uscc}"))
            .token(&district())
            .header("If-Match", "*")
            .json(&json!({"licensed_on": licensed_on}))
            .seconded(&app)
            .json()
    };
    app.set_time("2027-01-02T02:00:00Z");
    assert_eq!(patch(json!("2026-12-01"))["licensed_on"], "2026-12-01");
    assert_eq!(credit(&firm), too_young);
    let asked =
        |query: &str| app.get(&format!("{firm}/evaluation?{query}")).expect(200).json()["outcome"].clone();
    assert_eq!(asked("as_of=2027-01-02T01:59:59Z"), "evaluated");
    assert_eq!(asked("as_of=2027-01-02T01:59:59Z&known_at=2027-01-02T02:00:00Z"), "not_evaluated");
    // Unknown is old enough.
    app.set_time("2027-01-02T02:01:00Z");
    assert_eq!(patch(Value::Null)["licensed_on"], Value::Null);
    assert_eq!(credit(&firm), old);
    // A file brings it too, and `-` takes it away.
    let import = |day: &str| {
        let file = format!("uscc,name,registered_place,licensed_on\n{uscc},新物业,210202,{day}\n");
        import_seconded(&app, &district(), "firms", CSV, file)["rows"].clone()
    };
    assert_eq!(import("2026-11-01"), rows(0, 1, 0));
    assert_eq!(import("2026-11-01"), rows(0, 0, 1));
    assert_eq!(credit(&firm), too_young);
    assert_eq!(import("-"), rows(0, 1, 0));
    assert_eq!(credit(&firm), old);
}

#[both]
fn the_score_is_exactly_what_the_rules_make_of_the_file(app: TestApp) {
    app.set_time("2026-01-05T02:00:00Z");
    app.put_firm(FIRM);
    let none = app.get(EVALUATION).expect(200).json();
    assert_eq!(
        (&none["outcome"], &none["reason"], &none["score"]),
        (&json!("not_evaluated"), &json!("没有在管项目"), &Value::Null)
    );
    app.put_project("large", FIRM, 100_000, "2026-01-05", None);
    app.put_project("small", FIRM, 50_000, "2026-01-05", None);
    // Assessments and residents have no sample: the file's 60 has all the weight.
    assert_eq!(app.grade_at(EVALUATION), ("evaluated".to_owned(), json!(60), json!("B")));
    app.set_time("2026-11-01T02:00:00Z");
    app.tick();
    app.put_assessment("large", "2026-Q3", "community", 90);
    app.put_assessment("large", "2026-Q3", "street", 80);
    app.put_assessment("small", "2026-Q3", "community", 70);
    // (0.40 × 60 + 0.30 × 80) / 0.70
    assert_eq!(app.grade_at(EVALUATION), evaluated(68.571, "B"));
    // Ten ratings with 46 stars on the large one; three on the small one are no sample.
    app.increment("large", "2026-10", [0, 0, 0, 4, 6]);
    app.increment("small", "2026-10", [3, 0, 0, 0, 0]);
    app.set_time("2026-11-21T02:00:00Z");
    app.tick();
    // 0.40 × 60 + 0.30 × 80 + 0.30 × 20 × (24.5 + 46) / 17 = 72.88235…
    assert_eq!(app.grade_at(EVALUATION), evaluated(72.882, "A"));
    app.put_record(FIRM, Fact { level: "state", ..Fact::of("reward", "R101") });
    assert_eq!(app.grade_at(EVALUATION), evaluated(76.882, "A"));
    app.put_record(FIRM, Fact { severity: "serious", ..Fact::of("veto", "P202") });
    let evaluation = app.get(EVALUATION).expect(200).json();
    assert_eq!(
        (&evaluation["score"], &evaluation["grade"], sum(&evaluation)),
        (&json!(68.882), &json!("C"), "68.882".to_owned())
    );
    assert_eq!(evaluation["lists"][0]["list"], "black");
    // Why not the next grade: which condition holds it back, how long, and that points do not help.
    let why = &evaluation["why"];
    assert_eq!(
        (&why["rules"][0]["from"], &why["rules"][0]["to"], &why["rules"][0]["holds_back"]),
        (&json!("B"), &json!("C"), &json!(true))
    );
    assert_eq!(why["rules"][0]["until"], "2029-11-20");
    let text = why["text"].as_str().unwrap();
    assert!(
        text.contains("由 B 变为 C，至 2029-11-20。")
            && text.contains("得分再高也不升级")
            && text.contains("距 A 级还差 1.118 分"),
        "{text}"
    );
    assert_eq!(evaluation["consequences"][0]["text"], "禁止承接新项目");
    let english = app.get(EVALUATION).english().expect(200).json();
    assert_eq!(english["consequences"][0]["text"], "Barred from new projects");
    assert_eq!(app.grade_at("/v1/projects/large/evaluation").0, "evaluated");
}

#[both]
fn ratings_count_once_the_closing_step_of_their_month_is_done(app: TestApp) {
    let stage = app.stage();
    let residents = app.neighbours(&stage.estate, 15);
    let path = format!("/v1/projects/{}/evaluation", stage.project);
    let told = |query: &str| {
        let items = app.get(&format!("{path}{query}")).expect(200).json()["items"].clone();
        let line = items.as_array().unwrap().iter().find(|line| line["source"] == "ratings").cloned();
        line.map(|line| (line["count"].clone(), line["value"].clone()))
    };
    app.rate_all(&residents[..10], &stage.project, "2026-11", &[5; 10]);
    app.step_on("2026-11-23");
    assert_eq!(app.project_ratings(&stage.project)["count"], 10);
    app.rate_all(&residents[10..], &stage.project, "2026-11", &[4; 5]);
    assert_eq!(told(""), None, "November is not closed");
    // On the morning of the 1st the service was down.
    app.set_time("2026-12-02T02:00:00Z");
    app.tick();
    // (24.5 + 70) / 22
    let whole = || Some((json!(15), json!(4.2955)));
    assert_eq!((told(""), told("?as_of=2026-12-02T02:00:00Z")), (whole(), whole()));
    assert_eq!(
        (told("?as_of=2026-12-01"), told("?as_of=2026-12-01&known_at=2026-12-02T02:00:00Z")),
        (None, None)
    );
    let history = app.get(&format!("{path}s")).expect(200).json();
    let entry = &history["items"][0];
    assert_eq!(
        (&entry["effective_from"], &entry["cause"]["kind"]),
        (&json!("2026-12-02T02:00:00Z"), &json!("ratings")),
        "{history}"
    );
    // Another month's ratings wait, and move nothing.
    app.rate_all(&residents, &stage.project, "2026-12", &[1; 15]);
    app.step_on("2026-12-07");
    assert_eq!(app.project_ratings(&stage.project)["count"], 30);
    assert_eq!((told(""), told("?as_of=2026-12-02T02:00:00Z")), (whole(), whole()));
}

#[both]
fn what_was_committed_stands_though_the_clock_is_behind_it(app: TestApp) {
    assessed_firm(&app);
    app.set_time("2026-11-21T02:00:00Z");
    app.tick();
    app.put_record(FIRM, Fact { level: "state", ..Fact::of("reward", "R101") });
    let beside = app.beside();
    let expected = beside.get(EVALUATION).expect(200);
    // Of a request that came before the record and waited, and of another machine's clock.
    app.set_time("2026-11-21T01:59:59Z");
    let here = app.get(EVALUATION).expect(200);
    assert_eq!((here.text.as_str(), here.etag()), (expected.text.as_str(), expected.etag()));
    assert!(here.text.contains("R101"));
}

#[both]
fn an_evaluation_that_has_not_changed_is_not_sent_twice(app: TestApp) {
    assessed_firm(&app);
    let first = app.get(EVALUATION).expect(200);
    app.set_time("2026-10-11T02:00:00Z");
    let again = app.get(EVALUATION).header("If-None-Match", first.etag()).expect(304);
    assert_eq!(again.etag(), first.etag());
    app.put_record(FIRM, Fact { decided_on: "2026-10-11", ..Fact::of("reward", "R101") });
    let changed = app.get(EVALUATION).header("If-None-Match", first.etag()).expect(200);
    assert_ne!(changed.etag(), first.etag());
}

#[both]
fn what_cannot_be_asked_is_refused(app: TestApp) {
    app.put_firm(FIRM);
    app.get("/v1/firms/91210200716996405L/evaluation").refused(404, "not_found");
    app.get("/v1/firms/none/evaluations").refused(400, "bad_parameter");
    app.get("/v1/projects/none/evaluation").refused(404, "not_found");
    app.get("/v1/projects/none/evaluations").refused(404, "not_found");
    app.get("/v1/managers/none/evaluation").refused(404, "not_found");
    app.get(&format!("{EVALUATION}?scheme=none")).refused(404, "not_found");
    app.get(&format!("{EVALUATION}?as_of=2019-06-01")).refused(404, "not_found");
    for (query, fault) in [
        ("as_of=2026-11-22", "in_future"),
        ("as_of=2026-11-21T02:00:01Z", "in_future"),
        ("known_at=2027-01-01", "in_future"),
        ("as_of=yesterday", "instant"),
        ("known_at=2026-1-1", "instant"),
    ] {
        let refused = app.get(&format!("{EVALUATION}?{query}")).refused(400, "bad_parameter");
        assert_eq!(refused.faults()[0].1, fault, "{query}");
    }
    app.get(&format!("{EVALUATION}?asof=2026-11-21")).refused(400, "bad_parameter");
    // Today is not the future, nor is the code's way of writing another firm.
    app.get(&format!("{EVALUATION}?as_of=2026-11-21")).expect(200);
    app.get("/v1/firms/91219900ma0000001a/evaluation").expect(200);
}

#[both]
fn the_past_is_asked_with_its_own_knowledge_or_with_later(app: TestApp) {
    assessed_firm(&app);
    app.set_time("2026-11-21T02:00:00Z");
    app.tick();
    // Decided in June, known in November.
    app.put_record(FIRM, Fact { level: "state", decided_on: "2026-06-01", ..Fact::of("late", "R101") });
    let then = format!("{EVALUATION}?as_of=2026-07-01");
    assert_eq!(app.grade_at(&then), ("evaluated".to_owned(), json!(60), json!("B")));
    assert_eq!(
        app.grade_at(&format!("{then}&known_at=2026-11-21")),
        ("evaluated".to_owned(), json!(70), json!("A"))
    );
    assert_eq!(
        app.grade_at(&format!("{then}&known_at=2026-11-20")),
        ("evaluated".to_owned(), json!(60), json!("B"))
    );
    // Before the decision it does not count, whatever is known.
    assert_eq!(app.grade_at(&format!("{EVALUATION}?as_of=2026-05-31&known_at=2026-11-21")).1, json!(60));
    assert_eq!(app.grade_at(&format!("{EVALUATION}?as_of=2026-06-01&known_at=2026-11-21")).1, json!(70));
    // (0.40 × 60 + 0.30 × 80) / 0.70 before, (0.40 × 70 + 0.30 × 80) / 0.70 since.
    assert_eq!(app.grade_at(&format!("{EVALUATION}?as_of=2026-11-20")), evaluated(68.571, "B"));
    assert_eq!(app.grade_at(EVALUATION), evaluated(74.286, "A"));
}

#[both]
fn the_history_says_what_changed_and_why(app: TestApp) {
    assessed_firm(&app);
    app.set_time("2026-11-01T03:00:00Z");
    app.put_record(FIRM, Fact { level: "state", decided_on: "2026-11-01", ..Fact::of("reward", "R101") });
    let page = app.get(&format!("{HISTORY}?scheme=dalian-demo&count=true")).expect(200).json();
    let newest = &page["items"][0];
    assert_eq!(newest["previous"], json!({"outcome": "evaluated", "score": 68.571, "grade": "B"}));
    assert_eq!(
        (&newest["score"], &newest["grade"], &newest["scheme_version"]),
        (&json!(74.286), &json!("A"), &json!(1))
    );
    assert_eq!(
        newest["cause"],
        json!({"kind": "record", "id": "reward", "text": "奖惩信息变化：先进企业、先进集体《演示》"})
    );
    assert_eq!(newest["effective_from"], "2026-11-01T03:00:00Z");
    let causes: Vec<&str> = page["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["cause"]["kind"].as_str().unwrap())
        .collect();
    assert_eq!(causes, ["record", "assessment", "assessment", "assessment", "project", "firm"]);
    assert_eq!(page["items"][5]["previous"], Value::Null);
    assert_eq!(page["page"]["total"], 6);
    // Both schemes' changes, page by page.
    let mut path = format!("{HISTORY}?limit=3");
    let mut seen = Vec::new();
    loop {
        let page = app.get(&path).expect(200).json();
        seen.extend(
            page["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()),
        );
        let Some(cursor) = page["page"]["next_cursor"].as_str() else { break };
        path = format!("{HISTORY}?limit=3&cursor={cursor}");
    }
    let all = app.get(&format!("{HISTORY}?limit=100")).expect(200).json();
    let all: Vec<String> =
        all["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(seen, all);
    app.get(&format!("{HISTORY}?cursor=made-up")).refused(400, "bad_parameter");
}

#[both]
fn what_is_not_public_shows_as_one_line_except_to_the_firm_and_its_officials(app: TestApp) {
    assessed_firm(&app);
    app.set_time("2026-11-21T02:00:00Z");
    app.tick();
    app.put_record(FIRM, Fact { public_until: None, ..Fact::of("hidden", "P101") });
    app.put_record(FIRM, Fact { public_until: Some("2026-11-20"), ..Fact::of("ended", "P103") });
    app.put_record(FIRM, Fact { public_until: None, ..Fact::of("shown", "R103") });
    app.put_firm(OTHER);
    let sources = |evaluation: &Value| -> Vec<String> {
        evaluation["items"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|item| item["source"] == "record" || item["source"] == "unpublished")
            .map(|item| item["id"].as_str().unwrap_or("unpublished").to_owned())
            .collect()
    };
    let public = app.get(EVALUATION).expect(200).json();
    assert_eq!(sources(&public), ["shown", "unpublished"]);
    let reasons = |page: Value| -> Vec<Value> {
        page["items"].as_array().unwrap()[..3].iter().map(|item| item["cause"].clone()).collect()
    };
    let unpublished = json!({"kind": "unpublished", "id": null, "text": "依据未公开的信息"});
    let shown =
        json!({"kind": "record", "id": "shown", "text": "奖惩信息变化：优秀项目经理、劳动模范《演示》"});
    let path = format!("{HISTORY}?scheme=dalian-demo");
    assert_eq!(reasons(app.get(&path).expect(200).json()), [shown, unpublished.clone(), unpublished]);
    for stranger in [
        app.firm_account(OTHER),
        app.official(Role::District, "210203", false),
        app.admin(),
        app.resident("13900000001").1,
    ] {
        assert_eq!(app.get(EVALUATION).token(&stranger).expect(200).json()["items"], public["items"]);
    }
    for own in [
        app.firm_account(FIRM),
        app.official(Role::District, "210202", false),
        app.official(Role::Street, "210202001", false),
    ] {
        let full = app.get(EVALUATION).token(&own).expect(200).json();
        let mut records = sources(&full);
        records.sort();
        assert_eq!(records, ["ended", "hidden", "shown"]);
        assert_eq!(
            (&full["score"], &full["grade"], sum(&full)),
            (&public["score"], &public["grade"], sum(&public))
        );
        assert_eq!(app.get(&path).token(&own).expect(200).json()["items"][2]["cause"]["id"], "hidden");
    }
}

#[both]
fn a_term_that_ends_changes_the_grade_at_its_instant(app: TestApp) {
    assessed_firm(&app);
    app.set_time("2026-11-21T02:00:00Z");
    app.tick();
    app.put_record(
        FIRM,
        Fact { level: "state", counts_until: Some("2026-11-30"), ..Fact::of("reward", "R101") },
    );
    assert_eq!(app.grade_at(EVALUATION), evaluated(74.286, "A"));
    app.set_time("2026-11-30T15:59:59.999999Z");
    app.tick();
    assert_eq!(app.grade_at(EVALUATION), evaluated(74.286, "A"));
    app.set_time("2026-11-30T16:00:00Z");
    app.tick();
    assert_eq!(app.grade_at(EVALUATION), evaluated(68.571, "B"));
    let newest =
        app.get(&format!("{HISTORY}?scheme=dalian-demo&limit=1")).expect(200).json()["items"][0].clone();
    assert_eq!(
        (&newest["cause"]["kind"], &newest["effective_from"]),
        (&json!("time"), &json!("2026-11-30T16:00:00Z"))
    );
}

#[both]
fn a_clock_that_is_late_dates_what_it_missed_by_its_instants(app: TestApp) {
    assessed_firm(&app);
    app.set_time("2026-11-21T02:00:00Z");
    app.tick();
    app.put_record(
        FIRM,
        Fact { level: "state", counts_until: Some("2026-11-30"), ..Fact::of("reward", "R101") },
    );
    // Nobody looks for three months; the third quarter's assessments have given way to none
    // meanwhile.
    app.set_time("2027-02-20T02:00:00Z");
    app.tick();
    let page = app.get(&format!("{HISTORY}?scheme=dalian-demo&limit=2")).expect(200).json();
    let times: Vec<&str> = page["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["effective_from"].as_str().unwrap())
        .collect();
    assert_eq!(times, ["2027-01-31T16:00:00Z", "2026-11-30T16:00:00Z"]);
    assert_eq!(app.grade_at(EVALUATION).1, json!(60));
    app.tick();
    assert_eq!(app.get(&format!("{HISTORY}?scheme=dalian-demo&limit=2")).expect(200).json(), page);
}

#[both]
fn who_refuses_is_missing_and_was_not_before(app: TestApp) {
    assessed_firm(&app);
    app.set_time("2026-11-01T03:00:00Z");
    app.set_participation(FIRM, false);
    assert_eq!(app.grade_at(EVALUATION), ("missing".to_owned(), Value::Null, Value::Null));
    app.set_time("2026-11-10T02:00:00Z");
    app.set_participation(FIRM, true);
    assert_eq!(app.grade_at(EVALUATION), evaluated(68.571, "B"));
    assert_eq!(app.grade_at(&format!("{EVALUATION}?as_of=2026-11-05")).0, "missing");
    assert_eq!(app.grade_at(&format!("{EVALUATION}?as_of=2026-11-05&known_at=2026-11-10")).0, "missing");
    assert_eq!(app.grade_at(&format!("{EVALUATION}?as_of=2026-10-31")).0, "evaluated");
}

#[both]
fn managers_are_graded_by_no_scheme_that_is_shipped(app: TestApp) {
    app.put_firm(FIRM);
    app.put_manager();
    let body = app.get("/v1/managers/manager-1/evaluation").expect(200).json();
    assert_eq!((&body["outcome"], &body["subject_kind"]), (&json!("not_evaluated"), &json!("manager")));
}

#[both]
fn a_projects_record_is_in_the_firms_file_and_in_its_own(app: TestApp) {
    assessed_firm(&app);
    app.put_record(
        FIRM,
        Fact { project: Some("small"), decided_on: "2026-10-10", ..Fact::of("reward", "R103") },
    );
    // R103 is 2 points: (0.40 × 62 + 0.30 × 80) / 0.70, and (0.40 × 62 + 0.30 × 70) / 0.70 for the
    // small one.
    assert_eq!(app.grade_at(EVALUATION), evaluated(69.714, "B"));
    assert_eq!(app.grade_at("/v1/projects/small/evaluation"), evaluated(65.429, "B"));
    assert_eq!(app.grade_at("/v1/projects/large/evaluation").1, json!(70.714));
    let newest = app.get("/v1/projects/small/evaluations?limit=1").expect(200).json();
    assert_eq!(newest["items"][0]["cause"]["id"], "reward");
}
