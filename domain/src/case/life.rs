//! The life of a case: which step a state allows, where it leads, and who takes it.

use super::rules::CaseKind;
use super::view::CaseAssignee;
use super::words::{AssigneeKind, CaseState, StepKind};
use crate::access::{Operation, Role};
use crate::refusal::{Refusal, Situation};
use crate::text::Text;
use crate::word::Word;

/// Who a case is assigned to.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Assignee {
    /// What kind of party.
    pub kind: AssigneeKind,
    /// A firm's uscc, or the code of a community, a street or a department.
    pub id: String,
}

impl CaseState {
    /// Where a step leads from here; `None` for one that this state does not allow, and for the
    /// opening, which comes before any state.
    pub fn after(self, step: StepKind) -> Option<CaseState> {
        use CaseState::{Accepted, Closed, Dispatched, Done, Joined, Open, Verified, Withdrawn};
        let (from, to): (&[CaseState], CaseState) = match step {
            StepKind::Opened => (&[], Open),
            StepKind::Dispatched => (&[Open, Dispatched, Accepted], Dispatched),
            StepKind::Accepted => (&[Dispatched], Accepted),
            StepKind::Returned => (&[Dispatched, Accepted], Dispatched),
            StepKind::Extended | StepKind::Paused | StepKind::Resumed | StepKind::Answered => {
                (&[Accepted], Accepted)
            }
            StepKind::Finished => (&[Accepted], Done),
            StepKind::Verified | StepKind::LapsedVerified => (&[Done], Verified),
            StepKind::Reopened => (&[Done], Dispatched),
            StepKind::Supervised | StepKind::Overdue => (&[Dispatched, Accepted], self),
            StepKind::Escalated | StepKind::Reclassified | StepKind::HouseholdJoined => {
                (&[Open, Dispatched, Accepted], self)
            }
            StepKind::Withdrawn => (&[Open, Dispatched, Accepted], Withdrawn),
            StepKind::Closed => (&[Open, Dispatched, Accepted], Closed),
            StepKind::Joined => (&[Open, Dispatched, Accepted], Joined),
        };
        from.contains(&self).then_some(to)
    }
}

/// The operations that take a step of a case that is there, in the order in which they are told.
const STEPS: [(Operation, StepKind); 19] = [
    (Operation::DispatchCase, StepKind::Dispatched),
    (Operation::AcceptCase, StepKind::Accepted),
    (Operation::ReturnCase, StepKind::Returned),
    (Operation::ExtendCase, StepKind::Extended),
    (Operation::PauseCase, StepKind::Paused),
    (Operation::ResumeCase, StepKind::Resumed),
    (Operation::AnswerCase, StepKind::Answered),
    (Operation::FinishCase, StepKind::Finished),
    (Operation::VerifyCase, StepKind::Verified),
    (Operation::VerifyAdminCase, StepKind::Verified),
    (Operation::ReopenCase, StepKind::Reopened),
    (Operation::ReopenAdminCase, StepKind::Reopened),
    (Operation::ReclassifyCase, StepKind::Reclassified),
    (Operation::SuperviseCase, StepKind::Supervised),
    (Operation::EscalateCase, StepKind::Escalated),
    (Operation::JoinCase, StepKind::HouseholdJoined),
    (Operation::MergeCase, StepKind::Joined),
    (Operation::WithdrawCase, StepKind::Withdrawn),
    (Operation::CloseCase, StepKind::Closed),
];

/// What else may be done with a case until it ends.
const UNTIL_THE_END: [Operation; 2] = [Operation::AddMyCasePhoto, Operation::AddCasePhoto];

/// The step that an operation takes; `None` for one that takes none.
pub fn step_of(operation: Operation) -> Option<StepKind> {
    STEPS.iter().find(|(each, _)| *each == operation).map(|(_, step)| *step)
}

/// Who says that what was done is done. The firm's word alone closes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verifier {
    /// The residents whose case it is; their saying nothing for [`super::CaseLimits::verify_days`]
    /// counts as their saying so.
    Residents,
    /// The desk, of what no household opened, and where no resident's account is left. Its saying
    /// nothing means nothing: such a case waits in its inbox.
    Desk,
}

/// How a case stands, as far as it decides what may be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CaseCondition {
    /// The state.
    pub state: CaseState,
    /// Whether its assignee returned it since the last dispatch.
    pub is_contested: bool,
    /// Whether the assignee waits for the resident.
    pub is_paused: bool,
    /// Whether it was extended in this cycle.
    pub is_extended: bool,
    /// Whether the present assignee's time ran out.
    pub is_overdue: bool,
    /// Whether there is a resident to wait for ([`CaseKind::may_pause`]), who has answered this
    /// assignee's last question and was asked less than
    /// [`CaseLimits::pauses_per_cycle`](super::CaseLimits::pauses_per_cycle) times.
    pub may_pause: bool,
    /// Whether there is an office above the desk.
    pub can_escalate: bool,
    /// Who says that it is done.
    pub verifier: Verifier,
}

impl CaseCondition {
    /// Where an operation's step leads.
    ///
    /// # Errors
    /// [`Refusal::Conflict`] `wrong_state`, with how the case stands and what that allows, whoever
    /// may do it.
    pub fn after(&self, operation: Operation) -> Result<CaseState, Refusal> {
        self.step(operation).map_err(|why| Refusal::wrong_state(self.situation(), why))
    }

    /// Whether something may be done with it.
    pub fn allows(&self, operation: Operation) -> bool {
        self.step(operation).is_ok()
    }

    /// How it stands, and everything that this allows.
    pub fn situation(&self) -> Situation {
        let allowed: Vec<Operation> = STEPS
            .iter()
            .map(|(operation, _)| *operation)
            .chain(UNTIL_THE_END)
            .filter(|operation| self.allows(*operation))
            .collect();
        Situation::new(self.state.into_str(), &allowed)
    }

    /// What somebody may do with it who has these sides of it, in a role.
    pub fn may(&self, sides: &[CaseSide], role: Role) -> Vec<Operation> {
        let mut allowed = self.situation().allows;
        allowed.retain(|operation| {
            operation.audience().admits(role) && sides.iter().any(|side| side.does(*operation))
        });
        allowed
    }

    fn step(&self, operation: Operation) -> Result<CaseState, Text> {
        let wrong =
            || Text::new("事项当前状态不能进行此操作", "The case does not stand so that this can be done");
        let Some(step) = step_of(operation) else {
            let is_allowed = UNTIL_THE_END.contains(&operation) && !self.state.is_end();
            return if is_allowed { Ok(self.state) } else { Err(wrong()) };
        };
        let after = self.state.after(step).ok_or_else(wrong)?;
        match self.obstacle(operation) {
            Some((zh, en)) => Err(Text::new(zh, en)),
            None => Ok(after),
        }
    }

    /// What stands in the way in a state that would allow it.
    fn obstacle(&self, operation: Operation) -> Option<(&'static str, &'static str)> {
        let (is_in_the_way, zh, en) = match operation {
            Operation::ReturnCase if self.is_paused => {
                (true, "计时已暂停，请先恢复", "Its clock is paused: resume it first")
            }
            Operation::ReturnCase => {
                (self.is_contested, "已退单，等待重新派单", "It was returned, and waits for a new dispatch")
            }
            Operation::ExtendCase if self.is_overdue => {
                (true, "已超过办理期限，不能延期", "Its time has run out: it cannot be extended any more")
            }
            Operation::ExtendCase => {
                (self.is_extended, "本轮办理已延期一次", "It was extended once in this cycle")
            }
            Operation::PauseCase if self.is_paused => (true, "计时已暂停", "Its clock is paused already"),
            Operation::PauseCase => (
                !self.may_pause,
                "没有需要等待的居民，居民尚未答复上次询问，或本轮办理的询问次数已满",
                "It has no resident to wait for, the last question was not answered, or there were enough in this cycle",
            ),
            Operation::ResumeCase | Operation::AnswerCase => {
                (!self.is_paused, "计时未暂停", "Its clock is not paused")
            }
            Operation::VerifyCase | Operation::ReopenCase | Operation::WithdrawCase => (
                self.verifier != Verifier::Residents,
                "该事项由派单单位验收",
                "Its desk says whether it is done",
            ),
            Operation::VerifyAdminCase | Operation::ReopenAdminCase => {
                (self.verifier != Verifier::Desk, "该事项由居民验收", "Its residents say whether it is done")
            }
            Operation::EscalateCase => {
                (!self.can_escalate, "已无上级单位", "There is no office above its desk")
            }
            _ => return None,
        };
        is_in_the_way.then_some((zh, en))
    }
}

/// What somebody is to a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CaseSide {
    /// The resident who opened it.
    Opener,
    /// A resident of another household that joined it.
    Household,
    /// An account of the firm or the department, or an official of the very community or street,
    /// that it is assigned to.
    Assignee,
    /// An official of its desk or of an office above that.
    Desk,
}

impl CaseSide {
    /// Whether such an operation is this side's.
    pub fn does(self, operation: Operation) -> bool {
        match self {
            CaseSide::Opener => matches!(
                operation,
                Operation::AnswerCase
                    | Operation::VerifyCase
                    | Operation::ReopenCase
                    | Operation::WithdrawCase
                    | Operation::AddMyCasePhoto
            ),
            CaseSide::Household => matches!(operation, Operation::VerifyCase | Operation::ReopenCase),
            CaseSide::Assignee => matches!(
                operation,
                Operation::AcceptCase
                    | Operation::ReturnCase
                    | Operation::ExtendCase
                    | Operation::PauseCase
                    | Operation::ResumeCase
                    | Operation::FinishCase
                    | Operation::AddCasePhoto
            ),
            CaseSide::Desk => matches!(
                operation,
                Operation::DispatchCase
                    | Operation::ResumeCase
                    | Operation::VerifyAdminCase
                    | Operation::ReopenAdminCase
                    | Operation::ReclassifyCase
                    | Operation::SuperviseCase
                    | Operation::EscalateCase
                    | Operation::MergeCase
                    | Operation::CloseCase
                    | Operation::AddCasePhoto
            ),
        }
    }
}

/// Whether an operation is for somebody who has these sides of a case.
///
/// # Errors
/// [`Refusal::Forbidden`]: `not_the_assignee`, `not_the_desk` or, of a resident, `not_the_opener`.
pub fn require_side(operation: Operation, sides: &[CaseSide]) -> Result<(), Refusal> {
    if sides.iter().any(|side| side.does(operation)) {
        return Ok(());
    }
    let (code, zh, en) = if CaseSide::Desk.does(operation) {
        (
            "not_the_desk",
            "只有该事项的派单单位或其上级可以进行此操作",
            "Only the desk of the case, or an office above it, may do this",
        )
    } else if CaseSide::Assignee.does(operation) {
        (
            "not_the_assignee",
            "只有该事项的承办单位可以进行此操作",
            "Only the assignee of the case may do this",
        )
    } else {
        (
            "not_the_opener",
            "只有提出该事项的居民可以进行此操作",
            "Only the resident who opened the case may do this",
        )
    };
    Err(Refusal::forbidden(code, Text::new(zh, en)))
}

/// Whether a case may be dispatched so.
///
/// `present` is who has it, and `returned_by` who returned it in this cycle, in that order.
///
/// # Errors
/// A fault of `/assignee/kind` for a party that such a case does not go to; [`Refusal::Conflict`]
/// `returned_before`, with the chain, where it would go back to somebody who returned it;
/// `same_assignee` where it would stay where it is.
pub fn check_dispatch(
    kind: &CaseKind,
    present: Option<&Assignee>,
    returned_by: &[CaseAssignee],
    to: &Assignee,
) -> Result<(), Refusal> {
    if !kind.goes_to(to.kind) {
        let kinds: Vec<&str> = kind.assignees.iter().map(|kind| kind.into_str()).collect();
        let text = Text::new(
            format!("“{}”可派给：{}", kind.name.zh, kinds.join("、")),
            format!("such a case goes to {}", kinds.join(", ")),
        );
        return Err(Refusal::invalid("/assignee/kind", "not_applicable", text));
    }
    if returned_by.iter().any(|by| (by.kind, &by.id) == (to.kind, &to.id)) {
        let chain: Vec<&str> = returned_by.iter().map(|by| by.name.as_str()).collect();
        let text = Text::new(
            format!("该单位本轮已退单。退单顺序：{}", chain.join(" → ")),
            format!("It was returned from there in this cycle. Returned by, in order: {}", chain.join(" → ")),
        );
        return Err(Refusal::conflict("returned_before", text));
    }
    if present == Some(to) {
        let text = Text::new("该事项已派给该单位", "It is assigned there already");
        return Err(Refusal::conflict("same_assignee", text));
    }
    Ok(())
}

/// Whether the households' answers end a case that is done: every one has said whether it is
/// satisfied. `None` is one that has not answered. Where some say nothing, time ends it.
pub fn is_verified(answers: &[Option<bool>]) -> bool {
    !answers.is_empty() && answers.iter().all(Option::is_some)
}

#[cfg(test)]
mod tests;
