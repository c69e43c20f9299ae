//! The steps of a single record, each in one transaction with its audit and its consequences.

use chrono::NaiveDateTime;
use diesel::dsl::min;
use diesel::prelude::*;
use xinwu_domain::access::{OPERATOR, Warrant};
use xinwu_domain::account::AccountStatus;
use xinwu_domain::context::RequestContext;
use xinwu_domain::import::ImportState;
use xinwu_domain::notice::NoticeKind;
use xinwu_domain::proposal::own_work;
use xinwu_domain::record::{
    AdminRecord, NewWithdrawal, RecordState, RecordStep, reason_needed, reason_of_draft_needed,
};
use xinwu_domain::refusal::Refusal;
use xinwu_domain::scheme::StepKind;
use xinwu_domain::subject::{Cause, CauseKind, Subject};
use xinwu_domain::text::{Reason, Text};
use xinwu_store::{Col, Conn, Result, Tx};

use super::{Row, clock, decision, get_admin, hearing, note_step, steps_of};
use crate::credit::procedure::Procedure;
use crate::owed_notice::{Confirmed, owe_records};
use crate::people::notice::{NewNotice, tell};
use crate::registers::authorized::{Authorized, note};
use crate::registers::second_person::require_other_person;
use crate::schema::{account, import, record, record_step};

/// Puts a draft before another official.
///
/// # Errors
/// [`Refusal::Forbidden`] where the procedure in force has officials of other levels do it,
/// [`Refusal::Conflict`] in another state.
pub fn submit(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    row: &Authorized<Row>,
    (): &(),
    context: RequestContext,
) -> Result<(AdminRecord, i64)> {
    let context = context.at(tx.now);
    let procedure = Procedure::load(tx.conn, context.today())?;
    procedure.require(warrant, StepKind::Record, row.weight())?;
    take(tx, warrant, row, RecordStep::Submitted, None)?;
    decision::claim(tx, warrant, row, context.today())?;
    if let Some(heard_until) = procedure.heard_until(row.weight(), context.today())? {
        hearing::begin(tx, row, heard_until)?;
    }
    start_clocks(tx, row, &procedure, context)?;
    get_admin(tx.conn, &row.id, context)
}

/// Confirms a submitted record: from now on it is known, counts from its decision's day, and is
/// shown while its publicity lasts.
///
/// # Errors
/// [`Refusal::Forbidden`] for whoever drafted, changed or submitted it, [`Refusal::Conflict`] while
/// its firm or its manager can be heard and has said nothing, and as [`submit`].
pub fn confirm(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    row: &Authorized<Row>,
    (): &(),
    context: RequestContext,
) -> Result<(AdminRecord, i64)> {
    let context = context.at(tx.now);
    let authors = authors(tx.conn, row)?;
    require_other_person(tx.conn, warrant, &authors, own_work)?;
    Procedure::load(tx.conn, context.today())?.require(warrant, StepKind::Confirm, row.weight())?;
    require_single(tx.conn, row)?;
    hearing::require_heard(tx.conn, warrant, row, context.today())?;
    take(tx, warrant, row, RecordStep::Confirmed, None)?;
    diesel::update(record::table.find(&row.id))
        .set((
            record::confirmed_by.eq(warrant.account_id()),
            record::known_from.eq(row.known_from.unwrap_or_else(|| tx.now_utc())),
        ))
        .execute(tx.conn)?;
    row.tell_drafter(tx, NoticeKind::RecordConfirmed, None)?;
    owe_records(tx, Confirmed { id: Some(&row.id), import: None })?;
    tell_managers(tx, Confirmed { id: Some(&row.id), import: None })?;
    dossiers_changed(tx, &[row.concerned()]);
    get_admin(tx.conn, &row.id, context)
}

/// Tells the managers whom records in force name, as far as they have accounts.
pub(super) fn tell_managers(tx: &mut Tx<'_>, confirmed: Confirmed<'_>) -> Result<()> {
    let named: Vec<(String, String, String)> = record::table
        .inner_join(account::table.on(account::manager_id.eq(record::manager_id)))
        .filter(account::status.eq(Col(AccountStatus::Active)))
        .filter(record::id.nullable().eq(confirmed.id).or(record::import_id.eq(confirmed.import)))
        .filter(record::state.eq(Col(RecordState::InForce)))
        .order((record::id, account::id))
        .select((account::id, record::id, record::title))
        .load(tx.conn)?;
    for (account, id, title) in named {
        tell(tx, &account, &NewNotice::new(NoticeKind::RecordAdded, &id).named(&title))?;
    }
    Ok(())
}

/// Sends a submitted record back to its drafters.
///
/// # Errors
/// As [`submit`].
pub fn send_back(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    row: &Authorized<Row>,
    Reason { reason }: &Reason,
    context: RequestContext,
) -> Result<(AdminRecord, i64)> {
    let context = context.at(tx.now);
    Procedure::load(tx.conn, context.today())?.require(warrant, StepKind::Confirm, row.weight())?;
    require_single(tx.conn, row)?;
    take(tx, warrant, row, RecordStep::Returned, Some(reason))?;
    row.tell_drafter(tx, NoticeKind::RecordReturned, Some(reason))?;
    hearing::end(tx, row)?;
    // Left lying, it would keep others from recording the decision.
    decision::release(tx, &row.id)?;
    get_admin(tx.conn, &row.id, context)
}

/// Gives up a record that is not confirmed yet. Its drafter learns of it where that is a colleague,
/// who says why it is withdrawn once it was submitted.
///
/// # Errors
/// [`Refusal::Invalid`] without a reason where one is needed, and as [`submit`].
pub fn withdraw(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    row: &Authorized<Row>,
    NewWithdrawal { reason }: &NewWithdrawal,
    context: RequestContext,
) -> Result<(AdminRecord, i64)> {
    let (context, reason) = (context.at(tx.now), reason.as_deref());
    if reason.is_none() && row.state.0 == RecordState::Submitted && row.is_anothers(warrant) {
        return Err(reason_needed().into());
    }
    // Only a file waits whose rows the operator drafted: else it was the clock.
    if reason.is_none() && row.drafted_by == OPERATOR && row.import_id.is_none() {
        return Err(reason_of_draft_needed().into());
    }
    require_single(tx.conn, row)?;
    take(tx, warrant, row, RecordStep::Withdrawn, reason)?;
    row.tell_drafter_of_anothers(tx, warrant, NoticeKind::RecordWithdrawn, reason)?;
    hearing::end(tx, row)?;
    decision::release(tx, &row.id)?;
    get_admin(tx.conn, &row.id, context)
}

/// Says until when a record that was just submitted is to be confirmed, and whether it came late:
/// one that was sent back once came when it came first.
fn start_clocks(tx: &mut Tx<'_>, row: &Row, procedure: &Procedure, context: RequestContext) -> Result<()> {
    let first: Option<NaiveDateTime> = record_step::table
        .filter(record_step::record_id.eq(&row.id))
        .filter(record_step::step.eq(Col(RecordStep::Submitted)))
        .select(min(record_step::at))
        .first(tx.conn)?;
    let today = context.today();
    let first = first.map_or(today, |at| context.day_of(at.and_utc()));
    let mut clocks = procedure.clocks(row.weight(), row.decided_on.0, first, today)?;
    // A founding import brings what was recorded elsewhere long ago.
    clocks.recorded_late &= row.known_from.is_none();
    clock::start(tx, &row.id, clocks)
}

/// Changes the state, and writes down who did it.
fn take(tx: &mut Tx<'_>, warrant: &Warrant, row: &Row, step: RecordStep, reason: Option<&str>) -> Result<()> {
    let state = row.state.0.after(step)?;
    // A founding import's time holds only if the record is confirmed as it came.
    let leaves = matches!(step, RecordStep::Returned | RecordStep::Withdrawn);
    let known_from = row.known_from.filter(|_| !leaves);
    diesel::update(record::table.find(&row.id))
        .set((
            record::state.eq(Col(state)),
            record::known_from.eq(known_from),
            record::updated_at.eq(tx.now_utc()),
            record::version.eq(row.version + 1),
        ))
        .execute(tx.conn)?;
    note_step(tx, &row.id, step, warrant, reason)?;
    note::<Row>(tx, warrant, &row.id, &serde_json::json!({"reason": reason}))
}

/// Everyone who had a hand in what the record says.
fn authors(conn: &mut Conn, row: &Row) -> Result<Vec<String>> {
    who_did(conn, row, RecordStep::is_authorship)
}

/// Its drafter, and everyone who did one of these steps, or was the second person of one.
pub(super) fn who_did(conn: &mut Conn, row: &Row, counts: fn(RecordStep) -> bool) -> Result<Vec<String>> {
    let steps: Vec<(String, Option<String>)> = steps_of!(row.id.as_str(), counts)
        .select((record_step::by_account, record_step::seconded_by))
        .load(conn)?;
    let mut found = vec![row.drafted_by.clone()];
    found.extend(steps.into_iter().flat_map(|(by, second)| std::iter::once(by).chain(second)));
    Ok(found)
}

/// A record that came with a file waits for its whole batch; once that was sent back, it is its
/// drafters' alone.
fn require_single(conn: &mut Conn, row: &Row) -> Result<()> {
    let Some(import_id) = row.import_id.as_deref().filter(|_| row.state.0 == RecordState::Submitted) else {
        return Ok(());
    };
    let state: Option<Col<ImportState>> =
        import::table.find(import_id).select(import::state).first(conn).optional()?;
    let state = state.map_or(ImportState::Submitted, |state| state.0);
    if state == ImportState::Returned {
        return Ok(());
    }
    Err(Refusal::conflict(
        "part_of_batch",
        Text::new(
            "该信息随批量导入提交，请对整批进行确认或退回",
            "The record came with an import: confirm or return the whole batch",
        ),
    )
    .of_state(state)
    .into())
}

/// Whose dossier a record belongs to: the firm's, the project's and the manager's; and the record.
pub(super) type Concerned = (Option<String>, Option<String>, Option<String>, String);

impl Row {
    pub(super) fn concerned(&self) -> Concerned {
        (self.uscc.clone(), self.project_id.clone(), self.manager_id.clone(), self.id.clone())
    }

    /// Whether it was drafted by an account that is not the actor's.
    fn is_anothers(&self, warrant: &Warrant) -> bool {
        self.drafted_by != warrant.account_id()
    }

    /// Tells who drafted it what a colleague did.
    pub(super) fn tell_drafter_of_anothers(
        &self,
        tx: &mut Tx<'_>,
        warrant: &Warrant,
        kind: NoticeKind,
        reason: Option<&str>,
    ) -> Result<()> {
        if self.is_anothers(warrant) { self.tell_drafter(tx, kind, reason) } else { Ok(()) }
    }

    /// Tells who drafted it what became of it.
    pub(super) fn tell_drafter(&self, tx: &mut Tx<'_>, kind: NoticeKind, reason: Option<&str>) -> Result<()> {
        let told = NewNotice { reason, ..NewNotice::new(kind, &self.id).named(&self.title) };
        tell(tx, &self.drafted_by, &told)
    }
}

/// Says to whose dossiers these records belong: each subject once, with the first of its records. A
/// project's penalty may cascade to its manager, of now or of the day of the decision: the project
/// tells whom.
pub(super) fn dossiers_changed(tx: &mut Tx<'_>, concerned: &[Concerned]) {
    for (uscc, project, manager, record) in concerned {
        let firm = uscc.iter().map(|uscc| Subject::firm(uscc));
        let project = project.iter().map(|project| Subject::project(project));
        let manager = manager.iter().map(|manager| Subject::manager(manager));
        for subject in firm.chain(project).chain(manager) {
            tx.changed(subject.kind.into(), &subject.id);
            tx.facts_changed(subject, Cause::of(CauseKind::Record, record));
        }
    }
}
