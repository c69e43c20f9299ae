//! Assessments of an import: staged as `submitted`, then confirmed or returned as one batch by
//! another official.

use std::collections::BTreeSet;

use diesel::prelude::*;
use xinwu_domain::access::{Operation, Warrant};
use xinwu_domain::assessment::{BatchState, RevisionState, already_submitted};
use xinwu_domain::context::RequestContext;
use xinwu_domain::entity::Entity;
use xinwu_domain::import::AssessmentRow;
use xinwu_domain::kind::Kind;
use xinwu_domain::proposal::own_work;
use xinwu_domain::refusal::Faults;
use xinwu_store::{Col, Result, Tx};

use super::confirm::put_in_force;
use super::{Row, Stands, check, require_reason_once_closed, row, same};
use crate::credit::record::Staged;
use crate::registers::authorized::find;
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
    let single = warrant.also(Operation::PutAssessment)?;
    let project = find(tx.conn, &single, &key.project, context.at(tx.now).today())?;
    let mut faults = Faults::default();
    faults.keep(check(tx, &single, (&project, key.period, key.assessor), new, context))?;
    let Stands { waiting, in_force } = Stands::load(tx.conn, key)?;
    let row = Row {
        state: Col(RevisionState::Submitted),
        known_from: known_from.map(|at| at.naive_utc()),
        import_id: Some(import_id.to_owned()),
        ..row(tx, warrant, key, new)?
    };
    let same_there = [&in_force, &waiting].into_iter().flatten().find(|there| same(there, &row));
    // A founding import brings the assessments of years before there was this system.
    if known_from.is_none() && same_there.is_none() {
        faults.keep(require_reason_once_closed(tx, key.period, new, context))?;
    }
    faults.refuse_if_any()?;
    if let Some(there) = same_there {
        return Ok(Staged::Unchanged(there.id.clone()));
    }
    if let Some(waiting) = waiting {
        let is_over = tx.now >= key.period.closes_at(context.zone());
        let batch = if is_over { BatchState::Waiting } else { BatchState::Open };
        return Err(already_submitted(waiting.import_id.is_none().then_some(batch)).into());
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
    require_other_person(tx.conn, warrant, &authors, own_work)?;
    let ids: Vec<String> = assessment::table
        .filter(assessment::import_id.eq(import_id))
        .filter(assessment::state.eq(Col(RevisionState::Submitted)))
        .order(assessment::id)
        .select(assessment::id)
        .load(tx.conn)?;
    // Who confirmed it stands in its import.
    let count = put_in_force(tx, &ids, None)?;
    tx.audit(warrant, Kind::Import, import_id, &serde_json::json!({"assessments": count}))?;
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
    tx.audit(warrant, Kind::Import, import_id, &serde_json::json!({"reason": reason}))?;
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
