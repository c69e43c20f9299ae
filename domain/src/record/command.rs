//! What officials say of records: the commands that are sent, imported and carried out alike.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use crate::catalogue::{Level, Severity};
use crate::refusal::Refusal;
use crate::rules::{
    few, few_if_any, known_uscc_if_any, nullable, read_day, read_day_if_any, read_nullable_day,
};
use crate::text::Text;
use crate::thousandths::Thousandths;

/// A new draft.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "category": "P301", "uscc": "91219900MA0D00000P", "level": "district", "severity": "ordinary", "title": "违规收取装修管理费",
    "document_number": "中市监罚字〔2026〕12号", "authority": "中山区市场监督管理局", "evidence": ["中市监罚字〔2026〕12号.pdf"],
    "decided_on": "2026-11-10", "points": [{"scheme": "dalian-demo", "points": 10, "reason": "拒不整改"}]
}))]
pub struct NewRecord {
    /// A category of the catalogue; the record's kind follows it.
    #[validate(length(min = 1, max = 32))]
    pub category: String,
    /// The firm in whose file it stands; left out for a project without a firm (run by the owners,
    /// the community or the street).
    #[serde(default, deserialize_with = "known_uscc_if_any")]
    pub uscc: Option<String>,
    /// The project concerned: one of the firm's, or one without a firm.
    #[validate(length(min = 1, max = 64))]
    pub project: Option<String>,
    /// The manager concerned, one of the firm's or of the project.
    #[validate(length(min = 1, max = 64))]
    pub manager: Option<String>,
    /// The level of the authority.
    pub level: Level,
    /// How grave it is; the category's usual severity when left out.
    pub severity: Option<Severity>,
    /// Why it has a severity that the category does not have by the catalogue; needed then.
    #[validate(length(min = 1, max = 500), custom(function = "crate::rules::plain_text"))]
    pub severity_reason: Option<String>,
    /// In one line.
    #[validate(length(min = 1, max = 200), custom(function = "crate::rules::plain_text"))]
    pub title: String,
    /// At length.
    #[validate(length(min = 1, max = 4000), custom(function = "crate::rules::long_text"))]
    pub detail: Option<String>,
    /// The number of the decision's document.
    #[validate(length(min = 1, max = 100), custom(function = "crate::rules::plain_text"))]
    pub document_number: String,
    /// Who decided.
    #[validate(length(min = 1, max = 100), custom(function = "crate::rules::plain_text"))]
    pub authority: String,
    /// References to the evidence, 1 to 20.
    #[validate(length(min = 1, max = 20), custom(function = "crate::rules::references"))]
    pub evidence: Vec<String>,
    /// The decision's day, not in the future.
    #[serde(deserialize_with = "read_day")]
    pub decided_on: NaiveDate,
    /// The last day on which it counts; left out, each scheme's own term holds.
    #[serde(default, deserialize_with = "read_day_if_any")]
    pub counts_until: Option<NaiveDate>,
    /// Whether to show a minor penalty, which normally is not shown.
    pub publish: Option<bool>,
    /// The last day on which it is shown: for a minor penalty at most 3 months after the decision,
    /// for an ordinary one 3 to 12 months, for a serious one 1 to 3 years. The longest when left
    /// out.
    #[serde(default, deserialize_with = "read_day_if_any")]
    pub public_until: Option<NaiveDate>,
    /// An officer's points, where a scheme leaves them to discretion.
    #[serde(default, deserialize_with = "few")]
    #[schema(max_items = 20)]
    #[validate(nested)]
    pub points: Vec<NewPoints>,
    /// Part of demo data.
    #[serde(skip)]
    pub demo: bool,
}

/// An officer's points under one scheme.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"scheme": "dalian-demo", "points": 10, "reason": "拒不整改"}))]
pub struct NewPoints {
    /// The scheme.
    #[validate(length(min = 1, max = 64))]
    pub scheme: String,
    /// The points, within the item's range.
    pub points: Thousandths,
    /// Why they differ from the item's reference; needed where they do.
    #[validate(length(min = 1, max = 500), custom(function = "crate::rules::plain_text"))]
    pub reason: Option<String>,
}

/// What changes in a draft; what is left out stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"severity": "serious", "public_until": "2028-11-10"}))]
pub struct RecordEdit {
    /// Another category; its usual severity comes with it unless one is named.
    #[validate(length(min = 1, max = 32))]
    pub category: Option<String>,
    /// Another project; null for none.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    pub project: Option<Option<String>>,
    /// Another manager; null for none.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    pub manager: Option<Option<String>>,
    /// Another level.
    pub level: Option<Level>,
    /// Another severity.
    pub severity: Option<Severity>,
    /// Why it has a severity that the category does not have by the catalogue.
    #[validate(length(min = 1, max = 500), custom(function = "crate::rules::plain_text"))]
    pub severity_reason: Option<String>,
    /// Another title.
    #[validate(length(min = 1, max = 200), custom(function = "crate::rules::plain_text"))]
    pub title: Option<String>,
    /// Another text; null for none.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    #[validate(length(min = 1, max = 4000), custom(function = "crate::rules::long_text"))]
    pub detail: Option<Option<String>>,
    /// Another document.
    #[validate(length(min = 1, max = 100), custom(function = "crate::rules::plain_text"))]
    pub document_number: Option<String>,
    /// Another authority.
    #[validate(length(min = 1, max = 100), custom(function = "crate::rules::plain_text"))]
    pub authority: Option<String>,
    /// All evidence.
    #[validate(length(min = 1, max = 20), custom(function = "crate::rules::references"))]
    pub evidence: Option<Vec<String>>,
    /// Another day of the decision.
    #[serde(default, deserialize_with = "read_day_if_any")]
    pub decided_on: Option<NaiveDate>,
    /// Another last day of counting; null leaves it to each scheme.
    #[serde(default, deserialize_with = "read_nullable_day")]
    #[schema(value_type = Option<NaiveDate>)]
    pub counts_until: Option<Option<NaiveDate>>,
    /// Whether to show a minor penalty.
    pub publish: Option<bool>,
    /// Another last day of publicity; null for the longest.
    #[serde(default, deserialize_with = "read_nullable_day")]
    #[schema(value_type = Option<NaiveDate>)]
    pub public_until: Option<Option<NaiveDate>>,
    /// All points.
    #[serde(default, deserialize_with = "few_if_any")]
    #[schema(max_items = 20)]
    #[validate(nested)]
    pub points: Option<Vec<NewPoints>>,
}

/// What changes in a record; what is left out stays.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"severity": "minor"}))]
pub struct RecordAmendment {
    /// Another category of the same kind; its usual severity comes with it unless one is named.
    #[validate(length(min = 1, max = 32))]
    pub category: Option<String>,
    /// Another level of the authority.
    pub level: Option<Level>,
    /// Another severity; without a `public_until` it is shown for the longest time of that one,
    /// from the decision's day.
    pub severity: Option<Severity>,
    /// Why it has a severity that the category does not have by the catalogue.
    #[validate(length(min = 1, max = 500), custom(function = "crate::rules::plain_text"))]
    pub severity_reason: Option<String>,
    /// Another title.
    #[validate(length(min = 1, max = 200), custom(function = "crate::rules::plain_text"))]
    pub title: Option<String>,
    /// Another text; null for none.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    #[validate(length(min = 1, max = 4000), custom(function = "crate::rules::long_text"))]
    pub detail: Option<Option<String>>,
    /// Another day of the decision.
    #[serde(default, deserialize_with = "read_day_if_any")]
    pub decided_on: Option<NaiveDate>,
    /// Another last day of counting; null leaves it to each scheme.
    #[serde(default, deserialize_with = "read_nullable_day")]
    #[schema(value_type = Option<NaiveDate>)]
    pub counts_until: Option<Option<NaiveDate>>,
    /// Whether to show a penalty that is minor now.
    pub publish: Option<bool>,
    /// Another last day of publicity; null for the longest.
    #[serde(default, deserialize_with = "read_nullable_day")]
    #[schema(value_type = Option<NaiveDate>)]
    pub public_until: Option<Option<NaiveDate>>,
    /// All points; those given before fall when category, level or severity change.
    #[serde(default, deserialize_with = "few_if_any")]
    #[schema(max_items = 20)]
    #[validate(nested)]
    pub points: Option<Vec<NewPoints>>,
}

/// A record, or the draft of a scheme, is given up before its confirmation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "与另一条信息重复"}))]
pub struct NewWithdrawal {
    /// Why, at most 500 characters, for its drafter: needed of what a colleague drafted and was
    /// submitted, or proposed to announce; and of what was drafted of a case.
    #[validate(length(min = 1, max = 500), custom(function = "crate::rules::long_text"))]
    #[schema(nullable = false)]
    pub reason: Option<String>,
}

/// A fault of `/reason`: whoever drafted it reads why a colleague withdraws what was submitted.
pub fn reason_needed() -> Refusal {
    let text = Text::new(
        "撤回同事起草且已提交的内容，须说明理由",
        "say why you withdraw what a colleague drafted and was submitted",
    );
    Refusal::invalid("/reason", "required", text)
}

/// A fault of `/reason`: what the clock drafted of a case is not dropped without a word.
pub fn reason_of_draft_needed() -> Refusal {
    let text = Text::new(
        "撤回系统起草的信息，须说明理由",
        "say why you withdraw what was drafted of a case that was late or stayed unsolved",
    );
    Refusal::invalid("/reason", "required", text)
}

impl From<RecordAmendment> for RecordEdit {
    fn from(amendment: RecordAmendment) -> RecordEdit {
        RecordEdit {
            category: amendment.category,
            level: amendment.level,
            severity: amendment.severity,
            severity_reason: amendment.severity_reason,
            title: amendment.title,
            detail: amendment.detail,
            decided_on: amendment.decided_on,
            counts_until: amendment.counts_until,
            publish: amendment.publish,
            public_until: amendment.public_until,
            points: amendment.points,
            ..RecordEdit::default()
        }
    }
}
