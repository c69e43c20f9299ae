//! What can be evaluated.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The kinds of subjects that a scheme can be about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum SubjectKind {
    /// A firm, by uscc.
    Firm,
    /// A project, by id.
    Project,
    /// A manager, by id.
    Manager,
}

impl SubjectKind {
    /// The name in URLs, JSON and SQL.
    pub fn as_str(self) -> &'static str {
        match self {
            SubjectKind::Firm => "firm",
            SubjectKind::Project => "project",
            SubjectKind::Manager => "manager",
        }
    }
}

/// One subject.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
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
