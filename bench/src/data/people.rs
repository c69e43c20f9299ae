//! Dwellings with their rosters; residents with an account, a verified residence and, in each
//! estate's pool, a session; officials.

use xinwu_api::secrets::Secrets;
use xinwu_domain::household::Dwelling;

use super::bulk::{Bulk, Table, V};
use super::city::{City, POOL, Seed};
use super::registers::{founded, stored};
use crate::Result;

/// The master secret of every city that is made: there is nobody's phone in it.
pub const SECRET: &str = "xinwu-bench-keeps-no-secret-at-all";
/// Numbers of accounts from here on are officials': they draft, confirm and import.
pub const OFFICIAL: u64 = 9_000_000;

/// Who sees the cases of the street with the most estates.
pub const STREET_OFFICIAL: u64 = OFFICIAL + 2;

const HOUSEHOLD: Table = Table { name: "household", columns: "id,estate,building,unit,room,version" };
const HOUSEHOLD_PHONE: Table = Table { name: "household_phone", columns: "household_id,phone_hash" };
const ACCOUNT: Table = Table {
    name: "account",
    columns: "id,role,phone_hash,phone_encrypted,place,scopes,can_confirm,status,token_epoch,demo,created_at,version",
};
const RESIDENCE: Table = Table {
    name: "residence",
    columns: "id,account_id,estate,building,unit,room,household_id,status,requested_at,decided_at,version",
};
const SESSION: Table = Table { name: "session", columns: "id,account_id,created_at,expires_at" };

/// The account of a number.
pub fn account_id(seed: Seed, n: u64) -> String {
    seed.id(20, n)
}

/// The session of an account that has one.
pub fn session_id(seed: Seed, n: u64) -> String {
    seed.id(21, n)
}

/// The household of a number.
pub fn household_id(seed: Seed, n: u64) -> String {
    seed.id(22, n)
}

/// The residence of an account of a number.
pub fn residence_id(seed: Seed, n: u64) -> String {
    seed.id(23, n)
}

pub fn add(bulk: &mut Bulk<'_>, city: &City) -> Result<()> {
    let secrets = Secrets::from_data_key(SECRET.as_bytes())?;
    let at = stored(founded(city)?.naive_utc());
    for (place, n) in [("2102", OFFICIAL), ("2102", OFFICIAL + 1)] {
        let confirms = V::B(n > OFFICIAL);
        account(bulk, city.seed, n, ("city", V::T(place), confirms), (V::N, V::N), &at)?;
        session(bulk, city.seed, n, &at)?;
    }
    let street = city.busiest_street().ok_or("the city has no estates")?;
    account(bulk, city.seed, STREET_OFFICIAL, ("street", V::T(street), V::B(false)), (V::N, V::N), &at)?;
    session(bulk, city.seed, STREET_OFFICIAL, &at)?;
    for estate in &city.estates {
        for number in 0..estate.households {
            let home = dwelling(number);
            let id = household_id(city.seed, estate.first_household + number);
            let phone = phone(estate.first_household + number);
            let hash = secrets.phone_hash(&phone);
            let address = [V::T(&estate.code), V::T(&home.building), V::T(&home.unit), V::T(&home.room)];
            let [code, building, unit, room] = address;
            bulk.row(
                &HOUSEHOLD,
                &[V::T(&id), code.again(), building.again(), unit.again(), room.again(), V::I(1)],
            )?;
            bulk.row(&HOUSEHOLD_PHONE, &[V::T(&id), V::T(&hash)])?;
            if number >= estate.accounts {
                continue;
            }
            let n = estate.first_account + number;
            let account_id = account_id(city.seed, n);
            let sealed = secrets.encrypt(&account_id, phone.as_bytes())?;
            account(bulk, city.seed, n, ("resident", V::N, V::B(false)), (V::T(&hash), V::Y(&sealed)), &at)?;
            let residence = residence_id(city.seed, n);
            bulk.row(
                &RESIDENCE,
                &[
                    V::T(&residence),
                    V::T(&account_id),
                    code,
                    building,
                    unit,
                    room,
                    V::T(&id),
                    V::T("verified"),
                    V::T(&at),
                    V::T(&at),
                    V::I(1),
                ],
            )?;
            if number + POOL >= estate.accounts {
                session(bulk, city.seed, n, &at)?;
            }
        }
    }
    Ok(())
}

fn account(
    bulk: &mut Bulk<'_>,
    seed: Seed,
    n: u64,
    (role, place, confirms): (&str, V<'_>, V<'_>),
    (hash, sealed): (V<'_>, V<'_>),
    at: &str,
) -> Result<()> {
    let id = account_id(seed, n);
    bulk.row(
        &ACCOUNT,
        &[
            V::T(&id),
            V::T(role),
            hash,
            sealed,
            place,
            V::T(""),
            confirms,
            V::T("active"),
            V::I(1),
            V::B(true),
            V::T(at),
            V::I(1),
        ],
    )
}

fn session(bulk: &mut Bulk<'_>, seed: Seed, n: u64, at: &str) -> Result<()> {
    let (id, account) = (session_id(seed, n), account_id(seed, n));
    bulk.row(&SESSION, &[V::T(&id), V::T(&account), V::T(at), V::T("2099-01-01 00:00:00")])
}

/// The number on the roster of a household of a number.
pub fn phone(household: u64) -> String {
    format!("199{household:08}")
}

/// The dwelling of a number: three floors of two doors a unit, three units a building.
pub fn dwelling(number: u64) -> Dwelling {
    let (unit, door) = (number % 18 / 6 + 1, number % 6);
    Dwelling {
        building: (number / 18 + 1).to_string(),
        unit: unit.to_string(),
        room: ((door / 2 + 1) * 100 + door % 2 + 1).to_string(),
    }
}
