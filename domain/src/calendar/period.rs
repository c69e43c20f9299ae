//! A period that figures and assessments are of: from a day to a year.

mod written;

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, Utc};
use chrono_tz::Tz;

use super::{Month, PeriodKind, day_of, start_of_day};
use crate::refusal::Refusal;

pub use written::NotAPeriod;

/// Whole months after a period's end until it is closed for assessment.
const MONTHS_UNTIL_CLOSED: u32 = 1;

/// The first half of a month ends with this day.
const MIDDLE: u32 = 15;

/// A day, half-month, month, quarter, half-year or year of 2000–2099: `2026-11-21`, `2026-11-H1`,
/// `2026-11`, `2026-Q4`, `2026-H2`, `2026`. Sorts by its first day, then the shorter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Period {
    /// A day of 2000–2099 that begins a period of this kind.
    first: NaiveDate,
    kind: PeriodKind,
}

impl Period {
    /// The period of this kind in which `day` lies; `None` outside 2000–2099.
    pub fn containing(kind: PeriodKind, day: NaiveDate) -> Option<Period> {
        let month = Month::containing(day)?;
        let into = |months: u8| (month.number() - 1) % months;
        let first = match kind {
            PeriodKind::Day => day,
            PeriodKind::HalfMonth if day.day() > MIDDLE => day.with_day(MIDDLE + 1)?,
            PeriodKind::HalfMonth => month.first_day(),
            PeriodKind::Month | PeriodKind::Quarter | PeriodKind::HalfYear | PeriodKind::Year => {
                month.plus(-i32::from(into(kind.months())))?.first_day()
            }
        };
        Some(Period { first, kind })
    }

    /// A month as a period.
    pub fn of_month(month: Month) -> Period {
        Period { first: month.first_day(), kind: PeriodKind::Month }
    }

    /// The quarter in which `month` lies.
    pub fn quarter_of(month: Month) -> Period {
        let first = month.first_day();
        Period::containing(PeriodKind::Quarter, first).unwrap_or(Period { first, kind: PeriodKind::Quarter })
    }

    /// The last period of this kind that is over at `now`; `None` before the first of 2000 is, and
    /// outside 2000–2099.
    pub fn last_over(kind: PeriodKind, now: DateTime<Utc>, tz: Tz) -> Option<Period> {
        let current = Period::containing(kind, day_of(now, tz))?;
        if current.is_over(now, tz) { Some(current) } else { current.previous() }
    }

    /// The last period of this kind that is closed for assessment on `day`: the one whose
    /// assessments count until the next is. `None` before the first of 2000 is, and outside
    /// 2000–2099.
    pub fn last_closed(kind: PeriodKind, day: NaiveDate) -> Option<Period> {
        let current = Period::containing(kind, day)?;
        std::iter::successors(Some(current), |period| period.previous())
            .find(|period| period.closes_on() <= day)
    }

    /// How long it is.
    pub fn kind(self) -> PeriodKind {
        self.kind
    }

    /// The first month, or the one in which it lies.
    pub fn first_month(self) -> Month {
        Month::containing(self.first).unwrap_or(Month::FIRST)
    }

    /// The last month, or the one in which it lies.
    pub fn last_month(self) -> Month {
        let after_first = i32::from(self.kind.months().saturating_sub(1));
        self.first_month().plus(after_first).unwrap_or(Month::LAST)
    }

    /// The months that it touches, in order.
    pub fn months(self) -> impl DoubleEndedIterator<Item = Month> + ExactSizeIterator {
        self.first_month().to(self.last_month())
    }

    /// The first day.
    pub fn first_day(self) -> NaiveDate {
        self.first
    }

    /// The last day.
    pub fn last_day(self) -> NaiveDate {
        match self.kind {
            PeriodKind::Day => self.first,
            PeriodKind::HalfMonth if self.first.day() <= MIDDLE => {
                self.first.with_day(MIDDLE).unwrap_or(self.first)
            }
            PeriodKind::HalfMonth
            | PeriodKind::Month
            | PeriodKind::Quarter
            | PeriodKind::HalfYear
            | PeriodKind::Year => self.last_month().last_day(),
        }
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
        Period::containing(self.kind, self.first.checked_sub_days(Days::new(1))?)
    }

    /// The period of the same kind after this one; `None` after 2099.
    pub fn next(self) -> Option<Period> {
        Period::containing(self.kind, self.last_day().checked_add_days(Days::new(1))?)
    }

    /// It is of one of these kinds, as what `pointer` names has to be.
    ///
    /// # Errors
    /// [`Refusal::Invalid`], which names those kinds.
    pub fn require_kind(self, kinds: &[PeriodKind], pointer: &'static str) -> Result<(), Refusal> {
        if kinds.contains(&self.kind) {
            return Ok(());
        }
        Err(Refusal::invalid(pointer, "period_kind", PeriodKind::wrong(kinds)))
    }

    /// As [`Period::require_kind`], of the parameter `period` of a query.
    ///
    /// # Errors
    /// [`Refusal::BadParameter`], which names those kinds.
    pub fn require_kind_asked(self, kinds: &[PeriodKind]) -> Result<(), Refusal> {
        if kinds.contains(&self.kind) {
            return Ok(());
        }
        Err(Refusal::bad_parameter("period", "period_kind", PeriodKind::wrong(kinds)))
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
    fn a_period_has_days() {
        for (text, first, last) in [
            ("2026-Q4", "2026-10-01", "2026-12-31"),
            ("2026-H2", "2026-07-01", "2026-12-31"),
            ("2024-Q1", "2024-01-01", "2024-03-31"),
            ("2026", "2026-01-01", "2026-12-31"),
            ("2099", "2099-01-01", "2099-12-31"),
            ("2026-11", "2026-11-01", "2026-11-30"),
            ("2026-11-H1", "2026-11-01", "2026-11-15"),
            ("2026-11-H2", "2026-11-16", "2026-11-30"),
            ("2028-02-H2", "2028-02-16", "2028-02-29"),
            ("2026-11-21", "2026-11-21", "2026-11-21"),
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
        assert_eq!(period("2026-11-H2").next(), Some(period("2026-12-H1")));
        assert_eq!(period("2026-12-H1").previous(), Some(period("2026-11-H2")));
        assert_eq!(period("2028-02-28").next(), Some(period("2028-02-29")));
        assert_eq!(period("2099-12-31").next(), None);
    }

    #[test]
    fn what_begins_together_sorts_by_its_length() {
        let mut periods =
            ["2026", "2026-H1", "2026-Q1", "2026-01", "2026-01-H1", "2026-01-01", "2025-12-31"].map(period);
        periods.sort();
        let sorted = periods.map(|period| period.to_string());
        assert_eq!(
            sorted,
            ["2025-12-31", "2026-01-01", "2026-01-H1", "2026-01", "2026-Q1", "2026-H1", "2026"]
        );
    }

    #[test]
    fn a_period_of_another_kind_is_told_which_are_meant() {
        assert!(period("2026-Q3").require_kind(&PeriodKind::ASSESSED, "/period").is_ok());
        let Err(Refusal::Invalid(faults)) = period("2026-05").require_kind(&PeriodKind::ASSESSED, "/period")
        else {
            panic!("a month is not assessed")
        };
        assert_eq!(
            faults[0].detail.en,
            "the period must be a quarter (YYYY-Q1|Q2|Q3|Q4) or a half-year (YYYY-H1|H2) or a year (YYYY)"
        );
    }

    proptest! {
        #[test]
        fn every_day_lies_in_its_periods(days in 0_u64..36_525) {
            let day = Month::FIRST.first_day() + Days::new(days);
            for kind in PeriodKind::ALL {
                let period = Period::containing(kind, day).unwrap();
                prop_assert!((period.first_day()..=period.last_day()).contains(&day));
                prop_assert!(period.months().any(|month| Some(month) == Month::containing(day)));
                prop_assert_eq!(period.months().len(), usize::from(kind.months().max(1)));
                prop_assert_eq!(period.to_string().parse::<Period>(), Ok(period));
                if let Some(next) = period.next() {
                    prop_assert_eq!(next.previous(), Some(period));
                    prop_assert_eq!(period.last_day().succ_opt(), Some(next.first_day()));
                }
            }
        }
    }
}
