//! `POST /v1/admin/records/{id}/withdraw`

use actix_web::{HttpResponse, post};
use xinwu_domain::access::op;
use xinwu_domain::record::AdminRecord;
use xinwu_persistence::credit::record;

use crate::extract::Path;
use crate::permit::Permit;
use crate::problem::Problem;

/// Gives up a record of one's own office that is not confirmed yet. Needs `If-Match`.
#[utoipa::path(
    tag = "records",
    params(("id" = String, Path, description = "The record")),
    responses((status = 200, description = "The record", body = AdminRecord))
)]
#[post("/v1/admin/records/{id}/withdraw")]
pub(super) async fn withdraw_record(
    permit: Permit<op::WithdrawRecord>,
    Path(id): Path<String>,
) -> Result<HttpResponse, Problem> {
    permit.step(id, ("", ()), record::withdraw).await
}
