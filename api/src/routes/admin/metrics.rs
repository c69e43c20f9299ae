//! `/v1/admin/metrics`

use actix_web::{HttpResponse, get, post, put};
use chrono::NaiveDate;
use serde::Deserialize;
use utoipa::IntoParams;
use validator::Validate;
use xinwu_domain::access::{Operates, op};
use xinwu_domain::calendar::Period;
use xinwu_domain::metric::{
    MetricKey, MetricReport, MetricState, MetricSubject, MetricSubjectKind, NewMetricReport,
};
use xinwu_domain::rules::{read_day_if_any, typed_code_if_any};
use xinwu_domain::text::Reason;
use xinwu_persistence::credit::metric::{self, MetricQuery, Put};
use xinwu_persistence::registers::authorized::Authorized;

use crate::extract::{Form, Json, Path, Query};
use crate::permit::{Page, Permit, if_match_required};
use crate::problem::Problem;
use crate::routes::Routes;
use crate::rules::narrowing;

pub(super) fn configure(config: &mut Routes) {
    config.service(list_admin_metrics);
    config.service(get_admin_metric);
    config.service(get_metric);
    config.service(put_metric);
    config.service(confirm_metric);
    config.service(return_metric);
}

/// Which figures.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListAdminMetrics {
    /// Only those that stand so; what waits and what is in force when left out.
    state: Option<MetricState>,
    /// Only of this metric, by its key in the catalogue.
    #[validate(length(min = 1, max = 64))]
    #[param(example = "fee_collection_rate")]
    key: Option<String>,
    /// Only of subjects of this kind.
    subject_kind: Option<MetricSubjectKind>,
    /// Only of this subject, by uscc, id or code.
    #[validate(length(min = 1, max = 64))]
    subject: Option<String>,
    /// Only of subjects in this place or below it; your own by default.
    #[validate(length(max = 32))]
    #[param(example = "210202")]
    #[serde(default, deserialize_with = "typed_code_if_any")]
    place: Option<String>,
    /// Only what this account reported.
    #[validate(length(min = 1, max = 64))]
    drafter: Option<String>,
    /// Only what came with this import.
    #[validate(length(min = 1, max = 64))]
    import: Option<String>,
    /// Only what was reported from the beginning of this day on.
    #[serde(default, deserialize_with = "read_day_if_any")]
    from: Option<NaiveDate>,
    /// Only what was reported until the end of this day.
    #[serde(default, deserialize_with = "read_day_if_any")]
    to: Option<NaiveDate>,
    /// Items on a page, 1 to 100; 20 by default.
    limit: Option<i64>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// Whether to count all.
    count: Option<bool>,
}

/// Figures of what lies in your place, the latest first: what waits, what is in force, and what was
/// sent back. What a file brought is confirmed with that.
#[utoipa::path(params(ListAdminMetrics), responses((status = 200, description = "A page of figures", body = Page<MetricReport>)))]
#[get("/v1/admin/metrics")]
async fn list_admin_metrics(
    permit: Permit<op::ListAdminMetrics>,
    Query(query): Query<ListAdminMetrics>,
) -> Result<HttpResponse, Problem> {
    let warrant = permit.warrant()?;
    let window = permit.window(query.limit, query.cursor.as_deref(), query.count)?;
    let ListAdminMetrics { state, key, subject_kind, subject, place, drafter, import, from, to, .. } = query;
    let narrowing = narrowing(place, drafter, (from, to), permit.context());
    let wanted = MetricQuery { state, key, subject_kind, subject, import, narrowing };
    let page = permit.read(move |conn| metric::list(conn, &warrant, &wanted, &window)).await?;
    permit.page(page)
}

/// One figure, however it stands.
#[utoipa::path(
    params(("id" = String, Path, description = "The figure's id")),
    responses((status = 200, description = "The figure", body = MetricReport))
)]
#[get("/v1/admin/metrics/{id}")]
async fn get_admin_metric(
    permit: Permit<op::GetAdminMetric>,
    Path(id): Path<String>,
) -> Result<HttpResponse, Problem> {
    permit.read_one(id, |conn, row: Authorized<metric::Row>| metric::by_id(conn, &row.id)).await
}

/// The figure of a subject and period that an official entered and that waits, or else the one in
/// force.
#[utoipa::path(
    params(
        ("subject_kind" = MetricSubjectKind, Path, description = "What it is of"),
        ("subject" = String, Path, description = "Its unified social credit code, id or code"),
        ("key" = String, Path, description = "The metric's key in the catalogue", example = "fee_collection_rate"),
        ("period" = String, Path, description = "The period: `2026-11-21`, `2026-11-H1`, `2026-11`, `2026-Q4`, `2026-H2` or `2026`", example = "2026-Q3")
    ),
    responses((status = 200, description = "The figure", body = MetricReport))
)]
#[get("/v1/admin/metrics/{subject_kind}/{subject}/{key}/{period}")]
async fn get_metric(
    permit: Permit<op::GetMetric>,
    Path(of): Path<(MetricSubjectKind, String, String, Period)>,
) -> Result<HttpResponse, Problem> {
    let (warrant, context) = (permit.warrant()?, permit.context());
    let of = key_of(of);
    let (view, version) = permit.read(move |conn| metric::get(conn, &warrant, &of, context)).await?;
    permit.object(version, &view)
}

/// Enters a figure of what lies in your place. The first needs no `If-Match`; to replace one, send
/// its entity tag. It counts nowhere before another official has confirmed it.
#[utoipa::path(
    params(
        ("subject_kind" = MetricSubjectKind, Path, description = "What it is of"),
        ("subject" = String, Path, description = "Its unified social credit code, id or code"),
        ("key" = String, Path, description = "The metric's key in the catalogue", example = "fee_collection_rate"),
        ("period" = String, Path, description = "The period: `2026-11-21`, `2026-11-H1`, `2026-11`, `2026-Q4`, `2026-H2` or `2026`", example = "2026-Q3")
    ),
    request_body = NewMetricReport,
    responses(
        (status = 200, description = "The figure that is to take another's place", body = MetricReport),
        (status = 201, description = "The first figure", body = MetricReport),
        (status = 428, description = "One is there already: `If-Match` is required", body = crate::problem::ProblemBody, content_type = "application/problem+json")
    )
)]
#[put("/v1/admin/metrics/{subject_kind}/{subject}/{key}/{period}")]
async fn put_metric(
    permit: Permit<op::PutMetric>,
    Path(of): Path<(MetricSubjectKind, String, String, Period)>,
    body: Form<NewMetricReport>,
) -> Result<HttpResponse, Problem> {
    let (context, expected) = (permit.context(), permit.expected_if_any()?);
    let of = key_of(of);
    let put = permit.write_form(body, move |tx, warrant, new| {
        metric::put(tx, warrant, &of, new, expected.as_ref(), context)
    });
    answered(&permit, put.await?)
}

fn key_of((kind, subject, key, period): (MetricSubjectKind, String, String, Period)) -> MetricKey {
    MetricKey { subject: MetricSubject::new(kind, subject), key, period }
}

/// The answer to who reported a figure.
pub(in crate::routes) fn answered<O: Operates>(
    permit: &Permit<O>,
    put: Put,
) -> Result<HttpResponse, Problem> {
    match put {
        Put::Created(view, version) => permit.put_response(true, version, &view),
        Put::Replaced(view, version) => permit.put_response(false, version, &view),
        Put::NeedsVersion => Err(if_match_required()),
    }
}

/// Confirms a figure that somebody else entered: it counts from now. Needs `If-Match`.
#[utoipa::path(
    params(("id" = String, Path, description = "The figure's id")),
    responses((status = 200, description = "The figure", body = MetricReport))
)]
#[post("/v1/admin/metrics/{id}/confirm")]
async fn confirm_metric(
    permit: Permit<op::ConfirmMetric>,
    Path(id): Path<String>,
) -> Result<HttpResponse, Problem> {
    permit.step(id, Json::nothing(), metric::confirm).await
}

/// Sends a figure back: whoever reported it reads why, and may report another. Needs `If-Match`.
#[utoipa::path(
    params(("id" = String, Path, description = "The figure's id")),
    request_body = Reason,
    responses((status = 200, description = "The figure", body = MetricReport))
)]
#[post("/v1/admin/metrics/{id}/return")]
async fn return_metric(
    permit: Permit<op::ReturnMetric>,
    Path(id): Path<String>,
    body: Form<Reason>,
) -> Result<HttpResponse, Problem> {
    permit.step(id, body, metric::give_back).await
}
