//! The kinds of things that change.

use crate::subject::SubjectKind;

/// Names each kind of thing once, for both directions: a kind that could be written but not read back would never be heard of from another process.
macro_rules! named {
    ($(#[$about:meta])* $kind:ident { $($(#[$doc:meta])* $value:ident $name:literal,)* }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $kind { $($(#[$doc])* $value,)* }

        impl $kind {
            /// The name in the table `change`.
            pub fn as_str(self) -> &'static str {
                match self { $($kind::$value => $name,)* }
            }

            /// Reads the name back; none for one that this version does not know.
            pub fn parse(name: &str) -> Option<$kind> {
                match name { $($name => Some($kind::$value),)* _ => None }
            }
        }
    };
}

named! {
    /// The kinds of things that the change feed names.
    Entity {
        /// A place of the tree.
        Place "place",
        /// A firm: its register, and everything that its card shows.
        Firm "firm",
        /// An estate.
        Estate "estate",
        /// A project.
        Project "project",
        /// A manager.
        Manager "manager",
        /// A household or its roster.
        Household "household",
        /// An account: role, place, status, sessions.
        Account "account",
        /// A record of a reward or a penalty.
        Record "record",
        /// An assessment.
        Assessment "assessment",
        /// A published or moderated comment.
        Review "review",
        /// A scheme's versions.
        Scheme "scheme",
        /// The signing keys.
        Key "key",
        /// An import job.
        Import "import",
        /// The published figures of the whole city: a step was made.
        Figures "figures",
    }
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
