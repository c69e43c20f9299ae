//! `GET /v1/admin/managers/{id}`

use actix_web::{HttpResponse, get};
use xinwu_domain::access::op;
use xinwu_domain::manager::Manager;
use xinwu_persistence::registers::authorized::Authorized;
use xinwu_persistence::registers::manager;

use crate::extract::Path;
use crate::permit::Permit;
use crate::problem::Problem;

/// One manager whose firm is registered in, or who has charge of an estate in, your place, with the
/// entity tag that a change needs.
#[utoipa::path(
    tag = "registers",
    params(("id" = String, Path, description = "The manager's id")),
    responses((status = 200, description = "The manager", body = Manager))
)]
#[get("/v1/admin/managers/{id}")]
pub(super) async fn get_admin_manager(
    permit: Permit<op::GetAdminManager>,
    Path(id): Path<String>,
) -> Result<HttpResponse, Problem> {
    permit.read_one(id, |conn, row: Authorized<manager::Row>| manager::get(conn, &row.id)).await
}
