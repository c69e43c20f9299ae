//! Registers: all rows in one transaction, each by the use case of the single request, so that the
//! rules are the same.

use crate::city::CitySettings;
use xinwu_domain::access::Actor;
use xinwu_domain::context::RequestContext;
use xinwu_domain::import::{FAULTS_KEPT, ImportRows, ImportState, RowFault};
use xinwu_domain::text::Language;
use xinwu_store::{Result, StoreError, Tx};

use super::job::{refuse, require_running, set_rows, set_state};
use super::staging::{note_bad, row_faults, staged_after};
use super::{STEP, registers};
use crate::credit::procedure::Procedure;

/// What became of one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Created,
    Updated,
    Unchanged,
}

impl Outcome {
    pub(super) fn count(self, rows: &mut ImportRows) {
        match self {
            Outcome::Created => rows.created += 1,
            Outcome::Updated => rows.updated += 1,
            Outcome::Unchanged => rows.unchanged += 1,
        }
    }
}

/// What an import brings to each of its rows.
pub(super) struct Context<'a> {
    pub actor: &'a Actor,
    pub import_id: &'a str,
    pub request: RequestContext,
    /// Who may record, for batches of records.
    pub procedure: &'a Procedure,
}

/// Why the rows are taken back.
enum Stop {
    Dry(ImportRows),
    Bad(ImportRows, Vec<RowFault>),
    Error(StoreError),
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Stop {
        Stop::Error(error)
    }
}

/// Applies all staged rows, or none: then the bad ones are named. A dry run applies them too, and
/// takes them back.
///
/// # Errors
/// [`Refusal::Conflict`](xinwu_domain::refusal::Refusal::Conflict) when the job has ended.
pub fn apply_whole(tx: &mut Tx<'_>, id: &str, actor: &Actor, city: CitySettings) -> Result<()> {
    let job = require_running(tx.conn, id)?;
    let request = city.context(Language::default(), tx.now);
    let context = Context { actor, import_id: id, request, procedure: &Procedure::default() };
    let outcome = tx.attempt(|tx| {
        let mut rows = ImportRows::default();
        let (mut faults, mut after) = (Vec::new(), 0);
        while let Some(last) = apply_some(tx, &context, after, STEP, &mut rows, &mut faults)? {
            after = last;
        }
        match (rows.bad, job.dry_run) {
            (0, false) => Ok(rows),
            (0, true) => Err(Stop::Dry(rows)),
            _ => Err(Stop::Bad(rows, faults)),
        }
    });
    match outcome {
        Ok(rows) => {
            set_rows(tx, id, &rows)?;
            set_state(tx, id, ImportState::Applied)
        }
        Err(Stop::Dry(rows)) => {
            set_rows(tx, id, &rows)?;
            set_state(tx, id, ImportState::Checked)
        }
        Err(Stop::Bad(rows, faults)) => {
            note_bad(tx, id, rows.bad, &faults)?;
            refuse(tx, id)
        }
        Err(Stop::Error(error)) => Err(error),
    }
}

/// Applies at most so many staged rows after a line, each or not at all, and counts and names the
/// bad ones. Gives the last line; `None` if there were no more.
pub(super) fn apply_some(
    tx: &mut Tx<'_>,
    context: &Context<'_>,
    after: i32,
    most: i64,
    rows: &mut ImportRows,
    faults: &mut Vec<RowFault>,
) -> Result<Option<i32>> {
    let staged = staged_after(tx.conn, context.import_id, after, most)?;
    let last = staged.last().map(|(line, _)| *line);
    for (line, row) in staged {
        match tx.attempt(|tx| registers::apply(tx, context, &row)) {
            Ok(outcome) => outcome.count(rows),
            Err(StoreError::Refused(refusal)) => {
                rows.bad += 1;
                if faults.len() < FAULTS_KEPT {
                    faults.extend(row_faults(line, refusal));
                }
            }
            Err(error) => return Err(error),
        }
    }
    Ok(last)
}
