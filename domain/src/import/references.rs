//! What a row names that must be there already: looked up for every row that was read, bad ones
//! too, so that all that is wrong with a row is told at once.

/// Something that a row names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The column that names it.
    pub column: &'static str,
    /// What it is.
    pub to: Referent,
    /// Its code or id; of a manager also the name, of a project the code or name of its estate.
    pub id: String,
    /// Whether it must lie within the jurisdiction of who imports.
    pub is_within: bool,
}

/// What a reference is to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Referent {
    /// A place, by code.
    Place,
    /// A firm, by unified social credit code.
    Firm,
    /// An estate, by code.
    Estate,
    /// A category of the catalogue.
    Category,
    /// A manager: by id, or by name one of a firm's.
    Manager {
        /// The firm, where one is told.
        of: Option<String>,
    },
    /// A project, by id or by its estate.
    Project,
}
