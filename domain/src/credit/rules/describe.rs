//! How the model of a scheme is put into words: the names of its kinds, its terms, points and
//! intervals.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use super::{
    BandView, ComponentKind, ComponentView, ConsequenceView, GradeView, GroupView, ItemView, OutcomeRuleView,
    PartView, RuleView, SchemeVersionView, VersionState,
};
use crate::credit::Consequence;
use crate::scheme::{
    Bound, Component, Group, Item, Move, Points, RollUpBy, RollUpProjects, Rule, Scheme, Source, Validity,
};
use crate::word::Word;

/// A scheme's version for people; `state` and `announced_at` are the keeper's.
pub fn version_view(
    scheme: &Scheme,
    state: VersionState,
    announced_at: DateTime<Utc>,
    text: &str,
) -> SchemeVersionView {
    let weights = scheme.weights();
    let components = scheme.components.values();
    SchemeVersionView {
        id: scheme.id.clone(),
        version: scheme.version,
        state,
        title: scheme.title.clone(),
        source: scheme.source.clone(),
        public_facts: scheme.public_facts.clone(),
        own_numbers: scheme.own_numbers.clone(),
        effective_from: scheme.effective_from,
        announced_at,
        place: scheme.place.clone(),
        subjects: scheme.subjects.clone(),
        primary_for: scheme.primary_for.clone(),
        announce_working_days: scheme.announce_working_days,
        disputed: scheme.disputed,
        validity: term(scheme.validity),
        score: scheme.score.clone(),
        components: components
            .map(|component| component_view(component, weights.get(component.id.as_str()).copied()))
            .collect(),
        grades: scheme
            .grades
            .iter()
            .map(|grade| GradeView {
                code: grade.code.clone(),
                name: grade.name.clone(),
                consequences: consequence_views(&grade.consequences),
            })
            .collect(),
        bands: scheme
            .bands
            .iter()
            .map(|band| BandView {
                grade: band.grade.clone(),
                scores: interval(band.scores.low, band.scores.high),
            })
            .collect(),
        rules: scheme.rules.iter().map(rule_view).collect(),
        outcomes: scheme
            .outcomes
            .iter()
            .map(|rule| OutcomeRuleView { outcome: rule.outcome, reason: rule.reason.clone() })
            .collect(),
        text: text.to_owned(),
    }
}

fn component_view(component: &Component, weight: Option<Decimal>) -> ComponentView {
    let part = |of: &str, times: Option<Decimal>| PartView { of: of.to_owned(), times };
    let parts = match &component.source {
        Source::Sum(parts) | Source::Weighted(parts) => {
            parts.parts.iter().map(|each| part(&each.of, Some(each.times))).collect()
        }
        source => source.parts().into_iter().map(|of| part(of, None)).collect(),
    };
    let (kind, detail) = described(&component.source);
    let groups = match &component.source {
        Source::Records(records) => records.groups.iter().map(group_view).collect(),
        _ => Vec::new(),
    };
    ComponentView {
        id: component.id.clone(),
        name: component.name.clone(),
        kind,
        weight,
        at_least: component.at_least,
        at_most: component.at_most,
        parts,
        detail: detail.into_iter().collect(),
        groups,
    }
}

fn described(source: &Source) -> (ComponentKind, Vec<(&'static str, String)>) {
    match source {
        Source::Constant(value) => (ComponentKind::Constant, vec![("value", plain(*value))]),
        Source::Records(_) => (ComponentKind::Records, Vec::new()),
        Source::Assessments(source) => {
            let assessors: Vec<&str> = source.assessors.iter().map(|each| each.into_str()).collect();
            let detail = vec![
                ("assessors", assessors.join(", ")),
                ("score", format!("{:?}", source.aspect).to_lowercase()),
                ("period", format!("{:?}", source.period).to_lowercase()),
                ("periods", source.periods.to_string()),
                ("minimum", source.minimum.to_string()),
            ];
            (ComponentKind::Assessments, detail)
        }
        Source::Residents(source) => {
            let detail = vec![
                ("months", source.months.to_string()),
                ("minimum", source.minimum.to_string()),
                ("prior", plain(source.prior)),
                ("prior_weight", plain(source.prior_weight)),
                ("times", plain(source.times)),
            ];
            (ComponentKind::Residents, detail)
        }
        Source::Metric(source) => {
            let mut detail = vec![("key", source.key.clone()), ("validity", term(source.validity))];
            detail.extend(source.missing.map(|missing| ("missing", plain(missing))));
            (ComponentKind::Metric, detail)
        }
        Source::Table(source) => {
            let steps: Vec<String> = source
                .steps
                .iter()
                .map(|(from, points)| format!("{} → {}", plain(*from), plain(*points)))
                .collect();
            (ComponentKind::Table, vec![("steps", steps.join("; "))])
        }
        Source::Sum(_) => (ComponentKind::Sum, Vec::new()),
        Source::Weighted(_) => (ComponentKind::Weighted, Vec::new()),
        Source::Highest(_) => (ComponentKind::Highest, Vec::new()),
        Source::Lowest(_) => (ComponentKind::Lowest, Vec::new()),
        Source::RollUp(source) => {
            let by = match source.by {
                RollUpBy::Area => "area",
                RollUpBy::Households => "households",
                RollUpBy::Evenly => "evenly",
                RollUpBy::Worst => "worst",
            };
            let projects = match source.projects {
                RollUpProjects::Current => "current",
                RollUpProjects::Period => "period",
            };
            let told = [("by", by), ("projects", projects)].map(|(key, word)| (key, word.to_owned()));
            let most = source.most_share.map(|most| ("most_share", plain(most)));
            let minimum = ("minimum", source.minimum.to_string());
            (ComponentKind::RollUp, told.into_iter().chain(most).chain([minimum]).collect())
        }
    }
}

fn group_view(group: &Group) -> GroupView {
    GroupView {
        id: group.id.clone(),
        name: group.name.clone(),
        kind: group.kind,
        cap: group.cap,
        highest_only: group.highest_only,
        items: group.items.iter().map(item_view).collect(),
    }
}

fn item_view(item: &Item) -> ItemView {
    let points = match &item.points {
        Points::Fixed(points) => [("always", plain(*points))].into_iter().collect(),
        Points::ByLevel(levels) => {
            levels.iter().map(|(level, points)| (level.into_str(), plain(*points))).collect()
        }
        Points::BySeverity(severities) => {
            severities.iter().map(|(severity, points)| (severity.into_str(), plain(*points))).collect()
        }
        Points::Range { from, to, reference } => {
            [("from", plain(*from)), ("to", plain(*to)), ("reference", plain(*reference))]
                .into_iter()
                .collect()
        }
    };
    ItemView {
        id: item.id.clone(),
        name: item.name.clone(),
        categories: item.categories.clone(),
        points,
        level_times: item
            .level_times
            .iter()
            .map(|(level, times)| (level.into_str(), plain(*times)))
            .collect(),
        count: item.count,
        cap: item.cap,
        validity: term(item.validity),
        veto: item.veto,
    }
}

fn rule_view(rule: &Rule) -> RuleView {
    let moved = |wanted: fn(&Move) -> bool| {
        rule.moves.as_ref().filter(|moves| wanted(moves)).map(|moves| moves.grade().to_owned())
    };
    RuleView {
        id: rule.id.clone(),
        reason: rule.reason.clone(),
        at_most: moved(|moves| matches!(moves, Move::AtMost(_))),
        at_least: moved(|moves| matches!(moves, Move::AtLeast(_))),
        grade: moved(|moves| matches!(moves, Move::To(_))),
        list: rule.list,
        consequences: consequence_views(&rule.consequences),
    }
}

fn consequence_views(consequences: &[crate::scheme::Consequence]) -> Vec<ConsequenceView> {
    let view = |each: &crate::scheme::Consequence| Consequence {
        code: each.code.clone(),
        text: each.text.clone(),
        effect: each.effect,
        amount: each.amount,
        unit: each.unit.clone(),
        up_to_months: each.up_to_months,
    };
    consequences.iter().map(view).collect()
}

/// The term as the file writes it.
fn term(validity: Validity) -> String {
    match validity {
        Validity::Months(months) => format!("{months} months"),
        Validity::Days(days) => format!("{days} days"),
        Validity::CalendarYear => "calendar year".to_owned(),
        Validity::Forever => "forever".to_owned(),
    }
}

fn interval(low: Option<Bound>, high: Option<Bound>) -> String {
    let low = match low {
        Some(bound) if bound.inclusive => format!("[{}", plain(bound.at)),
        Some(bound) => format!("({}", plain(bound.at)),
        None => "(-∞".to_owned(),
    };
    let high = match high {
        Some(bound) if bound.inclusive => format!("{}]", plain(bound.at)),
        Some(bound) => format!("{})", plain(bound.at)),
        None => "∞)".to_owned(),
    };
    format!("{low}, {high}")
}

fn plain(number: Decimal) -> String {
    number.normalize().to_string()
}
