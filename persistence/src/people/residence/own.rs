//! Residents claim dwellings and leave them.

use diesel::dsl::exists;
use diesel::prelude::*;
use xinwu_domain::access::Warrant;
use xinwu_domain::calendar::Month;
use xinwu_domain::entity::Entity;
use xinwu_domain::household::Dwelling;
use xinwu_domain::kind::Kind;
use xinwu_domain::page::{Keys, Listed, Window};
use xinwu_domain::refusal::{Faults, Refusal};
use xinwu_domain::residence::{MOST_RESIDENCES, NewResidence, Residence, ResidenceStatus};
use xinwu_domain::text::Text;
use xinwu_domain::version::Expected;
use xinwu_store::{Col, Conn, Result, Tx};

use super::{OPEN, Row, decide, find_household, has_another, tell_the_others, view};
use crate::people::attempt;
use crate::people::limits::Limits;
use crate::registers::authorized::{Authorized, Resource};
use crate::registers::retirement::named;
use crate::registers::roster::{entry_is_of_account, phone_is_on_the_roster};
use crate::registers::{estate, roster};
use crate::schema::{account, household_phone, residence};

/// Claims a dwelling: verified at once when the roster has the account's phone for that household,
/// else pending. `has_home` says whether the person has another dwelling of the estate, or had one
/// this month: then it is not by this one that they rate this month.
///
/// # Errors
/// [`Refusal::Invalid`] for an unknown estate and as [`Dwelling::read`]; [`Refusal::Conflict`] when
/// the claim stands already or there are too many; [`Refusal::TooMany`] when there were too many in
/// a day.
pub(crate) fn claim(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    new: &NewResidence,
    has_home: bool,
    limits: &Limits,
) -> Result<(Residence, i64)> {
    let estate: &str = &new.estate;
    let mut faults = Faults::default();
    let dwelling = faults.keep(Dwelling::read(&new.building, &new.unit, &new.room))?;
    faults.keep(named::<estate::Row>(tx.conn, estate, "/estate"))?;
    let dwelling = faults.or_refuse(dwelling)?;
    let open: i64 = residence::table
        .filter(residence::account_id.eq(warrant.account_id()))
        .filter(residence::status.eq_any(OPEN.map(Col)))
        .count()
        .get_result(tx.conn)?;
    if open >= MOST_RESIDENCES {
        let text = Text::new(
            format!("最多同时绑定{MOST_RESIDENCES}处住房"),
            format!("At most {MOST_RESIDENCES} dwellings at once"),
        );
        return Err(Refusal::conflict("too_many_residences", text).into());
    }
    let phone: Option<String> =
        account::table.find(warrant.account_id()).select(account::phone_hash).first(tx.conn)?;
    // By the phone: who deletes the account and signs up again does not begin anew.
    let subject = phone.unwrap_or_else(|| warrant.account_id().to_owned());
    if let Some(retry_after) = limits.claims().wait(tx.conn, &subject, tx.now)? {
        let detail = Text::new(
            "一天内绑定住房的次数过多，请稍后再试",
            "Too many dwellings were claimed; try again later",
        );
        return Err(Refusal::TooMany { code: "too_many_claims", detail, retry_after }.into());
    }
    let household = find_household(tx.conn, estate, &dwelling)?.filter(|household| !household.waits);
    let household = household.map(|household| household.id);
    let on_roster = match &household {
        Some(household) => roster_entry(tx.conn, household, warrant.account_id())?,
        None => None,
    };
    let (is_in_roster, rates_from) = match (&household, on_roster) {
        (Some(household), Some(entry)) => {
            tell_the_others(tx, household, warrant.account_id())?;
            // On a first roster too: whether the household has rated is told to who may rate.
            let waits = has_home || has_another(tx.conn, household, warrant.account_id())?;
            let later = if waits { Some(Col(roster::next_month(tx)?)) } else { None };
            (true, entry.rates_from.max(later))
        }
        _ => (false, None),
    };
    let status = if is_in_roster { ResidenceStatus::Verified } else { ResidenceStatus::Pending };
    let id = tx.random.id();
    // Two equal claims at once: the unique index over open claims lets one through.
    diesel::insert_into(residence::table)
        .values((
            residence::id.eq(&id),
            residence::account_id.eq(warrant.account_id()),
            residence::estate.eq(estate),
            residence::building.eq(&dwelling.building),
            residence::unit.eq(&dwelling.unit),
            residence::room.eq(&dwelling.room),
            residence::household_id.eq(&household),
            residence::status.eq(Col(status)),
            residence::requested_at.eq(tx.now_utc()),
            residence::decided_at.eq(is_in_roster.then(|| tx.now_utc())),
            residence::rates_from.eq(rates_from),
            residence::version.eq(1_i64),
        ))
        .execute(tx.conn)?;
    attempt::note(tx, limits.claims().kind, &subject)?;
    tx.changed(Entity::Account, warrant.account_id());
    get(tx.conn, &id)
}

/// An account's residences, the latest claim first.
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

fn get(conn: &mut Conn, id: &str) -> Result<(Residence, i64)> {
    let row = Row::require(conn, id)?;
    let version = row.version;
    Ok((view(conn, row)?, version))
}

/// Whether an account is a verified resident of an estate.
pub(crate) fn lives_in(conn: &mut Conn, account_id: &str, estate: &str) -> Result<bool> {
    let there = residence::table
        .filter(residence::account_id.eq(account_id))
        .filter(residence::estate.eq(estate))
        .filter(residence::status.eq(Col(ResidenceStatus::Verified)));
    Ok(diesel::select(exists(there)).get_result(conn)?)
}

/// Who leaves the dwelling by which they may rate this month does so by another of the estate from
/// the next. It is the one that is known longest: later ones wait.
pub(crate) fn wait_after_leaving(tx: &mut Tx<'_>, left: &Row) -> Result<()> {
    let next = Col(roster::next_month(tx)?);
    if left.rates_from >= Some(next) {
        return Ok(());
    }
    diesel::update(residence::table.filter(residence::account_id.eq(&left.account_id)))
        .filter(residence::estate.eq(&left.estate))
        .filter(residence::id.gt(&left.id))
        .filter(residence::status.eq(Col(ResidenceStatus::Verified)))
        .filter(residence::rates_from.is_null().or(residence::rates_from.lt(next)))
        .set((residence::rates_from.eq(next), residence::rated_from.eq(None::<String>)))
        .execute(tx.conn)?;
    Ok(())
}

/// Ends a residence or takes a claim back. What was rated meanwhile stays. Gives it where
/// it was a verified one.
///
/// # Errors
/// [`Refusal::NotFound`] when it has ended or been refused before.
pub(crate) fn end<'a>(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    row: &'a Authorized<Row>,
    version: Option<&Expected>,
) -> Result<Option<&'a Row>> {
    if !OPEN.contains(&row.status.0) {
        return Err(Kind::Residence.not_found().into());
    }
    Expected::check_any(version, Some(row.version))?;
    let has_lived = row.status.0 == ResidenceStatus::Verified;
    // Who never was verified has not lived there.
    let household = row.household_id.as_deref().filter(|_| has_lived);
    decide(tx, row, ResidenceStatus::Ended, household, warrant, None)?;
    Ok(has_lived.then_some(&**row))
}

/// An entry on a household's roster.
struct RosterEntry {
    rates_from: Option<Col<Month>>,
}

/// The entry of an account; of several the one that lets it rate first.
fn roster_entry(conn: &mut Conn, household: &str, account_id: &str) -> Result<Option<RosterEntry>> {
    let found: Vec<Option<Col<Month>>> = household_phone::table
        .inner_join(account::table.on(account::id.eq(account_id)))
        .filter(household_phone::household_id.eq(household))
        .filter(phone_is_on_the_roster!())
        .filter(entry_is_of_account!(household_phone))
        .select(household_phone::rates_from)
        .load(conn)?;
    Ok(found.into_iter().min().map(|rates_from| RosterEntry { rates_from }))
}

fn views(conn: &mut Conn, rows: Vec<Row>) -> Result<Vec<Residence>> {
    let mut views = Vec::with_capacity(rows.len());
    for row in rows {
        views.push(view(conn, row)?);
    }
    Ok(views)
}
