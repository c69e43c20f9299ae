//! A resident changes the phone: account, residences and ratings stay the person's, and who comes
//! to the old number is another. No row of ratings is written: two copies of the database around a
//! change would name by what differs whose it is.

use chrono::{Duration, NaiveDate};
use diesel::prelude::*;
use serde_json::json;
use xinwu_domain::access::Warrant;
use xinwu_domain::account::Me;
use xinwu_domain::kind::Kind;
use xinwu_domain::refusal::Refusal;
use xinwu_domain::text::Text;
use xinwu_domain::version::Expected;
use xinwu_store::{Conn, Result, StoreError, Tx};

use crate::city;
use crate::people::account::end_other_sessions;
use crate::people::account::own::{self, Own};
use crate::people::attempt::{self, Limit};
use crate::people::code::{self, Tried, TypedCode, TypedFrom};
use crate::people::{device, person};
use crate::ratings::month_key::MonthKeys;
use crate::ratings::{moderation, rating};
use crate::registers::roster;
use crate::schema::account;

/// What a number was entered for stays with who left it: nobody is to go through many.
const CHANGES: Limit = Limit { kind: "phone_change", most: 3, window: Duration::days(1) };

/// A phone in place of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhoneChange {
    /// The account's versions that the change may be made from, where the request names them.
    pub expected: Option<Expected>,
    /// The code that went to the phone until now.
    pub old: TypedCode,
    /// The code that went to the new phone.
    pub new: TypedCode,
    /// From where they are tried.
    pub from: TypedFrom,
    /// The new phone, encrypted for this account.
    pub phone_encrypted: Vec<u8>,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The account as it stands now.
    Changed(Box<Own<Me>>),
    /// Not both codes were right: first the old phone's, then the new one's.
    WrongCode(Tried<2>),
    /// The new phone has an account. Only who holds that phone learns it, and what follows: both
    /// codes were right, and are used.
    Taken,
    /// The new phone had an account that rated or flagged under a key that lives: it would be read
    /// by who comes to the number next, or given twice. It can be taken after that day.
    Reserved(NaiveDate),
}

/// Changes the phone of the actor's account. The codes' tries are counted, so this must be
/// committed whatever it says.
///
/// # Errors
/// [`Refusal::Stale`], also when the phone is no longer the one that the code went to,
/// [`Refusal::TooMany`].
pub fn change(tx: &mut Tx<'_>, keys: &MonthKeys, warrant: &Warrant, change: &PhoneChange) -> Result<Outcome> {
    attempt::lock_attempts(tx.conn)?;
    let id = warrant.account_id();
    let PhoneChange { old, new, from, phone_encrypted, .. } = change;
    let (stands, version): (Option<String>, i64) =
        account::table.find(id).select((account::phone_hash, account::version)).first(tx.conn)?;
    Expected::check_any(change.expected.as_ref(), Some(version))?;
    if stands.as_ref() != Some(&old.phone_hash) {
        return Err(Refusal::Stale.into());
    }
    if let Some(retry_after) = CHANGES.wait(tx.conn, id, tx.now)? {
        let detail =
            Text::new("更换手机号码过于频繁，请稍后再试", "The phone was changed too often; try again later");
        return Err(Refusal::TooMany { code: "too_many_phone_changes", detail, retry_after }.into());
    }
    let tried = code::redeem(tx, &[old.clone(), new.clone()], from)?;
    if !tried.all_right() {
        return Ok(Outcome::WrongCode(tried));
    }
    let taken: i64 =
        account::table.filter(account::phone_hash.eq(&new.phone_hash)).count().get_result(tx.conn)?;
    if taken > 0 {
        return Ok(Outcome::Taken);
    }
    if let Some(day) = reserved_until(tx.conn, keys, &new.phone_hash)? {
        return Ok(Outcome::Reserved(day));
    }
    let person = person::of_account(tx.conn, id)?
        .ok_or_else(|| StoreError::internal("an account with a phone and no person"))?;
    attempt::note(tx, CHANGES.kind, id)?;
    // The number may be another's next.
    device::forget(tx, &old.phone_hash)?;
    roster::keep_entries(tx, &person, &old.phone_hash)?;
    person::take_along(tx, &person, &old.phone_hash, &new.phone_hash)?;
    diesel::update(account::table.find(id))
        .set((
            account::phone_hash.eq(&new.phone_hash),
            account::phone_encrypted.eq(phone_encrypted),
            account::person.eq(&person),
            account::version.eq(version + 1),
        ))
        .execute(tx.conn)?;
    end_other_sessions(tx, id, warrant.session_id(), "phone_changed")?;
    tx.audit(warrant, Kind::User, id, &json!({}))?;
    Ok(Outcome::Changed(Box::new(own::get(tx.conn, id)?)))
}

/// Where the person of a number without an account has rated or flagged under a key that lives:
/// the day on which all of that is forgotten. In which month it was is not told.
fn reserved_until(conn: &mut Conn, keys: &MonthKeys, phone_hash: &str) -> Result<Option<NaiveDate>> {
    let Some(person) = person::of_number(conn, phone_hash)? else { return Ok(None) };
    let is_known =
        rating::has_rated(conn, keys, &person)? || !moderation::flags_of(conn, keys, &person)?.is_empty();
    let last = MonthKeys::months(conn)?.pop().filter(|_| is_known);
    let city = city::city(conn)?;
    Ok(last.map(|month| city.forgotten_on(month)))
}
