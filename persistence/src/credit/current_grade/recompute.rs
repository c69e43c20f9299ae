//! Current grades recomputed only to compare them with what is kept.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};
use serde::Serialize;
use serde_json::{Map, Value};
use xinwu_domain::subject::{Cause, Subject, SubjectKind};
use xinwu_store::{Col, Conn, Result, StoreError, Tx};

use super::refresh::{CurrentGradeRow, ListRow};
use super::{owed, refresh, tally};
use crate::schema::{current_grade, list_entry};

/// Something that is kept and not what it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, QueryableByName)]
pub struct Difference {
    /// The table that keeps it, or `database`.
    #[diesel(sql_type = Text)]
    pub kept_in: String,
    /// The row: its key, parts separated by `/`. It never names who rated.
    #[diesel(sql_type = Text)]
    pub key: String,
    /// The column, or what else is wrong.
    #[diesel(sql_type = Text)]
    pub figure: String,
    /// What is kept; `None` for a row that is missing.
    #[diesel(sql_type = Nullable<Text>)]
    pub kept: Option<String>,
    /// What a recomputation gives; `None` for a row that should not be.
    #[diesel(sql_type = Nullable<Text>)]
    pub counted: Option<String>,
}

/// Rows by subject, table and key.
type StoredRows = BTreeMap<(Subject, &'static str, String), Map<String, Value>>;

/// How a part of a write ends that is always rolled back.
enum RolledBack {
    Recomputed(StoredRows),
    Failed(StoreError),
}

impl From<StoreError> for RolledBack {
    fn from(error: StoreError) -> RolledBack {
        RolledBack::Failed(error)
    }
}

/// Makes the subjects' current grades, lists, tallies and due work again as every write does, takes
/// it back, and gives the subjects for which that changed anything.
pub(crate) fn recompute(tx: &mut Tx<'_>, subjects: &[Subject]) -> Result<Vec<(Subject, Vec<Difference>)>> {
    let before = stored_rows(tx.conn, subjects)?;
    let outcome: std::result::Result<(), RolledBack> = tx.attempt(|tx| {
        let again: Vec<_> = subjects.iter().map(|subject| (subject.clone(), Cause::time())).collect();
        refresh::together(tx, &again)?;
        Err(RolledBack::Recomputed(stored_rows(tx.conn, subjects)?))
    });
    let after = match outcome {
        Err(RolledBack::Recomputed(after)) => after,
        Err(RolledBack::Failed(error)) => return Err(error),
        Ok(()) => return Err(StoreError::internal("a recompute was kept")),
    };
    let mut found: BTreeMap<Subject, Vec<Difference>> = BTreeMap::new();
    let keys: BTreeSet<_> = before.keys().chain(after.keys()).collect();
    for key in keys {
        let differences = compare(key.1, &key.2, before.get(key), after.get(key));
        if !differences.is_empty() {
            found.entry(key.0.clone()).or_default().extend(differences);
        }
    }
    Ok(found.into_iter().collect())
}

fn compare(
    table: &str,
    key: &str,
    before: Option<&Map<String, Value>>,
    after: Option<&Map<String, Value>>,
) -> Vec<Difference> {
    let difference = |figure: &str, kept: Option<String>, counted: Option<String>| Difference {
        kept_in: table.to_owned(),
        key: key.to_owned(),
        figure: figure.to_owned(),
        kept,
        counted,
    };
    let is_there = |row: Option<&Map<String, Value>>| row.map(|_| "there".to_owned());
    let (Some(before), Some(after)) = (before, after) else {
        return if before.is_some() == after.is_some() {
            Vec::new()
        } else {
            vec![difference("row", is_there(before), is_there(after))]
        };
    };
    let text = |value: Option<&Value>| match value {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) => Some(text.clone()),
        Some(other) => Some(other.to_string()),
    };
    // What a row does not keep, though it might, is counted where it is asked for: that is no
    // difference.
    let differs = |(figure, kept): (&String, &Value)| {
        let counted = after.get(figure);
        (counted != Some(kept)).then(|| difference(figure, text(Some(kept)), text(counted)))
    };
    before.iter().filter_map(differs).collect()
}

fn stored_rows(conn: &mut Conn, subjects: &[Subject]) -> Result<StoredRows> {
    let mut rows = StoredRows::new();
    for kind in [SubjectKind::Firm, SubjectKind::Project, SubjectKind::Manager] {
        let ids: Vec<String> = subjects
            .iter()
            .filter(|subject| subject.kind == kind)
            .map(|subject| subject.id.clone())
            .collect();
        if ids.is_empty() {
            continue;
        }
        let mut keep = |id: &str, table: &'static str, rest: &str, row: Map<String, Value>| {
            let key = format!("{kind}/{id}{rest}");
            rows.insert((Subject { kind, id: id.to_owned() }, table, key), row);
        };
        let current_grades: Vec<CurrentGradeRow> = current_grade::table
            .filter(current_grade::subject_kind.eq(Col(kind)))
            .filter(current_grade::subject_id.eq_any(&ids))
            .select(CurrentGradeRow::as_select())
            .load(conn)?;
        for row in &current_grades {
            keep(&row.subject_id, "current_grade", &format!("/{}", row.scheme), figures(row)?);
        }
        let lists: Vec<ListRow> = list_entry::table
            .filter(list_entry::subject_kind.eq(Col(kind)))
            .filter(list_entry::subject_id.eq_any(&ids))
            .select(ListRow::as_select())
            .load(conn)?;
        for row in &lists {
            keep(&row.subject_id, "list_entry", &format!("/{}/{}", row.list.0, row.scheme), figures(row)?);
        }
        for row in &tally::rows(conn, kind, &ids)? {
            keep(&row.subject_id, "tally", "", figures(row)?);
        }
        let instants = owed::instants(conn, kind, &ids)?;
        for (id, due_at) in &instants {
            keep(id, "due", "", Map::from_iter([("due_at".to_owned(), due_at.to_string().into())]));
        }
    }
    Ok(rows)
}

/// A row's columns by name.
fn figures(row: &impl Serialize) -> Result<Map<String, Value>> {
    match serde_json::to_value(row) {
        Ok(Value::Object(figures)) => Ok(figures),
        _ => Err(StoreError::internal("a row has no columns")),
    }
}
