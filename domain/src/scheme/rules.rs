//! What is decided beside the score: bands, rules, conditions, lists, consequences, outcomes.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::sources::Validity;
use crate::catalogue::{Level, RecordKind, Severity};
use crate::evaluation::{Outcome, Status};
use crate::text::Text;

/// An end of a band or a bound of a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bound {
    /// The number.
    pub at: Decimal,
    /// Whether the number itself is inside.
    pub inclusive: bool,
}

/// An interval of numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Interval {
    /// The lower end; none is without end.
    pub low: Option<Bound>,
    /// The upper end; none is without end.
    pub high: Option<Bound>,
}

impl Interval {
    /// Whether the number lies inside.
    pub fn holds(&self, number: Decimal) -> bool {
        let above = self.low.is_none_or(|low| number > low.at || (low.inclusive && number == low.at));
        let below = self.high.is_none_or(|high| number < high.at || (high.inclusive && number == high.at));
        above && below
    }
}

/// The scores of one grade.
#[derive(Debug, Clone)]
pub struct Band {
    /// The grade's code.
    pub grade: String,
    /// The scores.
    pub scores: Interval,
}

/// Red or black: a commendation or a bar.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    ToSchema,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "snake_case")]
pub enum ListKind {
    /// 红榜
    Red,
    /// 黑榜
    Black,
}

/// What a consequence does to eligibility for new projects.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    ToSchema,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "snake_case")]
pub enum Effect {
    /// Nothing: an award, a subsidy, a warning, an interview.
    Notice,
    /// New projects under conditions.
    Restricted,
    /// No new projects.
    Barred,
}

/// Where an evaluation names the rule that a consequence comes from: the grade itself.
pub const GRADE: &str = "grade";

/// What follows from a rule or a grade.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consequence {
    /// Such as `interview`.
    pub code: String,
    /// What happens.
    pub text: Text,
    /// What it does to eligibility.
    pub effect: Effect,
    /// An amount, in the unit.
    pub amount: Option<Decimal>,
    /// The amount's unit, such as `fen/m2/month`.
    pub unit: Option<String>,
    /// For how many months it is given at most.
    pub up_to_months: Option<u32>,
}

/// A rule beside the score: when its condition holds, it moves the grade, lists the subject, has
/// consequences.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Its name.
    pub id: String,
    /// What it says, for people.
    pub reason: Text,
    /// When it holds.
    pub when: Condition,
    /// What it does to the grade.
    pub moves: Option<Move>,
    /// The list it puts the subject on.
    pub list: Option<ListKind>,
    /// How long the listing lasts after the start of the latest record that caused it; none is
    /// while the condition holds.
    pub list_validity: Option<Validity>,
    /// How long the rule applies, though its records may have ended before, after the start of the
    /// last that made it hold.
    pub lasts: Option<Validity>,
    /// How it is lifted early: it no longer applies once this holds. Records in it are those since
    /// the last one that made the rule hold.
    pub lifted_when: Option<Condition>,
    /// What follows.
    pub consequences: Vec<Consequence>,
}

impl Rule {
    /// Everything that it looks at.
    pub(super) fn conditions(&self) -> impl Iterator<Item = &Condition> {
        std::iter::once(&self.when).chain(&self.lifted_when)
    }
}

/// What a rule does to the grade.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Move {
    /// No better than this.
    AtMost(String),
    /// No worse than this.
    AtLeast(String),
    /// Exactly this.
    To(String),
}

impl Move {
    /// The grade it names.
    pub fn grade(&self) -> &str {
        match self {
            Self::AtMost(grade) | Self::AtLeast(grade) | Self::To(grade) => grade,
        }
    }
}

/// When there is no score.
#[derive(Debug, Clone)]
pub struct OutcomeRule {
    /// Which outcome.
    pub outcome: Outcome,
    /// When.
    pub when: Condition,
    /// Why, for people.
    pub reason: Text,
}

/// Something that holds or does not.
#[derive(Debug, Clone)]
pub enum Condition {
    /// All of them hold; none of none.
    All(Vec<Condition>),
    /// At least one holds.
    Any(Vec<Condition>),
    /// It does not hold.
    Not(Box<Condition>),
    /// The rounded score lies there.
    Score(Interval),
    /// The component's value lies there; without a sample it does not hold.
    Component(String, Interval),
    /// The component has no sufficient sample.
    NoSample(String),
    /// So many records are in force.
    Records(RecordCondition),
    /// A record of a veto item is in force.
    Veto,
    /// The subject has no current project.
    NoProject,
    /// The subject's own status.
    Status(Status),
    /// The subject was registered less than so many months ago.
    YoungerThan(u32),
}

/// A count of records in force.
#[derive(Debug, Clone, Default)]
pub struct RecordCondition {
    /// Of this kind.
    pub kind: Option<RecordKind>,
    /// Of these categories; all when empty.
    pub categories: Vec<String>,
    /// Of these severities; all when empty.
    pub severities: Vec<Severity>,
    /// Of authorities of these levels; all, and those without one, when empty.
    pub levels: Vec<Level>,
    /// Only those that began no longer ago than this.
    pub within: Option<Validity>,
    /// Only those under objection.
    pub disputed: bool,
    /// At least so many.
    pub at_least: Option<u32>,
    /// At most so many.
    pub at_most: Option<u32>,
}

impl Condition {
    /// Whether records alone make it hold, so that it can be told for each day in the past whether
    /// it held.
    pub(super) fn rests_on_records(&self) -> bool {
        match self {
            Self::All(inner) | Self::Any(inner) => inner.iter().all(Self::rests_on_records),
            Self::Records(records) => records.at_least.is_some() && records.at_most.is_none(),
            Self::Veto => true,
            _ => false,
        }
    }

    /// Whether records are among what makes it hold.
    pub(super) fn names_records(&self) -> bool {
        match self {
            Self::All(inner) | Self::Any(inner) => inner.iter().any(Self::names_records),
            Self::Records(records) => records.at_least.is_some(),
            Self::Veto => true,
            _ => false,
        }
    }

    /// Whether a status, whatever else is so, is enough to make it hold.
    pub(super) fn rests_on_status(&self, status: Status) -> bool {
        match self {
            // All of nothing holds by no status.
            Self::All(inner) => !inner.is_empty() && inner.iter().all(|inner| inner.rests_on_status(status)),
            Self::Any(inner) => inner.iter().any(|inner| inner.rests_on_status(status)),
            Self::Status(own) => *own == status,
            _ => false,
        }
    }

    /// Whether a single record, the one that is asked about, is enough to make it hold.
    pub(super) fn rests_on_one(
        &self,
        is_veto: &dyn Fn() -> bool,
        matches: &dyn Fn(&RecordCondition) -> bool,
    ) -> bool {
        match self {
            // All of nothing holds by no record.
            Self::All(inner) => {
                !inner.is_empty() && inner.iter().all(|inner| inner.rests_on_one(is_veto, matches))
            }
            Self::Any(inner) => inner.iter().any(|inner| inner.rests_on_one(is_veto, matches)),
            Self::Records(condition) => matches(condition),
            Self::Veto => is_veto(),
            _ => false,
        }
    }
}

impl RecordCondition {
    /// Whether it is about records of this category, severity and level.
    pub fn admits(&self, category: &str, severity: Severity, level: Option<Level>) -> bool {
        (self.categories.is_empty() || self.categories.iter().any(|known| known == category))
            && (self.severities.is_empty() || self.severities.contains(&severity))
            && (self.levels.is_empty() || level.is_some_and(|level| self.levels.contains(&level)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_enough_where_nothing_else_is_asked_for() {
        let status = || Condition::Status(Status::Refuses);
        let is_enough = |condition: Condition| condition.rests_on_status(Status::Refuses);
        assert!(is_enough(status()));
        assert!(is_enough(Condition::Any(vec![Condition::NoProject, status()])));
        assert!(is_enough(Condition::All(vec![status(), status()])));
        for other in [
            Condition::Status(Status::Unregistered),
            Condition::All(vec![status(), Condition::NoProject]),
            Condition::All(Vec::new()),
            Condition::Not(Box::new(status())),
        ] {
            assert!(!is_enough(other));
        }
    }

    #[test]
    fn all_rests_on_one_record_only_where_each_part_does() {
        let records = |category: &str| {
            Condition::Records(RecordCondition {
                categories: vec![category.to_owned()],
                at_least: Some(1),
                ..RecordCondition::default()
            })
        };
        let needs_one = |condition: Condition| {
            condition.rests_on_one(&|| false, &|of| of.admits("P301", Severity::Ordinary, None))
        };
        assert!(needs_one(records("P301")));
        assert!(needs_one(Condition::Any(vec![records("P301"), Condition::NoProject])));
        assert!(needs_one(Condition::All(vec![records("P301"), records("P301")])));
        for other in [records("P304"), Condition::NoProject, Condition::Veto] {
            assert!(!needs_one(Condition::All(vec![records("P301"), other])));
        }
        assert!(!needs_one(Condition::All(Vec::new())));
        assert!(!needs_one(Condition::Any(Vec::new())));
    }
}
