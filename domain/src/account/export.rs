//! Everything that is stored about a resident, as they may take it away.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::Me;
use crate::calendar::Month;
use crate::case::{CaseState, PhotoView, StepKind};
use crate::follow::Follow;
use crate::notice::Notice;
use crate::rating::OwnRating;
use crate::residence::ResidenceStatus;

/// Everything that is stored about a resident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "exported_at": "2026-11-21T02:00:00Z",
    "account": {
        "can_confirm": false, "created_at": "2026-11-21T02:00:00Z", "demo": false, "display_name": "王女士", "firm": null, "second_factor": false,
        "id": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c", "phone": "13900000001", "place": null, "role": "resident", "scopes": [],
        "username": null
    },
    "sessions": [{"created_at": "2026-11-21T02:00:00Z", "expires_at": "2026-12-21T02:00:00Z", "ended_at": null, "end_reason": null}],
    "devices": [{"seen_at": "2026-11-21T02:00:00Z", "expires_at": "2027-02-19T02:00:00Z"}],
    "residences": [
        {
            "id": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c", "estate": "210202001002-001", "building": "3", "unit": "2", "room": "501",
            "status": "verified", "requested_at": "2026-11-01T02:00:00Z", "decided_at": "2026-11-02T02:00:00Z", "reason": null, "rates_from": null
        }
    ],
    "notices": [
        {
            "id": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2d", "kind": "resident_added", "text": "您在示范小区 3-2-501的住房新增了一名经核实的居民",
            "about": {"kind": "residence", "id": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c"}, "reason": null,
            "created_at": "2026-11-21T02:00:00Z", "read_at": null
        }
    ],
    "follows": [{"firm": {"uscc": "91219900MA00000019", "name": "示范物业服务有限公司（演示）"}, "followed_at": "2026-11-21T02:00:00Z"}],
    "ratings": [
        {
            "project": "0193a5c2-7b1e-7f00-8000-000000000001", "estate": {"code": "210202001002-001", "name": "示范小区"}, "month": "2026-11",
            "overall": 4, "dimensions": {"cleaning": 5, "security": 4, "maintenance": 3}, "comment": "电梯已修好", "comment_state": "waiting", "comment_reason": null,
            "published": null, "published_dimensions": [], "held": false, "forgotten_on": "2026-12-30",
            "note": "如届时本项目有五户评价，将自12月1日的公布起计入；否则继续等待，最长十二个月"
        }
    ],
    "flags": [{"text": "6f1c2b1e-9d3a-4f00-8000-5d0c3f6a1b2c", "reason": "含有他人电话"}],
    "cases": [
        {
            "id": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2e", "kind": "repair", "category": "leak", "estate": "210202001002-001", "dwelling": "3-2-501",
            "place_in_estate": null, "description": "卫生间顶部漏水", "state": "verified", "is_opener": true, "joined_at": null,
            "opened_at": "2026-11-21T02:00:00Z", "ended_at": "2026-11-22T02:00:00Z", "satisfied": true,
            "steps": [{"kind": "opened", "at": "2026-11-21T02:00:00Z", "reason": null}], "photos": []
        }
    ]
}))]
pub struct Export {
    /// When this was read.
    pub exported_at: DateTime<Utc>,
    /// The account, with the phone whole.
    pub account: Me,
    /// Where and when it signed in.
    pub sessions: Vec<ExportedSession>,
    /// Devices that are known by its phone.
    pub devices: Vec<ExportedDevice>,
    /// Dwellings that it claimed.
    pub residences: Vec<ExportedResidence>,
    /// What it was told.
    pub notices: Vec<Notice>,
    /// Firms that it follows.
    pub follows: Vec<Follow>,
    /// Ratings with their comments, until they are forgotten.
    pub ratings: Vec<OwnRating>,
    /// Comments and replies that it said break the rules, until that is forgotten.
    pub flags: Vec<ExportedFlag>,
    /// Cases that it opened or joined, with its own part in each.
    pub cases: Vec<ExportedCase>,
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

/// One device that has signed in by a code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"seen_at": "2026-11-21T02:00:00Z", "expires_at": "2027-02-19T02:00:00Z"}))]
pub struct ExportedDevice {
    /// When it last signed in.
    pub seen_at: DateTime<Utc>,
    /// Until when it is known.
    pub expires_at: DateTime<Utc>,
}

/// One dwelling that was claimed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c", "estate": "210202001002-001", "building": "3", "unit": "2", "room": "501", "status": "verified",
    "requested_at": "2026-11-01T02:00:00Z", "decided_at": "2026-11-02T02:00:00Z", "reason": null, "rates_from": null
}))]
pub struct ExportedResidence {
    /// The residence.
    pub id: String,
    /// The estate's code.
    pub estate: String,
    /// The building.
    pub building: String,
    /// The unit (entrance); empty where buildings have none.
    pub unit: String,
    /// The room.
    pub room: String,
    /// How the claim stands.
    pub status: ResidenceStatus,
    /// When it was claimed.
    pub requested_at: DateTime<Utc>,
    /// When it was decided.
    pub decided_at: Option<DateTime<Utc>>,
    /// The reason of the decision.
    pub reason: Option<String>,
    /// The first month that may be rated from there, where one has to be waited for.
    pub rates_from: Option<Month>,
}

/// One text that was flagged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "text": "6f1c2b1e-9d3a-4f00-8000-5d0c3f6a1b2c", "reason": "含有他人电话"
}))]
pub struct ExportedFlag {
    /// The review, or the reply.
    pub text: String,
    /// The reason that was given.
    pub reason: String,
}

/// One case that was opened or joined.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2e", "kind": "repair", "category": "leak", "estate": "210202001002-001", "dwelling": "3-2-501",
    "place_in_estate": null, "description": "卫生间顶部漏水", "state": "verified", "is_opener": true, "joined_at": null,
    "opened_at": "2026-11-21T02:00:00Z", "ended_at": "2026-11-22T02:00:00Z", "satisfied": true,
    "steps": [{"kind": "opened", "at": "2026-11-21T02:00:00Z", "reason": null}], "photos": []
}))]
pub struct ExportedCase {
    /// The case.
    pub id: String,
    /// The code of its kind.
    pub kind: String,
    /// The code of what it is about.
    pub category: String,
    /// The estate's code.
    pub estate: String,
    /// The dwelling that was named.
    pub dwelling: Option<String>,
    /// Where in the estate.
    pub place_in_estate: Option<String>,
    /// What was written; null of a case that another household opened.
    pub description: Option<String>,
    /// Where it stands.
    pub state: CaseState,
    /// Whether it was opened by the account, and not only joined.
    pub is_opener: bool,
    /// When the household joined it; null for who opened it.
    pub joined_at: Option<DateTime<Utc>>,
    /// When it was opened.
    pub opened_at: DateTime<Utc>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// Whether the account was satisfied, as far as it said so.
    pub satisfied: Option<bool>,
    /// What the account did in it.
    pub steps: Vec<ExportedCaseStep>,
    /// The photos that the account sent, and where each is read.
    pub photos: Vec<PhotoView>,
}

/// One step of a case that the account took.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"kind": "opened", "at": "2026-11-21T02:00:00Z", "reason": null}))]
pub struct ExportedCaseStep {
    /// What was done.
    pub kind: StepKind,
    /// When.
    pub at: DateTime<Utc>,
    /// What was written.
    pub reason: Option<String>,
}
