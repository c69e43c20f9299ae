//! Assessments of the projects of a place that are due, and done.

use std::collections::HashSet;

use diesel::prelude::*;
use xinwu_domain::assessment::{ASSESSORS, RevisionState};
use xinwu_domain::calendar::Period;
use xinwu_domain::comparison::{AssessmentFigures, AssessorFigures};
use xinwu_domain::context::RequestContext;
use xinwu_domain::scheme::Assessor;
use xinwu_store::{Col, Conn, Result};

use super::Project;
use crate::schema::assessment;

/// Of the quarters that end in the period and are over; `None` where none ends in it.
pub(super) fn figures(
    conn: &mut Conn,
    projects: &[Project],
    period: Period,
    context: &RequestContext,
) -> Result<Option<AssessmentFigures>> {
    let ending: Vec<Period> = period
        .months()
        .map(|month| (month, Period::quarter_of(month)))
        .filter(|(month, quarter)| quarter.last_month() == *month)
        .map(|(_, quarter)| quarter)
        .collect();
    if ending.is_empty() {
        return Ok(None);
    }
    let is_over = |quarter: &Period| quarter.is_over(context.now, context.zone());
    let quarters: Vec<Col<Period>> = ending.into_iter().filter(is_over).map(Col).collect();
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
    let of_assessor = |assessor: Assessor| {
        let is_done = |(project, quarter): &&(&Project, Col<Period>)| {
            done.contains(&(project.id.clone(), *quarter, Col(assessor)))
        };
        AssessorFigures { assessor, due: count(due.len()), done: count(due.iter().filter(is_done).count()) }
    };
    Ok(Some(AssessmentFigures::of(ASSESSORS.into_iter().map(of_assessor).collect())))
}
