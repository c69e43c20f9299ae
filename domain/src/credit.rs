//! What a reader sees of credit beside the grade on a card: the history of grades, consequences and
//! lists, and the rules in force.

mod announcement;
mod draft;
mod rules;
mod simulation;

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use announcement::{Step, step};
pub use draft::{AddSchemeDraft, DraftState, SchemeDraft, SchemeDraftSummary};
pub use rules::{
    BandView, ComponentKind, ComponentView, ConsequenceView, GradeView, GroupView, ItemView, OutcomeRuleView,
    PartView, RuleView, SchemeVersionView, SchemeView, VersionState, VersionSummary, version_view,
};
pub use simulation::{ComparedWith, GradeMove, MovedSubject, Simulation, differences, label};

use crate::evaluation::{Evaluation, Outcome, serialize_optional_decimal};
use crate::scheme::{Effect, ListKind};
use crate::subject::{Cause, CauseKind};
use crate::text::{Language, Text};

/// What follows from a rule that holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "code": "subsidy", "text": "按每月每平方米 0.30 元给予补贴，最长三年", "effect": "notice", "amount": 30, "unit": "fen/m2/month", "up_to_months": 36
}))]
pub struct Consequence {
    /// Such as `interview`.
    pub code: String,
    /// What happens.
    #[schema(value_type = String)]
    pub text: Text,
    /// What it does to eligibility for new projects.
    pub effect: Effect,
    /// An amount, in the unit, where something is paid or owed.
    #[serde(default, serialize_with = "serialize_optional_decimal")]
    #[schema(value_type = Option<f64>)]
    pub amount: Option<Decimal>,
    /// The amount's unit, as the scheme writes it.
    #[serde(default)]
    pub unit: Option<String>,
    /// For how many months it is given at most.
    #[serde(default)]
    pub up_to_months: Option<u32>,
}

/// A [`Consequence`] as a card tells it, in one language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StatedConsequence {
    /// Such as `interview`.
    pub code: String,
    /// What happens.
    pub text: String,
    /// What it does to eligibility for new projects.
    pub effect: Effect,
    /// An amount, in the unit, where something is paid or owed.
    #[serde(serialize_with = "serialize_optional_decimal")]
    pub amount: Option<Decimal>,
    /// The amount's unit, as the scheme writes it.
    pub unit: Option<String>,
    /// For how many months it is given at most.
    pub up_to_months: Option<u32>,
}

impl Consequence {
    /// The consequence in `language`.
    pub fn told(self, language: Language) -> StatedConsequence {
        let Consequence { code, text, effect, amount, unit, up_to_months } = self;
        let text = text.in_language(language).to_owned();
        StatedConsequence { code, text, effect, amount, unit, up_to_months }
    }
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
    "cause": {"kind": "record", "id": "019ab3bf-0000-7000-8000-000000000000", "text": "奖惩信息变化：行业表彰《2026年度先进物业企业》"},
    "disputed": false, "effective_from": "2026-11-05T16:00:00Z", "event": "effective", "announced_at": null
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
    /// Since when; of an announcement, from when on.
    pub effective_from: DateTime<Utc>,
    /// `effective`: it is so since then. `announced`: it is to be so from then on, and the previous
    /// stays meanwhile. `withdrawn`: the announced grade (the previous) will not take effect, and
    /// what was in effect stays.
    pub event: HistoryEvent,
    /// Of an announcement, since when it was announced.
    pub announced_at: Option<DateTime<Utc>>,
}

/// What an entry of the history tells.
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
pub enum HistoryEvent {
    /// A change that holds from its instant.
    Effective,
    /// A grade that is to take effect later.
    Announced,
    /// An announced grade that will not take effect.
    Withdrawn,
}

/// What changed a grade.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"kind": "ratings", "id": "2026-10", "text": "居民打分月份关账"}))]
pub struct CauseView {
    /// What kind of fact it was.
    pub kind: CauseKind,
    /// The record, the assessment, the month …; null where it is not public or there is none.
    pub id: Option<String>,
    /// The same for people.
    #[schema(value_type = String)]
    pub text: Text,
}

impl CauseView {
    /// A cause as whoever may see everything sees it.
    pub fn of(cause: Cause) -> CauseView {
        CauseView { kind: cause.kind, id: cause.id, text: words(cause.kind) }
    }

    /// A record that came, changed or ended, by its category and title; for those who may see it.
    pub fn of_record(id: String, category: &Text, title: &str) -> CauseView {
        let known = words(CauseKind::Record);
        let text = Text::new(
            format!("{}：{}《{title}》", known.zh, category.zh),
            format!("{}: {}, “{title}”", known.en, category.en),
        );
        CauseView { kind: CauseKind::Record, id: Some(id), text }
    }

    /// The cause in public, where the record behind it is not (DOMAIN: "in the history's reasons
    /// too").
    pub fn unpublished() -> CauseView {
        CauseView::of(Cause { kind: CauseKind::Unpublished, id: None })
    }
}

fn words(kind: CauseKind) -> Text {
    match kind {
        CauseKind::Record => Text::new("奖惩信息变化", "A record came, changed or ended"),
        CauseKind::Assessment => Text::new("街道社区评价变化", "An assessment came or changed"),
        CauseKind::Ratings => Text::new("居民打分月份关账", "A month of ratings was closed"),
        CauseKind::Metric => Text::new("指标变化", "A figure was reported or changed"),
        CauseKind::Project => Text::new("在管项目变化", "A project began, changed or ended"),
        CauseKind::Firm => Text::new("企业登记变化", "The firm's registration changed"),
        CauseKind::Objection => Text::new("异议受理或办结", "An objection was opened or decided"),
        CauseKind::Scheme => Text::new("评分办法变化", "The rules changed"),
        CauseKind::Time => {
            Text::new("期限届满或进入新的评价周期", "Time passed: a term ended or a period began")
        }
        CauseKind::Unpublished => Text::new("依据未公开的信息", "On information that is not public"),
    }
}

/// What follows from an evaluation, as cards keep it.
pub fn consequences_of(evaluation: &Evaluation) -> Vec<Consequence> {
    evaluation
        .consequences
        .iter()
        .map(|each| Consequence {
            code: each.code.clone(),
            text: each.text.clone(),
            effect: each.effect,
            amount: each.amount,
            unit: each.unit.clone(),
            up_to_months: each.up_to_months,
        })
        .collect()
}

/// The lists that an evaluation puts its subject on, each once: for as long as the longest of the
/// rules that do.
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
