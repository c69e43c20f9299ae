//! Households and their roster. Phones come here as keyed hashes only, and never leave.

use std::collections::{BTreeSet, HashMap};

use diesel::prelude::*;
use xinwu_domain::access::Actor;
use xinwu_domain::estate::EstateName;
use xinwu_domain::household::{Dwelling, Household};
use xinwu_domain::page::{Keys, Listed, Window};
use xinwu_domain::refusal::Refusal;
use xinwu_domain::text::Text;

use crate::dialect::on_each;
use crate::import::{household_is_visible, phone_is_on_the_roster};
use crate::schema::{household, household_phone};
use crate::{Conn, Entity, Result, StoreError, Tx, estate, place};

/// What a new household is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewHousehold {
    /// The code of the estate.
    pub estate: String,
    /// Which dwelling.
    pub dwelling: Dwelling,
    /// Keyed hashes of the roster's phones.
    pub phone_hashes: Vec<String>,
}

/// What may change in a household; `None` leaves it as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HouseholdEdit {
    /// Which dwelling.
    pub dwelling: Option<Dwelling>,
    /// Keyed hashes of all the roster's phones.
    pub phone_hashes: Option<Vec<String>>,
}

/// Which households.
#[derive(Debug, Clone)]
pub struct HouseholdQuery {
    /// The code of the estate.
    pub estate: String,
    /// Only this building, written as [`Dwelling`] does.
    pub building: Option<String>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = household)]
struct Row {
    id: String,
    estate: String,
    building: String,
    unit: String,
    room: String,
    version: i64,
}

/// Households of an estate that the actor reaches, by building, unit and room.
///
/// # Errors
/// [`Refusal::NotFound`] for an estate outside the actor's place, and those of the database.
pub fn list(
    conn: &mut Conn,
    actor: &Actor,
    query: &HouseholdQuery,
    window: &Window,
) -> Result<Listed<Household>> {
    let place = estate::place_of(conn, &query.estate)?;
    place::require_sight(conn, actor, &place, "estate")?;
    let estate = estate::require(conn, &query.estate)?;
    let filtered = || {
        let mut rows = household::table
            .filter(household::estate.eq(query.estate.clone()))
            .filter(household_is_visible!())
            .into_boxed();
        if let Some(building) = &query.building {
            rows = rows.filter(household::building.eq(building.clone()));
        }
        rows
    };
    let mut rows = filtered()
        .select(Row::as_select())
        .order((household::building, household::unit, household::room))
        .limit(window.limit + 1);
    if let Some(after) = &window.after {
        let [building, unit, room] = [0, 1, 2].map(|place| after.get(place).to_owned());
        rows =
            rows.filter(household::building.gt(building.clone()).or(household::building.eq(building).and(
                household::unit.gt(unit.clone()).or(household::unit.eq(unit).and(household::room.gt(room))),
            )));
    }
    let page = Listed::from_rows(rows.load(conn)?, window, |row: &Row| {
        Keys::of([&row.building, &row.unit, &row.room])
    });
    let total = if window.count { Some(filtered().count().get_result(conn)?) } else { None };
    let phones = phones_of(conn, page.items.iter().map(|row| row.id.clone()).collect())?;
    let page = page.map(|row| {
        let count = phones.get(&row.id).copied().unwrap_or_default();
        view(row, estate.clone(), count)
    });
    Ok(Listed { total, ..page })
}

/// One household with its version, for an actor who reaches its estate.
///
/// # Errors
/// [`Refusal::NotFound`], also outside the actor's place; those of the database.
pub fn get(conn: &mut Conn, actor: &Actor, id: &str) -> Result<(Household, i64)> {
    let row = find(conn, actor, id)?;
    let version = row.version;
    let estate = estate::require(conn, &row.estate)?;
    let count = phones_of(conn, vec![row.id.clone()])?.into_values().sum();
    Ok((view(row, estate, count), version))
}

/// Adds a household in an estate that the actor reaches.
///
/// # Errors
/// [`Refusal::Invalid`] for an unknown estate, [`Refusal::Conflict`] for a dwelling that has one, [`Refusal::Forbidden`] outside the actor's place.
pub fn add(tx: &mut Tx<'_>, actor: &Actor, new: &NewHousehold) -> Result<(Household, i64)> {
    let place = estate::place_of(tx.conn, &new.estate).map_err(|error| match error {
        StoreError::Refused(_) => {
            let text = Text::new("没有这个小区", "There is no such estate");
            Refusal::invalid("/estate", "unknown_estate", text).into()
        }
        other => other,
    })?;
    place::require_reach(tx.conn, actor, &place)?;
    let id = tx.random.id();
    diesel::insert_into(household::table)
        .values((
            household::id.eq(&id),
            household::estate.eq(&new.estate),
            household::building.eq(&new.dwelling.building),
            household::unit.eq(&new.dwelling.unit),
            household::room.eq(&new.dwelling.room),
            household::version.eq(1_i64),
        ))
        .execute(tx.conn)?;
    keep_phones(tx, &id, &new.phone_hashes)?;
    let detail = serde_json::json!({"estate": new.estate, "phones": new.phone_hashes.len()});
    tx.audit(actor, "add_household", "household", &id, &detail)?;
    tx.changed(Entity::Household, &id);
    get(tx.conn, actor, &id)
}

/// Changes a household.
///
/// # Errors
/// [`Refusal::Stale`] when `version` is no longer the household's, and those of [`get`] and [`add`].
pub fn edit(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: &str,
    version: Option<i64>,
    edit: &HouseholdEdit,
) -> Result<(Household, i64)> {
    let row = find(tx.conn, actor, id)?;
    if version.is_some_and(|version| version != row.version) {
        return Err(Refusal::Stale.into());
    }
    let own = Dwelling { building: row.building, unit: row.unit, room: row.room };
    let dwelling = edit.dwelling.as_ref().unwrap_or(&own);
    diesel::update(household::table.find(id))
        .set((
            household::building.eq(&dwelling.building),
            household::unit.eq(&dwelling.unit),
            household::room.eq(&dwelling.room),
            household::version.eq(row.version + 1),
        ))
        .execute(tx.conn)?;
    if let Some(hashes) = &edit.phone_hashes {
        diesel::delete(household_phone::table.filter(household_phone::household_id.eq(id)))
            .execute(tx.conn)?;
        keep_phones(tx, id, hashes)?;
    }
    let detail = serde_json::json!({
        "moved": edit.dwelling.is_some(), "phones": edit.phone_hashes.as_ref().map(Vec::len)
    });
    tx.audit(actor, "edit_household", "household", id, &detail)?;
    tx.changed(Entity::Household, id);
    get(tx.conn, actor, id)
}

fn find(conn: &mut Conn, actor: &Actor, id: &str) -> Result<Row> {
    let row = household::table
        .find(id)
        .filter(household_is_visible!())
        .select(Row::as_select())
        .first(conn)
        .optional()?;
    let row: Row = row.ok_or(Refusal::NotFound { what: "household" })?;
    let place = estate::place_of(conn, &row.estate)?;
    place::require_sight(conn, actor, &place, "household")?;
    Ok(row)
}

fn keep_phones(tx: &mut Tx<'_>, id: &str, hashes: &[String]) -> Result<()> {
    let hashes: BTreeSet<&String> = hashes.iter().collect();
    if hashes.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> = hashes
        .into_iter()
        .map(|hash| (household_phone::household_id.eq(id), household_phone::phone_hash.eq(hash)))
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

fn view(row: Row, estate: EstateName, phones: i64) -> Household {
    Household { id: row.id, estate, building: row.building, unit: row.unit, room: row.room, phones }
}
