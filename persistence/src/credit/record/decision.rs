//! Which records stand for a decision: each from its submission on, until it is withdrawn or comes
//! back. Writes are serializable, so that of two at once the second finds the first.

use chrono::NaiveDate;
use diesel::prelude::*;
use xinwu_domain::access::Warrant;
use xinwu_domain::record::decision::{Named, decision, repeats};
use xinwu_domain::refusal::Refusal;
use xinwu_domain::text::Text;
use xinwu_store::{Conn, Result, Tx};

use super::{Row, read};
use crate::schema::{place, record, record_decision};

impl Row {
    fn decision(&self) -> Result<String> {
        let (uscc, project) = (self.uscc.as_deref(), self.project_id.as_deref());
        Ok(decision(uscc, project, &self.category, &self.document_number)?)
    }

    fn named(&self) -> Named<'_> {
        (self.project_id.as_deref(), self.manager_id.as_deref())
    }
}

/// The first of the other records that stand for the decision of this one.
pub(super) fn in_force_already(conn: &mut Conn, row: &Row) -> Result<Option<Row>> {
    let others: Vec<Row> = record_decision::table
        .inner_join(record::table.on(record::id.eq(record_decision::record_id)))
        .filter(record_decision::decision.eq(row.decision()?))
        .filter(record::id.ne(&row.id))
        .order(record::id)
        .select(Row::as_select())
        .load(conn)?;
    Ok(others.into_iter().find(|other| repeats(row.named(), other.named())))
}

/// # Errors
/// [`Refusal::Conflict`] where another record stands for the decision of this one.
pub(super) fn require_unrecorded(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    row: &Row,
    today: NaiveDate,
) -> Result<()> {
    match in_force_already(tx.conn, row)? {
        None => Ok(()),
        Some(first) => Err(already_recorded(tx, warrant, &first, today)?.into()),
    }
}

/// Lets a record stand for its decision, where it does not yet.
///
/// # Errors
/// As [`require_unrecorded`].
pub(super) fn claim(tx: &mut Tx<'_>, warrant: &Warrant, row: &Row, today: NaiveDate) -> Result<()> {
    require_unrecorded(tx, warrant, row, today)?;
    put(tx.conn, row)
}

/// A record that is given up or sent back stands for no decision.
pub(super) fn release(tx: &mut Tx<'_>, id: &str) -> Result<()> {
    diesel::delete(record_decision::table.filter(record_decision::record_id.eq(id))).execute(tx.conn)?;
    Ok(())
}

/// Names the record that stands, to who reads it; to others the place that answers for it.
pub(super) fn already_recorded(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    first: &Row,
    today: NaiveDate,
) -> Result<Refusal> {
    if !read::is_read_by(tx, warrant, first, today)? {
        let place: String = place::table.find(&first.place).select(place::name).first(tx.conn)?;
        let text = Text::new(
            format!("同一决定已由{place}的工作人员记录"),
            format!("The same decision is recorded already by officials of {place}"),
        );
        return Ok(Refusal::conflict("already_recorded", text));
    }
    let id = first.id.clone();
    let text = Text::new(
        format!("同一决定已记录，编号 {id}"),
        format!("The same decision is recorded already, as {id}"),
    );
    Ok(Refusal::repeats("already_recorded", text, id))
}

/// A record stands for a decision for which no other does.
pub(super) fn put(conn: &mut Conn, row: &Row) -> Result<()> {
    let decision = row.decision()?;
    let own = record_decision::table.find((&decision, &row.id));
    if own.count().get_result::<i64>(conn)? > 0 {
        return Ok(());
    }
    diesel::insert_into(record_decision::table)
        .values((record_decision::decision.eq(&decision), record_decision::record_id.eq(&row.id)))
        .execute(conn)?;
    Ok(())
}
