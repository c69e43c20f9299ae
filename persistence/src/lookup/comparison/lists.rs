//! The red and the black list of a place's firms.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use xinwu_domain::comparison;
use xinwu_domain::context::RequestContext;
use xinwu_domain::page::{Keys, Listed, Window};
use xinwu_domain::scheme::ListKind;
use xinwu_domain::subject::SubjectKind;
use xinwu_domain::text::Language;
use xinwu_store::{Col, Conn, Result, StoreError};

use super::{firms_of, place_or_city, summaries};
use crate::schema::{current_grade, list_entry};

#[derive(Queryable)]
struct Row {
    uscc: String,
    scheme: String,
    listed_at: NaiveDateTime,
    ends_on: Option<Col<NaiveDate>>,
    reason_zh: String,
    reason_en: String,
}

impl Row {
    /// The latest first: what sorts before is smaller.
    fn keys(&self) -> (i64, &str) {
        (-self.listed_at.and_utc().timestamp_micros(), &self.uscc)
    }
}

/// One page of a list by the primary scheme, the latest entries first.
///
/// # Errors
/// A bad parameter for an unknown place.
pub fn list(
    conn: &mut Conn,
    kind: ListKind,
    place: Option<&str>,
    context: &RequestContext,
    window: &Window,
) -> Result<Listed<comparison::Listed>> {
    let place = place_or_city(conn, place)?;
    let today = context.today();
    let members = firms_of(conn, &place.code, today)?;
    let mut rows: Vec<Row> = list_entry::table
        .inner_join(
            current_grade::table.on(current_grade::subject_kind
                .eq(list_entry::subject_kind)
                .and(current_grade::subject_id.eq(list_entry::subject_id))
                .and(current_grade::scheme.eq(list_entry::scheme))),
        )
        .filter(list_entry::list.eq(Col(kind)))
        .filter(list_entry::subject_kind.eq(Col(SubjectKind::Firm)))
        .filter(current_grade::is_primary.eq(true))
        .filter(list_entry::ends_on.is_null().or(list_entry::ends_on.ge(Col(today))))
        .select((
            list_entry::subject_id,
            list_entry::scheme,
            list_entry::listed_at,
            list_entry::ends_on,
            list_entry::reason_zh,
            list_entry::reason_en,
        ))
        .load(conn)?;
    rows.retain(|row| members.contains(&row.uscc));
    rows.sort_by(|one, other| one.keys().cmp(&other.keys()));
    let total = window.count.then(|| i64::try_from(rows.len()).unwrap_or(i64::MAX));
    if let Some(after) = &window.after {
        let last = (after.get(0).parse::<i64>().unwrap_or(i64::MAX), after.get(1));
        rows.retain(|row| row.keys() > last);
    }
    let page = Listed::from_rows(rows, window, |row: &Row| {
        let (time, uscc) = row.keys();
        Keys::of([&time.to_string(), uscc])
    });
    let codes: Vec<String> = page.items.iter().map(|row| row.uscc.clone()).collect();
    let mut cards = summaries(conn, &codes, context)?;
    let mut items = Vec::with_capacity(page.items.len());
    for row in page.items {
        let firm =
            cards.remove(&row.uscc).ok_or_else(|| StoreError::internal("a listed firm has no card"))?;
        items.push(comparison::Listed {
            list: kind,
            scheme: row.scheme,
            listed_at: row.listed_at.and_utc(),
            until: row.ends_on.map(|day| day.0),
            reason: match context.language {
                Language::Chinese => row.reason_zh,
                Language::English => row.reason_en,
            },
            firm,
        });
    }
    Ok(Listed { items, next: page.next, total })
}
