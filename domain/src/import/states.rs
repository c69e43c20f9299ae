//! The names of how things stand and whom they ask, as tables for people say them.

use super::{ImportState, Named};
use crate::objection::{ObjectKind, ObjectionStatus};
use crate::proposal::{ProposalState, SecondPerson};
use crate::record::RecordState;
use crate::record::repair::RepairStatus;

impl Named for RecordState {
    fn names(self) -> &'static [&'static str] {
        match self {
            RecordState::Draft => &["草稿"],
            RecordState::Submitted => &["待确认"],
            RecordState::Returned => &["已退回"],
            RecordState::InForce => &["已生效"],
            RecordState::Withdrawn => &["已撤回"],
            RecordState::Revoked => &["已撤销"],
            RecordState::Repaired => &["已修复"],
        }
    }
}

impl Named for ObjectKind {
    fn names(self) -> &'static [&'static str] {
        match self {
            ObjectKind::Record => &["奖惩信息"],
            ObjectKind::Assessment => &["街道社区评价"],
            ObjectKind::Evaluation => &["信用评价"],
        }
    }
}

impl Named for ObjectionStatus {
    fn names(self) -> &'static [&'static str] {
        match self {
            ObjectionStatus::Open => &["待办理"],
            ObjectionStatus::Withdrawn => &["已撤回"],
            ObjectionStatus::Upheld => &["维持"],
            ObjectionStatus::Amended => &["变更"],
            ObjectionStatus::Revoked => &["撤销"],
        }
    }
}

impl Named for RepairStatus {
    fn names(self) -> &'static [&'static str] {
        match self {
            RepairStatus::Open => &["待办理"],
            RepairStatus::Granted => &["准予修复"],
            RepairStatus::Refused => &["不予修复"],
            RepairStatus::Withdrawn => &["已撤回"],
        }
    }
}

impl Named for ImportState {
    fn names(self) -> &'static [&'static str] {
        match self {
            ImportState::Reading => &["读取中"],
            ImportState::Applying => &["写入中"],
            ImportState::Applied => &["已写入"],
            ImportState::Checked => &["试运行完成"],
            ImportState::Submitted => &["待确认"],
            ImportState::Confirmed => &["已确认"],
            ImportState::Returned => &["已退回"],
            ImportState::Withdrawn => &["已撤回"],
            ImportState::Expired => &["逾期终止"],
            ImportState::Refused => &["有错误未写入"],
            ImportState::Failed => &["失败"],
        }
    }
}

impl Named for ProposalState {
    fn names(self) -> &'static [&'static str] {
        match self {
            ProposalState::Open => &["待确认"],
            ProposalState::Confirmed => &["已确认"],
            ProposalState::Returned => &["已退回"],
            ProposalState::Withdrawn => &["已撤回"],
            ProposalState::Expired => &["逾期终止"],
            ProposalState::Stale => &["已失效"],
        }
    }
}

impl Named for SecondPerson {
    fn names(self) -> &'static [&'static str] {
        match self {
            SecondPerson::Official => &["工作人员"],
            SecondPerson::FirmOrDistrict => &["企业或其所在区县"],
            SecondPerson::District => &["企业所在区县"],
            SecondPerson::Administrator => &["管理员"],
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[track_caller]
    fn check<W: Named>() {
        let names: BTreeSet<&str> = W::VARIANTS.iter().flat_map(|value| value.names()).copied().collect();
        assert_eq!(names.len(), W::VARIANTS.len());
        assert!(names.iter().all(|name| !name.is_ascii()), "{names:?}");
    }

    #[test]
    fn each_value_has_one_name_of_its_own() {
        check::<RecordState>();
        check::<ObjectKind>();
        check::<ObjectionStatus>();
        check::<RepairStatus>();
        check::<ImportState>();
        check::<ProposalState>();
        check::<SecondPerson>();
    }
}
