//! `/v1/me/follows`: firms of which one wants to be told.

use actix_web::{HttpResponse, delete, get, put};
use xinwu_domain::access::op;
use xinwu_domain::follow::Follow;
use xinwu_persistence::people::follow;

use crate::extract::{FirmCode, Path, Query};
use crate::permit::{Page, PageQuery, Permit};
use crate::problem::Problem;
use crate::routes::Routes;

pub(super) fn configure(config: &mut Routes) {
    config.service(list_follows);
    config.service(put_follow);
    config.service(delete_follow);
}

/// Follows a firm no longer. What was told of it stays.
#[utoipa::path(
    params(("uscc" = String, Path, description = "Unified social credit code; lower case and full-width forms are understood", example = "91219900MA0D00000P")),
    responses((status = 204, description = "It is followed no longer"))
)]
#[delete("/v1/me/follows/{uscc}")]
async fn delete_follow(
    permit: Permit<op::DeleteFollow>,
    Path(FirmCode(uscc)): Path<FirmCode>,
) -> Result<HttpResponse, Problem> {
    let (id, expected) = (permit.warrant()?.account_id().to_owned(), permit.expected_if_any()?);
    permit.write(move |tx| follow::delete(tx, &id, &uscc, expected.as_ref())).await?;
    Ok(permit.nothing())
}

/// The firms that one follows, by name. Nobody else learns of it.
#[utoipa::path(
    params(PageQuery),
    responses((status = 200, description = "A page of firms", body = Page<Follow>))
)]
#[get("/v1/me/follows")]
async fn list_follows(
    permit: Permit<op::ListFollows>,
    Query(query): Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    permit.list(query, |conn, warrant, window| follow::list(conn, warrant.account_id(), window)).await
}

/// Follows a firm: its new grades, published penalties and new projects are told from now on
/// (`GET /v1/me/notices`), and nothing of before. At most 100 firms (409 `too_many_follows`).
#[utoipa::path(
    params(("uscc" = String, Path, description = "Unified social credit code; lower case and full-width forms are understood", example = "91219900MA0D00000P")),
    responses(
        (status = 200, description = "It was followed before", body = Follow),
        (status = 201, description = "It is followed from now on", body = Follow)
    )
)]
#[put("/v1/me/follows/{uscc}")]
async fn put_follow(
    permit: Permit<op::PutFollow>,
    Path(FirmCode(uscc)): Path<FirmCode>,
) -> Result<HttpResponse, Problem> {
    let (id, expected) = (permit.warrant()?.account_id().to_owned(), permit.expected_if_any()?);
    let (follow, version, is_new) =
        permit.write(move |tx| follow::put(tx, &id, &uscc, expected.as_ref())).await?;
    permit.put_response(is_new, version, &follow)
}
