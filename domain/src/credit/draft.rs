//! Drafts of schemes: what an official has written, another proposed for announcement or a third
//! confirmed.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use crate::account::{NamesPeople, People};
use crate::subject::SubjectKind;
use crate::text::Text;

/// How far a draft has come.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    ToSchema,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "snake_case")]
pub enum DraftState {
    /// It can be read, changed and simulated by officials; nobody else knows of it.
    Draft,
    /// One official has proposed to announce it; another is to confirm.
    Proposed,
    /// It is public, and is applied on its first day.
    Announced,
    /// It was given up.
    Withdrawn,
}

/// A draft without its text, as the list shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "scheme": "dalian-demo", "version": 2, "state": "proposed", "title": "大连演示评分办法", "effective_from": "2027-01-01", "place": "2102",
    "subjects": ["firm", "project"], "primary_for": ["firm", "project"], "drafted_by": "019ab3c0-0000-7000-8000-000000000001",
    "drafted_at": "2026-11-21T02:00:00Z", "proposed_by": "019ab3c0-0000-7000-8000-000000000001", "proposed_at": "2026-11-22T02:00:00Z",
    "decided_by": null, "decided_at": null, "people": {"019ab3c0-0000-7000-8000-000000000001": "大连市住建局"}
}))]
pub struct SchemeDraftSummary {
    /// The scheme's id.
    pub scheme: String,
    /// The version that it is to become.
    pub version: u32,
    /// How far it has come.
    pub state: DraftState,
    /// What it is called.
    #[schema(value_type = String)]
    pub title: Text,
    /// The first day on which it is to be in force.
    pub effective_from: NaiveDate,
    /// The place whose rules these are.
    pub place: String,
    /// Whom it can grade.
    pub subjects: Vec<SubjectKind>,
    /// For whom it is to be the place's primary scheme.
    pub primary_for: Vec<SubjectKind>,
    /// Who wrote it, or last rewrote it.
    pub drafted_by: String,
    /// When.
    pub drafted_at: DateTime<Utc>,
    /// Who proposed to announce it.
    pub proposed_by: Option<String>,
    /// When.
    pub proposed_at: Option<DateTime<Utc>>,
    /// Who confirmed the announcement, or withdrew the draft.
    pub decided_by: Option<String>,
    /// When.
    pub decided_at: Option<DateTime<Utc>>,
    /// Who these accounts are.
    pub people: People,
}

impl NamesPeople for SchemeDraftSummary {
    fn accounts(&self) -> Vec<&str> {
        let named = [Some(self.drafted_by.as_str()), self.proposed_by.as_deref(), self.decided_by.as_deref()];
        named.into_iter().flatten().collect()
    }

    fn people_mut(&mut self) -> &mut People {
        &mut self.people
    }
}

/// A scheme’s file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"text": "format = 1\nid = \"our-city\"\nversion = 2\n…"}))]
pub struct AddSchemeDraft {
    /// The file’s text, at most 512 KiB; it names the scheme and the version itself.
    #[validate(length(min = 1))]
    pub text: String,
}

/// A draft with its text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "scheme": "dalian-demo", "version": 2, "state": "draft", "title": "大连演示评分办法", "effective_from": "2027-01-01", "place": "2102",
    "subjects": ["firm", "project"], "primary_for": ["firm", "project"], "drafted_by": "019ab3c0-0000-7000-8000-000000000001",
    "drafted_at": "2026-11-21T02:00:00Z", "proposed_by": null, "proposed_at": null, "decided_by": null, "decided_at": null, "people": {},
    "text": "format = 1\nid = \"dalian-demo\"\nversion = 2\n…"
}))]
pub struct SchemeDraft {
    /// What the list shows.
    #[serde(flatten)]
    pub summary: SchemeDraftSummary,
    /// The scheme's file.
    pub text: String,
}
