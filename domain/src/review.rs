//! Texts that are shown, and what officials decide on them: residents' comments, raters unnamed,
//! and firms' replies to these and to records. Reviews carry a month and no time, and ids that tell
//! none.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use crate::calendar::Month;
use crate::estate::NamedEstate;
use crate::screen::HeldReason;
use crate::text::{Language, Text};

/// Where a text that is shown stands.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    ToSchema,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "snake_case")]
pub enum TextState {
    /// Everyone reads it.
    Published,
    /// A person looks at it first.
    Held,
    /// A comment that officials let pass: it comes out with the next step.
    Cleared,
    /// Officials took it down.
    Hidden,
}

/// What a text is.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    ToSchema,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum TextKind {
    /// A resident's comment.
    Comment,
    /// A firm's reply to a review.
    ReviewReply,
    /// A firm's reply to a record.
    RecordReply,
}

/// The rule under which a text is hidden.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    ToSchema,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum HidingRule {
    /// It tells of a person what is not for everyone.
    PersonalInformation,
    /// It insults or defames.
    Insult,
    /// Its content is against the law.
    Unlawful,
    /// It advertises.
    Advertising,
    /// It is not about the service.
    OffTopic,
}

impl HidingRule {
    /// The rule in words for people, with the law that it rests on.
    pub fn text(self) -> Text {
        match self {
            HidingRule::PersonalInformation => Text::new(
                "含有他人个人信息（《中华人民共和国个人信息保护法》第十条）",
                "It holds a person's information (Personal Information Protection Law, art. 10)",
            ),
            HidingRule::Insult => Text::new(
                "含有侮辱、诽谤内容（《中华人民共和国民法典》第一千零二十四条）",
                "It insults or defames (Civil Code, art. 1024)",
            ),
            HidingRule::Unlawful => Text::new(
                "含有违法信息（《网络信息内容生态治理规定》第六条）",
                "Its content is unlawful (Provisions on the Governance of Online Content, art. 6)",
            ),
            HidingRule::Advertising => Text::new("属于商业广告", "It advertises"),
            HidingRule::OffTopic => Text::new("与物业服务无关", "It is not about the service"),
        }
    }
}

/// What stands in the place of a text that officials took down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"rule": "insult", "text": "含有侮辱、诽谤内容（《中华人民共和国民法典》第一千零二十四条）"}))]
pub struct Hidden {
    /// The rule under which it was hidden.
    pub rule: HidingRule,
    /// The rule in words.
    pub text: String,
}

impl Hidden {
    /// The rule in one language.
    pub fn new(rule: HidingRule, language: Language) -> Hidden {
        Hidden { rule, text: rule.text().in_language(language).to_owned() }
    }
}

/// Why a text is not shown, as its writer reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Withheld {
    /// A person looks at it first.
    Held(HeldReason),
    /// Officials took it down, under a rule and with a reason of their own.
    Hidden(HidingRule, Option<String>),
}

impl Withheld {
    /// Of a text that stands so; `None` if it is shown, or will be.
    pub fn of(
        state: TextState,
        held: Option<HeldReason>,
        rule: Option<HidingRule>,
        reason: Option<String>,
    ) -> Option<Withheld> {
        match state {
            TextState::Held => held.map(Withheld::Held),
            TextState::Hidden => rule.map(|rule| Withheld::Hidden(rule, reason)),
            TextState::Published | TextState::Cleared => None,
        }
    }

    /// In words. The official's reason is as it was written.
    pub fn text(&self, language: Language) -> String {
        match self {
            Withheld::Held(reason) => reason.text().in_language(language).to_owned(),
            Withheld::Hidden(rule, reason) => {
                let rule = rule.text();
                let rule = rule.in_language(language);
                match (reason, language) {
                    (None, _) => rule.to_owned(),
                    (Some(reason), Language::Chinese) => format!("{rule}：{reason}"),
                    (Some(reason), Language::English) => format!("{rule}: {reason}"),
                }
            }
        }
    }
}

/// A firm's reply to a review or a record, as everyone reads it. One that is held is not shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"id": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2e", "text": "感谢您的建议，已安排检修。", "hidden": null, "updated_at": "2026-12-02T02:00:00Z"}))]
pub struct Reply {
    /// Its id, by which it is flagged.
    pub id: String,
    /// What the firm says; null where officials took it down.
    pub text: Option<String>,
    /// Why it was taken down; null where it was not.
    pub hidden: Option<Hidden>,
    /// When the firm said so last.
    pub updated_at: DateTime<Utc>,
}

/// A firm's reply.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"text": "感谢您的建议，已安排检修。"}))]
pub struct PutReviewReply {
    /// What the firm says, at most 500 characters. It is public with the review, unless it is held
    /// as a comment is.
    #[validate(length(min = 1, max = 500), custom(function = "crate::rules::long_text"))]
    pub text: String,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"text": "已退还多收费用并公示。"}))]
pub struct PutRecordReply {
    /// What you say, up to 1000 characters. It is public where the record is, unless it is
    /// held as a comment is.
    #[validate(length(min = 1, max = 1000), custom(function = "crate::rules::long_text"))]
    pub text: String,
}

/// Why a text is hidden.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"rule": "insult", "reason": "含有人身攻击"}))]
pub struct HideText {
    /// The rule that it breaks: everyone reads it in the place of the text.
    pub rule: HidingRule,
    /// The reason, at most 500 characters; the writer reads it with the rule.
    #[validate(length(min = 1, max = 500), custom(function = "crate::rules::long_text"))]
    pub reason: String,
}

/// A reply as its firm reads it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2e", "text": "请致电 139 0000 0000", "state": "held",
    "reason": "疑似含有电话号码，经核实后公开", "updated_at": "2026-12-02T02:00:00Z"
}))]
pub struct OwnReply {
    /// Its id.
    pub id: String,
    /// What the firm says.
    pub text: String,
    /// Where it stands.
    pub state: TextState,
    /// What it is held for, or why it was hidden; null otherwise.
    pub reason: Option<String>,
    /// When the firm said so last.
    pub updated_at: DateTime<Utc>,
}

/// A comment that came out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "6f1c2b1e-9d3a-4f00-8000-5d0c3f6a1b2c", "project": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c", "estate": {"code": "210202001002-001", "name": "示范小区"},
    "month": "2026-11", "comment": "楼道很干净", "hidden": null,
    "reply": {"id": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2e", "text": "感谢您的认可。", "hidden": null, "updated_at": "2026-12-02T02:00:00Z"}
}))]
pub struct Review {
    /// A random id: it tells nothing of when the review was written.
    pub id: String,
    /// The project.
    pub project: String,
    /// Its estate.
    pub estate: NamedEstate,
    /// The month that it is about.
    pub month: Month,
    /// The comment; null where officials took it down.
    pub comment: Option<String>,
    /// Why it was taken down; null where it was not.
    pub hidden: Option<Hidden>,
    /// The firm's reply; null with a hidden comment, whose words it may repeat.
    pub reply: Option<Reply>,
}

/// A text that is shown, as the officials see it who decide on it. Which resident wrote a comment
/// is nobody's to see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "6f1c2b1e-9d3a-4f00-8000-5d0c3f6a1b2c", "kind": "comment", "answers": null, "uscc": "91219900MA00000019",
    "project": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c", "estate": {"code": "210202001002-001", "name": "示范小区"}, "month": "2026-11",
    "text": "请联系13900000000", "state": "held", "held_reason": "phone_number", "flags": [], "hidden_rule": null, "decision_reason": null
}))]
pub struct ModeratedText {
    /// The text's id.
    pub id: String,
    /// What it is.
    pub kind: TextKind,
    /// The review or the record that a reply answers; null for a comment.
    pub answers: Option<String>,
    /// The firm that a comment is about, or that replies; null where no firm runs the project.
    pub uscc: Option<String>,
    /// The project; null for a reply to a record that is about none.
    pub project: Option<String>,
    /// The project's estate.
    pub estate: Option<NamedEstate>,
    /// The month that a comment is about, or in which a reply was written.
    pub month: Month,
    /// What it says.
    pub text: String,
    /// Where it stands.
    pub state: TextState,
    /// What it is held for; null otherwise.
    pub held_reason: Option<HeldReason>,
    /// What residents who flagged it said since the last decision, in no order of time.
    pub flags: Vec<String>,
    /// The rule under which it was hidden; null otherwise.
    pub hidden_rule: Option<HidingRule>,
    /// The reason of the last decision.
    pub decision_reason: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_writer_reads_the_rule_and_the_reason() {
        let of = |state| {
            Withheld::of(
                state,
                Some(HeldReason::Email),
                Some(HidingRule::OffTopic),
                Some("与小区无关".to_owned()),
            )
            .map(|withheld| withheld.text(Language::Chinese))
        };
        assert_eq!(of(TextState::Published), None);
        assert_eq!(of(TextState::Cleared), None);
        assert_eq!(of(TextState::Hidden).as_deref(), Some("与物业服务无关：与小区无关"));
        assert_eq!(of(TextState::Held).as_deref(), Some("疑似含有电子邮箱地址，经核实后公开"));
    }
}
