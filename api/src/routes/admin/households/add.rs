//! `POST /v1/admin/households`

use actix_web::{HttpResponse, post};
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::household::{Dwelling, Household};
use xinwu_domain::phone::{Phone, Phones};
use xinwu_persistence::registers::household::{self, NewHousehold};

use crate::extract::Json;
use crate::permit::{Permit, Posted};
use crate::problem::Problem;

/// A new household.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"estate": "210202001006-001", "building": "3", "unit": "2", "room": "501", "phones": ["13900000001"]}))]
pub struct AddHousehold {
    /// The code of the estate.
    #[validate(length(min = 1, max = 32))]
    #[serde(deserialize_with = "xinwu_domain::rules::typed_code")]
    estate: String,
    /// The building.
    #[validate(length(max = 100))]
    building: String,
    /// The unit; left out where the building has none.
    #[serde(default)]
    #[validate(length(max = 100))]
    unit: String,
    /// The room.
    #[validate(length(max = 100))]
    room: String,
    /// The phones of those who live there. Kept as keyed hashes, never shown again.
    #[serde(default)]
    #[schema(value_type = Vec<Phone>)]
    phones: Vec<Phones>,
}

/// Adds a household to an estate in your jurisdiction. One more than the estate declares waits for
/// an official with the power to confirm, if you are none.
#[utoipa::path(tag = "registers", request_body = AddHousehold, responses((status = 201, description = "The new household", body = Household)))]
#[post("/v1/admin/households")]
pub(super) async fn add_household(
    permit: Permit<op::AddHousehold>,
    body: Json<AddHousehold>,
) -> Result<HttpResponse, Problem> {
    let Json { value, fingerprint } = body;
    let phones = xinwu_domain::rules::few_phones(value.phones)?;
    let secrets = &permit.state().secrets;
    let new = NewHousehold {
        estate: value.estate,
        dwelling: Dwelling::read(&value.building, &value.unit, &value.room)?,
        phone_hashes: phones.iter().map(|phone| secrets.phone_hash(phone.digits())).collect(),
    };
    permit
        .post(&fingerprint, move |tx, warrant| {
            let (household, version) = household::add(tx, warrant, &new)?;
            Posted::created(format!("/v1/admin/households/{}", household.id), version, &household)
        })
        .await
}
