//! `GET /v1/admin/reviews`

use actix_web::{HttpResponse, get};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::review::{ModeratedText, TextKind, TextState};
use xinwu_persistence::ratings::moderation::{self, TextQuery};

use crate::extract::Query;
use crate::permit::{Page, Permit};
use crate::problem::Problem;

/// Where a text stands, as officials ask for it.
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
    fn query(self) -> TextQuery {
        let state = match self {
            ReviewStatus::Held => TextState::Held,
            ReviewStatus::Flagged | ReviewStatus::Published => TextState::Published,
            ReviewStatus::Hidden => TextState::Hidden,
        };
        let flagged = matches!(self, ReviewStatus::Flagged);
        TextQuery { state: Some(state), flagged, ..TextQuery::default() }
    }
}

/// Which ones.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListAdminReviews {
    /// Only texts of this kind.
    #[param(inline)]
    kind: Option<TextKind>,
    /// Only texts that stand so.
    #[param(inline)]
    status: Option<ReviewStatus>,
    /// Items on a page, 1 to 100; 20 by default.
    limit: Option<i64>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// Whether to count all.
    count: Option<bool>,
}

/// Comments and firms' replies in your place to decide on, the latest month first. Which resident
/// wrote a comment is nobody's to see.
#[utoipa::path(params(ListAdminReviews), responses((status = 200, description = "A page of texts", body = Page<ModeratedText>)))]
#[get("/v1/admin/reviews")]
pub(super) async fn list_admin_reviews(
    permit: Permit<op::ListAdminReviews>,
    Query(query): Query<ListAdminReviews>,
) -> Result<HttpResponse, Problem> {
    let warrant = permit.warrant()?;
    let window = permit.window(query.limit, query.cursor.as_deref(), query.count)?;
    let of_status = query.status.map_or(TextQuery::default(), ReviewStatus::query);
    let wanted = TextQuery { kind: query.kind, ..of_status };
    let reviews =
        permit.read(move |conn| moderation::list_moderated(conn, &warrant, wanted, &window)).await?;
    permit.page(reviews)
}
