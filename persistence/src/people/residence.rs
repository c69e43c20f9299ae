//! Residences: claims to dwellings, verified by the roster or by an official.
//!
//! What residents do is in `own`, what officials do in `official`, and whom a residence lets rate
//! in `may_rate`.

use chrono::NaiveDateTime;
use diesel::dsl::exists;
use diesel::prelude::*;
use xinwu_domain::access::Warrant;
use xinwu_domain::calendar::Month;
use xinwu_domain::context::RequestContext;
use xinwu_domain::entity::Entity;
use xinwu_domain::estate::NamedEstate;
use xinwu_domain::household::{Dwelling, Household, HouseholdEdit};
use xinwu_domain::notice::NoticeKind;
use xinwu_domain::residence::{Residence, ResidenceStatus};
use xinwu_store::{Col, Conn, Result, Tx};

use crate::people::notice::{NewNotice, address, dwelling_name, tell};
use crate::registers::audited::with_changes;
use crate::registers::authorized::Authorized;
use crate::registers::household as households;
use crate::registers::roster::household_is_visible;
use crate::schema::{account, estate, household, residence};

mod may_rate;
mod official;
mod own;

pub(crate) use may_rate::{Home, is_staff, may_rate, not_a_resident, rates_from};
pub(crate) use official::take_off_the_roster;
pub use official::{ClaimQuery, SealedClaim, approve, approve_all, get_claim, list_claims, refuse};
pub use own::list;
pub(crate) use own::{claim, end, lives_in, wait_after_leaving};

/// The claims that still stand.
pub(crate) const OPEN: [ResidenceStatus; 2] = [ResidenceStatus::Pending, ResidenceStatus::Verified];

/// A residence's row.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = residence)]
pub struct Row {
    /// The id.
    pub id: String,
    pub(crate) account_id: String,
    pub(crate) estate: String,
    pub(crate) building: String,
    pub(crate) unit: String,
    pub(crate) room: String,
    pub(crate) household_id: Option<String>,
    pub(crate) status: Col<ResidenceStatus>,
    pub(crate) requested_at: NaiveDateTime,
    pub(crate) decided_at: Option<NaiveDateTime>,
    pub(crate) reason: Option<String>,
    pub(crate) rates_from: Option<Col<Month>>,
    pub(crate) version: i64,
}

impl Row {
    /// Tells its resident.
    pub fn tell(&self, tx: &mut Tx<'_>, kind: NoticeKind, reason: Option<&str>) -> Result<()> {
        self.tell_of(tx, kind, None, reason)
    }

    fn tell_of(
        &self,
        tx: &mut Tx<'_>,
        kind: NoticeKind,
        detail: Option<&str>,
        reason: Option<&str>,
    ) -> Result<()> {
        let estate: String = estate::table.find(&self.estate).select(estate::name).first(tx.conn)?;
        let name = dwelling_name(&estate, &self.dwelling());
        let told = NewNotice { reason, detail, ..NewNotice::new(kind, &self.id).named(&name) };
        tell(tx, &self.account_id, &told)
    }

    pub(crate) fn dwelling(&self) -> Dwelling {
        Dwelling { building: self.building.clone(), unit: self.unit.clone(), room: self.room.clone() }
    }

    /// What of it says whom it lets rate.
    pub(crate) fn home(&self) -> Home {
        let Row { estate, status, household_id, rates_from, .. } = self;
        Home {
            estate: estate.clone(),
            status: *status,
            household_id: household_id.clone(),
            rates_from: *rates_from,
        }
    }

    /// As its resident reads it, in an estate of this name.
    pub fn view(self, estate: String) -> Residence {
        Residence {
            id: self.id,
            estate: NamedEstate { code: self.estate, name: estate },
            building: self.building,
            unit: self.unit,
            room: self.room,
            status: self.status.0,
            requested_at: self.requested_at.and_utc(),
            decided_at: self.decided_at.map(|at| at.and_utc()),
            reason: self.reason,
            rates_from: self.rates_from.map(|from| from.0),
        }
    }
}

/// Tells the other verified residents of a household that somebody was added.
fn tell_the_others(tx: &mut Tx<'_>, household: &str, account_id: &str) -> Result<()> {
    for other in residents(tx.conn, household)?.iter().filter(|other| other.account_id != account_id) {
        other.tell(tx, NoticeKind::ResidentAdded, None)?;
    }
    Ok(())
}

/// The verified residents of a household.
fn residents(conn: &mut Conn, household: &str) -> Result<Vec<Row>> {
    Ok(residence::table
        .filter(residence::household_id.eq(household))
        .filter(residence::status.eq(Col(ResidenceStatus::Verified)))
        .select(Row::as_select())
        .load(conn)?)
}

/// Changes a household, as [`household::edit`](crate::registers::household::edit), and tells its
/// residents where it gets another address.
///
/// # Errors
/// As that.
pub fn edit_household(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    row: &Authorized<households::Row>,
    command: &(HouseholdEdit, Option<Vec<String>>),
    context: RequestContext,
) -> Result<(Household, i64)> {
    let (household, version) = households::edit(tx, warrant, row, command, context)?;
    let Household { building, unit, room, .. } = household.clone();
    let dwelling = Dwelling { building, unit, room };
    if dwelling != row.dwelling() {
        let address = address(&dwelling);
        let reason = command.0.reason.as_deref();
        for resident in residents(tx.conn, &row.id)? {
            resident.tell_of(tx, NoticeKind::ResidenceMoved, Some(&address), reason)?;
        }
    }
    Ok((household, version))
}

/// Whether somebody else is a verified resident of a household, or was one: what they gave this
/// month is told to nobody who comes after them. Who deleted the account took back what waited.
fn has_another(conn: &mut Conn, household: &str, account_id: &str) -> Result<bool> {
    let others = residence::table
        .filter(residence::household_id.eq(household))
        .filter(residence::status.eq_any([ResidenceStatus::Verified, ResidenceStatus::Ended].map(Col)))
        .filter(residence::account_id.ne(account_id))
        .inner_join(account::table.on(account::id.eq(residence::account_id)))
        .filter(account::status.ne("deleted"));
    Ok(diesel::select(exists(others)).get_result(conn)?)
}

pub(crate) fn decide(
    tx: &mut Tx<'_>,
    row: &Row,
    status: ResidenceStatus,
    household: Option<&str>,
    warrant: &Warrant,
    reason: Option<&str>,
) -> Result<()> {
    diesel::update(residence::table.find(&row.id))
        .set((
            residence::status.eq(Col(status)),
            residence::household_id.eq(household),
            residence::decided_at.eq(tx.now_utc()),
            residence::decided_by.eq(warrant.account_id()),
            residence::reason.eq(reason),
            residence::version.eq(row.version + 1),
        ))
        .execute(tx.conn)?;
    tx.changed(Entity::Account, &row.account_id);
    Ok(())
}

impl Row {
    /// What the audit keeps of a decision, with what was before.
    pub(crate) fn decided_as(
        &self,
        detail: serde_json::Value,
        status: ResidenceStatus,
        household: Option<&str>,
    ) -> Result<serde_json::Value> {
        let before = serde_json::json!({"status": self.status.0, "household": self.household_id});
        let after = serde_json::json!({"status": status, "household": household});
        with_changes(detail, &before, &after)
    }
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

fn view(conn: &mut Conn, row: Row) -> Result<Residence> {
    let name: String = estate::table.find(&row.estate).select(estate::name).first(conn)?;
    Ok(row.view(name))
}
