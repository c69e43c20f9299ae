//! `GET /v1/admin/reviews/{id}`

use actix_web::{HttpResponse, get};
use xinwu_domain::access::op;
use xinwu_domain::review::ModeratedText;
use xinwu_persistence::ratings::moderation::{self, Shown};
use xinwu_persistence::registers::authorized::Authorized;
use xinwu_store::Conn;

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
    let view = |conn: &mut Conn, text: Authorized<Shown>| moderation::get_moderated(conn, &text.id);
    permit.read_one(id, view).await
}
