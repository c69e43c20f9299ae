//! The list of places: searched, filtered, by code, page by page.

use diesel::prelude::*;
use xinwu_domain::page::{Keys, Listed, Window};
use xinwu_domain::place::{Place, PlaceLevel};
use xinwu_domain::search::Query;
use xinwu_store::{Col, Conn, Result};

use crate::lookup::search::{Part, Search};
use crate::registers::place::{Row, names_of, view};
use crate::schema::place;

/// Which places.
#[derive(Debug, Clone)]
pub struct PlaceQuery {
    /// Part of a name or an alias, pinyin, initials, or a code.
    pub q: Option<Query>,
    /// Of this level.
    pub level: Option<PlaceLevel>,
    /// Directly below this place.
    pub parent: Option<String>,
}

/// Places by code.
pub fn list(conn: &mut Conn, search: &Search, query: &PlaceQuery, window: &Window) -> Result<Listed<Place>> {
    let found: Option<Vec<String>> = query.q.as_ref().map(|q| {
        let found = search.places(q, &Part::ALL);
        found.iter().map(|each| each.id.to_string()).collect()
    });
    let filtered = || {
        let mut rows = place::table.filter(place::retired_on.is_null()).into_boxed();
        if let Some(level) = query.level {
            rows = rows.filter(place::level.eq(Col(level)));
        }
        if let Some(parent) = &query.parent {
            rows = rows.filter(place::parent.eq(parent.clone()));
        }
        if let Some(found) = &found {
            rows = rows.filter(place::code.eq_any(found.clone()));
        }
        rows
    };
    let mut rows = filtered().select(Row::as_select()).order(place::code).limit(window.limit + 1);
    if let Some(after) = &window.after {
        rows = rows.filter(place::code.gt(after.get(0).to_owned()));
    }
    let page = Listed::from_rows(rows.load(conn)?, window, |row: &Row| Keys::of([&row.code]));
    let total = if window.count { Some(filtered().count().get_result(conn)?) } else { None };
    let names = names_of(conn, page.items.iter().filter_map(|row| row.parent.clone()).collect())?;
    let mut items = Vec::with_capacity(page.items.len());
    for row in page.items {
        items.push(view(row, &names)?);
    }
    Ok(Listed { items, next: page.next, total })
}
