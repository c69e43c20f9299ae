//! What an evaluation says: the score, every item behind it, and why this grade and not the next.

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::announcement::Announced;
use super::number;
use crate::catalogue::RecordKind;
use crate::scheme::{Effect, ListKind, SubjectKind};
use crate::text::Text;

/// Whether there is a score; if not, why, and what instead.
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
pub enum Outcome {
    /// 已评价: there are a score and a grade.
    Evaluated,
    /// 不予评价: too new, no project, no residential business, unregistered, no sufficient sample.
    NotEvaluated,
    /// 缺失: it operates and refuses to take part.
    Missing,
    /// 异议处理中: an objection is open, and the scheme says so meanwhile. A contested result stays
    /// in force: score, grade, lists and consequences are those of an evaluated subject.
    Suspended,
    /// 尚无评分办法: the city has installed no scheme. No evaluation has this outcome; cards show
    /// it.
    NoScheme,
}

impl Outcome {
    /// Whether the result of the score is in force.
    pub(super) fn keeps_result(self) -> bool {
        matches!(self, Self::Evaluated | Self::Suspended)
    }
}

/// What a scheme makes of a dossier at an instant.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = CreditEvaluation, example = json!({
    "subject_kind": "firm", "subject": "91219900MA00000019", "scheme": "dalian-demo", "scheme_version": 1, "as_of": "2026-11-21T02:00:00Z",
    "known_at": "2026-11-21T02:00:00Z", "outcome": "evaluated", "reason": null, "score": 80.4, "grade": "AA",
    "items": [{
        "source": "base", "id": null, "project": null, "component": "base", "group": null, "rule": null, "name": "基础分", "value": null,
        "count": null, "reference_points": null, "points": 80.4, "cap": null, "weight": 1, "contribution": 80.4, "counts_until": null,
        "disputed": false
    }],
    "components": [{"id": "base", "name": "基础分", "value": 80.4, "weight": 1}],
    "unmatched": [], "lists": [], "consequences": [],
    "why": {"grade_by_score": "AA", "next_grade": "AAA", "missing": 4.6, "rules": [], "text": "得分 80.4，等级 AA；距 AAA 还差 4.6 分。"},
    "next_change_on": null, "announcement": null
}))]
pub struct Evaluation {
    /// Who is graded.
    pub subject_kind: SubjectKind,
    /// Its id.
    pub subject: String,
    /// The scheme's id.
    pub scheme: String,
    /// The scheme's version.
    pub scheme_version: u32,
    /// The instant whose state is graded.
    pub as_of: DateTime<Utc>,
    /// The instant whose knowledge is used.
    pub known_at: DateTime<Utc>,
    /// Whether there is a score.
    pub outcome: Outcome,
    /// Why there is none.
    #[schema(value_type = Option<String>)]
    pub reason: Option<Text>,
    /// The score, at most 3 decimals.
    #[serde(serialize_with = "number::optional")]
    #[schema(value_type = Option<f64>)]
    pub score: Option<Decimal>,
    /// The grade's code.
    pub grade: Option<String>,
    /// What the score consists of: the contributions sum exactly to it. Empty where there is no
    /// score.
    pub items: Vec<ScoreItem>,
    /// The scheme's components with their values.
    pub components: Vec<ComponentValue>,
    /// Records in force to which the scheme gives nothing, because none of its items matches them.
    pub unmatched: Vec<UnmatchedRecord>,
    /// The red and black lists it is on.
    pub lists: Vec<Listing>,
    /// What follows from it.
    pub consequences: Vec<AppliedConsequence>,
    /// Why this grade and not the next.
    pub why: Why,
    /// The earliest instant at which time alone may change any of this; null if nothing is in
    /// sight.
    pub next_change_on: Option<DateTime<Utc>>,
    /// Where another grade is in effect and the one above is announced: which, and until when. Null
    /// where none is announced.
    pub announcement: Option<Announced>,
}

impl Evaluation {
    /// What its consequences do to new projects, the gravest of them: `Notice` leaves them allowed.
    pub fn effect(&self) -> Effect {
        self.consequences.iter().map(|consequence| consequence.effect).max().unwrap_or(Effect::Notice)
    }
}

/// One line of the score.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = EvaluationItem, example = json!({
    "source": "record", "id": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c", "project": "0193a5c2-7b1e-7f00-8000-000000000001",
    "component": "records", "group": "penalties", "rule": "P301", "name": "违规收取装修管理费", "value": null, "count": null, "reference_points": -8,
    "points": -8, "cap": null, "weight": 1, "contribution": -8, "counts_until": "2027-11-10", "disputed": false
}))]
pub struct ScoreItem {
    /// What it comes from.
    pub source: ItemSource,
    /// The record, assessment or metric behind it.
    pub id: Option<String>,
    /// The project concerned; it may have ended, and count in a roll-up of the period.
    pub project: Option<String>,
    /// The component it belongs to.
    pub component: String,
    /// The group of the scheme, for records.
    pub group: Option<String>,
    /// The rule of the scheme, for records.
    pub rule: Option<String>,
    /// What it is, for people.
    #[schema(value_type = String)]
    pub name: Text,
    /// What was seen: an assessor's score, a metric's value, the service score in stars.
    #[serde(serialize_with = "number::optional")]
    #[schema(value_type = Option<f64>)]
    pub value: Option<Decimal>,
    /// How many ratings, for residents.
    pub count: Option<u32>,
    /// The points that the scheme means for such a record, before the officer's discretion.
    #[serde(serialize_with = "number::optional")]
    #[schema(value_type = Option<f64>)]
    pub reference_points: Option<Decimal>,
    /// The points, signed, before caps.
    #[serde(serialize_with = "number::plain")]
    #[schema(value_type = f64)]
    pub points: Decimal,
    /// The cap that cut it, if one did.
    #[serde(serialize_with = "number::optional")]
    #[schema(value_type = Option<f64>)]
    pub cap: Option<Decimal>,
    /// What one of its points is worth in the score (rounded to 4 decimals here).
    #[serde(serialize_with = "number::plain")]
    #[schema(value_type = f64)]
    pub weight: Decimal,
    /// Its part of the score, 3 decimals.
    #[serde(serialize_with = "number::plain")]
    #[schema(value_type = f64)]
    pub contribution: Decimal,
    /// The last day on which it counts.
    pub counts_until: Option<NaiveDate>,
    /// Whether an objection is open.
    pub disputed: bool,
}

/// What a line of the score comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ItemSource {
    /// A number that everyone has.
    Base,
    /// A reward or penalty.
    Record,
    /// An official's assessment.
    Assessment,
    /// The ratings of closed months.
    Ratings,
    /// A reported figure.
    Metric,
    /// Points for what a value reaches.
    Table,
    /// What a cap or a ceiling took away.
    Cap,
    /// What a floor gave.
    Floor,
    /// The weight of parts without a sample, given to the others.
    Redistribution,
    /// Everything that is not public, in one line.
    Unpublished,
}

/// A component's value.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = EvaluationComponent, example = json!({"id": "assessments", "name": "街道社区评价", "value": 82.5, "weight": 0.3}))]
pub struct ComponentValue {
    /// The component's id.
    pub id: String,
    /// What it is called.
    #[schema(value_type = String)]
    pub name: Text,
    /// Its value (rounded to 4 decimals here); null without a sufficient sample.
    #[serde(serialize_with = "number::optional")]
    #[schema(value_type = Option<f64>)]
    pub value: Option<Decimal>,
    /// Its weight in the score before any redistribution; null where it only serves a condition.
    #[serde(serialize_with = "number::optional")]
    #[schema(value_type = Option<f64>)]
    pub weight: Option<Decimal>,
}

/// A record to which the scheme gives nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "record": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c", "category": "R205", "kind": "reward", "reason": "评分办法没有与此类别对应的项目"
}))]
pub struct UnmatchedRecord {
    /// The record's id.
    pub record: String,
    /// Its category.
    pub category: String,
    /// Reward or penalty.
    pub kind: RecordKind,
    /// Why no item matches.
    #[schema(value_type = String)]
    pub reason: Text,
}

/// A place on a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"list": "red", "rule": "red_list", "reason": "得分 85 以上且没有有效的不良信息", "until": null, "records": []}))]
pub struct Listing {
    /// Red or black.
    pub list: ListKind,
    /// The rule of the scheme.
    pub rule: String,
    /// What it says.
    #[schema(value_type = String)]
    pub reason: Text,
    /// The last day; null while the condition holds.
    pub until: Option<NaiveDate>,
    /// The records that caused it.
    pub records: Vec<String>,
}

/// What follows from a rule that holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "code": "interview", "text": "约谈企业负责人", "effect": "notice", "amount": null, "unit": null, "up_to_months": null, "rule": "grade_c"
}))]
pub struct AppliedConsequence {
    /// Such as `interview`.
    pub code: String,
    /// What happens.
    #[schema(value_type = String)]
    pub text: Text,
    /// What it does to eligibility for new projects.
    pub effect: Effect,
    /// An amount, in the unit, where something is paid or owed.
    #[serde(serialize_with = "number::optional")]
    #[schema(value_type = Option<f64>)]
    pub amount: Option<Decimal>,
    /// The amount's unit, as the scheme writes it.
    pub unit: Option<String>,
    /// For how many months it is given at most.
    pub up_to_months: Option<u32>,
    /// The rule of the scheme; `grade` where it follows from the grade itself.
    pub rule: String,
}

/// Why this grade and not the next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "grade_by_score": "A", "next_grade": "AA", "missing": 7.6, "rules": [], "text": "得分 72.4，等级 A；距 AA 还差 7.6 分。"
}))]
pub struct Why {
    /// The grade of the score alone.
    pub grade_by_score: Option<String>,
    /// The next better grade that a score leads to.
    pub next_grade: Option<String>,
    /// How many points of score are missing for it.
    #[serde(serialize_with = "number::optional")]
    #[schema(value_type = Option<f64>)]
    pub missing: Option<Decimal>,
    /// The rules that held, and what each did to the grade.
    pub rules: Vec<AppliedRule>,
    /// All of it in a sentence or two.
    #[schema(value_type = String)]
    pub text: Text,
}

/// A rule that moved the grade.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "rule": "serious_penalty", "reason": "有严重不良信息的，不得高于 B 级", "from": "A", "to": "B", "holds_back": true,
    "until": "2027-11-10", "records": ["0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c"],
    "ways_out": [[{
        "need": "records_end", "component": null, "by": null, "records": ["0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c"], "count": null,
        "until": "2027-11-10", "text": "2027-11-10 有关信息期满"
    }]]
}))]
pub struct AppliedRule {
    /// The rule's name.
    pub rule: String,
    /// What it says.
    #[schema(value_type = String)]
    pub reason: Text,
    /// The grade before.
    pub from: String,
    /// The grade after.
    pub to: String,
    /// Whether it made the grade worse and looks at no points: then more points alone do not help.
    pub holds_back: bool,
    /// The last day on which its records make it hold, as far as is known now; null where it holds
    /// by something else.
    pub until: Option<NaiveDate>,
    /// The records that caused it.
    pub records: Vec<String>,
    /// How to leave it, where it made the grade worse: any one of these will do, and of one every
    /// step is needed. Empty where nothing leads out.
    pub ways_out: Vec<Vec<Step>>,
}

/// One thing that has to change for a rule to be left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = WayOutStep, example = json!({
    "need": "component", "component": "service", "by": 4.5, "records": [], "count": null, "until": null, "text": "“服务”提高 4.5"
}))]
pub struct Step {
    /// What has to change.
    pub need: Need,
    /// The component that has to, for `component`, `sample` and `no_sample`.
    pub component: Option<String>,
    /// By how much the score or the component has to rise, or to fall where it is negative.
    #[serde(serialize_with = "number::optional")]
    #[schema(value_type = Option<f64>)]
    pub by: Option<Decimal>,
    /// The records that have to end, for `records_end`.
    pub records: Vec<String>,
    /// How many more records have to come, for `records`.
    pub count: Option<u32>,
    /// The last day on which it still holds, for `records_end` and `age`; null where it has no end
    /// of its own.
    pub until: Option<NaiveDate>,
    /// The same for people.
    #[schema(value_type = String)]
    pub text: Text,
}

impl Step {
    pub(super) fn of(need: Need, text: Text) -> Self {
        Self { need, component: None, by: None, records: Vec::new(), count: None, until: None, text }
    }
}

/// What has to change for a rule to be left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, ToSchema)]
#[schema(as = WayOutNeed)]
#[serde(rename_all = "snake_case")]
pub enum Need {
    /// The score.
    Score,
    /// A component's value.
    Component,
    /// A sufficient sample of a component.
    Sample,
    /// No sufficient sample of a component any more.
    NoSample,
    /// The end of records in force.
    RecordsEnd,
    /// More records.
    Records,
    /// A current project.
    Project,
    /// No current project any more.
    NoProject,
    /// A status.
    Status,
    /// The end of a status.
    StatusEnds,
    /// Time since registration.
    Age,
}
