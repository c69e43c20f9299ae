//! Imports: files of many rows, read as a stream, checked row by row, and made visible whole or not
//! at all.
//!
//! Here is what a file may hold ([`ImportKind`], [`Column`]), how one row is read ([`Fields`],
//! [`Row`]) and what is shown of a job ([`ImportJob`]).

mod accounts;
mod columns;
mod fields;
mod kind;
mod names;
mod read;
mod read_metric;
mod references;
mod rows;
mod shown;
mod states;
mod undo;
mod written;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use accounts::{AccountRow, read_account};
pub use columns::{ACCOUNTS, Column, Example, Fact, column_by_header};
pub use fields::{Cell, Fields, MOST_FAULTS};
pub use kind::ImportKind;
pub use names::{Choice, Named};
pub use read::read_row;
pub use references::{Reference, Referent};
pub use rows::{
    AssessmentRow, EstateRow, FirmRow, HouseholdRow, ManagerRow, PlaceRow, ProjectRow, RecordRow, Row, Said,
    StaffRow,
};
pub use shown::{ImportedRow, RowOutcome};
pub use undo::NewUndo;

use crate::account::{NamesPeople, People};
use crate::text::Text;

/// Faults that are kept and shown of one import; further ones are only counted.
pub const FAULTS_KEPT: usize = 1000;

/// Whether a file is applied, or only a report of it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Run {
    /// A report.
    Dry,
    /// It is applied.
    Real,
}

/// What a file is sent for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occasion {
    /// What has happened since.
    Usual,
    /// It brings a city's past, and may say when that was known.
    Founding,
}

/// How the rows of a file are written.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    ToSchema,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "snake_case")]
pub enum ImportFormat {
    /// A table as a spreadsheet saves it, with a header row, `text/csv`
    Csv,
    /// One JSON object a line, `application/x-ndjson`
    Ndjson,
}

/// How the text of a file is encoded.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Serialize,
    ToSchema,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
pub enum ImportEncoding {
    /// UTF-8, with or without a mark.
    #[serde(rename = "utf-8")]
    #[strum(serialize = "utf-8")]
    Utf8,
    /// UTF-16 of either order, with a mark.
    #[serde(rename = "utf-16")]
    #[strum(serialize = "utf-16")]
    Utf16,
    /// GB 18030.
    #[serde(rename = "gb18030")]
    #[strum(serialize = "gb18030")]
    Gb18030,
}

/// Where an import stands.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    ToSchema,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "snake_case")]
pub enum ImportState {
    /// The file waits or is being read; nothing of it is visible.
    Reading,
    /// Its rows are being put beside the live ones; nothing of it is visible.
    Applying,
    /// Everything is visible.
    Applied,
    /// A dry run has ended: the report is all that there is.
    Checked,
    /// It waits for another official; nothing of it counts.
    Submitted,
    /// It was confirmed and counts.
    Confirmed,
    /// It was returned and never counted.
    Returned,
    /// Its own side took it back before it counted.
    Withdrawn,
    /// Nobody decided it in time; it never counted.
    Expired,
    /// Rows are bad, and so nothing was applied.
    Refused,
    /// The file could not be read as a whole, or the service stopped half-way; nothing was applied.
    Failed,
}

impl ImportState {
    /// Whether the job still runs.
    pub fn is_running(self) -> bool {
        matches!(self, ImportState::Reading | ImportState::Applying)
    }
}

/// One row of a file, as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadRow {
    /// The row's number, as a spreadsheet shows it: the header has one too, and so has a row
    /// without anything; of NDJSON the line.
    pub line: u64,
    /// The cells by which people know it, as they stand in the file; never a phone.
    pub key: String,
    /// What it is; `None` if something is wrong with it.
    pub row: Option<Row>,
    /// What is wrong with it.
    pub faults: Vec<RowFault>,
    /// What it names that must be there.
    pub references: Vec<Reference>,
}

impl ReadRow {
    /// A row that could not be taken apart.
    pub fn unreadable(line: u64, code: &str, text: Text) -> ReadRow {
        let key = String::new();
        let fault = RowFault { line, key: key.clone(), column: None, code: code.to_owned(), text };
        ReadRow { line, key, row: None, faults: vec![fault], references: Vec::new() }
    }
}

/// What is wrong with one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowFault {
    /// The row's number ([`ReadRow::line`]).
    pub line: u64,
    /// The row's key ([`ReadRow::key`]).
    pub key: String,
    /// The column; `None` if the row as a whole is wrong.
    pub column: Option<String>,
    /// A stable word for programs.
    pub code: String,
    /// The reason, for people.
    pub text: Text,
}

/// Why a file as a whole cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileFault {
    /// The line where it stopped, where there is one.
    pub line: Option<u64>,
    /// A stable word for programs.
    pub code: String,
    /// The reason, for people.
    pub text: Text,
}

impl FileFault {
    /// A fault of the whole file.
    pub fn new(code: &str, text: Text) -> FileFault {
        FileFault { line: None, code: code.to_owned(), text }
    }

    /// The same, at a line.
    #[must_use]
    pub fn at(self, line: u64) -> FileFault {
        FileFault { line: Some(line), ..self }
    }
}

/// An import as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c", "kind": "estates", "format": "csv", "encoding": "utf-8", "dry_run": false, "founding": false, "state": "applied",
    "name": "小区.csv", "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "reason": "年度普查",
    "place": "2102", "by": "0193a5c2-0000-7f00-8000-5d0c3f6a1b2c", "confirmed_by": null, "expires_at": null, "undone_at": null,
    "rows": {"read": 120, "bad": 0, "created": 118, "updated": 1, "unchanged": 1}, "failure": null,
    "created_at": "2026-11-21T02:00:00Z", "finished_at": "2026-11-21T02:00:02Z", "people": {"0193a5c2-0000-7f00-8000-5d0c3f6a1b2c": "海军广场街道"}
}))]
pub struct ImportJob {
    /// The job.
    pub id: String,
    /// What the rows are.
    pub kind: ImportKind,
    /// How they are written.
    pub format: ImportFormat,
    /// How it was found to be encoded; null until then.
    pub encoding: Option<ImportEncoding>,
    /// Whether only a report was asked for.
    pub dry_run: bool,
    /// Whether it is the founding import of a city: its rows say themselves when they were known.
    pub founding: bool,
    /// What the file is called, as who sent it says.
    pub name: Option<String>,
    /// SHA-256 of its bytes, in hexadecimal figures.
    pub sha256: Option<String>,
    /// Why it is sent.
    pub reason: Option<String>,
    /// Where it stands.
    pub state: ImportState,
    /// The place of the official who sent it; the city's for the operator's.
    pub place: Option<String>,
    /// The account that sent it.
    pub by: String,
    /// The account that confirmed or returned it.
    pub confirmed_by: Option<String>,
    /// When it ends by itself, where it waits for another official.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<DateTime<Utc>>,
    /// When what it did was taken back.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub undone_at: Option<DateTime<Utc>>,
    /// How many rows there are of each kind.
    pub rows: ImportRows,
    /// Why the file as a whole was not taken.
    pub failure: Option<ImportFailure>,
    /// When it was sent.
    pub created_at: DateTime<Utc>,
    /// When it ended.
    pub finished_at: Option<DateTime<Utc>>,
    /// Who these accounts are.
    pub people: People,
}

impl NamesPeople for ImportJob {
    fn accounts(&self) -> Vec<&str> {
        let named = [Some(self.by.as_str()), self.confirmed_by.as_deref()];
        named.into_iter().flatten().collect()
    }

    fn people_mut(&mut self) -> &mut People {
        &mut self.people
    }
}

/// Counts of rows. In a dry run they say what would happen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"read": 120, "bad": 0, "created": 118, "updated": 1, "unchanged": 1}))]
pub struct ImportRows {
    /// Rows read so far, without the header and empty rows.
    pub read: i32,
    /// Rows with a fault.
    pub bad: i32,
    /// Rows that make something new.
    pub created: i32,
    /// Rows that change something.
    pub updated: i32,
    /// Rows that say what stands already.
    pub unchanged: i32,
}

impl ImportRows {
    /// One row more.
    pub fn count(&mut self, outcome: RowOutcome) {
        match outcome {
            RowOutcome::Created => self.created += 1,
            RowOutcome::Updated => self.updated += 1,
            RowOutcome::Unchanged => self.unchanged += 1,
        }
    }
}

/// Why a file as a whole was not taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"code": "bad_encoding", "line": 7, "detail": "第7行既不是 UTF-8 也不是 GB 18030"}))]
pub struct ImportFailure {
    /// A stable word for programs.
    pub code: String,
    /// The line where it stopped, where there is one.
    pub line: Option<u64>,
    /// The reason, for people.
    pub detail: String,
}

/// One fault of one row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "line": 12, "key": "2102X01 高新区", "column": "parent", "header": "上级区划代码", "code": "unknown_place",
    "detail": "未找到该区划"
}))]
pub struct BadRow {
    /// The row’s number as a spreadsheet shows it: the header is row 1, a cell may have several
    /// lines, and empty rows count. Of NDJSON the line.
    pub line: i32,
    /// The cells by which people know the row, such as its code and name; empty where they are.
    pub key: String,
    /// The column; null where the row as a whole is wrong.
    pub column: Option<String>,
    /// The column’s name for people; null where `column` is, or no column has that name.
    pub header: Option<String>,
    /// A stable word for programs.
    pub code: String,
    /// The reason, for people.
    pub detail: String,
}

/// An import with its bad rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "by": "0193a5c2-0000-7f00-8000-5d0c3f6a1b2c", "confirmed_by": null, "created_at": "2026-11-21T02:00:00Z", "dry_run": false,
    "encoding": "utf-8", "expires_at": null, "failure": null, "finished_at": "2026-11-21T02:00:02Z", "format": "csv", "founding": false,
    "id": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c", "kind": "estates", "name": "小区.csv", "place": "2102",
    "reason": "年度普查", "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "rows": {"read": 120, "bad": 1, "created": 0, "updated": 0, "unchanged": 0}, "state": "refused", "undone_at": null, "people": {},
    "bad_rows": [{
        "code": "unknown_place", "column": "parent", "detail": "未找到该区划", "header": "上级区划代码", "key": "2102X01 高新区", "line": 12
    }]
}))]
pub struct ImportReport {
    /// The job.
    #[serde(flatten)]
    pub job: ImportJob,
    /// The first 1,000 faults, by line; `rows.bad` counts all bad rows.
    pub bad_rows: Vec<BadRow>,
}
