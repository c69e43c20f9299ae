//! The hearing of those whom a penalty names, its firm and its manager, where the procedure in
//! force says `notify`: told when it is submitted, heard before it is confirmed.

use std::collections::HashMap;

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use xinwu_domain::access::{Party, Warrant};
use xinwu_domain::context::RequestContext;
use xinwu_domain::entity::Entity;
use xinwu_domain::kind::Kind;
use xinwu_domain::notice::NoticeKind;
use xinwu_domain::record::{
    Hearing, MOST_STATEMENTS, NewStatement, RecordHearing, RecordState, RecordStep, hearing_open,
    hearing_over, too_many_statements,
};
use xinwu_domain::screen::require_showable;
use xinwu_domain::version::Expected;
use xinwu_store::{Col, Conn, Result, Tx};

use super::{Row, from_json, note_step, read, to_json};
use crate::people::notice::{NewNotice, tell_party};
use crate::registers::authorized::{Authorized, Resource};
use crate::schema::{account, record, record_hearing, record_step};

/// Its row.
#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = record_hearing)]
#[diesel(treat_none_as_null = true)]
struct HearingRow {
    id: String,
    record_id: String,
    /// Whose it is; none of the record's firm.
    manager_id: Option<String>,
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
    /// A record's that are of those whom it names now: a draft may have named another manager when
    /// it was submitted before.
    fn all(conn: &mut Conn, row: &Row) -> Result<Vec<HearingRow>> {
        let of_manager = record_hearing::manager_id.eq(row.manager_id.as_deref());
        Ok(record_hearing::table
            .filter(record_hearing::record_id.eq(&row.id))
            .filter(record_hearing::manager_id.is_null().or(of_manager.assume_not_null()))
            .order(record_hearing::id)
            .select(HearingRow::as_select())
            .load(conn)?)
    }

    fn find(conn: &mut Conn, row: &Row, manager: Option<&str>) -> Result<Option<HearingRow>> {
        let all = HearingRow::all(conn, row)?;
        Ok(all.into_iter().find(|hearing| hearing.manager_id.as_deref() == manager))
    }

    /// Whose it is; none of a record that has neither a firm nor a manager.
    fn party(&self, row: &Row) -> Option<Party> {
        match &self.manager_id {
            Some(id) => Some(Party::Manager(id.clone())),
            None => row.uscc.clone().map(Party::Firm),
        }
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

/// Tells those whom a penalty names what was submitted, and that they can be heard until a day.
/// What they said of an earlier submission stands, and counts for this one no more.
pub(super) fn begin(tx: &mut Tx<'_>, row: &Row, heard_until: NaiveDate) -> Result<()> {
    let parties = row.parties();
    for party in &parties {
        put(tx, row, party.manager(), heard_until)?;
    }
    // Nobody acts for a project without a firm; the day passes all the same.
    if parties.is_empty() {
        put(tx, row, None, heard_until)?;
    }
    let until = heard_until.to_string();
    let told = NewNotice::new(NoticeKind::RecordIntended, &row.id).named(&row.title);
    tell(tx, row, &NewNotice { detail: Some(&until), ..told })
}

fn put(tx: &mut Tx<'_>, row: &Row, manager: Option<&str>, heard_until: NaiveDate) -> Result<()> {
    let Some(before) = HearingRow::find(tx.conn, row, manager)? else {
        let first = HearingRow {
            id: tx.random.id(),
            record_id: row.id.clone(),
            manager_id: manager.map(str::to_owned),
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
        return Ok(());
    };
    let again = HearingRow {
        notified_at: tx.now_utc(),
        heard_until: Col(heard_until),
        is_heard: false,
        version: before.version + 1,
        ..before
    };
    diesel::update(record_hearing::table.find(&again.id)).set(&again).execute(tx.conn)?;
    Ok(())
}

/// Tells those who were told of a penalty that it does not come, or not as it was.
pub(super) fn end(tx: &mut Tx<'_>, row: &Row) -> Result<()> {
    if row.state.0 != RecordState::Submitted || HearingRow::all(tx.conn, row)?.is_empty() {
        return Ok(());
    }
    tell(tx, row, &NewNotice::new(NoticeKind::RecordNotIntended, &row.id).named(&row.title))
}

fn tell(tx: &mut Tx<'_>, row: &Row, told: &NewNotice<'_>) -> Result<()> {
    row.parties().iter().try_for_each(|party| tell_party(tx, party, told))
}

/// # Errors
/// [`Refusal::Conflict`](xinwu_domain::refusal::Refusal::Conflict) where somebody whom it names can
/// still be heard and has said nothing. What the operator brings is outside the rule.
pub(super) fn require_heard(conn: &mut Conn, warrant: &Warrant, row: &Row, today: NaiveDate) -> Result<()> {
    if warrant.is_operator() {
        return Ok(());
    }
    let all = HearingRow::all(conn, row)?;
    let open: Vec<HearingRow> =
        all.into_iter().filter(|hearing| today <= hearing.heard_until.0 && !hearing.is_heard).collect();
    let Some(until) = open.iter().map(|hearing| hearing.heard_until.0).max() else { return Ok(()) };
    let silent: Vec<Party> = open.iter().filter_map(|hearing| hearing.party(row)).collect();
    Err(hearing_open(until, &silent).into())
}

/// Puts what a firm or a manager has to say of a penalty of the own that waits for its
/// confirmation, or other words in the place of these. Gives it with its version.
///
/// # Errors
/// `Refusal::NotFound` for one of which this party was not told, and for one that was sent back or
/// given up; `Refusal::Conflict` once it is confirmed, after the day until which this party is
/// heard, and for one more than it may make; `Refusal::Invalid` for what must not be shown;
/// `Refusal::Stale` when `expected` is no longer its version.
pub fn put_statement(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    row: &Authorized<Row>,
    expected: Option<&Expected>,
    new: &NewStatement,
    context: RequestContext,
) -> Result<(RecordHearing, i64)> {
    let (context, id) = (context.at(tx.now), row.id.as_str());
    let hearing = own(tx.conn, warrant, row)?;
    row.state.0.after(RecordStep::Stated)?;
    Expected::check_any(expected, Some(hearing.version))?;
    require_showable("/text", new.text.as_str())?;
    require_taken(tx.conn, row, &hearing, context.today())?;
    let said = HearingRow {
        statement: Some(new.text.clone()),
        evidence: to_json(&new.evidence)?,
        is_heard: true,
        stated_by: Some(warrant.account_id().to_owned()),
        stated_at: Some(tx.now_utc()),
        version: hearing.version + 1,
        ..hearing
    };
    diesel::update(record_hearing::table.find(&said.id)).set(&said).execute(tx.conn)?;
    // Whoever confirms it has read what stands.
    diesel::update(record::table.find(id))
        .set((record::updated_at.eq(tx.now_utc()), record::version.eq(row.version + 1)))
        .execute(tx.conn)?;
    note_step(tx, id, RecordStep::Stated, warrant, None)?;
    row.tell_drafter(tx, NoticeKind::RecordStated, None)?;
    tx.changed(Entity::Record, id);
    let row = Row::require(tx.conn, id)?;
    shown(tx.conn, warrant, row, context)
}

/// It is taken until the day of which this party was told, and so often: each makes what somebody
/// has read before confirming the penalty another than it is.
///
/// # Errors
/// `Refusal::Conflict`
fn require_taken(conn: &mut Conn, row: &Row, hearing: &HearingRow, today: NaiveDate) -> Result<()> {
    if today > hearing.heard_until.0 {
        return Err(hearing_over(hearing.heard_until.0).into());
    }
    let said = record_step::table
        .inner_join(account::table.on(account::id.eq(record_step::by_account)))
        .filter(record_step::record_id.eq(&row.id))
        .filter(record_step::step.eq(Col(RecordStep::Stated)))
        .filter(record_step::at.ge(hearing.notified_at));
    let said: i64 = match &hearing.manager_id {
        Some(manager) => said.filter(account::manager_id.eq(manager)).count().get_result(conn)?,
        None => said.filter(account::manager_id.is_null()).count().get_result(conn)?,
    };
    if said < MOST_STATEMENTS { Ok(()) } else { Err(too_many_statements().into()) }
}

/// What a firm or a manager was told of a penalty of the own, and said, with its version.
///
/// # Errors
/// `Refusal::NotFound` for one of which this party was not told, and for one that was sent back or
/// given up.
pub fn own_hearing(
    conn: &mut Conn,
    warrant: &Warrant,
    row: Authorized<Row>,
    context: RequestContext,
) -> Result<(RecordHearing, i64)> {
    shown(conn, warrant, row.into_inner(), context)
}

fn shown(
    conn: &mut Conn,
    warrant: &Warrant,
    row: Row,
    context: RequestContext,
) -> Result<(RecordHearing, i64)> {
    let hearing = own(conn, warrant, &row)?;
    let version = hearing.version;
    let record = read::shown(conn, row, context)?.without_hearings();
    Ok((RecordHearing { hearing: hearing.view()?, record }, version))
}

fn own(conn: &mut Conn, warrant: &Warrant, row: &Row) -> Result<HearingRow> {
    let state = row.state.0;
    let is_told = state == RecordState::Submitted || state.is_confirmed();
    let hearing = match is_told {
        true => HearingRow::find(conn, row, warrant.own_party()?.manager())?,
        false => None,
    };
    Ok(hearing.ok_or(Kind::Record.not_found())?)
}

/// The hearings about a record.
#[derive(Debug, Clone, Default)]
pub(super) struct Hearings {
    /// Its firm's.
    pub firm: Option<Hearing>,
    /// Its manager's.
    pub manager: Option<Hearing>,
}

/// The hearings about some records, by record.
pub(super) fn of(conn: &mut Conn, rows: &[Row]) -> Result<HashMap<String, Hearings>> {
    let ids: Vec<&String> = rows.iter().map(|row| &row.id).collect();
    let found: Vec<HearingRow> = record_hearing::table
        .filter(record_hearing::record_id.eq_any(ids))
        .select(HearingRow::as_select())
        .load(conn)?;
    let managers: HashMap<&str, Option<&str>> =
        rows.iter().map(|row| (row.id.as_str(), row.manager_id.as_deref())).collect();
    let mut hearings: HashMap<String, Hearings> = HashMap::new();
    for hearing in found {
        let of_record = hearings.entry(hearing.record_id.clone()).or_default();
        match hearing.manager_id.as_deref() {
            None => of_record.firm = Some(hearing.view()?),
            manager if managers.get(hearing.record_id.as_str()) == Some(&manager) => {
                of_record.manager = Some(hearing.view()?);
            }
            Some(_) => {}
        }
    }
    Ok(hearings)
}
