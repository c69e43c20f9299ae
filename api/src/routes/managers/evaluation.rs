//! `GET /v1/managers/{id}/evaluation`

use actix_web::{HttpResponse, get};
use xinwu_domain::access::op;
use xinwu_domain::evaluation::Evaluation;
use xinwu_domain::subject::Subject;

use crate::extract::{Path, Query};
use crate::permit::Permit;
use crate::problem::Problem;
use crate::routes::evaluations::{self, GetEvaluation};

/// A manager’s score, grade and every item behind them; `not_evaluated` where no scheme in force
/// grades managers.
#[utoipa::path(
    tag = "projects",
    params(("id" = String, Path, description = "The manager's id"), GetEvaluation),
    responses((status = 200, description = "The evaluation", body = Evaluation))
)]
#[get("/v1/managers/{id}/evaluation")]
pub(super) async fn get_manager_evaluation(
    permit: Permit<op::GetManagerEvaluation>,
    Path(id): Path<String>,
    Query(query): Query<GetEvaluation>,
) -> Result<HttpResponse, Problem> {
    evaluations::show(&permit, Subject::manager(&id), query).await
}
