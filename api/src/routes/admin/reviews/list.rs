//! `GET /v1/admin/reviews`

use actix_web::{HttpResponse, get};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::review::{ModeratedReview, ReviewState};
use xinwu_persistence::ratings::review::{self, ReviewQuery};

use crate::extract::Query;
use crate::permit::{Page, Permit};
use crate::problem::Problem;

/// Where a review stands, as officials ask for it.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ReviewStatus {
    /// Held for a decision.
    Held,
    /// Published, and flagged by residents since the last decision.
    Flagged,
    /// Published.
    Published,
    /// Taken down.
    Hidden,
}

impl ReviewStatus {
    fn query(self) -> ReviewQuery {
        let state = match self {
            ReviewStatus::Held => ReviewState::Held,
            ReviewStatus::Flagged | ReviewStatus::Published => ReviewState::Published,
            ReviewStatus::Hidden => ReviewState::Hidden,
        };
        ReviewQuery { state: Some(state), flagged: matches!(self, ReviewStatus::Flagged) }
    }
}

/// Which ones.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListAdminReviews {
    /// Only reviews that stand so.
    #[param(inline)]
    status: Option<ReviewStatus>,
    /// Items on a page, 1 to 100; 20 by default.
    limit: Option<i64>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// Whether to count all.
    count: Option<bool>,
}

/// Reviews in your place to decide on, the latest month first. Who wrote them is nobody's to see.
#[utoipa::path(tag = "moderation", params(ListAdminReviews), responses((status = 200, description = "A page of reviews", body = Page<ModeratedReview>)))]
#[get("/v1/admin/reviews")]
pub(super) async fn list_admin_reviews(
    permit: Permit<op::ListAdminReviews>,
    Query(query): Query<ListAdminReviews>,
) -> Result<HttpResponse, Problem> {
    let actor = permit.actor()?;
    let window = permit.window(query.limit, query.cursor.as_deref(), query.count)?;
    let wanted = query.status.map_or(ReviewQuery::default(), ReviewStatus::query);
    let reviews = permit.read(move |conn| review::list_moderated(conn, &actor, wanted, &window)).await?;
    permit.page(reviews)
}
