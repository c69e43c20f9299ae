//! `GET /v1/repairs/{id}`

use actix_web::{HttpResponse, get};
use xinwu_domain::access::op;
use xinwu_domain::record::repair::RepairView;
use xinwu_persistence::credit::repair;

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
    let actor = permit.actor()?;
    let context = permit.context();
    let (repair, version) = permit.read(move |conn| repair::get(conn, &actor, &id, context)).await?;
    permit.object(version, &repair)
}
