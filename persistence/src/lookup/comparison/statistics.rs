//! The figures of a place.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::NaiveDate;
use diesel::prelude::*;
use xinwu_domain::calendar::{Period, PeriodKind};
use xinwu_domain::catalogue::RecordKind;
use xinwu_domain::comparison::{
    AssessmentFigures, AssessorFigures, Coverage, EstateFigures, FirmFigures, GradeCount, HouseholdFigures,
    RatingFigures, RecordFigures, Statistics,
};
use xinwu_domain::place::PlaceLevel;
use xinwu_domain::rating::Span;
use xinwu_domain::record::publicity::is_public;
use xinwu_domain::subject::SubjectKind;
use xinwu_store::{Conn, Result, StoreError};

use super::{firms_of, place_or_city};
use crate::Reading;
use crate::credit::scheme::Rulebook;
use crate::ratings::rating::of_place;
use crate::schema::{assessment, estate, firm, place, place_ancestor, project, record, standing};

/// Who assesses every project every quarter; a district's assessments come on top.
const ASSESSORS: [&str; 2] = ["community", "street"];

/// A project of the place, of any time.
#[derive(Queryable)]
struct Project {
    id: String,
    estate: String,
    operator: String,
    starts_on: String,
    ends_on: Option<String>,
    households: i32,
}

impl Project {
    fn runs_within(&self, first: &str, last: &str) -> bool {
        self.starts_on.as_str() <= last && self.ends_on.as_deref().is_none_or(|end| end >= first)
    }
}

/// The figures of a place, the city where none is named, for a period, the last closed quarter where none is named.
///
/// # Errors
/// A bad parameter for an unknown place.
pub fn statistics(
    conn: &mut Conn,
    code: Option<&str>,
    period: Option<Period>,
    reading: &Reading,
) -> Result<Statistics> {
    let name = place_or_city(conn, code)?;
    let level: String = place::table.find(&name.code).select(place::level).first(conn)?;
    let level = level
        .parse::<PlaceLevel>()
        .ok()
        .ok_or_else(|| StoreError::internal(format!("place {} has level {level}", name.code)))?;
    let period = period
        .or_else(|| Period::last_over(PeriodKind::Quarter, reading.now, reading.zone))
        .ok_or_else(|| StoreError::internal("no quarter is closed"))?;
    let today = reading.today();
    let projects: Vec<Project> = project::table
        .inner_join(estate::table.on(estate::code.eq(project::estate)))
        .inner_join(place_ancestor::table.on(place_ancestor::place.eq(estate::place)))
        .filter(place_ancestor::ancestor.eq(&name.code))
        .select((
            project::id,
            project::estate,
            project::operator,
            project::starts_on,
            project::ends_on,
            project::households,
        ))
        .load(conn)?;
    let members = firms_of(conn, &name.code, &today)?;
    Ok(Statistics {
        coverage: coverage(conn, &name.code, &projects, &today)?,
        firms: firms(conn, &members, reading)?,
        ratings: ratings(conn, &name.code, &projects, period)?,
        records: records(conn, &name.code, &projects, period, reading)?,
        assessments: assessments(conn, &projects, period, reading)?,
        place: name,
        level,
        period: period.to_string(),
        from: period.first_day().to_string(),
        to: period.last_day().to_string(),
        as_of: today,
    })
}

fn coverage(conn: &mut Conn, code: &str, projects: &[Project], today: &str) -> Result<Coverage> {
    let estates: Vec<(String, String, i32)> = estate::table
        .inner_join(place_ancestor::table.on(place_ancestor::place.eq(estate::place)))
        .filter(place_ancestor::ancestor.eq(code))
        .select((estate::code, estate::kind, estate::households))
        .load(conn)?;
    let running: HashMap<&str, &str> = projects
        .iter()
        .filter(|project| project.runs_within(today, today))
        .map(|project| (project.estate.as_str(), project.operator.as_str()))
        .collect();
    let mut figures = EstateFigures::default();
    let (mut total, mut served) = (0, 0);
    for (code, kind, households) in &estates {
        let operator = running.get(code.as_str()).copied();
        figures.total += 1;
        figures.by_kind.add(kind);
        figures.by_operator.add(operator);
        total += i64::from(*households);
        served += operator.map_or(0, |_| i64::from(*households));
    }
    Ok(Coverage { estates: figures, households: HouseholdFigures::of(total, served) })
}

fn firms(conn: &mut Conn, members: &HashSet<String>, reading: &Reading) -> Result<FirmFigures> {
    let rows: Vec<(String, String, Option<String>)> = standing::table
        .filter(standing::subject_kind.eq(SubjectKind::Firm.into_str()))
        .filter(standing::is_primary.eq(true))
        .select((standing::subject_id, standing::outcome, standing::grade))
        .load(conn)?;
    let today = reading.now.with_timezone(&reading.zone).date_naive();
    let scheme = Rulebook::load(conn)?.primary(SubjectKind::Firm, today).cloned();
    let mut figures =
        FirmFigures { total: i64::try_from(members.len()).unwrap_or(i64::MAX), ..FirmFigures::default() };
    let mut grades: BTreeMap<(usize, String), i64> = BTreeMap::new();
    for (_, outcome, grade) in rows.into_iter().filter(|(uscc, _, _)| members.contains(uscc)) {
        match (outcome.as_str(), grade) {
            ("evaluated" | "suspended", Some(grade)) => {
                figures.suspended += i64::from(outcome == "suspended");
                let rank = scheme.as_ref().and_then(|scheme| scheme.rank(&grade)).unwrap_or(usize::MAX);
                *grades.entry((rank, grade)).or_default() += 1;
            }
            ("missing", _) => figures.missing += 1,
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
    let (first, last) = (period.first_day().to_string(), period.last_day().to_string());
    let ran = projects.iter().filter(|project| project.runs_within(&first, &last));
    let households = ran.map(|project| i64::from(project.households)).sum();
    Ok(RatingFigures::of(tally.count(), tally.sum(), households))
}

fn records(
    conn: &mut Conn,
    code: &str,
    projects: &[Project],
    period: Period,
    reading: &Reading,
) -> Result<RecordFigures> {
    type Row = (String, String, String, Option<String>, Option<String>, Option<String>);
    let rows: Vec<Row> = record::table
        .filter(record::state.eq("in_force"))
        .filter(record::decided_on.ge(period.first_day().to_string()))
        .filter(record::decided_on.le(period.last_day().to_string()))
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
    let today = reading.now.with_timezone(&reading.zone).date_naive();
    let mut figures = RecordFigures::default();
    for (kind, category, severity, uscc, project, public_until) in rows {
        let is_here = match (project, uscc) {
            (Some(project), _) => here.contains(project.as_str()),
            (None, uscc) => uscc.is_some_and(|uscc| registered.contains(&uscc)),
        };
        let (kind, figures) = match kind.as_str() {
            "reward" => (RecordKind::Reward, &mut figures.rewards),
            _ => (RecordKind::Penalty, &mut figures.penalties),
        };
        let until = public_until.and_then(|day| day.parse::<NaiveDate>().ok());
        if is_here && is_public(kind, until, today) {
            figures.add(&category, &severity);
        }
    }
    Ok(figures)
}

fn assessments(
    conn: &mut Conn,
    projects: &[Project],
    period: Period,
    reading: &Reading,
) -> Result<AssessmentFigures> {
    let quarters: Vec<Period> = period
        .months()
        .step_by(3)
        .map(Period::quarter_of)
        .filter(|quarter| quarter.is_over(reading.now, reading.zone))
        .collect();
    let names: Vec<String> = quarters.iter().map(ToString::to_string).collect();
    let done: HashSet<(String, String, String)> = assessment::table
        .filter(assessment::state.eq("in_force"))
        .filter(assessment::period.eq_any(&names))
        .filter(assessment::assessor.eq_any(ASSESSORS))
        .select((assessment::project_id, assessment::period, assessment::assessor))
        .load::<(String, String, String)>(conn)?
        .into_iter()
        .collect();
    let due: Vec<(&Project, &String)> = quarters
        .iter()
        .zip(&names)
        .flat_map(|(quarter, name)| {
            let (first, last) = (quarter.first_day().to_string(), quarter.last_day().to_string());
            projects
                .iter()
                .filter(move |project| project.runs_within(&first, &last))
                .map(move |project| (project, name))
        })
        .collect();
    let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    Ok(AssessmentFigures::of(
        ASSESSORS
            .into_iter()
            .map(|assessor| {
                let is_done = |(project, name): &&(&Project, &String)| {
                    done.contains(&(project.id.clone(), (*name).clone(), assessor.to_owned()))
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
