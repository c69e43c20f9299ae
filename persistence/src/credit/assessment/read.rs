//! Reads of assessments.

use std::collections::HashMap;

use diesel::prelude::*;
use xinwu_domain::account::{NamedAccount, People};
use xinwu_domain::assessment::{
    AssessedProject, AssessmentScores, AssessmentState, AssessmentView, RevisionState, counts_from,
};
use xinwu_domain::calendar::Period;
use xinwu_domain::kind::Kind;
use xinwu_domain::objection::{ObjectKind, ObjectionStatus};
use xinwu_domain::page::{Keys, Listed, Window};
use xinwu_domain::place::NamedPlace;
use xinwu_domain::scheme::Assessor;
use xinwu_domain::subject::Subject;
use xinwu_domain::thousandths::Thousandths;
use xinwu_domain::word::Word;
use xinwu_store::{Col, Conn, Result, StoreError};

use super::{Assessed, Row, Stands, key_of};
use crate::credit::evaluation;
use crate::people::account::names::names_of;
use crate::registers::place::from_json;
use crate::schema::{assessment, estate, objection, place, place_ancestor, project};

/// Assessments in one firm's own dossier at the most: the latest.
const LONGEST_DOSSIER: i64 = 2_000;

type Boxed = assessment::BoxedQuery<'static, <Conn as diesel::Connection>::Backend>;

/// Whose assessments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AssessmentOwner {
    /// All of a firm's projects', by uscc.
    Firm(String),
    /// One project's, by id.
    Project(String),
}

/// The assessments in force of a firm's projects or of one project: the latest period first, then
/// by project and assessor.
///
/// # Errors
/// [`Refusal::NotFound`] for an unknown firm or project.
pub fn list(conn: &mut Conn, owner: &AssessmentOwner, window: &Window) -> Result<Listed<AssessmentView>> {
    require_owner(conn, owner)?;
    let filtered = || of_owner(owner);
    let mut rows = filtered()
        .select(Row::as_select())
        .order((assessment::period.desc(), assessment::project_id.asc(), assessment::assessor.asc()))
        .limit(window.limit + 1);
    if let Some(after) = &window.after {
        let (period, project, assessor) =
            (after.get(0).to_owned(), after.get(1).to_owned(), after.get(2).to_owned());
        let same_period = assessment::period.eq(period.clone());
        let later_project = assessment::project_id.gt(project.clone());
        let later_assessor = assessment::project_id.eq(project).and(assessment::assessor.gt(assessor));
        rows =
            rows.filter(assessment::period.lt(period).or(same_period.and(later_project.or(later_assessor))));
    }
    let keys = |row: &Row| Keys::of([&row.period.0.to_string(), &row.project_id, row.assessor.0.into_str()]);
    let page = Listed::from_rows(rows.load(conn)?, window, keys);
    let total = if window.count { Some(filtered().count().get_result(conn)?) } else { None };
    let views = views(conn, page.items)?;
    let items = views.into_iter().map(AssessmentView::for_everyone).collect();
    Ok(Listed { items, next: page.next, total })
}

/// The assessment of a project that waits for its confirmation, or else the one in force, with its
/// version, for officials.
///
/// # Errors
/// [`Refusal::NotFound`]
pub fn get(conn: &mut Conn, of: Assessed<'_>) -> Result<(AssessmentView, i64)> {
    let stands = Stands::load(conn, &key_of(of))?;
    let row = stands.shown().ok_or(Kind::Assessment.not_found())?;
    Ok((one_view(conn, row.clone())?, row.version))
}

/// Every assessment in force of a firm's projects, with its evidence, the latest period first.
pub fn own_dossier(conn: &mut Conn, uscc: &str) -> Result<Vec<AssessmentView>> {
    let rows: Vec<Row> = of_owner(&AssessmentOwner::Firm(uscc.to_owned()))
        .select(Row::as_select())
        .order((assessment::period.desc(), assessment::project_id.asc(), assessment::assessor.asc()))
        .limit(LONGEST_DOSSIER)
        .load(conn)?;
    Ok(views(conn, rows)?.into_iter().map(AssessmentView::for_its_firm).collect())
}

fn of_owner(owner: &AssessmentOwner) -> Boxed {
    let rows: Boxed =
        assessment::table.filter(assessment::state.eq(Col(RevisionState::InForce))).into_boxed();
    match owner {
        AssessmentOwner::Project(id) => rows.filter(assessment::project_id.eq(id.clone())),
        AssessmentOwner::Firm(uscc) => rows.filter(
            assessment::project_id.eq_any(
                project::table
                    .filter(project::uscc.eq(uscc.clone()))
                    .filter(project::retired_on.is_null())
                    .select(project::id),
            ),
        ),
    }
}

fn require_owner(conn: &mut Conn, owner: &AssessmentOwner) -> Result<()> {
    evaluation::require(
        conn,
        &match owner {
            AssessmentOwner::Firm(uscc) => Subject::firm(uscc),
            AssessmentOwner::Project(id) => Subject::project(id),
        },
    )
}

pub(super) fn one_view(conn: &mut Conn, row: Row) -> Result<AssessmentView> {
    views(conn, vec![row])?.pop().ok_or_else(|| StoreError::internal("an assessment has no view"))
}

/// Projects as assessments show them, the places of who assesses them, and accounts.
pub(super) struct Around {
    /// With the place of the estate.
    projects: HashMap<String, (AssessedProject, String)>,
    /// By the estate's place and the level.
    places: HashMap<(String, String), NamedPlace>,
    accounts: People,
}

impl Around {
    pub(super) fn load(conn: &mut Conn, ids: &[&str], accounts: &[&str]) -> Result<Around> {
        let mut projects = HashMap::new();
        for part in ids.chunks(500) {
            let found: Vec<(String, Option<String>, String, String, String)> = project::table
                .inner_join(estate::table.on(estate::code.eq(project::estate)))
                .filter(project::id.eq_any(part))
                .select((project::id, project::uscc, estate::code, estate::name, estate::place))
                .load(conn)?;
            for (id, uscc, estate, name, place) in found {
                projects.insert(id.clone(), (AssessedProject { id, estate, name, uscc }, place));
            }
        }
        let places = projects.values().map(|(_, place)| place.as_str()).collect();
        let places = assessors(conn, places)?;
        Ok(Around { projects, places, accounts: names_of(conn, accounts.iter().copied())? })
    }

    /// The project, and the assessor's place now.
    pub(super) fn of(
        &self,
        project: &str,
        assessor: Assessor,
    ) -> Result<(AssessedProject, Option<NamedPlace>)> {
        let (found, estate_place) = self
            .projects
            .get(project)
            .ok_or_else(|| StoreError::internal(format!("an assessment of no project: {project}")))?;
        Ok((found.clone(), self.places.get(&(estate_place.clone(), assessor.to_string())).cloned()))
    }

    pub(super) fn account(&self, id: &str) -> NamedAccount {
        self.accounts.named(id)
    }
}

/// What `of` gives of each, once.
pub(super) fn once<'a>(rows: &'a [Row], of: fn(&'a Row) -> &'a str) -> Vec<&'a str> {
    let mut all: Vec<&str> = rows.iter().map(of).collect();
    all.sort_unstable();
    all.dedup();
    all
}

fn views(conn: &mut Conn, rows: Vec<Row>) -> Result<Vec<AssessmentView>> {
    let ids = once(&rows, |row| &row.project_id);
    let around = Around::load(conn, &ids, &once(&rows, |row| &row.by_account))?;
    let disputed = disputed(conn, &ids)?;
    let is_disputed = |row: &Row| {
        disputed.iter().any(|(project, period, assessor)| {
            (project, period, assessor) == (&row.project_id, &row.period, &row.assessor)
        })
    };
    rows.iter()
        .map(|row| Ok(AssessmentView { disputed: is_disputed(row), ..view(row.clone(), &around)? }))
        .collect()
}

/// A project, period and assessor.
pub(crate) type Disputed = (String, Col<Period>, Col<Assessor>);

/// The assessments of these projects against which an objection is open, by project, period and
/// assessor: a correction meanwhile does not lift the mark.
pub(crate) fn disputed(conn: &mut Conn, projects: &[&str]) -> Result<Vec<Disputed>> {
    let mut found = Vec::new();
    for part in projects.chunks(500) {
        let rows: Vec<Disputed> = objection::table
            .inner_join(assessment::table.on(assessment::id.eq(objection::object_id)))
            .filter(objection::object_kind.eq(Col(ObjectKind::Assessment)))
            .filter(objection::state.eq(Col(ObjectionStatus::Open)))
            .filter(assessment::project_id.eq_any(part))
            .select((assessment::project_id, assessment::period, assessment::assessor))
            .load(conn)?;
        found.extend(rows);
    }
    Ok(found)
}

/// The places above each place, by place and level.
fn assessors(conn: &mut Conn, mut places: Vec<&str>) -> Result<HashMap<(String, String), NamedPlace>> {
    places.sort_unstable();
    places.dedup();
    let mut above = HashMap::new();
    for part in places.chunks(500) {
        let rows: Vec<(String, String, String, String)> = place_ancestor::table
            .inner_join(place::table.on(place::code.eq(place_ancestor::ancestor)))
            .filter(place_ancestor::place.eq_any(part))
            .select((place_ancestor::place, place::level, place::code, place::name))
            .load(conn)?;
        above
            .extend(rows.into_iter().map(|(of, level, code, name)| ((of, level), NamedPlace { code, name })));
    }
    Ok(above)
}

/// How it stands: to whoever is shown it, it is in force or waits.
pub(super) fn state_of(row: &Row) -> AssessmentState {
    match row.state.0 {
        RevisionState::Submitted => AssessmentState::Submitted,
        _ => AssessmentState::InForce,
    }
}

pub(super) fn scores_of(row: &Row) -> AssessmentScores {
    AssessmentScores {
        service: Thousandths::from_stored(row.service_thousandths),
        party: Thousandths::from_stored(row.party_thousandths),
    }
}

fn view(row: Row, around: &Around) -> Result<AssessmentView> {
    let (project, place) = around.of(&row.project_id, row.assessor.0)?;
    let period = row.period.0;
    Ok(AssessmentView {
        project,
        assessor: row.assessor.0,
        place,
        scores: scores_of(&row),
        counts_from: counts_from(period),
        closes_on: period.closes_on(),
        known_from: row.known_from.map(|at| at.and_utc()),
        evidence: Some(from_json(&row.evidence)?),
        state: Some(state_of(&row)),
        by: Some(around.account(&row.by_account)),
        id: row.id,
        period,
        note: row.note,
        revision: row.revision,
        correction_reason: row.correction_reason,
        disputed: false,
    })
}
