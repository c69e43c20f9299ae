//! `POST /v1/admin/reviews/{id}/publish`

use actix_web::{HttpResponse, post};
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::review::ModeratedText;
use xinwu_persistence::ratings::moderation::{self, Decision};

use crate::extract::{Json, Path};
use crate::permit::Permit;
use crate::problem::Problem;

/// Why a text is published.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "经核实属实"}))]
pub struct PublishText {
    /// The reason, at most 500 characters.
    #[validate(length(min = 1, max = 500), custom(function = "crate::rules::long_text"))]
    reason: String,
}

/// Publishes a comment or a reply that is held or hidden, or keeps one that was flagged. A comment
/// that was not out yet comes out with the next step. Needs `If-Match`.
#[utoipa::path(
    tag = "moderation",
    params(("id" = String, Path, description = "The comment, or the reply")),
    request_body = PublishText,
    responses((status = 200, description = "The text", body = ModeratedText))
)]
#[post("/v1/admin/reviews/{id}/publish")]
pub(super) async fn publish_review(
    permit: Permit<op::PublishReview>,
    Path(id): Path<String>,
    body: Json<PublishText>,
) -> Result<HttpResponse, Problem> {
    let Json { value, fingerprint } = body;
    permit.step(id, (&fingerprint, (Decision::Publish, value.reason)), moderation::decide).await
}
