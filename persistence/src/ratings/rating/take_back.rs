//! Ratings are taken back while their stars wait; comments while their month's key lives.

use diesel::prelude::*;
use xinwu_domain::access::Warrant;
use xinwu_domain::calendar::Month;
use xinwu_domain::household::Dwelling;
use xinwu_domain::kind::Kind;
use xinwu_domain::rating::Cell;
use xinwu_domain::residence::ResidenceStatus;
use xinwu_domain::version::Expected;
use xinwu_store::{Col, Result, Tx};

use super::own::{OwnView, own_row, rows_of, told_comment};
use super::put::refuse_closed;
use super::row::of_dwelling;
use super::{Row, comment, not_found};
use crate::people::person;
use crate::ratings::month_key::MonthKeys;
use crate::schema::{account, project, residence};

/// Takes the actor's rating back: "a DELETE is taken as long as the stars wait", so of the month
/// before too, until its step.
///
/// # Errors
/// [`Refusal::NotFound`] where there is none, [`Refusal::Conflict`] where it is published or held,
/// [`Refusal::Stale`].
pub fn withdraw(
    tx: &mut Tx<'_>,
    keys: &MonthKeys,
    warrant: &Warrant,
    project_id: &str,
    month: Month,
    version: Option<&Expected>,
) -> Result<()> {
    let row = own_row(tx.conn, keys, warrant.account_id(), project_id, month)?.ok_or_else(not_found)?;
    let comment = told_comment(tx.conn, keys, &row)?;
    let stands = OwnView { row: &row, comment, ends_on: None, counts_on: None }.version()?;
    Expected::check_any(version, Some(stands))?;
    refuse_closed(&row)?;
    drop_waiting(tx, keys, vec![row])
}

/// Takes the actor's comment back, waiting or out: "the figure stays".
///
/// # Errors
/// [`Refusal::NotFound`] where there is none.
pub fn delete_comment(
    tx: &mut Tx<'_>,
    keys: &MonthKeys,
    warrant: &Warrant,
    project_id: &str,
    month: Month,
) -> Result<()> {
    let row = own_row(tx.conn, keys, warrant.account_id(), project_id, month)?.ok_or_else(not_found)?;
    let key = keys.of(tx.conn, month)?.ok_or_else(not_found)?;
    let was_there = comment::delete(tx, &key.writer(project_id, &row.dwelling))?;
    if was_there { Ok(()) } else { Err(Kind::Comment.not_found().into()) }
}

/// "Deleting the account takes it back" while its stars wait; what is out, and what is held, stays.
pub(crate) fn take_back(tx: &mut Tx<'_>, keys: &MonthKeys, account_id: &str) -> Result<()> {
    for row in rows_of(tx.conn, keys, account_id)? {
        if refuse_closed(&row).is_ok() {
            drop_waiting(tx, keys, vec![row])?;
        }
    }
    Ok(())
}

/// A residence that two officials ended as false.
pub(crate) struct FalseResidence<'a> {
    pub account_id: &'a str,
    pub estate: &'a str,
    pub household: &'a str,
    pub dwelling: &'a Dwelling,
}

/// Drops what was given by a false residence and a burst holds: "the held ratings of those are
/// dropped". It is found by its dwelling, since deleting the account leaves what is held and takes
/// the person away; what another resident gave stays.
pub(crate) fn drop_held(tx: &mut Tx<'_>, keys: &MonthKeys, of: &FalseResidence<'_>) -> Result<()> {
    let own = person::of_account(tx.conn, of.account_id)?;
    let others: Vec<person::ColumnValues> = residence::table
        .inner_join(account::table.on(account::id.eq(residence::account_id)))
        .filter(residence::household_id.eq(of.household))
        .filter(residence::status.eq(Col(ResidenceStatus::Verified)))
        .filter(residence::account_id.ne(of.account_id))
        .select(person::columns())
        .load(tx.conn)?;
    let others: Vec<String> = others.into_iter().filter_map(person::from_columns).collect();
    let projects: Vec<String> =
        project::table.filter(project::estate.eq(of.estate)).select(project::id).load(tx.conn)?;
    for key in keys.live(tx.conn)? {
        for project in &projects {
            let dwelling = key.dwelling(project, of.estate, of.dwelling);
            let Some(row) = of_dwelling(tx.conn, project, &dwelling)?.filter(Row::is_held) else { continue };
            let is_of = |person: &String| row.person.as_ref() == Some(&key.person(project, person));
            let is_false = match &own {
                Some(own) => is_of(own),
                None => !others.iter().any(is_of),
            };
            if is_false {
                drop_waiting(tx, keys, vec![row])?;
            }
        }
    }
    Ok(())
}

/// Drops what waits of rows, with their comments; what is out stays with the dwelling.
pub(super) fn drop_waiting(tx: &mut Tx<'_>, keys: &MonthKeys, rows: Vec<Row>) -> Result<()> {
    for mut row in rows {
        let mut answers = row.answers()?;
        if answers.waiting(Cell::Stars).is_some() {
            if let Some(key) = keys.of(tx.conn, row.month.0)? {
                comment::drop_waiting(tx, &key.writer(&row.project_id, &row.dwelling))?;
            }
            row.person = None;
        }
        answers.drop_all_waiting();
        row.keep(tx, &answers)?;
    }
    Ok(())
}
