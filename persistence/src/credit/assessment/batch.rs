//! Assessments of an import: staged as `submitted`, then confirmed or returned as one batch by
//! another official.

use std::collections::BTreeSet;

use diesel::dsl::case_when;
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Timestamp};
use xinwu_domain::access::Warrant;
use xinwu_domain::assessment::RevisionState;
use xinwu_domain::context::RequestContext;
use xinwu_domain::entity::Entity;
use xinwu_domain::import::AssessmentRow;
use xinwu_domain::kind::Kind;
use xinwu_domain::proposal::same_official;
use xinwu_domain::refusal::Refusal;
use xinwu_domain::subject::{Cause, CauseKind, Subject};
use xinwu_domain::text::Text;
use xinwu_store::{Col, Result, Tx};

use super::{Row, check, find_in, require_reason_once_closed, row, same};
use crate::credit::record::Staged;
use crate::registers::place::require_visible;
use crate::registers::second_person::require_other_person;
use crate::schema::{assessment, estate, project};

/// Stages one row of an import as a submitted assessment.
///
/// # Errors
/// [`Refusal::Conflict`] when another import's assessment of the same period waits for its
/// confirmation, and as [`put`](super::put).
pub fn stage(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    import_id: &str,
    AssessmentRow { key, new, known_from }: &AssessmentRow,
    context: RequestContext,
) -> Result<Staged> {
    check(tx, warrant, key, new, context)?;
    let current = find_in(tx.conn, key, RevisionState::InForce)?;
    let revision = current.as_ref().map_or(0, |current| current.revision) + 1;
    let row = Row {
        state: Col(RevisionState::Submitted),
        known_from: known_from.map(|at| at.naive_utc()),
        import_id: Some(import_id.to_owned()),
        ..row(tx, warrant, key, new, revision)?
    };
    if let Some(current) = current.filter(|current| same(current, &row)) {
        return Ok(Staged::Unchanged(current.id));
    }
    match find_in(tx.conn, key, RevisionState::Submitted)? {
        Some(waiting) if same(&waiting, &row) => return Ok(Staged::Unchanged(waiting.id)),
        Some(_) => {
            return Err(Refusal::conflict(
                "already_submitted",
                Text::new(
                    "该项目该周期已有待确认的评价",
                    "Another assessment of this project and period waits for its confirmation",
                ),
            )
            .into());
        }
        None => {}
    }
    // A founding import brings the assessments of years before there was this system.
    if known_from.is_none() {
        require_reason_once_closed(tx, key.period, new, context)?;
    }
    diesel::insert_into(assessment::table).values(&row).execute(tx.conn)?;
    tx.changed(Entity::Assessment, &row.id);
    Ok(Staged::Created(row.id))
}

/// Confirms every submitted assessment of an import at once. Gives how many there were.
///
/// # Errors
/// [`Refusal::Forbidden`] without the power to confirm and for whoever brought the file,
/// [`Refusal::NotFound`] when a project lies outside the actor's place.
pub fn confirm_batch(tx: &mut Tx<'_>, warrant: &Warrant, import_id: &str) -> Result<usize> {
    warrant.require_power_to_confirm()?;
    let authors = require_all_visible(tx, warrant, import_id)?;
    require_other_person(tx.conn, warrant, &authors, same_official)?;
    let now = tx.now_utc();
    let replaced = replaced(tx, import_id)?;
    for part in replaced.chunks(500) {
        diesel::update(
            assessment::table.filter(assessment::id.eq_any(part.iter().map(|each| &each.current))),
        )
        .set((
            assessment::state.eq(Col(RevisionState::Superseded)),
            assessment::known_until.eq(now),
            assessment::updated_at.eq(now),
        ))
        .execute(tx.conn)?;
    }
    // Counted again: some may have been replaced since they were submitted.
    for late in replaced.iter().filter(|each| each.revision <= each.current_revision) {
        diesel::update(assessment::table.find(&late.id))
            .set((
                assessment::revision.eq(late.current_revision + 1),
                assessment::version.eq(i64::from(late.current_revision) + 1),
            ))
            .execute(tx.conn)?;
    }
    let ids: Vec<String> = assessment::table
        .filter(assessment::import_id.eq(import_id))
        .filter(assessment::state.eq(Col(RevisionState::Submitted)))
        .order(assessment::id)
        .select(assessment::id)
        .load(tx.conn)?;
    for id in replaced.iter().map(|each| &each.current).chain(&ids) {
        tx.changed(Entity::Assessment, id);
    }
    let projects = projects(tx, import_id)?;
    let known_from = case_when(assessment::known_from.is_null(), now.into_sql::<Nullable<Timestamp>>())
        .otherwise(assessment::known_from);
    let count = diesel::update(assessment::table)
        .filter(assessment::import_id.eq(import_id))
        .filter(assessment::state.eq(Col(RevisionState::Submitted)))
        .set((
            assessment::state.eq(Col(RevisionState::InForce)),
            assessment::known_from.eq(known_from),
            assessment::updated_at.eq(now),
        ))
        .execute(tx.conn)?;
    tx.audit(warrant, "confirm_import", Kind::Import, import_id, &serde_json::json!({"assessments": count}))?;
    for (project, uscc, last) in &projects {
        tx.changed(Entity::Project, project);
        if let Some(uscc) = uscc {
            tx.changed(Entity::Firm, uscc);
        }
        let cause = Cause { kind: CauseKind::Assessment, id: last.clone() };
        tx.facts_changed(Subject::project(project), cause);
    }
    Ok(count)
}

/// Sends every submitted assessment of an import back. Gives how many there were.
///
/// # Errors
/// [`Refusal::Forbidden`] without the power to confirm, [`Refusal::NotFound`] when a project lies
/// outside the actor's place.
pub fn return_batch(tx: &mut Tx<'_>, warrant: &Warrant, import_id: &str, reason: &str) -> Result<usize> {
    warrant.require_power_to_confirm()?;
    require_all_visible(tx, warrant, import_id)?;
    let count = withdraw_batch(tx, import_id)?;
    tx.audit(warrant, "return_import", Kind::Import, import_id, &serde_json::json!({"reason": reason}))?;
    Ok(count)
}

/// Ends every submitted assessment of an import that is not to count. Gives how many there were.
pub(crate) fn withdraw_batch(tx: &mut Tx<'_>, import_id: &str) -> Result<usize> {
    Ok(diesel::update(assessment::table)
        .filter(assessment::import_id.eq(import_id))
        .filter(assessment::state.eq(Col(RevisionState::Submitted)))
        .set((
            assessment::state.eq(Col(RevisionState::Withdrawn)),
            assessment::known_from.eq(None::<chrono::NaiveDateTime>),
            assessment::updated_at.eq(tx.now_utc()),
        ))
        .execute(tx.conn)?)
}

/// Removes some of the assessments of an import that was refused or failed: nobody has seen them.
/// Gives whether there are more.
pub(crate) fn undo_batch(tx: &mut Tx<'_>, import_id: &str, most: i64) -> Result<bool> {
    let ids: Vec<String> = assessment::table
        .filter(assessment::import_id.eq(import_id))
        .select(assessment::id)
        .limit(most)
        .load(tx.conn)?;
    diesel::delete(assessment::table.filter(assessment::id.eq_any(&ids))).execute(tx.conn)?;
    Ok(!ids.is_empty())
}

/// Every assessment's project lies in the actor's place. Gives who brought them.
fn require_all_visible(tx: &mut Tx<'_>, warrant: &Warrant, import_id: &str) -> Result<BTreeSet<String>> {
    let found: Vec<(String, String)> = assessment::table
        .inner_join(project::table.on(project::id.eq(assessment::project_id)))
        .inner_join(estate::table.on(estate::code.eq(project::estate)))
        .filter(assessment::import_id.eq(import_id))
        .filter(assessment::state.eq(Col(RevisionState::Submitted)))
        .select((estate::place, assessment::by_account))
        .distinct()
        .load(tx.conn)?;
    for place in found.iter().map(|(place, _)| place).collect::<BTreeSet<_>>() {
        require_visible(tx.conn, warrant, place, Kind::Import)?;
    }
    Ok(found.into_iter().map(|(_, author)| author).collect())
}

/// A submitted assessment and the one in force whose place it takes.
#[derive(Queryable)]
struct Replaced {
    id: String,
    revision: i32,
    current: String,
    current_revision: i32,
}

fn replaced(tx: &mut Tx<'_>, import_id: &str) -> Result<Vec<Replaced>> {
    let current = diesel::alias!(assessment as current);
    Ok(assessment::table
        .inner_join(
            current.on(current
                .field(assessment::project_id)
                .eq(assessment::project_id)
                .and(current.field(assessment::period).eq(assessment::period))
                .and(current.field(assessment::assessor).eq(assessment::assessor))),
        )
        .filter(assessment::import_id.eq(import_id))
        .filter(assessment::state.eq(Col(RevisionState::Submitted)))
        .filter(current.field(assessment::state).eq(Col(RevisionState::InForce)))
        .select((
            assessment::id,
            assessment::revision,
            current.field(assessment::id),
            current.field(assessment::revision),
        ))
        .load(tx.conn)?)
}

/// A project, its firm and the last of its assessments.
type Concerned = (String, Option<String>, Option<String>);

/// The projects concerned.
fn projects(tx: &mut Tx<'_>, import_id: &str) -> Result<Vec<Concerned>> {
    Ok(assessment::table
        .inner_join(project::table.on(project::id.eq(assessment::project_id)))
        .filter(assessment::import_id.eq(import_id))
        .filter(assessment::state.eq(Col(RevisionState::Submitted)))
        .group_by((project::id, project::uscc))
        .order(project::id)
        .select((project::id, project::uscc, diesel::dsl::max(assessment::id)))
        .load(tx.conn)?)
}
