//! `POST /v1/me/residences`

use actix_web::{HttpResponse, post};
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::household::Dwelling;
use xinwu_domain::residence::Residence;
use xinwu_domain::typed;
use xinwu_persistence::people::residence;

use crate::extract::Json;
use crate::permit::{Permit, Posted};
use crate::problem::Problem;

/// A dwelling that one says to live in.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"estate": "210202001006-001", "building": "3", "unit": "2", "room": "501"}))]
pub struct ClaimResidence {
    /// The estate's code.
    #[validate(length(min = 1, max = 64))]
    #[serde(deserialize_with = "crate::rules::typed_code")]
    estate: String,
    /// The building.
    building: String,
    /// The unit (entrance); left out where buildings have none.
    #[serde(default)]
    unit: String,
    /// The room.
    room: String,
}

/// Claims a dwelling: verified at once when the roster has your phone for it, else pending for the
/// community.
#[utoipa::path(tag = "me", request_body = ClaimResidence, responses((status = 201, description = "The claim", body = Residence)))]
#[post("/v1/me/residences")]
pub(super) async fn claim_residence(
    permit: Permit<op::ClaimResidence>,
    body: Json<ClaimResidence>,
) -> Result<HttpResponse, Problem> {
    let Json { value, fingerprint } = body;
    let dwelling = Dwelling::read(&value.building, &value.unit, &value.room)?;
    let estate = typed::code(&value.estate);
    permit
        .post(&fingerprint, move |tx, warrant| {
            let (claim, version) = residence::claim(tx, warrant, &estate, &dwelling)?;
            Posted::created(format!("/v1/me/residences/{}", claim.id), version, &claim)
        })
        .await
}
