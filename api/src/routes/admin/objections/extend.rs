//! `POST /v1/admin/objections/{id}/extend`

use actix_web::{HttpResponse, post};
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::objection::AdminObjection;
use xinwu_persistence::credit::objection;

use crate::extract::{Json, Path};
use crate::permit::Permit;
use crate::problem::Problem;

/// Why a decision needs longer.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "需向住建部门调取案卷"}))]
pub struct ExtendObjection {
    /// What makes it complex, at most 500 characters; the firm reads it.
    #[validate(length(min = 1, max = 500), custom(function = "crate::rules::long_text"))]
    reason: String,
}

/// Gives the decision on a complex objection longer, once and before it is overdue. Needs the power
/// to confirm, `If-Match`, and an official who had no hand in what it is against.
#[utoipa::path(
    tag = "records",
    params(("id" = String, Path, description = "The objection")),
    request_body = ExtendObjection,
    responses((status = 200, description = "The objection", body = AdminObjection))
)]
#[post("/v1/admin/objections/{id}/extend")]
pub(super) async fn extend_objection(
    permit: Permit<op::ExtendObjection>,
    Path(id): Path<String>,
    body: Json<ExtendObjection>,
) -> Result<HttpResponse, Problem> {
    let days = permit.state().config().objection_working_days_if_complex;
    let Json { value, fingerprint } = body;
    permit.step(id, (&fingerprint, (days, value.reason)), objection::extend).await
}
