//! Managers: the persons in charge of projects.

use diesel::prelude::*;
use xinwu_domain::access::Actor;
use xinwu_domain::context::RequestContext;
use xinwu_domain::entity::Entity;
use xinwu_domain::firm::NamedFirm;
use xinwu_domain::manager::Manager;
use xinwu_domain::refusal::Refusal;
use xinwu_domain::subject::{Cause, CauseKind, Subject};
use xinwu_domain::text::Text;
use xinwu_domain::version::Expected;
use xinwu_store::{Conn, Result, StoreError, Tx};

use crate::registers::place;
use crate::schema::{estate, firm, manager, project};

/// What a new manager is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewManager {
    /// The name.
    pub name: String,
    /// The firm that the manager works for.
    pub uscc: Option<String>,
    /// Part of demo data.
    pub demo: bool,
}

/// What may change in a manager; `None` leaves it as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ManagerEdit {
    /// The name.
    pub name: Option<String>,
    /// Another firm, or none: the manager leaves the charge of the old firm's running projects.
    pub uscc: Option<Option<String>>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = manager)]
struct Row {
    id: String,
    name: String,
    uscc: Option<String>,
    demo: bool,
    updated_at: chrono::NaiveDateTime,
    version: i64,
}

/// One manager of the register with the version.
///
/// # Errors
/// [`Refusal::NotFound`].
pub fn get(conn: &mut Conn, id: &str) -> Result<(Manager, i64)> {
    let row: Option<(Row, Option<String>)> = manager::table
        .left_join(firm::table.on(manager::uscc.eq(firm::uscc.nullable())))
        .filter(manager::id.eq(id))
        .select((Row::as_select(), firm::name.nullable()))
        .first(conn)
        .optional()?;
    let (row, firm) = row.ok_or_else(not_found)?;
    let view = Manager {
        id: row.id,
        name: row.name,
        firm: row.uscc.zip(firm).map(|(uscc, name)| NamedFirm { uscc, name }),
        demo: row.demo,
        updated_at: row.updated_at.and_utc(),
    };
    Ok((view, row.version))
}

/// [`get`] for officials: those of the place where the manager's firm is registered, and those of
/// every place where the manager has, or had, charge of an estate. Only the former change it. A
/// manager with neither firm nor estate is everyone's to read and to change.
///
/// # Errors
/// [`Refusal::Forbidden`] for all others, [`Refusal::NotFound`].
pub fn get_admin(conn: &mut Conn, actor: &Actor, id: &str) -> Result<(Manager, i64)> {
    let found = get(conn, id)?;
    let mut places = places_of_charge(conn, id)?;
    if let Some(firm) = &found.0.firm {
        places.push(crate::registers::firm::registered_place(conn, &firm.uscc)?);
    }
    require_reach_of_one(conn, actor, &places)?;
    Ok(found)
}

/// Adds a manager of a firm that the actor reaches, or of none.
///
/// # Errors
/// [`Refusal::Invalid`] for an unknown firm, [`Refusal::Forbidden`] when it is registered outside
/// the actor's place.
pub fn add(tx: &mut Tx<'_>, actor: &Actor, new: &NewManager) -> Result<(Manager, i64)> {
    let id = insert(tx, actor, new)?;
    get(tx.conn, &id)
}

/// [`add`] for whoever shows nothing of it: an import of thousands. Gives its id.
pub(crate) fn insert(tx: &mut Tx<'_>, actor: &Actor, new: &NewManager) -> Result<String> {
    if let Some(uscc) = &new.uscc {
        require_firm(tx.conn, actor, uscc)?;
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
    tx.audit(actor, "add_manager", "manager", &id, &serde_json::json!({"name": new.name, "uscc": new.uscc}))?;
    settle(tx, &id)?;
    Ok(id)
}

/// Changes a manager of a firm that the actor reaches.
///
/// # Errors
/// [`Refusal::Stale`] when `version` is no longer the manager's, and as [`add`].
pub fn edit(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: &str,
    version: &Expected,
    edit: &ManagerEdit,
    context: RequestContext,
) -> Result<(Manager, i64)> {
    let today = context.at(tx.now).today();
    let row = manager::table.find(id).select(Row::as_select()).first(tx.conn).optional()?;
    let row: Row = row.ok_or_else(not_found)?;
    // A firm's people are its registration's; without a firm there are only the estates to go by.
    let places = match &row.uscc {
        Some(uscc) => vec![crate::registers::firm::registered_place(tx.conn, uscc)?],
        None => places_of_charge(tx.conn, id)?,
    };
    require_reach_of_one(tx.conn, actor, &places)?;
    version.check(row.version)?;
    if let Some(Some(uscc)) = &edit.uscc {
        // Another district's firm may take the manager over: only that it exists is asked here.
        crate::registers::firm::require(tx.conn, uscc).map_err(unknown_firm)?;
    }
    let uscc = edit.uscc.as_ref().unwrap_or(&row.uscc);
    diesel::update(manager::table.find(id))
        .set((
            manager::name.eq(edit.name.as_ref().unwrap_or(&row.name)),
            manager::uscc.eq(uscc),
            manager::updated_at.eq(tx.now_utc()),
            manager::version.eq(row.version + 1),
        ))
        .execute(tx.conn)?;
    if *uscc != row.uscc {
        crate::registers::project::release_manager(tx, id, uscc.as_deref(), today)?;
    }
    tx.audit(
        actor,
        "edit_manager",
        "manager",
        id,
        &serde_json::json!({"name": edit.name, "uscc": edit.uscc}),
    )?;
    if edit.name.as_ref().is_some_and(|name| *name != row.name) {
        renamed(tx, id)?;
    }
    settle(tx, id)?;
    get(tx.conn, id)
}

/// Where the estates are that the manager has, or had, charge of.
fn places_of_charge(conn: &mut Conn, id: &str) -> Result<Vec<String>> {
    Ok(project::table
        .inner_join(estate::table.on(estate::code.eq(project::estate)))
        .filter(project::manager_id.eq(id))
        .select(estate::place)
        .distinct()
        .load(conn)?)
}

fn require_reach_of_one(conn: &mut Conn, actor: &Actor, places: &[String]) -> Result<()> {
    if places.is_empty() {
        return Ok(());
    }
    for each in places {
        match place::require_reach(conn, actor, each) {
            Err(StoreError::Refused(_)) => {}
            other => return other,
        }
    }
    Err(Refusal::out_of_reach().into())
}

fn require_firm(conn: &mut Conn, actor: &Actor, uscc: &str) -> Result<()> {
    let registered = crate::registers::firm::registered_place(conn, uscc).map_err(unknown_firm)?;
    place::require_reach(conn, actor, &registered)
}

fn settle(tx: &mut Tx<'_>, id: &str) -> Result<()> {
    tx.changed(Entity::Manager, id);
    tx.facts_changed(Subject::manager(id), Cause { kind: CauseKind::Project, id: None });
    Ok(())
}

/// Projects and estates show their manager's name.
fn renamed(tx: &mut Tx<'_>, id: &str) -> Result<()> {
    let projects: Vec<(String, String)> = project::table
        .filter(project::manager_id.eq(id))
        .select((project::id, project::estate))
        .load(tx.conn)?;
    for (project, estate) in projects {
        tx.changed(Entity::Project, &project);
        tx.changed(Entity::Estate, &estate);
    }
    Ok(())
}

fn unknown_firm(error: StoreError) -> StoreError {
    match error {
        StoreError::Refused(_) => {
            let text = Text::new("没有这家企业", "There is no such firm");
            Refusal::invalid("/uscc", "unknown_firm", text).into()
        }
        other => other,
    }
}

fn not_found() -> StoreError {
    Refusal::NotFound { what: "manager" }.into()
}
