//! `dalian-demo`, as DOMAIN.md words it.

use xinwu_domain::catalogue::Level::{City, District, Province, State, Street};
use xinwu_domain::catalogue::{Level, Severity};
use xinwu_domain::evaluation::{ItemSource, Outcome, Record, Status};
use xinwu_domain::scheme::{Assessor, Effect, ListKind, Scheme, SubjectKind};

use crate::support::{Builder, at, catalogue, day, decimal, firm, record, scheme, subject, text_of};

pub fn value(evaluation: &xinwu_domain::evaluation::Evaluation, id: &str) -> Option<rust_decimal::Decimal> {
    evaluation.components.iter().find(|component| component.id == id).and_then(|component| component.value)
}

/// A firm whose assessments and ratings are both exactly 70: the file alone decides.
pub fn with_seventies() -> Builder {
    firm().with_project("p", 1_000).assessed("p", Assessor::Street, "70").rated("p", "2026-10", 70, 245)
}

#[test]
fn projects_roll_up_by_area() {
    let file = firm()
        .with_project("a", 100_000)
        .with_project("b", 50_000)
        .with_project("c", 10_000)
        .assessed("a", Assessor::Street, "90")
        .assessed("b", Assessor::Street, "70")
        .assessed("c", Assessor::Street, "60");
    let graded = file.graded(&scheme("dalian-demo"));
    assert_eq!(value(&graded, "assessments"), Some(decimal("81.875")));
}

/// No project's area alone makes a firm's score, where a scheme bounds what one weighs.
#[test]
fn one_projects_weight_is_bounded_where_the_scheme_says_so() {
    let text = text_of("dalian-demo").replace("by = \"area\"", "by = \"area\"\nmost_share = 0.5");
    let bounded = Scheme::read(&text, "t", &catalogue()).unwrap();
    let file = |area: i64| {
        firm()
            .with_project("a", area)
            .with_project("b", 6_000)
            .with_project("c", 4_000)
            .assessed("a", Assessor::Street, "100")
            .assessed("b", Assessor::Street, "50")
            .assessed("c", Assessor::Street, "0")
    };
    let graded = file(90_000).graded(&bounded);
    // 0.5 × 100 + 0.3 × 50 + 0.2 × 0, and not 0.9 × 100 + 0.06 × 50.
    assert_eq!(value(&graded, "assessments"), Some(decimal("65")));
    assert_eq!(value(&file(90_000).graded(&scheme("dalian-demo")), "assessments"), Some(decimal("93")));
    // However large it is said to be.
    assert_eq!(value(&file(100_000_000).graded(&bounded), "assessments"), Some(decimal("65")));
    // The lines say so, of the assessments' part of 0.3.
    let lines = graded.items.iter().filter(|item| item.source == ItemSource::Assessment);
    let weights: Vec<String> = lines.map(|item| item.weight.normalize().to_string()).collect();
    assert_eq!(weights, ["0.15", "0.09", "0.06"]);
}

/// "A project counts in a roll-up with the periods and months of its term, weighted by its area
/// then, after it has ended too."
#[test]
fn a_project_that_ends_keeps_its_part_until_its_periods_are_over() {
    let dalian = scheme("dalian-demo");
    let mut file = firm()
        .with_project("good", 10_000)
        .with_project("bad", 30_000)
        .assessed("good", Assessor::Street, "100")
        .assessed("bad", Assessor::Street, "20")
        .assessed_in("2026-Q4", "good", Assessor::Street, "100")
        .assessed_in("2027-Q1", "good", Assessor::Street, "100")
        .assessed_in("2026-Q4", "bad", Assessor::Street, "20")
        .rated("good", "2026-10", 21, 105)
        .rated("bad", "2026-10", 21, 21);
    file.0.projects[1].ends_on = Some(day("2026-11-21"));
    let parts = |instant: &str| {
        let graded = file.graded_at(&dalian, at(instant));
        ["assessments", "residents"]
            .map(|id| value(&graded, id).map(|value| value.round_dp(6).normalize().to_string()))
    };
    let of = |assessments: &str, residents: &str| [Some(assessments.to_owned()), Some(residents.to_owned())];
    // A good month is (24.5 + 105) / 28 × 20 = 92.5, a bad one (24.5 + 21) / 28 × 20 = 32.5. On the
    // last day and on the next: 1/4 × 100 + 3/4 × 20 = 40, 1/4 × 92.5 + 3/4 × 32.5 = 47.5.
    assert_eq!(parts("2026-11-21T04:00:00Z"), of("40", "47.5"));
    assert_eq!(parts("2026-11-22T04:00:00Z"), of("40", "47.5"));
    // November was of its term. With December, a month in which only the other ran comes in: 12
    // months of 10,000 m² beside 11 of 30,000.
    assert_eq!(parts("2026-12-06T04:00:00Z"), of("40", "47.5"));
    assert_eq!(parts("2027-01-06T04:00:00Z"), of("40", "48.5"));
    // The fourth quarter touches its term, the first of the next year does not; January is another
    // month of the good one alone.
    assert_eq!(parts("2027-02-02T04:00:00Z"), of("40", "49.642857"));
    assert_eq!(parts("2027-05-02T04:00:00Z")[0], Some("100".to_owned()));
}

#[test]
fn a_managers_part_is_of_the_own_terms() {
    let dalian = scheme("dalian-demo");
    let mut file = subject(SubjectKind::Manager)
        .with_project("p", 10_000)
        .with_project("q", 30_000)
        .with_project("p", 10_000)
        .assessed("p", Assessor::Street, "100")
        .assessed("q", Assessor::Street, "20")
        .assessed_in("2026-Q4", "p", Assessor::Street, "50")
        .assessed_in("2026-Q4", "q", Assessor::Street, "60")
        .assessed_in("2027-Q1", "p", Assessor::Street, "80")
        .assessed_in("2027-Q1", "q", Assessor::Street, "90")
        .rated("p", "2026-09", 21, 105)
        .rated("p", "2026-10", 21, 21)
        .rated("q", "2026-10", 21, 21);
    // From the one project to the other, and back.
    file.0.projects[0].ends_on = Some(day("2026-09-30"));
    file.0.projects[1].starts_on = day("2026-10-01");
    file.0.projects[1].ends_on = Some(day("2026-12-31"));
    file.0.projects[2].starts_on = day("2027-01-01");
    let part = |instant: &str, id: &str| {
        value(&file.graded_at(&dalian, at(instant)), id).map(|value| value.round_dp(6))
    };
    for (instant, assessed) in
        [("2026-11-21T04:00:00Z", "100"), ("2027-02-02T04:00:00Z", "60"), ("2027-05-02T04:00:00Z", "80")]
    {
        assert_eq!(part(instant, "assessments"), Some(decimal(assessed)), "{instant}");
    }
    // Eleven months of 10,000 m² with 92.5, one of 30,000 with 32.5.
    assert_eq!(part("2026-11-21T04:00:00Z", "residents"), Some(decimal("79.642857")));
}

#[test]
fn a_project_weighs_the_area_that_it_had_then() {
    let dalian = scheme("dalian-demo");
    let mut file = firm()
        .with_project("grows", 10_000)
        .with_project("stays", 10_000)
        .assessed("grows", Assessor::Street, "100")
        .assessed("stays", Assessor::Street, "20")
        .assessed_in("2026-Q4", "grows", Assessor::Street, "100")
        .assessed_in("2026-Q4", "stays", Assessor::Street, "20");
    let mut larger = file.0.projects[0].clone();
    file.0.projects[0].known_until = Some(at("2026-11-10T00:00:00Z"));
    larger.known_from = at("2026-11-10T00:00:00Z");
    larger.area = decimal("30000");
    file.0.projects.push(larger);
    let assessed = |instant: &str| value(&file.graded_at(&dalian, at(instant)), "assessments");
    assert_eq!(assessed("2026-11-21T04:00:00Z"), Some(decimal("60")));
    assert_eq!(assessed("2027-02-02T04:00:00Z"), Some(decimal("80")));
    // What came into the register after the period weighs what it had at first.
    for row in &mut file.0.projects {
        row.known_from = row.known_from.max(at("2026-10-08T00:00:00Z"));
    }
    let assessed = value(&file.graded(&dalian), "assessments");
    assert_eq!(assessed, Some(decimal("60")));
}

#[test]
fn the_service_score_is_the_known_vectors_times_twenty() {
    let dalian = scheme("dalian-demo");
    let twenty = firm().with_project("p", 1_000).rated("p", "2026-10", 12, 55).rated("p", "2026-01", 8, 37);
    let line = |file: &Builder| {
        file.graded(&dalian).items.into_iter().find(|line| line.source == ItemSource::Ratings)
    };
    let found = line(&twenty).unwrap();
    assert_eq!(found.value, Some(decimal("4.3148")));
    assert_eq!(found.count, Some(20));
    // (24.5 + 92) / 27 × 20, of which three tenths: rounded once, at the end.
    assert_eq!(found.contribution, decimal("25.889"));
    let four = firm().with_project("p", 1_000).rated("p", "2026-10", 4, 20);
    assert!(line(&four).is_none(), "fewer than five ratings are no sample");
    let five = firm().with_project("p", 1_000).rated("p", "2026-10", 5, 25);
    assert_eq!(line(&five).unwrap().value, Some(decimal("4.125")));
}

#[test]
fn only_the_last_twelve_closed_months_count() {
    let dalian = scheme("dalian-demo");
    let rated = |month: &str| firm().with_project("p", 1_000).rated("p", month, 5, 5);
    let sampled =
        |month: &str, now: &str| value(&rated(month).graded_at(&dalian, at(now)), "residents").is_some();
    assert!(sampled("2026-10", "2026-11-21T04:00:00Z"));
    assert!(sampled("2025-11", "2026-11-21T04:00:00Z"));
    assert!(!sampled("2025-10", "2026-11-21T04:00:00Z"));
    assert!(!sampled("2026-11", "2026-11-21T04:00:00Z"));
    // October closes with the step of 1 November, at 06:00 in Dalian, which is 22:00 UTC.
    assert!(!sampled("2026-10", "2026-10-31T21:59:59Z"));
    assert!(sampled("2026-10", "2026-10-31T22:00:00Z"));
}

#[test]
fn the_weights_add_up() {
    let graded = with_seventies().graded(&scheme("dalian-demo"));
    // 0.40 × 60 + 0.30 × 70 + 0.30 × 70
    assert_eq!(graded.score, Some(decimal("66")));
    assert_eq!(graded.grade.as_deref(), Some("B"));
    let weights: Vec<_> = ["file", "assessments", "residents"]
        .iter()
        .map(|id| graded.components.iter().find(|component| component.id == *id).unwrap().weight.unwrap())
        .collect();
    assert_eq!(weights, [decimal("0.4"), decimal("0.3"), decimal("0.3")]);
}

#[test]
fn a_part_without_sample_gives_its_weight_to_the_others() {
    let dalian = scheme("dalian-demo");
    let file = firm().with_project("p", 1_000).assessed("p", Assessor::Street, "95");
    let graded = file.graded(&dalian);
    // (0.40 × 60 + 0.30 × 95) / 0.70 = 75
    assert_eq!(graded.score, Some(decimal("75")));
    let line = graded.items.iter().find(|line| line.source == ItemSource::Redistribution).unwrap();
    assert_eq!(line.contribution, decimal("22.5"));
    let alone = firm().with_project("p", 1_000).graded(&dalian);
    assert_eq!(alone.score, Some(decimal("60")));
}

#[test]
fn community_and_street_are_averaged_and_the_district_is_not_asked() {
    let file = firm()
        .with_project("p", 1_000)
        .assessed("p", Assessor::Street, "80")
        .assessed("p", Assessor::Community, "91")
        .assessed("p", Assessor::District, "10")
        .assessed_in("2026-Q2", "p", Assessor::Street, "1")
        .assessed_in("2026-Q4", "p", Assessor::Street, "2");
    assert_eq!(value(&file.graded(&scheme("dalian-demo")), "assessments"), Some(decimal("85.5")));
}

#[test]
fn a_firm_without_a_project_is_not_evaluated() {
    let dalian = scheme("dalian-demo");
    let graded = firm().with_record("R101", "2026-10-01").graded(&dalian);
    assert_eq!((graded.outcome, graded.score, graded.grade), (Outcome::NotEvaluated, None, None));
    let mut ended = firm().with_project("p", 1_000);
    ended.0.projects[0].ends_on = Some(day("2026-11-21"));
    assert_eq!(ended.graded(&dalian).outcome, Outcome::Evaluated);
    // The last day is inside; the next begins at 16:00 UTC.
    assert_eq!(ended.graded(&dalian).next_change_on, Some(at("2026-11-21T16:00:00Z")));
    assert_eq!(ended.graded_at(&dalian, at("2026-11-21T16:00:00Z")).outcome, Outcome::NotEvaluated);
}

#[test]
fn outcomes_are_named() {
    let dalian = scheme("dalian-demo");
    let outcome = |status| with_seventies().with_status(status).graded(&dalian).outcome;
    assert_eq!(outcome(Status::Refuses), Outcome::Missing);
    assert_eq!(outcome(Status::Unregistered), Outcome::NotEvaluated);
    assert_eq!(outcome(Status::NoResidentialBusiness), Outcome::NotEvaluated);
    assert_eq!(outcome(Status::UnderObjection), Outcome::Suspended);
    let manager = subject(SubjectKind::Manager).with_project("p", 1_000).graded(&dalian);
    assert_eq!(manager.outcome, Outcome::NotEvaluated);
}

#[test]
fn a_project_is_graded_by_its_own_dossier() {
    let mut file =
        subject(SubjectKind::Project).with_project("p", 1_000).assessed("p", Assessor::Street, "95");
    file = file.with_record("R305", "2026-10-01");
    // (0.40 × 62 + 0.30 × 95) / 0.70 = 76.142857…
    assert_eq!(file.graded(&scheme("dalian-demo")).score, Some(decimal("76.143")));
}

/// Rule, category, level, severity, points.
type Vector = (&'static str, &'static str, Option<Level>, Option<Severity>, &'static str);

/// Each item's points, by hand.
#[test]
fn each_item_is_worth_what_the_file_says() {
    let vectors: &[Vector] = &[
        ("R101", "R101", Some(State), None, "10"),
        ("R101", "R101", Some(Province), None, "8"),
        ("R101", "R101", Some(City), None, "5"),
        ("R101", "R101", Some(District), None, "3"),
        ("R101", "R101", Some(Street), None, "1"),
        ("R102", "R102", Some(State), None, "8"),
        ("R102", "R102", Some(Street), None, "1"),
        ("R103", "R103", None, None, "2"),
        ("R104", "R104", None, None, "1"),
        ("R201", "R201", None, None, "3"),
        ("R202", "R202", Some(District), None, "3"),
        ("R203", "R203", None, None, "1"),
        ("R204", "R204", None, None, "0.5"),
        ("R301", "R301", None, None, "3"),
        ("R302", "R302", None, None, "3"),
        ("R303", "R303", None, None, "3"),
        ("R304", "R304", None, None, "1"),
        ("R305", "R305", None, None, "2"),
        ("R401", "R401", None, None, "4"),
        ("R402", "R402", None, None, "5"),
        ("R403", "R403", None, None, "2"),
        ("model-service", "R404", None, None, "1"),
        ("model-service", "R405", None, None, "1"),
        ("R501", "R501", None, None, "1"),
        ("P101", "P101", None, Some(Severity::Minor), "-2"),
        ("P101", "P101", None, Some(Severity::Ordinary), "-5"),
        ("P101", "P101", None, Some(Severity::Serious), "-10"),
        ("P102", "P102", None, None, "-1"),
        ("P103", "P103", None, None, "-2"),
        ("P104", "P104", None, None, "-2"),
        ("P201", "P201", None, None, "-15"),
        ("common-parts", "P203", None, Some(Severity::Minor), "-3"),
        ("common-parts", "P204", None, Some(Severity::Ordinary), "-6"),
        ("common-parts", "P205", None, Some(Severity::Serious), "-12"),
        ("P301", "P301", None, None, "-8"),
        ("P304", "P304", None, None, "-10"),
        ("P305", "P305", None, None, "-10"),
        ("P401", "P401", None, Some(Severity::Serious), "-20"),
        ("P402", "P402", None, None, "-5"),
        ("P403", "P403", None, Some(Severity::Ordinary), "-10"),
        ("P405", "P405", None, None, "-20"),
        ("P406", "P406", None, None, "-5"),
        ("P601", "P601", None, None, "-8"),
        ("P602", "P602", None, None, "-5"),
        ("P703", "P703", None, None, "-10"),
        ("cooperation", "P801", None, None, "-3"),
        ("cooperation", "P802", None, None, "-3"),
        ("P202", "P202", None, None, "-20"),
        ("P302", "P302", None, None, "-30"),
        ("P303", "P303", None, None, "-30"),
        ("P404", "P404", None, None, "-40"),
        ("P501", "P501", None, None, "-20"),
        ("tender-fraud", "P701", None, None, "-20"),
        ("tender-fraud", "P702", None, None, "-20"),
    ];
    let dalian = scheme("dalian-demo");
    let catalogue = catalogue();
    for (rule, category, level, severity, points) in vectors {
        let mut fact = Record { level: *level, ..record(&catalogue, category, "2026-10-01") };
        fact.severity = severity.unwrap_or(fact.severity);
        let graded = with_seventies().with(fact).graded(&dalian);
        let line = graded.items.iter().find(|line| line.rule.as_deref() == Some(*rule)).unwrap();
        assert_eq!(line.points, decimal(points), "{rule} {category} {level:?} {severity:?}");
        assert_eq!(line.contribution, decimal(points) * decimal("0.4"), "{rule}");
        assert_eq!(graded.score, Some(decimal("66") + decimal(points) * decimal("0.4")), "{rule}");
    }
    for (_, item) in dalian.items() {
        assert!(vectors.iter().any(|(rule, ..)| *rule == item.id), "{} has no vector", item.id);
    }
}

/// The file's assessments move the score by thousandths: at and beside every threshold.
#[test]
fn bands_begin_at_their_threshold_and_not_a_thousandth_earlier() {
    let dalian = scheme("dalian-demo");
    for (score, grade) in [
        ("85", "AAA"),
        ("84.999", "AA"),
        ("80", "AA"),
        ("79.999", "A"),
        ("70", "A"),
        ("69.999", "B"),
        ("60", "B"),
        ("59.999", "C"),
        ("85.001", "AAA"),
        ("80.001", "AA"),
        ("70.001", "A"),
        ("60.001", "B"),
    ] {
        // 24 of the file, 21 of the residents; the assessment gives the rest.
        let file = with_rewards(decimal(score));
        let graded = file.graded(&dalian);
        assert_eq!(graded.score, Some(decimal(score)));
        assert_eq!(graded.grade.as_deref(), Some(grade), "{score}");
    }
}

/// A firm with exactly this score, of 60 + rewards in the file and one assessment.
fn with_rewards(score: rust_decimal::Decimal) -> Builder {
    let mut file = firm().with_project("p", 1_000).rated("p", "2026-10", 70, 245);
    if score > decimal("66") {
        for _ in 0..3 {
            file = file.with_level("R101", State);
        }
    }
    let of_file = if score > decimal("66") { decimal("36") } else { decimal("24") };
    let assessment = (score - of_file - decimal("21")) / decimal("0.3");
    file.assessed("p", Assessor::Street, &assessment.to_string())
}

#[test]
fn a_half_thousandth_rounds_up_into_the_band_and_a_hair_below_does_not() {
    let dalian = scheme("dalian-demo");
    let grade = |assessment: &str| {
        let file = firm().with_project("p", 1_000).rated("p", "2026-10", 70, 245);
        let graded = file.assessed("p", Assessor::Street, assessment).graded(&dalian);
        (graded.score.unwrap(), graded.grade.unwrap())
    };
    // 45 + 0.3 × 49.99833333333333333 is a hair below 59.9995; 0.3 × 49.9983334 a hair above.
    assert_eq!(grade("49.9983333"), (decimal("59.999"), "C".to_owned()));
    assert_eq!(grade("49.9983334"), (decimal("60"), "B".to_owned()));
}

#[test]
fn rewards_are_capped_at_forty_and_the_cap_is_a_line() {
    let mut file = with_seventies();
    for _ in 0..5 {
        file = file.with_level("R101", State);
    }
    let graded = file.graded(&scheme("dalian-demo"));
    // 60 + min(40, 50) = 100
    assert_eq!(value(&graded, "file"), Some(decimal("100")));
    let cap = graded.items.iter().find(|line| line.source == ItemSource::Cap).unwrap();
    assert_eq!((cap.points, cap.contribution, cap.cap), (decimal("-10"), decimal("-4"), Some(decimal("40"))));
}

#[test]
fn penalties_have_no_floor() {
    let mut file = with_seventies();
    for _ in 0..10 {
        file = file.with_record("P405", "2026-10-01");
    }
    let graded = file.graded(&scheme("dalian-demo"));
    assert_eq!(graded.score, Some(decimal("-14")));
    assert_eq!(graded.consequences[0].code, "interview");
}

#[test]
fn a_veto_makes_it_c_and_black_lists_until_the_last_veto_ends() {
    let mut file = with_seventies();
    for _ in 0..4 {
        file = file.with_level("R101", State);
    }
    let clean = file.graded(&scheme("dalian-demo"));
    assert_eq!(clean.score, Some(decimal("82")));
    let graded = file.with_record("P501", "2026-10-01").graded(&scheme("dalian-demo"));
    assert_eq!(graded.score, Some(decimal("74")));
    assert_eq!(graded.grade.as_deref(), Some("C"));
    assert_eq!(graded.why.grade_by_score.as_deref(), Some("A"));
    let listing = &graded.lists[0];
    assert_eq!((listing.list, listing.until), (ListKind::Black, Some(day("2029-10-01"))));
    assert_eq!(listing.records, ["record-5"]);
    assert!(graded.why.text.en.contains("from A to C"), "{}", graded.why.text.en);
    assert!(graded.why.text.zh.contains("一票否决"), "{}", graded.why.text.zh);
}

#[test]
fn the_red_list_needs_the_score_and_a_clean_file() {
    let dalian = scheme("dalian-demo");
    let good = with_rewards(decimal("85"));
    assert_eq!(good.graded(&dalian).lists[0].list, ListKind::Red);
    // A category of which the scheme has no item is still a penalty in force.
    let spoiled = good.clone().with_record("P104", "2026-10-01").assessed("p", Assessor::Community, "100");
    assert!(spoiled.graded(&dalian).lists.is_empty());
    assert!(with_rewards(decimal("84.999")).graded(&dalian).lists.is_empty());
}

#[test]
fn it_says_what_is_missing_for_the_next_grade() {
    let graded = with_rewards(decimal("84.999")).graded(&scheme("dalian-demo"));
    assert_eq!(graded.why.next_grade.as_deref(), Some("AAA"));
    assert_eq!(graded.why.missing, Some(decimal("0.001")));
    let best = with_rewards(decimal("90")).graded(&scheme("dalian-demo"));
    assert_eq!((best.why.next_grade, best.why.missing), (None, None));
}

#[test]
fn unmatched_records_are_reported_and_worth_nothing() {
    let file = with_seventies().with_record("P603", "2026-10-01").with_record("R101", "2026-10-01");
    let graded = file.graded(&scheme("dalian-demo"));
    assert_eq!(graded.score, Some(decimal("66")));
    let reported: Vec<_> = graded.unmatched.iter().map(|unmatched| unmatched.category.as_str()).collect();
    assert_eq!(reported, ["P603", "R101"], "a category without an item, and an honour without a level");
}

#[test]
fn a_disputed_record_is_marked_and_counts() {
    let disputed = Record { disputed: true, ..record(&catalogue(), "P104", "2026-10-01") };
    let graded = with_seventies().with(disputed).graded(&scheme("dalian-demo"));
    assert_eq!(graded.score, Some(decimal("65.2")));
    assert!(graded.items.iter().any(|line| line.disputed));
}

#[test]
fn the_gravest_consequence_decides_on_new_projects() {
    let dalian = scheme("dalian-demo");
    assert_eq!(with_seventies().graded(&dalian).effect(), Effect::Notice);
    let poor = with_seventies().with_record("P405", "2026-10-01").graded(&dalian);
    assert_eq!(poor.effect(), Effect::Restricted);
    let barred = with_seventies().with_record("P404", "2026-10-01").graded(&dalian);
    assert_eq!((barred.effect(), barred.consequences.len()), (Effect::Barred, 2));
}
