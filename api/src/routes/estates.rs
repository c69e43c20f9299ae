//! `/v1/estates`

use actix_web::{HttpResponse, get};
use serde::Deserialize;
use utoipa::IntoParams;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::entity::Entity;
use xinwu_domain::estate::EstatePage;
use xinwu_domain::household::{Dwelling, normal_building};
use xinwu_domain::metric::{MetricSubject, MetricSubjectKind, PublicMetric};
use xinwu_domain::typed;
use xinwu_persistence::registers::{estate, household};

use crate::cache::Tag;
use crate::extract::{Path, Query};
use crate::permit::{Page, Permit};
use crate::problem::Problem;
use crate::routes::Routes;
use crate::routes::metrics::{ListFigures, figures_of};

mod list;

pub(super) fn configure(config: &mut Routes) {
    config.service(list::list_estates);
    config.service(get_estate);
    config.service(list_dwellings);
    config.service(list_estate_metrics);
}

/// Which dwellings.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListDwellings {
    /// Only this building, however it is written.
    #[validate(length(min = 1, max = 100))]
    #[param(example = "1")]
    building: Option<String>,
    /// Items on a page, 1 to 100; 20 by default.
    limit: Option<i64>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// Whether to count all.
    count: Option<bool>,
}

/// The buildings, units and rooms of an estate, by which residents name their dwelling as the
/// register does. Nothing is said of who lives there.
#[utoipa::path(
    params(
        ("code" = String, Path, description = "The estate's code", example = "210202001006-001"),
        ListDwellings
    ),
    responses((status = 200, description = "A page of dwellings", body = Page<Dwelling>))
)]
#[get("/v1/estates/{code}/dwellings")]
async fn list_dwellings(
    permit: Permit<op::ListDwellings>,
    Path(code): Path<String>,
    Query(query): Query<ListDwellings>,
) -> Result<HttpResponse, Problem> {
    let window = permit.window(query.limit, query.cursor.as_deref(), query.count)?;
    let (code, building) = (typed::code(&code), query.building.as_deref().map(normal_building));
    let dwellings =
        permit.read(move |conn| household::dwellings(conn, &code, building.as_deref(), &window)).await?;
    permit.page(dwellings)
}

/// An estate’s own public figures, those of the latest period first, each with the values that it
/// had before it was corrected.
#[utoipa::path(
    params(("code" = String, Path, description = "The estate's code", example = "210202001006-001"), ListFigures),
    responses((status = 200, description = "A page of figures", body = Page<PublicMetric>))
)]
#[get("/v1/estates/{code}/metrics")]
async fn list_estate_metrics(
    permit: Permit<op::ListEstateMetrics>,
    Path(code): Path<String>,
    Query(query): Query<ListFigures>,
) -> Result<HttpResponse, Problem> {
    let subject = MetricSubject::new(MetricSubjectKind::Estate, typed::code(&code));
    figures_of(&permit, (subject, Tag::Any(Entity::Metric)), query).await
}

/// One estate: where it is, who serves it now, who did.
#[utoipa::path(
    params(("code" = String, Path, description = "The estate's code", example = "210202001006-001")),
    responses((status = 200, description = "The estate", body = EstatePage))
)]
#[get("/v1/estates/{code}")]
async fn get_estate(
    permit: Permit<op::GetEstate>,
    Path(code): Path<String>,
) -> Result<HttpResponse, Problem> {
    let (code, context) = (typed::code(&code), permit.context());
    let tags = vec![Tag::One(Entity::Estate, code.clone()), Tag::Any(Entity::Place)];
    permit.cached(tags, move |conn| estate::page(conn, &code, &context)).await
}
