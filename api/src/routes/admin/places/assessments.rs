//! `/v1/admin/places/{code}/assessments/{period}`

use actix_web::{HttpResponse, get, post};
use xinwu_domain::access::op;
use xinwu_domain::assessment::{AssessmentBatch, ReturnAssessments};
use xinwu_domain::calendar::Period;
use xinwu_domain::text::shown_in;
use xinwu_persistence::credit::assessment;
use xinwu_persistence::registers::authorized::find;

use crate::extract::{Form, Path, PlaceCode};
use crate::permit::{Permit, Posted};
use crate::problem::Problem;
use crate::routes::Routes;

pub(super) fn configure(config: &mut Routes) {
    config.service(get_assessment_batch);
    config.service(confirm_assessments);
    config.service(return_assessments);
}

/// What waits of a street (with its communities') or of a district (its own) for a period, to be
/// confirmed as one, and who has not assessed yet.
#[utoipa::path(
    params(
        ("code" = String, Path, description = "A street's or a district's code", example = "210202001"),
        ("period" = String, Path, description = "`2026-Q4`, `2026-H2` or `2026`", example = "2026-Q3")
    ),
    responses((status = 200, description = "The batch", body = AssessmentBatch))
)]
#[get("/v1/admin/places/{code}/assessments/{period}")]
async fn get_assessment_batch(
    permit: Permit<op::GetAssessmentBatch>,
    Path((place, period)): Path<(PlaceCode, Period)>,
) -> Result<HttpResponse, Problem> {
    let (context, PlaceCode(code)) = (permit.context(), place);
    permit.read_one(code, move |conn, place| assessment::place_batch(conn, (&place, period), context)).await
}

/// Confirms all of the batch at once, once the period is over. In time, it counts from the day on
/// which the period is closed; later, from now. Whoever gave one of them cannot. Needs the power to
/// confirm, and `If-Match` with the tag of the batch.
#[utoipa::path(
    params(
        ("code" = String, Path, description = "A street's or a district's code", example = "210202001"),
        ("period" = String, Path, description = "`2026-Q4`, `2026-H2` or `2026`", example = "2026-Q3")
    ),
    responses((status = 200, description = "The batch: what is left of it", body = AssessmentBatch))
)]
#[post("/v1/admin/places/{code}/assessments/{period}/confirm")]
async fn confirm_assessments(
    permit: Permit<op::ConfirmAssessments>,
    Path((place, period)): Path<(PlaceCode, Period)>,
) -> Result<HttpResponse, Problem> {
    let (expected, context, PlaceCode(code)) = (permit.expected()?, permit.context(), place);
    permit
        .post("", move |tx, warrant| {
            let place = find(tx.conn, warrant, &code, context.today())?;
            let of = (&place, period);
            let (batch, version) = assessment::confirm_place_batch(tx, warrant, of, &expected, context)?;
            shown_in(context.language, || Posted::done(version, &batch))
        })
        .await
}

/// Sends the batch back, or some of it: the authors read why, and give it anew. Needs the power to
/// confirm, and `If-Match` with the tag of the batch.
#[utoipa::path(
    params(
        ("code" = String, Path, description = "A street's or a district's code", example = "210202001"),
        ("period" = String, Path, description = "`2026-Q4`, `2026-H2` or `2026`", example = "2026-Q3")
    ),
    request_body = ReturnAssessments,
    responses((status = 200, description = "The batch: what is left of it", body = AssessmentBatch))
)]
#[post("/v1/admin/places/{code}/assessments/{period}/return")]
async fn return_assessments(
    permit: Permit<op::ReturnAssessments>,
    Path((place, period)): Path<(PlaceCode, Period)>,
    body: Form<ReturnAssessments>,
) -> Result<HttpResponse, Problem> {
    let (expected, context, PlaceCode(code)) = (permit.expected()?, permit.context(), place);
    permit
        .post_form(body, move |tx, warrant, returned| {
            let place = find(tx.conn, warrant, &code, context.today())?;
            let of = (&place, period);
            let (batch, version) =
                assessment::return_place_batch(tx, warrant, of, returned, &expected, context)?;
            shown_in(context.language, || Posted::done(version, &batch))
        })
        .await
}
