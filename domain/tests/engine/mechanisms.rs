//! Each mechanism of the format, in small schemes of this and other trades.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use xinwu_domain::catalogue::Level::{City, District, Province, State};
use xinwu_domain::catalogue::{Catalogue, Severity};
use xinwu_domain::evaluation::{ItemSource, MetricValue, Outcome, Record, Status};
use xinwu_domain::scheme::{Assessor, Scheme, SubjectKind, Through};

use crate::support::{Builder, at, catalogue, day, decimal, firm, long_ago, record, subject};

const HEADER: &str = r#"
format = 1
id = "t"
version = 1
title = { zh = "试", en = "Test" }
source = { zh = "试", en = "Test" }
public_facts = { zh = "无", en = "None" }
own_numbers = { zh = "全部", en = "All" }
effective_from = 2020-01-01
place = "21"
subjects = ["firm", "project", "manager"]
disputed = "counts"
validity = "12 months"
score = "s"
"#;

const GRADES: &str = r#"
[[grade]]
code = "good"
name = { zh = "好", en = "Good" }
[[grade]]
code = "bad"
name = { zh = "差", en = "Bad" }
[[band]]
grade = "good"
from = 60
[[band]]
grade = "bad"
below = 60
"#;

fn component(id: &str, rest: &str) -> String {
    format!("[[component]]\nid = \"{id}\"\nname = {{ zh = \"{id}\", en = \"{id}\" }}\n{rest}\n")
}

/// A records component with one group.
fn records(id: &str, kind: &str, group: &str, items: &[&str]) -> String {
    let items: String = items.iter().map(|item| format!("[[component.group.item]]\n{item}\n")).collect();
    let group = format!(
        "[[component.group]]\nid = \"{id}-g\"\nname = {{ zh = \"组\", en = \"Group\" }}\nkind = \"{kind}\"\n{group}\n{items}"
    );
    component(id, &format!("kind = \"records\"\n{group}"))
}

fn build(header: &str, body: &str, grades: &str) -> Scheme {
    let text = format!("{header}{body}{grades}");
    Scheme::read(&text, "t.toml", &catalogue()).unwrap_or_else(|faults| panic!("{faults:#?}\n{text}"))
}

fn scheme(body: &str) -> Scheme {
    build(HEADER, body, GRADES)
}

fn score(scheme: &Scheme, file: &Builder) -> Decimal {
    file.graded(scheme).score.unwrap()
}

fn dated(category: &str, from: &str) -> Record {
    record(&catalogue(), category, from)
}

#[test]
fn caps_cut_item_and_group_each_with_a_line() {
    let items = ["category = \"R103\"\npoints = 4\ncap = 6", "category = \"R301\"\npoints = 5"];
    let scheme = scheme(&records("s", "reward", "cap = 10", &items));
    let file = firm().with_record("R103", "2026-10-01").with_record("R103", "2026-06-02");
    assert_eq!(score(&scheme, &file), decimal("6"));
    let graded = file.with_record("R301", "2026-10-01").graded(&scheme);
    assert_eq!(graded.score, Some(decimal("10")));
    let caps: Vec<_> =
        graded.items.iter().filter(|line| line.source == ItemSource::Cap).map(|line| line.points).collect();
    assert_eq!(caps, [decimal("-2"), decimal("-1")]);
}

#[test]
fn once_and_highest_count_one_of_several() {
    let items = [
        "category = \"R201\"\npoints = 3\ncount = \"once\"",
        "category = \"R202\"\nby_level = { state = 6, city = 4 }\ncount = \"highest\"",
    ];
    let scheme = scheme(&records("s", "reward", "", &items));
    let file = firm().with_record("R201", "2026-10-01").with_record("R201", "2026-07-01");
    assert_eq!(score(&scheme, &file), decimal("3"));
    let file = file.with_level("R202", City).with_level("R202", State).with_level("R202", City);
    assert_eq!(score(&scheme, &file), decimal("9"));
}

#[test]
fn a_group_may_count_its_highest_item_only() {
    let items =
        ["category = \"R101\"\nby_level = { state = 3, city = 1 }", "category = \"R102\"\npoints = 2"];
    let scheme = scheme(&records("s", "reward", "highest_only = true", &items));
    let file = firm().with_level("R101", City).with_record("R102", "2026-10-01");
    assert_eq!(score(&scheme, &file), decimal("2"));
    assert_eq!(
        score(&scheme, &file.with_level("R101", State)),
        decimal("4"),
        "an item is all its occurrences"
    );
}

#[test]
fn levels_multiply_and_one_that_is_not_named_counts_once() {
    let group = "level_times = { state = 3, province = 2.5 }";
    let items =
        ["category = \"R101\"\npoints = 2", "category = \"R102\"\npoints = 2\nlevel_times = { state = 1.5 }"];
    let scheme = scheme(&records("s", "reward", group, &items));
    for (category, level, points) in [
        ("R101", State, "6"),
        ("R101", Province, "5"),
        ("R101", District, "2"),
        ("R102", State, "3"),
        ("R102", Province, "2"),
    ] {
        assert_eq!(
            score(&scheme, &firm().with_level(category, level)),
            decimal(points),
            "{category} {level:?}"
        );
    }
}

#[test]
fn severities_and_levels_narrow_an_item() {
    let items = [
        "id = \"hard\"\ncategory = \"P401\"\nseverities = [\"serious\"]\npoints = 20",
        "id = \"soft\"\ncategory = \"P401\"\nseverities = [\"minor\", \"ordinary\"]\npoints = 5",
        "id = \"city\"\ncategory = \"P301\"\nlevels = [\"city\"]\npoints = 4",
    ];
    let scheme = scheme(&records("s", "penalty", "", &items));
    assert_eq!(score(&scheme, &firm().with_severity("P401", Severity::Serious)), decimal("-20"));
    assert_eq!(score(&scheme, &firm().with_severity("P401", Severity::Minor)), decimal("-5"));
    assert_eq!(score(&scheme, &firm().with_level("P301", City)), decimal("-4"));
    assert_eq!(firm().with_level("P301", District).graded(&scheme).unmatched.len(), 1);
}

#[test]
fn discretion_keeps_reference_and_actual_points() {
    let scheme = scheme(&records(
        "s",
        "penalty",
        "",
        &["category = \"P301\"\nrange = { from = 2, to = 8, reference = 4 }"],
    ));
    let with = |points: Option<&str>| {
        let mut fact = dated("P301", "2026-10-01");
        fact.points = points.map(|points| ("t".to_owned(), decimal(points))).into_iter().collect();
        let graded = firm().with(fact).graded(&scheme);
        (graded.items[0].reference_points, graded.score.unwrap())
    };
    assert_eq!(with(None), (Some(decimal("-4")), decimal("-4")));
    assert_eq!(with(Some("7.5")), (Some(decimal("-4")), decimal("-7.5")));
    assert_eq!(with(Some("80")), (Some(decimal("-4")), decimal("-8")), "no more than an officer could give");
    let range = scheme.discretion("P301", Severity::Ordinary, None);
    assert_eq!(range, Some((decimal("2"), decimal("8"), decimal("4"))));
    assert_eq!(scheme.discretion("P401", Severity::Ordinary, None), None);
}

#[test]
fn terms_are_the_records_own_else_the_items_the_groups_the_schemes() {
    let items =
        ["category = \"P101\"\npoints = 1\nvalidity = \"10 days\"", "category = \"P301\"\npoints = 10"];
    let group = records("a", "penalty", "validity = \"calendar year\"", &items);
    let other = records("b", "penalty", "", &["category = \"P401\"\npoints = 100"]);
    let sum = component("s", "kind = \"sum\"\nparts = [{ of = \"a\" }, { of = \"b\" }]");
    let scheme = scheme(&format!("{sum}{group}{other}"));
    for (category, from, counts) in [
        ("P101", "2026-11-11", true),
        ("P101", "2026-11-10", false),
        ("P301", "2026-01-01", true),
        ("P301", "2025-12-31", false),
        ("P401", "2025-11-21", true),
        ("P401", "2025-11-20", false),
        ("P401", "2026-11-21", true),
        ("P401", "2026-11-22", false),
    ] {
        let file = firm().with_record(category, from);
        assert_eq!(score(&scheme, &file) != Decimal::ZERO, counts, "{category} {from}");
        let own = Record { counts_until: Some(day("2026-11-20")), ..dated(category, from) };
        assert_eq!(score(&scheme, &firm().with(own)), Decimal::ZERO, "{category} {from}");
    }
}

#[test]
fn floors_and_ceilings_are_lines() {
    let floor = format!("{}\nat_least = -3", "kind = \"constant\"\nvalue = -10");
    let graded = firm().graded(&scheme(&component("s", &floor)));
    assert_eq!((graded.score, graded.items.len()), (Some(decimal("-3")), 2));
    assert_eq!(graded.items[1].source, ItemSource::Floor);
    let ceiling = component("s", "kind = \"constant\"\nvalue = 10.5\nat_most = 10.25");
    assert_eq!(score(&scheme(&ceiling), &firm()), decimal("10.25"));
}

#[test]
fn a_suspended_record_is_shown_and_counts_nothing() {
    let header = HEADER.replace("\"counts\"", "\"suspended\"");
    let rule = "[[rule]]\nid = \"v\"\nreason = { zh = \"否决\", en = \"Veto\" }\nwhen = { veto = true }\ngrade = \"bad\"\nlist = \"black\"\n";
    let outcome = "[[outcome]]\noutcome = \"suspended\"\nreason = { zh = \"异议\", en = \"Objection\" }\nwhen = { records = { disputed = true, at_least = 2 } }\n";
    let body = records("s", "penalty", "", &["category = \"P303\"\npoints = 30\nveto = true"]);
    let scheme = build(&header, &body, &format!("{GRADES}{rule}{outcome}"));
    let disputed = Record { disputed: true, ..dated("P303", "2026-10-01") };
    let file = firm().with(disputed.clone());
    let graded = file.graded(&scheme);
    assert_eq!((graded.score, graded.items.len()), (Some(Decimal::ZERO), 1));
    assert!(graded.items[0].disputed && graded.lists.is_empty());
    assert_eq!(file.with(disputed).graded(&scheme).outcome, Outcome::Suspended);
}

#[test]
fn projects_come_together_by_area_households_evenly_or_worst() {
    let rolled = |by: &str| {
        let inner =
            "kind = \"assessments\"\nassessors = [\"street\"]\nscore = \"service\"\nperiod = \"quarter\"";
        let outer = format!("kind = \"roll_up\"\nof = \"a\"\nby = \"{by}\"");
        let scheme = scheme(&format!("{}{}", component("s", &outer), component("a", inner)));
        let mut file = firm().with_project("a", 300).with_project("b", 100).with_project("c", 1_000);
        file = file.assessed("a", Assessor::Street, "90").assessed("b", Assessor::Street, "70");
        file.0.projects[0].households = 1;
        file.0.projects[1].households = 4;
        score(&scheme, &file)
    };
    assert_eq!(rolled("area"), decimal("85"));
    assert_eq!(rolled("households"), decimal("74"));
    assert_eq!(rolled("evenly"), decimal("80"));
    assert_eq!(rolled("worst"), decimal("70"));
}

#[test]
fn inside_a_roll_up_records_and_metrics_are_the_projects() {
    let roll = component("s", "kind = \"roll_up\"\nof = \"both\"\nby = \"evenly\"");
    let both = component("both", "kind = \"sum\"\nparts = [{ of = \"m\", times = 0.5 }, { of = \"r\" }]");
    let metric = component("m", "kind = \"metric\"\nkey = \"on_time_rate\"\nmissing = 10");
    let items = records("r", "penalty", "", &["category = \"P101\"\npoints = 4"]);
    let scheme = scheme(&format!("{roll}{both}{metric}{items}"));
    let mut file = firm().with_project("a", 1).with_project("b", 1);
    let fact = Record { project: Some("a".to_owned()), ..dated("P101", "2026-10-01") };
    file = file.with(fact).with_record("P101", "2026-10-01");
    file.0.metrics.push(MetricValue {
        project: Some("b".to_owned()),
        key: "on_time_rate".to_owned(),
        starts_on: None,
        ends_on: day("2026-09-30"),
        value: decimal("80"),
        known_from: long_ago(),
        known_until: None,
    });
    // a: 5 − 4, b: 40; the record that names no project is no project's.
    assert_eq!(score(&scheme, &file), decimal("20.5"));
}

#[test]
fn below_the_minimum_weights_go_to_the_others_or_nothing_is_evaluated() {
    let body = |without: &str| {
        let parts = "parts = [{ of = \"c\", weight = 0.6 }, { of = \"r\", weight = 0.4 }]";
        let whole = component("s", &format!("kind = \"weighted\"\n{parts}\nwithout_sample = \"{without}\""));
        let constant = component("c", "kind = \"constant\"\nvalue = 50");
        let residents =
            "kind = \"residents\"\nmonths = 3\nminimum = 5\nprior = 3\nprior_weight = 0\ntimes = 20";
        scheme(&format!("{whole}{constant}{}", component("r", residents)))
    };
    let few = firm().with_project("p", 1).rated("p", "2026-10", 4, 20);
    let many = firm()
        .with_project("p", 1)
        .with_project("q", 1)
        .rated("p", "2026-10", 4, 20)
        .rated("q", "2026-08", 1, 5);
    assert_eq!(score(&body("redistribute"), &few), decimal("50"));
    assert_eq!(score(&body("zero"), &few), decimal("30"));
    assert_eq!(few.graded(&body("not_evaluated")).outcome, Outcome::NotEvaluated);
    // Outside a roll-up all current projects are one pot.
    assert_eq!(score(&body("not_evaluated"), &many), decimal("70"));
}

#[test]
fn assessments_may_reach_over_periods_and_need_a_minimum() {
    let source = "kind = \"assessments\"\nassessors = [\"district\"]\nscore = \"party\"\nperiod = \"half\"\nperiods = 2\nminimum = 2";
    let scheme = scheme(&component("s", source));
    let file = firm().with_project("p", 1).assessed_in("2026-H1", "p", Assessor::District, "80");
    assert_eq!(file.graded(&scheme).outcome, Outcome::NotEvaluated);
    let file = file.assessed_in("2025-H2", "p", Assessor::District, "91");
    assert_eq!(score(&scheme, &file), decimal("85.5"));
}

#[test]
fn a_metric_counts_for_its_term_and_the_latest_goes_first() {
    let scheme = scheme(&component("s", "kind = \"metric\"\nkey = \"k\"\nvalidity = \"3 months\""));
    let mut file = firm().measured("k", "70");
    assert_eq!(file.graded_at(&scheme, at("2026-09-30T15:59:59Z")).score, Some(decimal("70")));
    let ended = file.graded_at(&scheme, at("2026-09-30T16:00:00Z"));
    assert_eq!(ended.outcome, Outcome::NotEvaluated);
    file = file.measured("k", "75");
    file.0.metrics[1].ends_on = day("2026-09-30");
    assert_eq!(score(&scheme, &file), decimal("75"));
}

#[test]
fn of_two_figures_that_end_together_that_of_the_longer_period_counts() {
    let scheme = scheme(&component("s", "kind = \"metric\"\nkey = \"k\""));
    let mut file = firm();
    for (at, (first, value)) in
        [("2026-06-30", "10"), ("2026-04-01", "40"), ("2026-06-16", "20"), ("2026-06-01", "30")]
            .iter()
            .enumerate()
    {
        file = file.measured("k", value);
        file.0.metrics[at].starts_on = Some(day(first));
    }
    assert_eq!(score(&scheme, &file), decimal("40"));
    file.0.metrics.remove(1);
    assert_eq!(score(&scheme, &file), decimal("30"));
    // A later one goes first, however short it is.
    file.0.metrics[1].starts_on = Some(day("2026-07-01"));
    file.0.metrics[1].ends_on = day("2026-07-01");
    assert_eq!(score(&scheme, &file), decimal("20"));
}

#[test]
fn a_projects_metric_is_of_the_manager_in_charge_on_its_last_day() {
    let roll = component("s", "kind = \"roll_up\"\nof = \"m\"\nby = \"evenly\"");
    let scheme = scheme(&format!("{roll}{}", component("m", "kind = \"metric\"\nkey = \"k\"")));
    let mut file = subject(SubjectKind::Manager).with_project("p", 1_000);
    file = file.measured_of("p", "k", "2026-06-30", "70");
    assert_eq!(score(&scheme, &file), decimal("70"));
    file.0.projects[0].starts_on = day("2026-07-01");
    assert_eq!(file.graded(&scheme).outcome, Outcome::NotEvaluated);
    assert_eq!(score(&scheme, &file.measured_of("p", "k", "2026-09-30", "75")), decimal("75"));
}

#[test]
fn conditions_floors_and_ceilings_of_components_hold_a_grade_back() {
    let body = format!(
        "{}{}",
        component("s", "kind = \"constant\"\nvalue = 90"),
        component("m", "kind = \"metric\"\nkey = \"satisfaction\"")
    );
    let rules = r#"
[[rule]]
id = "satisfied"
reason = { zh = "满意度低于 80", en = "Satisfaction is below 80" }
when = { component = { id = "m", below = 80 } }
at_most = "bad"
[[rule]]
id = "unknown"
reason = { zh = "没有满意度", en = "No satisfaction is known" }
when = { no_sample = "m" }
at_most = "bad"
[[rule]]
id = "subsidy"
reason = { zh = "补贴", en = "Subsidy" }
when = { all = [{ score = { at_least = 90 } }, { not = { no_sample = "m" } }] }
consequences = [{ code = "subsidy", text = { zh = "补贴", en = "Subsidy" }, effect = "notice", amount = 30, unit = "fen/m2/month" }]
"#;
    let scheme = build(HEADER, &body, &format!("{GRADES}{rules}"));
    let grade = |file: &Builder| file.graded(&scheme).grade.unwrap();
    assert_eq!(grade(&firm()), "bad");
    assert_eq!(grade(&firm().measured("satisfaction", "79.999")), "bad");
    let good = firm().measured("satisfaction", "80").graded(&scheme);
    assert_eq!(good.grade.as_deref(), Some("good"));
    assert_eq!(good.consequences[0].amount, Some(decimal("30")));
    let held = firm().measured("satisfaction", "10").graded(&scheme).why;
    assert_eq!(held.rules[0].rule, "satisfied");
    assert!(held.text.en.contains("Satisfaction is below 80: from good to bad."));
}

#[test]
fn a_young_firm_is_not_evaluated_until_the_day() {
    let outcome = "[[outcome]]\noutcome = \"not_evaluated\"\nreason = { zh = \"不满一年\", en = \"Too new\" }\nwhen = { younger_than_months = 12 }\n";
    let scheme =
        build(HEADER, &component("s", "kind = \"constant\"\nvalue = 1"), &format!("{GRADES}{outcome}"));
    let mut file = firm();
    file = file.licensed("2025-11-21");
    let young = file.graded(&scheme);
    assert_eq!(
        (young.outcome, young.next_change_on),
        (Outcome::NotEvaluated, Some(at("2026-11-21T16:00:00Z")))
    );
    file = file.licensed("2025-11-20");
    assert_eq!(file.graded(&scheme).outcome, Outcome::Evaluated);
    assert_eq!(file.with_status(Status::Refuses).graded(&scheme).outcome, Outcome::Evaluated);
}

#[test]
fn a_branchs_record_counts_where_the_scheme_takes_branches_and_is_reported_where_not() {
    let items = records("s", "penalty", "", &["category = \"P102\"\npoints = 5"]);
    let branch = Record { through: Through::Branch, ..dated("P102", "2026-10-01") };
    assert_eq!(firm().with(branch.clone()).graded(&scheme(&items)).unmatched.len(), 1);
    let items = items.replace("kind = \"records\"", "kind = \"records\"\nthrough = [\"own\", \"branch\"]");
    assert_eq!(score(&scheme(&items), &firm().with(branch)), decimal("-5"));
}

#[test]
fn a_black_list_ends_with_its_own_term_where_that_is_shorter() {
    let rule = "[[rule]]\nid = \"b\"\nreason = { zh = \"电梯\", en = \"Lifts\" }\nwhen = { records = { categories = [\"P403\"], at_least = 2 } }\nlist = \"black\"\nlist_validity = \"3 months\"\n";
    let scheme = build(HEADER, &component("s", "kind = \"constant\"\nvalue = 1"), &format!("{GRADES}{rule}"));
    let one = firm().with_record("P403", "2026-06-01");
    assert!(one.graded(&scheme).lists.is_empty());
    let listing = one.clone().with_record("P403", "2026-09-01").graded(&scheme).lists;
    assert_eq!(listing[0].until, Some(day("2026-12-01")));
    assert!(one.with_record("P403", "2026-08-20").graded(&scheme).lists.is_empty());
}

#[test]
fn a_catalogue_entry_without_a_text_is_refused() {
    let text = "version = 1\n[[category]]\ncode = \"X\"\nkind = \"reward\"\nseverity = \"minor\"\nname = { zh = \"甲\", en = \"A\" }\nbasis = { zh = \"甲\" }\n";
    let faults = Catalogue::read(text, "c.toml").unwrap_err();
    let lines: BTreeMap<usize, String> =
        faults.iter().map(|fault| (fault.line, fault.path.clone())).collect();
    assert!(lines.values().any(|path| path == "category[1].basis"), "{faults:?}");
    assert!(faults.iter().any(|fault| fault.reason.en.contains("`evidence` is missing")));
}
