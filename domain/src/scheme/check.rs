//! What must hold between the parts of a scheme: the tree of components, the bands, the rules, its
//! own constraints.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use strum::VariantArray;

use super::document::{Document, Table};
use super::model::{Scheme, Source};
use super::read::Places;
use super::rules::{Condition, Rule};
use super::sources::{Group, Item, Points, RollUpProjects};
use super::text;
use crate::catalogue::{Level, Severity};

/// Deeper trees are refused: no rule book needs them, and each level is a call inside a call.
const DEEPEST_TREE: usize = 32;

/// Checks a scheme whose parts are each well-formed, and finds its side roots.
pub(super) fn check(scheme: &mut Scheme, places: &Places, document: &Document<'_>) {
    let checker = Checker { places, document };
    checker.names(scheme);
    if document.has_faults() {
        return;
    }
    checker.tree(scheme);
    checker.bands(scheme);
    checker.rules(scheme);
    if !document.has_faults() {
        checker.constraints(scheme);
    }
}

pub(super) struct Checker<'a, 'i> {
    pub(super) places: &'a Places,
    pub(super) document: &'a Document<'i>,
}

impl Checker<'_, '_> {
    pub(super) fn at(&self, place: Option<&(usize, String)>, zh: String, en: String) {
        let (start, path) = place.map_or((0, ""), |(start, path)| (*start, path.as_str()));
        self.document.add(start, path, text(zh, en));
    }

    fn component(&self, id: &str, zh: String, en: String) {
        self.at(self.places.components.get(id), zh, en);
    }

    /// Every component that is named exists.
    fn names(&self, scheme: &Scheme) {
        if !scheme.components.contains_key(&scheme.score) {
            let score = &scheme.score;
            self.document.root().fault_at(
                "score",
                format!("没有组成部分 {score}"),
                format!("there is no component `{score}`"),
            );
        }
        for component in scheme.components.values() {
            for part in component.source.parts() {
                if !scheme.components.contains_key(part) {
                    self.component(
                        &component.id,
                        format!("没有组成部分 {part}"),
                        format!("there is no component `{part}`"),
                    );
                }
            }
        }
        let rules = scheme.rules.iter().zip(&self.places.rules);
        let rules =
            rules.flat_map(|(rule, place)| rule.conditions().map(move |condition| (condition, place)));
        let outcomes = scheme.outcomes.iter().map(|outcome| &outcome.when).zip(&self.places.outcomes);
        for (condition, place) in rules.chain(outcomes) {
            for id in looked_at(condition) {
                if !scheme.components.contains_key(id) {
                    self.at(
                        Some(place),
                        format!("没有组成部分 {id}"),
                        format!("there is no component `{id}`"),
                    );
                }
            }
        }
    }

    /// The components are trees: no cycle, none in two places, none unused. So an evaluation visits
    /// each once.
    fn tree(&self, scheme: &mut Scheme) {
        let mut parents: BTreeMap<&str, &str> = BTreeMap::new();
        for component in scheme.components.values() {
            for part in component.source.parts() {
                let other = parents.insert(part, &component.id);
                if let Some(other) = other {
                    self.component(
                        part,
                        format!("{part} 已是 {other} 的一部分"),
                        format!(
                            "`{part}` is part of `{other}` and of `{}`; it can be part of one only",
                            component.id
                        ),
                    );
                }
            }
        }
        if let Some(parent) = parents.get(scheme.score.as_str()) {
            self.component(
                &scheme.score,
                format!("总分不可为 {parent} 的一部分"),
                format!("the score is part of `{parent}`: a cycle, or it is not the score"),
            );
        }
        let conditions =
            scheme.rules.iter().flat_map(Rule::conditions).chain(scheme.outcomes.iter().map(|o| &o.when));
        let looked: BTreeSet<&str> = conditions.flat_map(looked_at).collect();
        let side: Vec<String> = looked
            .iter()
            .filter(|id| **id != scheme.score && !parents.contains_key(**id))
            .map(|id| (*id).to_owned())
            .collect();
        let mut reached = BTreeSet::new();
        let mut inside_roll_up = BTreeMap::new();
        for root in std::iter::once(&scheme.score).chain(&side) {
            if !walk(scheme, root, 0, None, &mut reached, &mut inside_roll_up) {
                self.component(
                    root,
                    format!("组成部分超过 {DEEPEST_TREE} 层"),
                    format!("its parts are nested more than {DEEPEST_TREE} deep"),
                );
                return;
            }
        }
        for id in scheme.components.keys() {
            if !reached.contains(id.as_str()) {
                self.component(
                    id,
                    format!("{id} 没有用到，或成环"),
                    format!("`{id}` is not part of the score nor of a condition, or part of itself: a cycle"),
                );
            }
        }
        for component in scheme.components.values() {
            let nested = matches!(component.source, Source::RollUp(_))
                && inside_roll_up.contains_key(component.id.as_str());
            if nested {
                self.component(
                    &component.id,
                    "roll_up 不可嵌套".into(),
                    "a roll-up stands inside another".into(),
                );
            }
        }
        for component in scheme.components.values().filter(|component| component.required) {
            if inside_roll_up.contains_key(component.id.as_str()) {
                self.component(
                    &component.id,
                    "required 不可用于 roll_up 之内，应写在 roll_up 上".into(),
                    "`required` stands inside a roll-up: put it on the roll-up itself".into(),
                );
            }
        }
        for component in scheme.components.values() {
            let Source::RollUp(roll_up) = &component.source else { continue };
            let ends = |source: &&Source| source.window().is_some() || matches!(source, Source::Metric(_));
            let made_of = scheme.made_of(&roll_up.of);
            if roll_up.projects == RollUpProjects::Period && !made_of.iter().any(ends) {
                self.component(
                    &component.id,
                    "projects = \"period\" 要求 of 之下有评价、居民打分或指标".into(),
                    "`projects = \"period\"` needs assessments, ratings or metrics below `of`, which say how long an ended project counts"
                        .into(),
                );
            }
        }
        for id in looked {
            if inside_roll_up.contains_key(id) {
                self.component(
                    id,
                    format!("{id} 在 roll_up 之内，条件不能引用"),
                    format!("`{id}` stands inside a roll-up, so it has no one value that a condition could look at"),
                );
            }
        }
        let in_roll_ups =
            inside_roll_up.iter().map(|(id, roll_up)| ((*id).to_owned(), (*roll_up).to_owned())).collect();
        scheme.side_roots = side;
        scheme.in_roll_ups = in_roll_ups;
    }

    /// The bands cover every score exactly once.
    fn bands(&self, scheme: &Scheme) {
        if scheme.bands.is_empty() {
            self.document.root().fault("缺少 [[band]]", "there is no [[band]]");
            return;
        }
        let mut seen = BTreeSet::new();
        for (band, place) in scheme.bands.iter().zip(&self.places.bands) {
            let grade = &band.grade;
            if scheme.rank(grade).is_none() {
                self.at(Some(place), format!("没有等级 {grade}"), format!("there is no grade `{grade}`"));
            }
            if !seen.insert(grade) {
                self.at(
                    Some(place),
                    format!("等级 {grade} 有两个区间"),
                    format!("grade `{grade}` has two bands"),
                );
            }
        }
        let mut ordered: Vec<_> = scheme.bands.iter().zip(&self.places.bands).collect();
        ordered.sort_by_key(|(band, _)| band.scores.low.map(|low| (low.at, !low.inclusive)));
        for (at, (band, place)) in ordered.iter().enumerate() {
            let below = at.checked_sub(1).and_then(|before| ordered.get(before)).map(|(band, _)| band);
            match (below.map(|below| below.scores.high), band.scores.low) {
                (None, None) => {}
                (None, Some(_)) => self.at(
                    Some(place),
                    "低于此区间的分数没有等级".into(),
                    "scores below this band have no grade".into(),
                ),
                (Some(Some(high)), Some(low)) if high.at == low.at && high.inclusive != low.inclusive => {}
                (Some(Some(high)), Some(low))
                    if high.at < low.at || (high.at == low.at && !high.inclusive) =>
                {
                    self.at(
                        Some(place),
                        format!("{} 与 {} 之间有空隙", high.at, low.at),
                        format!("there is a gap between {} and {}", high.at, low.at),
                    )
                }
                (Some(_), _) => {
                    self.at(Some(place), "与下一区间重叠".into(), "overlaps the band below it".into());
                }
            }
        }
        if let Some((band, place)) = ordered.last()
            && band.scores.high.is_some()
        {
            self.at(
                Some(place),
                "高于此区间的分数没有等级".into(),
                "scores above this band have no grade".into(),
            );
        }
    }
}

/// Notes what is reached from a component; false where the tree is too deep.
fn walk<'s>(
    scheme: &'s Scheme,
    id: &'s str,
    depth: usize,
    inside: Option<&'s str>,
    reached: &mut BTreeSet<&'s str>,
    inside_roll_up: &mut BTreeMap<&'s str, &'s str>,
) -> bool {
    if depth > DEEPEST_TREE {
        return false;
    }
    if !reached.insert(id) {
        return true;
    }
    if let Some(roll_up) = inside {
        inside_roll_up.insert(id, roll_up);
    }
    let Some(component) = scheme.components.get(id) else { return true };
    let inside = match &component.source {
        Source::RollUp(_) => Some(component.id.as_str()),
        _ => inside,
    };
    let parts = component.source.parts();
    parts.into_iter().all(|part| walk(scheme, part, depth + 1, inside, reached, inside_roll_up))
}

/// The weight of each component in the score. Only called on a checked tree.
pub(super) fn weigh<'s>(
    scheme: &'s Scheme,
    id: &'s str,
    weight: Decimal,
    weights: &mut BTreeMap<&'s str, Decimal>,
) {
    weights.insert(id, weight);
    let Some(component) = scheme.components.get(id) else { return };
    match &component.source {
        Source::Sum(parts) | Source::Weighted(parts) => {
            for part in &parts.parts {
                weigh(scheme, &part.of, weight.saturating_mul(part.times), weights);
            }
        }
        _ => {
            for part in component.source.parts() {
                weigh(scheme, part, weight, weights);
            }
        }
    }
}

/// The components that a condition looks at.
pub(super) fn looked_at(condition: &Condition) -> Vec<&str> {
    match condition {
        Condition::All(inner) | Condition::Any(inner) => inner.iter().flat_map(looked_at).collect(),
        Condition::Not(inner) => looked_at(inner),
        Condition::Component(id, _) | Condition::NoSample(id) => vec![id],
        _ => Vec::new(),
    }
}

/// A record is worth what one item says: two items of one component that match the same record are
/// a fault.
pub(super) fn items_do_not_overlap(groups: &[Group], table: &Table<'_, '_>) {
    let mut taken: BTreeMap<(&str, Severity, Option<Level>), &Item> = BTreeMap::new();
    let mut named = BTreeSet::new();
    for item in groups.iter().flat_map(|group| &group.items) {
        for category in &item.categories {
            for (severity, level) in every_combination() {
                if !item.matches(category, severity, level) {
                    continue;
                }
                let other = taken.insert((category, severity, level), item);
                if let Some(other) = other
                    && named.insert((&other.id, &item.id))
                {
                    table.fault(
                        format!("{} 与 {} 都适用于分类 {category}", other.id, item.id),
                        format!("items `{}` and `{}` both match category `{category}`", other.id, item.id),
                    );
                }
            }
        }
        if let Points::ByLevel(levels) = &item.points
            && item.levels.iter().any(|level| !levels.contains_key(level))
        {
            table.fault(
                format!("{} 的 levels 不在 by_level 之中", item.id),
                format!("item `{}` names a level in `levels` that `by_level` does not", item.id),
            );
        }
    }
}

fn every_combination() -> impl Iterator<Item = (Severity, Option<Level>)> {
    let levels = || std::iter::once(None).chain(Level::VARIANTS.iter().copied().map(Some));
    Severity::VARIANTS.iter().flat_map(move |severity| levels().map(move |level| (*severity, level)))
}
