//! How long a record is shown and kept.
//!
//! NDRC Order 36, in force since 2026-04-01, on adverse information: "minor: normally not shown, at
//! most 3 months; ordinary: 3 to 12 months; serious: 1 to 3 years; counted from the decision's
//! date." Disclosure of dishonesty lasts "at most 5 years; afterwards archived. Good information
//! may stay public."
//!
//! A term of months ends as [`end_of_months`] says. Every "until" is the last day itself,
//! inclusive.

use chrono::NaiveDate;

use crate::calendar::end_of_months;
use crate::catalogue::{RecordKind, Severity};
use crate::refusal::{Faults, Refusal};
use crate::text::Text;

/// Months after the decision until a penalty is archived: 5 years.
const RETENTION_MONTHS: u32 = 60;

/// The shortest and the longest time for which a penalty is shown, in months.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Term {
    /// The shortest; 0 where it need not be shown.
    pub minimum: u32,
    /// The longest.
    pub maximum: u32,
}

/// The time for which a penalty of a severity is shown.
pub fn term(severity: Severity) -> Term {
    match severity {
        Severity::Minor => Term { minimum: 0, maximum: 3 },
        Severity::Ordinary => Term { minimum: 3, maximum: 12 },
        Severity::Serious => Term { minimum: 12, maximum: 36 },
    }
}

/// What the drafter says of a record's publicity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Wish {
    /// Whether to show it. Only a minor penalty leaves the choice; it is not shown unless this says
    /// so.
    pub publish: Option<bool>,
    /// The last day on which it is shown, within its term; none is the longest.
    pub until: Option<NaiveDate>,
    /// Whether such a record puts its subject on the black list: what does is public with its rule,
    /// and so it is not minor and is shown for the longest time of its severity.
    pub black_lists: bool,
}

/// The last day on which a record is shown. None: a reward is shown without end, a penalty is not
/// shown.
///
/// # Errors
/// [`Refusal::Invalid`] for a day outside the term, and for a choice that the law does not leave.
pub fn public_until(
    kind: RecordKind,
    severity: Severity,
    decided_on: NaiveDate,
    wish: Wish,
) -> Result<Option<NaiveDate>, Refusal> {
    if severity == Severity::Minor && wish.black_lists {
        let text = Text::new(
            "该信息将使其列入黑榜，不得认定为轻微",
            "Such a record leads to the black list, and so is not minor",
        );
        return Err(Refusal::invalid("/severity", "must_be_shown", text));
    }
    let mut faults = Faults::default();
    if wish.publish == Some(false) && (kind, severity) != (RecordKind::Penalty, Severity::Minor) {
        let text = Text::new("只有轻微不良信息可以不公示", "Only a minor penalty may be left unpublished");
        faults.add("/publish", "must_be_shown", text);
    }
    let until = faults.keep(last_day(kind, severity, decided_on, wish))?;
    faults.or_refuse(until)
}

/// [`public_until`] of what the law lets be chosen.
fn last_day(
    kind: RecordKind,
    severity: Severity,
    decided_on: NaiveDate,
    wish: Wish,
) -> Result<Option<NaiveDate>, Refusal> {
    if kind == RecordKind::Reward {
        return match wish.until {
            Some(until) if until < decided_on => Err(outside(decided_on, None)),
            until => Ok(until),
        };
    }
    let term = term(severity);
    let last = longest(severity, decided_on);
    let first = if wish.black_lists { last } else { end_of_months(decided_on, term.minimum) };
    if severity == Severity::Minor && wish.publish != Some(true) {
        return match wish.until {
            None => Ok(None),
            Some(_) => Err(Refusal::invalid(
                "/public_until",
                "not_published",
                Text::new(
                    "轻微不良信息一般不公示；确需公示时请同时设 publish 为 true",
                    "A minor penalty is normally not shown; to show it, set publish to true as well",
                ),
            )),
        };
    }
    match wish.until {
        None => Ok(Some(last)),
        Some(until) if (first..=last).contains(&until) => Ok(Some(until)),
        Some(_) => Err(outside(first, Some(last))),
    }
}

/// The last day on which a penalty of a severity may be shown at all.
pub fn longest(severity: Severity, decided_on: NaiveDate) -> NaiveDate {
    end_of_months(decided_on, term(severity).maximum)
}

/// The last day before a record is archived; none for a reward, which may stay.
pub fn retain_until(kind: RecordKind, decided_on: NaiveDate) -> Option<NaiveDate> {
    (kind == RecordKind::Penalty).then(|| end_of_months(decided_on, RETENTION_MONTHS))
}

/// Whether a record in force is shown on `today`.
pub fn is_public(kind: RecordKind, public_until: Option<NaiveDate>, today: NaiveDate) -> bool {
    match kind {
        RecordKind::Reward => public_until.is_none_or(|last| today <= last),
        RecordKind::Penalty => public_until.is_some_and(|last| today <= last),
    }
}

fn outside(first: NaiveDate, last: Option<NaiveDate>) -> Refusal {
    let text = match last {
        Some(last) => Text::new(
            format!("公示截止日应在{first}至{last}之间（国家发展改革委令第36号）"),
            format!("must be between {first} and {last} (NDRC Order 36)"),
        ),
        None => Text::new(format!("不得早于{first}"), format!("must not be before {first}")),
    };
    Refusal::invalid("/public_until", "out_of_range", text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn until(
        kind: RecordKind,
        severity: Severity,
        decided: &str,
        wish: Wish,
    ) -> Result<Option<String>, String> {
        public_until(kind, severity, day(decided), wish)
            .map(|last| last.map(|last| last.to_string()))
            .map_err(|refusal| refusal.to_string())
    }

    fn penalty(severity: Severity, wished: Option<&str>) -> Result<Option<String>, String> {
        let wish = Wish { publish: Some(true), until: wished.map(day), ..Wish::default() };
        until(RecordKind::Penalty, severity, "2026-04-01", wish)
    }

    fn shown(last: &str) -> Result<Option<String>, String> {
        Ok(Some(last.to_owned()))
    }

    #[test]
    fn a_penalty_is_shown_for_the_longest_time_of_its_severity_unless_less_is_chosen() {
        assert_eq!(penalty(Severity::Minor, None), shown("2026-07-01"));
        assert_eq!(penalty(Severity::Ordinary, None), shown("2027-04-01"));
        assert_eq!(penalty(Severity::Serious, None), shown("2029-04-01"));
    }

    #[test]
    fn the_edges_of_each_term_hold_to_the_day() {
        let out = Err("invalid: out_of_range".to_owned());
        for (severity, first, before, last, after) in [
            (Severity::Minor, "2026-04-01", "2026-03-31", "2026-07-01", "2026-07-02"),
            (Severity::Ordinary, "2026-07-01", "2026-06-30", "2027-04-01", "2027-04-02"),
            (Severity::Serious, "2027-04-01", "2027-03-31", "2029-04-01", "2029-04-02"),
        ] {
            assert_eq!(penalty(severity, Some(first)), shown(first), "{severity:?}");
            assert_eq!(penalty(severity, Some(before)), out, "{severity:?}");
            assert_eq!(penalty(severity, Some(last)), shown(last), "{severity:?}");
            assert_eq!(penalty(severity, Some(after)), out, "{severity:?}");
        }
    }

    #[test]
    fn a_minor_penalty_is_not_shown_unless_an_official_says_so() {
        let minor = |publish, wished: Option<&str>| {
            let wish = Wish { publish, until: wished.map(day), ..Wish::default() };
            until(RecordKind::Penalty, Severity::Minor, "2026-04-01", wish)
        };
        assert_eq!(minor(None, None), Ok(None));
        assert_eq!(minor(Some(false), None), Ok(None));
        assert_eq!(minor(None, Some("2026-05-01")), Err("invalid: not_published".to_owned()));
        assert_eq!(minor(Some(true), Some("2026-05-01")), shown("2026-05-01"));
    }

    #[test]
    fn what_leads_to_the_black_list_is_not_minor_and_is_shown_for_its_longest_time() {
        let listed = |severity, publish, wished: Option<&str>| {
            let wish = Wish { publish, until: wished.map(day), black_lists: true };
            until(RecordKind::Penalty, severity, "2026-04-01", wish)
        };
        for publish in [None, Some(true), Some(false)] {
            assert_eq!(listed(Severity::Minor, publish, None), Err("invalid: must_be_shown".to_owned()));
        }
        assert_eq!(listed(Severity::Ordinary, None, None), shown("2027-04-01"));
        assert_eq!(listed(Severity::Serious, None, Some("2029-04-01")), shown("2029-04-01"));
        assert_eq!(
            listed(Severity::Ordinary, None, Some("2027-03-31")),
            Err("invalid: out_of_range".to_owned())
        );
        assert_eq!(listed(Severity::Serious, Some(false), None), Err("invalid: must_be_shown".to_owned()));
    }

    #[test]
    fn what_must_be_shown_cannot_be_kept_back() {
        let hide = Wish { publish: Some(false), ..Wish::default() };
        for (kind, severity) in [
            (RecordKind::Penalty, Severity::Ordinary),
            (RecordKind::Penalty, Severity::Serious),
            (RecordKind::Reward, Severity::Minor),
        ] {
            assert_eq!(until(kind, severity, "2026-04-01", hide), Err("invalid: must_be_shown".to_owned()));
        }
    }

    #[test]
    fn a_term_that_ends_in_a_shorter_month_ends_on_its_last_day() {
        let wish = Wish { publish: Some(true), ..Wish::default() };
        let minor = |decided| until(RecordKind::Penalty, Severity::Minor, decided, wish);
        assert_eq!(minor("2026-11-30"), shown("2027-02-28"));
        assert_eq!(minor("2027-11-30"), shown("2028-02-29"));
        let ordinary = until(RecordKind::Penalty, Severity::Ordinary, "2028-02-29", Wish::default());
        assert_eq!(ordinary, shown("2029-02-28"));
    }

    #[test]
    fn a_reward_stays_public_and_a_penalty_is_archived_after_five_years() {
        let reward = |wished: Option<&str>| {
            let wish = Wish { until: wished.map(day), ..Wish::default() };
            until(RecordKind::Reward, Severity::Ordinary, "2026-04-01", wish)
        };
        assert_eq!(reward(None), Ok(None));
        assert_eq!(reward(Some("2026-04-01")), shown("2026-04-01"));
        assert_eq!(reward(Some("2026-03-31")), Err("invalid: out_of_range".to_owned()));
        assert_eq!(retain_until(RecordKind::Reward, day("2026-04-01")), None);
        assert_eq!(retain_until(RecordKind::Penalty, day("2028-02-29")), Some(day("2033-02-28")));
    }

    #[test]
    fn the_last_day_is_still_public_and_the_next_is_not() {
        let last = Some(day("2027-04-01"));
        for kind in [RecordKind::Reward, RecordKind::Penalty] {
            assert!(is_public(kind, last, day("2027-04-01")));
            assert!(!is_public(kind, last, day("2027-04-02")));
        }
        assert!(is_public(RecordKind::Reward, None, day("2099-01-01")));
        assert!(!is_public(RecordKind::Penalty, None, day("2026-04-01")));
    }
}
