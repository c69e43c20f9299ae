//! Officials of a dwelling's place end residences: ratings by it stay, but for what is held.

use diesel::prelude::*;
use serde_json::{Value, json};
use xinwu_domain::access::Warrant;
use xinwu_domain::household::Dwelling;
use xinwu_domain::kind::Kind;
use xinwu_domain::notice::NoticeKind;
use xinwu_domain::proposal::Change;
use xinwu_domain::refusal::Refusal;
use xinwu_domain::residence::ResidenceStatus;
use xinwu_domain::text::{Reason, Text};
use xinwu_store::{Conn, Result, Tx};

use crate::people::residence::{Row, SealedClaim, decide, get_claim, take_off_the_roster};
use crate::ratings::month_key::MonthKeys;
use crate::ratings::{burst, own_home, rating};
use crate::registers::authorized::{Authorized, note};
use crate::registers::second_person::{self, Asked};
use crate::schema::household;

/// Ends a verified residence, with the reason that the resident is told: from now on nobody rates
/// by it, and what was rated stays. The phone goes off the dwelling's roster, or the next claim
/// would be verified at once. While a burst of a project of the estate is held it takes two, since
/// what is held of the dwelling is dropped.
///
/// # Errors
/// [`Refusal::Conflict`] when it is not verified.
pub fn end_by_official(
    tx: &mut Tx<'_>,
    keys: &MonthKeys,
    warrant: &Warrant,
    row: &Authorized<Row>,
    Reason { reason }: &Reason,
) -> Result<(SealedClaim, i64)> {
    let id: &str = &row.id;
    let is_held = burst::is_held_at(tx.conn, &row.estate)?;
    // Who leaves meanwhile does not save what is held.
    let has_left = row.status.0 == ResidenceStatus::Ended && row.household_id.is_some();
    if row.status.0 != ResidenceStatus::Verified && !(is_held && has_left) {
        let text = Text::new("只能终止已核实的住房绑定记录", "Only a verified residence can be ended");
        return Err(Refusal::conflict("not_verified", text).of_state(row.status.0).into());
    }
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
    own_home::move_out(tx, keys, row)?;
    row.tell(tx, NoticeKind::ResidenceEnded, Some(reason))?;
    let detail = row.decided_as(json!({"reason": reason}), ResidenceStatus::Ended, household)?;
    note::<Row>(tx, warrant, id, &detail)?;
    if is_held {
        // The same of each: whether anything of theirs is held is nobody's to know, and a resident
        // who leaves meanwhile does not make it stale.
        let change = |field: &str, after: &str| Change {
            field: field.to_owned(),
            before: Value::Null,
            after: after.into(),
        };
        let hidden_changes = vec![change("status", "ended"), change("held_ratings", "dropped")];
        let asked = Asked::of(Kind::Residence, id, row.version, Some(reason), &[]);
        second_person::require(warrant, Asked { hidden_changes, ..asked }, (None, &Value::Null), &[])?;
    }
    get_claim(tx.conn, id)
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
