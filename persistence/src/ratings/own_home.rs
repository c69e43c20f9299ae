//! Residents come to dwellings and leave them: a person rates an estate's project for one dwelling
//! a month, and whoever comes to another waits for the next. Else one number on the rosters of many
//! dwellings would learn from the refusals which of them have rated.

use diesel::prelude::*;
use xinwu_domain::access::Warrant;
use xinwu_domain::calendar::Month;
use xinwu_domain::household::Dwelling;
use xinwu_domain::residence::{NewResidence, Residence, ResidenceStatus};
use xinwu_domain::version::Expected;
use xinwu_store::{Col, Result, Tx};

use crate::city;
use crate::people::limits::Limits;
use crate::people::{person, residence};
use crate::ratings::month_key::MonthKeys;
use crate::ratings::pseudonym::Pseudonym;
use crate::registers::authorized::Authorized;
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
    limits: &Limits,
) -> Result<(Residence, i64)> {
    let account = warrant.account_id();
    let has_home = match Dwelling::read(&new.building, &new.unit, &new.room) {
        Ok(dwelling) => {
            residence::lives_in(tx.conn, account, &new.estate)?
                || has_left_another(tx, keys, account, (&new.estate, &dwelling))?
        }
        // The claim is refused, for this and whatever else is wrong with it.
        Err(_) => false,
    };
    residence::claim(tx, warrant, new, has_home, limits)
}

/// Ends a residence or takes a claim back, as [`residence::end`].
///
/// # Errors
/// As that.
pub fn end(
    tx: &mut Tx<'_>,
    keys: &MonthKeys,
    warrant: &Warrant,
    row: &Authorized<residence::Row>,
    version: Option<&Expected>,
) -> Result<()> {
    match residence::end(tx, warrant, row, version)? {
        Some(left) => move_out(tx, keys, left),
        None => Ok(()),
    }
}

/// An account leaves all its dwellings, before it is nobody's.
pub(crate) fn move_out_of_all(tx: &mut Tx<'_>, keys: &MonthKeys, account_id: &str) -> Result<()> {
    let homes: Vec<residence::Row> = residences::table
        .filter(residences::account_id.eq(account_id))
        .filter(residences::status.eq(Col(ResidenceStatus::Verified)))
        .select(residence::Row::as_select())
        .load(tx.conn)?;
    homes.iter().try_for_each(|home| move_out(tx, keys, home))
}

/// A verified residence ends: until the month's key is gone it is known that its person had it,
/// also by another account, and by nobody without that key. A month without a key has no rating of
/// which anybody could be told.
pub(crate) fn move_out(tx: &mut Tx<'_>, keys: &MonthKeys, left: &residence::Row) -> Result<()> {
    residence::wait_after_leaving(tx, left)?;
    let Some(known) = Left::named(tx, keys, &left.account_id, &left.estate, &left.dwelling())? else {
        return Ok(());
    };
    match known.kept(tx)? {
        None => {
            let row = (
                left_home::person.eq(&known.person),
                left_home::home.eq(Some(&known.home)),
                left_home::month.eq(Col(known.month)),
            );
            diesel::insert_into(left_home::table).values(row).execute(tx.conn)?;
        }
        Some(Some(home)) if home != known.home => {
            diesel::update(left_home::table.find(&known.person))
                .set(left_home::home.eq(None::<Pseudonym>))
                .execute(tx.conn)?;
        }
        Some(_) => {}
    }
    Ok(())
}

/// Who left which dwelling, under this month's key.
struct Left {
    month: Month,
    person: Pseudonym,
    home: Pseudonym,
}

impl Left {
    /// `None` where the month has no key, and for an account without a person.
    fn named(
        tx: &mut Tx<'_>,
        keys: &MonthKeys,
        account_id: &str,
        estate: &str,
        dwelling: &Dwelling,
    ) -> Result<Option<Left>> {
        let month = Month::of(tx.now, city::city(tx.conn)?.zone);
        let known = keys.of(tx.conn, month)?.zip(person::of_account(tx.conn, account_id)?);
        Ok(known.map(|(key, person)| Left {
            month,
            person: key.left(estate, &person),
            home: key.left_home(estate, &person, dwelling),
        }))
    }

    /// Which dwelling is kept; `Some(None)` for several.
    fn kept(&self, tx: &mut Tx<'_>) -> Result<Option<Option<Pseudonym>>> {
        let kept = left_home::table.find(&self.person).select(left_home::home);
        Ok(kept.first(tx.conn).optional()?)
    }
}

/// Whether the account's person left another dwelling of the estate this month, by whatever
/// account.
fn has_left_another(
    tx: &mut Tx<'_>,
    keys: &MonthKeys,
    account_id: &str,
    (estate, dwelling): (&str, &Dwelling),
) -> Result<bool> {
    let Some(known) = Left::named(tx, keys, account_id, estate, dwelling)? else { return Ok(false) };
    Ok(known.kept(tx)?.is_some_and(|home| home.as_ref() != Some(&known.home)))
}
