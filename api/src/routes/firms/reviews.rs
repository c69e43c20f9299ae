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
use xinwu_persistence::review;

use crate::extract::{Path, Query};
use crate::permit::{Page, Permit};
use crate::problem::Problem;
use crate::routes::reviews::tags;

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
    let scope = Scope::Firm(uscc);
    permit
        .cached_page(move |conn| {
            // A review more or fewer changes its firm.
            let listed = review::list(conn, Line::All, &scope, &window, current, k)?;
            let tags = tags(&listed.items, scope);
            Ok((listed, tags))
        })
        .await
}
