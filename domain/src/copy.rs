//! An exact copy: everything that is public, a line each, and the lines that change.
//!
//! A line holds what is stored of its thing and nothing else: other things are named by their ids,
//! and nothing is said that depends on the day alone. So a line changes exactly when the change
//! feed says that its thing did, and whoever follows the feed has what a new snapshot has. Texts
//! are in both languages, or codes of the catalogue.

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::Serialize;
use utoipa::ToSchema;

use crate::assessment::AssessmentScores;
use crate::calendar::{Month, Period};
use crate::card::{ProjectCounts, RecordCounts};
use crate::case::figures::CopiedCases;
use crate::catalogue::{Level, RecordKind, Severity};
use crate::entity::Entity;
use crate::estate::EstateKind;
use crate::evaluation::{Outcome, serialize_optional_decimal};
use crate::firm::FirmStatus;
use crate::metric::{MetricSubjectKind, Reporter, SurveyMethodView};
use crate::place::{NamedPlace, PlaceLevel};
use crate::project::{Area, Operator};
use crate::rating::Figures;
use crate::record::repair::Commitment;
use crate::review::HidingRule;
use crate::scheme::{Assessor, Effect, ListKind};
use crate::text::Text;
use crate::thousandths::Thousandths;

/// The form of the lines. It goes up with each change of what a line holds: a copy that was made
/// before is then fetched anew, since no change of the feed would tell it.
pub const FORMAT: u32 = 2;

/// The kinds of lines, in the order in which a snapshot has them: what is named before what names
/// it.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum CopyKind {
    /// A place.
    Place,
    /// A scheme with its versions.
    Scheme,
    /// A firm.
    Firm,
    /// An estate.
    Estate,
    /// A manager.
    Manager,
    /// A project.
    Project,
    /// A record.
    Record,
    /// An assessment.
    Assessment,
    /// A figure that everyone reads.
    Metric,
    /// The published ratings of a project in a month.
    Ratings,
    /// The published sums of a project's cases in a month.
    Cases,
    /// A review.
    Review,
}

impl CopyKind {
    /// What the change feed calls it.
    pub fn entity(self) -> Entity {
        match self {
            CopyKind::Place => Entity::Place,
            CopyKind::Scheme => Entity::Scheme,
            CopyKind::Firm => Entity::Firm,
            CopyKind::Estate => Entity::Estate,
            CopyKind::Manager => Entity::Manager,
            CopyKind::Project => Entity::Project,
            CopyKind::Record => Entity::Record,
            CopyKind::Assessment => Entity::Assessment,
            CopyKind::Metric => Entity::Metric,
            CopyKind::Ratings => Entity::Ratings,
            CopyKind::Cases => Entity::Cases,
            CopyKind::Review => Entity::Review,
        }
    }

    /// The kind of line that shows an entity; `None` where none does.
    pub fn of(entity: Entity) -> Option<CopyKind> {
        Some(match entity {
            Entity::Place => CopyKind::Place,
            Entity::Scheme => CopyKind::Scheme,
            Entity::Firm => CopyKind::Firm,
            Entity::Estate => CopyKind::Estate,
            Entity::Manager => CopyKind::Manager,
            Entity::Project => CopyKind::Project,
            Entity::Record => CopyKind::Record,
            Entity::Assessment => CopyKind::Assessment,
            Entity::Metric => CopyKind::Metric,
            Entity::Ratings => CopyKind::Ratings,
            Entity::Cases => CopyKind::Cases,
            Entity::Review => CopyKind::Review,
            Entity::Household | Entity::Account | Entity::Key | Entity::Import | Entity::Figures => {
                return None;
            }
        })
    }
}

/// The id of the line of a project's ratings in a month, and of that of its cases.
pub fn ratings_id(project: &str, month: Month) -> String {
    format!("{project}/{month}")
}

/// The first line of a snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CopyHead {
    /// `head`
    pub kind: &'static str,
    /// The form of the lines.
    pub format: u32,
    /// Where the changes go on.
    pub cursor: String,
    /// When the lines were as they are here.
    pub taken_at: DateTime<Utc>,
    /// The city; null where no place is registered.
    pub city: Option<NamedPlace>,
    /// The licence of the data, as the city names it; null where it names none.
    pub licence: Option<String>,
    /// How the source is to be named; null where the city does not say.
    pub attribution: Option<BothLanguages>,
    /// Whom to ask; null where the city does not say.
    pub contact: Option<String>,
}

/// One thing that is public; `value` is null if it no longer is.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[schema(example = json!({"kind": "record", "id": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c", "value": null}))]
pub enum CopyLine {
    /// A place.
    #[schema(title = "PlaceLine", example = json!({"kind": "place", "id": "210202", "value": {
        "code": "210202", "level": "district", "name": "中山区", "parent": "2102", "valid_from": "2023-01-01", "valid_until": null,
        "aliases": [], "successors": []
    }}))]
    Place {
        /// The place's code.
        id: String,
        /// The place.
        value: Option<CopiedPlace>,
    },
    /// A scheme.
    #[schema(title = "SchemeLine", example = json!({"kind": "scheme", "id": "dalian-demo", "value": {
        "id": "dalian-demo", "versions": [{"version": 1, "place": "2102", "effective_from": "2026-01-01",
            "announced_at": "2025-12-01T02:00:00Z", "text": "id = \"dalian-demo\"\n"}]
    }}))]
    Scheme {
        /// The scheme's id.
        id: String,
        /// The scheme.
        value: Option<CopiedScheme>,
    },
    /// A firm.
    #[schema(title = "FirmLine", example = json!({"kind": "firm", "id": "91210200241281392F", "value": {
        "uscc": "91210200241281392F", "name": "大连示例物业管理有限公司", "short_name": "示例物业", "former_names": [], "successors": [],
        "parent": null, "branches": [], "status": "active", "registered_place": "210202", "demo": true, "credits": [],
        "lists": [], "records": {"rewards": 3, "penalties": 1}, "projects": {"count": 12, "area_m2": 1_250_000.5}, "service": null,
        "updated_at": "2026-11-21T02:00:00Z"
    }}))]
    Firm {
        /// The unified social credit code.
        id: String,
        /// The firm.
        value: Option<Box<CopiedFirm>>,
    },
    /// An estate.
    #[schema(title = "EstateLine", example = json!({"kind": "estate", "id": "210202001002-001", "value": {
        "code": "210202001002-001", "name": "幸福家园", "aliases": ["幸福小区"], "kind": "professional", "place": "210202001002",
        "address": "青云街1号", "households": 1200, "demo": false, "updated_at": "2026-11-21T02:00:00Z"
    }}))]
    Estate {
        /// The estate's code.
        id: String,
        /// The estate.
        value: Option<CopiedEstate>,
    },
    /// A manager.
    #[schema(title = "ManagerLine", example = json!({"kind": "manager", "id": "0193a5c2-7b1e-7f00-8000-000000000002", "value": {
        "id": "0193a5c2-7b1e-7f00-8000-000000000002", "name": "李明", "firm": "91210200241281392F", "demo": true, "credits": [], "lists": [],
        "updated_at": "2026-11-21T02:00:00Z"
    }}))]
    Manager {
        /// The manager.
        id: String,
        /// The manager.
        value: Option<CopiedManager>,
    },
    /// A project.
    #[schema(title = "ProjectLine", example = json!({"kind": "project", "id": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c", "value": {
        "id": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c", "estate": "210202001002-001", "operator": "firm", "firm": "91210200241281392F",
        "manager": null, "starts_on": "2024-01-01", "ends_on": null, "area_m2": 85000.5, "households": 1200, "fee_fen": 180, "demo": false,
        "credits": [], "lists": [], "service": null, "held": false, "updated_at": "2026-11-21T02:00:00Z"
    }}))]
    Project {
        /// The project.
        id: String,
        /// The project.
        value: Option<Box<CopiedProject>>,
    },
    /// A record of a reward or a penalty. After its publicity, a revocation or a repair its value
    /// is null.
    #[schema(title = "RecordLine", example = json!({"kind": "record", "id": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c", "value": null}))]
    Record {
        /// The record.
        id: String,
        /// The record.
        value: Option<Box<CopiedRecord>>,
    },
    /// An assessment in force. One that another replaced has null.
    #[schema(title = "AssessmentLine", example = json!({"kind": "assessment", "id": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c", "value": {
        "id": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c", "project": "0193a5c2-7b1e-7f00-8000-000000000001", "period": "2026-Q3",
        "assessor": "street", "scores": {"service": 88.5, "party": 92}, "note": null, "known_from": "2026-10-08T02:00:00Z",
        "revision": 1, "correction_reason": null, "disputed": false
    }}))]
    Assessment {
        /// This revision.
        id: String,
        /// The assessment.
        value: Option<CopiedAssessment>,
    },
    /// A figure that everyone reads. One that another replaced has null.
    #[schema(title = "MetricLine", example = json!({"kind": "metric", "id": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2d", "value": {
        "id": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2d", "subject_kind": "firm", "subject": "91219900MA0D00000P",
        "key": "fee_collection_rate", "period": "2026-Q3", "value": 92.5, "source": "企业季报", "reporter": "firm",
        "method": null, "known_from": "2026-10-08T02:00:00Z"
    }}))]
    Metric {
        /// The figure.
        id: String,
        /// The figure.
        value: Option<Box<CopiedMetric>>,
    },
    /// The ratings of a project that are published in a month. There is none where none are.
    #[schema(title = "RatingsLine", example = json!({"kind": "ratings", "id": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c/2026-10", "value": {
        "project": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c", "month": "2026-10", "figures": {
            "score": 4.3148, "mean": 4.6, "count": 20, "distribution": {"1": 0, "2": 0, "3": 1, "4": 6, "5": 13},
            "dimensions": {"cleaning": {"mean": 4.5, "count": 12}, "security": null, "greening": null, "maintenance": null, "attitude": null},
            "reason": null}
    }}))]
    Ratings {
        /// The project, a slash and the month.
        id: String,
        /// The figures.
        value: Option<Box<CopiedRatings>>,
    },
    /// The sums of a project's cases that are published in a month. There is none where none are.
    #[schema(title = "CasesLine", example = json!({"kind": "cases", "id": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c/2026-11", "value": {
        "project": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c", "month": "2026-11", "opened": 14, "on_time": 11, "late": 1, "closed": 12,
        "reopened": 1, "satisfied": 7, "unsatisfied": 1, "unanswered": 4,
        "hours": {"within_24": 8, "within_48": 3, "within_72": 1, "more": 0},
        "excluded": {"withdrawn": 1, "joined": 0, "not_theirs": 0, "elsewhere": 0}
    }}))]
    Cases {
        /// The project, a slash and the month.
        id: String,
        /// The sums.
        value: Option<CopiedCases>,
    },
    /// A comment that came out. One that its writer took back has null.
    #[schema(title = "ReviewLine", example = json!({"kind": "review", "id": "6f1c2b1e-9d3a-4f00-8000-5d0c3f6a1b2c", "value": {
        "id": "6f1c2b1e-9d3a-4f00-8000-5d0c3f6a1b2c", "project": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c", "firm": "91210200241281392F",
        "month": "2026-11", "comment": "楼道很干净", "hidden_rule": null, "reply": null
    }}))]
    Review {
        /// A random id.
        id: String,
        /// The review.
        value: Option<CopiedReview>,
    },
}

impl CopyLine {
    /// Of a thing that is no longer public.
    pub fn gone(kind: CopyKind, id: String) -> CopyLine {
        match kind {
            CopyKind::Place => CopyLine::Place { id, value: None },
            CopyKind::Scheme => CopyLine::Scheme { id, value: None },
            CopyKind::Firm => CopyLine::Firm { id, value: None },
            CopyKind::Estate => CopyLine::Estate { id, value: None },
            CopyKind::Manager => CopyLine::Manager { id, value: None },
            CopyKind::Project => CopyLine::Project { id, value: None },
            CopyKind::Record => CopyLine::Record { id, value: None },
            CopyKind::Assessment => CopyLine::Assessment { id, value: None },
            CopyKind::Metric => CopyLine::Metric { id, value: None },
            CopyKind::Ratings => CopyLine::Ratings { id, value: None },
            CopyKind::Cases => CopyLine::Cases { id, value: None },
            CopyKind::Review => CopyLine::Review { id, value: None },
        }
    }

    /// Whether it is of a thing that is no longer public.
    pub fn is_gone(&self) -> bool {
        match self {
            CopyLine::Place { value, .. } => value.is_none(),
            CopyLine::Scheme { value, .. } => value.is_none(),
            CopyLine::Firm { value, .. } => value.is_none(),
            CopyLine::Estate { value, .. } => value.is_none(),
            CopyLine::Manager { value, .. } => value.is_none(),
            CopyLine::Project { value, .. } => value.is_none(),
            CopyLine::Record { value, .. } => value.is_none(),
            CopyLine::Assessment { value, .. } => value.is_none(),
            CopyLine::Metric { value, .. } => value.is_none(),
            CopyLine::Ratings { value, .. } => value.is_none(),
            CopyLine::Cases { value, .. } => value.is_none(),
            CopyLine::Review { value, .. } => value.is_none(),
        }
    }

    /// Whether it tells that something is no longer for everyone, or reads otherwise than it did:
    /// an older copy of it is not given out any more.
    pub fn withdraws(&self) -> bool {
        let is_hidden =
            |reply: &Option<CopiedReply>| reply.as_ref().is_some_and(|reply| reply.text.is_none());
        match self {
            CopyLine::Record { value: Some(record), .. } => {
                record.revision > 1 || is_hidden(&record.reply) || is_hidden(&record.manager_reply)
            }
            CopyLine::Review { value: Some(review), .. } => {
                review.comment.is_none() || is_hidden(&review.reply)
            }
            _ => self.is_gone(),
        }
    }
}

/// A text in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"zh": "信用等级AAA", "en": "Grade AAA"}))]
pub struct BothLanguages {
    /// Chinese
    pub zh: String,
    /// English
    pub en: String,
}

impl From<Text> for BothLanguages {
    fn from(text: Text) -> BothLanguages {
        BothLanguages { zh: text.zh.into_owned(), en: text.en.into_owned() }
    }
}

/// A place, as the register holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct CopiedPlace {
    /// The division code.
    pub code: String,
    /// City, district, street or community.
    pub level: PlaceLevel,
    /// The place's name.
    pub name: String,
    /// The code of the place above; null for the city.
    pub parent: Option<String>,
    /// First day on which the place exists.
    pub valid_from: NaiveDate,
    /// First day on which it no longer exists; null while it does.
    pub valid_until: Option<NaiveDate>,
    /// Other names, former ones included.
    pub aliases: Vec<String>,
    /// Codes of the places that took over when this one was abolished.
    pub successors: Vec<String>,
    /// Since when the entry is retired: it was made by mistake or twice, and is in no list.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub retired_on: Option<NaiveDate>,
}

/// A scheme: every version that was announced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct CopiedScheme {
    /// Its id.
    pub id: String,
    /// By number.
    pub versions: Vec<CopiedSchemeVersion>,
}

/// A version of a scheme.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct CopiedSchemeVersion {
    /// Its number.
    pub version: i32,
    /// The code of the place that it is for.
    pub place: String,
    /// Its first day.
    pub effective_from: NaiveDate,
    /// When it was announced.
    pub announced_at: DateTime<Utc>,
    /// The file itself.
    pub text: String,
}

/// A firm, as its card shows it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct CopiedFirm {
    /// The unified social credit code.
    pub uscc: String,
    /// The name in the business register.
    pub name: String,
    /// What people call it.
    pub short_name: Option<String>,
    /// Names it had before, the latest first.
    pub former_names: Vec<String>,
    /// The firms that carry on its business after a merger or a split.
    pub successors: Vec<CopiedLink>,
    /// The firm whose branch it is; null for a firm of its own.
    pub parent: Option<CopiedLink>,
    /// Its branches.
    pub branches: Vec<CopiedLink>,
    /// How it stands in the business register.
    pub status: FirmStatus,
    /// The code of the place where it is registered.
    pub registered_place: String,
    /// Part of demo data.
    pub demo: bool,
    /// Its grades by every scheme in force, by scheme.
    pub credits: Vec<CopiedCredit>,
    /// The red and black lists it is on.
    pub lists: Vec<CopiedListing>,
    /// Rewards and penalties that are public.
    pub records: RecordCounts,
    /// The projects that it runs.
    pub projects: ProjectCounts,
    /// The published ratings of twelve months; null before the first evaluation.
    pub service: Option<CopiedService>,
    /// Since when the entry is retired: it was made by mistake or twice, and is in no list.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub retired_on: Option<NaiveDate>,
    /// When its register entry or its credit last changed.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: DateTime<Utc>,
}

/// Another firm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"uscc": "91210200716996405L", "since": "2024-05-01"}))]
pub struct CopiedLink {
    /// The unified social credit code.
    pub uscc: String,
    /// Since when.
    pub since: NaiveDate,
}

/// A grade by one scheme, or why there is none.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(example = json!({
    "scheme": "dalian-demo", "scheme_version": 1, "primary": true, "outcome": "evaluated", "score": 81.875, "grade": "AA",
    "effective_from": "2026-11-05T16:00:00Z", "reason": null, "pending": null, "consequences": []
}))]
pub struct CopiedCredit {
    /// The scheme's id.
    pub scheme: String,
    /// The scheme's version.
    pub scheme_version: i32,
    /// Whether this scheme is the city's primary one for subjects of this kind.
    pub primary: bool,
    /// Whether there is a score; if not, why.
    pub outcome: Outcome,
    /// The score, at most 3 decimals; null unless evaluated.
    #[serde(serialize_with = "serialize_optional_decimal")]
    #[schema(value_type = Option<f64>)]
    pub score: Option<Decimal>,
    /// The grade's code; null where there is none.
    pub grade: Option<String>,
    /// Since when this holds.
    #[schema(value_type = String, format = DateTime)]
    pub effective_from: DateTime<Utc>,
    /// Why there is no score.
    pub reason: Option<BothLanguages>,
    /// A grade that is announced and not in effect yet.
    pub pending: Option<CopiedPendingGrade>,
    /// What follows from the grade and from the thresholds that were crossed.
    pub consequences: Vec<CopiedConsequence>,
}

/// A grade that is announced.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(example = json!({"grade": "AAA", "score": 86.2, "effective_from": "2026-12-01T16:00:00Z"}))]
pub struct CopiedPendingGrade {
    /// The grade's code.
    pub grade: String,
    /// Its score, at most 3 decimals.
    #[serde(serialize_with = "serialize_optional_decimal")]
    #[schema(value_type = Option<f64>)]
    pub score: Option<Decimal>,
    /// When it takes effect, unless something changes it meanwhile.
    #[schema(value_type = String, format = DateTime)]
    pub effective_from: DateTime<Utc>,
}

/// What follows from a rule that holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "code": "interview", "text": {"zh": "约谈", "en": "An interview"}, "effect": "notice", "amount": null, "unit": null, "up_to_months": null
}))]
pub struct CopiedConsequence {
    /// Such as `interview`.
    pub code: String,
    /// What happens.
    pub text: BothLanguages,
    /// What it does to eligibility for new projects.
    pub effect: Effect,
    /// An amount, in the unit, where something is paid or owed.
    #[serde(serialize_with = "serialize_optional_decimal")]
    #[schema(value_type = Option<f64>)]
    pub amount: Option<Decimal>,
    /// The amount's unit, as the scheme writes it.
    pub unit: Option<String>,
    /// For how many months it is given at most.
    pub up_to_months: Option<u32>,
}

/// A place on a red or black list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "list": "red", "scheme": "dalian-demo", "listed_at": "2026-03-01T00:00:00Z", "until": null, "reason": {"zh": "信用等级AAA", "en": "Grade AAA"}
}))]
pub struct CopiedListing {
    /// Red or black.
    pub list: ListKind,
    /// By which scheme.
    pub scheme: String,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub listed_at: DateTime<Utc>,
    /// The last day; null while its condition holds.
    pub until: Option<NaiveDate>,
    /// Why.
    pub reason: BothLanguages,
}

/// The published ratings of twelve months.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(example = json!({"until_month": "2026-11", "figures": {
    "score": 4.3148, "mean": 4.6, "count": 20, "distribution": {"1": 0, "2": 0, "3": 1, "4": 6, "5": 13},
    "dimensions": {"cleaning": {"mean": 4.5, "count": 12}, "security": null, "greening": null, "maintenance": null, "attitude": null},
    "reason": null
}}))]
pub struct CopiedService {
    /// The last of the months.
    pub until_month: Month,
    /// The figures.
    pub figures: Figures,
}

/// An estate, as the register holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct CopiedEstate {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Other names, former ones included.
    pub aliases: Vec<String>,
    /// Its kind.
    pub kind: EstateKind,
    /// The code of the community it lies in.
    pub place: String,
    /// Its address.
    pub address: Option<String>,
    /// How many dwellings it has.
    pub households: i32,
    /// Part of demo data.
    pub demo: bool,
    /// Since when the entry is retired: it was made by mistake or twice, and is in no list.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub retired_on: Option<NaiveDate>,
    /// The code of the entry that holds in its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub successor: Option<String>,
    /// When it last changed.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: DateTime<Utc>,
}

/// A manager.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct CopiedManager {
    /// Its id.
    pub id: String,
    /// The name.
    pub name: String,
    /// The uscc of the firm that the manager works for.
    pub firm: Option<String>,
    /// Part of demo data.
    pub demo: bool,
    /// Its grades by every scheme in force, by scheme.
    pub credits: Vec<CopiedCredit>,
    /// The red and black lists it is on.
    pub lists: Vec<CopiedListing>,
    /// Since when the entry is retired: it was made by mistake or twice, and is in no list.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub retired_on: Option<NaiveDate>,
    /// The id of the entry that holds in its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub successor: Option<String>,
    /// When its register entry or its credit last changed.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: DateTime<Utc>,
}

/// A project: one operator's term in an estate.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct CopiedProject {
    /// Its id.
    pub id: String,
    /// The code of the estate it serves.
    pub estate: String,
    /// Who serves it.
    pub operator: Operator,
    /// The firm's uscc; null when the owners or the community serve it.
    pub firm: Option<String>,
    /// The person in charge.
    pub manager: Option<String>,
    /// The first day of the term.
    pub starts_on: NaiveDate,
    /// The last day of the term; null while it runs on.
    pub ends_on: Option<NaiveDate>,
    /// Its area in m².
    pub area_m2: Area,
    /// The households it serves.
    pub households: i32,
    /// The fee in fen per m² and month.
    pub fee_fen: Option<i64>,
    /// Part of demo data.
    pub demo: bool,
    /// Its grades by every scheme in force, by scheme.
    pub credits: Vec<CopiedCredit>,
    /// The red and black lists it is on.
    pub lists: Vec<CopiedListing>,
    /// The published ratings of twelve months; null before the first evaluation.
    pub service: Option<CopiedService>,
    /// Whether ratings are held that came at once. How many is not said.
    pub held: bool,
    /// Since when the entry is retired: it was made by mistake or twice, and is in no list.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub retired_on: Option<NaiveDate>,
    /// The id of the entry that holds in its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub successor: Option<String>,
    /// When its register entry or its credit last changed.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: DateTime<Utc>,
}

/// A record of a reward or a penalty, while it is public.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct CopiedRecord {
    /// The record.
    pub id: String,
    /// Reward or penalty.
    pub kind: RecordKind,
    /// The code of its category, see `GET /v1/categories`.
    pub category: String,
    /// The uscc of the firm to whose dossier it belongs.
    pub firm: Option<String>,
    /// The project concerned, if one is.
    pub project: Option<String>,
    /// The manager concerned, if one is.
    pub manager: Option<String>,
    /// The level of the authority.
    pub level: Level,
    /// How grave it is.
    pub severity: Severity,
    /// Why it has a severity that its category does not have by the catalogue.
    pub severity_reason: Option<String>,
    /// In one line.
    pub title: String,
    /// At length.
    pub detail: Option<String>,
    /// The number of the decision's document.
    pub document_number: String,
    /// Who decided.
    pub authority: String,
    /// The decision's day, from which on it counts.
    pub decided_on: NaiveDate,
    /// The last day on which it counts; null leaves its term to each scheme.
    pub counts_until: Option<NaiveDate>,
    /// The last day on which it is shown; null for a reward that is shown without end.
    pub public_until: Option<NaiveDate>,
    /// Whether an objection against it is open.
    pub disputed: bool,
    /// Since when this revision holds.
    pub known_from: Option<DateTime<Utc>>,
    /// 1 at first, one more with each decision that changed it.
    pub revision: i32,
    /// The firm's reply.
    pub reply: Option<CopiedReply>,
    /// The manager's reply.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub manager_reply: Option<CopiedReply>,
    /// The first day on which the firm can ask for its repair; null for what is not a firm's
    /// penalty.
    pub repair_possible_from: Option<NaiveDate>,
    /// What the firm promises with an open request for repair.
    pub commitment: Option<Commitment>,
    /// Invented, for demonstration.
    pub demo: bool,
}

/// A firm's reply to a review or a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"id": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2e", "text": "感谢您的建议，已安排检修。", "hidden_rule": null, "updated_at": "2026-12-02T02:00:00Z"}))]
pub struct CopiedReply {
    /// Its id, by which it is flagged.
    pub id: String,
    /// What the firm says; null where officials took it down.
    pub text: Option<String>,
    /// The rule under which it was taken down; null where it was not.
    pub hidden_rule: Option<HidingRule>,
    /// When the firm said so last.
    pub updated_at: DateTime<Utc>,
}

/// An assessment in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct CopiedAssessment {
    /// This revision.
    pub id: String,
    /// The project.
    pub project: String,
    /// For which period.
    pub period: Period,
    /// Whose assessment it is.
    pub assessor: Assessor,
    /// The scores.
    pub scores: AssessmentScores,
    /// What the assessor says beside them.
    pub note: Option<String>,
    /// When this revision was given or confirmed.
    pub known_from: Option<DateTime<Utc>>,
    /// 1 at first, one more with each replacement.
    pub revision: i32,
    /// Why it was corrected after the period had closed.
    pub correction_reason: Option<String>,
    /// Whether an objection against it is open.
    pub disputed: bool,
}

/// A figure that everyone reads, in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct CopiedMetric {
    /// Its id.
    pub id: String,
    /// What it is of.
    pub subject_kind: MetricSubjectKind,
    /// Its uscc, id or code.
    pub subject: String,
    /// Which metric, by its key in the catalogue.
    pub key: String,
    /// For which period.
    pub period: Period,
    /// The value, with at most 3 decimals.
    pub value: Thousandths,
    /// Where it comes from.
    pub source: String,
    /// Who reported it.
    pub reporter: Reporter,
    /// How the survey was made; null where it is none.
    pub method: Option<SurveyMethodView>,
    /// Since when it holds.
    pub known_from: Option<DateTime<Utc>>,
}

/// The ratings of a project that are published in a month.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct CopiedRatings {
    /// The project.
    pub project: String,
    /// The month.
    pub month: Month,
    /// The figures.
    pub figures: Figures,
}

/// A comment that came out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct CopiedReview {
    /// A random id: it tells nothing of when the review was written.
    pub id: String,
    /// The project.
    pub project: String,
    /// The uscc of the firm that it is about.
    pub firm: Option<String>,
    /// The month that it is about.
    pub month: Month,
    /// The comment; null where officials took it down.
    pub comment: Option<String>,
    /// The rule under which it was taken down; null where it was not.
    pub hidden_rule: Option<HidingRule>,
    /// The firm's reply; null with a hidden comment, whose words it may repeat.
    pub reply: Option<CopiedReply>,
}

#[cfg(test)]
mod tests {
    use strum::VariantArray;

    use super::*;

    #[test]
    fn each_kind_of_line_has_its_entity_and_no_other() {
        for kind in CopyKind::VARIANTS {
            assert_eq!(CopyKind::of(kind.entity()), Some(*kind));
            let line = serde_json::to_value(CopyLine::gone(*kind, "a".to_owned())).unwrap();
            assert_eq!(line, serde_json::json!({"kind": kind, "id": "a", "value": null}));
        }
        let shown = Entity::VARIANTS.iter().filter(|entity| CopyKind::of(**entity).is_some()).count();
        assert_eq!(shown, CopyKind::VARIANTS.len());
    }
}
