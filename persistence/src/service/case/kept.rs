//! What the rows of cases say that follows from their steps, computed anew and compared.

use std::collections::BTreeMap;

use diesel::prelude::*;
use xinwu_domain::context::RequestContext;
use xinwu_store::{Conn, Result};

use super::row::{ClockRow, HouseholdRow, Row, StepRow};
use super::whole::Whole;
use crate::credit::current_grade::Difference;
use crate::schema::{case, case_clock, case_household, case_step};

/// What differs of the cases behind one, so many of them at the most, and the last of them; `None`
/// where there are no more.
pub(crate) fn differences_after(
    conn: &mut Conn,
    after: &str,
    limit: i64,
    context: RequestContext,
) -> Result<Option<(Vec<Difference>, String)>> {
    let rows: Vec<(Row, ClockRow)> = case::table
        .inner_join(case_clock::table.on(case_clock::case_id.eq(case::id)))
        .filter(case::id.gt(after))
        .order(case::id)
        .limit(limit)
        .select((Row::as_select(), ClockRow::as_select()))
        .load(conn)?;
    let Some(last) = rows.last().map(|(row, _)| row.id.clone()) else { return Ok(None) };
    let ids: Vec<&String> = rows.iter().map(|(row, _)| &row.id).collect();
    let found: Vec<StepRow> = case_step::table
        .filter(case_step::case_id.eq_any(&ids))
        .order((case_step::case_id, case_step::seq))
        .select(StepRow::as_select())
        .load(conn)?;
    let mut steps: BTreeMap<String, Vec<StepRow>> = BTreeMap::new();
    found.into_iter().for_each(|step| steps.entry(step.case_id.clone()).or_default().push(step));
    let found: Vec<HouseholdRow> = case_household::table
        .filter(case_household::case_id.eq_any(&ids))
        .order((case_household::joined_at, case_household::household))
        .select(HouseholdRow::as_select())
        .load(conn)?;
    let mut households: BTreeMap<String, Vec<HouseholdRow>> = BTreeMap::new();
    found.into_iter().for_each(|one| households.entry(one.case_id.clone()).or_default().push(one));
    let mut differences = Vec::new();
    for (row, clock) in rows {
        let (steps, households) =
            (steps.remove(&row.id).unwrap_or_default(), households.remove(&row.id).unwrap_or_default());
        differences.extend(of(conn, Whole::read(row, clock, steps, households), context)?);
    }
    Ok(Some((differences, last)))
}

fn of(conn: &mut Conn, kept: Whole, context: RequestContext) -> Result<Vec<Difference>> {
    let mut counted = kept.clone();
    counted.derive(conn, context)?;
    if !kept.row.is_open {
        // By the calendar of its time, which a later correction does not move.
        counted.clock = ClockRow {
            consumed: kept.clock.consumed,
            original_due_at: kept.clock.original_due_at,
            ..counted.clock
        };
    }
    let differing = |((table, figure, kept_value), (_, _, counted_value)): (Figure, Figure)| {
        (kept_value != counted_value).then(|| Difference {
            kept_in: table.to_owned(),
            key: kept.row.id.clone(),
            figure: figure.to_owned(),
            kept: Some(kept_value),
            counted: Some(counted_value),
        })
    };
    Ok(figures(&kept).into_iter().zip(figures(&counted)).filter_map(differing).collect())
}

/// A table, a column, and what it holds.
type Figure = (&'static str, &'static str, String);

/// What follows from the steps.
fn figures(Whole { row, clock, .. }: &Whole) -> Vec<Figure> {
    macro_rules! of {
        ($table:literal, $row:ident: $($column:ident),+) => {
            [$(($table, stringify!($column), format!("{:?}", $row.$column))),+]
        };
    }
    let of_case = of!("case", row: class, state, cycle, desk, assignee_kind, assignee, contested, households,
        joined_into, is_open, sort_at, waits_for_desk);
    let of_clock = of!("case_clock", clock: dispatched_at, due_at, original_due_at, paused_since, consumed,
        extended_cycle, escalated_cycle, done_at, verify_by, ended_at, outcome, satisfied, late_at, late_uscc, clock_at, draft_at);
    of_case.into_iter().chain(of_clock).collect()
}
