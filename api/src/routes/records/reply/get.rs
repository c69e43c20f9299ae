//! `GET /v1/records/{id}/reply`

use actix_web::{HttpResponse, get};
use xinwu_domain::access::op;
use xinwu_domain::review::OwnReply;
use xinwu_persistence::credit::record;

use crate::extract::Path;
use crate::permit::Permit;
use crate::problem::Problem;

/// Your own firm's reply to a record, with what it is held for or why it was hidden.
#[utoipa::path(
    tag = "firm",
    params(("id" = String, Path, description = "The record")),
    responses((status = 200, description = "The reply", body = OwnReply))
)]
#[get("/v1/records/{id}/reply")]
pub(super) async fn get_record_reply(
    permit: Permit<op::GetRecordReply>,
    Path(id): Path<String>,
) -> Result<HttpResponse, Problem> {
    let (warrant, language) = (permit.warrant()?, permit.language());
    let (reply, version) = permit.read(move |conn| record::own_reply(conn, &warrant, &id, language)).await?;
    permit.object(version, &reply)
}
