//! Residences: who lives where. A person is bound to households by verified residences, and only through them may rate.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::estate::EstateName;

/// Dwellings that one account may claim or hold at once.
pub const MOST_RESIDENCES: i64 = 10;

/// Where a claim stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ResidenceStatus {
    /// It waits for the community.
    Pending,
    /// The roster has the phone, or an official approved it.
    Verified,
    /// An official refused it.
    Refused,
    /// The resident ended it.
    Ended,
}

impl ResidenceStatus {
    /// The name in JSON and SQL.
    pub fn as_str(self) -> &'static str {
        match self {
            ResidenceStatus::Pending => "pending",
            ResidenceStatus::Verified => "verified",
            ResidenceStatus::Refused => "refused",
            ResidenceStatus::Ended => "ended",
        }
    }

    /// Reads [`ResidenceStatus::as_str`] back.
    pub fn parse(text: &str) -> Option<ResidenceStatus> {
        use ResidenceStatus::{Ended, Pending, Refused, Verified};
        [Pending, Verified, Refused, Ended].into_iter().find(|each| each.as_str() == text)
    }
}

/// A resident's own dwelling, or the claim to one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c", "estate": {"code": "demo-001", "name": "示范小区"}, "building": "3", "unit": "2", "room": "501",
    "status": "pending", "requested_at": "2026-11-21T02:00:00Z", "decided_at": null, "reason": null
}))]
pub struct Residence {
    /// Its id.
    pub id: String,
    /// The estate.
    pub estate: EstateName,
    /// The building.
    pub building: String,
    /// The unit (entrance); empty where buildings have none.
    pub unit: String,
    /// The room.
    pub room: String,
    /// Where the claim stands.
    pub status: ResidenceStatus,
    /// When it was claimed.
    pub requested_at: DateTime<Utc>,
    /// When it was verified, refused or ended.
    pub decided_at: Option<DateTime<Utc>>,
    /// Why it was refused.
    pub reason: Option<String>,
}

/// A claim as the officials see it who decide on it: the dwelling, and the end of the phone by which they know the claimant at the door.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c", "estate": {"code": "demo-001", "name": "示范小区"}, "building": "3", "unit": "2", "room": "501",
    "status": "pending", "requested_at": "2026-11-21T02:00:00Z", "decided_at": null, "reason": null, "in_roster": true, "phone_ending": "5678"
}))]
pub struct ResidenceClaim {
    /// The claim.
    #[serde(flatten)]
    pub residence: Residence,
    /// Whether the roster knows such a household; an approval adds one that it does not.
    pub in_roster: bool,
    /// The last four digits of the claimant's phone; null where the account has none.
    pub phone_ending: Option<String>,
}
