//! `DELETE /v1/me/residences/{id}`

use actix_web::{HttpResponse, delete};
use xinwu_domain::access::op;
use xinwu_persistence::people::residence;

use crate::extract::Path;
use crate::permit::Permit;
use crate::problem::Problem;

/// Ends a residence, or takes a claim back. Ratings that were given stay.
#[utoipa::path(
    tag = "me",
    params(("id" = String, Path, description = "The residence")),
    responses((status = 204, description = "Ended"))
)]
#[delete("/v1/me/residences/{id}")]
pub(super) async fn end_residence(
    permit: Permit<op::EndResidence>,
    Path(id): Path<String>,
) -> Result<HttpResponse, Problem> {
    let (warrant, expected) = (permit.warrant()?, permit.expected_if_any()?);
    permit.write(move |tx| residence::end(tx, &warrant, &id, expected.as_ref())).await?;
    Ok(permit.nothing())
}
