//! Yantai 2022, Lianyungang, Nanning 2024 and Wuxi's managers: the published rules, at and beside
//! each threshold.

use xinwu_domain::access::Role;
use xinwu_domain::catalogue::Level::{self, City, District, Province, State, Street};
use xinwu_domain::catalogue::{RecordKind, Severity};
use xinwu_domain::evaluation::{ItemSource, Outcome, Record};
use xinwu_domain::scheme::{Effect, ListKind, StepKind, SubjectKind, Through};

use crate::support::{Builder, at, catalogue, day, decimal, firm, record, scheme, subject};
use crate::vectors::{Steer, codes, items, value};

const OFFICERS: &[(&str, &str, Option<Level>)] = &[("R301", "P301", None)];

// ---- Yantai

/// 18 + 20 + 16 + 14 + 16 = 84, of which 80 count.
fn strong() -> Builder {
    firm()
        .measured("years_in_business", "10")
        .measured("fee_collection_rate", "95")
        .measured("area_managed", "200")
        .measured("qualified_staff_rate", "60")
        .measured("on_time_rate", "98")
}

#[test]
fn yantai_items() {
    items(
        &scheme("yantai-2022"),
        &strong(),
        "1",
        "
        R101 R101 state 12
        R101 R101 district 3
        R102 R102 city 4
        R103 R103 - 1
        R201 R201 - 3
        R202 R202 street 1
        R301 R301 - 3
        R302 R302 - 3
        R401 R401 - 3
        R402 R402 - 4
        R406 R406 - 2
        R501 R501 - 1
        P101 P101 minor -1
        P101 P101 ordinary -3
        P101 P101 serious -6
        P102 P102 - -0.5
        P104 P104 - -1
        P106 P106 - -2
        P201 P201 - -10
        P203 P203 - -5
        P301 P301 - -5
        P304 P304 - -8
        P401 P401 minor -3
        P403 P403 - -8
        P601 P601 - -5
        P703 P703 - -10
        P202 P202 - -15
        P303 P303 - -25
        P404 P404 - -25
        tender-fraud P701 - -15
        tender-fraud P702 - -15
        ",
    );
}

#[test]
fn yantai_has_shandongs_bands() {
    let scheme = scheme("yantai-2022");
    let steer = Steer { scheme: &scheme, base: strong(), factor: "1", by: OFFICERS };
    steer.thresholds("85 AAA\n 84.999 AA\n 80 AA\n 79.999 A\n 70 A\n 69.999 B\n 60 B\n 59.999 C");
    // Below 60 without a penalty in force it is B: 10 + 8 + 8 + 6 + 6.
    let poor = firm().graded(&scheme);
    assert_eq!((poor.score, poor.grade.as_deref()), (Some(decimal("38")), Some("B")));
}

#[test]
fn yantai_basic_at_most_80_and_good_at_most_40() {
    let scheme = scheme("yantai-2022");
    let mut file = strong();
    for _ in 0..5 {
        file = file.with_level("R101", State);
    }
    let graded = file.graded(&scheme);
    assert_eq!((value(&graded, "basic"), value(&graded, "good")), (Some(decimal("80")), Some(decimal("40"))));
    assert_eq!(graded.score, Some(decimal("120")));
    let caps: Vec<_> = graded.items.iter().filter(|line| line.source == ItemSource::Cap).collect();
    assert_eq!((caps[0].points, caps[1].points), (decimal("-4"), decimal("-20")));
}

#[test]
fn yantai_a_point_counts_for_the_records_own_term_else_one_year() {
    let scheme = scheme("yantai-2022");
    let score = |fact: Record| strong().with(fact).graded(&scheme).score.unwrap();
    let fact = |from| Record { severity: Severity::Ordinary, ..record(&catalogue(), "P104", from) };
    assert_eq!(score(fact("2025-11-21")), decimal("79"));
    assert_eq!(score(fact("2025-11-20")), decimal("80"));
    let own = |until| Record { counts_until: Some(day(until)), ..fact("2026-01-01") };
    assert_eq!((score(own("2026-11-21")), score(own("2026-11-20"))), (decimal("79"), decimal("80")));
}

#[test]
fn yantai_has_a_sixth_class_that_is_black_listed() {
    let graded =
        strong().with_level("R101", State).with_record("P404", "2026-10-01").graded(&scheme("yantai-2022"));
    assert_eq!((graded.score, graded.grade.as_deref()), (Some(decimal("67")), Some("D")));
    assert_eq!((graded.lists[0].list, graded.effect()), (ListKind::Black, Effect::Barred));
}

// ---- Lianyungang

#[test]
fn lianyungang_items() {
    items(
        &scheme("lianyungang"),
        &firm(),
        "1",
        "
        R101 R101 state 20
        R101 R101 district 5
        R102 R102 city 6
        R103 R103 - 2
        R202 R202 province 10
        R201 R201 - 5
        R301 R301 - 4
        R303 R303 - 3
        R401 R401 - 5
        R402 R402 - 8
        R405 R405 - 2
        R501 R501 - 1
        P101 P101 minor -2
        P101 P101 serious -8
        P102 P102 - -1
        P103 P103 - -2
        P104 P104 - -2
        P106 P106 - -2
        P203 P203 - -6
        P301 P301 - -6
        P305 P305 - -8
        P402 P402 - -5
        P601 P601 - -6
        P201 P201 - -15
        P303 P303 - -30
        P404 P404 - -30
        P702 P702 - -20
        ",
    );
}

#[test]
fn lianyungang_bands_begin_at_their_threshold() {
    let scheme = scheme("lianyungang");
    let steer = Steer { scheme: &scheme, base: firm(), factor: "1", by: OFFICERS };
    steer.thresholds(
        "
        140 AAAA
        139.99 AAA
        139.999 AAA
        120 AAA
        119.999 AA
        100 AA
        99.999 A
        90 A
        85 A
        84.999 B
        ",
    );
}

#[test]
fn lianyungang_at_150_with_a_veto_is_b_and_may_not_tender() {
    let scheme = scheme("lianyungang");
    let base = firm().with_record("P303", "2026-10-01");
    let graded =
        Steer { scheme: &scheme, base, factor: "1", by: OFFICERS }.to(decimal("150")).graded(&scheme);
    assert_eq!((graded.score, graded.grade.as_deref()), (Some(decimal("150")), Some("B")));
    assert_eq!((graded.why.grade_by_score.as_deref(), codes(&graded)), (Some("AAAA"), vec!["bar"]));
    assert_eq!((graded.lists[0].list, graded.lists[0].until), (ListKind::Black, Some(day("2029-10-01"))));
    let poor = Steer { scheme: &scheme, base: firm(), factor: "1", by: OFFICERS }.to(decimal("84.999"));
    assert_eq!(codes(&poor.graded(&scheme)), ["warn"]);
}

// ---- Nanning

#[test]
fn nanning_items() {
    let nanning = scheme("nanning-2024");
    let level = |item: &str| if item.starts_with("city") { "0.4" } else { "0.3" };
    for (item, category, word, points) in [
        ("street-R202", "R202", "street", "2"),
        ("street-R204", "R204", "street", "1"),
        ("street-R304", "R304", "street", "2"),
        ("street-R301", "R301", "street", "4"),
        ("street-P102", "P102", "street", "-1"),
        ("street-P103", "P103", "street", "-2"),
        ("street-P802", "P802", "street", "-4"),
        ("street-P301", "P301", "street", "-6"),
        ("county-R102", "R102", "district", "4"),
        ("county-R202", "R202", "district", "4"),
        ("county-R401", "R401", "district", "4"),
        ("county-R301", "R301", "district", "4"),
        ("county-P101", "P101", "district", "-4"),
        ("county-P104", "P104", "district", "-2"),
        ("county-P402", "P402", "district", "-6"),
        ("county-P301", "P301", "district", "-6"),
        ("city-R101", "R101", "city", "8"),
        ("city-R101", "R101", "state", "8"),
        ("city-R102", "R102", "province", "6"),
        ("city-R402", "R402", "city", "5"),
        ("city-R301", "R301", "city", "4"),
        ("city-P201", "P201", "city", "-12"),
        ("city-P304", "P304", "city", "-10"),
        ("city-P703", "P703", "city", "-10"),
        ("city-P301", "P301", "city", "-6"),
    ] {
        let level_of = word.parse().unwrap();
        let graded = firm().with_level(category, level_of).graded(&nanning);
        let line = graded.items.iter().find(|line| line.rule.as_deref() == Some(item)).unwrap();
        assert_eq!(line.points, decimal(points), "{item}");
        assert_eq!(graded.score, Some(decimal("70") + decimal(points) * decimal(level(item))), "{item}");
    }
    for (category, level) in [("P303", Street), ("P404", City)] {
        assert_eq!(
            firm().with_level(category, level).graded(&nanning).score,
            Some(decimal("54")),
            "{category}"
        );
    }
}

/// The same points from all three levels move the score by as much.
#[test]
fn nanning_bands_begin_at_their_threshold() {
    let scheme = scheme("nanning-2024");
    let by = [("R301", "P301", Some(Street)), ("R301", "P301", Some(District)), ("R301", "P301", Some(City))];
    let steer = Steer { scheme: &scheme, base: firm(), factor: "1", by: &by };
    steer.thresholds("90 AAA\n 89.999 AA\n 80 AA\n 79.999 A\n 70 A\n 69.999 B\n 60 B\n 59.999 C");
}

#[test]
fn nanning_the_three_levels_score_separately_each_within_a_hundred() {
    let scheme = scheme("nanning-2024");
    let mut file = firm();
    for _ in 0..4 {
        file = file.with_level("R101", City).with_level("P402", District);
    }
    let graded = file.graded(&scheme);
    let three = ["street", "county", "city"].map(|id| value(&graded, id).unwrap());
    assert_eq!(three, [decimal("70"), decimal("46"), decimal("100")]);
    // 0.3 × 70 + 0.3 × 46 + 0.4 × 100: an A by the score, held at B by the county.
    assert_eq!((graded.score, graded.grade.as_deref()), (Some(decimal("74.8")), Some("B")));
    assert_eq!(graded.why.rules[0].rule, "level-failed");
}

#[test]
fn nanning_residents_are_among_the_good_points() {
    let scheme = scheme("nanning-2024");
    let street = |count: u32, stars: u32| {
        value(&firm().with_project("p", 1).rated("p", "2026-10", count, stars).graded(&scheme), "street")
            .unwrap()
    };
    assert_eq!(street(4, 20), decimal("70"), "too few");
    // (24.5 + 24.5) / 14 = 3.5; 4.0; 4.5 needs 21 × 5 / 28 …
    assert_eq!(street(7, 24), decimal("70"));
    assert_eq!(street(7, 25), decimal("72"));
    assert_eq!(street(7, 31), decimal("72"));
    assert_eq!(street(7, 32), decimal("74"));
    assert_eq!(street(14, 70), decimal("76"));
}

#[test]
fn nanning_counts_twelve_months_and_says_who_confirms() {
    let scheme = scheme("nanning-2024");
    let fact = |from| Record { level: Some(City), ..record(&catalogue(), "P201", from) };
    assert_eq!(firm().with(fact("2025-11-21")).graded(&scheme).score, Some(decimal("65.2")));
    assert_eq!(firm().with(fact("2025-11-20")).graded(&scheme).score, Some(decimal("70")));
    let by = |severity| &scheme.step(RecordKind::Penalty, severity, StepKind::Confirm).unwrap().by[..];
    assert_eq!(
        (by(Severity::Serious), by(Severity::Minor)),
        (&[Role::City][..], &[Role::District, Role::City][..])
    );
    assert_eq!(scheme.announce_working_days, 5);
}

// ---- Wuxi

fn manager() -> Builder {
    subject(SubjectKind::Manager)
}

#[test]
fn wuxi_items() {
    items(
        &scheme("wuxi-managers"),
        &manager(),
        "1",
        "
        R101 R101 state 3
        R101 R101 province 2
        R101 R101 city 1
        R101 R101 district 0.5
        R102 R102 state 3
        R103 R103 city 1
        R104 R104 district 0.5
        R203 R203 - 1
        R204 R204 - 0.5
        R301 R301 - 2
        R305 R305 - 1
        P102 P102 - -5
        P103 P103 - -3
        P101 P101 ordinary -3
        P104 P104 - -1
        P301 P301 - -4
        P304 P304 - -8
        P401 P401 serious -10
        P402 P402 - -3
        P403 P403 - -6
        P406 P406 - -3
        P503 P503 - -6
        P703 P703 - -6
        P303 P303 - -20
        P502 P502 - -20
        ",
    );
}

#[test]
fn wuxi_bands_begin_at_their_threshold() {
    let scheme = scheme("wuxi-managers");
    let steer = Steer { scheme: &scheme, base: manager(), factor: "1", by: OFFICERS };
    steer.thresholds("90 A\n 89.999 B\n 80 B\n 79.999 C\n 60 C\n 59.999 D");
}

#[test]
fn wuxi_honours_are_capped_at_six() {
    let scheme = scheme("wuxi-managers");
    let file = manager().with_level("R101", State).with_level("R102", Province);
    assert_eq!(file.graded(&scheme).score, Some(decimal("85")));
    let file = file.with_level("R103", City);
    assert_eq!(file.graded(&scheme).score, Some(decimal("86")));
    assert_eq!(file.with_level("R104", District).graded(&scheme).score, Some(decimal("86")));
    assert_eq!(manager().with_level("R101", Street).graded(&scheme).unmatched.len(), 1);
}

#[test]
fn wuxi_satisfaction_and_the_top_ten_are_not_both_counted() {
    let scheme = scheme("wuxi-managers");
    let score = |satisfaction: &str, rank: Option<&str>| {
        let file = manager().measured("third_party_satisfaction", satisfaction);
        let file = rank.into_iter().fold(file, |file, rank| file.measured("third_party_rank", rank));
        file.graded_at(&scheme, at("2026-11-21T04:00:00Z")).score.unwrap()
    };
    assert_eq!((score("89.999", None), score("90", None)), (decimal("80"), decimal("83")));
    assert_eq!((score("95", Some("10")), score("95", Some("11"))), (decimal("85"), decimal("83")));
    assert_eq!((score("80", Some("1")), score("80", Some("11"))), (decimal("85"), decimal("80")));
}

#[test]
fn wuxi_a_projects_penalty_cascades_to_its_manager_and_a_veto_ends_the_career() {
    let scheme = scheme("wuxi-managers");
    let of_project =
        |category| Record { through: Through::Project, ..record(&catalogue(), category, "2026-11-01") };
    let late = manager().with(of_project("P102")).with(of_project("P103"));
    assert_eq!(late.graded(&scheme).score, Some(decimal("72")));
    let thrice = late.with(of_project("P102")).with(of_project("P102"));
    assert_eq!(codes(&thrice.graded(&scheme)), ["interview"]);
    // Ninety days on, they no longer come within ninety days; the points stay for the year.
    let later = thrice.graded_at(&scheme, at("2027-02-01T04:00:00Z"));
    assert_eq!((codes(&later).len(), later.score), (0, Some(decimal("62"))));
    let vetoed = manager().with_level("R101", State).with(of_project("P303")).graded(&scheme);
    assert_eq!((vetoed.grade.as_deref(), vetoed.effect()), (Some("D"), Effect::Barred));
    assert_eq!(firm().graded(&scheme).outcome, Outcome::NotEvaluated, "only managers");
}
