//! The figures of places, of a month, a quarter, a half-year and a year, and of the year before.

use serde_json::{Value, json};
use xinwu_both::both;
use xinwu_domain::access::Role;
use xinwu_domain::estate::EstateKind;
use xinwu_domain::project::{Area, NewProject, Operator};

use crate::harness::TestApp;
use crate::harness::files::{penalty, with};
use crate::harness::world::{COMMUNITY, DISTRICT, OTHER_COMMUNITY, OTHER_DISTRICT, STREET, plain_project};

/// What `GET /v1/statistics` answers.
fn figures(app: &TestApp, query: &str) -> Value {
    app.get(&format!("/v1/statistics?{query}")).expect(200).json()
}

/// A project has reported its fee-collection rate of a period, in per cent.
fn reported(app: &TestApp, project: &str, period: &str, rate: i64) {
    let row = format!(
        "INSERT INTO metric (id, subject_kind, subject_id, metric_key, period, value_thousandths, source, state, by_account, known_from, \
         version) VALUES ('{}', 'project', '{project}', 'fee_collection_rate', '{period}', {}, '企业填报', 'in_force', 'system', \
         '2026-11-01 00:00:00', 1)",
        xinwu_store::Random.timeless_id(),
        rate * 1000
    );
    app.sql(&[row], "");
}

#[both]
fn coverage_is_right_at_every_place_of_the_tree(app: TestApp) {
    let firm = app.firm("甲物业");
    let (served, ended, own, other) = (
        app.estate(COMMUNITY, EstateKind::Professional),
        app.estate(COMMUNITY, EstateKind::Unmanaged),
        app.estate(COMMUNITY, EstateKind::Old),
        app.estate(OTHER_COMMUNITY, EstateKind::Affordable),
    );
    app.project(&served, &firm);
    app.project_with(NewProject {
        ends_on: Some("2026-11-20".parse().unwrap()),
        ..plain_project(&ended, &firm)
    });
    app.project_with(NewProject {
        operator: Operator::Owners,
        uscc: None,
        area_m2: Area::parse("7500.5").unwrap(),
        ..plain_project(&own, &firm)
    });
    app.project(&other, &firm);
    let coverage = |place: &str| figures(&app, &format!("place={place}"))["coverage"].clone();
    let none = json!({"estates": 0, "served": 0, "households": 0, "households_served": 0, "area_m2": 0});
    assert_eq!(
        coverage(COMMUNITY),
        json!({
            "estates": {"total": 3, "served": 2, "share": 0.6667,
                "by_kind": {"professional": 1, "old": 1, "unmanaged": 1, "affordable": 0},
                "by_operator": {"firm": 1, "street_firm": 0, "owners": 1, "community": 0, "none": 1}},
            "households": {"total": 300, "served": 200, "share": 0.6667},
            "area_m2": 17500.5,
            "by_kind": {
                "professional": {"estates": 1, "served": 1, "households": 100, "households_served": 100, "area_m2": 10000},
                "old": {"estates": 1, "served": 1, "households": 100, "households_served": 100, "area_m2": 7500.5},
                "unmanaged": {"estates": 1, "served": 0, "households": 100, "households_served": 0, "area_m2": 0},
                "affordable": none
            }
        })
    );
    assert_eq!(coverage("210203")["households"], json!({"total": 100, "served": 100, "share": 1}));
    assert_eq!(coverage("2102")["households"], json!({"total": 400, "served": 300, "share": 0.75}));
    assert_eq!(coverage("2102")["area_m2"], 27500.5);
    assert_eq!(coverage("210204")["households"], json!({"total": 0, "served": 0, "share": null}));
}

#[both]
fn ratings_are_the_sum_of_the_increments_of_the_place(app: TestApp) {
    let firm = app.firm("甲物业");
    let (one, two) = (
        app.project(&app.estate(COMMUNITY, EstateKind::Old), &firm),
        app.project(&app.estate(OTHER_COMMUNITY, EstateKind::Old), &firm),
    );
    app.increment(&one, "2026-09", [0, 0, 0, 5, 5]);
    // Of October: in no month of the quarter.
    app.increment(&two, "2026-10", [5, 0, 0, 0, 0]);
    let ratings = |place: &str| figures(&app, &format!("place={place}&period=2026-Q3"))["ratings"].clone();
    for place in [COMMUNITY, "2102"] {
        assert_eq!(
            (&ratings(place)["count"], &ratings(place)["mean"], &ratings(place)["reason"]),
            (&json!(10), &json!(4.5), &json!(null))
        );
    }
    let waiting = ratings(OTHER_COMMUNITY);
    assert_eq!(
        [
            &waiting["count"],
            &waiting["mean"],
            &waiting["score"],
            &waiting["distribution"],
            &waiting["reason"]
        ],
        [&json!(null), &json!(null), &json!(null), &json!(null), &json!("waiting")]
    );
    let fourth = figures(&app, "place=2102&period=2026-Q4")["ratings"].clone();
    assert_eq!((&fourth["count"], &fourth["mean"]), (&json!(5), &json!(1)));
}

#[both]
fn participation_is_of_the_households_of_each_month_and_satisfied_are_four_and_five_stars(app: TestApp) {
    let firm = app.firm("甲物业");
    let one = app.project(&app.estate(COMMUNITY, EstateKind::Old), &firm);
    // Since the middle of September: in two of the quarter's months it could not be rated.
    app.project_with(NewProject {
        starts_on: "2026-09-15".parse().unwrap(),
        ..plain_project(&app.estate(COMMUNITY, EstateKind::Old), &firm)
    });
    app.increment(&one, "2026-09", [1, 0, 1, 4, 4]);
    app.increment(&one, "2026-10", [0, 0, 2, 2, 2]);
    let ratings =
        |period: &str| figures(&app, &format!("place={COMMUNITY}&period={period}"))["ratings"].clone();
    let quarter = ratings("2026-Q3");
    assert_eq!(quarter["participation"], json!({"count": 10, "of": 400, "share": 0.025}));
    assert_eq!(quarter["satisfied"], json!({"count": 8, "of": 10, "share": 0.8}));
    assert_eq!(quarter["distribution"], json!({"1": 1, "2": 0, "3": 1, "4": 4, "5": 4}));
    let month = ratings("2026-10");
    assert_eq!(month["participation"], json!({"count": 6, "of": 200, "share": 0.03}));
    assert_eq!(month["satisfied"], json!({"count": 4, "of": 6, "share": 0.6667}));
    assert_eq!(month["coverage"]["share"], 0.03);
    // December has not begun.
    assert_eq!(ratings("2026-Q4")["participation"]["of"], 400);
    assert_eq!(ratings("2026-08")["participation"], json!({"count": null, "of": 100, "share": null}));
    assert_eq!(ratings("2026-08")["satisfied"], json!({"count": null, "of": 0, "share": null}));
    let months = figures(&app, &format!("place={COMMUNITY}&period=2026-11"))["months"].clone();
    let months = months.as_array().unwrap();
    assert_eq!(months.len(), 12);
    assert_eq!((&months[0]["month"], &months[11]["month"]), (&json!("2026-11"), &json!("2025-12")));
    assert_eq!(
        months[1],
        json!({"month": "2026-10", "participation": {"count": 6, "of": 200, "share": 0.03},
            "satisfied": {"count": 4, "of": 6, "share": 0.6667}})
    );
    // Those of the year that have begun.
    assert_eq!(figures(&app, "period=2026")["months"].as_array().unwrap().len(), 11);
}

#[both]
fn the_period_is_the_last_closed_month_unless_named(app: TestApp) {
    let body = figures(&app, "");
    assert_eq!(
        [&body["place"]["code"], &body["level"], &body["period"], &body["from"], &body["to"], &body["as_of"]],
        ["2102", "city", "2026-10", "2026-10-01", "2026-10-31", "2026-11-21"]
    );
    assert_eq!(body["closed"], false);
    // The step of the 1st closes November, when it is made.
    let project = app.project(&app.estate(COMMUNITY, EstateKind::Old), &app.firm("甲物业"));
    app.increment(&project, "2026-10", [0, 0, 0, 0, 5]);
    assert_eq!(figures(&app, "")["closed"], true);
    app.tick();
    app.set_hour("2026-12-01", 5);
    assert_eq!(figures(&app, "")["period"], "2026-10");
    assert_eq!(figures(&app, "period=2026-11")["closed"], false);
    app.step_on("2026-12-01");
    let closed = figures(&app, "");
    assert_eq!((&closed["period"], &closed["closed"]), (&json!("2026-11"), &json!(true)));
    assert_eq!(figures(&app, "period=2026-H2")["closed"], false);
    assert_eq!(figures(&app, "period=2026")["to"], "2026-12-31");
}

#[both]
fn only_months_and_longer_periods_are_reported_of_places_that_are_known(app: TestApp) {
    for period in ["2026-10", "2026-Q4", "2026-H1", "2026"] {
        assert_eq!(figures(&app, &format!("period={period}"))["period"], period);
    }
    for (period, code) in [
        ("2026-10-01", "period_kind"),
        ("2026-10-H1", "period_kind"),
        ("2026-13", "period"),
        ("2026-Q5", "period"),
    ] {
        assert_eq!(
            app.get(&format!("/v1/statistics?period={period}")).refused(400, "bad_parameter").faults(),
            [("period".into(), code.into())]
        );
    }
    assert_eq!(
        app.get("/v1/statistics?place=1").refused(400, "bad_parameter").faults(),
        [("place".into(), "unknown_place".into())]
    );
    app.get("/v1/statistics?month=2026-10").refused(400, "bad_parameter");
}

#[both]
fn assessments_are_due_for_each_quarter_that_a_term_touches(app: TestApp) {
    let firm = app.firm("甲物业");
    let estate = app.estate(COMMUNITY, EstateKind::Old);
    app.project_with(NewProject {
        starts_on: "2026-06-30".parse().unwrap(),
        ..plain_project(&estate, &firm)
    });
    let due = |period: &str| figures(&app, &format!("period={period}"))["assessments"]["due"].clone();
    // The fourth quarter is not over, and the first was before the term.
    assert_eq!(
        [due("2026-Q1"), due("2026-Q2"), due("2026-Q3"), due("2026-Q4"), due("2026")],
        [json!(0), json!(2), json!(2), json!(0), json!(4)]
    );
    // A month has those of the quarter that ends with it.
    assert_eq!(due("2026-09"), json!(2));
    for month in ["2026-08", "2026-10"] {
        assert_eq!(figures(&app, &format!("period={month}"))["assessments"], json!(null), "{month}");
    }
}

#[both]
fn fees_are_weighted_by_the_area_of_the_projects_that_reported(app: TestApp) {
    let firm = app.firm("甲物业");
    let project = |place: &str, area: &str| {
        app.project_with(NewProject {
            area_m2: Area::parse(area).unwrap(),
            ..plain_project(&app.estate(place, EstateKind::Old), &firm)
        })
    };
    let (small, large, _silent, elsewhere) = (
        project(COMMUNITY, "5000"),
        project(COMMUNITY, "15000"),
        project(COMMUNITY, "8000"),
        project(OTHER_COMMUNITY, "10000"),
    );
    reported(&app, &small, "2026-10", 50);
    // It reports by the quarter.
    reported(&app, &large, "2026-Q4", 90);
    reported(&app, &elsewhere, "2026-10", 100);
    let fees = |query: &str| figures(&app, query)["fee_collection"].clone();
    let expected =
        json!({"rate": 80, "projects": 3, "reported": 2, "area_m2": 28000, "reported_area_m2": 20000});
    for place in [COMMUNITY, STREET, DISTRICT] {
        assert_eq!(fees(&format!("place={place}&period=2026-10")), expected, "{place}");
    }
    // (5000 × 50 + 15000 × 90 + 10000 × 100) / 30000
    assert_eq!(fees("period=2026-10")["rate"], 86.667);
    assert_eq!(fees(&format!("place={OTHER_DISTRICT}&period=2026-10"))["reported"], 1);
    // Of November only the quarter's is there; of the quarter, one's own and October's.
    assert_eq!(fees(&format!("place={COMMUNITY}&period=2026-11"))["rate"], 90);
    assert_eq!(fees(&format!("place={COMMUNITY}&period=2026-Q4"))["rate"], 80);
    assert_eq!(
        fees(&format!("place={COMMUNITY}&period=2026-09")),
        json!({"rate": null, "projects": 3, "reported": 0, "area_m2": 28000, "reported_area_m2": 0})
    );
    // Of the year the very figure, however many months there are.
    reported(&app, &small, "2026", 70);
    assert_eq!(fees(&format!("place={COMMUNITY}&period=2026"))["rate"], 85);
}

#[both]
fn a_period_that_is_over_is_shown_as_it_stood_at_its_end(app: TestApp) {
    let [stays, moves] = [app.firm("甲物业"), app.firm("乙物业")];
    let (one, two) = (app.estate(COMMUNITY, EstateKind::Old), app.estate(COMMUNITY, EstateKind::Old));
    app.project(&one, &stays);
    let left = app.project(&two, &moves);
    app.in_effect(&stays, 101, Some((88_000, "A")), "2026-12-01 02:00:00");
    app.in_effect(&stays, 102, Some((61_000, "C")), "2027-01-05 02:00:00");
    app.in_effect(&moves, 101, Some((70_000, "B")), "2026-12-01 02:00:00");
    app.set_time("2027-01-10T02:00:00Z");
    app.graded(&stays, Some(61_000), "C");
    // Learnt in January: that a project had ended in November, and of a firm with a project since
    // then.
    let city = app.official(Role::City, "2102", true);
    let path = format!("/v1/admin/projects/{left}");
    app.patch(&path)
        .token(&city)
        .header("If-Match", "*")
        .json(&json!({"ends_on": "2026-11-30", "reason": "合同终止"}))
        .seconded(&app);
    let late = app.firm("丙物业");
    app.project(&app.estate(COMMUNITY, EstateKind::Old), &late);
    let figures = |query: &str| figures(&app, &format!("place=210202{query}"));
    // Of the month, the quarter, the half-year and the year that end with it.
    let then = figures("&period=2026-Q4");
    for period in ["2026-12", "2026-H2", "2026"] {
        let same = figures(&format!("&period={period}"));
        for part in ["as_of", "coverage", "firms"] {
            assert_eq!(same[part], then[part], "{period} {part}");
        }
    }
    assert_eq!(then["as_of"], "2026-12-31");
    assert_eq!(then["coverage"]["households"], json!({"total": 300, "served": 200, "share": 0.6667}));
    assert_eq!(then["coverage"]["area_m2"], 20000);
    assert_eq!(then["firms"]["total"], 2);
    assert_eq!(then["firms"]["by_grade"], json!([{"grade": "A", "count": 1}, {"grade": "B", "count": 1}]));
    let now = figures("&period=2027-Q1");
    assert_eq!(now["as_of"], "2027-01-10");
    assert_eq!(now["coverage"]["households"], json!({"total": 300, "served": 200, "share": 0.6667}));
    assert_eq!(now["firms"]["total"], 3);
    assert_ne!(now["firms"]["by_grade"], then["firms"]["by_grade"]);
    assert!(now["firms"]["by_grade"].as_array().unwrap().contains(&json!({"grade": "C", "count": 1})));
    // Unnamed, the last month's figures stand beside today's coverage and firms.
    let usual = figures("");
    assert_eq!((&usual["period"], &usual["as_of"]), (&json!("2026-12"), &json!("2027-01-10")));
    assert_eq!(usual["firms"], now["firms"]);
    // Before anything was known nothing is.
    let before = figures("&period=2026-Q2");
    assert_eq!(
        (&before["firms"]["total"], &before["coverage"]["households"]["served"]),
        (&json!(0), &json!(0))
    );
}

#[both]
fn the_year_before_stands_beside_it_and_what_nobody_knew_is_null(app: TestApp) {
    let firm = app.firm("甲物业");
    let project = app.project(&app.estate(COMMUNITY, EstateKind::Old), &firm);
    app.estate(COMMUNITY, EstateKind::Unmanaged);
    let before = |query: &str| figures(&app, query)["before"].clone();
    // A year ago nothing had been entered yet: no zero is made of it.
    let unknown = before(&format!("place={DISTRICT}&period=2026-09"));
    assert_eq!(
        unknown,
        json!({"period": "2025-09", "from": "2025-09-01", "to": "2025-09-30", "as_of": "2025-09-30",
            "coverage": null, "firms": null, "ratings": null, "records": null, "assessments": null, "fee_collection": null,
            "cases": null, "complaints": null})
    );
    assert_eq!(before("period=2000"), json!(null));
    // What has come to be known since, is.
    app.increment(&project, "2025-09", [0, 0, 0, 5, 5]);
    reported(&app, &project, "2025-09", 91);
    let decided = json!({"decided_on": "2025-09-20", "project": project, "severity": "ordinary"});
    app.record_in_force(&with(penalty(&firm), decided));
    let learnt = before(&format!("place={DISTRICT}&period=2026-09"));
    assert_eq!(learnt["ratings"]["participation"], json!({"count": 10, "of": 100, "share": 0.1}));
    assert_eq!(learnt["fee_collection"]["rate"], 91);
    assert_eq!(learnt["records"]["penalties"]["total"], 1);
    for part in ["coverage", "firms", "assessments"] {
        assert_eq!(learnt[part], json!(null), "{part}");
    }
    // Its publicity has ended since: where it would point at the firm it is counted no more.
    let penalties = |place: &str| {
        figures(&app, &format!("place={place}&period=2025-09"))["records"]["penalties"]["total"].clone()
    };
    assert_eq!([penalties("2102"), penalties(STREET), penalties(COMMUNITY)], [json!(1), json!(0), json!(0)]);
    assert_eq!(before(&format!("place={COMMUNITY}&period=2026-09"))["records"], json!(null));
    // Of another district nothing is known still.
    assert_eq!(before(&format!("place={OTHER_DISTRICT}&period=2026-09"))["ratings"], json!(null));
    // A year on, today is the year before: its zeros are known.
    app.set_time("2027-12-20T02:00:00Z");
    for period in ["2027-11", "2027-Q4", "2027"] {
        let then = before(&format!("place={DISTRICT}&period={period}"));
        assert_eq!(
            then["coverage"]["households"],
            json!({"total": 200, "served": 100, "share": 0.5}),
            "{period}"
        );
        assert_eq!(then["firms"]["total"], 1, "{period}");
        assert_eq!(then["records"]["rewards"]["total"], 0, "{period}");
    }
    assert_eq!(
        figures(&app, &format!("place={DISTRICT}&period=2026-11"))["coverage"],
        before(&format!("place={DISTRICT}&period=2027-11"))["coverage"]
    );
}

#[both]
fn a_table_has_a_row_for_the_place_and_one_for_each_right_below_it(app: TestApp) {
    let firm = app.firm("甲物业");
    let project = app.project(&app.estate(COMMUNITY, EstateKind::Old), &firm);
    app.project(&app.estate(OTHER_COMMUNITY, EstateKind::Professional), &firm);
    app.graded(&firm, Some(88_000), "AAA");
    app.increment(&project, "2026-10", [0, 1, 1, 2, 6]);
    app.graded(&firm, Some(88_000), "AAA");
    reported(&app, &project, "2026-10", 95);
    let rows = |query: &str, language: &str| -> Vec<Vec<String>> {
        let path = format!("/v1/statistics?{query}");
        let reply =
            app.get(&path).header("Accept", "text/csv").header("Accept-Language", language).expect(200);
        assert_eq!(reply.header("content-type"), "text/csv; charset=utf-8");
        assert_eq!(reply.header("content-disposition"), "attachment; filename=\"statistics.csv\"");
        let text = reply.text.strip_prefix('\u{feff}').expect("the mark for Excel");
        // No cell holds a comma or a quote of its own; digits are written as ="2102".
        let cell = |cell: &str| cell.replace("\"=\"\"", "").replace("\"\"\"", "");
        text.trim_end().split("\r\n").map(|row| row.split(',').map(cell).collect()).collect()
    };
    let english = rows("", "en");
    let column = |name: &str| {
        let at = english[0].iter().position(|each| each == name).unwrap_or_else(|| panic!("{name}"));
        english[1..].iter().map(|row| row[at].clone()).collect::<Vec<_>>()
    };
    let codes = column("place");
    assert_eq!(codes[..2], ["2102", "210202"]);
    // The city and its ten districts.
    assert_eq!(english.len(), 1 + 1 + 10);
    assert_eq!(column("level")[..2], ["city", "district"]);
    assert_eq!(column("households_share")[..3], ["1", "1", "1"]);
    assert_eq!(column("ratings")[..3], ["10", "10", ""]);
    assert_eq!(column("ratings_of")[..3], ["200", "100", "100"]);
    assert_eq!(column("participation")[..3], ["0.05", "0.1", ""]);
    assert_eq!(column("satisfied_share")[..3], ["0.8", "0.8", ""]);
    assert_eq!(column("fee_collection_rate")[..3], ["95", "95", ""]);
    assert_eq!(column("fee_reported")[..3], ["1", "1", "0"]);
    assert_eq!(column("old_area_m2")[..3], ["10000", "10000", "0"]);
    assert_eq!(column("assessments_due")[..2], ["", ""]);
    assert_eq!(column("households_share_before")[..2], ["", ""]);
    assert_eq!(column("firms_AAA")[..3], ["1", "1", "1"]);
    assert_eq!(column("firms_AAA")[3], "0");
    let chinese = rows("place=210202&period=2026-Q3", "zh-CN");
    assert_eq!(chinese[0][..4], ["区划代码", "区划", "级别", "周期"]);
    assert_eq!(chinese[1][1..4], ["中山区", "区县", "2026-Q3"]);
    // A community has nothing below it.
    assert_eq!(rows(&format!("place={COMMUNITY}"), "en").len(), 2);
    app.get("/v1/statistics?period=2026-10-01").header("Accept", "text/csv").refused(400, "bad_parameter");
}
