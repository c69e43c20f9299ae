//! How a rule that made the grade worse can be left: what would have to change so that its
//! condition no longer holds.

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::dossier::Status;
use super::facts::KnownRecord;
use super::grade::{Considered, View};
use super::result::{Need, Step};
use crate::calendar::end_of_months;
use crate::scheme::{Condition, Interval, RecordCondition, Rule, Scheme};
use crate::text::Text;

/// More ways than this help nobody.
const MOST_WAYS: usize = 8;
/// The smallest change by which a value passes an end that is itself outside: a score has 3
/// decimals, a component is shown with 4.
const SCORE_STEP: Decimal = Decimal::from_parts(1, 0, 0, false, 3);
const VALUE_STEP: Decimal = Decimal::from_parts(1, 0, 0, false, 4);

/// Any one of the ways will do; of one way every step is needed.
pub(super) type Ways = Vec<Vec<Step>>;

/// The ways out of a rule that applies; `until` is the last day on which its records make it apply,
/// and `since` the day of the last of them.
pub(super) fn ways_out(
    scheme: &Scheme,
    view: &View<'_, '_>,
    rule: &Rule,
    records: &[String],
    until: Option<NaiveDate>,
    since: Option<NaiveDate>,
) -> Ways {
    let seeker = Seeker { scheme, view };
    let mut ways = match rule.lasts {
        // It goes on though its records may have ended: only its own last day counts.
        Some(_) => vec![vec![ended(records.to_vec(), until)]],
        None => seeker.ways(&rule.when, Aim::Fail),
    };
    if let Some((lifted, since)) = rule.lifted_when.as_ref().zip(since) {
        let view = view.with(Considered::Since(since));
        ways.extend(Seeker { scheme, view: &view }.ways(lifted, Aim::Hold));
    }
    ways.truncate(MOST_WAYS);
    ways
}

/// What is to become of a condition that now is the opposite.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Aim {
    Hold,
    Fail,
}

impl Aim {
    fn opposite(self) -> Aim {
        match self {
            Aim::Hold => Aim::Fail,
            Aim::Fail => Aim::Hold,
        }
    }

    fn is_to_hold(self) -> bool {
        self == Aim::Hold
    }
}

struct Seeker<'a, 'v, 'f> {
    scheme: &'a Scheme,
    view: &'a View<'v, 'f>,
}

impl Seeker<'_, '_, '_> {
    /// The ways in which the condition, which now is the opposite, comes to hold or no longer to
    /// hold. None at all where nothing leads there.
    fn ways(&self, condition: &Condition, aim: Aim) -> Ways {
        let one = |step: Step| vec![vec![step]];
        match condition {
            Condition::Not(inner) => self.ways(inner, aim.opposite()),
            // To fail one of all it is enough that one fails, and to meet any that one is met; else
            // every one that stands in the way must change.
            Condition::All(inner) if aim == Aim::Fail => self.any(inner, aim),
            Condition::Any(inner) if aim == Aim::Hold => self.any(inner, aim),
            Condition::All(inner) | Condition::Any(inner) => self.every(inner, aim),
            Condition::Score(interval) => {
                let changes = self.view.score.map(|score| changes(score, interval, aim, SCORE_STEP));
                changes.into_iter().flatten().map(|by| vec![score_changes(by)]).collect()
            }
            Condition::Component(id, interval) => {
                match self.view.values.get(id.as_str()).copied().flatten() {
                    Some(value) => changes(value.round_dp(15), interval, aim, VALUE_STEP)
                        .into_iter()
                        .map(|by| vec![self.component_changes(id, by)])
                        .collect(),
                    None => one(self.sample(id, true)),
                }
            }
            Condition::NoSample(id) => one(self.sample(id, !aim.is_to_hold())),
            Condition::Records(records) => self.records(records, aim),
            Condition::Veto if aim == Aim::Hold => one(come(1)),
            Condition::Veto => {
                let vetoes: Vec<_> = self.view.seen().filter(|known| known.veto).collect();
                let ends: Option<Vec<NaiveDate>> = vetoes.iter().map(|known| known.last_day).collect();
                one(ended(ids(&vetoes), ends.and_then(|ends| ends.into_iter().max())))
            }
            Condition::NoProject => one(project(!aim.is_to_hold())),
            Condition::Status(status) => one(status_changes(*status, aim)),
            Condition::YoungerThan(months) if aim == Aim::Fail => {
                let began = self.view.facts.began_on;
                one(age(*months, began.map(|day| end_of_months(day, *months))))
            }
            // Nobody grows younger.
            Condition::YoungerThan(_) => Vec::new(),
        }
    }

    fn any(&self, inner: &[Condition], aim: Aim) -> Ways {
        let mut ways: Ways = inner.iter().flat_map(|inner| self.ways(inner, aim)).collect();
        ways.truncate(MOST_WAYS);
        ways
    }

    fn every(&self, inner: &[Condition], aim: Aim) -> Ways {
        let mut ways: Ways = vec![Vec::new()];
        for inner in inner.iter().filter(|inner| self.view.holds(inner) != aim.is_to_hold()) {
            let more = self.ways(inner, aim);
            let joined = ways
                .iter()
                .flat_map(|way| more.iter().map(move |steps| [way.clone(), steps.clone()].concat()));
            ways = joined.take(MOST_WAYS).collect();
        }
        ways
    }

    /// Records that are too many have to end, the first ones first; those that are too few have to
    /// come.
    fn records(&self, condition: &RecordCondition, aim: Aim) -> Ways {
        let found = self.view.matching(condition);
        let count = found.len();
        let (least, most) = (condition.at_least.map(size), condition.at_most.map(size));
        let end_to = |left: usize| {
            let mut by_end: Vec<(NaiveDate, &KnownRecord<'_>)> =
                found.iter().map(|known| (self.view.end(condition, known), *known)).collect();
            by_end.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.record.id.cmp(&b.1.record.id)));
            let needed = count.saturating_sub(left);
            let last = needed.checked_sub(1).and_then(|at| by_end.get(at)).map(|(day, _)| *day);
            let ends: Vec<&KnownRecord<'_>> = by_end.iter().take(needed).map(|(_, known)| *known).collect();
            vec![ended(ids(&ends), last.filter(|day| *day < NaiveDate::MAX))]
        };
        let come_to =
            |wanted: usize| vec![come(u32::try_from(wanted.saturating_sub(count)).unwrap_or(u32::MAX))];
        let mut ways = Vec::new();
        if aim == Aim::Hold {
            if let Some(least) = least.filter(|least| count < *least) {
                ways.push(come_to(least));
            } else if let Some(most) = most.filter(|most| count > *most) {
                ways.push(end_to(most));
            }
        } else {
            ways.extend(least.and_then(|least| least.checked_sub(1)).map(end_to));
            ways.extend(most.map(|most| come_to(most.saturating_add(1))));
        }
        ways
    }

    fn component_changes(&self, id: &str, by: Decimal) -> Step {
        let name = self.name(id);
        let much = by.abs().normalize();
        let text = if by.is_sign_negative() {
            Text::new(format!("“{}”降低 {much}", name.zh), format!("“{}” lower by {much}", name.en))
        } else {
            Text::new(format!("“{}”提高 {much}", name.zh), format!("“{}” higher by {much}", name.en))
        };
        Step { component: Some(id.to_owned()), by: Some(by), ..Step::of(Need::Component, text) }
    }

    fn sample(&self, id: &str, has: bool) -> Step {
        let name = self.name(id);
        let (need, text) = if has {
            let zh = format!("“{}”有足够的样本", name.zh);
            (Need::Sample, Text::new(zh, format!("A sufficient sample for “{}”", name.en)))
        } else {
            let zh = format!("“{}”没有足够的样本", name.zh);
            (Need::NoSample, Text::new(zh, format!("No sufficient sample for “{}”", name.en)))
        };
        Step { component: Some(id.to_owned()), ..Step::of(need, text) }
    }

    fn name(&self, id: &str) -> Text {
        let known = self.scheme.components.get(id);
        known.map_or_else(|| Text::new(id.to_owned(), id.to_owned()), |component| component.name.clone())
    }
}

/// By how much a value has to change to lie in the interval, or to leave it; the rise first.
fn changes(value: Decimal, interval: &Interval, aim: Aim, step: Decimal) -> Vec<Decimal> {
    let passed = |inclusive: bool| if inclusive == aim.is_to_hold() { Decimal::ZERO } else { step };
    let rise = if aim == Aim::Hold { interval.low } else { interval.high };
    let fall = if aim == Aim::Hold { interval.high } else { interval.low };
    let decimals = step.scale();
    let rise = rise.map(|end| {
        let distance = end.at.saturating_sub(value);
        distance
            .round_dp_with_strategy(decimals, rust_decimal::RoundingStrategy::ToPositiveInfinity)
            .saturating_add(passed(end.inclusive))
    });
    let fall = fall.map(|end| {
        let distance = end.at.saturating_sub(value);
        distance
            .round_dp_with_strategy(decimals, rust_decimal::RoundingStrategy::ToNegativeInfinity)
            .saturating_sub(passed(end.inclusive))
    });
    let rise = rise.filter(|by| by.is_sign_positive() && !by.is_zero());
    let fall = fall.filter(|by| by.is_sign_negative() && !by.is_zero());
    rise.into_iter().chain(fall).collect()
}

fn score_changes(by: Decimal) -> Step {
    let much = by.abs().normalize();
    let text = if by.is_sign_negative() {
        Text::new(format!("得分降低 {much} 分"), format!("A score lower by {much} points"))
    } else {
        Text::new(format!("得分提高 {much} 分"), format!("A score higher by {much} points"))
    };
    Step { by: Some(by), ..Step::of(Need::Score, text) }
}

/// Records end, the last of those that must on this day.
fn ended(records: Vec<String>, until: Option<NaiveDate>) -> Step {
    let text = match until {
        Some(until) => {
            Text::new(format!("{until} 有关信息期满"), format!("The end of the records on {until}"))
        }
        None => Text::new("有关信息不再有效", "The records are no longer in force"),
    };
    Step { records, until, ..Step::of(Need::RecordsEnd, text) }
}

fn come(count: u32) -> Step {
    let text = Text::new(format!("再有 {count} 条符合条件的信息"), format!("Such records, {count} more"));
    Step { count: Some(count), ..Step::of(Need::Records, text) }
}

fn project(has: bool) -> Step {
    if has {
        Step::of(Need::Project, Text::new("有在管项目", "A current project"))
    } else {
        Step::of(Need::NoProject, Text::new("没有在管项目", "No current project"))
    }
}

fn status_changes(status: Status, aim: Aim) -> Step {
    let (zh, en) = match status {
        Status::NoResidentialBusiness => ("没有住宅物业", "without residential business"),
        Status::Unregistered => ("未登记或不在业", "unregistered"),
        Status::Refuses => ("拒不参加评价", "refusing to take part"),
        Status::UnderObjection => ("评价异议处理中", "under objection"),
    };
    if aim == Aim::Hold {
        Step::of(Need::Status, Text::new(format!("“{zh}”"), format!("It is {en}")))
    } else {
        Step::of(Need::StatusEnds, Text::new(format!("不再“{zh}”"), format!("It is no longer {en}")))
    }
}

fn age(months: u32, until: Option<NaiveDate>) -> Step {
    let text = Text::new(format!("满 {months} 个月"), format!("{months} months old"));
    Step { until, ..Step::of(Need::Age, text) }
}

fn ids(records: &[&KnownRecord<'_>]) -> Vec<String> {
    records.iter().map(|known| known.record.id.clone()).collect()
}

fn size(count: u32) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}
