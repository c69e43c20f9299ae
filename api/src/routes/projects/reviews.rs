//! `GET /v1/projects/{id}/reviews`

use actix_web::{HttpResponse, get};
use serde::Deserialize;
use utoipa::IntoParams;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::entity::Entity;
use xinwu_domain::review::Review;
use xinwu_persistence::ratings::review::{self, Of};

use crate::cache::Tag;
use crate::extract::{Path, Query};
use crate::permit::{Page, Permit};
use crate::problem::Problem;
use crate::routes::reviews::tags;

/// Which part of the list.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListProjectReviews {
    /// Items on a page, 1 to 100; 20 by default.
    limit: Option<i64>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// Whether to count all.
    count: Option<bool>,
}

/// Comments that came out, with the firm's replies, raters unnamed: the latest month first, in no
/// order of time within it. Of one that officials hid, the rule under which they did.
#[utoipa::path(
    tag = "projects",
    params(("id" = String, Path, description = "The project's id"), ListProjectReviews),
    responses((status = 200, description = "A page of reviews", body = Page<Review>))
)]
#[get("/v1/projects/{id}/reviews")]
pub(super) async fn list_project_reviews(
    permit: Permit<op::ListProjectReviews>,
    Path(id): Path<String>,
    Query(query): Query<ListProjectReviews>,
) -> Result<HttpResponse, Problem> {
    let window = permit.window(query.limit, query.cursor.as_deref(), query.count)?;
    let language = permit.language();
    permit
        .cached_page(move |conn| {
            let of = Tag::One(Entity::Project, id.clone());
            let listed = review::list(conn, &Of::Project(id), &window, language)?;
            let tags = tags(&listed.items, of);
            Ok((listed, tags))
        })
        .await
}
