//! `GET /v1/firms/{uscc}/trend.svg`

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

/// A firm's grade and score at the end of each of the last twelve months, by the scheme of its
/// card, as a picture that says the same in words (`title`, `desc`). Parameters that begin with
/// `utm_` are ignored.
#[utoipa::path(
    tag = "firms",
    params(("uscc" = String, Path, description = "Unified social credit code", example = "91219900MA0D00000P"), PictureQuery),
    responses((status = 200, description = "The picture", body = String, content_type = "image/svg+xml", example = json!("<svg xmlns=\"http://www.w3.org/2000/svg\"/>")))
)]
#[get("/v1/firms/{uscc}/trend.svg")]
pub(super) async fn get_firm_trend(
    permit: Permit<op::GetFirmTrend>,
    Path(FirmCode(uscc)): Path<FirmCode>,
    _: Picture,
    page: Page,
) -> Result<HttpResponse, Problem> {
    let context = permit.context();
    permit
        .cached_picture(move |conn| {
            let (firm, _) = firm_card::card(conn, &uscc, &context)?;
            let trend = pages::trend_of_firm(conn, &uscc, firm.credit.scheme.as_deref(), &context)?;
            let tags = tags(&uscc).into_iter().chain([Tag::Any(Entity::Scheme), Tag::figures()]).collect();
            Ok((pages::trend_picture(page, &firm, &trend)?, tags))
        })
        .await
}
