//! `/v1/admin/households`

use actix_web::{HttpResponse, get, post};
use xinwu_domain::access::op;
use xinwu_domain::household::Household;
use xinwu_persistence::registers::authorized::Authorized;
use xinwu_persistence::registers::household;

use crate::extract::Path;
use crate::permit::Permit;
use crate::problem::Problem;
use crate::routes::Routes;

mod add;
mod edit;
mod list;

pub(super) fn configure(config: &mut Routes) {
    config.service(list::list_households);
    config.service(add::add_household);
    config.service(get_household);
    config.service(edit::edit_household);
    config.service(confirm_household);
}

/// Confirms a household that waits because its estate's register is full: it is a dwelling from now
/// on. Needs the power to confirm, and `If-Match`.
#[utoipa::path(
    tag = "registers",
    params(("id" = String, Path, description = "The household's id")),
    responses((status = 200, description = "The household", body = Household))
)]
#[post("/v1/admin/households/{id}/confirm")]
async fn confirm_household(
    permit: Permit<op::ConfirmHousehold>,
    Path(id): Path<String>,
) -> Result<HttpResponse, Problem> {
    permit.step(id, ("", ()), household::confirm).await
}

/// One household of the register. Its phones are never
/// shown.
#[utoipa::path(
    tag = "registers",
    params(("id" = String, Path, description = "The household's id")),
    responses((status = 200, description = "The household", body = Household))
)]
#[get("/v1/admin/households/{id}")]
async fn get_household(
    permit: Permit<op::GetHousehold>,
    Path(id): Path<String>,
) -> Result<HttpResponse, Problem> {
    permit.read_one(id, |conn, row: Authorized<household::Row>| household::get(conn, &row.id)).await
}
