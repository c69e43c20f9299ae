//! What residents, firms, offices and departments see of cases.

mod rules;

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

pub use rules::{CaseCategoryView, CaseClassView, CaseKindView, CaseRulesView};

use super::PhotoView;
use super::clock::ClockState;
use super::rules::CaseRules;
use super::words::{AssigneeKind, CaseOutcome, CaseState, Channel, PartyRole, StepKind};
use crate::estate::NamedEstate;
use crate::household::Dwelling;
use crate::place::NamedPlace;
use crate::text::Text;

/// A kind, a class or a category of cases, as other objects show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"code": "garage_leak", "name": "地下车库渗漏"}))]
pub struct CodedName {
    /// The code.
    pub code: String,
    /// What it is called.
    #[schema(value_type = String)]
    pub name: Text,
}

impl CodedName {
    fn new(code: &str, name: Option<&Text>) -> CodedName {
        // A code that the rules of today no longer have is its own name.
        let name = name.cloned().unwrap_or_else(|| Text::new(code.to_owned(), code.to_owned()));
        CodedName { code: code.to_owned(), name }
    }

    /// A kind's, by its code.
    pub fn of_kind(rules: &CaseRules, code: &str) -> CodedName {
        CodedName::new(code, rules.kind(code).map(|kind| &kind.name))
    }

    /// A class's, by its code.
    pub fn of_class(rules: &CaseRules, code: &str) -> CodedName {
        CodedName::new(code, rules.class(code).map(|class| &class.name))
    }

    /// A category's, by its code.
    pub fn of_category(rules: &CaseRules, code: &str) -> CodedName {
        CodedName::new(code, rules.category(code).map(|category| &category.name))
    }
}

/// Who a case is assigned to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"kind": "firm", "id": "91219900MA00000019", "name": "海蓝物业"}))]
pub struct CaseAssignee {
    /// What kind of party.
    pub kind: AssigneeKind,
    /// A firm's uscc, or the code of a community, a street or a department.
    pub id: String,
    /// What it is called.
    pub name: String,
}

/// Who took a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"role": "firm", "name": "海蓝物业"}))]
pub struct CaseBy {
    /// In which role.
    pub role: PartyRole,
    /// The firm's, the office's or the department's name; null for residents, who are never named,
    /// and for the clock.
    pub name: Option<String>,
}

/// One step of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "seq": 2, "at": "2026-11-21T02:00:00Z", "kind": "dispatched", "by": {"role": "community", "name": "春海社区居委会"}, "cycle": 1,
    "assignee": {"kind": "firm", "id": "91219900MA00000019", "name": "海蓝物业"}, "class": {"code": "hard", "name": "较难事项"},
    "hours": null, "reason": null
}))]
pub struct CaseStepView {
    /// Its number in the case, from 1.
    pub seq: i32,
    /// When it was taken.
    pub at: DateTime<Utc>,
    /// What was done.
    pub kind: StepKind,
    /// Who did it.
    pub by: CaseBy,
    /// In which cycle.
    pub cycle: i32,
    /// To whom it was dispatched, or, where it was returned, who is said to be responsible.
    pub assignee: Option<CaseAssignee>,
    /// The class that it got.
    pub class: Option<CodedName>,
    /// By how many hours it was extended.
    pub hours: Option<i32>,
    /// What was said. Null to those whom it is not for: the residents do not see what offices and
    /// assignees say to each other on returning, dispatching and supervising.
    pub reason: Option<String>,
}

/// How the time of the present assignee stands. It ran from the dispatch until it was done, without
/// the pauses and, in a class of office hours, without the hours in which offices are closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "budget_minutes": 2880, "consumed_minutes": 95, "due_at": "2026-11-23T02:00:00Z", "original_due_at": "2026-11-23T02:00:00Z",
    "paused_since": null, "is_overdue": false, "overdue_since": null, "late_since": null
}))]
pub struct CaseClockView {
    /// How long it has, with an extension.
    pub budget_minutes: i64,
    /// How much of it is used up.
    pub consumed_minutes: i64,
    /// When it runs out; null before it is dispatched, while it is paused, and once it is done.
    pub due_at: Option<DateTime<Utc>>,
    /// When it was to run out at the first dispatch of the cycle.
    pub original_due_at: Option<DateTime<Utc>>,
    /// Since when it is paused.
    pub paused_since: Option<DateTime<Utc>>,
    /// Whether it ran out before the case was done.
    pub is_overdue: bool,
    /// Since when.
    pub overdue_since: Option<DateTime<Utc>>,
    /// When it first ran out in any cycle, for any assignee: that stays, whatever follows.
    pub late_since: Option<DateTime<Utc>>,
}

impl From<&ClockState> for CaseClockView {
    fn from(clock: &ClockState) -> CaseClockView {
        CaseClockView {
            budget_minutes: clock.budget / 60,
            consumed_minutes: clock.consumed / 60,
            due_at: clock.due_at.filter(|_| clock.is_running()),
            original_due_at: clock.original_due_at,
            paused_since: clock.paused_since,
            is_overdue: clock.is_overdue(),
            overdue_since: clock.overdue_since,
            late_since: clock.first_late().map(|late| late.at),
        }
    }
}

/// A case in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c", "kind": {"code": "complaint", "name": "投诉"},
    "category": {"code": "garage_leak", "name": "地下车库渗漏"}, "class": {"code": "hard", "name": "较难事项"}, "state": "dispatched", "cycle": 1,
    "estate": {"code": "210202001002-001", "name": "示范小区"}, "place": {"code": "210202001002", "name": "春海社区居委会"},
    "building": null, "place_in_estate": "地下车库", "channel": "hotline", "opened_at": "2026-11-21T01:30:00Z", "households": 3,
    "is_incident": false, "assignee": {"kind": "firm", "id": "91219900MA00000019", "name": "海蓝物业"}, "is_contested": false,
    "due_at": "2026-11-23T02:00:00Z", "is_overdue": false, "verify_by": null, "outcome": null
}))]
pub struct CaseSummary {
    /// Its id.
    pub id: String,
    /// Its kind.
    pub kind: CodedName,
    /// What it is about.
    pub category: CodedName,
    /// Its class.
    pub class: CodedName,
    /// Where it stands.
    pub state: CaseState,
    /// The cycle, from 1: each reopening begins another.
    pub cycle: i32,
    /// The estate.
    pub estate: NamedEstate,
    /// The estate's community.
    pub place: NamedPlace,
    /// The building, in the normal form of dwellings; null where none was named, and for a firm
    /// that may not see the dwelling.
    pub building: Option<String>,
    /// Where in the estate.
    pub place_in_estate: Option<String>,
    /// By which way it came in.
    pub channel: Channel,
    /// When it was opened.
    pub opened_at: DateTime<Utc>,
    /// How many households have the problem; 0 where none opened or joined it.
    pub households: i32,
    /// Whether it is one for many households, which may join it from the whole estate.
    pub is_incident: bool,
    /// Who it is assigned to; null before it is dispatched.
    pub assignee: Option<CaseAssignee>,
    /// Whether the assignee returned it: until a new dispatch it stays that one's.
    pub is_contested: bool,
    /// When the time runs out.
    pub due_at: Option<DateTime<Utc>>,
    /// Whether it ran out.
    pub is_overdue: bool,
    /// Until when what is done may be verified or reopened.
    pub verify_by: Option<DateTime<Utc>>,
    /// How it ended; null before.
    pub outcome: Option<CaseOutcome>,
}

/// A case, as its residents, the firm, the offices and the department see it. What one side may not
/// see is null.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c", "kind": {"code": "complaint", "name": "投诉"},
    "category": {"code": "garage_leak", "name": "地下车库渗漏"}, "class": {"code": "hard", "name": "较难事项"}, "state": "dispatched", "cycle": 1,
    "estate": {"code": "210202001002-001", "name": "示范小区"}, "place": {"code": "210202001002", "name": "春海社区居委会"},
    "building": null, "place_in_estate": "地下车库", "channel": "hotline", "opened_at": "2026-11-21T01:30:00Z", "households": 3,
    "is_incident": false, "assignee": {"kind": "firm", "id": "91219900MA00000019", "name": "海蓝物业"}, "is_contested": false,
    "due_at": "2026-11-23T02:00:00Z", "is_overdue": false, "verify_by": null, "outcome": null,
    "project": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2d", "desk": {"code": "210202001002", "name": "春海社区居委会"}, "dwelling": null,
    "description": "雨后入口处一直漏水", "opened_by": {"role": "community", "name": "春海社区居委会"},
    "clock": {
        "budget_minutes": 2880, "consumed_minutes": 95, "due_at": "2026-11-23T02:00:00Z", "original_due_at": "2026-11-23T02:00:00Z",
        "paused_since": null, "is_overdue": false, "overdue_since": null, "late_since": null
    },
    "satisfied": 0, "unsatisfied": 0, "closed_at": null, "joined_into": null,
    "steps": [], "photos": [], "records": [], "may": ["accept_case", "return_case"]
}))]
pub struct CaseView {
    /// What a list shows.
    #[serde(flatten)]
    pub summary: CaseSummary,
    /// The estate's project at the opening, by its id; null where there was none.
    pub project: Option<String>,
    /// The office that dispatches it: that of the estate's community, or, once it was escalated,
    /// one above.
    pub desk: NamedPlace,
    /// The dwelling. Null where none was named, and to whom it is not shown: officials see it, and
    /// the firm that it is assigned to where the kind says so; of another household's nobody but
    /// these; a department never does.
    pub dwelling: Option<Dwelling>,
    /// What is wrong; null to those who only joined it, and once it is no longer kept.
    pub description: Option<String>,
    /// Who opened it.
    pub opened_by: CaseBy,
    /// How the assignee's time stands.
    pub clock: CaseClockView,
    /// How many households said that it is done and that they are satisfied.
    pub satisfied: i32,
    /// How many said that it is done and that they are not.
    pub unsatisfied: i32,
    /// When it ended; null before.
    pub closed_at: Option<DateTime<Utc>>,
    /// The id of the case in which it goes on; null where it is its own.
    pub joined_into: Option<String>,
    /// What was done, in order.
    pub steps: Vec<CaseStepView>,
    /// Its photos, in the order in which they came.
    pub photos: Vec<PhotoView>,
    /// The ids of the records that were drafted of it; null to residents and departments.
    pub records: Option<Vec<String>>,
    /// What you may do with it now, by the names of operations.
    pub may: Vec<String>,
}

/// Which cases are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CaseQuery {
    /// Only those that stand so; those that have not ended, if left out.
    pub state: Option<CaseState>,
    /// Only of this kind, by its code.
    pub kind: Option<String>,
    /// Only about this, by the code of a category.
    pub category: Option<String>,
    /// Only of this place and below.
    pub place: Option<String>,
    /// Only those whose time runs out before this instant, overdue ones included.
    pub due_before: Option<DateTime<Utc>>,
    /// Only those assigned to such a party.
    pub assignee: Option<AssigneeKind>,
}

/// The open cases of a resident, on the first screen.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"open": 0, "to_verify": 0, "waiting_for_you": 0, "items": []}))]
pub struct CasesHome {
    /// How many of one's own, opened or joined, are not at an end.
    pub open: i64,
    /// How many of them are done and wait to be verified.
    pub to_verify: i64,
    /// How many of them wait for the resident's answer.
    pub waiting_for_you: i64,
    /// The latest of them, at most 3.
    pub items: Vec<CaseSummary>,
}
