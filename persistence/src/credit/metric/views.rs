//! Figures as their reporters and officials see them.

use std::collections::HashMap;

use diesel::prelude::*;
use xinwu_domain::account::NamedAccount;
use xinwu_domain::assessment::counts_from;
use xinwu_domain::metric::{
    MetricCatalogue, MetricReport, MetricState, MetricSubject, Reporter, SurveyMethod,
};
use xinwu_domain::place::NamedPlace;
use xinwu_domain::text::Text;
use xinwu_domain::thousandths::Thousandths;
use xinwu_store::{Col, Conn, Result, StoreError};

use super::{Row, subject};
use crate::people::account::names::names_of;
use crate::registers::authorized::Resource;
use crate::registers::place;
use crate::schema::metric;

/// One figure, with the row's version.
///
/// # Errors
/// [`Refusal::NotFound`](xinwu_domain::refusal::Refusal::NotFound)
pub fn by_id(conn: &mut Conn, id: &str) -> Result<(MetricReport, i64)> {
    let row = Row::require(conn, id)?;
    let version = row.version;
    Ok((one(conn, row)?, version))
}

pub(super) fn one(conn: &mut Conn, row: Row) -> Result<MetricReport> {
    views(conn, vec![row])?.pop().ok_or_else(|| StoreError::internal("a figure has no view"))
}

pub(super) fn views(conn: &mut Conn, rows: Vec<Row>) -> Result<Vec<MetricReport>> {
    let subjects: Vec<MetricSubject> = rows.iter().map(Row::subject).collect();
    let called = subject::called(conn, &subjects)?;
    let places = called.values().filter_map(|called| called.place.clone()).collect();
    let places = place::names_of(conn, places)?;
    let people = rows.iter().flat_map(|row| [Some(&*row.by_account), row.decided_by.as_deref()]);
    let people = names_of(conn, people.flatten())?;
    let before = before(conn, &rows)?;
    rows.into_iter()
        .map(|row| {
            let metric = MetricCatalogue::shipped().get(&row.metric_key);
            let called = called.get(&row.subject()).cloned().unwrap_or_default();
            let method = row.method()?.as_ref().map(SurveyMethod::view);
            let named = |id: &str| -> NamedAccount { people.named(id) };
            Ok(MetricReport {
                before: before.get(&row.id).copied(),
                by: (row.reporter.0 != Reporter::System).then(|| named(&row.by_account)),
                decided_by: row.decided_by.as_deref().map(named),
                name: metric.map_or_else(
                    || Text::new(row.metric_key.clone(), row.metric_key.clone()),
                    |metric| metric.name.clone(),
                ),
                unit: metric.map(|metric| metric.unit),
                id: row.id,
                subject_kind: row.subject_kind.0,
                subject: row.subject_id,
                subject_name: called.name,
                place: called
                    .place
                    .map(|code| NamedPlace { name: places.get(&code).cloned().unwrap_or_default(), code }),
                key: row.metric_key,
                period: row.period.0,
                value: Thousandths::from_stored(row.value_thousandths),
                source: row.source,
                reporter: row.reporter.0,
                method,
                state: row.state.0,
                reason: row.reason,
                import: row.import_id,
                submitted_at: row.submitted_at.map(|at| at.and_utc()),
                counts_from: counts_from(row.period.0),
                // A founding import says since when before anybody has confirmed it.
                known_from: row
                    .known_from
                    .filter(|_| row.state.0 != MetricState::Submitted)
                    .map(|at| at.and_utc()),
                known_until: row.known_until.map(|at| at.and_utc()),
            })
        })
        .collect()
}

/// The values in force whose place those that wait are to take, by the ids of these.
fn before(conn: &mut Conn, rows: &[Row]) -> Result<HashMap<String, Thousandths>> {
    let waiting: Vec<&String> =
        rows.iter().filter(|row| row.state.0 == MetricState::Submitted).map(|row| &row.id).collect();
    let current = diesel::alias!(metric as current);
    let mut found = HashMap::new();
    for part in waiting.chunks(500) {
        let part: Vec<(String, i64)> = metric::table
            .inner_join(
                current.on(current
                    .field(metric::subject_kind)
                    .eq(metric::subject_kind)
                    .and(current.field(metric::subject_id).eq(metric::subject_id))
                    .and(current.field(metric::metric_key).eq(metric::metric_key))
                    .and(current.field(metric::period).eq(metric::period))),
            )
            .filter(metric::id.eq_any(part))
            .filter(current.field(metric::state).eq(Col(MetricState::InForce)))
            .select((metric::id, current.field(metric::value_thousandths)))
            .load(conn)?;
        found.extend(part.into_iter().map(|(id, value)| (id, Thousandths::from_stored(value))));
    }
    Ok(found)
}
