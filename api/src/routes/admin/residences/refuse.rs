//! `POST /v1/admin/residences/{id}/refuse`

use actix_web::{HttpResponse, post};
use xinwu_domain::access::op;
use xinwu_domain::residence::ResidenceClaim;
use xinwu_persistence::residence;

use super::{RefuseResidence, opened};
use crate::extract::{Json, Path};
use crate::permit::{Permit, Posted};
use crate::problem::{Problem, ProblemBody};

/// Refuses a claim, with the reason that the resident reads. Needs `If-Match`.
#[utoipa::path(
    tag = "moderation",
    params(("id" = String, Path, description = "The claim", example = "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c")),
    request_body = RefuseResidence,
    responses(
        (status = 200, description = "The claim as it stands now", body = ResidenceClaim),
        (status = 412, description = "It has changed since you read it", body = ProblemBody, content_type = "application/problem+json"),
        (status = 428, description = "`If-Match` is required", body = ProblemBody, content_type = "application/problem+json")
    )
)]
#[post("/v1/admin/residences/{id}/refuse")]
pub(super) async fn refuse_residence(
    permit: Permit<op::RefuseResidence>,
    Path(id): Path<String>,
    body: Json<RefuseResidence>,
) -> Result<HttpResponse, Problem> {
    let version = permit.version()?;
    let state = std::sync::Arc::clone(permit.state());
    let Json { value, fingerprint } = body;
    permit
        .post(&fingerprint, move |tx, actor| {
            let (claim, version) = residence::refuse(tx, actor, &id, version, &value.reason)?;
            Posted::done(version, &opened(state.secrets(), claim))
        })
        .await
}
