//! `POST /v1/admin/objections/{id}/decide`

use actix_web::{HttpResponse, post};
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::catalogue::{Level, Severity};
use xinwu_domain::objection::{AdminObjection, ObjectionDecision};
use xinwu_domain::refusal::Refusal;
use xinwu_domain::thousandths::Thousandths;
use xinwu_persistence::credit::objection::{self, Verdict};
use xinwu_persistence::credit::record::RecordEdit;

use crate::extract::{Json, Path};
use crate::permit::Permit;
use crate::problem::Problem;
use crate::routes::admin::records::{Points, nullable_day};
use xinwu_domain::rules::{few_if_any, nullable, require_day};

/// A decision on an objection.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"decision": "amended", "reason": "情节较轻，经复核调整", "amendment": {"severity": "minor"}}))]
pub struct DecideObjection {
    /// Whether what it is against stands, changes or falls.
    decision: ObjectionDecision,
    /// Why, at most 1000 characters: the answer to the firm.
    #[validate(length(min = 1, max = 1000), custom(function = "xinwu_domain::rules::long_text"))]
    reason: String,
    /// What becomes of a record that is amended; only then.
    #[validate(nested)]
    amendment: Option<RecordAmendment>,
    /// The scores of an assessment that is amended; only then.
    scores: Option<AmendedScores>,
}

/// What changes in a record; what is left out stays.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"severity": "minor"}))]
pub struct RecordAmendment {
    /// Another category of the same kind; its usual severity comes with it unless one is named.
    #[validate(length(min = 1, max = 32))]
    category: Option<String>,
    /// Another level of the authority.
    level: Option<Level>,
    /// Another severity; without a `public_until` it is shown for the longest time of that one,
    /// from the decision's day.
    severity: Option<Severity>,
    /// Why it has a severity that the category does not have by the catalogue.
    #[validate(length(min = 1, max = 500), custom(function = "xinwu_domain::rules::plain_text"))]
    severity_reason: Option<String>,
    /// Another title.
    #[validate(length(min = 1, max = 200), custom(function = "xinwu_domain::rules::plain_text"))]
    title: Option<String>,
    /// Another text; null for none.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    #[validate(length(min = 1, max = 4000), custom(function = "xinwu_domain::rules::long_text"))]
    detail: Option<Option<String>>,
    /// Another day of the decision.
    #[validate(custom(function = "xinwu_domain::rules::day"))]
    decided_on: Option<String>,
    /// Another last day of counting; null leaves it to each scheme.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    counts_until: Option<Option<String>>,
    /// Whether to show a penalty that is minor now.
    publish: Option<bool>,
    /// Another last day of publicity; null for the longest.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    public_until: Option<Option<String>>,
    /// All points; those given before fall when category, level or severity change.
    #[serde(default, deserialize_with = "few_if_any")]
    #[schema(max_items = 20)]
    #[validate(nested)]
    points: Option<Vec<Points>>,
}

/// An assessment's scores.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"service": 88.5, "party": 92}))]
pub struct AmendedScores {
    /// The service, 0 to 100, at most 3 decimals.
    service: Thousandths,
    /// Party building, 0 to 100, at most 3 decimals.
    party: Thousandths,
}

impl RecordAmendment {
    fn into_edit(self) -> Result<RecordEdit, Refusal> {
        let day = |text: String| require_day("/amendment/decided_on", &text);
        Ok(RecordEdit {
            category: self.category,
            level: self.level,
            severity: self.severity,
            severity_reason: self.severity_reason,
            title: self.title,
            detail: self.detail,
            decided_on: self.decided_on.map(day).transpose()?,
            counts_until: nullable_day("/amendment/counts_until", self.counts_until)?,
            publish: self.publish,
            public_until: nullable_day("/amendment/public_until", self.public_until)?,
            points: self.points.map(|points| points.into_iter().map(Points::into_new).collect()),
            ..RecordEdit::default()
        })
    }
}

/// Decides on an objection: what it is against is upheld, amended as a new revision, or revoked,
/// from now on; grades follow at once. Needs the power to confirm, `If-Match`, and an official who
/// had no hand in what it is against. An evaluation is upheld, or amended once its facts were put
/// right by their own ways.
#[utoipa::path(
    tag = "records",
    params(("id" = String, Path, description = "The objection")),
    request_body = DecideObjection,
    responses((status = 200, description = "The objection", body = AdminObjection))
)]
#[post("/v1/admin/objections/{id}/decide")]
pub(super) async fn decide_objection(
    permit: Permit<op::DecideObjection>,
    Path(id): Path<String>,
    body: Json<DecideObjection>,
) -> Result<HttpResponse, Problem> {
    let Json { value, fingerprint, .. } = body;
    let verdict = Verdict {
        decision: value.decision,
        reason: value.reason,
        amendment: value.amendment.map(RecordAmendment::into_edit).transpose()?,
        scores: value.scores.map(|scores| (scores.service, scores.party)),
    };
    permit.step(id, (&fingerprint, verdict), objection::decide).await
}
