//! Devices that have signed in by a phone. By what only they know they are told from strangers,
//! whose requests for codes and guesses do not stop them.

use chrono::{Duration, NaiveDateTime};
use diesel::prelude::*;
use xinwu_domain::account::ExportedDevice;
use xinwu_store::{Conn, Result, Tx};

use crate::people::code::Guess;
use crate::schema::device;

/// How long one is known after it was seen.
const KNOWN_FOR: Duration = Duration::days(90);
/// Devices of a phone: of more, those go that were away longest.
const MOST: i64 = 10;
/// How often a device may try a code that it asked for.
const TRIES: i32 = 5;

/// Whether a device is this phone's, and known still. What is unknown, another phone's or too old
/// is as if nothing had been sent: nobody learns which.
pub(crate) fn is_known(tx: &mut Tx<'_>, hash: &str, phone_hash: &str) -> Result<bool> {
    let found: i64 = device::table
        .filter(device::hash.eq(hash))
        .filter(device::phone_hash.eq(phone_hash))
        .filter(device::expires_at.gt(tx.now_utc()))
        .count()
        .get_result(tx.conn)?;
    Ok(found > 0)
}

/// Keeps the code that a device asked for, in place of an older one.
pub(crate) fn put_code(tx: &mut Tx<'_>, hash: &str, code_hash: &str, life: Duration) -> Result<()> {
    let until = (tx.now + life).naive_utc();
    diesel::update(device::table.find(hash))
        .set((device::code_hash.eq(code_hash), device::code_expires_at.eq(until), device::tries.eq(0)))
        .execute(tx.conn)?;
    Ok(())
}

/// Tries a code that a known device asked for; the try is counted. One whose time is over is as if
/// it had asked for none.
pub(crate) fn try_code(tx: &mut Tx<'_>, hash: &str, code_hash: &str) -> Result<Guess> {
    let found: Option<(Option<String>, i32)> = device::table
        .find(hash)
        .filter(device::code_expires_at.gt(tx.now_utc()))
        .select((device::code_hash, device::tries))
        .first(tx.conn)
        .optional()?;
    let Some((Some(expected), tries)) = found else { return Ok(Guess::default()) };
    if tries >= TRIES {
        return Ok(Guess { tries_left: Some(0), ..Guess::default() });
    }
    diesel::update(device::table.find(hash)).set(device::tries.eq(tries + 1)).execute(tx.conn)?;
    // Both are keyed hashes: how long the comparison takes tells nothing of the code.
    let is_right = expected == code_hash;
    let tries_left = Some(u32::try_from(TRIES - tries - 1).unwrap_or_default());
    Ok(Guess { is_right, tries_left, is_compared: true })
}

/// The code that a device of the phone asked for was used.
pub(crate) fn spend(tx: &mut Tx<'_>, hash: &str, phone_hash: &str) -> Result<()> {
    diesel::update(device::table.filter(device::hash.eq(hash)))
        .filter(device::phone_hash.eq(phone_hash))
        .set((device::code_hash.eq(None::<String>), device::code_expires_at.eq(None::<NaiveDateTime>)))
        .execute(tx.conn)?;
    Ok(())
}

/// Knows a device from now on that has signed in: the one that was sent, if it is this phone's,
/// else a fresh one. Gives whether it is the one that was sent.
pub fn remember(tx: &mut Tx<'_>, phone_hash: &str, sent: Option<&str>, fresh: &str) -> Result<bool> {
    let (now, until) = (tx.now_utc(), (tx.now + KNOWN_FOR).naive_utc());
    diesel::delete(device::table.filter(device::expires_at.le(now))).execute(tx.conn)?;
    if let Some(sent) = sent {
        let kept = diesel::update(device::table.filter(device::hash.eq(sent)))
            .filter(device::phone_hash.eq(phone_hash))
            .set((device::seen_at.eq(now), device::expires_at.eq(until)))
            .execute(tx.conn)?;
        if kept > 0 {
            return Ok(true);
        }
    }
    let too_many: Vec<String> = device::table
        .filter(device::phone_hash.eq(phone_hash))
        .order((device::seen_at.desc(), device::hash))
        .offset(MOST - 1)
        .limit(MOST)
        .select(device::hash)
        .load(tx.conn)?;
    diesel::delete(device::table.filter(device::hash.eq_any(too_many))).execute(tx.conn)?;
    diesel::insert_into(device::table)
        .values((
            device::hash.eq(fresh),
            device::phone_hash.eq(phone_hash),
            device::seen_at.eq(now),
            device::expires_at.eq(until),
        ))
        .execute(tx.conn)?;
    Ok(false)
}

/// Knows none of a phone's devices any more.
pub(crate) fn forget(tx: &mut Tx<'_>, phone_hash: &str) -> Result<()> {
    diesel::delete(device::table.filter(device::phone_hash.eq(phone_hash))).execute(tx.conn)?;
    Ok(())
}

/// A phone's devices, for who has it.
pub(crate) fn of_phone(conn: &mut Conn, phone_hash: &str) -> Result<Vec<ExportedDevice>> {
    let rows: Vec<(NaiveDateTime, NaiveDateTime)> = device::table
        .filter(device::phone_hash.eq(phone_hash))
        .order((device::seen_at, device::hash))
        .select((device::seen_at, device::expires_at))
        .load(conn)?;
    let shown = |(seen_at, expires_at): (NaiveDateTime, NaiveDateTime)| ExportedDevice {
        seen_at: seen_at.and_utc(),
        expires_at: expires_at.and_utc(),
    };
    Ok(rows.into_iter().map(shown).collect())
}
