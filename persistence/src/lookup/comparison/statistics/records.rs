//! Rewards and penalties of a place.

use std::collections::HashSet;

use chrono::NaiveDate;
use diesel::prelude::*;
use xinwu_domain::calendar::Period;
use xinwu_domain::catalogue::{RecordKind, Severity};
use xinwu_domain::comparison::RecordFigures;
use xinwu_domain::record::RecordState;
use xinwu_domain::record::publicity::is_public;
use xinwu_store::{Col, Conn, Result};

use super::Project;
use crate::schema::{firm, place_ancestor, record};

/// A record in force.
pub(super) struct Recorded {
    kind: RecordKind,
    category: String,
    severity: Severity,
    uscc: Option<String>,
    project: Option<String>,
    public_until: Option<NaiveDate>,
}

/// The city's records in force that were decided in a period.
pub(super) fn load(conn: &mut Conn, period: Period) -> Result<Vec<Recorded>> {
    type Row =
        (Col<RecordKind>, String, Col<Severity>, Option<String>, Option<String>, Option<Col<NaiveDate>>);
    let rows: Vec<Row> = record::table
        .filter(record::state.eq(Col(RecordState::InForce)))
        .filter(record::decided_on.ge(Col(period.first_day())))
        .filter(record::decided_on.le(Col(period.last_day())))
        .select((
            record::kind,
            record::category,
            record::severity,
            record::uscc,
            record::project_id,
            record::public_until,
        ))
        .load(conn)?;
    let recorded = |(Col(kind), category, Col(severity), uscc, project, until): Row| Recorded {
        kind,
        category,
        severity,
        uscc,
        project,
        public_until: until.map(|day| day.0),
    };
    Ok(rows.into_iter().map(recorded).collect())
}

/// Those of a place that were public on a day: at the estate of the project concerned, else where
/// the firm is registered.
pub(super) fn figures(
    conn: &mut Conn,
    place: &str,
    projects: &[Project],
    records: &[Recorded],
    day: NaiveDate,
) -> Result<RecordFigures> {
    let here: HashSet<&String> = projects.iter().map(|project| &project.id).collect();
    let registered: HashSet<String> = firm::table
        .inner_join(place_ancestor::table.on(place_ancestor::place.eq(firm::registered_place)))
        .filter(place_ancestor::ancestor.eq(place))
        .select(firm::uscc)
        .load::<String>(conn)?
        .into_iter()
        .collect();
    let mut figures = RecordFigures::default();
    for record in records {
        let is_here = match (&record.project, &record.uscc) {
            (Some(project), _) => here.contains(project),
            (None, uscc) => uscc.as_ref().is_some_and(|uscc| registered.contains(uscc)),
        };
        let figures = match record.kind {
            RecordKind::Reward => &mut figures.rewards,
            RecordKind::Penalty => &mut figures.penalties,
        };
        if is_here && is_public(record.kind, record.public_until, day) {
            figures.add(&record.category, record.severity);
        }
    }
    Ok(figures)
}
