//! `GET /v1/firms/{uscc}/eligibility`

use actix_web::{HttpResponse, get};
use serde::Deserialize;
use utoipa::IntoParams;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::comparison::Eligibility;
use xinwu_persistence::lookup::comparison;

use crate::extract::{FirmCode, Path, Query};
use crate::permit::Permit;
use crate::problem::Problem;

/// Where.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct GetFirmEligibility {
    /// A place of any level; the city by default.
    #[validate(length(max = 32))]
    #[param(example = "210202")]
    #[serde(default, deserialize_with = "crate::rules::typed_code_if_any")]
    place: Option<String>,
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
    let (view, version) = permit
        .read(move |conn| comparison::eligibility(conn, &uscc, query.place.as_deref(), &context))
        .await?;
    permit.object(version, &view)
}
