//! How many sign-ins by names that nobody has the audit takes: whoever tries names would else fill
//! it. Beyond them only the metric counts.

use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};

/// So many an hour, in one process.
const AN_HOUR: u32 = 600;

/// What of this hour was taken.
#[derive(Debug, Default)]
pub(crate) struct UnknownNames(Mutex<Taken>);

#[derive(Debug, Default)]
struct Taken {
    hour: i64,
    lines: u32,
}

impl UnknownNames {
    /// Takes one line of the hour's; whether there was one left.
    pub fn take(&self, now: DateTime<Utc>) -> bool {
        self.of_hour(now, |taken| {
            let has_room = taken.lines < AN_HOUR;
            taken.lines += u32::from(has_room);
            has_room
        })
    }

    /// Gives a line back that was not written.
    pub fn give_back(&self, now: DateTime<Utc>) {
        self.of_hour(now, |taken| taken.lines = taken.lines.saturating_sub(1));
    }

    fn of_hour<T>(&self, now: DateTime<Utc>, with: impl FnOnce(&mut Taken) -> T) -> T {
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let hour = now.timestamp() / 3600;
        if taken.hour != hour {
            *taken = Taken { hour, lines: 0 };
        }
        with(&mut taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_takes_so_many_and_the_next_as_many_again() {
        let names = UnknownNames::default();
        let now: DateTime<Utc> = "2026-11-21T02:59:59Z".parse().unwrap();
        assert!((0..AN_HOUR).all(|_| names.take(now)));
        assert!(!names.take(now));
        names.give_back(now);
        assert!(names.take(now) && !names.take(now));
        assert!(names.take(now + chrono::Duration::seconds(1)));
    }
}
