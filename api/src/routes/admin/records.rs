//! `/v1/admin/records`

use actix_web::{HttpResponse, get, patch, post};
use xinwu_domain::access::op;
use xinwu_domain::proposal::Proposal;
use xinwu_domain::record::{AdminRecord, NewRecord, NewRevocation, NewWithdrawal, RecordEdit};
use xinwu_domain::text::Reason;
use xinwu_persistence::credit::record;
use xinwu_persistence::registers::authorized::Authorized;

use crate::extract::{Form, Json, OptionalJson, Path};
use crate::permit::Permit;
use crate::problem::Problem;
use crate::routes::Routes;

mod list;

pub(super) fn configure(config: &mut Routes) {
    config.service(list::list_admin_records);
    config.service(add_record);
    config.service(get_admin_record);
    config.service(edit_record);
    config.service(submit_record);
    config.service(confirm_record);
    config.service(return_record);
    config.service(withdraw_record);
    config.service(revoke_record);
}

/// Drafts a record. Neither counts nor shows before another official confirms it.
#[utoipa::path(request_body = NewRecord, responses((status = 201, description = "The draft", body = AdminRecord)))]
#[post("/v1/admin/records")]
async fn add_record(permit: Permit<op::AddRecord>, body: Form<NewRecord>) -> Result<HttpResponse, Problem> {
    let context = permit.context();
    let location = |record: &AdminRecord| format!("/v1/admin/records/{}", record.record.id);
    permit.add(body, location, move |tx, warrant, new| record::add(tx, warrant, new, context)).await
}

/// Confirms a record that others drafted: it enters the firm's dossier, counts from its decision's
/// day and is shown while its publicity lasts. Needs the power to confirm, and `If-Match`.
#[utoipa::path(
    params(("id" = String, Path, description = "The record")),
    responses((status = 200, description = "The record", body = AdminRecord))
)]
#[post("/v1/admin/records/{id}/confirm")]
async fn confirm_record(
    permit: Permit<op::ConfirmRecord>,
    Path(id): Path<String>,
) -> Result<HttpResponse, Problem> {
    permit.step(id, Json::nothing(), record::confirm).await
}

/// One record in any state with its steps and evidence. Known only to the officials whose place
/// contains the drafters'.
#[utoipa::path(
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

/// Changes a draft of one's own office, or a record that was sent back. Needs `If-Match`.
#[utoipa::path(
    params(("id" = String, Path, description = "The record")),
    request_body = RecordEdit,
    responses((status = 200, description = "The record", body = AdminRecord))
)]
#[patch("/v1/admin/records/{id}")]
async fn edit_record(
    permit: Permit<op::EditRecord>,
    Path(id): Path<String>,
    body: Form<RecordEdit>,
) -> Result<HttpResponse, Problem> {
    permit.change(id, body, record::edit).await
}

/// Sends a submitted record back to its drafters, who read why. Needs the power to confirm, and
/// `If-Match`.
#[utoipa::path(
    params(("id" = String, Path, description = "The record")),
    request_body = Reason,
    responses((status = 200, description = "The record", body = AdminRecord))
)]
#[post("/v1/admin/records/{id}/return")]
async fn return_record(
    permit: Permit<op::ReturnRecord>,
    Path(id): Path<String>,
    body: Form<Reason>,
) -> Result<HttpResponse, Problem> {
    permit.step(id, body, record::send_back).await
}

/// Revokes a record that was confirmed, without an objection: from now on it counts nowhere and is
/// not shown, as if it had been known to be wrong; what was published stays. It takes two people,
/// and an objection that waits is closed with it. Its firm reads why. Needs `If-Match`.
#[utoipa::path(
    params(("id" = String, Path, description = "The record")),
    request_body = NewRevocation,
    responses((status = 202, description = "It waits for a second person", body = Proposal))
)]
#[post("/v1/admin/records/{id}/revoke")]
async fn revoke_record(
    permit: Permit<op::RevokeRecord>,
    Path(id): Path<String>,
    body: Form<NewRevocation>,
) -> Result<HttpResponse, Problem> {
    permit.step_or_propose(id, body, record::revoke).await
}

/// Puts a draft of one's own office before another official. Needs `If-Match`.
#[utoipa::path(
    params(("id" = String, Path, description = "The record")),
    responses((status = 200, description = "The record", body = AdminRecord))
)]
#[post("/v1/admin/records/{id}/submit")]
async fn submit_record(
    permit: Permit<op::SubmitRecord>,
    Path(id): Path<String>,
) -> Result<HttpResponse, Problem> {
    permit.step(id, Json::nothing(), record::submit).await
}

/// Gives up a record of one's own office that is not confirmed yet. Whoever withdraws what a
/// colleague drafted and was submitted says why, and that colleague is told. Needs `If-Match`.
#[utoipa::path(
    params(("id" = String, Path, description = "The record")),
    request_body(content = Option<NewWithdrawal>, example = json!({"reason": "与另一条信息重复"})),
    responses((status = 200, description = "The record", body = AdminRecord))
)]
#[post("/v1/admin/records/{id}/withdraw")]
async fn withdraw_record(
    permit: Permit<op::WithdrawRecord>,
    Path(id): Path<String>,
    OptionalJson(body): OptionalJson<NewWithdrawal>,
) -> Result<HttpResponse, Problem> {
    permit.step(id, body, record::withdraw).await
}
