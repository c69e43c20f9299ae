//! What an entry in an estate's register gives: from which month who stands on the roster may rate,
//! and which dwelling is one too many.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::NaiveDate;
use diesel::dsl::count_star;
use diesel::prelude::*;
use xinwu_domain::calendar::{Month, day_of};
use xinwu_domain::refusal::Refusal;
use xinwu_domain::residence::{Entered, ResidenceStatus, rates_from};
use xinwu_domain::text::Text;
use xinwu_store::{Col, Conn, Result, Tx};

use crate::city;
use crate::schema::{estate, household, household_phone, residence, staff};

/// Imports of which what they brought beside the live rows counts: those that are applied and were
/// not taken back.
macro_rules! imports_in_effect {
    () => {{
        use diesel::prelude::*;
        use $crate::schema::import;
        import::table
            .filter(import::state.eq("applied"))
            .filter(import::undone_at.is_null())
            .select(import::id.nullable())
    }};
}

/// Households that may be seen: those that no import brought, and those whose import is applied.
macro_rules! household_is_visible {
    () => {{
        use diesel::prelude::*;
        use $crate::schema::household;
        household::import_id
            .is_null()
            .or(household::import_id.eq_any($crate::registers::roster::imports_in_effect!()))
    }};
}

/// Phones on a roster as it stands: without those that an import still brings, with those that an
/// import still ends.
macro_rules! phone_is_on_the_roster {
    () => {{
        use diesel::prelude::*;
        use $crate::schema::household_phone;
        household_phone::added_by
            .is_null()
            .or(household_phone::added_by.eq_any($crate::registers::roster::imports_in_effect!()))
            .and(
                household_phone::ended_by
                    .is_null()
                    .or(household_phone::ended_by.ne_all($crate::registers::roster::imports_in_effect!())),
            )
    }};
}
/// Entries of an account: those that were kept for its person, and those of its number that are
/// kept for nobody.
macro_rules! entry_is_of_account {
    ($entries:ident) => {{
        use diesel::prelude::*;
        use $crate::schema::{account, $entries};
        let by_number =
            $entries::person.is_null().and($entries::phone_hash.nullable().eq(account::phone_hash));
        $entries::person.eq(account::person).or(by_number)
    }};
}
pub(crate) use entry_is_of_account;
pub(crate) use household_is_visible;
pub(crate) use imports_in_effect;
pub(crate) use phone_is_on_the_roster;

/// Dwellings that an estate's register still takes before it has as many as the estate declares.
/// The dwellings of an import under way count, so that nobody adds to the register meanwhile what
/// it brings.
pub(crate) fn free_dwellings(conn: &mut Conn, code: &str) -> Result<i64> {
    let declared: i32 = estate::table.find(code).select(estate::households).first(conn)?;
    let of_estate = || household::table.filter(household::estate.eq(code));
    let all: i64 = of_estate().count().get_result(conn)?;
    let waiting: i64 = of_estate().filter(household::waits).count().get_result(conn)?;
    Ok(i64::from(declared) - (all - waiting))
}

/// The register has as many dwellings as the estate declares: one more takes a second person.
pub(crate) fn register_full() -> Refusal {
    let text = Text::new(
        "登记户数已达到小区申报户数；请先更正申报户数，或逐户新增并由另一人确认",
        "The register has as many dwellings as the estate declares: correct that number first, or add them one by one, each confirmed by another official",
    );
    Refusal::conflict("register_full", text)
}

/// Dwellings of an estate on whose rosters one number may stand: nobody lives in more, and whoever
/// does learns more of the neighbours than a neighbour.
pub(crate) const MOST_DWELLINGS: i64 = 3;

/// On the rosters of how many dwellings of an estate some numbers stand. What an import under way
/// brings counts, and what one ends does not.
pub(crate) fn dwellings_of(
    conn: &mut Conn,
    estate: &str,
    phone_hashes: &[&str],
) -> Result<HashMap<String, i64>> {
    let mut found = HashMap::new();
    for part in phone_hashes.chunks(500) {
        let counts: Vec<(String, i64)> = household_phone::table
            .inner_join(household::table.on(household::id.eq(household_phone::household_id)))
            .filter(household::estate.eq(estate))
            .filter(household_phone::phone_hash.eq_any(part))
            .filter(household_phone::ended_by.is_null())
            .group_by(household_phone::phone_hash)
            .select((household_phone::phone_hash, count_star()))
            .load(conn)?;
        found.extend(counts);
    }
    Ok(found)
}

/// A number would stand on the rosters of more than [`MOST_DWELLINGS`].
pub(crate) fn phone_on_many_dwellings() -> Refusal {
    let text = Text::new(
        format!("同一手机号码在同一小区最多登记{MOST_DWELLINGS}户；请先从其他住户名单中移除"),
        format!(
            "A phone stands on the rosters of at most {MOST_DWELLINGS} dwellings of an estate: take it off another first"
        ),
    );
    Refusal::invalid("/phones", "phone_on_many_dwellings", text)
}

/// Somebody leaves a number: its entries as they stand, on rosters and on lists of staff, stay
/// theirs, also where a file lists the number again. Who gets the number is let in nowhere by them.
/// What an import under way brings is of who has the number then.
pub(crate) fn keep_entries(tx: &mut Tx<'_>, person: &str, phone_hash: &str) -> Result<()> {
    diesel::update(household_phone::table)
        .filter(household_phone::phone_hash.eq(phone_hash))
        .filter(household_phone::person.is_null())
        .filter(phone_is_on_the_roster!())
        .set(household_phone::person.eq(person))
        .execute(tx.conn)?;
    diesel::update(staff::table)
        .filter(staff::phone_hash.eq(phone_hash))
        .filter(staff::person.is_null())
        .set(staff::person.eq(person))
        .execute(tx.conn)?;
    Ok(())
}

/// From which month those may rate who are entered on rosters by this write.
pub(crate) struct Entries {
    later: Option<Month>,
    /// Estates whose first roster it is.
    first: BTreeSet<String>,
    /// Households in which somebody verified lives.
    lived_in: BTreeSet<String>,
}

impl Entries {
    /// What these estates' rosters and these households say today. An estate's first roster is all
    /// that is entered on the city's day on which it had none before.
    pub(crate) fn of(tx: &mut Tx<'_>, estates: &BTreeSet<&str>, households: &[&str]) -> Result<Entries> {
        let zone = city::city(tx.conn)?.zone;
        let today = Col(day_of(tx.now, zone));
        let days: BTreeMap<String, Option<Col<NaiveDate>>> = estate::table
            .filter(estate::code.eq_any(estates))
            .select((estate::code, estate::roster_on))
            .load(tx.conn)?
            .into_iter()
            .collect();
        let is_first = |day: &Option<_>| day.is_none_or(|day| day == today);
        let first = days.into_iter().filter(|(_, day)| is_first(day)).map(|(code, _)| code).collect();
        let lived_in = residence::table
            .filter(residence::household_id.eq_any(households))
            .filter(residence::status.eq(Col(ResidenceStatus::Verified)))
            .select(residence::household_id.assume_not_null())
            .load(tx.conn)?
            .into_iter()
            .collect();
        let later = rates_from(Month::of(tx.now, zone), Entered::Later);
        Ok(Entries { later, first, lived_in })
    }

    /// The first month that may be rated by who is entered for a household.
    pub(crate) fn rates_from(&self, estate: &str, household: &str) -> Option<Month> {
        let is_first = self.first.contains(estate) && !self.lived_in.contains(household);
        if is_first { None } else { self.later }
    }
}

/// Keeps today as the day of the first roster of those of the estates that had none.
pub(crate) fn note_first_rosters<'a>(tx: &mut Tx<'_>, estates: impl Iterator<Item = &'a str>) -> Result<()> {
    let today = day_of(tx.now, city::city(tx.conn)?.zone);
    let estates: Vec<&str> = estates.collect();
    for part in estates.chunks(500) {
        diesel::update(estate::table.filter(estate::code.eq_any(part)))
            .filter(estate::roster_on.is_null())
            .set(estate::roster_on.eq(Col(today)))
            .execute(tx.conn)?;
    }
    Ok(())
}

/// The first month that may be rated by who becomes known today by other than a first roster.
pub(crate) fn next_month(tx: &mut Tx<'_>) -> Result<Month> {
    let zone = city::city(tx.conn)?.zone;
    let month = Month::of(tx.now, zone);
    Ok(rates_from(month, Entered::Later).unwrap_or(month))
}
