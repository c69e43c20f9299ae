//! `DELETE /v1/me/follows/{uscc}`

use actix_web::{HttpResponse, delete};
use xinwu_domain::access::op;
use xinwu_persistence::people::follow;

use crate::extract::{FirmCode, Path};
use crate::permit::Permit;
use crate::problem::Problem;

/// Follows a firm no longer. What was told of it stays.
#[utoipa::path(
    tag = "me",
    params(("uscc" = String, Path, description = "Unified social credit code; lower case and full-width forms are understood", example = "91219900MA0D00000P")),
    responses((status = 204, description = "It is followed no longer"))
)]
#[delete("/v1/me/follows/{uscc}")]
pub(super) async fn delete_follow(
    permit: Permit<op::DeleteFollow>,
    Path(FirmCode(uscc)): Path<FirmCode>,
) -> Result<HttpResponse, Problem> {
    let (id, expected) = (permit.warrant()?.account_id().to_owned(), permit.expected_if_any()?);
    permit.write(move |tx| follow::delete(tx, &id, &uscc, expected.as_ref())).await?;
    Ok(permit.nothing())
}
