//! Which estates and households of a place are served on a day.

use std::collections::HashMap;

use chrono::NaiveDate;
use diesel::prelude::*;
use xinwu_domain::comparison::{CountedEstate, Coverage};
use xinwu_domain::estate::EstateKind;
use xinwu_store::{Col, Conn, Result};

use super::Project;
use crate::schema::{estate, place_ancestor};

/// `projects` are those that were known on the day.
pub(super) fn figures(
    conn: &mut Conn,
    place: &str,
    projects: &[Project],
    day: NaiveDate,
) -> Result<Coverage> {
    let estates: Vec<(String, Col<EstateKind>, i32)> = estate::table
        .inner_join(place_ancestor::table.on(place_ancestor::place.eq(estate::place)))
        .filter(place_ancestor::ancestor.eq(place))
        .filter(estate::retired_on.is_null().or(estate::retired_on.gt(Col(day))))
        .select((estate::code, estate::kind, estate::households))
        .load(conn)?;
    let running: HashMap<&String, &Project> = projects
        .iter()
        .filter(|project| project.runs_within(day, day))
        .map(|project| (&project.estate, project))
        .collect();
    Ok(Coverage::of(estates.into_iter().map(|(code, Col(kind), households)| CountedEstate {
        kind,
        households: i64::from(households),
        run_by: running.get(&code).map(|project| (project.operator.0, project.area())),
    })))
}
