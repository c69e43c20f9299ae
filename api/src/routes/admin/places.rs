//! `/v1/admin/places`

use actix_web::{HttpResponse, get};
use xinwu_domain::access::op;
use xinwu_domain::place::Place;
use xinwu_persistence::registers::authorized::Authorized;
use xinwu_persistence::registers::place;

use crate::extract::{Path, PlaceCode};
use crate::permit::Permit;
use crate::problem::Problem;
use crate::routes::Routes;

mod add;
mod edit;

pub(super) fn configure(config: &mut Routes) {
    config.service(add::add_place);
    config.service(get_admin_place);
    config.service(edit::edit_place);
}

/// One place of the register.
#[utoipa::path(
    tag = "registers",
    params(("code" = String, Path, description = "Division code", example = "210202")),
    responses((status = 200, description = "The place", body = Place))
)]
#[get("/v1/admin/places/{code}")]
async fn get_admin_place(
    permit: Permit<op::GetAdminPlace>,
    Path(PlaceCode(code)): Path<PlaceCode>,
) -> Result<HttpResponse, Problem> {
    permit.read_one(code, |conn, row: Authorized<place::Row>| place::get(conn, &row.code)).await
}
