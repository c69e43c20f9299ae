//! `GET /v1/admin/bursts/{id}`

use actix_web::{HttpResponse, get};
use xinwu_domain::access::op;
use xinwu_domain::rating::Burst;
use xinwu_persistence::ratings::burst;
use xinwu_persistence::registers::authorized::Authorized;

use crate::extract::Path;
use crate::permit::Permit;
use crate::problem::Problem;

/// One burst of your place, with the entity tag that its release needs.
#[utoipa::path(
    tag = "moderation",
    params(("id" = String, Path, description = "The burst")),
    responses((status = 200, description = "The burst", body = Burst))
)]
#[get("/v1/admin/bursts/{id}")]
pub(super) async fn get_burst(
    permit: Permit<op::GetBurst>,
    Path(id): Path<String>,
) -> Result<HttpResponse, Problem> {
    permit.read_one(id, |conn, row: Authorized<burst::Row>| burst::get(conn, &row.id)).await
}
