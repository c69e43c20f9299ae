//! `GET /v1/admin/clients/{id}`

use actix_web::{HttpResponse, get};
use xinwu_domain::access::op;
use xinwu_domain::account::Client;
use xinwu_persistence::people::client;
use xinwu_persistence::registers::authorized::Authorized;

use crate::extract::Path;
use crate::permit::Permit;
use crate::problem::Problem;

/// One client, without its secret.
#[utoipa::path(
    tag = "system",
    params(("id" = String, Path, description = "The client's id")),
    responses((status = 200, description = "The client", body = Client))
)]
#[get("/v1/admin/clients/{id}")]
pub(super) async fn get_client(
    permit: Permit<op::GetClient>,
    Path(id): Path<String>,
) -> Result<HttpResponse, Problem> {
    permit.read_one(id, |conn, row: Authorized<client::Row>| client::get(conn, &row.id)).await
}
