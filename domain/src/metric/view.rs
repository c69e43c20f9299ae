//! Figures as they are read: by everyone, by the firm, and by officials.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::subject::MetricSubjectKind;
use super::survey::SurveyMethodView;
use super::words::{MetricUnit, Reporter};
use crate::account::NamedAccount;
use crate::calendar::Period;
use crate::place::NamedPlace;
use crate::text::Text;
use crate::thousandths::Thousandths;

/// How a figure stands.
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
pub enum MetricState {
    /// It waits for its confirmation, and counts nowhere.
    Submitted,
    /// It holds.
    InForce,
    /// Another took its place.
    Superseded,
    /// It was sent back, with a reason.
    Returned,
    /// It was given up: whoever reported it gave another, or the file that brought it was.
    Withdrawn,
    /// What its file did was taken back.
    Revoked,
}

/// One figure, in a firm's own dossier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "subject_kind": "firm", "subject": "91219900MA0D00000P", "key": "fee_collection_rate", "period": "2026-Q3",
    "value": 92.5, "source": "firm's report", "counts_from": "2026-10-01", "known_from": "2026-10-08T02:00:00Z"
}))]
pub struct MetricView {
    /// What it is about.
    pub subject_kind: MetricSubjectKind,
    /// Its uscc, id or code.
    pub subject: String,
    /// Which figure.
    pub key: String,
    /// For which period.
    pub period: Period,
    /// The figure, at most 3 decimals, in the unit of the catalogue.
    pub value: Thousandths,
    /// Where it comes from.
    pub source: String,
    /// How the survey was made, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub method: Option<SurveyMethodView>,
    /// The first day on which it counts: the one after the period's last.
    pub counts_from: NaiveDate,
    /// When it was confirmed; null before.
    pub known_from: Option<DateTime<Utc>>,
}

/// A value that once held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "value": 91, "source": "企业季报", "known_from": "2026-10-08T02:00:00Z", "known_until": "2026-10-20T02:00:00Z"
}))]
pub struct FormerValue {
    /// The value.
    pub value: Thousandths,
    /// Where it came from.
    pub source: String,
    /// Since when it held.
    pub known_from: DateTime<Utc>,
    /// Until when, exclusive.
    pub known_until: DateTime<Utc>,
}

/// A figure that everyone reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "subject_kind": "project", "subject": "0193a5c2-7b1e-7f00-8000-000000000001", "key": "fee_collection_rate",
    "name": "物业费收缴率", "unit": "percent", "period": "2026-Q3", "value": 92.5, "source": "企业季报", "reporter": "firm",
    "method": null, "counts_from": "2026-10-01", "known_from": "2026-10-20T02:00:00Z",
    "former": [{"value": 91, "source": "企业季报", "known_from": "2026-10-08T02:00:00Z", "known_until": "2026-10-20T02:00:00Z"}]
}))]
pub struct PublicMetric {
    /// What it is of.
    pub subject_kind: MetricSubjectKind,
    /// Its uscc, id or code.
    pub subject: String,
    /// Which metric, by its key in the catalogue.
    pub key: String,
    /// What people call that.
    #[schema(value_type = String)]
    pub name: Text,
    /// In what it is measured.
    pub unit: MetricUnit,
    /// For which period.
    pub period: Period,
    /// The value, with at most 3 decimals.
    pub value: Thousandths,
    /// Where it comes from.
    pub source: String,
    /// Who reported it.
    pub reporter: Reporter,
    /// How the survey was made; null where it is none.
    pub method: Option<SurveyMethodView>,
    /// The first day on which it counts in a grade: the one after the period's last.
    pub counts_from: NaiveDate,
    /// Since when it holds.
    pub known_from: DateTime<Utc>,
    /// The values that held before it was corrected, the latest first.
    pub former: Vec<FormerValue>,
}

/// A figure as its reporter and officials see it: how it stands, and who decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c", "subject_kind": "project", "subject": "0193a5c2-7b1e-7f00-8000-000000000001",
    "subject_name": "示例小区（演示）", "place": {"code": "210202001002", "name": "青泥洼桥社区"}, "key": "fee_collection_rate",
    "name": "物业费收缴率", "unit": "percent", "period": "2026-Q3", "value": 92.5, "source": "企业季报", "reporter": "firm",
    "method": null, "state": "submitted", "reason": null, "before": null, "import": null, "by": null, "decided_by": null,
    "submitted_at": "2026-10-08T02:00:00Z", "counts_from": "2026-10-01", "known_from": null, "known_until": null
}))]
pub struct MetricReport {
    /// Its id.
    pub id: String,
    /// What it is of.
    pub subject_kind: MetricSubjectKind,
    /// Its uscc, id or code.
    pub subject: String,
    /// What that is called: a firm, a manager, an estate (of a project too), a place.
    pub subject_name: String,
    /// The place whose officials answer for it.
    pub place: Option<NamedPlace>,
    /// Which metric, by its key in the catalogue.
    pub key: String,
    /// What people call that.
    #[schema(value_type = String)]
    pub name: Text,
    /// In what it is measured; null for a key that has left the catalogue.
    pub unit: Option<MetricUnit>,
    /// For which period.
    pub period: Period,
    /// The value, with at most 3 decimals.
    pub value: Thousandths,
    /// Where it comes from.
    pub source: String,
    /// Who reported it.
    pub reporter: Reporter,
    /// How the survey was made; null where it is none.
    pub method: Option<SurveyMethodView>,
    /// How it stands.
    pub state: MetricState,
    /// Why it was returned; null where it was not.
    pub reason: Option<String>,
    /// The value in force whose place it is to take, while it waits; null where there is none.
    pub before: Option<Thousandths>,
    /// The import that brought it; null where none did.
    pub import: Option<String>,
    /// Who reported it, for officials; null for the firm, and where the service computed it.
    pub by: Option<NamedAccount>,
    /// Who confirmed or returned it, for officials; null for the firm and where nobody did by hand.
    pub decided_by: Option<NamedAccount>,
    /// When it was reported; null where that is not kept.
    pub submitted_at: Option<DateTime<Utc>>,
    /// The first day on which it counts in a grade: the one after the period's last.
    pub counts_from: NaiveDate,
    /// Since when it holds, or held; null where it never did.
    pub known_from: Option<DateTime<Utc>>,
    /// Until when it held, exclusive; null where it holds, or never did.
    pub known_until: Option<DateTime<Utc>>,
}

impl MetricReport {
    /// The same for the firm: it is not told which officials had a hand in it.
    #[must_use]
    pub fn for_its_firm(self) -> MetricReport {
        MetricReport { by: None, decided_by: None, ..self }
    }
}
