//! The decision on an objection, with what it does.

use diesel::prelude::*;
use xinwu_domain::access::Warrant;
use xinwu_domain::context::RequestContext;
use xinwu_domain::kind::Kind;
use xinwu_domain::notice::NoticeKind;
use xinwu_domain::objection::{AdminObjection, ObjectKind, ObjectionDecision, ObjectionVerdict};
use xinwu_domain::record::RecordStep;
use xinwu_store::{Result, Tx};

use super::object::mark;
use super::{Row, close, get_admin, require_decidable, tell_objector};
use crate::credit::{assessment, record};
use crate::people::notice::Told;
use crate::registers::authorized::Authorized;
use crate::schema::objection;

/// Decides on an objection. What changes by it changes as a new revision from now on; what was
/// published stays as it was, and grades follow at once.
///
/// # Errors
/// [`Refusal::NotFound`] outside the actor's place, [`Refusal::Forbidden`] without the power to
/// confirm, for whoever had a hand in what it is against, and where the procedure in force has
/// officials of other levels decide, [`Refusal::Stale`], [`Refusal::Conflict`] when it is closed,
/// [`Refusal::Invalid`] for an amendment that is missing, out of place or breaks a rule.
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
    verdict.require_fits(row.object_kind.0)?;
    close(tx, row, verdict.decision.status())?;
    diesel::update(objection::table.find(id))
        .set((objection::decided_by.eq(warrant.account_id()), objection::reason.eq(&verdict.reason)))
        .execute(tx.conn)?;
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
    get_admin(tx.conn, id, context)
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
