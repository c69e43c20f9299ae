//! A manager's evaluation is made of the terms in which the manager was in charge, not of the
//! projects'.

use std::sync::Arc;
use xinwu_both::both;

use serde_json::{Value, json};
use xinwu_domain::access::Role;
use xinwu_domain::estate::EstateKind;
use xinwu_domain::project::{Area, NewProject};
use xinwu_persistence::operations::verify;

use crate::harness::TestApp;
use crate::harness::files::{penalty, with};
use crate::harness::world::{COMMUNITY, STREET, plain_project};
use crate::offline::xinwu;
use crate::scheme_drafts::{announce, second_version};

/// The demo scheme for managers too, without a project as well, and with their projects' penalties.
pub fn rules(more: &[(&str, &str)]) -> String {
    let no_project = "when = { no_project = true }";
    let penalties = "name = { zh = \"不良信息\", en = \"Penalties\" }\nkind = \"records\"";
    let through = format!("{penalties}\nthrough = [\"own\", \"project\"]");
    let changes = [
        ("subjects = [\"firm\", \"project\"]", "subjects = [\"firm\", \"project\", \"manager\"]"),
        ("primary_for = [\"firm\", \"project\"]", "primary_for = [\"firm\", \"project\", \"manager\"]"),
        (no_project, "when = { younger_than_months = 1 }"),
        (penalties, &through),
    ];
    second_version("2026-11-21", &[&changes, more].concat())
}

/// A firm with projects of 10,000 and 30,000 m² since 2024 that are registered now, and who is in
/// charge.
struct Office {
    uscc: String,
    small: String,
    large: String,
    street: String,
}

fn office(app: &TestApp, [of_small, of_large]: [&str; 2]) -> (Office, [String; 2]) {
    let uscc = app.firm("海蓝物业");
    let managers = [of_small, of_large].map(|name| app.manager(name, &uscc));
    let project = |manager: &String, area: &str| {
        let plain = plain_project(&app.estate(COMMUNITY, EstateKind::Old), &uscc);
        let (manager, area_m2) = (Some(manager.clone()), Area::parse(area).unwrap());
        app.project_with(NewProject { manager, area_m2, ..plain })
    };
    let (small, large) = (project(&managers[0], "10000"), project(&managers[1], "30000"));
    let street = app.official(Role::Street, STREET, false);
    (Office { uscc, small, large, street }, managers)
}

impl Office {
    fn edit(&self, app: &TestApp, project: &str, body: &Value) {
        let street = app.official(Role::Street, STREET, false);
        let path = format!("/v1/admin/projects/{project}");
        app.patch(&path).token(&street).header("If-Match", "*").json(body).seconded(app);
    }

    /// Puts somebody in charge from now on.
    fn entrust(&self, app: &TestApp, project: &str, manager: &str) {
        self.edit(app, project, &json!({"manager": manager}));
    }

    fn assess(&self, app: &TestApp, project: &str, period: &str, service: u32) {
        let body = json!({"scores": {"service": service, "party": 60}, "correction_reason": "补录"});
        app.assessed(project, period, "street", &body);
    }
}

fn evaluation(app: &TestApp, manager: &str) -> Value {
    app.get(&format!("/v1/managers/{manager}/evaluation")).expect(200).json()
}

/// What the manager's projects' assessments and ratings come to.
fn parts(app: &TestApp, manager: &str) -> [Value; 2] {
    let evaluation = evaluation(app, manager);
    let components = evaluation["components"].as_array().unwrap();
    ["assessments", "residents"].map(|id| {
        let component = components.iter().find(|component| component["id"] == id);
        component.unwrap()["value"].clone()
    })
}

/// A document of the past, in full, as text.
fn then(app: &TestApp, manager: &str, known_at: &str) -> String {
    let path = format!("/v1/managers/{manager}/evaluation?as_of=2026-11-22T02:00:00Z{known_at}");
    app.get(&path).token(&app.confirmer()).expect(200).text
}

/// Nobody is told another story: the card by the batch's files, the evaluation by one file, that
/// file outside of the service, a simulation of the same rules, and what is counted again.
fn all_agree(app: &TestApp, text: &str, managers: &[&String]) {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    std::fs::write(path("rules.toml"), text).unwrap();
    let now = app.now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    for manager in managers {
        let card = app.get(&format!("/v1/managers/{manager}")).expect(200).json()["credit"].clone();
        let evaluation = evaluation(app, manager);
        for figure in ["outcome", "score", "grade"] {
            assert_eq!(card[figure], evaluation[figure], "{manager}");
        }
        let file =
            app.get(&format!("/v1/managers/{manager}/dossier")).token(&app.confirmer()).expect(200).text;
        let database = app.state.config().database.clone();
        assert_eq!(xinwu(Some(&database), &["export", "manager", manager]).1, file);
        std::fs::write(path("file.json"), file).unwrap();
        for as_of in [now.as_str(), "2026-11-22T02:00:00Z"] {
            let asked = format!("/v1/managers/{manager}/evaluation?as_of={as_of}&known_at={now}");
            let online = app.get(&asked).token(&app.confirmer()).expect(200).text;
            let (rules, file) = (path("rules.toml"), path("file.json"));
            let arguments = [
                "evaluate",
                "--scheme",
                &rules,
                "--file",
                &file,
                "--as-of",
                as_of,
                "--known-at",
                &now,
                "--json",
            ];
            let (code, offline, wrong) = xinwu(None, &arguments);
            assert_eq!((code, offline.trim_end()), (0, online.as_str()), "{wrong}");
        }
    }
    let city = app.official(Role::City, "2102", false);
    let body = json!({"scheme": "dalian-demo", "version": 2});
    let simulation = app.post("/v1/admin/schemes/simulate").token(&city).json(&body).expect(200).json();
    assert_eq!(simulation["moved_count"], 0, "{simulation}");
    let mut found = verify::run(app.db(), &(Arc::new(|_: &str, _, _| {}) as verify::Progress)).unwrap();
    // Ratings are put straight into their months here.
    found.differences.retain(|difference| !difference.kept_in.starts_with("rating_"));
    assert!(found.differences.is_empty(), "{found:?}");
}

#[both]
fn who_is_replaced_keeps_what_closed_in_the_term_and_the_next_inherits_none_of_it(app: TestApp) {
    let text = rules(&[]);
    announce(&app, &text);
    app.tick();
    let (office, [old, of_large]) = office(&app, ["旧经理", "大区经理"]);
    let new = app.manager("新经理", &office.uscc);
    let Office { small, large, .. } = &office;
    office.assess(&app, small, "2026-Q3", 100);
    office.assess(&app, large, "2026-Q3", 20);
    app.increment(small, "2026-10", [0, 0, 0, 0, 21]);
    let none = || [Value::Null, Value::Null];
    // (24.5 + 105) / 28 × 20.
    let of = |manager: &String| parts(&app, manager);
    assert_eq!(
        (of(&old), of(&of_large), of(&new)),
        ([json!(100), json!(92.5)], [json!(20), Value::Null], none())
    );
    app.set_time("2026-11-25T02:00:00Z");
    let before = [&old, &of_large, &new].map(|manager| then(&app, manager, ""));
    app.advance(chrono::Duration::hours(1));

    // The one leaves the small project for the large one, another comes.
    office.entrust(&app, small, &new);
    office.entrust(&app, large, &old);
    assert_eq!(
        (of(&old), of(&of_large), of(&new)),
        ([json!(100), json!(92.5)], [json!(20), Value::Null], none())
    );
    assert_eq!(evaluation(&app, &new)["outcome"], "not_evaluated");
    // What was known of the past stays, and what is known now of it is the same.
    assert_eq!([&old, &of_large, &new].map(|manager| then(&app, manager, "")), before);
    let now = format!("&known_at={}", app.now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true));
    for (then, now) in before.iter().zip([&old, &of_large].map(|manager| then(&app, manager, &now))) {
        let [then, now] = [then, &now].map(|text| serde_json::from_str::<Value>(text).unwrap());
        assert_eq!((&then["score"], &then["items"]), (&now["score"], &now["items"]));
    }
    let page = |manager: &String| {
        let page = app.get(&format!("/v1/managers/{manager}")).expect(200).json();
        let ids = |name: &str| {
            page[name]
                .as_array()
                .unwrap()
                .iter()
                .map(|each| each["id"].as_str().unwrap().to_owned())
                .collect::<Vec<_>>()
        };
        (ids("projects"), ids("past_projects"))
    };
    assert_eq!(page(&old), (vec![large.clone()], vec![small.clone()]));
    assert_eq!(page(&of_large), (vec![], vec![large.clone()]));
    assert_eq!(page(&new), (vec![small.clone()], vec![]));
    all_agree(&app, &text, &[&old, &of_large, &new]);

    // The fourth quarter is of everybody's term: 80 on 10,000 m² and 40 on 30,000 m² make 50.
    app.set_time("2027-01-10T02:00:00Z");
    app.tick();
    office.assess(&app, small, "2026-Q4", 80);
    office.assess(&app, large, "2026-Q4", 40);
    app.set_time("2027-02-02T02:00:00Z");
    app.tick();
    assert_eq!(
        [&old, &of_large, &new].map(|manager| of(manager)[0].clone()),
        [json!(50), json!(40), json!(80)]
    );
    // The first of the next year is of those who are in charge alone.
    app.set_time("2027-04-10T02:00:00Z");
    app.tick();
    office.assess(&app, small, "2027-Q1", 60);
    office.assess(&app, large, "2027-Q1", 90);
    app.set_time("2027-05-02T02:00:00Z");
    app.tick();
    assert_eq!(
        [&old, &of_large, &new].map(|manager| of(manager)[0].clone()),
        [json!(90), Value::Null, json!(60)]
    );
    all_agree(&app, &text, &[&old, &of_large, &new]);
}

#[both]
fn a_manager_is_as_old_as_the_own_first_term_and_may_come_back(app: TestApp) {
    let text = rules(&[("younger_than_months = 1 ", "younger_than_months = 6 ")]);
    announce(&app, &text);
    app.tick();
    let (office, [old, new]) = office(&app, ["旧经理", "别处经理"]);
    let named = app.manager("新经理", &office.uscc);
    let Office { small, large, .. } = &office;
    let outcome = |manager: &String| {
        app.get(&format!("/v1/managers/{manager}")).expect(200).json()["credit"]["outcome"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    // Nobody's first term has begun.
    assert_eq!(outcome(&named), "evaluated");
    app.set_time("2026-11-30T16:00:00Z");
    office.entrust(&app, small, &named);
    assert_eq!([&old, &new, &named].map(outcome), ["evaluated", "evaluated", "not_evaluated"]);
    // Named on 1 December in the city: six months end with 1 June. The old one comes back.
    app.set_time("2027-01-15T02:00:00Z");
    app.tick();
    office.entrust(&app, small, &old);
    for (instant, expected) in
        [("2027-06-01T15:59:59Z", "not_evaluated"), ("2027-06-01T16:00:00Z", "evaluated")]
    {
        app.set_time(instant);
        app.tick();
        assert_eq!((outcome(&named).as_str(), outcome(&old).as_str()), (expected, "evaluated"), "{instant}");
    }
    let file = |manager: &String| {
        app.get(&format!("/v1/managers/{manager}/dossier")).token(&app.confirmer()).expect(200).json()
    };
    let terms = |manager: &String| {
        let file = file(manager);
        let known = file["projects"].as_array().unwrap().iter().filter(|term| term["known_until"].is_null());
        known.map(|term| (term["starts_on"].clone(), term["ends_on"].clone())).collect::<Vec<_>>()
    };
    let day = |day: &str| json!(day);
    assert_eq!(terms(&old), [(day("2024-01-01"), day("2026-11-30")), (day("2027-01-15"), Value::Null)]);
    assert_eq!(terms(&named), [(day("2026-12-01"), day("2027-01-14"))]);
    // The first quarter is of both who were in charge in it.
    let of = |manager: &String| parts(&app, manager)[0].clone();
    office.assess(&app, small, "2027-Q1", 70);
    office.assess(&app, large, "2027-Q1", 30);
    assert_eq!([&old, &new, &named].map(of), [json!(70), json!(30), json!(70)]);
    all_agree(&app, &text, &[&old, &new, &named]);
}

#[both]
fn who_is_named_by_mistake_and_replaced_at_once_has_had_no_term(app: TestApp) {
    let text = rules(&[]);
    announce(&app, &text);
    app.tick();
    let (office, [first, of_large]) = office(&app, ["错登经理", "大区经理"]);
    let (right, next) = (app.manager("正确经理", &office.uscc), app.manager("下任经理", &office.uscc));
    let Office { small, .. } = &office;
    office.assess(&app, small, "2026-Q3", 100);
    let assessed = |manager: &String| parts(&app, manager)[0].clone();
    // On the day of the registration: the right one takes the place of the wrong one from the
    // beginning.
    app.advance(chrono::Duration::hours(2));
    office.entrust(&app, small, &right);
    assert_eq!([&first, &right].map(assessed), [Value::Null, json!(100)]);
    // Later: the wrong one leaves no gap, the one before keeps the term.
    app.set_time("2026-11-25T02:00:00Z");
    office.entrust(&app, small, &of_large);
    app.advance(chrono::Duration::minutes(5));
    office.entrust(&app, small, &next);
    assert_eq!([&first, &right, &next].map(assessed), [Value::Null, json!(100), Value::Null]);
    // Back to the one before: as if nothing had been.
    app.advance(chrono::Duration::minutes(5));
    office.entrust(&app, small, &right);
    assert_eq!([&first, &right, &next].map(assessed), [Value::Null, json!(100), Value::Null]);
    let page = |manager: &String| app.get(&format!("/v1/managers/{manager}")).expect(200).json();
    for wrong in [&first, &next] {
        assert_eq!((&page(wrong)["projects"], &page(wrong)["past_projects"]), (&json!([]), &json!([])));
    }
    assert_eq!(page(&of_large)["past_projects"], json!([]));
    // A released one has had the term until the day before.
    app.set_time("2026-11-27T02:00:00Z");
    office.edit(&app, small, &json!({"manager": null}));
    assert_eq!(assessed(&right), json!(100));
    assert_eq!(page(&right)["past_projects"][0]["id"], json!(small));
    all_agree(&app, &text, &[&first, &right, &next, &of_large]);
}

#[both]
fn a_projects_penalty_is_of_the_manager_on_the_day_of_the_decision(app: TestApp) {
    let text = rules(&[]);
    announce(&app, &text);
    app.tick();
    let (office, [old, _]) = office(&app, ["旧经理", "大区经理"]);
    let new = app.manager("新经理", &office.uscc);
    let on = |day: &str| {
        let changes = json!({"project": office.small, "decided_on": day, "title": day});
        app.record_in_force(&with(penalty(&office.uscc), changes))
    };
    let early = on("2026-11-10");
    app.set_time("2026-11-25T02:00:00Z");
    office.entrust(&app, &office.small, &new);
    let late = on("2026-11-24");
    // The fee is another: nothing new of anybody's term.
    office.edit(&app, &office.small, &json!({"fee_fen": 200}));
    app.set_time("2026-12-30T02:00:00Z");
    app.tick();
    let own = on("2026-11-25");
    let counted = |manager: &String| {
        let evaluation =
            app.get(&format!("/v1/managers/{manager}/evaluation")).token(&app.confirmer()).expect(200).json();
        let items = evaluation["items"].as_array().unwrap().clone();
        let mut ids: Vec<String> = items
            .iter()
            .filter(|item| item["source"] == "record")
            .map(|item| item["id"].as_str().unwrap().to_owned())
            .collect();
        ids.sort();
        ids
    };
    let mut of_old = vec![early, late];
    of_old.sort();
    assert_eq!((counted(&old), counted(&new)), (of_old, vec![own]));
    all_agree(&app, &text, &[&old, &new]);
}

#[both]
fn a_firm_that_takes_an_estate_over_inherits_none_of_what_was_before(app: TestApp) {
    let (office, _) = office(&app, ["经理", "经理"]);
    let old = office.small.clone();
    office.assess(&app, &old, "2026-Q3", 100);
    let estate = app.get(&format!("/v1/projects/{old}")).expect(200).json()["estate"]["code"]
        .as_str()
        .unwrap()
        .to_owned();
    office.edit(&app, &old, &json!({"ends_on": "2026-11-21"}));
    let uscc = app.firm("新来物业");
    let project = app.project_with(NewProject {
        starts_on: "2026-11-22".parse().unwrap(),
        ..plain_project(&estate, &uscc)
    });
    // A project of another firm is another project; one under the wrong firm is the district's to
    // correct.
    let path = format!("/v1/admin/projects/{old}");
    app.patch(&path)
        .token(&office.street)
        .header("If-Match", "*")
        .json(&json!({"uscc": uscc}))
        .refused(403, "role_not_allowed");
    app.set_time("2026-11-25T02:00:00Z");
    app.tick();
    let assessed = |subject: String| {
        let evaluation = app.get(&format!("/v1/{subject}/evaluation")).expect(200).json();
        let components = evaluation["components"].as_array().unwrap();
        components.iter().find(|component| component["id"] == "assessments").unwrap()["value"].clone()
    };
    assert_eq!(assessed(format!("firms/{}", office.uscc)), json!(100));
    assert_eq!(
        (assessed(format!("firms/{uscc}")), assessed(format!("projects/{project}"))),
        (Value::Null, Value::Null)
    );
}
