//! What a scheme is once read: nothing in here can be wrong any more.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Serialize;
use utoipa::ToSchema;

use super::procedure::Procedure;
use super::rules::{Band, Consequence, ListKind, OutcomeRule, RecordCondition, Rule};
use super::sources::{
    Assessments, Group, Item, Metric, PointTable, Points, Records, Residents, RollUp, Through, Validity,
};
use crate::calendar::PeriodKind;
use crate::catalogue::{Level, RecordKind, Severity};
use crate::estate::EstateKind;
use crate::evaluation::{Branch, Outcome, Status};
use crate::project::Operator;
use crate::text::Text;

pub use crate::subject::SubjectKind;

/// What a scheme does with a record under objection: "marked and keeps counting, unless the scheme
/// says".
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
pub enum Disputed {
    /// It is marked and counts.
    Counts,
    /// It is shown and counts nothing until the objection is decided.
    Suspended,
}

/// One version of a city's rules, read and checked: see the [module](crate::scheme) for the file
/// format.
#[derive(Debug, Clone)]
pub struct Scheme {
    /// The name in URLs, such as `dalian-demo`.
    pub id: String,
    /// The version, from 1.
    pub version: u32,
    /// What it is called.
    pub title: Text,
    /// Where the rules come from.
    pub source: Text,
    /// Which of its numbers are published facts.
    pub public_facts: Text,
    /// Which of its numbers are this project's own.
    pub own_numbers: Text,
    /// The first day on which it is in force.
    pub effective_from: NaiveDate,
    /// The place whose rules these are: they grade whom this place, or one below it, has.
    pub place: String,
    /// Whom it can grade.
    pub subjects: Vec<SubjectKind>,
    /// Which projects it is for; all where it says nothing.
    pub applies_to: Option<AppliesTo>,
    /// For whom it is the place's primary scheme.
    pub primary_for: Vec<SubjectKind>,
    /// Working days for which a new grade is announced before it takes effect; 0 is at once.
    pub announce_working_days: u32,
    /// What an open objection does to a record.
    pub disputed: Disputed,
    /// The term of a record that names none and has no item that does.
    pub validity: Validity,
    /// The component that is the score.
    pub score: String,
    /// All components by id.
    pub components: BTreeMap<String, Component>,
    /// Components that only conditions look at, each the top of a tree of its own.
    pub side_roots: Vec<String>,
    /// Components inside a roll-up, which look at one project at a time, each with that roll-up.
    pub in_roll_ups: BTreeMap<String, String>,
    /// All grades, the best first.
    pub grades: Vec<Grade>,
    /// The bands of the score, the best grade first; every score lies in exactly one.
    pub bands: Vec<Band>,
    /// What changes a grade, lists or has consequences beside the score, in the order in which it
    /// applies.
    pub rules: Vec<Rule>,
    /// When there is no score, and why, in the order in which it is tested.
    pub outcomes: Vec<OutcomeRule>,
    /// Who records and who confirms, within how many working days; the first that fits a record is
    /// its.
    pub procedures: Vec<Procedure>,
}

impl Scheme {
    /// Whether who has a status gets no result by it, whatever else is so.
    pub fn leaves_out(&self, status: Status) -> bool {
        self.outcomes
            .iter()
            .any(|rule| rule.outcome != Outcome::Suspended && rule.when.rests_on_status(status))
    }
}

/// The projects that a scheme is for (Guancheng's stars are for old estates).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppliesTo {
    /// In estates of these kinds; of any where it is empty.
    pub kinds: Vec<EstateKind>,
    /// Of these operators; of any where it is empty.
    pub operators: Vec<Operator>,
}

impl AppliesTo {
    /// Whether a project of an operator in an estate of a kind is among them.
    pub fn fits(&self, kind: EstateKind, operator: Operator) -> bool {
        (self.kinds.is_empty() || self.kinds.contains(&kind))
            && (self.operators.is_empty() || self.operators.contains(&operator))
    }
}

/// A grade: its code, its name, what it brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grade {
    /// Such as `AAA`.
    pub code: String,
    /// What it is called.
    pub name: Text,
    /// What follows from having it: a subsidy, an award, a bar.
    pub consequences: Vec<Consequence>,
}

/// A part of the score, with its limits.
#[derive(Debug, Clone)]
pub struct Component {
    /// The name that other parts of the file use.
    pub id: String,
    /// What it is called.
    pub name: Text,
    /// The floor, if it has one.
    pub at_least: Option<Decimal>,
    /// The ceiling, if it has one.
    pub at_most: Option<Decimal>,
    /// Whether nobody is evaluated without it: its weight goes to no other.
    pub required: bool,
    /// How its value is made.
    pub source: Source,
}

/// How a component's value is made.
#[derive(Debug, Clone)]
pub enum Source {
    /// The same for everyone.
    Constant(Decimal),
    /// Points for records, by items in groups.
    Records(Records),
    /// Officials' scores, the mean of what there is.
    Assessments(Assessments),
    /// The households' service score over the last closed months.
    Residents(Residents),
    /// A figure as it was reported.
    Metric(Metric),
    /// Points for what another component's value reaches.
    Table(PointTable),
    /// The sum of the parts, each multiplied.
    Sum(Parts),
    /// The sum of the parts by weights that sum to 1.
    Weighted(Parts),
    /// The part with the highest value.
    Highest(Vec<String>),
    /// The part with the lowest value.
    Lowest(Vec<String>),
    /// Another component, made for each project and brought together.
    RollUp(RollUp),
}

impl Source {
    /// The components it is made of.
    pub fn parts(&self) -> Vec<&str> {
        match self {
            Self::Sum(parts) | Self::Weighted(parts) => {
                parts.parts.iter().map(|part| part.of.as_str()).collect()
            }
            Self::Highest(parts) | Self::Lowest(parts) => parts.iter().map(String::as_str).collect(),
            Self::Table(table) => vec![table.of.as_str()],
            Self::RollUp(roll_up) => vec![roll_up.of.as_str()],
            Self::Constant(_)
            | Self::Records(_)
            | Self::Assessments(_)
            | Self::Residents(_)
            | Self::Metric(_) => Vec::new(),
        }
    }

    /// The periods or months it looks at, if it does.
    pub fn window(&self) -> Option<Window> {
        match self {
            Self::Assessments(source) => Some(Window::Periods(source.period, source.periods)),
            Self::Residents(source) => Some(Window::Months(source.months)),
            _ => None,
        }
    }
}

/// What of the past a component looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Window {
    /// So many closed periods of assessment of a kind.
    Periods(PeriodKind, u32),
    /// So many closed months of ratings.
    Months(u32),
}

/// Parts with their multipliers or weights.
#[derive(Debug, Clone)]
pub struct Parts {
    /// The parts, in the file's order.
    pub parts: Vec<Part>,
    /// What happens when a part has no sufficient sample.
    pub without_sample: WithoutSample,
}

/// One part of a sum.
#[derive(Debug, Clone)]
pub struct Part {
    /// The component.
    pub of: String,
    /// Its weight or multiplier.
    pub times: Decimal,
}

/// What a part without a sufficient sample does to the whole.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[strum(serialize_all = "snake_case")]
pub enum WithoutSample {
    /// It adds nothing.
    Zero,
    /// Its weight goes to the others in proportion.
    Redistribute,
    /// The whole has no value either; at the score: not evaluated.
    NotEvaluated,
}

impl Scheme {
    /// The place of a grade among the grades, 0 the best.
    pub fn rank(&self, grade: &str) -> Option<usize> {
        self.grades.iter().position(|known| known.code == grade)
    }

    /// All items, in the order of the components' ids and of the file.
    pub fn items(&self) -> impl Iterator<Item = (&Group, &Item)> {
        let groups = self.components.values().filter_map(|component| match &component.source {
            Source::Records(records) => Some(records.groups.iter()),
            _ => None,
        });
        groups.flatten().flat_map(|group| group.items.iter().map(move |item| (group, item)))
    }

    /// The weight of each component in the score, before any redistribution.
    pub fn weights(&self) -> BTreeMap<&str, Decimal> {
        let mut weights = BTreeMap::new();
        super::check::weigh(self, &self.score, Decimal::ONE, &mut weights);
        weights
    }

    /// What of a component is made of facts: itself, or the ends of its tree. Constants are not.
    pub fn made_of(&self, id: &str) -> Vec<&Source> {
        let mut ends = Vec::new();
        let mut open = vec![id];
        while let Some(component) = open.pop().and_then(|id| self.components.get(id)) {
            match &component.source {
                Source::Assessments(_) | Source::Residents(_) | Source::Records(_) | Source::Metric(_) => {
                    ends.push(&component.source);
                }
                source => open.extend(source.parts()),
            }
        }
        ends
    }

    /// The band of a (rounded) score.
    pub fn band(&self, score: Decimal) -> Option<&Band> {
        self.bands.iter().find(|band| band.scores.holds(score))
    }

    /// Whether it is in force in a place, given the codes of that place and of all above it: the
    /// rules of a place grade nobody elsewhere.
    pub fn applies_in<'p>(&self, mut places: impl Iterator<Item = &'p str>) -> bool {
        places.any(|place| place == self.place)
    }

    /// Whether a branch's records count in its parent's dossier (分支机构并入母公司): the scheme
    /// takes records through branches, and the parent is registered where the scheme applies. A
    /// branch of a firm elsewhere stands alone (Shandong 2019: an out-of-province firm's).
    pub fn rolls_up(&self, branch: &Branch) -> bool {
        let through_branches = |component: &Component| match &component.source {
            Source::Records(records) => records.through.contains(&Through::Branch),
            _ => false,
        };
        self.components.values().any(through_branches)
            && self.applies_in(branch.parent_places.iter().map(String::as_str))
    }

    /// Which actual points an officer may give a record of this category under this scheme: from,
    /// to, reference. `None` if no item leaves the points to discretion.
    pub fn discretion(
        &self,
        category: &str,
        severity: Severity,
        level: Option<Level>,
    ) -> Option<(Decimal, Decimal, Decimal)> {
        self.items().map(|(_, item)| item).filter(|item| item.matches(category, severity, level)).find_map(
            |item| match item.points {
                Points::Range { from, to, reference } => Some((from, to, reference)),
                _ => None,
            },
        )
    }

    /// Whether one record of this category, severity and level puts its subject on the black list.
    pub fn black_lists(
        &self,
        kind: RecordKind,
        category: &str,
        severity: Severity,
        level: Option<Level>,
    ) -> bool {
        let is_veto = || {
            let mut items = self.items().map(|(_, item)| item).filter(|item| item.veto);
            items.any(|item| item.matches(category, severity, level))
        };
        let lists = |condition: &RecordCondition| {
            condition.at_least == Some(1)
                && condition.kind.is_none_or(|known| known == kind)
                && condition.admits(category, severity, level)
        };
        let mut rules = self.rules.iter().filter(|rule| rule.list == Some(ListKind::Black));
        rules.any(|rule| rule.when.rests_on_one(&is_veto, &lists))
    }
}
