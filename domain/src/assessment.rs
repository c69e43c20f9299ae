//! Assessments (街道社区评价): a community's, street's or district's scores of a project for a
//! period.

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use crate::access::{Role, Warrant};
use crate::account::NamedAccount;
use crate::calendar::{Period, WorkingDays, start_of_day};
use crate::import::ImportState;
use crate::place::NamedPlace;
use crate::refusal::{Faults, Life, Refusal, Situation};
use crate::scheme::Assessor;
use crate::text::Text;
use crate::thousandths::Thousandths;
use crate::word::Word;

mod batch;
mod weight;

pub use batch::{
    ASSESSORS, AssessmentBatch, AssessmentBefore, AssessmentEntry, AssessmentState, BatchState,
    LARGEST_BATCH, MOST_MISSING, MissingAssessment, ReturnAssessments, assessors_of,
};
pub use weight::ProjectWeight;

/// Where a revision of an assessment stands, or a metric.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum RevisionState {
    /// It waits for its confirmation, with its place's batch or with the file that brought it.
    Submitted,
    /// It holds.
    InForce,
    /// Another took its place.
    Superseded,
    /// It was sent back.
    Withdrawn,
    /// It was ended by an objection; a metric never is.
    Revoked,
}

/// The day from which an assessment of the period is a fact: the one after the period's last. It
/// counts in a grade once the period is closed, see [`Period::closes_on`].
pub fn counts_from(period: Period) -> NaiveDate {
    period.last_day().succ_opt().unwrap_or(NaiveDate::MAX)
}

/// Working days for which its author may give again what was sent back, though its period closes
/// meanwhile.
const GIVEN_AGAIN_DAYS: u16 = 3;

/// Whether what was sent back on a day may be given again today, as while its period was open.
pub fn may_be_given_again(returned_on: NaiveDate, today: NaiveDate, working_days: &WorkingDays) -> bool {
    today <= working_days.add_working_days(returned_on, GIVEN_AGAIN_DAYS)
}

/// A period can be assessed once it has begun.
///
/// # Errors
/// [`Refusal::Invalid`] for one in the future.
pub fn require_begun(period: Period, now: DateTime<Utc>, zone: Tz) -> Result<(), Refusal> {
    if start_of_day(period.first_day(), zone) <= now {
        return Ok(());
    }
    Err(Refusal::invalid(
        "/period",
        "period_not_begun",
        Text::new("该周期尚未开始", "The period has not begun"),
    ))
}

/// A project is assessed for periods that its term touches.
///
/// # Errors
/// [`Refusal::Invalid`] for another.
pub fn require_term_touches(
    period: Period,
    starts_on: NaiveDate,
    ends_on: Option<NaiveDate>,
) -> Result<(), Refusal> {
    if starts_on <= period.last_day() && ends_on.is_none_or(|last| period.first_day() <= last) {
        return Ok(());
    }
    Err(Refusal::invalid(
        "/period",
        "outside_term",
        Text::new("项目的服务期不在该周期内", "The project's term does not touch the period"),
    ))
}

/// Officials assess for their own level only.
///
/// # Errors
/// [`Refusal::Forbidden`] for another's.
pub fn require_own_level(warrant: &Warrant, assessor: Assessor) -> Result<(), Refusal> {
    let own = match warrant.role() {
        Role::Community => Some(Assessor::Community),
        Role::Street => Some(Assessor::Street),
        Role::District => Some(Assessor::District),
        Role::Resident
        | Role::Firm
        | Role::Manager
        | Role::City
        | Role::Department
        | Role::Integrator
        | Role::Admin => None,
    };
    if own == Some(assessor) || warrant.is_operator() {
        return Ok(());
    }
    Err(Refusal::forbidden(
        "not_own_level",
        Text::new("只能以本级身份评价", "You assess for your own level only"),
    ))
}

/// The two scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"service": 88.5, "party": 92}))]
pub struct AssessmentScores {
    /// The service, 0–100.
    pub service: Thousandths,
    /// Party building, 0–100.
    pub party: Thousandths,
}

impl AssessmentScores {
    /// Each is 0 to 100.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] outside.
    pub fn check(self) -> Result<(), Refusal> {
        let mut faults = Faults::default();
        for (pointer, score) in [("/scores/service", self.service), ("/scores/party", self.party)] {
            if !(Thousandths::whole(0)..=Thousandths::whole(100)).contains(&score) {
                faults.add(pointer, "out_of_range", Text::new("应在0到100之间", "must be between 0 and 100"));
            }
        }
        faults.refuse_if_any()
    }
}

/// What waits for its confirmation is confirmed or sent back before anything else is given: with
/// the file that brought it, or with its place's batch, which stands as `batch` says.
pub fn already_submitted(batch: Option<BatchState>) -> Refusal {
    let allows = batch.map_or_else(|| ImportState::Submitted.allows(), |batch| batch.allows());
    Refusal::conflict(
        "already_submitted",
        Text::new(
            "该项目该周期已有待确认的评价",
            "Another assessment of this project and period waits for its confirmation",
        ),
    )
    .of_state(Situation::new(RevisionState::Submitted.into_str(), allows))
}

/// Which assessment: of each there is one in force, and one at most that waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssessmentKey {
    /// The project.
    pub project: String,
    /// For which period.
    pub period: Period,
    /// Whose assessment it is.
    pub assessor: Assessor,
}

impl AssessmentKey {
    /// The path below `/v1/admin/assessments` at which officials read it.
    pub fn path(&self) -> String {
        format!("{}/{}/{}", self.project, self.period, self.assessor)
    }

    /// Reads [`AssessmentKey::path`] back.
    pub fn of_path(path: &str) -> Option<AssessmentKey> {
        let (rest, assessor) = path.rsplit_once('/')?;
        let (project, period) = rest.rsplit_once('/')?;
        let (period, assessor) = (period.parse().ok()?, assessor.parse().ok()?);
        Some(AssessmentKey { project: project.to_owned(), period, assessor })
    }
}

/// An assessment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"scores": {"service": 88.5, "party": 92}, "note": "保洁到位，绿化需加强", "evidence": ["2026年三季度考核表.pdf"]}))]
pub struct NewAssessment {
    /// The two scores.
    pub scores: AssessmentScores,
    /// What the assessor says beside them; it is public.
    #[validate(length(min = 1, max = 1000), custom(function = "crate::rules::long_text"))]
    pub note: Option<String>,
    /// References to the evidence.
    #[serde(default)]
    #[validate(length(max = 20), custom(function = "crate::rules::references"))]
    pub evidence: Vec<String>,
    /// Why it changes after the period has closed; needed then, and a second person reads it. A
    /// period closes one whole month after its end.
    #[validate(length(min = 1, max = 500), custom(function = "crate::rules::plain_text"))]
    pub correction_reason: Option<String>,
}

/// The project that was assessed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0193a5c2-7b1e-7f00-8000-000000000001", "estate": "210202001002-001", "name": "示范小区", "uscc": "91219900MA00000019"
}))]
pub struct AssessedProject {
    /// The project.
    pub id: String,
    /// The estate's code.
    pub estate: String,
    /// The estate's name.
    pub name: String,
    /// The firm that runs it; null where owners or the community do.
    pub uscc: Option<String>,
}

/// One assessment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c",
    "project": {"id": "0193a5c2-7b1e-7f00-8000-000000000001", "estate": "210202001002-001", "name": "示例小区（演示）", "uscc": "91219900MA0D00000P"},
    "period": "2026-Q3", "assessor": "street", "place": {"code": "210202001", "name": "海军广场街道"},
    "scores": {"service": 88.5, "party": 92}, "note": null, "counts_from": "2026-10-01", "closes_on": "2026-11-01", "known_from": "2026-10-08T02:00:00Z",
    "revision": 1, "correction_reason": null, "disputed": false
}))]
pub struct AssessmentView {
    /// This revision.
    pub id: String,
    /// What was assessed.
    pub project: AssessedProject,
    /// For which period.
    pub period: Period,
    /// Whose assessment it is.
    pub assessor: Assessor,
    /// The assessor's place now.
    pub place: Option<NamedPlace>,
    /// The scores.
    pub scores: AssessmentScores,
    /// What the assessor says beside them.
    pub note: Option<String>,
    /// The day after the period's last.
    pub counts_from: NaiveDate,
    /// The day on which the period is closed: from then on it counts in grades, until the next
    /// period is closed.
    pub closes_on: NaiveDate,
    /// When this revision was given or confirmed; null before.
    pub known_from: Option<DateTime<Utc>>,
    /// 1 at first, one more with each replacement.
    pub revision: i32,
    /// Why it was corrected after the period had closed.
    pub correction_reason: Option<String>,
    /// Whether an objection against it is open.
    pub disputed: bool,
    /// References to the evidence; for the firm and for officials.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub evidence: Option<Vec<String>>,
    /// How it stands; for officials: nobody else sees one that is not in force.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub state: Option<AssessmentState>,
    /// Who gave it; for officials.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub by: Option<NamedAccount>,
}

impl AssessmentView {
    /// The same without what only officials see.
    #[must_use]
    pub fn for_its_firm(self) -> AssessmentView {
        AssessmentView { state: None, by: None, ..self }
    }

    /// The same without what only the firm and its officials see.
    #[must_use]
    pub fn for_everyone(self) -> AssessmentView {
        AssessmentView { evidence: None, ..self.for_its_firm() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::DEFAULT_ZONE;

    fn period(text: &str) -> Period {
        text.parse().unwrap()
    }

    #[test]
    fn an_assessment_counts_from_the_day_after_its_period() {
        assert_eq!(counts_from(period("2026-Q4")).to_string(), "2027-01-01");
    }

    #[test]
    fn a_period_can_be_assessed_from_its_first_instant() {
        let begins = start_of_day(period("2026-Q4").first_day(), DEFAULT_ZONE);
        assert!(require_begun(period("2026-Q4"), begins, DEFAULT_ZONE).is_ok());
        assert!(
            require_begun(period("2026-Q4"), begins - chrono::TimeDelta::microseconds(1), DEFAULT_ZONE)
                .is_err()
        );
    }

    #[test]
    fn what_was_sent_back_is_given_again_for_three_working_days() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let may = |today: &str| may_be_given_again(day("2027-01-31"), day(today), &WorkingDays::weekdays());
        // That was a Sunday.
        assert!(may("2027-01-31") && may("2027-02-03") && !may("2027-02-04"));
    }

    #[test]
    fn one_day_of_the_term_in_the_period_is_enough() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let touches = |starts: &str, ends: Option<&str>| {
            require_term_touches(period("2026-Q3"), day(starts), ends.map(day)).is_ok()
        };
        assert!(touches("2020-01-01", None));
        assert!(touches("2026-09-30", None));
        assert!(!touches("2026-10-01", None));
        assert!(touches("2020-01-01", Some("2026-07-01")));
        assert!(!touches("2020-01-01", Some("2026-06-30")));
    }

    #[test]
    fn a_key_is_read_back_from_its_path() {
        let key = AssessmentKey {
            project: "0193a5c2-7b1e-7f00-8000-000000000001".to_owned(),
            period: period("2026-Q4"),
            assessor: Assessor::Street,
        };
        assert_eq!(key.path(), "0193a5c2-7b1e-7f00-8000-000000000001/2026-Q4/street");
        assert_eq!(AssessmentKey::of_path(&key.path()), Some(key));
        for bad in ["", "a/2026-Q4", "a/2026-Q5/street", "a/2026-Q4/mayor"] {
            assert_eq!(AssessmentKey::of_path(bad), None, "{bad}");
        }
    }

    #[test]
    fn scores_have_a_range() {
        for (score, fits) in [("0", true), ("100", true), ("100.001", false), ("-0.001", false)] {
            let (score, good) = (score.parse().unwrap(), Thousandths::whole(90));
            let check = |service, party| AssessmentScores { service, party }.check().is_ok();
            assert_eq!((check(score, good), check(good, score)), (fits, fits), "{score}");
        }
    }
}
