//! `GET /v1/projects/{id}/evaluations`

use actix_web::{HttpResponse, get};
use xinwu_domain::access::op;
use xinwu_domain::credit::HistoryEntry;
use xinwu_domain::subject::Subject;

use crate::extract::{Path, Query};
use crate::permit::{Page, Permit};
use crate::problem::Problem;
use crate::routes::evaluations::{self, ListEvaluations};

/// The history of a project’s grades, the newest first.
#[utoipa::path(
    tag = "projects",
    params(("id" = String, Path, description = "The project's id"), ListEvaluations),
    responses((status = 200, description = "A page of changes", body = Page<HistoryEntry>))
)]
#[get("/v1/projects/{id}/evaluations")]
pub(super) async fn list_project_evaluations(
    permit: Permit<op::ListProjectEvaluations>,
    Path(id): Path<String>,
    Query(query): Query<ListEvaluations>,
) -> Result<HttpResponse, Problem> {
    evaluations::list(&permit, Subject::project(&id), query).await
}
