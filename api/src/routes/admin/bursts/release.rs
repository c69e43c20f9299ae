//! `POST /v1/admin/bursts/{id}/release`

use actix_web::{HttpResponse, post};
use xinwu_domain::access::op;
use xinwu_domain::rating::Burst;
use xinwu_domain::text::Reason;
use xinwu_persistence::ratings::burst;

use super::ReleaseBurst;
use crate::extract::{Json, Path};
use crate::permit::Permit;
use crate::problem::Problem;

/// Releases a burst: it counts on the next morning. The district may within its three working days,
/// the city within six. Needs `If-Match`.
#[utoipa::path(
    tag = "moderation",
    params(("id" = String, Path, description = "The burst")),
    request_body = ReleaseBurst,
    responses((status = 200, description = "The burst", body = Burst))
)]
#[post("/v1/admin/bursts/{id}/release")]
pub(super) async fn release_burst(
    permit: Permit<op::ReleaseBurst>,
    Path(id): Path<String>,
    body: Json<ReleaseBurst>,
) -> Result<HttpResponse, Problem> {
    let Json { value, fingerprint } = body;
    permit.step(id, (&fingerprint, Reason(value.reason)), burst::release).await
}
