//! 信用评价: what a scheme makes of a dossier at an instant.
//!
//! [`evaluate`] is a pure function of scheme, [`Dossier`] and two instants, in exact decimals:
//!
//! - `as_of`: a fact counts whose `counts_from` day has begun by then, in the city's zone, and
//!   whose term has not ended;
//! - `known_at`: of these, those known by then (`known_from <= known_at < known_until`). Asked with
//!   the same two instants it answers the same whatever came later: a backdated record has a later
//!   `known_from`.
//!
//! The score is rounded once, at the end, half up, to 3 decimals. Every [`ScoreItem`] says what it
//! comes from; their contributions are rounded by largest remainder, so that they sum exactly to
//! the score. Bands test the rounded score. The order in which facts stand in the dossier plays no
//! part.
//!
//! A caller who needs the score at every later instant asks again at
//! [`Evaluation::next_change_on`], the earliest instant at which time alone may change something,
//! and at [`Dossier::next_learnt`], at which more of the dossier is known: nothing of the answer,
//! not even that instant, depends on what is learnt after `known_at`. Facts that arrive are the
//! caller's to notice.

mod announcement;
mod charge;
mod dossier;
mod facts;
mod grade;
pub(crate) mod number;
mod public;
mod records;
mod result;
mod score;
mod shares;
mod ways;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

pub use self::announcement::{Announced, Announcement, InEffect};
pub use self::charge::terms_of_managers;
pub use self::dossier::{
    Assessment, Branch, Closing, Dispute, Dossier, Licence, MetricValue, Project, RatedIncrement, Record,
    Status, StatusFact,
};
use self::facts::{Facts, Moment};
use self::grade::{Considered, View};
pub use self::number::{optional as serialize_optional_decimal, plain as serialize_decimal};
pub use self::public::{public, sum_of_items};
pub use self::result::{
    AppliedConsequence, AppliedRule, ComponentValue, Evaluation, ItemSource, Listing, Need, Outcome,
    ScoreItem, Step, UnmatchedRecord, Why,
};
use self::score::{Computer, Line};
use crate::scheme::Scheme;
use crate::text::Text;

/// Evaluates a dossier by a scheme: see the [module](self).
pub fn evaluate(
    scheme: &Scheme,
    dossier: &Dossier,
    as_of: DateTime<Utc>,
    known_at: DateTime<Utc>,
) -> Evaluation {
    let facts = Facts::new(scheme, dossier, Moment::new(as_of, known_at, dossier.zone));
    let mut computer = Computer::new(scheme, &facts);
    let total = computer.value(&scheme.score, None);
    for side in &scheme.side_roots {
        computer.value(side, None);
    }
    let unmatched = unmatched(scheme, &facts, &computer);
    let values = computer.values;
    let before = View { facts: &facts, score: None, values: &values, considered: Considered::Now };
    let (outcome, reason) = outcome(scheme, &before, total.is_some());
    let lines = total.filter(|_| outcome.keeps_result()).map(|total| total.lines);
    let score =
        lines.as_deref().map(|lines| number::round(number::sum(lines.iter().map(|line| line.exact)), 3));
    let graded =
        grade::grade(scheme, &View { facts: &facts, score, values: &values, considered: Considered::Now });
    let weights = scheme.weights();
    let components = scheme.components.values().map(|component| ComponentValue {
        id: component.id.clone(),
        name: component.name.clone(),
        value: values.get(component.id.as_str()).copied().flatten(),
        weight: weights.get(component.id.as_str()).copied(),
    });
    Evaluation {
        subject_kind: dossier.subject,
        subject: dossier.id.clone(),
        scheme: scheme.id.clone(),
        scheme_version: scheme.version,
        as_of,
        known_at,
        outcome,
        reason,
        score,
        grade: graded.grade,
        items: items(lines.unwrap_or_default(), score.unwrap_or_default()),
        components: components.collect(),
        unmatched,
        lists: graded.lists,
        consequences: graded.consequences,
        why: graded.why,
        next_change_on: facts.moment.next_change(),
        announcement: announcement::open(&dossier.announcements, &scheme.id, as_of, known_at),
    }
}

/// Whether there is a score; every condition is tested, so that each notes when it changes.
fn outcome(scheme: &Scheme, view: &View<'_, '_>, has_value: bool) -> (Outcome, Option<Text>) {
    let subject = view.facts.dossier.subject;
    if !scheme.subjects.contains(&subject) {
        let reason =
            Text::new("此评分办法不适用于该类主体", "The scheme does not grade this kind of subject");
        return (Outcome::NotEvaluated, Some(reason));
    }
    let mut first = view.facts.rolled_up.then(|| {
        let reason = Text::new(
            "分支机构并入母公司评价，不单独评价",
            "A branch is graded with its parent, not by itself",
        );
        (Outcome::NotEvaluated, Some(reason))
    });
    // An objection gives nobody a result, and takes none away.
    let mut contested = None;
    for rule in &scheme.outcomes {
        let slot = if rule.outcome == Outcome::Suspended { &mut contested } else { &mut first };
        if view.holds(&rule.when) && slot.is_none() {
            *slot = Some((rule.outcome, Some(rule.reason.clone())));
        }
    }
    let is_missing = |id: &str| view.values.get(id).is_none_or(Option::is_none);
    let mut required = scheme.components.values().filter(|component| component.required);
    match (first, required.find(|component| is_missing(&component.id))) {
        (Some(outcome), _) => outcome,
        (None, Some(missing)) => {
            let Text { zh, en } = &missing.name;
            let reason = Text::new(
                format!("缺少“{zh}”，不予评价"),
                format!("Not evaluated: there is no sufficient sample for “{en}”, which is required"),
            );
            (Outcome::NotEvaluated, Some(reason))
        }
        (None, None) if has_value => contested.unwrap_or((Outcome::Evaluated, None)),
        (None, None) => {
            let reason = Text::new("样本不足，不予评价", "Not evaluated: there is no sufficient sample");
            (Outcome::NotEvaluated, Some(reason))
        }
    }
}

fn items(lines: Vec<Line>, score: Decimal) -> Vec<ScoreItem> {
    let exact: Vec<Decimal> = lines.iter().map(|line| line.exact).collect();
    let rounded = number::apportion(&exact, score);
    lines
        .into_iter()
        .zip(rounded)
        .map(|(line, contribution)| ScoreItem { contribution, ..line.item })
        .collect()
}

fn unmatched(scheme: &Scheme, facts: &Facts<'_>, computer: &Computer<'_, '_>) -> Vec<UnmatchedRecord> {
    let in_force = facts.records.iter().filter(|known| known.in_force);
    let unmatched = in_force.filter(|known| !computer.matches(known.record));
    let reason = |category: &str| {
        let known = scheme.items().any(|(_, item)| item.categories.iter().any(|known| known == category));
        if known {
            Text::new(
                "评分办法有此分类的条目，但不适用于该信息的级别、严重程度、主体或项目",
                "The scheme has items for this category, but none for the record's level, severity, subject or project",
            )
        } else {
            Text::new("评分办法没有此分类的条目", "The scheme has no item for this category")
        }
    };
    unmatched
        .map(|known| UnmatchedRecord {
            record: known.record.id.clone(),
            category: known.record.category.clone(),
            kind: known.record.kind,
            reason: reason(&known.record.category),
        })
        .collect()
}
