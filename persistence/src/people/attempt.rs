//! What limits count: requests for codes, wrong ones, failed passwords and claims of dwellings, by
//! keyed hash of phone, device, account, network or address, in sliding windows; and the networks
//! on which accounts sign in, where others' failures do not count.

use chrono::{DateTime, Duration, NaiveDateTime, Utc};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use xinwu_domain::refusal::Refusal;
use xinwu_domain::text::Text;
use xinwu_store::{Conn, Result, Tx, on_each};

use super::limits::Limits;
use crate::schema::{attempt, known_network};

/// The longest window of all limits: older attempts are deleted.
const LONGEST_WINDOW: Duration = Duration::days(1);

/// So many of a kind in so long a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limit {
    /// What is counted.
    pub kind: &'static str,
    /// How many fit into the window.
    pub most: i64,
    /// How long one counts.
    pub window: Duration,
}

/// How long a network is known after a sign-in.
const KNOWN_FOR: Duration = Duration::days(90);

/// Codes of the second factor are counted by themselves: the right password clears none of them.
const FAILED_CODES: Limit = Limit { kind: "failure_code", most: 10, window: Duration::minutes(15) };

impl Limit {
    /// Seconds, at least 1, until one more fits; `None` if it fits now.
    pub(crate) fn wait(self, conn: &mut Conn, subject: &str, now: DateTime<Utc>) -> Result<Option<u32>> {
        // When the window is full, one more fits as soon as the `most`-th newest has left it.
        let leaves_first: Option<NaiveDateTime> = attempt::table
            .filter(attempt::kind.eq(self.kind))
            .filter(attempt::subject_hash.eq(subject))
            .filter(attempt::at.gt((now - self.window).naive_utc()))
            .order((attempt::at.desc(), attempt::id.desc()))
            .offset(self.most - 1)
            .limit(1)
            .select(attempt::at)
            .first(conn)
            .optional()?;
        Ok(leaves_first.map(|at| {
            let milliseconds = (at.and_utc() + self.window - now).num_milliseconds();
            u32::try_from((milliseconds + 999) / 1000).unwrap_or(1).max(1)
        }))
    }

    /// How many there are in the window now.
    pub(crate) fn count(self, conn: &mut Conn, subject: &str, now: DateTime<Utc>) -> Result<i64> {
        Ok(attempt::table
            .filter(attempt::kind.eq(self.kind))
            .filter(attempt::subject_hash.eq(subject))
            .filter(attempt::at.gt((now - self.window).naive_utc()))
            .count()
            .get_result(conn)?)
    }
}

/// Counts one more.
pub(crate) fn note(tx: &mut Tx<'_>, kind: &str, subject: &str) -> Result<()> {
    diesel::insert_into(attempt::table)
        .values((attempt::kind.eq(kind), attempt::subject_hash.eq(subject), attempt::at.eq(tx.now_utc())))
        .execute(tx.conn)?;
    Ok(())
}

/// Deletes what no window reaches any more.
pub(crate) fn prune(tx: &mut Tx<'_>) -> Result<()> {
    let oldest = (tx.now - LONGEST_WINDOW).naive_utc();
    diesel::delete(attempt::table.filter(attempt::at.le(oldest))).execute(tx.conn)?;
    Ok(())
}

/// Somebody tries a password or a client's secret, by keyed hashes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The name that was given, whether or not there is such an account.
    pub account: String,
    /// The address.
    pub address: String,
    /// The name, as it is typed at this address.
    pub here: String,
    /// How many may fail.
    pub limits: Limits,
}

impl Attempt {
    /// What it counts as: the account's, or, where the account has signed in, its own there, of
    /// which others' failures elsewhere are none; and the address's, of which only who is not known
    /// there is asked.
    fn windows(&self, is_known: bool) -> [(Limit, &str); 2] {
        let of_account = if is_known {
            (self.limits.passwords_here(), self.here.as_str())
        } else {
            (self.limits.passwords_of_account(), self.account.as_str())
        };
        [of_account, (self.limits.passwords_from_address(), self.address.as_str())]
    }
}

/// Takes a try at a password or a client's secret: counted as failed until [`succeeded`] says
/// otherwise, so that tries at once are counted too.
///
/// # Errors
/// [`Refusal::TooMany`] when the account has failed too often, or the address.
pub fn begin(tx: &mut Tx<'_>, attempt: &Attempt) -> Result<()> {
    lock_attempts(tx.conn)?;
    prune(tx)?;
    // Asked of unknown names too: they cost the same statements.
    let is_known = is_known(tx, &attempt.here)?;
    let windows = attempt.windows(is_known);
    let mut wait = None;
    for (limit, subject) in windows.iter().take(if is_known { 1 } else { 2 }) {
        wait = wait.max(limit.wait(tx.conn, subject, tx.now)?);
    }
    if let Some(retry_after) = wait {
        return Err(too_many(retry_after).into());
    }
    windows.iter().try_for_each(|(limit, subject)| note(tx, limit.kind, subject))
}

/// The try was a good one: the account's count begins again, there or elsewhere, and the address's
/// is what it was before.
pub fn succeeded(tx: &mut Tx<'_>, attempt: &Attempt) -> Result<()> {
    lock_attempts(tx.conn)?;
    let is_known = is_known(tx, &attempt.here)?;
    let [(of_account, account), (of_address, address)] = attempt.windows(is_known);
    forget(tx, of_account.kind, account)?;
    delete_newest(tx, of_address.kind, address)
}

/// Knows from now on that somebody signs in there, once they have with all that was asked for: a
/// password alone, where a second factor is due, makes no network known.
pub fn remember(tx: &mut Tx<'_>, here: &str) -> Result<()> {
    let (now, oldest) = (tx.now_utc(), (tx.now - KNOWN_FOR).naive_utc());
    diesel::delete(known_network::table.filter(known_network::seen_at.le(oldest))).execute(tx.conn)?;
    on_each!(&mut *tx.conn, |conn| diesel::insert_into(known_network::table)
        .values((known_network::hash.eq(here), known_network::seen_at.eq(now)))
        .on_conflict(known_network::hash)
        .do_update()
        .set(known_network::seen_at.eq(now))
        .execute(conn))?;
    Ok(())
}

fn is_known(tx: &mut Tx<'_>, here: &str) -> Result<bool> {
    let oldest = (tx.now - KNOWN_FOR).naive_utc();
    let found: i64 = known_network::table
        .filter(known_network::hash.eq(here))
        .filter(known_network::seen_at.gt(oldest))
        .count()
        .get_result(tx.conn)?;
    Ok(found > 0)
}

fn forget(tx: &mut Tx<'_>, kind: &str, subject: &str) -> Result<()> {
    diesel::delete(attempt::table)
        .filter(attempt::kind.eq(kind))
        .filter(attempt::subject_hash.eq(subject))
        .execute(tx.conn)?;
    Ok(())
}

/// Takes a try at a code of the second factor: counted as failed until [`code_succeeded`] says
/// otherwise. `account` is a keyed hash of the account.
///
/// # Errors
/// [`Refusal::TooMany`] when too many codes of the account were wrong.
pub fn begin_code(tx: &mut Tx<'_>, account: &str) -> Result<()> {
    lock_attempts(tx.conn)?;
    prune(tx)?;
    let now = tx.now;
    match FAILED_CODES.wait(tx.conn, account, now)? {
        Some(retry_after) => Err(too_many(retry_after).into()),
        None => note(tx, FAILED_CODES.kind, account),
    }
}

/// The code was right: the wrong ones of before still count.
pub fn code_succeeded(tx: &mut Tx<'_>, account: &str) -> Result<()> {
    lock_attempts(tx.conn)?;
    delete_newest(tx, FAILED_CODES.kind, account)
}

fn too_many(retry_after: u32) -> Refusal {
    let detail =
        Text::new("登录失败次数过多，请稍后再试", "Too many failed attempts to sign in; try again later");
    Refusal::TooMany { code: "too_many_failures", detail, retry_after }
}

fn delete_newest(tx: &mut Tx<'_>, kind: &str, subject: &str) -> Result<()> {
    let newest: Option<i64> = attempt::table
        .filter(attempt::kind.eq(kind))
        .filter(attempt::subject_hash.eq(subject))
        .order(attempt::id.desc())
        .select(attempt::id)
        .first(tx.conn)
        .optional()?;
    if let Some(newest) = newest {
        diesel::delete(attempt::table.find(newest)).execute(tx.conn)?;
    }
    Ok(())
}

/// Lets the writes that count attempts come one after another, as SQLite's always do: a count that
/// two transactions make at once would have to be thrown away by PostgreSQL, again and again under
/// a flood. It must be the first statement of its transaction, so that the snapshot is taken after
/// the wait.
pub(crate) fn lock_attempts(conn: &mut Conn) -> Result<()> {
    match conn {
        Conn::Sqlite(_) => Ok(()),
        Conn::Pg(conn) => Ok(conn.batch_execute("LOCK TABLE attempt IN SHARE ROW EXCLUSIVE MODE")?),
    }
}
