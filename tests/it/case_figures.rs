//! What is published of cases: sums in steps, and the metrics of a month's close.

use std::sync::atomic::{AtomicUsize, Ordering};
use xinwu_both::both;

use diesel::prelude::*;
use serde_json::{Value, json};
use xinwu_domain::access::Role;
use xinwu_persistence::operations::due;
use xinwu_persistence::operations::verify;
use xinwu_persistence::schema::{case_increment, metric};

use crate::harness::TestApp;
use crate::harness::residents::{Resident, Stage};
use crate::harness::world::COMMUNITY;
use crate::scheme_drafts::{announce, second_version};

/// A household of an estate.
pub struct Home {
    resident: Resident,
    residence: String,
}

pub fn homes(app: &TestApp, stage: &Stage, count: usize) -> Vec<Home> {
    let home = |resident: Resident| {
        let list = app.get("/v1/me/residences").token(&app.renewed(&resident.id)).expect(200).json();
        let residence = list["items"][0]["id"].as_str().unwrap().to_owned();
        Home { resident, residence }
    };
    app.neighbours(&stage.estate, count).into_iter().map(home).collect()
}

/// Opens a case of a kind for a household; gives its id.
pub fn open(app: &TestApp, home: &Home, kind: &str) -> String {
    let body = json!({
        "kind": kind, "category": "lift", "residence": home.residence, "description": "电梯停运",
        "despite_similar": true
    });
    let token = app.renewed(&home.resident.id);
    let opened = app.post("/v1/me/cases").token(&token).json(&body).expect(201).json();
    opened["id"].as_str().unwrap().to_owned()
}

#[track_caller]
pub fn step(app: &TestApp, path: &str, token: &str, body: &Value) -> Value {
    app.post(path).token(token).header("If-Match", "*").json(body).expect(200).json()
}

pub fn by_firm(app: &TestApp, stage: &Stage, id: &str, verb: &str, body: &Value) {
    step(app, &format!("/v1/cases/{id}/{verb}"), &app.firm_account(&stage.uscc), body);
}

pub fn by_resident(app: &TestApp, home: &Home, id: &str, verb: &str, body: &Value) {
    step(app, &format!("/v1/me/cases/{id}/{verb}"), &app.renewed(&home.resident.id), body);
}

pub fn finish(app: &TestApp, stage: &Stage, id: &str) {
    by_firm(app, stage, id, "accept", &json!({}));
    by_firm(app, stage, id, "finish", &json!({"result": "已修复"}));
}

/// A repair that is done at once, and verified.
pub fn repaired(app: &TestApp, stage: &Stage, home: &Home) {
    let id = open(app, home, "repair");
    finish(app, stage, &id);
    by_resident(app, home, &id, "verify", &json!({"satisfied": true}));
}

pub fn of_project(app: &TestApp, stage: &Stage) -> Value {
    app.get(&format!("/v1/projects/{}/cases", stage.project)).expect(200).json()
}

pub fn of_firm(app: &TestApp, stage: &Stage) -> Value {
    app.get(&format!("/v1/firms/{}/cases", stage.uscc)).expect(200).json()
}

fn of_place(app: &TestApp, place: &str) -> Value {
    app.get(&format!("/v1/places/{place}/cases")).expect(200).json()
}

/// What is published, but for the months and the days of steps.
fn sums(figures: &Value) -> Value {
    let mut figures = figures.clone();
    for key in ["from", "to", "months", "published_on", "next_on"] {
        figures.as_object_mut().unwrap().remove(key);
    }
    figures
}

fn nothing() -> Value {
    json!({
        "opened": null, "closed": null, "late": null, "unanswered": null, "on_time": null, "satisfied": null,
        "reopened": null, "hours": null, "excluded": null, "reason": "waiting"
    })
}

/// Project, step, month, households and how many were opened, of every increment.
fn increments(app: &TestApp) -> Vec<(String, String, String, i32, i32)> {
    let rows = |conn: &mut xinwu_store::Conn| {
        Ok(case_increment::table
            .order((case_increment::step, case_increment::project_id))
            .select((
                case_increment::project_id,
                case_increment::step,
                case_increment::month,
                case_increment::households,
                case_increment::opened,
            ))
            .load(conn)?)
    };
    app.db().read_blocking(rows).unwrap()
}

#[both]
fn four_households_are_nothing_and_five_come_out_together(app: TestApp) {
    let stage = app.stage();
    let other = app.stage_of(&stage.uscc);
    let (homes, others) = (homes(&app, &stage, 5), homes(&app, &other, 4));
    app.tick();
    homes.iter().take(4).for_each(|home| repaired(&app, &stage, home));
    // A household is one, however many cases it has.
    repaired(&app, &stage, &homes[0]);
    others.iter().for_each(|home| repaired(&app, &other, home));
    app.step_on("2026-12-01");
    // Nor in the firm's totals, where there are eight, nor in those of a place.
    for figures in
        [of_project(&app, &stage), of_project(&app, &other), of_firm(&app, &stage), of_place(&app, COMMUNITY)]
    {
        assert_eq!(sums(&figures), nothing());
    }
    assert_eq!(increments(&app), []);
    assert_eq!(metrics(&app), []);
    // The fifth, a month later, brings the others along.
    app.set_hour("2026-12-10", 12);
    repaired(&app, &stage, &homes[4]);
    app.steps_to("2027-01-01");
    let published = of_project(&app, &stage);
    assert_eq!((&published["opened"], &published["closed"]), (&json!(6), &json!(6)));
    assert_eq!(of_project(&app, &stage)["months"][0]["month"], "2027-01");
    assert_eq!(of_project(&app, &stage)["months"][1]["opened"], 6);
    // Of the other project nothing is in the firm's figures: what is subtracted is nothing.
    assert_eq!(sums(&of_firm(&app, &stage)), sums(&published));
    assert_eq!(sums(&of_place(&app, COMMUNITY)), sums(&published));
    assert_eq!(sums(&of_project(&app, &other)), nothing());
    assert_eq!(
        increments(&app),
        [(stage.project.clone(), "2027-01-01".to_owned(), "2026-12".to_owned(), 5, 6)]
    );
    // One more case is in no figure until it is one of five households: two steps differ by
    // nothing.
    app.set_hour("2027-01-05", 12);
    repaired(&app, &stage, &homes[0]);
    app.steps_to("2027-02-01");
    assert_eq!(sums(&of_project(&app, &stage)), sums(&published));
    assert_eq!(sums(&of_firm(&app, &stage)), sums(&published));
}

#[both]
fn mondays_need_twice_as_many_and_do_not_look_at_what_is_open(app: TestApp) {
    let stage = app.stage();
    let homes = homes(&app, &stage, 10);
    app.tick();
    homes.iter().take(9).for_each(|home| _ = open(&app, home, "repair"));
    app.step_on("2026-11-23");
    assert_eq!(sums(&of_project(&app, &stage)), nothing());
    open(&app, &homes[9], "repair");
    app.step_on("2026-11-30");
    // All are overdue by then: that is counted on the 1st, or when they end.
    let published = of_project(&app, &stage);
    assert_eq!((&published["opened"], &published["late"]), (&json!(10), &json!(0)));
    app.step_on("2026-12-01");
    let published = of_project(&app, &stage);
    assert_eq!((&published["opened"], &published["late"]), (&json!(10), &json!(10)));
    let none = json!({"numerator": 0, "denominator": 10, "rate": 0});
    assert_eq!((&published["on_time"], &published["closed"]), (&none, &json!(0)));
    let steps: Vec<(String, i32)> =
        increments(&app).into_iter().map(|(_, step, _, households, _)| (step, households)).collect();
    assert_eq!(steps, [("2026-11-30".to_owned(), 10), ("2026-12-01".to_owned(), 10)]);
}

/// Eleven repairs in November: eight in time (one at the very end of its 24 hours, and one that was
/// reopened), one late, one that is open and overdue, one taken back. Five residents say whether
/// they are satisfied, and four nothing.
fn november(app: &TestApp) -> (Stage, Vec<Home>) {
    let stage = app.stage();
    let homes = homes(app, &stage, 11);
    app.tick();
    app.set_time("2026-11-22T02:00:00Z");
    let cases: Vec<String> = homes.iter().map(|home| open(app, home, "repair")).collect();
    by_resident(app, &homes[4], &cases[4], "withdraw", &json!({"reason": "已自行处理"}));
    let at = |instant: &str| {
        app.set_time(instant);
        app.tick();
    };
    at("2026-11-22T12:00:00Z");
    [0, 5, 6, 7, 8, 9, 10].iter().for_each(|number: &usize| finish(app, &stage, &cases[*number]));
    for (number, satisfied) in [(0, true), (6, false), (7, true), (8, true)] {
        by_resident(app, &homes[number], &cases[number], "verify", &json!({"satisfied": satisfied}));
    }
    by_resident(app, &homes[5], &cases[5], "reopen", &json!({"reason": "当晚又停了"}));
    at("2026-11-23T02:00:00Z");
    finish(app, &stage, &cases[1]);
    // 10 hours before it was reopened, and 15 after.
    at("2026-11-23T03:00:00Z");
    finish(app, &stage, &cases[5]);
    at("2026-11-23T08:00:00Z");
    finish(app, &stage, &cases[2]);
    by_resident(app, &homes[2], &cases[2], "verify", &json!({"satisfied": false, "note": "来得太晚"}));
    app.steps_to("2026-12-01");
    (stage, homes)
}

#[both]
fn each_number_is_what_happened(app: TestApp) {
    let (stage, homes) = november(&app);
    let expected = json!({
        "opened": 11, "closed": 9, "late": 2, "unanswered": 4,
        "on_time": {"numerator": 8, "denominator": 10, "rate": 0.8},
        "satisfied": {"numerator": 3, "denominator": 5, "rate": 0.6},
        "reopened": {"numerator": 1, "denominator": 9, "rate": 0.1111},
        "hours": {"within_24": 7, "within_48": 2, "within_72": 0, "more": 0},
        "excluded": [{"why": "withdrawn", "text": "由提出人撤回", "count": 1}], "reason": null
    });
    for figures in [of_project(&app, &stage), of_firm(&app, &stage), of_place(&app, "2102")] {
        assert_eq!(sums(&figures), expected);
        let days = [&figures["from"], &figures["to"], &figures["published_on"], &figures["next_on"]];
        assert_eq!(days, ["2026-01", "2026-12", "2026-12-01", "2026-12-07"]);
        let months = figures["months"].as_array().unwrap();
        assert_eq!(months.len(), 12);
        assert_eq!((&months[1]["month"], &months[1]["opened"]), (&json!("2026-11"), &json!(11)));
        assert_eq!(months[0]["reason"], "waiting");
    }
    let path = format!("/v1/projects/{}/cases?from=2026-12&to=2026-12", stage.project);
    assert_eq!(sums(&app.get(&path).expect(200).json()), nothing());
    let english = app.get(&format!("/v1/firms/{}/cases", stage.uscc)).english().expect(200).json();
    assert_eq!(english["excluded"][0]["text"], "Taken back by whoever opened them");
    // What is overdue was counted so, and its end is counted once, with four others'.
    app.set_hour("2026-12-02", 12);
    let list = app.get("/v1/me/cases").token(&app.renewed(&homes[3].resident.id)).expect(200).json();
    let late = list["items"][0]["id"].as_str().unwrap().to_owned();
    finish(&app, &stage, &late);
    homes.iter().take(5).for_each(|home| repaired(&app, &stage, home));
    for home in homes.iter().skip(5).take(4) {
        let id = open(&app, home, "repair");
        finish(&app, &stage, &id);
    }
    app.steps_to("2027-01-01");
    let later = of_project(&app, &stage);
    assert_eq!((&later["opened"], &later["closed"], &later["late"]), (&json!(20), &json!(19), &json!(2)));
    assert_eq!(later["on_time"], json!({"numerator": 17, "denominator": 19, "rate": 0.8947}));
    assert_eq!(later["hours"]["more"], 1);
    assert_eq!(verified(&app), []);
}

/// Where all but one are in time, what is published does not say which household it is; and what
/// one resident said is not told beside what others said before.
#[both]
fn what_fewer_than_five_households_did_waits_for_others(app: TestApp) {
    let stage = app.stage();
    let homes = homes(&app, &stage, 6);
    app.tick();
    homes.iter().take(5).for_each(|home| repaired(&app, &stage, home));
    app.step_on("2026-12-01");
    let before = sums(&of_project(&app, &stage));
    assert_eq!(before["satisfied"], json!({"numerator": 5, "denominator": 5, "rate": 1}));
    // Five households report in December, and only one of them says something.
    app.set_hour("2026-12-03", 12);
    let cases: Vec<String> = homes.iter().take(5).map(|home| open(&app, home, "repair")).collect();
    cases.iter().for_each(|id| finish(&app, &stage, id));
    by_resident(&app, &homes[0], &cases[0], "verify", &json!({"satisfied": false}));
    app.steps_to("2027-01-01");
    let after = sums(&of_project(&app, &stage));
    // The openings and the timings of all five are told; of the ends those of four would be.
    assert_eq!((&after["opened"], &after["closed"]), (&json!(10), &json!(5)));
    assert_eq!(after["on_time"], json!({"numerator": 10, "denominator": 10, "rate": 1}));
    assert_eq!((&after["satisfied"], &after["unanswered"]), (&before["satisfied"], &json!(0)));
    assert_eq!(verified(&app), []);
}

/// Late in another's hands is neither the firm's lateness nor its being in time.
#[both]
fn what_was_late_elsewhere_is_not_the_firms_and_not_on_time(app: TestApp) {
    let stage = app.stage();
    let homes = homes(&app, &stage, 6);
    app.tick();
    let case = open(&app, &homes[5], "repair");
    let to = |kind: &str, desk: String| {
        let body = json!({"assignee": {"kind": kind}, "reason": "管线检修"});
        step(&app, &format!("/v1/admin/cases/{case}/dispatch"), &desk, &body);
    };
    to("community", app.official(Role::Community, COMMUNITY, false));
    app.set_hour("2026-11-24", 12);
    app.tick();
    // It was handed up when it was overdue.
    to("firm", app.official(Role::Street, COMMUNITY.get(..9).unwrap(), false));
    finish(&app, &stage, &case);
    by_resident(&app, &homes[5], &case, "verify", &json!({"satisfied": true}));
    homes.iter().take(5).for_each(|home| repaired(&app, &stage, home));
    app.step_on("2026-12-01");
    let published = of_project(&app, &stage);
    assert_eq!((&published["closed"], &published["late"]), (&json!(6), &json!(0)));
    assert_eq!(published["on_time"], json!({"numerator": 5, "denominator": 5, "rate": 1}));
    assert_eq!(verified(&app), []);
}

#[both]
fn the_monthly_report_has_cases_and_complaints_beside_the_year_before(app: TestApp) {
    let (stage, homes) = november(&app);
    app.set_hour("2026-12-02", 12);
    for home in homes.iter().take(5) {
        let id = complaint(&app, home);
        finish(&app, &stage, &id);
        by_resident(&app, home, &id, "verify", &json!({"satisfied": true}));
    }
    app.steps_to("2027-01-01");
    let report = |period: &str| {
        app.get(&format!("/v1/statistics?place={COMMUNITY}&period={period}")).expect(200).json()
    };
    let november = report("2026-11");
    let cases = &november["cases"];
    assert_eq!((&cases["opened"], &cases["closed"], &cases["late"]), (&json!(11), &json!(9), &json!(2)));
    assert_eq!(cases["on_time"], json!({"numerator": 8, "denominator": 10, "rate": 0.8}));
    assert_eq!(cases["satisfied"], json!({"numerator": 3, "denominator": 5, "rate": 0.6}));
    assert_eq!(november["complaints"]["reason"], "waiting");
    let all = json!({"numerator": 5, "denominator": 5, "rate": 1});
    let complaints = report("2026-12")["complaints"].clone();
    assert_eq!(
        (&complaints["opened"], &complaints["on_time"], &complaints["satisfied"]),
        (&json!(5), &all, &all)
    );
    // All of a year stands beside the next.
    let year = report("2026");
    assert_eq!((&year["cases"]["opened"], &year["complaints"]["opened"]), (&json!(16), &json!(5)));
    let next = report("2027");
    assert_eq!(next["before"]["cases"], year["cases"]);
    assert_eq!(next["before"]["complaints"], year["complaints"]);
    let table = app
        .get(&format!("/v1/statistics?place={COMMUNITY}&period=2027"))
        .header("Accept", "text/csv")
        .english()
        .expect(200);
    let rows: Vec<Vec<&str>> = table.text.lines().map(|line| line.split(',').collect()).collect();
    let cell = |name: &str| rows[1][rows[0].iter().position(|each| *each == name).unwrap()];
    assert_eq!(
        [cell("cases_before"), cell("complaints_before"), cell("complaints_on_time_before"), cell("cases")],
        ["16", "5", "1", ""]
    );
    let page = app.get(&format!("/statistics?place={COMMUNITY}&period=2026-11")).expect(200).text;
    let shown = ["事项按时办结率", "80%", "8 / 10", "事项满意率", "60%", "3 / 5"];
    let mut rest = page.as_str();
    for each in shown {
        rest = rest.split_once(each).unwrap_or_else(|| panic!("{each} is not in {page}")).1;
    }
}

#[both]
fn pages_show_the_sums_in_both_languages(app: TestApp) {
    let (stage, _) = november(&app);
    for path in
        [format!("/projects/{}", stage.project), format!("/firms/{}", stage.uscc), "/places/2102".to_owned()]
    {
        let page = app.get(&path).expect(200).text;
        for shown in
            ["报修和投诉的办理", "按时办结率", "80% (8 / 10)", "60% (3 / 5)", "满意率", "由提出人撤回，1件"]
        {
            assert!(page.contains(shown), "{path} lacks {shown}");
        }
        let page = app.get(&format!("{path}?lang=en")).expect(200).text;
        for shown in ["Repairs and complaints", "On time", "80% (8 / 10)", "24 or less"] {
            assert!(page.contains(shown), "{path} lacks {shown}");
        }
    }
    let other = app.stage();
    let page = app.get(&format!("/projects/{}", other.project)).expect(200).text;
    assert!(page.contains("尚无已公布的数据"), "{page}");
}

#[both]
fn an_answer_that_is_cached_is_another_after_a_step(app: TestApp) {
    let stage = app.stage();
    let homes = homes(&app, &stage, 5);
    app.tick();
    let tag = |path: &str| app.get(path).expect(200).etag().to_owned();
    let paths = [
        format!("/v1/projects/{}/cases", stage.project),
        format!("/v1/firms/{}/cases", stage.uscc),
        "/v1/places/210202/cases".to_owned(),
    ];
    let before = paths.clone().map(|path| tag(&path));
    homes.iter().for_each(|home| repaired(&app, &stage, home));
    // Nothing moves with a case that waits.
    assert_eq!(paths.clone().map(|path| tag(&path)), before);
    app.step_on("2026-12-01");
    for (path, before) in paths.iter().zip(&before) {
        let after = app.get(path).header("If-None-Match", before).expect(200);
        assert_eq!(after.json()["opened"], 5, "{path}");
    }
    app.get("/v1/firms/91219900MA0D00000P/cases").refused(404, "not_found");
    app.get("/v1/projects/0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c/cases").refused(404, "not_found");
    app.get("/v1/places/999999/cases").refused(404, "not_found");
    app.get(&format!("{}?from=2027-01&to=2026-01", paths[0])).expect(400);
    app.get(&format!("{}?months=3", paths[0])).expect(400);
}

#[both]
fn the_copy_has_the_sums_and_nothing_else_of_cases(app: TestApp) {
    let (stage, _) = november(&app);
    let mut copy = String::new();
    let context = app.db().read_blocking(xinwu_persistence::city::city).unwrap();
    let context = context.context(xinwu_domain::text::Language::Chinese, app.now());
    app.db()
        .read_blocking(move |conn| {
            let mut lines = Vec::new();
            xinwu_persistence::lookup::snapshot::write(conn, context, &mut |line| {
                lines.push(serde_json::to_value(line).unwrap());
                Ok(())
            })?;
            Ok(lines)
        })
        .unwrap()
        .into_iter()
        .for_each(|line| copy.push_str(&format!("{line}\n")));
    let lines: Vec<Value> = copy.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let cases: Vec<&Value> = lines.iter().filter(|line| line["kind"] == "cases").collect();
    assert_eq!(
        cases,
        [&json!({"kind": "cases", "id": format!("{}/2026-11", stage.project), "value": {
            "project": stage.project, "month": "2026-11", "opened": 11, "on_time": 8, "late": 2, "closed": 9, "reopened": 1,
            "satisfied": 3, "unsatisfied": 2, "unanswered": 4,
            "hours": {"within_24": 7, "within_48": 2, "within_72": 0, "more": 0},
            "excluded": {"withdrawn": 1, "joined": 0, "not_theirs": 0, "elsewhere": 0}
        }})]
    );
    assert!(!copy.contains("电梯停运"));
}

/// Kind, subject, key, period and value of every metric of the system.
fn metrics(app: &TestApp) -> Vec<(String, String, String, String, i64)> {
    let rows = |conn: &mut xinwu_store::Conn| {
        Ok(metric::table
            .filter(metric::by_account.eq("system"))
            .filter(metric::state.eq("in_force"))
            .order((metric::subject_kind, metric::metric_key))
            .select((
                metric::subject_kind,
                metric::subject_id,
                metric::metric_key,
                metric::period,
                metric::value_thousandths,
            ))
            .load(conn)?)
    };
    app.db().read_blocking(rows).unwrap()
}

#[both]
fn the_close_of_a_month_computes_the_metrics_of_what_it_published(app: TestApp) {
    let (stage, _) = november(&app);
    let of = |kind: &str, id: &str| {
        [("case_on_time_rate", 80_000), ("case_reopened_rate", 11_111), ("case_satisfaction_rate", 60_000)]
            .map(|(key, value)| (kind.to_owned(), id.to_owned(), key.to_owned(), "2026-11".to_owned(), value))
    };
    let expected = [of("firm", &stage.uscc), of("project", &stage.project)].concat();
    assert_eq!(metrics(&app), expected);
    // A month in which nothing is published has none, and the old ones stay.
    app.steps_to("2027-01-01");
    assert_eq!(metrics(&app), expected);
    let own = app.get("/v1/firm").token(&app.firm_account(&stage.uscc)).expect(200).json();
    let shown: Vec<&Value> = own["metrics"].as_array().unwrap().iter().map(|each| &each["key"]).collect();
    assert_eq!(shown.len(), 6, "{own}");
}

/// The demo scheme with a component that reads a metric of the system.
fn reading_cases() -> String {
    second_version(
        "2026-11-25",
        &[
            (
                "{ of = \"file\", weight = 0.40 }",
                "{ of = \"file\", weight = 0.10 },\n  { of = \"cases\", weight = 0.30 }",
            ),
            (
                "[[component]]\nid = \"file\"",
                "[[component]]\nid = \"cases\"\nname = { zh = \"按时办结率\", en = \"Cases on time\" }\nkind = \"metric\"\n\
                 key = \"case_on_time_rate\"\nvalidity = \"12 months\"\n\n[[component]]\nid = \"file\"",
            ),
        ],
    )
}

#[both]
fn a_scheme_that_reads_a_metric_grades_by_it(app: TestApp) {
    let stage = app.stage();
    let homes = homes(&app, &stage, 5);
    app.tick();
    announce(&app, &reading_cases());
    homes.iter().for_each(|home| repaired(&app, &stage, home));
    let grade = || app.grade_at(&format!("/v1/firms/{}/evaluation", stage.uscc));
    app.set_time("2026-11-30T21:59:59Z");
    app.tick();
    assert_eq!(grade(), ("evaluated".to_owned(), json!(60), json!("B")));
    app.set_time("2026-11-30T22:00:00Z");
    app.tick();
    // (0.1 × 60 + 0.3 × 100) / 0.4
    assert_eq!(grade(), ("evaluated".to_owned(), json!(90), json!("AAA")));
    let card = app.get(&format!("/v1/firms/{}", stage.uscc)).expect(200).json();
    assert_eq!(card["credit"]["grade"], "AAA");
}

#[both]
fn a_step_that_breaks_off_is_gone_on_with_and_makes_nothing_twice(app: TestApp) {
    let stages = [app.stage(), app.stage()];
    app.tick();
    for stage in &stages {
        homes(&app, stage, 5).iter().for_each(|home| repaired(&app, stage, home));
    }
    app.set_time("2026-11-30T22:00:00Z");
    // Asked again and again: each time it goes a little further.
    for most in 0..40 {
        let asked = AtomicUsize::new(0);
        let goes_on = || asked.fetch_add(1, Ordering::SeqCst) < most;
        xinwu_store::wait_for(due::tick(app.db(), None, &app.state.month_keys(), app.now(), &goes_on))
            .unwrap();
    }
    app.beside().tick();
    app.tick();
    assert_eq!(increments(&app).len(), 2);
    assert_eq!(metrics(&app).len(), 12);
    assert_eq!(of_place(&app, COMMUNITY)["opened"], 10);
    assert_eq!(verified(&app), []);
}

/// Table, figure, what is kept and what is counted, of everything that differs.
pub fn verified(app: &TestApp) -> Vec<(String, String, Option<String>, Option<String>)> {
    let progress: verify::Progress = std::sync::Arc::new(|_, _, _| {});
    let report = verify::run(app.db(), &progress).unwrap();
    assert!(report.checks.contains(&"case_increment".to_owned()));
    report.differences.into_iter().map(|each| (each.kept_in, each.figure, each.kept, each.counted)).collect()
}

#[both]
fn verify_recounts_the_marks(app: TestApp) {
    let (stage, _) = november(&app);
    assert_eq!(verified(&app), []);
    let alter = |statement: &str| {
        let statement = statement.to_owned();
        app.db()
            .write_blocking(move |tx| Ok(diesel::sql_query(statement.as_str()).execute(tx.conn)?))
            .unwrap()
    };
    let differs = |figure: &str, kept: &str, counted: &str| {
        ("case_increment".to_owned(), figure.to_owned(), Some(kept.to_owned()), Some(counted.to_owned()))
    };
    let of = format!("project_id = '{}' AND step = '2026-12-01'", stage.project);
    assert_eq!(alter(&format!("UPDATE case_increment SET late = late - 1 WHERE {of}")), 1);
    assert_eq!(verified(&app), [differs("late", "1", "2")]);
    alter(&format!("UPDATE case_increment SET late = late + 1, households = 4 WHERE {of}"));
    assert_eq!(verified(&app), [differs("households", "4", "5")]);
    alter(&format!("UPDATE case_increment SET households = 11 WHERE {of}"));
    alter("UPDATE case_clock SET end_counted = NULL WHERE outcome = 'withdrawn'");
    assert_eq!(verified(&app), [differs("excluded_withdrawn", "1", "0")]);
}

/// A complaint that its desk gave to the firm; gives its id.
pub fn complaint(app: &TestApp, home: &Home) -> String {
    let id = open(app, home, "complaint");
    let desk = app.official(Role::Community, COMMUNITY, false);
    let path = format!("/v1/admin/cases/{id}/dispatch");
    step(app, &path, &desk, &json!({"assignee": {"kind": "firm"}}));
    id
}

/// Of one case one household speaks, of another one more: together they are two, however many
/// joined.
#[both]
fn who_said_nothing_does_not_hide_who_did(app: TestApp) {
    let stage = app.stage();
    let homes = homes(&app, &stage, 5);
    app.tick();
    let (alone, joined) = (open(&app, &homes[0], "repair"), open(&app, &homes[1], "repair"));
    for home in homes.iter().skip(2) {
        let path = format!("/v1/me/cases/{joined}/join");
        let token = app.renewed(&home.resident.id);
        app.post(&path).token(&token).json(&json!({"residence": home.residence})).expect(200);
    }
    finish(&app, &stage, &alone);
    finish(&app, &stage, &joined);
    by_resident(&app, &homes[0], &alone, "verify", &json!({"satisfied": false}));
    by_resident(&app, &homes[1], &joined, "verify", &json!({"satisfied": true}));
    app.steps_to("2026-12-01");
    let published = of_project(&app, &stage);
    assert_eq!((&published["opened"], &published["closed"]), (&json!(2), &json!(0)));
    assert_eq!(published["satisfied"], json!({"numerator": 0, "denominator": 0, "rate": null}));
}
