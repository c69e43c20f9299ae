//! `GET /v1/firms/{uscc}`

use actix_web::{HttpResponse, get};
use xinwu_domain::access::op;
use xinwu_domain::entity::Entity;
use xinwu_domain::firm::FirmCard;
use xinwu_persistence::lookup::firm_card;

use crate::cache::Tag;
use crate::extract::{FirmCode, Path};
use crate::permit::Permit;
use crate::problem::Problem;

/// A firm's card: grade, service score, counts of rewards and penalties at a glance.
#[utoipa::path(
    tag = "firms",
    params(("uscc" = String, Path, description = "Unified social credit code; lower case and full-width forms are understood", example = "91219900MA0D00000P")),
    responses((status = 200, description = "The card", body = FirmCard))
)]
#[get("/v1/firms/{uscc}")]
pub(super) async fn get_firm(
    permit: Permit<op::GetFirm>,
    Path(FirmCode(uscc)): Path<FirmCode>,
) -> Result<HttpResponse, Problem> {
    let context = permit.context();
    let same = uscc.clone();
    // The card says when figures are published; in a list it does not.
    let tags = tags(&uscc).into_iter().chain([Tag::figures()]).collect();
    permit
        .cached_single_statement(
            tags,
            move |conn| firm_card::card_single_statement(conn, &uscc, &context),
            move |conn| firm_card::card(conn, &same, &context),
        )
        .await
}

/// What a card shows, alone or in a list.
pub(super) fn tags(uscc: &str) -> Vec<Tag> {
    vec![Tag::One(Entity::Firm, uscc.to_owned()), Tag::Any(Entity::Place)]
}
