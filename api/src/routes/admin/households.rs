//! `/v1/admin/households`

use actix_web::{HttpResponse, get, patch, post};
use xinwu_domain::access::op;
use xinwu_domain::household::{Household, HouseholdEdit, NewHousehold};
use xinwu_domain::kind::Kind;
use xinwu_domain::phone::Phone;
use xinwu_domain::proposal::Proposal;
use xinwu_persistence::people::residence;
use xinwu_persistence::registers::authorized::Authorized;
use xinwu_persistence::registers::household;
use xinwu_store::Conn;

use crate::extract::{Form, Json, Path};
use crate::permit::Permit;
use crate::problem::Problem;
use crate::routes::Routes;
use crate::secrets::Secrets;

mod list;

pub(super) fn configure(config: &mut Routes) {
    config.service(list::list_households);
    config.service(add_household);
    config.service(get_household);
    config.service(edit_household);
    config.service(confirm_household);
}

/// Adds a household to an estate in your jurisdiction. One more than the estate declares waits for
/// an official with the power to confirm, if you are none.
#[utoipa::path(request_body = NewHousehold, responses((status = 201, description = "The new household", body = Household)))]
#[post("/v1/admin/households")]
async fn add_household(
    permit: Permit<op::AddHousehold>,
    body: Form<NewHousehold>,
) -> Result<HttpResponse, Problem> {
    // What breaks a rule is refused anyway, and tells of no number on how many rosters it stands.
    let phones: &[Phone] = if body.is_broken() { &[] } else { &body.value().phones };
    let phone_hashes = hashed(&permit.state().secrets, phones);
    let location = |household: &Household| format!("/v1/admin/households/{}", household.id);
    permit.add(body, location, move |tx, warrant, new| household::add(tx, warrant, new, &phone_hashes)).await
}

/// Changes a household of an estate in your jurisdiction. At another address it is another
/// dwelling, of which its residents rate from the next month, unless it had that address as this
/// month began. Where somebody verified lives it takes a second official and a `reason`, which its
/// residents are told. Needs `If-Match`.
#[utoipa::path(
    params(("id" = String, Path, description = "The household's id")),
    request_body = HouseholdEdit,
    responses(
        (status = 200, description = "The household", body = Household),
        (status = 202, description = "It waits for a second person", body = Proposal)
    )
)]
#[patch("/v1/admin/households/{id}")]
async fn edit_household(
    permit: Permit<op::EditHousehold>,
    Path(id): Path<String>,
    body: Form<HouseholdEdit>,
) -> Result<HttpResponse, Problem> {
    let secrets = &permit.state().secrets;
    let is_broken = body.is_broken();
    let with_hashes = |edit: HouseholdEdit| {
        let phones = edit.phones.as_ref().filter(|_| !is_broken);
        let phone_hashes = phones.map(|phones| hashed(secrets, phones));
        (edit, phone_hashes)
    };
    permit.change_or_propose(id, body.map(with_hashes), residence::edit_household).await
}

fn hashed(secrets: &Secrets, phones: &[Phone]) -> Vec<String> {
    phones.iter().map(|phone| secrets.phone_hash(phone.digits())).collect()
}

/// Confirms a household that waits because its estate's register is full: it is a dwelling from now
/// on. Needs the power to confirm, and `If-Match`.
#[utoipa::path(
    params(("id" = String, Path, description = "The household's id")),
    responses((status = 200, description = "The household", body = Household))
)]
#[post("/v1/admin/households/{id}/confirm")]
async fn confirm_household(
    permit: Permit<op::ConfirmHousehold>,
    Path(id): Path<String>,
) -> Result<HttpResponse, Problem> {
    permit.step(id, Json::nothing(), household::confirm).await
}

/// One household of the register. Its phones are never
/// shown.
#[utoipa::path(
    params(("id" = String, Path, description = "The household's id")),
    responses((status = 200, description = "The household", body = Household))
)]
#[get("/v1/admin/households/{id}")]
async fn get_household(
    permit: Permit<op::GetHousehold>,
    Path(id): Path<String>,
) -> Result<HttpResponse, Problem> {
    let read = |conn: &mut Conn, row: Authorized<household::Row>| household::get(conn, &row.id);
    let answer = permit.read_one(id.clone(), read).await?;
    permit.note_reading(Kind::Household, &id, 1).await?;
    Ok(answer)
}
