//! The closed lists of cases. Kinds, classes and categories are no such lists: they are data of the
//! city, and their codes are checked against [`super::CaseRules`].

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where a case stands.
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
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum CaseState {
    /// It waits for its desk to dispatch it.
    Open,
    /// It waits for its assignee to accept it, or, contested, for its desk to dispatch it anew.
    Dispatched,
    /// Its assignee is at work on it, or waits for the resident.
    Accepted,
    /// Its assignee says that it is done; whoever opened it has not said so yet.
    Done,
    /// It is done: whoever opened it said so, or said nothing in time. An end.
    Verified,
    /// Its desk ended it without its being done, with a reason. An end.
    Closed,
    /// Whoever opened it took it back. An end.
    Withdrawn,
    /// It is one with another case, where it goes on. An end.
    Joined,
}

/// What kind of party a case is assigned to.
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
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum AssigneeKind {
    /// A firm, by its uscc.
    Firm,
    /// A community, by its code.
    Community,
    /// A street, by its code.
    Street,
    /// A department of a district, by its code.
    Department,
}

/// What was done in a step of a case.
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
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum StepKind {
    /// 点单: it was opened.
    Opened,
    /// 派单: it was given to an assignee.
    Dispatched,
    /// 接单: the assignee took it on.
    Accepted,
    /// The assignee says that it is not responsible, and who is. It stays responsible until a new
    /// dispatch.
    Returned,
    /// The assignee has longer, once a cycle, for a reason that is told.
    Extended,
    /// The clock stops: the assignee waits for the resident.
    Paused,
    /// The clock goes on, as the assignee or the desk says.
    Resumed,
    /// The resident gave what was waited for: the clock goes on.
    Answered,
    /// 办结: the assignee says that it is done.
    Finished,
    /// 验单: whoever opened it says that it is done.
    Verified,
    /// Nobody said anything in time: it counts as done.
    LapsedVerified,
    /// Whoever opened it says that it is not done: a new cycle begins.
    Reopened,
    /// It went to the office above, by hand or by the clock.
    Escalated,
    /// 督单: an office urges the assignee.
    Supervised,
    /// It has another class, and so another deadline.
    Reclassified,
    /// Whoever opened it took it back.
    Withdrawn,
    /// The desk ended it without its being done.
    Closed,
    /// It was made one with another case.
    Joined,
    /// Another household has the same problem.
    HouseholdJoined,
    /// The clock ran out. What this step says stays, whatever follows.
    Overdue,
}

/// By which way a case came in.
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
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Channel {
    /// By the account of who opened it.
    App,
    /// At the desk of an office.
    Desk,
    /// By the citizens' hotline.
    Hotline,
}

/// In which role somebody took a step.
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
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum PartyRole {
    /// A resident: never named.
    Resident,
    /// A firm.
    Firm,
    /// The office of a community.
    Community,
    /// The office of a street.
    Street,
    /// The office of a district.
    District,
    /// The office of the city.
    City,
    /// A department.
    Department,
    /// The clock, without anybody.
    Clock,
}

/// What an assignee waits for.
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
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum PauseReason {
    /// For the resident: to be at home, to say something, to choose.
    WaitingForResident,
}

/// Why a case was ended without its being done.
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
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum ClosingReason {
    /// It cannot be done.
    CannotBeFixed,
    /// It is no matter of the city's, or goes another way by law.
    NotOurMatter,
    /// It was told before.
    Duplicate,
    /// Without the resident nothing can be done, and the resident cannot be reached.
    ResidentUnreachable,
}

/// How a case ended.
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
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum CaseOutcome {
    /// Whoever opened it said that it is done.
    Verified,
    /// Nobody said anything in time after it was done.
    Lapsed,
    /// The desk closed it: it cannot be done.
    CannotBeFixed,
    /// The desk closed it: no matter of the city's.
    NotOurMatter,
    /// The desk closed it: it was told before.
    Duplicate,
    /// The desk closed it: the resident cannot be reached.
    ResidentUnreachable,
    /// Whoever opened it took it back.
    Withdrawn,
    /// It is one with another case.
    Joined,
}

impl CaseState {
    /// Every state in which something is still to be done.
    pub const ACTIVE: [CaseState; 4] =
        [CaseState::Open, CaseState::Dispatched, CaseState::Accepted, CaseState::Done];

    /// Whether nothing is to be done any more.
    pub fn is_end(self) -> bool {
        !Self::ACTIVE.contains(&self)
    }
}

impl ClosingReason {
    /// How the case ended with it.
    pub fn outcome(self) -> CaseOutcome {
        match self {
            ClosingReason::CannotBeFixed => CaseOutcome::CannotBeFixed,
            ClosingReason::NotOurMatter => CaseOutcome::NotOurMatter,
            ClosingReason::Duplicate => CaseOutcome::Duplicate,
            ClosingReason::ResidentUnreachable => CaseOutcome::ResidentUnreachable,
        }
    }
}

impl CaseOutcome {
    /// Whether what was done is what ended it.
    pub fn is_done(self) -> bool {
        matches!(self, CaseOutcome::Verified | CaseOutcome::Lapsed)
    }
}
