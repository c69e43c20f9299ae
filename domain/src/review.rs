//! Reviews: residents' comments, raters unnamed. They carry a month and no time, and ids that tell
//! none.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::calendar::Month;
use crate::estate::EstateName;

/// Where a review stands.
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
pub enum ReviewState {
    /// Everyone reads it.
    Published,
    /// A person looks at it first.
    Held,
    /// Officials let it pass: it comes out with the next step.
    Cleared,
    /// Officials took it down.
    Hidden,
}

/// The firm's reply to a review.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"text": "感谢您的建议，已安排检修。"}))]
pub struct ReviewReply {
    /// What the firm says.
    pub text: String,
}

/// A published comment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "6f1c2b1e-9d3a-4f00-8000-5d0c3f6a1b2c", "project": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c", "estate": {"code": "demo-001", "name": "示范小区"},
    "month": "2026-11", "comment": "楼道很干净", "reply": {"text": "感谢您的认可。"}
}))]
pub struct Review {
    /// A random id: it tells nothing of when the review was written.
    pub id: String,
    /// The project.
    pub project: String,
    /// Its estate.
    pub estate: EstateName,
    /// The month that it is about.
    pub month: Month,
    /// The comment.
    pub comment: String,
    /// The firm's reply.
    pub reply: Option<ReviewReply>,
}

/// A review as the officials see it who decide on it. Who wrote it is nobody's to see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "6f1c2b1e-9d3a-4f00-8000-5d0c3f6a1b2c", "project": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c", "estate": {"code": "demo-001", "name": "示范小区"},
    "month": "2026-11", "comment": "请联系13900000000", "reply": null, "state": "held", "held_reason": "phone_number", "flags": [], "decision_reason": null
}))]
pub struct ModeratedReview {
    /// The review's id.
    pub id: String,
    /// The project.
    pub project: String,
    /// Its estate.
    pub estate: EstateName,
    /// The month that it is about.
    pub month: Month,
    /// The comment.
    pub comment: String,
    /// The firm's reply.
    pub reply: Option<ReviewReply>,
    /// Where it stands.
    pub state: ReviewState,
    /// What it is held for: `phone_number` or `identity_number`.
    pub held_reason: Option<String>,
    /// What residents who flagged it said since the last decision, in no order of time.
    pub flags: Vec<String>,
    /// The reason of the last decision.
    pub decision_reason: Option<String>,
}
