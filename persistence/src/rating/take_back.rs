//! Ratings are taken back while their stars wait; comments while their month's key lives.

use xinwu_domain::access::Actor;
use xinwu_domain::calendar::Month;
use xinwu_domain::household::Dwelling;
use xinwu_domain::refusal::Refusal;

use super::own::{Told, own_row, rows_of, told_comment};
use super::put::refuse_closed;
use super::{Row, comment, month_of, not_found, require_version};
use crate::month_key::MonthKeys;
use crate::{Result, Tx};

/// Takes the actor's rating back: "a DELETE is taken as long as the stars wait", so of the month before too, until its step.
///
/// # Errors
/// [`Refusal::NotFound`] where there is none, [`Refusal::Conflict`] where it is published or held, [`Refusal::Stale`].
pub fn withdraw(
    tx: &mut Tx<'_>,
    keys: &MonthKeys,
    actor: &Actor,
    project_id: &str,
    month: Month,
    version: Option<i64>,
) -> Result<()> {
    let row = own_row(tx.conn, keys, &actor.account_id, project_id, month)?.ok_or_else(not_found)?;
    let comment = told_comment(tx.conn, keys, &row)?;
    let stands = Told { row: &row, comment, ends_on: None, counts_on: None }.version()?;
    require_version(Some(stands), version)?;
    refuse_closed(&row)?;
    drop_waiting(tx, keys, row)
}

/// Takes the actor's comment back, waiting or out: "the figure stays".
///
/// # Errors
/// [`Refusal::NotFound`] where there is none.
pub fn delete_comment(
    tx: &mut Tx<'_>,
    keys: &MonthKeys,
    actor: &Actor,
    project_id: &str,
    month: Month,
) -> Result<()> {
    let row = own_row(tx.conn, keys, &actor.account_id, project_id, month)?.ok_or_else(not_found)?;
    let key = keys.of(tx.conn, month)?.ok_or_else(not_found)?;
    let was_there = comment::delete(tx, &key.writer(project_id, &row.dwelling))?;
    if was_there { Ok(()) } else { Err(Refusal::NotFound { what: "comment" }.into()) }
}

/// "Deleting the account takes it back" while its stars wait; what is out, and what is held, stays.
pub(crate) fn take_back(tx: &mut Tx<'_>, keys: &MonthKeys, account_id: &str) -> Result<()> {
    for row in rows_of(tx.conn, keys, account_id)? {
        if refuse_closed(&row).is_ok() {
            drop_waiting(tx, keys, row)?;
        }
    }
    Ok(())
}

/// Drops what a person gave for a dwelling and a burst holds, after two officials ended the residence as
/// false: "the held ratings of those are dropped".
pub(crate) fn drop_held(
    tx: &mut Tx<'_>,
    keys: &MonthKeys,
    account_id: &str,
    estate: &str,
    dwelling: &Dwelling,
) -> Result<()> {
    for mut row in rows_of(tx.conn, keys, account_id)? {
        let Some(key) = keys.of(tx.conn, month_of(&row.month)?)? else { continue };
        let is_held = row.burst.is_some() && row.published.is_none();
        if is_held && key.dwelling(&row.project_id, estate, dwelling) == row.dwelling {
            row.burst = None;
            drop_waiting(tx, keys, row)?;
        }
    }
    Ok(())
}

fn drop_waiting(tx: &mut Tx<'_>, keys: &MonthKeys, mut row: Row) -> Result<()> {
    if let Some(key) = keys.of(tx.conn, month_of(&row.month)?)? {
        comment::drop_waiting(tx, &key.writer(&row.project_id, &row.dwelling))?;
    }
    // What is out stays with the dwelling, and is nobody's.
    row.person = None;
    let mut answers = row.answers()?;
    answers.take_back().map_err(|_| super::rating_published())?;
    row.keep(tx, &answers)
}
