//! What a draft scheme would do to every grade, before anyone adopts it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::Serialize;
use utoipa::ToSchema;

use super::Graded;
use crate::evaluation::{Evaluation, ItemSource, Outcome, ScoreItem, serialize_optional_decimal};
use crate::subject::SubjectKind;
use crate::text::Text;
use crate::word::Word;

/// Of several lines that differ, so many are named; an official who wants all of them asks for both
/// evaluations.
const MOST_LINES: usize = 3;

/// What a draft would do.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(example = json!({
    "scheme": "dalian-demo", "scheme_version": 2, "as_of": "2026-11-21T02:00:00Z", "subjects": 1,
    "compared_with": [{"subject_kind": "firm", "scheme": "dalian-demo", "scheme_version": 1}],
    "counts": [{"subject_kind": "firm", "from": "B", "to": "AA", "count": 1}], "moved_count": 1,
    "moved": [{
        "subject_kind": "firm", "subject": "91219900MA00000019", "name": "演示物业", "from": {"outcome": "evaluated", "score": 66, "grade": "B"},
        "to": {"outcome": "evaluated", "score": 82, "grade": "AA"}, "difference": 16, "reasons": ["基础分：24 → 30.4"]
    }]
}))]
pub struct Simulation {
    /// The draft's scheme.
    pub scheme: String,
    /// The draft's version.
    pub scheme_version: u32,
    /// The instant whose facts were graded by both.
    pub as_of: DateTime<Utc>,
    /// How many subjects the draft, or the version that it replaces, is for.
    pub subjects: usize,
    /// What each kind of subject was compared with: the version that the draft would replace, else
    /// the primary scheme.
    pub compared_with: Vec<ComparedWith>,
    /// How many move from each grade to each, those that stay included.
    pub counts: Vec<GradeMove>,
    /// How many change their grade or outcome.
    pub moved_count: usize,
    /// Who does, at most as many as was asked for, by kind and id.
    pub moved: Vec<MovedSubject>,
}

/// The rules that a draft was compared with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"subject_kind": "firm", "scheme": "dalian-demo", "scheme_version": 1}))]
pub struct ComparedWith {
    /// For this kind of subject.
    pub subject_kind: SubjectKind,
    /// The scheme's id; null where none is in force.
    pub scheme: Option<String>,
    /// Its version.
    pub scheme_version: Option<u32>,
}

/// How many subjects move from one grade to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"subject_kind": "firm", "from": "B", "to": "AA", "count": 12}))]
pub struct GradeMove {
    /// Of this kind.
    pub subject_kind: SubjectKind,
    /// The grade now; the outcome where there is none, such as `not_evaluated`; `none` where the
    /// rules in force are not for it.
    pub from: String,
    /// The same by the draft.
    pub to: String,
    /// How many.
    pub count: usize,
}

/// One subject whose grade or outcome would change.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(example = json!({
    "subject_kind": "firm", "subject": "91219900MA00000019", "name": "演示物业", "from": {"outcome": "evaluated", "score": 66, "grade": "B"},
    "to": {"outcome": "evaluated", "score": 82, "grade": "AA"}, "difference": 16, "reasons": ["基础分：24 → 30.4"]
}))]
pub struct MovedSubject {
    /// What it is.
    pub subject_kind: SubjectKind,
    /// Its uscc or id.
    pub subject: String,
    /// What it is called; a project by its estate.
    pub name: String,
    /// By the rules in force; null where they are not for it.
    pub from: Option<Graded>,
    /// By the draft; null where that is not for it.
    pub to: Option<Graded>,
    /// The points of difference, where both have a score.
    #[serde(serialize_with = "serialize_optional_decimal")]
    #[schema(value_type = Option<f64>)]
    pub difference: Option<Decimal>,
    /// Why, in a few lines: the outcome, the rules, and the items that differ most.
    #[schema(value_type = Vec<String>)]
    pub reasons: Vec<Text>,
}

/// The grade, or the outcome where there is none; `none` where the rules are not for the subject.
pub fn label(graded: Option<&Graded>) -> &str {
    graded.map_or("none", |of| of.grade.as_deref().unwrap_or(of.outcome.into_str()))
}

/// What differs between two evaluations of one subject, in a few lines.
pub fn differences(before: &Evaluation, after: &Evaluation) -> Vec<Text> {
    let mut reasons = Vec::new();
    if before.outcome != after.outcome {
        reasons.push(outcome(before, after));
    }
    for rule in &after.why.rules {
        if !before.why.rules.iter().any(|known| known.reason == rule.reason) {
            reasons.push(Text::new(
                format!("新适用：{}（{} → {}）", rule.reason.zh, rule.from, rule.to),
                format!("Applies now: {} ({} → {})", rule.reason.en, rule.from, rule.to),
            ));
        }
    }
    for rule in &before.why.rules {
        if !after.why.rules.iter().any(|known| known.reason == rule.reason) {
            reasons.push(Text::new(
                format!("不再适用：{}", rule.reason.zh),
                format!("No longer applies: {}", rule.reason.en),
            ));
        }
    }
    reasons.extend(lines(before, after));
    let (old, new) = (&before.why.grade_by_score, &after.why.grade_by_score);
    if let (Some(score), Some(old), Some(new)) = (after.score, old, new)
        && before.score == after.score
        && old != new
    {
        let score = score.normalize();
        reasons.push(Text::new(
            format!("分数线不同：{score} 分由 {old} 变为 {new}"),
            format!("Other bands: a score of {score} was {old} and is {new}"),
        ));
    }
    reasons
}

fn outcome(before: &Evaluation, after: &Evaluation) -> Text {
    let (old, new) = (before.outcome.into_str(), after.outcome.into_str());
    match (&after.reason, after.outcome) {
        (Some(reason), Outcome::NotEvaluated | Outcome::Missing | Outcome::Suspended) => {
            Text::new(format!("{old} → {new}：{}", reason.zh), format!("{old} → {new}: {}", reason.en))
        }
        _ => Text::new(format!("{old} → {new}"), format!("{old} → {new}")),
    }
}

/// The lines of the two scores that differ most. A line is known again by the fact behind it, or by
/// its name where there is none. What a redistributed weight adds is left out: it only repeats the
/// difference of other lines.
fn lines(before: &Evaluation, after: &Evaluation) -> Vec<Text> {
    type Key<'e> = (Option<&'e str>, Option<&'e str>, &'e str);
    fn key(item: &ScoreItem) -> Key<'_> {
        let name = if item.id.is_some() { "" } else { item.name.zh.as_ref() };
        (item.id.as_deref(), item.project.as_deref(), name)
    }
    let mut sums: BTreeMap<Key<'_>, (&Text, Decimal, Decimal)> = BTreeMap::new();
    let told = |item: &&ScoreItem| item.source != ItemSource::Redistribution;
    for item in before.items.iter().filter(told) {
        let sum = sums.entry(key(item)).or_insert((&item.name, Decimal::ZERO, Decimal::ZERO));
        sum.1 = sum.1.saturating_add(item.contribution);
    }
    for item in after.items.iter().filter(told) {
        let sum = sums.entry(key(item)).or_insert((&item.name, Decimal::ZERO, Decimal::ZERO));
        sum.2 = sum.2.saturating_add(item.contribution);
        sum.0 = &item.name;
    }
    let mut different: Vec<_> = sums.into_values().filter(|(_, old, new)| old != new).collect();
    different.sort_by_key(|(_, old, new)| std::cmp::Reverse(new.saturating_sub(*old).abs()));
    let line = |(name, old, new): (&Text, Decimal, Decimal)| {
        let (old, new) = (old.normalize(), new.normalize());
        Text::new(format!("{}：{old} → {new}", name.zh), format!("{}: {old} → {new}", name.en))
    };
    different.into_iter().take(MOST_LINES).map(line).collect()
}
