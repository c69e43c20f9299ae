//! Reading a row of metrics: what the catalogue says against it is told with the rest.

use super::read::known_from;
use super::references::Referent;
use super::rows::Row;
use super::{Fields, Occasion};
use crate::calendar::PeriodKind;
use crate::metric::{
    MOST_HOUSEHOLDS, MetricCatalogue, MetricSubject, MetricSubjectKind, NewMetric, Reporter, SurveyMethod,
    check_key,
};
use crate::refusal::Refusal;
use crate::thousandths::Thousandths;

/// The columns that say how a survey was made.
const OF_SURVEYS: [&str; 10] = [
    "population",
    "asked",
    "answered",
    "asked_from",
    "asked_to",
    "collection",
    "sampling",
    "excluded",
    "excluded_why",
    "minimum",
];

pub(super) fn metric(fields: &mut Fields, occasion: Occasion) -> Option<Row> {
    let subject_kind = fields.choice::<MetricSubjectKind>("subject_kind");
    let subject = subject(fields, subject_kind);
    let key = key(fields);
    let period = fields.period("period", &PeriodKind::ALL);
    let value = fields.scaled("value", 3, -1_000_000_000_000, 1_000_000_000_000);
    let source = fields.text("source", 200);
    let is_survey = OF_SURVEYS.iter().any(|column| fields.has(column));
    let method = if is_survey { Some(method(fields)?) } else { None };
    let known_from = known_from(fields, occasion);
    let new = NewMetric {
        subject: MetricSubject { kind: subject_kind?, id: subject? },
        key: key?,
        period: period?,
        value: Thousandths::from_stored(value?),
        source: source?,
        method,
        known_from,
    };
    let checked = MetricCatalogue::shipped().check(new.figure(Reporter::Official));
    fields.ruled(checked.map_err(in_columns))?;
    Some(Row::Metric(new))
}

fn subject(fields: &mut Fields, kind: Option<MetricSubjectKind>) -> Option<String> {
    let subject = match kind {
        Some(MetricSubjectKind::Firm) => fields.uscc("subject"),
        Some(MetricSubjectKind::Estate | MetricSubjectKind::Place) => fields.code("subject", 40),
        _ => fields.text("subject", 100),
    };
    if let Some(kind) = kind {
        let referent = match kind {
            MetricSubjectKind::Firm => Referent::Firm,
            MetricSubjectKind::Project => Referent::Project,
            MetricSubjectKind::Manager => Referent::Manager { of: None },
            MetricSubjectKind::Estate => Referent::Estate,
            MetricSubjectKind::Place => Referent::Place,
        };
        fields.refers_within("subject", referent, subject.as_ref());
    }
    subject
}

/// A key that is none of the catalogue's is told whatever else the row says.
fn key(fields: &mut Fields) -> Option<String> {
    let key = fields.code("key", 64)?.to_ascii_lowercase();
    fields.ruled(check_key(&key))?;
    let catalogue = MetricCatalogue::shipped();
    if catalogue.get(&key).is_none() {
        fields.fault("key", "unknown_metric", catalogue.unknown(&key));
        return None;
    }
    Some(key)
}

fn method(fields: &mut Fields) -> Option<SurveyMethod> {
    let population = households(fields, "population", 1);
    let asked = households(fields, "asked", 1);
    let answered = households(fields, "answered", 1);
    let asked_from = fields.day("asked_from");
    let asked_to = fields.day("asked_to");
    let collection = fields.choice("collection");
    let sampling = fields.choice("sampling");
    let excluded = if fields.has("excluded") { households(fields, "excluded", 0) } else { Some(0) };
    let excluded_why = fields.optional_text("excluded_why", 500);
    let minimum = households(fields, "minimum", 1);
    Some(SurveyMethod {
        population: population?,
        asked: asked?,
        answered: answered?,
        asked_from: asked_from?,
        asked_to: asked_to?,
        collection: collection?,
        sampling: sampling?,
        excluded: excluded?,
        excluded_why,
        minimum: minimum?,
    })
}

fn households(fields: &mut Fields, column: &str, least: i64) -> Option<u32> {
    fields.integer(column, least, MOST_HOUSEHOLDS.into()).and_then(|number| u32::try_from(number).ok())
}

/// A row has no fields below others: a fault of the method is one of its column, and that it is
/// missing one of the first of them.
fn in_columns(refusal: Refusal) -> Refusal {
    let Refusal::Invalid(mut faults) = refusal else { return refusal };
    for fault in &mut faults {
        if let Some(column) = fault.pointer.strip_prefix("/method/") {
            fault.pointer = format!("/{column}");
        } else if fault.pointer == "/method" {
            "/population".clone_into(&mut fault.pointer);
        }
    }
    Refusal::Invalid(faults)
}
