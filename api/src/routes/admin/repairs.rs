//! `/v1/admin/repairs`

use actix_web::{HttpResponse, get, post};
use chrono::NaiveDate;
use serde::Deserialize;
use utoipa::IntoParams;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::proposal::Proposal;
use xinwu_domain::record::repair::{AdminRepair, RepairStatus, RepairVerdict};
use xinwu_domain::rules::{read_day_if_any, typed_code_if_any};
use xinwu_domain::text::Reason;
use xinwu_persistence::credit::repair;
use xinwu_persistence::credit::waiting::{self, DueQuery};
use xinwu_persistence::registers::authorized::Authorized;

use crate::extract::{Form, Path, Query};
use crate::permit::{Page, Permit};
use crate::problem::Problem;
use crate::routes::Routes;
use crate::routes::admin::tables::ADMIN_REPAIRS;
use crate::rules::{narrowing, require_known};

pub(super) fn configure(config: &mut Routes) {
    config.service(list_admin_repairs);
    config.service(get_admin_repair);
    config.service(extend_repair);
    config.service(decide_repair);
}

/// Decides on a request for repair. Granted, the penalty is no longer shown and counts no longer
/// from now on, and grades follow at once. Needs the power to confirm, `If-Match`, and an official
/// who had no hand in the penalty; to grant that of a serious one takes two.
#[utoipa::path(
    params(("id" = String, Path, description = "The request for repair")),
    request_body = RepairVerdict,
    responses(
        (status = 200, description = "The request", body = AdminRepair),
        (status = 202, description = "It waits for a second person", body = Proposal)
    )
)]
#[post("/v1/admin/repairs/{id}/decide")]
async fn decide_repair(
    permit: Permit<op::DecideRepair>,
    Path(id): Path<String>,
    body: Form<RepairVerdict>,
) -> Result<HttpResponse, Problem> {
    permit.step_or_propose(id, body, repair::decide).await
}

/// Gives the decision on a complex request longer, once and before it is overdue. The firm reads
/// why. Needs the power to confirm, `If-Match`, and an official who had no hand in the penalty.
#[utoipa::path(
    params(("id" = String, Path, description = "The request for repair")),
    request_body = Reason,
    responses((status = 200, description = "The request", body = AdminRepair))
)]
#[post("/v1/admin/repairs/{id}/extend")]
async fn extend_repair(
    permit: Permit<op::ExtendRepair>,
    Path(id): Path<String>,
    body: Form<Reason>,
) -> Result<HttpResponse, Problem> {
    let days = permit.state().config().repair_working_days_if_complex;
    permit.step(id, body.map(|why| (days, why)), waiting::extend::<repair::Row>).await
}

/// One request for repair. Known only to the officials
/// whose place contains the one that answers for it.
#[utoipa::path(
    params(("id" = String, Path, description = "The request for repair")),
    responses((status = 200, description = "The request for repair", body = AdminRepair))
)]
#[get("/v1/admin/repairs/{id}")]
async fn get_admin_repair(
    permit: Permit<op::GetAdminRepair>,
    Path(id): Path<String>,
) -> Result<HttpResponse, Problem> {
    let context = permit.context();
    permit
        .read_one(id, move |conn, row: Authorized<repair::Row>| {
            waiting::get_admin::<repair::Row>(conn, &row.id, context)
        })
        .await
}

/// Which requests for repair.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListAdminRepairs {
    /// Only those that stand so.
    status: Option<RepairStatus>,
    /// Only what is due by this day.
    #[serde(default, deserialize_with = "read_day_if_any")]
    due_by: Option<NaiveDate>,
    /// Only what is of this place or below it.
    #[validate(length(max = 32))]
    #[serde(default, deserialize_with = "typed_code_if_any")]
    place: Option<String>,
    /// Only what this account filed.
    #[validate(length(min = 1, max = 64))]
    drafter: Option<String>,
    /// Only what was filed from the beginning of this day on.
    #[serde(default, deserialize_with = "read_day_if_any")]
    from: Option<NaiveDate>,
    /// Only what was filed until the end of this day.
    #[serde(default, deserialize_with = "read_day_if_any")]
    to: Option<NaiveDate>,
    /// Items on a page, 1 to 100; 20 by default.
    limit: Option<i64>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// Whether to count all.
    count: Option<bool>,
}

/// The requests for repair for which one's place and those below it answer, with the working days
/// left; those due first before the others. CSV with `Accept: text/csv`.
#[utoipa::path(
    params(ListAdminRepairs),
    responses((
        status = 200,
        description = "A page of requests for repair",
        content(
            (Page<AdminRepair> = "application/json"),
            (String = "text/csv", example = json!("id,uscc,status,filed_at,due_on,filed_by\n"))
        )
    ))
)]
#[get("/v1/admin/repairs")]
async fn list_admin_repairs(
    permit: Permit<op::ListAdminRepairs>,
    Query(query): Query<ListAdminRepairs>,
) -> Result<HttpResponse, Problem> {
    let warrant = permit.warrant()?;
    let window = permit.window(query.limit, query.cursor.as_deref(), query.count)?;
    let context = permit.context();
    let ListAdminRepairs { status, due_by, place, drafter, from, to, .. } = query;
    let narrowing = narrowing(place, drafter, (from, to), permit.context());
    let wanted = DueQuery { status, due_by, narrowing };
    let page = permit
        .read(move |conn| {
            require_known(conn, wanted.narrowing.place.as_deref(), None)?;
            repair::list_admin(conn, &warrant, &wanted, &window, context)
        })
        .await?;
    permit.page_or_table(page, &ADMIN_REPAIRS)
}
