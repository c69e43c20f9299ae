//! Conditions, and what they do: outcomes, grades, lists, consequences, and why this grade and not the next.

use std::collections::BTreeMap;

use chrono::{Months, NaiveDate};
use rust_decimal::Decimal;

use super::facts::Facts;
use super::result::{AppliedConsequence, AppliedRule, Listing, Why};
use crate::scheme::{Condition, Interval, Move, RecordCondition, Scheme};
use crate::text::Text;

/// The one more thousandth by which a score passes an end that is itself outside.
const SMALLEST_STEP: Decimal = Decimal::from_parts(1, 0, 0, false, 3);

/// What conditions look at.
pub(super) struct View<'a, 'f> {
    pub(super) facts: &'a Facts<'f>,
    pub(super) score: Option<Decimal>,
    pub(super) values: &'a BTreeMap<&'a str, Option<Decimal>>,
}

/// A condition that holds: by which records, and the last day on which they make it hold.
#[derive(Debug, Default)]
struct Holds {
    records: Vec<String>,
    latest_start: Option<NaiveDate>,
    until: Option<NaiveDate>,
}

impl View<'_, '_> {
    pub(super) fn holds(&self, condition: &Condition) -> bool {
        self.test(condition).is_some()
    }

    fn test(&self, condition: &Condition) -> Option<Holds> {
        let plain = |holds: bool| holds.then(Holds::default);
        match condition {
            Condition::All(inner) => {
                // Each is tested, though one has failed, so that each notes when it changes.
                let tested: Vec<_> = inner.iter().map(|inner| self.test(inner)).collect();
                let all: Vec<Holds> = tested.into_iter().collect::<Option<_>>()?;
                let until = all.iter().filter_map(|holds| holds.until).min();
                Some(Holds { until, ..join(all) })
            }
            Condition::Any(inner) => {
                let some: Vec<Holds> = inner.iter().filter_map(|inner| self.test(inner)).collect();
                if some.is_empty() {
                    return None;
                }
                let endless = some.iter().any(|holds| holds.until.is_none());
                let until = some.iter().filter_map(|holds| holds.until).max().filter(|_| !endless);
                Some(Holds { until, ..join(some) })
            }
            Condition::Not(inner) => plain(self.test(inner).is_none()),
            Condition::Score(interval) => plain(self.score.is_some_and(|score| interval.holds(score))),
            Condition::Component(id, interval) => {
                let value = self.values.get(id.as_str()).copied().flatten();
                plain(value.is_some_and(|value| interval.holds(value.round_dp(15))))
            }
            Condition::NoSample(id) => plain(self.values.get(id.as_str()).is_none_or(Option::is_none)),
            Condition::Records(condition) => self.records(condition),
            Condition::Veto => self.veto(),
            Condition::NoProject => plain(self.facts.projects.is_empty()),
            Condition::Status(status) => plain(self.facts.statuses.contains(status)),
            Condition::YoungerThan(months) => {
                let registered = self.facts.file.registered_on;
                let old = registered.and_then(|day| day.checked_add_months(Months::new(*months)));
                if let Some(old) = old {
                    self.facts.moment.change_on(old);
                }
                plain(old.is_some_and(|old| self.facts.moment.today < old))
            }
        }
    }

    fn records(&self, condition: &RecordCondition) -> Option<Holds> {
        let found = self.facts.records.iter().filter(|known| {
            let record = known.record;
            (known.in_force || (condition.disputed && within_term(self.facts, known)))
                && condition.kind.is_none_or(|kind| kind == record.kind)
                && (condition.categories.is_empty() || condition.categories.contains(&record.category))
                && (condition.severities.is_empty() || condition.severities.contains(&record.severity))
                && (!condition.disputed || known.disputed)
        });
        let found: Vec<_> = found.collect();
        let count = u32::try_from(found.len()).unwrap_or(u32::MAX);
        let enough = condition.at_least.is_none_or(|least| count >= least);
        let few = condition.at_most.is_none_or(|most| count <= most);
        if !enough || !few {
            return None;
        }
        let mut ends: Vec<_> = found.iter().map(|known| known.last_day.unwrap_or(NaiveDate::MAX)).collect();
        ends.sort_by(|a, b| b.cmp(a));
        // It holds until fewer than `at_least` are left.
        let last =
            condition.at_least.and_then(|least| ends.get(usize::try_from(least).ok()?.checked_sub(1)?));
        let until = last.copied().filter(|day| *day < NaiveDate::MAX);
        let records = found.iter().map(|known| known.record.id.clone()).collect();
        let latest_start = found.iter().map(|known| known.record.counts_from).max();
        Some(Holds { records, latest_start, until })
    }

    fn veto(&self) -> Option<Holds> {
        let vetoes: Vec<_> = self.facts.records.iter().filter(|known| known.in_force && known.veto).collect();
        let latest_start = vetoes.iter().map(|known| known.record.counts_from).max()?;
        let ends: Option<Vec<NaiveDate>> = vetoes.iter().map(|known| known.last_day).collect();
        let until = ends.and_then(|ends| ends.into_iter().max());
        let records = vetoes.iter().map(|known| known.record.id.clone()).collect();
        Some(Holds { records, latest_start: Some(latest_start), until })
    }
}

/// A suspended record does not count, and is under objection all the same.
fn within_term(facts: &Facts<'_>, known: &super::facts::KnownRecord<'_>) -> bool {
    facts.moment.within(known.record.counts_from, known.last_day)
}

fn join(all: Vec<Holds>) -> Holds {
    let latest_start = all.iter().filter_map(|holds| holds.latest_start).max();
    let mut records: Vec<String> = all.into_iter().flat_map(|holds| holds.records).collect();
    records.sort();
    records.dedup();
    Holds { records, latest_start, until: None }
}

/// What the bands and rules make of a score.
pub(super) struct Graded {
    pub(super) grade: Option<String>,
    pub(super) why: Why,
    pub(super) lists: Vec<Listing>,
    pub(super) consequences: Vec<AppliedConsequence>,
}

/// Grades a score, and applies every rule whose condition holds; without a score there are only lists and consequences.
pub(super) fn grade(scheme: &Scheme, view: &View<'_, '_>) -> Graded {
    let by_score = view.score.and_then(|score| scheme.band(score)).map(|band| band.grade.clone());
    let mut graded = Graded {
        grade: by_score.clone(),
        why: Why {
            grade_by_score: by_score,
            next_grade: None,
            missing: None,
            rules: Vec::new(),
            text: Text::new("", ""),
        },
        lists: Vec::new(),
        consequences: Vec::new(),
    };
    for rule in &scheme.rules {
        let Some(holds) = view.test(&rule.when) else { continue };
        if let (Some(to), Some(from)) = (&rule.moves, &graded.grade)
            && let Some(to) = moved(scheme, from, to)
        {
            graded.why.rules.push(AppliedRule {
                rule: rule.id.clone(),
                reason: rule.reason.clone(),
                from: from.clone(),
                to: to.clone(),
                records: holds.records.clone(),
            });
            graded.grade = Some(to);
        }
        let term = rule.list_validity.zip(holds.latest_start).and_then(|(term, start)| term.last_day(start));
        if let Some(term) = term.and_then(|term| term.succ_opt()) {
            view.facts.moment.change_on(term);
        }
        let until = [term, holds.until].into_iter().flatten().min();
        if let Some(list) = rule.list
            && until.is_none_or(|until| view.facts.moment.today <= until)
        {
            let (rule, reason) = (rule.id.clone(), rule.reason.clone());
            graded.lists.push(Listing { list, rule, reason, until, records: holds.records });
        }
        graded.consequences.extend(rule.consequences.iter().map(|consequence| AppliedConsequence {
            code: consequence.code.clone(),
            text: consequence.text.clone(),
            effect: consequence.effect,
            amount: consequence.amount,
            unit: consequence.unit.clone(),
            rule: rule.id.clone(),
        }));
    }
    next_band(scheme, view.score, &mut graded);
    graded.why.text = explain(view.score, graded.grade.as_deref(), &graded.why);
    graded
}

/// The grade after a rule, where that is another.
fn moved(scheme: &Scheme, from: &str, to: &Move) -> Option<String> {
    let (before, bound) = (scheme.rank(from)?, scheme.rank(to.grade())?);
    let moves = match to {
        Move::AtMost(_) => before < bound,
        Move::AtLeast(_) => before > bound,
        Move::To(_) => before != bound,
    };
    moves.then(|| to.grade().to_owned())
}

/// The next better grade than the one that the score alone gives, and the points missing for it.
fn next_band(scheme: &Scheme, score: Option<Decimal>, graded: &mut Graded) {
    let Some(score) = score else { return };
    let Some(rank) = graded.why.grade_by_score.as_deref().and_then(|grade| scheme.rank(grade)) else {
        return;
    };
    let better = scheme.bands.iter().filter_map(|band| Some((scheme.rank(&band.grade)?, band)));
    let Some((_, band)) = better.filter(|(other, _)| *other < rank).max_by_key(|(other, _)| *other) else {
        return;
    };
    graded.why.next_grade = Some(band.grade.clone());
    graded.why.missing = distance(score, &band.scores);
}

/// How far a score is from an interval; also where a lower score is the better one.
fn distance(score: Decimal, to: &Interval) -> Option<Decimal> {
    let step = |inclusive: bool| if inclusive { Decimal::ZERO } else { SMALLEST_STEP };
    match (to.low, to.high) {
        (Some(low), _) if score <= low.at => {
            Some(low.at.saturating_sub(score).saturating_add(step(low.inclusive)))
        }
        (_, Some(high)) if score >= high.at => {
            Some(score.saturating_sub(high.at).saturating_add(step(high.inclusive)))
        }
        _ => None,
    }
}

/// The sentence for people.
pub(super) fn explain(score: Option<Decimal>, grade: Option<&str>, why: &Why) -> Text {
    let (Some(score), Some(grade), Some(by_score)) = (score, grade, why.grade_by_score.as_deref()) else {
        return Text::new("没有得分，故没有等级。", "There is no score, so there is no grade.");
    };
    let score = score.normalize();
    let mut zh = format!("得分 {score}，按分数为 {by_score} 级。");
    let mut en = format!("A score of {score} gives grade {by_score}.");
    for rule in &why.rules {
        zh.push_str(&format!("{}：由 {} 变为 {}。", rule.reason.zh, rule.from, rule.to));
        en.push_str(&format!(" {}: from {} to {}.", rule.reason.en, rule.from, rule.to));
    }
    match (&why.next_grade, why.missing) {
        (Some(next), Some(missing)) => {
            let missing = missing.normalize();
            zh.push_str(&format!("距 {next} 级还差 {missing} 分。"));
            en.push_str(&format!(" Grade {next} is {missing} points away."));
        }
        _ => {
            zh.push_str("没有分数更高的等级。");
            en.push_str(" No score gives a better grade.");
        }
    }
    if !why.rules.is_empty() {
        zh.push_str(&format!("最终等级 {grade}。"));
        en.push_str(&format!(" The grade is {grade}."));
    }
    Text::new(zh, en)
}
