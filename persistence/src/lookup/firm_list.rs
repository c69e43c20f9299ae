//! The list of firms: searched, filtered, sorted, page by page.

use std::collections::HashSet;
use std::sync::Arc;

use chrono::NaiveDate;
use diesel::prelude::*;
use xinwu_domain::context::RequestContext;
use xinwu_domain::firm::FirmCardSummary;
use xinwu_domain::page::{Keys, Listed, Window};
use xinwu_domain::scheme::ListKind;
use xinwu_domain::search::Query;
use xinwu_domain::subject::SubjectKind;
use xinwu_store::{Col, Conn, Result};

use crate::lookup::firm_card::cards;
use crate::lookup::search::{Found, Part, Search};
use crate::registers::place::at_or_below;
use crate::schema::{current_grade, estate, firm, list_entry, place_ancestor, project, tally};

/// What firms are sorted by. Those without a score or a service score come last in either
/// direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FirmOrder {
    /// How well they fit the query, the best first.
    Relevance,
    /// Their names, by pinyin.
    Name,
    /// The score by the primary scheme.
    Score,
    /// The residents' service score.
    Service,
}

/// Which firms.
#[derive(Debug, Clone)]
pub struct FirmQuery {
    /// Part of a name, pinyin, initials, a code; or of an estate's name.
    pub q: Option<Query>,
    /// Registered in this place or below, or running a project there now.
    pub place: Option<String>,
    /// Serving this estate now.
    pub estate: Option<String>,
    /// With this grade by the primary scheme.
    pub grade: Option<String>,
    /// On this list by the primary scheme.
    pub list: Option<ListKind>,
    /// The order.
    pub order: FirmOrder,
    /// The other way round.
    pub descending: bool,
}

/// Rows that a page's filter looks at in one statement.
const CHUNK: usize = 200;

/// uscc, sort key of the name, score, service score
type Row = (String, String, Option<i64>, Option<i64>);

/// Firms that are currently of a query. One macro and not a function, since the type of the joined
/// query has no short name.
macro_rules! filtered {
    ($query:expr, $today:expr) => {{
        let (query, today): (&FirmQuery, Col<NaiveDate>) = ($query, Col($today));
        let mut rows = firm::table
            .left_join(
                current_grade::table.on(current_grade::subject_kind
                    .eq(Col(SubjectKind::Firm))
                    .and(current_grade::subject_id.eq(firm::uscc))
                    .and(current_grade::is_primary.eq(true))),
            )
            .left_join(
                tally::table
                    .on(tally::subject_kind.eq(Col(SubjectKind::Firm)).and(tally::subject_id.eq(firm::uscc))),
            )
            .filter(firm::retired_on.is_null())
            .into_boxed();
        if let Some(place) = &query.place {
            let serving = project::table
                .inner_join(estate::table.on(estate::code.eq(project::estate)))
                .inner_join(place_ancestor::table.on(place_ancestor::place.eq(estate::place)))
                .filter(place_ancestor::ancestor.eq(place.clone()))
                .filter(project::uscc.is_not_null())
                .filter(project::retired_on.is_null())
                .filter(project::starts_on.le(today))
                .filter(project::ends_on.is_null().or(project::ends_on.ge(today)))
                .select(project::uscc);
            rows = rows.filter(
                firm::registered_place
                    .eq_any(at_or_below(place.clone()))
                    .or(firm::uscc.nullable().eq_any(serving)),
            );
        }
        if let Some(code) = &query.estate {
            let serving = project::table
                .filter(project::estate.eq(code.clone()))
                .filter(project::uscc.is_not_null())
                .filter(project::retired_on.is_null())
                .filter(project::starts_on.le(today))
                .filter(project::ends_on.is_null().or(project::ends_on.ge(today)))
                .select(project::uscc);
            rows = rows.filter(firm::uscc.nullable().eq_any(serving));
        }
        if let Some(grade) = &query.grade {
            rows = rows.filter(current_grade::grade.eq(grade.clone()));
        }
        if let Some(list) = query.list {
            let listed = list_entry::table
                .filter(list_entry::subject_kind.eq(Col(SubjectKind::Firm)))
                .filter(list_entry::subject_id.eq(firm::uscc))
                .filter(list_entry::scheme.nullable().eq(current_grade::scheme.nullable()))
                .filter(list_entry::list.eq(Col(list)))
                .filter(list_entry::ends_on.is_null().or(list_entry::ends_on.ge(today)));
            rows = rows.filter(diesel::dsl::exists(listed));
        }
        rows
    }};
}

macro_rules! columns {
    () => {
        (
            firm::uscc,
            firm::name_sort,
            current_grade::score_thousandths.nullable(),
            tally::service_score_ten_thousandths.nullable(),
        )
    };
}

/// The codes of the firms on a page, where the search alone knows them: the best of a query,
/// without any filter. `None` if the database is to be asked.
pub fn found(
    search: &Search,
    query: &FirmQuery,
    window: &Window,
    today: NaiveDate,
) -> Option<Listed<Arc<str>>> {
    let FirmQuery {
        q: Some(q),
        place: None,
        estate: None,
        grade: None,
        list: None,
        order: FirmOrder::Relevance,
        descending,
    } = query
    else {
        return None;
    };
    if window.count {
        return None;
    }
    let part = Part { after: window.after.as_ref(), descending: *descending, most: with_one_more(window) };
    Some(Listed::from_rows(search.firms(q, today, &part), window, Found::keys).map(|each| each.id))
}

/// Firms of a query.
pub fn list(
    conn: &mut Conn,
    search: &Search,
    query: &FirmQuery,
    window: &Window,
    context: &RequestContext,
) -> Result<Listed<FirmCardSummary>> {
    let today = context.today();
    let all = |q: &Query| search.firms(q, today, &Part::ALL);
    let total = if window.count { Some(count(conn, query, query.q.as_ref().map(all), today)?) } else { None };
    let page = match (&query.q, query.order) {
        (Some(q), FirmOrder::Relevance) => {
            let part = Part { after: window.after.as_ref(), descending: query.descending, ..Part::ALL };
            by_relevance(conn, query, &search.firms(q, today, &part), window, today)?
        }
        (q, _) => by_column(conn, query, q.as_ref().map(all), window, today)?,
    };
    let items = cards(conn, &page.items, context)?;
    Ok(Listed { items, next: page.next, total })
}

/// The item after the page's last tells that there is another page.
fn with_one_more(window: &Window) -> usize {
    usize::try_from(window.limit).unwrap_or(1) + 1
}

fn count(conn: &mut Conn, query: &FirmQuery, found: Option<Vec<Found>>, today: NaiveDate) -> Result<i64> {
    let mut rows = filtered!(query, today);
    if let Some(found) = found {
        rows = rows.filter(firm::uscc.eq_any(ids(&found)));
    }
    Ok(rows.count().get_result(conn)?)
}

fn ids(found: &[Found]) -> Vec<String> {
    found.iter().map(|each| each.id.to_string()).collect()
}

/// Walks those found, which are in their order, and asks the database in parts which of them fit
/// the rest of the query.
fn by_relevance(
    conn: &mut Conn,
    query: &FirmQuery,
    found: &[Found],
    window: &Window,
    today: NaiveDate,
) -> Result<Listed<String>> {
    let wanted = with_one_more(window);
    let mut page: Vec<&Found> = Vec::with_capacity(wanted);
    for part in found.chunks(CHUNK) {
        let fitting: Vec<String> =
            filtered!(query, today).filter(firm::uscc.eq_any(ids(part))).select(firm::uscc).load(conn)?;
        let fitting: HashSet<String> = fitting.into_iter().collect();
        page.extend(part.iter().filter(|each| fitting.contains(&*each.id)));
        if page.len() >= wanted {
            page.truncate(wanted);
            break;
        }
    }
    Ok(Listed::from_rows(page, window, |each| each.keys()).map(|each| each.id.to_string()))
}

fn by_column(
    conn: &mut Conn,
    query: &FirmQuery,
    found: Option<Vec<Found>>,
    window: &Window,
    today: NaiveDate,
) -> Result<Listed<String>> {
    let mut rows = filtered!(query, today).select(columns!()).limit(window.limit + 1);
    if let Some(found) = found {
        rows = rows.filter(firm::uscc.eq_any(ids(&found)));
    }
    let after = window.after.as_ref().map(|after| (after.get(0).to_owned(), after.get(1).to_owned()));
    // The value's direction changes, the tie's does not; what has no value comes last in either
    // direction.
    macro_rules! by_number {
        ($column:expr) => {{
            if let Some((value, uscc)) = after {
                rows = match (value.parse::<i64>(), query.descending) {
                    (Ok(value), false) => rows.filter(
                        $column
                            .gt(value)
                            .or($column.eq(value).and(firm::uscc.gt(uscc)))
                            .or($column.is_null()),
                    ),
                    (Ok(value), true) => rows.filter(
                        $column
                            .lt(value)
                            .or($column.eq(value).and(firm::uscc.gt(uscc)))
                            .or($column.is_null()),
                    ),
                    (Err(_), _) => rows.filter($column.is_null().and(firm::uscc.gt(uscc))),
                };
            }
            if query.descending {
                rows.order(($column.is_null().asc(), $column.desc(), firm::uscc.asc()))
            } else {
                rows.order(($column.is_null().asc(), $column.asc(), firm::uscc.asc()))
            }
        }};
    }
    let rows = match query.order {
        FirmOrder::Score => by_number!(current_grade::score_thousandths),
        FirmOrder::Service => by_number!(tally::service_score_ten_thousandths),
        FirmOrder::Name | FirmOrder::Relevance => {
            if let Some((name, uscc)) = after {
                let tie = firm::name_sort.eq(name.clone()).and(firm::uscc.gt(uscc));
                rows = if query.descending {
                    rows.filter(firm::name_sort.lt(name).or(tie))
                } else {
                    rows.filter(firm::name_sort.gt(name).or(tie))
                };
            }
            if query.descending {
                rows.order((firm::name_sort.desc(), firm::uscc.asc()))
            } else {
                rows.order((firm::name_sort.asc(), firm::uscc.asc()))
            }
        }
    };
    let rows: Vec<Row> = rows.load(conn)?;
    let page = Listed::from_rows(rows, window, |(uscc, name, score, service)| {
        let number = |number: &Option<i64>| number.map_or_else(String::new, |number| number.to_string());
        let value = match query.order {
            FirmOrder::Score => number(score),
            FirmOrder::Service => number(service),
            FirmOrder::Name | FirmOrder::Relevance => name.clone(),
        };
        Keys::of([&value, uscc])
    });
    Ok(page.map(|(uscc, ..)| uscc))
}
