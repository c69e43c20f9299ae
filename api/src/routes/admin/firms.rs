//! `/v1/admin/firms`

use actix_web::{HttpResponse, get};
use xinwu_domain::access::op;
use xinwu_domain::firm::Firm;
use xinwu_domain::refusal::Refusal;
use xinwu_domain::uscc::Uscc;
use xinwu_persistence::registers::authorized::Authorized;
use xinwu_persistence::registers::firm;

use crate::extract::{FirmCode, Path};
use crate::permit::Permit;
use crate::problem::Problem;
use crate::routes::Routes;

mod add;
mod edit;

/// A parent's code as the register writes it.
fn parent_code(code: &str) -> Result<String, Refusal> {
    let code = Uscc::parse_known(code);
    code.map(|code| code.to_string()).map_err(|fault| Refusal::invalid("/parent", fault.code(), fault.text()))
}

pub(super) fn configure(config: &mut Routes) {
    config.service(add::add_firm);
    config.service(get_admin_firm);
    config.service(edit::edit_firm);
}

/// One firm that is registered in, or runs a project in, your place. It is changed where it is
/// registered.
#[utoipa::path(
    tag = "registers",
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
