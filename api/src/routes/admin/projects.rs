//! `/v1/admin/projects`

use actix_web::{HttpResponse, get, patch, post};
use serde::Deserialize;
use utoipa::IntoParams;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::project::{NewProject, Operator, Project, ProjectEdit};
use xinwu_domain::proposal::Proposal;
use xinwu_domain::rules::{known_uscc_if_any, typed_code_if_any};
use xinwu_persistence::registers::authorized::Authorized;
use xinwu_persistence::registers::project::{self, ProjectQuery};

use crate::extract::{Form, Json, Path, Query};
use crate::permit::{Page, Permit};
use crate::problem::Problem;
use crate::routes::Routes;
use crate::routes::admin::tables::PROJECTS;
use crate::rules::require_known;

pub(super) fn configure(config: &mut Routes) {
    config.service(list_admin_projects);
    config.service(add_project);
    config.service(get_admin_project);
    config.service(edit_project);
    config.service(confirm_project);
}

/// Adds a project in an estate of your jurisdiction. An estate is served by one project on any day:
/// end the one before first.
#[utoipa::path(request_body = NewProject, responses((status = 202, description = "It waits for a second person", body = Proposal)))]
#[post("/v1/admin/projects")]
async fn add_project(
    permit: Permit<op::AddProject>,
    body: Form<NewProject>,
) -> Result<HttpResponse, Problem> {
    permit.add_or_propose(body, project::add, |project| format!("/v1/projects/{}", project.id)).await
}

/// One project of the register.
#[utoipa::path(
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
    params(("id" = String, Path, description = "The project's id")),
    request_body = ProjectEdit,
    responses(
        (status = 200, description = "The project", body = Project),
        (status = 202, description = "It waits for a second person", body = Proposal)
    )
)]
#[patch("/v1/admin/projects/{id}")]
async fn edit_project(
    permit: Permit<op::EditProject>,
    Path(id): Path<String>,
    body: Form<ProjectEdit>,
) -> Result<HttpResponse, Problem> {
    permit.change_or_propose(id, body, project::edit).await
}

/// Says for the firm's own district that the firm works there: during the term the officials of the
/// project's place read the private files of its firm and its manager. A project that one of that
/// district entered or seconded needs it no more. Needs the power to confirm, and `If-Match`.
#[utoipa::path(
    params(("id" = String, Path, description = "The project's id")),
    responses((status = 200, description = "The project", body = Project))
)]
#[post("/v1/admin/projects/{id}/confirm")]
async fn confirm_project(
    permit: Permit<op::ConfirmProject>,
    Path(id): Path<String>,
) -> Result<HttpResponse, Problem> {
    permit.step(id, Json::nothing(), project::confirm).await
}

/// Which projects.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListAdminProjects {
    /// Only what is of this place or below it.
    #[validate(length(max = 32))]
    #[serde(default, deserialize_with = "typed_code_if_any")]
    place: Option<String>,
    /// Only of this firm.
    #[serde(default, deserialize_with = "known_uscc_if_any")]
    uscc: Option<String>,
    /// Only those of which this manager is in charge.
    #[validate(length(min = 1, max = 64))]
    manager: Option<String>,
    /// Only in this estate.
    #[validate(length(max = 64))]
    #[serde(default, deserialize_with = "typed_code_if_any")]
    estate: Option<String>,
    /// Only so served.
    #[param(inline)]
    operator: Option<Operator>,
    /// `true` for only those whose term contains today, `false` for the others.
    running: Option<bool>,
    /// Items on a page, 1 to 100; 20 by default.
    limit: Option<i64>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// Whether to count all.
    count: Option<bool>,
}

/// The projects in estates of your place and below, the latest entered first. CSV with
/// `Accept: text/csv`.
#[utoipa::path(
    params(ListAdminProjects),
    responses((
        status = 200,
        description = "A page of projects",
        content(
            (Page<Project> = "application/json"),
            (String = "text/csv", example = json!("id,estate,estate_name,operator,firm,firm_name\n"))
        )
    ))
)]
#[get("/v1/admin/projects")]
async fn list_admin_projects(
    permit: Permit<op::ListAdminProjects>,
    Query(query): Query<ListAdminProjects>,
) -> Result<HttpResponse, Problem> {
    let (warrant, today) = (permit.warrant()?, permit.today());
    let window = permit.window(query.limit, query.cursor.as_deref(), query.count)?;
    let ListAdminProjects { place, uscc, manager, estate, operator, running, .. } = query;
    let wanted = ProjectQuery { place, uscc, manager, estate, operator, running };
    let page = permit
        .read(move |conn| {
            require_known(conn, wanted.place.as_deref(), wanted.estate.as_deref())?;
            project::list(conn, &warrant, &wanted, &window, today)
        })
        .await?;
    permit.page_or_table(page, &PROJECTS)
}
