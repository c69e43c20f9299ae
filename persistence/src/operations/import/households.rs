//! Households: too many for one short transaction (a city has nearly two million). Rows are put
//! beside the live ones in small writes, marked with their import; reads pass over them until the
//! import's state says `applied`, which one write of one row does.

mod capacity;
mod live;

use std::collections::{BTreeSet, HashMap};

use diesel::prelude::*;
use xinwu_domain::access::Warrant;
use xinwu_domain::entity::Entity;
use xinwu_domain::import::{HouseholdRow, ImportRows, ImportState, Row};
use xinwu_domain::refusal::Refusal;
use xinwu_store::{Col, Conn, Result, StoreError, Tx, on_each};

use super::job::{end_dry_run, require_running, set_rows, set_state};
use super::staging::{StagedRow, row_faults, staged_after};
use super::{Checked, STEP};
use crate::registers::roster::{Entries, note_first_rosters};
use crate::registers::{authors, place};
use crate::schema::{estate, household, household_phone};

pub use capacity::Free;
use capacity::Listed;
use live::{Change, LiveHouseholds};

/// What a check counts of the few dwellings that one number may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Numbers {
    /// What the file itself gives it: of where it stands already nothing is told.
    OfTheFile,
    /// That and the rosters, for a file in which nothing is bad and which is about to be applied.
    OnRosters,
}

/// Checks some staged households after a line against the live ones. Only reads: the writer is not
/// asked. `free` goes from one part of the file to the next.
pub fn check_households(
    conn: &mut Conn,
    id: &str,
    warrant: &Warrant,
    after: i32,
    (free, numbers): (&mut Free, Numbers),
) -> Result<Checked> {
    let staged = staged_households(conn, id, after)?;
    let mut checked = Checked::default();
    let mut estates: HashMap<String, std::result::Result<(), Refusal>> = HashMap::new();
    let live = LiveHouseholds::load(conn, &staged)?;
    let changes: Vec<Change> = staged.iter().map(|(_, _, row)| live.compare(row)).collect();
    let changed = staged.iter().map(|(_, _, row)| row).zip(&changes);
    let listed = match numbers {
        Numbers::OfTheFile => Listed::default(),
        Numbers::OnRosters => Listed::load(conn, changed)?,
    };
    for ((line, key, row), change) in staged.into_iter().zip(changes) {
        checked.part.last = Some(line);
        if !estates.contains_key(&row.estate) {
            let allowed = may_touch(conn, warrant, &row.estate)?;
            estates.insert(row.estate.clone(), allowed);
        }
        if let Some(Err(refusal)) = estates.get(&row.estate) {
            checked.part.rows.bad += 1;
            checked.faults.extend(row_faults(line, &key, refusal.clone()));
            continue;
        }
        let taken = match change.household_id {
            None => free.take(conn, &row.estate)?,
            Some(_) => Ok(()),
        };
        if let Err(refusal) = free.enter(&row, &change, &listed).and(taken) {
            checked.part.rows.bad += 1;
            checked.faults.extend(row_faults(line, &key, refusal));
            continue;
        }
        checked.part.rows.count(change.outcome());
    }
    Ok(checked)
}

/// Line, key and row of some staged households.
type StagedHousehold = (i32, String, HouseholdRow);

fn staged_households(conn: &mut Conn, id: &str, after: i32) -> Result<Vec<StagedHousehold>> {
    let staged = staged_after(conn, id, after, STEP)?;
    staged
        .into_iter()
        .map(|StagedRow { line, key, row }| match row {
            Row::Household(row) => Ok((line, key, row)),
            _ => Err(StoreError::internal("a staged row is not a household")),
        })
        .collect()
}

/// Whether the actor reaches the estate; that it is there was looked up as the row was staged.
fn may_touch(conn: &mut Conn, warrant: &Warrant, code: &str) -> Result<std::result::Result<(), Refusal>> {
    let place: String = estate::table.find(code).select(estate::place).first(conn)?;
    match place::require_reach(conn, warrant, &place) {
        Ok(()) => Ok(Ok(())),
        Err(StoreError::Refused(refusal)) => Ok(Err(refusal)),
        Err(error) => Err(error),
    }
}

/// Some households that were put beside the live ones.
#[derive(Debug)]
pub struct Put {
    /// The last line.
    pub last: i32,
    /// The estates on whose rosters somebody comes.
    pub entered: BTreeSet<String>,
}

/// Puts some staged households after a line beside the live ones, invisible. `None` when there were
/// no more.
///
/// # Errors
/// [`Refusal::Conflict`] when the job has ended, and when a household was added meanwhile by
/// someone else.
pub fn apply_households(tx: &mut Tx<'_>, id: &str, after: i32) -> Result<Option<Put>> {
    let job = require_running(tx.conn, id)?;
    if job.state.0 != ImportState::Applying {
        set_state(tx, id, ImportState::Applying)?;
    }
    let staged = staged_households(tx.conn, id, after)?;
    let Some(last) = staged.last().map(|(line, _, _)| *line) else { return Ok(None) };
    let live = LiveHouseholds::load(tx.conn, &staged)?;
    let changes: Vec<(HouseholdRow, Change)> = staged
        .into_iter()
        .map(|(_, _, row)| {
            let change = live.compare(&row);
            (row, change)
        })
        .collect();
    if !job.dry_run {
        let is_edit = |change: &&Change| !(change.added.is_empty() && change.ended.is_empty());
        let edited = changes.iter().map(|(_, change)| change).filter(is_edit);
        let edited: Vec<&str> = edited.filter_map(|change| change.household_id.as_deref()).collect();
        authors::note_of_households(tx, &edited, &job.by_account)?;
    }
    // Once more, where nobody writes in between: the register may have grown since the file was
    // checked. What the parts before put there counts as live.
    let mut free = Free::default();
    let listed = Listed::load(tx.conn, changes.iter().map(|(row, change)| (row, change)))?;
    for (row, change) in &changes {
        if change.household_id.is_none() {
            free.take(tx.conn, &row.estate)??;
        }
        free.enter(row, change, &listed)?;
    }
    let entering = || changes.iter().filter(|(_, change)| !change.added.is_empty());
    let entered: BTreeSet<String> = entering().map(|(row, _)| row.estate.clone()).collect();
    let known_ones: Vec<&str> = entering().filter_map(|(_, change)| change.household_id.as_deref()).collect();
    let entries = Entries::of(tx, &entered.iter().map(String::as_str).collect(), &known_ones)?;
    let (mut households, mut phones) = (Vec::new(), Vec::new());
    for (row, change) in changes {
        let estate = row.estate.clone();
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
        let rates_from = entries.rates_from(&estate, &household_id).map(Col);
        phones.extend(change.added.into_iter().map(|phone_hash| {
            (
                household_phone::household_id.eq(household_id.clone()),
                household_phone::phone_hash.eq(phone_hash),
                household_phone::rates_from.eq(rates_from),
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
    Ok(Some(Put { last, entered }))
}

/// Makes an import's households visible, all at once: from here on its state says `applied`. A dry
/// run ends as `checked`. `entered` are the estates on whose rosters somebody comes.
///
/// # Errors
/// [`Refusal::Conflict`] when the job has ended.
pub fn show_households(
    tx: &mut Tx<'_>,
    id: &str,
    rows: &ImportRows,
    entered: &BTreeSet<String>,
) -> Result<()> {
    let job = require_running(tx.conn, id)?;
    note_first_rosters(tx, entered.iter().map(String::as_str))?;
    if job.dry_run {
        return end_dry_run(tx, id);
    }
    set_rows(tx, id, rows)?;
    set_state(tx, id, ImportState::Applied)?;
    // One word for all: a change for each would be as long as the file.
    tx.changed(Entity::Household, id);
    Ok(())
}

/// Removes some of the phones that an applied import has ended. Gives whether there are more.
pub(super) fn tidy_some(tx: &mut Tx<'_>, id: &str) -> Result<bool> {
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

/// Removes some of what an import that was not applied had put beside the live rows. Gives whether
/// there is more.
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
