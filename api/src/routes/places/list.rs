//! `GET /v1/places`

use actix_web::{HttpResponse, get};
use serde::Deserialize;
use utoipa::IntoParams;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::place::{Place, PlaceLevel};
use xinwu_persistence::lookup::place_list::{self, PlaceQuery};

use crate::extract::Query;
use crate::permit::{Page, Permit};
use crate::problem::Problem;
use crate::rules::search_text;

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
    #[serde(default, deserialize_with = "crate::rules::typed_code_if_any")]
    parent: Option<String>,
    /// Items on a page, 1 to 100; 20 by default.
    limit: Option<i64>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// Whether to count all.
    count: Option<bool>,
}

/// The tree of places: the city, its districts, streets and communities, by code.
#[utoipa::path(tag = "places", params(ListPlaces), responses((status = 200, description = "A page of places", body = Page<Place>)))]
#[get("/v1/places")]
pub(super) async fn list_places(
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
