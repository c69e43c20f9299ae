//! The hearing of a penalty's firm, where the procedure in force says `notify`: told when it is
//! submitted, heard before it is confirmed.

use std::collections::HashMap;

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use xinwu_domain::access::Warrant;
use xinwu_domain::context::RequestContext;
use xinwu_domain::entity::Entity;
use xinwu_domain::kind::Kind;
use xinwu_domain::notice::NoticeKind;
use xinwu_domain::record::{Hearing, NewStatement, RecordHearing, RecordState, RecordStep, RecordView};
use xinwu_domain::refusal::Refusal;
use xinwu_domain::screen::require_showable;
use xinwu_domain::text::Text;
use xinwu_domain::version::Expected;
use xinwu_store::{Col, Conn, Result, Tx};

use super::{Row, from_json, note_step, read, to_json};
use crate::people::notice::{Told, tell_firm};
use crate::registers::authorized::Resource;
use crate::schema::{record, record_hearing};

/// Its row.
#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = record_hearing)]
#[diesel(primary_key(record_id))]
#[diesel(treat_none_as_null = true)]
struct HearingRow {
    record_id: String,
    notified_at: NaiveDateTime,
    heard_until: Col<NaiveDate>,
    statement: Option<String>,
    evidence: String,
    is_heard: bool,
    stated_by: Option<String>,
    stated_at: Option<NaiveDateTime>,
    version: i64,
}

impl HearingRow {
    fn find(conn: &mut Conn, id: &str) -> Result<Option<HearingRow>> {
        Ok(record_hearing::table.find(id).select(HearingRow::as_select()).first(conn).optional()?)
    }

    fn view(self) -> Result<Hearing> {
        Ok(Hearing {
            notified_at: self.notified_at.and_utc(),
            heard_until: self.heard_until.0,
            statement: self.statement,
            evidence: from_json(&self.evidence)?,
            stated_at: self.stated_at.map(|at| at.and_utc()),
        })
    }
}

/// Tells the firm what was submitted, and that it can be heard until a day. What it said of an
/// earlier submission stands, and counts for this one no more.
pub(super) fn begin(tx: &mut Tx<'_>, row: &Row, heard_until: NaiveDate) -> Result<()> {
    match HearingRow::find(tx.conn, &row.id)? {
        Some(before) => {
            let again = HearingRow {
                notified_at: tx.now_utc(),
                heard_until: Col(heard_until),
                is_heard: false,
                version: before.version + 1,
                ..before
            };
            diesel::update(record_hearing::table.find(&row.id)).set(&again).execute(tx.conn)?;
        }
        None => {
            let first = HearingRow {
                record_id: row.id.clone(),
                notified_at: tx.now_utc(),
                heard_until: Col(heard_until),
                statement: None,
                evidence: to_json::<Vec<String>>(&Vec::new())?,
                is_heard: false,
                stated_by: None,
                stated_at: None,
                version: 1,
            };
            diesel::insert_into(record_hearing::table).values(&first).execute(tx.conn)?;
        }
    }
    let until = heard_until.to_string();
    let told = Told::new(NoticeKind::RecordIntended, &row.id).named(&row.title);
    tell(tx, row, &Told { detail: Some(&until), ..told })
}

/// Tells a firm that was told of a penalty that it does not come, or not as it was.
pub(super) fn end(tx: &mut Tx<'_>, row: &Row) -> Result<()> {
    if row.state.0 != RecordState::Submitted || HearingRow::find(tx.conn, &row.id)?.is_none() {
        return Ok(());
    }
    tell(tx, row, &Told::new(NoticeKind::RecordNotIntended, &row.id).named(&row.title))
}

fn tell(tx: &mut Tx<'_>, row: &Row, told: &Told<'_>) -> Result<()> {
    match &row.uscc {
        Some(uscc) => tell_firm(tx, uscc, told),
        // Nobody acts for a project without a firm.
        None => Ok(()),
    }
}

/// # Errors
/// [`Refusal::Conflict`] where the firm can still be heard and has said nothing. What the operator
/// brings is outside the rule.
pub(super) fn require_heard(conn: &mut Conn, warrant: &Warrant, id: &str, today: NaiveDate) -> Result<()> {
    let open = HearingRow::find(conn, id)?.filter(|row| today <= row.heard_until.0 && !row.is_heard);
    match open.filter(|_| !warrant.is_operator()) {
        None => Ok(()),
        Some(row) => {
            let until = row.heard_until.0;
            let text = Text::new(
                format!("企业可于{until}前（含当日）陈述申辩，尚未提出"),
                format!("Its firm can be heard until {until}, and has said nothing yet"),
            );
            Err(Refusal::conflict("hearing_open", text).into())
        }
    }
}

/// Puts what a firm has to say of a penalty of its own that waits for its confirmation, or other
/// words in the place of these. Gives it with its version.
///
/// # Errors
/// [`Refusal::NotFound`] for another firm's, for one that it was not told of, and for one that was
/// sent back or given up; [`Refusal::Conflict`] once it is confirmed; [`Refusal::Invalid`] for what
/// must not be shown; [`Refusal::Stale`] when `expected` is no longer its version.
pub fn put_statement(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    id: &str,
    expected: Option<&Expected>,
    new: &NewStatement,
    context: RequestContext,
) -> Result<(RecordHearing, i64)> {
    let context = context.at(tx.now);
    let (row, hearing) = own(tx.conn, warrant, id)?;
    row.state.0.after(RecordStep::Stated)?;
    Expected::check_any(expected, Some(hearing.version))?;
    require_showable("/text", new.text.as_str())?;
    let said = HearingRow {
        statement: Some(new.text.clone()),
        evidence: to_json(&new.evidence)?,
        is_heard: true,
        stated_by: Some(warrant.account_id().to_owned()),
        stated_at: Some(tx.now_utc()),
        version: hearing.version + 1,
        ..hearing
    };
    diesel::update(record_hearing::table.find(id)).set(&said).execute(tx.conn)?;
    // Whoever confirms it has read what stands.
    diesel::update(record::table.find(id))
        .set((record::updated_at.eq(tx.now_utc()), record::version.eq(row.version + 1)))
        .execute(tx.conn)?;
    note_step(tx, id, RecordStep::Stated, warrant, None)?;
    row.tell_drafter(tx, NoticeKind::RecordStated, None)?;
    tx.changed(Entity::Record, id);
    own_hearing(tx.conn, warrant, id, context)
}

/// What a firm was told of a penalty of its own, and what it said, with its version.
///
/// # Errors
/// [`Refusal::NotFound`] for another firm's, for one that it was not told of, and for one that was
/// sent back or given up.
pub fn own_hearing(
    conn: &mut Conn,
    warrant: &Warrant,
    id: &str,
    context: RequestContext,
) -> Result<(RecordHearing, i64)> {
    let (row, hearing) = own(conn, warrant, id)?;
    let version = hearing.version;
    let record = read::shown(conn, row, context)?;
    let record = RecordView { hearing: None, ..record };
    Ok((RecordHearing { hearing: hearing.view()?, record }, version))
}

fn own(conn: &mut Conn, warrant: &Warrant, id: &str) -> Result<(Row, HearingRow)> {
    let not_found = || Kind::Record.not_found();
    let row = Row::find(conn, id)?.ok_or_else(not_found)?;
    let state = row.state.0;
    let is_told = state == RecordState::Submitted || state.is_confirmed();
    if row.uscc.as_deref() != Some(warrant.own_firm()?) || !is_told {
        return Err(not_found().into());
    }
    let hearing = HearingRow::find(conn, id)?.ok_or_else(not_found)?;
    Ok((row, hearing))
}

/// The hearings about some records, by record.
pub(super) fn of(conn: &mut Conn, ids: &[&str]) -> Result<HashMap<String, Hearing>> {
    let rows: Vec<HearingRow> = record_hearing::table
        .filter(record_hearing::record_id.eq_any(ids))
        .select(HearingRow::as_select())
        .load(conn)?;
    rows.into_iter().map(|row| Ok((row.record_id.clone(), row.view()?))).collect()
}
