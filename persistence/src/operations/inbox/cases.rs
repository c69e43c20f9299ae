//! Cases whose desk is one's own office and that wait for it, and those that are assigned to it.

use std::collections::HashMap;

use chrono::NaiveDateTime;
use diesel::prelude::*;
use xinwu_domain::access::Operation::{
    self, AcceptCase, CloseCase, DispatchCase, EscalateCase, ExtendCase, FinishCase, PauseCase,
    ReopenAdminCase, ResumeCase, ReturnCase, SuperviseCase, VerifyAdminCase,
};
use xinwu_domain::case::{AssigneeKind, CaseRules, CaseState, CodedName, StepKind};
use xinwu_domain::inbox::InboxKind;
use xinwu_store::{Col, Conn, Result};

use super::part::{Found, Part, Position, Waiting, waiting};
use crate::registers::place::at_or_below;
use crate::schema::{case, case_clock, case_household, case_step, estate};

/// A case as it waits: its id, its estate's name and what it is about, its place, since when and
/// until when, and its state.
type Row = (String, (String, String), String, (NaiveDateTime, NaiveDateTime), Clocked);
/// The state, the cycle and the cycle of its extension, since when it is paused, and when its time
/// runs out.
type Clocked = (Col<CaseState>, i32, i32, Option<NaiveDateTime>, Option<NaiveDateTime>);

/// The columns of [`Row`].
macro_rules! columns {
    () => {
        (
            case::id,
            (estate::name, case::category),
            case::place,
            (case::opened_at, case::sort_at),
            (
                case::state,
                case::cycle,
                case_clock::extended_cycle,
                case_clock::paused_since,
                case_clock::due_at,
            ),
        )
    };
}

/// Cases with their estates and clocks, those of the place that is looked at.
macro_rules! cases {
    ($part:expr) => {{
        let rows = case::table
            .inner_join(estate::table.on(estate::code.eq(case::estate)))
            .inner_join(case_clock::table.on(case_clock::case_id.eq(case::id)))
            .filter(case::is_open.eq(true))
            .filter(case::place.eq_any(at_or_below($part.scope())))
            .into_boxed();
        match $part.query.due_by {
            Some(day) => rows.filter(case::sort_at.le($part.end_of(day).naive_utc())),
            None => rows,
        }
    }};
}

/// Those that wait for their desk, which is one's own office.
pub(super) fn of_desk(conn: &mut Conn, part: &Part<'_>) -> Result<Found> {
    let own = part.warrant.place().unwrap_or_default().to_owned();
    let wanted = || cases!(part).filter(case::desk.eq(own.clone())).filter(case::waits_for_desk.eq(true));
    let (rows, count): (Vec<Row>, i64) = waiting!(
        conn,
        part,
        InboxKind::Case,
        wanted,
        dated case::sort_at,
        due,
        since case::opened_at,
        case::id,
        columns!()
    );
    let cannot = |row: &Row| cannot_at_desk(row.4.0.0, part.is_city());
    Ok(found(part, InboxKind::Case, rows, count, cannot))
}

/// Those that are assigned to one's own office, which has not returned them.
pub(super) fn of_assignee(conn: &mut Conn, part: &Part<'_>) -> Result<Found> {
    let own = part.warrant.place().unwrap_or_default().to_owned();
    let offices = [AssigneeKind::Community, AssigneeKind::Street].map(Col);
    let at_work = [CaseState::Dispatched, CaseState::Accepted].map(Col);
    let wanted = || {
        cases!(part)
            .filter(case::assignee_kind.eq_any(offices))
            .filter(case::assignee.eq(own.clone()))
            .filter(case::state.eq_any(at_work))
            .filter(case::contested.eq(false))
    };
    let (rows, count): (Vec<Row>, i64) = waiting!(
        conn,
        part,
        InboxKind::AssignedCase,
        wanted,
        dated case::sort_at,
        due,
        since case::opened_at,
        case::id,
        columns!()
    );
    let ids: Vec<&String> = rows.iter().map(|row| &row.0).collect();
    let with_residents: Vec<String> = case_household::table
        .filter(case_household::case_id.eq_any(ids))
        .filter(case_household::account_id.is_not_null())
        .select(case_household::case_id)
        .load(conn)?;
    let ids: Vec<&str> = with_residents.iter().map(String::as_str).collect();
    let asked: Vec<(String, Col<StepKind>, i32)> = case_step::table
        .filter(case_step::case_id.eq_any(ids))
        .filter(case_step::kind.eq_any([StepKind::Paused, StepKind::Answered, StepKind::Dispatched].map(Col)))
        .order((case_step::case_id, case_step::seq))
        .select((case_step::case_id, case_step::kind, case_step::cycle))
        .load(conn)?;
    // The last of each.
    let asked: HashMap<&String, (StepKind, i32)> =
        asked.iter().map(|(id, kind, cycle)| (id, (kind.0, *cycle))).collect();
    let now = part.context.now.naive_utc();
    let cannot = |row: &Row| {
        let was_ignored = asked.get(&row.0) == Some(&(StepKind::Paused, row.4.1));
        cannot_as_assignee(&row.4, with_residents.contains(&row.0) && !was_ignored, now)
    };
    Ok(found(part, InboxKind::AssignedCase, rows, count, cannot))
}

/// What the desk cannot do with a case in a state.
fn cannot_at_desk(state: CaseState, is_city: bool) -> &'static [Operation] {
    match (state, is_city) {
        (CaseState::Open, false) => &[SuperviseCase, VerifyAdminCase, ReopenAdminCase],
        (CaseState::Open, true) => &[SuperviseCase, EscalateCase, VerifyAdminCase, ReopenAdminCase],
        (CaseState::Done, _) => &[DispatchCase, SuperviseCase, EscalateCase, CloseCase],
        (_, false) => &[VerifyAdminCase, ReopenAdminCase],
        (_, true) => &[EscalateCase, VerifyAdminCase, ReopenAdminCase],
    }
}

/// What the assignee cannot do with a case that it has not returned.
fn cannot_as_assignee(
    (state, cycle, extended, paused_since, due_at): &Clocked,
    may_pause: bool,
    now: NaiveDateTime,
) -> &'static [Operation] {
    if state.0 == CaseState::Dispatched {
        return &[ExtendCase, PauseCase, ResumeCase, FinishCase];
    }
    let can_extend = extended != cycle && due_at.is_none_or(|due| now <= due);
    match (paused_since.is_some(), may_pause, can_extend) {
        (true, _, true) => &[AcceptCase, PauseCase, ReturnCase],
        (true, _, false) => &[AcceptCase, PauseCase, ReturnCase, ExtendCase],
        (false, true, true) => &[AcceptCase, ResumeCase],
        (false, true, false) => &[AcceptCase, ResumeCase, ExtendCase],
        (false, false, true) => &[AcceptCase, ResumeCase, PauseCase],
        (false, false, false) => &[AcceptCase, ResumeCase, PauseCase, ExtendCase],
    }
}

fn found(
    part: &Part<'_>,
    kind: InboxKind,
    rows: Vec<Row>,
    count: i64,
    cannot: impl Fn(&Row) -> &'static [Operation],
) -> Found {
    let waiting = |row: Row| {
        let cannot = cannot(&row);
        let (id, (estate, category), place, (since, due), _) = row;
        let category = CodedName::of_category(CaseRules::shipped(), &category).name;
        let due_at = Some(due.and_utc());
        Waiting {
            position: Position { kind, id, due_at, since: Some(since.and_utc()) },
            name: format!("{estate} {}", category.in_language(part.context.language)),
            place: Some(place),
            // Who opened it is read at the case.
            by: None,
            cannot,
        }
    };
    Found { waiting: rows.into_iter().map(waiting).collect(), count }
}
