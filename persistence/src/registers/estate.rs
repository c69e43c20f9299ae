//! Estates: the register, and who serves them.

mod seconded;

use chrono::NaiveDate;
use diesel::dsl::exists;
use diesel::prelude::*;
use xinwu_domain::access::Warrant;
use xinwu_domain::context::RequestContext;
use xinwu_domain::entity::Entity;
use xinwu_domain::estate::{
    Estate, EstateEdit, EstateKind, EstatePage, NamedEstate, NewEstate, PlaceStep, read_code,
};
use xinwu_domain::kind::Kind;
use xinwu_domain::place::PlaceLevel;
use xinwu_domain::refusal::{Faults, Refusal};
use xinwu_domain::residence::ResidenceStatus;
use xinwu_domain::retirement::in_use;
use xinwu_domain::rules::naming;
use xinwu_domain::search::sort_key;
use xinwu_domain::subject::{Cause, CauseKind, Subject};
use xinwu_domain::text::Text;
use xinwu_store::{Col, Conn, Result, Tx};

use crate::registers::audited::{with_all_new, with_changes};
use crate::registers::authorized::{Authorized, Owner, Resource, by_key, note};
use crate::registers::place::{from_json, to_json};
use crate::registers::retirement::{self, Entry};
use crate::registers::{place, project};
use crate::schema::{estate, place as place_table, place_ancestor, project as project_table, residence};

pub(crate) use seconded::IN_COMMUNITY;

/// An estate's row.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = estate)]
pub struct Row {
    /// The code.
    pub code: String,
    pub(crate) name: String,
    pub(crate) name_sort: String,
    pub(crate) aliases: String,
    pub(crate) kind: Col<EstateKind>,
    pub(crate) place: String,
    pub(crate) address: Option<String>,
    pub(crate) households: i32,
    pub(crate) demo: bool,
    pub(crate) updated_at: chrono::NaiveDateTime,
    pub(crate) version: i64,
    pub(crate) retired_on: Option<Col<NaiveDate>>,
    pub(crate) successor: Option<String>,
}

impl Resource for Row {
    const KIND: Kind = Kind::Estate;
    const ENTITY: Option<Entity> = Some(Entity::Estate);

    by_key!(estate);

    fn owner(&self, _: &mut Conn) -> Result<Owner> {
        Ok(Owner::place(&self.place))
    }
}

impl Entry for Row {
    fn key(&self) -> &str {
        &self.code
    }

    fn retired_on(&self) -> Option<NaiveDate> {
        self.retired_on.map(|day| day.0)
    }

    fn require_unused(&self, conn: &mut Conn, today: NaiveDate) -> Result<()> {
        let serving: Option<String> = project_table::table
            .filter(project_table::estate.eq(&self.code))
            .filter(project::runs_or_will!(today))
            .select(project_table::id)
            .first(conn)
            .optional()?;
        if let Some(id) = serving {
            return Err(in_use("该小区仍有服务项目", "A project serves the estate", &id).into());
        }
        let open = [ResidenceStatus::Pending, ResidenceStatus::Verified].map(Col);
        let lived_in =
            residence::table.filter(residence::estate.eq(&self.code)).filter(residence::status.eq_any(open));
        if diesel::select(exists(lived_in)).get_result(conn)? {
            let text =
                Text::new("该小区仍有居民绑定的住房", "Residents have claimed dwellings of the estate");
            return Err(Refusal::conflict("in_use", text).into());
        }
        Ok(())
    }
}

/// The estate that holds in the place of one.
fn successor(conn: &mut Conn, code: Option<&str>) -> Result<Option<NamedEstate>> {
    code.map(|code| require(conn, code)).transpose()
}

/// An estate with who serves it, who will and who did.
///
/// # Errors
/// [`Refusal::NotFound`].
pub fn page(conn: &mut Conn, code: &str, context: &RequestContext) -> Result<(EstatePage, i64)> {
    let row = Row::require(conn, code)?;
    let today = context.today();
    let mut page = EstatePage {
        kind: row.kind.0,
        aliases: from_json(&row.aliases)?,
        places: places_above(conn, &row.place)?,
        code: row.code,
        name: row.name,
        address: row.address,
        households: row.households,
        demo: row.demo,
        retired_on: row.retired_on.map(|day| day.0),
        successor: successor(conn, row.successor.as_deref())?,
        project: None,
        future_projects: Vec::new(),
        past_projects: Vec::new(),
        updated_at: row.updated_at.and_utc(),
    };
    for project in project::of_estate(conn, code)? {
        let project = project.summary(today);
        if project.current {
            page.project = Some(project);
        } else if project.starts_on > today {
            page.future_projects.push(project);
        } else {
            page.past_projects.push(project);
        }
    }
    page.past_projects.reverse();
    Ok((page, row.version))
}

/// One estate of the register with its version.
///
/// # Errors
/// [`Refusal::NotFound`].
pub fn get(conn: &mut Conn, code: &str) -> Result<(Estate, i64)> {
    let row = Row::require(conn, code)?;
    let place = place::require(conn, &row.place)?;
    let view = Estate {
        kind: row.kind.0,
        aliases: from_json(&row.aliases)?,
        code: row.code,
        name: row.name,
        place,
        address: row.address,
        households: row.households,
        demo: row.demo,
        retired_on: row.retired_on.map(|day| day.0),
        successor: successor(conn, row.successor.as_deref())?,
        updated_at: row.updated_at.and_utc(),
    };
    Ok((view, row.version))
}

/// Adds an estate in a community that the actor reaches.
///
/// # Errors
/// [`Refusal::Invalid`] for a place that is no community, [`Refusal::Conflict`] for a code that
/// exists, [`Refusal::Forbidden`] outside the actor's place, [`Refusal::SecondNeeded`].
pub fn add(tx: &mut Tx<'_>, warrant: &Warrant, new: &NewEstate) -> Result<(Estate, i64)> {
    let code = insert(tx, warrant, new)?;
    get(tx.conn, &code)
}

/// [`add`] for whoever shows nothing of it: an import of thousands. Gives its code.
pub(crate) fn insert(tx: &mut Tx<'_>, warrant: &Warrant, new: &NewEstate) -> Result<String> {
    let mut faults = Faults::default();
    faults.keep(require_community(tx.conn, warrant, &new.place))?;
    let code = faults.keep(new.code.as_deref().map(read_code).transpose())?;
    let code = match faults.or_refuse(code)? {
        Some(code) => code,
        None => next_code(tx.conn, &new.place)?,
    };
    let columns = (
        estate::code.eq(&code),
        estate::name.eq(&new.name),
        estate::name_sort.eq(sort_key(&new.name)),
        estate::aliases.eq(to_json(&new.aliases)?),
        estate::kind.eq(Col(new.kind)),
        estate::place.eq(&new.place),
        estate::address.eq(&new.address),
        estate::households.eq(new.households),
        estate::demo.eq(new.demo),
        estate::updated_at.eq(tx.now_utc()),
        estate::version.eq(1_i64),
    );
    diesel::insert_into(estate::table).values(columns).execute(tx.conn)?;
    let detail = serde_json::json!({"name": new.name, "place": new.place});
    note::<Row>(tx, warrant, &code, &with_all_new(detail))?;
    seconded::require_of_new(tx.conn, warrant, new, &code)?;
    Ok(code)
}

/// Changes an estate.
///
/// # Errors
/// As [`add`], for what it names.
pub fn edit(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    row: &Authorized<Row>,
    edit: &EstateEdit,
    context: RequestContext,
) -> Result<(Estate, i64)> {
    let today = context.at(tx.now).today();
    let code: &str = &row.code;
    let (before, _) = get(tx.conn, code)?;
    let mut faults = Faults::default();
    let asked = (edit.retired, edit.successor.as_deref());
    let retirement = retirement::read(tx.conn, &**row, asked, &mut faults)?;
    let naming = faults.keep(naming(edit.correction, edit.name.as_deref()))?;
    if let Some(place) = &edit.place {
        faults.keep(require_community(tx.conn, warrant, place))?;
    }
    let naming = faults.or_refuse(naming)?;
    retirement::require_possible(tx.conn, &**row, &retirement, today)?;
    let (retired_on, successor) = retirement.of(row.retired_on(), row.successor.clone(), today);
    let name = edit.name.as_ref().unwrap_or(&row.name);
    let mut aliases: Vec<String> = edit.aliases.clone().map_or_else(|| from_json(&row.aliases), Ok)?;
    if naming.leaves_former_name(&row.name, name) && !aliases.contains(&row.name) {
        aliases.push(row.name.clone());
    }
    let kind = edit.kind.map_or(row.kind, Col);
    diesel::update(estate::table.find(code))
        .set((
            estate::name.eq(name),
            estate::name_sort.eq(sort_key(name)),
            estate::aliases.eq(to_json(&aliases)?),
            estate::kind.eq(kind),
            estate::place.eq(edit.place.as_ref().unwrap_or(&row.place)),
            estate::address.eq(edit.address.as_ref().unwrap_or(&row.address)),
            estate::households.eq(edit.households.unwrap_or(row.households)),
            estate::retired_on.eq(retired_on.map(Col)),
            estate::successor.eq(&successor),
            estate::updated_at.eq(tx.now_utc()),
            estate::version.eq(row.version + 1),
        ))
        .execute(tx.conn)?;
    let detail = serde_json::json!({
        "name": edit.name, "aliases": edit.aliases, "kind": edit.kind, "place": edit.place, "address": edit.address,
        "households": edit.households, "retired": edit.retired, "successor": edit.successor,
        "correction": edit.correction
    });
    let moved = edit.place.as_ref().is_some_and(|place| *place != row.place);
    if *name != row.name || moved {
        shown_by(tx, code)?;
    }
    // By place and kind schemes tell whom they are for.
    if moved || kind != row.kind {
        let projects: Vec<String> = project_table::table
            .filter(project_table::estate.eq(code))
            .select(project_table::id)
            .load(tx.conn)?;
        for id in projects {
            tx.facts_changed(Subject::project(&id), Cause::of(CauseKind::Project, &id));
        }
    }
    let after = get(tx.conn, code)?;
    note::<Row>(tx, warrant, code, &with_changes(detail, &before, &after.0)?)?;
    let hidden_changes = retirement.changes(row.retired_on());
    seconded::require_of_edit(warrant, (row, edit, hidden_changes), (&before, &after.0))?;
    Ok(after)
}

/// # Errors
/// [`Refusal::NotFound`]
pub fn require(conn: &mut Conn, code: &str) -> Result<NamedEstate> {
    let row = Row::require(conn, code)?;
    Ok(NamedEstate { code: row.code, name: row.name })
}

/// The community that an estate lies in: officials reach it by that.
///
/// # Errors
/// [`Refusal::NotFound`]
pub fn place_of(conn: &mut Conn, code: &str) -> Result<String> {
    Ok(Row::require(conn, code)?.place)
}

/// The places that a place lies in, from the city down to itself.
pub fn places_above(conn: &mut Conn, code: &str) -> Result<Vec<PlaceStep>> {
    let rows: Vec<(Col<PlaceLevel>, String, String)> = place_ancestor::table
        .inner_join(place_table::table.on(place_table::code.eq(place_ancestor::ancestor)))
        .filter(place_ancestor::place.eq(code))
        .order(place_ancestor::distance.desc())
        .select((place_table::level, place_table::code, place_table::name))
        .load(conn)?;
    Ok(rows.into_iter().map(|(Col(level), code, name)| PlaceStep { level, code, name }).collect())
}

fn require_community(conn: &mut Conn, warrant: &Warrant, code: &str) -> Result<()> {
    if retirement::named::<place::Row>(conn, code, "/place")?.level.0 != PlaceLevel::Community {
        let text = Text::new("小区须属于一个社区", "An estate lies in a community");
        return Err(Refusal::invalid("/place", "not_a_community", text).into());
    }
    place::require_reach(conn, warrant, code)
}

/// The community's code, a hyphen and the number after the highest that is taken.
fn next_code(conn: &mut Conn, place: &str) -> Result<String> {
    let prefix = format!("{place}-");
    let codes: Vec<String> = estate::table
        .filter(estate::code.ge(prefix.clone()))
        .filter(estate::code.lt(format!("{place}.")))
        .select(estate::code)
        .load(conn)?;
    let highest = codes
        .iter()
        .filter_map(|code| code.strip_prefix(&prefix)?.parse::<u32>().ok())
        .max()
        .unwrap_or_default();
    Ok(format!("{prefix}{:03}", highest.saturating_add(1)))
}

/// Projects, managers and firms show an estate's name or count by its place.
fn shown_by(tx: &mut Tx<'_>, code: &str) -> Result<()> {
    type Ids = (String, Option<String>, Option<String>);
    let projects: Vec<Ids> = project_table::table
        .filter(project_table::estate.eq(code))
        .select((project_table::id, project_table::uscc, project_table::manager_id))
        .load(tx.conn)?;
    // Of those that are retired, whose place it or a project of it takes.
    let others: Vec<String> =
        estate::table.filter(estate::successor.eq(code)).select(estate::code).load(tx.conn)?;
    for other in others {
        tx.changed(Entity::Estate, &other);
    }
    let ids: Vec<&String> = projects.iter().map(|(id, ..)| id).collect();
    let others: Vec<String> = project_table::table
        .filter(project_table::successor.eq_any(ids))
        .select(project_table::id)
        .load(tx.conn)?;
    for other in others {
        tx.changed(Entity::Project, &other);
    }
    for (id, uscc, manager) in projects {
        tx.changed(Entity::Project, &id);
        if let Some(uscc) = uscc {
            tx.changed(Entity::Firm, &uscc);
        }
        if let Some(manager) = manager {
            tx.changed(Entity::Manager, &manager);
        }
    }
    Ok(())
}
