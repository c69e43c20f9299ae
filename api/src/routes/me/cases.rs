//! `/v1/me/cases`: what a resident reports, and what becomes of it.

use actix_web::{HttpResponse, get, post};
use serde::Deserialize;
use utoipa::IntoParams;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::case::{
    CaseAnswer, CaseJoin, CaseQuery, CaseState, CaseSummary, CaseVerification, CaseView, CaseWithdrawal,
    NewCase,
};
use xinwu_domain::text::{Reason, shown_in};
use xinwu_persistence::registers::authorized::{Authorized, find};
use xinwu_persistence::service::case;

use crate::extract::{Form, OptionalJson, Path, Query};
use crate::permit::{Page, Permit, Posted};
use crate::problem::Problem;
use crate::routes::Routes;

mod photos;

pub(super) fn configure(config: &mut Routes) {
    config.service(list_my_cases);
    config.service(open_my_case);
    config.service(get_my_case);
    config.service(verify_case);
    config.service(reopen_case);
    config.service(withdraw_case);
    config.service(answer_case);
    config.service(join_case);
    config.configure(photos::configure);
}

/// Which of one's own cases.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListMyCases {
    /// Only those that stand so.
    state: Option<CaseState>,
    /// Items on a page, 1 to 100; 20 by default.
    limit: Option<i64>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// Whether to count all.
    count: Option<bool>,
}

/// The cases that you opened or joined, the latest first.
#[utoipa::path(
    params(ListMyCases),
    responses((status = 200, description = "A page of cases", body = Page<CaseSummary>))
)]
#[get("/v1/me/cases")]
async fn list_my_cases(
    permit: Permit<op::ListMyCases>,
    Query(query): Query<ListMyCases>,
) -> Result<HttpResponse, Problem> {
    let (warrant, context) = (permit.warrant()?, permit.context());
    let window = permit.window(query.limit, query.cursor.as_deref(), query.count)?;
    let wanted = CaseQuery { state: query.state, ..CaseQuery::default() };
    let page = permit.read(move |conn| case::list_own(conn, &warrant, &wanted, &window, context)).await?;
    permit.page(page)
}

/// Opens a case in an estate where you have a verified residence. What your dwelling needs goes to
/// the firm at once, all else to the community, which dispatches it. Where an open case of the same
/// estate, category and building is like it: 409 `similar_case`, whose `existing` can be joined;
/// with `despite_similar` it is opened all the same. At most five are open at once (409
/// `too_many_open_cases`).
#[utoipa::path(request_body = NewCase, responses((status = 201, description = "The new case", body = CaseView)))]
#[post("/v1/me/cases")]
async fn open_my_case(permit: Permit<op::OpenMyCase>, body: Form<NewCase>) -> Result<HttpResponse, Problem> {
    let context = permit.context();
    let location = |case: &CaseView| format!("/v1/me/cases/{}", case.summary.id);
    permit.add(body, location, move |tx, warrant, new| case::open_own(tx, warrant, new, context)).await
}

/// One of the cases that you opened or joined, with its steps. Who opened one that you only joined,
/// and what they wrote, is not shown.
#[utoipa::path(
    params(("id" = String, Path, description = "The case")),
    responses((status = 200, description = "The case", body = CaseView))
)]
#[get("/v1/me/cases/{id}")]
async fn get_my_case(permit: Permit<op::GetMyCase>, Path(id): Path<String>) -> Result<HttpResponse, Problem> {
    let (warrant, context) = (permit.warrant()?, permit.context());
    permit
        .read_one(id, move |conn, row: Authorized<case::Row>| case::get(conn, &warrant, &row, context))
        .await
}

/// Says that what was to be done is done, and whether you are satisfied. Whoever finds that it is
/// not done reopens it; who says nothing for seven days lets it count as done. Needs `If-Match`.
#[utoipa::path(
    params(("id" = String, Path, description = "The case")),
    request_body = CaseVerification,
    responses((status = 200, description = "The case", body = CaseView))
)]
#[post("/v1/me/cases/{id}/verify")]
async fn verify_case(
    permit: Permit<op::VerifyCase>,
    Path(id): Path<String>,
    body: Form<CaseVerification>,
) -> Result<HttpResponse, Problem> {
    permit.step(id, body, case::verify).await
}

/// Says that it is not done: a new cycle begins, with a new deadline for the same assignee. Needs
/// `If-Match`.
#[utoipa::path(
    params(("id" = String, Path, description = "The case")),
    request_body = Reason,
    responses((status = 200, description = "The case", body = CaseView))
)]
#[post("/v1/me/cases/{id}/reopen")]
async fn reopen_case(
    permit: Permit<op::ReopenCase>,
    Path(id): Path<String>,
    body: Form<Reason>,
) -> Result<HttpResponse, Problem> {
    permit.step(id, body, case::reopen).await
}

/// Takes a case back that you opened. What was late by then stays counted. Needs `If-Match`.
#[utoipa::path(
    params(("id" = String, Path, description = "The case")),
    request_body(content = Option<CaseWithdrawal>, example = json!({"reason": "已自行解决"})),
    responses((status = 200, description = "The case", body = CaseView))
)]
#[post("/v1/me/cases/{id}/withdraw")]
async fn withdraw_case(
    permit: Permit<op::WithdrawCase>,
    Path(id): Path<String>,
    OptionalJson(body): OptionalJson<CaseWithdrawal>,
) -> Result<HttpResponse, Problem> {
    permit.step(id, body, case::withdraw).await
}

/// Answers an assignee who waits for you: the clock goes on. Needs `If-Match`.
#[utoipa::path(
    params(("id" = String, Path, description = "The case")),
    request_body = CaseAnswer,
    responses((status = 200, description = "The case", body = CaseView))
)]
#[post("/v1/me/cases/{id}/answer")]
async fn answer_case(
    permit: Permit<op::AnswerCase>,
    Path(id): Path<String>,
    body: Form<CaseAnswer>,
) -> Result<HttpResponse, Problem> {
    permit.step(id, body, case::answer).await
}

/// Joins an open case of your estate with your own household, as one more that has the same
/// problem: one that opening a like case was refused for (`existing`). You read it from then on.
#[utoipa::path(
    params(("id" = String, Path, description = "The case")),
    request_body = CaseJoin,
    responses((status = 200, description = "The case", body = CaseView))
)]
#[post("/v1/me/cases/{id}/join")]
async fn join_case(
    permit: Permit<op::JoinCase>,
    Path(id): Path<String>,
    body: Form<CaseJoin>,
) -> Result<HttpResponse, Problem> {
    let (today, context) = (permit.today(), permit.context());
    permit
        .post_form(body, move |tx, warrant, join| {
            let row = find(tx.conn, warrant, &id, today)?;
            let (view, version) = case::join(tx, warrant, &row, join, context)?;
            shown_in(context.language, || Posted::done(version, &view))
        })
        .await
}
