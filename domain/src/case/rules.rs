//! The rules of the city's cases, as data: `data/cases.toml`.

mod fault;

use std::sync::OnceLock;

use chrono::{NaiveTime, TimeDelta};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

pub use fault::CaseRulesFault;

use super::words::AssigneeKind;
use crate::refusal::Refusal;
use crate::text::Text;

const SHIPPED: &str = include_str!("../../../data/cases.toml");
const LONGEST_CODE: usize = 32;
/// A class of more hours is a slip of the pen: 90 days.
const MOST_HOURS: u32 = 90 * 24;
/// Shorter office hours are one too.
const SHORTEST_DAY: TimeDelta = TimeDelta::hours(1);

/// When a class's clock runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClockHours {
    /// Always.
    AroundTheClock,
    /// On working days, within [`OfficeHours`].
    OfficeHours,
}

/// The hours of a working day, in the city's zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfficeHours {
    /// From then on.
    #[serde(deserialize_with = "read_time")]
    pub from: NaiveTime,
    /// Until then, the same day.
    #[serde(deserialize_with = "read_time")]
    pub to: NaiveTime,
}

impl Default for OfficeHours {
    /// None at all.
    fn default() -> Self {
        OfficeHours { from: NaiveTime::MIN, to: NaiveTime::MIN }
    }
}

/// How long an assignee of a case has.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseClass {
    /// The code.
    pub code: String,
    /// What it is called.
    pub name: Text,
    /// How many hours an assignee has.
    pub hours: u32,
    /// How many hours its one extension may add at most; 0 where there is none.
    pub extension_hours: u32,
    /// When its clock runs.
    pub clock: ClockHours,
}

impl CaseClass {
    /// How many seconds an assignee has.
    pub fn budget(&self) -> i64 {
        i64::from(self.hours) * 3600
    }
}

/// Who may open cases of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OpenedBy {
    /// A resident, in an estate in which the account has a verified residence.
    Resident,
    /// A firm, in a project of its own.
    Firm,
    /// An official, in the own place.
    Desk,
}

/// Whether a case of a kind is about a dwelling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DwellingUse {
    /// It is not.
    None,
    /// It may be: a resident may name the own dwelling, which officials see and a firm never does.
    Asked,
    /// It is: a resident names the own dwelling, and a firm that it is assigned to sees it.
    Shown,
}

/// A kind of cases.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseKind {
    /// The code.
    pub code: String,
    /// What it is called.
    pub name: Text,
    /// The code of the class that its cases have where the desk gives no other.
    pub class: String,
    /// Who may open one.
    pub opened_by: Vec<OpenedBy>,
    /// What it may be assigned to.
    pub assignees: Vec<AssigneeKind>,
    /// Whether it is dispatched to the firm of the estate's project when it is opened; where the
    /// estate has none it waits for its desk.
    pub at_once: bool,
    /// Whether it is about a dwelling, and who sees that.
    pub dwelling: DwellingUse,
    /// Whether it counts in the published sums and the metrics.
    pub public: bool,
    /// The category of the record that is drafted where a firm was late by more than
    /// [`CaseLimits::draft_after_hours`]; none where nothing is.
    pub late_category: Option<String>,
    /// The category of the record that is drafted where it was reopened and is still not to
    /// somebody's satisfaction; none where nothing is.
    pub unsolved_category: Option<String>,
}

impl CaseKind {
    /// Whether somebody of that side may open one.
    pub fn is_opened_by(&self, who: OpenedBy) -> bool {
        self.opened_by.contains(&who)
    }

    /// Whether it may be assigned to such a party.
    pub fn goes_to(&self, assignee: AssigneeKind) -> bool {
        self.assignees.contains(&assignee)
    }

    /// Whether there is a resident whom an assignee may have to wait for.
    pub fn may_pause(&self) -> bool {
        self.is_opened_by(OpenedBy::Resident)
    }
}

/// What a case is about.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseCategory {
    /// The code.
    pub code: String,
    /// What it is called.
    pub name: Text,
    /// The codes of the kinds of cases that may be about it.
    pub kinds: Vec<String>,
}

/// The numbers of the rules.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseLimits {
    /// How many cases one resident may have open at once.
    pub open_per_resident: u32,
    /// So many days after it was opened, an open case like a new one is offered for joining.
    pub join_days: u32,
    /// For so many days after it was done, whoever opened it may verify or reopen it. After them it
    /// counts as done.
    pub verify_days: u32,
    /// So often a case may wait for its residents in one cycle, whoever asks them, each time for at
    /// most [`CaseLimits::verify_days`]: the clock stops meanwhile.
    pub pauses_per_cycle: u32,
    /// A case that a firm was late with, and does not finish within so many hours more, drafts a
    /// record of [`CaseKind::late_category`].
    pub draft_after_hours: u32,
    /// Within so many hours a desk dispatches.
    pub dispatch_within_hours: u32,
}

/// What cases there are in the city.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CaseRules {
    classes: Vec<CaseClass>,
    kinds: Vec<CaseKind>,
    categories: Vec<CaseCategory>,
    /// The hours of a working day.
    pub office_hours: OfficeHours,
    /// The numbers.
    pub limits: CaseLimits,
}

/// The file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    office_hours: OfficeHours,
    limits: CaseLimits,
    class: Vec<CaseClass>,
    kind: Vec<CaseKind>,
    category: Vec<CaseCategory>,
}

impl CaseRules {
    /// The rules that come with the program.
    pub fn shipped() -> &'static CaseRules {
        static RULES: OnceLock<CaseRules> = OnceLock::new();
        // A test reads them: there is no fault.
        RULES.get_or_init(|| CaseRules::from_toml(SHIPPED).unwrap_or_default())
    }

    /// Reads and checks rules.
    ///
    /// # Errors
    /// The first [`CaseRulesFault`].
    pub fn from_toml(text: &str) -> Result<CaseRules, CaseRulesFault> {
        let file: File =
            toml::from_str(text).map_err(|error| CaseRulesFault::Unreadable(error.to_string()))?;
        let File { office_hours, limits, class: classes, kind: kinds, category: categories } = file;
        let rules = CaseRules { classes, kinds, categories, office_hours, limits };
        rules.check()?;
        Ok(rules)
    }

    /// The classes, in the order of the file.
    pub fn classes(&self) -> &[CaseClass] {
        &self.classes
    }

    /// The kinds, in the order of the file.
    pub fn kinds(&self) -> &[CaseKind] {
        &self.kinds
    }

    /// The categories, in the order of the file.
    pub fn categories(&self) -> &[CaseCategory] {
        &self.categories
    }

    /// The class of a code.
    pub fn class(&self, code: &str) -> Option<&CaseClass> {
        self.classes.iter().find(|class| class.code == code)
    }

    /// The kind of a code.
    pub fn kind(&self, code: &str) -> Option<&CaseKind> {
        self.kinds.iter().find(|kind| kind.code == code)
    }

    /// The category of a code.
    pub fn category(&self, code: &str) -> Option<&CaseCategory> {
        self.categories.iter().find(|category| category.code == code)
    }

    /// The kind that a command of somebody of that side names.
    ///
    /// # Errors
    /// A fault of `/kind`: `unknown_value`, or `not_applicable` for one that this side does not
    /// open.
    pub fn require_kind(&self, code: &str, who: OpenedBy) -> Result<&CaseKind, Refusal> {
        let known = self.kinds.iter().filter(|kind| kind.is_opened_by(who));
        let Some(kind) = self.kind(code) else {
            return Err(unknown("/kind", known.map(|kind| kind.code.as_str())));
        };
        if kind.is_opened_by(who) {
            return Ok(kind);
        }
        let codes: Vec<&str> = known.map(|kind| kind.code.as_str()).collect();
        let text = Text::new(
            format!("“{}”不由您方发起，可发起：{}", kind.name.zh, codes.join("、")),
            format!("is not opened by your side, which opens: {}", codes.join(", ")),
        );
        Err(Refusal::invalid("/kind", "not_applicable", text))
    }

    /// The class that a command names.
    ///
    /// # Errors
    /// A fault of `/class`.
    pub fn require_class(&self, code: &str) -> Result<&CaseClass, Refusal> {
        let codes = || self.classes.iter().map(|class| class.code.as_str());
        self.class(code).ok_or_else(|| unknown("/class", codes()))
    }

    /// The category that a command names for a case of a kind.
    ///
    /// # Errors
    /// A fault of `/category`: there is none, or none for cases of this kind.
    pub fn require_category(&self, code: &str, kind: &CaseKind) -> Result<&CaseCategory, Refusal> {
        let fits = |category: &&CaseCategory| category.kinds.contains(&kind.code);
        let codes = || self.categories.iter().filter(fits).map(|category| category.code.as_str());
        self.category(code).filter(fits).ok_or_else(|| unknown("/category", codes()))
    }

    fn check(&self) -> Result<(), CaseRulesFault> {
        check_list(self.classes.iter().map(|class| (class.code.as_str(), &class.name)))?;
        check_list(self.kinds.iter().map(|kind| (kind.code.as_str(), &kind.name)))?;
        check_list(self.categories.iter().map(|category| (category.code.as_str(), &category.name)))?;
        if self.office_hours.to - self.office_hours.from < SHORTEST_DAY {
            return Err(CaseRulesFault::OfficeHours);
        }
        for class in &self.classes {
            if !(1..=MOST_HOURS).contains(&class.hours) || class.extension_hours > class.hours {
                return Err(CaseRulesFault::Hours(class.code.clone()));
            }
        }
        self.kinds.iter().try_for_each(|kind| self.check_kind(kind))?;
        for category in &self.categories {
            let is_known = |code: &String| self.kind(code).is_some();
            if category.kinds.is_empty() || !category.kinds.iter().all(is_known) {
                return Err(CaseRulesFault::NoSuchKind(category.code.clone()));
            }
        }
        let CaseLimits {
            open_per_resident,
            join_days,
            verify_days,
            pauses_per_cycle,
            draft_after_hours,
            dispatch_within_hours,
        } = self.limits;
        let limits = [
            open_per_resident,
            join_days,
            verify_days,
            pauses_per_cycle,
            draft_after_hours,
            dispatch_within_hours,
        ];
        if limits.contains(&0) { Err(CaseRulesFault::Limit) } else { Ok(()) }
    }

    fn check_kind(&self, kind: &CaseKind) -> Result<(), CaseRulesFault> {
        let code = || kind.code.clone();
        if self.class(&kind.class).is_none() {
            return Err(CaseRulesFault::NoSuchClass(code()));
        }
        let has_category = self.categories.iter().any(|category| category.kinds.contains(&kind.code));
        if kind.opened_by.is_empty() || kind.assignees.is_empty() || !has_category {
            return Err(CaseRulesFault::Empty(code()));
        }
        if kind.at_once && !kind.goes_to(AssigneeKind::Firm) {
            return Err(CaseRulesFault::AtOnce(code()));
        }
        Ok(())
    }
}

fn check_list<'a>(entries: impl Iterator<Item = (&'a str, &'a Text)>) -> Result<(), CaseRulesFault> {
    let mut seen = Vec::new();
    for (code, name) in entries {
        let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        if code.is_empty() || code.len() > LONGEST_CODE || !code.bytes().all(is_plain) {
            return Err(CaseRulesFault::Code(code.to_owned()));
        }
        if seen.contains(&code) {
            return Err(CaseRulesFault::Twice(code.to_owned()));
        }
        if name.zh.trim().is_empty() || name.en.trim().is_empty() {
            return Err(CaseRulesFault::Nameless(code.to_owned()));
        }
        seen.push(code);
    }
    Ok(())
}

fn unknown<'a>(pointer: &str, codes: impl Iterator<Item = &'a str>) -> Refusal {
    let codes: Vec<&str> = codes.collect();
    let text = Text::new(
        format!("应为以下之一：{}", codes.join("、")),
        format!("must be one of {}", codes.join(", ")),
    );
    Refusal::invalid(pointer, "unknown_value", text)
}

fn read_time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<NaiveTime, D::Error> {
    let text = String::deserialize(deserializer)?;
    NaiveTime::parse_from_str(&text, "%H:%M").map_err(serde::de::Error::custom)
}

#[cfg(test)]
mod tests;
