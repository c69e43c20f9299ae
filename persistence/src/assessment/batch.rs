//! Assessments of an import: staged as `submitted`, then confirmed or returned as one batch by another official.

use std::collections::{BTreeMap, BTreeSet};

use chrono_tz::Tz;
use diesel::prelude::*;
use xinwu_domain::access::Actor;
use xinwu_domain::catalogue::Word;
use xinwu_domain::refusal::Refusal;
use xinwu_domain::scheme::Assessor;
use xinwu_domain::text::Text;

use super::{NewAssessment, Row, changed, check, in_force, require_reason_once_closed, row, same, supersede};
use crate::place::require_sight;
use crate::record::Staged;
use crate::schema::{assessment, estate, project};
use crate::standing::{self, Cause};
use crate::{Entity, Result, StoreError, Tx};

/// Stages one row of an import as a submitted assessment.
///
/// # Errors
/// [`Refusal::Conflict`] when another import's assessment of the same period waits for its confirmation, and those of [`put`](super::put).
pub fn stage(
    tx: &mut Tx<'_>,
    actor: &Actor,
    import_id: &str,
    new: &NewAssessment,
    zone: Tz,
) -> Result<Staged> {
    check(tx, actor, new, zone)?;
    let period = new.period.to_string();
    let current = in_force(tx.conn, &new.project, &period, new.assessor)?;
    let revision = current.as_ref().map_or(0, |current| current.revision) + 1;
    let mut row = row(tx, actor, new, "submitted", revision)?;
    row.import_id = Some(import_id.to_owned());
    if let Some(current) = current.filter(|current| same(current, &row)) {
        return Ok(Staged::Unchanged(current.id));
    }
    let waiting: Option<Row> = assessment::table
        .filter(assessment::project_id.eq(&new.project))
        .filter(assessment::period.eq(&period))
        .filter(assessment::assessor.eq(new.assessor.as_str()))
        .filter(assessment::state.eq("submitted"))
        .select(Row::as_select())
        .first(tx.conn)
        .optional()?;
    match waiting {
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
    require_reason_once_closed(tx, new, zone)?;
    diesel::insert_into(assessment::table).values(&row).execute(tx.conn)?;
    tx.changed(Entity::Assessment, &row.id);
    Ok(Staged::Created(row.id))
}

/// Confirms every submitted assessment of an import at once. Gives how many there were.
///
/// # Errors
/// [`Refusal::Forbidden`] without the power to confirm and for whoever brought the file, [`Refusal::NotFound`] when a project lies outside the actor's place.
pub fn confirm_batch(tx: &mut Tx<'_>, actor: &Actor, import_id: &str) -> Result<usize> {
    actor.require_power_to_confirm()?;
    let rows = batch(tx, actor, import_id)?;
    for author in rows.iter().map(|(row, _)| row.by_account.as_str()).collect::<BTreeSet<_>>() {
        actor.require_other_than(author)?;
    }
    let mut projects: BTreeMap<&str, &str> = BTreeMap::new();
    for (row, uscc) in &rows {
        let assessor = Assessor::parse(&row.assessor)
            .ok_or_else(|| StoreError::internal(format!("assessment {} is by {}", row.id, row.assessor)))?;
        let current = in_force(tx.conn, &row.project_id, &row.period, assessor)?;
        if let Some(current) = &current {
            supersede(tx, current)?;
        }
        // Counted again: it may have been replaced since it was submitted.
        let revision = current.map_or(0, |current| current.revision) + 1;
        diesel::update(assessment::table.find(&row.id))
            .set((
                assessment::state.eq("in_force"),
                assessment::revision.eq(revision),
                assessment::known_from.eq(row.known_from.unwrap_or_else(|| tx.now_utc())),
                assessment::updated_at.eq(tx.now_utc()),
                assessment::version.eq(i64::from(revision)),
            ))
            .execute(tx.conn)?;
        changed(tx, row, uscc.as_deref());
        projects.insert(&row.project_id, &row.id);
    }
    let detail = serde_json::json!({"assessments": rows.len()});
    tx.audit(actor, "confirm_import", "import", import_id, &detail)?;
    for (project, cause) in projects {
        let cause = Cause { kind: "assessment", id: Some(cause.to_owned()) };
        standing::refresh_around_project(tx, project, &cause)?;
    }
    Ok(rows.len())
}

/// Sends every submitted assessment of an import back. Gives how many there were.
///
/// # Errors
/// [`Refusal::Forbidden`] without the power to confirm, [`Refusal::NotFound`] when a project lies outside the actor's place.
pub fn return_batch(tx: &mut Tx<'_>, actor: &Actor, import_id: &str, reason: &str) -> Result<usize> {
    actor.require_power_to_confirm()?;
    let rows = batch(tx, actor, import_id)?;
    for (row, _) in &rows {
        diesel::update(assessment::table.find(&row.id))
            .set((
                assessment::state.eq("withdrawn"),
                assessment::known_from.eq(None::<chrono::NaiveDateTime>),
                assessment::updated_at.eq(tx.now_utc()),
            ))
            .execute(tx.conn)?;
        tx.changed(Entity::Assessment, &row.id);
    }
    tx.audit(actor, "return_import", "import", import_id, &serde_json::json!({"reason": reason}))?;
    Ok(rows.len())
}

/// The submitted rows of an import, each with its project's firm.
fn batch(tx: &mut Tx<'_>, actor: &Actor, import_id: &str) -> Result<Vec<(Row, Option<String>)>> {
    let rows: Vec<(Row, Option<String>, String)> = assessment::table
        .inner_join(project::table.on(project::id.eq(assessment::project_id)))
        .inner_join(estate::table.on(estate::code.eq(project::estate)))
        .filter(assessment::import_id.eq(import_id))
        .filter(assessment::state.eq("submitted"))
        .order(assessment::id)
        .select((Row::as_select(), project::uscc, estate::place))
        .load(tx.conn)?;
    for place in rows.iter().map(|(_, _, place)| place.as_str()).collect::<BTreeSet<_>>() {
        require_sight(tx.conn, actor, place, "import")?;
    }
    Ok(rows.into_iter().map(|(row, uscc, _)| (row, uscc)).collect())
}
