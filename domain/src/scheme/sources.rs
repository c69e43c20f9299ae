//! What the leaves of the score are made of: records, assessments, ratings, metrics, and how
//! projects come together.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::calendar::{PeriodKind, end_of_days, end_of_months};
use crate::catalogue::{Level, RecordKind, Severity};
use crate::text::Text;

/// The term for which a fact counts, from its `counts_from`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Validity {
    /// So many months: 12 from 2026-03-01 is until 2027-03-01, inclusive, as publicity counts them.
    Months(u32),
    /// So many days.
    Days(u32),
    /// Until the end of the calendar year in which it began.
    CalendarYear,
    /// For as long as the fact stands.
    Forever,
}

impl Validity {
    /// The last day on which a fact of the day `start` counts; `None` if it never ends.
    pub fn last_day(self, start: NaiveDate) -> Option<NaiveDate> {
        match self {
            Self::Months(months) => Some(end_of_months(start, months)),
            Self::Days(days) => Some(end_of_days(start, days)),
            Self::CalendarYear => NaiveDate::from_ymd_opt(start.year(), 12, 31),
            Self::Forever => None,
        }
    }

    /// The last day on which a figure counts whose period begins to count on `first`, the day after
    /// its last: that day is counted, so three months from 1 October end with 31 December.
    pub fn last_day_with(self, first: NaiveDate) -> Option<NaiveDate> {
        match self {
            Self::CalendarYear => self.last_day(first),
            term => term.last_day(first)?.pred_opt(),
        }
    }

    /// Reads `12 months`, `90 days`, `2 years`, `calendar year` or `forever`.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "forever" => return Some(Self::Forever),
            "calendar year" => return Some(Self::CalendarYear),
            _ => {}
        }
        let (count, unit) = text.split_once(' ')?;
        let count: u32 = count.parse().ok().filter(|count| (1..=3_660).contains(count))?;
        match unit {
            "day" | "days" => Some(Self::Days(count)),
            "month" | "months" if count <= 240 => Some(Self::Months(count)),
            "year" | "years" if count <= 20 => Some(Self::Months(count * 12)),
            _ => None,
        }
    }
}

/// Points for records.
#[derive(Debug, Clone)]
pub struct Records {
    /// Whose records are taken.
    pub through: Vec<Through>,
    /// The groups, each with a cap of its own if it has one.
    pub groups: Vec<Group>,
}

/// How a record came into a subject's dossier.
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
pub enum Through {
    /// It names the subject itself.
    Own,
    /// It names a branch of the firm.
    Branch,
    /// It names a project of which the manager was in charge, and not the manager.
    Project,
}

/// Items of one kind that share a cap.
#[derive(Debug, Clone)]
pub struct Group {
    /// The name of the group.
    pub id: String,
    /// What it is called.
    pub name: Text,
    /// Rewards add, penalties take away.
    pub kind: RecordKind,
    /// The most that the group can add or take away.
    pub cap: Option<Decimal>,
    /// Whether only the highest item counts.
    pub highest_only: bool,
    /// The items.
    pub items: Vec<Item>,
}

/// Points for records of some categories.
#[derive(Debug, Clone)]
pub struct Item {
    /// The rule's name, unique in the scheme.
    pub id: String,
    /// What it is called.
    pub name: Text,
    /// The categories it matches.
    pub categories: Vec<String>,
    /// The severities it matches; all when empty.
    pub severities: Vec<Severity>,
    /// The levels it matches; all, and records without a level, when empty.
    pub levels: Vec<Level>,
    /// The points of one occurrence, not negative.
    pub points: Points,
    /// Multipliers by level; a level that is not named counts once.
    pub level_times: BTreeMap<Level, Decimal>,
    /// How many of several records count.
    pub count: Count,
    /// The most that the item can add or take away.
    pub cap: Option<Decimal>,
    /// The term of records that name none: the item's, else the group's, else the scheme's.
    pub validity: Validity,
    /// The text that allows penalties to count longer than their severity may be public.
    pub longer_by: Option<Text>,
    /// Whether one record of this item is a veto (一票否决).
    pub veto: bool,
}

/// The points of one occurrence.
#[derive(Debug, Clone)]
pub enum Points {
    /// Always the same.
    Fixed(Decimal),
    /// By the level of the authority; other levels are unmatched.
    ByLevel(BTreeMap<Level, Decimal>),
    /// By the record's severity; other severities are unmatched.
    BySeverity(BTreeMap<Severity, Decimal>),
    /// At an officer's discretion: the actual points are kept with the record, the reference stands
    /// where none are.
    Range {
        /// The least.
        from: Decimal,
        /// The most.
        to: Decimal,
        /// What is meant for an ordinary case.
        reference: Decimal,
    },
}

/// How many of several records of one item count.
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
#[schema(as = ItemCount)]
pub enum Count {
    /// Each.
    Each,
    /// One, however many there are; all have the same points.
    Once,
    /// The one with the most points.
    Highest,
}

/// Who assesses.
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
pub enum Assessor {
    /// 社区
    Community,
    /// 街道
    Street,
    /// 区县
    District,
}

/// Which of an assessment's two scores.
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
pub enum Aspect {
    /// 服务
    Service,
    /// 党建
    Party,
}

/// Officials' scores of the last closed periods.
#[derive(Debug, Clone)]
pub struct Assessments {
    /// Whose.
    pub assessors: Vec<Assessor>,
    /// Which score.
    pub aspect: Aspect,
    /// Periods of which length.
    pub period: PeriodKind,
    /// How many closed periods back; the mean of all scores in them is taken.
    pub periods: u32,
    /// How many scores there must be.
    pub minimum: u32,
}

/// The households' ratings.
#[derive(Debug, Clone)]
pub struct Residents {
    /// How many closed months back.
    pub months: u32,
    /// How many ratings there must be in them.
    pub minimum: u32,
    /// The service score of a project that nobody has rated, in stars.
    pub prior: Decimal,
    /// How many ratings the prior weighs.
    pub prior_weight: Decimal,
    /// What one star of the service score is worth.
    pub times: Decimal,
}

/// A reported figure.
#[derive(Debug, Clone)]
pub struct Metric {
    /// Its key, such as `fee_collection_rate`.
    pub key: String,
    /// How long a figure counts after its period's end.
    pub validity: Validity,
    /// What is taken where there is no figure; none is no sample.
    pub missing: Option<Decimal>,
}

/// Points for what a value reaches.
#[derive(Debug, Clone)]
pub struct PointTable {
    /// The component looked at.
    pub of: String,
    /// From which value (inclusive) how many points, ascending; below the first nothing.
    pub steps: Vec<(Decimal, Decimal)>,
}

/// How projects are brought together.
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
pub enum RollUpBy {
    /// Each weighs its area.
    Area,
    /// Each weighs its households.
    Households,
    /// Each weighs the same.
    Evenly,
    /// The worst speaks for all.
    Worst,
}

/// Which projects a roll-up takes.
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
pub enum RollUpProjects {
    /// Those that run now, by their size now.
    Current,
    /// Those whose term touches what is looked at, each by its size then; those that have ended
    /// since, too. A project ends overnight, and what it was worth does not.
    Period,
}

/// A component made for each project.
#[derive(Debug, Clone)]
pub struct RollUp {
    /// The component.
    pub of: String,
    /// How the projects weigh.
    pub by: RollUpBy,
    /// Which projects.
    pub projects: RollUpProjects,
    /// What one project weighs at the most, above 0 and at most 1: no project's size alone makes a
    /// firm's score. Where there are too few projects for that, all weigh the same.
    pub most_share: Option<Decimal>,
    /// How many projects must have a value.
    pub minimum: u32,
}

impl Item {
    /// Whether a record of these properties is this item's.
    pub fn matches(&self, category: &str, severity: Severity, level: Option<Level>) -> bool {
        let by_points = match &self.points {
            Points::ByLevel(levels) => level.is_some_and(|level| levels.contains_key(&level)),
            Points::BySeverity(severities) => severities.contains_key(&severity),
            Points::Fixed(_) | Points::Range { .. } => true,
        };
        by_points
            && self.categories.iter().any(|known| known == category)
            && (self.severities.is_empty() || self.severities.contains(&severity))
            && (self.levels.is_empty() || level.is_some_and(|level| self.levels.contains(&level)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_counts_to_the_end_of_its_last_month() {
        let until = |validity, first: &str| {
            let last: Validity = Validity::parse(validity).unwrap();
            last.last_day_with(first.parse().unwrap()).unwrap().to_string()
        };
        for (validity, first, last) in [
            ("3 months", "2026-10-01", "2026-12-31"),
            ("6 months", "2026-07-01", "2026-12-31"),
            ("12 months", "2027-03-01", "2028-02-29"),
            ("45 days", "2026-10-01", "2026-11-14"),
            ("calendar year", "2026-10-01", "2026-12-31"),
        ] {
            assert_eq!(until(validity, first), last, "{validity} from {first}");
        }
    }
}
