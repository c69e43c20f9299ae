//! The decision on an objection, with what it does.

use diesel::prelude::*;
use xinwu_domain::access::Warrant;
use xinwu_domain::context::RequestContext;
use xinwu_domain::kind::Kind;
use xinwu_domain::notice::NoticeKind;
use xinwu_domain::objection::{AdminObjection, ObjectKind, ObjectionDecision};
use xinwu_domain::proposal::had_a_hand;
use xinwu_domain::record::RecordStep;
use xinwu_domain::refusal::Refusal;
use xinwu_domain::text::Text;
use xinwu_domain::thousandths::Thousandths;
use xinwu_store::{Result, Tx};

use super::object::{mark, participants};
use super::{Row, close, get_admin, require_may_decide, require_open};
use crate::credit::record::RecordEdit;
use crate::credit::{assessment, record};
use crate::people::notice::{Told, tell_firm};
use crate::registers::authorized::Authorized;
use crate::registers::second_person::require_other_person;
use crate::schema::objection;

/// What an official decides on an objection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Whether what it is against stands.
    pub decision: ObjectionDecision,
    /// Why: the answer to the firm.
    pub reason: String,
    /// What becomes of a record that is amended.
    pub amendment: Option<RecordEdit>,
    /// The scores, for service and for party building, of an assessment that is amended.
    pub scores: Option<(Thousandths, Thousandths)>,
}

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
    verdict: &Verdict,
    context: RequestContext,
) -> Result<(AdminObjection, i64)> {
    let context = context.at(tx.now);
    let id = row.id.as_str();
    let participants = participants(tx.conn, row)?;
    require_other_person(tx.conn, warrant, &participants, had_a_hand)?;
    require_may_decide(tx.conn, warrant, row, context)?;
    require_open(row)?;
    let kind = row.object_kind.0;
    verdict.decision.require_fits(kind)?;
    verdict.require_content(kind)?;
    close(tx, row, verdict.decision.status())?;
    diesel::update(objection::table.find(id))
        .set((objection::decided_by.eq(warrant.account_id()), objection::reason.eq(&verdict.reason)))
        .execute(tx.conn)?;
    let detail = serde_json::json!({
        "object": {"kind": row.object_kind, "id": row.object_id}, "decision": verdict.decision, "reason": verdict.reason
    });
    tx.audit(warrant, "decide_objection", Kind::Objection, id, &detail)?;
    verdict.take_effect(tx, warrant, row, kind, context)?;
    let told = match verdict.decision {
        ObjectionDecision::Upheld => NoticeKind::ObjectionUpheld,
        ObjectionDecision::Amended => NoticeKind::ObjectionAmended,
        ObjectionDecision::Revoked => NoticeKind::ObjectionRevoked,
    };
    tell_firm(tx, &row.uscc, &Told::new(told, id).because(&verdict.reason))?;
    get_admin(tx.conn, id, context)
}

impl Verdict {
    /// An amendment says what becomes of it, and nothing else does.
    fn require_content(&self, kind: ObjectKind) -> Result<()> {
        let amends = |wanted| self.decision == ObjectionDecision::Amended && kind == wanted;
        let parts = [
            ("/amendment", self.amendment.is_some(), amends(ObjectKind::Record)),
            ("/scores", self.scores.is_some(), amends(ObjectKind::Assessment)),
        ];
        for (pointer, is_given, is_needed) in parts {
            let (code, text) = match (is_given, is_needed) {
                (false, true) => ("required", Text::new("更正须说明改成什么", "is needed to amend it")),
                (true, false) => (
                    "not_applicable",
                    Text::new("此处理决定不涉及该内容", "does not belong to this decision"),
                ),
                (true, true) | (false, false) => continue,
            };
            return Err(Refusal::invalid(pointer, code, text).into());
        }
        Ok(())
    }

    fn take_effect(
        &self,
        tx: &mut Tx<'_>,
        warrant: &Warrant,
        row: &Row,
        kind: ObjectKind,
        context: RequestContext,
    ) -> Result<()> {
        let reason: &str = &self.reason;
        match (kind, self.decision, &self.amendment, self.scores) {
            (ObjectKind::Record, ObjectionDecision::Amended, Some(amendment), _) => {
                record::amend(tx, warrant, &row.object_id, amendment, reason, context)
            }
            (ObjectKind::Record, ObjectionDecision::Revoked, _, _) => {
                mark(tx, warrant, row, RecordStep::Revoked, Some(reason))
            }
            (ObjectKind::Assessment, ObjectionDecision::Amended, _, Some((service, party))) => {
                assessment::amend(tx, warrant, &row.object_id, (service, party), reason)
            }
            (ObjectKind::Assessment, ObjectionDecision::Revoked, _, _) => {
                assessment::revoke(tx, &row.object_id)
            }
            _ => mark(tx, warrant, row, RecordStep::Upheld, Some(reason)),
        }
    }
}
