//! The lines of what is published of cases. They are in the copy as ratings are: public figures
//! that are final, made of whole increments. Nothing else of a case is anybody's but its parties'.

use std::collections::{HashMap, HashSet};

use diesel::prelude::*;
use xinwu_domain::calendar::Month;
use xinwu_domain::case::figures::{CaseTally, CopiedCases};
use xinwu_domain::copy::{CopyLine, ratings_id};
use xinwu_store::{Col, Conn, Result};

use super::Found;
use crate::schema::case_increment;
use crate::service::case::figures::Increment;

/// Projects whose months are named at once: each has some dozens at most.
const PROJECTS: i64 = 20;

/// Every month of some projects after one in which something is published.
pub(super) fn ids(conn: &mut Conn, after: &str) -> Result<Vec<String>> {
    let after = after.split('/').next().unwrap_or_default();
    let projects: Vec<String> = case_increment::table
        .filter(case_increment::project_id.gt(after))
        .order(case_increment::project_id)
        .limit(PROJECTS)
        .select(case_increment::project_id)
        .distinct()
        .load(conn)?;
    let months: Vec<(String, Col<Month>)> = case_increment::table
        .filter(case_increment::project_id.eq_any(projects))
        .order((case_increment::project_id, case_increment::month))
        .select((case_increment::project_id, case_increment::month))
        .distinct()
        .load(conn)?;
    Ok(months.into_iter().map(|(project, month)| ratings_id(&project, month.0)).collect())
}

/// The sums of whole increments, by project and month.
pub(super) fn cases(conn: &mut Conn, ids: &[String]) -> Result<Found> {
    let projects: HashSet<&str> = ids.iter().filter_map(|id| id.split('/').next()).collect();
    let increments: Vec<Increment> = case_increment::table
        .filter(case_increment::project_id.eq_any(projects))
        .select(Increment::as_select())
        .load(conn)?;
    let wanted: HashSet<&String> = ids.iter().collect();
    let mut sums: HashMap<String, (String, Month, CaseTally)> = HashMap::new();
    for increment in increments {
        let (tally, month) = (increment.tally(), increment.month.0);
        let id = ratings_id(&increment.project_id, month);
        if wanted.contains(&id) {
            let sum = sums.entry(id).or_insert_with(|| (increment.project_id, month, CaseTally::default()));
            sum.2.merge(&tally);
        }
    }
    let line = |(id, (project, month, tally)): (String, (String, Month, CaseTally))| {
        let value = Some(CopiedCases::of(project, month, &tally));
        (id.clone(), Some(CopyLine::Cases { id, value }))
    };
    Ok(sums.into_iter().map(line).collect())
}
