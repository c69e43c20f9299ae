//! `POST /v1/admin/residences/{id}/end`

use actix_web::{HttpResponse, post};
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::residence::ResidenceClaim;
use xinwu_persistence::ratings::residence_end::{self, Ended};
use xinwu_persistence::registers::authorized::hold;

use super::opened;
use crate::extract::{Json, Path};
use crate::permit::{Permit, Posted};
use crate::problem::Problem;

/// Why a residence ends.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "经上门核实，已搬离该小区"}))]
pub struct EndAdminResidence {
    /// The reason, at most 500 characters. The resident reads it.
    #[validate(length(min = 1, max = 500), custom(function = "crate::rules::long_text"))]
    reason: String,
}

/// Ends a verified residence, with the reason that the resident is told. What was rated stays.
/// While a burst of one of the estate's projects is held it takes two: the first call asks, and
/// another official with the power to confirm ends it. Needs `If-Match`.
#[utoipa::path(
    tag = "moderation",
    params(("id" = String, Path, description = "The residence")),
    request_body = EndAdminResidence,
    responses(
        (status = 200, description = "The residence, ended", body = ResidenceClaim),
        (status = 202, description = "The residence; a second official must end it", body = ResidenceClaim)
    )
)]
#[post("/v1/admin/residences/{id}/end")]
pub(super) async fn end_admin_residence(
    permit: Permit<op::EndAdminResidence>,
    Path(id): Path<String>,
    body: Json<EndAdminResidence>,
) -> Result<HttpResponse, Problem> {
    let (state, expected, today) =
        (std::sync::Arc::clone(permit.state()), permit.expected()?, permit.today());
    let Json { value, fingerprint } = body;
    permit
        .post(&fingerprint, move |tx, warrant| {
            let row = hold(tx, warrant, &id, &expected, today)?;
            let (keys, reason) = (state.month_keys(), &value.reason);
            let (claim, version, ended) = residence_end::end_by_official(tx, &keys, warrant, &row, reason)?;
            let claim = opened(state.secrets(), claim);
            match ended {
                Ended::Done => Posted::done(version, &claim),
                Ended::Asked => Posted::accepted(format!("/v1/admin/residences/{id}"), &claim),
            }
        })
        .await
}
