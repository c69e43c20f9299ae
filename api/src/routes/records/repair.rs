//! `POST /v1/records/{id}/repairs`

use actix_web::{HttpResponse, post};
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::record::repair::RepairView;
use xinwu_persistence::credit::repair::{self, NewRepair};

use crate::extract::{Json, Path};
use crate::permit::{Permit, Posted};
use crate::problem::Problem;

/// A firm's request for repair.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"commitment": "多收费用已全部退还，承诺今后明码标价。", "evidence": ["退款清单.pdf"]}))]
pub struct RequestRepair {
    /// What was put right, and what the firm promises, up to 4000 characters.
    #[validate(length(min = 1, max = 4000), custom(function = "crate::rules::long_text"))]
    commitment: String,
    /// References to the evidence that it was put right, 1 to 20.
    #[validate(length(min = 1, max = 20), custom(function = "crate::rules::references"))]
    evidence: Vec<String>,
}

/// Asks for the repair of a penalty of one's own firm: after its shortest publicity (ordinary: 3
/// months; serious: 1 year), and at once for a minor one.
#[utoipa::path(
    tag = "firm",
    params(("id" = String, Path, description = "The record")),
    request_body = RequestRepair,
    responses((status = 201, description = "The request", body = RepairView))
)]
#[post("/v1/records/{id}/repairs")]
pub(super) async fn request_repair(
    permit: Permit<op::RequestRepair>,
    Path(id): Path<String>,
    body: Json<RequestRepair>,
) -> Result<HttpResponse, Problem> {
    let Json { value, fingerprint } = body;
    let new = NewRepair { commitment: value.commitment, evidence: value.evidence };
    let days = permit.state().config().repair_working_days;
    let context = permit.context();
    permit
        .post(&fingerprint, move |tx, warrant| {
            let (repair, version) = repair::file(tx, warrant, &id, &new, days, context)?;
            Posted::created(format!("/v1/repairs/{}", repair.id), version, &repair)
        })
        .await
}
