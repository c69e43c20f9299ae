//! `GET /v1/records/{id}`

use actix_web::{HttpResponse, get};
use xinwu_domain::access::op;
use xinwu_domain::record::RecordView;
use xinwu_persistence::credit::record;

use crate::extract::Path;
use crate::permit::Permit;
use crate::problem::Problem;

/// One record that is public now. Its firm, and the officials who reach it, see it at any time and
/// with its evidence.
// Not kept in the cache: a record's publicity ends by the clock, without any write.
#[utoipa::path(
    tag = "firms",
    params(("id" = String, Path, description = "The record")),
    responses((status = 200, description = "The record", body = RecordView))
)]
#[get("/v1/records/{id}")]
pub(super) async fn get_record(
    permit: Permit<op::GetRecord>,
    Path(id): Path<String>,
) -> Result<HttpResponse, Problem> {
    let asker = permit.warrant_if_any()?;
    let context = permit.context();
    let (view, version) = permit.read(move |conn| record::get(conn, asker.as_ref(), &id, context)).await?;
    permit.object(version, &view)
}
