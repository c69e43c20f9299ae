//! Follows: firms of which an account wants to be told, known to that account alone.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::firm::NamedFirm;

/// Firms that one account may follow.
pub const MOST_FOLLOWS: i64 = 100;

/// A firm that an account follows. Nobody else learns of it, and nothing counts it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "firm": {"uscc": "91219900MA00000019", "name": "示范物业服务有限公司（演示）"}, "followed_at": "2026-11-21T02:00:00Z"
}))]
pub struct Follow {
    /// The firm.
    pub firm: NamedFirm,
    /// Since when: nothing of before is told.
    pub followed_at: DateTime<Utc>,
}
