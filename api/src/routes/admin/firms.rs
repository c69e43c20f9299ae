//! `/v1/admin/firms`

use actix_web::{HttpResponse, get, patch, post};
use xinwu_domain::access::op;
use xinwu_domain::firm::{Firm, FirmEdit, NewFirm};
use xinwu_domain::proposal::Proposal;
use xinwu_persistence::registers::authorized::Authorized;
use xinwu_persistence::registers::firm;

use crate::extract::{FirmCode, Form, Path};
use crate::permit::Permit;
use crate::problem::Problem;
use crate::routes::Routes;

pub(super) fn configure(config: &mut Routes) {
    config.service(add_firm);
    config.service(get_admin_firm);
    config.service(edit_firm);
}

/// Adds a firm that is registered in your jurisdiction.
#[utoipa::path(request_body = NewFirm, responses(
    (status = 201, description = "The new firm", body = Firm),
    (status = 202, description = "It waits for a second person", body = Proposal)
))]
#[post("/v1/admin/firms")]
async fn add_firm(permit: Permit<op::AddFirm>, body: Form<NewFirm>) -> Result<HttpResponse, Problem> {
    permit.add_or_propose(body, firm::add, |firm| format!("/v1/firms/{}", firm.uscc)).await
}

/// One firm that is registered in, or runs a project in, your place. It is changed where it is
/// registered.
#[utoipa::path(
    params(("uscc" = String, Path, description = "Unified social credit code", example = "91219900MA0D00000P")),
    responses((status = 200, description = "The firm", body = Firm))
)]
#[get("/v1/admin/firms/{uscc}")]
async fn get_admin_firm(
    permit: Permit<op::GetAdminFirm>,
    Path(FirmCode(uscc)): Path<FirmCode>,
) -> Result<HttpResponse, Problem> {
    permit.read_one(uscc, |conn, row: Authorized<firm::Row>| firm::get(conn, &row.uscc)).await
}

/// Changes a firm registered in your jurisdiction. Needs `If-Match`.
#[utoipa::path(
    params(("uscc" = String, Path, description = "Unified social credit code", example = "91219900MA0D00000P")),
    request_body = FirmEdit,
    responses(
        (status = 200, description = "The firm", body = Firm),
        (status = 202, description = "It waits for a second person", body = Proposal)
    )
)]
#[patch("/v1/admin/firms/{uscc}")]
async fn edit_firm(
    permit: Permit<op::EditFirm>,
    Path(FirmCode(uscc)): Path<FirmCode>,
    body: Form<FirmEdit>,
) -> Result<HttpResponse, Problem> {
    permit.change_or_propose(uscc, body, firm::edit).await
}
