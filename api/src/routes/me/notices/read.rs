//! `POST /v1/me/notices/{id}/read`

use actix_web::{HttpResponse, post};
use xinwu_domain::access::op;
use xinwu_domain::notice::Notice;
use xinwu_persistence::people::notice;

use crate::extract::Path;
use crate::permit::{Permit, Posted};
use crate::problem::Problem;

/// Says that a notice has been read; the first time stays.
#[utoipa::path(
    tag = "me",
    params(("id" = String, Path, description = "The notice")),
    responses((status = 200, description = "The notice", body = Notice))
)]
#[post("/v1/me/notices/{id}/read")]
pub(super) async fn read_notice(
    permit: Permit<op::ReadNotice>,
    Path(id): Path<String>,
) -> Result<HttpResponse, Problem> {
    let context = permit.context();
    permit
        .post("", move |tx, warrant| {
            let (notice, version) = notice::read(tx, warrant.account_id(), &id, context)?;
            Posted::done(version, &notice)
        })
        .await
}
