//! Increments: what a step published of a project's cases. They are never changed.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use xinwu_domain::calendar::Month;
use xinwu_domain::case::figures::{CaseIncrement, CaseTally};
use xinwu_store::Col;

use crate::ratings::rating::step::is_step_name;
use crate::schema::case_increment;

/// A row: what a step published of the cases of one kind of a project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Queryable, Selectable, Insertable)]
#[diesel(table_name = case_increment)]
pub struct Increment {
    /// The project.
    pub project_id: String,
    /// The step's name: the day it was due.
    pub step: String,
    /// The code of the kind of case.
    pub kind: String,
    /// The month that it belongs to.
    pub month: Col<Month>,
    /// The fewest households that it could be made of.
    pub need: i32,
    /// The households that it is made of.
    pub households: i32,
    /// When it was committed.
    pub published_at: NaiveDateTime,
    opened: i32,
    on_time: i32,
    late: i32,
    closed: i32,
    reopened: i32,
    satisfied: i32,
    unsatisfied: i32,
    unanswered: i32,
    hours_24: i32,
    hours_48: i32,
    hours_72: i32,
    hours_more: i32,
    excluded_withdrawn: i32,
    excluded_joined: i32,
    excluded_not_theirs: i32,
    excluded_elsewhere: i32,
    /// Whether it was published before a restore and put back after it.
    pub restored: bool,
}

/// Which increment, and when.
pub(super) struct Of<'a> {
    pub project: &'a str,
    pub step: &'a str,
    pub kind: &'a str,
    pub month: Month,
    pub need: u32,
    pub at: NaiveDateTime,
}

impl Increment {
    pub(super) fn new(of: &Of<'_>, increment: &CaseIncrement) -> Increment {
        let number = |count: u32| i32::try_from(count).unwrap_or(i32::MAX);
        let tally = &increment.tally;
        let [hours_24, hours_48, hours_72, hours_more] = tally.hours.map(number);
        let [withdrawn, joined, not_theirs, elsewhere] = tally.excluded.map(number);
        Increment {
            project_id: of.project.to_owned(),
            step: of.step.to_owned(),
            kind: of.kind.to_owned(),
            month: Col(of.month),
            need: number(of.need),
            households: number(increment.households),
            published_at: of.at,
            opened: number(tally.opened),
            on_time: number(tally.on_time),
            late: number(tally.late),
            closed: number(tally.closed),
            reopened: number(tally.reopened),
            satisfied: number(tally.satisfied),
            unsatisfied: number(tally.unsatisfied),
            unanswered: number(tally.unanswered),
            hours_24,
            hours_48,
            hours_72,
            hours_more,
            excluded_withdrawn: withdrawn,
            excluded_joined: joined,
            excluded_not_theirs: not_theirs,
            excluded_elsewhere: elsewhere,
            restored: false,
        }
    }

    /// What it is the sum of.
    pub fn tally(&self) -> CaseTally {
        let count = |count: i32| u32::try_from(count).unwrap_or_default();
        CaseTally {
            opened: count(self.opened),
            on_time: count(self.on_time),
            late: count(self.late),
            closed: count(self.closed),
            reopened: count(self.reopened),
            satisfied: count(self.satisfied),
            unsatisfied: count(self.unsatisfied),
            unanswered: count(self.unanswered),
            hours: [self.hours_24, self.hours_48, self.hours_72, self.hours_more].map(count),
            excluded: [
                self.excluded_withdrawn,
                self.excluded_joined,
                self.excluded_not_theirs,
                self.excluded_elsewhere,
            ]
            .map(count),
        }
    }

    /// What the table takes, since a file that it is read from may have been altered.
    ///
    /// # Errors
    /// What is wrong, in a few words.
    pub(crate) fn require_in_range(&self) -> std::result::Result<(), String> {
        if !is_step_name(&self.step) {
            return Err(format!("step is {:?}, and must be a day such as 2026-11-23", self.step));
        }
        if self.need < 1 || self.households < self.need {
            return Err(format!(
                "households is {}, and must be at least need, {}, which must be at least 1",
                self.households, self.need
            ));
        }
        let counts = [
            ("opened", self.opened),
            ("on_time", self.on_time),
            ("late", self.late),
            ("closed", self.closed),
            ("reopened", self.reopened),
            ("satisfied", self.satisfied),
            ("unsatisfied", self.unsatisfied),
            ("unanswered", self.unanswered),
            ("hours_24", self.hours_24),
            ("hours_48", self.hours_48),
            ("hours_72", self.hours_72),
            ("hours_more", self.hours_more),
            ("excluded_withdrawn", self.excluded_withdrawn),
            ("excluded_joined", self.excluded_joined),
            ("excluded_not_theirs", self.excluded_not_theirs),
            ("excluded_elsewhere", self.excluded_elsewhere),
        ];
        match counts.into_iter().find(|(_, count)| *count < 0) {
            Some((name, count)) => Err(format!("{name} is {count}, and must not be negative")),
            None => Ok(()),
        }
    }
}
