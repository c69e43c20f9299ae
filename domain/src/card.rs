//! What a card shows of a subject at a glance: its credit, the residents' service score, its counts
//! and lists.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::Serialize;
use utoipa::ToSchema;

use crate::credit::StatedConsequence;
use crate::evaluation::Outcome;
use crate::rating::{NoFigures, Sum, service_score};
use crate::scheme::ListKind;

/// The grade by one scheme in force, the primary one in `credit`, or why there is none.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = CardCredit, example = json!({
    "outcome": "evaluated", "scheme": "dalian-demo", "scheme_version": 1, "score": 81.875, "grade": "AA",
    "effective_from": "2026-11-05T16:00:00Z", "reason": null, "pending": null, "consequences": []
}))]
pub struct Credit {
    /// Whether there is a score; if not, why.
    pub outcome: Outcome,
    /// The scheme's id; null when no scheme has looked at the subject yet.
    pub scheme: Option<String>,
    /// The scheme's version.
    pub scheme_version: Option<i32>,
    /// The score, at most 3 decimals; null unless evaluated.
    #[serde(serialize_with = "crate::evaluation::serialize_optional_decimal")]
    #[schema(value_type = Option<f64>)]
    pub score: Option<Decimal>,
    /// The grade's code; null where there is none.
    pub grade: Option<String>,
    /// Since when this holds.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub effective_from: Option<DateTime<Utc>>,
    /// Why there is no score, for people.
    pub reason: Option<String>,
    /// A grade that is announced and not in effect yet; null when there is none.
    pub pending: Option<PendingGrade>,
    /// What follows from the grade and from the thresholds that were crossed.
    #[schema(value_type = Vec<crate::credit::Consequence>)]
    pub consequences: Vec<StatedConsequence>,
}

impl Credit {
    /// The credit of a subject that no scheme has looked at yet.
    pub fn unknown() -> Credit {
        Credit {
            outcome: Outcome::NotEvaluated,
            scheme: None,
            scheme_version: None,
            score: None,
            grade: None,
            effective_from: None,
            reason: None,
            pending: None,
            consequences: Vec::new(),
        }
    }
}

/// A grade that is announced.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = CardPendingGrade, example = json!({"grade": "AAA", "score": 86.2, "effective_from": "2026-12-01T16:00:00Z"}))]
pub struct PendingGrade {
    /// The grade's code.
    pub grade: String,
    /// Its score as it stands now, at most 3 decimals.
    #[serde(serialize_with = "crate::evaluation::serialize_optional_decimal")]
    #[schema(value_type = Option<f64>)]
    pub score: Option<Decimal>,
    /// When it takes effect, unless something changes it meanwhile.
    #[schema(value_type = String, format = DateTime)]
    pub effective_from: DateTime<Utc>,
}

/// The published ratings of the last 12 months, as lists show them: without distribution and
/// dimensions.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(example = json!({"score": 4.3148, "mean": 4.6, "count": 20, "reason": null}))]
pub struct ServiceSummary {
    /// The service score, 1 to 5 stars, 4 decimals.
    #[serde(serialize_with = "crate::evaluation::serialize_optional_decimal")]
    #[schema(value_type = Option<f64>)]
    pub score: Option<Decimal>,
    /// The plain mean in stars, 3 decimals.
    #[serde(serialize_with = "crate::evaluation::serialize_optional_decimal")]
    #[schema(value_type = Option<f64>)]
    pub mean: Option<Decimal>,
    /// How many ratings are published.
    pub count: Option<u32>,
    /// Why they are null.
    pub reason: Option<NoFigures>,
}

/// How often each number of stars was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = CardDistribution, example = json!({"1": 0, "2": 0, "3": 2, "4": 4, "5": 14}))]
pub struct Distribution {
    /// Ratings of one star.
    #[serde(rename = "1")]
    pub one: u32,
    /// Ratings of two stars.
    #[serde(rename = "2")]
    pub two: u32,
    /// Ratings of three stars.
    #[serde(rename = "3")]
    pub three: u32,
    /// Ratings of four stars.
    #[serde(rename = "4")]
    pub four: u32,
    /// Ratings of five stars.
    #[serde(rename = "5")]
    pub five: u32,
}

/// Each dimension; null where nothing of it is published.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = CardDimensions, example = json!({"cleaning": {"mean": 4.5, "count": 12}, "security": null, "greening": null, "maintenance": null, "attitude": null}))]
pub struct DimensionFigures {
    /// 保洁
    pub cleaning: Option<DimensionFigure>,
    /// 秩序
    pub security: Option<DimensionFigure>,
    /// 绿化
    pub greening: Option<DimensionFigure>,
    /// 维修
    pub maintenance: Option<DimensionFigure>,
    /// 态度
    pub attitude: Option<DimensionFigure>,
}

/// One dimension.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = CardDimension, example = json!({"mean": 4.5, "count": 12}))]
pub struct DimensionFigure {
    /// The mean in stars, 3 decimals.
    #[serde(serialize_with = "crate::evaluation::serialize_optional_decimal")]
    #[schema(value_type = Option<f64>)]
    pub mean: Option<Decimal>,
    /// How many ratings of it are published.
    pub count: u32,
}

impl ServiceSummary {
    /// The figures of increments of `count` ratings, that gave `stars` together; without one they
    /// wait.
    pub fn of(count: u32, stars: u64) -> ServiceSummary {
        let is_out = count > 0;
        ServiceSummary {
            score: is_out.then(|| service_score(count, stars)),
            mean: Sum { count, stars }.mean(),
            count: is_out.then_some(count),
            reason: (!is_out).then_some(NoFigures::Waiting),
        }
    }
}

/// How many rewards and penalties are now public and in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, ToSchema)]
#[schema(example = json!({"rewards": 3, "penalties": 1}))]
pub struct RecordCounts {
    /// Rewards.
    pub rewards: i32,
    /// Penalties.
    pub penalties: i32,
}

/// A place on a red or black list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"list": "red", "scheme": "dalian-demo", "listed_at": "2026-03-01T00:00:00Z", "until": null, "reason": "信用等级AAA"}))]
pub struct ListMembership {
    /// Red or black.
    pub list: ListKind,
    /// By which scheme.
    pub scheme: String,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub listed_at: DateTime<Utc>,
    /// The last day; null while its condition holds.
    pub until: Option<String>,
    /// Why.
    pub reason: String,
}

/// How many projects run now, and their area.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, ToSchema)]
#[schema(example = json!({"count": 12, "area_m2": 1_250_000.5}))]
pub struct ProjectCounts {
    /// Projects.
    pub count: i64,
    /// Their area in m².
    pub area_m2: crate::project::Area,
}
