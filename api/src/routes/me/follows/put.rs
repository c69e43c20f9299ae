//! `PUT /v1/me/follows/{uscc}`

use actix_web::{HttpResponse, put};
use xinwu_domain::access::op;
use xinwu_domain::follow::Follow;
use xinwu_persistence::people::follow;

use crate::extract::{FirmCode, Path};
use crate::permit::Permit;
use crate::problem::Problem;

/// Follows a firm: its new grades, published penalties and new projects are told from now on
/// (`GET /v1/me/notices`), and nothing of before. At most 100 firms (409 `too_many_follows`).
#[utoipa::path(
    tag = "me",
    params(("uscc" = String, Path, description = "Unified social credit code; lower case and full-width forms are understood", example = "91219900MA0D00000P")),
    responses(
        (status = 200, description = "It was followed before", body = Follow),
        (status = 201, description = "It is followed from now on", body = Follow)
    )
)]
#[put("/v1/me/follows/{uscc}")]
pub(super) async fn put_follow(
    permit: Permit<op::PutFollow>,
    Path(FirmCode(uscc)): Path<FirmCode>,
) -> Result<HttpResponse, Problem> {
    let (id, expected) = (permit.warrant()?.account_id().to_owned(), permit.expected_if_any()?);
    let (follow, version, is_new) =
        permit.write(move |tx| follow::put(tx, &id, &uscc, expected.as_ref())).await?;
    permit.put_response(is_new, version, &follow)
}
