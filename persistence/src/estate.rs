//! Estates: the register, and who serves them.

use diesel::prelude::*;
use xinwu_domain::access::Actor;
use xinwu_domain::estate::{Estate, EstateKind, EstateName, EstatePage, EstateSummary, PlaceStep};
use xinwu_domain::page::{Keys, Listed, Window};
use xinwu_domain::place::{PlaceLevel, PlaceName};
use xinwu_domain::refusal::Refusal;
use xinwu_domain::search::{Query, sort_key};
use xinwu_domain::subject::{Cause, CauseKind, Subject};
use xinwu_domain::text::Text;

use crate::place::{from_json, to_json};
use crate::schema::{estate, place as place_table, place_ancestor, project as project_table};
use crate::search::{Found, Part, Search};
use crate::{Reading, place, project};
use xinwu_domain::entity::Entity;
use xinwu_store::hot;
use xinwu_store::{Conn, Result, StoreError, Tx};

/// What a new estate is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEstate {
    /// Its code, see [`xinwu_domain::estate::read_code`]; the community's code and the next free number when none is given.
    pub code: Option<String>,
    /// Its name.
    pub name: String,
    /// Other names.
    pub aliases: Vec<String>,
    /// Its kind.
    pub kind: EstateKind,
    /// The code of the community it lies in.
    pub place: String,
    /// Its address.
    pub address: Option<String>,
    /// How many dwellings it has, not negative.
    pub households: i32,
    /// Part of demo data.
    pub demo: bool,
}

/// What may change in an estate; `None` leaves it as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EstateEdit {
    /// A new name; the old one becomes an alias.
    pub name: Option<String>,
    /// All other names.
    pub aliases: Option<Vec<String>>,
    /// Its kind.
    pub kind: Option<EstateKind>,
    /// The code of the community it lies in.
    pub place: Option<String>,
    /// Its address.
    pub address: Option<Option<String>>,
    /// How many dwellings it has, not negative.
    pub households: Option<i32>,
}

/// What estates are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EstateOrder {
    /// How well they fit the query, the best first.
    Relevance,
    /// Their names, by pinyin.
    Name,
}

/// Which estates.
#[derive(Debug, Clone)]
pub struct EstateQuery {
    /// Part of a name or an alias, pinyin, initials, or a code.
    pub q: Option<Query>,
    /// In this place or below.
    pub place: Option<String>,
    /// Of this kind.
    pub kind: Option<EstateKind>,
    /// The order.
    pub order: EstateOrder,
    /// The other way round.
    pub descending: bool,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = estate)]
struct Row {
    code: String,
    name: String,
    name_sort: String,
    aliases: String,
    kind: String,
    place: String,
    address: Option<String>,
    households: i32,
    demo: bool,
    updated_at: chrono::NaiveDateTime,
    version: i64,
}

impl Row {
    fn kind(&self) -> Result<EstateKind> {
        EstateKind::parse(&self.kind)
            .ok_or_else(|| StoreError::internal(format!("estate {} has kind {}", self.code, self.kind)))
    }
}

/// Rows that a page's filter looks at in one statement.
const CHUNK: usize = 200;

/// Estates of a query.
///
/// # Errors
/// Those of the database.
pub fn list(
    conn: &mut Conn,
    search: &Search,
    query: &EstateQuery,
    window: &Window,
    reading: &Reading,
) -> Result<Listed<EstateSummary>> {
    let filtered = |ids: Option<Vec<String>>| {
        let mut rows = estate::table.into_boxed();
        if let Some(place) = &query.place {
            let within = place_ancestor::table
                .filter(place_ancestor::ancestor.eq(place.clone()))
                .select(place_ancestor::place);
            rows = rows.filter(estate::place.eq_any(within));
        }
        if let Some(kind) = query.kind {
            rows = rows.filter(estate::kind.eq(kind.as_str()));
        }
        if let Some(ids) = ids {
            rows = rows.filter(estate::code.eq_any(ids));
        }
        rows
    };
    let ids = |found: &[Found]| found.iter().map(|each| each.id.to_string()).collect::<Vec<String>>();
    let all = || query.q.as_ref().map(|q| ids(&search.estates(q, &Part::ALL)));
    let total = if window.count { Some(filtered(all()).count().get_result(conn)?) } else { None };
    let page: Listed<Row> = match (&query.q, query.order) {
        (Some(q), EstateOrder::Relevance) => {
            let wanted = usize::try_from(window.limit).unwrap_or(1) + 1;
            // Without a filter the first are those on the page.
            let most = if query.place.is_none() && query.kind.is_none() { wanted } else { Part::ALL.most };
            let part = Part { after: window.after.as_ref(), descending: query.descending, most };
            let mut page: Vec<(Found, Row)> = Vec::with_capacity(wanted);
            for part in search.estates(q, &part).chunks(CHUNK) {
                let rows: Vec<Row> = filtered(Some(ids(part))).select(Row::as_select()).load(conn)?;
                let mut rows: std::collections::HashMap<String, Row> =
                    rows.into_iter().map(|row| (row.code.clone(), row)).collect();
                page.extend(part.iter().filter_map(|each| Some((each.clone(), rows.remove(&*each.id)?))));
                if page.len() >= wanted {
                    page.truncate(wanted);
                    break;
                }
            }
            Listed::from_rows(page, window, |(each, _)| each.keys()).map(|(_, row)| row)
        }
        _ => {
            let mut rows = filtered(all()).select(Row::as_select()).limit(window.limit + 1);
            if let Some(after) = &window.after {
                let (name, code) = (after.get(0).to_owned(), after.get(1).to_owned());
                let tie = estate::name_sort.eq(name.clone()).and(estate::code.gt(code));
                rows = if query.descending {
                    rows.filter(estate::name_sort.lt(name).or(tie))
                } else {
                    rows.filter(estate::name_sort.gt(name).or(tie))
                };
            }
            let rows = if query.descending {
                rows.order((estate::name_sort.desc(), estate::code.asc()))
            } else {
                rows.order((estate::name_sort.asc(), estate::code.asc()))
            };
            Listed::from_rows(rows.load(conn)?, window, |row: &Row| Keys::of([&row.name_sort, &row.code]))
        }
    };
    let codes: Vec<String> = page.items.iter().map(|row| row.code.clone()).collect();
    let mut projects = project::current_of_estates(conn, &codes, &reading.today())?;
    let names = place::names_of(conn, page.items.iter().map(|row| row.place.clone()).collect())?;
    let mut items = Vec::with_capacity(page.items.len());
    for row in page.items {
        let name = names.get(&row.place).cloned().unwrap_or_default();
        items.push(EstateSummary {
            kind: row.kind()?,
            aliases: from_json(&row.aliases)?,
            project: projects.remove(&row.code),
            code: row.code,
            name: row.name,
            place: PlaceName { code: row.place, name },
            address: row.address,
            households: row.households,
            demo: row.demo,
        });
    }
    Ok(Listed { items, next: page.next, total })
}

/// An estate with who serves it, who will and who did.
///
/// # Errors
/// [`Refusal::NotFound`], and those of the database.
pub fn page(conn: &mut Conn, code: &str, reading: &Reading) -> Result<(EstatePage, i64)> {
    let row = find(conn, code)?;
    let today = reading.today();
    let mut page = EstatePage {
        kind: row.kind()?,
        aliases: from_json(&row.aliases)?,
        places: places_above(conn, &row.place)?,
        code: row.code,
        name: row.name,
        address: row.address,
        households: row.households,
        demo: row.demo,
        project: None,
        future_projects: Vec::new(),
        past_projects: Vec::new(),
        updated_at: row.updated_at.and_utc(),
    };
    for project in project::of_estate(conn, code)? {
        let project = project.summary(&today);
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
/// [`Refusal::NotFound`], and those of the database.
pub fn get(conn: &mut Conn, code: &str) -> Result<(Estate, i64)> {
    let row = find(conn, code)?;
    let place = place::require(conn, &row.place)?;
    let view = Estate {
        kind: row.kind()?,
        aliases: from_json(&row.aliases)?,
        code: row.code,
        name: row.name,
        place,
        address: row.address,
        households: row.households,
        demo: row.demo,
        updated_at: row.updated_at.and_utc(),
    };
    Ok((view, row.version))
}

/// Adds an estate in a community that the actor reaches.
///
/// # Errors
/// [`Refusal::Invalid`] for a place that is no community, [`Refusal::Conflict`] for a code that exists, [`Refusal::Forbidden`] outside the
/// actor's place.
pub fn add(tx: &mut Tx<'_>, actor: &Actor, new: &NewEstate) -> Result<(Estate, i64)> {
    let code = insert(tx, actor, new)?;
    get(tx.conn, &code)
}

/// [`add`] for whoever shows nothing of it: an import of thousands. Gives its code.
pub(crate) fn insert(tx: &mut Tx<'_>, actor: &Actor, new: &NewEstate) -> Result<String> {
    require_community(tx.conn, actor, &new.place)?;
    let code = match &new.code {
        Some(code) => code.clone(),
        None => next_code(tx.conn, &new.place)?,
    };
    let columns = (
        estate::code.eq(&code),
        estate::name.eq(&new.name),
        estate::name_sort.eq(sort_key(&new.name)),
        estate::aliases.eq(to_json(&new.aliases)?),
        estate::kind.eq(new.kind.as_str()),
        estate::place.eq(&new.place),
        estate::address.eq(&new.address),
        estate::households.eq(new.households),
        estate::demo.eq(new.demo),
        estate::updated_at.eq(tx.now_utc()),
        estate::version.eq(1_i64),
    );
    hot!(&mut *tx.conn, diesel::insert_into(estate::table).values(columns) => execute)?;
    tx.audit(
        actor,
        "add_estate",
        "estate",
        &code,
        &serde_json::json!({"name": new.name, "place": new.place}),
    )?;
    tx.changed(Entity::Estate, &code);
    Ok(code)
}

/// Changes an estate.
///
/// # Errors
/// [`Refusal::Stale`] when `version` is no longer the estate's, and those of [`add`].
pub fn edit(
    tx: &mut Tx<'_>,
    actor: &Actor,
    code: &str,
    version: Option<i64>,
    edit: &EstateEdit,
) -> Result<(Estate, i64)> {
    let row = find(tx.conn, code)?;
    place::require_reach(tx.conn, actor, &row.place)?;
    if version.is_some_and(|version| version != row.version) {
        return Err(Refusal::Stale.into());
    }
    if let Some(place) = &edit.place {
        require_community(tx.conn, actor, place)?;
    }
    let name = edit.name.as_ref().unwrap_or(&row.name);
    let mut aliases: Vec<String> = edit.aliases.clone().map_or_else(|| from_json(&row.aliases), Ok)?;
    if *name != row.name && !aliases.contains(&row.name) {
        aliases.push(row.name.clone());
    }
    let kind = edit.kind.map_or_else(|| row.kind(), Ok)?;
    diesel::update(estate::table.find(code))
        .set((
            estate::name.eq(name),
            estate::name_sort.eq(sort_key(name)),
            estate::aliases.eq(to_json(&aliases)?),
            estate::kind.eq(kind.as_str()),
            estate::place.eq(edit.place.as_ref().unwrap_or(&row.place)),
            estate::address.eq(edit.address.as_ref().unwrap_or(&row.address)),
            estate::households.eq(edit.households.unwrap_or(row.households)),
            estate::updated_at.eq(tx.now_utc()),
            estate::version.eq(row.version + 1),
        ))
        .execute(tx.conn)?;
    let detail = serde_json::json!({
        "name": edit.name, "aliases": edit.aliases, "kind": edit.kind, "place": edit.place, "address": edit.address,
        "households": edit.households
    });
    tx.audit(actor, "edit_estate", "estate", code, &detail)?;
    tx.changed(Entity::Estate, code);
    let moved = edit.place.as_ref().is_some_and(|place| *place != row.place);
    if *name != row.name || moved {
        shown_by(tx, code)?;
    }
    // By place and kind schemes tell whom they are for.
    if moved || kind.as_str() != row.kind {
        let projects: Vec<String> = project_table::table
            .filter(project_table::estate.eq(code))
            .select(project_table::id)
            .load(tx.conn)?;
        for id in projects {
            tx.facts_changed(Subject::project(&id), Cause::of(CauseKind::Project, &id));
        }
    }
    get(tx.conn, code)
}

/// # Errors
/// [`Refusal::NotFound`]
pub fn require(conn: &mut Conn, code: &str) -> Result<EstateName> {
    let row = find(conn, code)?;
    Ok(EstateName { code: row.code, name: row.name })
}

/// The community that an estate lies in: officials reach it by that.
///
/// # Errors
/// [`Refusal::NotFound`]
pub fn place_of(conn: &mut Conn, code: &str) -> Result<String> {
    Ok(find(conn, code)?.place)
}

/// The places that a place lies in, from the city down to itself.
///
/// # Errors
/// Those of the database.
pub fn places_above(conn: &mut Conn, code: &str) -> Result<Vec<PlaceStep>> {
    let rows: Vec<(String, String, String)> = place_ancestor::table
        .inner_join(place_table::table.on(place_table::code.eq(place_ancestor::ancestor)))
        .filter(place_ancestor::place.eq(code))
        .order(place_ancestor::distance.desc())
        .select((place_table::level, place_table::code, place_table::name))
        .load(conn)?;
    rows.into_iter()
        .map(|(level, code, name)| {
            let level = PlaceLevel::parse(&level)
                .ok_or_else(|| StoreError::internal(format!("place {code} has level {level}")))?;
            Ok(PlaceStep { level, code, name })
        })
        .collect()
}

fn find(conn: &mut Conn, code: &str) -> Result<Row> {
    let row = hot!(&mut *conn, estate::table.find(code).select(Row::as_select()) => get_result).optional()?;
    row.ok_or_else(|| Refusal::NotFound { what: "estate" }.into())
}

fn require_community(conn: &mut Conn, actor: &Actor, code: &str) -> Result<()> {
    let level: Option<String> =
        hot!(&mut *conn, place_table::table.find(code).select(place_table::level) => get_result)
            .optional()?;
    match level.as_deref() {
        Some("community") => place::require_reach(conn, actor, code),
        Some(_) => {
            let text = Text::new("小区须属于一个社区", "An estate lies in a community");
            Err(Refusal::invalid("/place", "not_a_community", text).into())
        }
        None => {
            let text = Text::new("没有这个区划", "There is no such place");
            Err(Refusal::invalid("/place", "unknown_place", text).into())
        }
    }
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
