//! Firms by grade.

use serde::Serialize;
use utoipa::ToSchema;

/// Firms by grade.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, ToSchema)]
#[schema(example = json!({"total": 2, "by_grade": [{"grade": "B", "count": 1}], "not_evaluated": 1, "missing": 0, "suspended": 0}))]
pub struct FirmFigures {
    /// All.
    pub total: i64,
    /// Those with a grade by the primary scheme, the best grade first.
    pub by_grade: Vec<GradeCount>,
    /// Those that are not evaluated.
    pub not_evaluated: i64,
    /// Those that refuse to take part.
    pub missing: i64,
    /// Of those with a grade, those whose evaluation is under objection by a scheme that says so.
    pub suspended: i64,
}

/// Firms of one grade.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"grade": "B", "count": 34}))]
pub struct GradeCount {
    /// The grade's code.
    pub grade: String,
    /// How many.
    pub count: i64,
}
