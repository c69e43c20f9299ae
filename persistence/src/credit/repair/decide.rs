//! The decision on a request for repair, with what it does. To grant that of a serious penalty
//! takes two people.

use xinwu_domain::access::{Party, Warrant};
use xinwu_domain::context::RequestContext;
use xinwu_domain::kind::Kind;
use xinwu_domain::notice::NoticeKind;
use xinwu_domain::record::repair::{AdminRepair, RepairDecision, RepairVerdict};
use xinwu_domain::record::{AdminRecord, RecordStep};
use xinwu_store::{Conn, Result, Tx};

use super::{Row, require_undisputed};
use crate::credit::record;
use crate::credit::waiting::{Waiting, get_admin, require_decidable};
use crate::registers::audited::with_changes;
use crate::registers::authorized::{Authorized, note};
use crate::registers::second_person::{self, Asked};

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
    require_decidable(tx.conn, warrant, &**row, context)?;
    let (before_it, _) = get_admin::<Row>(tx.conn, id, context)?;
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
    row.close(tx, decision.status(), Some((warrant, reason)))?;
    row.step(tx, warrant, step, Some(reason))?;
    row.tell(tx, told, None, reason)?;
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
    let after = get_admin::<Row>(tx.conn, id, context)?;
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
    let (request, version) = get_admin::<Row>(conn, &row.id, context)?;
    Ok(((request, record), version))
}
