//! `GET /v1/admin/households`

use actix_web::{HttpResponse, get};
use serde::Deserialize;
use utoipa::IntoParams;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::household::Household;
use xinwu_persistence::household::{self, HouseholdQuery};

use crate::extract::Query;
use crate::permit::{Page, Permit};
use crate::problem::{Problem, ProblemBody};

/// Which households.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListHouseholds {
    /// The code of the estate.
    #[validate(length(min = 1, max = 32))]
    #[param(example = "210202001002-001")]
    estate: String,
    /// Only this building.
    #[validate(length(min = 1, max = 20))]
    building: Option<String>,
    /// Items on a page, 1 to 100; 20 by default.
    limit: Option<i64>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// Whether to count all.
    count: Option<bool>,
}

/// The households of an estate of yours, by building, unit and room.
#[utoipa::path(
    tag = "registers",
    params(ListHouseholds),
    responses(
        (status = 200, description = "A page of households", body = Page<Household>),
        (status = 404, description = "There is no such estate, or it is not yours to know of", body = ProblemBody, content_type = "application/problem+json")
    )
)]
#[get("/v1/admin/households")]
pub(super) async fn list_households(
    permit: Permit<op::ListHouseholds>,
    Query(query): Query<ListHouseholds>,
) -> Result<HttpResponse, Problem> {
    let actor = permit.actor()?;
    let window = permit.window(query.limit, query.cursor.as_deref(), query.count)?;
    let building = query.building.as_deref().map(xinwu_domain::household::normal_building);
    let wanted = HouseholdQuery { estate: query.estate.to_ascii_uppercase(), building };
    let households = permit.read(move |conn| household::list(conn, &actor, &wanted, &window)).await?;
    permit.page(households)
}
