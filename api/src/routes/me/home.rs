//! `GET /v1/me/home`

use std::sync::Arc;

use actix_web::{HttpResponse, get};
use xinwu_domain::access::op;
use xinwu_domain::home::{Home, OwnDwelling};
use xinwu_persistence::lookup::home::{self, OwnHome};
use xinwu_store::Result as StoreResult;

use crate::cache::Item;
use crate::permit::{Permit, UNVERSIONED, render};
use crate::problem::Problem;
use crate::routes::firms::cards::Cards;

/// A resident's first screen in one round trip: own dwellings, each with today's project, the
/// firm's card and this month's rating; claims under way; notices that are not read. Whether this
/// month is rated is told of one's own rating alone; that somebody else of the dwelling has rated
/// is told to who tries.
#[utoipa::path(tag = "me", responses((status = 200, description = "The first screen", body = Home)))]
#[get("/v1/me/home")]
pub(super) async fn get_home(permit: Permit<op::GetHome>) -> Result<HttpResponse, Problem> {
    let (warrant, reader, cards) = (permit.warrant()?, permit.own_reader(), Cards::new(&permit));
    let text = permit
        .read(move |conn| {
            let home = home::get(conn, &reader, warrant.account_id())?;
            let usccs: Vec<Arc<str>> = home.dwellings.iter().filter_map(firm_of).collect();
            let kept = cards.kept(&usccs);
            let items = cards.read(conn, &usccs, kept)?;
            written(&home, &items)
        })
        .await?;
    Ok(permit.json_response(UNVERSIONED, text))
}

/// The firm that serves a dwelling.
fn firm_of(dwelling: &OwnDwelling) -> Option<Arc<str>> {
    dwelling.project.as_ref()?.firm.as_ref().map(|firm| firm.uscc.as_str().into())
}

/// A [`Home`] as JSON, with the cards of its dwellings' firms, which are written already, in the
/// order of the dwellings that have one.
fn written(home: &OwnHome, cards: &[Option<Item>]) -> StoreResult<String> {
    let mut cards = cards.iter();
    let mut dwellings = Vec::with_capacity(home.dwellings.len());
    for dwelling in &home.dwellings {
        let card = firm_of(dwelling).and_then(|_| cards.next()?.as_ref());
        let card = card.map_or("null", |card| &*card.json);
        let own = render(dwelling)?;
        let open = own.strip_suffix('}').unwrap_or(&own);
        dwellings.push(format!("{open},\"firm\":{card}}}"));
    }
    let (claims, notices) = (render(&home.claims)?, render(&home.notices)?);
    Ok(format!("{{\"dwellings\":[{}],\"claims\":{claims},\"notices\":{notices}}}", dwellings.join(",")))
}
