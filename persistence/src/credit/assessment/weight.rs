//! What an assessed project weighs beside the others of its firm: whoever confirms an assessment
//! reads it, since by that it moves the firm's grade.

use std::collections::{BTreeSet, HashMap};

use chrono::NaiveDate;
use diesel::prelude::*;
use serde_json::Value;
use xinwu_domain::assessment::ProjectWeight;
use xinwu_domain::calendar::Period;
use xinwu_domain::project::Area;
use xinwu_domain::proposal::Change;
use xinwu_store::{Col, Conn, Result, StoreError};

use crate::schema::project;

/// Area in hundredths of a m², and households.
type Size = (i64, i64);

/// What some projects weigh in some periods.
#[derive(Default)]
pub(super) struct Weights(HashMap<(String, Period), ProjectWeight>);

impl Weights {
    /// Of these projects, each in its period.
    pub fn load(conn: &mut Conn, wanted: &BTreeSet<(Period, &str)>) -> Result<Weights> {
        let mut weights = Weights::default();
        for period in wanted.iter().map(|(period, _)| *period).collect::<BTreeSet<_>>() {
            let ids: Vec<&str> = wanted.iter().filter(|(of, _)| *of == period).map(|(_, id)| *id).collect();
            let own = own(conn, &ids)?;
            let firms: BTreeSet<&str> = own.iter().filter_map(|(_, uscc, _)| uscc.as_deref()).collect();
            let firms = of_firms(conn, &firms, period)?;
            for (id, uscc, (area, households)) in &own {
                let whole = uscc.as_ref().and_then(|uscc| firms.get(uscc).copied());
                let weight = ProjectWeight::of(Area::from_hundredths(*area), *households, whole);
                weights.0.insert((id.clone(), period), weight);
            }
        }
        Ok(weights)
    }

    pub fn of(&self, project: &str, period: Period) -> Option<ProjectWeight> {
        self.0.get(&(project.to_owned(), period)).cloned()
    }
}

/// The projects themselves, with whose they are.
fn own(conn: &mut Conn, ids: &[&str]) -> Result<Vec<(String, Option<String>, Size)>> {
    let mut found = Vec::new();
    for part in ids.chunks(500) {
        let rows: Vec<(String, Option<String>, i64, i32)> = project::table
            .filter(project::id.eq_any(part))
            .select((project::id, project::uscc, project::area_dm2, project::households))
            .load(conn)?;
        found.extend(
            rows.into_iter().map(|(id, uscc, area, households)| (id, uscc, (area, households.into()))),
        );
    }
    Ok(found)
}

/// What the projects of each firm make up together whose terms touch the period.
fn of_firms(conn: &mut Conn, firms: &BTreeSet<&str>, period: Period) -> Result<HashMap<String, Size>> {
    let (first, last): (NaiveDate, NaiveDate) = (period.first_day(), period.last_day());
    let mut found: HashMap<String, Size> = HashMap::new();
    for part in firms.iter().copied().collect::<Vec<_>>().chunks(500) {
        let rows: Vec<(String, i64, i32)> = project::table
            .filter(project::uscc.eq_any(part))
            .filter(project::retired_on.is_null())
            .filter(project::starts_on.le(Col(last)))
            .filter(project::ends_on.is_null().or(project::ends_on.ge(Col(first))))
            .select((project::uscc.assume_not_null(), project::area_dm2, project::households))
            .load(conn)?;
        for (uscc, area, households) in rows {
            let sum = found.entry(uscc).or_default();
            *sum = (sum.0 + area, sum.1 + i64::from(households));
        }
    }
    Ok(found)
}

/// As a proposal shows it, beside what would change.
pub(crate) fn weight_beside(conn: &mut Conn, project: &str, period: Period) -> Result<Option<Change>> {
    let weights = Weights::load(conn, &BTreeSet::from([(period, project)]))?;
    let Some(weight) = weights.of(project, period) else { return Ok(None) };
    let weight = serde_json::to_value(weight)
        .map_err(|error| StoreError::internal(format!("a weight cannot be written: {error}")))?;
    Ok(Some(Change { field: "weight".to_owned(), before: Value::Null, after: weight }))
}
