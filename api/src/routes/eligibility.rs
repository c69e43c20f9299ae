//! `GET /v1/eligibility`

use actix_web::{HttpResponse, get};
use serde::Deserialize;
use utoipa::IntoParams;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::comparison::{Eligibilities, MOST_ASKED, read_firms};
use xinwu_persistence::lookup::comparison::{self, TenderQuestion};

use crate::extract::Query;
use crate::permit::{Permit, UNVERSIONED};
use crate::problem::Problem;
use crate::routes::Routes;
use crate::routes::evaluations::instant_of;

/// Which firms, where, and when.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListEligibility {
    /// 1 to 100 unified social credit codes between commas.
    #[validate(length(max = 4000))]
    #[param(example = "91219900MA0D00000P,91219900MA0D00001T")]
    firms: String,
    /// A place of any level; the city by default.
    #[validate(length(max = 32))]
    #[param(example = "210202")]
    #[serde(default, deserialize_with = "xinwu_domain::rules::typed_code_if_any")]
    place: Option<String>,
    /// The instant (RFC 3339), or the day whose end, that is asked about; now when left out. It is
    /// told by what was known then, and by the rules in force then.
    #[validate(length(max = 40))]
    #[param(example = "2026-11-21")]
    as_of: Option<String>,
}

/// The tender question: whether each of these firms may take on new projects at a place, with the
/// reasons, in the order asked for.
#[utoipa::path(params(ListEligibility), responses((status = 200, description = "Each firm", body = Eligibilities)))]
#[get("/v1/eligibility")]
async fn list_eligibility(
    permit: Permit<op::ListEligibility>,
    Query(query): Query<ListEligibility>,
) -> Result<HttpResponse, Problem> {
    let firms = read_firms(&query.firms, MOST_ASKED)?;
    let context = permit.context();
    let as_of = instant_of("as_of", query.as_of.as_deref(), &context)?;
    let rulebooks = permit.state().rulebooks().await?;
    let view = permit
        .read(move |conn| {
            let place = query.place.as_deref();
            let question = TenderQuestion { place, as_of, rulebooks: &rulebooks, context };
            comparison::eligibilities(conn, &firms, &question)
        })
        .await?;
    permit.object(UNVERSIONED, &view)
}

pub(super) fn configure(config: &mut Routes) {
    config.service(list_eligibility);
}
