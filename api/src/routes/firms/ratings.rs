//! `GET /v1/firms/{uscc}/ratings`

use actix_web::{HttpResponse, get};
use serde::Deserialize;
use utoipa::IntoParams;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::calendar::Month;
use xinwu_domain::entity::Entity;
use xinwu_domain::rating::Ratings;
use xinwu_persistence::ratings::rating;

use crate::cache::Tag;
use crate::extract::{FirmCode, Path, Query};
use crate::permit::{Permit, UNVERSIONED};
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

/// A firm's published ratings, together and month by month. Figures are published in steps, each of
/// ratings of several households at once, and are final. Where nothing is published they are null
/// with the reason `waiting`, whether or not anything waits. `published_on` and `next_on` are the
/// days of the city's last step and of its next.
#[utoipa::path(
    tag = "firms",
    params(("uscc" = String, Path, description = "Unified social credit code", example = "91219900MA0D00000P"), GetFirmRatings),
    responses((status = 200, description = "The ratings", body = Ratings))
)]
#[get("/v1/firms/{uscc}/ratings")]
pub(super) async fn get_firm_ratings(
    permit: Permit<op::GetFirmRatings>,
    Path(FirmCode(uscc)): Path<FirmCode>,
    Query(query): Query<GetFirmRatings>,
) -> Result<HttpResponse, Problem> {
    let context = permit.context();
    let span = span(query.from, query.to, context.month())?;
    let tags = vec![Tag::One(Entity::Firm, uscc.clone()), Tag::figures()];
    permit.cached(tags, move |conn| Ok((rating::of_firm(conn, &uscc, span, &context)?, UNVERSIONED))).await
}
