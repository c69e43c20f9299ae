//! `POST /v1/admin/repairs/{id}/extend`

use actix_web::{HttpResponse, post};
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::record::repair::AdminRepair;
use xinwu_persistence::credit::repair;

use crate::extract::{Json, Path};
use crate::permit::Permit;
use crate::problem::Problem;

/// Why a decision needs longer.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "需现场核查退款情况"}))]
pub struct ExtendRepair {
    /// What makes it complex, at most 500 characters; the firm reads it.
    #[validate(length(min = 1, max = 500), custom(function = "crate::rules::long_text"))]
    reason: String,
}

/// Gives the decision on a complex request longer, once and before it is overdue. Needs the power
/// to confirm, `If-Match`, and an official who had no hand in the penalty.
#[utoipa::path(
    tag = "records",
    params(("id" = String, Path, description = "The request for repair")),
    request_body = ExtendRepair,
    responses((status = 200, description = "The request", body = AdminRepair))
)]
#[post("/v1/admin/repairs/{id}/extend")]
pub(super) async fn extend_repair(
    permit: Permit<op::ExtendRepair>,
    Path(id): Path<String>,
    body: Json<ExtendRepair>,
) -> Result<HttpResponse, Problem> {
    let days = permit.state().config().repair_working_days_if_complex;
    let Json { value, fingerprint } = body;
    permit.step(id, (&fingerprint, (days, value.reason)), repair::extend).await
}
