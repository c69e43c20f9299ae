//! The decision on a request for repair, with what it does. To grant that of a serious penalty
//! takes two people.

use diesel::prelude::*;
use xinwu_domain::access::{Operation, Party, Warrant};
use xinwu_domain::context::RequestContext;
use xinwu_domain::kind::Kind;
use xinwu_domain::notice::NoticeKind;
use xinwu_domain::record::repair::{AdminRepair, RepairDecision, RepairStatus, RepairVerdict};
use xinwu_domain::record::{AdminRecord, RecordStep};
use xinwu_store::{Col, Conn, Result, Tx};

use super::{Row, close, get_admin, require_decidable, require_decider, require_undisputed};
use crate::credit::record;
use crate::people::notice::{Told, tell_firm};
use crate::registers::audited::with_changes;
use crate::registers::authorized::{Authorized, Resource, note};
use crate::registers::second_person::{self, Asked};
use crate::schema::repair;

/// Decides on a request. One that is granted ends the penalty's publicity and its counting at once;
/// before that instant it stays what it was.
///
/// # Errors
/// [`Refusal::NotFound`] outside the actor's place, [`Refusal::Forbidden`] without the power to
/// confirm, for whoever had a hand in the record, and where the procedure in force has officials of
/// other levels repair, [`Refusal::Stale`], [`Refusal::Conflict`] when it was decided before, and
/// to grant it while an objection is open or after the record has fallen,
/// [`Refusal::SecondNeeded`] to grant that of a serious penalty until another person has confirmed
/// it.
pub fn decide(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    row: &Authorized<Row>,
    RepairVerdict { decision, reason }: &RepairVerdict,
    context: RequestContext,
) -> Result<(AdminRepair, i64)> {
    let context = context.at(tx.now);
    let id = row.id.as_str();
    require_decidable(tx.conn, warrant, row, context)?;
    let (before_it, _) = get_admin(tx.conn, id, context)?;
    let before = match decision {
        RepairDecision::Granted => {
            second_person::before(tx.conn, warrant, |conn| with_record(conn, row, context))?
        }
        RepairDecision::Refused => None,
    };
    let (step, told) = match decision {
        RepairDecision::Granted => {
            require_undisputed(tx.conn, &row.record_id)?;
            (RecordStep::Repaired, NoticeKind::RepairGranted)
        }
        RepairDecision::Refused => (RecordStep::RepairRefused, NoticeKind::RepairRefused),
    };
    close(tx, row, decision.status(), Some((warrant, reason)))?;
    record::note(tx, warrant, &row.record_id, step, Some(reason))?;
    tell_firm(tx, &row.uscc, &Told::new(told, id).because(reason))?;
    if *decision == RepairDecision::Granted {
        let asked = Party::Firm(row.uscc.clone());
        let told = NoticeKind::PenaltyRepaired;
        record::tell_other_party(tx, &row.record_id, told, (reason, &asked), context)?;
    }
    if let Some((before, record_before)) = before
        && record::takes_two(tx.conn, &record_before, context)?
    {
        let ((after, record_after), _) = with_record(tx.conn, row, context)?;
        let asked = Asked {
            // Whatever would change the record, one waits at a time.
            key: Some(format!("{}/{}", Kind::Record, row.record_id)),
            hidden_changes: record::changes(&record_before, &record_after)?,
            ..Asked::of(Kind::Repair, id, row.version, Some(reason), &[])
        };
        second_person::require(warrant, asked, (Some(&before), &after), &["status"])?;
    }
    let after = get_admin(tx.conn, id, context)?;
    let detail = serde_json::json!({"record": row.record_id, "decision": decision, "reason": reason});
    note::<Row>(tx, warrant, id, &with_changes(detail, &before_it, &after.0)?)?;
    Ok(after)
}

/// A request with the penalty that it is about.
fn with_record(
    conn: &mut Conn,
    row: &Row,
    context: RequestContext,
) -> Result<((AdminRepair, AdminRecord), i64)> {
    let (record, _) = record::get_admin(conn, &row.record_id, context)?;
    let (request, version) = get_admin(conn, &row.id, context)?;
    Ok(((request, record), version))
}

/// Refuses the request for the repair of a record that falls, if one is open: nothing is left to
/// put right. Gives its id.
pub(crate) fn settle(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    record_id: &str,
    reason: &str,
) -> Result<Option<String>> {
    let open: Option<Row> = repair::table
        .filter(repair::record_id.eq(record_id))
        .filter(repair::state.eq(Col(RepairStatus::Open)))
        .select(Row::as_select())
        .first(tx.conn)
        .optional()?;
    let Some(row) = open else { return Ok(None) };
    close(tx, &row, RepairStatus::Refused, Some((warrant, reason)))?;
    record::note(tx, warrant, record_id, RecordStep::RepairRefused, Some(reason))?;
    tell_firm(tx, &row.uscc, &Told::new(NoticeKind::RepairRefused, &row.id).because(reason))?;
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
    Operation::DecideRepair.require_role(warrant.role())?;
    let row = Row::require(conn, id)?;
    require_decider(conn, warrant, &row, context)
}
