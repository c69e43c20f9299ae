//! Everything that is stored about a resident, as they may take it away.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::Me;

/// Everything that is stored about a resident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Export {
    /// When this was read.
    pub exported_at: DateTime<Utc>,
    /// The account, with the phone whole.
    pub account: Me,
    /// Where and when it signed in.
    pub sessions: Vec<ExportedSession>,
    /// Dwellings that it claimed.
    pub residences: Vec<ExportedResidence>,
    /// Ratings with their comments and every earlier form.
    pub ratings: Vec<ExportedRating>,
    /// Reviews that it said break the rules.
    pub flags: Vec<ExportedFlag>,
}

/// One session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
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
}

/// One rating.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
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
pub struct ExportedFlag {
    /// The review.
    pub review: String,
    /// The reason that was given.
    pub reason: String,
    /// When.
    pub created_at: DateTime<Utc>,
}
