//! Entries of the registers: those that a file changed hold again what they held before, and those
//! that it made are retired, each by the edit of its register, so that the rules are the same.

use diesel::dsl::exists;
use diesel::prelude::*;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use xinwu_domain::access::Operation;
use xinwu_domain::assessment::RevisionState;
use xinwu_domain::context::RequestContext;
use xinwu_domain::import::{ImportKind, NewUndo, RowOutcome};
use xinwu_domain::metric::MetricSubjectKind;
use xinwu_domain::proposal::Change;
use xinwu_domain::record::RecordState;
use xinwu_domain::refusal::Refusal;
use xinwu_domain::text::Text;
use xinwu_domain::version::Expected;
use xinwu_store::{Col, Conn, Result, StoreError, Tx};

use super::second::AuthorAndSecond;
use super::{Done, changed_since};
use crate::registers::authorized::hold;
use crate::registers::{estate, firm, manager, place, project};
use crate::schema::{account, assessment, household, metric, rating_increment, record, staff};

/// The version of an entry that nobody has changed since it was made.
const FIRST_VERSION: i64 = 1;

/// Takes back what a row did to its entry. Gives why it did not: the entry has changed since,
/// something hangs on it, the rules of today do not let it be what it was, or more than one has to
/// be asked about it.
pub(super) fn take_back(
    tx: &mut Tx<'_>,
    (two, kind): (&mut AuthorAndSecond, ImportKind),
    row: &Done,
    undo: &NewUndo,
    context: RequestContext,
) -> Result<Option<Text>> {
    let id: &str = &row.object;
    let is_new = row.outcome == RowOutcome::Created;
    if is_new && hangs_on(tx.conn, kind, id)? {
        return Ok(Some(changed_since()));
    }
    macro_rules! by {
        ($register:ident, $operation:ident) => {{
            let (now, version) = $register::get(tx.conn, id)?;
            let stands = if is_new { version == FIRST_VERSION } else { holds(&now, &row.changes)? };
            if !stands {
                return Ok(Some(changed_since()));
            }
            let author = two.author(Operation::$operation)?;
            let today = context.at(tx.now).today();
            let held = hold::<$register::Row>(tx, &author, id, &Expected::Any, today)?;
            let command = if is_new {
                json!({"retired": true, "reason": undo.reason})
            } else {
                former(kind, &row.changes, undo)
            };
            let command = read(command)?;
            two.change(tx, Operation::$operation, |tx, warrant| {
                $register::edit(tx, warrant, &held, &command, context).map(|_| ())
            })
        }};
    }
    let outcome = match kind {
        ImportKind::Places => by!(place, EditPlace),
        ImportKind::Firms => by!(firm, EditFirm),
        ImportKind::Estates => by!(estate, EditEstate),
        ImportKind::Projects => by!(project, EditProject),
        ImportKind::Managers => by!(manager, EditManager),
        _ => return Ok(Some(changed_since())),
    };
    match outcome {
        Ok(()) => Ok(None),
        // By the rules of today it cannot be what it was, or something rests on it.
        Err(StoreError::Refused(Refusal::Conflict { detail, .. })) => Ok(Some(detail)),
        Err(StoreError::Refused(Refusal::Invalid(faults))) => {
            Ok(Some(faults.into_iter().next().map_or_else(changed_since, |fault| fault.detail)))
        }
        Err(error) => Err(error),
    }
}

/// Whether something hangs on an entry that a file made: it is looked at by itself then, also where
/// the register would let it be retired. Of ratings only what is published says that they are
/// there.
fn hangs_on(conn: &mut Conn, kind: ImportKind, id: &str) -> Result<bool> {
    macro_rules! any {
        ($($rows:expr),+ $(,)?) => {{
            $(if diesel::select(exists($rows)).get_result::<bool>(conn)? {
                return Ok(true);
            })+
            Ok(false)
        }};
    }
    let records = [RecordState::Submitted, RecordState::InForce, RecordState::Repaired].map(Col);
    let counts = [RevisionState::Submitted, RevisionState::InForce].map(Col);
    let metrics = |kind: MetricSubjectKind| {
        metric::table
            .filter(metric::subject_kind.eq(Col(kind)))
            .filter(metric::subject_id.eq(id))
            .filter(metric::state.eq_any(counts))
    };
    match kind {
        ImportKind::Firms => any!(
            account::table.filter(account::uscc.eq(id)).filter(account::status.ne("deleted")),
            staff::table.filter(staff::uscc.eq(id)),
            record::table.filter(record::uscc.eq(id)).filter(record::state.eq_any(records)),
            metrics(MetricSubjectKind::Firm),
        ),
        ImportKind::Estates => {
            any!(household::table.filter(household::estate.eq(id)), metrics(MetricSubjectKind::Estate),)
        }
        ImportKind::Places => any!(metrics(MetricSubjectKind::Place)),
        ImportKind::Projects => any!(
            assessment::table.filter(assessment::project_id.eq(id)).filter(assessment::state.eq_any(counts)),
            record::table.filter(record::project_id.eq(id)).filter(record::state.eq_any(records)),
            rating_increment::table.filter(rating_increment::project_id.eq(id)),
            metrics(MetricSubjectKind::Project),
        ),
        ImportKind::Managers => any!(
            account::table.filter(account::manager_id.eq(id)).filter(account::status.ne("deleted")),
            record::table.filter(record::manager_id.eq(id)).filter(record::state.eq_any(records)),
            metrics(MetricSubjectKind::Manager),
        ),
        _ => Ok(false),
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
        if field == "retired_on" {
            edit.insert("retired".to_owned(), Value::Bool(!before.is_null()));
            continue;
        }
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
