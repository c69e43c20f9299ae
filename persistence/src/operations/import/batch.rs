//! Batches of records, assessments and metrics: put in small writes, as rows that count nowhere,
//! and shown together by the import's own state. What was put by one that is refused is removed in
//! small writes too.

use crate::city::CitySettings;
use xinwu_domain::access::Warrant;
use xinwu_domain::import::{ImportRows, ImportState, Run};
use xinwu_domain::text::Language;
use xinwu_store::{Result, StoreError, Tx};

use super::Part;
use super::apply::{Context, Tried, apply_some};
use super::job::{refuse, require_running, set_rows, set_state, submit};
use super::shown::note_applied;
use super::staging::note_bad;
use crate::credit::procedure::Procedure;

/// Rows that one write puts: each goes through its use case, and is dearer than a household.
pub const BATCH_STEP: i64 = 200;

/// Why the rows of one write are taken back.
enum Stop {
    OnlyChecked(Part),
    Error(StoreError),
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Stop {
        Stop::Error(error)
    }
}

/// Puts some staged rows after a line as `submitted`, and names the bad ones. In a dry run
/// the good ones are taken back.
///
/// # Errors
/// [`Refusal::Conflict`](xinwu_domain::refusal::Refusal::Conflict) when the job has ended.
pub fn put_some(
    tx: &mut Tx<'_>,
    id: &str,
    warrant: &Warrant,
    city: CitySettings,
    after: i32,
    run: Run,
) -> Result<Part> {
    let job = require_running(tx.conn, id)?;
    if job.state.0 != ImportState::Applying {
        set_state(tx, id, ImportState::Applying)?;
    }
    // Once for them all: they are the same for each.
    let request = city.context(Language::default(), tx.now);
    let procedure = Procedure::load(tx.conn, request.today())?;
    let context = Context::new(warrant, id, request, &procedure);
    let mut tried = Tried::default();
    let outcome = tx.attempt(|tx| {
        let mut part = Part::default();
        part.last = apply_some(tx, &context, after, BATCH_STEP, &mut part.rows, &mut tried)?;
        match run {
            Run::Dry => Err(Stop::OnlyChecked(part)),
            Run::Real => Ok(part),
        }
    });
    let part = match outcome {
        Ok(part) => {
            note_applied(tx, id, &tried.applied)?;
            part
        }
        Err(Stop::OnlyChecked(part)) => part,
        Err(Stop::Error(error)) => return Err(error),
    };
    note_bad(tx, id, part.rows.bad, &tried.faults)?;
    Ok(part)
}

/// Ends a batch of which every row was put: it waits for another official. One with a bad row is
/// refused, a dry run ends as `checked`.
///
/// # Errors
/// As [`put_some`].
pub fn show_batch(tx: &mut Tx<'_>, id: &str, rows: &ImportRows) -> Result<()> {
    let job = require_running(tx.conn, id)?;
    if rows.bad > 0 {
        return refuse(tx, id);
    }
    set_rows(tx, id, rows)?;
    match (job.dry_run, rows.created + rows.updated) {
        (true, _) => set_state(tx, id, ImportState::Checked),
        // A batch that brings nothing new has nothing to confirm.
        (false, 0) => set_state(tx, id, ImportState::Applied),
        (false, _) => submit(tx, &job),
    }
}
