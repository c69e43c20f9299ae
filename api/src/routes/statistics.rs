//! `GET /v1/statistics`

use actix_web::{HttpResponse, get};
use serde::Deserialize;
use utoipa::IntoParams;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::calendar::Period;
use xinwu_domain::comparison::Statistics;
use xinwu_persistence::lookup::comparison;

use crate::extract::Query;
use crate::permit::{Permit, UNVERSIONED};
use crate::problem::Problem;
use crate::routes::Routes;

/// Of what, and when.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct GetStatistics {
    /// A place of any level; the city by default.
    #[validate(length(max = 32))]
    #[param(example = "210202")]
    #[serde(default, deserialize_with = "xinwu_domain::rules::typed_code_if_any")]
    place: Option<String>,
    /// A quarter, half-year or year: where it is over, coverage and firms are those of its end. By
    /// default the last quarter that is over, beside today's coverage and firms.
    #[param(value_type = Option<String>, example = "2026-Q3")]
    period: Option<Period>,
}

/// A place in figures: coverage, firms by grade, ratings, records, assessments.
#[utoipa::path(params(GetStatistics), responses((status = 200, description = "The figures", body = Statistics)))]
#[get("/v1/statistics")]
async fn get_statistics(
    permit: Permit<op::GetStatistics>,
    Query(query): Query<GetStatistics>,
) -> Result<HttpResponse, Problem> {
    let context = permit.context();
    let figures = permit
        .read(move |conn| comparison::statistics(conn, query.place.as_deref(), query.period, &context))
        .await?;
    permit.object(UNVERSIONED, &figures)
}

pub(super) fn configure(config: &mut Routes) {
    config.service(get_statistics);
}
