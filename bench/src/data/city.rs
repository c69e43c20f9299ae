//! What the city is, before any of it is stored. Everything follows from the seed by hashing a
//! counter, so that no part depends on how much there is of another.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};
use xinwu_api::demo::plan::{PlaceRow, Tier, places};
use xinwu_api::demo::words;
use xinwu_domain::calendar::Month;
use xinwu_domain::place::PlaceLevel;
use xinwu_domain::uscc::Uscc;

use crate::Result;

/// Firms.
const FIRMS: usize = 1_800;
/// Estates.
const ESTATES: usize = 2_600;
/// Estates whose firm changed: each has two projects.
const TAKEN_OVER: usize = 200;
/// Dwellings.
pub const HOUSEHOLDS: u64 = 1_900_000;
/// Of ten dwellings so many have someone with an account.
const WITH_ACCOUNT: u64 = 6;
/// The last accounts of each estate: they have not rated the current month and are signed in, so
/// that the measuring can let them rate.
pub const POOL: u64 = 96;
/// Months with ratings, the current one included.
const MONTHS: i32 = 24;
/// The firm with the most projects.
pub const BIG_FIRM: usize = 0;
/// Of so many estates the big firm serves one.
const BIG_FIRM_EVERY: usize = 22;

/// The source of everything that looks random.
#[derive(Debug, Clone, Copy)]
pub struct Seed(pub u64);

impl Seed {
    /// The `n`-th number of a stream (SplitMix64).
    pub fn at(self, stream: u64, n: u64) -> u64 {
        let mut mixed = self.0 ^ stream.wrapping_mul(0xD1B5_4A32_D192_ED03);
        mixed = mixed.wrapping_add(n.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`.
    pub fn below(self, stream: u64, n: u64, bound: u64) -> u64 {
        self.at(stream, n) % bound.max(1)
    }

    /// An identifier that sorts by its number, as the service's version 7 ones sort by time.
    pub fn id(self, stream: u64, n: u64) -> String {
        // Milliseconds of a day long ago, and one more for each: 48 bits.
        let millis = 1_690_000_000_000 + (stream << 32) + n;
        let chance = self.at(stream, n);
        format!(
            "{:08x}-{:04x}-7{:03x}-8{:03x}-{:012x}",
            millis >> 16,
            millis & 0xFFFF,
            chance & 0xFFF,
            (chance >> 12) & 0xFFF,
            chance >> 16
        )
    }

    /// An identifier anywhere among all, as the service's version 4 ones are; the `n`-th of `all`
    /// sorts after the one before it.
    pub fn spread_id(self, stream: u64, n: u64, all: u64) -> String {
        let gap = u64::MAX / all.max(1);
        let place = n * gap + self.below(stream, n, gap);
        let chance = self.at(stream ^ 0xFF, n);
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            place >> 32,
            (place >> 16) & 0xFFFF,
            (place >> 4) & 0xFFF,
            0x8000 | ((place & 0xF) << 8) | (chance & 0xFF),
            chance >> 16
        )
    }
}

/// One firm.
pub struct Firm {
    pub uscc: Uscc,
    pub name: String,
    pub short_name: String,
    pub registered: String,
    pub tier: Tier,
}

/// One estate.
pub struct Estate {
    /// Known once it is stored.
    pub code: String,
    pub name: String,
    pub community: String,
    /// Its dwellings, and the number of the first among all.
    pub households: u64,
    pub first_household: u64,
    /// Its residents with an account: those of its first dwellings.
    pub accounts: u64,
    pub first_account: u64,
}

/// One term of a firm in an estate.
pub struct Project {
    pub id: String,
    pub manager: String,
    pub estate: usize,
    pub firm: usize,
    pub starts_on: NaiveDate,
    pub ends_on: Option<NaiveDate>,
    /// Hundredths of m².
    pub area: i64,
    pub fee_fen: i64,
}

/// One month of one project, and how many ratings it has.
#[derive(Clone, Copy)]
pub struct Cell {
    pub project: usize,
    pub month: Month,
    pub ratings: u64,
    /// Those who may rate then, and the days on which they do.
    pub residents: u64,
    pub days: u64,
}

/// The whole city.
pub struct City {
    pub seed: Seed,
    pub today: NaiveDate,
    pub places: Vec<PlaceRow>,
    pub firms: Vec<Firm>,
    pub estates: Vec<Estate>,
    /// The earlier of an estate first.
    pub projects: Vec<Project>,
    pub cells: Vec<Cell>,
    pub households: u64,
    pub accounts: u64,
    pub ratings: u64,
}

impl City {
    /// Invents a city.
    ///
    /// # Errors
    /// When its residents are too few for so many ratings.
    pub fn invent(seed: u64, households: u64, ratings: u64, today: NaiveDate) -> Result<City> {
        let seed = Seed(seed);
        let places = places();
        let firms = firms(seed, &places);
        let estates = estates(seed, &places, households)?;
        let projects = projects(seed, &estates, today)?;
        let accounts = estates.iter().map(|estate| estate.accounts).sum();
        let mut city = City {
            seed,
            today,
            places,
            firms,
            estates,
            projects,
            cells: Vec::new(),
            households,
            accounts,
            ratings,
        };
        city.cells = city.spread_ratings()?;
        Ok(city)
    }

    /// The months that have ratings.
    pub fn months(&self) -> Result<(Month, Month)> {
        let last = Month::containing(self.today).ok_or("the day is out of range")?;
        Ok((last.plus(1 - MONTHS).ok_or("the day is out of range")?, last))
    }

    /// The district of a street or community.
    pub fn district(code: &str) -> &str {
        code.get(..6).unwrap_or(code)
    }

    /// The street with the most estates.
    pub fn busiest_street(&self) -> Option<&str> {
        let mut of_street: BTreeMap<&str, usize> = BTreeMap::new();
        for street in self.estates.iter().filter_map(|estate| estate.community.get(..9)) {
            *of_street.entry(street).or_default() += 1;
        }
        of_street.into_iter().max_by_key(|(_, estates)| *estates).map(|(street, _)| street)
    }

    /// About how many rows are written.
    pub fn rows(&self) -> u64 {
        self.households * 2 + self.accounts * 2 + self.ratings + 400_000
    }

    /// How many ratings each project has in each month: in proportion to who could have one, and in
    /// all exactly as many as were asked for.
    fn spread_ratings(&self) -> Result<Vec<Cell>> {
        let (first, last) = self.months()?;
        let mut cells = Vec::new();
        for (at, project) in self.projects.iter().enumerate() {
            let residents = self.estates[project.estate].accounts;
            for month in first.to(last) {
                if project.starts_on > month.last_day()
                    || project.ends_on.is_some_and(|end| end < month.first_day())
                {
                    continue;
                }
                let is_current = month == last;
                // Today is left to the measuring.
                let days = if is_current {
                    u64::from(self.today.day() - 1).max(1)
                } else {
                    u64::from(month.last_day().day())
                };
                let residents = if is_current { residents.saturating_sub(POOL) } else { residents };
                cells.push(Cell { project: at, month, ratings: 0, residents, days });
            }
        }
        let weight = |cell: &Cell| u128::from(cell.residents * cell.days);
        let total: u128 = cells.iter().map(weight).sum();
        let mut before: u128 = 0;
        for cell in &mut cells {
            let after = before + weight(cell);
            let share = |weights: u128| (weights * u128::from(self.ratings)).checked_div(total).unwrap_or(0);
            cell.ratings = (share(after) - share(before)) as u64;
            before = after;
            if cell.ratings > cell.residents {
                return Err(format!(
                    "{} ratings are more than the city's residents could give in {MONTHS} months",
                    self.ratings
                )
                .into());
            }
        }
        Ok(cells)
    }
}

fn firms(seed: Seed, places: &[PlaceRow]) -> Vec<Firm> {
    let districts: Vec<&PlaceRow> = places.iter().filter(|row| row.level == PlaceLevel::District).collect();
    (0..FIRMS)
        .filter_map(|at| {
            let (first, rest) = (words::FIRMS[at % words::FIRMS.len()], at / words::FIRMS.len());
            let second = words::ESTATES[rest % words::ESTATES.len()];
            let kind = if rest < words::ESTATES.len() { "管理" } else { "服务" };
            Some(Firm {
                uscc: Uscc::with_check(&format!("91219900MA0E{at:05}")).ok()?,
                name: format!("演示{first}{second}物业{kind}有限公司"),
                short_name: format!("{first}{second}物业"),
                registered: districts[at % districts.len()].code.clone(),
                tier: match seed.below(1, at as u64, 100) {
                    0..3 => Tier::Excellent,
                    3..5 => Tier::Good,
                    5..10 => Tier::Fair,
                    10..90 => Tier::Ordinary,
                    _ => Tier::Poor,
                },
            })
        })
        .collect()
}

fn estates(seed: Seed, places: &[PlaceRow], households: u64) -> Result<Vec<Estate>> {
    let communities: Vec<&PlaceRow> =
        places.iter().filter(|row| row.level == PlaceLevel::Community).collect();
    let (usual, rest) = (households / ESTATES as u64, households % ESTATES as u64);
    let (mut first_household, mut first_account) = (0, 0);
    let mut estates = Vec::with_capacity(ESTATES);
    for at in 0..ESTATES as u64 {
        // Pairs of one larger and one smaller, so that the sum is exact.
        let swing = seed.below(2, at / 2, usual / 3 + 1);
        let size = if at.is_multiple_of(2) { usual + swing } else { usual - swing } + u64::from(at < rest);
        let community = communities[at as usize * communities.len() / ESTATES];
        let word = |words: &[&'static str], n: u64| words[n as usize % words.len()];
        let name = format!(
            "{}{}{}（演示）",
            word(words::ESTATES, at),
            word(words::FIRMS, at / words::ESTATES.len() as u64),
            word(words::ESTATE_KINDS, seed.at(3, at) >> 8)
        );
        let accounts = size * WITH_ACCOUNT / 10;
        estates.push(Estate {
            code: String::new(),
            name,
            community: community.code.clone(),
            households: size,
            first_household,
            accounts,
            first_account,
        });
        first_household += size;
        first_account += accounts;
    }
    Ok(estates)
}

fn projects(seed: Seed, estates: &[Estate], today: NaiveDate) -> Result<Vec<Project>> {
    let current = Month::containing(today).ok_or("the day is out of range")?;
    let change = current.plus(-14).ok_or("the day is out of range")?.first_day();
    let long_ago = current.plus(-36).ok_or("the day is out of range")?.first_day();
    let mut projects = Vec::new();
    let mut push = |estate: usize, firm: usize, starts_on: NaiveDate, ends_on: Option<NaiveDate>| {
        let n = projects.len() as u64;
        projects.push(Project {
            id: seed.id(10, n),
            manager: seed.id(11, n),
            estate,
            firm,
            starts_on,
            ends_on,
            area: (estates[estate].households.max(1) * (9_000 + seed.below(4, n, 3_000))) as i64,
            fee_fen: 60 + seed.below(5, n, 260) as i64,
        });
    };
    for at in 0..ESTATES {
        // Everyone but the big one has at least one estate.
        let other = |step: usize| 1 + (at + step) % (FIRMS - 1);
        let firm = if at.is_multiple_of(BIG_FIRM_EVERY) { BIG_FIRM } else { other(0) };
        if at % (ESTATES / TAKEN_OVER) == 5 {
            push(at, other(700), long_ago, change.pred_opt());
            push(at, firm, change, None);
        } else {
            push(at, firm, long_ago, None);
        }
    }
    Ok(projects)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_city_and_the_number_of_ratings_changes_only_them() {
        let city =
            |seed, ratings| City::invent(seed, HOUSEHOLDS, ratings, "2026-11-22".parse().unwrap()).unwrap();
        let registers = |city: &City| {
            let firms: Vec<String> =
                city.firms.iter().map(|firm| format!("{} {}", firm.uscc, firm.name)).collect();
            let estates: Vec<(String, u64)> =
                city.estates.iter().map(|estate| (estate.name.clone(), estate.first_household)).collect();
            let projects: Vec<(String, i64)> =
                city.projects.iter().map(|project| (project.id.clone(), project.area)).collect();
            (firms, estates, projects)
        };
        let (small, full) = (city(1, 20_000), city(1, 20_000_000));
        assert_eq!(registers(&small), registers(&full));
        assert_ne!(registers(&small), registers(&city(2, 20_000)));
        assert_eq!((full.firms.len(), full.estates.len(), full.projects.len()), (1_800, 2_600, 2_800));
        assert_eq!(full.estates.iter().map(|estate| estate.households).sum::<u64>(), 1_900_000);
        for (city, ratings) in [(&small, 20_000), (&full, 20_000_000)] {
            assert_eq!(city.cells.iter().map(|cell| cell.ratings).sum::<u64>(), ratings);
        }
        assert!(City::invent(1, HOUSEHOLDS, 40_000_000, "2026-11-22".parse().unwrap()).is_err());
    }

    #[test]
    fn identifiers_rise_with_their_numbers() {
        let seed = Seed(1);
        let is_rising = |ids: Vec<String>| {
            ids.windows(2).all(|pair| pair[0] < pair[1]) && ids.iter().all(|id| id.len() == 36)
        };
        assert!(is_rising((0..2_000).map(|n| seed.id(1, n)).collect()));
        assert!(is_rising((0..2_000).map(|n| seed.spread_id(1, n, 2_000)).collect()));
    }
}
