//! Imports: jobs that stage the rows of a file, check them, and make them visible whole or not at
//! all (`docs/adr/0005-imports.md`).
//!
//! No step here runs long: the job's runner asks for one write after another, so that other writes
//! pass between them. [`stage`] takes what was read; then registers are applied by [`apply_whole`]
//! or [`end_staff`], batches by [`put_some`] and [`show_batch`], households by
//! [`apply_households`] and [`show_households`]; [`clear_some`] removes what is not needed any
//! more.

mod apply;
mod batch;
mod claims;
mod decision;
mod example;
mod households;
mod job;
mod recovery;
mod references;
mod registers;
mod shown;
mod staff;
mod staging;
mod undo;

pub use apply::apply_whole;
pub use batch::{BATCH_STEP, put_some, show_batch};
pub use claims::Claims;
pub use decision::{confirm, give_back, withdraw};
pub(crate) use decision::{expire, next_expiry};
pub use example::example;
pub use households::{Free, Numbers, Put, apply_households, check_households, show_households};
pub use job::{
    ImportQuery, JobRow, NewImport, SentFile, fail, get, list, open, refuse, require_may_import, set_encoding,
};
pub use recovery::{clear_some, interrupt, unfinished};
pub use shown::rows;
pub use staff::{check_staff, end_staff};
pub use staging::{note_bad, stage};
pub(crate) use undo::require_may_second;
pub use undo::undo;

use xinwu_domain::import::{ImportRows, RowFault};

/// Staged rows that one write or read looks at.
pub const STEP: i64 = 500;

/// What became of some of the staged rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Part {
    /// The last line looked at; `None` if there were no more.
    pub last: Option<i32>,
    /// Rows of each kind among these; `read` is not counted.
    pub rows: ImportRows,
}

/// What some staged rows would do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checked {
    /// Their counts.
    pub part: Part,
    /// What is wrong with them.
    pub faults: Vec<RowFault>,
}
