//! `POST /v1/admin/reviews/{id}/hide`

use actix_web::{HttpResponse, post};
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::review::{HidingRule, ModeratedText};
use xinwu_persistence::ratings::moderation::{self, Decision};

use crate::extract::{Json, Path};
use crate::permit::Permit;
use crate::problem::Problem;

/// Why a text is hidden.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"rule": "insult", "reason": "含有人身攻击"}))]
pub struct HideText {
    /// The rule that it breaks: everyone reads it in the place of the text.
    rule: HidingRule,
    /// The reason, at most 500 characters; the writer reads it with the rule.
    #[validate(length(min = 1, max = 500), custom(function = "crate::rules::long_text"))]
    reason: String,
}

/// Takes a comment or a reply down, by a rule. A comment that was not out yet moves nothing public
/// before the next step. Needs `If-Match`.
#[utoipa::path(
    tag = "moderation",
    params(("id" = String, Path, description = "The comment, or the reply")),
    request_body = HideText,
    responses((status = 200, description = "The text", body = ModeratedText))
)]
#[post("/v1/admin/reviews/{id}/hide")]
pub(super) async fn hide_review(
    permit: Permit<op::HideReview>,
    Path(id): Path<String>,
    body: Json<HideText>,
) -> Result<HttpResponse, Problem> {
    let Json { value, fingerprint } = body;
    let decision = Decision::Hide(value.rule);
    permit.step(id, (&fingerprint, (decision, value.reason)), moderation::decide).await
}
