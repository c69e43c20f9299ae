//! The clock and the source of identifiers: passed in, so that tests hold them.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, TimeZone, Utc};
use uuid::Uuid;

/// Tells the time, in microseconds: PostgreSQL stores no finer, and both databases must give back
/// what they were given.
#[derive(Debug, Clone, Default)]
pub enum Clock {
    /// The machine's clock.
    #[default]
    System,
    /// A clock in the hand of a test, or of the demo's year of history: microseconds since 1970 in
    /// UTC.
    Held(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that stands at `instant` until it is set.
    pub fn held_at(instant: DateTime<Utc>) -> Clock {
        Clock::Held(Arc::new(AtomicI64::new(instant.timestamp_micros())))
    }

    /// The time now.
    pub fn now(&self) -> DateTime<Utc> {
        let micros = match self {
            Clock::System => {
                #[expect(
                    clippy::disallowed_methods,
                    reason = "this is the one place that reads the machine's clock"
                )]
                let now = Utc::now();
                now.timestamp_micros()
            }
            Clock::Held(micros) => micros.load(Ordering::SeqCst),
        };
        Utc.timestamp_micros(micros).single().unwrap_or_default()
    }

    /// Sets a held clock; the machine's is left alone.
    pub fn set(&self, instant: DateTime<Utc>) {
        if let Clock::Held(micros) = self {
            micros.store(instant.timestamp_micros(), Ordering::SeqCst);
        }
    }
}

/// Makes identifiers.
#[derive(Debug, Clone, Copy, Default)]
pub struct Random;

impl Random {
    /// An identifier that sorts by the time it was made (UUID version 7), for what is not secret
    /// about time.
    pub fn id(self) -> String {
        #[expect(clippy::disallowed_methods, reason = "this is the one place that makes identifiers")]
        Uuid::now_v7().to_string()
    }

    /// An identifier that tells nothing of when it was made (UUID version 4): for reviews, whose
    /// time could name the rater.
    pub fn timeless_id(self) -> String {
        #[expect(clippy::disallowed_methods, reason = "this is the one place that makes identifiers")]
        Uuid::new_v4().to_string()
    }
}
