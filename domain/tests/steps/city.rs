//! A city of a few projects in memory: what the database and the clock do, over the domain's
//! functions.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc, Weekday, WeekdaySet};
use rust_decimal::Decimal;
use xinwu_domain::calendar::{DEFAULT_ZONE, Month, WorkingDays, day_of};
use xinwu_domain::rating::answers::{Answers, Cell};
use xinwu_domain::rating::step::{
    Hold, Leftover, Schedule, StepDue, StepHistory, StepKind, StepTimes, arrived, increment_month,
    judge_burst, take,
};
use xinwu_domain::rating::{Dimensions, Stars, Tally, service_score};

pub type Project = usize;
pub type Dwelling = u32;
pub type Person = u32;

/// "What was new at its last 12 steps."
const STEPS_LOOKED_BACK: usize = 12;

/// What the city does wrong, so that the properties are known to see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutant {
    /// A step takes one household fewer than it needs.
    OneHouseholdShort,
    /// A rating that is out can be changed and taken back, and its increment follows.
    EditsMoveFigures,
    /// It says of each project whether any rating waits.
    SaysWhetherAnyWaits,
    /// A review shows the stars of its rating.
    StarredReviews,
    /// Ratings of older months are counted beside the household's newer one.
    RowsForHouseholds,
    /// What rolls does not look for another rating of its writer.
    PersonsRollTwice,
    /// A step publishes again what is out.
    CountsTwice,
}

/// Why nothing was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    Published,
    Held,
    HouseholdHasRated,
    PersonHasRated,
    NotFound,
}

/// What a resident sends.
#[derive(Debug, Clone, Copy)]
pub struct Rating {
    pub dwelling: Dwelling,
    pub person: Person,
    pub stars: Stars,
    pub dimensions: Dimensions,
    pub has_comment: bool,
}

#[derive(Debug, Clone, Default)]
struct Row {
    person: Option<Person>,
    answers: Answers,
    comment: Option<String>,
    /// The hold it is part of.
    held: Option<usize>,
    /// The event that gave each answer: for the tests alone.
    given_by: BTreeMap<Cell, usize>,
    /// The increment of its stars: for the mutant that changes it.
    increment: Option<usize>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Increment {
    pub published_at: DateTime<Utc>,
    pub month: Month,
    pub tally: Tally,
    pub need: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HoldState {
    Held,
    Released,
    Counted,
    Fallen,
}

#[derive(Debug, Clone)]
pub struct Burst {
    pub hold: Hold,
    pub counts_on: NaiveDate,
    pub state: HoldState,
}

/// An answer that came out: for the tests alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Out {
    pub project: Project,
    pub increment: usize,
    pub cell: Cell,
    pub event: usize,
    pub dwelling: Dwelling,
    pub person: Option<Person>,
    pub stars: Stars,
}

/// What a history should come to now and then, or the properties say little.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Edge {
    Rolled,
    RolledUnderNewer,
    RolledBesideAnotherDwelling,
    DroppedAtProjectEnd,
    SeveralMonthsInOneStep,
    MissedStepsAsThatOfAFirst,
    MondayAfterMidnightOfAFirst,
    DimensionOutWhileStarsWait,
    StarsOutWhileDimensionWaits,
    PublishedOnAMonday,
    HeldAndCounted,
    HeldAndReleased,
    HeldAndFallen,
    HeldOverAFirst,
}

impl Edge {
    pub const ALL: [Edge; 14] = [
        Edge::Rolled,
        Edge::RolledUnderNewer,
        Edge::RolledBesideAnotherDwelling,
        Edge::DroppedAtProjectEnd,
        Edge::SeveralMonthsInOneStep,
        Edge::MissedStepsAsThatOfAFirst,
        Edge::MondayAfterMidnightOfAFirst,
        Edge::DimensionOutWhileStarsWait,
        Edge::StarsOutWhileDimensionWaits,
        Edge::PublishedOnAMonday,
        Edge::HeldAndCounted,
        Edge::HeldAndReleased,
        Edge::HeldAndFallen,
        Edge::HeldOverAFirst,
    ];
}

#[derive(Debug, Clone)]
pub struct Rated {
    pub households: u32,
    pub end: Option<NaiveDate>,
    pub increments: Vec<Increment>,
    pub bursts: Vec<Burst>,
    pub arrived: Vec<u32>,
    /// Stars that the last step left waiting.
    left: u32,
    rows: BTreeMap<(Month, Dwelling), Row>,
    reviews: BTreeSet<(Month, String)>,
    pub reached: BTreeSet<Edge>,
}

impl Rated {
    pub fn new(households: u32, end: Option<NaiveDate>) -> Rated {
        Rated {
            households,
            end,
            increments: Vec::new(),
            bursts: Vec::new(),
            arrived: Vec::new(),
            left: 0,
            rows: BTreeMap::new(),
            reviews: BTreeSet::new(),
            reached: BTreeSet::new(),
        }
    }

    /// The sums published of these months.
    pub fn figures(&self, months: impl Fn(Month) -> bool) -> Tally {
        self.increments
            .iter()
            .filter(|increment| months(increment.month))
            .map(|increment| increment.tally)
            .sum()
    }

    fn is_over(&self, day: NaiveDate) -> bool {
        self.end
            .and_then(Month::containing)
            .and_then(Month::next)
            .is_some_and(|first| day >= first.first_day())
    }

    /// Moves a row's waiting answers under what its household has given in a later month.
    fn move_waiting(
        &mut self,
        from: (Month, Dwelling),
        into: Month,
        mutant: Option<Mutant>,
        how: fn(&mut Answers, u8) -> Option<Answers>,
    ) {
        let (month, dwelling) = from;
        let Some(row) = self.rows.get_mut(&from) else { return };
        let months = u8::try_from(into.months_since(month)).unwrap();
        let moved = how(&mut row.answers, months);
        let mut moved = Row {
            person: row.person,
            answers: moved.unwrap_or_default(),
            comment: row.comment.take(),
            held: None,
            given_by: row.given_by.clone(),
            increment: None,
        };
        if row.answers.is_empty() {
            self.rows.remove(&from);
        }
        // "One person has one rating a project and month": the newer one, for another dwelling,
        // stands.
        let has_rated = moved.person.is_some()
            && self.rows.iter().any(|((month, other), row)| {
                *month == into && *other != dwelling && row.person == moved.person
            });
        if has_rated && moved.answers.waiting(Cell::Stars).is_some() {
            self.reached.insert(Edge::RolledBesideAnotherDwelling);
        }
        if has_rated && mutant != Some(Mutant::PersonsRollTwice) {
            moved.answers.drop_waiting(Cell::Stars);
        }
        if moved.answers.waiting(Cell::Stars).is_none() {
            (moved.person, moved.comment) = (None, None);
        }
        if moved.answers.is_empty() {
            return;
        }
        match self.rows.get_mut(&(into, dwelling)) {
            None => {
                self.reached.insert(Edge::Rolled);
                self.rows.insert((into, dwelling), moved);
            }
            Some(target) => {
                self.reached.insert(Edge::RolledUnderNewer);
                let before = target.answers;
                target.answers.under(moved.answers);
                for cell in Cell::ALL.into_iter().filter(|cell| before.given(*cell).is_none()) {
                    if let Some(event) = moved.given_by.get(&cell) {
                        target.given_by.insert(cell, *event);
                    }
                }
                if before.given(Cell::Stars).is_none() && moved.answers.given(Cell::Stars).is_some() {
                    (target.person, target.comment) = (moved.person, moved.comment);
                }
            }
        }
    }
}

#[derive(Debug, Clone)]
pub struct City {
    pub schedule: Schedule,
    pub projects: Vec<Rated>,
    /// Every answer that came out.
    pub out: Vec<Out>,
    last: DateTime<Utc>,
    mutant: Option<Mutant>,
}

impl City {
    /// A city with steps at 06:00 on Mondays and 1sts, made at `since`.
    pub fn new(min_raters: u32, since: DateTime<Utc>, projects: Vec<Rated>) -> City {
        let times = StepTimes::Days {
            at: NaiveTime::from_hms_opt(6, 0, 0).unwrap(),
            weekdays: WeekdaySet::single(Weekday::Mon),
        };
        let schedule = Schedule { times, zone: DEFAULT_ZONE, min_raters };
        City { schedule, projects, out: Vec::new(), last: since, mutant: None }
    }

    pub fn with(mut self, mutant: Option<Mutant>) -> City {
        self.mutant = mutant;
        self
    }

    // Residents.

    pub fn put(
        &mut self,
        now: DateTime<Utc>,
        event: usize,
        project: Project,
        rating: &Rating,
    ) -> Result<(), Refused> {
        let month = Month::of(now, self.schedule.zone);
        let rated = &mut self.projects[project];
        let person_has_rated = rated.rows.iter().any(|((of, dwelling), row)| {
            *of == month && *dwelling != rating.dwelling && row.person == Some(rating.person)
        });
        if person_has_rated {
            return Err(Refused::PersonHasRated);
        }
        let row = rated.rows.entry((month, rating.dwelling)).or_default();
        if row.held.is_some() {
            return Err(Refused::Held);
        }
        if row.answers.waiting(Cell::Stars).is_some() && row.person != Some(rating.person) {
            return Err(Refused::HouseholdHasRated);
        }
        if self.mutant == Some(Mutant::EditsMoveFigures)
            && let (Some(increment), Some(old)) = (row.increment, row.answers.given(Cell::Stars))
        {
            let counts = &mut rated.increments[increment].tally.counts;
            let position = |stars: Stars| usize::from(stars.get()) - 1;
            counts[position(old)] = counts[position(old)].saturating_sub(1);
            counts[position(rating.stars)] += 1;
            let mut columns = row.answers.to_columns();
            columns.stars = Some(i32::from(rating.stars.get()));
            row.answers = Answers::from_columns(&columns).unwrap();
            return Ok(());
        }
        let before = row.answers;
        row.answers.put(rating.stars, &rating.dimensions).map_err(|_closed| Refused::Published)?;
        row.person = Some(rating.person);
        row.comment = rating.has_comment.then(|| format!("comment of event {event}"));
        let given = Answers::new(rating.stars, &rating.dimensions);
        for cell in Cell::ALL {
            if given.given(cell).is_some() && !before.is_out(cell) {
                row.given_by.insert(cell, event);
            }
        }
        Ok(())
    }

    /// Takes back the person's latest rating of a project whose stars wait.
    pub fn take_back(&mut self, project: Project, person: Person) -> Result<(), Refused> {
        let rows = &mut self.projects[project].rows;
        let Some((key, row)) = rows.iter_mut().rev().find(|(_, row)| row.person == Some(person)) else {
            return Err(Refused::NotFound);
        };
        if row.held.is_some() {
            return Err(Refused::Held);
        }
        let key = *key;
        if row.answers.is_out(Cell::Stars) {
            return Err(Refused::Published);
        }
        row.answers.drop_all_waiting();
        (row.person, row.comment) = (None, None);
        if row.answers.is_empty() {
            rows.remove(&key);
        }
        Ok(())
    }

    /// "Deleting the account takes it back"; what is out, and what is held, stays.
    pub fn delete_account(&mut self, person: Person) {
        for rated in &mut self.projects {
            for row in rated.rows.values_mut().filter(|row| row.person == Some(person)) {
                if row.held.is_none() && !row.answers.is_out(Cell::Stars) {
                    row.answers.drop_all_waiting();
                    (row.person, row.comment) = (None, None);
                }
            }
            rated.rows.retain(|_, row| !row.answers.is_empty());
        }
    }

    // Officials.

    /// Ends a residence found false during a hold: its held rating is dropped.
    pub fn end_residence(&mut self, project: Project, dwelling: Dwelling) {
        self.projects[project].rows.retain(|(_, of), row| *of != dwelling || row.held.is_none());
    }

    /// Releases what is held of a project: it counts the next morning.
    pub fn release(&mut self, now: DateTime<Utc>, project: Project) {
        let tomorrow = day_of(now, self.schedule.zone).succ_opt().unwrap();
        for burst in &mut self.projects[project].bursts {
            if burst.state == HoldState::Held {
                burst.state = HoldState::Released;
                burst.counts_on = burst.counts_on.min(tomorrow);
            }
        }
    }

    // The clock.

    /// Does what is due at `now`, in the order in which it was due: a hold's morning before a step
    /// of the same instant.
    pub fn tick(&mut self, now: DateTime<Utc>) {
        let due = self.schedule.missed(self.last, now);
        if let Some(due) = due {
            self.mature(now, due.at);
            (0..self.projects.len()).for_each(|project| self.step(now, project, &due));
            self.last = due.covers;
        }
        self.mature(now, now);
    }

    /// Counts the holds whose morning has come by `until`.
    fn mature(&mut self, now: DateTime<Utc>, until: DateTime<Utc>) {
        for project in 0..self.projects.len() {
            for burst in 0..self.projects[project].bursts.len() {
                let Burst { state, counts_on, .. } = self.projects[project].bursts[burst];
                let is_open = matches!(state, HoldState::Held | HoldState::Released);
                if !is_open || self.schedule.morning_of(counts_on) > until {
                    continue;
                }
                let keys: Vec<_> = keys(&self.projects[project], |_, row| row.held == Some(burst));
                let month = increment_month(counts_on);
                let tally = self.publish(now, project, &keys, self.schedule.min_raters, month);
                let rated = &mut self.projects[project];
                let is_counted = tally.count() > 0;
                rated.reached.insert(match (is_counted, state) {
                    (false, _) => Edge::HeldAndFallen,
                    (true, HoldState::Released) => Edge::HeldAndReleased,
                    (true, _) => Edge::HeldAndCounted,
                });
                if keys.iter().any(|(of, _)| *of < Month::of(now, DEFAULT_ZONE)) {
                    rated.reached.insert(Edge::HeldOverAFirst);
                }
                rated.bursts[burst].state = if is_counted { HoldState::Counted } else { HoldState::Fallen };
                for key in keys {
                    if let Some(row) = rated.rows.get_mut(&key) {
                        row.held = None;
                    }
                    if rated.is_over(counts_on) {
                        drop_waiting(rated, key);
                    } else if key.0 < month {
                        rated.move_waiting(key, month, self.mutant, Answers::catch_up);
                    }
                }
            }
        }
    }

    fn step(&mut self, now: DateTime<Utc>, project: Project, due: &StepDue) {
        let mutant = self.mutant;
        let rated = &mut self.projects[project];
        if due.covers > due.at {
            rated.reached.insert(Edge::MissedStepsAsThatOfAFirst);
        }
        if rated.rows.keys().any(|(month, _)| !due.takes(*month)) && due.kind == StepKind::Weekday {
            rated.reached.insert(Edge::MondayAfterMidnightOfAFirst);
        }
        if rated.rows.iter().any(|((month, _), row)| *month < due.month && row.held.is_none()) {
            rated.reached.insert(Edge::SeveralMonthsInOneStep);
        }
        // One row a household: what is left in older months goes under its latest.
        if mutant != Some(Mutant::RowsForHouseholds) {
            for key in keys(rated, |month, row| month < due.month && row.held.is_none()) {
                rated.move_waiting(key, due.month, mutant, Answers::catch_up);
            }
        }
        let mut taken = keys(rated, |month, row| due.takes(month) && row.held.is_none());
        let stars_wait = |rated: &Rated, keys: &[(Month, Dwelling)]| -> usize {
            let waits =
                |key: &&_| rated.rows.get(*key).is_some_and(|row| row.answers.waiting(Cell::Stars).is_some());
            keys.iter().filter(waits).count()
        };
        let waiting = stars_wait(rated, &taken);
        let last = rated.arrived.len().saturating_sub(STEPS_LOOKED_BACK);
        let history = StepHistory {
            arrived: &rated.arrived[last..],
            left_waiting: rated.left,
            households: rated.households,
        };
        let new = arrived(u32::try_from(waiting).unwrap(), &history);
        if judge_burst(waiting, &history) {
            let hold = Hold::new(day_of(now, self.schedule.zone), &WorkingDays::weekdays());
            let burst = rated.bursts.len();
            rated.bursts.push(Burst { hold, counts_on: hold.counts_on, state: HoldState::Held });
            taken.retain(|key| {
                let row = rated.rows.get_mut(key).unwrap();
                let is_held = row.answers.waiting(Cell::Stars).is_some();
                row.held = is_held.then_some(burst);
                !is_held
            });
        }
        rated.arrived.push(new);
        let tally = self.publish(now, project, &taken, due.need, due.month);
        let rated = &mut self.projects[project];
        let is_mixed = |key: &&_, out: bool| {
            rated.rows.get(*key).is_some_and(|row| {
                let waits = |cell| row.answers.waiting(cell).is_some();
                let [stars, dimensions @ ..] = Cell::ALL;
                match out {
                    true => row.answers.is_out(stars) && dimensions.into_iter().any(waits),
                    false => waits(stars) && dimensions.into_iter().any(|cell| row.answers.is_out(cell)),
                }
            })
        };
        if taken.iter().any(|key| is_mixed(&key, true)) {
            rated.reached.insert(Edge::StarsOutWhileDimensionWaits);
        }
        if taken.iter().any(|key| is_mixed(&key, false)) {
            rated.reached.insert(Edge::DimensionOutWhileStarsWait);
        }
        if due.kind == StepKind::Weekday && tally.count() > 0 {
            rated.reached.insert(Edge::PublishedOnAMonday);
        }
        rated.left = u32::try_from(stars_wait(rated, &taken)).unwrap();
        for key in taken {
            match due.leftover(rated.end) {
                Leftover::Stay => {}
                Leftover::Roll(month) => rated.move_waiting(key, month, mutant, Answers::roll),
                Leftover::Drop => {
                    if rated.rows.get(&key).is_some_and(|row| row.answers.has_waiting()) {
                        rated.reached.insert(Edge::DroppedAtProjectEnd);
                    }
                    drop_waiting(rated, key);
                }
            }
        }
    }

    /// Publishes of these rows each cell in which enough households wait, and the reviews of those
    /// whose stars come out.
    fn publish(
        &mut self,
        now: DateTime<Utc>,
        project: Project,
        keys: &[(Month, Dwelling)],
        need: u32,
        month: Month,
    ) -> Tally {
        let rated = &mut self.projects[project];
        let mut answers: Vec<Answers> = keys.iter().map(|key| rated.rows[key].answers).collect();
        if self.mutant == Some(Mutant::CountsTwice) {
            answers = answers.into_iter().map(reopened).collect();
        }
        let before = answers.clone();
        let short = u32::from(self.mutant == Some(Mutant::OneHouseholdShort));
        let tally = take(&mut answers.iter_mut().collect::<Vec<_>>(), need - short);
        if tally == Tally::default() {
            return tally;
        }
        let increment = rated.increments.len();
        rated.increments.push(Increment { published_at: now, month, tally, need });
        for ((key, before), after) in keys.iter().zip(before).zip(answers) {
            let row = rated.rows.get_mut(key).unwrap();
            row.answers = after;
            for cell in Cell::ALL {
                let Some(stars) = before.waiting(cell).filter(|_| after.is_out(cell)) else { continue };
                let (event, person) = (row.given_by[&cell], row.person);
                self.out.push(Out { project, increment, cell, event, dwelling: key.1, person, stars });
                if cell == Cell::Stars {
                    row.increment = Some(increment);
                    if let Some(comment) = row.comment.clone() {
                        let starred = self.mutant == Some(Mutant::StarredReviews);
                        let review = if starred { format!("{comment}, {stars} stars") } else { comment };
                        rated.reviews.insert((month, review));
                    }
                }
            }
        }
        tally
    }

    // Everybody.

    /// Every public byte at `now`: of each project its holds, its reviews and the figures of twelve
    /// months, each and together, and the figures of the firm that runs them all.
    pub fn public(&self, now: DateTime<Utc>) -> String {
        let mut page = String::new();
        let last = Month::of(now, self.schedule.zone);
        let first = last.plus(-11).unwrap();
        let mut firm = Tally::default();
        for rated in &self.projects {
            let holds: Vec<_> = rated.bursts.iter().map(|burst| (burst.state, burst.hold)).collect();
            let on: Vec<_> = rated.increments.iter().map(|increment| increment.published_at).collect();
            let year = rated.figures(|month| (first..=last).contains(&month));
            let coverage = Decimal::from(year.count()) / Decimal::from(rated.households);
            writeln!(page, "{holds:?} {on:?} {:?} {} {coverage}", rated.reviews, shown(&year)).unwrap();
            for month in first.to(last) {
                writeln!(page, "{month} {}", shown(&rated.figures(|of| of == month))).unwrap();
            }
            if self.mutant == Some(Mutant::SaysWhetherAnyWaits) {
                let waits = rated.rows.values().any(|row| row.answers.has_waiting());
                writeln!(page, "waiting: {waits}").unwrap();
            }
            firm.merge(&year);
        }
        writeln!(page, "firm {}", shown(&firm)).unwrap();
        page
    }

    /// The holds of every project: the one exception to silence.
    pub fn holds(&self) -> Vec<Vec<HoldState>> {
        self.projects.iter().map(|rated| rated.bursts.iter().map(|burst| burst.state).collect()).collect()
    }

    /// Households whose stars wait, and are not held.
    pub fn waiting(&self, project: Project) -> usize {
        let waits = |row: &&Row| row.held.is_none() && row.answers.waiting(Cell::Stars).is_some();
        self.projects[project].rows.values().filter(waits).count()
    }
}

/// A span's figures as everybody sees them.
pub fn shown(tally: &Tally) -> String {
    if *tally == Tally::default() {
        return "waiting".to_owned();
    }
    let score = service_score(tally.count(), tally.sum());
    let dimensions = tally.dimensions.map(|sum| (sum.count, sum.stars));
    format!("{}/{} {:?} {score} {dimensions:?}", tally.count(), tally.sum(), tally.counts)
}

fn keys(rated: &Rated, which: impl Fn(Month, &Row) -> bool) -> Vec<(Month, Dwelling)> {
    rated.rows.iter().filter(|((month, _), row)| which(*month, row)).map(|(key, _)| *key).collect()
}

fn drop_waiting(rated: &mut Rated, key: (Month, Dwelling)) {
    let Some(row) = rated.rows.get_mut(&key) else { return };
    Cell::ALL.into_iter().for_each(|cell| row.answers.drop_waiting(cell));
    if row.answers.is_empty() {
        rated.rows.remove(&key);
    }
}

/// All of it waits again.
fn reopened(answers: Answers) -> Answers {
    let mut columns = answers.to_columns();
    (columns.is_published, columns.out) = (false, 0);
    Answers::from_columns(&columns).unwrap()
}
