//! What a file did is taken back: what it put in force ends, what it replaced is in force again,
//! what it changed in the registers is as it was, and what it made there is retired. Nothing that
//! was published is rewritten: each is a change of today.

mod households;
mod registers;
mod second;

use std::collections::BTreeSet;

use diesel::prelude::*;
use serde_json::json;
use xinwu_domain::access::{Operation, Warrant};
use xinwu_domain::context::RequestContext;
use xinwu_domain::entity::Entity;
use xinwu_domain::import::{ImportJob, ImportKind, ImportState, NewUndo, RowOutcome};
use xinwu_domain::kind::Kind;
use xinwu_domain::notice::NoticeKind;
use xinwu_domain::proposal::Change;
use xinwu_domain::refusal::{FieldFault, Refusal};
use xinwu_domain::screen::require_showable;
use xinwu_domain::text::Text;
use xinwu_store::{Col, Conn, Result, Tx};

use self::second::{AuthorAndSecond, on_trial};
use super::STEP;
use super::job::{JobRow, require_may_import};
use super::shown::{MOST_NAMED, pointer};
use crate::credit::{assessment, metric, record};
use crate::people::notice::{NewNotice, tell};
use crate::registers::authorized::Authorized;
use crate::registers::place::from_json;
use crate::registers::second_person::{self, Asked};
use crate::schema::{import, import_row};

pub(crate) use second::require_may_second;

/// Takes back what a file did, which takes two people.
///
/// # Errors
/// [`Refusal::Conflict`] where it did nothing, or cannot be taken back as one; [`Refusal::Rows`]
/// with the rows on which something rests; [`Refusal::SecondNeeded`]; [`Refusal::Forbidden`] where
/// the second person is not of the district of a firm that would be asked about a row by itself.
pub fn undo(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    job: &Authorized<JobRow>,
    undo: &NewUndo,
    context: RequestContext,
) -> Result<(ImportJob, i64)> {
    require_may_import(warrant, job.kind.0)?;
    require_showable("/reason", undo.reason.as_str())?;
    require_in_effect(job)?;
    let count = require_done(tx.conn, job)?;
    let TakenBack { resting, firms } = take_back(tx, warrant, job, undo, context)?;
    refuse_if_any(resting)?;
    diesel::update(import::table.find(&job.id))
        .set((
            import::undone_at.eq(tx.now_utc()),
            import::undone_by.eq(warrant.account_id()),
            import::version.eq(import::version + 1),
        ))
        .execute(tx.conn)?;
    tx.changed(Entity::Import, &job.id);
    let detail = json!({"kind": job.kind.0, "rows": count, "reason": undo.reason});
    tx.audit(warrant, Kind::Import, &job.id, &detail)?;
    tell(tx, &job.by_account, &NewNotice::new(NoticeKind::ImportUndone, &job.id).because(&undo.reason))?;
    let asked = Asked {
        hidden_changes: second::changes(tx.conn, job, &firms)?,
        ..Asked::of(Kind::Import, &job.id, job.version, Some(&undo.reason), &undo.evidence)
    };
    second_person::require(warrant, asked, (None, &()), &[])?;
    super::decision::shown(tx, &job.id, context.language)
}

fn require_in_effect(job: &JobRow) -> Result<()> {
    let text = match (job.kind.0, job.state.0) {
        _ if job.undone_at.is_some() => Text::new("该导入已撤销", "What it did was taken back already"),
        // Phones are not kept beyond the lists in which they stand, nor which of them a file
        // listed.
        (ImportKind::Staff, _) => Text::new(
            "员工名单不保留导入前的内容，不能整批撤销：请重新提交同一文件，并将“是否离职”一列反向填写",
            "Of lists of staff it is not kept what a file changed: send the same file again with the column left turned round",
        ),
        (_, ImportState::Confirmed | ImportState::Applied) => return Ok(()),
        _ => Text::new("该导入未写入任何内容", "It has done nothing"),
    };
    Err(Refusal::wrong_state(job.situation(), text).into())
}

/// How many rows did something.
fn require_done(conn: &mut Conn, job: &JobRow) -> Result<i64> {
    let count = if job.kind.0 == ImportKind::Households { job.rows_changed() } else { kept(conn, job)? };
    if count > 0 {
        return Ok(count);
    }
    let text = Text::new("该导入没有可撤销的行", "It has no rows that could be taken back");
    Err(Refusal::wrong_state(job.situation().without(Operation::UndoImport), text).into())
}

/// Rows that are kept and did something.
fn kept(conn: &mut Conn, job: &JobRow) -> Result<i64> {
    let rows = import_row::table
        .filter(import_row::import_id.eq(&job.id))
        .filter(import_row::outcome.ne(Col(RowOutcome::Unchanged)))
        .filter(import_row::object_id.is_not_null());
    Ok(rows.count().get_result(conn)?)
}

/// What came of taking a file back.
#[derive(Default)]
struct TakenBack {
    /// The lines that cannot be taken back, with the reason: then nothing is.
    resting: Vec<(i32, Text)>,
    /// The firms that would be asked about a row by itself.
    firms: BTreeSet<String>,
}

/// Takes back what a file did, as far as nothing rests on it.
fn take_back(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    job: &JobRow,
    undo: &NewUndo,
    context: RequestContext,
) -> Result<TakenBack> {
    let trial = on_trial(warrant);
    // A batch is taken back as it was confirmed, by few statements: it may have 50,000 rows.
    let batch = (job.id.as_str(), job.finished_at);
    let resting = match job.kind.0 {
        ImportKind::Records => record::revoke_batch(tx, &trial, &job.id, undo, context)?,
        ImportKind::Assessments => assessment::revoke_batch(tx, &trial, batch, &undo.reason)?,
        ImportKind::Metrics => metric::revoke_batch(tx, &trial, batch)?,
        ImportKind::Households => return households::take_back(tx, job).map(|()| TakenBack::default()),
        kind => return take_back_entries(tx, (warrant, kind), job, undo, context),
    };
    Ok(TakenBack { resting: lines_of(tx.conn, job, &resting)?, ..TakenBack::default() })
}

/// What a row did to an entry of a register.
struct Done {
    line: i32,
    outcome: RowOutcome,
    object: String,
    changes: Vec<Change>,
}

/// Takes back the rows of a register's file, the last first: what hangs on another row comes after
/// that one.
fn take_back_entries(
    tx: &mut Tx<'_>,
    (warrant, kind): (&Warrant, ImportKind),
    job: &JobRow,
    undo: &NewUndo,
    context: RequestContext,
) -> Result<TakenBack> {
    let mut two = AuthorAndSecond::of(tx.conn, warrant)?;
    let (mut resting, mut before) = (Vec::new(), i32::MAX);
    loop {
        let rows = done_before(tx.conn, job, before)?;
        let Some(last) = rows.last() else { return Ok(TakenBack { resting, firms: two.firms }) };
        before = last.line;
        for row in rows {
            if let Some(why) = registers::take_back(tx, (&mut two, kind), &row, undo, context)? {
                resting.push((row.line, why));
            }
        }
    }
}

/// Some of the rows that did something, those before a line, the last first.
fn done_before(conn: &mut Conn, job: &JobRow, line: i32) -> Result<Vec<Done>> {
    type Stored = (i32, Col<RowOutcome>, String, Option<String>);
    let rows: Vec<Stored> = import_row::table
        .filter(import_row::import_id.eq(&job.id))
        .filter(import_row::line.lt(line))
        .filter(import_row::outcome.ne(Col(RowOutcome::Unchanged)))
        .filter(import_row::object_id.is_not_null())
        .order(import_row::line.desc())
        .limit(STEP)
        .select((
            import_row::line,
            import_row::outcome.assume_not_null(),
            import_row::object_id.assume_not_null(),
            import_row::changes,
        ))
        .load(conn)?;
    let read = |(line, outcome, object, changes): Stored| {
        let changes = changes.as_deref().map(from_json).transpose()?.unwrap_or_default();
        Ok(Done { line, outcome: outcome.0, object, changes })
    };
    rows.into_iter().map(read).collect()
}

/// The lines that brought these objects, as many as a refusal names.
fn lines_of(conn: &mut Conn, job: &JobRow, objects: &BTreeSet<String>) -> Result<Vec<(i32, Text)>> {
    let mut lines = Vec::new();
    for part in objects.iter().collect::<Vec<_>>().chunks(500) {
        let found: Vec<i32> = import_row::table
            .filter(import_row::import_id.eq(&job.id))
            .filter(import_row::object_id.eq_any(part.iter().copied()))
            .select(import_row::line)
            .load(conn)?;
        lines.extend(found.into_iter().map(|line| (line, changed_since())));
    }
    Ok(lines)
}

fn changed_since() -> Text {
    Text::new("该行之后又有变动", "something has come of it since")
}

/// # Errors
/// [`Refusal::Rows`] where something rests on a line.
fn refuse_if_any(mut resting: Vec<(i32, Text)>) -> Result<()> {
    if resting.is_empty() {
        return Ok(());
    }
    resting.sort_unstable_by_key(|(line, _)| *line);
    resting.truncate(MOST_NAMED);
    let fault = |(line, why)| FieldFault::new(pointer(line), "rests_on", why);
    let faults = resting.into_iter().map(fault).collect();
    let detail = Text::new(
        "文件中有的行不能撤销，整批未作任何改动",
        "Some rows of the file cannot be taken back, so that nothing was",
    );
    Err(Refusal::Rows { code: "rests_on", detail, faults }.into())
}
