//! Rows as whoever confirms a file reads them: what each says, by its columns, and what it would
//! change. A phone is never among it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::rows::{
    AssessmentRow, EstateRow, FirmRow, HouseholdRow, ManagerRow, PlaceRow, ProjectRow, RecordRow, Row, Said,
    StaffRow,
};
use crate::metric::NewMetric;
use crate::project::Area;
use crate::proposal::Change;

/// What a row does.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
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
pub enum RowOutcome {
    /// It makes something new.
    Created,
    /// It changes something.
    Updated,
    /// It says what stands already.
    Unchanged,
}

/// One row of a file that another official confirms.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(example = json!({
    "line": 2, "key": "2102-0001", "outcome": "updated", "values": {"code": "2102-0001", "households": 320},
    "changes": [{"field": "households", "before": 300, "after": 320}]
}))]
pub struct ImportedRow {
    /// Its number, as in `bad_rows`.
    pub line: i32,
    /// The cells by which people know it.
    pub key: String,
    /// What it does.
    pub outcome: RowOutcome,
    /// What it says, by the columns of its kind; null where it takes a value away. Phones are left
    /// out.
    pub values: BTreeMap<String, Value>,
    /// What it changes of what stands.
    pub changes: Vec<Change>,
}

/// The cells of a row.
#[derive(Default)]
struct Cells(BTreeMap<String, Value>);

impl Cells {
    /// A column; left out where the row does not say it.
    fn put(mut self, column: &str, value: impl Serialize) -> Cells {
        let value = serde_json::to_value(value).unwrap_or_default();
        if !value.is_null() {
            self.0.insert(column.to_owned(), value);
        }
        self
    }

    /// A column of what may have no value.
    fn said<T: Serialize>(mut self, column: &str, said: &Said<T>) -> Cells {
        match said {
            Said::Nothing => self,
            Said::Value(value) => self.put(column, value),
            Said::Cleared => {
                self.0.insert(column.to_owned(), Value::Null);
                self
            }
        }
    }
}

impl Row {
    /// What it says, by the columns of its kind, without phones.
    pub fn values(&self) -> BTreeMap<String, Value> {
        let cells = match self {
            Row::Place(row) => place(row),
            Row::Firm(row) => firm(row),
            Row::Estate(row) => estate(row),
            Row::Project(row) => project(row),
            Row::Manager(ManagerRow { name, uscc }) => Cells::default().put("name", name).put("uscc", uscc),
            Row::Staff(StaffRow { uscc, left, .. }) => Cells::default().put("uscc", uscc).put("left", left),
            Row::Household(HouseholdRow { estate, building, unit, room, .. }) => Cells::default()
                .put("estate", estate)
                .put("building", building)
                .put("unit", unit)
                .put("room", room),
            Row::Record(row) => record(row),
            Row::Assessment(row) => assessment(row),
            Row::Metric(row) => metric(row),
        };
        cells.0
    }
}

fn place(row: &PlaceRow) -> Cells {
    Cells::default()
        .put("code", &row.code)
        .put("level", row.level)
        .put("name", &row.name)
        .put("parent", &row.parent)
        .put("valid_from", row.valid_from)
        .put("aliases", &row.aliases)
}

fn firm(row: &FirmRow) -> Cells {
    Cells::default()
        .put("uscc", &row.uscc)
        .put("name", &row.name)
        .said("short_name", &row.short_name)
        .put("registered_place", &row.registered_place)
        .put("status", row.status)
        .put("participates", row.participates)
        .put("residential", row.residential)
        .said("licensed_on", &row.licensed_on)
        .put("check_override_reason", &row.check_override_reason)
        .said("parent", &row.parent)
        .put("parent_since", row.parent_since)
}

fn estate(row: &EstateRow) -> Cells {
    Cells::default()
        .put("code", &row.code)
        .put("name", &row.name)
        .put("kind", row.kind)
        .put("place", &row.place)
        .put("aliases", &row.aliases)
        .said("address", &row.address)
        .put("households", row.households)
}

fn project(row: &ProjectRow) -> Cells {
    Cells::default()
        .put("estate", &row.estate)
        .put("operator", row.operator)
        .put("uscc", &row.uscc)
        .said("manager", &row.manager)
        .put("starts_on", row.starts_on)
        .said("ends_on", &row.ends_on)
        .put("area_m2", Area::from_hundredths(row.area_dm2))
        .put("households", row.households)
        .said("fee_fen", &row.fee_fen)
        .put("area_reason", &row.area_reason)
}

fn record(RecordRow { new, known_from, .. }: &RecordRow) -> Cells {
    let cells = Cells::default()
        .put("category", &new.category)
        .put("uscc", &new.uscc)
        .put("project", &new.project)
        .put("manager", &new.manager)
        .put("level", new.level)
        .put("severity", new.severity)
        .put("severity_reason", &new.severity_reason)
        .put("title", &new.title)
        .put("detail", &new.detail)
        .put("document_number", &new.document_number)
        .put("authority", &new.authority)
        .put("evidence", &new.evidence)
        .put("decided_on", new.decided_on)
        .put("counts_until", new.counts_until)
        .put("publish", new.publish)
        .put("public_until", new.public_until)
        .put("known_from", known_from);
    // A file gives the points of one scheme at the most.
    match new.points.first() {
        Some(given) => {
            cells.put("scheme", &given.scheme).put("points", given.points).put("reason", &given.reason)
        }
        None => cells,
    }
}

fn assessment(AssessmentRow { key, new, known_from }: &AssessmentRow) -> Cells {
    Cells::default()
        .put("project", &key.project)
        .put("period", key.period)
        .put("assessor", key.assessor)
        .put("service", new.scores.service)
        .put("party", new.scores.party)
        .put("note", &new.note)
        .put("evidence", &new.evidence)
        .put("correction_reason", &new.correction_reason)
        .put("known_from", known_from)
}

fn metric(row: &NewMetric) -> Cells {
    let cells = Cells::default()
        .put("subject_kind", row.subject.kind)
        .put("subject", &row.subject.id)
        .put("key", &row.key)
        .put("period", row.period)
        .put("value", row.value)
        .put("source", &row.source)
        .put("known_from", row.known_from);
    let Some(method) = &row.method else { return cells };
    cells
        .put("population", method.population)
        .put("asked", method.asked)
        .put("answered", method.answered)
        .put("asked_from", method.asked_from)
        .put("asked_to", method.asked_to)
        .put("collection", method.collection)
        .put("sampling", method.sampling)
        .put("excluded", method.excluded)
        .put("excluded_why", &method.excluded_why)
        .put("minimum", method.minimum)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::import::ImportKind;

    #[test]
    fn a_row_says_what_its_columns_do_and_no_phone() {
        let staff = Row::Staff(StaffRow { uscc: "U".to_owned(), phone_hash: "H".to_owned(), left: true });
        assert_eq!(json!(staff.values()), json!({"uscc": "U", "left": true}));
        let household = Row::Household(HouseholdRow {
            estate: "E".to_owned(),
            building: "1".to_owned(),
            unit: String::new(),
            room: "101".to_owned(),
            phone_hashes: Some(vec!["H".to_owned()]),
        });
        assert_eq!(
            json!(household.values()),
            json!({"estate": "E", "building": "1", "unit": "", "room": "101"})
        );
        let project = Row::Project(ProjectRow {
            estate: "E".to_owned(),
            operator: crate::project::Operator::Owners,
            uscc: None,
            manager: Said::Cleared,
            starts_on: "2026-01-01".parse().unwrap(),
            ends_on: Said::Nothing,
            area_dm2: 8_500_050,
            households: 300,
            fee_fen: Said::Value(180),
            area_reason: None,
        });
        assert_eq!(
            json!(project.values()),
            json!({
                "estate": "E", "operator": "owners", "manager": null, "starts_on": "2026-01-01", "area_m2": 85000.5,
                "households": 300, "fee_fen": 180
            })
        );
        for column in project.values().keys() {
            assert!(ImportKind::Projects.column(column).is_some(), "{column}");
        }
    }
}
