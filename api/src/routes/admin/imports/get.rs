//! `GET /v1/admin/imports/{id}`

use actix_web::{HttpResponse, get};
use xinwu_domain::access::op;
use xinwu_domain::import::ImportReport;
use xinwu_persistence::operations::import;

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
    let (actor, language) = (permit.actor()?, permit.language());
    let (report, version) = permit.read(move |conn| import::get(conn, &actor, &id, language)).await?;
    permit.object(version, &report)
}
