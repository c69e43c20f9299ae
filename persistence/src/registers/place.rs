//! Places: the tree, its closure and who reaches what in it.

mod parents;

use chrono::NaiveDate;
use diesel::prelude::*;
use xinwu_domain::access::Warrant;
use xinwu_domain::calendar::day_of;
use xinwu_domain::context::RequestContext;
use xinwu_domain::entity::Entity;
use xinwu_domain::kind::Kind;
use xinwu_domain::place::{NamedPlace, NewPlace, Place, PlaceEdit, PlaceLevel, check_code};
use xinwu_domain::record::RecordState;
use xinwu_domain::refusal::{Faults, Refusal};
use xinwu_domain::retirement::{Retirement, in_use};
use xinwu_domain::rules::naming;
use xinwu_store::{Col, Conn, Result, StoreError, Tx};

use self::parents::{note_parent, rebuild_ancestors, require_parent, require_parent_in_reach, wrong_parent};
use crate::city;
use crate::registers::audited::{with_all_new, with_changes};
use crate::registers::authorized::{Authorized, Owner, Resource, by_key, note};
use crate::registers::retirement::{self, Entry, named};
use crate::registers::second_person::{self, Asked};
use crate::schema::{account, department, estate, firm, place, place_ancestor, record};

/// A place's row.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = place)]
pub struct Row {
    /// The code.
    pub code: String,
    pub(crate) level: Col<PlaceLevel>,
    name: String,
    pub(crate) parent: Option<String>,
    valid_from: Col<NaiveDate>,
    valid_until: Option<Col<NaiveDate>>,
    aliases: String,
    successors: String,
    version: i64,
    retired_on: Option<Col<NaiveDate>>,
}

impl Row {
    pub(crate) fn named_place(&self) -> NamedPlace {
        NamedPlace { code: self.code.clone(), name: self.name.clone() }
    }
}

impl Resource for Row {
    const KIND: Kind = Kind::Place;
    const ENTITY: Option<Entity> = Some(Entity::Place);

    by_key!(place);

    fn owner(&self, _: &mut Conn) -> Result<Owner> {
        Ok(Owner::place(&self.code))
    }
}

impl Entry for Row {
    fn key(&self) -> &str {
        &self.code
    }

    fn retired_on(&self) -> Option<NaiveDate> {
        self.retired_on.map(|day| day.0)
    }

    /// What lies in it, and who works there.
    fn require_unused(&self, conn: &mut Conn, _: NaiveDate) -> Result<()> {
        let code: &str = &self.code;
        let below = place::table.filter(place::parent.eq(code)).filter(place::retired_on.is_null());
        let below: Option<String> = below.select(place::code).first(conn).optional()?;
        let estates = estate::table.filter(estate::place.eq(code)).filter(estate::retired_on.is_null());
        let estate: Option<String> = estates.select(estate::code).first(conn).optional()?;
        let firms = firm::table.filter(firm::registered_place.eq(code)).filter(firm::retired_on.is_null());
        let firm: Option<String> = firms.select(firm::uscc).first(conn).optional()?;
        let officials = account::table.filter(account::place.eq(code)).filter(account::status.eq("active"));
        let official: Option<String> = officials.select(account::id).first(conn).optional()?;
        let records = record::table
            .filter(record::place.eq(code))
            .filter(record::state.eq_any([RecordState::Submitted, RecordState::InForce].map(Col)));
        let record: Option<String> = records.select(record::id).first(conn).optional()?;
        let departments =
            department::table.filter(department::place.eq(code)).filter(department::valid_until.is_null());
        let department: Option<String> = departments.select(department::code).first(conn).optional()?;
        let found = [
            (below, "该区划仍有下级区划", "A place lies below it"),
            (estate, "该区划仍有小区", "An estate lies in it"),
            (firm, "该区划仍有登记的企业", "A firm is registered there"),
            (official, "该区划仍有工作人员账号", "An official works there"),
            (department, "该区划仍有部门", "It has a department"),
            (record, "该区划仍有其经办的信用信息", "It answers for a record"),
        ];
        match found.into_iter().find_map(|(id, zh, en)| Some(in_use(zh, en, &id?))) {
            Some(refusal) => Err(refusal.into()),
            None => Ok(()),
        }
    }
}

/// One place with its version.
///
/// # Errors
/// [`Refusal::NotFound`].
pub fn get(conn: &mut Conn, code: &str) -> Result<(Place, i64)> {
    let row = Row::require(conn, code)?;
    let version = row.version;
    let names = names_of(conn, row.parent.clone().into_iter().collect())?;
    Ok((view(row, &names)?, version))
}

/// The city: the place that is below no other, the first by code should there be several. None
/// where no place is registered.
pub fn city(conn: &mut Conn) -> Result<Option<NamedPlace>> {
    let cities = place::table.filter(place::parent.is_null()).order(place::code);
    let found: Option<(String, String)> = cities.select((place::code, place::name)).first(conn).optional()?;
    Ok(found.map(|(code, name)| NamedPlace { code, name }))
}

/// Adds a place below one that the actor reaches.
///
/// # Errors
/// [`Refusal::Invalid`] for an unknown parent or one of the wrong level, [`Refusal::Conflict`] for
/// a code that exists, [`Refusal::Forbidden`] outside the actor's place.
pub fn add(tx: &mut Tx<'_>, warrant: &Warrant, new: &NewPlace) -> Result<(Place, i64)> {
    insert(tx, warrant, new)?;
    get(tx.conn, &new.code)
}

/// [`add`] for whoever shows nothing of it: an import of thousands.
pub(crate) fn insert(tx: &mut Tx<'_>, warrant: &Warrant, new: &NewPlace) -> Result<()> {
    let mut faults = Faults::default();
    faults.keep(check_code(&new.code, "/code"))?;
    faults.keep(require_parent_in_reach(tx.conn, warrant, new))?;
    faults.refuse_if_any()?;
    let valid_from = match new.valid_from {
        Some(day) => day,
        None => day_of(tx.now, city::city(tx.conn)?.zone),
    };
    diesel::insert_into(place::table)
        .values((
            place::code.eq(&new.code),
            place::level.eq(Col(new.level)),
            place::name.eq(&new.name),
            place::parent.eq(&new.parent),
            place::valid_from.eq(Col(valid_from)),
            place::aliases.eq(to_json(&new.aliases)?),
            place::successors.eq("[]"),
            place::version.eq(1_i64),
        ))
        .execute(tx.conn)?;
    if let Some(parent) = &new.parent {
        note_parent(tx, &new.code, parent, valid_from)?;
    }
    rebuild_ancestors(tx.conn, &new.code)?;
    let detail = serde_json::json!({"name": new.name, "level": new.level, "parent": new.parent});
    note::<Row>(tx, warrant, &new.code, &with_all_new(detail))?;
    Ok(())
}

/// What a second person confirms: by these it is told who is above whom.
const SECONDED: &[&str] = &["parent", "valid_until"];

/// Changes a place. A change of parent is dated by the city's day.
///
/// # Errors
/// As [`add`], for what it names.
pub fn edit(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    row: &Authorized<Row>,
    edit: &PlaceEdit,
    context: RequestContext,
) -> Result<(Place, i64)> {
    let today = context.at(tx.now).today();
    let code: &str = &row.code;
    let (before, _) = get(tx.conn, code)?;
    let mut faults = Faults::default();
    let retirement = retirement::read(tx.conn, &**row, (edit.retired, None), &mut faults)?;
    let naming = faults.keep(naming(edit.correction, edit.name.as_deref()))?;
    if let Some(parent) = &edit.parent {
        let above = row.level.0.above().ok_or_else(|| wrong_parent().into());
        let found = faults.keep(above.and_then(|above| require_parent(tx.conn, parent, above)))?;
        if found.is_some() {
            require_reach(tx.conn, warrant, parent)?;
        }
    }
    for (index, successor) in edit.successors.iter().flatten().enumerate() {
        faults.keep(named::<Row>(tx.conn, successor, &format!("/successors/{index}")))?;
    }
    let naming = faults.or_refuse(naming)?;
    retirement::require_possible(tx.conn, &**row, &retirement, today)?;
    let (retired_on, _) = retirement.of(row.retired_on(), None, today);
    let mut aliases: Vec<String> = edit.aliases.clone().map_or_else(|| from_json(&row.aliases), Ok)?;
    let leaves = edit.name.as_ref().is_some_and(|name| naming.leaves_former_name(&row.name, name));
    if leaves && !aliases.contains(&row.name) {
        aliases.push(row.name.clone());
    }
    let successors = edit.successors.clone().map_or_else(|| from_json(&row.successors), Ok)?;
    let parent = edit.parent.clone().or_else(|| row.parent.clone());
    if let Some(parent) = parent.as_ref().filter(|_| retirement == Retirement::TakenBack) {
        named::<Row>(tx.conn, parent, "/parent")?;
    }
    diesel::update(place::table.find(code))
        .set((
            place::name.eq(edit.name.as_ref().unwrap_or(&row.name)),
            place::parent.eq(&parent),
            place::valid_until.eq(edit.valid_until.map_or(row.valid_until, |day| day.map(Col))),
            place::aliases.eq(to_json(&aliases)?),
            place::successors.eq(to_json(&successors)?),
            place::retired_on.eq(retired_on.map(Col)),
            place::version.eq(row.version + 1),
        ))
        .execute(tx.conn)?;
    if let Some(parent) = parent.filter(|parent| row.parent.as_ref() != Some(parent)) {
        note_parent(tx, code, &parent, today)?;
        for below in descendants(tx.conn, code)? {
            rebuild_ancestors(tx.conn, &below)?;
        }
    }
    let after = get(tx.conn, code)?;
    let detail = serde_json::json!({
        "name": edit.name, "correction": edit.correction, "parent": edit.parent, "valid_until": edit.valid_until,
        "aliases": edit.aliases, "successors": edit.successors, "retired": edit.retired
    });
    note::<Row>(tx, warrant, code, &with_changes(detail, &before, &after.0)?)?;
    let asked = Asked::of(Kind::Place, code, row.version, edit.reason.as_deref(), &[]);
    let asked = Asked { hidden_changes: retirement.changes(row.retired_on()), ..asked };
    let aliases = (before.aliases.as_slice(), after.0.aliases.as_slice());
    let fields = second_person::and_names(SECONDED, edit.correction, aliases);
    second_person::require(warrant, asked, (Some(&before), &after.0), &fields)?;
    Ok(after)
}

/// Whether `place` is `ancestor` or lies below it.
pub fn is_within(conn: &mut Conn, place: &str, ancestor: &str) -> Result<bool> {
    let found: i64 = place_ancestor::table.find((place, ancestor)).count().get_result(conn)?;
    Ok(found > 0)
}

/// An official touches only the own place and below; the system and an administrator at the command
/// line have no place and reach all.
///
/// # Errors
/// [`Refusal::Forbidden`] outside.
pub fn require_reach(conn: &mut Conn, warrant: &Warrant, place: &str) -> Result<()> {
    let reaches = warrant.is_operator() || is_within(conn, place, warrant.own_place()?)?;
    if reaches { Ok(()) } else { Err(Refusal::out_of_reach().into()) }
}

/// [`require_reach`] for an object whose existence is not the actor's to know of: outside it is not
/// found.
///
/// # Errors
/// [`Refusal::NotFound`] outside.
pub fn require_visible(conn: &mut Conn, warrant: &Warrant, place: &str, kind: Kind) -> Result<()> {
    match require_reach(conn, warrant, place) {
        Err(StoreError::Refused(_)) => Err(kind.not_found().into()),
        other => other,
    }
}

/// The place of `level` above (or at) `place`.
pub fn ancestor_at(conn: &mut Conn, place: &str, level: PlaceLevel) -> Result<Option<NamedPlace>> {
    let found: Option<(String, String)> = place_ancestor::table
        .inner_join(place::table.on(place::code.eq(place_ancestor::ancestor)))
        .filter(place_ancestor::place.eq(place))
        .filter(place::level.eq(Col(level)))
        .select((place::code, place::name))
        .first(conn)
        .optional()?;
    Ok(found.map(|(code, name)| NamedPlace { code, name }))
}

/// The district that a place lies in or is; a place above the districts is its own.
pub(crate) fn district_of(conn: &mut Conn, place: String) -> Result<String> {
    Ok(ancestor_at(conn, &place, PlaceLevel::District)?.map_or(place, |district| district.code))
}

/// Names of places by code.
pub fn names_of(conn: &mut Conn, codes: Vec<String>) -> Result<std::collections::HashMap<String, String>> {
    if codes.is_empty() {
        return Ok(std::collections::HashMap::new());
    }
    let rows: Vec<(String, String)> =
        place::table.filter(place::code.eq_any(codes)).select((place::code, place::name)).load(conn)?;
    Ok(rows.into_iter().collect())
}

/// The codes of a place and of all below it, for a query to look among.
#[diesel::dsl::auto_type(no_type_alias)]
pub(crate) fn at_or_below(code: String) -> _ {
    place_ancestor::table.filter(place_ancestor::ancestor.eq(code)).select(place_ancestor::place)
}

/// Every place with itself and what is below it.
pub fn descendants(conn: &mut Conn, code: &str) -> Result<Vec<String>> {
    Ok(place_ancestor::table
        .filter(place_ancestor::ancestor.eq(code))
        .order((place_ancestor::distance, place_ancestor::place))
        .select(place_ancestor::place)
        .load(conn)?)
}

/// # Errors
/// [`Refusal::NotFound`]
pub fn require(conn: &mut Conn, code: &str) -> Result<NamedPlace> {
    Ok(Row::require(conn, code)?.named_place())
}

pub(crate) fn to_json<T: serde::Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|error| StoreError::internal(error.to_string()))
}

pub(crate) fn from_json<T: serde::de::DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text)
        .map_err(|error| StoreError::internal(format!("a stored value cannot be read: {error}")))
}

pub(crate) fn view(row: Row, names: &std::collections::HashMap<String, String>) -> Result<Place> {
    let parent = row.parent.map(|code| {
        let name = names.get(&code).cloned().unwrap_or_default();
        NamedPlace { code, name }
    });
    Ok(Place {
        level: row.level.0,
        parent,
        aliases: from_json(&row.aliases)?,
        successors: from_json(&row.successors)?,
        code: row.code,
        name: row.name,
        valid_from: row.valid_from.0,
        valid_until: row.valid_until.map(|day| day.0),
        retired_on: row.retired_on.map(|day| day.0),
    })
}
