//! A period of assessment: a quarter, a half-year or a year.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Months, NaiveDate, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use super::month::number;
use super::{Month, start_of_day};
use crate::text::{Text, rule_message};

/// Whole months after a period's end until it is closed for assessment.
const MONTHS_UNTIL_CLOSED: u32 = 1;

/// How long a [`Period`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[derive(strum::Display, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum PeriodKind {
    /// Three months: `2026-Q4`
    Quarter,
    /// Six months: `2026-H2`. Schemes write `half`.
    #[strum(serialize = "half")]
    HalfYear,
    /// Twelve months: `2026`
    Year,
}

impl PeriodKind {
    /// Every kind, the shortest first.
    pub const ALL: [PeriodKind; 3] = [PeriodKind::Quarter, PeriodKind::HalfYear, PeriodKind::Year];

    /// Its length in months.
    pub fn months(self) -> u8 {
        match self {
            PeriodKind::Quarter => 3,
            PeriodKind::HalfYear => 6,
            PeriodKind::Year => 12,
        }
    }
}

/// A quarter, half-year or year of 2000–2099: `2026-Q4`, `2026-H2`, `2026`. Sorts by its first
/// month, then the shorter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Period {
    /// A month that begins a period of this kind.
    first: Month,
    kind: PeriodKind,
}

/// A text that is no [`Period`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a period is written YYYY-Q1 to YYYY-Q4, YYYY-H1, YYYY-H2 or YYYY and lies in the years 2000 to 2099"
)]
pub struct NotAPeriod;

impl NotAPeriod {
    /// The fault in words for people.
    pub fn text(self) -> Text {
        Text::new(
            "周期写作 YYYY-Q1 至 YYYY-Q4、YYYY-H1、YYYY-H2 或 YYYY，须在2000年至2099年之间",
            self.to_string(),
        )
    }
}

impl Period {
    /// The period of this kind in which `month` lies.
    pub fn containing(kind: PeriodKind, month: Month) -> Period {
        let into = (month.number() - 1) % kind.months();
        Period { first: month.plus(-i32::from(into)).unwrap_or(month), kind }
    }

    /// The quarter in which `month` lies.
    pub fn quarter_of(month: Month) -> Period {
        Period::containing(PeriodKind::Quarter, month)
    }

    /// The last period of this kind that is over at `now`; `None` before the first of 2000 is.
    pub fn last_over(kind: PeriodKind, now: DateTime<Utc>, tz: Tz) -> Option<Period> {
        let current = Period::containing(kind, Month::of(now, tz));
        if current.is_over(now, tz) { Some(current) } else { current.previous() }
    }

    /// The last period of this kind that is closed for assessment on `day`: the one whose
    /// assessments count until the next is. `None` before the first of 2000 is, and outside
    /// 2000–2099.
    pub fn last_closed(kind: PeriodKind, day: NaiveDate) -> Option<Period> {
        let current = Period::containing(kind, Month::containing(day)?);
        std::iter::successors(Some(current), |period| period.previous())
            .find(|period| period.closes_on() <= day)
    }

    /// Quarter, half-year or year.
    pub fn kind(self) -> PeriodKind {
        self.kind
    }

    /// The first month.
    pub fn first_month(self) -> Month {
        self.first
    }

    /// The last month.
    pub fn last_month(self) -> Month {
        self.first.plus(i32::from(self.kind.months()) - 1).unwrap_or(Month::LAST)
    }

    /// Its months, in order.
    pub fn months(self) -> impl DoubleEndedIterator<Item = Month> + ExactSizeIterator {
        self.first.to(self.last_month())
    }

    /// The first day.
    pub fn first_day(self) -> NaiveDate {
        self.first.first_day()
    }

    /// The last day.
    pub fn last_day(self) -> NaiveDate {
        self.last_month().last_day()
    }

    /// The instant at which it is over: 00:00 of the day after its last, in the city's zone.
    pub fn ends_at(self, tz: Tz) -> DateTime<Utc> {
        start_of_day(self.last_day().succ_opt().unwrap_or_default(), tz)
    }

    /// Whether it is over at `now`.
    pub fn is_over(self, now: DateTime<Utc>, tz: Tz) -> bool {
        now >= self.ends_at(tz)
    }

    /// The first day on which it is closed for assessment: "a period of assessments is closed a
    /// month after it ends". Until then its assessments may be given and replaced freely, and no
    /// grade counts them; from then on "a closed period changes only by a dated correction".
    pub fn closes_on(self) -> NaiveDate {
        let over = self.last_day().succ_opt().unwrap_or(NaiveDate::MAX);
        over.checked_add_months(Months::new(MONTHS_UNTIL_CLOSED)).unwrap_or(NaiveDate::MAX)
    }

    /// The instant at which it is closed for assessment: 00:00 of [`Period::closes_on`] in the
    /// city's zone.
    pub fn closes_at(self, tz: Tz) -> DateTime<Utc> {
        start_of_day(self.closes_on(), tz)
    }

    /// The period of the same kind before this one; `None` before 2000.
    pub fn previous(self) -> Option<Period> {
        let first = self.first.plus(-i32::from(self.kind.months()))?;
        Some(Period { first, kind: self.kind })
    }

    /// The period of the same kind after this one; `None` after 2099.
    pub fn next(self) -> Option<Period> {
        let first = self.first.plus(i32::from(self.kind.months()))?;
        Some(Period { first, kind: self.kind })
    }
}

impl fmt::Display for Period {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let year = self.first.year();
        let ordinal = (self.first.number() - 1) / self.kind.months() + 1;
        match self.kind {
            PeriodKind::Quarter => write!(formatter, "{year:04}-Q{ordinal}"),
            PeriodKind::HalfYear => write!(formatter, "{year:04}-H{ordinal}"),
            PeriodKind::Year => write!(formatter, "{year:04}"),
        }
    }
}

impl FromStr for Period {
    type Err = NotAPeriod;

    fn from_str(text: &str) -> Result<Period, NotAPeriod> {
        let (year, part) = text.split_once('-').map_or((text, None), |(year, part)| (year, Some(part)));
        let (kind, first_month) = match part {
            None => (PeriodKind::Year, 1),
            Some("H1") => (PeriodKind::HalfYear, 1),
            Some("H2") => (PeriodKind::HalfYear, 7),
            Some("Q1") => (PeriodKind::Quarter, 1),
            Some("Q2") => (PeriodKind::Quarter, 4),
            Some("Q3") => (PeriodKind::Quarter, 7),
            Some("Q4") => (PeriodKind::Quarter, 10),
            Some(_) => return Err(NotAPeriod),
        };
        let first = number(year, 4).and_then(|year| Month::new(year, first_month)).ok_or(NotAPeriod)?;
        Ok(Period { first, kind })
    }
}

impl PartialSchema for Period {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .pattern(Some("^20[0-9]{2}(-(Q[1-4]|H[12]))?$"))
            .description(Some("A quarter `2026-Q4`, a half-year `2026-H2` or a year `2026`."))
            .examples(["2026-Q4"])
            .into()
    }
}

impl ToSchema for Period {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Period")
    }
}

impl Serialize for Period {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Period {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Period, D::Error> {
        let text = Cow::<'_, str>::deserialize(deserializer)?;
        text.parse()
            .map_err(|fault: NotAPeriod| serde::de::Error::custom(rule_message("period", &fault.text())))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::calendar::DEFAULT_ZONE;

    fn period(text: &str) -> Period {
        text.parse().unwrap()
    }

    #[test]
    fn a_period_is_written_one_way_only() {
        for text in ["2026-Q1", "2026-Q4", "2026-H1", "2026-H2", "2026", "2000", "2099-Q4"] {
            assert_eq!(period(text).to_string(), text);
        }
        for text in [
            "", "26", "1999", "2100", "2026-", "2026-Q0", "2026-Q5", "2026-H3", "2026-q1", "2026-01",
            "2026-Q1-",
        ] {
            assert_eq!(text.parse::<Period>(), Err(NotAPeriod), "{text}");
        }
    }

    #[test]
    fn a_period_has_days() {
        for (text, first, last) in [
            ("2026-Q4", "2026-10-01", "2026-12-31"),
            ("2026-H2", "2026-07-01", "2026-12-31"),
            ("2024-Q1", "2024-01-01", "2024-03-31"),
            ("2026", "2026-01-01", "2026-12-31"),
            ("2099", "2099-01-01", "2099-12-31"),
        ] {
            assert_eq!(period(text).first_day().to_string(), first, "{text}");
            assert_eq!(period(text).last_day().to_string(), last, "{text}");
        }
    }

    #[test]
    fn a_period_is_over_when_its_last_day_is_in_the_citys_zone() {
        let end = period("2026-Q3").ends_at(DEFAULT_ZONE);
        assert_eq!(end.to_rfc3339(), "2026-09-30T16:00:00+00:00");
        assert!(period("2026-Q3").is_over(end, DEFAULT_ZONE));
        assert!(!period("2026-Q3").is_over(end - chrono::TimeDelta::microseconds(1), DEFAULT_ZONE));
        assert_eq!(Period::last_over(PeriodKind::Quarter, end, DEFAULT_ZONE), Some(period("2026-Q3")));
        assert_eq!(Period::last_over(PeriodKind::HalfYear, end, DEFAULT_ZONE), Some(period("2026-H1")));
        assert_eq!(Period::last_over(PeriodKind::Year, end, DEFAULT_ZONE), Some(period("2025")));
    }

    #[test]
    fn a_period_closes_a_whole_month_after_its_end() {
        for (text, closes) in [
            ("2026-Q3", "2026-10-31T16:00:00+00:00"),
            ("2026-Q4", "2027-01-31T16:00:00+00:00"),
            ("2026-H2", "2027-01-31T16:00:00+00:00"),
            ("2027", "2028-01-31T16:00:00+00:00"),
            ("2099", "2100-01-31T16:00:00+00:00"),
        ] {
            assert_eq!(period(text).closes_at(DEFAULT_ZONE).to_rfc3339(), closes, "{text}");
        }
    }

    #[test]
    fn the_last_closed_period_counts_until_the_next_is_closed() {
        let last = |kind, day: &str| Period::last_closed(kind, day.parse().unwrap()).unwrap().to_string();
        for (day, quarter, half, year) in [
            ("2026-06-30", "2026-Q1", "2025-H2", "2025"),
            ("2026-07-01", "2026-Q1", "2025-H2", "2025"),
            ("2026-07-31", "2026-Q1", "2025-H2", "2025"),
            ("2026-08-01", "2026-Q2", "2026-H1", "2025"),
            ("2026-10-31", "2026-Q2", "2026-H1", "2025"),
            ("2026-11-01", "2026-Q3", "2026-H1", "2025"),
            ("2027-01-31", "2026-Q3", "2026-H1", "2025"),
            ("2027-02-01", "2026-Q4", "2026-H2", "2026"),
        ] {
            assert_eq!(last(PeriodKind::Quarter, day), quarter, "{day}");
            assert_eq!(last(PeriodKind::HalfYear, day), half, "{day}");
            assert_eq!(last(PeriodKind::Year, day), year, "{day}");
        }
        assert_eq!(Period::last_closed(PeriodKind::Quarter, "2000-04-30".parse().unwrap()), None);
    }

    #[test]
    fn periods_follow_each_other() {
        assert_eq!(period("2026-Q1").previous(), Some(period("2025-Q4")));
        assert_eq!(period("2026-H1").previous(), Some(period("2025-H2")));
        assert_eq!(period("2000").previous(), None);
        assert_eq!(period("2099-Q4").next(), None);
    }

    proptest! {
        #[test]
        fn every_month_lies_in_its_periods(months in 0_i32..1200) {
            let month = Month::FIRST.plus(months).unwrap();
            for kind in PeriodKind::ALL {
                let period = Period::containing(kind, month);
                prop_assert!(period.months().any(|other| other == month));
                prop_assert_eq!(period.months().len(), usize::from(kind.months()));
                prop_assert_eq!(period.to_string().parse::<Period>(), Ok(period));
                if let Some(next) = period.next() {
                    prop_assert_eq!(next.previous(), Some(period));
                    prop_assert_eq!(period.last_day().succ_opt(), Some(next.first_day()));
                }
            }
        }
    }
}
