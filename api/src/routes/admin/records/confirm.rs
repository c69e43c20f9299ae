//! `POST /v1/admin/records/{id}/confirm`

use actix_web::{HttpResponse, post};
use xinwu_domain::access::op;
use xinwu_domain::record::AdminRecord;
use xinwu_persistence::credit::record;

use crate::extract::Path;
use crate::permit::Permit;
use crate::problem::Problem;

/// Confirms a record that others drafted: it enters the firm's file, counts from its decision's day
/// and is shown while its publicity lasts. Needs the power to confirm, and `If-Match`.
#[utoipa::path(
    tag = "records",
    params(("id" = String, Path, description = "The record")),
    responses((status = 200, description = "The record", body = AdminRecord))
)]
#[post("/v1/admin/records/{id}/confirm")]
pub(super) async fn confirm_record(
    permit: Permit<op::ConfirmRecord>,
    Path(id): Path<String>,
) -> Result<HttpResponse, Problem> {
    permit.step(id, ("", ()), record::confirm).await
}
