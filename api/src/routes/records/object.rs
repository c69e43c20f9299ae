//! `POST /v1/records/{id}/objections`

use actix_web::{HttpResponse, post};
use xinwu_domain::access::op;
use xinwu_domain::objection::{ObjectKind, ObjectionView};

use crate::extract::{Json, Path};
use crate::permit::Permit;
use crate::problem::Problem;
use crate::routes::objections::{self, FileObjection};

/// Objects to a record of one's own firm that is in force. It is marked as disputed at once, and
/// decided by an official who had no hand in it.
#[utoipa::path(
    tag = "firm",
    params(("id" = String, Path, description = "The record")),
    request_body = FileObjection,
    responses((status = 201, description = "The objection", body = ObjectionView))
)]
#[post("/v1/records/{id}/objections")]
pub(super) async fn object_to_record(
    permit: Permit<op::ObjectToRecord>,
    Path(id): Path<String>,
    body: Json<FileObjection>,
) -> Result<HttpResponse, Problem> {
    objections::file(&permit, (ObjectKind::Record, id), body).await
}
