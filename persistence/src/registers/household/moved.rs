//! A household gets another address: then it is another dwelling, of which newcomers rate from the
//! next month. Where somebody verified lives it takes two people, since they do not rate until
//! then.

use diesel::dsl::{exists, sql};
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text as SqlText};
use xinwu_domain::access::Warrant;
use xinwu_domain::calendar::Month;
use xinwu_domain::household::{Dwelling, Household, HouseholdEdit};
use xinwu_domain::kind::Kind;
use xinwu_domain::refusal::Refusal;
use xinwu_domain::residence::ResidenceStatus;
use xinwu_domain::text::Text;
use xinwu_store::{Col, Result, Tx};

use super::Row;
use crate::city;
use crate::registers::place::to_json;
use crate::registers::roster;
use crate::registers::second_person::{self, Asked};
use crate::schema::{household_phone, residence};

/// What of an address is shown to the second person.
const ADDRESS: &[&str] = &["building", "unit", "room"];

/// What is kept of the address before, and of the month.
pub(super) type MovedFrom = (Option<String>, Option<Col<Month>>);

/// Has who lives there wait for the next month, or not any more, where the household had the new
/// address as this month began. Gives what is kept of the old one.
pub(super) fn to(tx: &mut Tx<'_>, row: &Row, dwelling: &Dwelling) -> Result<MovedFrom> {
    let month = Some(Col(Month::of(tx.now, city::city(tx.conn)?.zone)));
    let new = to_json(dwelling)?;
    match row.moved_from.clone().filter(|_| row.moved_in == month) {
        Some(first) if first == new => {
            restore(tx, &row.id)?;
            Ok((None, None))
        }
        Some(first) => {
            wait(tx, &row.id)?;
            Ok((Some(first), month))
        }
        None => {
            make_newcomers(tx, &row.id)?;
            Ok((Some(to_json(&row.dwelling())?), month))
        }
    }
}

/// Where a second person is asked, phones change by themselves: a proposal keeps what was sent, and
/// nothing keeps a phone in clear. It is said before a roster is looked at.
pub(super) fn require_phones_apart(tx: &mut Tx<'_>, row: &Row, edit: &HouseholdEdit) -> Result<()> {
    if edit.phones.is_none() || !has_verified(tx, row)? {
        return Ok(());
    }
    let text = Text::new(
        "已有核实居民的住户变更地址须经双人确认，不能同时提交手机号码",
        "the address of a dwelling in which somebody lives changes by two officials: change the phones by themselves",
    );
    Err(Refusal::invalid("/phones", "invalid", text).into())
}

fn has_verified(tx: &mut Tx<'_>, row: &Row) -> Result<bool> {
    let verified = residence::table
        .filter(residence::household_id.eq(&row.id))
        .filter(residence::status.eq(Col(ResidenceStatus::Verified)));
    Ok(diesel::select(exists(verified)).get_result(tx.conn)?)
}

/// Asks for a second person where a verified resident lives there.
pub(super) fn require_second(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    row: &Row,
    edit: &HouseholdEdit,
    (before, after): (Option<&Household>, &Household),
) -> Result<()> {
    if !has_verified(tx, row)? {
        return Ok(());
    }
    let asked = Asked::of(Kind::Household, &row.id, row.version, edit.reason.as_deref(), &[]);
    second_person::require(warrant, asked, (before, after), ADDRESS)
}

/// From the next month on; what it was before is kept for the way back.
fn make_newcomers(tx: &mut Tx<'_>, id: &str) -> Result<()> {
    let from = Col(roster::next_month(tx)?);
    let before = || sql::<Nullable<SqlText>>("COALESCE(rates_from, '')");
    diesel::update(household_phone::table.filter(household_phone::household_id.eq(id)))
        .set((household_phone::rated_from.eq(before()), household_phone::rates_from.eq(from)))
        .execute(tx.conn)?;
    diesel::update(residence::table.filter(residence::household_id.eq(id)))
        .filter(residence::status.eq(Col(ResidenceStatus::Verified)))
        .set((residence::rated_from.eq(before()), residence::rates_from.eq(from)))
        .execute(tx.conn)?;
    Ok(())
}

/// Who came since the household moved first waits too, and whoever waits does so still.
fn wait(tx: &mut Tx<'_>, id: &str) -> Result<()> {
    let from = Col(roster::next_month(tx)?);
    diesel::update(household_phone::table.filter(household_phone::household_id.eq(id)))
        .filter(household_phone::rates_from.is_null().or(household_phone::rates_from.lt(from)))
        .set(household_phone::rates_from.eq(from))
        .execute(tx.conn)?;
    diesel::update(residence::table.filter(residence::household_id.eq(id)))
        .filter(residence::status.eq(Col(ResidenceStatus::Verified)))
        .filter(residence::rates_from.is_null().or(residence::rates_from.lt(from)))
        .set(residence::rates_from.eq(from))
        .execute(tx.conn)?;
    Ok(())
}

/// Who lived there as the month began rates as then. Who came since goes on waiting.
fn restore(tx: &mut Tx<'_>, id: &str) -> Result<()> {
    let before = || sql::<Nullable<SqlText>>("NULLIF(rated_from, '')");
    diesel::update(household_phone::table.filter(household_phone::household_id.eq(id)))
        .filter(household_phone::rated_from.is_not_null())
        .set((household_phone::rates_from.eq(before()), household_phone::rated_from.eq(None::<String>)))
        .execute(tx.conn)?;
    diesel::update(residence::table.filter(residence::household_id.eq(id)))
        .filter(residence::status.eq(Col(ResidenceStatus::Verified)))
        .filter(residence::rated_from.is_not_null())
        .set((residence::rates_from.eq(before()), residence::rated_from.eq(None::<String>)))
        .execute(tx.conn)?;
    Ok(())
}
