//! `/v1/admin/objections`

use actix_web::{HttpResponse, get, post};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::objection::{AdminObjection, ObjectionStatus};
use xinwu_persistence::credit::objection;
use xinwu_persistence::registers::authorized::Authorized;

use crate::extract::{Json, Path, Query};
use crate::permit::{Page, Permit};
use crate::problem::Problem;
use crate::routes::Routes;

mod decide;

pub(super) fn configure(config: &mut Routes) {
    config.service(list_admin_objections);
    config.service(get_admin_objection);
    config.service(extend_objection);
    config.service(decide::decide_objection);
}

/// Why a decision needs longer.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "需向住建部门调取案卷"}))]
pub struct ExtendObjection {
    /// What makes it complex, at most 500 characters; the firm reads it.
    #[validate(length(min = 1, max = 500), custom(function = "crate::rules::long_text"))]
    reason: String,
}

/// Gives the decision on a complex objection longer, once and before it is overdue. Needs the power
/// to confirm, `If-Match`, and an official who had no hand in what it is against.
#[utoipa::path(
    tag = "records",
    params(("id" = String, Path, description = "The objection")),
    request_body = ExtendObjection,
    responses((status = 200, description = "The objection", body = AdminObjection))
)]
#[post("/v1/admin/objections/{id}/extend")]
async fn extend_objection(
    permit: Permit<op::ExtendObjection>,
    Path(id): Path<String>,
    body: Json<ExtendObjection>,
) -> Result<HttpResponse, Problem> {
    let days = permit.state().config().objection_working_days_if_complex;
    let Json { value, fingerprint } = body;
    permit.step(id, (&fingerprint, (days, value.reason)), objection::extend).await
}

/// One objection. Known only to the officials whose
/// place contains the one that answers for it.
#[utoipa::path(
    tag = "records",
    params(("id" = String, Path, description = "The objection")),
    responses((status = 200, description = "The objection", body = AdminObjection))
)]
#[get("/v1/admin/objections/{id}")]
async fn get_admin_objection(
    permit: Permit<op::GetAdminObjection>,
    Path(id): Path<String>,
) -> Result<HttpResponse, Problem> {
    let context = permit.context();
    permit
        .read_one(id, move |conn, row: Authorized<objection::Row>| {
            objection::get_admin(conn, &row.id, context)
        })
        .await
}

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
async fn list_admin_objections(
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
