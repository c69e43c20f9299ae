//! `GET /v1/firms/{uscc}/assessments`

use actix_web::{HttpResponse, get};
use serde::Deserialize;
use utoipa::IntoParams;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::assessment::AssessmentView;
use xinwu_persistence::credit::assessment::{self, AssessmentOwner};

use crate::extract::{FirmCode, Path, Query};
use crate::permit::{Page, Permit};
use crate::problem::Problem;

/// Which page of assessments.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListAssessments {
    /// Items on a page, 1 to 100; 20 by default.
    pub(in crate::routes) limit: Option<i64>,
    /// Where the page before ended.
    pub(in crate::routes) cursor: Option<String>,
    /// Whether to count all.
    pub(in crate::routes) count: Option<bool>,
}

/// Officials' assessments of a firm's projects, the latest period first.
#[utoipa::path(
    tag = "firms",
    params(("uscc" = String, Path, description = "Unified social credit code", example = "91219900MA0D00000P"), ListAssessments),
    responses((status = 200, description = "A page of assessments", body = Page<AssessmentView>))
)]
#[get("/v1/firms/{uscc}/assessments")]
pub(super) async fn list_firm_assessments(
    permit: Permit<op::ListFirmAssessments>,
    Path(FirmCode(uscc)): Path<FirmCode>,
    Query(query): Query<ListAssessments>,
) -> Result<HttpResponse, Problem> {
    let window = permit.window(query.limit, query.cursor.as_deref(), query.count)?;
    let owner = AssessmentOwner::Firm(uscc);
    let assessments = permit.read(move |conn| assessment::list(conn, &owner, &window)).await?;
    permit.page(assessments)
}
