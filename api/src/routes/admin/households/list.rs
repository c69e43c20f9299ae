//! `GET /v1/admin/households`

use actix_web::{HttpResponse, get};
use serde::Deserialize;
use utoipa::IntoParams;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::household::Household;
use xinwu_domain::kind::Kind;
use xinwu_domain::refusal::Refusal;
use xinwu_domain::text::Text;
use xinwu_domain::typed;
use xinwu_persistence::registers::household::{self, HouseholdQuery};

use crate::extract::Query;
use crate::permit::{Page, Permit};
use crate::problem::{Problem, ProblemBody};

/// Which households.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListHouseholds {
    /// The code of the estate. Of those that wait it may be left out.
    #[validate(length(min = 1, max = 32))]
    #[param(example = "210202001006-001")]
    #[serde(default, deserialize_with = "xinwu_domain::rules::typed_code_if_any")]
    estate: Option<String>,
    /// Only this building.
    #[validate(length(min = 1, max = 20))]
    building: Option<String>,
    /// `true` for those that wait for confirmation, being more than the estate declares; else the
    /// dwellings.
    waiting: Option<bool>,
    /// Items on a page, 1 to 100; 20 by default.
    limit: Option<i64>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// Whether to count all.
    count: Option<bool>,
}

/// The households of an estate in your jurisdiction, by building, unit and room; those that wait
/// also of all estates of your place.
#[utoipa::path(
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
    let (warrant, today) = (permit.warrant()?, permit.today());
    let window = permit.window(query.limit, query.cursor.as_deref(), query.count)?;
    let building = query.building.as_deref().map(xinwu_domain::household::normal_building);
    let waiting = query.waiting.unwrap_or_default();
    let estate = query.estate.map(|estate| typed::code(&estate));
    if estate.is_none() && !waiting {
        let text = Text::new("请指定小区", "Name the estate");
        return Err(Refusal::bad_parameter("estate", "required", text).into());
    }
    let wanted = HouseholdQuery { estate, building, waiting };
    let about = match &wanted.estate {
        Some(estate) => (Kind::Estate, estate.clone()),
        None => (Kind::Place, warrant.own_place()?.to_owned()),
    };
    let households =
        permit.read(move |conn| household::list(conn, &warrant, &wanted, &window, today)).await?;
    permit.note_reading(about.0, &about.1, households.items.len()).await?;
    permit.page(households)
}
