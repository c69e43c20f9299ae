//! What becomes of a record after its confirmation: marks, other revisions, its end. The objections
//! and requests that ask for it stand in modules of their own; they write their own row first, for
//! the evaluation reads it.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use diesel::prelude::*;
use xinwu_domain::access::Warrant;
use xinwu_domain::calendar::day_of;
use xinwu_domain::catalogue::{Level, RecordKind, Severity};
use xinwu_domain::context::RequestContext;
use xinwu_domain::entity::Entity;
use xinwu_domain::notice::NoticeKind;
use xinwu_domain::objection::ObjectKind;
use xinwu_domain::record::{FormerRevision, RecordAmendment, RecordState, RecordStep};
use xinwu_domain::refusal::{FieldFault, Refusal};
use xinwu_domain::scheme::{Complexity, StepKind};
use xinwu_domain::text::Text;
use xinwu_store::{Col, Conn, Result, StoreError, Tx};

use super::step::{dossiers_changed, who_did};
use super::{Publicity, Row, Why, decision, find, from_json, note_step, note_step_because, prepare};
use crate::city;
use crate::credit::objection;
use crate::credit::procedure::Procedure;
use crate::owed_notice::owe_followers;
use crate::schema::{record, record_revision, record_step};

/// What a record said before, as it is kept.
#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = record_revision)]
struct Former {
    record_id: String,
    revision: i32,
    category: String,
    level: Col<Level>,
    severity: Col<Severity>,
    title: String,
    detail: Option<String>,
    decided_on: Col<NaiveDate>,
    counts_until: Option<Col<NaiveDate>>,
    public_until: Option<Col<NaiveDate>>,
    retain_until: Option<Col<NaiveDate>>,
    points: String,
    known_from: NaiveDateTime,
    known_until: NaiveDateTime,
    severity_reason: Option<String>,
}

/// Of those of some penalties that were not revoked nor archived and that are shown at all, the
/// last day of their publicity.
pub(crate) fn shown_until(
    conn: &mut Conn,
    ids: &[&str],
    today: NaiveDate,
) -> Result<HashMap<String, NaiveDate>> {
    let states = [RecordState::InForce, RecordState::Repaired].map(Col);
    let rows: Vec<(String, Col<NaiveDate>)> = record::table
        .filter(record::id.eq_any(ids))
        .filter(record::state.eq_any(states))
        .filter(record::retain_until.is_null().or(record::retain_until.ge(Col(today))))
        .filter(record::public_until.is_not_null())
        .select((record::id, record::public_until.assume_not_null()))
        .load(conn)?;
    Ok(rows.into_iter().map(|(id, last)| (id, last.0)).collect())
}

/// What those are told whom a record concerns that was added to a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Added {
    pub title: String,
    /// Whether everyone may read it, and it is a penalty.
    pub is_public_penalty: bool,
}

/// The record as it stands at an instant, which lies on `today` in the city.
pub(crate) fn added(conn: &mut Conn, id: &str, now: DateTime<Utc>, today: NaiveDate) -> Result<Added> {
    let row = find(conn, id)?;
    Ok(Added { is_public_penalty: row.is_public_penalty(now, today), title: row.title })
}

impl Row {
    /// Whether it is a penalty that everyone may read at an instant, which lies on `today`.
    pub(super) fn is_public_penalty(&self, now: DateTime<Utc>, today: NaiveDate) -> bool {
        let known = (self.known_from, self.known_until);
        let publicity = Publicity::read(self.kind, self.state, known, self.public_until);
        self.kind.0 == RecordKind::Penalty && publicity.is_public(now, today)
    }
}

/// Everyone who had a hand in a record's being in force as it is.
pub(crate) fn participants(conn: &mut Conn, id: &str) -> Result<Vec<String>> {
    let row = find(conn, id)?;
    let mut participants = who_did(conn, &row, RecordStep::is_participation)?;
    participants.extend(row.confirmed_by);
    Ok(participants)
}

/// Who confirmed, as second persons, what was done as this step at this instant.
pub(crate) fn seconds_of(
    conn: &mut Conn,
    id: &str,
    (step, at): (RecordStep, NaiveDateTime),
) -> Result<Vec<String>> {
    Ok(record_step::table
        .filter(record_step::record_id.eq(id))
        .filter(record_step::step.eq(Col(step)))
        .filter(record_step::at.eq(at))
        .filter(record_step::seconded_by.is_not_null())
        .select(record_step::seconded_by.assume_not_null())
        .load(conn)?)
}

fn is_objected(conn: &mut Conn, id: &str) -> Result<bool> {
    Ok(objection::open(conn, ObjectKind::Record, id)?.is_some())
}

/// # Errors
/// [`Refusal::Forbidden`] where the procedure in force has officials of other levels take the step
/// with such a record.
pub(crate) fn require_step(
    conn: &mut Conn,
    warrant: &Warrant,
    id: &str,
    step: StepKind,
    today: NaiveDate,
) -> Result<()> {
    let weight = find(conn, id)?.weight();
    Procedure::load(conn, today)?.require(warrant, step, weight)
}

/// The working days that the procedure in force gives a step with such a record, those of a complex
/// case where it is one.
pub(crate) fn days_for(
    conn: &mut Conn,
    id: &str,
    step: StepKind,
    complexity: Complexity,
    today: NaiveDate,
) -> Result<Option<u16>> {
    let weight = find(conn, id)?.weight();
    Ok(Procedure::load(conn, today)?.days(step, weight, complexity))
}

/// Does a step that changes nothing of what the record says: a mark, or its end. Grades follow at
/// once.
///
/// # Errors
/// [`Refusal::Conflict`] for a step that its state does not have.
pub(crate) fn note(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    id: &str,
    step: RecordStep,
    reason: Option<&str>,
) -> Result<()> {
    note_because(tx, warrant, id, step, Why { reason, ..Why::default() })
}

pub(super) fn note_because(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    id: &str,
    step: RecordStep,
    why: Why<'_>,
) -> Result<()> {
    let row = find(tx.conn, id)?;
    let state = row.state.0.after(step)?;
    let closes = [RecordStep::ObjectionWithdrawn, RecordStep::Upheld, RecordStep::Revoked].contains(&step);
    // Its firm and its manager may both object.
    let is_open = closes && step != RecordStep::Revoked && is_objected(tx.conn, id)?;
    let disputed = step == RecordStep::Objected || is_open || (row.disputed && !closes);
    let known_until = if step == RecordStep::Revoked { Some(tx.now_utc()) } else { row.known_until };
    diesel::update(record::table.find(id))
        .set((
            record::state.eq(Col(state)),
            record::disputed.eq(disputed),
            record::known_until.eq(known_until),
            record::updated_at.eq(tx.now_utc()),
            record::version.eq(row.version + 1),
        ))
        .execute(tx.conn)?;
    note_step_because(tx, id, step, warrant, why)?;
    if let Some(told) = told_to_drafter(step) {
        row.tell_drafter(tx, told, why.reason)?;
    }
    if step == RecordStep::Revoked {
        tell_followers(tx, &row)?;
    }
    tx.changed(Entity::Record, id);
    if matches!(step, RecordStep::RepairRequested | RecordStep::RepairWithdrawn | RecordStep::RepairRefused) {
        return Ok(());
    }
    dossiers_changed(tx, &[row.concerned()]);
    Ok(())
}

/// Those who follow a firm are told that a penalty falls of which they could read.
fn tell_followers(tx: &mut Tx<'_>, before: &Row) -> Result<()> {
    let today = day_of(tx.now, city::city(tx.conn)?.zone);
    match before.uscc.as_deref().filter(|_| before.is_public_penalty(tx.now, today)) {
        Some(uscc) => owe_followers(tx, uscc, NoticeKind::FollowedRevocation, &before.id, None),
        None => Ok(()),
    }
}

/// What whoever drafted a record is told of a step that others take.
fn told_to_drafter(step: RecordStep) -> Option<NoticeKind> {
    match step {
        RecordStep::Objected => Some(NoticeKind::RecordObjected),
        RecordStep::ObjectionWithdrawn => Some(NoticeKind::RecordObjectionWithdrawn),
        RecordStep::Upheld => Some(NoticeKind::RecordUpheld),
        RecordStep::Revoked => Some(NoticeKind::RecordRevoked),
        RecordStep::RepairRequested => Some(NoticeKind::RecordRepairAsked),
        RecordStep::Repaired => Some(NoticeKind::RecordRepaired),
        _ => None,
    }
}

/// Puts another revision in force, and keeps the one that was published with the time until which
/// it held.
///
/// # Errors
/// [`Refusal::Invalid`] for what breaks a rule, under `/amendment`, and [`Refusal::Conflict`] in
/// another state.
pub(crate) fn amend(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    id: &str,
    amendment: &RecordAmendment,
    reason: &str,
    context: RequestContext,
) -> Result<()> {
    let old = find(tx.conn, id)?;
    old.state.0.after(RecordStep::Amended)?;
    let new = amended(tx.conn, &old, amendment, context)?;
    // What it said before stays taken: the decision is the same.
    decision::claim(tx, warrant, &new, context.today())?;
    let former = Former::of(&old, tx.now_utc())?;
    diesel::insert_into(record_revision::table).values(&former).execute(tx.conn)?;
    let new = Row {
        known_from: Some(tx.now_utc()),
        disputed: is_objected(tx.conn, id)?,
        updated_at: tx.now_utc(),
        version: old.version + 1,
        revision: old.revision + 1,
        ..new
    };
    diesel::update(record::table.find(id)).set(&new).execute(tx.conn)?;
    note_step(tx, id, RecordStep::Amended, warrant, Some(reason))?;
    new.tell_drafter(tx, NoticeKind::RecordAmended, Some(reason))?;
    tx.changed(Entity::Record, id);
    dossiers_changed(tx, &[new.concerned()]);
    Ok(())
}

/// What [`amend`] would refuse of an amendment.
///
/// # Errors
/// [`Refusal::Invalid`] as there.
pub(crate) fn check_amendment(
    conn: &mut Conn,
    id: &str,
    amendment: &RecordAmendment,
    context: RequestContext,
) -> Result<()> {
    let old = find(conn, id)?;
    amended(conn, &old, amendment, context).map(|_| ())
}

fn amended(conn: &mut Conn, old: &Row, amendment: &RecordAmendment, context: RequestContext) -> Result<Row> {
    let new = prepare::amended(conn, old, amendment, context).map_err(under_amendment)?;
    if new == *old {
        let text = Text::new("更正没有改变任何内容", "The amendment changes nothing");
        return Err(Refusal::invalid("/amendment", "no_change", text).into());
    }
    Ok(new)
}

/// The fields of an amendment stand below `/amendment` in what was sent.
fn under_amendment(error: StoreError) -> StoreError {
    match error {
        StoreError::Refused(Refusal::Invalid(faults)) => {
            let moved =
                |fault: FieldFault| FieldFault { pointer: format!("/amendment{}", fault.pointer), ..fault };
            Refusal::Invalid(faults.into_iter().map(moved).collect()).into()
        }
        other => other,
    }
}

/// The record as it was confirmed, before any objection changed it.
pub(super) fn as_confirmed(conn: &mut Conn, row: &Row) -> Result<Row> {
    if row.revision == 1 {
        return Ok(row.clone());
    }
    let Some(first) = former_rows(conn, &row.id)?.into_iter().next() else { return Ok(row.clone()) };
    Ok(Row {
        category: first.category,
        level: first.level,
        severity: first.severity,
        title: first.title,
        detail: first.detail,
        decided_on: first.decided_on,
        counts_until: first.counts_until,
        public_until: first.public_until,
        retain_until: first.retain_until,
        points: first.points,
        severity_reason: first.severity_reason,
        ..row.clone()
    })
}

/// What the record said before, the first revision first.
pub(super) fn former(conn: &mut Conn, id: &str) -> Result<Vec<FormerRevision>> {
    former_rows(conn, id)?.into_iter().map(|row| row.view()).collect()
}

fn former_rows(conn: &mut Conn, id: &str) -> Result<Vec<Former>> {
    Ok(record_revision::table
        .filter(record_revision::record_id.eq(id))
        .order(record_revision::revision)
        .select(Former::as_select())
        .load(conn)?)
}

impl Former {
    fn of(row: &Row, until: NaiveDateTime) -> Result<Former> {
        let row = row.clone();
        let known_from = row
            .known_from
            .ok_or_else(|| StoreError::internal(format!("record {} in force has no known_from", row.id)))?;
        Ok(Former {
            record_id: row.id,
            revision: row.revision,
            category: row.category,
            level: row.level,
            severity: row.severity,
            title: row.title,
            detail: row.detail,
            decided_on: row.decided_on,
            counts_until: row.counts_until,
            public_until: row.public_until,
            retain_until: row.retain_until,
            points: row.points,
            known_from,
            known_until: until,
            severity_reason: row.severity_reason,
        })
    }

    fn view(self) -> Result<FormerRevision> {
        Ok(FormerRevision {
            revision: self.revision,
            level: self.level.0,
            severity: self.severity.0,
            severity_reason: self.severity_reason,
            category: self.category,
            title: self.title,
            detail: self.detail,
            decided_on: self.decided_on.0,
            counts_until: self.counts_until.map(|day| day.0),
            public_until: self.public_until.map(|day| day.0),
            points: from_json(&self.points)?,
            known_from: self.known_from.and_utc(),
            known_until: self.known_until.and_utc(),
        })
    }
}
