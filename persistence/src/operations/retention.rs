//! What is kept for its days and no longer: sessions that are over, claims that came to nothing or
//! ended, and the audit. Nothing of it is shown to anybody but its owner and to officials.

use chrono::{DateTime, Duration, NaiveDate, NaiveDateTime, Utc};
use diesel::prelude::*;
use xinwu_domain::calendar::{day_of, start_of_day};
use xinwu_domain::residence::ResidenceStatus;
use xinwu_store::schema::audit;
use xinwu_store::{Col, Conn, Result, Tx, setting};

use crate::city;
use crate::schema::{residence, session};

/// The setting that holds the last day on which what was too old was dropped,
const DONE: &str = "retention_done";
/// and the one that holds the days, as `180 365 1825`.
const DAYS: &str = "retention_days";
/// Rows of each kind that one write drops: few enough that people's writes are not kept waiting.
const AT_ONCE: i64 = 1_000;
/// The city's hour at which it is done.
const HOUR: i64 = 3;

/// How many days what is over is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Sessions, from when they ended or expired.
    pub session_days: u32,
    /// Claims to dwellings, from when they ended or were refused.
    pub claim_days: u32,
    /// Lines of the audit.
    pub audit_days: u32,
}

impl Default for Retention {
    fn default() -> Retention {
        Retention { session_days: 180, claim_days: 365, audit_days: 1825 }
    }
}

impl Retention {
    fn read(kept: &str) -> Option<Retention> {
        let mut numbers = kept.split(' ').map(|number| number.parse::<u32>().ok());
        Some(Retention {
            session_days: numbers.next()??,
            claim_days: numbers.next()??,
            audit_days: numbers.next()??,
        })
    }
}

/// Keeps the days, so that every process drops the same.
pub fn keep(tx: &mut Tx<'_>, wanted: Retention) -> Result<()> {
    if kept(tx.conn)? == wanted {
        return Ok(());
    }
    let Retention { session_days, claim_days, audit_days } = wanted;
    setting::put(tx, DAYS, &format!("{session_days} {claim_days} {audit_days}"))
}

fn kept(conn: &mut Conn) -> Result<Retention> {
    Ok(setting::get(conn, DAYS)?.as_deref().and_then(Retention::read).unwrap_or_default())
}

/// The next day on which it is done, and when. Of days that were missed only the last is made up
/// for: it drops what the others would have.
pub(crate) fn next(conn: &mut Conn, now: DateTime<Utc>) -> Result<(DateTime<Utc>, NaiveDate)> {
    let zone = city::city(conn)?.zone;
    let at = |day: NaiveDate| start_of_day(day, zone) + Duration::hours(HOUR);
    let today = day_of(now, zone);
    let latest = if at(today) <= now { today } else { today.pred_opt().unwrap_or(today) };
    let done: Option<NaiveDate> = setting::get(conn, DONE)?.and_then(|day| day.parse().ok());
    let day = done.filter(|done| *done >= latest).and_then(|done| done.succ_opt()).unwrap_or(latest);
    Ok((at(day), day))
}

/// Drops some of what is too old on a day, and gives whether there may be more.
pub(crate) fn drop_some(tx: &mut Tx<'_>, day: NaiveDate) -> Result<bool> {
    let kept = kept(tx.conn)?;
    let now = tx.now;
    let before = |days: u32| (now - Duration::days(days.into())).naive_utc();
    let dropped = drop_sessions(tx, before(kept.session_days))?
        + drop_claims(tx, before(kept.claim_days))?
        + drop_audit(tx, before(kept.audit_days))?;
    if dropped == 0 {
        setting::put(tx, DONE, &day.to_string())?;
    }
    Ok(dropped > 0)
}

/// With their refresh tokens, which go with them.
fn drop_sessions(tx: &mut Tx<'_>, before: NaiveDateTime) -> Result<usize> {
    let is_over =
        session::expires_at.lt(before).or(session::ended_at.is_not_null().and(session::ended_at.lt(before)));
    let ids: Vec<String> = session::table.filter(is_over).select(session::id).limit(AT_ONCE).load(tx.conn)?;
    Ok(diesel::delete(session::table.filter(session::id.eq_any(ids))).execute(tx.conn)?)
}

fn drop_claims(tx: &mut Tx<'_>, before: NaiveDateTime) -> Result<usize> {
    let over = [ResidenceStatus::Ended, ResidenceStatus::Refused].map(Col);
    let ids: Vec<String> = residence::table
        .filter(residence::status.eq_any(over))
        .filter(residence::requested_at.lt(before))
        .filter(residence::decided_at.is_null().or(residence::decided_at.lt(before)))
        .select(residence::id)
        .limit(AT_ONCE)
        .load(tx.conn)?;
    Ok(diesel::delete(residence::table.filter(residence::id.eq_any(ids))).execute(tx.conn)?)
}

fn drop_audit(tx: &mut Tx<'_>, before: NaiveDateTime) -> Result<usize> {
    let ids: Vec<i64> = audit::table
        .filter(audit::at.lt(before))
        .order(audit::at)
        .select(audit::id)
        .limit(AT_ONCE)
        .load(tx.conn)?;
    Ok(diesel::delete(audit::table.filter(audit::id.eq_any(ids))).execute(tx.conn)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_as_they_are_kept() {
        let kept = Retention { session_days: 30, claim_days: 90, audit_days: 365 };
        assert_eq!(Retention::read("30 90 365"), Some(kept));
        assert_eq!(Retention::read("30 90"), None);
    }
}
