//! `GET /v1/admin/repairs/{id}`

use actix_web::{HttpResponse, get};
use xinwu_domain::access::op;
use xinwu_domain::record::repair::AdminRepair;
use xinwu_persistence::credit::repair;
use xinwu_persistence::registers::authorized::Authorized;

use crate::extract::Path;
use crate::permit::Permit;
use crate::problem::Problem;

/// One request for repair, and the entity tag that its decision needs. Known only to the officials
/// whose place contains the one that answers for it.
#[utoipa::path(
    tag = "records",
    params(("id" = String, Path, description = "The request for repair")),
    responses((status = 200, description = "The request for repair", body = AdminRepair))
)]
#[get("/v1/admin/repairs/{id}")]
pub(super) async fn get_admin_repair(
    permit: Permit<op::GetAdminRepair>,
    Path(id): Path<String>,
) -> Result<HttpResponse, Problem> {
    let context = permit.context();
    permit
        .read_one(id, move |conn, row: Authorized<repair::Row>| repair::get_admin(conn, &row.id, context))
        .await
}
