//! `POST /v1/admin/imports/{id}/confirm`

use actix_web::{HttpResponse, post};
use xinwu_domain::access::op;
use xinwu_domain::import::ImportJob;
use xinwu_persistence::operations::import;

use crate::extract::Path;
use crate::permit::Permit;
use crate::problem::Problem;

/// Confirms a batch of records, assessments or metrics that another official sent. Needs the power
/// to confirm, and `If-Match`. All of it counts from now; after a large batch the grades follow
/// within moments.
#[utoipa::path(
    tag = "imports",
    params(("import" = String, Path, description = "The job")),
    responses((status = 200, description = "The job", body = ImportJob))
)]
#[post("/v1/admin/imports/{import}/confirm")]
pub(super) async fn confirm_import(
    permit: Permit<op::ConfirmImport>,
    Path(id): Path<String>,
) -> Result<HttpResponse, Problem> {
    permit.step(id, ("", ()), import::confirm).await
}
