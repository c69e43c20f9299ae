//! `GET /v1/admin/repairs`

use actix_web::{HttpResponse, get};
use serde::Deserialize;
use utoipa::IntoParams;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::record::repair::{AdminRepair, RepairStatus};
use xinwu_persistence::credit::repair;

use crate::extract::Query;
use crate::permit::{Page, Permit};
use crate::problem::Problem;

/// Which requests for repair.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListAdminRepairs {
    /// Only those that stand so.
    status: Option<RepairStatus>,
    /// Items on a page, 1 to 100; 20 by default.
    limit: Option<i64>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// Whether to count all.
    count: Option<bool>,
}

/// The requests for repair for which one's place and those below it answer, with the working days
/// left; those due first before the others.
#[utoipa::path(tag = "records", params(ListAdminRepairs), responses((status = 200, description = "A page of requests for repair", body = Page<AdminRepair>)))]
#[get("/v1/admin/repairs")]
pub(super) async fn list_admin_repairs(
    permit: Permit<op::ListAdminRepairs>,
    Query(query): Query<ListAdminRepairs>,
) -> Result<HttpResponse, Problem> {
    let warrant = permit.warrant()?;
    let window = permit.window(query.limit, query.cursor.as_deref(), query.count)?;
    let context = permit.context();
    let page =
        permit.read(move |conn| repair::list_admin(conn, &warrant, query.status, &window, context)).await?;
    permit.page(page)
}
