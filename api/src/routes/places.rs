//! `/v1/places`

use actix_web::{HttpResponse, get};
use serde::Deserialize;
use utoipa::IntoParams;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::entity::Entity;
use xinwu_domain::place::{Place, PlaceLevel};
use xinwu_persistence::lookup::place_list::{self, PlaceQuery};
use xinwu_persistence::registers::place;

use crate::cache::Tag;
use crate::extract::{Path, PlaceCode, Query};
use crate::permit::{Page, Permit};
use crate::problem::Problem;
use crate::routes::Routes;
use crate::rules::search_text;

pub(super) fn configure(config: &mut Routes) {
    config.service(list_places);
    config.service(get_place);
}

/// One place.
#[utoipa::path(
    params(("code" = String, Path, description = "Division code", example = "210202")),
    responses((status = 200, description = "The place", body = Place))
)]
#[get("/v1/places/{code}")]
async fn get_place(
    permit: Permit<op::GetPlace>,
    Path(PlaceCode(code)): Path<PlaceCode>,
) -> Result<HttpResponse, Problem> {
    permit.cached(vec![Tag::Any(Entity::Place)], move |conn| place::get(conn, &code)).await
}

/// Which places.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListPlaces {
    /// Part of a name or of another name, in characters, pinyin, initials or a mixture of them; or
    /// part of a code.
    #[validate(length(min = 1, max = 200))]
    #[param(example = "马栏")]
    q: Option<String>,
    /// Only this level.
    level: Option<PlaceLevel>,
    /// Only what is directly below this place.
    #[validate(length(max = 32))]
    #[serde(default, deserialize_with = "xinwu_domain::rules::typed_code_if_any")]
    parent: Option<String>,
    /// Items on a page, 1 to 100; 20 by default.
    limit: Option<i64>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// Whether to count all.
    count: Option<bool>,
}

/// The tree of places: the city, its districts, streets and communities, by code.
#[utoipa::path(params(ListPlaces), responses((status = 200, description = "A page of places", body = Page<Place>)))]
#[get("/v1/places")]
async fn list_places(
    permit: Permit<op::ListPlaces>,
    Query(query): Query<ListPlaces>,
) -> Result<HttpResponse, Problem> {
    let window = permit.window(query.limit, query.cursor.as_deref(), query.count)?;
    let q = query.q.as_deref().map(search_text).transpose()?;
    let wanted = PlaceQuery { q, level: query.level, parent: query.parent };
    let search = permit.state().search().await?;
    let places = permit.read(move |conn| place_list::list(conn, &search, &wanted, &window)).await?;
    permit.page(places)
}
