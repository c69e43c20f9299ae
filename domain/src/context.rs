//! What an answer depends on besides its object.

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;

use crate::calendar::{Month, day_of};
use crate::rating::Schedule;
use crate::text::Language;

/// In which language, by which of the city's settings, and when something is asked. Who asks is
/// said beside it, by whatever depends on that.
#[derive(Debug, Clone, Copy)]
pub struct RequestContext {
    /// The language of the answer.
    pub language: Language,
    /// When figures are published, of how many households at least, and in which zone days and
    /// months are.
    pub schedule: Schedule,
    /// The instant of the request.
    pub now: DateTime<Utc>,
}

impl RequestContext {
    /// The same at another instant: a write's is its transaction's.
    pub fn at(self, now: DateTime<Utc>) -> RequestContext {
        RequestContext { now, ..self }
    }

    /// The city's zone.
    pub fn zone(&self) -> Tz {
        self.schedule.zone
    }

    /// The city's day of an instant.
    pub fn day_of(&self, instant: DateTime<Utc>) -> NaiveDate {
        day_of(instant, self.zone())
    }

    /// Today in the city.
    pub fn today(&self) -> NaiveDate {
        self.day_of(self.now)
    }

    /// This month in the city.
    pub fn month(&self) -> Month {
        Month::of(self.now, self.zone())
    }
}
