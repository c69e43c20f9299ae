//! Officials of a dwelling's place decide on claims.

use chrono::NaiveDate;
use diesel::prelude::*;
use xinwu_domain::access::{Operation, Warrant};
use xinwu_domain::entity::Entity;
use xinwu_domain::household::{Dwelling, near_dwellings};
use xinwu_domain::kind::Kind;
use xinwu_domain::notice::NoticeKind;
use xinwu_domain::page::{Keys, Listed, Window};
use xinwu_domain::refusal::Refusal;
use xinwu_domain::residence::{
    Approval, Approvals, ApprovedClaim, NearDwelling, ResidenceClaim, ResidenceStatus,
};
use xinwu_domain::text::Text;
use xinwu_store::{Col, Conn, Result, StoreError, Tx};

use super::{Row, decide, find_household, tell_the_others, view};
use crate::registers::authorized::{self, Authorized, Owner, Resource, by_key, note};
use crate::registers::roster::{entry_is_of_account, household_is_visible, phone_is_on_the_roster};
use crate::registers::{estate as estates, household as households, roster};
use crate::schema::{account, estate, household, household_phone, place_ancestor, residence};

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

impl Resource for Row {
    const KIND: Kind = Kind::Residence;

    by_key!(residence);

    fn owner(&self, conn: &mut Conn) -> Result<Owner> {
        let account = Some(self.account_id.clone());
        Ok(Owner { account, ..Owner::place(estates::place_of(conn, &self.estate)?) })
    }
}

/// Which claims an official looks at.
#[derive(Debug, Clone, Default)]
pub struct ClaimQuery {
    /// Only these.
    pub status: Option<ResidenceStatus>,
    /// Only this estate's.
    pub estate: Option<String>,
}

/// Claims in the official's own place, the oldest first.
///
/// # Errors
/// [`Refusal::Forbidden`] for an account without a place.
pub fn list_claims(
    conn: &mut Conn,
    warrant: &Warrant,
    query: &ClaimQuery,
    window: &Window,
) -> Result<Listed<SealedClaim>> {
    let own_place = warrant.own_place()?.to_owned();
    let wanted = || {
        let mut rows = residence::table
            .inner_join(estate::table.on(estate::code.eq(residence::estate)))
            .inner_join(place_ancestor::table.on(place_ancestor::place.eq(estate::place)))
            .filter(place_ancestor::ancestor.eq(own_place.clone()))
            .into_boxed();
        if let Some(status) = query.status {
            rows = rows.filter(residence::status.eq(Col(status)));
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

/// One claim.
///
/// # Errors
/// [`Refusal::NotFound`]
pub fn get_claim(conn: &mut Conn, id: &str) -> Result<(SealedClaim, i64)> {
    let row = Row::require(conn, id)?;
    let version = row.version;
    let near = match row.status.0 {
        ResidenceStatus::Pending => near(conn, &row)?,
        _ => Vec::new(),
    };
    let mut found = sealed(conn, row)?;
    found.claim.near = Some(near);
    Ok((found, version))
}

/// Dwellings of the register that may be meant by a claim to one that it lacks.
fn near(conn: &mut Conn, row: &Row) -> Result<Vec<NearDwelling>> {
    let claimed = row.dwelling();
    if find_household(conn, &row.estate, &claimed)?.is_some() {
        return Ok(Vec::new());
    }
    let register: Vec<(String, String, String, String)> = household::table
        .filter(household::estate.eq(&row.estate))
        .filter(household_is_visible!())
        .filter(diesel::dsl::not(household::waits))
        .select((household::id, household::building, household::unit, household::room))
        .load(conn)?;
    let register = register.into_iter().map(|(household, building, unit, room)| NearDwelling {
        household,
        dwelling: Dwelling { building, unit, room },
    });
    Ok(near_dwellings(&claimed, register.collect(), |each| &each.dwelling))
}

/// The dwelling of a household of the claim's estate.
fn named_dwelling(conn: &mut Conn, row: &Row, household: &str) -> Result<Dwelling> {
    let found: Option<(String, String, String)> = household::table
        .filter(household::id.eq(household))
        .filter(household::estate.eq(&row.estate))
        .filter(household_is_visible!())
        .select((household::building, household::unit, household::room))
        .first(conn)
        .optional()?;
    let Some((building, unit, room)) = found else {
        let text = Text::new("该小区没有这户", "The estate has no such household");
        return Err(Refusal::invalid("/household", "unknown_household", text).into());
    };
    Ok(Dwelling { building, unit, room })
}

/// Makes a claim one to another dwelling of its estate's register.
fn move_to(tx: &mut Tx<'_>, row: &mut Row, dwelling: Dwelling) -> Result<()> {
    (row.building, row.unit, row.room) = (dwelling.building, dwelling.unit, dwelling.room);
    // Who lives there already by another claim: the unique index over open claims refuses it.
    diesel::update(residence::table.find(&row.id))
        .set((
            residence::building.eq(&row.building),
            residence::unit.eq(&row.unit),
            residence::room.eq(&row.room),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// Approves a claim to the dwelling that the official found it to be to. A household that the
/// register lacks is added to it, without a phone.
///
/// # Errors
/// [`Refusal::Invalid`] for a household of another estate, [`Refusal::Conflict`] when it was
/// decided before, when the register has dwellings near it and none was picked, and when it is to a
/// dwelling more than the estate declares and the official may not confirm that.
pub fn approve(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    held: &Authorized<Row>,
    approval: &Approval,
    today: NaiveDate,
) -> Result<(SealedClaim, i64)> {
    approval.check()?;
    let meant = approval.household.as_deref().map(|id| named_dwelling(tx.conn, held, id)).transpose()?;
    require_pending(held)?;
    let (mut row, id) = (Row::clone(held), &held.id);
    let as_claimed = row.dwelling();
    if let Some(dwelling) = meant {
        move_to(tx, &mut row, dwelling)?;
    }
    let known = find_household(tx.conn, &row.estate, &row.dwelling())?;
    if known.is_none() && !approval.none_of_them && !near(tx.conn, &row)?.is_empty() {
        let text = Text::new(
            "登记中有相近的住房，请选择其中一处，或确认都不是",
            "The register has dwellings near it: pick one, or say that it is none of them",
        );
        return Err(Refusal::conflict("near_dwellings", text).into());
    }
    let is_new = known.is_none();
    // One more dwelling than the estate declares is entered by one official and let in by another.
    let household = match (known, confirming_households(warrant)) {
        (Some(household), Some(confirming)) if household.waits => {
            let waiting = authorized::find(tx.conn, &confirming, &household.id, today)?;
            households::confirm_waiting(tx, warrant, &waiting)?;
            household.id
        }
        (Some(household), _) if !household.waits => household.id,
        (None, _) if roster::free_dwellings(tx.conn, &row.estate)? > 0 => {
            add_household(tx, &row.estate, &row.dwelling())?
        }
        _ => return Err(roster::register_full().into()),
    };
    tell_the_others(tx, &household, &row.account_id)?;
    decide(tx, &row, ResidenceStatus::Verified, Some(&household), warrant, None)?;
    row.tell(tx, NoticeKind::ResidenceApproved, None)?;
    let from = roster::next_month(tx)?;
    diesel::update(residence::table.find(id)).set(residence::rates_from.eq(Col(from))).execute(tx.conn)?;
    // What was asked for stays to be read where the official found another dwelling to be meant.
    let detail = serde_json::json!({
        "household": household, "household_added": is_new,
        "claimed": (as_claimed != row.dwelling()).then_some([as_claimed.building, as_claimed.unit, as_claimed.room]),
    });
    let detail = held.decided_as(detail, ResidenceStatus::Verified, Some(&household))?;
    note::<Row>(tx, warrant, id, &detail)?;
    get_claim(tx.conn, id)
}

/// Approves several claims, each as [`approve`] does or not at all: what becomes of one is nothing
/// to the others. Gives why each was not approved, in their order.
///
/// # Errors
/// [`Refusal::Invalid`] where a claim stands twice.
pub fn approve_all(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    approvals: &Approvals,
    today: NaiveDate,
) -> Result<Vec<Option<Refusal>>> {
    approvals.check()?;
    let single = warrant.also(Operation::ApproveResidence)?;
    let mut outcomes = Vec::with_capacity(approvals.residences.len());
    for ApprovedClaim { id, household } in &approvals.residences {
        let approval = Approval { household: household.clone(), none_of_them: false };
        let outcome = tx.attempt(|tx| {
            let held = authorized::find::<Row>(tx.conn, &single, id, today)?;
            approve(tx, &single, &held, &approval, today)
        });
        outcomes.push(match outcome {
            Ok(_) => None,
            Err(StoreError::Refused(refusal)) => Some(refusal),
            Err(error) => return Err(error),
        });
    }
    Ok(outcomes)
}

/// Refuses a claim, with the reason that the resident reads.
///
/// # Errors
/// As [`approve`].
pub fn refuse(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    row: &Authorized<Row>,
    reason: &str,
) -> Result<(SealedClaim, i64)> {
    require_pending(row)?;
    let id: &str = &row.id;
    decide(tx, row, ResidenceStatus::Refused, row.household_id.as_deref(), warrant, Some(reason))?;
    row.tell(tx, NoticeKind::ResidenceRefused, Some(reason))?;
    let detail = serde_json::json!({"reason": reason});
    let detail = row.decided_as(detail, ResidenceStatus::Refused, row.household_id.as_deref())?;
    note::<Row>(tx, warrant, id, &detail)?;
    get_claim(tx.conn, id)
}

pub(crate) fn take_off_the_roster(tx: &mut Tx<'_>, row: &Row) -> Result<()> {
    let Some(household) = &row.household_id else { return Ok(()) };
    let entries: Vec<String> = household_phone::table
        .inner_join(account::table.on(account::id.eq(&row.account_id)))
        .filter(household_phone::household_id.eq(household))
        .filter(phone_is_on_the_roster!())
        .filter(entry_is_of_account!(household_phone))
        .select(household_phone::phone_hash)
        .load(tx.conn)?;
    let taken = diesel::delete(household_phone::table)
        .filter(household_phone::household_id.eq(household))
        .filter(household_phone::phone_hash.eq_any(entries))
        .execute(tx.conn)?;
    if taken > 0 {
        households::touch(tx, household)?;
    }
    Ok(())
}

fn require_pending(row: &Row) -> Result<()> {
    if row.status.0 == ResidenceStatus::Pending {
        return Ok(());
    }
    let text = Text::new("该申请已处理", "This claim has been decided already");
    Err(Refusal::conflict("already_decided", text).of_state(row.status.0).into())
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

fn sealed(conn: &mut Conn, row: Row) -> Result<SealedClaim> {
    let in_roster =
        find_household(conn, &row.estate, &row.dwelling())?.is_some_and(|household| !household.waits);
    let phone: Option<Option<Vec<u8>>> =
        account::table.find(&row.account_id).select(account::phone_encrypted).first(conn).optional()?;
    let account_id = row.account_id.clone();
    let claim = ResidenceClaim { residence: view(conn, row)?, in_roster, near: None, phone_ending: None };
    Ok(SealedClaim { claim, account_id, phone: phone.flatten() })
}

/// Whoever confirms a household that waits may do so by a claim to it.
fn confirming_households(warrant: &Warrant) -> Option<Warrant> {
    warrant.also(Operation::ConfirmHousehold).ok().filter(Warrant::can_confirm)
}
