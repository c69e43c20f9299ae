//! Records of rewards and penalties (奖惩信息): what is read of them, and the steps of their life
//! from a draft to the archive.
//!
//! How long each is shown and kept stands in [`publicity`].

mod command;
pub mod decision;
mod hearing;
mod life;
pub mod publicity;
pub mod repair;
mod revocation;

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use self::command::{
    NewPoints, NewRecord, NewWithdrawal, RecordAmendment, RecordEdit, reason_needed, reason_of_draft_needed,
};
pub use self::hearing::{
    Hearing, MOST_STATEMENTS, NewStatement, RecordHearing, hearing_open, hearing_over, too_many_statements,
};
pub use self::life::{RecordState, RecordStep};
use self::repair::Commitment;
pub use self::revocation::{NewRevocation, Revocation, RevocationGround};
use crate::access::Party;
use crate::account::{NamesPeople, People};
use crate::catalogue::{Category, Level, RecordKind, Severity};
use crate::review::Reply;
use crate::text::Language;

/// How a confirmed record stands. Only the first two are ever shown to everyone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RecordStatus {
    /// Its own term has not ended. A record without a term of its own counts for as long as each
    /// scheme says, and stays so.
    InForce,
    /// Its own term has ended.
    Expired,
    /// It fell: by an objection, or since it had been entered in error or was annulled.
    Revoked,
    /// It was put right.
    Repaired,
    /// It is kept for officials only.
    Archived,
}

impl RecordStatus {
    /// The status of a record in `state` with these last days of counting and of being kept in the
    /// firm's dossier; `None` before its confirmation.
    pub fn of(
        state: RecordState,
        counts_until: Option<NaiveDate>,
        retain_until: Option<NaiveDate>,
        today: NaiveDate,
    ) -> Option<RecordStatus> {
        let is_over = |last: Option<NaiveDate>| last.is_some_and(|last| last < today);
        Some(match state {
            RecordState::Draft | RecordState::Submitted | RecordState::Returned | RecordState::Withdrawn => {
                return None;
            }
            _ if is_over(retain_until) => RecordStatus::Archived,
            RecordState::Revoked => RecordStatus::Revoked,
            RecordState::Repaired => RecordStatus::Repaired,
            RecordState::InForce if is_over(counts_until) => RecordStatus::Expired,
            RecordState::InForce => RecordStatus::InForce,
        })
    }
}

/// An entry of the catalogue, in the reader's language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"code": "P301", "kind": "penalty", "usual_severity": "ordinary", "severities": ["minor", "ordinary", "serious"], "name": "违规收费", "basis": "价格法", "evidence": "行政处罚决定书"}))]
pub struct CategoryView {
    /// The code that records and schemes name.
    pub code: String,
    /// Reward or penalty.
    pub kind: RecordKind,
    /// What such a fact usually weighs.
    pub usual_severity: Severity,
    /// What it may weigh: a record with another severity says why.
    pub severities: Vec<Severity>,
    /// What it is called.
    pub name: String,
    /// The text it rests on.
    pub basis: String,
    /// What must be attached as evidence.
    pub evidence: String,
}

impl CategoryView {
    /// The category in one language.
    pub fn new(category: &Category, language: Language) -> CategoryView {
        CategoryView {
            code: category.code.clone(),
            kind: category.kind,
            usual_severity: category.usual_severity,
            severities: category.severities.clone(),
            name: category.name.in_language(language).to_owned(),
            basis: category.basis.in_language(language).to_owned(),
            evidence: category.evidence.in_language(language).to_owned(),
        }
    }
}

/// A category as a record shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"code": "P301", "name": "违规收费", "basis": "价格法"}))]
pub struct RecordCategory {
    /// The code.
    pub code: String,
    /// What it is called.
    pub name: String,
    /// The text it rests on.
    pub basis: String,
}

/// A firm's name beside its code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"uscc": "91219900MA00000019", "name": "大连示例物业管理有限公司"}))]
pub struct RecordFirm {
    /// The unified social credit code.
    pub uscc: String,
    /// The firm's name now.
    pub name: String,
}

/// The project that a record concerns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"id": "0193a5c2-7b1e-7f00-8000-000000000001", "estate": "210202001002-001", "name": "示范小区"}))]
pub struct RecordProject {
    /// The project.
    pub id: String,
    /// The estate's code.
    pub estate: String,
    /// The estate's name.
    pub name: String,
}

/// The manager that a record concerns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"id": "0193a5c2-7b1e-7f00-8000-000000000002", "name": "李明"}))]
pub struct RecordManager {
    /// The manager.
    pub id: String,
    /// The manager's name.
    pub name: String,
}

/// An officer's points within the range that a scheme's item leaves to discretion: "reference and
/// actual points are both kept".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"scheme": "dalian-demo", "reference": 8, "actual": 10, "reason": "拒不整改"}))]
pub struct GivenPoints {
    /// The scheme whose item it is.
    pub scheme: String,
    /// What the scheme means for an ordinary case.
    #[serde(serialize_with = "crate::evaluation::serialize_decimal")]
    #[schema(value_type = f64)]
    pub reference: Decimal,
    /// What the officer gave.
    #[serde(serialize_with = "crate::evaluation::serialize_decimal")]
    #[schema(value_type = f64)]
    pub actual: Decimal,
    /// Why it differs from the reference.
    pub reason: Option<String>,
}

/// A record of a reward or a penalty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c", "kind": "penalty",
    "category": {"code": "P301", "name": "违规收费", "basis": "价格法"},
    "firm": {"uscc": "91219900MA0D00000P", "name": "示例物业（演示）"}, "project": null, "manager": null,
    "level": "district", "severity": "ordinary", "severity_reason": null, "title": "违规收取装修管理费", "detail": null,
    "document_number": "中市监罚字〔2026〕12号", "authority": "中山区市场监督管理局",
    "decided_on": "2026-11-10", "counts_from": "2026-11-10", "counts_until": null, "public_until": "2027-11-10",
    "public": true, "status": "in_force", "disputed": false, "known_from": "2026-11-21T02:00:00Z",
    "revision": 1, "reply": null, "repair_possible_from": "2027-02-11", "commitment": null, "demo": true
}))]
pub struct RecordView {
    /// The record.
    pub id: String,
    /// Reward or penalty.
    pub kind: RecordKind,
    /// What it is recorded as.
    pub category: RecordCategory,
    /// The firm to whose dossier it belongs; null for a project that has none.
    pub firm: Option<RecordFirm>,
    /// The project concerned, if one is.
    pub project: Option<RecordProject>,
    /// The manager concerned, if one is.
    pub manager: Option<RecordManager>,
    /// The level of the authority.
    pub level: Level,
    /// How grave it is.
    pub severity: Severity,
    /// Why it has a severity that its category does not have by the catalogue; null where it has
    /// one of those.
    pub severity_reason: Option<String>,
    /// In one line.
    pub title: String,
    /// At length.
    pub detail: Option<String>,
    /// The number of the decision's document.
    pub document_number: String,
    /// Who decided.
    pub authority: String,
    /// The decision's day.
    pub decided_on: NaiveDate,
    /// The first day on which it counts: the decision's.
    pub counts_from: NaiveDate,
    /// The last day on which it counts; null leaves its term to each scheme.
    pub counts_until: Option<NaiveDate>,
    /// The last day on which it is shown. Null: a reward is shown without end, a penalty is not
    /// shown at all.
    pub public_until: Option<NaiveDate>,
    /// Whether everyone may see it now.
    pub public: bool,
    /// Whether it still counts by its own term, or how it ended; null before its confirmation.
    pub status: Option<RecordStatus>,
    /// Whether an objection against it is open.
    pub disputed: bool,
    /// Since when this revision holds: its confirmation or, after an objection that changed it,
    /// that decision; null before.
    pub known_from: Option<DateTime<Utc>>,
    /// 1 at first, one more with each decision that changed it.
    pub revision: i32,
    /// The firm's reply.
    pub reply: Option<Reply>,
    /// The manager's reply.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub manager_reply: Option<Reply>,
    /// The first day on which the firm can ask for its repair; null for what is not a firm's
    /// penalty in force.
    pub repair_possible_from: Option<NaiveDate>,
    /// What the firm promises with a request for repair that is open or was granted; null without
    /// one.
    pub commitment: Option<Commitment>,
    /// Invented, for demonstration.
    pub demo: bool,
    /// References to the evidence; for the firm and for officials.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub evidence: Option<Vec<String>>,
    /// An officer's points; for the firm and for officials.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub points: Option<Vec<GivenPoints>>,
    /// The last day before it is archived; for the firm and for officials.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub retain_until: Option<NaiveDate>,
    /// The case that the clock drafted it for; for the firm and for officials. An internal
    /// reference: no evidence.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub source_case: Option<String>,
    /// Why it fell, once it did; for the firm and for officials.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub revocation: Option<Revocation>,
    /// What its firm had to say before it was confirmed, where it was told; for the firm and for
    /// officials.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub hearing: Option<Hearing>,
    /// The same of its manager; for the manager and for officials.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub manager_hearing: Option<Hearing>,
}

impl RecordView {
    /// The same without what only the firm and its officials see.
    #[must_use]
    pub fn for_everyone(self) -> RecordView {
        RecordView {
            evidence: None,
            points: None,
            retain_until: None,
            source_case: None,
            revocation: None,
            ..self.without_hearings()
        }
    }

    /// The same without what the other of its two parties said to officials, and for a manager
    /// without the case that its firm handled.
    #[must_use]
    pub fn for_party(self, party: &Party) -> RecordView {
        match party {
            Party::Firm(_) => RecordView { manager_hearing: None, ..self },
            Party::Manager(_) => RecordView { hearing: None, source_case: None, ..self },
        }
    }

    /// The same without what was said of it before it was confirmed.
    #[must_use]
    pub fn without_hearings(self) -> RecordView {
        RecordView { hearing: None, manager_hearing: None, ..self }
    }
}

/// A record as the officials who answer for it see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "authority": "中山区市场监督管理局", "category": {"basis": "价格法", "code": "P301", "name": "违规收费"}, "counts_from": "2026-11-10",
    "counts_until": null, "decided_on": "2026-11-10", "demo": false, "detail": null, "disputed": false, "document_number": "中市监罚字〔2026〕12号",
    "firm": {"name": "大连示例物业管理有限公司", "uscc": "91219900MA00000019"}, "id": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c", "kind": "penalty",
    "known_from": "2026-11-21T02:00:00Z", "level": "district", "manager": null, "project": null, "public": true,
    "public_until": "2027-11-10", "reply": null, "repair_possible_from": "2027-02-11", "commitment": null, "revision": 1, "severity": "ordinary", "severity_reason": null, "status": "in_force", "title": "违规收取装修管理费",
    "evidence": ["中市监罚字〔2026〕12号.pdf"], "points": [], "retain_until": "2031-11-10", "state": "in_force", "place": "210202",
    "drafted_by": "0193a5c2-0000-7f00-8000-5d0c3f6a1b2c", "drafted_at": "2026-11-20T02:00:00Z",
    "confirmed_by": "0193a5c2-0000-7f00-8000-5d0c3f6a1b2d", "import_id": null,
    "confirm_due_on": null, "confirm_working_days_left": null, "confirm_overdue": false, "recorded_late": false, "former": [],
    "steps": [{
        "step": "confirmed", "by": "0193a5c2-0000-7f00-8000-5d0c3f6a1b2d", "at": "2026-11-21T02:00:00Z", "reason": null,
        "seconded_by": null, "ground": null, "evidence": []
    }],
    "people": {"0193a5c2-0000-7f00-8000-5d0c3f6a1b2d": "中山区住建局"}
}))]
pub struct AdminRecord {
    /// The record.
    #[serde(flatten)]
    pub record: RecordView,
    /// Where it stands.
    pub state: RecordState,
    /// The place whose officials answer for it.
    pub place: String,
    /// The account that drafted it.
    pub drafted_by: String,
    /// When.
    pub drafted_at: DateTime<Utc>,
    /// The account that confirmed it.
    pub confirmed_by: Option<String>,
    /// The import that it came with; such a record is confirmed with its whole batch.
    pub import_id: Option<String>,
    /// The last day for its confirmation while it is submitted, where the scheme gives working days
    /// for it; null otherwise.
    pub confirm_due_on: Option<NaiveDate>,
    /// Working days after today up to that day, 0 on the day itself, negative when it was missed;
    /// null without it.
    pub confirm_working_days_left: Option<i64>,
    /// Whether that day has passed.
    pub confirm_overdue: bool,
    /// Whether it was submitted for the first time after the working days that the scheme gives for
    /// recording, from the decision on; it is none the less one.
    pub recorded_late: bool,
    /// What it said before objections changed it, the first revision first; empty in lists.
    pub former: Vec<FormerRevision>,
    /// What was done with it, the first step first; empty in lists.
    pub steps: Vec<StepView>,
    /// Who these accounts are.
    pub people: People,
}

impl NamesPeople for AdminRecord {
    fn accounts(&self) -> Vec<&str> {
        let named = [Some(self.drafted_by.as_str()), self.confirmed_by.as_deref()];
        let of_steps =
            self.steps.iter().flat_map(|step| [Some(step.by.as_str()), step.seconded_by.as_deref()]);
        named.into_iter().chain(of_steps).flatten().collect()
    }

    fn people_mut(&mut self) -> &mut People {
        &mut self.people
    }
}

/// What a record said before an objection changed it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "revision": 1, "category": "P301", "level": "district", "severity": "serious", "severity_reason": null, "title": "违规收费", "detail": null, "decided_on": "2026-11-10",
    "counts_until": null, "public_until": "2029-11-10", "points": [], "known_from": "2026-11-21T02:00:00Z", "known_until": "2026-11-24T02:00:00Z"
}))]
pub struct FormerRevision {
    /// Its number.
    pub revision: i32,
    /// The category's code.
    pub category: String,
    /// The level of the authority.
    pub level: Level,
    /// How grave it was held to be.
    pub severity: Severity,
    /// Why, where the category does not have it by the catalogue.
    pub severity_reason: Option<String>,
    /// In one line.
    pub title: String,
    /// At length.
    pub detail: Option<String>,
    /// The decision's day.
    pub decided_on: NaiveDate,
    /// The last day on which it was to count.
    pub counts_until: Option<NaiveDate>,
    /// The last day on which it was to be shown.
    pub public_until: Option<NaiveDate>,
    /// An officer's points.
    pub points: Vec<GivenPoints>,
    /// Since when it held.
    pub known_from: DateTime<Utc>,
    /// Until when, exclusive.
    pub known_until: DateTime<Utc>,
}

/// One step that was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "step": "returned", "by": "0193a5c2-0000-7f00-8000-5d0c3f6a1b2d", "at": "2026-11-20T03:00:00Z", "reason": "请补充处罚决定书",
    "seconded_by": null, "ground": null, "evidence": []
}))]
pub struct StepView {
    /// What was done.
    pub step: RecordStep,
    /// The account that did it.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
    /// Why, where a reason was given.
    pub reason: Option<String>,
    /// The account that confirmed it, where it takes two.
    pub seconded_by: Option<String>,
    /// On what ground it was revoked, where no objection was.
    pub ground: Option<RevocationGround>,
    /// References to the evidence of that.
    pub evidence: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_in_force_on_the_last_day_of_its_term_and_expired_on_the_next() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let last = Some(day("2026-12-31"));
        let of = |state, on| RecordStatus::of(state, last, Some(day("2031-12-31")), day(on));
        assert_eq!(of(RecordState::InForce, "2026-12-31"), Some(RecordStatus::InForce));
        assert_eq!(of(RecordState::InForce, "2027-01-01"), Some(RecordStatus::Expired));
        assert_eq!(of(RecordState::InForce, "2031-12-31"), Some(RecordStatus::Expired));
        assert_eq!(of(RecordState::Revoked, "2027-01-01"), Some(RecordStatus::Revoked));
        assert_eq!(of(RecordState::Repaired, "2027-01-01"), Some(RecordStatus::Repaired));
        for state in [RecordState::InForce, RecordState::Revoked, RecordState::Repaired] {
            assert_eq!(of(state, "2032-01-01"), Some(RecordStatus::Archived));
        }
        assert_eq!(of(RecordState::Withdrawn, "2026-12-31"), None);
        let endless = RecordStatus::of(RecordState::InForce, None, None, day("2099-01-01"));
        assert_eq!(endless, Some(RecordStatus::InForce));
    }
}
