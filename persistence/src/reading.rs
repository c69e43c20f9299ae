//! What a public read depends on besides its object.

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use xinwu_domain::calendar::{Month, day_of};
use xinwu_domain::rating::Schedule;
use xinwu_domain::text::Language;

/// Who reads, and when.
#[derive(Debug, Clone, Copy)]
pub struct Reading {
    /// The reader's language.
    pub language: Language,
    /// The time.
    pub now: DateTime<Utc>,
    /// The city's zone.
    pub zone: Tz,
    /// When figures are published.
    pub schedule: Schedule,
}

impl Reading {
    /// Today in the city's zone.
    pub fn today(&self) -> NaiveDate {
        day_of(self.now, self.zone)
    }

    /// This month in the city's zone.
    pub fn month(&self) -> Month {
        Month::of(self.now, self.zone)
    }
}
