//! Who rates what, when, and how.

use std::collections::BTreeMap;

use chrono::{Datelike, Days, NaiveDate};
use xinwu_domain::calendar::Month;
use xinwu_domain::project::Operator;
use xinwu_domain::rating::{Dimensions, Stars, screen};
use xinwu_persistence::rating::NewRating;

use super::Event;
use crate::demo::fill::Fill;
use crate::demo::plan::{Tier, first_day};
use crate::demo::words;

/// Voices on the one day of the burst: above the 20 of the rule.
const BURST: usize = 24;
/// Voices of this month in the project of the resident who signs in: enough that its figures are shown.
const THIS_MONTH: usize = 6;

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
    pub(super) fn voices(&mut self, events: &mut BTreeMap<NaiveDate, Vec<Event>>) {
        let (Some(first), Some(current)) =
            (Month::containing(self.plan.begins), Month::containing(self.plan.today))
        else {
            return;
        };
        let mut homes: Vec<Vec<usize>> = vec![Vec::new(); self.plan.estates.len()];
        for (at, home) in self.homes.iter().enumerate() {
            homes.iter_mut().skip(home.estate).take(1).for_each(|homes| homes.push(at));
        }
        let burst = self.burst_project(&homes);
        let elapsed = usize::try_from(self.plan.today.day() * 100 / current.last_day().day()).unwrap_or(100);
        let mut candidates: Vec<(usize, Month, usize)> = Vec::new();
        for project in 0..self.plan.projects.len() {
            let Some(planned) = self.plan.projects.get(project) else { continue };
            let (starts, ends, estate) = (planned.starts_on, planned.ends_on, planned.estate);
            for month in first.to(current) {
                let runs = starts <= month.last_day() && ends.is_none_or(|end| end >= month.first_day());
                // The month of the burst is the burst's alone.
                if !runs || (month == current && Some(project) == burst) {
                    continue;
                }
                for home in homes.get(estate).into_iter().flatten() {
                    if month != current || self.dice.percent(elapsed) {
                        candidates.push((project, month, *home));
                    }
                }
            }
        }
        self.dice.shuffle(&mut candidates);
        let mut chosen: Vec<(usize, Month, usize)> =
            candidates.iter().copied().take(self.size.ratings).collect();
        let demo = self.plan.projects.iter().position(|project| project.estate == self.demo_estate);
        if let Some(demo) = demo {
            let is_there = |chosen: &[(usize, Month, usize)], home| chosen.contains(&(demo, current, home));
            for home in homes.get(self.demo_estate).cloned().unwrap_or_default().into_iter().take(THIS_MONTH)
            {
                if !is_there(&chosen, home) {
                    chosen.push((demo, current, home));
                }
            }
        }
        for (project, month, home) in chosen {
            let Some(planned) = self.plan.projects.get(project) else { continue };
            let (tier, from) = (planned.tier, planned.starts_on.max(month.first_day()));
            let until = planned.ends_on.unwrap_or(NaiveDate::MAX).min(month.last_day()).min(self.plan.today);
            let day = self.day_between(from, until);
            let rating = self.voice(tier);
            events.entry(day).or_default().push(Event::Rate(Planned { home, project, month, rating }));
        }
        self.burst(burst, &homes, current, events);
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

    /// So many full marks on one day that no ordinary day explains: they wait for the district.
    fn burst(
        &mut self,
        project: Option<usize>,
        homes: &[Vec<usize>],
        month: Month,
        events: &mut BTreeMap<NaiveDate, Vec<Event>>,
    ) {
        let Some((project, planned)) = project.and_then(|at| Some((at, self.plan.projects.get(at)?))) else {
            return;
        };
        let yesterday = self.plan.today.pred_opt().unwrap_or(self.plan.today);
        let day = yesterday.max(first_day(self.plan.today));
        for home in homes.get(planned.estate).into_iter().flatten().take(BURST) {
            let rating =
                NewRating { overall: Stars::ALL[4], dimensions: Dimensions::default(), comment: None };
            events.entry(day).or_default().push(Event::Rate(Planned { home: *home, project, month, rating }));
        }
    }

    fn voice(&mut self, tier: Tier) -> NewRating {
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
