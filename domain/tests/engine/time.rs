//! "What an evaluation knows, and when": terms, later knowledge, corrections, disputes, repairs.
//! Over `dalian-demo`.

use xinwu_domain::catalogue::Severity;
use xinwu_domain::evaluation::{Closing, Dispute, ItemSource, Outcome, Record, evaluate};
use xinwu_domain::scheme::{Assessor, Disputed, Scheme};

use crate::dalian::{value, with_seventies};
use crate::support::{at, catalogue, day, decimal, firm, noon, record, scheme, text_of};

/// An ordinary penalty: late replies to complaints, 2 points.
fn ordinary(from: &str) -> Record {
    Record { severity: Severity::Ordinary, ..record(&catalogue(), "P104", from) }
}

/// A penalty counts at most as long as its severity may be public, so that no hidden line lowers a
/// public grade; only a scheme that cites what allows more goes on, and no record beyond its
/// scheme.
#[test]
fn a_penalty_counts_no_longer_than_its_severity_may_be_public() {
    let plain = scheme("dalian-demo");
    let cited = text_of("dalian-demo").replacen(
        "kind = \"penalty\"\nvalidity = \"24 months\"",
        "kind = \"penalty\"\nvalidity = \"24 months\"\nlonger_by = { zh = \"《某条例》第九条\", en = \"Some act, art. 9\" }",
        1,
    );
    let cited = Scheme::read(&cited, "cited.toml", &catalogue()).unwrap();
    let until = |scheme: &Scheme, severity, own: Option<&str>| {
        // Safety: 24 months by the scheme.
        let fact =
            Record { severity, counts_until: own.map(day), ..record(&catalogue(), "P401", "2026-10-01") };
        let graded = with_seventies().with(fact).graded(scheme);
        let line = graded.items.into_iter().find(|line| line.source == ItemSource::Record);
        line.unwrap().counts_until.unwrap().to_string()
    };
    // By law alone, by the text that is cited, and at most with such a text: a term of the record's
    // own is never shorter for it.
    for (severity, by_law, by_text, most) in [
        (Severity::Minor, "2027-01-01", "2028-10-01", "2028-10-01"),
        (Severity::Ordinary, "2027-10-01", "2028-10-01", "2028-10-01"),
        (Severity::Serious, "2028-10-01", "2028-10-01", "2029-10-01"),
    ] {
        assert_eq!(until(&plain, severity, None), by_law, "{severity:?}");
        assert_eq!(until(&cited, severity, None), by_text, "{severity:?}");
        // The record's own term within that.
        assert_eq!(until(&plain, severity, Some("2026-12-31")), "2026-12-31");
        assert_eq!(until(&cited, severity, Some("2027-06-30")), "2027-06-30");
        assert_eq!(until(&cited, severity, Some("2031-01-01")), most);
    }
    assert_eq!(until(&plain, Severity::Ordinary, Some("2031-01-01")), "2027-10-01");
    assert_eq!(until(&plain, Severity::Serious, Some("2031-01-01")), "2029-10-01");
}

#[test]
fn a_record_counts_from_its_day_until_its_terms_last() {
    let dalian = scheme("dalian-demo");
    let file = with_seventies().with(ordinary("2026-03-01"));
    let counts = |instant: &str| {
        let evaluation = evaluate(&dalian, &file.0, at(instant), at("2030-01-01T00:00:00Z"));
        evaluation.items.iter().any(|line| line.source == ItemSource::Record)
    };
    // Midnight in Dalian is 16:00 UTC of the day before.
    assert!(!counts("2026-02-28T15:59:59Z"));
    assert!(counts("2026-02-28T16:00:00Z"));
    assert!(counts("2027-03-01T15:59:59Z"));
    assert!(!counts("2027-03-01T16:00:00Z"));
}

#[test]
fn the_records_own_term_goes_before_the_schemes() {
    let own = Record { counts_until: Some(day("2026-11-20")), ..record(&catalogue(), "P404", "2026-06-01") };
    let graded = with_seventies().with(own).graded(&scheme("dalian-demo"));
    assert_eq!(graded.score, Some(decimal("66")));
    assert!(graded.lists.is_empty());
}

#[test]
fn what_is_known_later_does_not_rewrite_what_was_said() {
    let dalian = scheme("dalian-demo");
    let mut late = ordinary("2026-03-01");
    late.known_from = at("2026-09-01T00:00:00Z");
    let file = with_seventies().with(late).0;
    let score = |as_of: &str, known_at: &str| evaluate(&dalian, &file, at(as_of), at(known_at)).score;
    let before = score("2026-04-10T00:00:00Z", "2026-04-10T00:00:00Z");
    let later = score("2026-04-10T00:00:00Z", "2026-09-01T00:00:00Z");
    assert_eq!((before, later), (Some(decimal("60")), Some(decimal("58"))));
}

#[test]
fn a_correction_replaces_the_earlier_row_and_a_revocation_ends_it() {
    let dalian = scheme("dalian-demo");
    let mut first = record(&catalogue(), "P101", "2026-10-01");
    first.id = "r".to_owned();
    let mut corrected = first.clone();
    first.known_until = Some(at("2026-11-01T00:00:00Z"));
    corrected.severity = Severity::Minor;
    corrected.known_from = at("2026-11-01T00:00:00Z");
    corrected.known_until = Some(at("2026-11-10T00:00:00Z"));
    let file = with_seventies().with(first).with(corrected).0;
    let score = |known: &str| evaluate(&dalian, &file, noon(), at(known)).score.unwrap();
    assert_eq!(score("2026-10-31T23:59:59Z"), decimal("64"));
    assert_eq!(score("2026-11-01T00:00:00Z"), decimal("65.2"));
    assert_eq!(score("2026-11-10T00:00:00Z"), decimal("66"));
}

#[test]
fn of_two_rows_of_a_fact_the_one_known_last_is_taken() {
    let dalian = scheme("dalian-demo");
    let mut first = record(&catalogue(), "P101", "2026-10-01");
    first.id = "r".to_owned();
    let later = at("2026-11-15T00:00:00Z");
    let corrected = Record { severity: Severity::Minor, known_from: later, ..first.clone() };
    let mut file = with_seventies().with(corrected).with(first);
    file = file.assessed("p", Assessor::Street, "80");
    file.0.assessments[1].known_from = later;
    // 0.40 × 58 + 0.30 × 80 + 0.30 × 70, and before: 0.40 × 55 + 0.30 × 70 + 0.30 × 70
    assert_eq!(file.graded(&dalian).score, Some(decimal("68.2")));
    assert_eq!(file.graded_at(&dalian, at("2026-11-14T00:00:00Z")).score, Some(decimal("64")));
}

#[test]
fn a_dispute_belongs_to_its_instants_whatever_is_known_later() {
    let mut suspending = scheme("dalian-demo");
    suspending.disputed = Disputed::Suspended;
    let dispute =
        Dispute { opened_at: at("2026-11-10T00:00:00Z"), closed_at: Some(at("2026-11-15T00:00:00Z")) };
    let file = with_seventies().with(Record { disputes: vec![dispute], ..ordinary("2026-06-01") });
    let score = |as_of: &str, known: &str| {
        let graded = evaluate(&suspending, &file.0, at(as_of), at(known));
        (graded.score.unwrap(), graded.items.iter().any(|line| line.disputed))
    };
    let (counts, suspended) = ((decimal("65.2"), false), (decimal("66"), true));
    let later = "2026-11-21T00:00:00Z";
    for (as_of, expected) in [
        ("2026-11-09T23:59:59Z", counts),
        ("2026-11-10T00:00:00Z", suspended),
        ("2026-11-14T23:59:59Z", suspended),
        ("2026-11-15T00:00:00Z", counts),
    ] {
        assert_eq!((score(as_of, as_of), score(as_of, later)), (expected, expected), "{as_of}");
    }
    // Who did not know yet of its end takes it for open.
    assert_eq!(score(later, "2026-11-14T00:00:00Z"), suspended);
    assert_eq!(score(later, "2026-11-09T00:00:00Z"), counts);
    let next = evaluate(&suspending, &file.0, at("2026-11-09T23:00:00Z"), at(later)).next_change_on;
    assert_eq!(next, Some(at("2026-11-10T00:00:00Z")));
}

#[test]
fn a_repaired_record_counts_until_its_repair_whatever_is_known_later() {
    let dalian = scheme("dalian-demo");
    let file = with_seventies()
        .with(Record { repaired_at: Some(at("2026-11-10T00:00:00Z")), ..ordinary("2026-06-01") });
    let score = |as_of: &str, known: &str| evaluate(&dalian, &file.0, at(as_of), at(known)).score.unwrap();
    let (before, instant) = ("2026-11-09T23:59:59Z", "2026-11-10T00:00:00Z");
    assert_eq!((score(before, before), score(before, instant)), (decimal("65.2"), decimal("65.2")));
    assert_eq!(score(instant, instant), decimal("66"));
    assert_eq!(score(instant, before), decimal("65.2"));
}

#[test]
fn a_project_run_twice_is_current_in_each_of_its_terms() {
    let mut file = with_seventies();
    let mut again = file.0.projects[0].clone();
    file.0.projects[0].ends_on = Some(day("2025-12-31"));
    again.starts_on = day("2026-06-01");
    file.0.projects.insert(0, again);
    let outcome = |instant: &str| file.graded_at(&scheme("dalian-demo"), at(instant)).outcome;
    assert_eq!(outcome("2025-12-31T04:00:00Z"), Outcome::Evaluated);
    assert_eq!(outcome("2026-03-01T04:00:00Z"), Outcome::NotEvaluated);
    assert_eq!(outcome("2026-06-01T04:00:00Z"), Outcome::Evaluated);
}

#[test]
fn it_says_when_time_alone_may_change_it() {
    let dalian = scheme("dalian-demo");
    // When the next month of ratings is closed is learnt from its step; the quarter closes by time
    // alone.
    assert_eq!(with_seventies().graded(&dalian).next_change_on, Some(at("2027-01-31T16:00:00Z")));
    let ends = Record { counts_until: Some(day("2026-11-30")), ..ordinary("2026-06-01") };
    assert_eq!(with_seventies().with(ends).graded(&dalian).next_change_on, Some(at("2026-11-30T16:00:00Z")));
    let begins = with_seventies().with_record("P104", "2026-11-23").graded(&dalian);
    assert_eq!(begins.next_change_on, Some(at("2026-11-22T16:00:00Z")));
}

/// "Evaluations: the twelve months whose closing step (that of the 1st) was by `as_of`", each with
/// what its steps published.
#[test]
fn a_month_counts_with_all_its_increments_once_its_closing_step_is_done() {
    let dalian = scheme("dalian-demo");
    // A Monday's step and that of 1 November, which the service was down for until noon.
    let mut file = firm().with_project("p", 1_000).rated("p", "2026-10", 10, 38).rated("p", "2026-10", 7, 28);
    file.0.increments[0].known_from = at("2026-10-18T22:00:01Z");
    file.0.increments[1].known_from = at("2026-11-01T04:00:01Z");
    file.0.closings =
        vec![Closing { month: "2026-10".parse().unwrap(), closed_at: at("2026-11-01T04:00:02Z") }];
    let told = |as_of: &str, known: &str| {
        let graded = evaluate(&dalian, &file.0, at(as_of), at(known));
        let line = graded.items.into_iter().find(|line| line.source == ItemSource::Ratings);
        (line.map(|line| (line.count.unwrap(), line.value.unwrap())), graded.next_change_on)
    };
    // (24.5 + 66) / 24
    let (early, closed, later) = ("2026-11-01T04:00:01Z", "2026-11-01T04:00:02Z", "2026-11-21T04:00:00Z");
    let whole = Some((17, decimal("3.7708")));
    assert_eq!((told(early, early).0, told(closed, closed).0, told(later, later).0), (None, whole, whole));
    // Of an instant before, with what is known after: the month was not closed, and is told to
    // close.
    assert_eq!(told(early, later), (None, Some(at(closed))));
    // Of an instant after, with what was known before.
    assert_eq!(told(later, early).0, None);
    assert_eq!(file.0.next_learnt(at(early)), Some(at(closed)));
}

/// "A period of assessments is closed a month after it ends; the last closed one counts until the
/// next is": neither the first assessments of a quarter nor its end move anything.
#[test]
fn the_last_closed_quarter_counts_until_the_next_one_is_closed() {
    let file = firm()
        .with_project("p", 1_000)
        .assessed_in("2026-Q1", "p", Assessor::Street, "90")
        .assessed_in("2026-Q2", "p", Assessor::Street, "70");
    let assessed = |instant: &str| {
        let graded = file.graded_at(&scheme("dalian-demo"), at(instant));
        let next = graded.next_change_on;
        (value(&graded, "assessments").map(|value| value.to_string()), next)
    };
    let (first, second) = (Some("90".to_owned()), Some("70".to_owned()));
    // The quarters end on 30 June and 30 September, and are closed on 1 August and 1 November.
    for (instant, expected) in [
        ("2026-06-30T04:00:00Z", &first),
        ("2026-06-30T16:00:00Z", &first),
        ("2026-07-31T15:59:59Z", &first),
        ("2026-07-31T16:00:00Z", &second),
        ("2026-09-30T16:00:00Z", &second),
        ("2026-10-31T15:59:59Z", &second),
        ("2026-10-31T16:00:00Z", &None),
    ] {
        assert_eq!(&assessed(instant).0, expected, "{instant}");
    }
    assert_eq!(assessed("2026-07-10T00:00:00Z").1, Some(at("2026-07-31T16:00:00Z")));
}
