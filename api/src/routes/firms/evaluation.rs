//! `GET /v1/firms/{uscc}/evaluation`

use actix_web::{HttpResponse, get};
use xinwu_domain::access::op;
use xinwu_domain::evaluation::Evaluation;
use xinwu_domain::subject::Subject;

use crate::extract::{FirmCode, Path, Query};
use crate::permit::Permit;
use crate::problem::Problem;
use crate::routes::evaluations::{self, GetEvaluation};

/// A firm’s score, grade and every item behind them: the items sum exactly to the score. Items
/// whose record is not public are one line, except for the firm and its officials.
#[utoipa::path(
    tag = "firms",
    params(("uscc" = String, Path, description = "Unified social credit code", example = "91219900MA0D00000P"), GetEvaluation),
    responses((status = 200, description = "The evaluation", body = Evaluation))
)]
#[get("/v1/firms/{uscc}/evaluation")]
pub(super) async fn get_firm_evaluation(
    permit: Permit<op::GetFirmEvaluation>,
    Path(FirmCode(uscc)): Path<FirmCode>,
    Query(query): Query<GetEvaluation>,
) -> Result<HttpResponse, Problem> {
    evaluations::show(&permit, Subject::firm(&uscc), query).await
}
