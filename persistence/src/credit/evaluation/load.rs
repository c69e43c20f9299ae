//! Dossiers from the tables: many subjects of one kind at a time, each table read once by its
//! index.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use chrono_tz::Tz;
use diesel::dsl::sql;
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use rust_decimal::Decimal;
use xinwu_domain::context::RequestContext;
use xinwu_domain::evaluation::{Dossier, Project, RatedIncrement, terms_of_managers};
use xinwu_domain::kind::Kind;
use xinwu_domain::subject::{Subject, SubjectKind};
use xinwu_store::dialect::Instant;
use xinwu_store::{Col, Conn, Result, StoreError, hot, hot_among};

use super::history::announcements;
use super::require;
use crate::city::{self, CitySettings};
use crate::credit::record::Publicity;
use crate::schema::{firm, project_fact};

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

/// A dossier, and when each of its records is public.
#[derive(Debug, Clone)]
pub(crate) struct Loaded {
    pub dossier: Dossier,
    pub publicity: HashMap<String, Publicity>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = project_fact)]
struct ProjectRow {
    project_id: String,
    uscc: Option<String>,
    manager_id: Option<String>,
    starts_on: Col<NaiveDate>,
    ends_on: Option<Col<NaiveDate>>,
    area_dm2: i64,
    households: i32,
    known_from: Instant,
    known_until: Option<Instant>,
    /// Most have none, and then they need not be asked for.
    #[diesel(select_expression = sql("EXISTS (SELECT 1 FROM metric WHERE subject_kind = 'project' AND subject_id = project_fact.project_id)"))]
    #[diesel(select_expression_type = SqlLiteral<Bool>)]
    has_metrics: bool,
}

/// The dossiers of subjects of one kind, in the order of `ids`. A subject of which nothing is known
/// has an empty dossier.
pub(crate) fn load(
    conn: &mut Conn,
    kind: SubjectKind,
    ids: &[String],
    city: &CitySettings,
) -> Result<Vec<Loaded>> {
    Dossiers::new(kind, ids, city.zone, END).load(conn, FactPresence::ANY)
}

/// [`load`] for evaluations with the knowledge of one instant: most of what was learnt after it is
/// not even read.
pub(crate) fn load_known_by(
    conn: &mut Conn,
    kind: SubjectKind,
    ids: &[String],
    city: &CitySettings,
    known_at: DateTime<Utc>,
) -> Result<Vec<Loaded>> {
    Dossiers::new(kind, ids, city.zone, known_at.naive_utc()).load(conn, FactPresence::ANY)
}

/// The dossier of one subject, with its announcements and in order, for an evaluation with the
/// knowledge of one instant if that is named. What was learnt after it is left out: of assessments,
/// ratings and metrics, which are most of a dossier, it is not even read. What is read besides
/// changes nothing.
///
/// # Errors
/// [`Refusal::NotFound`] for a subject that is not registered.
pub(super) fn load_one(
    conn: &mut Conn,
    subject: &Subject,
    known_at: Option<DateTime<Utc>>,
) -> Result<Loaded> {
    let (zone, presence) = match subject.kind {
        SubjectKind::Firm => begin_firm(conn, &subject.id)?,
        SubjectKind::Project | SubjectKind::Manager => {
            require(conn, subject)?;
            (city::city(conn)?.zone, FactPresence::ANY)
        }
    };
    let known_by = known_at.map_or(END, |known_at| known_at.naive_utc());
    let dossiers = Dossiers::new(subject.kind, std::slice::from_ref(&subject.id), zone, known_by);
    let mut loaded =
        dossiers.load(conn, presence)?.pop().ok_or_else(|| StoreError::internal("no dossier was loaded"))?;
    if presence.announcements {
        loaded.dossier.announcements = announcements(conn, subject)?;
    }
    put_in_order(&mut loaded.dossier);
    Ok(loaded)
}

/// The databases give rows in any order; the same dossier is the same bytes.
fn put_in_order(dossier: &mut Dossier) {
    dossier.records.sort_by(|a, b| (&a.id, a.through, a.known_from).cmp(&(&b.id, b.through, b.known_from)));
    dossier
        .projects
        .sort_by(|a, b| (&a.id, a.known_from, a.starts_on).cmp(&(&b.id, b.known_from, b.starts_on)));
    dossier.assessments.sort_by(|a, b| (&a.id, a.known_from).cmp(&(&b.id, b.known_from)));
    dossier.increments.sort_by(|a, b| {
        let key = |row: &RatedIncrement| (row.month, row.known_from, row.count, row.stars);
        a.project.cmp(&b.project).then_with(|| key(a).cmp(&key(b)))
    });
    dossier.metrics.sort_by(|a, b| {
        (&a.project, &a.key, a.ends_on, a.known_from).cmp(&(&b.project, &b.key, b.ends_on, b.known_from))
    });
    dossier.statuses.sort_by_key(|a| (a.status, a.starts_on, a.known_from));
}

/// In which tables there may be rows of the subjects: most firms have none in these, and then they
/// need not be asked.
#[derive(Debug, Clone, Copy, Queryable)]
struct FactPresence {
    metrics: bool,
    /// Of whatever kind: the dossier takes those against its evaluations.
    objections: bool,
    branches: bool,
    announcements: bool,
}

impl FactPresence {
    const ANY: FactPresence =
        FactPresence { metrics: true, objections: true, branches: true, announcements: true };
}

/// What a firm's dossier begins with, by one statement. What it asks for is said in SQL, as in the
/// columns above that say whether there is more: diesel goes through what it writes itself several
/// times for each run.
fn begin_firm(conn: &mut Conn, uscc: &str) -> Result<(Tz, FactPresence)> {
    let presence = (
        sql::<Bool>("EXISTS (SELECT 1 FROM metric WHERE subject_kind = 'firm' AND subject_id = firm.uscc)"),
        sql::<Bool>("EXISTS (SELECT 1 FROM objection WHERE objection.uscc = firm.uscc)"),
        sql::<Bool>("EXISTS (SELECT 1 FROM firm_branch WHERE branch = firm.uscc OR parent = firm.uscc)"),
        sql::<Bool>(
            "EXISTS (SELECT 1 FROM evaluation WHERE subject_kind = 'firm' AND subject_id = firm.uscc AND event = 'announced')",
        ),
    );
    let head = firm::table.find(uscc).select((city::zone_column(), presence));
    let head: Option<(Option<String>, FactPresence)> = hot!(conn, head => get_result).optional()?;
    let (zone, presence) = head.ok_or(Kind::Firm.not_found())?;
    Ok((city::zone(zone.as_deref()), presence))
}

struct Dossiers<'a> {
    kind: SubjectKind,
    ids: &'a [String],
    zone: Tz,
    /// What became known later is left out.
    known_by: NaiveDateTime,
    loaded: Vec<Loaded>,
    position: HashMap<&'a str, usize>,
    /// The dossiers that each project stands in.
    of_project: HashMap<String, Vec<usize>>,
}

/// What is known of the projects in whose rows one of the ids stands in a column, in the order in
/// which it became known.
macro_rules! projects {
    ($conn:expr, $column:expr, $ids:expr) => {
        hot_among!(&mut *$conn, $ids => [these = $column], project_fact::table
            .filter(these)
            .order(project_fact::id)
            .select(ProjectRow::as_select()) => load)?
    };
}

/// A manager's terms as they are known now, in the order in which they became known.
pub(crate) fn terms_of_manager(
    conn: &mut Conn,
    id: &String,
    context: &RequestContext,
) -> Result<Vec<Project>> {
    let mut dossiers = Dossiers::new(SubjectKind::Manager, std::slice::from_ref(id), context.zone(), END);
    dossiers.terms(conn)?;
    let terms = dossiers.loaded.into_iter().flat_map(|loaded| loaded.dossier.projects);
    Ok(terms.filter(|term| term.known_until.is_none()).collect())
}

impl<'a> Dossiers<'a> {
    fn new(kind: SubjectKind, ids: &'a [String], zone: Tz, known_by: NaiveDateTime) -> Dossiers<'a> {
        let empty =
            |id: &String| Loaded { dossier: Dossier::new(kind, id.clone(), zone), publicity: HashMap::new() };
        let position = ids.iter().enumerate().map(|(at, id)| (id.as_str(), at)).collect();
        Dossiers {
            kind,
            ids,
            zone,
            known_by,
            loaded: ids.iter().map(empty).collect(),
            position,
            of_project: HashMap::new(),
        }
    }

    fn load(mut self, conn: &mut Conn, presence: FactPresence) -> Result<Vec<Loaded>> {
        let measured = self.terms(conn)?;
        self.records(conn)?;
        self.facts_of_projects(conn)?;
        self.closings(conn)?;
        if self.kind != SubjectKind::Project {
            self.metrics_of_projects(conn, &Vec::from_iter(measured))?;
        }
        if presence.metrics {
            self.own_metrics(conn)?;
        }
        if self.kind == SubjectKind::Firm {
            self.statuses(conn)?;
            if presence.objections {
                self.objections(conn)?;
            }
            if presence.branches {
                self.branches(conn)?;
            }
        }
        Ok(self.loaded)
    }

    fn of(&mut self, id: &str) -> Option<&mut Loaded> {
        let at = *self.position.get(id)?;
        self.loaded.get_mut(at)
    }

    /// Puts a fact of a project into each dossier that the project stands in; usually it is one.
    fn put<T: Clone>(&mut self, fact: T, project: fn(&T) -> &str, into: fn(&mut Dossier) -> &mut Vec<T>) {
        let dossiers = self.of_project.get(project(&fact)).and_then(|dossiers| dossiers.split_last());
        let Some((last, others)) = dossiers else { return };
        for at in others {
            if let Some(loaded) = self.loaded.get_mut(*at) {
                into(&mut loaded.dossier).push(fact.clone());
            }
        }
        if let Some(loaded) = self.loaded.get_mut(*last) {
            into(&mut loaded.dossier).push(fact);
        }
    }

    /// The projects' terms: a firm's those of the projects that it ran, a project's its own, a
    /// manager's those of being in charge. Gives the projects that have metrics.
    fn terms(&mut self, conn: &mut Conn) -> Result<BTreeSet<String>> {
        let mut measured = BTreeSet::new();
        for part in self.ids.chunks(IDS_A_QUERY) {
            let rows: Vec<ProjectRow> = match self.kind {
                SubjectKind::Firm => projects!(conn, project_fact::uscc, part),
                SubjectKind::Project => projects!(conn, project_fact::project_id, part),
                SubjectKind::Manager => {
                    self.terms_of_managers(conn, part, &mut measured)?;
                    continue;
                }
            };
            for row in rows {
                let term = row.term();
                if row.has_metrics {
                    measured.insert(row.project_id.clone());
                }
                let owner = if self.kind == SubjectKind::Firm { row.uscc } else { Some(row.project_id) };
                if let Some(owner) = owner {
                    self.put_term(&owner, term);
                }
            }
        }
        Ok(measured)
    }

    /// The terms of some managers, for which all must be known that was known of their projects:
    /// when another came in charge.
    fn terms_of_managers(
        &mut self,
        conn: &mut Conn,
        managers: &[String],
        measured: &mut BTreeSet<String>,
    ) -> Result<()> {
        let ids: Vec<String> = hot_among!(&mut *conn, managers => [these = project_fact::manager_id], project_fact::table
            .filter(these)
            .select(project_fact::project_id)
            .distinct() => load)?;
        for part in ids.chunks(IDS_A_QUERY) {
            let rows: Vec<ProjectRow> = projects!(conn, project_fact::project_id, part);
            measured.extend(rows.iter().filter(|row| row.has_metrics).map(|row| row.project_id.clone()));
            let mut known: BTreeMap<&str, Vec<(Option<&str>, Project)>> = BTreeMap::new();
            for row in &rows {
                let of_project = known.entry(&row.project_id).or_default();
                of_project.push((row.manager_id.as_deref(), row.term()));
            }
            let zone = self.zone;
            for (manager, term) in known.values().flat_map(|known| terms_of_managers(known, zone)) {
                self.put_term(manager, term);
            }
        }
        Ok(())
    }

    fn put_term(&mut self, owner: &str, term: Project) {
        let Some(at) = self.position.get(owner).copied() else { return };
        let dossiers = self.of_project.entry(term.id.clone()).or_default();
        if !dossiers.contains(&at) {
            dossiers.push(at);
        }
        if let Some(loaded) = self.loaded.get_mut(at) {
            loaded.dossier.projects.push(term);
        }
    }
}

impl ProjectRow {
    fn term(&self) -> Project {
        Project {
            id: self.project_id.clone(),
            area: Decimal::new(self.area_dm2, 2),
            households: u32::try_from(self.households).unwrap_or_default(),
            starts_on: self.starts_on.0,
            ends_on: self.ends_on.map(|day| day.0),
            known_from: self.known_from.and_utc(),
            known_until: utc(self.known_until),
        }
    }
}

fn utc(time: Option<Instant>) -> Option<DateTime<Utc>> {
    time.map(|time| time.and_utc())
}
