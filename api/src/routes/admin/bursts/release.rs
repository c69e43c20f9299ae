//! `POST /v1/admin/bursts/{id}/release`

use actix_web::{HttpResponse, post};
use xinwu_domain::access::op;
use xinwu_domain::rating::Burst;
use xinwu_persistence::burst::{self, Decision, Verdict};

use super::DecideBurst;
use crate::extract::{Json, Path};
use crate::permit::Permit;
use crate::problem::Problem;

/// Releases a burst: its voices count. Needs `If-Match`.
#[utoipa::path(
    tag = "moderation",
    params(("id" = String, Path, description = "The burst", example = "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c")),
    request_body = DecideBurst,
    responses((status = 200, description = "The burst as it stands now", body = Burst))
)]
#[post("/v1/admin/bursts/{id}/release")]
pub(super) async fn release_burst(
    permit: Permit<op::ReleaseBurst>,
    Path(id): Path<String>,
    body: Json<DecideBurst>,
) -> Result<HttpResponse, Problem> {
    let (zone, k) = (permit.zone(), permit.state().config().fewest_voices);
    let Json { value, fingerprint } = body;
    permit
        .step(&fingerprint, move |tx, actor, version| {
            let verdict = Verdict { decision: Decision::Release, reason: &value.reason };
            burst::decide(tx, actor, zone, &id, version, verdict, k)
        })
        .await
}
