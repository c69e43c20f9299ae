//! A resident leaves: which voices go, and which stay without a name.

use diesel::prelude::*;

use super::{Delta, Row, is_closed, month_of, rated_project, shift, silence};
use crate::schema::rating;
use crate::{Result, Tx, setting};

/// Takes back an account's voices of months that are still open and leaves the others as they are, each under a name of its own that is nobody's.
///
/// "One person one voice per project and month": whoever deletes the account can sign up with the same phone a minute later, and nothing is kept by which to know
/// the person again. A voice that stayed in an open month could be joined there by a second one, given for another dwelling; so it goes, and the person
/// may give it again. Of a closed month nobody can speak any more: its voices stay counted.
pub(crate) fn leave(tx: &mut Tx<'_>, account_id: &str) -> Result<()> {
    let zone = setting::city(tx.conn)?.zone;
    let rows: Vec<Row> =
        rating::table.filter(rating::account_id.eq(account_id)).select(Row::as_select()).load(tx.conn)?;
    for row in rows {
        let speaks = matches!(row.state.as_str(), "counted" | "held" | "rejected");
        if speaks && !is_closed(tx, zone, month_of(&row.month)?)? {
            let mut delta = Delta::default();
            delta.remove(&row.voice(), row.weight());
            delta.apply(tx, &row.project_id, &row.month)?;
            silence(tx, &row, "withdrawn")?;
            let project = rated_project(tx.conn, &row.project_id)?;
            shift(tx, &project, &delta)?;
        }
        let nobody = tx.nobody();
        diesel::update(rating::table.find(&row.id)).set(rating::account_id.eq(nobody)).execute(tx.conn)?;
    }
    Ok(())
}
