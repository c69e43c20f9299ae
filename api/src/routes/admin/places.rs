//! `/v1/admin/places`

use actix_web::{HttpResponse, get, patch, post};
use xinwu_domain::access::op;
use xinwu_domain::place::{NewPlace, Place, PlaceEdit};
use xinwu_domain::proposal::Proposal;
use xinwu_persistence::registers::authorized::Authorized;
use xinwu_persistence::registers::place;

use crate::extract::{Form, Path, PlaceCode};
use crate::permit::Permit;
use crate::problem::Problem;
use crate::routes::Routes;

mod assessments;

pub(super) fn configure(config: &mut Routes) {
    config.configure(assessments::configure);
    config.service(add_place);
    config.service(get_admin_place);
    config.service(edit_place);
}

/// Adds a place below one in your jurisdiction: a functional zone, a new community.
#[utoipa::path(request_body = NewPlace, responses((status = 201, description = "The new place", body = Place)))]
#[post("/v1/admin/places")]
async fn add_place(permit: Permit<op::AddPlace>, body: Form<NewPlace>) -> Result<HttpResponse, Problem> {
    permit.add(body, |place| format!("/v1/places/{}", place.code), place::add).await
}

/// One place of the register.
#[utoipa::path(
    params(("code" = String, Path, description = "Division code", example = "210202")),
    responses((status = 200, description = "The place", body = Place))
)]
#[get("/v1/admin/places/{code}")]
async fn get_admin_place(
    permit: Permit<op::GetAdminPlace>,
    Path(PlaceCode(code)): Path<PlaceCode>,
) -> Result<HttpResponse, Problem> {
    permit.read_one(code, |conn, row: Authorized<place::Row>| place::get(conn, &row.code)).await
}

/// Changes a place in your jurisdiction. Needs `If-Match`.
#[utoipa::path(
    params(("code" = String, Path, description = "Division code", example = "210202")),
    request_body = PlaceEdit,
    responses(
        (status = 200, description = "The place", body = Place),
        (status = 202, description = "It waits for a second person", body = Proposal)
    )
)]
#[patch("/v1/admin/places/{code}")]
async fn edit_place(
    permit: Permit<op::EditPlace>,
    Path(PlaceCode(code)): Path<PlaceCode>,
    body: Form<PlaceEdit>,
) -> Result<HttpResponse, Problem> {
    permit.change_or_propose(code, body, place::edit).await
}
