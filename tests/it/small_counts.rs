//! Small counts: every place that shows voices shows the same of them, so that none can be subtracted from another.

use serde_json::{Value, json};
use xinwu_domain::access::Role;
use xinwu_domain::estate::EstateKind;
use xinwu_domain::project::Operator;
use xinwu_persistence::project::NewProject;
use xinwu_persistence::setting::{self, City};

use crate::facts::FIRM;
use crate::harness::TestApp;
use crate::harness::world::{COMMUNITY, DISTRICT, OTHER_COMMUNITY, OTHER_DISTRICT, STREET, plain_project};

const FIGURES: [&str; 6] = ["score", "mean", "count", "distribution", "dimensions", "reason"];

/// The figures of an answer by their names, as many of them as it has.
fn figures<'a>(of: &'a Value, names: &[&'a str]) -> Vec<(&'a str, Value)> {
    names.iter().map(|name| (*name, of[*name].clone())).collect()
}

/// Asserts that a firm's figures are the same wherever they stand, and those of its projects too.
fn assert_one_judgement(app: &TestApp, uscc: &str, projects: &[&str]) {
    let get = |path: String| app.get(&path).expect(200).json();
    for project in projects {
        let page = get(format!("/v1/projects/{project}"));
        let ratings = get(format!("/v1/projects/{project}/ratings"));
        assert_eq!(figures(&page["service"], &FIGURES), figures(&ratings, &FIGURES), "{project}");
    }
    let ratings = get(format!("/v1/firms/{uscc}/ratings"));
    let card = get(format!("/v1/firms/{uscc}"));
    assert_eq!(figures(&card["service"], &FIGURES), figures(&ratings, &FIGURES));
    let names = ["score", "mean", "count", "reason"];
    let expected = figures(&ratings, &names);
    let of_list = |path: &str| {
        let page = get(path.to_owned());
        let items = page["items"].as_array().unwrap().clone();
        items.into_iter().find(|item| item["uscc"] == uscc).unwrap()["service"].clone()
    };
    for path in ["/v1/firms", "/v1/firms?sort=-service"] {
        assert_eq!(figures(&of_list(path), &names), expected, "{path}");
    }
    let compared = get(format!("/v1/compare?firms={uscc}"));
    assert_eq!(figures(&compared["firms"][0]["firm"]["service"], &names), expected);
    let ranked = get("/v1/rankings?by=service".to_owned());
    let ranked =
        ranked["items"].as_array().unwrap().iter().find(|item| item["firm"]["uscc"] == uscc).cloned();
    match ranked {
        Some(ranked) => {
            assert_eq!(ranked["value"], ratings["score"]);
            assert_eq!(figures(&ranked["firm"]["service"], &names), expected);
        }
        None => assert!(ratings["count"].is_null() || ratings["count"] == 0, "{uscc} is not ranked"),
    }
}

/// A firm with a project of a few voices and two of many in November, which is closed.
fn closed_november(app: &TestApp, few: [i32; 5]) {
    app.put_firm(FIRM);
    app.put_project("few", FIRM, 10_000, "2026-01-05", None);
    app.put_project("many", FIRM, 20_000, "2026-01-05", None);
    app.put_project("most", FIRM, 30_000, "2026-01-05", None);
    app.tick();
    app.put_voices("few", "2026-11", few);
    app.put_voices("many", "2026-11", [0, 0, 0, 9, 0]);
    app.put_voices("most", "2026-11", [0, 0, 0, 0, 20]);
    app.set_time("2026-12-05T16:00:00Z");
    app.tick();
}

/// Voices and service score of each line of residents' ratings, by project.
fn rated(evaluation: &Value) -> Vec<(String, Value, Value)> {
    let items = evaluation["items"].as_array().unwrap().iter().filter(|item| item["source"] == "ratings");
    let mut rated: Vec<_> = items
        .map(|item| {
            let project = item["project"].as_str().unwrap_or_default().to_owned();
            (project, item["count"].clone(), item["value"].clone())
        })
        .collect();
    rated.sort_by(|(one, ..), (other, ..)| one.cmp(other));
    rated
}

both! {
    fn a_projects_page_hides_a_dimension_that_another_projects_could_be_had_from(app) {
        let uscc = app.firm("甲物业");
        let project = |counts, cleaning| {
            let project = app.project(&app.estate(COMMUNITY, EstateKind::Old), &uscc);
            app.voiced(&uscc, &project, "2026-11", counts, cleaning);
            project
        };
        // All voices are shown. Three rated the cleaning of one project and nine that of the other: the firm shows twelve.
        let (one, two) = (project([0, 0, 0, 10, 0], (3, 3)), project([0, 0, 0, 20, 0], (9, 45)));
        let dimension = |path: String| app.get(&path).expect(200).json()["service"]["dimensions"]["cleaning"]["count"].clone();
        assert_eq!(dimension(format!("/v1/firms/{uscc}")), 12);
        assert_eq!(dimension(format!("/v1/projects/{one}")), Value::Null);
        assert_eq!(dimension(format!("/v1/projects/{two}")), Value::Null);
        assert_eq!(app.get(&format!("/v1/projects/{two}")).expect(200).json()["service"]["count"], 20);
    }

    fn voices_of_months_outside_of_a_corrected_term_are_in_no_figure_or_in_all(app) {
        let uscc = app.firm("甲物业");
        let (one, two) = (app.project(&app.estate(COMMUNITY, EstateKind::Old), &uscc), app.project(&app.estate(COMMUNITY, EstateKind::Old), &uscc));
        app.voiced(&uscc, &one, "2026-08", [0, 0, 9, 0, 0], (0, 0));
        app.voiced(&uscc, &one, "2026-10", [3, 0, 0, 0, 0], (0, 0));
        app.voiced(&uscc, &two, "2026-10", [0, 0, 0, 0, 30], (0, 0));
        let street = app.official(Role::Street, STREET, false);
        app.patch(&format!("/v1/admin/projects/{one}")).token(&street).header("If-Match", "*").json(&json!({"ends_on": "2026-09-30"})).expect(200);
        assert_one_judgement(&app, &uscc, &[&one, &two]);
    }

    fn a_firms_total_and_the_lists_of_its_projects_do_not_give_a_small_project_away(app) {
        closed_november(&app, [3, 0, 0, 0, 0]);
        assert_one_judgement(&app, FIRM, &["few", "many", "most"]);
        assert_eq!(app.firm_ratings(FIRM)["count"], 32);
        let lists = [
            format!("/v1/firms/{FIRM}/projects"), "/v1/estates".to_owned(), "/v1/projects/many".to_owned(),
            format!("/v1/estates?place={COMMUNITY}"), format!("/v1/firms/{FIRM}/evaluation"), "/v1/projects/many/evaluation".to_owned(),
            format!("/v1/statistics?place={COMMUNITY}&period=2026-Q4"),
        ];
        for path in lists {
            let text = app.get(&path).expect(200).text;
            for count in ["\"count\":3,", "\"count\":9,", "\"voices\":3,", "\"voices\":9,"] {
                assert!(!text.contains(count), "{path} shows {count}: {text}");
            }
        }
    }

    fn an_evaluation_tells_of_voices_no_more_than_the_ratings_do(app) {
        closed_november(&app, [3, 0, 0, 0, 0]);
        let path = format!("/v1/firms/{FIRM}/evaluation");
        // Three voices are no sample. The nine are what they could be subtracted from: to officials and to the firm too.
        let expected = vec![("many".to_owned(), Value::Null, Value::Null), ("most".to_owned(), json!(20), json!(4.6111))];
        assert_eq!(rated(&app.get(&path).expect(200).json()), expected);
        let firm = app.firm_account(FIRM);
        let official = app.official(Role::District, DISTRICT, true);
        for token in [&firm, &official] {
            assert_eq!(rated(&app.get(&path).token(token).expect(200).json()), expected);
            assert_eq!(rated(&app.get("/v1/projects/many/evaluation").token(token).expect(200).json()), [("many".to_owned(), Value::Null, Value::Null)]);
        }
        assert_eq!(rated(&app.get("/v1/firm").token(&firm).expect(200).json()["evaluation"]), expected);
        // Two more in December, which the closed months could be subtracted from the year for.
        app.put_voices("most", "2026-12", [0, 0, 0, 0, 2]);
        let expected = vec![("many".to_owned(), Value::Null, Value::Null), ("most".to_owned(), Value::Null, Value::Null)];
        assert_eq!(rated(&app.get(&path).expect(200).json()), expected);
    }

    fn an_evaluation_tells_of_voices_what_the_ratings_show(app) {
        closed_november(&app, [5, 0, 0, 0, 0]);
        let rated = rated(&app.get(&format!("/v1/firms/{FIRM}/evaluation")).expect(200).json());
        assert_eq!(rated.iter().map(|(project, count, _)| (project.as_str(), count.clone())).collect::<Vec<_>>(),
            [("few", json!(5)), ("many", json!(9)), ("most", json!(20))]);
        // (24.5 + 5) / 12
        assert_eq!(rated[0].2, json!(2.4583));
    }

    fn a_place_less_the_places_in_it_leaves_nothing_that_is_hidden(app) {
        let uscc = app.firm("甲物业");
        let project = |place, counts| {
            let project = app.project(&app.estate(place, EstateKind::Old), &uscc);
            app.voiced(&uscc, &project, "2026-09", counts, (0, 0));
        };
        project(COMMUNITY, [0, 0, 0, 0, 3]);
        project(OTHER_COMMUNITY, [0, 0, 0, 9, 0]);
        project(OTHER_COMMUNITY, [0, 0, 20, 0, 0]);
        // The owners' own: nobody else's voices are judged with theirs.
        let owners = |place: &str, counts| {
            let estate = app.estate(place, EstateKind::Old);
            let project = app.project_with(NewProject { operator: Operator::Owners, uscc: None, ..plain_project(&estate, &uscc) });
            app.voiced(&uscc, &project, "2026-09", counts, (0, 0));
        };
        owners("210202001003", [0, 4, 0, 0, 0]);
        owners(COMMUNITY, [0, 0, 0, 7, 0]);
        let voices = |place: &str| app.get(&format!("/v1/statistics?place={place}&period=2026-Q3")).expect(200).json()["ratings"]["voices"].clone();
        // The firm shows 32: its 3 and the 9 are hidden together. Its 20, the owners' 7, and never the 4.
        assert_eq!((voices(COMMUNITY), voices("210202001003"), voices(STREET), voices(DISTRICT)), (json!(7), Value::Null, json!(7), json!(7)));
        assert_eq!((voices(OTHER_COMMUNITY), voices(OTHER_DISTRICT), voices("2102")), (json!(20), json!(20), json!(27)));
    }

    fn more_voices_asked_for_take_firms_out_of_the_order_by_service_at_once(app) {
        app.put_firm(FIRM);
        app.put_project("many", FIRM, 10_000, "2026-01-05", None);
        app.put_voices("many", "2026-11", [0, 0, 0, 0, 7]);
        let ranked = || app.get("/v1/rankings?by=service&count=true").expect(200).json()["page"]["total"].clone();
        assert_eq!(ranked(), 1);
        let zone = app.state.config().tz();
        app.db().write_blocking(move |tx| setting::keep_city(tx, City { zone, fewest_voices: 8 })).unwrap();
        assert_eq!(ranked(), 0);
    }
}
