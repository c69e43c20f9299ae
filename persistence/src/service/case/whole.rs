//! A case with everything that its next step depends on, and the one place that writes one down.

mod derive;

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;
use xinwu_domain::case::clock::{CaseCalendar, ClockState, ClockStep, StoredStep};
use xinwu_domain::case::{Assignee, CaseCondition, CaseRules, PartyRole, StepKind, Verifier};
use xinwu_domain::context::RequestContext;
use xinwu_store::{Col, Conn, Result, Tx, on_each};

use super::party::{self, By, columns, office_above};
use super::row::{self, ClockRow, HouseholdRow, Row, StepRow};
use crate::schema::{case, case_clock, case_household, case_step};
use crate::working_days::working_days;

/// A case with its clock, its steps and its households.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Whole {
    pub row: Row,
    pub clock: ClockRow,
    pub steps: Vec<StepRow>,
    pub households: Vec<HouseholdRow>,
    /// How many of the steps are in the database; `None` of a new one.
    stored: Option<usize>,
}

/// A step that is to be taken.
#[derive(Debug, Clone, Default)]
pub(super) struct NewStep<'a> {
    pub by: By,
    pub assignee: Option<&'a Assignee>,
    pub class: Option<&'a str>,
    pub hours: Option<u32>,
    pub reason_code: Option<&'static str>,
    pub reason: Option<&'a str>,
    pub target: Option<&'a str>,
}

impl<'a> NewStep<'a> {
    pub fn by(by: By) -> NewStep<'a> {
        NewStep { by, ..NewStep::default() }
    }

    pub fn because(self, reason: &'a str) -> NewStep<'a> {
        NewStep { reason: Some(reason), ..self }
    }
}

/// The calendar by which clocks run.
pub(super) fn calendar(context: RequestContext) -> Result<CaseCalendar<'static>> {
    Ok(CaseCalendar {
        working_days: working_days()?,
        zone: context.zone(),
        office_hours: CaseRules::shipped().office_hours,
    })
}

impl Whole {
    pub fn load(conn: &mut Conn, row: Row) -> Result<Whole> {
        let (clock, steps) = (row::clock(conn, &row.id)?, row::steps(conn, &row.id)?);
        let households = row::households(conn, &row.id)?;
        Ok(Whole::read(row, clock, steps, households))
    }

    /// One whose rows are read already.
    pub fn read(row: Row, clock: ClockRow, steps: Vec<StepRow>, households: Vec<HouseholdRow>) -> Whole {
        Whole { stored: Some(steps.len()), row, clock, steps, households }
    }

    /// One that is being opened: [`Whole::write`] inserts it.
    pub fn new(row: Row, households: Vec<HouseholdRow>) -> Whole {
        let clock = ClockRow { case_id: row.id.clone(), ..ClockRow::default() };
        Whole { row, clock, steps: Vec::new(), households, stored: None }
    }

    /// How its clock stands at an instant.
    pub fn clock_at(&self, now: DateTime<Utc>, context: RequestContext) -> Result<ClockState> {
        let last = self.steps.last().map_or(now, |step| step.at.and_utc());
        Ok(ClockState::at(&self.clock_steps(), &calendar(context)?, now.max(last)))
    }

    /// Its steps, as far as the clock is concerned.
    pub fn clock_steps(&self) -> Vec<ClockStep> {
        let rows = self.steps.iter().map(|step| StoredStep {
            at: step.at.and_utc(),
            kind: step.kind.0,
            assignee: step.assignee_kind.map(|kind| kind.0).zip(step.assignee.as_deref()),
            class: step.class.as_deref(),
            hours: step.hours,
        });
        ClockStep::of_rows(CaseRules::shipped(), rows)
    }

    /// Whether a resident's account is bound to it.
    pub fn has_resident(&self) -> bool {
        self.households.iter().any(|household| household.account_id.is_some())
    }

    /// Who says that it is done: the residents, where a household has been in it since it was
    /// opened, or opened one that was merged into it. What an office, a firm or the firm's staff
    /// opened is the desk's, whoever joins it: one friendly neighbour would close it for the firm.
    pub fn verifier(&self) -> Verifier {
        let opened_at = self.row.opened_at;
        let has_opener = self.households.iter().any(|household| household.joined_at <= opened_at);
        if has_opener && self.has_resident() { Verifier::Residents } else { Verifier::Desk }
    }

    /// How it stands, as far as that decides what may be done.
    pub fn condition(&self, conn: &mut Conn, clock: &ClockState) -> Result<CaseCondition> {
        let kind = CaseRules::shipped().kind(&self.row.kind);
        Ok(CaseCondition {
            state: self.row.state.0,
            is_contested: self.row.contested,
            is_paused: clock.paused_since.is_some(),
            is_extended: clock.is_extended,
            is_overdue: clock.is_overdue(),
            may_pause: kind.is_some_and(|kind| kind.may_pause())
                && matches!(self.verifier(), Verifier::Residents)
                && !self.may_not_pause_again(),
            can_escalate: office_above(conn, &self.row.desk)?.is_some(),
            verifier: self.verifier(),
        })
    }

    /// Whether the resident has not answered this assignee's last question of the cycle, or was
    /// asked as often as one may: who could ask again and again would stop the clock for good.
    fn may_not_pause_again(&self) -> bool {
        let pauses =
            self.steps.iter().filter(|step| step.cycle == self.row.cycle && step.kind.0 == StepKind::Paused);
        let most = CaseRules::shipped().limits.pauses_per_cycle;
        if u32::try_from(pauses.count()).unwrap_or(u32::MAX) >= most {
            return true;
        }
        let of_cycle = self.steps.iter().rev().take_while(|step| step.cycle == self.row.cycle);
        let mut asked = of_cycle.map(|step| step.kind.0);
        let is_one =
            |kind: &StepKind| matches!(kind, StepKind::Paused | StepKind::Answered | StepKind::Dispatched);
        asked.find(is_one) == Some(StepKind::Paused)
    }

    /// Who returned it in this cycle, in order.
    pub fn returned_by(&self) -> Vec<Assignee> {
        let returned = |step: &&StepRow| step.kind.0 == StepKind::Returned && step.cycle == self.row.cycle;
        self.steps.iter().filter(returned).filter_map(StepRow::by_assignee).collect()
    }

    /// Takes a step: nothing is written before [`Whole::write`]. No step is dated before the last.
    pub(super) fn take(&mut self, kind: StepKind, at: NaiveDateTime, step: &NewStep<'_>) {
        let last = self.steps.last();
        let cycle = last.map_or(1, |last| last.cycle) + i32::from(kind == StepKind::Reopened);
        let (assignee_kind, assignee) = columns(step.assignee);
        self.steps.push(StepRow {
            case_id: self.row.id.clone(),
            seq: last.map_or(1, |last| last.seq + 1),
            at: last.map_or(at, |last| at.max(last.at)),
            kind: Col(kind),
            by_role: Col(step.by.role.unwrap_or(PartyRole::Clock)),
            by_account: step.by.account.clone(),
            by_uscc: step.by.uscc.clone(),
            by_place: step.by.place.clone(),
            by_department: step.by.department.clone(),
            cycle,
            assignee_kind,
            assignee,
            class: step.class.map(str::to_owned),
            hours: step.hours.and_then(|hours| i32::try_from(hours).ok()),
            reason_code: step.reason_code.map(str::to_owned),
            reason: step.reason.map(str::to_owned),
            target: step.target.map(str::to_owned),
        });
    }

    /// Writes down what was taken since it was loaded, and what follows. A new one is inserted.
    pub fn write(&mut self, tx: &mut Tx<'_>, context: RequestContext) -> Result<()> {
        self.derive(tx.conn, context)?;
        self.row.version += 1;
        if self.stored.is_none() {
            let (row, clock) = (&self.row, &self.clock);
            on_each!(&mut *tx.conn, |conn| diesel::insert_into(case::table).values(row).execute(conn))?;
            on_each!(&mut *tx.conn, |conn| diesel::insert_into(case_clock::table)
                .values(clock)
                .execute(conn))?;
            for household in &self.households {
                insert(tx, household)?;
            }
        } else {
            self.update(tx)?;
        }
        for step in self.steps.iter().skip(self.stored.unwrap_or_default()) {
            on_each!(&mut *tx.conn, |conn| diesel::insert_into(case_step::table).values(step).execute(conn))?;
        }
        self.stored = Some(self.steps.len());
        Ok(())
    }

    /// Writes its two rows as they are here.
    pub fn update(&self, tx: &mut Tx<'_>) -> Result<()> {
        let Whole { row, clock, .. } = self;
        diesel::update(case::table.find(&row.id))
            .set((
                (
                    case::class.eq(&row.class),
                    case::state.eq(row.state),
                    case::cycle.eq(row.cycle),
                    case::desk.eq(&row.desk),
                    case::assignee_kind.eq(row.assignee_kind),
                    case::assignee.eq(&row.assignee),
                    case::contested.eq(row.contested),
                    case::households.eq(row.households),
                ),
                (
                    case::opened_by.eq(&row.opened_by),
                    case::joined_into.eq(&row.joined_into),
                    case::is_open.eq(row.is_open),
                    case::sort_at.eq(row.sort_at),
                    case::waits_for_desk.eq(row.waits_for_desk),
                    case::version.eq(row.version),
                ),
            ))
            .execute(tx.conn)?;
        diesel::update(case_clock::table.find(&row.id))
            .set((
                (
                    case_clock::dispatched_at.eq(clock.dispatched_at),
                    case_clock::due_at.eq(clock.due_at),
                    case_clock::original_due_at.eq(clock.original_due_at),
                    case_clock::paused_since.eq(clock.paused_since),
                    case_clock::consumed.eq(clock.consumed),
                    case_clock::extended_cycle.eq(clock.extended_cycle),
                    case_clock::escalated_cycle.eq(clock.escalated_cycle),
                ),
                (
                    case_clock::done_at.eq(clock.done_at),
                    case_clock::verify_by.eq(clock.verify_by),
                    case_clock::ended_at.eq(clock.ended_at),
                    case_clock::outcome.eq(clock.outcome),
                    case_clock::satisfied.eq(clock.satisfied),
                    case_clock::late_at.eq(clock.late_at),
                    case_clock::late_uscc.eq(&clock.late_uscc),
                    case_clock::clock_at.eq(clock.clock_at),
                    case_clock::draft_at.eq(clock.draft_at),
                    case_clock::late_drafted.eq(clock.late_drafted),
                    case_clock::unsolved_drafted.eq(clock.unsolved_drafted),
                ),
            ))
            .execute(tx.conn)?;
        Ok(())
    }

    /// One more household. One that is there stays as it is.
    pub fn join(&mut self, tx: &mut Tx<'_>, household: HouseholdRow) -> Result<()> {
        if self.households.iter().any(|joined| joined.household == household.household) {
            return Ok(());
        }
        insert(tx, &household)?;
        self.households.push(household);
        Ok(())
    }

    /// What a resident's household says of what was done; gives whether there is one.
    pub fn set_answer(&mut self, tx: &mut Tx<'_>, account: &str, satisfied: bool) -> Result<bool> {
        let own = |joined: &&mut HouseholdRow| joined.account_id.as_deref() == Some(account);
        let answered =
            self.households.iter_mut().filter(own).map(|joined| joined.satisfied = Some(satisfied));
        if answered.count() == 0 {
            return Ok(false);
        }
        let of_case = case_household::table.filter(case_household::case_id.eq(&self.row.id));
        diesel::update(of_case.filter(case_household::account_id.eq(account)))
            .set(case_household::satisfied.eq(satisfied))
            .execute(tx.conn)?;
        Ok(true)
    }

    /// Nobody has said anything of what is done now.
    pub fn forget_answers(&mut self, tx: &mut Tx<'_>) -> Result<()> {
        self.households.iter_mut().for_each(|household| household.satisfied = None);
        diesel::update(case_household::table.filter(case_household::case_id.eq(&self.row.id)))
            .set(case_household::satisfied.eq(None::<bool>))
            .execute(tx.conn)?;
        Ok(())
    }

    /// Nothing of it names an account any longer.
    pub fn part(&mut self, account: &str) {
        let clear = |named: &mut Option<String>| {
            if named.as_deref() == Some(account) {
                *named = None;
            }
        };
        clear(&mut self.row.opened_by);
        self.households.iter_mut().for_each(|household| clear(&mut household.account_id));
        self.steps.iter_mut().for_each(|step| clear(&mut step.by_account));
    }

    /// Whether an assignee is who has it.
    pub fn is_assigned_to(&self, assignee: &Assignee) -> bool {
        self.row.assignee().as_ref() == Some(assignee)
    }

    /// The assignee with a name.
    pub fn named_assignee(&self, conn: &mut Conn) -> Result<String> {
        let named = party::named_assignees(conn, self.row.assignee().into_iter().collect())?;
        Ok(named.into_iter().next().map(|assignee| assignee.name).unwrap_or_default())
    }
}

fn insert(tx: &mut Tx<'_>, household: &HouseholdRow) -> Result<()> {
    let new = diesel::insert_into(case_household::table).values(household);
    on_each!(&mut *tx.conn, |conn| new.execute(conn))?;
    Ok(())
}
