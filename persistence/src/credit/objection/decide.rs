//! The decision on an objection, with what it does. One that a serious penalty or an assessment of
//! a closed period falls or changes takes two people.

use xinwu_domain::access::Warrant;
use xinwu_domain::context::RequestContext;
use xinwu_domain::kind::Kind;
use xinwu_domain::notice::NoticeKind;
use xinwu_domain::objection::{AdminObjection, ObjectKind, ObjectionDecision, ObjectionVerdict};
use xinwu_domain::proposal::Change;
use xinwu_domain::record::{AdminRecord, RecordStep};
use xinwu_domain::refusal::Faults;
use xinwu_store::{Conn, Result, Tx};

use super::Row;
use super::object::mark;
use crate::credit::assessment::{self, ClosedAssessment};
use crate::credit::record;
use crate::credit::waiting::{Waiting, get_admin, require_decidable, settle};
use crate::registers::audited::with_changes;
use crate::registers::authorized::{Authorized, note};
use crate::registers::second_person::{self, Asked};

/// Decides on an objection. What changes by it changes as a new revision from now on; what was
/// published stays as it was, and grades follow at once.
///
/// # Errors
/// [`Refusal::NotFound`] outside the actor's place, [`Refusal::Forbidden`] without the power to
/// confirm, for whoever had a hand in what it is against, and where the procedure in force has
/// officials of other levels decide, [`Refusal::Stale`], [`Refusal::Conflict`] when it is closed,
/// [`Refusal::Invalid`] for an amendment that is missing, out of place or breaks a rule,
/// [`Refusal::SecondNeeded`] where a serious penalty, or an assessment of a closed period, changes
/// or falls and nobody has confirmed it.
pub fn decide(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    row: &Authorized<Row>,
    verdict: &ObjectionVerdict,
    context: RequestContext,
) -> Result<(AdminObjection, i64)> {
    let context = context.at(tx.now);
    let id = row.id.as_str();
    require_decidable(tx.conn, warrant, &**row, context)?;
    let mut faults = Faults::default();
    faults.keep(verdict.require_fits(row.object_kind.0))?;
    faults.keep(check_amendment(tx.conn, row, verdict, context))?;
    faults.refuse_if_any()?;
    let (before_it, _) = get_admin::<Row>(tx.conn, id, context)?;
    let before = before(tx.conn, warrant, (row, verdict), context)?;
    row.close(tx, verdict.decision.status(), Some((warrant, &verdict.reason)))?;
    take_effect(tx, warrant, row, verdict, context)?;
    let told = match verdict.decision {
        ObjectionDecision::Upheld => NoticeKind::ObjectionUpheld,
        ObjectionDecision::Amended => NoticeKind::ObjectionAmended,
        ObjectionDecision::Revoked => NoticeKind::ObjectionRevoked,
    };
    row.tell(tx, told, None, &verdict.reason)?;
    tell_other_party(tx, row, verdict, context)?;
    let after = get_admin::<Row>(tx.conn, id, context)?;
    let detail = serde_json::json!({
        "object": {"kind": row.object_kind, "id": row.object_id}, "decision": verdict.decision, "reason": verdict.reason
    });
    let detail = with_changes(detail, &before_it, &after.0)?;
    note::<Row>(tx, warrant, id, &detail)?;
    if let Some(before) = before {
        require_second(tx, warrant, (row, verdict), (&before, &after.0), context)?;
    }
    Ok(after)
}

/// A record's firm is told what its manager's objection makes of it, and the manager of what the
/// firm's does.
fn tell_other_party(
    tx: &mut Tx<'_>,
    row: &Row,
    verdict: &ObjectionVerdict,
    context: RequestContext,
) -> Result<()> {
    let told = match (row.object_kind.0, verdict.decision) {
        (ObjectKind::Record, ObjectionDecision::Amended) => NoticeKind::RecordChanged,
        (ObjectKind::Record, ObjectionDecision::Revoked) => NoticeKind::RecordTakenBack,
        _ => return Ok(()),
    };
    match row.party() {
        Some(asked) => record::tell_other_party(tx, &row.object_id, told, (&verdict.reason, &asked), context),
        None => Ok(()),
    }
}

/// What a decision changes or ends, and one person may not change alone.
enum Guarded {
    Record(Box<AdminRecord>),
    /// An assessment of a closed period.
    Assessment(ClosedAssessment),
}

impl Guarded {
    /// What an objection is against, as it stands. An evaluation changes with its facts alone, and
    /// an assessment of an open period is changed as freely as it is given.
    fn load(conn: &mut Conn, row: &Row, context: RequestContext) -> Result<Option<Guarded>> {
        let id: &str = &row.object_id;
        Ok(match row.object_kind.0 {
            ObjectKind::Record => Some(Guarded::Record(Box::new(record::get_admin(conn, id, context)?.0))),
            ObjectKind::Assessment => assessment::closed(conn, id, context)?.map(Guarded::Assessment),
            ObjectKind::Evaluation => None,
        })
    }
}

/// How an objection and what it is against stand.
type ObjectionAndObject = (AdminObjection, Guarded);

/// How both stand, where a second person may be needed: to change what it is against, or to end it.
fn before(
    conn: &mut Conn,
    warrant: &Warrant,
    (row, verdict): (&Row, &ObjectionVerdict),
    context: RequestContext,
) -> Result<Option<ObjectionAndObject>> {
    if warrant.is_seconded() || verdict.decision == ObjectionDecision::Upheld {
        return Ok(None);
    }
    let Some(guarded) = Guarded::load(conn, row, context)? else { return Ok(None) };
    Ok(Some((get_admin::<Row>(conn, &row.id, context)?.0, guarded)))
}

/// A serious penalty does not fall or change by one person alone, and none becomes one; nor does an
/// assessment of a closed period, which nobody corrects alone either.
fn require_second(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    (row, verdict): (&Row, &ObjectionVerdict),
    ((before, guarded), after): (&ObjectionAndObject, &AdminObjection),
    context: RequestContext,
) -> Result<()> {
    let Some((object, hidden_changes)) = changed_by_two(tx.conn, guarded, row, context)? else {
        return Ok(());
    };
    let asked = Asked {
        // Whatever would change what it is against, one waits at a time.
        key: Some(object),
        hidden_changes,
        ..Asked::of(Kind::Objection, &row.id, row.version, Some(&verdict.reason), &[])
    };
    second_person::require(warrant, asked, (Some(before), after), &["status"])
}

/// What has changed since that takes two people, and by what proposals tell it apart.
fn changed_by_two(
    conn: &mut Conn,
    before: &Guarded,
    row: &Row,
    context: RequestContext,
) -> Result<Option<(String, Vec<Change>)>> {
    let id: &str = &row.object_id;
    match before {
        Guarded::Record(before) => {
            let (after, _) = record::get_admin(conn, id, context)?;
            let takes_two =
                record::takes_two(conn, before, context)? || record::takes_two(conn, &after, context)?;
            let changes = takes_two.then(|| record::changes(before, &after)).transpose()?;
            Ok(changes.map(|changes| (format!("{}/{id}", Kind::Record), changes)))
        }
        Guarded::Assessment(before) => {
            let Some(after) = assessment::closed(conn, id, context)? else { return Ok(None) };
            let mut changes = second_person::changes(Some(before), &after, &["scores"])?;
            if !changes.is_empty() {
                changes.extend(before.weight(conn)?);
            }
            Ok(Some((format!("{}/{}", Kind::Assessment, before.path()), changes)))
        }
    }
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
            // The other side's falls with the record.
            settle::<Row>(tx, warrant, object, reason)?;
            mark(tx, warrant, row, RecordStep::Revoked, Some(reason))
        }
        (ObjectKind::Assessment, ObjectionDecision::Amended, _, Some(scores)) => {
            assessment::amend(tx, warrant, object, scores, reason)
        }
        (ObjectKind::Assessment, ObjectionDecision::Revoked, _, _) => assessment::revoke(tx, object),
        _ => mark(tx, warrant, row, RecordStep::Upheld, Some(reason)),
    }
}
