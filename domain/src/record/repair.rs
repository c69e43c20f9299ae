//! Repair (信用修复) of a penalty. NDRC Order 36: possible "after the minimum [publicity], with the wrong put right and a public commitment"; it "must also
//! update the evaluation".

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::publicity;
use crate::catalogue::{RecordKind, Severity, Word};
use crate::refusal::Refusal;
use crate::text::Text;

/// The first day on which a penalty's repair can be asked for: the one after its shortest publicity, and at once for a minor one, which has none.
pub fn possible_from(severity: Severity, decided_on: NaiveDate) -> NaiveDate {
    match publicity::term(severity).minimum {
        0 => decided_on,
        months => {
            let last = publicity::after(decided_on, months);
            last.succ_opt().unwrap_or(last)
        }
    }
}

/// # Errors
/// [`Refusal::Conflict`] for a reward, and for a penalty whose shortest publicity has not ended.
pub fn require_possible(
    kind: RecordKind,
    severity: Severity,
    decided_on: NaiveDate,
    today: NaiveDate,
) -> Result<(), Refusal> {
    if kind == RecordKind::Reward {
        let text = Text::new("只有惩戒信息可以修复", "Only a penalty can be repaired");
        return Err(Refusal::conflict("not_a_penalty", text));
    }
    let first = possible_from(severity, decided_on);
    if today >= first {
        return Ok(());
    }
    Err(Refusal::conflict(
        "too_early",
        Text::new(
            format!("最短公示期未满，{first}起可申请修复（国家发展改革委令第36号）"),
            format!("Its shortest publicity has not ended: possible from {first} on (NDRC Order 36)"),
        ),
    ))
}

/// Where a request for repair stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RepairStatus {
    /// It waits for its decision.
    Open,
    /// The penalty is no longer shown and no longer counts.
    Granted,
    /// The penalty stays as it is.
    Refused,
}

impl Word for RepairStatus {
    const WORDS: &'static [(&'static str, Self)] =
        &[("open", Self::Open), ("granted", Self::Granted), ("refused", Self::Refused)];
}

impl RepairStatus {
    /// The word in JSON and SQL.
    pub fn as_str(self) -> &'static str {
        match self {
            RepairStatus::Open => "open",
            RepairStatus::Granted => "granted",
            RepairStatus::Refused => "refused",
        }
    }
}

/// What an official decides on a request for repair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RepairDecision {
    /// The wrong was put right: the penalty is no longer shown, and counts no longer from now on.
    Granted,
    /// It was not.
    Refused,
}

impl RepairDecision {
    /// Where the request stands after it.
    pub fn status(self) -> RepairStatus {
        match self {
            RepairDecision::Granted => RepairStatus::Granted,
            RepairDecision::Refused => RepairStatus::Refused,
        }
    }
}

/// A request for repair, as the firm that made it sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2d", "record": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c", "uscc": "91219900MA00000019",
    "commitment": "多收费用已全部退还，承诺今后明码标价。", "evidence": ["退款清单.pdf"], "status": "open", "filed_at": "2027-02-11T02:00:00Z",
    "due_on": "2027-02-25", "working_days_left": 10, "reason": null, "decided_at": null
}))]
pub struct RepairView {
    /// The request.
    pub id: String,
    /// The penalty.
    pub record: String,
    /// The firm that asks.
    pub uscc: String,
    /// What it put right, and what it promises.
    pub commitment: String,
    /// References to its evidence.
    pub evidence: Vec<String>,
    /// Where it stands.
    pub status: RepairStatus,
    /// When it was made.
    pub filed_at: DateTime<Utc>,
    /// The last day for the decision.
    pub due_on: NaiveDate,
    /// Working days after today up to that day, 0 on the day itself, negative when it was missed; null once it is decided.
    pub working_days_left: Option<i64>,
    /// What the decision says; null before.
    pub reason: Option<String>,
    /// When it was decided.
    pub decided_at: Option<DateTime<Utc>>,
}

/// A request for repair, as the officials who answer for it see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2d", "record": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c", "uscc": "91219900MA00000019",
    "commitment": "多收费用已全部退还，承诺今后明码标价。", "evidence": ["退款清单.pdf"], "status": "open", "filed_at": "2027-02-11T02:00:00Z",
    "due_on": "2027-02-25", "working_days_left": 10, "reason": null, "decided_at": null, "place": "210202",
    "filed_by": "0193a5c2-0000-7f00-8000-5d0c3f6a1b2c", "decided_by": null
}))]
pub struct AdminRepair {
    /// The request.
    #[serde(flatten)]
    pub repair: RepairView,
    /// The place whose officials decide.
    pub place: String,
    /// The firm's account that made it.
    pub filed_by: String,
    /// The account that decided.
    pub decided_by: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_repair_is_possible_after_the_shortest_publicity_of_each_severity() {
        for (severity, decided, first) in [
            (Severity::Minor, "2026-04-01", "2026-04-01"),
            (Severity::Ordinary, "2026-04-01", "2026-07-02"),
            (Severity::Ordinary, "2026-11-30", "2027-03-01"),
            (Severity::Serious, "2026-04-01", "2027-04-02"),
        ] {
            let first = day(first);
            assert_eq!(possible_from(severity, day(decided)), first, "{severity:?}");
            let possible =
                |today| require_possible(RecordKind::Penalty, severity, day(decided), today).is_ok();
            assert!(possible(first) && !possible(first.pred_opt().unwrap()), "{severity:?}");
        }
    }

    #[test]
    fn a_reward_needs_no_repair() {
        let refused =
            require_possible(RecordKind::Reward, Severity::Minor, day("2026-04-01"), day("2030-01-01"));
        assert_eq!(refused.unwrap_err().to_string(), "conflict: not_a_penalty");
    }

    #[test]
    fn words_are_read_back() {
        for (word, status) in RepairStatus::WORDS {
            assert_eq!(status.as_str(), *word);
        }
    }
}
