//! Assessments that are due, and those of them that are done.

use rust_decimal::Decimal;
use serde::Serialize;
use utoipa::ToSchema;

use super::share;
use crate::scheme::Assessor;

/// Assessments that are due and done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"due": 2, "done": 1, "share": 0.5, "by_assessor": [{"assessor": "community", "due": 1, "done": 1}, {"assessor": "street", "due": 1, "done": 0}]}))]
pub struct AssessmentFigures {
    /// How many are due.
    pub due: i64,
    /// How many of them are done.
    pub done: i64,
    /// The done part, 0 to 1, 4 decimals; null when none is due.
    #[serde(serialize_with = "crate::evaluation::serialize_optional_decimal")]
    #[schema(value_type = Option<f64>)]
    pub share: Option<Decimal>,
    /// By who assesses.
    pub by_assessor: Vec<AssessorFigures>,
}

/// Assessments of one kind of assessor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"assessor": "community", "due": 1, "done": 1}))]
pub struct AssessorFigures {
    /// Who assesses.
    pub assessor: Assessor,
    /// How many are due.
    pub due: i64,
    /// How many of them are done.
    pub done: i64,
}

impl AssessmentFigures {
    /// Sums over assessors.
    pub fn of(by_assessor: Vec<AssessorFigures>) -> AssessmentFigures {
        let due = by_assessor.iter().map(|each| each.due).sum();
        let done = by_assessor.iter().map(|each| each.done).sum();
        AssessmentFigures { due, done, share: share(done, due), by_assessor }
    }
}
