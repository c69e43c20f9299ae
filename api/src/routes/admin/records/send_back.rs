//! `POST /v1/admin/records/{id}/return`

use actix_web::{HttpResponse, post};
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::record::AdminRecord;
use xinwu_domain::text::Reason;
use xinwu_persistence::credit::record;

use crate::extract::{Json, Path};
use crate::permit::Permit;
use crate::problem::Problem;

/// Why a record goes back.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "文书号有误"}))]
pub struct ReturnRecord {
    /// For its drafters.
    #[validate(length(min = 1, max = 500), custom(function = "crate::rules::long_text"))]
    reason: String,
}

/// Sends a submitted record back to its drafters. Needs the power to confirm, and `If-Match`.
#[utoipa::path(
    tag = "records",
    params(("id" = String, Path, description = "The record")),
    request_body = ReturnRecord,
    responses((status = 200, description = "The record", body = AdminRecord))
)]
#[post("/v1/admin/records/{id}/return")]
pub(super) async fn return_record(
    permit: Permit<op::ReturnRecord>,
    Path(id): Path<String>,
    body: Json<ReturnRecord>,
) -> Result<HttpResponse, Problem> {
    let Json { value, fingerprint } = body;
    permit.step(id, (&fingerprint, Reason(value.reason)), record::send_back).await
}
