//! Residents come to dwellings and leave them: a person rates an estate's project for one dwelling
//! a month, and whoever comes to another waits for the next. Else one number on the rosters of many
//! dwellings would learn from the refusals which of them have rated.

use diesel::prelude::*;
use xinwu_domain::access::Warrant;
use xinwu_domain::calendar::Month;
use xinwu_domain::residence::{NewResidence, Residence, ResidenceStatus};
use xinwu_domain::version::Expected;
use xinwu_store::{Col, Result, Tx, on_each};

use crate::city;
use crate::people::{person, residence};
use crate::ratings::month_key::MonthKeys;
use crate::ratings::pseudonym::Pseudonym;
use crate::schema::{left_home, residence as residences};

/// Claims a dwelling, as [`residence::claim`].
///
/// # Errors
/// As that.
pub fn claim(
    tx: &mut Tx<'_>,
    keys: &MonthKeys,
    warrant: &Warrant,
    new: &NewResidence,
) -> Result<(Residence, i64)> {
    let account = warrant.account_id();
    let has_home =
        residence::lives_in(tx.conn, account, &new.estate)? || has_left(tx, keys, account, &new.estate)?;
    residence::claim(tx, warrant, new, has_home)
}

/// Ends a residence or takes a claim back, as [`residence::end`].
///
/// # Errors
/// As that.
pub fn end(
    tx: &mut Tx<'_>,
    keys: &MonthKeys,
    warrant: &Warrant,
    id: &str,
    version: Option<&Expected>,
) -> Result<()> {
    match residence::end(tx, warrant, id, version)? {
        Some(left) => leave(tx, keys, &left),
        None => Ok(()),
    }
}

/// An account leaves all its dwellings, before it is nobody's.
pub(crate) fn leave_all(tx: &mut Tx<'_>, keys: &MonthKeys, account_id: &str) -> Result<()> {
    let homes: Vec<residence::Row> = residences::table
        .filter(residences::account_id.eq(account_id))
        .filter(residences::status.eq(Col(ResidenceStatus::Verified)))
        .select(residence::Row::as_select())
        .load(tx.conn)?;
    homes.iter().try_for_each(|home| leave(tx, keys, home))
}

/// A verified residence ends: until the month's key is gone it is known that its person had it,
/// also by another account, and by nobody without that key. A month without a key has no rating of
/// which anybody could hear.
pub(crate) fn leave(tx: &mut Tx<'_>, keys: &MonthKeys, left: &residence::Row) -> Result<()> {
    residence::wait_after_leaving(tx, left)?;
    let Some((month, name)) = name(tx, keys, &left.account_id, &left.estate)? else { return Ok(()) };
    let row = (left_home::person.eq(name), left_home::month.eq(Col(month)));
    on_each!(&mut *tx.conn, |conn| diesel::insert_into(left_home::table)
        .values(&row)
        .on_conflict_do_nothing()
        .execute(conn))?;
    Ok(())
}

/// Whether the account's person left a dwelling of the estate this month, by whatever account.
fn has_left(tx: &mut Tx<'_>, keys: &MonthKeys, account_id: &str, estate: &str) -> Result<bool> {
    let Some((_, name)) = name(tx, keys, account_id, estate)? else { return Ok(false) };
    let found: i64 = left_home::table.filter(left_home::person.eq(name)).count().get_result(tx.conn)?;
    Ok(found > 0)
}

/// This month, and what an account's person is called under its key who leaves a dwelling of an
/// estate.
fn name(
    tx: &mut Tx<'_>,
    keys: &MonthKeys,
    account_id: &str,
    estate: &str,
) -> Result<Option<(Month, Pseudonym)>> {
    let month = Month::of(tx.now, city::city(tx.conn)?.zone);
    let known = keys.of(tx.conn, month)?.zip(person::of_account(tx.conn, account_id)?);
    Ok(known.map(|(key, person)| (month, key.left(estate, &person))))
}
