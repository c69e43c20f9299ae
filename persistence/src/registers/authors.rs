//! Who wrote what waits for another person: who wrote last stands in the object, who did before
//! stands here. Whoever was ever an author of it does not confirm it.

use diesel::prelude::*;
use xinwu_domain::kind::Kind;
use xinwu_domain::word::Word;
use xinwu_store::{Conn, Result, Tx, on_each};

use crate::schema::{earlier_author, household};

/// Notes that another writes over what `account_id` wrote.
pub(crate) fn note_earlier(tx: &mut Tx<'_>, kind: Kind, id: &str, account_id: &str) -> Result<()> {
    let row = (
        earlier_author::object_kind.eq(kind.into_str()),
        earlier_author::object_id.eq(id),
        earlier_author::account_id.eq(account_id),
    );
    on_each!(&mut *tx.conn, |conn| diesel::insert_into(earlier_author::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(conn))?;
    Ok(())
}

/// Notes that somebody changes these households by a file: those that wait are no longer of their
/// author alone.
pub(crate) fn note_of_households(tx: &mut Tx<'_>, ids: &[&str], account_id: &str) -> Result<()> {
    let waiting: Vec<String> = household::table
        .filter(household::id.eq_any(ids))
        .filter(household::waits)
        .select(household::id)
        .load(tx.conn)?;
    for id in waiting {
        note_earlier(tx, Kind::Household, &id, account_id)?;
    }
    Ok(())
}

/// The accounts of those who wrote it before the last one.
pub(crate) fn earlier(conn: &mut Conn, kind: Kind, id: &str) -> Result<Vec<String>> {
    Ok(earlier_author::table
        .filter(earlier_author::object_kind.eq(kind.into_str()))
        .filter(earlier_author::object_id.eq(id))
        .select(earlier_author::account_id)
        .load(conn)?)
}

/// The ids of the objects of `$kind` that one of the accounts `$person` wrote earlier, for a query
/// to leave out.
macro_rules! written_earlier_by {
    ($kind:expr, $person:expr) => {{
        use diesel::prelude::*;
        use xinwu_domain::word::Word;
        use $crate::schema::earlier_author;
        earlier_author::table
            .filter(earlier_author::object_kind.eq($kind.into_str()))
            .filter(earlier_author::account_id.eq_any($person))
            .select(earlier_author::object_id)
    }};
}
pub(crate) use written_earlier_by;
