//! `GET /v1/firms/{uscc}/eligibility`

use actix_web::{HttpResponse, get};
use serde::Deserialize;
use utoipa::IntoParams;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::comparison::Eligibility;
use xinwu_domain::uscc::Uscc;
use xinwu_persistence::lookup::comparison;

use crate::extract::{Path, Query};
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
    place: Option<String>,
}

/// Whether a firm may take on new projects at a place, by the schemes that rule there, with the
/// reasons.
#[utoipa::path(
    tag = "comparison",
    params(("uscc" = String, Path, description = "Unified social credit code", example = "91210200241281392F"), GetFirmEligibility),
    responses((status = 200, description = "Allowed, restricted or barred", body = Eligibility))
)]
#[get("/v1/firms/{uscc}/eligibility")]
pub(super) async fn get_firm_eligibility(
    permit: Permit<op::GetFirmEligibility>,
    Path(uscc): Path<String>,
    Query(query): Query<GetFirmEligibility>,
) -> Result<HttpResponse, Problem> {
    let uscc =
        Uscc::parse_known(&uscc).map_err(|_| xinwu_domain::refusal::Refusal::NotFound { what: "firm" })?;
    let context = permit.context();
    let (view, version) = permit
        .read(move |conn| comparison::eligibility(conn, uscc.as_str(), query.place.as_deref(), &context))
        .await?;
    permit.object(version, &view)
}
