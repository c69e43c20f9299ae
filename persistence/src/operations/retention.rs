//! What is kept for its days and no longer: sessions that are over, claims that came to nothing or
//! ended, and the audit. Nothing of it is shown to anybody but its owner and to officials.

use chrono::{DateTime, Duration, NaiveDate, Utc};
use diesel::prelude::*;
use xinwu_domain::calendar::{day_of, start_of_day};
use xinwu_domain::residence::ResidenceStatus;
use xinwu_store::schema::audit;
use xinwu_store::{Col, Conn, Result, Tx, setting};

use crate::city::{self, CitySettings};
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
/// for: it drops what the others would have. A day that is still to come was done by a clock that
/// was ahead, and counts for nothing.
pub(crate) fn next(conn: &mut Conn, now: DateTime<Utc>) -> Result<(DateTime<Utc>, NaiveDate)> {
    let city = city::city(conn)?;
    let today = day_of(now, city.zone);
    let latest = if at(today, &city) <= now { today } else { today.pred_opt().unwrap_or(today) };
    let done: Option<NaiveDate> = setting::get(conn, DONE)?.and_then(|day| day.parse().ok());
    let done = done.filter(|done| (latest..=today).contains(done));
    let day = done.and_then(|done| done.succ_opt()).unwrap_or(latest);
    Ok((at(day, &city), day))
}

fn at(day: NaiveDate, city: &CitySettings) -> DateTime<Utc> {
    start_of_day(day, city.zone) + Duration::hours(HOUR)
}

/// Some of what is too old, of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Old {
    Sessions(Vec<String>),
    Claims(Vec<String>),
    Lines(Vec<i64>),
    /// There is none, any longer.
    Nothing,
}

/// Claims that came to nothing or ended.
const OVER: [Col<ResidenceStatus>; 2] = [Col(ResidenceStatus::Ended), Col(ResidenceStatus::Refused)];

/// Finds some of what is too old on a day. Only reads: a claim is in no index by its age, and
/// nobody's write waits while they are gone through.
pub(crate) fn find_some(conn: &mut Conn, day: NaiveDate) -> Result<Old> {
    let kept = kept(conn)?;
    let at = at(day, &city::city(conn)?);
    let before = |days: u32| (at - Duration::days(days.into())).naive_utc();
    let (since, of_claims) = (before(kept.session_days), before(kept.claim_days));
    let has_ended = session::ended_at.is_not_null().and(session::ended_at.lt(since));
    let sessions: Vec<String> = session::table
        .filter(session::expires_at.lt(since).or(has_ended))
        .select(session::id)
        .limit(AT_ONCE)
        .load(conn)?;
    if !sessions.is_empty() {
        return Ok(Old::Sessions(sessions));
    }
    let claims: Vec<String> = residence::table
        .filter(residence::status.eq_any(OVER))
        .filter(residence::requested_at.lt(of_claims))
        .filter(residence::decided_at.is_null().or(residence::decided_at.lt(of_claims)))
        .select(residence::id)
        .limit(AT_ONCE)
        .load(conn)?;
    if !claims.is_empty() {
        return Ok(Old::Claims(claims));
    }
    let lines: Vec<i64> = audit::table
        .filter(audit::at.lt(before(kept.audit_days)))
        .order(audit::at)
        .select(audit::id)
        .limit(AT_ONCE)
        .load(conn)?;
    Ok(if lines.is_empty() { Old::Nothing } else { Old::Lines(lines) })
}

/// Drops what was found; a day on which nothing is left is done. Sessions go with their refresh
/// tokens. A claim that is not over any more stays.
pub(crate) fn drop_found(tx: &mut Tx<'_>, day: NaiveDate, old: &Old) -> Result<()> {
    match old {
        Old::Sessions(ids) => {
            diesel::delete(session::table.filter(session::id.eq_any(ids))).execute(tx.conn)?;
        }
        Old::Claims(ids) => {
            diesel::delete(residence::table.filter(residence::id.eq_any(ids)))
                .filter(residence::status.eq_any(OVER))
                .execute(tx.conn)?;
        }
        Old::Lines(ids) => {
            diesel::delete(audit::table.filter(audit::id.eq_any(ids))).execute(tx.conn)?;
        }
        Old::Nothing => setting::put(tx, DONE, &day.to_string())?,
    }
    Ok(())
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
