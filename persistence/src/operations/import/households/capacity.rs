//! What the registers of estates still take: as many dwellings as were declared, and few dwellings
//! of one number.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};

use xinwu_domain::import::HouseholdRow;
use xinwu_domain::refusal::Refusal;
use xinwu_store::{Conn, Result};

use super::live::Change;
use crate::registers::roster::{
    MOST_DWELLINGS, dwellings_of, free_dwellings, phone_on_many_dwellings, register_full,
};

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
    pub(super) fn take(&mut self, conn: &mut Conn, estate: &str) -> Result<std::result::Result<(), Refusal>> {
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
    pub(super) fn enter(
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
pub(super) struct Listed(HashMap<String, HashMap<String, i64>>);

impl Listed {
    pub(super) fn load<'a>(
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
