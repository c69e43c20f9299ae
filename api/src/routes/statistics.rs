//! `GET /v1/statistics`

use actix_web::{HttpResponse, get};
use serde::Deserialize;
use utoipa::IntoParams;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::calendar::Period;
use xinwu_domain::comparison::{REPORTED, Statistics};
use xinwu_domain::page::Listed;
use xinwu_persistence::lookup::comparison;

use crate::extract::Query;
use crate::permit::{Permit, UNVERSIONED};
use crate::problem::Problem;
use crate::routes::Routes;

mod table;

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
    /// A month, quarter, half-year or year: where it is over, coverage and firms are those of its
    /// end. By default the last month that is closed, beside today's coverage and firms.
    #[param(value_type = Option<String>, example = "2026-10")]
    period: Option<Period>,
}

/// A place in figures, with those of the year before: coverage, firms by grade, ratings, records,
/// assessments, fees. As CSV, with `Accept: text/csv`, there is a row for the place and one for
/// each place right below it.
#[utoipa::path(
    params(GetStatistics),
    responses((
        status = 200,
        description = "The figures",
        content(
            (Statistics = "application/json"),
            (String = "text/csv", example = json!("place,place_name,level,period,from,to,closed,as_of,estates,estates_served\n"))
        )
    ))
)]
#[get("/v1/statistics")]
async fn get_statistics(
    permit: Permit<op::GetStatistics>,
    Query(query): Query<GetStatistics>,
) -> Result<HttpResponse, Problem> {
    let (context, GetStatistics { place, period }) = (permit.context(), query);
    if let Some(period) = period {
        period.require_kind_asked(&REPORTED)?;
    }
    if permit.wants_table() {
        let items = permit
            .read(move |conn| comparison::statistics_below(conn, place.as_deref(), period, &context))
            .await?;
        let (rows, language) = (Listed { items, next: None, total: None }, permit.language());
        return permit.page_or_file(rows, "statistics", |rows| table::write(rows, language));
    }
    let figures =
        permit.read(move |conn| comparison::statistics(conn, place.as_deref(), period, &context)).await?;
    permit.object(UNVERSIONED, &figures)
}

pub(super) fn configure(config: &mut Routes) {
    config.service(get_statistics);
}
