//! `POST /v1/records/{id}/objections`

use actix_web::{HttpResponse, post};
use xinwu_domain::access::op;
use xinwu_domain::objection::{ObjectKind, ObjectionView};
use xinwu_domain::record::Lens;
use xinwu_persistence::objection;

use crate::extract::{Json, Path};
use crate::permit::{Permit, Posted};
use crate::problem::Problem;
use crate::routes::objections::FileObjection;

/// Objects to a record of one's own firm that is in force. It is marked as disputed at once, and decided by an official who had no hand in it.
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
    let Json { value, fingerprint } = body;
    let (new, days) = (value.into_new(), permit.state().config().objection_working_days);
    let lens = Lens::new(permit.now(), permit.zone(), permit.language());
    permit
        .post(&fingerprint, move |tx, actor| {
            let against = (ObjectKind::Record, id.as_str());
            let (objection, version) = objection::file(tx, actor, against, &new, days, lens)?;
            Posted::created(format!("/v1/objections/{}", objection.id), version, &objection)
        })
        .await
}
