//! Credit files from the tables: many subjects of one kind at a time, each table read once by its index.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use chrono_tz::Tz;
use diesel::dsl::exists;
use diesel::prelude::*;
use rust_decimal::Decimal;
use xinwu_domain::evaluation::{File, Project};
use xinwu_domain::subject::SubjectKind;

use crate::dialect::{hot, hot_among};
use crate::record::Publicity;
use crate::schema::{firm_branch, metric, objection, project_fact};
use crate::{Conn, Result, StoreError};

mod branches;
mod figures;
mod records;
mod statuses;

/// Ids in one statement.
const IDS_A_QUERY: usize = 500;

/// Later than anything is known: of four figures, since SQLite compares instants as texts.
const END: NaiveDateTime = match NaiveDate::from_ymd_opt(9999, 12, 31) {
    Some(day) => day.and_time(NaiveTime::MIN),
    None => NaiveDateTime::MAX,
};

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

/// The files of subjects of one kind, in the order of `ids`. A subject of which nothing is known has an empty file.
pub(crate) fn load(conn: &mut Conn, kind: SubjectKind, ids: &[String], zone: Tz) -> Result<Vec<Loaded>> {
    load_known(conn, kind, ids, zone, None)
}

/// [`load`] for the evaluation of one instant, which leaves out what was learnt after `known_at`: of assessments, closed months and metrics, which are most of a file,
/// that is not even read. What it reads besides changes nothing.
pub(crate) fn load_known(
    conn: &mut Conn,
    kind: SubjectKind,
    ids: &[String],
    zone: Tz,
    known_at: Option<DateTime<Utc>>,
) -> Result<Vec<Loaded>> {
    let mut files = Files::new(kind, ids, zone, known_at.map_or(END, |known_at| known_at.naive_utc()));
    if let (SubjectKind::Firm, [only]) = (kind, ids) {
        files.has = Has::of_firm(conn, only)?;
    }
    let terms = files.terms(conn)?;
    files.records(conn, &terms)?;
    files.facts_of_projects(conn)?;
    if files.has.metrics {
        files.own_metrics(conn)?;
    }
    if kind == SubjectKind::Firm {
        files.statuses(conn)?;
        if files.has.objections {
            files.objections(conn)?;
        }
        if files.has.branches {
            files.branches(conn)?;
        }
    }
    Ok(files.loaded)
}

/// In which tables there may be rows of the subjects: most firms have none in these, and then they need not be asked.
#[derive(Debug, Clone, Copy, Queryable)]
struct Has {
    metrics: bool,
    /// Of whatever kind: the file takes those against its evaluations.
    objections: bool,
    branches: bool,
}

impl Has {
    const ANY: Has = Has { metrics: true, objections: true, branches: true };

    fn of_firm(conn: &mut Conn, uscc: &str) -> Result<Has> {
        let own_metric = metric::subject_kind.eq(SubjectKind::Firm.as_str()).and(metric::subject_id.eq(uscc));
        let has = diesel::select((
            exists(metric::table.filter(own_metric)),
            exists(objection::table.filter(objection::uscc.eq(uscc))),
            exists(firm_branch::table.filter(firm_branch::branch.eq(uscc).or(firm_branch::parent.eq(uscc)))),
        ));
        Ok(hot!(conn, has => get_result)?)
    }
}

struct Files<'a> {
    kind: SubjectKind,
    ids: &'a [String],
    zone: Tz,
    has: Has,
    /// What became known later is left out.
    known_by: NaiveDateTime,
    loaded: Vec<Loaded>,
    position: HashMap<&'a str, usize>,
    /// The files that each project stands in.
    of_project: HashMap<String, Vec<usize>>,
}

/// The terms in which one of the ids stands in a column.
macro_rules! terms {
    ($conn:expr, $column:expr, $ids:expr) => {
        hot_among!(&mut *$conn, $ids => [these = $column], project_fact::table
            .filter(these)
            .order(project_fact::id)
            .select(TermRow::as_select()) => load)?
    };
}

impl<'a> Files<'a> {
    fn new(kind: SubjectKind, ids: &'a [String], zone: Tz, known_by: NaiveDateTime) -> Files<'a> {
        let empty =
            |id: &String| Loaded { file: File::new(kind, id.clone(), zone), publicity: HashMap::new() };
        let position = ids.iter().enumerate().map(|(at, id)| (id.as_str(), at)).collect();
        Files {
            kind,
            ids,
            zone,
            has: Has::ANY,
            known_by,
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
            let part: Vec<TermRow> = match self.kind {
                SubjectKind::Firm => terms!(conn, project_fact::uscc, part),
                SubjectKind::Project => terms!(conn, project_fact::project_id, part),
                SubjectKind::Manager => terms!(conn, project_fact::manager_id, part),
            };
            rows.extend(part);
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
