//! What a case drafts for a firm's dossier: a record that counts only once two people have looked
//! at it, as any other.

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc};

use super::clock::{CaseCalendar, ClockEvent, ClockStep};
use super::rules::{CaseKind, CaseLimits, ClockHours};
use super::words::CaseOutcome;
use crate::catalogue::{Category, Level};
use crate::record::NewRecord;

/// Why a record is drafted; each once a case.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[strum(serialize_all = "snake_case")]
pub enum DraftGround {
    /// A firm was late, and has not finished it within [`CaseLimits::draft_after_hours`] more.
    Late,
    /// It was reopened, and is still not to the satisfaction of who opened it.
    Unsolved,
}

impl DraftGround {
    /// The code of the category that a kind's record has; `None` where nothing is drafted.
    pub fn category(self, kind: &CaseKind) -> Option<&str> {
        match self {
            DraftGround::Late => kind.late_category.as_deref(),
            DraftGround::Unsolved => kind.unsolved_category.as_deref(),
        }
    }

    fn title(self, kind: &CaseKind, limits: &CaseLimits) -> String {
        let (kind, hours) = (&kind.name.zh, limits.draft_after_hours);
        match self {
            DraftGround::Late => format!("{kind}逾期，企业在其后{hours}小时内仍未办结"),
            DraftGround::Unsolved => format!("{kind}重新办理后仍未解决"),
        }
    }
}

/// Whether a case is unsolved after it was reopened: reopened once more, or ended so, without
/// satisfaction or because it cannot be done. `cycle` is 1 before the first reopening.
pub fn is_unsolved(cycle: u32, outcome: Option<CaseOutcome>, satisfied: Option<bool>) -> bool {
    let ended_unsolved = satisfied == Some(false) || outcome == Some(CaseOutcome::CannotBeFixed);
    cycle > 2 || (cycle == 2 && outcome.is_some() && ended_unsolved)
}

/// When a case that was late at `late_at` drafts a record: [`CaseLimits::draft_after_hours`] later,
/// of the hours in which its class runs, without those in which it waited for its resident. Another
/// assignee, an extension or another class puts nothing off. `None` while it waits so.
pub fn late_from(
    late_at: DateTime<Utc>,
    steps: &[ClockStep],
    limits: &CaseLimits,
    (calendar, hours): (&CaseCalendar<'_>, ClockHours),
) -> Option<DateTime<Utc>> {
    let mut left = TimeDelta::hours(limits.draft_after_hours.into());
    let mut running_since = Some(late_at);
    for step in steps.iter().filter(|step| step.at >= late_at) {
        match (running_since, &step.event) {
            (Some(since), ClockEvent::Paused) => {
                let ran = calendar.working(hours, since, step.at);
                if ran >= left {
                    break;
                }
                left -= ran;
                running_since = None;
            }
            (
                None,
                ClockEvent::Resumed | ClockEvent::Dispatched(..) | ClockEvent::Finished | ClockEvent::Ended,
            ) => {
                running_since = Some(step.at);
            }
            _ => {}
        }
    }
    running_since.map(|since| calendar.add(hours, since, left))
}

/// A draft of a case.
#[derive(Debug, Clone, Copy)]
pub struct CaseDraft<'a> {
    /// Why.
    pub ground: DraftGround,
    /// The case's kind.
    pub kind: &'a CaseKind,
    /// The numbers of the rules.
    pub limits: &'a CaseLimits,
    /// As what it is recorded.
    pub category: &'a Category,
    /// The firm that answers for it.
    pub uscc: &'a str,
    /// The firm's project, where it is still the firm's.
    pub project: Option<&'a str>,
    /// The level of the office that handles the case.
    pub level: Level,
    /// That office.
    pub authority: &'a str,
    /// The day on which it is drafted.
    pub day: NaiveDate,
    /// By which its document is told apart; it says nothing of the case.
    pub number: &'a str,
}

impl CaseDraft<'_> {
    /// The record, filled so that a person has only to check it. Neither its texts nor its evidence
    /// name the case or a resident: it may be shown to everyone.
    pub fn record(&self) -> NewRecord {
        NewRecord {
            category: self.category.code.clone(),
            uscc: Some(self.uscc.to_owned()),
            project: self.project.map(str::to_owned),
            manager: None,
            level: self.level,
            severity: None,
            severity_reason: None,
            title: self.ground.title(self.kind, self.limits),
            detail: None,
            document_number: format!("事项核查〔{}〕{}号", self.day.year(), self.number),
            authority: self.authority.to_owned(),
            evidence: vec![self.category.evidence.zh.to_string()],
            decided_on: self.day,
            counts_until: None,
            publish: None,
            public_until: None,
            points: Vec::new(),
            demo: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_is_unsolved_once_reopening_it_did_not_help() {
        let (verified, never) = (Some(CaseOutcome::Verified), Some(CaseOutcome::CannotBeFixed));
        for (cycle, outcome, satisfied, expected) in [
            (1, verified, Some(false), false),
            (1, never, None, false),
            (2, None, None, false),
            (2, verified, Some(true), false),
            (2, Some(CaseOutcome::Lapsed), None, false),
            (2, verified, Some(false), true),
            (2, never, None, true),
            (2, Some(CaseOutcome::Withdrawn), None, false),
            (3, None, None, true),
            (3, verified, Some(true), true),
        ] {
            assert_eq!(is_unsolved(cycle, outcome, satisfied), expected, "{cycle} {outcome:?} {satisfied:?}");
        }
    }
}
