//! Repairs (信用修复): a firm asks, an official who had no hand in the penalty decides; a repaired
//! penalty is no longer shown and no longer counts.

mod decide;

use std::collections::HashMap;

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use xinwu_domain::access::{Operation, Warrant};
use xinwu_domain::account::People;
use xinwu_domain::context::RequestContext;
use xinwu_domain::entity::Entity;
use xinwu_domain::kind::Kind;
use xinwu_domain::notice::NoticeKind;
use xinwu_domain::objection::{ObjectKind, ObjectionStatus};
use xinwu_domain::page::{Keys, Listed, Window};
use xinwu_domain::proposal::had_a_hand;
use xinwu_domain::record::RecordStep;
use xinwu_domain::record::repair::{
    AdminRepair, Commitment, NewRepair, RepairStatus, RepairView, require_possible,
};
use xinwu_domain::refusal::{Refusal, Standing};
use xinwu_domain::scheme::StepKind;
use xinwu_domain::screen::require_showable;
use xinwu_domain::text::{Reason, Text};
use xinwu_store::{Col, Conn, Result, Tx};

use crate::credit::waiting::{DueQuery, due_first, extended_until};
use crate::credit::{objection, record};
use crate::people::account::names::{name_people, with_people};
use crate::people::notice::{Told, tell_firm};
use crate::registers::authorized::{Authorized, Owner, Resource, by_key, note};
use crate::registers::place::{from_json, to_json};
use crate::registers::second_person::require_other_person;
use crate::schema::{firm, repair};
use crate::working_days::working_days;

pub use decide::decide;
pub(crate) use decide::{require_no_hand, settle};

/// Requests in one firm's own dossier at the most.
const LONGEST_FILE: i64 = 2_000;

/// Its row.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = repair)]
pub struct Row {
    /// The id.
    pub id: String,
    record_id: String,
    uscc: String,
    place: String,
    commitment: String,
    evidence: String,
    state: Col<RepairStatus>,
    filed_by: String,
    filed_at: NaiveDateTime,
    due_on: Col<NaiveDate>,
    decided_by: Option<String>,
    reason: Option<String>,
    decided_at: Option<NaiveDateTime>,
    version: i64,
    extension_reason: Option<String>,
}

impl Resource for Row {
    const KIND: Kind = Kind::Repair;

    by_key!(repair);

    fn owner(&self, _: &mut Conn) -> Result<Owner> {
        Ok(Owner { firm: Some(self.uscc.clone()), ..Owner::place(&self.place) })
    }
}

/// Asks for the repair of a penalty of the actor's own firm, to be decided within the working days
/// that the procedure in force gives, else within `days`.
///
/// # Errors
/// [`Refusal::Invalid`] for a commitment that cannot be shown, [`Refusal::Conflict`] for a reward,
/// before the end of its shortest publicity, for 30 days after a refusal, and while another request
/// or an objection is open.
pub fn file(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    own: &Authorized<record::InForce>,
    new: &NewRepair,
    days: u16,
    context: RequestContext,
) -> Result<(RepairView, i64)> {
    let (context, record_id) = (context.at(tx.now), own.id());
    require_showable("/commitment", new.commitment.as_str())?;
    let refused_on =
        of_records(tx.conn, &[record_id], context)?.remove(record_id).and_then(|known| known.refused_on);
    let (kind, severity, decided_on) = own.decision();
    require_possible(kind, severity, decided_on, refused_on, context.today())?;
    require_undisputed(tx.conn, record_id)?;
    let open: Option<String> = repair::table
        .filter(repair::record_id.eq(record_id))
        .filter(repair::state.eq(Col(RepairStatus::Open)))
        .select(repair::id)
        .first(tx.conn)
        .optional()?;
    if let Some(open) = open {
        let text = Text::new(
            format!("已有修复申请正在处理，编号 {open}"),
            format!("A request for its repair is open already: {open}"),
        );
        return Err(Refusal::repeats("repair_open", text, open).of_state(RepairStatus::Open).into());
    }
    let days =
        record::days_for(tx.conn, record_id, StepKind::Repair, false, context.today())?.unwrap_or(days);
    let row = Row {
        id: tx.random.id(),
        record_id: record_id.to_owned(),
        uscc: warrant.own_firm()?.to_owned(),
        place: own.place().to_owned(),
        commitment: new.commitment.clone(),
        evidence: to_json(&new.evidence)?,
        state: Col(RepairStatus::Open),
        filed_by: warrant.account_id().to_owned(),
        filed_at: tx.now_utc(),
        due_on: Col(working_days()?.add_working_days(context.today(), days)),
        decided_by: None,
        reason: None,
        decided_at: None,
        version: 1,
        extension_reason: None,
    };
    diesel::insert_into(repair::table).values(&row).execute(tx.conn)?;
    record::note(tx, warrant, record_id, RecordStep::RepairRequested, None)?;
    get(tx.conn, &row.id, context)
}

/// Takes a request of the actor's own firm back. It may ask again at once.
///
/// # Errors
/// [`Refusal::NotFound`] for another firm's, [`Refusal::Stale`], [`Refusal::Conflict`] when it is
/// closed.
pub fn withdraw(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    row: &Authorized<Row>,
    (): &(),
    context: RequestContext,
) -> Result<(RepairView, i64)> {
    let context = context.at(tx.now);
    let id = row.id.as_str();
    require_open(row)?;
    close(tx, row, RepairStatus::Withdrawn, None)?;
    record::note(tx, warrant, &row.record_id, RecordStep::RepairWithdrawn, None)?;
    get(tx.conn, id, context)
}

/// Gives the decision on a complex request longer, once: until so many working days after it was
/// made as the procedure in force gives for a complex case, else `days`; never less than it had.
///
/// # Errors
/// [`Refusal::NotFound`] outside the actor's place, [`Refusal::Forbidden`] without the power to
/// confirm, for whoever had a hand in the record and for officials of other levels than repair,
/// [`Refusal::Stale`], [`Refusal::Conflict`] when it is closed, was extended before or is overdue.
pub fn extend(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    row: &Authorized<Row>,
    (days, Reason { reason }): &(u16, Reason),
    context: RequestContext,
) -> Result<(AdminRepair, i64)> {
    let context = context.at(tx.now);
    let id = row.id.as_str();
    require_decidable(tx.conn, warrant, row, context)?;
    let days =
        record::days_for(tx.conn, &row.record_id, StepKind::Repair, true, context.today())?.unwrap_or(*days);
    let (is_extended, times) = (row.extension_reason.is_some(), (row.filed_at, row.due_on.0));
    let standing = Standing::from(row.state.0).without(Operation::ExtendRepair);
    let due_on = extended_until(is_extended, times, days, standing, context)?;
    diesel::update(repair::table.find(id))
        .set((
            repair::due_on.eq(Col(due_on)),
            repair::extension_reason.eq(reason),
            repair::version.eq(row.version + 1),
        ))
        .execute(tx.conn)?;
    let until = due_on.to_string();
    let told = Told::new(NoticeKind::RepairExtended, id).because(reason);
    tell_firm(tx, &row.uscc, &Told { detail: Some(&until), ..told })?;
    note::<Row>(tx, warrant, id, &serde_json::json!({"reason": reason}))?;
    get_admin(tx.conn, id, context)
}

/// What requests for their repair say of some records.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Repairs {
    /// The city's day of the last refusal.
    pub refused_on: Option<NaiveDate>,
    /// What the firm promises with the last request that is open or was granted.
    pub commitment: Option<Commitment>,
}

/// What was asked for of some records, by record.
pub(crate) fn of_records(
    conn: &mut Conn,
    records: &[&str],
    context: RequestContext,
) -> Result<HashMap<String, Repairs>> {
    let rows: Vec<Row> = repair::table
        .filter(repair::record_id.eq_any(records))
        .filter(repair::state.ne(Col(RepairStatus::Withdrawn)))
        .order(repair::id)
        .select(Row::as_select())
        .load(conn)?;
    let mut found: HashMap<String, Repairs> = HashMap::new();
    for row in rows {
        let known = found.entry(row.record_id.clone()).or_default();
        if row.state.0 == RepairStatus::Refused {
            let decided_on = row.decided_at.map(|at| context.day_of(at.and_utc()));
            known.refused_on = decided_on.or(known.refused_on);
        } else {
            known.commitment = Some(commitment(row));
        }
    }
    Ok(found)
}

/// What a firm promises with requests that are open or were granted, the latest first: of penalties
/// that everyone sees, and of those that everyone saw when they were repaired. A commitment tells
/// of its penalty, which may not be shown.
///
/// # Errors
/// [`Refusal::NotFound`] for an unknown firm.
pub fn list_commitments(
    conn: &mut Conn,
    uscc: &str,
    window: &Window,
    context: RequestContext,
) -> Result<Listed<Commitment>> {
    if firm::table.find(uscc).count().get_result::<i64>(conn)? == 0 {
        return Err(Kind::Firm.not_found().into());
    }
    let promised = [RepairStatus::Open, RepairStatus::Granted].map(Col);
    let rows: Vec<Row> = repair::table
        .filter(repair::uscc.eq(uscc))
        .filter(repair::state.eq_any(promised))
        .order(repair::id.desc())
        .limit(LONGEST_FILE)
        .select(Row::as_select())
        .load(conn)?;
    // A granted one ended its record's publicity on its own day: whether that had ended before is
    // told for each.
    let ids: Vec<&str> = rows.iter().map(|row| row.record_id.as_str()).collect();
    let shown = record::shown_until(conn, &ids, context.today())?;
    let is_shown = |row: &Row| {
        let day = match row.decided_at {
            Some(at) => context.day_of(at.and_utc()),
            None => context.today(),
        };
        shown.get(&row.record_id).is_some_and(|last| day <= *last)
    };
    let rows: Vec<Row> = rows.into_iter().filter(is_shown).collect();
    let total = window.count.then(|| i64::try_from(rows.len()).unwrap_or(i64::MAX));
    let after = window.after.as_ref().map(|after| after.get(0).to_owned());
    let rows = rows.into_iter().filter(|row| after.as_ref().is_none_or(|after| row.id < *after)).collect();
    let page = Listed::from_rows(rows, window, |row: &Row| Keys::of([&row.id]));
    Ok(Listed { total, ..page.map(commitment) })
}

fn commitment(row: Row) -> Commitment {
    Commitment { id: row.id, text: row.commitment, status: row.state.0, made_at: row.filed_at.and_utc() }
}

/// It is open, and the actor decides on such requests, and so declares a case complex: nobody does
/// who had a hand in the record.
fn require_decidable(conn: &mut Conn, warrant: &Warrant, row: &Row, context: RequestContext) -> Result<()> {
    require_decider(conn, warrant, row, context)?;
    require_open(row)
}

fn require_decider(conn: &mut Conn, warrant: &Warrant, row: &Row, context: RequestContext) -> Result<()> {
    let participants = record::participants(conn, &row.record_id)?;
    require_other_person(conn, warrant, &participants, had_a_hand)?;
    record::require_step(conn, warrant, &row.record_id, StepKind::Repair, context.today())
}

fn require_open(row: &Row) -> Result<()> {
    if row.state.0 == RepairStatus::Open {
        return Ok(());
    }
    let text = Text::new("该修复申请已办结或已撤回", "This request was decided or withdrawn already");
    Err(Refusal::conflict("already_decided", text).of_state(row.state.0).into())
}

/// Ends a request, by an official's decision with its reason or by the firm itself.
fn close(tx: &mut Tx<'_>, row: &Row, status: RepairStatus, decided: Option<(&Warrant, &str)>) -> Result<()> {
    tx.changed(Entity::Firm, &row.uscc);
    diesel::update(repair::table.find(&row.id))
        .set((
            repair::state.eq(Col(status)),
            repair::decided_by.eq(decided.map(|(warrant, _)| warrant.account_id())),
            repair::reason.eq(decided.map(|(_, reason)| reason)),
            repair::decided_at.eq(tx.now_utc()),
            repair::version.eq(row.version + 1),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// What is disputed is not put right: first the one, then the other.
fn require_undisputed(conn: &mut Conn, record_id: &str) -> Result<()> {
    let Some(open) = objection::open(conn, ObjectKind::Record, record_id)? else { return Ok(()) };
    let text = Text::new("对该信息的异议尚未办结", "An objection against the record is open");
    Err(Refusal::repeats("objection_open", text, open).of_state(ObjectionStatus::Open).into())
}

/// One request of the actor's own firm, with its version.
///
/// # Errors
/// [`Refusal::NotFound`] for another firm's.
pub fn get(conn: &mut Conn, id: &str, context: RequestContext) -> Result<(RepairView, i64)> {
    let row = Row::require(conn, id)?;
    let version = row.version;
    Ok((view(row, context)?, version))
}

/// One request with its version, for the officials whose place contains the record's.
///
/// # Errors
/// [`Refusal::NotFound`] for all others.
pub fn get_admin(conn: &mut Conn, id: &str, context: RequestContext) -> Result<(AdminRepair, i64)> {
    let row = Row::require(conn, id)?;
    let version = row.version;
    Ok((with_people(conn, admin_view(row, context)?)?, version))
}

/// The requests for which the actor's place and those below it answer, those due first before the
/// others.
pub fn list_admin(
    conn: &mut Conn,
    warrant: &Warrant,
    query: &DueQuery<RepairStatus>,
    window: &Window,
    context: RequestContext,
) -> Result<Listed<AdminRepair>> {
    let page = due_first!(repair, conn, warrant, query, window);
    let views = page.items.into_iter().map(|row| admin_view(row, context));
    let mut items = views.collect::<Result<Vec<_>>>()?;
    name_people(conn, &mut items)?;
    Ok(Listed { items, next: page.next, total: page.total })
}

/// Every request of a firm, the latest first.
pub fn own_dossier(conn: &mut Conn, uscc: &str, context: RequestContext) -> Result<Vec<RepairView>> {
    let rows: Vec<Row> = repair::table
        .filter(repair::uscc.eq(uscc))
        .order(repair::id.desc())
        .limit(LONGEST_FILE)
        .select(Row::as_select())
        .load(conn)?;
    rows.into_iter().map(|row| view(row, context)).collect()
}

fn view(row: Row, context: RequestContext) -> Result<RepairView> {
    let (status, due_on) = (row.state.0, row.due_on.0);
    let left = working_days()?.working_days_between(context.today(), due_on);
    Ok(RepairView {
        id: row.id,
        record: row.record_id,
        uscc: row.uscc,
        commitment: row.commitment,
        evidence: from_json(&row.evidence)?,
        status,
        filed_at: row.filed_at.and_utc(),
        due_on,
        working_days_left: (status == RepairStatus::Open).then_some(left),
        extension_reason: row.extension_reason,
        reason: row.reason,
        decided_at: row.decided_at.map(|at| at.and_utc()),
    })
}

fn admin_view(row: Row, context: RequestContext) -> Result<AdminRepair> {
    Ok(AdminRepair {
        place: row.place.clone(),
        filed_by: row.filed_by.clone(),
        decided_by: row.decided_by.clone(),
        people: People::default(),
        repair: view(row, context)?,
    })
}
