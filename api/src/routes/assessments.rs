//! `/v1/assessments`

use actix_web::{HttpResponse, post};
use xinwu_domain::access::op;
use xinwu_domain::objection::{NewObjection, ObjectionView};
use xinwu_persistence::credit::assessment;

use crate::extract::{Json, Path};
use crate::permit::Permit;
use crate::problem::Problem;
use crate::routes::Routes;
use crate::routes::objections;

pub(super) fn configure(config: &mut Routes) {
    config.service(object_to_assessment);
}

/// Objects to an assessment in force of a project of one's own firm. It is marked as disputed at
/// once, and decided by an official who had no hand in it.
#[utoipa::path(
    params(("id" = String, Path, description = "The assessment")),
    request_body = NewObjection,
    responses((status = 201, description = "The objection", body = ObjectionView))
)]
#[post("/v1/assessments/{id}/objections")]
async fn object_to_assessment(
    permit: Permit<op::ObjectToAssessment>,
    Path(id): Path<String>,
    body: Json<NewObjection>,
) -> Result<HttpResponse, Problem> {
    objections::file::<assessment::InForce, _>(&permit, id, body).await
}
