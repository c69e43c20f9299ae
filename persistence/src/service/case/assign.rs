//! How a case is given to who is to do it.

use xinwu_domain::case::{Assignee, CaseRules, StepKind};
use xinwu_domain::context::RequestContext;
use xinwu_domain::notice::NoticeKind;
use xinwu_store::{Result, Tx};

use super::party::{By, named_assignees};
use super::told::{tell_assignee, tell_party, tell_residents, told_at};
use super::whole::{NewStep, Whole};

/// Gives a case to an assignee, of whom all rules were asked before, in a class and for a reason:
/// its time runs from now. Whoever had it is told that it is no longer theirs.
pub(super) fn dispatch_to(
    tx: &mut Tx<'_>,
    whole: &mut Whole,
    by: By,
    to: &Assignee,
    (class, reason): (&str, Option<&str>),
    context: RequestContext,
) -> Result<()> {
    let (former, is_new) = (whole.row.assignee(), whole.row.version == 0);
    let hours = CaseRules::shipped().class(class).map(|class| class.hours);
    let step = NewStep { assignee: Some(to), class: Some(class), hours, reason, ..NewStep::by(by) };
    whole.take(StepKind::Dispatched, tx.now_utc(), &step);
    whole.derive(tx.conn, context)?;
    if let Some(former) = former {
        tell_party(tx, whole, &former, NoticeKind::CaseTakenAway, None, None)?;
    }
    let until = told_at(whole.clock.due_at, context);
    tell_assignee(tx, whole, NoticeKind::CaseAssigned, until.as_deref(), None)?;
    // Who opens a case reads it in the answer.
    if !is_new {
        let named = named_assignees(tx.conn, vec![to.clone()])?;
        let name = named.first().map(|assignee| assignee.name.as_str());
        tell_residents(tx, whole, None, NoticeKind::CaseDispatched, name, None)?;
    }
    Ok(())
}
