//! Residences: claims to dwellings, verified by the roster or by an official.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use xinwu_domain::access::Actor;
use xinwu_domain::calendar::Month;
use xinwu_domain::estate::EstateName;
use xinwu_domain::household::Dwelling;
use xinwu_domain::notice::NoticeKind;
use xinwu_domain::page::{Keys, Listed, Window};
use xinwu_domain::refusal::Refusal;
use xinwu_domain::residence::{MOST_RESIDENCES, Residence, ResidenceClaim, ResidenceStatus};
use xinwu_domain::text::Text;

use crate::import::{household_is_visible, phone_is_on_the_roster};
use crate::notice::{Addressed, tell};
use crate::schema::{account, estate, household, household_phone, place_ancestor, residence};
use crate::{
    Conn, Entity, MonthKeys, Result, StoreError, Tx, burst, household as households, place, rating, roster,
};

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
    rates_from: Option<String>,
    end_asked_by: Option<String>,
    end_reason: Option<String>,
    version: i64,
}

impl Row {
    fn addressed(&self) -> Addressed<'_> {
        let Row { account_id, estate, building, unit, room, .. } = self;
        Addressed { account_id, estate, building, unit, room }
    }

    fn dwelling(&self) -> Dwelling {
        Dwelling { building: self.building.clone(), unit: self.unit.clone(), room: self.room.clone() }
    }
}

/// What a residence says of whom its account may rate. A person has few homes and an estate many, so they are read by their account and looked at here: a database
/// without statistics would read the estate's.
#[derive(Queryable, Selectable)]
#[diesel(table_name = residence)]
pub(crate) struct Home {
    estate: String,
    status: String,
    household_id: Option<String>,
    rates_from: Option<String>,
}

impl Home {
    /// The household, where the account is a verified resident of the estate, whatever month it rates from.
    pub(crate) fn verified(&self, estate: &str) -> Option<&str> {
        let is_verified = self.status == ResidenceStatus::Verified.as_str() && self.estate == estate;
        self.household_id.as_deref().filter(|_| is_verified)
    }
}

/// The households for which a person may rate a project of an estate in a month, the longest known
/// first. Who may is decided here alone, when a rating is given: "verified, by a roster entry or an
/// approval older than the month (an estate's first roster counts at once), not staff".
///
/// # Errors
/// [`Refusal::Forbidden`] with what the person can do about it.
pub(crate) fn may_rate(homes: &[Home], estate: &str, month: Month, is_staff: bool) -> Result<Vec<String>> {
    let (mut households, mut earliest, mut is_pending) = (Vec::new(), None::<Month>, false);
    for home in homes.iter().filter(|home| home.estate == estate) {
        match (ResidenceStatus::parse(&home.status), &home.household_id) {
            (Some(ResidenceStatus::Verified), Some(household)) => {
                match stored_month(home.rates_from.as_deref())? {
                    Some(from) if from > month => {
                        earliest = Some(earliest.map_or(from, |earliest| earliest.min(from)));
                    }
                    _ => households.push(household.clone()),
                }
            }
            (Some(ResidenceStatus::Pending), _) => is_pending = true,
            _ => {}
        }
    }
    match earliest {
        None if households.is_empty() && is_pending => Err(not_verified_yet().into()),
        None if households.is_empty() => Err(not_a_resident().into()),
        _ if is_staff => Err(staff_may_not_rate().into()),
        Some(from) if households.is_empty() => Err(rates_from_next_month(from).into()),
        _ => Ok(households),
    }
}

pub(crate) fn not_a_resident() -> Refusal {
    let text = Text::new(
        "只有该小区经核实的居民可以评价",
        "Only verified residents of the project's estate may rate it",
    );
    Refusal::forbidden("not_a_resident", text)
}

fn not_verified_yet() -> Refusal {
    let text = Text::new(
        "您的住房绑定申请尚未经社区核实，核实后自次月起可以评价",
        "The community has not verified your claim to a dwelling yet; once it has, you may rate from the month after",
    );
    Refusal::forbidden("not_verified_yet", text)
}

fn rates_from_next_month(from: Month) -> Refusal {
    let text = Text::new(
        format!("您的住房刚经核实，可以评价{}年{}月及以后的服务", from.year(), from.number()),
        format!("Your dwelling has only just been verified: you may rate the months from {from} on"),
    );
    Refusal::forbidden("rates_from_next_month", text)
}

fn staff_may_not_rate() -> Refusal {
    let text = Text::new("企业员工不得评价本企业的项目", "A firm's staff may not rate its projects");
    Refusal::forbidden("staff_may_not_rate", text)
}

fn stored_month(text: Option<&str>) -> Result<Option<Month>> {
    let read =
        |text: &str| text.parse().map_err(|_| StoreError::internal(format!("a stored month is {text}")));
    text.map(read).transpose()
}

/// What became of an official's wish to end a residence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// It has ended.
    Done,
    /// A burst of the estate is held: a second official ends it.
    Asked,
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
    /// Only those whose end a second official is asked for.
    pub end_asked: bool,
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
    let household = find_household(tx.conn, estate, dwelling)?.filter(|household| !household.waits);
    let household = household.map(|household| household.id);
    let on_roster = match &household {
        Some(household) => roster_entry(tx.conn, household, &actor.account_id)?,
        None => None,
    };
    let (is_in_roster, rates_from) = match (&household, on_roster) {
        (Some(household), Some(entry)) => {
            let is_joined = tell_the_others(tx, household, &actor.account_id)?;
            // Who stands on the first roster rates at once, whoever of the dwelling signs in first.
            let rates_from = match entry.rates_from {
                Some(from) if is_joined => Some(from.max(roster::next_month(tx)?)),
                from => from,
            };
            (true, rates_from)
        }
        _ => (false, None),
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
            residence::rates_from.eq(rates_from),
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
    require_version(&row, version)?;
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
        if query.end_asked {
            rows = rows.filter(residence::end_asked_by.is_not_null());
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

/// Approves a claim. A household that the register lacks is added to it, without a phone.
///
/// # Errors
/// [`Refusal::NotFound`] outside the official's place, [`Refusal::Stale`], [`Refusal::Conflict`]
/// when it was decided before, and when it is to a dwelling more than the estate declares and the
/// official may not confirm that.
pub fn approve(tx: &mut Tx<'_>, actor: &Actor, id: &str, version: Option<i64>) -> Result<(SealedClaim, i64)> {
    let row = pending(tx.conn, actor, id, version)?;
    let known = find_household(tx.conn, &row.estate, &row.dwelling())?;
    let is_new = known.is_none();
    let is_one_too_many = match &known {
        Some(household) => household.waits,
        None => roster::free_dwellings(tx.conn, &row.estate)? <= 0,
    };
    if is_one_too_many && !actor.can_confirm {
        return Err(roster::register_full().into());
    }
    let household = match known {
        Some(household) => household.id,
        None => add_household(tx, &row.estate, &row.dwelling())?,
    };
    if is_one_too_many && !is_new {
        households::let_in(tx, &household)?;
    }
    tell_the_others(tx, &household, &row.account_id)?;
    decide(tx, &row, ResidenceStatus::Verified, Some(&household), actor, None)?;
    let from = roster::next_month(tx)?;
    diesel::update(residence::table.find(id)).set(residence::rates_from.eq(from)).execute(tx.conn)?;
    let detail = serde_json::json!({
        "household": household, "household_added": is_new, "beyond_declared": is_one_too_many
    });
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

/// Ends a verified residence, with the reason that the resident is told: from now on nobody rates
/// by it, and what was rated stays. The phone goes off the dwelling's roster, or the next claim
/// would be verified at once. While a burst of a project of the estate is held it takes two: one
/// official asks, and another with the power to confirm ends it.
///
/// # Errors
/// [`Refusal::NotFound`] outside the official's place, [`Refusal::Stale`], [`Refusal::Conflict`]
/// when it is not verified, and when a second official must end it.
pub fn end_by_official(
    tx: &mut Tx<'_>,
    keys: &MonthKeys,
    actor: &Actor,
    id: &str,
    version: Option<i64>,
    reason: &str,
) -> Result<(SealedClaim, i64, Ended)> {
    let row = find_in_reach(tx.conn, actor, id)?;
    require_version(&row, version)?;
    let is_held = burst::is_held_at(tx.conn, &row.estate)?;
    // Who leaves meanwhile does not save what is held.
    let has_left = row.status == ResidenceStatus::Ended.as_str() && row.household_id.is_some();
    if row.status != ResidenceStatus::Verified.as_str() && !(is_held && has_left) {
        let text = Text::new("只能终止已核实的住房绑定记录", "Only a verified residence can be ended");
        return Err(Refusal::conflict("not_verified", text).into());
    }
    let ended = match &row.end_asked_by {
        None if is_held => Ended::Asked,
        Some(first) if is_held && (*first == actor.account_id || !actor.can_confirm) => {
            return Err(second_official_needed().into());
        }
        _ => Ended::Done,
    };
    let detail = serde_json::json!({"reason": reason, "asked_by": &row.end_asked_by});
    match ended {
        Ended::Asked => {
            diesel::update(residence::table.find(id))
                .set((
                    residence::end_asked_by.eq(&actor.account_id),
                    residence::end_reason.eq(reason),
                    residence::version.eq(row.version + 1),
                ))
                .execute(tx.conn)?;
            tx.audit(actor, "ask_to_end_residence", "residence", id, &detail)?;
        }
        Ended::Done => {
            // Ratings that were given stay, but for what is held.
            if is_held && let Some(dwelling) = dwelling_of(tx.conn, &row)? {
                rating::drop_held(tx, keys, &row.account_id, &row.estate, &dwelling)?;
            }
            take_off_the_roster(tx, &row)?;
            let household = row.household_id.as_deref();
            decide(tx, &row, ResidenceStatus::Ended, household, actor, Some(reason))?;
            tell(tx, &row.addressed(), NoticeKind::ResidenceEnded, Some(reason))?;
            tx.audit(actor, "end_admin_residence", "residence", id, &detail)?;
        }
    }
    let (claim, version) = get_claim(tx.conn, actor, id)?;
    Ok((claim, version, ended))
}

/// The dwelling by which the register knows the household, which ratings are known by.
fn dwelling_of(conn: &mut Conn, row: &Row) -> Result<Option<Dwelling>> {
    let Some(id) = &row.household_id else { return Ok(None) };
    let found: Option<(String, String, String)> = household::table
        .find(id)
        .select((household::building, household::unit, household::room))
        .first(conn)
        .optional()?;
    Ok(found.map(|(building, unit, room)| Dwelling { building, unit, room }))
}

fn second_official_needed() -> Refusal {
    let text = Text::new(
        "异常集中评分核查期间，须由另一名有确认权限的工作人员终止",
        "While a burst is held, another official with the power to confirm must end it",
    );
    Refusal::conflict("second_official_needed", text)
}

fn take_off_the_roster(tx: &mut Tx<'_>, row: &Row) -> Result<()> {
    let Some(household) = &row.household_id else { return Ok(()) };
    let phone = account::table
        .filter(account::id.eq(&row.account_id))
        .filter(account::phone_hash.is_not_null())
        .select(account::phone_hash.assume_not_null());
    let taken = diesel::delete(household_phone::table)
        .filter(household_phone::household_id.eq(household))
        .filter(household_phone::phone_hash.eq_any(phone))
        .filter(phone_is_on_the_roster!())
        .execute(tx.conn)?;
    if taken > 0 {
        households::touch(tx, household)?;
    }
    Ok(())
}

/// Tells the other verified residents of a household that somebody was added. Gives whether there
/// are any.
fn tell_the_others(tx: &mut Tx<'_>, household: &str, account_id: &str) -> Result<bool> {
    let others: Vec<Row> = residence::table
        .filter(residence::household_id.eq(household))
        .filter(residence::status.eq(ResidenceStatus::Verified.as_str()))
        .filter(residence::account_id.ne(account_id))
        .select(Row::as_select())
        .load(tx.conn)?;
    for other in &others {
        tell(tx, &other.addressed(), NoticeKind::ResidentAdded, None)?;
    }
    Ok(!others.is_empty())
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
    require_version(&row, version)?;
    if row.status != ResidenceStatus::Pending.as_str() {
        let text = Text::new("该申请已处理", "This claim has been decided already");
        return Err(Refusal::conflict("already_decided", text).into());
    }
    Ok(row)
}

fn require_version(row: &Row, version: Option<i64>) -> Result<()> {
    if version.is_some_and(|version| version != row.version) {
        return Err(Refusal::Stale.into());
    }
    Ok(())
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
            residence::end_asked_by.eq(None::<String>),
            residence::end_reason.eq(None::<String>),
            residence::version.eq(row.version + 1),
        ))
        .execute(tx.conn)?;
    tx.changed(Entity::Account, &row.account_id);
    Ok(())
}

/// A household of the register, and whether it waits: then it is no dwelling yet.
#[derive(Queryable)]
struct Found {
    id: String,
    waits: bool,
}

fn find_household(conn: &mut Conn, estate: &str, dwelling: &Dwelling) -> Result<Option<Found>> {
    Ok(household::table
        .filter(household::estate.eq(estate))
        .filter(household::building.eq(&dwelling.building))
        .filter(household::unit.eq(&dwelling.unit))
        .filter(household::room.eq(&dwelling.room))
        .filter(household_is_visible!())
        .select((household::id, household::waits))
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

/// An entry on a household's roster.
struct RosterEntry {
    rates_from: Option<String>,
}

/// The entry of an account's phone.
fn roster_entry(conn: &mut Conn, household: &str, account_id: &str) -> Result<Option<RosterEntry>> {
    let found: Option<Option<String>> = household_phone::table
        .inner_join(account::table.on(account::phone_hash.eq(household_phone::phone_hash.nullable())))
        .filter(household_phone::household_id.eq(household))
        .filter(phone_is_on_the_roster!())
        .filter(account::id.eq(account_id))
        .select(household_phone::rates_from)
        .first(conn)
        .optional()?;
    Ok(found.map(|rates_from| RosterEntry { rates_from }))
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
        rates_from: stored_month(row.rates_from.as_deref())?,
    })
}

fn sealed(conn: &mut Conn, row: Row) -> Result<SealedClaim> {
    let in_roster =
        find_household(conn, &row.estate, &row.dwelling())?.is_some_and(|household| !household.waits);
    let phone: Option<Option<Vec<u8>>> =
        account::table.find(&row.account_id).select(account::phone_encrypted).first(conn).optional()?;
    let (account_id, end_asked) = (row.account_id.clone(), row.end_reason.clone());
    let claim = ResidenceClaim { residence: view(conn, row)?, in_roster, phone_ending: None, end_asked };
    Ok(SealedClaim { claim, account_id, phone: phone.flatten() })
}
