//! `GET /v1/metrics`, and what the public readings of figures have in common.

use actix_web::{HttpResponse, get};
use chrono::NaiveDate;
use serde::Deserialize;
use utoipa::IntoParams;
use validator::Validate;
use xinwu_domain::access::{Operates, op};
use xinwu_domain::metric::{Metric, MetricCatalogue, MetricSubject, MetricSubjectKind};
use xinwu_domain::page::{Keys, Listed};
use xinwu_domain::rules::read_day_if_any;
use xinwu_persistence::credit::metric::{self, PublicQuery};

use crate::cache::Tag;
use crate::extract::Query;
use crate::permit::{Page, Permit};
use crate::problem::Problem;
use crate::routes::Routes;

pub(super) fn configure(config: &mut Routes) {
    config.service(list_metrics);
}

/// Which metrics.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListMetrics {
    /// Only those that there can be of such a subject.
    subject_kind: Option<MetricSubjectKind>,
    /// Items on a page, 1 to 100; 20 by default.
    limit: Option<i64>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// Whether to count all.
    count: Option<bool>,
}

/// The catalogue of metrics, by key: of what each can be and for which periods, its unit and
/// bounds, who enters it and whether everyone reads it. Schemes grade by them.
#[utoipa::path(params(ListMetrics), responses((status = 200, description = "A page of metrics", body = Page<Metric>)))]
#[get("/v1/metrics")]
async fn list_metrics(
    permit: Permit<op::ListMetrics>,
    Query(query): Query<ListMetrics>,
) -> Result<HttpResponse, Problem> {
    let window = permit.window(query.limit, query.cursor.as_deref(), query.count)?;
    let is_of = |metric: &&Metric| query.subject_kind.is_none_or(|kind| metric.subjects.contains(&kind));
    let wanted = || MetricCatalogue::shipped().iter().filter(is_of);
    let after = window.after.as_ref().map_or("", |keys| keys.get(0));
    let most = usize::try_from(window.limit).unwrap_or(1) + 1;
    let rows: Vec<&Metric> = wanted().filter(|each| each.key.as_str() > after).take(most).collect();
    let page = Listed::from_rows(rows, &window, |row| Keys::of([&row.key]));
    let total = window.count.then(|| i64::try_from(wanted().count()).unwrap_or(i64::MAX));
    permit.page(Listed { total, ..page })
}

/// Which figures of a subject.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListFigures {
    /// Only of this metric, by its key in the catalogue.
    #[validate(length(min = 1, max = 64))]
    key: Option<String>,
    /// Only of periods that end on this day or later.
    #[serde(default, deserialize_with = "read_day_if_any")]
    from: Option<NaiveDate>,
    /// Only of periods that end by this day.
    #[serde(default, deserialize_with = "read_day_if_any")]
    to: Option<NaiveDate>,
    /// Items on a page, 1 to 100; 20 by default.
    limit: Option<i64>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// Whether to count all.
    count: Option<bool>,
}

/// A page of a subject's public figures; `tag` changes with them.
pub(super) async fn figures_of<O: Operates>(
    permit: &Permit<O>,
    (subject, tag): (MetricSubject, Tag),
    query: ListFigures,
) -> Result<HttpResponse, Problem> {
    let window = permit.window(query.limit, query.cursor.as_deref(), query.count)?;
    let wanted = PublicQuery { key: query.key, from: query.from, to: query.to };
    permit
        .cached_page(move |conn| Ok((metric::list_public(conn, &subject, &wanted, &window)?, vec![tag])))
        .await
}
