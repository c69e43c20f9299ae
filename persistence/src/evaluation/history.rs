//! The history of grades, the newest first.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use diesel::prelude::*;
use rust_decimal::Decimal;
use xinwu_domain::calendar::day_of;
use xinwu_domain::catalogue::{RecordKind, Word};
use xinwu_domain::credit::{CauseView, Graded, HistoryEntry, is_public_on};
use xinwu_domain::evaluation::Outcome;
use xinwu_domain::objection::ObjectKind;
use xinwu_domain::page::{Keys, Listed, Window};
use xinwu_domain::refusal::Refusal;
use xinwu_domain::subject::Subject;
use xinwu_domain::text::Text;

use super::{Sight, require};
use crate::objection::open_against;
use crate::schema::{evaluation, record};
use crate::{Conn, Result, StoreError, setting};

#[derive(Queryable, Selectable)]
#[diesel(table_name = evaluation)]
struct Row {
    id: String,
    scheme: String,
    scheme_version: i32,
    outcome: String,
    score_thousandths: Option<i64>,
    grade: Option<String>,
    previous_outcome: Option<String>,
    previous_score_thousandths: Option<i64>,
    previous_grade: Option<String>,
    cause_kind: String,
    cause_id: Option<String>,
    effective_from: NaiveDateTime,
}

/// A subject's changes of outcome, score or grade, the newest first; by one scheme where one is named. What a reason tells of a record is decided by
/// whether the record is public now.
///
/// # Errors
/// [`Refusal::NotFound`] for an unknown subject, and those of the database.
pub fn history(
    conn: &mut Conn,
    subject: &Subject,
    scheme: Option<&str>,
    sight: Sight,
    window: &Window,
    now: DateTime<Utc>,
) -> Result<Listed<HistoryEntry>> {
    require(conn, subject)?;
    let of_subject = || {
        let rows = evaluation::table
            .filter(evaluation::subject_kind.eq(subject.kind.as_str()))
            .filter(evaluation::subject_id.eq(subject.id.clone()))
            .into_boxed();
        match scheme {
            Some(scheme) => rows.filter(evaluation::scheme.eq(scheme.to_owned())),
            None => rows,
        }
    };
    let mut rows = of_subject()
        .select(Row::as_select())
        .order((evaluation::effective_from.desc(), evaluation::id.desc()))
        .limit(window.limit + 1);
    if let Some(after) = &window.after {
        let (at, id) = position(after)?;
        rows = rows.filter(
            evaluation::effective_from
                .lt(at)
                .or(evaluation::effective_from.eq(at).and(evaluation::id.lt(id))),
        );
    }
    let page = Listed::from_rows(rows.load(conn)?, window, |row: &Row| {
        Keys::of([&row.effective_from.and_utc().timestamp_micros().to_string(), &row.id])
    });
    let total = if window.count { Some(of_subject().count().get_result(conn)?) } else { None };
    let public = match sight {
        Sight::Full => None,
        Sight::Public => Some(public_records(conn, &page.items, now)?),
    };
    let ids: Vec<&str> = page.items.iter().map(|row| row.id.as_str()).collect();
    let disputed = open_against(conn, ObjectKind::Evaluation, &ids)?;
    let mut items = Vec::with_capacity(page.items.len());
    for row in page.items {
        let disputed = disputed.contains(&row.id);
        items.push(HistoryEntry { disputed, ..entry(row, public.as_ref())? });
    }
    Ok(Listed { items, next: page.next, total })
}

fn position(keys: &Keys) -> Result<(NaiveDateTime, String)> {
    let at = keys.get(0).parse().ok().and_then(DateTime::from_timestamp_micros);
    let bad = || {
        Refusal::bad_parameter("cursor", "bad_cursor", Text::new("游标无效", "The cursor is not one of ours"))
    };
    Ok((at.ok_or_else(bad)?.naive_utc(), keys.get(1).to_owned()))
}

/// Which of the records behind these rows are public now.
fn public_records(conn: &mut Conn, rows: &[Row], now: DateTime<Utc>) -> Result<HashMap<String, bool>> {
    let ids: Vec<&String> = rows
        .iter()
        .filter(|row| row.cause_kind == "record")
        .filter_map(|row| row.cause_id.as_ref())
        .collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let today = day_of(now, setting::city(conn)?.zone);
    let found: Vec<(String, String, Option<String>)> = record::table
        .filter(record::id.eq_any(ids))
        .filter(record::state.eq("in_force"))
        .filter(record::known_until.is_null().or(record::known_until.gt(now.naive_utc())))
        .select((record::id, record::kind, record::public_until))
        .load(conn)?;
    let shown = |(id, kind, until): (String, String, Option<String>)| {
        let kind = RecordKind::parse(&kind)?;
        let until = until.map(|day| day.parse::<NaiveDate>()).transpose().ok()?;
        Some((id, is_public_on(today, kind, until)))
    };
    Ok(found.into_iter().filter_map(shown).collect())
}

fn entry(row: Row, public: Option<&HashMap<String, bool>>) -> Result<HistoryEntry> {
    let is_hidden = row.cause_kind == "record"
        && public.is_some_and(|public| {
            !row.cause_id.as_ref().is_some_and(|id| public.get(id).copied().unwrap_or_default())
        });
    let cause =
        if is_hidden { CauseView::unpublished() } else { CauseView::of(&row.cause_kind, row.cause_id) };
    let previous = row
        .previous_outcome
        .as_deref()
        .map(|outcome| graded(outcome, row.previous_score_thousandths, row.previous_grade.clone()))
        .transpose()?;
    Ok(HistoryEntry {
        new: graded(&row.outcome, row.score_thousandths, row.grade)?,
        id: row.id,
        scheme: row.scheme,
        scheme_version: u32::try_from(row.scheme_version).unwrap_or_default(),
        previous,
        cause,
        disputed: false,
        effective_from: row.effective_from.and_utc(),
    })
}

fn graded(outcome: &str, score_thousandths: Option<i64>, grade: Option<String>) -> Result<Graded> {
    let outcome = Outcome::parse(outcome)
        .ok_or_else(|| StoreError::internal(format!("a stored outcome is {outcome}")))?;
    Ok(Graded { outcome, score: score_thousandths.map(|score| Decimal::new(score, 3)), grade })
}
