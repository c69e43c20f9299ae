//! The clocks of records that were submitted: by when they are to be confirmed, and whether they
//! came late.

use std::collections::HashMap;

use chrono::NaiveDate;
use diesel::prelude::*;
use xinwu_store::{Col, Conn, Result, Tx};

use crate::credit::procedure::Clocks;
use crate::schema::record_clock;

/// Starts them again.
pub(super) fn start(tx: &mut Tx<'_>, id: &str, clocks: Clocks) -> Result<()> {
    diesel::delete(record_clock::table.find(id)).execute(tx.conn)?;
    diesel::insert_into(record_clock::table)
        .values((
            record_clock::record_id.eq(id),
            record_clock::confirm_due_on.eq(clocks.confirm_due_on.map(Col)),
            record_clock::recorded_late.eq(clocks.recorded_late),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// Some records' clocks, by id; one that was never submitted has none.
pub(super) fn of(conn: &mut Conn, ids: &[&str]) -> Result<HashMap<String, Clocks>> {
    let rows: Vec<(String, Option<Col<NaiveDate>>, bool)> =
        record_clock::table.filter(record_clock::record_id.eq_any(ids)).load(conn)?;
    Ok(rows
        .into_iter()
        .map(|(id, due_on, recorded_late)| {
            (id, Clocks { confirm_due_on: due_on.map(|day| day.0), recorded_late })
        })
        .collect())
}
