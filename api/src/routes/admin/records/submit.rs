//! `POST /v1/admin/records/{id}/submit`

use actix_web::{HttpResponse, post};
use xinwu_domain::access::op;
use xinwu_domain::record::AdminRecord;
use xinwu_persistence::credit::record;

use crate::extract::Path;
use crate::permit::Permit;
use crate::problem::Problem;

/// Puts a draft of one's own office before another official. Needs `If-Match`.
#[utoipa::path(
    tag = "records",
    params(("id" = String, Path, description = "The record")),
    responses((status = 200, description = "The record", body = AdminRecord))
)]
#[post("/v1/admin/records/{id}/submit")]
pub(super) async fn submit_record(
    permit: Permit<op::SubmitRecord>,
    Path(id): Path<String>,
) -> Result<HttpResponse, Problem> {
    permit.step(id, ("", ()), record::submit).await
}
