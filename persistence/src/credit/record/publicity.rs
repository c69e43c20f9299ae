//! Whether a stored record is public: everyone who asks for that asks here, or in SQL as
//! [`super::list_public`] does.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use xinwu_domain::catalogue::RecordKind;
use xinwu_domain::record::RecordState;
use xinwu_domain::record::publicity::is_public;
use xinwu_store::Col;

/// What decides whether a record is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Publicity {
    /// Reward or penalty.
    pub kind: RecordKind,
    in_force: bool,
    known_from: Option<DateTime<Utc>>,
    known_until: Option<DateTime<Utc>>,
    /// The last day on which it is shown.
    pub public_until: Option<NaiveDate>,
}

impl Publicity {
    /// Reads it from a record's columns.
    pub fn read(
        Col(kind): Col<RecordKind>,
        Col(state): Col<RecordState>,
        known: (Option<NaiveDateTime>, Option<NaiveDateTime>),
        public_until: Option<Col<NaiveDate>>,
    ) -> Publicity {
        let (known_from, known_until) = known;
        Publicity {
            kind,
            in_force: state == RecordState::InForce,
            known_from: known_from.map(|at| at.and_utc()),
            known_until: known_until.map(|at| at.and_utc()),
            public_until: public_until.map(|day| day.0),
        }
    }

    /// Whether the record may be shown at an instant, which lies on `day` in the city.
    pub fn is_public(&self, at: DateTime<Utc>, day: NaiveDate) -> bool {
        self.in_force
            && self.known_from.is_some_and(|from| from <= at)
            && self.known_until.is_none_or(|until| at < until)
            && is_public(self.kind, self.public_until, day)
    }
}
