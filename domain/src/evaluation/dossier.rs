//! A subject's dossier as plain data: every fact with when it counts and when it was known.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::announcement::Announcement;
use crate::calendar::{Month, Period};
use crate::catalogue::{Level, RecordKind, Severity};
use crate::scheme::{Assessor, SubjectKind, Through};

/// Everything that is known of one subject, in any order; rows of all versions may stand in it.
///
/// A row is known from `known_from` until `known_until` (exclusive). Of several known rows of the
/// same fact the one known last is taken; increments of ratings are never replaced and add up. Days
/// are days in the city's `zone`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CreditFile, example = json!({
    "subject": "firm", "id": "91219900MA00000019", "zone": "Asia/Shanghai",
    "records": [{
        "id": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c", "category": "P301", "kind": "penalty", "severity": "ordinary", "level": "district", "project": null,
        "through": "own", "counts_from": "2026-11-10", "counts_until": null, "points": {"dalian-demo": "10"}, "disputed": false,
        "known_from": "2026-11-21T02:00:00Z", "known_until": null
    }],
    "projects": [{
        "id": "0193a5c2-7b1e-7f00-8000-000000000001", "area": "100000", "households": 900, "starts_on": "2024-01-01", "ends_on": null,
        "known_from": "2024-01-01T02:00:00Z", "known_until": null
    }],
    "assessments": [{
        "id": "0193a5c2-7b1e-7f00-8000-000000000003", "project": "0193a5c2-7b1e-7f00-8000-000000000001", "period": "2026-Q3",
        "assessor": "street", "service": "88.5", "party": "92", "known_from": "2026-10-08T02:00:00Z", "known_until": null
    }],
    "increments": [{
        "project": "0193a5c2-7b1e-7f00-8000-000000000001", "month": "2026-10", "count": 42, "stars": 180, "known_from": "2026-10-31T22:00:04Z"
    }],
    "closings": [], "metrics": [], "statuses": [], "announcements": []
}))]
pub struct Dossier {
    /// Who is graded.
    pub subject: SubjectKind,
    /// The subject's id: a uscc, a project's or a manager's id.
    pub id: String,
    /// The city's zone, which makes instants of days; in JSON its name, such as `Asia/Shanghai`.
    #[serde(with = "zone")]
    #[schema(value_type = String)]
    pub zone: Tz,
    /// A firm's licence, for "too new"; projects and managers are as old as their own first term.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub licences: Vec<Licence>,
    /// Rewards and penalties.
    #[serde(default)]
    #[schema(required)]
    pub records: Vec<Record>,
    /// The firm's projects; for a project itself its own row; for a manager those in charge of, for
    /// the days of the charge: two rows where a manager has come back.
    #[serde(default)]
    #[schema(required)]
    pub projects: Vec<Project>,
    /// Officials' assessments of these projects.
    #[serde(default)]
    #[schema(required)]
    pub assessments: Vec<Assessment>,
    /// What the steps published of the ratings of these projects.
    #[serde(default)]
    #[schema(required)]
    pub increments: Vec<RatedIncrement>,
    /// The months of ratings that are closed: they count up to the last of these.
    #[serde(default)]
    #[schema(required)]
    pub closings: Vec<Closing>,
    /// Reported figures.
    #[serde(default)]
    #[schema(required)]
    pub metrics: Vec<MetricValue>,
    /// The subject's own statuses.
    #[serde(default)]
    #[schema(required)]
    pub statuses: Vec<StatusFact>,
    /// Of which firm it is a branch, and which are its branches.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub branches: Vec<Branch>,
    /// Grades that were or are announced: told beside an evaluation, and never a part of its score.
    #[serde(default)]
    #[schema(required)]
    pub announcements: Vec<Announcement>,
}

/// One reward or penalty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CreditFileRecord, example = json!({
    "id": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c", "category": "P301", "kind": "penalty", "severity": "ordinary", "level": "district", "project": null,
    "through": "own", "counts_from": "2026-11-10", "counts_until": null, "points": {"dalian-demo": "10"}, "disputed": false,
    "known_from": "2026-11-21T02:00:00Z", "known_until": null
}))]
pub struct Record {
    /// The record's id.
    pub id: String,
    /// The category's code.
    pub category: String,
    /// Reward or penalty.
    pub kind: RecordKind,
    /// Its own severity.
    pub severity: Severity,
    /// The level of the authority, where it has one.
    #[serde(default)]
    pub level: Option<Level>,
    /// The project concerned, if one is.
    #[serde(default)]
    pub project: Option<String>,
    /// How it came into this dossier.
    #[serde(default = "own")]
    #[schema(required)]
    pub through: Through,
    /// The branch that it names, of those of `branches`; it counts through it only while a scheme
    /// rolls that branch up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub branch: Option<String>,
    /// The decision's day.
    pub counts_from: NaiveDate,
    /// The record's own last day, inclusive; none leaves the term to the scheme.
    #[serde(default)]
    pub counts_until: Option<NaiveDate>,
    /// Actual points by scheme id, where an officer gave them.
    #[serde(default)]
    #[schema(required)]
    #[schema(value_type = BTreeMap<String, String>)]
    pub points: BTreeMap<String, Decimal>,
    /// Whether an objection is open for as long as the row is known; a dossier that knows the
    /// instants says them in `disputes`.
    #[serde(default)]
    #[schema(required)]
    pub disputed: bool,
    /// When objections against it were open.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub disputes: Vec<Dispute>,
    /// When it was put right (信用修复): it counts no longer since, and as it did before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub repaired_at: Option<DateTime<Utc>>,
    /// Since when it is known.
    pub known_from: DateTime<Utc>,
    /// Until when it is known, exclusive.
    #[serde(default)]
    pub known_until: Option<DateTime<Utc>>,
}

/// The time for which an objection was open: a mark that belonged to its instants, whatever was
/// decided afterwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CreditFileDispute, example = json!({"opened_at": "2026-11-23T02:00:00Z", "closed_at": null}))]
pub struct Dispute {
    /// When it was marked.
    pub opened_at: DateTime<Utc>,
    /// When it was decided or withdrawn, exclusive; null while it is open.
    #[serde(default)]
    pub closed_at: Option<DateTime<Utc>>,
}

fn own() -> Through {
    Through::Own
}

/// A project's size and term: in a manager's dossier the manager's own, of which a change of
/// manager makes the day before its last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CreditFileProject, example = json!({
    "id": "0193a5c2-7b1e-7f00-8000-000000000001", "area": "100000", "households": 900, "starts_on": "2024-01-01", "ends_on": null,
    "known_from": "2024-01-01T02:00:00Z", "known_until": null
}))]
pub struct Project {
    /// The project's id.
    pub id: String,
    /// Its area in m², not negative.
    #[schema(value_type = String)]
    pub area: Decimal,
    /// Its households.
    pub households: u32,
    /// The first day of the term.
    pub starts_on: NaiveDate,
    /// The last day, inclusive; null while it runs.
    #[serde(default)]
    pub ends_on: Option<NaiveDate>,
    /// Since when it is known.
    pub known_from: DateTime<Utc>,
    /// Until when it is known, exclusive.
    #[serde(default)]
    pub known_until: Option<DateTime<Utc>>,
}

/// One assessor's scores of a project for a period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CreditFileAssessment, example = json!({
    "id": "0193a5c2-7b1e-7f00-8000-000000000003", "project": "0193a5c2-7b1e-7f00-8000-000000000001", "period": "2026-Q3",
    "assessor": "street", "service": "88.5", "party": "92", "known_from": "2026-10-08T02:00:00Z", "known_until": null
}))]
pub struct Assessment {
    /// The assessment's id.
    pub id: String,
    /// The project assessed.
    pub project: String,
    /// For which period: it counts from its close until the next one's.
    pub period: Period,
    /// Who assessed.
    pub assessor: Assessor,
    /// The service score, 0–100.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub service: Option<Decimal>,
    /// The party building score, 0–100.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub party: Option<Decimal>,
    /// When objections against it were open, whichever of its revisions they were against.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub disputes: Vec<Dispute>,
    /// Since when it is known.
    pub known_from: DateTime<Utc>,
    /// Until when it is known, exclusive.
    #[serde(default)]
    pub known_until: Option<DateTime<Utc>>,
}

/// What a step, or a burst that counts, published of a project's ratings: it is final.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CreditFileIncrement, example = json!({
    "project": "0193a5c2-7b1e-7f00-8000-000000000001", "month": "2026-10", "count": 42, "stars": 180, "known_from": "2026-10-31T22:00:04Z"
}))]
pub struct RatedIncrement {
    /// The project rated.
    pub project: String,
    /// The month to which it belongs.
    pub month: Month,
    /// How many ratings.
    pub count: u32,
    /// The sum of their stars.
    pub stars: u32,
    /// Since when it is known: its publication.
    pub known_from: DateTime<Utc>,
}

/// That a month of ratings is closed: no increment is added to it any more, in any project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CreditFileClosing, example = json!({"month": "2026-10", "closed_at": "2026-10-31T22:00:09Z"}))]
pub struct Closing {
    /// The month; those before it are closed with it.
    pub month: Month,
    /// When the step of the next month's 1st was done.
    pub closed_at: DateTime<Utc>,
}

/// A reported figure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CreditFileMetric, example = json!({
    "project": null, "key": "years_in_business", "starts_on": "2026-07-01", "ends_on": "2026-09-30", "value": "5", "known_from": "2026-10-08T02:00:00Z", "known_until": null
}))]
pub struct MetricValue {
    /// The project it is about; none is the subject itself.
    #[serde(default)]
    pub project: Option<String>,
    /// Its key.
    pub key: String,
    /// The period's first day: of two figures that end together, that of the longer period counts.
    /// Null is the longest.
    #[serde(default)]
    pub starts_on: Option<NaiveDate>,
    /// The period's last day: it counts from the next.
    pub ends_on: NaiveDate,
    /// The value.
    #[schema(value_type = String)]
    pub value: Decimal,
    /// Since when it is known.
    pub known_from: DateTime<Utc>,
    /// Until when it is known, exclusive.
    #[serde(default)]
    pub known_until: Option<DateTime<Utc>>,
}

/// Since when a firm is licensed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CreditFileLicence, example = json!({
    "licensed_on": "2024-01-01", "known_from": "2024-01-02T02:00:00Z", "known_until": null
}))]
pub struct Licence {
    /// The day of the business licence.
    pub licensed_on: NaiveDate,
    /// Since when it is known.
    pub known_from: DateTime<Utc>,
    /// Until when it is known, exclusive.
    #[serde(default)]
    pub known_until: Option<DateTime<Utc>>,
}

/// That a firm is a branch of another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CreditFileBranch, example = json!({
    "branch": "91219900MA0D00001T", "parent": "91219900MA0D00002X", "since": "2024-01-01", "parent_places": ["210202", "2102"],
    "known_from": "2024-01-02T02:00:00Z", "known_until": null
}))]
pub struct Branch {
    /// The branch's uscc.
    pub branch: String,
    /// The parent's uscc.
    pub parent: String,
    /// The first day.
    pub since: NaiveDate,
    /// The codes of the place where the parent is registered, and of those above it.
    pub parent_places: Vec<String>,
    /// Since when it is known.
    pub known_from: DateTime<Utc>,
    /// Until when it is known, exclusive.
    #[serde(default)]
    pub known_until: Option<DateTime<Utc>>,
}

/// What a subject can be apart from its dossier.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
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
pub enum Status {
    /// It has no residential business.
    NoResidentialBusiness,
    /// It is not registered in the system.
    Unregistered,
    /// It operates and refuses to take part.
    Refuses,
    /// An objection against its evaluation is open.
    UnderObjection,
}

/// A status and its days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CreditFileStatus, example = json!({
    "status": "under_objection", "starts_on": "2026-11-21", "ends_on": null, "known_from": "2026-11-21T02:00:00Z", "known_until": null
}))]
pub struct StatusFact {
    /// Which.
    pub status: Status,
    /// The first day.
    pub starts_on: NaiveDate,
    /// The last day, inclusive; null while it lasts.
    #[serde(default)]
    pub ends_on: Option<NaiveDate>,
    /// Since when it is known.
    pub known_from: DateTime<Utc>,
    /// Until when it is known, exclusive.
    #[serde(default)]
    pub known_until: Option<DateTime<Utc>>,
}

mod zone {
    use chrono_tz::Tz;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(zone: &Tz, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(zone.name())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Tz, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(|_| D::Error::custom("unknown time zone"))
    }
}

impl Dossier {
    /// The dossier as it is exported: the bytes are the same wherever it comes from.
    pub fn to_text(&self) -> serde_json::Result<String> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }

    /// An empty dossier of a subject.
    pub fn new(subject: SubjectKind, id: impl Into<String>, zone: Tz) -> Self {
        Self {
            subject,
            id: id.into(),
            zone,
            licences: Vec::new(),
            records: Vec::new(),
            projects: Vec::new(),
            assessments: Vec::new(),
            increments: Vec::new(),
            closings: Vec::new(),
            metrics: Vec::new(),
            statuses: Vec::new(),
            branches: Vec::new(),
            announcements: Vec::new(),
        }
    }

    /// The next instant after `after` at which any of the dossier becomes known, or is known no
    /// longer: an evaluation of that instant may be another. A dossier may hold it already where it
    /// is evaluated for an earlier instant, as by a clock that is late.
    pub fn next_learnt(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let rows = (self.records.iter().map(|row| (row.known_from, row.known_until)))
            .chain(self.projects.iter().map(|row| (row.known_from, row.known_until)))
            .chain(self.assessments.iter().map(|row| (row.known_from, row.known_until)))
            .chain(self.metrics.iter().map(|row| (row.known_from, row.known_until)))
            .chain(self.statuses.iter().map(|row| (row.known_from, row.known_until)))
            .chain(self.branches.iter().map(|row| (row.known_from, row.known_until)))
            .chain(self.licences.iter().map(|row| (row.known_from, row.known_until)));
        let disputes = self.records.iter().map(|row| &row.disputes);
        let disputes = disputes.chain(self.assessments.iter().map(|row| &row.disputes)).flatten();
        let disputes = disputes.map(|dispute| (dispute.opened_at, dispute.closed_at));
        let repairs = self.records.iter().filter_map(|record| record.repaired_at);
        let ratings = self.increments.iter().map(|row| row.known_from);
        let ratings = ratings.chain(self.closings.iter().map(|closing| closing.closed_at));
        let instants = rows.chain(disputes).flat_map(|(from, until)| std::iter::once(from).chain(until));
        instants.chain(repairs).chain(ratings).filter(|instant| *instant > after).min()
    }
}
