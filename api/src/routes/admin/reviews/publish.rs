//! `POST /v1/admin/reviews/{id}/publish`

use actix_web::{HttpResponse, post};
use xinwu_domain::access::op;
use xinwu_domain::review::ModeratedReview;
use xinwu_persistence::ratings::review::{self, Decision};

use super::DecideReview;
use crate::extract::{Json, Path};
use crate::permit::Permit;
use crate::problem::Problem;

/// Publishes a review that is held or hidden, or keeps one that was flagged. Needs `If-Match`.
#[utoipa::path(
    tag = "moderation",
    params(("id" = String, Path, description = "The review", example = "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c")),
    request_body = DecideReview,
    responses((status = 200, description = "The review as it stands now", body = ModeratedReview))
)]
#[post("/v1/admin/reviews/{id}/publish")]
pub(super) async fn publish_review(
    permit: Permit<op::PublishReview>,
    Path(id): Path<String>,
    body: Json<DecideReview>,
) -> Result<HttpResponse, Problem> {
    let Json { value, fingerprint } = body;
    permit
        .step(&fingerprint, move |tx, actor, version| {
            review::decide(tx, actor, &id, version, Decision::Publish, &value.reason)
        })
        .await
}
