//! What holds for every file, by random ones.

use std::sync::LazyLock;

use chrono::{Days, TimeDelta};
use proptest::prelude::*;
use rust_decimal::Decimal;
use strum::VariantArray;
use xinwu_domain::catalogue::{Catalogue, Level, RecordKind, Severity};
use xinwu_domain::evaluation::{
    Closing, Dispute, Dossier, RatedIncrement, Record, Status, StatusFact, evaluate, public, sum_of_items,
};
use xinwu_domain::scheme::{Assessor, Scheme, Through};

use crate::support::{Builder, catalogue, day, firm, noon, read_all, record};

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(catalogue);
static SCHEMES: LazyLock<Vec<Scheme>> = LazyLock::new(read_all);

fn any_record() -> impl Strategy<Value = Record> {
    let codes: Vec<String> = CATALOGUE.iter().map(|category| category.code.clone()).collect();
    let levels: Vec<Option<Level>> =
        std::iter::once(None).chain(Level::VARIANTS.iter().copied().map(Some)).collect();
    let severities: Vec<Severity> = Severity::VARIANTS.to_vec();
    let parts = (
        prop::sample::select(codes),
        prop::sample::select(levels),
        prop::sample::select(severities),
        0_u64..900,
        prop::option::of(0_u64..900),
        prop::bool::weighted(0.1),
        prop::option::of(0_i64..20),
        (
            prop::option::weighted(0.7, 0_u32..4),
            prop::sample::select(vec![Through::Own, Through::Own, Through::Branch, Through::Project]),
        ),
    );
    parts.prop_map(|(code, level, severity, start, term, disputed, points, (project, through))| {
        let from = day("2025-01-01") + Days::new(start);
        let points = points.map(|points| Decimal::new(points * 7, 1));
        let points = SCHEMES.iter().filter_map(|scheme| Some((scheme.id.clone(), points?))).collect();
        let counts_until = term.map(|term| from + Days::new(term));
        Record {
            level,
            severity,
            counts_from: from,
            counts_until,
            disputed,
            points,
            project: project.map(|at| format!("p{at}")),
            through,
            ..record(&CATALOGUE, &code, "2026-01-01")
        }
    })
}

fn any_file() -> impl Strategy<Value = Builder> {
    let ended = prop::option::weighted(0.3, 0_u64..500);
    let project =
        (1_i64..200_000, prop::option::of(0_u32..=10_000), prop::option::of(0_u32..60), 0_u32..5, ended);
    let metrics = prop::collection::vec((0_usize..9, 0_i64..12_000), 0..6);
    let projects = prop::collection::vec(project, 0..6);
    (prop::collection::vec(any_record(), 0..12), projects, metrics).prop_map(
        |(records, projects, metrics)| {
            let mut file = firm();
            for (at, record) in records.into_iter().enumerate() {
                file = file.with(Record { id: format!("r{at}"), ..record });
            }
            for (at, (area, assessed, rated, more, ended)) in projects.into_iter().enumerate() {
                let id = format!("p{at}");
                file = file.with_project(&id, area);
                let end = |before| day("2027-02-28").checked_sub_days(Days::new(before)).unwrap();
                file.0.projects[at].ends_on = ended.map(end);
                if let Some(hundredths) = assessed {
                    file = file.assessed(
                        &id,
                        Assessor::Street,
                        &Decimal::new(i64::from(hundredths), 2).to_string(),
                    );
                    file = file.assessed(&id, Assessor::Community, &more.to_string());
                }
                if let Some(rated) = rated {
                    file = file.rated(&id, "2026-07", rated, rated * (1 + more));
                    file = file.rated(&id, "2026-07", 5, 5 + more);
                }
            }
            const KEYS: [&str; 9] = [
                "years_in_business",
                "fee_collection_rate",
                "area_managed",
                "qualified_staff_rate",
                "on_time_rate",
                "survey_satisfaction",
                "monthly_reports",
                "third_party_satisfaction",
                "third_party_rank",
            ];
            for (key, value) in metrics {
                file = file.measured(KEYS[key], &Decimal::new(value, 2).to_string());
            }
            file
        },
    )
}

/// The file as that of each kind of subject that each scheme grades.
fn cases(file: &Builder) -> Vec<(&'static Scheme, Builder)> {
    let of = |scheme: &'static Scheme| {
        scheme.subjects.iter().map(move |kind| {
            let mut file = file.clone();
            file.0.subject = *kind;
            (scheme, file)
        })
    };
    SCHEMES.iter().flat_map(of).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn items_sum_to_the_score_and_so_they_do_in_public(file in any_file(), hidden in any::<u32>()) {
        for (scheme, file) in cases(&file) {
            let graded = file.graded(scheme);
            prop_assert_eq!(sum_of_items(&graded), graded.score.unwrap_or_default());
            prop_assert!(graded.items.iter().all(|line| line.contribution.scale() <= 3));
            let shown = public(&graded, |id| {
                let number: u32 = id.trim_start_matches('r').parse().unwrap();
                hidden & (1 << number) == 0
            });
            prop_assert_eq!(sum_of_items(&shown), graded.score.unwrap_or_default());
            prop_assert_eq!((shown.score, &shown.grade), (graded.score, &graded.grade));
        }
    }

    #[test]
    fn the_order_of_facts_plays_no_part(file in any_file(), seed in any::<u64>()) {
        let mut other = file.clone();
        shuffle(&mut other.0.records, seed);
        shuffle(&mut other.0.projects, seed);
        shuffle(&mut other.0.assessments, seed);
        shuffle(&mut other.0.increments, seed);
        shuffle(&mut other.0.closings, seed);
        shuffle(&mut other.0.metrics, seed);
        for ((scheme, file), (_, other)) in cases(&file).into_iter().zip(cases(&other)) {
            prop_assert_eq!(file.graded(scheme), other.graded(scheme));
        }
    }

    #[test]
    fn a_penalty_never_raises_and_a_reward_never_lowers_a_score(file in any_file(), more in any_record()) {
        let kind = more.kind;
        let with = file.clone().with(Record { id: "more".to_owned(), ..more });
        for ((scheme, file), (_, with)) in cases(&file).into_iter().zip(cases(&with)) {
            let (Some(before), Some(after)) = (file.graded(scheme).score, with.graded(scheme).score) else { continue };
            match kind {
                RecordKind::Penalty => prop_assert!(after <= before, "{}: {before} → {after}", scheme.id),
                RecordKind::Reward => prop_assert!(after >= before, "{}: {before} → {after}", scheme.id),
            }
        }
    }

    #[test]
    fn bands_cover_every_score_once(thousandths in -200_000_i64..1_200_000) {
        let score = Decimal::new(thousandths, 3);
        for scheme in SCHEMES.iter() {
            prop_assert_eq!(scheme.bands.iter().filter(|band| band.scores.holds(score)).count(), 1);
        }
    }

    /// Until the instant that an evaluation names nothing changes by time alone.
    #[test]
    fn nothing_changes_before_the_instant_that_is_named(file in any_file(), share in 0.0_f64..1.0) {
        for (scheme, file) in cases(&file) {
            let now = file.graded(scheme);
            let next = now.next_change_on.unwrap_or(noon() + TimeDelta::days(3_000));
            #[expect(clippy::cast_possible_truncation, reason = "any instant between will do")]
            let seconds = ((next - noon()).num_seconds() as f64 * share) as i64;
            let later = evaluate(scheme, &file.0, noon() + TimeDelta::seconds(seconds), noon() + TimeDelta::seconds(seconds));
            prop_assert_eq!((later.score, later.grade, later.items), (now.score, now.grade, now.items));
            prop_assert_eq!((later.lists, later.outcome, later.consequences), (now.lists, now.outcome, now.consequences));
            prop_assert_eq!(later.next_change_on, now.next_change_on);
        }
    }

    /// Whatever is learnt later: rows that come, rows that end, objections, repairs.
    #[test]
    fn what_is_learnt_later_changes_no_byte(file in any_file(), more in any_file(), seed in any::<u64>()) {
        for (scheme, file) in cases(&file) {
            let mut later = file.clone();
            learn(&mut later.0, &more.0, seed);
            let told = |file: &Builder| serde_json::to_string(&file.graded(scheme)).unwrap();
            prop_assert_eq!(told(&file), told(&later));
            // And who schedules by the file alone is told when to ask again.
            prop_assert_eq!(file.0.next_learnt(noon()), None);
            let learnt = later.0.next_learnt(noon());
            prop_assert!(learnt.is_none_or(|at| noon() < at && at <= noon() + TimeDelta::hours(64)));
            let count = later.0.records.len() + later.0.projects.len();
            prop_assert_eq!(learnt.is_some(), later.0 != file.0, "{} rows", count);
        }
    }

    #[test]
    fn a_file_survives_json(file in any_file()) {
        let json = serde_json::to_string(&file.0).unwrap();
        prop_assert_eq!(serde_json::from_str::<Dossier>(&json).unwrap(), file.0);
    }
}

/// Puts into a file what is learnt in the hours after [`noon`]: other rows of the same facts and
/// new ones, ends, objections, repairs.
fn learn(file: &mut Dossier, more: &Dossier, seed: u64) {
    let after = |at: usize| noon() + TimeDelta::hours(1 + i64::try_from((seed >> (at % 60)) % 63).unwrap());
    let happens = |at: usize| (seed >> (at % 64)) & 1 == 1;
    for (at, record) in file.records.iter_mut().enumerate() {
        if happens(at) {
            record.known_until = Some(after(at));
        }
        if happens(at + 7) {
            record.disputes.push(Dispute { opened_at: after(at + 3), closed_at: Some(after(at + 5)) });
        }
        if happens(at + 13) {
            record.repaired_at = Some(after(at + 11));
        }
    }
    for (at, assessment) in file.assessments.iter_mut().enumerate().filter(|(at, _)| happens(at + 37)) {
        assessment.disputes.push(Dispute { opened_at: after(at + 2), closed_at: None });
    }
    macro_rules! learn {
        ($($rows:ident),*) => {$(
            for (at, row) in file.$rows.iter_mut().enumerate().filter(|(at, _)| happens(at + 17)) {
                row.known_until = Some(after(at));
            }
            for (at, row) in more.$rows.iter().enumerate().filter(|(at, _)| happens(at + 23)) {
                let mut row = row.clone();
                row.known_from = after(at);
                file.$rows.push(row);
            }
        )*};
    }
    learn!(projects, assessments, metrics);
    for (at, row) in more.increments.iter().enumerate().filter(|(at, _)| happens(at + 19)) {
        file.increments.push(RatedIncrement { known_from: after(at), ..row.clone() });
    }
    if happens(41) {
        file.closings.push(Closing { month: "2026-11".parse().unwrap(), closed_at: after(41) });
    }
    for (at, record) in more.records.iter().enumerate().filter(|(at, _)| happens(at + 29)) {
        file.records.push(Record { known_from: after(at), ..record.clone() });
    }
    if happens(31) {
        let status = Status::Refuses;
        let known_from = after(31);
        file.statuses.push(StatusFact {
            status,
            starts_on: day("2026-01-01"),
            ends_on: None,
            known_from,
            known_until: None,
        });
    }
}

/// A deterministic shuffle: enough to change the order.
fn shuffle<T>(rows: &mut [T], seed: u64) {
    let mut state = seed | 1;
    for at in (1..rows.len()).rev() {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let other = usize::try_from(state >> 33).unwrap() % (at + 1);
        rows.swap(at, other);
    }
}
