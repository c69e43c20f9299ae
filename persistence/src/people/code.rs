//! One-time codes: "6 digits, 5 minutes, once, 5 tries, stored hashed, limits per phone, per
//! address and in all".

use chrono::{Duration, NaiveDateTime};
use diesel::prelude::*;
use xinwu_domain::refusal::Refusal;
use xinwu_domain::text::Text;
use xinwu_store::{Conn, Result, Tx, on_each};

use crate::people::attempt::{self, Limit};
use crate::registers::roster::phone_is_on_the_roster;
use crate::schema::{account, household_phone, one_time_code};

/// How long a code is good.
pub const CODE_LIFE: Duration = Duration::minutes(5);
/// How often one may be tried.
const TRIES: i32 = 5;
/// How many of these tries may come from other addresses than the one that asked for the code. The
/// rest is kept for that one: a stranger who guesses cannot use up the code of someone who is about
/// to type it, and nobody has more than five tries. Somebody whose phone changes networks meanwhile
/// has these three.
const TRIES_ELSEWHERE: i32 = 3;

const PHONE: &str = "code_phone";
const OF_A_PHONE: [Limit; 3] = [
    Limit { kind: PHONE, most: 1, window: Duration::minutes(1) },
    Limit { kind: PHONE, most: 5, window: Duration::hours(1) },
    Limit { kind: PHONE, most: 10, window: Duration::days(1) },
];
const OF_AN_ADDRESS: Limit = Limit { kind: "code_address", most: 20, window: Duration::hours(1) };
/// Codes sent to phones that are known, and to strangers'.
const KNOWN: &str = "code_known";
const STRANGER: &str = "code_stranger";
/// The subject of what is counted in all.
const ALL: &str = "all";

/// Someone asks for a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeRequest {
    /// The phone's keyed hash.
    pub phone_hash: String,
    /// The address's keyed hash.
    pub address_hash: String,
    /// The new code's keyed hash.
    pub code_hash: String,
    /// Codes that may be sent in all in an hour.
    pub codes_an_hour: u32,
}

/// Keeps a new code in place of an older one, and says whether it is to be sent. It is not when the
/// hour's codes are used up: "known phones keep a share of the code budget when strangers flood
/// it", so strangers have half of it and known phones all. That is not told to whoever asks: it
/// would say which phones are known.
///
/// # Errors
/// [`Refusal::TooMany`] for a phone or an address that has asked too often, known or not.
pub fn request(tx: &mut Tx<'_>, request: &CodeRequest) -> Result<bool> {
    attempt::lock_attempts(tx.conn)?;
    attempt::prune(tx)?;
    let now = tx.now;
    let mut wait = OF_AN_ADDRESS.wait(tx.conn, &request.address_hash, now)?;
    for limit in OF_A_PHONE {
        wait = wait.max(limit.wait(tx.conn, &request.phone_hash, now)?);
    }
    if let Some(retry_after) = wait {
        return Err(Refusal::TooMany {
            code: "too_many_codes",
            detail: Text::new(
                "获取验证码过于频繁，请稍后再试",
                "Too many codes were asked for; try again later",
            ),
            retry_after,
        }
        .into());
    }
    attempt::note(tx, PHONE, &request.phone_hash)?;
    attempt::note(tx, OF_AN_ADDRESS.kind, &request.address_hash)?;
    put(tx, &request.phone_hash, &request.code_hash, Some(&request.address_hash), CODE_LIFE)?;
    let is_known = is_known(tx.conn, &request.phone_hash)?;
    let hour = |kind| Limit { kind, most: i64::MAX, window: Duration::hours(1) };
    let of_strangers = hour(STRANGER).count(tx.conn, ALL, now)?;
    let in_all = of_strangers + hour(KNOWN).count(tx.conn, ALL, now)?;
    let budget = i64::from(request.codes_an_hour);
    let is_sent = in_all < budget && (is_known || of_strangers < budget - budget / 2);
    if is_sent {
        attempt::note(tx, if is_known { KNOWN } else { STRANGER }, ALL)?;
    }
    Ok(is_sent)
}

/// Keeps a code for a phone that is good for `life` from now; an older one no longer is.
/// `asked_from` is the keyed hash of the address that it was asked from.
pub fn put(
    tx: &mut Tx<'_>,
    phone_hash: &str,
    code_hash: &str,
    asked_from: Option<&str>,
    life: Duration,
) -> Result<()> {
    diesel::delete(one_time_code::table.filter(one_time_code::expires_at.le(tx.now_utc())))
        .execute(tx.conn)?;
    let fresh = (
        one_time_code::code_hash.eq(code_hash),
        one_time_code::issued_at.eq(tx.now_utc()),
        one_time_code::expires_at.eq((tx.now + life).naive_utc()),
        one_time_code::tries.eq(0),
        one_time_code::asked_from.eq(asked_from),
        one_time_code::tries_elsewhere.eq(0),
        one_time_code::used_at.eq(None::<NaiveDateTime>),
    );
    on_each!(&mut *tx.conn, |conn| diesel::insert_into(one_time_code::table)
        .values((one_time_code::phone_hash.eq(phone_hash), fresh))
        .on_conflict(one_time_code::phone_hash)
        .do_update()
        .set(fresh)
        .execute(conn))?;
    Ok(())
}

/// Tries a code from an address: true once, for the right one in time. A wrong try is counted, so
/// this must be committed whatever it says.
pub fn redeem(tx: &mut Tx<'_>, phone_hash: &str, code_hash: &str, address_hash: &str) -> Result<bool> {
    type Found = (String, i32, Option<String>, i32);
    let found: Option<Found> = one_time_code::table
        .find(phone_hash)
        .filter(one_time_code::used_at.is_null())
        .filter(one_time_code::expires_at.gt(tx.now_utc()))
        .filter(one_time_code::tries.lt(TRIES))
        .select((
            one_time_code::code_hash,
            one_time_code::tries,
            one_time_code::asked_from,
            one_time_code::tries_elsewhere,
        ))
        .first(tx.conn)
        .optional()?;
    let Some((expected, tries, asked_from, tries_elsewhere)) = found else { return Ok(false) };
    let is_elsewhere = asked_from.is_some_and(|asked_from| asked_from != address_hash);
    if is_elsewhere && tries_elsewhere >= TRIES_ELSEWHERE {
        return Ok(false);
    }
    // Both are keyed hashes: how long the comparison takes tells nothing of the code.
    let is_right = expected == code_hash;
    diesel::update(one_time_code::table.find(phone_hash))
        .set((
            one_time_code::tries.eq(tries + 1),
            one_time_code::tries_elsewhere.eq(tries_elsewhere + i32::from(is_elsewhere)),
            one_time_code::used_at.eq(is_right.then(|| tx.now_utc())),
        ))
        .execute(tx.conn)?;
    Ok(is_right)
}

/// A phone is known when it has an account, or when an estate's roster has it. Both are looked up
/// always, so that both answers take the same time.
fn is_known(conn: &mut Conn, phone_hash: &str) -> Result<bool> {
    let accounts: i64 = account::table.filter(account::phone_hash.eq(phone_hash)).count().get_result(conn)?;
    let on_rosters: i64 = household_phone::table
        .filter(household_phone::phone_hash.eq(phone_hash))
        .filter(phone_is_on_the_roster!())
        .count()
        .get_result(conn)?;
    Ok(accounts + on_rosters > 0)
}
