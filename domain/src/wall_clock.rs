//! Whether the machine's clock is to be believed. What is done because a time has come cannot be
//! undone: a month that is closed stays closed. So a clock that has jumped is not followed until it
//! is right again or the operator says that it is.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

/// Clocks that are further apart do not agree.
const APART: TimeDelta = TimeDelta::minutes(5);
/// A service that did nothing for longer was not merely stopped.
const LONGEST_STOP: TimeDelta = TimeDelta::days(40);

/// Both clocks of a machine, read at one instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BothClocks {
    /// The clock on the wall, which may be set.
    pub wall: DateTime<Utc>,
    /// What has passed since some instant, by a clock that nobody sets.
    pub steady: Duration,
}

/// What the clock is compared with at a start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Yardstick {
    /// The database server's clock.
    Server(DateTime<Utc>),
    /// When a service last worked on this database; `None` before the first.
    LastTick(Option<DateTime<Utc>>),
}

/// Why the clock is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// It went so far ahead (or, negative, back) of what has passed.
    Jumped(TimeDelta),
    /// It is so far ahead of (or, negative, behind) the database server's.
    ApartFromServer(TimeDelta),
    /// It is so far behind the instant at which a service last worked here.
    BehindLastTick(TimeDelta),
    /// It is so far ahead of that.
    AheadOfLastTick(TimeDelta),
}

impl std::fmt::Display for Doubt {
    /// For the operator.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (by, what) = match self {
            Doubt::Jumped(by) => (by, "from the time that has passed"),
            Doubt::ApartFromServer(by) => (by, "from the database server's clock"),
            Doubt::BehindLastTick(by) => (by, "behind the last work on this database"),
            Doubt::AheadOfLastTick(by) => (by, "ahead of the last work on this database"),
        };
        // To the nearest second: two clocks are never read at quite the same instant.
        let seconds = by.num_milliseconds().saturating_add(500).div_euclid(1000);
        let (days, rest) = (seconds / 86_400, seconds % 86_400);
        write!(formatter, "the machine's clock is {days} days and {rest} seconds {what}")
    }
}

/// What a serving process believes of its machine's clock.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Trust {
    /// The last reading that was believed; `None` since the start.
    last: Option<BothClocks>,
}

impl Trust {
    /// Whether a reading was believed since the start; until then a [`Yardstick`] is needed.
    pub fn has_begun(self) -> bool {
        self.last.is_some()
    }

    /// Believes a reading, or says why not. `accepted` is when the operator last said that the
    /// clock is right, by that clock.
    ///
    /// # Errors
    /// The doubt.
    pub fn judge(
        &mut self,
        now: BothClocks,
        yardstick: Yardstick,
        accepted: Option<DateTime<Utc>>,
    ) -> Result<(), Doubt> {
        let doubt = match self.last {
            Some(last) => {
                let passed = TimeDelta::from_std(now.steady.saturating_sub(last.steady));
                let by = (now.wall - last.wall) - passed.unwrap_or(TimeDelta::MAX);
                (by.abs() > APART).then_some(Doubt::Jumped(by))
            }
            None => at_start(now.wall, yardstick),
        };
        let is_accepted = accepted.is_some_and(|accepted| (now.wall - accepted).abs() <= APART);
        match doubt {
            Some(doubt) if !is_accepted => Err(doubt),
            _ => {
                self.last = Some(now);
                Ok(())
            }
        }
    }
}

fn at_start(wall: DateTime<Utc>, yardstick: Yardstick) -> Option<Doubt> {
    match yardstick {
        Yardstick::Server(server) => {
            let by = wall - server;
            (by.abs() > APART).then_some(Doubt::ApartFromServer(by))
        }
        Yardstick::LastTick(last) => {
            let by = wall - last?;
            if by < -APART {
                return Some(Doubt::BehindLastTick(-by));
            }
            (by > LONGEST_STOP).then_some(Doubt::AheadOfLastTick(by))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEW: Yardstick = Yardstick::LastTick(None);

    fn noon() -> DateTime<Utc> {
        "2026-11-28T12:00:00Z".parse().unwrap()
    }

    /// So long after noon by the wall, and by what has passed, in seconds.
    fn reading(wall: i64, steady: u64) -> BothClocks {
        BothClocks { wall: noon() + TimeDelta::seconds(wall), steady: Duration::from_secs(steady) }
    }

    fn trusting() -> Trust {
        let mut trust = Trust::default();
        trust.judge(reading(0, 0), NEW, None).unwrap();
        trust
    }

    #[test]
    fn a_clock_that_jumps_ahead_is_not_believed_until_it_is_right_again() {
        let mut trust = trusting();
        let days = 100 * 86_400;
        let doubt = Err(Doubt::Jumped(TimeDelta::days(100)));
        assert_eq!(trust.judge(reading(days + 1, 1), NEW, None), doubt);
        assert_eq!(trust.judge(reading(days + 8, 8), NEW, None), doubt);
        assert_eq!(trust.judge(reading(9, 9), NEW, None), Ok(()));
    }

    #[test]
    fn how_far_it_is_off_is_said_to_the_nearest_second() {
        for (by, said) in [
            (TimeDelta::days(100) - TimeDelta::milliseconds(3), "100 days and 0 seconds"),
            (TimeDelta::days(100) + TimeDelta::milliseconds(3), "100 days and 0 seconds"),
            (TimeDelta::milliseconds(-301_400), "0 days and -301 seconds"),
        ] {
            let whole = format!("the machine's clock is {said} from the time that has passed");
            assert_eq!(Doubt::Jumped(by).to_string(), whole);
        }
    }

    #[test]
    fn five_minutes_either_way_are_believed_and_no_second_more() {
        for (by, is_believed) in [(300, true), (301, false), (-300, true), (-301, false)] {
            assert_eq!(trusting().judge(reading(1000 + by, 1000), NEW, None).is_ok(), is_believed, "{by}");
        }
    }

    #[test]
    fn a_clock_that_is_put_right_bit_by_bit_is_followed() {
        let mut trust = trusting();
        for step in 1..=100 {
            let wall = i64::try_from(step * 10 + step * 5).unwrap();
            assert_eq!(trust.judge(reading(wall, step * 10), NEW, None), Ok(()));
        }
    }

    #[test]
    fn what_the_operator_accepts_is_believed_from_then_on() {
        let mut trust = trusting();
        let day = 86_400;
        assert!(trust.judge(reading(day, 1), NEW, None).is_err());
        // What was accepted long before accepts no jump.
        assert!(trust.judge(reading(day, 1), NEW, Some(noon())).is_err());
        let accepted = Some(noon() + TimeDelta::seconds(day + 1));
        assert_eq!(trust.judge(reading(day + 2, 3), NEW, accepted), Ok(()));
        assert_eq!(trust.judge(reading(day + 3, 4), NEW, None), Ok(()));
        assert!(trust.judge(reading(5, 5), NEW, None).is_err());
    }

    #[test]
    fn at_a_start_the_clock_is_compared_with_the_server_s_or_the_last_tick() {
        let judge = |yardstick| Trust::default().judge(reading(0, 0), yardstick, None);
        let ago = |seconds| noon() - TimeDelta::seconds(seconds);
        let last = |seconds| judge(Yardstick::LastTick(Some(ago(seconds))));
        let days = 40 * 86_400;
        assert_eq!((last(days), last(-300), judge(NEW)), (Ok(()), Ok(()), Ok(())));
        let ahead = Doubt::AheadOfLastTick(TimeDelta::seconds(days + 1));
        assert_eq!(last(days + 1), Err(ahead));
        assert_eq!(last(-301), Err(Doubt::BehindLastTick(TimeDelta::seconds(301))));
        let server = |seconds| judge(Yardstick::Server(ago(seconds)));
        assert_eq!((server(300), server(-300)), (Ok(()), Ok(())));
        assert_eq!(server(301), Err(Doubt::ApartFromServer(TimeDelta::seconds(301))));
        assert!(server(-301).is_err());
    }
}
