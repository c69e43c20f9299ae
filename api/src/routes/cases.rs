//! `/v1/cases`: the steps of whoever a case is assigned to: a firm, a community, a street or a
//! department.

use actix_web::{HttpResponse, post};
use chrono::{DateTime, NaiveDate, Utc};
use xinwu_domain::access::op;
use xinwu_domain::calendar::start_of_day;
use xinwu_domain::case::{CaseExtension, CaseFinish, CaseNote, CasePause, CaseReturn, CaseView};
use xinwu_domain::context::RequestContext;
use xinwu_domain::refusal::Refusal;
use xinwu_domain::text::Text;
use xinwu_persistence::service::case;

use crate::extract::{Form, OptionalJson, Path};
use crate::permit::Permit;
use crate::problem::Problem;
use crate::routes::Routes;

pub(super) mod photos;

pub(super) fn configure(config: &mut Routes) {
    config.service(accept_case);
    config.service(finish_case);
    config.service(extend_case);
    config.service(return_case);
    config.service(pause_case);
    config.service(resume_case);
    config.configure(photos::configure);
}

/// The instant that `due_before` names, or the beginning of a day of the city's.
///
/// # Errors
/// [`Refusal::BadParameter`] for what is neither.
pub(super) fn due_before(
    text: Option<&str>,
    context: &RequestContext,
) -> Result<Option<DateTime<Utc>>, Refusal> {
    let Some(text) = text else { return Ok(None) };
    if let Ok(instant) = DateTime::parse_from_rfc3339(text) {
        return Ok(Some(instant.with_timezone(&Utc)));
    }
    let day: Option<NaiveDate> = text.parse().ok().filter(|day: &NaiveDate| day.to_string() == text);
    let day = day.ok_or_else(|| {
        let text = Text::new(
            "应为 RFC 3339 时间或 YYYY-MM-DD 日期",
            "must be an RFC 3339 time or a day such as 2026-11-21",
        );
        Refusal::bad_parameter("due_before", "instant", text)
    })?;
    Ok(Some(start_of_day(day, context.zone())))
}

/// Takes a case on that is assigned to your firm, office or department. Needs `If-Match`.
#[utoipa::path(
    params(("id" = String, Path, description = "The case")),
    request_body(content = Option<CaseNote>, example = json!({"note": "已安排维修人员今日下午上门"})),
    responses((status = 200, description = "The case", body = CaseView))
)]
#[post("/v1/cases/{id}/accept")]
async fn accept_case(
    permit: Permit<op::AcceptCase>,
    Path(id): Path<String>,
    OptionalJson(body): OptionalJson<CaseNote>,
) -> Result<HttpResponse, Problem> {
    permit.step(id, body, case::accept).await
}

/// Says that it is done. That ends nothing: whoever opened the case verifies or reopens it, or says
/// nothing for seven days. Needs `If-Match`.
#[utoipa::path(
    params(("id" = String, Path, description = "The case")),
    request_body = CaseFinish,
    responses((status = 200, description = "The case", body = CaseView))
)]
#[post("/v1/cases/{id}/finish")]
async fn finish_case(
    permit: Permit<op::FinishCase>,
    Path(id): Path<String>,
    body: Form<CaseFinish>,
) -> Result<HttpResponse, Problem> {
    permit.step(id, body, case::finish).await
}

/// Gives oneself longer, once a cycle and before the time has run out, by as many hours as the
/// class allows at most. Whoever opened the case is told why. Needs `If-Match`.
#[utoipa::path(
    params(("id" = String, Path, description = "The case")),
    request_body = CaseExtension,
    responses((status = 200, description = "The case", body = CaseView))
)]
#[post("/v1/cases/{id}/extend")]
async fn extend_case(
    permit: Permit<op::ExtendCase>,
    Path(id): Path<String>,
    body: Form<CaseExtension>,
) -> Result<HttpResponse, Problem> {
    permit.step(id, body, case::extend).await
}

/// Says that somebody else is responsible, and who. The clock goes on, and you stay responsible
/// until the desk dispatches the case anew. Needs `If-Match`.
#[utoipa::path(
    params(("id" = String, Path, description = "The case")),
    request_body = CaseReturn,
    responses((status = 200, description = "The case", body = CaseView))
)]
#[post("/v1/cases/{id}/return")]
async fn return_case(
    permit: Permit<op::ReturnCase>,
    Path(id): Path<String>,
    body: Form<CaseReturn>,
) -> Result<HttpResponse, Problem> {
    permit.step(id, body, case::give_back).await
}

/// Stops the clock while you wait for the resident, who is asked. Needs `If-Match`.
#[utoipa::path(
    params(("id" = String, Path, description = "The case")),
    request_body = CasePause,
    responses((status = 200, description = "The case", body = CaseView))
)]
#[post("/v1/cases/{id}/pause")]
async fn pause_case(
    permit: Permit<op::PauseCase>,
    Path(id): Path<String>,
    body: Form<CasePause>,
) -> Result<HttpResponse, Problem> {
    permit.step(id, body, case::pause).await
}

/// Goes on without waiting any longer: the clock runs again. Needs `If-Match`.
#[utoipa::path(
    params(("id" = String, Path, description = "The case")),
    request_body(content = Option<CaseNote>, example = json!({"note": "住户已来电，明日上门"})),
    responses((status = 200, description = "The case", body = CaseView))
)]
#[post("/v1/cases/{id}/resume")]
async fn resume_case(
    permit: Permit<op::ResumeCase>,
    Path(id): Path<String>,
    OptionalJson(body): OptionalJson<CaseNote>,
) -> Result<HttpResponse, Problem> {
    permit.step(id, body, case::resume).await
}
