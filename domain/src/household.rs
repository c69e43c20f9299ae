//! Households (户): dwellings, the units that have one rating each.

mod dwelling;
mod near;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

pub use dwelling::{Dwelling, PART_LENGTH, normal_building};
pub use near::near_dwellings;

use crate::estate::NamedEstate;
use crate::phone::Phone;
use crate::refusal::Refusal;
use crate::rules;
use crate::text::Text;

/// A household of the register. The roster's phones are never shown, only how many there are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c", "estate": {"code": "210202001002-001", "name": "幸福家园"},
    "building": "3", "unit": "2", "room": "501", "phones": 2, "waits": false
}))]
pub struct Household {
    /// Its id.
    pub id: String,
    /// The estate it lies in.
    pub estate: NamedEstate,
    /// The building.
    pub building: String,
    /// The unit (entrance); empty where buildings have none.
    pub unit: String,
    /// The room.
    pub room: String,
    /// How many phones the roster has for it.
    pub phones: i64,
    /// Whether it is one more than the estate declares, and no dwelling until an official confirms
    /// it.
    pub waits: bool,
}

/// A new household.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"estate": "210202001006-001", "building": "3", "unit": "2", "room": "501", "phones": ["13900000001"]}))]
pub struct NewHousehold {
    /// The code of the estate.
    #[validate(length(min = 1, max = 32))]
    #[serde(deserialize_with = "rules::typed_code")]
    pub estate: String,
    /// The building.
    #[validate(length(max = 100))]
    pub building: String,
    /// The unit; left out where the building has none.
    #[serde(default)]
    #[validate(length(max = 100))]
    pub unit: String,
    /// The room.
    #[validate(length(max = 100))]
    pub room: String,
    /// The phones of those who live there. Kept as keyed hashes, never shown again.
    #[serde(default, deserialize_with = "rules::few_phones")]
    pub phones: Vec<Phone>,
}

impl NewHousehold {
    /// Which dwelling it is.
    ///
    /// # Errors
    /// As [`Dwelling::read`].
    pub fn dwelling(&self) -> Result<Dwelling, Refusal> {
        Dwelling::read(&self.building, &self.unit, &self.room)
    }
}

/// What changes in a household; what is left out stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"phones": ["13900000001", "13900000002"]}))]
pub struct HouseholdEdit {
    /// The building; with `unit` and `room`.
    #[validate(length(max = 100))]
    pub building: Option<String>,
    /// The unit; with `building` and `room`, empty where the building has none.
    #[validate(length(max = 100))]
    pub unit: Option<String>,
    /// The room; with `building` and `unit`.
    #[validate(length(max = 100))]
    pub room: Option<String>,
    /// All phones of those who live there.
    #[serde(default, deserialize_with = "rules::few_phones_if_any")]
    pub phones: Option<Vec<Phone>>,
    /// Why it gets another address; needed where somebody verified lives there, who reads it.
    #[validate(length(min = 1, max = 500), custom(function = "rules::plain_text"))]
    pub reason: Option<String>,
}

impl HouseholdEdit {
    /// Which dwelling it is from now on, if that changes.
    ///
    /// # Errors
    /// As [`Dwelling::read`], and a fault of `/building` where only a part is given.
    pub fn dwelling(&self) -> Result<Option<Dwelling>, Refusal> {
        match (&self.building, &self.unit, &self.room) {
            (None, None, None) => Ok(None),
            (Some(building), Some(unit), Some(room)) => Dwelling::read(building, unit, room).map(Some),
            _ => {
                let text = Text::new("楼号、单元、室须一并填写", "building, unit and room change together");
                Err(Refusal::invalid("/building", "all_or_none", text))
            }
        }
    }
}
