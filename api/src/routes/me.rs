//! `/v1/me`: one's own account.

use actix_web::{HttpResponse, delete, get};
use std::sync::Arc;
use xinwu_domain::access::op;
use xinwu_domain::account::{Export, Me};
use xinwu_domain::home::{Home, OwnDwelling};
use xinwu_domain::phone::Phone;
use xinwu_domain::text::shown_in;
use xinwu_persistence::lookup::home::{self, OwnHome};
use xinwu_persistence::operations::{account_deletion, own_data};
use xinwu_persistence::people::account::own;
use xinwu_store::Result as StoreResult;

use crate::cache::Item;
use crate::permit::{Permit, UNVERSIONED, render};
use crate::problem::Problem;
use crate::routes::Routes;
use crate::routes::firms::cards::Cards;
use crate::secrets::Secrets;

mod cases;
mod edit;
mod follows;
mod notices;
mod phone;
mod ratings;
mod residences;
mod totp;

pub(super) fn configure(config: &mut Routes) {
    config.configure(ratings::configure);
    config.configure(residences::configure);
    config.configure(cases::configure);
    config.configure(notices::configure);
    config.configure(follows::configure);
    config.configure(totp::configure);
    config.service(delete_me);
    config.service(edit::edit_me);
    config.service(export_me);
    config.service(get_me);
    config.service(get_home);
    config.service(phone::put_phone);
}

/// The phone of one's own account, decrypted.
fn phone(secrets: &Secrets, account_id: &str, encrypted: Option<&[u8]>) -> Result<Option<Phone>, Problem> {
    let Some(encrypted) = encrypted else { return Ok(None) };
    let digits = secrets.decrypt(account_id, encrypted).map_err(Problem::internal)?;
    let digits = std::str::from_utf8(&digits).map_err(Problem::internal)?;
    Phone::parse(digits).map(Some).map_err(Problem::internal)
}

/// Deletes your account: the phone is erased, sessions and dwellings end. Ratings whose stars still
/// wait are taken back; what is published or held stays. If the phone had been changed, a keyed
/// hash of it is kept until the ratings of its time are forgotten, so that nobody rates twice.
#[utoipa::path(responses((status = 204, description = "The account is gone")))]
#[delete("/v1/me")]
async fn delete_me(permit: Permit<op::DeleteMe>) -> Result<HttpResponse, Problem> {
    let (id, expected) = (permit.warrant()?.account_id().to_owned(), permit.expected_if_any()?);
    let keys = permit.state().month_keys();
    permit.write(move |tx| account_deletion::delete(tx, &keys, &id, expected.as_ref())).await?;
    Ok(permit.nothing())
}

/// Everything that is stored about you and can still be told to be yours: account, sessions,
/// dwellings, ratings with comments, flags.
#[utoipa::path(responses((status = 200, description = "All of it", body = Export)))]
#[get("/v1/me/export")]
async fn export_me(permit: Permit<op::ExportMe>) -> Result<HttpResponse, Problem> {
    let (id, reader) = (permit.warrant()?.account_id().to_owned(), permit.own_reader());
    let wanted = id.clone();
    let mut own = permit.read(move |conn| own_data::export(conn, &reader, &wanted)).await?;
    let phone = phone(&permit.state().secrets, &id, own.phone_encrypted.as_deref())?;
    own.view.account.phone = phone.map(|phone| phone.digits().to_owned());
    permit.object(own.version, &own.view)
}

/// Your own account.
#[utoipa::path(responses((status = 200, description = "The account", body = Me)))]
#[get("/v1/me")]
async fn get_me(permit: Permit<op::GetMe>) -> Result<HttpResponse, Problem> {
    let id = permit.warrant()?.account_id().to_owned();
    let wanted = id.clone();
    let mut own = permit.read(move |conn| own::get(conn, &wanted)).await?;
    let phone = phone(&permit.state().secrets, &id, own.phone_encrypted.as_deref())?;
    own.view.phone = phone.as_ref().map(Phone::masked);
    permit.object(own.version, &own.view)
}

/// A resident's first screen in one round trip: own dwellings, each with today's project, the
/// firm's card and this month's rating; claims under way; notices that are not read; cases that
/// have not ended. Whether this month is rated is told of one's own rating alone; that somebody
/// else of the dwelling has rated is told to who tries.
#[utoipa::path(responses((status = 200, description = "The first screen", body = Home)))]
#[get("/v1/me/home")]
async fn get_home(permit: Permit<op::GetHome>) -> Result<HttpResponse, Problem> {
    let (warrant, reader, cards) = (permit.warrant()?, permit.own_reader(), Cards::new(&permit));
    let language = permit.language();
    let text = permit
        .read(move |conn| {
            let home = home::get(conn, &reader, warrant.account_id())?;
            let usccs: Vec<Arc<str>> = home.dwellings.iter().filter_map(firm_of).collect();
            let kept = cards.kept(&usccs);
            let items = cards.read(conn, &usccs, kept)?;
            shown_in(language, || written(&home, &items))
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
    let (claims, notices, cases) = (render(&home.claims)?, render(&home.notices)?, render(&home.cases)?);
    let dwellings = dwellings.join(",");
    Ok(format!("{{\"dwellings\":[{dwellings}],\"claims\":{claims},\"notices\":{notices},\"cases\":{cases}}}"))
}
