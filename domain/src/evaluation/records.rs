//! Points for records: items, caps, the highest of several.

use rust_decimal::Decimal;

use super::dossier::Record;
use super::facts::{Facts, last_day};
use super::number::{sum, times};
use super::result::{ItemSource, ScoreItem};
use super::score::{Line, Value};
use crate::catalogue::RecordKind;
use crate::scheme::{Component, Count, Group, Item, Points, Records, Scheme, SubjectKind};
use crate::text::Text;

/// The points of one record under an item: reference and actual, not negative.
fn points_of(item: &Item, record: &Record, scheme: &str) -> (Decimal, Decimal) {
    let (reference, actual) = match &item.points {
        Points::Fixed(points) => (*points, *points),
        Points::ByLevel(levels) => {
            let points = record.level.and_then(|level| levels.get(&level)).copied().unwrap_or_default();
            (points, points)
        }
        Points::BySeverity(severities) => {
            let points = severities.get(&record.severity).copied().unwrap_or_default();
            (points, points)
        }
        // Points outside the range are refused where a record is entered; should one come by
        // another way, it is worth no more than an officer could give.
        Points::Range { from, to, reference } => {
            (*reference, record.points.get(scheme).map_or(*reference, |actual| (*actual).clamp(*from, *to)))
        }
    };
    let level = record.level.and_then(|level| item.level_times.get(&level)).copied().unwrap_or(Decimal::ONE);
    (times(reference, level), times(actual, level))
}

/// The value of a records component, with a line for each record in force.
pub(super) fn evaluate(
    scheme: &Scheme,
    component: &Component,
    records: &Records,
    facts: &Facts<'_>,
    project: Option<&str>,
) -> Value {
    let mut lines = Vec::new();
    for group in &records.groups {
        group_lines(scheme, component, records, group, facts, project, &mut lines);
    }
    Value { amount: sum(lines.iter().map(|line| line.exact)), lines }
}

/// The lines of one group or item, and what they sum to as a size.
struct Sized {
    lines: Vec<Line>,
    size: Decimal,
}

fn group_lines(
    scheme: &Scheme,
    component: &Component,
    records: &Records,
    group: &Group,
    facts: &Facts<'_>,
    project: Option<&str>,
    lines: &mut Vec<Line>,
) {
    let sign = match group.kind {
        RecordKind::Reward => Decimal::ONE,
        RecordKind::Penalty => Decimal::NEGATIVE_ONE,
    };
    let mut items: Vec<Sized> = group
        .items
        .iter()
        .map(|item| item_lines(scheme, component, records, group, item, facts, project, sign))
        .filter(|item| !item.lines.is_empty())
        .collect();
    if group.highest_only {
        // The first of equals, so that the order of the facts plays no part.
        let mut best: Option<(usize, Decimal)> = None;
        for (at, item) in items.iter().enumerate() {
            if best.is_none_or(|(_, size)| item.size > size) {
                best = Some((at, item.size));
            }
        }
        if let Some((best, size)) = best {
            for (_, item) in items.iter_mut().enumerate().filter(|(at, _)| *at != best) {
                item.size = Decimal::ZERO;
                for line in &mut item.lines {
                    line.exact = Decimal::ZERO;
                    line.item.cap = Some(size);
                }
            }
        }
    }
    let size = sum(items.iter().map(|item| item.size));
    lines.extend(items.into_iter().flat_map(|item| item.lines));
    if let Some(cap) = group.cap
        && size > cap
    {
        lines.push(cap_line(component, group, None, cap, times(sign, cap.saturating_sub(size))));
    }
}

#[expect(
    clippy::too_many_arguments,
    reason = "the one caller has them all at hand, and a struct would only rename them"
)]
fn item_lines(
    scheme: &Scheme,
    component: &Component,
    records: &Records,
    group: &Group,
    item: &Item,
    facts: &Facts<'_>,
    project: Option<&str>,
    sign: Decimal,
) -> Sized {
    let mut hits: Vec<Line> = Vec::new();
    for known in &facts.records {
        let record = known.record;
        let here = records.through.contains(&record.through) && is_in_scope(facts, record, project);
        if !here || !item.matches(&record.category, record.severity, record.level) {
            continue;
        }
        let last = last_day(record, Some(item), scheme);
        if !facts.moment.within(record.counts_from, last) {
            continue;
        }
        let (reference, actual) = points_of(item, record, &scheme.id);
        let exact = if known.suspended { Decimal::ZERO } else { times(sign, actual) };
        let line = ScoreItem {
            id: Some(record.id.clone()),
            project: record.project.clone(),
            group: Some(group.id.clone()),
            rule: Some(item.id.clone()),
            reference_points: Some(times(sign, reference)),
            counts_until: last,
            disputed: known.disputed,
            ..ScoreItem::of(ItemSource::Record, &component.id, item.name.clone(), times(sign, actual))
        };
        hits.push(Line { item: line, exact });
    }
    if item.count != Count::Each {
        let mut best: Option<(usize, Decimal)> = None;
        for (at, hit) in hits.iter().enumerate() {
            if best.is_none_or(|(_, size)| hit.exact.abs() > size) {
                best = Some((at, hit.exact.abs()));
            }
        }
        if let Some((best, size)) = best {
            for (_, hit) in hits.iter_mut().enumerate().filter(|(at, _)| *at != best) {
                hit.exact = Decimal::ZERO;
                hit.item.cap = Some(size);
            }
        }
    }
    let size = sum(hits.iter().map(|hit| hit.exact.abs()));
    match item.cap {
        Some(cap) if size > cap => {
            hits.push(cap_line(component, group, Some(item), cap, times(sign, cap.saturating_sub(size))));
            Sized { lines: hits, size: cap }
        }
        _ => Sized { lines: hits, size },
    }
}

/// Inside a roll-up a firm's records are those of the project; a project's own dossier is all its
/// own.
fn is_in_scope(facts: &Facts<'_>, record: &Record, project: Option<&str>) -> bool {
    match project {
        None => true,
        Some(_) if facts.dossier.subject == SubjectKind::Project => true,
        Some(project) => record.project.as_deref() == Some(project),
    }
}

fn cap_line(component: &Component, group: &Group, item: Option<&Item>, cap: Decimal, exact: Decimal) -> Line {
    let of = item.map_or(&group.name, |item| &item.name);
    let name = Text::new(format!("{}：封顶 {cap} 分", of.zh), format!("{}: at most {cap} points", of.en));
    let line = ScoreItem {
        group: Some(group.id.clone()),
        rule: item.map(|item| item.id.clone()),
        cap: Some(cap),
        ..ScoreItem::of(ItemSource::Cap, &component.id, name, exact)
    };
    Line { item: line, exact }
}
