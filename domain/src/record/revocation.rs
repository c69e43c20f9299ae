//! The way back for a record that should not stand: two people revoke it, without its firm having
//! to object. What was published before stays as it was.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

/// Why a record should not stand.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    ToSchema,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum RevocationGround {
    /// It should not have been entered so: another firm, a wrong category. Its decision can be
    /// recorded again, as it should be.
    EnteredInError,
    /// A court, or a higher authority, annulled the decision that it records.
    AnnulledByCourt,
}

/// A revocation.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"ground": "entered_in_error", "reason": "决定书所列企业为同名企业", "evidence": ["处罚决定书.pdf"]}))]
pub struct NewRevocation {
    /// Why it should not stand.
    pub ground: RevocationGround,
    /// In words, for its firm, at most 500 characters.
    #[validate(length(min = 1, max = 500), custom(function = "crate::rules::long_text"))]
    pub reason: String,
    /// References to the evidence, 1 to 20.
    #[validate(length(min = 1, max = 20), custom(function = "crate::rules::references"))]
    pub evidence: Vec<String>,
}

/// That a record fell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"ground": "entered_in_error", "reason": "决定书所列企业为同名企业", "at": "2026-11-24T02:00:00Z"}))]
pub struct Revocation {
    /// On what ground; null where an objection was right.
    pub ground: Option<RevocationGround>,
    /// Why.
    pub reason: Option<String>,
    /// Since when it no longer holds.
    pub at: DateTime<Utc>,
}
