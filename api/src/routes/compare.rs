//! `GET /v1/compare`

use actix_web::{HttpResponse, get};
use serde::Deserialize;
use utoipa::IntoParams;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::comparison::{Comparison, MOST_COMPARED, read_firms};
use xinwu_domain::entity::Entity;
use xinwu_persistence::lookup::comparison;

use crate::cache::Tag;
use crate::extract::Query;
use crate::permit::Permit;
use crate::problem::Problem;
use crate::routes::Routes;
use crate::routes::evaluations::instant_of;

/// Which firms, and when.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CompareFirms {
    /// 1 to 10 unified social credit codes between commas.
    #[validate(length(max = 400))]
    #[param(example = "91219900MA0D00000P,91219900MA0D00001T")]
    firms: String,
    /// The instant (RFC 3339), or the day whose end, at which the firms are graded; now when left
    /// out.
    #[validate(length(max = 40))]
    #[param(example = "2026-11-21")]
    as_of: Option<String>,
}

/// Firms side by side, in the order asked for: their cards, and the components of their scores by
/// the primary scheme; with `as_of`, their grades and components at an instant of the past.
#[utoipa::path(params(CompareFirms), responses((status = 200, description = "The firms", body = Comparison)))]
#[get("/v1/compare")]
async fn compare_firms(
    permit: Permit<op::CompareFirms>,
    Query(query): Query<CompareFirms>,
) -> Result<HttpResponse, Problem> {
    let firms = read_firms(&query.firms, MOST_COMPARED)?;
    let context = permit.context();
    let as_of = instant_of("as_of", query.as_of.as_deref(), &context)?;
    let tags = firms.iter().map(|firm| Tag::One(Entity::Firm, firm.to_string())).collect();
    let rulebooks = permit.state().rulebooks().await?;
    let compared =
        move |conn: &mut _| Ok((comparison::compare(conn, &rulebooks, &firms, as_of, &context)?, 1));
    // An instant is hardly asked for twice.
    if as_of.is_some() {
        let (view, version) = permit.read(compared).await?;
        return permit.object(version, &view);
    }
    permit.cached(tags, compared).await
}

pub(super) fn configure(config: &mut Routes) {
    config.service(compare_firms);
}
