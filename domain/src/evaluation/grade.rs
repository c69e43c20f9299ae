//! Conditions, and what they do: outcomes, grades, lists, consequences, and why this grade and not
//! the next.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::facts::{Facts, KnownRecord};
use super::result::{AppliedConsequence, AppliedRule, Listing, Why};
use super::ways::ways_out;
use crate::calendar::end_of_months;
use crate::scheme::{Condition, Consequence, GRADE, Interval, Move, RecordCondition, Rule, Scheme, Validity};
use crate::text::Text;

/// The one more thousandth by which a score passes an end that is itself outside.
const SMALLEST_STEP: Decimal = Decimal::from_parts(1, 0, 0, false, 3);

/// What conditions look at.
pub(super) struct View<'a, 'f> {
    pub(super) facts: &'a Facts<'f>,
    pub(super) score: Option<Decimal>,
    pub(super) values: &'a BTreeMap<&'a str, Option<Decimal>>,
    pub(super) considered: Considered,
}

/// Which records conditions see.
#[derive(Debug, Clone, Copy)]
pub(super) enum Considered {
    /// Those in force.
    Now,
    /// Those that were in force on a day in the past.
    On(NaiveDate),
    /// Those that began on the day or since, whether or not their term has ended: what was earned
    /// stays earned.
    Since(NaiveDate),
}

/// A condition that holds: by which records, and the last day on which they make it hold.
#[derive(Debug, Default)]
struct Holds {
    records: Vec<String>,
    latest_start: Option<NaiveDate>,
    until: Option<NaiveDate>,
}

impl View<'_, '_> {
    pub(super) fn with(&self, considered: Considered) -> View<'_, '_> {
        View { facts: self.facts, score: self.score, values: self.values, considered }
    }

    /// Whether conditions see the record.
    fn sees(&self, known: &KnownRecord<'_>) -> bool {
        let from = known.record.counts_from;
        match self.considered {
            Considered::Now => known.in_force,
            Considered::On(day) => {
                !known.suspended && from <= day && known.last_day.is_none_or(|last| day <= last)
            }
            Considered::Since(day) => !known.suspended && day <= from && from <= self.facts.moment.today,
        }
    }

    /// Whether a rule applies: its condition holds, or held so lately that it lasts, and it is not
    /// lifted.
    fn applies(&self, rule: &Rule) -> Option<Holds> {
        let now = self.test(&rule.when);
        let holds = match rule.lasts {
            None => now,
            Some(term) => self.lasting(&rule.when, now, term),
        }?;
        let lifted = rule
            .lifted_when
            .as_ref()
            .zip(holds.latest_start)
            .is_some_and(|(condition, since)| self.with(Considered::Since(since)).holds(condition));
        (!lifted).then_some(holds)
    }

    /// A condition about records that holds, or held on a day from which the rule still lasts. Such
    /// a condition can begin to hold only on the first day of a record, so these days are tried.
    fn lasting(&self, when: &Condition, now: Option<Holds>, term: Validity) -> Option<Holds> {
        let moment = &self.facts.moment;
        let starts: BTreeSet<NaiveDate> =
            self.facts.records.iter().map(|known| known.record.counts_from).collect();
        let past = starts.range(..=moment.today).filter_map(|day| self.with(Considered::On(*day)).test(when));
        let latest = past.max_by_key(|holds| holds.latest_start)?;
        let last = latest.latest_start.and_then(|start| term.last_day(start));
        if let Some(after) = last.and_then(|last| last.succ_opt()) {
            moment.change_on(after);
        }
        let Some(now) = now else {
            return last.is_none_or(|last| moment.today <= last).then_some(Holds { until: last, ..latest });
        };
        let until = now.until.zip(last).map(|(records, rule)| records.max(rule));
        Some(Holds { until, latest_start: latest.latest_start, ..now })
    }

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
                let last = self.facts.began_on.map(|day| end_of_months(day, *months));
                if let Some(old) = last.and_then(|last| last.succ_opt()) {
                    self.facts.moment.change_on(old);
                }
                plain(last.is_some_and(|last| self.facts.moment.today <= last))
            }
        }
    }

    /// The records that conditions see.
    pub(super) fn seen(&self) -> impl Iterator<Item = &KnownRecord<'_>> {
        self.facts.records.iter().filter(|known| self.sees(known))
    }

    /// The records that a condition counts.
    pub(super) fn matching(&self, condition: &RecordCondition) -> Vec<&KnownRecord<'_>> {
        let found = self.facts.records.iter().filter(|known| {
            let record = known.record;
            (self.sees(known) || (condition.disputed && self.suspended_now(known)))
                && condition.kind.is_none_or(|kind| kind == record.kind)
                && condition.admits(&record.category, record.severity, record.level)
                && condition.within.is_none_or(|within| self.began_within(record.counts_from, within))
                && (!condition.disputed || known.disputed)
        });
        found.collect()
    }

    /// The last day on which a condition counts a record; the last of all days where that has no
    /// end.
    pub(super) fn end(&self, condition: &RecordCondition, known: &KnownRecord<'_>) -> NaiveDate {
        let window = condition.within.and_then(|within| within.last_day(known.record.counts_from));
        known.last_day.into_iter().chain(window).min().unwrap_or(NaiveDate::MAX)
    }

    fn records(&self, condition: &RecordCondition) -> Option<Holds> {
        let found = self.matching(condition);
        let count = u32::try_from(found.len()).unwrap_or(u32::MAX);
        let enough = condition.at_least.is_none_or(|least| count >= least);
        let few = condition.at_most.is_none_or(|most| count <= most);
        if !enough || !few {
            return None;
        }
        let mut ends: Vec<_> = found.iter().map(|known| self.end(condition, known)).collect();
        ends.sort_by(|a, b| b.cmp(a));
        // It holds until fewer than `at_least` are left.
        let last =
            condition.at_least.and_then(|least| ends.get(usize::try_from(least).ok()?.checked_sub(1)?));
        let until = last.copied().filter(|day| *day < NaiveDate::MAX);
        let records = found.iter().map(|known| known.record.id.clone()).collect();
        let latest_start = found.iter().map(|known| known.record.counts_from).max();
        Some(Holds { records, latest_start, until })
    }

    /// Whether something that began on `start` began no longer ago than `within`, on the day that
    /// is looked at.
    fn began_within(&self, start: NaiveDate, within: Validity) -> bool {
        let last = within.last_day(start);
        match self.considered {
            Considered::On(day) => start <= day && last.is_none_or(|last| day <= last),
            Considered::Now | Considered::Since(_) => self.facts.moment.within(start, last),
        }
    }

    /// Whether the record would be in force were it not suspended: it is under objection all the
    /// same.
    fn suspended_now(&self, known: &KnownRecord<'_>) -> bool {
        matches!(self.considered, Considered::Now)
            && self.facts.moment.within(known.record.counts_from, known.last_day)
    }

    fn veto(&self) -> Option<Holds> {
        let vetoes: Vec<_> = self.seen().filter(|known| known.veto).collect();
        let latest_start = vetoes.iter().map(|known| known.record.counts_from).max()?;
        let ends: Option<Vec<NaiveDate>> = vetoes.iter().map(|known| known.last_day).collect();
        let until = ends.and_then(|ends| ends.into_iter().max());
        let records = vetoes.iter().map(|known| known.record.id.clone()).collect();
        Some(Holds { records, latest_start: Some(latest_start), until })
    }
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

/// Grades a score, and applies every rule whose condition holds; without a score there are only
/// lists and consequences.
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
        let Some(holds) = view.applies(rule) else { continue };
        if let (Some(to), Some(from)) = (&rule.moves, &graded.grade)
            && let Some(to) = moved(scheme, from, to)
        {
            let is_worse = scheme.rank(&to) > scheme.rank(from);
            let ways_out = if is_worse {
                ways_out(scheme, view, rule, &holds.records, holds.until, holds.latest_start)
            } else {
                Vec::new()
            };
            graded.why.rules.push(AppliedRule {
                rule: rule.id.clone(),
                reason: rule.reason.clone(),
                holds_back: is_worse && !depends_on_points(&rule.when),
                ways_out,
                until: holds.until,
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
        graded.consequences.extend(rule.consequences.iter().map(|each| applied(each, &rule.id)));
    }
    let own = scheme.grades.iter().find(|grade| graded.grade.as_ref() == Some(&grade.code));
    let own = own.into_iter().flat_map(|grade| &grade.consequences);
    graded.consequences.extend(own.map(|each| applied(each, GRADE)));
    next_band(scheme, view.score, &mut graded);
    graded.why.text = explain(view.score, graded.grade.as_deref(), &graded.why);
    graded
}

fn applied(consequence: &Consequence, rule: &str) -> AppliedConsequence {
    AppliedConsequence {
        code: consequence.code.clone(),
        text: consequence.text.clone(),
        effect: consequence.effect,
        amount: consequence.amount,
        unit: consequence.unit.clone(),
        up_to_months: consequence.up_to_months,
        rule: rule.to_owned(),
    }
}

/// Whether more points could make the condition fail.
fn depends_on_points(condition: &Condition) -> bool {
    match condition {
        Condition::All(inner) | Condition::Any(inner) => inner.iter().any(depends_on_points),
        Condition::Not(inner) => depends_on_points(inner),
        Condition::Score(_) | Condition::Component(..) | Condition::NoSample(_) => true,
        _ => false,
    }
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
        zh.push_str(&format!("{}：由 {} 变为 {}", rule.reason.zh, rule.from, rule.to));
        en.push_str(&format!(" {}: from {} to {}", rule.reason.en, rule.from, rule.to));
        if let Some(until) = rule.until {
            zh.push_str(&format!("，至 {until}"));
            en.push_str(&format!(", until {until}"));
        }
        zh.push('。');
        en.push('.');
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
    if why.rules.last().is_some_and(|rule| rule.holds_back) {
        zh.push_str("在上述条件消除之前，得分再高也不升级。");
        en.push_str(" While that holds, more points do not give a better grade.");
    }
    if let Some(rule) = why.rules.last().filter(|rule| !rule.ways_out.is_empty()) {
        let told = |pick: fn(&Text) -> &str, and: &str, or: &str| {
            let ways = rule
                .ways_out
                .iter()
                .map(|way| way.iter().map(|step| pick(&step.text)).collect::<Vec<_>>().join(and));
            ways.collect::<Vec<_>>().join(or)
        };
        zh.push_str(&format!("解除“{}”：{}。", rule.reason.zh, told(|text| &text.zh, "，且", "；或")));
        en.push_str(&format!(
            " What ends “{}”: {}.",
            rule.reason.en,
            told(|text| &text.en, ", and ", "; or ")
        ));
    }
    if !why.rules.is_empty() {
        zh.push_str(&format!("最终等级 {grade}。"));
        en.push_str(&format!(" The grade is {grade}."));
    }
    Text::new(zh, en)
}
