//! `/v1/admin/managers`

use actix_web::{HttpResponse, get, patch, post};
use xinwu_domain::access::op;
use xinwu_domain::manager::{Manager, ManagerEdit, NewManager};
use xinwu_domain::proposal::Proposal;
use xinwu_persistence::registers::authorized::Authorized;
use xinwu_persistence::registers::manager;

use crate::extract::{Json, Path};
use crate::permit::Permit;
use crate::problem::Problem;
use crate::routes::Routes;

pub(super) fn configure(config: &mut Routes) {
    config.service(add_manager);
    config.service(get_admin_manager);
    config.service(edit_manager);
}

/// Adds a manager of a firm registered in your jurisdiction, or of none.
#[utoipa::path(tag = "registers", request_body = NewManager, responses((status = 201, description = "The new manager", body = Manager)))]
#[post("/v1/admin/managers")]
async fn add_manager(
    permit: Permit<op::AddManager>,
    body: Json<NewManager>,
) -> Result<HttpResponse, Problem> {
    permit.add(body, |manager| format!("/v1/managers/{}", manager.id), manager::add).await
}

/// Changes a manager in your jurisdiction: the name, the firm. Needs `If-Match`.
#[utoipa::path(
    tag = "registers",
    params(("id" = String, Path, description = "The manager's id")),
    request_body = ManagerEdit,
    responses(
        (status = 200, description = "The manager", body = Manager),
        (status = 202, description = "It waits for a second person", body = Proposal)
    )
)]
#[patch("/v1/admin/managers/{id}")]
async fn edit_manager(
    permit: Permit<op::EditManager>,
    Path(id): Path<String>,
    body: Json<ManagerEdit>,
) -> Result<HttpResponse, Problem> {
    permit.change_or_propose(id, body, manager::edit).await
}

/// One manager whose firm is registered in, or who has charge of an estate in, your place.
#[utoipa::path(
    tag = "registers",
    params(("id" = String, Path, description = "The manager's id")),
    responses((status = 200, description = "The manager", body = Manager))
)]
#[get("/v1/admin/managers/{id}")]
async fn get_admin_manager(
    permit: Permit<op::GetAdminManager>,
    Path(id): Path<String>,
) -> Result<HttpResponse, Problem> {
    permit.read_one(id, |conn, row: Authorized<manager::Row>| manager::get(conn, &row.id)).await
}
