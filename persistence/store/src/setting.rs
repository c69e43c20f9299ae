//! Small facts about this database, by name.

use diesel::prelude::*;

use crate::schema::setting;
use crate::{Conn, Result, Tx, on_each};

/// One fact.
pub fn get(conn: &mut Conn, name: &str) -> Result<Option<String>> {
    let found = setting::table.find(name).select(setting::value).get_result(conn);
    Ok(found.optional()?)
}

/// Keeps one fact.
pub fn put(tx: &mut Tx<'_>, name: &str, value: &str) -> Result<()> {
    on_each!(&mut *tx.conn, |conn| diesel::insert_into(setting::table)
        .values((setting::name.eq(name), setting::value.eq(value)))
        .on_conflict(setting::name)
        .do_update()
        .set(setting::value.eq(value))
        .execute(conn))?;
    Ok(())
}
