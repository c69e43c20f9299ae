//! What a reader sees of credit beside the grade on a card: the history of grades, consequences and lists, and the rules in force.

mod rules;

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use rules::{
    BandView, ComponentView, ConsequenceView, GradeView, GroupView, ItemView, OutcomeRuleView, PartView,
    RuleView, SchemeVersionView, SchemeView, VersionSummary, version_view,
};

use crate::catalogue::RecordKind;
use crate::evaluation::{Evaluation, Outcome, serialize_optional_decimal};
use crate::scheme::{Effect, ListKind};
use crate::text::Text;

/// What follows from a rule that holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"code": "bar", "text": "禁止承接新项目", "effect": "barred"}))]
pub struct Consequence {
    /// Such as `interview`.
    pub code: String,
    /// What happens.
    #[schema(value_type = String)]
    pub text: Text,
    /// What it does to eligibility for new projects.
    pub effect: Effect,
}

/// A place on the red or the black list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"list": "red", "reason": "得分 85 以上且没有有效的不良信息", "until": null}))]
pub struct ListPlace {
    /// Red or black.
    pub list: ListKind,
    /// Why.
    #[schema(value_type = String)]
    pub reason: Text,
    /// The last day; null while the condition holds.
    pub until: Option<NaiveDate>,
}

/// Outcome, score and grade at one time.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(example = json!({"outcome": "evaluated", "score": 66, "grade": "B"}))]
pub struct Graded {
    /// Whether there was a score, and if not, what instead.
    pub outcome: Outcome,
    /// The score, at most 3 decimals.
    #[serde(serialize_with = "serialize_optional_decimal")]
    #[schema(value_type = Option<f64>)]
    pub score: Option<Decimal>,
    /// The grade's code.
    pub grade: Option<String>,
}

/// One change of a subject's credit.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "019ab3c0-0000-7000-8000-000000000000", "scheme": "dalian-demo", "scheme_version": 1,
    "previous": {"outcome": "evaluated", "score": 66, "grade": "B"}, "outcome": "evaluated", "score": 72.4, "grade": "A",
    "cause": {"kind": "record", "id": "019ab3bf-0000-7000-8000-000000000000", "text": "奖惩信息变化"}, "disputed": false,
    "effective_from": "2026-11-05T16:00:00Z"
}))]
pub struct HistoryEntry {
    /// The evaluation's id.
    pub id: String,
    /// The scheme's id.
    pub scheme: String,
    /// The scheme's version.
    pub scheme_version: u32,
    /// What it was before; null for the first.
    pub previous: Option<Graded>,
    /// Outcome, score and grade since.
    #[serde(flatten)]
    pub new: Graded,
    /// What changed it.
    pub cause: CauseView,
    /// Whether an objection against it is open.
    pub disputed: bool,
    /// Since when.
    pub effective_from: DateTime<Utc>,
}

/// What changed a grade.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"kind": "ratings", "id": "2026-10", "text": "居民打分月份关账"}))]
pub struct CauseView {
    /// `record`, `assessment`, `ratings`, `metric`, `project`, `firm`, `objection`, `scheme` or `time`; `unpublished` for a record that is not public.
    pub kind: String,
    /// The record, the assessment, the month …; null where it is not public or there is none.
    pub id: Option<String>,
    /// The same for people.
    #[schema(value_type = String)]
    pub text: Text,
}

impl CauseView {
    /// A cause as whoever may see everything sees it.
    pub fn of(kind: &str, id: Option<String>) -> CauseView {
        CauseView { kind: kind.to_owned(), id, text: words(kind) }
    }

    /// The cause in public, where the record behind it is not (DOMAIN: "in the history's reasons too").
    pub fn unpublished() -> CauseView {
        CauseView::of("unpublished", None)
    }
}

fn words(kind: &str) -> Text {
    match kind {
        "record" => Text::new("奖惩信息变化", "A record came, changed or ended"),
        "assessment" => Text::new("街道社区评价变化", "An assessment came or changed"),
        "ratings" => Text::new("居民打分月份关账或更正", "A month of ratings closed or was corrected"),
        "metric" => Text::new("指标变化", "A figure was reported or changed"),
        "project" => Text::new("在管项目变化", "A project began, changed or ended"),
        "firm" => Text::new("企业登记变化", "The firm's registration changed"),
        "objection" => {
            Text::new("对评价的异议受理或办结", "An objection against an evaluation was opened or decided")
        }
        "scheme" => Text::new("评分办法变化", "The rules changed"),
        "time" => Text::new("时间推移（到期或新的评价周期）", "Time passed: a term ended or a period began"),
        _ => Text::new("依据未公开的信息", "On information that is not public"),
    }
}

/// Whether a record in force may be shown on a day: until the last day of its publicity, inclusive. A reward without such a day stays public; a
/// penalty without one is not shown (NDRC Order 36: minor adverse information normally is not).
pub fn is_public_on(day: NaiveDate, kind: RecordKind, public_until: Option<NaiveDate>) -> bool {
    match public_until {
        Some(last) => day <= last,
        None => kind == RecordKind::Reward,
    }
}

/// What follows from an evaluation, as cards keep it.
pub fn consequences_of(evaluation: &Evaluation) -> Vec<Consequence> {
    evaluation
        .consequences
        .iter()
        .map(|each| Consequence { code: each.code.clone(), text: each.text.clone(), effect: each.effect })
        .collect()
}

/// The lists that an evaluation puts its subject on, each once: for as long as the longest of the rules that do.
pub fn lists_of(evaluation: &Evaluation) -> Vec<ListPlace> {
    let mut places: Vec<ListPlace> = Vec::new();
    for listing in &evaluation.lists {
        match places.iter_mut().find(|place| place.list == listing.list) {
            Some(place) => place.until = place.until.zip(listing.until).map(|(a, b)| a.max(b)),
            None => places.push(ListPlace {
                list: listing.list,
                reason: listing.reason.clone(),
                until: listing.until,
            }),
        }
    }
    places
}
