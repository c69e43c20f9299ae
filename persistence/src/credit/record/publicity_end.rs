//! The day after a record's last public one: it is no longer shown, and the change feed says so.
//! Nothing is written to the record; what was read of it on its last day ends with that day by
//! itself, but a copy that follows the feed learns of it here alone.

use chrono::NaiveDate;
use diesel::dsl::min;
use diesel::prelude::*;
use xinwu_domain::entity::Entity;
use xinwu_domain::record::RecordState;
use xinwu_store::{Col, Conn, Result, Tx, setting};

use crate::schema::record;

/// The setting that holds the last day of which the feed has told that publicity ended with it.
const TOLD: &str = "publicity_told";

/// The first last day that was not told of yet. It may lie in the future.
pub(crate) fn next(conn: &mut Conn) -> Result<Option<NaiveDate>> {
    let told = setting::get(conn, TOLD)?.unwrap_or_default();
    let last: Option<Col<NaiveDate>> =
        record::table.filter(record::public_until.gt(told)).select(min(record::public_until)).first(conn)?;
    Ok(last.map(|last| last.0))
}

/// Tells that the records whose last public day it was are no longer shown.
pub(crate) fn tell(tx: &mut Tx<'_>, last: NaiveDate) -> Result<()> {
    let ids: Vec<String> = record::table
        .filter(record::public_until.eq(Col(last)))
        .filter(record::state.eq(Col(RecordState::InForce)))
        .order(record::id)
        .select(record::id)
        .load(tx.conn)?;
    ids.iter().for_each(|id| tx.changed(Entity::Record, id));
    setting::put(tx, TOLD, &last.to_string())
}
