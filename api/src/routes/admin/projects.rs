//! `/v1/admin/projects`

use actix_web::{HttpResponse, get};
use xinwu_domain::access::op;
use xinwu_domain::project::Project;
use xinwu_persistence::registers::authorized::Authorized;
use xinwu_persistence::registers::project;

use crate::extract::Path;
use crate::permit::Permit;
use crate::problem::Problem;
use crate::routes::Routes;

mod add;
mod edit;

pub(super) fn configure(config: &mut Routes) {
    config.service(add::add_project);
    config.service(get_admin_project);
    config.service(edit::edit_project);
}

/// One project of the register.
#[utoipa::path(
    tag = "registers",
    params(("id" = String, Path, description = "The project's id")),
    responses((status = 200, description = "The project", body = Project))
)]
#[get("/v1/admin/projects/{id}")]
async fn get_admin_project(
    permit: Permit<op::GetAdminProject>,
    Path(id): Path<String>,
) -> Result<HttpResponse, Problem> {
    permit.read_one(id, |conn, row: Authorized<project::Row>| project::get(conn, &row.id)).await
}
