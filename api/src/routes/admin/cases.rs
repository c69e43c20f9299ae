//! `/v1/admin/cases`: what offices dispatch and watch over, and what departments are given.

use actix_web::{HttpResponse, get, post};
use xinwu_domain::access::op;
use xinwu_domain::case::{
    CaseClassChange, CaseClosing, CaseDispatch, CaseMerge, CaseVerification, CaseView, DeskCase,
};
use xinwu_domain::kind::Kind;
use xinwu_domain::text::Reason;
use xinwu_persistence::registers::authorized::Authorized;
use xinwu_persistence::service::case;
use xinwu_store::Conn;

use crate::extract::{Form, Path};
use crate::permit::Permit;
use crate::problem::Problem;
use crate::routes::Routes;

mod list;

pub(super) fn configure(config: &mut Routes) {
    config.service(list::list_cases);
    config.service(open_case);
    config.service(get_case);
    config.service(dispatch_case);
    config.service(escalate_case);
    config.service(supervise_case);
    config.service(reclassify_case);
    config.service(close_case);
    config.service(merge_case);
    config.service(verify_admin_case);
    config.service(reopen_admin_case);
}

/// Opens a case of an estate in your jurisdiction: what came to the desk or by the hotline, or what
/// the office itself asks of a firm. It is dispatched at once where it says to whom.
#[utoipa::path(request_body = DeskCase, responses((status = 201, description = "The new case", body = CaseView)))]
#[post("/v1/admin/cases")]
async fn open_case(permit: Permit<op::OpenCase>, body: Form<DeskCase>) -> Result<HttpResponse, Problem> {
    let context = permit.context();
    let location = |case: &CaseView| format!("/v1/admin/cases/{}", case.summary.id);
    permit.add(body, location, move |tx, warrant, new| case::open_desk(tx, warrant, new, context)).await
}

/// One case of an estate in your jurisdiction, or one that is assigned to your department.
#[utoipa::path(
    params(("id" = String, Path, description = "The case")),
    responses((status = 200, description = "The case", body = CaseView))
)]
#[get("/v1/admin/cases/{id}")]
async fn get_case(permit: Permit<op::GetCase>, Path(id): Path<String>) -> Result<HttpResponse, Problem> {
    let (warrant, context) = (permit.warrant()?, permit.context());
    let read = move |conn: &mut Conn, row: Authorized<case::Row>| case::get(conn, &warrant, &row, context);
    let answer = permit.read_one(id.clone(), read).await?;
    permit.note_reading(Kind::Case, &id, 1).await?;
    Ok(answer)
}

/// Dispatches a case to whoever is responsible: its clock starts. One who has returned it in this
/// cycle does not get it back (409 `returned_before`). Only the office at whose desk it is, or one
/// above. Needs `If-Match`.
#[utoipa::path(
    params(("id" = String, Path, description = "The case")),
    request_body = CaseDispatch,
    responses((status = 200, description = "The case", body = CaseView))
)]
#[post("/v1/admin/cases/{id}/dispatch")]
async fn dispatch_case(
    permit: Permit<op::DispatchCase>,
    Path(id): Path<String>,
    body: Form<CaseDispatch>,
) -> Result<HttpResponse, Problem> {
    permit.step(id, body, case::dispatch).await
}

/// Hands the desk of a case to the office above, which dispatches it from then on. Needs
/// `If-Match`.
#[utoipa::path(
    params(("id" = String, Path, description = "The case")),
    request_body = Reason,
    responses((status = 200, description = "The case", body = CaseView))
)]
#[post("/v1/admin/cases/{id}/escalate")]
async fn escalate_case(
    permit: Permit<op::EscalateCase>,
    Path(id): Path<String>,
    body: Form<Reason>,
) -> Result<HttpResponse, Problem> {
    permit.step(id, body, case::escalate).await
}

/// Urges the assignee, who reads why. Needs `If-Match`.
#[utoipa::path(
    params(("id" = String, Path, description = "The case")),
    request_body = Reason,
    responses((status = 200, description = "The case", body = CaseView))
)]
#[post("/v1/admin/cases/{id}/supervise")]
async fn supervise_case(
    permit: Permit<op::SuperviseCase>,
    Path(id): Path<String>,
    body: Form<Reason>,
) -> Result<HttpResponse, Problem> {
    permit.step(id, body, case::supervise).await
}

/// Gives a case another class, and with it another deadline. What was consumed stays consumed, and
/// what was late stays late. Needs `If-Match`.
#[utoipa::path(
    params(("id" = String, Path, description = "The case")),
    request_body = CaseClassChange,
    responses((status = 200, description = "The case", body = CaseView))
)]
#[post("/v1/admin/cases/{id}/reclassify")]
async fn reclassify_case(
    permit: Permit<op::ReclassifyCase>,
    Path(id): Path<String>,
    body: Form<CaseClassChange>,
) -> Result<HttpResponse, Problem> {
    permit.step(id, body, case::reclassify).await
}

/// Ends a case without its being done, for a reason that those who opened and joined it are told.
/// Only the office at whose desk it is, or one above. Needs `If-Match`.
#[utoipa::path(
    params(("id" = String, Path, description = "The case")),
    request_body = CaseClosing,
    responses((status = 200, description = "The case", body = CaseView))
)]
#[post("/v1/admin/cases/{id}/close")]
async fn close_case(
    permit: Permit<op::CloseCase>,
    Path(id): Path<String>,
    body: Form<CaseClosing>,
) -> Result<HttpResponse, Problem> {
    permit.step(id, body, case::close).await
}

/// Makes a case one with another of the same estate, where it goes on with its households: as with
/// an incident that many have told of. Needs `If-Match`.
#[utoipa::path(
    params(("id" = String, Path, description = "The case that ends")),
    request_body = CaseMerge,
    responses((status = 200, description = "The case that ends, with where it goes on", body = CaseView))
)]
#[post("/v1/admin/cases/{id}/merge")]
async fn merge_case(
    permit: Permit<op::MergeCase>,
    Path(id): Path<String>,
    body: Form<CaseMerge>,
) -> Result<HttpResponse, Problem> {
    permit.step(id, body, case::join_cases).await
}

/// Says for the office that opened it, or for a firm that did, that what was to be done is done.
/// Needs `If-Match`.
#[utoipa::path(
    params(("id" = String, Path, description = "The case")),
    request_body = CaseVerification,
    responses((status = 200, description = "The case", body = CaseView))
)]
#[post("/v1/admin/cases/{id}/verify")]
async fn verify_admin_case(
    permit: Permit<op::VerifyAdminCase>,
    Path(id): Path<String>,
    body: Form<CaseVerification>,
) -> Result<HttpResponse, Problem> {
    permit.step(id, body, case::verify).await
}

/// Says that a case which no resident opened is not done: a new cycle begins. Needs `If-Match`.
#[utoipa::path(
    params(("id" = String, Path, description = "The case")),
    request_body = Reason,
    responses((status = 200, description = "The case", body = CaseView))
)]
#[post("/v1/admin/cases/{id}/reopen")]
async fn reopen_admin_case(
    permit: Permit<op::ReopenAdminCase>,
    Path(id): Path<String>,
    body: Form<Reason>,
) -> Result<HttpResponse, Problem> {
    permit.step(id, body, case::reopen).await
}
