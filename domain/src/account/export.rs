//! Everything that is stored about a resident, as they may take it away.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::Me;
use crate::notice::Notice;

/// Everything that is stored about a resident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "exported_at": "2026-11-21T02:00:00Z",
    "account": {
        "can_confirm": false, "created_at": "2026-11-21T02:00:00Z", "demo": false, "display_name": "王女士", "firm": null,
        "id": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c", "phone": "13900000001", "place": null, "role": "resident", "scopes": [],
        "username": null
    },
    "sessions": [{"created_at": "2026-11-21T02:00:00Z", "expires_at": "2026-12-21T02:00:00Z", "ended_at": null, "end_reason": null}],
    "residences": [
        {
            "id": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c", "estate": "demo-001", "building": "3", "unit": "2", "room": "501",
            "status": "verified", "requested_at": "2026-11-01T02:00:00Z", "decided_at": "2026-11-02T02:00:00Z", "reason": null, "rates_from": null
        }
    ],
    "notices": [
        {
            "id": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2d", "kind": "resident_added",
            "estate": {"code": "demo-001", "name": "示范小区"}, "building": "3", "unit": "2", "room": "501", "reason": null,
            "created_at": "2026-11-21T02:00:00Z", "read_at": null
        }
    ],
    "ratings": [
        {
            "project": "0193a5c2-7b1e-7f00-8000-000000000001", "month": "2026-11", "overall": 4, "cleaning": 5, "security": 4,
            "greening": null, "maintenance": 3, "attitude": null, "comment": "电梯已修好", "state": "counted",
            "created_at": "2026-11-05T12:00:00Z", "updated_at": "2026-11-08T12:00:00Z",
            "edits": [{"action": "changed", "overall": 3, "comment": "电梯常坏", "at": "2026-11-08T12:00:00Z"}]
        }
    ],
    "flags": [{"review": "6f1c2b1e-9d3a-4f00-8000-5d0c3f6a1b2c", "reason": "含有他人电话", "created_at": "2026-11-10T12:00:00Z"}]
}))]
pub struct Export {
    /// When this was read.
    pub exported_at: DateTime<Utc>,
    /// The account, with the phone whole.
    pub account: Me,
    /// Where and when it signed in.
    pub sessions: Vec<ExportedSession>,
    /// Dwellings that it claimed.
    pub residences: Vec<ExportedResidence>,
    /// What it was told about its dwellings.
    pub notices: Vec<Notice>,
    /// Ratings with their comments and every earlier form.
    pub ratings: Vec<ExportedRating>,
    /// Reviews that it said break the rules.
    pub flags: Vec<ExportedFlag>,
}

/// One session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "created_at": "2026-11-21T02:00:00Z", "expires_at": "2026-12-21T02:00:00Z", "ended_at": null, "end_reason": null
}))]
pub struct ExportedSession {
    /// When it began.
    pub created_at: DateTime<Utc>,
    /// When it ends by itself.
    pub expires_at: DateTime<Utc>,
    /// When it was ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// Why it was ended.
    pub end_reason: Option<String>,
}

/// One dwelling that was claimed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c", "estate": "demo-001", "building": "3", "unit": "2", "room": "501", "status": "verified",
    "requested_at": "2026-11-01T02:00:00Z", "decided_at": "2026-11-02T02:00:00Z", "reason": null, "rates_from": null
}))]
pub struct ExportedResidence {
    /// The residence.
    pub id: String,
    /// The estate's code.
    pub estate: String,
    /// The building.
    pub building: String,
    /// The unit.
    pub unit: String,
    /// The room.
    pub room: String,
    /// How the claim stands.
    pub status: String,
    /// When it was claimed.
    pub requested_at: DateTime<Utc>,
    /// When it was decided.
    pub decided_at: Option<DateTime<Utc>>,
    /// The reason of the decision.
    pub reason: Option<String>,
    /// The first month that may be rated from there, where one has to be waited for.
    pub rates_from: Option<String>,
}

/// One rating.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "project": "0193a5c2-7b1e-7f00-8000-000000000001", "month": "2026-11", "overall": 4, "cleaning": 5, "security": 4, "greening": null,
    "maintenance": 3, "attitude": null, "comment": "电梯已修好", "state": "counted", "created_at": "2026-11-05T12:00:00Z",
    "updated_at": "2026-11-08T12:00:00Z", "edits": [{"action": "changed", "overall": 3, "comment": "电梯常坏", "at": "2026-11-08T12:00:00Z"}]
}))]
pub struct ExportedRating {
    /// The project.
    pub project: String,
    /// The month.
    pub month: String,
    /// Stars overall, 1–5.
    pub overall: i32,
    /// Stars for cleaning.
    pub cleaning: Option<i32>,
    /// Stars for security.
    pub security: Option<i32>,
    /// Stars for greening.
    pub greening: Option<i32>,
    /// Stars for maintenance.
    pub maintenance: Option<i32>,
    /// Stars for attitude.
    pub attitude: Option<i32>,
    /// The comment.
    pub comment: Option<String>,
    /// Whether it counts, is held, was replaced or withdrawn.
    pub state: String,
    /// When it was first given.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
    /// What was kept of each change, oldest first.
    pub edits: Vec<ExportedRatingEdit>,
}

/// One change of a rating.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"action": "changed", "overall": 3, "comment": "电梯常坏", "at": "2026-11-08T12:00:00Z"}))]
pub struct ExportedRatingEdit {
    /// What was done.
    pub action: String,
    /// Stars overall.
    pub overall: i32,
    /// The comment.
    pub comment: Option<String>,
    /// When.
    pub at: DateTime<Utc>,
}

/// One review that was flagged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "review": "6f1c2b1e-9d3a-4f00-8000-5d0c3f6a1b2c", "reason": "含有他人电话", "created_at": "2026-11-10T12:00:00Z"
}))]
pub struct ExportedFlag {
    /// The review.
    pub review: String,
    /// The reason that was given.
    pub reason: String,
    /// When.
    pub created_at: DateTime<Utc>,
}
