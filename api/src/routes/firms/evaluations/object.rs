//! `POST /v1/firms/{uscc}/evaluations/{id}/objections`

use actix_web::{HttpResponse, post};
use xinwu_domain::access::op;
use xinwu_domain::objection::{NewObjection, ObjectionView};
use xinwu_persistence::credit::objection::GradeChange;

use crate::extract::{FirmCode, Json, Path};
use crate::permit::Permit;
use crate::problem::Problem;
use crate::routes::objections;

/// Objects to a change of one's own firm's grade. The firm is under objection at once, with what
/// its schemes make of that; the grade itself changes only with its facts.
#[utoipa::path(
    params(
        ("uscc" = String, Path, description = "Unified social credit code", example = "91219900MA0D00000P"),
        ("id" = String, Path, description = "The evaluation, from the history of grades")
    ),
    request_body = NewObjection,
    responses((status = 201, description = "The objection", body = ObjectionView))
)]
#[post("/v1/firms/{uscc}/evaluations/{id}/objections")]
pub(in crate::routes::firms) async fn object_to_evaluation(
    permit: Permit<op::ObjectToEvaluation>,
    Path((uscc, id)): Path<(FirmCode, String)>,
    body: Json<NewObjection>,
) -> Result<HttpResponse, Problem> {
    objections::file::<GradeChange, _>(&permit, format!("{}/{id}", uscc.0), body).await
}
