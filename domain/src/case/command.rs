//! What residents, firms and offices send about cases. Steps that need a reason and nothing else
//! (reopening, supervising, escalating) take a [`crate::text::Reason`].

use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;

use super::words::{AssigneeKind, Channel, ClosingReason, PauseReason};
use crate::household::Dwelling;
use crate::refusal::{Faults, Refusal};
use crate::rules;
use crate::text::Text;

/// A problem of a resident's, in an estate where the account has a verified residence.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "kind": "complaint", "category": "garage_leak", "estate": "210202001006-001", "building": "3",
    "place_in_estate": "地下车库负一层入口", "description": "雨后入口处一直漏水，地面结冰，多次反映未处理", "despite_similar": true
}))]
pub struct NewCase {
    /// The code of a kind that residents open.
    #[validate(length(min = 1, max = 32))]
    pub kind: String,
    /// The code of what it is about.
    #[validate(length(min = 1, max = 32))]
    pub category: String,
    /// The id of the verified residence that it is about. Needed where the kind is about dwellings.
    #[validate(length(min = 1, max = 64))]
    pub residence: Option<String>,
    /// The code of the estate; the residence's, if left out.
    #[serde(default, deserialize_with = "rules::typed_code_if_any")]
    #[validate(length(min = 1, max = 32))]
    pub estate: Option<String>,
    /// The building; the residence's, if left out. At most 20 characters.
    #[validate(length(min = 1, max = 20), custom(function = "rules::plain_text"))]
    pub building: Option<String>,
    /// Where in the estate, for what is in no dwelling: `地下车库`. At most 100 characters.
    #[validate(length(min = 1, max = 100), custom(function = "rules::plain_text"))]
    pub place_in_estate: Option<String>,
    /// What is wrong, at most 2000 characters. Those who handle the case read it, and nobody else.
    #[validate(length(min = 1, max = 2000), custom(function = "rules::long_text"))]
    pub description: String,
    /// `true`: none of the open cases like it is meant, of which 409 `similar_case` names one.
    #[serde(default)]
    pub despite_similar: bool,
}

impl NewCase {
    /// The estate is named, or a residence is, of which it follows.
    ///
    /// # Errors
    /// A fault of `/residence` or `/estate`.
    pub fn check(&self, needs_residence: bool) -> Result<(), Refusal> {
        match (&self.residence, &self.estate) {
            (None, _) if needs_residence => {
                let text = Text::new("此类事项须选择住房", "is needed for a case of this kind");
                Err(Refusal::invalid("/residence", "required", text))
            }
            (None, None) => {
                let text = Text::new("请选择住房或小区", "is needed without a residence");
                Err(Refusal::invalid("/estate", "required", text))
            }
            _ => Ok(()),
        }
    }
}

/// That one's own household has the same problem as an open case.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"residence": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c"}))]
pub struct CaseJoin {
    /// The id of the verified residence, in the case's estate.
    #[validate(length(min = 1, max = 64))]
    pub residence: String,
}

/// A case that an office opens.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "kind": "complaint", "category": "garage_leak", "estate": "210202001006-001", "channel": "hotline",
    "place_in_estate": "地下车库", "description": "来电反映地下车库漏水，多次报修未修复"
}))]
pub struct DeskCase {
    /// The code of a kind that offices open.
    #[validate(length(min = 1, max = 32))]
    pub kind: String,
    /// The code of what it is about.
    #[validate(length(min = 1, max = 32))]
    pub category: String,
    /// The code of the estate, in the own place.
    #[serde(deserialize_with = "rules::typed_code")]
    #[validate(length(min = 1, max = 32))]
    pub estate: String,
    /// The building; needed with a room.
    #[validate(length(min = 1, max = 20), custom(function = "rules::plain_text"))]
    pub building: Option<String>,
    /// The unit, where it is about a dwelling and the building has units.
    #[validate(length(max = 20), custom(function = "rules::plain_text"))]
    pub unit: Option<String>,
    /// The room, where it is about a dwelling.
    #[validate(length(min = 1, max = 20), custom(function = "rules::plain_text"))]
    pub room: Option<String>,
    /// Where in the estate, for what is in no dwelling.
    #[validate(length(min = 1, max = 100), custom(function = "rules::plain_text"))]
    pub place_in_estate: Option<String>,
    /// What is wrong, at most 2000 characters: no phone of a resident belongs here.
    #[validate(length(min = 1, max = 2000), custom(function = "rules::long_text"))]
    pub description: String,
    /// The code of the class; the kind's, if left out.
    #[validate(length(min = 1, max = 32))]
    pub class: Option<String>,
    /// To whom it is dispatched at once. If left out, it goes where the kind says.
    #[validate(nested)]
    pub assignee: Option<AssigneeName>,
    /// By which way it came in: `desk`, if left out, or `hotline`.
    pub channel: Option<Channel>,
    /// Whether many households are concerned, as by a burst pipe: it is offered for joining in the
    /// whole estate as long as it is open.
    #[serde(default)]
    pub is_incident: bool,
}

impl DeskCase {
    /// By which way it came in.
    ///
    /// # Errors
    /// A fault of `/channel`: nobody opens a case at a desk by the app.
    pub fn channel(&self) -> Result<Channel, Refusal> {
        match self.channel {
            Some(Channel::App) => {
                let text = Text::new("应为 desk 或 hotline", "must be desk or hotline");
                Err(Refusal::invalid("/channel", "not_applicable", text))
            }
            channel => Ok(channel.unwrap_or(Channel::Desk)),
        }
    }

    /// The dwelling that it is about; `None` where it is about none.
    ///
    /// # Errors
    /// As [`Dwelling::read`], and a fault of `/building` where only the rest is given.
    pub fn dwelling(&self) -> Result<Option<Dwelling>, Refusal> {
        let unit = self.unit.as_deref().unwrap_or_default();
        match (&self.building, &self.room) {
            (Some(building), Some(room)) => Dwelling::read(building, unit, room).map(Some),
            (None, Some(_)) => {
                let text = Text::new("填写室号时须填写楼号", "is needed with a room");
                Err(Refusal::invalid("/building", "required", text))
            }
            (_, None) if !unit.is_empty() => {
                let text = Text::new("填写单元时须填写室号", "is needed with a unit");
                Err(Refusal::invalid("/room", "required", text))
            }
            (_, None) => Ok(None),
        }
    }
}

/// A case that a firm opens: it calls a department to an estate that it serves (吹哨).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "kind": "whistle", "category": "fire_lane", "project": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c",
    "place_in_estate": "2号楼北侧", "description": "消防通道长期被占用，劝阻无效，请有执法权的部门到场处置"
}))]
pub struct FirmCase {
    /// The code of a kind that firms open.
    #[validate(length(min = 1, max = 32))]
    pub kind: String,
    /// The code of what it is about.
    #[validate(length(min = 1, max = 32))]
    pub category: String,
    /// The id of the project, one of the own firm's, under way.
    #[validate(length(min = 1, max = 64))]
    pub project: String,
    /// The building.
    #[validate(length(min = 1, max = 20), custom(function = "rules::plain_text"))]
    pub building: Option<String>,
    /// Where in the estate.
    #[validate(length(min = 1, max = 100), custom(function = "rules::plain_text"))]
    pub place_in_estate: Option<String>,
    /// What is wrong, at most 2000 characters.
    #[validate(length(min = 1, max = 2000), custom(function = "rules::long_text"))]
    pub description: String,
    /// Who the firm thinks is responsible; the desk decides.
    #[validate(nested)]
    pub suggested: Option<AssigneeName>,
}

/// Who a case goes to.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"kind": "firm"}))]
pub struct AssigneeName {
    /// What kind of party.
    pub kind: AssigneeKind,
    /// A firm's uscc, or the code of a community, a street or a department. If left out: the firm
    /// of the estate's project, the estate's community, its street; a department has to be named.
    #[serde(default, deserialize_with = "rules::typed_code_if_any")]
    #[validate(length(min = 1, max = 32))]
    pub id: Option<String>,
}

impl AssigneeName {
    /// A department is named by its code: an estate has many.
    ///
    /// # Errors
    /// A fault of `/id` below `pointer`.
    pub fn check(&self, pointer: &str) -> Result<(), Refusal> {
        if self.kind != AssigneeKind::Department || self.id.is_some() {
            return Ok(());
        }
        let text = Text::new("请填写部门代码", "the code of the department is needed");
        Err(Refusal::invalid(format!("{pointer}/id"), "required", text))
    }
}

/// To whom the desk dispatches a case.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"assignee": {"kind": "community"}, "class": "general", "reason": "属公共部位，请社区牵头处理"}))]
pub struct CaseDispatch {
    /// Who it goes to.
    #[validate(nested)]
    pub assignee: AssigneeName,
    /// The code of another class.
    #[validate(length(min = 1, max = 32))]
    pub class: Option<String>,
    /// What the desk says about it, at most 500 characters. Needed where it had another assignee.
    #[validate(length(min = 1, max = 500), custom(function = "rules::long_text"))]
    pub reason: Option<String>,
}

impl CaseDispatch {
    /// Why it leaves the assignee that it has.
    ///
    /// # Errors
    /// A fault of `/reason` where it has one and none is given; as [`AssigneeName::check`].
    pub fn check(&self, has_assignee: bool) -> Result<(), Refusal> {
        let mut faults = Faults::default();
        faults.keep(self.assignee.check("/assignee"))?;
        if has_assignee && self.reason.is_none() {
            faults.add("/reason", "required", Text::new("改派须说明理由", "is needed for another assignee"));
        }
        faults.refuse_if_any()
    }
}

/// What the assignee notes on accepting a case or going on with it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"note": "已安排维修人员今日下午上门"}))]
pub struct CaseNote {
    /// At most 500 characters; whoever opened the case reads it.
    #[validate(length(min = 1, max = 500), custom(function = "rules::long_text"))]
    pub note: Option<String>,
}

/// That a case is done.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"result": "已更换入口处防水层，试水24小时无渗漏"}))]
pub struct CaseFinish {
    /// What was done, at most 2000 characters; whoever opened the case reads it.
    #[validate(length(min = 1, max = 2000), custom(function = "rules::long_text"))]
    pub result: String,
}

/// That the assignee needs longer.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"hours": 24, "reason": "防水材料到货延迟一天"}))]
pub struct CaseExtension {
    /// By how many hours of the class's clock: at most what the class allows.
    #[validate(range(min = 1, max = 2160))]
    pub hours: u32,
    /// Why, at most 500 characters; whoever opened the case is told.
    #[validate(length(min = 1, max = 500), custom(function = "rules::long_text"))]
    pub reason: String,
}

impl CaseExtension {
    /// Within what the class allows.
    ///
    /// # Errors
    /// A fault of `/hours`.
    pub fn check(&self, most: u32) -> Result<(), Refusal> {
        if self.hours <= most {
            return Ok(());
        }
        let text = Text::new(format!("最多延长{most}小时"), format!("can be {most} hours at most"));
        Err(Refusal::invalid("/hours", "out_of_range", text))
    }
}

/// That the assignee is not responsible.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "渗漏来自市政管网，不在物业服务范围内", "responsible": {"kind": "community"}}))]
pub struct CaseReturn {
    /// Why, at most 500 characters.
    #[validate(length(min = 1, max = 500), custom(function = "rules::long_text"))]
    pub reason: String,
    /// Who is. Until the desk dispatches it anew, whoever returns it stays responsible.
    #[validate(nested)]
    pub responsible: AssigneeName,
}

/// That the assignee waits for the resident: the clock stops.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "waiting_for_resident", "note": "需入户检查，请告知方便的时间"}))]
pub struct CasePause {
    /// What it waits for.
    pub reason: PauseReason,
    /// What the resident is asked, at most 500 characters.
    #[validate(length(min = 1, max = 500), custom(function = "rules::long_text"))]
    pub note: String,
}

/// What a resident answers to an assignee who waits.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"text": "周六上午在家"}))]
pub struct CaseAnswer {
    /// At most 1000 characters; those who handle the case read it.
    #[validate(length(min = 1, max = 1000), custom(function = "rules::long_text"))]
    pub text: String,
}

/// That what was to be done is done: the household's answer, or the desk's where no resident opened
/// it. Whoever finds that it is not reopens it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"satisfied": true, "note": "修好了，谢谢"}))]
pub struct CaseVerification {
    /// Whether one is satisfied with how it was handled.
    pub satisfied: bool,
    /// At most 500 characters.
    #[validate(length(min = 1, max = 500), custom(function = "rules::long_text"))]
    pub note: Option<String>,
}

/// That whoever opened a case takes it back.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "已自行解决"}))]
pub struct CaseWithdrawal {
    /// Why, at most 500 characters.
    #[validate(length(min = 1, max = 500), custom(function = "rules::long_text"))]
    pub reason: Option<String>,
}

/// Another class for a case, and with it another deadline. What was consumed stays consumed.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"class": "complex", "reason": "需动用维修资金，程序较多"}))]
pub struct CaseClassChange {
    /// The code of the class.
    #[validate(length(min = 1, max = 32))]
    pub class: String,
    /// Why, at most 500 characters.
    #[validate(length(min = 1, max = 500), custom(function = "rules::long_text"))]
    pub reason: String,
}

/// That a case ends without its being done.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"ground": "not_our_matter", "reason": "属业主之间的合同纠纷，已告知诉讼途径"}))]
pub struct CaseClosing {
    /// Which ground.
    pub ground: ClosingReason,
    /// Why, at most 1000 characters: what those who opened and joined it are told.
    #[validate(length(min = 1, max = 1000), custom(function = "rules::long_text"))]
    pub reason: String,
}

/// That a case is one with another of the same estate, where it goes on with its households.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"into": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c", "reason": "同一处渗漏"}))]
pub struct CaseMerge {
    /// The id of the other case.
    #[validate(length(min = 1, max = 64))]
    pub into: String,
    /// Why, at most 500 characters.
    #[validate(length(min = 1, max = 500), custom(function = "rules::long_text"))]
    pub reason: String,
}

#[cfg(test)]
mod tests;
