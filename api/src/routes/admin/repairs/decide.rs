//! `POST /v1/admin/repairs/{id}/decide`

use actix_web::{HttpResponse, post};
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::record::repair::{AdminRepair, RepairDecision};
use xinwu_persistence::credit::repair;

use crate::extract::{Json, Path};
use crate::permit::Permit;
use crate::problem::Problem;

/// A decision on a request for repair.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"decision": "granted", "reason": "退款已核实，承诺书已公开"}))]
pub struct DecideRepair {
    /// Whether the wrong was put right.
    decision: RepairDecision,
    /// Why, at most 1000 characters: the answer to the firm.
    #[validate(length(min = 1, max = 1000), custom(function = "crate::rules::long_text"))]
    reason: String,
}

/// Decides on a request for repair. Granted, the penalty is no longer shown and counts no longer
/// from now on, and grades follow at once. Needs the power to confirm, `If-Match`, and an official
/// who had no hand in the penalty.
#[utoipa::path(
    tag = "records",
    params(("id" = String, Path, description = "The request for repair")),
    request_body = DecideRepair,
    responses((status = 200, description = "The request", body = AdminRepair))
)]
#[post("/v1/admin/repairs/{id}/decide")]
pub(super) async fn decide_repair(
    permit: Permit<op::DecideRepair>,
    Path(id): Path<String>,
    body: Json<DecideRepair>,
) -> Result<HttpResponse, Problem> {
    let Json { value, fingerprint } = body;
    permit.step(id, (&fingerprint, (value.decision, value.reason)), repair::decide).await
}
