//! The figures of a place.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::NaiveDate;
use diesel::prelude::*;
use xinwu_domain::assessment::{ASSESSORS, RevisionState};
use xinwu_domain::calendar::{Period, PeriodKind};
use xinwu_domain::catalogue::{RecordKind, Severity};
use xinwu_domain::comparison::{
    AssessmentFigures, AssessorFigures, Coverage, EstateFigures, FirmFigures, GradeCount, HouseholdFigures,
    RatingFigures, RecordFigures, Statistics,
};
use xinwu_domain::context::RequestContext;
use xinwu_domain::estate::EstateKind;
use xinwu_domain::evaluation::Outcome;
use xinwu_domain::place::PlaceLevel;
use xinwu_domain::project::Operator;
use xinwu_domain::rating::Span;
use xinwu_domain::record::RecordState;
use xinwu_domain::record::publicity::is_public;
use xinwu_domain::scheme::Assessor;
use xinwu_domain::subject::SubjectKind;
use xinwu_store::{Col, Conn, Result, StoreError};

use super::past::{self, End};
use super::{firms_of, place_or_city, primary_at};
use crate::credit::scheme::Rulebook;
use crate::ratings::rating::of_place;
use crate::schema::{assessment, current_grade, estate, firm, place, place_ancestor, project, record};

/// A project of the place, of any time.
#[derive(Queryable)]
struct Project {
    id: String,
    estate: String,
    operator: Col<Operator>,
    starts_on: Col<NaiveDate>,
    ends_on: Option<Col<NaiveDate>>,
    households: i32,
}

impl Project {
    fn known((id, estate, operator, starts_on, ends_on, households): past::PastProject) -> Project {
        Project { id, estate, operator, starts_on, ends_on, households }
    }

    fn runs_within(&self, first: NaiveDate, last: NaiveDate) -> bool {
        self.starts_on.0 <= last && self.ends_on.is_none_or(|end| end.0 >= first)
    }
}

/// The figures of a place, the city where none is named, for a period. Of one that is named and
/// over, coverage and firms are those of its end; else they are today's, beside the last closed
/// quarter where none is named.
///
/// # Errors
/// A bad parameter for an unknown place.
pub fn statistics(
    conn: &mut Conn,
    code: Option<&str>,
    period: Option<Period>,
    context: &RequestContext,
) -> Result<Statistics> {
    let name = place_or_city(conn, code)?;
    let Col(level): Col<PlaceLevel> = place::table.find(&name.code).select(place::level).first(conn)?;
    let end = period.and_then(|period| End::of(period, context));
    let period = period
        .or_else(|| Period::last_over(PeriodKind::Quarter, context.now, context.zone()))
        .ok_or_else(|| StoreError::internal("no quarter is closed"))?;
    let day = end.map_or(context.today(), |end| end.day);
    let projects: Vec<Project> = project::table
        .inner_join(estate::table.on(estate::code.eq(project::estate)))
        .inner_join(place_ancestor::table.on(place_ancestor::place.eq(estate::place)))
        .filter(place_ancestor::ancestor.eq(&name.code))
        .filter(project::retired_on.is_null())
        .select((
            project::id,
            project::estate,
            project::operator,
            project::starts_on,
            project::ends_on,
            project::households,
        ))
        .load(conn)?;
    let (covered, firms) = match end {
        None => {
            let members = firms_of(conn, &name.code, day)?;
            let grades = current_grades(conn)?;
            (None, firms(conn, &members, grades, day)?)
        }
        Some(end) => {
            let members = past::firms(conn, &name.code, end)?;
            let grades = past_grades(conn, end)?;
            let covered = past::projects(conn, &name.code, end)?.into_iter().map(Project::known).collect();
            (Some(covered), firms(conn, &members, grades, day)?)
        }
    };
    let covered: &Vec<Project> = covered.as_ref().unwrap_or(&projects);
    Ok(Statistics {
        coverage: coverage(conn, &name.code, covered, day)?,
        firms,
        ratings: ratings(conn, &name.code, &projects, period)?,
        records: records(conn, &name.code, &projects, period, context)?,
        assessments: assessments(conn, &projects, period, context)?,
        place: name,
        level,
        period,
        from: period.first_day(),
        to: period.last_day(),
        as_of: day,
    })
}

fn coverage(conn: &mut Conn, code: &str, projects: &[Project], day: NaiveDate) -> Result<Coverage> {
    let estates: Vec<(String, Col<EstateKind>, i32)> = estate::table
        .inner_join(place_ancestor::table.on(place_ancestor::place.eq(estate::place)))
        .filter(place_ancestor::ancestor.eq(code))
        .filter(estate::retired_on.is_null().or(estate::retired_on.gt(Col(day))))
        .select((estate::code, estate::kind, estate::households))
        .load(conn)?;
    let running: HashMap<&str, Operator> = projects
        .iter()
        .filter(|project| project.runs_within(day, day))
        .map(|project| (project.estate.as_str(), project.operator.0))
        .collect();
    let mut figures = EstateFigures::default();
    let (mut total, mut served) = (0, 0);
    for (code, Col(kind), households) in &estates {
        let operator = running.get(code.as_str()).copied();
        figures.total += 1;
        figures.by_kind.add(*kind);
        figures.by_operator.add(operator);
        total += i64::from(*households);
        served += operator.map_or(0, |_| i64::from(*households));
    }
    Ok(Coverage { estates: figures, households: HouseholdFigures::of(total, served) })
}

/// A firm, what its evaluation came to, and its grade.
type Graded = (String, Outcome, Option<String>);

fn current_grades(conn: &mut Conn) -> Result<Vec<Graded>> {
    let rows: Vec<(String, Col<Outcome>, Option<String>)> = current_grade::table
        .filter(current_grade::subject_kind.eq(Col(SubjectKind::Firm)))
        .filter(current_grade::is_primary.eq(true))
        .select((current_grade::subject_id, current_grade::outcome, current_grade::grade))
        .load(conn)?;
    Ok(rows.into_iter().map(|(uscc, Col(outcome), grade)| (uscc, outcome, grade)).collect())
}

/// Those in effect at the end of a period, by the scheme that was the primary one on its last day.
fn past_grades(conn: &mut Conn, end: End) -> Result<Vec<Graded>> {
    let Some(scheme) = primary_at(conn, end)? else { return Ok(Vec::new()) };
    let rows = past::in_effect(conn, &scheme, end)?.into_iter();
    Ok(rows.map(|(uscc, graded)| (uscc, graded.outcome, graded.grade)).collect())
}

fn firms(
    conn: &mut Conn,
    members: &HashSet<String>,
    rows: Vec<Graded>,
    day: NaiveDate,
) -> Result<FirmFigures> {
    let scheme = Rulebook::load(conn)?.primary(SubjectKind::Firm, day).cloned();
    let mut figures =
        FirmFigures { total: i64::try_from(members.len()).unwrap_or(i64::MAX), ..FirmFigures::default() };
    let mut grades: BTreeMap<(usize, String), i64> = BTreeMap::new();
    for (_, outcome, grade) in rows.into_iter().filter(|(uscc, _, _)| members.contains(uscc)) {
        match (outcome, grade) {
            (Outcome::Evaluated | Outcome::Suspended, Some(grade)) => {
                figures.suspended += i64::from(outcome == Outcome::Suspended);
                let rank = scheme.as_ref().and_then(|scheme| scheme.rank(&grade)).unwrap_or(usize::MAX);
                *grades.entry((rank, grade)).or_default() += 1;
            }
            (Outcome::Missing, _) => figures.missing += 1,
            _ => {}
        }
    }
    // A firm that no scheme has looked at yet is not evaluated either.
    figures.not_evaluated = figures.total - grades.values().sum::<i64>() - figures.missing;
    figures.by_grade = grades.into_iter().map(|((_, grade), count)| GradeCount { grade, count }).collect();
    Ok(figures)
}

/// The increments of the period's months, and the households of the projects that ran in it.
fn ratings(conn: &mut Conn, code: &str, projects: &[Project], period: Period) -> Result<RatingFigures> {
    let tally = of_place(conn, code, Span { first: period.first_month(), last: period.last_month() })?;
    let (first, last) = (period.first_day(), period.last_day());
    let ran = projects.iter().filter(|project| project.runs_within(first, last));
    let households = ran.map(|project| i64::from(project.households)).sum();
    Ok(RatingFigures::of(tally.count(), tally.sum(), households))
}

fn records(
    conn: &mut Conn,
    code: &str,
    projects: &[Project],
    period: Period,
    context: &RequestContext,
) -> Result<RecordFigures> {
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
    let here: HashSet<&str> = projects.iter().map(|project| project.id.as_str()).collect();
    let registered: HashSet<String> = firm::table
        .inner_join(place_ancestor::table.on(place_ancestor::place.eq(firm::registered_place)))
        .filter(place_ancestor::ancestor.eq(code))
        .select(firm::uscc)
        .load::<String>(conn)?
        .into_iter()
        .collect();
    let mut figures = RecordFigures::default();
    for (Col(kind), category, Col(severity), uscc, project, until) in rows {
        let is_here = match (project, uscc) {
            (Some(project), _) => here.contains(project.as_str()),
            (None, uscc) => uscc.is_some_and(|uscc| registered.contains(&uscc)),
        };
        let figures = match kind {
            RecordKind::Reward => &mut figures.rewards,
            RecordKind::Penalty => &mut figures.penalties,
        };
        if is_here && is_public(kind, until.map(|day| day.0), context.today()) {
            figures.add(&category, severity);
        }
    }
    Ok(figures)
}

fn assessments(
    conn: &mut Conn,
    projects: &[Project],
    period: Period,
    context: &RequestContext,
) -> Result<AssessmentFigures> {
    let quarters: Vec<Col<Period>> = period
        .months()
        .step_by(3)
        .map(Period::quarter_of)
        .filter(|quarter| quarter.is_over(context.now, context.zone()))
        .map(Col)
        .collect();
    let done: HashSet<(String, Col<Period>, Col<Assessor>)> = assessment::table
        .filter(assessment::state.eq(Col(RevisionState::InForce)))
        .filter(assessment::period.eq_any(&quarters))
        .filter(assessment::assessor.eq_any(ASSESSORS.map(Col)))
        .select((assessment::project_id, assessment::period, assessment::assessor))
        .load(conn)?
        .into_iter()
        .collect();
    let due: Vec<(&Project, Col<Period>)> = quarters
        .into_iter()
        .flat_map(|quarter| {
            let (first, last) = (quarter.0.first_day(), quarter.0.last_day());
            projects
                .iter()
                .filter(move |project| project.runs_within(first, last))
                .map(move |project| (project, quarter))
        })
        .collect();
    let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    Ok(AssessmentFigures::of(
        ASSESSORS
            .into_iter()
            .map(|assessor| {
                let is_done = |(project, quarter): &&(&Project, Col<Period>)| {
                    done.contains(&(project.id.clone(), *quarter, Col(assessor)))
                };
                AssessorFigures {
                    assessor,
                    due: count(due.len()),
                    done: count(due.iter().filter(is_done).count()),
                }
            })
            .collect(),
    ))
}
