//! `GET /v1/me/follows`

use actix_web::{HttpResponse, get};
use serde::Deserialize;
use utoipa::IntoParams;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::follow::Follow;
use xinwu_persistence::people::follow;

use crate::extract::Query;
use crate::permit::{Page, Permit};
use crate::problem::Problem;

/// Which part of the list.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListFollows {
    /// Items on a page, 1 to 100; 20 by default.
    limit: Option<i64>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// Whether to count all.
    count: Option<bool>,
}

/// The firms that one follows, by name. Nobody else learns of it.
#[utoipa::path(
    tag = "me",
    params(ListFollows),
    responses((status = 200, description = "A page of firms", body = Page<Follow>))
)]
#[get("/v1/me/follows")]
pub(super) async fn list_follows(
    permit: Permit<op::ListFollows>,
    Query(query): Query<ListFollows>,
) -> Result<HttpResponse, Problem> {
    let warrant = permit.warrant()?;
    let window = permit.window(query.limit, query.cursor.as_deref(), query.count)?;
    let follows = permit.read(move |conn| follow::list(conn, warrant.account_id(), &window)).await?;
    permit.page(follows)
}
