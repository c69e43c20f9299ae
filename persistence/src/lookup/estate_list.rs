//! The list of estates: searched, filtered, sorted, page by page.

use diesel::prelude::*;
use xinwu_domain::context::RequestContext;
use xinwu_domain::estate::{EstateKind, EstateSummary};
use xinwu_domain::page::{Keys, Listed, Window};
use xinwu_domain::place::NamedPlace;
use xinwu_domain::search::Query;
use xinwu_store::{Col, Conn, Result};

use crate::lookup::search::{Found, Part, Search};
use crate::registers::estate::Row;
use crate::registers::place::{self, at_or_below, from_json};
use crate::registers::project;
use crate::schema::estate;

/// What estates are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EstateOrder {
    /// How well they fit the query, the best first.
    Relevance,
    /// Their names, by pinyin.
    Name,
}

/// Which estates.
#[derive(Debug, Clone)]
pub struct EstateQuery {
    /// Part of a name or an alias, pinyin, initials, or a code.
    pub q: Option<Query>,
    /// In this place or below.
    pub place: Option<String>,
    /// Of this kind.
    pub kind: Option<EstateKind>,
    /// The order.
    pub order: EstateOrder,
    /// The other way round.
    pub descending: bool,
}

/// Rows that a page's filter looks at in one statement.
const CHUNK: usize = 200;

/// Estates of a query.
pub fn list(
    conn: &mut Conn,
    search: &Search,
    query: &EstateQuery,
    window: &Window,
    context: &RequestContext,
) -> Result<Listed<EstateSummary>> {
    let filtered = |ids: Option<Vec<String>>| {
        let mut rows = estate::table.filter(estate::retired_on.is_null()).into_boxed();
        if let Some(place) = &query.place {
            rows = rows.filter(estate::place.eq_any(at_or_below(place.clone())));
        }
        if let Some(kind) = query.kind {
            rows = rows.filter(estate::kind.eq(Col(kind)));
        }
        if let Some(ids) = ids {
            rows = rows.filter(estate::code.eq_any(ids));
        }
        rows
    };
    let ids = |found: &[Found]| found.iter().map(|each| each.id.to_string()).collect::<Vec<String>>();
    let all = || query.q.as_ref().map(|q| ids(&search.estates(q, &Part::ALL)));
    let total = if window.count { Some(filtered(all()).count().get_result(conn)?) } else { None };
    let page: Listed<Row> = match (&query.q, query.order) {
        (Some(q), EstateOrder::Relevance) => {
            let wanted = usize::try_from(window.limit).unwrap_or(1) + 1;
            // Without a filter the first are those on the page.
            let most = if query.place.is_none() && query.kind.is_none() { wanted } else { Part::ALL.most };
            let part = Part { after: window.after.as_ref(), descending: query.descending, most };
            let mut page: Vec<(Found, Row)> = Vec::with_capacity(wanted);
            for part in search.estates(q, &part).chunks(CHUNK) {
                let rows: Vec<Row> = filtered(Some(ids(part))).select(Row::as_select()).load(conn)?;
                let mut rows: std::collections::HashMap<String, Row> =
                    rows.into_iter().map(|row| (row.code.clone(), row)).collect();
                page.extend(part.iter().filter_map(|each| Some((each.clone(), rows.remove(&*each.id)?))));
                if page.len() >= wanted {
                    page.truncate(wanted);
                    break;
                }
            }
            Listed::from_rows(page, window, |(each, _)| each.keys()).map(|(_, row)| row)
        }
        _ => {
            let mut rows = filtered(all()).select(Row::as_select()).limit(window.limit + 1);
            if let Some(after) = &window.after {
                let (name, code) = (after.get(0).to_owned(), after.get(1).to_owned());
                let tie = estate::name_sort.eq(name.clone()).and(estate::code.gt(code));
                rows = if query.descending {
                    rows.filter(estate::name_sort.lt(name).or(tie))
                } else {
                    rows.filter(estate::name_sort.gt(name).or(tie))
                };
            }
            let rows = if query.descending {
                rows.order((estate::name_sort.desc(), estate::code.asc()))
            } else {
                rows.order((estate::name_sort.asc(), estate::code.asc()))
            };
            Listed::from_rows(rows.load(conn)?, window, |row: &Row| Keys::of([&row.name_sort, &row.code]))
        }
    };
    let codes: Vec<String> = page.items.iter().map(|row| row.code.clone()).collect();
    let mut projects = project::current_of_estates(conn, &codes, context.today())?;
    let names = place::names_of(conn, page.items.iter().map(|row| row.place.clone()).collect())?;
    let mut items = Vec::with_capacity(page.items.len());
    for row in page.items {
        let name = names.get(&row.place).cloned().unwrap_or_default();
        items.push(EstateSummary {
            kind: row.kind.0,
            aliases: from_json(&row.aliases)?,
            project: projects.remove(&row.code),
            code: row.code,
            name: row.name,
            place: NamedPlace { code: row.place, name },
            address: row.address,
            households: row.households,
            demo: row.demo,
        });
    }
    Ok(Listed { items, next: page.next, total })
}
