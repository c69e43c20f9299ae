//! `POST /v1/admin/bursts/{id}/release`

use actix_web::{HttpResponse, post};
use xinwu_domain::access::op;
use xinwu_domain::rating::Burst;
use xinwu_persistence::burst::{self, Decision, Verdict};

use super::DecideBurst;
use crate::extract::{Json, Path};
use crate::permit::{Permit, Posted};
use crate::problem::{Problem, ProblemBody};

/// Releases a burst: its voices count. Needs `If-Match`.
#[utoipa::path(
    tag = "moderation",
    params(("id" = String, Path, description = "The burst", example = "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c")),
    request_body = DecideBurst,
    responses(
        (status = 200, description = "The burst as it stands now", body = Burst),
        (status = 412, description = "It has changed since you read it", body = ProblemBody, content_type = "application/problem+json"),
        (status = 428, description = "`If-Match` is required", body = ProblemBody, content_type = "application/problem+json")
    )
)]
#[post("/v1/admin/bursts/{id}/release")]
pub(super) async fn release_burst(
    permit: Permit<op::ReleaseBurst>,
    Path(id): Path<String>,
    body: Json<DecideBurst>,
) -> Result<HttpResponse, Problem> {
    let version = permit.version()?;
    let (zone, k) = (permit.zone(), permit.state().config().fewest_voices);
    let Json { value, fingerprint } = body;
    permit
        .post(&fingerprint, move |tx, actor| {
            let verdict = Verdict { decision: Decision::Release, reason: &value.reason };
            let (burst, version) = burst::decide(tx, actor, zone, &id, version, verdict, k)?;
            Posted::done(version, &burst)
        })
        .await
}
