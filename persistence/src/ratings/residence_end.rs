//! Officials of a dwelling's place end residences: ratings by it stay, but for what is held.

use diesel::prelude::*;
use xinwu_domain::access::Warrant;
use xinwu_domain::household::Dwelling;
use xinwu_domain::kind::Kind;
use xinwu_domain::notice::NoticeKind;
use xinwu_domain::refusal::Refusal;
use xinwu_domain::residence::ResidenceStatus;
use xinwu_domain::text::Text;
use xinwu_store::{Conn, Result, Tx};

use crate::people::residence::{Row, SealedClaim, decide, get_claim, take_off_the_roster};
use crate::ratings::month_key::MonthKeys;
use crate::ratings::{burst, rating};
use crate::registers::authorized::Authorized;
use crate::registers::second_person::require_other_person;
use crate::schema::{household, residence};

/// What became of an official's wish to end a residence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// It has ended.
    Done,
    /// A burst of the estate is held: a second official ends it.
    Asked,
}

/// Ends a verified residence, with the reason that the resident is told: from now on nobody rates
/// by it, and what was rated stays. The phone goes off the dwelling's roster, or the next claim
/// would be verified at once. While a burst of a project of the estate is held it takes two: one
/// official asks, and another with the power to confirm ends it.
///
/// # Errors
/// [`Refusal::Conflict`] when it is not verified, and when a second official must end it.
pub fn end_by_official(
    tx: &mut Tx<'_>,
    keys: &MonthKeys,
    warrant: &Warrant,
    row: &Authorized<Row>,
    reason: &str,
) -> Result<(SealedClaim, i64, Ended)> {
    let id = row.id.as_str();
    let is_held = burst::is_held_at(tx.conn, &row.estate)?;
    // Who leaves meanwhile does not save what is held.
    let has_left = row.status.0 == ResidenceStatus::Ended && row.household_id.is_some();
    if row.status.0 != ResidenceStatus::Verified && !(is_held && has_left) {
        let text = Text::new("只能终止已核实的住房绑定记录", "Only a verified residence can be ended");
        return Err(Refusal::conflict("not_verified", text).into());
    }
    let ended = match &row.end_asked_by {
        None if is_held => Ended::Asked,
        Some(first) if is_held => {
            require_other_person(tx.conn, warrant, [first], second_official_needed)?;
            if !warrant.can_confirm() {
                return Err(second_official_needed().into());
            }
            Ended::Done
        }
        _ => Ended::Done,
    };
    let detail = serde_json::json!({"reason": reason, "asked_by": &row.end_asked_by});
    match ended {
        Ended::Asked => {
            diesel::update(residence::table.find(id))
                .set((
                    residence::end_asked_by.eq(warrant.account_id()),
                    residence::end_reason.eq(reason),
                    residence::version.eq(row.version + 1),
                ))
                .execute(tx.conn)?;
            tx.audit(warrant, "ask_to_end_residence", Kind::Residence, id, &detail)?;
        }
        Ended::Done => {
            // Ratings that were given stay, but for what is held.
            if is_held && let Some((household, dwelling)) = dwelling_of(tx.conn, row)? {
                let of = rating::FalseResidence {
                    account_id: &row.account_id,
                    estate: &row.estate,
                    household: &household,
                    dwelling: &dwelling,
                };
                rating::drop_held(tx, keys, &of)?;
            }
            take_off_the_roster(tx, row)?;
            let household = row.household_id.as_deref();
            decide(tx, row, ResidenceStatus::Ended, household, warrant, Some(reason))?;
            row.tell(tx, NoticeKind::ResidenceEnded, Some(reason))?;
            tx.audit(warrant, "end_admin_residence", Kind::Residence, id, &detail)?;
        }
    }
    let (claim, version) = get_claim(tx.conn, id)?;
    Ok((claim, version, ended))
}

/// The household of a residence, and the dwelling by which the register knows it, which ratings are
/// known by.
fn dwelling_of(conn: &mut Conn, row: &Row) -> Result<Option<(String, Dwelling)>> {
    let Some(id) = &row.household_id else { return Ok(None) };
    let found: Option<(String, String, String)> = household::table
        .find(id)
        .select((household::building, household::unit, household::room))
        .first(conn)
        .optional()?;
    Ok(found.map(|(building, unit, room)| (id.clone(), Dwelling { building, unit, room })))
}

fn second_official_needed() -> Refusal {
    let text = Text::new(
        "异常集中评分核查期间，须由另一名有确认权限的工作人员终止",
        "While a burst is held, another official with the power to confirm must end it",
    );
    Refusal::conflict("second_official_needed", text)
}
