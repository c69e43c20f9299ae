//! Who rates what, when, and how.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};
use xinwu_domain::calendar::Month;
use xinwu_domain::project::Operator;
use xinwu_domain::rating::{Dimensions, NewRating, Stars, StepTimes, screen};
use xinwu_domain::refusal::Refusal;
use xinwu_persistence::city::{self, CitySettings};
use xinwu_persistence::ratings::rating;
use xinwu_store::{Result, StoreError};

use super::{Deed, Event};
use crate::demo::fill::Fill;
use crate::demo::plan::Tier;
use crate::demo::words;

/// Ratings of the burst: above the 20 of the rule, and above 5 % of every estate's households.
const BURST: usize = 24;
/// Months before this one in which nobody rates the project of the burst: longer than the twelve
/// steps by whose median a burst is judged.
const QUIET: i32 = 3;
/// Ratings that wait in each project: one fewer than an increment needs.
const WAITING: usize = 4;

/// A rating to come.
#[derive(Clone)]
pub struct Planned {
    /// The resident's place in the homes.
    pub home: usize,
    /// The project's place in the plan.
    pub project: usize,
    /// The month.
    pub month: Month,
    /// What is given.
    pub rating: NewRating,
}

impl Fill<'_> {
    /// The ratings of the months that are over and closed, each at a day of its month. On the
    /// morning of a 1st those of the month before would all come out at the demo's first minute,
    /// and too few neighbours be left whose ratings could wait.
    pub(super) fn ratings(&mut self, events: &mut BTreeMap<NaiveDate, Vec<Event>>) -> Result<()> {
        let schedule = self.db.read_blocking(city::city)?.schedule();
        let is_closed =
            |month: Month| month.next().is_some_and(|next| schedule.morning_of(next.first_day()) <= self.now);
        let (Some(first), Some(current)) =
            (Month::containing(self.plan.begins), Month::containing(self.plan.today))
        else {
            return Ok(());
        };
        let homes = self.homes_of_estates();
        let burst = self.burst_project(&homes);
        let mut candidates: Vec<(usize, Month, usize)> = Vec::new();
        for project in 0..self.plan.projects.len() {
            let Some(planned) = self.plan.projects.get(project) else { continue };
            let (starts, ends, estate) = (planned.starts_on, planned.ends_on, planned.estate);
            for month in first.to(current).take_while(|month| is_closed(*month)) {
                let runs = starts <= month.last_day() && ends.is_none_or(|end| end >= month.first_day());
                let is_quiet = Some(project) == burst && current.months_since(month) <= QUIET;
                if runs && !is_quiet {
                    candidates
                        .extend(homes.get(estate).into_iter().flatten().map(|home| (project, month, *home)));
                }
            }
        }
        self.dice.shuffle(&mut candidates);
        candidates.truncate(self.size.ratings);
        for (project, month, home) in candidates {
            let Some(planned) = self.plan.projects.get(project) else { continue };
            let (tier, from) = (planned.tier, planned.starts_on.max(month.first_day()));
            let until = planned.ends_on.unwrap_or(NaiveDate::MAX).min(month.last_day());
            let day = self.day_between(from, until);
            let rating = self.rating(tier);
            events.entry(day).or_default().push(Event::Rate(Planned { home, project, month, rating }));
        }
        Ok(())
    }

    /// From now on a step is made each minute, so that who rates sees what becomes of it.
    pub(super) fn step_every_minute(&self) -> Result<()> {
        self.write(|tx| {
            let city = city::city(tx.conn)?;
            city::keep_city(tx, CitySettings { figures: StepTimes::EveryMinute, ..city })
        })
    }

    /// What waits today: a burst that the next step holds, and then, in every project where enough
    /// live, the ratings of four neighbours, so that the reader's is the fifth wherever it is
    /// given.
    pub(super) fn waiting(&mut self) -> Result<()> {
        let current = Month::of(self.now, self.zone);
        let homes = self.homes_of_estates();
        let burst = self.burst_project(&homes);
        if let Some(planned) = burst.and_then(|at| self.plan.projects.get(at)) {
            let full_marks =
                NewRating { overall: Stars::ALL[4], dimensions: Dimensions::default(), comment: None };
            let deeds = homes
                .get(planned.estate)
                .into_iter()
                .flatten()
                .take(BURST)
                .filter_map(|home| self.rate_today(burst?, *home, full_marks.clone(), current));
            self.perform(deeds.collect())?;
        }
        self.tick()?;
        let mut deeds = Vec::new();
        for project in 0..self.plan.projects.len() {
            let Some(planned) = self.plan.projects.get(project) else { continue };
            let (tier, estate) = (planned.tier, planned.estate);
            if Some(project) == burst || planned.ends_on.is_some_and(|end| end < self.plan.today) {
                continue;
            }
            let homes = homes.get(estate).cloned().unwrap_or_default();
            if homes.len() <= WAITING {
                continue;
            }
            // What was left over at the last 1st waits already.
            let (waits, free) = self.partition_waiting(project, homes, current)?;
            for home in free.into_iter().take(WAITING.saturating_sub(waits)) {
                let rating = self.rating(tier);
                deeds.extend(self.rate_today(project, home, rating, current));
            }
        }
        self.perform(deeds)?;
        Ok(())
    }

    fn rate_today(&self, project: usize, home: usize, rating: NewRating, month: Month) -> Option<Deed> {
        self.deed(Event::Rate(Planned { home, project, month, rating }), &BTreeMap::new())
    }

    /// Of how many of these homes a rating of the month waits, and which have none.
    fn partition_waiting(
        &self,
        project: usize,
        homes: Vec<usize>,
        month: Month,
    ) -> Result<(usize, Vec<usize>)> {
        let Some(id) = self.projects.get(project).cloned().flatten() else { return Ok((0, Vec::new())) };
        let accounts: Vec<(usize, String)> = homes
            .into_iter()
            .filter_map(|at| Some((at, self.homes.get(at)?.actor.account_id.clone())))
            .collect();
        let reader = self.reader();
        self.db.read_blocking(move |conn| {
            let (mut waits, mut free) = (0, Vec::new());
            for (home, account) in accounts {
                match rating::get(conn, &reader, &account, &id, month) {
                    Ok((own, _)) => waits += usize::from(own.published.is_none()),
                    Err(StoreError::Refused(Refusal::NotFound(_))) => free.push(home),
                    Err(error) => return Err(error),
                }
            }
            Ok((waits, free))
        })
    }

    /// The residents with an account, by estate.
    fn homes_of_estates(&self) -> Vec<Vec<usize>> {
        let mut homes: Vec<Vec<usize>> = vec![Vec::new(); self.plan.estates.len()];
        for (at, home) in self.homes.iter().enumerate() {
            homes.iter_mut().skip(home.estate).take(1).for_each(|homes| homes.push(at));
        }
        homes
    }

    /// A project whose estate has enough residents, and is not the demo's own.
    fn burst_project(&self, homes: &[Vec<usize>]) -> Option<usize> {
        self.plan.projects.iter().position(|project| {
            project.operator == Operator::Firm
                && project.ends_on.is_none()
                && project.estate != self.demo_estate
                && homes.get(project.estate).is_some_and(|homes| homes.len() >= BURST)
        })
    }

    fn rating(&mut self, tier: Tier) -> NewRating {
        let stars = self.dice.weighted(&tier.stars()) + 1;
        let overall = star(stars);
        let near = |dice: &mut crate::demo::random::Dice| {
            dice.percent(70).then(|| star((stars + dice.below(3)).saturating_sub(1).clamp(1, 5)))
        };
        let mut dimensions = Dimensions::default();
        if self.dice.percent(60) {
            dimensions.cleaning = near(&mut self.dice);
            dimensions.security = near(&mut self.dice);
            dimensions.greening = near(&mut self.dice);
            dimensions.maintenance = near(&mut self.dice);
            dimensions.attitude = near(&mut self.dice);
        }
        let comment = self.dice.percent(15).then(|| {
            let held = self.dice.below(200) == 0;
            let words = match stars {
                _ if held => words::HELD,
                4 | 5 => words::GOOD,
                3 => words::FAIR,
                _ => words::BAD,
            };
            self.dice.word(words)
        });
        NewRating { overall, dimensions, comment: comment.and_then(|text| screen(text).ok()) }
    }

    fn day_between(&mut self, from: NaiveDate, until: NaiveDate) -> NaiveDate {
        let days = self.dice.between(0, (until - from).num_days().max(0));
        from.checked_add_days(Days::new(u64::try_from(days).unwrap_or(0))).unwrap_or(until)
    }
}

fn star(number: usize) -> Stars {
    Stars::ALL.get(number.saturating_sub(1)).copied().unwrap_or(Stars::ALL[2])
}
