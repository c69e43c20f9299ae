//! Metrics: reported figures. They come by imports only: staged as `submitted`, then confirmed or
//! returned as one batch by another official.

mod undo;

use std::collections::BTreeSet;

use chrono::NaiveDateTime;
use diesel::dsl::case_when;
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Timestamp};
use xinwu_domain::access::Warrant;
use xinwu_domain::assessment::{RevisionState, counts_from, require_begun};
use xinwu_domain::calendar::Period;
use xinwu_domain::context::RequestContext;
use xinwu_domain::kind::Kind;
use xinwu_domain::metric::{MetricView, NewMetric, check_key};
use xinwu_domain::proposal::own_work;
use xinwu_domain::refusal::{Faults, Refusal};
use xinwu_domain::subject::{Cause, CauseKind, Subject, SubjectKind};
use xinwu_domain::text::Text;
use xinwu_domain::thousandths::Thousandths;
use xinwu_domain::word::Word;
use xinwu_store::{Col, Conn, Result, Tx};

use crate::credit::record::Staged;
use crate::registers::place::{require_reach, require_visible};
use crate::registers::second_person::require_other_person;
use crate::schema::{estate, firm, manager, metric, project};

pub(crate) use undo::revoke_batch;

/// Metrics in one firm's own dossier at the most: the latest.
const LONGEST_DOSSIER: i64 = 2_000;

#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = metric)]
// Several go into one statement.
#[diesel(treat_none_as_default_value = false)]
struct Row {
    id: String,
    subject_kind: Col<SubjectKind>,
    subject_id: String,
    metric_key: String,
    period: Col<Period>,
    value_thousandths: i64,
    source: String,
    state: Col<RevisionState>,
    by_account: String,
    known_from: Option<NaiveDateTime>,
    known_until: Option<NaiveDateTime>,
    import_id: Option<String>,
    version: i64,
}

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
    faults.keep(check_key(&new.key))?;
    faults.keep(require_begun(new.period, tx.now, context.zone()))?;
    match subject_place(tx.conn, &new.subject)? {
        Some(place) => require_reach(tx.conn, warrant, &place)?,
        None => {
            let text = Text::new("没有这个主体", "There is no such subject");
            faults.add("/subject", "unknown_subject", text);
        }
    }
    faults.refuse_if_any()?;
    let row = Row {
        id: tx.random.id(),
        subject_kind: Col(new.subject.kind),
        subject_id: new.subject.id.clone(),
        metric_key: new.key.clone(),
        period: Col(new.period),
        value_thousandths: new.value.stored(),
        source: new.source.clone(),
        state: Col(RevisionState::Submitted),
        by_account: warrant.account_id().to_owned(),
        known_from: new.known_from.map(|at| at.naive_utc()),
        known_until: None,
        import_id: Some(import_id.to_owned()),
        version: 1,
    };
    let same = |other: &Row| (other.value_thousandths, &other.source) == (row.value_thousandths, &row.source);
    if let Some(current) = find(tx.conn, &row, RevisionState::InForce)?.filter(same) {
        return Ok(Staged::Unchanged(current.id));
    }
    match find(tx.conn, &row, RevisionState::Submitted)? {
        Some(waiting) if same(&waiting) => return Ok(Staged::Unchanged(waiting.id)),
        Some(_) => {
            return Err(Refusal::conflict(
                "already_submitted",
                Text::new(
                    "该主体该周期的这一指标已有待确认的数值",
                    "Another figure of this subject and period waits for its confirmation",
                ),
            )
            .into());
        }
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
    for part in replaced(tx, import_id)?.chunks(500) {
        diesel::update(metric::table.filter(metric::id.eq_any(part)))
            .set((metric::state.eq(Col(RevisionState::Superseded)), metric::known_until.eq(now)))
            .execute(tx.conn)?;
    }
    let known_from = case_when(metric::known_from.is_null(), now.into_sql::<Nullable<Timestamp>>())
        .otherwise(metric::known_from);
    let count = diesel::update(metric::table)
        .filter(metric::import_id.eq(import_id))
        .filter(metric::state.eq(Col(RevisionState::Submitted)))
        .set((
            metric::state.eq(Col(RevisionState::InForce)),
            metric::known_from.eq(known_from),
            metric::version.eq(metric::version + 1),
        ))
        .execute(tx.conn)?;
    tx.audit(warrant, Kind::Import, import_id, &serde_json::json!({"metrics": count}))?;
    for (subject, last, _) in subjects {
        tx.changed(subject.kind.into(), &subject.id);
        tx.facts_changed(subject, Cause { kind: CauseKind::Metric, id: last });
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
        .filter(metric::state.eq(Col(RevisionState::Submitted)))
        .set((metric::state.eq(Col(RevisionState::Withdrawn)), metric::known_from.eq(None::<NaiveDateTime>)))
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

/// The metrics in force of a firm and of its projects, the latest period first.
pub fn own_dossier(conn: &mut Conn, uscc: &str) -> Result<Vec<MetricView>> {
    let projects: Vec<String> = project::table
        .filter(project::uscc.eq(uscc))
        .filter(project::retired_on.is_null())
        .select(project::id)
        .load(conn)?;
    let mut rows: Vec<Row> = in_force_of(conn, SubjectKind::Firm, &[uscc.to_owned()])?;
    for part in projects.chunks(500) {
        rows.extend(in_force_of(conn, SubjectKind::Project, part)?);
    }
    let key = |row: &Row| {
        let Row { period, metric_key, subject_kind, subject_id, .. } = row.clone();
        (std::cmp::Reverse(period.0.to_string()), metric_key, subject_kind.0.into_str(), subject_id)
    };
    rows.sort_by_cached_key(key);
    rows.truncate(usize::try_from(LONGEST_DOSSIER).unwrap_or(usize::MAX));
    Ok(rows.into_iter().map(view).collect())
}

fn in_force_of(conn: &mut Conn, kind: SubjectKind, ids: &[String]) -> Result<Vec<Row>> {
    Ok(metric::table
        .filter(metric::subject_kind.eq(Col(kind)))
        .filter(metric::subject_id.eq_any(ids))
        .filter(metric::state.eq(Col(RevisionState::InForce)))
        .order((metric::period.desc(), metric::id))
        .limit(LONGEST_DOSSIER)
        .select(Row::as_select())
        .load(conn)?)
}

/// The row of the same subject, key and period in `state`.
fn find(conn: &mut Conn, like: &Row, state: RevisionState) -> Result<Option<Row>> {
    Ok(metric::table
        .filter(metric::subject_kind.eq(like.subject_kind))
        .filter(metric::subject_id.eq(&like.subject_id))
        .filter(metric::metric_key.eq(&like.metric_key))
        .filter(metric::period.eq(like.period))
        .filter(metric::state.eq(Col(state)))
        .select(Row::as_select())
        .first(conn)
        .optional()?)
}

/// Every subject lies in the actor's place. Gives the subjects, each with the last of its metrics
/// and who brought them.
fn require_all_visible(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    import_id: &str,
) -> Result<Vec<(Subject, Option<String>, String)>> {
    type Found = (Col<SubjectKind>, String, Option<String>, String);
    let found: Vec<Found> = metric::table
        .filter(metric::import_id.eq(import_id))
        .filter(metric::state.eq(Col(RevisionState::Submitted)))
        .group_by((metric::subject_kind, metric::subject_id, metric::by_account))
        .order((metric::subject_kind, metric::subject_id))
        .select((metric::subject_kind, metric::subject_id, diesel::dsl::max(metric::id), metric::by_account))
        .load(tx.conn)?;
    let mut subjects = Vec::with_capacity(found.len());
    let mut places = BTreeSet::new();
    for (kind, id, last, author) in found {
        let subject = Subject { kind: kind.0, id };
        places.extend(subject_place(tx.conn, &subject)?);
        subjects.push((subject, last, author));
    }
    for place in places {
        require_visible(tx.conn, warrant, &place, Kind::Import)?;
    }
    Ok(subjects)
}

/// The metrics in force whose place those of an import take.
fn replaced(tx: &mut Tx<'_>, import_id: &str) -> Result<Vec<String>> {
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
        .filter(metric::state.eq(Col(RevisionState::Submitted)))
        .filter(current.field(metric::state).eq(Col(RevisionState::InForce)))
        .select(current.field(metric::id))
        .load(tx.conn)?)
}

/// The place by which a subject is reached: a firm's seat, a project's estate's, a manager's
/// firm's. None for an unknown subject.
fn subject_place(conn: &mut Conn, subject: &Subject) -> Result<Option<String>> {
    Ok(match subject.kind {
        SubjectKind::Firm => {
            firm::table.find(&subject.id).select(firm::registered_place).first(conn).optional()?
        }
        SubjectKind::Project => project::table
            .inner_join(estate::table.on(estate::code.eq(project::estate)))
            .filter(project::id.eq(&subject.id))
            .select(estate::place)
            .first(conn)
            .optional()?,
        SubjectKind::Manager => manager::table
            .inner_join(firm::table.on(manager::uscc.eq(firm::uscc.nullable())))
            .filter(manager::id.eq(&subject.id))
            .select(firm::registered_place)
            .first(conn)
            .optional()?,
    })
}

fn view(row: Row) -> MetricView {
    MetricView {
        subject_kind: row.subject_kind.0,
        subject: row.subject_id,
        key: row.metric_key,
        period: row.period.0,
        value: Thousandths::from_stored(row.value_thousandths),
        source: row.source,
        counts_from: counts_from(row.period.0),
        known_from: row.known_from.map(|at| at.and_utc()),
    }
}
