//! The kinds of things that change.

use crate::subject::SubjectKind;

/// The kinds of things that the change feed names.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[strum(serialize_all = "snake_case")]
pub enum Entity {
    /// A place of the tree.
    Place,
    /// A firm: its register, and everything that its card shows.
    Firm,
    /// An estate.
    Estate,
    /// A project.
    Project,
    /// A manager.
    Manager,
    /// A household or its roster.
    Household,
    /// An account: role, place, status, sessions.
    Account,
    /// A record of a reward or a penalty.
    Record,
    /// An assessment.
    Assessment,
    /// A figure that everyone reads.
    Metric,
    /// A comment that is out, or was.
    Review,
    /// The published ratings of a project in a month.
    Ratings,
    /// The published sums of a project's cases in a month.
    Cases,
    /// A scheme's versions.
    Scheme,
    /// The signing keys.
    Key,
    /// An import job.
    Import,
    /// The published figures of the whole city: a step was made.
    Figures,
}

impl From<SubjectKind> for Entity {
    fn from(kind: SubjectKind) -> Entity {
        match kind {
            SubjectKind::Firm => Entity::Firm,
            SubjectKind::Project => Entity::Project,
            SubjectKind::Manager => Entity::Manager,
        }
    }
}
