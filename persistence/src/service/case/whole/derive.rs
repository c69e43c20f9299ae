//! What follows from the steps of a case: how it stands, whose it is, and when its time is up.

use chrono::{DateTime, TimeDelta, Utc};
use xinwu_domain::case::clock::ClockState;
use xinwu_domain::case::{
    Assignee, AssigneeKind, CaseOutcome, CaseRules, CaseState, ClosingReason, PartyRole, StepKind, Verifier,
};
use xinwu_domain::context::RequestContext;
use xinwu_store::{Col, Conn, Result};

use super::Whole;
use crate::service::case::draft;
use crate::service::case::party::{columns, office_above};
use crate::service::case::row::{HouseholdRow, StepRow};

/// Days for which what a case says of people is kept after its end: two years.
const KEPT_DAYS: i64 = 730;

impl Whole {
    /// What its rows say that follows from its steps, its households and its calendar.
    pub fn derive(&mut self, conn: &mut Conn, context: RequestContext) -> Result<()> {
        let rules = CaseRules::shipped();
        let last = self.steps.last().map_or(self.row.opened_at, |step| step.at);
        let clock = self.clock_at(last.and_utc(), context)?;
        let (mut state, had_ended) = (CaseState::Open, !self.row.is_open);
        let (row, kept) = (&mut self.row, &mut self.clock);
        (row.contested, kept.extended_cycle, kept.escalated_cycle) = (false, 0, 0);
        (kept.done_at, kept.verify_by, kept.ended_at, kept.outcome) = (None, None, None, None);
        (kept.late_at, kept.late_uscc) = (None, None);
        let verify_days = TimeDelta::days(rules.limits.verify_days.into());
        for step in &self.steps {
            state = state.after(step.kind.0).unwrap_or(state);
            row.cycle = step.cycle;
            if let (StepKind::Opened | StepKind::Dispatched | StepKind::Reclassified, Some(class)) =
                (step.kind.0, &step.class)
            {
                row.class.clone_from(class);
            }
            match step.kind.0 {
                StepKind::Opened => row.desk = step.target.clone().unwrap_or_else(|| row.place.clone()),
                StepKind::Dispatched => {
                    (row.assignee_kind, row.assignee) = columns(step.assignee().as_ref());
                    row.contested = false;
                }
                StepKind::Accepted => row.contested = false,
                StepKind::Returned => row.contested = true,
                StepKind::Extended => kept.extended_cycle = step.cycle,
                StepKind::Escalated => {
                    row.desk = step.target.clone().unwrap_or_else(|| row.desk.clone());
                    if step.by_role.0 == PartyRole::Clock {
                        kept.escalated_cycle = step.cycle;
                    }
                }
                StepKind::Finished => {
                    (kept.done_at, kept.verify_by) = (Some(step.at), Some(step.at + verify_days));
                }
                StepKind::Reopened => (kept.done_at, kept.verify_by) = (None, None),
                StepKind::Joined => row.joined_into.clone_from(&step.target),
                StepKind::Overdue => {
                    // Of a project without a firm it is whoever has it.
                    let is_firm = |late: &Assignee| late.kind == AssigneeKind::Firm;
                    let late = step.assignee().filter(|late| is_firm(late) || row.uscc.is_none());
                    if let (None, Some(late)) = (kept.late_at, late) {
                        kept.late_at = Some(step.at);
                        kept.late_uscc = is_firm(&late).then_some(late.id);
                    }
                }
                _ => {}
            }
            if let Some(outcome) = outcome(step) {
                (kept.ended_at, kept.outcome) = (Some(step.at), Some(Col(outcome)));
            }
        }
        let naive = |at: Option<DateTime<Utc>>| at.map(|at| at.naive_utc());
        let is_running = clock.finished_at.is_none() && clock.ended_at.is_none();
        kept.dispatched_at = naive(clock.dispatched_at);
        kept.due_at = naive(clock.due_at.filter(|_| is_running));
        kept.original_due_at = naive(clock.original_due_at);
        kept.paused_since = naive(clock.paused_since);
        kept.consumed = clock.consumed_in_all;
        (row.state, row.is_open) = (Col(state), !state.is_end());
        row.households = i32::try_from(self.households.len()).unwrap_or(i32::MAX);
        kept.satisfied = satisfied(&self.households);
        // What has ended is not to be verified any more.
        kept.verify_by = kept.verify_by.filter(|_| !state.is_end());
        self.plan(conn, &clock)?;
        // What had ended is not planned anew by rules of today.
        if !had_ended {
            self.clock.draft_at = draft::next_of(self, context)?;
        }
        Ok(())
    }

    /// Until when the next step is due, whose it is, and what the clock does by itself.
    fn plan(&mut self, conn: &mut Conn, clock: &ClockState) -> Result<()> {
        let limits = &CaseRules::shipped().limits;
        let verifier = self.verifier();
        let Whole { row, clock: kept, steps, .. } = self;
        let last = steps.last().map_or(row.opened_at, |step| step.at);
        let without_answer = TimeDelta::days(limits.verify_days.into());
        (row.sort_at, row.waits_for_desk, kept.clock_at) = match row.state.0 {
            CaseState::Open => {
                let due = row.opened_at + TimeDelta::hours(limits.dispatch_within_hours.into());
                let escalates = kept.escalated_cycle == 0 && office_above(conn, &row.desk)?.is_some();
                (due, true, escalates.then_some(due))
            }
            CaseState::Dispatched | CaseState::Accepted => {
                let is_overdue = is_written_overdue(steps, clock);
                let waits = row.contested || is_overdue;
                match (clock.paused_since, clock.due_at) {
                    // Who never answers does not stop the clock for good.
                    (Some(since), _) => {
                        let until = since.naive_utc() + without_answer;
                        (until, waits, Some(until))
                    }
                    (None, Some(due)) => {
                        // "Finished at the very instant at which it is due is on time."
                        let after = due.naive_utc() + TimeDelta::microseconds(1);
                        (due.naive_utc(), waits, (!is_overdue).then_some(after.max(last)))
                    }
                    (None, None) => (last, true, None),
                }
            }
            CaseState::Done => {
                let until = kept.verify_by.unwrap_or(last);
                let is_desks = verifier == Verifier::Desk;
                (until, is_desks, (!is_desks).then_some(until))
            }
            CaseState::Verified | CaseState::Closed | CaseState::Withdrawn | CaseState::Joined => {
                let ended_at = kept.ended_at.unwrap_or(last);
                let forgets_at = ended_at + TimeDelta::days(KEPT_DAYS);
                (ended_at, false, (!row.description.is_empty()).then_some(forgets_at))
            }
        };
        Ok(())
    }
}

/// How a step ends a case; `None` for one that does not.
fn outcome(step: &StepRow) -> Option<CaseOutcome> {
    match step.kind.0 {
        StepKind::Verified => Some(CaseOutcome::Verified),
        StepKind::LapsedVerified => Some(CaseOutcome::Lapsed),
        StepKind::Withdrawn => Some(CaseOutcome::Withdrawn),
        StepKind::Joined => Some(CaseOutcome::Joined),
        StepKind::Closed => {
            let ground: Option<ClosingReason> =
                step.reason_code.as_deref().and_then(|code| code.parse().ok());
            Some(ground.unwrap_or(ClosingReason::CannotBeFixed).outcome())
        }
        _ => None,
    }
}

/// What its households say together: of several, one that is not satisfied speaks for all.
fn satisfied(households: &[HouseholdRow]) -> Option<bool> {
    households.iter().filter_map(|household| household.satisfied).min()
}

/// Whether it is written down that the present assignee's time has run out.
fn is_written_overdue(steps: &[StepRow], clock: &ClockState) -> bool {
    let Some(assignee) = &clock.assignee else { return false };
    let is_this = |step: &StepRow| {
        step.kind.0 == StepKind::Overdue
            && step.cycle == clock.cycle
            && step.assignee().as_ref() == Some(assignee)
    };
    clock.is_overdue() && steps.iter().any(is_this)
}
