//! `DELETE /v1/me/ratings/{project}/{month}`

use actix_web::{HttpResponse, delete};
use xinwu_domain::access::op;
use xinwu_domain::calendar::Month;
use xinwu_persistence::ratings::rating;

use crate::extract::Path;
use crate::permit::Permit;
use crate::problem::Problem;

/// Takes one's own rating back, with its comment, while its stars wait for their publication.
#[utoipa::path(
    tag = "me",
    params(
        ("project" = String, Path, description = "The project"),
        ("month" = String, Path, description = "The month", example = "2026-11")
    ),
    responses((status = 204, description = "Taken back"))
)]
#[delete("/v1/me/ratings/{project}/{month}")]
pub(super) async fn delete_rating(
    permit: Permit<op::DeleteRating>,
    Path((project, month)): Path<(String, Month)>,
) -> Result<HttpResponse, Problem> {
    let (warrant, expected, keys) =
        (permit.warrant()?, permit.expected_if_any()?, permit.state().month_keys());
    permit.write(move |tx| rating::withdraw(tx, &keys, &warrant, &project, month, expected.as_ref())).await?;
    Ok(permit.nothing())
}
