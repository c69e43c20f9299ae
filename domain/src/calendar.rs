//! Months, periods and working days, in the city's own zone.
//!
//! Nothing here reads the clock or assumes a zone: the instant and the zone are passed in, and
//! [`DEFAULT_ZONE`] is only what a setting falls back to.

mod month;
mod period;
mod period_kind;
mod working_days;

use chrono::{DateTime, Days, Months, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

pub use month::{Month, MonthFault, NotAMonth, rateable};
pub use period::{NotAPeriod, Period};
pub use period_kind::PeriodKind;
pub use working_days::{HolidayDataFault, WorkingDays};

/// The zone of a city that sets none.
pub const DEFAULT_ZONE: Tz = Tz::Asia__Shanghai;

/// The instant at which `date` begins in `tz`: 00:00, or the first instant that exists where a
/// change of the clocks leaves midnight out (the earlier one where midnight comes twice).
pub fn start_of_day(date: NaiveDate, tz: Tz) -> DateTime<Utc> {
    instant_of(date, NaiveTime::MIN, tz)
}

/// The instant at which it is `time` on `date` in `tz`, or the first later one that exists where a
/// change of the clocks leaves it out (the earlier one where it comes twice).
pub fn instant_of(date: NaiveDate, time: NaiveTime, tz: Tz) -> DateTime<Utc> {
    let wanted = date.and_time(time);
    // Changes of the clocks since 2000 fall on quarters of an hour; Samoa once left out a whole
    // day.
    (0..=2 * 24 * 4)
        .filter_map(|quarter| wanted.checked_add_signed(TimeDelta::minutes(15 * quarter)))
        .find_map(|local| tz.from_local_datetime(&local).earliest())
        .map_or_else(|| wanted.and_utc(), |local| local.with_timezone(&Utc))
}

/// The last day of a term of `months` months after `day`, inclusive. Civil Code, art. 201: "the
/// first day is not counted, and the term begins on the next"; art. 202: it ends on "the
/// corresponding day of the month in which it ends; where there is no corresponding day, on the
/// last day of that month". Twelve months after 2026-03-01 end with 2027-03-01, one month after
/// 2027-01-31 with 2027-02-28.
///
/// What counts, is shown, lasts or grows old by months does so by this function alone.
pub fn end_of_months(day: NaiveDate, months: u32) -> NaiveDate {
    day.checked_add_months(Months::new(months)).unwrap_or(NaiveDate::MAX)
}

/// The last day of a term of `days` days after `day`, inclusive: the first day is not counted
/// (Civil Code, art. 201).
pub fn end_of_days(day: NaiveDate, days: u32) -> NaiveDate {
    day.checked_add_days(Days::new(u64::from(days))).unwrap_or(NaiveDate::MAX)
}

/// The last instant of `date` in `tz`, as far as the databases tell instants apart.
pub fn last_instant_of(date: NaiveDate, tz: Tz) -> DateTime<Utc> {
    start_of_day(end_of_days(date, 1), tz) - TimeDelta::microseconds(1)
}

/// The day on which `instant` falls in `tz`.
pub fn day_of(instant: DateTime<Utc>, tz: Tz) -> NaiveDate {
    instant.with_timezone(&tz).date_naive()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_midnight_of_its_zone() {
        let date = NaiveDate::from_ymd_opt(2026, 11, 21).unwrap();
        assert_eq!(start_of_day(date, DEFAULT_ZONE).to_rfc3339(), "2026-11-20T16:00:00+00:00");
        assert_eq!(start_of_day(date, Tz::UTC).to_rfc3339(), "2026-11-21T00:00:00+00:00");
        assert_eq!(day_of(start_of_day(date, DEFAULT_ZONE), DEFAULT_ZONE), date);
        assert_eq!(
            day_of(start_of_day(date, DEFAULT_ZONE) - TimeDelta::microseconds(1), DEFAULT_ZONE),
            date.pred_opt().unwrap()
        );
    }

    #[test]
    fn a_term_of_months_ends_on_the_corresponding_day() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        for (begins, months, ends) in [
            ("2026-03-01", 12, "2027-03-01"),
            ("2026-11-10", 3, "2027-02-10"),
            ("2027-01-31", 1, "2027-02-28"),
            ("2027-11-30", 3, "2028-02-29"),
            ("2028-02-29", 12, "2029-02-28"),
            ("2028-02-29", 48, "2032-02-29"),
        ] {
            assert_eq!(end_of_months(day(begins), months), day(ends), "{months} from {begins}");
        }
        assert_eq!(end_of_days(day("2026-11-21"), 90), day("2027-02-19"));
        assert_eq!(end_of_months(NaiveDate::MAX, 1), NaiveDate::MAX);
    }

    #[test]
    fn a_midnight_that_a_zone_leaves_out_begins_later() {
        // São Paulo put its clocks forward at 2018-11-04 00:00; Samoa had no 2011-12-30 at all.
        let sao_paulo = NaiveDate::from_ymd_opt(2018, 11, 4).unwrap();
        assert_eq!(start_of_day(sao_paulo, Tz::America__Sao_Paulo).to_rfc3339(), "2018-11-04T03:00:00+00:00");
        let samoa = NaiveDate::from_ymd_opt(2011, 12, 30).unwrap();
        assert_eq!(start_of_day(samoa, Tz::Pacific__Apia).to_rfc3339(), "2011-12-30T10:00:00+00:00");
    }

    #[test]
    fn a_time_that_a_zone_leaves_out_or_has_twice_is_one_instant() {
        let at = |date: &str, time: &str| {
            instant_of(date.parse().unwrap(), time.parse().unwrap(), Tz::Europe__Berlin).to_rfc3339()
        };
        assert_eq!(at("2026-03-29", "02:30:00"), "2026-03-29T01:00:00+00:00");
        assert_eq!(at("2026-10-25", "02:30:00"), "2026-10-25T00:30:00+00:00");
        assert_eq!(at("2026-11-02", "06:00:00"), "2026-11-02T05:00:00+00:00");
    }
}
