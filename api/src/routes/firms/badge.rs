//! `GET /v1/firms/{uscc}/badge.svg`

use actix_web::{HttpResponse, get};
use xinwu_domain::access::op;
use xinwu_domain::entity::Entity;
use xinwu_persistence::lookup::firm_card;

use super::get::tags;
use crate::cache::Tag;
use crate::extract::{FirmCode, Path, Picture, PictureQuery};
use crate::pages::{self, Page};
use crate::permit::Permit;
use crate::problem::Problem;

/// A firm's grade as a small picture, for pages elsewhere: the code and the score, or why there is
/// none. It says the same in words (`title`, `desc`). Parameters that begin with `utm_` are
/// ignored.
#[utoipa::path(
    tag = "firms",
    params(("uscc" = String, Path, description = "Unified social credit code", example = "91219900MA0D00000P"), PictureQuery),
    responses((status = 200, description = "The picture", body = String, content_type = "image/svg+xml", example = json!("<svg xmlns=\"http://www.w3.org/2000/svg\"/>")))
)]
#[get("/v1/firms/{uscc}/badge.svg")]
pub(super) async fn get_firm_badge(
    permit: Permit<op::GetFirmBadge>,
    Path(FirmCode(uscc)): Path<FirmCode>,
    _: Picture,
    page: Page,
) -> Result<HttpResponse, Problem> {
    let (context, rulebooks) = (permit.context(), permit.state().rulebooks().await?);
    permit
        .cached_picture(move |conn| {
            let (firm, _) = firm_card::card(conn, &uscc, &context)?;
            let rulebook = rulebooks.during(conn)?;
            let tags = tags(&uscc).into_iter().chain([Tag::Any(Entity::Scheme)]).collect();
            Ok((pages::badge(conn, page, firm, &rulebook)?, tags))
        })
        .await
}
