//! `/v1/places`

use actix_web::{HttpResponse, get};
use serde::Deserialize;
use utoipa::IntoParams;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::case::figures::CaseFigures;
use xinwu_domain::entity::Entity;
use xinwu_domain::metric::{MetricSubject, MetricSubjectKind, PublicMetric};
use xinwu_domain::place::{Place, PlaceLevel};
use xinwu_persistence::lookup::place_list::{self, PlaceQuery};
use xinwu_persistence::registers::place;
use xinwu_persistence::service::case::figures;

use crate::cache::Tag;
use crate::extract::{Path, PlaceCode, Query};
use crate::permit::{Page, Permit, UNVERSIONED};
use crate::problem::Problem;
use crate::routes::Routes;
use crate::routes::firms::cases::GetCaseFigures;
use crate::routes::metrics::{ListFigures, figures_of};
use crate::rules::{search_text, span};

pub(super) fn configure(config: &mut Routes) {
    config.service(list_places);
    config.service(get_place);
    config.service(get_place_cases);
    config.service(list_place_metrics);
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

/// What is published of the cases of a place's projects, together and month by month. Null with the
/// reason `waiting` where nothing is published: sums come out once they are of at least five
/// households of one project together.
#[utoipa::path(
    params(("code" = String, Path, description = "Division code", example = "210202"), GetCaseFigures),
    responses((status = 200, description = "The sums", body = CaseFigures))
)]
#[get("/v1/places/{code}/cases")]
async fn get_place_cases(
    permit: Permit<op::GetPlaceCases>,
    Path(PlaceCode(code)): Path<PlaceCode>,
    Query(query): Query<GetCaseFigures>,
) -> Result<HttpResponse, Problem> {
    let context = permit.context();
    let span = span(query.from, query.to, context.month())?;
    // Which projects lie in it, and what was published of them.
    let kinds = [Entity::Place, Entity::Estate, Entity::Project];
    let tags = kinds.map(Tag::Any).into_iter().chain([Tag::figures()]).collect();
    permit.cached(tags, move |conn| Ok((figures::of_place(conn, &code, span, &context)?, UNVERSIONED))).await
}

/// A place’s own public figures, those of the latest period first, each with the values that it had
/// before it was corrected.
#[utoipa::path(
    params(("code" = String, Path, description = "Division code", example = "210202"), ListFigures),
    responses((status = 200, description = "A page of figures", body = Page<PublicMetric>))
)]
#[get("/v1/places/{code}/metrics")]
async fn list_place_metrics(
    permit: Permit<op::ListPlaceMetrics>,
    Path(PlaceCode(code)): Path<PlaceCode>,
    Query(query): Query<ListFigures>,
) -> Result<HttpResponse, Problem> {
    let subject = MetricSubject::new(MetricSubjectKind::Place, code);
    figures_of(&permit, (subject, Tag::Any(Entity::Metric)), query).await
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
