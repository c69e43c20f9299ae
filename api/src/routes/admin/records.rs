//! `/v1/admin/records`

use actix_web::{HttpResponse, get, post};
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::record::AdminRecord;
use xinwu_domain::text::Reason;
use xinwu_persistence::credit::record;
use xinwu_persistence::registers::authorized::Authorized;

use crate::extract::{Json, Path};
use crate::permit::Permit;
use crate::problem::Problem;
use crate::routes::Routes;

mod add;
mod edit;
mod list;

pub(in crate::routes::admin) use add::Points;
pub(in crate::routes::admin) use edit::nullable_day;

pub(super) fn configure(config: &mut Routes) {
    config.service(list::list_admin_records);
    config.service(add::add_record);
    config.service(get_admin_record);
    config.service(edit::edit_record);
    config.service(submit_record);
    config.service(confirm_record);
    config.service(return_record);
    config.service(withdraw_record);
}

/// Confirms a record that others drafted: it enters the firm's file, counts from its decision's day
/// and is shown while its publicity lasts. Needs the power to confirm, and `If-Match`.
#[utoipa::path(
    tag = "records",
    params(("id" = String, Path, description = "The record")),
    responses((status = 200, description = "The record", body = AdminRecord))
)]
#[post("/v1/admin/records/{id}/confirm")]
async fn confirm_record(
    permit: Permit<op::ConfirmRecord>,
    Path(id): Path<String>,
) -> Result<HttpResponse, Problem> {
    permit.step(id, ("", ()), record::confirm).await
}

/// One record in any state with its steps and evidence. Known only to the officials whose place
/// contains the drafters'.
#[utoipa::path(
    tag = "records",
    params(("id" = String, Path, description = "The record")),
    responses((status = 200, description = "The record", body = AdminRecord))
)]
#[get("/v1/admin/records/{id}")]
async fn get_admin_record(
    permit: Permit<op::GetAdminRecord>,
    Path(id): Path<String>,
) -> Result<HttpResponse, Problem> {
    let context = permit.context();
    permit
        .read_one(id, move |conn, row: Authorized<record::Row>| record::get_admin(conn, &row.id, context))
        .await
}

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
async fn return_record(
    permit: Permit<op::ReturnRecord>,
    Path(id): Path<String>,
    body: Json<ReturnRecord>,
) -> Result<HttpResponse, Problem> {
    let Json { value, fingerprint } = body;
    permit.step(id, (&fingerprint, Reason(value.reason)), record::send_back).await
}

/// Puts a draft of one's own office before another official. Needs `If-Match`.
#[utoipa::path(
    tag = "records",
    params(("id" = String, Path, description = "The record")),
    responses((status = 200, description = "The record", body = AdminRecord))
)]
#[post("/v1/admin/records/{id}/submit")]
async fn submit_record(
    permit: Permit<op::SubmitRecord>,
    Path(id): Path<String>,
) -> Result<HttpResponse, Problem> {
    permit.step(id, ("", ()), record::submit).await
}

/// Gives up a record of one's own office that is not confirmed yet. Needs `If-Match`.
#[utoipa::path(
    tag = "records",
    params(("id" = String, Path, description = "The record")),
    responses((status = 200, description = "The record", body = AdminRecord))
)]
#[post("/v1/admin/records/{id}/withdraw")]
async fn withdraw_record(
    permit: Permit<op::WithdrawRecord>,
    Path(id): Path<String>,
) -> Result<HttpResponse, Problem> {
    permit.step(id, ("", ()), record::withdraw).await
}
