//! Assessments as officials list them and confirm them: what waits, what is in force, and what
//! nobody has given yet.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use super::{AssessedProject, AssessmentScores, ProjectWeight};
use crate::account::NamedAccount;
use crate::calendar::Period;
use crate::place::{NamedPlace, PlaceLevel};
use crate::refusal::Refusal;
use crate::scheme::Assessor;
use crate::text::Text;

/// Assessments that one batch holds at the most: what is beyond waits for the next.
pub const LARGEST_BATCH: usize = 2_000;
/// Missing ones that a batch names at the most.
pub const MOST_MISSING: usize = 500;

/// How an assessment stands.
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
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum AssessmentState {
    /// It waits for its confirmation, and counts nowhere.
    Submitted,
    /// It holds.
    InForce,
    /// Nobody has given it.
    Missing,
}

/// Who assesses every project every quarter; a district's assessments come on top.
pub const ASSESSORS: [Assessor; 2] = [Assessor::Community, Assessor::Street];

/// Whose assessments are confirmed together as a place's batch: a street's with those of its
/// communities, a district's own.
///
/// # Errors
/// [`Refusal::BadParameter`] for places of another level.
pub fn assessors_of(level: PlaceLevel) -> Result<&'static [Assessor], Refusal> {
    match level {
        PlaceLevel::Street => Ok(&ASSESSORS),
        PlaceLevel::District => Ok(&[Assessor::District]),
        PlaceLevel::City | PlaceLevel::Community => Err(Refusal::bad_parameter(
            "code",
            "wrong_level",
            Text::new(
                "评价由街道（含所辖社区）或区县分批确认，请使用街道或区县的代码",
                "assessments are confirmed by street, with its communities', or by district: name one of these",
            ),
        )),
    }
}

/// What stands in force, where another is to take its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct AssessmentBefore {
    /// Its scores.
    pub scores: AssessmentScores,
    /// Its note.
    pub note: Option<String>,
}

/// An assessment as officials see it, or that there is none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c",
    "project": {"id": "0193a5c2-7b1e-7f00-8000-000000000001", "estate": "210202001002-001", "name": "示例小区（演示）", "uscc": "91219900MA0D00000P"},
    "period": "2026-Q4", "assessor": "street", "place": {"code": "210202001", "name": "海军广场街道"}, "state": "submitted",
    "scores": {"service": 88.5, "party": 92}, "note": null, "evidence": [], "before": null,
    "weight": {"area_m2": 85000.5, "households": 1200, "share_of_area": 0.3123, "share_of_households": 0.3333},
    "by": {"id": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2d", "name": "街道工作人员"}, "updated_at": "2026-11-21T02:00:00Z"
}))]
pub struct AssessmentEntry {
    /// This revision; null where it is missing.
    pub id: Option<String>,
    /// What is assessed.
    pub project: AssessedProject,
    /// For which period.
    pub period: Period,
    /// Whose assessment it is.
    pub assessor: Assessor,
    /// The assessor's place now.
    pub place: Option<NamedPlace>,
    /// How it stands.
    pub state: AssessmentState,
    /// The scores; null where it is missing.
    pub scores: Option<AssessmentScores>,
    /// What the assessor says beside them.
    pub note: Option<String>,
    /// References to the evidence.
    pub evidence: Vec<String>,
    /// What it is to replace, while it waits.
    pub before: Option<AssessmentBefore>,
    /// What the project weighs beside the others of its firm, while it waits: by that it moves the
    /// firm's grade.
    pub weight: Option<ProjectWeight>,
    /// Who gave it.
    pub by: Option<NamedAccount>,
    /// When it was given, or confirmed.
    pub updated_at: Option<DateTime<Utc>>,
}

/// An assessment that nobody has given yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct MissingAssessment {
    /// Of which project.
    pub project: AssessedProject,
    /// Whose it would be.
    pub assessor: Assessor,
}

/// How a batch stands.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Serialize,
    ToSchema,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum BatchState {
    /// The period is not over: nothing can be confirmed yet.
    Open,
    /// It is over, and there are assessments to confirm.
    Waiting,
    /// It is over, and nothing waits.
    Settled,
}

/// What waits in a place for a period, to be confirmed as one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "place": {"code": "210202001", "name": "海军广场街道"}, "period": "2026-Q4", "closes_on": "2027-02-01", "state": "open",
    "assessments": [], "missing": [], "missing_count": 0
}))]
pub struct AssessmentBatch {
    /// Whose batch it is.
    pub place: NamedPlace,
    /// For which period.
    pub period: Period,
    /// The day on which the period is closed: what is confirmed by then counts from that day on,
    /// the rest from its confirmation.
    pub closes_on: NaiveDate,
    /// How it stands.
    pub state: BatchState,
    /// What waits, by project and assessor; not what came with a file, which is confirmed as one.
    pub assessments: Vec<AssessmentEntry>,
    /// What nobody has given yet; the first 500.
    pub missing: Vec<MissingAssessment>,
    /// How many are missing.
    pub missing_count: i64,
}

/// Sends a batch back, or some of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "绿化评分与现场不符"}))]
pub struct ReturnAssessments {
    /// Why; the authors read it.
    #[validate(length(min = 1, max = 500), custom(function = "crate::rules::long_text"))]
    pub reason: String,
    /// Only these of it, by id; all of it if left out.
    #[validate(length(min = 1, max = 500), custom(function = "crate::rules::references"))]
    pub assessments: Option<Vec<String>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_street_answers_for_its_communities_and_a_district_for_itself() {
        assert_eq!(assessors_of(PlaceLevel::Street).unwrap(), [Assessor::Community, Assessor::Street]);
        assert_eq!(assessors_of(PlaceLevel::District).unwrap(), [Assessor::District]);
        for level in [PlaceLevel::City, PlaceLevel::Community] {
            assert!(matches!(assessors_of(level), Err(Refusal::BadParameter(_))), "{level}");
        }
    }
}
