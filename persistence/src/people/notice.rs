//! Notices to residents about their dwellings.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use xinwu_domain::notice::{Notice, NoticeKind};
use xinwu_domain::page::{Keys, Listed, Window};
use xinwu_domain::refusal::Refusal;
use xinwu_store::{Col, Conn, Result, Tx};

use crate::registers::estate;
use crate::schema::notice;

#[derive(Queryable, Selectable)]
#[diesel(table_name = notice)]
struct Row {
    id: String,
    kind: Col<NoticeKind>,
    estate: String,
    building: String,
    unit: String,
    room: String,
    reason: Option<String>,
    created_at: NaiveDateTime,
    read_at: Option<NaiveDateTime>,
}

/// Whom a notice is to, and about which dwelling of theirs.
pub(crate) struct Addressed<'a> {
    pub account_id: &'a str,
    pub estate: &'a str,
    pub building: &'a str,
    pub unit: &'a str,
    pub room: &'a str,
}

/// Tells a resident.
pub(crate) fn tell(
    tx: &mut Tx<'_>,
    to: &Addressed<'_>,
    kind: NoticeKind,
    reason: Option<&str>,
) -> Result<()> {
    diesel::insert_into(notice::table)
        .values((
            notice::id.eq(tx.random.id()),
            notice::account_id.eq(to.account_id),
            notice::kind.eq(Col(kind)),
            notice::estate.eq(to.estate),
            notice::building.eq(to.building),
            notice::unit.eq(to.unit),
            notice::room.eq(to.room),
            notice::reason.eq(reason),
            notice::created_at.eq(tx.now_utc()),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// An account's notices, the latest first.
pub fn list(conn: &mut Conn, account_id: &str, window: &Window) -> Result<Listed<Notice>> {
    let own = || notice::table.filter(notice::account_id.eq(account_id.to_owned()));
    let mut rows =
        own().select(Row::as_select()).order(notice::id.desc()).limit(window.limit + 1).into_boxed();
    if let Some(after) = &window.after {
        rows = rows.filter(notice::id.lt(after.get(0).to_owned()));
    }
    let page = Listed::from_rows(rows.load(conn)?, window, |row: &Row| Keys::of([&row.id]));
    let total = if window.count { Some(own().count().get_result(conn)?) } else { None };
    let items = views(conn, page.items)?;
    Ok(Listed { items, next: page.next, total })
}

/// All of an account's notices, the earliest first.
pub(crate) fn all(conn: &mut Conn, account_id: &str) -> Result<Vec<Notice>> {
    let rows = notice::table
        .filter(notice::account_id.eq(account_id))
        .order(notice::id)
        .select(Row::as_select())
        .load(conn)?;
    views(conn, rows)
}

/// Says that a notice has been read; the first time stays. Gives it with its version.
///
/// # Errors
/// [`Refusal::NotFound`] when it is not the account's.
pub fn read(tx: &mut Tx<'_>, account_id: &str, id: &str) -> Result<(Notice, i64)> {
    let own = || notice::table.filter(notice::id.eq(id)).filter(notice::account_id.eq(account_id));
    diesel::update(own().filter(notice::read_at.is_null()))
        .set(notice::read_at.eq(tx.now_utc()))
        .execute(tx.conn)?;
    let row = own().select(Row::as_select()).first(tx.conn).optional()?;
    let row: Row = row.ok_or(Refusal::NotFound { what: "notice" })?;
    Ok((view(tx.conn, row)?, 1))
}

fn views(conn: &mut Conn, rows: Vec<Row>) -> Result<Vec<Notice>> {
    rows.into_iter().map(|row| view(conn, row)).collect()
}

fn view(conn: &mut Conn, row: Row) -> Result<Notice> {
    Ok(Notice {
        kind: row.kind.0,
        estate: estate::require(conn, &row.estate)?,
        id: row.id,
        building: row.building,
        unit: row.unit,
        room: row.room,
        reason: row.reason,
        created_at: row.created_at.and_utc(),
        read_at: row.read_at.map(|at| at.and_utc()),
    })
}
