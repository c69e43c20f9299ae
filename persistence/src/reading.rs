//! What a public read depends on besides its object.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use xinwu_domain::calendar::{Month, day_of};
use xinwu_domain::text::Language;

/// Who reads, and when.
#[derive(Debug, Clone, Copy)]
pub struct Reading {
    /// The reader's language.
    pub language: Language,
    /// k: below so many voices figures are not shown.
    pub fewest_voices: u32,
    /// The time.
    pub now: DateTime<Utc>,
    /// The city's zone.
    pub zone: Tz,
}

impl Reading {
    /// Today in the city's zone, `YYYY-MM-DD`.
    pub fn today(&self) -> String {
        day_of(self.now, self.zone).to_string()
    }

    /// The first and the last of the last 12 months, this one included: `2025-12` and `2026-11`.
    pub fn last_twelve_months(&self) -> (String, String) {
        let last = Month::of(self.now, self.zone);
        (last.plus(-11).unwrap_or(Month::FIRST).to_string(), last.to_string())
    }
}
