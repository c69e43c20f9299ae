//! A grade that is announced at the instant of an evaluation: told beside what the rules make of
//! the dossier.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::number;
use super::result::Outcome;

/// An announcement of the past or of now, as a fact of the dossier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CreditFileAnnouncement, example = json!({
    "scheme": "dalian-demo", "outcome": "evaluated", "score": "78", "grade": "A", "announced_score": "81.5", "announced_grade": "AA",
    "announced_at": "2026-11-21T02:00:00Z", "effective_from": "2026-12-01T16:00:00Z", "ended_at": null
}))]
pub struct Announcement {
    /// The scheme's id.
    pub scheme: String,
    /// The outcome in effect while it is announced.
    pub outcome: Outcome,
    /// The score in effect meanwhile.
    #[schema(value_type = Option<String>)]
    pub score: Option<Decimal>,
    /// The grade in effect meanwhile.
    pub grade: Option<String>,
    /// The announced score.
    #[schema(value_type = Option<String>)]
    pub announced_score: Option<Decimal>,
    /// The announced grade.
    pub announced_grade: String,
    /// Since when it is announced.
    pub announced_at: DateTime<Utc>,
    /// When it takes or took effect.
    pub effective_from: DateTime<Utc>,
    /// When it was replaced or withdrawn before that; null if it was not.
    #[serde(default)]
    pub ended_at: Option<DateTime<Utc>>,
}

/// A grade that is announced and not in effect yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = EvaluationAnnouncement, example = json!({
    "grade": "AA", "score": 81.5, "announced_at": "2026-11-21T02:00:00Z", "effective_from": "2026-12-01T16:00:00Z",
    "in_effect": {"outcome": "evaluated", "score": 78, "grade": "A"}
}))]
pub struct Announced {
    /// The announced grade.
    pub grade: String,
    /// Its score when it was announced.
    #[serde(serialize_with = "number::optional")]
    #[schema(value_type = Option<f64>)]
    pub score: Option<Decimal>,
    /// Since when it is announced.
    pub announced_at: DateTime<Utc>,
    /// When it takes effect, unless something changes it meanwhile.
    pub effective_from: DateTime<Utc>,
    /// What is in effect until then.
    pub in_effect: InEffect,
}

/// Outcome, score and grade in effect while another grade is announced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = EvaluationInEffect, example = json!({"outcome": "evaluated", "score": 78, "grade": "A"}))]
pub struct InEffect {
    /// Whether there is a score.
    pub outcome: Outcome,
    /// The score.
    #[serde(serialize_with = "number::optional")]
    #[schema(value_type = Option<f64>)]
    pub score: Option<Decimal>,
    /// The grade's code.
    pub grade: Option<String>,
}

/// The announcement by a scheme that is open at `as_of`, as far as it was known at `known_at`.
pub(super) fn open(
    announcements: &[Announcement],
    scheme: &str,
    as_of: DateTime<Utc>,
    known_at: DateTime<Utc>,
) -> Option<Announced> {
    let is_open = |each: &&Announcement| {
        each.scheme == scheme
            && each.announced_at <= as_of.min(known_at)
            && as_of < each.effective_from
            && each.ended_at.filter(|ended| *ended <= known_at).is_none_or(|ended| as_of < ended)
    };
    let found = announcements.iter().filter(is_open).max_by_key(|each| each.announced_at)?;
    Some(Announced {
        grade: found.announced_grade.clone(),
        score: found.announced_score,
        announced_at: found.announced_at,
        effective_from: found.effective_from,
        in_effect: InEffect { outcome: found.outcome, score: found.score, grade: found.grade.clone() },
    })
}
