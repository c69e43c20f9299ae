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

/// When a case drafts a record next, after the last of its steps; `None` if it drafts none.
pub(super) fn next_of(whole: &Whole, context: RequestContext) -> Result<Option<NaiveDateTime>> {
    let Some(kind) = CaseRules::shipped().kind(&whole.row.kind) else { return Ok(None) };
    let last = whole.steps.last().map_or(whole.row.opened_at, |step| step.at);
    if owes_unsolved(whole, kind) && firm_of(DraftGround::Unsolved, whole).is_some() {
        return Ok(Some(last));
    }
    if whole.clock.late_drafted || DraftGround::Late.category(kind).is_none() {
        return Ok(None);
    }
    let Some((late_at, firm)) = whole.clock.late_at.zip(whole.clock.late_uscc.as_deref()) else {
        return Ok(None);
    };
    let class = CaseRules::shipped().class(&whole.row.class);
    let hours = class.map_or(ClockHours::AroundTheClock, |class| class.clock);
    let limits = &CaseRules::shipped().limits;
    let steps = whole.clock_steps();
    let at = late_from(late_at.and_utc(), &steps, limits, (&calendar(context)?, hours));
    let Some(at) = at.map(|at| at.naive_utc()) else { return Ok(None) };
    // The firm that was late has done it after all, or whoever opened it took it back. Another
    // assignee, a closing or a merger is no way around the draft: two people look at it.
    let averts = |step: &StepRow| {
        let is_theirs = step.kind.0 == StepKind::Finished && step.by_uscc.as_deref() == Some(firm);
        late_at <= step.at && step.at <= at && (is_theirs || step.kind.0 == StepKind::Withdrawn)
    };
    Ok((!whole.steps.iter().any(averts)).then_some(at))
}

/// Whether it is unsolved after it was reopened, and that was not drafted.
fn owes_unsolved(whole: &Whole, kind: &CaseKind) -> bool {
    let Whole { row, clock, .. } = whole;
    let cycle = u32::try_from(row.cycle).unwrap_or_default();
    !clock.unsolved_drafted
        && DraftGround::Unsolved.category(kind).is_some()
        && is_unsolved(cycle, clock.outcome.map(|outcome| outcome.0), clock.satisfied)
}

/// The firm that answers for it: that was late first, or whose work did not help.
fn firm_of(ground: DraftGround, whole: &Whole) -> Option<&str> {
    match ground {
        DraftGround::Late => whole.clock.late_uscc.as_deref(),
        DraftGround::Unsolved => {
            let finished = whole.steps.iter().rfind(|step| step.kind.0 == StepKind::Finished);
            finished.and_then(|step| step.by_uscc.as_deref())
        }
    }
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
        let ground = match CaseRules::shipped().kind(&whole.row.kind) {
            Some(kind) if owes_unsolved(&whole, kind) => DraftGround::Unsolved,
            _ => DraftGround::Late,
        };
        draft(tx, &whole, ground)?;
        // Also where the rules refused it: it is not tried again.
        match ground {
            DraftGround::Late => whole.clock.late_drafted = true,
            DraftGround::Unsolved => whole.clock.unsolved_drafted = true,
        }
        whole.derive(tx.conn, context)?;
        whole.row.version += 1;
        whole.update(tx)?;
    }
    Ok(number)
}

/// Drafts a record of a case, for the office of its desk.
fn draft(tx: &mut Tx<'_>, whole: &Whole, ground: DraftGround) -> Result<()> {
    let (rules, row) = (CaseRules::shipped(), &whole.row);
    let Some((kind, uscc)) = rules.kind(&row.kind).zip(firm_of(ground, whole)) else { return Ok(()) };
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
        limits: &rules.limits,
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
