//! The clock of a case: a pure fold over its steps and the city's calendar.
//!
//! What each step does to it:
//!
//! - **dispatch** starts it: the first one of a cycle, and one to another assignee, with the whole
//!   budget of the class. A slip of the desk is not the assignee's. Back to somebody who had the
//!   case before in this cycle, it goes on where it stood then: no time is won by a detour. A pause
//!   ends with it.
//! - **accept**, **return**, **supervise**, **escalate** leave it alone. Until a new dispatch the
//!   first receiver is responsible, and the time is that one's.
//! - **pause** stops it, **resume** and **answer** let it go on.
//! - **reclassify** gives another budget, and keeps what was consumed. Where that is more than the
//!   new budget, the time runs out at that instant, and not before.
//! - **extend** adds to the budget, once in a cycle, before the time has run out.
//! - **finish** stops it. What is finished at the very instant at which it is due is on time.
//! - **reopen** begins a new cycle: the same assignee, with the whole budget.
//! - **verify**, **close**, **withdraw**, **join** end it.
//!
//! Time that has run out stays so. From then on, neither another class nor an extension moves the
//! deadline of that assignee in that cycle, and another assignee's budget or a new cycle takes
//! nothing away from what is in [`ClockState::late`]. The step [`StepKind::Overdue`] writes it down
//! for good: it holds even where a calendar that is corrected later would say otherwise. As
//! everything else is computed anew from the steps, such a correction does move the deadlines that
//! have not passed.
//!
//! Time is counted in microseconds and told in whole seconds.

mod fold;
mod hours;

use chrono::{DateTime, TimeDelta, Utc};

use fold::Fold;
pub use hours::CaseCalendar;

use super::life::Assignee;
use super::rules::{CaseRules, ClockHours};
use super::words::{AssigneeKind, StepKind};

/// How long an assignee has, and when that time runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// How long.
    pub budget: TimeDelta,
    /// When it runs.
    pub hours: ClockHours,
}

/// A step, as far as the clock is concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClockStep {
    /// When it was taken.
    pub at: DateTime<Utc>,
    /// What it does.
    pub event: ClockEvent,
}

/// What a step does to the clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClockEvent {
    /// It was given to an assignee.
    Dispatched(Assignee, Allowance),
    /// It has another class.
    Reclassified(Allowance),
    /// It has longer by this.
    Extended(TimeDelta),
    /// The assignee waits for the resident.
    Paused,
    /// The assignee goes on.
    Resumed,
    /// The assignee says that it is done.
    Finished,
    /// It is not done: a new cycle.
    Reopened,
    /// That the time ran out was written down.
    Overdue,
    /// The case ended.
    Ended,
}

/// A step as it is stored: what a row says of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredStep<'a> {
    /// When it was taken.
    pub at: DateTime<Utc>,
    /// What was done.
    pub kind: StepKind,
    /// To whom it was dispatched.
    pub assignee: Option<(AssigneeKind, &'a str)>,
    /// The code of the class that it got: of a dispatch and of a reclassification.
    pub class: Option<&'a str>,
    /// The hours of that class then: they hold for the step, whatever the rules say later; of an
    /// extension, those that it adds.
    pub hours: Option<i32>,
}

impl ClockStep {
    /// The steps of a case as the clock needs them, from its rows in their order; rows that do not
    /// touch the clock are left out. A dispatch or reclassification whose row has no hours gets
    /// those of the class by the rules of today; a class that these do not know runs around the
    /// clock.
    pub fn of_rows<'a>(rules: &CaseRules, rows: impl IntoIterator<Item = StoredStep<'a>>) -> Vec<ClockStep> {
        let step = |row: StoredStep<'a>| Some(ClockStep { at: row.at, event: row.event(rules)? });
        rows.into_iter().filter_map(step).collect()
    }
}

impl StoredStep<'_> {
    fn event(self, rules: &CaseRules) -> Option<ClockEvent> {
        Some(match self.kind {
            StepKind::Dispatched => {
                let (kind, id) = self.assignee?;
                ClockEvent::Dispatched(Assignee { kind, id: id.to_owned() }, self.allowance(rules))
            }
            StepKind::Reclassified => ClockEvent::Reclassified(self.allowance(rules)),
            StepKind::Extended => ClockEvent::Extended(TimeDelta::hours(i64::from(self.hours.unwrap_or(0)))),
            StepKind::Paused => ClockEvent::Paused,
            StepKind::Resumed | StepKind::Answered => ClockEvent::Resumed,
            StepKind::Finished => ClockEvent::Finished,
            StepKind::Reopened => ClockEvent::Reopened,
            StepKind::Overdue => ClockEvent::Overdue,
            StepKind::Verified
            | StepKind::LapsedVerified
            | StepKind::Withdrawn
            | StepKind::Closed
            | StepKind::Joined => ClockEvent::Ended,
            StepKind::Opened
            | StepKind::Accepted
            | StepKind::Returned
            | StepKind::Escalated
            | StepKind::Supervised
            | StepKind::HouseholdJoined => return None,
        })
    }

    fn allowance(self, rules: &CaseRules) -> Allowance {
        let class = self.class.and_then(|code| rules.class(code));
        let hours = self.hours.map(i64::from).or(class.map(|class| i64::from(class.hours)));
        Allowance {
            budget: TimeDelta::hours(hours.unwrap_or(0)),
            hours: class.map_or(ClockHours::AroundTheClock, |class| class.clock),
        }
    }
}

/// That an assignee's time ran out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lateness {
    /// In which cycle, from 1.
    pub cycle: i32,
    /// Whose.
    pub assignee: Assignee,
    /// When.
    pub at: DateTime<Utc>,
}

/// How the clock of a case stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ClockState {
    /// The cycle, from 1.
    pub cycle: i32,
    /// Who has it; `None` before the first dispatch.
    pub assignee: Option<Assignee>,
    /// Since when, in this cycle: the dispatch, or the reopening.
    pub dispatched_at: Option<DateTime<Utc>>,
    /// How long that assignee has in this cycle, with an extension, in seconds.
    pub budget: i64,
    /// By how much it was extended, in seconds.
    pub extension: i64,
    /// How much of it is used up, in seconds: until now, or until it was paused, finished or ended.
    pub consumed: i64,
    /// How much time all assignees used in all cycles, in seconds.
    pub consumed_in_all: i64,
    /// When the time runs out or ran out. While it is paused: when it would, if it had gone on at
    /// once. `None` before the first dispatch.
    pub due_at: Option<DateTime<Utc>>,
    /// When the first assignee's time in this cycle was to run out at the dispatch.
    pub original_due_at: Option<DateTime<Utc>>,
    /// Since when it is paused.
    pub paused_since: Option<DateTime<Utc>>,
    /// Whether it was extended in this cycle.
    pub is_extended: bool,
    /// Since when the present assignee's time has run out in this cycle.
    pub overdue_since: Option<DateTime<Utc>>,
    /// When it was finished, in this cycle.
    pub finished_at: Option<DateTime<Utc>>,
    /// When the case ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// Whose time ran out in which cycle, in order: at most one of an assignee and a cycle.
    pub late: Vec<Lateness>,
}

impl ClockState {
    /// How the clock stands after steps, in their order, at an instant that is not before the last.
    pub fn at(steps: &[ClockStep], calendar: &CaseCalendar<'_>, now: DateTime<Utc>) -> ClockState {
        let mut fold = Fold::new(calendar);
        for step in steps {
            fold.take(step);
        }
        fold.state(now)
    }

    /// Whether the present assignee's time has run out.
    pub fn is_overdue(&self) -> bool {
        self.overdue_since.is_some()
    }

    /// Whether it runs now.
    pub fn is_running(&self) -> bool {
        self.assignee.is_some()
            && self.paused_since.is_none()
            && self.finished_at.is_none()
            && self.ended_at.is_none()
    }

    /// When the clock has something to say by itself: the instant at which the time runs out,
    /// unless it is paused, finished or over already. It has run out *after* that instant.
    pub fn runs_out_at(&self) -> Option<DateTime<Utc>> {
        self.due_at.filter(|_| self.is_running() && !self.is_overdue())
    }

    /// The first time that anybody's time ran out.
    pub fn first_late(&self) -> Option<&Lateness> {
        self.late.first()
    }

    /// Whether a class of so many seconds leaves the present assignee any time: one that does not
    /// would make it late at once.
    pub fn leaves_time(&self, budget: i64) -> bool {
        self.assignee.is_none() || budget + self.extension > self.consumed
    }
}

#[cfg(test)]
mod tests;
