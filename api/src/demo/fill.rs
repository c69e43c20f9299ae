//! Stores what is invented, through the same use cases as everyone's, with the clock held at each
//! day of the year.

mod people;
mod registers;
mod year;

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, NaiveTime, TimeZone, Utc};
use chrono_tz::Tz;
use indicatif::ProgressBar;
use xinwu_domain::access::{Actor, Role};
use xinwu_domain::context::RequestContext;
use xinwu_domain::text::Language;
use xinwu_persistence::city::CitySettings;
use xinwu_persistence::credit::scheme;
use xinwu_persistence::operations::due;
use xinwu_persistence::operations::increments::Journal;
use xinwu_persistence::people::limits::Limits;
use xinwu_persistence::ratings::month_key::MonthKeys;
use xinwu_persistence::ratings::rating::Reader;
use xinwu_store::{Clock, Db, Result, StoreError, Tx};

use super::plan::{Plan, Size};
use super::random::Dice;
use super::welcome::Subject;
use crate::secrets::Secrets;
use crate::state::State;

/// Always the same, so that two demos of one day tell the same story.
pub const SEED: u64 = 20_260_401;
/// The phone of the resident who signs in: on the roster of one dwelling, without an account yet.
pub const RESIDENT_PHONE: &str = "19900099999";
/// Rows in one write: the writer commits them together.
const BATCH: usize = 250;

/// The demo under way.
struct Fill<'a> {
    db: Db,
    clock: Clock,
    journal: Option<&'a Arc<Journal>>,
    secrets: &'a Secrets,
    keys: Arc<MonthKeys>,
    limits: Limits,
    zone: Tz,
    now: DateTime<Utc>,
    plan: Plan,
    dice: Dice,
    size: Size,
    progress: &'a ProgressBar,
    /// Codes of the estates, ids of the projects and of their managers, in the plan's order; a
    /// project that has not begun has none yet.
    estates: Vec<String>,
    projects: Vec<Option<String>>,
    managers: Vec<Option<String>>,
    /// The residents with an account.
    homes: Vec<Home>,
    /// Officials by place; those of a district also under `CODE confirms`.
    officials: HashMap<String, Actor>,
    /// Where the resident who signs in lives: a place in the plan's estates.
    demo_estate: usize,
}

/// A dwelling whose resident has an account.
#[derive(Clone)]
struct Home {
    estate: usize,
    actor: Actor,
    /// The id of the verified residence.
    residence: String,
}

/// Fills an empty, migrated database. It takes the state's clock for today.
///
/// # Errors
/// What was stored before an error stays: begin again with an empty database.
pub fn fill(state: &State, size: Size, progress: &ProgressBar) -> Result<Subject> {
    let now = state.db().clock().now();
    let zone = state.config().tz();
    let today = now.with_timezone(&zone).date_naive();
    let mut dice = Dice::new(SEED);
    let plan = Plan::invent(size, today, &mut dice);
    let clock = Clock::held_at(now);
    let db = state.db().dated_by(clock.clone());
    let mut fill = Fill {
        db,
        clock,
        journal: state.journal(),
        secrets: state.secrets(),
        keys: state.month_keys(),
        limits: state.config().limits(),
        zone,
        now,
        dice,
        size,
        progress,
        estates: Vec::new(),
        projects: vec![None; plan.projects.len()],
        managers: vec![None; plan.projects.len()],
        homes: Vec::new(),
        officials: HashMap::new(),
        demo_estate: 0,
        plan,
    };
    progress.set_length(u64::try_from(size.households * 2 + size.ratings + 4_000).unwrap_or(0));
    // A month before the first: everything is there when the year begins.
    let founding = fill.plan.begins.pred_opt().unwrap_or(today);
    fill.set_time(founding, 9);
    fill.write(|tx| scheme::install_shipped(tx).map(|_| ()))?;
    fill.tick()?;
    fill.registers()?;
    fill.officials()?;
    fill.residents()?;
    fill.year()?;
    progress.finish_and_clear();
    fill.subject()
}

impl Fill<'_> {
    /// Holds the clock at an hour of a day in the city, but never after now.
    fn set_time(&self, day: NaiveDate, hour: u32) {
        let time = day.and_time(NaiveTime::from_hms_opt(hour, 0, 0).unwrap_or_default());
        let instant = self.zone.from_local_datetime(&time).earliest().map(|local| local.with_timezone(&Utc));
        self.clock.set(instant.unwrap_or(self.now).min(self.now));
    }

    fn set_time_to_now(&self) {
        self.clock.set(self.now);
    }

    /// What time alone does: steps are made, terms end.
    fn tick(&self) -> Result<()> {
        due::tick_blocking(&self.db, self.journal, &self.keys, self.clock.now()).map(|_| ())
    }

    /// What opens residents' own ratings, at the clock's time.
    fn reader(&self) -> Reader {
        Reader { keys: Arc::clone(&self.keys), context: self.context() }
    }

    /// What is asked in Chinese at the clock's time.
    fn context(&self) -> RequestContext {
        let city = CitySettings { zone: self.zone, ..CitySettings::default() };
        city.context(Language::Chinese, self.clock.now())
    }

    fn write<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: Fn(&mut Tx<'_>) -> Result<T> + Send + 'static,
    {
        self.db.write_blocking(work)
    }

    /// Does `one` for each of `all`, in writes of some hundreds, and gives what each gave.
    fn each<A, T, F>(&self, all: Vec<A>, one: F) -> Result<Vec<T>>
    where
        A: Clone + Send + 'static,
        T: Send + 'static,
        F: Fn(&mut Tx<'_>, &A) -> Result<T> + Clone + Send + 'static,
    {
        let mut done = Vec::with_capacity(all.len());
        for part in all.chunks(BATCH) {
            let (part, one) = (part.to_vec(), one.clone());
            let count = part.len();
            done.extend(
                self.write(move |tx| part.iter().map(|each| one(tx, each)).collect::<Result<Vec<T>>>())?,
            );
            self.progress.inc(u64::try_from(count).unwrap_or(0));
        }
        Ok(done)
    }

    /// The official of a place.
    fn official(&self, place: &str) -> Result<Actor> {
        let found = self.officials.get(place).cloned();
        found.ok_or_else(|| StoreError::internal(format!("the demo has no official of {place}")))
    }

    fn subject(&self) -> Result<Subject> {
        let estate = self.plan.estates.get(self.demo_estate);
        let project = self.plan.projects.iter().position(|project| project.estate == self.demo_estate);
        let firm = project
            .and_then(|at| self.plan.projects.get(at)?.firm)
            .and_then(|firm| self.plan.firms.get(firm));
        let of_project = |ids: &[Option<String>]| project.and_then(|at| ids.get(at).cloned().flatten());
        let (id, manager) = (of_project(&self.projects), of_project(&self.managers));
        match (estate, firm, id, manager, self.estates.get(self.demo_estate)) {
            (Some(estate), Some(firm), Some(project), Some(manager), Some(code)) => Ok(Subject {
                estate: code.clone(),
                estate_name: estate.name.clone(),
                community: estate.community.clone(),
                street: estate.street.clone(),
                district: estate.district.clone(),
                uscc: firm.uscc.to_string(),
                firm: firm.name.clone(),
                project,
                manager,
            }),
            _ => Err(StoreError::internal("the demo's own estate has no firm")),
        }
    }
}

/// Someone who acts in the demo without signing in.
pub(super) fn actor(
    account_id: &str,
    role: Role,
    place: Option<&str>,
    uscc: Option<&str>,
    can_confirm: bool,
) -> Actor {
    Actor {
        account_id: account_id.to_owned(),
        role,
        place: place.map(str::to_owned),
        uscc: uscc.map(str::to_owned),
        manager: None,
        department: None,
        can_confirm,
        has_second_factor: false,
        client: None,
        session_id: String::new(),
    }
}
