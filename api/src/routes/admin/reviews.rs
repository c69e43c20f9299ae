//! `/v1/admin/reviews`: comments and replies to decide on.

use actix_web::{HttpResponse, get, post};
use xinwu_domain::access::op;
use xinwu_domain::review::{HideText, ModeratedText};
use xinwu_domain::text::Reason;
use xinwu_persistence::ratings::moderation::{self, Shown};
use xinwu_persistence::registers::authorized::Authorized;
use xinwu_store::Conn;

use crate::extract::{Form, Path};
use crate::permit::Permit;
use crate::problem::Problem;
use crate::routes::Routes;

mod list;

pub(super) fn configure(config: &mut Routes) {
    config.service(list::list_admin_reviews);
    config.service(get_admin_review);
    config.service(publish_review);
    config.service(hide_review);
}

/// One comment or reply of your place.
#[utoipa::path(
    params(("id" = String, Path, description = "The comment, or the reply")),
    responses((status = 200, description = "The text", body = ModeratedText))
)]
#[get("/v1/admin/reviews/{id}")]
async fn get_admin_review(
    permit: Permit<op::GetAdminReview>,
    Path(id): Path<String>,
) -> Result<HttpResponse, Problem> {
    let view = |conn: &mut Conn, text: Authorized<Shown>| moderation::get_moderated(conn, &text.id);
    permit.read_one(id, view).await
}

/// Takes a comment or a reply down, by a rule. A comment that was not out yet moves nothing public
/// before the next step. Needs `If-Match`.
#[utoipa::path(
    params(("id" = String, Path, description = "The comment, or the reply")),
    request_body = HideText,
    responses((status = 200, description = "The text", body = ModeratedText))
)]
#[post("/v1/admin/reviews/{id}/hide")]
async fn hide_review(
    permit: Permit<op::HideReview>,
    Path(id): Path<String>,
    body: Form<HideText>,
) -> Result<HttpResponse, Problem> {
    permit.step(id, body, moderation::hide).await
}

/// Publishes a comment or a reply that is held or hidden, or keeps one that was flagged. A comment
/// that was not out yet comes out with the next step. Needs `If-Match`.
#[utoipa::path(
    params(("id" = String, Path, description = "The comment, or the reply")),
    request_body = Reason,
    responses((status = 200, description = "The text", body = ModeratedText))
)]
#[post("/v1/admin/reviews/{id}/publish")]
async fn publish_review(
    permit: Permit<op::PublishReview>,
    Path(id): Path<String>,
    body: Form<Reason>,
) -> Result<HttpResponse, Problem> {
    permit.step(id, body, moderation::publish).await
}
