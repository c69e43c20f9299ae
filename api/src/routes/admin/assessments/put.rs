//! `PUT /v1/admin/assessments/{project}/{period}/{assessor}`

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, put};
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::assessment::AssessmentView;
use xinwu_domain::calendar::Period;
use xinwu_domain::scheme::Assessor;
use xinwu_domain::thousandths::Thousandths;
use xinwu_persistence::credit::assessment::{self, NewAssessment, Put};

use crate::extract::{Json, Path};
use crate::permit::{Permit, if_match_required};
use crate::problem::Problem;

/// An assessment.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"scores": {"service": 88.5, "party": 92}, "note": "保洁到位，绿化需加强", "evidence": ["2026年三季度考核表.pdf"]}))]
pub struct PutAssessment {
    /// The two scores.
    scores: Scores,
    /// What the assessor says beside them; it is public.
    #[validate(length(min = 1, max = 1000), custom(function = "xinwu_domain::rules::long_text"))]
    note: Option<String>,
    /// References to the evidence.
    #[serde(default)]
    #[validate(length(max = 20), custom(function = "xinwu_domain::rules::references"))]
    evidence: Vec<String>,
    /// Why it changes after the period has closed; needed then. A period closes one whole month
    /// after its end.
    #[validate(length(min = 1, max = 500), custom(function = "xinwu_domain::rules::plain_text"))]
    correction_reason: Option<String>,
}

/// The scores of an assessment.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PutAssessmentScores, example = json!({"service": 88.5, "party": 92}))]
pub struct Scores {
    /// The service, 0–100, at most 3 decimals.
    service: Thousandths,
    /// Party building, 0–100, at most 3 decimals.
    party: Thousandths,
}

/// Assesses a project of one's own place for a period, as one's own level. The first needs no
/// `If-Match`; to replace one, send its entity tag. A closed period changes only by a dated
/// correction with its reason.
#[utoipa::path(
    tag = "assessments",
    params(
        ("project" = String, Path, description = "The project"),
        ("period" = String, Path, description = "`2026-Q4`, `2026-H2` or `2026`", example = "2026-Q3"),
        ("assessor" = String, Path, description = "Your own level: `community`, `street` or `district`", example = "street")
    ),
    request_body = PutAssessment,
    responses(
        (status = 200, description = "The assessment that took another's place", body = AssessmentView),
        (status = 201, description = "The first assessment", body = AssessmentView),
        (status = 428, description = "One is there already: `If-Match` is required", body = crate::problem::ProblemBody, content_type = "application/problem+json")
    )
)]
#[put("/v1/admin/assessments/{project}/{period}/{assessor}")]
pub(super) async fn put_assessment(
    permit: Permit<op::PutAssessment>,
    Path((project, period, assessor)): Path<(String, Period, Assessor)>,
    body: Json<PutAssessment>,
) -> Result<HttpResponse, Problem> {
    let (warrant, context) = (permit.warrant()?, permit.context());
    let expected = permit.expected_if_any()?;
    let value = body.value;
    let new = NewAssessment {
        project,
        period,
        assessor,
        service: value.scores.service,
        party: value.scores.party,
        note: value.note,
        evidence: value.evidence,
        correction_reason: value.correction_reason,
        known_from: None,
    };
    let put = permit.write(move |tx| assessment::put(tx, &warrant, &new, expected.as_ref(), context)).await?;
    match put {
        Put::Created(view, version) => {
            let mut response = permit.object(version, &view)?;
            *response.status_mut() = StatusCode::CREATED;
            Ok(response)
        }
        Put::Replaced(view, version) => permit.object(version, &view),
        Put::NeedsVersion => Err(if_match_required()),
    }
}
