//! Managers: the persons in charge of projects.

mod list;

use chrono::NaiveDate;
use diesel::dsl::exists;
use diesel::prelude::*;
use xinwu_domain::access::{Reach, Warrant};
use xinwu_domain::context::RequestContext;
use xinwu_domain::entity::Entity;
use xinwu_domain::firm::NamedFirm;
use xinwu_domain::kind::Kind;
use xinwu_domain::manager::{Manager, ManagerEdit, NamedManager, NewManager};
use xinwu_domain::refusal::Faults;
use xinwu_domain::retirement::{Retirement, in_use};
use xinwu_domain::subject::{Cause, CauseKind, Subject};
use xinwu_store::{Col, Conn, Result, Tx};

use crate::registers::audited::{with_all_new, with_changes};
use crate::registers::authorized::{Authorized, Owner, Resource, by_key, note};
use crate::registers::retirement::{self, Entry, named};
use crate::registers::second_person::{self, Asked};
use crate::registers::{firm, place, project as projects};
use crate::schema::{estate, firm as firms, manager, place_ancestor, project, project_fact, record};

pub use list::{ManagerQuery, list};

/// A manager's projects in a place or below it. A macro, since the query has no short name.
macro_rules! charge_within {
    ($id:expr, $place:expr) => {
        project::table
            .inner_join(estate::table.on(estate::code.eq(project::estate)))
            .inner_join(place_ancestor::table.on(place_ancestor::place.eq(estate::place)))
            .filter(place_ancestor::ancestor.eq($place))
            .filter(project::manager_id.eq($id))
    };
}

/// A manager's row.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = manager)]
pub struct Row {
    /// The id.
    pub id: String,
    name: String,
    pub(crate) uscc: Option<String>,
    demo: bool,
    updated_at: chrono::NaiveDateTime,
    version: i64,
    retired_on: Option<Col<NaiveDate>>,
    successor: Option<String>,
}

/// One manager of the register with the version.
///
/// # Errors
/// [`Refusal::NotFound`].
pub fn get(conn: &mut Conn, id: &str) -> Result<(Manager, i64)> {
    let row: Option<(Row, Option<String>)> = manager::table
        .left_join(firms::table.on(manager::uscc.eq(firms::uscc.nullable())))
        .filter(manager::id.eq(id))
        .select((Row::as_select(), firms::name.nullable()))
        .first(conn)
        .optional()?;
    let (row, firm) = row.ok_or_else(|| Kind::Manager.not_found())?;
    let version = row.version;
    let successor = row.successor.as_deref().map(|id| require(conn, id)).transpose()?;
    Ok((Manager { successor, ..view(row, firm) }, version))
}

/// A manager, without the name of a successor.
fn view(row: Row, firm: Option<String>) -> Manager {
    Manager {
        id: row.id,
        name: row.name,
        firm: row.uscc.zip(firm).map(|(uscc, name)| NamedFirm { uscc, name }),
        demo: row.demo,
        retired_on: row.retired_on.map(|day| day.0),
        successor: None,
        updated_at: row.updated_at.and_utc(),
    }
}

/// # Errors
/// [`Refusal::NotFound`]
pub(crate) fn require(conn: &mut Conn, id: &str) -> Result<NamedManager> {
    let row = Row::require(conn, id)?;
    Ok(NamedManager { id: row.id, name: row.name })
}

/// An official sees a manager where the firm is registered, and where the manager has charge of an
/// estate by a project that opens files; the former change it. A manager without a firm is the
/// officials' of the estates of which there is, or was, charge, and without an estate everyone's.
impl Resource for Row {
    const KIND: Kind = Kind::Manager;
    const ENTITY: Option<Entity> = Some(Entity::Manager);

    by_key!(manager);

    fn owner(&self, conn: &mut Conn) -> Result<Owner> {
        let place = match &self.uscc {
            Some(uscc) => Some(firm::registered_place(conn, uscc)?),
            None => None,
        };
        let manager = Some(self.id.clone());
        Ok(Owner { place, firm: self.uscc.clone(), manager, ..Owner::default() })
    }

    fn is_within(
        &self,
        conn: &mut Conn,
        owner: &Owner,
        place: &str,
        (reach, today): (Reach, NaiveDate),
    ) -> Result<bool> {
        match &owner.place {
            Some(registered) if place::is_within(conn, registered, place)? => Ok(true),
            Some(_) => Ok(reach == Reach::OwnOrAtWork && works_within(conn, &self.id, place, today)?),
            None => Ok(has_charge_within(conn, &self.id, place)? || !has_charge(conn, &self.id)?),
        }
    }
}

impl Entry for Row {
    fn key(&self) -> &str {
        &self.id
    }

    fn retired_on(&self) -> Option<NaiveDate> {
        self.retired_on.map(|day| day.0)
    }

    fn require_unused(&self, conn: &mut Conn, today: NaiveDate) -> Result<()> {
        let charge: Option<String> = project::table
            .filter(project::manager_id.eq(&self.id))
            .filter(projects::runs_or_will!(today))
            .select(project::id)
            .first(conn)
            .optional()?;
        match charge {
            Some(id) => {
                Err(in_use("该项目经理仍负责服务项目", "The manager is in charge of a project", &id).into())
            }
            None => Ok(()),
        }
    }
}

/// Adds a manager of a firm that the actor reaches, or of none.
///
/// # Errors
/// [`Refusal::Invalid`] for an unknown firm, [`Refusal::Forbidden`] when it is registered outside
/// the actor's place.
pub fn add(tx: &mut Tx<'_>, warrant: &Warrant, new: &NewManager) -> Result<(Manager, i64)> {
    let id = insert(tx, warrant, new)?;
    get(tx.conn, &id)
}

/// [`add`] for whoever shows nothing of it: an import of thousands. Gives its id.
pub(crate) fn insert(tx: &mut Tx<'_>, warrant: &Warrant, new: &NewManager) -> Result<String> {
    if let Some(uscc) = &new.uscc {
        firm::require_reach(tx.conn, warrant, uscc)?;
    }
    let id = tx.random.id();
    let columns = (
        manager::id.eq(&id),
        manager::name.eq(&new.name),
        manager::uscc.eq(&new.uscc),
        manager::demo.eq(new.demo),
        manager::updated_at.eq(tx.now_utc()),
        manager::version.eq(1_i64),
    );
    diesel::insert_into(manager::table).values(columns).execute(tx.conn)?;
    let detail = serde_json::json!({"name": new.name, "uscc": new.uscc});
    note::<Row>(tx, warrant, &id, &with_all_new(detail))?;
    settle(tx, &id)?;
    Ok(id)
}

/// What a second person confirms; the firm only of who has, or had, charge of an estate or is in a
/// record. The name is all by which the public knows whose file it is.
const SECONDED: &[&str] = &["name", "firm", "successor"];
const SECONDED_WITHOUT_CHARGE: &[&str] = &["name", "successor"];

/// Changes a manager.
///
/// # Errors
/// [`Refusal::Invalid`] for an unknown firm.
pub fn edit(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    row: &Authorized<Row>,
    edit: &ManagerEdit,
    context: RequestContext,
) -> Result<(Manager, i64)> {
    let today = context.at(tx.now).today();
    let id: &str = &row.id;
    let (before, _) = get(tx.conn, id)?;
    // Asked before the manager leaves the charge of the firm's projects.
    let has_past = has_past(tx.conn, id)?;
    let mut faults = Faults::default();
    let asked = (edit.retired, edit.successor.as_deref());
    let retirement = retirement::read(tx.conn, &**row, asked, &mut faults)?;
    let uscc = edit.uscc.as_ref().unwrap_or(&row.uscc);
    if let Some(uscc) = uscc.as_deref().filter(|_| edit.uscc.is_some() || retirement == Retirement::TakenBack)
    {
        // Another district's firm may take the manager over: only that it exists is asked here.
        faults.keep(named::<firm::Row>(tx.conn, uscc, "/uscc"))?;
    }
    faults.refuse_if_any()?;
    retirement::require_possible(tx.conn, &**row, &retirement, today)?;
    let (retired_on, successor) = retirement.of(row.retired_on(), row.successor.clone(), today);
    diesel::update(manager::table.find(id))
        .set((
            manager::name.eq(edit.name.as_ref().unwrap_or(&row.name)),
            manager::uscc.eq(uscc),
            manager::retired_on.eq(retired_on.map(Col)),
            manager::successor.eq(&successor),
            manager::updated_at.eq(tx.now_utc()),
            manager::version.eq(row.version + 1),
        ))
        .execute(tx.conn)?;
    if *uscc != row.uscc {
        crate::registers::project::release_manager(tx, id, uscc.as_deref(), today)?;
    }
    if edit.name.as_ref().is_some_and(|name| *name != row.name) {
        renamed(tx, id)?;
    }
    settle(tx, id)?;
    let after = get(tx.conn, id)?;
    let detail = serde_json::json!({
        "name": edit.name, "uscc": edit.uscc, "retired": edit.retired, "successor": edit.successor
    });
    note::<Row>(tx, warrant, id, &with_changes(detail, &before, &after.0)?)?;
    let fields = if has_past { SECONDED } else { SECONDED_WITHOUT_CHARGE };
    let asked = Asked::of(Kind::Manager, id, row.version, edit.reason.as_deref(), &[]);
    let asked = Asked { hidden_changes: retirement.changes(row.retired_on()), ..asked };
    second_person::require(warrant, asked, (Some(&before), &after.0), fields)?;
    Ok(after)
}

/// Whether the manager has, or ever had, charge of an estate, or is in a record.
fn has_past(conn: &mut Conn, id: &str) -> Result<bool> {
    let had_charge = project_fact::table.filter(project_fact::manager_id.eq(id));
    let recorded = record::table.filter(record::manager_id.eq(id));
    Ok(has_charge(conn, id)?
        || diesel::select(exists(had_charge)).get_result(conn)?
        || diesel::select(exists(recorded)).get_result(conn)?)
}

/// Whether the manager has charge of an estate, or had it as the project's last.
fn has_charge(conn: &mut Conn, id: &str) -> Result<bool> {
    Ok(diesel::select(exists(project::table.filter(project::manager_id.eq(id)))).get_result(conn)?)
}

/// [`has_charge`] of one in a place or below, whenever that was, as its district has confirmed.
fn has_charge_within(conn: &mut Conn, id: &str, place: &str) -> Result<bool> {
    let there = charge_within!(id, place).filter(projects::is_confirmed!());
    Ok(diesel::select(exists(there)).get_result(conn)?)
}

/// Whether the manager has charge of an estate there on that day for the own firm, as the district
/// of that has confirmed.
fn works_within(conn: &mut Conn, id: &str, place: &str, today: NaiveDate) -> Result<bool> {
    let own_firm = manager::table.find(id).select(manager::uscc);
    let there = charge_within!(id, place)
        .filter(project::uscc.eq_any(own_firm))
        .filter(projects::gives_reach!(today));
    Ok(diesel::select(exists(there)).get_result(conn)?)
}

fn settle(tx: &mut Tx<'_>, id: &str) -> Result<()> {
    tx.changed(Entity::Manager, id);
    tx.facts_changed(Subject::manager(id), Cause { kind: CauseKind::Project, id: None });
    Ok(())
}

/// Projects and estates show their manager's name, and those who are retired that of who is meant.
fn renamed(tx: &mut Tx<'_>, id: &str) -> Result<()> {
    let projects: Vec<(String, String)> = project::table
        .filter(project::manager_id.eq(id))
        .select((project::id, project::estate))
        .load(tx.conn)?;
    for (project, estate) in projects {
        tx.changed(Entity::Project, &project);
        tx.changed(Entity::Estate, &estate);
    }
    let others: Vec<String> =
        manager::table.filter(manager::successor.eq(id)).select(manager::id).load(tx.conn)?;
    for other in others {
        tx.changed(Entity::Manager, &other);
    }
    Ok(())
}
