//! What rows of a file do to the dwellings that are there.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use diesel::prelude::*;
use xinwu_domain::import::{HouseholdRow, RowOutcome};
use xinwu_store::{Conn, Result};

use super::StagedHousehold;
use crate::registers::roster::{household_is_visible, phone_is_on_the_roster};
use crate::schema::{household, household_phone};

/// What a row does to the household that is there.
pub(super) struct Change {
    pub household_id: Option<String>,
    pub added: Vec<String>,
    pub ended: Vec<String>,
}

impl Change {
    pub fn outcome(&self) -> RowOutcome {
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
pub(super) struct LiveHouseholds {
    ids: HashMap<(String, String), HashMap<Within, String>>,
    rosters: HashMap<String, BTreeSet<String>>,
}

impl LiveHouseholds {
    pub fn load(conn: &mut Conn, staged: &[StagedHousehold]) -> Result<LiveHouseholds> {
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

    pub fn compare(&self, row: &HouseholdRow) -> Change {
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
