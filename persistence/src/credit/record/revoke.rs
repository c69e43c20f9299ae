//! A record that should not stand falls without anybody's having to object: two people say why.
//! What was published until then stays as it was.

use serde_json::Value;
use xinwu_domain::access::{Operation, Party, Warrant};
use xinwu_domain::catalogue::{RecordKind, Severity};
use xinwu_domain::context::RequestContext;
use xinwu_domain::kind::Kind;
use xinwu_domain::notice::NoticeKind;
use xinwu_domain::proposal::{Change, own_participation};
use xinwu_domain::record::{AdminRecord, NewRevocation, RecordStep, RevocationGround};
use xinwu_domain::scheme::StepKind;
use xinwu_store::{Conn, Result, StoreError, Tx};

use super::life::{note_because, participants, require_step};
use super::{Row, Why, decision, find, get_admin};
use crate::credit::procedure::Procedure;
use crate::credit::waiting::settle;
use crate::credit::{objection, repair};
use crate::people::notice::{NewNotice, tell_party};
use crate::registers::authorized::Authorized;
use crate::registers::second_person::{self, Asked, require_other_person};

/// What a second person is shown of a record that changes or falls.
const SHOWN: &[&str] = &[
    "state",
    "category",
    "level",
    "severity",
    "severity_reason",
    "title",
    "detail",
    "decided_on",
    "counts_until",
    "public_until",
    "points",
];

/// Revokes a record that was confirmed, in force or repaired, archived ones included. It takes two
/// people, always: any official who reaches it, and one who could have confirmed it and did not.
///
/// # Errors
/// [`Refusal::SecondNeeded`](xinwu_domain::refusal::Refusal::SecondNeeded) until another person has
/// confirmed it, [`Refusal::Conflict`](xinwu_domain::refusal::Refusal::Conflict) in another state.
pub fn revoke(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    row: &Authorized<Row>,
    revocation: &NewRevocation,
    context: RequestContext,
) -> Result<(AdminRecord, i64)> {
    let (context, id) = (context.at(tx.now), &row.id);
    let before = second_person::before(tx.conn, warrant, |conn| get_admin(conn, id, context))?;
    fall(tx, warrant, id, revocation, context)?;
    let after = get_admin(tx.conn, id, context)?;
    if let Some(before) = before {
        let NewRevocation { ground, reason, evidence } = revocation;
        let ground = Change { field: "ground".to_owned(), before: Value::Null, after: json(ground)? };
        let asked = Asked {
            hidden_changes: vec![ground],
            ..Asked::of(Kind::Record, id, row.version, Some(reason), evidence)
        };
        second_person::require(warrant, asked, (Some(&before), &after.0), &["state"])?;
    }
    Ok(after)
}

/// Ends a record that was confirmed, as if it had been known to be wrong, with the objections and
/// the request for repair that wait. Grades and lists follow at once; its firm, its manager, its
/// drafter and those who follow the firm are told.
///
/// # Errors
/// [`Refusal::Conflict`](xinwu_domain::refusal::Refusal::Conflict) in another state.
pub(crate) fn fall(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    id: &str,
    revocation: &NewRevocation,
    context: RequestContext,
) -> Result<()> {
    let row = find(tx.conn, id)?;
    let NewRevocation { ground, reason, evidence } = revocation;
    let objections = settle::<objection::Row>(tx, warrant, id, reason)?;
    let repair = settle::<repair::Row>(tx, warrant, id, reason)?.pop();
    let why = Why { reason: Some(reason), ground: Some(*ground), evidence };
    note_because(tx, warrant, id, RecordStep::Revoked, why)?;
    // Entered as it should have been, the decision is recorded again. One that was annulled is not.
    if *ground == RevocationGround::EnteredInError {
        decision::release(tx, id)?;
    }
    let detail = serde_json::json!({
        "ground": ground, "reason": reason, "objections": objections, "repair": repair
    });
    // Also where a whole file is taken back.
    tx.audit_as(warrant, Operation::RevokeRecord.id(), (Kind::Record, id), &detail)?;
    tell_parties(tx, &row, NoticeKind::RecordTakenBack, (reason, None), context)
}

/// Tells the firm and the manager of a record in force what became of it, but not the one who asked
/// for that and is answered otherwise.
pub(crate) fn tell_other_party(
    tx: &mut Tx<'_>,
    id: &str,
    kind: NoticeKind,
    (reason, asked): (&str, &Party),
    context: RequestContext,
) -> Result<()> {
    let row = find(tx.conn, id)?;
    tell_parties(tx, &row, kind, (reason, Some(asked)), context)
}

fn tell_parties(
    tx: &mut Tx<'_>,
    row: &Row,
    kind: NoticeKind,
    (reason, but): (&str, Option<&Party>),
    context: RequestContext,
) -> Result<()> {
    // What is archived they do not read any more.
    if row.is_archived(context.at(tx.now).today()) {
        return Ok(());
    }
    let told = NewNotice::new(kind, &row.id).named(&row.title).because(reason);
    let parties = row.parties();
    let others = parties.iter().filter(|party| Some(*party) != but);
    others.into_iter().try_for_each(|party| tell_party(tx, party, &told))
}

/// Who seconds a revocation could have confirmed the record, by the procedure in force, and had no
/// hand in it.
///
/// # Errors
/// [`Refusal::Forbidden`](xinwu_domain::refusal::Refusal::Forbidden)
pub(crate) fn require_confirmer(
    conn: &mut Conn,
    warrant: &Warrant,
    id: &str,
    context: RequestContext,
) -> Result<()> {
    Operation::ConfirmRecord.require_role(warrant.role())?;
    require_not_participant(conn, warrant, id)?;
    require_step(conn, warrant, id, StepKind::Confirm, context.today())
}

/// Who seconds that somebody objects to a record had no hand in it.
///
/// # Errors
/// [`Refusal::Forbidden`](xinwu_domain::refusal::Refusal::Forbidden)
pub(crate) fn require_not_participant(conn: &mut Conn, warrant: &Warrant, id: &str) -> Result<()> {
    let participants = participants(conn, id)?;
    require_other_person(conn, warrant, &participants, own_participation)
}

/// Whether one person may not decide alone that a record falls, changes or is repaired, nor that it
/// becomes such a one: a penalty that is serious, or leads to the black list.
pub(crate) fn takes_two(conn: &mut Conn, record: &AdminRecord, context: RequestContext) -> Result<bool> {
    let record = &record.record;
    if record.kind != RecordKind::Penalty {
        return Ok(false);
    }
    let weight = (record.kind, record.severity);
    Ok(record.severity == Severity::Serious
        || Procedure::load(conn, context.today())?.black_lists(&record.category.code, record.level, weight))
}

/// In what a record is another than it was, as a second person is shown it.
pub(crate) fn changes(before: &AdminRecord, after: &AdminRecord) -> Result<Vec<Change>> {
    Ok(Change::between(&shown(before)?, &shown(after)?, SHOWN))
}

/// A category by its code, which is the same in every language.
fn shown(record: &AdminRecord) -> Result<Value> {
    let mut shown = json(record)?;
    if let Some(category) = shown.get_mut("category") {
        *category = Value::from(record.record.category.code.as_str());
    }
    Ok(shown)
}

fn json(value: &impl serde::Serialize) -> Result<Value> {
    serde_json::to_value(value)
        .map_err(|error| StoreError::internal(format!("a record cannot be shown: {error}")))
}
