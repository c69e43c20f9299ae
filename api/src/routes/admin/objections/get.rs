//! `GET /v1/admin/objections/{id}`

use actix_web::{HttpResponse, get};
use xinwu_domain::access::op;
use xinwu_domain::objection::AdminObjection;
use xinwu_persistence::credit::objection;
use xinwu_persistence::registers::authorized::Authorized;

use crate::extract::Path;
use crate::permit::Permit;
use crate::problem::Problem;

/// One objection, and the entity tag that its decision needs. Known only to the officials whose
/// place contains the one that answers for it.
#[utoipa::path(
    tag = "records",
    params(("id" = String, Path, description = "The objection")),
    responses((status = 200, description = "The objection", body = AdminObjection))
)]
#[get("/v1/admin/objections/{id}")]
pub(super) async fn get_admin_objection(
    permit: Permit<op::GetAdminObjection>,
    Path(id): Path<String>,
) -> Result<HttpResponse, Problem> {
    let context = permit.context();
    permit
        .read_one(id, move |conn, row: Authorized<objection::Row>| {
            objection::get_admin(conn, &row.id, context)
        })
        .await
}
