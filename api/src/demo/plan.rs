//! What is invented, before any of it is stored: firms, estates, who runs what, and how good each
//! is.

use chrono::{Datelike, Months, NaiveDate};
use xinwu_domain::estate::EstateKind;
use xinwu_domain::place::PlaceLevel;
use xinwu_domain::project::Operator;
use xinwu_domain::uscc::Uscc;

use super::random::Dice;
use super::words;

mod registers;

/// How much is invented.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Firms, at least 6.
    pub firms: usize,
    /// Estates, at least 15.
    pub estates: usize,
    /// Estates whose firm changed in the year.
    pub taken_over: usize,
    /// Dwellings on the rosters.
    pub households: usize,
    /// Ratings over the year.
    pub ratings: usize,
}

impl Size {
    /// What `xinwu demo` shows: 140 projects, 28 of them ended.
    pub const FULL: Size =
        Size { firms: 44, estates: 120, taken_over: 28, households: 6000, ratings: 30_000 };

    /// Enough for whoever checks a client, in seconds.
    pub const SMALL: Size = Size { firms: 14, estates: 30, taken_over: 4, households: 450, ratings: 900 };
}

/// One of the city's places.
#[derive(Debug, Clone)]
pub struct PlaceRow {
    /// Its code.
    pub code: String,
    /// Its level.
    pub level: PlaceLevel,
    /// Its name.
    pub name: String,
    /// The code above.
    pub parent: Option<String>,
}

/// The 1,995 places of Dalian, the city first.
pub fn places() -> Vec<PlaceRow> {
    include_str!("../../../data/dalian-places.csv")
        .lines()
        .skip(1)
        .filter_map(|line| {
            let mut fields = line.split(',');
            Some(PlaceRow {
                code: fields.next()?.to_owned(),
                level: fields.next()?.parse::<PlaceLevel>().ok()?,
                name: fields.next()?.to_owned(),
                parent: fields.next().filter(|parent| !parent.is_empty()).map(str::to_owned),
            })
        })
        .collect()
}

/// How good a firm is meant to be: Jinan published 16 AAA, 10 AA, 24 A, 543 B and 56 C, about four
/// of five B.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tier {
    /// Meant to be AAA, on the red list.
    Excellent,
    /// Meant to be AA.
    Good,
    /// Meant to be A.
    Fair,
    /// Meant to be B.
    Ordinary,
    /// Meant to be C.
    Poor,
    /// Meant to be vetoed, on the black list.
    Vetoed,
}

impl Tier {
    /// How often 1 to 5 stars are given.
    pub fn stars(self) -> [usize; 5] {
        match self {
            Tier::Excellent => [1, 2, 4, 14, 179],
            Tier::Good => [1, 2, 7, 24, 66],
            Tier::Fair => [2, 4, 13, 34, 47],
            Tier::Ordinary => [8, 12, 25, 32, 23],
            Tier::Poor | Tier::Vetoed => [20, 18, 27, 20, 15],
        }
    }

    /// The lowest and the highest of an official's scores.
    pub fn assessed(self) -> (i64, i64) {
        match self {
            Tier::Excellent => (92, 97),
            Tier::Good => (87, 92),
            Tier::Fair => (78, 84),
            Tier::Ordinary => (63, 71),
            Tier::Poor | Tier::Vetoed => (50, 59),
        }
    }
}

/// What is special about a firm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Special {
    /// Nothing.
    No,
    /// A street's own firm.
    OfStreet,
    /// It refuses to take part in evaluation.
    Refuses,
    /// It lost its last project.
    LostAll,
    /// It has no residential business.
    NotResidential,
}

/// One firm.
#[derive(Debug, Clone)]
pub struct Firm {
    /// Its code: division 219900, which nobody has.
    pub uscc: Uscc,
    /// Its name, marked 演示.
    pub name: String,
    /// What people call it.
    pub short_name: String,
    /// A former name, for some.
    pub former_name: Option<String>,
    /// The district (or street) where it is registered.
    pub registered: String,
    /// How good it is.
    pub tier: Tier,
    /// What is special about it.
    pub special: Special,
}

/// One estate.
#[derive(Debug, Clone)]
pub struct Estate {
    /// Its name, marked 演示.
    pub name: String,
    /// Another name, for some.
    pub alias: Option<String>,
    /// Its kind.
    pub kind: EstateKind,
    /// Its community, the street and the district above.
    pub community: String,
    /// Its street.
    pub street: String,
    /// Its district.
    pub district: String,
    /// Dwellings.
    pub households: usize,
}

/// One term of one operator in one estate.
#[derive(Debug, Clone)]
pub struct Project {
    /// The estate's place in [`Plan::estates`].
    pub estate: usize,
    /// Who runs it.
    pub operator: Operator,
    /// The firm's place in [`Plan::firms`].
    pub firm: Option<usize>,
    /// The manager's name, for firms.
    pub manager: Option<String>,
    /// The first day.
    pub starts_on: NaiveDate,
    /// The last day.
    pub ends_on: Option<NaiveDate>,
    /// Hundredths of m².
    pub area: i64,
    /// Fen per m² and month.
    pub fee_fen: i64,
    /// How good it is: its firm's tier.
    pub tier: Tier,
}

/// Everything that is invented but the year's events.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Firms.
    pub firms: Vec<Firm>,
    /// Estates.
    pub estates: Vec<Estate>,
    /// Projects, the earlier of an estate first.
    pub projects: Vec<Project>,
    /// The first day of the first of the twelve months.
    pub begins: NaiveDate,
    /// Today.
    pub today: NaiveDate,
}

impl Plan {
    /// Invents for the twelve months that end `today`.
    pub fn invent(size: Size, today: NaiveDate, dice: &mut Dice) -> Plan {
        let begins = first_day(today).checked_sub_months(Months::new(11)).unwrap_or(today);
        let places = places();
        // Estates first: those of a small demo are the first of the full one.
        let estates = registers::estates(size, &places, dice);
        let firms: Vec<Firm> =
            (0..size.firms).filter_map(|at| registers::firm(at, size.firms, &places, dice)).collect();
        let mut plan = Plan { firms, estates, projects: Vec::new(), begins, today };
        plan.give_out(size, dice);
        plan
    }

    /// Who runs what, and which estates changed hands.
    fn give_out(&mut self, size: Size, dice: &mut Dice) {
        let with = |wanted: &[Special]| -> Vec<usize> {
            (0..self.firms.len())
                .filter(|at| self.firms.get(*at).is_some_and(|firm| wanted.contains(&firm.special)))
                .collect()
        };
        let (street, running, lost) =
            (with(&[Special::OfStreet]), with(&[Special::No, Special::Refuses]), with(&[Special::LostAll]));
        let (mut next, mut changes) = (0, 0);
        for (at, estate) in self.estates.iter().enumerate() {
            let Some((operator, firm)) = (match run_by(at) {
                Run::Nobody => None,
                Run::Operator(Operator::StreetFirm) => {
                    Some((Operator::StreetFirm, dice.pick(&street).copied()))
                }
                Run::Operator(Operator::Firm) => {
                    // Everyone has one; the rest fall where they fall.
                    let firm = running.get(next).copied().or_else(|| dice.pick(&running).copied());
                    next += 1;
                    Some((Operator::Firm, firm))
                }
                Run::Operator(other) => Some((other, None)),
            }) else {
                continue;
            };
            let mut project = Project {
                estate: at,
                operator,
                firm,
                manager: firm.map(|_| person(dice)),
                starts_on: years_before(self.begins, dice),
                ends_on: None,
                area: i64::try_from(estate.households).unwrap_or(0) * dice.between(9_000, 12_000)
                    + dice.between(0, 99),
                fee_fen: dice.between(60, 320),
                tier: firm.and_then(|firm| self.firms.get(firm)).map_or(Tier::Ordinary, |firm| firm.tier),
            };
            // The first estates stay with their firms: the demo's own resident lives in one.
            if operator == Operator::Firm && at >= 10 && changes < size.taken_over {
                let before = match lost.first() {
                    Some(lost) if changes < 2 => Some(*lost),
                    _ => dice.pick(&running).copied().filter(|before| Some(*before) != firm),
                };
                if let Some(before) = before {
                    let month = Months::new(u32::try_from(dice.between(2, 8)).unwrap_or(2));
                    let change = self.begins.checked_add_months(month).unwrap_or(self.begins);
                    self.projects.push(Project {
                        firm: Some(before),
                        manager: Some(person(dice)),
                        ends_on: change.pred_opt(),
                        tier: self.firms.get(before).map_or(Tier::Ordinary, |firm| firm.tier),
                        ..project.clone()
                    });
                    project.starts_on = change;
                    changes += 1;
                }
            }
            self.projects.push(project);
        }
    }
}

/// Who runs an estate.
enum Run {
    Nobody,
    Operator(Operator),
}

/// Of 15 estates one has nobody, one runs itself or is in the community's care, one has a street's
/// own firm.
fn run_by(estate: usize) -> Run {
    match (estate % 15, (estate / 15) % 2) {
        (14, _) => Run::Nobody,
        (7, 0) => Run::Operator(Operator::Owners),
        (7, _) => Run::Operator(Operator::Community),
        (11, _) => Run::Operator(Operator::StreetFirm),
        _ => Run::Operator(Operator::Firm),
    }
}

fn person(dice: &mut Dice) -> String {
    format!("{}{}", dice.word(words::FAMILY), dice.word(words::GIVEN))
}

fn years_before(day: NaiveDate, dice: &mut Dice) -> NaiveDate {
    let months = Months::new(u32::try_from(dice.between(6, 60)).unwrap_or(6));
    day.checked_sub_months(months).unwrap_or(day)
}

/// The first day of a day's month.
pub fn first_day(day: NaiveDate) -> NaiveDate {
    day.with_day(1).unwrap_or(day)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_full_plan_has_what_the_demo_promises() {
        let plan = Plan::invent(Size::FULL, "2026-11-21".parse().unwrap(), &mut Dice::new(1));
        assert_eq!(places().len(), 1995);
        assert_eq!((plan.firms.len(), plan.estates.len(), plan.projects.len()), (44, 120, 140));
        assert_eq!(plan.estates.iter().map(|estate| estate.households).sum::<usize>(), 6000);
        assert!(plan.estates.iter().all(|estate| estate.households >= 30));
        assert_eq!(plan.estates.iter().map(|estate| &estate.district).collect::<HashSet<_>>().len(), 10);
        assert_eq!(plan.estates.iter().map(|estate| estate.name.as_str()).collect::<HashSet<_>>().len(), 120);
        let small = Plan::invent(Size::SMALL, "2026-11-21".parse().unwrap(), &mut Dice::new(1));
        let told = |plan: &Plan| -> Vec<(String, String)> {
            let first = plan.estates.iter().take(30);
            first.map(|estate| (estate.name.clone(), estate.community.clone())).collect()
        };
        assert_eq!(told(&small), told(&plan));
        for kind in [EstateKind::Professional, EstateKind::Old, EstateKind::Unmanaged, EstateKind::Affordable]
        {
            assert!(plan.estates.iter().any(|estate| estate.kind == kind));
        }
        for operator in [Operator::Firm, Operator::StreetFirm, Operator::Owners, Operator::Community] {
            assert!(plan.projects.iter().any(|project| project.operator == operator));
        }
        assert_eq!(plan.projects.iter().filter(|project| project.ends_on.is_some()).count(), 28);
        assert!(
            plan.firms.iter().all(|firm| firm.uscc.check_holds() && firm.uscc.division_code() == "219900")
        );
        assert!(plan.firms.iter().all(|firm| firm.name.starts_with("演示")));
        let ordinary = plan.firms.iter().take(41).filter(|firm| firm.tier == Tier::Ordinary).count();
        assert!((31..=35).contains(&ordinary), "{ordinary}");
    }
}
