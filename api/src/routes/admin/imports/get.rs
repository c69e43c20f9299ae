//! `GET /v1/admin/imports/{id}`

use actix_web::{HttpResponse, get};
use xinwu_domain::access::op;
use xinwu_domain::import::ImportReport;
use xinwu_persistence::operations::import::{self, JobRow};
use xinwu_persistence::registers::authorized::Authorized;

use crate::extract::Path;
use crate::permit::Permit;
use crate::problem::Problem;

/// How an import stands: its state, its counts and its bad rows by number, key, column and reason.
#[utoipa::path(
    tag = "imports",
    params(("import" = String, Path, description = "The job")),
    responses((status = 200, description = "The job with its bad rows", body = ImportReport))
)]
#[get("/v1/admin/imports/{import}")]
pub(super) async fn get_import(
    permit: Permit<op::GetImport>,
    Path(id): Path<String>,
) -> Result<HttpResponse, Problem> {
    let language = permit.language();
    permit.read_one(id, move |conn, job: Authorized<JobRow>| import::get(conn, &job.id, language)).await
}
