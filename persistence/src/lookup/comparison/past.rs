//! The end of a period that is over: what was known and published then, whatever has been learnt
//! since.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};
use diesel::dsl::{exists, not};
use diesel::prelude::*;
use xinwu_domain::calendar::{Period, last_instant_of};
use xinwu_domain::context::RequestContext;
use xinwu_domain::credit::HistoryEvent;
use xinwu_domain::evaluation::Outcome;
use xinwu_domain::firm::FirmStatus;
use xinwu_domain::subject::SubjectKind;
use xinwu_store::{Col, Conn, Result};

use super::statistics::Project;
use crate::schema::{estate, evaluation, firm, firm_fact, place_ancestor, project, project_fact};

/// The last instant of a period, and its last day.
#[derive(Debug, Clone, Copy)]
pub(super) struct End {
    pub at: DateTime<Utc>,
    pub day: NaiveDate,
}

impl End {
    /// That of a period; `None` where it is not over.
    pub fn of(period: Period, context: &RequestContext) -> Option<End> {
        let day = period.last_day();
        period
            .is_over(context.now, context.zone())
            .then(|| End { at: last_instant_of(day, context.zone()), day })
    }
}

/// A row of facts that was known at an instant. A macro, since the tables have no type in common.
macro_rules! known {
    ($table:ident, $at:expr) => {{
        let at = $at.naive_utc();
        $table::known_from.le(at).and($table::known_until.is_null().or($table::known_until.gt(at)))
    }};
}

/// Whether anything was known of a place: a firm that is registered there, or a project of one of
/// its estates.
pub(super) fn is_known(conn: &mut Conn, place: &str, end: End) -> Result<bool> {
    let at = end.at.naive_utc();
    let project = project_fact::table
        .inner_join(project::table.on(project::id.eq(project_fact::project_id)))
        .inner_join(estate::table.on(estate::code.eq(project::estate)))
        .inner_join(place_ancestor::table.on(place_ancestor::place.eq(estate::place)))
        .filter(place_ancestor::ancestor.eq(place))
        .filter(project_fact::known_from.le(at));
    let firm = firm_fact::table
        .inner_join(firm::table.on(firm::uscc.eq(firm_fact::uscc)))
        .inner_join(place_ancestor::table.on(place_ancestor::place.eq(firm::registered_place)))
        .filter(place_ancestor::ancestor.eq(place))
        .filter(firm_fact::known_from.le(at));
    Ok(diesel::select(exists(project)).get_result(conn)? || diesel::select(exists(firm)).get_result(conn)?)
}

/// The projects of a place's estates, as they were known.
pub(super) fn projects(conn: &mut Conn, place: &str, end: End) -> Result<Vec<Project>> {
    Ok(project_fact::table
        .inner_join(project::table.on(project::id.eq(project_fact::project_id)))
        .inner_join(estate::table.on(estate::code.eq(project::estate)))
        .inner_join(place_ancestor::table.on(place_ancestor::place.eq(estate::place)))
        .filter(place_ancestor::ancestor.eq(place))
        .filter(known!(project_fact, end.at))
        .select((
            project::id,
            project::estate,
            project_fact::operator,
            project_fact::starts_on,
            project_fact::ends_on,
            project_fact::households,
            project_fact::area_dm2,
        ))
        .load(conn)?)
}

/// The firms of a place: those registered there that were known and not retired by then, and those
/// that ran a project there on the day.
pub(super) fn firms(conn: &mut Conn, place: &str, end: End) -> Result<HashSet<String>> {
    let registered: Vec<String> = firm::table
        .inner_join(place_ancestor::table.on(place_ancestor::place.eq(firm::registered_place)))
        .inner_join(firm_fact::table.on(firm_fact::uscc.eq(firm::uscc)))
        .filter(place_ancestor::ancestor.eq(place))
        .filter(known!(firm_fact, end.at))
        .filter(firm::retired_on.is_null().or(firm::retired_on.gt(Col(end.day))))
        .select(firm::uscc)
        .load(conn)?;
    let running: Vec<Option<String>> = project_fact::table
        .inner_join(project::table.on(project::id.eq(project_fact::project_id)))
        .inner_join(estate::table.on(estate::code.eq(project::estate)))
        .inner_join(place_ancestor::table.on(place_ancestor::place.eq(estate::place)))
        .filter(place_ancestor::ancestor.eq(place))
        .filter(known!(project_fact, end.at))
        .filter(project_fact::uscc.is_not_null())
        .filter(project_fact::starts_on.le(Col(end.day)))
        .filter(project_fact::ends_on.is_null().or(project_fact::ends_on.ge(Col(end.day))))
        .select(project_fact::uscc)
        .distinct()
        .load(conn)?;
    Ok(registered.into_iter().chain(running.into_iter().flatten()).collect())
}

/// The firms that were known to be in business.
pub(super) fn active(conn: &mut Conn, end: End) -> Result<HashSet<String>> {
    let rows: Vec<String> = firm_fact::table
        .filter(known!(firm_fact, end.at))
        .filter(firm_fact::status.eq(Col(FirmStatus::Active)))
        .select(firm_fact::uscc)
        .load(conn)?;
    Ok(rows.into_iter().collect())
}

/// What was in effect of a firm by a scheme.
pub(super) struct InEffect {
    pub outcome: Outcome,
    pub score_thousandths: Option<i64>,
    pub grade: Option<String>,
}

/// The last that had taken effect by a scheme, by firm.
pub(super) fn in_effect(conn: &mut Conn, scheme: &str, end: End) -> Result<HashMap<String, InEffect>> {
    let later = diesel::alias!(evaluation as later);
    let at = end.at.naive_utc();
    let superseded = later
        .filter(later.field(evaluation::subject_kind).eq(evaluation::subject_kind))
        .filter(later.field(evaluation::subject_id).eq(evaluation::subject_id))
        .filter(later.field(evaluation::scheme).eq(evaluation::scheme))
        .filter(later.field(evaluation::event).eq(Col(HistoryEvent::Effective)))
        .filter(later.field(evaluation::effective_from).le(at))
        .filter(later.field(evaluation::sequence).gt(evaluation::sequence));
    type Row = (String, Col<Outcome>, Option<i64>, Option<String>);
    let rows: Vec<Row> = evaluation::table
        .filter(evaluation::subject_kind.eq(Col(SubjectKind::Firm)))
        .filter(evaluation::scheme.eq(scheme))
        .filter(evaluation::event.eq(Col(HistoryEvent::Effective)))
        .filter(evaluation::effective_from.le(at))
        .filter(not(exists(superseded)))
        .select((
            evaluation::subject_id,
            evaluation::outcome,
            evaluation::score_thousandths,
            evaluation::grade,
        ))
        .load(conn)?;
    let entry = |(uscc, Col(outcome), score_thousandths, grade): Row| {
        (uscc, InEffect { outcome, score_thousandths, grade })
    };
    Ok(rows.into_iter().map(entry).collect())
}
