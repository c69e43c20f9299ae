//! `PATCH /v1/admin/households/{id}`

use actix_web::{HttpResponse, patch};
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::household::{Dwelling, Household};
use xinwu_domain::phone::{Phone, Phones};
use xinwu_domain::refusal::Refusal;
use xinwu_domain::text::Text;
use xinwu_persistence::registers::household::{self, HouseholdEdit};

use crate::extract::{Json, Path};
use crate::permit::Permit;
use crate::problem::Problem;

/// What changes in a household; what is left out stays.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"phones": ["13900000001", "13900000002"]}))]
pub struct EditHousehold {
    /// The building; with `unit` and `room`.
    #[validate(length(max = 100))]
    building: Option<String>,
    /// The unit; with `building` and `room`, empty where the building has none.
    #[validate(length(max = 100))]
    unit: Option<String>,
    /// The room; with `building` and `unit`.
    #[validate(length(max = 100))]
    room: Option<String>,
    /// All phones of those who live there.
    #[schema(value_type = Option<Vec<Phone>>)]
    phones: Option<Vec<Phones>>,
}

/// Changes a household of an estate in your jurisdiction. Needs `If-Match`.
#[utoipa::path(
    tag = "registers",
    params(("id" = String, Path, description = "The household's id")),
    request_body = EditHousehold,
    responses((status = 200, description = "The household", body = Household))
)]
#[patch("/v1/admin/households/{id}")]
pub(super) async fn edit_household(
    permit: Permit<op::EditHousehold>,
    Path(id): Path<String>,
    body: Json<EditHousehold>,
) -> Result<HttpResponse, Problem> {
    let value = body.value;
    let dwelling = match (&value.building, &value.unit, &value.room) {
        (None, None, None) => None,
        (Some(building), Some(unit), Some(room)) => Some(Dwelling::read(building, unit, room)?),
        _ => return Err(all_or_none().into()),
    };
    let phones = value.phones.map(xinwu_domain::rules::few_phones).transpose()?;
    let secrets = &permit.state().secrets;
    let phone_hashes =
        phones.map(|phones| phones.iter().map(|phone| secrets.phone_hash(phone.digits())).collect());
    let edit = HouseholdEdit { dwelling, phone_hashes };
    permit.change(id, edit, household::edit).await
}

fn all_or_none() -> Refusal {
    let text = Text::new("楼号、单元、室须一并填写", "building, unit and room change together");
    Refusal::invalid("/building", "all_or_none", text)
}
