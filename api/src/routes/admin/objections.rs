//! `/v1/admin/objections`

use actix_web::{HttpResponse, get, post};
use chrono::NaiveDate;
use serde::Deserialize;
use utoipa::IntoParams;
use validator::Validate;
use xinwu_domain::access::{Warrant, op};
use xinwu_domain::objection::{AdminObjection, NewObjectionOfManager, ObjectionStatus, ObjectionVerdict};
use xinwu_domain::proposal::Proposal;
use xinwu_domain::rules::{read_day_if_any, typed_code_if_any};
use xinwu_domain::text::Reason;
use xinwu_persistence::credit::waiting::{self, DueQuery};
use xinwu_persistence::credit::{objection, record};
use xinwu_persistence::registers::authorized::{Authorized, find};
use xinwu_store::Tx;

use crate::extract::{Form, Path, Query};
use crate::permit::{Page, Permit};
use crate::problem::Problem;
use crate::routes::Routes;
use crate::routes::admin::tables::ADMIN_OBJECTIONS;
use crate::rules::{narrowing, require_known};

pub(super) fn configure(config: &mut Routes) {
    config.service(list_admin_objections);
    config.service(add_objection);
    config.service(get_admin_objection);
    config.service(extend_objection);
    config.service(decide_objection);
}

/// Decides on an objection: what it is against is upheld, amended as a new revision, or revoked,
/// from now on; grades follow at once. Needs the power to confirm, `If-Match`, and an official who
/// had no hand in what it is against. An evaluation is upheld, or amended once its facts were put
/// right by their own ways. That a serious penalty or an assessment of a closed period changes or
/// falls, or that a penalty becomes serious, takes two such officials.
#[utoipa::path(
    params(("id" = String, Path, description = "The objection")),
    request_body = ObjectionVerdict,
    responses(
        (status = 200, description = "The objection", body = AdminObjection),
        (status = 202, description = "It waits for a second person", body = Proposal)
    )
)]
#[post("/v1/admin/objections/{id}/decide")]
async fn decide_objection(
    permit: Permit<op::DecideObjection>,
    Path(id): Path<String>,
    body: Form<ObjectionVerdict>,
) -> Result<HttpResponse, Problem> {
    permit.step_or_propose(id, body, objection::decide).await
}

/// Objects to a record for a manager whom it names and who has no account. It takes a second
/// official, who had no hand in the record: until then nothing is marked as disputed. Another
/// official who had no hand in the record decides.
#[utoipa::path(
    params(("id" = String, Path, description = "The record")),
    request_body = NewObjectionOfManager,
    responses((status = 202, description = "It waits for a second person", body = Proposal))
)]
#[post("/v1/admin/records/{id}/objections")]
async fn add_objection(
    permit: Permit<op::AddObjection>,
    Path(id): Path<String>,
    body: Form<NewObjectionOfManager>,
) -> Result<HttpResponse, Problem> {
    let (days, context) = (permit.state().config().objection_working_days, permit.context());
    let today = permit.today();
    let file = move |tx: &mut Tx<'_>, warrant: &Warrant, new: &NewObjectionOfManager| {
        let record = find::<record::Row>(tx.conn, warrant, &id, today)?;
        objection::file_for_manager(tx, warrant, &record, (new, days), context)
    };
    let location = |filed: &AdminObjection| format!("/v1/admin/objections/{}", filed.objection.id);
    permit.add_or_propose(body, file, location).await
}

/// Gives the decision on a complex objection longer, once and before it is overdue. The firm reads
/// why. Needs the power to confirm, `If-Match`, and an official who had no hand in what it is
/// against.
#[utoipa::path(
    params(("id" = String, Path, description = "The objection")),
    request_body = Reason,
    responses((status = 200, description = "The objection", body = AdminObjection))
)]
#[post("/v1/admin/objections/{id}/extend")]
async fn extend_objection(
    permit: Permit<op::ExtendObjection>,
    Path(id): Path<String>,
    body: Form<Reason>,
) -> Result<HttpResponse, Problem> {
    let days = permit.state().config().objection_working_days_if_complex;
    permit.step(id, body.map(|why| (days, why)), waiting::extend::<objection::Row>).await
}

/// One objection. Known only to the officials whose
/// place contains the one that answers for it.
#[utoipa::path(
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
            waiting::get_admin::<objection::Row>(conn, &row.id, context)
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

/// The objections for which one's place and those below it answer, with the working days left;
/// those due first before the others. CSV with `Accept: text/csv`.
#[utoipa::path(
    params(ListAdminObjections),
    responses((
        status = 200,
        description = "A page of objections",
        content(
            (Page<AdminObjection> = "application/json"),
            (String = "text/csv", example = json!("id,uscc,status,filed_at,due_on,filed_by\n"))
        )
    ))
)]
#[get("/v1/admin/objections")]
async fn list_admin_objections(
    permit: Permit<op::ListAdminObjections>,
    Query(query): Query<ListAdminObjections>,
) -> Result<HttpResponse, Problem> {
    let warrant = permit.warrant()?;
    let window = permit.window(query.limit, query.cursor.as_deref(), query.count)?;
    let context = permit.context();
    let ListAdminObjections { status, due_by, place, drafter, from, to, .. } = query;
    let narrowing = narrowing(place, drafter, (from, to), permit.context());
    let wanted = DueQuery { status, due_by, narrowing };
    let page = permit
        .read(move |conn| {
            require_known(conn, wanted.narrowing.place.as_deref(), None)?;
            objection::list_admin(conn, &warrant, &wanted, &window, context)
        })
        .await?;
    permit.page_or_table(page, &ADMIN_OBJECTIONS)
}
