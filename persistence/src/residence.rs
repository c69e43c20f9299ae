//! Residences: claims to dwellings, verified by the roster or by an official.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use xinwu_domain::access::Actor;
use xinwu_domain::estate::EstateName;
use xinwu_domain::household::Dwelling;
use xinwu_domain::page::{Keys, Listed, Window};
use xinwu_domain::refusal::Refusal;
use xinwu_domain::residence::{MOST_RESIDENCES, Residence, ResidenceClaim, ResidenceStatus};
use xinwu_domain::text::Text;

use crate::import::{household_is_visible, phone_is_on_the_roster};
use crate::schema::{account, estate, household, household_phone, place_ancestor, residence};
use crate::{Conn, Entity, Result, StoreError, Tx, place};

/// The claims that still stand.
const OPEN: [&str; 2] = ["pending", "verified"];

#[derive(Queryable, Selectable)]
#[diesel(table_name = residence)]
struct Row {
    id: String,
    account_id: String,
    estate: String,
    building: String,
    unit: String,
    room: String,
    household_id: Option<String>,
    status: String,
    requested_at: NaiveDateTime,
    decided_at: Option<NaiveDateTime>,
    reason: Option<String>,
    version: i64,
}

/// What a residence says of whom its account may rate. A person has few homes and an estate many, so they are read by their account and looked at here: a database
/// without statistics would read the estate's.
#[derive(Queryable, Selectable)]
#[diesel(table_name = residence)]
pub(crate) struct Home {
    estate: String,
    status: String,
    household_id: Option<String>,
}

impl Home {
    /// Its household, if it is in this estate and verified.
    pub fn household_in(self, estate: &str) -> Option<String> {
        self.household_id
            .filter(|_| self.estate == estate && self.status == ResidenceStatus::Verified.as_str())
    }
}

/// A claim with the claimant's phone still encrypted: whoever has the key shows its end.
#[derive(Debug, Clone)]
pub struct SealedClaim {
    /// The claim, without the end of the phone.
    pub claim: ResidenceClaim,
    /// The account under whose id the phone is encrypted.
    pub account_id: String,
    /// The phone, encrypted.
    pub phone: Option<Vec<u8>>,
}

/// Which claims an official looks at.
#[derive(Debug, Clone, Default)]
pub struct ClaimQuery {
    /// Only these.
    pub status: Option<ResidenceStatus>,
    /// Only this estate's.
    pub estate: Option<String>,
}

/// Claims a dwelling: verified at once when the roster has the account's phone for that household, else pending.
///
/// # Errors
/// [`Refusal::Invalid`] for an unknown estate; [`Refusal::Conflict`] when the claim stands already or there are too many.
pub fn claim(tx: &mut Tx<'_>, actor: &Actor, estate: &str, dwelling: &Dwelling) -> Result<(Residence, i64)> {
    let known: i64 = estate::table.find(estate).count().get_result(tx.conn)?;
    if known == 0 {
        let text = Text::new("没有这个小区", "There is no such estate");
        return Err(Refusal::invalid("/estate", "unknown_estate", text).into());
    }
    let open: i64 = residence::table
        .filter(residence::account_id.eq(&actor.account_id))
        .filter(residence::status.eq_any(OPEN))
        .count()
        .get_result(tx.conn)?;
    if open >= MOST_RESIDENCES {
        let text = Text::new(
            format!("最多同时绑定{MOST_RESIDENCES}处住房"),
            format!("At most {MOST_RESIDENCES} dwellings at once"),
        );
        return Err(Refusal::conflict("too_many_residences", text).into());
    }
    let household = find_household(tx.conn, estate, dwelling)?;
    let is_in_roster = match &household {
        Some(household) => has_phone_of(tx.conn, household, &actor.account_id)?,
        None => false,
    };
    let status = if is_in_roster { ResidenceStatus::Verified } else { ResidenceStatus::Pending };
    let id = tx.random.id();
    // Two equal claims at once: the unique index over open claims lets one through.
    diesel::insert_into(residence::table)
        .values((
            residence::id.eq(&id),
            residence::account_id.eq(&actor.account_id),
            residence::estate.eq(estate),
            residence::building.eq(&dwelling.building),
            residence::unit.eq(&dwelling.unit),
            residence::room.eq(&dwelling.room),
            residence::household_id.eq(&household),
            residence::status.eq(status.as_str()),
            residence::requested_at.eq(tx.now_utc()),
            residence::decided_at.eq(is_in_roster.then(|| tx.now_utc())),
            residence::version.eq(1_i64),
        ))
        .execute(tx.conn)?;
    tx.changed(Entity::Account, &actor.account_id);
    get(tx.conn, &actor.account_id, &id)
}

/// An account's residences, the latest claim first.
///
/// # Errors
/// Those of the database.
pub fn list(conn: &mut Conn, account_id: &str, window: &Window) -> Result<Listed<Residence>> {
    let own = || residence::table.filter(residence::account_id.eq(account_id.to_owned())).into_boxed();
    let mut query = own().select(Row::as_select()).order(residence::id.desc()).limit(window.limit + 1);
    if let Some(after) = &window.after {
        query = query.filter(residence::id.lt(after.get(0).to_owned()));
    }
    let page = Listed::from_rows(query.load(conn)?, window, |row: &Row| Keys::of([&row.id]));
    let total = if window.count { Some(own().count().get_result(conn)?) } else { None };
    let items = views(conn, page.items)?;
    Ok(Listed { items, next: page.next, total })
}

/// One of an account's residences.
///
/// # Errors
/// [`Refusal::NotFound`]
pub fn get(conn: &mut Conn, account_id: &str, id: &str) -> Result<(Residence, i64)> {
    let row = find(conn, id)?;
    if row.account_id != account_id {
        return Err(not_found());
    }
    let version = row.version;
    Ok((view(conn, row)?, version))
}

/// Ends a residence or takes a claim back. What was rated meanwhile stays.
///
/// # Errors
/// [`Refusal::NotFound`] when it is not the account's, or has ended or been refused before.
pub fn end(tx: &mut Tx<'_>, actor: &Actor, id: &str, version: Option<i64>) -> Result<()> {
    let row = find(tx.conn, id)?;
    if row.account_id != actor.account_id || !OPEN.contains(&row.status.as_str()) {
        return Err(not_found());
    }
    if version.is_some_and(|version| version != row.version) {
        return Err(Refusal::Stale.into());
    }
    decide(tx, &row, ResidenceStatus::Ended, row.household_id.as_deref(), actor, None)
}

/// Claims in the official's own place, the oldest first.
///
/// # Errors
/// [`Refusal::Forbidden`] for an account without a place.
pub fn list_claims(
    conn: &mut Conn,
    actor: &Actor,
    query: &ClaimQuery,
    window: &Window,
) -> Result<Listed<SealedClaim>> {
    let own_place = actor.own_place()?.to_owned();
    let wanted = || {
        let mut rows = residence::table
            .inner_join(estate::table.on(estate::code.eq(residence::estate)))
            .inner_join(place_ancestor::table.on(place_ancestor::place.eq(estate::place)))
            .filter(place_ancestor::ancestor.eq(own_place.clone()))
            .into_boxed();
        if let Some(status) = query.status {
            rows = rows.filter(residence::status.eq(status.as_str()));
        }
        if let Some(estate) = &query.estate {
            rows = rows.filter(residence::estate.eq(estate.clone()));
        }
        rows
    };
    let mut rows = wanted().select(Row::as_select()).order(residence::id).limit(window.limit + 1);
    if let Some(after) = &window.after {
        rows = rows.filter(residence::id.gt(after.get(0).to_owned()));
    }
    let page = Listed::from_rows(rows.load(conn)?, window, |row: &Row| Keys::of([&row.id]));
    let total = if window.count { Some(wanted().count().get_result(conn)?) } else { None };
    let mut items = Vec::with_capacity(page.items.len());
    for row in page.items {
        items.push(sealed(conn, row)?);
    }
    Ok(Listed { items, next: page.next, total })
}

/// One claim of the official's own place.
///
/// # Errors
/// [`Refusal::NotFound`], also outside the official's place.
pub fn get_claim(conn: &mut Conn, actor: &Actor, id: &str) -> Result<(SealedClaim, i64)> {
    let row = find_in_reach(conn, actor, id)?;
    let version = row.version;
    Ok((sealed(conn, row)?, version))
}

/// Approves a claim. A household that the roster lacks is added to it, without a phone.
///
/// # Errors
/// [`Refusal::NotFound`] outside the official's place, [`Refusal::Stale`], [`Refusal::Conflict`] when it was decided before.
pub fn approve(tx: &mut Tx<'_>, actor: &Actor, id: &str, version: Option<i64>) -> Result<(SealedClaim, i64)> {
    let row = pending(tx.conn, actor, id, version)?;
    let dwelling =
        Dwelling { building: row.building.clone(), unit: row.unit.clone(), room: row.room.clone() };
    let known = find_household(tx.conn, &row.estate, &dwelling)?;
    let is_new = known.is_none();
    let household = match known {
        Some(household) => household,
        None => add_household(tx, &row.estate, &dwelling)?,
    };
    decide(tx, &row, ResidenceStatus::Verified, Some(&household), actor, None)?;
    let detail = serde_json::json!({"household": household, "household_added": is_new});
    tx.audit(actor, "approve_residence", "residence", id, &detail)?;
    get_claim(tx.conn, actor, id)
}

/// Refuses a claim, with the reason that the resident reads.
///
/// # Errors
/// Those of [`approve`].
pub fn refuse(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: &str,
    version: Option<i64>,
    reason: &str,
) -> Result<(SealedClaim, i64)> {
    let row = pending(tx.conn, actor, id, version)?;
    decide(tx, &row, ResidenceStatus::Refused, row.household_id.as_deref(), actor, Some(reason))?;
    tx.audit(actor, "refuse_residence", "residence", id, &serde_json::json!({"reason": reason}))?;
    get_claim(tx.conn, actor, id)
}

fn find(conn: &mut Conn, id: &str) -> Result<Row> {
    residence::table.find(id).select(Row::as_select()).first(conn).optional()?.ok_or_else(not_found)
}

fn not_found() -> StoreError {
    Refusal::NotFound { what: "residence" }.into()
}

fn find_in_reach(conn: &mut Conn, actor: &Actor, id: &str) -> Result<Row> {
    let row = find(conn, id)?;
    let place: String = estate::table.find(&row.estate).select(estate::place).first(conn)?;
    place::require_sight(conn, actor, &place, "residence")?;
    Ok(row)
}

fn pending(conn: &mut Conn, actor: &Actor, id: &str, version: Option<i64>) -> Result<Row> {
    let row = find_in_reach(conn, actor, id)?;
    if version.is_some_and(|version| version != row.version) {
        return Err(Refusal::Stale.into());
    }
    if row.status != ResidenceStatus::Pending.as_str() {
        let text = Text::new("该申请已处理", "This claim has been decided already");
        return Err(Refusal::conflict("already_decided", text).into());
    }
    Ok(row)
}

fn decide(
    tx: &mut Tx<'_>,
    row: &Row,
    status: ResidenceStatus,
    household: Option<&str>,
    actor: &Actor,
    reason: Option<&str>,
) -> Result<()> {
    diesel::update(residence::table.find(&row.id))
        .set((
            residence::status.eq(status.as_str()),
            residence::household_id.eq(household),
            residence::decided_at.eq(tx.now_utc()),
            residence::decided_by.eq(&actor.account_id),
            residence::reason.eq(reason),
            residence::version.eq(row.version + 1),
        ))
        .execute(tx.conn)?;
    tx.changed(Entity::Account, &row.account_id);
    Ok(())
}

fn find_household(conn: &mut Conn, estate: &str, dwelling: &Dwelling) -> Result<Option<String>> {
    Ok(household::table
        .filter(household::estate.eq(estate))
        .filter(household::building.eq(&dwelling.building))
        .filter(household::unit.eq(&dwelling.unit))
        .filter(household::room.eq(&dwelling.room))
        .filter(household_is_visible!())
        .select(household::id)
        .first(conn)
        .optional()?)
}

fn add_household(tx: &mut Tx<'_>, estate: &str, dwelling: &Dwelling) -> Result<String> {
    let id = tx.random.id();
    diesel::insert_into(household::table)
        .values((
            household::id.eq(&id),
            household::estate.eq(estate),
            household::building.eq(&dwelling.building),
            household::unit.eq(&dwelling.unit),
            household::room.eq(&dwelling.room),
            household::version.eq(1_i64),
        ))
        .execute(tx.conn)?;
    tx.changed(Entity::Household, &id);
    Ok(id)
}

fn has_phone_of(conn: &mut Conn, household: &str, account_id: &str) -> Result<bool> {
    let found: i64 = household_phone::table
        .inner_join(account::table.on(account::phone_hash.eq(household_phone::phone_hash.nullable())))
        .filter(household_phone::household_id.eq(household))
        .filter(phone_is_on_the_roster!())
        .filter(account::id.eq(account_id))
        .count()
        .get_result(conn)?;
    Ok(found > 0)
}

fn views(conn: &mut Conn, rows: Vec<Row>) -> Result<Vec<Residence>> {
    let mut views = Vec::with_capacity(rows.len());
    for row in rows {
        views.push(view(conn, row)?);
    }
    Ok(views)
}

fn view(conn: &mut Conn, row: Row) -> Result<Residence> {
    let status = ResidenceStatus::parse(&row.status)
        .ok_or_else(|| StoreError::internal(format!("residence {} has status {}", row.id, row.status)))?;
    let name: String = estate::table.find(&row.estate).select(estate::name).first(conn)?;
    Ok(Residence {
        id: row.id,
        estate: EstateName { code: row.estate, name },
        building: row.building,
        unit: row.unit,
        room: row.room,
        status,
        requested_at: row.requested_at.and_utc(),
        decided_at: row.decided_at.map(|at| at.and_utc()),
        reason: row.reason,
    })
}

fn sealed(conn: &mut Conn, row: Row) -> Result<SealedClaim> {
    let dwelling =
        Dwelling { building: row.building.clone(), unit: row.unit.clone(), room: row.room.clone() };
    let in_roster = find_household(conn, &row.estate, &dwelling)?.is_some();
    let phone: Option<Option<Vec<u8>>> =
        account::table.find(&row.account_id).select(account::phone_encrypted).first(conn).optional()?;
    let account_id = row.account_id.clone();
    let claim = ResidenceClaim { residence: view(conn, row)?, in_roster, phone_ending: None };
    Ok(SealedClaim { claim, account_id, phone: phone.flatten() })
}
