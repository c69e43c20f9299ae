//! The procedure in force: who takes a step in the life of a record, and within how many working
//! days.
//!
//! The city's primary scheme for firms says it, in the version in force on the day of the step, of
//! records on projects without a firm too. It narrows what the permissions allow and never widens
//! it; where there is none, or it does not name a step, the permissions alone decide.

use std::sync::Arc;

use chrono::NaiveDate;
use xinwu_domain::access::{Role, Warrant};
use xinwu_domain::catalogue::{Level, RecordKind, Severity};
use xinwu_domain::scheme::{Complexity, Scheme, Step, StepKind};
use xinwu_domain::subject::SubjectKind;
use xinwu_store::{Conn, Result};

use crate::credit::scheme::Rulebook;
use crate::working_days::working_days;

/// By what a scheme tells which of its procedures is a record's.
pub(crate) type Weight = (RecordKind, Severity);

/// The scheme that says it on a day, if there is one.
#[derive(Debug, Clone, Default)]
pub struct Procedure(Option<Arc<Scheme>>);

/// The days of a record that is submitted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Clocks {
    /// The last day for its confirmation.
    pub confirm_due_on: Option<NaiveDate>,
    /// Submitted after the days for recording, from the decision on.
    pub recorded_late: bool,
}

impl Procedure {
    /// The procedure in force on a day.
    pub fn load(conn: &mut Conn, today: NaiveDate) -> Result<Procedure> {
        Ok(Procedure(Rulebook::load(conn)?.primary(SubjectKind::Firm, today).cloned()))
    }

    /// # Errors
    /// [`Refusal::Forbidden`](xinwu_domain::refusal::Refusal::Forbidden) for officials of other
    /// levels than the scheme names.
    pub(crate) fn require(&self, warrant: &Warrant, step: StepKind, weight: Weight) -> Result<()> {
        match &self.0 {
            Some(scheme) => Ok(scheme.require_step(warrant.role(), step, weight)?),
            None => Ok(()),
        }
    }

    /// Whether officials of a role take the step.
    pub(crate) fn allows(&self, role: Role, step: StepKind, weight: Weight) -> bool {
        self.0.as_ref().is_none_or(|scheme| scheme.require_step(role, step, weight).is_ok())
    }

    /// Whether the scheme puts a firm on the black list for one such record.
    pub(crate) fn black_lists(&self, category: &str, level: Level, (kind, severity): Weight) -> bool {
        self.0.as_ref().is_some_and(|scheme| scheme.black_lists(kind, category, severity, Some(level)))
    }

    /// The working days that a step has, those of a complex case where it is one; `None` if the
    /// scheme does not say.
    pub(crate) fn days(
        &self,
        step: StepKind,
        (kind, severity): Weight,
        complexity: Complexity,
    ) -> Option<u16> {
        let step: &Step = self.0.as_ref()?.step(kind, severity, step)?;
        let days = match complexity {
            Complexity::Usual => step.working_days,
            Complexity::Complex => step.complex_working_days,
        };
        days.and_then(|days| u16::try_from(days).ok())
    }

    /// The last of the days in which those whom a penalty names that is submitted today can be
    /// heard before it is confirmed; `None` if the scheme does not ask for that.
    pub(crate) fn heard_until(
        &self,
        (kind, severity): Weight,
        today: NaiveDate,
    ) -> Result<Option<NaiveDate>> {
        let days = self.0.as_ref().and_then(|scheme| scheme.hearing_days(kind, severity));
        let Some(days) = days.and_then(|days| u16::try_from(days).ok()) else { return Ok(None) };
        Ok(Some(working_days()?.add_working_days(today, days)))
    }

    /// The clocks of a record that was decided on one day, submitted for the first time on another,
    /// and is submitted today: that of its confirmation runs once those whom it names were heard.
    pub(crate) fn clocks(
        &self,
        weight: Weight,
        decided_on: NaiveDate,
        first_submitted_on: NaiveDate,
        today: NaiveDate,
    ) -> Result<Clocks> {
        let calendar = working_days()?;
        let heard_until = self.heard_until(weight, today)?.unwrap_or(today);
        let after = |day, step| {
            self.days(step, weight, Complexity::Usual).map(|days| calendar.add_working_days(day, days))
        };
        Ok(Clocks {
            confirm_due_on: after(heard_until, StepKind::Confirm),
            recorded_late: after(decided_on, StepKind::Record).is_some_and(|last| first_submitted_on > last),
        })
    }
}
