//! Registers: all rows in one transaction, each by the use case of the single request, so that the
//! rules are the same.

use std::collections::BTreeSet;

use crate::city::CitySettings;
use diesel::prelude::*;
use xinwu_domain::access::{Seconded, Warrant};
use xinwu_domain::context::RequestContext;
use xinwu_domain::import::{FAULTS_KEPT, ImportRows, ImportState, Row, RowFault, RowOutcome};
use xinwu_domain::proposal::{Change, district_needed};
use xinwu_domain::refusal::Refusal;
use xinwu_domain::text::Language;
use xinwu_domain::typed;
use xinwu_store::{Conn, Result, StoreError, Tx};

use super::job::{refuse, require_running, set_rows, set_state, submit};
use super::shown::{note_applied, require_as_shown};
use super::staging::{note_bad, staged_after};
use super::{STEP, registers};
use crate::credit::procedure::Procedure;
use crate::people::proposal::is_of_the_district;
use crate::schema::import_fault;

/// What one row did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Applied {
    pub outcome: RowOutcome,
    /// What was made or changed.
    pub object: Option<String>,
    /// What is another than it was; nothing of what is new.
    pub changes: Vec<Change>,
    /// The firm that would be asked: an official of its district confirms it for that.
    pub firm: Option<String>,
}

impl Applied {
    pub fn created(id: impl Into<String>) -> Applied {
        Applied { outcome: RowOutcome::Created, object: Some(id.into()), changes: Vec::new(), firm: None }
    }

    pub fn updated(id: impl Into<String>, changes: Vec<Change>) -> Applied {
        Applied { outcome: RowOutcome::Updated, object: Some(id.into()), changes, firm: None }
    }

    pub fn unchanged() -> Applied {
        Applied { outcome: RowOutcome::Unchanged, object: None, changes: Vec::new(), firm: None }
    }
}

/// What an import brings to each of its rows.
#[derive(Clone)]
pub(super) struct Context<'a> {
    pub warrant: &'a Warrant,
    /// The same as if a second person had confirmed it: rows that need one are tried with it.
    pub on_trial: Warrant,
    /// Who that is, once it is known.
    pub second: Option<&'a Warrant>,
    pub import_id: &'a str,
    pub request: RequestContext,
    /// Who may record, for batches of records.
    pub procedure: &'a Procedure,
}

impl<'a> Context<'a> {
    pub fn new(
        warrant: &'a Warrant,
        import_id: &'a str,
        request: RequestContext,
        procedure: &'a Procedure,
    ) -> Self {
        let nobody = Seconded { account_id: String::new(), proposal: String::new() };
        let on_trial = warrant.clone().seconded(nobody);
        Context { warrant, on_trial, second: None, import_id, request, procedure }
    }
}

/// Why the rows are taken back.
enum Stop {
    Dry(ImportRows),
    Bad(ImportRows),
    /// Rows need a second person.
    Waits(ImportRows),
    Error(StoreError),
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Stop {
        Stop::Error(error)
    }
}

/// Applies all staged rows, or none: where rows were or are bad, all of those are named. A dry run
/// applies them too, and takes them back.
///
/// # Errors
/// [`Refusal::Conflict`](xinwu_domain::refusal::Refusal::Conflict) when the job has ended.
pub fn apply_whole(tx: &mut Tx<'_>, id: &str, warrant: &Warrant, city: CitySettings) -> Result<()> {
    let job = require_running(tx.conn, id)?;
    let request = city.context(Language::default(), tx.now);
    let procedure = Procedure::default();
    let single = warrant.also(job.kind.0.operation())?;
    let context = Context::new(&single, id, request, &procedure);
    let bad_before = job.rows_bad;
    let mut tried = Tried { keys: bad_keys(tx.conn, id, bad_before)?, ..Tried::default() };
    let outcome = tx.attempt(|tx| {
        let rows = apply_all(tx, &context, &mut tried)?;
        match (rows.bad + bad_before, job.dry_run) {
            (0, false) if tried.waits => Err(Stop::Waits(rows)),
            (0, false) => Ok(rows),
            (0, true) => Err(Stop::Dry(rows)),
            _ => Err(Stop::Bad(rows)),
        }
    });
    match outcome {
        Ok(rows) => {
            set_rows(tx, id, &rows)?;
            note_applied(tx, id, &tried.applied)?;
            set_state(tx, id, ImportState::Applied)
        }
        Err(Stop::Dry(rows)) => {
            set_rows(tx, id, &rows)?;
            set_state(tx, id, ImportState::Checked)
        }
        Err(Stop::Waits(rows)) => {
            set_rows(tx, id, &rows)?;
            note_applied(tx, id, &tried.applied)?;
            submit(tx, &job)
        }
        Err(Stop::Bad(rows)) => {
            note_bad(tx, id, rows.bad, &tried.faults)?;
            refuse(tx, id)
        }
        Err(Stop::Error(error)) => Err(error),
    }
}

/// Applies all staged rows of a job that waited for a second person, who has confirmed it.
///
/// # Errors
/// [`Refusal::Rows`] where a row would do something else than was shown, or can no longer be
/// applied: the file goes on waiting.
pub(super) fn apply_confirmed(
    tx: &mut Tx<'_>,
    id: &str,
    (author, second): (&Warrant, &Warrant),
    request: RequestContext,
) -> Result<()> {
    let procedure = Procedure::default();
    let mut tried = Tried::default();
    let seconded = Seconded { account_id: second.account_id().to_owned(), proposal: format!("import/{id}") };
    let context = Context {
        on_trial: author.clone().seconded(seconded),
        second: Some(second),
        ..Context::new(author, id, request, &procedure)
    };
    let rows = apply_all(tx, &context, &mut tried)?;
    require_as_shown(tx.conn, id, &tried.applied, &tried.faults)?;
    // Something new has its id from now on.
    note_applied(tx, id, &tried.applied)?;
    set_rows(tx, id, &rows)
}

fn apply_all(tx: &mut Tx<'_>, context: &Context<'_>, tried: &mut Tried) -> Result<ImportRows> {
    let mut rows = ImportRows::default();
    let mut after = 0;
    while let Some(last) = apply_some(tx, context, after, STEP, &mut rows, tried)? {
        after = last;
    }
    Ok(rows)
}

/// Applies at most so many staged rows after a line, each or not at all, and counts and names the
/// bad ones. Gives the last line; `None` if there were no more.
pub(super) fn apply_some(
    tx: &mut Tx<'_>,
    context: &Context<'_>,
    after: i32,
    most: i64,
    rows: &mut ImportRows,
    tried: &mut Tried,
) -> Result<Option<i32>> {
    let staged = staged_after(tx.conn, context.import_id, after, most)?;
    let last = staged.last().map(|staged| staged.line);
    for staged in staged {
        let mut outcome = tx.attempt(|tx| registers::apply(tx, context, &staged.row));
        let mut asked = None;
        if let Err(StoreError::Refused(Refusal::SecondNeeded(needed))) = &outcome {
            tried.waits = true;
            asked.clone_from(&needed.firm);
            // A file goes no other way: a firm's district confirms what the firm would.
            let may = match (context.second, &needed.firm) {
                (Some(second), Some(uscc)) => is_of_the_district(tx.conn, uscc, second.place())?,
                _ => true,
            };
            if !may {
                return Err(district_needed(needed.firm.as_deref().unwrap_or_default()).into());
            }
            let trial = Context { warrant: &context.on_trial, ..context.clone() };
            outcome = tx.attempt(|tx| registers::apply(tx, &trial, &staged.row));
        }
        match outcome {
            Ok(applied) => {
                rows.count(applied.outcome);
                tried.applied.push((staged.line, Applied { firm: asked, ..applied }));
            }
            Err(StoreError::Refused(refusal)) => {
                let Some(refusal) = tried.own_faults(&staged.row, refusal) else { continue };
                rows.bad += 1;
                tried.keys.insert(staged.row.key());
                if tried.faults.len() < FAULTS_KEPT {
                    tried.faults.extend(staged.faults(refusal));
                }
            }
            Err(error) => return Err(error),
        }
    }
    Ok(last)
}

/// What became of rows as they were applied.
#[derive(Default)]
pub(super) struct Tried {
    /// By line.
    pub applied: Vec<(i32, Applied)>,
    /// What is wrong with the bad ones.
    pub faults: Vec<RowFault>,
    /// What the bad rows are about.
    keys: BTreeSet<String>,
    /// Whether a second person must confirm the file.
    waits: bool,
}

impl Tried {
    /// Why a row is refused, without what follows from the row that it hangs on being bad: mending
    /// that one mends it. None where nothing else is wrong: such a row is not named, and what hangs
    /// on it follows as well.
    fn own_faults(&mut self, row: &Row, refusal: Refusal) -> Option<Refusal> {
        let Refusal::Invalid(mut faults) = refusal else { return Some(refusal) };
        if row.parent().is_some_and(|parent| self.keys.contains(parent)) {
            faults.retain(|fault| fault.pointer != "/parent");
        }
        if faults.is_empty() {
            self.keys.insert(row.key());
            return None;
        }
        Some(Refusal::Invalid(faults))
    }
}

/// The words of the keys of rows that could not be staged: a place's code and a firm's are among
/// them.
fn bad_keys(conn: &mut Conn, id: &str, bad: i32) -> Result<BTreeSet<String>> {
    if bad == 0 {
        return Ok(BTreeSet::new());
    }
    let keys: Vec<String> = import_fault::table
        .filter(import_fault::import_id.eq(id))
        .select(import_fault::shown_key)
        .load(conn)?;
    Ok(keys.iter().flat_map(|key| key.split(' ')).map(typed::code).collect())
}
