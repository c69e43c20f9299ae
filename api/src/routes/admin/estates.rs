//! `/v1/admin/estates`

use actix_web::{HttpResponse, get};
use xinwu_domain::access::op;
use xinwu_domain::estate::Estate;
use xinwu_domain::typed;
use xinwu_persistence::registers::authorized::Authorized;
use xinwu_persistence::registers::estate;

use crate::extract::Path;
use crate::permit::Permit;
use crate::problem::Problem;
use crate::routes::Routes;

mod add;
mod edit;

pub(super) fn configure(config: &mut Routes) {
    config.service(add::add_estate);
    config.service(get_admin_estate);
    config.service(edit::edit_estate);
}

/// One estate of the register.
#[utoipa::path(
    tag = "registers",
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
