//! Lists of figures for officials and for the firm.

use diesel::prelude::*;
use xinwu_domain::access::Warrant;
use xinwu_domain::metric::{MetricReport, MetricState, MetricSubjectKind, Reporter};
use xinwu_domain::page::{Keys, Listed, Window};
use xinwu_store::{Col, Conn, Result};

use super::{Row, in_place, views};
use crate::registers::narrowing::Narrowing;
use crate::registers::place::require_reach;
use crate::schema::{account, metric, project};

/// Which figures officials ask for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MetricQuery {
    /// Only those that stand so; what waits and what is in force when left out.
    pub state: Option<MetricState>,
    /// Only of this metric.
    pub key: Option<String>,
    /// Only of subjects of this kind.
    pub subject_kind: Option<MetricSubjectKind>,
    /// Only of this subject.
    pub subject: Option<String>,
    /// Only what came with this import.
    pub import: Option<String>,
    /// By what all such lists are narrowed; the instants are those at which it was reported.
    pub narrowing: Narrowing,
}

type Metrics = metric::BoxedQuery<'static, <Conn as diesel::Connection>::Backend>;

/// The figures of what lies in the official's place, the latest first.
///
/// # Errors
/// [`Refusal::Forbidden`](xinwu_domain::refusal::Refusal::Forbidden) for a place that is not within
/// the own one.
pub fn list(
    conn: &mut Conn,
    warrant: &Warrant,
    query: &MetricQuery,
    window: &Window,
) -> Result<Listed<MetricReport>> {
    let place = match &query.narrowing.place {
        Some(place) => {
            require_reach(conn, warrant, place)?;
            place.clone()
        }
        None => warrant.own_place()?.to_owned(),
    };
    let wanted = || {
        let rows = metric::table.filter(in_place!(place)).into_boxed();
        narrowed(of_state(rows, query.state), query)
    };
    page(conn, wanted, window)
}

/// The figures of the account's own firm and its projects that anybody reported, the latest first;
/// `state` as in [`MetricQuery`].
///
/// # Errors
/// [`Refusal::Forbidden`](xinwu_domain::refusal::Refusal::Forbidden) for an account without a firm.
pub fn list_own(
    conn: &mut Conn,
    warrant: &Warrant,
    state: Option<MetricState>,
    window: &Window,
) -> Result<Listed<MetricReport>> {
    let own = warrant.own_firm()?.to_owned();
    let wanted = || {
        let projects = project::table
            .filter(project::uscc.eq(own.clone()))
            .filter(project::retired_on.is_null())
            .select(project::id);
        let of = |kind: MetricSubjectKind| metric::subject_kind.eq(Col(kind));
        let of_firm = of(MetricSubjectKind::Firm).and(metric::subject_id.eq(own.clone()));
        let of_projects = of(MetricSubjectKind::Project).and(metric::subject_id.eq_any(projects));
        // What an official entered, or another firm before, is not its to know of before it holds.
        let accounts = account::table.filter(account::uscc.eq(own.clone())).select(account::id);
        let is_known = metric::known_from
            .is_not_null()
            .and(metric::state.ne(Col(MetricState::Submitted)))
            .or(metric::reporter.eq(Col(Reporter::Firm)).and(metric::by_account.eq_any(accounts)));
        of_state(metric::table.filter(of_firm.or(of_projects)).filter(is_known).into_boxed(), state)
    };
    let page = page(conn, wanted, window)?;
    Ok(page.map(MetricReport::for_its_firm))
}

fn of_state(rows: Metrics, state: Option<MetricState>) -> Metrics {
    match state {
        Some(state) => rows.filter(metric::state.eq(Col(state))),
        None => rows.filter(metric::state.eq_any([MetricState::Submitted, MetricState::InForce].map(Col))),
    }
}

fn narrowed(mut rows: Metrics, query: &MetricQuery) -> Metrics {
    if let Some(key) = &query.key {
        rows = rows.filter(metric::metric_key.eq(key.clone()));
    }
    if let Some(kind) = query.subject_kind {
        rows = rows.filter(metric::subject_kind.eq(Col(kind)));
    }
    if let Some(subject) = &query.subject {
        rows = rows.filter(metric::subject_id.eq(subject.clone()));
    }
    if let Some(import) = &query.import {
        rows = rows.filter(metric::import_id.eq(import.clone()));
    }
    if let Some(drafter) = &query.narrowing.drafter {
        rows = rows.filter(metric::by_account.eq(drafter.clone()));
    }
    if let Some(from) = query.narrowing.from {
        rows = rows.filter(metric::submitted_at.ge(from.naive_utc()));
    }
    if let Some(until) = query.narrowing.until {
        rows = rows.filter(metric::submitted_at.le(until.naive_utc()));
    }
    rows
}

fn page(conn: &mut Conn, wanted: impl Fn() -> Metrics, window: &Window) -> Result<Listed<MetricReport>> {
    let mut rows = wanted().select(Row::as_select()).order(metric::id.desc()).limit(window.limit + 1);
    if let Some(after) = &window.after {
        rows = rows.filter(metric::id.lt(after.get(0).to_owned()));
    }
    let page = Listed::from_rows(rows.load(conn)?, window, |row: &Row| Keys::of([&row.id]));
    let total = if window.count { Some(wanted().count().get_result(conn)?) } else { None };
    Ok(Listed { items: views::views(conn, page.items)?, next: page.next, total })
}
