//! Records of rewards and penalties: drafted by one official, confirmed by another.
//!
//! [`add`], [`edit`] and the steps ([`submit`], [`confirm`], [`send_back`], [`withdraw`]) are for
//! single records; [`stage`], [`confirm_batch`] and [`return_batch`] for those of an import.
//! Nothing counts or is shown before the confirmation. What objections and repairs do afterwards is
//! in `life.rs`, and how it is undone without an objection in `revoke.rs`.

mod batch;
mod clock;
mod decision;
mod draft;
mod hearing;
mod in_force;
mod life;
mod participation;
mod prepare;
mod publicity;
pub(crate) mod publicity_end;
mod read;
mod reply;
mod revoke;
mod revoke_batch;
mod step;

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use xinwu_domain::access::{Party, Warrant};
use xinwu_domain::catalogue::{Level, RecordKind, Severity};
use xinwu_domain::context::RequestContext;
use xinwu_domain::entity::Entity;
use xinwu_domain::kind::Kind;
use xinwu_domain::notice::NoticeKind;
use xinwu_domain::record::{AdminRecord, NewRecord, RecordEdit, RecordState, RecordStep, RevocationGround};
use xinwu_domain::scheme::StepKind;
use xinwu_store::{Col, Conn, Result, Tx};

use crate::credit::procedure::{Procedure, Weight};
use crate::registers::audited::{with_all_new, with_changes};
use crate::registers::authorized::{self, Authorized, Owner, Resource, by_key};
use crate::registers::place::{from_json, to_json};
use crate::schema::{record, record_step};

pub use batch::{Staged, confirm_batch, return_batch, stage};
pub(crate) use batch::{undo_batch, withdraw_batch};
pub(crate) use draft::draft_by_clock;
pub use hearing::{own_hearing, put_statement};
pub use in_force::InForce;
pub(crate) use life::{
    added, amend, check_amendment, days_for, note, participants, require_step, seconds_of, shown_until,
};
pub(crate) use participation::{did_step, is_participant, is_participant_in_record, steps, steps_of};
pub(crate) use publicity::Publicity;
pub use read::{PublicQuery, RecordOwner, RecordQuery, get, get_admin, list_admin, list_public, own_dossier};
pub use reply::{own_reply, put_reply};
pub use revoke::revoke;
pub(crate) use revoke::{changes, require_confirmer, require_not_participant, takes_two, tell_other_party};
pub(crate) use revoke_batch::{require_confirmer_of_batch, revoke_batch};
pub use step::{confirm, send_back, submit, withdraw};

/// A record's row.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = record)]
#[diesel(treat_none_as_null = true)]
pub struct Row {
    /// The id.
    pub id: String,
    kind: Col<RecordKind>,
    category: String,
    uscc: Option<String>,
    project_id: Option<String>,
    manager_id: Option<String>,
    level: Col<Level>,
    severity: Col<Severity>,
    title: String,
    detail: Option<String>,
    document_number: String,
    authority: String,
    evidence: String,
    decided_on: Col<NaiveDate>,
    counts_until: Option<Col<NaiveDate>>,
    public_until: Option<Col<NaiveDate>>,
    retain_until: Option<Col<NaiveDate>>,
    points: String,
    state: Col<RecordState>,
    place: String,
    drafted_by: String,
    drafted_at: NaiveDateTime,
    confirmed_by: Option<String>,
    known_from: Option<NaiveDateTime>,
    known_until: Option<NaiveDateTime>,
    disputed: bool,
    import_id: Option<String>,
    demo: bool,
    updated_at: NaiveDateTime,
    version: i64,
    revision: i32,
    severity_reason: Option<String>,
}

impl Resource for Row {
    const KIND: Kind = Kind::Record;
    const ENTITY: Option<Entity> = Some(Entity::Record);

    by_key!(record, record_is_visible!());

    fn owner(&self, _: &mut Conn) -> Result<Owner> {
        let (firm, manager) = (self.uscc.clone(), self.manager_id.clone());
        Ok(Owner { firm, manager, drafter: Some(self.drafted_by.clone()), ..Owner::place(&self.place) })
    }
}

/// Drafts a record. Gives it with its version.
///
/// # Errors
/// [`Refusal::Invalid`] for what breaks a rule, [`Refusal::Forbidden`] where neither the project,
/// the firm's seat nor a current project of the firm lies in the actor's place, and where the
/// procedure in force has officials of other levels record it; [`Refusal::Conflict`] for a decision
/// for which a record stands.
pub fn add(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    new: &NewRecord,
    context: RequestContext,
) -> Result<(AdminRecord, i64)> {
    let context = context.at(tx.now);
    let procedure = Procedure::load(tx.conn, context.today())?;
    let row = prepare::row(tx, warrant, new, RecordState::Draft, &procedure, context)?;
    procedure.require(warrant, StepKind::Record, row.weight())?;
    decision::require_unrecorded(tx, warrant, &row, context.today())?;
    diesel::insert_into(record::table).values(&row).execute(tx.conn)?;
    note_step(tx, &row.id, RecordStep::Drafted, warrant, None)?;
    let detail = serde_json::json!({"uscc": row.uscc, "category": row.category});
    authorized::note::<Row>(tx, warrant, &row.id, &with_all_new(detail))?;
    get_admin(tx.conn, &row.id, context)
}

/// Changes a draft, or a record that was sent back.
///
/// # Errors
/// [`Refusal::Conflict`] in another state, and as [`add`].
pub fn edit(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    old: &Authorized<Row>,
    edit: &RecordEdit,
    context: RequestContext,
) -> Result<(AdminRecord, i64)> {
    let context = context.at(tx.now);
    let (old, id) = (Row::clone(old), &old.id);
    let (before, _) = get_admin(tx.conn, id, context)?;
    old.state.0.after(RecordStep::Edited)?;
    let changed = prepare::edited(&old, edit)?;
    let procedure = Procedure::load(tx.conn, context.today())?;
    let new = prepare::row(tx, warrant, &changed, old.state.0, &procedure, context)?;
    procedure.require(warrant, StepKind::Record, new.weight())?;
    let new = Row {
        id: old.id,
        place: old.place,
        drafted_by: old.drafted_by,
        drafted_at: old.drafted_at,
        known_from: old.known_from,
        import_id: old.import_id,
        version: old.version + 1,
        ..new
    };
    decision::require_unrecorded(tx, warrant, &new, context.today())?;
    diesel::update(record::table.find(id)).set(&new).execute(tx.conn)?;
    note_step(tx, id, RecordStep::Edited, warrant, None)?;
    new.tell_drafter_of_anothers(tx, warrant, NoticeKind::RecordEdited, None)?;
    let after = get_admin(tx.conn, id, context)?;
    let detail = serde_json::json!({"version": new.version});
    authorized::note::<Row>(tx, warrant, id, &with_changes(detail, &before, &after.0)?)?;
    Ok(after)
}

fn find(conn: &mut Conn, id: &str) -> Result<Row> {
    record::table
        .find(id)
        .select(Row::as_select())
        .first(conn)
        .optional()?
        .ok_or_else(|| Kind::Record.not_found().into())
}

/// Why a step is taken.
#[derive(Debug, Clone, Copy, Default)]
struct Why<'a> {
    reason: Option<&'a str>,
    /// Of a revocation without an objection, with its evidence.
    ground: Option<RevocationGround>,
    evidence: &'a [String],
}

fn note_step(
    tx: &mut Tx<'_>,
    id: &str,
    step: RecordStep,
    warrant: &Warrant,
    reason: Option<&str>,
) -> Result<()> {
    note_step_because(tx, id, step, warrant, Why { reason, ..Why::default() })
}

fn note_step_because(
    tx: &mut Tx<'_>,
    id: &str,
    step: RecordStep,
    warrant: &Warrant,
    why: Why<'_>,
) -> Result<()> {
    let evidence = why.ground.map(|_| to_json(&why.evidence)).transpose()?;
    diesel::insert_into(record_step::table)
        .values((
            record_step::record_id.eq(id),
            record_step::step.eq(Col(step)),
            record_step::by_account.eq(warrant.account_id()),
            record_step::at.eq(tx.now_utc()),
            record_step::reason.eq(why.reason),
            record_step::seconded_by.eq(warrant.second().map(|second| second.account_id.as_str())),
            record_step::ground.eq(why.ground.map(Col)),
            record_step::evidence.eq(evidence),
        ))
        .execute(tx.conn)?;
    Ok(())
}

impl Row {
    /// By what a scheme tells its procedure.
    fn weight(&self) -> Weight {
        (self.kind.0, self.severity.0)
    }

    /// In whose files it stands who can act for themselves: its firm, and the manager whom it
    /// names.
    fn parties(&self) -> Vec<Party> {
        let firm = self.uscc.clone().map(Party::Firm);
        firm.into_iter().chain(self.manager_id.clone().map(Party::Manager)).collect()
    }

    /// Whether it is of a firm's dossier, or names a manager.
    fn is_of(&self, party: &Party) -> bool {
        match party {
            Party::Firm(uscc) => self.uscc.as_ref() == Some(uscc),
            Party::Manager(id) => self.manager_id.as_ref() == Some(id),
        }
    }

    /// Whether its time to be kept is over.
    fn is_archived(&self, today: NaiveDate) -> bool {
        self.retain_until.is_some_and(|last| last.0 < today)
    }
}

/// Records that may be seen: those of a batch only once all of it is there.
macro_rules! record_is_visible {
    () => {{
        use diesel::prelude::*;
        use $crate::schema::{import, record};
        let hidden = import::table
            .filter(import::kind.eq("records"))
            .filter(import::state.eq_any(["applying", "refused", "failed"]))
            .select(import::id.nullable());
        record::import_id.is_null().or(record::import_id.ne_all(hidden))
    }};
}
pub(crate) use record_is_visible;
