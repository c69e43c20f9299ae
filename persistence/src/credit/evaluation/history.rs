//! The history of grades, the newest first.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use diesel::prelude::*;
use rust_decimal::Decimal;
use xinwu_domain::calendar::day_of;
use xinwu_domain::catalogue::RecordKind;
use xinwu_domain::credit::{CauseView, Graded, HistoryEntry, HistoryEvent};
use xinwu_domain::evaluation::{Announcement, Outcome};
use xinwu_domain::objection::ObjectKind;
use xinwu_domain::page::{Keys, Listed, Window};
use xinwu_domain::record::RecordState;
use xinwu_domain::refusal::Refusal;
use xinwu_domain::subject::{Cause, CauseKind, Subject, SubjectKind};
use xinwu_domain::text::Text;
use xinwu_domain::word::Word;
use xinwu_store::{Col, Conn, Result, StoreError, hot};

use super::{Visibility, require};
use crate::city;
use crate::credit::objection::open_against;
use crate::credit::record::Publicity;
use crate::schema::{evaluation, record};

#[derive(Queryable, Selectable)]
#[diesel(table_name = evaluation)]
struct Row {
    id: String,
    scheme: String,
    scheme_version: i32,
    outcome: Col<Outcome>,
    score_thousandths: Option<i64>,
    grade: Option<String>,
    previous_outcome: Option<Col<Outcome>>,
    previous_score_thousandths: Option<i64>,
    previous_grade: Option<String>,
    cause_kind: String,
    cause_id: Option<String>,
    effective_from: NaiveDateTime,
    event: Col<HistoryEvent>,
    takes_effect_at: Option<NaiveDateTime>,
}

/// The record behind an entry, where the asker may see it.
struct Behind {
    category: Text,
    title: String,
}

/// Which part of a history.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HistoryQuery {
    /// Only by this scheme.
    pub scheme: Option<String>,
    /// Only what was published at this instant or later.
    pub from: Option<DateTime<Utc>>,
    /// Only what was published by this instant.
    pub until: Option<DateTime<Utc>>,
}

/// A subject's changes of outcome, score or grade, the newest first. What a reason tells of a
/// record is decided by whether the record is public now.
///
/// # Errors
/// [`Refusal::NotFound`] for an unknown subject.
pub fn history(
    conn: &mut Conn,
    subject: &Subject,
    query: &HistoryQuery,
    visibility: Visibility,
    window: &Window,
    now: DateTime<Utc>,
) -> Result<Listed<HistoryEntry>> {
    require(conn, subject)?;
    let of_subject = || {
        let mut rows = evaluation::table
            .filter(evaluation::subject_kind.eq(Col(subject.kind)))
            .filter(evaluation::subject_id.eq(subject.id.clone()))
            .into_boxed();
        if let Some(scheme) = &query.scheme {
            rows = rows.filter(evaluation::scheme.eq(scheme.clone()));
        }
        if let Some(from) = query.from {
            rows = rows.filter(evaluation::effective_from.ge(from.naive_utc()));
        }
        if let Some(until) = query.until {
            rows = rows.filter(evaluation::effective_from.le(until.naive_utc()));
        }
        rows
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
    let records = seen_records(conn, &page.items, visibility, now)?;
    let ids: Vec<&str> = page.items.iter().map(|row| row.id.as_str()).collect();
    let disputed = open_against(conn, ObjectKind::Evaluation, &ids)?;
    let mut items = Vec::with_capacity(page.items.len());
    for row in page.items {
        let disputed = disputed.contains(&row.id);
        items.push(HistoryEntry { disputed, ..entry(row, &records, visibility) });
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

/// The records behind these rows that the asker may see: all, or those that are public now.
fn seen_records(
    conn: &mut Conn,
    rows: &[Row],
    visibility: Visibility,
    now: DateTime<Utc>,
) -> Result<HashMap<String, Behind>> {
    let ids: Vec<&String> = rows
        .iter()
        .filter(|row| row.cause_kind == CauseKind::Record.into_str())
        .filter_map(|row| row.cause_id.as_ref())
        .collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let today = day_of(now, city::city(conn)?.zone);
    type Found = (
        String,
        Col<RecordKind>,
        Col<RecordState>,
        Option<NaiveDateTime>,
        Option<NaiveDateTime>,
        Option<Col<NaiveDate>>,
        (String, String),
    );
    let found: Vec<Found> = record::table
        .filter(record::id.eq_any(ids))
        .select((
            record::id,
            record::kind,
            record::state,
            record::known_from,
            record::known_until,
            record::public_until,
            (record::category, record::title),
        ))
        .load(conn)?;
    let catalogue = crate::credit::scheme::catalogue()?;
    let mut seen = HashMap::new();
    for (id, kind, state, known_from, known_until, until, (category, title)) in found {
        let publicity = Publicity::read(kind, state, (known_from, known_until), until);
        if visibility == Visibility::Public && !publicity.is_public(now, today) {
            continue;
        }
        // A category may have left the catalogue since.
        let name = catalogue
            .get(&category)
            .map_or_else(|| Text::new(category.clone(), category.clone()), |known| known.name.clone());
        seen.insert(id, Behind { category: name, title });
    }
    Ok(seen)
}

fn entry(row: Row, records: &HashMap<String, Behind>, visibility: Visibility) -> HistoryEntry {
    let behind = row.cause_id.as_ref().and_then(|id| records.get(id));
    let cause = match (row.cause_kind.parse::<CauseKind>().ok(), row.cause_id, behind) {
        (Some(CauseKind::Record), Some(id), Some(behind)) => {
            CauseView::of_record(id, &behind.category, &behind.title)
        }
        (Some(CauseKind::Record), ..) if visibility == Visibility::Public => CauseView::unpublished(),
        (Some(kind), id, _) => CauseView::of(Cause { kind, id }),
        // A newer program wrote it.
        (None, ..) => CauseView::unpublished(),
    };
    let Col(event) = row.event;
    HistoryEntry {
        new: graded(row.outcome, row.score_thousandths, row.grade),
        id: row.id,
        scheme: row.scheme,
        scheme_version: u32::try_from(row.scheme_version).unwrap_or_default(),
        previous: row
            .previous_outcome
            .map(|outcome| graded(outcome, row.previous_score_thousandths, row.previous_grade)),
        cause,
        disputed: false,
        effective_from: row.takes_effect_at.unwrap_or(row.effective_from).and_utc(),
        event,
        announced_at: (event == HistoryEvent::Announced).then(|| row.effective_from.and_utc()),
    }
}

fn graded(Col(outcome): Col<Outcome>, score_thousandths: Option<i64>, grade: Option<String>) -> Graded {
    Graded { outcome, score: score_thousandths.map(|score| Decimal::new(score, 3)), grade }
}

/// Whether a subject was ever graded by a scheme.
pub(super) fn knows(conn: &mut Conn, subject: &Subject, scheme: &str) -> Result<bool> {
    let own = evaluation::table
        .filter(evaluation::subject_kind.eq(Col(subject.kind)))
        .filter(evaluation::subject_id.eq(&subject.id))
        .filter(evaluation::scheme.eq(scheme));
    Ok(diesel::select(diesel::dsl::exists(own)).get_result(conn)?)
}

/// By which schemes each of some subjects was ever graded: pairs of subject and scheme.
pub(super) fn graded_by(
    conn: &mut Conn,
    kind: SubjectKind,
    ids: &[String],
) -> Result<HashSet<(String, String)>> {
    let pairs: Vec<(String, String)> = evaluation::table
        .filter(evaluation::subject_kind.eq(Col(kind)))
        .filter(evaluation::subject_id.eq_any(ids))
        .select((evaluation::subject_id, evaluation::scheme))
        .distinct()
        .load(conn)?;
    Ok(pairs.into_iter().collect())
}

/// The grades that were ever announced of a subject, as facts of its dossier.
pub(super) fn announcements(conn: &mut Conn, subject: &Subject) -> Result<Vec<Announcement>> {
    let rows: Vec<AnnouncedRow> = hot!(conn, evaluation::table
        .filter(evaluation::subject_kind.eq(Col(subject.kind)))
        .filter(evaluation::subject_id.eq(&subject.id))
        .filter(evaluation::event.eq(Col(HistoryEvent::Announced)))
        .order((evaluation::scheme, evaluation::sequence))
        .select(AnnouncedRow::as_select()) => load)?;
    let fact = |row: AnnouncedRow| {
        let whole = row.previous_outcome.zip(row.grade).zip(row.takes_effect_at);
        let ((Col(outcome), announced_grade), effective_from) =
            whole.ok_or_else(|| StoreError::internal("a stored announcement is not whole"))?;
        Ok(Announcement {
            scheme: row.scheme,
            outcome,
            score: row.previous_score_thousandths.map(|score| Decimal::new(score, 3)),
            grade: row.previous_grade,
            announced_score: row.score_thousandths.map(|score| Decimal::new(score, 3)),
            announced_grade,
            announced_at: row.effective_from.and_utc(),
            effective_from: effective_from.and_utc(),
            ended_at: row.ended_at.map(|ended| ended.and_utc()),
        })
    };
    rows.into_iter().map(fact).collect()
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = evaluation)]
struct AnnouncedRow {
    scheme: String,
    score_thousandths: Option<i64>,
    grade: Option<String>,
    previous_outcome: Option<Col<Outcome>>,
    previous_score_thousandths: Option<i64>,
    previous_grade: Option<String>,
    effective_from: NaiveDateTime,
    takes_effect_at: Option<NaiveDateTime>,
    ended_at: Option<NaiveDateTime>,
}
