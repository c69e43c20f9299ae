//! What operations are called where people read of them: those that wait for somebody, and those
//! that take two.

use super::Operation;
use crate::text::Language;

impl Operation {
    /// How it is written for readers of a language.
    pub fn told(self, language: Language) -> &'static str {
        match language {
            Language::Chinese => self.in_chinese().unwrap_or(self.id()),
            Language::English => self.id(),
        }
    }

    fn in_chinese(self) -> Option<&'static str> {
        Some(match self {
            Operation::ConfirmAssessments => "确认评价",
            Operation::ReturnAssessments => "退回评价",
            Operation::PutAssessment => "评价",
            Operation::ReleaseBurst => "处理集中评分",
            Operation::AcceptCase => "接单",
            Operation::ReturnCase => "退单",
            Operation::ExtendCase => "延期",
            Operation::PauseCase => "暂停计时",
            Operation::ResumeCase => "恢复计时",
            Operation::FinishCase => "办结",
            Operation::ConfirmMetric => "确认指标数据",
            Operation::ReturnMetric => "退回指标数据",
            Operation::DispatchCase => "派单",
            Operation::SuperviseCase => "督办",
            Operation::EscalateCase => "上报",
            Operation::CloseCase => "关闭事项",
            Operation::VerifyAdminCase => "验收",
            Operation::ReopenAdminCase => "重新办理",
            Operation::AddPlace => "新增区划",
            Operation::EditPlace => "变更区划",
            Operation::AddFirm => "新增企业",
            Operation::EditFirm => "变更企业",
            Operation::AddEstate => "新增小区",
            Operation::EditEstate => "变更小区",
            Operation::AddProject => "新增项目",
            Operation::EditProject => "变更项目",
            Operation::AddManager => "新增项目经理",
            Operation::EditManager => "变更项目经理",
            Operation::AddHousehold => "新增住户",
            Operation::EditHousehold => "变更住户",
            Operation::ConfirmHousehold => "确认住户",
            Operation::ConfirmImport => "确认导入",
            Operation::ReturnImport => "退回导入",
            Operation::UndoImport => "撤销导入",
            Operation::AddObjection => "代为提出异议",
            Operation::DecideObjection => "办理异议",
            Operation::ExtendObjection => "延长异议办理期限",
            Operation::DecideRepair => "办理信用修复",
            Operation::ExtendRepair => "延长信用修复办理期限",
            Operation::ConfirmProposal => "确认",
            Operation::ReturnProposal => "退回",
            Operation::EditRecord => "修改信息",
            Operation::SubmitRecord => "提交信息",
            Operation::ConfirmProject => "确认项目",
            Operation::ConfirmRecord => "确认信息",
            Operation::ReturnRecord => "退回信息",
            Operation::WithdrawRecord => "撤回信息",
            Operation::RevokeRecord => "撤销信息",
            Operation::ApproveResidence => "核准住房绑定",
            Operation::RefuseResidence => "不予核准住房绑定",
            Operation::EndAdminResidence => "终止住房绑定",
            Operation::PublishReview => "公开",
            Operation::HideReview => "隐藏",
            Operation::ConfirmScheme => "确认公布评分办法",
            Operation::WithdrawScheme => "撤回评分办法",
            Operation::AddUser => "新增账号",
            Operation::EditUser => "变更账号",
            Operation::AddClient => "新增接入程序",
            Operation::EditClient => "变更接入程序",
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use strum::VariantArray;

    use super::*;
    use crate::inbox::InboxKind;

    #[test]
    fn whatever_waits_for_somebody_or_takes_two_has_a_name_of_its_own() {
        let waiting = InboxKind::VARIANTS.iter().flat_map(|kind| kind.operations());
        let seconded = Operation::ALL.iter().filter(|operation| !operation.second_persons().is_empty());
        let shown: BTreeSet<Operation> = waiting.chain(seconded).copied().collect();
        let names: BTreeSet<&str> = shown.iter().filter_map(|operation| operation.in_chinese()).collect();
        assert_eq!(names.len(), shown.len(), "{shown:?}");
        assert_eq!(Operation::EditProject.told(Language::English), "edit_project");
        assert_eq!(Operation::EditProject.told(Language::Chinese), "变更项目");
    }
}
