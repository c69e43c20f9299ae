//! The close of a month of ratings: its figures are frozen at the end of the 5th day of the next month, and evaluations read only frozen ones.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use diesel::dsl::min;
use diesel::prelude::*;
use xinwu_domain::calendar::Month;
use xinwu_domain::subject::Subject;

use crate::dialect::on_each;
use crate::schema::{rating_close, rating_month};
use crate::{Conn, Result, StoreError, Tx, setting};

const LAST_CLOSED: &str = "last_closed_month";
const LAST_SHUT: &str = "last_shut_month";
/// Rows frozen in one write.
const BATCH: usize = 200;

#[derive(Queryable, Selectable)]
#[diesel(table_name = rating_month)]
struct Row {
    project_id: String,
    one: i32,
    two: i32,
    three: i32,
    four: i32,
    five: i32,
}

/// The last month whose figures are all frozen; none before the clock first ran.
pub(crate) fn last_closed(conn: &mut Conn) -> Result<Option<Month>> {
    kept(conn, LAST_CLOSED)
}

/// The last month whose voices have ended: its figures are frozen or being frozen.
pub(crate) fn last_shut(conn: &mut Conn) -> Result<Option<Month>> {
    kept(conn, LAST_SHUT)
}

fn kept(conn: &mut Conn, name: &str) -> Result<Option<Month>> {
    setting::get(conn, name)?.map(|text| read(name, &text)).transpose()
}

fn read(name: &str, text: &str) -> Result<Month> {
    text.parse().map_err(|_| StoreError::internal(format!("the setting {name} is kept as {text}")))
}

/// Ends the voices of a month, in a write of its own before its figures are frozen. Whoever changes a voice reads this in the same transaction
/// ([`is_shut`]): so a voice whose transaction began before the end and would commit after the freeze has read what this overwrote, and PostgreSQL, seeing that
/// no order of the three explains what each of them read, runs it again. On SQLite nothing runs at once.
pub(crate) fn shut(tx: &mut Tx<'_>, month: Month) -> Result<()> {
    setting::put(tx, LAST_SHUT, &month.to_string())
}

/// Whether the figures of a month are frozen or about to be, whatever the time of the asking write: clocks of several machines differ.
pub(crate) fn is_shut(conn: &mut Conn, month: Month) -> Result<bool> {
    Ok(last_shut(conn)?.is_some_and(|last| month <= last))
}

/// The city's settings and what [`is_shut_by`] takes: every rating asks for both, in the statement that it begins with.
pub(crate) fn columns() -> setting::Columns {
    setting::columns(LAST_SHUT)
}

/// [`is_shut`] by what the columns gave.
pub(crate) fn is_shut_by(kept: &setting::Kept, month: Month) -> Result<bool> {
    let last = kept.fact.as_deref().map(|text| read(LAST_SHUT, text)).transpose()?;
    Ok(last.is_some_and(|last| month <= last))
}

/// Where closing begins on a database that the clock has not yet worked on: with the first month that has ratings.
pub(crate) fn begin(tx: &mut Tx<'_>, now: DateTime<Utc>) -> Result<()> {
    let zone = setting::city(tx.conn)?.zone;
    let first: Option<String> = rating_month::table.select(min(rating_month::month)).first(tx.conn)?;
    let before_first = first.and_then(|month| month.parse::<Month>().ok()).and_then(Month::previous);
    let last = Month::last_closed(now, zone).unwrap_or(Month::FIRST);
    note_closed(tx, before_first.map_or(last, |before| before.min(last)))
}

pub(crate) fn note_closed(tx: &mut Tx<'_>, month: Month) -> Result<()> {
    setting::put(tx, LAST_CLOSED, &month.to_string())
}

/// Freezes the month's figures of some projects, known from this write's time; gives how many it found.
pub(crate) fn freeze_some(tx: &mut Tx<'_>, month: Month) -> Result<usize> {
    let month = month.to_string();
    let frozen: Vec<String> = rating_close::table
        .filter(rating_close::month.eq(&month))
        .filter(rating_close::revision.eq(1))
        .select(rating_close::project_id)
        .load(tx.conn)?;
    let frozen: HashSet<String> = frozen.into_iter().collect();
    let rows: Vec<Row> = rating_month::table
        .filter(rating_month::month.eq(&month))
        .order(rating_month::project_id)
        .select(Row::as_select())
        .load(tx.conn)?;
    let open: Vec<Row> =
        rows.into_iter().filter(|row| !frozen.contains(&row.project_id)).take(BATCH).collect();
    if open.is_empty() {
        return Ok(0);
    }
    let values: Vec<_> = open
        .iter()
        .map(|row| {
            (
                rating_close::project_id.eq(&row.project_id),
                rating_close::month.eq(&month),
                rating_close::revision.eq(1),
                rating_close::voices.eq(row.one + row.two + row.three + row.four + row.five),
                rating_close::stars.eq(row.one + 2 * row.two + 3 * row.three + 4 * row.four + 5 * row.five),
                rating_close::known_from.eq(tx.now_utc()),
                rating_close::cause.eq("close"),
            )
        })
        .collect();
    on_each!(&mut *tx.conn, |conn| diesel::insert_into(rating_close::table).values(&values).execute(conn))?;
    Ok(open.len())
}

/// The projects of whose ratings a month was frozen at `instant`.
pub(crate) fn subjects(conn: &mut Conn, month: Month, instant: DateTime<Utc>) -> Result<Vec<Subject>> {
    let projects: Vec<String> = rating_close::table
        .filter(rating_close::month.eq(month.to_string()))
        .filter(rating_close::revision.eq(1))
        .filter(rating_close::known_from.eq(instant.naive_utc()))
        .order(rating_close::project_id)
        .select(rating_close::project_id)
        .load(conn)?;
    Ok(projects.iter().map(|id| Subject::project(id)).collect())
}
