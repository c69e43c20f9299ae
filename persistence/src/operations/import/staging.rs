//! Staging: rows of the file, as they were read, wait beside everything else; a second row about
//! the same thing is a fault.

use std::collections::HashMap;

use diesel::prelude::*;
use xinwu_domain::import::{FAULTS_KEPT, Row, RowFault};
use xinwu_domain::refusal::{FieldFault, Refusal};
use xinwu_domain::text::Text;
use xinwu_store::{Conn, Result, Tx, on_each};

use super::job::require_running;
use crate::registers::place::{from_json, to_json};
use crate::schema::{import, import_fault, import_row};

/// Some rows of the file, as they were read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Staged {
    /// The good ones with their lines.
    pub rows: Vec<(u64, Row)>,
    /// What is wrong with the others.
    pub faults: Vec<RowFault>,
    /// How many rows these are, good and bad.
    pub read: i32,
    /// How many of them are bad.
    pub bad: i32,
}

/// Stages some rows and notes the faults of others. Gives how many rows are bad so far.
///
/// # Errors
/// [`Refusal::Conflict`] when the job has ended.
pub fn stage(tx: &mut Tx<'_>, id: &str, staged: &Staged) -> Result<i32> {
    require_running(tx.conn, id)?;
    let keyed: Vec<(u64, String, &Row)> =
        staged.rows.iter().map(|(line, row)| (*line, row.key(), row)).collect();
    let mut first_lines = HashMap::new();
    for part in keyed.chunks(500) {
        let known: Vec<(String, i32)> = import_row::table
            .filter(import_row::import_id.eq(id))
            .filter(import_row::row_key.eq_any(part.iter().map(|(_, key, _)| key)))
            .select((import_row::row_key, import_row::line))
            .load(tx.conn)?;
        first_lines
            .extend(known.into_iter().map(|(key, line)| (key, u64::try_from(line).unwrap_or_default())));
    }
    let mut faults = Vec::new();
    let mut rows = Vec::with_capacity(keyed.len());
    let mut repeated = 0;
    for (line, key, row) in keyed {
        if let Some(first) = first_lines.get(&key) {
            repeated += 1;
            faults.push(RowFault {
                line,
                column: None,
                code: "duplicate_row".to_owned(),
                text: Text::new(
                    format!("与第{first}行重复"),
                    format!("is about the same as the row on line {first}"),
                ),
            });
            continue;
        }
        rows.push((
            import_row::import_id.eq(id),
            import_row::line.eq(stored_line(line)),
            import_row::row_key.eq(key.clone()),
            import_row::content.eq(to_json(row)?),
        ));
        first_lines.insert(key, line);
    }
    for part in rows.chunks(250) {
        let part = part.to_vec();
        on_each!(&mut *tx.conn, |conn| diesel::insert_into(import_row::table).values(&part).execute(conn))?;
    }
    faults.extend(staged.faults.iter().cloned());
    diesel::update(import::table.find(id))
        .set(import::rows_read.eq(import::rows_read + staged.read))
        .execute(tx.conn)?;
    note_bad(tx, id, staged.bad + repeated, &faults)?;
    Ok(import::table.find(id).select(import::rows_bad).first(tx.conn)?)
}

/// A file of over two thousand million lines is over every limit before that.
fn stored_line(line: u64) -> i32 {
    i32::try_from(line).unwrap_or(i32::MAX)
}

/// Counts bad rows, and notes what is wrong with them.
pub(super) fn note_bad(tx: &mut Tx<'_>, id: &str, bad: i32, faults: &[RowFault]) -> Result<()> {
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
            )
        })
        .collect();
    for part in rows.chunks(250) {
        let part = part.to_vec();
        on_each!(&mut *tx.conn, |conn| diesel::insert_into(import_fault::table).values(&part).execute(conn))?;
    }
    Ok(())
}

/// At most so many staged rows after a line.
pub(super) fn staged_after(conn: &mut Conn, id: &str, after: i32, most: i64) -> Result<Vec<(i32, Row)>> {
    let staged: Vec<(i32, String)> = import_row::table
        .filter(import_row::import_id.eq(id))
        .filter(import_row::line.gt(after))
        .order(import_row::line)
        .limit(most)
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
        | Refusal::Conflict { code, detail, .. }
        | Refusal::Unauthenticated { code, detail }
        | Refusal::TooMany { code, detail, .. } => vec![fault(None, code, detail)],
        Refusal::NotFound { what } => {
            vec![fault(None, "not_found", Refusal::not_found_text(what))]
        }
        Refusal::Stale => {
            let text = Text::new("内容已被他人修改", "It has changed meanwhile");
            vec![fault(None, "stale", text)]
        }
    }
}
