//! `GET /v1/rankings`

use actix_web::{HttpResponse, get};
use serde::Deserialize;
use utoipa::IntoParams;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::calendar::Period;
use xinwu_domain::comparison::{RankBy, Ranked};
use xinwu_persistence::lookup::comparison;

use crate::extract::Query;
use crate::permit::{Page, Permit};
use crate::problem::Problem;
use crate::routes::Routes;

/// Which ranking.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListRankings {
    /// A place of any level: firms registered there or running a project there. The city by
    /// default.
    #[validate(length(max = 32))]
    #[serde(default, deserialize_with = "xinwu_domain::rules::typed_code_if_any")]
    place: Option<String>,
    /// `score` by default: the score by the primary scheme, the residents' service score, or
    /// penalties now public (the most first).
    #[param(inline)]
    by: Option<RankBy>,
    /// A quarter, half-year or year that is over: the scores at its end, or the service scores of
    /// the twelve months up to it. Now when left out.
    #[param(value_type = Option<String>, example = "2026-Q3")]
    period: Option<Period>,
    /// Items on a page, 1 to 100; 20 by default.
    limit: Option<i64>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// Whether to count all.
    count: Option<bool>,
}

/// A place's firms in business by score, service score or penalties, each with its card as it is
/// now. Equal values share a rank.
#[utoipa::path(params(ListRankings), responses((status = 200, description = "A page of ranks", body = Page<Ranked>)))]
#[get("/v1/rankings")]
async fn list_rankings(
    permit: Permit<op::ListRankings>,
    Query(query): Query<ListRankings>,
) -> Result<HttpResponse, Problem> {
    let window = permit.window(query.limit, query.cursor.as_deref(), query.count)?;
    let by = query.by.unwrap_or(RankBy::Score);
    let context = permit.context();
    let ranked = permit
        .read(move |conn| {
            comparison::rankings(conn, query.place.as_deref(), (by, query.period), &context, &window)
        })
        .await?;
    permit.page(ranked)
}

pub(super) fn configure(config: &mut Routes) {
    config.service(list_rankings);
}
