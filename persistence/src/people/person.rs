//! The person whom the months' keys know, which is not the number: who changes the phone stays the
//! same person, so that no rating is written for it.
//!
//! A number stands for the person of its own keyed hash, unless a row says otherwise. Who has
//! rated or flagged under a key that lives is on one number, and no number has two: signing up
//! gives the number's person, a change takes the person along, only one that no key knows is
//! dropped for it, and a row goes when no key is left that could know its person.

use diesel::prelude::*;
use xinwu_domain::calendar::Month;
use xinwu_store::{Col, Conn, Result, Tx};

use crate::city;
use crate::schema::{account, phone_person};

/// What of an account says which person it is: the phone's hash alone where the program before made
/// it.
pub(crate) type ColumnValues = (Option<String>, Option<String>);

pub(crate) fn columns() -> (account::person, account::phone_hash) {
    (account::person, account::phone_hash)
}

/// `None` for an account without a phone.
pub(crate) fn from_columns((person, phone_hash): ColumnValues) -> Option<String> {
    person.or(phone_hash)
}

/// The person of an account; `None` for one without a phone.
pub(crate) fn of_account(conn: &mut Conn, account_id: &str) -> Result<Option<String>> {
    let found = account::table.find(account_id).select(columns()).first(conn).optional()?;
    Ok(found.and_then(from_columns))
}

/// Whom a number stands for; `None` where the person of its hash has another number by now, and
/// nobody has come to this one since.
pub(crate) fn of_number(conn: &mut Conn, phone_hash: &str) -> Result<Option<String>> {
    let kept: Option<String> =
        phone_person::table.find(phone_hash).select(phone_person::person).first(conn).optional()?;
    if kept.is_some() {
        return Ok(kept);
    }
    let taken_along: i64 =
        phone_person::table.filter(phone_person::person.eq(phone_hash)).count().get_result(conn)?;
    Ok((taken_along == 0).then(|| phone_hash.to_owned()))
}

/// The person of who signs up with a number: that of who deleted an account of the number while a
/// key knows them, or nobody would rate once.
pub(super) fn of_new_account(tx: &mut Tx<'_>, phone_hash: &str) -> Result<String> {
    if let Some(person) = of_number(tx.conn, phone_hash)? {
        return Ok(person);
    }
    let person = tx.random.timeless_id();
    diesel::insert_into(phone_person::table)
        .values((phone_person::phone_hash.eq(phone_hash), phone_person::person.eq(&person)))
        .execute(tx.conn)?;
    Ok(person)
}

/// The person of the old number is that of the new one from now on, whose own, whom no key knows,
/// is nobody's. Who comes to the old number is another person.
pub(crate) fn take_along(tx: &mut Tx<'_>, person: &str, old: &str, new: &str) -> Result<()> {
    diesel::delete(phone_person::table.filter(phone_person::phone_hash.eq_any([old, new])))
        .execute(tx.conn)?;
    if person != new {
        diesel::insert_into(phone_person::table)
            .values((phone_person::phone_hash.eq(new), phone_person::person.eq(person)))
            .execute(tx.conn)?;
    }
    Ok(())
}

/// The account of a number is deleted: its person is kept until no key is left that knew them.
pub(crate) fn delete(tx: &mut Tx<'_>, phone_hash: &str) -> Result<()> {
    let month = Month::of(tx.now, city::city(tx.conn)?.zone);
    diesel::update(phone_person::table.find(phone_hash))
        .set(phone_person::deleted_in.eq(Col(month)))
        .execute(tx.conn)?;
    forget(tx)
}

/// Forgets the numbers of those who deleted their accounts in months whose keys are gone, and whose
/// the entries of such people were.
pub(crate) fn forget(tx: &mut Tx<'_>) -> Result<()> {
    diesel::sql_query(
        "DELETE FROM phone_person WHERE deleted_in IS NOT NULL \
         AND NOT EXISTS (SELECT 1 FROM account WHERE account.phone_hash = phone_person.phone_hash) \
         AND NOT EXISTS (SELECT 1 FROM rating_key WHERE rating_key.month <= phone_person.deleted_in)",
    )
    .execute(tx.conn)?;
    for entries in ["household_phone", "staff"] {
        diesel::sql_query(format!(
            "UPDATE {entries} SET person = NULL WHERE person IS NOT NULL \
             AND NOT EXISTS (SELECT 1 FROM account WHERE account.person = {entries}.person) \
             AND NOT EXISTS (SELECT 1 FROM phone_person WHERE phone_person.person = {entries}.person)"
        ))
        .execute(tx.conn)?;
    }
    Ok(())
}
