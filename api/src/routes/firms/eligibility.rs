//! `GET /v1/firms/{uscc}/eligibility`

use actix_web::{HttpResponse, get};
use serde::Deserialize;
use utoipa::IntoParams;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::comparison::Eligibility;
use xinwu_persistence::lookup::comparison::{self, TenderQuestion};

use crate::extract::{FirmCode, Path, Query};
use crate::permit::Permit;
use crate::problem::Problem;
use crate::routes::evaluations::instant_of;

/// Where, and when.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct GetFirmEligibility {
    /// A place of any level; the city by default.
    #[validate(length(max = 32))]
    #[param(example = "210202")]
    #[serde(default, deserialize_with = "crate::rules::typed_code_if_any")]
    place: Option<String>,
    /// The instant (RFC 3339), or the day whose end, that is asked about; now when left out. It is
    /// told by what was known then, and by the rules in force then.
    #[validate(length(max = 40))]
    #[param(example = "2026-11-21")]
    as_of: Option<String>,
}

/// Whether a firm may take on new projects at a place, by the schemes that rule there, with the
/// reasons.
#[utoipa::path(
    tag = "comparison",
    params(("uscc" = String, Path, description = "Unified social credit code", example = "91219900MA0D00000P"), GetFirmEligibility),
    responses((status = 200, description = "Allowed, restricted or barred", body = Eligibility))
)]
#[get("/v1/firms/{uscc}/eligibility")]
pub(super) async fn get_firm_eligibility(
    permit: Permit<op::GetFirmEligibility>,
    Path(FirmCode(uscc)): Path<FirmCode>,
    Query(query): Query<GetFirmEligibility>,
) -> Result<HttpResponse, Problem> {
    let context = permit.context();
    let as_of = instant_of("as_of", query.as_of.as_deref(), &context)?;
    let rulebooks = permit.state().rulebooks().await?;
    let (view, version) = permit
        .read(move |conn| {
            let place = query.place.as_deref();
            let question = TenderQuestion { place, as_of, rulebooks: &rulebooks, context };
            comparison::eligibility(conn, &uscc, &question)
        })
        .await?;
    permit.object(version, &view)
}
