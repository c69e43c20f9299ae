//! `POST /v1/repairs/{id}/withdraw`

use actix_web::{HttpResponse, post};
use xinwu_domain::access::op;
use xinwu_domain::record::repair::RepairView;
use xinwu_persistence::credit::repair;

use crate::extract::Path;
use crate::permit::Permit;
use crate::problem::Problem;

/// Takes a request for repair of one's own firm back; it may ask again at once. Needs `If-Match`.
#[utoipa::path(
    tag = "firm",
    params(("id" = String, Path, description = "The request for repair")),
    responses((status = 200, description = "The request", body = RepairView))
)]
#[post("/v1/repairs/{id}/withdraw")]
pub(super) async fn withdraw_repair(
    permit: Permit<op::WithdrawRepair>,
    Path(id): Path<String>,
) -> Result<HttpResponse, Problem> {
    permit.step(id, ("", ()), repair::withdraw).await
}
