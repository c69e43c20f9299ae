//! `GET /v1/me/ratings`

use actix_web::{HttpResponse, get};
use serde::Deserialize;
use utoipa::IntoParams;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::rating::OwnRating;
use xinwu_persistence::ratings::rating;

use crate::extract::Query;
use crate::permit::{Page, Permit};
use crate::problem::Problem;

/// Which part of the list.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListMyRatings {
    /// Items on a page, 1 to 100; 20 by default.
    limit: Option<i64>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// Whether to count all.
    count: Option<bool>,
}

/// One's own ratings that are not forgotten yet, the latest month first.
#[utoipa::path(
    tag = "me",
    params(ListMyRatings),
    responses((status = 200, description = "A page of ratings", body = Page<OwnRating>))
)]
#[get("/v1/me/ratings")]
pub(super) async fn list_my_ratings(
    permit: Permit<op::ListMyRatings>,
    Query(query): Query<ListMyRatings>,
) -> Result<HttpResponse, Problem> {
    let (warrant, reader) = (permit.warrant()?, permit.own_reader());
    let window = permit.window(query.limit, query.cursor.as_deref(), query.count)?;
    let ratings = permit.read(move |conn| rating::list(conn, &reader, warrant.account_id(), &window)).await?;
    permit.page(ratings)
}
