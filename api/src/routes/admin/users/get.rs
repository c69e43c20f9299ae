//! `GET /v1/admin/users/{id}`

use actix_web::{HttpResponse, get};
use xinwu_domain::access::op;
use xinwu_domain::account::User;
use xinwu_persistence::people::account::user;
use xinwu_persistence::registers::authorized::Authorized;

use crate::extract::Path;
use crate::permit::Permit;
use crate::problem::Problem;

/// One account.
#[utoipa::path(
    tag = "system",
    params(("id" = String, Path, description = "The account")),
    responses((status = 200, description = "The account", body = User))
)]
#[get("/v1/admin/users/{id}")]
pub(super) async fn get_user(
    permit: Permit<op::GetUser>,
    Path(id): Path<String>,
) -> Result<HttpResponse, Problem> {
    permit.read_one(id, |conn, row: Authorized<user::Row>| user::get(conn, &row.id)).await
}
