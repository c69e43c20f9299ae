//! What can be wrong with the rules.

/// Why the rules are refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CaseRulesFault {
    /// Not TOML, an unknown or missing key, or a word that is none.
    #[error("the rules of cases cannot be read: {0}")]
    Unreadable(String),
    /// A code that is empty, longer than 32 characters or not of small letters, digits and `_`.
    #[error("`{0}` cannot be a code")]
    Code(String),
    /// Two entries of one list with the same code.
    #[error("`{0}` stands twice")]
    Twice(String),
    /// A name without words in both languages.
    #[error("`{0}` has no name")]
    Nameless(String),
    /// A class of no hours or of more than 90 days, or an extension longer than the class.
    #[error("the class `{0}` has wrong hours")]
    Hours(String),
    /// Office hours that end before they begin, or within an hour.
    #[error("the office hours are shorter than an hour")]
    OfficeHours,
    /// A kind with a class that there is not.
    #[error("the kind `{0}` has a class that there is not")]
    NoSuchClass(String),
    /// A kind that nobody may open or that goes to nobody, or has no category.
    #[error("the kind `{0}` has nobody who opens it, nobody it goes to, or no category")]
    Empty(String),
    /// A category with a kind that there is not, or with none.
    #[error("the category `{0}` has a kind that there is not, or none")]
    NoSuchKind(String),
    /// A kind that goes to the firm at once, and may not go to one.
    #[error("the kind `{0}` goes to the firm at once, and may not go to firms")]
    AtOnce(String),
    /// A limit of 0.
    #[error("a limit is 0")]
    Limit,
}
