//! What every step of a case has in common: who may take it, whether the case stands so, and what
//! is written down and answered.

use serde_json::{Value, json};
use xinwu_domain::access::{Role, Warrant};
use xinwu_domain::case::clock::ClockState;
use xinwu_domain::case::{CaseView, require_side};
use xinwu_domain::context::RequestContext;
use xinwu_store::{Result, Tx};

use super::alone::catch_up;
use super::party::sides;
use super::row::Row;
use super::view;
use super::whole::Whole;
use crate::registers::authorized::{Authorized, note};

/// A case that whoever asks may take the warrant's step with, now, and how its clock stands.
///
/// # Errors
/// [`Refusal::Forbidden`](xinwu_domain::refusal::Refusal::Forbidden) for who is not the side whose
/// step it is, then [`Refusal::Conflict`](xinwu_domain::refusal::Refusal::Conflict) `wrong_state`.
pub(super) fn begin(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    row: &Authorized<Row>,
    context: RequestContext,
) -> Result<(Whole, ClockState)> {
    let mut whole = Whole::load(tx.conn, Row::clone(row))?;
    let sides = sides(tx.conn, warrant, &whole.row, &whole.households)?;
    require_side(warrant.operation(), &sides)?;
    catch_up(tx, &mut whole, context)?;
    let clock = whole.clock_at(tx.now, context)?;
    whole.condition(tx.conn, &clock)?.after(warrant.operation())?;
    Ok((whole, clock))
}

/// Writes down what was taken, and gives the case as who asks sees it.
pub(super) fn complete(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    mut whole: Whole,
    detail: &Value,
    context: RequestContext,
) -> Result<(CaseView, i64)> {
    whole.write(tx, context)?;
    noted(tx, warrant, &whole, detail)?;
    answer(tx, warrant, whole, context)
}

/// The audit has what officials, firms and departments did; of residents the steps say it, as long
/// as they are kept.
pub(super) fn noted(tx: &mut Tx<'_>, warrant: &Warrant, whole: &Whole, detail: &Value) -> Result<()> {
    if warrant.role() == Role::Resident {
        return Ok(());
    }
    note::<Row>(tx, warrant, &whole.row.id, detail)
}

/// The case as who asks sees it, with its version.
pub(super) fn answer(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    whole: Whole,
    context: RequestContext,
) -> Result<(CaseView, i64)> {
    let version = whole.row.version;
    Ok((view::of(tx.conn, warrant, whole, context.at(tx.now))?, version))
}

/// A detail of the audit with a reason.
pub(super) fn because(reason: &str) -> Value {
    json!({"reason": reason})
}
