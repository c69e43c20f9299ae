//! `/v1/firm/metrics`: what a firm reports of itself and its projects.

use actix_web::{HttpResponse, get, put};
use serde::Deserialize;
use utoipa::IntoParams;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::calendar::Period;
use xinwu_domain::metric::{MetricReport, MetricState, NewMetricReport};
use xinwu_persistence::credit::metric::{self, OwnKey};

use crate::extract::{Form, Path, Query};
use crate::permit::{Page, Permit};
use crate::problem::Problem;
use crate::routes::Routes;
use crate::routes::admin::metrics::answered;

pub(super) fn configure(config: &mut Routes) {
    config.service(list_own_metrics);
    config.service(get_own_metric);
    config.service(put_own_metric);
}

/// Which figures.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListOwnMetrics {
    /// Only those that stand so; what waits and what is in force when left out.
    state: Option<MetricState>,
    /// Items on a page, 1 to 100; 20 by default.
    limit: Option<i64>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// Whether to count all.
    count: Option<bool>,
}

/// The figures of the own firm and its projects, the latest first: what it reported itself, however
/// that stands, and what is or was in force.
#[utoipa::path(params(ListOwnMetrics), responses((status = 200, description = "A page of figures", body = Page<MetricReport>)))]
#[get("/v1/firm/metrics")]
async fn list_own_metrics(
    permit: Permit<op::ListOwnMetrics>,
    Query(query): Query<ListOwnMetrics>,
) -> Result<HttpResponse, Problem> {
    let window = permit.window(query.limit, query.cursor.as_deref(), query.count)?;
    let warrant = permit.warrant()?;
    let page = permit.read(move |conn| metric::list_own(conn, &warrant, query.state, &window)).await?;
    permit.page(page)
}

/// The figure that the own firm reported and that waits, or else the one in force.
#[utoipa::path(
    params(
        ("subject" = String, Path, description = "The firm's unified social credit code, or the id of a project of it"),
        ("key" = String, Path, description = "The metric's key in the catalogue", example = "fee_collection_rate"),
        ("period" = String, Path, description = "The period: `2026-11-21`, `2026-11-H1`, `2026-11`, `2026-Q4`, `2026-H2` or `2026`", example = "2026-Q3")
    ),
    responses((status = 200, description = "The figure", body = MetricReport))
)]
#[get("/v1/firm/metrics/{subject}/{key}/{period}")]
async fn get_own_metric(
    permit: Permit<op::GetOwnMetric>,
    Path((subject, key, period)): Path<(String, String, Period)>,
) -> Result<HttpResponse, Problem> {
    let (warrant, context) = (permit.warrant()?, permit.context());
    let of = OwnKey { subject, key, period };
    let (view, version) = permit.read(move |conn| metric::get_own(conn, &warrant, &of, context)).await?;
    permit.object(version, &view)
}

/// Reports a figure of the own firm or of a project of it. The first needs no `If-Match`; to
/// replace one, send its entity tag. It counts nowhere before an official of the district has
/// confirmed it.
#[utoipa::path(
    params(
        ("subject" = String, Path, description = "The firm's unified social credit code, or the id of a project of it"),
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
#[put("/v1/firm/metrics/{subject}/{key}/{period}")]
async fn put_own_metric(
    permit: Permit<op::PutOwnMetric>,
    Path((subject, key, period)): Path<(String, String, Period)>,
    body: Form<NewMetricReport>,
) -> Result<HttpResponse, Problem> {
    let (context, expected) = (permit.context(), permit.expected_if_any()?);
    let of = OwnKey { subject, key, period };
    let put = permit.write_form(body, move |tx, warrant, new| {
        metric::put_own(tx, warrant, &of, new, expected.as_ref(), context)
    });
    answered(&permit, put.await?)
}
