//! The clock's work: what time alone changes is done when its time has come, in the order of the
//! instants, each with the state of its instant. After a restart or a jump of the clock everything
//! that was missed is caught up; doing it twice has one effect.
//!
//! What can be due, and where that is kept:
//!
//! | what | when | kept as |
//! |---|---|---|
//! | a scheme's version is applied | its first day begins, or it was made known | setting `schemes_applied` |
//! | a burst counts | at the time of steps, the morning after its days, or after its release | `rating_burst.counts_on` |
//! | a step publishes what waits | `figures_at` on `figures_days` and each 1st | setting `last_step` |
//! | the same of cases | once that of ratings is made | setting `last_case_step` |
//! | a subject is evaluated again | a term ends, a period begins, an announced grade takes effect; or a write owes it to a fact that changed | a row of `due`, with the fact |
//! | a record is no longer shown | its last public day ends | setting `publicity_told` |
//! | a proposal ends undecided | 14 days after it was made | `proposal.until` |
//! | a code for a first password is deleted | 72 hours after it was given | `activation.expires_at` |
//! | a file that waits ends undecided | 14 days after it was read | `import.expires_at` |
//! | the tallies' window moves | a month begins | `tally.updated_at` |
//! | a month's ratings are forgotten | `unlink_days` after it | `rated_month.forgotten` |
//! | a case's time runs out, a pause or a verification is not answered, it is forgotten | an instant of its own | `case_clock.clock_at` |
//! | a case drafts a record | a firm was late for too long, or it is unsolved after it was reopened | `case_clock.draft_at` |
//! | deadlines follow the rules of cases and the calendar | the program has others | setting `case_rules` |
//! | what was kept long enough is dropped | 03:00 of each day | setting `retention_done` |

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use diesel::dsl::min;
use diesel::prelude::*;
use xinwu_domain::calendar::{Month, start_of_day};
use xinwu_domain::rating::StepDue;
use xinwu_domain::subject::{Cause, CauseKind, Subject, SubjectKind};
use xinwu_store::{Clock, Col, Conn, Db, Result, Tx};

use crate::city;
use crate::credit::current_grade::{self, owed};
use crate::credit::record::publicity_end;
use crate::credit::scheme::{Rulebook, applies_from, name_of};
use crate::operations::fan_out;
use crate::operations::import;
use crate::operations::increments::{self, Journal};
use crate::operations::retention;
use crate::people::account::activation;
use crate::people::proposal;
use crate::ratings::month_key::MonthKeys;
use crate::ratings::rating;
use crate::ratings::rating::step::{self, GoesOn};
use crate::schema::{firm, manager, project, tally};
use crate::service::case::figures::step as case_step;
use crate::service::case::{alone, draft};

/// The scheme versions that current grades were made with, `id/version`, separated by spaces.
const SCHEMES_APPLIED: &str = "schemes_applied";
/// Tallies moved in one write: few enough that people's writes are not kept waiting.
const TALLIES: i64 = 200;

/// A thing to do. Of several at one instant the one that stands first here comes first: a hold's
/// morning on a 1st before the month is closed.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Work {
    EndPublicity(NaiveDate),
    FollowCaseRules,
    Cases,
    DraftOfCases,
    ExpireProposals,
    DeleteCodes,
    ExpireImports,
    ApplyScheme(String),
    Evaluate,
    MoveTallies,
    Mature(NaiveDate),
    Step(StepDue),
    CaseStep(StepDue),
    Forget(Month),
    DropOld(NaiveDate),
}

impl Work {
    fn rank(&self) -> u8 {
        match self {
            Work::EndPublicity(_) | Work::DeleteCodes | Work::FollowCaseRules | Work::Cases => 0,
            Work::ExpireProposals | Work::DraftOfCases => 1,
            Work::ExpireImports => 2,
            Work::ApplyScheme(_) => 3,
            Work::Evaluate => 4,
            Work::MoveTallies => 5,
            Work::Mature(_) => 6,
            Work::Step(_) => 7,
            Work::CaseStep(_) => 8,
            Work::Forget(_) => 9,
            Work::DropOld(_) => 10,
        }
    }

    /// Whether it is dated by the instant at which it is done and not by that at which it was due:
    /// an increment "is dated by its commit, however late".
    fn is_dated_by_its_commit(&self) -> bool {
        matches!(self, Work::Mature(_) | Work::Step(_) | Work::CaseStep(_) | Work::Forget(_))
    }
}

/// Does everything whose time has come by `now`, for as long as it `goes_on`, and tells whoever is
/// owed a notice of what happened to a firm; gives the next instant at which something will be due,
/// as far as is known.
///
/// # Errors
/// What was done before an error stays done, and the next call goes on from there.
pub async fn tick(
    db: &Db,
    journal: Option<&Arc<Journal>>,
    keys: &Arc<MonthKeys>,
    now: DateTime<Utc>,
    goes_on: GoesOn<'_>,
) -> Result<Option<DateTime<Utc>>> {
    loop {
        let worked = work_off(db, journal, keys, now, goes_on).await;
        // Also of a step that failed midway: what it has published is public.
        let settled = increments::settle(db, journal, keys).await;
        let next = worked?;
        settled?;
        // Not one of the things that are due in the order of their instants: nothing waits for it.
        fan_out::work_off(db, goes_on).await?;
        match next {
            // A portion at a time, and only when nothing else is to be done: a first night may have
            // millions of rows to drop, and none of them is in a hurry.
            Some((instant, Work::DropOld(day))) if instant <= now && goes_on() => {
                let old = db.read(move |conn| retention::find_some(conn, day)).await?;
                db.write(move |tx| retention::drop_found(tx, day, &old)).await?;
            }
            other => return Ok(other.map(|(instant, _)| instant)),
        }
    }
}

/// All but what is dropped, which it gives as the next when only that is left.
async fn work_off(
    db: &Db,
    journal: Option<&Arc<Journal>>,
    keys: &Arc<MonthKeys>,
    now: DateTime<Utc>,
    goes_on: GoesOn<'_>,
) -> Result<Option<(DateTime<Utc>, Work)>> {
    if !db.read(step::has_begun).await? {
        db.write(move |tx| step::begin(tx, now)).await?;
    }
    loop {
        let next = db.read(move |conn| next(conn, now)).await?;
        match next {
            Some((instant, work)) if instant <= now && !matches!(work, Work::DropOld(_)) && goes_on() => {
                if work.is_dated_by_its_commit() {
                    // On a restored database what was published since the copy comes first, and
                    // something else is due then.
                    if increments::settle(db, journal, keys).await? > 0 {
                        continue;
                    }
                    if let Some(journal) = journal {
                        journal.may_be_behind();
                    }
                    publish(db, keys, work, goes_on).await?;
                } else {
                    // Everything else is dated by the instant at which it was due, however late the
                    // clock is.
                    let dated = db.dated_by(Clock::held_at(instant));
                    perform(&dated, work, goes_on).await?;
                }
            }
            other => return Ok(other),
        }
    }
}

/// [`tick`] for a thread that may block: the command line and tests.
pub fn tick_blocking(
    db: &Db,
    journal: Option<&Arc<Journal>>,
    keys: &Arc<MonthKeys>,
    now: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>> {
    xinwu_store::wait_for(tick(db, journal, keys, now, &|| true))
}

fn next(conn: &mut Conn, now: DateTime<Utc>) -> Result<Option<(DateTime<Utc>, Work)>> {
    let evaluate = owed::first(conn)?;
    let graded = next_beside(conn, now, evaluate)?;
    let told = next_end_of_publicity(conn)?;
    let expires = proposal::next_expiry(conn)?.map(|at| (at, Work::ExpireProposals));
    let codes = activation::next_expiry(conn)?.map(|at| (at, Work::DeleteCodes));
    let lapses = import::next_expiry(conn)?.map(|at| (at, Work::ExpireImports));
    let cases = next_of_cases(conn, now)?;
    let (at, day) = retention::next(conn, now)?;
    // After all that is overdue, however long.
    let drops = std::iter::once((at.max(now), Work::DropOld(day)));
    let beside = told.into_iter().chain(expires).chain(lapses).chain(codes).chain(cases).chain(drops);
    Ok(beside.chain(graded).min_by_key(|(instant, work)| (*instant, work.rank())))
}

/// No grade depends on it. New rules come before all that the old ones would do.
fn next_of_cases(conn: &mut Conn, now: DateTime<Utc>) -> Result<Option<(DateTime<Utc>, Work)>> {
    let next = alone::next(conn)?;
    if alone::has_other_rules(conn)? {
        return Ok(Some((next.map_or(now, |at| at.min(now)), Work::FollowCaseRules)));
    }
    let next = next.map(|at| (at, Work::Cases));
    let drafts = draft::next(conn)?.map(|at| (at, Work::DraftOfCases));
    Ok(next.into_iter().chain(drafts).min_by_key(|(instant, work)| (*instant, work.rank())))
}

/// It changes nothing that is kept, so that no grade waits for it.
fn next_end_of_publicity(conn: &mut Conn) -> Result<Option<(DateTime<Utc>, Work)>> {
    let Some(last) = publicity_end::next(conn)? else { return Ok(None) };
    let zone = city::city(conn)?.zone;
    Ok(last.succ_opt().map(|day| (start_of_day(day, zone), Work::EndPublicity(last))))
}

/// The next thing to do, where the first evaluation is due at `evaluate`.
fn next_beside(
    conn: &mut Conn,
    now: DateTime<Utc>,
    evaluate: Option<DateTime<Utc>>,
) -> Result<Option<(DateTime<Utc>, Work)>> {
    let city = city::city(conn)?;
    let zone = city.zone;
    let mut all: Vec<(DateTime<Utc>, Work)> = Vec::new();
    let applied = xinwu_store::setting::get(conn, SCHEMES_APPLIED)?.unwrap_or_default();
    let rulebook = Rulebook::load(conn)?;
    for version in rulebook.versions.iter().filter(|version| rulebook.concerns(&version.scheme)) {
        let name = name_of(&version.scheme);
        if !applied.split(' ').any(|known| known == name) {
            all.push((applies_from(version, &city), Work::ApplyScheme(name)));
        }
    }
    all.extend(evaluate.map(|at| (at, Work::Evaluate)));
    let tallied: Option<NaiveDateTime> = tally::table.select(min(tally::updated_at)).first(conn)?;
    // The month after the oldest tally's: a clock that is months late moves them month by month, so
    // that what is kept of a subject before the first thing pending is what it was then.
    let moves = tallied.and_then(|tallied| Month::of(tallied.and_utc(), zone).next());
    let begin = moves.map(|month| start_of_day(month.first_day(), zone));
    if let Some(begin) = begin.filter(|begin| *begin <= now) {
        all.push((begin, Work::MoveTallies));
    }
    // What is dated by its commit comes after all that is overdue and dated earlier.
    let from_now = |at: DateTime<Utc>| at.max(now);
    if let Some(day) = step::next_morning(conn)? {
        all.push((from_now(city.schedule().morning_of(day)), Work::Mature(day)));
    }
    if let Some(due) = step::next(conn, &city, now)? {
        all.push((from_now(due.at), Work::Step(due)));
    }
    if let Some(due) = case_step::next(conn, &city)? {
        all.push((from_now(due.covers), Work::CaseStep(due)));
    }
    if let Some(month) = rating::next_to_unlink(conn)? {
        all.push((from_now(start_of_day(city.forgotten_on(month), zone)), Work::Forget(month)));
    }
    Ok(all.into_iter().min_by_key(|(instant, work)| (*instant, work.rank())))
}

/// The instant of the first thing whose time has come by `now`, that is not done yet, and that may
/// change what is kept of these subjects; `None` when the clock has caught up. Evaluations of
/// others are none of theirs.
pub(crate) fn first_pending(
    conn: &mut Conn,
    now: DateTime<Utc>,
    subjects: &[Subject],
) -> Result<Option<DateTime<Utc>>> {
    let evaluate = owed::first_of(conn, subjects)?;
    Ok(next_beside(conn, now, evaluate)?.map(|(instant, _)| instant).filter(|instant| *instant <= now))
}

/// Work that was broken off is what is due next again.
async fn perform(db: &Db, work: Work, goes_on: GoesOn<'_>) -> Result<()> {
    match work {
        Work::EndPublicity(last) => db.write(move |tx| publicity_end::tell(tx, last)).await?,
        Work::FollowCaseRules => while goes_on() && db.write(alone::follow_rules).await? {},
        Work::Cases => while goes_on() && db.write(alone::work_off).await? > 0 {},
        Work::DraftOfCases => while goes_on() && db.write(draft::work_off).await? > 0 {},
        Work::ExpireProposals => while goes_on() && db.write(proposal::expire).await? > 0 {},
        Work::DeleteCodes => db.write(activation::expire).await?,
        Work::ExpireImports => while goes_on() && db.write(import::expire).await? {},
        Work::ApplyScheme(name) => apply_scheme(db, name).await?,
        Work::Evaluate => while goes_on() && db.write(current_grade::work_off).await? > 0 {},
        Work::MoveTallies => while goes_on() && db.write(move_tallies).await? > 0 {},
        Work::Mature(_) | Work::Step(_) | Work::CaseStep(_) | Work::Forget(_) | Work::DropOld(_) => {}
    }
    Ok(())
}

/// The work of ratings, and what is published of cases.
async fn publish(db: &Db, keys: &Arc<MonthKeys>, work: Work, goes_on: GoesOn<'_>) -> Result<()> {
    match work {
        Work::Mature(day) => step::mature(db, keys, day, goes_on).await,
        Work::Step(due) => step::make(db, keys, due, goes_on).await,
        Work::CaseStep(due) => case_step::make(db, due, goes_on).await,
        Work::Forget(month) => {
            while goes_on() && db.write(move |tx| rating::unlink_some(tx, month)).await? > 0 {}
            let keys = Arc::clone(keys);
            db.read(move |conn| keys.live(conn)).await?;
            rating::clear_deleted(db).await
        }
        Work::EndPublicity(_)
        | Work::FollowCaseRules
        | Work::Cases
        | Work::DraftOfCases
        | Work::ExpireProposals
        | Work::DeleteCodes
        | Work::ExpireImports
        | Work::ApplyScheme(_)
        | Work::Evaluate
        | Work::MoveTallies
        | Work::DropOld(_) => Ok(()),
    }
}

async fn apply_scheme(db: &Db, name: String) -> Result<()> {
    let subjects = db.read(every_subject).await?;
    db.facts_changed(subjects, &Cause::of(CauseKind::Scheme, &name)).await?;
    db.write(move |tx| {
        let applied = xinwu_store::setting::get(tx.conn, SCHEMES_APPLIED)?.unwrap_or_default();
        xinwu_store::setting::put(tx, SCHEMES_APPLIED, format!("{applied} {name}").trim())
    })
    .await
}

/// Makes the evaluations that are owed to facts by now, each dated as the clock would, for a
/// command that is no running service and whose user waits for the grades. It stops where something
/// else is due before: that is the service's to do. `told` learns how many are left, time and
/// again. Gives how many are left at the end.
///
/// # Errors
/// What was made before an error stays, and the clock makes the rest.
pub fn settle_blocking(db: &Db, told: &dyn Fn(i64)) -> Result<i64> {
    let now = db.clock().now();
    loop {
        let ((left, since), next) = db.read_blocking(move |conn| {
            let evaluate = owed::first(conn)?;
            Ok((owed::count(conn, now)?, next_beside(conn, now, evaluate)?))
        })?;
        told(left);
        match (since, next) {
            (Some(since), Some((instant, Work::Evaluate))) if since == instant => {
                db.dated_by(Clock::held_at(instant)).write_blocking(current_grade::work_off)?;
            }
            _ => return Ok(left),
        }
    }
}

fn move_tallies(tx: &mut Tx<'_>) -> Result<usize> {
    let rows: Vec<(Col<SubjectKind>, String)> = tally::table
        .filter(tally::updated_at.lt(tx.now_utc()))
        .order((tally::subject_kind, tally::subject_id))
        .limit(TALLIES)
        .select((tally::subject_kind, tally::subject_id))
        .load(tx.conn)?;
    for part in rows.chunk_by(|a, b| a.0 == b.0) {
        let Some((Col(kind), _)) = part.first() else { continue };
        let ids: Vec<String> = part.iter().map(|(_, id)| id.clone()).collect();
        current_grade::refresh_tallies(tx, *kind, &ids)?;
    }
    Ok(rows.len())
}

/// Everyone who has a current grade.
pub(crate) fn every_subject(conn: &mut Conn) -> Result<Vec<Subject>> {
    let projects: Vec<String> = project::table.order(project::id).select(project::id).load(conn)?;
    let firms: Vec<String> = firm::table.order(firm::uscc).select(firm::uscc).load(conn)?;
    let managers: Vec<String> = manager::table.order(manager::id).select(manager::id).load(conn)?;
    let projects = projects.iter().map(|id| Subject::project(id));
    let firms = firms.iter().map(|id| Subject::firm(id));
    Ok(projects.chain(firms).chain(managers.iter().map(|id| Subject::manager(id))).collect())
}
