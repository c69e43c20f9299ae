//! The records that a file brought fall as one, as [`fall`](super::revoke) has a single one fall:
//! with the ground and the reason in their histories, and whoever could read of them told.

use std::collections::BTreeSet;

use diesel::dsl::exists;
use diesel::prelude::*;
use xinwu_domain::access::{Operation, Warrant};
use xinwu_domain::account::AccountStatus;
use xinwu_domain::context::RequestContext;
use xinwu_domain::entity::Entity;
use xinwu_domain::import::NewUndo;
use xinwu_domain::notice::NoticeKind;
use xinwu_domain::proposal::own_participation;
use xinwu_domain::record::repair::RepairStatus;
use xinwu_domain::record::{RecordState, RecordStep, RevocationGround};
use xinwu_store::{Col, Conn, Result, Tx};

use super::batch::{concerned, note_steps, require_level};
use super::step::{Concerned, dossiers_changed};
use super::{Row, Why};
use crate::owed_notice::{Owed, owe_all, told_firms};
use crate::people::notice::{NewNotice, tell};
use crate::registers::second_person::require_other_person;
use crate::schema::{account, record, record_decision, record_step, repair};

/// Records of which one statement owes notices.
const AT_ONCE: usize = 500;

/// Ends every record of an import that is in force, as if it had been known to be wrong; the same
/// decisions may be recorded again. Gives those on which something rests: an objection, a request
/// for repair, or what one of them made of it. Then nothing is written.
pub(crate) fn revoke_batch(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    import_id: &str,
    undo: &NewUndo,
    context: RequestContext,
) -> Result<BTreeSet<String>> {
    let touched = touched(tx.conn, import_id)?;
    if !touched.is_empty() {
        return Ok(touched);
    }
    let concerned = concerned(tx, import_id, RecordState::InForce)?;
    let in_force = || {
        record::table
            .filter(record::import_id.eq(import_id))
            .filter(record::state.eq(Col(RecordState::InForce)))
    };
    let ids: Vec<String> = in_force().order(record::id).select(record::id).load(tx.conn)?;
    // By what they are until now it is known who could read of them.
    tell_readers(tx, &ids, &concerned, &undo.reason, context)?;
    tell_managers(tx, import_id, &undo.reason, context)?;
    let why = Why {
        reason: Some(&undo.reason),
        ground: Some(RevocationGround::EnteredInError),
        evidence: &undo.evidence,
    };
    note_steps(tx, import_id, (RecordState::InForce, RecordStep::Revoked), warrant, why)?;
    ids.iter().for_each(|id| tx.changed(Entity::Record, id));
    let fallen =
        record_decision::table.filter(record_decision::record_id.eq_any(in_force().select(record::id)));
    diesel::delete(fallen).execute(tx.conn)?;
    diesel::update(in_force())
        .set((
            record::state.eq(Col(RecordState::Revoked)),
            record::known_until.eq(tx.now_utc()),
            record::updated_at.eq(tx.now_utc()),
            record::version.eq(record::version + 1),
        ))
        .execute(tx.conn)?;
    dossiers_changed(tx, &concerned);
    Ok(touched)
}

/// Who seconds that the records of an import fall could have confirmed each of them, by the
/// procedure in force, and had no hand in any; as of a single one
/// ([`require_confirmer`](super::require_confirmer)).
///
/// # Errors
/// [`Refusal::Forbidden`](xinwu_domain::refusal::Refusal::Forbidden)
pub(crate) fn require_confirmer_of_batch(
    conn: &mut Conn,
    warrant: &Warrant,
    import_id: &str,
    context: RequestContext,
) -> Result<()> {
    Operation::ConfirmRecord.require_role(warrant.role())?;
    let participants = participants(conn, import_id)?;
    require_other_person(conn, warrant, &participants, own_participation)?;
    require_level(conn, warrant, (import_id, RecordState::InForce), context.today())
}

/// Everyone who had a hand in the records of an import.
fn participants(conn: &mut Conn, import_id: &str) -> Result<BTreeSet<String>> {
    let whose: Vec<(String, Option<String>)> = record::table
        .filter(record::import_id.eq(import_id))
        .select((record::drafted_by, record::confirmed_by))
        .distinct()
        .load(conn)?;
    type Taken = (Col<RecordStep>, String, Option<String>);
    let steps: Vec<Taken> = record_step::table
        .inner_join(record::table.on(record::id.eq(record_step::record_id)))
        .filter(record::import_id.eq(import_id))
        .select((record_step::step, record_step::by_account, record_step::seconded_by))
        .distinct()
        .load(conn)?;
    let participated = steps.into_iter().filter(|(step, ..)| step.0.is_participation());
    let all = whose.into_iter().chain(participated.map(|(_, by, second)| (by, second)));
    Ok(all.flat_map(|(by, other)| std::iter::once(by).chain(other)).collect())
}

fn touched(conn: &mut Conn, import_id: &str) -> Result<BTreeSet<String>> {
    let asked_for = repair::table
        .filter(repair::record_id.eq(record::id))
        .filter(repair::state.eq(Col(RepairStatus::Open)));
    let is_touched = record::revision.gt(1).or(record::disputed).or(exists(asked_for));
    let is_repaired = record::state.eq(Col(RecordState::Repaired));
    let touched: Vec<String> = record::table
        .filter(record::import_id.eq(import_id))
        .filter(is_repaired.or(record::state.eq(Col(RecordState::InForce)).and(is_touched)))
        .select(record::id)
        .load(conn)?;
    Ok(touched.into_iter().collect())
}

/// The firms are told of what they read in their files, and those who follow them of penalties that
/// everyone could read. Whoever sent the file is told once, of the file.
fn tell_readers(
    tx: &mut Tx<'_>,
    ids: &[String],
    concerned: &[Concerned],
    reason: &str,
    context: RequestContext,
) -> Result<()> {
    let firms: BTreeSet<&str> = concerned.iter().filter_map(|(uscc, ..)| uscc.as_deref()).collect();
    let told = told_firms(tx.conn, &firms)?;
    if told.is_empty() {
        return Ok(());
    }
    let today = context.at(tx.now).today();
    for part in ids.chunks(AT_ONCE) {
        let rows: Vec<Row> = record::table
            .filter(record::id.eq_any(part))
            .order(record::id)
            .select(Row::as_select())
            .load(tx.conn)?;
        let mut owed = Vec::new();
        for row in &rows {
            let Some(uscc) = row.uscc.as_deref() else { continue };
            let about: &str = &row.id;
            // What is archived its firm does not read any more.
            if told.act_for(uscc) && !row.is_archived(today) {
                owed.push(Owed { kind: NoticeKind::RecordTakenBack, about, uscc, detail: Some(reason) });
            }
            if told.follow(uscc) && row.is_public_penalty(tx.now, today) {
                owed.push(Owed { kind: NoticeKind::FollowedRevocation, about, uscc, detail: None });
            }
        }
        owe_all(tx, &owed)?;
    }
    Ok(())
}

/// Tells the managers whom the records name, as far as they have accounts.
fn tell_managers(tx: &mut Tx<'_>, import_id: &str, reason: &str, context: RequestContext) -> Result<()> {
    let today = context.at(tx.now).today();
    let named: Vec<(String, String, String)> = record::table
        .inner_join(account::table.on(account::manager_id.eq(record::manager_id)))
        .filter(account::status.eq(Col(AccountStatus::Active)))
        .filter(record::import_id.eq(import_id))
        .filter(record::state.eq(Col(RecordState::InForce)))
        .filter(record::retain_until.is_null().or(record::retain_until.ge(Col(today))))
        .order((record::id, account::id))
        .select((account::id, record::id, record::title))
        .load(tx.conn)?;
    for (account, id, title) in named {
        let told = NewNotice::new(NoticeKind::RecordTakenBack, &id).named(&title).because(reason);
        tell(tx, &account, &told)?;
    }
    Ok(())
}
