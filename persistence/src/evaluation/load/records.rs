//! Records of a file: which of them stand in whose, and when each is shown.

use std::collections::{BTreeMap, HashSet};

use chrono::NaiveDateTime;
use diesel::prelude::*;
use rust_decimal::Decimal;
use serde::Deserialize;
use xinwu_domain::calendar::day_of;
use xinwu_domain::catalogue::{Level, Severity, Word};
use xinwu_domain::evaluation::Record;
use xinwu_domain::scheme::Through;
use xinwu_domain::subject::SubjectKind;

use super::{Files, IDS_A_QUERY, Loaded, TermRow, day, unreadable, utc};
use crate::place::from_json;
use crate::record::Publicity;
use crate::schema::record;
use crate::{Conn, Result};

#[derive(Queryable, Selectable)]
#[diesel(table_name = record)]
struct RecordRow {
    id: String,
    kind: String,
    category: String,
    uscc: String,
    project_id: Option<String>,
    manager_id: Option<String>,
    level: String,
    severity: String,
    decided_on: String,
    counts_until: Option<String>,
    public_until: Option<String>,
    points: String,
    state: String,
    known_from: Option<NaiveDateTime>,
    known_until: Option<NaiveDateTime>,
    disputed: bool,
}

/// The officer's points of a record under one scheme.
#[derive(Deserialize)]
struct ActualPoints {
    scheme: String,
    actual: Decimal,
}

impl Files<'_> {
    pub(super) fn records(&mut self, conn: &mut Conn, terms: &[TermRow]) -> Result<()> {
        // What was never in force has no part in a file, whatever a founding import says of when it was known.
        let confirmed = || {
            record::table
                .filter(record::state.ne_all(["draft", "submitted", "returned"]))
                .filter(record::known_from.is_not_null())
                .select(RecordRow::as_select())
        };
        let mut rows: Vec<RecordRow> = Vec::new();
        for part in self.ids.chunks(IDS_A_QUERY) {
            rows.extend(match self.kind {
                SubjectKind::Firm => confirmed().filter(record::uscc.eq_any(part)).load::<RecordRow>(conn)?,
                SubjectKind::Project => confirmed().filter(record::project_id.eq_any(part)).load(conn)?,
                SubjectKind::Manager => confirmed().filter(record::manager_id.eq_any(part)).load(conn)?,
            });
        }
        for row in &rows {
            let id = match self.kind {
                SubjectKind::Firm => Some(row.uscc.as_str()),
                SubjectKind::Project => row.project_id.as_deref(),
                SubjectKind::Manager => row.manager_id.as_deref(),
            };
            if let Some(loaded) = id.and_then(|id| self.of(id)) {
                add_record(loaded, row, Through::Own)?;
            }
        }
        if self.kind == SubjectKind::Manager {
            self.records_through_projects(conn, terms)?;
        }
        Ok(())
    }

    /// Records of a project that do not name its manager, for the manager who was in charge on the day of the decision.
    fn records_through_projects(&mut self, conn: &mut Conn, terms: &[TermRow]) -> Result<()> {
        let projects: Vec<String> = self.of_project.keys().cloned().collect();
        for part in projects.chunks(IDS_A_QUERY) {
            let rows: Vec<RecordRow> = record::table
                .filter(record::state.ne_all(["draft", "submitted", "returned"]))
                .filter(record::known_from.is_not_null())
                .filter(record::project_id.eq_any(part))
                .select(RecordRow::as_select())
                .load(conn)?;
            for row in rows {
                let managers: HashSet<&str> = terms
                    .iter()
                    .filter(|term| {
                        row.project_id.as_ref() == Some(&term.project_id)
                            && self.in_charge(term, &row.decided_on)
                    })
                    .filter_map(|term| term.manager_id.as_deref())
                    .filter(|manager| row.manager_id.as_deref() != Some(manager))
                    .collect();
                for manager in managers {
                    if let Some(loaded) = self.of(manager) {
                        add_record(loaded, &row, Through::Project)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Days are compared as text: all have the form `YYYY-MM-DD`.
    fn in_charge(&self, term: &TermRow, decided_on: &str) -> bool {
        let left_on = utc(term.known_until).map(|until| day_of(until, self.zone).to_string());
        term.starts_on.as_str() <= decided_on
            && term.ends_on.as_deref().is_none_or(|last| decided_on <= last)
            && left_on.is_none_or(|left| decided_on < left.as_str())
    }
}

fn add_record(loaded: &mut Loaded, row: &RecordRow, through: Through) -> Result<()> {
    let known_from = utc(row.known_from).ok_or_else(|| unreadable("known_from", &row.id))?;
    let points: Vec<ActualPoints> = from_json(&row.points)?;
    let known_until = utc(row.known_until);
    let known = (row.known_from, row.known_until);
    let publicity = Publicity::read(&row.kind, &row.state, known, row.public_until.as_deref())?;
    loaded.publicity.insert(row.id.clone(), publicity);
    loaded.file.records.push(Record {
        id: row.id.clone(),
        category: row.category.clone(),
        kind: publicity.kind,
        severity: Severity::parse(&row.severity).ok_or_else(|| unreadable("severity", &row.id))?,
        level: Level::parse(&row.level),
        project: row.project_id.clone(),
        through,
        counts_from: day(&row.decided_on)?,
        counts_until: row.counts_until.as_deref().map(day).transpose()?,
        points: points.into_iter().map(|each| (each.scheme, each.actual)).collect::<BTreeMap<_, _>>(),
        disputed: row.disputed,
        known_from,
        known_until,
    });
    Ok(())
}
