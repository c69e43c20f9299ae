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
use xinwu_domain::proposal::own_participation;
use xinwu_domain::record::RecordStep;
use xinwu_domain::record::repair::{
    AdminRepair, Commitment, NewRepair, RepairStatus, RepairView, require_possible,
};
use xinwu_domain::refusal::Refusal;
use xinwu_domain::scheme::{Complexity, StepKind};
use xinwu_domain::screen::require_showable;
use xinwu_domain::text::Text;
use xinwu_store::{Col, Conn, Result, Tx};

use crate::credit::waiting::{self, DueQuery, Waiting, due_first, waits};
use crate::credit::{objection, record};
use crate::people::notice::{NewNotice, tell_firm};
use crate::registers;
use crate::registers::authorized::{Authorized, Owner, Resource, by_key};
use crate::registers::place::{from_json, to_json};
use crate::registers::second_person::require_other_person;
use crate::schema::repair;
use crate::working_days::working_days;

pub use decide::decide;

/// Requests in one firm's own dossier at the most.
const LONGEST_DOSSIER: i64 = 2_000;

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

impl Waiting for Row {
    type Status = RepairStatus;
    type View = RepairView;
    type AdminView = AdminRepair;

    const OPEN: RepairStatus = RepairStatus::Open;
    const WITHDRAWN: (RepairStatus, RecordStep) = (RepairStatus::Withdrawn, RecordStep::RepairWithdrawn);
    /// Nothing is left to put right.
    const SETTLED: (RepairStatus, NoticeKind, Option<RecordStep>) =
        (RepairStatus::Refused, NoticeKind::RepairRefused, Some(RecordStep::RepairRefused));
    const DECISION: Operation = Operation::DecideRepair;
    const EXTENSION: (Operation, NoticeKind) = (Operation::ExtendRepair, NoticeKind::RepairExtended);

    waits!(repair, decided_at);

    fn is_closed() -> Text {
        Text::new("该修复申请已办结或已撤回", "This request was decided or withdrawn already")
    }

    fn days_if_complex(&self, conn: &mut Conn, context: RequestContext) -> Result<Option<u16>> {
        record::days_for(conn, &self.record_id, StepKind::Repair, Complexity::Complex, context.today())
    }

    fn require_decider(&self, conn: &mut Conn, warrant: &Warrant, context: RequestContext) -> Result<()> {
        let participants = record::participants(conn, &self.record_id)?;
        require_other_person(conn, warrant, &participants, own_participation)?;
        record::require_step(conn, warrant, &self.record_id, StepKind::Repair, context.today())
    }

    fn step(&self, tx: &mut Tx<'_>, warrant: &Warrant, step: RecordStep, reason: Option<&str>) -> Result<()> {
        tx.changed(Entity::Firm, &self.uscc);
        record::note(tx, warrant, &self.record_id, step, reason)
    }

    fn tell(&self, tx: &mut Tx<'_>, kind: NoticeKind, detail: Option<&str>, reason: &str) -> Result<()> {
        tell_firm(tx, &self.uscc, &NewNotice { detail, ..NewNotice::new(kind, &self.id).because(reason) })
    }

    fn open_about(conn: &mut Conn, record_id: &str) -> Result<Vec<Row>> {
        Ok(repair::table
            .filter(repair::record_id.eq(record_id))
            .filter(repair::state.eq(Col(RepairStatus::Open)))
            .select(Row::as_select())
            .load(conn)?)
    }

    fn view(self, context: RequestContext) -> Result<RepairView> {
        let (status, due_on) = (self.state.0, self.due_on.0);
        let left = working_days()?.working_days_between(context.today(), due_on);
        Ok(RepairView {
            id: self.id,
            record: self.record_id,
            uscc: self.uscc,
            commitment: self.commitment,
            evidence: from_json(&self.evidence)?,
            status,
            filed_at: self.filed_at.and_utc(),
            due_on,
            working_days_left: (status == RepairStatus::Open).then_some(left),
            extension_reason: self.extension_reason,
            reason: self.reason,
            decided_at: self.decided_at.map(|at| at.and_utc()),
        })
    }

    fn admin_view(self, context: RequestContext) -> Result<AdminRepair> {
        Ok(AdminRepair {
            place: self.place.clone(),
            filed_by: self.filed_by.clone(),
            decided_by: self.decided_by.clone(),
            people: People::default(),
            repair: self.view(context)?,
        })
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
    if let Some(Row { id: open, .. }) = Row::open_about(tx.conn, record_id)?.into_iter().next() {
        let text = Text::new(
            format!("已有修复申请正在处理，编号 {open}"),
            format!("A request for its repair is open already: {open}"),
        );
        return Err(Refusal::repeats("repair_open", text, open).of_state(RepairStatus::Open).into());
    }
    let days = record::days_for(tx.conn, record_id, StepKind::Repair, Complexity::Usual, context.today())?
        .unwrap_or(days);
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
    waiting::get::<Row>(tx.conn, &row.id, context)
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
    registers::firm::Row::require(conn, uscc)?;
    let promised = [RepairStatus::Open, RepairStatus::Granted].map(Col);
    let rows: Vec<Row> = repair::table
        .filter(repair::uscc.eq(uscc))
        .filter(repair::state.eq_any(promised))
        .order(repair::id.desc())
        .limit(LONGEST_DOSSIER)
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

/// What is disputed is not put right: first the one, then the other.
fn require_undisputed(conn: &mut Conn, record_id: &str) -> Result<()> {
    let Some(open) = objection::open(conn, ObjectKind::Record, record_id)? else { return Ok(()) };
    let text = Text::new("对该信息的异议尚未办结", "An objection against the record is open");
    Err(Refusal::repeats("objection_open", text, open).of_state(ObjectionStatus::Open).into())
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
    waiting::admin_page(conn, page, context)
}

/// Every request of a firm, the latest first.
pub fn own_dossier(conn: &mut Conn, uscc: &str, context: RequestContext) -> Result<Vec<RepairView>> {
    let rows: Vec<Row> = repair::table
        .filter(repair::uscc.eq(uscc))
        .order(repair::id.desc())
        .limit(LONGEST_DOSSIER)
        .select(Row::as_select())
        .load(conn)?;
    rows.into_iter().map(|row| row.view(context)).collect()
}
