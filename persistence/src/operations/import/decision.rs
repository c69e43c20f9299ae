//! The second pair of eyes: a batch of records, assessments or metrics is confirmed or returned as
//! one.

use diesel::prelude::*;
use serde_json::json;
use xinwu_domain::access::Warrant;
use xinwu_domain::context::RequestContext;
use xinwu_domain::import::{ImportJob, ImportKind, ImportState};
use xinwu_domain::kind::Kind;
use xinwu_domain::notice::NoticeKind;
use xinwu_domain::proposal::same_official;
use xinwu_domain::refusal::Refusal;
use xinwu_domain::text::{Language, Reason, Text};
use xinwu_store::{Result, Tx};

use super::job::{JobRow, find, set_state};
use crate::credit::{assessment, metric, record};
use crate::people::account::{self, names::with_people};
use crate::people::notice::{Told, tell};
use crate::registers::authorized::Authorized;
use crate::registers::second_person::require_other_person;
use crate::schema::import;

/// Confirms a batch: all of it counts from now.
///
/// # Errors
/// [`Refusal::Forbidden`] for who sent it, [`Refusal::Conflict`] when it does not wait for a
/// decision.
pub fn confirm(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    job: &Authorized<JobRow>,
    (): &(),
    context: RequestContext,
) -> Result<(ImportJob, i64)> {
    require_decidable(tx, warrant, job)?;
    let id = job.id.as_str();
    decided(tx, warrant, id)?;
    match job.kind.0 {
        ImportKind::Records => record::confirm_batch(tx, warrant, id).map(|_| ())?,
        ImportKind::Assessments => assessment::confirm_batch(tx, warrant, id).map(|_| ())?,
        ImportKind::Metrics => metric::confirm_batch(tx, warrant, id).map(|_| ())?,
        _ => {
            let (author, context) = (author(tx, warrant, job)?, context.at(tx.now));
            super::apply::apply_confirmed(tx, id, (&author, warrant), context)?;
        }
    };
    set_state(tx, id, ImportState::Confirmed)?;
    tell(tx, &job.by_account, &Told::new(NoticeKind::ImportConfirmed, id))?;
    shown(tx, id, context.language)
}

/// Returns a batch: none of it ever counts.
///
/// # Errors
/// As [`confirm`].
pub fn give_back(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    job: &Authorized<JobRow>,
    Reason { reason }: &Reason,
    context: RequestContext,
) -> Result<(ImportJob, i64)> {
    require_decidable(tx, warrant, job)?;
    let id = job.id.as_str();
    decided(tx, warrant, id)?;
    match job.kind.0 {
        ImportKind::Records => record::return_batch(tx, warrant, id, reason).map(|_| ())?,
        ImportKind::Assessments => assessment::return_batch(tx, warrant, id, reason).map(|_| ())?,
        ImportKind::Metrics => metric::return_batch(tx, warrant, id, reason).map(|_| ())?,
        // Nothing of a register's file is written before it is confirmed.
        _ => tx.audit(warrant, "return_import", Kind::Import, id, &json!({"reason": reason}))?,
    };
    set_state(tx, id, ImportState::Returned)?;
    tell(tx, &job.by_account, &Told::new(NoticeKind::ImportReturned, id).because(reason))?;
    shown(tx, id, context.language)
}

/// Who sent a register's file, as that account stands now, with its second person.
fn author(tx: &mut Tx<'_>, warrant: &Warrant, job: &JobRow) -> Result<Warrant> {
    let may_not = || {
        let text =
            Text::new("提交人已无权导入", "Who sent the file may no longer import it: return it instead");
        Refusal::conflict("author_may_not", text)
    };
    let actor = account::active_actor(tx.conn, &job.by_account)?.ok_or_else(may_not)?;
    let author = Warrant::of(job.kind.0.operation(), actor).map_err(|_| may_not())?;
    tx.audit(warrant, "confirm_import", Kind::Import, &job.id, &json!({"by": job.by_account}))?;
    Ok(author)
}

fn require_decidable(tx: &mut Tx<'_>, warrant: &Warrant, job: &JobRow) -> Result<()> {
    require_other_person(tx.conn, warrant, &[&job.by_account], same_official)?;
    if job.state.0 != ImportState::Submitted {
        let text = Text::new("该批次不在待确认状态", "The batch does not wait for a decision");
        return Err(Refusal::conflict("wrong_state", text).into());
    }
    Ok(())
}

/// Keeps who decided; the batch itself writes the audit.
fn decided(tx: &mut Tx<'_>, warrant: &Warrant, id: &str) -> Result<()> {
    diesel::update(import::table.find(id))
        .set(import::confirmed_by.eq(warrant.account_id()))
        .execute(tx.conn)?;
    Ok(())
}

fn shown(tx: &mut Tx<'_>, id: &str, language: Language) -> Result<(ImportJob, i64)> {
    let job = find(tx.conn, id)?;
    let version = job.version;
    Ok((with_people(tx.conn, job.view(language)?)?, version))
}
