//! An assessment that a file brought is taken back.

use diesel::prelude::*;
use xinwu_domain::access::Warrant;
use xinwu_domain::assessment::RevisionState;
use xinwu_store::{Col, Result, Tx};

use super::objected::{follow, revoke};
use super::{Numbers, Row, read};
use crate::schema::assessment;

/// Ends an assessment, and puts what it replaced in force again, as a revision of its own. Gives
/// whether it did: not where another has come since, nor under an objection.
pub(crate) fn undo(tx: &mut Tx<'_>, warrant: &Warrant, id: &str, reason: &str) -> Result<bool> {
    let row: Option<Row> = assessment::table.find(id).select(Row::as_select()).first(tx.conn).optional()?;
    let Some(row) = row.filter(|row| row.state.0 == RevisionState::InForce) else { return Ok(false) };
    let key = row.key();
    let is_same = |other: &read::Disputed| (other.1.0, other.2.0) == (key.period, key.assessor);
    if read::disputed(tx.conn, &[&key.project])?.iter().any(is_same) {
        return Ok(false);
    }
    let replaced: Option<Row> = assessment::table
        .filter(assessment::project_id.eq(&row.project_id))
        .filter(assessment::period.eq(row.period))
        .filter(assessment::assessor.eq(row.assessor))
        .filter(assessment::state.eq(Col(RevisionState::Superseded)))
        .filter(assessment::known_until.eq(row.known_from))
        .order(assessment::revision.desc())
        .select(Row::as_select())
        .first(tx.conn)
        .optional()?;
    revoke(tx, id)?;
    let Some(replaced) = replaced else { return Ok(true) };
    let Numbers { revision, version } = Numbers::next(tx.conn, &key)?;
    let again = Row {
        id: tx.random.id(),
        state: Col(RevisionState::InForce),
        revision,
        correction_reason: Some(reason.to_owned()),
        by_account: warrant.account_id().to_owned(),
        known_from: Some(tx.now_utc()),
        known_until: None,
        import_id: None,
        updated_at: tx.now_utc(),
        confirmed_by: warrant.second().map(|second| second.account_id.clone()),
        version,
        ..replaced
    };
    diesel::insert_into(assessment::table).values(&again).execute(tx.conn)?;
    follow(tx, &again)?;
    Ok(true)
}
