//! Ratings with everything that is kept beside them: sums of months and days, frozen months, reviews.
//!
//! They are written project by project and, within one, in the order of months, days and households, so that every index grows at few places. Their identifiers
//! lie evenly among all possible ones, as random ones do, but rise: what is written later, at random, falls anywhere among them. Reviews are written month by month.

use chrono::Days;
use xinwu_api::demo::plan::Tier;
use xinwu_api::demo::words;
use xinwu_domain::calendar::{DEFAULT_ZONE, Month};
use xinwu_persistence::Clock;

use super::bulk::{Bulk, Table, V};
use super::city::{BIG_FIRM, Cell, City};
use super::people::{account_id, household_id};
use super::registers::stored;
use crate::Result;

/// Published reviews of the big firm, where it has so many ratings.
const BIG_FIRMS_REVIEWS: u64 = 60_000;
/// Of a hundred other voices so many have a comment.
const WITH_COMMENT: u64 = 3;

const RATING: Table = Table {
    name: "rating",
    columns: "id,project_id,month,household_id,account_id,overall,cleaning,security,greening,maintenance,attitude,comment,state,day,created_at,updated_at,version",
};
const RATING_MONTH: Table = Table {
    name: "rating_month",
    columns: "project_id,month,one,two,three,four,five,held,cleaning_count,cleaning_sum,security_count,security_sum,greening_count,greening_sum,\
              maintenance_count,maintenance_sum,attitude_count,attitude_sum",
};
const RATING_DAY: Table = Table { name: "rating_day", columns: "project_id,day,voices" };
const RATING_CLOSE: Table =
    Table { name: "rating_close", columns: "project_id,month,revision,voices,stars,known_from,cause" };
const REVIEW: Table =
    Table { name: "review", columns: "id,rating_id,project_id,uscc,month,overall,comment,state,version" };

/// A comment that will be a review: the number of its rating, where it belongs, and its words.
struct Comment {
    rating: u64,
    cell: Cell,
    overall: usize,
    words: &'static str,
}

/// The sums of one project's month.
#[derive(Default)]
struct Sums {
    stars: [i64; 5],
    dimensions: [(i64, i64); 5],
}

struct Voices<'a> {
    city: &'a City,
    /// Ratings of the big firm, and how many of them were written.
    of_big_firm: u64,
    big_firm_done: u64,
    done: u64,
    comments: Vec<Comment>,
}

pub fn add(bulk: &mut Bulk<'_>, city: &City) -> Result<()> {
    let is_big = |cell: &&Cell| city.projects[cell.project].firm == BIG_FIRM;
    let of_big_firm = city.cells.iter().filter(is_big).map(|cell| cell.voices).sum();
    let mut voices = Voices { city, of_big_firm, big_firm_done: 0, done: 0, comments: Vec::new() };
    let last_closed = Month::last_closed(Clock::System.now(), DEFAULT_ZONE).ok_or("no month is closed")?;
    let (first, current) = city.months()?;
    for cell in &city.cells {
        let sums = voices.cell(bulk, cell)?;
        voices.keep(bulk, cell, &sums, cell.month <= last_closed)?;
    }
    voices.reviews(bulk)?;
    let closed = last_closed.min(current).max(first);
    bulk.run(&format!(
        "INSERT INTO setting (name, value) VALUES ('last_closed_month', '{closed}'), ('last_shut_month', '{closed}') \
         ON CONFLICT (name) DO UPDATE SET value = excluded.value"
    ))
}

impl Voices<'_> {
    fn cell(&mut self, bulk: &mut Bulk<'_>, cell: &Cell) -> Result<Sums> {
        let (city, seed) = (self.city, self.city.seed);
        let project = &city.projects[cell.project];
        let estate = &city.estates[project.estate];
        let firm = &city.firms[project.firm];
        let month = cell.month.to_string();
        let offset = seed.below(50, self.done, 1000);
        let mut sums = Sums::default();
        let (mut day_of, mut day, mut on_day) = (u64::MAX, String::new(), 0);
        for k in 0..cell.voices {
            let n = self.done;
            self.done += 1;
            let resident = (k * 1000 + offset) * cell.residents / (cell.voices * 1000);
            let this_day = k * cell.days / cell.voices;
            if this_day != day_of {
                flush_day(bulk, &project.id, &day, on_day)?;
                day = (cell.month.first_day() + Days::new(this_day)).to_string();
                (day_of, on_day) = (this_day, 0);
            }
            on_day += 1;
            let chance = seed.at(51, n);
            let overall = stars(firm.tier, chance % 200);
            let dimensions = dimensions(chance >> 8, overall);
            sums.add(overall, &dimensions);
            let comment = self.comment(project.firm == BIG_FIRM, n, overall);
            // Between 10 and 22 o'clock in the city.
            let seconds = 2 * 3600 + (chance >> 40) % (12 * 3600);
            let at = format!(
                "{day} {:02}:{:02}:{:02}.{:06}",
                seconds / 3600,
                seconds / 60 % 60,
                seconds % 60,
                (chance >> 20) % 1_000_000
            );
            let id = rating_id(city, n);
            let household = household_id(seed, estate.first_household + resident);
            let account = account_id(seed, estate.first_account + resident);
            let dimension = |at: usize| if dimensions[at] == 0 { V::N } else { V::I(dimensions[at]) };
            bulk.row(
                &RATING,
                &[
                    V::T(&id),
                    V::T(&project.id),
                    V::T(&month),
                    V::T(&household),
                    V::T(&account),
                    V::I(overall as i64),
                    dimension(0),
                    dimension(1),
                    dimension(2),
                    dimension(3),
                    dimension(4),
                    comment.map_or(V::N, V::T),
                    V::T("counted"),
                    V::T(&day),
                    V::T(&at),
                    V::T(&at),
                    V::I(1),
                ],
            )?;
            if let Some(words) = comment {
                self.comments.push(Comment { rating: n, cell: *cell, overall, words });
            }
        }
        flush_day(bulk, &project.id, &day, on_day)?;
        Ok(sums)
    }

    /// The big firm has as many comments as it is to have reviews, evenly among its ratings.
    fn comment(&mut self, is_big_firms: bool, n: u64, overall: usize) -> Option<&'static str> {
        let speaks = if is_big_firms {
            let wanted = BIG_FIRMS_REVIEWS.min(self.of_big_firm);
            let share = |ratings: u64| ratings * wanted / self.of_big_firm.max(1);
            self.big_firm_done += 1;
            share(self.big_firm_done) > share(self.big_firm_done - 1)
        } else {
            self.city.seed.below(52, n, 100) < WITH_COMMENT
        };
        let all = match overall {
            4 | 5 => words::GOOD,
            3 => words::FAIR,
            _ => words::BAD,
        };
        speaks.then(|| all[self.city.seed.below(53, n, all.len() as u64) as usize])
    }

    /// The kept sums of a month, and its frozen figures once it is closed.
    fn keep(&self, bulk: &mut Bulk<'_>, cell: &Cell, sums: &Sums, is_closed: bool) -> Result<()> {
        if cell.voices == 0 {
            return Ok(());
        }
        let project = self.city.projects[cell.project].id.as_str();
        let month = cell.month.to_string();
        let mut row = vec![V::T(project), V::T(&month)];
        row.extend(sums.stars.iter().map(|count| V::I(*count)));
        row.push(V::I(0));
        row.extend(sums.dimensions.iter().flat_map(|(count, sum)| [V::I(*count), V::I(*sum)]));
        bulk.row(&RATING_MONTH, &row)?;
        if is_closed {
            let total = (1..).zip(sums.stars).map(|(stars, count): (i64, i64)| stars * count).sum();
            let known = stored(cell.month.closes_at(DEFAULT_ZONE).naive_utc());
            bulk.row(
                &RATING_CLOSE,
                &[
                    V::T(project),
                    V::T(&month),
                    V::I(1),
                    V::I(cell.voices as i64),
                    V::I(total),
                    V::T(&known),
                    V::T("close"),
                ],
            )?;
        }
        Ok(())
    }

    fn reviews(&mut self, bulk: &mut Bulk<'_>) -> Result<()> {
        let (city, seed) = (self.city, self.city.seed);
        self.comments.sort_by_key(|comment| (comment.cell.month, seed.at(54, comment.rating)));
        for comment in &self.comments {
            // Random, in no order at all.
            let id = seed.spread_id(55, seed.at(56, comment.rating) >> 8, 1 << 56);
            let project = &city.projects[comment.cell.project];
            let (rating, uscc) = (rating_id(city, comment.rating), city.firms[project.firm].uscc.to_string());
            let month = comment.cell.month.to_string();
            bulk.row(
                &REVIEW,
                &[
                    V::T(&id),
                    V::T(&rating),
                    V::T(&project.id),
                    V::T(&uscc),
                    V::T(&month),
                    V::I(comment.overall as i64),
                    V::T(comment.words),
                    V::T("published"),
                    V::I(1),
                ],
            )?;
        }
        Ok(())
    }
}

impl Sums {
    fn add(&mut self, overall: usize, dimensions: &[i64; 5]) {
        self.stars[overall - 1] += 1;
        for ((count, sum), stars) in self.dimensions.iter_mut().zip(dimensions) {
            *count += i64::from(*stars > 0);
            *sum += stars;
        }
    }
}

fn rating_id(city: &City, n: u64) -> String {
    city.seed.spread_id(57, n, city.ratings)
}

fn flush_day(bulk: &mut Bulk<'_>, project: &str, day: &str, voices: i64) -> Result<()> {
    if voices == 0 {
        return Ok(());
    }
    bulk.row(&RATING_DAY, &[V::T(project), V::T(day), V::I(voices)])
}

/// 1 to 5 as often as the tier gives them; `chance` is below 200.
fn stars(tier: Tier, chance: u64) -> usize {
    let weights = tier.stars();
    let mut rest = chance as usize * weights.iter().sum::<usize>() / 200;
    for (at, weight) in weights.iter().enumerate() {
        match rest.checked_sub(*weight) {
            Some(less) => rest = less,
            None => return at + 1,
        }
    }
    5
}

/// Six of ten voices say something of the dimensions, each of which seven of those ten give; 0 is none.
fn dimensions(chance: u64, overall: usize) -> [i64; 5] {
    if chance % 10 >= 6 {
        return [0; 5];
    }
    [0, 1, 2, 3, 4].map(|at| {
        let own = chance >> (4 + at * 5);
        if own % 10 < 7 { (overall as i64 + (own >> 4) as i64 % 3 - 1).clamp(1, 5) } else { 0 }
    })
}
