//! Figures that everyone reads, as an exact copy has them.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use xinwu_domain::calendar::Period;
use xinwu_domain::copy::{CopiedMetric, CopyLine};
use xinwu_domain::metric::{MetricCatalogue, MetricState, MetricSubjectKind, Reporter, SurveyMethod};
use xinwu_domain::thousandths::Thousandths;
use xinwu_store::{Col, Conn, Result};

use super::{AT_ONCE, Found};
use crate::registers::place::from_json;
use crate::schema::metric;

#[derive(Queryable, Selectable)]
#[diesel(table_name = metric)]
struct Row {
    id: String,
    subject_kind: Col<MetricSubjectKind>,
    subject_id: String,
    metric_key: String,
    period: Col<Period>,
    value_thousandths: i64,
    source: String,
    state: Col<MetricState>,
    known_from: Option<NaiveDateTime>,
    reporter: Col<Reporter>,
    method: Option<String>,
}

/// The keys that everyone reads.
fn public() -> Vec<&'static String> {
    MetricCatalogue::shipped().iter().filter(|metric| metric.public).map(|metric| &metric.key).collect()
}

/// The next ids after one, in their order.
pub(super) fn ids(conn: &mut Conn, after: &str) -> Result<Vec<String>> {
    Ok(metric::table
        .filter(metric::id.gt(after))
        .filter(metric::state.eq(Col(MetricState::InForce)))
        .filter(metric::metric_key.eq_any(public()))
        .order(metric::id)
        .limit(AT_ONCE)
        .select(metric::id)
        .load(conn)?)
}

/// Figures that are or were in force. What waits for its confirmation is nobody's to know of, nor
/// what is not for everyone.
pub(super) fn metrics(conn: &mut Conn, ids: &[String]) -> Result<Found> {
    let states = [MetricState::InForce, MetricState::Superseded, MetricState::Revoked].map(Col);
    let rows: Vec<Row> = metric::table
        .filter(metric::id.eq_any(ids))
        .filter(metric::state.eq_any(states))
        .filter(metric::metric_key.eq_any(public()))
        .select(Row::as_select())
        .load(conn)?;
    let mut found = Found::new();
    for row in rows {
        let id = row.id.clone();
        if row.state.0 != MetricState::InForce {
            found.insert(id, None);
            continue;
        }
        let method: Option<SurveyMethod> = row.method.as_deref().map(from_json).transpose()?;
        let value = Some(Box::new(CopiedMetric {
            id: row.id,
            subject_kind: row.subject_kind.0,
            subject: row.subject_id,
            key: row.metric_key,
            period: row.period.0,
            value: Thousandths::from_stored(row.value_thousandths),
            source: row.source,
            reporter: row.reporter.0,
            method: method.as_ref().map(SurveyMethod::view),
            known_from: row.known_from.map(|at| at.and_utc()),
        }));
        found.insert(id.clone(), Some(CopyLine::Metric { id, value }));
    }
    Ok(found)
}
