//! The rules of cases, for those who open one.

use serde::Serialize;
use utoipa::ToSchema;

use super::CodedName;
use crate::case::rules::{
    CaseCategory, CaseClass, CaseKind, CaseLimits, CaseRules, ClockHours, DwellingUse, OpenedBy,
};
use crate::case::words::AssigneeKind;

/// What cases there are in the city: the codes that a case may name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "kinds": [{
        "code": "repair", "name": "报修", "class": "general", "opened_by": ["resident", "desk"], "assignees": ["firm", "community", "street"],
        "dwelling": "shown", "public": true
    }],
    "classes": [{"code": "general", "name": "一般事项", "hours": 24, "extension_hours": 24, "clock": "around_the_clock"}],
    "categories": [{"code": "leak", "name": "漏水、渗水", "kinds": ["repair", "complaint"]}],
    "open_per_resident": 5, "join_days": 7, "verify_days": 7, "pauses_per_cycle": 2, "dispatch_within_hours": 24
}))]
pub struct CaseRulesView {
    /// The kinds.
    pub kinds: Vec<CaseKindView>,
    /// The classes.
    pub classes: Vec<CaseClassView>,
    /// The categories.
    pub categories: Vec<CaseCategoryView>,
    /// How many cases one resident may have open at once.
    pub open_per_resident: u32,
    /// For how many days an open case like a new one is offered for joining.
    pub join_days: u32,
    /// For how many days what is done may be verified or reopened.
    pub verify_days: u32,
    /// How often a case may wait for its residents in one cycle.
    pub pauses_per_cycle: u32,
    /// Within how many hours an office dispatches.
    pub dispatch_within_hours: u32,
}

/// A kind of cases.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct CaseKindView {
    /// The code and the name.
    #[serde(flatten)]
    pub name: CodedName,
    /// The code of its usual class.
    pub class: String,
    /// Who opens such cases.
    pub opened_by: Vec<OpenedBy>,
    /// What they may be assigned to.
    pub assignees: Vec<AssigneeKind>,
    /// Whether they are about a dwelling, and who sees that.
    pub dwelling: DwellingUse,
    /// Whether they count in the published sums.
    pub public: bool,
}

/// A class of cases.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct CaseClassView {
    /// The code and the name.
    #[serde(flatten)]
    pub name: CodedName,
    /// How many hours an assignee has.
    pub hours: u32,
    /// How many hours its one extension may add at most.
    pub extension_hours: u32,
    /// When its clock runs.
    pub clock: ClockHours,
}

/// What a case may be about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct CaseCategoryView {
    /// The code and the name.
    #[serde(flatten)]
    pub name: CodedName,
    /// The codes of the kinds of cases that may be about it.
    pub kinds: Vec<String>,
}

impl From<&CaseRules> for CaseRulesView {
    fn from(rules: &CaseRules) -> CaseRulesView {
        let CaseLimits {
            open_per_resident,
            join_days,
            verify_days,
            pauses_per_cycle,
            dispatch_within_hours,
            ..
        } = rules.limits;
        CaseRulesView {
            kinds: rules.kinds().iter().map(CaseKindView::from).collect(),
            classes: rules.classes().iter().map(CaseClassView::from).collect(),
            categories: rules.categories().iter().map(CaseCategoryView::from).collect(),
            open_per_resident,
            join_days,
            verify_days,
            pauses_per_cycle,
            dispatch_within_hours,
        }
    }
}

impl From<&CaseKind> for CaseKindView {
    fn from(kind: &CaseKind) -> CaseKindView {
        CaseKindView {
            name: CodedName::new(&kind.code, Some(&kind.name)),
            class: kind.class.clone(),
            opened_by: kind.opened_by.clone(),
            assignees: kind.assignees.clone(),
            dwelling: kind.dwelling,
            public: kind.public,
        }
    }
}

impl From<&CaseClass> for CaseClassView {
    fn from(class: &CaseClass) -> CaseClassView {
        CaseClassView {
            name: CodedName::new(&class.code, Some(&class.name)),
            hours: class.hours,
            extension_hours: class.extension_hours,
            clock: class.clock,
        }
    }
}

impl From<&CaseCategory> for CaseCategoryView {
    fn from(category: &CaseCategory) -> CaseCategoryView {
        CaseCategoryView {
            name: CodedName::new(&category.code, Some(&category.name)),
            kinds: category.kinds.clone(),
        }
    }
}
