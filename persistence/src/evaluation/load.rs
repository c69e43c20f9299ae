//! Credit files from the tables: many subjects of one kind at a time, each table read once by its index.

mod records;

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use chrono_tz::Tz;
use diesel::prelude::*;
use rust_decimal::Decimal;
use xinwu_domain::calendar::{Month, Period, day_of};
use xinwu_domain::catalogue::Word;
use xinwu_domain::evaluation::{Assessment, File, MetricValue, Project, RatedMonth, Status, StatusFact};
use xinwu_domain::objection::ObjectKind;
use xinwu_domain::scheme::{Assessor, Through};
use xinwu_domain::subject::SubjectKind;

use self::records::{Publicity, RecordRow, Since};
use crate::schema::{assessment, firm_fact, metric, objection, project_fact, rating_close, record};
use crate::{Conn, Result, StoreError};

/// Ids in one `IN (…)`: far below what either database takes.
const IDS_A_QUERY: usize = 500;

/// A file, and when each of its records is public.
#[derive(Debug, Clone)]
pub(crate) struct Loaded {
    pub file: File,
    pub publicity: HashMap<String, Publicity>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = project_fact)]
struct TermRow {
    project_id: String,
    uscc: Option<String>,
    manager_id: Option<String>,
    starts_on: String,
    ends_on: Option<String>,
    area_dm2: i64,
    households: i32,
    known_from: NaiveDateTime,
    known_until: Option<NaiveDateTime>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = assessment)]
struct AssessmentRow {
    id: String,
    project_id: String,
    period: String,
    assessor: String,
    service_thousandths: i64,
    party_thousandths: i64,
    known_from: Option<NaiveDateTime>,
    known_until: Option<NaiveDateTime>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = rating_close)]
struct CloseRow {
    project_id: String,
    month: String,
    voices: i32,
    stars: i32,
    known_from: NaiveDateTime,
    known_until: Option<NaiveDateTime>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = metric)]
struct MetricRow {
    subject_id: String,
    metric_key: String,
    period: String,
    value_thousandths: i64,
    known_from: Option<NaiveDateTime>,
    known_until: Option<NaiveDateTime>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = objection)]
struct ObjectionRow {
    uscc: String,
    filed_at: NaiveDateTime,
    closed_at: Option<NaiveDateTime>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = firm_fact)]
struct FirmRow {
    uscc: String,
    status: String,
    participates: bool,
    residential: bool,
    known_from: NaiveDateTime,
    known_until: Option<NaiveDateTime>,
}

/// The files of subjects of one kind, in the order of `ids`. A subject of which nothing is known has an empty file.
pub(crate) fn load(conn: &mut Conn, kind: SubjectKind, ids: &[String], zone: Tz) -> Result<Vec<Loaded>> {
    let mut files = Files::new(kind, ids, zone);
    let terms = files.terms(conn)?;
    files.records(conn, &terms)?;
    files.facts_of_projects(conn)?;
    files.own_metrics(conn)?;
    if kind == SubjectKind::Firm {
        files.statuses(conn)?;
        files.objections(conn)?;
    }
    Ok(files.loaded)
}

struct Files<'a> {
    kind: SubjectKind,
    ids: &'a [String],
    zone: Tz,
    loaded: Vec<Loaded>,
    position: HashMap<&'a str, usize>,
    /// The files that each project stands in.
    of_project: HashMap<String, Vec<usize>>,
}

impl<'a> Files<'a> {
    fn new(kind: SubjectKind, ids: &'a [String], zone: Tz) -> Files<'a> {
        let empty =
            |id: &String| Loaded { file: File::new(kind, id.clone(), zone), publicity: HashMap::new() };
        let position = ids.iter().enumerate().map(|(at, id)| (id.as_str(), at)).collect();
        Files {
            kind,
            ids,
            zone,
            loaded: ids.iter().map(empty).collect(),
            position,
            of_project: HashMap::new(),
        }
    }

    fn of(&mut self, id: &str) -> Option<&mut Loaded> {
        let at = *self.position.get(id)?;
        self.loaded.get_mut(at)
    }

    fn of_project(&mut self, project: &str, add: impl Fn(&mut File)) {
        for at in self.of_project.get(project).into_iter().flatten() {
            if let Some(loaded) = self.loaded.get_mut(*at) {
                add(&mut loaded.file);
            }
        }
    }

    /// The projects' terms: a firm's and a manager's those that they ran, a project's its own.
    fn terms(&mut self, conn: &mut Conn) -> Result<Vec<TermRow>> {
        let mut rows: Vec<TermRow> = Vec::new();
        for part in self.ids.chunks(IDS_A_QUERY) {
            let terms = project_fact::table.select(TermRow::as_select()).order(project_fact::id);
            rows.extend(match self.kind {
                SubjectKind::Firm => terms.filter(project_fact::uscc.eq_any(part)).load::<TermRow>(conn)?,
                SubjectKind::Project => terms.filter(project_fact::project_id.eq_any(part)).load(conn)?,
                SubjectKind::Manager => terms.filter(project_fact::manager_id.eq_any(part)).load(conn)?,
            });
        }
        for row in &rows {
            let Some(id) = self.owner(row).map(str::to_owned) else { continue };
            let project = Project {
                id: row.project_id.clone(),
                area: Decimal::new(row.area_dm2, 2),
                households: u32::try_from(row.households).unwrap_or_default(),
                starts_on: day(&row.starts_on)?,
                ends_on: row.ends_on.as_deref().map(day).transpose()?,
                known_from: row.known_from.and_utc(),
                known_until: utc(row.known_until),
            };
            let Some(at) = self.position.get(id.as_str()).copied() else { continue };
            if let Some(loaded) = self.loaded.get_mut(at) {
                loaded.file.projects.push(project);
            }
            let files = self.of_project.entry(row.project_id.clone()).or_default();
            if !files.contains(&at) {
                files.push(at);
            }
        }
        Ok(rows)
    }

    fn owner<'r>(&self, row: &'r TermRow) -> Option<&'r str> {
        match self.kind {
            SubjectKind::Firm => row.uscc.as_deref(),
            SubjectKind::Project => Some(&row.project_id),
            SubjectKind::Manager => row.manager_id.as_deref(),
        }
    }

    fn records(&mut self, conn: &mut Conn, terms: &[TermRow]) -> Result<()> {
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
        let since = Since::load(conn, &rows)?;
        for row in &rows {
            let id = match self.kind {
                SubjectKind::Firm => Some(row.uscc.as_str()),
                SubjectKind::Project => row.project_id.as_deref(),
                SubjectKind::Manager => row.manager_id.as_deref(),
            };
            if let Some(loaded) = id.and_then(|id| self.of(id)) {
                records::add(loaded, row, Through::Own, &since)?;
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
            let since = Since::load(conn, &rows)?;
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
                        records::add(loaded, &row, Through::Project, &since)?;
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

    fn facts_of_projects(&mut self, conn: &mut Conn) -> Result<()> {
        let projects: Vec<String> = self.of_project.keys().cloned().collect();
        for part in projects.chunks(IDS_A_QUERY) {
            let rows: Vec<AssessmentRow> = assessment::table
                .filter(assessment::project_id.eq_any(part))
                .filter(assessment::state.ne("submitted"))
                .filter(assessment::known_from.is_not_null())
                .select(AssessmentRow::as_select())
                .load(conn)?;
            for row in rows {
                let fact = assessment_fact(row)?;
                self.of_project(&fact.project, |file| file.assessments.push(fact.clone()));
            }
            let rows: Vec<CloseRow> = rating_close::table
                .filter(rating_close::project_id.eq_any(part))
                .select(CloseRow::as_select())
                .load(conn)?;
            for row in rows {
                let fact = RatedMonth {
                    project: row.project_id,
                    month: row.month,
                    count: u32::try_from(row.voices).unwrap_or_default(),
                    stars: u32::try_from(row.stars).unwrap_or_default(),
                    known_from: row.known_from.and_utc(),
                    known_until: utc(row.known_until),
                };
                self.of_project(&fact.project, |file| file.months.push(fact.clone()));
            }
            if self.kind != SubjectKind::Project {
                for row in metrics(conn, SubjectKind::Project, part)? {
                    let project = row.subject_id.clone();
                    let fact = metric_fact(row, Some(project.clone()))?;
                    self.of_project(&project, |file| file.metrics.push(fact.clone()));
                }
            }
        }
        Ok(())
    }

    fn own_metrics(&mut self, conn: &mut Conn) -> Result<()> {
        for part in self.ids.chunks(IDS_A_QUERY) {
            for row in metrics(conn, self.kind, part)? {
                let id = row.subject_id.clone();
                let fact = metric_fact(row, None)?;
                if let Some(loaded) = self.of(&id) {
                    loaded.file.metrics.push(fact);
                }
            }
        }
        Ok(())
    }

    /// A firm's statuses out of its facts: one for each stretch of facts that have it.
    fn statuses(&mut self, conn: &mut Conn) -> Result<()> {
        for part in self.ids.chunks(IDS_A_QUERY) {
            let rows: Vec<FirmRow> = firm_fact::table
                .filter(firm_fact::uscc.eq_any(part))
                .order((firm_fact::uscc, firm_fact::known_from, firm_fact::id))
                .select(FirmRow::as_select())
                .load(conn)?;
            for facts in rows.chunk_by(|a, b| a.uscc == b.uscc) {
                let zone = self.zone;
                let Some(loaded) = facts.first().and_then(|first| self.of(&first.uscc)) else { continue };
                let statuses = &mut loaded.file.statuses;
                stretches(statuses, facts, zone, Status::Unregistered, |fact| fact.status != "active");
                stretches(statuses, facts, zone, Status::Refuses, |fact| !fact.participates);
                stretches(statuses, facts, zone, Status::NoResidentialBusiness, |fact| !fact.residential);
            }
        }
        Ok(())
    }

    /// The times in which the firm objected to an evaluation of its own.
    fn objections(&mut self, conn: &mut Conn) -> Result<()> {
        for part in self.ids.chunks(IDS_A_QUERY) {
            let rows: Vec<ObjectionRow> = objection::table
                .filter(objection::uscc.eq_any(part))
                .filter(objection::object_kind.eq(ObjectKind::Evaluation.as_str()))
                .order((objection::uscc, objection::filed_at, objection::id))
                .select(ObjectionRow::as_select())
                .load(conn)?;
            for rows in rows.chunk_by(|a, b| a.uscc == b.uscc) {
                let zone = self.zone;
                if let Some(loaded) = rows.first().and_then(|first| self.of(&first.uscc)) {
                    under_objection(&mut loaded.file.statuses, rows, zone);
                }
            }
        }
        Ok(())
    }
}

/// Adds the status for each time in which objections against the firm's evaluations were open.
fn under_objection(statuses: &mut Vec<StatusFact>, rows: &[ObjectionRow], zone: Tz) {
    let mut times: Vec<(NaiveDateTime, Option<NaiveDateTime>)> = Vec::new();
    for row in rows {
        match times.last_mut() {
            // Two at once make one time.
            Some((_, closed)) if closed.is_none_or(|closed| row.filed_at <= closed) => {
                *closed = closed.zip(row.closed_at).map(|(a, b)| a.max(b));
            }
            _ => times.push((row.filed_at, row.closed_at)),
        }
    }
    for (from, until) in times {
        stretch(statuses, Status::UnderObjection, from.and_utc(), utc(until), zone);
    }
}

/// Adds a status for each stretch of consecutive facts that have it. When it ends that is known as a fact of its own, so that an evaluation of an
/// instant within the stretch still has it, with whatever later knowledge it is asked.
fn stretches(
    statuses: &mut Vec<StatusFact>,
    facts: &[FirmRow],
    zone: Tz,
    status: Status,
    has: impl Fn(&FirmRow) -> bool,
) {
    let mut facts = facts.iter().peekable();
    while let Some(first) = facts.next() {
        if !has(first) {
            continue;
        }
        let mut until = first.known_until;
        while let Some(next) = facts.next_if(|next| has(next) && Some(next.known_from) == until) {
            until = next.known_until;
        }
        stretch(statuses, status, first.known_from.and_utc(), utc(until), zone);
    }
}

fn stretch(
    statuses: &mut Vec<StatusFact>,
    status: Status,
    known_from: DateTime<Utc>,
    until: Option<DateTime<Utc>>,
    zone: Tz,
) {
    let starts_on = day_of(known_from, zone);
    statuses.push(StatusFact { status, starts_on, ends_on: None, known_from, known_until: until });
    if let Some(until) = until {
        let ends_on = day_of(until, zone).pred_opt();
        statuses.push(StatusFact { status, starts_on, ends_on, known_from: until, known_until: None });
    }
}

fn metrics(conn: &mut Conn, kind: SubjectKind, ids: &[String]) -> Result<Vec<MetricRow>> {
    Ok(metric::table
        .filter(metric::subject_kind.eq(kind.as_str()))
        .filter(metric::subject_id.eq_any(ids))
        .filter(metric::state.ne("submitted"))
        .filter(metric::known_from.is_not_null())
        .select(MetricRow::as_select())
        .load(conn)?)
}

fn assessment_fact(row: AssessmentRow) -> Result<Assessment> {
    Ok(Assessment {
        known_from: utc(row.known_from).ok_or_else(|| unreadable("known_from", &row.id))?,
        assessor: Assessor::parse(&row.assessor).ok_or_else(|| unreadable("assessor", &row.id))?,
        ends_on: last_day(&row.period)?,
        id: row.id,
        project: row.project_id,
        period: row.period,
        service: Some(Decimal::new(row.service_thousandths, 3)),
        party: Some(Decimal::new(row.party_thousandths, 3)),
        known_until: utc(row.known_until),
    })
}

fn metric_fact(row: MetricRow, project: Option<String>) -> Result<MetricValue> {
    Ok(MetricValue {
        project,
        ends_on: last_day(&row.period)?,
        known_from: utc(row.known_from).ok_or_else(|| unreadable("known_from", &row.metric_key))?,
        key: row.metric_key,
        value: Decimal::new(row.value_thousandths, 3),
        known_until: utc(row.known_until),
    })
}

/// The last day of `2026-Q4`, `2026-H2`, `2026` or `2026-11`.
fn last_day(period: &str) -> Result<NaiveDate> {
    let period_end = period.parse::<Period>().map(Period::last_day).ok();
    period_end
        .or_else(|| period.parse::<Month>().map(Month::last_day).ok())
        .ok_or_else(|| unreadable("period", period))
}

pub(crate) fn day(text: &str) -> Result<NaiveDate> {
    text.parse().map_err(|_| unreadable("day", text))
}

fn utc(time: Option<NaiveDateTime>) -> Option<DateTime<Utc>> {
    time.map(|time| time.and_utc())
}

fn unreadable(what: &str, of: &str) -> StoreError {
    StoreError::internal(format!("a stored {what} cannot be read ({of})"))
}
