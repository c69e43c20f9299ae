//! `POST /v1/admin/residences/{id}/refuse`

use actix_web::{HttpResponse, post};
use xinwu_domain::access::op;
use xinwu_domain::residence::ResidenceClaim;
use xinwu_persistence::people::residence;

use super::{RefuseResidence, opened};
use crate::extract::{Json, Path};
use crate::permit::Permit;
use crate::problem::Problem;

/// Refuses a claim, with the reason that the resident reads. Needs `If-Match`.
#[utoipa::path(
    tag = "moderation",
    params(("id" = String, Path, description = "The claim")),
    request_body = RefuseResidence,
    responses((status = 200, description = "The claim", body = ResidenceClaim))
)]
#[post("/v1/admin/residences/{id}/refuse")]
pub(super) async fn refuse_residence(
    permit: Permit<op::RefuseResidence>,
    Path(id): Path<String>,
    body: Json<RefuseResidence>,
) -> Result<HttpResponse, Problem> {
    let state = std::sync::Arc::clone(permit.state());
    let Json { value, fingerprint } = body;
    permit
        .step(id, (&fingerprint, value.reason), move |tx, warrant, row, reason, _| {
            let (claim, version) = residence::refuse(tx, warrant, row, reason)?;
            Ok((opened(state.secrets(), claim), version))
        })
        .await
}
