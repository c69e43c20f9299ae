//! How much of the fees the projects of a place collected, as they reported it.

use std::collections::HashMap;

use diesel::prelude::*;
use rust_decimal::Decimal;
use xinwu_domain::calendar::Period;
use xinwu_domain::comparison::{FEE_COLLECTION_RATE, FeeCollection, rate_of, sources_of};
use xinwu_domain::metric::{MetricState, MetricSubjectKind};
use xinwu_domain::project::Area;
use xinwu_domain::thousandths::Thousandths;
use xinwu_store::{Col, Conn, Result};

use super::Project;
use crate::schema::{estate, metric, place_ancestor, project};

/// Of the projects whose term touches the period. A project has the area that was known of it
/// `then`, at the period's end, so that a later one does not move what was said; the present one
/// where it came to be known later.
pub(super) fn figures(
    conn: &mut Conn,
    place: &str,
    projects: &[Project],
    then: &[Project],
    period: Period,
) -> Result<FeeCollection> {
    let areas: HashMap<&String, Area> = then.iter().map(|project| (&project.id, project.area())).collect();
    let reported = reported(conn, place, period)?;
    let ran = projects.iter().filter(|each| each.runs_within(period.first_day(), period.last_day()));
    Ok(FeeCollection::of(ran.map(|project| {
        let area = areas.get(&project.id).copied().unwrap_or(project.area());
        (area, reported.get(&project.id).and_then(|rates| rate_of(period, rates)))
    })))
}

/// What each project reported that its rate of the period can be made of.
fn reported(
    conn: &mut Conn,
    place: &str,
    period: Period,
) -> Result<HashMap<String, HashMap<Period, Decimal>>> {
    let sources: Vec<Col<Period>> = sources_of(period).into_iter().map(Col).collect();
    let rows: Vec<(String, Col<Period>, i64)> = metric::table
        .inner_join(project::table.on(project::id.eq(metric::subject_id)))
        .inner_join(estate::table.on(estate::code.eq(project::estate)))
        .inner_join(place_ancestor::table.on(place_ancestor::place.eq(estate::place)))
        .filter(place_ancestor::ancestor.eq(place))
        .filter(metric::subject_kind.eq(Col(MetricSubjectKind::Project)))
        .filter(metric::metric_key.eq(FEE_COLLECTION_RATE))
        .filter(metric::period.eq_any(sources))
        .filter(metric::state.eq(Col(MetricState::InForce)))
        .select((project::id, metric::period, metric::value_thousandths))
        .load(conn)?;
    let mut reported: HashMap<String, HashMap<Period, Decimal>> = HashMap::new();
    for (project, Col(period), value) in rows {
        let rate = Thousandths::from_stored(value).decimal();
        reported.entry(project).or_default().insert(period, rate);
    }
    Ok(reported)
}
