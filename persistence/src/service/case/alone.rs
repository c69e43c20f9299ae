//! What the clock does with cases by itself: it writes down that time ran out and hands the case to
//! the office above, ends a pause that nobody answers, verifies what nobody answers in time, and
//! forgets what is not kept any longer. A step of somebody first does what the clock owes the case.

use std::hash::{DefaultHasher, Hash, Hasher};

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::dsl::min;
use diesel::prelude::*;
use xinwu_domain::case::{CaseRules, CaseState, PartyRole, StepKind};
use xinwu_domain::context::RequestContext;
use xinwu_domain::notice::NoticeKind;
use xinwu_domain::text::Language;
use xinwu_store::{Col, Conn, Result, Tx, setting};

use super::party::{By, office_above};
use super::photo;
use super::row::Row;
use super::told::{tell_assignee, tell_residents};
use super::whole::{NewStep, Whole};
use crate::city;
use crate::schema::{case, case_clock, case_household, case_step};
use crate::working_days;

/// The setting that says by which rules and which calendar the times of open cases are kept.
const RULES: &str = "case_rules";
/// The setting that says how far open cases were gone through after these changed.
const RULES_AT: &str = "case_rules_at";
/// Cases that one write goes through: few enough that people's writes are not kept waiting.
const AT_ONCE: i64 = 100;
/// What the clock can owe one case at once is less.
const MOST_STEPS: usize = 16;

/// When the clock has something to do with a case next.
pub(crate) fn next(conn: &mut Conn) -> Result<Option<DateTime<Utc>>> {
    let next: Option<NaiveDateTime> = case_clock::table.select(min(case_clock::clock_at)).first(conn)?;
    Ok(next.map(|at| at.and_utc()))
}

/// Does what the clock owes to some cases by now; gives how many they were.
pub(crate) fn work_off(tx: &mut Tx<'_>) -> Result<usize> {
    let context = city::city(tx.conn)?.context(Language::Chinese, tx.now);
    let due: Vec<Row> = case_clock::table
        .inner_join(case::table.on(case::id.eq(case_clock::case_id)))
        .filter(case_clock::clock_at.le(tx.now_utc()))
        .order((case_clock::clock_at, case_clock::case_id))
        .limit(AT_ONCE)
        .select(Row::as_select())
        .load(tx.conn)?;
    let number = due.len();
    for row in due {
        if row.is_open {
            let mut whole = Whole::load(tx.conn, row)?;
            catch_up(tx, &mut whole, context)?;
            whole.write(tx, context)?;
        } else {
            forget(tx, &row.id)?;
        }
    }
    Ok(number)
}

/// Takes the steps of the clock that a case waits for.
pub(super) fn catch_up(tx: &mut Tx<'_>, whole: &mut Whole, context: RequestContext) -> Result<()> {
    for _ in 0..MOST_STEPS {
        let owed = whole.clock.clock_at.filter(|at| *at <= tx.now_utc());
        let Some(at) = owed else { return Ok(()) };
        match whole.row.state.0 {
            CaseState::Open => escalate(tx, whole, at)?,
            CaseState::Dispatched | CaseState::Accepted => match whole.clock.due_at {
                Some(due) if whole.clock.paused_since.is_none() => run_out(tx, whole, due)?,
                _ => whole.take(StepKind::Resumed, at, &NewStep::by(By::clock())),
            },
            CaseState::Done => {
                whole.take(StepKind::LapsedVerified, at, &NewStep::by(By::clock()));
                tell_residents(tx, whole, None, NoticeKind::CaseLapsed, None, None)?;
            }
            CaseState::Verified | CaseState::Closed | CaseState::Withdrawn | CaseState::Joined => {
                return Ok(());
            }
        }
        whole.derive(tx.conn, context)?;
    }
    Ok(())
}

/// Writes down that the assignee's time ran out, and hands the case to the office above, once a
/// cycle.
fn run_out(tx: &mut Tx<'_>, whole: &mut Whole, due: NaiveDateTime) -> Result<()> {
    let assignee = whole.row.assignee();
    let step = NewStep { assignee: assignee.as_ref(), ..NewStep::by(By::clock()) };
    whole.take(StepKind::Overdue, due, &step);
    tell_assignee(tx, whole, NoticeKind::CaseOverdue, None, None)?;
    if whole.clock.escalated_cycle != whole.row.cycle {
        escalate(tx, whole, due)?;
    }
    Ok(())
}

fn escalate(tx: &mut Tx<'_>, whole: &mut Whole, at: NaiveDateTime) -> Result<()> {
    if let Some(above) = office_above(tx.conn, &whole.row.desk)? {
        let step = NewStep { target: Some(&above), ..NewStep::by(By::clock()) };
        whole.take(StepKind::Escalated, at, &step);
    }
    Ok(())
}

/// Drops what a case that ended long ago says of people, and what they wrote. What happened when
/// stays.
pub(super) fn forget(tx: &mut Tx<'_>, id: &str) -> Result<()> {
    diesel::update(case::table.find(id))
        .set((
            case::description.eq(""),
            case::place_in_estate.eq(None::<String>),
            case::building.eq(None::<String>),
            case::dwelling.eq(None::<String>),
            case::opened_by.eq(None::<String>),
            case::version.eq(case::version + 1),
        ))
        .execute(tx.conn)?;
    diesel::update(case_clock::table.find(id))
        .set(case_clock::clock_at.eq(None::<NaiveDateTime>))
        .execute(tx.conn)?;
    let steps = || case_step::table.filter(case_step::case_id.eq(id));
    diesel::update(steps()).set(case_step::reason.eq(None::<String>)).execute(tx.conn)?;
    diesel::update(steps().filter(case_step::by_role.eq(Col(PartyRole::Resident))))
        .set(case_step::by_account.eq(None::<String>))
        .execute(tx.conn)?;
    diesel::update(case_household::table.filter(case_household::case_id.eq(id)))
        .set(case_household::account_id.eq(None::<String>))
        .execute(tx.conn)?;
    photo::delete_of_cases(tx, &[id.to_owned()])
}

/// Whether the times of open cases are kept by other rules or another calendar than today's.
pub(crate) fn has_other_rules(conn: &mut Conn) -> Result<bool> {
    Ok(setting::get(conn, RULES)?.as_deref() != Some(fingerprint().as_str()))
}

/// Computes the times of some open cases anew, after the calendar of working days or the rules were
/// corrected; gives whether any are left. What has passed stays as it is written down.
pub(crate) fn follow_rules(tx: &mut Tx<'_>) -> Result<bool> {
    let context = city::city(tx.conn)?.context(Language::Chinese, tx.now);
    let after = setting::get(tx.conn, RULES_AT)?.unwrap_or_default();
    let rows: Vec<Row> = case::table
        .filter(case::id.gt(&after))
        .filter(case::is_open.eq(true))
        .order(case::id)
        .limit(AT_ONCE)
        .select(Row::as_select())
        .load(tx.conn)?;
    let Some(last) = rows.last().map(|row| row.id.clone()) else {
        setting::put(tx, RULES_AT, "")?;
        setting::put(tx, RULES, &fingerprint())?;
        return Ok(false);
    };
    for row in rows {
        let mut whole = Whole::load(tx.conn, row)?;
        let before = whole.clone();
        whole.derive(tx.conn, context)?;
        if whole != before {
            whole.row.version += 1;
            whole.update(tx)?;
        }
    }
    setting::put(tx, RULES_AT, &last)?;
    Ok(true)
}

/// By what the times of cases follow from their steps.
fn fingerprint() -> String {
    let mut hasher = DefaultHasher::new();
    format!("{:?}", CaseRules::shipped()).hash(&mut hasher);
    working_days::published(&mut hasher);
    format!("{:016x}", hasher.finish())
}
