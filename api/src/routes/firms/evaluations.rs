//! `GET /v1/firms/{uscc}/evaluations`

pub(super) mod object;

use actix_web::{HttpResponse, get};
use xinwu_domain::access::op;
use xinwu_domain::credit::HistoryEntry;
use xinwu_domain::subject::Subject;

use crate::extract::{FirmCode, Path, Query};
use crate::permit::{Page, Permit};
use crate::problem::Problem;
use crate::routes::evaluations::{self, ListEvaluations};

/// The history of a firm’s grades, the newest first, with the scheme’s version and the reason of
/// each change.
#[utoipa::path(
    params(("uscc" = String, Path, description = "Unified social credit code", example = "91219900MA0D00000P"), ListEvaluations),
    responses((status = 200, description = "A page of changes", body = Page<HistoryEntry>))
)]
#[get("/v1/firms/{uscc}/evaluations")]
pub(super) async fn list_firm_evaluations(
    permit: Permit<op::ListFirmEvaluations>,
    Path(FirmCode(uscc)): Path<FirmCode>,
    Query(query): Query<ListEvaluations>,
) -> Result<HttpResponse, Problem> {
    evaluations::list(&permit, Subject::firm(&uscc), query).await
}
