//! `GET /v1/places/{code}`

use actix_web::{HttpResponse, get};
use xinwu_domain::access::op;
use xinwu_domain::entity::Entity;
use xinwu_domain::place::Place;
use xinwu_persistence::registers::place;

use crate::cache::Tag;
use crate::extract::{Path, PlaceCode};
use crate::permit::Permit;
use crate::problem::Problem;

/// One place.
#[utoipa::path(
    tag = "places",
    params(("code" = String, Path, description = "Division code", example = "210202")),
    responses((status = 200, description = "The place", body = Place))
)]
#[get("/v1/places/{code}")]
pub(super) async fn get_place(
    permit: Permit<op::GetPlace>,
    Path(PlaceCode(code)): Path<PlaceCode>,
) -> Result<HttpResponse, Problem> {
    permit.cached(vec![Tag::Any(Entity::Place)], move |conn| place::get(conn, &code)).await
}
