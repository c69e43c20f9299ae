//! `POST /v1/admin/records`

use actix_web::{HttpResponse, post};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::catalogue::{Level, Severity};
use xinwu_domain::record::AdminRecord;
use xinwu_domain::refusal::Refusal;
use xinwu_domain::thousandths::Thousandths;
use xinwu_domain::uscc::Uscc;
use xinwu_persistence::credit::record::{self, NewPoints, NewRecord};

use crate::extract::Json;
use crate::permit::{Permit, Posted};
use crate::problem::Problem;
use xinwu_domain::rules::{few, require_day};

/// A new draft.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "category": "P301", "uscc": "91219900MA0D00000P", "level": "district", "severity": "ordinary", "title": "违规收取装修管理费",
    "document_number": "中市监罚字〔2026〕12号", "authority": "中山区市场监督管理局", "evidence": ["中市监罚字〔2026〕12号.pdf"],
    "decided_on": "2026-11-10", "points": [{"scheme": "dalian-demo", "points": 10, "reason": "拒不整改"}]
}))]
pub struct AddRecord {
    /// A category of the catalogue; the record's kind follows it.
    #[validate(length(min = 1, max = 32))]
    category: String,
    /// The firm in whose file it stands; left out for a project without a firm (run by the owners,
    /// the community or the street).
    #[validate(length(min = 1, max = 64))]
    uscc: Option<String>,
    /// The project concerned: one of the firm's, or one without a firm.
    #[validate(length(min = 1, max = 64))]
    project: Option<String>,
    /// The manager concerned, one of the firm's or of the project.
    #[validate(length(min = 1, max = 64))]
    manager: Option<String>,
    /// The level of the authority.
    level: Level,
    /// How grave it is; the category's usual severity when left out.
    severity: Option<Severity>,
    /// Why it has a severity that the category does not have by the catalogue; needed then.
    #[validate(length(min = 1, max = 500), custom(function = "xinwu_domain::rules::plain_text"))]
    severity_reason: Option<String>,
    /// In one line.
    #[validate(length(min = 1, max = 200), custom(function = "xinwu_domain::rules::plain_text"))]
    title: String,
    /// At length.
    #[validate(length(min = 1, max = 4000), custom(function = "xinwu_domain::rules::long_text"))]
    detail: Option<String>,
    /// The number of the decision's document.
    #[validate(length(min = 1, max = 100), custom(function = "xinwu_domain::rules::plain_text"))]
    document_number: String,
    /// Who decided.
    #[validate(length(min = 1, max = 100), custom(function = "xinwu_domain::rules::plain_text"))]
    authority: String,
    /// References to the evidence, 1 to 20.
    #[validate(length(min = 1, max = 20), custom(function = "xinwu_domain::rules::references"))]
    evidence: Vec<String>,
    /// The decision's day, not in the future.
    #[validate(custom(function = "xinwu_domain::rules::day"))]
    decided_on: String,
    /// The last day on which it counts; left out, each scheme's own term holds.
    #[validate(custom(function = "xinwu_domain::rules::day"))]
    counts_until: Option<String>,
    /// Whether to show a minor penalty, which normally is not shown.
    publish: Option<bool>,
    /// The last day on which it is shown: for a minor penalty at most 3 months after the decision,
    /// for an ordinary one 3 to 12 months, for a serious one 1 to 3 years. The longest when left
    /// out.
    #[validate(custom(function = "xinwu_domain::rules::day"))]
    public_until: Option<String>,
    /// An officer's points, where a scheme leaves them to discretion.
    #[serde(default, deserialize_with = "few")]
    #[schema(max_items = 20)]
    #[validate(nested)]
    points: Vec<Points>,
}

/// An officer's points under one scheme.
#[derive(Debug, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AddRecordPoints, example = json!({"scheme": "dalian-demo", "points": 10, "reason": "拒不整改"}))]
pub struct Points {
    /// The scheme.
    #[validate(length(min = 1, max = 64))]
    scheme: String,
    /// The points, within the item's range.
    points: Thousandths,
    /// Why they differ from the item's reference; needed where they do.
    #[validate(length(min = 1, max = 500), custom(function = "xinwu_domain::rules::plain_text"))]
    reason: Option<String>,
}

impl Points {
    pub(in crate::routes::admin) fn into_new(self) -> NewPoints {
        NewPoints { scheme: self.scheme, points: self.points, reason: self.reason }
    }
}

/// Drafts a record. Neither counts nor shows before another official confirms it.
#[utoipa::path(tag = "records", request_body = AddRecord, responses((status = 201, description = "The draft", body = AdminRecord)))]
#[post("/v1/admin/records")]
pub(super) async fn add_record(
    permit: Permit<op::AddRecord>,
    body: Json<AddRecord>,
) -> Result<HttpResponse, Problem> {
    let Json { value, fingerprint, .. } = body;
    let context = permit.context();
    let day = |pointer: &str, text: Option<String>| text.map(|text| require_day(pointer, &text)).transpose();
    let new = NewRecord {
        category: value.category,
        uscc: value
            .uscc
            .map(|uscc| Uscc::parse_known(&uscc))
            .transpose()
            .map_err(|fault| Refusal::invalid("/uscc", fault.code(), fault.text()))?,
        project: value.project,
        manager: value.manager,
        level: value.level,
        severity: value.severity,
        severity_reason: value.severity_reason,
        title: value.title,
        detail: value.detail,
        document_number: value.document_number,
        authority: value.authority,
        evidence: value.evidence,
        decided_on: require_day("/decided_on", &value.decided_on)?,
        counts_until: day("/counts_until", value.counts_until)?,
        publish: value.publish,
        public_until: day("/public_until", value.public_until)?,
        points: value.points.into_iter().map(Points::into_new).collect(),
        known_from: None,
        demo: false,
    };
    permit
        .post(&fingerprint, move |tx, warrant| {
            let (record, version) = record::add(tx, warrant, &new, context)?;
            Posted::created(format!("/v1/admin/records/{}", record.record.id), version, &record)
        })
        .await
}
