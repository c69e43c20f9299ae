//! Households (户): dwellings, the units that have one rating each.

mod dwelling;
mod near;

use serde::Serialize;
use utoipa::ToSchema;

pub use dwelling::{Dwelling, PART_LENGTH, normal_building};
pub use near::near_dwellings;

use crate::estate::NamedEstate;

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
