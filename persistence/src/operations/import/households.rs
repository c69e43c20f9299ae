//! Households: too many for one short transaction (a city has nearly two million). Rows are put
//! beside the live ones in small writes, marked with their import; reads pass over them until the
//! import's state says `applied`, which one write of one row does.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};

use diesel::prelude::*;
use xinwu_domain::access::Warrant;
use xinwu_domain::entity::Entity;
use xinwu_domain::import::{HouseholdRow, ImportRows, ImportState, Row, RowOutcome};
use xinwu_domain::refusal::Refusal;
use xinwu_store::{Col, Conn, Result, StoreError, Tx, on_each};

use super::job::{end_dry_run, require_running, set_rows, set_state};
use super::staging::{StagedRow, row_faults, staged_after};
use super::{Checked, STEP};
use crate::registers::roster::{
    Entries, MOST_DWELLINGS, dwellings_of, free_dwellings, note_first_rosters, phone_on_many_dwellings,
    register_full,
};
use crate::registers::roster::{household_is_visible, phone_is_on_the_roster};
use crate::registers::{authors, place};
use crate::schema::{estate, household, household_phone};

/// What estates' registers still take, as a file is checked: each new dwelling takes a place, and
/// each entry one of the few dwellings of its number.
#[derive(Debug, Clone, Default)]
pub struct Free {
    places: HashMap<String, i64>,
    /// By how many dwellings of an estate the file so far has more of a number, by what the two
    /// hash to: a city's file has two million numbers.
    numbers: HashMap<u64, i32>,
}

impl Free {
    /// Takes a place in an estate's register, which was asked for once.
    fn take(&mut self, conn: &mut Conn, estate: &str) -> Result<std::result::Result<(), Refusal>> {
        let free = match self.places.get_mut(estate) {
            Some(free) => free,
            None => {
                let free = free_dwellings(conn, estate)?;
                self.places.entry(estate.to_owned()).or_insert(free)
            }
        };
        *free -= 1;
        Ok(if *free < 0 { Err(register_full()) } else { Ok(()) })
    }

    /// Takes what a row changes in the rosters; `there` are the live ones, whatever the file does.
    fn enter(
        &mut self,
        row: &HouseholdRow,
        change: &Change,
        there: &Listed,
    ) -> std::result::Result<(), Refusal> {
        for hash in &change.ended {
            *self.numbers.entry(number_of(&row.estate, hash)).or_default() -= 1;
        }
        let mut is_one_too_many = false;
        for hash in &change.added {
            let of_file = self.numbers.entry(number_of(&row.estate, hash)).or_default();
            *of_file += 1;
            is_one_too_many |= there.dwellings(&row.estate, hash) + i64::from(*of_file) > MOST_DWELLINGS;
        }
        if is_one_too_many { Err(phone_on_many_dwellings()) } else { Ok(()) }
    }
}

fn number_of(estate: &str, phone_hash: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    (estate, phone_hash).hash(&mut hasher);
    hasher.finish()
}

/// On the rosters of how many dwellings of their estates the numbers stand that some rows add.
#[derive(Default)]
struct Listed(HashMap<String, HashMap<String, i64>>);

impl Listed {
    fn load<'a>(
        conn: &mut Conn,
        changes: impl Iterator<Item = (&'a HouseholdRow, &'a Change)>,
    ) -> Result<Listed> {
        let mut added: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (row, change) in changes {
            added.entry(&row.estate).or_default().extend(change.added.iter().map(String::as_str));
        }
        let mut listed = HashMap::new();
        for (estate, hashes) in added {
            let hashes: Vec<&str> = hashes.into_iter().collect();
            listed.insert(estate.to_owned(), dwellings_of(conn, estate, &hashes)?);
        }
        Ok(Listed(listed))
    }

    fn dwellings(&self, estate: &str, phone_hash: &str) -> i64 {
        self.0.get(estate).and_then(|numbers| numbers.get(phone_hash)).copied().unwrap_or_default()
    }
}

/// Checks some staged households after a line against the live ones. Only reads: the writer is not
/// asked. `free` goes from one part of the file to the next. A dry run tells nothing of single
/// phones: not on how many rosters one stands.
pub fn check_households(
    conn: &mut Conn,
    id: &str,
    warrant: &Warrant,
    after: i32,
    (free, dry_run): (&mut Free, bool),
) -> Result<Checked> {
    let staged = staged_households(conn, id, after)?;
    let mut checked = Checked::default();
    let mut estates: HashMap<String, std::result::Result<(), Refusal>> = HashMap::new();
    let live = LiveHouseholds::load(conn, &staged)?;
    let changes: Vec<Change> = staged.iter().map(|(_, _, row)| live.compare(row)).collect();
    let changed = staged.iter().map(|(_, _, row)| row).zip(&changes);
    let listed = if dry_run { Listed::default() } else { Listed::load(conn, changed)? };
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

/// What a row does to the household that is there.
struct Change {
    household_id: Option<String>,
    added: Vec<String>,
    ended: Vec<String>,
}

impl Change {
    fn outcome(&self) -> RowOutcome {
        match &self.household_id {
            None => RowOutcome::Created,
            Some(_) if self.added.is_empty() && self.ended.is_empty() => RowOutcome::Unchanged,
            Some(_) => RowOutcome::Updated,
        }
    }
}

/// A dwelling within its estate and building: unit and room.
type Within = (String, String);

/// The live households among some rows, with their rosters: read together, building by building,
/// since a city has nearly two million.
struct LiveHouseholds {
    ids: HashMap<(String, String), HashMap<Within, String>>,
    rosters: HashMap<String, BTreeSet<String>>,
}

impl LiveHouseholds {
    fn load(conn: &mut Conn, staged: &[StagedHousehold]) -> Result<LiveHouseholds> {
        type UnitsAndRooms<'a> = (BTreeSet<&'a str>, BTreeSet<&'a str>);
        let mut buildings: BTreeMap<(&str, &str), UnitsAndRooms<'_>> = BTreeMap::new();
        for (_, _, row) in staged {
            let (units, rooms) = buildings.entry((&row.estate, &row.building)).or_default();
            units.insert(&row.unit);
            rooms.insert(&row.room);
        }
        let mut live = LiveHouseholds { ids: HashMap::new(), rosters: HashMap::new() };
        for ((estate, building), (units, rooms)) in buildings {
            let found: Vec<(String, String, String)> = household::table
                .filter(household::estate.eq(estate))
                .filter(household::building.eq(building))
                .filter(household::unit.eq_any(units))
                .filter(household::room.eq_any(rooms))
                .filter(household_is_visible!())
                .select((household::unit, household::room, household::id))
                .load(conn)?;
            let ids = found.into_iter().map(|(unit, room, id)| ((unit, room), id)).collect();
            live.ids.insert((estate.to_owned(), building.to_owned()), ids);
        }
        // Only of those with a roster in the file: the others' stay as they are.
        let wanted: Vec<&String> = staged
            .iter()
            .filter(|(_, _, row)| row.phone_hashes.is_some())
            .filter_map(|(_, _, row)| live.id(row))
            .collect();
        let mut phones: Vec<(String, String)> = Vec::new();
        for part in wanted.chunks(500) {
            phones.extend(
                household_phone::table
                    .filter(household_phone::household_id.eq_any(part.iter().copied()))
                    .filter(phone_is_on_the_roster!())
                    .select((household_phone::household_id, household_phone::phone_hash))
                    .load::<(String, String)>(conn)?,
            );
        }
        for (id, hash) in phones {
            live.rosters.entry(id).or_default().insert(hash);
        }
        Ok(live)
    }

    fn id(&self, row: &HouseholdRow) -> Option<&String> {
        // A step has few buildings, and so few keys are made for nothing.
        let building = self.ids.get(&(row.estate.clone(), row.building.clone()))?;
        building.get(&(row.unit.clone(), row.room.clone()))
    }

    fn compare(&self, row: &HouseholdRow) -> Change {
        let Some(id) = self.id(row) else {
            let added = row.phone_hashes.clone().unwrap_or_default();
            return Change { household_id: None, added, ended: Vec::new() };
        };
        let (mut added, mut ended) = (Vec::new(), Vec::new());
        if let Some(wanted) = &row.phone_hashes {
            let nobody = BTreeSet::new();
            let there = self.rosters.get(id).unwrap_or(&nobody);
            added.extend(wanted.iter().filter(|hash| !there.contains(*hash)).cloned());
            ended.extend(there.iter().filter(|hash| !wanted.contains(*hash)).cloned());
        }
        Change { household_id: Some(id.clone()), added, ended }
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
