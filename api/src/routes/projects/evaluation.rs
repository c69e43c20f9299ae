//! `GET /v1/projects/{id}/evaluation`

use actix_web::{HttpResponse, get};
use xinwu_domain::access::op;
use xinwu_domain::evaluation::Evaluation;
use xinwu_domain::subject::Subject;

use crate::extract::{Path, Query};
use crate::permit::Permit;
use crate::problem::Problem;
use crate::routes::evaluations::{self, GetEvaluation};

/// A project’s score, grade and every item behind them.
#[utoipa::path(
    tag = "projects",
    params(("id" = String, Path, description = "The project's id"), GetEvaluation),
    responses((status = 200, description = "The evaluation", body = Evaluation))
)]
#[get("/v1/projects/{id}/evaluation")]
pub(super) async fn get_project_evaluation(
    permit: Permit<op::GetProjectEvaluation>,
    Path(id): Path<String>,
    Query(query): Query<GetEvaluation>,
) -> Result<HttpResponse, Problem> {
    evaluations::show(&permit, Subject::project(&id), query).await
}
