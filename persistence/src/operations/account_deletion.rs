//! A resident deletes the account: what names the person goes, and the ratings that wait; what is
//! published stays.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use xinwu_domain::entity::Entity;
use xinwu_domain::residence::ResidenceStatus;
use xinwu_domain::version::Expected;
use xinwu_store::{Col, Result, Tx};

use crate::people::account::revoke_access;
use crate::people::residence::OPEN;
use crate::people::{device, person};
use crate::ratings::month_key::MonthKeys;
use crate::ratings::{own_home, rating};
use crate::schema::{account, follow, idempotency, notice, one_time_code, refresh_token, residence, session};
use crate::service::case::person as cases;

/// Makes a resident's account nobody's. The phone goes, so that the next sign-in with it makes a
/// new account; sessions and residences end; ratings that wait are taken back (see
/// [`rating::take_back`]). `version` is the account's that the deletion was asked from, where the
/// request names it.
///
/// # Errors
/// [`xinwu_domain::refusal::Refusal::Stale`]
pub fn delete(tx: &mut Tx<'_>, keys: &MonthKeys, id: &str, version: Option<&Expected>) -> Result<()> {
    let (phone_hash, stands): (Option<String>, i64) =
        account::table.find(id).select((account::phone_hash, account::version)).first(tx.conn)?;
    Expected::check_any(version, Some(stands))?;
    // By its person, which is gone afterwards.
    rating::take_back(tx, keys, id)?;
    own_home::move_out_of_all(tx, keys, id)?;
    cases::part(tx, id)?;
    if let Some(phone_hash) = &phone_hash {
        diesel::delete(one_time_code::table.find(phone_hash)).execute(tx.conn)?;
        device::forget(tx, phone_hash)?;
    }
    diesel::update(account::table.find(id))
        .set((
            account::status.eq("deleted"),
            account::phone_hash.eq(None::<String>),
            account::phone_encrypted.eq(None::<Vec<u8>>),
            account::display_name.eq(None::<String>),
            account::version.eq(stands + 1),
            account::person.eq(None::<String>),
            account::privacy_version.eq(None::<String>),
            account::privacy_at.eq(None::<NaiveDateTime>),
        ))
        .execute(tx.conn)?;
    if let Some(phone_hash) = &phone_hash {
        person::delete(tx, phone_hash)?;
    }
    revoke_access(tx, id, "account_deleted")?;
    let sessions = session::table.filter(session::account_id.eq(id)).select(session::id);
    diesel::delete(refresh_token::table.filter(refresh_token::session_id.eq_any(sessions)))
        .execute(tx.conn)?;
    diesel::delete(notice::table.filter(notice::account_id.eq(id))).execute(tx.conn)?;
    diesel::delete(follow::table.filter(follow::account_id.eq(id))).execute(tx.conn)?;
    diesel::delete(idempotency::table.filter(idempotency::user_id.eq(id))).execute(tx.conn)?;
    // Who never was verified has not lived there.
    diesel::update(residence::table.filter(residence::account_id.eq(id)))
        .filter(residence::status.eq(Col(ResidenceStatus::Pending)))
        .set(residence::household_id.eq(None::<String>))
        .execute(tx.conn)?;
    diesel::update(residence::table.filter(residence::account_id.eq(id)))
        .filter(residence::status.eq_any(OPEN.map(Col)))
        .set((
            residence::status.eq(Col(ResidenceStatus::Ended)),
            residence::decided_at.eq(tx.now_utc()),
            residence::version.eq(residence::version + 1),
        ))
        .execute(tx.conn)?;
    tx.changed(Entity::Account, id);
    Ok(())
}
