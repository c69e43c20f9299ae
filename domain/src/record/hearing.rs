//! Hearings (告知与陈述申辩): where the scheme's procedure says `notify`, a penalty's firm and the
//! manager whom it names are told of it when it is submitted, and each can say something before it
//! is confirmed. What they say stands in the file, whatever becomes of the penalty.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use super::{RecordState, RecordView};
use crate::access::{Operation, Party};
use crate::refusal::{Refusal, Situation};
use crate::text::Text;

/// What a firm or a manager has to say of a penalty that waits for its confirmation.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"text": "所收费用为代收代缴，已逐户公示。", "evidence": ["公示照片.jpg"]}))]
pub struct NewStatement {
    /// What it says, up to 4000 characters, for officials.
    #[validate(length(min = 1, max = 4000), custom(function = "crate::rules::long_text"))]
    pub text: String,
    /// References to its evidence, at most 20.
    #[serde(default)]
    #[validate(length(max = 20), custom(function = "crate::rules::references"))]
    pub evidence: Vec<String>,
}

/// That a firm or a manager was told, and what was said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "notified_at": "2026-11-20T02:00:00Z", "heard_until": "2026-11-27", "statement": "所收费用为代收代缴，已逐户公示。",
    "evidence": ["公示照片.jpg"], "stated_at": "2026-11-23T02:00:00Z"
}))]
pub struct Hearing {
    /// When the penalty was last submitted, and this told.
    pub notified_at: DateTime<Utc>,
    /// The last day before which it is not confirmed without a statement made since.
    pub heard_until: NaiveDate,
    /// What the firm or the manager says.
    pub statement: Option<String>,
    /// References to its evidence.
    pub evidence: Vec<String>,
    /// When that was said.
    pub stated_at: Option<DateTime<Utc>>,
}

/// A hearing as the firm or the manager sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "notified_at": "2026-11-20T02:00:00Z", "heard_until": "2026-11-27", "statement": null, "evidence": [], "stated_at": null,
    "record": {
        "id": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c", "kind": "penalty",
        "category": {"code": "P301", "name": "违规收费", "basis": "价格法"},
        "firm": {"uscc": "91219900MA0D00000P", "name": "示例物业（演示）"}, "project": null, "manager": null,
        "level": "district", "severity": "ordinary", "severity_reason": null, "title": "违规收取装修管理费", "detail": null,
        "document_number": "中市监罚字〔2026〕12号", "authority": "中山区市场监督管理局",
        "decided_on": "2026-11-10", "counts_from": "2026-11-10", "counts_until": null, "public_until": "2027-11-10",
        "public": false, "status": null, "disputed": false, "known_from": null, "revision": 1, "reply": null,
        "repair_possible_from": null, "commitment": null, "demo": false,
        "evidence": ["中市监罚字〔2026〕12号.pdf"], "points": [], "retain_until": "2031-11-10"
    }
}))]
pub struct RecordHearing {
    /// The hearing.
    #[serde(flatten)]
    pub hearing: Hearing,
    /// What is meant to stand in the file.
    pub record: RecordView,
}

/// Statements of one side about one submission: each asks for another reading by who confirms it.
pub const MOST_STATEMENTS: i64 = 5;

/// What a penalty that waits allows once nothing more is taken from one side.
fn no_more_is_heard() -> Situation {
    Situation::from(RecordState::Submitted).without(Operation::PutRecordStatement)
}

/// 409 once the day has passed until which its firm or its manager is heard.
pub fn hearing_over(until: NaiveDate) -> Refusal {
    let text = Text::new(
        format!("陈述申辩期已于{until}届满"),
        format!("It could be heard until {until}, and no longer"),
    );
    Refusal::conflict("hearing_over", text).of_state(no_more_is_heard())
}

/// 409 for one more statement than [`MOST_STATEMENTS`].
pub fn too_many_statements() -> Refusal {
    let text = Text::new(
        format!("陈述申辩最多提交{MOST_STATEMENTS}次"),
        format!("There are {MOST_STATEMENTS} statements at the most"),
    );
    Refusal::conflict("too_many_statements", text).of_state(no_more_is_heard())
}

/// 409 until its firm and its manager, as far as it has them, have both said something, or the day
/// has passed: `silent` have not.
pub fn hearing_open(until: NaiveDate, silent: &[Party]) -> Refusal {
    let situation = Situation::from(RecordState::Submitted).without(Operation::ConfirmRecord);
    let (zh, en) = match silent {
        [] => {
            let text = Text::new(
                format!("告知期至{until}（含当日），期满后方可确认"),
                format!("It was told until {until}, and is confirmed after that day"),
            );
            return Refusal::conflict("hearing_open", text).of_state(situation);
        }
        [Party::Firm(_)] => ("企业", "Its firm"),
        [Party::Manager(_)] => ("项目经理", "Its manager"),
        _ => ("企业和项目经理", "Its firm and its manager each"),
    };
    let text = Text::new(
        format!("{zh}可于{until}前（含当日）陈述申辩，尚未提出"),
        format!("{en} can be heard until {until}, and has said nothing yet"),
    );
    Refusal::conflict("hearing_open", text).of_state(situation)
}
