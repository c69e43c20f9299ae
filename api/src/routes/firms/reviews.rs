//! `GET /v1/firms/{uscc}/reviews`

use actix_web::{HttpResponse, get};
use serde::Deserialize;
use utoipa::IntoParams;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::calendar::Month;
use xinwu_domain::rating::Line;
use xinwu_domain::review::Review;
use xinwu_persistence::rating::Scope;
use xinwu_persistence::{Entity, review};

use crate::cache::Tag;
use crate::extract::{Path, Query};
use crate::permit::{Page, Permit};
use crate::problem::Problem;

/// Which part of the list.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListFirmReviews {
    /// Items on a page, 1 to 100; 20 by default.
    limit: Option<i64>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// Whether to count all.
    count: Option<bool>,
}

/// Published comments with the firm's replies, raters unnamed: the latest month first, in no order of time within it.
#[utoipa::path(
    tag = "firms",
    params(("uscc" = String, Path, description = "Unified social credit code", example = "91219900MA0000001X"), ListFirmReviews),
    responses((status = 200, description = "A page of reviews", body = Page<Review>))
)]
#[get("/v1/firms/{uscc}/reviews")]
pub(super) async fn list_firm_reviews(
    permit: Permit<op::ListFirmReviews>,
    Path(uscc): Path<String>,
    Query(query): Query<ListFirmReviews>,
) -> Result<HttpResponse, Problem> {
    let window = permit.window(query.limit, query.cursor.as_deref(), query.count)?;
    let current = Month::of(permit.now(), permit.zone());
    let k = permit.state().config().fewest_voices;
    // A review more or fewer changes the firm. Whether stars are shown depends on the voices of all of its projects, which are told of as its own.
    let firm = Tag::One(Entity::Firm, uscc.clone());
    let tags = |reviews: &[Review]| {
        let shown = reviews.iter().flat_map(|review| {
            [
                Tag::One(Entity::Review, review.id.clone()),
                Tag::One(Entity::Project, review.project.clone()),
                Tag::One(Entity::Estate, review.estate.code.clone()),
            ]
        });
        shown.chain([firm]).collect()
    };
    let list = move |conn: &mut _| review::list(conn, Line::All, &Scope::Firm(uscc), &window, current, k);
    permit.cached_page(list, tags).await
}
