//! What a scheme is once read: nothing in here can be wrong any more.

use std::collections::BTreeMap;

use chrono::{Datelike, Days, Months, NaiveDate};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::catalogue::{Level, RecordKind, Severity, Word};
use crate::evaluation::{Outcome, Status};
use crate::text::Text;

/// Who is graded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum SubjectKind {
    /// 物业企业
    Firm,
    /// 物业服务项目
    Project,
    /// 项目经理
    Manager,
}

impl SubjectKind {
    /// The word in files, JSON and SQL.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Firm => "firm",
            Self::Project => "project",
            Self::Manager => "manager",
        }
    }
}

impl Word for SubjectKind {
    const WORDS: &'static [(&'static str, Self)] =
        &[("firm", Self::Firm), ("project", Self::Project), ("manager", Self::Manager)];
}

/// What a scheme does with a record under objection (DOMAIN: "marked and keeps counting, unless the scheme says").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disputed {
    /// It is marked and counts.
    Counts,
    /// It is shown and counts nothing until the objection is decided.
    Suspended,
}

impl Word for Disputed {
    const WORDS: &'static [(&'static str, Self)] =
        &[("counts", Self::Counts), ("suspended", Self::Suspended)];
}

/// One version of a city's rules, read and checked: see the [module](crate::scheme) for the file format.
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
    /// The place whose rules these are.
    pub place: String,
    /// Whom it can grade.
    pub subjects: Vec<SubjectKind>,
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
    /// All grades, the best first.
    pub grades: Vec<Grade>,
    /// The bands of the score, the best grade first; every score lies in exactly one.
    pub bands: Vec<Band>,
    /// What changes a grade, lists or has consequences beside the score, in the order in which it applies.
    pub rules: Vec<Rule>,
    /// When there is no score, and why, in the order in which it is tested.
    pub outcomes: Vec<OutcomeRule>,
}

/// A grade's code and name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Grade {
    /// Such as `AAA`.
    pub code: String,
    /// What it is called.
    pub name: Text,
}

/// The term for which a fact counts, from its `counts_from`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Validity {
    /// So many months: 12 from 2026-03-01 is until 2027-02-28.
    Months(u32),
    /// So many days.
    Days(u32),
    /// Until the end of the calendar year in which it began.
    CalendarYear,
    /// For as long as the fact stands.
    Forever,
}

impl Validity {
    /// The last day on which a fact from `start` counts; none when it never ends.
    pub fn last_day(self, start: NaiveDate) -> Option<NaiveDate> {
        match self {
            Self::Months(months) => start.checked_add_months(Months::new(months))?.pred_opt(),
            Self::Days(days) => start.checked_add_days(Days::new(u64::from(days)))?.pred_opt(),
            Self::CalendarYear => NaiveDate::from_ymd_opt(start.year(), 12, 31),
            Self::Forever => None,
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
    /// Another component, made for each current project and brought together.
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WithoutSample {
    /// It adds nothing.
    Zero,
    /// Its weight goes to the others in proportion.
    Redistribute,
    /// The whole has no value either; at the score: not evaluated.
    NotEvaluated,
}

impl Word for WithoutSample {
    const WORDS: &'static [(&'static str, Self)] =
        &[("zero", Self::Zero), ("redistribute", Self::Redistribute), ("not_evaluated", Self::NotEvaluated)];
}

/// Points for records.
#[derive(Debug, Clone)]
pub struct Records {
    /// Whose records are taken.
    pub through: Vec<Through>,
    /// The groups, each with a cap of its own if it has one.
    pub groups: Vec<Group>,
}

/// How a record came into a subject's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Through {
    /// It names the subject itself.
    Own,
    /// It names a branch of the firm.
    Branch,
    /// It names a project of which the manager was in charge, and not the manager.
    Project,
}

impl Word for Through {
    const WORDS: &'static [(&'static str, Self)] =
        &[("own", Self::Own), ("branch", Self::Branch), ("project", Self::Project)];
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
    /// At an officer's discretion: the actual points are kept with the record, the reference stands where none are.
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count {
    /// Each.
    Each,
    /// One, however many there are; all have the same points.
    Once,
    /// The one with the most points.
    Highest,
}

impl Word for Count {
    const WORDS: &'static [(&'static str, Self)] =
        &[("each", Self::Each), ("once", Self::Once), ("highest", Self::Highest)];
}

/// Who assesses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Assessor {
    /// 社区
    Community,
    /// 街道
    Street,
    /// 区县
    District,
}

impl Assessor {
    /// The word in files, JSON and SQL.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Community => "community",
            Self::Street => "street",
            Self::District => "district",
        }
    }
}

impl Word for Assessor {
    const WORDS: &'static [(&'static str, Self)] =
        &[("community", Self::Community), ("street", Self::Street), ("district", Self::District)];
}

/// Which of an assessment's two scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aspect {
    /// 服务
    Service,
    /// 党建
    Party,
}

impl Word for Aspect {
    const WORDS: &'static [(&'static str, Self)] = &[("service", Self::Service), ("party", Self::Party)];
}

/// The length of an assessment's period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PeriodKind {
    /// `2026-Q4`
    Quarter,
    /// `2026-H2`
    Half,
    /// `2026`
    Year,
}

impl Word for PeriodKind {
    const WORDS: &'static [(&'static str, Self)] =
        &[("quarter", Self::Quarter), ("half", Self::Half), ("year", Self::Year)];
}

impl PeriodKind {
    fn months(self) -> u32 {
        match self {
            Self::Quarter => 3,
            Self::Half => 6,
            Self::Year => 12,
        }
    }

    /// The first day of the period that `day` lies in.
    pub fn start(self, day: NaiveDate) -> NaiveDate {
        let month = day.month0() / self.months() * self.months() + 1;
        NaiveDate::from_ymd_opt(day.year(), month, 1).unwrap_or(day)
    }

    /// The label of the period that is `back` periods before the one `day` lies in; 1 is the last closed one.
    pub fn label(self, day: NaiveDate, back: u32) -> Option<String> {
        let start = self.start(day).checked_sub_months(Months::new(self.months() * back))?;
        let (year, number) = (start.year(), start.month0() / self.months() + 1);
        Some(match self {
            Self::Quarter => format!("{year}-Q{number}"),
            Self::Half => format!("{year}-H{number}"),
            Self::Year => format!("{year}"),
        })
    }

    /// The first day after the period that `day` lies in.
    pub fn next_start(self, day: NaiveDate) -> Option<NaiveDate> {
        self.start(day).checked_add_months(Months::new(self.months()))
    }
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

/// The households' voices.
#[derive(Debug, Clone)]
pub struct Residents {
    /// How many closed months back.
    pub months: u32,
    /// How many voices there must be in them.
    pub minimum: u32,
    /// The service score of a project that nobody has rated, in stars.
    pub prior: Decimal,
    /// How many voices the prior weighs.
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

impl Word for RollUpBy {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("area", Self::Area),
        ("households", Self::Households),
        ("evenly", Self::Evenly),
        ("worst", Self::Worst),
    ];
}

/// A component made for each current project.
#[derive(Debug, Clone)]
pub struct RollUp {
    /// The component.
    pub of: String,
    /// How the projects weigh.
    pub by: RollUpBy,
    /// How many projects must have a value.
    pub minimum: u32,
}

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

/// A commendation or a bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ListKind {
    /// 红榜
    Red,
    /// 黑榜
    Black,
}

impl Word for ListKind {
    const WORDS: &'static [(&'static str, Self)] = &[("red", Self::Red), ("black", Self::Black)];
}

/// What a consequence does to eligibility for new projects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// Nothing: an award, a subsidy, a warning, an interview.
    Notice,
    /// New projects under conditions.
    Restricted,
    /// No new projects.
    Barred,
}

impl Word for Effect {
    const WORDS: &'static [(&'static str, Self)] =
        &[("notice", Self::Notice), ("restricted", Self::Restricted), ("barred", Self::Barred)];
}

/// What follows from a rule.
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
}

/// A rule beside the score: when its condition holds, it moves the grade, lists the subject, has consequences.
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
    /// How long the listing lasts after the start of the latest record that caused it; none is while the condition holds.
    pub list_validity: Option<Validity>,
    /// What follows.
    pub consequences: Vec<Consequence>,
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
    /// Only those under objection.
    pub disputed: bool,
    /// At least so many.
    pub at_least: Option<u32>,
    /// At most so many.
    pub at_most: Option<u32>,
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

    /// The band of a (rounded) score.
    pub fn band(&self, score: Decimal) -> Option<&Band> {
        self.bands.iter().find(|band| band.scores.holds(score))
    }

    /// Which actual points an officer may give a record of this category under this scheme: from, to, reference.
    /// None when no item leaves the points to discretion.
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
