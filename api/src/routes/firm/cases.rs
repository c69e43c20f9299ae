//! `/v1/firm/cases`: what is assigned to the own firm, and what it calls departments to.

use actix_web::{HttpResponse, get, post};
use serde::Deserialize;
use utoipa::IntoParams;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::case::{CaseQuery, CaseState, CaseSummary, CaseView, FirmCase};
use xinwu_persistence::registers::authorized::Authorized;
use xinwu_persistence::service::case;

use crate::extract::{Form, Path, Query};
use crate::permit::{Page, Permit};
use crate::problem::Problem;
use crate::routes::Routes;
use crate::routes::cases::due_before;

pub(super) fn configure(config: &mut Routes) {
    config.service(list_firm_cases);
    config.service(open_firm_case);
    config.service(get_firm_case);
}

/// Which of the firm's cases.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListFirmCases {
    /// Only those that stand so; those that have not ended, if left out.
    state: Option<CaseState>,
    /// Only of this kind, by its code.
    #[validate(length(min = 1, max = 32))]
    kind: Option<String>,
    /// Only those whose time runs out before this instant, or before this day, overdue ones
    /// included.
    due_before: Option<String>,
    /// Items on a page, 1 to 100; 20 by default.
    limit: Option<i64>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// Whether to count all.
    count: Option<bool>,
}

/// The cases that are assigned to the own firm or that it opened, what is due first before the
/// others.
#[utoipa::path(
    params(ListFirmCases),
    responses((status = 200, description = "A page of cases", body = Page<CaseSummary>))
)]
#[get("/v1/firm/cases")]
async fn list_firm_cases(
    permit: Permit<op::ListFirmCases>,
    Query(query): Query<ListFirmCases>,
) -> Result<HttpResponse, Problem> {
    let (warrant, context) = (permit.warrant()?, permit.context());
    let window = permit.window(query.limit, query.cursor.as_deref(), query.count)?;
    let due_before = due_before(query.due_before.as_deref(), &context)?;
    let wanted = CaseQuery { state: query.state, kind: query.kind, due_before, ..CaseQuery::default() };
    let page = permit.read(move |conn| case::list_firm(conn, &warrant, &wanted, &window, context)).await?;
    permit.page(page)
}

/// Opens a case of the own firm: it calls a department or the street to an estate that it serves.
/// The community dispatches it.
#[utoipa::path(request_body = FirmCase, responses((status = 201, description = "The new case", body = CaseView)))]
#[post("/v1/firm/cases")]
async fn open_firm_case(
    permit: Permit<op::OpenFirmCase>,
    body: Form<FirmCase>,
) -> Result<HttpResponse, Problem> {
    let context = permit.context();
    let location = |case: &CaseView| format!("/v1/firm/cases/{}", case.summary.id);
    permit.add(body, location, move |tx, warrant, new| case::open_firm(tx, warrant, new, context)).await
}

/// One case that is assigned to the own firm or that it opened. The dwelling is shown for a repair,
/// and never for a complaint.
#[utoipa::path(
    params(("id" = String, Path, description = "The case")),
    responses((status = 200, description = "The case", body = CaseView))
)]
#[get("/v1/firm/cases/{id}")]
async fn get_firm_case(
    permit: Permit<op::GetFirmCase>,
    Path(id): Path<String>,
) -> Result<HttpResponse, Problem> {
    let (warrant, context) = (permit.warrant()?, permit.context());
    permit
        .read_one(id, move |conn, row: Authorized<case::Row>| case::get(conn, &warrant, &row, context))
        .await
}
