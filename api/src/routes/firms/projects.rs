//! `GET /v1/firms/{uscc}/projects`

use actix_web::{HttpResponse, get};
use xinwu_domain::access::op;
use xinwu_domain::project::ProjectSummary;
use xinwu_persistence::registers::project;

use crate::extract::{FirmCode, Path, Query};
use crate::permit::{Page, PageQuery, Permit};
use crate::problem::Problem;

/// A firm's projects, current and past, those that began last first.
#[utoipa::path(
    params(("uscc" = String, Path, description = "Unified social credit code", example = "91219900MA0D00000P"), PageQuery),
    responses((status = 200, description = "A page of projects", body = Page<ProjectSummary>))
)]
#[get("/v1/firms/{uscc}/projects")]
pub(super) async fn list_firm_projects(
    permit: Permit<op::ListFirmProjects>,
    Path(FirmCode(uscc)): Path<FirmCode>,
    Query(query): Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let window = permit.window_of(&query)?;
    let context = permit.context();
    let projects = permit.read(move |conn| project::of_firm(conn, &uscc, &window, &context)).await?;
    permit.page(projects)
}
