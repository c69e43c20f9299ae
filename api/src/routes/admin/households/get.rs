//! `GET /v1/admin/households/{id}`

use actix_web::{HttpResponse, get};
use xinwu_domain::access::op;
use xinwu_domain::household::Household;
use xinwu_persistence::registers::authorized::Authorized;
use xinwu_persistence::registers::household;

use crate::extract::Path;
use crate::permit::Permit;
use crate::problem::Problem;

/// One household of the register, with the entity tag that a change needs. Its phones are never
/// shown.
#[utoipa::path(
    tag = "registers",
    params(("id" = String, Path, description = "The household's id")),
    responses((status = 200, description = "The household", body = Household))
)]
#[get("/v1/admin/households/{id}")]
pub(super) async fn get_household(
    permit: Permit<op::GetHousehold>,
    Path(id): Path<String>,
) -> Result<HttpResponse, Problem> {
    permit.read_one(id, |conn, row: Authorized<household::Row>| household::get(conn, &row.id)).await
}
