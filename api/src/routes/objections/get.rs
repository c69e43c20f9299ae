//! `GET /v1/objections/{id}`

use actix_web::{HttpResponse, get};
use xinwu_domain::access::op;
use xinwu_domain::objection::ObjectionView;
use xinwu_persistence::credit::objection;
use xinwu_persistence::registers::authorized::Authorized;

use crate::extract::Path;
use crate::permit::Permit;
use crate::problem::Problem;

/// One objection of one's own firm, with the time left for its decision and, afterwards, the
/// answer.
#[utoipa::path(
    tag = "firm",
    params(("id" = String, Path, description = "The objection")),
    responses((status = 200, description = "The objection", body = ObjectionView))
)]
#[get("/v1/objections/{id}")]
pub(super) async fn get_objection(
    permit: Permit<op::GetObjection>,
    Path(id): Path<String>,
) -> Result<HttpResponse, Problem> {
    let context = permit.context();
    permit
        .read_one(id, move |conn, row: Authorized<objection::Row>| objection::get(conn, &row.id, context))
        .await
}
