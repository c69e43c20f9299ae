//! Wuhan: five stars are the city's choice, and bring 250,000 yuan.

use xinwu_domain::catalogue::Level::{City, District, State};
use xinwu_domain::catalogue::Severity;
use xinwu_domain::evaluation::{Outcome, Record};
use xinwu_domain::scheme::{Effect, GRADE};

use crate::support::{Builder, at, catalogue, decimal, firm, record, scheme};
use crate::vectors::{Steer, codes, items};

/// With a Party organisation and the city's naming: 60 + 8 + 6.
fn named() -> Builder {
    firm().with_record("R201", "2026-10-01").with_level("R202", City)
}

#[test]
fn each_item_is_worth_what_the_file_says() {
    items(
        &scheme("wuhan-five-star"),
        &firm(),
        "1",
        "
        R201 R201 - 8
        R202 R202 province 8
        R202 R202 street 2
        R203 R203 - 4
        R204 R204 - 1
        R101 R101 state 12
        R101 R101 district 3
        R102 R102 city 5
        R301 R301 - 3
        R303 R303 - 3
        R401 R401 - 3
        R402 R402 - 5
        R501 R501 - 1
        P101 P101 minor -1
        P101 P101 serious -8
        P102 P102 - -1
        P106 P106 - -1
        P201 P201 - -10
        P301 P301 - -5
        P304 P304 - -8
        P401 P401 serious -12
        P403 P403 ordinary -6
        P801 P801 - -6
        P303 P303 - -30
        P404 P404 - -30
        P702 P702 - -20
        ",
    );
}

#[test]
fn bands_begin_at_their_threshold() {
    let scheme = scheme("wuhan-five-star");
    let steer = Steer { scheme: &scheme, base: named(), factor: "1", by: &[("R301", "P301", None)] };
    steer.thresholds(
        "
        90 S5
        89.999 S4
        80 S4
        79.999 S3
        70 S3
        69.999 S2
        60 S2
        59.999 S1
        ",
    );
}

#[test]
fn five_stars_need_the_citys_naming_and_three_the_party() {
    let scheme = scheme("wuhan-five-star");
    let grade = |base: Builder, score: &str| {
        let steer = Steer { scheme: &scheme, base, factor: "1", by: &[("R301", "P301", None)] };
        steer.to(decimal(score)).graded(&scheme).grade.unwrap()
    };
    assert_eq!(grade(named(), "95"), "S5");
    let unnamed = || firm().with_record("R201", "2026-10-01").with_level("R202", District);
    assert_eq!(grade(unnamed(), "95"), "S4");
    assert_eq!(grade(firm().with_level("R202", City).with_level("R101", State), "95"), "S3");
    // The naming is for the calendar year.
    let steer = Steer { scheme: &scheme, base: named(), factor: "1", by: &[("R301", "P301", None)] };
    let five = steer.to(decimal("96"));
    assert_eq!(five.graded_at(&scheme, at("2026-12-31T15:59:59Z")).grade.as_deref(), Some("S5"));
    let ended = five.graded_at(&scheme, at("2026-12-31T16:00:00Z"));
    assert_eq!((ended.score, ended.grade.as_deref()), (Some(decimal("90")), Some("S4")));
}

#[test]
fn five_stars_bring_an_award() {
    let scheme = scheme("wuhan-five-star");
    let steer = Steer { scheme: &scheme, base: named(), factor: "1", by: &[("R301", "P301", None)] };
    let five = steer.to(decimal("90")).graded(&scheme);
    let award = &five.consequences[0];
    assert_eq!(
        (award.code.as_str(), award.amount, award.rule.as_str()),
        ("award", Some(decimal("250000")), GRADE)
    );
    assert_eq!((award.unit.as_deref(), award.effect), (Some("yuan"), Effect::Notice));
    assert!(codes(&steer.to(decimal("89.999")).graded(&scheme)).is_empty());
}

#[test]
fn the_third_penalty_within_twelve_months_leaves_two_stars() {
    let scheme = scheme("wuhan-five-star");
    let ordinary = |from| Record { severity: Severity::Ordinary, ..record(&catalogue(), "P106", from) };
    let file = named().with_level("R101", State).with(ordinary("2025-12-01")).with(ordinary("2026-03-01"));
    assert_eq!(file.graded(&scheme).grade.as_deref(), Some("S4"));
    let third = file.with(ordinary("2026-11-01"));
    assert_eq!(third.graded(&scheme).grade.as_deref(), Some("S2"));
    // The twelve months since the first end with the 1st of December.
    assert_eq!(third.graded_at(&scheme, at("2026-12-01T15:59:59Z")).grade.as_deref(), Some("S2"));
    assert_eq!(third.graded_at(&scheme, at("2026-12-01T16:00:00Z")).grade.as_deref(), Some("S4"));
}

#[test]
fn of_the_honours_the_highest_counts_and_reports_have_steps() {
    let scheme = scheme("wuhan-five-star");
    let score = |file: Builder| file.graded(&scheme).score.unwrap();
    assert_eq!(
        score(firm().with_level("R101", City).with_level("R102", State).with_level("R101", City)),
        decimal("70")
    );
    for (reports, points) in [("5", "60"), ("6", "61"), ("9", "61"), ("10", "62"), ("11", "62"), ("12", "63")]
    {
        assert_eq!(score(firm().measured("monthly_reports", reports)), decimal(points), "{reports}");
    }
}

#[test]
fn a_young_firm_is_not_evaluated_and_a_veto_leaves_one_star() {
    let scheme = scheme("wuhan-five-star");
    let mut young = named();
    young = young.licensed("2025-11-22");
    assert_eq!(young.graded(&scheme).outcome, Outcome::NotEvaluated);
    let vetoed = named().with_level("R101", State).with_record("P702", "2026-10-01").graded(&scheme);
    assert_eq!((vetoed.grade.as_deref(), vetoed.effect()), (Some("S1"), Effect::Barred));
}
