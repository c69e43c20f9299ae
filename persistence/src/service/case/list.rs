//! Lists of cases. What a list shows is read from ranges of an index, each with as many rows as the
//! page takes: its cost does not grow with the city, nor with the number of cases.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, NaiveDateTime};
use diesel::dsl::exists;
use diesel::prelude::*;
use xinwu_domain::access::Warrant;
use xinwu_domain::case::{AssigneeKind, CaseQuery, CaseState, CaseSummary};
use xinwu_domain::context::RequestContext;
use xinwu_domain::page::{Keys, Listed, Window};
use xinwu_store::{Col, Conn, Result};

use super::row::{ClockRow, Row};
use super::view;
use crate::registers::place::{at_or_below, descendants, is_within};
use crate::schema::{case, case_clock, case_household, place_ancestor};

/// So many places at the most are read one by one: those of a street. Above, the index of all cases
/// is read, of which a district has a good part.
const MOST_RANGES: usize = 60;

type Boxed = case::BoxedQuery<'static, <Conn as Connection>::Backend>;
/// By what a list is sorted.
type Key = (NaiveDateTime, String);

/// A range of cases that is in an index by what lists are sorted by.
#[derive(Debug, Clone)]
enum Range {
    /// Of a community.
    Place(String),
    /// Of a place and all below it.
    Below(String),
    /// Assigned to such a party.
    Assignee(AssigneeKind, String),
    /// Opened by a firm.
    OpenedBy(String),
}

impl Range {
    fn rows(&self) -> Boxed {
        match self {
            Range::Place(code) => case::table.filter(case::place.eq(code.clone())).into_boxed(),
            Range::Below(code) => {
                let within = place_ancestor::table
                    .filter(place_ancestor::place.eq(case::place))
                    .filter(place_ancestor::ancestor.eq(code.clone()));
                case::table.filter(exists(within)).into_boxed()
            }
            Range::Assignee(kind, id) => case::table
                .filter(case::assignee_kind.eq(Col(*kind)))
                .filter(case::assignee.eq(id.clone()))
                .into_boxed(),
            Range::OpenedBy(uscc) => case::table.filter(case::opened_uscc.eq(uscc.clone())).into_boxed(),
        }
    }
}

/// The cases of the actor's place and below it, or, of a department's official, those assigned to
/// the department: what is due first before the others; of those that have ended the last first.
///
/// # Errors
/// [`Refusal::Forbidden`](xinwu_domain::refusal::Refusal::Forbidden) for who has neither.
pub fn list_admin(
    conn: &mut Conn,
    warrant: &Warrant,
    query: &CaseQuery,
    window: &Window,
    context: RequestContext,
) -> Result<Listed<CaseSummary>> {
    if let Some(department) = warrant.department() {
        let own = [Range::Assignee(AssigneeKind::Department, department.to_owned())];
        return list(conn, warrant, (&own, &own), query, window, context);
    }
    let Some(scope) = scope(conn, warrant.own_place()?, query.place.as_deref())? else {
        return Ok(Listed { items: Vec::new(), next: None, total: window.count.then_some(0) });
    };
    let places = descendants(conn, &scope)?;
    let all = Range::Below(scope);
    let ranges: Vec<Range> = if places.len() > MOST_RANGES {
        vec![all.clone()]
    } else {
        places.into_iter().map(Range::Place).collect()
    };
    list(conn, warrant, (&ranges, &[all]), query, window, context)
}

/// The cases that are assigned to the actor's firm, and those that it opened: what is due first
/// before the others.
///
/// # Errors
/// [`Refusal::Forbidden`](xinwu_domain::refusal::Refusal::Forbidden) for who acts for none.
pub fn list_firm(
    conn: &mut Conn,
    warrant: &Warrant,
    query: &CaseQuery,
    window: &Window,
    context: RequestContext,
) -> Result<Listed<CaseSummary>> {
    let own = warrant.own_firm()?.to_owned();
    let ranges = [Range::Assignee(AssigneeKind::Firm, own.clone()), Range::OpenedBy(own)];
    list(conn, warrant, (&ranges, &ranges), query, window, context)
}

/// The place at and below which is looked: the own one, or one below it that was asked for; `None`
/// where the two have nothing in common.
fn scope(conn: &mut Conn, own: &str, wanted: Option<&str>) -> Result<Option<String>> {
    let Some(wanted) = wanted else { return Ok(Some(own.to_owned())) };
    if is_within(conn, wanted, own)? {
        return Ok(Some(wanted.to_owned()));
    }
    Ok(if is_within(conn, own, wanted)? { Some(own.to_owned()) } else { None })
}

/// The rows of some, as far as they are asked for.
fn filtered(mut rows: Boxed, query: &CaseQuery) -> Boxed {
    rows = rows.filter(case::is_open.eq(query.state.is_none_or(|state| !state.is_end())));
    if let Some(state) = query.state {
        rows = rows.filter(case::state.eq(Col(state)));
    }
    if let Some(kind) = &query.kind {
        rows = rows.filter(case::kind.eq(kind.clone()));
    }
    if let Some(category) = &query.category {
        rows = rows.filter(case::category.eq(category.clone()));
    }
    if let Some(assignee) = query.assignee {
        rows = rows.filter(case::assignee_kind.eq(Col(assignee)));
    }
    if let Some(before) = query.due_before {
        let before = before.naive_utc();
        let due = case_clock::table
            .filter(case_clock::case_id.eq(case::id))
            .filter(case_clock::paused_since.is_null())
            .filter(case_clock::due_at.lt(before));
        // The first is in the index.
        rows = rows.filter(case::sort_at.lt(before)).filter(exists(due));
    }
    rows
}

/// The keys of a page, and of one more, in their order. Of each range twice its even share is read
/// and two more, so that it is seldom looked at again: what a page costs does not grow with how
/// much each of them holds.
fn first_of(conn: &mut Conn, ranges: &[Range], query: &CaseQuery, window: &Window) -> Result<Vec<Key>> {
    let is_ended = query.state.is_some_and(CaseState::is_end);
    let taken = usize::try_from(window.limit + 1).unwrap_or_default();
    let share = (2 * taken / ranges.len().max(1) + 2).min(taken);
    let after = window.after.as_ref().and_then(|keys| Some((read(keys.get(0))?, keys.get(1).to_owned())));
    let mut found: BTreeSet<Key> = BTreeSet::new();
    // Those that may hold more of the page, each with its last key so far.
    let mut unread: Vec<(&Range, Option<Key>)> = ranges.iter().map(|range| (range, after.clone())).collect();
    while !unread.is_empty() {
        for (range, last) in &mut unread {
            let rows = rows_after(filtered(range.rows(), query), last.take(), is_ended);
            let limit = i64::try_from(share).unwrap_or(i64::MAX);
            let rows: Vec<Key> = rows.select((case::sort_at, case::id)).limit(limit).load(conn)?;
            *last = rows.last().filter(|_| rows.len() == share).cloned();
            found.extend(rows);
        }
        let end = match is_ended {
            false => found.iter().nth(taken.saturating_sub(1)),
            true => found.iter().rev().nth(taken.saturating_sub(1)),
        };
        unread.retain(|(_, last)| match (last, end) {
            (None, _) => false,
            (Some(_), None) => true,
            (Some(last), Some(end)) => {
                if is_ended {
                    last > end
                } else {
                    last < end
                }
            }
        });
    }
    Ok(match is_ended {
        false => found.into_iter().take(taken).collect(),
        true => found.into_iter().rev().take(taken).collect(),
    })
}

/// What comes after a key, in the order of a list.
fn rows_after(rows: Boxed, after: Option<Key>, is_ended: bool) -> Boxed {
    let rows = match (after, is_ended) {
        (Some((at, id)), false) => {
            let same = case::sort_at.eq(at).and(case::id.gt(id));
            rows.filter(case::sort_at.ge(at)).filter(case::sort_at.gt(at).or(same))
        }
        (Some((at, id)), true) => {
            let same = case::sort_at.eq(at).and(case::id.lt(id));
            rows.filter(case::sort_at.le(at)).filter(case::sort_at.lt(at).or(same))
        }
        (None, _) => rows,
    };
    match is_ended {
        false => rows.order((case::sort_at.asc(), case::id.asc())),
        true => rows.order((case::sort_at.desc(), case::id.desc())),
    }
}

/// A page of what is in some ranges; `all` are the same rows in ranges that can be counted.
fn list(
    conn: &mut Conn,
    warrant: &Warrant,
    (ranges, all): (&[Range], &[Range]),
    query: &CaseQuery,
    window: &Window,
    context: RequestContext,
) -> Result<Listed<CaseSummary>> {
    let keys = first_of(conn, ranges, query, window)?;
    let page = Listed::from_rows(keys, window, |(at, id): &Key| Keys::of([&written(*at), id]));
    let mut total = None;
    if window.count {
        let mut all_of = 0;
        for range in all {
            // What a firm opened is not assigned to it.
            let of_range: i64 = filtered(counted(range), query).count().get_result(conn)?;
            all_of += of_range;
        }
        total = Some(all_of);
    }
    let items = read_all(conn, warrant, page.items.into_iter().map(|(_, id)| id).collect(), context)?;
    Ok(Listed { items, next: page.next, total })
}

/// The rows of a range as they are counted: by the place's index.
fn counted(range: &Range) -> Boxed {
    match range {
        Range::Below(code) => case::table.filter(case::place.eq_any(at_or_below(code.clone()))).into_boxed(),
        other => other.rows(),
    }
}

/// The cases of these ids, in this order.
fn read_all(
    conn: &mut Conn,
    warrant: &Warrant,
    ids: Vec<String>,
    context: RequestContext,
) -> Result<Vec<CaseSummary>> {
    let rows: Vec<(Row, ClockRow)> = case::table
        .inner_join(case_clock::table.on(case_clock::case_id.eq(case::id)))
        .filter(case::id.eq_any(&ids))
        .select((Row::as_select(), ClockRow::as_select()))
        .load(conn)?;
    let mut rows: HashMap<String, (Row, ClockRow)> =
        rows.into_iter().map(|(row, clock)| (row.id.clone(), (row, clock))).collect();
    let rows = ids.iter().filter_map(|id| rows.remove(id)).collect();
    view::summaries(conn, warrant, rows, context)
}

/// An instant as a cursor has it, in microseconds.
fn written(at: NaiveDateTime) -> String {
    at.and_utc().timestamp_micros().to_string()
}

fn read(text: &str) -> Option<NaiveDateTime> {
    Some(DateTime::from_timestamp_micros(text.parse().ok()?)?.naive_utc())
}

/// The cases that the actor opened or joined, the latest first; all of them, unless a state is
/// asked for.
///
/// # Errors
/// Of the database.
pub fn list_own(
    conn: &mut Conn,
    warrant: &Warrant,
    query: &CaseQuery,
    window: &Window,
    context: RequestContext,
) -> Result<Listed<CaseSummary>> {
    let own = warrant.account_id().to_owned();
    let of_state = |mut rows: Boxed| -> Boxed {
        if let Some(state) = query.state {
            rows = rows.filter(case::state.eq(Col(state)));
        }
        rows
    };
    let joined = case_household::table
        .filter(case_household::account_id.eq(own.clone()))
        .select(case_household::case_id);
    let ranges = || -> [Boxed; 3] {
        let opened = |is_open: bool| {
            let opened = case::table.filter(case::opened_by.eq(own.clone()));
            opened.filter(case::is_open.eq(is_open)).into_boxed()
        };
        [opened(true), opened(false), case::table.filter(case::id.eq_any(joined.clone())).into_boxed()]
    };
    let mut found: BTreeSet<String> = BTreeSet::new();
    for range in ranges() {
        let mut rows = of_state(range).select(case::id).order(case::id.desc()).limit(window.limit + 1);
        if let Some(after) = &window.after {
            rows = rows.filter(case::id.lt(after.get(0).to_owned()));
        }
        let rows: Vec<String> = rows.load(conn)?;
        found.extend(rows);
    }
    let taken = usize::try_from(window.limit + 1).unwrap_or_default();
    let ids: Vec<String> = found.into_iter().rev().take(taken).collect();
    let page = Listed::from_rows(ids, window, |id: &String| Keys::of([id]));
    let total = if window.count {
        let all = case::opened_by.eq(own.clone()).or(case::id.nullable().eq_any(joined.nullable()));
        Some(of_state(case::table.filter(all.assume_not_null()).into_boxed()).count().get_result(conn)?)
    } else {
        None
    };
    let items = read_all(conn, warrant, page.items, context)?;
    Ok(Listed { items, next: page.next, total })
}
