//! `GET /v1/firms/{uscc}/projects`

use actix_web::{HttpResponse, get};
use serde::Deserialize;
use utoipa::IntoParams;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::project::ProjectSummary;
use xinwu_persistence::registers::project;

use crate::extract::{FirmCode, Path, Query};
use crate::permit::{Page, Permit};
use crate::problem::Problem;

/// Which part of the list.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListFirmProjects {
    /// Items on a page, 1 to 100; 20 by default.
    limit: Option<i64>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// Whether to count all.
    count: Option<bool>,
}

/// A firm's projects, current and past, those that began last first.
#[utoipa::path(
    tag = "firms",
    params(("uscc" = String, Path, description = "Unified social credit code", example = "91219900MA0D00000P"), ListFirmProjects),
    responses((status = 200, description = "A page of projects", body = Page<ProjectSummary>))
)]
#[get("/v1/firms/{uscc}/projects")]
pub(super) async fn list_firm_projects(
    permit: Permit<op::ListFirmProjects>,
    Path(FirmCode(uscc)): Path<FirmCode>,
    Query(query): Query<ListFirmProjects>,
) -> Result<HttpResponse, Problem> {
    let window = permit.window(query.limit, query.cursor.as_deref(), query.count)?;
    let context = permit.context();
    let projects = permit.read(move |conn| project::of_firm(conn, &uscc, &window, &context)).await?;
    permit.page(projects)
}
