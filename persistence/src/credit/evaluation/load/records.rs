//! Records of a dossier: which of them stand in whose, when each is shown, and what happened to
//! them after their confirmation.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, NaiveDate, Utc};
use diesel::dsl::{AssumeNotNull, sql};
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use rust_decimal::Decimal;
use serde::Deserialize;
use xinwu_domain::catalogue::{Level, RecordKind, Severity};
use xinwu_domain::evaluation::{Dispute, Project, Record};
use xinwu_domain::objection::ObjectKind;
use xinwu_domain::record::RecordState;
use xinwu_domain::record::repair::RepairStatus;
use xinwu_domain::scheme::Through;
use xinwu_domain::subject::SubjectKind;
use xinwu_store::dialect::{Instant, OneOf};
use xinwu_store::{Col, Conn, Result, hot, hot_among};

use super::{Dossiers, IDS_A_QUERY, Loaded, utc};
use crate::credit::record::Publicity;
use crate::registers::place::from_json;
use crate::schema::{objection, record, record_revision, repair};

#[derive(Queryable, Selectable)]
#[diesel(table_name = record)]
pub(super) struct RecordRow {
    id: String,
    kind: Col<RecordKind>,
    category: String,
    pub(super) uscc: Option<String>,
    project_id: Option<String>,
    manager_id: Option<String>,
    level: Col<Level>,
    severity: Col<Severity>,
    decided_on: Col<NaiveDate>,
    counts_until: Option<Col<NaiveDate>>,
    public_until: Option<Col<NaiveDate>>,
    points: String,
    state: Col<RecordState>,
    #[diesel(select_expression = record::known_from.assume_not_null())]
    #[diesel(select_expression_type = AssumeNotNull<record::known_from>)]
    known_from: Instant,
    known_until: Option<Instant>,
    /// To most nothing has happened: only of those with whom it has are the rows of the other
    /// tables read.
    #[diesel(select_expression = sql("EXISTS (SELECT 1 FROM record_revision WHERE record_id = record.id)"))]
    #[diesel(select_expression_type = SqlLiteral<Bool>)]
    has_revisions: bool,
    #[diesel(select_expression = sql("EXISTS (SELECT 1 FROM objection WHERE object_kind = 'record' AND object_id = record.id)"))]
    #[diesel(select_expression_type = SqlLiteral<Bool>)]
    has_objections: bool,
    #[diesel(select_expression = sql("EXISTS (SELECT 1 FROM repair WHERE record_id = record.id)"))]
    #[diesel(select_expression_type = SqlLiteral<Bool>)]
    has_repairs: bool,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = record_revision)]
struct FormerRow {
    record_id: String,
    category: String,
    level: Col<Level>,
    severity: Col<Severity>,
    decided_on: Col<NaiveDate>,
    counts_until: Option<Col<NaiveDate>>,
    points: String,
    known_from: Instant,
    known_until: Instant,
}

/// The officer's points of a record under one scheme.
#[derive(Deserialize)]
struct ActualPoints {
    scheme: String,
    actual: Decimal,
}

/// What happened to records since they were confirmed.
#[derive(Default)]
pub(super) struct Since {
    former: HashMap<String, Vec<FormerRow>>,
    disputes: HashMap<String, Vec<Dispute>>,
    repaired_at: HashMap<String, DateTime<Utc>>,
}

impl Since {
    /// Of records in dossiers of a kind: what a manager objects to is disputed in managers' own,
    /// and moves no firm's grade.
    pub(super) fn load(conn: &mut Conn, kind: SubjectKind, rows: &[RecordRow]) -> Result<Since> {
        let mut since = Since::default();
        let ids = |has: fn(&RecordRow) -> bool| -> Vec<&str> {
            rows.iter().filter(|row| has(row)).map(|row| row.id.as_str()).collect()
        };
        for ids in ids(|row| row.has_revisions).chunks(IDS_A_QUERY) {
            let former: Vec<FormerRow> = hot!(&mut *conn, record_revision::table
                .filter(OneOf::new(record_revision::record_id, ids))
                .select(FormerRow::as_select()) => load)?;
            for row in former {
                since.former.entry(row.record_id.clone()).or_default().push(row);
            }
        }
        for ids in ids(|row| row.has_objections).chunks(IDS_A_QUERY) {
            type Objection = (String, Instant, Option<Instant>, Option<String>);
            let objections: Vec<Objection> = hot!(&mut *conn, objection::table
                .filter(objection::object_kind.eq(Col(ObjectKind::Record)))
                .filter(OneOf::new(objection::object_id, ids))
                .order(objection::id)
                .select((objection::object_id, objection::filed_at, objection::closed_at, objection::manager_id)) => load)?;
            for (id, filed_at, closed_at, manager) in objections {
                if manager.is_some() && kind != SubjectKind::Manager {
                    continue;
                }
                let dispute = Dispute { opened_at: filed_at.and_utc(), closed_at: utc(closed_at) };
                since.disputes.entry(id).or_default().push(dispute);
            }
        }
        for ids in ids(|row| row.has_repairs).chunks(IDS_A_QUERY) {
            // The state is looked at here: an index holds the open ones alone, so SQLite would
            // parse a statement that asks for one again each time.
            let repairs: Vec<(String, Col<RepairStatus>, Option<Instant>)> = hot!(&mut *conn, repair::table
                .filter(OneOf::new(repair::record_id, ids))
                .select((repair::record_id, repair::state, repair::decided_at)) => load)?;
            let granted = repairs.into_iter().filter(|(_, state, _)| state.0 == RepairStatus::Granted);
            since.repaired_at.extend(granted.filter_map(|(id, _, at)| Some((id, at?.and_utc()))));
        }
        Ok(since)
    }
}

/// The records in which one of the ids stands in a column. What was never in force has no part in a
/// dossier, whatever a founding import says of when it was known.
macro_rules! confirmed {
    ($conn:expr, $column:expr, $ids:expr) => {
        hot_among!(&mut *$conn, $ids => [these = $column], record::table
            .filter(these)
            .filter(record::state.ne_all(["draft", "submitted", "returned"]))
            .filter(record::known_from.is_not_null())
            .select(RecordRow::as_select()) => load)?
    };
}
pub(super) use confirmed;

impl Dossiers<'_> {
    pub(super) fn records(&mut self, conn: &mut Conn) -> Result<()> {
        let mut rows: Vec<RecordRow> = Vec::new();
        for part in self.ids.chunks(IDS_A_QUERY) {
            let part: Vec<RecordRow> = match self.kind {
                SubjectKind::Firm => confirmed!(conn, record::uscc, part),
                SubjectKind::Project => confirmed!(conn, record::project_id, part),
                SubjectKind::Manager => confirmed!(conn, record::manager_id, part),
            };
            rows.extend(part);
        }
        let since = Since::load(conn, self.kind, &rows)?;
        for row in &rows {
            let id = match self.kind {
                SubjectKind::Firm => row.uscc.as_deref(),
                SubjectKind::Project => row.project_id.as_deref(),
                SubjectKind::Manager => row.manager_id.as_deref(),
            };
            let known_by = self.known_by;
            if let Some(loaded) = id.and_then(|id| self.of(id)) {
                let mut revisions = revisions(row, Through::Own, &since)?;
                revisions.retain(|revision| revision.known_from.naive_utc() <= known_by);
                put(loaded, row, revisions);
            }
        }
        if self.kind == SubjectKind::Manager {
            self.records_through_projects(conn)?;
        }
        Ok(())
    }

    /// Records of a project that do not name its manager, for the manager who was in charge on the
    /// day of the decision.
    fn records_through_projects(&mut self, conn: &mut Conn) -> Result<()> {
        let projects: Vec<String> = self.of_project.keys().cloned().collect();
        for part in projects.chunks(IDS_A_QUERY) {
            let rows: Vec<RecordRow> = confirmed!(conn, record::project_id, part);
            let since = Since::load(conn, self.kind, &rows)?;
            for row in rows {
                let dossiers = row.project_id.as_ref().and_then(|project| self.of_project.get(project));
                for at in dossiers.into_iter().flatten() {
                    let Some(loaded) = self.loaded.get_mut(*at) else { continue };
                    if row.manager_id.as_ref() == Some(&loaded.dossier.id) {
                        continue;
                    }
                    let through = revisions(&row, Through::Project, &since)?.into_iter();
                    let through = through.flat_map(|record| in_charge(&loaded.dossier.projects, record));
                    let through: Vec<Record> = through.collect();
                    if !through.is_empty() {
                        put(loaded, &row, through);
                    }
                }
            }
        }
        Ok(())
    }
}

/// The record as it is in the dossier of a manager with these terms: known for as long as it is
/// itself, and as it is that the manager was in charge of its project on the day of the decision.
fn in_charge(terms: &[Project], record: Record) -> Vec<Record> {
    let mut times: Vec<(DateTime<Utc>, Option<DateTime<Utc>>)> = Vec::new();
    let in_term =
        |term: &&Project| record.project.as_ref() == Some(&term.id) && contains(term, record.counts_from);
    for term in terms.iter().filter(in_term) {
        match times.last_mut() {
            // Only the rest of the term came to be known otherwise.
            Some((_, until)) if *until == Some(term.known_from) => *until = term.known_until,
            _ => times.push((term.known_from, term.known_until)),
        }
    }
    let while_known = |(from, until): (DateTime<Utc>, Option<DateTime<Utc>>)| {
        let known_from = record.known_from.max(from);
        let known_until = record.known_until.into_iter().chain(until).min();
        let known = known_until.is_none_or(|until| known_from < until);
        known.then(|| Record { known_from, known_until, ..record.clone() })
    };
    times.into_iter().filter_map(while_known).collect()
}

fn contains(term: &Project, day: NaiveDate) -> bool {
    term.starts_on <= day && term.ends_on.is_none_or(|last| day <= last)
}

/// Puts a record into a dossier, and when it is public.
pub(super) fn put(loaded: &mut Loaded, row: &RecordRow, revisions: Vec<Record>) {
    loaded.publicity.insert(row.id.clone(), publicity(row));
    loaded.dossier.records.extend(revisions);
}

fn publicity(row: &RecordRow) -> Publicity {
    let known = (Some(row.known_from.0), row.known_until.map(|at| at.0));
    Publicity::read(row.kind, row.state, known, row.public_until)
}

/// A record in each of its revisions.
pub(super) fn revisions(row: &RecordRow, through: Through, since: &Since) -> Result<Vec<Record>> {
    let current = Record {
        id: row.id.clone(),
        category: row.category.clone(),
        kind: row.kind.0,
        severity: row.severity.0,
        level: Some(row.level.0),
        project: row.project_id.clone(),
        through,
        branch: None,
        counts_from: row.decided_on.0,
        counts_until: row.counts_until.map(|day| day.0),
        points: actual_points(&row.points)?,
        disputed: false,
        disputes: since.disputes.get(&row.id).cloned().unwrap_or_default(),
        repaired_at: since.repaired_at.get(&row.id).copied(),
        known_from: row.known_from.and_utc(),
        known_until: utc(row.known_until),
    };
    let mut revisions = Vec::new();
    for former in since.former.get(&row.id).into_iter().flatten() {
        revisions.push(Record {
            category: former.category.clone(),
            severity: former.severity.0,
            level: Some(former.level.0),
            counts_from: former.decided_on.0,
            counts_until: former.counts_until.map(|day| day.0),
            points: actual_points(&former.points)?,
            known_from: former.known_from.and_utc(),
            known_until: Some(former.known_until.and_utc()),
            ..current.clone()
        });
    }
    revisions.push(current);
    Ok(revisions)
}

fn actual_points(text: &str) -> Result<BTreeMap<String, Decimal>> {
    let points: Vec<ActualPoints> = from_json(text)?;
    Ok(points.into_iter().map(|each| (each.scheme, each.actual)).collect())
}
