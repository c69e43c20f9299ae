//! What the rules say when they refuse. A refusal knows nothing of HTTP: the API maps it to a
//! problem in one place.

use crate::kind::Kind;
use crate::proposal::{Seconding, second_person_needed};
use crate::text::Text;

mod faults;
mod life;

pub use faults::{Faults, Faulty};
pub use life::{Life, Situation};

/// One field of the input, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldFault {
    /// RFC 6901 pointer into the request's body, or the name of a query parameter.
    pub pointer: String,
    /// A stable word for programs, such as `out_of_range`.
    pub code: &'static str,
    /// The reason, for people.
    pub detail: Text,
}

impl FieldFault {
    /// A fault of the field at `pointer`.
    pub fn new(pointer: impl Into<String>, code: &'static str, detail: Text) -> Self {
        FieldFault { pointer: pointer.into(), code, detail }
    }
}

/// Why a use case did not happen. Nothing was stored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no such thing, or it is not this actor's to know of.
    #[error("not found: {0}")]
    NotFound(Kind),
    /// Known, but this actor may not.
    #[error("forbidden: {code}")]
    Forbidden {
        /// A stable word for programs.
        code: &'static str,
        /// The reason, for people.
        detail: Text,
    },
    /// It does not fit the state of things: a duplicate, a lost race, a step out of order.
    #[error("conflict: {code}")]
    Conflict {
        /// A stable word for programs.
        code: &'static str,
        /// The reason, for people.
        detail: Text,
        /// The id of what stands already, where that is the reason.
        existing: Option<String>,
        /// How the object stands, or what `existing` names, where that is the reason.
        situation: Option<Box<Situation>>,
    },
    /// The object has changed since the version that the change was made from.
    #[error("stale version")]
    Stale,
    /// It takes a second person: it was tried, and taken back.
    #[error("a second person is needed")]
    SecondNeeded(Box<Seconding>),
    /// What was proposed can no longer be done as it was, with the fields that moved meanwhile.
    #[error("stale proposal")]
    ProposalStale(Vec<FieldFault>),
    /// What was proposed is against the rules of today; it waits on, to be returned.
    #[error("refused proposal: {}", .faults.first().map_or("", |fault| fault.code))]
    ProposalRefused {
        /// What stands against it.
        faults: Vec<FieldFault>,
        /// How that stands which it is about, where that is the reason.
        situation: Option<Box<Situation>>,
    },
    /// Rows of a file do not fit the state of things: each by its line, as `/rows/{line}`.
    #[error("conflict of rows: {code}")]
    Rows {
        /// A stable word for programs.
        code: &'static str,
        /// The reason, for people.
        detail: Text,
        /// Which rows, and what of each.
        faults: Vec<FieldFault>,
    },
    /// It was read, but it breaks a rule.
    #[error("invalid: {}", .0.first().map_or("", |fault| fault.code))]
    Invalid(Vec<FieldFault>),
    /// A query parameter or a path segment that cannot be understood.
    #[error("bad parameter: {}", .0.first().map_or("", |fault| fault.code))]
    BadParameter(Vec<FieldFault>),
    /// Who asks is not known: wrong password, wrong code, ended session.
    #[error("not signed in: {code}")]
    Unauthenticated {
        /// A stable word for programs.
        code: &'static str,
        /// The reason, for people.
        detail: Text,
    },
    /// Too often.
    #[error("too many requests: {code}")]
    TooMany {
        /// A stable word for programs.
        code: &'static str,
        /// The reason, for people.
        detail: Text,
        /// Seconds after which it may work again.
        retry_after: u32,
    },
}

impl Refusal {
    /// One fault of one field.
    pub fn invalid(pointer: impl Into<String>, code: &'static str, detail: Text) -> Self {
        Refusal::Invalid(vec![FieldFault::new(pointer, code, detail)])
    }

    /// One bad query parameter.
    pub fn bad_parameter(name: impl Into<String>, code: &'static str, detail: Text) -> Self {
        Refusal::BadParameter(vec![FieldFault::new(name, code, detail)])
    }

    /// A conflict with the state of things.
    pub fn conflict(code: &'static str, detail: Text) -> Self {
        Refusal::Conflict { code, detail, existing: None, situation: None }
    }

    /// A conflict with the thing of this id, which stands already.
    pub fn repeats(code: &'static str, detail: Text, existing: String) -> Self {
        Refusal::Conflict { code, detail, existing: Some(existing), situation: None }
    }

    /// Known, but not allowed.
    pub fn forbidden(code: &'static str, detail: Text) -> Self {
        Refusal::Forbidden { code, detail }
    }

    /// The word for programs and the reason, where it stands among others: of several faults the
    /// first one's.
    pub fn in_short(self) -> (&'static str, Text) {
        match self {
            Refusal::NotFound(kind) => ("not_found", kind.not_found_text()),
            Refusal::Forbidden { code, detail }
            | Refusal::Conflict { code, detail, .. }
            | Refusal::Rows { code, detail, .. }
            | Refusal::Unauthenticated { code, detail }
            | Refusal::TooMany { code, detail, .. } => (code, detail),
            Refusal::Stale => ("stale", Text::new("内容已被他人修改", "It has changed meanwhile")),
            Refusal::SecondNeeded(_) | Refusal::ProposalStale(_) | Refusal::ProposalRefused { .. } => {
                second_person_needed().in_short()
            }
            Refusal::Invalid(faults) | Refusal::BadParameter(faults) => match faults.into_iter().next() {
                Some(fault) => (fault.code, fault.detail),
                None => ("invalid", Text::new("提交的内容有字段不符合要求", "A field breaks a rule")),
            },
        }
    }

    /// The object lies outside the actor's own place, firm or household.
    pub fn out_of_reach() -> Self {
        Refusal::forbidden(
            "out_of_reach",
            Text::new(
                "该对象不在您的管辖或所有范围内",
                "This object is outside your jurisdiction or does not belong to you",
            ),
        )
    }
}
