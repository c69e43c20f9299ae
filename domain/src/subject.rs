//! What can be evaluated, and why it is evaluated again.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Who is graded: the kinds of subjects that a scheme can be about.
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
pub enum SubjectKind {
    /// A firm, by uscc.
    Firm,
    /// A project, by id.
    Project,
    /// A manager, by id.
    Manager,
}

/// One subject.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Subject {
    /// What it is.
    pub kind: SubjectKind,
    /// Its uscc or id.
    pub id: String,
}

impl Subject {
    /// A firm.
    pub fn firm(uscc: &str) -> Subject {
        Subject { kind: SubjectKind::Firm, id: uscc.to_owned() }
    }

    /// A project.
    pub fn project(id: &str) -> Subject {
        Subject { kind: SubjectKind::Project, id: id.to_owned() }
    }

    /// A manager.
    pub fn manager(id: &str) -> Subject {
        Subject { kind: SubjectKind::Manager, id: id.to_owned() }
    }
}

/// The kinds of facts that change a grade.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    ToSchema,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum CauseKind {
    /// A record came, changed or ended.
    Record,
    /// An assessment came or changed.
    Assessment,
    /// Ratings of a month.
    Ratings,
    /// A figure was reported.
    Metric,
    /// A project began, changed or ended.
    Project,
    /// The firm's registration.
    Firm,
    /// An objection was opened or decided.
    Objection,
    /// The rules.
    Scheme,
    /// Time alone: a term ended, a period began.
    Time,
    /// A record that its reader may not know of: it is told, and never stored.
    Unpublished,
}

/// Why a subject is evaluated again: it stands in the history of its grades.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// What kind of fact it was.
    pub kind: CauseKind,
    /// The record, the assessment, the month, …; `None` where there is none.
    pub id: Option<String>,
}

impl Cause {
    /// This fact.
    pub fn of(kind: CauseKind, id: impl Into<String>) -> Cause {
        Cause { kind, id: Some(id.into()) }
    }

    /// Time alone.
    pub fn time() -> Cause {
        Cause { kind: CauseKind::Time, id: None }
    }
}
