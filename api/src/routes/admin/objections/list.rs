//! `GET /v1/admin/objections`

use actix_web::{HttpResponse, get};
use serde::Deserialize;
use utoipa::IntoParams;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::objection::{AdminObjection, ObjectionStatus};
use xinwu_persistence::credit::objection;

use crate::extract::Query;
use crate::permit::{Page, Permit};
use crate::problem::Problem;

/// Which objections.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListAdminObjections {
    /// Only those that stand so.
    status: Option<ObjectionStatus>,
    /// Items on a page, 1 to 100; 20 by default.
    limit: Option<i64>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// Whether to count all.
    count: Option<bool>,
}

/// The objections for which one's place and those below it answer, with the working days left;
/// those due first before the others.
#[utoipa::path(tag = "records", params(ListAdminObjections), responses((status = 200, description = "A page of objections", body = Page<AdminObjection>)))]
#[get("/v1/admin/objections")]
pub(super) async fn list_admin_objections(
    permit: Permit<op::ListAdminObjections>,
    Query(query): Query<ListAdminObjections>,
) -> Result<HttpResponse, Problem> {
    let warrant = permit.warrant()?;
    let window = permit.window(query.limit, query.cursor.as_deref(), query.count)?;
    let context = permit.context();
    let page = permit
        .read(move |conn| objection::list_admin(conn, &warrant, query.status, &window, context))
        .await?;
    permit.page(page)
}
