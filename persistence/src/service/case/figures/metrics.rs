//! The metrics that the system computes at a month's close, of what the month's steps published: so
//! they tell no more than that does.

use std::collections::BTreeMap;

use diesel::prelude::*;
use xinwu_domain::calendar::{Month, Period};
use xinwu_domain::case::figures::CaseTally;
use xinwu_domain::metric::{MetricSubject, MetricSubjectKind};
use xinwu_store::{Col, Conn, Result, Tx};

use super::Increment;
use crate::credit::metric::put_by_system;
use crate::schema::{case_increment, project};

/// The sums of each project and each firm of whose cases something is published in a month. A firm
/// has those of its projects.
pub(super) fn of_month(conn: &mut Conn, month: Month) -> Result<Vec<(MetricSubject, CaseTally)>> {
    let rows: Vec<(Increment, Option<String>)> = case_increment::table
        .inner_join(project::table.on(project::id.eq(case_increment::project_id)))
        .filter(case_increment::month.eq(Col(month)))
        .filter(project::retired_on.is_null())
        .select((Increment::as_select(), project::uscc))
        .load(conn)?;
    let mut projects: BTreeMap<String, CaseTally> = BTreeMap::new();
    let mut firms: BTreeMap<String, CaseTally> = BTreeMap::new();
    for (increment, uscc) in rows {
        let tally = increment.tally();
        projects.entry(increment.project_id).or_default().merge(&tally);
        if let Some(uscc) = uscc {
            firms.entry(uscc).or_default().merge(&tally);
        }
    }
    let projects =
        projects.into_iter().map(|(id, tally)| (MetricSubject::new(MetricSubjectKind::Project, &id), tally));
    Ok(projects
        .chain(
            firms
                .into_iter()
                .map(|(uscc, tally)| (MetricSubject::new(MetricSubjectKind::Firm, &uscc), tally)),
        )
        .collect())
}

/// Puts the metrics of some in force, each grade after them. Those that are so already stay.
pub(super) fn put(tx: &mut Tx<'_>, month: Month, measured: &[(MetricSubject, CaseTally)]) -> Result<()> {
    for (subject, tally) in measured {
        for (key, value) in tally.metrics() {
            put_by_system(tx, subject, key, Period::of_month(month), value)?;
        }
    }
    Ok(())
}
