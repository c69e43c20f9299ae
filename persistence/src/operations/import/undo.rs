//! What a file did is taken back: what it put in force ends, what it replaced is in force again,
//! and what it changed in the registers is as it was. Nothing that was published is rewritten: each
//! is a change of today.

use diesel::prelude::*;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use xinwu_domain::access::{Operation, Seconded, Warrant};
use xinwu_domain::context::RequestContext;
use xinwu_domain::entity::Entity;
use xinwu_domain::import::{ImportJob, ImportKind, ImportState, NewUndo, RowOutcome};
use xinwu_domain::kind::Kind;
use xinwu_domain::notice::NoticeKind;
use xinwu_domain::proposal::Change;
use xinwu_domain::refusal::{FieldFault, Refusal};
use xinwu_domain::screen::require_showable;
use xinwu_domain::text::Text;
use xinwu_domain::version::Expected;
use xinwu_store::{Col, Result, StoreError, Tx};

use super::job::{JobRow, require_may_import};
use super::shown::{MOST_NAMED, pointer};
use crate::credit::{assessment, metric, record};
use crate::people::notice::{Told, tell};
use crate::registers::authorized::{Authorized, hold};
use crate::registers::place::from_json;
use crate::registers::second_person::{self, Asked};
use crate::registers::{estate, firm, place, project};
use crate::schema::{import, import_row};

/// Rows that one write takes back.
const MOST_ROWS: usize = 5_000;

/// Takes back what a file did, which takes two people.
///
/// # Errors
/// [`Refusal::Conflict`] where it did nothing, or cannot be taken back as one; [`Refusal::Rows`]
/// with the rows on which something rests; [`Refusal::SecondNeeded`].
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
    let rows = done(tx, job)?;
    let count = rows.len();
    take_back(tx, warrant, job, rows, undo, context)?;
    diesel::update(import::table.find(&job.id))
        .set((
            import::undone_at.eq(tx.now_utc()),
            import::undone_by.eq(warrant.account_id()),
            import::version.eq(import::version + 1),
        ))
        .execute(tx.conn)?;
    tx.changed(Entity::Import, &job.id);
    let detail = json!({"kind": job.kind.0, "rows": count, "reason": undo.reason});
    tx.audit(warrant, "undo_import", Kind::Import, &job.id, &detail)?;
    tell(tx, &job.by_account, &Told::new(NoticeKind::ImportUndone, &job.id).because(&undo.reason))?;
    let all = Change { field: "rows".to_owned(), before: json!(count), after: json!(0) };
    let asked = Asked {
        hidden_changes: vec![all],
        ..Asked::of(Kind::Import, &job.id, job.version, Some(&undo.reason), &undo.evidence)
    };
    second_person::require(warrant, asked, (None, &()), &[])?;
    super::decision::shown(tx, &job.id, context.language)
}

fn require_in_effect(job: &JobRow) -> Result<()> {
    let text = match (job.kind.0, job.state.0) {
        _ if job.undone_at.is_some() => Text::new("该导入已撤销", "What it did was taken back already"),
        // Phones are not kept beyond the lists in which they stand.
        (ImportKind::Staff | ImportKind::Households, _) => Text::new(
            "员工名单和住户名册不能整批撤销，请另行提交更正文件",
            "Lists of staff and rosters are not taken back as one: send a file that corrects them",
        ),
        (_, ImportState::Confirmed | ImportState::Applied) => return Ok(()),
        _ => Text::new("该导入未写入任何内容", "It has done nothing"),
    };
    Err(Refusal::conflict("wrong_state", text).into())
}

/// What a row did.
struct Done {
    line: i32,
    outcome: RowOutcome,
    object: String,
    changes: Vec<Change>,
}

/// What the rows did, the last first: what hangs on another row comes after that one.
fn done(tx: &mut Tx<'_>, job: &JobRow) -> Result<Vec<Done>> {
    type Stored = (i32, Col<RowOutcome>, String, Option<String>);
    let rows: Vec<Stored> = import_row::table
        .filter(import_row::import_id.eq(&job.id))
        .filter(import_row::outcome.ne(Col(RowOutcome::Unchanged)))
        .filter(import_row::object_id.is_not_null())
        .order(import_row::line.desc())
        .limit(i64::try_from(MOST_ROWS).unwrap_or(i64::MAX) + 1)
        .select((
            import_row::line,
            import_row::outcome.assume_not_null(),
            import_row::object_id.assume_not_null(),
            import_row::changes,
        ))
        .load(tx.conn)?;
    let text = if rows.is_empty() {
        Text::new("该导入没有可撤销的行", "It has no rows that could be taken back")
    } else if rows.len() > MOST_ROWS {
        Text::new(
            format!("超过{MOST_ROWS}行的文件不能整批撤销"),
            format!("A file of over {MOST_ROWS} rows is not taken back as one"),
        )
    } else {
        let read = |(line, outcome, object, changes): Stored| {
            let changes = changes.as_deref().map(from_json).transpose()?.unwrap_or_default();
            Ok::<Done, StoreError>(Done { line, outcome: outcome.0, object, changes })
        };
        return rows.into_iter().map(read).collect();
    };
    Err(Refusal::conflict("wrong_state", text).into())
}

fn take_back(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    job: &JobRow,
    rows: Vec<Done>,
    undo: &NewUndo,
    context: RequestContext,
) -> Result<()> {
    // The second person is asked once, for all of them.
    let nobody = Seconded { account_id: String::new(), proposal: String::new() };
    let trial = if warrant.is_seconded() { warrant.clone() } else { warrant.clone().seconded(nobody) };
    let mut faults = Vec::new();
    if job.kind.0 == ImportKind::Records {
        let standing = record::revoke_batch(tx, &trial, &job.id, &undo.reason)?;
        faults.extend(rows.iter().filter(|row| standing.contains(&row.object)).map(|row| rests_on(row.line)));
        return refuse_if_any(faults);
    }
    for row in rows {
        let is_undone = match job.kind.0 {
            ImportKind::Assessments => assessment::undo(tx, &trial, &row.object, &undo.reason)?,
            ImportKind::Metrics => metric::undo(tx, &trial, &row.object)?,
            kind => match row.outcome {
                RowOutcome::Updated => put_back(tx, (&trial, kind), &row, undo, context)?,
                _ => {
                    faults.push(made_new(row.line));
                    continue;
                }
            },
        };
        if !is_undone {
            faults.push(rests_on(row.line));
        }
    }
    refuse_if_any(faults)
}

/// Gives an entry of a register back what it held before, where it still holds what the file gave
/// it.
fn put_back(
    tx: &mut Tx<'_>,
    (warrant, kind): (&Warrant, ImportKind),
    row: &Done,
    undo: &NewUndo,
    context: RequestContext,
) -> Result<bool> {
    let id = row.object.as_str();
    macro_rules! by {
        ($register:ident, $operation:ident) => {{
            let (now, _) = $register::get(tx.conn, id)?;
            if !holds(&now, &row.changes)? {
                return Ok(false);
            }
            let warrant = warrant.also(Operation::$operation)?;
            let today = context.at(tx.now).today();
            let held = hold::<$register::Row>(tx, &warrant, id, &Expected::Any, today)?;
            let command = read(former(kind, &row.changes, undo))?;
            $register::edit(tx, &warrant, &held, &command, context).map(|_| ())
        }};
    }
    let outcome = match kind {
        ImportKind::Places => by!(place, EditPlace),
        ImportKind::Firms => by!(firm, EditFirm),
        ImportKind::Estates => by!(estate, EditEstate),
        ImportKind::Projects => by!(project, EditProject),
        _ => return Ok(false),
    };
    match outcome {
        Ok(()) => Ok(true),
        // By the rules of today it cannot be what it was.
        Err(StoreError::Refused(Refusal::Conflict { .. } | Refusal::Invalid(_))) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Whether a view holds what these changes gave it.
fn holds<V: serde::Serialize>(view: &V, changes: &[Change]) -> Result<bool> {
    let view = serde_json::to_value(view).map_err(|error| StoreError::internal(error.to_string()))?;
    Ok(changes.iter().all(|change| view.get(&change.field).unwrap_or(&Value::Null) == &change.after))
}

/// The edit that puts back what was before: what a view names by an object, an edit names by its
/// code or id.
fn former(kind: ImportKind, changes: &[Change], undo: &NewUndo) -> Value {
    let mut edit = Map::new();
    for Change { field, before, .. } in changes {
        let named = ["code", "uscc", "id"].into_iter().find_map(|key| before.get(key));
        edit.insert(field.clone(), named.unwrap_or(before).clone());
        match (field.as_str(), kind) {
            // The name that the file gave was never the right one.
            ("name", _) => {
                edit.insert("correction".to_owned(), Value::Bool(true));
            }
            ("parent", ImportKind::Firms) => {
                if let Some(since) = before.get("since") {
                    edit.insert("parent_since".to_owned(), since.clone());
                }
            }
            ("area_m2" | "households", ImportKind::Projects) => {
                edit.insert("area_reason".to_owned(), undo.reason.clone().into());
            }
            _ => {}
        }
    }
    edit.insert("reason".to_owned(), undo.reason.clone().into());
    Value::Object(edit)
}

fn read<C: DeserializeOwned>(command: Value) -> Result<C> {
    serde_json::from_value(command)
        .map_err(|error| StoreError::internal(format!("what was before cannot be asked for: {error}")))
}

fn rests_on(line: i32) -> FieldFault {
    let text = Text::new("该行之后又有变动", "something has come of it since");
    FieldFault::new(pointer(line), "rests_on", text)
}

fn made_new(line: i32) -> FieldFault {
    let text = Text::new(
        "该行新增的登记不能随文件撤销，请逐条办理",
        "the entry that it made stays in the register: see to it by itself",
    );
    FieldFault::new(pointer(line), "made_new", text)
}

fn refuse_if_any(mut faults: Vec<FieldFault>) -> Result<()> {
    if faults.is_empty() {
        return Ok(());
    }
    faults.truncate(MOST_NAMED);
    let detail = Text::new(
        "文件中有的行不能撤销，整批未作任何改动",
        "Some rows of the file cannot be taken back, so that nothing was",
    );
    Err(Refusal::Rows { code: "rests_on", detail, faults }.into())
}
