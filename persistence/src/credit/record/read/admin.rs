//! Records as officials see them: whatever their state, with their steps and their clocks.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use xinwu_domain::access::Warrant;
use xinwu_domain::account::People;
use xinwu_domain::catalogue::RecordKind;
use xinwu_domain::context::RequestContext;
use xinwu_domain::page::{Keys, Listed, Window};
use xinwu_domain::record::{AdminRecord, RecordState, RecordStep, RecordView, RevocationGround, StepView};
use xinwu_store::{Col, Conn, Result, StoreError};

use super::super::{Row, clock, find, from_json, life};
use super::view::views;
use crate::credit::procedure::Clocks;
use crate::credit::record::record_is_visible;
use crate::people::account::names::{name_people, with_people};
use crate::registers::narrowing::{Narrowing, narrowed};
use crate::registers::place::at_or_below;
use crate::schema::{record, record_clock, record_step};
use crate::working_days::working_days;

/// Which records, for officials.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecordQuery {
    /// Only in this state.
    pub state: Option<RecordState>,
    /// Only of this firm.
    pub uscc: Option<String>,
    /// Only of this project.
    pub project: Option<String>,
    /// Only rewards or only penalties.
    pub kind: Option<RecordKind>,
    /// Only those submitted whose confirmation is due by this day, those due first before the
    /// others.
    pub due_by: Option<NaiveDate>,
    /// Only what came with this import.
    pub import: Option<String>,
    /// By place, drafter, and the day of drafting.
    pub narrowing: Narrowing,
}

/// The records of a place and below that a query asks for, of `$records`: the table, or a join of
/// it. A macro, since the two have no type in common.
macro_rules! asked_for {
    ($records:expr, $own:expr, $query:expr) => {{
        let (own, query): (&str, &RecordQuery) = ($own, $query);
        let mut rows = $records
            .filter(record::place.eq_any(at_or_below(own.to_owned())))
            .filter(record_is_visible!())
            .into_boxed::<<Conn as diesel::Connection>::Backend>();
        if let Some(state) = query.state {
            rows = rows.filter(record::state.eq(Col(state)));
        }
        if let Some(uscc) = &query.uscc {
            rows = rows.filter(record::uscc.eq(uscc.clone()));
        }
        if let Some(project) = &query.project {
            rows = rows.filter(record::project_id.eq(project.clone()));
        }
        if let Some(kind) = query.kind {
            rows = rows.filter(record::kind.eq(Col(kind)));
        }
        if let Some(import) = &query.import {
            rows = rows.filter(record::import_id.eq(import.clone()));
        }
        narrowed!(rows, &query.narrowing, record::place, record::drafted_by, record::drafted_at)
    }};
}

/// One record with its version and steps.
///
/// # Errors
/// [`Refusal::NotFound`]
pub fn get_admin(conn: &mut Conn, id: &str, context: RequestContext) -> Result<(AdminRecord, i64)> {
    let row = find(conn, id)?;
    let version = row.version;
    let (steps, former) = (steps(conn, id)?, life::former(conn, id)?);
    let view = admin_views(conn, vec![row], context)?.pop();
    let view = view.ok_or_else(|| StoreError::internal(format!("record {id} has no view")))?;
    Ok((with_people(conn, AdminRecord { steps, former, ..view })?, version))
}

/// The records for which the actor's place and those below it answer, the latest draft first; those
/// that are due by a day by their day.
pub fn list_admin(
    conn: &mut Conn,
    warrant: &Warrant,
    query: &RecordQuery,
    window: &Window,
    context: RequestContext,
) -> Result<Listed<AdminRecord>> {
    let own = warrant.own_place()?;
    if let Some(day) = query.due_by {
        let page = due_by(conn, (own, query), day, window)?;
        let items = admin_views(conn, page.items, context)?;
        return Ok(Listed { items, next: page.next, total: page.total });
    }
    let filtered = || asked_for!(record::table, own, query);
    let mut rows = filtered().select(Row::as_select()).order(record::id.desc()).limit(window.limit + 1);
    if let Some(after) = &window.after {
        rows = rows.filter(record::id.lt(after.get(0).to_owned()));
    }
    let page = Listed::from_rows(rows.load(conn)?, window, |row: &Row| Keys::of([&row.id]));
    let total = if window.count { Some(filtered().count().get_result(conn)?) } else { None };
    Ok(Listed { items: admin_views(conn, page.items, context)?, next: page.next, total })
}

/// Of the submitted records for which a place answers, those whose confirmation is due by a day,
/// those due first before the others.
fn due_by(
    conn: &mut Conn,
    (own, query): (&str, &RecordQuery),
    day: NaiveDate,
    window: &Window,
) -> Result<Listed<Row>> {
    let due = || {
        let records =
            record::table.inner_join(record_clock::table.on(record_clock::record_id.eq(record::id)));
        asked_for!(records, own, query)
            .filter(record::state.eq(Col(RecordState::Submitted)))
            .filter(record_clock::confirm_due_on.le(Col(day)))
    };
    let mut rows = due()
        .order((record_clock::confirm_due_on.asc(), record::id.asc()))
        .limit(window.limit + 1)
        .select((record_clock::confirm_due_on.assume_not_null(), Row::as_select()));
    if let Some(after) = &window.after {
        let (day, id) = (after.get(0).to_owned(), after.get(1).to_owned());
        let same_day = record_clock::confirm_due_on.eq(day.clone()).and(record::id.gt(id));
        rows = rows.filter(record_clock::confirm_due_on.gt(day).or(same_day));
    }
    let rows: Vec<(Col<NaiveDate>, Row)> = rows.load(conn)?;
    let page = Listed::from_rows(rows, window, |(day, row): &(Col<NaiveDate>, Row)| {
        Keys::of([&day.0.to_string(), &row.id])
    });
    let total = if window.count { Some(due().count().get_result(conn)?) } else { None };
    Ok(Listed { items: page.items.into_iter().map(|(_, row)| row).collect(), next: page.next, total })
}

fn admin_views(conn: &mut Conn, rows: Vec<Row>, context: RequestContext) -> Result<Vec<AdminRecord>> {
    let views = views(conn, &rows, context)?;
    let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    let clocks = clock::of(conn, &ids)?;
    let clocks: Vec<Clocks> =
        rows.iter().map(|row| clocks.get(&row.id).copied().unwrap_or_default()).collect();
    let rows = rows.into_iter().zip(views).zip(clocks);
    let mut items = rows
        .map(|((row, view), clocks)| admin_view(row, view, clocks, context.today()))
        .collect::<Result<Vec<_>>>()?;
    name_people(conn, &mut items)?;
    Ok(items)
}

fn steps(conn: &mut Conn, id: &str) -> Result<Vec<StepView>> {
    let rows: Vec<StepRow> = record_step::table
        .filter(record_step::record_id.eq(id))
        .order(record_step::id)
        .select(StepRow::as_select())
        .load(conn)?;
    rows.into_iter().map(StepRow::view).collect()
}

/// A step as it is kept.
#[derive(Queryable, Selectable)]
#[diesel(table_name = record_step)]
struct StepRow {
    step: Col<RecordStep>,
    by_account: String,
    at: NaiveDateTime,
    reason: Option<String>,
    seconded_by: Option<String>,
    ground: Option<Col<RevocationGround>>,
    evidence: Option<String>,
}

impl StepRow {
    fn view(self) -> Result<StepView> {
        Ok(StepView {
            step: self.step.0,
            by: self.by_account,
            at: self.at.and_utc(),
            reason: self.reason,
            seconded_by: self.seconded_by,
            ground: self.ground.map(|ground| ground.0),
            evidence: self.evidence.as_deref().map(from_json).transpose()?.unwrap_or_default(),
        })
    }
}

fn admin_view(row: Row, record: RecordView, clocks: Clocks, today: NaiveDate) -> Result<AdminRecord> {
    let state = row.state.0;
    let due_on = clocks.confirm_due_on.filter(|_| state == RecordState::Submitted);
    let calendar = working_days()?;
    Ok(AdminRecord {
        record,
        state,
        confirm_due_on: due_on,
        confirm_working_days_left: due_on.map(|due_on| calendar.working_days_between(today, due_on)),
        confirm_overdue: due_on.is_some_and(|due_on| due_on < today),
        recorded_late: clocks.recorded_late,
        place: row.place,
        drafted_by: row.drafted_by,
        drafted_at: row.drafted_at.and_utc(),
        confirmed_by: row.confirmed_by,
        import_id: row.import_id,
        former: Vec::new(),
        steps: Vec::new(),
        people: People::default(),
    })
}
