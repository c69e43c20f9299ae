//! Projects: terms of operators in estates, one after the other.

mod read;

use chrono::NaiveDate;
use diesel::prelude::*;
use xinwu_domain::access::Warrant;
use xinwu_domain::context::RequestContext;
use xinwu_domain::entity::Entity;
use xinwu_domain::kind::Kind;
use xinwu_domain::notice::NoticeKind;
use xinwu_domain::project::{Area, NewProject, Operator, Project, ProjectEdit, check_area, check_term};
use xinwu_domain::refusal::Refusal;
use xinwu_domain::subject::{Cause, CauseKind, Subject};
use xinwu_domain::text::Text;
use xinwu_store::{Col, Conn, Result, StoreError, Tx};

use crate::owed_notice::owe_followers;
use crate::registers::authorized::{Authorized, Owner, Resource, by_key};
use crate::registers::second_person::{self, Asked};
use crate::registers::{estate, firm, manager, place};
use crate::schema::{estate as estates, project, project_fact};

pub(crate) use read::view;
pub use read::{ProjectQuery, current_of_estates, get, list, of_estate, of_firm, some};

/// A project's row.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = project)]
pub struct Row {
    /// The id.
    pub id: String,
    estate: String,
    operator: Col<Operator>,
    uscc: Option<String>,
    manager_id: Option<String>,
    starts_on: Col<NaiveDate>,
    ends_on: Option<Col<NaiveDate>>,
    area_dm2: i64,
    households: i32,
    fee_fen: Option<i64>,
    demo: bool,
    updated_at: chrono::NaiveDateTime,
    version: i64,
}

impl Resource for Row {
    const KIND: Kind = Kind::Project;

    by_key!(project);

    fn owner(&self, conn: &mut Conn) -> Result<Owner> {
        let place = estate::place_of(conn, &self.estate)?;
        Ok(Owner { firm: self.uscc.clone(), ..Owner::place(place) })
    }
}

/// Adds a project in an estate that the actor reaches.
///
/// # Errors
/// [`Refusal::Invalid`] for an unknown estate, firm or manager, or a term that ends before it
/// begins; [`Refusal::Conflict`] when another project serves the estate on a day of the term;
/// [`Refusal::Forbidden`] outside the actor's place.
pub fn add(tx: &mut Tx<'_>, warrant: &Warrant, new: &NewProject) -> Result<(Project, i64)> {
    let id = insert(tx, warrant, new)?;
    get(tx.conn, &id)
}

/// [`add`] for whoever shows nothing of it: an import of thousands. Gives its id.
pub(crate) fn insert(tx: &mut Tx<'_>, warrant: &Warrant, new: &NewProject) -> Result<String> {
    let community = estate::Row::named(tx.conn, &new.estate, "/estate")?.place;
    place::require_reach(tx.conn, warrant, &community)?;
    new.operator.check_firm(new.uscc.is_some())?;
    if let Some(uscc) = &new.uscc {
        firm::Row::named(tx.conn, uscc, "/uscc")?;
    }
    let row = Row {
        id: tx.random.id(),
        estate: new.estate.clone(),
        operator: Col(new.operator),
        uscc: new.uscc.clone(),
        manager_id: new.manager.clone(),
        starts_on: Col(new.starts_on),
        ends_on: new.ends_on.map(Col),
        area_dm2: new.area_m2.hundredths(),
        households: new.households,
        fee_fen: new.fee_fen,
        demo: new.demo,
        updated_at: tx.now_utc(),
        version: 1,
    };
    check(tx.conn, &row)?;
    if !warrant.is_operator() {
        check_area(new.area_m2, new.households, new.area_reason.as_deref())?;
    }
    let columns = (
        project::id.eq(&row.id),
        project::estate.eq(&row.estate),
        project::operator.eq(row.operator),
        project::uscc.eq(&row.uscc),
        project::manager_id.eq(&row.manager_id),
        project::starts_on.eq(row.starts_on),
        project::ends_on.eq(row.ends_on),
        project::area_dm2.eq(row.area_dm2),
        project::households.eq(row.households),
        project::fee_fen.eq(row.fee_fen),
        project::demo.eq(row.demo),
        project::updated_at.eq(row.updated_at),
        project::version.eq(row.version),
    );
    diesel::insert_into(project::table).values(columns).execute(tx.conn)?;
    let detail = serde_json::json!({
        "estate": new.estate, "operator": new.operator, "uscc": new.uscc, "starts_on": new.starts_on, "ends_on": new.ends_on
    });
    tx.audit(warrant, "add_project", Kind::Project, &row.id, &detail)?;
    settle(tx, &row, None)?;
    if !warrant.is_seconded() {
        let key = format!("project_in/{}", row.estate);
        // Whom an unusual size would serve is not the one to confirm it.
        let declared = estate::Row::require(tx.conn, &row.estate)?.households;
        let is_usual = new.area_reason.is_none() && new.households <= declared;
        let firm = row.uscc.clone().filter(|_| is_usual);
        let (reason, evidence) = (new.reason.as_deref(), new.evidence.as_slice());
        let area_reason = new.area_reason.as_deref();
        let asked = Asked { firm, area_reason, ..Asked::of_new(Kind::Project, key, reason, evidence) };
        let (after, _) = get(tx.conn, &row.id)?;
        second_person::require(warrant, asked, (None, &after), OF_A_NEW_ONE)?;
    }
    if let Some(uscc) = &row.uscc {
        let estate = estate::require(tx.conn, &row.estate)?.name;
        owe_followers(tx, uscc, NoticeKind::FollowedProject, &row.id, Some(&estate))?;
    }
    Ok(row.id)
}

/// What the second person of a new project is shown.
const OF_A_NEW_ONE: &[&str] =
    &["estate", "operator", "firm", "manager", "starts_on", "ends_on", "area_m2", "households", "fee_fen"];

/// What a second person confirms: by these a project weighs in a grade.
const SECONDED: &[&str] = &["manager", "starts_on", "ends_on", "area_m2", "households", "fee_fen"];

/// Changes a project: its end, its manager, its size.
///
/// # Errors
/// As [`add`], for what it names.
pub fn edit(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    held: &Authorized<Row>,
    edit: &ProjectEdit,
    _: RequestContext,
) -> Result<(Project, i64)> {
    let (row, id) = (Row::clone(held), held.id.as_str());
    let before = second_person::before(tx.conn, warrant, |conn| get(conn, id))?;
    let manager_before = row.manager_id.clone();
    let row = Row {
        manager_id: edit.manager.clone().unwrap_or(row.manager_id),
        starts_on: edit.starts_on.map_or(row.starts_on, Col),
        ends_on: edit.ends_on.map_or(row.ends_on, |day| day.map(Col)),
        area_dm2: edit.area_m2.map_or(row.area_dm2, Area::hundredths),
        households: edit.households.unwrap_or(row.households),
        fee_fen: edit.fee_fen.unwrap_or(row.fee_fen),
        ..row
    };
    check(tx.conn, &row)?;
    if !warrant.is_operator() && (row.area_dm2, row.households) != (held.area_dm2, held.households) {
        check_area(Area::from_hundredths(row.area_dm2), row.households, edit.area_reason.as_deref())?;
    }
    let detail = serde_json::json!({
        "manager": edit.manager, "starts_on": edit.starts_on, "ends_on": edit.ends_on,
        "area_m2": edit.area_m2, "households": edit.households, "fee_fen": edit.fee_fen, "area_reason": edit.area_reason
    });
    tx.audit(warrant, "edit_project", Kind::Project, id, &detail)?;
    update(tx, &row, manager_before.as_deref())?;
    let after = get(tx.conn, id)?;
    if let Some(before) = before {
        let asked = Asked {
            area_reason: edit.area_reason.as_deref(),
            ..Asked::of(Kind::Project, id, held.version, edit.reason.as_deref(), &edit.evidence)
        };
        second_person::require(warrant, asked, (Some(&before), &after.0), SECONDED)?;
    }
    Ok(after)
}

/// The community that a project's estate lies in: officials reach it by that.
///
/// # Errors
/// [`Refusal::NotFound`]
pub fn place_of(conn: &mut Conn, id: &str) -> Result<String> {
    let place: Option<String> = project::table
        .inner_join(estates::table.on(estates::code.eq(project::estate)))
        .filter(project::id.eq(id))
        .select(estates::place)
        .first(conn)
        .optional()?;
    place.ok_or_else(not_found)
}

/// A manager who leaves a firm leaves the charge of its projects that still run; those that ended
/// stay in the manager's dossier.
pub(crate) fn release_manager(
    tx: &mut Tx<'_>,
    manager_id: &str,
    uscc: Option<&str>,
    today: NaiveDate,
) -> Result<()> {
    let rows: Vec<Row> = project::table
        .filter(project::manager_id.eq(manager_id))
        .filter(project::ends_on.is_null().or(project::ends_on.ge(Col(today))))
        .select(Row::as_select())
        .load(tx.conn)?;
    for row in rows {
        if row.uscc.is_some() && row.uscc.as_deref() != uscc {
            update(tx, &Row { manager_id: None, ..row }, Some(manager_id))?;
        }
    }
    Ok(())
}

/// Writes a changed row as its next version.
fn update(tx: &mut Tx<'_>, row: &Row, manager_before: Option<&str>) -> Result<()> {
    diesel::update(project::table.find(&row.id))
        .set((
            project::manager_id.eq(&row.manager_id),
            project::starts_on.eq(row.starts_on),
            project::ends_on.eq(row.ends_on),
            project::area_dm2.eq(row.area_dm2),
            project::households.eq(row.households),
            project::fee_fen.eq(row.fee_fen),
            project::updated_at.eq(tx.now_utc()),
            project::version.eq(row.version + 1),
        ))
        .execute(tx.conn)?;
    diesel::update(project_fact::table)
        .filter(project_fact::project_id.eq(&row.id))
        .filter(project_fact::known_until.is_null())
        .set(project_fact::known_until.eq(tx.now_utc()))
        .execute(tx.conn)?;
    settle(tx, row, manager_before)
}

/// Keeps the terms as they are known from now on, after those before have been ended, and tells
/// whoever shows them.
fn settle(tx: &mut Tx<'_>, row: &Row, manager_before: Option<&str>) -> Result<()> {
    let facts = (
        project_fact::project_id.eq(&row.id),
        project_fact::operator.eq(row.operator),
        project_fact::uscc.eq(&row.uscc),
        project_fact::manager_id.eq(&row.manager_id),
        project_fact::starts_on.eq(row.starts_on),
        project_fact::ends_on.eq(row.ends_on),
        project_fact::area_dm2.eq(row.area_dm2),
        project_fact::households.eq(row.households),
        project_fact::known_from.eq(tx.now_utc()),
    );
    diesel::insert_into(project_fact::table).values(facts).execute(tx.conn)?;
    tx.changed(Entity::Project, &row.id);
    tx.changed(Entity::Estate, &row.estate);
    if let Some(uscc) = &row.uscc {
        tx.changed(Entity::Firm, uscc);
    }
    for manager in [row.manager_id.as_deref(), manager_before].into_iter().flatten() {
        tx.changed(Entity::Manager, manager);
    }
    tx.facts_changed(Subject::project(&row.id), Cause::of(CauseKind::Project, &row.id));
    Ok(())
}

/// The day on which a term without an end ends, for comparing: of four figures, since databases
/// compare days as texts.
const NEVER: Col<NaiveDate> = match NaiveDate::from_ymd_opt(9999, 12, 31) {
    Some(day) => Col(day),
    None => Col(NaiveDate::MAX),
};

/// The rules that need the other rows: the term, the manager, the estate's other projects.
fn check(conn: &mut Conn, row: &Row) -> Result<()> {
    check_term(row.starts_on.0, row.ends_on.map(|day| day.0))?;
    if let Some(id) = &row.manager_id {
        let manager = manager::Row::named(conn, id, "/manager")?;
        // A project that has ended keeps the manager it had.
        if row.ends_on.is_none() && manager.uscc != row.uscc {
            let text =
                Text::new("项目经理须属于该项目的企业", "The manager must work for the project's firm");
            return Err(Refusal::invalid("/manager", "manager_of_another_firm", text).into());
        }
    }
    let last_day = row.ends_on.unwrap_or(NEVER);
    let others = project::table
        .filter(project::estate.eq(&row.estate))
        .filter(project::id.ne(&row.id))
        .filter(project::ends_on.is_null().or(project::ends_on.ge(row.starts_on)))
        .filter(project::starts_on.le(last_day));
    let count: i64 = others.count().get_result(conn)?;
    if count > 0 {
        return Err(Refusal::conflict(
            "estate_already_served",
            Text::new(
                "该小区在此期间已有服务项目，请先结束原项目",
                "Another project serves the estate in these days; end it first",
            ),
        )
        .into());
    }
    Ok(())
}

fn not_found() -> StoreError {
    Kind::Project.not_found().into()
}
