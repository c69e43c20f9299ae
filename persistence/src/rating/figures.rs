//! What everyone reads of ratings: from the kept sums, never from the ratings themselves.

use diesel::prelude::*;
use xinwu_domain::calendar::Month;
use xinwu_domain::rating::{Cell, Figures, Ledger, Line, Ratings, Span, Tally};
use xinwu_domain::refusal::Refusal;

use super::month::{MonthRow, Sums, sums};
use crate::dialect::hot;
use crate::schema::{firm, project, rating_month};
use crate::{Conn, Reading, Result, StoreError};

/// Which voices are judged together, so that no figure of one can be had by subtracting another's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// All projects of a firm, by its uscc.
    Firm(String),
    /// A project that no firm runs, by its id.
    Project(String),
}

/// The scope that a project belongs to: its firm's, or its own.
///
/// # Errors
/// [`Refusal::NotFound`]
pub fn scope_of_project(conn: &mut Conn, project_id: &str) -> Result<Scope> {
    let uscc: Option<Option<String>> =
        project::table.find(project_id).select(project::uscc).first(conn).optional()?;
    match uscc {
        None => Err(Refusal::NotFound { what: "project" }.into()),
        Some(Some(uscc)) => Ok(Scope::Firm(uscc)),
        Some(None) => Ok(Scope::Project(project_id.to_owned())),
    }
}

/// Columns of the kept sums of a scope's months.
macro_rules! kept {
    ($conn:expr, $scope:expr, $months:expr, $columns:expr) => {{
        let (conn, months): (&mut Conn, Span) = ($conn, $months);
        let (first, last) = (months.first.to_string(), months.last.to_string());
        match $scope {
            Scope::Firm(uscc) => hot!(conn, rating_month::table
                .inner_join(project::table.on(project::id.eq(rating_month::project_id)))
                .filter(project::uscc.eq(uscc))
                .filter(rating_month::month.between(first, last))
                .select($columns) => load)?,
            Scope::Project(id) => hot!(conn, rating_month::table
                .filter(rating_month::project_id.eq(id))
                .filter(rating_month::month.between(first, last))
                .select($columns) => load)?,
        }
    }};
}

/// The judgement over a scope's voices for spans within `span`; `k` is the fewest voices that are shown.
///
/// # Errors
/// Those of the database.
pub fn ledger(conn: &mut Conn, scope: &Scope, span: Span, current: Month, k: u32) -> Result<Ledger> {
    let rows: Vec<MonthRow> = kept!(conn, scope, Ledger::needs(span, current), MonthRow::as_select());
    let mut cells = Vec::with_capacity(rows.len());
    for row in rows {
        cells.push(Cell {
            month: month_of(&row.month)?,
            tally: row.tally(),
            held: row.held > 0,
            project: row.project_id,
        });
    }
    Ok(Ledger::new(span, current, &cells, k))
}

/// [`ledger`] by the number of voices alone: for whether a month's stars are shown, which asks for no more.
pub(crate) fn ledger_of_voices(
    conn: &mut Conn,
    scope: &Scope,
    span: Span,
    current: Month,
    k: u32,
) -> Result<Ledger> {
    // Added up by the database: a large firm has a thousand and more of these rows.
    let voices =
        rating_month::one + rating_month::two + rating_month::three + rating_month::four + rating_month::five;
    let columns = (rating_month::project_id, rating_month::month, voices);
    let rows: Vec<(String, String, i32)> = kept!(conn, scope, Ledger::needs(span, current), columns);
    let mut cells = Vec::with_capacity(rows.len());
    for (project, month, voices) in rows {
        let voices = u32::try_from(voices).unwrap_or_default();
        // Of how many stars they were plays no part in it.
        let tally = Tally { counts: [voices, 0, 0, 0, 0], ..Tally::default() };
        cells.push(Cell { project, month: month_of(&month)?, tally, held: false });
    }
    Ok(Ledger::new(span, current, &cells, k))
}

/// A firm's ratings.
///
/// # Errors
/// [`Refusal::NotFound`]
pub fn of_firm(conn: &mut Conn, uscc: &str, span: Span, current: Month, k: u32) -> Result<Ratings> {
    let known: i64 = firm::table.find(uscc).count().get_result(conn)?;
    if known == 0 {
        return Err(Refusal::NotFound { what: "firm" }.into());
    }
    let ledger = ledger(conn, &Scope::Firm(uscc.to_owned()), span, current, k)?;
    Ok(view(&ledger, Line::All, span))
}

/// A project's ratings, with the scope that was judged with it.
///
/// # Errors
/// [`Refusal::NotFound`]
pub fn of_project(
    conn: &mut Conn,
    project_id: &str,
    span: Span,
    current: Month,
    k: u32,
) -> Result<(Ratings, Scope)> {
    let scope = scope_of_project(conn, project_id)?;
    let ledger = ledger(conn, &scope, span, current, k)?;
    Ok((view(&ledger, Line::Project(project_id), span), scope))
}

/// The voices on a firm over the last 12 months, as its card shows them: the same as [`of_firm`] without a span.
///
/// # Errors
/// Those of the database.
pub fn service_of_firm(conn: &mut Conn, uscc: &str, reading: &Reading) -> Result<Figures> {
    let span = Span::usual(reading.month());
    let (first, last) = (span.first.to_string(), span.last.to_string());
    let sums = hot!(conn, rating_month::table
        .inner_join(project::table.on(project::id.eq(rating_month::project_id)))
        .filter(project::uscc.eq(uscc))
        .filter(rating_month::month.between(first, last))
        .select(sums!()) => get_result);
    let sums: Sums = sums?;
    Ok(Figures::of_firm(&sums.tally(), reading.fewest_voices))
}

/// The voices on a project over the last 12 months, as its page shows them: the same as [`of_project`] without a span.
///
/// # Errors
/// [`Refusal::NotFound`]
pub fn service_of_project(conn: &mut Conn, id: &str, reading: &Reading) -> Result<Figures> {
    let scope = scope_of_project(conn, id)?;
    service(conn, &scope, Line::Project(id), reading)
}

fn service(conn: &mut Conn, scope: &Scope, line: Line<'_>, reading: &Reading) -> Result<Figures> {
    let current = reading.month();
    let span = Span::usual(current);
    Ok(ledger(conn, scope, span, current, reading.fewest_voices)?.together(line, span))
}

fn view(ledger: &Ledger, line: Line<'_>, span: Span) -> Ratings {
    let months: Vec<_> = span.months().rev().map(|month| ledger.month(line, month)).collect();
    Ratings {
        from: span.first,
        to: span.last,
        figures: ledger.together(line, span),
        held: months.iter().any(|month| month.held),
        months,
    }
}

pub(crate) fn month_of(text: &str) -> Result<Month> {
    text.parse().map_err(|_| StoreError::internal(format!("a stored month is {text}")))
}
