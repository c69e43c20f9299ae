//! `/v1/admin/projects`

use actix_web::{HttpResponse, get, patch, post};
use xinwu_domain::access::op;
use xinwu_domain::project::{NewProject, Project, ProjectEdit};
use xinwu_persistence::registers::authorized::Authorized;
use xinwu_persistence::registers::project;

use crate::extract::{Json, Path};
use crate::permit::Permit;
use crate::problem::Problem;
use crate::routes::Routes;

pub(super) fn configure(config: &mut Routes) {
    config.service(add_project);
    config.service(get_admin_project);
    config.service(edit_project);
}

/// Adds a project in an estate of your jurisdiction. An estate is served by one project on any day:
/// end the one before first.
#[utoipa::path(tag = "registers", request_body = NewProject, responses((status = 201, description = "The new project", body = Project)))]
#[post("/v1/admin/projects")]
async fn add_project(
    permit: Permit<op::AddProject>,
    body: Json<NewProject>,
) -> Result<HttpResponse, Problem> {
    permit.add(body, |project| format!("/v1/projects/{}", project.id), project::add).await
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

/// Changes a project in an estate of your jurisdiction: its end, its manager, its size. Needs
/// `If-Match`.
#[utoipa::path(
    tag = "registers",
    params(("id" = String, Path, description = "The project's id")),
    request_body = ProjectEdit,
    responses((status = 200, description = "The project", body = Project))
)]
#[patch("/v1/admin/projects/{id}")]
async fn edit_project(
    permit: Permit<op::EditProject>,
    Path(id): Path<String>,
    body: Json<ProjectEdit>,
) -> Result<HttpResponse, Problem> {
    permit.change(id, body.value, project::edit).await
}
