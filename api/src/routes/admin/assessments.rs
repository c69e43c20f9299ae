//! `/v1/admin/assessments`

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, get, put};
use xinwu_domain::access::op;
use xinwu_domain::assessment::{AssessmentView, NewAssessment};
use xinwu_domain::calendar::Period;
use xinwu_domain::proposal::Proposal;
use xinwu_domain::scheme::Assessor;
use xinwu_persistence::credit::assessment::{self, Put};
use xinwu_persistence::registers::authorized::find;

use crate::extract::{Form, Path};
use crate::permit::{Permit, if_match_required};
use crate::problem::Problem;
use crate::routes::Routes;

mod list;

pub(super) fn configure(config: &mut Routes) {
    config.service(list::list_assessments);
    config.service(get_assessment);
    config.service(put_assessment);
}

/// The assessment that waits for its confirmation, or else the one in force, with its evidence.
#[utoipa::path(
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
    permit.read_one(project, move |conn, project| assessment::get(conn, (&project, period, assessor))).await
}

/// Assesses a project of one's own place for a period, as one's own level. The first needs no
/// `If-Match`; to replace one, send its entity tag. It counts nowhere before another official has
/// confirmed the place's batch (`/v1/admin/places/{code}/assessments/{period}`). A closed period
/// changes only by a dated correction with its reason, which another official confirms; but what
/// was sent back is given again by its author for three working days, as while it was open.
#[utoipa::path(
    params(
        ("project" = String, Path, description = "The project"),
        ("period" = String, Path, description = "`2026-Q4`, `2026-H2` or `2026`", example = "2026-Q3"),
        ("assessor" = String, Path, description = "Your own level: `community`, `street` or `district`", example = "street")
    ),
    request_body = NewAssessment,
    responses(
        (status = 200, description = "The assessment that took another's place", body = AssessmentView),
        (status = 201, description = "The first assessment", body = AssessmentView),
        (status = 202, description = "It waits for a second person", body = Proposal),
        (status = 428, description = "One is there already: `If-Match` is required", body = crate::problem::ProblemBody, content_type = "application/problem+json")
    )
)]
#[put("/v1/admin/assessments/{project}/{period}/{assessor}")]
async fn put_assessment(
    permit: Permit<op::PutAssessment>,
    Path((project, period, assessor)): Path<(String, Period, Assessor)>,
    body: Form<NewAssessment>,
) -> Result<HttpResponse, Problem> {
    let (context, expected) = (permit.context(), permit.expected_if_any()?);
    let put = permit.write_or_propose(body, move |tx, warrant, new| {
        let project = find(tx.conn, warrant, &project, context.today())?;
        assessment::put(tx, warrant, (&project, period, assessor), new, expected.as_ref(), context)
    });
    match put.await? {
        Ok(Put::Created(view, version)) => {
            let mut response = permit.object(version, &view)?;
            *response.status_mut() = StatusCode::CREATED;
            Ok(response)
        }
        Ok(Put::Replaced(view, version)) => permit.object(version, &view),
        Ok(Put::NeedsVersion) => Err(if_match_required()),
        Err(proposed) => Ok(proposed),
    }
}
