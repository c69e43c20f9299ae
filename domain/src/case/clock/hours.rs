//! Which hours count for a clock, and the two questions that are asked of them: how much time there
//! is between two instants, and when some time is over. The one is the other's inverse.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;

use crate::calendar::{WorkingDays, day_of, instant_of};
use crate::case::rules::{ClockHours, OfficeHours};

/// No time that a case is given takes as many days to pass: its longest is 90 days, of an hour a
/// working day at the least.
const MOST_DAYS: usize = 40 * 366;

/// The city's calendar, as clocks need it.
#[derive(Debug, Clone, Copy)]
pub struct CaseCalendar<'a> {
    /// Which days are working days.
    pub working_days: &'a WorkingDays,
    /// The city's zone.
    pub zone: Tz,
    /// The hours of a working day.
    pub office_hours: OfficeHours,
}

impl CaseCalendar<'_> {
    /// How much time passes between two instants for a clock that runs in such hours; none where
    /// the second is not after the first.
    pub fn working(&self, hours: ClockHours, from: DateTime<Utc>, to: DateTime<Utc>) -> TimeDelta {
        if to <= from {
            return TimeDelta::zero();
        }
        match hours {
            ClockHours::AroundTheClock => to - from,
            ClockHours::OfficeHours => self
                .open_from(from)
                .take_while(|(opens, _)| *opens < to)
                .map(|(opens, closes)| closes.min(to) - opens)
                .sum(),
        }
    }

    /// The first instant by which so much time has passed since `from`: `from` itself for none or
    /// less.
    pub fn add(&self, hours: ClockHours, from: DateTime<Utc>, time: TimeDelta) -> DateTime<Utc> {
        if time <= TimeDelta::zero() {
            return from;
        }
        match hours {
            ClockHours::AroundTheClock => from.checked_add_signed(time).unwrap_or(DateTime::<Utc>::MAX_UTC),
            ClockHours::OfficeHours => {
                let mut left = time;
                let mut last = from;
                for (opens, closes) in self.open_from(from) {
                    let open = closes - opens;
                    if open >= left {
                        return opens + left;
                    }
                    left -= open;
                    last = closes;
                }
                last
            }
        }
    }

    /// The intervals from an instant on in which offices are open, in order: those of working days.
    fn open_from(&self, from: DateTime<Utc>) -> impl Iterator<Item = (DateTime<Utc>, DateTime<Utc>)> {
        let first: NaiveDate = day_of(from, self.zone);
        first
            .iter_days()
            .take(MOST_DAYS)
            .filter(|day| self.working_days.is_working_day(*day))
            .map(move |day| {
                let opens = instant_of(day, self.office_hours.from, self.zone);
                (opens.max(from), instant_of(day, self.office_hours.to, self.zone))
            })
            .filter(|(opens, closes)| opens < closes)
    }
}
