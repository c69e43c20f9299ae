//! Objections of firms and managers: filed, marked as disputed at once, decided by an official who
//! had no hand in what they are against.

mod decide;
mod object;
mod read;

use chrono::{NaiveDate, NaiveDateTime};
use diesel::dsl::exists;
use diesel::prelude::*;
use object::Target;
use serde_json::Value;
use xinwu_domain::access::{Operation, Party, Role, Warrant};
use xinwu_domain::context::RequestContext;
use xinwu_domain::kind::Kind;
use xinwu_domain::manager::NamedManager;
use xinwu_domain::notice::NoticeKind;
use xinwu_domain::objection::{
    AdminObjection, NewObjection, NewObjectionOfManager, ObjectKind, ObjectionStatus, ObjectionView,
    manager_has_account,
};
use xinwu_domain::proposal::{Change, own_participation};
use xinwu_domain::record::RecordStep;
use xinwu_domain::refusal::Refusal;
use xinwu_domain::scheme::{Complexity, StepKind};
use xinwu_domain::text::Text;
use xinwu_store::{Col, Conn, Result, Tx};

use crate::credit::record;
use crate::credit::waiting::{self, Waiting, waits};
use crate::people::notice::{NewNotice, accounts_of_manager, tell, tell_party};
use crate::registers::audited::with_all_new;
use crate::registers::authorized::{Authorized, Owner, Resource, by_key, note};
use crate::registers::manager;
use crate::registers::place::to_json;
use crate::registers::second_person::{self, Asked, require_other_person};
use crate::schema::{account, evaluation, objection};
use crate::working_days::working_days;

pub use decide::decide;
pub use object::{GradeChange, Object};
pub use read::{list_admin, own_dossier};

/// Its row.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = objection)]
pub struct Row {
    /// The id.
    pub id: String,
    object_kind: Col<ObjectKind>,
    object_id: String,
    object_revision: i32,
    uscc: Option<String>,
    place: String,
    grounds: String,
    evidence: String,
    state: Col<ObjectionStatus>,
    filed_by: String,
    filed_at: NaiveDateTime,
    due_on: Col<NaiveDate>,
    extension_reason: Option<String>,
    decided_by: Option<String>,
    reason: Option<String>,
    closed_at: Option<NaiveDateTime>,
    version: i64,
    manager_id: Option<String>,
}

impl Resource for Row {
    const KIND: Kind = Kind::Objection;

    by_key!(objection);

    fn owner(&self, _: &mut Conn) -> Result<Owner> {
        let (firm, manager) = (self.uscc.clone(), self.manager_id.clone());
        Ok(Owner { firm, manager, ..Owner::place(&self.place) })
    }
}

impl Row {
    /// Who objects.
    fn party(&self) -> Option<Party> {
        let manager = self.manager_id.clone().map(Party::Manager);
        manager.or_else(|| self.uscc.clone().map(Party::Firm))
    }
}

impl Waiting for Row {
    type Status = ObjectionStatus;
    type View = ObjectionView;
    type AdminView = AdminObjection;

    const OPEN: ObjectionStatus = ObjectionStatus::Open;
    /// What it was against is no longer marked.
    const WITHDRAWN: (ObjectionStatus, RecordStep) =
        (ObjectionStatus::Withdrawn, RecordStep::ObjectionWithdrawn);
    /// Who objected gets what was asked for.
    const SETTLED: (ObjectionStatus, NoticeKind, Option<RecordStep>) =
        (ObjectionStatus::Revoked, NoticeKind::ObjectionRevoked, None);
    const DECISION: Operation = Operation::DecideObjection;
    const EXTENSION: (Operation, NoticeKind) = (Operation::ExtendObjection, NoticeKind::ObjectionExtended);

    waits!(objection, closed_at);

    fn is_closed() -> Text {
        Text::new("该异议已办结或已撤回", "This objection was decided or withdrawn already")
    }

    fn days_if_complex(&self, conn: &mut Conn, context: RequestContext) -> Result<Option<u16>> {
        scheme_days(conn, (self.object_kind.0, &self.object_id), Complexity::Complex, context)
    }

    fn require_decider(&self, conn: &mut Conn, warrant: &Warrant, context: RequestContext) -> Result<()> {
        let mut participants = object::participants(conn, self)?;
        // Two officials may have filed it for a manager.
        participants.push(self.filed_by.clone());
        if self.object_kind.0 == ObjectKind::Record {
            let filed = (RecordStep::Objected, self.filed_at);
            participants.extend(record::seconds_of(conn, &self.object_id, filed)?);
        }
        require_other_person(conn, warrant, &participants, own_participation)?;
        if self.object_kind.0 == ObjectKind::Record {
            let step = StepKind::DecideObjection;
            record::require_step(conn, warrant, &self.object_id, step, context.today())?;
        }
        Ok(())
    }

    fn step(&self, tx: &mut Tx<'_>, warrant: &Warrant, step: RecordStep, reason: Option<&str>) -> Result<()> {
        object::mark(tx, warrant, self, step, reason)
    }

    /// The firm's accounts, or the manager's and who filed it for that person.
    fn tell(&self, tx: &mut Tx<'_>, kind: NoticeKind, detail: Option<&str>, reason: &str) -> Result<()> {
        let told = NewNotice { detail, ..NewNotice::new(kind, &self.id).because(reason) };
        let Some(party) = self.party() else { return Ok(()) };
        tell_party(tx, &party, &told)?;
        match &party {
            Party::Manager(id) if !accounts_of_manager(tx.conn, id)?.contains(&self.filed_by) => {
                tell(tx, &self.filed_by, &told)
            }
            _ => Ok(()),
        }
    }

    /// One of each side at most.
    fn open_about(conn: &mut Conn, record_id: &str) -> Result<Vec<Row>> {
        Ok(objection::table
            .filter(objection::object_kind.eq(Col(ObjectKind::Record)))
            .filter(objection::object_id.eq(record_id))
            .filter(objection::state.eq(Col(ObjectionStatus::Open)))
            .order(objection::id)
            .select(Row::as_select())
            .load(conn)?)
    }

    fn view(self, context: RequestContext) -> Result<ObjectionView> {
        read::view(self, context)
    }

    fn admin_view(self, context: RequestContext) -> Result<AdminObjection> {
        read::admin_view(self, context)
    }
}

/// Objects to a record, an assessment or an evaluation of the actor's own firm, or to a record
/// about the actor, to be decided within the working days that the procedure in force gives for
/// such a record, else within `days`. It is marked as disputed at once.
///
/// # Errors
/// [`Refusal::Conflict`] with the id of another objection of the same side against it that is open,
/// or was made against the same revision, and for an announcement that is over.
pub fn file<O: Object>(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    object: &Authorized<O>,
    new: &NewObjection,
    days: u16,
    context: RequestContext,
) -> Result<(ObjectionView, i64)> {
    let party = warrant.own_party()?;
    let target = object.target(tx.conn, tx.now_utc())?;
    let id = insert(tx, warrant, &party, target, (&new.grounds, &new.evidence), days, context)?;
    waiting::get::<Row>(tx.conn, &id, context.at(tx.now))
}

/// Objects to a record for a manager whom it names, who has no account: that it is the manager's
/// wish a second official confirms, and a third decides. Nothing is marked before.
///
/// # Errors
/// As [`file`], [`Refusal::Conflict`] where the manager has an account, and
/// [`Refusal::SecondNeeded`] until another person has confirmed it.
pub fn file_for_manager(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    record: &Authorized<record::Row>,
    (new, days): (&NewObjectionOfManager, u16),
    context: RequestContext,
) -> Result<(AdminObjection, i64)> {
    if !accounts_of_manager(tx.conn, &new.manager)?.is_empty() {
        return Err(manager_has_account().into());
    }
    let party = Party::Manager(new.manager.clone());
    let own = record::InForce::of_manager(record, &new.manager, context.at(tx.now).today())?;
    let target = own.target(tx.conn, tx.now_utc())?;
    let id = insert(tx, warrant, &party, target, (&new.grounds, &new.evidence), days, context)?;
    let detail = serde_json::json!({"record": record.id, "manager": new.manager});
    note::<Row>(tx, warrant, &id, &with_all_new(detail))?;
    let filed = waiting::get_admin::<Row>(tx.conn, &id, context.at(tx.now))?;
    // The second person reads who it is for.
    let NamedManager { id, name } = manager::require(tx.conn, &new.manager)?;
    let manager = serde_json::json!({"id": id, "name": name});
    let asked = Asked {
        key: Some(format!("objection_for/{}/{}", new.manager, record.id)),
        hidden_changes: vec![Change { field: "manager".to_owned(), before: Value::Null, after: manager }],
        ..Asked::of(Kind::Record, &record.id, record.version(), new.reason.as_deref(), &new.evidence)
    };
    second_person::require(warrant, asked, (None, &filed.0), &["grounds", "evidence"])?;
    Ok(filed)
}

fn insert(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    party: &Party,
    target: Target,
    (grounds, evidence): (&str, &[String]),
    days: u16,
    context: RequestContext,
) -> Result<String> {
    let context = context.at(tx.now);
    require_first(tx.conn, (warrant, party), &target)?;
    let days = scheme_days(tx.conn, (target.kind, &target.id), Complexity::Usual, context)?.unwrap_or(days);
    let row = Row {
        id: tx.random.id(),
        object_kind: Col(target.kind),
        object_id: target.id,
        object_revision: target.revision,
        uscc: party.firm().map(str::to_owned),
        place: target.place,
        grounds: grounds.to_owned(),
        evidence: to_json(&evidence)?,
        state: Col(ObjectionStatus::Open),
        filed_by: warrant.account_id().to_owned(),
        filed_at: tx.now_utc(),
        due_on: Col(working_days()?.add_working_days(context.today(), days)),
        extension_reason: None,
        decided_by: None,
        reason: None,
        closed_at: None,
        version: 1,
        manager_id: party.manager().map(str::to_owned),
    };
    diesel::insert_into(objection::table).values(&row).execute(tx.conn)?;
    object::mark(tx, warrant, &row, RecordStep::Objected, None)?;
    Ok(row.id)
}

/// The working days that the procedure in force gives for a decision on an objection against a
/// record: of other objects a procedure says nothing.
fn scheme_days(
    conn: &mut Conn,
    (kind, id): (ObjectKind, &str),
    complexity: Complexity,
    context: RequestContext,
) -> Result<Option<u16>> {
    match kind {
        ObjectKind::Record => {
            record::days_for(conn, id, StepKind::DecideObjection, complexity, context.today())
        }
        ObjectKind::Assessment | ObjectKind::Evaluation => Ok(None),
    }
}

/// One objection of a side and a revision, withdrawn ones included, and one of a side at a time.
/// What an official filed for a manager does not use up the one that is the manager's own.
fn require_first(conn: &mut Conn, (warrant, party): (&Warrant, &Party), target: &Target) -> Result<()> {
    type FormerParties = (String, Col<ObjectionStatus>, i32, Option<String>, Col<Role>);
    let before: Vec<FormerParties> = objection::table
        .inner_join(account::table.on(account::id.eq(objection::filed_by)))
        .filter(objection::object_kind.eq(Col(target.kind)))
        .filter(objection::object_id.eq_any(&target.same))
        .order(objection::id)
        .select((
            objection::id,
            objection::state,
            objection::object_revision,
            objection::manager_id,
            account::role,
        ))
        .load(conn)?;
    let is_by_party = |role: Role| matches!(role, Role::Firm | Role::Manager);
    for (id, state, revision, manager, filed_by) in before {
        if manager.as_deref() != party.manager() {
            continue;
        }
        let uses_up = is_by_party(filed_by.0) || !is_by_party(warrant.role());
        let is_same = revision == target.revision && uses_up;
        let (code, text) = match state.0 {
            ObjectionStatus::Open => (
                "objection_open",
                Text::new(
                    format!("已有异议正在处理，编号 {id}"),
                    format!("An objection against it is open already: {id}"),
                ),
            ),
            ObjectionStatus::Withdrawn if is_same => (
                "already_withdrawn",
                Text::new(
                    format!("对该内容的异议已经撤回，编号 {id}；同一内容只能提出一次异议"),
                    format!(
                        "An objection against it, as it stands, was withdrawn: {id}. There is one for each revision"
                    ),
                ),
            ),
            ObjectionStatus::Upheld | ObjectionStatus::Amended | ObjectionStatus::Revoked if is_same => (
                "already_decided",
                Text::new(
                    format!("对该内容的异议已作出处理决定，编号 {id}"),
                    format!("An objection against it, as it stands, was decided already: {id}"),
                ),
            ),
            _ => continue,
        };
        return Err(Refusal::repeats(code, text, id).of_state(state.0).into());
    }
    Ok(())
}

/// The first objection against a record that is open, of whichever side.
pub(crate) fn open(conn: &mut Conn, kind: ObjectKind, id: &str) -> Result<Option<String>> {
    Ok(objection::table
        .filter(objection::object_kind.eq(Col(kind)))
        .filter(objection::object_id.eq(id))
        .filter(objection::state.eq(Col(ObjectionStatus::Open)))
        .order(objection::id)
        .select(objection::id)
        .first(conn)
        .optional()?)
}

/// Of some objects of one kind, those against which an objection is open.
pub(crate) fn open_against(conn: &mut Conn, kind: ObjectKind, ids: &[&str]) -> Result<Vec<String>> {
    Ok(objection::table
        .filter(objection::object_kind.eq(Col(kind)))
        .filter(objection::object_id.eq_any(ids))
        .filter(objection::state.eq(Col(ObjectionStatus::Open)))
        .select(objection::object_id)
        .load(conn)?)
}

/// Whether a grade that a firm has, or is to have, by a scheme is contested: an objection against a
/// change of it is open.
pub fn is_grade_contested(conn: &mut Conn, uscc: &str, scheme: &str) -> Result<bool> {
    let contested = objection::table
        .inner_join(evaluation::table.on(evaluation::id.eq(objection::object_id)))
        .filter(objection::uscc.eq(uscc))
        .filter(objection::object_kind.eq(Col(ObjectKind::Evaluation)))
        .filter(objection::state.eq(Col(ObjectionStatus::Open)))
        .filter(evaluation::scheme.eq(scheme));
    Ok(diesel::select(exists(contested)).get_result(conn)?)
}
