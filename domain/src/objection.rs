//! Objections (异议) of a firm: against a record, an assessment or an evaluation of its own; and of
//! a manager: against a record about that person.
//!
//! Civil Code, art. 1029, gives the right. What is objected to is marked as disputed at once (the
//! rule allows one working day), and decided "in 3 to 7 [working days], up to 20 when complex; the
//! decider is not the recorder".

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use crate::account::{NamesPeople, People};
use crate::assessment::AssessmentScores;
use crate::record::RecordAmendment;
use crate::refusal::{Faults, Refusal};
use crate::text::Text;

/// What is objected to.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
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
pub enum ObjectKind {
    /// A reward or a penalty.
    Record,
    /// An official's assessment of a project.
    Assessment,
    /// A change of the firm's grade.
    Evaluation,
}

/// Where an objection stands.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
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
pub enum ObjectionStatus {
    /// It waits for its decision; what it is against is marked as disputed.
    Open,
    /// It was taken back.
    Withdrawn,
    /// What it was against stands.
    Upheld,
    /// What it was against was changed.
    Amended,
    /// What it was against fell.
    Revoked,
}

/// What an official decides on an objection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ObjectionDecision {
    /// What it is against stands.
    Upheld,
    /// What it is against changes. For an evaluation: the facts behind it were put right by their
    /// own ways, and the grade follows them.
    Amended,
    /// What it is against falls. Not for evaluations: a grade changes only with its facts.
    Revoked,
}

impl ObjectionDecision {
    /// Where the objection stands after it.
    pub fn status(self) -> ObjectionStatus {
        match self {
            ObjectionDecision::Upheld => ObjectionStatus::Upheld,
            ObjectionDecision::Amended => ObjectionStatus::Amended,
            ObjectionDecision::Revoked => ObjectionStatus::Revoked,
        }
    }

    fn require_fits(self, kind: ObjectKind) -> Result<(), Refusal> {
        if (self, kind) != (ObjectionDecision::Revoked, ObjectKind::Evaluation) {
            return Ok(());
        }
        Err(Refusal::invalid(
            "/decision",
            "not_for_evaluations",
            Text::new(
                "评价结果只随其依据变化，不能直接撤销",
                "An evaluation changes only with its facts: it cannot be revoked itself",
            ),
        ))
    }
}

/// A firm's objection.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"grounds": "收费已经业主大会同意", "evidence": ["业主大会决议.pdf"]}))]
pub struct NewObjection {
    /// Why the firm objects, up to 4000 characters.
    #[validate(length(min = 1, max = 4000), custom(function = "crate::rules::long_text"))]
    pub grounds: String,
    /// References to its evidence, at most 20.
    #[serde(default)]
    #[validate(length(max = 20), custom(function = "crate::rules::references"))]
    pub evidence: Vec<String>,
}

/// An objection that an official files for a manager who has no account.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "manager": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c", "grounds": "当日不在岗", "evidence": ["本人签字的异议申请.pdf"],
    "reason": "本人无账号，持签字的申请到场"
}))]
pub struct NewObjectionOfManager {
    /// The manager whom the record names, by id.
    #[validate(length(min = 1, max = 64))]
    pub manager: String,
    /// Why the manager objects, up to 4000 characters.
    #[validate(length(min = 1, max = 4000), custom(function = "crate::rules::long_text"))]
    pub grounds: String,
    /// References to the evidence, at most 20; the manager's own request is one.
    #[validate(length(min = 1, max = 20), custom(function = "crate::rules::references"))]
    pub evidence: Vec<String>,
    /// Why an official files it, at most 500 characters: the second person reads it. Needed.
    #[validate(length(min = 1, max = 500), custom(function = "crate::rules::plain_text"))]
    #[schema(nullable = false)]
    pub reason: Option<String>,
}

/// 409: the manager objects by the own account.
pub fn manager_has_account() -> Refusal {
    let text =
        Text::new("该项目经理已有账号，由本人提出异议", "The manager has an account, and objects by it");
    Refusal::conflict("manager_has_account", text)
}

/// A decision on an objection.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"decision": "amended", "reason": "情节较轻，经复核调整", "amendment": {"severity": "minor"}}))]
pub struct ObjectionVerdict {
    /// Whether what it is against stands, changes or falls.
    pub decision: ObjectionDecision,
    /// Why, at most 1000 characters: the answer to the firm.
    #[validate(length(min = 1, max = 1000), custom(function = "crate::rules::long_text"))]
    pub reason: String,
    /// What becomes of a record that is amended; only then.
    #[validate(nested)]
    pub amendment: Option<RecordAmendment>,
    /// The scores of an assessment that is amended; only then.
    pub scores: Option<AssessmentScores>,
}

impl ObjectionVerdict {
    /// An amendment says what becomes of what it is against, and nothing else does.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] for what is missing or out of place, and for a decision that this kind
    /// of object does not have.
    pub fn require_fits(&self, kind: ObjectKind) -> Result<(), Refusal> {
        let mut faults = Faults::default();
        faults.keep(self.decision.require_fits(kind))?;
        let amends = |wanted| self.decision == ObjectionDecision::Amended && kind == wanted;
        let parts = [
            ("/amendment", self.amendment.is_some(), amends(ObjectKind::Record)),
            ("/scores", self.scores.is_some(), amends(ObjectKind::Assessment)),
        ];
        for (pointer, is_given, is_needed) in parts {
            match (is_given, is_needed) {
                (false, true) => {
                    faults.add(pointer, "required", Text::new("更正须说明改成什么", "is needed to amend it"));
                }
                (true, false) => {
                    let text = Text::new("此处理决定不涉及该内容", "does not belong to this decision");
                    faults.add(pointer, "not_applicable", text);
                }
                (true, true) | (false, false) => {}
            }
        }
        faults.refuse_if_any()
    }
}

/// What is objected to, by its id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"kind": "record", "id": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c"}))]
pub struct ObjectionObject {
    /// Its kind.
    pub kind: ObjectKind,
    /// Which one.
    pub id: String,
}

/// An objection, as who made it sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2d", "object": {"kind": "record", "id": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c"},
    "uscc": "91219900MA00000019", "grounds": "收费已经业主大会同意", "evidence": ["业主大会决议.pdf"], "status": "open",
    "filed_at": "2026-11-23T02:00:00Z", "due_on": "2026-12-02", "working_days_left": 7, "extension_reason": null, "reason": null, "closed_at": null
}))]
pub struct ObjectionView {
    /// The objection.
    pub id: String,
    /// What it is against.
    pub object: ObjectionObject,
    /// The firm that objects; null where a manager does.
    pub uscc: Option<String>,
    /// The manager who objects.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub manager: Option<String>,
    /// Why.
    pub grounds: String,
    /// References to its evidence.
    pub evidence: Vec<String>,
    /// Where it stands.
    pub status: ObjectionStatus,
    /// When it was made, and what it is against marked as disputed.
    pub filed_at: DateTime<Utc>,
    /// The last day for the decision.
    pub due_on: NaiveDate,
    /// Working days after today up to that day, 0 on the day itself, negative when it was missed;
    /// null once it is closed.
    pub working_days_left: Option<i64>,
    /// Why the decision has longer; null where it has not.
    pub extension_reason: Option<String>,
    /// What the decision says; null before.
    pub reason: Option<String>,
    /// When it was decided or withdrawn.
    pub closed_at: Option<DateTime<Utc>>,
}

/// An objection, as the officials who answer for it see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2d", "object": {"kind": "record", "id": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c"},
    "uscc": "91219900MA00000019", "grounds": "收费已经业主大会同意", "evidence": ["业主大会决议.pdf"], "status": "open",
    "filed_at": "2026-11-23T02:00:00Z", "due_on": "2026-12-02", "working_days_left": 7, "extension_reason": null, "reason": null, "closed_at": null,
    "place": "210202", "filed_by": "0193a5c2-0000-7f00-8000-5d0c3f6a1b2c", "decided_by": null,
    "people": {"0193a5c2-0000-7f00-8000-5d0c3f6a1b2c": "海蓝物业"}
}))]
pub struct AdminObjection {
    /// The objection.
    #[serde(flatten)]
    pub objection: ObjectionView,
    /// The place whose officials decide.
    pub place: String,
    /// The account that made it: the firm's, the manager's, or the official's who did it for the
    /// manager.
    pub filed_by: String,
    /// The account that decided.
    pub decided_by: Option<String>,
    /// Who these accounts are.
    pub people: People,
}

impl NamesPeople for AdminObjection {
    fn accounts(&self) -> Vec<&str> {
        let named = [Some(self.filed_by.as_str()), self.decided_by.as_deref()];
        named.into_iter().flatten().collect()
    }

    fn people_mut(&mut self) -> &mut People {
        &mut self.people
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amendment_and_nothing_else_says_what_becomes_of_it() {
        use ObjectKind::{Assessment, Evaluation, Record};
        let fault = |kind, decision: &str, content: &str| {
            let text = format!(r#"{{"decision": "{decision}", "reason": "查实"{content}}}"#);
            let verdict: ObjectionVerdict = serde_json::from_str(&text).unwrap();
            match verdict.require_fits(kind) {
                Err(Refusal::Invalid(faults)) => Some((faults[0].pointer.clone(), faults[0].code)),
                other => other.map(|()| None).unwrap(),
            }
        };
        let (amendment, scores) =
            (r#", "amendment": {"severity": "minor"}"#, r#", "scores": {"service": 88.5, "party": 92}"#);
        let told = |pointer: &str, code| Some((pointer.to_owned(), code));
        assert_eq!(fault(Record, "amended", amendment), None);
        assert_eq!(fault(Assessment, "amended", scores), None);
        for kind in [Record, Assessment, Evaluation] {
            assert_eq!(fault(kind, "upheld", ""), None);
            assert_eq!(fault(kind, "upheld", scores), told("/scores", "not_applicable"));
            assert_eq!(fault(kind, "amended", "").is_none(), kind == Evaluation);
        }
        assert_eq!(fault(Assessment, "amended", amendment), told("/amendment", "not_applicable"));
        assert_eq!(fault(Record, "amended", ""), told("/amendment", "required"));
    }

    #[test]
    fn an_evaluation_cannot_be_revoked_itself() {
        use ObjectionDecision::{Amended, Revoked, Upheld};
        for kind in [ObjectKind::Record, ObjectKind::Assessment, ObjectKind::Evaluation] {
            let fits = [Upheld, Amended, Revoked].map(|decision| decision.require_fits(kind).is_ok());
            assert_eq!(fits, [true, true, kind != ObjectKind::Evaluation], "{kind:?}");
        }
    }
}
