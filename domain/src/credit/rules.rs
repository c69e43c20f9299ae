//! A scheme as people read it: what the score is made of, the items, the bands, the rules, and
//! which numbers are published.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::Serialize;
use utoipa::ToSchema;

use super::Consequence;
use crate::catalogue::RecordKind;
use crate::evaluation::{Outcome, serialize_optional_decimal};
use crate::scheme::{Count, Disputed, ListKind, SubjectKind};
use crate::text::Text;

mod describe;

pub use describe::version_view;

/// A scheme with its versions.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "dalian-demo", "title": "大连市物业服务信用评价（演示）", "source": "依据公开报道的大连物业信用查询做法自拟", "place": "2102",
    "subjects": ["firm", "project"], "primary_for": ["firm", "project"], "version_in_force": 1,
    "versions": [{"version": 1, "effective_from": "2020-01-01", "announced_at": "2026-11-21T02:00:00Z", "state": "in_force"}]
}))]
pub struct SchemeView {
    /// The scheme's id.
    pub id: String,
    /// What it is called.
    #[schema(value_type = String)]
    pub title: Text,
    /// Where the rules come from.
    #[schema(value_type = String)]
    pub source: Text,
    /// The code of the place whose rules these are.
    pub place: String,
    /// Whom it can grade.
    pub subjects: Vec<SubjectKind>,
    /// For whom it is the place's primary scheme.
    pub primary_for: Vec<SubjectKind>,
    /// The version in force today; null before the first is.
    pub version_in_force: Option<u32>,
    /// All versions, the newest first.
    pub versions: Vec<VersionSummary>,
}

/// A version of a scheme.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"version": 1, "effective_from": "2020-01-01", "announced_at": "2026-11-21T02:00:00Z", "state": "in_force"}))]
pub struct VersionSummary {
    /// The version's number.
    pub version: u32,
    /// The first day on which it is in force.
    pub effective_from: NaiveDate,
    /// When it was made known here.
    pub announced_at: DateTime<Utc>,
    /// Where it stands.
    pub state: VersionState,
}

/// Where a version of a scheme stands.
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
pub enum VersionState {
    /// Its first day is to come.
    Announced,
    /// It is applied.
    InForce,
    /// Another took its place.
    Past,
}

/// One version of a scheme, whole.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "dalian-demo", "version": 1, "state": "in_force", "title": "大连市物业服务信用评价（演示）", "source": "自拟",
    "public_facts": "居民为日常服务打分", "own_numbers": "全部权重、分值", "effective_from": "2020-01-01",
    "announced_at": "2026-11-21T02:00:00Z", "place": "2102", "subjects": ["firm"], "primary_for": ["firm"],
    "announce_working_days": 0, "disputed": "counts", "validity": "12 months", "score": "score", "components": [],
    "grades": [{"code": "AAA", "name": "信用优秀", "consequences": []}], "bands": [{"grade": "AAA", "scores": "[85, ∞)"}], "rules": [], "outcomes": [],
    "text": "format = 1\n"
}))]
pub struct SchemeVersionView {
    /// The scheme's id.
    pub id: String,
    /// The version's number.
    pub version: u32,
    /// Where it stands.
    pub state: VersionState,
    /// What it is called.
    #[schema(value_type = String)]
    pub title: Text,
    /// Where the rules come from.
    #[schema(value_type = String)]
    pub source: Text,
    /// Which of its numbers are published facts.
    #[schema(value_type = String)]
    pub public_facts: Text,
    /// Which of its numbers are this project's own.
    #[schema(value_type = String)]
    pub own_numbers: Text,
    /// The first day on which it is in force.
    pub effective_from: NaiveDate,
    /// When it was made known here.
    pub announced_at: DateTime<Utc>,
    /// The code of the place whose rules these are.
    pub place: String,
    /// Whom it can grade.
    pub subjects: Vec<SubjectKind>,
    /// For whom it is the place's primary scheme.
    pub primary_for: Vec<SubjectKind>,
    /// Working days for which a new grade is announced before it takes effect; 0 is at once.
    pub announce_working_days: u32,
    /// What an open objection does to a record.
    pub disputed: Disputed,
    /// How long a record counts that names no term of its own.
    pub validity: String,
    /// The component that is the score.
    pub score: String,
    /// What the score is made of.
    pub components: Vec<ComponentView>,
    /// All grades, the best first.
    pub grades: Vec<GradeView>,
    /// The scores of each grade.
    pub bands: Vec<BandView>,
    /// What changes a grade, lists or has consequences beside the score, in the order in which it
    /// applies.
    pub rules: Vec<RuleView>,
    /// When there is no score, and why.
    pub outcomes: Vec<OutcomeRuleView>,
    /// The scheme's file as it is read by the program.
    pub text: String,
}

/// A part of the score.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "score", "name": "信用得分", "kind": "weighted", "weight": 1, "at_least": null, "at_most": null,
    "parts": [{"of": "file", "times": 0.4}], "detail": {}, "groups": []
}))]
pub struct ComponentView {
    /// Its id.
    pub id: String,
    /// What it is called.
    #[schema(value_type = String)]
    pub name: Text,
    /// How it is made.
    pub kind: ComponentKind,
    /// Its weight in the score; null where it only serves a condition.
    #[serde(serialize_with = "serialize_optional_decimal")]
    #[schema(value_type = Option<f64>)]
    pub weight: Option<Decimal>,
    /// Its floor.
    #[serde(serialize_with = "serialize_optional_decimal")]
    #[schema(value_type = Option<f64>)]
    pub at_least: Option<Decimal>,
    /// Its ceiling.
    #[serde(serialize_with = "serialize_optional_decimal")]
    #[schema(value_type = Option<f64>)]
    pub at_most: Option<Decimal>,
    /// What it is made of, with multipliers or weights.
    pub parts: Vec<PartView>,
    /// What else its kind says: periods, minimum samples, steps, as in the file.
    pub detail: BTreeMap<&'static str, String>,
    /// Points for records.
    pub groups: Vec<GroupView>,
}

/// How a component is made.
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
pub enum ComponentKind {
    /// A number that everyone has.
    Constant,
    /// Points for rewards and penalties.
    Records,
    /// Officials' assessments.
    Assessments,
    /// Residents' ratings.
    Residents,
    /// A reported figure.
    Metric,
    /// Points for what another component reaches.
    Table,
    /// Its parts, each times its multiplier.
    Sum,
    /// The mean of its parts by their weights.
    Weighted,
    /// The highest of its parts.
    Highest,
    /// The lowest of its parts.
    Lowest,
    /// What the projects have, brought together.
    RollUp,
}

/// A part of a component.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(example = json!({"of": "file", "times": 0.4}))]
pub struct PartView {
    /// The component.
    pub of: String,
    /// Its weight or multiplier; null where the parts are not added.
    #[serde(serialize_with = "serialize_optional_decimal")]
    #[schema(value_type = Option<f64>)]
    pub times: Option<Decimal>,
}

/// Items of one kind that share a cap.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(example = json!({"id": "honours", "name": "荣誉", "kind": "reward", "cap": 20, "highest_only": false, "items": []}))]
pub struct GroupView {
    /// Its id.
    pub id: String,
    /// What it is called.
    #[schema(value_type = String)]
    pub name: Text,
    /// Rewards add, penalties take away.
    pub kind: RecordKind,
    /// The most that it can add or take away.
    #[serde(serialize_with = "serialize_optional_decimal")]
    #[schema(value_type = Option<f64>)]
    pub cap: Option<Decimal>,
    /// Whether only its highest item counts.
    pub highest_only: bool,
    /// The items.
    pub items: Vec<ItemView>,
}

/// Points for records of some categories.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(example = json!({
    "cap": null, "categories": ["R101"], "count": "each", "id": "R101", "name": "荣誉", "points": {"city": "5", "state": "10"},
    "validity": "12 months", "veto": false, "level_times": {"city": "1.5"}
}))]
pub struct ItemView {
    /// The rule's name.
    pub id: String,
    /// What it is called.
    #[schema(value_type = String)]
    pub name: Text,
    /// The categories it matches.
    pub categories: Vec<String>,
    /// The points of one occurrence: `always`, by level or severity, or `from`, `to` and
    /// `reference` at an officer's discretion.
    pub points: BTreeMap<&'static str, String>,
    /// Multipliers by level; a level that is not named counts once.
    pub level_times: BTreeMap<&'static str, String>,
    /// How many of several records count.
    pub count: Count,
    /// The most that it can add or take away.
    #[serde(serialize_with = "serialize_optional_decimal")]
    #[schema(value_type = Option<f64>)]
    pub cap: Option<Decimal>,
    /// How long a record counts that names no term of its own.
    pub validity: String,
    /// Whether one record of it is a veto.
    pub veto: bool,
}

/// A grade.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"code": "AAA", "name": "信用优秀", "consequences": []}))]
pub struct GradeView {
    /// Its code.
    pub code: String,
    /// What it is called.
    #[schema(value_type = String)]
    pub name: Text,
    /// What follows from having it.
    pub consequences: Vec<ConsequenceView>,
}

/// The scores of a grade.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"grade": "AA", "scores": "[80, 85)"}))]
pub struct BandView {
    /// The grade's code.
    pub grade: String,
    /// An interval: `[` and `]` hold the number itself, `(` and `)` leave it out.
    pub scores: String,
}

/// A rule beside the score.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "veto", "reason": "一票否决：存在严重失信行为", "at_most": "C", "at_least": null, "grade": null, "list": "black", "consequences": []
}))]
pub struct RuleView {
    /// Its id.
    pub id: String,
    /// When it holds, for people.
    #[schema(value_type = String)]
    pub reason: Text,
    /// The grade becomes no better than this.
    pub at_most: Option<String>,
    /// The grade becomes no worse than this.
    pub at_least: Option<String>,
    /// The grade becomes this.
    pub grade: Option<String>,
    /// The list it puts the subject on.
    pub list: Option<ListKind>,
    /// What follows.
    pub consequences: Vec<ConsequenceView>,
}

/// What follows from a rule or a grade.
pub type ConsequenceView = Consequence;

/// When there is no score.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"outcome": "not_evaluated", "reason": "没有在管项目"}))]
pub struct OutcomeRuleView {
    /// What stands instead.
    pub outcome: Outcome,
    /// When, for people.
    #[schema(value_type = String)]
    pub reason: Text,
}
