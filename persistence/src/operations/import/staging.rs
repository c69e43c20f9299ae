//! Staging: rows of the file, as they were read, wait beside everything else; a second row about
//! the same thing is a fault, and so is one that names what is not there.

use std::collections::HashMap;

use diesel::prelude::*;
use xinwu_domain::access::Warrant;
use xinwu_domain::import::{FAULTS_KEPT, ReadRow, Row, RowFault};
use xinwu_domain::refusal::{FieldFault, Refusal};
use xinwu_domain::text::Text;
use xinwu_store::{Conn, Result, Tx, on_each};

use super::job::require_running;
use super::references::References;
use crate::registers::place::{from_json, to_json};
use crate::schema::{import, import_fault, import_row};

/// Looks up what some rows of the file name, stages the good ones, and notes the faults of the
/// others. Gives how many rows are bad so far.
///
/// # Errors
/// [`Refusal::Conflict`] when the job has ended.
pub fn stage(tx: &mut Tx<'_>, id: &str, warrant: &Warrant, rows: &[ReadRow]) -> Result<i32> {
    require_running(tx.conn, id)?;
    let read = i32::try_from(rows.len()).unwrap_or(i32::MAX);
    let references = References::load(tx.conn, warrant, rows)?;
    let (mut good, mut faults, mut bad) = (Vec::new(), Vec::new(), 0);
    for row in rows {
        match referring(row, &references)? {
            Ok(found) => good.push((row.line, row.key.clone(), found.key(), found)),
            Err(found) => {
                bad += 1;
                faults.extend(found);
            }
        }
    }
    let mut first_lines = HashMap::new();
    for part in good.chunks(500) {
        let known: Vec<(String, i32)> = import_row::table
            .filter(import_row::import_id.eq(id))
            .filter(import_row::row_key.eq_any(part.iter().map(|(_, _, row_key, _)| row_key)))
            .select((import_row::row_key, import_row::line))
            .load(tx.conn)?;
        first_lines
            .extend(known.into_iter().map(|(key, line)| (key, u64::try_from(line).unwrap_or_default())));
    }
    let mut staged = Vec::with_capacity(good.len());
    for (line, key, row_key, row) in good {
        if let Some(first) = first_lines.get(&row_key) {
            bad += 1;
            faults.push(RowFault {
                line,
                key,
                column: None,
                code: "duplicate_row".to_owned(),
                text: Text::new(
                    format!("与第{first}行重复"),
                    format!("is about the same as the row on line {first}"),
                ),
            });
            continue;
        }
        staged.push((
            import_row::import_id.eq(id),
            import_row::line.eq(stored_line(line)),
            import_row::row_key.eq(row_key.clone()),
            import_row::content.eq(to_json(&row)?),
            import_row::shown_key.eq(key),
        ));
        first_lines.insert(row_key, line);
    }
    for part in staged.chunks(250) {
        let part = part.to_vec();
        on_each!(&mut *tx.conn, |conn| diesel::insert_into(import_row::table).values(&part).execute(conn))?;
    }
    diesel::update(import::table.find(id))
        .set(import::rows_read.eq(import::rows_read + read))
        .execute(tx.conn)?;
    note_bad(tx, id, bad, &faults)?;
    Ok(import::table.find(id).select(import::rows_bad).first(tx.conn)?)
}

/// The row with the ids of what it names, or everything that is wrong with it.
fn referring(read: &ReadRow, references: &References) -> Result<std::result::Result<Row, Vec<RowFault>>> {
    let (mut row, mut faults) = (read.row.clone(), read.faults.clone());
    let days = row.as_ref().and_then(Row::days);
    for reference in &read.references {
        match references.resolve(reference, days)? {
            Ok(None) => {}
            Ok(Some(id)) => {
                if let Some(row) = &mut row {
                    row.set_reference(reference.column, id);
                }
            }
            Err((code, text)) => faults.push(RowFault {
                line: read.line,
                key: read.key.clone(),
                column: Some(reference.column.to_owned()),
                code: code.to_owned(),
                text,
            }),
        }
    }
    Ok(row.filter(|_| faults.is_empty()).ok_or(faults))
}

/// A file of over two thousand million lines is over every limit before that.
fn stored_line(line: u64) -> i32 {
    i32::try_from(line).unwrap_or(i32::MAX)
}

/// Counts bad rows, and notes what is wrong with them.
pub fn note_bad(tx: &mut Tx<'_>, id: &str, bad: i32, faults: &[RowFault]) -> Result<()> {
    if bad == 0 {
        return Ok(());
    }
    diesel::update(import::table.find(id))
        .set(import::rows_bad.eq(import::rows_bad + bad))
        .execute(tx.conn)?;
    let kept: i64 = import_fault::table.filter(import_fault::import_id.eq(id)).count().get_result(tx.conn)?;
    let room = FAULTS_KEPT.saturating_sub(usize::try_from(kept).unwrap_or(FAULTS_KEPT));
    let rows: Vec<_> = faults
        .iter()
        .take(room)
        .map(|fault| {
            (
                import_fault::import_id.eq(id),
                import_fault::line.eq(stored_line(fault.line)),
                import_fault::column_name.eq(fault.column.as_deref()),
                import_fault::code.eq(&fault.code),
                import_fault::zh.eq(fault.text.zh.as_ref()),
                import_fault::en.eq(fault.text.en.as_ref()),
                import_fault::shown_key.eq(&fault.key),
            )
        })
        .collect();
    for part in rows.chunks(250) {
        let part = part.to_vec();
        on_each!(&mut *tx.conn, |conn| diesel::insert_into(import_fault::table).values(&part).execute(conn))?;
    }
    Ok(())
}

/// A staged row.
pub(super) struct StagedRow {
    /// Its number in the file.
    pub line: i32,
    /// The cells by which people know it.
    pub key: String,
    /// What it says.
    pub row: Row,
}

impl StagedRow {
    /// A refusal of the single request, as faults of the row.
    pub(super) fn faults(&self, refusal: Refusal) -> Vec<RowFault> {
        row_faults(self.line, &self.key, refusal)
    }
}

/// At most so many staged rows after a line.
pub(super) fn staged_after(conn: &mut Conn, id: &str, after: i32, most: i64) -> Result<Vec<StagedRow>> {
    let staged: Vec<(i32, String, String)> = import_row::table
        .filter(import_row::import_id.eq(id))
        .filter(import_row::line.gt(after))
        .order(import_row::line)
        .limit(most)
        .select((import_row::line, import_row::shown_key, import_row::content))
        .load(conn)?;
    staged
        .into_iter()
        .map(|(line, key, content)| Ok(StagedRow { line, key, row: from_json(&content)? }))
        .collect()
}

/// A refusal of the single request, as faults of the row.
pub(super) fn row_faults(line: i32, key: &str, refusal: Refusal) -> Vec<RowFault> {
    let line = u64::try_from(line).unwrap_or_default();
    let fault = |column: Option<String>, code: &str, text| RowFault {
        line,
        key: key.to_owned(),
        column,
        code: code.to_owned(),
        text,
    };
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
        // Of what takes two a register's rows are tried as if confirmed.
        other => {
            let (code, text) = other.in_short();
            vec![fault(None, code, text)]
        }
    }
}
