//! Records of an import: staged as `submitted`, then confirmed or returned as one batch by another
//! official.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};
use diesel::dsl::case_when;
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text, Timestamp};
use xinwu_domain::access::Warrant;
use xinwu_domain::calendar::day_of;
use xinwu_domain::catalogue::{RecordKind, Severity};
use xinwu_domain::context::RequestContext;
use xinwu_domain::entity::Entity;
use xinwu_domain::kind::Kind;
use xinwu_domain::proposal::own_work;
use xinwu_domain::record::{NewRecord, RecordState, RecordStep};
use xinwu_domain::refusal::Faults;
use xinwu_domain::scheme::StepKind;
use xinwu_domain::text;
use xinwu_store::{Col, Conn, Result, Tx, on_each};

use super::life::as_confirmed;
use super::step::{Concerned, dossiers_changed, tell_managers};
use super::{Row, Why, clock, decision, note_step, prepare};
use crate::city;
use crate::credit::procedure::Procedure;
use crate::owed_notice::{Confirmed, owe_records};
use crate::registers::place::{require_visible, to_json};
use crate::registers::second_person::require_other_person;
use crate::schema::{record, record_decision, record_step};

/// What became of one row of an import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Staged {
    /// A new fact, under this id.
    Created(String),
    /// The same fact is there already, under this id.
    Unchanged(String),
}

/// Stages one row of an import as a submitted record; only a city's founding import says since when
/// it was known.
///
/// # Errors
/// `Refusal::Conflict` with the id of the record that stands for the same decision with other
/// content, `Refusal::Forbidden` where `procedure` has officials of other levels record it,
/// `Refusal::Invalid` where those whom it names must be told first, and as [`add`](super::add).
pub fn stage(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    import_id: &str,
    (new, known_from): (&NewRecord, Option<DateTime<Utc>>),
    procedure: &Procedure,
    context: RequestContext,
) -> Result<Staged> {
    let mut faults = Faults::default();
    let row = faults.keep(prepare::row(tx, warrant, new, RecordState::Submitted, procedure, context))?;
    if let Some(row) = &row {
        procedure.require(warrant, StepKind::Record, row.weight())?;
    }
    if let Some(weight) = prepare::weight(new)?.filter(|_| known_from.is_none())
        && procedure.heard_until(weight, context.today())?.is_some()
    {
        // Of what a file brings nobody is told before it is confirmed, as one.
        let text = text::Text::new(
            "按评分办法，此类惩戒须先告知当事人：请逐条录入",
            "By the scheme, those whom such a penalty names are told of it first: record it singly",
        );
        faults.add("/category", "hearing_needed", text);
    }
    let mut row = faults.or_refuse(row)?;
    row.import_id = Some(import_id.to_owned());
    row.known_from = known_from.map(|at| at.naive_utc());
    if let Some(first) = decision::in_force_already(tx.conn, &row)? {
        // Sent again, a file finds what it brought, whatever an objection made of it since.
        if same(&as_confirmed(tx.conn, &first)?, &row) {
            return Ok(Staged::Unchanged(first.id));
        }
        return Err(decision::already_recorded(tx, warrant, &first, context.today())?.into());
    }
    let mut clocks = procedure.clocks(row.weight(), new.decided_on, context.today(), context.today())?;
    // A founding import brings what was recorded elsewhere long ago.
    clocks.recorded_late &= known_from.is_none();
    diesel::insert_into(record::table).values(&row).execute(tx.conn)?;
    decision::put(tx.conn, &row)?;
    clock::start(tx, &row.id, clocks)?;
    note_step(tx, &row.id, RecordStep::Submitted, warrant, None)?;
    tx.changed(Entity::Record, &row.id);
    Ok(Staged::Created(row.id))
}

/// Whether two rows say the same.
fn same(one: &Row, other: &Row) -> bool {
    let content = |row: &Row| Row {
        id: String::new(),
        state: other.state,
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
/// `Refusal::Forbidden` without the power to confirm, for whoever brought the file, and where the
/// procedure in force has officials of other levels confirm any of them, `Refusal::NotFound` when a
/// record lies outside the actor's place.
pub fn confirm_batch(tx: &mut Tx<'_>, warrant: &Warrant, import_id: &str) -> Result<usize> {
    warrant.require_power_to_confirm()?;
    let authors = require_all_visible(tx, warrant, import_id)?;
    require_other_person(tx.conn, warrant, &authors, own_work)?;
    require_may_confirm(tx, warrant, import_id)?;
    let now = tx.now_utc();
    note_steps(tx, import_id, (RecordState::Submitted, RecordStep::Confirmed), warrant, Why::default())?;
    let concerned = concerned(tx, import_id, RecordState::Submitted)?;
    let ids: Vec<String> = record::table
        .filter(record::import_id.eq(import_id))
        .filter(record::state.eq(Col(RecordState::Submitted)))
        .order(record::id)
        .select(record::id)
        .load(tx.conn)?;
    ids.iter().for_each(|id| tx.changed(Entity::Record, id));
    // Only a founding import has brought a time of its own.
    let known_from = case_when(record::known_from.is_null(), now.into_sql::<Nullable<Timestamp>>())
        .otherwise(record::known_from);
    let count = diesel::update(record::table)
        .filter(record::import_id.eq(import_id))
        .filter(record::state.eq(Col(RecordState::Submitted)))
        .set((
            record::state.eq(Col(RecordState::InForce)),
            record::confirmed_by.eq(warrant.account_id()),
            record::known_from.eq(known_from),
            record::updated_at.eq(now),
            record::version.eq(record::version + 1),
        ))
        .execute(tx.conn)?;
    owe_records(tx, Confirmed { id: None, import: Some(import_id) })?;
    tell_managers(tx, Confirmed { id: None, import: Some(import_id) })?;
    tx.audit(warrant, Kind::Import, import_id, &serde_json::json!({"records": count}))?;
    dossiers_changed(tx, &concerned);
    Ok(count)
}

/// Sends every submitted record of an import back. Gives how many there were.
///
/// # Errors
/// `Refusal::Forbidden` without the power to confirm, `Refusal::NotFound` when a record lies
/// outside the actor's place.
pub fn return_batch(tx: &mut Tx<'_>, warrant: &Warrant, import_id: &str, reason: &str) -> Result<usize> {
    warrant.require_power_to_confirm()?;
    require_all_visible(tx, warrant, import_id)?;
    require_may_confirm(tx, warrant, import_id)?;
    let count = take_back(tx, warrant, import_id, RecordStep::Returned, Some(reason))?;
    tx.audit(warrant, Kind::Import, import_id, &serde_json::json!({"reason": reason}))?;
    Ok(count)
}

/// Ends every submitted record of an import that its own side takes back, or on which nobody
/// decided in time. Gives how many there were.
pub(crate) fn withdraw_batch(tx: &mut Tx<'_>, warrant: &Warrant, import_id: &str) -> Result<usize> {
    take_back(tx, warrant, import_id, RecordStep::Withdrawn, None)
}

fn take_back(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    import_id: &str,
    step: RecordStep,
    reason: Option<&str>,
) -> Result<usize> {
    let state = RecordState::Submitted.after(step)?;
    note_steps(tx, import_id, (RecordState::Submitted, step), warrant, Why { reason, ..Why::default() })?;
    let submitted = record::table
        .filter(record::import_id.eq(import_id))
        .filter(record::state.eq(Col(RecordState::Submitted)))
        .select(record::id);
    // It may come again, corrected.
    diesel::delete(record_decision::table.filter(record_decision::record_id.eq_any(submitted)))
        .execute(tx.conn)?;
    Ok(diesel::update(record::table)
        .filter(record::import_id.eq(import_id))
        .filter(record::state.eq(Col(RecordState::Submitted)))
        .set((
            record::state.eq(Col(state)),
            record::known_from.eq(None::<chrono::NaiveDateTime>),
            record::updated_at.eq(tx.now_utc()),
            record::version.eq(record::version + 1),
        ))
        .execute(tx.conn)?)
}

/// Removes some of the records of an import that was refused or failed: nobody has seen them. Gives
/// whether there are more.
pub(crate) fn undo_batch(tx: &mut Tx<'_>, import_id: &str, most: i64) -> Result<bool> {
    let ids: Vec<String> =
        record::table.filter(record::import_id.eq(import_id)).select(record::id).limit(most).load(tx.conn)?;
    // With their steps, clocks and decisions.
    diesel::delete(record::table.filter(record::id.eq_any(&ids))).execute(tx.conn)?;
    Ok(!ids.is_empty())
}

/// Every record lies in the actor's place. Gives who brought them.
fn require_all_visible(tx: &mut Tx<'_>, warrant: &Warrant, import_id: &str) -> Result<BTreeSet<String>> {
    let found: Vec<(String, String)> = record::table
        .filter(record::import_id.eq(import_id))
        .filter(record::state.eq(Col(RecordState::Submitted)))
        .select((record::place, record::drafted_by))
        .distinct()
        .load(tx.conn)?;
    for place in found.iter().map(|(place, _)| place).collect::<BTreeSet<_>>() {
        require_visible(tx.conn, warrant, place, Kind::Import)?;
    }
    Ok(found.into_iter().map(|(_, author)| author).collect())
}

fn require_may_confirm(tx: &mut Tx<'_>, warrant: &Warrant, import_id: &str) -> Result<()> {
    let today = day_of(tx.now, city::city(tx.conn)?.zone);
    require_level(tx.conn, warrant, (import_id, RecordState::Submitted), today)
}

/// The procedure in force has officials of the actor's level confirm every record of an import in a
/// state: a batch is decided on as one.
pub(super) fn require_level(
    conn: &mut Conn,
    warrant: &Warrant,
    (import_id, state): (&str, RecordState),
    today: NaiveDate,
) -> Result<()> {
    let weights: Vec<(Col<RecordKind>, Col<Severity>)> = record::table
        .filter(record::import_id.eq(import_id))
        .filter(record::state.eq(Col(state)))
        .select((record::kind, record::severity))
        .distinct()
        .load(conn)?;
    let procedure = Procedure::load(conn, today)?;
    for (kind, severity) in weights {
        procedure.require(warrant, StepKind::Confirm, (kind.0, severity.0))?;
    }
    Ok(())
}

/// In whose files the records of an import in a state stand: each once, with the first of its
/// records.
pub(super) fn concerned(tx: &mut Tx<'_>, import_id: &str, state: RecordState) -> Result<Vec<Concerned>> {
    Ok(record::table
        .filter(record::import_id.eq(import_id))
        .filter(record::state.eq(Col(state)))
        .group_by((record::uscc, record::project_id, record::manager_id))
        .select((
            record::uscc,
            record::project_id,
            record::manager_id,
            diesel::dsl::min(record::id).assume_not_null(),
        ))
        .order((record::uscc, record::project_id, record::manager_id))
        .load(tx.conn)?)
}

/// The same step for all records of an import in a state.
pub(super) fn note_steps(
    tx: &mut Tx<'_>,
    import_id: &str,
    (state, step): (RecordState, RecordStep),
    warrant: &Warrant,
    why: Why<'_>,
) -> Result<()> {
    let evidence = why.ground.map(|_| to_json(&why.evidence)).transpose()?;
    let second = warrant.second().map(|second| second.account_id.as_str());
    let steps = record::table
        .filter(record::import_id.eq(import_id))
        .filter(record::state.eq(Col(state)))
        .order(record::id)
        .select((
            record::id,
            Col(step).into_sql::<Text>(),
            warrant.account_id().into_sql::<Text>(),
            tx.now_utc().into_sql::<Timestamp>(),
            why.reason.into_sql::<Nullable<Text>>(),
            second.into_sql::<Nullable<Text>>(),
            why.ground.map(Col).into_sql::<Nullable<Text>>(),
            evidence.into_sql::<Nullable<Text>>(),
        ));
    let into = (
        record_step::record_id,
        record_step::step,
        record_step::by_account,
        record_step::at,
        record_step::reason,
        record_step::seconded_by,
        record_step::ground,
        record_step::evidence,
    );
    on_each!(&mut *tx.conn, |conn| steps.insert_into(record_step::table).into_columns(into).execute(conn))?;
    Ok(())
}
