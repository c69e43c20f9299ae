//! `GET /v1/firms/{uscc}/assessments`

use actix_web::{HttpResponse, get};
use xinwu_domain::access::op;
use xinwu_domain::assessment::AssessmentView;
use xinwu_persistence::credit::assessment::{self, AssessmentOwner};

use crate::extract::{FirmCode, Path, Query};
use crate::permit::{Page, PageQuery, Permit};
use crate::problem::Problem;

/// Officials' assessments of a firm's projects, the latest period first.
#[utoipa::path(
    params(("uscc" = String, Path, description = "Unified social credit code", example = "91219900MA0D00000P"), PageQuery),
    responses((status = 200, description = "A page of assessments", body = Page<AssessmentView>))
)]
#[get("/v1/firms/{uscc}/assessments")]
pub(super) async fn list_firm_assessments(
    permit: Permit<op::ListFirmAssessments>,
    Path(FirmCode(uscc)): Path<FirmCode>,
    Query(query): Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let window = permit.window_of(&query)?;
    let owner = AssessmentOwner::Firm(uscc);
    let assessments = permit.read(move |conn| assessment::list(conn, &owner, &window)).await?;
    permit.page(assessments)
}
