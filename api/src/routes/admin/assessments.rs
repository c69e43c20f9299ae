//! `/v1/admin/assessments`

use actix_web::{HttpResponse, get};
use xinwu_domain::access::op;
use xinwu_domain::assessment::AssessmentView;
use xinwu_domain::calendar::Period;
use xinwu_domain::scheme::Assessor;
use xinwu_persistence::credit::assessment;

use crate::extract::Path;
use crate::permit::Permit;
use crate::problem::Problem;
use crate::routes::Routes;

mod put;

pub(super) fn configure(config: &mut Routes) {
    config.service(get_assessment);
    config.service(put::put_assessment);
}

/// The assessment in force with its evidence.
#[utoipa::path(
    tag = "assessments",
    params(
        ("project" = String, Path, description = "The project"),
        ("period" = String, Path, description = "`2026-Q4`, `2026-H2` or `2026`", example = "2026-Q3"),
        ("assessor" = String, Path, description = "`community`, `street` or `district`", example = "street")
    ),
    responses((status = 200, description = "The assessment", body = AssessmentView))
)]
#[get("/v1/admin/assessments/{project}/{period}/{assessor}")]
async fn get_assessment(
    permit: Permit<op::GetAssessment>,
    Path((project, period, assessor)): Path<(String, Period, Assessor)>,
) -> Result<HttpResponse, Problem> {
    let warrant = permit.warrant()?;
    let (view, version) =
        permit.read(move |conn| assessment::get(conn, &warrant, &project, period, assessor)).await?;
    permit.object(version, &view)
}
