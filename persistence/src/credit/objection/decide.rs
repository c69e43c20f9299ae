//! The decision on an objection, with what it does. One that a serious penalty falls or changes
//! takes two people.

use diesel::prelude::*;
use xinwu_domain::access::{Operation, Warrant};
use xinwu_domain::context::RequestContext;
use xinwu_domain::kind::Kind;
use xinwu_domain::notice::NoticeKind;
use xinwu_domain::objection::{
    AdminObjection, ObjectKind, ObjectionDecision, ObjectionStatus, ObjectionVerdict,
};
use xinwu_domain::record::{AdminRecord, RecordStep};
use xinwu_domain::refusal::Faults;
use xinwu_store::{Col, Conn, Result, Tx};

use super::object::mark;
use super::{Row, close, get_admin, require_decidable, require_decider, tell_objector};
use crate::credit::{assessment, record};
use crate::people::notice::Told;
use crate::registers::authorized::{Authorized, Resource};
use crate::registers::second_person::{self, Asked};
use crate::schema::objection;

/// Decides on an objection. What changes by it changes as a new revision from now on; what was
/// published stays as it was, and grades follow at once.
///
/// # Errors
/// [`Refusal::NotFound`] outside the actor's place, [`Refusal::Forbidden`] without the power to
/// confirm, for whoever had a hand in what it is against, and where the procedure in force has
/// officials of other levels decide, [`Refusal::Stale`], [`Refusal::Conflict`] when it is closed,
/// [`Refusal::Invalid`] for an amendment that is missing, out of place or breaks a rule,
/// [`Refusal::SecondNeeded`] where a serious penalty changes or falls and nobody has confirmed it.
pub fn decide(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    row: &Authorized<Row>,
    verdict: &ObjectionVerdict,
    context: RequestContext,
) -> Result<(AdminObjection, i64)> {
    let context = context.at(tx.now);
    let id = row.id.as_str();
    require_decidable(tx.conn, warrant, row, context)?;
    let mut faults = Faults::default();
    faults.keep(verdict.require_fits(row.object_kind.0))?;
    faults.keep(check_amendment(tx.conn, row, verdict, context))?;
    faults.refuse_if_any()?;
    let before = before(tx.conn, warrant, (row, verdict), context)?;
    close_because(tx, warrant, row, (verdict.decision.status(), &verdict.reason))?;
    let detail = serde_json::json!({
        "object": {"kind": row.object_kind, "id": row.object_id}, "decision": verdict.decision, "reason": verdict.reason
    });
    tx.audit(warrant, "decide_objection", Kind::Objection, id, &detail)?;
    take_effect(tx, warrant, row, verdict, context)?;
    let told = match verdict.decision {
        ObjectionDecision::Upheld => NoticeKind::ObjectionUpheld,
        ObjectionDecision::Amended => NoticeKind::ObjectionAmended,
        ObjectionDecision::Revoked => NoticeKind::ObjectionRevoked,
    };
    tell_objector(tx, row, &Told::new(told, id).because(&verdict.reason))?;
    let after = get_admin(tx.conn, id, context)?;
    if let Some(before) = before {
        require_second(tx, warrant, (row, verdict), (&before, &after.0), context)?;
    }
    Ok(after)
}

/// An objection with the record that it is against.
type WithRecord = (AdminObjection, AdminRecord);

/// How both stand, where a second person may be needed: to change a record, or to end it.
fn before(
    conn: &mut Conn,
    warrant: &Warrant,
    (row, verdict): (&Row, &ObjectionVerdict),
    context: RequestContext,
) -> Result<Option<WithRecord>> {
    if row.object_kind.0 != ObjectKind::Record || verdict.decision == ObjectionDecision::Upheld {
        return Ok(None);
    }
    second_person::before(conn, warrant, |conn| {
        let (record, version) = record::get_admin(conn, &row.object_id, context)?;
        Ok(((get_admin(conn, &row.id, context)?.0, record), version))
    })
}

/// A serious penalty does not fall or change by one person alone, and none becomes one.
fn require_second(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    (row, verdict): (&Row, &ObjectionVerdict),
    ((before, record_before), after): (&WithRecord, &AdminObjection),
    context: RequestContext,
) -> Result<()> {
    let (record_after, _) = record::get_admin(tx.conn, &row.object_id, context)?;
    if !record::takes_two(tx.conn, record_before, context)?
        && !record::takes_two(tx.conn, &record_after, context)?
    {
        return Ok(());
    }
    let asked = Asked {
        // Whatever would change the record, one waits at a time.
        key: Some(format!("{}/{}", Kind::Record, row.object_id)),
        hidden_changes: record::changes(record_before, &record_after)?,
        ..Asked::of(Kind::Objection, &row.id, row.version, Some(&verdict.reason), &[])
    };
    second_person::require(warrant, asked, (Some(before), after), &["status"])
}

/// Closes the objection against a record that falls without it, if one is open: its firm gets what
/// it asked for. Gives its id.
pub(crate) fn settle(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    record_id: &str,
    reason: &str,
) -> Result<Option<String>> {
    let open: Option<Row> = objection::table
        .filter(objection::object_kind.eq(Col(ObjectKind::Record)))
        .filter(objection::object_id.eq(record_id))
        .filter(objection::state.eq(Col(ObjectionStatus::Open)))
        .select(Row::as_select())
        .first(tx.conn)
        .optional()?;
    let Some(row) = open else { return Ok(None) };
    close_because(tx, warrant, &row, (ObjectionStatus::Revoked, reason))?;
    tell_objector(tx, &row, &Told::new(NoticeKind::ObjectionRevoked, &row.id).because(reason))?;
    Ok(Some(row.id))
}

/// Who seconds a decision could have made it.
///
/// # Errors
/// As [`decide`].
pub(crate) fn require_no_hand(
    conn: &mut Conn,
    warrant: &Warrant,
    id: &str,
    context: RequestContext,
) -> Result<()> {
    Operation::DecideObjection.require_role(warrant.role())?;
    let row = Row::require(conn, id)?;
    require_decider(conn, warrant, &row, context)
}

fn close_because(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    row: &Row,
    (status, reason): (ObjectionStatus, &str),
) -> Result<()> {
    close(tx, row, status)?;
    diesel::update(objection::table.find(&row.id))
        .set((objection::decided_by.eq(warrant.account_id()), objection::reason.eq(reason)))
        .execute(tx.conn)?;
    Ok(())
}

/// What is to become of what is amended breaks no rule.
fn check_amendment(
    conn: &mut Conn,
    row: &Row,
    verdict: &ObjectionVerdict,
    context: RequestContext,
) -> Result<()> {
    match (row.object_kind.0, verdict.decision, &verdict.amendment, verdict.scores) {
        (ObjectKind::Record, ObjectionDecision::Amended, Some(amendment), _) => {
            record::check_amendment(conn, &row.object_id, amendment, context)
        }
        (ObjectKind::Assessment, ObjectionDecision::Amended, _, Some(scores)) => {
            assessment::check_amendment(scores, &verdict.reason)
        }
        _ => Ok(()),
    }
}

fn take_effect(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    row: &Row,
    verdict: &ObjectionVerdict,
    context: RequestContext,
) -> Result<()> {
    let (kind, reason, object) = (row.object_kind.0, verdict.reason.as_str(), row.object_id.as_str());
    match (kind, verdict.decision, &verdict.amendment, verdict.scores) {
        (ObjectKind::Record, ObjectionDecision::Amended, Some(amendment), _) => {
            record::amend(tx, warrant, object, amendment, reason, context)
        }
        (ObjectKind::Record, ObjectionDecision::Revoked, _, _) => {
            mark(tx, warrant, row, RecordStep::Revoked, Some(reason))
        }
        (ObjectKind::Assessment, ObjectionDecision::Amended, _, Some(scores)) => {
            assessment::amend(tx, warrant, object, scores, reason)
        }
        (ObjectKind::Assessment, ObjectionDecision::Revoked, _, _) => assessment::revoke(tx, object),
        _ => mark(tx, warrant, row, RecordStep::Upheld, Some(reason)),
    }
}
