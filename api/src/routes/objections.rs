//! `/v1/objections`: a firm's own.

use actix_web::{HttpResponse, get, post};
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;
use xinwu_domain::access::{Operates, op};
use xinwu_domain::objection::{ObjectKind, ObjectionView};
use xinwu_persistence::credit::objection::{self, NewObjection};
use xinwu_persistence::registers::authorized::Authorized;

use crate::extract::{Json, Path};
use crate::permit::{Permit, Posted};
use crate::problem::Problem;
use crate::routes::Routes;

pub(super) fn configure(config: &mut Routes) {
    config.service(get_objection);
    config.service(withdraw_objection);
}

/// A firm's objection.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"grounds": "收费已经业主大会同意", "evidence": ["业主大会决议.pdf"]}))]
pub struct FileObjection {
    /// Why the firm objects, up to 4000 characters.
    #[validate(length(min = 1, max = 4000), custom(function = "xinwu_domain::rules::long_text"))]
    grounds: String,
    /// References to its evidence, at most 20.
    #[serde(default)]
    #[validate(length(max = 20), custom(function = "xinwu_domain::rules::references"))]
    evidence: Vec<String>,
}

/// Files an objection against something of the asker's own firm: what it is against differs, and
/// nothing else.
pub(super) async fn file<O: Operates>(
    permit: &Permit<O>,
    (kind, id): (ObjectKind, String),
    body: Json<FileObjection>,
) -> Result<HttpResponse, Problem> {
    let Json { value: FileObjection { grounds, evidence }, fingerprint, .. } = body;
    let (new, days) = (NewObjection { grounds, evidence }, permit.state().config().objection_working_days);
    let context = permit.context();
    permit
        .post(&fingerprint, move |tx, warrant| {
            let (objection, version) = objection::file(tx, warrant, (kind, &id), &new, days, context)?;
            Posted::created(format!("/v1/objections/{}", objection.id), version, &objection)
        })
        .await
}

/// One objection of one's own firm, with the time left for its decision and, afterwards, the
/// answer.
#[utoipa::path(
    tag = "firm",
    params(("id" = String, Path, description = "The objection")),
    responses((status = 200, description = "The objection", body = ObjectionView))
)]
#[get("/v1/objections/{id}")]
async fn get_objection(
    permit: Permit<op::GetObjection>,
    Path(id): Path<String>,
) -> Result<HttpResponse, Problem> {
    let context = permit.context();
    permit
        .read_one(id, move |conn, row: Authorized<objection::Row>| objection::get(conn, &row.id, context))
        .await
}

/// Takes an objection of one's own firm back: what it was against is no longer marked as disputed.
/// Needs `If-Match`.
#[utoipa::path(
    tag = "firm",
    params(("id" = String, Path, description = "The objection")),
    responses((status = 200, description = "The objection", body = ObjectionView))
)]
#[post("/v1/objections/{id}/withdraw")]
async fn withdraw_objection(
    permit: Permit<op::WithdrawObjection>,
    Path(id): Path<String>,
) -> Result<HttpResponse, Problem> {
    permit.step(id, ("", ()), objection::withdraw).await
}
