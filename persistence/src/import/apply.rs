//! Everything but households: all rows in one transaction, each by the use case of the single request, so that the rules are the same.

use diesel::prelude::*;
use xinwu_domain::access::Actor;
use xinwu_domain::import::{FAULTS_KEPT, ImportState, Row, RowFault};
use xinwu_domain::refusal::{FieldFault, Refusal};
use xinwu_domain::text::Text;

use super::{STEP, find, note_faults, registers, set_rows, set_state, settle};
use crate::place::from_json;
use crate::schema::{import, import_row};
use crate::{Conn, Result, StoreError, Tx};

/// What became of one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Created,
    Updated,
    Unchanged,
}

/// Counts of outcomes.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Counts {
    pub created: i32,
    pub updated: i32,
    pub unchanged: i32,
}

impl Counts {
    pub(super) fn add(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Created => self.created += 1,
            Outcome::Updated => self.updated += 1,
            Outcome::Unchanged => self.unchanged += 1,
        }
    }
}

/// What an import brings to each of its rows.
pub(super) struct Context<'a> {
    pub actor: &'a Actor,
    pub import_id: &'a str,
    pub today: &'a str,
    pub zone: chrono_tz::Tz,
}

/// Why the rows are taken back.
enum Stop {
    Dry(Counts),
    Bad { faults: Vec<RowFault>, rows: i32 },
    Error(StoreError),
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Stop {
        Stop::Error(error)
    }
}

/// Applies all staged rows, or none: then the bad ones are named. A dry run applies them too, and takes them back. `today` is the day in the city's
/// zone. Gives where the job stands then.
///
/// # Errors
/// Those of the database.
pub fn apply_whole(
    tx: &mut Tx<'_>,
    id: &str,
    actor: &Actor,
    today: &str,
    zone: chrono_tz::Tz,
) -> Result<ImportState> {
    let job = find(tx.conn, id)?;
    let kind = job.kind()?;
    let context = Context { actor, import_id: id, today, zone };
    tx.put_off_evaluations();
    let outcome = tx.attempt(|tx| {
        let counts = apply_rows(tx, &context)?;
        if job.dry_run { Err(Stop::Dry(counts)) } else { Ok(counts) }
    });
    let subjects = tx.take_put_off();
    match outcome {
        Ok(counts) => {
            set_rows(tx, id, counts.created, counts.updated, counts.unchanged)?;
            if !kind.is_batch() {
                return settle(tx, id, kind, &subjects);
            }
            // A batch that brings nothing new has nothing to confirm.
            let state = if counts.created + counts.updated == 0 {
                ImportState::Applied
            } else {
                ImportState::Submitted
            };
            set_state(tx, id, state)?;
            Ok(state)
        }
        Err(Stop::Dry(counts)) => {
            set_rows(tx, id, counts.created, counts.updated, counts.unchanged)?;
            set_state(tx, id, ImportState::Checked)?;
            Ok(ImportState::Checked)
        }
        Err(Stop::Bad { faults, rows }) => {
            note_faults(tx, id, &faults)?;
            diesel::update(import::table.find(id))
                .set(import::rows_bad.eq(import::rows_bad + rows))
                .execute(tx.conn)?;
            super::refuse(tx, id)?;
            Ok(ImportState::Refused)
        }
        Err(Stop::Error(error)) => Err(error),
    }
}

fn apply_rows(tx: &mut Tx<'_>, context: &Context<'_>) -> std::result::Result<Counts, Stop> {
    let mut counts = Counts::default();
    let (mut faults, mut bad) = (Vec::new(), 0);
    let mut after = 0;
    loop {
        let staged = staged_after(tx.conn, context.import_id, after)?;
        let Some((last, _)) = staged.last() else { break };
        after = *last;
        for (line, row) in staged {
            match tx.attempt(|tx| registers::apply(tx, context, &row)) {
                Ok(outcome) => counts.add(outcome),
                Err(StoreError::Refused(refusal)) => {
                    bad += 1;
                    if faults.len() < FAULTS_KEPT {
                        faults.extend(row_faults(line, refusal));
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
    }
    if bad > 0 { Err(Stop::Bad { faults, rows: bad }) } else { Ok(counts) }
}

/// The next staged rows after a line.
pub(super) fn staged_after(conn: &mut Conn, id: &str, after: i32) -> Result<Vec<(i32, Row)>> {
    let staged: Vec<(i32, String)> = import_row::table
        .filter(import_row::import_id.eq(id))
        .filter(import_row::line.gt(after))
        .order(import_row::line)
        .limit(STEP)
        .select((import_row::line, import_row::content))
        .load(conn)?;
    staged.into_iter().map(|(line, content)| Ok((line, from_json(&content)?))).collect()
}

/// A refusal of the single request, as faults of the row.
pub(super) fn row_faults(line: i32, refusal: Refusal) -> Vec<RowFault> {
    let line = u64::try_from(line).unwrap_or_default();
    let fault =
        |column: Option<String>, code: &str, text| RowFault { line, column, code: code.to_owned(), text };
    match refusal {
        Refusal::Invalid(faults) | Refusal::BadParameter(faults) => faults
            .into_iter()
            .map(|FieldFault { pointer, code, detail }| {
                // `/scores/service` is the column `service`, `/evidence/0` is `evidence`.
                let column = pointer
                    .rsplit('/')
                    .find(|part| !part.is_empty() && !part.bytes().all(|byte| byte.is_ascii_digit()));
                fault(column.map(str::to_owned), code, detail)
            })
            .collect(),
        Refusal::Forbidden { code, detail }
        | Refusal::Conflict { code, detail }
        | Refusal::Unauthenticated { code, detail }
        | Refusal::TooMany { code, detail, .. } => vec![fault(None, code, detail)],
        Refusal::NotFound { what } => {
            let text = Text::new(format!("没有找到（{what}）"), format!("No such {what}"));
            vec![fault(None, "not_found", text)]
        }
        Refusal::Stale => {
            let text = Text::new("内容已被他人修改", "It has changed meanwhile");
            vec![fault(None, "stale", text)]
        }
    }
}
