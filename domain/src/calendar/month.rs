//! A calendar month, and whether a project can be rated for it.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::ToSchema;

use super::day_of;
use crate::text::{Text, rule_message};

const FIRST_YEAR: u16 = 2000;
const MONTHS: u16 = 100 * 12;

/// A month of the years 2000–2099, written `2026-11`. Sorts by time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, ToSchema)]
#[schema(value_type = String, pattern = "^20[0-9]{2}-(0[1-9]|1[0-2])$", example = "2026-11")]
pub struct Month(
    /// Months since 2000-01, always below [`MONTHS`].
    u16,
);

/// A text or a date that is no [`Month`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a month is written YYYY-MM and lies in the years 2000 to 2099")]
pub struct NotAMonth;

impl NotAMonth {
    /// The fault in words for people.
    pub fn text(self) -> Text {
        Text::new("月份写作 YYYY-MM，须在2000年至2099年之间", self.to_string())
    }
}

impl Month {
    /// 2000-01
    pub const FIRST: Month = Month(0);
    /// 2099-12
    pub const LAST: Month = Month(MONTHS - 1);

    /// The month `month` (1–12) of `year` (2000–2099).
    pub fn new(year: u16, month: u8) -> Option<Month> {
        let since = year.checked_sub(FIRST_YEAR).filter(|since| *since < 100)?;
        let month = u16::from(month);
        (1..=12).contains(&month).then(|| Month(since * 12 + month - 1))
    }

    /// The month in which `date` lies; `None` outside 2000–2099.
    pub fn containing(date: NaiveDate) -> Option<Month> {
        Month::new(u16::try_from(date.year()).ok()?, u8::try_from(date.month()).ok()?)
    }

    /// The month in which `instant` lies in `tz`. Meant for the clock: an instant outside 2000–2099
    /// gives the first or the last month; ask [`Month::containing`] of dates that people write.
    pub fn of(instant: DateTime<Utc>, tz: Tz) -> Month {
        let date = day_of(instant, tz);
        Month::containing(date).unwrap_or(if date.year() < i32::from(FIRST_YEAR) {
            Month::FIRST
        } else {
            Month::LAST
        })
    }

    /// The year, 2000–2099.
    pub fn year(self) -> u16 {
        FIRST_YEAR + self.0 / 12
    }

    /// The number of the month in its year, 1–12.
    pub fn number(self) -> u8 {
        u8::try_from(self.0 % 12 + 1).unwrap_or_default()
    }

    /// The month after this one; `None` after 2099-12.
    pub fn next(self) -> Option<Month> {
        self.plus(1)
    }

    /// The month before this one; `None` before 2000-01.
    pub fn previous(self) -> Option<Month> {
        self.plus(-1)
    }

    /// The month `months` later (earlier when negative); `None` outside 2000–2099.
    pub fn plus(self, months: i32) -> Option<Month> {
        let moved = i32::from(self.0).checked_add(months)?;
        u16::try_from(moved).ok().filter(|moved| *moved < MONTHS).map(Month)
    }

    /// How many months later than `earlier` this is; negative when it is before.
    pub fn months_since(self, earlier: Month) -> i32 {
        i32::from(self.0) - i32::from(earlier.0)
    }

    /// The months from `self` to `last`, both included; `None` if `last` is earlier.
    pub fn to(self, last: Month) -> impl DoubleEndedIterator<Item = Month> + ExactSizeIterator {
        (self.0..(last.0 + 1).max(self.0)).map(Month)
    }

    /// The first day. Every month has one, so the default is never taken; also of 2100-01, the
    /// month after the last.
    pub fn first_day(self) -> NaiveDate {
        NaiveDate::from_ymd_opt(i32::from(self.year()), u32::from(self.number()), 1).unwrap_or_default()
    }

    /// The last day.
    pub fn last_day(self) -> NaiveDate {
        Month(self.0 + 1).first_day().pred_opt().unwrap_or_default()
    }
}

impl fmt::Display for Month {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:04}-{:02}", self.year(), self.number())
    }
}

impl FromStr for Month {
    type Err = NotAMonth;

    fn from_str(text: &str) -> Result<Month, NotAMonth> {
        let (year, month) = text.split_once('-').ok_or(NotAMonth)?;
        let month = number(month, 2).and_then(|month| u8::try_from(month).ok()).ok_or(NotAMonth)?;
        number(year, 4).and_then(|year| Month::new(year, month)).ok_or(NotAMonth)
    }
}

/// A number of exactly `digits` ASCII digits.
pub(super) fn number(text: &str, digits: usize) -> Option<u16> {
    let is_exact = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_exact { text.parse().ok() } else { None }
}

impl Serialize for Month {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Month {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Month, D::Error> {
        let text = std::borrow::Cow::<'_, str>::deserialize(deserializer)?;
        text.parse()
            .map_err(|fault: NotAMonth| serde::de::Error::custom(rule_message("month", &fault.text())))
    }
}

/// Why a project cannot be rated for a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum MonthFault {
    /// It is not the month that it is now.
    #[error("only the current month can be rated")]
    NotCurrent,
    /// The project's term does not touch the month.
    #[error("the project did not run in that month")]
    OutsideTerm,
}

impl MonthFault {
    /// The fault's name in an error's `code`.
    pub fn code(self) -> &'static str {
        match self {
            MonthFault::NotCurrent => "month_not_current",
            MonthFault::OutsideTerm => "month_outside_term",
        }
    }

    /// The fault in words for people.
    pub fn text(self) -> Text {
        let zh = match self {
            MonthFault::NotCurrent => "只能评价当前月份",
            MonthFault::OutsideTerm => "该月份不在项目服务期内",
        };
        Text::new(zh, self.to_string())
    }
}

/// Whether a project may be rated for `month` where it is `current` now: "only the current month
/// can be rated", and only one that the project's term touches. `term_start` and `term_end` are the
/// first and the last day of the term (`None`: it runs on).
///
/// # Errors
/// The first [`MonthFault`], in its order.
pub fn rateable(
    month: Month,
    current: Month,
    term_start: NaiveDate,
    term_end: Option<NaiveDate>,
) -> Result<(), MonthFault> {
    if month != current {
        return Err(MonthFault::NotCurrent);
    }
    let has_begun = term_start <= month.last_day();
    let has_not_ended = term_end.is_none_or(|end| end >= month.first_day() && end >= term_start);
    if has_begun && has_not_ended { Ok(()) } else { Err(MonthFault::OutsideTerm) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::calendar::DEFAULT_ZONE;

    fn month(text: &str) -> Month {
        text.parse().unwrap()
    }

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_month_is_written_one_way_only() {
        assert_eq!(month("2026-11").to_string(), "2026-11");
        for text in [
            "",
            "2026",
            "2026-",
            "2026-0",
            "2026-00",
            "2026-13",
            "2026-1",
            "26-01",
            "1999-12",
            "2100-01",
            "+026-01",
            "2026-011",
            "2026-11-01",
            " 2026-11",
            "2026/11",
            "２０２６-11",
            "2026-+1",
        ] {
            assert_eq!(text.parse::<Month>(), Err(NotAMonth), "{text}");
        }
        assert_eq!(serde_json::to_string(&month("2026-01")).unwrap(), "\"2026-01\"");
        assert_eq!(serde_json::from_str::<Month>("\"2026-01\"").unwrap(), month("2026-01"));
        assert!(serde_json::from_str::<Month>("202601").is_err());
    }

    #[test]
    fn the_range_has_ends() {
        assert_eq!(Month::FIRST.to_string(), "2000-01");
        assert_eq!(Month::LAST.to_string(), "2099-12");
        assert_eq!(Month::FIRST.previous(), None);
        assert_eq!(Month::LAST.next(), None);
        assert_eq!(Month::LAST.last_day(), day("2099-12-31"));
        assert_eq!(Month::of(at("1970-01-01T00:00:00Z"), DEFAULT_ZONE), Month::FIRST);
        assert_eq!(Month::of(at("2200-01-01T00:00:00Z"), DEFAULT_ZONE), Month::LAST);
        assert_eq!(Month::containing(day("1999-12-31")), None);
    }

    #[test]
    fn february_knows_leap_years() {
        assert_eq!(month("2024-02").last_day(), day("2024-02-29"));
        assert_eq!(month("2026-02").last_day(), day("2026-02-28"));
    }

    #[test]
    fn months_are_counted_and_walked() {
        assert_eq!(month("2026-11").plus(-12), Some(month("2025-11")));
        assert_eq!(month("2026-11").months_since(month("2025-12")), 11);
        let walked: Vec<String> =
            month("2026-11").to(month("2027-01")).map(|month| month.to_string()).collect();
        assert_eq!(walked, ["2026-11", "2026-12", "2027-01"]);
        assert_eq!(month("2026-11").to(month("2026-09")).count(), 0);
    }

    #[test]
    fn a_project_is_rated_for_the_current_month_where_its_term_touches_it() {
        let rate = |text, start, end: Option<&str>| {
            rateable(month(text), month("2026-11"), day(start), end.map(day))
        };
        assert_eq!(rate("2026-11", "2020-01-01", None), Ok(()));
        assert_eq!(rate("2026-10", "2020-01-01", None), Err(MonthFault::NotCurrent));
        assert_eq!(rate("2026-12", "2020-01-01", None), Err(MonthFault::NotCurrent));
        assert_eq!(rate("2026-11", "2026-11-30", None), Ok(()));
        assert_eq!(rate("2026-11", "2026-12-01", None), Err(MonthFault::OutsideTerm));
        assert_eq!(rate("2026-11", "2020-01-01", Some("2026-11-01")), Ok(()));
        assert_eq!(rate("2026-11", "2020-01-01", Some("2026-10-31")), Err(MonthFault::OutsideTerm));
    }

    #[test]
    fn the_zone_decides_which_month_it_is() {
        let now = at("2026-11-30T16:00:00Z");
        assert_eq!(Month::of(now, DEFAULT_ZONE), month("2026-12"));
        assert_eq!(Month::of(now, Tz::UTC), month("2026-11"));
    }

    proptest! {
        #[test]
        fn writing_and_reading_agree_and_order_is_time(left in 0_u16..MONTHS, right in 0_u16..MONTHS) {
            let (left, right) = (Month(left), Month(right));
            prop_assert_eq!(left.to_string().parse::<Month>(), Ok(left));
            prop_assert_eq!(left.cmp(&right), left.to_string().cmp(&right.to_string()));
            prop_assert_eq!(left.cmp(&right), left.first_day().cmp(&right.first_day()));
            prop_assert_eq!(Month::containing(left.last_day()), Some(left));
            if let Some(next) = left.next() {
                prop_assert_eq!(left.last_day().succ_opt(), Some(next.first_day()));
                prop_assert_eq!(next.previous(), Some(left));
            }
        }
    }
}
