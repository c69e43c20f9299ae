//! `/v1/admin/bursts`: bursts of ratings that are held.

use actix_web::{HttpResponse, get, post};
use serde::Deserialize;
use utoipa::IntoParams;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::rating::{Burst, BurstState};
use xinwu_domain::text::Reason;
use xinwu_persistence::ratings::burst;
use xinwu_persistence::registers::authorized::Authorized;

use crate::extract::{Form, Path, Query};
use crate::permit::{Page, Permit};
use crate::problem::Problem;
use crate::routes::Routes;

pub(super) fn configure(config: &mut Routes) {
    config.service(list_bursts);
    config.service(get_burst);
    config.service(release_burst);
}

/// One burst of your place.
#[utoipa::path(
    params(("id" = String, Path, description = "The burst")),
    responses((status = 200, description = "The burst", body = Burst))
)]
#[get("/v1/admin/bursts/{id}")]
async fn get_burst(permit: Permit<op::GetBurst>, Path(id): Path<String>) -> Result<HttpResponse, Problem> {
    permit.read_one(id, |conn, row: Authorized<burst::Row>| burst::get(conn, &row.id)).await
}

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
#[utoipa::path(params(ListBursts), responses((status = 200, description = "A page of bursts", body = Page<Burst>)))]
#[get("/v1/admin/bursts")]
async fn list_bursts(
    permit: Permit<op::ListBursts>,
    Query(query): Query<ListBursts>,
) -> Result<HttpResponse, Problem> {
    let warrant = permit.warrant()?;
    let window = permit.window(query.limit, query.cursor.as_deref(), query.count)?;
    let bursts = permit.read(move |conn| burst::list(conn, &warrant, query.status, &window)).await?;
    permit.page(bursts)
}

/// Releases a burst: it counts on the next morning. The district may within its three working days,
/// the city within six. Needs `If-Match`.
#[utoipa::path(
    params(("id" = String, Path, description = "The burst")),
    request_body = Reason,
    responses((status = 200, description = "The burst", body = Burst))
)]
#[post("/v1/admin/bursts/{id}/release")]
async fn release_burst(
    permit: Permit<op::ReleaseBurst>,
    Path(id): Path<String>,
    body: Form<Reason>,
) -> Result<HttpResponse, Problem> {
    permit.step(id, body, burst::release).await
}
