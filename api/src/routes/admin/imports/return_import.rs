//! `POST /v1/admin/imports/{id}/return`

use actix_web::{HttpResponse, post};
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::import::ImportJob;
use xinwu_domain::text::Reason;
use xinwu_persistence::operations::import;

use crate::extract::{Json, Path};
use crate::permit::Permit;
use crate::problem::Problem;

/// Why a batch is returned.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "第3行的文号与原件不符"}))]
pub struct ReturnImport {
    /// The reason, for who sent it.
    #[validate(length(min = 1, max = 500), custom(function = "crate::rules::long_text"))]
    reason: String,
}

/// Returns a batch that another official sent: none of it ever counts. Needs the power to confirm,
/// and `If-Match`.
#[utoipa::path(
    tag = "imports",
    params(("import" = String, Path, description = "The job")),
    request_body = ReturnImport,
    responses((status = 200, description = "The job", body = ImportJob))
)]
#[post("/v1/admin/imports/{import}/return")]
pub(super) async fn return_import(
    permit: Permit<op::ReturnImport>,
    Path(id): Path<String>,
    body: Json<ReturnImport>,
) -> Result<HttpResponse, Problem> {
    let Json { value, fingerprint } = body;
    permit.step(id, (&fingerprint, Reason(value.reason)), import::give_back).await
}
