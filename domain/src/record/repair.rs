//! Repair (信用修复) of a penalty. NDRC Order 36: possible "after the minimum [publicity], with the
//! wrong put right and a public commitment"; it "must also update the evaluation".

use chrono::{DateTime, Days, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use super::publicity;
use crate::account::{NamesPeople, People};
use crate::catalogue::{RecordKind, Severity};
use crate::refusal::Refusal;
use crate::text::Text;

/// Days after a refusal before another request: what was wrong must be put right first.
const DAYS_AFTER_REFUSAL: u64 = 30;

/// The first day on which a penalty's repair can be asked for: the one after its shortest
/// publicity, and at once for a minor one, which has none; after a refusal, the one after 30 days
/// (Civil Code art. 201: its own day is not counted).
pub fn possible_from(severity: Severity, decided_on: NaiveDate, refused_on: Option<NaiveDate>) -> NaiveDate {
    let first = match publicity::term(severity).minimum {
        0 => decided_on,
        months => {
            let last = crate::calendar::end_of_months(decided_on, months);
            last.succ_opt().unwrap_or(last)
        }
    };
    let wait = Days::new(DAYS_AFTER_REFUSAL + 1);
    refused_on.and_then(|day| day.checked_add_days(wait)).map_or(first, |again| again.max(first))
}

/// # Errors
/// [`Refusal::Conflict`] for a reward, for a penalty whose shortest publicity has not ended, and
/// for 30 days after a refusal.
pub fn require_possible(
    kind: RecordKind,
    severity: Severity,
    decided_on: NaiveDate,
    refused_on: Option<NaiveDate>,
    today: NaiveDate,
) -> Result<(), Refusal> {
    if kind == RecordKind::Reward {
        let text = Text::new("只有不良信息可以修复", "Only a penalty can be repaired");
        return Err(Refusal::conflict("not_a_penalty", text));
    }
    let shown = possible_from(severity, decided_on, None);
    if today < shown {
        return Err(Refusal::conflict(
            "too_early",
            Text::new(
                format!("最短公示期未满，{shown}起可申请修复（国家发展改革委令第36号）"),
                format!("Its shortest publicity has not ended: possible from {shown} on (NDRC Order 36)"),
            ),
        ));
    }
    let first = possible_from(severity, decided_on, refused_on);
    if today < first {
        return Err(Refusal::conflict(
            "lately_refused",
            Text::new(
                format!("上次修复申请未获准，{first}起可再次申请"),
                format!("A request was refused lately: possible again from {first} on"),
            ),
        ));
    }
    Ok(())
}

/// Where a request for repair stands.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    ToSchema,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum RepairStatus {
    /// It waits for its decision.
    Open,
    /// The penalty is no longer shown and no longer counts.
    Granted,
    /// The penalty stays as it is.
    Refused,
    /// The firm took it back.
    Withdrawn,
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

/// A firm's request for repair.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"commitment": "多收费用已全部退还，承诺今后明码标价。", "evidence": ["退款清单.pdf"]}))]
pub struct NewRepair {
    /// What was put right, and what the firm promises, up to 4000 characters.
    #[validate(length(min = 1, max = 4000), custom(function = "crate::rules::long_text"))]
    pub commitment: String,
    /// References to the evidence that it was put right, 1 to 20.
    #[validate(length(min = 1, max = 20), custom(function = "crate::rules::references"))]
    pub evidence: Vec<String>,
}

/// A decision on a request for repair.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"decision": "granted", "reason": "退款已核实，承诺书已公开"}))]
pub struct RepairVerdict {
    /// Whether the wrong was put right.
    pub decision: RepairDecision,
    /// Why, at most 1000 characters: the answer to the firm.
    #[validate(length(min = 1, max = 1000), custom(function = "crate::rules::long_text"))]
    pub reason: String,
}

/// A request for repair, as the firm that made it sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2d", "record": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c", "uscc": "91219900MA00000019",
    "commitment": "多收费用已全部退还，承诺今后明码标价。", "evidence": ["退款清单.pdf"], "status": "open", "filed_at": "2027-02-11T02:00:00Z",
    "due_on": "2027-02-25", "working_days_left": 10, "extension_reason": null, "reason": null, "decided_at": null
}))]
pub struct RepairView {
    /// The request.
    pub id: String,
    /// The penalty.
    pub record: String,
    /// The firm that asks.
    pub uscc: String,
    /// What it put right, and what it promises; shown to everyone.
    pub commitment: String,
    /// References to its evidence.
    pub evidence: Vec<String>,
    /// Where it stands.
    pub status: RepairStatus,
    /// When it was made.
    pub filed_at: DateTime<Utc>,
    /// The last day for the decision.
    pub due_on: NaiveDate,
    /// Working days after today up to that day, 0 on the day itself, negative when it was missed;
    /// null once it is closed.
    pub working_days_left: Option<i64>,
    /// Why the decision has longer; null where it has not.
    pub extension_reason: Option<String>,
    /// What the decision says; null before.
    pub reason: Option<String>,
    /// When it was decided or withdrawn.
    pub decided_at: Option<DateTime<Utc>>,
}

/// What a firm put right and promises, as everyone sees it: with an open request and after a
/// granted one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2d", "text": "多收费用已全部退还，承诺今后明码标价。", "status": "open",
    "made_at": "2027-02-11T02:00:00Z"
}))]
pub struct Commitment {
    /// The request for repair that it came with.
    pub id: String,
    /// What the firm says.
    pub text: String,
    /// Where the request stands: `open` or `granted`.
    pub status: RepairStatus,
    /// When it was made.
    pub made_at: DateTime<Utc>,
}

/// A request for repair, as the officials who answer for it see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2d", "record": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c", "uscc": "91219900MA00000019",
    "commitment": "多收费用已全部退还，承诺今后明码标价。", "evidence": ["退款清单.pdf"], "status": "open", "filed_at": "2027-02-11T02:00:00Z",
    "due_on": "2027-02-25", "working_days_left": 10, "extension_reason": null, "reason": null, "decided_at": null, "place": "210202",
    "filed_by": "0193a5c2-0000-7f00-8000-5d0c3f6a1b2c", "decided_by": null, "people": {"0193a5c2-0000-7f00-8000-5d0c3f6a1b2c": "海蓝物业"}
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
    /// Who these accounts are.
    pub people: People,
}

impl NamesPeople for AdminRepair {
    fn accounts(&self) -> Vec<&str> {
        let named = [Some(self.filed_by.as_str()), self.decided_by.as_deref()];
        named.into_iter().flatten().collect()
    }

    fn people_mut(&mut self) -> &mut People {
        &mut self.people
    }
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
            assert_eq!(possible_from(severity, day(decided), None), first, "{severity:?}");
            let possible =
                |today| require_possible(RecordKind::Penalty, severity, day(decided), None, today).is_ok();
            assert!(possible(first) && !possible(first.pred_opt().unwrap()), "{severity:?}");
        }
    }

    #[test]
    fn a_reward_needs_no_repair() {
        let (decided, today) = (day("2026-04-01"), day("2030-01-01"));
        let refused = require_possible(RecordKind::Reward, Severity::Minor, decided, None, today);
        assert_eq!(refused.unwrap_err().to_string(), "conflict: not_a_penalty");
    }

    #[test]
    fn after_a_refusal_thirty_days_pass() {
        let possible = |refused: &str, today: &str| {
            let refused = Some(day(refused));
            let decided = day("2026-04-01");
            require_possible(RecordKind::Penalty, Severity::Ordinary, decided, refused, day(today))
                .map_err(|refusal| refusal.to_string())
        };
        assert_eq!(possible("2026-07-10", "2026-08-09"), Err("conflict: lately_refused".to_owned()));
        assert_eq!(possible("2026-07-10", "2026-08-10"), Ok(()));
        assert_eq!(possible("2026-05-01", "2026-07-01"), Err("conflict: too_early".to_owned()));
    }
}
