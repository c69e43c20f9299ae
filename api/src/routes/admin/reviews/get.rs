//! `GET /v1/admin/reviews/{id}`

use actix_web::{HttpResponse, get};
use xinwu_domain::access::op;
use xinwu_domain::review::ModeratedText;
use xinwu_persistence::ratings::moderation;

use crate::extract::Path;
use crate::permit::Permit;
use crate::problem::Problem;

/// One comment or reply of your place, with the entity tag that a decision needs.
#[utoipa::path(
    tag = "moderation",
    params(("id" = String, Path, description = "The comment, or the reply")),
    responses((status = 200, description = "The text", body = ModeratedText))
)]
#[get("/v1/admin/reviews/{id}")]
pub(super) async fn get_admin_review(
    permit: Permit<op::GetAdminReview>,
    Path(id): Path<String>,
) -> Result<HttpResponse, Problem> {
    let actor = permit.actor()?;
    let (found, version) = permit.read(move |conn| moderation::get_moderated(conn, &actor, &id)).await?;
    permit.object(version, &found)
}
