//! `/v1/repairs`: a firm's own.

use actix_web::{HttpResponse, get, post};
use xinwu_domain::access::op;
use xinwu_domain::record::repair::RepairView;
use xinwu_persistence::credit::{repair, waiting};
use xinwu_persistence::registers::authorized::Authorized;

use crate::extract::{Json, Path};
use crate::permit::Permit;
use crate::problem::Problem;
use crate::routes::Routes;

pub(super) fn configure(config: &mut Routes) {
    config.service(get_repair);
    config.service(withdraw_repair);
}

/// One request for repair of one's own firm, with the time left for its decision and, afterwards,
/// the answer.
#[utoipa::path(
    params(("id" = String, Path, description = "The request")),
    responses((status = 200, description = "The request", body = RepairView))
)]
#[get("/v1/repairs/{id}")]
async fn get_repair(permit: Permit<op::GetRepair>, Path(id): Path<String>) -> Result<HttpResponse, Problem> {
    let context = permit.context();
    permit
        .read_one(id, move |conn, row: Authorized<repair::Row>| {
            waiting::get::<repair::Row>(conn, &row.id, context)
        })
        .await
}

/// Takes a request for repair of one's own firm back; it may ask again at once. Needs `If-Match`.
#[utoipa::path(
    params(("id" = String, Path, description = "The request for repair")),
    responses((status = 200, description = "The request", body = RepairView))
)]
#[post("/v1/repairs/{id}/withdraw")]
async fn withdraw_repair(
    permit: Permit<op::WithdrawRepair>,
    Path(id): Path<String>,
) -> Result<HttpResponse, Problem> {
    permit.step(id, Json::nothing(), waiting::withdraw::<repair::Row>).await
}
