//! The demo's data, filled small through the same code.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use xinwu_both::both;

use diesel::dsl::{count, count_star, sum};
use diesel::prelude::*;
use indicatif::ProgressBar;
use serde_json::{Value, json};
use xinwu_api::demo::fill::RESIDENT_PHONE;
use xinwu_api::demo::welcome::{self, Subject};
use xinwu_api::demo::{self, Size, people};
use xinwu_domain::access::{Audience, Operation, Role};
use xinwu_domain::calendar::{DEFAULT_ZONE, Month};
use xinwu_domain::rating::StepTimes;
use xinwu_openapi::lint::Described;
use xinwu_openapi::{document, inlined, lint};
use xinwu_persistence::city::{self, CitySettings};
use xinwu_persistence::operations::verify;
use xinwu_persistence::ratings::rating::Increment;
use xinwu_persistence::schema::{
    project, rating, rating_burst, rating_increment, rating_step, residence, tally,
};

use crate::admin_cookbook::{paste, script};
use crate::harness::world::encode;
use crate::harness::{Backend, Call, TestApp};

const ENGLISH: &str = include_str!("../../README.md");
const CHINESE: &str = include_str!("../../README.zh-CN.md");

#[both]
fn a_small_demo_has_what_it_promises_and_its_sums_are_those_of_its_rows(app: TestApp) {
    let subject = demo::fill(&app.state, Size::SMALL, &ProgressBar::hidden()).unwrap();
    people::add(&app.state, &subject).unwrap();
    let city = app.get("/v1/statistics?period=2026-Q3").expect(200).json();
    assert_eq!(
        (&city["coverage"]["estates"]["total"], &city["coverage"]["households"]["total"]),
        (&json!(30), &json!(450))
    );
    for (kind, count) in city["coverage"]["estates"]["by_kind"].as_object().unwrap() {
        assert!(count.as_i64().unwrap() > 0, "{kind}");
    }
    assert_eq!(city["assessments"]["share"], 1.0);
    let of_all: i64 =
        ["210202", "210203", "210204", "210211", "210212", "210213", "210214", "210224", "210281", "210283"]
            .iter()
            .map(|district| {
                app.get(&format!("/v1/statistics?place={district}")).expect(200).json()["coverage"]["estates"]
                    ["total"]
                    .as_i64()
                    .unwrap()
            })
            .inspect(|count| assert!(*count > 0))
            .sum();
    assert_eq!(of_all, 30);
    let grades = &city["firms"]["by_grade"];
    let count = |grade: &str| {
        grades
            .as_array()
            .unwrap()
            .iter()
            .find(|each| each["grade"] == grade)
            .map_or(0, |each| each["count"].as_i64().unwrap())
    };
    let graded: i64 = grades.as_array().unwrap().iter().map(|each| each["count"].as_i64().unwrap()).sum();
    assert!(count("B") * 10 >= graded * 7, "{grades}");
    let card = app.get(&format!("/v1/firms/{}", subject.uscc)).expect(200).json();
    assert_eq!((&card["demo"], &card["credit"]["grade"]), (&json!(true), &json!("B")));
    let spread: i64 = card["service"]["distribution"]
        .as_object()
        .unwrap()
        .values()
        .map(|each| each.as_i64().unwrap())
        .sum();
    assert_eq!(card["service"]["count"], spread);
    let (published, of_firms, waiting) = app
        .db()
        .read_blocking(|conn| {
            let rows: Vec<Increment> = rating_increment::table
                .inner_join(project::table.on(project::id.eq(rating_increment::project_id)))
                .filter(project::uscc.is_not_null())
                .select(Increment::as_select())
                .load(conn)?;
            let published: i64 = rows.iter().map(|row| i64::from(row.tally().count())).sum();
            let of_firms: Option<i64> = tally::table
                .filter(tally::subject_kind.eq("firm"))
                .select(sum(tally::ratings))
                .first(conn)?;
            let waiting: Vec<(String, i64)> = rating::table
                .filter(
                    rating::published.is_null().and(rating::burst.is_null()).and(rating::stars.is_not_null()),
                )
                .group_by(rating::project_id)
                .select((rating::project_id, count_star()))
                .load(conn)?;
            Ok((published, of_firms, waiting))
        })
        .unwrap();
    // What is not published waits, or was left when a project ended; the demo's year is the window
    // of the tallies.
    assert!((600..900).contains(&published), "{published}");
    assert_eq!(of_firms, Some(published));
    // Four neighbours wait wherever enough live, the demo's own project among them.
    assert!(waiting.iter().all(|(_, count)| *count <= 4), "{waiting:?}");
    assert!(
        waiting.contains(&(subject.project.clone(), 4))
            && waiting.iter().filter(|(_, count)| *count == 4).count() > 10,
        "{waiting:?}"
    );
    let city = app.official(Role::City, "2102", true);
    app.get("/v1/admin/bursts").token(&city).expect(200);
    the_estate_has_cases(&app, &subject, &city);
    the_tour_runs(&app, &subject);
}

/// Cases in each state, the sums of those of a month that is past, departments, and a survey with
/// its method.
fn the_estate_has_cases(app: &TestApp, subject: &Subject, city: &str) {
    for state in ["open", "dispatched", "accepted", "done", "verified", "closed", "withdrawn", "joined"] {
        let cases = app.get(&format!("/v1/admin/cases?state={state}")).token(city).expect(200).json();
        assert_ne!(cases["items"], json!([]), "{state}");
    }
    let path = format!("/v1/departments?place={}", subject.district);
    let departments = app.get(&path).token(city).expect(200).json();
    assert_eq!(departments["items"].as_array().unwrap().len(), 3);
    let least = |sums: &Value| {
        let at_least = |name: &str, least| sums[name].as_i64().unwrap() >= least;
        assert!(at_least("opened", 5) && at_least("closed", 5) && at_least("late", 1), "{sums}");
    };
    let of = [
        format!("projects/{}", subject.project),
        format!("firms/{}", subject.uscc),
        format!("places/{}", subject.district),
    ];
    for path in of {
        least(&app.get(&format!("/v1/{path}/cases?from=2026-10&to=2026-10")).expect(200).json());
    }
    let month = format!("statistics?place={}&period=2026-10", subject.district);
    let report = app.get(&format!("/v1/{month}")).expect(200).json();
    least(&report["cases"]);
    least(&report["complaints"]);
    for page in [format!("/places/{}", subject.district), format!("/{month}")] {
        assert!(app.get(&page).expect(200).text.contains("按时办结率"), "{page}");
    }
    for of in [format!("estates/{}", subject.estate), format!("places/{}", subject.district)] {
        let path = format!("/v1/{of}/metrics?key=survey_satisfaction");
        let survey = app.get(&path).expect(200).json();
        assert_eq!(survey["items"][0]["method"]["minimum_met"], json!(true), "{survey}");
    }
    let street = app.official(Role::Street, &subject.street, false);
    let drafts = app.get("/v1/admin/inbox?kind=draft").token(&street).expect(200).json();
    assert_ne!(drafts["items"], json!([]));
}

/// The README's tour, as it stands there: over the demo's data, in the folder of `demo.json`.
fn the_tour_runs(app: &TestApp, subject: &Subject) {
    welcome::fix_code(&app.state).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let address = app.base.trim_start_matches("http://").parse().unwrap();
    let document = serde_json::to_string_pretty(&welcome::document(&app.state, subject, address)).unwrap();
    std::fs::create_dir(folder.path().join("demo-data")).unwrap();
    std::fs::write(folder.path().join("demo-data/demo.json"), document).unwrap();
    let tour = script(tour_of(ENGLISH)).replace("http://127.0.0.1:8080", &app.base);
    // Where it waits for the next minute the clock is set on, and what is due by then is done.
    let (pause, waits) = ("sleep 65", folder.path().join("waits"));
    assert_eq!(tour.matches(pause).count(), 1);
    let tour = tour.replace(pause, "touch waits; while [ -e waits ]; do sleep 0.05; done");
    let service = || {
        let card = app.get(&format!("/v1/projects/{}", subject.project)).expect(200).json();
        card["service"]["count"].as_i64().unwrap()
    };
    let before = service();
    let done = AtomicBool::new(false);
    let said = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::SeqCst) {
                if waits.exists() {
                    app.advance(chrono::Duration::seconds(65));
                    app.tick();
                    std::fs::remove_file(&waits).unwrap();
                }
                std::thread::park_timeout(std::time::Duration::from_millis(20));
            }
        });
        let said = std::panic::catch_unwind(|| paste(&tour, folder.path(), &[]));
        done.store(true, Ordering::SeqCst);
        said.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    });
    // The reader's rating and the four that waited: exactly the five.
    assert_eq!(service(), before + 5);
    let moved = format!("\"count\":{},\"distribution\"", before + 5);
    for part in [
        moved.as_str(),
        "听涛雅苑（演示）",
        "\"name\":\"演示海韵物业管理有限公司\"",
        "\"source\":\"base\"",
        "\"status\":\"verified\"",
        "\"comment\":\"楼道很干净\",\"comment_state\":\"waiting\",\"comment_reason\":null,\"published\":null",
        "\"cause\":{\"kind\":\"record\",\"id\":",
        "\"eligibility\":\"barred\"",
        "\"may\":[\"confirm_proposal\",\"return_proposal\"]",
        "\"operation\":\"edit_project\",\"object\":{\"kind\":\"project\",",
        "\"state\":\"confirmed\"",
        "\"may\":[\"decide_objection\",\"extend_objection\"]",
        "\"activation_code\":\"",
        "\"on_time\":{\"numerator\":",
        "\"is_overdue\":true",
        "\"name\":\"投诉逾期，企业在其后72小时内仍未办结\"",
        "\"minimum_met\":true",
    ] {
        assert!(said.contains(part), "{part}\n{said}");
    }
    // What is printed begins with the page to look at.
    let printed = welcome::text(&welcome::document(&app.state, subject, address));
    let first: Vec<&str> =
        printed.split_whitespace().filter(|word| word.starts_with("http")).take(3).collect();
    assert_eq!(
        first,
        [
            format!("{}/", app.base),
            format!("{}/estates/{}", app.base, subject.estate),
            format!("{}/docs/", app.base)
        ]
    );
    for line in welcome::document(&app.state, subject, address)["curl"].as_array().unwrap() {
        let line = line.as_str().unwrap().replace("curl -s", "curl --fail-with-body -s");
        assert!(paste(&line, folder.path(), &[]).starts_with('{'), "{line}");
    }
}

/// Of how many households of each project stars wait that nobody holds.
fn waiting(app: &TestApp) -> BTreeMap<String, i64> {
    let rows: Vec<(String, i64)> = app
        .db()
        .read_blocking(|conn| {
            let waits =
                rating::published.is_null().and(rating::burst.is_null()).and(rating::stars.is_not_null());
            let counted = rating::table.filter(waits).group_by(rating::project_id);
            Ok(counted.select((rating::project_id, count_star())).load(conn)?)
        })
        .unwrap();
    rows.into_iter().collect()
}

/// The projects that run, with their estate and in how many of its dwellings someone lives who is
/// verified, less the one whose burst is held.
fn lived_in(app: &TestApp) -> Vec<(String, String, i64)> {
    let today = app.now().with_timezone(&DEFAULT_ZONE).date_naive().to_string();
    app.db()
        .read_blocking(move |conn| {
            let runs = project::ends_on.is_null().or(project::ends_on.ge(today));
            let held = rating_burst::table.select(rating_burst::project_id);
            Ok(project::table
                .inner_join(residence::table.on(residence::estate.eq(project::estate)))
                .filter(runs.and(residence::status.eq("verified")).and(project::id.ne_all(held)))
                .group_by((project::id, project::estate))
                .select((project::id, project::estate, count(residence::household_id).aggregate_distinct()))
                .load(conn)?)
        })
        .unwrap()
}

/// How many ratings of 1 to 5 stars each project's increments of a month and later hold.
fn published(app: &TestApp, since: &str) -> BTreeMap<String, [i64; 5]> {
    let since = since.to_owned();
    let rows: Vec<(String, i32, i32, i32, i32, i32)> = app
        .db()
        .read_blocking(move |conn| {
            use rating_increment as row;
            let columns = (row::project_id, row::one, row::two, row::three, row::four, row::five);
            Ok(row::table.filter(row::month.ge(since)).select(columns).load(conn)?)
        })
        .unwrap();
    let mut sums: BTreeMap<String, [i64; 5]> = BTreeMap::new();
    for (project, one, two, three, four, five) in rows {
        let sum = sums.entry(project).or_default();
        for (sum, more) in sum.iter_mut().zip([one, two, three, four, five]) {
            *sum += i64::from(more);
        }
    }
    sums
}

#[track_caller]
fn is_clean(app: &TestApp) {
    let silent: verify::Progress = Arc::new(|_, _, _| {});
    let report = verify::run(app.db(), &silent).unwrap();
    assert!(report.is_clean(), "{:?}", report.differences);
}

/// "Four neighbours' ratings wait in each of its projects, so that the reader's is the fifth
/// wherever it is given", and within a minute the score moves by exactly the five.
fn the_reader_is_the_fifth(backend: Backend, instant: &str) {
    let app = TestApp::start_at(backend, instant, |_| {});
    let subject = demo::fill(&app.state, Size::SMALL, &ProgressBar::hidden()).unwrap();
    is_clean(&app);
    let (waits, mut lived_in) = (waiting(&app), lived_in(&app));
    lived_in.retain(|(.., homes)| *homes >= 5);
    assert!(lived_in.len() > 10, "{lived_in:?}");
    for (project, ..) in &lived_in {
        assert_eq!(waits.get(project), Some(&4), "{project} of {waits:?}");
    }
    // In the demo's own project, and in the first and the last of the others.
    let own = lived_in.iter().find(|(project, ..)| *project == subject.project).unwrap();
    let rated: BTreeMap<&String, &String> = [own, &lived_in[0], &lived_in[lived_in.len() - 1]]
        .into_iter()
        .map(|(project, estate, _)| (project, estate))
        .collect();
    let month = Month::of(app.now(), DEFAULT_ZONE).to_string();
    let before = published(&app, "");
    for (project, estate) in &rated {
        let shown = app.project_ratings(project);
        app.rate(&app.neighbour(estate), project, &month, 1);
        assert_eq!(app.project_ratings(project), shown);
    }
    app.advance(chrono::Duration::minutes(1));
    app.tick();
    let after = published(&app, "");
    let moved: BTreeSet<&String> =
        after.keys().filter(|project| before.get(*project) != after.get(*project)).collect();
    assert_eq!(moved, rated.keys().copied().collect::<BTreeSet<_>>());
    for project in rated.keys() {
        let (was, is) = (before.get(*project).copied().unwrap_or_default(), after[*project]);
        let came: Vec<i64> = is.iter().zip(was).map(|(is, was)| is - was).collect();
        assert!(came.iter().sum::<i64>() == 5 && came[0] >= 1, "{came:?}");
        let card = app.get(&format!("/v1/projects/{project}")).expect(200).json();
        let shown = app.project_ratings(project);
        assert_eq!(
            (&card["service"]["score"], &card["service"]["count"]),
            (&shown["score"], &shown["count"])
        );
        // The months that figures are made of: this one and the eleven before.
        let first = Month::of(app.now(), DEFAULT_ZONE).plus(-11).unwrap().to_string();
        let year = published(&app, &first)[*project];
        assert_eq!(shown["count"], json!(year.iter().sum::<i64>()));
        assert_eq!(shown["distribution"]["1"], json!(year[0]));
    }
    is_clean(&app);
}

/// One test for each day on which a demo may be made.
macro_rules! made_at {
    ($($name:ident: $backend:ident, $instant:literal;)*) => {$(
        #[test]
        fn $name() { the_reader_is_the_fifth(Backend::$backend, $instant) }
    )*};
}

mod the_reader_is_the_fifth_whenever_the_demo_is_made {
    use super::*;

    made_at! {
        on_a_first_that_is_a_monday_before_six: Sqlite, "2026-05-31T16:30:00Z";
        on_a_first_at_six: Sqlite, "2026-07-31T22:00:00Z";
        on_a_30th_that_is_a_monday: Postgres, "2026-11-30T02:00:00Z";
        in_the_last_minute_of_a_year: Sqlite, "2026-12-31T15:59:30Z";
        on_the_last_day_of_february: Sqlite, "2027-02-28T02:00:00Z";
    }
}

#[both]
fn the_demos_first_minute_of_a_month_closes_the_month_before(app: TestApp) {
    let stage = app.stage();
    app.step_on("2026-12-01");
    app.set_hour("2026-12-10", 12);
    app.db()
        .write_blocking(|tx| {
            let city = city::city(tx.conn)?;
            city::keep_city(tx, CitySettings { figures: StepTimes::EveryMinute, ..city })
        })
        .unwrap();
    let residents = app.neighbours(&stage.estate, 5);
    let evaluation = || {
        let path = format!("/v1/projects/{}/evaluation", stage.project);
        app.get(&path).expect(200).json()["items"].clone()
    };
    let closed = || -> Vec<(String, String)> {
        app.db()
            .read_blocking(|conn| {
                let closing =
                    rating_step::table.filter(rating_step::closes.is_not_null()).order(rating_step::step);
                let rows: Vec<(String, Option<String>)> =
                    closing.select((rating_step::step, rating_step::closes)).load(conn)?;
                Ok(rows.into_iter().map(|(step, month)| (step, month.unwrap())).collect())
            })
            .unwrap()
    };
    let november = ("2026-12-01".to_owned(), "2026-11".to_owned());
    let before = evaluation();
    app.rate_all(&residents, &stage.project, "2026-12", &[5; 5]);
    app.advance(chrono::Duration::minutes(1));
    app.tick();
    // The figure moves at once; grades are of months that are closed.
    assert_eq!(app.project_ratings(&stage.project)["count"], 5);
    app.set_time("2026-12-31T15:59:59Z");
    app.tick();
    assert_eq!((closed(), evaluation()), (vec![november.clone()], before.clone()));
    app.set_time("2026-12-31T16:00:10Z");
    app.tick();
    let december = ("2026-12-31T16:00".to_owned(), "2026-12".to_owned());
    assert_eq!(closed(), [november.clone(), december.clone()]);
    assert_ne!(evaluation(), before);
    app.advance(chrono::Duration::minutes(1));
    app.tick();
    assert_eq!(closed(), [november, december]);
}

fn tour_of(readme: &str) -> &str {
    let from = readme.find("X=http://127.0.0.1:8080").unwrap();
    let block = readme[..from].rfind("```sh").unwrap();
    &readme[block..]
}

#[test]
fn both_readmes_have_the_same_tour() {
    let commands = |readme: &str| -> Vec<String> {
        script(tour_of(readme))
            .lines()
            .map(|line| line.split(" # ").next().unwrap_or_default().to_owned())
            .collect()
    };
    assert_eq!(commands(ENGLISH), commands(CHINESE));
}

/// What is asked by the document's own example and is not had in the demo, with the reason.
const NOT_IN_THE_DEMO: &[(&str, &[&str])] = &[
    ("a scheme's file is longer than an example", &["add_scheme_draft"]),
    ("a code is shown to an administrator, once", &["activate_account"]),
    ("a draft is the reader's to make", &["get_scheme_draft", "list_scheme_drafts", "withdraw_scheme"]),
    (
        "nobody has objected, promised or asked for a repair",
        &["list_admin_objections", "list_admin_repairs", "list_firm_commitments"],
    ),
    ("the id of a firm's project is the service's to give", &["open_firm_case"]),
    ("the small demo has no burst", &["list_bursts"]),
    ("nobody sets up a second factor by the example's password", &["confirm_totp", "set_up_totp"]),
    ("what was given of a quarter that is closed was confirmed", &["return_assessments"]),
    (
        "those of the demo have just signed in for the first time",
        &["list_my_cases", "list_my_ratings", "list_my_residences", "open_my_case"],
    ),
];

/// "Examples that exist in the demo": whoever asks by the document's own gets what it is about, in
/// a list at least one. Where the service gives the id itself there is no example to ask by, and
/// what the body names is looked up.
#[test]
fn the_examples_of_the_document_are_found() {
    let app = TestApp::start(Backend::Sqlite);
    let subject = demo::fill(&app.state, Size::SMALL, &ProgressBar::hidden()).unwrap();
    people::add(&app.state, &subject).unwrap();
    welcome::fix_code(&app.state).unwrap();
    let accounts: Vec<(Option<Role>, String)> = people::who(&subject)
        .iter()
        .map(|account| {
            let mut grant = account.clone();
            let role: Role = account["role"].as_str().unwrap().parse().unwrap();
            let fields = [
                "grant_type",
                "phone",
                "code",
                "privacy_version",
                "username",
                "password",
                "client_id",
                "client_secret",
            ];
            grant.as_object_mut().unwrap().retain(|name, _| fields.contains(&name.as_str()));
            let signed = app.post("/v1/auth/token").json(&grant).expect(200).json();
            (Some(role), signed["access_token"].as_str().unwrap().to_owned())
        })
        .chain([(None, String::new())])
        .collect();
    let document = inlined(&document().unwrap());
    // Where a copy stands is the service's to say, as an id is: the snapshot does.
    let cursor = app.snapshot().cursor;
    let (mut asked, mut looked_up, mut missing) = (0, 0, BTreeMap::new());
    for each in lint::operations(&document) {
        let path = example_path(&each).replace("since={since}", &format!("since={cursor}"));
        let bodies = example_bodies(&document, each.operation);
        if path.contains('{') {
            for (name, value) in bodies.iter().flat_map(|(_, body)| named(body)) {
                assert!(is_known(&app, &name, &value), "{:?}: there is no {name} {value}", each.id());
                looked_up += 1;
            }
            continue;
        }
        let sent: Vec<Option<&(String, Value)>> = match (each.method, bodies.as_slice()) {
            ("get", _) => vec![None],
            (_, bodies) => bodies.iter().map(Some).collect(),
        };
        for body in sent {
            asked += 1;
            if let Err(answers) = ask(&app, &accounts, &each, &path, body) {
                missing.insert(each.id().unwrap().to_owned(), answers);
            }
        }
    }
    let listed: BTreeSet<&str> = NOT_IN_THE_DEMO.iter().flat_map(|(_, ids)| ids.iter().copied()).collect();
    let found: BTreeSet<&str> = missing.keys().map(String::as_str).collect();
    assert_eq!(found, listed, "{missing:#?}");
    assert!(asked > 60 && looked_up > 0, "{asked} asked, {looked_up} looked up");
}

/// The path with its query, by the examples of its parameters.
fn example_path(each: &Described<'_>) -> String {
    let (mut path, mut query) = (each.path.to_owned(), Vec::new());
    for parameter in each.operation["parameters"].as_array().into_iter().flatten() {
        let name = parameter["name"].as_str().unwrap();
        let Some(example) = parameter.get("example") else {
            if parameter["in"] == "query" && parameter["required"] == true {
                query.push(format!("{name}={{{name}}}"));
            }
            continue;
        };
        let text = example.as_str().map_or_else(|| example.to_string(), str::to_owned);
        match parameter["in"].as_str().unwrap() {
            "path" => path = path.replace(&format!("{{{name}}}"), &text),
            "query" => query.push(format!("{name}={}", encode(&text))),
            _ => {}
        }
    }
    if query.is_empty() { path } else { format!("{path}?{}", query.join("&")) }
}

/// The examples of a body with their types: its own, its schema's, and those of each of several
/// ways to say it.
fn example_bodies(document: &Value, operation: &Value) -> Vec<(String, Value)> {
    fn of<'a>(document: &'a Value, schema: &'a Value, found: &mut Vec<&'a Value>) {
        if let Some(target) = schema["$ref"].as_str() {
            of(document, document.pointer(&target[1..]).unwrap(), found);
        }
        found.extend(schema.get("example"));
        schema["oneOf"].as_array().into_iter().flatten().for_each(|branch| of(document, branch, found));
    }
    let mut bodies = Vec::new();
    for (kind, media) in operation["requestBody"]["content"].as_object().into_iter().flatten() {
        let mut found: Vec<&Value> = media.get("example").into_iter().collect();
        of(document, &media["schema"], &mut found);
        bodies.extend(found.into_iter().map(|body| (kind.clone(), body.clone())));
    }
    bodies
}

/// Asks as each account that may, until one gets it. The answers, where none does.
fn ask(
    app: &TestApp,
    accounts: &[(Option<Role>, String)],
    each: &Described<'_>,
    path: &str,
    body: Option<&(String, Value)>,
) -> Result<(), Vec<String>> {
    let audience = Operation::parse(each.id().unwrap()).unwrap().audience();
    let may = |role: &Option<Role>| match (audience, role) {
        (Audience::Public, _) => true,
        (_, Some(role)) => audience.admits(*role),
        _ => false,
    };
    let mut answers = Vec::new();
    for (role, token) in accounts.iter().filter(|(role, _)| may(role)) {
        let signed = |call: Call| if role.is_some() { call.token(token) } else { call };
        // What bytes are is said beside them.
        let is_bytes = body.is_some_and(|(kind, _)| kind == "application/octet-stream");
        let path = if is_bytes { &format!("{path}?format=csv") } else { path };
        let mut call = signed(app.call(&each.method.to_uppercase(), path));
        if each.method == "patch" {
            // What everybody signed in may read is read there.
            let read =
                [path.to_owned(), path.replacen("/admin", "", 1)].map(|path| signed(app.get(&path)).send());
            let read = read.iter().find(|reply| reply.status == 200).unwrap_or(&read[0]);
            call = call.header("If-Match", read.etag());
        }
        let reply = match body {
            Some((kind, Value::String(text))) => call.body(kind, text.as_bytes()),
            Some((_, body)) => {
                ask_for_codes(app, body);
                call.json(body)
            }
            None => call,
        }
        .send();
        let is_empty =
            || reply.header("content-type") == "application/json" && reply.json()["items"] == json!([]);
        if (200..300).contains(&reply.status) && !is_empty() {
            return Ok(());
        }
        answers.push(format!("{role:?}: {} {}", reply.status, reply.text));
    }
    Err(answers)
}

/// Codes go to the phones that a change of the phone is between.
fn ask_for_codes(app: &TestApp, body: &Value) {
    if body.get("current_code").is_some() {
        app.advance(chrono::Duration::minutes(1));
        for phone in [&body["phone"], &json!(RESIDENT_PHONE)] {
            app.post("/v1/auth/otp").json(&json!({"phone": phone})).expect(202);
        }
    }
}

/// The texts of a body with the names of their fields.
fn named(body: &Value) -> Vec<(String, String)> {
    let fields = body.as_object().into_iter().flatten();
    fields
        .flat_map(|(name, value)| match value {
            Value::String(text) => vec![(name.clone(), text.clone())],
            below => named(below),
        })
        .collect()
}

/// Whether the demo has what a field of a body names; ids are the service's to give.
fn is_known(app: &TestApp, name: &str, value: &str) -> bool {
    let has = |path: &str| app.get(&format!("{path}/{value}")).send().status == 200;
    match name {
        "uscc" => has("/v1/firms"),
        "estate" => has("/v1/estates"),
        "place" | "registered_place" => has("/v1/places"),
        "scheme" => has("/v1/schemes"),
        "household" | "project" | "manager" => uuid::Uuid::try_parse(value).is_ok(),
        _ => true,
    }
}
