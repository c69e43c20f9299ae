//! `GET /v1/firms/{uscc}/reviews`

use actix_web::{HttpResponse, get};
use xinwu_domain::access::op;
use xinwu_domain::entity::Entity;
use xinwu_domain::review::Review;
use xinwu_persistence::ratings::review::{self, Of};

use crate::cache::Tag;
use crate::extract::{FirmCode, Path, Query};
use crate::permit::{Page, PageQuery, Permit};
use crate::problem::Problem;
use crate::routes::reviews::tags;

/// Comments that came out, with the firm's replies, raters unnamed: the latest month first, in no
/// order of time within it. Of one that officials hid, the rule under which they did.
#[utoipa::path(
    params(("uscc" = String, Path, description = "Unified social credit code", example = "91219900MA0D00000P"), PageQuery),
    responses((status = 200, description = "A page of reviews", body = Page<Review>))
)]
#[get("/v1/firms/{uscc}/reviews")]
pub(super) async fn list_firm_reviews(
    permit: Permit<op::ListFirmReviews>,
    Path(FirmCode(uscc)): Path<FirmCode>,
    Query(query): Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let window = permit.window_of(&query)?;
    let language = permit.language();
    permit
        .cached_page(move |conn| {
            let of = Tag::One(Entity::Firm, uscc.clone());
            let listed = review::list(conn, &Of::Firm(uscc), &window, language)?;
            let tags = tags(&listed.items, of);
            Ok((listed, tags))
        })
        .await
}
