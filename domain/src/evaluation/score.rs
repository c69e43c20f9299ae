//! The components' values, exact, with every line they consist of.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::dossier::{MetricValue, Project, Record};
use super::facts::Facts;
use super::number::{over, round, sum, times};
use super::records;
use super::result::{ItemSource, ScoreItem};
use super::shares::shares;
use crate::calendar::{Month, Period, start_of_day};
use crate::scheme::{
    Aspect, Assessments, Component, Metric, Parts, PointTable, Residents, RollUp, RollUpBy, RollUpProjects,
    Scheme, Source, SubjectKind, Window, WithoutSample,
};
use crate::text::Text;
use crate::word::Word;

/// One line with its exact part of the value.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) item: ScoreItem,
    pub(super) exact: Decimal,
}

/// A component's value and the lines that sum to it.
#[derive(Debug, Clone)]
pub(super) struct Value {
    pub(super) amount: Decimal,
    pub(super) lines: Vec<Line>,
}

impl Value {
    fn of(line: Line) -> Self {
        Self { amount: line.exact, lines: vec![line] }
    }

    /// The value multiplied by `numerator / denominator`; divided last, so that what comes out even
    /// is exact.
    fn scaled(mut self, numerator: Decimal, denominator: Decimal) -> Self {
        for line in &mut self.lines {
            line.exact = over(times(line.exact, numerator), denominator);
            line.item.weight = over(times(line.item.weight, numerator), denominator);
        }
        self.amount = over(times(self.amount, numerator), denominator);
        self
    }

    fn add(&mut self, other: Self) {
        self.amount = self.amount.saturating_add(other.amount);
        self.lines.extend(other.lines);
    }

    fn push(&mut self, line: Line) {
        self.amount = self.amount.saturating_add(line.exact);
        self.lines.push(line);
    }
}

impl ScoreItem {
    /// A line of points that are worth themselves; everything else is empty.
    pub(super) fn of(source: ItemSource, component: &str, name: Text, points: Decimal) -> Self {
        Self {
            source,
            id: None,
            project: None,
            component: component.to_owned(),
            group: None,
            rule: None,
            name,
            value: None,
            count: None,
            reference_points: None,
            points,
            cap: None,
            weight: Decimal::ONE,
            contribution: Decimal::ZERO,
            counts_until: None,
            disputed: false,
        }
    }
}

/// Computes components of one scheme over one dossier.
pub(super) struct Computer<'a, 'f> {
    scheme: &'a Scheme,
    facts: &'a Facts<'f>,
    /// The values of components outside roll-ups; none without a sufficient sample.
    pub(super) values: BTreeMap<&'a str, Option<Decimal>>,
    /// The projects that each roll-up takes.
    taken: BTreeMap<&'a str, BTreeSet<&'f str>>,
}

impl<'a, 'f> Computer<'a, 'f> {
    pub(super) fn new(scheme: &'a Scheme, facts: &'a Facts<'f>) -> Self {
        Self { scheme, facts, values: BTreeMap::new(), taken: BTreeMap::new() }
    }

    /// The value of a component for the subject, or for one of its projects; none without a
    /// sufficient sample.
    pub(super) fn value(&mut self, id: &str, project: Option<&Project>) -> Option<Value> {
        let component = self.scheme.components.get(id)?;
        let value = self.unlimited(component, project).map(|value| limited(component, value));
        if project.is_none() {
            self.values.insert(&component.id, value.as_ref().map(|value| value.amount));
        }
        value
    }

    fn unlimited(&mut self, component: &'a Component, project: Option<&Project>) -> Option<Value> {
        match &component.source {
            Source::Constant(number) => {
                let item = ScoreItem::of(ItemSource::Base, &component.id, component.name.clone(), *number);
                Some(Value::of(Line { item, exact: *number }))
            }
            Source::Records(source) => Some(records::evaluate(
                self.scheme,
                component,
                source,
                self.facts,
                project.map(|project| project.id.as_str()),
            )),
            Source::Assessments(source) => self.assessments(component, source, project),
            Source::Residents(source) => self.residents(component, source, project),
            Source::Metric(source) => self.metric(component, source, project),
            Source::Table(source) => self.table(component, source, project),
            Source::Sum(parts) => self.sum(parts, project),
            Source::Weighted(parts) => self.weighted(component, parts, project),
            Source::Highest(parts) => self.extreme(parts, project, |new, best| new > best),
            Source::Lowest(parts) => self.extreme(parts, project, |new, best| new < best),
            Source::RollUp(source) => self.roll_up(component, source),
        }
    }

    /// Whether what was said of a project for some days is the subject's, or the one project's: "a
    /// project counts with the periods and months of its term, after it has ended too".
    fn counts(&self, id: &str, days: (NaiveDate, NaiveDate), project: Option<&Project>) -> bool {
        project.is_none_or(|project| project.id == id)
            && self.facts.terms.get(id).is_some_and(|terms| terms.touch(days))
    }

    fn assessments(
        &self,
        component: &Component,
        source: &Assessments,
        project: Option<&Project>,
    ) -> Option<Value> {
        let moment = &self.facts.moment;
        let periods = moment.closed_periods(source.period, source.periods);
        let mut lines = Vec::new();
        let mut count = 0_u32;
        for known in &self.facts.assessments {
            let assessment = known.assessment;
            let score = match source.aspect {
                Aspect::Service => assessment.service,
                Aspect::Party => assessment.party,
            };
            let wanted = source.assessors.contains(&assessment.assessor)
                && periods.contains(&assessment.period)
                && self.counts(&assessment.project, days_of(assessment.period), project);
            let Some(score) = score.filter(|_| wanted) else { continue };
            let name = Text::new(
                format!("{}：{}", component.name.zh, assessment.period),
                format!(
                    "{}: {}, by the {}",
                    component.name.en,
                    assessment.period,
                    assessment.assessor.into_str()
                ),
            );
            // One that is suspended is told, and is no part of the mean.
            let (weight, exact) = if known.suspended {
                (Decimal::ZERO, Decimal::ZERO)
            } else {
                count = count.saturating_add(1);
                (Decimal::ONE, score)
            };
            let item = ScoreItem {
                id: Some(assessment.id.clone()),
                project: Some(assessment.project.clone()),
                value: Some(score),
                disputed: known.disputed,
                weight,
                ..ScoreItem::of(ItemSource::Assessment, &component.id, name, score)
            };
            lines.push(Line { item, exact });
        }
        if count < source.minimum {
            return None;
        }
        let value = Value { amount: sum(lines.iter().map(|line| line.exact)), lines };
        Some(value.scaled(Decimal::ONE, Decimal::from(count)))
    }

    fn residents(
        &self,
        component: &Component,
        source: &Residents,
        project: Option<&Project>,
    ) -> Option<Value> {
        let Facts { dossier, moment, .. } = self.facts;
        let months = moment.closed_months(&dossier.closings, source.months);
        let rated = dossier.increments.iter().filter(|row| {
            months.contains(&row.month)
                && self.counts(&row.project, days_of_month(row.month), project)
                && moment.published(row.known_from)
        });
        let (count, stars) = rated
            .fold((0_u64, 0_u64), |sum, row| (sum.0 + u64::from(row.count), sum.1 + u64::from(row.stars)));
        if count < u64::from(source.minimum) {
            return None;
        }
        let weighed = times(source.prior, source.prior_weight).saturating_add(Decimal::from(stars));
        let weight = source.prior_weight.saturating_add(Decimal::from(count));
        let exact = over(times(weighed, source.times), weight);
        let item = ScoreItem {
            project: project.map(|project| project.id.clone()),
            value: Some(round(over(weighed, weight), 4)),
            count: Some(u32::try_from(count).unwrap_or(u32::MAX)),
            ..ScoreItem::of(ItemSource::Ratings, &component.id, component.name.clone(), exact)
        };
        Some(Value::of(Line { item, exact }))
    }

    fn metric(&self, component: &Component, source: &Metric, project: Option<&Project>) -> Option<Value> {
        let latest = self.latest(source, project.map(|project| project.id.as_str()));
        let (item, exact) = match (latest, source.missing) {
            (Some((row, last)), _) => {
                let item = ScoreItem {
                    id: Some(row.key.clone()),
                    project: row.project.clone(),
                    value: Some(row.value),
                    counts_until: last,
                    ..ScoreItem::of(ItemSource::Metric, &component.id, component.name.clone(), row.value)
                };
                (item, row.value)
            }
            (None, Some(missing)) => {
                let name = &component.name;
                let name = Text::new(format!("{}：未报", name.zh), format!("{}: not reported", name.en));
                (ScoreItem::of(ItemSource::Base, &component.id, name, missing), missing)
            }
            (None, None) => return None,
        };
        Some(Value::of(Line { item, exact }))
    }

    /// The latest figure that counts, of the subject or of one of its projects, and its last day.
    fn latest(&self, source: &Metric, project: Option<&str>) -> Option<(&'f MetricValue, Option<NaiveDate>)> {
        let own = self.facts.dossier.subject == SubjectKind::Project;
        let facts = self.facts;
        let rows = facts.metrics.iter().copied();
        rows.filter(|row| row.key == source.key)
            .filter(|row| match (project, row.project.as_deref()) {
                (None, about) => about.is_none(),
                (Some(_), None) => own,
                (Some(project), Some(about)) => {
                    let day = (row.ends_on, row.ends_on);
                    project == about && facts.terms.get(about).is_some_and(|terms| terms.touch(day))
                }
            })
            .filter_map(|row| {
                let first = row.ends_on.succ_opt()?;
                let last = source.validity.last_day_with(first);
                self.facts.moment.within(first, last).then_some((row, last))
            })
            .max_by_key(|(row, _)| (row.ends_on, row.project.is_some(), Reverse(row.starts_on)))
    }

    fn table(
        &mut self,
        component: &'a Component,
        source: &PointTable,
        project: Option<&Project>,
    ) -> Option<Value> {
        let inner = self.value(&source.of, project)?;
        let seen = inner.amount.round_dp(15);
        let step = source.steps.iter().rev().find(|(from, _)| seen >= *from);
        let points = step.map_or(Decimal::ZERO, |(_, points)| *points);
        let table = ScoreItem {
            value: Some(seen),
            ..ScoreItem::of(ItemSource::Table, &component.id, component.name.clone(), points)
        };
        // What the points are for is told by the line looked at, where there is just one.
        let item = match inner.lines.as_slice() {
            [only] => ScoreItem {
                source: only.item.source,
                id: only.item.id.clone(),
                project: only.item.project.clone(),
                value: only.item.value.or(table.value),
                count: only.item.count,
                counts_until: only.item.counts_until,
                disputed: only.item.disputed,
                ..table
            },
            _ => table,
        };
        Some(Value::of(Line { item, exact: points }))
    }

    fn sum(&mut self, parts: &Parts, project: Option<&Project>) -> Option<Value> {
        let mut whole: Option<Value> = None;
        let mut missing = false;
        for part in &parts.parts {
            match self.value(&part.of, project) {
                Some(value) => {
                    let value = value.scaled(part.times, Decimal::ONE);
                    match &mut whole {
                        Some(whole) => whole.add(value),
                        None => whole = Some(value),
                    }
                }
                None => missing = true,
            }
        }
        whole.filter(|_| !missing || parts.without_sample == WithoutSample::Zero)
    }

    fn weighted(&mut self, component: &Component, parts: &Parts, project: Option<&Project>) -> Option<Value> {
        let mut whole = Value { amount: Decimal::ZERO, lines: Vec::new() };
        let mut present = Decimal::ZERO;
        let mut missing = Vec::new();
        for part in &parts.parts {
            match self.value(&part.of, project) {
                Some(value) => {
                    whole.add(value.scaled(part.times, Decimal::ONE));
                    present = present.saturating_add(part.times);
                }
                None => missing.push(part),
            }
        }
        if present.is_zero() || (!missing.is_empty() && parts.without_sample == WithoutSample::NotEvaluated) {
            return None;
        }
        if !missing.is_empty() && parts.without_sample == WithoutSample::Redistribute {
            let absent = Decimal::ONE.saturating_sub(present);
            let exact = over(times(whole.amount, absent), present);
            let names = |pick: fn(&Text) -> &str, between: &str| {
                let names = missing.iter().filter_map(|part| self.scheme.components.get(&part.of));
                names.map(|part| pick(&part.name)).collect::<Vec<_>>().join(between)
            };
            let name = Text::new(
                format!("{}样本不足，权重 {absent} 按比例分给其他部分", names(|name| &name.zh, "、")),
                format!(
                    "No sufficient sample for {}: its weight of {absent} goes to the others",
                    names(|name| &name.en, ", ")
                ),
            );
            let item = ScoreItem::of(ItemSource::Redistribution, &component.id, name, exact);
            whole.push(Line { item, exact });
        }
        Some(whole)
    }

    fn extreme(
        &mut self,
        parts: &[String],
        project: Option<&Project>,
        beats: fn(Decimal, Decimal) -> bool,
    ) -> Option<Value> {
        let mut best: Option<Value> = None;
        for part in parts {
            let Some(value) = self.value(part, project) else { continue };
            if best.as_ref().is_none_or(|best| beats(value.amount, best.amount)) {
                best = Some(value);
            }
        }
        best
    }

    /// Whether an item of the scheme matches a record where it stands. Inside a roll-up a firm's
    /// record stands with a project that the roll-up takes; all components are to be computed
    /// before.
    pub(super) fn matches(&self, record: &Record) -> bool {
        let own = self.facts.dossier.subject == SubjectKind::Project;
        let is_here = |component: &Component| match self.scheme.in_roll_ups.get(&component.id) {
            Some(roll_up) if !own => {
                let taken = self.taken.get(roll_up.as_str()).zip(record.project.as_deref());
                taken.is_some_and(|(taken, project)| taken.contains(project))
            }
            _ => true,
        };
        self.scheme.components.values().any(|component| match &component.source {
            Source::Records(records) => {
                let mut items = records.groups.iter().flat_map(|group| &group.items);
                records.through.contains(&record.through)
                    && is_here(component)
                    && items.any(|item| item.matches(&record.category, record.severity, record.level))
            }
            _ => false,
        })
    }

    fn roll_up(&mut self, component: &'a Component, source: &RollUp) -> Option<Value> {
        let mut values: Vec<(&Project, Decimal, Value)> = Vec::new();
        let weighed = self.rolled_up(source);
        self.taken.insert(&component.id, weighed.iter().map(|(project, _)| project.id.as_str()).collect());
        for (project, size) in weighed {
            if let Some(value) = self.value(&source.of, Some(project)) {
                values.push((project, size, value));
            }
        }
        if values.len() < usize::try_from(source.minimum).unwrap_or(usize::MAX) {
            return None;
        }
        if source.by == RollUpBy::Worst {
            // The first of equals: projects stand in the order of their ids.
            return values
                .into_iter()
                .map(|(_, _, value)| value)
                .reduce(|worst, value| if value.amount < worst.amount { value } else { worst });
        }
        let sizes: Vec<Decimal> = values.iter().map(|(_, size, _)| *size).collect();
        let mut whole = Value { amount: Decimal::ZERO, lines: Vec::new() };
        for ((project, _, value), (part, of)) in values.into_iter().zip(shares(&sizes, source.most_share)) {
            let mut value = value.scaled(part, of);
            for line in &mut value.lines {
                line.item.project.get_or_insert_with(|| project.id.clone());
            }
            whole.add(value);
        }
        Some(whole)
    }

    /// The projects of a roll-up with what each weighs, in the order of their ids.
    fn rolled_up(&self, source: &RollUp) -> Vec<(&'f Project, Decimal)> {
        let size = |project: &Project| match source.by {
            RollUpBy::Area => project.area.max(Decimal::ZERO),
            RollUpBy::Households => Decimal::from(project.households),
            RollUpBy::Evenly | RollUpBy::Worst => Decimal::ONE,
        };
        let facts = self.facts;
        let moment = &facts.moment;
        if source.projects == RollUpProjects::Current {
            return facts.projects.iter().map(|project| (*project, size(project))).collect();
        }
        let after = |last: NaiveDate| start_of_day(last.succ_opt().unwrap_or(last), moment.zone);
        let made_of = self.scheme.made_of(&source.of);
        let windows: BTreeSet<Option<Window>> = made_of.iter().map(|source| source.window()).collect();
        if let (Some(Some(window)), 1) = (windows.first(), windows.len()) {
            // Each period or month of its term weighs the project's size at its end.
            let spans = moment.spans(&facts.dossier.closings, *window);
            let weighed = facts.terms.values().filter_map(|terms| {
                let touched = spans.iter().filter(|days| terms.touch(**days));
                let then: Vec<&Project> = touched.filter_map(|(_, last)| terms.at(after(*last))).collect();
                Some((*then.first()?, sum(then.into_iter().map(size))))
            });
            return weighed.collect();
        }
        // Of what is looked at in different ways each project has one value, and weighs once: its
        // size now, or when its term ended. It counts from its first day until all periods, months
        // and figures are over that its term touches. Its records count with it, and do not keep
        // it: with a penalty alone a project of no more than the base could better the firm, and
        // with a reward alone worsen it.
        let spans =
            windows.into_iter().flatten().flat_map(|window| moment.spans(&facts.dossier.closings, window));
        let since = spans.map(|(first, _)| first).min().unwrap_or(moment.today);
        let weighed = facts.terms.iter().filter_map(|(id, terms)| {
            let last = terms.last_day(moment.today)?;
            let has_figure = |source: &&Source| match source {
                Source::Metric(source) => self.latest(source, Some(id)).is_some(),
                _ => false,
            };
            let counts = last >= since || made_of.iter().any(has_figure);
            let then = terms.at(moment.as_of.min(after(last))).filter(|_| counts)?;
            Some((then, size(then)))
        });
        weighed.collect()
    }
}

fn days_of(period: Period) -> (NaiveDate, NaiveDate) {
    (period.first_day(), period.last_day())
}

/// The value within the component's floor and ceiling, with a line for what that changed.
fn limited(component: &Component, mut value: Value) -> Value {
    let name = &component.name;
    if let Some(most) = component.at_most
        && value.amount > most
    {
        let exact = most.saturating_sub(value.amount);
        let name = Text::new(format!("{}：封顶 {most} 分", name.zh), format!("{}: at most {most}", name.en));
        let item =
            ScoreItem { cap: Some(most), ..ScoreItem::of(ItemSource::Cap, &component.id, name, exact) };
        value.push(Line { item, exact });
    } else if let Some(least) = component.at_least
        && value.amount < least
    {
        let exact = least.saturating_sub(value.amount);
        let name =
            Text::new(format!("{}：保底 {least} 分", name.zh), format!("{}: at least {least}", name.en));
        let item =
            ScoreItem { cap: Some(least), ..ScoreItem::of(ItemSource::Floor, &component.id, name, exact) };
        value.push(Line { item, exact });
    }
    value
}

fn days_of_month(month: Month) -> (NaiveDate, NaiveDate) {
    (month.first_day(), month.last_day())
}
