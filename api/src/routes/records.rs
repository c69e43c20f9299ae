//! `/v1/records`

use actix_web::{HttpResponse, get, post};
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::objection::{ObjectKind, ObjectionView};
use xinwu_domain::record::RecordView;
use xinwu_domain::record::repair::RepairView;
use xinwu_persistence::credit::record;
use xinwu_persistence::credit::repair::{self, NewRepair};

use crate::extract::{Json, Path};
use crate::permit::{Permit, Posted};
use crate::problem::Problem;
use crate::routes::Routes;
use crate::routes::objections::{self, FileObjection};

mod reply;

pub(super) fn configure(config: &mut Routes) {
    config.service(get_record);
    reply::configure(config);
    config.service(object_to_record);
    config.service(request_repair);
}

/// One record that is public now. Its firm, and the officials who reach it, see it at any time and
/// with its evidence.
// Not kept in the cache: a record's publicity ends by the clock, without any write.
#[utoipa::path(
    tag = "firms",
    params(("id" = String, Path, description = "The record")),
    responses((status = 200, description = "The record", body = RecordView))
)]
#[get("/v1/records/{id}")]
async fn get_record(permit: Permit<op::GetRecord>, Path(id): Path<String>) -> Result<HttpResponse, Problem> {
    let asker = permit.warrant_if_any()?;
    let context = permit.context();
    let (view, version) = permit.read(move |conn| record::get(conn, asker.as_ref(), &id, context)).await?;
    permit.object(version, &view)
}

/// Objects to a record of one's own firm that is in force. It is marked as disputed at once, and
/// decided by an official who had no hand in it.
#[utoipa::path(
    tag = "firm",
    params(("id" = String, Path, description = "The record")),
    request_body = FileObjection,
    responses((status = 201, description = "The objection", body = ObjectionView))
)]
#[post("/v1/records/{id}/objections")]
async fn object_to_record(
    permit: Permit<op::ObjectToRecord>,
    Path(id): Path<String>,
    body: Json<FileObjection>,
) -> Result<HttpResponse, Problem> {
    objections::file(&permit, (ObjectKind::Record, id), body).await
}

/// A firm's request for repair.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"commitment": "多收费用已全部退还，承诺今后明码标价。", "evidence": ["退款清单.pdf"]}))]
pub struct RequestRepair {
    /// What was put right, and what the firm promises, up to 4000 characters.
    #[validate(length(min = 1, max = 4000), custom(function = "xinwu_domain::rules::long_text"))]
    commitment: String,
    /// References to the evidence that it was put right, 1 to 20.
    #[validate(length(min = 1, max = 20), custom(function = "xinwu_domain::rules::references"))]
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
async fn request_repair(
    permit: Permit<op::RequestRepair>,
    Path(id): Path<String>,
    body: Json<RequestRepair>,
) -> Result<HttpResponse, Problem> {
    let Json { value, fingerprint, .. } = body;
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
