//! The clock's work: what time alone changes is done when its time has come, in the order of the instants, each with the state of its instant. After a
//! restart or a jump of the clock everything that was missed is caught up; doing it twice has one effect.
//!
//! What can be due, and where that is kept:
//!
//! | what | when | kept as |
//! |---|---|---|
//! | a scheme's version is applied | its first day begins, or it was made known | setting `schemes_applied` |
//! | a month of ratings closes | the 5th day of the next month ends | setting `last_closed_month` |
//! | a subject is evaluated again | a term ends, a period begins, an announced grade takes effect | a row of `due` |
//! | the tallies' window moves | a month begins | `tally.updated_at` |

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use diesel::dsl::min;
use diesel::prelude::*;
use xinwu_domain::calendar::{Month, start_of_day};
use xinwu_domain::catalogue::Word;
use xinwu_domain::subject::{Subject, SubjectKind};

use crate::schema::{due, firm, manager, project, tally};
use crate::scheme::{Rulebook, applies_from, name_of};
use crate::standing::{self, Cause};
use crate::{Clock, Conn, Db, Result, StoreError, Tx, month_close, setting};

/// The kind of the rows of `due` for subjects that must be evaluated again.
pub(crate) const EVALUATE: &str = "evaluate";
/// The scheme versions that standings were made with, `id/version`, separated by spaces.
const SCHEMES_APPLIED: &str = "schemes_applied";
/// Subjects in one write: small, so that people's writes are not kept waiting.
const BATCH: usize = 50;

/// A thing to do. Of several at one instant the earlier in this list comes first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Work {
    ApplyScheme(String),
    CloseMonth(Month),
    Evaluate,
    MoveTallies,
}

/// Does everything whose time has come by `now`; gives the next instant at which something will be due, as far as is known.
///
/// # Errors
/// Those of the database. What was done before stays done, and the next call goes on from there.
pub async fn tick(db: &Db, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>> {
    if db.read(month_close::last_closed).await?.is_none() {
        db.write(move |tx| month_close::begin(tx, now)).await?;
    }
    loop {
        let next = db.read(move |conn| next(conn, now)).await?;
        match next {
            Some((instant, work)) if instant <= now => {
                // Everything is dated by the instant at which it was due, however late the clock is.
                let dated = db.dated_by(Clock::held_at(instant));
                perform(&dated, instant, work).await?;
            }
            other => return Ok(other.map(|(instant, _)| instant)),
        }
    }
}

/// [`tick`] for a thread that may block: the command line and tests.
///
/// # Errors
/// Those of [`tick`].
pub fn tick_blocking(db: &Db, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>> {
    crate::db::wait_for(tick(db, now))
}

fn next(conn: &mut Conn, now: DateTime<Utc>) -> Result<Option<(DateTime<Utc>, Work)>> {
    let zone = setting::city(conn)?.zone;
    let mut all: Vec<(DateTime<Utc>, Work)> = Vec::new();
    let applied = setting::get(conn, SCHEMES_APPLIED)?.unwrap_or_default();
    let rulebook = Rulebook::load(conn)?;
    for version in rulebook.versions.iter().filter(|version| rulebook.concerns(&version.scheme)) {
        let name = name_of(&version.scheme);
        if !applied.split(' ').any(|known| known == name) {
            all.push((applies_from(version, zone), Work::ApplyScheme(name)));
        }
    }
    if let Some(month) = month_close::last_closed(conn)?.and_then(Month::next) {
        all.push((month.closes_at(zone), Work::CloseMonth(month)));
    }
    let evaluate: Option<NaiveDateTime> =
        due::table.filter(due::kind.eq(EVALUATE)).select(min(due::due_at)).first(conn)?;
    all.extend(evaluate.map(|at| (at.and_utc(), Work::Evaluate)));
    let tallied: Option<NaiveDateTime> = tally::table.select(min(tally::updated_at)).first(conn)?;
    let begin = start_of_day(Month::of(now, zone).first_day(), zone);
    if tallied.is_some_and(|tallied| tallied.and_utc() < begin) {
        all.push((begin, Work::MoveTallies));
    }
    Ok(all.into_iter().min())
}

/// The instant of the first thing whose time has come by `now` and that is not done yet; none when the clock has caught up.
pub(crate) fn first_pending(conn: &mut Conn, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>> {
    Ok(next(conn, now)?.map(|(instant, _)| instant).filter(|instant| *instant <= now))
}

async fn perform(db: &Db, instant: DateTime<Utc>, work: Work) -> Result<()> {
    match work {
        Work::ApplyScheme(name) => apply_scheme(db, name).await,
        Work::CloseMonth(month) => close_month(db, month, instant).await,
        Work::Evaluate => {
            refresh_in_parts(db, db.read(move |conn| due_by(conn, instant)).await?, Cause::time()).await
        }
        Work::MoveTallies => {
            while db.write(move_tallies).await? > 0 {}
            Ok(())
        }
    }
}

async fn apply_scheme(db: &Db, name: String) -> Result<()> {
    let subjects = db.read(every_subject).await?;
    let cause = Cause { kind: "scheme", id: Some(name.clone()) };
    refresh_in_parts(db, subjects, cause).await?;
    db.write(move |tx| {
        let applied = setting::get(tx.conn, SCHEMES_APPLIED)?.unwrap_or_default();
        setting::put(tx, SCHEMES_APPLIED, format!("{applied} {name}").trim())
    })
    .await
}

/// First its voices end and all its figures are frozen, then its subjects are evaluated: a firm's grade never stands on half of its projects.
async fn close_month(db: &Db, month: Month, instant: DateTime<Utc>) -> Result<()> {
    db.write(move |tx| month_close::shut(tx, month)).await?;
    while db.write(move |tx| month_close::freeze_some(tx, month)).await? > 0 {}
    let subjects = db.read(move |conn| month_close::subjects(conn, month, instant)).await?;
    refresh_in_parts(db, subjects, Cause { kind: "ratings", id: Some(month.to_string()) }).await?;
    db.write(move |tx| month_close::note_closed(tx, month)).await
}

/// Evaluates the subjects again, some in a write. One whose stored file cannot be read is put off, so that it does not stop the clock for all others.
async fn refresh_in_parts(db: &Db, subjects: Vec<Subject>, cause: Cause) -> Result<()> {
    for part in subjects.chunks(BATCH) {
        match refresh_part(db, part.to_vec(), &cause).await {
            Err(StoreError::Internal(_)) => {}
            done => {
                done?;
                continue;
            }
        }
        for subject in part {
            match refresh_part(db, vec![subject.clone()], &cause).await {
                Err(StoreError::Internal(reason)) => put_off(db, subject.clone(), reason).await?,
                done => done?,
            }
        }
    }
    Ok(())
}

async fn refresh_part(db: &Db, subjects: Vec<Subject>, cause: &Cause) -> Result<()> {
    let cause = cause.clone();
    db.write(move |tx| standing::refresh_all(tx, &subjects, &cause)).await
}

/// Tries a subject again a day later.
async fn put_off(db: &Db, subject: Subject, reason: String) -> Result<()> {
    tracing::error!(kind = subject.kind.as_str(), id = subject.id, reason, "a subject cannot be evaluated");
    db.write(move |tx| {
        let tomorrow = tx.now + TimeDelta::days(1);
        standing::schedule(tx, subject.kind, &subject.id, Some(tomorrow))
    })
    .await
}

/// Some of the subjects that are due by an instant.
fn due_by(conn: &mut Conn, instant: DateTime<Utc>) -> Result<Vec<Subject>> {
    let rows: Vec<(String, String)> = due::table
        .filter(due::kind.eq(EVALUATE))
        .filter(due::due_at.le(instant.naive_utc()))
        .order((due::due_at, due::subject_kind, due::subject_id))
        .limit(i64::try_from(BATCH).unwrap_or(i64::MAX))
        .select((due::subject_kind, due::subject_id))
        .load(conn)?;
    let subject = |(kind, id): (String, String)| {
        let kind = SubjectKind::parse(&kind)
            .ok_or_else(|| StoreError::internal(format!("{id} is due as a {kind}")))?;
        Ok(Subject { kind, id })
    };
    rows.into_iter().map(subject).collect()
}

fn move_tallies(tx: &mut Tx<'_>) -> Result<usize> {
    let rows: Vec<(String, String)> = tally::table
        .filter(tally::updated_at.lt(tx.now_utc()))
        .order((tally::subject_kind, tally::subject_id))
        .limit(i64::try_from(4 * BATCH).unwrap_or(i64::MAX))
        .select((tally::subject_kind, tally::subject_id))
        .load(tx.conn)?;
    for part in rows.chunk_by(|a, b| a.0 == b.0) {
        let kind = part.first().and_then(|(kind, _)| SubjectKind::parse(kind));
        let kind = kind.ok_or_else(|| StoreError::internal("a tally is of no known kind"))?;
        let ids: Vec<String> = part.iter().map(|(_, id)| id.clone()).collect();
        standing::refresh_tallies(tx, kind, &ids)?;
    }
    Ok(rows.len())
}

/// Everyone who has a standing.
pub(crate) fn every_subject(conn: &mut Conn) -> Result<Vec<Subject>> {
    let projects: Vec<String> = project::table.order(project::id).select(project::id).load(conn)?;
    let firms: Vec<String> = firm::table.order(firm::uscc).select(firm::uscc).load(conn)?;
    let managers: Vec<String> = manager::table.order(manager::id).select(manager::id).load(conn)?;
    let projects = projects.iter().map(|id| Subject::project(id));
    let firms = firms.iter().map(|id| Subject::firm(id));
    Ok(projects.chain(firms).chain(managers.iter().map(|id| Subject::manager(id))).collect())
}
