//! What holds for every shipped scheme.

use rust_decimal::Decimal;
use xinwu_domain::catalogue::RecordKind;
use xinwu_domain::evaluation::Status;
use xinwu_domain::metric::MetricCatalogue;
use xinwu_domain::record::publicity::longest;
use xinwu_domain::scheme::{Assessor, Points, Scheme};
use xinwu_domain::word::Word;

use crate::support::{catalogue, day, read_all, record, subject, text_of};

#[test]
fn every_shipped_scheme_is_read_and_has_at_least_fifteen_items() {
    for scheme in read_all() {
        assert!(scheme.items().count() >= 15, "{} has {} items", scheme.id, scheme.items().count());
    }
    assert!(catalogue().iter().count() >= 40);
    assert!(catalogue().get("P303").is_some_and(|category| category.name.zh.contains("维修资金")));
}

#[test]
fn the_metrics_of_every_shipped_scheme_are_the_catalogues_and_of_whom_it_grades() {
    let metrics = MetricCatalogue::shipped();
    for scheme in read_all() {
        let text = text_of(&scheme.id);
        assert_eq!(Scheme::read_new(&text, "t", &catalogue(), metrics).err(), None, "{}", scheme.id);
    }
    let text = text_of("shandong-2019");
    let told = |from: &str, to: &str| {
        let faults = Scheme::read_new(&text.replace(from, to), "t", &catalogue(), metrics).unwrap_err();
        faults.into_iter().map(|fault| (fault.path, fault.reason.en.into_owned())).collect::<Vec<_>>()
    };
    let misspelt = told("key = \"fee_collection_rate\"", "key = \"fee_colection_rate\"");
    assert_eq!(misspelt.len(), 1);
    assert!(misspelt[0].1.ends_with("did you mean fee_collection_rate?"), "{misspelt:?}");
    let foreign = told("key = \"years_in_business\"", "key = \"joint_meeting_rate\"");
    assert_eq!(foreign[0].1, "joint_meeting_rate is no metric of a firm");
    // Rules in force stay so.
    assert!(Scheme::read(&text.replace("\"years_in_business\"", "\"gone\""), "t", &catalogue()).is_ok());
}

/// Grades each item of each scheme alone: its record is matched, by this rule, in force for its
/// term, and not a day longer.
#[test]
fn every_item_of_every_scheme_is_fired_by_a_record() {
    let catalogue = catalogue();
    for scheme in read_all() {
        for (group, item) in scheme.items() {
            for category in &item.categories {
                let mut fact = record(&catalogue, category, "2026-10-01");
                fact.level = item.levels.first().copied();
                match &item.points {
                    Points::ByLevel(levels) => fact.level = fact.level.or(levels.keys().next().copied()),
                    Points::BySeverity(severities) => fact.severity = *severities.keys().next().unwrap(),
                    Points::Fixed(_) | Points::Range { .. } => {}
                }
                if let Some(severity) = item.severities.first() {
                    fact.severity = *severity;
                }
                let file = subject(scheme.subjects[0]).with_project("p", 1_000);
                let file = file.assessed("p", Assessor::Street, "80").with(fact.clone());
                let graded = file.graded(&scheme);
                let name = format!("{} {} {category}", scheme.id, item.id);
                assert!(graded.unmatched.is_empty(), "{name}");
                let line = graded.items.iter().find(|line| line.rule.as_deref() == Some(&item.id));
                let line = line.unwrap_or_else(|| {
                    panic!("{name} has no line: {:?} {:?}", graded.outcome, graded.reason)
                });
                assert_eq!(line.group.as_deref(), Some(group.id.as_str()));
                assert_eq!(line.points.is_sign_negative(), fact.kind.into_str() == "penalty", "{name}");
                assert_ne!(line.contribution, Decimal::ZERO, "{name}");
                let term = item.validity.last_day(day("2026-10-01"));
                let public = longest(fact.severity, day("2026-10-01"));
                let most = (fact.kind == RecordKind::Penalty && item.longer_by.is_none()).then_some(public);
                assert_eq!(line.counts_until, term.into_iter().chain(most).min(), "{name}");
            }
        }
    }
}

#[test]
fn who_refuses_is_missing_where_the_scheme_says_so_and_never_scored() {
    for scheme in read_all() {
        let mut file = subject(scheme.subjects[0]).with_project("p", 1_000);
        file = file.with_status(Status::Refuses);
        let graded = file.graded(&scheme);
        if graded.score.is_none() {
            assert!(
                graded.grade.is_none() && graded.items.is_empty() && graded.reason.is_some(),
                "{}",
                scheme.id
            );
        }
    }
}

/// A whole city: run by hand to see how long it takes.
#[test]
#[ignore = "a measurement, not a test"]
fn a_city_of_1_800_firms_and_50_000_records() {
    let (scheme, catalogue) = (crate::support::scheme("dalian-demo"), catalogue());
    let codes: Vec<_> = catalogue.iter().map(|category| category.code.clone()).collect();
    let mut evaluated = 0;
    for firm in 0..1_800 {
        let mut file = crate::support::firm();
        for project in 0..2 {
            let id = format!("p{project}");
            file = file.with_project(&id, 1_000 + firm).assessed(&id, Assessor::Street, "77.7");
            for month in 1..=10 {
                file = file.rated(&id, &format!("2026-{month:02}"), 20, 81);
            }
        }
        for at in 0..28 {
            let code = &codes[(usize::try_from(firm).unwrap() + at) % codes.len()];
            file = file.with(record(&catalogue, code, "2026-10-01"));
        }
        evaluated += usize::from(file.graded(&scheme).score.is_some());
    }
    assert_eq!(evaluated, 1_800);
}
