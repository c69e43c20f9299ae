//! `/v1/admin/estates`

use actix_web::{HttpResponse, get, patch, post};
use xinwu_domain::access::op;
use xinwu_domain::estate::{Estate, EstateEdit, NewEstate};
use xinwu_domain::proposal::Proposal;
use xinwu_domain::typed;
use xinwu_persistence::registers::authorized::Authorized;
use xinwu_persistence::registers::estate;

use crate::extract::{Form, Path};
use crate::permit::Permit;
use crate::problem::Problem;
use crate::routes::Routes;

pub(super) fn configure(config: &mut Routes) {
    config.service(add_estate);
    config.service(get_admin_estate);
    config.service(edit_estate);
}

/// Adds an estate in a community of your jurisdiction.
#[utoipa::path(request_body = NewEstate, responses((status = 202, description = "It waits for a second person", body = Proposal)))]
#[post("/v1/admin/estates")]
async fn add_estate(permit: Permit<op::AddEstate>, body: Form<NewEstate>) -> Result<HttpResponse, Problem> {
    permit.add_or_propose(body, estate::add, |estate| format!("/v1/estates/{}", estate.code)).await
}

/// One estate of the register.
#[utoipa::path(
    params(("code" = String, Path, description = "The estate's code", example = "210202001006-001")),
    responses((status = 200, description = "The estate", body = Estate))
)]
#[get("/v1/admin/estates/{code}")]
async fn get_admin_estate(
    permit: Permit<op::GetAdminEstate>,
    Path(code): Path<String>,
) -> Result<HttpResponse, Problem> {
    permit
        .read_one(typed::code(&code), |conn, row: Authorized<estate::Row>| estate::get(conn, &row.code))
        .await
}

/// Changes an estate in your jurisdiction. Needs `If-Match`.
#[utoipa::path(
    params(("code" = String, Path, description = "The estate's code", example = "210202001006-001")),
    request_body = EstateEdit,
    responses(
        (status = 200, description = "The estate", body = Estate),
        (status = 202, description = "It waits for a second person", body = Proposal)
    )
)]
#[patch("/v1/admin/estates/{code}")]
async fn edit_estate(
    permit: Permit<op::EditEstate>,
    Path(code): Path<String>,
    body: Form<EstateEdit>,
) -> Result<HttpResponse, Problem> {
    permit.change_or_propose(typed::code(&code), body, estate::edit).await
}
