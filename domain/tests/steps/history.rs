//! Random histories of a city, and what a reader sees who reads all of it twice a day.

use std::collections::BTreeMap;

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use proptest::prelude::*;
use proptest::sample::select;
use xinwu_domain::calendar::{DEFAULT_ZONE, instant_of};
use xinwu_domain::rating::answers::Cell;
use xinwu_domain::rating::{Dimension, Dimensions, Stars};

use super::city::{City, Dwelling, HoldState, Increment, Mutant, Person, Project, Rated, Rating};

/// Days of a history, from 2026-09-01: five 1sts, and then quiet ones in which what waits comes out
/// or does not.
const DAYS: u32 = 120;
const QUIET_DAYS: u32 = 35;
const PROJECTS: usize = 2;
/// Dwellings of a project that rate on their own; a crowd comes from others.
const DWELLINGS: u32 = 14;
const CROWD_FROM: Dwelling = 100;
const CROWD: usize = 30;
const HOUSEHOLDS: u32 = 80;

/// Hours of a day at which people act, and at which the clock's work is looked at: at three too,
/// when a step that was missed the day before may be made late.
const ACTS_AT: [u32; 2] = [2, 12];
const TICKS_AT: [u32; 3] = [3, 6, 20];

#[derive(Debug, Clone)]
pub enum Act {
    Put { project: Project, rating: Rating },
    TakeBack { project: Project, person: Person },
    DeleteAccount { person: Person },
    EndResidence { project: Project, dwelling: Dwelling },
    Release { project: Project },
}

#[derive(Debug, Clone)]
pub struct History {
    pub min_raters: u32,
    /// Last days of the projects' terms.
    ends: [Option<u32>; PROJECTS],
    /// Day, hour and act; an act's position is its event.
    pub acts: Vec<(u32, u32, Act)>,
    /// From which tick on the clock's work stops, and for how many.
    stops: Vec<(u32, u32)>,
    /// Chooses among what the history has: whom to exchange, whom to leave out.
    pub choice: usize,
}

/// What a history came to.
pub struct Played {
    pub city: City,
    /// All that is public, twice a day, and the holds then.
    pub views: Vec<(String, Vec<Vec<HoldState>>)>,
    /// Days on which something public moved by what people did.
    pub moved: Vec<u32>,
    /// Days on which an increment was rewritten.
    pub rewritten: Vec<u32>,
}

/// What is played otherwise than the history says.
#[derive(Debug, Default)]
pub struct Changes {
    /// Other stars for these answers.
    pub stars: BTreeMap<(usize, Cell), Stars>,
    /// A household whose ratings are left out.
    pub without: Option<(Project, Dwelling)>,
    pub mutant: Option<Mutant>,
}

fn day(number: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 9, 1).unwrap() + Days::new(u64::from(number))
}

fn at(number: u32, hour: u32) -> DateTime<Utc> {
    instant_of(day(number), NaiveTime::from_hms_opt(hour, 0, 0).unwrap(), DEFAULT_ZONE)
}

pub fn play(history: &History, changes: &Changes) -> Played {
    let projects = history.ends.map(|end| Rated::new(HOUSEHOLDS, end.map(day))).to_vec();
    let city = City::new(history.min_raters, at(0, 0), projects).with(changes.mutant);
    let mut played = Played { city, views: Vec::new(), moved: Vec::new(), rewritten: Vec::new() };
    let mut tick = 0;
    for number in 0..DAYS + QUIET_DAYS {
        let before = increments(&played.city);
        for hour in 0..24 {
            let now = at(number, hour);
            if TICKS_AT.contains(&hour) {
                tick += 1;
                let is_stopped = |(from, ticks): &(u32, u32)| (*from..from + ticks).contains(&tick);
                if !history.stops.iter().any(is_stopped) {
                    played.city.tick(now);
                }
            }
            if ACTS_AT.contains(&hour) {
                act(&mut played, history, changes, (number, hour));
            }
        }
        played.views.push((played.city.public(at(number, 21)), played.city.holds()));
        let after = increments(&played.city);
        if !before.iter().zip(&after).all(|(before, after)| after.starts_with(before)) {
            played.rewritten.push(number);
        }
    }
    played
}

fn increments(city: &City) -> Vec<Vec<Increment>> {
    city.projects.iter().map(|rated| rated.increments.clone()).collect()
}

fn act(played: &mut Played, history: &History, changes: &Changes, (number, hour): (u32, u32)) {
    let now = at(number, hour);
    let acts: Vec<_> =
        history.acts.iter().enumerate().filter(|(_, act)| (act.0, act.1) == (number, hour)).collect();
    if acts.is_empty() {
        return;
    }
    let before = played.city.public(now);
    let city = &mut played.city;
    let mut is_released = false;
    for (event, (_, _, act)) in acts {
        // Whether it was refused concerns its writer alone.
        match act {
            Act::Put { project, rating } => {
                if changes.without != Some((*project, rating.dwelling)) {
                    let _refused = city.put(now, event, *project, &changed(rating, event, changes)).err();
                }
            }
            Act::TakeBack { project, person } => {
                let _refused = city.take_back(*project, *person).err();
            }
            Act::DeleteAccount { person } => city.delete_account(*person),
            Act::EndResidence { project, dwelling } => city.end_residence(*project, *dwelling),
            Act::Release { project } => {
                city.release(now, *project);
                is_released = true;
            }
        }
    }
    let after = played.city.public(now);
    if after != before && !is_released {
        played.moved.push(number);
    }
    played.views.push((after, played.city.holds()));
}

fn changed(rating: &Rating, event: usize, changes: &Changes) -> Rating {
    let stars = |cell| changes.stars.get(&(event, cell)).copied();
    let dimension = |dimension| {
        let given: Option<Stars> = rating.dimensions.get(dimension);
        given.map(|given| stars(Cell::Dimension(dimension)).unwrap_or(given))
    };
    Rating {
        stars: stars(Cell::Stars).unwrap_or(rating.stars),
        dimensions: Dimensions {
            cleaning: dimension(Dimension::Cleaning),
            security: dimension(Dimension::Security),
            ..Dimensions::default()
        },
        ..*rating
    }
}

/// One of three who act for a dwelling: two who live there, and the owner of it who lives next
/// door.
fn resident(dwelling: Dwelling, which: u32) -> Person {
    match which {
        0..6 => 10 * dwelling,
        6..9 => 10 * dwelling + 1,
        _ => 10 * ((dwelling + 1) % DWELLINGS),
    }
}

/// Whether all who act for a dwelling of a project act for none other of it.
pub fn is_alone(history: &History, project: Project, dwelling: Dwelling) -> bool {
    let puts = || {
        history.acts.iter().filter_map(|(_, _, act)| match act {
            Act::Put { project: of, rating } if *of == project => Some(rating),
            _ => None,
        })
    };
    let mut own = puts().filter(|rating| rating.dwelling == dwelling);
    own.all(|rating| puts().all(|other| other.dwelling == dwelling || other.person != rating.person))
}

fn any_stars() -> impl Strategy<Value = Stars> {
    select(Stars::ALL.to_vec())
}

fn any_rating(dwellings: std::ops::Range<Dwelling>) -> impl Strategy<Value = Rating> {
    let dimension = || proptest::option::weighted(0.4, any_stars());
    (dwellings, 0_u32..10, any_stars(), dimension(), dimension(), any::<bool>()).prop_map(
        |(dwelling, which, stars, cleaning, security, has_comment)| Rating {
            dwelling,
            person: resident(dwelling, which),
            stars,
            dimensions: Dimensions { cleaning, security, ..Dimensions::default() },
            has_comment,
        },
    )
}

/// What happens at one time or some days after it: one act, or that of many.
fn any_acts() -> impl Strategy<Value = Vec<(u32, Act)>> {
    let project = || 0..PROJECTS;
    let one = (project(), any_rating(0..DWELLINGS))
        .prop_map(|(project, rating)| vec![(0, Act::Put { project, rating })]);
    let neighbours =
        (project(), prop::collection::vec(any_rating(0..DWELLINGS), 4..18)).prop_map(|(project, ratings)| {
            ratings.into_iter().map(|rating| (0, Act::Put { project, rating })).collect()
        });
    // A week later it is held, and some or all of the residences in it are found false.
    let crowd = (project(), prop::collection::vec(any_rating(0..1), 18..=CROWD), 0..=CROWD, any::<bool>());
    let crowd = crowd.prop_map(|(project, ratings, ended, is_all_false)| {
        let of = |(dwelling, rating): (Dwelling, Rating)| {
            let rating = Rating { dwelling, person: 10 * dwelling, ..rating };
            (0, Act::Put { project, rating })
        };
        let others = if is_all_false { 0..DWELLINGS } else { 0..3 };
        let ended = (CROWD_FROM..).take(if is_all_false { CROWD } else { ended });
        let end = |dwelling| (7, Act::EndResidence { project, dwelling });
        (CROWD_FROM..).zip(ratings).map(of).chain(ended.chain(others).map(end)).collect()
    });
    let person = || (0..DWELLINGS, 0_u32..10).prop_map(|(dwelling, which)| resident(dwelling, which));
    let take_back =
        (project(), person()).prop_map(|(project, person)| vec![(0, Act::TakeBack { project, person })]);
    let delete = person().prop_map(|person| vec![(0, Act::DeleteAccount { person })]);
    let release = project().prop_map(|project| vec![(0, Act::Release { project })]);
    prop_oneof![
        60 => one,
        8 => neighbours,
        2 => crowd,
        10 => take_back,
        5 => delete,
        2 => release,
    ]
}

pub fn any_history() -> impl Strategy<Value = History> {
    let hour = prop_oneof![1 => Just(ACTS_AT[0]), 2 => Just(ACTS_AT[1])];
    // The night after Monday 30 November now and then, and a clock that works again in it.
    let time = prop_oneof![15 => (0..DAYS, hour), 1 => Just((91, ACTS_AT[0]))];
    let until_night = Just((90 * 3 + 2, 2));
    let acts = |count| prop::collection::vec((time.clone(), any_acts()), count);
    let acts = prop_oneof![acts(1..40), acts(40..200)];
    // A week, over a 1st, and over two of them.
    let ticks = prop_oneof![4 => 1_u32..21, 2 => 21_u32..60, 1 => 100_u32..200];
    let stop = prop_oneof![10 => (0..DAYS * 3, ticks), 1 => until_night];
    let ends = [proptest::option::weighted(0.3, 20..DAYS), proptest::option::weighted(0.1, 20..DAYS)];
    (2_u32..=6, ends, acts, prop::collection::vec(stop, 0..4), any::<usize>()).prop_map(
        |(min_raters, ends, acts, stops, choice)| {
            let mut acts: Vec<_> = acts
                .into_iter()
                .flat_map(|((day, hour), acts)| {
                    acts.into_iter().map(move |(later, act)| (day + later, hour, act))
                })
                // Nobody rates a project for a month that its term does not touch.
                .filter(|(number, _, act)| match act {
                    Act::Put { project, .. } => {
                        let month = |number| day(number).format("%Y-%m").to_string();
                        ends[*project].is_none_or(|end| month(*number) <= month(end))
                    }
                    _ => true,
                })
                .collect();
            acts.sort_by_key(|(day, hour, _)| (*day, *hour));
            History { min_raters, ends, acts, stops, choice }
        },
    )
}
