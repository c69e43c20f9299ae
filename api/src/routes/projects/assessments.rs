//! `GET /v1/projects/{id}/assessments`

use actix_web::{HttpResponse, get};
use xinwu_domain::access::op;
use xinwu_domain::assessment::AssessmentView;
use xinwu_persistence::credit::assessment::{self, AssessmentOwner};

use crate::extract::{Path, Query};
use crate::permit::{Page, Permit};
use crate::problem::Problem;
use crate::routes::firms::assessments::ListAssessments;

/// Officials' assessments of a project, the latest period first.
#[utoipa::path(
    tag = "projects",
    params(("id" = String, Path, description = "The project's id"), ListAssessments),
    responses((status = 200, description = "A page of assessments", body = Page<AssessmentView>))
)]
#[get("/v1/projects/{id}/assessments")]
pub(super) async fn list_project_assessments(
    permit: Permit<op::ListProjectAssessments>,
    Path(id): Path<String>,
    Query(query): Query<ListAssessments>,
) -> Result<HttpResponse, Problem> {
    let window = permit.window(query.limit, query.cursor.as_deref(), query.count)?;
    let owner = AssessmentOwner::Project(id);
    let assessments = permit.read(move |conn| assessment::list(conn, &owner, &window)).await?;
    permit.page(assessments)
}
