//! Working days: "follow a calendar that knows holidays and make-up working days (调休), as data".

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, NaiveDate, Weekday};
use serde::Deserialize;

/// Month and days of the public holidays that fall on the same dates in every year: 元旦, 劳动节
/// and 国庆节 by 《全国年节及纪念日放假办法》 as revised in 2024, art. 2. The others follow the
/// moon or the sun, and each year's notice.
const FIXED_HOLIDAYS: [(u32, u32, u32); 3] = [(1, 1, 1), (5, 1, 2), (10, 1, 3)];
/// From this month on, the notice for the next year is out and its data should be there.
const NEXT_YEAR_IS_KNOWN_FROM: u32 = 12;
/// A holiday longer than this is a slip of the pen.
const LONGEST_HOLIDAY: usize = 31;

/// Which days are working days. A year without data has Monday to Friday without the public
/// holidays whose dates are the same in every year; ask [`WorkingDays::covers`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WorkingDays {
    /// The days that differ from their day of the week.
    exceptions: BTreeMap<NaiveDate, Day>,
    sources: BTreeMap<i32, String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Day {
    Rest,
    Work,
}

/// Why a year's holiday data is refused. Nothing of it is taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HolidayDataFault {
    /// Not TOML, an unknown or missing key, or a date that is none.
    #[error("the holiday data cannot be read: {0}")]
    Unreadable(String),
    /// The source is empty.
    #[error("the holiday data for {0} names no source")]
    NoSource(i32),
    /// The year is there already.
    #[error("there are two files of holiday data for {0}")]
    YearTwice(i32),
    /// A holiday that ends before it begins, is longer than 31 days, or does not touch the year.
    #[error("the holiday {0} has wrong dates")]
    Holiday(String),
    /// A make-up working day that is not a Saturday or a Sunday, or is itself a holiday.
    #[error("{0} cannot be a make-up working day")]
    MakeUp(NaiveDate),
}

/// A year's file, `data/holidays-YYYY.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    year: i32,
    source: String,
    #[serde(default)]
    holiday: Vec<Holiday>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Holiday {
    name: String,
    /// The first day of rest.
    from: NaiveDate,
    /// The last day of rest.
    to: NaiveDate,
    /// Saturdays and Sundays worked for it.
    #[serde(default)]
    make_up: Vec<NaiveDate>,
}

impl WorkingDays {
    /// The calendar that knows no year's notice.
    pub fn weekdays() -> WorkingDays {
        WorkingDays::default()
    }

    /// The calendar of several years, from the text of each year's TOML file.
    ///
    /// # Errors
    /// A [`HolidayDataFault`] for the first file that cannot be taken.
    pub fn from_toml<'a>(files: impl IntoIterator<Item = &'a str>) -> Result<WorkingDays, HolidayDataFault> {
        let mut calendar = WorkingDays::default();
        for file in files {
            calendar.add_year(file)?;
        }
        Ok(calendar)
    }

    /// Whether there is data for `year`.
    pub fn covers(&self, year: i32) -> bool {
        self.sources.contains_key(&year)
    }

    /// Where the data of each year comes from.
    pub fn sources(&self) -> impl Iterator<Item = (i32, &str)> {
        self.sources.iter().map(|(year, source)| (*year, source.as_str()))
    }

    /// Whether `date` is a working day.
    pub fn is_working_day(&self, date: NaiveDate) -> bool {
        match self.exceptions.get(&date) {
            Some(day) => *day == Day::Work,
            None => !is_weekend(date) && !self.is_fixed_holiday(date),
        }
    }

    /// A year that should have data on `today` and has none: this one, and from December on the
    /// next.
    pub fn missing_year(&self, today: NaiveDate) -> Option<i32> {
        let next = (today.month() >= NEXT_YEAR_IS_KNOWN_FROM).then(|| today.year() + 1);
        std::iter::once(today.year()).chain(next).find(|year| !self.covers(*year))
    }

    /// Of a year with data, that alone says when its holidays are.
    fn is_fixed_holiday(&self, date: NaiveDate) -> bool {
        !self.covers(date.year())
            && FIXED_HOLIDAYS
                .iter()
                .any(|(month, from, to)| date.month() == *month && (*from..=*to).contains(&date.day()))
    }

    /// Mondays to Fridays among the days from `first` to `last` that are public holidays in a year
    /// without data.
    fn fixed_holidays(&self, first: NaiveDate, last: NaiveDate) -> i64 {
        let dates = (first.year()..=last.year())
            .flat_map(|year| FIXED_HOLIDAYS.iter().map(move |holiday| (year, *holiday)))
            .flat_map(|(year, (month, from, to))| {
                (from..=to).filter_map(move |day| NaiveDate::from_ymd_opt(year, month, day))
            });
        let is_day_off = |date: &NaiveDate| {
            (first..=last).contains(date)
                && !is_weekend(*date)
                && !self.exceptions.contains_key(date)
                && self.is_fixed_holiday(*date)
        };
        i64::try_from(dates.filter(is_day_off).count()).unwrap_or(i64::MAX)
    }

    /// The `days`-th working day after `date`. The day itself is not counted: "the first day is not
    /// counted, and the period runs from the next" (Civil Code art. 201). Zero days from a day of
    /// rest is the next working day (art. 203).
    pub fn add_working_days(&self, date: NaiveDate, days: u16) -> NaiveDate {
        let mut day = date;
        let mut left = days;
        while left > 0 || !self.is_working_day(day) {
            let Some(next) = day.succ_opt() else { break };
            day = next;
            if left > 0 && self.is_working_day(day) {
                left -= 1;
            }
        }
        day
    }

    /// The working days after `from` up to and including `to`; negative when `to` is earlier (the
    /// days by which a deadline was missed).
    /// `working_days_between(date, add_working_days(date, n)) == n` for `n` of at least 1.
    pub fn working_days_between(&self, from: NaiveDate, to: NaiveDate) -> i64 {
        if to < from {
            return -self.working_days_between(to, from);
        }
        let Some(first) = from.succ_opt().filter(|first| *first <= to) else { return 0 };
        let exceptions: i64 = self
            .exceptions
            .range(first..=to)
            .map(|(date, day)| match (day, is_weekend(*date)) {
                (Day::Work, true) => 1,
                (Day::Rest, false) => -1,
                _ => 0,
            })
            .sum();
        weekdays_up_to(to) - weekdays_up_to(from) + exceptions - self.fixed_holidays(first, to)
    }

    fn add_year(&mut self, text: &str) -> Result<(), HolidayDataFault> {
        let file: File =
            toml::from_str(text).map_err(|error| HolidayDataFault::Unreadable(error.to_string()))?;
        if file.source.trim().is_empty() {
            return Err(HolidayDataFault::NoSource(file.year));
        }
        if self.sources.insert(file.year, file.source).is_some() {
            return Err(HolidayDataFault::YearTwice(file.year));
        }
        let mut rest = BTreeSet::new();
        for holiday in &file.holiday {
            let days: Vec<NaiveDate> = holiday
                .from
                .iter_days()
                .take(LONGEST_HOLIDAY + 1)
                .take_while(|day| *day <= holiday.to)
                .collect();
            let touches_the_year = holiday.from.year() == file.year || holiday.to.year() == file.year;
            if days.is_empty() || days.len() > LONGEST_HOLIDAY || !touches_the_year {
                return Err(HolidayDataFault::Holiday(holiday.name.clone()));
            }
            rest.extend(days);
        }
        for make_up in file.holiday.iter().flat_map(|holiday| &holiday.make_up) {
            if !is_weekend(*make_up) || rest.contains(make_up) {
                return Err(HolidayDataFault::MakeUp(*make_up));
            }
            self.exceptions.insert(*make_up, Day::Work);
        }
        self.exceptions.extend(rest.into_iter().map(|day| (day, Day::Rest)));
        Ok(())
    }
}

fn is_weekend(date: NaiveDate) -> bool {
    matches!(date.weekday(), Weekday::Sat | Weekday::Sun)
}

/// Mondays to Fridays from 0001-01-01, a Monday, to `date`.
fn weekdays_up_to(date: NaiveDate) -> i64 {
    let days = i64::from(date.num_days_from_ce());
    days.div_euclid(7) * 5 + days.rem_euclid(7).min(5)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const YEAR_2025: &str = include_str!("../../../data/holidays-2025.toml");
    const YEAR_2026: &str = include_str!("../../../data/holidays-2026.toml");

    fn calendar() -> WorkingDays {
        WorkingDays::from_toml([YEAR_2025, YEAR_2026]).unwrap()
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn year_file(holiday: &str) -> String {
        format!("year = 2026\nsource = \"x\"\n[[holiday]]\nname = \"h\"\n{holiday}")
    }

    #[test]
    fn the_shipped_years_have_the_published_number_of_days() {
        let calendar = calendar();
        assert!(calendar.covers(2025) && calendar.covers(2026) && !calendar.covers(2027));
        assert!(calendar.sources().all(|(_, source)| source.contains("国务院办公厅")));
        // 261 Mondays to Fridays in each year, less the 11 statutory holidays of the year as they
        // fall.
        for (year, expected) in [(2025, 248), (2026, 248)] {
            let days = days_of(year).filter(|date| calendar.is_working_day(*date)).count();
            assert_eq!(days, expected, "{year}");
        }
    }

    fn days_of(year: i32) -> impl Iterator<Item = NaiveDate> {
        NaiveDate::from_ymd_opt(year, 1, 1).unwrap().iter_days().take_while(move |date| date.year() == year)
    }

    #[test]
    fn holidays_rest_and_make_up_days_work() {
        let calendar = calendar();
        assert!(!calendar.is_working_day(day("2026-02-16")), "Monday of the Spring Festival");
        assert!(calendar.is_working_day(day("2026-02-14")), "Saturday worked for it");
        assert!(!calendar.is_working_day(day("2026-02-07")), "an ordinary Saturday");
        assert_eq!(calendar.add_working_days(day("2026-02-13"), 1), day("2026-02-14"));
        assert_eq!(calendar.add_working_days(day("2026-02-14"), 1), day("2026-02-24"));
        assert_eq!(calendar.add_working_days(day("2026-09-30"), 3), day("2026-10-10"));
        assert_eq!(calendar.add_working_days(day("2026-10-01"), 0), day("2026-10-08"));
        assert_eq!(calendar.add_working_days(day("2026-09-30"), 0), day("2026-09-30"));
    }

    #[test]
    fn fixed_public_holidays_are_known_for_every_year() {
        let calendar = calendar();
        // Friday, 1 January 2027.
        assert!(!calendar.is_working_day(day("2027-01-01")));
        assert_eq!(calendar.add_working_days(day("2026-12-28"), 7), day("2027-01-07"));
        for (date, works) in [
            ("2028-01-03", true),
            ("2028-05-01", false),
            ("2028-05-02", false),
            ("2028-05-03", true),
            ("2029-10-01", false),
            ("2029-10-03", false),
            ("2029-10-04", true),
        ] {
            assert_eq!(calendar.is_working_day(day(date)), works, "{date}");
        }
        // A year with data has its own.
        assert!(!calendar.is_working_day(day("2026-10-06")));
        assert_eq!(calendar.working_days_between(day("2026-12-31"), day("2027-12-31")), 261 - 1 - 1);
        assert_eq!(WorkingDays::weekdays().add_working_days(day("2026-12-31"), 1), day("2027-01-04"));
    }

    #[test]
    fn a_year_without_data_is_missed_from_december_before_it() {
        let missing = |today| calendar().missing_year(day(today));
        assert_eq!(missing("2026-11-30"), None);
        assert_eq!(missing("2026-12-01"), Some(2027));
        assert_eq!(missing("2027-06-01"), Some(2027));
        assert_eq!(missing("2025-12-31"), None);
    }

    #[test]
    fn days_left_and_days_missed() {
        let calendar = calendar();
        assert_eq!(calendar.working_days_between(day("2026-02-14"), day("2026-02-24")), 1);
        assert_eq!(calendar.working_days_between(day("2026-02-24"), day("2026-02-14")), -1);
        assert_eq!(calendar.working_days_between(day("2026-02-24"), day("2026-02-24")), 0);
    }

    #[test]
    fn bad_data_is_refused() {
        let refused = |text: &str| WorkingDays::from_toml([text]).unwrap_err();
        assert!(matches!(refused("year = 2026"), HolidayDataFault::Unreadable(_)));
        assert!(matches!(refused("year = 2026\nsource = \"x\"\nextra = 1"), HolidayDataFault::Unreadable(_)));
        assert_eq!(refused("year = 2026\nsource = \" \""), HolidayDataFault::NoSource(2026));
        for dates in [
            "from = \"2026-02-02\"\nto = \"2026-02-01\"",
            "from = \"2026-02-01\"\nto = \"2026-04-01\"",
            "from = \"2025-02-01\"\nto = \"2025-02-02\"",
        ] {
            assert_eq!(refused(&year_file(dates)), HolidayDataFault::Holiday("h".to_owned()), "{dates}");
        }
        let monday = year_file("from = \"2026-02-15\"\nto = \"2026-02-15\"\nmake_up = [\"2026-02-09\"]");
        assert_eq!(refused(&monday), HolidayDataFault::MakeUp(day("2026-02-09")));
        let itself = year_file("from = \"2026-02-15\"\nto = \"2026-02-15\"\nmake_up = [\"2026-02-15\"]");
        assert_eq!(refused(&itself), HolidayDataFault::MakeUp(day("2026-02-15")));
        assert_eq!(WorkingDays::from_toml([YEAR_2026, YEAR_2026]), Err(HolidayDataFault::YearTwice(2026)));
    }

    proptest! {
        #[test]
        fn adding_and_counting_agree(start in 0_u64..1500, days in 1_u16..300) {
            let calendar = calendar();
            let from = day("2024-06-01") + chrono::Days::new(start);
            let to = calendar.add_working_days(from, days);
            prop_assert!(calendar.is_working_day(to));
            prop_assert_eq!(calendar.working_days_between(from, to), i64::from(days));
            let one_by_one = from.iter_days().skip(1).take_while(|date| *date <= to)
                .filter(|date| calendar.is_working_day(*date)).count();
            prop_assert_eq!(one_by_one, usize::from(days));
        }
    }
}
