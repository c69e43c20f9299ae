//! Shandong 2019: score = basic + good − bad.

use std::collections::BTreeMap;

use xinwu_domain::catalogue::Level::{City, District, Province, State, Street};
use xinwu_domain::catalogue::{Level, Severity};
use xinwu_domain::evaluation::{Branch, Dossier, ItemSource, Outcome, Record, Status};
use xinwu_domain::scheme::Through;

use crate::support::{Builder, at, catalogue, day, decimal, firm, long_ago, record, scheme};

/// Basic is at its most: 12 + 15 + 12 + 10 + 11 = 60.
fn strong() -> Builder {
    firm()
        .measured("years_in_business", "10")
        .measured("fee_collection_rate", "95")
        .measured("area_managed", "200")
        .measured("qualified_staff_rate", "60")
        .measured("on_time_rate", "98")
}

fn graded(file: &Builder) -> (String, String) {
    let graded = file.graded(&scheme("shandong-2019"));
    (graded.score.unwrap().to_string(), graded.grade.unwrap())
}

#[test]
fn basic_is_a_table_over_metrics_at_and_below_each_step() {
    let shandong = scheme("shandong-2019");
    // What nobody reported is worth the lowest step: 6 + 4 + 6 + 5 + 3.
    assert_eq!(firm().graded(&shandong).score, Some(decimal("24")));
    assert_eq!(strong().graded(&shandong).score, Some(decimal("60")));
    for (key, base, steps) in [
        (
            "years_in_business",
            "24",
            [("2.999", "6"), ("3", "8"), ("4.99", "8"), ("5", "10"), ("9.9", "10"), ("10", "12")],
        ),
        (
            "fee_collection_rate",
            "24",
            [("59.999", "4"), ("60", "8"), ("80", "12"), ("90", "14"), ("94.99", "14"), ("95", "15")],
        ),
        (
            "area_managed",
            "24",
            [("9.99", "6"), ("10", "8"), ("49.99", "8"), ("50", "10"), ("199.99", "10"), ("200", "12")],
        ),
        (
            "qualified_staff_rate",
            "24",
            [("0", "5"), ("29.9", "5"), ("30", "8"), ("59.9", "8"), ("60", "10"), ("100", "10")],
        ),
        (
            "on_time_rate",
            "24",
            [("69.9", "3"), ("70", "7"), ("89.9", "7"), ("90", "10"), ("97.99", "10"), ("98", "11")],
        ),
    ] {
        let lowest = match key {
            "years_in_business" | "area_managed" => "6",
            "fee_collection_rate" => "4",
            "qualified_staff_rate" => "5",
            _ => "3",
        };
        for (value, points) in steps {
            let score = firm().measured(key, value).graded(&shandong).score;
            assert_eq!(score, Some(decimal(base) - decimal(lowest) + decimal(points)), "{key} {value}");
        }
    }
}

#[test]
fn each_item_is_worth_what_the_file_says() {
    let vectors: &[(&str, Option<Level>, Option<Severity>, &str)] = &[
        ("R101", Some(State), None, "10"),
        ("R101", Some(Province), None, "6"),
        ("R101", Some(City), None, "4"),
        ("R101", Some(District), None, "2"),
        ("R102", Some(State), None, "8"),
        ("R102", Some(District), None, "1"),
        ("R103", None, None, "1"),
        ("R201", None, None, "3"),
        ("R202", Some(Street), None, "1"),
        ("R301", None, None, "3"),
        ("R302", None, None, "3"),
        ("R401", None, None, "3"),
        ("R402", None, None, "4"),
        ("R406", None, None, "2"),
        ("R501", None, None, "1"),
        ("R502", None, None, "1"),
        ("P101", None, Some(Severity::Minor), "-1"),
        ("P101", None, Some(Severity::Ordinary), "-3"),
        ("P101", None, Some(Severity::Serious), "-6"),
        ("P102", None, None, "-0.5"),
        ("P104", None, None, "-1"),
        ("P106", None, None, "-2"),
        ("P201", None, None, "-8"),
        ("P202", None, None, "-15"),
        ("P203", None, None, "-5"),
        ("P206", None, None, "-10"),
        ("P301", None, None, "-5"),
        ("P303", None, None, "-20"),
        ("P304", None, None, "-8"),
        ("P401", None, Some(Severity::Ordinary), "-6"),
        ("P403", None, None, "-8"),
        ("P404", None, None, "-25"),
        ("P501", None, None, "-15"),
        ("P601", None, None, "-5"),
        ("P701", None, None, "-15"),
        ("P703", None, None, "-10"),
    ];
    let shandong = scheme("shandong-2019");
    let catalogue = catalogue();
    for (category, level, severity, points) in vectors {
        let mut fact = Record { level: *level, ..record(&catalogue, category, "2026-10-01") };
        fact.severity = severity.unwrap_or(fact.severity);
        let graded = strong().with(fact).graded(&shandong);
        assert_eq!(graded.score, Some(decimal("60") + decimal(points)), "{category} {level:?} {severity:?}");
    }
    for (_, item) in shandong.items() {
        assert!(vectors.iter().any(|(category, ..)| *category == item.id), "{} has no vector", item.id);
    }
}

#[test]
fn bands_begin_at_their_threshold() {
    let twenty = strong().with_level("R101", State).with_level("R101", State);
    assert_eq!(graded(&twenty), ("80".to_owned(), "AA".to_owned()));
    assert_eq!(
        graded(&twenty.clone().with_record("P102", "2026-10-01")),
        ("79.5".to_owned(), "A".to_owned())
    );
    let more = twenty.clone().with_level("R101", City);
    assert_eq!(graded(&more), ("84".to_owned(), "AA".to_owned()));
    assert_eq!(graded(&more.clone().with_level("R102", District)), ("85".to_owned(), "AAA".to_owned()));
    let near = more.with_level("R102", District).with_record("P102", "2026-10-01");
    assert_eq!(graded(&near), ("84.5".to_owned(), "AA".to_owned()));
    let ten = strong().with_level("R101", State);
    assert_eq!(graded(&ten), ("70".to_owned(), "A".to_owned()));
    assert_eq!(graded(&ten.with_record("P102", "2026-10-01")), ("69.5".to_owned(), "B".to_owned()));
    assert_eq!(graded(&strong()), ("60".to_owned(), "B".to_owned()));
    assert_eq!(graded(&strong().with_record("P102", "2026-10-01")), ("59.5".to_owned(), "C".to_owned()));
}

#[test]
fn below_sixty_it_is_b_without_a_penalty_in_force_and_c_with_one() {
    assert_eq!(graded(&firm()), ("24".to_owned(), "B".to_owned()));
    assert_eq!(graded(&firm().with_record("P102", "2026-10-01")), ("23.5".to_owned(), "C".to_owned()));
    // A year on, the penalty is no longer in force; a minor one after the three months for which it
    // may be public.
    let late =
        |severity, from| graded(&firm().with(Record { severity, ..record(&catalogue(), "P102", from) })).1;
    assert_eq!(late(Severity::Ordinary, "2025-11-20"), "B");
    assert_eq!(late(Severity::Ordinary, "2025-11-21"), "C");
    assert_eq!(late(Severity::Minor, "2026-08-20"), "B");
    assert_eq!(late(Severity::Minor, "2026-08-21"), "C");
    // One to which the scheme gives no points is in force all the same.
    assert_eq!(graded(&firm().with_record("P603", "2026-10-01")), ("24".to_owned(), "C".to_owned()));
}

#[test]
fn who_operates_and_does_not_take_part_is_missing() {
    let graded = strong().with_status(Status::Refuses).graded(&scheme("shandong-2019"));
    assert_eq!((graded.outcome, graded.grade), (Outcome::Missing, None));
    assert!(graded.reason.unwrap().zh.contains("C（缺失）"));
}

#[test]
fn a_branchs_records_roll_up_to_the_parent() {
    let branch = Record { through: Through::Branch, ..record(&catalogue(), "P201", "2026-10-01") };
    assert_eq!(graded(&strong().with(branch)), ("52".to_owned(), "C".to_owned()));
}

#[test]
fn good_for_the_public_is_capped_at_fifteen() {
    let mut file = strong();
    for _ in 0..6 {
        file = file.with_record("R301", "2026-10-01");
    }
    assert_eq!(graded(&file).0, "75");
}

/// Jinan published 2022 Q1: 16 AAA, 10 AA, 24 A, 543 B, 56 C. A city of files like its own comes
/// out like it: hardly a firm has enough good points, most have neither, and those below 60 without
/// a penalty are B.
#[test]
fn jinans_spread() {
    let shandong = scheme("shandong-2019");
    let mut spread: BTreeMap<String, u32> = BTreeMap::new();
    for number in 0..649 {
        let file = match number {
            0..16 => {
                strong().with_level("R101", State).with_level("R101", State).with_level("R101", Province)
            }
            16..26 => strong().with_level("R101", State).with_level("R101", State),
            26..50 => strong().with_level("R101", State),
            50..106 => firm().with_record("P101", "2026-10-01"),
            106..206 => strong(),
            _ => firm().measured("fee_collection_rate", &(number % 100).to_string()),
        };
        *spread.entry(file.graded(&shandong).grade.unwrap()).or_default() += 1;
    }
    let expected = [("A", 24), ("AA", 10), ("AAA", 16), ("B", 543), ("C", 56)];
    assert_eq!(spread, expected.into_iter().map(|(grade, count)| (grade.to_owned(), count)).collect());
}

/// "Branches roll up to the parent; an out-of-province firm's branch stands alone."
#[test]
fn a_branch_rolls_up_to_a_parent_in_the_province_and_stands_alone_otherwise() {
    let shandong = scheme("shandong-2019");
    let relation = |place: &str, since: &str| Branch {
        branch: "branch".to_owned(),
        parent: "firm".to_owned(),
        since: day(since),
        parent_places: vec![place.to_owned(), "3702".to_owned()],
        known_from: long_ago(),
        known_until: None,
    };
    let through = Record {
        through: Through::Branch,
        branch: Some("branch".to_owned()),
        ..record(&catalogue(), "P104", "2026-10-01")
    };
    let graded = |id: &str, place: &str, since: &str| {
        let mut file = firm().with(Record {
            through: if id == "firm" { Through::Branch } else { Through::Own },
            branch: (id == "firm").then(|| "branch".to_owned()),
            ..through.clone()
        });
        file.0.id = id.to_owned();
        file.0.branches.push(relation(place, since));
        let json = serde_json::to_string(&file.0).unwrap();
        assert_eq!(serde_json::from_str::<Dossier>(&json).unwrap(), file.0);
        let graded = file.graded(&shandong);
        let records = graded.items.iter().filter(|item| item.source == ItemSource::Record).count();
        (graded.outcome, records, graded.next_change_on)
    };
    let (evaluated, not) = (Outcome::Evaluated, Outcome::NotEvaluated);
    let told = |id, place, since| {
        let (outcome, records, _) = graded(id, place, since);
        (outcome, records)
    };
    assert_eq!(
        (told("firm", "37", "2026-01-01"), told("branch", "37", "2026-01-01")),
        ((evaluated, 1), (not, 0))
    );
    assert_eq!(
        (told("firm", "21", "2026-01-01"), told("branch", "21", "2026-01-01")),
        ((evaluated, 0), (evaluated, 1))
    );
    // Not before its day, of which the evaluation knows.
    assert_eq!(
        (told("firm", "37", "2026-11-22"), told("branch", "37", "2026-11-22")),
        ((evaluated, 0), (evaluated, 1))
    );
    assert_eq!(graded("branch", "37", "2026-11-22").2, Some(at("2026-11-21T16:00:00Z")));
}
