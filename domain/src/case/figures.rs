//! The sums of cases, published in steps as ratings are: "sums by project, firm, place and month
//! are published in steps of at least `min_raters` households".
//!
//! Of a case three things are counted, each at most once: that it was opened, whether it was done
//! in time, and how it ended. What waits of a project's cases at a step is counted in one increment
//! that is never changed: the openings, the timings, the ends with and those without a resident's
//! word, each once they concern enough households. What concerns fewer waits for the next step, for
//! as long as the households of its cases are known.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use super::CaseOutcome;
use crate::calendar::start_of_day;
use crate::evaluation::number::round;
use crate::rating::{Schedule, StepDue, StepKind};
use crate::thousandths::Thousandths;

mod view;

pub use view::{
    CaseExclusion, CaseFigures, CaseFiguresMonth, CaseHours, CaseRate, CaseSums, CopiedCases,
    CopiedExclusions, Exclusion,
};

/// The bounds of the bands of hours, in seconds, each with its last second: "hours in four bands
/// (≤ 24, ≤ 48, ≤ 72, more)".
const BANDS: [u64; 3] = [24 * 3_600, 48 * 3_600, 72 * 3_600];

/// The metric of a month's cases that were done in time, of those with a deadline that was met or
/// missed, in per cent.
pub const ON_TIME_RATE: &str = "case_on_time_rate";
/// The metric of a month's cases whose residents were satisfied, of those who said so or the
/// contrary, in per cent.
pub const SATISFACTION_RATE: &str = "case_satisfaction_rate";
/// The metric of a month's cases that were reopened, of those that were closed, in per cent.
pub const REOPENED_RATE: &str = "case_reopened_rate";

/// What a step looks at of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingCase {
    /// When it was opened.
    pub opened_at: DateTime<Utc>,
    /// When it was late for the first time, in the hands of those whose project it is; `None` if it
    /// was not, and for one that was late in other hands. No later step of the case takes it back.
    pub late_at: Option<DateTime<Utc>>,
    /// Whether it was late in other hands, or before it came to these: it is not on time then.
    pub was_late_elsewhere: bool,
    /// How it ended; `None` while it is open.
    pub end: Option<End>,
    /// What of it is in an increment already.
    pub counted: Marks,
    /// The households that it concerns.
    pub households: Vec<String>,
    /// Those of them that said whether they were satisfied.
    pub answered: Vec<String>,
}

/// How a case ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct End {
    /// When.
    pub at: DateTime<Utc>,
    /// How.
    pub outcome: CaseOutcome,
    /// Whether it was in the hands of those whose project it is: of the project's firm; of
    /// whomever, where a project has none.
    pub is_theirs: bool,
    /// Whether it was reopened before.
    pub was_reopened: bool,
    /// What the resident said; `None` where they said nothing.
    pub satisfied: Option<bool>,
    /// What its clock consumed in all cycles, in seconds.
    pub consumed: u64,
}

impl End {
    /// Why it is not among the closed ones; `None` if it is.
    pub fn exclusion(&self) -> Option<Exclusion> {
        match self.outcome {
            CaseOutcome::Withdrawn => Some(Exclusion::Withdrawn),
            CaseOutcome::Joined | CaseOutcome::Duplicate => Some(Exclusion::Joined),
            CaseOutcome::NotOurMatter => Some(Exclusion::NotTheirs),
            CaseOutcome::Verified
            | CaseOutcome::Lapsed
            | CaseOutcome::CannotBeFixed
            | CaseOutcome::ResidentUnreachable => (!self.is_theirs).then_some(Exclusion::Elsewhere),
        }
    }
}

/// Which of a case's three things.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Marks {
    /// That it was opened.
    pub opened: bool,
    /// Whether it was done in time.
    pub timing: bool,
    /// How it ended.
    pub end: bool,
}

impl Marks {
    /// Whether there is none of them.
    pub fn is_empty(self) -> bool {
        self == Marks::default()
    }
}

/// What a step takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    /// What happened before this instant: at a 1st the months that are over, at any other step all.
    pub until: DateTime<Utc>,
    /// Whether cases that are open and overdue are counted as late; else they wait for the next
    /// 1st, or for their end.
    pub counts_overdue: bool,
    /// Of how many households an increment is made at least.
    pub need: u32,
}

impl Cut {
    /// Of a step.
    pub fn of(due: &StepDue, schedule: &Schedule) -> Cut {
        let (until, counts_overdue) = match due.kind {
            StepKind::First => (start_of_day(due.day, schedule.zone), true),
            StepKind::Weekday => (due.at, false),
            // The demo's are all there is.
            StepKind::Minute => (due.at, true),
        };
        Cut { until, counts_overdue, need: due.need }
    }
}

/// The sums of some cases: of an increment, or of several together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct CaseTally {
    /// Opened.
    pub opened: u32,
    /// Closed in time.
    pub on_time: u32,
    /// Closed late, or open and overdue on a 1st.
    pub late: u32,
    /// Closed.
    pub closed: u32,
    /// Of the closed ones, those that were reopened before.
    pub reopened: u32,
    /// Of the closed ones, those whose resident was satisfied.
    pub satisfied: u32,
    /// Of the closed ones, those whose resident was not.
    pub unsatisfied: u32,
    /// Of the closed ones, those whose resident said nothing.
    pub unanswered: u32,
    /// The closed ones by what their clocks consumed: at most 24, 48, 72 hours, more.
    pub hours: [u32; 4],
    /// Not among the closed ones, in the order of [`Exclusion::ALL`]. One that was late is among
    /// the late ones all the same.
    pub excluded: [u32; 4],
}

impl CaseTally {
    /// Adds another: of another month, or of another project.
    pub fn merge(&mut self, other: &CaseTally) {
        let add = |one: &mut u32, more: u32| *one = one.saturating_add(more);
        add(&mut self.opened, other.opened);
        add(&mut self.on_time, other.on_time);
        add(&mut self.late, other.late);
        add(&mut self.closed, other.closed);
        add(&mut self.reopened, other.reopened);
        add(&mut self.satisfied, other.satisfied);
        add(&mut self.unsatisfied, other.unsatisfied);
        add(&mut self.unanswered, other.unanswered);
        self.hours.iter_mut().zip(other.hours).for_each(|(one, more)| add(one, more));
        self.excluded.iter_mut().zip(other.excluded).for_each(|(one, more)| add(one, more));
    }

    /// "On time = closed on time / (closed + open and overdue)." What was closed without being
    /// fixed, and what was late in other hands before, says nothing of those whose project it is:
    /// it is in neither number.
    pub fn on_time_rate(&self) -> CaseRate {
        CaseRate::of(self.on_time, self.on_time.saturating_add(self.late))
    }

    /// Those who were satisfied of those who said whether they were.
    pub fn satisfaction_rate(&self) -> CaseRate {
        CaseRate::of(self.satisfied, self.satisfied.saturating_add(self.unsatisfied))
    }

    /// Those that were reopened of those that were closed.
    pub fn reopened_rate(&self) -> CaseRate {
        CaseRate::of(self.reopened, self.closed)
    }

    /// The metrics of these sums that have a value, in per cent with 3 decimals, rounded half up.
    pub fn metrics(&self) -> impl Iterator<Item = (&'static str, Thousandths)> {
        let rates = [
            (ON_TIME_RATE, self.on_time_rate()),
            (SATISFACTION_RATE, self.satisfaction_rate()),
            (REOPENED_RATE, self.reopened_rate()),
        ];
        rates.into_iter().filter_map(|(key, rate)| Some((key, rate.per_cent()?)))
    }

    /// Counts of a case what `marks` names.
    fn add(&mut self, case: &WaitingCase, marks: Marks) {
        self.opened += u32::from(marks.opened);
        if marks.timing {
            // What was closed unfixed is neither on time nor late.
            let is_done = case.end.is_some_and(|end| end.outcome.is_done() && end.exclusion().is_none());
            self.late += u32::from(case.late_at.is_some());
            let is_on_time = case.late_at.is_none() && !case.was_late_elsewhere && is_done;
            self.on_time += u32::from(is_on_time);
        }
        let Some(end) = case.end.filter(|_| marks.end) else { return };
        match end.exclusion() {
            None => self.add_closed(&end),
            Some(why) => {
                self.excluded.iter_mut().skip(why.position()).take(1).for_each(|count| *count += 1);
            }
        }
    }

    fn add_closed(&mut self, end: &End) {
        self.closed += 1;
        self.reopened += u32::from(end.was_reopened);
        match end.satisfied {
            Some(true) => self.satisfied += 1,
            Some(false) => self.unsatisfied += 1,
            None => self.unanswered += 1,
        }
        let band = BANDS.iter().take_while(|most| end.consumed > **most).count();
        self.hours.iter_mut().skip(band).take(1).for_each(|count| *count += 1);
    }
}

impl std::iter::Sum for CaseTally {
    fn sum<I: Iterator<Item = CaseTally>>(tallies: I) -> CaseTally {
        tallies.fold(CaseTally::default(), |mut all, tally| {
            all.merge(&tally);
            all
        })
    }
}

impl WaitingCase {
    /// What of it waits at a step.
    pub fn waits(&self, cut: Cut) -> Marks {
        let end = self.end.filter(|end| end.at < cut.until);
        let is_late = self.late_at.is_some_and(|late| late < cut.until);
        // What is open and not overdue may still become either.
        let has_timing = end.is_some() || (is_late && cut.counts_overdue);
        Marks {
            opened: !self.counted.opened && self.opened_at < cut.until,
            timing: !self.counted.timing && has_timing,
            end: !self.counted.end && end.is_some(),
        }
    }
}

/// What is published together, and alone where the rest waits: none of its numbers may be of fewer
/// households than a step needs.
#[derive(Clone, Copy)]
enum Group {
    Opened,
    Timing,
    /// Ends about which residents said something: their own households are counted, since whoever
    /// is one of two that spoke knows what the other said.
    Answered,
    /// The other ends.
    Unanswered,
}

impl Group {
    const ALL: [Group; 4] = [Group::Opened, Group::Timing, Group::Answered, Group::Unanswered];

    fn has(self, case: &WaitingCase, marks: Marks) -> bool {
        let says = case.end.is_some_and(|end| end.exclusion().is_none() && end.satisfied.is_some());
        match self {
            Group::Opened => marks.opened,
            Group::Timing => marks.timing,
            Group::Answered => marks.end && says,
            Group::Unanswered => marks.end && !says,
        }
    }

    /// The households by which it is published or waits.
    fn households(self, case: &WaitingCase) -> &[String] {
        match self {
            Group::Answered => &case.answered,
            Group::Opened | Group::Timing | Group::Unanswered => &case.households,
        }
    }

    /// What waits keeps what comes after it waiting, so that nothing is forgotten.
    fn leave(self, marks: &mut Marks) {
        match self {
            Group::Opened => *marks = Marks::default(),
            Group::Timing => (marks.timing, marks.end) = (false, false),
            Group::Answered | Group::Unanswered => marks.end = false,
        }
    }
}

/// What a step publishes of a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseIncrement {
    /// The sums.
    pub tally: CaseTally,
    /// How many households they are of.
    pub households: u32,
    /// What is counted of each case, in the order of the cases.
    pub counted: Vec<Marks>,
}

/// Publishes what waits of a project's cases: of the openings, of the timings, of the ends about
/// which residents said whether they were satisfied and of the others, each where they concern at
/// least `cut.need` different households. What concerns fewer waits for the next step.
pub fn take(cases: &[WaitingCase], cut: Cut) -> Option<CaseIncrement> {
    let mut counted: Vec<Marks> = cases.iter().map(|case| case.waits(cut)).collect();
    // Nobody's cases are nobody's, however few households are asked for.
    let need = usize::try_from(cut.need.max(1)).unwrap_or(usize::MAX);
    for group in Group::ALL {
        let of_group = || cases.iter().zip(&counted).filter(|(case, marks)| group.has(case, **marks));
        let households: BTreeSet<&String> = of_group().flat_map(|(case, _)| group.households(case)).collect();
        if households.len() < need {
            for (case, marks) in cases.iter().zip(&mut counted) {
                if group.has(case, *marks) {
                    group.leave(marks);
                }
            }
        }
    }
    let waiting = || cases.iter().zip(&counted).filter(|(_, marks)| !marks.is_empty());
    let households: BTreeSet<&String> = waiting().flat_map(|(case, _)| &case.households).collect();
    let households = u32::try_from(households.len()).unwrap_or(u32::MAX);
    if households == 0 {
        return None;
    }
    let mut tally = CaseTally::default();
    waiting().for_each(|(case, marks)| tally.add(case, *marks));
    Some(CaseIncrement { tally, households, counted })
}

impl CaseRate {
    /// Of two counts.
    pub fn of(numerator: u32, denominator: u32) -> CaseRate {
        let rate = Decimal::from(numerator).checked_div(Decimal::from(denominator));
        CaseRate { numerator, denominator, rate: rate.map(|rate| round(rate, 4)) }
    }

    /// In per cent, with 3 decimals, from the two counts.
    fn per_cent(&self) -> Option<Thousandths> {
        let hundredfold = Decimal::from(self.numerator) * Decimal::ONE_HUNDRED;
        let rate = hundredfold.checked_div(Decimal::from(self.denominator))?;
        Thousandths::try_from(round(rate, 3)).ok()
    }
}

#[cfg(test)]
mod tests;
