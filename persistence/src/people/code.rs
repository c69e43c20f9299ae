//! One-time codes: "6 digits, 5 minutes, once, 5 tries, stored hashed, limits per phone, per
//! address and in all". A device that is known has limits and codes of its own.

use chrono::{Duration, NaiveDateTime};
use diesel::prelude::*;
use xinwu_domain::refusal::Refusal;
use xinwu_domain::text::Text;
use xinwu_store::{Conn, Result, Tx, on_each};

use crate::people::attempt::{self, Limit};
use crate::people::device;
use crate::people::limits::Limits;
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

/// Codes that were asked for: of a phone by whom no device tells apart, and by a known device.
const PHONE: &str = "code_phone";
const DEVICE: &str = "code_device";
/// Codes sent to phones that are known, and to strangers'.
const KNOWN: &str = "code_known";
const STRANGER: &str = "code_stranger";
/// The subject of what is counted in all.
const ALL: &str = "all";

#[derive(Queryable, Selectable)]
#[diesel(table_name = one_time_code)]
struct Row {
    code_hash: String,
    expires_at: NaiveDateTime,
    tries: i32,
    used_at: Option<NaiveDateTime>,
    asked_from: Option<String>,
    tries_elsewhere: i32,
}

/// Someone asks for a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeRequest {
    /// The phone's keyed hash.
    pub phone_hash: String,
    /// The address's keyed hash.
    pub address_hash: String,
    /// The keyed hash of the network around it.
    pub network_hash: String,
    /// The keyed hash of the device that asks, where one is sent.
    pub device_hash: Option<String>,
    /// The new code's keyed hash.
    pub code_hash: String,
    /// How many there may be.
    pub limits: Limits,
}

impl CodeRequest {
    /// What a request without a known device counts as beside the phone's.
    fn windows(&self) -> [(Limit, &str); 2] {
        let [of_address, of_network] = self.limits.codes_from();
        [(of_address, self.address_hash.as_str()), (of_network, self.network_hash.as_str())]
    }
}

/// What became of a request for a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Requested {
    /// Whether the code is to be sent.
    pub is_sent: bool,
    /// Seconds until who asked may ask for another for this phone.
    pub retry_after: u32,
}

/// Keeps a new code in place of an older one, and says whether it is to be sent. It is not when the
/// hour's codes are used up: "known phones keep a share of the code budget when strangers flood
/// it", so strangers have half of it and known phones all. That is not told to whoever asks: it
/// would say which phones are known. What a known device asks for is none of these: its own windows
/// bound it, and no flood of others' requests keeps its code back.
///
/// # Errors
/// [`Refusal::TooMany`] for a device, or a phone, an address or a network, that has asked too
/// often, known or not.
pub fn request(tx: &mut Tx<'_>, request: &CodeRequest) -> Result<Requested> {
    attempt::lock_attempts(tx.conn)?;
    attempt::prune(tx)?;
    let device = match &request.device_hash {
        Some(hash) if device::is_known(tx, hash, &request.phone_hash)? => Some(hash.as_str()),
        _ => None,
    };
    if let Some(retry_after) = wait(tx, request, device)? {
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
    match device {
        Some(device) => {
            attempt::note(tx, DEVICE, device)?;
            device::put_code(tx, device, &request.code_hash, CODE_LIFE)?;
        }
        None => {
            attempt::note(tx, PHONE, &request.phone_hash)?;
            for (limit, subject) in request.windows() {
                attempt::note(tx, limit.kind, subject)?;
            }
            put(tx, &request.phone_hash, &request.code_hash, Some(&request.address_hash), CODE_LIFE)?;
        }
    }
    let retry_after = wait(tx, request, device)?.unwrap_or_default();
    let kind = within_the_budget(tx, request)?;
    if let (Some(kind), None) = (kind, device) {
        attempt::note(tx, kind, ALL)?;
    }
    Ok(Requested { is_sent: kind.is_some() || device.is_some(), retry_after })
}

/// As what a code counts that is sent now; `None` where the hour's are used up.
fn within_the_budget(tx: &mut Tx<'_>, request: &CodeRequest) -> Result<Option<&'static str>> {
    let is_known = is_known(tx.conn, &request.phone_hash)?;
    let hour = |kind| Limit { kind, most: i64::MAX, window: Duration::hours(1) };
    let of_strangers = hour(STRANGER).count(tx.conn, ALL, tx.now)?;
    let in_all = of_strangers + hour(KNOWN).count(tx.conn, ALL, tx.now)?;
    let budget = i64::from(request.limits.codes_an_hour);
    let is_within = in_all < budget && (is_known || of_strangers < budget - budget / 2);
    Ok(is_within.then_some(if is_known { KNOWN } else { STRANGER }))
}

/// Seconds until who asks may ask again; `None` if now. A device that is known is counted by
/// itself: neither strangers who ask for its phone nor those who share its address keep it from a
/// code.
fn wait(tx: &mut Tx<'_>, request: &CodeRequest, device: Option<&str>) -> Result<Option<u32>> {
    let (kind, subject) = device.map_or((PHONE, request.phone_hash.as_str()), |device| (DEVICE, device));
    let mut windows: Vec<_> = request.limits.codes(kind).into_iter().map(|limit| (limit, subject)).collect();
    if device.is_none() {
        windows.extend(request.windows());
    }
    let mut wait = None;
    for (limit, subject) in windows {
        wait = wait.max(limit.wait(tx.conn, subject, tx.now)?);
    }
    Ok(wait)
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

/// A code as somebody types it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypedCode {
    /// The phone's keyed hash.
    pub phone_hash: String,
    /// The code's keyed hash.
    pub code_hash: String,
    /// The keyed hash of the device that types it, where one is sent.
    pub device_hash: Option<String>,
}

/// From where codes are typed, by keyed hashes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypedFrom {
    /// The address.
    pub address_hash: String,
    /// The network around it.
    pub network_hash: String,
    /// How many may be wrong.
    pub limits: Limits,
}

impl TypedFrom {
    /// What a wrong one counts as. In all those alone count that could have been right: were it all
    /// that is typed, who types codes that nobody asked for would stop everybody at no cost.
    fn windows(&self) -> [(Limit, &str); 3] {
        let [of_address, of_network, in_all] = self.limits.wrong_codes();
        [(of_address, self.address_hash.as_str()), (of_network, self.network_hash.as_str()), (in_all, ALL)]
    }
}

/// What became of codes that were tried together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tried<const N: usize> {
    /// Of each, whether it was right.
    pub are_right: [bool; N],
    /// How often they can still be tried, by whomever. `None` where another address asked for a
    /// code, or nobody did: both are told alike, or a wrong code would say whether somebody is
    /// about to sign in. Who shares the address is taken for who asked: nothing else is known of
    /// either.
    pub tries_left: Option<u32>,
    /// Seconds to wait where too many codes were wrong lately, from there or in all. No code was
    /// looked at then but one that a known device had asked for.
    pub wait: Option<u32>,
}

impl<const N: usize> Tried<N> {
    /// Whether all were right.
    pub fn all_right(&self) -> bool {
        self.are_right.iter().all(|is_right| *is_right)
    }
}

/// Tries codes. They are used together, each once, when all are right and in time. Each try is
/// counted, so this must be committed whatever it says. Nothing is read before it in its
/// transaction (see [`attempt::lock_attempts`]).
pub fn redeem<const N: usize>(tx: &mut Tx<'_>, codes: &[TypedCode; N], from: &TypedFrom) -> Result<Tried<N>> {
    attempt::lock_attempts(tx.conn)?;
    attempt::prune(tx)?;
    let windows = from.windows();
    let mut tried = Tried { are_right: [false; N], tries_left: None, wait: None };
    for (limit, subject) in windows {
        tried.wait = tried.wait.max(limit.wait(tx.conn, subject, tx.now)?);
    }
    let may_guess = tried.wait.is_none();
    let mut is_compared = false;
    for (is_right, code) in tried.are_right.iter_mut().zip(codes) {
        let guess = try_one(tx, code, &from.address_hash, may_guess)?;
        *is_right = guess.is_right;
        is_compared |= guess.is_compared;
        tried.tries_left = tried.tries_left.into_iter().chain(guess.tries_left).min();
    }
    if tried.all_right() {
        tried.wait = None;
        use_up(tx, codes)?;
    } else if may_guess {
        for (limit, subject) in windows.into_iter().filter(|(_, subject)| is_compared || *subject != ALL) {
            attempt::note(tx, limit.kind, subject)?;
        }
    }
    Ok(tried)
}

fn use_up(tx: &mut Tx<'_>, codes: &[TypedCode]) -> Result<()> {
    for code in codes {
        if let Some(device) = &code.device_hash {
            device::spend(tx, device, &code.phone_hash)?;
        }
    }
    let phones = codes.iter().map(|code| &code.phone_hash);
    diesel::update(one_time_code::table.filter(one_time_code::phone_hash.eq_any(phones)))
        .set(one_time_code::used_at.eq(tx.now_utc()))
        .execute(tx.conn)?;
    Ok(())
}

/// Too many codes were wrong.
pub fn too_many_wrong_codes(retry_after: u32) -> Refusal {
    let detail = Text::new(
        "错误的验证码过多，请稍后再试；在曾登录过的设备上获取的验证码不受此限",
        "Too many wrong codes; try again later. A code that was asked for on a device that has signed in before is good all the same",
    );
    Refusal::TooMany { code: "too_many_wrong_codes", detail, retry_after }
}

/// What became of one code.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Guess {
    /// Whether it was right.
    pub is_right: bool,
    /// How often it may still be tried, where that is told.
    pub tries_left: Option<u32>,
    /// Whether there was a code that was good, with which it was compared.
    pub is_compared: bool,
}

/// Tries one code. What a device asked for comes first, and is bounded by its own tries: neither a
/// flood of guesses nor who shares its address stops it. Its owner gets the codes that strangers
/// ask for, too, and may type one of those.
fn try_one(tx: &mut Tx<'_>, code: &TypedCode, address_hash: &str, may_guess: bool) -> Result<Guess> {
    let mut own = Guess::default();
    if let Some(device) = &code.device_hash
        && device::is_known(tx, device, &code.phone_hash)?
    {
        own = device::try_code(tx, device, &code.code_hash)?;
    }
    if own.is_right || !may_guess {
        return Ok(own);
    }
    let shared = try_shared(tx, code, address_hash)?;
    Ok(Guess {
        is_right: shared.is_right,
        tries_left: own.tries_left.or(shared.tries_left),
        is_compared: own.is_compared || shared.is_compared,
    })
}

/// Tries the code that was asked for without a device; how often is told to the address that asked.
fn try_shared(tx: &mut Tx<'_>, code: &TypedCode, address_hash: &str) -> Result<Guess> {
    let found: Option<Row> =
        one_time_code::table.find(&code.phone_hash).select(Row::as_select()).first(tx.conn).optional()?;
    let Some(row) = found else { return Ok(Guess::default()) };
    let is_elsewhere = row.asked_from.as_ref().is_some_and(|asked_from| asked_from != address_hash);
    let told = |tries: i32| (!is_elsewhere).then(|| u32::try_from(tries).unwrap_or_default());
    let is_over = row.used_at.is_some() || row.expires_at <= tx.now_utc() || row.tries >= TRIES;
    if is_over || is_elsewhere && row.tries_elsewhere >= TRIES_ELSEWHERE {
        return Ok(Guess { tries_left: told(0), ..Guess::default() });
    }
    diesel::update(one_time_code::table.find(&code.phone_hash))
        .set((
            one_time_code::tries.eq(row.tries + 1),
            one_time_code::tries_elsewhere.eq(row.tries_elsewhere + i32::from(is_elsewhere)),
        ))
        .execute(tx.conn)?;
    // Both are keyed hashes: how long the comparison takes tells nothing of the code.
    let is_right = row.code_hash == code.code_hash;
    Ok(Guess { is_right, tries_left: told(TRIES - row.tries - 1), is_compared: true })
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
