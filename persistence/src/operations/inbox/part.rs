//! What is asked of each kind, and the one order of all.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use xinwu_domain::access::{Operation, Role, Warrant};
use xinwu_domain::calendar::last_instant_of;
use xinwu_domain::context::RequestContext;
use xinwu_domain::inbox::{InboxKind, InboxQuery};
use xinwu_domain::page::Keys;
use xinwu_domain::word::Word;
use xinwu_store::Col;

diesel::define_sql_function! {
    /// The first that is there.
    fn coalesce(first: diesel::sql_types::Nullable<diesel::sql_types::Text>, second: diesel::sql_types::Nullable<diesel::sql_types::Text>, last: diesel::sql_types::Text) -> diesel::sql_types::Text;
}

/// One thing that waits.
pub(super) struct Waiting {
    pub position: Position,
    pub name: String,
    pub place: Option<String>,
    pub by: Option<String>,
    /// What of the kind's operations cannot be done with this one.
    pub cannot: &'static [Operation],
}

/// What one kind answers.
pub(super) struct Found {
    /// In the order of positions, no more than were asked for.
    pub waiting: Vec<Waiting>,
    /// All that wait, where that was asked for.
    pub count: i64,
}

/// Where something stands in the inbox: what is due first, then what waits longest; what has no day
/// or no instant comes after what has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Position {
    pub kind: InboxKind,
    pub id: String,
    pub due_at: Option<DateTime<Utc>>,
    pub since: Option<DateTime<Utc>>,
}

impl Position {
    /// The position that a cursor names.
    pub fn read(keys: &Keys) -> Position {
        let instant = |text: &str| text.parse().ok().and_then(DateTime::from_timestamp_micros);
        Position {
            due_at: instant(keys.get(0)),
            since: instant(keys.get(1)),
            kind: keys.get(2).parse().unwrap_or(InboxKind::Burst),
            id: keys.get(3).to_owned(),
        }
    }

    pub fn keys(&self) -> Keys {
        let text = |instant: Option<DateTime<Utc>>| {
            instant.map(|at| at.timestamp_micros().to_string()).unwrap_or_default()
        };
        Keys::of([&text(self.due_at), &text(self.since), self.kind.into_str(), &self.id])
    }

    fn order(&self) -> (DateTime<Utc>, DateTime<Utc>, InboxKind, &str) {
        let last = DateTime::<Utc>::MAX_UTC;
        (self.due_at.unwrap_or(last), self.since.unwrap_or(last), self.kind, &self.id)
    }
}

impl PartialOrd for Position {
    fn partial_cmp(&self, other: &Position) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Position {
    fn cmp(&self, other: &Position) -> std::cmp::Ordering {
        self.order().cmp(&other.order())
    }
}

/// What is asked of each kind.
pub(super) struct Part<'a> {
    pub warrant: &'a Warrant,
    /// Every account of who asks.
    pub person: Vec<String>,
    /// Whether that is known: nobody else can be told apart from an account without a staff number.
    pub is_numbered: bool,
    /// The place at and below which is looked.
    pub scope: Option<String>,
    pub query: &'a InboxQuery,
    pub after: Option<Position>,
    pub limit: i64,
    pub count: bool,
    pub context: RequestContext,
}

impl Part<'_> {
    /// Whether the account may ask for an operation at all.
    pub fn may(&self, operation: Operation) -> bool {
        operation.require_role(self.warrant.role()).is_ok()
            && (!operation.confirms() || self.warrant.can_confirm())
    }

    /// Whether something of a kind can wait for who asks, by the filters and the account.
    pub fn concerns(&self, kind: InboxKind) -> bool {
        let decides = kind.operations().first().is_some_and(|operation| self.may(*operation));
        let is_wanted = self.query.kind.is_none_or(|wanted| wanted == kind);
        let has_place = self.scope.is_some() || kind == InboxKind::Proposal;
        let has_author = !matches!(
            kind,
            InboxKind::Assessments
                | InboxKind::AssignedCase
                | InboxKind::Burst
                | InboxKind::Case
                | InboxKind::Draft
                | InboxKind::Project
                | InboxKind::Residence
                | InboxKind::Review
        );
        let is_of_two = matches!(
            kind,
            InboxKind::Assessments
                | InboxKind::Household
                | InboxKind::Import
                | InboxKind::Objection
                | InboxKind::Proposal
                | InboxKind::Record
                | InboxKind::Repair
                | InboxKind::Scheme
        );
        let is_imported = matches!(
            kind,
            InboxKind::Household | InboxKind::Import | InboxKind::Record | InboxKind::Returned
        );
        let is_dated = matches!(
            kind,
            InboxKind::Assessments
                | InboxKind::AssignedCase
                | InboxKind::Burst
                | InboxKind::Case
                | InboxKind::Import
                | InboxKind::Objection
                | InboxKind::Proposal
                | InboxKind::Record
                | InboxKind::Repair
                | InboxKind::Scheme
        );
        decides
            && is_wanted
            && has_place
            && (self.is_numbered || !is_of_two)
            && (has_author || self.query.drafter.is_none())
            && (is_imported || self.query.import.is_none())
            && (is_dated || self.query.due_by.is_none())
    }

    /// The place at and below which is looked; one that has nothing below it for who has none.
    pub fn scope(&self) -> String {
        self.scope.clone().unwrap_or_default()
    }

    pub fn is_city(&self) -> bool {
        self.warrant.role() == Role::City
    }

    /// The place whose firms' agreement whoever asks gives for them, as
    /// [`is_of_the_district`](crate::people::proposal::is_of_the_district) says of one: that of a
    /// district's official, and of the city's. None lies at or below that of others.
    pub fn speaks_for(&self) -> String {
        let decides = matches!(self.warrant.role(), Role::District | Role::City);
        self.warrant.place().filter(|_| decides).unwrap_or_default().to_owned()
    }

    /// The last instant of a day of the city's.
    pub fn end_of(&self, day: NaiveDate) -> DateTime<Utc> {
        last_instant_of(day, self.context.zone())
    }

    /// Where the kind goes on.
    pub fn boundary(&self, kind: InboxKind) -> Option<Boundary> {
        self.after.as_ref().map(|after| Boundary::of(after, kind, self.context))
    }
}

/// After which of those that are due at one time a kind goes on: since when they wait, and the id.
pub(super) struct Tie {
    pub since: NaiveDateTime,
    pub id: String,
}

/// Where a kind goes on. Those due after `due` (or after `day`, where days are kept) all follow; of
/// those due then, and of those without a day, some may.
pub(super) struct Boundary {
    pub due: NaiveDateTime,
    pub day: Col<NaiveDate>,
    pub dated: Tie,
    pub undated: Tie,
    /// The same of a kind of which nothing says since when it waits.
    pub dated_id: String,
    pub undated_id: String,
}

impl Boundary {
    fn of(after: &Position, kind: InboxKind, context: RequestContext) -> Boundary {
        // The kinds stand in their order where all else is equal.
        let id = match kind.cmp(&after.kind) {
            std::cmp::Ordering::Greater => String::new(),
            std::cmp::Ordering::Equal => after.id.clone(),
            std::cmp::Ordering::Less => AFTER_EVERY_ID.to_owned(),
        };
        let tie = Tie { since: after.since.map_or(latest(), |since| since.naive_utc()), id: id.clone() };
        // What waits since nobody knows follows all that is known to wait.
        let tie_id = if after.since.is_some() { String::new() } else { id };
        let all = || Tie { since: earliest(), id: String::new() };
        let none = || Tie { since: latest(), id: AFTER_EVERY_ID.to_owned() };
        let Some(due_at) = after.due_at else {
            let (dated, dated_id) = (none(), AFTER_EVERY_ID.to_owned());
            let day = Col(latest().date());
            return Boundary { due: latest(), day, dated, undated: tie, dated_id, undated_id: tie_id };
        };
        let day = context.day_of(due_at);
        // A day is due at its last instant: before that it all follows.
        let is_its_end = last_instant_of(day, context.zone()) == due_at;
        let day = if is_its_end { day } else { day.pred_opt().unwrap_or(day) };
        // Proposals, files and cases end at an instant of the day.
        let ends_within = matches!(
            kind,
            InboxKind::AssignedCase | InboxKind::Case | InboxKind::Import | InboxKind::Proposal
        );
        let (dated, dated_id) =
            if is_its_end || ends_within { (tie, tie_id) } else { (none(), AFTER_EVERY_ID.to_owned()) };
        Boundary {
            due: due_at.naive_utc(),
            day: Col(day),
            dated,
            undated: all(),
            dated_id,
            undated_id: String::new(),
        }
    }
}

/// No id begins so.
const AFTER_EVERY_ID: &str = "\u{10ffff}";

/// Before and after every instant that a database keeps.
fn earliest() -> NaiveDateTime {
    NaiveDate::from_ymd_opt(1, 1, 1).unwrap_or_default().and_time(NaiveTime::MIN)
}

fn latest() -> NaiveDateTime {
    NaiveDate::from_ymd_opt(9999, 12, 31).unwrap_or_default().and_time(NaiveTime::MIN) + TimeDelta::hours(23)
}

/// Counts and reads what waits of one kind, in the order of [`Position`]. `$rows` are those that
/// wait; `dated` or `undated` says whether they have a time by which they are due, in which column
/// and which field of [`Boundary`] holds it; `since` or `timeless` whether one says since when they
/// wait.
macro_rules! waiting {
    ($conn:expr, $part:expr, $kind:expr, $rows:expr, dated $due:expr, $field:ident, since $since:expr, $id:expr, $select:expr) => {{
        let wanted = $rows;
        let mut rows = wanted().select($select).order(($due.is_null(), $due, $since, $id)).limit($part.limit);
        if let Some(from) = $part.boundary($kind) {
            let dated =
                $since.gt(from.dated.since).or($since.eq(from.dated.since).and($id.gt(from.dated.id)));
            let undated =
                $since.gt(from.undated.since).or($since.eq(from.undated.since).and($id.gt(from.undated.id)));
            let dated = $due.gt(from.$field).or($due.eq(from.$field).and(dated));
            rows = rows.filter($due.is_null().and(undated).or($due.is_not_null().and(dated)));
        }
        (rows.load($conn)?, $crate::operations::inbox::part::count!($conn, $part, wanted))
    }};
    ($conn:expr, $part:expr, $kind:expr, $rows:expr, dated $due:expr, $field:ident, timeless, $id:expr, $select:expr) => {{
        let wanted = $rows;
        let mut rows = wanted().select($select).order(($due, $id)).limit($part.limit);
        if let Some(from) = $part.boundary($kind) {
            rows = rows.filter($due.gt(from.$field).or($due.eq(from.$field).and($id.gt(from.dated_id))));
        }
        (rows.load($conn)?, $crate::operations::inbox::part::count!($conn, $part, wanted))
    }};
    ($conn:expr, $part:expr, $kind:expr, $rows:expr, undated, since $since:expr, $id:expr, $select:expr) => {{
        let wanted = $rows;
        let mut rows = wanted().select($select).order(($since, $id)).limit($part.limit);
        if let Some(from) = $part.boundary($kind) {
            let tie = from.undated;
            rows = rows.filter($since.gt(tie.since).or($since.eq(tie.since).and($id.gt(tie.id))));
        }
        (rows.load($conn)?, $crate::operations::inbox::part::count!($conn, $part, wanted))
    }};
    ($conn:expr, $part:expr, $kind:expr, $rows:expr, undated, timeless, $id:expr, $select:expr) => {{
        let wanted = $rows;
        let mut rows = wanted().select($select).order($id).limit($part.limit);
        if let Some(from) = $part.boundary($kind) {
            rows = rows.filter($id.gt(from.undated_id));
        }
        (rows.load($conn)?, $crate::operations::inbox::part::count!($conn, $part, wanted))
    }};
}

macro_rules! count {
    ($conn:expr, $part:expr, $wanted:expr) => {{ if $part.count { $wanted().count().get_result::<i64>($conn)? } else { 0 } }};
}

pub(super) use {count, waiting};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_due_first_stands_first_and_what_has_no_time_last() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let position = |kind, due: Option<&str>, since: Option<&str>, id: &str| Position {
            kind,
            id: id.to_owned(),
            due_at: due.map(at),
            since: since.map(at),
        };
        let (early, late) = (Some("2026-11-21T00:00:00Z"), Some("2026-11-22T00:00:00Z"));
        let ordered = [
            position(InboxKind::Record, early, late, "b"),
            position(InboxKind::Burst, early, None, "a"),
            position(InboxKind::Import, late, early, "a"),
            position(InboxKind::Import, None, early, "a"),
            position(InboxKind::Residence, None, early, "a"),
            position(InboxKind::Residence, None, early, "b"),
            position(InboxKind::Household, None, None, "a"),
        ];
        assert!(ordered.is_sorted());
        for each in &ordered {
            assert_eq!(Position::read(&each.keys()), *each);
        }
    }
}
