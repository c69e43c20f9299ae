//! Ratings as they are kept: increments of the months that are over, the rows that wait of the
//! current one, and reviews.
//!
//! Each project's months are published by the rule: those of a 1st with at least five households,
//! and what is fewer with the next month's. The rows that wait have pseudonyms that nobody answers
//! to: who rates while the service is measured is none of them. Reviews are written month by month.

use xinwu_api::demo::plan::Tier;
use xinwu_api::demo::words;
use xinwu_domain::calendar::{DEFAULT_ZONE, Month, instant_of};
use xinwu_domain::rating::DEFAULT_MIN_RATERS;

use super::bulk::{Bulk, Table, V};
use super::city::{BIG_FIRM, Cell, City};
use super::registers::stored;
use crate::Result;

/// Published reviews of the big firm, where it has so many ratings.
const BIG_FIRMS_REVIEWS: u64 = 60_000;
/// Of a hundred other ratings so many have a comment.
pub const WITH_COMMENT: u64 = 3;

const RATING: Table = Table {
    name: "rating",
    columns: "dwelling,project_id,month,stars,cleaning,security,greening,maintenance,attitude,out,rolled",
};
const INCREMENT: Table = Table {
    name: "rating_increment",
    columns: "project_id,step,burst,month,need,published_at,one,two,three,four,five,cleaning_count,cleaning_sum,security_count,security_sum,\
              greening_count,greening_sum,maintenance_count,maintenance_sum,attitude_count,attitude_sum,restored",
};
const STEP: Table =
    Table { name: "rating_step", columns: "step,is_first,need,began_at,covers,done_at,closes" };
const ARRIVAL: Table = Table { name: "rating_arrival", columns: "project_id,step,arrived,waiting" };
const REVIEW: Table =
    Table { name: "review", columns: "id,project_id,uscc,month,comment,state,is_out,version" };

/// A comment that is a review: the number of its rating, where it belongs, and its words.
struct Comment {
    rating: u64,
    cell: Cell,
    words: &'static str,
}

/// The sums of what a project has that is not published yet.
#[derive(Default)]
struct Sums {
    count: u64,
    stars: [i64; 5],
    dimensions: [(i64, i64); 5],
}

struct Ratings<'a> {
    city: &'a City,
    current: Month,
    /// Ratings of the big firm, and how many of them were written.
    of_big_firm: u64,
    big_firm_done: u64,
    done: u64,
    comments: Vec<Comment>,
}

pub fn add(bulk: &mut Bulk<'_>, city: &City) -> Result<()> {
    let is_big = |cell: &&Cell| city.projects[cell.project].firm == BIG_FIRM;
    let of_big_firm = city.cells.iter().filter(is_big).map(|cell| cell.ratings).sum();
    let (first, current) = city.months()?;
    let mut ratings = Ratings { city, current, of_big_firm, big_firm_done: 0, done: 0, comments: Vec::new() };
    let mut left = (usize::MAX, Sums::default());
    for cell in &city.cells {
        if left.0 != cell.project {
            left = (cell.project, Sums::default());
        }
        ratings.cell(bulk, cell, &mut left.1)?;
    }
    ratings.reviews(bulk)?;
    for month in first.to(current).filter(|month| *month < current) {
        let (step, at) = step_of(month)?;
        let closes = month.to_string();
        let need = V::I(i64::from(DEFAULT_MIN_RATERS));
        bulk.row(&STEP, &[V::T(&step), V::B(true), need, V::T(&at), V::T(&at), V::T(&at), V::T(&closes)])?;
    }
    Ok(())
}

/// The step that closes a month: its name and its instant.
fn step_of(month: Month) -> Result<(String, String)> {
    let day = month.next().ok_or("the month is out of range")?.first_day();
    let six = chrono::NaiveTime::from_hms_opt(6, 0, 0).ok_or("there is no such time")?;
    Ok((day.to_string(), stored(instant_of(day, six, DEFAULT_ZONE).naive_utc())))
}

impl Ratings<'_> {
    fn cell(&mut self, bulk: &mut Bulk<'_>, cell: &Cell, sums: &mut Sums) -> Result<()> {
        let (city, seed) = (self.city, self.city.seed);
        let project = &city.projects[cell.project];
        let firm = &city.firms[project.firm];
        let is_over = cell.month < self.current;
        let month = cell.month.to_string();
        for _ in 0..cell.ratings {
            let n = self.done;
            self.done += 1;
            let chance = seed.at(51, n);
            let overall = stars(firm.tier, chance % 200);
            let dimensions = dimensions(chance >> 8, overall);
            if is_over {
                sums.add(overall, &dimensions);
                if let Some(words) = self.comment(project.firm == BIG_FIRM, n, overall) {
                    self.comments.push(Comment { rating: n, cell: *cell, words });
                }
                continue;
            }
            let dwelling: Vec<u8> = (0..4).flat_map(|part| seed.at(58, n * 4 + part).to_be_bytes()).collect();
            let dimension = |at: usize| if dimensions[at] == 0 { V::N } else { V::I(dimensions[at]) };
            bulk.row(
                &RATING,
                &[
                    V::Y(&dwelling),
                    V::T(&project.id),
                    V::T(&month),
                    V::I(overall as i64),
                    dimension(0),
                    dimension(1),
                    dimension(2),
                    dimension(3),
                    dimension(4),
                    V::I(0),
                    V::I(0),
                ],
            )?;
        }
        if !is_over {
            return Ok(());
        }
        if sums.count >= u64::from(DEFAULT_MIN_RATERS) {
            self.publish(bulk, cell, &std::mem::take(sums))?;
        }
        let (step, _) = step_of(cell.month)?;
        let (arrived, waiting) = (V::I(cell.ratings as i64), V::I(sums.count as i64));
        bulk.row(&ARRIVAL, &[V::T(&project.id), V::T(&step), arrived, waiting])
    }

    fn publish(&self, bulk: &mut Bulk<'_>, cell: &Cell, sums: &Sums) -> Result<()> {
        let project = self.city.projects[cell.project].id.as_str();
        let (month, (step, at)) = (cell.month.to_string(), step_of(cell.month)?);
        let need = V::I(i64::from(DEFAULT_MIN_RATERS));
        let mut row = vec![V::T(project), V::T(&step), V::T(""), V::T(&month), need, V::T(&at)];
        row.extend(sums.stars.iter().map(|count| V::I(*count)));
        // A dimension of which fewer are there is in no increment.
        let is_out = |count: i64| count >= i64::from(DEFAULT_MIN_RATERS);
        let of = |(count, sum): &(i64, i64)| {
            if is_out(*count) { [V::I(*count), V::I(*sum)] } else { [V::I(0), V::I(0)] }
        };
        row.extend(sums.dimensions.iter().flat_map(of));
        row.push(V::B(false));
        bulk.row(&INCREMENT, &row)
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

    fn reviews(&mut self, bulk: &mut Bulk<'_>) -> Result<()> {
        let (city, seed) = (self.city, self.city.seed);
        self.comments.sort_by_key(|comment| (comment.cell.month, seed.at(54, comment.rating)));
        for comment in &self.comments {
            // Random, in no order at all.
            let id = seed.spread_id(55, seed.at(56, comment.rating) >> 8, 1 << 56);
            let project = &city.projects[comment.cell.project];
            let uscc = city.firms[project.firm].uscc.to_string();
            let month = comment.cell.month.to_string();
            bulk.row(
                &REVIEW,
                &[
                    V::T(&id),
                    V::T(&project.id),
                    V::T(&uscc),
                    V::T(&month),
                    V::T(comment.words),
                    V::T("published"),
                    V::B(true),
                    V::I(1),
                ],
            )?;
        }
        Ok(())
    }
}

impl Sums {
    fn add(&mut self, overall: usize, dimensions: &[i64; 5]) {
        self.count += 1;
        self.stars[overall - 1] += 1;
        for ((count, sum), stars) in self.dimensions.iter_mut().zip(dimensions) {
            *count += i64::from(*stars > 0);
            *sum += stars;
        }
    }
}

/// 1 to 5 as often as the tier gives them; `chance` is below 200.
pub fn stars(tier: Tier, chance: u64) -> usize {
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

/// Six of ten ratings say something of the dimensions, each of which seven of those ten give; 0 is
/// none.
pub fn dimensions(chance: u64, overall: usize) -> [i64; 5] {
    if chance % 10 >= 6 {
        return [0; 5];
    }
    [0, 1, 2, 3, 4].map(|at| {
        let own = chance >> (4 + at * 5);
        if own % 10 < 7 { (overall as i64 + (own >> 4) as i64 % 3 - 1).clamp(1, 5) } else { 0 }
    })
}
