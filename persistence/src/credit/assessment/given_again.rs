//! What was sent back shortly before its period closed is given again in time: nobody loses a
//! quarter by one confirmer's last minute.

use diesel::prelude::*;
use xinwu_domain::access::Warrant;
use xinwu_domain::assessment::{AssessmentKey, NewAssessment, RevisionState, may_be_given_again};
use xinwu_domain::calendar::day_of;
use xinwu_domain::context::RequestContext;
use xinwu_store::{Col, Result, Tx};

use super::Row;
use crate::schema::assessment;
use crate::working_days::working_days;

/// Whether this gives again what was sent back to its author, and is no correction: it then waits
/// for its place's batch as before the close.
pub(super) fn is_given_again(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    key: &AssessmentKey,
    new: &NewAssessment,
    context: RequestContext,
) -> Result<bool> {
    if new.correction_reason.is_some() || warrant.is_operator() {
        return Ok(false);
    }
    let latest: Option<Row> = assessment::table
        .filter(assessment::project_id.eq(&key.project))
        .filter(assessment::period.eq(Col(key.period)))
        .filter(assessment::assessor.eq(Col(key.assessor)))
        .order(assessment::version.desc())
        .select(Row::as_select())
        .first(tx.conn)
        .optional()?;
    // Of one that another took the place of while it waited, that one is the latest.
    let is_returned = |row: &Row| {
        row.state.0 == RevisionState::Withdrawn
            && row.import_id.is_none()
            && row.by_account == warrant.account_id()
    };
    let Some(row) = latest.filter(is_returned) else { return Ok(false) };
    let returned_on = day_of(row.updated_at.and_utc(), context.zone());
    Ok(may_be_given_again(returned_on, day_of(tx.now, context.zone()), working_days()?))
}
