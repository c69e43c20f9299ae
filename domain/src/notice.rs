//! Notices: what others did about a resident's dwelling, told to the resident.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::estate::EstateName;

/// What a notice tells.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    ToSchema,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum NoticeKind {
    /// Somebody else was verified as a resident of the same dwelling.
    ResidentAdded,
    /// The community ended the residence.
    ResidenceEnded,
}

/// A notice to a resident. It names the resident's own dwelling and nobody else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c", "kind": "resident_added",
    "estate": {"code": "210202001002-001", "name": "示范小区"}, "building": "3", "unit": "2", "room": "501",
    "reason": null, "created_at": "2026-11-21T02:00:00Z", "read_at": null
}))]
pub struct Notice {
    /// Its id.
    pub id: String,
    /// What it tells.
    pub kind: NoticeKind,
    /// The estate.
    pub estate: EstateName,
    /// The building.
    pub building: String,
    /// The unit (entrance); empty where buildings have none.
    pub unit: String,
    /// The room.
    pub room: String,
    /// The official's reason, where one was given.
    pub reason: Option<String>,
    /// When it was told.
    pub created_at: DateTime<Utc>,
    /// When it was said to be read.
    pub read_at: Option<DateTime<Utc>>,
}
