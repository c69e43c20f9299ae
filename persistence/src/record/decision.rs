//! Which record stands for a decision. Writes are serializable, so that of two at once the second
//! finds the first.

use diesel::prelude::*;
use xinwu_domain::record::decision::decision;
use xinwu_domain::refusal::Refusal;
use xinwu_domain::text::Text;

use super::Row;
use crate::schema::{record, record_decision};
use crate::{Conn, Result, Tx};

impl Row {
    pub(super) fn decision(&self) -> Result<String> {
        let (project, manager) = (self.project_id.as_deref(), self.manager_id.as_deref());
        Ok(decision(self.uscc.as_deref(), project, manager, &self.category, &self.document_number)?)
    }
}

/// The record that stands for a decision.
pub(super) fn standing(conn: &mut Conn, decision: &str) -> Result<Option<String>> {
    Ok(record_decision::table.find(decision).select(record_decision::record_id).first(conn).optional()?)
}

/// Lets a record stand for its decision.
///
/// # Errors
/// [`Refusal::Conflict`] with the id of the record that stands for it already.
pub(super) fn claim(tx: &mut Tx<'_>, row: &Row) -> Result<()> {
    let decision = row.decision()?;
    match standing(tx.conn, &decision)? {
        None => put(tx.conn, &decision, &row.id),
        Some(own) if own == row.id => Ok(()),
        Some(first) => Err(already_recorded(first).into()),
    }
}

/// A record that is given up, or about to say something else, stands for no decision.
pub(super) fn release(tx: &mut Tx<'_>, id: &str) -> Result<()> {
    diesel::delete(record_decision::table.filter(record_decision::record_id.eq(id))).execute(tx.conn)?;
    Ok(())
}

pub(super) fn already_recorded(first: String) -> Refusal {
    let text = Text::new(
        format!("同一决定已记录，编号 {first}"),
        format!("The same decision is recorded already, as {first}"),
    );
    Refusal::repeats("already_recorded", text, first)
}

/// A record stands for a decision for which none does.
pub(super) fn put(conn: &mut Conn, decision: &str, id: &str) -> Result<()> {
    diesel::insert_into(record_decision::table)
        .values((record_decision::decision.eq(decision), record_decision::record_id.eq(id)))
        .execute(conn)?;
    Ok(())
}

/// Lets the records of a database that was made before stand for their decisions, the earliest of
/// each. It does nothing where any does.
pub(crate) fn fill(conn: &mut Conn) -> Result<()> {
    if record_decision::table.count().get_result::<i64>(conn)? > 0 {
        return Ok(());
    }
    conn.transaction(|conn| {
        let mut after = String::new();
        loop {
            let rows: Vec<Row> = record::table
                .filter(record::state.ne("withdrawn"))
                .filter(record::id.gt(&after))
                .order(record::id)
                .limit(500)
                .select(Row::as_select())
                .load(conn)?;
            let Some(last) = rows.last() else { return Ok(()) };
            after.clone_from(&last.id);
            for row in &rows {
                // A number with nothing to compare was taken before: it repeats nothing.
                let Ok(decision) = row.decision() else { continue };
                if standing(conn, &decision)?.is_none() {
                    put(conn, &decision, &row.id)?;
                }
            }
        }
    })
}
