//! `GET /v1/admin/reviews/{id}`

use actix_web::{HttpResponse, get};
use xinwu_domain::access::op;
use xinwu_domain::review::ModeratedReview;
use xinwu_persistence::ratings::review;

use crate::extract::Path;
use crate::permit::Permit;
use crate::problem::Problem;

/// One review of your place, with the entity tag that a decision needs.
#[utoipa::path(
    tag = "moderation",
    params(("id" = String, Path, description = "The review", example = "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c")),
    responses((status = 200, description = "The review", body = ModeratedReview))
)]
#[get("/v1/admin/reviews/{id}")]
pub(super) async fn get_admin_review(
    permit: Permit<op::GetAdminReview>,
    Path(id): Path<String>,
) -> Result<HttpResponse, Problem> {
    let actor = permit.actor()?;
    let (found, version) = permit.read(move |conn| review::get_moderated(conn, &actor, &id)).await?;
    permit.object(version, &found)
}
