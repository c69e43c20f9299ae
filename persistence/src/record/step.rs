//! The steps of a single record, each in one transaction with its audit and its consequences.

use std::collections::BTreeMap;

use diesel::prelude::*;
use xinwu_domain::access::Actor;
use xinwu_domain::record::{AdminRecord, Lens, RecordStep};
use xinwu_domain::refusal::Refusal;
use xinwu_domain::subject::{Subject, SubjectKind};
use xinwu_domain::text::Text;

use super::batch::fact_key;
use super::{Row, find_for_step, get_admin, note_step, require_drafters_side, require_version, state_of};
use crate::schema::{project, project_fact, record, record_step};
use crate::standing::{self, Cause};
use crate::{Conn, Entity, Result, Tx};

/// Puts a draft before another official.
///
/// # Errors
/// [`Refusal::NotFound`], [`Refusal::Forbidden`] for other offices, [`Refusal::Stale`], [`Refusal::Conflict`] in another state.
pub fn submit(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: &str,
    version: Option<i64>,
    lens: Lens,
) -> Result<(AdminRecord, i64)> {
    let row = find_for_step(tx.conn, actor, id)?;
    require_drafters_side(actor, &row)?;
    take(tx, actor, &row, version, (RecordStep::Submitted, "submit_record"), None)?;
    get_admin(tx.conn, actor, id, lens)
}

/// Confirms a submitted record: from now on it is known, counts from its decision's day, and is shown while its publicity lasts.
///
/// # Errors
/// [`Refusal::Forbidden`] without the power to confirm, and for whoever drafted, changed or submitted it; and those of [`submit`].
pub fn confirm(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: &str,
    version: Option<i64>,
    lens: Lens,
) -> Result<(AdminRecord, i64)> {
    let row = find_for_step(tx.conn, actor, id)?;
    actor.require_power_to_confirm()?;
    for author in authors(tx.conn, &row)? {
        actor.require_other_than(&author)?;
    }
    require_single(&row)?;
    take(tx, actor, &row, version, (RecordStep::Confirmed, "confirm_record"), None)?;
    let key = free_key(tx, &row)?;
    diesel::update(record::table.find(id))
        .set((
            record::external_key.eq(key),
            record::confirmed_by.eq(&actor.account_id),
            record::known_from.eq(row.known_from.unwrap_or_else(|| tx.now_utc())),
        ))
        .execute(tx.conn)?;
    refresh_files(tx, &[row])?;
    get_admin(tx.conn, actor, id, lens)
}

/// Sends a submitted record back to its drafters.
///
/// # Errors
/// [`Refusal::Forbidden`] without the power to confirm; and those of [`submit`].
pub fn send_back(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: &str,
    version: Option<i64>,
    reason: &str,
    lens: Lens,
) -> Result<(AdminRecord, i64)> {
    let row = find_for_step(tx.conn, actor, id)?;
    actor.require_power_to_confirm()?;
    require_single(&row)?;
    take(tx, actor, &row, version, (RecordStep::Returned, "return_record"), Some(reason))?;
    get_admin(tx.conn, actor, id, lens)
}

/// Gives up a record that is not confirmed yet.
///
/// # Errors
/// Those of [`submit`].
pub fn withdraw(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: &str,
    version: Option<i64>,
    lens: Lens,
) -> Result<(AdminRecord, i64)> {
    let row = find_for_step(tx.conn, actor, id)?;
    require_drafters_side(actor, &row)?;
    require_single(&row)?;
    take(tx, actor, &row, version, (RecordStep::Withdrawn, "withdraw_record"), None)?;
    get_admin(tx.conn, actor, id, lens)
}

/// Changes the state, and writes down who did it, under the operation's name.
fn take(
    tx: &mut Tx<'_>,
    actor: &Actor,
    row: &Row,
    version: Option<i64>,
    (step, operation): (RecordStep, &str),
    reason: Option<&str>,
) -> Result<()> {
    require_version(row, version)?;
    let state = state_of(row)?.after(step)?;
    // A founding import's time holds only if the record is confirmed as it came.
    let leaves = matches!(step, RecordStep::Returned | RecordStep::Withdrawn);
    let known_from = row.known_from.filter(|_| !leaves);
    diesel::update(record::table.find(&row.id))
        .set((
            record::state.eq(state.as_str()),
            record::known_from.eq(known_from),
            record::updated_at.eq(tx.now_utc()),
            record::version.eq(row.version + 1),
        ))
        .execute(tx.conn)?;
    note_step(tx, &row.id, step, actor, reason)?;
    tx.audit(actor, operation, "record", &row.id, &serde_json::json!({"reason": reason}))?;
    tx.changed(Entity::Record, &row.id);
    Ok(())
}

/// Everyone who had a hand in what the record says.
fn authors(conn: &mut Conn, row: &Row) -> Result<Vec<String>> {
    who_did(conn, row, RecordStep::is_authorship)
}

/// Its drafter, and everyone who did one of these steps.
pub(super) fn who_did(conn: &mut Conn, row: &Row, counts: fn(RecordStep) -> bool) -> Result<Vec<String>> {
    let steps: Vec<(String, String)> = record_step::table
        .filter(record_step::record_id.eq(&row.id))
        .select((record_step::step, record_step::by_account))
        .load(conn)?;
    let mut found = vec![row.drafted_by.clone()];
    for (step, by) in steps {
        if counts(super::word::<RecordStep>(&row.id, &step)?) {
            found.push(by);
        }
    }
    Ok(found)
}

/// The fact's name, for this record to take: none other may hold it, or one decision would count twice.
fn free_key(tx: &mut Tx<'_>, row: &Row) -> Result<String> {
    let Row { uscc, category, document_number, project_id, manager_id, external_key, .. } = row;
    if let Some(key) = external_key {
        return Ok(key.clone());
    }
    let key = fact_key(uscc, category, document_number, project_id.as_deref(), manager_id.as_deref());
    let holder: Option<(String, String)> = record::table
        .filter(record::external_key.eq(&key))
        .select((record::id, record::state))
        .first(tx.conn)
        .optional()?;
    match holder {
        None => {}
        Some((holder, state)) if state == "returned" || state == "withdrawn" => {
            diesel::update(record::table.find(holder))
                .set(record::external_key.eq(None::<String>))
                .execute(tx.conn)?;
        }
        Some(_) => {
            return Err(Refusal::conflict(
                "already_recorded",
                Text::new(
                    "同一文书的信息已经入档或正在确认",
                    "The same decision is in the file, or waits for its confirmation, already",
                ),
            )
            .into());
        }
    }
    Ok(key)
}

/// A record that came with a file waits for its whole batch.
fn require_single(row: &Row) -> Result<()> {
    if row.import_id.is_none() || row.state != "submitted" {
        return Ok(());
    }
    Err(Refusal::conflict(
        "part_of_batch",
        Text::new(
            "该信息随批量导入提交，请对整批进行确认或退回",
            "The record came with an import: confirm or return the whole batch",
        ),
    )
    .into())
}

/// Evaluates everyone again in whose file these records stand, each once.
pub(super) fn refresh_files(tx: &mut Tx<'_>, rows: &[Row]) -> Result<()> {
    let mut subjects: BTreeMap<Subject, &str> = BTreeMap::new();
    for row in rows {
        tx.changed(Entity::Record, &row.id);
        subjects.insert(Subject::firm(&row.uscc), &row.id);
        if let Some(project) = &row.project_id {
            subjects.insert(Subject::project(project), &row.id);
            // A project's penalty may cascade to its manager, of now or of the day of the decision.
            for manager in managers_of(tx.conn, project)? {
                subjects.insert(Subject::manager(&manager), &row.id);
            }
        }
        if let Some(manager) = &row.manager_id {
            subjects.insert(Subject::manager(manager), &row.id);
        }
    }
    for (subject, record) in subjects {
        let entity = match subject.kind {
            SubjectKind::Firm => Entity::Firm,
            SubjectKind::Project => Entity::Project,
            SubjectKind::Manager => Entity::Manager,
        };
        tx.changed(entity, &subject.id);
        standing::refresh(tx, &subject, &Cause { kind: "record", id: Some(record.to_owned()) })?;
    }
    Ok(())
}

fn managers_of(conn: &mut Conn, id: &str) -> Result<Vec<String>> {
    let now: Option<Option<String>> =
        project::table.find(id).select(project::manager_id).first(conn).optional()?;
    let ever: Vec<Option<String>> = project_fact::table
        .filter(project_fact::project_id.eq(id))
        .select(project_fact::manager_id)
        .distinct()
        .load(conn)?;
    Ok(now.into_iter().chain(ever).flatten().collect())
}
