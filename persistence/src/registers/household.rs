//! Households and their roster. Phones are kept as keyed hashes only, and never leave.

use std::collections::{BTreeSet, HashMap};

use chrono::NaiveDate;
use diesel::prelude::*;
use xinwu_domain::access::{Operation, Warrant};
use xinwu_domain::calendar::Month;
use xinwu_domain::context::RequestContext;
use xinwu_domain::entity::Entity;
use xinwu_domain::estate::NamedEstate;
use xinwu_domain::household::{Dwelling, Household, HouseholdEdit, NewHousehold};
use xinwu_domain::kind::Kind;
use xinwu_domain::page::{Keys, Listed, Window};
use xinwu_domain::proposal::own_work;
use xinwu_domain::refusal::{Faults, Refusal, Situation};
use xinwu_domain::text::Text;
use xinwu_store::{Col, Conn, Result, Tx, on_each};

use crate::registers::audited::{with_all_new, with_changes};
use crate::registers::authorized::{self, Authorized, Owner, Resource, by_key, note};
use crate::registers::retirement::named;
use crate::registers::roster::{self, Entries};
use crate::registers::roster::{household_is_visible, phone_is_on_the_roster};
use crate::registers::second_person::require_other_person;
use crate::registers::{authors, estate, place};
use crate::schema::{estate as estates, household, household_phone, place_ancestor};

mod moved;

/// Which households.
#[derive(Debug, Clone)]
pub struct HouseholdQuery {
    /// Only this estate's; all of the actor's place without one.
    pub estate: Option<String>,
    /// Only this building, written as [`Dwelling`] does.
    pub building: Option<String>,
    /// Those that wait for an official's confirmation, or those that are dwellings.
    pub waiting: bool,
}

/// A household's row.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = household)]
pub struct Row {
    /// The id.
    pub id: String,
    estate: String,
    building: String,
    unit: String,
    room: String,
    waits: bool,
    added_by: Option<String>,
    version: i64,
    moved_from: Option<String>,
    moved_in: Option<Col<Month>>,
}

impl Row {
    /// Which dwelling it is.
    pub(crate) fn dwelling(&self) -> Dwelling {
        Dwelling { building: self.building.clone(), unit: self.unit.clone(), room: self.room.clone() }
    }
}

impl Resource for Row {
    const KIND: Kind = Kind::Household;
    const ENTITY: Option<Entity> = Some(Entity::Household);

    by_key!(household, household_is_visible!());

    fn owner(&self, conn: &mut Conn) -> Result<Owner> {
        Ok(Owner::place(estate::place_of(conn, &self.estate)?))
    }
}

/// Households of an estate that the actor reaches or of all of them, by estate, building, unit and
/// room.
///
/// # Errors
/// [`Refusal::NotFound`] for an estate outside the actor's place, [`Refusal::Forbidden`] for an
/// actor without a place.
pub fn list(
    conn: &mut Conn,
    warrant: &Warrant,
    query: &HouseholdQuery,
    window: &Window,
    today: NaiveDate,
) -> Result<Listed<Household>> {
    let own_place = warrant.own_place()?.to_owned();
    if let Some(code) = &query.estate {
        authorized::find::<estate::Row>(conn, warrant, code, today)?;
    }
    let filtered = || {
        let mut rows = household::table.filter(household_is_visible!()).into_boxed();
        rows = match &query.estate {
            Some(code) => rows.filter(household::estate.eq(code.clone())),
            None => {
                let within = estates::table
                    .inner_join(place_ancestor::table.on(place_ancestor::place.eq(estates::place)))
                    .filter(place_ancestor::ancestor.eq(own_place.clone()))
                    .select(estates::code);
                rows.filter(household::estate.eq_any(within))
            }
        };
        rows = match query.waiting {
            true => rows.filter(household::waits),
            false => rows.filter(diesel::dsl::not(household::waits)),
        };
        if let Some(building) = &query.building {
            rows = rows.filter(household::building.eq(building.clone()));
        }
        rows
    };
    let mut rows = filtered()
        .select(Row::as_select())
        .order((household::estate, household::building, household::unit, household::room))
        .limit(window.limit + 1);
    if let Some(after) = &window.after {
        let [estate, building, unit, room] = [0, 1, 2, 3].map(|position| after.get(position).to_owned());
        let same_unit = household::unit.eq(unit.clone()).and(household::room.gt(room));
        let same_building =
            household::building.eq(building.clone()).and(household::unit.gt(unit).or(same_unit));
        let same_estate =
            household::estate.eq(estate.clone()).and(household::building.gt(building).or(same_building));
        rows = rows.filter(household::estate.gt(estate).or(same_estate));
    }
    let page = Listed::from_rows(rows.load(conn)?, window, |row: &Row| {
        Keys::of([&row.estate, &row.building, &row.unit, &row.room])
    });
    let total = if window.count { Some(filtered().count().get_result(conn)?) } else { None };
    let phones = phones_of(conn, page.items.iter().map(|row| row.id.clone()).collect())?;
    let mut names: HashMap<String, NamedEstate> = HashMap::new();
    let mut items = Vec::with_capacity(page.items.len());
    for row in page.items {
        let estate = match names.get(&row.estate) {
            Some(name) => name.clone(),
            None => names.entry(row.estate.clone()).or_insert(estate::require(conn, &row.estate)?).clone(),
        };
        let count = phones.get(&row.id).copied().unwrap_or_default();
        items.push(view(row, estate, count));
    }
    Ok(Listed { items, next: page.next, total })
}

/// The dwellings of an estate by building, unit and room: what stands in the register, and nothing
/// of who lives there.
///
/// # Errors
/// [`Refusal::NotFound`] for an unknown estate.
pub fn dwellings(
    conn: &mut Conn,
    code: &str,
    building: Option<&str>,
    window: &Window,
) -> Result<Listed<Dwelling>> {
    estate::require(conn, code)?;
    let filtered = || {
        let rows = household::table
            .filter(household::estate.eq(code.to_owned()))
            .filter(household_is_visible!())
            .filter(diesel::dsl::not(household::waits))
            .into_boxed();
        match building {
            Some(building) => rows.filter(household::building.eq(building.to_owned())),
            None => rows,
        }
    };
    let mut rows = filtered()
        .select((household::building, household::unit, household::room))
        .order((household::building, household::unit, household::room))
        .limit(window.limit + 1);
    if let Some(after) = &window.after {
        let [building, unit, room] = [0, 1, 2].map(|position| after.get(position).to_owned());
        let same_unit = household::unit.eq(unit.clone()).and(household::room.gt(room));
        let same_building =
            household::building.eq(building.clone()).and(household::unit.gt(unit).or(same_unit));
        rows = rows.filter(household::building.gt(building).or(same_building));
    }
    let rows: Vec<(String, String, String)> = rows.load(conn)?;
    let page = Listed::from_rows(rows, window, |(building, unit, room)| Keys::of([building, unit, room]));
    let total = if window.count { Some(filtered().count().get_result(conn)?) } else { None };
    let page = page.map(|(building, unit, room)| Dwelling { building, unit, room });
    Ok(Listed { total, ..page })
}

/// One household with its version.
///
/// # Errors
/// [`Refusal::NotFound`]
pub fn get(conn: &mut Conn, id: &str) -> Result<(Household, i64)> {
    let row = Row::require(conn, id)?;
    let version = row.version;
    let estate = estate::require(conn, &row.estate)?;
    let count = phones_of(conn, vec![row.id.clone()])?.into_values().sum();
    Ok((view(row, estate, count), version))
}

/// Adds a household in an estate that the actor reaches. One more than the estate declares waits
/// for another official with the power to confirm. `phone_hashes` are the keyed
/// hashes of its phones.
///
/// # Errors
/// [`Refusal::Invalid`] for an unknown estate, [`Refusal::Conflict`] for a dwelling that has one,
/// [`Refusal::Forbidden`] outside the actor's place.
pub fn add(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    new: &NewHousehold,
    phone_hashes: &[String],
) -> Result<(Household, i64)> {
    let mut faults = Faults::default();
    let dwelling = faults.keep(new.dwelling())?;
    if let Some(estate) = faults.keep(named::<estate::Row>(tx.conn, &new.estate, "/estate"))? {
        place::require_reach(tx.conn, warrant, &estate.place)?;
    }
    let dwelling = faults.or_refuse(dwelling)?;
    let waits = roster::free_dwellings(tx.conn, &new.estate)? <= 0;
    let id = tx.random.id();
    diesel::insert_into(household::table)
        .values((
            household::id.eq(&id),
            household::estate.eq(&new.estate),
            household::building.eq(&dwelling.building),
            household::unit.eq(&dwelling.unit),
            household::room.eq(&dwelling.room),
            household::waits.eq(waits),
            household::added_by.eq(warrant.account_id()),
            household::version.eq(1_i64),
        ))
        .execute(tx.conn)?;
    keep_phones(tx, &new.estate, &id, phone_hashes)?;
    let detail = serde_json::json!({"estate": new.estate, "phones": phone_hashes.len(), "waits": waits});
    note::<Row>(tx, warrant, &id, &with_all_new(detail))?;
    get(tx.conn, &id)
}

/// Changes a household. With the edit come the keyed hashes of its phones, where it has any.
///
/// # Errors
/// [`Refusal::Stale`] when `version` is no longer the household's, and as [`get`] and [`add`];
/// [`Refusal::SecondNeeded`] for another address of a dwelling in which somebody verified lives.
pub fn edit(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    row: &Authorized<Row>,
    (edit, phone_hashes): &(HouseholdEdit, Option<Vec<String>>),
    _: RequestContext,
) -> Result<(Household, i64)> {
    let id: &str = &row.id;
    let (before, _) = get(tx.conn, id)?;
    let own = row.dwelling();
    let dwelling = edit.dwelling()?.unwrap_or_else(|| own.clone());
    let is_moved = dwelling != own;
    if is_moved {
        moved::require_phones_apart(tx, row, edit)?;
    }
    let (moved_from, moved_in) = match is_moved {
        true => moved::to(tx, row, &dwelling)?,
        false => (row.moved_from.clone(), row.moved_in),
    };
    // Who wrote what waits is not who lets it in.
    if let Some(author) = row.added_by.as_deref().filter(|_| row.waits) {
        authors::note_earlier(tx, Kind::Household, id, author)?;
    }
    diesel::update(household::table.find(id))
        .set((
            household::building.eq(&dwelling.building),
            household::unit.eq(&dwelling.unit),
            household::room.eq(&dwelling.room),
            household::moved_from.eq(moved_from),
            household::moved_in.eq(moved_in),
            household::added_by.eq(warrant.account_id()),
            household::version.eq(row.version + 1),
        ))
        .execute(tx.conn)?;
    if let Some(hashes) = phone_hashes {
        replace_phones(tx, &row.estate, id, hashes)?;
    }
    let detail = serde_json::json!({
        "moved": is_moved.then(|| serde_json::json!({"from": own, "to": dwelling})), "phones": phone_hashes.as_ref().map(Vec::len)
    });
    let (view, version) = get(tx.conn, id)?;
    note::<Row>(tx, warrant, id, &with_changes(detail, &before, &view)?)?;
    if is_moved {
        moved::require_second(tx, warrant, row, edit, (Some(&before), &view))?;
    }
    Ok((view, version))
}

/// Confirms a household that waits: it is a dwelling from now on.
///
/// # Errors
/// [`Refusal::NotFound`] outside the actor's place, [`Refusal::Forbidden`] without the power to
/// confirm and for its authors, [`Refusal::Stale`], [`Refusal::Conflict`] when it does not wait.
pub fn confirm(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    row: &Authorized<Row>,
    (): &(),
    _: RequestContext,
) -> Result<(Household, i64)> {
    let id: &str = &row.id;
    if !row.waits {
        let text = Text::new("该住户无需确认", "This household does not wait for confirmation");
        let situation = Situation::new("entered", &[Operation::EditHousehold]);
        return Err(Refusal::conflict("not_waiting", text).of_state(situation).into());
    }
    confirm_waiting(tx, warrant, row)?;
    note::<Row>(tx, warrant, id, &serde_json::json!({"estate": row.estate}))?;
    get(tx.conn, id)
}

/// Makes a household that waits a dwelling.
///
/// # Errors
/// [`Refusal::Forbidden`] for who added it, and for whoever changed it since.
pub(crate) fn confirm_waiting(tx: &mut Tx<'_>, warrant: &Warrant, row: &Authorized<Row>) -> Result<()> {
    let id = row.id.as_str();
    let last: Option<String> = household::table.find(id).select(household::added_by).first(tx.conn)?;
    let earlier = authors::earlier(tx.conn, Kind::Household, id)?;
    require_other_person(tx.conn, warrant, earlier.iter().chain(&last), own_work)?;
    diesel::update(household::table.find(id)).set(household::waits.eq(false)).execute(tx.conn)?;
    touch(tx, id)
}

/// A household, its roster included, is no longer what somebody has read of it.
pub(crate) fn touch(tx: &mut Tx<'_>, id: &str) -> Result<()> {
    diesel::update(household::table.find(id))
        .set(household::version.eq(household::version + 1))
        .execute(tx.conn)?;
    tx.changed(Entity::Household, id);
    Ok(())
}

/// The roster is these phones; whose entry stays keeps the month from which it may rate.
fn replace_phones(tx: &mut Tx<'_>, estate: &str, id: &str, hashes: &[String]) -> Result<()> {
    let staying: BTreeSet<String> = household_phone::table
        .filter(household_phone::household_id.eq(id))
        .filter(household_phone::phone_hash.eq_any(hashes))
        .filter(phone_is_on_the_roster!())
        .select(household_phone::phone_hash)
        .load(tx.conn)?
        .into_iter()
        .collect();
    // Also what an import under way adds or ends: this edit is the later word.
    diesel::delete(household_phone::table)
        .filter(household_phone::household_id.eq(id))
        .filter(household_phone::phone_hash.ne_all(&staying))
        .execute(tx.conn)?;
    // The entries are this edit's from now on: no file that brought one takes it back.
    diesel::update(household_phone::table.filter(household_phone::household_id.eq(id)))
        .set((household_phone::ended_by.eq(None::<String>), household_phone::added_by.eq(None::<String>)))
        .execute(tx.conn)?;
    let new: Vec<String> = hashes.iter().filter(|hash| !staying.contains(*hash)).cloned().collect();
    keep_phones(tx, estate, id, &new)
}

fn keep_phones(tx: &mut Tx<'_>, estate: &str, id: &str, hashes: &[String]) -> Result<()> {
    let hashes: BTreeSet<&str> = hashes.iter().map(String::as_str).collect();
    if hashes.is_empty() {
        return Ok(());
    }
    let listed: Vec<&str> = hashes.iter().copied().collect();
    let dwellings = roster::dwellings_of(tx.conn, estate, &listed)?;
    if dwellings.values().any(|count| *count >= roster::MOST_DWELLINGS) {
        return Err(roster::phone_on_many_dwellings().into());
    }
    let entries = Entries::of(tx, &BTreeSet::from([estate]), &[id])?;
    roster::note_first_rosters(tx, std::iter::once(estate))?;
    let rates_from = entries.rates_from(estate, id).map(Col);
    let rows: Vec<_> = hashes
        .into_iter()
        .map(|hash| {
            (
                household_phone::household_id.eq(id),
                household_phone::phone_hash.eq(hash),
                household_phone::rates_from.eq(rates_from),
            )
        })
        .collect();
    on_each!(&mut *tx.conn, |conn| diesel::insert_into(household_phone::table).values(&rows).execute(conn))?;
    Ok(())
}

fn phones_of(conn: &mut Conn, ids: Vec<String>) -> Result<HashMap<String, i64>> {
    let rows: Vec<(String, i64)> = household_phone::table
        .filter(household_phone::household_id.eq_any(ids))
        .filter(phone_is_on_the_roster!())
        .group_by(household_phone::household_id)
        .select((household_phone::household_id, diesel::dsl::count_star()))
        .load(conn)?;
    Ok(rows.into_iter().collect())
}

fn view(row: Row, estate: NamedEstate, phones: i64) -> Household {
    let Row { id, building, unit, room, waits, .. } = row;
    Household { id, estate, building, unit, room, phones, waits }
}
