//! Records of an import: staged as `submitted`, then confirmed or returned as one batch by another official.

use std::collections::BTreeSet;

use diesel::prelude::*;
use xinwu_domain::access::Actor;
use xinwu_domain::record::{Lens, RecordState, RecordStep};
use xinwu_domain::refusal::Refusal;
use xinwu_domain::text::Text;

use super::life::as_confirmed;
use super::step::refresh_files;
use super::{NewRecord, Row, note_step, prepare, state_of};
use crate::dialect::on_each;
use crate::place::require_sight;
use crate::schema::{record, record_step};
use crate::{Entity, Result, Tx};

/// What became of one row of an import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Staged {
    /// A new fact, under this id.
    Created(String),
    /// The same fact is there already, under this id.
    Unchanged(String),
}

/// The name of a fact, for files that give none: the decision's document, the firm, the category, and the project and manager concerned. A record confirmed
/// singly takes it too, so that one decision counts once, however it came.
pub fn external_key(new: &NewRecord) -> String {
    fact_key(
        new.uscc.as_str(),
        &new.category,
        &new.document_number,
        new.project.as_deref(),
        new.manager.as_deref(),
    )
}

pub(super) fn fact_key(
    uscc: &str,
    category: &str,
    document_number: &str,
    project: Option<&str>,
    manager: Option<&str>,
) -> String {
    let (project, manager) = (project.unwrap_or_default(), manager.unwrap_or_default());
    format!("{uscc}|{category}|{document_number}|{project}|{manager}")
}

/// Stages one row of an import as a submitted record.
///
/// # Errors
/// [`Refusal::Conflict`] when another fact stands under `external_key`, and those of [`add`](super::add).
pub fn stage(
    tx: &mut Tx<'_>,
    actor: &Actor,
    import_id: &str,
    new: &NewRecord,
    external_key: &str,
    lens: Lens,
) -> Result<Staged> {
    let mut row = prepare::row(tx, actor, new, RecordState::Submitted, lens)?;
    row.import_id = Some(import_id.to_owned());
    row.external_key = Some(external_key.to_owned());
    let known: Option<Row> = record::table
        .filter(record::external_key.eq(external_key))
        .select(Row::as_select())
        .first(tx.conn)
        .optional()?;
    match known {
        None => {
            diesel::insert_into(record::table).values(&row).execute(tx.conn)?;
        }
        Some(known) => match state_of(&known)? {
            // What was sent back or given up may come again, corrected.
            RecordState::Returned | RecordState::Withdrawn => {
                row.id.clone_from(&known.id);
                row.version = known.version + 1;
                diesel::update(record::table.find(&known.id)).set(&row).execute(tx.conn)?;
            }
            // Sent again, a file finds what it brought, whatever an objection made of it since.
            RecordState::Draft
            | RecordState::Submitted
            | RecordState::InForce
            | RecordState::Revoked
            | RecordState::Repaired
                if same(&as_confirmed(tx.conn, &known)?, &row) =>
            {
                return Ok(Staged::Unchanged(known.id));
            }
            RecordState::Draft
            | RecordState::Submitted
            | RecordState::InForce
            | RecordState::Revoked
            | RecordState::Repaired => {
                return Err(Refusal::conflict(
                    "already_recorded",
                    Text::new(
                        "同一文书的信息已存在，内容不同；导入不能更改它",
                        "The same decision is recorded already with other content; an import cannot change it",
                    ),
                )
                .into());
            }
        },
    }
    note_step(tx, &row.id, RecordStep::Submitted, actor, None)?;
    tx.changed(Entity::Record, &row.id);
    Ok(Staged::Created(row.id))
}

/// Whether two rows say the same.
fn same(one: &Row, other: &Row) -> bool {
    let content = |row: &Row| Row {
        id: String::new(),
        state: String::new(),
        place: String::new(),
        drafted_by: String::new(),
        drafted_at: other.drafted_at,
        confirmed_by: None,
        known_from: None,
        known_until: None,
        disputed: false,
        import_id: None,
        updated_at: other.updated_at,
        version: 0,
        revision: 0,
        ..row.clone()
    };
    content(one) == content(other)
}

/// Confirms every submitted record of an import at once. Gives how many there were.
///
/// # Errors
/// [`Refusal::Forbidden`] without the power to confirm and for whoever brought the file, [`Refusal::NotFound`] when a record lies outside the actor's place.
pub fn confirm_batch(tx: &mut Tx<'_>, actor: &Actor, import_id: &str) -> Result<usize> {
    actor.require_power_to_confirm()?;
    let rows = batch(tx, actor, import_id)?;
    for author in rows.iter().map(|row| row.drafted_by.as_str()).collect::<BTreeSet<_>>() {
        actor.require_other_than(author)?;
    }
    let now = tx.now_utc();
    let of_batch =
        || record::table.filter(record::import_id.eq(import_id)).filter(record::state.eq("submitted"));
    // Only a founding import has brought a time of its own.
    diesel::update(of_batch().filter(record::known_from.is_null()))
        .set(record::known_from.eq(now))
        .execute(tx.conn)?;
    diesel::update(of_batch())
        .set((
            record::state.eq(RecordState::InForce.as_str()),
            record::confirmed_by.eq(&actor.account_id),
            record::updated_at.eq(now),
            record::version.eq(record::version + 1),
        ))
        .execute(tx.conn)?;
    note_steps(tx, &rows, RecordStep::Confirmed, actor, None)?;
    tx.audit(actor, "confirm_import", "import", import_id, &serde_json::json!({"records": rows.len()}))?;
    refresh_files(tx, &rows)?;
    Ok(rows.len())
}

/// Sends every submitted record of an import back. Gives how many there were.
///
/// # Errors
/// [`Refusal::Forbidden`] without the power to confirm, [`Refusal::NotFound`] when a record lies outside the actor's place.
pub fn return_batch(tx: &mut Tx<'_>, actor: &Actor, import_id: &str, reason: &str) -> Result<usize> {
    actor.require_power_to_confirm()?;
    let rows = batch(tx, actor, import_id)?;
    diesel::update(
        record::table.filter(record::import_id.eq(import_id)).filter(record::state.eq("submitted")),
    )
    .set((
        record::state.eq(RecordState::Returned.as_str()),
        record::known_from.eq(None::<chrono::NaiveDateTime>),
        record::updated_at.eq(tx.now_utc()),
        record::version.eq(record::version + 1),
    ))
    .execute(tx.conn)?;
    note_steps(tx, &rows, RecordStep::Returned, actor, Some(reason))?;
    for row in &rows {
        tx.changed(Entity::Record, &row.id);
    }
    tx.audit(actor, "return_import", "import", import_id, &serde_json::json!({"reason": reason}))?;
    Ok(rows.len())
}

fn batch(tx: &mut Tx<'_>, actor: &Actor, import_id: &str) -> Result<Vec<Row>> {
    let rows: Vec<Row> = record::table
        .filter(record::import_id.eq(import_id))
        .filter(record::state.eq(RecordState::Submitted.as_str()))
        .order(record::id)
        .select(Row::as_select())
        .load(tx.conn)?;
    for place in rows.iter().map(|row| row.place.as_str()).collect::<BTreeSet<_>>() {
        require_sight(tx.conn, actor, place, "import")?;
    }
    Ok(rows)
}

fn note_steps(
    tx: &mut Tx<'_>,
    rows: &[Row],
    step: RecordStep,
    actor: &Actor,
    reason: Option<&str>,
) -> Result<()> {
    let now = tx.now_utc();
    for part in rows.chunks(500) {
        let steps: Vec<_> = part
            .iter()
            .map(|row| {
                (
                    record_step::record_id.eq(&row.id),
                    record_step::step.eq(step.as_str()),
                    record_step::by_account.eq(&actor.account_id),
                    record_step::at.eq(now),
                    record_step::reason.eq(reason),
                )
            })
            .collect();
        on_each!(&mut *tx.conn, |conn| diesel::insert_into(record_step::table).values(&steps).execute(conn))?;
    }
    Ok(())
}
