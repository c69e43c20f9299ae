//! By what officials narrow their lists, beside what is particular to each.

use chrono::{DateTime, Utc};

/// What narrows a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Narrowing {
    /// Only what is of this place or below it.
    pub place: Option<String>,
    /// Only what this account drafted, filed, proposed or sent.
    pub drafter: Option<String>,
    /// Only what was made at this instant or later.
    pub from: Option<DateTime<Utc>>,
    /// Only what was made by this instant.
    pub until: Option<DateTime<Utc>>,
}

/// The `$rows`, a boxed query, that `$by` leaves of them. A macro, since the tables have no type in
/// common.
macro_rules! narrowed {
    ($rows:expr, $by:expr, $place:expr, $drafter:expr, $at:expr) => {{
        let by: &$crate::registers::narrowing::Narrowing = $by;
        let mut rows = $rows;
        if let Some(place) = &by.place {
            let within = $crate::schema::place_ancestor::table
                .filter($crate::schema::place_ancestor::ancestor.eq(place.clone()))
                .select($crate::schema::place_ancestor::place.nullable());
            rows = rows.filter($place.nullable().eq_any(within));
        }
        if let Some(drafter) = &by.drafter {
            rows = rows.filter($drafter.eq(drafter.clone()));
        }
        if let Some(from) = by.from {
            rows = rows.filter($at.ge(from.naive_utc()));
        }
        if let Some(until) = by.until {
            rows = rows.filter($at.le(until.naive_utc()));
        }
        rows
    }};
}
pub(crate) use narrowed;

/// A pattern for `LIKE … ESCAPE '\'` that finds `text` anywhere.
pub(crate) fn like_pattern(text: &str) -> String {
    format!("%{}%", text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"))
}
