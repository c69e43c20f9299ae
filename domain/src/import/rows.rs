//! The rows of each kind, read from their fields. A phone is hashed as it is read: no row holds one in clear.

use serde::{Deserialize, Serialize};

use super::{Fields, ImportKind, RowFault};
use crate::calendar::Period;
use crate::catalogue::{Level, Severity, Word};
use crate::estate::{self, EstateKind};
use crate::firm::{self, FirmStatus};
use crate::household::Dwelling;
use crate::place::{PlaceLevel, check_code};
use crate::project::{Area, Operator};
use crate::scheme::Assessor;
use crate::subject::SubjectKind;
use crate::text::Text;

/// One row, checked as far as it can be without the database. A field that is none was not said: for something new it takes its default, in something
/// that exists it stays.
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
    Record(RecordRow),
    Assessment(AssessmentRow),
    Metric(MetricRow),
}

/// A place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the columns of `POST /v1/admin/places`")]
pub struct PlaceRow {
    pub code: String,
    pub level: PlaceLevel,
    pub name: String,
    pub parent: Option<String>,
    pub valid_from: Option<String>,
    pub aliases: Option<Vec<String>>,
}

/// A firm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the columns of `POST /v1/admin/firms`")]
pub struct FirmRow {
    pub uscc: String,
    pub name: String,
    pub short_name: Option<String>,
    pub registered_place: String,
    pub status: Option<FirmStatus>,
    pub participates: Option<bool>,
    pub residential: Option<bool>,
    pub check_override_reason: Option<String>,
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
    pub address: Option<String>,
    pub households: Option<i32>,
}

/// A project: known again by its estate and first day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the columns of `POST /v1/admin/projects`")]
pub struct ProjectRow {
    pub estate: String,
    pub operator: Operator,
    pub uscc: Option<String>,
    /// The manager's id, or the name of one manager of the firm
    pub manager: Option<String>,
    pub starts_on: String,
    pub ends_on: Option<String>,
    /// Area in dm² (m² × 100)
    pub area_dm2: i64,
    pub households: i32,
    pub fee_fen: Option<i64>,
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
#[expect(missing_docs, reason = "the columns of `POST /v1/admin/records`")]
pub struct RecordRow {
    /// Names the fact across files; made of firm, category, document number and project when left out.
    pub key: String,
    pub category: String,
    pub uscc: String,
    pub project: Option<String>,
    pub manager: Option<String>,
    pub level: Level,
    pub severity: Option<Severity>,
    pub title: String,
    pub detail: Option<String>,
    pub document_number: String,
    pub authority: String,
    pub evidence: Vec<String>,
    pub decided_on: String,
    pub counts_until: Option<String>,
    pub publish: Option<bool>,
    pub public_until: Option<String>,
    /// Only in a city's founding import.
    pub known_from: Option<chrono::DateTime<chrono::Utc>>,
}

/// An assessment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields of `PUT /v1/admin/assessments/{project}/{period}/{assessor}`")]
pub struct AssessmentRow {
    pub project: String,
    pub period: String,
    pub assessor: Assessor,
    pub service_thousandths: i64,
    pub party_thousandths: i64,
    pub note: Option<String>,
    pub evidence: Vec<String>,
    pub correction_reason: Option<String>,
    /// Only in a city's founding import.
    pub known_from: Option<chrono::DateTime<chrono::Utc>>,
}

/// A figure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetricRow {
    /// What it is about.
    pub subject_kind: SubjectKind,
    /// Its uscc or id.
    pub subject: String,
    /// The figure's name, such as `fee_collection_rate`.
    pub key: String,
    /// `2026`, `2026-H2`, `2026-Q4`
    pub period: String,
    /// Value × 1000.
    pub value_thousandths: i64,
    /// Where it comes from.
    pub source: String,
    /// Only in a city's founding import.
    pub known_from: Option<chrono::DateTime<chrono::Utc>>,
}

impl Row {
    /// What the row is about: a second row of the same file about the same is a fault.
    pub fn key(&self) -> String {
        match self {
            Row::Place(row) => row.code.clone(),
            Row::Firm(row) => row.uscc.clone(),
            Row::Estate(row) => row.code.clone(),
            Row::Project(row) => joined(&[&row.estate, &row.starts_on]),
            Row::Manager(row) => joined(&[&row.uscc, &row.name]),
            Row::Staff(row) => joined(&[&row.uscc, &row.phone_hash]),
            Row::Household(row) => joined(&[&row.estate, &row.building, &row.unit, &row.room]),
            Row::Record(row) => row.key.clone(),
            Row::Assessment(row) => joined(&[&row.project, &row.period, row.assessor.as_str()]),
            Row::Metric(row) => joined(&[row.subject_kind.as_str(), &row.subject, &row.key, &row.period]),
        }
    }
}

/// Parts that no part can imitate: control characters are refused in every field.
fn joined(parts: &[&str]) -> String {
    parts.join("\u{1f}")
}

/// Reads one row. `hash_phone` gives the keyed hash of a phone; `founding` allows `known_from`.
///
/// # Errors
/// Everything that is wrong with the row.
pub fn read_row(
    kind: ImportKind,
    mut fields: Fields,
    hash_phone: &dyn Fn(&str) -> String,
    founding: bool,
) -> Result<Row, Vec<RowFault>> {
    let row = match kind {
        ImportKind::Places => place(&mut fields),
        ImportKind::Firms => firm(&mut fields),
        ImportKind::Estates => estate(&mut fields),
        ImportKind::Projects => project(&mut fields),
        ImportKind::Managers => manager(&mut fields),
        ImportKind::Staff => staff(&mut fields, hash_phone),
        ImportKind::Households => household(&mut fields, hash_phone),
        ImportKind::Records => record(&mut fields, founding),
        ImportKind::Assessments => assessment(&mut fields, founding),
        ImportKind::Metrics => metric(&mut fields, founding),
    };
    match row {
        Some(row) if !fields.is_bad() => Ok(row),
        _ => Err(fields.into_faults()),
    }
}

fn place(fields: &mut Fields) -> Option<Row> {
    let code = place_code(fields, "code");
    let level = fields.choice("level", &["city", "district", "street", "community"], PlaceLevel::parse);
    let name = fields.text("name", 100);
    let parent = fields.optional_text("parent", 32);
    let valid_from = fields.optional_day("valid_from");
    let aliases = fields.list("aliases", 20, 100);
    Some(Row::Place(PlaceRow { code: code?, level: level?, name: name?, parent, valid_from, aliases }))
}

fn firm(fields: &mut Fields) -> Option<Row> {
    let uscc = fields.text("uscc", 40);
    let name = fields.text("name", 100);
    let short_name = fields.optional_text("short_name", 50);
    let registered_place = place_code(fields, "registered_place");
    let status = fields.optional_choice("status", &["active", "revoked", "deregistered"], FirmStatus::parse);
    let participates = fields.optional_yes("participates");
    let residential = fields.optional_yes("residential");
    let check_override_reason = fields.optional_text("check_override_reason", 200);
    let uscc = uscc.and_then(|uscc| fields.ruled(firm::read_uscc(&uscc, check_override_reason.as_deref())));
    Some(Row::Firm(FirmRow {
        uscc: uscc?.to_string(),
        name: name?,
        short_name,
        registered_place: registered_place?,
        status,
        participates,
        residential,
        check_override_reason,
    }))
}

fn estate(fields: &mut Fields) -> Option<Row> {
    let code = fields.text("code", 40).and_then(|code| fields.ruled(estate::read_code(&code)));
    let name = fields.text("name", 100);
    let kind = fields.choice("kind", &["professional", "old", "unmanaged", "affordable"], EstateKind::parse);
    let place = place_code(fields, "place");
    let aliases = fields.list("aliases", 20, 100);
    let address = fields.optional_text("address", 200);
    let households = small(fields.optional_integer("households", 0, 100_000));
    Some(Row::Estate(EstateRow {
        code: code?,
        name: name?,
        kind: kind?,
        place: place?,
        aliases,
        address,
        households,
    }))
}

fn project(fields: &mut Fields) -> Option<Row> {
    let estate = fields.text("estate", 40);
    let operator =
        fields.choice("operator", &["firm", "street_firm", "owners", "community"], Operator::parse);
    let uscc = fields.optional_uscc("uscc");
    let manager = fields.optional_text("manager", 100);
    let starts_on = fields.day("starts_on");
    let ends_on = fields.optional_day("ends_on");
    let area_dm2 = fields.scaled("area_m2", 2, 1, Area::LARGEST);
    let households = small(fields.integer("households", 0, 100_000));
    let fee_fen = fields.optional_integer("fee_fen", 0, 1_000_000);
    Some(Row::Project(ProjectRow {
        estate: estate?,
        operator: operator?,
        uscc,
        manager,
        starts_on: starts_on?,
        ends_on,
        area_dm2: area_dm2?,
        households: households?,
        fee_fen,
    }))
}

fn manager(fields: &mut Fields) -> Option<Row> {
    let name = fields.text("name", 50);
    let uscc = fields.uscc("uscc");
    Some(Row::Manager(ManagerRow { name: name?, uscc: uscc? }))
}

fn staff(fields: &mut Fields, hash_phone: &dyn Fn(&str) -> String) -> Option<Row> {
    let uscc = fields.uscc("uscc");
    let phone = fields.phone("phone");
    let left = fields.optional_yes("left").unwrap_or(false);
    Some(Row::Staff(StaffRow { uscc: uscc?, phone_hash: hash_phone(phone?.digits()), left }))
}

fn household(fields: &mut Fields, hash_phone: &dyn Fn(&str) -> String) -> Option<Row> {
    let estate = fields.text("estate", 40);
    let building = fields.text("building", 40);
    let unit = fields.optional_text("unit", 40).unwrap_or_default();
    let room = fields.text("room", 40);
    let phone_hashes = fields.phones("phones").map(|phones| {
        let mut hashes: Vec<String> = phones.iter().map(|phone| hash_phone(phone.digits())).collect();
        hashes.sort();
        hashes.dedup();
        hashes
    });
    let dwelling = fields.ruled(Dwelling::read(&building?, &unit, &room?));
    let Dwelling { building, unit, room } = dwelling?;
    Some(Row::Household(HouseholdRow { estate: estate?, building, unit, room, phone_hashes }))
}

fn record(fields: &mut Fields, founding: bool) -> Option<Row> {
    let key = fields.optional_text("key", 200);
    let category = fields.text("category", 100);
    let uscc = fields.uscc("uscc");
    let project = fields.optional_text("project", 64);
    let manager = fields.optional_text("manager", 64);
    let level = fields.choice("level", &["state", "province", "city", "district", "street"], Level::parse);
    let severity = fields.optional_choice("severity", &["minor", "ordinary", "serious"], Severity::parse);
    let title = fields.text("title", 200);
    let detail = fields.optional_long_text("detail", 2000);
    let document_number = fields.text("document_number", 100);
    let authority = fields.text("authority", 100);
    let evidence = fields.list("evidence", 20, 200).unwrap_or_default();
    let decided_on = fields.day("decided_on");
    let counts_until = fields.optional_day("counts_until");
    let publish = fields.optional_yes("publish");
    let public_until = fields.optional_day("public_until");
    let known_from = known_from(fields, founding);
    let (category, uscc, document_number, decided_on) = (category?, uscc?, document_number?, decided_on?);
    let key = key.unwrap_or_else(|| {
        [uscc.as_str(), &category, &document_number, project.as_deref().unwrap_or_default()].join("|")
    });
    Some(Row::Record(RecordRow {
        key,
        category,
        uscc,
        project,
        manager,
        level: level?,
        severity,
        title: title?,
        detail,
        document_number,
        authority: authority?,
        evidence,
        decided_on,
        counts_until,
        publish,
        public_until,
        known_from,
    }))
}

/// "Only a city's founding import may supply `known_from`."
fn known_from(fields: &mut Fields, founding: bool) -> Option<chrono::DateTime<chrono::Utc>> {
    let text = fields.optional_text("known_from", 40)?;
    if !founding {
        let text = Text::new(
            "只有城市的初始导入可以给出 known_from",
            "Only a city's founding import may supply known_from",
        );
        fields.fault("known_from", "founding_only", text);
        return None;
    }
    let instant = chrono::DateTime::parse_from_rfc3339(&text).ok();
    if instant.is_none() {
        let text = Text::new("应为 RFC 3339 时间", "must be a time such as 2025-03-01T00:00:00Z");
        fields.fault("known_from", "time", text);
    }
    instant.map(|instant| instant.to_utc())
}

fn assessment(fields: &mut Fields, founding: bool) -> Option<Row> {
    let project = fields.text("project", 64);
    let period = period(fields);
    let assessor = fields.choice("assessor", &["community", "street", "district"], Assessor::parse);
    let service = fields.scaled("service", 3, 0, 100_000);
    let party = fields.scaled("party", 3, 0, 100_000);
    let note = fields.optional_long_text("note", 1000);
    let evidence = fields.list("evidence", 20, 200).unwrap_or_default();
    let correction_reason = fields.optional_text("correction_reason", 500);
    let known_from = known_from(fields, founding);
    Some(Row::Assessment(AssessmentRow {
        project: project?,
        period: period?,
        assessor: assessor?,
        service_thousandths: service?,
        party_thousandths: party?,
        note,
        evidence,
        correction_reason,
        known_from,
    }))
}

fn metric(fields: &mut Fields, founding: bool) -> Option<Row> {
    let subject_kind = fields.choice("subject_kind", &["firm", "project", "manager"], SubjectKind::parse);
    let subject = match subject_kind {
        Some(SubjectKind::Firm) => fields.uscc("subject"),
        _ => fields.text("subject", 64),
    };
    let key = fields.text("key", 64);
    let period = period(fields);
    let value = fields.scaled("value", 3, -1_000_000_000_000, 1_000_000_000_000);
    let source = fields.text("source", 200);
    let known_from = known_from(fields, founding);
    Some(Row::Metric(MetricRow {
        subject_kind: subject_kind?,
        subject: subject?,
        key: key?,
        period: period?,
        value_thousandths: value?,
        source: source?,
        known_from,
    }))
}

fn period(fields: &mut Fields) -> Option<String> {
    let text = fields.text("period", 10)?;
    match text.parse::<Period>() {
        Ok(period) => Some(period.to_string()),
        Err(fault) => {
            fields.fault("period", "period", fault.text());
            None
        }
    }
}

fn place_code(fields: &mut Fields, column: &str) -> Option<String> {
    let code = fields.text(column, 32)?;
    let checked = check_code(&code, column);
    fields.ruled(checked).map(|()| code)
}

/// Bounds were checked: every value fits.
fn small(number: Option<i64>) -> Option<i32> {
    number.and_then(|number| i32::try_from(number).ok())
}
