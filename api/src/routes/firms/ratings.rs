//! `GET /v1/firms/{uscc}/ratings`

use actix_web::{HttpResponse, get};
use serde::Deserialize;
use utoipa::IntoParams;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::calendar::Month;
use xinwu_domain::rating::Ratings;
use xinwu_persistence::Entity;
use xinwu_persistence::rating;

use crate::cache::Tag;
use crate::extract::{Path, Query};
use crate::permit::Permit;
use crate::problem::Problem;
use crate::rules::span;

/// Which months.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct GetFirmRatings {
    /// The first month; eleven before the last when left out.
    #[param(value_type = Option<String>, example = "2025-12")]
    from: Option<Month>,
    /// The last month; this one when left out. At most 36 months.
    #[param(value_type = Option<String>, example = "2026-11")]
    to: Option<Month>,
}

/// A firm's service score by its residents' voices, together and month by month. Figures of too few voices, and those from which they could be
/// had by subtracting, are null.
#[utoipa::path(
    tag = "firms",
    params(("uscc" = String, Path, description = "Unified social credit code", example = "91219900MA0000001X"), GetFirmRatings),
    responses((status = 200, description = "The ratings", body = Ratings))
)]
#[get("/v1/firms/{uscc}/ratings")]
pub(super) async fn get_firm_ratings(
    permit: Permit<op::GetFirmRatings>,
    Path(uscc): Path<String>,
    Query(query): Query<GetFirmRatings>,
) -> Result<HttpResponse, Problem> {
    let current = Month::of(permit.now(), permit.zone());
    let span = span(query.from, query.to, current)?;
    let k = permit.state().config().fewest_voices;
    permit
        .cached_as_read(move |conn| {
            let ratings = rating::of_firm(conn, &uscc, span, current, k)?;
            Ok((ratings, 0, vec![Tag::One(Entity::Firm, uscc)]))
        })
        .await
}
