//! What cases draft for a firm's dossier: a complaint that is overdue beyond the city's limit, and
//! one that is unsolved after it was reopened, each once.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::dsl::min;
use diesel::prelude::*;
use xinwu_domain::calendar::day_of;
use xinwu_domain::case::draft::{CaseDraft, DraftGround, is_unsolved, late_from};
use xinwu_domain::case::{CaseKind, CaseRules, ClockHours, StepKind};
use xinwu_domain::catalogue::Level;
use xinwu_domain::context::RequestContext;
use xinwu_domain::place::PlaceLevel;
use xinwu_domain::text::Language;
use xinwu_domain::word::Word;
use xinwu_store::{Col, Conn, Result, Tx};

use super::row::{Row, StepRow};
use super::whole::{Whole, calendar};
use crate::city;
use crate::credit::record::draft_by_clock;
use crate::credit::scheme;
use crate::schema::{case, case_clock, case_record, place, project};

/// Cases that one write drafts of.
const AT_ONCE: i64 = 50;
/// Characters of an id that tell a document apart: its random ones.
const NUMBER: usize = 12;

/// A record that a case owes.
struct Owed<'a> {
    ground: DraftGround,
    kind: &'static CaseKind,
    /// The firm that answers for it.
    uscc: &'a str,
    /// When it is drafted.
    at: NaiveDateTime,
}

/// When a case drafts a record next, after the last of its steps; `None` if it drafts none.
pub(super) fn next_of(whole: &Whole, context: RequestContext) -> Result<Option<NaiveDateTime>> {
    Ok(owed(whole, context)?.map(|owed| owed.at))
}

/// What it owes next.
fn owed(whole: &Whole, context: RequestContext) -> Result<Option<Owed<'_>>> {
    let Whole { row, clock, steps, .. } = whole;
    let Some(kind) = CaseRules::shipped().kind(&row.kind) else { return Ok(None) };
    let owes = |ground: DraftGround, is_drafted: bool| !is_drafted && ground.category(kind).is_some();
    let last = steps.last().map_or(row.opened_at, |step| step.at);
    if owes(DraftGround::Unsolved, clock.unsolved_drafted)
        && let Some(uscc) = unsolved_by(whole)
    {
        return Ok(Some(Owed { ground: DraftGround::Unsolved, kind, uscc, at: last }));
    }
    if !owes(DraftGround::Late, clock.late_drafted) {
        return Ok(None);
    }
    // Each time that a firm was late counts by itself: a case that it said to have finished, and
    // that was reopened, may be late again.
    let mut late = Vec::new();
    for step in steps.iter().filter(|step| step.kind.0 == StepKind::Overdue) {
        if let Some(uscc) = step.assigned_firm()
            && let Some(at) = late_since(whole, step.at, uscc, context)?
        {
            late.push(Owed { ground: DraftGround::Late, kind, uscc, at });
        }
    }
    Ok(late.into_iter().min_by_key(|owed| owed.at))
}

/// When the lateness of a firm drafts a record; `None` while it waits for its resident, and where
/// the firm has finished it in time for that, or whoever opened the case took it back. Another
/// assignee, a closing or a merger is no way around the draft: two people look at it.
fn late_since(
    whole: &Whole,
    late_at: NaiveDateTime,
    uscc: &str,
    context: RequestContext,
) -> Result<Option<NaiveDateTime>> {
    let rules = CaseRules::shipped();
    // Another class that it was given since puts nothing off.
    let given = whole.steps.iter().rfind(|step| step.at <= late_at && step.class.is_some());
    let class = given.and_then(|step| rules.class(step.class.as_deref()?));
    let hours = class.map_or(ClockHours::AroundTheClock, |class| class.clock);
    let steps = whole.clock_steps();
    let at = late_from(late_at.and_utc(), &steps, &rules.limits, (&calendar(context)?, hours));
    let Some(at) = at.map(|at| at.naive_utc()) else { return Ok(None) };
    let averts = |step: &StepRow| {
        let is_theirs = step.kind.0 == StepKind::Finished && step.by_uscc.as_deref() == Some(uscc);
        late_at <= step.at && step.at <= at && (is_theirs || step.kind.0 == StepKind::Withdrawn)
    };
    Ok((!whole.steps.iter().any(averts)).then_some(at))
}

/// The firm whose work did not help, where a case is unsolved after it was reopened: that of which
/// the residents or the desk said so last, and not one that has only just finished it.
fn unsolved_by(whole: &Whole) -> Option<&str> {
    let Whole { row, clock, steps, .. } = whole;
    let cycle = u32::try_from(row.cycle).unwrap_or_default();
    if !is_unsolved(cycle, clock.outcome.map(|outcome| outcome.0), clock.satisfied) {
        return None;
    }
    let is_over = clock.outcome.is_some();
    let judged = match steps.iter().rposition(|step| step.kind.0 == StepKind::Reopened) {
        Some(reopened) if !is_over => steps.get(..reopened)?,
        _ => steps.as_slice(),
    };
    judged.iter().rfind(|step| step.kind.0 == StepKind::Finished)?.by_uscc.as_deref()
}

/// When the next case drafts something.
pub(crate) fn next(conn: &mut Conn) -> Result<Option<DateTime<Utc>>> {
    let next: Option<NaiveDateTime> = case_clock::table.select(min(case_clock::draft_at)).first(conn)?;
    Ok(next.map(|at| at.and_utc()))
}

/// Drafts what some cases owe by now; gives how many they were.
pub(crate) fn work_off(tx: &mut Tx<'_>) -> Result<usize> {
    let context = city::city(tx.conn)?.context(Language::Chinese, tx.now);
    let due: Vec<Row> = case_clock::table
        .inner_join(case::table.on(case::id.eq(case_clock::case_id)))
        .filter(case_clock::draft_at.le(tx.now_utc()))
        .order((case_clock::draft_at, case_clock::case_id))
        .limit(AT_ONCE)
        .select(Row::as_select())
        .load(tx.conn)?;
    let number = due.len();
    for row in due {
        let mut whole = Whole::load(tx.conn, row)?;
        if let Some(owed) = owed(&whole, context)?.filter(|owed| owed.at <= tx.now_utc()) {
            let ground = owed.ground;
            draft(tx, &whole, &owed)?;
            // Also where the rules refused it: it is not tried again.
            match ground {
                DraftGround::Late => whole.clock.late_drafted = true,
                DraftGround::Unsolved => whole.clock.unsolved_drafted = true,
            }
        }
        whole.derive(tx.conn, context)?;
        whole.clock.draft_at = next_of(&whole, context)?;
        whole.row.version += 1;
        whole.update(tx)?;
    }
    Ok(number)
}

/// Drafts a record of a case, for the office of its desk.
fn draft(tx: &mut Tx<'_>, whole: &Whole, owed: &Owed<'_>) -> Result<()> {
    let (row, &Owed { ground, kind, uscc, .. }) = (&whole.row, owed);
    let catalogue = scheme::catalogue()?;
    let Some(category) = ground.category(kind).and_then(|code| catalogue.get(code)) else { return Ok(()) };
    let (Col(level), authority): (Col<PlaceLevel>, String) =
        place::table.find(&row.desk).select((place::level, place::name)).first(tx.conn)?;
    // Of a project that is another firm's by now it says nothing.
    let project: Option<String> = project::table
        .filter(project::id.nullable().eq(&row.project_id))
        .filter(project::uscc.eq(uscc))
        .select(project::id)
        .first(tx.conn)
        .optional()?;
    let id = tx.random.timeless_id();
    let (_, number) = id.split_at_checked(id.len().saturating_sub(NUMBER)).unwrap_or(("", &id));
    let new = CaseDraft {
        ground,
        kind,
        limits: &CaseRules::shipped().limits,
        category,
        uscc,
        project: project.as_deref(),
        level: level_of(level),
        authority: &authority,
        day: day_of(tx.now, city::city(tx.conn)?.zone),
        number: &number.to_uppercase(),
    };
    let Some(record) = draft_by_clock(tx, &new.record(), &row.desk)? else { return Ok(()) };
    diesel::insert_into(case_record::table)
        .values((
            case_record::record_id.eq(&record),
            case_record::case_id.eq(&row.id),
            case_record::ground.eq(ground.into_str()),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// The level of the authority where an office of such a place decides.
fn level_of(place: PlaceLevel) -> Level {
    match place {
        PlaceLevel::City => Level::City,
        PlaceLevel::District => Level::District,
        PlaceLevel::Street | PlaceLevel::Community => Level::Street,
    }
}
