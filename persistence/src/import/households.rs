//! Households: too many for one short transaction (a city has nearly two million). Rows are put beside the live ones in small writes, marked with their
//! import; reads pass over them until the import's state says `applied`, which one write of one row does.

use std::collections::{BTreeSet, HashMap};

use diesel::prelude::*;
use xinwu_domain::access::Actor;
use xinwu_domain::import::{HouseholdRow, ImportRows, ImportState, Row, RowFault};
use xinwu_domain::refusal::Refusal;
use xinwu_domain::text::Text;

use super::apply::{Counts, Outcome, row_faults, staged_after};
use super::{STEP, find, household_is_visible, phone_is_on_the_roster, set_rows, set_state};
use crate::dialect::on_each;
use crate::schema::{estate, household, household_phone};
use crate::{Conn, Entity, Result, StoreError, Tx, place};

/// What some staged households would do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HouseholdsChecked {
    /// The last line looked at; none when there were no more.
    pub last: Option<i32>,
    /// Rows of each kind among these; `read` is not counted.
    pub rows: ImportRows,
    /// What is wrong.
    pub faults: Vec<RowFault>,
}

/// Checks some staged households after a line against the live ones. Only reads: the writer is not asked.
///
/// # Errors
/// Those of the database.
pub fn check_households(conn: &mut Conn, id: &str, actor: &Actor, after: i32) -> Result<HouseholdsChecked> {
    let staged = staged_after(conn, id, after)?;
    let mut checked = HouseholdsChecked { last: staged.last().map(|(line, _)| *line), ..Default::default() };
    let mut estates: HashMap<String, std::result::Result<(), Refusal>> = HashMap::new();
    let mut counts = Counts::default();
    for (line, row) in staged {
        let row = household_row(row)?;
        if !estates.contains_key(&row.estate) {
            let allowed = may_touch(conn, actor, &row.estate)?;
            estates.insert(row.estate.clone(), allowed);
        }
        if let Some(Err(refusal)) = estates.get(&row.estate) {
            checked.rows.bad += 1;
            checked.faults.extend(row_faults(line, refusal.clone()));
            continue;
        }
        let (outcome, _) = compare(conn, &row)?;
        counts.add(outcome);
    }
    checked.rows = ImportRows {
        created: counts.created,
        updated: counts.updated,
        unchanged: counts.unchanged,
        ..checked.rows
    };
    Ok(checked)
}

fn household_row(row: Row) -> Result<HouseholdRow> {
    match row {
        Row::Household(row) => Ok(row),
        _ => Err(StoreError::internal("a staged row is not a household")),
    }
}

/// Whether the estate exists and the actor reaches it.
fn may_touch(conn: &mut Conn, actor: &Actor, code: &str) -> Result<std::result::Result<(), Refusal>> {
    let found: Option<String> = estate::table.find(code).select(estate::place).first(conn).optional()?;
    let Some(place) = found else {
        return Ok(Err(Refusal::invalid(
            "/estate",
            "unknown_estate",
            Text::new("没有这个小区", "There is no such estate"),
        )));
    };
    match place::require_reach(conn, actor, &place) {
        Ok(()) => Ok(Ok(())),
        Err(StoreError::Refused(refusal)) => Ok(Err(refusal)),
        Err(error) => Err(error),
    }
}

/// What a row does to the household that is there.
struct Change {
    household_id: Option<String>,
    added: Vec<String>,
    ended: Vec<String>,
}

fn compare(conn: &mut Conn, row: &HouseholdRow) -> Result<(Outcome, Change)> {
    let wanted = row.phone_hashes.clone();
    let found: Option<String> = household::table
        .filter(household::estate.eq(&row.estate))
        .filter(household::building.eq(&row.building))
        .filter(household::unit.eq(&row.unit))
        .filter(household::room.eq(&row.room))
        .filter(household_is_visible!())
        .select(household::id)
        .first(conn)
        .optional()?;
    let Some(id) = found else {
        let change = Change { household_id: None, added: wanted.unwrap_or_default(), ended: Vec::new() };
        return Ok((Outcome::Created, change));
    };
    let mut change = Change { household_id: Some(id.clone()), added: Vec::new(), ended: Vec::new() };
    let Some(wanted) = wanted else { return Ok((Outcome::Unchanged, change)) };
    let there: BTreeSet<String> = household_phone::table
        .filter(household_phone::household_id.eq(&id))
        .filter(phone_is_on_the_roster!())
        .select(household_phone::phone_hash)
        .load(conn)?
        .into_iter()
        .collect();
    let wanted: BTreeSet<String> = wanted.into_iter().collect();
    change.added = wanted.difference(&there).cloned().collect();
    change.ended = there.difference(&wanted).cloned().collect();
    let outcome = if change.added.is_empty() && change.ended.is_empty() {
        Outcome::Unchanged
    } else {
        Outcome::Updated
    };
    Ok((outcome, change))
}

/// Puts some staged households after a line beside the live ones, invisible. Gives the last line; none when there were no more.
///
/// # Errors
/// Those of the database; [`Refusal::Conflict`] when a household was added meanwhile by someone else.
pub fn apply_households(tx: &mut Tx<'_>, id: &str, after: i32) -> Result<Option<i32>> {
    if after == 0 {
        set_state(tx, id, ImportState::Applying)?;
    }
    let staged = staged_after(tx.conn, id, after)?;
    let last = staged.last().map(|(line, _)| *line);
    let (mut households, mut phones) = (Vec::new(), Vec::new());
    for (_, row) in staged {
        let row = household_row(row)?;
        let (_, change) = compare(tx.conn, &row)?;
        let household_id = match change.household_id {
            Some(household_id) => household_id,
            None => {
                let household_id = tx.random.id();
                households.push((
                    household::id.eq(household_id.clone()),
                    household::estate.eq(row.estate),
                    household::building.eq(row.building),
                    household::unit.eq(row.unit),
                    household::room.eq(row.room),
                    household::import_id.eq(Some(id.to_owned())),
                    household::version.eq(1_i64),
                ));
                household_id
            }
        };
        if !change.ended.is_empty() {
            diesel::update(household_phone::table)
                .filter(household_phone::household_id.eq(&household_id))
                .filter(household_phone::phone_hash.eq_any(&change.ended))
                .set(household_phone::ended_by.eq(id))
                .execute(tx.conn)?;
        }
        phones.extend(change.added.into_iter().map(|phone_hash| {
            (
                household_phone::household_id.eq(household_id.clone()),
                household_phone::phone_hash.eq(phone_hash),
                household_phone::added_by.eq(Some(id.to_owned())),
            )
        }));
    }
    for part in households.chunks(250) {
        let part = part.to_vec();
        on_each!(&mut *tx.conn, |conn| diesel::insert_into(household::table).values(&part).execute(conn))?;
    }
    for part in phones.chunks(250) {
        let part = part.to_vec();
        on_each!(&mut *tx.conn, |conn| diesel::insert_into(household_phone::table)
            .values(&part)
            .execute(conn))?;
    }
    Ok(last)
}

/// Makes an import's households visible, all at once: from here on its state says `applied`. A dry run ends as `checked`.
///
/// # Errors
/// Those of the database.
pub fn show_households(tx: &mut Tx<'_>, id: &str, rows: &ImportRows) -> Result<()> {
    let job = find(tx.conn, id)?;
    set_rows(tx, id, rows.created, rows.updated, rows.unchanged)?;
    set_state(tx, id, if job.dry_run { ImportState::Checked } else { ImportState::Applied })?;
    // One word for all: a change for each would be as long as the file.
    tx.changed(Entity::Household, id);
    Ok(())
}

/// Removes some of the phones that an applied import has ended. Gives whether there are more.
///
/// # Errors
/// Those of the database.
pub fn tidy_households(tx: &mut Tx<'_>, id: &str) -> Result<bool> {
    let ended: Vec<(String, String)> = household_phone::table
        .filter(household_phone::ended_by.eq(id))
        .select((household_phone::household_id, household_phone::phone_hash))
        .limit(STEP)
        .load(tx.conn)?;
    for key in &ended {
        diesel::delete(household_phone::table.find((&key.0, &key.1))).execute(tx.conn)?;
    }
    Ok(!ended.is_empty())
}

/// Removes some of what an import that was not applied had put beside the live rows. Gives whether there is more.
pub(super) fn undo_some(tx: &mut Tx<'_>, id: &str) -> Result<bool> {
    let ended: Vec<(String, String)> = household_phone::table
        .filter(household_phone::ended_by.eq(id))
        .select((household_phone::household_id, household_phone::phone_hash))
        .limit(STEP)
        .load(tx.conn)?;
    for key in &ended {
        diesel::update(household_phone::table.find((&key.0, &key.1)))
            .set(household_phone::ended_by.eq(None::<String>))
            .execute(tx.conn)?;
    }
    let added: Vec<(String, String)> = household_phone::table
        .filter(household_phone::added_by.eq(id))
        .select((household_phone::household_id, household_phone::phone_hash))
        .limit(STEP)
        .load(tx.conn)?;
    for key in &added {
        diesel::delete(household_phone::table.find((&key.0, &key.1))).execute(tx.conn)?;
    }
    let brought: Vec<String> = household::table
        .filter(household::import_id.eq(id))
        .select(household::id)
        .limit(STEP)
        .load(tx.conn)?;
    diesel::delete(household::table.filter(household::id.eq_any(&brought))).execute(tx.conn)?;
    Ok(!(ended.is_empty() && added.is_empty() && brought.is_empty()))
}
