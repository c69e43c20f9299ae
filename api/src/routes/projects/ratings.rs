//! `GET /v1/projects/{id}/ratings`

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
use crate::extract::{Path, Query};
use crate::permit::{Permit, UNVERSIONED};
use crate::problem::Problem;
use crate::rules::span;

/// Which months.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct GetProjectRatings {
    /// The first month; eleven before the last when left out.
    #[param(value_type = Option<String>, example = "2025-12")]
    from: Option<Month>,
    /// The last month; this one when left out. At most 36 months.
    #[param(value_type = Option<String>, example = "2026-11")]
    to: Option<Month>,
}

/// A project's published ratings, together and month by month. Figures are published in steps, each
/// of ratings of several households at once, and are final. Where nothing is published they are
/// null with the reason `waiting`, whether or not anything waits. `published_on` and `next_on` are
/// the days of the city's last step and of its next.
#[utoipa::path(
    tag = "projects",
    params(("id" = String, Path, description = "The project's id"), GetProjectRatings),
    responses((status = 200, description = "The ratings", body = Ratings))
)]
#[get("/v1/projects/{id}/ratings")]
pub(super) async fn get_project_ratings(
    permit: Permit<op::GetProjectRatings>,
    Path(id): Path<String>,
    Query(query): Query<GetProjectRatings>,
) -> Result<HttpResponse, Problem> {
    let context = permit.context();
    let span = span(query.from, query.to, context.month())?;
    let tags = vec![Tag::One(Entity::Project, id.clone()), Tag::figures()];
    permit.cached(tags, move |conn| Ok((rating::of_project(conn, &id, span, &context)?, UNVERSIONED))).await
}
