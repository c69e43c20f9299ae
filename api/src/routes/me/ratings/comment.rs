//! `DELETE /v1/me/ratings/{project}/{month}/comment`

use actix_web::{HttpResponse, delete};
use xinwu_domain::access::op;
use xinwu_domain::calendar::Month;
use xinwu_persistence::ratings::rating;

use crate::extract::Path;
use crate::permit::Permit;
use crate::problem::Problem;

/// Takes the comment of one's own rating back, whether it is published or not; the stars stay.
#[utoipa::path(
    tag = "me",
    params(
        ("project" = String, Path, description = "The project"),
        ("month" = String, Path, description = "The month", example = "2026-11")
    ),
    responses((status = 204, description = "Taken back"))
)]
#[delete("/v1/me/ratings/{project}/{month}/comment")]
pub(super) async fn delete_rating_comment(
    permit: Permit<op::DeleteComment>,
    Path((project, month)): Path<(String, Month)>,
) -> Result<HttpResponse, Problem> {
    let (warrant, keys) = (permit.warrant()?, permit.state().month_keys());
    permit.write(move |tx| rating::delete_comment(tx, &keys, &warrant, &project, month)).await?;
    Ok(permit.nothing())
}
