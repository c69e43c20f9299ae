//! The fold itself: what each step does, as `clock` says.

use chrono::{DateTime, TimeDelta, Utc};

use super::{Allowance, CaseCalendar, ClockEvent, ClockState, ClockStep, Lateness};
use crate::case::life::Assignee;

/// One assignee's time in one cycle.
#[derive(Debug, Clone)]
struct Assignment {
    assignee: Assignee,
    allowance: Allowance,
    extension: TimeDelta,
    consumed: TimeDelta,
    since: DateTime<Utc>,
    running_since: Option<DateTime<Utc>>,
    due_at: DateTime<Utc>,
    overdue_since: Option<DateTime<Utc>>,
}

pub(super) struct Fold<'a> {
    calendar: &'a CaseCalendar<'a>,
    cycle: i32,
    /// Of this cycle: who had it, and the position of who has it.
    assignments: Vec<Assignment>,
    present: usize,
    /// Of earlier cycles.
    consumed_before: TimeDelta,
    original_due_at: Option<DateTime<Utc>>,
    paused_since: Option<DateTime<Utc>>,
    is_extended: bool,
    finished_at: Option<DateTime<Utc>>,
    ended_at: Option<DateTime<Utc>>,
    late: Vec<Lateness>,
}

impl<'a> Fold<'a> {
    pub(super) fn new(calendar: &'a CaseCalendar<'a>) -> Fold<'a> {
        Fold {
            calendar,
            cycle: 1,
            assignments: Vec::new(),
            present: 0,
            consumed_before: TimeDelta::zero(),
            original_due_at: None,
            paused_since: None,
            is_extended: false,
            finished_at: None,
            ended_at: None,
            late: Vec::new(),
        }
    }

    pub(super) fn take(&mut self, step: &ClockStep) {
        let at = step.at;
        match &step.event {
            ClockEvent::Dispatched(assignee, allowance) => self.dispatch(assignee, *allowance, at),
            ClockEvent::Reclassified(allowance) => {
                let is_running = self.stop(at);
                self.change(|one| one.allowance = *allowance, at);
                self.go_on(is_running, at);
            }
            ClockEvent::Extended(by) if !self.is_extended => {
                let is_running = self.stop(at);
                self.is_extended = self.change(|one| one.extension += *by, at);
                self.go_on(is_running, at);
            }
            ClockEvent::Extended(_) => {}
            ClockEvent::Paused => {
                if self.stop(at) {
                    self.paused_since = Some(at);
                    self.reckon(at);
                }
            }
            ClockEvent::Resumed => {
                if self.paused_since.take().is_some() {
                    self.go_on(true, at);
                }
            }
            ClockEvent::Finished => {
                self.stop(at);
                self.paused_since = None;
                self.finished_at = Some(at);
            }
            ClockEvent::Reopened => self.reopen(at),
            ClockEvent::Overdue => self.write_down(at),
            ClockEvent::Ended => {
                self.stop(at);
                self.paused_since = None;
                self.ended_at = Some(at);
            }
        }
    }

    fn dispatch(&mut self, assignee: &Assignee, allowance: Allowance, at: DateTime<Utc>) {
        self.stop(at);
        self.paused_since = None;
        match self.assignments.iter().position(|one| one.assignee == *assignee) {
            Some(position) => {
                self.present = position;
                self.change(|one| one.allowance = allowance, at);
                if let Some(one) = self.assignments.get_mut(position) {
                    one.since = at;
                }
            }
            None => {
                self.present = self.assignments.len();
                self.assignments.push(Assignment {
                    assignee: assignee.clone(),
                    allowance,
                    extension: TimeDelta::zero(),
                    consumed: TimeDelta::zero(),
                    since: at,
                    running_since: None,
                    due_at: at,
                    overdue_since: None,
                });
            }
        }
        self.go_on(true, at);
        let due_at = self.assignments.get(self.present).map(|one| one.due_at);
        self.original_due_at = self.original_due_at.or(due_at);
    }

    fn reopen(&mut self, at: DateTime<Utc>) {
        self.stop(at);
        let Some(Assignment { assignee, allowance, .. }) = self.assignments.get(self.present).cloned() else {
            return;
        };
        self.consumed_before += self.assignments.iter().map(|one| one.consumed).sum();
        self.assignments.clear();
        self.cycle += 1;
        self.original_due_at = None;
        self.paused_since = None;
        self.is_extended = false;
        self.finished_at = None;
        self.dispatch(&assignee, allowance, at);
    }

    /// Ends the present run, and gives whether there was one.
    fn stop(&mut self, at: DateTime<Utc>) -> bool {
        let calendar = self.calendar;
        let Some(one) = self.assignments.get_mut(self.present) else { return false };
        let Some(since) = one.running_since.take() else { return false };
        one.consumed += calendar.working(one.allowance.hours, since, at);
        let ran_out = (at > one.due_at).then_some(one.due_at);
        if let Some(due_at) = ran_out {
            self.set_overdue(due_at);
        }
        true
    }

    /// Changes the present assignment, unless its time has run out: that is not moved any more.
    /// Gives whether it did.
    fn change(&mut self, change: impl FnOnce(&mut Assignment), at: DateTime<Utc>) -> bool {
        let Some(one) = self.assignments.get_mut(self.present) else { return false };
        if one.overdue_since.is_some() {
            return false;
        }
        change(one);
        self.reckon(at);
        true
    }

    /// Lets the present assignment run from an instant on, if it is to.
    fn go_on(&mut self, is_running: bool, at: DateTime<Utc>) {
        if !is_running {
            return;
        }
        if let Some(one) = self.assignments.get_mut(self.present) {
            one.running_since = Some(at);
        }
        self.reckon(at);
    }

    /// When the present assignee's time runs out if it goes on from an instant.
    fn reckon(&mut self, at: DateTime<Utc>) {
        let calendar = self.calendar;
        let Some(one) = self.assignments.get_mut(self.present) else { return };
        if one.overdue_since.is_none() {
            let left = one.allowance.budget + one.extension - one.consumed;
            one.due_at = calendar.add(one.allowance.hours, at, left);
        }
    }

    /// Takes it as written down that the time had run out by then.
    fn write_down(&mut self, at: DateTime<Utc>) {
        let Some(one) = self.assignments.get(self.present) else { return };
        // One that is older than the dispatch is of who had it before.
        if at >= one.since {
            let due_at = if one.running_since.is_some() { one.due_at } else { at };
            self.set_overdue(at.min(due_at));
        }
    }

    fn set_overdue(&mut self, at: DateTime<Utc>) {
        let cycle = self.cycle;
        let Some(one) = self.assignments.get_mut(self.present) else { return };
        if one.overdue_since.is_some() {
            return;
        }
        one.overdue_since = Some(at);
        one.due_at = at;
        self.late.push(Lateness { cycle, assignee: one.assignee.clone(), at });
    }

    pub(super) fn state(mut self, now: DateTime<Utc>) -> ClockState {
        self.stop(now);
        let consumed_now: TimeDelta = self.assignments.iter().map(|one| one.consumed).sum();
        let state = ClockState {
            cycle: self.cycle,
            original_due_at: self.original_due_at,
            paused_since: self.paused_since,
            is_extended: self.is_extended,
            finished_at: self.finished_at,
            ended_at: self.ended_at,
            late: self.late,
            consumed_in_all: (self.consumed_before + consumed_now).num_seconds(),
            ..ClockState::default()
        };
        match self.assignments.into_iter().nth(self.present) {
            None => state,
            Some(one) => ClockState {
                dispatched_at: Some(one.since),
                budget: (one.allowance.budget + one.extension).num_seconds(),
                extension: one.extension.num_seconds(),
                consumed: one.consumed.num_seconds(),
                due_at: Some(one.due_at),
                overdue_since: one.overdue_since,
                assignee: Some(one.assignee),
                ..state
            },
        }
    }
}
