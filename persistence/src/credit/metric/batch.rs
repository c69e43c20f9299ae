//! Metrics of a file: staged as `submitted`, then confirmed or returned as one batch by another
//! official.

use std::collections::BTreeSet;

use chrono::NaiveDateTime;
use diesel::dsl::case_when;
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Timestamp};
use xinwu_domain::access::Warrant;
use xinwu_domain::context::RequestContext;
use xinwu_domain::kind::Kind;
use xinwu_domain::metric::{MetricKey, MetricState, MetricSubject, MetricSubjectKind, NewMetric, Reporter};
use xinwu_domain::proposal::own_work;
use xinwu_domain::refusal::Faults;
use xinwu_domain::subject::{Cause, CauseKind};
use xinwu_domain::text::Text;
use xinwu_store::{Col, Result, Tx};

use super::subject::{called, place_of};
use super::{Row, entry, find_in, next_version, note_public};
use crate::credit::record::Staged;
use crate::registers::place::{require_reach, require_visible};
use crate::registers::second_person::require_other_person;
use crate::schema::metric;

/// Stages one row of an import as a submitted metric.
///
/// # Errors
/// [`Refusal::Invalid`] for an unknown subject, a bad key or a period in the future,
/// [`Refusal::Forbidden`] outside the actor's place, [`Refusal::Conflict`] when another figure of
/// the same period waits for its confirmation.
pub fn stage(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    import_id: &str,
    new: &NewMetric,
    context: RequestContext,
) -> Result<Staged> {
    let mut faults = Faults::default();
    faults.keep(entry::check(tx, new, Reporter::Official, context))?;
    match place_of(tx.conn, &new.subject)? {
        Some(place) => require_reach(tx.conn, warrant, &place)?,
        None => {
            let text = Text::new("没有这个主体", "There is no such subject");
            faults.add("/subject", "unknown_subject", text);
        }
    }
    faults.refuse_if_any()?;
    let key = MetricKey { subject: new.subject.clone(), key: new.key.clone(), period: new.period };
    let version = next_version(tx.conn, &key)?;
    let row = Row::submitted(tx, new, (Reporter::Official, warrant.account_id()), version)?;
    let row = Row { import_id: Some(import_id.to_owned()), ..row };
    if let Some(current) = find_in(tx.conn, &key, MetricState::InForce)?.filter(|other| other.says_as(&row)) {
        return Ok(Staged::Unchanged(current.id));
    }
    match find_in(tx.conn, &key, MetricState::Submitted)? {
        Some(waiting) if waiting.says_as(&row) => return Ok(Staged::Unchanged(waiting.id)),
        Some(waiting) => return Err(entry::already_submitted(&waiting).into()),
        None => {}
    }
    diesel::insert_into(metric::table).values(&row).execute(tx.conn)?;
    Ok(Staged::Created(row.id))
}

/// Confirms every submitted metric of an import at once. Gives how many there were.
///
/// # Errors
/// [`Refusal::Forbidden`] without the power to confirm and for whoever brought the file,
/// [`Refusal::NotFound`] when a subject lies outside the actor's place.
pub fn confirm_batch(tx: &mut Tx<'_>, warrant: &Warrant, import_id: &str) -> Result<usize> {
    warrant.require_power_to_confirm()?;
    let subjects = require_all_visible(tx, warrant, import_id)?;
    let authors: BTreeSet<&String> = subjects.iter().map(|(_, _, author)| author).collect();
    require_other_person(tx.conn, warrant, authors, own_work)?;
    let now = tx.now_utc();
    let replaced = replaced(tx, import_id)?;
    for part in replaced.chunks(500) {
        let ids = part.iter().map(|(id, _)| id);
        diesel::update(metric::table.filter(metric::id.eq_any(ids)))
            .set((metric::state.eq(Col(MetricState::Superseded)), metric::known_until.eq(now)))
            .execute(tx.conn)?;
    }
    let waiting: Vec<(String, String)> = metric::table
        .filter(metric::import_id.eq(import_id))
        .filter(metric::state.eq(Col(MetricState::Submitted)))
        .select((metric::id, metric::metric_key))
        .load(tx.conn)?;
    let known_from = case_when(metric::known_from.is_null(), now.into_sql::<Nullable<Timestamp>>())
        .otherwise(metric::known_from);
    let count = diesel::update(metric::table)
        .filter(metric::import_id.eq(import_id))
        .filter(metric::state.eq(Col(MetricState::Submitted)))
        .set((
            metric::state.eq(Col(MetricState::InForce)),
            metric::known_from.eq(known_from),
            metric::decided_by.eq(warrant.account_id()),
            metric::version.eq(metric::version + 1),
        ))
        .execute(tx.conn)?;
    tx.audit(warrant, Kind::Import, import_id, &serde_json::json!({"metrics": count}))?;
    for (id, key) in replaced.iter().chain(&waiting) {
        note_public(tx, key, id);
    }
    for (subject, last, _) in subjects {
        let Some(graded) = subject.graded() else { continue };
        tx.changed(graded.kind.into(), &graded.id);
        tx.facts_changed(graded, Cause { kind: CauseKind::Metric, id: last });
    }
    Ok(count)
}

/// Sends every submitted metric of an import back. Gives how many there were.
///
/// # Errors
/// [`Refusal::Forbidden`] without the power to confirm, [`Refusal::NotFound`] when a subject lies
/// outside the actor's place.
pub fn return_batch(tx: &mut Tx<'_>, warrant: &Warrant, import_id: &str, reason: &str) -> Result<usize> {
    warrant.require_power_to_confirm()?;
    require_all_visible(tx, warrant, import_id)?;
    let count = withdraw_batch(tx, import_id)?;
    tx.audit(warrant, Kind::Import, import_id, &serde_json::json!({"reason": reason}))?;
    Ok(count)
}

/// Ends every submitted metric of an import that is not to count. Gives how many there were.
pub(crate) fn withdraw_batch(tx: &mut Tx<'_>, import_id: &str) -> Result<usize> {
    Ok(diesel::update(metric::table)
        .filter(metric::import_id.eq(import_id))
        .filter(metric::state.eq(Col(MetricState::Submitted)))
        .set((metric::state.eq(Col(MetricState::Withdrawn)), metric::known_from.eq(None::<NaiveDateTime>)))
        .execute(tx.conn)?)
}

/// Removes some of the metrics of an import that was refused or failed: nobody has seen them. Gives
/// whether there are more.
pub(crate) fn undo_batch(tx: &mut Tx<'_>, import_id: &str, most: i64) -> Result<bool> {
    let ids: Vec<String> =
        metric::table.filter(metric::import_id.eq(import_id)).select(metric::id).limit(most).load(tx.conn)?;
    diesel::delete(metric::table.filter(metric::id.eq_any(&ids))).execute(tx.conn)?;
    Ok(!ids.is_empty())
}

/// Every subject lies in the actor's place. Gives the subjects, each with the last of its metrics
/// and who brought them.
fn require_all_visible(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    import_id: &str,
) -> Result<Vec<(MetricSubject, Option<String>, String)>> {
    type Found = (Col<MetricSubjectKind>, String, Option<String>, String);
    let found: Vec<Found> = metric::table
        .filter(metric::import_id.eq(import_id))
        .filter(metric::state.eq(Col(MetricState::Submitted)))
        .group_by((metric::subject_kind, metric::subject_id, metric::by_account))
        .order((metric::subject_kind, metric::subject_id))
        .select((metric::subject_kind, metric::subject_id, diesel::dsl::max(metric::id), metric::by_account))
        .load(tx.conn)?;
    let mut subjects = Vec::with_capacity(found.len());
    for (kind, id, last, author) in found {
        subjects.push((MetricSubject::new(kind.0, id), last, author));
    }
    let all: Vec<MetricSubject> = subjects.iter().map(|(subject, ..)| subject.clone()).collect();
    let places: BTreeSet<String> =
        called(tx.conn, &all)?.into_values().filter_map(|called| called.place).collect();
    for place in places {
        require_visible(tx.conn, warrant, &place, Kind::Import)?;
    }
    Ok(subjects)
}

/// The metrics in force whose place those of an import take, each with its key.
fn replaced(tx: &mut Tx<'_>, import_id: &str) -> Result<Vec<(String, String)>> {
    let current = diesel::alias!(metric as current);
    Ok(metric::table
        .inner_join(
            current.on(current
                .field(metric::subject_kind)
                .eq(metric::subject_kind)
                .and(current.field(metric::subject_id).eq(metric::subject_id))
                .and(current.field(metric::metric_key).eq(metric::metric_key))
                .and(current.field(metric::period).eq(metric::period))),
        )
        .filter(metric::import_id.eq(import_id))
        .filter(metric::state.eq(Col(MetricState::Submitted)))
        .filter(current.field(metric::state).eq(Col(MetricState::InForce)))
        .select((current.field(metric::id), metric::metric_key))
        .load(tx.conn)?)
}
