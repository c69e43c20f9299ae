//! `GET /v1/repairs/{id}`

use actix_web::{HttpResponse, get};
use xinwu_domain::access::op;
use xinwu_domain::record::repair::RepairView;
use xinwu_persistence::credit::repair;
use xinwu_persistence::registers::authorized::Authorized;

use crate::extract::Path;
use crate::permit::Permit;
use crate::problem::Problem;

/// One request for repair of one's own firm, with the time left for its decision and, afterwards,
/// the answer.
#[utoipa::path(
    tag = "firm",
    params(("id" = String, Path, description = "The request")),
    responses((status = 200, description = "The request", body = RepairView))
)]
#[get("/v1/repairs/{id}")]
pub(super) async fn get_repair(
    permit: Permit<op::GetRepair>,
    Path(id): Path<String>,
) -> Result<HttpResponse, Problem> {
    let context = permit.context();
    permit.read_one(id, move |conn, row: Authorized<repair::Row>| repair::get(conn, &row.id, context)).await
}
