//! `GET /v1/admin/bursts`

use actix_web::{HttpResponse, get};
use serde::Deserialize;
use utoipa::IntoParams;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::rating::{Burst, BurstState};
use xinwu_persistence::ratings::burst;

use crate::extract::Query;
use crate::permit::{Page, Permit};
use crate::problem::Problem;

/// Which ones.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListBursts {
    /// Only bursts that stand so.
    status: Option<BurstState>,
    /// Items on a page, 1 to 100; 20 by default.
    limit: Option<i64>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// Whether to count all.
    count: Option<bool>,
}

/// Bursts of ratings in your place, the oldest first. `held` ones count by themselves when their
/// days are over; until then residences found false can be ended.
#[utoipa::path(tag = "moderation", params(ListBursts), responses((status = 200, description = "A page of bursts", body = Page<Burst>)))]
#[get("/v1/admin/bursts")]
pub(super) async fn list_bursts(
    permit: Permit<op::ListBursts>,
    Query(query): Query<ListBursts>,
) -> Result<HttpResponse, Problem> {
    let warrant = permit.warrant()?;
    let window = permit.window(query.limit, query.cursor.as_deref(), query.count)?;
    let bursts = permit.read(move |conn| burst::list(conn, &warrant, query.status, &window)).await?;
    permit.page(bursts)
}
