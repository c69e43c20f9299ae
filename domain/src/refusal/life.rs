//! How something stands that has a life, and what may be done with it then: what a refusal tells
//! whose reason that is.

use super::Refusal;
use crate::access::Operation;
use crate::assessment::BatchState;
use crate::credit::{DraftState, HistoryEvent};
use crate::import::ImportState;
use crate::metric::MetricState;
use crate::objection::ObjectionStatus;
use crate::proposal::ProposalState;
use crate::rating::BurstState;
use crate::record::RecordState;
use crate::record::repair::RepairStatus;
use crate::residence::ResidenceStatus;
use crate::text::Text;
use crate::word::Word;

/// The states of a life.
pub trait Life: Word {
    /// What such a state allows to whoever may do it: how far that reaches, and who had a hand in
    /// it, is not asked.
    fn allows(self) -> &'static [Operation];
}

/// How one thing stands, and what may be done with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Situation {
    /// The state's word.
    pub state: &'static str,
    /// What it allows.
    pub allows: Vec<Operation>,
}

impl Situation {
    /// In a state that has no list of its own, or allows less or more than its list says.
    pub fn new(state: &'static str, allows: &[Operation]) -> Situation {
        Situation { state, allows: allows.to_vec() }
    }

    /// The same, but for what this one in that state does not allow.
    #[must_use]
    pub fn without(mut self, operation: Operation) -> Situation {
        self.allows.retain(|allowed| *allowed != operation);
        self
    }
}

impl<L: Life> From<L> for Situation {
    fn from(state: L) -> Situation {
        Situation::new(state.into_str(), state.allows())
    }
}

impl Refusal {
    /// The state of the object does not allow this step.
    pub fn wrong_state(situation: impl Into<Situation>, detail: Text) -> Refusal {
        Refusal::conflict("wrong_state", detail).of_state(situation)
    }

    /// Says how that stands on which a conflict rests, and what may be done with it; of any other
    /// refusal nothing more.
    #[must_use]
    pub fn of_state(self, situation: impl Into<Situation>) -> Refusal {
        match self {
            Refusal::Conflict { code, detail, existing, .. } => {
                Refusal::Conflict { code, detail, existing, situation: Some(Box::new(situation.into())) }
            }
            other => other,
        }
    }
}

/// One line a state.
macro_rules! lives {
    ($($list:ident { $($($state:ident)|+ => [$($operation:ident),*],)+ })+) => {
        $(impl Life for $list {
            fn allows(self) -> &'static [Operation] {
                match self { $($($list::$state)|+ => &[$(Operation::$operation),*],)+ }
            }
        })+
    };
}

lives! {
    RecordState {
        Draft | Returned => [EditRecord, SubmitRecord, WithdrawRecord],
        Submitted => [ConfirmRecord, ReturnRecord, WithdrawRecord, PutRecordStatement],
        InForce => [RevokeRecord, ObjectToRecord, AddObjection, RequestRepair, PutRecordReply],
        Repaired => [RevokeRecord],
        Withdrawn | Revoked => [],
    }
    ObjectionStatus {
        Open => [DecideObjection, ExtendObjection, WithdrawObjection],
        Withdrawn | Upheld | Amended | Revoked => [],
    }
    RepairStatus {
        Open => [DecideRepair, ExtendRepair, WithdrawRepair],
        Granted | Refused | Withdrawn => [],
    }
    ImportState {
        Submitted => [ConfirmImport, ReturnImport, WithdrawImport],
        Applied | Confirmed => [UndoImport],
        Reading | Applying | Checked | Returned | Withdrawn | Expired | Refused | Failed => [],
    }
    ProposalState {
        Open => [ConfirmProposal, ReturnProposal, WithdrawProposal],
        Confirmed | Returned | Withdrawn | Expired | Stale => [],
    }
    DraftState {
        Draft => [AddSchemeDraft, AnnounceScheme, WithdrawScheme],
        Proposed => [AddSchemeDraft, ConfirmScheme, WithdrawScheme],
        Withdrawn => [AddSchemeDraft],
        Announced => [],
    }
    HistoryEvent {
        Effective | Announced => [ObjectToEvaluation],
        Withdrawn => [],
    }
    MetricState {
        Submitted => [ConfirmMetric, ReturnMetric],
        InForce => [PutMetric, PutOwnMetric],
        Superseded | Returned | Withdrawn | Revoked => [],
    }
    ResidenceStatus {
        Pending => [ApproveResidence, ApproveResidences, RefuseResidence, EndResidence],
        Verified => [EndAdminResidence, EndResidence],
        Refused | Ended => [],
    }
    BurstState {
        Held => [ReleaseBurst],
        Released | Counted | Fallen => [],
    }
    BatchState {
        Open => [ReturnAssessments],
        Waiting => [ConfirmAssessments, ReturnAssessments],
        Settled => [],
    }
}

#[cfg(test)]
mod tests {
    use strum::VariantArray;

    use super::*;
    use crate::inbox::InboxKind;
    use crate::record::RecordStep;

    #[test]
    fn what_a_state_of_a_record_allows_are_the_steps_of_its_life() {
        for (operation, step) in [
            (Operation::EditRecord, RecordStep::Edited),
            (Operation::SubmitRecord, RecordStep::Submitted),
            (Operation::ConfirmRecord, RecordStep::Confirmed),
            (Operation::ReturnRecord, RecordStep::Returned),
            (Operation::WithdrawRecord, RecordStep::Withdrawn),
            (Operation::PutRecordStatement, RecordStep::Stated),
            (Operation::RevokeRecord, RecordStep::Revoked),
            (Operation::ObjectToRecord, RecordStep::Objected),
            (Operation::AddObjection, RecordStep::Objected),
            (Operation::RequestRepair, RecordStep::RepairRequested),
        ] {
            for state in RecordState::VARIANTS {
                let is_allowed = state.allows().contains(&operation);
                assert_eq!(is_allowed, state.after(step).is_ok(), "{state:?} {operation:?}");
            }
        }
    }

    #[test]
    fn what_waits_in_an_inbox_allows_what_that_says() {
        for (kind, allowed) in [
            (InboxKind::Record, RecordState::Submitted.allows()),
            (InboxKind::Returned, RecordState::Returned.allows()),
            (InboxKind::Draft, RecordState::Draft.allows()),
            (InboxKind::Objection, ObjectionStatus::Open.allows()),
            (InboxKind::Repair, RepairStatus::Open.allows()),
            (InboxKind::Import, ImportState::Submitted.allows()),
            (InboxKind::Metric, MetricState::Submitted.allows()),
            (InboxKind::Proposal, ProposalState::Open.allows()),
            (InboxKind::Scheme, DraftState::Proposed.allows()),
            (InboxKind::Residence, ResidenceStatus::Pending.allows()),
            (InboxKind::Burst, BurstState::Held.allows()),
            (InboxKind::Assessments, BatchState::Waiting.allows()),
        ] {
            for operation in kind.operations() {
                assert!(allowed.contains(operation), "{kind:?} {operation:?}");
            }
        }
    }

    #[test]
    fn only_a_conflict_says_how_something_stands() {
        let situation = Situation::from(ObjectionStatus::Open).without(Operation::ExtendObjection);
        assert_eq!(situation.allows, [Operation::DecideObjection, Operation::WithdrawObjection]);
        let text = || Text::new("", "");
        let told = Refusal::wrong_state(situation.clone(), text());
        let Refusal::Conflict { code, situation: Some(kept), .. } = told else { panic!("{told:?}") };
        assert_eq!((code, *kept), ("wrong_state", situation));
        assert_eq!(Refusal::Stale.of_state(ObjectionStatus::Open), Refusal::Stale);
    }
}
