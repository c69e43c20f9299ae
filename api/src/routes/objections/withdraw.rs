//! `POST /v1/objections/{id}/withdraw`

use actix_web::{HttpResponse, post};
use xinwu_domain::access::op;
use xinwu_domain::objection::ObjectionView;
use xinwu_persistence::credit::objection;

use crate::extract::Path;
use crate::permit::Permit;
use crate::problem::Problem;

/// Takes an objection of one's own firm back: what it was against is no longer marked as disputed.
/// Needs `If-Match`.
#[utoipa::path(
    tag = "firm",
    params(("id" = String, Path, description = "The objection")),
    responses((status = 200, description = "The objection", body = ObjectionView))
)]
#[post("/v1/objections/{id}/withdraw")]
pub(super) async fn withdraw_objection(
    permit: Permit<op::WithdrawObjection>,
    Path(id): Path<String>,
) -> Result<HttpResponse, Problem> {
    permit.step(id, ("", ()), objection::withdraw).await
}
