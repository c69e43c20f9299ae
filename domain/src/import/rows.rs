//! The rows of each kind, as they are staged. A phone is hashed as it is read: no row holds one in
//! clear.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::assessment::{AssessmentKey, NewAssessment};
use crate::estate::EstateKind;
use crate::firm::FirmStatus;
use crate::metric::NewMetric;
use crate::place::PlaceLevel;
use crate::project::Operator;
use crate::record::NewRecord;
use crate::word::Word;

/// What a row says of something that may have no value.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Said<T> {
    /// Nothing: it stays as it is.
    #[default]
    Nothing,
    /// That there is none.
    Cleared,
    /// This.
    Value(T),
}

impl<T: Clone + PartialEq> Said<T> {
    /// The value of something new.
    pub fn value(&self) -> Option<T> {
        match self {
            Said::Nothing | Said::Cleared => None,
            Said::Value(value) => Some(value.clone()),
        }
    }

    /// How what is there changes, if it does.
    pub fn change(&self, there: &Option<T>) -> Option<Option<T>> {
        let said = match self {
            Said::Nothing => return None,
            Said::Cleared | Said::Value(_) => self.value(),
        };
        (said != *there).then_some(said)
    }
}

/// One row, checked as far as it can be without the database. A field that is none was not said:
/// for something new it takes its default, in something that exists it stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "each holds the row of its name")]
pub enum Row {
    Place(PlaceRow),
    Firm(FirmRow),
    Estate(EstateRow),
    Project(ProjectRow),
    Manager(ManagerRow),
    Staff(StaffRow),
    Household(HouseholdRow),
    Record(Box<RecordRow>),
    Assessment(AssessmentRow),
    Metric(NewMetric),
}

/// A place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the columns of `POST /v1/admin/places`")]
pub struct PlaceRow {
    pub code: String,
    pub level: PlaceLevel,
    pub name: String,
    pub parent: Option<String>,
    pub valid_from: Option<NaiveDate>,
    pub aliases: Option<Vec<String>>,
}

/// A firm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the columns of `POST /v1/admin/firms`")]
pub struct FirmRow {
    pub uscc: String,
    pub name: String,
    pub short_name: Said<String>,
    pub registered_place: String,
    pub status: Option<FirmStatus>,
    pub participates: Option<bool>,
    pub residential: Option<bool>,
    #[serde(default)]
    pub licensed_on: Said<NaiveDate>,
    pub check_override_reason: Option<String>,
    #[serde(default)]
    pub parent: Said<String>,
    #[serde(default)]
    pub parent_since: Option<NaiveDate>,
}

/// An estate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the columns of `POST /v1/admin/estates`")]
pub struct EstateRow {
    pub code: String,
    pub name: String,
    pub kind: EstateKind,
    pub place: String,
    pub aliases: Option<Vec<String>>,
    pub address: Said<String>,
    pub households: Option<i32>,
}

/// A project: known again by its estate and first day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the columns of `POST /v1/admin/projects`")]
pub struct ProjectRow {
    pub estate: String,
    pub operator: Operator,
    pub uscc: Option<String>,
    pub manager: Said<String>,
    pub starts_on: NaiveDate,
    pub ends_on: Said<NaiveDate>,
    /// Area in dm² (m² × 100)
    pub area_dm2: i64,
    pub households: i32,
    pub fee_fen: Said<i64>,
    #[serde(default)]
    pub area_reason: Option<String>,
}

/// A manager: known again by name and firm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the columns of `POST /v1/admin/managers`")]
pub struct ManagerRow {
    pub name: String,
    pub uscc: String,
}

/// Someone of a firm's staff.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StaffRow {
    /// The firm.
    pub uscc: String,
    /// The keyed hash of the phone.
    pub phone_hash: String,
    /// Whether the person has left the firm.
    pub left: bool,
}

/// A household and its roster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HouseholdRow {
    /// The estate's code.
    pub estate: String,
    /// Building, normalised.
    pub building: String,
    /// Unit, normalised; may be empty where a building has none.
    pub unit: String,
    /// Room, normalised.
    pub room: String,
    /// The keyed hashes of the roster's phones, sorted; none leaves the roster as it is.
    pub phone_hashes: Option<Vec<String>>,
}

/// A reward or a penalty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordRow {
    /// Its [`decision`](crate::record::decision::decision).
    pub decision: String,
    /// What it says.
    pub new: NewRecord,
    /// When it was known: only in a city's founding import.
    pub known_from: Option<DateTime<Utc>>,
}

/// An assessment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssessmentRow {
    /// Which.
    pub key: AssessmentKey,
    /// What it says.
    pub new: NewAssessment,
    /// When it was known: only in a city's founding import.
    pub known_from: Option<DateTime<Utc>>,
}

impl Row {
    /// What the row is about: a second row of the same file about the same is a fault.
    pub fn key(&self) -> String {
        match self {
            Row::Place(row) => row.code.clone(),
            Row::Firm(row) => row.uscc.clone(),
            Row::Estate(row) => row.code.clone(),
            Row::Project(row) => joined(&[&row.estate, &row.starts_on.to_string()]),
            Row::Manager(row) => joined(&[&row.uscc, &row.name]),
            Row::Staff(row) => joined(&[&row.uscc, &row.phone_hash]),
            Row::Household(row) => joined(&[&row.estate, &row.building, &row.unit, &row.room]),
            // Rows that leave names out are compared with what stands, when they are put.
            Row::Record(row) => {
                let project = row.new.project.as_deref().unwrap_or_default();
                let manager = row.new.manager.as_deref().unwrap_or_default();
                joined(&[&row.decision, project, manager])
            }
            Row::Assessment(AssessmentRow { key, .. }) => {
                joined(&[&key.project, &key.period.to_string(), key.assessor.into_str()])
            }
            Row::Metric(row) => {
                joined(&[row.subject.kind.into_str(), &row.subject.id, &row.key, &row.period.to_string()])
            }
        }
    }
}

impl Row {
    /// The first and the last day that it is about, where it may name a project by its estate.
    pub fn days(&self) -> Option<(NaiveDate, NaiveDate)> {
        match self {
            Row::Record(row) => Some((row.new.decided_on, row.new.decided_on)),
            Row::Assessment(row) => Some((row.key.period.first_day(), row.key.period.last_day())),
            Row::Metric(row) => Some((row.period.first_day(), row.period.last_day())),
            _ => None,
        }
    }

    /// Puts the id of what a column names in the place of how the file names it.
    pub fn set_reference(&mut self, column: &str, id: String) {
        match (self, column) {
            (Row::Project(row), "manager") => row.manager = Said::Value(id),
            (Row::Record(row), "project") => row.new.project = Some(id),
            (Row::Record(row), "manager") => row.new.manager = Some(id),
            (Row::Assessment(row), "project") => row.key.project = id,
            (Row::Metric(row), "subject") => row.subject.id = id,
            _ => {}
        }
    }

    /// The row of the same file that this one may hang on, by that row's [`Row::key`].
    pub fn parent(&self) -> Option<&str> {
        match self {
            Row::Place(row) => row.parent.as_deref(),
            Row::Firm(row) => match &row.parent {
                Said::Value(parent) => Some(parent),
                Said::Cleared | Said::Nothing => None,
            },
            _ => None,
        }
    }
}

/// Parts that no part can imitate: control characters are refused in every field.
fn joined(parts: &[&str]) -> String {
    parts.join("\u{1f}")
}
