//! Guancheng: old estates' stars, and a subsidy of at most 30 fen per m² and month.

use xinwu_domain::catalogue::Level::City;
use xinwu_domain::evaluation::Outcome;
use xinwu_domain::scheme::{Scheme, SubjectKind};

use crate::support::{Builder, at, catalogue, day, decimal, scheme, subject, text_of};
use crate::vectors::{Steer, codes, items};

fn estate() -> Builder {
    subject(SubjectKind::Project).with_project("p", 1_000)
}

#[test]
fn each_item_is_worth_what_the_file_says() {
    items(
        &scheme("guancheng-star"),
        &estate(),
        "1",
        "
        R401 R401 - 6
        R402 R402 - 10
        R403 R403 - 4
        R102 R102 state 10
        R102 R102 street 2
        R201 R201 - 5
        R204 R204 - 1
        R301 R301 - 3
        R304 R304 - 1
        R404 R404 - 3
        R503 R503 - 2
        R504 R504 - 0.5
        P101 P101 minor -2
        P101 P101 ordinary -5
        P101 P101 serious -10
        P102 P102 - -1
        P103 P103 - -2
        P104 P104 - -3
        P301 P301 - -6
        P304 P304 - -12
        P402 P402 - -6
        P406 P406 - -6
        P802 P802 - -4
        P201 P201 - -20
        P302 P302 - -30
        P404 P404 - -30
        ",
    );
}

#[test]
fn bands_begin_at_their_threshold_and_each_star_has_its_subsidy() {
    let scheme = scheme("guancheng-star");
    let steer = Steer { scheme: &scheme, base: estate(), factor: "1", by: &[("R301", "P301", None)] };
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
        50 S1
        49.999 S0
        ",
    );
    for (score, fen) in [("90", 30), ("80", 24), ("70", 18), ("60", 12), ("50", 6)] {
        let graded = steer.to(decimal(score)).graded(&scheme);
        let subsidy = &graded.consequences[0];
        assert_eq!(subsidy.amount, Some(fen.into()), "{score}");
        assert_eq!((subsidy.unit.as_deref(), subsidy.up_to_months), (Some("fen/m2/month"), Some(36)));
    }
    assert!(steer.to(decimal("49.999")).graded(&scheme).consequences.is_empty());
}

#[test]
fn more_than_thirty_fen_is_refused() {
    let text = text_of("guancheng-star").replacen("amount = 30,", "amount = 30.01,", 1);
    let faults = Scheme::read(&text, "g.toml", &catalogue()).unwrap_err();
    assert_eq!(faults.len(), 1);
    assert!(
        faults[0].to_string().ends_with("the amount 30.01 of `subsidy` violates the scheme's own constraint")
    );
}

#[test]
fn the_score_stays_within_nothing_and_a_hundred() {
    let scheme = scheme("guancheng-star");
    let mut file = estate().with_level("R102", City);
    for _ in 0..9 {
        file = file.with_record("R301", "2026-10-01").with_record("R402", "2026-10-01");
    }
    file = file.with_record("R401", "2026-10-01");
    assert_eq!(file.graded(&scheme).score, Some(decimal("100")));
    let poor = (0..9).fold(estate(), |file, _| file.with_record("P304", "2026-10-01"));
    assert_eq!(poor.graded(&scheme).score, Some(decimal("0")));
}

#[test]
fn residents_hold_a_star_back_and_too_few_do_not() {
    let scheme = scheme("guancheng-star");
    let rated = |count: u32, stars: u32| {
        let base = estate().rated("p", "2026-10", count, stars);
        let steer = Steer { scheme: &scheme, base, factor: "1", by: &[("R301", "P301", None)] };
        steer.to(decimal("90")).graded(&scheme).grade.unwrap()
    };
    // 20 × (24.5 + 17.5) / 14 is exactly 60: (24.5 + 35) / 14 with 7 ratings would be 85.
    assert_eq!(rated(7, 35), "S5");
    assert_eq!(rated(7, 17), "S1");
    assert_eq!(rated(7, 18), "S5");
    assert_eq!(rated(4, 4), "S5");
}

#[test]
fn a_veto_takes_star_and_subsidy_for_three_years() {
    let scheme = scheme("guancheng-star");
    let file = estate().with_record("P302", "2024-05-01");
    // The record's own term was two years; the rule lasts three.
    let graded = file.graded(&scheme);
    assert_eq!((graded.score, graded.grade.as_deref()), (Some(decimal("60")), Some("S0")));
    assert_eq!((codes(&graded), graded.lists[0].until), (vec!["no-subsidy"], Some(day("2027-05-01"))));
    let over = file.graded_at(&scheme, at("2027-05-01T16:00:00Z"));
    assert_eq!((over.grade.as_deref(), codes(&over)), (Some("S2"), vec!["subsidy"]));
}

#[test]
fn a_repair_ends_what_lasts_by_the_record_too() {
    let scheme = scheme("guancheng-star");
    let mut file = estate().with_record("P302", "2024-05-01");
    for record in &mut file.0.records {
        record.repaired_at = Some(at("2026-06-01T00:00:00Z"));
    }
    let graded = |instant: &str| file.graded_at(&scheme, at(instant));
    assert_eq!(graded("2026-05-31T23:59:59Z").grade.as_deref(), Some("S0"));
    let repaired = graded("2026-06-01T00:00:00Z");
    assert!(repaired.grade.as_deref() != Some("S0") && repaired.lists.is_empty());
}

#[test]
fn a_new_operator_is_not_evaluated() {
    let mut file = estate();
    file.0.projects[0].starts_on = day("2026-08-21");
    assert_eq!(file.graded(&scheme("guancheng-star")).outcome, Outcome::NotEvaluated);
    file.0.projects[0].starts_on = day("2026-08-20");
    assert_eq!(file.graded(&scheme("guancheng-star")).outcome, Outcome::Evaluated);
}
