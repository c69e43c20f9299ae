//! Officials, the dwellings with their rosters, and residents with accounts.

use std::collections::BTreeSet;
use std::sync::Arc;

use xinwu_domain::access::{Operation, Role, Warrant};
use xinwu_domain::household::{Dwelling, NewHousehold};
use xinwu_domain::residence::NewResidence;
use xinwu_persistence::people::account::{self, NewAccount};
use xinwu_persistence::ratings::own_home;
use xinwu_persistence::registers::household;
use xinwu_store::{Result, StoreError};

use super::{Fill, Home, RESIDENT_PHONE, actor};
use crate::demo::people::someone;

/// Of 100 dwellings so many have someone with an account.
const WITH_ACCOUNT: usize = 80;

/// A dwelling of an estate, with the phone on its roster.
#[derive(Clone)]
struct Roster {
    estate: usize,
    code: String,
    dwelling: Dwelling,
    phone: String,
    phone_hash: String,
    has_account: bool,
}

impl Fill<'_> {
    /// An official in each place that has an estate, and two in each district: one drafts, the
    /// other confirms.
    pub(super) fn officials(&mut self) -> Result<()> {
        let mut wanted: BTreeSet<(String, Role, String, bool)> = BTreeSet::new();
        let mut want = |place: &str, role, confirms: bool| {
            let key = if confirms { format!("{place} confirms") } else { place.to_owned() };
            wanted.insert((key, role, place.to_owned(), confirms));
        };
        want("2102", Role::City, false);
        want("2102", Role::City, true);
        for estate in &self.plan.estates {
            want(&estate.community, Role::Community, false);
            want(&estate.street, Role::Street, false);
            want(&estate.district, Role::District, false);
            want(&estate.district, Role::District, true);
        }
        let made = self.each(wanted.into_iter().collect(), |tx, (key, role, place, confirms)| {
            let id = tx.random.id();
            let new = NewAccount {
                place: Some(place.clone()),
                can_confirm: *confirms,
                staff_number: Some(format!("DEMO-{}", key.replace(' ', "-"))),
                ..someone(*role)
            };
            account::add(tx, &id, &new)?;
            Ok((key.clone(), actor(&id, *role, Some(place), None, *confirms)))
        })?;
        self.officials = made.into_iter().collect();
        Ok(())
    }

    pub(super) fn residents(&mut self) -> Result<()> {
        let mut rosters = Vec::with_capacity(self.size.households);
        for (estate, planned) in self.plan.estates.iter().enumerate() {
            let code = self.estates.get(estate).cloned().unwrap_or_default();
            for number in 0..planned.households {
                let is_the_residents = estate == self.demo_estate && number == 0;
                let phone = match is_the_residents {
                    true => RESIDENT_PHONE.to_owned(),
                    false => format!("199000{:05}", rosters.len()),
                };
                rosters.push(Roster {
                    estate,
                    code: code.clone(),
                    dwelling: dwelling(number)?,
                    phone_hash: self.secrets.phone_hash(&phone),
                    phone,
                    has_account: !is_the_residents && number * 100 < planned.households * WITH_ACCOUNT,
                });
            }
        }
        self.each(rosters.clone(), |tx, roster| {
            let (estate, Dwelling { building, unit, room }) = (roster.code.clone(), roster.dwelling.clone());
            let new = NewHousehold { estate, building, unit, room, phones: Vec::new() };
            let hashes = std::slice::from_ref(&roster.phone_hash);
            household::add(tx, &Warrant::operator(Operation::AddHousehold), &new, hashes).map(|_| ())
        })?;
        rosters.retain(|roster| roster.has_account);
        let mut residents = Vec::with_capacity(rosters.len());
        for roster in rosters {
            // Made here, because the encryption of the phone is bound to it.
            let id = xinwu_store::Random.id();
            let sealed = self.secrets.encrypt(&id, roster.phone.as_bytes());
            residents.push((id, sealed.map_err(|error| StoreError::internal(error.to_string()))?, roster));
        }
        let (keys, limits) = (Arc::clone(&self.keys), self.limits);
        self.homes = self.each(residents, move |tx, (id, sealed, roster)| {
            let new = NewAccount {
                phone_hash: Some(roster.phone_hash.clone()),
                phone_encrypted: Some(sealed.clone()),
                ..someone(Role::Resident)
            };
            account::add(tx, id, &new)?;
            let actor = actor(id, Role::Resident, None, None, false);
            let Dwelling { building, unit, room } = roster.dwelling.clone();
            let new = NewResidence { estate: roster.code.clone(), building, unit, room };
            let warrant = Warrant::of(Operation::ClaimResidence, actor.clone())?;
            let (residence, _) = own_home::claim(tx, &keys, &warrant, &new, &limits)?;
            Ok(Home { estate: roster.estate, actor, residence: residence.id })
        })?;
        Ok(())
    }
}

/// The dwelling of a number: three floors of two doors a unit, three units a building.
pub fn dwelling(number: usize) -> Result<Dwelling> {
    let (building, unit, door) = (number / 18 + 1, number % 18 / 6 + 1, number % 6);
    let room = (door / 2 + 1) * 100 + door % 2 + 1;
    Ok(Dwelling::read(&building.to_string(), &unit.to_string(), &room.to_string())?)
}
