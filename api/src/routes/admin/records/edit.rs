//! `PATCH /v1/admin/records/{id}`

use actix_web::{HttpResponse, patch};
use chrono::NaiveDate;
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;
use xinwu_domain::access::op;
use xinwu_domain::catalogue::{Level, Severity};
use xinwu_domain::record::AdminRecord;
use xinwu_domain::refusal::Refusal;
use xinwu_persistence::credit::record::{self, RecordEdit};

use super::add::Points;
use crate::extract::{Json, Path};
use crate::permit::Permit;
use crate::problem::Problem;
use xinwu_domain::rules::{few_if_any, nullable, require_day};

/// What changes in a draft; what is left out stays.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"severity": "serious", "public_until": "2028-11-10"}))]
pub struct EditRecord {
    /// Another category; its usual severity comes with it unless one is named.
    #[validate(length(min = 1, max = 32))]
    category: Option<String>,
    /// Another project; null for none.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    project: Option<Option<String>>,
    /// Another manager; null for none.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    manager: Option<Option<String>>,
    /// Another level.
    level: Option<Level>,
    /// Another severity.
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
    /// Another document.
    #[validate(length(min = 1, max = 100), custom(function = "xinwu_domain::rules::plain_text"))]
    document_number: Option<String>,
    /// Another authority.
    #[validate(length(min = 1, max = 100), custom(function = "xinwu_domain::rules::plain_text"))]
    authority: Option<String>,
    /// All evidence.
    #[validate(length(min = 1, max = 20), custom(function = "xinwu_domain::rules::references"))]
    evidence: Option<Vec<String>>,
    /// Another day of the decision.
    #[validate(custom(function = "xinwu_domain::rules::day"))]
    decided_on: Option<String>,
    /// Another last day of counting; null leaves it to each scheme.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    counts_until: Option<Option<String>>,
    /// Whether to show a minor penalty.
    publish: Option<bool>,
    /// Another last day of publicity; null for the longest.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    public_until: Option<Option<String>>,
    /// All points.
    #[serde(default, deserialize_with = "few_if_any")]
    #[schema(max_items = 20)]
    #[validate(nested)]
    points: Option<Vec<Points>>,
}

/// Changes a draft of one's own office, or a record that was sent back. Needs `If-Match`.
#[utoipa::path(
    tag = "records",
    params(("id" = String, Path, description = "The record")),
    request_body = EditRecord,
    responses((status = 200, description = "The record", body = AdminRecord))
)]
#[patch("/v1/admin/records/{id}")]
pub(super) async fn edit_record(
    permit: Permit<op::EditRecord>,
    Path(id): Path<String>,
    body: Json<EditRecord>,
) -> Result<HttpResponse, Problem> {
    let value = body.value;
    let edit = RecordEdit {
        category: value.category,
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
        decided_on: value.decided_on.map(|text| require_day("/decided_on", &text)).transpose()?,
        counts_until: nullable_day("/counts_until", value.counts_until)?,
        publish: value.publish,
        public_until: nullable_day("/public_until", value.public_until)?,
        points: value.points.map(|points| points.into_iter().map(Points::into_new).collect()),
    };
    permit.change(id, edit, record::edit).await
}

/// A day of the field at `pointer`, which may be null or left out.
pub(in crate::routes::admin) fn nullable_day(
    pointer: &str,
    text: Option<Option<String>>,
) -> Result<Option<Option<NaiveDate>>, Refusal> {
    text.map(|text| text.map(|text| require_day(pointer, &text)).transpose()).transpose()
}
