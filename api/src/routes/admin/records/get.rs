//! `GET /v1/admin/records/{id}`

use actix_web::{HttpResponse, get};
use xinwu_domain::access::op;
use xinwu_domain::record::AdminRecord;
use xinwu_persistence::credit::record;
use xinwu_persistence::registers::authorized::Authorized;

use crate::extract::Path;
use crate::permit::Permit;
use crate::problem::Problem;

/// One record in any state with its steps and evidence, and the entity tag that the next step
/// needs. Known only to the officials whose place contains the drafters'.
#[utoipa::path(
    tag = "records",
    params(("id" = String, Path, description = "The record")),
    responses((status = 200, description = "The record", body = AdminRecord))
)]
#[get("/v1/admin/records/{id}")]
pub(super) async fn get_admin_record(
    permit: Permit<op::GetAdminRecord>,
    Path(id): Path<String>,
) -> Result<HttpResponse, Problem> {
    let context = permit.context();
    permit
        .read_one(id, move |conn, row: Authorized<record::Row>| record::get_admin(conn, &row.id, context))
        .await
}
