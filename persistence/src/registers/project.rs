//! Projects: terms of operators in estates, one after the other.

mod correction;
mod facts;
mod reach;
mod read;
mod seconded;

use chrono::NaiveDate;
use diesel::prelude::*;
use xinwu_domain::access::{Reach, Warrant};
use xinwu_domain::calendar::day_of;
use xinwu_domain::context::RequestContext;
use xinwu_domain::entity::Entity;
use xinwu_domain::kind::Kind;
use xinwu_domain::notice::NoticeKind;
use xinwu_domain::project::{
    Area, NewProject, Operator, Project, ProjectEdit, ProjectReach, check_area, check_term,
};
use xinwu_domain::refusal::{Faults, Refusal};
use xinwu_domain::retirement::{Retirement, retired_text};
use xinwu_domain::text::Text;
use xinwu_store::{Col, Conn, Result, StoreError, Tx};

use crate::city;
use crate::owed_notice::owe_followers;
use crate::registers::audited::{with_all_new, with_changes};
use crate::registers::authorized::{Authorized, Owner, Resource, by_key, note};
use crate::registers::retirement::{self, Entry, named};
use crate::registers::{estate, firm, manager, place};
use crate::schema::{estate as estates, project};

use correction::{corrected, whose};
use facts::{FormerParties, settle, update};
pub use reach::confirm;
pub(crate) use reach::{gives_reach, is_confirmed};
pub(crate) use read::view;
pub use read::{ProjectQuery, current_of_estates, get, list, of_estate, of_firm, some};
pub(crate) use seconded::IN_ESTATE;

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
    retired_on: Option<Col<NaiveDate>>,
    successor: Option<String>,
    reach: Col<ProjectReach>,
}

impl Row {
    /// The firm that serves it.
    pub(crate) fn uscc(&self) -> Option<&str> {
        self.uscc.as_deref()
    }

    /// Its first day, and its last.
    pub(crate) fn term(&self) -> (NaiveDate, Option<NaiveDate>) {
        (self.starts_on.0, self.ends_on.map(|day| day.0))
    }
}

impl Resource for Row {
    const KIND: Kind = Kind::Project;
    const ENTITY: Option<Entity> = Some(Entity::Project);

    by_key!(project);

    fn owner(&self, conn: &mut Conn) -> Result<Owner> {
        let place = estate::place_of(conn, &self.estate)?;
        Ok(Owner { firm: self.uscc.clone(), ..Owner::place(place) })
    }

    /// The officials of the firm's own district read it, too, and say whether the firm works there.
    fn is_within(
        &self,
        conn: &mut Conn,
        owner: &Owner,
        place: &str,
        (reach, _): (Reach, NaiveDate),
    ) -> Result<bool> {
        if let Some(own) = &owner.place
            && place::is_within(conn, own, place)?
        {
            return Ok(true);
        }
        match &self.uscc {
            Some(uscc) if reach == Reach::OwnOrAtWork => {
                let registered = firm::registered_place(conn, uscc)?;
                place::is_within(conn, &registered, place)
            }
            _ => Ok(false),
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

    /// A project may run when it is found to be none: it counts nowhere from then on.
    fn require_unused(&self, _: &mut Conn, _: NaiveDate) -> Result<()> {
        Ok(())
    }
}

/// Projects that run, or will, on a day or after it.
macro_rules! runs_or_will {
    ($today:expr) => {{
        use diesel::prelude::*;
        use xinwu_store::Col;
        use $crate::schema::project;
        project::retired_on.is_null().and(project::ends_on.is_null().or(project::ends_on.ge(Col($today))))
    }};
}
pub(crate) use runs_or_will;

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
    let mut faults = Faults::default();
    if let Some(estate) = faults.keep(named::<estate::Row>(tx.conn, &new.estate, "/estate"))? {
        place::require_reach(tx.conn, warrant, &estate.place)?;
    }
    faults.keep(new.operator.check_firm(new.uscc.is_some()))?;
    if let Some(uscc) = &new.uscc {
        faults.keep(named::<firm::Row>(tx.conn, uscc, "/uscc"))?;
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
        retired_on: None,
        successor: None,
        reach: Col(ProjectReach::Open),
    };
    let today = day_of(tx.now, city::city(tx.conn)?.zone);
    check(tx.conn, &row, today, &mut faults)?;
    if !warrant.is_operator() {
        faults.keep(check_area(new.area_m2, new.households, new.area_reason.as_deref()))?;
    }
    faults.refuse_if_any()?;
    require_unserved(tx.conn, &row)?;
    let row = reach::of_new(tx.conn, warrant, row)?;
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
        project::reach.eq(row.reach),
    );
    diesel::insert_into(project::table).values(columns).execute(tx.conn)?;
    let detail = serde_json::json!({
        "estate": new.estate, "operator": new.operator, "uscc": new.uscc, "starts_on": new.starts_on, "ends_on": new.ends_on
    });
    note::<Row>(tx, warrant, &row.id, &with_all_new(detail))?;
    settle(tx, &row, &FormerParties::default())?;
    seconded::require_of_new(tx, warrant, new, &row.id)?;
    if let Some(uscc) = &row.uscc {
        let estate = estate::require(tx.conn, &row.estate)?.name;
        owe_followers(tx, uscc, NoticeKind::FollowedProject, &row.id, Some(&estate))?;
    }
    Ok(row.id)
}

/// Changes a project: its end, its manager, its size; whose it is, where it was entered under
/// another firm; whether it is one at all.
///
/// # Errors
/// As [`add`], for what it names.
pub fn edit(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    held: &Authorized<Row>,
    edit: &ProjectEdit,
    context: RequestContext,
) -> Result<(Project, i64)> {
    let today = context.at(tx.now).today();
    let (row, id) = (Row::clone(held), &held.id);
    let (before, _) = get(tx.conn, id)?;
    let mut faults = Faults::default();
    let asked = (edit.retired, edit.successor.as_deref());
    let retirement = retirement::read(tx.conn, &row, asked, &mut faults)?;
    let (retired_on, successor) = retirement.of(row.retired_on(), row.successor.clone(), today);
    let (uscc, manager_id) = whose(tx.conn, warrant, &row, edit, &mut faults)?;
    let row = Row {
        uscc,
        manager_id,
        starts_on: edit.starts_on.map_or(row.starts_on, Col),
        ends_on: edit.ends_on.map_or(row.ends_on, |day| day.map(Col)),
        area_dm2: edit.area_m2.map_or(row.area_dm2, Area::hundredths),
        households: edit.households.unwrap_or(row.households),
        fee_fen: edit.fee_fen.unwrap_or(row.fee_fen),
        retired_on: retired_on.map(Col),
        successor,
        ..row
    };
    if retirement == Retirement::TakenBack {
        faults.keep(require_listed(tx.conn, &row))?;
    }
    if retired_on.is_none() {
        check(tx.conn, &row, today, &mut faults)?;
    }
    if !warrant.is_operator() && (row.area_dm2, row.households) != (held.area_dm2, held.households) {
        let area = Area::from_hundredths(row.area_dm2);
        faults.keep(check_area(area, row.households, edit.area_reason.as_deref()))?;
    }
    faults.refuse_if_any()?;
    retirement::require_possible(tx.conn, &**held, &retirement, today)?;
    if retired_on.is_none() {
        require_unserved(tx.conn, &row)?;
    }
    let detail = serde_json::json!({
        "uscc": edit.uscc, "manager": edit.manager, "starts_on": edit.starts_on, "ends_on": edit.ends_on,
        "area_m2": edit.area_m2, "households": edit.households, "fee_fen": edit.fee_fen, "area_reason": edit.area_reason,
        "retired": edit.retired, "successor": edit.successor
    });
    let row = reach::of_edited(tx.conn, warrant, held, row)?;
    update(tx, &row, &FormerParties::of(held))?;
    if row.uscc != held.uscc {
        corrected(tx, &row, held)?;
    }
    let after = get(tx.conn, id)?;
    note::<Row>(tx, warrant, id, &with_changes(detail, &before, &after.0)?)?;
    let hidden_changes = retirement.changes(held.retired_on());
    seconded::require_of_edit(warrant, (held, edit, hidden_changes), (&before, &after.0))?;
    Ok(after)
}

/// A project that is one again names nothing that is retired.
fn require_listed(conn: &mut Conn, row: &Row) -> Result<()> {
    let mut faults = Faults::default();
    faults.keep(named::<estate::Row>(conn, &row.estate, "/estate"))?;
    if let Some(uscc) = &row.uscc {
        faults.keep(named::<firm::Row>(conn, uscc, "/uscc"))?;
    }
    if let Some(manager) = &row.manager_id {
        faults.keep(named::<manager::Row>(conn, manager, "/manager"))?;
    }
    Ok(faults.refuse_if_any()?)
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
        .filter(runs_or_will!(today))
        .select(Row::as_select())
        .load(tx.conn)?;
    for row in rows {
        if row.uscc.is_some() && row.uscc.as_deref() != uscc {
            let before = FormerParties::of(&row);
            update(tx, &Row { manager_id: None, ..row }, &before)?;
        }
    }
    Ok(())
}

/// The day on which a term without an end ends, for comparing: of four figures, since databases
/// compare days as texts.
const NEVER: Col<NaiveDate> = match NaiveDate::from_ymd_opt(9999, 12, 31) {
    Some(day) => Col(day),
    None => Col(NaiveDate::MAX),
};

/// The rules of its term and its manager; faults are kept.
fn check(conn: &mut Conn, row: &Row, today: NaiveDate, faults: &mut Faults) -> Result<()> {
    faults.keep(check_term(row.starts_on.0, row.ends_on.map(|day| day.0)))?;
    let Some(id) = &row.manager_id else { return Ok(()) };
    let found = faults.keep(manager::Row::named(conn, id, "/manager"))?;
    // A project that has ended keeps the manager it had.
    let runs_or_will = row.ends_on.is_none_or(|day| day.0 >= today);
    let Some(manager) = found.filter(|_| runs_or_will) else { return Ok(()) };
    if manager.retired_on().is_some() {
        faults.add("/manager", "retired", retired_text());
    }
    if manager.uscc != row.uscc && !faults.has("/uscc") {
        let text = Text::new("项目经理须属于该项目的企业", "The manager must work for the project's firm");
        faults.add("/manager", "manager_of_another_firm", text);
    }
    Ok(())
}

/// No other project serves the estate on a day of the term.
fn require_unserved(conn: &mut Conn, row: &Row) -> Result<()> {
    let last_day = row.ends_on.unwrap_or(NEVER);
    let others = project::table
        .filter(project::estate.eq(&row.estate))
        .filter(project::id.ne(&row.id))
        .filter(project::retired_on.is_null())
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
