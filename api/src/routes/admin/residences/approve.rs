//! `POST /v1/admin/residences/{id}/approve`

use actix_web::{HttpResponse, post};
use xinwu_domain::access::op;
use xinwu_domain::residence::ResidenceClaim;
use xinwu_persistence::people::residence;

use super::opened;
use crate::extract::Path;
use crate::permit::Permit;
use crate::problem::Problem;

/// Approves a claim: the claimant lives there. A household that the roster lacks is added to it.
/// Needs `If-Match`.
#[utoipa::path(
    tag = "moderation",
    params(("id" = String, Path, description = "The claim", example = "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c")),
    responses((status = 200, description = "The claim as it stands now", body = ResidenceClaim))
)]
#[post("/v1/admin/residences/{id}/approve")]
pub(super) async fn approve_residence(
    permit: Permit<op::ApproveResidence>,
    Path(id): Path<String>,
) -> Result<HttpResponse, Problem> {
    let state = std::sync::Arc::clone(permit.state());
    permit
        .step("", move |tx, actor, version| {
            let (claim, version) = residence::approve(tx, actor, &id, version)?;
            Ok((opened(state.secrets(), claim), version))
        })
        .await
}
