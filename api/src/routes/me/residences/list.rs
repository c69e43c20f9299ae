//! `GET /v1/me/residences`

use actix_web::{HttpResponse, get};
use serde::Deserialize;
use utoipa::IntoParams;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::residence::Residence;
use xinwu_persistence::people::residence;

use crate::extract::Query;
use crate::permit::{Page, Permit};
use crate::problem::Problem;

/// Which part of the list.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListMyResidences {
    /// Items on a page, 1 to 100; 20 by default.
    limit: Option<i64>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// Whether to count all.
    count: Option<bool>,
}

/// One's own dwellings and claims, the latest first.
#[utoipa::path(
    tag = "me",
    params(ListMyResidences),
    responses((status = 200, description = "A page of residences", body = Page<Residence>))
)]
#[get("/v1/me/residences")]
pub(super) async fn list_my_residences(
    permit: Permit<op::ListMyResidences>,
    Query(query): Query<ListMyResidences>,
) -> Result<HttpResponse, Problem> {
    let warrant = permit.warrant()?;
    let window = permit.window(query.limit, query.cursor.as_deref(), query.count)?;
    let residences = permit.read(move |conn| residence::list(conn, warrant.account_id(), &window)).await?;
    permit.page(residences)
}
